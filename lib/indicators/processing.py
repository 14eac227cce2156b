"""Who separates, smelts and makes magnets: shares by stage and scope, concentration, quotas, plants, costs.

A share belongs to a stage (mining, separation, …) and to a scope (all rare earths, the four magnet elements, …).
Nothing here subtracts, adds or averages across scopes: 91% of separated magnet elements less 69% of all mined oxide
is no quantity.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pandas as pd

from lib import quantity
from lib.indicators import common
from lib.quantity import Quantity
from lib.tables import catalog
from lib.words import joined

STAGES = ("reserves", "mining", "separation", "metal", "magnets", "heavy_separation")
ALL = "all rare earths (TREO)"
MAGNET = "magnet rare earths (Nd, Pr, Dy, Tb)"
# One line of the funnel holds estimates of one stage and one kind of scope; the words are what a reader sees.
LINES = {
    ("reserves", "all"): "Reserves: all rare earths",
    ("mining", "all"): "Mining: all rare earths",
    ("mining", "magnet"): "Mining: four magnet elements",
    ("separation", "all"): "Separation: all rare earths",
    ("separation", "magnet"): "Separation: four magnet elements",
    ("metal", "all"): "Metal and alloy",
    ("magnets", "all"): "Magnets",
    ("heavy_separation", "all"): "Separation of heavy rare earths",
}
COLUMNS = (
    "stage", "stage_order", "line", "scope", "holder", "year", "low", "value", "high", "bound", "qualifier",
    "estimator", "edition", "source_id", "published", "confidence", "kind", "_rows",
)  # fmt: skip
TRUST = {"high": 0, "medium": 1, "low": 2}
PROJECT_STARTS = "discovery|exploration|company founded"
SUMMED_STATES = ("operating", "ramping up", "under construction", "planned", "stalled")
RUNNING = ("operating", "ramping up")


# --- the funnel ---


def funnel(
    reserves: pd.DataFrame,
    mine_production: pd.DataFrame,
    stage_shares: pd.DataFrame,
    as_of: dt.date | str | None = None,
    since: int | None = None,
    holder: str = "CHN",
) -> pd.DataFrame:
    """Collect every estimate of one country's share at each stage, from the ground to the magnet.

    Reserves and mining of all rare earths are computed from USGS (100 R_i / R_world and 100 P_i / P_world, inside one
    edition); everything else is an estimate of `stage_shares`. Only shares of world supply, no projections, no years
    after that of `as_of` (a day; None: no limit) nor before `since`; shares of other wholes (EU consumption, the needs
    of the West) are not shares of the world and stay out.

    The tables are those of the catalog; `reserves` and `mine_production` with vintages="all" give a row per edition or
    year, else only what the newest edition prints. Returns one row per estimate, ordered by stage, line and year:
    stage, stage_order, line (stage and kind of scope), scope, holder, year, low, value, high (percent; `value` is
    missing where only a range was printed), bound (``<`` at most, ``>`` more than), qualifier, estimator, edition,
    source_id, published, confidence, kind (computed, published, quoted), `_rows`, the (table, row) pairs behind it, and
    for the picture `weak` (low confidence) and `label` (who, for the newest estimate of each maker that is not weak).
    """
    parts = [
        _reserve_shares(reserves, holder),
        _mine_shares(mine_production, holder),
        _estimates(stage_shares, holder),
    ]
    frame = pd.DataFrame([row for part in parts for row in part], columns=list(COLUMNS))
    last = catalog.as_day(as_of)
    until = last.year if last else frame["year"].max()
    kept = frame["year"].le(until) & frame["year"].ge(since if since is not None else 0)
    rank = {line: position for position, line in enumerate(LINES.values())}
    frame = frame[kept].sort_values(["line", "year", "published"], key=lambda c: c.map(rank) if c.name == "line" else c)
    frame = frame.reset_index(drop=True)
    frame["weak"] = frame["confidence"] == "low"
    frame["label"] = _labels(frame)
    return frame


def _labels(frame: pd.DataFrame) -> list[str | None]:
    """Name maker and year of estimates worth a name on the picture: the newest of each maker in a line, not weak."""
    strong = frame[~frame["weak"] & frame["value"].notna()]
    newest = set(strong.groupby(["line", "estimator"], sort=False).tail(1).index)
    return [
        f"{maker} {year}" if index in newest else None
        for index, maker, year in zip(frame.index, frame["estimator"], frame["year"], strict=True)
    ]


def _reserve_shares(reserves: pd.DataFrame, holder: str) -> list[dict]:
    usgs = reserves[reserves["series"] == "usgs_mcs"]
    return [
        _usgs("reserves", rows, holder, "value_t_reo", int(common.row(rows, common.WORLD)["year"].iloc[0]))
        for rows in (common.edition(usgs, name) for name in common.editions(usgs))
        if holder in set(rows["iso3"])
    ]


def _mine_shares(mine_production: pd.DataFrame, holder: str) -> list[dict]:
    return [
        _usgs("mining", rows, holder, "value", year)
        for year, rows in mine_years(mine_production).items()
        if holder in set(rows["iso3"])
    ]


def mine_years(mine_production: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return USGS mine output by year, each as the newest edition with a world total prints it (t REO); index kept."""
    usgs = mine_production[(mine_production["series"] == "usgs_mcs") & (mine_production["unit"] == "t REO")]
    years = {}
    for year, rows in usgs.groupby("year"):
        printed = common.editions(rows)
        if printed:
            years[int(year)] = common.edition(rows, printed[-1])
    return years


def _usgs(stage: str, rows: pd.DataFrame, holder: str, value: str, year: int) -> dict:
    held, world = common.row(rows, holder), common.row(rows, common.WORLD)
    share = common.share(rows, holder, value)
    marks = [mark for mark in ("quota", "e") if mark in held["qualifier"].iloc[0].split(";")]
    newest = max(held.iloc[0], world.iloc[0], key=lambda row: row["published"])
    return _row(
        stage=stage,
        line=LINES[stage, "all"],
        scope=ALL,
        holder=holder,
        year=year,
        value=share.value,
        bound=share.bound,
        qualifier=";".join(filter(None, [share.bound, "derived", *marks])),
        estimator="USGS",
        edition=_text(newest["edition"]),
        source_id=newest["source_id"],
        published=newest["published"],
        confidence=newest["confidence"],
        kind="computed",
        _rows=tuple((rows.attrs.get("table", ""), int(index)) for index in (held.index[0], world.index[0])),
    )


def _estimates(stage_shares: pd.DataFrame, holder: str) -> list[dict]:
    """List the estimates of the table but USGS mine shares: `_mine_shares` has those of all editions."""
    wanted = world_shares(stage_shares)
    wanted = wanted[(wanted["holder"] == holder) & ~((wanted["estimator"] == "USGS") & (wanted["kind"] == "computed"))]
    table = stage_shares.attrs.get("table", "stage_shares")
    return [
        _row(
            stage=row["stage"],
            line=LINES[row["stage"], "magnet" if row["scope"] == MAGNET else "all"],
            scope=row["scope"],
            holder=holder,
            year=int(row["year"]),
            low=row["share_low"],
            value=row["share"],
            high=row["share_high"],
            bound=Quantity.from_row(float(row["share"]), row["qualifier"]).bound,
            qualifier=row["qualifier"],
            estimator=row["estimator"],
            source_id=row["source_id"],
            published=row["published"],
            confidence=row["confidence"],
            kind=row["kind"],
            _rows=((table, int(index)),),
        )
        for index, row in wanted.iterrows()
    ]


def _row(**values: object) -> dict:
    blank = {
        "low": float("nan"),
        "high": float("nan"),
        "edition": "",
        "stage_order": STAGES.index(values["stage"]),
    }
    return blank | values


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def world_shares(stage_shares: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that are shares of world supply and no projections; index kept."""
    return stage_shares[(stage_shares["share_of"] == "world supply") & (stage_shares["kind"] != "projection")]


def best(estimates: pd.DataFrame, line: str) -> pd.Series | None:
    """Choose the estimate to put into a sentence, never one of low confidence.

    High before medium confidence, what its maker published before what others pass on, then the newest. `line` is one
    of LINES' values. A bare range is no single value and is passed over. None when nothing is left.
    """
    rows = estimates[(estimates["line"] == line) & (estimates["confidence"] != "low") & estimates["value"].notna()]
    if rows.empty:
        return None
    ranked = rows.assign(
        trust=-rows["confidence"].map(TRUST),
        direct=rows["kind"].map({"computed": 1, "published": 1}).fillna(0),
    )
    return ranked.sort_values(["trust", "direct", "year", "published"], kind="stable").iloc[-1]


def spread(estimates: pd.DataFrame, line: str) -> tuple[pd.Series, pd.Series] | None:
    """Return the lowest and highest estimate of a line that are not of low confidence; None without two of them."""
    rows = estimates[(estimates["line"] == line) & (estimates["confidence"] != "low") & estimates["value"].notna()]
    if len(rows) < 2:
        return None
    return rows.loc[rows["value"].idxmin()], rows.loc[rows["value"].idxmax()]


def as_quantity(estimate: pd.Series) -> Quantity:
    """Return an estimate of the funnel as a quantity with its marks."""
    return Quantity.from_row(float(estimate["value"]), estimate["qualifier"])


def origin(estimate: pd.Series, *tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Select the catalog rows behind one estimate of the funnel, for the record of a fact."""
    by_name = {table.attrs["table"]: table for table in tables}
    return [by_name[name].loc[[row]] for name, row in estimate["_rows"]]


# --- concentration by stage ---


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
    edition = _text(named["edition"].iloc[0])
    return _market("mining-all", "mining", "all", ALL, year, "mine_production", named, named["share"], edition)


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


def _iea_market(refined_supply, stage_shares, stage) -> pd.DataFrame | None:
    flow = {"mining": "mining", "separation": "refining"}[stage]
    years = iea_years(refined_supply, flow) if refined_supply is not None else []
    if years:
        rows = iea_flow(refined_supply, flow, years[-1])
        named = rows[~rows["iso3"].isin([common.WORLD, "ROW"]) & rows["value"].gt(0)]
        share = named["value"] / common.amount(rows, common.WORLD).value * 100
        edition = _text(named["edition"].iloc[0])
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
                "confidence": max(market["confidence"], key=TRUST.__getitem__),
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


# --- mining against refining, in one scope ---


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


def added_elsewhere(refined: pd.DataFrame, first: int | str, last: int | str, home: str = "CHN") -> float:
    """Compute how much separation outside `home` grows from `first` to `last` (kt), from `refined_by_country`."""
    sums = refined[refined["iso3"] != home].groupby("year")["value"].sum()
    return float(sums[last] - sums[first])


def refiner_outlooks(
    stage_shares: pd.DataFrame, refined_supply: pd.DataFrame, statements: pd.DataFrame
) -> pd.DataFrame:
    """Collect the top refiner's share of separated magnet elements as three IEA publications saw it: year by outlook.

    The Outlook 2024 printed China's share, the data set of 2025 its tonnes (divided here by the world's), the summary
    of the Outlook 2026 the share of the top refining country of rare earths. Each table as known on a day, with all
    editions of `refined_supply`; what was not published by then is absent. Returns outlook, year, value, qualifier,
    projected, source_id, published, confidence, `_rows`.
    """
    parts = [_outlook_2024(stage_shares), _data_set_2025(refined_supply), _outlook_2026(statements)]
    columns = ["outlook", "year", "value", "qualifier", "projected", "source_id", "published", "confidence", "_rows"]
    frame = pd.concat([part[columns] for part in parts if len(part)] or [pd.DataFrame(columns=columns)])
    return frame.sort_values(["published", "year"], kind="stable").reset_index(drop=True)


def _outlook_2024(stage_shares: pd.DataFrame) -> pd.DataFrame:
    rows = stage_shares[
        (stage_shares["source_id"] == "seaisi_gcmo2024")
        & (stage_shares["stage"] == "separation")
        & (stage_shares["scope"] == MAGNET)
        & (stage_shares["holder"] == "CHN")
    ]
    rows = rows.assign(outlook="Outlook of May 2024", value=rows["share"], projected=rows["kind"] == "projection")
    return rows.assign(_rows=[(("stage_shares", int(index)),) for index in rows.index])


def _data_set_2025(refined_supply: pd.DataFrame) -> pd.DataFrame:
    refined_supply = refined_supply[refined_supply["edition"] == "IEA May 2025"]
    parts = []
    for year in iea_years(refined_supply, "refining", projections=True):
        rows = iea_flow(refined_supply, "refining", year)
        china, world = common.row(rows, "CHN"), common.row(rows, common.WORLD)
        pairs = tuple(("refined_supply", int(row.index[0])) for row in (china, world))
        share = common.share(rows, "CHN").value
        projected = china["kind"] == "projection"
        parts.append(china.assign(value=share, qualifier="derived", projected=projected, _rows=[pairs]))
    return pd.concat(parts).assign(outlook="Data set of May 2025") if parts else pd.DataFrame()


def _outlook_2026(statements: pd.DataFrame) -> pd.DataFrame:
    rows = statements[statements["statement_id"].str.fullmatch(r"newest-refining-share-\d{4}")].copy()
    rows["outlook"], rows["year"] = "Outlook of July 2026", rows["statement_id"].str[-4:].astype(int)
    digits = rows["value_text"].fillna("").str.extract(r"(\d+(?:\.\d+)?)")[0].astype("float64")
    rows["value"] = rows["value"].fillna(digits)
    rows["qualifier"] = [">" if str(text).startswith(">") else "" for text in rows["value_text"]]
    rows["projected"] = rows["year"] > rows["published"].dt.year
    rows["_rows"] = [(("statements", int(index)),) for index in rows.index]
    return rows


RIVALS = {
    "annex": "newest-refining-share-2025-annex",
    "text": "newest-refining-share-2025",
    "table": "newest-refining-share-2025-controls",
}


def rival_shares(statements: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Select the rows of the three figures one outlook prints for one share; none before all were published."""
    rows = {name: statements[statements["statement_id"] == key] for name, key in RIVALS.items()}
    return rows if all(map(len, rows.values())) else {}


def revised_down(outlooks: pd.DataFrame) -> bool:
    """Return whether each outlook of `refiner_outlooks` projects less than the one before for all years they share."""
    ahead = outlooks[outlooks["projected"]]
    series = [rows.set_index("year")["value"] for _, rows in ahead.groupby("outlook", sort=False)]
    if len(series) < 2:
        return False
    for before, after in pairwise(series):
        shared = before.index.intersection(after.index)
        if shared.empty or not (after[shared] < before[shared]).all():
            return False
    return True


# --- quotas ---

QUOTA_SERIES = {
    ("mining", "total"): "Mining, all rare earths",
    ("mining", "ionic"): "of which from ionic clay",
    ("separation", "total"): "Smelting and separation",
}


def quotas(production_quotas: pd.DataFrame) -> pd.DataFrame:
    """Select China's quotas for whole years (t REO) as three series: mining, its ionic-clay part, and separation.

    Years without a published volume stay without a row. Returns the rows of the table with `series`; index kept.
    """
    whole = production_quotas[(production_quotas["batch"] == "year") & production_quotas["value_t_reo"].notna()].copy()
    keys = list(zip(whole["kind"], whole["class"], strict=True))
    whole["series"] = [QUOTA_SERIES.get(key) for key in keys]
    return whole[whole["series"].notna()].sort_values(["series", "year"])


def silent_years(production_quotas: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that record that no volume was published for a year."""
    return production_quotas[production_quotas["basis"] == "not published"]


# --- plants ---


def plants(facilities: pd.DataFrame, since: int | None = None, home: str = "CHN") -> pd.DataFrame:
    """Select plants outside `home`; with `since`, only those whose status was described in that year or later."""
    abroad = facilities[facilities["iso3"] != home]
    if since is not None:
        abroad = abroad[abroad["as_of"].dt.year >= since]
    return abroad


def capacity_by_status(facilities: pd.DataFrame) -> pd.DataFrame:
    """Add up capacity by stage, unit and status, with the number of plants summed.

    Only rows that count output, do not overlap with another row and print a capacity (the middle one where phases are
    given): never across units. Returns stage, capacity_unit, status, capacity, plants, source_id (of the largest).
    """
    rows = summable(facilities).sort_values("capacity", ascending=False)
    keys = ["stage", "capacity_unit", "status"]
    frame = rows.groupby(keys, sort=False).agg(
        capacity=("capacity", "sum"), plants=("facility_id", "count"), source_id=("source_id", "first")
    )
    return frame.reset_index().sort_values(keys).reset_index(drop=True)


def summable(facilities: pd.DataFrame) -> pd.DataFrame:
    """Select the plants whose capacities may be added within one unit; index kept.

    A plant that runs counts with what it is built for or makes (nameplate, running), never with what it hopes for.
    """
    keep = (facilities["capacity_basis"] == "output") & facilities["overlaps_with"].isna()
    keep &= ~(facilities["status"].isin(RUNNING) & facilities["capacity_kind"].eq("target"))
    return facilities[keep & facilities["capacity"].notna() & facilities["status"].isin(SUMMED_STATES)]


def without_figure(facilities: pd.DataFrame) -> pd.DataFrame:
    """Select plants that no sum of `summable` holds, though they are no part of another row; index kept."""
    whole = facilities["overlaps_with"].isna() & facilities["status"].isin(SUMMED_STATES)
    return facilities[whole & ~facilities.index.isin(summable(facilities).index)]


def at_least(facilities: pd.DataFrame, unit: str) -> Quantity:
    """Add up the capacities of one unit (t a year); a lower bound while a plant of the same stage has no figure.

    Missing where no plant of that unit has one.
    """
    rows = summable(facilities)
    rows = rows[rows["capacity_unit"] == unit]
    if rows.empty:
        return Quantity(None)
    unknown = without_figure(facilities)["stage"].isin(rows["stage"]).any()
    parts = [
        Quantity.from_row(*cell) for cell in zip(rows["capacity"], rows["qualifier"], catalog.bases(rows), strict=True)
    ]
    return quantity.total([*parts, *([Quantity(None)] if unknown else [])])


def places(facilities: pd.DataFrame) -> pd.DataFrame:
    """List towns with their plants, for a map: lat, lon, iso3, plants (names, statuses), running, future, source_id.

    `running` is True where at least one plant operates or ramps up; `future` is its opposite. Plants without a known
    town are left out.
    """
    located = facilities[facilities["lat"].notna()]
    located = located.assign(
        plants=located["facility"] + " (" + located["status"] + ")",
        running=located["status"].isin(["operating", "ramping up"]),
    )
    grouped = located.groupby(["lat", "lon", "iso3"], sort=True)
    frame = grouped.agg(plants=("plants", "; ".join), running=("running", "any"), source_id=("source_id", "first"))
    return frame.assign(future=~frame["running"]).reset_index()


# --- time and money ---


def durations(build_times: pd.DataFrame) -> pd.DataFrame:
    """Select plants with the years from the start of the project to output, without claims, mines and weak sources.

    A clock that starts with a discovery or the founding of a company times something else and is left out, and so is a
    circuit added to a plant that stood (brownfield). `built` is
    True where both ends have happened; False where the end is planned (`future`); `name` is the plant with its stage.
    Returns the rows of the table; index kept.
    """
    rows = build_times[build_times["type"].isin(["actual", "actual_and_plan", "plan"])]
    rows = rows[rows["years"].notna() & ~rows["stage"].isin(["mine", "mine_and_plant"])]
    rows = rows[(rows["confidence"] != "low") & ~rows["start_event"].str.contains(PROJECT_STARTS, na=False)]
    rows = rows[~rows["type_text"].str.contains("brownfield", na=False)].copy()
    rows["built"] = rows["type"] == "actual"
    rows["future"] = ~rows["built"]
    stage = rows["stage"].str.replace("_", " ")
    rows["name"] = [who if what in who else f"{who}, {what}" for who, what in zip(rows["subject"], stage, strict=True)]
    return rows.sort_values(["stage", "built", "years"], ascending=[True, False, True])


def lead_time_claims(build_times: pd.DataFrame) -> pd.DataFrame:
    """Select statements about how long building takes in general, without weak sources; index kept."""
    claims = build_times[build_times["type"].str.startswith("claim") & build_times["years"].notna()]
    return claims[claims["confidence"] != "low"].sort_values("years")


def capital_per_tonne(costs: pd.DataFrame) -> pd.DataFrame:
    """Select capital cost per tonne of yearly capacity: oxide and magnet plants, in the currency of the plan.

    `value` is the middle of a printed range (then `value_low` and `value_high` hold its ends). Returns the rows of
    the table with `product` (oxides, magnets), `currency`, `name` and `weak` (low confidence); index kept.
    """
    rows = costs[costs["item"].isin(["capex_per_t_oxide", "capex_per_t_magnet"])].copy()
    rows["product"] = rows["item"].map({"capex_per_t_oxide": "oxides", "capex_per_t_magnet": "magnets"})
    rows["currency"] = rows["unit"].str[:3]
    middle = (rows["value_low"] + rows["value_high"]) / 2
    rows["amount"] = rows["value"].fillna(middle)
    rows["weak"] = rows["confidence"] == "low"
    suffixes = [f" ({currency})" if currency != "USD" else "" for currency in rows["currency"]]
    rows["name"] = rows["product"].str.capitalize() + ": " + rows["project"] + suffixes
    return rows.sort_values(["product", "amount"])


def dearer(capital: pd.DataFrame, times: float = 2) -> bool:
    """Return whether, for oxides and magnets alike, the cheapest plant abroad costs over `times` China's dearest.

    Takes `capital_per_tonne`; compares documented figures in USD only. False without plants on both sides.
    """
    strong = capital[~capital["weak"] & capital["currency"].eq("USD")]
    home = strong[strong["iso3"] == "CHN"].groupby("product")["amount"].max()
    away = strong[strong["iso3"] != "CHN"].groupby("product")["amount"].min()
    both = home.index.intersection(away.index)
    return len(both) > 0 and bool((away[both] > times * home[both]).all())


# --- trade in raw material, and the case of the United States ---


def import_origins(
    trade_shares: pd.DataFrame, top: int = 5, since: int | None = None, importer: str = "CHN"
) -> pd.DataFrame:
    """Tabulate a country's imports of rare-earth compounds (HS 2846) by origin and year, million USD.

    The `top` largest origins of the newest year are named, all others are added up as OTH. Returns year, iso3, share
    (percent), musd, hhi, n_partners, source_id, published, `_rows`.
    """
    rows = trade_shares[
        (trade_shares["importer"] == importer)
        & (trade_shares["product"] == "2846")
        & (trade_shares["basis"] == "value")
        & (trade_shares["dataset"] == "comtrade_china_2846")
    ]
    if since is not None:
        rows = rows[rows["year"] >= since]
    if rows.empty:
        return pd.DataFrame(columns=["year", "iso3", "share", "musd"])
    newest = rows[(rows["year"] == rows["year"].max()) & (rows["partner"] != "ROW")]
    named = set(newest.nlargest(top, "share")["partner"])
    rows = rows.assign(
        iso3=[partner if partner in named else common.REST for partner in rows["partner"]],
        musd=rows["share"] * rows["total_usd"].astype("float64") / 1e8,
    )
    rows["_row"] = rows.index
    grouped = rows.groupby(["year", "iso3"], sort=True)
    frame = grouped.agg(
        share=("share", "sum"),
        musd=("musd", "sum"),
        hhi=("hhi", "first"),
        n_partners=("n_partners", "first"),
        source_id=("source_id", "first"),
        published=("published", "max"),
        _rows=("_row", lambda column: tuple(("trade_shares", int(row)) for row in column)),
    )
    return frame.reset_index()


def separated_at_home(us_salient: pd.DataFrame) -> pd.DataFrame:
    """Compare US output of concentrate and of separated compounds and metals (t REO), one row per year with both.

    Both count oxide content, so their quotient is a share: 100 × separated / mined. Output of one year may be
    separated in the next. Returns year, mined, separated, share, qualifier, source_id, `_rows`.
    """
    rows = us_salient[us_salient["commodity"] == "rare earths"]
    series = {"mined": "production.mineral_concentrates", "separated": "production.compounds_metals"}
    parts = {name: rows[rows["series"] == key].set_index("year") for name, key in series.items()}
    index = {name: rows[rows["series"] == key].reset_index().set_index("year")["row"] for name, key in series.items()}
    both = parts["mined"].index.intersection(parts["separated"].index)
    frame = pd.DataFrame(
        {
            "mined": parts["mined"].loc[both, "value"],
            "separated": parts["separated"].loc[both, "value"],
            "qualifier": parts["separated"].loc[both, "qualifier"],
            "edition": parts["separated"].loc[both, "edition"],
            "source_id": parts["separated"].loc[both, "source_id"],
        }
    )
    frame["share"] = frame["separated"] / frame["mined"].where(frame["mined"] > 0) * 100
    frame["_rows"] = [
        (("us_salient", int(index["mined"][year])), ("us_salient", int(index["separated"][year])))
        for year in frame.index
    ]
    return frame.sort_index().rename_axis("year").reset_index()


def printed(row: pd.Series) -> str:
    """Write a technical figure as its source prints it: a number, a bound or a range, without unit."""
    if pd.isna(row["value"]):
        return f"{row['value_low']:,g}–{row['value_high']:,g}"
    return f"{Quantity.from_row(float(row['value']), row['qualifier']).bound}{row['value']:,g}"


def technical_figures(technology: pd.DataFrame, topics: list[str]) -> pd.DataFrame:
    """Select the rows of these topics that hold a number, with `figure`, the number as text; index kept."""
    rows = technology[
        technology["topic"].isin(topics) & (technology["value"].notna() | technology["value_low"].notna())
    ]
    return rows.assign(figure=[printed(row) for _, row in rows.iterrows()])


def magnet_estimates(magnet_production: pd.DataFrame) -> pd.DataFrame:
    """Select whole-country output of NdFeB magnets by year, every figure: adds kt, when (year), weak; index kept."""
    rows = magnet_production[
        (magnet_production["flow"] == "production")
        & magnet_production["company"].isna()
        & magnet_production["product"].isin(["sintered NdFeB", "NdFeB"])
    ]
    rows = rows.assign(weak=rows["confidence"] == "low", kt=rows["value"] / 1000, when=rows["year"].astype(str))
    return rows.sort_values(["year", "value"], kind="stable")


def listed(words: list[str]) -> str:
    """Write words as a list in a sentence: a, b and c."""
    return joined(words)
