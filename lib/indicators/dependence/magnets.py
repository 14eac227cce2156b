"""Imports of permanent magnets (HS 8505.11) by the West and its members, from one reconciled dataset, CEPII BACI."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lib import queries
from lib.indicators import common
from lib.indicators.dependence.trade import (
    CHINA,
    OTHERS,
    against,
    by_partner,
    outside,
    suppliers,
    surely,
    without_trade_inside,
)
from lib.indicators.dependence.west import OUTSIDE, Circle
from lib.quantity import HIGHER, Number, Quantity
from lib.tables import catalog

DATASET = "imports from China / imports from all partners, CEPII BACI"
BY_VALUE = queries.share("value_usd", "partner = 'CHN'", OTHERS)
SECOND = (
    f"SELECT 100 * max(part) / (SELECT sum(value_usd) FROM {OTHERS}) FROM (SELECT sum(value_usd) AS part "
    f"FROM {OTHERS} AND partner <> 'CHN' GROUP BY partner)"
)
MORE = (
    "WITH shares AS (SELECT reporter, year, 100 * sum(value_usd) FILTER (WHERE partner = 'CHN') / sum(value_usd) "
    f"AS share FROM {OTHERS} GROUP BY reporter, year) SELECT count(*) FROM shares AS a JOIN shares AS b USING "
    "(reporter) WHERE a.year = {now} AND b.year = {then} AND a.share > b.share"
)
WEST = "the West"
SINGLE = ("USA", "JPN", "KOR")
"""Members that the chart of blocs shows beside the West and the Union."""
JAPANS = ["CHN", "PHL", "VNM", "MYS"]
"""Suppliers that the chart of Japan's imports shows."""
JAPANS_COLOURS = {"CHN": "CHN", "PHL": "accent", "VNM": "VNM", "MYS": "MYS", "ROW": "OTH"}


@dataclass(frozen=True)
class Magnets:
    """Flows of permanent magnets by importer, partner and year, seen from a circle of economies.

    `flows` are all of one dataset. Only the years in which it lists all flows are exact; shares of the others are upper
    bounds. The Union as one importer has the code ``EUX``.
    """

    flows: pd.DataFrame
    circle: Circle

    @cached_property
    def year(self) -> int:
        """The newest year in which all flows are listed, so that shares are exact."""
        whole = self.flows[~self.flows["flags"].fillna("").str.contains("largest_flows_only")]
        return int(whole["year"].max())

    @cached_property
    def now(self) -> pd.DataFrame:
        """The flows of that year."""
        return self.flows[self.flows["year"] == self.year]

    @cached_property
    def importers(self) -> list[str]:
        """The economies of the circle with imports in that year, the largest first."""
        rows = self.now[self.now["reporter"].isin(self.circle.codes)]
        return list(suppliers(rows).sort_values("total", ascending=False)["reporter"])

    def largest(self, n: int) -> pd.DataFrame:
        """Give the flows of that year to the n largest importers."""
        return self.now[self.now["reporter"].isin(self.importers[:n])]

    def ends(self, n: int) -> tuple[str, str]:
        """Name the importers with the lowest and the highest share of China among the n largest."""
        ranked = suppliers(self.largest(n)).sort_values("share")["reporter"]
        return str(ranked.iloc[0]), str(ranked.iloc[-1])

    def into(self, code: str) -> pd.DataFrame:
        """Give the flows into one economy, or into the Union as one importer."""
        return self.union() if code == OUTSIDE else self.flows[self.flows["reporter"] == code]

    def union(self) -> pd.DataFrame:
        """Give the flows into the Union from outside, as those of one importer."""
        return outside(self.flows, self.circle.union, OUTSIDE)

    def slug(self, of: str = "west", year: int | None = None, weight: bool = False) -> str:
        """Name the fact that is a share of China: of an economy by its code, or of the circle."""
        return f"magnets-{of.lower()}-{year or self.year}" + ("-weight" if weight else "")

    # --- numbers ---

    def share(self, code: str, year: int | None = None, value: str = "value_usd") -> Number:
        """Return China's share in percent of the magnets that an economy imported, by value or by weight_kg."""
        year = year or self.year
        rows = self.into(code)
        rows = rows[rows["year"] == year]
        basis = "value" if value == "value_usd" else "weight"
        scope = f"share of China in the permanent magnets (HS 8505.11) imported by {common.called(code)}, by {basis}"
        query = BY_VALUE.replace("value_usd", value)
        return Number(_china(suppliers(rows, value)), "%", scope, int(year), DATASET, rows, query, places=1)

    def west_share(self, year: int | None = None) -> Number:
        """Return China's share in percent of the magnets that the circle bought from outside it, by value."""
        year = year or self.year
        rows = outside(self.flows[self.flows["year"] == year], self.circle.codes, WEST)
        buyers = f"{self.circle.west} imported from outside the group"
        scope = f"share of China in the magnets (HS 8505.11) that {buyers}, by value"
        formula = DATASET + "; trade inside the group left out"
        return Number(_china(suppliers(rows)), "%", scope, int(year), formula, rows, BY_VALUE, places=1)

    def west_share_of_all(self) -> Number:
        """Return China's share in percent of all magnets bought, trade in the circle included, the Union as one."""
        inside = without_trade_inside(self.now, self.circle.union)
        rows = inside[inside["reporter"].isin(self.importers)].assign(reporter="all")
        scope = (
            "share of China in all magnet imports of the West, what they buy from each other included, the EU as one"
        )
        query = queries.share("value_usd", "partner = 'CHN'", "trade_flows")
        return Number(_china(suppliers(rows)), "%", scope, self.year, DATASET, rows, query, places=1)

    def higher(self, then: int = 2010) -> Number:
        """Count the economies whose share was certainly higher in the newest year than in an earlier one."""
        both = self._with_both(then)
        rows = self.flows[self.flows["reporter"].isin(both) & self.flows["year"].isin([then, self.year])]
        found = surely(self._each, then, self.year, compared_as=HIGHER)
        scope = f"Western economies whose share of Chinese magnets was higher than in {then}"
        query, period = MORE.format(then=then, now=self.year), f"{then} and {self.year}"
        return Number(len(found), "count", scope, period, "count", rows, query)

    def with_both(self, then: int = 2010) -> int:
        """Count the economies that have a share in an earlier year and in the newest one."""
        return len(self._with_both(then))

    def bought_from(self, code: str, partner: str) -> Number:
        """Return the share in percent of one partner in the magnets that a country imported, by value."""
        rows = self.into(code)
        rows = rows[rows["year"] == self.year]
        share = suppliers(rows, partner=partner)["share"].iloc[0]
        scope = f"share of {common.called(partner)} in the permanent magnets (HS 8505.11) "
        scope += f"imported by {common.called(code)}, by value"
        formula = f"imports from {common.called(partner)} / imports from all partners, CEPII BACI"
        query = queries.share("value_usd", f"partner = '{partner}'", OTHERS)
        return Number(float(share), "%", scope, self.year, formula, rows, query, places=1)

    def second(self) -> Number:
        """Return the share in percent of the largest supplier of Japan but China, by value."""
        rows = self.into("JPN")
        rows = rows[(rows["confidence"] != "low") & (rows["year"] == self.year)]
        scope = "share of the largest supplier but China in Japan’s magnet imports, by value"
        formula = "imports from the largest supplier but China / imports from all partners, CEPII BACI"
        return Number(self._others()["share"].iloc[-1], "%", scope, self.year, formula, rows, SECOND, places=1)

    def second_supplier(self) -> str:
        """Name the largest supplier of Japan but China, by its code."""
        return str(self._others()["partner"].iloc[-1])

    def concentration(self, code: str, n: int, apart: bool = False) -> Number:
        """Return the Herfindahl index of an economy's suppliers; `apart` leaves out trade inside the Union."""
        flows = self.largest(n)
        flows = without_trade_inside(flows, self.circle.union) if apart else flows
        rows = flows[flows["reporter"] == code]
        index, query = float(suppliers(rows)["hhi"].iloc[0]), queries.squares("value_usd", "partner", OTHERS)
        scope = f"Herfindahl–Hirschman index of {common.called(code)}’s magnet suppliers, by value"
        return Number(index, "HHI", scope, self.year, "sum of squared shares, 0 to 10,000", rows, query)

    # --- words ---

    def west_against(self, then: int) -> str:
        """Say how the circle's share in the newest year compares with that of an earlier one."""
        return against(self.west_share(), self.west_share(then))

    def mostly_higher(self, then: int = 2010) -> str:
        """Say that the share was certainly higher in most economies. Raises NoDataYet where it was not."""
        more = self.higher(then).value
        if more is None or more <= self.with_both(then) / 2:
            raise catalog.DoesNotHold("A rise in most economies")
        return "most"

    def in_union(self, code: str) -> str:
        """Name a member of the Union as a sentence does. Raises NoDataYet for any other economy."""
        if code not in self.circle.union:
            raise catalog.DoesNotHold("A member of the Union among the largest importers")
        return common.called(code)

    def concentration_title(self, code: str, low: object, high: object) -> str:
        """Write the title of a chart of `by_concentration`, for one economy and its index."""
        if code in self.circle.union:
            return f"Leave out trade inside the EU, and {common.called(code)}’s index goes from {low} to {high}"
        return f"Concentration of magnet suppliers: {common.called(code)} {high}"

    # --- frames for charts ---

    def by_bloc(self) -> pd.DataFrame:
        """Give China's share by year for the circle, the Union and each economy; none where it is unreliable."""
        named = [code for code in SINGLE if code in self.circle.codes]
        union = [self.union()] if set(self.circle.union) < set(self.circle.codes) else []
        west = outside(self.flows, self.circle.codes, WEST)
        main = suppliers(pd.concat([self.flows[self.flows["reporter"].isin(named)], west, *union]))
        rest = suppliers(self.flows[self.flows["reporter"].isin(self.singled_out())])
        data = pd.concat([main, rest])
        data.loc[data["confidence"] == "low", "share"] = float("nan")
        return data

    def singled_out(self) -> list[str]:
        """List the economies that a reader of that chart asks for, by name."""
        return sorted(set(self.importers) - {code for code in SINGLE if code in self.circle.codes}, key=common.called)

    def bloc_look(self) -> dict[str, object]:
        """Say how that chart shows its lines: their names, their colours, and those on request."""
        labels = {WEST: f"{len(self.importers)} economies as one", OUTSIDE: "EU27 as one"}
        on_request = self.singled_out()
        return {"labels": labels, "colours": {WEST: "ink"}, "on_request": on_request, "picker": "Single out"}

    def then_and_now(self, then: int = 2010) -> tuple[pd.DataFrame, list[str]]:
        """Give each economy's share in an earlier year and in the newest, and their order by the newest."""
        data = self._each
        now = data[data["year"] == self.year].set_index("reporter")["share"]
        ends = data[data["year"].isin([then, self.year])]
        ordered = now.sort_values(ascending=False).index.tolist()
        return ends.assign(earlier=ends["year"].lt(self.year)), ordered

    def two_ways(self, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give the shares of the n largest importers by value and by weight: long, and wide by importer."""
        value, weight = (suppliers(self.largest(n), column) for column in ("value_usd", "weight_kg"))
        data = pd.concat([value.assign(base="value", faint=False), weight.assign(base="weight", faint=True)])
        return data, data.pivot_table(index="reporter", columns="base", values="share")

    def japan(self) -> pd.DataFrame:
        """Give the shares of Japan's suppliers by year, in percent."""
        rows = self.into("JPN")
        return by_partner(rows[rows["confidence"] != "low"], "value_usd", JAPANS)

    def concentrations(self, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give `suppliers` of the n largest importers: with all partners, and without trade inside the Union."""
        flows = self.largest(n)
        return suppliers(flows), suppliers(without_trade_inside(flows, self.circle.union))

    def widest_inside(self, n: int) -> str:
        """Name the importer whose concentration rises most without trade inside the Union, by its code."""
        everyone, apart = (table.set_index("reporter")["hhi"] for table in self.concentrations(n))
        return str((apart - everyone).idxmax())

    def by_concentration(self, n: int) -> tuple[pd.DataFrame, list[str]]:
        """Give the rows of `concentrations` for a chart, members of the Union twice, and their order."""
        everyone, apart = self.concentrations(n)
        inside = everyone[everyone["reporter"].isin(self.circle.union)].assign(faint=True)
        ordered = apart.sort_values("hhi", ascending=False)["reporter"]
        return pd.concat([inside, apart.assign(faint=False)]), list(ordered)

    @cached_property
    def _each(self) -> pd.DataFrame:
        rows = self.flows[self.flows["reporter"].isin(self.circle.codes) & self.flows["confidence"].ne("low")]
        return suppliers(rows)

    def _with_both(self, then: int) -> list[str]:
        data = self._each
        ends = [data[data["year"] == year].set_index("reporter")["share"] for year in (self.year, then)]
        return list(pd.concat(ends, axis=1, keys=["now", "then"]).dropna().index)

    def _others(self) -> pd.DataFrame:
        rows = self.japan()
        rows = rows[(rows["year"] == self.year) & ~rows["partner"].isin([CHINA, "ROW"])]
        return rows.sort_values("share")


def magnets(as_of: dt.date | str | None, circle: Circle) -> Magnets:
    """Read the flows of permanent magnets. Raises NoDataYet."""
    what = "The dataset of magnet trade by partner (CEPII BACI, HS 8505.11)"
    flows = common.select("trade_flows", as_of, what, dataset="baci", hs_code="850511", flow="import")
    return Magnets(flows, circle)


def before_trade(as_of: dt.date | str | None, circle: Circle) -> str:
    """Say that trade by partner came later than this page. Raises NoDataYet where it was public."""
    try:
        magnets(as_of, circle)
    except catalog.NoDataYet:
        return "The datasets of trade by partner that this book uses were published later."
    raise common.not_yet("trade_flows", as_of, "A day before there was trade by partner")


def _china(table: pd.DataFrame) -> Quantity:
    row = table.iloc[0]
    return Quantity.from_row(float(row["share"]), row["qualifier"])
