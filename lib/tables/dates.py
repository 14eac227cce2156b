"""Dates that are known to the day, month, quarter or year: each is an interval of days.

A table keeps such a date as the last day of its interval, and in a column beside it how precisely it is known; the
dictionary names that column (`precision` of the field). So a row is never known before its day can have come, and
nothing that is known only to the month is shown, sorted or compared as if it were a day.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.tables.asof import ISO_LENGTHS

SUFFIX = "_precision"
FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}
WORDS = {"month": "{:%B %Y}", "year": "{:%Y}"}


def interval(day: dt.date, precision: str | float = "day") -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last day on which a date may fall; the same day twice where it is known to the day."""
    moment = pd.Timestamp(day)
    if precision not in FREQUENCIES:
        return moment, moment
    period = moment.to_period(FREQUENCIES[precision])
    return period.start_time.normalize(), period.end_time.normalize()


def told(day: dt.date, precision: str | float = "day") -> str:
    """Write a date as prose does, no more exact than it is known: `1 December 2023`, `November 2006`, `2005`."""
    if precision == "quarter":
        return f"quarter {pd.Timestamp(day).quarter} of {day:%Y}"
    return WORDS.get(str(precision), "{0.day} {0:%B %Y}").format(day)


def iso(day: dt.date, precision: str | float = "day") -> str:
    """Write a date in the reduced form of ISO 8601: `2023-12-01`, `2006-11`, `2005`; a quarter by its last month."""
    return f"{day:%Y-%m-%d}"[: ISO_LENGTHS.get("month" if precision == "quarter" else str(precision), 10)]


def first_days(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return the first day of each date of a column; the date itself where its precision is not in the frame."""
    beside = column + SUFFIX
    if beside not in frame:
        return frame[column]
    pairs = zip(frame[column], frame[beside], strict=True)
    days = [day if pd.isna(day) else interval(day, precision)[0] for day, precision in pairs]
    return pd.Series(pd.to_datetime(days), index=frame.index, name=column)


def in_order(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Sort rows by the intervals of a column: by their first day, and where that is the same the shortest first."""
    keys = pd.DataFrame({"first": first_days(frame, column), "last": frame[column]})
    return frame.loc[keys.sort_values(["first", "last"], kind="stable").index]


def surely_before(one: tuple[pd.Timestamp, pd.Timestamp], other: tuple[pd.Timestamp, pd.Timestamp]) -> bool | None:
    """Tell whether one interval lies before another; None where they overlap, so that neither order is known."""
    if one[1] < other[0]:
        return True
    return False if other[1] <= one[0] else None
