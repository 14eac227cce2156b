"""Where ore is separated that was mined elsewhere: China's imports by origin, and the case of the United States."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lib import markup, words
from lib.indicators import common
from lib.indicators.processing.rows import quoted
from lib.quantity import Number, Quantity
from lib.tables import catalog

COMTRADE = "comtrade_china_2846"
US = "The USGS line on US output of separated compounds"
SEPARATED = "US output of separated compounds and metals as a share of US mine output"
US_SERIES = ["production.mineral_concentrates", "production.compounds_metals"]


def import_origins(
    trade_shares: pd.DataFrame, top: int = 5, since: int | None = None, importer: str = "CHN"
) -> pd.DataFrame:
    """Tabulate a country's imports of rare-earth compounds (HS 2846) by origin and year, million USD.

    The `top` largest origins of the newest year are named, all others are added up as OTH. Returns year, iso3, share
    (percent), musd, hhi, n_partners, source_id, published, `_rows`.
    """
    rows = trade_shares[
        (trade_shares["importer"] == importer)
        & (trade_shares["product"] == "2846")
        & (trade_shares["basis"] == "value")
        & (trade_shares["dataset"] == "comtrade_china_2846")
    ]
    if since is not None:
        rows = rows[rows["year"] >= since]
    if rows.empty:
        return pd.DataFrame(columns=["year", "iso3", "share", "musd"])
    newest = rows[(rows["year"] == rows["year"].max()) & (rows["partner"] != "ROW")]
    named = set(newest.nlargest(top, "share")["partner"])
    rows = rows.assign(
        iso3=[partner if partner in named else common.REST for partner in rows["partner"]],
        musd=rows["share"] * rows["total_usd"].astype("float64") / 1e8,
    )
    rows["_row"] = rows.index
    grouped = rows.groupby(["year", "iso3"], sort=True)
    frame = grouped.agg(
        share=("share", "sum"),
        musd=("musd", "sum"),
        hhi=("hhi", "first"),
        n_partners=("n_partners", "first"),
        source_id=("source_id", "first"),
        published=("published", "max"),
        _rows=("_row", lambda column: tuple(("trade_shares", int(row)) for row in column)),
    )
    return frame.reset_index()


def separated_at_home(us_salient: pd.DataFrame) -> pd.DataFrame:
    """Compare US output of concentrate and of separated compounds and metals (t REO), one row per year with both.

    Both count oxide content, so their quotient is a share: 100 × separated / mined. Output of one year may be
    separated in the next. Returns year, mined, separated, share, qualifier, source_id, `_rows`.
    """
    rows = us_salient[us_salient["commodity"] == "rare earths"]
    series = {"mined": "production.mineral_concentrates", "separated": "production.compounds_metals"}
    parts = {name: rows[rows["series"] == key].set_index("year") for name, key in series.items()}
    index = {name: rows[rows["series"] == key].reset_index().set_index("year")["row"] for name, key in series.items()}
    both = parts["mined"].index.intersection(parts["separated"].index)
    frame = pd.DataFrame(
        {
            "mined": parts["mined"].loc[both, "value"],
            "separated": parts["separated"].loc[both, "value"],
            "qualifier": parts["separated"].loc[both, "qualifier"],
            "edition": parts["separated"].loc[both, "edition"],
            "source_id": parts["separated"].loc[both, "source_id"],
        }
    )
    frame["share"] = frame["separated"] / frame["mined"].where(frame["mined"] > 0) * 100
    frame["_rows"] = [
        (("us_salient", int(index["mined"][year])), ("us_salient", int(index["separated"][year])))
        for year in frame.index
    ]
    return frame.sort_index().rename_axis("year").reset_index()


@dataclass(frozen=True)
class Imports:
    """China's imports of rare-earth compounds by origin: `rows` of `import_origins`, and those of the table."""

    rows: pd.DataFrame
    flows: pd.DataFrame

    @property
    def year(self) -> int:
        """The newest year."""
        return int(self.rows["year"].max())

    @property
    def named(self) -> list[str]:
        """The codes of the origins that are named, the largest of the newest year first."""
        newest = self.rows[(self.rows["year"] == self.year) & (self.rows["iso3"] != common.REST)]
        return list(newest.sort_values("share", ascending=False)["iso3"])

    @property
    def leader(self) -> str:
        """The name of the largest origin in the newest year."""
        return catalog.country_name(self.named[0])

    @property
    def look(self) -> dict[str, object]:
        """How a chart shows the rows."""
        return {"part_order": [*self.named, common.REST]}

    def largest(self, n: int = 3) -> list[tuple[str, Number]]:
        """Give the shares of the n largest origins in the newest year, percent by value, by the names of facts."""
        newest = self.rows[self.rows["year"] == self.year].set_index("iso3")
        return [(f"imports-{code.lower()}", self._share(code, newest.loc[code])) for code in self.named[:n]]

    def total(self) -> Number:
        """Return the value of the imports of the newest year, in million USD."""
        rows = self.flows[(self.flows["year"] == self.year) & (self.flows["basis"] == "value")]
        return Number(
            float(rows["total_usd"].iloc[0]) / 1e6,
            "million USD",
            "China’s imports of rare-earth compounds (HS 2846)",
            self.year,
            "all partners",
            rows,
            "SELECT max(total_usd) / 1e6 FROM trade_shares HAVING min(total_usd) = max(total_usd)",
        )

    def told(self, facts: Mapping[str, object]) -> markup.Marked:
        """Write the shares of the largest origins as a sentence lists them, with the facts that `largest` became."""
        codes = self.named[:3]
        found = (f"{common.called(code)} ({markup.text(facts[f'imports-{code.lower()}'])})" for code in codes)
        return markup.Marked(words.joined(found))

    def _share(self, code: str, row: pd.Series) -> Number:
        rows = self.flows.loc[[index for _, index in row["_rows"]]]
        scope = f"share of {common.called(code)} in China’s imports of rare-earth compounds (HS 2846), by value"
        return Number(float(row["share"]), "%", scope, self.year, "by value, of all partners", rows)


def imports(as_of: common.Day, top: int) -> Imports:
    """Read China's imports of rare-earth compounds by origin since 2015, the `top` largest named. Raises NoDataYet."""
    what = "The table of China's imports of rare-earth compounds by origin"
    flows = common.select("trade_shares", as_of, what, dataset=COMTRADE)
    return Imports(import_origins(flows, top, since=2015), flows)


def heavy_feed(as_of: common.Day) -> tuple[Number, Number]:
    """Return Dy and Tb in China's mining quota and the yearly rate at which its plants make them, in t of oxide.

    Raises NoDataYet.
    """
    rows = common.optional("refined_supply", as_of)
    quota = rows[rows["product"].eq("Dy + Tb implied by the quota")]
    month = rows[rows["series"].eq("smm") & rows["product"].isin(["dysprosium oxide", "terbium oxide"])]
    if len(quota) != 1 or len(month) != 2:
        raise common.not_yet("refined_supply", as_of, "What the quota would yield of dysprosium and terbium")
    implied, rate = Quantity(float(quota["value"].iloc[0]), "", True), float(month["value"].sum() * 12)
    query, made = "SELECT 12 * sum(value) FROM refined_supply", "Dy and Tb oxide made in China (SMM)"
    return (
        Number(implied, "t", "Dy and Tb in China's mining quota (Aclara)", 2023, "as printed", quota),
        Number(rate, "t", made, "June 2024", "12 × the month", month, query),
    )


@dataclass(frozen=True)
class Home:
    """What the United States mines and what it separates, t of oxide: `rows` of `separated_at_home` and the table's."""

    rows: pd.DataFrame
    table: pd.DataFrame
    as_of: common.Day

    @property
    def last(self) -> pd.Series:
        """The newest year."""
        return self.rows.iloc[-1]

    def link(self) -> markup.Link:
        """Return the source of the newest year."""
        return markup.Link("USGS", f"source:{self.last['source_id']}")

    def figures(self) -> tuple[Number, Number, Number]:
        """Return what was mined and what separated in the newest year, in t of oxide, and their quotient in percent.

        Raises NoDataYet where nothing was mined.
        """
        if not self.last["mined"]:
            raise common.not_yet("us_salient", self.as_of, "A year in which the United States mined rare earths")
        used, year = self.table.loc[[index for _, index in self.last["_rows"]]], int(self.last["year"])
        amounts = {
            "US mine output, oxide in concentrate": ("mined", US_SERIES[0]),
            "US output of compounds and metals, oxide": ("separated", US_SERIES[1]),
        }
        mined, made = (
            Number(
                Quantity.from_row(float(self.last[column]), self.last["qualifier"]),
                "t",
                scope,
                year,
                "as printed",
                used[used["series"] == series],
            )
            for scope, (column, series) in amounts.items()
        )
        share = Number(float(self.last["share"]), "%", SEPARATED, year, "separated / mined", used)
        return mined, made, share

    def footnote(self) -> Number:
        """Return the total of all makers that a footnote of the same edition prints, in t. Raises NoDataYet."""
        supply, year = common.optional("refined_supply", self.as_of), int(self.last["year"])
        other = supply[supply["product"].eq("compounds and metals, total") & supply["year"].eq(year)]
        if len(other) != 1:
            raise common.not_yet("refined_supply", self.as_of, "A second figure of US separated output")
        scope = "US compounds and metals, total in a footnote"
        return Number(float(other["value"].iloc[0]), "t", scope, year, "as printed", other)

    def revision(self) -> tuple[Number, Number]:
        """Return what was first and last printed of separated output for the year before, in t. Raises NoDataYet."""
        year = int(self.last["year"]) - 1
        line = us_rows(self.as_of, vintages="all")
        line = line[(line["series"] == US_SERIES[1]) & (line["year"] == year)].sort_values("published")
        if line["value"].iloc[0] == line["value"].iloc[-1]:
            raise common.not_yet("us_salient", self.as_of, "A revision of this figure")
        first, last = (quoted(rows, "t", "US compounds and metals", year) for rows in (line.head(1), line.tail(1)))
        return first, last

    def title(self) -> str:
        """Say what part of what it mined the United States separated in the newest year."""
        year = self.last["year"]
        if not self.last["mined"]:
            return f"The United States mined no rare earths in {year}"
        return f"The United States separated {self.last['share']:.0f}% of what it mined in {year}"

    def lines(self) -> pd.DataFrame:
        """Give the rows of a chart: year, stage, t, edition, source_id."""
        return self.rows.melt(["year", "source_id", "edition"], ["mined", "separated"], "stage", "t")


def united_states(as_of: common.Day) -> Home:
    """Read what the United States mines and separates. Raises NoDataYet before the first line on separation."""
    rows = us_rows(as_of)
    return Home(separated_at_home(rows), rows, as_of)


def us_rows(as_of: common.Day, vintages: str = "newest") -> pd.DataFrame:
    """Read the USGS lines on US output of concentrate and of compounds and metals. Raises NoDataYet."""
    common.select("us_salient", as_of, US, commodity="rare earths", series=US_SERIES[1])
    return common.select("us_salient", as_of, US, vintages=vintages, commodity="rare earths", series=US_SERIES)
