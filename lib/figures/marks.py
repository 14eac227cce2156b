"""Marks that several charts draw: points, names of one or more lines, labels at line ends, notes, keys."""

# Nothing is imported from __future__: a function here is called `annotations`.
from collections.abc import Sequence
from typing import Any, Literal, cast

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.axes import TimeAxis
from lib.figures.parts import narrow

LINE_HEIGHT = 16
Align = Literal["left", "center", "right"]


def paint(field: str = "tone") -> alt.Color:
    """Return the colour that a row names in `field`."""
    return alt.Color(f"{field}:N", scale=None, legend=None)


def outline(field: str = "tone") -> alt.Stroke:
    """Return the colour that a row names in `field`, for marks that are hollow."""
    return alt.Stroke(f"{field}:N", scale=None, legend=None)


def points(
    frame: pd.DataFrame, encoding: dict[str, Any], *, full: dict[str, Any], hollow: dict[str, Any]
) -> list[alt.Chart]:
    """Draw hollow dots for the rows that are `hollow`, and above them full ones, in the rows' `tone`.

    `encoding` is of both; `full` and `hollow` are properties of the marks.
    """
    layers = []
    is_hollow = frame["hollow"].astype(bool)
    for rows, look, channel, tone in (
        (frame[is_hollow], {"fill": theme.token("ground")} | hollow, "stroke", outline()),
        (frame[~is_hollow], full, "color", paint()),
    ):
        if len(rows):
            layers.append(alt.Chart(rows).mark_point(filled=True, **look).encode(**encoding, **{channel: tone}))
    return layers


def layered(*layers: alt.Chart, **options: Any) -> alt.LayerChart:
    """Draw layers over each other; none of them is split into facets, which would make another kind of chart."""
    return cast(alt.LayerChart, alt.layer(*layers, **options))


def observations(frame: pd.DataFrame, x: alt.X, y: alt.Y, hints: list, size: float) -> list[alt.Chart]:
    """Draw dots on a line."""
    encoding = {"x": x, "y": y, "tooltip": hints}
    return points(frame, encoding, full={"size": size}, hollow={"size": size, "strokeWidth": 1.8})


def targets(frame: pd.DataFrame, x: alt.X, y: alt.Y, hints: list, size: float = 220) -> alt.Chart:
    """Draw unseen discs that show the tooltip of a value near the pointer."""
    return alt.Chart(frame).mark_point(size=size, opacity=0, filled=True).encode(x=x, y=y, tooltip=hints)


def halo_of(width: float = 4) -> dict[str, Any]:
    """Return the look of letters drawn under others to clear the ground around them."""
    return {"stroke": theme.token("ground"), "strokeWidth": width, "strokeJoin": "round"}


def multiline(
    frame: pd.DataFrame,
    field: str,
    *,
    x,
    y,
    align: Align,
    shift: float = 0,
    colour: alt.Color | None = None,
    halo: bool = False,
    **mark: Any,
) -> list[alt.Chart]:
    """Write texts of one or more lines, each centred on its place (Vega centres the first line only).

    halo  clear the ground around the letters, where grid lines or leaders run behind them
    """
    lines = frame[field].str.count("\n")
    layers = []
    if halo:
        layers = multiline(frame, field, x=x, y=y, align=align, shift=shift, **halo_of() | mark)
    for count in sorted(lines.unique()):
        chart = (
            alt.Chart(frame[lines == count])
            .mark_text(
                align=align,
                baseline="middle",
                lineBreak="\n",
                lineHeight=LINE_HEIGHT,
                yOffset=float(shift - count * LINE_HEIGHT / 2),
                **mark,
            )
            .encode(x=x, y=y, text=alt.Text(field, type="nominal"))
        )
        layers.append(chart.encode(color=colour) if colour is not None else chart)
    return layers


def end_labels(
    ends: pd.DataFrame, top: float, bottom: float, height: float, limit: float
) -> tuple[pd.DataFrame, float]:
    """Keep labels at line ends apart: columns `name`, `v`; return them with `at` (data units) and the height.

    top and bottom are the data values at the upper and lower edge; the plot grows when the labels need it.
    """
    ends = ends.copy()
    ends["name"] = [text.wrap(name, limit) for name in ends["name"]]
    heights = [LINE_HEIGHT * (name.count("\n") + 1) for name in ends["name"]]
    height = max(height, sum(heights) + 4)
    pixels = [(top - value) / (top - bottom) * height for value in ends["v"]]
    placed = text.spread(pixels, heights, -LINE_HEIGHT / 2, height + LINE_HEIGHT / 2)
    ends["at"] = [top - pixel / height * (top - bottom) for pixel in placed]
    ends["moved"] = [abs(pixel - wanted) > 5 for pixel, wanted in zip(placed, pixels, strict=True)]
    return ends, height


def end_names(ends: pd.DataFrame, time: TimeAxis, inner: float, across: alt.X) -> list[alt.Chart]:
    """Write names at the right edge; a hair line in the margin joins a name to the end it was moved away from."""
    layers = multiline(
        ends, "name", x=alt.XValue(inner + 12), y=alt.Y("at:Q"), align="left", colour=paint(), fontWeight="bold"
    )
    hair = ends[ends["moved"]]
    if len(hair):
        layers.append(
            alt.Chart(hair)
            .mark_rule(strokeWidth=0.8, opacity=0.7)
            .encode(x=across, x2=alt.X2Value(inner + 9), y=alt.Y("v:Q"), y2=alt.Y2("at:Q"), color=paint())
        )
    return layers


def names_inside(
    ends: pd.DataFrame, drawn: Sequence[tuple[float, float]], right: float, height: float, limit: float
) -> list[alt.Chart]:
    """Write the names of series that end inside the plot beside their ends, where they cover the least of the lines.

    ends   columns `name`, `tone`, and the end of the series in pixels: `px`, `py`
    drawn  points in pixels, close to each other, on all lines
    right  pixels from the left up to which names may reach

    A leader from such an end to the margin would look like a line of the data.
    """
    layers: list[alt.Chart] = []
    taken: list[text.Box] = []
    for _, end in ends.sort_values("px", ascending=False).iterrows():
        words = text.wrap(end["name"], limit)
        size = (text.width(words, bold=True), LINE_HEIGHT * (words.count("\n") + 1))
        box = text.roomiest((end["px"], end["py"]), size, drawn, taken, (right, height))
        taken.append(box)
        layers += multiline(
            end.to_frame().T.assign(name=words),
            "name",
            x=alt.XValue(box.left),
            y=alt.YValue((box.top + box.bottom) / 2),
            align="left",
            colour=paint(),
            halo=True,
            fontWeight="bold",
        )
    return layers


def annotations(notes: Sequence[tuple], axis: TimeAxis, width: float, height: float) -> list[alt.Chart]:
    """Write short texts above the plot, each with a thin leader down to its moment: `[(x, text), …]`."""
    layers = []
    taken: list[list[tuple[float, float]]] = []
    limit = 130 if narrow(width) else 170
    edge = max(axis.inner + 20, width - 48)  # notes may stand above the names at the line ends
    # From the right, so that the leader of a later note never crosses an earlier one, which lies higher.
    for moment, words in sorted(notes, key=lambda note: -axis.number(note[0])):
        body = text.wrap(words, limit)
        pixel, extent = axis.pixel(moment), text.width(body, 12.5) + 8
        align: Align = "left" if pixel + extent <= edge else "right"
        span = (pixel, pixel + extent) if align == "left" else (pixel - extent, pixel)
        level, lines = 0, body.count("\n") + 1
        while any(span[0] < end and start < span[1] for line in taken[level : level + lines] for start, end in line):
            level += 1
        while len(taken) < level + lines:
            taken.append([])
        for line in range(level, level + lines):
            taken[line].append(span)
        frame = pd.DataFrame({"x": [moment], "words": [body]})
        if axis.days:
            frame["x"] = pd.to_datetime(frame["x"])
        x = alt.X("x", type=axis.kind())
        lift = 8 + level * 15
        layers.append(
            alt.Chart(frame)
            .mark_rule(color=theme.token("muted"), strokeWidth=1, strokeDash=[2, 2])
            .encode(x=x, y=alt.YValue(-lift - lines * 15 + 4), y2=alt.Y2Value(height))
        )
        layers.append(
            alt.Chart(frame)
            .mark_text(
                align=align,
                baseline="line-bottom",
                dx=4 if align == "left" else -4,
                lineBreak="\n",
                lineHeight=15,
                fontSize=12.5,
                color=theme.token("muted"),
            )
            .encode(x=x, y=alt.YValue(-lift - (lines - 1) * 15), text=alt.Text("words:N"))
        )
    return layers


def legend_of(
    entries: Sequence[tuple], width: float, offset: float = 0, lift: float = 0
) -> tuple[list[alt.Chart], float]:
    """Draw a key above the plot: swatch and name, a dashed line for `(name, hex, True)`; return layers and height."""
    x, line, spots = 0.0, 0, []
    for name, tone, *dashed in entries:
        extent = 20 + text.width(name) + 16
        if x and x + extent - 16 > width:
            x, line = 0.0, line + 1
        spots.append((name, tone, bool(dashed and dashed[0]), x + offset, line))
        x += extent
    tall = (line + 1) * 20 + 8
    layers = []
    for name, tone, is_dashed, left, row in spots:
        y = row * 20 - tall + 8 - lift
        base = alt.Chart(pd.DataFrame({"name": [name]}))
        if is_dashed:
            swatch = base.mark_rule(color=tone, strokeWidth=2.2, strokeDash=[5, 4])
            layers.append(swatch.encode(x=alt.XValue(left), x2=alt.X2Value(left + 15), y=alt.YValue(y)))
        else:
            swatch = base.mark_rect(fill=tone, stroke=theme.token("axis"), strokeWidth=0.6)
            ends = {"x": alt.XValue(left + 1), "x2": alt.X2Value(left + 14)}
            layers.append(swatch.encode(**ends, y=alt.YValue(y - 5), y2=alt.Y2Value(y + 6)))
        words = base.mark_text(align="left", baseline="middle")
        layers.append(words.encode(x=alt.XValue(left + 20), y=alt.YValue(y), text=alt.Text("name:N")))
    return layers, tall
