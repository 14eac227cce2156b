"""World Bank: series by economy and year, of gross domestic product in current US dollars and of governance.

They come as the CSV of an indicator, as an export of DataBank, and as the answer of the interface in JSON.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lib.importers import Found, Publication, Reader, Row
from lib.importers.files import File, truncated
from lib.importers.reading import refuse
from lib.importers.records import NESTED, Record, records
from lib.importers.world_bank import LICENCE, MISSING, URL, economies, figure, iso3
from lib.tables import asof

GDP = "NY.GDP.MKTP.CD"
GDP_URL = "https://data.worldbank.org/indicator/NY.GDP.MKTP.CD"
FIRST_YEAR = 1990
"""The first year of the table of gross domestic product."""
SCORE = re.compile(r"(?:GOV_WGI_)?(VA|PV|GE|RQ|RL|CC)\.(EST|SE|STD\.ERR|SR|NO\.SRC|PER\.RNK)")
"""The codes of series of governance, in their old and in their new form."""
FIGURES = {
    "EST": "estimate",
    "SE": "standard_error",
    "STD.ERR": "standard_error",
    "SR": "n_sources",
    "NO.SRC": "n_sources",
    "PER.RNK": "percentile_rank",
}
FOLLOWED = re.compile(rb"NY\.GDP\.MKTP\.CD|\b(GOV_WGI_)?(VA|PV|GE|RQ|RL|CC)\.EST\b")
EXPECTED = f"{GDP}, or estimates of governance such as GOV_WGI_CC.EST"
INDICATOR, DATABANK = "Indicator Code", "Series Code"
NAMES = ("Country Name", "Country Code", "Indicator Name", INDICATOR, "Series Name", DATABANK)
DATABANK_END = ("Data from database:", "Last Updated:")
YEAR = re.compile(r"(\d{4})(?: \[YR\d{4}\])?")
TITLES = {
    "gdp": f"GDP, current US dollars ({GDP}), World Development Indicators",
    "governance": "Worldwide Governance Indicators by series",
}


@dataclass(frozen=True)
class Point:
    """The figure of an economy in a year: the series, and the columns of the year and of the figure."""

    record: Record
    code: str
    series: str
    year: str
    column: str


# ------------------------------------------------------------------------------------------- points to rows


@dataclass
class Rows:
    """The rows of a file as they are put together, by table, economy, year and dimension: cells, and their line."""

    found: Found = field(default_factory=lambda: Found(Publication("", "", "")))
    cells: dict[tuple[str, str, str, str], dict[str, str]] = field(default_factory=dict)
    lines: dict[tuple[str, str, str, str], int] = field(default_factory=dict)

    def add(self, point: Point) -> None:
        """Take a figure, or count why it is left out. Raises Refused for one that cannot be read, or stands twice."""
        score = SCORE.fullmatch(point.series)
        table, dimension = ("governance", score[1].lower()) if score else ("gdp", "")
        name = FIGURES[score[2]] if score else "gdp_usd"
        place = iso3(point.code)
        value = figure(point.record, point.column, name) if score else point.record.amount(point.column)
        if place not in economies(table):
            self.found.left_out["economies that the table does not have"] += 1
        elif not value:
            self.found.left_out["no figure"] += 1
        else:
            year = point.record.year(point.year)
            if score or year >= FIRST_YEAR:
                self._put((table, place, str(year), dimension), name, value, point.record)
            else:
                self.found.left_out[f"years before {FIRST_YEAR}"] += 1

    def _put(self, key: tuple[str, str, str, str], name: str, value: str, record: Record) -> None:
        cells = self.cells.setdefault(key, {})
        line = self.lines.setdefault(key, record.line)
        if name in cells:
            remedy = f"one figure of a series for each economy and year; row {line} is another"
            raise refuse(record.file, "row-twice", remedy, row=record.line, value=" ".join(filter(None, key[1:])))
        cells[name] = value

    def done(self, updated: dt.date | None) -> Found:
        """Return the finished reading, with the day that the file gives. Scores count only with an estimate."""
        tables = sorted({key[0] for key in self.cells})
        untold = frozenset(FIGURES.values()).difference(*self.cells.values())
        for (table, place, year, dimension), cells in self.cells.items():
            line = self.lines[table, place, year, dimension]
            if table == "gdp":
                self.found.rows.append(Row(table, {"iso3": place, "year": year} | cells, line))
            elif "estimate" in cells:
                named = {"iso3": place, "year": year, "dimension": dimension}
                self.found.rows.append(Row(table, named | cells, line, untold))
            else:
                self.found.left_out["no estimate"] += 1
        if untold and "governance" in tables:
            self.found.notes.append(f"the file does not have {', '.join(sorted(untold))}: these are not compared")
        newest = max((int(key[2]) for key in self.cells), default=0)
        self.found.publication = _publication(updated, newest, tables)
        return self.found


def _publication(updated: dt.date | None, newest: int, tables: list[str]) -> Publication:
    title = " and ".join(TITLES[table] for table in tables)
    url = URL if tables == ["governance"] else GDP_URL
    name = "-".join({"governance": "wgi"}.get(table, table) for table in tables) or "series"
    edition = f"updated {updated}" if updated else f"data to {newest}"
    source = f"wb-{name}-{updated:%Y%m%d}" if updated else f"wb-{name}-to-{newest}"
    return Publication(source, f"{title}, {edition}", "World Bank", edition, updated, url, licence=LICENCE)


def _found(points: Iterable[Point], updated: dt.date | None) -> Found:
    rows = Rows()
    for point in points:
        rows.add(point)
    return rows.done(updated)


def _day(file: File, text: str, read: Callable[[str], dt.date] = dt.date.fromisoformat) -> dt.date:
    try:
        day = read(text)
    except ValueError:
        remedy = "the day of the last update, such as 2026-07-01, beside the figures"
        raise refuse(file.name, "date-missing", remedy, column="Last Updated Date", value=text) from None
    if day > asof.latest():
        raise refuse(file.name, "future", "a day that is not in the future", column="Last Updated Date", value=text)
    return day


def _american(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%m/%d/%Y").date()


def _is_followed(series: str) -> bool:
    return series == GDP or bool(SCORE.fullmatch(series))


def _one(record: Record, column: str) -> str:
    """Return the series of a record in a file of one series. Raises Refused for one that is not followed."""
    series = record.text(column)
    if not _is_followed(series):
        raise record.refuse(column, "unexpected-value", f"expected {EXPECTED}")
    return series


# ------------------------------------------------------------------------------------------- a column for each year


def _is_indicator(file: File) -> bool:
    return file.header[:1] == ["Data Source"] and bool(FOLLOWED.search(file.head))


def _is_bare(file: File) -> bool:
    return {"Country Code", INDICATOR} <= set(file.header) and any(YEAR.fullmatch(name) for name in file.header)


def _is_databank(file: File) -> bool:
    return {"Country Code", DATABANK} <= set(file.header)


def _read_indicator(file: File) -> Found:
    lines = list(file.lines())
    updated = next((row[1] for _, row in lines[:5] if row[0] == "Last Updated Date" and len(row) > 1), "")
    start = next((at for at, (_, row) in enumerate(lines[:10]) if row[:2] == ["Country Name", "Country Code"]), None)
    if start is None:
        remedy = "a row that begins with Country Name and Country Code: fetch the file as it was published"
        raise refuse(file.name, "column-missing", remedy, row=1)
    points = (
        point
        for record, years in _wide(file, lines[start:], INDICATOR)
        for point in _points(record, _one(record, INDICATOR), years)
    )
    return _found(points, _day(file, updated))


def _read_databank(file: File) -> Found:
    """Read an export, which says below the figures what it is from; series that are not followed are left out."""
    lines = list(file.lines())
    end = next((at for at, (_, row) in enumerate(lines) if at and row[0].startswith(DATABANK_END)), len(lines))
    day = next((row[0].partition(":")[2] for _, row in lines[end:] if row[0].startswith(DATABANK_END[1])), "")
    return _followed(file, lines[:end], DATABANK, _day(file, day.strip(), _american))


def _read_bare(file: File) -> Found:
    """Read indicators without the lines on what they are and of which day, as bulk files and earlier ones have them."""
    return _followed(file, list(file.lines()), INDICATOR, None)


def _followed(file: File, lines: list[tuple[int, list[str]]], column: str, updated: dt.date | None) -> Found:
    """Read from a table of several series those that the book follows; the others are left out."""
    points: list[Point] = []
    others: dict[str, Record] = {}
    rows = [(line, ["" if cell in MISSING else cell for cell in row]) for line, row in lines]
    for record, years in _wide(file, rows, column):
        series = record.required(column)
        if _is_followed(series):
            points += _points(record, series, years)
        else:
            others.setdefault(series, record)
    if others and not points:
        raise next(iter(others.values())).refuse(column, "unexpected-value", f"expected {EXPECTED}")
    reading = _found(points, updated)
    if others:
        reading.left_out["series that the book does not use"] = len(others)
    return reading


def _wide(file: File, lines: list[tuple[int, list[str]]], series: str) -> Iterator[tuple[Record, dict[str, str]]]:
    """Yield the records below a header with a column for each year, and the year of each such column."""
    line, header = lines[0]
    years = {name: match[1] for name in header if (match := YEAR.fullmatch(name))}
    strange = [name for name in header if name and name not in (*NAMES, *years)]
    if strange or not years or len(set(years.values())) < len(years):
        remedy = "four columns that say what a row is, and one for each year"
        raise refuse(file.name, "column-unknown", remedy, row=line, column=", ".join(strange))
    for record in records(file, ("Country Code", series), rows=iter(lines)):
        yield record, years


def _points(record: Record, series: str, years: dict[str, str]) -> Iterator[Point]:
    code = record.required("Country Code")
    for column, year in years.items():
        named = Record(record.file, record.line, {column: record.text(column), "year": year})
        yield Point(named, code, series, "year", column)


# ------------------------------------------------------------------------------------------- the interface


def _is_json(file: File) -> bool:
    start = file.head[:4000].lstrip(b"\xef\xbb\xbf \r\n\t")
    return start.startswith(b"[") and b'"lastupdated"' in start and bool(FOLLOWED.search(start))


def _read_json(file: File) -> Found:
    content = file.json()
    if not (isinstance(content, list) and len(content) == 2 and isinstance(content[0], dict)):
        raise refuse(file.name, "unexpected-value", "the answer as it came: what it is, and the list of its figures")
    about, rows = content
    if about.get("pages") != 1 or not isinstance(rows, list):
        raise truncated(file.name, f"pages: {about.get('pages')}")
    updated = _day(file, str(about.get("lastupdated", "")))
    points = []
    for number, row in enumerate(rows, 1):
        record = Record(file.name, number, _json_cells(file, row, number))
        points.append(Point(record, record.text("countryiso3code"), _one(record, "indicator"), "date", "value"))
    return _found(points, updated)


def _json_cells(file: File, row: object, number: int) -> dict[str, str]:
    if not isinstance(row, dict) or not {"indicator", "countryiso3code", "date", "value"} <= set(row):
        remedy = "indicator, countryiso3code, date and value in each figure"
        raise refuse(file.name, "column-missing", remedy, row=number)
    indicator = row["indicator"].get("id", "") if isinstance(row["indicator"], dict) else row["indicator"]
    cells = {
        "indicator": indicator,
        "countryiso3code": row["countryiso3code"],
        "date": row["date"],
        "value": row["value"],
    }
    return {name: _json_text(value) for name, value in cells.items()}


def _json_text(value: object) -> str:
    return NESTED if isinstance(value, dict | list) else "" if value is None else str(value)


NEEDED = (
    ("Country Name", "Country Code", "Indicator Name", INDICATOR, GDP),
    ("Country Name", "Country Code", "Series Name", DATABANK),
    ("lastupdated", "indicator", "countryiso3code", "date", "value"),
)
READERS = (
    Reader("World Bank, an indicator (CSV)", _is_indicator, _read_indicator, (NEEDED[0],)),
    Reader("World Bank, indicators in bulk, or as laid out before (CSV)", _is_bare, _read_bare, (NEEDED[0][:4],)),
    Reader("World Bank, export of DataBank (CSV)", _is_databank, _read_databank, (NEEDED[1],)),
    Reader("World Bank, an indicator (JSON)", _is_json, _read_json, (NEEDED[2],)),
)
