"""Places that a file names and the book does not know: their rows are left out and named, where they are small.

Publishers number and name places in ways of their own, and add new ones. One of them must not keep a file out, and must
not be left out unnoticed where it matters: a misspelt China would take most of a column with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from lib.importers.reading import Found, Refused

SMALL = 0.01
"""The part of all amounts that rows of unknown places may have together."""
RULE = "country-unknown"
P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Unplaced:
    """The unknown places of a file, and what amounts they have beside those of the places that are known."""

    refused: list[Refused] = field(default_factory=list)
    known: dict[str, float] = field(default_factory=dict)
    unknown: dict[str, float] = field(default_factory=dict)

    def find(self, place: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """Call `place` with the other arguments; return None where it raises Refused for an unknown place."""
        try:
            return place(*given, **named)
        except Refused as error:
            if any(problem.rule != RULE for problem in error.problems):
                raise
            self.refused.append(error)
            return None

    def weigh(self, is_known: bool, amount: float, group: str = "") -> None:
        """Add the amount of a row to those of known or of unknown places, which are compared within a group."""
        amounts = self.known if is_known else self.unknown
        amounts[group] = amounts.get(group, 0) + amount

    def settle(self, reading: Found) -> None:
        """Note the unknown places, which are left out. Raises Refused where their amounts are not small."""
        if not self.refused:
            return
        large = any(part > SMALL * (part + self.known.get(group, 0)) for group, part in self.unknown.items())
        if large or not self.known:
            raise Refused([problem for error in self.refused for problem in error.problems][:1])
        rows: dict[str, list[int]] = {}
        for problem in (problem for error in self.refused for problem in error.problems):
            rows.setdefault(problem.value, []).append(problem.row or 0)
        for name, lines in rows.items():
            where = f"row {lines[0]}" if len(lines) == 1 else f"{len(lines)} rows, the first {lines[0]}"
            reading.notes.append(f"left out: {name} ({where}), a place unknown to the book")
