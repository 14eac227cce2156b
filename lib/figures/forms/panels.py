"""The same small chart many times over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import picking, text, theme
from lib.figures.axes import TimeAxis, nice_ticks, tick_width, value_axis
from lib.figures.forms.linecharts import running_on
from lib.figures.forms.rows import Rows
from lib.figures.marks import LINE_HEIGHT, layered, legend_of, multiline, observations, paint, targets
from lib.figures.parts import is_place, lonely, names, narrow, ordered, palette, tidy, title_of, tooltip, with_gaps


def bar_panels(
    data: pd.DataFrame,
    category: str,
    value: str,
    panel: str,
    *,
    maxima: Mapping[str, float],
    units: Mapping[str, str] | None = None,
    decimals: Mapping[str, int] | None = None,
    order: Sequence | None = None,
    labels: Mapping | None = None,
    width: float = 700,
) -> alt.HConcatChart | alt.VConcatChart:
    """Draw several measures of the same rows side by side, each on a scale of its own; one above the other on a phone.

    maxima    right end of each panel's scale, by panel and in the order of the panels
    units     unit of a panel's values
    decimals  decimals of a panel's values
    """
    heads = [key for key in maxima if key in set(data[panel])]
    parts = {
        key: tidy(
            data[data[panel] == key],
            value,
            {"k": category},
            unit=(units or {}).get(key, ""),
            places=(decimals or {}).get(key),
        )
        for key in heads
    }
    keys = list(order) if order is not None else list(dict.fromkeys(data[category]))
    called, gap = names(keys, labels), 14
    rooms = {key: text.widest(part["label"]) + 14 for key, part in parts.items()}
    if narrow(width):
        plots = {key: Rows(called, width, right=rooms[key], step=26) for key in heads}
    else:
        plots = {key: Rows(called, width, right=0, step=30, limit=0.22) for key in heads}
        each = (plots[heads[0]].inner - sum(rooms.values()) - gap * (len(heads) - 1)) / len(heads)
        for plot in plots.values():
            plot.inner = each
    charts = []
    for key in heads:
        layers = _bars(parts[key], key, maxima[key], plots[key], title_of(category), rooms[key])
        named = narrow(width) or key == heads[0]
        plot = plots[key]
        charts.append(plot.chart(layers) if named else layered(*layers, width=plot.inner, height=plot.height))
    return alt.vconcat(*charts, spacing=20) if narrow(width) else alt.hconcat(*charts, spacing=gap)


def _bars(frame: pd.DataFrame, head: str, top: float, plot: Rows, header: str, room: float) -> list[alt.Chart]:
    """Draw one panel of bars from zero with their values; a bound has an arrow, and what is not known says so."""
    frame = plot.placed(frame)
    x = alt.X("v:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=None)
    hints, known = tooltip(frame, name=header), frame[frame["v"].notna()]
    look: dict[str, Any] = {"yOffset": plot.lift}
    beyond = known[known["bound"].eq(">")]
    edge = pd.DataFrame({"row": plot.labels, "low": 0, "high": top})
    ends = {"x": alt.X("low:Q"), "x2": alt.X2("high:Q")}
    layers = [
        alt.Chart(edge).mark_bar(height=14, color=theme.token("panel"), **look).encode(**ends, y=plot.y()),
        alt.Chart(known).mark_bar(height=14, **look).encode(x=x, y=plot.y(), tooltip=hints),
    ]
    if len(beyond):
        arrow = alt.Chart(beyond).mark_point(shape="triangle-right", filled=True, size=80, xOffset=3, **look)
        layers.append(arrow.encode(x=x, y=plot.y(), tooltip=hints))
    frame = frame.assign(end=frame["v"].fillna(0), ink=[theme.token("muted" if v != v else "ink") for v in frame["v"]])
    told = alt.Chart(frame).mark_text(align="left", dx=10, **look)
    layers.append(told.encode(x=alt.X("end:Q"), y=plot.y(), text=alt.Text("label:N"), color=paint("ink")))
    title = pd.DataFrame({"title": [text.wrap(head, plot.inner + room)]})
    rise = -12 - title["title"].iloc[0].count("\n") * LINE_HEIGHT / 2
    layers += multiline(title, "title", x=alt.XValue(0), y=alt.YValue(rise), align="left", fontWeight="bold")
    return layers


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
    """Draw the same small chart for each facet, on shared scales by default; `kind` is line, step, area or bar.

    series     several lines in a panel, named once in a key above
    highlight  facets in their own colour, the others grey (only without `series`)
    """
    frame = tidy(data, y, {"x": x, "f": facet, "s": series}, unit=unit, places=places, hollow=hollow)
    facets = ordered(list(dict.fromkeys(frame["f"])), dict(frame.groupby("f")["v"].max()), order)
    facets = [key for key in facets if key in set(frame["f"])]
    called = names(facets, labels)
    if series is None:
        frame["s"] = frame["f"]
    if kind == "step":
        frame = running_on(frame, None)
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
    broken = rows.sort_values(["s", "x"]) if kind == "step" else with_gaps(rows.sort_values(["s", "x"]))
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
        look: dict[str, Any] = {"strokeWidth": 2, "interpolate": "step-after" if kind == "step" else "linear"}
        for dash in (False, True):
            chosen = broken[broken["s"].isin(list(dashed)) == dash]
            if len(chosen):
                layers.append(
                    alt.Chart(chosen)
                    .mark_line(**look, strokeDash=[4, 3] if dash else [1, 0], invalid="break-paths-show-domains")
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
