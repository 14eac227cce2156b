"""What several chapters compute from a table of countries: shares with bounds, concentration, the leading names.

`rows` is always one edition of one series and one period: a row per country (`iso3`), the world total as printed
(``WLD``) and perhaps ``OTH`` for other countries. Shares and indices belong to an edition; a numerator of one
edition over the total of another is a number nobody published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from lib import quantity
from lib.quantity import Quantity
from lib.tables import catalog

Day = dt.date | str | None
"""The as-of day: None or an empty text is today."""
WORLD, REST = "WLD", "OTH"
UNION = ("EU27", "EUX")
"""The European Union as one importer, and what it buys from outside."""
WITH_ARTICLE = ("USA", "GBR", "NLD", "PHL", "ARE")
DENOMINATORS = ("printed", "listed")


def select(name: str, as_of: Day, what: str, *, vintages: str = "newest", **equal: object) -> pd.DataFrame:
    """Select the rows of a table known on `as_of` whose columns equal the given values (a list: any of them).

    `what` names this part of the table for the reader, as the subject of "… starts on 1 January 2000". Raises
    catalog.NoDataYet with the day on which such rows begin, when none of them was public.
    """
    try:
        rows = matching(catalog.table(name, as_of, vintages=vintages), equal)
    except catalog.NoDataYet:
        rows = None
    if rows is None or rows.empty:
        first = catalog.starts(name, lambda every: matching(every, equal))
        raise not_yet(name, as_of, what, first)
    return rows


def not_yet(name: str, as_of: Day, what: str, starts: dt.date | None = None) -> catalog.NoDataYet:
    """Make the error that says that `what`, a part of a table, was not public on a day, and since when it is."""
    return catalog.NoDataYet(name, catalog.as_day(as_of), starts, what)


def optional(name: str, as_of: Day, *, vintages: str = "newest") -> pd.DataFrame:
    """Return a table as known on a day, without rows where nothing of it was public."""
    try:
        return catalog.table(name, as_of, vintages=vintages)
    except catalog.NoDataYet:
        return catalog.blank(name)


def columns(heads: Mapping[str, str], wanted: str, **own: str) -> dict[str, str]:
    """Give columns with their heads; `wanted` names them in order, with blanks between, `own` are a table's own."""
    return {name: own.get(name) or heads[name] for name in wanted.split()}


def matching(frame: pd.DataFrame, equal: Mapping[str, object]) -> pd.DataFrame:
    """Select the rows whose columns equal the given values (a list: any of them)."""
    fits = [
        frame[column].isin(wanted if isinstance(wanted, list | tuple | set) else [wanted])
        for column, wanted in equal.items()
    ]
    return frame[np.logical_and.reduce(fits)] if fits else frame


def called(iso3: str) -> str:
    """Name a place as a sentence does: `the United States`, `the world`, `the EU`, `China`."""
    name = {WORLD: "world", **dict.fromkeys(UNION, "EU")}.get(iso3) or catalog.country_name(iso3)
    return f"the {name}" if iso3 in (WORLD, *UNION, *WITH_ARTICLE) else name


def editions(frame: pd.DataFrame) -> list[str]:
    """List the editions of a table (all vintages) that print a world total, in the order of their publication."""
    printed = frame[frame["iso3"] == WORLD]
    return list(printed.groupby("edition")["published"].min().sort_values(kind="stable").index)


def with_total(frame: pd.DataFrame, value: str = "value") -> pd.DataFrame:
    """Keep the rows of those editions and years for which a world total is printed.

    Without one there is no share, and a country alone is no table: such rows wait for the total.
    """
    printed = frame[(frame["iso3"] == WORLD) & frame[value].notna()]
    with_world = set(zip(printed["edition"], printed["year"], strict=True))
    return frame[[key in with_world for key in zip(frame["edition"], frame["year"], strict=True)]]


def edition(frame: pd.DataFrame, name: str, **equal: object) -> pd.DataFrame:
    """Return the table as it stands in one edition: of several versions the newest row per country.

    `frame` holds all vintages known by the as-of day; `equal` restricts other columns, such as year=2024.
    Returns one row per country with its index, so that it can name the rows of a fact.
    """
    rows = matching(frame, {"edition": name} | equal)
    return rows.sort_values("published", kind="stable").drop_duplicates("iso3", keep="last").sort_index()


def row(rows: pd.DataFrame, iso3: str) -> pd.DataFrame:
    """Return the one row of a country, as a frame. Raises KeyError when it is not listed or is there twice."""
    (places,) = (rows["iso3"] == iso3).to_numpy().nonzero()
    if len(places) != 1:
        raise KeyError(f"{iso3}: {len(places)} rows where one was expected")
    return rows.iloc[places[0] : places[0] + 1]


def amount(rows: pd.DataFrame, iso3: str, value: str = "value") -> Quantity:
    """Return the figure of one country with its marks."""
    return _quantities(row(rows, iso3), value)[0]


def _quantities(rows: pd.DataFrame, value: str) -> list[Quantity]:
    cells = zip(rows[value].tolist(), rows["qualifier"], catalog.bases(rows), strict=True)
    return [Quantity.from_row(*cell) for cell in cells]


def total(rows: pd.DataFrame, value: str = "value", denominator: str = "printed") -> Quantity:
    """Return the total of which shares are taken.

    printed  the world total as the source prints it: rounded, and a lower bound where it carries ``>``
    listed   the sum of the rows; a lower bound where a country has no figure, since missing is not zero
    """
    if denominator == "printed":
        return amount(rows, WORLD, value)
    if denominator != "listed":
        raise ValueError(f"denominator must be one of {', '.join(DENOMINATORS)}, not {denominator!r}")
    return quantity.total(_quantities(rows[rows["iso3"] != WORLD], value))


def share(rows: pd.DataFrame, iso3: str, value: str = "value", denominator: str = "printed") -> Quantity:
    """Compute a country's percentage of the world, s = 100 P_i / P_world, inside one edition; bounds propagate."""
    return amount(rows, iso3, value).share_of(total(rows, value, denominator))


def shares(rows: pd.DataFrame, value: str = "value", denominator: str = "printed") -> pd.DataFrame:
    """Add each country's `share` in percent; `qualifier` becomes that of the share (``<`` for an upper bound).

    The world row is left out; a country without a figure keeps its mark (NA, W) and has no share. Largest first.
    """
    whole = total(rows, value, denominator)
    frame = rows[rows["iso3"] != WORLD].copy()
    percent = [part.share_of(whole) for part in _quantities(frame, value)]
    frame["share"] = [float("nan") if s.missing else s.value for s in percent]
    frame["qualifier"] = [_marks(q, s) for q, s in zip(frame["qualifier"], percent, strict=True)]
    return frame.sort_values(["share", "iso3"], ascending=[False, True], kind="stable")


def _marks(printed: str, result: Quantity) -> str:
    if result.missing:
        return printed
    kept = [mark for mark in printed.split(";") if mark and mark not in ("<", ">")]
    return ";".join(([result.bound] if result.bound else []) + kept)


def leader(rows: pd.DataFrame, value: str = "value") -> str:
    """Return the country with the largest figure."""
    single = rows[~rows["iso3"].isin([WORLD, REST])]
    return str(single.loc[single[value].idxmax(), "iso3"])


def top(rows: pd.DataFrame, n: int, value: str = "value", always: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the n largest countries (and those of `always`), the others added up as a last row ``OTH``.

    Countries without a figure and rows of zero are left out; the added row keeps no source marks but ``derived``.
    """
    single = rows[~rows["iso3"].isin([WORLD, REST]) & rows[value].gt(0)]
    codes = single.sort_values([value, "iso3"], ascending=[False, True], kind="stable")["iso3"]
    return among(rows, [code for i, code in enumerate(codes) if i < n or code in always], value)


def among(rows: pd.DataFrame, codes: Iterable[str], value: str = "value") -> pd.DataFrame:
    """Return the countries of `codes` as `top` does the largest ones, with those of zero too."""
    chosen = rows["iso3"].isin(list(codes)) & ~rows["iso3"].isin([WORLD, REST])
    kept = rows[chosen & rows[value].notna()].sort_values([value, "iso3"], ascending=[False, True], kind="stable")
    rest = rows[~chosen & (rows["iso3"] != WORLD) & rows[value].gt(0)]
    if rest.empty:
        return kept
    added = rest.sort_values(value, kind="stable").tail(1).copy()
    marks = ["derived"] + (["e"] if any("e" in mark.split(";") for mark in rest["qualifier"]) else [])
    added[["iso3", "qualifier"]] = [REST, ";".join(marks)]
    added[value] = rest[value].sum()
    return pd.concat([kept, added])


def top_share(rows: pd.DataFrame, n: int, value: str = "value", denominator: str = "printed") -> Quantity:
    """Compute the share of the n largest countries together, CR_n in percent (concentration ratio)."""
    single = rows[~rows["iso3"].isin([WORLD, REST])].nlargest(n, value)
    return quantity.total(_quantities(single, value)).share_of(total(rows, value, denominator))


def concentration(rows: pd.DataFrame, value: str = "value", denominator: str = "printed") -> Quantity:
    """Compute the Herfindahl–Hirschman index Σ s², 0 to 10,000, of the countries that are named.

    ``OTH`` counts in the denominator and not in the sum, as if its countries were many and small. Over a total that
    is a lower bound the index is an upper bound; that holds while the countries without a figure have together
    less than 2h/(1 − h) times the sum of the others, h being the index over 10,000. Raises ValueError when the rows
    add up to more than the total and its rounding (101%): then the printed total is no denominator.
    """
    whole = total(rows, value, denominator)
    percent = shares(rows, value, denominator)[["iso3", "share"]].dropna()
    quantity.hhi(percent["share"])  # refuses a whole of more than 101%
    countries = percent.loc[percent["iso3"] != REST, "share"]
    return Quantity(quantity.hhi(countries), quantity.OPPOSITE[whole.bound], whole.estimated)
