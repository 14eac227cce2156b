"""The scales of the charts: round ticks, ranges of values, years and days, and where each falls in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from lib.figures import text
from lib.figures.parts import narrow


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Choose round tick values that cover low..high: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if high <= low:
        high = low + 1
    raw = (high - low) / max(1, count)
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def log_ticks(lowest: float, highest: float) -> list[float]:
    """Choose powers of ten that cover lowest..highest, with 2 and 5 between them where there are few."""
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    powers = [10.0**power for power in range(first, last + 1)]
    if last - first > 2:
        return powers
    steps = sorted({power * factor for power in powers[:-1] for factor in (1, 2, 5)} | {powers[-1]})
    below = [tick for tick in steps if tick <= lowest]
    above = [tick for tick in steps if tick >= highest]
    return [tick for tick in steps if below[-1] <= tick <= above[0]]


def value_ticks(low: float, high: float, log: bool, width: float) -> list[float]:
    """Choose ticks whose first and last are the ends of a scale of values in a chart of this width."""
    return log_ticks(low, high) if log else nice_ticks(low, high, 4 if narrow(width) else 5)


def value_scale(ticks: Sequence[float], log: bool = False) -> alt.Scale:
    """Make the scale from the first to the last tick."""
    return alt.Scale(domain=[ticks[0], ticks[-1]], nice=False, **({"type": "log"} if log else {"zero": False}))


def exponent(value, log: bool):
    """Return the power of ten of a value or a column on a logarithmic scale, itself on a linear one."""
    return np.log10(value) if log else value


def fraction(value, ticks: Sequence[float], log: bool = False):
    """Return how far along a scale a value or a column lies, 0 at its first and 1 at its last tick."""
    low, high = exponent(ticks[0], log), exponent(ticks[-1], log)
    return (exponent(value, log) - low) / (high - low)


def value_axis(ticks: Sequence[float], unit: str = "", **options) -> alt.Axis:
    """Make an axis with these ticks; percent signs on every label, other units are the subtitle's business."""
    sign = "%" if unit == "%" else ""
    expression = f"format(datum.value, ',.6~f') + '{sign}'"
    return alt.Axis(values=list(ticks), labelExpr=expression, **options)


def tick_width(ticks: Sequence[float], unit: str = "") -> float:
    """Return the width of the widest label of `value_axis`."""
    return text.widest([f"{tick:,.10g}" + ("%" if unit == "%" else "") for tick in ticks])


class TimeAxis:
    """Years or days on the horizontal axis: domain, ticks, and where a moment falls in pixels."""

    def __init__(self, column: pd.Series, inner: float, domain: tuple | None = None):
        self.days = pd.api.types.is_datetime64_any_dtype(column)
        low, high = (column.min(), column.max()) if domain is None else domain
        self.low, self.high = (pd.Timestamp(low), pd.Timestamp(high)) if self.days else (low, high)
        self.inner = inner

    def number(self, moment) -> float:
        return pd.Timestamp(moment).timestamp() if self.days else float(moment)

    def pixel(self, moment) -> float:
        low, high = self.number(self.low), self.number(self.high)
        return (self.number(moment) - low) / ((high - low) or 1) * self.inner

    def scale(self) -> alt.Scale:
        if self.days:
            return alt.Scale(domainMin=_date_time(self.low), domainMax=_date_time(self.high), nice=False)
        return alt.Scale(domain=[self.low, self.high], nice=False, zero=False)

    def axis(self, **options) -> alt.Axis:
        room = 52 if self.days else 46
        count = max(1, int(self.inner // room))
        if not self.days:
            return alt.Axis(values=_years(int(self.low), int(self.high), count), format="d", **options)
        moments, pattern = _moments(self.low, self.high, count)
        return alt.Axis(values=[_date_time(moment) for moment in moments], format=pattern, **options)

    def encode(self, field: str = "x", **options) -> alt.X:
        return alt.X(
            field, type="temporal" if self.days else "quantitative", scale=self.scale(), axis=self.axis(**options)
        )

    def kind(self) -> Literal["temporal", "quantitative"]:
        return "temporal" if self.days else "quantitative"


def _date_time(moment: pd.Timestamp) -> alt.DateTime:
    return alt.DateTime(year=moment.year, month=moment.month, date=moment.day)


def _years(low: int, high: int, count: int) -> list[int]:
    """Choose round years, at most `count` of them; the last one is always there, with room before it."""
    span = high - low
    step = next((step for step in (1, 2, 5, 10, 20, 25, 50, 100) if span / step < count), 200)
    years = [year for year in range(low, high + 1) if year % step == 0]
    if step == 1:
        return years
    return [year for year in years if high - year >= step * 0.6] + [high]


def _moments(low: pd.Timestamp, high: pd.Timestamp, count: int) -> tuple[list[pd.Timestamp], str]:
    months = (high.year - low.year) * 12 + high.month - low.month
    if months <= 18:
        step = next((step for step in (1, 2, 3, 6) if months / step < count), 12)
        starts = pd.date_range(low.normalize().replace(day=1), high, freq="MS")
        chosen = [moment for moment in starts if (moment.month - 1) % step == 0 and moment >= low]
        return chosen, "%b ’%y"
    years = _years(low.year, high.year, count)
    return [moment for year in years if low <= (moment := pd.Timestamp(year, 1, 1)) <= high], "%Y"
