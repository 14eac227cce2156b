"""Rows as the charts need them: tidy, with their marks read, their gaps, names, colours, order and tooltips."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, pairwise
from typing import Literal

import altair as alt
import pandas as pd

from lib import facts
from lib.figures import theme
from lib.quantity import Quantity
from lib.tables import catalog

NARROW_BELOW = 480
MISSING = {"W": "withheld", "NA": "not available", "E": "net exporter", "X": "not applicable"}
OTHERS = ("OTH", "ROW", "Other", "Others", "Other countries", "Rest of the world")
PLACE_CODE = re.compile(r"[A-Z]{3}|EU27|EUX|EU|_X")
# What a column is called where a reader meets it.
HEADERS = {
    "iso3": "Country",
    "importer": "Importer",
    "exporter": "Exporter",
    "partner": "Partner",
    "source_id": "Source",
    "qualifier": "Marks",
}
# For what is not an actor, in this order, and none of them an actor's: lines and dots, which dashes and labels tell
# apart as well, and parts of bars and areas.
PLAIN_SERIES = ("accent", "ink")
PLAIN_PARTS = ("seq-4", "accent", "seq-2", "ink")


def narrow(width: float) -> bool:
    """Return whether a chart is drawn for a phone."""
    return width < NARROW_BELOW


def tidy(
    data: pd.DataFrame,
    value: str | None,
    fields: Mapping[str, str | None],
    *,
    unit: str = "",
    places: int | None = None,
    hollow: str | bool | None = None,
) -> pd.DataFrame:
    """Make rows as the charts need them: short internal names, marks read from `qualifier`, texts made.

    `fields` maps internal to given column names (None: left out). Added: `v` the value, `label` for the mark,
    `told` for the tooltip, `bound`, `hollow`, `source`, `edition`. `hollow` names a boolean column, or False to
    draw estimates full.
    """
    frame = pd.DataFrame(index=data.index)
    for internal, given in fields.items():
        if given is not None:
            frame[internal] = data[given]
    marks = data["qualifier"].fillna("").astype(str) if "qualifier" in data else pd.Series("", data.index)
    if value is not None:
        frame["v"] = pd.to_numeric(data[value]).astype("float64")
        pairs = list(zip(frame["v"], marks, strict=True))
        frame["bound"] = [Quantity.from_row(number, mark).bound for number, mark in pairs]
        frame["label"] = [short(number, unit, mark, places) for number, mark in pairs]
        frame["told"] = [told(number, unit, mark, places) for number, mark in pairs]
    if isinstance(hollow, str):
        frame["hollow"] = data[hollow].fillna(False).astype(bool)
    elif hollow is False:
        frame["hollow"] = False
    else:
        frame["hollow"] = ["e" in mark.split(";") for mark in marks]
    if "source_id" in data:
        frame["source"] = source_labels(data["source_id"])
    for column in ("edition", "scope"):
        if column in data and column not in frame:
            frame[column] = data[column].astype("string")
    return frame.reset_index(drop=True)


def short(value: float, unit: str, marks: str = "", places: int | None = None) -> str:
    """Write the text beside a mark: `130,000 t`, `>90%`, `withheld`."""
    if pd.isna(value):
        return next((word for mark, word in MISSING.items() if mark in marks.split(";")), "no figure")
    bound = Quantity.from_row(value, marks).bound
    return bound + facts.format_quantity(Quantity(float(value)), unit, places)


def told(value: float, unit: str, marks: str = "", places: int | None = None) -> str:
    """Write the text of a tooltip: the value with its bound in words and its other marks."""
    if pd.isna(value):
        return short(value, unit, marks)
    body = facts.format_quantity(Quantity.from_row(value, marks), unit, places)
    words = [facts.MARK_WORDS.get(mark, mark) for mark in marks.split(";") if mark and mark not in (">", "<")]
    return f"{body} ({', '.join(words)})" if words else body


def source_labels(ids: pd.Series) -> pd.Series:
    """Write `Publisher (year)` for each source id; the id itself when it is not in the list."""
    listed = catalog.sources()[["publisher", "published"]]
    rows = listed[listed.index.isin(ids)].itertuples(name=None)
    labels = {source: f"{publisher} ({'n.d.' if pd.isna(day) else day.year})" for source, publisher, day in rows}
    return ids.map(lambda source: "" if pd.isna(source) else labels.get(source, str(source)))


def tooltip(frame: pd.DataFrame, **titles: str) -> list[alt.Tooltip]:
    """Make tooltips for these internal columns, then value, edition, source where the rows have them."""
    fields = titles | {"told": "Value", "scope": "Scope", "edition": "Edition", "source": "Source"}
    return [
        alt.Tooltip(field, type=_type(frame[field]), title=title, **_format(frame[field]))
        for field, title in fields.items()
        if field in frame
    ]


def _type(column: pd.Series) -> Literal["temporal", "quantitative", "nominal"]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "temporal"
    return "quantitative" if pd.api.types.is_numeric_dtype(column) else "nominal"


def _format(column: pd.Series) -> dict:
    return {"format": "%-d %B %Y"} if pd.api.types.is_datetime64_any_dtype(column) else {}


def is_place(key: object) -> bool:
    """Return whether a key is a place code of the book: ISO 3166-1 alpha-3, a union, a trade special."""
    if not isinstance(key, str) or not PLACE_CODE.fullmatch(key):
        return False
    return key.startswith("_") or key in theme.SAME_ACTOR or key in theme.ACTORS or key in catalog.country_names()


def names(keys: Iterable, labels: Mapping | None = None) -> dict:
    """Return labels by key: those given, the short names of places, else the key itself."""
    given = labels or {}
    return {key: given.get(key) or (catalog.country_name(key) if is_place(key) else str(key)) for key in keys}


def palette(
    keys: Sequence,
    colours: Mapping | None = None,
    highlight: Sequence = (),
    *,
    distinct: Sequence[str] = (),
) -> dict:
    """Choose a hex per key: the given one (a hex, a token or a place code), the actor's, or one of the plain ones.

    distinct  plain tones, also for places without a colour of their own, where one grey would not tell them apart
    """
    chosen: dict = {}
    plain = cycle(distinct or PLAIN_SERIES)
    greys = [key for key in keys if key in OTHERS or (is_place(key) and theme.actor(key) == "OTH")]
    for key in keys:
        given = (colours or {}).get(key)
        grey = (highlight and key not in highlight) or key in OTHERS
        if given:
            chosen[key] = resolve(given)
        elif not grey and is_place(key) and not (distinct and key in greys and len(greys) > 1):
            chosen[key] = theme.colour(key)
        else:
            chosen[key] = theme.colour("OTH") if grey else theme.token("accent" if highlight else next(plain))
    return chosen


def resolve(given: str) -> str:
    """Return a hex from a hex, a token name (`accent`, `seq-3`) or a place code."""
    if given.startswith("#"):
        return given.lower()
    return theme.tokens()[given][0] if given in theme.tokens() else theme.colour(given)


def ordered(keys: Sequence, sizes: Mapping, order: Sequence | None) -> list:
    """Sort keys by size, largest first, what stands for the rest last; or in the order given."""
    if order is not None:
        rest = [key for key in keys if key not in order]
        return [key for key in order if key in keys] + rest
    return sorted(keys, key=lambda key: (key in OTHERS, pd.isna(sizes[key]), -(sizes[key] or 0), str(key)))


def with_gaps(frame: pd.DataFrame, x: str = "x", series: str = "s", value: str = "v") -> pd.DataFrame:
    """Add an empty row wherever a series skips a step of its usual length, so that no line runs through."""
    pieces = []
    for _, rows in frame.groupby(series, sort=False):
        rows = rows.sort_values(x)
        steps = rows[x].diff().dropna()
        if len(steps) > 1:
            usual = steps.mode().iloc[0] if steps.dtype.kind != "m" else steps.median()
            wide = steps[steps > usual * 1.6].index
            if len(wide):
                holes = rows.loc[wide, [x, series]].copy()
                holes[x] = rows[x].shift(1).loc[wide] + usual
                holes[value] = float("nan")
                rows = pd.concat([rows, holes]).sort_values(x, kind="stable")
        pieces.append(rows)
    return pd.concat(pieces, ignore_index=True)


def lonely(frame: pd.DataFrame, series: str = "s", value: str = "v") -> pd.DataFrame:
    """Select points with a gap on both sides, which a line alone would not show."""
    present = frame[value].notna()
    before = present.groupby(frame[series]).shift(1, fill_value=False)
    after = present.groupby(frame[series]).shift(-1, fill_value=False)
    return frame[present & ~before & ~after]


def title_of(column: str) -> str:
    return HEADERS.get(column, column.replace("_", " ").capitalize())


def class_names(edges: Sequence[float], unit: str) -> list[str]:
    sign = "%" if unit == "%" else f" {unit}" if unit else ""
    words = [f"{edge:,.10g}" for edge in edges]
    middle = [f"{low}–{high}{sign}" for low, high in pairwise(words)]
    return [f"under {words[0]}{sign}", *middle, f"{words[-1]}{sign} and more"]
