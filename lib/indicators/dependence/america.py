"""US customs by partner: ore and compounds sold to China, and compounds bought from it since 1993 (USITC DataWeb)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib import queries
from lib.indicators import common
from lib.indicators.dependence.trade import OTHERS, suppliers, weight_in_tonnes
from lib.quantity import Number, Quantity
from lib.tables import catalog


@dataclass(frozen=True)
class OreExports:
    """US domestic exports under HS 2846, where concentrate is booked with compounds, by partner; gross weight."""

    flows: pd.DataFrame

    @property
    def peak(self) -> int:
        """The year of the largest exports to China."""
        return int(self._years.idxmax())

    @property
    def last(self) -> int:
        """The newest whole year."""
        return int(self._years.index.max())

    @property
    def begun(self) -> int:
        """The year after that. Raises NoDataYet where none of its months are known."""
        rows = self._china
        year = rows[(rows["month_end"] < 12) & (rows["year"] > self.last)]["year"].max()
        if pd.isna(year):
            raise catalog.DoesNotHold("A part of the next year")
        return int(year)

    def to_china(self, year: int, last_month: int = 12) -> Number:
        """Return exports to China in t, of a year or from January to one of its months."""
        rows = self._china
        row = rows[(rows["year"] == year) & (rows["month_end"] == last_month)]
        period = int(year) if last_month == 12 else f"January to April {year}"
        scope = "US domestic exports of HS 2846 to China, gross weight"
        return Number(float(row["weight_kg"].iloc[0]) / 1000, "t", scope, period, "as published", row)

    def fall(self) -> Number:
        """Return by how many percent exports to China lay below their peak in the newest whole year.

        Raises NoDataYet where that year is the peak.
        """
        if self.last == self.peak:
            raise catalog.DoesNotHold("A year after the largest exports")
        rows = self._china
        rows = {name: rows[(rows["year"] == year) & (rows["month_end"] == 12)] for name, year in self._ends.items()}
        return Number(
            100 * (1 - self._years[self.last] / self._years[self.peak]),
            "%",
            scope="fall of US domestic exports of HS 2846 to China, gross weight",
            period=f"{self.peak}–{self.last}",
            formula="1 − last / peak",
            rows=rows,
            query="SELECT 100 * (1 - (SELECT weight_kg FROM last) / (SELECT 1.0 * weight_kg FROM peak))",
        )

    def by_partner(self) -> pd.DataFrame:
        """Give tonnes by year since 2014 to China, Viet Nam and others."""
        return weight_in_tonnes(self.flows.query("year >= 2014"), ["CHN", "VNM"])

    @property
    def _ends(self) -> dict[str, int]:
        return {"peak": self.peak, "last": self.last}

    @property
    def _china(self) -> pd.DataFrame:
        return self.flows[self.flows["partner"] == "CHN"]

    @property
    def _years(self) -> pd.Series:
        rows = self._china
        return rows[rows["month_end"] == 12].set_index("year")["weight_kg"].astype(float)


def ore_exports(as_of: dt.date | str | None) -> OreExports:
    """Read what the United States sold abroad under HS 2846. Raises NoDataYet."""
    return OreExports(_usitc(as_of, "export"))


@dataclass(frozen=True)
class AmericasCompounds:
    """US imports of rare-earth compounds (HS 2846) in whole years from the partners that were read."""

    flows: pd.DataFrame

    @property
    def years(self) -> tuple[int, int, int]:
        """The first year, that of China's largest share by weight, and the last."""
        table = self._by_weight
        return int(table.index.min()), int(table["share"].idxmax()), int(table.index.max())

    def share(self, year: int) -> Number:
        """Return China's share by weight in percent, an upper bound because other partners were not read."""
        row = self._by_weight.loc[year]
        share = Quantity.from_row(float(row["share"]), row["qualifier"])
        scope = "share of China in US imports of HS 2846 by weight, selected partners"
        query = queries.share("weight_kg", "partner = 'CHN'", OTHERS)
        return Number(share, "%", scope, year, "China / all read", self.flows.query("year == @year"), query)

    def partners(self) -> Number:
        """Count the partners that were read."""
        query, scope = "SELECT count(DISTINCT partner) FROM trade_flows", "partners read of the US series of HS 2846"
        number = self.flows["partner"].nunique()
        return Number(number, "count", scope, "all years shown", "count", self.flows, query)

    def by_base(self) -> pd.DataFrame:
        """Give China's share by year, by weight and by value."""
        value = suppliers(self.flows, "value_usd").assign(base="by value")
        return pd.concat([self._by_weight.reset_index().assign(base="by weight"), value])

    @property
    def _by_weight(self) -> pd.DataFrame:
        return suppliers(self.flows, "weight_kg").set_index("year")


def compounds_since_1993(as_of: dt.date | str | None) -> AmericasCompounds:
    """Read US imports of compounds by partner. Raises NoDataYet."""
    return AmericasCompounds(_usitc(as_of, "import").query("month_end == 12"))


def _usitc(as_of: dt.date | str | None, flow: str) -> pd.DataFrame:
    what = "The dataset of US trade by partner (USITC DataWeb, HS 2846)"
    return common.select("trade_flows", as_of, what, dataset="usitc", hs_code="2846", flow=flow)
