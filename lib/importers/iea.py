"""International Energy Agency: the workbook of the Critical Minerals Dataset, of which magnet rare earths are read.

Its sheets are laid out for people: years in a row, mining and refining side by side, scenarios one beside the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lib.importers import Found, Publication, Reader, Refused, Row, places
from lib.importers.files import File
from lib.importers.reading import refuse
from lib.importers.unplaced import Unplaced
from lib.importers.workbooks import Sheet, Sheets
from lib.tables import asof

SUPPLY = re.compile(r"2\D.*supply", re.IGNORECASE)
DEMAND = re.compile(r"1\D.*demand", re.IGNORECASE)
SHEETS = ("1 Total demand for key minerals", "2 Total supply for key minerals")
MAGNET = re.compile(r"magnet rare[- ]earth", re.IGNORECASE)
PRODUCT = "magnet rare earths (Nd, Pr, Dy, Tb)"
SLUG = "magnet-rare-earths-nd-pr-dy-tb"
STAGES = {"mining": "mining", "refining": "refining"}
USES = {"electric vehicles": "electric vehicles", "wind": "wind", "total demand": "all uses"}
SCENARIOS = {
    "stated policies": "STEPS",
    "announced pledges": "APS",
    "net zero": "NZE",
    "current policies": "CPS",
}
BASE, HISTORICAL = "base case", "historical"
SUPPLY_BASIS = "base case (supply pipeline)"
PROJECTED = "projection from announced projects"
TOTAL, REST = "total", "rest of world"
COMPUTED = re.compile(r"top (3|three)|share", re.IGNORECASE)
NOTES = re.compile(r"(note|source)s?\b", re.IGNORECASE)
MONTH = re.compile(
    r"\b(?P<edition>(?:January|February|March|April|May|June|July|August|September|October|November|December) "
    r"(?P<year>20\d\d))\b"
)
YEAR_OF_OUTLOOK = re.compile(r"(?:IEA \(|Outlook |Dataset |Review )(?P<edition>(?P<year>20\d\d))\b")
YEARS = range(2000, 2101)
MOST_YEARS = 500
"""Columns of figures in a sheet: years times scenarios."""
LARGEST = 1e9
"""No quantity in kt is as large."""
DIGITS = 3
"""Digits after the point with which figures are kept; the workbook has those of a computer."""
URL = "https://www.iea.org/data-and-statistics/data-product/critical-minerals-dataset"


@dataclass(frozen=True)
class Column:
    """A column of figures: its year, the column with the names of its rows, and its scenario where it has one."""

    at: int
    year: int
    names_at: int
    scenario: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a block for one column: what it is named, under which heading, in which line."""

    heading: str
    name: str
    value: object
    column: Column
    line: int


def _is_iea(file: File) -> bool:
    if not file.is_workbook:
        return False
    try:
        names = list(file.sheets())
    except Refused:
        return False
    return any(SUPPLY.match(name) for name in names) and any(DEMAND.match(name) for name in names)


def _read(file: File) -> Found:
    sheets = file.sheets()
    supply, demand = (_named(file, sheets, pattern) for pattern in (SUPPLY, DEMAND))
    columns = _columns(file, supply)
    base = min(column.year for column in columns)
    edition = _edition(sheets, base)
    reading = Found(_publication(edition))
    unplaced = Unplaced()
    for line in _lines(supply, columns):
        before = len(unplaced.refused)
        unplaced.find(_take, file, reading, line, _supply_cells, edition, base)
        if MAGNET.search(line.heading) and isinstance(line.value, int | float):
            of = f"{line.heading} {line.column.year}"
            unplaced.weigh(len(unplaced.refused) == before, float(line.value) * (not _is_total(line)), of)
    unplaced.settle(reading)
    for line in _lines(demand, _columns(file, demand)):
        _take(file, reading, line, _demand_cells, edition, base)
    if not reading.rows:
        raise refuse(file.name, "no-rows", "a block of magnet rare earth elements in the sheets of supply and demand")
    return _once(file, reading)


def _named(file: File, sheets: Sheets, pattern: re.Pattern[str]) -> Sheet:
    rows = next((rows for name, rows in sheets.items() if pattern.match(name)), None)
    if rows is None:
        raise refuse(file.name, "table-missing", "sheets of the supply (2 ...) and the demand (1 ...) of minerals")
    return rows


def _publication(edition: str) -> Publication:
    slug = re.sub(r"\W+", "-", edition.lower()).strip("-")
    return Publication(
        f"iea-critical-minerals-{slug.removeprefix('iea-')}",
        f"Critical Minerals Dataset, {edition.removeprefix('IEA ')} edition",
        "International Energy Agency",
        edition=edition,
        url=URL,
        licence="CC BY 4.0 according to re-users; check the terms of the IEA",
    )


def _edition(sheets: Sheets, base: int) -> str:
    """Return `IEA May 2025` if the workbook says so, else the year that it or its outlook names, else that of its data.

    An edition has data to the year before it. Other months and years that the words name are of what they cite.
    """
    words = [cell for rows in sheets.values() for row in rows for cell in row if isinstance(cell, str)]
    for pattern in (MONTH, YEAR_OF_OUTLOOK):
        for match in (match for word in words for match in pattern.finditer(word)):
            if int(match["year"]) == base + 1:
                return f"IEA {match['edition']}"
    return f"IEA with data to {base}"


# ------------------------------------------------------------------------------------------- the layout


def _columns(file: File, rows: Sheet) -> list[Column]:
    """Find the columns of figures by the first row that has two years or more."""
    for at, row in enumerate(rows[:20]):
        years = {number: int(str(cell).strip()[:4]) for number, cell in enumerate(row) if _is_year(cell)}
        if len(years) > MOST_YEARS:
            raise refuse(file.name, "too-large", f"a header of no more than {MOST_YEARS} years", row=at + 1)
        if len(years) >= 2:
            return list(_described(years, rows[at - 1] if at else []))
    raise refuse(file.name, "column-missing", "a row with the years above the figures")


def _is_year(cell: object) -> bool:
    if isinstance(cell, str) and re.fullmatch(r"20[0-9]{2}", cell.strip()):
        return True
    return isinstance(cell, int | float) and not isinstance(cell, bool) and float(cell).is_integer() and cell in YEARS


def _described(years: dict[int, int], above: Sequence[object]) -> Iterator[Column]:
    scenarios = {at: cell for at, cell in enumerate(above) if isinstance(cell, str) and _scenario(cell)}
    names_at, before = 0, None
    for at, year in years.items():
        if not scenarios and before is not None and at != before + 1:
            names_at = at - 1
        named = [cell for place, cell in scenarios.items() if place <= at]
        yield Column(at, year, names_at, named[-1] if named else "")
        before = at


def _scenario(text: str) -> str:
    """Return the scenario of a heading, in the heading's own words where the book has no name for it."""
    lower = text.lower()
    return next((name for words, name in SCENARIOS.items() if words in lower), lower if "scenario" in lower else "")


def _lines(rows: Sheet, columns: list[Column]) -> Iterator[Line]:
    """Yield the figures below the years, each with the heading of its block, which is a name without figures."""
    headings: dict[int, str] = {}
    for number, row in enumerate(rows, 1):
        for names_at in sorted({column.names_at for column in columns}):
            name = str(row[names_at]).strip() if names_at < len(row) else ""
            own = [column for column in columns if column.names_at == names_at and column.at < len(row)]
            filled = [column for column in own if row[column.at] != ""]
            if NOTES.match(name):
                headings.clear()
            elif name and not filled:
                headings[names_at] = name
            elif name and names_at in headings and not all(_is_year(row[column.at]) for column in filled):
                yield from (Line(headings[names_at], name, row[column.at], column, number) for column in filled)


# ------------------------------------------------------------------------------------------- rows


CellsOf = Callable[[File, Found, Line, int], dict[str, str] | None]
"""What reads the cells that one kind of sheet has; None for a line that is left out."""


def _take(file: File, reading: Found, line: Line, cells_of: CellsOf, edition: str, base: int) -> None:
    if not MAGNET.search(line.heading):
        reading.left_out["other minerals"] += 1
        return
    if COMPUTED.search(line.name):
        reading.left_out["shares, which the book computes itself"] += 1
        return
    cells = cells_of(file, reading, line, base)
    if cells is None:
        return
    year = line.column.year
    parts = ["iea", cells["flow"], cells["use"], SLUG, cells["iso3"], cells["scenario"]]
    cells |= {
        "series_id": "-".join(part.lower().replace(" ", "-") for part in parts if part),
        "series": "iea",
        "edition": edition,
        "product": PRODUCT,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "period_kind": "year",
        "year": str(year),
        "value": _value(file, line),
        "unit": "kt",
        "kind": "published" if year == base else "projection",
        "basis": SUPPLY_BASIS if cells["scenario"] == BASE else cells["scenario"],
        "note": PROJECTED if cells["scenario"] == BASE and year != base else "",
    }
    reading.rows.append(Row("refined_supply", cells, line.line))


def _is_total(line: Line) -> bool:
    return line.name.lower().startswith(TOTAL)


def _supply_cells(file: File, reading: Found, line: Line, base: int) -> dict[str, str] | None:
    stage = next((flow for word, flow in STAGES.items() if word in line.heading.lower()), None)
    if stage is None:
        raise refuse(
            file.name, "unexpected-value", "mining or refining in the heading", row=line.line, value=line.heading
        )
    name = line.name.lower()
    place = "WLD" if _is_total(line) else "ROW" if name == REST else places.by_name(line.name)
    if place is None:
        raise refuse(file.name, "country-unknown", "a country as the IEA writes it", row=line.line, value=line.name)
    return {"flow": stage, "use": "", "iso3": place, "scenario": BASE}


def _demand_cells(file: File, reading: Found, line: Line, base: int) -> dict[str, str] | None:
    use = USES.get(line.name.lower())
    if use is None:
        reading.left_out["other uses of magnet rare earths"] += 1
        return None
    scenario = _scenario(line.column.scenario) if line.column.scenario else HISTORICAL
    if scenario not in {*SCENARIOS.values(), HISTORICAL}:
        reading.left_out["scenarios that the book does not have"] += 1
        return None
    return {"flow": "demand", "use": use, "iso3": "WLD", "scenario": scenario}


def _value(file: File, line: Line) -> str:
    if not isinstance(line.value, int | float) or isinstance(line.value, bool) or not 0 <= line.value < LARGEST:
        remedy = "a quantity in kt, zero or more"
        raise refuse(file.name, "number", remedy, row=line.line, column=str(line.column.year), value=str(line.value))
    return f"{round(line.value, DIGITS):.{DIGITS}f}".rstrip("0").rstrip(".")


def _once(file: File, reading: Found) -> Found:
    seen: dict[tuple[str, str], int] = {}
    last = asof.latest().year
    for row in reading.rows:
        key = row.cells["series_id"], row.cells["year"]
        if key in seen:
            remedy = f"one figure for each country, use and year; row {seen[key]} is another"
            raise refuse(file.name, "row-twice", remedy, row=row.line, value=" ".join(key))
        if row.cells["kind"] == "published" and int(row.cells["year"]) > last:
            raise refuse(file.name, "future", f"data for a year no later than {last}", row=row.line, value=key[1])
        seen[key] = row.line
    return reading


READERS = (Reader("IEA Critical Minerals Dataset (workbook)", _is_iea, _read, (SHEETS,), "critical minerals"),)
