"""CEPII BACI: trade between all economies in a year, eleven million rows, of which a few thousand are kept.

Of the yearly CSV `t,i,j,k,v,q` the form of each row is checked, none is turned into an object but those that are kept,
and memory does not grow with the file (`baci_scan`). Also read are Parquet and extracts with other columns.
"""

from __future__ import annotations

import contextlib
import glob
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lib.importers import Found, Publication, Reader, Row, baci_scan, followed, number_parser, places, shares
from lib.importers.files import File
from lib.importers.reading import refuse
from lib.importers.records import Record, records
from lib.importers.unplaced import Unplaced

OFFICIAL = list(baci_scan.COLUMNS)
SHORT = ("i", "j", "cmd", "value")
PARQUET = {
    "t": ("t", "year"),
    "i": ("i", "exporter"),
    "j": ("j", "importer"),
    "k": ("k", "hs6"),
    "v": ("v", "value_kusd"),
    "q": ("q", "qty_t"),
}
"""The columns in the terms of CEPII, and how copies call them: values in thousand USD, quantities in tonnes."""
COUNTRIES = ["country_code", "country_name", "country_iso2", "country_iso3"]
PRODUCTS = ["code", "description"]
WHOLE = 6
"""Digits after the point that a copy may have of its own: a whole USD times a thousand in binary leaves ten more."""
LICENCE = "Etalab Open Licence 2.0"
URL = "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37"
NO_QUANTITY = ("", "NA")
OTHER_CODES = {"S19": "TWN", "SCG": "SCG", "ANT": "ANT", "XKX": "XKX", "ZA1": "ZA1"}
"""Codes of three letters in the table of countries of BACI that are not of ISO."""
MEMORY = "96MB"
COUNT_BAD = """
SELECT count(*), min(line) FILTER (WHERE NOT coalesce(
    regexp_full_match(t, '(19|20)[0-9][0-9]') AND regexp_full_match(i, '[A-Z0-9]{1,3}')
    AND regexp_full_match(j, '[A-Z0-9]{1,3}') AND regexp_full_match(k, '[0-9]{5,6}')
    AND TRY_CAST(v AS DOUBLE) >= 0 AND isfinite(TRY_CAST(v AS DOUBLE))
    AND (q IS NULL OR TRY_CAST(q AS DOUBLE) >= 0 AND isfinite(TRY_CAST(q AS DOUBLE))), false))
FROM flows
"""
TWICE = """
SELECT max(line) FROM flows WHERE lpad(k, 6, '0') IN ({codes})
GROUP BY t, i, j, k HAVING count(*) > 1 ORDER BY 1 LIMIT 1
"""
NEW_CODES = {
    "851713": "HS2022",
    "870380": "HS2017",
    "382600": "HS2012",
    "852872": "HS2007",
    "382510": "HS2002",
    "847130": "HS1996",
}
"""A code of much trade that came with each revision; the newest of them in a year of the world tells its revision."""


@dataclass(frozen=True)
class Flow:
    """The purchases of one economy of one product from another: value in USD, weight in kg, as text."""

    year: int
    exporter: str
    importer: str
    code: str
    value: str
    kg: str
    line: int


# ------------------------------------------------------------------------------------------- rows


def _is_official(file: File) -> bool:
    return file.header == OFFICIAL


def _read_official(file: File) -> Found:
    scan = baci_scan.scan(file, (*followed.CODES, *NEW_CODES))
    reading, own = Found(_publication([scan.year])), followed.importers()
    revision = _revision(scan.year, {row[3] for _, row in scan.kept})
    kept = [(line, row) for line, row in scan.kept if row[3] in followed.CODES]
    unplaced = Unplaced()
    for line, row in kept:
        exporter, importer = (places.by_number(int(number)) for number in row[1:3])
        unplaced.weigh(bool(exporter and importer), float(row[4]))
        if not (exporter and importer and importer not in own):  # objects are made of a few of the rows only
            record = Record(file.name, line, dict(zip(OFFICIAL, row, strict=True)))
            if placed := unplaced.find(_sides, record, _numbered):
                reading.rows.append(_row(_flow(record, *placed, 1000), revision))
    unplaced.settle(reading)
    reading.left_out["other product codes"] = scan.rows - len(kept)
    reading.left_out["importers that the book does not cover"] = len(kept) - len(reading.rows)
    return reading


def _sides(record: Record, place: Callable[[Record, str], str]) -> tuple[str, str]:
    """Return exporter and importer."""
    return place(record, "i"), place(record, "j")


def _numbered(record: Record, column: str) -> str:
    place = places.by_number(int(record.matching(column, r"\d{1,3}", "a country number such as 156")))
    if place is None:
        raise record.refuse(column, "country-unknown", "a country number as in the table of countries of BACI")
    return place


def _lettered(record: Record, column: str) -> str:
    code = record.text(column)
    place = "NAM" if code == "NA" else code
    if not places.is_code(place) and place not in OTHER_CODES:
        raise record.refuse(column, "country-unknown", "a country code of three letters, such as CHN")
    return OTHER_CODES.get(place, place)


def _named(record: Record, column: str) -> str:
    return (_numbered if record.text(column).isdigit() else _lettered)(record, column)


def _flow(record: Record, exporter: str, importer: str, scale: int) -> Flow:
    """Convert a record to a flow in USD and kg, from `scale` USD and tonnes; exact, for the figures are decimal."""
    value, tonnes = record.amount("v"), record.text("q")
    if not value:
        raise record.refuse("v", "unexpected-value", "a value, zero or more")
    tonnes = "" if tonnes in NO_QUANTITY else record.amount("q")
    kg = _scaled(tonnes, 1000) if tonnes else ""
    year = record.year("t")
    return Flow(year, exporter, importer, record.text("k"), _scaled(value, scale), "" if kg == "0" else kg, record.line)


def _scaled(amount: str, by: int) -> str:
    return number_parser.plain(Decimal(amount) * by)


def _revision(year: int, markers: Iterable[str]) -> str:
    """Return the nomenclature of the newest code in the file, else the only one that the table has for the year."""
    named = [NEW_CODES[code] for code in NEW_CODES if code in markers]
    revisions = followed.revisions(year)
    return named[0] if named else revisions[0] if len(revisions) == 1 else ""


def _row(flow: Flow, revision: str) -> Row:
    flags = ["baci_reconciled"] if flow.kg else ["baci_reconciled", "no_weight"]
    if flow.kg and not shares.plausible(flow.code, float(flow.value), float(flow.kg)):
        flags.append("implausible_unit_value")
    return Row(
        "trade_flows",
        {
            "dataset": "baci",
            "flow": "import",
            "reporter": flow.importer,
            "partner": flow.exporter,
            "hs_code": flow.code,
            "hs_revision": revision,
            "year": str(flow.year),
            "month_start": "1",
            "month_end": "12",
            "weight_kg": flow.kg,
            "value_usd": flow.value,
            "valuation": "fob",
            "flags": ";".join(flags),
        },
        flow.line,
    )


def _publication(years: list[int]) -> Publication:
    span = "-".join(dict.fromkeys([str(min(years)), str(max(years))])) if years else "none"
    title = f"BACI, trade between economies, {span}"
    return Publication(f"cepii-baci-{span}", title, "CEPII", url=URL, licence=LICENCE)


# ------------------------------------------------------------------------------------------- Parquet and extracts


def _names(path: Path) -> dict[str, str]:
    """Map the columns of CEPII to their names in a Parquet file; empty where the file lacks one."""
    there = set(columns(path))
    names_there = {column: next((name for name in names if name in there), "") for column, names in PARQUET.items()}
    return names_there if all(names_there.values()) else {}


@contextlib.contextmanager
def _plainly_named(path: Path) -> Iterator[str]:
    """Give a file a plain name for DuckDB, which takes `*`, `?` and `[` in a name as a pattern."""
    with tempfile.TemporaryDirectory(prefix="book-parquet-") as folder:
        link = Path(folder) / "flows.parquet"
        link.symlink_to(path.absolute())
        yield glob.escape(str(link))


def columns(path: Path) -> list[str]:
    """Return the columns of a Parquet file; none if it cannot be read."""
    import duckdb

    try:
        with _plainly_named(path) as name, duckdb.connect() as database:
            return database.read_parquet(name, hive_partitioning=False).columns
    except duckdb.Error:
        return []


def _is_parquet(file: File) -> bool:
    return file.is_parquet and bool(_names(file.path))


def _read_parquet(file: File) -> Found:
    """Read a Parquet copy: all rows are checked where they lie, and only those of followed codes are loaded."""
    import duckdb

    names = _names(file.path)
    chosen = ", ".join(f'CAST("{name}" AS VARCHAR) AS {column}' for column, name in names.items())
    codes = ", ".join(f"'{code}'" for code in followed.CODES)
    try:
        with _plainly_named(file.path) as path, duckdb.connect(config={"memory_limit": MEMORY}) as database:
            path = path.replace("'", "''")
            database.execute(
                f"CREATE VIEW flows AS SELECT file_row_number + 1 AS line, {chosen} "
                f"FROM read_parquet('{path}', file_row_number = true, hive_partitioning = false)"
            )
            [(rows, bad)] = database.execute(COUNT_BAD).fetchall()
            twice = database.execute(f"{TWICE.format(codes=codes)}").fetchone()
            kept = database.execute(f"SELECT * FROM flows WHERE lpad(k, 6, '0') IN ({codes}) ORDER BY line").fetchall()
    except duckdb.Error as error:
        remedy = "a Parquet file that can be read: fetch it again"
        raise refuse(file.name, "not-parquet", remedy, value=str(error)) from None
    if bad is not None:
        remedy = "a year, two countries, a code, a value of zero or more, and a quantity of zero or more or none"
        raise refuse(file.name, "unexpected-value", remedy, row=bad)
    if twice:
        raise refuse(file.name, "row-twice", "each flow of exporter, importer and code once", row=twice[0])
    return _found_in(file, [Record(file.name, row[0], _texts(row[1:])) for row in kept], rows - len(kept), 1000)


def _texts(row: Iterable[str | None]) -> dict[str, str]:
    return {column: "" if value is None else value.strip() for column, value in zip(OFFICIAL, row, strict=True)}


def _found_in(file: File, kept: list[Record], others: int, scale: int) -> Found:
    """Build the reading of the rows that are kept, whose countries are given by number or by letters."""
    reading = Found(_publication([record.year("t") for record in kept]))
    own, left, unplaced = followed.importers(), 0, Unplaced()
    for record in kept:
        placed = unplaced.find(_sides, record, _named)
        unplaced.weigh(placed is not None, float(record.amount("v") or 0))
        if placed and placed[1] in own:
            reading.rows.append(_row(_flow(record, *placed, scale), _revision(record.year("t"), ())))
        left += placed is not None and placed[1] not in own
    unplaced.settle(reading)
    reading.left_out |= {"other product codes": others, "importers that the book does not cover": left}
    return reading


def _is_short(file: File) -> bool:
    return set(SHORT) <= set(file.header) and "flow" not in file.header


def _read_short(file: File) -> Found:
    """Read an extract of values in USD, without quantities, with countries by codes of three letters."""
    if not {"t", "year"} & set(file.header):
        remedy = "the file does not say which year it covers: add a column `year`, and try again"
        raise refuse(file.name, "year-missing", remedy, row=1, column="year", value=", ".join(file.header))
    kept: list[Record] = []
    seen: dict[tuple[str, ...], int] = {}
    others = 0
    for record in records(file, SHORT):
        value = record.amount("value")
        value = format(round(Decimal(value), WHOLE), "f") if value else ""
        key = *(record.required(column) for column in SHORT[:3]), record.text("year") or record.text("t")
        if key in seen:
            raise record.refuse("i", "row-twice", f"each flow of exporter, importer and code once; row {seen[key]} too")
        seen[key] = record.line
        if key[2] not in followed.CODES:
            others += 1
            continue
        cells = {"t": key[3], "i": key[0], "j": key[1], "k": key[2], "v": value, "q": ""}
        kept.append(Record(file.name, record.line, cells))
    return _found_in(file, kept, others, 1)


# ------------------------------------------------------------------------------------------- what lies beside them


def _is_code_table(file: File) -> bool:
    return file.header in (COUNTRIES, PRODUCTS)


def _read_code_table(file: File) -> Found:
    """Read a table of codes that comes with the figures: nothing to add, and a note where a country is unknown."""
    reading = Found(
        Publication("cepii-baci-codes", "BACI, codes of countries and products", "CEPII", url=URL, licence=LICENCE)
    )
    what = "countries" if file.header == COUNTRIES else "products"
    unknown, rows = [], 0
    for record in records(file, file.header):
        rows += 1
        if what == "countries":
            number = int(record.matching("country_code", r"\d{1,3}", "a country number such as 156"))
            if places.by_number(number) is None:
                unknown.append(f"{number} {record.text('country_name')}")
    reading.left_out[f"rows of a table of {what}: its codes are known to the book"] = rows
    if unknown:
        reading.notes.append("countries that the book does not know: " + ", ".join(unknown))
    return reading


READERS = (
    Reader("CEPII BACI, a year of trade (CSV)", _is_official, _read_official, (tuple(OFFICIAL),)),
    Reader("CEPII BACI, Parquet copy", _is_parquet, _read_parquet, tuple(zip(*PARQUET.values(), strict=True))),
    Reader("CEPII BACI, extract of values by country codes (CSV)", _is_short, _read_short, ((*SHORT, "year"),)),
    Reader("CEPII BACI, table of codes", _is_code_table, _read_code_table),
)
