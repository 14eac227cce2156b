"""New rows beside those that are known: which are new, revised, repeated, the same, or in conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lib.importers.reading import Refused, Row
from lib.intake.tables import EDITION, Table
from lib.tables import asof
from lib.tables.problems import Problem


class Status(StrEnum):
    """The status of a row of a file beside the rows of the table."""

    NEW = "new"
    REVISED = "revised"
    REPEATED = "repeated"
    SAME = "same"
    CONFLICT = "conflict"


ADDED = (Status.NEW, Status.REVISED, Status.REPEATED)
"""The rows that are added: a series or period that was not known, another figure for one that was, and a later edition
that prints an earlier one's figure again. The same row of the same edition is not added twice."""


@dataclass(frozen=True)
class Compared:
    """A row of a file, what it is to the table, and the row (with its line) that it was compared with."""

    row: Row
    status: Status
    known: Mapping[str, str] | None = None
    known_line: int | None = None

    @property
    def other(self) -> Mapping[str, str]:
        """Return the row of the table that it was compared with. Raises LookupError where there was none."""
        if self.known is None:
            raise LookupError(
                f"line {self.row.line}, which is {self.status}, was compared with no row of {self.row.table}"
            )
        return self.known


def compared(table: Table, rows: Iterable[Row], published: str, days: Mapping[str, str]) -> list[Compared]:
    """Compare each row with the table, and give it a status.

    `published` is the day of the file, `days` that of each source. In a table of editions a row is the same, or in
    conflict, within its edition and version; in one without, with the figure that was known last on the day of the
    file. Raises Refused for a row that stands twice in the file.
    """
    by_identity = defaultdict(list)
    for line, cells in enumerate(table.rows, start=2):
        by_identity[table.identity(cells)].append((asof.row_day(cells, days), line))
    for peers in by_identity.values():
        peers.sort()
    judge = _within_edition if "edition" in table.fields else _by_day
    return [
        judge(table, row, by_identity.get(table.identity(row.cells), []), row.cells.get("published") or published)
        for row in rows
    ]


def _within_edition(table: Table, row: Row, peers: list[tuple[str, int]], published: str) -> Compared:
    version = row.cells.get("version", "")
    edition = [line for _, line in peers if _cells(table, line)["edition"] == row.cells.get("edition", "")]
    if not edition:
        return _against_newest(table, row, peers)
    for line in edition:
        if _says_the_same(table, row, line):
            return _found(table, row, Status.SAME, line)
    later = version and version not in {_cells(table, line).get("version", "") for line in edition}
    return _found(table, row, Status.REVISED if later else Status.CONFLICT, edition[-1])


def _by_day(table: Table, row: Row, peers: list[tuple[str, int]], published: str) -> Compared:
    then = [(day, line) for day, line in peers if not published or day <= published]
    if then and _says_the_same(table, row, then[-1][1]):
        return _found(table, row, Status.SAME, then[-1][1])
    on_day = [line for day, line in then if day == published]
    if on_day:
        return _found(table, row, Status.CONFLICT, on_day[-1])
    return _against_newest(table, row, then)


def _against_newest(table: Table, row: Row, peers: list[tuple[str, int]]) -> Compared:
    if not peers:
        return Compared(row, Status.NEW)
    line = peers[-1][1]
    return _found(table, row, Status.REPEATED if _says_the_same(table, row, line) else Status.REVISED, line)


def _says_the_same(table: Table, row: Row, line: int) -> bool:
    return table.figure(row.cells, row.untold) == table.figure(_cells(table, line), row.untold)


def _cells(table: Table, line: int) -> Mapping[str, str]:
    return table.rows[line - 2]


def _found(table: Table, row: Row, status: Status, line: int) -> Compared:
    return Compared(row, status, _cells(table, line), line)


def editions_that_say_the_same(table: Table, rows: Iterable[Row]) -> set[str] | None:
    """Return the editions of the table that have all these rows with the same figures; None if it has no editions."""
    if "edition" not in table.fields:
        return None
    by_identity = defaultdict(list)
    for line, cells in enumerate(table.rows, start=2):
        by_identity[table.identity(cells)].append(line)
    editions: set[str] | None = None
    for row in rows:
        lines = by_identity.get(table.identity(row.cells), [])
        same = {_cells(table, line).get("edition", "") for line in lines if _says_the_same(table, row, line)}
        editions = same if editions is None else editions & same
    return (editions or set()) - {""}


def refuse_doubles(file: str, table: Table, rows: Iterable[Row]) -> None:
    """Raise Refused with each row of a file that repeats series, period and edition of one above it."""
    seen: dict[tuple, int] = {}
    twice = list(_doubles(table, rows, seen))
    if twice:
        raise Refused(
            Problem(
                file,
                row.line,
                table.key[-1],
                ", ".join(filter(None, key)),
                "row-twice",
                f"only one such row; line {line} has it",
            )
            for row, key, line in twice
        )


def _doubles(table: Table, rows: Iterable[Row], seen: dict[tuple, int]) -> Iterator[tuple[Row, tuple, int]]:
    for row in rows:
        key = (*table.identity(row.cells), *(row.cells.get(name, "") for name in EDITION))
        if key in seen:
            yield row, key, seen[key]
        else:
            seen[key] = row.line


def conflicts(file: str, table: Table, entries: Iterable[Compared]) -> list[Problem]:
    """Return a problem for each row that contradicts one of the same edition, version and day."""
    column = table.figures[0] if table.figures else table.key[-1]
    return [
        Problem(
            file,
            entry.row.line,
            _differing(table, entry) or column,
            shown_figure(table, entry.row.cells),
            "conflict",
            f"{shown_figure(table, entry.other)} stands in {table.entry['path']}, line {entry.known_line}, from the "
            "same edition; a later version of it needs --version and --published of its own",
        )
        for entry in entries
        if entry.status is Status.CONFLICT
    ]


def _differing(table: Table, entry: Compared) -> str:
    pairs = zip(table.figures, table.figure(entry.row.cells), table.figure(entry.other), strict=False)
    return next((name for name, one, other in pairs if one != other), "qualifier")


def shown_figure(table: Table, cells: Mapping[str, str]) -> str:
    """Write the figures of a row with their marks, as a person would."""
    figures = [cells.get(name, "") for name in table.figures if cells.get(name)]
    return " ".join(filter(None, [*figures[:3], cells.get("qualifier", "")])) or "no figure"
