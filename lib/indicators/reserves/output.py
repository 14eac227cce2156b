"""Mine output: shares by year and edition, what a figure rests on, and the long history since 1900."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lib import queries
from lib.indicators import common
from lib.indicators.countries import Countries, label
from lib.quantity import Number, Quantity
from lib.tables import catalog

BASES = {
    "quota": "official quota of China",
    "trade": "inferred from Chinese imports",
    "e": "other estimate",
    "": "reported or not marked",
}
BY_BASIS = {
    "colours": dict(zip(BASES.values(), ("chn-soft", "seq-3", "OTH", "seq-6"), strict=True)),
    "part_order": list(BASES.values()),
}
"""How a chart shows `evidence`."""
RECORD_LOOK = {
    "colours": dict.fromkeys(["China, BGS", "China, USGS", "China, BP or EI"], "CHN") | {"United States, USGS": "USA"},
    "dashed": ["China, BP or EI"],
}
"""How a chart shows the rows of `Records`."""
# Countries whose concentrates BGS prints as gross weight, and those it prints as oxide already (see `bgs_history`).
OXIDE_BEFORE_1992 = ("CHN", "USA", "SUN")
NO_RATIO = ("MDG",)
WHAT = "The USGS table of mine output by country"


@dataclass(frozen=True)
class Output:
    """The USGS tables of mine output, all editions that were public by a day: `rows` with a printed world total."""

    rows: pd.DataFrame
    as_of: dt.date | str | None

    def latest(self, edition: str | None = None) -> Countries:
        """Return the newest year of an edition, by default of the newest one."""
        return mined_in(latest_output(self.rows, edition or common.editions(self.rows)[-1]))

    def of(self, edition: str, year: int) -> Countries:
        """Return the table of one year as one edition prints it."""
        return mined_in(common.edition(self.rows, edition, year=year))

    def every(self) -> Iterator[tuple[str, Countries]]:
        """Give the table of each year of each edition, with the year and edition as part of the name of a fact."""
        shares = output_shares(self.rows)
        for edition, year in zip(shares["edition"], shares["year"], strict=True):
            yield f"{year}-{edition.lower()}", self.of(edition, year)

    def apart(self) -> list[tuple[str, Countries]]:
        """Give what each edition prints of the newest year on whose world total two differ. Raises NoDataYet."""
        rows = editions_apart(output_shares(self.rows))
        if rows.empty:
            what = "A second edition with another world total for the same year"
            raise common.not_yet("mine_production", self.as_of, what)
        return [
            (f"{year}-{edition.lower()}", self.of(edition, year))
            for edition, year in zip(rows["edition"], rows["year"], strict=True)
        ]

    def inferred(self) -> list[str]:
        """List the codes of the countries whose newest figure is inferred from trade. Raises NoDataYet."""
        self.evidence()
        rows = self.latest().rows
        return list(rows.loc[rows["qualifier"].str.contains("trade"), "iso3"])

    def evidence(self) -> pd.DataFrame:
        """Give the rows of `by_evidence`. Raises NoDataYet where no edition marks what it infers."""
        rows = by_evidence(self.rows)
        if rows.empty:
            marked = "series == 'usgs_mcs' and qualifier.str.contains('trade')"
            starts = catalog.starts("mine_production", lambda every: every.query(marked))
            what = "What each figure of output rests on"
            raise common.not_yet("mine_production", self.as_of, what, starts)
        return rows

    def not_reported(self) -> Number:
        """Return the percentage of the newest output that is a quota, an estimate or an inference."""
        rows = self.evidence()
        name = rows["name"].iloc[-1]
        counted = rows[(rows["name"] == name) & (rows["basis"] == BASES[""])]["share"].iloc[0]
        latest = self.latest(rows["edition"].iloc[-1]).rows
        marked = " OR ".join(f"';' || qualifier || ';' LIKE '%;{mark};%'" for mark in BASES if mark)
        return Number(
            100 - float(counted),
            "%",
            scope="mine output that is a quota, an estimate or inferred, share of the listed sum",
            period=name,
            formula="100 − Σ of rows without such a mark / Σ of all rows",
            rows=latest[latest["iso3"] != common.WORLD],
            query=queries.share("value", marked, "mine_production"),
        )


def usgs_output(as_of: dt.date | str | None) -> Output:
    """Read the USGS tables of mine output, all editions that were public by a day. Raises NoDataYet."""
    which = {"vintages": "all", "series": "usgs_mcs"}
    common.select("mine_production", as_of, WHAT, **which, iso3="WLD")
    rows = common.select("mine_production", as_of, WHAT, **which, unit="t REO")
    return Output(common.with_total(rows), as_of)


def mined_in(rows: pd.DataFrame) -> Countries:
    """Make a table of countries of the rows of one year and edition."""
    edition = label(rows["edition"].iloc[0])
    return Countries(rows, "mine output", "t", edition, f"{int(rows['year'].iloc[0])} ({edition})")


def bars_of_output(output: Output, n: int) -> pd.DataFrame:
    """Give `output_by_year` for bars: `kt`, the edition's `name`, and whether a figure is a `quota` or `open`."""
    rows = output_by_year(output.rows, n)
    quota = rows["qualifier"].str.contains("quota")
    named = rows.assign(kt=rows["value"] / 1e3, name=rows["edition"].map(label), quota=quota)
    return named.assign(open=rows["qualifier"].str.contains("e") & ~quota)


def dots_of_shares(output: Output) -> pd.DataFrame:
    """Give China's `output_shares` for dots: the edition's `name`, and whether the figure is an estimate (`open`)."""
    rows = output_shares(output.rows, "CHN")
    return rows.assign(name=rows["edition"].map(label), actor="CHN", open=rows["qualifier"].str.contains("e"))


def labelled(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows `dots_of_shares`: the newest year first."""
    order = sorted(set(rows["year"]), reverse=True)
    return {"label": "name", "actor": "actor", "hollow": "open", "order": order}


def newest_share(rows: pd.DataFrame, year: int) -> str:
    """Name the fact that is China's share in a year by the newest edition that prints it."""
    edition = rows.loc[rows["year"] == year, "edition"].iloc[-1]
    return f"china-mine-share-{year}-{edition.lower()}"


@dataclass(frozen=True)
class History:
    """More than a century of mining, as the USGS has it.

    long    USGS Data Series 140 since 1900: the United States and the world
    recent  the USGS tables of mine output, of each year the newest edition
    """

    long: pd.DataFrame
    recent: pd.DataFrame

    @property
    def majority(self) -> tuple[int, int]:
        """The first and the last year in which the United States mined more than half, in its longest run."""
        return longest_majority(self.long)

    def peak(self) -> Number:
        """Return the largest share of the United States in these years, with its year as the period."""
        table = self.long.pivot_table(index="year", columns="iso3", values="value")
        share = (table["USA"] / table["WLD"]).loc[slice(*self.majority)]
        year = int(share.idxmax())
        scope = "share of the United States in world mine output, in its longest run above half"
        return Number(100 * float(share[year]), "%", scope, year, "USA / world", self.long[self.long["year"] == year])

    def mined_since(self, start: int) -> Number:
        """Return the percentage of all that was mined since 1900 that was mined from a year on."""
        whole = {name: rows[rows["iso3"] == common.WORLD] for name, rows in (("old", self.long), ("new", self.recent))}
        joined = "(SELECT * FROM old UNION ALL SELECT * FROM new WHERE year > (SELECT max(year) FROM old))"
        return Number(
            mined_since(whole["old"], whole["new"], start),
            "%",
            scope=f"share of all rare-earth oxide mined since 1900 that was mined from {start} on",
            period=f"1900 to {self.recent['year'].max()}",
            formula=f"Σ from {start} / Σ from 1900",
            rows=whole,
            query=queries.share("value", f"year >= {start}", joined),
        )

    def added_up(self) -> pd.DataFrame:
        """Give the rows of a chart: `added_up` of the two series of the USGS, which is one publisher's count."""
        later = self.recent[self.recent["year"] > int(self.long["year"].max())]
        rows = pd.concat([self.long, later], ignore_index=True).rename(columns={"value": "tonnes"})
        return added_up(rows[["year", "iso3", "tonnes", "source_id"]])

    def notes(self, share: object) -> list[tuple[int, str]]:
        """Say at which years of that chart the story turns; `share` is what was mined since 2010."""
        first, last = self.majority
        return [(first, f"United States above half, {first}–{last}"), (2009, f"{share} after 2009")]


def history(as_of: dt.date | str | None, output: Output) -> History:
    """Read what is known of mine output since 1900. Raises NoDataYet."""
    what = "The USGS series of world output since 1900"
    long = common.select("mine_production", as_of, what, series="usgs_ds140", unit="t REO")
    return History(long, output.rows.drop_duplicates(["iso3", "year"], keep="last"))


def bgs_tables(as_of: dt.date | str | None) -> pd.DataFrame:
    """Read the tables of the British Geological Survey. Raises NoDataYet."""
    what = "The table of the British Geological Survey"
    return common.select("mine_production", as_of, what, series=["bgs_reo", "bgs_minerals"])


@dataclass(frozen=True)
class Records:
    """China's share of mining as four publishers have it: `rows` by line and year, and the tables they rest on."""

    rows: pd.DataFrame
    compiled: pd.DataFrame
    bgs: pd.DataFrame | None

    @property
    def peak_at(self) -> str:
        """The year of the largest share, and who prints it."""
        peak = self._peak
        return f"{int(peak['year'])} ({self._printed_by})"

    def peak(self) -> Number:
        """Return the largest share of China that any of them prints."""
        peak, by_bgs = self._peak, self._printed_by == "BGS"
        used = self.bgs.query("series == 'bgs_reo'") if by_bgs and self.bgs is not None else self.compiled
        used = used[(used["year"] == int(peak["year"])) & (used["source_id"] == peak["source_id"])]
        return Number(
            float(peak["share"]),
            "%",
            scope="share of China in world mine output of rare-earth oxide",
            period=self.peak_at,
            formula="China / world",
            rows=used,
            query=queries.compared_sums(
                "value", "iso3 = 'CHN'", "TRUE" if by_bgs else "iso3 = 'WLD'", "mine_production"
            ),
        )

    @property
    def note(self) -> str:
        """What qualifies the lines of a chart."""
        computed = (
            "BGS shares before 1992 are computed from tonnes of concentrate; those before 1989 are upper bounds, "
            "because Soviet output is missing."
        )
        return "" if self.bgs is None else computed

    @property
    def _peak(self) -> pd.Series:
        return self.rows.loc[self.rows["share"].idxmax()]

    @property
    def _printed_by(self) -> str:
        return str(self._peak["line"]).removeprefix("China, ")


def records(as_of: dt.date | str | None, output: Output) -> Records:
    """Read what four publishers print of China's share of mining. Raises NoDataYet."""
    usgs = [output_shares(output.rows, code).drop_duplicates("year", keep="last") for code in ("CHN", "USA")]
    what = "The tables of BP and the Energy Institute"
    compiled = common.select("mine_production", as_of, what, vintages="all", series=["ei", "bp"])
    try:
        bgs = bgs_tables(as_of)
        lines = [bgs_history(bgs).assign(line="China, BGS")]
    except catalog.NoDataYet:
        bgs, lines = None, []
    lines += [compiled_shares(compiled).assign(line="China, BP or EI")]
    lines += [usgs[0].assign(line="China, USGS"), usgs[1].assign(line="United States, USGS")]
    return Records(pd.concat(lines, ignore_index=True), compiled, bgs)


@dataclass(frozen=True)
class Disagreement:
    """China's output in the first year for which both the British Geological Survey and the USGS have a figure."""

    year: int
    bgs: Number
    usgs: Number
    same: list[int]
    """The years in which both have the same figure."""


def disagreement(as_of: dt.date | str | None, output: Output) -> Disagreement:
    """Compare the two surveys' figures of China's output. Raises NoDataYet."""
    bgs = bgs_tables(as_of).query("series == 'bgs_reo' and iso3 == 'CHN'")
    usgs = output.rows.query("iso3 == 'CHN'").drop_duplicates("year", keep="last")
    both = bgs.merge(usgs, on="year", suffixes=("_bgs", "_usgs"))
    year, same = int(both["year"].min()), both.loc[both["value_bgs"] == both["value_usgs"], "year"]

    def printed(rows: pd.DataFrame) -> Number:
        amount, scope = float(rows["value"].iloc[0]), "mine output of China, rare-earth oxide"
        return Number(amount, "t", scope, year, "as printed", rows)

    figures = printed(bgs[bgs["year"] == year]), printed(usgs[usgs["year"] == year])
    return Disagreement(year, *figures, [int(year) for year in same])


def latest_output(frame: pd.DataFrame, edition: str) -> pd.DataFrame:
    """Return the rows of the newest year that an edition prints."""
    rows = frame[frame["edition"] == edition]
    return common.edition(frame, edition, year=int(rows["year"].max()))


def output_by_year(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    """Mine output of each year as the newest edition that prints it has it; newest first.

    The n largest countries of the newest year, the others added up (`common.among`).
    """
    found, codes = [], None
    for year in sorted(frame["year"].unique(), reverse=True):
        edition = common.editions(frame[frame["year"] == year])[-1]
        rows = common.edition(frame, edition, year=int(year))
        codes = list(common.top(rows, n)["iso3"]) if codes is None else codes
        found.append(common.among(rows, codes))
    return pd.concat(found)


def output_shares(frame: pd.DataFrame, iso3: str = "CHN") -> pd.DataFrame:
    """Return a country's share of world output, 100 P_i / P_world, for each year of each edition that prints both.

    Returns year, edition, tonnes, world, share, qualifier (marks of the country's figure), source_id.
    """
    found = []
    for edition in common.editions(frame):
        for year in sorted(frame.loc[(frame["edition"] == edition) & (frame["iso3"] == common.WORLD), "year"].unique()):
            rows = common.edition(frame, edition, year=int(year))
            part, whole = common.row(rows, iso3).iloc[0], common.amount(rows, common.WORLD)
            found.append(
                {
                    "year": int(year),
                    "edition": edition,
                    "tonnes": part["value"],
                    "world": whole.value,
                    "share": common.share(rows, iso3).value,
                    "qualifier": part["qualifier"],
                    "source_id": part["source_id"],
                }
            )
    return pd.DataFrame(found)


def evidence(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum the output of one edition and year by what it rests on, which the marks of the rows say.

    A quota comes before trade statistics, these before any other estimate. Returns basis, tonnes, share (% of the
    listed sum), edition, year, source_id, in the order of `BASES`.
    """
    listed = rows[(rows["iso3"] != common.WORLD) & rows["value"].gt(0)]
    kinds = [_basis(marks.split(";")) for marks in listed["qualifier"]]
    sums = listed.groupby(kinds)["value"].sum()
    frame = pd.DataFrame({"basis": list(BASES.values())})
    frame["tonnes"] = [float(sums.get(mark, 0)) for mark in BASES]
    frame["share"] = 100 * frame["tonnes"] / frame["tonnes"].sum()
    first = listed.iloc[0]
    return frame.assign(edition=first["edition"], year=int(first["year"]), source_id=first["source_id"])


def _basis(marks: list[str]) -> str:
    return next((mark for mark in ("quota", "trade", "e") if mark in marks), "")


def compiled_shares(frame: pd.DataFrame, iso3: str = "CHN") -> pd.DataFrame:
    """Return a country's share of the world in the newest compiled table (Energy Institute, else BP), % by year.

    `frame` holds the series ei and bp. The compilers print the sum of their rows as the world.
    """
    newest = frame[frame["published"] == frame["published"].max()]
    table = newest.pivot_table(index="year", columns="iso3", values="value")
    share = (100 * table[iso3] / table[common.WORLD]).rename("share").reset_index()
    return share.assign(qualifier="", source_id=str(newest["source_id"].iloc[0]))


def editions_apart(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `output_shares` of the newest year on whose world total two editions differ, or none."""
    apart = shares.groupby("year")["world"].nunique()
    years = apart[apart > 1].index
    return shares[shares["year"] == years.max()] if len(years) else shares.head(0)


def by_evidence(frame: pd.DataFrame) -> pd.DataFrame:
    """`evidence` for every year of every edition that marks what it infers from trade statistics.

    Earlier editions do not tell this in the data that was read. Returns the rows of `evidence` with `name`
    ("2024 in MCS 2025"); empty when no edition marks it.
    """
    marked = frame["qualifier"].str.split(";").map(lambda marks: "trade" in marks)
    found = []
    for edition in common.editions(frame[frame["edition"].isin(frame.loc[marked, "edition"])]):
        for year in sorted(frame.loc[frame["edition"] == edition, "year"].unique()):
            block = evidence(common.edition(frame, edition, year=int(year)))
            found.append(block.assign(name=f"{int(year)} in {label(edition)}"))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["name", "basis", "tonnes"])


def bgs_history(frame: pd.DataFrame) -> pd.DataFrame:
    """World output and China's share since 1985 from the tables of the British Geological Survey.

    From 1992 the countries' oxides (`bgs_reo`) are added up. For 1985 to 1991 the tonnes of concentrate
    (`bgs_minerals`) of each country are multiplied by its ratio of oxide to concentrate in 1992; China, the United
    States and the Soviet Union stand there as oxide. Madagascar has no ratio and is left out; the Soviet Union is
    missing before 1989, so that shares of those years are upper bounds. Country figures are rounded to a tonne.

    Returns year, world, china (t), share (%), qualifier, source_id.
    """
    oxides = frame[frame["series"] == "bgs_reo"].groupby(["iso3", "year"])["value"].sum()
    minerals = frame[(frame["series"] == "bgs_minerals") & frame["value"].notna()]
    gross = minerals[minerals["unit"] == "t gross"].groupby(["iso3", "year"])["value"].sum()
    printed = minerals[minerals["unit"] == "t REO"].groupby(["iso3", "year"])["value"].sum()
    rows = []
    for year in range(1985, int(oxides.index.get_level_values("year").max()) + 1):
        parts = _oxide_of(oxides, year) if year >= 1992 else _converted(gross, printed, oxides, year)
        world, china = float(parts.sum()), float(parts.get("CHN", float("nan")))
        bound = "<" if year < 1989 else ""
        rows.append({"year": year, "world": world, "china": china, "share": 100 * china / world, "qualifier": bound})
    return pd.DataFrame(rows).assign(source_id=str(minerals["source_id"].iloc[0]))


def _oxide_of(oxides: pd.Series, year: int) -> pd.Series:
    return oxides.xs(year, level="year")


def _converted(gross: pd.Series, printed: pd.Series, oxides: pd.Series, year: int) -> pd.Series:
    ratio = _oxide_of(oxides, 1992) / gross.xs(1992, level="year")
    parts = {iso3: value for iso3, value in printed.xs(year, level="year").items() if iso3 in OXIDE_BEFORE_1992}
    for iso3, tonnes in gross.xs(year, level="year").items():
        if iso3 not in NO_RATIO and pd.notna(ratio.get(iso3)):
            parts[iso3] = tonnes * ratio[iso3]
    return pd.Series(parts).round()


def longest_majority(frame: pd.DataFrame, iso3: str = "USA") -> tuple[int, int]:
    """First and last year of the longest run in which a country mined more than half of the world's output.

    `frame` holds one series with rows of the country and of the world. Raises ValueError when there is no such year.
    """
    table = frame.pivot_table(index="year", columns="iso3", values="value")
    years = list(table.index[table[iso3] > table[common.WORLD] / 2])
    if not years:
        raise ValueError(f"{iso3} never mined more than half")
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    longest = max(runs, key=len)
    return int(longest[0]), int(longest[-1])


def added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the world's mine output over the years, in percent of all that was mined in them.

    `rows` are those of one publisher: year, iso3, tonnes, source_id. Returns year, iso3, tonnes, share, source_id.
    """
    world = rows[rows["iso3"] == common.WORLD].drop_duplicates("year", keep="last").sort_values("year")
    return world.assign(share=100 * world["tonnes"].cumsum() / world["tonnes"].sum()).reset_index(drop=True)


def mined_since(long: pd.DataFrame, recent: pd.DataFrame, start: int) -> Quantity:
    """Share (%) of all output of the two world series together that was mined in `start` or later.

    `long` ends where `recent` begins: years of `recent` that `long` has already are not counted again.
    """
    later = recent[recent["year"] > int(long["year"].max())]
    years = pd.concat([long[["year", "value"]], later[["year", "value"]]])
    return Quantity(float(100 * years.loc[years["year"] >= start, "value"].sum() / years["value"].sum()))
