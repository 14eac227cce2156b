"""Lines, steps and stacked areas over years or days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import marks, picking, text, theme
from lib.figures.axes import TimeAxis, exponent, fraction, nice_ticks, tick_width, value_axis, value_scale, value_ticks
from lib.figures.marks import end_labels, end_names, layered, multiline, names_inside, observations, paint, targets
from lib.figures.parts import (
    PLAIN_PARTS,
    PLAIN_SERIES,
    lonely,
    names,
    narrow,
    ordered,
    palette,
    tidy,
    title_of,
    tooltip,
    with_gaps,
)


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
    picker: bool | str = False,
    on_request: Sequence = (),
    arrows: bool = True,
    places: int | None = None,
    height: float | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Draw lines over years or days, named at their ends; in the live chart a click on a name fades the others.

    dashed           series drawn dashed: another method, another publisher
    low, high        columns of a band around the line
    notes            [(x, text), …], written above the plot with a leader
    points           a dot on every observation, hollow where it is an estimate
    minimum          lower end of the scale; None takes the data's own
    log              a logarithmic scale: say so in the subtitle
    domain           first and last x, when it is not that of the data
    picker           offer the series in a list under the live chart too; a text is what the list is called
    on_request       series that are drawn only in the live chart, when they are picked from the list
    arrows           False where the subtitle says which values are bounds: a hundred arrows would hide the lines
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
    called, tones = names(keys, labels), palette(keys, colours, highlight, distinct=PLAIN_SERIES)
    tones |= dict.fromkeys(on_request, theme.token("ink"))
    frame["name"], frame["tone"] = frame["s"].map(called), frame["s"].map(tones)
    frame = frame.sort_values(["s", "x"], kind="stable")
    if step:
        frame = running_on(frame, domain)
    ticks = _ticks(frame, minimum, maximum, log, width)
    waiting, frame = frame[frame["s"].isin(list(on_request))], frame[~frame["s"].isin(list(on_request))]
    tall = height or (270 if narrow(width) else 300)
    limit = width * (0.27 if narrow(width) else 0.24)
    ends, early = _ends(frame, domain, width, limit if series else None)
    right = text.widest([text.wrap(name, limit) for name in ends["name"]], bold=True) + 18 if len(ends) else 14
    inner = width - tick_width(ticks, unit) - right - 14
    time = TimeAxis(frame["x"], inner, domain)
    if len(ends):
        flat = ends.assign(v=exponent(ends["v"], log))
        ends, tall = end_labels(flat, exponent(ticks[-1], log), exponent(ticks[0], log), tall, limit)
        if log:
            ends["at"] = 10 ** ends["at"]
            ends["v"] = 10 ** ends["v"]
    broken = with_gaps(frame, "x", "s", "v") if not step else frame
    broken = broken.assign(name=broken["s"].map(called), tone=broken["s"].map(tones))
    scale = value_scale(ticks, log)
    across = time.encode()
    upright = alt.Y("v:Q", scale=scale, axis=value_axis(ticks, unit))
    hints = tooltip(frame, **({"name": title_of(series)} if series else {}), x=title_of(x))
    layers = marks.annotations(notes, time, width, tall)
    if low and high:
        layers.append(
            alt.Chart(broken)
            .mark_area(opacity=0.18, interpolate="step-after" if step else "linear", invalid=None)
            .encode(
                x=across, y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q"), color=paint(), detail=alt.Detail("s:N")
            )
        )
    layers += _strokes(broken, across, upright, _dashes(keys, tones, dashed), step)
    dots = frame[frame["v"].notna()] if points else lonely(broken)
    layers += observations(dots, across, upright, hints, 42)
    for bound, shape in ((">", "triangle-up"), ("<", "triangle-down")) if arrows else ():
        rows = frame[frame["bound"].eq(bound) & frame["v"].notna()]
        if len(rows):
            mark = alt.Chart(rows).mark_point(shape=shape, size=70, filled=True, yOffset=-5 if bound == ">" else 5)
            layers.append(mark.encode(x=across, y=upright, color=paint(), tooltip=hints))
    layers.append(targets(frame[frame["v"].notna()], across, upright, hints))
    if len(ends):
        layers += end_names(ends, time, inner, across)
    if len(early):
        spots = _spots(broken, ticks, log, time, tall, step)
        early = early.assign(px=early["x"].map(time.pixel), py=tall * (1 - fraction(early["v"], ticks, log)))
        layers += names_inside(early, spots, inner + (0 if len(ends) else 8), tall, limit)
    if len(keys) > 1:
        name = picker if isinstance(picker, str) else "Show"
        absent = _on_request(waiting, across, upright, hints)
        layers = picking.by_series(layers, "s", called if picker else None, name=name, absent=absent)
    return layered(*layers, width=inner, height=tall)


def _ends(
    frame: pd.DataFrame, domain: tuple | None, width: float, limit: float | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the ends of the series into those at the right edge of the plot and those that lie before it."""
    ends = frame[frame["v"].notna()].groupby("s", sort=False).tail(1)
    if limit is None:
        return ends.head(0), ends.head(0)
    time = TimeAxis(frame["x"], width - limit, domain)
    early = ends["x"].map(time.pixel) < time.inner - 12
    return ends[~early], ends[early]


def _spots(
    frame: pd.DataFrame, ticks: Sequence[float], log: bool, time: TimeAxis, tall: float, step: bool
) -> list[tuple]:
    """List points on all lines, every few pixels, so that names can keep off them."""
    spots: list[tuple] = []
    for _, rows in frame.groupby("s", sort=False):
        xs, ys = rows["x"].map(time.pixel), tall * (1 - fraction(rows["v"], ticks, log))
        path = list(zip(xs, ys, strict=True))
        if step:
            path = [point for (x, y), (x2, y2) in pairwise(path) for point in ((x, y), (x2, y))] + path[-1:]
        spots += [(x, y) for x, y in path if y == y]
        for (x, y), (x2, y2) in pairwise(path):
            if y == y and y2 == y2:
                steps = max(1, int(max(abs(x2 - x), abs(y2 - y)) // 6))
                spots += [(x + (x2 - x) * at / steps, y + (y2 - y) * at / steps) for at in range(1, steps)]
    return spots


DASHES = ([1, 0], [5, 4], [1, 4], [9, 4, 1, 4])


def _dashes(keys: Sequence, tones: Mapping, dashed: Sequence) -> dict:
    """Choose the dashes of each series: those asked for, and others for a series in a colour that is taken."""
    chosen: dict = {}
    taken: list[tuple] = []
    for key in keys:
        free = [dash for dash in DASHES if (tones[key], dash) not in taken]
        chosen[key] = DASHES[1] if key in dashed else next(iter(free), DASHES[-1])
        taken.append((tones[key], chosen[key]))
    return chosen


def _strokes(
    frame: pd.DataFrame, x: alt.X, y: alt.Y, dashes: Mapping | None = None, step: bool = False
) -> list[alt.Chart]:
    """Draw the lines themselves, each with its dashes."""
    layers = []
    for dash in DASHES:
        rows = frame[[(dashes or {}).get(key, DASHES[0]) == dash for key in frame["s"]]]
        if len(rows):
            look: dict[str, Any] = {"interpolate": "step-after" if step else "linear", "strokeDash": dash}
            line = alt.Chart(rows).mark_line(**look, invalid="break-paths-show-domains")
            layers.append(line.encode(x=x, y=y, color=paint(), detail=alt.Detail("s:N")))
    return layers


def _on_request(frame: pd.DataFrame, x: alt.X, y: alt.Y, hints: list) -> list[alt.Chart]:
    """Draw lines with their names above their ends, for series that a reader has to ask for."""
    if frame.empty:
        return []
    broken = with_gaps(frame)
    broken = broken.assign(tone=theme.token("ink"))
    present = frame[frame["v"].notna()]
    ends = present.groupby("s", sort=False).tail(1)
    layers = _strokes(broken, x, y) + observations(lonely(broken), x, y, hints, 42)
    layers += multiline(ends, "name", x=x, y=y, align="right", shift=-12, halo=True, fontWeight="bold")
    return [*layers, targets(present, x, y, hints)]


def running_on(frame: pd.DataFrame, domain: tuple | None) -> pd.DataFrame:
    """Repeat each series' last state at the right edge: it holds until the next publication."""
    span = frame["x"].max() - frame["x"].min()
    edge = frame["x"].max() + span / 20 if domain is None else type(frame["x"].iloc[0])(domain[1])
    last = frame.groupby("s", sort=False).tail(1).assign(x=edge)
    if "int" in str(frame["x"].dtype):
        frame = frame.astype({"x": "float64"})
    return pd.concat([frame, last]).sort_values(["s", "x"], kind="stable", ignore_index=True)


def _ticks(frame: pd.DataFrame, minimum: float | None, maximum: float | None, log: bool, width: float) -> list[float]:
    """Choose ticks over all values and bands, from `minimum` and to `maximum` unless the data go beyond."""
    ends = frame[[column for column in ("v", "low", "high") if column in frame]]
    lowest, highest = ends.min().min(), ends.max().max()
    if not log:
        lowest = lowest if minimum is None else min(minimum, lowest)
        highest = highest if maximum is None else maximum
    return value_ticks(float(lowest), float(highest), log, width)


def step_lines(data: pd.DataFrame, x: str, y: str, series: str | None = None, **options) -> alt.LayerChart:
    """Draw states that hold until the next publication: `lines` with steps; x is the day of publication."""
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
    """Draw parts of a whole over years, named at the right edge; the first of `order` is at the bottom.

    hatch_from  from this year on the areas are hatched: a projection, or a quota for output
    normalise   percentages of the year's sum
    """
    frame = tidy(data, y, {"x": x, "s": series}, unit=unit, places=places, hollow=False)
    keys = ordered(list(dict.fromkeys(frame["s"])), dict(frame.groupby("s")["v"].sum()), order)
    called, tones = names(keys, labels), palette(keys, colours, distinct=PLAIN_PARTS)
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
                .encode(
                    x=across,
                    y=upright,
                    y2=alt.Y2("to:Q"),
                    color=alt.Color("tone:N", scale=None),
                    detail=alt.Detail("s:N"),
                )
            )
    frame = frame.merge(shape[["x", "s", "from", "to"]], on=["x", "s"])
    frame["mid"], frame["name"] = (frame["from"] + frame["to"]) / 2, frame["s"].map(called)
    hints = tooltip(frame, name=title_of(series), x=title_of(x))
    layers.append(targets(frame, across, alt.Y("mid:Q"), hints))
    layers += end_names(ends, time, inner, across)
    layers += marks.annotations(notes, time, width, tall)
    return layered(*layers, width=inner, height=tall)


areas = stacked_areas
