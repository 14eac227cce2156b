"""China's exports, as customs and the press report them: the figure of a row, and the rows of months and years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lib.indicators import common
from lib.quantity import Number, Quantity

HEADLINE = "rare earths (customs headline)"
MAGNETS = "magnets (rare-earth permanent)"
SCOPES = {
    HEADLINE: "rare earths, customs headline without magnets, gross weight",
    MAGNETS: "rare-earth magnets, gross weight, exports of China",
}
"""What the figures of a product count, as the scope of a fact has it."""
ON_YEAR = "weight change on year"


def exported(
    rows: pd.DataFrame,
    unit: str,
    scope: str,
    formula: str = "as printed",
    column: str = "value",
    *,
    used: list[pd.DataFrame] | None = None,
    size: bool = False,
    places: int | None = None,
) -> Number:
    """Return the figure in the first of some rows of `china_exports`, of the month or year that it describes.

    used  the rows that it rests on, where it was computed from more than its own
    size  drop the sign of a change, which prose tells in words
    A percentage that is not whole has one decimal.
    """
    row = rows.iloc[0]
    value = float(row[column])
    month = f"-{int(row['month_start']):02d}" if row["month_start"] == row["month_end"] else ""
    period = f"{int(row['year'])}{month}"
    if column == "change" or "change on year" in str(row["measure"]):
        period += f" against {int(row['year']) - 1}{month}"
    if unit == "%" and column in ("value", "change") and value != round(value):
        places = 1
    quantity = Quantity.from_row(abs(value) if size else value, row["qualifier"])
    return Number(quantity, unit, scope, period, formula, rows if used is None else used, places=places)


@dataclass(frozen=True)
class Change:
    """A change in percent: `number` without its sign, and `way`, which says whether the later figure is higher."""

    number: Number
    way: str


def change(
    rows: pd.DataFrame, scope: str, formula: str = "change on the year as printed", column: str = "value"
) -> Change:
    """Return the change that the first of some rows prints."""
    difference = float(rows[column].iloc[0])
    scope = f"{'fall' if difference < 0 else 'rise'} of {scope}"
    return Change(exported(rows, "%", scope, formula, column, size=True), way(difference))


def way(difference: float) -> str:
    """Say whether the later of two figures is higher or lower, by their difference."""
    return "higher" if difference > 0 else "lower" if difference < 0 else "no different"


def moved(first: float, second: float) -> str:
    """Say whether a figure rose or fell from the first to the second."""
    return "rose" if second > first else "fell" if second < first else "did not change"


@dataclass(frozen=True)
class Period:
    """One month or year of a product: `row` of `china_exports`."""

    row: pd.DataFrame
    scope: str

    @property
    def amount(self) -> Number:
        """The weight exported, in t."""
        return exported(self.row, "t", self.scope)

    @property
    def year(self) -> int:
        """The year."""
        return int(self.row["year"].iloc[0])

    @property
    def month(self) -> pd.Timestamp:
        """The first day of the month."""
        return self.row["month"].iloc[0]

    @property
    def name(self) -> str:
        """The month in words."""
        return f"{self.month:%B %Y}"


def monthly(exports: pd.DataFrame, product: str, measure: str = "weight", destination: str | None = "WLD"):
    """Select single months of one product, with `month` (first day): customs figures, a row a month and destination.

    destination  a place code; None for all places but the world
    Months without a figure are not there; they are not zero.
    """
    rows = exports[exports["product"].eq(product) & exports["flow"].eq("export") & exports["measure"].eq(measure)]
    rows = rows[rows["month_start"].eq(rows["month_end"]) & rows["series"].eq("customs")]
    rows = rows[rows["destination"].ne("WLD") if destination is None else rows["destination"].eq(destination)]
    months = [dt.date(int(y), int(m), 1) for y, m in zip(rows["year"], rows["month_start"], strict=True)]
    return rows.assign(month=pd.to_datetime(months)).sort_values(["destination", "month"], kind="stable")


def recent(months: pd.DataFrame, count: int = 18) -> pd.DataFrame:
    """Keep the rows of the last `count` calendar months of a monthly series, counted from its newest month."""
    if months.empty:
        return months
    return months[months["month"] > months["month"].max() - pd.DateOffset(months=count)]


def on_calendar(months: pd.DataFrame, *series: str) -> pd.DataFrame:
    """Add an empty row for every month in between that no source prints, so that no line runs through the gap.

    `series` are the columns that tell one series from another; each goes on from its own first to its last month.
    """
    pieces = [months]
    one_from_another: list[Any] = list(series) or [lambda _: 0]
    for key, rows in months.groupby(one_from_another):
        every = pd.date_range(rows["month"].min(), rows["month"].max(), freq="MS")
        holes = every[~every.isin(rows["month"])]
        labels = dict(zip(series, key, strict=True)) if series else {}
        pieces.append(pd.DataFrame({"month": holes, "note": "no source prints this month"} | labels))
    return pd.concat(pieces, ignore_index=True).sort_values([*series, "month"], kind="stable")


def whole_years(
    exports: pd.DataFrame, product: str, measure: str = "weight", destination: str = "WLD", series: str = "customs"
) -> pd.DataFrame:
    """Select full years of one product, destination and series, oldest first; a printed figure beats a derived one."""
    rows = exports[exports["product"].eq(product) & exports["flow"].eq("export") & exports["measure"].eq(measure)]
    rows = rows[rows["month_start"].eq(1) & rows["month_end"].eq(12) & rows["destination"].eq(destination)]
    rows = rows[rows["series"].eq(series)].sort_values(["year", "basis"], kind="stable")
    return rows.drop_duplicates("year", keep="last")


def yearly_changes(exports: pd.DataFrame, product: str) -> pd.DataFrame:
    """Return each month's change on the same month a year before, percent: as printed, else computed where possible.

    Returns `month`, `change`, `computed` and the row's own columns; a printed change goes before a computed one. The
    computed ones rest on one earlier year, the year before.
    """
    printed = monthly(exports, product, "weight change on year")
    printed = printed.assign(change=printed["value"], computed=False)
    months = monthly(exports, product)
    before = months[~months["qualifier"].str.contains("derived")].set_index("month")["value"]
    year_ago = [before.get(month - pd.DateOffset(years=1)) for month in months["month"]]
    months = months.assign(base=pd.to_numeric(pd.Series(year_ago, index=months.index)))
    months = months[months["base"].notna() & ~months["month"].isin(printed["month"])]
    computed = months.assign(change=100 * (months["value"] / months["base"] - 1), computed=True).drop(columns="base")
    computed["qualifier"] = [joined_marks("", f"{marks};derived".strip(";")) for marks in computed["qualifier"]]
    return pd.concat([printed, computed]).sort_values("month")


def in_common(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Join two monthly series on the months that both have, one row a month: `month`, `first`, `second`."""
    both = first[["month", "value"]].merge(second[["month", "value"]], on="month", suffixes=("_first", "_second"))
    return both.rename(columns={"value_first": "first", "value_second": "second"}).sort_values("month")


def enough(rows: pd.DataFrame, least: int, everything: pd.DataFrame, as_of: dt.date | str | None, what: str):
    """Return `rows`; raise catalog.NoDataYet, with the day on which there were `least`, when there are fewer.

    everything  the same selection without an as-of day; its attrs name the table
    what        the subject of "… starts on 1 January 2000"
    """
    if len(rows) >= least:
        return rows
    days = sorted(everything["published"])
    start = days[least - 1].date() if len(days) >= least else None
    raise common.not_yet(everything.attrs["table"], as_of, what, start)


def joined_marks(bound: str, marks: str) -> str:
    """Write the marks of a figure that has a new bound, without the bound that it had."""
    return ";".join(filter(None, [bound, *[mark for mark in marks.split(";") if mark not in (">", "<")]]))
