"""The United States: what it uses, digs and refines of these metals, and from whom it buys them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib import words
from lib.indicators import common
from lib.indicators.neighbours.formulas import edition_name
from lib.indicators.neighbours.naming import METALS, Named
from lib.quantity import HIGHER, Number, Quantity, compared
from lib.tables import catalog

WHOLE = {
    "rare earths": "compounds and metals",
    "copper": "refined copper",
    "gallium": "metal",
    "germanium": "combined total",
    "antimony": "total metal and oxide",
    "tungsten": "ores, concentrates, and other forms",
    "natural graphite": "all",
}
"""The product of the table `us_import_sources` that counts a metal as a whole."""
ONE_SMELTER = "share of one unnamed producer in the world’s capacity to smelt copper"
PLANTS = ("mines", "primary-smelters", "electrolytic-refineries", "electrowon-refineries")
"""The kinds of US copper plants that are counted."""
DRAWN = {
    "production.mine": "Mined",
    "production.refinery_primary": "Refined from ore",
    "imports.refined": "Imported refined",
    "consumption_apparent.all": "Used",
}
"""The flows of copper that are drawn, with their labels."""
BALANCE_LOOK = {
    "colours": dict(zip(DRAWN.values(), ("USA", "USA", "ink", "ink"), strict=True)),
    "dashed": ["Refined from ore", "Imported refined"],
}
SYMBOL = {"OTH": "Others", "Rare earths": "RE", "Antimony": "Sb", "Natural graphite": "C", "Tungsten": "W",
          "Germanium": "Ge", "Gallium": "Ga", "Copper": "Cu"}  # fmt: skip


@dataclass(frozen=True)
class America:
    """What USGS reports of the United States and these metals: `rows` of the table `us_salient`, known by a day."""

    rows: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def year(self) -> int:
        """The last year that the newest edition does not estimate."""
        return measured_year(reliance(self.rows))

    def relies(self, commodity: str, year: int | None = None) -> Named:
        """Return the net import reliance on a metal, by default in `year`. Raises NoDataYet without a figure."""
        rows = reliance(self.rows)
        row = rows[(rows["commodity"] == commodity) & (rows["year"] == (year or self.year))]
        if row.empty:
            raise common.not_yet("us_salient", self.as_of, f"The US net import reliance on {commodity}")
        when, edition = int(row["year"].iloc[0]), edition_name(row["edition"].iloc[0])
        scope = f"US net import reliance, {commodity}, USGS {edition}"
        return Named(f"reliance-{commodity.replace(' ', '-')}-{when}", _printed(row, "%", scope, when))

    @property
    def relied_on(self) -> pd.DataFrame:
        """The net import reliance on rare earths and on each metal in `year`, for the chart."""
        rows = reliance(self.rows, ("rare earths", *METALS))
        return rows[rows["year"] == self.year]

    def wholly(self) -> str:
        """Name what net imports cover wholly: gallium and natural graphite."""
        return words.joined(self.relied_on.query("value >= 100")["commodity"])

    def partly(self) -> list[tuple[str, Named]]:
        """Name the metals of which net imports cover a part that is known exactly, with that part, largest first."""
        rows = self.relied_on.query("value < 100 and commodity != 'rare earths'")
        rows = rows[~rows["qualifier"].str.contains(">")].sort_values("value", ascending=False)
        return [(metal, self.relies(metal)) for metal in rows["commodity"]]

    def at_least(self) -> list[tuple[str, Named]]:
        """Name the metals of which only a lower bound is printed, with that bound."""
        rows = self.relied_on.query("commodity != 'rare earths'")
        rows = rows[rows["qualifier"].str.contains(">")]
        return [(metal, self.relies(metal)) for metal in rows["commodity"]]

    def stocks(self) -> list[Named]:
        """Return the stocks of refined copper at the end of `year` and, as estimated, of the year after, in kt."""
        rows = self.rows[(self.rows["commodity"] == "copper") & (self.rows["series"] == "stocks.all")]
        years = (self.year, self.year + 1)
        return [
            Named(
                f"us-copper-stocks-{year}",
                _printed(rows[rows["year"] == year], "kt", "US stocks of refined copper, year end", year),
            )
            for year in years
        ]

    def hoarded(self) -> int:
        """Return the year after `year` if stocks more than doubled in it. Raises NoDataYet otherwise."""
        before, after = (number.quantity for _, number in self.stocks())
        if compared(after, 2 * before) != HIGHER:
            raise common.not_yet("us_salient", self.as_of, "A year in which US stocks of copper doubled")
        return self.year + 1

    @property
    def balance(self) -> pd.DataFrame:
        """What became of copper by year, as `copper_balance` lists it. Raises NoDataYet without any."""
        return copper_balance(self.rows)

    def flow(self, series: str) -> Named:
        """Return one flow of copper in `year`, in kt, as printed."""
        row = self._flow(series)
        scope = f"United States, copper: {row['name'].iloc[0].lower()}"
        name = f"us-copper-{series.replace('.', '-').replace('_', '-')}-{self.year}"
        return Named(name, _printed(row, "kt", scope, self.year))

    def gap(self) -> Number:
        """Return the copper that left the country in concentrate in `year`: what refining all own ore could add."""
        row = self._flow("exports.ores_concentrates")
        scope = "US copper that left the country in concentrate"
        return Number(processing_gap(self.rows, self.year), "kt", scope, self.year, "as printed", row)

    def gap_share(self) -> Number:
        """Return that copper as a percentage of the refined copper imported in the same year."""
        gap, bought = self.gap(), self._flow("imports.refined")
        share = processing_gap(self.rows, self.year).share_of(_quantity(bought))
        scope, formula = f"{gap.scope}, over imports of refined copper", "concentrate exported / refined imports"
        both = self.balance[self.balance.index.isin([*self._flow("exports.ores_concentrates").index, *bought.index])]
        return Number(share, "%", scope, self.year, formula, both)

    def more_used(self) -> str:
        """Say that the country uses more copper than it mines in `year`. Raises NoDataYet where it does not."""
        used, mined = (_quantity(self._flow(series)) for series in ("consumption_apparent.all", "production.mine"))
        if compared(used, mined) != HIGHER:
            raise common.not_yet("us_salient", self.as_of, "A year in which more copper was used than mined")
        return "more"

    def drawn(self) -> pd.DataFrame:
        """Give the flows of copper that are drawn, by year, with their labels."""
        rows = self.balance[self.balance["flow"].isin(list(DRAWN))]
        return rows.assign(name=rows["flow"].map(DRAWN))

    @property
    def imports(self) -> pd.DataFrame:
        """Imports of gallium and germanium from everywhere by year, in t; years without a figure are left out."""
        rows = us_imports(self.rows[self.rows["commodity"].isin(["gallium", "germanium"])])
        return rows[rows["value"].notna()].assign(t=rows["value"] / 1000)

    def imported(self, name: str, year: int | None = None) -> Named:
        """Return the imports of one metal from everywhere in `year` or another year, in t, rounded to whole tonnes."""
        when = year or self.year
        row = self.imports
        row = row[(row["name"] == name) & (row["year"] == when)]
        scope = f"US imports of {name.lower()}, all origins"
        number = Number(_quantity(row) * 0.001, "t", scope, when, "kg / 1,000", row, places=0)
        return Named(f"us-{name.lower().replace(' ', '-')}-{when}", number)

    def price(self, commodity: str, year: int, places: int = 0) -> Named:
        """Return the average price of a metal in a year, in the unit printed. Raises NoDataYet without one."""
        rows = self.rows[(self.rows["commodity"] == commodity) & (self.rows["series"] == "price.metal")]
        row = rows[rows["year"] == year].sort_values("published", kind="stable").tail(1)
        if row.empty or row["value"].isna().all():
            raise common.not_yet("us_salient", self.as_of, f"The price of {commodity}")
        number = _printed(row, row["unit"].iloc[0], f"average price of {commodity} metal, USGS", year, places)
        return Named(f"{commodity}-price-{year}", number)

    def _flow(self, series: str) -> pd.DataFrame:
        rows = self.balance
        return rows[(rows["flow"] == series) & (rows["year"] == self.year)]


def america(as_of: dt.date | str | None) -> America:
    """Read what USGS reports of the United States and these metals. Raises NoDataYet."""
    what = "The US net import reliance on these metals"
    common.select("us_salient", as_of, what, commodity=list(METALS))
    rows = catalog.table("us_salient", as_of)
    if reliance(rows).empty:
        raise common.not_yet("us_salient", as_of, what, catalog.starts("us_salient", reliance))
    return America(rows, as_of)


def copper_plants(as_of: dt.date | str | None) -> list[tuple[str, Named]]:
    """Return the kinds of US copper plants with how many USGS counts of each in 2025. Raises NoDataYet."""
    what, found = "The count of US copper plants", []
    for kind in PLANTS:
        row = common.select("statements", as_of, what, statement_id=f"copper-us-{kind}-2025")
        found.append((kind, Named(f"us-copper-{kind}", _printed(row, "count", row["statement"].iloc[0], 2025))))
    return found


def order_on_smelting(as_of: dt.date | str | None) -> Number:
    """Return what a US order says of one producer's share of smelting capacity, in percent. Raises NoDataYet."""
    what = "The passage of a US order on copper smelting"
    row = common.select("statements", as_of, what, statement_id="copper-eo14220-smelting-share")
    share = Quantity(float(row["value"].iloc[0]), ">")
    return Number(share, "%", ONE_SMELTER, "February 2025", "as stated", row)


@dataclass(frozen=True)
class Origins:
    """The countries from which US imports of each metal came, in percent: `rows` of `all_origins`."""

    rows: pd.DataFrame
    as_of: dt.date | str | None

    @property
    def years(self) -> str:
        """The years that the shares are of."""
        return f"{self.since}–{self.rows['period_end'].max()}"

    @property
    def since(self) -> int:
        """The first of these years."""
        return int(self.rows["period_start"].min())

    def of(self, name: str) -> list[tuple[str, Named]]:
        """Name the countries listed for a metal, largest share first, other countries left out."""
        rows = self.rows[(self.rows["name"] == name) & (self.rows["partner"] != common.REST)]
        return [(common.called(code), self.share(name, code)) for code in rows["partner"]]

    def china(self) -> list[tuple[str, Named]]:
        """Name the metals for which China is listed, with its share, largest first."""
        rows = self.rows[self.rows["partner"] == "CHN"].sort_values("share_pct", ascending=False, kind="stable")
        return [(name.lower(), self.share(name, "CHN")) for name in rows["name"]]

    def names_china(self, name: str) -> str:
        """Say whether China is among the countries listed for a metal: names, or does not name."""
        return "names" if self.rows.query("name == @name and partner == 'CHN'").shape[0] else "does not name"

    def share(self, name: str, code: str) -> Named:
        """Return the share of one country in US imports of one metal. Raises NoDataYet where it is not listed."""
        row = self.rows[(self.rows["name"] == name) & (self.rows["partner"] == code)]
        if row.empty:
            raise common.not_yet("us_import_sources", self.as_of, f"A share of {common.called(code)}")
        years = f"{row['period_start'].iloc[0]}–{row['period_end'].iloc[0]}"
        scope = (
            f"share of {catalog.country_name(code)} in US imports of {name.lower()} ({row['product'].iloc[0]}), USGS"
        )
        number = _printed(row, "%", scope, years, column="share_pct")
        return Named(f"origin-{name.lower().replace(' ', '-')}-{code.lower()}", number)

    def not_makers(self, name: str, makers: set[str]) -> tuple[str, Number]:
        """Name the countries listed for a metal that are not among its makers, with their combined share.

        Raises NoDataYet where there are none.
        """
        rows = self.rows[(self.rows["name"] == name) & ~self.rows["partner"].isin({*makers, common.REST})]
        if rows.empty:
            raise common.not_yet("us_import_sources", self.as_of, f"A source of {name.lower()} that makes none")
        scope = f"share in US imports of {name.lower()} of listed countries without a primary output"
        total = Quantity(float(rows["share_pct"].sum()))
        named = words.joined(map(common.called, rows["partner"]))
        return named, Number(total, "%", scope, self.years, "Σ of these countries", rows)

    def look(self) -> dict[str, object]:
        """Say how a chart shows the rows: metals by China's share, China above the others, largest first."""
        size = self.rows.groupby("partner")["share_pct"].max().sort_values(ascending=False)
        others = [code for code in size.index if code not in ("CHN", common.REST)]
        china = self.rows[self.rows["partner"] == "CHN"].set_index("name")["share_pct"]
        metals = sorted(dict.fromkeys(self.rows["name"]), key=lambda name: -china.get(name, 0))
        return {"x_order": metals, "order": ["CHN", *others, common.REST]}


def import_origins(as_of: dt.date | str | None) -> Origins:
    """Read from which countries US imports came. Raises NoDataYet until the shares of copper are printed."""
    try:
        rows = all_origins(_listed(as_of))
    except catalog.NoDataYet:
        rows = None
    if rows is None or "Copper" not in set(rows["name"]):
        starts = catalog.starts("us_import_sources", _copper_by_share)
        raise common.not_yet("us_import_sources", as_of, "The USGS list of countries of origin by share", starts)
    return Origins(rows, as_of)


def _copper_by_share(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["commodity"].eq("copper") & rows["share_pct"].notna()]


def ranked_origins(as_of: dt.date | str | None) -> tuple[str, str]:
    """Return the years and the order of the countries that refined copper came from, where only that is printed.

    Raises NoDataYet where shares are printed, and where nothing is.
    """
    rows = origins(_listed(as_of), "copper")
    if rows["share_pct"].notna().any():
        raise common.not_yet("us_import_sources", as_of, "An order without shares")
    first = rows.iloc[0]
    years = f"{first['period_start']}–{first['period_end']}"
    return years, words.joined(common.called(code) for code in rows["partner"])


@dataclass(frozen=True)
class Cathodes:
    """US imports of refined copper cathodes (HS 740311) by country: `rows` of the table `mineral_trade`."""

    rows: pd.DataFrame

    @property
    def first(self) -> int:
        """The first year in the extract."""
        return int(self.rows["period_start"].dt.year.min())

    @property
    def year(self) -> int:
        """The newest year in the extract."""
        return int(self.rows["period_start"].dt.year.max())

    def share(self, code: str, year: int | None = None) -> Named:
        """Return the share of a country in a year, by default the newest, in percent of weight."""
        when = year or self.year
        share = cathode(self.rows, code, when)
        country = catalog.country_name(code)
        scope = f"share of {country} in US imports of refined copper cathodes (HS 740311), by weight"
        places = 2 if share.value is not None and share.value < 1 else 0
        formula, used = "imports from the country / all imports", cathode_rows(self.rows, code, when)
        number = Number(share, "%", scope, when, formula, used, places=places)
        return Named(f"cathode-{code.lower()}-{when}", number)

    def down_to_china(self) -> pd.DataFrame:
        """Give the countries of the newest year by weight, from the largest down to China."""
        rows = self.rows[self.rows["period_start"].dt.year.eq(self.year) & self.rows["partner"].ne(common.WORLD)]
        rows = rows[rows["share_weight_pct"].notna()].sort_values("share_weight_pct", ascending=False)
        return rows.head(rows["partner"].eq("CHN").to_numpy().argmax() + 1)


def cathodes(as_of: dt.date | str | None) -> Cathodes:
    """Read the extract of US imports of copper cathodes. Raises NoDataYet."""
    what = "The extract of US imports of copper cathodes"
    return Cathodes(common.select("mineral_trade", as_of, what, hs="740311"))


def _listed(as_of: dt.date | str | None) -> pd.DataFrame:
    what = "The USGS list of countries of origin"
    return common.select("us_import_sources", as_of, what, commodity=list(WHOLE))


def _printed(
    row: pd.DataFrame, unit: str, scope: str, period: str | int, places: int | None = None, column: str = "value"
) -> Number:
    return Number(_quantity(row, column), unit, scope, period, "as printed", row, places=places)


def _quantity(row: pd.DataFrame, column: str = "value") -> Quantity:
    return Quantity.from_row(float(row[column].iloc[0]), row["qualifier"].iloc[0])


# --- frames ---


def reliance(us_salient: pd.DataFrame, commodities: tuple[str, ...] = tuple(METALS)) -> pd.DataFrame:
    """Select US net import reliance as printed, percent of apparent consumption, with ``>`` kept, by metal and year.

    `us_salient` is the table with the vintages wanted; of rare earths it is that of compounds and metals. Adds
    `name`; index kept.
    """
    series = {"rare earths": "net_import_reliance.compounds_metals"}
    wanted = [(name, series.get(name, "net_import_reliance.all")) for name in commodities]
    pairs = list(zip(us_salient["commodity"], us_salient["series"], strict=True))
    rows = us_salient[[pair in wanted for pair in pairs]]
    return rows.assign(name=rows["commodity"].map(METALS).fillna("Rare earths: compounds and metals"))


BALANCE = {
    "production.mine": "Mined",
    "production.refinery_primary": "Refined from ore",
    "production.refinery_secondary": "Refined from scrap",
    "recovery.old_scrap": "Recovered from old scrap",
    "exports.ores_concentrates": "Exported in concentrate",
    "imports.refined": "Imported refined",
    "consumption_apparent.all": "Used (apparent consumption)",
}


def copper_balance(us_salient: pd.DataFrame) -> pd.DataFrame:
    """Select US copper by year, kt as printed: mined, refined from ore and scrap, imported, exported in ore, used.

    Every year from the newest edition that is in the table. Returns year, flow (the series), name, value, qualifier,
    edition, source_id, published; index kept.
    """
    rows = us_salient[(us_salient["commodity"] == "copper") & us_salient["series"].isin(list(BALANCE))]
    rows = rows.sort_values("published", kind="stable").drop_duplicates(["series", "year"], keep="last")
    return rows.assign(flow=rows["series"], name=rows["series"].map(BALANCE)).sort_values(["flow", "year"])


def processing_gap(us_salient: pd.DataFrame, year: int) -> Quantity:
    """Return US copper exported in ores and concentrates, kt: what refining all own ore could add at most.

    Mine output less what is refined from ore is no measure of it, since refineries also work on imported ore.
    """
    rows = copper_balance(us_salient)
    rows = rows[(rows["year"] == year) & (rows["flow"] == "exports.ores_concentrates")]
    return Quantity.from_row(rows["value"].iloc[0], rows["qualifier"].iloc[0])


def origins(us_import_sources: pd.DataFrame, commodity: str, product: str | None = None) -> pd.DataFrame:
    """Select origins of US imports of a metal in the newest period, as the newest edition lists them; index kept.

    Largest first, the rest last. `product` is by default the one that counts the metal as a whole. `share_pct` is empty
    in editions that print the order only (then `rank`).
    """
    rows = us_import_sources[
        (us_import_sources["commodity"] == commodity) & (us_import_sources["product"] == (product or WHOLE[commodity]))
    ]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    rows = rows[rows["published"] == rows["published"].max()]
    last = rows["partner"].eq(common.REST)
    return rows.assign(_last=last).sort_values(["_last", "share_pct", "rank"], ascending=[True, False, True]).drop(
        columns="_last"
    )  # fmt: skip


def all_origins(us_import_sources: pd.DataFrame, commodities: tuple[str, ...] = tuple(WHOLE)) -> pd.DataFrame:
    """Join the `origins` of every metal whose shares are printed, with `name`; what no edition attributes stays out."""
    parts = [origins(us_import_sources, name).assign(name=METALS.get(name, name.capitalize())) for name in commodities]
    rows = pd.concat(parts)
    return rows[rows["share_pct"].notna()]


def cathode(mineral_trade: pd.DataFrame, partner: str, year: int) -> Quantity:
    """Compute a country's share of US imports of refined copper cathodes (HS 740311) by weight, percent; UN Comtrade.

    Raises KeyError for a year or partner that the extract does not hold.
    """
    rows = mineral_trade[(mineral_trade["hs"] == "740311") & (mineral_trade["reporter"] == "USA")]
    rows = rows[(rows["period_start"].dt.year == year) & rows["partner"].isin([partner, common.WORLD])]
    rows = rows.rename(columns={"partner": "iso3"})
    return common.share(rows, partner, "net_kg")


def cathode_rows(mineral_trade: pd.DataFrame, partner: str, year: int) -> pd.DataFrame:
    """Select the two rows behind `cathode`."""
    rows = mineral_trade[(mineral_trade["hs"] == "740311") & mineral_trade["partner"].isin([partner, common.WORLD])]
    return rows[rows["period_start"].dt.year == year]


US_METAL = {
    ("gallium", "imports.metal"): "Gallium metal",
    ("germanium", "imports.metal"): "Germanium metal",
    ("germanium", "imports.dioxide"): "Germanium dioxide",
}


def us_imports(us_salient: pd.DataFrame) -> pd.DataFrame:
    """Select US imports of gallium and germanium from everywhere, kg by year, with `name`, as printed."""
    pairs = list(zip(us_salient["commodity"], us_salient["series"], strict=True))
    rows = us_salient[[pair in US_METAL for pair in pairs]]
    rows = rows.assign(name=[US_METAL[pair] for pair in pairs if pair in US_METAL])
    rows = rows.sort_values("published", kind="stable").drop_duplicates(["name", "year"], keep="last")
    return rows.sort_values(["name", "year"])


def measured_year(us_salient: pd.DataFrame) -> int:
    """Return the last year that the newest edition does not estimate: the one before its newest."""
    return int(us_salient.loc[us_salient["published"] == us_salient["published"].max(), "year"].max()) - 1
