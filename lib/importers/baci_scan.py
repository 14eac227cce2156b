"""A pass over a yearly file of BACI, `t,i,j,k,v,q`: the form of every row is checked, the rows that count are kept.

The file is looked at in blocks, which two threads share. In a block RE2 runs over all rows that have their form and a
code that is not kept, without making an object of any; where it stops is a row to be kept, or one that is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lib.importers.files import File, refuse_spreadsheet_end
from lib.importers.reading import Refused, refuse
from lib.importers.records import Record

COLUMNS = ("t", "i", "j", "k", "v", "q")
BLOCK = 3 << 20
LONGEST_LINE = 1 << 10
WORKERS = 2
ROW = r"{year}, *\d{{1,3}}, *\d{{1,3}}, *(?:{code}|\d{{5}}), *\d+(?:\.\d+)?, *(?:\d+(?:\.\d+)?|NA|)\r?\n"
"""The form of a row. Some editions have blanks before numbers, or other line ends; a code that begins with zero may
lack it, and is none that the book follows."""
CELLS = (
    (r"\d{4}", "a year such as 2024"),
    (r"\d{1,3}", "a country number such as 156"),
    (r"\d{1,3}", "a country number such as 156"),
    (r"\d{5,6}", "a code of six digits"),
    (r"\d+(\.\d+)?", "a value in thousand USD, zero or more"),
    (r"(\d+(\.\d+)?|NA)?", "a quantity in tonnes, zero or more, or NA"),
)


@dataclass
class Block:
    """The contents of a block of whole rows: how many, those that are kept, and the first without a good form.

    A row is told by its number in the block; after one without a good form no other is looked at.
    """

    rows: int = 0
    kept: list[tuple[int, list[str]]] = field(default_factory=list)
    bad: bytes | None = None


@dataclass
class Scan:
    """A pass over the yearly file: how many rows it has, and which are kept, with their lines."""

    year: int
    rows: int = 0
    kept: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """The rows of the yearly file: where they begin, the form that all have, and that of those which are not kept."""

    path: Path
    start: int
    size: int
    year: str
    any_row: re.Pattern[bytes]
    other_rows: Any


def scan(file: File, codes: Collection[str]) -> Scan:
    """Check the form of each row, and keep the rows of some codes of six digits. Raises Refused with the line."""
    source = _source(file, codes)
    with ThreadPoolExecutor(WORKERS) as workers:
        try:
            blocks = workers.map(partial(_block, source), range(source.start, source.size, BLOCK))
            return _joined(file, source, blocks)
        finally:
            workers.shutdown(cancel_futures=True)


def _source(file: File, codes: Collection[str]) -> Source:
    with file.path.open("rb") as opened:
        start = len(opened.readline())
        first = opened.readline()
        size = opened.seek(0, os.SEEK_END)
        opened.seek(-1, os.SEEK_END)
        if opened.read() != b"\n":
            remedy = "a last line that ends: the file was cut off, fetch it again"
            raise refuse(file.name, "truncated", remedy, row=_lines(file))
    if not first.strip():
        raise refuse(file.name, "no-rows", "rows below the header: fetch the file again", row=2)
    year = first.strip()[:4]
    if not re.fullmatch(rb"(19|20)\d\d", year):
        raise _misformed(file, 2, first)
    Record(file.name, 2, {"t": year.decode()}).year("t")
    return Source(file.path, start, size, year.decode(), *_forms(year.decode(), codes))


def _forms(year: str, codes: Collection[str]) -> tuple[re.Pattern[bytes], Any]:
    """Compile the pattern of one row of a year, and that of a run of rows with other codes than these."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # type: ignore[attr-defined]  # which its stubs lack
    options.never_capture = True
    others = ROW.format(year=year, code=_none_of(codes, 6))
    return re.compile(ROW.format(year=year, code=r"\d{6}").encode()), re2.compile(f"(?:{others})*".encode(), options)


def _none_of(numbers: Collection[str], digits: int) -> str:
    """Return a pattern for numbers of so many digits other than these."""
    if not numbers:
        return rf"\d{{{digits}}}"
    first = {number[0] for number in numbers}
    others = "".join(sorted(set("0123456789") - first))
    ways = [rf"[{others}]\d{{{digits - 1}}}"] if others else []
    if digits > 1:
        ways += [d + _none_of({number[1:] for number in numbers if number[0] == d}, digits - 1) for d in sorted(first)]
    return f"(?:{'|'.join(ways)})"


def _lines(file: File) -> int:
    with file.path.open("rb") as opened:
        return sum(1 for _ in opened)


def _joined(file: File, source: Source, blocks: Iterable[Block]) -> Scan:
    """Join the blocks in order. Raises Refused for a row in bad form, and for a kept row that stands twice."""
    joined, line = Scan(int(source.year)), 2
    seen: dict[tuple[int, int, str], int] = {}
    for block in blocks:
        for place, row in block.kept:
            key = int(row[1]), int(row[2]), row[3]
            if key in seen:
                remedy = f"each flow of exporter, importer and code once; row {seen[key]} is another"
                raise refuse(file.name, "row-twice", remedy, row=line + place, column="i, j, k")
            seen[key] = line + place
            joined.kept.append((line + place, row))
        line += block.rows
        if block.bad is not None:
            raise _misformed(file, line, block.bad, source.year)
    joined.rows = line - 2
    refuse_spreadsheet_end(file.name, line - 1)
    return joined


def _block(source: Source, place: int) -> Block:
    """Scan the rows that begin in the block at `place`."""
    text, at, end = _rows_from(source, place)
    block = Block()
    while at < end:
        stop = source.other_rows.match(text, at, end).end()
        block.rows += text.count(b"\n", at, stop)
        at = stop
        if at < end:
            at = text.find(b"\n", stop, end) + 1 or end
            row = text[stop:at]
            if not source.any_row.fullmatch(row):
                block.bad = row
                break
            block.kept.append((block.rows, _cells(row.decode())))
            block.rows += 1
    return block


def _rows_from(source: Source, place: int) -> tuple[bytes, int, int]:
    """Return a text, and where in it the rows that begin in a block start and end."""
    with source.path.open("rb", buffering=0) as file:
        file.seek(place - 1)
        text = file.read(1 + BLOCK + LONGEST_LINE)
    begin = text.find(b"\n") + 1
    if not begin or begin > BLOCK:
        return text, 0, 0
    return text, begin, text.find(b"\n", BLOCK) + 1 or len(text)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split(",")]


def _misformed(file: File, line: int, text: bytes, year: str = "") -> Refused:
    decoded = text.decode("utf-8", "replace").rstrip("\r\n")
    row = _cells(decoded)
    if len(row) != len(COLUMNS):
        expected = f"{len(COLUMNS)} cells as in the header, found {len(row)}: the line was cut off, or cells moved"
        rule = "cells-missing" if len(row) < len(COLUMNS) else "cells-beyond"
        return refuse(file.name, rule, expected, row=line, value=decoded)
    for column, value, (pattern, expected) in zip(COLUMNS, row, CELLS, strict=True):
        if not re.fullmatch(pattern, value, re.ASCII):
            return refuse(file.name, "unexpected-value", f"expected {expected}", row=line, column=column, value=value)
    if year and row[0] != year:
        expected = f"one year in a file, which begins with {year}"
        return refuse(file.name, "unexpected-value", expected, row=line, column="t", value=row[0])
    return refuse(file.name, "unexpected-value", "expected figures without blanks or marks", row=line, value=decoded)
