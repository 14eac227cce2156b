"""Dots: rival estimates with their ranges, then and now, two measures against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from lib import facts
from lib.figures import text, theme
from lib.figures.axes import fraction, log_ticks, nice_ticks, tick_width, value_axis, value_scale, value_ticks
from lib.figures.forms.rows import Rows
from lib.figures.marks import end_labels, layered, multiline, observations, paint, points
from lib.figures.parts import names, narrow, ordered, palette, resolve, short, tidy, title_of, tooltip


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
    then: str | None = None,
    arrows: bool = True,
    benchmark: tuple[float, str] | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Draw rival estimates: a row per category, a dot per estimate, a bar from the lowest to the highest.

    low, high  columns of each estimate's own range, joined into the bar
    label      column with a short name of each estimate, written above its dot
    actor      column with the place code that colours the dots
    domain     ends of the scale, for example (0, 100)
    weak       boolean column: estimates of low confidence, drawn small and hollow and left out of bar and range
    then       boolean column: of two values of a row the earlier one, drawn hollow; the words are `<93 → 87%`
    arrows     False where the subtitle says which dots are bounds: a hundred arrows would hide them
    benchmark  a value that the dots are held against, with its words: a line across the rows
    An estimate that is a lower bound (`>`) gets an open-ended arrow, an upper bound (`<`) one to the left.
    """
    hollow = then if hollow is None and then else hollow
    frame = tidy(
        data,
        value,
        {"k": category, "low": low, "high": high, "word": label, "actor": actor, "weak": weak, "then": then},
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
    spans = _then_and_now(frame) if then else _spans(frame)
    held = [benchmark[0]] if benchmark else []
    least, most = min([frame["least"].min(), *held]), max([frame["most"].max(), *held])
    lowest, highest = (least, most) if log else domain or (min(0, least), most)
    ticks = value_ticks(lowest, highest, log, width)
    span_words = [_span(row, unit, places, "→" if then else "–") for row in spans.itertuples()]

    def word_room(inner: float) -> float:
        frame["level"] = _levels(frame, ticks, inner, log)
        return int(frame["level"].max()) * 15 + 16

    right = text.widest(span_words) + 16
    plot = Rows(called, width, right=right, step=30, extra=word_room if label else None)
    frame, spans = plot.placed(frame), spans.assign(row=spans["k"].map(plot.rows), words=span_words)
    scale = value_scale(ticks, log)
    across = alt.X("v:Q", scale=scale, axis=value_axis(ticks, unit, grid=True))
    titles = {"name": title_of(category)} | ({"word": title_of(label)} if label else {})
    hints = tooltip(frame, **titles)
    lift: dict[str, Any] = {"yOffset": plot.lift}
    layers = [
        alt.Chart(spans)
        .mark_rule(strokeWidth=6, color=theme.token("range"), strokeCap="round", **lift)
        .encode(
            x=alt.X("least:Q", scale=scale, axis=value_axis(ticks, unit, grid=True)), x2=alt.X2("most:Q"), y=plot.y()
        )
    ]
    layers += _arrows(frame, plot, across, lift) if arrows else []
    if benchmark:
        layers += plot.benchmark(*benchmark, across, fraction(benchmark[0], ticks, log))
    dots = frame[frame["v"].notna()]
    large, small = {"size": 95, "strokeWidth": 2} | lift, {"size": 45, "strokeWidth": 1.2} | lift
    only_weak = dots.loc[dots["hollow"], "weak"].all()
    encoding = {"x": across, "y": plot.y(), "tooltip": hints}
    layers += points(dots, encoding, full=large, hollow=small if only_weak else large)
    if label:
        layers += _dot_words(frame, plot, across)
    layers.append(
        alt.Chart(spans)
        .mark_text(align="left", **lift)
        .encode(x=alt.XValue(plot.inner + 12), y=plot.y(), text=alt.Text("words:N"))
    )
    return plot.chart(layers)


def _spans(frame: pd.DataFrame) -> pd.DataFrame:
    """Find per category the ends of its bar, over estimates that are not weak, and whether an end is a bound."""
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


def _then_and_now(frame: pd.DataFrame) -> pd.DataFrame:
    """Find `_spans` from the earlier value of a category to the later one, whichever is larger."""
    rows = []
    for key, both in frame.groupby("k", sort=False):
        present = both[both["v"].notna()]
        if present.empty:
            rows.append({"k": key, "least": float("nan"), "most": float("nan"), "weak": False})
            continue
        first, last = (present.sort_values("then", ascending=False, kind="stable").iloc[place] for place in (0, -1))
        ends = {"least": first["v"], "most": last["v"], "lower": first["bound"], "upper": last["bound"]}
        rows.append({"k": key, "weak": False} | ends)
    return pd.DataFrame(rows, columns=["k", "least", "most", "lower", "upper", "weak"])


def _span(row, unit: str, places: int | None, between: str = "–") -> str:
    """Write the words beside a bar: `34–<59%` where its upper end is itself an upper bound; `<93 → 87%` over time."""
    if pd.isna(row.least):
        return "weak sources" if row.weak else "no figure"
    first, last = (short(end, unit, bound, places) for end, bound in ((row.least, row.lower), (row.most, row.upper)))
    if first == last:
        return last
    before, after = facts.PREFIXED_UNITS.get(unit, ""), facts.SUFFIXED_UNITS.get(unit, f" {unit}")
    between = f" {between} " if between == "→" else between
    return f"{first.removesuffix(after)}{between}{last.replace(before, '', 1)}"


def _levels(frame: pd.DataFrame, ticks: Sequence[float], inner: float, log: bool) -> pd.Series:
    """Choose the line above its row that a dot's name goes on, so that names do not overlap (0 is the lowest)."""
    levels = pd.Series(0, index=frame.index)
    for _, rows in frame.groupby("k", sort=False):
        taken: list[list[tuple[float, float]]] = []
        for index, row in rows.sort_values("v").iterrows():
            if pd.isna(row["v"]) or pd.isna(row["word"]) or not str(row["word"]):
                continue
            pixel = fraction(row["v"], ticks, log) * inner
            half = text.width(str(row["word"]), 12.5) / 2 + 5
            level = 0
            while level < len(taken) and any(pixel - half < b and a < pixel + half for a, b in taken[level]):
                level += 1
            if level == len(taken):
                taken.append([])
            taken[level].append((pixel - half, pixel + half))
            levels[index] = level
    return levels


def _dot_words(frame: pd.DataFrame, plot: Rows, across: alt.X) -> list[alt.Chart]:
    layers = []
    named = frame[frame["v"].notna() & frame["word"].notna()]
    for level, rows in named.groupby("level"):
        lift = plot.lift - 17 - 15 * level
        layers.append(
            alt.Chart(rows)
            .mark_text(baseline="middle", fontSize=12.5, color=theme.token("muted"), yOffset=lift)
            .encode(x=across, y=plot.y(), text=alt.Text("word:N"))
        )
    return layers


def _arrows(frame: pd.DataFrame, plot: Rows, across: alt.X, lift: dict[str, Any]) -> list[alt.Chart]:
    """Draw open-ended arrows of bounds beside their dots."""
    layers = []
    for bound, shape, offset in ((">", "triangle-right", 15), ("<", "triangle-left", -15)):
        rows = frame[frame["bound"].eq(bound) & frame["v"].notna()] if "bound" in frame else frame.head(0)
        if len(rows):
            layers.append(
                alt.Chart(rows)
                .mark_point(shape=shape, size=70, filled=True, xOffset=offset, **lift)
                .encode(x=across, y=plot.y(), color=paint())
            )
            layers.append(
                alt.Chart(rows)
                .mark_text(text="–", xOffset=offset * 0.55, fontWeight="bold", dy=-1, **lift)
                .encode(x=across, y=plot.y(), color=paint())
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
    """Draw then and now (two or more moments): a line per category, values at both ends, names on the right.

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
    layers = [
        alt.Chart(pd.DataFrame({"moment": [str(moment) for moment in moments]}))
        .mark_rule(color=theme.token("grid"))
        .encode(x=x)
    ]
    quiet = frame[~frame["k"].isin(list(highlight))] if highlight else frame.head(0)
    faint: dict[str, Any] = {"strokeWidth": 1, "opacity": 0.45}
    strong: dict[str, Any] = {"strokeWidth": 2.4}
    for rows, style in ((quiet, faint), (named, strong)):
        if len(rows):
            layers.append(alt.Chart(rows).mark_line(**style).encode(x=x, y=y, color=paint(), detail=alt.Detail("k:N")))
            size = 50 if rows is named else 18
            layers += observations(rows, x, y, hints, size)
    at = alt.Y("at:Q")
    layers += multiline(right, "name", x=alt.XValue(inner + 12), y=at, align="left", colour=paint(), fontWeight="bold")
    layers += multiline(left, "name", x=alt.XValue(-12), y=at, align="right", colour=paint())
    return layered(*layers, width=inner, height=tall)


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
    """Draw two measures against each other; names beside the points where they find room, all in the tooltips.

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
    x_ticks = _measured(frame["x"], log_x, count)
    y_ticks = _measured(frame["v"], log_y, 5)
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
    frame["px"] = fraction(frame["x"], x_ticks, log_x) * inner
    frame["py"] = (1 - fraction(frame["v"], y_ticks, log_y)) * tall
    titles = ({"name": title_of(label)} if label else {}) | {"x": x_title or title_of(x)}
    hints = tooltip(frame, **titles)
    encoding = {"x": across, "y": upright, "tooltip": hints}
    if size:
        encoding["size"] = alt.Size("size:Q", scale=alt.Scale(range=[30, 700], zero=True), legend=None)
    mark = {"size": 80, "strokeWidth": 1.8, "opacity": 0.9}
    layers = points(frame, encoding, full=mark, hollow=mark)
    if label:
        for row, align, dx, dy in _beside(frame, inner, tall):
            layers.append(
                alt.Chart(pd.DataFrame({"x": [row["x"]], "v": [row["v"]], "name": [row["name"]]}))
                .mark_text(align=align, baseline="middle", dx=dx, dy=dy, fontSize=12.5)
                .encode(x=across, y=upright, text=alt.Text("name:N"))
            )
    return layered(*layers, width=inner, height=tall)


def _measured(values: pd.Series, log: bool, count: int) -> list[float]:
    low, high = values.min(), values.max()
    return log_ticks(low, high) if log else nice_ticks(min(0, low), high, count)


def _beside(frame: pd.DataFrame, inner: float, tall: float) -> list[tuple]:
    """Find where names fit beside their points without touching another name or point; leave out those that do not."""
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
