"""How much of what Western economies use comes from China: reliance, import shares, concentration, supply risk.

An import share belongs to one dataset, product, year and basis (value or weight); shares of different ones are
never subtracted. Trade with oneself is left out. Origin is the last country of shipment or processing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from lib import quantity
from lib.quantity import Quantity, compared

CHINA = "CHN"
WEST_38 = "38 economies"
BESIDE_EU = ("USA", "GBR", "JPN", "KOR", "CAN", "AUS", "NOR", "CHE", "TWN", "NZL", "ISL")
JOINED = ("member", "signatory")
LEVELS = ("low", "medium", "high")
IN_PART, ESTIMATED = {"flows_of_7_t_and_more", "partial_members"}, "weight_estimated"
TRUNCATED = ("largest_flows_only", "selected_18_partners")
# The metal series changed its scope and its name with MCS 2026; an edition prints one of the two.
VOLUMES = ("imports.compounds", "imports.metals_alloys", "imports.metals_sc_y")
KG_PER_LB = 0.45359237
REE_2017 = (
    *("cerium", "dysprosium", "erbium", "europium", "gadolinium", "holmium", "lanthanum", "lutetium"),
    *("neodymium", "praseodymium", "samarium", "terbium", "thulium", "ytterbium", "yttrium"),
)
# What the what-if draws from: our assumptions, since no public statistics exist for any of the three.
RANGES = {"stock_days": (0.0, 90.0), "spare": (0.0, 0.3), "saving": (0.0, 0.1)}
DAYS_PER_MONTH = 365 / 12


# --- who is the West ---


def memberships(groups: pd.DataFrame, west: str) -> pd.DataFrame:
    """Select the rows of country_groups that make the members of a group: its own, the Union's where that is one.

    ``38 economies`` rests on the members of the Union; the eleven of `BESIDE_EU` are this book's choice. Members whose
    time has ended are left out. Raises ValueError naming the groups for an unknown one.
    """
    current = groups[groups["role"].isin(JOINED) & groups["to"].isna()]
    own = current["group"].eq("EU27" if west == WEST_38 else west)
    if not own.any():
        names = ", ".join([WEST_38, *sorted(current["group"].unique())])
        raise ValueError(f"west must be one of {names}, not {west!r}")
    union = current["group"].eq("EU27") & current.loc[own, "iso3"].eq("EU27").any()
    return current[own | union]


def members(groups: pd.DataFrame, west: str) -> list[str]:
    """List the ISO codes of the economies in the group `west` of the table country_groups, sorted.

    ``38 economies`` is the EU27 with the eleven of `BESIDE_EU`. A Union that is a member counts as its 27 states.
    Raises ValueError as `memberships` does.
    """
    codes = set(memberships(groups, west)["iso3"]) - {"EU27"}
    return sorted(codes | set(BESIDE_EU) if west == WEST_38 else codes)


# --- net import reliance ---


def reliance(consumption: Quantity, production: Quantity) -> Quantity:
    """Compute net import reliance in percent, NIR = 100 (AC − P) / AC (USGS, Mineral Commodity Summaries, appendix A).

    AC is apparent consumption P + M − X ± stocks as the source prints it. Raises ZeroDivisionError for AC = 0.
    """
    return (1 - production / consumption) * 100


def half_unit(value: float) -> float:
    """Return half a unit of the last digit that is not zero: how far a printed number may be from the true one."""
    if value == 0:
        return 0.0
    digits = f"{abs(value):.10g}"
    if "." in digits:
        return 0.5 * 10.0 ** -len(digits.split(".")[1])
    return 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0")))


def reliance_range(consumption: float, production: float) -> tuple[float, float]:
    """Return the lowest and highest net import reliance in percent that the rounding of both figures allows."""
    c, p = half_unit(consumption), half_unit(production)
    ends = [100 * (1 - (production + b) / (consumption + a)) for a in (-c, c) for b in (-p, p)]
    return min(ends), max(ends)


def reliance_by_edition(salient: pd.DataFrame) -> pd.DataFrame:
    """Compare printed with recomputed reliance on imports of rare-earth compounds and metals, by edition and data year.

    `salient` is us_salient with all vintages. Columns: edition, year, published, source_id, printed, qualifier (of
    the printed figure), consumption, production, computed, low, high (percent); computed is missing where an edition
    prints no production of compounds and metals for the year.
    """
    rare = salient[salient["commodity"] == "rare earths"]
    key = ["edition", "year"]
    printed = rare[rare["series"] == "net_import_reliance.compounds_metals"]
    frame = printed.set_index(key)[["value", "qualifier", "published", "source_id"]]
    frame = frame.rename(columns={"value": "printed"})
    for column in ("production", "consumption_apparent"):
        series = rare[rare["series"] == f"{column}.compounds_metals"].set_index(key)["value"]
        frame[column.split("_")[0]] = series[~series.index.duplicated(keep="last")].reindex(frame.index)
    both = frame["production"].notna() & frame["consumption"].gt(0)
    frame["computed"] = (1 - frame["production"] / frame["consumption"]).where(both) * 100
    ends = [
        reliance_range(row.consumption, row.production) if complete else (np.nan, np.nan)
        for row, complete in zip(frame.itertuples(), both, strict=True)
    ]
    frame["low"], frame["high"] = zip(*ends, strict=True) if ends else ([], [])
    return frame.reset_index().sort_values(["year", "published"], kind="stable", ignore_index=True)


def agrees(printed: float, qualifier: str, low: float, high: float) -> bool:
    """Return whether a printed percentage (or lower bound ``>``) is compatible with a recomputed range."""
    if ">" in qualifier.split(";"):
        return high >= printed
    return low - 0.5 <= printed <= high + 0.5


def unit_values(salient: pd.DataFrame) -> pd.DataFrame:
    """Compute volume M (t REO), value V (million USD) and V/M (USD/kg) of US imports of compounds and metals by year.

    Each year comes whole from the newest edition that prints both; years without such an edition are left out.
    Columns: year, edition, source_id, published, volume, value, unit_value.
    """
    rare = salient[salient["commodity"] == "rare earths"]
    volumes = rare[rare["series"].isin(VOLUMES)].dropna(subset="value").groupby(["edition", "year"])["value"]
    worth = rare[rare["series"] == "value.imports_compounds_metals"].dropna(subset="value")
    frame = worth.set_index(["edition", "year"])[["value", "published", "source_id"]]
    frame["volume"] = volumes.sum().where(volumes.size() == 2)
    frame = frame.dropna(subset="volume").reset_index().sort_values("published", kind="stable")
    frame = frame.drop_duplicates("year", keep="last").sort_values("year", ignore_index=True)
    return frame.assign(unit_value=frame["value"] * 1000 / frame["volume"])


def unit_value_rows(salient: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Select the rows of `salient` from which a row of `unit_values` was computed."""
    printed = salient[salient["commodity"].eq("rare earths") & salient["edition"].eq(row["edition"])]
    kinds = [*VOLUMES, "value.imports_compounds_metals"]
    return printed[printed["series"].isin(kinds) & printed["year"].eq(row["year"]) & printed["value"].notna()]


# --- import shares and concentration ---


def outside(flows: pd.DataFrame, inside: Iterable[str], name: str | None = None) -> pd.DataFrame:
    """Select imports of the economies of `inside` without trade among them; with `name` they become one importer."""
    codes = set(inside)
    rows = flows[flows["reporter"].isin(codes) & ~flows["partner"].isin(codes)]
    return rows.assign(reporter=name) if name else rows


def without_trade_inside(flows: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Select all flows but those between two members of a union."""
    codes = set(union)
    return flows[~(flows["reporter"].isin(codes) & flows["partner"].isin(codes))]


def suppliers(flows: pd.DataFrame, value: str = "value_usd", partner: str = CHINA) -> pd.DataFrame:
    """Describe where each importer buys: one row per reporter and year.

    Columns: reporter, year, total (in the unit of `value`), share (percent from `partner`, s = 100 M_i / Σ M_i),
    leader, leader_share (percent), hhi (Σ s², 0 to 10,000, over all partners listed), n_partners, confidence (the
    lowest), source_id, qualifier. Where a source lists only the largest flows or chosen partners, what is missing
    would only add to the total: the share is an upper bound (``<``), and not known (NA) when the partner is missing.
    """
    rows = flows[(flows["reporter"] != flows["partner"]) & flows[value].gt(0)]
    pairs = rows.groupby(["reporter", "year", "partner"], as_index=False)[value].sum()
    whole = pairs.groupby(["reporter", "year"])[value].transform("sum")
    pairs["share"] = (pairs[value] / whole * 100).astype(float)
    groups = pairs.groupby(["reporter", "year"])
    table, sizes = groups.agg(total=(value, "sum")), groups.size()
    shares = np.split(pairs["share"].to_numpy(), sizes.cumsum().iloc[:-1])
    table = table.assign(hhi=list(map(quantity.hhi, shares)), n_partners=sizes)
    first = pairs.sort_values("share", kind="stable").groupby(["reporter", "year"]).tail(1)
    table[["leader", "leader_share"]] = first.set_index(["reporter", "year"])[["partner", "share"]]
    own = pairs[pairs["partner"] == partner].set_index(["reporter", "year"])["share"]
    table["share"] = own.reindex(table.index)
    marks = rows.assign(level=rows["confidence"].map(LEVELS.index)).groupby(["reporter", "year"])
    marks = marks.agg(source_id=("source_id", "first"), published=("published", "max"), confidence=("level", "min"))
    marks["confidence"] = marks["confidence"].map(dict(enumerate(LEVELS)))
    marks["cut"] = _truncated(rows).groupby([rows["reporter"], rows["year"]]).any()
    table = table.join(marks)
    cut, listed = table.pop("cut"), table["share"].notna()
    table["share"] = table["share"].where(listed | cut, 0.0)
    table["qualifier"] = np.select([~cut, listed], ["derived", "<;derived"], "NA")
    return table.reset_index()


def by_partner(flows: pd.DataFrame, value: str, keep: Sequence[str]) -> pd.DataFrame:
    """Compute the percentages of the partners of `keep`, others as ROW: year, partner, share, source_id, qualifier.

    Where a source lists only the largest flows, what is missing would add to the total and to ROW: the share of a named
    partner is an upper bound (``<``), that of ROW a lower one (``>``).
    """
    rows = flows[flows["reporter"] != flows["partner"]]
    named = rows.assign(partner=rows["partner"].where(rows["partner"].isin(list(keep)), "ROW"))
    sums = named.groupby(["year", "partner"], as_index=False).agg({value: "sum", "source_id": "first"})
    sums["share"] = (sums[value] / sums.groupby("year")[value].transform("sum") * 100).astype(float)
    cut = set(rows.loc[_truncated(rows), "year"])
    marks = sums["partner"].eq("ROW").map({True: ">", False: "<"})
    return sums.assign(qualifier=marks.where(sums["year"].isin(cut), ""))


def _truncated(flows: pd.DataFrame) -> pd.Series:
    """Mark the flows that stand in a list of the largest ones or of chosen partners."""
    return flows["flags"].fillna("").str.split(";").map(lambda flags: any(flag in TRUNCATED for flag in flags))


def weight_in_tonnes(flows: pd.DataFrame, partners: Sequence[str]) -> pd.DataFrame:
    """Add up flows of full years in tonnes by year and partner; partners beyond those named become OTH.

    Columns: year, partner, t, source_id. A partner without a flow in a year has no row.
    """
    years = flows[flows["month_end"] - flows["month_start"] == 11]
    named = years.assign(partner=years["partner"].where(years["partner"].isin(list(partners)), "OTH"))
    sums = named.groupby(["year", "partner"], as_index=False).agg({"weight_kg": "sum", "source_id": "first"})
    return sums.assign(t=sums["weight_kg"] / 1000)


def customs_total(row: pd.Series) -> Quantity:
    """Return the gross weight in kg that a row of the table trade_shares says its share is of, with its marks.

    A total of larger flows only, or without some members, is a lower bound; a weight that the publisher estimated is
    an estimate.
    """
    flags = set(row["flags"].split(";")) if isinstance(row["flags"], str) else set()
    return Quantity(float(row["total_kg"]), ">" if flags & IN_PART else "", ESTIMATED in flags)


# --- risk ---


def supply_risk(hhi_global: float, hhi_eu: float, import_reliance: float, recycled: float, substitution: float):
    """Compute the supply risk of the EU criticality method (Blengini et al. 2017, doi 10.1016/j.resourpol.2017.05.008).

    SR = [HHI_global · IR/2 + HHI_EU · (1 − IR/2)] · (1 − EoL_RIR) · SI_SR. Both HHI are weighted with governance and
    already contain the trade variable t, as the Commission prints them; `import_reliance` IR and `recycled` EoL_RIR
    (end-of-life recycling input rate) are fractions; SI_SR is the substitution index. Scalars or columns.
    """
    half = import_reliance / 2
    return (hhi_global * half + hhi_eu * (1 - half)) * (1 - recycled) * substitution


def supply_risk_table(criticality: pd.DataFrame) -> pd.DataFrame:
    """Recompute the Commission's 2017 scores from its own printed inputs, one row per material and stage.

    Only materials assessed with both global and EU supply ("GS + EUS") can be recomputed. Columns: material_key,
    stage, printed, computed, low, high (what the rounding of the inputs allows), rare_earth, source_id, published.
    """
    frame = criticality[criticality["assessment_year"] == 2017]
    wide = frame.pivot_table(index=["material_key", "stage"], columns="metric", values="value").reset_index()
    common = wide[wide["stage"] == "not_stated"].set_index("material_key")
    table = wide[wide["stage"] != "not_stated"].set_index(["material_key", "stage"])
    for metric in ("hhi_wgi_t_global", "hhi_wgi_t_eu28", "substitution_index_SR"):
        table[metric] = common[metric].reindex(table.index.get_level_values(0)).to_numpy()
    scored = frame[frame["metric"].eq("supply_risk") & frame["note"].str.contains("GS + EUS", regex=False, na=False)]
    scored = scored.set_index(["material_key", "stage"])[["source_id", "published"]]
    inputs = ["hhi_wgi_t_global", "hhi_wgi_t_eu28", "import_reliance_pct", "eol_rir_pct", "substitution_index_SR"]
    table = table[["supply_risk", *inputs]].join(scored, how="inner").dropna(subset=["supply_risk", *inputs])
    ends = {side: _risk(table, side) for side in (-1, 0, 1)}
    table = table.assign(printed=table["supply_risk"], low=ends[-1], computed=ends[0], high=ends[1])
    table = table.drop(columns=["supply_risk", *inputs]).reset_index()
    return table.assign(rare_earth=table["material_key"].isin(REE_2017))


def _risk(table: pd.DataFrame, side: int) -> pd.Series:
    """Compute the score with every input moved half a unit of its last printed digit towards more (1) or less (−1)."""
    tenth = 0.05 * side
    return supply_risk(
        (table["hhi_wgi_t_global"] + tenth).clip(lower=0),
        (table["hhi_wgi_t_eu28"] + tenth).clip(lower=0),
        table["import_reliance_pct"].clip(0, 100) / 100,
        (table["eol_rir_pct"] / 100 - 0.005 * side).clip(0, 1),
        table["substitution_index_SR"] + tenth,
    )


def leading_sources(criticality: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Find the largest third country in the EU's supply of each material and stage, as the Commission assessed it.

    Takes the rows with metric eu_sourcing_share_pct; members of the union are no third countries. Returns those rows
    with the largest value per material and stage.
    """
    rows = criticality[criticality["metric"].eq("eu_sourcing_share_pct") & ~criticality["iso3"].isin(set(union))]
    rows = rows[rows["value"].notna()].sort_values("value", kind="stable")
    return rows.drop_duplicates(["material_key", "stage"], keep="last")


def days_of_cover(stock: Quantity, use_a_year: Quantity) -> Quantity:
    """Compute how many days a stock lasts at the year's use: 365 · stock / use."""
    return stock / use_a_year * 365


# --- what if ---


def loss(share, cut: float, months: float, stock_days=0.0, spare=0.0, saving=0.0):
    """Compute the percentage of a period's use left unserved when `cut` of the leader's deliveries fail for `months`.

    L = 100 · max(0, s·x − a·(1 − s)·[x > 0] − b − d/D), with s the leader's share (fraction), x the cut (fraction),
    a by how much the other suppliers raise their deliveries, b what users save or substitute, d days of use in
    stock and D the days of the period. Zero shock gives zero; L never falls when s or x rises, nor rises with a, b
    or d. Scalars or arrays.
    """
    missing = np.asarray(share, dtype=float) * cut
    days = months * DAYS_PER_MONTH
    if not (cut > 0 and days > 0):
        return np.zeros_like(missing)
    relief = np.asarray(spare) * (1 - np.asarray(share)) + np.asarray(saving) + np.asarray(stock_days) / days
    return 100 * np.maximum(0.0, missing - relief)


def simulate(
    shares: pd.DataFrame,
    cut: float,
    months: Sequence[float],
    *,
    draws: int = 20_000,
    seed: int = 2024,
    ranges: dict[str, tuple[float, float]] = RANGES,
) -> pd.DataFrame:
    """Simulate `loss` by importer and duration over uniform draws from `ranges`: 5th, 50th and 95th percentile.

    shares  one row per importer with `importer`, `low` and `high` (percent): the share is drawn between the two
    cut     fraction of the leader's deliveries that fail

    All importers and durations meet the same draws, so that they differ by their shares alone. Returns importer,
    months, low, median, high in percent of the period's use. Raises ValueError for a cut outside 0 to 1.
    """
    if not 0 <= cut <= 1:
        raise ValueError(f"the cut is a fraction from 0 to 1, not {cut}")
    generator = np.random.default_rng(seed)
    drawn = {name: generator.uniform(*ranges[name], draws) for name in ("stock_days", "spare", "saving")}
    place = generator.uniform(0, 1, draws)
    rows = []
    for importer in shares.itertuples():
        share = (importer.low + place * (importer.high - importer.low)) / 100
        for duration in months:
            results = np.percentile(loss(share, cut, duration, **drawn), [5, 50, 95])
            rows.append((importer.importer, duration, *results))
    return pd.DataFrame(rows, columns=["importer", "months", "low", "median", "high"])


# --- use ---


def kilograms(rows: pd.DataFrame) -> pd.DataFrame:
    """Convert masses per unit of a product to kg: `low`, `kg`, `high`; pounds too, and ranges get their mid-point."""
    factor = rows["unit"].str.startswith("lb").map({True: KG_PER_LB, False: 1.0})
    columns = {"low": "value_low", "kg": "value", "high": "value_high"}
    frame = rows.assign(**{new: rows[old] * factor for new, old in columns.items() if old in rows})
    if "low" in frame:
        frame["kg"] = frame["kg"].fillna((frame["low"] + frame["high"]) / 2)
    return frame


def surely(table: pd.DataFrame, first: int, last: int, compared_as: str) -> list[str]:
    """List the importers whose share was certainly HIGHER (or LOWER) in `last` than in `first`, bounds considered.

    `table` is `suppliers` of several years; importers without a share in one of the two are left out.
    """
    ends = {
        year: {
            row.reporter: Quantity.from_row(row.share, row.qualifier)
            for row in table[table["year"] == year].itertuples()
        }
        for year in (first, last)
    }
    both = [code for code in ends[last] if code in ends[first]]
    return [code for code in both if compared(ends[last][code], ends[first][code]) == compared_as]
