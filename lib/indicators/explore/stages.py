"""Shares of the world by stage, from the ground to the magnet: every estimate a point, every maker a line."""

from __future__ import annotations

import pandas as pd

from lib.indicators import common, processing
from lib.indicators.explore.observations import Indicator, Measure, gathered, observation
from lib.quantity import Quantity
from lib.tables import catalog

PRODUCTS = {f"{stage}-{scope}".replace("_", "-"): line for (stage, scope), line in processing.LINES.items()}
UNNAMED = {
    "not stated": "Maker not stated",
    "press": "Press",
    "trade site": "Trade site",
    "market report": "Market report",
}
FULL_NAMES = {
    "BGS": "British Geological Survey",
    "IEA": "International Energy Agency",
    "US DOE": "Department of Energy",
}
KEYS = {line: key for key, line in PRODUCTS.items()}


def shares(as_of: common.Day) -> pd.DataFrame:
    """Collect `processing.funnel` for each country of which a share of some stage is known."""
    tables = (
        common.optional("reserves", as_of, vintages="all"),
        common.optional("mine_production", as_of, vintages="all"),
        common.optional("stage_shares", as_of),
    )
    known = processing.world_shares(tables[2])["holder"]
    holders = sorted({"CHN", *known[known.str.len().eq(3) & known.ne(common.REST) & known.ne("ROW")]})
    frames = [processing.funnel(*tables, as_of=as_of, holder=holder) for holder in holders]
    return gathered(
        observation(
            "share",
            KEYS[row["line"]],
            row["holder"],
            _series(row),
            int(row["year"]),
            Quantity.from_row(row["value"], row["qualifier"]),
            row["qualifier"],
            row["source_id"],
            row["_rows"],
            low=row["low"],
            high=row["high"],
            weak=row["confidence"] == "low",
        )
        for frame in frames
        for row in frame.to_dict("records")
    )


def _series(row: dict) -> str:
    """Name the series of an estimate: its maker, and unless it is computed the source that prints it.

    What one maker printed in two places may count two things, and a newspaper that names no maker is none.
    """
    maker = UNNAMED.get(row["estimator"], row["estimator"])
    if all(table != "stage_shares" for table, _ in row["_rows"]):
        return maker[:1].upper() + maker[1:]
    source = catalog.sources().loc[row["source_id"]]
    own = FULL_NAMES.get(maker, maker).casefold() in source["publisher"].casefold()
    place = "" if own else f", in {source['publisher']}"
    told = f"{maker}{place}" + ("" if pd.isna(source["published"]) else f" {source['published'].year}")
    return told if row["scope"] in (processing.ALL, processing.MAGNET) else f"{told} ({row['scope']})"


STAGES = Indicator(
    "stages",
    "Share of the world, by stage",
    "A country’s share of the world’s rare earths in the ground, mined, separated, made into metal and into magnets. "
    "Each line is one maker of estimates in one publication; a share belongs to a stage and to the elements that it "
    "counts.",
    {"share": Measure("Share of the world", "%", 1)},
    PRODUCTS,
    shares,
    {"place": ("CHN",), "product": ("mining-all", "separation-magnet", "magnets-all")},
)
