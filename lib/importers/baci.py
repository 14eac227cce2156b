"""CEPII BACI: trade between all economies in a year, eleven million rows, of which a few thousand are kept.

The yearly CSV `t,i,j,k,v,q` is looked at in blocks of bytes: each row is checked, none is turned into an object but
those that are kept, and memory does not grow with the file. Also read are Parquet and extracts with other columns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from lib.importers import Found, Publication, Reader, Row, cells, followed, places, shares
from lib.importers.files import File
from lib.importers.found import Refused, refuse
from lib.importers.records import Record, records

OFFICIAL = ["t", "i", "j", "k", "v", "q"]
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
BLOCK = 1 << 19
LONGEST_LINE = 1 << 10
WHOLE = 6
"""Digits after the point that a copy may have of its own: a whole USD times a thousand in binary leaves ten more."""
LICENCE = "Etalab Open Licence 2.0"
URL = "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37"
NO_QUANTITY = ("", "NA")
ROW = re.compile(rb"(\d{4}),(\d{1,3}),(\d{1,3}),(\d{5,6}),(\d+(?:\.\d+)?),(\d+(?:\.\d+)?|NA|)")
PAIR = re.compile(rb",(\d{1,3}),(\d{1,3})")
CELLS = (
    (r"\d{4}", "a year such as 2024"),
    (r"\d{1,3}", "a country number such as 156"),
    (r"\d{1,3}", "a country number such as 156"),
    (r"\d{5,6}", "a code of six digits"),
    (r"\d+(\.\d+)?", "a value in thousand USD, zero or more"),
    (r"(\d+(\.\d+)?|NA)?", "a quantity in tonnes, zero or more, or NA"),
)
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
Key = tuple[int, ...]
"""Exporter, importer and code as numbers that sort as CEPII sorts its rows."""
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
    """What one economy bought of one product from another: value in USD, weight in kg, as text."""

    year: int
    exporter: str
    importer: str
    code: str
    value: str
    kg: str
    line: int


# ------------------------------------------------------------------------------------------- the official CSV


@dataclass
class Block:
    """What a block of whole rows holds: how many, those that are kept, and its first and last key.

    `sound` is False where some row is not as all others are, or the rows do not go up by exporter, importer and code.
    """

    rows: int = 0
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    first: Key = ()
    last: Key = ()
    markers: frozenset[str] = frozenset()
    sound: bool = False
    text: bytes = b""
    """Only of a block that is not sound."""


@dataclass
class Scan:
    """A pass over the yearly file: which rows are kept, with their lines, and which of NEW_CODES it holds."""

    year: int
    rows: int = 0
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    markers: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Source:
    """Where the rows of the yearly file begin, and the year that they all must have."""

    path: Path
    start: int
    size: int
    year: bytes


def _scan(file: File) -> Scan:
    """Check each row and keep those of the codes that are followed. Raises Refused with the line."""
    source = _source(file)
    return _joined(file, source, (_block(source, place) for place in range(source.start, source.size, BLOCK)))


def _source(file: File) -> Source:
    with file.path.open("rb") as opened:
        start = len(opened.readline())
        first = opened.readline()
        size = opened.seek(0, os.SEEK_END)
        opened.seek(-1, os.SEEK_END)
        if opened.read() != b"\n":
            told = "a last line that ends: the file was cut off, fetch it again"
            raise refuse(file.name, "truncated", told, row=_lines(file))
    if not first.strip():
        raise refuse(file.name, "no-rows", "rows below the header: fetch the file again", row=2)
    year = first.strip()[:4]
    if not re.fullmatch(rb"(19|20)\d\d", year):
        raise _misformed(file, 2, first.strip())
    Record(file.name, 2, {"t": year.decode()}).year("t")
    return Source(file.path, start, size, year)


def _lines(file: File) -> int:
    with file.path.open("rb") as opened:
        return sum(1 for _ in opened)


def _joined(file: File, source: Source, blocks: Iterable[Block]) -> Scan:
    """The blocks in their order. Raises Refused for a row that has no good form, or stands twice."""
    scan, last, line, in_order = Scan(int(source.year)), (), 2, True
    for block in blocks:
        if not block.sound:
            block = _by_rows(file, source, block.text, line)
        in_order = in_order and block.sound and (not block.rows or last < block.first)
        scan.kept += [(line + number, text) for number, text in block.kept]
        scan.markers |= block.markers
        line, last = line + block.rows, block.last or last
    scan.rows = line - 2
    if not in_order:
        _refuse_twice(file)
    return scan


def _block(source: Source, place: int) -> Block:
    """Look at a part of the file as numbers, without an object for each row."""
    import numpy

    text = _rows_from(source, place)
    if not text:
        return Block(sound=True)
    letters = numpy.frombuffer(text, dtype=numpy.uint8)
    commas = numpy.flatnonzero(letters == ord(","))
    if len(commas) % 5 or not text.endswith(b"\n") or not _good_letters(text, letters, len(commas) // 5):
        return Block(text=text)
    return _of_numbers(text, commas.reshape(-1, 5), source.year)


def _rows_from(source: Source, place: int) -> bytes:
    """The rows that begin in a part of the file; blanks before numbers, which some editions have, taken away."""
    before = 1 if place > source.start else 0
    with source.path.open("rb", buffering=0) as file:
        file.seek(place - before)
        text = file.read(BLOCK + LONGEST_LINE)
    begin = text.find(b"\n") + 1 if before else 0
    if begin > BLOCK or (before and not begin):
        return b""
    end = text.find(b"\n", BLOCK + before - 1) + 1
    text = text[begin : end or len(text)]
    text = text.replace(b"\r\n", b"\n") if b"\r" in text else text
    return re.sub(rb"(?<=,) +", b"", text) if b" " in text else text


def _good_letters(text: bytes, letters, rows: int) -> bool:
    """Whether nothing but digits, NA and points stands between the commas, with at most one point in a number."""
    import numpy

    marks, words = letters < ord("0"), numpy.flatnonzero(letters > ord("9"))
    without_digits = numpy.frombuffer(text.translate(None, b"0123456789"), dtype=numpy.uint8)
    points = without_digits == ord(".")
    ends = int(numpy.count_nonzero(without_digits == ord("\n")))
    known = 6 * rows + int(numpy.count_nonzero(points)) + len(words)
    holes = numpy.flatnonzero(marks[1:] & marks[:-1])
    return (
        ends == rows
        and known == len(without_digits)
        and not (points[1:] & points[:-1]).any()
        and bool(((letters[holes] == ord(",")) & (letters[holes + 1] == ord("\n"))).all())
        and _are_na(letters, words)
    )


def _are_na(letters, words) -> bool:
    """Whether all letters are `NA` that fill a cell at the end of a row."""
    if len(words) % 2:
        return False
    first, second = words[::2], words[1::2]
    return bool(
        (
            (second == first + 1)
            & (letters[first] == ord("N"))
            & (letters[second] == ord("A"))
            & (letters[first - 1] == ord(","))
            & (letters[second + 1] == ord("\n"))
        ).all()
    )


def _of_numbers(text: bytes, commas, year: bytes) -> Block:
    """The rows of a block by its commas: the eight letters before a comma are one number, which can be compared."""
    import numpy

    whole = numpy.uint64
    words = numpy.ndarray((len(text),), dtype="<u8", buffer=b"\0" * 7 + b"\n" + text, strides=(1,))
    begun = words[commas[:, 0]] >> whole(24) == int.from_bytes(b"\n" + year, "little")
    pairs, codes, coded = words[commas[:, 2]], *_codes(words[commas[:, 3]])
    same = pairs[1:] == pairs[:-1]
    keys = _pairs(text, commas[numpy.concatenate(([0], numpy.flatnonzero(~same) + 1))])
    up = not (same & (codes[1:] <= codes[:-1])).any()
    if not (begun.all() and coded and up and all(one < next_one for one, next_one in pairwise(keys))):
        return Block(text=text)
    kept, markers = [], set()
    for number in numpy.flatnonzero(numpy.isin(codes, _wanted())).tolist():
        code = text[commas[number, 2] + 1 : commas[number, 3]].decode()
        if code in NEW_CODES:
            markers.add(code)
        else:
            kept.append((number, text[commas[number, 0] - 4 : text.index(b"\n", commas[number, 3])]))
    first, last = (*keys[0], int(codes[0])), (*keys[-1], int(codes[-1]))
    return Block(len(commas), kept, first, last, frozenset(markers), sound=True)


def _codes(words):
    """The codes of products as numbers that sort as they do, and whether all have six digits (or five, without a 0)."""
    import numpy

    whole = numpy.uint64
    turned = words.byteswap()
    six = words & whole(0x101010101010FF00) == whole(0x1010101010102C00)
    codes = turned & whole(0xFFFFFFFFFFFF)
    if six.all():
        return codes, True
    five = words & whole(0x1010101010FF0000) == whole(0x10101010102C0000)
    return numpy.where(five, turned & whole(0xFFFFFFFFFF), codes), bool((six | five).all())


def _wanted():
    import numpy

    codes = (*followed.CODES, *NEW_CODES)
    return numpy.array([int.from_bytes(code.encode(), "big") for code in codes], dtype=numpy.uint64)


def _pairs(text: bytes, commas) -> list[tuple[int, int]]:
    """Exporter and importer of some rows; a pair that sorts before all others where they are no country numbers."""
    found = []
    for first, _, last, *_ in commas.tolist():
        pair = PAIR.fullmatch(text, first, last)
        found.append((int(pair[1]), int(pair[2])) if pair else (-1, -1))
    return found if (-1, -1) not in found else [(-1, -1), (-1, -1)]


def _by_rows(file: File, source: Source, text: bytes, begin: int) -> Block:
    """A block row by row, for what no quick look tells. Raises Refused for the first row that has no good form."""
    wanted = {code.encode() for code in followed.CODES}
    block = Block(sound=True)
    for line, row in enumerate(text.split(b"\n")[: None if not text.endswith(b"\n") else -1], begin):
        found = ROW.fullmatch(row)
        if not found:
            raise _misformed(file, line, row)
        if found[1] != source.year:
            told = f"one year in a file, which begins with {source.year.decode()}"
            raise refuse(file.name, "unexpected-value", told, row=line, column="t", value=found[1].decode())
        key = int(found[2]), int(found[3]), int.from_bytes(found[4], "big")
        block.sound = block.sound and block.last < key
        block.first, block.last = block.first or key, key
        block.rows += 1
        if found[4].decode() in NEW_CODES:
            block.markers |= {found[4].decode()}
        if found[4] in wanted:
            block.kept.append((line - begin, row))
    return block


def _misformed(file: File, line: int, text: bytes) -> Refused:
    told = text.decode("utf-8", "replace")
    row = [cell.strip() for cell in told.split(",")]
    if len(row) != len(OFFICIAL):
        expected = f"{len(OFFICIAL)} cells as in the header, found {len(row)}: the line was cut off, or cells moved"
        rule = "cells-missing" if len(row) < len(OFFICIAL) else "cells-beyond"
        return refuse(file.name, rule, expected, row=line, value=told)
    for column, value, (pattern, expected) in zip(OFFICIAL, row, CELLS, strict=True):
        if not re.fullmatch(pattern, value):
            return refuse(file.name, "unexpected-value", f"expected {expected}", row=line, column=column, value=value)
    return refuse(file.name, "unexpected-value", "expected figures without blanks or marks", row=line, value=told)


def _refuse_twice(file: File) -> None:
    """Refuse a file, whose rows are not in order, for a flow that stands twice. Eight bytes of memory for each row."""
    import numpy

    keys = numpy.sort(numpy.fromiter((key for _, key in _flows(file)), dtype=numpy.uint64))
    twice = keys[1:][keys[1:] == keys[:-1]]
    if not len(twice):
        return
    lines = [line for line, key in _flows(file) if key == twice[0]]
    told = f"each flow of exporter, importer and code once; row {lines[0]} is another"
    raise refuse(file.name, "row-twice", told, row=lines[1], column="i, j, k")


def _flows(file: File) -> Iterator[tuple[int, int]]:
    """The line of each row, with its exporter, importer and code as one number."""
    with file.path.open("rb") as opened:
        for line, text in enumerate(opened, 1):
            if line > 1:
                _, exporter, importer, code, *_ = text.split(b",")
                yield line, (int(exporter) * 1000 + int(importer)) * 1_000_000 + int(code)


# ------------------------------------------------------------------------------------------- rows


def _is_official(file: File) -> bool:
    return file.header == OFFICIAL


def _read_official(file: File) -> Found:
    scan = _scan(file)
    found = Found(_publication([scan.year]))
    kept, own = 0, followed.importers()
    for line, text in scan.kept:
        record = Record(file.name, line, dict(zip(OFFICIAL, text.decode().split(","), strict=True)))
        exporter, importer = (_numbered(record, column) for column in "ij")
        if importer in own:
            kept += 1
            found.rows.append(_row(_flow(record, exporter, importer, 1000), _revision(scan.year, scan.markers)))
    found.left_out["other product codes"] = scan.rows - len(scan.kept)
    found.left_out["importers that the book does not follow"] = len(scan.kept) - kept
    return found


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


def _flow(record: Record, exporter: str, importer: str, scale: int) -> Flow:
    """A flow in USD and kg, from values in `scale` USD and tonnes; exact, for the figures are decimal."""
    value, tonnes = record.amount("v"), record.text("q")
    if not value:
        raise record.refuse("v", "unexpected-value", "a value, zero or more")
    tonnes = "" if tonnes in NO_QUANTITY else record.amount("q")
    kg = _scaled(tonnes, 1000) if tonnes else ""
    year = record.year("t")
    return Flow(year, exporter, importer, record.text("k"), _scaled(value, scale), "" if kg == "0" else kg, record.line)


def _scaled(amount: str, by: int) -> str:
    return cells.plain(Decimal(amount) * by)


def _revision(year: int, markers: Iterable[str]) -> str:
    """The nomenclature by the newest code in the file, else the only one that the table has for the year."""
    named = [NEW_CODES[code] for code in NEW_CODES if code in markers]
    known = followed.revisions(year)
    return named[0] if named else known[0] if len(known) == 1 else ""


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
    """The columns of a Parquet file in the terms of CEPII; empty where it lacks one."""
    import duckdb

    try:
        with duckdb.connect() as database:
            there = set(database.read_parquet(str(path)).columns)
    except duckdb.Error:
        return {}
    found = {column: next((name for name in names if name in there), "") for column, names in PARQUET.items()}
    return found if all(found.values()) else {}


def _is_parquet(file: File) -> bool:
    return file.is_parquet and bool(_names(file.path))


def _read_parquet(file: File) -> Found:
    """All rows are checked where they lie; only those of the codes that are followed come out."""
    import duckdb

    names = _names(file.path)
    chosen = ", ".join(f'CAST("{name}" AS VARCHAR) AS {column}' for column, name in names.items())
    codes = ", ".join(f"'{code}'" for code in followed.CODES)
    try:
        with duckdb.connect(config={"memory_limit": MEMORY}) as database:
            path = str(file.path).replace("'", "''")
            database.execute(
                f"CREATE VIEW flows AS SELECT file_row_number + 1 AS line, {chosen} "
                f"FROM read_parquet('{path}', file_row_number = true)"
            )
            rows, bad = database.execute(COUNT_BAD).fetchone()
            twice = database.execute(f"{TWICE.format(codes=codes)}").fetchone()
            kept = database.execute(f"SELECT * FROM flows WHERE lpad(k, 6, '0') IN ({codes}) ORDER BY line").fetchall()
    except duckdb.Error as error:
        told = "a Parquet file that can be read: fetch it again"
        raise refuse(file.name, "not-parquet", told, value=str(error)) from None
    if bad is not None:
        told = "a year, two countries, a code, a value of zero or more, and a quantity of zero or more or none"
        raise refuse(file.name, "unexpected-value", told, row=bad)
    if twice:
        raise refuse(file.name, "row-twice", "each flow of exporter, importer and code once", row=twice[0])
    return _found_in(file, [Record(file.name, row[0], _texts(row[1:])) for row in kept], rows - len(kept), 1000)


def _texts(row: Iterable[str | None]) -> dict[str, str]:
    return {column: "" if value is None else value.strip() for column, value in zip(OFFICIAL, row, strict=True)}


def _found_in(file: File, kept: list[Record], others: int, scale: int) -> Found:
    """Rows with countries by number or by letters."""
    found = Found(_publication([record.year("t") for record in kept]))
    own, left = followed.importers(), 0
    for record in kept:
        exporter, importer = (
            (_numbered if record.text(column).isdigit() else _lettered)(record, column) for column in "ij"
        )
        if importer in own:
            found.rows.append(_row(_flow(record, exporter, importer, scale), _revision(record.year("t"), ())))
        left += importer not in own
    found.left_out |= {"other product codes": others, "importers that the book does not follow": left}
    return found


def _is_short(file: File) -> bool:
    return set(SHORT) <= set(file.header) and "flow" not in file.header


def _read_short(file: File) -> Found:
    """An extract in USD, without quantities, by codes of three letters."""
    if not {"t", "year"} & set(file.header):
        told = "the file does not say which year it is of: add a column `year` with it, and name the file again"
        raise refuse(file.name, "year-missing", told, row=1, column="year", value=", ".join(file.header))
    kept, others, seen = [], 0, {}
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
        told = {"t": key[3], "i": key[0], "j": key[1], "k": key[2], "v": value, "q": ""}
        kept.append(Record(file.name, record.line, told))
    return _found_in(file, kept, others, 1)


# ------------------------------------------------------------------------------------------- what lies beside them


def _is_code_table(file: File) -> bool:
    return file.header in (COUNTRIES, PRODUCTS)


def _read_code_table(file: File) -> Found:
    """The tables of codes that come with the figures: nothing to add, and a note where a country is unknown."""
    found = Found(
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
    found.left_out[f"rows of a table of {what}: its codes are known to the book"] = rows
    if unknown:
        found.notes.append("countries that the book does not know: " + ", ".join(unknown))
    return found


READERS = (
    Reader("CEPII BACI, a year of trade (CSV)", _is_official, _read_official),
    Reader("CEPII BACI, Parquet copy", _is_parquet, _read_parquet),
    Reader("CEPII BACI, extract of values by country codes (CSV)", _is_short, _read_short),
    Reader("CEPII BACI, table of codes", _is_code_table, _read_code_table),
)
