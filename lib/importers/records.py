"""The records of a table in a file: cells by column, read with a message that names the place of any mistake."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from lib.importers import number_parser
from lib.importers.files import File
from lib.importers.reading import Refused, refuse
from lib.tables import asof, values

YEARS = range(1900, 2101)
MOST_COLUMNS = 1000
NESTED = "[…]"
"""What stands for a list or an object in a cell of JSON, which no reader takes."""


@dataclass(frozen=True)
class Record:
    """One row of a table in a file; columns that the file does not have read as empty."""

    file: str
    line: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """Return the cell as text. Raises Refused for a formula, and for signs that steer a terminal."""
        value = self.cells.get(column, "")
        if values.is_formula(value):
            raise self.refuse(column, "formula", "a figure or a word, not a formula: save the values only")
        if values.CONTROL.search(value):
            raise self.refuse(column, "control-character", "words and figures without invisible characters")
        return value

    def required(self, column: str, expected: str = "a value") -> str:
        """Return the cell as text, which must not be empty."""
        return self.text(column) or self._must(column, expected)

    def one_of(self, column: str, allowed: Collection[str]) -> str:
        """Return the cell, which must be one of the words that are allowed."""
        value = self.text(column)
        if value not in allowed:
            self._must(column, "one of " + ", ".join(sorted(allowed)))
        return value

    def matching(self, column: str, pattern: str, expected: str) -> str:
        """Return the cell, which must match a pattern as a whole; digits in the pattern are those of ASCII."""
        value = self.text(column)
        if not re.fullmatch(pattern, value, re.ASCII):
            self._must(column, expected)
        return value

    def number(self, column: str) -> number_parser.Printed:
        """Read the cell as a figure with its marks, such as `>95`, `NA`, `7,900`; see `number_parser.printed`."""
        try:
            return number_parser.printed(self.text(column))
        except ValueError as error:
            raise self.refuse(column, "number", str(error)) from None

    def amount(self, column: str) -> str:
        """Read a plain amount, zero or more, as text; empty stays empty. For weights and values of trade."""
        value = self.text(column)
        if not value:
            return ""
        try:
            return number_parser.amount(value)
        except ValueError as error:
            raise self.refuse(column, "number", str(error)) from None

    def year(self, column: str, latest: int | None = None) -> int:
        """Read the cell as a year, which must not be in the future (or after `latest`)."""
        value = self.text(column)
        last = asof.latest().year if latest is None else latest
        if not re.fullmatch(r"[0-9]{4}", value) or int(value) not in YEARS:
            self._must(column, "a year such as 2024")
        if int(value) > last:
            raise self.refuse(column, "future", f"a year no later than {last}")
        return int(value)

    def refuse(self, column: str, rule: str, expected: str) -> Refused:
        """Build a `Refused` that names this place."""
        return refuse(self.file, rule, expected, row=self.line, column=column, value=self.cells.get(column, ""))

    def _must(self, column: str, expected: str) -> NoReturn:
        raise self.refuse(column, "unexpected-value", f"expected {expected}")


def records(
    file: File,
    needed: Sequence[str],
    *,
    header: Sequence[str] | None = None,
    rows: Iterable[tuple[int, list[str]]] | None = None,
) -> Iterator[Record]:
    """Yield the records of a CSV file below its first line, as `File.lines` or `rows` gives them.

    A row must have as many cells as the header; cells beyond it, and columns without a name, must be empty. `header`
    replaces the first line, for layouts whose header is known to be wrong. Raises Refused where a column that is
    `needed` is missing, a name stands twice, or a row has another width.
    """
    numbered = iter(file.lines() if rows is None else rows)
    line, first = next(numbered, (1, []))
    names = list(first if header is None else header)
    check_header(file, names, needed, line)
    while names and not names[-1]:
        names.pop()
    for line, row in numbered:
        yield Record(file.name, line, dict(zip(names, _fitted(file, line, row, names), strict=True)))


def check_header(file: File, names: Sequence[str], needed: Sequence[str], line: int = 1) -> None:
    """Refuse a header that lacks a column, names one twice, or has more than any table."""
    if len(names) > MOST_COLUMNS:
        remedy = f"a table of no more than {MOST_COLUMNS:,} columns"
        raise refuse(file.name, "too-large", remedy, row=line, value=f"{len(names):,} columns")
    missing = [name for name in needed if name not in names]
    if missing:
        remedy = f"the columns {', '.join(needed)}; these are missing: fetch the file as it was published"
        raise refuse(file.name, "column-missing", remedy, row=line, column=", ".join(missing), value=", ".join(names))
    named = [name for name in names if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise refuse(file.name, "column-twice", "each column once", row=line, column=", ".join(twice))


def _fitted(file: File, line: int, row: list[str], names: list[str]) -> list[str]:
    if len(row) < len(names):
        remedy = f"{len(names)} cells as in the header, found {len(row)}: the line was cut off or a comma is missing"
        raise refuse(file.name, "cells-missing", remedy, row=line, value=", ".join(row))
    beyond = [cell for cell in row[len(names) :] if cell]
    if beyond:
        remedy = f"{len(names)} cells as in the header: a value with a comma lacks its quotation marks, or cells moved"
        raise refuse(file.name, "cells-beyond", remedy, row=line, value=", ".join(beyond))
    return row[: len(names)]
