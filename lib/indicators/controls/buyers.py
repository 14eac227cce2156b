"""What a control does to those who buy: what importers counted, and what a full stop would touch."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.indicators.controls.exports import Change, way
from lib.quantity import Number

AT_RISK = {
    "usa": "united-states",
    "europe": "europe",
    "asia": "japan-and-korea",
    "cars": "automotive",
    "chips": "electronics",
    "arms": "defence",
}
"""Places and branches by the end of the names of their facts, and how the statements on them are called."""
COUNTED = {"weight": "gross weight", "value": "customs value", "per_kg": "customs value per kilogram"}


@dataclass(frozen=True)
class Imports:
    """US imports of rare-earth compounds from China over the same months of two years."""

    year: int
    weight: Change
    value: Change
    per_kg: Change


def us_compounds(as_of: dt.date | str | None) -> Imports:
    """Compare US imports of compounds (HS 2846) from China from January to April with the year before.

    Raises NoDataYet before the months of two years are reported.
    """
    what = "US imports of compounds from China by month"
    which = {"dataset": "usitc", "flow": "import", "reporter": "USA", "partner": "CHN", "hs_code": "2846"}
    rows = common.select("trade_flows", as_of, what, **which, month_start=1, month_end=4).sort_values("year")
    if len(rows) < 2:
        raise common.not_yet("trade_flows", as_of, what)
    rows = rows.tail(2)
    before, now = (int(year) for year in rows["year"])
    counted = {"weight": "weight_kg", "value": "value_usd", "per_kg": "value_usd / weight_kg"}
    return Imports(now, **{slug: _on_year(rows, before, now, slug, cell) for slug, cell in counted.items()})


def _on_year(rows: pd.DataFrame, before: int, now: int, slug: str, cell: str) -> Change:
    """Compare one figure of two years, which is a column or one over another."""
    first, last = rows.eval(cell)
    percent = 100 * (last / first - 1)
    moved = "fall" if percent < 0 else "rise"
    scope = f"{moved} of US imports of rare-earth compounds (HS 2846) from China, January to April, {COUNTED[slug]}"
    later, earlier = (f"(SELECT 1.0 * {cell} FROM trade_flows WHERE year = {year})" for year in (now, before))
    return Change(
        Number(
            abs(percent),
            "%",
            scope,
            period=f"{now}-01/{now}-04 against {before}-01/{before}-04",
            formula="100 × (figure / figure a year before − 1)",
            rows=rows,
            query=f"SELECT abs(100 * ({later} / {earlier} - 1))",
        ),
        way(percent),
    )


def eu_heavy(as_of: dt.date | str | None) -> list[tuple[int, Number]]:
    """List the last two years of EU imports of heavy rare-earth compounds from China, each with million EUR.

    Raises NoDataYet.
    """
    what = "EU imports of heavy rare-earth compounds from China"
    rows = common.select("statements", as_of, what, topic="EU customs lines", unit="million EUR").sort_values("period")
    scope = "EU imports from China, CN 2846 90 60 and 2846 90 70, heavy rare earths"
    return [
        (
            int(period),
            Number(
                float(rows.loc[line, "value"]), "million EUR", scope, period, "as printed", rows.loc[[line]], places=1
            ),
        )
        for line, period in rows["period"].tail(2).items()
    ]


def full_stop(as_of: dt.date | str | None) -> tuple[pd.DataFrame, Number]:
    """Return what a stop of gallium and germanium would cost the United States.

    Gives the rows of a chart in million USD, and the central estimate for both in billion USD. Raises NoDataYet.
    """
    rows = common.select(
        "statements", as_of, "An estimate of what a stop of gallium and germanium would cost", topic="full stop"
    )
    costs = full_stop_costs(rows)
    both = Number(
        float(costs["value"].iloc[-1]),
        "billion USD",
        scope="US gross domestic product, gallium and germanium stopped together",
        period="model of 2024",
        formula="central estimate, as published",
        rows=rows,
        query="SELECT value FROM statements WHERE statement_id = 'full-stop-gallium-germanium-value'",
        places=1,
    )
    ends = ["low", "value", "high"]
    costs[ends] *= 1000  # in millions the lowest estimate does not round to nothing
    return costs, both


def downstream_at_risk(as_of: dt.date | str | None) -> Number:
    """Return the yearly production that the controls of October 2025 could touch, in billion USD. Raises NoDataYet."""
    what = "An estimate of what a full stop would cost"
    rows = common.select("statements", as_of, what, statement_id="newest-downstream-at-risk")
    scope = "yearly downstream production, all controls of October 2025 applied in full"
    period = f"{rows['published'].iloc[0]:%Y}"
    return Number(1000 * float(rows["value"].iloc[0]), "billion USD", scope, period, "trillion USD × 1,000", rows)


def at_risk(as_of: dt.date | str | None) -> dict[str, Number]:
    """Return that production by place and branch, by the keys of AT_RISK, in billion USD. Raises NoDataYet."""
    ids = [f"at-risk-rare-earths-{slug}" for slug in AT_RISK.values()]
    rows = common.select("statements", as_of, "The production at risk by place and branch", statement_id=ids)
    made = {}
    for name, key in zip(AT_RISK, ids, strict=True):
        row = rows[rows["statement_id"].eq(key)]
        scope = row["statement"].iloc[0]
        made[f"at-risk-{name}"] = Number(float(row["value"].iloc[0]), "billion USD", scope, 2026, "as printed", row)
    return made


def above_one_billion(as_of: dt.date | str | None) -> Number:
    """Return how many minerals a US model expects to lose the country over 1 billion USD. Raises NoDataYet."""
    what = "A model of the risks of US mineral supply"
    rows = common.select("statements", as_of, what, statement_id="ofr-2025-1047-above-one-billion")
    scope = "mineral commodities with a probability-weighted loss of US gross domestic product above 1 billion USD"
    return Number(float(rows["value"].iloc[0]), "count", scope, "model of 2025", "as published", rows)


def full_stop_costs(statements: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the modelled fall of US gross domestic product if China's net exports stopped, in billion USD.

    `statements` are the rows of the topic `full stop`. Returns `minerals`, `low`, `value`, `high`, `source_id`, dearest
    last. Reference: USGS Open-File Report 2024-1057.
    """
    parts = statements["statement_id"].str.extract(r"^full-stop-(?P<minerals>.+)-(?P<end>low|value|high)$")
    frame = statements.assign(minerals=parts["minerals"].str.replace("-", " and "), end=parts["end"])
    table = frame.pivot_table(index="minerals", columns="end", values="value").reset_index()
    table["source_id"] = statements["source_id"].iloc[0]
    return table.sort_values("value", ignore_index=True)[["minerals", "low", "value", "high", "source_id"]]
