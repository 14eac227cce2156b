"""China's share of the world's output of each metal, as the chapter names it: by stage, over the years, by edition."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lib import queries, words
from lib.indicators import common, processing
from lib.indicators.neighbours import formulas
from lib.indicators.neighbours.formulas import BGS, LINES, USGS, WORDS, edition_name
from lib.indicators.neighbours.naming import METALS, Named
from lib.quantity import Number, Quantity
from lib.tables import catalog

TABLE = "mineral_production"
STAGES = {"mine": "mine", "smelter": "smelt", "refinery": "refine"}
"""The stages of copper, with what a country does there."""


@dataclass(frozen=True)
class Shares:
    """China's share of each stage of each metal, for every year and edition known by a day.

    rows        the shares, as `formulas.shares` lists them
    production  the rows of the table behind them, all vintages
    """

    rows: pd.DataFrame
    production: pd.DataFrame
    as_of: dt.date | str | None

    def share(self, row: pd.Series) -> Named:
        """Return one of the rows as a percentage of the world, with the name of its fact."""
        printed = row["maker"] == "USGS"
        edition = edition_name(row["edition"])
        name = f"{row['commodity']}-{row['stage']}-{row['maker']}-{row['edition']}-{row['year']}"
        number = Number(
            formulas.as_quantity(row),
            "%",
            scope=f"share of China in world output, {row['line'].lower()} "
            f"({', '.join(dict.fromkeys((row['maker'], edition)))})",
            period=int(row["year"]),
            formula=f"China / {'printed world total' if printed else 'sum of the countries listed'}",
            rows=formulas.behind(self.production, row),
            query="" if printed else queries.share("value", "iso3 = 'CHN'", TABLE),
        )
        return Named(name.lower().replace(" ", "-"), number)

    @cached_property
    def current(self) -> pd.DataFrame:
        """The shares to show now, as `formulas.current` selects them."""
        return formulas.current(self.rows)

    @property
    def lines(self) -> pd.DataFrame:
        """The share to name in a sentence, one row for each metal and stage, largest first."""
        return self.current[self.current["first"]].sort_values("value", ascending=False)

    @property
    def year(self) -> int:
        """The newest year among the shares to name."""
        return int(self.lines["year"].max())

    def all_lines(self) -> list[Named]:
        """Return the share to name of every metal and stage, largest first."""
        return [self.share(row) for _, row in self.lines.iterrows()]

    def now(self, commodity: str, stage: str) -> Named:
        """Return the share to name of one metal and stage. Raises NoDataYet where no publisher counts it yet."""
        return self.share(self._now(commodity, stage))

    def ores(self) -> list[tuple[str, Named]]:
        """Return the metals other than copper that are counted at the mine, with China's share, largest first."""
        rows = self.lines[self.lines["stage"].eq("mine") & self.lines["commodity"].ne("copper")]
        return [(row["line"].partition(":")[0].lower(), self.share(row)) for _, row in rows.iterrows()]

    def ends(self) -> list[tuple[Named, str]]:
        """Return the smallest share to name and the largest that is no upper bound, each with what it is of."""
        largest = self.lines[~self.lines["bound"].eq("<")].iloc[0]
        return [(self.share(row), WORDS[row["line"]]) for row in (self.lines.iloc[-1], largest)]

    def estimate(self, commodity: str, stage: str) -> Named:
        """Return the share of the year after, which the same edition estimates. Raises NoDataYet without one."""
        now, rows = self._now(commodity, stage), self._of(commodity, stage)
        later = rows[(rows["year"] > now["year"]) & (rows["edition"] == now["edition"])]
        if later.empty:
            raise common.not_yet(TABLE, self.as_of, "An estimate for the year after")
        return self.share(later.iloc[0])

    def china(self, commodity: str, stage: str) -> Named:
        """Return China's output of one metal and stage as printed, for the share to name."""
        row = self._now(commodity, stage)
        unit = row["unit"].split()[0]
        scope = f"China, {WORDS[row['line']]}, {row['maker']} {edition_name(row['edition'])}"
        rows = common.row(formulas.behind(self.production, row), "CHN")
        number = Number(common.amount(rows, "CHN"), unit, scope, int(row["year"]), "as printed", rows)
        return Named(f"{commodity}-china-{stage}", number)

    def refined_per_mined(self) -> Number:
        """Return how many times as much copper China refines as it mines, both of one edition and year."""
        both = [self.china("copper", stage).number for stage in ("refinery", "mine")]
        refined, mined = (Quantity(number.value) for number in both)
        scope, formula = (
            "China’s output of refined copper over its output of mined copper",
            "refined / mined, inside one edition",
        )
        rows = [number.rows for number in both]
        return Number(refined / mined, "times", scope, both[0].period, formula, rows, places=1)

    def elsewhere(self, commodity: str, stage: str) -> Number:
        """Return what all other countries make together, in t: the world's total as printed less China's output."""
        row = self._now(commodity, stage)
        scale = 1e-3 if row["unit"].startswith("kg") else 1
        rest = Quantity((float(row["world"]) - float(row["amount"])) * scale)
        cells = (f"SELECT value FROM {TABLE} WHERE iso3 = '{code}'" for code in (common.WORLD, "CHN"))
        scope = f"countries other than China, {WORDS[row['line']]}, {row['maker']} {edition_name(row['edition'])}"
        query = f"SELECT (({{}}) - ({{}})) * {scale}".format(*cells)
        rows = formulas.behind(self.production, row)
        return Number(rest, "t", scope, int(row["year"]), "world total − China", rows, query)

    def makers(self, commodity: str, stage: str, since: int) -> set[str]:
        """Return the codes of the countries for which any edition prints an output above zero in `since` or later."""
        rows = self.production
        rows = rows[rows["commodity"].eq(commodity) & rows["stage"].eq(stage)]
        rows = rows[rows["value"].gt(0) & rows["year"].ge(since)]
        return set(rows["iso3"]) - {common.WORLD, common.REST}

    def given_up(self, commodity: str) -> str:
        """Name the last USGS edition that prints a metal. Raises NoDataYet while the newest edition does."""
        own, every = (rows.loc[rows["series"] == USGS, "edition"].max() for rows in (self._of(commodity), self.rows))
        if pd.isna(own) or own == every:
            raise common.not_yet(TABLE, self.as_of, f"The last USGS figure of {commodity}")
        return edition_name(own)

    def last(self, commodity: str, maker: str) -> Named:
        """Return the newest share of a metal by one publisher. Raises NoDataYet where it has none."""
        rows = self._of(commodity)
        rows = rows[rows["maker"] == maker]
        if rows.empty:
            raise common.not_yet(TABLE, self.as_of, f"A share of {commodity} by {maker}")
        return self.share(rows.iloc[-1])

    def left_out(self, commodity: str, stage: str) -> str:
        """Name the countries that USGS lists as producers without a figure, in alphabetical order."""
        codes = formulas.named_without_figure(self.production, commodity, stage)
        return words.joined(sorted(map(catalog.country_name, codes)))

    @cached_property
    def copper_by_year(self) -> pd.DataFrame:
        """The shares of copper, one a year for each stage and publisher, with `stage` as a heading."""
        return formulas.by_year(self.rows, "copper")

    @property
    def copper_maker(self) -> str:
        """The publisher who counts copper furthest back: BGS, and USGS where its tables were not yet public."""
        return str(self.copper_by_year["maker"].min())

    def over_time(self, stage: str) -> list[Named]:
        """Return the first and the last share of a stage of copper, by the publisher who counts furthest back.

        Raises NoDataYet where that publisher does not count the stage.
        """
        rows = self.copper_by_year
        rows = rows[rows["maker"] == self.copper_maker]
        first, last = rows["year"].min(), rows["year"].max()
        rows = rows[rows["stage"] == stage].set_index("year", drop=False)
        if rows.empty:
            raise common.not_yet(TABLE, self.as_of, f"Copper by {stage}")
        return [self.share(rows.loc[year]) for year in (first, last)]

    @cached_property
    def revisions(self) -> pd.DataFrame:
        """Shares that a later edition moved, furthest first. Raises NoDataYet without a second edition."""
        rows = formulas.revisions(self.rows)
        if rows.empty:
            newest = self.production["published"].max()
            later = catalog.starts(TABLE, lambda every: every[every["series"].eq(USGS) & (every["published"] > newest)])
            raise common.not_yet(TABLE, self.as_of, "A second edition of these figures", later)
        return rows.merge(self.rows[["line", "commodity", "stage"]].drop_duplicates(), on="line")

    @property
    def furthest(self) -> Revision:
        """The share that moved furthest."""
        return Revision(self, self.revisions.iloc[0])

    def newest_revision(self, commodity: str) -> Revision:
        """Return the revision of the newest year of a metal. Raises NoDataYet without one."""
        rows = self.revisions[self.revisions["commodity"] == commodity]
        if rows.empty:
            raise common.not_yet(TABLE, self.as_of, f"A second edition of {commodity}")
        return Revision(self, rows.loc[rows["year"].idxmax()])

    def moved_by(self, least: float) -> tuple[pd.DataFrame, list[str]]:
        """Return what each edition prints of shares that moved by `least` points, with their names, furthest first.

        Raises NoDataYet where none moved so far.
        """
        far = self.revisions[self.revisions["change"].abs() >= least]
        if far.empty:
            raise common.not_yet(TABLE, self.as_of, "A share that moved so far")
        rows = self.rows[self.rows["series"] == USGS]
        rows = rows.assign(name=rows["line"].str.partition(":")[0] + ", " + rows["year"].astype(str))
        return rows[rows["name"].isin(far["name"])].assign(word=rows["edition"].map(edition_name)), list(far["name"])

    def _of(self, commodity: str, stage: str | None = None) -> pd.DataFrame:
        rows = self.rows[self.rows["commodity"] == commodity]
        return rows if stage is None else rows[rows["stage"] == stage]

    def _now(self, commodity: str, stage: str) -> pd.Series:
        rows = self.lines[self.lines["line"] == LINES[commodity, stage]]
        if rows.empty:
            raise common.not_yet(TABLE, self.as_of, f"A share of {WORDS[LINES[commodity, stage]]}")
        return rows.iloc[0]


def world(as_of: dt.date | str | None) -> Shares:
    """Read two surveys' world output of these metals, and compute China's shares. Raises NoDataYet."""
    what = "World production of these metals by country"
    rows = common.select(TABLE, as_of, what, vintages="all", series=[USGS, BGS], commodity=list(METALS))
    return Shares(formulas.shares(rows), rows, as_of)


@dataclass(frozen=True)
class RareEarths:
    """China's shares of rare earths, to set beside those of the metals: `rows` of `formulas.rare_earths`.

    tables  those of the rows: reserves, mine output and shares by stage
    """

    rows: pd.DataFrame
    tables: tuple[pd.DataFrame, ...]
    as_of: dt.date | str | None

    def share(self, stage: str) -> Named:
        """Return the share of one stage, mining or separation, in percent. Raises NoDataYet without an estimate."""
        rows = self.rows[self.rows["stage"] == stage]
        if rows.empty:
            raise common.not_yet("stage_shares", self.as_of, f"China's share of the {stage} of rare earths")
        row = rows.iloc[-1]
        scope = processing.meaning(row.rename({"maker": "estimator"}))
        used = processing.origin(row, *self.tables)
        number = Number(processing.as_quantity(row), "%", scope, int(row["year"]), "China / world", used)
        return Named(f"rare-earth-{stage}", number)


def beside_rare_earths(shares: Shares) -> RareEarths:
    """Read the shares of rare earths in the year of the shares to name, or before."""
    reserves, output = (common.optional(name, shares.as_of, vintages="all") for name in ("reserves", "mine_production"))
    tables = (reserves, output, common.optional("stage_shares", shares.as_of))
    funnel = processing.funnel(*tables, catalog.as_day(shares.as_of))
    return RareEarths(formulas.rare_earths(funnel, shares.year), tables, shares.as_of)


def panels(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the shares of copper by year with the stage as the heading of its panel."""
    return rows.assign(stage=rows["line"].str.removeprefix("Copper: ").str.capitalize())


def panel_look(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows `panels`: in the order of the stages; two publishers as two lines."""
    look: dict[str, object] = {"order": ["Mines", "Smelters", "Refineries"], "panel_height": 170}
    if len(set(rows["maker"])) > 1:
        return look | {"series": "maker", "colours": {"BGS": "CHN", "USGS": "CHN"}, "dashed": ["USGS"]}
    return look | {"colours": dict.fromkeys(rows["stage"], "CHN")}


def publishers(rows: pd.DataFrame) -> str:
    """Say how two publishers of the same shares differ; empty where there is one."""
    told = (
        "BGS shares are of the sum of the countries that it lists, USGS shares of its rounded total. USGS does not "
        "cover smelters, and its newest year is an estimate. The two series are not joined."
    )
    return told if len(set(rows["maker"])) > 1 else ""


@dataclass(frozen=True)
class Makers:
    """Who mines, smelts and refines copper: the largest countries of each stage in the newest year of one publisher.

    rows  as `formulas.country_shares` lists them
    """

    rows: pd.DataFrame
    production: pd.DataFrame

    @property
    def maker(self) -> str:
        """The publisher: BGS, or an edition of USGS."""
        return edition_name(self.rows["edition"].iloc[0])

    @property
    def year(self) -> int:
        """The newest year counted."""
        return int(self.rows["year"].max())

    def mining(self) -> list[tuple[str, Named]]:
        """Name the three largest miners and the United States, each with its share of the world."""
        mines = self._stage("mine")
        return self._named(pd.concat([mines.head(3), mines[mines["iso3"] == "USA"]]).drop_duplicates("iso3"))

    def refining(self) -> list[tuple[str, Named]]:
        """Name the three largest refiners, the largest miner and the United States, with their shares of the world."""
        rows = self._stage("refinery")
        return self._named(rows[rows["iso3"].isin({*rows["iso3"][:3], self._stage("mine")["iso3"].iloc[0], "USA"})])

    @property
    def leaders(self) -> str:
        """Say who leads where metal is made of ore, as the second half of a title; empty where two countries do."""
        made = self.rows[self.rows["stage"].ne("mine")]
        first = made.loc[made.groupby("stage")["value"].idxmax()]
        stages = words.joined(
            {"smelter": "smelters", "refinery": "refineries"}[stage] for stage in first["stage"][::-1]
        )
        return f", {catalog.country_name(first['iso3'].iloc[0])} in {stages}" if len(set(first["iso3"])) == 1 else ""

    def _stage(self, stage: str) -> pd.DataFrame:
        return self.rows[self.rows["stage"] == stage].sort_values("value", ascending=False)

    def _named(self, rows: pd.DataFrame) -> list[tuple[str, Named]]:
        return [(common.called(row["iso3"]), self._share(row)) for _, row in rows.iterrows()]

    def _share(self, row: pd.Series) -> Named:
        rows = self.production
        rows = rows[(rows["commodity"] == "copper") & (rows["stage"] == row["stage"]) & (rows["year"] == row["year"])]
        rows = rows[rows["edition"] == row["edition"]]
        added = row["edition"].startswith("BGS")
        edition, code = edition_name(row["edition"]), row["iso3"]
        number = Number(
            Quantity.from_row(float(row["value"]), row["qualifier"]),
            "%",
            scope=f"share of {common.called(code)} in world output of copper, {row['stage']} ({edition})",
            period=int(row["year"]),
            formula=f"country / {'sum of the countries listed' if added else 'printed world total'}",
            rows=rows if added else rows[rows["iso3"].isin([code, common.WORLD])],
            query=queries.share("value", f"iso3 = '{code}'", TABLE) if added else "",
        )
        return Named(f"copper-{row['stage']}-{code.lower()}", number)


def copper_makers(shares: Shares, top: int) -> Makers:
    """Select who mines, smelts and refines copper: the `top` largest countries of each stage."""
    return Makers(formulas.country_shares(shares.production, "copper", list(STAGES), top), shares.production)


@dataclass(frozen=True)
class Revision:
    """What became of one share from the first USGS edition that prints it to the newest: `row` of `revisions`."""

    shares: Shares
    row: pd.Series

    @property
    def what(self) -> str:
        """The metal and stage, inside a sentence."""
        return WORDS[self.row["line"]]

    @property
    def year(self) -> int:
        """The year described."""
        return int(self.row["year"])

    @property
    def first_edition(self) -> str:
        """The edition that printed it first."""
        return edition_name(self.row["first_edition"])

    @property
    def last_edition(self) -> str:
        """The newest edition that prints it."""
        return edition_name(self.row["last_edition"])

    def ends(self) -> list[Named]:
        """Return the share as both editions print it."""
        rows = self.shares.rows
        rows = rows[(rows["line"] == self.row["line"]) & (rows["year"] == self.row["year"])].set_index("edition")
        rows["edition"] = rows.index
        return [self.shares.share(rows.loc[self.row[f"{key}_edition"]]) for key in ("first", "last")]

    @property
    def whose(self) -> str:
        """Whose output moved: China's or, where China's stayed the same, the world's."""
        return "The world’s" if self._stayed else "China’s"

    def amounts(self) -> list[Named]:
        """Return the output of `whose` as both editions print it, in t or kt."""
        return self._amounts(common.WORLD if self._stayed else "CHN")

    def chinas(self) -> list[Named]:
        """Return China's output as both editions print it, in t or kt."""
        return self._amounts("CHN")

    def other(self) -> tuple[str, list[Named]]:
        """Name the other country whose output moved most between the two editions, with both figures.

        Raises NoDataYet where no other country has one in both.
        """
        both = [self._rows(key).set_index("iso3")["value"] for key in ("first", "last")]
        change = (both[1] - both[0]).drop(["CHN", common.WORLD, common.REST], errors="ignore").dropna().abs()
        if change.empty or change.max() == 0:
            raise common.not_yet(TABLE, self.shares.as_of, "Another country that was counted anew")
        code = str(change.idxmax())
        return catalog.country_name(code), self._amounts(code)

    @property
    def steadily(self) -> str:
        """Say that it hardly moved China's share. Raises NoDataYet where it moved it by a percentage point or more."""
        if abs(self.row["change"]) >= 1:
            raise common.not_yet(TABLE, self.shares.as_of, "A revision that left the share where it was")
        return "hardly moved"

    @property
    def _stayed(self) -> bool:
        return bool(self.row["amount_first"] == self.row["amount_last"])

    def _rows(self, key: str) -> pd.DataFrame:
        rows, wanted = self.shares.production, self.row
        rows = rows[(rows["edition"] == wanted[f"{key}_edition"]) & (rows["year"] == wanted["year"])]
        return rows[(rows["commodity"] == wanted["commodity"]) & (rows["stage"] == wanted["stage"])]

    def _amounts(self, code: str) -> list[Named]:
        metal = self.row["line"].partition(":")[0].lower()
        found = []
        for key in ("first", "last"):
            row = common.row(self._rows(key), code)
            unit, edition = row["unit"].iloc[0].split()[0], edition_name(self.row[f"{key}_edition"])
            amount = Quantity.from_row(float(row["value"].iloc[0]), row["qualifier"].iloc[0])
            amount = amount * 0.001 if unit == "kg" else amount
            scope = f"{catalog.country_name(code)}, {self.what}, USGS {edition}"
            number = Number(amount, "t" if unit == "kg" else unit, scope, self.year, "as printed", row)
            found.append(Named(f"{metal}-{code.lower()}-{self.year}-{key}", number))
        return found
