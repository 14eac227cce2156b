"""What was public on a day, and how readings are made of it: what all metrics share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

from lib import facts
from lib.claims.rules import CONTEXT, NATURAL, OTHER, Reading
from lib.indicators import common
from lib.quantity import Quantity
from lib.tables import catalog

T = TypeVar("T")
LOOK_BACK = 5  # years before the statement's own in which it may have been true
Metric = Callable[..., list[Reading]]
METRICS: dict[str, Metric] = {}


def metric(function: Metric) -> Metric:
    """Register a function as a metric that `data/claim_tests.csv` may name; used as a decorator."""
    METRICS[function.__name__] = function
    return function


class Known:
    """The tables as known on a day; a table of which nothing was public is empty."""

    def __init__(self, as_of: str | dt.date | None) -> None:
        self.as_of = catalog.as_day(as_of)
        self.day = pd.Timestamp(self.as_of or catalog.vintage())
        self._tables: dict[tuple[str, str], pd.DataFrame] = {}
        self._made: dict[object, Any] = {}

    def table(self, name: str, vintages: str = "newest", **equal: object) -> pd.DataFrame:
        """Select the rows of a table whose columns equal the given values (a list: any of them)."""
        key = (name, vintages)
        if key not in self._tables:
            try:
                self._tables[key] = catalog.table(name, self.as_of, vintages=vintages)
            except catalog.NoDataYet:
                self._tables[key] = catalog.blank(name)
        return common.matching(self._tables[key], equal)

    def editions(self, name: str, **equal: object) -> pd.DataFrame:
        """Select the rows of every edition known by the day."""
        return self.table(name, vintages="all", **equal)

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Return what `make` returns, made once for this day: several claims ask the same of the tables."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def year_role(year: int, asked: int, newest: int) -> str:
    """Return the role of a year beside the statement's own: that year, or the newest known before it, is natural."""
    if year == min(asked, newest):
        return NATURAL
    if asked < year or year < asked - LOOK_BACK:
        return CONTEXT
    return OTHER


def role_by_trust(rows: pd.DataFrame, role: str) -> str:
    """Return `role`, or context for rows of low confidence, which are shown and never counted."""
    return CONTEXT if rows["confidence"].eq("low").any() else role


def printed(row: pd.DataFrame, column: str = "value") -> Quantity:
    """Return the figure of a frame of one row with its marks."""
    return Quantity.from_row(float(row[column].iloc[0]), row["qualifier"].iloc[0])


def answer(what: str, holds: bool | None, text: str, *rows: pd.DataFrame, **more: Any) -> Reading:
    """Make a reading that is a yes or no; `rows` are what it rests on, also when they show that nothing is there."""
    return Reading(what, Quantity(None), "", rows, holds=holds, text=text, **more)


def shown(reading: Reading) -> str:
    """Write the value of a reading as a reader sees it."""
    if reading.text or reading.value.missing:
        return reading.text or "no figure"
    return facts.format_quantity(reading.value, reading.unit, places(reading))


def places(reading: Reading) -> int | None:
    """Return the decimals of a value: those that a small number needs, none for large ones."""
    if reading.value.value is None:
        return None
    size = abs(reading.value.value)
    if size == round(size) or size >= 100:
        return 0
    return 1 if size >= 1 else 2
