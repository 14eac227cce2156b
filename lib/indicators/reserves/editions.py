"""Reserves by edition: the table as it stood after each edition, shares, revisions, and what others quote of it.

Tonnes are metric tons of rare-earth oxide (REO). A reserve figure belongs to an edition of its publication and is a
judgement about ore that is worth mining, not an inventory: changes are reclassifications.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.indicators.countries import Countries, label
from lib.quantity import HIGHER, Number, compared
from lib.tables import catalog

VALUE = "value_t_reo"
JORC = re.compile(r"JORC-compliant or equivalent part: ([\d.]+) million t")
WHAT = "The USGS table of reserves by country"


@dataclass(frozen=True)
class Editions:
    """The USGS table of reserves as it stood after each edition and each revision known by a day.

    `blocks` are the rows of all `states`; `as_of` is that day.
    """

    blocks: pd.DataFrame
    as_of: dt.date | str | None

    def __iter__(self) -> Iterator[Countries]:
        return (listed_in(rows) for _, rows in self.blocks.groupby("state", sort=False))

    @property
    def newest(self) -> Countries:
        """The table as it stands."""
        return listed_in(newest(self.blocks))

    @property
    def oldest(self) -> Countries:
        """The first table that was read, which may be the newest as well."""
        return listed_in(ends(self.blocks)[0])

    @property
    def first(self) -> Countries:
        """The first table, to compare the newest with. Raises NoDataYet while there is one alone."""
        since = self.blocks["since"].min()
        if since == self.blocks["since"].max():
            later = f"series == 'usgs_mcs' and iso3 == 'WLD' and published > '{since:%Y-%m-%d}'"
            starts = catalog.starts("reserves", lambda every: every.query(later))
            raise common.not_yet("reserves", self.as_of, "A second edition to compare with", starts)
        return self.oldest

    def by_slug(self) -> Iterator[tuple[str, Countries]]:
        """Give each table with its label as part of the name of a fact."""
        return ((slug(table.edition), table) for table in self)

    def of(self, state: str) -> Countries:
        """Return the table of one state, by its label."""
        return listed_in(self.blocks[self.blocks["state"] == state])

    @property
    def correction(self) -> Revision:
        """The largest change inside the newest edition. Raises NoDataYet where it was not corrected."""
        self.original  # noqa: B018 -- without it nothing was corrected
        return Editions(self._newest_edition, self.as_of).largest_revision

    @property
    def _newest_edition(self) -> pd.DataFrame:
        return self.blocks[self.blocks["edition"] == newest(self.blocks)["edition"].iloc[0]]

    @property
    def original(self) -> Countries:
        """The newest edition as it first appeared. Raises NoDataYet where it was not corrected since."""
        table = listed_in(ends(self._newest_edition)[0])
        if table.edition == self.newest.edition:
            raise common.not_yet("reserves", self.as_of, "A correction of the newest edition")
        return table

    def constant(self, iso3: str) -> bool:
        """Tell whether the figure of a country is the same in all states, of which there are several."""
        return constant(self.blocks, iso3)

    def changed(self, iso3: str) -> str:
        """Say whether the figure of a country is another in some state than in the first."""
        return "did not change" if self.constant(iso3) else "changed"

    def further_cut(self, iso3: str) -> Revision:
        """Return the cut of one country's figure. Raises NoDataYet where it was not cut, or is the largest revision."""
        rows = changes(self.blocks)[1:]
        rows = rows[(rows["iso3"] == iso3) & (rows["change"] < 0)]
        if rows.empty:
            raise common.not_yet("reserves", self.as_of, "A cut of this figure beside the largest revision")
        return Revision(self, rows.iloc[0].to_dict())

    def cuts(self, n: int, least: float = 1e6) -> list[Revision]:
        """List the n largest cuts from a country's first figure to its last, of `least` tonnes or more."""
        self.first  # noqa: B018 -- there is no cut without a second edition
        found = changes(self.blocks)
        return [Revision(self, row) for row in found[found["change"] <= -least].head(n).to_dict("records")]

    @property
    def largest_revision(self) -> Revision:
        """The largest change of a country's figure, up or down. Raises NoDataYet without a second edition."""
        self.first  # noqa: B018 -- nothing was revised before it
        return Revision(self, changes(self.blocks).iloc[0].to_dict())

    def revised(self, n: int) -> pd.DataFrame:
        """Give the rows of the n countries with the largest changes, with `mt` (Mt); those withdrawn are changes."""
        self.first  # noqa: B018 -- nothing was revised before a second edition
        moved = changes(self.blocks).query("change != 0 or withdrawn")["iso3"][:n]
        rows = self.blocks[self.blocks["iso3"].isin(moved)]
        return rows.assign(mt=rows[VALUE] / 1e6)

    @property
    def withdrawn(self) -> list[str]:
        """The codes of the countries whose figure was taken back. Raises NoDataYet where there are none."""
        codes = list(changes(self.blocks).query("withdrawn")["iso3"])
        if not codes:
            raise common.not_yet("reserves", self.as_of, "A figure that was withdrawn")
        return codes


@dataclass(frozen=True)
class Revision:
    """What became of one country's figure over the editions: `row` of `changes`."""

    editions: Editions
    row: dict

    @property
    def name(self) -> str:
        """The short name of the country."""
        return catalog.country_name(self.row["iso3"])

    @property
    def word(self) -> str:
        """What was done to the figure."""
        return "cut" if self.row["change"] < 0 else "raised"

    @property
    def slug(self) -> str:
        """The name of the fact that is the country's newest figure."""
        return f"reserves-{str(self.row['iso3']).lower()}"

    def named(self, facts: Mapping[str, object]) -> dict[str, object]:
        """Give the name of the country and its two figures, as the facts that they were recorded as."""
        return {"name": self.name, "first": facts[f"{self.slug}-first"], "last": facts[self.slug]}

    @property
    def first(self) -> Number:
        """Its figure in the first table that lists it."""
        return self.editions.of(self.row["first_state"]).amount(self.row["iso3"])

    @property
    def last(self) -> Number:
        """Its figure in the last table that has one."""
        return self.editions.of(self.row["last_state"]).amount(self.row["iso3"])


def usgs(as_of: dt.date | str | None) -> Editions:
    """Read the USGS table of reserves as it stood after each edition and revision that was public by a day.

    Raises NoDataYet.
    """
    which = {"vintages": "all", "series": "usgs_mcs"}
    common.select("reserves", as_of, WHAT, **which, iso3="WLD")
    return Editions(states(common.with_total(common.select("reserves", as_of, WHAT, **which), VALUE)), as_of)


def usgs_2003(as_of: dt.date | str | None) -> Countries:
    """Read the USGS table of 2003, of which two pages are known. Raises NoDataYet."""
    rows = common.select("reserves", as_of, WHAT, vintages="all", series="usgs_mcs", edition="MCS2003")
    return listed_in(rows)


def listed_in(rows: pd.DataFrame) -> Countries:
    """Make a table of countries of rows of one state, or of one edition of others."""
    state = rows["state"].iloc[0] if "state" in rows and pd.notna(rows["state"].iloc[0]) else None
    state = state or label(rows["edition"].iloc[0])
    return Countries(rows, "reserves", "Mt", state, state, VALUE, scale=1e6, places=1)


def jorc(editions: Editions) -> pd.DataFrame:
    """Give the rows of `jorc_part`. Raises NoDataYet where no edition prints that part."""
    rows = jorc_part(editions.blocks)
    if rows.empty:
        what = "A second count of Australia's reserves"
        raise common.not_yet("reserves", editions.as_of, what)
    return rows


def meeting_jorc(rows: pd.DataFrame) -> Number:
    """Return the part of Australia's newest figure that meets the JORC code, from the rows of `jorc_part`."""
    last = rows.tail(1)
    amount, state = float(last["jorc"].iloc[0]) / 1e6, last["state"].iloc[0]
    scope, formula = "reserves of Australia that meet the JORC code or an equivalent", "printed in a footnote"
    query = "SELECT CAST(substr(note, instr(note, 'part: ') + 6) AS REAL) FROM reserves"
    return Number(amount, "Mt", scope, state, formula, last, query)


def with_figure(table: Countries) -> pd.DataFrame:
    """Give the rows of the countries with a figure, with `mt` (Mt), for a map."""
    single = ~table.rows["iso3"].isin([common.WORLD, common.REST]) & table.rows[VALUE].notna()
    return table.rows[single].assign(mt=table.rows.loc[single, VALUE] / 1e6)


def in_order(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `beside`: in their order, what is quoted in grey."""
    colours = {state: "CHN" if own else "OTH" for state, own in zip(rows["state"], rows["own"], strict=True)}
    return {"colours": colours, "order": list(rows["state"])}


def greyed(rows: pd.DataFrame) -> dict[str, object]:
    """Say how a chart shows the rows of `by_edition_year`: the figures of others grey and dashed."""
    grey = [line for line in rows["line"].unique() if not line.endswith(", USGS")]
    return {"colours": {"China, USGS": "CHN", "World, USGS": "accent"} | dict.fromkeys(grey, "OTH"), "dashed": grey}


def title_of_shares(editions: Editions, first: object, last: object) -> str:
    """Say what became of China's share, in a title without a full stop."""
    if editions.oldest.edition == editions.newest.edition:
        return f"China's share of reserves is {last}"
    constantly = constant(editions.blocks)
    subject = "China's reserves did not change; its share" if constantly else "China's share of reserves"
    return f"{subject} went from {first} to {last}"


def moved(first: object, last: object) -> str:
    """Say whether a figure, as shown, has changed."""
    return f"stayed at {last}" if str(first) == str(last) else f"went from {first} to {last}"


def lines_by_edition(as_of: dt.date | str | None, quoted: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of `by_edition_year`, of others alone where the USGS table was not yet public."""
    try:
        blocks = usgs(as_of).blocks
    except catalog.NoDataYet:
        blocks = quoted.head(0)
    return by_edition_year(blocks, quoted)


def span(rows: pd.DataFrame, until: dt.date) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the first day of some rows and a last one, as the ends of an axis."""
    return rows["since"].min(), pd.Timestamp(until)


def others(as_of: dt.date | str | None) -> pd.DataFrame:
    """Read what others print or quote of reserves, all vintages. Raises NoDataYet."""
    what = "What others print or quote of reserves"
    return common.select("reserves", as_of, what, vintages="all", series=["bp", "ei", "quoted"])


def quoted_by(rows: pd.DataFrame) -> list[str]:
    """Name those whose figures `others` holds."""
    named = {"bp": "BP", "ei": "the Energy Institute", "quoted": "people who quote the USGS"}
    return [name for series, name in named.items() if (rows["series"] == series).any()]


def footnote(editions: Editions, iso3: str) -> str:
    """Quote the note on the newest figure of a country that has one, as the table has it, inside a sentence."""
    rows = editions.blocks[(editions.blocks["iso3"] == iso3) & editions.blocks["note"].notna()]
    if rows.empty:
        what = "A reason for the revision"
        raise common.not_yet("reserves", editions.as_of, what)
    note = str(rows["note"].iloc[-1]).rstrip(".")
    return note[0].lower() + note[1:]


def adds_up_to_more(editions: Editions) -> Countries:
    """Return the last table whose rows add up to more than the total printed under them. Raises NoDataYet for none."""
    for table in reversed(list(editions)):
        if compared(common.total(table.rows, VALUE, "listed"), common.total(table.rows, VALUE)) == HIGHER:
            return table
    what = "A table whose rows add up to more than its total"
    raise common.not_yet("reserves", editions.as_of, what)


def listed_sum(table: Countries) -> Number:
    """Return the sum of the rows of a table of reserves."""
    amount, scope = common.total(table.rows, VALUE, "listed") / 1e6, "listed reserves, rare-earth oxide"
    rows = table.rows[table.rows["iso3"] != common.WORLD]
    return Number(amount, "Mt", scope, table.period, "Σ of the listed rows", rows, places=1)


def states(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the reserve table as it stood after each edition and each version of an edition.

    `frame` holds all vintages of one series. Returns the rows in blocks, one per day on which the table changed,
    with `state` (its label: the version that came last, and the day where two would have the same) and `since` (that
    day); a version repeats the rows that it left alone. Editions without a printed world total are left out. The index
    names the rows, some of them in several blocks.
    """
    blocks, labels = [], set()
    for edition in common.editions(frame):
        rows = frame[frame["edition"] == edition]
        for day in sorted(rows["published"].unique()):
            block = common.edition(rows[rows["published"] <= day], edition)
            versions = block[block["version"].fillna("") != ""].sort_values("published", kind="stable")["version"]
            state = label(edition, versions.iloc[-1] if len(versions) else None)
            state = f"{state} of {pd.Timestamp(day):%Y-%m-%d}" if state in labels else state
            labels.add(state)
            blocks.append(block.assign(state=state, since=day))
    return pd.concat(blocks) if blocks else frame.head(0).assign(state="", since=pd.NaT)


def newest(blocks: pd.DataFrame) -> pd.DataFrame:
    """Return the last of the `states`."""
    return blocks[blocks["since"] == blocks["since"].max()]


def share_by_state(blocks: pd.DataFrame, iso3: str = "CHN", denominator: str = "printed") -> pd.DataFrame:
    """Return a country's share of world reserves in every state: 100 R_i / R_world, inside the state.

    Returns state, since, edition, tonnes, world (t), share (%), qualifier of the share (``<``: at most), source_id
    of the world total; oldest first.
    """
    found = []
    for state, rows in blocks.groupby("state", sort=False):
        part, whole = common.amount(rows, iso3, VALUE), common.total(rows, VALUE, denominator)
        share = part.share_of(whole)
        world = common.row(rows, common.WORLD).iloc[0]
        found.append(
            {
                "state": state,
                "since": rows["since"].iloc[0],
                "edition": world["edition"],
                "tonnes": part.value,
                "world": whole.value,
                "share": share.value,
                "qualifier": share.bound,
                "source_id": world["source_id"],
            }
        )
    return pd.DataFrame(found).sort_values("since", kind="stable", ignore_index=True)


def constant(blocks: pd.DataFrame, iso3: str = "CHN") -> bool:
    """Whether a country's figure is the same in all of several states."""
    figures = blocks.loc[blocks["iso3"] == iso3, VALUE]
    return len(figures) > 1 and len(set(figures)) == 1


def ends(blocks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first and the last of the states."""
    return blocks[blocks["since"] == blocks["since"].min()], newest(blocks)


def quoted_shares(frame: pd.DataFrame, iso3: str = "CHN") -> pd.DataFrame:
    """Return what others print or quote: a country over the world total of the same source and edition.

    `frame` holds the series bp, ei and quoted, all vintages. Sources that give only one of the two figures are left
    out. Returns state, year (of the edition), series, tonnes, world, share, confidence, source_id; oldest first.
    """
    key = ["series", "edition", "source_id"]
    world = frame[(frame["iso3"] == common.WORLD) & frame[VALUE].notna()].set_index(key)[[VALUE, "confidence"]]
    part = frame[(frame["iso3"] == iso3) & frame[VALUE].notna()].set_index(key)
    world = world.rename(columns={VALUE: f"{VALUE}_world", "confidence": "confidence_world"})
    both = part.join(world, how="inner").reset_index()
    both["share"] = 100 * both[VALUE] / both[f"{VALUE}_world"]
    both.loc[both["confidence_world"] == "low", "confidence"] = "low"  # no better than the weaker of the two
    both["state"] = [
        f"{label(edition)}{', as quoted' if series == 'quoted' else ''}"
        for edition, series in zip(both["edition"], both["series"], strict=True)
    ]
    both = both.rename(columns={VALUE: "tonnes", f"{VALUE}_world": "world"}).assign(qualifier="")
    columns = ["state", "year", "series", "tonnes", "world", "share", "qualifier", "confidence", "source_id"]
    return both.sort_values(["year", "series", "state"], kind="stable", ignore_index=True)[columns]


def changes(blocks: pd.DataFrame) -> pd.DataFrame:
    """Every country's first and last figure over the states, in tonnes, with the largest change first.

    Returns iso3, first, first_state, last, last_state, change, withdrawn (True where the newest state prints NA
    after a figure). Countries that never had a figure, the world and other countries are left out.
    """
    found = []
    final = newest(blocks).set_index("iso3")[VALUE] if len(blocks) else pd.Series(dtype="float64")
    for iso3, rows in blocks[~blocks["iso3"].isin([common.WORLD, common.REST])].groupby("iso3"):
        known = rows[rows[VALUE].notna()].sort_values("since", kind="stable")
        if len(known):
            first, last = known.iloc[0], known.iloc[-1]
            found.append(
                {
                    "iso3": iso3,
                    "first": first[VALUE],
                    "first_state": first["state"],
                    "last": last[VALUE],
                    "last_state": last["state"],
                    "change": last[VALUE] - first[VALUE],
                    "withdrawn": bool(pd.isna(final.get(iso3))),
                }
            )
    frame = pd.DataFrame(found)
    return frame.sort_values("change", key=lambda column: -column.abs(), kind="stable", ignore_index=True)


def held(blocks: pd.DataFrame) -> pd.DataFrame:
    """Repeat each figure in the rows of `blocks` on the day on which it was withdrawn: it held until then."""
    pieces = []
    for _, rows in blocks.sort_values(["iso3", "since"], kind="stable").groupby("iso3", sort=False):
        before = rows.shift(1)
        ends = rows[VALUE].isna() & before[VALUE].notna()
        kept = before[ends.to_numpy()].assign(since=rows.loc[ends.to_numpy(), "since"].to_numpy(), rank=0)
        pieces.append(pd.concat([rows.assign(rank=1), kept]).sort_values(["since", "rank"], kind="stable"))
    return pd.concat(pieces, ignore_index=True).drop(columns="rank")


def jorc_part(rows: pd.DataFrame) -> pd.DataFrame:
    """Australia's figure beside the part of it that meets the JORC code, both in tonnes, by edition.

    The part stands in the note of Australia's row (the source prints it in a footnote). Returns the rows of
    Australia that have it, with the column `jorc`; of several versions of an edition the last, oldest first.
    """
    frame = rows[rows["iso3"] == "AUS"].copy()
    found = [JORC.search(note) if isinstance(note, str) else None for note in frame["note"]]
    frame["jorc"] = [float(match.group(1)) * 1e6 if match else float("nan") for match in found]
    frame = frame[frame["jorc"].notna()].sort_values("since", kind="stable")
    return frame.drop_duplicates("edition", keep="last")


def two_rules(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of `jorc_part` as two an edition: state, rule, mt (Mt), iso3, source_id."""
    printed = rows.assign(rule="all", mt=rows[VALUE] / 1e6)
    part = rows.assign(rule="JORC", mt=rows["jorc"] / 1e6)
    return pd.concat([printed, part])[["state", "rule", "mt", "iso3", "edition", "source_id"]]


def listed(rows: pd.DataFrame, n: int) -> pd.DataFrame:
    """For a chart: the n largest reserves (and those of the United States and Australia), the others added up, and
    the countries whose figure is not available, in Mt (`mt`)."""
    missing = rows[rows[VALUE].isna() & (rows["iso3"] != common.REST)]
    frame = pd.concat([common.top(rows, n, VALUE, always=("USA", "AUS")), missing])
    return frame.assign(mt=frame[VALUE] / 1e6)


def listed_by_edition(blocks: pd.DataFrame, n: int) -> pd.DataFrame:
    """List the countries of `listed` as they stand and as each earlier edition left them; newest first.

    `year` is that of the edition. A country that an edition does not list has no row in it.
    """
    newest_first = list(blocks.drop_duplicates("edition", keep="last").sort_values("since")["edition"])[::-1]
    final = listed(newest(blocks), n)
    codes = set(final["iso3"]) - {common.REST}
    found = [final]
    for edition in newest_first[1:]:
        rows = newest(blocks[blocks["edition"] == edition])
        missing = rows[rows[VALUE].isna() & rows["iso3"].isin(codes)]
        found.append(pd.concat([common.among(rows, codes, VALUE), missing]))
    frame = pd.concat(found)
    return frame.assign(mt=frame[VALUE] / 1e6)


def without_figure(rows: pd.DataFrame) -> list[str]:
    """Codes of the countries that are listed and have no figure, other countries left out."""
    return sorted(rows.loc[rows[VALUE].isna() & (rows["iso3"] != common.REST), "iso3"])


def slug(state: str) -> str:
    """Write a state as part of the name of a fact: `mcs2026-v1-3`."""
    return state.lower().replace(" v", "-v").replace(" ", "").replace(".", "-")


def beside(own: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """`share_by_state` and `quoted_shares` in one frame, newest edition first.

    `own` marks the former; `quoted` is the opposite, for hollow marks.
    """
    year = own["since"].dt.year.astype("Int64")
    rows = pd.concat([own.assign(year=year, own=True), others.assign(own=False)], ignore_index=True)
    rows = rows.sort_values(["year", "own", "since"], ascending=False, kind="stable", ignore_index=True)
    return rows.assign(quoted=~rows["own"].astype(bool))[
        ["state", "tonnes", "world", "share", "qualifier", "confidence", "own", "quoted", "source_id"]
    ]


def by_edition_year(blocks: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """China and the world in Mt by year of the edition, as the USGS prints them and as others quote or add them up.

    `blocks` are `states`, `others` rows of the series bp, ei and quoted; of several figures of one series in a year
    the last published is kept. Returns the rows with `line` ("China, USGS" …), `mt` and `weak` (low confidence).
    """
    ours = blocks.drop_duplicates(["edition", "iso3"], keep="last").assign(who="USGS")
    rest = others.assign(who=others["series"].map({"quoted": "USGS as quoted"}).fillna("BP, Energy Institute"))
    frame = pd.concat([ours, rest]) if len(ours) else rest
    frame = frame[frame["iso3"].isin(["CHN", common.WORLD]) & frame[VALUE].notna()]
    frame = frame.sort_values(["published", "source_id"], kind="stable")
    frame = frame.drop_duplicates(["who", "iso3", "year"], keep="last")
    frame["line"] = frame["iso3"].map({"CHN": "China", common.WORLD: "World"}) + ", " + frame["who"]
    frame["mt"], frame["weak"] = frame[VALUE] / 1e6, frame["confidence"].eq("low")
    return frame.sort_values(["iso3", "who", "year"], ascending=[True, False, True], kind="stable")


def unchanged(rows: pd.DataFrame) -> tuple[int, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Since which edition China's figure is what it is in the newest, from the rows of `by_edition_year`.

    Returns that year, the newest row of China, and the rows of the world total of the first edition from then on and
    of the newest; where several publishers stand side by side the USGS comes first.
    """
    ranked = rows.assign(rank=rows["who"].map({"USGS": 0, "USGS as quoted": 1}).fillna(2))
    ranked = ranked.sort_values(["year", "rank"], kind="stable")
    china, world = ranked[ranked["iso3"] == "CHN"], ranked[ranked["iso3"] == common.WORLD]
    newest_year = china["year"].max()
    last = china[china["year"] == newest_year].head(1)
    other = china[china[VALUE] != last[VALUE].iloc[0]]["year"]
    since = int(china.loc[china["year"] > (other.max() if len(other) else 0), "year"].min())
    later = world[world["year"] >= since]
    return since, last, later.head(1), later[later["year"] == later["year"].max()].head(1)
