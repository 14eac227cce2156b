"""How mining and separation came to China, and what prices did to those who built elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib import quantity, queries
from lib.indicators import common
from lib.indicators.processing.rows import quoted
from lib.indicators.reserves.output import bgs_tables, longest_majority
from lib.quantity import Number

DS140 = "The USGS series of world output since 1900"


@dataclass(frozen=True)
class Lead:
    """The years in which the United States mined more than half of the world's rare earths, and those in which none."""

    rows: pd.DataFrame
    as_of: common.Day

    @property
    def years(self) -> tuple[int, int]:
        """The first and the last year of its longest run above half."""
        return longest_majority(self.rows)

    def last_share(self) -> Number:
        """Return its share of the world in the last year of that run, in percent."""
        year = self.years[1]
        rows = self.rows[self.rows["year"] == year]
        scope = "share of the United States in world mine output, last year of its longest run above half"
        return Number(common.share(rows, "USA"), "%", scope, year, "USA / world", rows)

    def idle(self) -> tuple[int, int]:
        """Return the first and the last year of the longest run without output. Raises NoDataYet for none."""
        years = sorted(self.rows.loc[self.rows["iso3"].eq("USA") & self.rows["value"].eq(0), "year"])
        runs = pd.Series(years).groupby([year - place for place, year in enumerate(years)]).agg(["min", "max"])
        if runs.empty:
            raise common.not_yet("mine_production", self.as_of, "A year without output of the United States")
        longest = runs.loc[(runs["max"] - runs["min"]).idxmax()]
        return int(longest["min"]), int(longest["max"])


def american_lead(as_of: common.Day) -> Lead:
    """Read what the United States and the world mined since 1900. Raises NoDataYet."""
    return Lead(common.select("mine_production", as_of, DS140, series="usgs_ds140", unit="t REO"), as_of)


@dataclass(frozen=True)
class Rise:
    """China's share of world mine output by year, as the British Geological Survey counts oxide: its `rows`."""

    rows: pd.DataFrame

    @property
    def shares(self) -> pd.Series:
        """The share by year, in percent."""
        china = self.rows[self.rows["iso3"] == "CHN"].set_index("year")["value"]
        return (100 * china / self.rows.groupby("year")["value"].sum()).dropna().sort_index()

    def share(self, year: int) -> Number:
        """Return the share in a year, in percent."""
        rows = self.rows[self.rows["year"] == year]
        query = queries.share("value", "iso3 = 'CHN'", "mine_production")
        scope = "share of China in world mine output of rare-earth oxide (BGS)"
        return Number(float(self.shares[year]), "%", scope, year, "China / sum of the countries", rows, query)

    def half(self) -> Number:
        """Return the share in the first year from which on it never fell below half, in percent."""
        below = self.shares[self.shares <= 50]
        return self.share(int(self.shares.index[self.shares.index > below.index.max()][0]))

    def peak(self) -> Number:
        """Return the largest share of a year, in percent."""
        return self.share(int(self.shares.idxmax()))

    def newest(self) -> Number:
        """Return the share in the last year, in percent."""
        return self.share(int(self.shares.index[-1]))


def china_rise(as_of: common.Day) -> Rise:
    """Read the British Geological Survey's tables of oxide by country. Raises NoDataYet."""
    rows = bgs_tables(as_of)
    return Rise(rows[rows["series"] == "bgs_reo"])


def price_swing(as_of: common.Day) -> tuple[Number, Number]:
    """Return the highest and the newest yearly price of neodymium oxide that the newest edition prints, in USD/kg.

    Raises NoDataYet where the newest price is not less than half of the highest.
    """
    which = {"series": "usgs_mcs", "product": "Nd oxide", "kind": "annual_average"}
    rows = common.select("prices", as_of, "The USGS prices of neodymium oxide", **which)
    rows = rows[rows["edition"] == rows.sort_values("published")["edition"].iloc[-1]].sort_values("period_start")
    peak, last = rows.loc[[rows["price"].idxmax()]], rows.tail(1)
    if 2 * float(last["price"].iloc[0]) >= float(peak["price"].iloc[0]):
        raise common.not_yet("prices", as_of, "A price that more than halved")
    scope = "price of neodymium oxide, average of the year (USGS)"
    high, newest = (quoted(row, "USD/kg", scope, int(row["period_start"].iloc[0].year)) for row in (peak, last))
    return high, newest


def price_fall(as_of: common.Day) -> Number:
    """Return by how much the newest of these prices lies below the highest, in percent. Raises NoDataYet."""
    high, newest = price_swing(as_of)
    rows = pd.concat([high.rows, newest.rows])
    scope = "fall of the price of neodymium oxide, averages of the year (USGS)"
    period = f"{high.period} to {newest.period}"
    fall = 100 - quantity.share(newest.quantity, high.quantity)
    return Number(fall, "%", scope, period, "1 − newest / highest", rows)


def price_floor(as_of: common.Day) -> Number:
    """Return the price that the United States guarantees MP Materials, in USD/kg. Raises NoDataYet."""
    which = {"series": "us_dod", "product": "NdPr oxide"}
    rows = common.select("prices", as_of, "The price floor of the United States", **which)
    return quoted(rows, "USD/kg", "floor for neodymium and praseodymium of MP Materials", "from October 2025")


def floor_income(as_of: common.Day) -> Number:
    """Return what that floor paid MP Materials in the first quarter of 2026, in million USD. Raises NoDataYet."""
    which = "newest-mp-q1-2026-price-floor"
    rows = common.select("statements", as_of, "The income from the price floor", statement_id=which)
    return quoted(rows, "million USD", "MP Materials, income from the price floor", "first quarter of 2026", places=1)


def domestic_prices(as_of: common.Day) -> tuple[Number, Number]:
    """Return the first and the last price in China that Lynas reports, in USD/kg. Raises NoDataYet."""
    which = {"series": "company", "source_id": "lynas_fy26"}
    rows = common.select("prices", as_of, "The price in China that Lynas reports", **which).sort_values("period_start")
    scope = "neodymium and praseodymium in China, without VAT (Lynas)"
    first, last = (
        quoted(row, "USD/kg", scope, f"{row['period_start'].iloc[0]:%B %Y}", places=0)
        for row in (rows.head(1), rows.tail(1))
    )
    return first, last


def planned_cost(as_of: common.Day) -> Number:
    """Return what a kilogram would cost to make at White Mesa, as its study says, in USD/kg. Raises NoDataYet."""
    rows = common.select("costs", as_of, "The cost in the study for White Mesa", item="production_cost")
    return quoted(rows, "USD/kg", "White Mesa phase 2, production cost by its feasibility study", 2026, places=0)
