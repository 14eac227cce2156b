"""Trade in gallium and germanium as Chinese and US customs recorded it, and the code that mixes them with others.

HS 811292 holds gallium and germanium together with other metals: it is shown as what it is, a basket.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.indicators.neighbours.naming import Named
from lib.quantity import Number, Quantity
from lib.tables import catalog

BASKET = "811292"
SERIES = "The series of China’s exports of gallium and germanium"
SIDES = {"China: exports to the US": "CHN", "US: imports from China": "USA"}
"""The two sides that report the basket, with their colours."""


@dataclass(frozen=True)
class Customs:
    """What Chinese customs and US statistics show of gallium and germanium from China, as known on a day."""

    exports: pd.DataFrame
    trade: pd.DataFrame
    as_of: dt.date | str | None

    def both(self, metal: str) -> pd.DataFrame:
        """Give what both sides recorded of a metal sent to the United States, as `seen_twice` lists it."""
        return seen_twice(self.exports[self.exports["product"] == metal], self.trade, metal)

    def sent(self, metal: str) -> Named:
        """Return what Chinese customs show for the United States in the longest period before 2025, in t.

        Raises NoDataYet with the first day on which such a figure was public.
        """
        rows = self.both(metal)
        rows = rows[rows["table"].eq("china_exports") & rows["start"].lt("2025-01-01")]
        if rows.empty:
            sent = {"product": metal, "destination": "USA", "measure": "weight", "series": "customs"}
            starts = catalog.starts("china_exports", lambda every: common.matching(every, sent))
            raise common.not_yet(
                "china_exports", self.as_of, "What Chinese customs show for the United States by weight", starts
            )
        return self._seen(f"{metal}-sent", rows.iloc[-1], metal)

    def origin(self, metal: str, year: int) -> Named:
        """Return what US statistics show of a metal of Chinese origin in a whole year, in t. Raises NoDataYet."""
        return self._seen(f"{metal}-origin-{year}", self._year(metal, "mineral_trade", year), metal)

    def in_both(self, metal: str, year: int) -> list[Named]:
        """Return what each side shows of a metal for a whole year, in t: China first. Raises NoDataYet."""
        sides = {"sent": "china_exports", "come": "mineral_trade"}
        return [
            self._seen(f"{metal}-{year}-{side}", self._year(metal, table, year), metal) for side, table in sides.items()
        ]

    def values(self, metal: str) -> list[Named]:
        """Return what Chinese customs show for the United States by value, year by year, in million USD.

        Raises NoDataYet.
        """
        rows = self.exports[self.exports["product"] == metal]
        rows = common.matching(rows, {"destination": "USA", "measure": "value", "series": "customs"})
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, "Exports by value")
        scope = f"China, {metal} shipped to the United States by value"
        return [
            Named(
                f"{metal}-value-{int(row['year'])}",
                Number(_quantity(row) * 1e-6, "million USD", scope, int(row["year"]), "USD / 1,000,000",
                       rows.loc[[row.name]], places=2),
            )
            for _, row in rows.sort_values("year").iterrows()
        ]  # fmt: skip

    def drawn(self) -> pd.DataFrame:
        """Give both sides of both metals in periods of half a year or more, in t. Raises NoDataYet as `sent` does."""
        self.sent("germanium")  # a chart of one side would compare nothing
        both = {metal: longest(self.both(metal)) for metal in ("germanium", "gallium")}
        rows = pd.concat([rows.assign(name=metal.capitalize() + ", " + rows["name"]) for metal, rows in both.items()])
        return rows.assign(t=rows["kg"] / 1000)

    def _year(self, metal: str, table: str, year: int) -> pd.Series:
        rows = self.both(metal)
        rows = rows[rows["period"].eq(str(year)) & rows["table"].eq(table) & ~rows["weak"]]
        if rows.empty:
            raise common.not_yet(table, self.as_of, f"Trade in {metal} in {year}")
        return rows.iloc[0]

    def _seen(self, name: str, row: pd.Series, metal: str) -> Named:
        rows = (self.exports if row["table"] == "china_exports" else self.trade).loc[[row["_row"]]]
        amount = Quantity.from_row(row["kg"] / 1000, row["qualifier"])
        places = None if row["kg"] % 1000 == 0 else 1
        return Named(
            name, Number(amount, "t", f"{metal}; {row['side']}", row["period"], "as printed", rows, places=places)
        )


def customs(as_of: dt.date | str | None) -> Customs:
    """Read what both customs recorded of gallium and germanium. Raises NoDataYet before Chinese figures."""
    exports = common.select("china_exports", as_of, SERIES, product=["gallium", "germanium"])
    return Customs(exports, common.optional("mineral_trade", as_of), as_of)


def by_side(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `Customs.drawn`: in their order, each side in the colour of its country."""
    colours = {name: "CHN" if "Chinese" in name else "USA" for name in rows["name"]}
    return {"order": list(rows["name"]), "colours": colours}


@dataclass(frozen=True)
class Exports:
    """China's exports to all destinations over nine months or more, without figures of low confidence.

    rows   the periods, as `everywhere` lists them
    table  the rows of `china_exports` that they are from
    """

    rows: pd.DataFrame
    table: pd.DataFrame
    as_of: dt.date | str | None

    def of(self, metal: str, months: int) -> list[Named]:
        """Return the exports of a metal over so many months of each year known, in t. Raises NoDataYet without any."""
        rows = self.rows[(self.rows["product"] == metal) & (self.rows["months"] == months)]
        if rows.empty:
            raise common.not_yet("china_exports", self.as_of, f"Exports of {metal} over {months} months")
        return [self._exported(row) for _, row in rows.iterrows()]

    def ends(self, metal: str, months: int) -> list[Named]:
        """Return the first and the last of these. Raises NoDataYet where there are not two."""
        every = self.of(metal, months)
        if len(every) < 2:
            raise common.not_yet("china_exports", self.as_of, f"A second period of exports of {metal}")
        return [every[0], every[-1]]

    @property
    def shortest(self) -> int:
        """The shortest period, in months, for which exports of germanium are known: nine, or a whole year."""
        return int(self.rows[self.rows["product"] == "germanium"]["months"].min())

    def drawn(self) -> pd.DataFrame:
        """Give all periods, in t, with the name of metal and period."""
        named = zip(self.rows["product"], self.rows["period"], strict=True)
        return self.rows.assign(
            t=self.rows["value"] / 1000, name=[f"{metal.capitalize()}, {at}" for metal, at in named]
        )

    def _exported(self, row: pd.Series) -> Named:
        name = f"exports-{row['product']}-{row['period']}".lower().replace("–", "-").replace(" ", "-")
        scope = f"China, exports of {row['product']} to all destinations"
        used = self.table.loc[[row.name]]
        return Named(name, Number(_quantity(row) * 0.001, "t", scope, row["period"], "kg / 1,000", used, places=1))


def exports(as_of: dt.date | str | None) -> Exports:
    """Read China's exports of both metals to all destinations. Raises NoDataYet."""
    table = common.select("china_exports", as_of, SERIES, product=["gallium", "germanium"])
    rows = pd.concat([everywhere(table, metal) for metal in ("gallium", "germanium")])
    rows = rows[~rows["weak"]]
    if len(rows) < 2:
        raise common.not_yet("china_exports", as_of, "A second period of exports")
    return Exports(rows, table, as_of)


def rivals(as_of: dt.date | str | None) -> list[Named]:
    """Return the earlier and the later figure of China's exports of gallium in 2024. Raises NoDataYet without two."""
    which = {"product": "gallium", "destination": "WLD", "measure": "weight", "year": 2024, "month_start": 1}
    rows = common.select("china_exports", as_of, "Exports", vintages="all", month_end=12, **which)
    if len(rows) < 2:
        raise common.not_yet("china_exports", as_of, "A second figure of exports in 2024")
    scope = "China, gallium exports to all destinations"
    ordered = zip(("earlier", "later"), rows.sort_values("published").iterrows(), strict=True)
    return [
        Named(
            f"gallium-2024-{order}",
            Number(_quantity(row) * 0.001, "t", scope, 2024, "kg / 1,000", rows.loc[[line]], places=1),
        )
        for order, (line, row) in ordered
    ]


@dataclass(frozen=True)
class Basket:
    """Trade under HS 811292 from China to the United States: `table` are the rows of `mineral_trade` under it."""

    table: pd.DataFrame

    @property
    def rows(self) -> pd.DataFrame:
        """The trade by year and reporting side, in t."""
        return basket(self.table)

    @property
    def year(self) -> int:
        """The newest year."""
        return int(self.rows["year"].max())

    def side(self, code: str) -> Named:
        """Return what one side, CHN or USA, reports for the newest year, in t."""
        row = self._newest(code)
        scope, amount = f"HS {BASKET}, {row['side'].iloc[0]}", float(row["value"].iloc[0])
        used = self.table.loc[row.index]
        return Named(f"basket-{code.lower()}", Number(amount, "t", scope, self.year, "kg / 1,000", used))

    def ratio(self) -> Number:
        """Return how many times as much the United States reports as China does."""
        factor, scope = mirror_factor(self.table, self.year), f"HS {BASKET}, US imports over Chinese exports"
        used = self.table.loc[[*self._newest("CHN").index, *self._newest("USA").index]]
        return Number(factor, "times", scope, self.year, "US / China", used, places=1)

    def _newest(self, code: str) -> pd.DataFrame:
        rows = self.rows
        return rows[(rows["year"] == self.year) & (rows["reporter"] == code)]


def mixed(as_of: dt.date | str | None) -> Basket:
    """Read the trade under HS 811292. Raises NoDataYet."""
    return Basket(common.select("mineral_trade", as_of, "The extract of trade under HS 811292", hs=BASKET))


def _quantity(row: pd.Series) -> Quantity:
    return Quantity.from_row(float(row["value"]), row["qualifier"])


# --- frames ---


def seen_twice(china_exports: pd.DataFrame, mineral_trade: pd.DataFrame, commodity: str) -> pd.DataFrame:
    """List trade in one metal from China to the US as both sides recorded it, kg: a row per period and side.

    China records where a shipment goes; the US records where goods were made. Material that passed a third country,
    or lay in store, is in the second and not in the first. Returns name (period and side), side, period, kg,
    qualifier, weak (low confidence), source_id, published, table, `_row`; weights only, months of one year joined.
    """
    sent = china_exports[
        (china_exports["product"] == commodity)
        & (china_exports["destination"] == "USA")
        & (china_exports["measure"] == "weight")
        & (china_exports["series"] == "customs")
    ]
    starts, ends = _months(sent)
    sent = sent.assign(side="Chinese customs, by destination", start=starts, end=ends, table="china_exports",
                       kg=sent["value"])  # fmt: skip
    come = mineral_trade[
        (mineral_trade["commodity"] == commodity)
        & (mineral_trade["reporter"] == "USA")
        & (mineral_trade["basis"] == "country of origin")
        & mineral_trade["net_kg"].notna()
    ]
    come = come.assign(side="US statistics, by origin", start=come["period_start"], end=come["period_end"],
                       table="mineral_trade", kg=come["net_kg"])  # fmt: skip
    both = pd.concat([part.assign(_row=part.index) for part in (sent, come)], ignore_index=True)
    periods = [_period(start, end) for start, end in zip(both["start"], both["end"], strict=True)]
    both = both.assign(weak=both["confidence"].eq("low"), period=pd.array(periods, dtype="str"))
    both["name"] = both["period"] + ": " + both["side"]
    kept = ["name", "side", "period", "start", "end", "kg", "qualifier", "weak", "source_id", "published", "table",
            "_row"]  # fmt: skip
    return both[kept].sort_values(["start", "end", "side"], kind="stable", ignore_index=True)


def longest(rows: pd.DataFrame) -> pd.DataFrame:
    """Select rows of `seen_twice` of half a year or more that lie in no longer period of the same side."""
    long = rows[rows["end"] - rows["start"] >= pd.Timedelta(days=180)]
    inside = [
        ((long["start"] <= row.start) & (long["end"] >= row.end) & (long["side"] == row.side)
         & (long["end"] - long["start"] > row.end - row.start)).any()
        for row in long.itertuples()
    ]  # fmt: skip
    return long[[not within for within in inside]]


def _months(rows: pd.DataFrame) -> list[pd.Series]:
    """Return the first and last day of the months of `china_exports`."""
    first, last = (pd.to_datetime({"year": rows["year"], "month": rows[month], "day": 1})
                   for month in ("month_start", "month_end"))  # fmt: skip
    return [first, last + pd.offsets.MonthEnd(0)]


def _period(start: pd.Timestamp, end: pd.Timestamp) -> str:
    if start.month == 1 and end.month == 12 and start.year == end.year:
        return f"{start.year}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start:%b %Y}"
    return f"{start:%b}–{end:%b %Y}" if start.year == end.year else f"{start:%b %Y}–{end:%b %Y}"


def everywhere(china_exports: pd.DataFrame, commodity: str) -> pd.DataFrame:
    """Select China's exports of a metal to all destinations over several months: kg by `period`, rival figures apart.

    Of a year with parts printed, both the year and its longest part are rows; single months are left to the monthly
    series. Adds months, weak (low confidence); index kept.
    """
    rows = china_exports[
        (china_exports["product"] == commodity)
        & (china_exports["destination"] == "WLD")
        & (china_exports["measure"] == "weight")
        & (china_exports["month_end"] - china_exports["month_start"] >= 8)
    ]
    periods = [_period(a, b) for a, b in zip(*_months(rows), strict=True)]
    months = rows["month_end"] - rows["month_start"] + 1
    return rows.assign(period=periods, months=months, weak=rows["confidence"].eq("low")).sort_values(
        ["months", "year"], kind="stable"
    )  # fmt: skip


def basket(mineral_trade: pd.DataFrame) -> pd.DataFrame:
    """Select HS 811292 from China to the United States by year, t, by reporting side: year, side, value; index kept.

    The code mixes gallium and germanium with hafnium, indium, niobium and others: never gallium.
    """
    rows = mineral_trade[mineral_trade["hs"].eq(BASKET)]
    years = rows["period_start"].dt.month.eq(1) & rows["period_end"].dt.month.eq(12)
    sent = rows["reporter"].eq("CHN") & rows["flow"].eq("export") & rows["partner"].eq("USA")
    come = rows["reporter"].eq("USA") & rows["flow"].eq("import") & rows["partner"].eq("CHN")
    side = sent.map({True: "China: exports to the US", False: "US: imports from China"})
    frame = rows.assign(year=rows["period_start"].dt.year, side=side, value=rows["net_kg"] / 1000)
    return frame[years & (sent | come)].sort_values(["side", "year"])


def mirror_factor(mineral_trade: pd.DataFrame, year: int) -> Quantity:
    """Compute how many times as much of the basket the US reports importing as China reports exporting in a year."""
    rows = basket(mineral_trade)
    rows = rows[rows["year"] == year].set_index("reporter")["value"]
    return Quantity(float(rows["USA"]) / float(rows["CHN"]))
