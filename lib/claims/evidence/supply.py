"""Reserves, mine output and elements: what statements about what is in and comes out of the ground are held against."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from lib.claims.evidence.known import LOOK_BACK, Known, answer, metric, printed, role_by_trust, year_role
from lib.claims.rules import CONTEXT, NATURAL, OTHER, Reading, joined, ratio_spread
from lib.indicators import common, processing, reserves
from lib.quantity import Quantity
from lib.tables import catalog

ORDINALS = {1: "first", 2: "second", 3: "third"}


@metric
def reserves_share(view: Known, year: int, iso3: str) -> list[Reading]:
    """Return a country's share of world reserves in every known edition, R_i / R_world; the newest is natural."""
    readings = []
    blocks = _reserves(view)
    for state, rows in blocks.groupby("state", sort=False):
        share = common.share(rows, iso3, reserves.VALUE)
        part, whole = common.row(rows, iso3), common.row(rows, common.WORLD)
        role = NATURAL if rows["since"].iloc[0] == blocks["since"].max() else OTHER
        readings.append(_share(state, share, part, whole, reserves.VALUE, role))
    return readings[::-1] + _quoted_reserves(view, year, iso3)


def _reserves(view: Known) -> pd.DataFrame:
    return view.once("reserves", lambda: reserves.states(view.editions("reserves", series="usgs_mcs")))


def _quoted_reserves(view: Known, year: int, iso3: str) -> list[Reading]:
    """Return shares inside editions that are known only as others quote them, and of other compilers.

    A quoted edition counts though its witness is weak: there is no other, and what the edition printed is not in doubt.
    """
    frame = view.editions("reserves", series=["quoted", "ei", "bp"])
    whole_of = frame[frame["iso3"].eq(common.WORLD) & frame[reserves.VALUE].notna()]
    readings = []
    for key, whole in whole_of.groupby(["series", "edition", "source_id"]):
        same = frame["series"].eq(key[0]) & frame["edition"].eq(key[1]) & frame["source_id"].eq(key[2])
        part = frame[same & frame["iso3"].eq(iso3) & frame[reserves.VALUE].notna()]
        if len(part) != 1 or len(whole) != 1:
            continue
        label = reserves.label(key[1]) + (", as quoted" if key[0] == "quoted" else "")
        share = printed(part, reserves.VALUE).share_of(printed(whole, reserves.VALUE))
        role = OTHER if key[0] == "quoted" else role_by_trust(pd.concat([part, whole]), OTHER)
        role = role if year - LOOK_BACK <= int(whole["year"].iloc[0]) else CONTEXT
        readings.append(_share(label, share, part, whole, reserves.VALUE, role))
    return readings


def _share(edition: str, share: Quantity, part: pd.DataFrame, whole: pd.DataFrame, column: str, role: str) -> Reading:
    """Make a reading of a share whose words name what is divided: `MCS 2023: 44 of 130 Mt`."""
    amounts = [float(frame[column].iloc[0]) for frame in (part, whole)]
    held, world = (
        f"{printed(frame, column).bound}{amount / 1e6:g}" for frame, amount in zip((part, whole), amounts, strict=True)
    )
    formula = f"100 × {part['iso3'].iloc[0]} / world, one edition"
    what = f"{edition}: {held} of {world} Mt"
    return Reading(what, share, "%", (part, whole), formula, role, spread=ratio_spread(*amounts))


@metric
def reserves_lead(view: Known, year: int, iso3: str) -> list[Reading]:
    """Return how many times the next country's reserves a country has; below one when it is not the first."""
    readings = []
    blocks = _reserves(view)
    for state, rows in blocks.groupby("state", sort=False):
        role = NATURAL if rows["since"].iloc[0] == blocks["since"].max() else OTHER
        readings.append(_lead(state, rows, iso3, reserves.VALUE, role))
    return readings[::-1]


def _lead(what: str, rows: pd.DataFrame, iso3: str, column: str, role: str, year: int | None = None) -> Reading:
    others = rows[~rows["iso3"].isin([iso3, common.WORLD, common.REST])]
    second = others.loc[[others[column].idxmax()]]
    own = common.row(rows, iso3)
    name = catalog.country_name(second["iso3"].iloc[0])
    ends = ratio_spread(float(own[column].iloc[0]), float(second[column].iloc[0]), 1.0)
    times = printed(own, column) / printed(second, column)
    return Reading(
        f"{what}, next: {name}", times, "times", (own, second), f"{iso3} / {name}", role, spread=ends, year=year
    )


@metric
def mine_share(view: Known, year: int, iso3: str) -> list[Reading]:
    """Return a country's share of world mine output, P_i / P_world, by year and edition, with rival estimates."""
    return _mined(view, year, lambda rows: _mine_share(rows, iso3)) + _rival_shares(view, year, iso3)


def _mine_share(rows: pd.DataFrame, iso3: str) -> dict:
    part, whole = common.row(rows, iso3), common.row(rows, common.WORLD)
    return {
        "value": common.share(rows, iso3),
        "unit": "%",
        "rows": (part, whole),
        "formula": f"100 × {iso3} / world, one edition",
        "spread": ratio_spread(float(part["value"].iloc[0]), float(whole["value"].iloc[0])),
    }


def _rival_shares(view: Known, year: int, iso3: str) -> list[Reading]:
    frame = view.table("stage_shares", stage="mining", holder=iso3, share_of="world supply")
    frame = frame[frame["share"].notna() & ~frame["kind"].isin(["computed", "projection"])]
    readings = []
    for line in frame.index:
        row = frame.loc[[line]]
        when = int(row["year"].iloc[0])
        role = role_by_trust(row, OTHER if year - 1 <= when <= year else CONTEXT)
        what = f"{when}, {row['scope'].iloc[0]}, {row['estimator'].iloc[0]}"
        readings.append(Reading(what, printed(row, "share"), "%", (row,), role=role, year=when))
    return readings


@metric
def mine_ratio(view: Known, year: int, iso3: str, to: str) -> list[Reading]:
    """Return the mine output of a country as a percentage of another's, by year and edition."""

    def ratio(rows: pd.DataFrame) -> dict:
        part, base = common.row(rows, iso3), common.row(rows, to)
        return {
            "value": printed(part).share_of(printed(base)),
            "unit": "%",
            "rows": (part, base),
            "formula": f"100 × {iso3} / {to}, one edition",
            "spread": ratio_spread(float(part["value"].iloc[0]), float(base["value"].iloc[0])),
        }

    return _mined(view, year, ratio)


@metric
def mine_output(view: Known, year: int, iso3: str) -> list[Reading]:
    """Return the mine output of a country in the year, by edition."""

    def output(rows: pd.DataFrame) -> dict:
        own = common.row(rows, iso3)
        return {"value": printed(own), "unit": "t", "rows": (own,), "formula": "as printed, rare-earth oxide"}

    return _mined(view, year, output)


@metric
def mine_rank(view: Known, year: int, iso3: str) -> list[Reading]:
    """Rank a country in mine output, by year and edition."""

    def rank(rows: pd.DataFrame) -> dict:
        single = rows[~rows["iso3"].isin([common.WORLD, common.REST]) & rows["value"].notna()]
        place = int(single["value"].gt(common.amount(rows, iso3).value).sum()) + 1
        text = ORDINALS.get(place, f"number {place}")
        return {
            "value": Quantity(place),
            "unit": "rank",
            "rows": (single,),
            "formula": "countries sorted",
            "text": text,
        }

    return _mined(view, year, rank)


def _mined(view: Known, year: int, compute: Callable[[pd.DataFrame], dict]) -> list[Reading]:
    """Return readings of the USGS mine output: for each year the newest edition first, then the earlier ones."""
    printed_rows = view.once("mined", lambda: _mine_tables(view))
    newest = max((when for when, *_ in printed_rows), default=year)
    last = {when: edition for when, edition, _ in printed_rows}  # editions come in the order of publication
    readings = []
    for _, (when, edition, rows) in sorted(enumerate(printed_rows), key=lambda entry: (entry[1][0], entry[0]))[::-1]:
        role = year_role(when, year, newest)
        role = OTHER if role == NATURAL and last[when] != edition else role
        readings.append(Reading(f"{when}, {reserves.label(edition)}", role=role, year=when, **compute(rows)))
    return readings


def _mine_tables(view: Known) -> list[tuple[int, str, pd.DataFrame]]:
    """List year, edition and rows of every table of mine output with a world total, in the order of publication."""
    frame = view.editions("mine_production", series="usgs_mcs")
    tables = []
    for edition in common.editions(frame):
        own = frame[frame["edition"].eq(edition)]
        years = sorted(own.loc[own["iso3"].eq(common.WORLD), "year"].unique())
        tables += [(int(when), edition, common.edition(own, edition, year=when)) for when in years]
    return tables


@metric
def share_gap(view: Known, year: int, upper: str, lower: str) -> list[Reading]:
    """Return the percentage points by which China's share at a stage exceeds that at another, inside one publication.

    Never across publications or scopes: shares of total oxide and of magnet elements have different denominators.
    """
    if lower == "reserves":
        return _mine_over_reserves(view, year)
    return _one_publication(view) + _section_232(view)


def _mine_over_reserves(view: Known, year: int) -> list[Reading]:
    output, held = (view.editions(name, series="usgs_mcs") for name in ("mine_production", "reserves"))
    readings = []
    for edition in [name for name in common.editions(held) if name in set(common.editions(output))]:
        rows, ground = reserves.latest_output(output, edition), common.edition(held, edition)
        mined, owned = common.share(rows, "CHN"), common.share(ground, "CHN", reserves.VALUE)
        used = tuple(common.row(frame, code) for frame in (rows, ground) for code in ("CHN", common.WORLD))
        readings.append(
            Reading(
                f"mining over reserves, {reserves.label(edition)}",
                mined - owned,
                "percentage points",
                used,
                "share of mining less share of reserves, same edition",
            )
        )
    return [readings[-1], *(_as_other(reading) for reading in readings[-2::-1])] if readings else []


def _as_other(reading: Reading) -> Reading:
    return Reading(**{**vars(reading), "role": OTHER})


def _one_publication(view: Known) -> list[Reading]:
    frame = view.table("stage_shares", holder="CHN", scope=processing.MAGNET, stage=["mining", "separation"])
    frame = frame[frame["share"].notna() & ~frame["kind"].eq("projection") & ~frame["confidence"].eq("low")]
    readings = []
    for (_, when), rows in frame.groupby(["source_id", "year"]):
        by_stage = dict(list(rows.groupby("stage")))
        if len(by_stage) == 2 and all(len(part) == 1 for part in by_stage.values()):
            gap = printed(by_stage["separation"], "share") - printed(by_stage["mining"], "share")
            what = f"separation over mining, {when}, four magnet elements, {rows['estimator'].iloc[0]}"
            readings.append(Reading(what, gap, "percentage points", (rows,), "difference, one source", year=int(when)))
    return readings


def _section_232(view: Known) -> list[Reading]:
    """Read the US Section 232 report, which prints three shares together as text: mining, processing, magnets."""
    row = view.table("statements", statement_id="defence-section-232-ndfeb-shares")
    if row.empty:
        return []
    mining, processed, _ = _percentages(row["value_text"].iloc[0])
    what = "processing over mining, US Section 232 report"
    second = "substr(value_text, instr(value_text, '/') + 1)"
    query = f"SELECT CAST(ltrim({second}, ' ~<>') AS REAL) - CAST(ltrim(value_text, ' ~<>') AS REAL) FROM statements"
    formula = "difference of the printed shares"
    return [Reading(what, processed - mining, "percentage points", (row,), formula, query=query)]


def _percentages(text: str) -> list[Quantity]:
    """Read `~60 / >85 / >90` as quantities."""
    parts = [part.strip() for part in text.split("/")]
    return [Quantity(float(part.lstrip("~<>")), part[0] if part[0] in "<>" else "", part[0] == "~") for part in parts]


# --- elements ---


@metric
def element_count(view: Known, year: int) -> list[Reading]:
    """Count the rare-earth elements: the lanthanides, yttrium and scandium."""
    rows = view.table("elements")
    rare = rows[rows["rare_earth"]]
    return [Reading("elements of the group", Quantity(len(rare)), "count", (rare,), "elements counted")]


@metric
def membership(view: Known, year: int, symbols: list[str]) -> list[Reading]:
    """Count how many of the named elements belong to the rare earths."""
    rows = view.table("elements")
    rare = rows[rows["rare_earth"]]
    members = rare[rare["symbol"].isin(symbols)]
    label = f"{len(members)} of {len(symbols)}"
    return [
        Reading(
            f"{joined(symbols)} among the rare earths",
            Quantity(len(members)),
            "count",
            (rare,),
            "elements counted",
            text=label,
        )
    ]


@metric
def commoner_than(view: Known, year: int, symbol: str) -> list[Reading]:
    """Return the share of the rare earths with known crustal abundance that are more abundant than another element."""
    rows = view.table("elements")
    rows = rows[rows["crustal_abundance_ppm"].notna()]
    other = rows[rows["symbol"].eq(symbol)]
    rare = rows[rows["rare_earth"]]
    above = rare["crustal_abundance_ppm"].gt(float(other["crustal_abundance_ppm"].iloc[0])).sum()
    name = other["name"].iloc[0].lower()
    return [
        Reading(
            f"rare earths that are more abundant than {name}",
            Quantity(100.0 * above / len(rare)),
            "%",
            (rare, other),
            "elements counted / elements with a figure",
            text=f"{above} of {len(rare)}",
        )
    ]


@metric
def listed_reserves(view: Known, year: int, countries: list[str]) -> list[Reading]:
    """Say whether each of the countries is listed with reserves of its own in the newest edition."""
    blocks = _reserves(view)
    if blocks.empty:
        return []
    rows = reserves.newest(blocks)
    readings = []
    for code in countries:
        own = rows[rows["iso3"].eq(code) & rows[reserves.VALUE].gt(0)]
        name = catalog.country_name(code)
        if own.empty:
            readings.append(answer(name, False, "not listed", rows[rows["iso3"].eq(common.WORLD)]))
        else:
            tonnes = f"{own[reserves.VALUE].iloc[0] / 1e6:g} Mt, {rows['state'].iloc[0]}"
            readings.append(answer(name, True, tonnes, own.drop(columns=["state", "since"])))
    return readings


@metric
def uses_owed_to(view: Known, year: int, label: str, words: list[str]) -> list[Reading]:
    """Return the share of the rare earths whose uses, as the USGS lists them, name one of the words."""
    frame = view.table("element_uses")
    if frame.empty:
        return []
    rows = frame[frame["edition"].eq(frame["edition"].max())]
    named = rows[rows["uses"].str.contains("|".join(words), case=False)]
    what = f"rare earths with a listed use that names {label}, {reserves.label(rows['edition'].iloc[0])}"
    return [
        Reading(
            what,
            Quantity(100.0 * len(named) / len(rows)),
            "%",
            (rows,),
            "elements counted / elements listed",
            text=f"{len(named)} of {len(rows)}",
        )
    ]
