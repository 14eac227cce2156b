"""A chain of stages: what each one is, and the share that one place has of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.marks import Align, layered, multiline, paint
from lib.figures.parts import narrow, short, source_labels, told

GAP = 20  # pixels between two stages, in which the arrow stands
SMALL = 12


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a stage stand, in pixels: its track (x, y, w, h), its words, and the arrow to the next."""

    width: float
    height: float
    upright: bool
    track: tuple[float, float]
    step: float

    def place(self, number: int) -> dict[str, float]:
        along, across = self.track
        if self.upright:
            x = number * self.step + (self.step - across) / 2
            return {"x": x, "x2": x + across, "y": self.height - 62 - along, "y2": self.height - 62}
        y = number * self.step + 24
        return {"x": 0, "x2": along, "y": y, "y2": y + across}

    def filled(self, place: dict[str, float], share: float) -> dict[str, float]:
        """Return the part of a track that a share fills: from below in a column, from the left in a row."""
        part = 0 if pd.isna(share) else share / 100
        if self.upright:
            return place | {"y": place["y2"] - part * (place["y2"] - place["y"])}
        return place | {"x2": place["x"] + part * (place["x2"] - place["x"])}


def chain(
    data: pd.DataFrame,
    stage: str = "stage",
    share: str = "share",
    *,
    what: str = "what",
    maker: str = "maker",
    actor: str = "CHN",
    unit: str = "%",
    width: float = 700,
) -> alt.LayerChart:
    """Draw the stages in the order of the rows, side by side, on a phone one below the other, an arrow between two.

    share   percentage that fills the track of a stage; missing: the track stays empty, and the words say so
    what    what the stage makes, in a few words under its name
    maker   whose estimate it is, with its year, under the share
    """
    frame = data.reset_index(drop=True).assign(k=data[stage].to_numpy(), v=data[share].astype("float64").to_numpy())
    marks = frame["qualifier"].fillna("") if "qualifier" in frame else pd.Series("", index=frame.index)
    layout = _layout(len(frame), width)
    places = [layout.place(number) for number in frame.index]
    frame["value"] = [short(v, unit, mark) for v, mark in zip(frame["v"], marks, strict=True)]
    frame["told"] = [told(v, unit, mark) for v, mark in zip(frame["v"], marks, strict=True)]
    frame["source"] = source_labels(frame["source_id"]) if "source_id" in frame else ""
    tracks = pd.concat([frame, pd.DataFrame(places)], axis=1).assign(tone=theme.token("grid"))
    fills = pd.DataFrame([layout.filled(place, v) for place, v in zip(places, frame["v"], strict=True)])
    fills = pd.concat([frame, fills], axis=1).assign(tone=theme.colour(actor))
    hints = [alt.Tooltip("k:N", title="Stage"), alt.Tooltip(f"{what}:N", title="Product"),
             alt.Tooltip("told:N", title="Share"), alt.Tooltip(f"{maker}:N", title="Estimate of"),
             alt.Tooltip("source:N", title="Source")]  # fmt: skip
    known = frame["v"].notna()
    layers: list[alt.Chart | None] = [_boxes(tracks[known], layout, hints), _boxes(fills[known], layout, hints)]
    layers += [_boxes(tracks[~known], layout, hints, empty=True), *_arrows(places, layout)]
    layers += _words(frame, places, layout, what, maker)
    return layered(*filter(None, layers), width=layout.width, height=layout.height)


def _layout(count: int, width: float) -> _Layout:
    if narrow(width):
        return _Layout(width, count * 66.0, False, (width, 14), 66)
    return _Layout(width, 262, True, (110, width / count - GAP - 8), width / count)


def _axes(layout: _Layout, x: str = "x", y: str = "y") -> tuple[alt.X, alt.Y]:
    across = alt.Scale(domain=[0, layout.width], nice=False, zero=False)
    down = alt.Scale(domain=[layout.height, 0], nice=False, zero=False)
    return alt.X(f"{x}:Q", scale=across, axis=None), alt.Y(f"{y}:Q", scale=down, axis=None)


def _boxes(frame: pd.DataFrame, layout: _Layout, hints: list[alt.Tooltip], empty: bool = False) -> alt.Chart | None:
    """Draw full boxes, or, for stages without a figure, empty ones with a dashed line around."""
    if frame.empty:
        return None
    x, y = _axes(layout)
    look: dict[str, Any] = {"filled": False, "strokeDash": [3, 3], "stroke": theme.token("axis")} if empty else {}
    tone: dict[str, Any] = {} if empty else {"color": paint()}
    return alt.Chart(frame).mark_rect(**look).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", tooltip=hints, **tone)


def _arrows(places: list[dict[str, float]], layout: _Layout) -> list[alt.Chart]:
    if layout.upright:
        middles = [{"x": (a["x2"] + b["x"]) / 2, "y": (a["y"] + a["y2"]) / 2} for a, b in pairwise(places)]
    else:
        middles = [{"x": layout.width / 2, "y": (a["y2"] + b["y"]) / 2 - 4} for a, b in pairwise(places)]
    shape = "triangle-right" if layout.upright else "triangle-down"
    x, y = _axes(layout)
    mark = alt.Chart(pd.DataFrame(middles)).mark_point(shape=shape, size=70, filled=True, color=theme.token("axis"))
    return [mark.encode(x=x, y=y)] if middles else []


def _words(
    frame: pd.DataFrame, places: list[dict[str, float]], layout: _Layout, what: str, maker: str
) -> list[alt.Chart]:
    """Name and product above a track and share and maker below it; on a phone all in one line above it."""
    if layout.upright:
        middle = [(place["x"] + place["x2"]) / 2 for place in places]
        top, bottom = places[0]["y"], places[0]["y2"]
        products = frame[what].map(lambda words: text.wrap(words, layout.step - 8, SMALL))
        makers = frame[maker].fillna("").map(lambda words: text.wrap(words, layout.step - 6, SMALL))
        return [
            *_line(layout, frame["k"], middle, top - 64, "center", "ink", bold=True),
            *_line(layout, products, middle, top - 30, "center", "muted"),
            *_line(layout, frame["value"], middle, bottom + 14, "center", "ink", bold=True),
            *_line(layout, makers, middle, bottom + 40, "center", "muted"),
        ]
    levels = [place["y"] - 11 for place in places]
    said = [
        f"{value}, {by}" if by else value for value, by in zip(frame["value"], frame[maker].fillna(""), strict=True)
    ]
    return [
        *_line(layout, frame["k"], 0, levels, "left", "ink", bold=True),
        *_line(layout, pd.Series(said), layout.width, levels, "right", "muted"),
    ]


def _line(
    layout: _Layout, words: pd.Series, x: object, y: object, align: Align, tone: str, bold: bool = False
) -> list[alt.Chart]:
    rows = pd.DataFrame({"word": words.to_numpy()}).assign(x=x, y=y)
    across, down = _axes(layout)
    weight = "bold" if bold else "normal"
    options: dict[str, Any] = {
        "fontSize": SMALL if tone == "muted" else 13,
        "fontWeight": weight,
        "color": theme.token(tone),
    }
    return multiline(rows[rows["word"] != ""], "word", x=across, y=down, align=align, **options)
