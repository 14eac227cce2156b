"""What an explored indicator is made of: observations, each a point of one line, and the words for what they are.

A line is one series (a publisher's data set, edition or estimate) of one product, economy, origin and measure. Two
series never make one line: where two points would fall on one place, their series is told apart by source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from lib.indicators import common
from lib.quantity import ESTIMATES, Number, Quantity
from lib.tables import catalog

LINE = ["measure", "product", "place", "partner", "series"]
"""What makes a line."""
COLUMNS = [*LINE, "time", "period", "value", "low", "high", "marks", "weak", "source_id", "_rows"]
"""Columns of a frame of observations.

time    year, month or day as ISO 8601 writes it; `period` is what a reader sees in its place, where that is more
value   in the unit of the measure; missing where a source has none, `low` and `high` where it prints a range
marks   those of the row, `;` between them: `<` at most, `>` more than, e estimated, NA, …
weak    whether the row is of low confidence
_rows   (table, row) of all that the value rests on
"""
Rows = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Measure:
    """What is measured, in which unit, and with how many decimals it is shown (None: as many as its size asks for)."""

    title: str
    unit: str
    places: int | None = None


@dataclass(frozen=True)
class Indicator:
    """Something that a reader can explore.

    what      a sentence that says what it is and what it is not
    measures  by key, the first one shown at first
    products  titles by key, in their order
    read      the observations as known on a day; without rows where nothing was public
    first     what is chosen at first: keys by dimension; of a dimension that is not named, all
    of_places whether its values belong to countries, so that they have a map
    """

    name: str
    title: str
    what: str
    measures: Mapping[str, Measure]
    products: Mapping[str, str]
    read: Callable[[common.Day], pd.DataFrame]
    first: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_places: bool = True
    place: str = "Economies"
    """What the economies of its lines are."""


def observation(
    measure: str,
    product: str,
    place: str,
    series: str,
    time: object,
    quantity: Quantity | float | None,
    marks: str,
    source_id: object,
    rows: Rows,
    *,
    partner: str = "",
    period: str = "",
    low: float | None = None,
    high: float | None = None,
    weak: bool = False,
) -> dict:
    """Make one observation; of a Quantity the bound and the estimate are added to the marks that its row prints."""
    amount = quantity if isinstance(quantity, Quantity) else Quantity(quantity)
    return {
        "measure": measure,
        "product": product,
        "place": place,
        "partner": partner,
        "series": series,
        "time": str(time),
        "period": period or str(time),
        "value": float("nan") if amount.value is None else amount.value,
        "low": float("nan") if low is None else low,
        "high": float("nan") if high is None else high,
        "marks": marked(amount, marks),
        "weak": weak,
        "source_id": str(source_id),
        "_rows": rows,
    }


def marked(amount: Quantity, marks: str) -> str:
    """Write the marks of a result: its own bound and estimate first, then those of its row that are no bounds."""
    own = [amount.bound, "e" if amount.estimated else ""]
    kept = [mark for mark in str(marks or "").split(";") if mark not in ("<", ">")]
    return ";".join(dict.fromkeys(filter(None, [*own, *kept])))


def cells(frame: pd.DataFrame, lines: Iterable[int] | None = None) -> Rows:
    """Name rows of a table as the catalog gives it."""
    table = str(frame.attrs["table"])
    return tuple((table, int(row)) for row in (frame.index if lines is None else lines))


def cells_of(number: Number) -> Rows:
    """Name the rows that a number rests on."""
    frames = [number.rows] if isinstance(number.rows, pd.DataFrame) else number.rows
    frames = frames.values() if isinstance(frames, Mapping) else frames
    return tuple(cell for frame in frames for cell in cells(frame))


def gathered(found: Iterable[dict]) -> pd.DataFrame:
    """Make a frame of observations, by line and time, with no two on one place of a line. Raises ValueError."""
    frame = pd.DataFrame(list(found), columns=COLUMNS)
    if frame.empty:
        return frame
    frame = frame[frame["value"].notna() | frame["low"].notna() | frame["marks"].str.contains(r"NA|W")]
    frame = _told_apart(frame.assign(marks=_with_estimates(frame)))
    twice = frame[frame.duplicated([*LINE, "time"], keep=False)]
    if len(twice):
        raise ValueError(f"two observations on one place of a line:\n{twice[[*LINE, 'time', 'source_id']].head()}")
    return frame.sort_values([*LINE, "time"], kind="stable", ignore_index=True)


def _told_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Let the sources of a series make series of their own where two of its points would fall on one place."""
    twice = frame.duplicated([*LINE, "time"], keep=False)
    shared = pd.MultiIndex.from_frame(frame[LINE]).isin(pd.MultiIndex.from_frame(frame.loc[twice, LINE]))
    if not shared.any():
        return frame
    listed = catalog.sources()
    named = [
        f"{series}, in {listed.loc[source, 'title']}" if apart else series
        for series, source, apart in zip(frame["series"], frame["source_id"], shared, strict=True)
    ]
    return frame.assign(series=named).drop_duplicates([*LINE, "time", "value", "low", "high", "source_id"])


def _with_estimates(frame: pd.DataFrame) -> list[str]:
    """Mark what rests on an estimate as one, as a fact of the book is: a share of an estimated total is no count."""
    tables = {table for rows in frame["_rows"] for table, _ in rows}
    estimates = {(table, row) for table in tables for row in _estimates(table)}
    return [
        marks if "e" in marks.split(";") or estimates.isdisjoint(rows) else ";".join(filter(None, ["e", marks]))
        for marks, rows in zip(frame["marks"], frame["_rows"], strict=True)
    ]


def _estimates(table: str) -> list[int]:
    """List the rows of a table that their publisher calls estimates."""
    rows = catalog.table(table, vintages="all")
    marked = pd.Series(False, index=rows.index)
    for column in {"qualifier", "flags"} & set(rows):
        marked |= rows[column].fillna("").str.split(";").map(lambda found: not ESTIMATES.isdisjoint(found))
    return [int(row) for row in rows.index[marked]]


def known(parts: Iterable[Callable[[common.Day], Iterable[dict]]], as_of: common.Day) -> Iterator[dict]:
    """Give the observations of all parts, none of a part of which nothing was public on a day."""
    for part in parts:
        try:
            found = list(part(as_of))
        except catalog.NoDataYet:
            continue
        yield from found
