"""What a reader found against the rows of the book's tables: figures, ends of ranges and marks that belong to them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lib.importers import Found, Refused, opened, recognised
from lib.importers.usgs_minerals import KEYS

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"
FIGURES = ("value", "value_low", "value_high", "value_t_reo", "share_low", "share", "share_high", "share_pct")
OF_ORIGIN = frozenset({"quota", "trade", "exports"})
MARKS = frozenset({">", "<", "W", "NA", "E"})

Key = tuple[str, ...]


def read(path: Path) -> Found:
    """What the reader that recognises a file finds in it."""
    with opened(path) as [file]:
        return recognised(file).read(file)


def told(path: Path) -> tuple[bool, bool]:
    """Whether a file is refused, and whether each reason names the file, a rule and what to do, or rows are found."""
    try:
        return False, bool(read(path).rows)
    except Refused as refusal:
        return True, all(problem.file and problem.rule and problem.remedy for problem in refusal.problems)


def rows(table: str) -> Iterator[dict[str, str]]:
    """The rows of a table of the book, as text."""
    with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def figure(cells: Mapping[str, str]) -> tuple[tuple[float | None, ...], frozenset[str]]:
    """The numbers of a row and the marks that are part of them."""
    numbers = tuple(float(cells[name]) if cells.get(name) else None for name in FIGURES)
    return numbers, MARKS & set(cells.get("qualifier", "").split(";"))


def in_book(table: str, where: Callable[[dict[str, str]], bool]) -> dict[Key, dict[str, str]]:
    """The rows of a table by key, of which no two may have the same."""
    found: dict[Key, dict[str, str]] = {}
    for row in rows(table):
        if where(row):
            key = tuple(row[column] for column in KEYS[table])
            assert key not in found
            found[key] = row
    return found


def in_file(found: Found, table: str) -> dict[Key, Mapping[str, str]]:
    """The rows for a table by key."""
    mine = (row.cells for row in found.rows if row.table == table)
    return {tuple(cells[column] for column in KEYS[table]): cells for cells in mine}


def assert_same(
    found: Found,
    table: str,
    where: Callable[[dict[str, str]], bool],
    *,
    not_in_file: frozenset[Key] = frozenset(),
) -> int:
    """The file gives the rows of the table, all of them and no other, in the same units; how many there are.

    `not_in_file` are rows that the table has from elsewhere.
    """
    book, file = in_book(table, where), in_file(found, table)
    assert book.keys() - file.keys() == not_in_file
    assert not file.keys() - book.keys()
    assert not [key for key in file if figure(file[key]) != figure(book[key])]
    for key, cells in file.items():
        for column in ("unit", "label", "mineral", "basis", "component", "components", "edition"):
            assert cells.get(column, "") == book[key].get(column, "") or column not in cells, (key, column)
        assert OF_ORIGIN & set(cells["qualifier"].split(";")) == OF_ORIGIN & set(book[key]["qualifier"].split(";")), key
    return len(file)
