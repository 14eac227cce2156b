"""The model held against two cuts that happened: the spring of 2025, and the export quotas of 2010 to 2012."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lib.indicators import common, controls
from lib.indicators.controls.exports import HEADLINE, MAGNETS
from lib.indicators.whatif.model import Conditions, Cut, loss, simulate
from lib.indicators.whatif.scenario import Scenario
from lib.quantity import Number, Quantity

FIRST, LAST = "2025-04-01", "2025-06-01"
"""The months in which Chinese exports of magnets were below the year before, after the licences of 4 April 2025."""
AFTER = 5
TO_USA: dict[str, Any] = {"flow": "imports", "iso3": "USA", "year": 2024}
BEFORE_UK, DURING_UK = ("2024-06-01", "2025-03-01"), ("2025-04-01", "2025-07-01")
SPRING_LOOK: dict[str, Any] = {
    **{"low": "low", "high": "high", "unit": "t", "places": 0, "points": True, "hollow": False, "arrows": False},
    **{"dashed": ["modelled"], "colours": {"observed": "CHN", "modelled": "ink"}},
}
"""How a chart shows observed and modelled months."""
QUOTA = {"batch": "year", "scope": "all firms", "class": "total"}
TO_BRITAIN = "fall of UK imports of rare-earth magnets from China, by weight, against June 2024 to March 2025"
QUOTA_BELOW = "fall from the rate of exports in 2010 to the export quota of rare earths"
CAUGHT_UP = "share of the magnets missing against the mean month of 2024 that was delivered later"
BELOW = "fall of China’s exports of magnets below the mean month of 2024"
SHORT = "SELECT 100 * (1 - 12.0 * (SELECT avg(value) FROM months) / (SELECT value FROM base))"


@dataclass(frozen=True)
class Spring:
    """The spring of 2025: exports of magnets by month, the mean month of 2024, and what the model makes of the cut.

    months    the months of 2025, earliest first, in t
    base      the exports of the whole year before, in t
    scenario  whose importers and assumptions the model runs on
    """

    months: pd.DataFrame
    base: pd.DataFrame
    scenario: Scenario

    @property
    def normal(self) -> float:
        """The mean month of the year before, in t."""
        return float(self.base["value"].iloc[0]) / 12

    @property
    def during(self) -> pd.DataFrame:
        """The months of the cut."""
        return self.months[self.months["month"].between(FIRST, LAST)]

    @property
    def after(self) -> pd.DataFrame:
        """The months after it, as many as are known of five."""
        return self.months[self.months["month"] > LAST].head(AFTER)

    @property
    def cut(self) -> Cut:
        """The cut as it happened: by how much each month was below the mean month."""
        return Cut(tuple(max(0.0, 1 - value / self.normal) for value in self.during["value"]))

    def shortfall(self) -> Number:
        """Return by how many percent the months of the cut were below the mean month of 2024."""
        value = 100 * (1 - self.during["value"].mean() / self.normal)
        formula = "100 (1 − mean of the months / mean month of the year before)"
        rows = {"months": self.during, "base": self.base}
        return Number(float(value), "%", BELOW, "2025-04 to 2025-06", formula, rows, SHORT)

    def deepest(self) -> Number:
        """Return by how many percent the lowest month was below the mean month of 2024."""
        low = self.during.loc[[self.during["value"].idxmin()]]
        value = 100 * (1 - float(low["value"].iloc[0]) / self.normal)
        formula = "100 (1 − month / mean month of the year before)"
        rows = {"months": low, "base": self.base}
        return Number(float(value), "%", BELOW, "2025-05", formula, rows, SHORT)

    def caught_up(self) -> Number:
        """Return which part of what was missing was delivered on top of normal in the five months after, in percent."""
        missing = len(self.during) * self.normal - self.during["value"].sum()
        value = 100 * (self.after["value"].sum() - len(self.after) * self.normal) / missing
        both = "(SELECT sum(value) - count(*) * (SELECT value / 12.0 FROM base) FROM {})"
        rows = {"later": self.after, "months": self.during, "base": self.base}
        query = f"SELECT -100 * {both.format('later')} / {both.format('months')}"
        formula = "what the months after exceed normal by / what the months of the cut fall short of it"
        return Number(float(value), "%", CAUGHT_UP, "2025-07 to 2025-11", formula, rows, query)

    def modelled(self) -> pd.DataFrame:
        """Run the model on this cut and give Chinese deliveries: month, t, low, high (5th and 95th percentile).

        Normal deliveries grow with use; what users took from stocks is refilled as the assumption has it.
        """
        conditions = self._conditions()
        horizon = self.cut.months + len(self.after)
        rows = []
        for month, flows in zip(
            pd.date_range(FIRST, periods=horizon, freq="MS"), simulate(self.cut, conditions, horizon), strict=True
        ):
            low, middle, high = np.percentile(self.normal * flows.delivered / conditions.share, [5, 50, 95])
            rows.append((month, middle, low, high))
        return pd.DataFrame(rows, columns=["month", "t", "low", "high"])

    def beside(self) -> pd.DataFrame:
        """Give modelled and observed exports by month for a chart: series, month, t, low, high, source_id."""
        seen = self.months.rename(columns={"value": "t"})[["month", "t", "source_id"]].assign(series="observed")
        made = self.modelled().assign(series="modelled", source_id=self.base["source_id"].iloc[0], qualifier="e")
        return pd.concat([seen, made], ignore_index=True).assign(qualifier=lambda rows: rows["qualifier"].fillna(""))

    def unserved(self) -> Number:
        """Return the modelled part of what was missing that nobody made good, in percent, at the median."""
        conditions = self._conditions()
        flows = list(simulate(self.cut, conditions))
        missing = sum(flow.use * conditions.share * depth for flow, depth in zip(flows, self.cut.depths, strict=True))
        value = float(np.median(100 * sum(flow.unserved for flow in flows) / missing))
        scope = "modelled share of the magnets missing against the mean month of 2024 that nothing replaced"
        rows = [self.during, self.base, self.scenario.given.rows]
        formula = "median of the draws: unserved / missing"
        return Number(Quantity(value, "", True), "%", scope, "2025-04 to 2025-06", formula, rows)

    def stopped(self) -> Number:
        """Return in which part of the draws some use is unserved by the end of the cut, in percent."""
        last = list(simulate(self.cut, self._conditions()))[-1]
        value = float(100 * (last.unserved > 0).mean())
        scope = "share of draws in which some use is unserved in the third month of a cut measured against 2024"
        rows = [self.during, self.base, self.scenario.given.rows]
        return Number(Quantity(value, "", True), "%", scope, "2025-06", "draws with a loss / draws", rows)

    def _conditions(self) -> Conditions:
        """Give the conditions of all importers as one, with China's mean share and the assumptions of everybody."""
        scenario = self.scenario.at(year=self.scenario.importers.year)
        whole = scenario.importers.codes[0]
        ends = scenario.importers.ends[["low", "high"]].mean()
        conditions = scenario.conditions(whole)
        share = (ends["low"] + scenario.places[-2] * (ends["high"] - ends["low"])) / 100
        return Conditions(**{**vars(conditions), "share": share})

    # --- what the world's total hides ---

    def to_usa(self, as_of: common.Day) -> Number:
        """Return by how many percent exports to the United States in May 2025 were below the mean month of 2024."""
        rows = common.select("china_exports", as_of, "Exports of magnets to the United States", product=MAGNETS)
        month = controls.monthly(rows, MAGNETS, destination="USA")
        month = month[month["month"] == "2025-05-01"]
        base = common.select("magnet_production", as_of, "US imports of magnets from China", **TO_USA)
        value = 100 * (1 - 12 * float(month["value"].iloc[0]) / float(base["value"].iloc[0]))
        scope, formula = (
            "fall of China’s exports of magnets to the United States below the mean month of 2024",
            "100 (1 − 12 · month / year before)",
        )
        return Number(value, "%", scope, "2025-05", formula, {"months": month, "base": base}, SHORT)


def to_britain(as_of: common.Day) -> Number:
    """Return by how many percent UK imports of magnets from China fell in April to July 2025.

    Against the mean month of June 2024 to March 2025 (HMRC): goods of April arrive in May and June.
    """
    which = {"dataset": "hmrc", "hs_code": "85051110", "partner": "CHN"}
    rows = common.select("trade_flows", as_of, "UK imports of magnets by month", **which)
    when = pd.to_datetime({"year": rows["year"].astype(int), "month": rows["month_start"].astype(int), "day": 1})
    before, during = (rows[when.between(*span)] for span in (BEFORE_UK, DURING_UK))
    value = 100 * (1 - during["weight_kg"].mean() / before["weight_kg"].mean())
    query = "SELECT 100 * (1 - (SELECT avg(weight_kg) FROM during) / (SELECT avg(weight_kg) FROM before))"
    formula = "100 (1 − mean month of the cut / mean of the ten months before)"
    scope, rows = TO_BRITAIN, {"during": during, "before": before}
    return Number(float(value), "%", scope, "2025-04 to 2025-07", formula, rows, query)


def spring(as_of: common.Day, scenario: Scenario) -> Spring:
    """Read the exports in 2025 by month, and those of 2024. Raises NoDataYet before they were known."""
    what = "China's exports of magnets in the months of 2025"
    rows = common.select("china_exports", as_of, what, product=MAGNETS, flow="export")
    months = controls.monthly(rows, MAGNETS)
    months = months[months["month"].between("2025-01-01", "2025-11-30")]
    if len(months[months["month"] > LAST]) < AFTER:
        raise common.not_yet("china_exports", as_of, what)
    return Spring(months, scenario.importers.base, scenario)


@dataclass(frozen=True)
class Quotas:
    """The quotas of 2010 to 2012, the exports by year, and those of January to September 2010 (`before`)."""

    quotas: pd.DataFrame
    exports: pd.DataFrame
    before: pd.DataFrame
    scenario: Scenario

    @property
    def normal(self) -> float:
        """Exports a year before the cut, in t: those of nine months of 2010 for a whole year."""
        return float(self.before["value"].iloc[0]) * 12 / 9

    def allowed(self, year: int = 2011) -> Number:
        """Return by how many percent the quota of a year was below what was exported before."""
        quota = self.quotas[self.quotas["year"] == year]
        value = 100 * (1 - float(quota["value_t_gross"].iloc[0]) / self.normal)
        query = "SELECT 100 * (1 - (SELECT value_t_gross FROM quota) / ((SELECT value FROM earlier) * 12 / 9))"
        formula = "100 (1 − quota / exports of January to September 2010 for a whole year)"
        rows = {"quota": quota, "earlier": self.before}
        return Number(float(value), "%", QUOTA_BELOW, year, formula, rows, query)

    def used(self, year: int) -> Number:
        """Return which percentage of the quota of a year was exported."""
        rows = {
            "exports": self.exports[self.exports["year"] == year],
            "quota": self.quotas[self.quotas["year"] == year],
        }
        value = 100 * float(rows["exports"]["value"].iloc[0]) / float(rows["quota"]["value_t_gross"].iloc[0])
        query = "SELECT 100 * (SELECT value FROM exports) / (SELECT value_t_gross FROM quota)"
        scope = "share of China’s export quota of rare earths that was used"
        return Number(value, "%", scope, year, "exports by customs / quota", rows, query)

    def modelled(self) -> Number:
        """Return the use that the model leaves unserved over two years of such quotas, in percent, at the median."""
        depth = min(1.0, max(0.0, float(self.allowed().value or 0) / 100))
        earlier = self.scenario.at(year=self.scenario.importers.year)
        base = earlier.conditions(earlier.importers.codes[0])
        value = float(np.median(loss(Cut.even(depth, 24), base)))
        rows = [self.before, self.quotas[self.quotas["year"] == 2011], self.scenario.given.rows]
        scope = "modelled loss of use if deliveries fall for two years from the rate of 2010 to the quota"
        return Number(Quantity(value, "", True), "%", scope, "2011 to 2012", "median of the draws", rows)

    def by_year(self) -> pd.DataFrame:
        """Give quota and exports for a chart: what, kt, year, source_id."""
        quota = self.quotas.assign(what="quota", kt=self.quotas["value_t_gross"] / 1000)
        sold = self.exports.assign(what="exported", kt=self.exports["value"] / 1000)
        first = self.before.assign(what="exported", kt=self.normal / 1000, qualifier="derived")
        columns = ["year", "what", "kt", "source_id", "qualifier"]
        return pd.concat([rows[columns] for rows in (quota, sold, first)]).sort_values(["year", "what"])


def quota_years(as_of: common.Day, scenario: Scenario) -> Quotas:
    """Read quotas and exports from 2010 to 2012. Raises NoDataYet."""
    quotas = common.select("export_quotas", as_of, "China's export quotas of rare earths", **QUOTA)
    rows = common.select("china_exports", as_of, "China's exports of rare earths", product=HEADLINE, measure="weight")
    world = rows[rows["destination"].eq("WLD") & rows["flow"].eq("export")]
    whole = world[world["month_start"].eq(1) & world["month_end"].eq(12) & world["series"].eq("customs")]
    before = world[world["year"].eq(2010) & world["month_end"].eq(9) & world["month_start"].eq(1)]
    years = [2011, 2012]
    quotas = quotas[quotas["year"].isin([2010, *years])]
    return Quotas(quotas, whole[whole["year"].isin(years)], before, scenario)
