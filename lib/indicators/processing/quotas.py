"""China's production quotas, and the years for which no volume was published."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib.cite import written
from lib.indicators import common
from lib.markup import Link
from lib.quantity import Number, Quantity

QUOTA_SERIES = {
    ("mining", "total"): "Mining, all rare earths",
    ("mining", "ionic"): "of which from ionic clay",
    ("separation", "total"): "Smelting and separation",
}


def quotas(production_quotas: pd.DataFrame) -> pd.DataFrame:
    """Select China's quotas for whole years (t REO) as three series: mining, its ionic-clay part, and separation.

    Years without a published volume stay without a row. Returns the rows of the table with `series`; index kept.
    """
    whole = production_quotas[(production_quotas["batch"] == "year") & production_quotas["value_t_reo"].notna()].copy()
    keys = list(zip(whole["kind"], whole["class"], strict=True))
    whole["series"] = [QUOTA_SERIES.get(key) for key in keys]
    return whole[whole["series"].notna()].sort_values(["series", "year"])


def silent_years(production_quotas: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that record that no volume was published for a year."""
    return production_quotas[production_quotas["basis"] == "not published"]


QUOTA_LOOK = {
    "colours": dict.fromkeys(QUOTA_SERIES.values(), "CHN"),
    "dashed": ["Smelting and separation"],
}
"""How a chart shows the three series."""


@dataclass(frozen=True)
class Quotas:
    """China's quotas as known on a day: the rows of the table, t of rare-earth oxide."""

    table: pd.DataFrame
    as_of: common.Day

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of `quotas`."""
        return quotas(self.table)

    def lines(self) -> pd.DataFrame:
        """Give these rows for a chart: `weak` marks those of low confidence."""
        return self.rows.assign(weak=self.rows["confidence"] == "low")

    @property
    def first(self) -> int:
        """The first year with a documented quota on mining."""
        return int(self._mining["year"].min())

    @property
    def newest(self) -> int:
        """The newest year with a documented quota on mining."""
        return int(self._mining["year"].max())

    def amount(self, kind: str, year: int) -> Number:
        """Return the quota on mining or separation for a year, in t of oxide. Raises NoDataYet where none is known."""
        rows = self._total
        row = rows[(rows["kind"] == kind) & (rows["year"] == year)]
        if row.empty:
            raise common.not_yet("production_quotas", self.as_of, f"The quota for {kind} of {year}")
        value = Quantity.from_row(float(row["value_t_reo"].iloc[0]), row["qualifier"].iloc[0])
        return Number(value, "t", f"China, quota for {kind}, oxide", year, "as published", row)

    def ionic(self) -> Number:
        """Return the quota for ionic clay, in t of oxide, and since when it is the same. Raises NoDataYet."""
        rows = self.rows[(self.rows["class"] == "ionic") & (self.rows["confidence"] != "low")]
        same = rows[rows["value_t_reo"] == rows["value_t_reo"].iloc[-1]] if len(rows) else rows
        if len(same) < 2:
            raise common.not_yet("production_quotas", self.as_of, "A quota for ionic clay that stayed as it was")
        return Number(
            float(same["value_t_reo"].iloc[0]),
            "t",
            "China, mining quota for ionic clay",
            f"from {same['year'].min()}",
            "as printed",
            same,
            "SELECT max(value_t_reo) FROM production_quotas HAVING min(value_t_reo) = max(value_t_reo)",
        )

    def link(self, words: str) -> Link:
        """Return words that lead to the source of the newest quota."""
        rows = self._total
        return Link(words, f"source:{rows.loc[rows['year'] == self.newest, 'source_id'].iloc[0]}")

    @property
    def silent(self) -> pd.DataFrame:
        """The rows of `silent_years`."""
        return silent_years(self.table)

    def silence(self) -> tuple[int, Link]:
        """Return the last year without a published volume, and the day on which that was reported. Raises NoDataYet."""
        if self.silent.empty:
            raise common.not_yet("production_quotas", self.as_of, "A year without a published volume")
        last = self.silent.iloc[-1]
        return int(self.silent["year"].max()), Link(written(last["published"]), f"source:{last['source_id']}")

    def span(self) -> tuple[int, int, int]:
        """Return the first and the last year with a quota for the whole year, and of how many years one was found."""
        years = self.rows["year"]
        return int(years.min()), int(years.max()), int(years.nunique())

    def notes(self) -> list[tuple[int, str]]:
        """Say on a chart from which year on no volume was published."""
        return [(int(self.silent["year"].min()), "no volume published")] if len(self.silent) else []

    def gaps(self) -> str:
        """Say of how many years a quota was found, and for which none was published, as a title does."""
        first, last, found = self.span()
        said = f"A whole-year quota was found for {found} of the {last - first + 1} years from {first} to {last}"
        return said + (f"; for {self.silent['year'].max()} none was published" if len(self.silent) else "")

    @property
    def _total(self) -> pd.DataFrame:
        return self.rows[(self.rows["class"] == "total") & (self.rows["confidence"] != "low")]

    @property
    def _mining(self) -> pd.DataFrame:
        return self._total[self._total["kind"] == "mining"]


def imports_counted(as_of: common.Day) -> Link:
    """Return since which day the quota on separation counts imported ore, as a link to the order. Raises NoDataYet."""
    what, which = "The order on quotas and imported ore", "law-quota-imports-2025"
    row = common.select("statements", as_of, what, statement_id=which).iloc[0]
    return Link(written(dt.date.fromisoformat(row["period"])), f"source:{row['source_id']}")


def china_quotas(as_of: common.Day) -> Quotas:
    """Read China's production quotas. Raises NoDataYet."""
    return Quotas(common.select("production_quotas", as_of, "The series of China's production quotas"), as_of)
