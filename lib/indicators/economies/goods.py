"""Compounds and metals: where an economy buys them, how much, and who leads in which economy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lib.indicators import common, dependence
from lib.indicators.common import REST
from lib.indicators.economies.flows import kept
from lib.indicators.economies.who import OUTSIDE, Economy, listed, only_if
from lib.quantity import Number, Quantity
from lib.tables import catalog

FLOWS = "comtrade_2025_ree_flows"
FEW = 3  # fewer flows than this are told one by one: a share of two flows says little
# The same goods by value, from the whole to its parts.
COMPOUNDS = ("280530+2846", "2846", "284690", "284610", "280530")
HEADINGS = {
    "280530+2846": "the same goods",
    "2846": "compounds (HS 2846)",
    "284690": "compounds other than cerium (HS 2846.90)",
    "284610": "cerium compounds (HS 2846.10)",
    "280530": "metals (HS 2805.30)",
}
CODES = {"284610": "cerium compounds", "284690": "other rare-earth compounds", "280530": "rare-earth metals"}
TOTAL = "SELECT max(total_kg) FROM trade_shares HAVING min(total_kg) = max(total_kg)"
ADDED, PRINTED = "flows added up, UN Comtrade", "as printed"
SAME = 0.1  # two downloads agree within this fraction


def compounds(shares: pd.DataFrame, economy: Economy, dataset: str) -> pd.DataFrame:
    """Select imports of compounds and metals by partner in one dataset by weight, largest first, with `t` in tonnes."""
    code = OUTSIDE if economy.is_union else economy.iso3
    rows = shares[(shares["dataset"] == dataset) & (shares["importer"] == code) & (shares["basis"] == "weight")]
    rows = rows[rows["product"] == COMPOUNDS[0]]
    rows = rows.assign(t=(rows["share"] * rows["total_kg"].astype(float) / 100_000).astype(float))
    last = rows["partner"].isin([REST, "ROW"])
    return kept(rows.assign(_last=last).sort_values(["_last", "share"], ascending=[True, False], kind="stable"), shares)


def compounds_by_value(shares: pd.DataFrame, economy: Economy) -> pd.DataFrame:
    """Select China's newest row in the broadest product of which `shares`, one dataset, know its share by value.

    Empty when they know none.
    """
    rows = shares[(shares["importer"] == economy.iso3) & (shares["basis"] == "value")]
    rows = rows[(rows["partner"] == dependence.CHINA) & rows["product"].isin(COMPOUNDS)]
    place = rows["product"].map({product: place for place, product in enumerate(COMPOUNDS)})
    order = rows.assign(_place=place).sort_values(["year", "_place"], ascending=[False, True], kind="stable")
    return kept(order.drop(columns="_place").head(1), shares)


@dataclass(frozen=True)
class Goods:
    """Imports of rare-earth compounds and metals by one economy, of which only the larger flows are listed.

    shares  the table trade_shares as known on the day of the page
    """

    who: Economy
    shares: pd.DataFrame

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The flows that are listed, largest first."""
        return compounds(self.shares, self.who, FLOWS)

    @property
    def year(self) -> int:
        """The year of the flows. Raises NoDataYet where none is listed."""
        return int(only_if(len(self.rows) > 0, self.rows)["year"].iloc[0])

    @property
    def weak(self) -> bool:
        """Tell whether the list leaves out so much that shares say little."""
        return bool(self.rows["confidence"].eq("low").any())

    @property
    def enough(self) -> bool:
        """Tell whether shares of the partners can be shown."""
        return len(self.rows) >= FEW and not self.weak

    @property
    def noun(self) -> str:
        """How many flows are listed, where there are few of them."""
        return {1: "one flow", 2: "two flows"}.get(len(self.rows), "several flows")

    @property
    def why(self) -> str:
        """Why no shares are shown where the flows are listed singly."""
        return "the rest is confidential or too small" if self.weak else "so few flows are not enough for shares"

    @property
    def told(self) -> list[str]:
        """The codes of the largest partner and, where that is another, of China."""
        second = self.rows["partner"].eq(dependence.CHINA) & self.rows["partner"].ne(self.rows["partner"].iloc[0])
        return [self.rows["partner"].iloc[0], *self.rows.loc[second, "partner"]]

    def share(self, partner: str) -> Number:
        """Return the percentage of the listed weight that comes from one partner."""
        row = self.rows[self.rows["partner"] == partner]
        scope = f"share of {common.called(partner)} in the rare-earth compounds and metals (HS 2805.30 and 2846) that "
        scope += f"{self.who.called} {self.who.bought}, by weight, larger flows only"
        formula = "imports from the partner / all flows listed, UN Comtrade"
        year = int(row["year"].iloc[0])
        return Number(float(row["share"].iloc[0]), "%", scope, year, formula, row, places=1)

    def title(self, shares: Mapping[str, object]) -> str:
        """Say where most of the listed weight came from; `shares` are those of `told`, as they were recorded."""
        first, *others = self.told
        title = f"{shares[first]} of the larger flows of compounds and metals to {self.who.called} came from "
        title += f"{common.called(first)} in {self.year}"
        return f"{title}, {shares[others[0]]} from China" if others else title

    def weight(self) -> Number:
        """Return the weight of all flows listed together, a lower bound, in tonnes or kilograms."""
        scope = (
            f"rare-earth compounds and metals that {self.who.called} {self.who.bought}, gross weight, larger flows only"
        )
        return tonnes(whole_of(self.rows), scope, self.year, self.rows, ADDED)

    def flow(self, partner: str) -> Number:
        """Return the weight of one listed flow, in tonnes or kilograms."""
        row = self.rows[self.rows["partner"] == partner]
        mass = Quantity(row["t"].iloc[0] * 1000, "", dependence.ESTIMATED in str(row["flags"].iloc[0]))
        scope = f"compounds and metals (HS 2805.30 and 2846) that {self.who.called} {self.who.bought} from "
        query = "SELECT share * total_kg / 100 FROM trade_shares"
        return tonnes(mass, scope + common.called(partner), self.year, row, ADDED, query)

    @property
    def _by_value(self) -> pd.DataFrame:
        """China's share by value in the year of the flows. Raises NoDataYet where no dataset knows it."""
        name = "comtrade_us_2018_2025" if self.who.iso3 == "USA" else "comtrade_2025_ree_detail"
        row = compounds_by_value(self._of(name), self.who)
        return only_if(len(row) > 0 and int(row["year"].iloc[0]) == self.year, row)

    @property
    def heading(self) -> str:
        """The goods of which China's share by value is known. Raises NoDataYet."""
        return HEADINGS[self._by_value["product"].iloc[0]]

    def share_by_value(self) -> Number:
        """Return China's share by value in the broadest goods of which it is known, in percent. Raises NoDataYet."""
        row = self._by_value
        scope = f"share of China in imports of {self.heading} by {self.who.called}, by value"
        value = float(row["share"].iloc[0])
        return Number(value, "%", scope, self.year, "as computed from UN Comtrade", row, places=1)

    @cached_property
    def customs(self) -> pd.DataFrame:
        """What customs counted by code, all partners together. Raises NoDataYet where they counted nothing."""
        rows = self._of("comtrade_2023_world")
        rows = rows[rows["importer"].eq(self.who.iso3) & rows["basis"].eq("weight")]
        rows = rows[rows["product"].isin(CODES) & rows["total_kg"].gt(0)]
        return only_if(len(rows) > 0, rows)

    @property
    def customs_year(self) -> int:
        """The year of `customs`. Raises NoDataYet where there is nothing."""
        return int(self.customs["year"].iloc[0])

    def totals(self) -> dict[str, Number]:
        """Give the weight by customs code, in tonnes or kilograms, of the codes with any. Raises NoDataYet."""
        found = {}
        for code in [code for code in CODES if code in set(self.customs["product"])]:
            row = self.customs[self.customs["product"] == code]
            scope = f"{CODES[code]} imported by {self.who.called}, gross weight"
            found[code] = tonnes(whole_of(row), scope, int(row["year"].iloc[0]), row, PRINTED)
        return found

    def another_total(self) -> Number:
        """Return the weight of compounds in another download, where it differs. Raises NoDataYet where it does not."""
        row = self._of("comtrade_2023_2846")
        row = row[row["importer"].eq(self.who.iso3) & row["basis"].eq("weight")]
        first = self.customs[self.customs["product"].str.startswith("2846")]["total_kg"].astype(float).sum()
        only_if(len(row) > 0 and abs(float(row["total_kg"].iloc[0]) / first - 1) >= SAME, row)
        scope = f"compounds (HS 2846) imported by {self.who.called}, gross weight, another download"
        return tonnes(whole_of(row), scope, int(row["year"].iloc[0]), row, PRINTED)

    def _of(self, dataset: str) -> pd.DataFrame:
        return self.shares[self.shares["dataset"] == dataset]


def goods(who: Economy, as_of: dt.date | str | None) -> Goods:
    """Read what one economy imports of compounds and metals. Raises NoDataYet with the day on which such data begin."""
    what = "The dataset of imports of compounds and metals by partner"
    common.select("trade_shares", as_of, what, dataset=FLOWS)
    return Goods(who, catalog.table("trade_shares", as_of))


def whole_of(rows: pd.DataFrame) -> Quantity:
    """Return the weight in kg that shares are of, with its marks: an estimate where one of the flows is."""
    total = dependence.customs_total(rows.iloc[0])
    return Quantity(total.value, total.bound, bool(rows["flags"].fillna("").str.contains(dependence.ESTIMATED).any()))


def tonnes(mass: Quantity, scope: str, year: int, rows: pd.DataFrame, formula: str, query: str = TOTAL) -> Number:
    """Return a gross weight in tonnes, below ten tonnes in kg; `mass` and what `query` gives are in kg."""
    if mass.value is not None and mass.value < 10_000:
        return Number(mass, "kg", scope, year, formula, rows, query)
    query = query.replace("SELECT max(total_kg)", "SELECT max(total_kg) / 1e3").replace("/ 100 FROM", "/ 1e5 FROM")
    return Number(mass / 1000, "t", scope, year, formula, rows, query)


# --- all economies ---


@dataclass(frozen=True)
class GoodsOfAll:
    """Imports of compounds and metals by every economy with a page whose larger flows are known well enough."""

    every: tuple[Goods, ...]

    def of(self, iso3: str) -> Goods:
        """Return what one economy imports. Raises NoDataYet where its flows are too few for shares."""
        found = [goods for goods in self.every if goods.who.iso3 == iso3]
        return only_if(bool(found), found)[0]

    @property
    def states(self) -> list[Goods]:
        """Those of single economies, without the Union as one."""
        return [goods for goods in self.every if not goods.who.is_union]

    def led_elsewhere(self) -> list[tuple[str, str]]:
        """List the economies whose largest partner is not China, with that partner. Raises NoDataYet without any."""
        pairs = [(goods.who.iso3, goods.told[0]) for goods in self.states if goods.told[0] != dependence.CHINA]
        return only_if(bool(pairs), pairs)

    def compared(self) -> Number:
        """Count the economies whose larger flows are known."""
        scope = "economies with three or more larger flows of compounds and metals"
        return self._count(len(self.states), scope, "SELECT count(DISTINCT importer) FROM trade_shares")

    def led_by_china(self) -> Number:
        """Count the economies to which China sells the largest part by weight."""
        leading = [goods for goods in self.states if goods.told[0] == dependence.CHINA]
        first = "SELECT importer, partner, max(share) FROM trade_shares WHERE partner <> 'ROW' GROUP BY importer"
        scope = "economies whose largest supplier of compounds and metals by weight is China"
        return self._count(len(leading), scope, f"SELECT count(*) FROM ({first}) WHERE partner = 'CHN'")

    def _count(self, n: int, scope: str, query: str) -> Number:
        rows = kept(pd.concat([goods.rows for goods in self.states]), self.states[0].rows)
        years = " and ".join(sorted({str(goods.year) for goods in self.states}))
        return Number(n, "count", scope, years, "economies counted", rows, query)

    def for_bars(self) -> pd.DataFrame:
        """Give China's share by economy, largest first: iso3, share (%), t (all flows), leader, year, source_id."""
        found = [
            {
                "iso3": goods.who.iso3,
                "share": float(goods.rows.loc[goods.rows["partner"] == dependence.CHINA, "share"].sum()),
                "t": float(goods.rows["total_kg"].iloc[0]) / 1000,
                "leader": catalog.country_name(goods.told[0]),
                "year": goods.year,
                "source_id": goods.rows["source_id"].iloc[0],
            }
            for goods in self.every
        ]
        return pd.DataFrame(found).sort_values("share", ascending=False, kind="stable", ignore_index=True)


def goods_of_all(groups: pd.DataFrame, as_of: dt.date | str | None) -> GoodsOfAll:
    """Read what every economy imports of compounds and metals, those with enough flows for shares. Raises NoDataYet."""
    first, *others = listed(groups)
    shares = goods(first, as_of).shares
    every = [Goods(economy, shares) for economy in (first, *others)]
    return GoodsOfAll(tuple(found for found in every if found.enough))
