"""Reserves and mine output by country: as each edition prints them, and as others count them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lib.indicators import common, reserves
from lib.indicators.explore.observations import Indicator, Measure, Rows, cells, gathered, known, observation
from lib.quantity import Quantity

OTHERS = {"bp": "BP", "ei": "Energy Institute", "quoted": "USGS, as others quote it"}
COMPILED = {"ei": "Energy Institute", "bp": "BP"}
AMOUNT, OF_PRINTED, OF_LISTED = "amount", "share", "share-listed"
PRODUCT = "all"


def ground(as_of: common.Day) -> pd.DataFrame:
    """Give reserves (Mt) and shares of them by edition: that of the USGS as it stands, and each as it first was."""
    return gathered(known((_editions, _quoted), as_of))


def _editions(as_of: common.Day) -> Iterator[dict]:
    blocks = reserves.usgs(as_of).blocks
    newest = set(blocks.drop_duplicates("edition", keep="last")["state"])
    for state, rows in blocks.groupby("state", sort=False):
        series = "USGS" if state in newest else f"USGS, {state}, corrected since"
        year = int(common.row(rows, common.WORLD)["year"].iloc[0])
        yield from _amounts(rows, series, year, reserves.VALUE, 1e6)
        yield from _shares(rows, series, year, reserves.VALUE, "printed", OF_PRINTED)
        yield from _shares(rows, series, year, reserves.VALUE, "listed", OF_LISTED)


def _quoted(as_of: common.Day) -> Iterator[dict]:
    for (series, _), rows in reserves.others(as_of).groupby(["series", "edition"], sort=False):
        for year, block in rows.groupby("year"):
            yield from _amounts(block, OTHERS[str(series)], int(str(year)), reserves.VALUE, 1e6)


def output(as_of: common.Day) -> pd.DataFrame:
    """Give mine output (t of oxide) and shares of it by year: as the newest edition has them, and as earlier ones."""
    return gathered(known((_by_edition, _since_1900, _surveyed, _compiled), as_of))


def _by_edition(as_of: common.Day) -> Iterator[dict]:
    frame = reserves.usgs_output(as_of).rows
    newest = {int(year): common.editions(rows)[-1] for year, rows in frame.groupby("year")}
    for edition in common.editions(frame):
        for year in sorted(frame.loc[frame["edition"] == edition, "year"].unique()):
            rows = common.edition(frame, edition, year=int(year))
            series = "USGS" if newest[int(year)] == edition else f"USGS, {reserves.label(edition)}, revised since"
            yield from _amounts(rows, series, int(year), "value")
            yield from _shares(rows, series, int(year), "value", "printed", OF_PRINTED)
            yield from _shares(rows, series, int(year), "value", "listed", OF_LISTED)


def _since_1900(as_of: common.Day) -> Iterator[dict]:
    long = reserves.history(as_of, reserves.usgs_output(as_of)).long
    for year, rows in long.groupby("year"):
        yield from _amounts(rows, "USGS Data Series 140", int(str(year)), "value")
        if common.WORLD in set(rows["iso3"]):
            yield from _shares(rows, "USGS Data Series 140", int(str(year)), "value", "printed", OF_PRINTED)


def _surveyed(as_of: common.Day) -> Iterator[dict]:
    frame = reserves.bgs_tables(as_of)
    for row in reserves.bgs_history(frame).to_dict("records"):
        series = "reo" if row["year"] >= 1992 else "minerals"
        used = cells(frame[frame["year"].eq(row["year"]) & frame["series"].eq(f"bgs_{series}")])
        made = {
            (AMOUNT, common.WORLD): Quantity(row["world"], ">" if row["qualifier"] else ""),
            (AMOUNT, "CHN"): Quantity(row["china"]),
            (OF_LISTED, "CHN"): Quantity.from_row(row["share"], row["qualifier"]),
        }
        for (measure, place), amount in made.items():
            yield observation(
                measure,
                PRODUCT,
                place,
                "British Geological Survey",
                int(row["year"]),
                amount,
                "derived",
                row["source_id"],
                used,
            )


def _compiled(as_of: common.Day) -> Iterator[dict]:
    what = "The tables of BP and the Energy Institute"
    frame = common.select("mine_production", as_of, what, vintages="all", series=list(COMPILED))
    for series, rows in frame.groupby("series"):
        newest = rows[rows["published"] == rows["published"].max()]
        for year, block in newest.groupby("year"):
            yield from _amounts(block, COMPILED[str(series)], int(str(year)), "value")
        for row in reserves.compiled_shares(newest).to_dict("records"):
            pair = newest[newest["year"].eq(row["year"]) & newest["iso3"].isin(["CHN", common.WORLD])]
            yield observation(
                OF_LISTED,
                PRODUCT,
                "CHN",
                COMPILED[str(series)],
                int(row["year"]),
                row["share"],
                "derived",
                row["source_id"],
                cells(pair),
            )


def _amounts(rows: pd.DataFrame, series: str, year: int, value: str, scale: float = 1) -> Iterator[dict]:
    for line, row in rows.iterrows():
        amount = Quantity.from_row(row[value], row["qualifier"]) / scale
        weak = row["confidence"] == "low"
        used: Rows = cells(rows, [line])
        yield observation(
            AMOUNT, PRODUCT, row["iso3"], series, year, amount, row["qualifier"], row["source_id"], used, weak=weak
        )


def _shares(rows: pd.DataFrame, series: str, year: int, value: str, of: str, measure: str) -> Iterator[dict]:
    world = rows.index[rows["iso3"] == common.WORLD]
    listed = cells(rows[rows["iso3"] != common.WORLD])
    for line, row in common.shares(rows, value, of).iterrows():
        used = cells(rows, sorted([line, *world])) if of == "printed" else listed
        share, marks = Quantity.from_row(row["share"], row["qualifier"]), row["qualifier"]
        weak = row["confidence"] == "low"
        yield observation(measure, PRODUCT, row["iso3"], series, year, share, marks, row["source_id"], used, weak=weak)


MINES = Indicator(
    "mining",
    "Mine output",
    "What was mined in a year, in tonnes of rare-earth oxide, by country. Chinese output is largely an official quota, "
    "and that of some other countries is inferred from trade; the marks say so.",
    {
        AMOUNT: Measure("Mine output", "t of oxide", 0),
        OF_PRINTED: Measure("Share of the world total as printed", "%", 1),
        OF_LISTED: Measure("Share of the sum of the countries listed", "%", 1),
    },
    {PRODUCT: "All rare earths"},
    output,
    {"place": ("CHN", "USA", "AUS", "MMR"), "series": ("USGS",)},
)
GROUND = Indicator(
    "reserves",
    "Reserves",
    "Ore that is worth mining at today’s prices, in million tonnes of rare-earth oxide, by the edition that prints it. "
    "A change is a new judgement, not ore found or used up.",
    {
        AMOUNT: Measure("Reserves", "Mt of oxide"),
        OF_PRINTED: Measure("Share of the world total as printed", "%", 1),
        OF_LISTED: Measure("Share of the sum of the countries listed", "%", 1),
    },
    {PRODUCT: "All rare earths"},
    ground,
    {"place": ("CHN", "BRA", "VNM", "RUS", "USA"), "series": ("USGS",)},
)
