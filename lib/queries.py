"""Queries: how a number follows from the rows it rests on, in SQL, so that anybody can compute it again.

A query reads operands, named sets of rows of the published tables, and gives one number. `verify.py`, which lies beside
facts.json and shares no code with the book, runs every query on the published files. The plainest numbers need not say
theirs: `plain` writes that of a quoted cell, of rows that are counted or added up, and of one cell against another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations, product
from math import isclose
from typing import NamedTuple

import pandas as pd

from lib.tables import catalog

SCALES = {"{x}": 1.0, "{x} / 1e3": 1e-3, "{x} / 1e6": 1e-6, "{x} / 1e9": 1e-9, "{x} * 1e3": 1e3, "-{x}": -1.0}
"""A cell and the number in the text may differ by a power of ten (kg and t, USD and millions), or a fall is told as
such."""
COMPARISONS: dict[str, Callable[[float, float], float]] = {
    "100 * {a} / {b}": lambda a, b: 100 * a / b,
    "min(100, 100 * {a} / {b})": lambda a, b: min(100.0, 100 * a / b),
    "{a} / {b}": lambda a, b: a / b,
    "100 * ({a} / {b} - 1)": lambda a, b: 100 * (a / b - 1),
    "100 * (1 - {a} / {b})": lambda a, b: 100 * (1 - a / b),
    "{a} - {b}": lambda a, b: a - b,
    "365 * {a} / {b}": lambda a, b: 365 * a / b,
}
LABELS = ("published", "source_id", "also_source_ids", "qualifier", "confidence", "note", "conflicts_with")


class Cell(NamedTuple):
    """A number of an operand: where in it, in which column, and the value."""

    operand: str
    place: str
    column: str
    value: float

    @property
    def sql(self) -> str:
        """Return the cell as a part of a longer query."""
        return f"(SELECT {self.column} FROM {self.operand}{self.place})"


def operands(rows: pd.DataFrame | Iterable[pd.DataFrame] | Mapping[str, pd.DataFrame]) -> dict[str, list[pd.DataFrame]]:
    """Group the frames of a number by the names under which its query reads them, by default their tables' names."""
    if isinstance(rows, Mapping):
        return {str(name): [frame] for name, frame in rows.items()}
    frames: Iterable[pd.DataFrame] = [rows] if isinstance(rows, pd.DataFrame) else rows
    by_name: dict[str, list[pd.DataFrame]] = {}
    for frame in frames:
        by_name.setdefault(frame.attrs.get("table", ""), []).append(frame)
    return by_name


def share(column: str, condition: str, operand: str) -> str:
    """Write the query for the percentage of a column's sum that the rows which fulfil a condition make up."""
    return f"SELECT 100 * total({column}) FILTER (WHERE {condition}) / sum({column}) FROM {operand}"


def compared_sums(column: str, part: str, whole: str, operand: str) -> str:
    """Write the query for a sum over the rows of one condition in percent of that over the rows of another."""
    return f"SELECT 100 * total({column}) FILTER (WHERE {part}) / sum({column}) FILTER (WHERE {whole}) FROM {operand}"


def squares(column: str, by: str, operand: str, among: str = "TRUE") -> str:
    """Write the query for a Herfindahl–Hirschman index: squared percentages by `by`, those `among` them that count."""
    sums = f"SELECT {by}, 100 * sum({column}) / (SELECT sum({column}) FROM {operand}) AS percent FROM {operand}"
    return f"SELECT sum(percent * percent) FROM ({sums} GROUP BY {by}) WHERE {among}"


def largest(column: str, by: str, operand: str, n: int = 3) -> str:
    """Write the query for the percentage that the n largest groups of `by` have in the sum of a column."""
    sums = f"SELECT sum({column}) AS part FROM {operand} GROUP BY {by} ORDER BY part DESC LIMIT {n}"
    return f"SELECT 100 * sum(part) / (SELECT sum({column}) FROM {operand}) FROM ({sums})"


def plain(value: float, unit: str, named: Mapping[str, list[pd.DataFrame]]) -> str:
    """Write the query for a number that is a cell, a count, a sum or a comparison of two cells; empty for any other.

    value, unit  the number as recorded; of the unit `count` it counts rows, of any other it is read from cells
    named        its `operands`
    """
    frames = {name: _distinct(parts) for name, parts in named.items()}
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    if unit == "count":
        counted = next((name for name, frame in frames.items() if len(frame) == value), None)
        if counted:
            return f"SELECT count(*) FROM {counted}"
    rows = [row for name, frame in frames.items() for row in _cells(name, frame)] if _few(frames) else []
    query = _quoted(value, rows[0]) if len(rows) == 1 else _compared(value, *rows) if len(rows) == 2 else ""
    return query or _sum(value, frames)


def _few(frames: Mapping[str, pd.DataFrame]) -> bool:
    return sum(map(len, frames.values())) <= 2


def _distinct(parts: list[pd.DataFrame]) -> pd.DataFrame:
    frame = pd.concat(parts) if len(parts) > 1 else parts[0]
    frame = frame[~frame.index.duplicated()]
    frame.attrs = dict(parts[0].attrs)
    return frame


def _measured(frame: pd.DataFrame) -> list[str]:
    """List the columns of numbers that neither identify a row nor count years."""
    entry = catalog.resource(frame.attrs["table"])
    key = {"year", *entry.get("vintageKey", ())}
    fields = [field for field in entry["schema"]["fields"] if field["type"] in ("number", "integer")]
    return [field["name"] for field in fields if field["name"] not in key and field["name"] in frame]


def _cells(name: str, frame: pd.DataFrame) -> list[list[Cell]]:
    """Return the measured cells of each row of an operand."""
    columns, places = _measured(frame), _told_apart(frame)
    return [
        [Cell(name, place, column, float(row[column])) for column in columns if pd.notna(row[column])]
        for row, place in zip(frame.to_dict("records"), places, strict=True)
    ]


def _told_apart(frame: pd.DataFrame) -> list[str]:
    """Write for each row a condition that no other row fulfils, by the first column in which all rows differ."""
    if len(frame) == 1:
        return [""]
    fields = [field["name"] for field in catalog.resource(frame.attrs["table"])["schema"]["fields"]]
    measured = set(_measured(frame)) | set(LABELS)
    for column in [name for name in fields if name in frame and name not in measured]:
        if frame[column].notna().all() and frame[column].nunique() == len(frame):
            return [f" WHERE {column} = {_literal(value)}" for value in frame[column]]
    return [f' WHERE "row" = {row}' for row in frame.index]


def _literal(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return f"'{value:%Y-%m-%d}'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _quoted(value: float, cells: list[Cell]) -> str:
    for cell in cells:
        for form, factor in SCALES.items():
            if _same(cell.value * factor, value):
                return f"SELECT {form.format(x=cell.column)} FROM {cell.operand}"
        if _same(100 - cell.value, value):
            return f"SELECT 100 - {cell.column} FROM {cell.operand}"
    return ""


def _compared(value: float, first: list[Cell], second: list[Cell]) -> str:
    """Write the query for one cell against another: of one column where both are of one operand; empty if none fits."""
    for one, other in permutations((first, second)):
        for a, b in product(one, other):
            if b.value == 0 or (a.operand == b.operand and a.column != b.column):
                continue
            for form, compute in COMPARISONS.items():
                if _same(compute(a.value, b.value), value):
                    return f"SELECT {form.format(a=a.sql, b=b.sql)}"
    return ""


def _sum(value: float, frames: Mapping[str, pd.DataFrame]) -> str:
    for name, frame in frames.items():
        for column in _measured(frame):
            whole = float(frame[column].sum())
            for form, factor in SCALES.items():
                if whole and _same(whole * factor, value):
                    return f"SELECT {form.format(x=f'sum({column})')} FROM {name}"
    return ""


def _same(computed: float, value: float) -> bool:
    return isclose(computed, value, rel_tol=1e-12)
