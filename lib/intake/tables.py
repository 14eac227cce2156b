"""A data folder as text: what `book add` compares with and appends to, cell by cell as it is in the files."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lib.tables.dictionary import read_dictionary

EDITION = ("edition", "version")
REMARKS = frozenset({"note", "also_source_ids", "conflicts_with", "confidence", "published", "source_id", "qualifier"})
BOUNDS = frozenset({">", "<", "W", "NA", "E"})
"""Marks without which a figure would be another one; the others say how it was made."""


@dataclass(frozen=True)
class Table:
    """A table of the folder: its dictionary entry and the rows of its file, each with the columns of the header."""

    entry: Mapping
    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    @property
    def name(self) -> str:
        return self.entry["name"]

    @cached_property
    def fields(self) -> dict[str, Mapping]:
        return {field["name"]: field for field in self.entry["schema"]["fields"]}

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Return the columns that say which series and period a row is of."""
        return tuple(self.entry.get("vintageKey") or self.entry["schema"].get("primaryKey") or ())

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """Return the columns that hold what was observed: numbers, or in a table without any, all but remarks."""
        beside = {*self.key, *EDITION}
        numbers = [name for name, field in self.fields.items() if field["type"] in ("number", "integer")]
        return tuple(name for name in numbers if name not in beside) or tuple(
            name for name in self.fields if name not in beside | REMARKS
        )

    def identity(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        """Return series and period of a row, numbers in one way of writing."""
        return tuple(self._plain(name, cells.get(name, "")) for name in self.key)

    def label(self, cells: Mapping[str, str]) -> str:
        """Name series and period of a row, as a person reads them."""
        return ", ".join(filter(None, (cells.get(name, "") for name in self.key)))

    def figure(self, cells: Mapping[str, str], without: Collection[str] = ()) -> tuple[str, ...]:
        """Return the numbers of a row in one way of writing, and the marks that bound or replace them."""
        marks = sorted(BOUNDS.intersection(cells.get("qualifier", "").split(";")))
        return (*(self._plain(name, cells.get(name, "")) for name in self.figures if name not in without), *marks)

    def _plain(self, name: str, text: str) -> str:
        """Write a number in one way: 1.50 as 1.5."""
        if text and self.fields.get(name, {}).get("type") in ("number", "integer"):
            try:
                return repr(float(text))
            except ValueError:
                return text
        return text


def read(folder: Path, name: str) -> Table:
    """Read a table of a data folder. Raises KeyError for a name that the dictionary does not have, and OSError."""
    entries = {entry["name"]: entry for entry in read_dictionary(folder)["resources"]}
    entry = entries[name]
    with (folder / entry["path"]).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return Table(entry, tuple(header), tuple(dict(zip(header, row, strict=False)) for row in rows))


def appended(folder: Path, table: Table, rows: Iterable[Mapping[str, str]]) -> str:
    """Return the text of a table's file with rows added at its end; the lines that are there stay as they are."""
    return appended_to(folder / table.entry["path"], table.header, rows)


def appended_to(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return the text of a file with rows added at its end, a header if it is new, and columns that it lacks."""
    rows = [{name: cell for name, cell in row.items() if cell} for row in rows]
    if not path.is_file():
        return _lines(header, [dict(zip(header, header, strict=True)), *rows])
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    columns = next(csv.reader(io.StringIO(text)))
    missing = [name for name in header if name not in columns and any(name in row for row in rows)]
    if missing:
        wider = [*columns, *missing]
        text = _lines(wider, [dict(zip(wider, wider, strict=True)), *csv.DictReader(io.StringIO(text))])
        columns = wider
    return text + ("" if text.endswith("\n") else "\n") + _lines(columns, rows)


def _lines(header: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    text = io.StringIO()
    csv.DictWriter(text, header, restval="", lineterminator="\n").writerows(rows)
    return text.getvalue()
