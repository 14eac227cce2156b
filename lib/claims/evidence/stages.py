"""Separation, metal and magnets: shares by stage, what is expected, how long plants take, and what they cost."""

from __future__ import annotations

import re

import pandas as pd

from lib.claims.evidence.known import LOOK_BACK, Known, answer, metric, printed, role_by_trust
from lib.claims.rules import CONTEXT, NATURAL, OTHER, Reading, joined
from lib.indicators import processing, reserves
from lib.quantity import Quantity
from lib.tables import catalog

SAME_TIME = 1  # estimates for the year before the statement's count as of its time


@metric
def stage_share(view: Known, year: int, lines: list[str]) -> list[Reading]:
    """Return China's share at the named lines of the chain by estimator; those for the statement's time are natural."""
    tables = view.editions("reserves"), view.editions("mine_production"), view.table("stage_shares")
    frame = view.once("funnel", lambda: processing.funnel(*tables, as_of=view.as_of))
    frame = frame[frame["line"].isin(lines) & frame["value"].notna()]
    readings = [
        Reading(
            f"{row['line']}, {row['year']}, {row['estimator']}" + _edition(row),
            processing.as_quantity(row),
            "%",
            tuple(processing.origin(row, *tables)),
            "as printed" if row["kind"] != "computed" else "China / world",
            CONTEXT if row["weak"] else _when(int(row["year"]), year),
            year=int(row["year"]),
        )
        for _, row in frame.iloc[::-1].iterrows()
    ]
    return readings + (_outlooks(view, year) if any("Separation" in line for line in lines) else [])


def _edition(row: pd.Series) -> str:
    return f" ({reserves.label(row['edition'])})" if row["edition"] else ""


def _when(when: int, asked: int) -> str:
    if asked - SAME_TIME <= when <= asked:
        return NATURAL
    return OTHER if asked - LOOK_BACK <= when < asked else CONTEXT


def _outlooks(view: Known, year: int) -> list[Reading]:
    """Return the years of the newest IEA outlook that no other table has, as the share of the top refiner."""
    frame = _refiner_outlooks(view)
    frame = frame[~frame["projected"].astype(bool) & frame["_rows"].map(lambda rows: rows[0][0] == "statements")]
    words = "Separation: top refining country, {year}, IEA ({outlook})"
    return [_outlook(view, row, words, _when(int(row["year"]), year)) for _, row in frame.iterrows()]


def _outlook(view: Known, row: pd.Series, words: str, role: str) -> Reading:
    """Make a reading of a row of the IEA's outlooks; `words` name it by its columns."""
    value = Quantity.from_row(row["value"], row["qualifier"])
    rows = tuple(view.editions(name).loc[[line]] for name, line in row["_rows"])
    return Reading(words.format(**row), value, "%", rows, role=role, year=int(row["year"]))


def _refiner_outlooks(view: Known) -> pd.DataFrame:
    tables = [view.table("stage_shares"), view.editions("refined_supply"), view.table("statements")]
    return view.once("outlooks", lambda: processing.refiner_outlooks(*tables))


@metric
def expected_share(view: Known, year: int, until: int) -> list[Reading]:
    """Return what the IEA expects of the largest refiner's share, the newest publication first."""
    frame = _refiner_outlooks(view)
    frame = frame[frame["projected"].astype(bool) & frame["year"].le(until)]
    newest = frame["published"].max()
    roles = {True: NATURAL, False: OTHER}
    return [
        _outlook(view, row, "expected for {year}, IEA, {outlook}", roles[row["published"] == newest])
        for _, row in frame.iloc[::-1].iterrows()
    ]


@metric
def left_to_others(view: Known, year: int, line: str) -> list[Reading]:
    """Compute what is left of the world to all other countries together at a stage, 100 less China's share."""
    shares = stage_share(view, year, [line])
    return [
        Reading(
            entry.what.replace(line, f"{line}, all others together"),
            100 - entry.value,
            "%",
            entry.rows,
            "100 less China's share",
            entry.role,
            year=entry.year,
        )
        for entry in shares
        if entry.what.startswith(line)
    ]


@metric
def plants_outside(view: Known, year: int, stage: str, least: float) -> list[Reading]:
    """Count plants outside China that make at least `least` tonnes a year, as far as sources describe them."""
    plants = processing.plants(view.table("facilities", stage=stage))
    running = plants[plants["status"].isin(["operating", "ramping up"]) & plants["confidence"].ne("low")]
    large = running[running["capacity"].ge(least) & running["capacity_kind"].ne("target")]
    if plants.empty:
        return []
    names = joined(f"{row['facility']} ({catalog.country_name(row['iso3'])})" for _, row in large.iterrows())
    what = f"{stage} plants outside China of {least:,.0f} t/yr or more, in operation"
    value = Quantity(len(large))
    return [
        Reading(
            what,
            value,
            "count",
            (large if len(large) else plants,),
            "plants counted",
            text=f"{len(large)}: {names}" if len(large) else "none documented",
        )
    ]


# --- how long and for how much ---


@metric
def whole_chain_years(view: Known, year: int) -> list[Reading]:
    """Return years that a whole industry chain is said to take (natural), and what mines and plants took (other)."""
    rows = view.table("build_times")
    claims = rows[rows["stage"].eq("whole_chain") & rows["years"].notna()]
    built = rows[rows["type"].isin(["actual"]) & rows["years"].notna()]
    return [_duration(claims, line, NATURAL) for line in claims.index] + [
        _duration(built, line, OTHER) for line in built.index
    ]


@metric
def plant_years(view: Known, year: int) -> list[Reading]:
    """Return years from a project's start to output, of separation and magnet plants built outside China."""
    rows = view.table("build_times")
    if rows.empty:
        return []
    rows = processing.durations(rows)
    rows = rows[
        rows["stage"].isin(["separation", "magnets", "heavy_separation"]) & rows["iso3"].ne("CHN") & rows["built"]
    ]
    return [_duration(rows, line, NATURAL) for line in rows.index]


def _duration(rows: pd.DataFrame, line: int, role: str) -> Reading:
    row = rows.loc[[line]]
    first = row.iloc[0]
    span = (
        f"{first['start_event']} to {first['end_event']}"
        if isinstance(first["start_event"], str)
        else first["type_text"]
    )
    what = f"{first['subject']}, {first['stage_text']}: {span}"
    return Reading(what, printed(row, "years"), "years", (row,), role=role_by_trust(row, role))


@metric
def capital_ratio(view: Known, year: int, product: str) -> list[Reading]:
    """Compare capital cost per tonne of yearly capacity, cheapest plant in China over cheapest outside it.

    The figures are of plants of different scope, as their own notes say: the unit names it.
    """
    rows = processing.capital_per_tonne(view.table("costs")) if len(view.table("costs")) else view.table("costs")
    if rows.empty:
        return []
    rows = rows[rows["product"].eq(product) & rows["currency"].eq("USD")].sort_values("amount")
    home, away = rows[rows["iso3"].eq("CHN")].head(1), rows[rows["iso3"].ne("CHN")].head(1)
    if home.empty or away.empty:
        return []
    alike = not pd.concat([home, away])["note"].str.contains("scope", na=False).any()
    ratio = 100.0 * home["amount"].iloc[0] / away["amount"].iloc[0]
    what = f"capital cost per tonne, {product}: {home['project'].iloc[0]} over {away['project'].iloc[0]}"
    unit = "%" if alike else "% (plants of different scope)"
    text = "" if alike else f"{ratio:.0f}%, plants of different scope"
    return [Reading(what, Quantity(ratio), unit, (home, away), "cost per tonne in China / outside", text=text)]


@metric
def price_outside(view: Known, year: int) -> list[Reading]:
    """Return China's price in percent of Europe's for heavy rare earths, as the IEA puts it; due to export controls."""
    row = view.table("statements", statement_id="newest-heavy-price-ratio-europe")
    if row.empty:
        return []
    value = 100 / printed(row)
    return [
        Reading(
            "price of Dy and Tb in China over Europe, under export licences",
            value,
            "%",
            (row,),
            "100 / printed ratio",
            CONTEXT,
        )
    ]


# --- technology ---


@metric
def patents_rank(view: Known, year: int, iso3: str) -> list[Reading]:
    """Rank a country in rare-earth patent filings counted since 1950; says nothing of single breakthroughs."""
    rows = view.table("technology", topic="patents")
    rows = rows[rows["indicator"].str.contains("filings, cumulative")]
    if rows.empty:
        return []
    own = rows[rows["scope"].eq(catalog.country_name(iso3))]
    place = int(rows["value"].gt(own["value"].iloc[0]).sum()) + 1
    what = f"patent filings since 1950, {own['date'].iloc[0]:%B %Y}"
    label = f"{own['value'].iloc[0]:,.0f}, {'first' if place == 1 else f'number {place}'} of {len(rows)} compared"
    return [Reading(what, Quantity(place), "rank", (rows,), "countries sorted", CONTEXT, text=label)]


@metric
def over_time(view: Known, year: int, topic: str, indicator: str) -> list[Reading]:
    """Say whether a quantity of the technology table fell between two dates; open where it has one date only."""
    rows = view.table("technology", topic=topic)
    rows = rows[rows["indicator"].str.contains(indicator)]
    dated = rows[rows["date"].notna()].sort_values("date")
    if len(dated) >= 2:
        first, last = dated["value"].iloc[0], dated["value"].iloc[-1]
        return [answer(f"{indicator} over time", bool(last < first), f"{first:g} to {last:g}", dated)]
    text = "a single figure without a date shows no change over time" if len(rows) else "no figure"
    return [answer(f"{indicator} over time", None, text, rows)] if len(rows) else []


@metric
def documented_text(view: Known, year: int, technology_id: str, words: str) -> list[Reading]:
    """Say whether what a source of the technology table says fits the words (a regular expression)."""
    rows = view.table("technology", technology_id=technology_id)
    if rows.empty:
        return []
    text = rows["value_text"].iloc[0]
    missing = re.search(words + r"[^.]*not found", text)
    holds = None if missing else bool(re.search(words, text))
    return [answer(f"{rows['indicator'].iloc[0]}, {rows['scope'].iloc[0]}", holds, text, rows)]


@metric
def content(view: Known, year: int, applications: str, material: str = "", weak: bool = False) -> list[Reading]:
    """Return rare-earth mass documented for applications (regular expressions); low-confidence rows only if `weak`."""
    rows = view.table("applications")
    rows = rows[rows["application_id"].str.contains(applications) & rows["material"].str.contains(material)]
    readings = []
    for line in rows.index:
        row = rows.loc[[line]]
        first = row.iloc[0]
        value = first["value"] if pd.notna(first["value"]) else first["value_high"]
        role = NATURAL if weak else role_by_trust(row, NATURAL)
        what = joined([str(first["application"]), str(first["component"])]) + f": {first['material']}"
        readings.append(
            Reading(what, Quantity.from_row(float(value), first["qualifier"]), str(first["unit"]), (row,), role=role)
        )
    return readings + _statements(view, applications)


def _statements(view: Known, applications: str) -> list[Reading]:
    rows = view.table("statements", topic="defence")
    rows = rows[rows["statement_id"].str.contains(applications) & rows["value"].notna() & rows["unit"].eq("lb")]
    return [
        Reading(
            rows.loc[line, "statement"],
            printed(rows.loc[[line]]),
            "lb",
            (rows.loc[[line]],),
            role=role_by_trust(rows.loc[[line]], NATURAL),
        )
        for line in rows.index
    ]
