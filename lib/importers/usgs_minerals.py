"""What all files of the U.S. Geological Survey share: the minerals that are followed, places, rows, publications."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from lib.importers.files import File
from lib.importers.number_parser import Printed
from lib.importers.places import by_name
from lib.importers.reading import Found, Publication, Refused, Row, refuse
from lib.importers.records import Record
from lib.importers.usgs_series import Series

PUBLISHER = "U.S. Geological Survey"
LICENCE = "U.S. Government work, public domain"
NOT_FOLLOWED = "minerals that the book does not cover"
BLANK = "Empty cell in the data file: dash, W and NA not told apart."


@dataclass(frozen=True)
class Mineral:
    """A mineral that the book follows: its name in the tables, five letters for sources, its units by table."""

    name: str
    code: str
    unit: str
    """The unit of output and reserves, such as `kt Cu`."""
    plain: str
    """The same as USGS writes it in column names: t, kt or kg."""


MINERALS = {
    mineral.name: mineral
    for mineral in (
        Mineral("rare earths", "raree", "t REO", "t"),
        Mineral("heavy rare earths", "raree-heavy", "t REO", "t"),
        Mineral("scandium", "scand", "t Sc2O3", "t"),
        Mineral("yttrium", "yttri", "t Y2O3", "t"),
        Mineral("antimony", "antim", "t Sb", "t"),
        Mineral("cobalt", "cobal", "t Co", "t"),
        Mineral("copper", "coppe", "kt Cu", "kt"),
        Mineral("gallium", "galli", "kg Ga", "kg"),
        Mineral("germanium", "germa", "kg Ge", "kg"),
        Mineral("lithium", "lithi", "t Li", "t"),
        Mineral("natural graphite", "graph", "t gross", "t"),
        Mineral("nickel", "nicke", "t Ni", "t"),
        Mineral("tungsten", "tungs", "t W", "t"),
    )
}
SPELLINGS = {
    "graphite": "natural graphite",
    "graphite (natural)": "natural graphite",
    "rare earths (heavy)": "heavy rare earths",
    "rare-earth": "rare earths",
}
PLAIN_UNITS = {"metric tons": "t", "thousand metric tons": "kt", "kilograms": "kg"}
STAGES = (
    (r"primary and secondary refinery production", "refinery"),
    (r"(?:.*, )?mine production\b.*", "mine"),
    (r"refinery production\b.*", "refinery"),
    (r"(?:.*low-purity )?primary production\b.*", "primary refinery"),
    (r"global production", "oxide production"),
)
ONLY = {"primary refinery": {"gallium"}, "capacity": {"gallium"}, "oxide production": {"scandium"}}
"""Stages that only some minerals have."""
LONGEST_NAME = 200
"""Letters of a country's name with the footnotes behind it."""
TOTAL = re.compile(r"(?:world )?total\b(?P<more>.*)", re.IGNORECASE)
EXCLUDED = re.compile(r"\b(?:exclud(?:es|ed|ing)|without|other than)\b (?P<what>[^();]+)", re.IGNORECASE)
RELEASE = re.compile(r"mcs(?P<edition>\d{4})-(?P<code>[a-z]+)_(?:world|salient)\b.*", re.IGNORECASE)
"""How the files of a release are called: `mcs2022-graph_world.csv`."""
GLUED = re.compile(r"(?P<name>.*?)\s*(?P<mark>[er])?(?:,? ?(?P<notes>\d{1,2}(?:, ?\d{1,2})*))?")


def mineral(name: str) -> Mineral | None:
    """Return the mineral of a commodity or chapter of USGS; None for one that the book does not follow."""
    wanted = " ".join(name.split()).lower()
    return MINERALS.get(SPELLINGS.get(wanted, wanted))


def followed() -> str:
    """List the minerals as a message names them."""
    return ", ".join(MINERALS)


def stage(mineral: Mineral, text: str) -> str | None:
    """Return the stage that a text such as `Mine production, contained antimony` means; None where it is unknown."""
    wanted = re.sub(r": ?rounded$", "", " ".join(text.split()).lower())
    for pattern, name in STAGES:
        if re.fullmatch(pattern, wanted):
            return name if mineral.name in ONLY.get(name, {mineral.name}) else None
    return None


def place(record: Record, column: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the code of the country in a cell, the marks and the numbers of footnotes glued to its name (`Japane`).

    A total that leaves a country out is the total; `excluded` says what it leaves out. Raises Refused for a name that
    is no country, also without what may be glued to it.
    """
    name = " ".join(record.required(column, "a country").split()).removesuffix(" (recoverable)")
    if len(name) > LONGEST_NAME:
        raise record.refuse(column, "country-unknown", "the name of a country")
    if code := by_name(name):
        return code, (), ()
    if excluded(name):
        return "WLD", (), ()
    if glued := GLUED.fullmatch(name):
        mark, notes = glued["mark"] or "", tuple(re.findall(r"\d+", glued["notes"] or ""))
        if code := by_name((glued["name"] + mark).strip().removesuffix(",")):
            return code, (), notes
        if code := by_name(glued["name"].strip().removesuffix(",")):
            return code, (mark,) if mark else (), notes
    raise record.refuse(column, "country-unknown", "a country as USGS spells it, World total or Other countries")


def excluded(name: str) -> str:
    """Return what a total leaves out by its name, such as `U.S. production`; empty for all else."""
    total = TOTAL.fullmatch(" ".join(name.split()))
    match = EXCLUDED.search(total["more"]) if total else None
    return match["what"].strip(" .,") if match else ""


def named_by_release(file: str, edition: int) -> Mineral | None:
    """Return the mineral in the name of a file, where the release of this edition names it so; else None."""
    match = RELEASE.fullmatch(PurePosixPath(file).name)
    if not match or int(match["edition"]) != edition:
        return None
    return next((mineral for mineral in MINERALS.values() if mineral.code == match["code"].lower()), None)


def remark(note: str, figure: Printed) -> str:
    """Join a note with the words that replace the figure."""
    return " ".join(filter(None, (note, figure.said if figure.said not in note else "")))


def qualifier(figure: Printed, *marks: str) -> str:
    """Join the marks of a figure and those that stand elsewhere (a footnote, a column), each once, e first."""
    every = dict.fromkeys((*marks, *figure.marks))
    return ";".join(sorted((mark for mark in every if mark), key=lambda mark: mark != "e"))


def release(
    edition: int,
    part: str,
    title: str,
    *,
    series: str = "MCS",
    published: dt.date | None = None,
) -> Publication:
    """Build the source record of a file; the proposed id, such as `usgs-mcs2027-data`, follows from its content."""
    return Publication(
        source_id=f"usgs-{series.lower()}{edition}-{part}",
        title=title,
        publisher=PUBLISHER,
        edition=f"{series}{edition}",
        published=published,
        licence=LICENCE,
    )


def production(
    mineral: Mineral, stage: str, edition: str, iso3: str, year: int, figure: Printed, marks: str, note: str, line: int
) -> Row:
    """Build a row of mine_production (rare earths) or of mineral_production."""
    cells = {"series": "usgs_mcs", "edition": edition, "iso3": iso3, "year": str(year), "value": figure.value}
    cells |= {"unit": mineral.unit, "qualifier": marks, "note": remark(note, figure)}
    if mineral.name == "rare earths":
        return Row("mine_production", cells | {"form": "all"}, line)
    cells |= {"commodity": mineral.name, "stage": stage, "value_low": figure.low, "value_high": figure.high}
    return Row("mineral_production", cells, line)


def reserves(mineral: Mineral, edition: int, iso3: str, figure: Printed, marks: str, note: str, line: int) -> Row:
    """Build a row of reserves (rare earths) or of mineral_reserves; the year is that of the edition."""
    cells = {"edition": f"MCS{edition}", "iso3": iso3, "year": str(edition), "qualifier": marks}
    cells |= {"note": remark(note, figure)}
    if mineral.name == "rare earths":
        return Row("reserves", cells | {"series": "usgs_mcs", "value_t_reo": figure.value}, line)
    cells |= {"commodity": mineral.name, "measure": "reserves", "value": figure.value, "unit": mineral.unit}
    return Row("mineral_reserves", cells, line)


def salient(series: Series, edition: str, year: int, figure: Printed, marks: str, note: str, line: int) -> Row:
    """Build a row of us_salient."""
    cells = {"commodity": series.commodity, "series": series.name, "label": series.label, "edition": edition}
    cells |= {"year": str(year), "value": figure.value, "value_low": figure.low, "value_high": figure.high}
    return Row("us_salient", cells | {"unit": series.unit, "qualifier": marks, "note": remark(note, figure)}, line)


KEYS = {
    "mine_production": ("series", "iso3", "year", "form"),
    "reserves": ("series", "iso3"),
    "us_salient": ("commodity", "series", "year"),
    "mineral_production": ("commodity", "stage", "iso3", "year"),
    "mineral_reserves": ("commodity", "measure", "iso3"),
    "us_import_sources": ("commodity", "product", "period_start", "partner"),
    "us_history": ("series", "year"),
    "deposits": ("series", "deposit", "component"),
}


def leave(reading: Found, what: str, why: str = "which no table or series of the book holds") -> None:
    """Count a row or column that is left out, by what it is and why."""
    reading.left_out[f"{what}, {why}"] += 1


def complete(file: File, reading: Found) -> Found:
    """Return the reading, which must have rows and none of them twice. Raises Refused."""
    if not reading.rows:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in reading.left_out.items()) or "no rows"
        remedy = f"a file with figures of a mineral that the book covers: {followed()}"
        raise refuse(file.name, "nothing-followed", remedy, value=reasons)
    seen: dict[tuple[str, ...], Row] = {}
    problems = []
    reading.rows = list(_reserves_once(reading.rows))
    for row in reading.rows:
        key = (row.table, *(row.cells[column] for column in KEYS[row.table]))
        if key in seen:
            remedy = f"each figure once; {', '.join(key[1:])} stands in row {seen[key].line} too"
            problems += refuse(file.name, "row-doubled", remedy, row=row.line).problems
        seen.setdefault(key, row)
    if problems:
        raise Refused(problems)
    return reading


def _reserves_once(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows without repeated reserves, which some releases print beside each stage of a mineral."""
    seen: set[tuple[str | tuple[str, str], ...]] = set()
    for row in rows:
        content: tuple[str | tuple[str, str], ...] = (row.table, *sorted(row.cells.items()))
        if row.table not in ("reserves", "mineral_reserves") or content not in seen:
            yield row
        seen.add(content)


def one_value(records: Iterable[Record], column: str, pattern: str, expected: str) -> str:
    """Return the one value that all records must have in a column. Raises Refused."""
    values: Mapping[str, None] = {}
    for record in records:
        value = record.matching(column, pattern, expected)
        values = {**values, value: None}
        if len(values) > 1:
            raise record.refuse(column, "unexpected-value", f"{next(iter(values))}, as in the rows above")
    return next(iter(values), "")
