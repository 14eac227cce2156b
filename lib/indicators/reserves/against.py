"""Reserves against mine output: shares of both, years that reserves would last, and concentration."""

from __future__ import annotations

import pandas as pd

from lib import queries, words
from lib.indicators import common
from lib.indicators.countries import Countries
from lib.indicators.reserves.editions import VALUE, Editions, Revision, newest
from lib.indicators.reserves.output import Output, latest_output
from lib.quantity import HIGHER, LOWER, Number, Quantity, compared


def pair(editions: Editions, output: Output) -> tuple[Countries, Countries]:
    """Give reserves and mine output of the newest edition that prints both."""
    names = reversed(common.editions(output.rows))
    name = next(name for name in names if (editions.blocks["edition"] == name).any())
    of_one = Editions(editions.blocks[editions.blocks["edition"] == name], editions.as_of)
    return of_one.newest, output.latest(name)


def gap(ground: Countries, mined: Countries, of: str = "printed") -> Number:
    """Return China's share of mining less its share of reserves, in percentage points."""
    points = common.share(mined.rows, "CHN") - common.share(ground.rows, "CHN", VALUE, of)
    wholes = ("iso3 = 'WLD'", "iso3 = 'WLD'" if of == "printed" else "iso3 <> 'WLD'")
    parts = (("value", "mine_production"), (VALUE, "reserves"))
    both = [
        queries.compared_sums(column, "iso3 = 'CHN'", whole, table)
        for (column, table), whole in zip(parts, wholes, strict=True)
    ]
    return Number(
        points,
        "percentage points",
        scope="share of China in world mine output less its share in world reserves, rare-earth oxide",
        period=f"mine output in {mined.year}, reserves in {ground.period}",
        formula="share of mine output − share of reserves",
        rows=[ground.share("CHN", of).rows, mined.share("CHN").rows],
        query=f"SELECT ({both[0]}) - ({both[1]})",
    )


def side(points: Quantity) -> str:
    """Say whether a difference lies above or below zero, as far as its bound tells."""
    return {HIGHER: "above", LOWER: "below"}.get(compared(points, 0), "from")


def largest_of_both(ground: Countries, mined: Countries, of: str, n: int) -> pd.DataFrame:
    """Give the rows of `shares_of_both` of the n countries with the largest share of either."""
    both = shares_of_both(ground.rows, mined.rows, of)
    codes = both[both["iso3"] != common.REST].groupby("iso3")["share"].max().nlargest(n).index
    return both[both["iso3"].isin(codes)]


def least_mined(ground: Countries, mined: Countries) -> str:
    """Name the country whose share of mining lies furthest below its share of reserves, by its code."""
    both = shares_of_both(ground.rows, mined.rows)
    wide = both[both["iso3"] != common.REST].pivot_table(index="iso3", columns="what", values="share").dropna()
    return str((wide["Mined"] - wide["In the ground"]).idxmin())


def compared_in_words(mining: Quantity, ground: Quantity) -> str:
    """Say which of the two is more concentrated, as far as their bounds tell."""
    more = {HIGHER: "more", LOWER: "less"}.get(compared(mining, ground))
    return f"Mining is {more} concentrated than reserves" if more else "Mining and reserves by concentration"


def years_left(ground: Countries, mined: Countries, iso3: str) -> Number:
    """Return reserves over a year's mine output, R/P in years, of a country or the world; not a forecast."""
    years = common.amount(ground.rows, iso3, VALUE) / common.amount(mined.rows, iso3)
    scope, formula = f"reserves of {common.called(iso3)} over its mine output", "reserves / output, same edition"
    rows = [common.row(ground.rows, iso3), common.row(mined.rows, iso3)]
    return Number(years, "years", scope, mined.period, formula, rows, places=0)


def years_of_mining(revision: Revision, mined: Countries) -> Number:
    """Return for how many years the world would have to mine what a revision took from a country's figure."""
    first, last = revision.first, revision.last
    years = (first.quantity - last.quantity) * 1e6 / common.total(mined.rows)
    rows = {"before": first.rows, "after": last.rows, "mined": common.row(mined.rows, common.WORLD)}
    scope = f"revision of the reserves of {common.called(revision.row['iso3'])} over the world's mine output"
    query = f"SELECT ((SELECT {VALUE} FROM before) - (SELECT {VALUE} FROM after)) / (SELECT value FROM mined)"
    return Number(years, "years", scope, mined.period, "(first figure − last figure) / output", rows, query, places=0)


def years_before_mining(as_of: common.Day, subject: str) -> Number:
    """Return how many years a deposit was known or explored before it produced. Raises NoDataYet."""
    what = "The years before a deposit was mined"
    row = common.select("build_times", as_of, what, subject=subject, stage="mine", type="actual")
    years = Quantity.from_row(row["years"].iloc[0], row["qualifier"].iloc[0])
    formula = f"from {row['start_event'].iloc[0]} to {row['end_event'].iloc[0]}"
    return Number(
        years, "years", f"years before {subject} was mined", f"{row['published'].iloc[0]:%Y}", formula, row, places=0
    )


def output_without_reserves(ground: Countries, mined: Countries) -> Number:
    """Return the percentage of the world's output that comes from countries listed without a reserve figure."""
    rows = mined.rows[mined.rows["iso3"].isin(ground.without_figure()) & mined.rows["value"].gt(0)]
    amount = Quantity(float(rows["value"].sum())).share_of(common.total(mined.rows))
    without = f"iso3 IN (SELECT iso3 FROM reserves WHERE {VALUE} IS NULL)"
    return Number(
        amount,
        "%",
        scope="share of countries without a reserve figure in world mine output of rare-earth oxide",
        period=mined.period,
        formula="Σ of these countries / world total as printed",
        rows=[
            pd.concat([rows, common.row(mined.rows, common.WORLD)]),
            ground.rows[ground.rows["iso3"].isin(rows["iso3"])],
        ],
        query=queries.compared_sums("value", without, "iso3 = 'WLD'", "mine_production"),
    )


def mined_without_figure(ground: Countries, mined: Countries) -> list[str]:
    """List the countries that mine and have no reserve figure, the largest first."""
    rows = mined.rows[mined.rows["iso3"].isin(ground.without_figure()) & mined.rows["value"].gt(0)]
    return list(rows.sort_values("value", ascending=False, kind="stable")["iso3"])


def map_title(miners: list[str]) -> str:
    """Say what a map of reserves shows, with the names of those that mine without a figure."""
    if not miners:
        return "Every country that is listed as mining has a reserve figure"
    verb = "mines" if len(miners) == 1 else "mine"
    return f"{words.joined(miners)} {verb} rare earths without a reserve figure"


def static_range(reserves: pd.DataFrame, output: pd.DataFrame, least: float = 0) -> pd.DataFrame:
    """Reserves over annual mine output, R/P in years, of one edition; not a forecast.

    `reserves` and `output` (one year) are rows of the same edition; countries that mine less than `least` percent of
    the world's output are left out, since dividing by next to nothing says nothing. Returns iso3, reserves, output,
    years, qualifier, edition, source_id for countries that have both, longest last; a world total with ``>`` gives
    ``>``.
    """
    both = _joined(reserves, output)
    world = common.total(output).value
    if world is None:
        raise ValueError("without the world's mine output it is not known which countries mine enough of it")
    floor = world * least / 100
    both = both[both[VALUE].notna() & both["value"].gt(0) & both["value"].ge(floor)]
    years = [
        Quantity.from_row(r, rq) / Quantity.from_row(p, pq)
        for r, rq, p, pq in zip(
            both[VALUE].tolist(), both["qualifier"], both["value"].tolist(), both["qualifier_output"], strict=True
        )
    ]
    both["years"] = [amount.value for amount in years]
    both["qualifier"] = [_marks(amount) for amount in years]
    both = both.rename(columns={VALUE: "reserves", "value": "output"})
    return both.sort_values("years", kind="stable", ignore_index=True)[
        ["iso3", "reserves", "output", "years", "qualifier", "edition", "source_id"]
    ]


def shares_of_both(reserves: pd.DataFrame, output: pd.DataFrame, denominator: str = "printed") -> pd.DataFrame:
    """Share of world reserves and share of world mine output, each inside one edition; long.

    Returns iso3, what ("In the ground" or "Mined"), share, qualifier, edition, source_id; countries without one of
    the figures have no share there.
    """
    ground = common.shares(reserves, VALUE, denominator).assign(what="In the ground")
    mined = common.shares(output, "value", denominator).assign(what="Mined")
    columns = ["iso3", "what", "share", "qualifier", "edition", "source_id"]
    return pd.concat([ground[columns], mined[columns]], ignore_index=True)


def concentrations(blocks: pd.DataFrame, output: pd.DataFrame) -> pd.DataFrame:
    """HHI of reserves and of mine output (last year of the edition) by edition, over the sum of the listed rows.

    The listed sum is used because an index needs parts of one whole: the printed totals are rounded, and in
    MCS 2024 the rows of reserves add to 105% of it. Countries without a figure make it an upper bound.
    Returns what, edition, year (of the edition), hhi, qualifier, source_id. Reference: Herfindahl–Hirschman.
    """
    found = []
    for edition, rows in blocks.groupby("edition", sort=False):
        found.append(_index(newest(rows), VALUE, "Reserves", edition))
    for edition in common.editions(output):
        found.append(_index(latest_output(output, edition), "value", "Mine output", edition))
    return pd.DataFrame(found)


def _index(rows: pd.DataFrame, value: str, what: str, edition: str) -> dict:
    index = common.concentration(rows, value, "listed")
    source = common.row(rows, common.WORLD)["source_id"].iloc[0]
    return {
        "what": what,
        "edition": edition,
        "year": int(edition[-4:]),
        "hhi": index.value,
        "qualifier": index.bound,
        "source_id": source,
    }


def _joined(reserves: pd.DataFrame, output: pd.DataFrame) -> pd.DataFrame:
    right = output[["iso3", "value", "qualifier"]]
    return reserves.drop(columns="year").merge(right, on="iso3", suffixes=("", "_output"))


def _marks(amount: Quantity) -> str:
    return ";".join(filter(None, [amount.bound, "e" if amount.estimated else ""]))
