"""How long plants take to build, how late they are, and what a tonne of capacity costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from lib import markup, words
from lib.indicators import common
from lib.quantity import Number, Quantity
from lib.tables import catalog

PROJECT_STARTS = "discovery|exploration|company founded"
KINDS = {
    "cracking": "cracking",
    "magnets": "magnets",
    "processing": "separation and metal in one plant",
    "separation": "separation",
}
"""Stages as a sentence on building times names them."""
SUBJECTS = {
    "new facility, average lead time": "an average new facility",
    "West to challenge China": "the West to challenge China",
    "rebuild a US rare-earth supply chain": "the United States to rebuild its supply chain",
}
"""What general statements are about, as a sentence names it; others stand as the table has them."""
FIRST_PLAN = re.compile(r"(?:first plan|plan was|expected|targets slipped).*?\b(20\d\d)\b")
OUTCOMES = {"stalled": "stalled", "not_built": "not built"}


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


def built(as_of: common.Day) -> pd.DataFrame:
    """Read the plants with their building times: the rows of `durations`. Raises NoDataYet before one was built."""
    rows = durations(common.select("build_times", as_of, "The record of building times"))
    if not rows["built"].any():
        first = durations(catalog.table("build_times")).query("built")["published"].min()
        raise common.not_yet("build_times", as_of, "The record of single plants", first)
    return rows


def claims(as_of: common.Day) -> pd.DataFrame:
    """Read the general statements on building times: the rows of `lead_time_claims`. Raises NoDataYet for none."""
    rows = lead_time_claims(common.select("build_times", as_of, "The record of building times"))
    if rows.empty:
        raise common.not_yet("build_times", as_of, "A general statement on building times")
    return rows


def times(rows: pd.DataFrame) -> Iterator[tuple[str, Number]]:
    """Give the shortest and the longest time of each stage in years, by the names of facts."""
    for stage, group in rows[rows["built"]].groupby("stage"):
        for number, end in enumerate((group["years"].idxmin(), group["years"].idxmax())):
            yield f"{str(stage).replace('_', '-')}-{number}", _years(group.loc[[end]])


def times_told(rows: pd.DataFrame, facts: Mapping[str, object]) -> markup.Marked:
    """Write the times of all stages as a sentence lists them, with the facts that `times` became."""
    stages = sorted(set(rows.loc[rows["built"], "stage"]))
    return markup.Marked(
        words.joined(f"{_ends(facts, stage.replace('_', '-'))} for {KINDS[stage]}" for stage in stages)
    )


def chinese_benchmark(rows: pd.DataFrame) -> Number:
    """Return how many years the first phase of the plant in Baotou took, from `built`. Raises NoDataYet before it."""
    row = rows[rows["built"] & rows["subject"].eq("China Northern, Huamei phase I")]
    if row.empty:
        raise common.not_yet("build_times", rows.attrs["as_of"], "The first phase of the plant in Baotou")
    return _years(row)


def claimed(rows: pd.DataFrame) -> Iterator[tuple[str, Number]]:
    """Give what each general statement says in years, by the names of facts."""
    return ((f"claim-{number}", _years(rows.iloc[[number]])) for number in range(len(rows)))


def claims_told(rows: pd.DataFrame, facts: Mapping[str, object]) -> markup.Marked:
    """Write the general statements as a sentence lists them, each with a link to who makes it."""
    found = []
    for number, (subject, source) in enumerate(zip(rows["subject"], rows["source_id"], strict=True)):
        link = markup.Link(SUBJECTS.get(subject, subject), f"source:{source}")
        found.append(f"{markup.text(facts[f'claim-{number}'])} for {markup.text(link)}")
    return markup.Marked(words.joined(found))


def longer(rows: pd.DataFrame, statements: pd.DataFrame) -> str:
    """Say whether general statements name longer times than any plant took that was built."""
    longest = rows.loc[rows["built"], "years"].max()
    return "longer" if (statements["years"] > longest).all() else "other"


def took(rows: pd.DataFrame) -> str:
    """Say how many years the plants took that were built, as a title does: 1.5 to 4."""
    done = rows.loc[rows["built"], "years"]
    return f"{done.min():g}" if done.min() == done.max() else f"{done.min():g} to {done.max():g}"


def first_plans(as_of: common.Day) -> pd.DataFrame:
    """List the projects whose first date is on record, with what became of it. Raises NoDataYet before the second.

    Returns the rows of the table with `planned_year`, `outcome` and `late` (built later, planned for later, or not
    built), the earliest plan first; index kept.
    """
    rows = common.select("build_times", as_of, "The record of building times")
    rows = rows[rows["iso3"].ne("CHN") & rows["confidence"].ne("low") & rows["note"].str.extract(FIRST_PLAN)[0].notna()]
    if len(rows) < 2:
        raise common.not_yet("build_times", as_of, "Projects with their first dates")
    planned = rows["note"].str.extract(FIRST_PLAN)[0].astype(int)
    end = rows["end"].dt.year
    ends = zip(rows["type"], end, strict=True)
    outcome = [
        OUTCOMES.get(kind) or f"{'built' if kind == 'actual' else 'planned for'} {year:.0f}" for kind, year in ends
    ]
    outcome = [text.replace("built 2", "built in 2") for text in outcome]
    found = rows.assign(planned_year=planned, outcome=outcome, stage=rows["stage"].str.replace("_", " "))
    return found.assign(late=end.isna() | (end > planned)).sort_values(["planned_year", "subject"])


def plans_counted(rows: pd.DataFrame) -> tuple[Number, Number]:
    """Return how many projects of `first_plans` are late, and how many there are."""
    period = f"as described from {rows['published'].min():%Y} to {rows['published'].max():%Y}"
    scope = "projects outside China whose first date is on record"
    late = rows[rows["late"]]
    return (
        Number(len(late), "count", f"{scope}, late or not built", period, "projects counted", late),
        Number(len(rows), "count", scope, period, "projects counted", rows),
    )


def capital(as_of: common.Day) -> pd.DataFrame:
    """Read capital cost per tonne of yearly capacity: the rows of `capital_per_tonne`. Raises NoDataYet."""
    items = ["capex_per_t_oxide", "capex_per_t_magnet"]
    return capital_per_tonne(common.select("costs", as_of, "The table of capital cost per tonne", item=items))


def capital_plants(rows: pd.DataFrame) -> Number:
    """Return how many plants these rows are about."""
    period = f"budgets of {rows['date'].min():%Y} to {rows['date'].max():%Y}"
    return Number(
        len(rows), "count", "plants with a capital cost per tonne of capacity", period, "plants counted", rows
    )


def capital_numbers(rows: pd.DataFrame) -> Iterator[tuple[str, Number]]:
    """Give the capital cost of each documented plant in its currency, a range as two, by the names of facts."""
    strong = rows[~rows["weak"]]
    for _, row in strong.iterrows():
        scope, period = f"capital cost of {row['project']}, per tonne of yearly capacity", str(row["date"].year)
        for number, amount in enumerate(_printed(row)):
            line = strong.loc[[row.name]]
            yield f"{_slug(row)}-{number}", Number(float(amount), row["currency"], scope, period, row["basis"], line)


def capital_told(rows: pd.DataFrame, product: str, home: bool, facts: Mapping[str, object]) -> markup.Marked:
    """Write what documented plants for a product cost, in China or elsewhere, as facts. Raises NoDataYet for none."""
    strong = rows[~rows["weak"] & rows["product"].eq(product) & (rows["iso3"].eq("CHN") == home)]
    if strong.empty:
        raise common.not_yet("costs", rows.attrs["as_of"], "A documented cost of such a plant")
    found = []
    for _, row in strong.iterrows():
        names = [f"{_slug(row)}-{number}" for number in range(len(_printed(row)))]
        place = row["project"] if home else f"{row['project']} ({catalog.country_name(row['iso3'])})"
        found.append(f"{' to '.join(markup.text(facts[name]) for name in names)} at {markup.text(place)}")
    return markup.Marked(words.joined(found))


def capital_title(rows: pd.DataFrame) -> str:
    """Say whether capacity costs more to build outside China than `dearer` asks, in a title."""
    if dearer(rows):
        return "A tonne of capacity costs more than twice as much to build outside China"
    return "Capital cost per tonne of capacity, plant by plant"


def capital_ends(rows: pd.DataFrame) -> str:
    """Write the smallest and the largest of these costs, as a text beside the chart does."""
    return f"USD {rows['amount'].min():,.0f} to USD {rows['amount'].max():,.0f}"


def capital_look(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `capital_per_tonne`."""
    return {"low": "value_low", "high": "value_high", "order": list(rows["name"])}


def _printed(row: pd.Series) -> tuple[float, ...]:
    """Return what a source prints for a plant: one amount, or the ends of a range."""
    return (row["value_low"], row["value_high"]) if pd.isna(row["value"]) else (row["value"],)


def _slug(row: pd.Series) -> str:
    return str(row["cost_id"]).lower().replace("_", "-")


def _years(row: pd.DataFrame) -> Number:
    one = row.iloc[0]
    when = one["end"] if pd.notna(one["end"]) else one["stated"]
    value = Quantity.from_row(float(one["years"]), one["qualifier"])
    scope = (
        f"years from the start of the project to output, {one['subject']}"
        if one["type"] == "actual"
        else one["subject"]
    )
    return Number(value, "years", scope, str(when.year), "as recorded", row)


def _ends(facts: Mapping[str, object], slug: str) -> str:
    ends = [markup.text(facts[f"{slug}-{number}"]) for number in (0, 1)]
    alike = str(facts[f"{slug}-0"]) == str(facts[f"{slug}-1"])
    return ends[0] if alike else " to ".join(ends)
