"""Calendars: periods on rows, and cells of states or classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import marks, text, theme
from lib.figures.axes import TimeAxis, nice_ticks
from lib.figures.forms.rows import Rows
from lib.figures.marks import LINE_HEIGHT, layered, legend_of, multiline, outline, paint
from lib.figures.parts import class_names, names, narrow, resolve, tidy, title_of, tooltip

STATES = {
    # state: (token, drawn soft and hatched, drawn hollow)
    "in force": ("accent", False, False),
    "suspended": ("accent", True, False),
    "announced": ("accent", False, True),
    "issued": ("accent", False, True),
    "end passed, outcome not read": ("accent", True, False),
    "expired": ("base", False, False),
    "repealed": ("base", False, False),
}


def gantt(
    data: pd.DataFrame,
    row: str,
    start: str,
    end: str,
    *,
    state: str | None = None,
    label: str | None = None,
    group: str | None = None,
    groups: Sequence = (),
    split: int | None = None,
    as_of: str | pd.Timestamp | None = None,
    domain: tuple | None = None,
    order: Sequence | None = None,
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    states: Mapping[str, tuple] | None = None,
    notes: Sequence[tuple] = (),
    width: float = 700,
) -> alt.LayerChart | alt.VConcatChart:
    """Draw periods on rows, in the order of their beginning; one without an end runs on past the edge (▸).

    start, end  columns of days
    state       column with one of `STATES` (in force, suspended, announced, expired, repealed …)
    states      state to (token, hatched, hollow), to add or change states
    as_of       a line on the day up to which the register knows
    label       column with a short text written in or beside the bar
    group       column by which rows stand together under a heading, in the order of `groups`
    split       year: what began earlier and what began since stand in two panels, the second on a scale of its own
    """
    fields = {"k": row, "a": start, "b": end, "state": state, "word": label, "group": group}
    frame = tidy(data, None, fields)
    frame["a"], frame["b"] = pd.to_datetime(frame["a"]), pd.to_datetime(frame["b"])
    looks = STATES | dict(states or {})
    if state is None:
        frame["state"] = "in force"
    unknown = sorted(set(frame["state"]) - set(looks))
    if unknown:
        raise ValueError(f"no drawing for the states {', '.join(map(str, unknown))}: pass states=")
    low = pd.Timestamp(domain[0]) if domain else frame["a"].min()
    latest = [frame["a"].max(), frame["b"].max()] + ([pd.Timestamp(as_of)] if as_of else [])
    high = pd.Timestamp(domain[1]) if domain else max(moment for moment in latest if pd.notna(moment))
    frame = frame[(frame["a"] <= high) & (frame["b"].isna() | (frame["b"] >= low))].copy()
    frame["open"] = frame["b"].isna() | (frame["b"] > high)
    frame["to"] = frame["b"].where(~frame["open"], high)
    firsts = frame.groupby("k", sort=False)["a"].min()
    keys = [key for key in (firsts.sort_values(kind="stable").index if order is None else order) if key in firsts.index]
    frame = frame[frame["k"].isin(keys)]
    frame["until"] = ["open" if pd.isna(day) else f"{day:%-d %B %Y}" for day in frame["b"]]
    chosen = colours or {}
    frame["tone"] = [resolve(chosen.get(key, looks[kind][0])) if looks[kind][0] == "accent" else resolve(looks[kind][0])
                     for key, kind in zip(frame["k"], frame["state"], strict=True)]  # fmt: skip
    frame["fill"] = [
        theme.token("ground") if looks[kind][2] else theme.softened(tone) if looks[kind][1] else tone
        for kind, tone in zip(frame["state"], frame["tone"], strict=True)
    ]
    titles = {"name": title_of(row)} | ({"state": "State"} if state else {})
    titles |= ({"word": title_of(label)} if label else {}) | {"a": "From", "until": "Until"}
    written = [(pd.Timestamp(moment), words) for moment, words in notes]
    if as_of:
        written.append((pd.Timestamp(as_of), f"as of {pd.Timestamp(as_of):%-d %b %Y}"))
    kinds = [kind for kind in looks if kind in set(frame["state"])] if state else []
    key = partial(_state_key, kinds if len(kinds) > 1 else [], looks, width=width)
    called, span = names(keys, labels), (low, high)
    if not group:
        plot = Rows(called, width, right=22, step=26)
        left = 0 if plot.above else plot.inner + 28 - width
        layers = _periods(frame, plot, span, titles, written, width)
        return plot.chart([*layers, *key((left, plot.height + 44))])
    heads = [head for head in groups if head in set(frame["group"])]
    heads += [head for head in dict.fromkeys(frame["group"]) if head not in heads]
    return _in_panels(frame, _halves(keys, firsts, span, split), heads, called, titles, key, width)


def _in_panels(
    frame: pd.DataFrame,
    halves: list[tuple[str, tuple, list]],
    heads: list,
    called: dict,
    titles: Mapping[str, str],
    key: Callable[[tuple[float, float]], list[alt.Chart]],
    width: float,
) -> alt.VConcatChart:
    """Stack the groups of each half under their headings, on one scale in a half, with the key of states below."""
    inner = Rows(called, width, right=22, step=22, limit=WIDE_NAMES).inner
    left = 0 if narrow(width) else inner + 28 - width
    stacked: list = []
    for heading, span, members in halves:
        if heading:
            stacked.append(layered(_heading(heading, left, 0, size=14), width=inner, height=8))
        of_half = frame[frame["k"].isin(members)]
        present = [head for head in heads if of_half["group"].eq(head).any()]
        for head in present:
            rows = of_half[of_half["group"].eq(head)]
            listed = {name: called[name] for name in members if name in set(rows["k"])}
            plot = Rows(listed, width, right=22, step=22, limit=WIDE_NAMES)
            plot.inner = inner
            layers = _periods(rows, plot, span, titles, [], width, axis=head == present[-1])
            stacked.append(plot.chart([*layers, _heading(str(head).capitalize(), left, -9)]))
    if states := key((left, 6)):
        stacked.append(layered(*states, width=inner, height=12))
    return alt.vconcat(*stacked, spacing=8)


def _heading(words: str, left: float, top: float, **look: Any) -> alt.Chart:
    mark = alt.Chart(pd.DataFrame({"words": [words]})).mark_text(align="left", fontWeight="bold", **look)
    return mark.encode(x=alt.XValue(left), y=alt.YValue(top), text=alt.Text("words:N"))


WIDE_NAMES = 0.51
"""The part of the width that names take where they are the titles of acts."""


def _halves(keys: list, firsts: pd.Series, span: tuple, split: int | None) -> list[tuple[str, tuple, list]]:
    """Part rows by the year in which they began: for each part a heading, the days of its scale, and its rows."""
    low, high = span
    cut = pd.Timestamp(split or low.year, 1, 1)
    before, since = [key for key in keys if firsts[key] < cut], [key for key in keys if firsts[key] >= cut]
    if not before or not since or cut <= low:
        return [("", span, keys)]
    return [(f"Begun before {split}", span, before), (f"Begun since {split}", (cut, high), since)]


def _periods(
    frame: pd.DataFrame, plot: Rows, ends: tuple, titles: Mapping[str, str], notes: list, width: float, axis=True
) -> list[alt.Chart]:
    """Draw the bars of rows between two days, with an arrow on those that run on."""
    low, high = ends
    frame = plot.placed(frame.assign(**{"from": frame["a"].clip(lower=low)}))
    frame = frame[frame["to"] >= low]
    time = TimeAxis(pd.Series([low, high]), plot.inner, (low, high))
    look = {} if axis else {"labels": False, "domain": False}
    across = alt.X("from:T", scale=time.scale(), axis=time.axis(grid=True, **look))
    hints = tooltip(frame, **titles)
    layers = marks.annotations(notes, time, width, plot.height)
    layers.append(
        alt.Chart(frame)
        .mark_bar(height=14, yOffset=plot.lift, strokeWidth=1.4)
        .encode(
            x=across,
            x2=alt.X2("to:T"),
            y=plot.y(),
            color=paint("fill"),
            stroke=outline(),
            tooltip=hints,
        )
    )
    running = frame[frame["open"]]
    if len(running):
        layers.append(
            alt.Chart(running)
            .mark_point(shape="triangle-right", filled=True, size=110, xOffset=6, yOffset=plot.lift)
            .encode(x=alt.X("to:T"), y=plot.y(), color=paint(), tooltip=hints)
        )
    return layers + (_bar_words(frame, plot, time) if "word" in frame else [])


def _bar_words(frame: pd.DataFrame, plot: Rows, time: TimeAxis) -> list[alt.Chart]:
    """Write words inside a bar that is long enough and full; the tooltip has the others."""
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
        .encode(x=alt.X("from:T"), y=plot.y(), text=alt.Text("word:N"))
    ]


def _state_key(
    kinds: Sequence[str], looks: Mapping[str, tuple], corner: tuple[float, float], width: float
) -> list[alt.Chart]:
    """Draw a key from a corner on: what full, hatched and hollow bars mean."""
    layers, x, (left, y) = [], 0.0, corner
    for kind in kinds:
        token, soft, empty = looks[kind]
        tone = resolve(token)
        fill = theme.token("ground") if empty else theme.softened(tone) if soft else tone
        extent = 32 + text.width(kind) + 16
        if x and x + extent > width:
            x, y = 0.0, y + 22
        frame = pd.DataFrame({"word": [kind]})
        layers.append(
            alt.Chart(frame)
            .mark_rect(fill=fill, stroke=tone, strokeWidth=1.4)
            .encode(
                x=alt.XValue(left + x + 1), x2=alt.X2Value(left + x + 24), y=alt.YValue(y - 6), y2=alt.Y2Value(y + 6)
            )
        )
        layers.append(
            alt.Chart(frame)
            .mark_text(align="left", baseline="middle")
            .encode(x=alt.XValue(left + x + 31), y=alt.YValue(y), text=alt.Text("word:N"))
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
    """Draw cells in classes: `bins` are inner boundaries of up to six classes; or `states` maps a text to a colour.

    Cells without a row or value stay empty with a thin outline. Numbers stand in the cells where they fit.
    """
    measured, named = (value, None) if states is None else (None, value)
    frame = tidy(data, measured, {"x": x, "k": y, "state": named}, unit=unit, places=places)
    rows = list(order) if order is not None else list(dict.fromkeys(frame["k"]))
    columns = list(x_order) if x_order is not None else sorted(frame["x"].unique())
    called = names(rows, labels)
    across_names = names(columns, labels)
    if states is not None:
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
    labelled = [across_names[column] for column in columns[::-1][::every][::-1]]
    horizontal = alt.X(
        "column:N",
        sort=None,
        scale=alt.Scale(domain=[across_names[column] for column in columns], paddingInner=0.05, paddingOuter=0),
        axis=alt.Axis(orient="top", values=labelled, labelAngle=0, domain=False, labelOverlap=False),
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
        .encode(x=horizontal, y=vertical, color=paint("fill"), tooltip=hints),
    ]
    if numbers and states is None:
        written = frame[frame["v"].notna()].copy()
        written["words"] = [label.removesuffix("%") for label in written["label"]]
        if text.widest(written["words"]) + 4 < cell:
            dark = set(theme.sequence(6)[3:])
            written["ink"] = [theme.token("ground" if fill in dark else "ink") for fill in written["fill"]]
            layers.append(
                alt.Chart(written)
                .mark_text()
                .encode(
                    x=horizontal,
                    y=vertical,
                    text=alt.Text("words:N"),
                    color=alt.Color("ink:N", scale=None),
                    tooltip=hints,
                )
            )
    legend, _ = legend_of(entries, width - 8, offset=inner - width + 12, lift=22)
    tall = step * len(rows)
    called_rows = pd.DataFrame({"row": list(row_labels.values())})
    layers += multiline(called_rows, "row", x=alt.XValue(-10), y=vertical, align="right")
    return layered(*layers, *legend, width=inner, height=tall)


calendar = heatmap
