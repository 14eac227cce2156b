"""What Japan's state has paid for in supply of rare earths abroad."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib import words
from lib.indicators import common
from lib.quantity import Number


@dataclass(frozen=True)
class Support:
    """Measures of Japanese public support for supply outside Japan, the earliest first."""

    rows: pd.DataFrame

    @property
    def since(self) -> int:
        """The year of the first of them."""
        return int(self.rows["date_announced"].min().year)

    @property
    def places(self) -> str:
        """Where the supply lies, in the order of the measures."""
        codes = dict.fromkeys(code for target in self.rows["target"] for code in target.split(";"))
        return words.joined(map(common.called, codes))

    def number(self) -> Number:
        """Count the measures."""
        scope = "measures of Japanese public support for rare-earth supply abroad"
        period = f"announced {self.since} to {self.rows['date_announced'].max().year}"
        return Number(len(self.rows), "count", scope, period, "measures counted", self.rows)


def japans_support(as_of: dt.date | str | None) -> Support:
    """Read which supply abroad the Japanese state has supported. Raises NoDataYet."""
    what = "Japan’s support for supply abroad"
    rows = common.select("measures", as_of, what, jurisdiction="JPN", type="public support")
    return Support(rows[rows["target"] != "JPN"].sort_values("date_announced", kind="stable"))
