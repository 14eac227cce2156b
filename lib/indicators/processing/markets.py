"""How concentrated each stage is: shares by country, their largest three, the index, and what the leader leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from lib import markup, words
from lib.indicators import common
from lib.indicators.processing.stages import ALL, LINES, MAGNET, STAGES, WHOLES, mine_years, world_shares
from lib.indicators.processing.supply import iea_flow, iea_years
from lib.quantity import Number, Quantity
from lib.tables import catalog
from lib.tables.dictionary import CONFIDENCES

MAKING = {"mining": "mining", "separation": "separation", "magnets": "magnet making"}
"""Stages as a sentence names what is done there."""
WGI = "The table of the World Governance Indicators"


class End(NamedTuple):
    """The market with the largest or the smallest figure of a table."""

    what: str
    """What is done there, as a title begins: Magnet making."""
    called: str
    """The market as a sentence names it, with its year."""
    value: float
    leader: str
    """The country with the largest share, where the table has it."""


class Measure(NamedTuple):
    """One way to say how concentrated a market is: how its facts are called, and how it follows from the shares."""

    name: str
    unit: str
    scope: str
    formula: str
    query: str


MEASURES = {
    "top3": Measure(
        "top-three",
        "%",
        "share of the three largest countries",
        "sum of the three largest shares",
        "SELECT sum(share) FROM (SELECT share FROM market ORDER BY share DESC LIMIT 3)",
    ),
    "hhi_low": Measure(
        "hhi",
        "HHI",
        "Herfindahl–Hirschman index of the countries",
        "sum of the squared shares of the named countries",
        "SELECT sum(share * share) FROM market",
    ),
    "without_leader": Measure(
        "without-leader",
        "%",
        "share of all countries but the largest",
        "100 − share of the largest country",
        "SELECT 100 - max(share) FROM market",
    ),
}
PANELS = {
    "Three largest, %": 100,
    "Herfindahl index, to 10,000": 10_000,
    "By governance, to 10": 10,
    "Left without the largest, %": 100,
}
"""The measures of one chart, each with the end of its scale."""
COLUMNS = ("top3", "low", "low", "without_leader")
PANEL_LOOK = {
    "maxima": PANELS,
    "units": {"Three largest, %": "%", "Left without the largest, %": "%"},
    "decimals": {"By governance, to 10": 1, "Herfindahl index, to 10,000": 0},
}
"""How a chart shows the rows of `Markets.side_by_side`."""
MEASURED = (
    "Arrows: what has no country's name would add to the index. Governance: squared shares times WGI′, from 0 (best) "
    "to 10 (worst), the EU's method for critical raw materials without its trade parameter."
)
SHARES = {"stage_shares": "SELECT holder AS iso3, share FROM stage_shares"} | {
    table: f"SELECT iso3, 100 * value / (SELECT value FROM {table} WHERE iso3 = 'WLD') AS share FROM {table} "
    "WHERE iso3 NOT IN ('WLD', 'OTH', 'ROW')"
    for table in ("mine_production", "refined_supply")
}
"""The shares of a market as a query of the rows behind it."""
WITH_THIRD = (
    "SELECT holder AS iso3, share FROM stage_shares WHERE holder <> 'TOP3' UNION ALL SELECT 'OTH', "
    "total(share) FILTER (WHERE holder = 'TOP3') - total(share) FILTER (WHERE holder <> 'TOP3') FROM stage_shares"
)
"""The same where two countries and the largest three together are known, and the third follows from them."""


def markets(
    mine_production: pd.DataFrame, refined_supply: pd.DataFrame | None, stage_shares: pd.DataFrame
) -> pd.DataFrame:
    """List countries' shares of four markets in the newest year each, as far as known with medium or high confidence.

    Mining of all rare earths (USGS), mining and separation of the four magnet elements (the IEA's tonnages; before
    they were published, the shares of its Outlook 2024) and magnets (the newest estimate that names China's share).
    Returns market (slug), stage, stage_order, line, scope, year, iso3, share (percent), edition, source_id, published,
    confidence, `_rows`. What is not in a row is not attributed to any country: `concentration` makes it a range.
    """
    parts = [_usgs_market(mine_production)]
    parts += [_iea_market(refined_supply, stage_shares, stage) for stage in ("mining", "separation")]
    parts.append(_magnet_market(stage_shares))
    nonempty = [part for part in parts if part is not None and len(part)]
    return pd.concat(nonempty, ignore_index=True) if nonempty else pd.DataFrame()


def _market(slug, stage, kind, scope, year, table, rows, share, edition="") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "market": slug,
            "stage": stage,
            "stage_order": STAGES.index(stage),
            "line": LINES[stage, kind],
            "scope": scope,
            "year": int(year),
            "iso3": list(rows["iso3"]),
            "share": list(share),
            "edition": edition,
            "source_id": list(rows["source_id"]),
            "published": list(rows["published"]),
            "confidence": list(rows["confidence"]),
            "_rows": [((table, int(index)),) for index in rows.index],
        }
    )


def _usgs_market(mine_production: pd.DataFrame) -> pd.DataFrame | None:
    years = mine_years(mine_production)
    if not years:
        return None
    year = max(years)
    named = common.shares(years[year])
    named = named[(named["iso3"] != common.REST) & named["share"].gt(0)]
    edition = str(named["edition"].iloc[0])
    return _market("mining-all", "mining", "all", ALL, year, "mine_production", named, named["share"], edition)


def _iea_market(refined_supply, stage_shares, stage) -> pd.DataFrame | None:
    flow = {"mining": "mining", "separation": "refining"}[stage]
    years = iea_years(refined_supply, flow) if refined_supply is not None else []
    if years:
        rows = iea_flow(refined_supply, flow, years[-1])
        named = rows[~rows["iso3"].isin([common.WORLD, "ROW"]) & rows["value"].gt(0)]
        share = named["value"] / common.amount(rows, common.WORLD).value * 100
        edition = str(named["edition"].iloc[0])
        return _market(f"{stage}-magnet", stage, "magnet", MAGNET, years[-1], "refined_supply", named, share, edition)
    return _outlook_market(stage_shares, stage)


def _outlook_market(stage_shares: pd.DataFrame, stage: str) -> pd.DataFrame | None:
    """Return an outlook's shares: the named countries and, where the top three and two of them are known, the third."""
    rows = world_shares(stage_shares)
    rows = rows[(rows["stage"] == stage) & (rows["scope"] == MAGNET) & (rows["confidence"] != "low")]
    if rows.empty:
        return None
    rows = rows[rows["year"] == rows["year"].max()].rename(columns={"holder": "iso3"})
    named = rows[rows["iso3"].str.len().eq(3) & rows["iso3"].ne("ROW") & rows["share"].gt(0)]
    market = _market(
        f"{stage}-magnet", stage, "magnet", MAGNET, rows["year"].max(), "stage_shares", named, named["share"]
    )
    three = rows[rows["iso3"] == "TOP3"]
    if len(named) == 2 and len(three) == 1:
        third = _market(
            f"{stage}-magnet",
            stage,
            "magnet",
            MAGNET,
            rows["year"].max(),
            "stage_shares",
            three,
            three["share"] - named["share"].sum(),
        )
        market = pd.concat([market, third.assign(iso3="OTH")], ignore_index=True)
    return market


def _magnet_market(stage_shares: pd.DataFrame) -> pd.DataFrame | None:
    """Return the newest magnet estimate by an agency (IEA, US DOE), not of low confidence, with its other countries.

    Banks and consultants are passed over here because they print one number without a basis; the funnel shows them.
    """
    rows = world_shares(stage_shares)
    agencies = rows["estimator"].str.contains("IEA|DOE")
    rows = rows[(rows["stage"] == "magnets") & agencies & rows["scope"].eq("sintered NdFeB magnets")]
    rows = rows[rows["confidence"] != "low"].rename(columns={"holder": "iso3"})
    if rows.empty:
        return None
    newest = rows.sort_values(["year", "published"], kind="stable").iloc[-1]
    rows = rows[(rows["year"] == newest["year"]) & (rows["source_id"] == newest["source_id"])]
    return _market(
        "magnets", "magnets", "all", newest["scope"], newest["year"], "stage_shares", rows, rows["share"]
    ).sort_values("share", ascending=False)


def hhi_range(shares: pd.Series | list[float]) -> tuple[float, float]:
    """Compute the range of the Herfindahl–Hirschman index, 0 to 10,000, when part of a market has no country named.

    low: that part is spread over very many; high: one country has all of it. Shares in percent. Raises ValueError
    when they add up to more than 101 (rounding).
    """
    percents = [float(share) for share in shares]
    rest = 100 - sum(percents)
    if rest < -1:
        raise ValueError(f"shares add up to {sum(percents):.1f} percent")
    named = sum(share**2 for share in percents)
    return named, named + max(0.0, rest) ** 2


def concentration(shares: pd.DataFrame) -> pd.DataFrame:
    """Describe each market of `markets`: its leader, the top three, the index as a range, supply without the leader.

    Columns: market, stage, stage_order, line, scope, year, leader, leader_share, top3 (percent; missing where fewer
    than three are known), without_leader = 100 − leader_share, named (percent that has a country), hhi_low, hhi_high,
    edition, source_id, published, confidence, where (line and year).
    """
    rows = []
    for _, market in shares.groupby("market", sort=False):
        market = market.sort_values("share", ascending=False, kind="stable")
        first = market.iloc[0]
        low, high = hhi_range(market["share"])
        kept = [
            "market",
            "stage",
            "stage_order",
            "line",
            "scope",
            "year",
            "edition",
            "source_id",
            "published",
        ]
        rows.append(
            first[kept].to_dict()
            | {
                "leader": first["iso3"],
                "leader_share": float(first["share"]),
                "top3": float(market["share"].head(3).sum()) if len(market) >= 3 else float("nan"),
                "without_leader": 100 - float(first["share"]),
                "named": float(market["share"].sum()),
                "hhi_low": low,
                "hhi_high": high,
                "confidence": max(market["confidence"], key=CONFIDENCES.index),
            }
        )
    return _ordered(rows)


def _ordered(rows: list[dict]) -> pd.DataFrame:
    """Put markets in the order of the chain, with `where`, the name of a market and its year."""
    frame = pd.DataFrame(rows).sort_values(["stage_order", "line"], kind="stable").reset_index(drop=True)
    return frame.assign(where=frame["line"] + ", " + frame["year"].astype(str))


def governance_scores(governance: pd.DataFrame, year: int | None = None) -> pd.DataFrame:
    """Scale World Governance Indicators to WGI′, 0 (best) to 10 (worst), mean of the six dimensions.

    WGI′ = 10 (2.5 − mean) / 5, estimates running from −2.5 to 2.5 (Blengini et al. 2017). The newest year with all six
    dimensions for China is taken unless `year` is given. Returns iso3, year, score; indexed by iso3.
    """
    six = governance[governance["dimension"].isin(["va", "pv", "ge", "rq", "rl", "cc"])]
    year = year if year is not None else int(six["year"].max())
    six = six[six["year"] == year]
    counted = six.groupby("iso3")["estimate"].agg(["mean", "count"])
    mean = counted.loc[counted["count"] == 6, "mean"]
    return pd.DataFrame({"year": year, "score": 10 * (2.5 - mean) / 5})


def weighted_concentration(shares: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Compute governance-weighted concentration by market, Σ s² WGI′, s as a fraction: 0 (best) to 10 (worst).

    The indicator of the EU's criticality method without its trade parameter (Blengini et al. 2017). The unnamed part
    of a market and countries without a score give the range: spread thin (0) or one country with the worst score.
    Returns market, stage, stage_order, line, scope, year, low, high, source_id, where (line and year).
    """
    rows = []
    for _, market in shares.groupby("market", sort=False):
        score = market["iso3"].map(scores["score"])
        scored = float(((market["share"] / 100) ** 2 * score).sum())
        unscored = max(0.0, 100 - float(market.loc[score.notna(), "share"].sum()))
        first = market.sort_values("share").iloc[-1]
        rows.append(
            first[["market", "stage", "line", "stage_order", "scope", "year", "source_id"]].to_dict()
            | {"low": scored, "high": scored + (unscored / 100) ** 2 * 10}
        )
    return _ordered(rows)


@dataclass(frozen=True)
class Markets:
    """The stages of which the countries are known: `shares` of `markets`, and the tables behind them by name."""

    shares: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]

    @property
    def table(self) -> pd.DataFrame:
        """The rows of `concentration`."""
        return concentration(self.shares)

    def measured(self, column: str) -> Iterator[tuple[str, Number, str]]:
        """Give one measure of each market it is known of: the name of its fact, the number, and what it is of."""
        measure = MEASURES[column]
        for _, row in self.table[self.table[column].notna()].iterrows():
            rows = self._behind(row["market"])
            three = "holder" in rows[0] and rows[0]["holder"].eq("TOP3").any()
            shares = WITH_THIRD if three else SHARES[rows[0].attrs["table"]]
            query = " ".join(["WITH market AS (", shares, ")", measure.query])
            bound = ">" if column == "hhi_low" and row["hhi_high"] > row["hhi_low"] else ""
            value, scope = (
                Quantity(float(row[column]), bound),
                f"{measure.scope} in {WHOLES[row['stage']]}: {row['scope']}",
            )
            number = Number(value, measure.unit, scope, int(row["year"]), measure.formula, rows, query)
            yield f"{measure.name}-{row['market']}", number, called(row)

    def told(self, column: str, facts: Mapping[str, object]) -> markup.Marked:
        """Write one measure of all markets as a sentence lists them, with the facts that it became."""
        between = "of" if MEASURES[column].unit == "%" else "for"
        found = ((facts[name], f"the {what}" if " of " in what else what) for name, _, what in self.measured(column))
        return markup.Marked(words.joined(f"{markup.text(share)} {between} {what}" for share, what in found))

    def side_by_side(self, as_of: common.Day) -> pd.DataFrame:
        """Give a row for each market and measure of `PANELS`, for a chart: where, scope, leader, measure, value.

        An index of which only the named countries are known is a lower bound (`qualifier`). Governance is left out
        before it was public.
        """
        table = self.table.rename(columns={"hhi_low": "low", "hhi_high": "high"})
        parts = [table.assign(measure=head, value=table[column]) for head, column in zip(PANELS, COLUMNS, strict=True)]
        try:
            weighted = self.weighted(governance_scores(governance(as_of)))
            parts[2] = weighted.assign(measure=list(PANELS)[2], value=weighted["low"])
        except catalog.NoDataYet:
            del parts[2]
        for part in parts[1:-1]:
            part["qualifier"] = [">" if high > low else "" for low, high in zip(part["low"], part["high"], strict=True)]
        return pd.concat(parts, ignore_index=True).assign(qualifier=lambda rows: rows["qualifier"].fillna(""))

    def title(self) -> str:
        """Say which stage is the most concentrated, and what would be left of one without its largest country."""
        peak, least = end(self.table, "hhi_low"), end(self.table, "without_leader", smallest=True)
        left = f"without {least.leader}, {least.value:.0f}%"
        if peak.what == least.what:
            return f"{peak.what} is the most concentrated stage known: {left} of it would be left"
        return f"{peak.what} is the most concentrated stage known; {left} of {least.what.lower()} would be left"

    def weighted(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Give the rows of `weighted_concentration`."""
        return weighted_concentration(self.shares, scores)

    def reordered(self, scores: pd.DataFrame) -> str:
        """Say whether weights of governance change the order of the markets by their index."""
        before, after = self.table.sort_values("hhi_low")["market"], self.weighted(scores).sort_values("low")["market"]
        return "do not change" if list(before) == list(after) else "change"

    def _behind(self, market: str) -> list[pd.DataFrame]:
        """Select the catalog rows behind one market, by table, with the total of which its shares are."""
        pairs = [pair for rows in self.shares.loc[self.shares["market"] == market, "_rows"] for pair in rows]
        named = {name: [row for table, row in pairs if table == name] for name, _ in pairs}
        return [_with_world(self.tables[name].loc[rows], self.tables[name]) for name, rows in named.items()]


def known_markets(as_of: common.Day) -> Markets:
    """Read the shares by country of the stages that are documented. Raises NoDataYet before the first of them."""
    known = ["high", "medium"]
    common.select("stage_shares", as_of, "A documented estimate by stage", confidence=known)
    tables = {
        "mine_production": common.optional("mine_production", as_of, vintages="all"),
        "refined_supply": common.optional("refined_supply", as_of),
        "stage_shares": common.optional("stage_shares", as_of),
    }
    found = markets(*tables.values())
    if found.empty:
        totals = catalog.table("mine_production", vintages="all").query("series == 'usgs_mcs' and iso3 == 'WLD'")
        what = "A stage of which the countries are known"
        raise common.not_yet("mine_production", as_of, what, totals["published"].min())
    return Markets(found, tables)


def measured_sources(rows: pd.DataFrame) -> list[str]:
    """List the sources of the rows of `Markets.side_by_side`, with that of governance where it weighs the shares."""
    return sorted({*rows["source_id"], *(["wgi_2024"] if rows["measure"].eq(list(PANELS)[2]).any() else [])})


def called(market: pd.Series) -> str:
    """Name a market in a sentence: magnet making in 2024; mining of four magnet elements in 2024."""
    scope = market["line"].partition(": ")[2]
    return f"{MAKING[market['stage']]}{' of ' + scope if scope else ''} in {market['year']}"


def end(table: pd.DataFrame, column: str, smallest: bool = False) -> End:
    """Return the market of a table with the largest figure in a column, or the smallest."""
    row = table.loc[table[column].idxmin() if smallest else table[column].idxmax()]
    leader = catalog.country_name(row["leader"]) if "leader" in row else ""
    return End(MAKING[row["stage"]].capitalize(), called(row), float(row[column]), leader)


def governance(as_of: common.Day) -> pd.DataFrame:
    """Read the World Governance Indicators of all countries. Raises NoDataYet."""
    return common.select("governance", as_of, WGI)


def china_score(indicators: pd.DataFrame, scores: pd.DataFrame) -> Number:
    """Return China's WGI′, 0 (best) to 10 (worst), from the rows of `governance` and their `governance_scores`."""
    year = int(scores["year"].iloc[0])
    rows = indicators[(indicators["year"] == year) & (indicators["iso3"] == "CHN")]
    return Number(
        float(scores.loc["CHN", "score"]),
        "index",
        "governance index of China (WGI′), 0 best, 10 worst",
        year,
        "10 (2.5 − mean of six dimensions) / 5",
        rows[rows["dimension"].str.len() == 2],
        "SELECT 10 * (2.5 - avg(estimate)) / 5 FROM governance",
        places=1,
    )


def _with_world(rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add the total that the shares of a market are of; printed shares stand alone."""
    if "iso3" not in rows:
        return rows
    same = {name: rows[name].iloc[0] for name in ("series", "edition", "year", "flow", "scenario") if name in rows}
    return pd.concat([rows, common.matching(table, same | {"iso3": "WLD"})])
