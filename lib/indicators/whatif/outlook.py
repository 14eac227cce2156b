"""What the IEA's editions expect of one year, its demand beside supply by stage, and the market without China."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from lib import quantity
from lib.indicators import common, processing
from lib.indicators.processing import iea_flow
from lib.quantity import Number
from lib.tables import catalog

MAGNET = "the four magnet elements"
INDEX = {"hhi-mining-magnet": "hhi-mining-2025", "hhi-separation-magnet": "hhi-refining-2025"}
"""Facts of this chapter by the names that the index of a market has in Processing."""
STAGES = {"mining": "mining", "separation": "refining"}
SCENARIOS = {"CPS": "Demand, current policies", "STEPS": "Demand, stated policies", "HDS": "Demand, high"}
DEMAND = list(SCENARIOS.values())
TONES = {"Mined": "seq-4", "Separated": "ink"} | dict.fromkeys(DEMAND, "accent")
"""How a chart colours demand and supply."""


def editions(as_of: common.Day, year: int, flow: str = "refining") -> pd.DataFrame:
    """Give what each edition of the IEA expects for one year: edition, published, share, hhi, without, source_id.

    share    China's percentage of the world's mining or refining of the four magnet elements
    hhi      Σ s² over the countries that are listed, 0 to 10,000; the rest of the world counts in the denominator only
    without  what is left without China, 100 − share, in percent (the IEA's N−1)
    The Outlook of May 2024 prints the share alone. Raises NoDataYet before the first edition.
    """
    every = common.select("refined_supply", as_of, f"The IEA's outlooks on {MAGNET}", vintages="all", series="iea")
    every = every[every["flow"].eq(flow) & every["year"].eq(year) & every["scenario"].eq("base case")]
    rows: list[tuple] = []
    stage = next(name for name, value in STAGES.items() if value == flow)
    first = common.optional("stage_shares", as_of)
    first = first[first["source_id"].eq("seaisi_gcmo2024") & first["holder"].eq("CHN")]
    first = first[first["stage"].eq(stage) & first["year"].eq(year)]
    if len(first):
        share = float(first["share"].iloc[0])
        known = first.iloc[0]
        rows.append(("May 2024", known["published"], share, float("nan"), 100 - share, known["source_id"]))
    for edition in common.editions(every):
        listed = common.edition(every, edition)
        if "CHN" not in set(listed["iso3"]):
            continue
        world = common.amount(listed, common.WORLD).value or 0
        share = 100 * float(common.row(listed, "CHN")["value"].iloc[0]) / world
        row = (edition.removeprefix("IEA "), listed["published"].max(), share, hhi_listed(listed), 100 - share)
        rows.append((*row, listed["source_id"].iloc[0]))
    if not rows:
        raise common.not_yet("refined_supply", as_of, f"An edition of the IEA with {year}")
    return pd.DataFrame(rows, columns=["edition", "published", "share", "hhi", "without", "source_id"])


def editions_of(as_of: common.Day, years: Iterable[int], flow: str = "refining") -> pd.DataFrame:
    """Give the rows of `editions` for several years, each named in `when`. Raises NoDataYet before the second edition.

    Raises DoesNotHold where an edition expects more than the one before: then a sentence that says less is wrong.
    """
    tables = [editions(as_of, year, flow).assign(when=str(year)) for year in years]
    if any(len(table) < 2 for table in tables):
        raise common.not_yet("refined_supply", as_of, "A second edition of the IEA's outlook")
    if any(table["share"].diff().gt(0).any() for table in tables):
        raise catalog.DoesNotHold("A smaller share in each edition")
    return pd.concat(tables, ignore_index=True)


def hhi_listed(rows: pd.DataFrame) -> float:
    """Compute the Herfindahl–Hirschman index of the countries that are listed, over the printed world total.

    Σ (100 v_i / v_world)², 0 to 10,000; `ROW` counts in the total and not in the sum.
    """
    world = float(common.row(rows, common.WORLD)["value"].iloc[0])
    single = rows[~rows["iso3"].isin([common.WORLD, common.REST, "ROW"])]
    return quantity.hhi(100 * single["value"] / world)


def outside_china(as_of: common.Day, year: int, flow: str = "refining") -> pd.DataFrame:
    """Give the shares of the market without China: what others refine or mine, of which buyers can choose.

    Market-available concentration: each part of the sum of all countries but China. Returns the rows with `share` in
    percent, largest first.
    """
    rows = iea_flow(common.select("refined_supply", as_of, f"The IEA on {MAGNET}", series="iea"), flow, year)
    world, china = (float(common.row(rows, code)["value"].iloc[0]) for code in (common.WORLD, "CHN"))
    others = rows[~rows["iso3"].isin([common.WORLD, "CHN"])]
    return others.assign(share=100 * others["value"] / (world - china)).sort_values("share", ascending=False)


def outside_numbers(as_of: common.Day, year: int) -> Iterator[tuple[str, Number]]:
    """Give what is mined and refined outside China in a year, in percent of the world, by the names of facts."""
    every = common.select("refined_supply", as_of, f"The IEA on {MAGNET}", series="iea")
    query = (
        "SELECT 100 - 100 * total(value) FILTER (WHERE iso3 = 'CHN') / sum(value) FILTER (WHERE iso3 = 'WLD') "
        "FROM refined_supply"
    )
    for flow in ("mining", "refining"):
        rows = iea_flow(every, flow, year)
        if rows.empty:
            raise common.not_yet("refined_supply", as_of, f"The IEA on {year}")
        two = rows[rows["iso3"].isin(["CHN", common.WORLD])]
        share = 100 - float(common.share(rows, "CHN").value or 0)
        expected = "expected " if rows["kind"].eq("projection").any() else ""
        scope = f"{expected}share of all countries but China in {flow} of {MAGNET} (IEA)"
        yield f"outside-{flow}-{year}", Number(share, "%", scope, year, "100 − China / world", two, query, places=1)


def market_numbers(as_of: common.Day, year: int) -> Iterator[tuple[str, Number]]:
    """Give the concentration of mining and refining, and the largest country of the market without China.

    The index is that of the newest year (`processing.Markets`); `year` is that of the market. Raises NoDataYet.
    """
    for name, number, _ in processing.known_markets(as_of).measured("hhi_low"):
        if name in INDEX:
            yield INDEX[name], number
    rows = iea_flow(common.select("refined_supply", as_of, f"The IEA on {MAGNET}", series="iea"), "refining", year)
    table = outside_china(as_of, year)
    largest = table[table["iso3"] != "ROW"].iloc[0]
    used = rows[rows["iso3"].isin([largest["iso3"], "CHN", common.WORLD])]
    query = (
        "SELECT 100 * total(value) FILTER (WHERE iso3 NOT IN ('CHN', 'WLD')) / (sum(value) FILTER (WHERE iso3 = 'WLD') "
        "- sum(value) FILTER (WHERE iso3 = 'CHN')) FROM refined_supply"
    )
    scope = f"share of {common.called(largest['iso3'])} in refining of {MAGNET} outside China (IEA)"
    formula = "largest other country / (world − China)"
    yield f"available-{year}", Number(float(largest["share"]), "%", scope, year, formula, used, query)


def demand_beside_supply(as_of: common.Day) -> pd.DataFrame:
    """Give the IEA's demand by scenario beside what is mined and refined, in and outside China: what, part, year, kt.

    Raises NoDataYet before the edition that has both.
    """
    every = common.select("refined_supply", as_of, "The IEA's demand beside supply", edition="IEA July 2026")
    demand = every[every["flow"].eq("demand") & every["use"].eq("all uses") & every["scenario"].isin(SCENARIOS)]
    rows = [(SCENARIOS[row.scenario], "demand", int(row.year), row.value, row.source_id) for row in demand.itertuples()]
    for flow, called in (("mining", "Mined"), ("refining", "Separated")):
        supply = every[every["flow"].eq(flow) & every["scenario"].eq("base case") & every["year"].ge(2030)]
        for year, group in supply.groupby("year"):
            values = group.set_index("iso3")["value"]
            parts = {"in China": values["CHN"], "elsewhere": values[common.WORLD] - values["CHN"]}
            rows += [(called, part, int(year), value, group["source_id"].iloc[0]) for part, value in parts.items()]
    return pd.DataFrame(rows, columns=["what", "part", "year", "kt", "source_id"])


def risk_by_stage(as_of: common.Day) -> pd.DataFrame:
    """Give the governance-weighted concentration of each stage that is known, 0 (best) to 10 (worst).

    Σ s² WGI′ (Blengini et al. 2017), from `processing`: where, low, high, source_id. Raises NoDataYet.
    """
    scores = processing.governance_scores(processing.governance(as_of))
    return processing.known_markets(as_of).weighted(scores)
