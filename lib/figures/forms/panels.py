"""The same small chart many times over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from lib.figures import picking, text, theme
from lib.figures.axes import TimeAxis, nice_ticks, tick_width, value_axis
from lib.figures.marks import LINE_HEIGHT, legend_of, multiline, observations, paint, targets
from lib.figures.parts import is_place, lonely, names, narrow, ordered, palette, tidy, title_of, tooltip, with_gaps


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
) -> alt.ConcatChart | alt.VConcatChart:
    """Draw the same small chart for each facet, on shared scales by default; `kind` is line, area or bar.

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
    row = alt.layer(*legend, width=width - 12, height=1)
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
            .encode(x=across, y=upright, color=paint(), tooltip=hints)
        )
    elif kind == "area":
        layers.append(
            alt.Chart(broken)
            .mark_area(opacity=0.85)
            .encode(x=across, y=upright, color=paint(), detail=alt.Detail("s:N"))
        )
    else:
        for dash in (False, True):
            chosen = broken[broken["s"].isin(list(dashed)) == dash]
            if len(chosen):
                layers.append(
                    alt.Chart(chosen)
                    .mark_line(strokeWidth=2, strokeDash=[4, 3] if dash else [1, 0], invalid="break-paths-show-domains")
                    .encode(x=across, y=upright, color=paint(), detail=alt.Detail("s:N"))
                )
        layers += observations(lonely(broken), across, upright, hints, 22)
    if kind != "bar":
        layers.append(targets(rows[rows["v"].notna()], across, upright, hints, 120))
    heading = pd.DataFrame({"title": [text.wrap(title, inner + 8)]})
    lines = heading["title"].iloc[0].count("\n")
    layers += multiline(
        heading,
        "title",
        x=alt.XValue(0),
        y=alt.YValue(-14 - lines * LINE_HEIGHT / 2),
        align="left",
        fontWeight="bold",
    )
    if series:
        layers = picking.by_series(layers, "name", follows=True)
    return alt.layer(*layers, width=inner, height=tall)
