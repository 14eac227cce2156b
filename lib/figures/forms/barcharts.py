"""Bars from zero, whole or in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import picking, text, theme
from lib.figures.axes import nice_ticks, tick_width, value_axis
from lib.figures.forms.rows import Rows
from lib.figures.marks import halo_of, layered, legend_of, outline, paint
from lib.figures.parts import (
    OTHERS,
    PLAIN_PARTS,
    is_place,
    names,
    narrow,
    ordered,
    palette,
    short,
    tidy,
    title_of,
    tooltip,
)


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
    hatch: str | None = None,
    slider: str | None = None,
    benchmark: tuple[float, str] | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart:
    """Draw horizontal bars from zero with their values beside them, largest first, the rest of the world last.

    actor      column with the place code that gives the colour, when the category is not one itself
    highlight  categories in colour; all others are grey
    low, high  columns of a range, drawn as a thin bar over the end
    maximum    right end of the scale, for example 100 for shares
    hatch      boolean column: these bars are drawn hatched (a quota for output)
    slider     column of years: the newest is shown, and in the live chart a slider leads to the others
    benchmark  a value that the bars are held against, with its words: a line across them
    """
    frame = tidy(
        data,
        value,
        {"k": category, "actor": actor, "low": low, "high": high, "hatch": hatch, "moment": slider},
        unit=unit,
        places=places,
        hollow=hollow,
    )
    if slider:
        frame = _at_every_moment(frame)
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
    if hatch:
        frame["fill"] = [
            theme.softened(tone) if soft else tone
            for tone, soft in zip(frame["fill"], frame["hatch"].eq(True), strict=True)
        ]
    ends = [maximum or 0, frame["v"].max(), frame["high"].max() if high else 0, benchmark[0] if benchmark else 0]
    top = max(ends) or 1
    plot = Rows(called, width, right=text.widest(frame["label"], bold=True) + 16, step=28)
    frame = plot.placed(frame)
    frame["end"] = frame[["v", "high"]].max(axis=1) if high else frame["v"]
    frame["end"] = frame["end"].fillna(0)
    x = alt.X("v:Q", scale=alt.Scale(domain=[0, float(top)], nice=False), axis=None)
    hints = tooltip(frame, name=title_of(category), **({"moment": title_of(slider)} if slider else {}))
    layers = []
    tone = paint("fill")
    bar: dict[str, Any] = {"height": 18, "yOffset": plot.lift}
    full, empty = frame[~frame["hollow"] & frame["v"].notna()], frame[frame["hollow"] & frame["v"].notna()]
    if len(full):
        layers.append(alt.Chart(full).mark_bar(**bar).encode(x=x, y=plot.y(), color=tone, tooltip=hints))
    if len(empty):
        layers.append(
            alt.Chart(empty)
            .mark_bar(**bar | {"height": 16.5}, filled=True, fill=theme.token("ground"), strokeWidth=1.6)
            .encode(x=x, y=plot.y(), stroke=outline("fill"), tooltip=hints)
        )
    if high:
        span = frame[frame["low"].notna() & frame["high"].notna()]
        layers.append(
            alt.Chart(span)
            .mark_rule(color=theme.token("ink"), strokeWidth=1.5, yOffset=plot.lift)
            .encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=plot.y())
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
            .encode(x=x, y=plot.y(), color=tone, tooltip=hints)
        )
    below = frame[frame["bound"].eq("<") & frame["v"].notna()]
    if len(below):
        inside = [theme.token("ground") if not empty else tone for empty, tone in below[["hollow", "fill"]].to_numpy()]
        layers.append(
            alt.Chart(below.assign(inside=inside))
            .mark_point(shape="triangle-left", filled=True, size=60, xOffset=-7, yOffset=plot.lift)
            .encode(x=x, y=plot.y(), color=paint("inside"), tooltip=hints)
        )
    if benchmark:
        layers += plot.benchmark(*benchmark, x, benchmark[0] / top)
    layers += _value_labels(frame, plot, halo=bool(benchmark))
    if slider:
        years = [int(year) for year in frame["moment"].unique()]
        layers = picking.by_year(layers, "moment", years, title_of(slider))
    return plot.chart(layers)


def _at_every_moment(frame: pd.DataFrame) -> pd.DataFrame:
    """Add an empty row where one is missing; the oldest moment comes first, as the newest decides the order."""
    pairs = pd.MultiIndex.from_product([sorted(frame["moment"].unique()), frame["k"].unique()], names=["moment", "k"])
    whole = frame.set_index(["moment", "k"]).reindex(pairs).reset_index()
    missing = whole["label"].isna()
    whole.loc[missing, ["label", "told"]] = short(float("nan"), "")
    if "actor" in whole:
        whole["actor"] = whole.groupby("k")["actor"].transform("first")
    return whole.assign(bound=whole["bound"].fillna(""), hollow=whole["hollow"].eq(True))


def _value_labels(frame: pd.DataFrame, plot: Rows, halo: bool = False) -> list[alt.Chart]:
    """Write the values beside the bars, on cleared ground where a line may run behind them."""
    frame = frame.assign(
        ink=[theme.token("muted" if missing else "ink") for missing in frame["v"].isna()],
    )
    where = {"x": alt.X("end:Q"), "y": plot.y(), "text": alt.Text("label:N")}
    look: dict[str, Any] = {"align": "left", "dx": 8 + 6 * frame["bound"].eq(">").any(), "yOffset": plot.lift}
    under = [alt.Chart(frame).mark_text(**look, **halo_of()).encode(**where)] if halo else []
    return [*under, alt.Chart(frame).mark_text(**look).encode(**where, color=paint("ink"))]


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
    """Draw bars of parts: horizontal for names, columns for years; parts are named in a legend above.

    hatch      boolean column: these parts are drawn hatched (a quota for output, a projection)
    normalise  show each part as a percentage of its bar; the tooltip keeps the value
    order      rows from top to bottom; by default as they come
    totals     write the sum at the end of each bar
    """
    frame = tidy(data, value, {"k": category, "s": part, "hatch": hatch}, unit=unit, places=places, hollow=False)
    sums = frame.groupby("s")["v"].sum()
    parts = ordered(list(dict.fromkeys(frame["s"])), dict(sums), part_order)
    called, fills = names(parts, labels), palette(parts, colours, distinct=PLAIN_PARTS)
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
    key = [(called[each], fills[each]) for each in parts]
    if pd.api.types.is_numeric_dtype(frame["k"]):
        hints = {"year": title_of(category), "part": title_of(part)}
        return _stacked_columns(frame.assign(year=frame["k"].astype(int)), key, hints, scale_unit, height, width)
    rows = list(order) if order is not None else list(dict.fromkeys(frame.sort_index()["k"]))
    sums = frame.groupby("k")["v"].sum()
    written = [short(sums[row], unit, places=places) for row in rows] if totals else []
    plot = Rows(names(rows, labels), width, right=text.widest(written) + 12, step=34)
    hints = {"name": title_of(category), "part": title_of(part)}
    return _stacked_rows(plot.placed(frame), plot, key, hints, scale_unit, written, width)


def _stacked_rows(
    frame: pd.DataFrame, plot: Rows, key: list, titles: dict, unit: str, totals: list[str], width: float
) -> alt.LayerChart:
    top = float(frame["to"].max())
    ticks = [tick for tick in nice_ticks(0, top, 4 if narrow(width) else 5) if tick <= top * 1.001]
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=value_axis(ticks, unit))
    hints = tooltip(frame, **titles)
    layers = [
        alt.Chart(frame)
        .mark_bar(height=22, yOffset=plot.lift, stroke=theme.token("ground"), strokeWidth=0.8)
        .encode(x=x, x2=alt.X2("to:Q"), y=plot.y(), color=paint("fill"), tooltip=hints)
    ]
    shares = [f"{size:,.0f}{'%' if unit == '%' else ''}" for size in frame["size"]]
    fits = [
        size / top * plot.inner > text.width(words) + 8 and tone not in theme.hatched()
        for size, words, tone in zip(frame["size"], shares, frame["fill"], strict=True)
    ]
    inks = [theme.token("ink" if theme.pale(tone) else "ground") for tone in frame["fill"]]
    inside = frame.assign(words=shares, ink=inks)[fits]
    if len(inside):
        layers.append(
            alt.Chart(inside)
            .mark_text(yOffset=plot.lift)
            .encode(x=alt.X("mid:Q"), y=plot.y(), text=alt.Text("words:N"), color=paint("ink"), tooltip=hints)
        )
    if totals:
        tops = frame.groupby("row")["to"].max()
        ends = pd.DataFrame({"row": plot.labels, "to": list(tops.loc[plot.labels]), "words": totals})
        layers.append(
            alt.Chart(ends)
            .mark_text(align="left", dx=6, yOffset=plot.lift)
            .encode(x=alt.X("to:Q"), y=plot.y(), text=alt.Text("words:N"))
        )
    back = width - plot.inner - 12 - text.widest(totals)
    legend, _ = legend_of(key, width - 8, offset=-max(0, back) if not plot.above else 0)
    return plot.chart(layers + legend)


def _stacked_columns(
    frame: pd.DataFrame, key: list, titles: dict, unit: str, height: float | None, width: float
) -> alt.LayerChart:
    tall = height or (300 if narrow(width) else 320)
    top = float(frame["to"].max())
    ticks = nice_ticks(0, top, 4)
    years = list(range(int(frame["k"].min()), int(frame["k"].max()) + 1))
    inner = width - tick_width(ticks, unit) - 16
    step = inner / len(years)
    every = next((count for count in (1, 2, 5, 10, 20, 25) if step * count >= 42), 50)
    labelled = [year for year in years if (year - years[-1]) % every == 0] if every < 5 else None
    labelled = labelled or [year for year in years if year % every == 0]
    x = alt.X(
        "year:O",
        scale=alt.Scale(domain=years, paddingInner=0.14, paddingOuter=0.07),
        axis=alt.Axis(values=labelled, labelAngle=0, labelOverlap=False),
    )
    y = alt.Y("from:Q", scale=alt.Scale(domain=[0, ticks[-1]], nice=False), axis=value_axis(ticks, unit))
    hints = tooltip(frame, **titles)
    layers = [
        alt.Chart(frame)
        .mark_bar(stroke=theme.token("ground"), strokeWidth=0.6 if step > 8 else 0)
        .encode(x=x, y=y, y2=alt.Y2("to:Q"), color=paint("fill"), tooltip=hints)
    ]
    legend, _ = legend_of(key, width - 8, offset=inner - width + 8)
    return layered(*layers, *legend, width=inner, height=tall)
