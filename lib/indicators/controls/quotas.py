"""The years of quotas and duties: how much could leave, how much did, and what it cost at the border."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.indicators.controls.exports import HEADLINE, ON_YEAR, Change, change, enough, exported, joined_marks, moved
from lib.quantity import Number, Quantity
from lib.tables import catalog

WHOSE = {"customs": "customs", "association": "industry association", "miit": "ministry"}
STEPS_OF_CASE = {"WTO-2012-01": "WTO complaint", "WTO-2014-02": "WTO appeal report"}
"""The steps of the WTO case, as a chart of years calls them."""


@dataclass(frozen=True)
class YearQuota:
    """The export quota of all firms in one year: one row of `export_quotas`."""

    row: pd.DataFrame

    @property
    def year(self) -> int:
        """The year."""
        return int(self.row["year"].iloc[0])

    @property
    def name(self) -> str:
        """The name of the fact that is this quota."""
        return f"quota-{self.year}"

    @property
    def number(self) -> Number:
        """The quota in t of gross product weight."""
        scope = "export quota of China, all firms, gross weight"
        return Number(float(self.row["value_t_gross"].iloc[0]), "t", scope, self.year, "as printed", self.row)


def quotas(as_of: dt.date | str | None) -> tuple[pd.DataFrame, YearQuota, YearQuota]:
    """Return the export quotas of whole years by the `count` of firms, and those of all firms in the first two years.

    Raises NoDataYet before two of these are known.
    """
    data, ever = (year_quotas(catalog.table("export_quotas", day)) for day in (as_of, None))
    data = data.assign(count=data["scope"].str.capitalize())
    of_all, all_ever = (rows[rows["scope"].eq("all firms")].sort_values("year") for rows in (data, ever))
    firms = enough(of_all, 2, all_ever, as_of, "The export quota of all firms")
    return data, YearQuota(firms.head(1)), YearQuota(firms.iloc[1:2])


def in_years(notes: list[tuple[pd.Timestamp, str]]) -> list[tuple[float, str]]:
    """Give the notes of a chart at years and parts of a year, in place of days."""
    return [(at.year + (at.day_of_year - 1) / 365, words) for at, words in notes]


@dataclass(frozen=True)
class Use:
    """The use of the quota of all firms by each count of exports: rows of `quota_use`, with `count` in words."""

    rows: pd.DataFrame
    limits: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def lowest_year(self) -> int:
        """The whole year with the lowest use."""
        return int(self.lowest_of_a_year["year"].iloc[0])

    @property
    def lowest_of_a_year(self) -> pd.DataFrame:
        """The row of the lowest use over a whole year."""
        whole = self.rows[self.rows["month_end"].eq(12)].sort_values("share")
        return whole.head(1).drop(columns="count")

    @property
    def lowest(self) -> pd.DataFrame:
        """The row of the lowest use."""
        return self.rows.nsmallest(1, "share")

    @property
    def highest(self) -> pd.DataFrame:
        """The row of the highest use."""
        return self.rows.nlargest(1, "share")

    @property
    def disputed(self) -> int:
        """The first year of which the exports were counted in two ways. Raises NoDataYet for none."""
        rivals = self.rows[self.rows.duplicated("year", keep=False)]
        if rivals.empty:
            raise common.not_yet("china_exports", self.as_of, "A second count of one year")
        return int(rivals["year"].iloc[0])

    def number(self, row: pd.DataFrame) -> Number:
        """Return the use of one row in percent of the year's quota."""
        limit = self.limits[self.limits["scope"].eq("all firms") & self.limits["year"].eq(row["year"].iloc[0])]
        scope, formula = "exports over the year's quota of all firms", "100 × exports / quota"
        return exported(row, "%", scope, formula, "share", used=[row, limit])


def use(as_of: dt.date | str | None) -> Use:
    """Return the use of the export quota. Raises NoDataYet before that of a whole year is known."""
    exports, limits = catalog.table("china_exports", as_of), catalog.table("export_quotas", as_of)
    rows, ever = quota_use(exports, limits), quota_use(catalog.table("china_exports"), catalog.table("export_quotas"))
    whole, whole_ever = (some[some["month_end"].eq(12)] for some in (rows, ever))
    enough(whole, 1, whole_ever, as_of, "The use of the export quota")
    months = rows["month_end"].map(lambda last: "" if last == 12 else f" Jan–{pd.Timestamp(2000, last, 1):%b}")
    named = rows["year"].astype(str) + months + ", " + rows["series"].map(WHOSE).fillna(rows["series"])
    return Use(rows.assign(count=named), year_quotas(limits), as_of)


def partner_excess(as_of: dt.date | str | None) -> dict[int, Number]:
    """Return by year how far the imports of partners lie above China's own exports, in percent. Raises NoDataYet."""
    what = "The comparison with partners' records"
    rows = common.select("china_exports", as_of, what, measure="partner excess").sort_values("year")
    scope = "excess of the imports that partners reported over the exports that China reported"
    return {int(rows.loc[line, "year"]): exported(rows.loc[[line]], "%", scope) for line in rows.index}


@dataclass(frozen=True)
class Duties:
    """China's export duties on rare earths: `table` as known on a day."""

    table: pd.DataFrame

    @property
    def since(self) -> int:
        """The year of the first."""
        return self.table["date_effective"].min().year

    @property
    def highest(self) -> Number:
        """The highest rate of a schedule in percent, with the year in which it began."""
        rows = self.table[self.table["rate_pct"].eq(self.table["rate_pct"].max())]
        return Number(
            float(rows["rate_pct"].iloc[0]),
            "%",
            scope="highest rate of China’s export duties on rare earths",
            period=rows["date_effective"].min().year,
            formula="highest rate of a schedule",
            rows=self.table,
            query="SELECT max(rate_pct) FROM export_duties",
        )

    def by_schedule(self, day: dt.date) -> pd.DataFrame:
        """Give the lowest and the highest rate of each schedule up to a day: `duty_range`."""
        return duty_range(self.table, day)

    @property
    def fate(self) -> str:
        """What became of them: `ended in May 2015`, or that they are still in force."""
        end = self.table[self.table["rate_pct"].eq(0)]
        return f"ended in {end['date_effective'].iloc[0]:%B %Y}" if len(end) else "were still in force"


@dataclass(frozen=True)
class Japan:
    """What China counted of exports to Japan in 2010: weight in t and its change, from January to September."""

    sent: Number
    change: Change


def japan_2010(as_of: dt.date | str | None) -> Japan:
    """Return what China's ministry of commerce counted to Japan in 2010. Raises NoDataYet."""
    rows = common.select(
        "china_exports", as_of, "China's own count for 2010", series="mofcom", destination="JPN", year=2010
    )
    scope = "rare earths to Japan, January to September, gross weight"
    sent, rise = (rows[rows["measure"].eq(measure)] for measure in ("weight", ON_YEAR))
    return Japan(exported(sent, "t", scope), change(rise, scope, "as printed"))


def january_2011(as_of: dt.date | str | None) -> Change:
    """Return the change of China's exports in January 2011 on the year. Raises NoDataYet."""
    rows = common.select("china_exports", as_of, "The January count", year=2011, month_end=1, measure=ON_YEAR)
    return change(rows, "exports of rare earths to all destinations, like for like", "as printed")


@dataclass(frozen=True)
class Compounds:
    """The yearly value of the rare-earth compounds that China exported: `rows` with `million` USD."""

    rows: pd.DataFrame

    def of(self, year: int) -> Number:
        """Return the value in one year, in million USD."""
        scope = "exports of rare-earth compounds (HS 2846) to the world, by value"
        return exported(self.rows[self.rows["year"].eq(year)], "million USD", scope, "value / 10⁶", "million")

    @property
    def verb(self) -> str:
        """Say whether the value rose or fell from 2009 to 2010."""
        return moved(*(float(self.rows.loc[self.rows["year"].eq(year), "value"].iloc[0]) for year in (2009, 2010)))


def compounds(as_of: dt.date | str | None) -> Compounds:
    """Return the value of China's exports of compounds from 2004 to 2016. Raises NoDataYet."""
    what = "The yearly value of China's exports of compounds"
    which = {"measure": "value", "flow": "export", "product": "compounds (HS 2846)", "series": "oec"}
    rows = common.select("china_exports", as_of, what, **which, year=list(range(2004, 2017)))
    return Compounds(rows.assign(million=rows["value"] / 1e6))


def duties(as_of: dt.date | str | None) -> Duties:
    """Read China's export duties on rare earths. Raises NoDataYet."""
    return Duties(catalog.table("export_duties", as_of))


def year_quotas(quotas: pd.DataFrame) -> pd.DataFrame:
    """Select export quotas of whole years in t gross, all classes together; counts of different `scope` never join."""
    return quotas[quotas["batch"].eq("year") & quotas["class"].eq("total") & quotas["value_t_gross"].notna()]


def quota_use(exports: pd.DataFrame, quotas: pd.DataFrame) -> pd.DataFrame:
    """Compute the use of the quota of all firms, u = 100 X / Q in percent, for every count of a year's exports.

    exports  table `china_exports`; the customs headline of the world in t. A year for which only its first months
             were printed enters with the longest such row, as a lower bound (`>`)
    quotas   table `export_quotas`
    Returns the export rows with `quota`, `quota_row`, `share` and a `qualifier` that carries the bound.
    """
    limits = year_quotas(quotas)
    limits = limits[limits["scope"].eq("all firms")].set_index("year")["value_t_gross"]
    rows = exports[exports["product"].eq(HEADLINE) & exports["flow"].eq("export") & exports["destination"].eq("WLD")]
    rows = rows[rows["measure"].eq("weight") & rows["unit"].eq("t") & rows["month_start"].eq(1)]
    rows = rows[rows["year"].isin(limits.index) & rows["month_end"].gt(6)]
    longest = rows.groupby("year")["month_end"].transform("max")
    rows = rows[rows["month_end"] == longest].copy()
    rows["quota"] = [float(limits[year]) for year in rows["year"]]
    shares = [
        Quantity(value, ">" if months < 12 else "").share_of(quota)
        for value, months, quota in rows[["value", "month_end", "quota"]].itertuples(index=False)
    ]
    rows["share"] = [share.value for share in shares]
    rows["qualifier"] = [
        joined_marks(share.bound, marks) for share, marks in zip(shares, rows["qualifier"], strict=True)
    ]
    return rows.sort_values(["year", "share"])


def duty_range(duties: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """Find the lowest and highest duty on rare earths by schedule, percent: rows of `duties` with `bound`, `from`.

    Schedules name different groups of products, so that only the range is a series. Rows that name other metals
    only (tungsten) are left out. The last schedule is carried on to `day`, by a year at most when it is zero.
    """
    rows = duties[~duties["product"].str.match(r"^tungsten|^ammonium")]
    by_rate = rows.sort_values(["date_effective", "rate_pct"], kind="stable").groupby("date_effective")
    ends = pd.concat([by_rate.head(1).assign(bound="lowest"), by_rate.tail(1).assign(bound="highest")])
    ends = ends.assign(**{"from": ends["date_effective"], "from_precision": ends["date_effective_precision"]})
    last = ends[ends["from"] == ends["from"].max()]
    horizon = pd.Timestamp(day)
    if last["rate_pct"].max() == 0:
        horizon = min(horizon, last["from"].max() + pd.DateOffset(years=1))
    return pd.concat([ends, last.assign(**{"from": horizon, "from_precision": "day"})])


def short_counts(counts: Iterable[str]) -> dict[str, str]:
    """Shorten the names of the counts of firms for the ends of lines: `Domestic (estimate)`."""
    return {name: name.replace("firms (", "(").replace(" at the time", "") for name in counts}
