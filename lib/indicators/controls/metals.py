"""Gallium and germanium, which are no rare earths and came under the same controls before them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from lib import words
from lib.indicators import common
from lib.indicators.controls.exports import enough, exported, monthly, whole_years
from lib.quantity import Number, Quantity
from lib.tables import catalog

METALS = {"gallium": "Gallium", "germanium": "Germanium"}


@dataclass(frozen=True)
class Metals:
    """Exports of gallium and germanium by month, in kg."""

    rows: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def zero(self) -> pd.DataFrame:
        """The months without exports, earliest first."""
        return self.rows[self.rows["value"].eq(0)].sort_values("month")

    def without(self, product: str) -> str:
        """Name the months in which none was exported, as a sentence lists them. Raises NoDataYet for none."""
        rows = self.zero[self.zero["product"].eq(product)]
        if rows.empty:
            what = f"A month without {product}"
            raise common.not_yet("china_exports", self.as_of, what)
        return words.joined(f"{month:%B %Y}" for month in rows["month"])

    @property
    def told(self) -> str:
        """Say in which month nothing was exported first, for a title."""
        return f"nothing exported in {self.zero['month'].iloc[0]:%B %Y}" if len(self.zero) else "exports by month"


def metals(as_of: dt.date | str | None) -> Metals:
    """Return exports of gallium and germanium by month. Raises NoDataYet before four figures are reported."""
    rows, ever = (
        pd.concat([monthly(catalog.table("china_exports", day), product) for product in METALS])
        for day in (as_of, None)
    )
    return Metals(enough(rows, 4, ever, as_of, "The series of gallium and germanium exports"), as_of)


class YearFigure(NamedTuple):
    """A figure of one year, and the name that it has as a fact."""

    name: str
    year: int
    number: Number


def metal_years(as_of: dt.date | str | None, product: str) -> list[YearFigure]:
    """Return the first and the last full year of a metal's exports, with the weight in t. Raises NoDataYet."""
    rows = whole_years(catalog.table("china_exports", as_of), product)
    if len(rows) < 2:
        raise common.not_yet("china_exports", as_of, f"A second year of {product} exports")
    ends = [row.assign(t=row["value"] / 1000) for row in (rows.head(1), rows.tail(1))]
    return [
        YearFigure(
            f"{product}-{year}", year, exported(row, "t", f"{product}, exports of China", "kg / 1,000", "t", places=1)
        )
        for row in ends
        for year in [int(row["year"].iloc[0])]
    ]


def to_usa(as_of: dt.date | str | None, product: str) -> YearFigure:
    """Return the last full year of a metal's exports to the United States, and the weight in kg. Raises NoDataYet."""
    rows = whole_years(catalog.table("china_exports", as_of), product, destination="USA").tail(1)
    if rows.empty:
        what = f"A year of {product} exports to the United States"
        raise common.not_yet("china_exports", as_of, what)
    scope = f"{product}, exports of China to the United States"
    return YearFigure(f"{product}-to-usa", int(rows["year"].iloc[0]), exported(rows, "kg", scope))


@dataclass(frozen=True)
class MetalPrices:
    """Yearly prices in USD/kg: germanium metal, and with it gallium where it is known; rows of `us_salient`."""

    rows: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def ends(self) -> list[YearFigure]:
        """The first and the last price of germanium."""
        germanium = self.rows[self.rows["commodity"].eq("germanium")]
        ends = [
            (int(row["year"].iloc[0]), row) for row in (germanium.nsmallest(1, "year"), germanium.nlargest(1, "year"))
        ]
        scope = "germanium metal, yearly average"
        return [YearFigure(f"germanium-price-{year}", year, _price(row, scope, year)) for year, row in ends]

    @property
    def gallium(self) -> str:
        """Say what the price of gallium is. Raises NoDataYet where none is known."""
        if not self.rows["commodity"].eq("gallium").any():
            raise common.not_yet("us_salient", self.as_of, "The price of gallium")
        return "the value of US imports over their weight"


def metal_prices(as_of: dt.date | str | None) -> MetalPrices:
    """Return the yearly prices of germanium and gallium. Raises NoDataYet before one of germanium is known."""
    rows = common.select("us_salient", as_of, "The price of germanium", commodity="germanium", series="price.metal")
    table = catalog.table("us_salient", as_of)
    gallium = table["commodity"].eq("gallium") & table["series"].eq("price.imports_average")
    return MetalPrices(pd.concat([rows, table[gallium]]), as_of)


def _price(row: pd.DataFrame, scope: str, year: int) -> Number:
    price = Quantity.from_row(float(row["value"].iloc[0]), row["qualifier"].iloc[0])
    return Number(price, "USD/kg", scope, year, "as printed", row)
