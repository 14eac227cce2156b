"""What an economy has at home: mine output, reserves and plants."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common, dependence
from lib.indicators.countries import KINDS, label
from lib.indicators.economies.flows import kept
from lib.indicators.economies.who import UNION, Economy, only_if
from lib.quantity import Number, Quantity
from lib.tables import catalog

AT_WORK = ("operating", "ramping up")
ORDER = (*AT_WORK, "under construction")
STAGES = {"heavy_separation": "separation", "magnet_powder": "magnets"}
"""Stages of the register that a chart counts with another one."""
BY_STAGE = {
    "part_order": ["cracking", "separation", "metal", "alloy", "magnets"],
    "colours": {"cracking": "seq-2", "separation": "seq-3", "metal": "seq-4", "alloy": "seq-5", "magnets": "seq-6"},
}
"""How a chart shows `Plants.by_stage`."""


@dataclass(frozen=True)
class Plants:
    """Plants of the register, those at work first; `place` is how a scope names where they are."""

    rows: pd.DataFrame
    place: str

    @property
    def running(self) -> pd.DataFrame:
        """The plants that operated or started up when last described."""
        return self.rows[self.rows["status"].isin(AT_WORK)]

    def count(self) -> Number:
        """Count the plants. Raises NoDataYet where there is none."""
        scope = f"plants for separation, metal, alloy or magnets known in {self.place}"
        return _counted(only_if(len(self.rows) > 0, self.rows), scope)

    def at_work(self) -> Number:
        """Count the plants at work among several. Raises NoDataYet where there is one alone, or none at work."""
        rows = only_if(len(self.rows) > 1 and len(self.running) > 0, self.running)
        return _counted(rows, f"plants in {self.place} that operated or started up when last described")

    @property
    def noun(self) -> str:
        """The word after their number."""
        return "plant" if len(self.rows) == 1 else "plants"

    @property
    def names(self) -> list[str]:
        """The plants at work, each with its company and stage. Raises NoDataYet where there is none."""
        rows = only_if(len(self.running) > 0, self.running)
        stages = rows["stage"].str.replace("_", " ")
        return list(rows["facility"] + " (" + rows["company"] + ", " + stages + ")")

    def part(self, at_work: object) -> object:
        """Return how many of them are at work: the number of `at_work`, or `all`."""
        return "all" if len(self.running) == len(self.rows) else at_work

    @property
    def plainly(self) -> str:
        """The state of one plant, or of several of which none is at work. Raises NoDataYet for any other."""
        if len(self.rows) == 1:
            return "which operated or started up" if len(self.running) else "which was not yet at work"
        return only_if(len(self.rows) > 1 and self.running.empty, "none of which was at work")

    @property
    def state(self) -> str:
        """How many of them are at work, as a title has it."""
        n, m = len(self.rows), len(self.running)
        if n == 1:
            return "at work or starting up" if m else "not yet at work"
        return f"{m if m < n else 'all'} at work or starting up" if m else "none at work"

    def for_table(self) -> pd.DataFrame:
        """Give the plants with `country`, `stage` in words, `size` (`capacities`) and `facility` with its company."""
        named = self.rows["facility"] + " (" + self.rows["company"] + ")"
        places, stages = self.rows["iso3"].map(catalog.country_name), self.rows["stage"].str.replace("_", " ")
        return self.rows.assign(country=places, stage=stages, size=capacities(self.rows), facility=named)

    def by_stage(self) -> pd.DataFrame:
        """Count the plants at work by economy and stage: iso3, stage, plants, source_id; most plants first."""
        rows = self.running.assign(stage=self.running["stage"].replace(STAGES))
        groups = rows.groupby(["iso3", "stage"], as_index=False)
        counts = groups.agg(plants=("facility", "size"), source_id=("source_id", "first"))
        sums = counts.groupby("iso3")["plants"].transform("sum")
        return counts.assign(_all=sums).sort_values(["_all", "iso3"], ascending=[False, True], ignore_index=True)

    def economies(self) -> Number:
        """Count the economies with a plant at work. Raises NoDataYet where there is none."""
        rows = only_if(len(self.running) > 0, self.running)
        scope, query = "economies with a plant at work or starting up", "SELECT count(DISTINCT iso3) FROM facilities"
        return Number(rows["iso3"].nunique(), "count", scope, _period(rows), "economies counted", rows, query)


def plants(codes: list[str], place: str, as_of: dt.date | str | None) -> Plants:
    """Read the plants in some countries from the register, those at work first. Raises NoDataYet."""
    rows = catalog.table("facilities", as_of)
    order = {status: rank for rank, status in enumerate(ORDER)}
    inside = rows[rows["iso3"].isin(codes)]
    return Plants(inside.sort_values("status", key=lambda column: column.map(order).fillna(9), kind="stable"), place)


def plants_of(who: Economy, groups: pd.DataFrame, as_of: dt.date | str | None) -> Plants:
    """Read the plants in one economy or, for the Union, in its members. Raises NoDataYet."""
    return plants(dependence.members(groups, UNION) if who.is_union else [who.iso3], who.called, as_of)


def plants_of_all(groups: pd.DataFrame, as_of: dt.date | str | None) -> Plants:
    """Read the plants in all economies that have a page. Raises NoDataYet."""
    return plants(dependence.members(groups, dependence.WEST_38), "these economies", as_of)


def _counted(rows: pd.DataFrame, scope: str) -> Number:
    return Number(len(rows), "count", scope, _period(rows), "plants counted", rows)


def _period(rows: pd.DataFrame) -> str:
    """Say on which days the sources describe plants: from the oldest to the newest."""
    return f"{rows['as_of'].min():%Y-%m} to {rows['as_of'].max():%Y-%m}"


def capacities(plants: pd.DataFrame) -> pd.Series:
    """Write capacities in words: `4,440 t NdPr oxide (target)`, `850–1,000 t NdPr oxide`; empty without a figure.

    `plants` are rows of the table facilities. A single figure may stand in any of the three columns.
    """
    return plants.apply(_capacity, axis=1) if len(plants) else pd.Series(dtype="str")


def _capacity(row: pd.Series) -> str:
    figures = [row[column] for column in ("capacity_low", "capacity", "capacity_high") if pd.notna(row[column])]
    if not figures:
        return ""
    ends = [f"{end:,.0f}" for end in dict.fromkeys((min(figures), max(figures)))]
    hoped = " (target)" if row["capacity_kind"] == "target" else ""
    return f"{'–'.join(ends)} {str(row['capacity_unit']).replace('/yr', '')}{hoped}"


PLANT_COLUMNS = {
    "facility": "Plant (company)",
    "country": "Country",
    "stage": "Stage",
    "status": "State",
    "size": "Capacity",
    "as_of": "As of",
    "source_id": "Source",
}


def plant_columns(who: Economy) -> dict[str, str]:
    """Give the columns of a table of plants with their heads; that of the country only for the Union."""
    return {name: head for name, head in PLANT_COLUMNS.items() if name != "country" or who.is_union}


# --- mines and reserves ---


@dataclass(frozen=True)
class Printed:
    """What the USGS prints of one economy in its newest table of mine output or of reserves.

    rows   the table of one edition and year; `value` is its column of tonnes
    what   what it counts, as a scope has it: mine output, reserves
    """

    who: Economy
    rows: pd.DataFrame
    value: str
    what: str
    edition: str
    year: int

    @property
    def _row(self) -> pd.DataFrame:
        return self.rows[self.rows["iso3"] == self.who.iso3]

    @property
    def listed(self) -> bool:
        """Tell whether the table lists the economy."""
        return len(self._row) > 0

    @property
    def _quantity(self) -> Quantity:
        return common.amount(self.rows, only_if(self.listed, self.who.iso3), self.value)

    @property
    def instead(self) -> str:
        """What is shown instead of a figure. Raises NoDataYet where there is one, or where it is not listed."""
        if self._quantity.missing:
            return "no figure"
        return only_if(self._quantity.value == 0, "a dash")

    def amount(self) -> Number:
        """Return the figure in tonnes of rare-earth oxide. Raises NoDataYet where none is printed."""
        own = self._quantity
        return Number(only_if(bool(own.value), own), "t", self._scope, self.year, "as printed", self._row)

    def share(self) -> Number:
        """Return the percentage of the world total. Raises NoDataYet where none is printed."""
        only_if(bool(self._quantity.value), self)
        both = kept(pd.concat([self._row, common.row(self.rows, common.WORLD)]), self.rows)
        part, scope = common.share(self.rows, self.who.iso3, self.value), f"share of the world: {self._scope}"
        return Number(part, "%", scope, self.year, "country / world total", both)

    @property
    def kind(self) -> str:
        """What the figure is: an estimate, a quota, or as printed. Raises NoDataYet where it is not listed."""
        marks = str(only_if(self.listed, self._row)["qualifier"].iloc[0]).split(";")
        return next((words for mark, words in KINDS.items() if mark in marks), "as printed")

    @property
    def _scope(self) -> str:
        return f"{self.what} of {self.who.called}, rare-earth oxide, USGS {self.edition}"


def printed(
    name: str, value: str, what: str, who: Economy, groups: pd.DataFrame, as_of: dt.date | str | None
) -> Printed:
    """Read the newest USGS table of one kind: the table's name, its column, and what it counts. Raises NoDataYet."""
    wanted = [who.iso3, common.WORLD, *(dependence.members(groups, UNION) if who.is_union else ())]
    rows = common.select(name, as_of, f"The {what} by country (USGS)", vintages="all", series="usgs_mcs", iso3=wanted)
    last = common.editions(rows)[-1]
    year = int(rows.loc[rows["edition"] == last, "year"].max())
    return Printed(who, common.edition(rows, last, year=year), value, what, label(last), year)


def mine_output(who: Economy, groups: pd.DataFrame, as_of: dt.date | str | None) -> Printed:
    """Read the newest USGS table of mine output. Raises NoDataYet."""
    return printed("mine_production", "value", "mine output", who, groups, as_of)


def reserves(who: Economy, groups: pd.DataFrame, as_of: dt.date | str | None) -> Printed:
    """Read the newest USGS table of reserves. Raises NoDataYet."""
    return printed("reserves", "value_t_reo", "reserves", who, groups, as_of)


def reliance(as_of: dt.date | str | None) -> Number:
    """Return the US net import reliance on compounds and metals in the newest year, in percent. Raises NoDataYet."""
    what, series = "The US net import reliance on rare earths (USGS)", "net_import_reliance.compounds_metals"
    rows = common.select("us_salient", as_of, what, commodity="rare earths", series=series)
    row = rows[rows["year"] == rows["year"].max()]
    own = Quantity.from_row(float(row["value"].iloc[0]), row["qualifier"].iloc[0])
    scope = f"net import reliance on rare-earth compounds and metals, USGS {row['edition'].iloc[0]}"
    return Number(own, "%", scope, int(row["year"].iloc[0]), "as printed", row)
