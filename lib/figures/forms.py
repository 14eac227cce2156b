"""The chart forms of the book: each takes tidy rows, names their columns and returns an Altair chart.

Every form takes `width` last, the room it may use in pixels with all its labels, and lays itself out anew below
480 pixels. Shared by all: `unit` for tooltips and labels; `colours` maps a key to a hex, a token or a place code;
`labels` maps a key to its name; `places` sets decimals. Place codes (ISO 3166-1 alpha-3) get their names and
colours by themselves. A `qualifier` column draws estimates hollow and bounds as open-ended arrows; `source_id` and
`edition` columns enter the tooltips. Missing values leave a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import altair as alt
import pandas as pd

from lib.figures import picking, text, theme
from lib.figures.maps import choropleth, point_map
from lib.figures.parts import (
    LINE_HEIGHT,
    OTHERS,
    TimeAxis,
    annotations,
    class_names,
    end_labels,
    is_place,
    legend_of,
    lonely,
    multiline,
    names,
    narrow,
    nice_ticks,
    ordered,
    palette,
    resolve,
    tick_width,
    tidy,
    title_of,
    tooltip,
    value_axis,
    with_gaps,
)

__all__ = [
    "areas",
    "bars",
    "calendar",
    "choropleth",
    "dots_with_ranges",
    "gantt",
    "heatmap",
    "lines",
    "point_map",
    "scatter",
    "slope",
    "small_multiples",
    "stacked_areas",
    "stacked_bars",
    "step_lines",
]

STATES = {
    # state: (token, drawn soft and hatched, drawn hollow)
    "in force": ("accent", False, False),
    "suspended": ("accent", True, False),
    "announced": ("accent", False, True),
    "issued": ("accent", False, True),
    "expired": ("base", False, False),
    "repealed": ("base", False, False),
}


# --- bars ---


def bars(
    data: pd.DataFrame,
    category: str,
    value: str,
    *,
    unit: str = "",
    actor: str | None = None,
    highlight: Sequence = (),
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    order: Sequence | None = None,
    low: str | None = None,
    high: str | None = None,
    maximum: float | None = None,
    hollow: str | bool | None = None,
    slider: str | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Horizontal bars from zero with their values beside them, largest first, the rest of the world last.

    actor      column with the place code that gives the colour, when the category is not one itself
    highlight  categories in colour; all others are grey
    low, high  columns of a range, drawn as a thin bar over the end
    maximum    right end of the scale, for example 100 for shares
    slider     column of years: the newest is shown, and in the live chart a slider leads to the others
    """
    frame = tidy(
        data,
        value,
        {"k": category, "actor": actor, "low": low, "high": high, "moment": slider},
        unit=unit,
        places=places,
        hollow=hollow,
    )
    if slider:
        frame = frame.sort_values("moment", kind="stable").reset_index(drop=True)  # the newest decides the order
    keys = ordered(list(dict.fromkeys(frame["k"])), dict(zip(frame["k"], frame["v"], strict=True)), order)
    called = names(keys, labels)
    by_actor = palette(list(frame["actor"].unique()), colours) if actor else {}
    fills = palette(keys, colours, highlight) if (highlight or not actor) else {}
    if not actor and not highlight and not colours and not any(is_place(key) for key in keys):
        fills = {key: theme.colour("OTH") if key in OTHERS else theme.token("accent") for key in keys}
    frame["fill"] = [
        by_actor[code] if actor and not highlight else fills[key]
        for key, code in zip(frame["k"], frame.get("actor", frame["k"]), strict=True)
    ]
    top = max(maximum or 0, frame["v"].max(), frame["high"].max() if high else 0) or 1
    plot = _Rows([called[key] for key in keys], width, right=text.widest(frame["label"], bold=True) + 16, step=28)
    frame["name"] = frame["k"].map(called)
    frame["row"] = frame["k"].map(dict(zip(keys, plot.labels, strict=True)))
    frame["end"] = frame[["v", "high"]].max(axis=1) if high else frame["v"]
    frame["end"] = frame["end"].fillna(0)
    x = alt.X("v:Q", scale=alt.Scale(domain=[0, float(top)], nice=False), axis=None)
    hints = tooltip(frame, name=title_of(category))
    layers = []
    paint = alt.Color("fill:N", scale=None, legend=None)
    bar = {"height": 18, "yOffset": plot.lift}
    full, empty = frame[~frame["hollow"] & frame["v"].notna()], frame[frame["hollow"] & frame["v"].notna()]
    if len(full):
        layers.append(alt.Chart(full).mark_bar(**bar).encode(x=x, y=plot.y(), color=paint, tooltip=hints))
    if len(empty):
        layers.append(
            alt.Chart(empty)
            .mark_bar(**bar | {"height": 16.5}, filled=True, fill=theme.token("ground"), strokeWidth=1.6)
            .encode(x=x, y=plot.y(), stroke=alt.Stroke("fill:N", scale=None, legend=None), tooltip=hints)
        )
    if high:
        span = frame[frame["low"].notna() & frame["high"].notna()]
        layers.append(
            alt.Chart(span)
            .mark_rule(color=theme.token("ink"), strokeWidth=1.5, yOffset=plot.lift)
            .encode(x=alt.X("low:Q"), x2="high:Q", y=plot.y())
        )
        layers += [
            alt.Chart(span)
            .mark_tick(color=theme.token("ink"), height=9, thickness=1.5, yOffset=plot.lift, orient="vertical")
            .encode(x=alt.X(f"{side}:Q"), y=plot.y())
            for side in ("low", "high")
        ]
    beyond = frame[frame["bound"].eq(">") & frame["v"].notna()]
    if len(beyond):
        layers.append(
            alt.Chart(beyond)
            .mark_point(shape="triangle-right", filled=True, size=120, xOffset=4, yOffset=plot.lift)
            .encode(x=x, y=plot.y(), color=paint, tooltip=hints)
        )
    layers.append(_value_labels(frame, plot))
    if slider:
        years = [int(year) for year in frame["moment"].unique()]
        layers = picking.by_year(layers, "moment", years, title_of(slider))
    return plot.chart(layers)


def _value_labels(frame: pd.DataFrame, plot: _Rows) -> alt.Chart:
    frame = frame.assign(
        ink=[theme.token("muted" if missing else "ink") for missing in frame["v"].isna()],
    )
    return (
        alt.Chart(frame)
        .mark_text(align="left", dx=8 + 6 * frame["bound"].eq(">").any(), yOffset=plot.lift)
        .encode(
            x=alt.X("end:Q"),
            y=plot.y(),
            text="label:N",
            color=alt.Color("ink:N", scale=None, legend=None),
        )
    )


class _Rows:
    """Names on the left of rows; on a phone above them, when they would take more than a third of the width.

    `lift` is how far the marks of a row lie below its middle, in pixels.
    """

    def __init__(self, called: Sequence[str], width: float, right: float, step: float, extra: Callable | None = None):
        limit = 0.3 * width if narrow(width) else 0.36 * width
        self.above = narrow(width) and text.widest(called) > limit
        self.labels = [text.wrap(name, width - 12 if self.above else limit) for name in called]
        self.lines = max(label.count("\n") + 1 for label in self.labels)
        room = 0 if self.above else text.widest(self.labels) + 12
        self.inner = max(80.0, width - room - right - 6)
        over = extra(self.inner) if extra else 0  # room for words between a name above and its marks
        if self.above:
            # More room above a name than below it, so that it goes with the marks under it.
            self.step = step + 8 + LINE_HEIGHT * self.lines + over
            self.lift = (8 + LINE_HEIGHT * self.lines + over) / 2
        else:
            self.step = max(step + over, LINE_HEIGHT * self.lines + 8)
            self.lift = over / 2
        self.height = self.step * len(self.labels)

    def y(self) -> alt.Y:
        scale = alt.Scale(domain=self.labels, paddingInner=0, paddingOuter=0)
        return alt.Y("row:N", sort=None, scale=scale, axis=None)

    def name_marks(self) -> list[alt.Chart]:
        frame = pd.DataFrame({"row": self.labels})
        if self.above:
            top = -self.step / 2 + LINE_HEIGHT * self.lines / 2 + 10
            return multiline(frame, "row", x=alt.value(0), y=self.y(), align="left", shift=top, halo=True)
        return multiline(frame, "row", x=alt.value(-10), y=self.y(), align="right", shift=self.lift)

    def chart(self, layers: list[alt.Chart]) -> alt.LayerChart:
        return alt.layer(*layers, *self.name_marks()).properties(width=self.inner, height=self.height)


def stacked_bars(
    data: pd.DataFrame,
    category: str,
    value: str,
    part: str,
    *,
    unit: str = "",
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    part_order: Sequence | None = None,
    order: Sequence | None = None,
    hatch: str | None = None,
    normalise: bool = False,
    totals: bool = False,
    places: int | None = None,
    height: float | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Bars of parts: horizontal for names, columns for years; parts are named in a legend above.

    hatch      boolean column: these parts are drawn hatched (a quota for output, a projection)
    normalise  show each part as a percentage of its bar; the tooltip keeps the value
    order      rows from top to bottom; by default as they come
    totals     write the sum at the end of each bar
    """
    frame = tidy(data, value, {"k": category, "s": part, "hatch": hatch}, unit=unit, places=places, hollow=False)
    sums = frame.groupby("s")["v"].sum()
    parts = ordered(list(dict.fromkeys(frame["s"])), dict(sums), part_order)
    called, fills = names(parts, labels), palette(parts, colours)
    frame = frame[frame["v"].notna()].copy()
    frame["rank"] = frame["s"].map({key: rank for rank, key in enumerate(parts)})
    frame = frame.sort_values("rank", kind="stable")
    whole = frame.groupby("k")["v"].transform("sum")
    frame["size"] = frame["v"] / whole * 100 if normalise else frame["v"]
    frame["to"] = frame.groupby("k")["size"].cumsum()
    frame["from"] = frame["to"] - frame["size"]
    frame["mid"] = (frame["from"] + frame["to"]) / 2
    frame["part"] = frame["s"].map(called)
    frame["fill"] = frame["s"].map(fills)
    if hatch:
        soft = frame["hatch"].fillna(False).astype(bool)
        frame.loc[soft, "fill"] = [theme.softened(tone) for tone in frame.loc[soft, "fill"]]
    scale_unit = "%" if normalise else unit
    years = pd.api.types.is_numeric_dtype(frame["k"])
    draw = _stacked_columns if years else _stacked_rows
    return draw(frame, [(called[key], fills[key]) for key in parts], category, part, scale_unit, unit, totals,
                places, labels, order, height, width)  # fmt: skip


def _stacked_rows(frame, key, category, part, scale_unit, unit, totals, places, labels, order, height, width):
    rows = list(order) if order is not None else list(dict.fromkeys(frame.sort_index()["k"]))
    called = names(rows, labels)
    sums = frame.groupby("k")["v"].sum()
    written = {row: tidy(pd.DataFrame({"v": [sums[row]]}), "v", {}, unit=unit, places=places)["label"][0]
               for row in rows} if totals else {}  # fmt: skip
    plot = _Rows([called[row] for row in rows], width, right=text.widest(list(written.values())) + 12, step=34)
    frame = frame.assign(row=frame["k"].map(dict(zip(rows, plot.labels, strict=True))), name=frame["k"].map(called))
    top = float(frame["to"].max())
    ticks = [tick for tick in nice_ticks(0, top, 4 if narrow(width) else 5) if tick <= top * 1.001]
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=value_axis(ticks, scale_unit))
    hints = tooltip(frame, name=title_of(category), part=title_of(part))
    layers = [
        alt.Chart(frame)
        .mark_bar(height=22, yOffset=plot.lift, stroke=theme.token("ground"), strokeWidth=0.8)
        .encode(x=x, x2="to:Q", y=plot.y(), color=alt.Color("fill:N", scale=None, legend=None), tooltip=hints)
    ]
    shares = [f"{size:,.0f}{'%' if scale_unit == '%' else ''}" for size in frame["size"]]
    fits = [
        size / top * plot.inner > text.width(words) + 8 and tone not in theme.hatched()
        for size, words, tone in zip(frame["size"], shares, frame["fill"], strict=True)
    ]
    inside = frame.assign(words=shares)[fits]
    if len(inside):
        layers.append(
            alt.Chart(inside)
            .mark_text(color=theme.token("ground"), yOffset=plot.lift)
            .encode(x="mid:Q", y=plot.y(), text="words:N", tooltip=hints)
        )
    if totals:
        ends = pd.DataFrame({"row": plot.labels, "to": [frame.loc[frame["k"] == row, "to"].max() for row in rows],
                             "words": [written[row] for row in rows]})  # fmt: skip
        layers.append(
            alt.Chart(ends)
            .mark_text(align="left", dx=6, yOffset=plot.lift)
            .encode(x="to:Q", y=plot.y(), text="words:N")
        )
    back = width - plot.inner - 12 - text.widest(list(written.values()))
    legend, _ = legend_of(key, width - 8, offset=-max(0, back) if not plot.above else 0)
    return plot.chart(layers + legend)


def _stacked_columns(frame, key, category, part, scale_unit, unit, totals, places, labels, order, height, width):
    tall = height or (300 if narrow(width) else 320)
    top = float(frame["to"].max())
    ticks = nice_ticks(0, top, 4)
    years = list(range(int(frame["k"].min()), int(frame["k"].max()) + 1))
    inner = width - tick_width(ticks, scale_unit) - 16
    step = inner / len(years)
    frame = frame.assign(year=frame["k"].astype(int))
    every = next((count for count in (1, 2, 5, 10, 20, 25) if step * count >= 42), 50)
    shown = [year for year in years if (year - years[-1]) % every == 0] if every < 5 else None
    shown = shown or [year for year in years if year % every == 0]
    x = alt.X(
        "year:O",
        scale=alt.Scale(domain=years, paddingInner=0.14, paddingOuter=0.07),
        axis=alt.Axis(values=shown, labelAngle=0, labelOverlap=False),
    )
    y = alt.Y("from:Q", scale=alt.Scale(domain=[0, ticks[-1]], nice=False), axis=value_axis(ticks, scale_unit))
    hints = tooltip(frame, year=title_of(category), part=title_of(part))
    layers = [
        alt.Chart(frame)
        .mark_bar(stroke=theme.token("ground"), strokeWidth=0.6 if step > 8 else 0)
        .encode(x=x, y=y, y2="to:Q", color=alt.Color("fill:N", scale=None, legend=None), tooltip=hints)
    ]
    legend, _ = legend_of(key, width - 8, offset=inner - width + 8)
    return alt.layer(*layers, *legend).properties(width=inner, height=tall)


# --- lines ---


def lines(
    data: pd.DataFrame,
    x: str,
    y: str,
    series: str | None = None,
    *,
    unit: str = "",
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    highlight: Sequence = (),
    dashed: Sequence = (),
    low: str | None = None,
    high: str | None = None,
    notes: Sequence[tuple] = (),
    points: bool = False,
    step: bool = False,
    minimum: float | None = 0,
    maximum: float | None = None,
    log: bool = False,
    domain: tuple | None = None,
    hollow: str | bool | None = None,
    picker: bool = False,
    places: int | None = None,
    height: float | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Lines over years or days, named at their ends; in the live chart a click on a name fades the others.

    dashed           series drawn dashed: another method, another publisher
    low, high        columns of a band around the line
    notes            [(x, text), …], written above the plot with a leader
    points           a dot on every observation, hollow where it is an estimate
    minimum          lower end of the scale; None takes the data's own
    log              a logarithmic scale: say so in the subtitle
    domain           first and last x, when it is not that of the data
    picker           offer the series in a list under the live chart too
    """
    frame = tidy(
        data,
        y,
        {"x": x, "s": series, "low": low, "high": high},
        unit=unit,
        places=places,
        hollow=hollow,
    )
    if series is None:
        frame["s"] = ""
    keys = list(dict.fromkeys(frame["s"]))
    called, tones = names(keys, labels), palette(keys, colours, highlight)
    frame["name"], frame["tone"] = frame["s"].map(called), frame["s"].map(tones)
    frame = frame.sort_values(["s", "x"], kind="stable")
    if step:
        frame = _running_on(frame, domain)
    bottom, ticks = _value_range(frame, [y for y in ("v", "low", "high") if y in frame], minimum, maximum, log, width)
    top = ticks[-1]
    tall = height or (270 if narrow(width) else 300)
    limit = width * (0.27 if narrow(width) else 0.24)
    ends = frame[frame["v"].notna()].groupby("s", sort=False).tail(1)
    right = text.widest([text.wrap(name, limit) for name in ends["name"]], bold=True) + 18 if series else 14
    inner = width - tick_width(ticks, unit) - right - 14
    time = TimeAxis(frame["x"], inner, domain)
    if series:
        flat = ends.assign(v=_log(ends["v"])) if log else ends
        ends, tall = end_labels(flat, _log1(top, log), _log1(bottom, log), tall, limit)
        if log:
            ends["at"] = 10 ** ends["at"]
            ends["v"] = 10 ** ends["v"]
    broken = with_gaps(frame, "x", "s", "v") if not step else frame
    broken = broken.assign(name=broken["s"].map(called), tone=broken["s"].map(tones))
    scale = alt.Scale(domain=[bottom, top], nice=False, **({"type": "log"} if log else {"zero": False}))
    across = time.encode()
    upright = alt.Y("v:Q", scale=scale, axis=value_axis(ticks, unit))
    tone = alt.Color("tone:N", scale=None, legend=None)
    hints = (
        tooltip(frame, name=title_of(series) if series else "", x=title_of(x))
        if series
        else tooltip(frame, x=title_of(x))
    )
    layers = annotations(notes, time, width, tall)
    if low and high:
        layers.append(
            alt.Chart(broken)
            .mark_area(opacity=0.18, interpolate="step-after" if step else "linear", invalid=None)
            .encode(x=across, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=tone, detail="s:N")
        )
    shape = "step-after" if step else "linear"
    for dash in (False, True):
        chosen = broken[broken["s"].isin(list(dashed)) == dash]
        if len(chosen):
            layers.append(
                alt.Chart(chosen)
                .mark_line(interpolate=shape, strokeDash=[5, 4] if dash else [1, 0],
                           invalid="break-paths-show-domains")
                .encode(x=across, y=upright, color=tone, detail="s:N")
            )  # fmt: skip
    dots = frame[frame["v"].notna()] if points else lonely(broken)
    layers += _dots(dots, across, upright, tone, hints, 42)
    for bound, shape in ((">", "triangle-up"), ("<", "triangle-down")):
        rows = frame[frame["bound"].eq(bound) & frame["v"].notna()]
        if len(rows):
            mark = alt.Chart(rows).mark_point(shape=shape, size=70, filled=True, yOffset=-5 if bound == ">" else 5)
            layers.append(mark.encode(x=across, y=upright, color=tone, tooltip=hints))
    layers.append(
        alt.Chart(frame[frame["v"].notna()])
        .mark_point(size=220, opacity=0, filled=True)
        .encode(x=across, y=upright, tooltip=hints)
    )
    if series:
        layers += _end_label_layers(ends, time, inner, across)
    if len(keys) > 1:
        layers = picking.by_series(layers, "s", called if picker else None)
    return alt.layer(*layers).properties(width=inner, height=tall)


def _running_on(frame: pd.DataFrame, domain: tuple | None) -> pd.DataFrame:
    """Repeat each series' last state at the right edge: it holds until the next publication."""
    span = frame["x"].max() - frame["x"].min()
    edge = frame["x"].max() + span / 20 if domain is None else type(frame["x"].iloc[0])(domain[1])
    last = frame.groupby("s", sort=False).tail(1).assign(x=edge)
    if "int" in str(frame["x"].dtype):
        frame = frame.astype({"x": "float64"})
    return pd.concat([frame, last]).sort_values(["s", "x"], kind="stable", ignore_index=True)


def _dots(frame, x, y, tone, hints, size) -> list[alt.Chart]:
    """Full dots, and hollow ones for estimates."""
    layers = []
    full, empty = frame[~frame["hollow"].astype(bool)], frame[frame["hollow"].astype(bool)]
    if len(full):
        layers.append(alt.Chart(full).mark_point(size=size, filled=True).encode(x=x, y=y, color=tone, tooltip=hints))
    if len(empty):
        layers.append(
            alt.Chart(empty)
            .mark_point(size=size, filled=True, fill=theme.token("ground"), strokeWidth=1.8)
            .encode(x=x, y=y, stroke=alt.Stroke("tone:N", scale=None, legend=None), tooltip=hints)
        )
    return layers


def _end_label_layers(ends: pd.DataFrame, time: TimeAxis, inner: float, across: alt.X) -> list[alt.Chart]:
    """Names at the right edge; a hair line joins a name to the end it was moved away from."""
    tone = alt.Color("tone:N", scale=None, legend=None)
    layers = multiline(
        ends, "name", x=alt.value(inner + 12), y=alt.Y("at:Q"), align="left", colour=tone, fontWeight="bold"
    )
    early = ends["x"].map(time.pixel) <= inner - 3
    hair = ends[ends["moved"] | early]
    if len(hair):
        layers.append(
            alt.Chart(hair)
            .mark_rule(strokeWidth=0.8, opacity=0.7)
            .encode(x=across, x2=alt.value(inner + 9), y=alt.Y("v:Q"), y2="at:Q", color=tone)
        )
    return layers


def _value_range(frame, columns, minimum, maximum, log, width) -> tuple[float, list[float]]:
    """Lower end and ticks of the value scale; the last tick is the upper end."""
    lowest = min(frame[column].min() for column in columns)
    highest = max(frame[column].max() for column in columns)
    if log:
        return _log_ticks(lowest, highest)
    floor = lowest if minimum is None else min(minimum, lowest)
    ticks = nice_ticks(float(floor), float(maximum if maximum is not None else highest), 4 if narrow(width) else 5)
    return ticks[0], ticks


def _log_ticks(lowest: float, highest: float) -> tuple[float, list[float]]:
    import math

    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    powers = [10.0**power for power in range(first, last + 1)]
    if last - first <= 2:
        powers = sorted({power * factor for power in powers[:-1] for factor in (1, 2, 5)} | {powers[-1]})
        below = [tick for tick in powers if tick <= lowest]
        above = [tick for tick in powers if tick >= highest]
        powers = [tick for tick in powers if below[-1] <= tick <= above[0]]
    return powers[0], powers


def _log(column: pd.Series) -> pd.Series:
    import numpy as np

    return np.log10(column)


def _log1(value: float, log: bool) -> float:
    import math

    return math.log10(value) if log else value


def step_lines(data: pd.DataFrame, x: str, y: str, series: str | None = None, **options) -> alt.LayerChart:
    """States that hold until the next publication: `lines` with steps; x is the day of publication."""
    return lines(data, x, y, series, step=True, **options)


def stacked_areas(
    data: pd.DataFrame,
    x: str,
    y: str,
    series: str,
    *,
    unit: str = "",
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    order: Sequence | None = None,
    hatch_from: float | None = None,
    normalise: bool = False,
    notes: Sequence[tuple] = (),
    places: int | None = None,
    height: float | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Parts of a whole over years, named at the right edge; the first of `order` lies at the bottom.

    hatch_from  from this year on the areas are hatched: a projection, or a quota for output
    normalise   percentages of the year's sum
    """
    frame = tidy(data, y, {"x": x, "s": series}, unit=unit, places=places, hollow=False)
    keys = ordered(list(dict.fromkeys(frame["s"])), dict(frame.groupby("s")["v"].sum()), order)
    called, tones = names(keys, labels), palette(keys, colours)
    rank = {key: index for index, key in enumerate(keys)}
    frame = frame[frame["v"].notna()].sort_values(["x", "s"], key=lambda c: c.map(rank) if c.name == "s" else c)
    whole = frame.groupby("x")["v"].transform("sum")
    frame["size"] = frame["v"] / whole * 100 if normalise else frame["v"]
    # A series without a row in some year would leave the ones above it on different ground: fill with zero height.
    grid = pd.MultiIndex.from_product([sorted(frame["x"].unique()), keys], names=["x", "s"])
    shape = frame.set_index(["x", "s"])["size"].reindex(grid, fill_value=0).reset_index()
    shape["to"] = shape.groupby("x")["size"].cumsum()
    shape["from"] = shape["to"] - shape["size"]
    scale_unit = "%" if normalise else unit
    top = float(shape["to"].max())
    ticks = [0, 25, 50, 75, 100] if normalise else nice_ticks(0, top, 4)
    tall = height or (300 if narrow(width) else 320)
    limit = width * (0.27 if narrow(width) else 0.24)
    last = shape[shape["x"] == shape["x"].max()]
    ends = last[last["size"] > 0].assign(v=(last["from"] + last["to"]) / 2)
    ends["name"], ends["tone"] = ends["s"].map(called), ends["s"].map(tones)
    ends, tall = end_labels(ends, ticks[-1], 0, tall, limit)
    inner = width - tick_width(ticks, scale_unit) - text.widest(ends["name"], bold=True) - 32
    time = TimeAxis(shape["x"], inner)
    across = time.encode()
    upright = alt.Y("from:Q", scale=alt.Scale(domain=[0, ticks[-1]], nice=False), axis=value_axis(ticks, scale_unit))
    layers = []
    for soft in (False, True):
        if hatch_from is None:
            chosen = shape if not soft else shape.head(0)
        else:
            chosen = shape[shape["x"] >= hatch_from] if soft else shape[shape["x"] <= hatch_from]
        if len(chosen):
            tone = chosen["s"].map(tones)
            chosen = chosen.assign(tone=tone.map(theme.softened) if soft else tone)
            layers.append(
                alt.Chart(chosen)
                .mark_area(stroke=theme.token("ground"), strokeWidth=0.6)
                .encode(x=across, y=upright, y2="to:Q", color=alt.Color("tone:N", scale=None), detail="s:N")
            )
    frame = frame.merge(shape[["x", "s", "from", "to"]], on=["x", "s"])
    frame["mid"], frame["name"] = (frame["from"] + frame["to"]) / 2, frame["s"].map(called)
    layers.append(
        alt.Chart(frame)
        .mark_point(size=220, opacity=0, filled=True)
        .encode(x=across, y=alt.Y("mid:Q"), tooltip=tooltip(frame, name=title_of(series), x=title_of(x)))
    )
    layers += _end_label_layers(ends, time, inner, across)
    layers += annotations(notes, time, width, tall)
    return alt.layer(*layers).properties(width=inner, height=tall)


areas = stacked_areas


# --- dots, slopes, points ---


def dots_with_ranges(
    data: pd.DataFrame,
    category: str,
    value: str,
    *,
    low: str | None = None,
    high: str | None = None,
    label: str | None = None,
    actor: str | None = None,
    unit: str = "",
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    order: Sequence | None = None,
    domain: tuple[float, float] | None = None,
    log: bool = False,
    hollow: str | bool | None = None,
    weak: str | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Rival estimates: a row per category, a dot per estimate, a bar from the lowest to the highest.

    low, high  columns of each estimate's own range, joined into the bar
    label      column with a short name of each estimate, written above its dot
    actor      column with the place code that colours the dots
    domain     ends of the scale, for example (0, 100)
    weak       boolean column: estimates of low confidence, drawn small and hollow and left out of bar and range
    An estimate that is a lower bound (`>`) gets an open-ended arrow, an upper bound (`<`) one to the left.
    """
    frame = tidy(
        data,
        value,
        {"k": category, "low": low, "high": high, "word": label, "actor": actor, "weak": weak},
        unit=unit,
        places=places,
        hollow=hollow,
    )
    frame["weak"] = frame["weak"].fillna(False).astype(bool) if weak else False
    frame["hollow"] |= frame["weak"]
    sizes = frame.groupby("k", sort=False)["v"].max()
    keys = ordered(list(dict.fromkeys(frame["k"])), dict(sizes), order)
    called = names(keys, labels)
    if actor:
        frame["tone"] = frame["actor"].map(palette(list(frame["actor"].unique()), colours))
    else:
        chosen = colours or {}
        frame["tone"] = [resolve(chosen[key]) if key in chosen else theme.token("accent") for key in frame["k"]]
    ends = frame[[column for column in ("v", "low", "high") if column in frame]]
    frame["least"], frame["most"] = ends.min(axis=1), ends.max(axis=1)
    spans = _spans(frame)
    if log:
        bottom, ticks = _log_ticks(frame["least"].min(), frame["most"].max())
    else:
        left_end, right_end = domain or (min(0, frame["least"].min()), frame["most"].max())
        ticks = nice_ticks(left_end, right_end, 4 if narrow(width) else 5)
        bottom = ticks[0]
    span_words = [_span(row, unit, places) for row in spans.itertuples()]
    top = ticks[-1]

    def word_room(inner: float) -> float:
        frame["level"] = _levels(frame, bottom, top, inner, log)
        return int(frame["level"].max()) * 15 + 16

    plot = _Rows(
        [called[key] for key in keys],
        width,
        right=text.widest(span_words) + 16,
        step=30,
        extra=word_room if label else None,
    )
    frame["row"] = frame["k"].map(dict(zip(keys, plot.labels, strict=True)))
    frame["name"] = frame["k"].map(called)
    spans["row"] = spans["k"].map(dict(zip(keys, plot.labels, strict=True)))
    spans["words"] = span_words
    scale = alt.Scale(domain=[bottom, top], nice=False, **({"type": "log"} if log else {"zero": False}))
    across = alt.X("v:Q", scale=scale, axis=value_axis(ticks, unit, grid=True))
    tone = alt.Color("tone:N", scale=None, legend=None)
    titles = {"name": title_of(category)} | ({"word": title_of(label)} if label else {})
    hints = tooltip(frame, **titles)
    lift = {"yOffset": plot.lift}
    layers = [
        alt.Chart(spans)
        .mark_rule(strokeWidth=6, color=theme.token("range"), strokeCap="round", **lift)
        .encode(x=alt.X("least:Q", scale=scale, axis=value_axis(ticks, unit, grid=True)), x2="most:Q", y=plot.y())
    ]
    layers += _arrows(frame, plot, across, lift)
    for empty in (False, True):
        chosen = frame[frame["v"].notna() & (frame["hollow"] == empty)]
        if len(chosen):
            small = {"size": 45, "strokeWidth": 1.2} if chosen["weak"].all() else {"size": 95, "strokeWidth": 2}
            mark = alt.Chart(chosen).mark_point(
                filled=True, **small, **lift, **({"fill": theme.token("ground")} if empty else {})
            )
            paint = {"stroke": alt.Stroke("tone:N", scale=None, legend=None)} if empty else {"color": tone}
            layers.append(mark.encode(x=across, y=plot.y(), tooltip=hints, **paint))
    if label:
        layers += _dot_words(frame, plot, across)
    layers.append(
        alt.Chart(spans)
        .mark_text(align="left", **lift)
        .encode(x=alt.value(plot.inner + 12), y=plot.y(), text="words:N")
    )
    return plot.chart(layers)


def _spans(frame: pd.DataFrame) -> pd.DataFrame:
    """Per category the ends of its bar, over the estimates that are not weak, and whether an end is a bound."""
    rows = []
    for key, estimates in frame.groupby("k", sort=False):
        strong = estimates[~estimates["weak"] & estimates["least"].notna()]
        if strong.empty:
            rows.append({"k": key, "least": float("nan"), "most": float("nan"), "weak": estimates["weak"].any()})
            continue
        first, last = strong.loc[strong["least"].idxmin()], strong.loc[strong["most"].idxmax()]
        ends = {"least": first["least"], "most": last["most"], "lower": first["bound"], "upper": last["bound"]}
        rows.append({"k": key, "weak": False} | ends)
    return pd.DataFrame(rows, columns=["k", "least", "most", "lower", "upper", "weak"])


def _span(row, unit: str, places: int | None) -> str:
    """The words beside a bar: `34–<59%` where its upper end is itself an upper bound."""
    from lib.figures.parts import short

    if pd.isna(row.least):
        return "weak sources" if row.weak else "no figure"
    first, last = short(row.least, unit, row.lower, places), short(row.most, unit, row.upper, places)
    number = re.match(r"\D*[\d.,]+", first)  # without the unit, which stands once
    return last if first == last else f"{number.group()}–{last.removeprefix('USD ')}"


def _levels(frame: pd.DataFrame, bottom: float, top: float, inner: float, log: bool) -> pd.Series:
    """Which line above its row a dot's name goes on, so that names do not overlap (0 is the lowest)."""
    levels = pd.Series(0, index=frame.index)
    for _, rows in frame.groupby("k", sort=False):
        taken: list[list[tuple[float, float]]] = []
        for index, row in rows.sort_values("v").iterrows():
            if pd.isna(row["v"]) or pd.isna(row["word"]) or not str(row["word"]):
                continue
            low, high = _log1(bottom, log), _log1(top, log)
            pixel = (_log1(row["v"], log) - low) / (high - low) * inner
            half = text.width(str(row["word"]), 12.5) / 2 + 5
            level = 0
            while level < len(taken) and any(pixel - half < b and a < pixel + half for a, b in taken[level]):
                level += 1
            if level == len(taken):
                taken.append([])
            taken[level].append((pixel - half, pixel + half))
            levels[index] = level
    return levels


def _dot_words(frame: pd.DataFrame, plot: _Rows, across: alt.X) -> list[alt.Chart]:
    layers = []
    named = frame[frame["v"].notna() & frame["word"].notna()]
    for level, rows in named.groupby("level"):
        lift = plot.lift - 17 - 15 * level
        layers.append(
            alt.Chart(rows)
            .mark_text(baseline="middle", fontSize=12.5, color=theme.token("muted"), yOffset=lift)
            .encode(x=across, y=plot.y(), text="word:N")
        )
    return layers


def _arrows(frame: pd.DataFrame, plot: _Rows, across: alt.X, lift: dict) -> list[alt.Chart]:
    """Open-ended arrows of bounds, drawn beside their dots."""
    layers = []
    for bound, shape, offset in ((">", "triangle-right", 15), ("<", "triangle-left", -15)):
        rows = frame[frame["bound"].eq(bound) & frame["v"].notna()] if "bound" in frame else frame.head(0)
        if len(rows):
            layers.append(
                alt.Chart(rows)
                .mark_point(shape=shape, size=70, filled=True, xOffset=offset, **lift)
                .encode(x=across, y=plot.y(), color=alt.Color("tone:N", scale=None, legend=None))
            )
            layers.append(
                alt.Chart(rows)
                .mark_text(text="–", xOffset=offset * 0.55, fontWeight="bold", dy=-1, **lift)
                .encode(x=across, y=plot.y(), color=alt.Color("tone:N", scale=None, legend=None))
            )
    return layers


def slope(
    data: pd.DataFrame,
    category: str,
    period: str,
    value: str,
    *,
    unit: str = "",
    highlight: Sequence = (),
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    minimum: float | None = 0,
    maximum: float | None = None,
    hollow: str | bool | None = None,
    places: int | None = None,
    height: float | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Then and now (two or more moments): a line per category, values at both ends, names on the right.

    highlight  categories in colour and named; the others stay grey and unnamed
    """
    frame = tidy(data, value, {"x": period, "k": category}, unit=unit, places=places, hollow=hollow)
    frame = frame[frame["v"].notna()].copy()
    moments = sorted(frame["x"].unique())
    keys = list(dict.fromkeys(frame["k"]))
    called, tones = names(keys, labels), palette(keys, colours, highlight)
    frame["name"], frame["tone"] = frame["k"].map(called), frame["k"].map(tones)
    frame["moment"] = frame["x"].astype(str)
    lowest, highest = float(frame["v"].min()), float(frame["v"].max())
    ticks = nice_ticks(lowest if minimum is None else min(minimum, lowest), maximum or highest, 5)
    top, bottom = ticks[-1], ticks[0]
    tall = height or (360 if narrow(width) else 380)
    named = frame[frame["k"].isin(list(highlight))] if highlight else frame
    right = named[named["x"] == moments[-1]].copy()
    left = named[named["x"] == moments[0]].copy()
    right["name"] = right["name"] + "  " + right["label"]
    limit = width * (0.42 if narrow(width) else 0.4)
    right, tall = end_labels(right, top, bottom, tall, limit)
    left["name"] = left["label"]
    left, tall = end_labels(left, top, bottom, tall, limit)
    right, _ = end_labels(right.assign(name=right["name"].str.replace("\n", " ")), top, bottom, tall, limit)
    inner = width - text.widest(right["name"], bold=True) - text.widest(left["name"]) - 34
    x = alt.X(
        "moment:N",
        sort=None,
        scale=alt.Scale(type="point", padding=0, domain=[str(moment) for moment in moments]),
        axis=alt.Axis(orient="top", domain=False, labelAngle=0, labelFontWeight="bold", labelColor=theme.token("ink")),
    )
    y = alt.Y("v:Q", scale=alt.Scale(domain=[bottom, top], nice=False), axis=None)
    hints = tooltip(frame, name=title_of(category), moment=title_of(period))
    tone = alt.Color("tone:N", scale=None, legend=None)
    layers = [
        alt.Chart(pd.DataFrame({"moment": [str(moment) for moment in moments]}))
        .mark_rule(color=theme.token("grid"))
        .encode(x=x)
    ]
    quiet = frame[~frame["k"].isin(list(highlight))] if highlight else frame.head(0)
    for rows, style in ((quiet, {"strokeWidth": 1, "opacity": 0.45}), (named, {"strokeWidth": 2.4})):
        if len(rows):
            layers.append(alt.Chart(rows).mark_line(**style).encode(x=x, y=y, color=tone, detail="k:N"))
            size = 50 if rows is named else 18
            layers += _dots(rows, x, y, tone, hints, size)
    at = alt.Y("at:Q")
    layers += multiline(right, "name", x=alt.value(inner + 12), y=at, align="left", colour=tone, fontWeight="bold")
    layers += multiline(left, "name", x=alt.value(-12), y=at, align="right", colour=tone)
    return alt.layer(*layers).properties(width=inner, height=tall)


def scatter(
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    label: str | None = None,
    actor: str | None = None,
    size: str | None = None,
    x_title: str = "",
    y_title: str = "",
    x_unit: str = "",
    unit: str = "",
    log_x: bool = False,
    log_y: bool = False,
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    highlight: Sequence = (),
    hollow: str | bool | None = None,
    places: int | None = None,
    height: float | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Two measures against each other; names beside the points where they find room, all in the tooltips.

    x_title, y_title  short names of the measures with their units, written at the axes
    size              column whose value sets the area of a point
    log_x, log_y      logarithmic scales: say so in the subtitle
    """
    frame = tidy(
        data,
        y,
        {"x": x, "word": label, "actor": actor, "size": size},
        unit=unit,
        places=places,
        hollow=hollow,
    )
    frame = frame[frame["v"].notna() & frame["x"].notna()].copy()
    keys = list(frame["actor" if actor else "word"].unique()) if (actor or label) else []
    tones = palette(keys, colours, highlight) if actor or colours or highlight else {}
    plain = theme.token("accent")
    frame["tone"] = [tones.get(key, plain) for key in frame["actor" if actor else "word"]] if keys else plain
    frame["name"] = frame["word"].map(names(list(frame["word"].unique()), labels)) if label else ""
    tall = height or (330 if narrow(width) else 400)
    count = 4 if narrow(width) else 6
    x_ticks = _log_ticks(frame["x"].min(), frame["x"].max())[1] if log_x else nice_ticks(min(0, frame["x"].min()), frame["x"].max(), count)  # fmt: skip  # noqa: E501
    y_ticks = _log_ticks(frame["v"].min(), frame["v"].max())[1] if log_y else nice_ticks(min(0, frame["v"].min()), frame["v"].max(), 5)  # fmt: skip  # noqa: E501
    inner = width - tick_width(y_ticks, unit) - 40
    options = {"titleAnchor": "end", "titleAlign": "right", "titlePadding": 8}
    across = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[x_ticks[0], x_ticks[-1]], nice=False, type="log" if log_x else "linear"),
        axis=value_axis(x_ticks, x_unit, grid=True, title=x_title or None, **options),
    )
    title = {"title": y_title, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -10,
             "titleX": -tick_width(y_ticks, unit) - 8, "titleBaseline": "bottom"} if y_title else {}  # fmt: skip
    upright = alt.Y(
        "v:Q",
        scale=alt.Scale(domain=[y_ticks[0], y_ticks[-1]], nice=False, type="log" if log_y else "linear"),
        axis=value_axis(y_ticks, unit, **title),
    )
    frame["px"] = [_fraction(value, x_ticks, log_x) * inner for value in frame["x"]]
    frame["py"] = [(1 - _fraction(value, y_ticks, log_y)) * tall for value in frame["v"]]
    titles = ({"name": title_of(label)} if label else {}) | {"x": x_title or title_of(x)}
    hints = tooltip(frame, **titles)
    tone = alt.Color("tone:N", scale=None, legend=None)
    layers = []
    for empty in (False, True):
        rows = frame[frame["hollow"] == empty]
        if not len(rows):
            continue
        mark = alt.Chart(rows).mark_point(
            size=80, filled=True, strokeWidth=1.8, opacity=0.9, **({"fill": theme.token("ground")} if empty else {})
        )
        paint = {"stroke": alt.Stroke("tone:N", scale=None, legend=None)} if empty else {"color": tone}
        if size:
            paint["size"] = alt.Size("size:Q", scale=alt.Scale(range=[30, 700], zero=True), legend=None)
        layers.append(mark.encode(x=across, y=upright, tooltip=hints, **paint))
    if label:
        for row, align, dx, dy in _beside(frame, inner, tall):
            layers.append(
                alt.Chart(pd.DataFrame({"x": [row["x"]], "v": [row["v"]], "name": [row["name"]]}))
                .mark_text(align=align, baseline="middle", dx=dx, dy=dy, fontSize=12.5)
                .encode(x=across, y=upright, text="name:N")
            )
    return alt.layer(*layers).properties(width=inner, height=tall)


def _fraction(value: float, ticks: Sequence[float], log: bool) -> float:
    low, high = _log1(ticks[0], log), _log1(ticks[-1], log)
    return (_log1(value, log) - low) / (high - low)


def _beside(frame: pd.DataFrame, inner: float, tall: float) -> list[tuple]:
    """Where names fit beside their points without touching another name or point; those that do not are left out."""
    points = [(px - 5, py - 5, px + 5, py + 5) for px, py in zip(frame["px"], frame["py"], strict=True)]
    taken: list[tuple[float, float, float, float]] = list(points)
    placed = []
    rows = frame.sort_values("v", ascending=False).to_dict("records")
    for row in rows:
        extent, px, py = text.width(row["name"], 12.5), row["px"], row["py"]
        own = (px - 5, py - 5, px + 5, py + 5)
        for align, dx, dy in (("left", 9, 0), ("right", -9, 0), ("center", 0, -13), ("center", 0, 13)):
            start = px + dx - {"left": 0, "right": extent, "center": extent / 2}[align]
            box = (start, py + dy - 7, start + extent, py + dy + 7)
            inside = box[0] >= -2 and box[2] <= inner + 36 and box[1] >= -8 and box[3] <= tall - 2
            if inside and not any(_touch(box, other) for other in taken if other != own):
                taken.append(box)
                placed.append((row, align, dx, dy))
                break
    return placed


def _touch(a: tuple, b: tuple) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


# --- facets ---


def small_multiples(
    data: pd.DataFrame,
    x: str,
    y: str,
    facet: str,
    *,
    series: str | None = None,
    kind: str = "line",
    unit: str = "",
    columns: int | None = None,
    order: Sequence | None = None,
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    highlight: Sequence = (),
    dashed: Sequence = (),
    shared: bool = True,
    maximum: float | None = None,
    hollow: str | bool | None = None,
    places: int | None = None,
    panel_height: float = 110,
    width: float = 700,
) -> alt.ConcatChart:
    """The same small chart for each facet; `kind` is line, area or bar; scales are shared unless said otherwise.

    series     several lines in a panel, named once in a key above
    highlight  facets in their own colour, the others grey (only without `series`)
    """
    frame = tidy(data, y, {"x": x, "f": facet, "s": series}, unit=unit, places=places, hollow=hollow)
    facets = ordered(list(dict.fromkeys(frame["f"])), dict(frame.groupby("f")["v"].max()), order)
    facets = [key for key in facets if key in set(frame["f"])]
    called = names(facets, labels)
    if series is None:
        frame["s"] = frame["f"]
    keys = list(dict.fromkeys(frame["s"]))
    tones = palette(keys, colours, highlight if series is None else ())
    if series is None and not colours and not highlight and not any(is_place(key) for key in keys):
        tones = dict.fromkeys(keys, theme.token("accent"))
    words = names(keys, labels)
    if series and not dashed and not any(is_place(key) for key in keys):
        dashed = keys[1:2]  # never told apart by colour alone
    frame["tone"], frame["name"], frame["panel"] = frame["s"].map(tones), frame["s"].map(words), frame["f"].map(called)
    across_count = columns or (2 if narrow(width) else 4 if len(facets) > 6 or len(facets) == 4 else 3)
    if narrow(width):
        across_count = min(across_count, 2)
    across_count = min(across_count, len(facets))
    top = maximum or frame["v"].max()
    ticks = nice_ticks(min(0, frame["v"].min()), top, 2)
    tallest = frame.groupby("f")["v"].max()
    axis_room = 10 + max(
        tick_width(ticks if shared else nice_ticks(0, size or 1, 2), unit) for size in tallest.dropna()
    )
    gap = 18
    rooms = axis_room if shared else axis_room * across_count
    inner = (width - rooms - gap * (across_count - 1) - 16) / across_count
    panels = []
    domain = (frame["x"].min(), frame["x"].max())
    for index, key in enumerate(facets):
        rows = frame[frame["f"] == key]
        own = ticks if shared else nice_ticks(min(0, rows["v"].min()), rows["v"].max() or 1, 2)
        first = index % across_count == 0 or not shared
        panels.append(
            _panel(rows, called[key], own, unit, first, domain, inner, panel_height, kind, dashed, x, facet, series)
        )
    chart = alt.concat(*panels, columns=across_count, spacing={"row": 22, "column": gap})
    if series is None or len(keys) < 2:
        return chart
    legend, _ = legend_of([(words[key], tones[key], key in dashed) for key in keys], width - 8)
    legend = picking.by_series(legend, "name")
    row = alt.layer(*legend).properties(width=width - 12, height=1)
    return alt.vconcat(row, chart, spacing=4)


def _panel(rows, title, ticks, unit, first, domain, inner, tall, kind, dashed, x, facet, series):
    time = TimeAxis(rows["x"], inner, domain)
    ends = list(domain)
    axis = (
        alt.Axis(values=[int(end) for end in ends], format="d", labelFlush=True)
        if not time.days
        else time.axis(labelFlush=True)
    )
    across = alt.X("x", type=time.kind(), scale=time.scale(), axis=axis)
    scale = alt.Scale(domain=[ticks[0], ticks[-1]], nice=False)
    labels = value_axis(ticks, unit) if first else alt.Axis(values=list(ticks), labels=False)
    upright = alt.Y("v:Q", scale=scale, axis=labels)
    tone = alt.Color("tone:N", scale=None, legend=None)
    titles = {"panel": title_of(facet)} | ({"name": title_of(series)} if series else {}) | {"x": title_of(x)}
    hints = tooltip(rows, **titles)
    broken = with_gaps(rows.sort_values(["s", "x"]))
    broken["tone"] = broken["s"].map(dict(zip(rows["s"], rows["tone"], strict=True)))
    layers = []
    if kind == "bar":
        span = max(1, domain[1] - domain[0])
        layers.append(
            alt.Chart(rows)
            .mark_bar(width=max(1.5, inner / (span + 1) * 0.8))
            .encode(x=across, y=upright, color=tone, tooltip=hints)
        )
    elif kind == "area":
        layers.append(alt.Chart(broken).mark_area(opacity=0.85).encode(x=across, y=upright, color=tone, detail="s:N"))
    else:
        for dash in (False, True):
            chosen = broken[broken["s"].isin(list(dashed)) == dash]
            if len(chosen):
                layers.append(
                    alt.Chart(chosen)
                    .mark_line(strokeWidth=2, strokeDash=[4, 3] if dash else [1, 0], invalid="break-paths-show-domains")
                    .encode(x=across, y=upright, color=tone, detail="s:N")
                )
        layers += _dots(lonely(broken), across, upright, tone, hints, 22)
    if kind != "bar":
        layers.append(
            alt.Chart(rows[rows["v"].notna()])
            .mark_point(size=120, opacity=0, filled=True)
            .encode(x=across, y=upright, tooltip=hints)
        )
    heading = pd.DataFrame({"title": [text.wrap(title, inner + 8)]})
    lines = heading["title"].iloc[0].count("\n")
    layers += multiline(
        heading,
        "title",
        x=alt.value(0),
        y=alt.value(-14 - lines * LINE_HEIGHT / 2),
        align="left",
        fontWeight="bold",
    )
    if series:
        layers = picking.by_series(layers, "name", follows=True)
    return alt.layer(*layers).properties(width=inner, height=tall)


# --- calendars ---


def gantt(
    data: pd.DataFrame,
    row: str,
    start: str,
    end: str,
    *,
    state: str | None = None,
    label: str | None = None,
    as_of: str | pd.Timestamp | None = None,
    domain: tuple | None = None,
    order: Sequence | None = None,
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    states: Mapping[str, tuple] | None = None,
    notes: Sequence[tuple] = (),
    width: float = 700,
) -> alt.LayerChart:
    """Periods on rows, in the order of their beginning; a period without an end runs on past the edge (▸).

    start, end  columns of days
    state       column with one of `STATES` (in force, suspended, announced, expired, repealed …)
    states      state to (token, hatched, hollow), to add or change states
    as_of       a line on the day up to which the register knows
    label       column with a short text written in or beside the bar
    """
    frame = tidy(data, None, {"k": row, "a": start, "b": end, "state": state, "word": label})
    frame["a"], frame["b"] = pd.to_datetime(frame["a"]), pd.to_datetime(frame["b"])
    known = STATES | dict(states or {})
    if state is None:
        frame["state"] = "in force"
    unknown = sorted(set(frame["state"]) - set(known))
    if unknown:
        raise ValueError(f"no drawing for the states {', '.join(map(str, unknown))}: pass states=")
    low = pd.Timestamp(domain[0]) if domain else frame["a"].min()
    latest = [frame["a"].max(), frame["b"].max()] + ([pd.Timestamp(as_of)] if as_of else [])
    high = pd.Timestamp(domain[1]) if domain else max(moment for moment in latest if pd.notna(moment))
    frame = frame[(frame["a"] <= high) & (frame["b"].isna() | (frame["b"] >= low))].copy()
    frame["open"] = frame["b"].isna() | (frame["b"] > high)
    frame["to"] = frame["b"].where(~frame["open"], high)
    frame["from"] = frame["a"].clip(lower=low)
    firsts = frame.groupby("k", sort=False)["a"].min()
    keys = [key for key in order if key in firsts.index] if order is not None else list(firsts.sort_values(kind="stable").index)  # fmt: skip  # noqa: E501
    frame = frame[frame["k"].isin(keys)].copy()
    called = names(keys, labels)
    plot = _Rows([called[key] for key in keys], width, right=22, step=26)
    frame["row"] = frame["k"].map(dict(zip(keys, plot.labels, strict=True)))
    frame["name"] = frame["k"].map(called)
    frame["until"] = ["open" if pd.isna(day) else f"{day:%-d %B %Y}" for day in frame["b"]]
    chosen = colours or {}
    frame["tone"] = [resolve(chosen.get(key, known[kind][0])) if known[kind][0] == "accent" else resolve(known[kind][0])
                     for key, kind in zip(frame["k"], frame["state"], strict=True)]  # fmt: skip
    frame["fill"] = [
        theme.token("ground") if known[kind][2] else theme.softened(tone) if known[kind][1] else tone
        for kind, tone in zip(frame["state"], frame["tone"], strict=True)
    ]
    time = TimeAxis(pd.Series([low, high]), plot.inner, (low, high))
    across = alt.X("from:T", scale=time.scale(), axis=time.axis(grid=True))
    titles = {"name": title_of(row)} | ({"state": "State"} if state else {})
    titles |= ({"word": title_of(label)} if label else {}) | {"a": "From", "until": "Until"}
    hints = tooltip(frame, **titles)
    written = [(pd.Timestamp(moment), words) for moment, words in notes]
    if as_of:
        written.append((pd.Timestamp(as_of), f"as of {pd.Timestamp(as_of):%-d %b %Y}"))
    layers = annotations(written, time, width, plot.height)
    layers.append(
        alt.Chart(frame)
        .mark_bar(height=14, yOffset=plot.lift, strokeWidth=1.4)
        .encode(
            x=across,
            x2="to:T",
            y=plot.y(),
            color=alt.Color("fill:N", scale=None, legend=None),
            stroke=alt.Stroke("tone:N", scale=None, legend=None),
            tooltip=hints,
        )
    )
    running = frame[frame["open"]]
    if len(running):
        layers.append(
            alt.Chart(running)
            .mark_point(shape="triangle-right", filled=True, size=110, xOffset=6, yOffset=plot.lift)
            .encode(x=alt.X("to:T"), y=plot.y(), color=alt.Color("tone:N", scale=None, legend=None), tooltip=hints)
        )
    if label:
        layers += _bar_words(frame, plot, time)
    shown = [kind for kind in known if kind in set(frame["state"])]
    if state and len(shown) > 1:
        layers += _state_key(shown, known, plot, width)
    return plot.chart(layers)


def _bar_words(frame: pd.DataFrame, plot: _Rows, time: TimeAxis) -> list[alt.Chart]:
    """Words inside a bar that is long enough and full; the tooltip has the others."""
    rows = [
        index
        for index, row in frame.iterrows()
        if isinstance(row["word"], str)
        and row["fill"] == row["tone"]
        and time.pixel(row["to"]) - time.pixel(row["from"]) > text.width(row["word"], 12.5) + 8
    ]
    if not rows:
        return []
    return [
        alt.Chart(frame.loc[rows])
        .mark_text(align="left", dx=5, fontSize=12.5, color=theme.token("ground"), yOffset=plot.lift)
        .encode(x=alt.X("from:T"), y=plot.y(), text="word:N")
    ]


def _state_key(shown, known, plot, width) -> list[alt.Chart]:
    """A key below the plot: what full, hatched and hollow bars mean."""
    layers, x, y = [], 0.0, plot.height + 44
    left = 0 if plot.above else plot.inner + 22 + 6 - width
    for kind in shown:
        token, soft, empty = known[kind]
        tone = resolve(token)
        fill = theme.token("ground") if empty else theme.softened(tone) if soft else tone
        extent = 32 + text.width(kind) + 16
        if x and x + extent > width:
            x, y = 0.0, y + 22
        frame = pd.DataFrame({"word": [kind]})
        layers.append(
            alt.Chart(frame)
            .mark_rect(fill=fill, stroke=tone, strokeWidth=1.4)
            .encode(x=alt.value(left + x + 1), x2=alt.value(left + x + 24), y=alt.value(y - 6), y2=alt.value(y + 6))
        )
        layers.append(
            alt.Chart(frame)
            .mark_text(align="left", baseline="middle")
            .encode(x=alt.value(left + x + 31), y=alt.value(y), text="word:N")
        )
        x += extent
    return layers


def heatmap(
    data: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    unit: str = "",
    bins: Sequence[float] | None = None,
    states: Mapping[str, str] | None = None,
    x_order: Sequence | None = None,
    order: Sequence | None = None,
    labels: Mapping | None = None,
    numbers: bool = True,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Cells in classes: `bins` are the inner boundaries of up to six classes; or `states` maps a text to a colour.

    Cells without a row or value stay empty with a thin outline. Numbers stand in the cells where they fit.
    """
    categorical = states is not None
    frame = tidy(data, None if categorical else value, {"x": x, "k": y, "state": value if categorical else None},
                 unit=unit, places=places)  # fmt: skip
    rows = list(order) if order is not None else list(dict.fromkeys(frame["k"]))
    columns = list(x_order) if x_order is not None else sorted(frame["x"].unique())
    called = names(rows, labels)
    across_names = names(columns, labels)
    if categorical:
        frame["fill"] = [resolve(states[kind]) if kind in states else None for kind in frame["state"]]
        frame["told"] = frame["state"]
        entries = [(kind, resolve(tone)) for kind, tone in states.items() if kind in set(frame["state"])]
    else:
        edges = list(bins) if bins is not None else nice_ticks(frame["v"].min(), frame["v"].max(), 5)[1:-1]
        tones = theme.sequence(len(edges) + 1)
        frame["fill"] = [None if pd.isna(v) else tones[sum(v >= edge for edge in edges)] for v in frame["v"]]
        entries = list(zip(class_names(edges, unit), tones, strict=True))
    frame["row_name"], frame["column"] = frame["k"].map(called), frame["x"].map(across_names)
    limit = 0.3 * width
    row_labels = {key: text.wrap(called[key], limit) for key in rows}
    frame["row"] = frame["k"].map(row_labels)
    inner = width - text.widest(list(row_labels.values())) - 20
    cell = inner / len(columns)
    step = max(24.0, LINE_HEIGHT * max(label.count("\n") + 1 for label in row_labels.values()) + 4)
    wide = text.widest(list(across_names.values())) + 6
    every = max(1, -(-int(wide) // max(1, int(cell))))
    shown = [across_names[column] for column in columns[::-1][::every][::-1]]
    horizontal = alt.X(
        "column:N",
        sort=None,
        scale=alt.Scale(domain=[across_names[column] for column in columns], paddingInner=0.05, paddingOuter=0),
        axis=alt.Axis(orient="top", values=shown, labelAngle=0, domain=False, labelOverlap=False),
    )
    vertical = alt.Y(
        "row:N",
        sort=None,
        axis=None,
        scale=alt.Scale(domain=list(row_labels.values()), paddingInner=0.08, paddingOuter=0),
    )
    hints = tooltip(frame, row_name=title_of(y), column=title_of(x))
    every_cell = pd.DataFrame([{"row": row_labels[r], "column": across_names[c]} for r in rows for c in columns])
    layers = [
        alt.Chart(every_cell)
        .mark_rect(fill=theme.token("ground"), stroke=theme.token("grid"), strokeWidth=1)
        .encode(x=horizontal, y=vertical),
        alt.Chart(frame[frame["fill"].notna()])
        .mark_rect()
        .encode(x=horizontal, y=vertical, color=alt.Color("fill:N", scale=None, legend=None), tooltip=hints),
    ]
    if numbers and not categorical:
        written = frame[frame["v"].notna()].copy()
        written["words"] = [label.removesuffix("%") for label in written["label"]]
        if text.widest(written["words"]) + 4 < cell:
            dark = set(theme.sequence(6)[3:])
            written["ink"] = [theme.token("ground" if fill in dark else "ink") for fill in written["fill"]]
            layers.append(
                alt.Chart(written)
                .mark_text()
                .encode(x=horizontal, y=vertical, text="words:N", color=alt.Color("ink:N", scale=None), tooltip=hints)
            )
    legend, _ = legend_of(entries, width - 8, offset=inner - width + 12, lift=22)
    tall = step * len(rows)
    called_rows = pd.DataFrame({"row": list(row_labels.values())})
    layers += multiline(called_rows, "row", x=alt.value(-10), y=vertical, align="right")
    called_rows = pd.DataFrame({"row": list(row_labels.values())})
    layers += multiline(called_rows, "row", x=alt.value(-10), y=vertical, align="right")
    return alt.layer(*layers, *legend).properties(width=inner, height=tall)


calendar = heatmap
