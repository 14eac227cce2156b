"""Prices of rare-earth oxides and metals: by product, and for each maker, place and kind a series of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lib.indicators import common, controls
from lib.indicators.explore.observations import Indicator, Measure, cells, gathered, known, observation
from lib.quantity import Quantity
from lib.tables import asof

UNITS = {"USD/kg": "usd", "CNY/t": "cny-t", "CNY/kg": "cny-kg"}
"""Units of a price; what is told in another unit is a ratio or a premium, no price."""
YEARLY = {"annual_average": "USGS, average of the year", "year_end": "USGS, end of the year"}
KINDS = controls.KIND_WORDS | {"monthly_mean": "average of the month", "aggregator": "aggregated"}
SYMBOLS = {"Ce", "Dy", "Eu", "La", "Nd", "NdPr", "Pr", "Tb", "Y"}
PRODUCTS = {f"{symbol.lower()}-oxide": f"{symbol} oxide" for symbol in ("Nd", "Pr", "NdPr", "Dy", "Tb", "Y")}
PRODUCTS |= {f"{symbol.lower()}-oxide": f"{symbol} oxide" for symbol in ("Ce", "La", "Eu")}
PRODUCTS |= {"nd-metal": "Nd metal", "ndpr-metal": "NdPr metal", "ndpr-any": "NdPr, form not stated"}
KEYS = {title: key for key, title in PRODUCTS.items()}


def prices(as_of: common.Day) -> pd.DataFrame:
    """Give yearly prices as the USGS prints them, and single ones by maker, place and kind, each in its own unit."""
    return gathered(known((_yearly, _single), as_of))


def _yearly(as_of: common.Day) -> Iterator[dict]:
    tables = common.optional("prices", as_of), common.optional("us_salient", as_of)
    for product, key in KEYS.items():
        for row in controls.yearly_prices(*tables, product).to_dict("records"):
            yield observation(
                "usd",
                key,
                "",
                YEARLY[row["kind"]],
                int(row["year"]),
                Quantity.from_row(row["price"], row["qualifier"]),
                row["qualifier"],
                row["source_id"],
                row["_rows"],
                weak=row["confidence"] == "low",
            )


def _single(as_of: common.Day) -> Iterator[dict]:
    table = common.select("prices", as_of, "The table of prices")
    rows = table[table["series"].ne("usgs_mcs") & table["unit"].isin(list(UNITS)) & table["product"].isin(list(KEYS))]
    for line, row in rows[rows["kind"].ne("premium")].iterrows():
        day = f"{row['period_end']:%Y-%m-%d}"
        yield observation(
            UNITS[row["unit"]],
            KEYS[row["product"]],
            "",
            _series(row),
            day[: asof.ISO_LENGTHS.get(row["period_kind"], 10)],
            Quantity.from_row(row["price"], row["qualifier"]),
            row["qualifier"],
            row["source_id"],
            cells(rows, [line]),
            low=row["price_low"],
            high=row["price_high"],
            weak=row["confidence"] == "low",
        )


def _series(row: pd.Series) -> str:
    where = f"{row['place']}, {row['segment']}" if isinstance(row["segment"], str) else row["place"]
    maker = controls.MAKERS.get(row["series"], str(row["series"]).upper())
    grade = f", {row['grade']}" if isinstance(row["grade"], str) else ""
    return f"{maker}: {where}, {KINDS.get(row['kind'], row['kind'])}{grade}"


PRICES = Indicator(
    "prices",
    "Prices",
    "What a kilogram or a tonne cost, by product. An ask, an assessment, an average and a contract’s floor are "
    "different things, and so are prices inside China and outside: each has a line of its own.",
    {
        "usd": Measure("US dollars", "USD/kg"),
        "cny-t": Measure("Yuan, by tonne", "CNY/t", 0),
        "cny-kg": Measure("Yuan, by kilogram", "CNY/kg"),
    },
    PRODUCTS,
    prices,
    {"product": ("dy-oxide", "nd-oxide", "tb-oxide"), "series": tuple(YEARLY.values())[:1]},
    of_places=False,
)
