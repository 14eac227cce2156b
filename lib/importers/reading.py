"""What a reader finds in a file: rows of the book's tables, who published them, and what it left out.

A reader never guesses. What it cannot read is a `Refused` that says file, row, column, value and what was expected.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from lib.tables.problems import FileProblems, Problem


class Refused(FileProblems):
    """Error for a file that is not taken, with every reason; nothing of it is added."""

    ending = "; nothing was added"


def refuse(file: str, rule: str, remedy: str, *, row: int | None = None, column: str = "", value: str = "") -> Refused:
    """Build a `Refused` with one reason; `remedy` says what was expected, or what to do."""
    return Refused([Problem(shown(file), row, column, str(value)[:200], rule, remedy)])


def shown(name: str) -> str:
    """Write the name of a file so that it can be printed and saved; names may hold any bytes."""
    whole = name.encode("utf-8", "replace").decode()
    return "".join(sign if sign.isprintable() else "?" for sign in whole)


@dataclass(frozen=True)
class Row:
    """A row for a table: the cells by column, as text, and the line of the file that it was read from.

    Columns that are not named stay empty. `source_id` and `published` are filled when the row is added. Figures that
    are `untold` are none that the file could have: without them it says the same as a row that has them.
    """

    table: str
    cells: Mapping[str, str]
    line: int
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Publication:
    """The source record of a file. `published` is None where the file does not say when it became public.

    `source_id` is a proposal, such as `usgs-mcs2027-raree-world`; the same publication always gives the same.
    """

    source_id: str
    title: str
    publisher: str
    edition: str = ""
    published: dt.date | None = None
    url: str = ""
    doi: str = ""
    licence: str = ""


@dataclass
class Found:
    """All that a reader takes from a file. `left_out` counts rows by the reason for which they were not taken."""

    publication: Publication
    rows: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
