"""Rows that the other modules of processing read: tables that may be empty, quoted numbers, and dated measures."""

from __future__ import annotations

import pandas as pd

from lib.cite import written
from lib.indicators import common
from lib.markup import Link
from lib.quantity import Number, Quantity


def quoted(rows: pd.DataFrame, unit: str, scope: str, period: str | int, places: int | None = None) -> Number:
    """Return the number in the first of some rows as its source prints it, in the column `value` or `price`."""
    row, column = rows.head(1), "value" if "value" in rows else "price"
    amount = Quantity.from_row(float(row[column].iloc[0]), row["qualifier"].iloc[0])
    return Number(amount, unit, scope, period, "as printed", row, places=places)


def dated(as_of: common.Day, measure: str) -> Link:
    """Return the day or year on which a measure of the register was announced, as a link to its source.

    Raises NoDataYet.
    """
    row = common.select("measures", as_of, "This measure", id=measure).iloc[0]
    day = row["date_announced"]
    words = str(day.year) if row["date_announced_precision"] == "year" else written(day)
    return Link(words, f"source:{row['source_id']}")
