"""The four magnet elements as the IEA counts them: mined, separated and needed, by country, year and scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lib import queries
from lib.indicators import common
from lib.indicators.processing.rows import quoted
from lib.markup import Link
from lib.quantity import Number
from lib.tables import catalog

WHAT = "The IEA's data set of the four magnet elements"
FLOWS = {"mined_kt": "Mined", "refined_kt": "Separated"}
MINERS = ("CHN", "MMR", "USA", "AUS", "MYS", "LAO", "FRA", "VNM", "ROW")
REFINERS = ("CHN", "MYS", "USA", "AUS", "FRA", "VNM", "ROW")
"""The countries of the two charts in their order."""
SCENARIOS = {
    "historical": "Past",
    "CPS": "Current policies",
    "STEPS": "Stated policies",
    "HDS": "High demand",
}
DEMAND_LOOK = {
    "points": True,
    "places": 0,
    "labels": SCENARIOS,
    "dashed": ["CPS", "STEPS", "HDS"],
    "colours": {"historical": "ink"} | dict.fromkeys(["CPS", "STEPS", "HDS"], "accent"),
}
"""How a chart shows the scenarios of demand."""


def iea_flow(refined_supply: pd.DataFrame, flow: str, year: int) -> pd.DataFrame:
    """Select the IEA's base case of one flow (mining, refining) and year: a row per country, WLD and ROW (kt of four).

    Of several editions that print the year the one published last is taken, whole: the countries of two do not add up.
    """
    rows = _base_case(refined_supply, flow)
    rows = rows[rows["year"] == year]
    return rows[rows["edition"] == _newest_edition(rows)]


def iea_years(refined_supply: pd.DataFrame, flow: str, projections: bool = False) -> list[int]:
    """List years for which the newest edition prints a world total of a flow; projected ones only when asked for."""
    rows = _base_case(refined_supply, flow)
    rows = rows[(rows["iso3"] == common.WORLD) & (rows["edition"] == _newest_edition(rows))]
    if not projections:
        rows = rows[rows["kind"] != "projection"]
    return sorted(int(year) for year in rows["year"].unique())


def _base_case(refined_supply: pd.DataFrame, flow: str) -> pd.DataFrame:
    rows = refined_supply[(refined_supply["series"] == "iea") & (refined_supply["flow"] == flow)]
    return rows[(rows["scenario"] == "base case") & rows["company"].isna()]


def _newest_edition(rows: pd.DataFrame) -> str | None:
    world = rows[rows["iso3"] == common.WORLD].sort_values("published", kind="stable")
    return None if world.empty else world["edition"].iloc[-1]


def stage_gap(refined_supply: pd.DataFrame, year: int) -> pd.DataFrame:
    """Compute share of separation less share of mining, s_ref − s_mine in percentage points, by country, in one scope.

    Both flows are the IEA's base case of the four magnet elements in `year`. A country that is not listed in one flow
    has no share there (missing, not zero), hence no gap, except that ROW is kept apart. Returns iso3, mined_kt,
    refined_kt, mined, refined (percent), gap, source_id; largest refiner first.
    """
    flows = {}
    for flow in ("mining", "refining"):
        rows = iea_flow(refined_supply, flow, year)
        world = common.amount(rows, common.WORLD).value
        rows = rows[rows["iso3"] != common.WORLD].set_index("iso3")
        flows[flow] = rows["value"], rows["value"] / world * 100, rows["source_id"]
    frame = pd.DataFrame(
        {
            "mined_kt": flows["mining"][0],
            "refined_kt": flows["refining"][0],
            "mined": flows["mining"][1],
            "refined": flows["refining"][1],
            "source_id": flows["refining"][2].combine_first(flows["mining"][2]),
        }
    )
    frame["gap"] = frame["refined"] - frame["mined"]
    return frame.sort_values("refined", ascending=False).rename_axis("iso3").reset_index()


def refined_by_country(refined_supply: pd.DataFrame, projections: bool = True) -> pd.DataFrame:
    """Select separated magnet elements by country and year (IEA base case, kt), no world row; index and attrs kept."""
    years = iea_years(refined_supply, "refining", projections)
    rows = pd.concat([iea_flow(refined_supply, "refining", year) for year in years])
    rows = rows[rows["iso3"] != common.WORLD].copy()
    rows["projected"] = rows["kind"] == "projection"
    rows.attrs = refined_supply.attrs
    return rows


@dataclass(frozen=True)
class Supply:
    """The IEA's base case of the four magnet elements: what is mined and separated, a row per country and year."""

    mining: pd.DataFrame
    refining: pd.DataFrame
    as_of: common.Day

    @property
    def year(self) -> int:
        """The last year that is no projection."""
        return iea_years(self.refining, "refining")[-1]

    @property
    def first(self) -> int:
        """The first year that the newest edition has. Raises NoDataYet where it has one past year alone."""
        year = iea_years(self.refining, "refining")[0]
        if year == self.year:
            raise common.not_yet("refined_supply", self.as_of, "A second past year of the newest edition")
        return year

    @property
    def last(self) -> int:
        """The last year for which the newest edition prints a total."""
        return iea_years(self.refining, "refining", projections=True)[-1]

    def link(self, words: str) -> Link:
        """Return words that lead to the newest edition."""
        newest = self.refining.sort_values("published", kind="stable").iloc[-1]
        return Link(words, f"source:{newest['source_id']}")

    def share(self, flow: str, iso3: str = "CHN", year: int | None = None) -> Number:
        """Return a country's percentage of the world's mining or refining in a year, by default the last one."""
        year = self.year if year is None else year
        rows = self._flow(flow, year)
        case = "expected " if rows["kind"].eq("projection").any() else ""
        scope = f"{case}share of {common.called(iso3)} in world {flow} of Nd, Pr, Dy and Tb (IEA)"
        used = rows[rows["iso3"].isin([iso3, common.WORLD])]
        return Number(common.share(rows, iso3), "%", scope, year, f"{iso3} / world", used)

    def of_another_year(self, share: Number) -> Number:
        """Return a share that is not of the last year. Raises DoesNotHold where it is: there is nothing to explain."""
        if str(share.period) == str(self.year):
            raise catalog.DoesNotHold("a share of another year than the last of the newest edition")
        return share

    def gap(self) -> Number:
        """Return China's share of separation less its share of mining, in percentage points."""
        flows = ("mining", "refining")
        rows = {flow: self._flow(flow, self.year) for flow in flows}
        rows = {flow: frame[frame["iso3"].isin(["CHN", common.WORLD])] for flow, frame in rows.items()}
        each = [queries.compared_sums("value", "iso3 = 'CHN'", "iso3 = 'WLD'", flow) for flow in flows]
        mined, refined = (common.share(rows[flow], "CHN") for flow in flows)
        return Number(
            (refined.value or 0) - (mined.value or 0),
            "percentage points",
            "share of China in refining less its share in mining, Nd, Pr, Dy and Tb (IEA)",
            self.year,
            "share of separation less share of mining",
            rows,
            f"SELECT ({each[1]}) - ({each[0]})",
        )

    def world(self, year: int) -> Number:
        """Return what the world separates of the four elements in a year, in kt."""
        rows = common.row(self._flow("refining", year), common.WORLD)
        return quoted(rows, "kt", "separated Nd, Pr, Dy and Tb, world (IEA base case)", year, places=1)

    def elsewhere(self, flow: str, year: int | None = None) -> Number:
        """Return what all countries but China mine or separate in a year, by default the last one, in kt."""
        year = self.year if year is None else year
        rows = self._flow(flow, year)
        rows = rows[rows["iso3"].isin(["CHN", common.WORLD])]
        amount = common.amount(rows, common.WORLD) - common.amount(rows, "CHN")
        scope = f"{flow} of Nd, Pr, Dy and Tb, all countries but China (IEA base case)"
        return Number(amount, "kt", scope, year, "world − China", rows, places=0)

    def surplus(self) -> Number:
        """Return by how much China separates more than it mines in `year`, in kt."""
        rows = [common.row(self._flow(flow, self.year), "CHN") for flow in ("refining", "mining")]
        separated, mined = (common.amount(row, "CHN") for row in rows)
        scope = "Nd, Pr, Dy and Tb separated in China beyond what it mines (IEA base case)"
        formula, query = "separated − mined", "SELECT (SELECT value FROM refining) - (SELECT value FROM mining)"
        named = dict(zip(("refining", "mining"), rows, strict=True))
        return Number(separated - mined, "kt", scope, self.year, formula, named, query, places=0)

    def added(self, home: bool) -> Number:
        """Return by how much separation in China, or elsewhere, grows from `year` to `last`, in kt."""
        rows = self.refined()
        rows = rows[rows["year"].isin([str(self.year), str(self.last)]) & (rows["iso3"].eq("CHN") == home)]
        sums = rows.groupby("year")["value"].sum()
        where = "China" if home else "all countries but China"
        parts = (f"total(value) FILTER (WHERE year = {year})" for year in (self.last, self.year))
        return Number(
            float(sums[str(self.last)] - sums[str(self.year)]),
            "kt",
            f"growth of separated Nd, Pr, Dy and Tb, {where} (IEA base case)",
            f"{self.year} to {self.last}",
            f"Σ of {self.last} − Σ of {self.year}",
            self.refining.loc[rows.index],
            f"SELECT {' - '.join(parts)} FROM refined_supply",
            places=0,
        )

    def both_flows(self) -> pd.DataFrame:
        """Give what each country mines and separates in `year`, for a chart: flow, iso3, kt, source_id."""
        gap = stage_gap(pd.concat([self.refining, self.mining]), self.year)
        return gap.melt(["iso3", "source_id"], list(FLOWS), "flow", "kt").dropna(subset="kt")

    def refined(self) -> pd.DataFrame:
        """Give the rows of `refined_by_country`, with the year as text, for a chart."""
        return refined_by_country(self.refining).astype({"year": "string"})

    def _flow(self, flow: str, year: int) -> pd.DataFrame:
        return iea_flow(self.mining if flow == "mining" else self.refining, flow, year)


def supply(as_of: common.Day) -> Supply:
    """Read the IEA's base case of the four magnet elements. Raises NoDataYet."""
    which = {"series": "iea", "scenario": "base case"}
    flows = {flow: common.select("refined_supply", as_of, WHAT, flow=flow, **which) for flow in ("refining", "mining")}
    return Supply(flows["mining"], flows["refining"], as_of)


def flow_look(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `Supply.both_flows`."""
    return {"labels": FLOWS, "order": list(FLOWS), "part_order": _shown(rows, MINERS)}


def refined_look(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `Supply.refined`."""
    order = sorted(rows["year"].unique())
    return {"order": order, "part_order": _shown(rows, REFINERS), "hatch": "projected", "totals": True, "places": 1}


def kilotonnes(rows: pd.DataFrame, iso3: str, *years: int) -> list[str]:
    """Write what a country separates in some years, as a title does, from the rows of `Supply.refined`."""
    by_year = rows[rows["iso3"] == iso3].set_index("year")["value"]
    return [f"{by_year[str(year)]:.0f} kt" for year in years]


def _shown(rows: pd.DataFrame, codes: tuple[str, ...]) -> list[str]:
    return [code for code in codes if code in set(rows["iso3"])]


@dataclass(frozen=True)
class Demand:
    """The IEA's demand for the four magnet elements: `rows` of past years and scenarios, kt."""

    rows: pd.DataFrame

    @property
    def last(self) -> int:
        """The last year of the scenarios."""
        return int(self.rows["year"].max())

    def now(self) -> Number:
        """Return the demand of the last past year, in kt."""
        row = self.rows[self.rows["scenario"] == "historical"].tail(1)
        return quoted(row, "kt", "demand for Nd, Pr, Dy and Tb, world (IEA)", int(row["year"].iloc[0]))

    def ends(self) -> Iterator[tuple[str, Number]]:
        """Give the lowest and the highest demand of the last year in kt, each with the name of its scenario."""
        ends = self.rows[self.rows["year"] == self.last].sort_values("value")
        for row in (ends.head(1), ends.tail(1)):
            name = SCENARIOS[row["scenario"].iloc[0]].lower()
            yield name, quoted(row, "kt", f"demand for Nd, Pr, Dy and Tb, world (IEA, scenario of {name})", self.last)

    def lines(self) -> pd.DataFrame:
        """Give the rows of a chart in which each scenario begins at the last past year."""
        past = self.rows[self.rows["scenario"] == "historical"].tail(1)
        ahead = [past.assign(scenario=name) for name in SCENARIOS if name != "historical"]
        return pd.concat([self.rows, *ahead]).sort_values(["scenario", "year"])


def demand(as_of: common.Day) -> Demand:
    """Read the IEA's demand by scenario of its newest outlook. Raises NoDataYet."""
    which = {"flow": "demand", "edition": "IEA July 2026"}
    rows = common.select("refined_supply", as_of, "The IEA's demand by scenario", **which)
    rows = rows[rows["use"].eq("all uses") & rows["scenario"].isin(SCENARIOS)]
    return Demand(rows.sort_values(["scenario", "year"]))


def refined_of_two_editions(as_of: common.Day, year: int) -> dict[str, Number]:
    """Return what the last two editions project of separation for a year in their base cases, in kt.

    The numbers are the world's and China's, by the names of their facts. Raises NoDataYet before the second edition.
    """
    rows = common.optional("refined_supply", as_of, vintages="all")
    rows = rows[(rows["flow"] == "refining") & (rows["scenario"] == "base case") & (rows["year"] == year)]
    rows = rows[rows["iso3"].isin(["CHN", common.WORLD])].sort_values("published", kind="stable")
    editions = [edition for edition in rows["edition"].unique() if (rows["edition"] == edition).sum() == 2][-2:]
    if len(editions) < 2:
        raise common.not_yet("refined_supply", as_of, "A second edition of the supply by country")
    numbers = {}
    for place, edition in enumerate(editions):
        for iso3 in (common.WORLD, "CHN"):
            row = rows[(rows["edition"] == edition) & (rows["iso3"] == iso3)]
            scope = f"separated Nd, Pr, Dy and Tb, {catalog.country_name(iso3)} ({edition}, base case)"
            numbers[f"refined-{year}-{iso3.lower()}{place}"] = quoted(row, "kt", scope, year, places=1)
    return numbers


def demand_of_two_editions(as_of: common.Day, year: int) -> tuple[Number, Number]:
    """Return what the last two editions project of demand for a year by stated policies, in kt.

    Raises NoDataYet before the second edition.
    """
    rows = common.optional("refined_supply", as_of, vintages="all")
    rows = rows[(rows["flow"] == "demand") & (rows["scenario"] == "STEPS") & (rows["year"] == year)]
    rows = rows[rows["use"].eq("all uses") & rows["iso3"].eq(common.WORLD)].sort_values("published", kind="stable")
    if len(rows) < 2:
        raise common.not_yet("refined_supply", as_of, "A second edition of the demand by scenario")
    scope = "demand for Nd, Pr, Dy and Tb, world (IEA, scenario of stated policies, {})"
    editions = (rows.iloc[-2:-1], rows.iloc[-1:])
    before, newest = (quoted(row, "kt", scope.format(row["edition"].iloc[0]), year, places=1) for row in editions)
    return before, newest
