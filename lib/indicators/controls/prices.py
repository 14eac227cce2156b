"""Prices inside China and outside, over the years, and what contracts guarantee."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from lib.indicators import common
from lib.indicators.controls.exports import enough
from lib.markup import Link
from lib.quantity import Number, Quantity
from lib.tables import catalog, dates

KIND_WORDS = {
    "ask": "asked",
    "volume_weighted_average": "paid on average",
    "assessment": "assessed",
    "market_average": "market average",
    "reported": "reported",
    "contract_floor": "floor by contract",
}


MAKERS = {"adamas": "Adamas", "argus": "Argus", "smm": "SMM", "sunsirs": "SunSirs", "chinatungsten": "China Tungsten",
          "us_dod": "US Department of Defense", "company": "Lynas", "sp_global": "S&P Global"}  # fmt: skip


# Series of us_salient that print the yearly price of an oxide; the newest edition moved some to a chapter of their own.
YEARLY = {
    "Ce oxide": "cerium_oxide", "Dy oxide": "dysprosium_oxide", "Eu oxide": "europium_oxide",
    "La oxide": "lanthanum_oxide", "Nd oxide": "neodymium_oxide", "NdPr oxide": "ndpr_oxide",
    "Pr oxide": "praseodymium_oxide", "Tb oxide": "terbium_oxide", "Y oxide": "y2o3",
}  # fmt: skip
AT_SPOT = {"assessment": "assessed at", "ask": "asked at"}
OVER_YEARS = {"annual_average": "on average in {year}", "year_end": "at the end of {year}"}


@dataclass(frozen=True)
class Prices:
    """Prices of one oxide that differ in place or kind: `rows` of `traded_and_asked`, in USD/kg."""

    rows: pd.DataFrame
    oxide: str
    as_of: dt.date | str | None

    @property
    def word(self) -> str:
        """Say how the prices at single dates came about: `assessed at` or `asked at`."""
        return AT_SPOT[self._spot["kind"].iloc[0]]

    @property
    def ends(self) -> tuple[Number, Number]:
        """The lowest and the highest price at a single date, which may be one."""
        return priced(self._spot.nsmallest(1, "price")), priced(self._spot.nlargest(1, "price"))

    @property
    def span(self) -> str:
        """The template of a sentence with both ends, or with one of them where they are the same."""
        low, high = self.ends
        return "{low}" if low.quantity == high.quantity else "{low} to {high}"

    @property
    def _spot(self) -> pd.DataFrame:
        spot = self.rows[~self.rows["traded"]]
        assessed = spot["kind"].eq("assessment")
        return spot[assessed] if assessed.any() else spot

    def gap(self) -> Gap:
        """Return the ask over the average paid, and what was paid. Raises NoDataYet where one of them is missing."""
        paid = self.rows[self.rows["traded"]].sort_values("price")
        asked = self.rows[self.rows["kind"].eq("ask")].nlargest(1, "price")
        if len(paid) < 2 or asked.empty:
            raise self._none("An ask and what was paid")
        return Gap(self.oxide, paid.head(1), paid.tail(1), asked)

    def ratio(self) -> Number:
        """Return prices in Europe over those in China, as the IEA is quoted. Raises NoDataYet."""
        rows = self._table
        rows = rows[rows["kind"].eq("ratio") & rows["series"].eq("iea")]
        if rows.empty:
            raise self._none("A ratio of prices in Europe and China")
        return priced(rows.tail(1).assign(what="prices in Europe over those in China"), "times")

    @property
    def at_home(self) -> Dated:
        """The newest price inside China, in CNY/t. Raises NoDataYet for none."""
        rows = at_home(self._table, str(self.rows["product"].iloc[0]))
        if rows.empty:
            raise self._none(f"A price of {self.oxide} inside China")
        day = rows["period_end"].iloc[0]
        scope = rows["what"].iloc[0]
        return Dated(Number(amount(rows), "CNY/t", scope, f"{day:%Y-%m-%d}", "as printed", rows), dates.told(day))

    def told(self, low: object, high: object) -> str:
        """Write the title of the chart, with both ends as they are shown."""
        span = self.span.format(low=low, high=high)
        return f"{self.oxide.capitalize()} was {self.word} {span} at single dates; averages and asks differ"

    @property
    def _table(self) -> pd.DataFrame:
        return catalog.table("prices", self.as_of)

    def _none(self, what: str) -> catalog.NoDataYet:
        return common.not_yet("prices", self.as_of, what)


class Dated(NamedTuple):
    """A price, and its day in words."""

    number: Number
    day: str


@dataclass(frozen=True)
class Gap:
    """The ask for an oxide in Europe, and what most and what few of its users paid on average, one row each."""

    oxide: str
    inside: pd.DataFrame
    outside: pd.DataFrame
    asked: pd.DataFrame

    @property
    def number(self) -> Number:
        """The ask over what most paid, in percent."""
        return Number(
            price_gap(amount(self.asked), amount(self.inside)),
            "%",
            scope=f"{self.oxide}, ask in Europe over the average paid",
            period=f"{self.inside['period_end'].iloc[0]:%Y}",
            formula="100 × (P_out / P_in − 1)",
            rows=[self.asked, self.inside],
        )

    @property
    def paid(self) -> Number:
        """What most paid."""
        return priced(self.inside)

    @property
    def paid_by_few(self) -> Number:
        """What the others paid."""
        return priced(self.outside)

    @property
    def most(self) -> str:
        """How much of the use that is, in words."""
        return str(self.inside["segment"].iloc[0])

    @property
    def few(self) -> str:
        """How much of the use the others have, in words."""
        return str(self.outside["segment"].iloc[0]).removeprefix("about ")


def prices(as_of: dt.date | str | None, element: str) -> Prices:
    """Return the prices of an element's oxide at different places and of different kinds. Raises NoDataYet for one."""
    product, name = f"{element} oxide", oxide(element)
    rows, ever = (traded_and_asked(catalog.table("prices", day), product) for day in (as_of, None))
    return Prices(enough(rows, 2, ever, as_of, f"The comparison of prices of {name}"), name, as_of)


def oxide(element: str) -> str:
    """Name the oxide of an element, given by its symbol: `dysprosium oxide`."""
    elements = catalog.table("elements")
    return f"{elements[elements['symbol'].eq(element)]['name'].iloc[0].lower()} oxide"


def amount(rows: pd.DataFrame) -> Quantity:
    """Return the price in the first of some rows, with its marks."""
    return Quantity.from_row(float(rows["price"].iloc[0]), rows["qualifier"].iloc[0])


def priced(rows: pd.DataFrame, unit: str = "USD/kg") -> Number:
    """Return the price in the first of some rows, which say `what` it is in words."""
    row = rows.iloc[0]
    period = f"{row['period_end']:{'%Y' if row['period_kind'] == 'year' else '%Y-%m'}}"
    return Number(amount(rows), unit, row["what"], period, _how(row["qualifier"]), rows)


def _how(qualifier: str) -> str:
    return "middle of the printed range" if "range" in qualifier.split(";") else "as printed"


@dataclass(frozen=True)
class History:
    """The yearly prices of an oxide as the USGS has them: `rows` of `yearly_prices`."""

    rows: pd.DataFrame
    oxide: str
    as_of: dt.date | str | None

    @property
    def subject(self) -> str:
        """Its name at the beginning of a sentence."""
        return self.oxide.capitalize()

    @property
    def highest(self) -> YearPrice:
        """The highest price."""
        return self._year(self.rows["price"].idxmax())

    @property
    def first(self) -> YearPrice:
        """The price of the first year."""
        return self._year(self.rows["year"].idxmin())

    @property
    def latest(self) -> YearPrice:
        """The price of the last year."""
        return self._year(self.rows["year"].idxmax())

    def _year(self, line: int) -> YearPrice:
        return YearPrice(self.rows.loc[line], self.oxide, self.as_of)


@dataclass(frozen=True)
class YearPrice:
    """The price of an oxide in one year, or at its end: a row of `yearly_prices`."""

    row: pd.Series
    oxide: str
    as_of: dt.date | str | None

    @property
    def year(self) -> int:
        """The year."""
        return int(self.row["year"])

    @property
    def when(self) -> str:
        """Say of what time it is: `on average in 2025`, `at the end of 2011`."""
        return OVER_YEARS[self.row["kind"]].format(year=self.year)

    @property
    def number(self) -> Number:
        """The price, in USD/kg."""
        ((table, line),) = self.row["_rows"]
        marks = self.row["qualifier"]
        scope = f"{self.oxide}, {self.when}, USGS {self.row['edition']}"
        rows = common.optional(table, self.as_of).loc[[line]]
        return Number(Quantity.from_row(float(self.row["price"]), marks), "USD/kg", scope, self.year, _how(marks), rows)

    @property
    def estimate(self) -> str:
        """Say that it is an estimate. Raises NoDataYet where it is not marked as one."""
        if "e" not in self.row["qualifier"].split(";"):
            raise common.not_yet("prices", self.as_of, "An estimate of this price")
        return "an estimate"


def history(as_of: dt.date | str | None, product: str, name: str) -> History:
    """Return the yearly prices of a product, such as `Dy oxide`, whose `name` a sentence uses. Raises NoDataYet."""
    rows = yearly_prices(common.optional("prices", as_of), common.optional("us_salient", as_of), product)
    if rows.empty:
        series = f"price.{YEARLY[product]}"
        starts = catalog.starts("us_salient", lambda every: every[every["series"].eq(series)])
        raise common.not_yet("us_salient", as_of, f"The yearly price of {name}", starts)
    return History(rows, name, as_of)


class Floor(NamedTuple):
    """A price in USD/kg that a contract guarantees: name of the fact, number, and the contract."""

    name: str
    number: Number
    link: Link


def floors(as_of: dt.date | str | None) -> list[Floor]:
    """List the prices that contracts guarantee to producers outside China. Raises NoDataYet for none."""
    rows = catalog.table("prices", as_of)
    rows = rows[rows["kind"].eq("contract_floor") & rows["confidence"].ne("low")].sort_values("period_end")
    if rows.empty:
        starts = catalog.starts("prices", lambda every: every[every["kind"].eq("contract_floor")])
        raise common.not_yet("prices", as_of, "A price that a contract guarantees", starts)
    made = []
    for number, line in enumerate(rows.index, start=1):
        row = rows.loc[[line]]
        segment, source = str(row["segment"].iloc[0]), row["source_id"].iloc[0]
        price = priced(row.assign(what=f"price floor, {segment}"))
        made.append(Floor(f"ndpr-floor-{number}", price, Link(segment, f"source:{source}")))
    return made


def price_gap(outside: Quantity, inside: Quantity) -> Quantity:
    """Compute P_out / P_in − 1 in percent: how much dearer a product is outside; bounds on prices bound the gap."""
    return (outside / inside - 1) * 100


def traded_and_asked(prices: pd.DataFrame, product: str) -> pd.DataFrame:
    """Select prices of one product in USD/kg that differ in place or kind within the time of the controls.

    USGS averages and Chinese domestic prices in CNY are left out: other years, other currencies, tax not stated.
    Adds `what`, the place, part of the market and time in words, and `traded` for volume-weighted averages.
    """
    rows = prices[prices["product"].eq(product) & prices["unit"].eq("USD/kg") & prices["confidence"].ne("low")]
    rows = rows[~rows["series"].isin(["usgs_mcs", "komis", "fastmarkets"])].copy()
    rows["traded"] = rows["kind"].eq("volume_weighted_average")
    rows["what"] = [_price_words(row) for row in rows.to_dict("records")]
    return rows.sort_values(["period_end", "price"], kind="stable")


def at_home(prices: pd.DataFrame, product: str) -> pd.DataFrame:
    """Select the newest price of a product inside China as printed, in yuan; no row where none is known."""
    rows = prices[prices["product"].eq(product) & prices["unit"].eq("CNY/t") & prices["place"].eq("China domestic")]
    rows = rows[rows["confidence"].ne("low")].sort_values("period_end", kind="stable").tail(1)
    return rows.assign(what=[_price_words(row) for row in rows.to_dict("records")])


def _price_words(row: dict) -> str:
    whose = MAKERS.get(row["series"], row["series"])
    when = {"year": "%Y", "day": "%-d %B %Y"}.get(row["period_kind"], "%B %Y")
    where = row["segment"] if isinstance(row["segment"], str) and row["segment"] else row["place"]
    kind = KIND_WORDS.get(row["kind"], row["kind"])
    return f"{where[0].upper()}{where[1:]}, {kind}, {row['period_end']:{when}} ({whose})"


def yearly_prices(prices: pd.DataFrame, us_salient: pd.DataFrame, product: str) -> pd.DataFrame:
    """Collect the yearly prices of an oxide as USGS prints them, each kind and year from its newest edition.

    `prices` holds what was copied from older editions and `us_salient` the salient statistics of all of them, both as
    known on a day; neither is complete. Returns kind (annual_average, year_end), year, price (USD/kg), qualifier,
    edition, source_id, published, confidence, `_rows`, the (table, row) behind it; by kind and year.
    """
    old = prices[prices["series"].eq("usgs_mcs") & prices["product"].eq(product) & prices["unit"].eq("USD/kg")]
    new = us_salient[us_salient["series"].eq(f"price.{YEARLY.get(product)}") & us_salient["value"].notna()]
    new = new[new["unit"].eq("USD/kg")]
    parts = [
        old.assign(year=old["period_end"].dt.year, _rows=[(("prices", int(row)),) for row in old.index]),
        new.assign(price=new["value"], kind="annual_average", _rows=[(("us_salient", int(row)),) for row in new.index]),
    ]
    kept = ["kind", "year", "price", "qualifier", "edition", "source_id", "published", "confidence", "_rows"]
    both = pd.concat([part[kept].astype({"year": int}) for part in parts if len(part)] or [old.reindex(columns=kept)])
    newest = both.sort_values("published", kind="stable").drop_duplicates(["kind", "year"], keep="last")
    return newest.sort_values(["kind", "year"], kind="stable", ignore_index=True)
