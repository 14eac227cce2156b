"""Mineral Commodity Summaries, data release since 2026: one file of all minerals with a row for each figure.

The file names neither its edition nor its version; an edition counts up to the year before it, so the edition is the
newest year of the file and one. The release of 2026 was not repeated when chapters were revised (versions 1.1 to 1.3).
"""

from __future__ import annotations

import re

from lib.importers import Found, Reader
from lib.importers import usgs_minerals as usgs
from lib.importers.files import File
from lib.importers.number_parser import Printed
from lib.importers.reading import Row, refuse
from lib.importers.records import Record, records
from lib.importers.unplaced import Unplaced
from lib.importers.usgs_minerals import Mineral
from lib.importers.usgs_series import by_detail

NEEDED = (
    "MCS chapter",
    "Section",
    "Commodity",
    "Country",
    "Statistics",
    "Statistics_detail",
    "Unit",
    "Year",
    "Value",
    "Notes",
)
SPAN = re.compile(r"(?P<start>\d{4})[–-](?P<end>\d{2}|\d{4})")
ELEMENT = re.compile(r"(?P<element>[A-Z][a-z]+) compounds and metals")
ELEMENTS = frozenset({"Terbium", "Holmium", "Erbium", "Ytterbium", "Lutetium"})
"""The heavy rare earths whose imports the book follows."""
PRODUCTS = {
    ("rare earths", "Rare-earth compounds and metals"): "compounds and metals",
    ("scandium", "All"): "oxide",
    ("yttrium", "All"): "alloys, compounds and metals",
}
"""Products of imports by the names of the table, where the file says only All or repeats the mineral."""
DEFINITION = "See Appendix C for resource and reserve definitions and information concerning data sources."


def _fits(file: File) -> bool:
    return {"MCS chapter", "Statistics_detail"} <= set(file.header)


def _read(file: File) -> Found:
    rows = list(records(file, NEEDED))
    edition = _edition(file, rows)
    title = f"Mineral Commodity Summaries {edition} data release, all commodities"
    reading = Found(usgs.release(edition, "data", title))
    reading.notes.append(f"The edition is {edition}: the newest year of the file and one; the file does not name it.")
    mine = [(record, mineral) for record in rows if (mineral := usgs.mineral(record.required("MCS chapter")))]
    reading.left_out[usgs.NOT_FOLLOWED] += len(rows) - len(mine)
    by_ship = {mineral.name for record, mineral in mine if "shipping records" in record.text("Notes")}
    unplaced = Unplaced()
    for record, mineral in mine:
        section, statistics = record.required("Section").lower(), record.required("Statistics")
        record = _moved_back(reading, record)
        if section.startswith("salient"):
            _take_salient(reading, record, mineral, edition)
        elif section.startswith("import sources"):
            basis = "shipping records" if mineral.name in by_ship else "customs"
            unplaced.find(_take_share, reading, record, mineral, edition, basis)
        elif section.startswith("world"):
            before = len(unplaced.refused)
            unplaced.find(_take_world, reading, record, mineral, edition, statistics)
            if not record.text("Country").lower().startswith("world"):
                amount = record.number("Value").value if record.text("Value") != "s" else ""
                of = [mineral.name, statistics, record.text("Statistics_detail"), record.text("Year")]
                unplaced.weigh(len(unplaced.refused) == before, float(amount or 0), " ".join(of))
        else:
            usgs.leave(reading, f"{mineral.name}: section {record.text('Section')}")
    unplaced.settle(reading)
    return usgs.complete(file, reading)


def _edition(file: File, rows: list[Record]) -> int:
    """Return the edition: the newest year of the file and one.

    Raises Refused if less than half of the chapters print that year, as after a slip.
    """
    dated = [record for record in rows if not SPAN.fullmatch(record.text("Year"))]
    if not dated:
        raise refuse(file.name, "no-rows", "rows with a year below the header: the file was cut off")
    newest = max(record.year("Year") for record in dated)
    printing = [record for record in dated if record.text("Year") == str(newest)]
    chapters, newer = ({record.text("MCS chapter") for record in some} for some in (dated, printing))
    if 2 * len(newer) < len(chapters):
        raise printing[0].refuse("Year", "year", "a year that most chapters give; the newest one shows the edition")
    return newest + 1


def _moved_back(reading: Found, record: Record) -> Record:
    """Empty the notes of a row whose cells after the value moved one column left: they only say if it is critical."""
    if record.text("Notes") not in ("Yes", "No"):
        return record
    reading.notes.append(
        f"Row {record.line}: the cells after Value are one column too far to the left; it was read without notes."
    )
    return Record(record.file, record.line, record.cells | {"Notes": ""})


def _remarks(record: Record) -> tuple[tuple[str, ...], str]:
    """Return the marks that the notes of a row say in words, and the notes without those that say no more than that."""
    marks, kept = [], []
    for part in re.split(r" -- ", record.text("Notes")):
        remark = " ".join(part.split())
        lower = remark.lower()
        marks += ["e"] if lower.startswith("estimated") else []
        marks += ["reported"] if lower == "reported." else []
        marks += ["quota"] if lower.startswith("production quota") else []
        marks += ["trade"] if "import data for china" in lower else []
        if remark and remark != DEFINITION and lower not in ("estimated.", "reported."):
            kept.append(remark if remark[-1] in ".!?" else f"{remark}.")
    return tuple(dict.fromkeys(marks)), " ".join(kept)


def _figure(record: Record) -> Printed:
    """Return the value of a row; where it is `s`, the notes say what it stands for. Raises Refused."""
    if record.text("Value") != "s":
        figure = record.number("Value")
        if not figure:
            raise record.refuse("Value", "cell-empty", "a figure, a dash, NA or W: a cell is missing or has moved")
        return figure
    notes = record.text("Notes").lower()
    if "less than ½ unit" in notes:
        return Printed("0.5", marks=("<",))
    if "included in" in notes:
        return Printed()
    raise record.refuse("Value", "number", "a figure; s only where the notes say what it means")


def _check_unit(record: Record, expected: str) -> None:
    if record.text("Unit") != expected:
        raise record.refuse("Unit", "unit", f"{expected}, in which the book counts this")


def _take_salient(reading: Found, record: Record, mineral: Mineral, edition: int) -> None:
    detail = record.required("Statistics_detail")
    series = by_detail(mineral.name, detail)
    if series is None:
        usgs.leave(reading, f"{mineral.name}: {detail}")
        return
    _check_unit(record, series.unit_text)
    if usgs.place(record, "Country")[0] != "USA":
        raise record.refuse("Country", "country", "the United States, of which the salient statistics are")
    marks, note = _remarks(record)
    figure = _figure(record)
    year = record.year("Year")
    reading.rows.append(
        usgs.salient(series, f"MCS{edition}", year, figure, usgs.qualifier(figure, *marks), note, record.line)
    )


def _take_world(reading: Found, record: Record, mineral: Mineral, edition: int, statistics: str) -> None:
    iso3, glued, _ = usgs.place(record, "Country")
    detail = record.required("Statistics_detail")
    marks, note = _remarks(record)
    if "rounded" in detail:
        note = f"Rounded. {note}".strip()
    figure = _figure(record)
    qualifier = usgs.qualifier(figure, *glued, *marks)
    plain = next(text for text, unit in usgs.PLAIN_UNITS.items() if unit == mineral.plain)
    _check_unit(record, plain)
    if statistics == "Reserves":
        if "resources" in detail.lower():
            usgs.leave(reading, f"{mineral.name}: {detail}", "of which the file does not say whether metal or oxide")
            return
        _need_no_range(record, figure)
        reading.rows.append(usgs.reserves(mineral, edition, iso3, figure, qualifier, note, record.line))
        return
    if mineral.name == "scandium" and statistics == "Capacity":
        usgs.leave(reading, f"{mineral.name}: {detail}", "which the chapter calls a lower bound and the file does not")
        return
    stage = _stage(mineral, statistics, detail)
    if stage is None:
        usgs.leave(reading, f"{mineral.name}: {detail}")
        return
    if mineral.name == "rare earths":
        _need_no_range(record, figure)
    year = record.year("Year")
    row = usgs.production(mineral, stage, f"MCS{edition}", iso3, year, figure, qualifier, note, record.line)
    reading.rows.append(row)


def _need_no_range(record: Record, figure: Printed) -> None:
    if figure.low:
        raise record.refuse("Value", "number", "one figure, not a range, for which the table has no columns")


def _stage(mineral: Mineral, statistics: str, detail: str) -> str | None:
    if statistics == "Capacity":
        return "capacity" if mineral.name == "gallium" else None
    return usgs.stage(mineral, detail) if statistics == "Production" else None


def _take_share(reading: Found, record: Record, mineral: Mineral, edition: int, basis: str) -> None:
    """Add a row of us_import_sources. Raises Refused."""
    product = _product(record, mineral)
    if product is None:
        usgs.leave(reading, f"{mineral.name}: imports of {record.text('Statistics_detail')}")
        return
    _check_unit(record, "percent")
    span = SPAN.fullmatch(record.required("Year"))
    if not span:
        raise record.refuse("Year", "year", "years such as 2021–24")
    start = int(span["start"])
    end = int(span["start"][: 4 - len(span["end"])] + span["end"])
    if not start < end < edition:
        raise record.refuse("Year", "year", f"years before {edition}, the earlier first")
    figure = _figure(record)
    if figure.low:
        raise record.refuse("Value", "number", "one share, not a range")
    marks, note = _remarks(record)
    cells = {"commodity": product[0], "product": product[1], "basis": basis, "edition": f"MCS{edition}"}
    cells |= {"period_start": str(start), "period_end": str(end), "partner": usgs.place(record, "Country")[0]}
    cells |= {"share_pct": figure.value, "qualifier": usgs.qualifier(figure, *marks), "note": note}
    reading.rows.append(Row("us_import_sources", cells, record.line))


def _product(record: Record, mineral: Mineral) -> tuple[str, str] | None:
    """Return commodity and product of a share as the table names them; None where the book does not follow it."""
    detail = " ".join(record.required("Statistics_detail").split())
    if mineral.name == "heavy rare earths":
        element = ELEMENT.fullmatch(detail)
        if not element or element["element"] not in ELEMENTS:
            return None
        return element["element"].lower(), "compounds and metals"
    return mineral.name, PRODUCTS.get((mineral.name, detail), detail[0].lower() + detail[1:])


READERS = (
    Reader("Mineral Commodity Summaries data release (USGS), all minerals, since 2026", _fits, _read, (NEEDED,)),
)
