"""World Bank: the full dataset of the Worldwide Governance Indicators, a row for each economy, year and dimension."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from lib.importers import Found, Publication, Reader, Refused, Row, followed
from lib.importers.files import File
from lib.importers.reading import refuse
from lib.importers.records import Record, records
from lib.importers.workbooks import Sheet, Sheets

WGI = ("code", "year", "indicator", "estimate", "stddev", "nsource", "pctrank")
DIMENSIONS = ("va", "pv", "ge", "rq", "rl", "cc")
FIGURES = {"estimate": "estimate", "stddev": "standard_error", "nsource": "n_sources", "pctrank": "percentile_rank"}
OLD_FIGURES = {"Estimate": "estimate", "StdErr": "standard_error", "NumSrc": "n_sources", "Rank": "percentile_rank"}
SHEETS = {
    "voice": "va",
    "politicalstability": "pv",
    "governmenteffectiveness": "ge",
    "regulatoryquality": "rq",
    "ruleoflaw": "rl",
    "controlofcorruption": "cc",
}
MISSING = ("", "..", "#N/A")
SINGLE, PLACES = 6, {"percentile_rank": 4}
"""Digits after the point: the publisher has numbers of 32 bits, whose further digits are those of the computer."""
LARGEST = 10**6
"""No score, rank or number of sources is as large."""
RENAMED = {"ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "KSV": "XKX", "ADO": "AND", "WBG": "PSE", "EUU": "EU27"}
"""Codes of the World Bank that are not of ISO."""
LICENCE = "Creative Commons Attribution 4.0"
URL = "https://www.worldbank.org/en/publication/worldwide-governance-indicators"


def economies(table: str) -> frozenset[str]:
    """Return the economies that a table of the book has, which are fewer than the publisher's."""
    path = followed.table(table)
    return _economies(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _economies(path: Path, changed: int) -> frozenset[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["iso3"] for row in csv.DictReader(file))


def iso3(text: str) -> str:
    """Convert the World Bank's code of an economy to that of the tables."""
    return RENAMED.get(text, text)


# ------------------------------------------------------------------------------------------- governance


def _wgi_sheet(file: File) -> Sheet:
    """Return the rows of the sheet with the columns of the full dataset; empty where there is none."""
    for rows in file.sheets().values():
        if rows and set(WGI) <= {str(cell).strip() for cell in rows[0]}:
            return rows
    return []


def _is_wgi(file: File) -> bool:
    return set(WGI) <= set(file.header)


def _is_wgi_workbook(file: File) -> bool:
    return file.is_workbook and _has_sheet(file)


def _has_sheet(file: File) -> bool:
    try:
        return bool(_wgi_sheet(file))
    except Refused:
        return False


# ------------------------------------------------------------------------------------------- to 2022: six sheets


def _six(file: File) -> Sheets:
    """Return the sheets of the dimensions, each by the dimension's name in the table."""
    by_dimension = {}
    for name, rows in file.sheets().items():
        plain = re.sub(r"[^a-z]", "", name.lower())
        dimension = next((short for words, short in SHEETS.items() if plain.startswith(words)), None)
        if dimension and _blocks(rows):
            by_dimension[dimension] = rows
    return by_dimension


def _is_wgi_of_six(file: File) -> bool:
    try:
        return file.is_workbook and len(_six(file)) > 1
    except Refused:
        return False


def _blocks(rows: Sheet) -> tuple[int, dict[tuple[str, str], int]] | None:
    """Return the row of the header, and the place of each year and figure; None for a sheet of another layout."""
    for at, row in enumerate(rows[:40]):
        if at and {"Code", "Estimate", "StdErr"} <= set(map(str, row)):
            years = [_cell(cell) for cell in rows[at - 1]]
            named = {
                (year, str(cell)): place for place, (year, cell) in enumerate(zip(years, row, strict=False)) if year
            }
            return at, named
    return None


def _read_wgi_of_six(file: File) -> Found:
    """Read the full dataset as it was to 2022: a sheet for each dimension, a block of columns for each year."""
    reading, own = Found(Publication("", "", "")), economies("governance")
    for dimension, rows in _six(file).items():
        head, places = _blocks(rows) or (0, {})
        code_at = list(map(str, rows[head])).index("Code")
        seen: dict[str, int] = {}
        for line, row in enumerate(rows[head + 1 :], head + 2):
            place = iso3(_cell(row[code_at])) if code_at < len(row) else ""
            if place not in own:
                reading.left_out["economies that the table does not have"] += bool(place)
                continue
            if place in seen:
                remedy = f"one row for each economy in a sheet; row {seen[place]} is another"
                raise refuse(file.name, "row-twice", remedy, row=line, column=dimension, value=place)
            seen[place] = line
            for year in dict.fromkeys(year for year, _ in places):
                cells = {"year": year} | {
                    name: _cell(row[places[year, name]]) if places.get((year, name), len(row)) < len(row) else ""
                    for name in OLD_FIGURES
                }
                _take_of_six(reading, Record(file.name, line, cells), place, dimension)
    last = max((int(row.cells["year"]) for row in reading.rows), default=0)
    title = f"Worldwide Governance Indicators, full dataset to {last}"
    reading.publication = Publication(f"wb-wgi-{last}", title, "World Bank", url=URL, licence=LICENCE)
    return reading


def _take_of_six(reading: Found, record: Record, place: str, dimension: str) -> None:
    if record.text("Estimate") in MISSING:
        reading.left_out["no figure"] += 1
        return
    cells = {"iso3": place, "year": str(record.year("year")), "dimension": dimension}
    cells |= {name: figure(record, column, name) for column, name in OLD_FIGURES.items()}
    reading.rows.append(Row("governance", cells, record.line))


# ------------------------------------------------------------------------------------------- the full dataset


def _wgi_records(file: File) -> Iterator[Record]:
    if not file.is_workbook:
        yield from records(file, WGI)
        return
    rows = ((number, [_cell(cell) for cell in row]) for number, row in enumerate(_wgi_sheet(file), 1))
    yield from records(file, WGI, rows=((number, row) for number, row in rows if any(row)))


def _cell(value: object) -> str:
    """Write a cell of a workbook as text: whole numbers without a point."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _read_wgi(file: File) -> Found:
    reading, own = Found(Publication("", "", "")), economies("governance")
    seen: dict[tuple[str, int, str], int] = {}
    for record in _wgi_records(file):
        place = iso3(record.required("code"))
        if place not in own:
            reading.left_out["economies that the table does not have"] += 1
            continue
        year, dimension = record.year("year"), record.one_of("indicator", DIMENSIONS)
        if record.text("estimate") in MISSING:
            reading.left_out["no figure"] += 1
            continue
        key = place, year, dimension
        if key in seen:
            expected = f"one row for each economy, year and dimension; row {seen[key]} is another"
            raise record.refuse("code", "row-twice", expected)
        seen[key] = record.line
        cells = {"iso3": place, "year": str(year), "dimension": dimension}
        cells |= {name: figure(record, column, name) for column, name in FIGURES.items()}
        reading.rows.append(Row("governance", cells, record.line))
    last = max((year for _, year, _ in seen), default=0)
    title = f"Worldwide Governance Indicators, full dataset to {last}"
    reading.publication = Publication(f"wb-wgi-{last}", title, "World Bank", url=URL, licence=LICENCE)
    return reading


def figure(record: Record, column: str, name: str) -> str:
    """Read a score, which may be below zero, or a count, for the column `name` of the table; empty if there is none."""
    text = record.text(column)
    if text in MISSING:
        return ""
    pattern = r"\d+(\.0*)?" if name == "n_sources" else r"-?(\d+(\.\d*)?|\.\d+)([eE]-?\d{1,2})?"
    expected = "a number such as -0.8599, or two points for none"
    number = Decimal(record.matching(column, pattern, expected))
    if abs(number) >= LARGEST:
        raise record.refuse(column, "number", expected)
    plain = format(round(number, PLACES.get(name, SINGLE)), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


READERS = (
    Reader("World Bank, Worldwide Governance Indicators (CSV)", _is_wgi, _read_wgi, (WGI,)),
    Reader("World Bank, Worldwide Governance Indicators (workbook)", _is_wgi_workbook, _read_wgi, (WGI,)),
    Reader(
        "World Bank, Worldwide Governance Indicators to 2022 (workbook with a sheet for each)",
        _is_wgi_of_six,
        _read_wgi_of_six,
        (("Country/Territory", "Code", *OLD_FIGURES),),
    ),
)
