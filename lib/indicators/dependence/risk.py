"""Supply risk as the European Union and the United States score it, and how much one third country supplies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.indicators.dependence.compounds import comtrade
from lib.indicators.dependence.magnets import magnets
from lib.indicators.dependence.trade import suppliers
from lib.indicators.dependence.west import OUTSIDE, Circle
from lib.markup import Link
from lib.quantity import Number, Quantity
from lib.tables import catalog

REE_2017 = (
    *("cerium", "dysprosium", "erbium", "europium", "gadolinium", "holmium", "lanthanum", "lutetium"),
    *("neodymium", "praseodymium", "samarium", "terbium", "thulium", "ytterbium", "yttrium"),
)
RISK_COLOURS = {"Rare earths": "accent", "Other materials": "axis"}
SUPPLIES = {
    ("neodymium", "processing"): "Light rare earths (Nd, Pr and others), processed",
    ("neodymium", "extraction"): "Light rare earths (Nd, Pr and others), extracted",
    ("yttrium", "processing"): "Yttrium and ytterbium, processed",
    ("scandium", "processing"): "Scandium, processed",
}
"""The European supplies that are set against the benchmark: material and stage, with what they are called."""
# The scores of 2017 that rest on both supplies, with the least and the most that the rounding of their inputs allows.
SCORES = """WITH whole AS (SELECT material_key, avg(value) FILTER (WHERE metric = 'hhi_wgi_t_global') AS g,
    avg(value) FILTER (WHERE metric = 'hhi_wgi_t_eu28') AS e, avg(value) FILTER (WHERE metric = 'substitution_index_SR')
    AS s FROM eu_criticality WHERE stage = 'not_stated' GROUP BY material_key),
  part AS (SELECT material_key, stage, avg(value) FILTER (WHERE metric = 'supply_risk') AS printed,
    avg(value) FILTER (WHERE metric = 'import_reliance_pct') AS ir, avg(value) FILTER (WHERE metric = 'eol_rir_pct')
    AS r, max(metric = 'supply_risk' AND coalesce(note, '') LIKE '%GS + EUS%') AS both FROM eu_criticality
    WHERE stage <> 'not_stated' GROUP BY material_key, stage),
  side AS (SELECT -1 AS d UNION ALL SELECT 1),
  score AS (SELECT material_key, stage, printed, d, (max(g + 0.05 * d, 0) * min(max(ir, 0), 100) / 200.0
    + max(e + 0.05 * d, 0) * (1 - min(max(ir, 0), 100) / 200.0)) * (1 - min(max(r / 100 - 0.005 * d, 0), 1))
    * (s + 0.05 * d) AS risk FROM part JOIN whole USING (material_key) JOIN side WHERE both),
  ends AS (SELECT material_key, stage, printed, max(risk) FILTER (WHERE d = -1) AS low, max(risk) FILTER (WHERE d = 1)
    AS high FROM score WHERE risk IS NOT NULL AND printed IS NOT NULL GROUP BY material_key, stage, printed)"""
LOSS = "US gross domestic product, one mineral commodity disrupted, weighted by probability"


# --- one third country ---


@dataclass(frozen=True)
class OneCountry:
    """The largest third country of each European supply that is known, and the benchmark for it."""

    rule: pd.DataFrame
    rows: pd.DataFrame

    def limit(self) -> Number:
        """Return the benchmark: the largest share of one third country in percent."""
        scope = "largest share of one third country in the Union’s yearly consumption of a strategic raw material"
        return Number(float(self.rule["value"].iloc[0]), "%", scope, 2030, "as printed", self.rule)

    @property
    def above(self) -> int:
        """How many of the supplies lie above the benchmark."""
        return int((self.rows["share"] > float(self.rule["value"].iloc[0])).sum())


def one_third_country(as_of: dt.date | str | None, circle: Circle) -> OneCountry:
    """Read the EU benchmark and what it is set against; trade only where it is public. Raises NoDataYet."""
    metric = "crma_benchmark_single_third_country_max_pct"
    rule = common.select("eu_criticality", as_of, "The EU benchmark for a single third country", metric=metric)
    table = leading_sources(catalog.table("eu_criticality", as_of), circle.union)
    keys = list(zip(table["material_key"], table["stage"], strict=True))
    table = table[[key in SUPPLIES for key in keys]].assign(what=[SUPPLIES[key] for key in keys if key in SUPPLIES])
    parts = [table.rename(columns={"iso3": "leader", "value": "share"})]
    try:
        bought = magnets(as_of, circle)
        flows = bought.union()
        union = suppliers(flows[flows["year"] == bought.year])
        words = f"Magnets imported in {bought.year}, by value"
        parts.append(union.assign(what=words, share=union["leader_share"]))
        rows = comtrade(as_of, "imports", dataset="comtrade_2025_ree_flows", importer=OUTSIDE).query("partner != 'ROW'")
        first, words = rows.nlargest(1, "share"), "Compounds and metals imported in 2025, by weight"
        parts.append(first.assign(what=words, leader=first["partner"]))
    except catalog.NoDataYet:
        pass
    rows = pd.concat(parts)
    return OneCountry(rule, rows.assign(named=rows["what"] + ": " + rows["leader"].map(catalog.country_name)))


def leading_sources(criticality: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Find the largest third country in the EU's supply of each material and stage, as the Commission assessed it.

    Takes the rows with metric eu_sourcing_share_pct; members of the union are no third countries. Returns those rows
    with the largest value per material and stage.
    """
    rows = criticality[criticality["metric"].eq("eu_sourcing_share_pct") & ~criticality["iso3"].isin(set(union))]
    rows = rows[rows["value"].notna()].sort_values("value", kind="stable")
    return rows.drop_duplicates(["material_key", "stage"], keep="last")


# --- the scores of 2017, recomputed ---


@dataclass(frozen=True)
class Risk:
    """The EU supply risks of 2017 with their inputs: the rows, and `supply_risk_table` from the highest score on."""

    rows: pd.DataFrame
    table: pd.DataFrame

    def reproduced(self) -> Number:
        """Count the scores that follow from their inputs within rounding."""
        table = self.table
        fits = (table["low"] <= table["printed"] + 0.05) & (table["high"] >= table["printed"] - 0.05)
        query = f"{SCORES} SELECT count(*) FROM ends WHERE low <= printed + 0.05 AND high >= printed - 0.05"
        scope = "EU scores that follow from the printed inputs within rounding"
        return Number(int(fits.sum()), "count", scope, 2017, "count", self.rows, query)

    def leading(self) -> Number:
        """Count the rare earths above every other material."""
        named = ", ".join(f"'{name}'" for name in REE_2017)
        others = f"SELECT max(printed) FROM ends WHERE material_key NOT IN ({named})"
        query = f"{SCORES} SELECT count(*) FROM ends WHERE printed > ({others})"
        number = int(self.table["rare_earth"].astype(int).cumprod().sum())
        scope = "materials at the top of the ranking that are rare earths"
        return Number(number, "count", scope, 2017, "count", self.rows, query)

    def labelled(self) -> pd.DataFrame:
        """Give the rows for a scatter: kind of material, and the name of those that are rare earths."""
        kinds = {True: "Rare earths", False: "Other materials"}
        word = self.table["material_key"].where(self.table["rare_earth"], "")
        return self.table.assign(kind=self.table["rare_earth"].map(kinds), word=word)


def eu_risk(as_of: dt.date | str | None) -> Risk:
    """Read the EU assessment of 2017. Raises NoDataYet."""
    rows = common.select("eu_criticality", as_of, "The EU assessment of 2017 with its inputs", assessment_year=2017)
    return Risk(rows, supply_risk_table(rows).sort_values("printed", ascending=False))


def us_method(as_of: dt.date | str | None) -> Link:
    """Name the US method of 2020 by its authors. Raises NoDataYet where it was not yet published."""
    published, day = catalog.sources().loc["nassar2020", "published"].date(), catalog.as_day(as_of)
    if day is not None and day < published:
        raise common.not_yet("statements", day, "The US method of 2020", published)
    return Link("Nassar et al.", "source:nassar2020")


def us_losses(as_of: dt.date | str | None) -> tuple[Number, Number]:
    """Return the largest expected loss of US output in billion USD, and how many lie above one. Raises NoDataYet."""
    keys, what = ("ofr-2025-1047-largest-loss", "ofr-2025-1047-above-one-billion"), "The US model of losses"
    loss, above = (common.select("statements", as_of, what, statement_id=key) for key in keys)
    most = Quantity(float(loss["value"].iloc[0]), "<")
    return (
        Number(most, "billion USD", LOSS, 2025, "as printed", loss, places=1),
        Number(float(above["value"].iloc[0]), "count", LOSS, 2025, "as counted", above),
    )


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
