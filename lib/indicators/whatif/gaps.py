"""Gaps that trade statistics leave: two customs on one flow, two prices for one product, and goods of another's ore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from lib.indicators import common, reserves
from lib.indicators.whatif.assumptions import assumptions
from lib.quantity import Number

EU_MAGNETS = {"dataset": "eurostat", "hs_code": "85051110", "reporter": "EU27"}
WHITE_PAPER = {"series": "white_paper", "measure": "partner excess"}
UNIT_VALUE = (
    "SELECT 100 * ((a.value / a.weight_kg) / ((b.value - a.value) / (b.weight_kg - a.weight_kg)) - 1) "
    "FROM china AS a, world AS b"
)
NAMES = {"850511": "magnets (HS 8505.11)", "2846": "compounds (HS 2846)", "280530": "metals (HS 2805.30)"}


def mirror_gap(imports: float, exports: float, margin: float) -> float:
    """Compute by how many percent imports exceed exports of one flow: g = 100 (M (1 − c) / X − 1).

    imports   M, what the importer reports, with transport and insurance (cif)
    exports   X, what the exporter reports, without them (fob), in the same unit
    margin    c, what transport and insurance add, in percent of M

    Positive: the importer counts more than the exporter, as with goods that left unrecorded or through a third country.
    Mirror statistics as in Bhagwati (1964), and the margin as in the OECD's ITIC data.
    """
    return 100 * (imports * (1 - margin / 100) / exports - 1)


@dataclass(frozen=True)
class Mirror:
    """Rows of the table `mirror_trade` with `gap`, and `low` and `high`, the gap at the ends of the margin."""

    rows: pd.DataFrame
    margin: pd.DataFrame

    def gap(self, importer: str, hs_code: str, year: int) -> Number:
        """Return the gap of one flow in percent, at the most likely margin. Raises KeyError for a flow not listed."""
        rows = self.rows
        row = rows[rows["importer"].eq(importer) & rows["hs_code"].eq(hs_code) & rows["year"].eq(year)]
        if len(row) != 1:
            raise KeyError(f"no mirror of {hs_code} to {importer} in {year}")
        who = "all importers listed" if importer == common.WORLD else common.called(importer)
        what = f"imports of {NAMES[hs_code]} from China by {who}"
        scope = f"excess of the {what} over the exports that China reports, by value"
        used = {"flows": row.drop(columns=["gap", "low", "high"]), "margin": self.margin}
        query = "SELECT f.imports_to_exports_pct * (1 - m.mode / 100) - 100 FROM flows AS f, margin AS m"
        formula = "100 (imports (1 − margin) / exports − 1)"
        return Number(float(row["gap"].iloc[0]), "%", scope, year, formula, used, query)

    def magnets(self, year: int) -> pd.DataFrame:
        """Give the flows of magnets of a year, for a chart: the world first, then the largest of China's buyers."""
        rows = self.rows[self.rows["hs_code"].eq("850511") & self.rows["year"].eq(year)]
        largest = rows[rows["importer"] != common.WORLD].nlargest(14, "part_pct")
        rows = pd.concat([rows[rows["importer"] == common.WORLD], largest.sort_values("gap", ascending=False)])
        return rows.assign(named=[_named(code) for code in rows["importer"]])

    def years(self) -> list[int]:
        """List the years in which all importers of magnets are known together."""
        return sorted(self.rows.loc[self.rows["importer"] == common.WORLD, "year"].astype(int))


def _named(code: str) -> str:
    return "All together" if code == common.WORLD else common.called(code).removeprefix("the ").replace(" and ", " & ")


def mirror(as_of: common.Day) -> Mirror:
    """Read what importers and China report of the same flows. Raises NoDataYet."""
    rows = common.select("mirror_trade", as_of, "The table of flows as two customs saw them")
    margin = assumptions(as_of).of("cif_margin")
    ratio = rows["imports_to_exports_pct"]
    ends = {"gap": margin.mode, "low": margin.high, "high": margin.low}
    gaps = {name: [mirror_gap(value, 100, at) for value in ratio] for name, at in ends.items()}
    return Mirror(rows.assign(**gaps), margin.row)


def white_paper(as_of: common.Day) -> Iterator[tuple[str, Number]]:
    """Give the excess of partners' imports over China's exports that China's white paper of 2012 prints, by year.

    The imports of the partners behind them are in no open data that we found, so that they cannot be computed again.
    """
    rows = common.select("china_exports", as_of, "The white paper of 2012", **WHITE_PAPER).sort_values("year")
    for row in rows.index:
        year = int(rows.loc[row, "year"])
        scope = "excess of its partners’ imports of rare earths over the exports that China reports (white paper)"
        yield (
            f"white-paper-{year}",
            Number(float(rows.loc[row, "value"]), "%", scope, year, "as printed", rows.loc[[row]]),
        )


def unit_value_gap(value: float, weight: float, other_value: float, other_weight: float) -> float:
    """Compute by how many percent a supplier's price differs from that of all others: 100 ((V/Q) / (V/Q of rest) − 1).

    Values in one currency, weights in one unit. A unit value is no price: it mixes grades and sizes.
    """
    return 100 * ((value / weight) / (other_value / other_weight) - 1)


def eu_unit_values(as_of: common.Day) -> Iterator[tuple[str, Number]]:
    """Give China's unit-value gap in the EU's imports of magnets (CN 8505 11 10), by year. Raises NoDataYet."""
    rows = common.select("trade_flows", as_of, "The EU's imports of rare-earth magnets", **EU_MAGNETS)
    for year, group in rows.groupby("year"):
        china, world = common_rows(group, "CHN"), common_rows(group, common.WORLD)
        (v, q), (whole, weight) = (tuple(row[["value", "weight_kg"]].iloc[0].astype(float)) for row in (china, world))
        gap = unit_value_gap(v, q, whole - v, weight - q)
        scope = "unit value of the EU’s magnet imports from China against that of all others, EUR per kg"
        formula, used = "100 ((V / Q) of China / (V / Q) of the rest − 1)", {"china": china, "world": world}
        yield f"unit-value-gap-{int(year)}", Number(gap, "%", scope, int(year), formula, used, UNIT_VALUE, places=1)


def common_rows(rows: pd.DataFrame, partner: str) -> pd.DataFrame:
    """Select the row of one partner. Raises KeyError where there is not one."""
    found = rows[rows["partner"] == partner]
    if len(found) != 1:
        raise KeyError(f"{partner}: {len(found)} rows where one was expected")
    return found


def origin_gap(as_of: common.Day, importer: str = "EUX") -> pd.DataFrame:
    """Set each supplier's share of an importer's compounds and metals against its share of the world's mine output.

    gap = s_export − s_mine in percentage points, which is large where a country processes or resells others' ore. The
    importer's figures are those of 2025 by weight (UN Comtrade), the mines those of 2025 (USGS). Returns partner,
    share, mined, gap, source_id, the largest gap first. Raises NoDataYet.
    """
    flows: dict[str, Any] = {"dataset": "comtrade_2025_ree_flows", "year": 2025, "importer": importer}
    bought = common.select("trade_shares", as_of, "Imports of compounds and metals in 2025", **flows)
    mines = common.select("mine_production", as_of, "Mine output in 2025", series="usgs_mcs", year=2025)
    mines = mines[mines["edition"] == mines.sort_values("published")["edition"].iloc[-1]]
    mined = common.shares(mines).set_index("iso3")["share"]
    rows = bought[~bought["partner"].isin(["ROW", "OTH"])][["partner", "share", "source_id"]]
    rows = rows.assign(mined=rows["partner"].map(mined).fillna(0.0))
    return rows.assign(gap=rows["share"] - rows["mined"]).sort_values("gap", ascending=False).reset_index(drop=True)


def beside_mines(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of `origin_gap` twice, for a chart: `value` is the share of mines (`mines`), and of imports."""
    both = [rows.assign(value=rows["mined"], mines=True), rows.assign(value=rows["share"], mines=False)]
    return pd.concat(both, ignore_index=True)


def mined(as_of: common.Day, iso3: str) -> Number:
    """Return a country's share of the world's newest mine output, in percent. Raises NoDataYet.

    The origin gap is not a number of its own here: imports are gross weights and mines are oxides, so that only their
    shares may stand side by side.
    """
    share = reserves.usgs_output(as_of).latest().share(iso3)
    return replace(share, places=1 if (share.value or 0) >= 0.1 else 2)
