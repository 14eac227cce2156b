"""Figures that jump: a slip of the decimal point or of the unit looks like a discovery until somebody has looked.

What is plausible is declared in the dictionary: `plausible` of a table names its figure columns, each with the `factor`
(or the `step`) by which a figure may differ from the nearest one known of its series, the size `from` which that is
asked at all, its `maximum`, and columns of the key `across` which series are compared.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from statistics import median

from lib.intake.comparing import ADDED, Compared
from lib.intake.tables import Table
from lib.tables.problems import Problem

PERIOD = ("year", "month_start", "month_end", "period_start", "period_end", "assessment_year")
SLIP = 5.0
"""When half of all figures of a file differ by more than this from what was known, its unit is another one."""
ENOUGH = 5
"""Figures of a file below which half of them say nothing of its unit."""


def jumps(file: str, table: Table, entries: Iterable[Compared]) -> list[Problem]:
    """Return a problem for each added figure outside of what the dictionary declares, and one for a whole file."""
    added = [entry for entry in entries if entry.status in ADDED]
    return [
        problem
        for column, declared in table.entry.get("plausible", {}).items()
        for problem in _jumps(file, table, added, column, declared)
    ]


def _jumps(file: str, table: Table, added: list[Compared], column: str, declared: Mapping) -> list[Problem]:
    nearest = _Nearest(table, column, declared.get("across", ()))
    problems, factors = [], []
    for entry in added:
        value = _number(entry.row.cells.get(column, ""))
        if value is None:
            continue
        if value > declared.get("maximum", math.inf):
            problems.append(_problem(file, entry, column, f"at most {declared['maximum']:,}"))
            continue
        before, line = nearest.find(entry.row.cells)
        if before is None:
            continue
        if before and value:
            factors.append(value / before)
        if _is_jump(before, value, declared):
            reference = f"{before:,.10g} in {table.entry['path']}, line {line}"
            expected = f"{table.label(entry.row.cells)}: a figure near the known one, {reference}"
            problems.append(_problem(file, entry, column, expected))
    if "factor" in declared and len(factors) >= ENOUGH and not 1 / SLIP < (middle := median(factors)) < SLIP:
        what = f"figures near the known ones; half of these differ by a factor of {middle:,.3g}: is it another unit?"
        problems.insert(0, Problem(file, None, column, f"{len(factors)} figures", "jump", what))
    return problems


def _is_jump(before: float, value: float, declared: Mapping) -> bool:
    if "step" in declared:
        return abs(value - before) > declared["step"]
    if not before or not value or max(value, before) < declared.get("from", 0):
        return False
    return max(value / before, before / value) > declared["factor"]


def _problem(file: str, entry: Compared, column: str, expected: str) -> Problem:
    return Problem(file, entry.row.line, column, entry.row.cells[column], "jump", expected)


class _Nearest:
    """The figure known of the same series that is nearest in time, or of the same period in an earlier edition."""

    def __init__(self, table: Table, column: str, across: Collection[str]) -> None:
        self._series = [name for name in table.key if name not in (*PERIOD, *across)]
        self._known: dict[tuple, list[tuple[float, int, float]]] = defaultdict(list)
        for line, cells in enumerate(table.rows, start=2):
            if (number := _number(cells.get(column, ""))) is not None:
                self._known[self._of(cells)].append((_when(cells), line, number))

    def find(self, cells: Mapping[str, str]) -> tuple[float | None, int]:
        """Return the nearest figure and its line; of two equally near the one further down, which came later."""
        candidates = self._known.get(self._of(cells))
        if not candidates:
            return None, 0
        when = _when(cells)
        _, line, number = min(candidates, key=lambda entry: (abs(entry[0] - when), -entry[1]))
        return number, line

    def _of(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(cells.get(name, "") for name in self._series)


def _when(cells: Mapping[str, str]) -> float:
    """Return a row's period as a year with its fraction."""
    year = cells.get("year") or cells.get("assessment_year") or cells.get("period_end", "")[:4]
    month = cells.get("month_end") or cells.get("period_end", "")[5:7] or "12"
    return int(year) + int(month) / 12 if year.isdigit() and month.isdigit() else 0.0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
