"""World Bank: the Worldwide Governance Indicators, and the gross domestic product in current US dollars."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from lib.importers import Found, Publication, Reader, Refused, Row, followed
from lib.importers.files import File
from lib.importers.found import refuse
from lib.importers.records import NESTED, Record, records

WGI = ("code", "year", "indicator", "estimate", "stddev", "nsource", "pctrank")
DIMENSIONS = ("va", "pv", "ge", "rq", "rl", "cc")
FIGURES = {"estimate": "estimate", "stddev": "standard_error", "nsource": "n_sources", "pctrank": "percentile_rank"}
MISSING = ("", "..", "#N/A")
SINGLE, PLACES = 6, {"pctrank": 4}
"""Digits after the point: the publisher has numbers of 32 bits, whose further digits are those of the computer."""
LARGEST = 10**6
"""No score, rank or number of sources is as large."""
GDP = "NY.GDP.MKTP.CD"
FIRST_YEAR = 1990
"""The first year of the table."""
RENAMED = {"ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "KSV": "XKX", "ADO": "AND", "WBG": "PSE", "EUU": "EU27"}
"""Codes of the World Bank that are not of ISO."""
LICENCE = "Creative Commons Attribution 4.0"
WGI_URL = "https://www.worldbank.org/en/publication/worldwide-governance-indicators"
GDP_URL = "https://data.worldbank.org/indicator/NY.GDP.MKTP.CD"


def economies(table: str) -> frozenset[str]:
    """The economies that a table has; the publisher has more."""
    path = followed.table(table)
    return _economies(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _economies(path: Path, changed: int) -> frozenset[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["iso3"] for row in csv.DictReader(file))


def _code(text: str) -> str:
    return RENAMED.get(text, text)


# ------------------------------------------------------------------------------------------- governance


def _wgi_sheet(file: File) -> list[list[object]]:
    """The rows of the sheet with the columns of the full dataset; empty where there is none."""
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


def _wgi_records(file: File) -> Iterator[Record]:
    if not file.is_workbook:
        yield from records(file, WGI)
        return
    rows = ((number, [_cell(cell) for cell in row]) for number, row in enumerate(_wgi_sheet(file), 1))
    yield from records(file, WGI, rows=((number, row) for number, row in rows if any(row)))


def _cell(value: object) -> str:
    """A cell of a workbook as text: whole numbers without a point."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _read_wgi(file: File) -> Found:
    found, own, seen = Found(Publication("", "", "")), economies("governance"), {}
    for record in _wgi_records(file):
        place = _code(record.required("code"))
        if place not in own:
            found.left_out["economies that the table does not have"] += 1
            continue
        year, dimension = record.year("year"), record.one_of("indicator", DIMENSIONS)
        if record.text("estimate") in MISSING:
            found.left_out["no figure"] += 1
            continue
        key = place, year, dimension
        if key in seen:
            told = f"one row for each economy, year and dimension; row {seen[key]} is another"
            raise record.refuse("code", "row-twice", told)
        seen[key] = record.line
        cells = {"iso3": place, "year": str(year), "dimension": dimension}
        cells |= {name: _figure(record, column) for column, name in FIGURES.items()}
        found.rows.append(Row("governance", cells, record.line))
    last = max((year for _, year, _ in seen), default=0)
    title = f"Worldwide Governance Indicators, full dataset to {last}"
    found.publication = Publication(f"wb-wgi-{last}", title, "World Bank", url=WGI_URL, licence=LICENCE)
    return found


def _figure(record: Record, column: str) -> str:
    """A score, which may be below zero, or a count; empty where the publisher has none."""
    text = record.text(column)
    if text in MISSING:
        return ""
    pattern = r"\d+(\.0*)?" if column == "nsource" else r"-?(\d+(\.\d*)?|\.\d+)([eE]-?\d{1,2})?"
    told = "a number such as -0.8599, or two points for none"
    number = Decimal(record.matching(column, pattern, told))
    if abs(number) >= LARGEST:
        raise record.refuse(column, "number", told)
    plain = format(round(number, PLACES.get(column, SINGLE)), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


# ------------------------------------------------------------------------------------------- gross domestic product


def _is_gdp(file: File) -> bool:
    return file.header[:1] == ["Data Source"] and GDP.encode() in file.head


def _is_gdp_json(file: File) -> bool:
    start = file.head[:4000].lstrip(b"\xef\xbb\xbf \r\n\t")
    return start.startswith(b"[") and b'"lastupdated"' in start and GDP.encode() in start


GDP_COLUMNS = ("Country Name", "Country Code", "Indicator Name", "Indicator Code")


def _read_gdp(file: File) -> Found:
    lines = list(file.lines())
    updated = next((row[1] for _, row in lines[:5] if row[0] == "Last Updated Date" and len(row) > 1), "")
    start = next((at for at, (_, row) in enumerate(lines[:10]) if row[:2] == ["Country Name", "Country Code"]), None)
    if start is None:
        told = "a row that begins with Country Name and Country Code: fetch the file as it was published"
        raise refuse(file.name, "column-missing", told, row=1)
    needed = ("Country Code", "Indicator Code")
    found, years = _gdp_found(_day(file, updated)), [name for name in lines[start][1] if re.fullmatch(r"\d{4}", name)]
    strange = [name for name in lines[start][1] if name and name not in (*GDP_COLUMNS, *years)]
    if strange or not years:
        told = "four columns that say what a row is, and one for each year"
        raise refuse(file.name, "column-unknown", told, row=lines[start][0], column=", ".join(strange))
    for record in records(file, needed, rows=iter(lines[start:])):
        record.one_of("Indicator Code", {GDP})
        for year in years:
            told = Record(file.name, record.line, record.cells | {"year": year})
            _add_gdp(found, told, record.required("Country Code"), year, record.amount(year), year)
    return _once(file, found)


def _read_gdp_json(file: File) -> Found:
    content = file.json()
    if not (isinstance(content, list) and len(content) == 2 and isinstance(content[0], dict)):
        raise refuse(file.name, "unexpected-value", "the answer as it came: what it is, and the list of its figures")
    about, rows = content
    if about.get("pages") != 1 or not isinstance(rows, list):
        told = "all figures in one answer: ask for it again with per_page=20000"
        raise refuse(file.name, "truncated", told, column="pages", value=str(about.get("pages")))
    found = _gdp_found(_day(file, str(about.get("lastupdated", ""))))
    for number, row in enumerate(rows, 1):
        record = Record(file.name, number, _json_cells(file, row, number))
        record.one_of("indicator", {GDP})
        code = record.text("countryiso3code")
        if not code:
            found.left_out["economies that the table does not have"] += 1
            continue
        _add_gdp(found, record, code, record.text("date"), record.amount("value"), "date")
    return _once(file, found)


def _json_cells(file: File, row: object, number: int) -> dict[str, str]:
    if not isinstance(row, dict) or not {"indicator", "countryiso3code", "date", "value"} <= set(row):
        told = "indicator, countryiso3code, date and value in each figure"
        raise refuse(file.name, "column-missing", told, row=number)
    indicator = row["indicator"].get("id", "") if isinstance(row["indicator"], dict) else row["indicator"]
    told = {
        "indicator": indicator,
        "countryiso3code": row["countryiso3code"],
        "date": row["date"],
        "value": row["value"],
    }
    return {name: _json_text(value) for name, value in told.items()}


def _json_text(value: object) -> str:
    return NESTED if isinstance(value, dict | list) else "" if value is None else str(value)


def _day(file: File, text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        told = "the day of the last update, such as 2026-07-01, above the figures"
        raise refuse(file.name, "date-missing", told, column="Last Updated Date", value=text) from None
    if day > dt.date.today():
        raise refuse(file.name, "future", "a day that is not in the future", column="Last Updated Date", value=text)
    return day


def _gdp_found(updated: dt.date) -> Found:
    title = f"GDP, current US dollars ({GDP}), World Development Indicators updated {updated}"
    edition = f"updated {updated}"
    source = f"wb-gdp-{updated:%Y%m%d}"
    return Found(Publication(source, title, "World Bank", edition, updated, GDP_URL, licence=LICENCE))


def _add_gdp(found: Found, record: Record, code: str, year: str, amount: str, column: str) -> None:
    place = _code(code)
    if place not in economies("gdp"):
        found.left_out["economies that the table does not have"] += 1
    elif not amount:
        found.left_out["no figure"] += 1
    elif int(year := str(Record(record.file, record.line, {column: year}).year(column))) < FIRST_YEAR:
        found.left_out[f"years before {FIRST_YEAR}"] += 1
    else:
        found.rows.append(Row("gdp", {"iso3": place, "year": year, "gdp_usd": amount}, record.line))


def _once(file: File, found: Found) -> Found:
    seen: dict[tuple[str, str], int] = {}
    for row in found.rows:
        key = row.cells["iso3"], row.cells["year"]
        if key in seen:
            told = f"one figure for each economy and year; row {seen[key]} is another"
            raise refuse(file.name, "row-twice", told, row=row.line, value=" ".join(key))
        seen[key] = row.line
    return found


READERS = (
    Reader("World Bank, Worldwide Governance Indicators (CSV)", _is_wgi, _read_wgi),
    Reader("World Bank, Worldwide Governance Indicators (workbook)", _is_wgi_workbook, _read_wgi),
    Reader("World Bank, gross domestic product (CSV)", _is_gdp, _read_gdp),
    Reader("World Bank, gross domestic product (JSON)", _is_gdp_json, _read_gdp_json),
)
