"""Reserves and mine output: shares by edition, revisions, static range, what is in the ground, and the long history.

Tonnes are metric tons of rare-earth oxide (REO). A reserve figure belongs to an edition of its publication and is a
judgement about ore that is worth mining, not an inventory: changes are reclassifications.
"""

from __future__ import annotations

import re

import pandas as pd

from lib import quantity
from lib.indicators import common
from lib.quantity import Quantity

VALUE = "value_t_reo"
MAGNET_ELEMENTS = ("Nd", "Pr", "Dy", "Tb")
PARTS = {
    "La+Ce": ("La", "Ce"),
    "Nd+Pr": ("Nd", "Pr"),
    "Sm+Eu": ("Sm", "Eu"),
    "Dy+Tb": ("Dy", "Tb"),
    "Y and other heavy": ("Y", "Gd", "Ho", "Er", "Tm", "Yb", "Lu"),
}
HEAVY = ("Y", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
BASES = {
    "quota": "official quota of China",
    "trade": "inferred from Chinese imports",
    "e": "other estimate",
    "": "reported or not marked",
}
JORC = re.compile(r"JORC-compliant or equivalent part: ([\d.]+) million t")
# Countries whose concentrates BGS prints as gross weight, and those it prints as oxide already (see `bgs_history`).
OXIDE_BEFORE_1992 = ("CHN", "USA", "SUN")
NO_RATIO = ("MDG",)


def label(edition: str, version: str | None = None) -> str:
    """How prose writes an edition: `MCS 2026 v1.3`, `BP 2019`."""
    text = re.sub(r"^BPSR", "BP", re.sub(r"^EISR", "EI", edition))
    text = re.sub(r"^([A-Z]+)(\d{4})$", r"\1 \2", text)
    return f"{text} {version}" if isinstance(version, str) and version else text


# --- reserves by edition ---


def states(frame: pd.DataFrame) -> pd.DataFrame:
    """The reserve table as it stood after each edition and each version of an edition.

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
    """The last of the `states`."""
    return blocks[blocks["since"] == blocks["since"].max()]


def share_by_state(blocks: pd.DataFrame, iso3: str = "CHN", denominator: str = "printed") -> pd.DataFrame:
    """A country's share of world reserves in every state: 100 R_i / R_world, inside the state.

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
    """The first and the last of the states."""
    return blocks[blocks["since"] == blocks["since"].min()], newest(blocks)


def quoted_shares(frame: pd.DataFrame, iso3: str = "CHN") -> pd.DataFrame:
    """What others print or quote: a country over the world total of the same source and edition.

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
    """The rows of `blocks` with each figure repeated on the day on which it was withdrawn: it held until then."""
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
    """The rows of `jorc_part` as two a edition: state, rule, mt (Mt), iso3, source_id."""
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
    """`listed` for the newest state, and the same countries as each earlier edition left them; newest first.

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
    """A state as part of the name of a fact: `mcs2026-v1-3`."""
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


# --- reserves against output ---


def static_range(reserves: pd.DataFrame, output: pd.DataFrame, least: float = 0) -> pd.DataFrame:
    """Reserves over annual mine output, R/P in years, of one edition; not a forecast.

    `reserves` and `output` (one year) are rows of the same edition; countries that mine less than `least` percent of
    the world's output are left out, since dividing by next to nothing says nothing. Returns iso3, reserves, output,
    years, qualifier, edition, source_id for countries that have both, longest last; a world total with ``>`` gives
    ``>``.
    """
    both = _joined(reserves, output)
    world = common.total(output).value
    if world is None:
        raise ValueError("without the world's mine output it is not known which countries mine enough of it")
    floor = world * least / 100
    both = both[both[VALUE].notna() & both["value"].gt(0) & both["value"].ge(floor)]
    years = [
        Quantity.from_row(r, rq) / Quantity.from_row(p, pq)
        for r, rq, p, pq in zip(
            both[VALUE].tolist(), both["qualifier"], both["value"].tolist(), both["qualifier_output"], strict=True
        )
    ]
    both["years"] = [amount.value for amount in years]
    both["qualifier"] = [_marks(amount) for amount in years]
    both = both.rename(columns={VALUE: "reserves", "value": "output"})
    return both.sort_values("years", kind="stable", ignore_index=True)[
        ["iso3", "reserves", "output", "years", "qualifier", "edition", "source_id"]
    ]


def shares_of_both(reserves: pd.DataFrame, output: pd.DataFrame, denominator: str = "printed") -> pd.DataFrame:
    """Share of world reserves and share of world mine output, each inside one edition; long.

    Returns iso3, what ("In the ground" or "Mined"), share, qualifier, edition, source_id; countries without one of
    the figures have no share there.
    """
    ground = common.shares(reserves, VALUE, denominator).assign(what="In the ground")
    mined = common.shares(output, "value", denominator).assign(what="Mined")
    columns = ["iso3", "what", "share", "qualifier", "edition", "source_id"]
    return pd.concat([ground[columns], mined[columns]], ignore_index=True)


def concentrations(blocks: pd.DataFrame, output: pd.DataFrame) -> pd.DataFrame:
    """HHI of reserves and of mine output (last year of the edition) by edition, over the sum of the listed rows.

    The listed sum is used because an index needs parts of one whole: the printed totals are rounded, and in
    MCS 2024 the rows of reserves add to 105% of it. Countries without a figure make it an upper bound.
    Returns what, edition, year (of the edition), hhi, qualifier, source_id. Reference: Herfindahl–Hirschman.
    """
    found = []
    for edition, rows in blocks.groupby("edition", sort=False):
        found.append(_index(newest(rows), VALUE, "Reserves", edition))
    for edition in common.editions(output):
        found.append(_index(latest_output(output, edition), "value", "Mine output", edition))
    return pd.DataFrame(found)


def _index(rows: pd.DataFrame, value: str, what: str, edition: str) -> dict:
    index = common.concentration(rows, value, "listed")
    source = common.row(rows, common.WORLD)["source_id"].iloc[0]
    return {
        "what": what,
        "edition": edition,
        "year": int(edition[-4:]),
        "hhi": index.value,
        "qualifier": index.bound,
        "source_id": source,
    }


def _joined(reserves: pd.DataFrame, output: pd.DataFrame) -> pd.DataFrame:
    right = output[["iso3", "value", "qualifier"]]
    return reserves.drop(columns="year").merge(right, on="iso3", suffixes=("", "_output"))


def _marks(amount: Quantity) -> str:
    return ";".join(filter(None, [amount.bound, "e" if amount.estimated else ""]))


# --- mine output ---


def latest_output(frame: pd.DataFrame, edition: str) -> pd.DataFrame:
    """The rows of the newest year that an edition prints."""
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
    """A country's share of world mine output, 100 P_i / P_world, for every year of every edition that prints both.

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
    """What the output of one edition and year rests on: tonnes by kind of evidence, from the marks of the rows.

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
    """A country's share of the world in the newest compiled table (Energy Institute, else BP), % by year.

    `frame` holds the series ei and bp. The compilers print the sum of their rows as the world.
    """
    newest = frame[frame["published"] == frame["published"].max()]
    table = newest.pivot_table(index="year", columns="iso3", values="value")
    share = (100 * table[iso3] / table[common.WORLD]).rename("share").reset_index()
    return share.assign(qualifier="", source_id=str(newest["source_id"].iloc[0]))


def editions_apart(shares: pd.DataFrame) -> pd.DataFrame:
    """The newest year for which two editions print different world totals: its rows of `output_shares`, or none."""
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


def century(long: pd.DataFrame, recent: pd.DataFrame, bgs: pd.DataFrame | None) -> pd.DataFrame:
    """Mine output since 1900 for a logarithmic chart: the world, the United States, China; in t REO.

    `long` are rows of Data Series 140 (USA and WLD), `recent` the newest editions (USA, WLD), used after the last
    year of `long`; `bgs` is `bgs_history`, for China, or None. A zero cannot stand on a logarithmic scale and
    is left empty, as is a withheld figure. Returns year, iso3, tonnes, source_id.
    """
    later = recent[recent["iso3"].isin(["USA", common.WORLD]) & (recent["year"] > int(long["year"].max()))]
    frame = pd.concat([long, later])[["year", "iso3", "value", "source_id"]].rename(columns={"value": "tonnes"})
    if bgs is not None:
        china = bgs.rename(columns={"china": "tonnes"}).assign(iso3="CHN")
        frame = pd.concat([frame, china[["year", "iso3", "tonnes", "source_id"]]], ignore_index=True)
    frame["tonnes"] = frame["tonnes"].where(frame["tonnes"] > 0)
    return frame.sort_values(["iso3", "year"], kind="stable", ignore_index=True)


def mined_since(long: pd.DataFrame, recent: pd.DataFrame, start: int) -> Quantity:
    """Share (%) of all output of the two world series together that was mined in `start` or later.

    `long` ends where `recent` begins: years of `recent` that `long` has already are not counted again.
    """
    later = recent[recent["year"] > int(long["year"].max())]
    years = pd.concat([long[["year", "value"]], later[["year", "value"]]])
    return Quantity(float(100 * years.loc[years["year"] >= start, "value"].sum() / years["value"].sum()))


# --- what is in the ground ---


def baskets(deposits: pd.DataFrame) -> pd.DataFrame:
    """What the rare earths of each deposit consist of: % of total oxide by group of elements (`PARTS`), long.

    `deposits` holds one series with one element a row. Elements without a figure count nothing, so that the parts of
    a deposit add to about 100 and not exactly. Returns deposit, iso3, mineral, part, share, source_id.
    """
    rows = []
    for (deposit, iso3, mineral), group in deposits.groupby(["deposit", "iso3", "mineral"], sort=False):
        by_element = group.set_index("component")["share"]
        for part, elements in PARTS.items():
            share = float(by_element.reindex(elements).sum())
            rows.append({"deposit": deposit, "iso3": iso3, "mineral": mineral, "part": part, "share": share})
    return pd.DataFrame(rows).assign(source_id=str(deposits["source_id"].iloc[0]))


def element_share(deposits: pd.DataFrame, elements: tuple[str, ...]) -> pd.DataFrame:
    """Σ of the shares of `elements` by deposit, in % of total oxide, largest first.

    Returns deposit, iso3, mineral, share, qualifier, source_id. An element printed with ``<`` makes the sum an upper
    bound, one without a figure a lower bound. Raises KeyError when an element is in no row, and
    quantity.Undetermined when a deposit has both marks.
    """
    chosen = deposits[deposits["component"].isin(elements)]
    lacking = set(elements) - set(chosen["component"])
    if lacking:
        raise KeyError(f"no rows of {', '.join(sorted(lacking))}")
    found = []
    for (deposit, iso3, mineral), rows in chosen.groupby(["deposit", "iso3", "mineral"], sort=False):
        parts = [Quantity.from_row(v, q) for v, q in zip(rows["share"].tolist(), rows["qualifier"], strict=True)]
        whole = quantity.total(parts)
        found.append(
            {"deposit": deposit, "iso3": iso3, "mineral": mineral, "share": whole.value, "qualifier": whole.bound}
        )
    frame = pd.DataFrame(found).assign(source_id=str(deposits["source_id"].iloc[0]))
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def abundance(elements: pd.DataFrame) -> pd.DataFrame:
    """Elements with a crustal abundance (ppm by weight), most abundant first; `kind` sets rare earths apart."""
    frame = elements[elements["crustal_abundance_ppm"].notna()].copy()
    frame["kind"] = frame["rare_earth"].map({True: "rare earths", False: "for comparison"})
    return frame.sort_values("crustal_abundance_ppm", ascending=False, kind="stable")
