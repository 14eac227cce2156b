"""What would have to be true: capacity elsewhere that keeps a limit, and the pace at which a dependence would end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lib.indicators import common, dependence, processing
from lib.indicators.dependence.west import Circle
from lib.indicators.whatif.assumptions import assumptions
from lib.indicators.whatif.gaps import EU_MAGNETS, common_rows
from lib.indicators.whatif.plants import SINCE
from lib.indicators.whatif.scenario import Scenario
from lib.quantity import Number, Quantity

TARGET = 2030
REGIONS = ("United States", "Europe", "Japan and Korea")
PARTS_AT_RISK = ("Total", "Region: {}", "Sector: {}")
"""How a chart calls the total of the IEA and its parts."""


@dataclass(frozen=True)
class Limit:
    """The EU's limit for one third country, and its imports of magnets in the newest year, by weight.

    china, world  the rows of imports from China and from everybody
    rule, growth  the rows of the limit and of the growth of use
    """

    china: pd.DataFrame
    world: pd.DataFrame
    rule: pd.DataFrame
    growth: pd.DataFrame

    @property
    def year(self) -> int:
        """The year of the imports."""
        return int(self.world["year"].iloc[0])

    @property
    def limit(self) -> float:
        """The largest share that one third country may have, in percent."""
        return float(self.rule["value"].iloc[0])

    def share(self) -> Number:
        """Return China's share of the magnets that the EU imported, by weight, in percent."""
        value = 100 * self._t(self.china) / self._t(self.world)
        scope = "share of China in the EU’s imports of rare-earth magnets from outside, by weight"
        rows = {"china": self.china, "world": self.world}
        query = "SELECT 100 * (SELECT weight_kg FROM china) / (SELECT weight_kg FROM world)"
        return Number(value, "%", scope, self.year, "imports from China / imports from all", rows, query, places=1)

    def imported(self) -> Number:
        """Return what the EU imported of rare-earth magnets, in kt."""
        scope = "the EU’s imports of rare-earth magnets from outside"
        return Number(self._t(self.world) / 1000, "kt", scope, self.year, "as printed", self.world, places=1)

    def needed(self, rate: str = "mode") -> Number:
        """Return the capacity not in China that the EU would need by 2030 to keep the limit, in kt a year.

        K = M (1 + g)^n (s − limit), with M the imports, g the growth of use, n the years to 2030, s China's share.
        """
        growth = float(self.growth[rate].iloc[0])
        value = self.at(growth, 0) - self.limit
        factors = " * ".join([f"(1 + g.{rate} / 100)"] * (TARGET - self.year))
        query = (
            f"SELECT (c.weight_kg - w.weight_kg * r.value / 100) / 1e6 * {factors} "
            "FROM china AS c, world AS w, rule AS r, growth AS g"
        )
        rows = {"china": self.china, "world": self.world, "rule": self.rule, "growth": self.growth}
        formula = "imports × (1 + growth)^years × (share of China − limit)"
        scope = "supply of magnets to the EU from elsewhere, beyond that of today, at which the limit would hold"
        return Number(value / 100 * self._future(growth), "kt", scope, TARGET, formula, rows, query, places=1)

    def at(self, growth: float, added: float) -> float:
        """Compute China's share of the EU's magnets in 2030, in percent, with `added` kt a year more from elsewhere."""
        future = self._future(growth)
        china = future * self._t(self.china) / self._t(self.world)
        return 100 * max(0.0, china - added) / future

    def by_capacity(self, most: int = 16) -> pd.DataFrame:
        """Give China's share in 2030 by what others deliver in addition, for a chart: kt, share, low, high, what.

        The band is that of the growth of use.
        """
        ends = {name: float(self.growth[name].iloc[0]) for name in ("low", "mode", "high")}
        rows = [
            (kt, self.at(ends["mode"], kt), self.at(ends["low"], kt), self.at(ends["high"], kt))
            for kt in range(most + 1)
        ]
        frame = pd.DataFrame(rows, columns=["kt", "share", "low", "high"]).assign(what="China’s share")
        line = frame.assign(what="Limit", share=self.limit, low=np.nan, high=np.nan)
        return pd.concat([frame, line], ignore_index=True).assign(source_id=self.world["source_id"].iloc[0])

    def _future(self, growth: float) -> float:
        return self._t(self.world) / 1000 * (1 + growth / 100) ** (TARGET - self.year)

    @staticmethod
    def _t(row: pd.DataFrame) -> float:
        return float(row["weight_kg"].iloc[0]) / 1000


def limit(as_of: common.Day, circle: Circle) -> Limit:
    """Read the EU's limit, its imports of rare-earth magnets and the growth of use. Raises NoDataYet."""
    rows = common.select("trade_flows", as_of, "The EU's imports of rare-earth magnets", **EU_MAGNETS)
    newest = rows[rows["year"] == rows["year"].max()]
    rule = dependence.one_third_country(as_of, circle).rule
    growth = assumptions(as_of).of("growth").row
    return Limit(common_rows(newest, "CHN"), common_rows(newest, common.WORLD), rule, growth)


def eu_plants(as_of: common.Day, circle: Circle) -> Number:
    """Return what magnet plants in the Union are designed for, in t a year: a bound while one prints no capacity.

    Raises NoDataYet for none.
    """
    abroad = processing.abroad(as_of, SINCE)
    union = replace(abroad, rows=abroad.rows[abroad.rows["iso3"].isin(circle.union)])
    return union.capacity(processing.SUMMED_STATES, "t/yr magnets", "in the Union")


def _columns(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows if name not in ("t", "year", "seen", "full")]


def pace_needed(scenario: Scenario, years: int) -> Number:
    """Return what plants elsewhere would have to add each year to replace China's magnets in some years, in kt a year.

    X (1 + g)^n / n, with X what China exported in the year of the shares and g the growth of use.
    """
    base, growth = scenario.importers.base, scenario.given.of("growth").row
    rate = float(growth["mode"].iloc[0])
    value = float(base["value"].iloc[0]) / 1000 * (1 + rate / 100) ** years / years
    factors = " * ".join(["(1 + g.mode / 100)"] * years)
    query = f"SELECT b.value / 1000 * {factors} / {years} FROM base AS b, growth AS g"
    scope = f"output of magnets to add elsewhere each year to replace China’s exports within {years} years"
    formula = f"exports × (1 + growth)^{years} / {years}"
    period = f"{scenario.importers.year} to {scenario.importers.year + years}"
    return Number(value, "kt", scope, period, formula, {"base": base, "growth": growth}, query, places=1)


def pace_of_growth(scenario: Scenario) -> Number:
    """Return what the growth of use alone adds to China's exports of magnets in a year, in kt."""
    base, growth = scenario.importers.base, scenario.given.of("growth").row
    value = float(base["value"].iloc[0]) * float(growth["mode"].iloc[0]) / 1e5
    scope, formula = "growth of the use that China’s exports of magnets serve, in a year", "exports × growth"
    query = "SELECT b.value * g.mode / 1e5 FROM base AS b, growth AS g"
    rows = {"base": base, "growth": growth}
    return Number(value, "kt", scope, scenario.importers.year, formula, rows, query, places=1)


def drawn(scenario: Scenario, year: int, delayed: bool = True) -> tuple[Number, Number, Number]:
    """Return what plants elsewhere make in a year, in kt: the 5th, 50th and 95th percentile of the draws."""
    plants = scenario.abroad
    sums = plants.draw(np.array([year]), delayed=delayed).sum(axis=0)[0] / 1000
    goods = "magnets" if plants.stage == "magnets" else "Nd, Pr, Dy and Tb"
    rows = [plants.rows[_columns(plants.rows)], scenario.given.rows]
    late = "with the delays on record" if delayed else "on time"
    low, middle, high = (
        Number(
            Quantity(float(value), "", True),
            "kt",
            f"{goods} made by plants outside China that are announced or run, {late}: {part} of the draws",
            year,
            "Σ p(status) × capacity × use × ramp",
            rows,
            places=0,
        )
        for part, value in zip(
            ("5th percentile", "median", "95th percentile"), np.percentile(sums, [5, 50, 95]), strict=True
        )
    )
    return low, middle, high


def ends(drawn_pace: Number, growth: Number) -> str:
    """Say what becomes of a dependence at a pace, as a sentence ends: whether plants elsewhere outrun growth."""
    faster = (drawn_pace.value or 0) > (growth.value or 0)
    return "the dependence shrinks by the difference" if faster else "the dependence does not end"


def pace_drawn(scenario: Scenario, last: int = TARGET) -> Number:
    """Return what plants elsewhere add in the mean year up to `last`, in kt a year, at the median of the draws."""
    first = scenario.importers.year
    made = scenario.abroad.draw(np.array([first, last])).sum(axis=0)
    value = float(np.median(made[1] - made[0])) / 1000 / (last - first)
    scope = "output of magnets that plants outside China add each year, with the delays on record"
    rows = [scenario.abroad.rows[_columns(scenario.abroad.rows)], scenario.given.rows]
    formula = "median of the draws of Σ p(status) × capacity × use × ramp, added from year to year"
    return Number(Quantity(value, "", True), "kt", scope, f"{first} to {last}", formula, rows, places=1)


def at_risk(as_of: common.Day) -> pd.DataFrame:
    """Give the value that others see at risk for want of rare earths, in billion USD a year: what, value.

    The IEA's total, then its parts by region, then those by sector. Raises NoDataYet.
    """
    rows = common.select("statements", as_of, "The IEA's value at risk", topic="value at risk")
    rows = rows[rows["statement_id"].str.startswith("at-risk-rare-earths-")]
    of = rows["statement"].str.rsplit(", ", n=1).str[-1]
    part = of.map(lambda name: 0 if name == "total" else 1 if name in REGIONS else 2)
    what = [PARTS_AT_RISK[place].format(name[:1].upper() + name[1:]) for name, place in zip(of, part, strict=True)]
    rows = rows.assign(what=what, part=part).sort_values(["part", "value"], ascending=[True, False], kind="stable")
    return rows.drop(columns="part")


def estimates(as_of: common.Day) -> dict[str, Number]:
    """Return what others put at risk, by the names of facts: the IEA for rare earths, the USGS for two other metals."""
    risk = common.select("statements", as_of, "The IEA's value at risk", statement_id="at-risk-rare-earths-total")
    stop = "full-stop-gallium-germanium"
    usgs = common.select(
        "statements",
        as_of,
        "The USGS on a full stop",
        statement_id=[f"{stop}-{end}" for end in ("low", "value", "high")],
    )
    scope = "yearly output of industries that need rare earths, at risk if controls were fully applied (IEA)"
    found = {
        "at-risk-total": Number(
            float(risk["value"].iloc[0]) / 1000, "trillion USD", scope, 2025, "as printed", risk, places=1
        )
    }
    for end in ("low", "value", "high"):
        row = usgs[usgs["statement_id"] == f"{stop}-{end}"]
        scope = "fall of US gross domestic product if China’s exports of gallium and germanium stopped (USGS)"
        found[f"full-stop-{end}"] = Number(
            float(row["value"].iloc[0]), "billion USD", scope, 2024, "as printed", row, places=1
        )
    return found
