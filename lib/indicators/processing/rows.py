"""Rows that the other modules of processing read: tables that may be empty, quoted numbers, and dated measures."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.indicators import common
from lib.markup import Link
from lib.quantity import Number, Quantity
from lib.tables import catalog

Day = dt.date | str | None
"""The as-of day: None or an empty text is today."""


def optional(name: str, as_of: Day, **options: str) -> pd.DataFrame:
    """Return a table as known on a day, without rows where nothing of it was public."""
    try:
        return catalog.table(name, as_of, **options)
    except catalog.NoDataYet:
        return catalog.blank(name)


def none_yet(name: str, as_of: Day, what: str, starts: pd.Timestamp | None = None) -> catalog.NoDataYet:
    """Make the error that says that `what`, a part of a table, was not public, and since when it is."""
    return catalog.NoDataYet(name, catalog.as_day(as_of), None if starts is None else starts.date(), what)


def quoted(rows: pd.DataFrame, unit: str, scope: str, period: str | int, places: int | None = None) -> Number:
    """Return the number in the first of some rows as its source prints it, in the column `value` or `price`."""
    row, column = rows.head(1), "value" if "value" in rows else "price"
    amount = Quantity.from_row(float(row[column].iloc[0]), row["qualifier"].iloc[0])
    return Number(amount, unit, scope, period, "as printed", row, places=places)


def on_day(day: dt.date) -> str:
    """Write a day as prose does: 21 December 2023."""
    return f"{day.day} {day:%B %Y}"


def dated(as_of: Day, measure: str) -> Link:
    """Return the day or year on which a measure of the register was announced, as a link to its source.

    Raises NoDataYet.
    """
    row = common.select("measures", as_of, "This measure", id=measure).iloc[0]
    day = row["date_announced"]
    words = str(day.year) if row["date_announced_precision"] == "year" else on_day(day)
    return Link(words, f"source:{row['source_id']}")
