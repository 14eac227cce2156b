"""Mineral Commodity Summaries, data releases to 2025: world and salient files of each mineral, a world file of all.

The world files have a row for each country and stage and a column for each year, the salient files a row for each year
and a column for each statistic. In the files of one mineral a cell that is empty is damage; the file of all minerals
(2025) leaves cells empty for zero, withheld and not available alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lib.importers import Found, Reader
from lib.importers import usgs_minerals as usgs
from lib.importers.files import File
from lib.importers.number_parser import Printed
from lib.importers.reading import Row, refuse
from lib.importers.records import Record, records
from lib.importers.unplaced import Unplaced
from lib.importers.usgs_minerals import Mineral
from lib.importers.usgs_series import by_column
from lib.tables import asof

EDITION = r"MCS ?\d{4}"
YEARLY = re.compile(r"(?P<kind>prod|cap)_(?:(?P<unit>kt|t|kg)_)?(?P<estimated>est_)?(?P<year>\d{4})")
RESERVES = re.compile(r"reserves(?:_(?P<unit>kt|t|kg))?(?:_\d{4})?")
NOTES = re.compile(r"(?P<kind>prod|cap|reserve)s?_notes?")
BOUND_IN_NOTE = re.compile(r"(?P<figure>>\d[\d,]*)\. (?P<note>.*)", re.DOTALL)
FIRST_STAGES = frozenset({"mine", "primary refinery"})
"""The stages beside which reserves stand; on the rows of others a release repeats that they do not apply."""
PAIRED = re.compile(r"(?P<stem>.+_)(?P<units>\w+(?: \w+)+) \(both used\)")
"""The name that all columns of a pair have, one for each unit: `Price_dt dlb (both used)`."""
BARE = re.compile(r"NA|W|[<>]?\d[\d,]*")
NAMED = re.compile(r"\b(antimony|cobalt|copper|gallium|germanium|graphite|lithium|nickel|tungsten|rare[ -]earth)s?\b")
UNNAMED = {"primary production": "gallium", "primary and secondary refinery production": "germanium"}
"""Types that, counted in kilograms, only one mineral has, though they do not name it."""


@dataclass(frozen=True)
class Column:
    """A column of figures in a world file; `unit` is empty where it is in a column of its own."""

    name: str
    kind: str
    unit: str
    estimated: bool
    year: int | None
    """None for reserves, which are of the edition."""


@dataclass(frozen=True)
class World:
    """The layout of a world file: columns of figures, the column of notes for each kind, the edition."""

    edition: int
    columns: tuple[Column, ...]
    notes: dict[str, str]
    blanks: bool
    """Whether cells may be empty."""


def _names(file: File) -> set[str]:
    return {name.lower() for name in file.header}


def _fits_world(file: File) -> bool:
    return {"source", "country"} <= _names(file) and "commodity" not in _names(file) and _has_years(file)


def _fits_world_of_all(file: File) -> bool:
    return {"source", "country", "commodity"} <= _names(file) and _has_years(file)


def _fits_salient(file: File) -> bool:
    return {"datasource", "commodity"} <= _names(file)


def _has_years(file: File) -> bool:
    return any(YEARLY.fullmatch(_squeezed(name)) for name in file.header)


def _squeezed(name: str) -> str:
    return name.replace(" ", "").lower()


def _read_world(file: File) -> Found:
    rows = list(records(file, ("Source", "Country", "Type")))
    world = _world(file, rows, "Source", ("Source", "Country", "Type"), blanks=False)
    notes: list[str] = []
    mineral = _mineral_of(file, rows, world, notes)
    title = f"Mineral Commodity Summaries {world.edition} data release, world production: {mineral.name}"
    reading = Found(usgs.release(world.edition, f"{mineral.code}-world", title), notes=notes)
    stages = _narrowed(reading, rows, world, ("Type",))
    unplaced = Unplaced()
    for record in rows:
        text = record.required("Type")
        _take_placed(reading, unplaced, record, stages[text,], mineral, "Type", text)
    unplaced.settle(reading)
    return usgs.complete(file, reading)


def _read_world_of_all(file: File) -> Found:
    fixed = ("SOURCE", "COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS")
    rows = list(records(file, fixed))
    world = _world(file, rows, "SOURCE", fixed, blanks=True)
    title = f"Mineral Commodity Summaries {world.edition} data release, world data"
    reading = Found(usgs.release(world.edition, "world", title))
    mine = []
    for record in rows:
        if mineral := usgs.mineral(record.required("COMMODITY", "a mineral")):
            _check_unit(record, mineral)
            mine.append((record, mineral))
        else:
            reading.left_out[usgs.NOT_FOLLOWED] += 1
    stages = _narrowed(reading, [record for record, _ in mine], world, ("COMMODITY", "TYPE"))
    unplaced = Unplaced()
    for record, mineral in mine:
        text = record.text("TYPE")
        _take_placed(reading, unplaced, record, stages[record.text("COMMODITY"), text], mineral, "TYPE", text)
    unplaced.settle(reading)
    return usgs.complete(file, reading)


def _narrowed(reading: Found, rows: list[Record], world: World, by: tuple[str, ...]) -> dict[tuple[str, ...], World]:
    """Return the layout for each mineral and stage, with capacity and reserves only where a row has them."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in rows:
        groups.setdefault(tuple(record.text(name) for name in by), []).append(record)
    layouts = {}
    for group, records_of in groups.items():
        kept = [column for column in world.columns if _is_printed(records_of, world, column)]
        layouts[group] = replace(world, columns=tuple(kept))
        for column in world.columns:
            if column not in kept:
                reading.left_out[f"{column.name}, empty for all of {', '.join(group)}"] += len(records_of)
    return layouts


def _is_printed(rows: list[Record], world: World, column: Column) -> bool:
    cells = (record.text(column.name) or _note(record, world, column.kind) for record in rows)
    return column.kind == "prod" or any(cells)


def _check_unit(record: Record, mineral: Mineral) -> None:
    unit = usgs.PLAIN_UNITS.get(record.text("UNIT_MEAS").lower())
    if unit != mineral.plain:
        raise record.refuse("UNIT_MEAS", "unit", f"the unit in which the book counts {mineral.name}: {mineral.unit}")


def _edition(rows: list[Record], column: str) -> int:
    source = usgs.one_value(rows, column, EDITION, "an edition such as MCS2024")
    return int(source[-4:])


def _world(file: File, rows: list[Record], source: str, fixed: tuple[str, ...], *, blanks: bool) -> World:
    """Read the layout from the names of the columns. Raises Refused for names that it does not know."""
    if not rows:
        raise refuse(file.name, "no-rows", "rows below the header: the file was cut off")
    edition = _edition(rows, source)
    columns, notes = [], {}
    for name in rows[0].cells:
        plain = _squeezed(name)
        if match := NOTES.fullmatch(plain):
            notes["reserves" if match["kind"] == "reserve" else match["kind"]] = name
        elif match := YEARLY.fullmatch(plain):
            estimated, year = bool(match["estimated"]), int(match["year"])
            columns.append(Column(name, match["kind"], match["unit"] or "", estimated, year))
        elif match := RESERVES.fullmatch(plain):
            columns.append(Column(name, "reserves", match["unit"] or "", False, None))
        elif name and name not in fixed:
            remedy = "only columns of production, capacity, reserves and their notes, such as Prod_t_est_2023"
            raise refuse(file.name, "column-unknown", remedy, row=1, column=name)
    _check_years(file, edition, columns)
    return World(edition, tuple(columns), notes, blanks)


def _check_years(file: File, edition: int, columns: list[Column]) -> None:
    """Refuse years other than the two before the edition, which it covers; some files of USGS mislabel them."""
    for column in columns:
        if column.year is None:
            continue
        if column.year not in (edition - 2, edition - 1) or column.year > asof.latest().year:
            remedy = f"the years {edition - 2} and {edition - 1}, which the edition of {edition} counts"
            raise refuse(file.name, "year", remedy, row=1, column=column.name)
    years = [(column.kind, column.year) for column in columns]
    for column in columns:
        if years.count((column.kind, column.year)) > 1:
            raise refuse(file.name, "column-twice", "each year and the reserves once", row=1, column=column.name)


def _mineral_of(file: File, rows: list[Record], world: World, notes: list[str]) -> Mineral:
    """Return the one mineral that the Types of a file name.

    Some name none, then it is that of the file's name in the release. Raises Refused.
    """
    types = {record.required("Type").lower() for record in rows}
    named = {match[1].replace(" ", "-") for text in types for match in NAMED.finditer(text)}
    named = named or {UNNAMED[text] for text in types & UNNAMED.keys()}
    units = {column.unit for column in world.columns}
    mineral = usgs.mineral(named.pop()) if len(named) == 1 else None
    if mineral is None and not named:
        mineral = usgs.named_by_release(file.name, world.edition)
        if mineral:
            notes.append(
                f"The file does not say which mineral it covers; its name in the release does: {mineral.name}."
            )
    if mineral is None:
        remedy = (
            f"a Type that names one mineral that the book covers: {usgs.followed()}; the book has no table for "
            "others. Where the Types name none, the name of the file does, as in the release: mcs2022-graph_world.csv"
        )
        raise refuse(
            file.name, "mineral-unknown", remedy, row=rows[0].line, column="Type", value="; ".join(sorted(types))
        )
    if units != {mineral.plain}:
        remedy = f"figures in {mineral.plain}, as the book counts {mineral.name}"
        raise refuse(file.name, "unit", remedy, row=1, value=", ".join(column.name for column in world.columns))
    return mineral


def _take_placed(
    reading: Found, unplaced: Unplaced, record: Record, world: World, mineral: Mineral, column: str, text: str
) -> None:
    """Add the rows that one row of a world file holds, unless its place is unknown."""
    country = "COUNTRY" if "COUNTRY" in record.cells else "Country"
    place = unplaced.find(usgs.place, record, country)
    if place and usgs.stage(mineral, text):
        _take_country(reading, record, world, mineral, column, text)
    if not place or place[0] != "WLD":
        for each in world.columns:
            amount = record.number(each.name).value or 0
            unplaced.weigh(bool(place), float(amount), f"{mineral.name} {text} {each.name}")


def _take_country(reading: Found, record: Record, world: World, mineral: Mineral, column: str, text: str) -> None:
    """Add the rows that one row of a world file holds."""
    stage = usgs.stage(mineral, text)
    if stage is None:
        usgs.leave(reading, f"{mineral.name}: {text}")
        return
    country = "COUNTRY" if "COUNTRY" in record.cells else "Country"
    iso3, glued, _ = usgs.place(record, country)
    without = usgs.excluded(record.text(country))
    rounded = iso3 == "WLD" and "rounded" in " ".join(record.cells.values())
    for place in world.columns:
        if place.kind == "reserves" and stage not in FIRST_STAGES and _says_nothing(record, place.name):
            continue
        figure, note = _figure(reading, record, world, place)
        if without and "exclude" not in note.lower() and (place.kind != "reserves" or "production" not in without):
            note = f"{note} Excludes {without}.".strip()
        if not figure and mineral.name == "rare earths":
            reading.left_out["empty cells, which do not say whether zero, withheld or not available"] += 1
            continue
        note = " ".join(part for part in ("Rounded." if rounded else "", note, "" if figure else usgs.BLANK) if part)
        estimated = "e" in glued or "estimated" in text.lower() or place.estimated or _also_estimated(note, place.year)
        marks = usgs.qualifier(figure, "e" if estimated and _is_amount(figure) else "", _quota(note, place))
        reading.rows.append(_row(mineral, stage, world.edition, iso3, place, figure, marks, note, record.line))


def _says_nothing(record: Record, column: str) -> bool:
    """Tell whether a cell is empty, or says that there can be no figure."""
    return not record.text(column) or record.number(column).marks == ("X",)


def _row(
    mineral: Mineral,
    stage: str,
    edition: int,
    iso3: str,
    column: Column,
    figure: Printed,
    marks: str,
    note: str,
    line: int,
) -> Row:
    if column.year is None:
        return usgs.reserves(mineral, edition, iso3, figure, ";".join(figure.marks), note, line)
    if column.kind == "cap":
        stage = "capacity"
    return usgs.production(mineral, stage, f"MCS{edition}", iso3, column.year, figure, marks, note, line)


def _is_amount(figure: Printed) -> bool:
    return figure.value not in ("", "0")


def _quota(note: str, column: Column) -> str:
    return "quota" if column.kind == "prod" and "production quota" in note.lower() else ""


def _also_estimated(note: str, year: int | None) -> bool:
    """Tell whether a note says that the figure of a year is an estimate: `Also estimated in 2022`."""
    lower = note.lower()
    return year is not None and "estimated" in lower and "also" in lower and str(year) in lower


def _note(record: Record, world: World, kind: str) -> str:
    return record.text(world.notes[kind]) if kind in world.notes else ""


def _figure(reading: Found, record: Record, world: World, column: Column) -> tuple[Printed, str]:
    """Return a cell's figure and note; reserves that slipped into the notes are put back where this is certain."""
    note = _note(record, world, column.kind)
    figure = record.number(column.name)
    if figure.low:
        raise record.refuse(column.name, "number", "one figure, not a range")
    if column.kind == "reserves" and note == "NA" and not figure:
        reading.notes.append(
            f"Row {record.line}: NA is one column too far to the right, in the notes; it was read as reserves."
        )
        return Printed(marks=("NA",)), ""
    bound = BOUND_IN_NOTE.fullmatch(note)
    if column.kind == "reserves" and bound and figure.marks == ("NA",):
        reading.notes.append(f"Row {record.line}: the lower bound is in the notes beside NA; it was read as reserves.")
        number = bound["figure"].removeprefix(">").replace(",", "")
        return Printed(number, marks=(">",)), bound["note"]
    if BARE.fullmatch(note):
        expected = "a remark, not a figure or a mark: cells have moved, fetch the file again"
        raise record.refuse(world.notes[column.kind], "cells-moved", expected)
    if not figure and not world.blanks:
        raise record.refuse(column.name, "cell-empty", "a figure, 0, NA or W: a cell is missing or has moved")
    return figure, note


def _read_salient(file: File) -> Found:
    rows = list(records(file, ("DataSource", "Commodity", "Year"), header=_told_apart(file.header)))
    if not rows:
        raise refuse(file.name, "no-rows", "rows below the header: the file was cut off")
    edition = _edition(rows, "DataSource")
    names = {record.required("Commodity", "a mineral") for record in rows}
    minerals = {name: usgs.mineral(name) for name in sorted(names)}
    parts = "-".join(mineral.code for mineral in minerals.values() if mineral) or "none"
    title = f"Mineral Commodity Summaries {edition} data release, salient statistics: {', '.join(minerals)}"
    reading = Found(usgs.release(edition, f"{parts}-salient", title))
    for record in rows:
        mineral = minerals[record.text("Commodity")]
        if mineral is None:
            reading.left_out[usgs.NOT_FOLLOWED] += 1
            continue
        _take_year(reading, record, mineral, edition)
    reading.notes.append(f"Figures of {edition - 1} are marked as estimates, as the edition says; the file does not.")
    return usgs.complete(file, reading)


def _told_apart(header: list[str]) -> list[str]:
    """Make the names of the columns distinct.

    Of several with one name each gets the unit that stands in its place in the name.
    """
    names = []
    for at, name in enumerate(header):
        pair = PAIRED.fullmatch(name)
        units = pair["units"].split() if pair else []
        if pair and header.count(name) == len(units):
            name = pair["stem"] + units[header[:at].count(name)]
        names.append(name)
    return names


def _take_year(reading: Found, record: Record, mineral: Mineral, edition: int) -> None:
    """Add the rows that one year of a salient file holds; an edition prints the five years before it."""
    year = record.year("Year", min(edition - 1, asof.latest().year))
    if year < edition - 5:
        raise record.refuse("Year", "year", f"a year from {edition - 5} to {edition - 1}, as the edition prints them")
    for column in record.cells:
        if not column or column in ("DataSource", "Commodity", "Year"):
            continue
        series = by_column(mineral.name, column, edition)
        if series is None:
            usgs.leave(reading, f"{mineral.name}: the column {column}")
            continue
        reliance = series.name.startswith("net_import_reliance")
        figure = (_without_percent(record, column) if reliance else record).number(column)
        if not figure:
            raise record.refuse(column, "cell-empty", "a figure, 0, NA or W: a cell is missing or has moved")
        marks = usgs.qualifier(figure, "e" if year == edition - 1 and not reliance and _is_amount(figure) else "")
        reading.rows.append(usgs.salient(series, f"MCS{edition}", year, figure, marks, "", record.line))


def _without_percent(record: Record, column: str) -> Record:
    return replace(record, cells=record.cells | {column: record.text(column).removesuffix("%")})


def _reader(name: str, fits: Callable[[File], bool], read: Callable[[File], Found], *needs: str) -> Reader:
    return Reader(f"Mineral Commodity Summaries data release (USGS), {name}", fits, read, (needs,))


OF_ONE = ("Source", "Country", "Type", "a year such as Prod_t_2024")
OF_ALL = ("Source", "Commodity", "Country", "Type", "Unit_Meas")
READERS = (
    _reader("world file of one mineral", _fits_world, _read_world, *OF_ONE),
    _reader("salient statistics of one mineral", _fits_salient, _read_salient, "DataSource", "Commodity", "Year"),
    _reader("world file of all minerals", _fits_world_of_all, _read_world_of_all, *OF_ALL),
)
