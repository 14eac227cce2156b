"""Magnets and the customs headline, by month, by year and by destination."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from lib.indicators import common
from lib.indicators.controls.exports import (
    HEADLINE,
    MAGNETS,
    ON_YEAR,
    SCOPES,
    Change,
    Period,
    change,
    enough,
    exported,
    in_common,
    monthly,
    moved,
    on_calendar,
    recent,
    whole_years,
    yearly_changes,
)
from lib.quantity import Number
from lib.tables import catalog


@dataclass(frozen=True)
class Months:
    """The months of a product that are reported, with `month`, earliest first, each with its weight in t."""

    rows: pd.DataFrame
    scope: str
    as_of: dt.date | str | None

    @property
    def first(self) -> pd.Timestamp:
        """The first day of the first month."""
        return self.rows["month"].min()

    @property
    def lowest(self) -> Period:
        """The month with the lowest exports."""
        return Period(self.rows.loc[[self.rows["value"].idxmin()]], self.scope)

    @property
    def newest(self) -> Period:
        """The newest month."""
        return Period(self.rows.tail(1), self.scope)

    @property
    def later(self) -> Period:
        """The newest month. Raises NoDataYet while that is the one with the lowest exports."""
        if self.newest.month == self.lowest.month:
            raise common.not_yet("china_exports", self.as_of, "A month after the one with the lowest exports")
        return self.newest

    def at(self, month: str) -> Period:
        """Return one month, such as `2025-06`. Raises NoDataYet where it is not reported."""
        rows = self.rows[self.rows["month"].eq(pd.Timestamp(month))]
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, "The figure of this month")
        return Period(rows, self.scope)

    def before(self, day: pd.Timestamp) -> Period:
        """Return the last month reported that ended before a day. Raises NoDataYet for none."""
        rows = self.rows[self.rows["month"] + pd.offsets.MonthEnd(1) < day]
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, "A month before that day")
        return Period(rows.tail(1), self.scope)

    def recovered(self, level: Period, after: Period) -> Period:
        """Return the first month after another with exports of a level or more. Raises NoDataYet for none."""
        back = self.rows["value"].ge(level.row["value"].iloc[0]) & (self.rows["month"] > after.month)
        if not back.any():
            raise common.not_yet("china_exports", self.as_of, "A month in which exports were back")
        return Period(self.rows[back].head(1), self.scope)

    def drawn(self) -> pd.DataFrame:
        """Give the rows for a line, with empty ones for months without a figure and `computed` for what is derived."""
        return on_calendar(self.rows.assign(computed=self.rows["qualifier"].str.contains("derived")))

    def told(self, low: object, last: object) -> str:
        """Write the title of that line, with the lowest and the newest figure as they are shown."""
        newest = "" if self.newest.month == self.lowest.month else f"; in {self.newest.name} they were {last}"
        return f"Magnet exports were lowest in {self.lowest.name}, {low}{newest}"


def magnet_months(as_of: dt.date | str | None) -> Months:
    """Return the last eighteen months of magnet exports. Raises NoDataYet before two of them are reported."""
    rows, ever = (recent(monthly(catalog.table("china_exports", day), MAGNETS)) for day in (as_of, None))
    rows = enough(rows, 2, ever, as_of, "The monthly series of magnet exports")
    return Months(rows, SCOPES[MAGNETS], as_of)


def printed_change(as_of: dt.date | str | None, month: Period) -> Change:
    """Return a month's change of magnet exports on the year, as reported. Raises NoDataYet where it is not."""
    rows = monthly(catalog.table("china_exports", as_of), MAGNETS, ON_YEAR)
    rows = rows[rows["month"].eq(month.month)]
    if rows.empty:
        raise common.not_yet("china_exports", as_of, "The change of this month on the year")
    return change(rows, month.scope)


class MonthChange(NamedTuple):
    """The change of one month on the year: name of the fact, size in percent, higher or lower, and the month."""

    name: str
    number: Number
    way: str
    month: str


@dataclass(frozen=True)
class Changes:
    """The changes of magnet exports on the same month a year before: `rows` of `yearly_changes`."""

    rows: pd.DataFrame

    @property
    def ends(self) -> list[MonthChange]:
        """The lowest and the highest."""
        how = "change on the same month a year before"
        rows = {"lowest": self.rows.nsmallest(1, "change"), "highest": self.rows.nlargest(1, "change")}
        found = {end: change(row, SCOPES[MAGNETS], how, "change") for end, row in rows.items()}
        return [
            MonthChange(f"change-{end}", of.number, of.way, f"{rows[end]['month'].iloc[0]:%B %Y}")
            for end, of in found.items()
        ]


def magnet_changes(as_of: dt.date | str | None) -> Changes:
    """Return the changes of magnet exports on the year over eighteen months. Raises NoDataYet before there are two."""
    rows, ever = (recent(yearly_changes(catalog.table("china_exports", day), MAGNETS)) for day in (as_of, None))
    return Changes(enough(rows, 2, ever, as_of, "The change of magnet exports by month"))


# --- the customs headline ---


@dataclass(frozen=True)
class HeadlineYear:
    """The last full year of the customs headline for which a change is reported."""

    total: Period
    change: Change


def headline_year(as_of: dt.date | str | None) -> HeadlineYear:
    """Return the last full year of the customs headline with its change on the year. Raises NoDataYet for none."""
    exports = catalog.table("china_exports", as_of)
    years, changes = whole_years(exports, HEADLINE), whole_years(exports, HEADLINE, ON_YEAR)
    newest = changes["year"].max()
    total, change_on_year = (rows[rows["year"].eq(newest)].head(1) for rows in (years, changes))
    if total.empty:
        starts = catalog.starts("china_exports", lambda every: whole_years(every, HEADLINE, ON_YEAR))
        raise common.not_yet("china_exports", as_of, "The customs headline of a full year", starts)
    return HeadlineYear(Period(total, SCOPES[HEADLINE]), change(change_on_year, SCOPES[HEADLINE]))


@dataclass(frozen=True)
class Cumulated:
    """The change of magnet exports over the first months of a year; these months and those before, in words."""

    change: Change
    months: str
    before: str


def magnets_of(as_of: dt.date | str | None, year: int) -> Cumulated:
    """Return the change of magnet exports over the longest reported part of a year. Raises NoDataYet for none."""
    exports = catalog.table("china_exports", as_of)
    same = exports["product"].eq(MAGNETS) & exports["measure"].eq(ON_YEAR) & exports["year"].eq(year)
    rows = exports[same & exports["destination"].eq("WLD") & exports["month_start"].eq(1)].nlargest(1, "month_end")
    if rows.empty:
        raise common.not_yet("china_exports", as_of, "Magnet exports over this year")
    until = int(rows["month_end"].iloc[0])
    if until == 12:
        return Cumulated(change(rows, SCOPES[MAGNETS]), "in", "in the year before")
    months = f"from January to {pd.Timestamp(year, until, 1):%B}"
    return Cumulated(change(rows, SCOPES[MAGNETS]), months, "in the same months of the year before")


@dataclass(frozen=True)
class Pair:
    """The customs headline and the magnets by month: in the month of the lowest magnet exports, and the one before."""

    head: pd.DataFrame
    magnets: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def shared(self) -> pd.DataFrame:
        """The months that both have, one row each."""
        return in_common(recent(self.head), recent(self.magnets))

    @property
    def moments(self) -> list[pd.Timestamp]:
        """The two months compared."""
        lowest = max(1, int(self.shared["second"].to_numpy().argmin()))
        return list(self.shared["month"].iloc[lowest - 1 : lowest + 1])

    @property
    def months(self) -> list[str]:
        """The two months in words."""
        return [f"{at:%B %Y}" for at in self.moments]

    @property
    def numbers(self) -> dict[str, Number]:
        """The four figures by the names of their facts: the headline in both months, then the magnets."""
        lines = (("headline", self.head, HEADLINE), ("magnets", self.magnets, MAGNETS))
        return {
            f"{slug}-{at:%Y-%m}": exported(rows[rows["month"].eq(at)], "t", SCOPES[product])
            for slug, rows, product in lines
            for at in self.moments
        }

    @property
    def ways(self) -> list[str]:
        """Say of the headline and of the magnets whether they rose or fell."""
        pairs = self.shared[self.shared["month"].isin(self.moments)]
        return [moved(*pairs[line]) for line in ("first", "second")]

    @property
    def apart(self) -> str:
        """Say that the two went opposite ways. Raises NoDataYet where they did not."""
        if set(self.ways) != {"rose", "fell"}:
            raise common.not_yet("china_exports", self.as_of, "A month in which headline and magnets parted")
        return "opposite"

    def drawn(self) -> pd.DataFrame:
        """Give the rows for two lines, with empty ones for months without a figure, `computed` for what is derived."""
        start = self.shared["month"].min()
        data = pd.concat([rows[rows["month"] >= start] for rows in (self.head, self.magnets)])
        data["computed"] = data["qualifier"].str.contains("derived")
        return on_calendar(data, "product")


def beside(as_of: dt.date | str | None) -> Pair:
    """Set the customs headline beside the magnets, month by month. Raises NoDataYet as `magnet_months`."""
    magnet_months(as_of)
    exports = catalog.table("china_exports", as_of)
    return Pair(monthly(exports, HEADLINE), monthly(exports, MAGNETS), as_of)


@dataclass(frozen=True)
class Composition:
    """What the customs headline adds up, in one year: the weights in t of its parts and of the whole."""

    year: int
    compounds: Number
    metals: Number
    whole: Number


def composition(as_of: dt.date | str | None) -> Composition:
    """Return the parts of the customs headline in the last year that has them. Raises NoDataYet for none."""
    exports = catalog.table("china_exports", as_of)
    products = {"compounds": "rare-earth compounds", "metals": "rare-earth metals", "whole": HEADLINE}
    rows = {slug: whole_years(exports, product) for slug, product in products.items()}
    years = set.intersection(*(set(part["year"]) for part in rows.values()))
    if not years:
        raise common.not_yet("china_exports", as_of, "The parts of the customs headline")
    year = int(max(years))
    numbers = {
        slug: exported(part[part["year"].eq(year)], "t", f"exports of China, {slug}, gross weight")
        for slug, part in rows.items()
    }
    return Composition(year, **numbers)


@dataclass(frozen=True)
class Years:
    """The customs headline and the magnets by year: `rows` for a chart, and a year of each to name.

    That is the last year that both have, or the last one of each where they share none.
    """

    rows: pd.DataFrame
    head: Period
    magnets: Period
    as_of: dt.date | str | None

    @property
    def shared(self) -> bool:
        """Whether the two are of one year."""
        return self.head.year == self.magnets.year

    @property
    def adamas(self) -> int:
        """The last year in the count of Adamas. Raises NoDataYet where it has none."""
        rows = self.rows[self.rows["what"].eq("alloys")]
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, "The yearly count of Adamas")
        return int(rows["year"].max())

    def told(self, head: object, magnets: object) -> str:
        """Write the title of the chart, with both figures as they are shown."""
        if self.shared:
            year = f"In {self.head.year}, the last year reported for both"
            return f"{year}, the headline was {head} and magnets were {magnets}"
        return f"The headline was {head} in {self.head.year}; magnets were {magnets} in {self.magnets.year}"


def years(as_of: dt.date | str | None) -> Years:
    """Return the headline and the magnets of whole years. Raises NoDataYet before a year of magnets is reported."""
    exports = catalog.table("china_exports", as_of)
    head, magnets = whole_years(exports, HEADLINE), whole_years(exports, MAGNETS)
    ever = whole_years(catalog.table("china_exports"), MAGNETS)
    enough(magnets, 1, ever, as_of, "The yearly series of magnet exports")
    lines = {"headline": head, "magnets": magnets, "alloys": whole_years(exports, MAGNETS, series="adamas")}
    both = set(head["year"]) & set(magnets["year"])
    last = [rows[rows["year"].eq(max(both))] if both else rows.tail(1) for rows in (head, magnets)]
    rows = pd.concat([part.assign(what=what) for what, part in lines.items()])
    return Years(rows, Period(last[0], SCOPES[HEADLINE]), Period(last[1], SCOPES[MAGNETS]), as_of)


# --- destinations ---


@dataclass(frozen=True)
class Destinations:
    """Magnet exports by destination and month, of destinations with more than one month, and one to follow: `code`."""

    rows: pd.DataFrame
    code: str
    as_of: dt.date | str | None

    @property
    def name(self) -> str:
        """The destination that is followed, as a sentence names it."""
        return common.called(self.code)

    @property
    def subject(self) -> str:
        """The same at the beginning of a sentence."""
        return self.name[0].upper() + self.name[1:]

    def months(self) -> Months:
        """Return the months of the destination that is followed. Raises NoDataYet where none is reported."""
        rows = self.rows[self.rows["destination"].eq(self.code)]
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, f"The series of magnets to {self.name}")
        return Months(rows, f"{SCOPES[MAGNETS]}, to {self.name}", self.as_of)

    def earlier(self) -> Period:
        """Return the month of its lowest exports in an earlier year. Raises NoDataYet where none is reported."""
        low = self.months().lowest
        rows = monthly(catalog.table("china_exports", self.as_of), MAGNETS, destination=self.code)
        rows = rows[rows["month_start"].eq(low.month.month) & (rows["month"] < low.month)].tail(1)
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, "The same month of an earlier year")
        return Period(rows, low.scope)

    def drawn(self) -> pd.DataFrame:
        """Give the rows for a chart, with empty ones for months without a figure."""
        return on_calendar(self.rows, "destination")

    def together(self, least: int = 3) -> list[Shipment]:
        """List the destinations of the month that has most of them, largest first. Raises NoDataYet below `least`."""
        every = recent(monthly(catalog.table("china_exports", self.as_of), MAGNETS, destination=None))
        sizes = every.groupby("month").size()
        if sizes.max() < least:
            raise common.not_yet("china_exports", self.as_of, "A month with several destinations")
        month = sizes[sizes.eq(sizes.max())].index.max()
        rows = every[every["month"].eq(month)].sort_values("value", ascending=False)
        return [Shipment(rows.loc[[line]], str(code)) for line, code in rows["destination"].items()]

    def told(self, facts: Mapping[str, object]) -> str:
        """Write the title of the chart, with the facts that are the lowest and the newest month of that destination."""
        try:
            ends = self.months()
        except catalog.NoDataYet:
            return f"No month of magnet exports to {self.name} is reported"
        low, last = facts["destination-lowest"], facts["destination-latest"]
        return f"{self.subject} received {low} of magnets in {ends.lowest.name} and {last} in {ends.newest.name}"


@dataclass(frozen=True)
class Shipment:
    """The magnets that one destination received in one month: `row` of `china_exports`."""

    row: pd.DataFrame
    code: str

    @property
    def place(self) -> str:
        """The destination, as a sentence names it."""
        return common.called(self.code)

    @property
    def sent(self) -> Period:
        """The month, with the weight."""
        return Period(self.row, f"{SCOPES[MAGNETS]}, to {self.place}")

    @property
    def fact(self) -> str:
        """The name of the fact that is that weight."""
        return f"magnets-{self.sent.month:%Y-%m}-{self.code.lower()}"


def destinations(as_of: dt.date | str | None, code: str) -> Destinations:
    """Return magnet exports by destination over eighteen months. Raises NoDataYet before two are reported."""
    rows, ever = (
        _several(recent(monthly(catalog.table("china_exports", day), MAGNETS, destination=None)))
        for day in (as_of, None)
    )
    return Destinations(enough(rows, 2, ever, as_of, "The series of magnets by destination"), code, as_of)


def _several(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the destinations with more than one month."""
    return rows[rows.groupby("destination")["month"].transform("size") > 1]
