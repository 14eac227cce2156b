"""What is assumed: the ranges of the table `assumptions`, and draws from them that repeat."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from lib.indicators import common
from lib.indicators.whatif.draws import triangular
from lib.indicators.whatif.model import Floats
from lib.quantity import Number

WHAT = "The table of what the model of a cut assumes"
NAMES = {
    "stock_days": "Stocks, days of use",
    "spare": "Others deliver more, %",
    "spare_ramp": "Months until they do",
    "saving": "Saved or replaced, % of use",
    "saving_ramp": "Months until it is",
    "recycling": "Recycled in addition, % of use",
    "recycling_ramp": "Months until it is recycled",
    "growth": "Growth of use, % a year",
    "refill": "Delivered in addition afterwards, %",
    "status_probability": "Plants that are built, %",
    "delay": "Delay of plants, years",
    "build_time": "Building time without a date, years",
    "plant_ramp": "Years until a plant is full",
    "utilisation": "Part of the design made, %",
    "cif_margin": "Transport and insurance, % of value",
    "magnet_share": "Magnet elements in mixed oxides, %",
}
"""How a chart or a table calls a quantity."""
HEADS = {
    "what": "Quantity",
    "low": "Low",
    "mode": "Most likely",
    "high": "High",
    "unit": "Unit",
    "whose": "Whose",
    "reason": "Why",
    "source_id": "Source",
}
"""The columns of a table of all ranges."""
IN_TEXT = {
    "stock_days": "the days of stock",
    "spare": "what others can deliver in addition",
    "spare_ramp": "the months until they do",
    "saving": "what can be saved or replaced",
    "saving_ramp": "the months until it is",
    "recycling": "what recycling adds",
    "recycling_ramp": "the months until it does",
    "growth": "the growth of use",
    "share": "the way to measure China’s share",
    "plants": "what new plants elsewhere make",
}
"""How a sentence calls what the model draws."""


@dataclass(frozen=True)
class Range:
    """A quantity between `low` and `high`, most likely `mode`, and the row of the table that says so."""

    low: float
    mode: float
    high: float
    row: pd.DataFrame

    def at(self, place: Floats | float) -> Floats:
        """Return the value below which the part `place` (0 to 1) of a triangular distribution lies: its quantile."""
        return triangular(self.low, self.mode, self.high, place)

    @property
    def ends(self) -> tuple[float, float, float]:
        """The three numbers."""
        return self.low, self.mode, self.high


@dataclass(frozen=True)
class Assumptions:
    """The rows of the table as known on a day."""

    rows: pd.DataFrame
    _kept: dict[tuple[str, ...], Range] = field(default_factory=dict, repr=False, compare=False)

    def of(self, quantity: str, *, stage: str = "", status: str = "", iso3: str = "") -> Range:
        """Return the range of a quantity: that of the economy, the stage or the status where they have their own.

        Raises NoDataYet where the table has no such range.
        """
        key = (quantity, stage, status, iso3)
        if key not in self._kept:
            self._kept[key] = self._found(*key)
        return self._kept[key]

    def _found(self, quantity: str, stage: str, status: str, iso3: str) -> Range:
        rows = self.rows[self.rows["quantity"] == quantity]
        for column, value in (("status", status), ("stage", stage), ("iso3", iso3)):
            own = rows[rows[column].fillna("") == value]
            rows = own if len(own) else rows[rows[column].fillna("") == ""]
        if len(rows) != 1:
            raise common.not_yet("assumptions", self.rows.attrs.get("as_of"), f"The assumption on {quantity}")
        low, mode, high = (float(rows[name].iloc[0]) for name in ("low", "mode", "high"))
        return Range(low, mode, high, rows)

    def listed(self) -> pd.DataFrame:
        """Give all rows for a table, with `what`, what the quantity is called, and whose range it is (`whose`)."""
        names = [
            " ".join(
                filter(None, (NAMES[quantity], *(f"({part})" for part in parts if isinstance(part, str) and part)))
            )
            for quantity, *parts in self.rows[["quantity", "stage", "status", "iso3"]].itertuples(index=False)
        ]
        whose = self.rows["kind"].map({"source": "source", "assumption": "assumed"})
        return self.rows.assign(what=names, whose=whose)

    def count(self, kind: str = "") -> Number:
        """Count the ranges, or those of a kind."""
        rows = self.rows[self.rows["kind"].eq(kind)] if kind else self.rows
        scope = f"ranges of the model{' with a source' if kind == 'source' else ''}"
        return Number(len(rows), "count", scope, f"{rows['published'].max():%Y-%m-%d}", "ranges counted", rows)


def assumptions(as_of: common.Day) -> Assumptions:
    """Read the table of assumptions. Raises NoDataYet before it was public as a whole."""
    rows = common.select("assumptions", as_of, WHAT)
    common.select("assumptions", as_of, WHAT, source_id="book-assumptions")
    return Assumptions(rows)
