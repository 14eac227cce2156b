"""A chain of stages: what each one is, the share that one place has of it, and what else is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.marks import LINE_HEIGHT, Align, layered, multiline, paint
from lib.figures.parts import narrow, short, source_labels, told

GAP = 20  # pixels between two stages, in which the arrow stands
TRACK, ROW = 110, 12  # pixels: how tall a track is beside others, and how thick one that lies in a list
SMALL = 12
Box = dict[str, float]


@dataclass
class _Plan:
    """Where everything stands, in pixels: the tracks, the bands of the notes, the arrows, and the words."""

    width: float
    upright: bool
    height: float = 0
    tracks: list[Box] = field(default_factory=list)
    bands: list[Box] = field(default_factory=list)
    arrows: list[dict[str, float]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)

    def say(self, words: str, x: float, top: float, align: Align, tone: str = "muted", bold: bool = False) -> float:
        """Place words with their first line at `top`; return where the next line would begin."""
        extra = words.count("\n") * LINE_HEIGHT
        if words:
            at = {"x": x, "y": top + (LINE_HEIGHT + extra) / 2}
            self.words.append({"word": words, "align": align, "tone": tone, "bold": bold} | at)
        return top + LINE_HEIGHT + extra

    def filled(self, track: Box, share: float) -> Box:
        """Return the part of a track that a share fills: from below in a column, from the left in a row."""
        if self.upright:
            return track | {"y": track["y2"] - share / 100 * (track["y2"] - track["y"])}
        return track | {"x2": track["x"] + share / 100 * (track["x2"] - track["x"])}


def chain(
    data: pd.DataFrame,
    stage: str = "stage",
    share: str = "share",
    *,
    what: str = "what",
    maker: str = "maker",
    notes: Mapping[str, str] | None = None,
    actor: str = "CHN",
    unit: str = "%",
    width: float = 700,
) -> alt.LayerChart:
    """Draw the stages in the order of the rows, side by side, on a phone one below the other, an arrow between two.

    share   percentage that fills the track of a stage, in the soft tone where it is a bound; missing: the track stays
            empty, and the words say so
    what    what the stage makes, in a few words under its name
    maker   whose estimate it is, with its year, under the share; of a missing share, what there is instead
    notes   columns of more words on a stage, each with its heading; what no stage has is left out
    """
    frame = data.reset_index(drop=True).assign(k=data[stage].to_numpy(), v=data[share].astype("float64").to_numpy())
    marks = frame["qualifier"].fillna("") if "qualifier" in frame else pd.Series("", index=frame.index)
    frame["what"], frame["maker"] = frame[what].fillna(""), frame[maker].fillna("")
    frame["value"] = [short(v, unit, mark) for v, mark in zip(frame["v"], marks, strict=True)]
    frame["maker"] = frame["maker"].where(frame["v"].notna() | frame["maker"].ne(""), frame["value"])
    frame["value"] = frame["value"].where(frame["v"].notna(), "")
    frame["told"] = [told(v, unit, mark) for v, mark in zip(frame["v"], marks, strict=True)]
    frame["source"] = source_labels(frame["source_id"]) if "source_id" in frame else ""
    soft = [mark.startswith(("<", ">")) for mark in marks]
    frame["tone"] = [theme.soft(actor) if bound else theme.colour(actor) for bound in soft]
    headed = {column: head for column, head in (notes or {}).items() if frame[column].fillna("").ne("").any()}
    plan = (_listed if narrow(width) else _abreast)(frame, headed, width)
    return layered(*_layers(frame, plan), width=plan.width, height=plan.height)


def _abreast(frame: pd.DataFrame, notes: Mapping[str, str], width: float) -> _Plan:
    """Stand the stages side by side: name and product above a track, share and maker below, then the notes."""
    plan, step = _Plan(width, True), width / len(frame)
    middles = [(number + 0.5) * step for number in frame.index]
    products = [text.wrap(words, step - 8, SMALL) for words in frame["what"]]
    ends = []
    for middle, name, product in zip(middles, frame["k"], products, strict=True):
        ends.append(plan.say(product, middle, plan.say(name, middle, 0, "center", "ink", True) + 2, "center"))
    top, half = max(ends) + 8, (step - GAP - 8) / 2
    plan.tracks = [{"x": at - half, "x2": at + half, "y": top, "y2": top + TRACK} for at in middles]
    plan.arrows = [{"x": (a["x2"] + b["x"]) / 2, "y": top + TRACK / 2} for a, b in pairwise(plan.tracks)]
    ends = []
    for middle, value, maker in zip(middles, frame["value"], frame["maker"], strict=True):
        below = plan.say(value, middle, top + TRACK + 6, "center", "ink", True) if value else top + TRACK + 6
        ends.append(plan.say(text.wrap(maker, step - 6, SMALL), middle, below, "center"))
    plan.height = max(ends) + 6
    for column, head in notes.items():
        cells = [(middle, words) for middle, words in zip(middles, frame[column].fillna(""), strict=True) if words]
        beside = text.width(head, SMALL) + 16 < cells[0][0] - step / 2  # in the row itself, where that begins late
        below = plan.say(head, 8, plan.height + (11 if beside else 4), "left", "ink")
        top = plan.height + 8 if beside else below + 2
        for middle, words in cells:
            plan.say(words, middle, top + 3, "center", "ink")
            plan.bands.append({"x": middle - step / 2 + 4, "x2": middle + step / 2 - 4, "y": top, "y2": top + 22})
        plan.height = top + 26
    return plan


def _listed(frame: pd.DataFrame, notes: Mapping[str, str], width: float) -> _Plan:
    """Put the stages one below the other: name and share above a track, product and maker and the notes below it."""
    plan, top = _Plan(width, False), 0.0
    for row in frame.to_dict("records"):
        plan.say(row["k"], 0, top, "left", "ink", True)
        y = plan.say(row["value"], width, top, "right", "ink", True) + 3
        plan.tracks.append({"x": 0, "x2": width, "y": y, "y2": y + ROW})
        plan.say(row["maker"], width, y + ROW + 3, "right")
        y = plan.say(row["what"], 0, y + ROW + 3, "left")
        for column, head in notes.items():
            y = plan.say(f"{head}: {row[column]}", 0, y, "left") if row[column] else y
        plan.arrows.append({"x": width / 2, "y": y + 10})
        top = y + 22
    plan.arrows.pop()
    plan.height = top - 20
    return plan


def _layers(frame: pd.DataFrame, plan: _Plan) -> list[alt.Chart]:
    titles = {"k": "Stage", "what": "Product", "told": "Share", "maker": "Estimate of", "source": "Source"}
    hints = [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
    known = frame["v"].notna()
    tracks = pd.concat([frame.drop(columns="tone"), pd.DataFrame(plan.tracks)], axis=1)
    parts = [plan.filled(*pair) for pair in zip(plan.tracks, frame["v"].fillna(0), strict=True)]
    fills = pd.concat([frame, pd.DataFrame(parts)], axis=1)
    layers = [_boxes(tracks[known].assign(tone=theme.token("grid")), plan, hints), _boxes(fills[known], plan, hints)]
    layers += [_boxes(tracks[~known], plan, hints, empty=True)]
    layers += [_boxes(pd.DataFrame(plan.bands).assign(tone=theme.token("base")), plan, [])]
    return [layer for layer in layers if layer is not None] + _arrows(plan) + _words(plan)


def _axes(plan: _Plan, x: str = "x", y: str = "y") -> tuple[alt.X, alt.Y]:
    across = alt.Scale(domain=[0, plan.width], nice=False, zero=False)
    down = alt.Scale(domain=[plan.height, 0], nice=False, zero=False)
    return alt.X(f"{x}:Q", scale=across, axis=None), alt.Y(f"{y}:Q", scale=down, axis=None)


def _boxes(frame: pd.DataFrame, plan: _Plan, hints: list[alt.Tooltip], empty: bool = False) -> alt.Chart | None:
    """Draw full boxes, or, for stages without a figure, empty ones with a dashed line around."""
    if frame.empty:
        return None
    x, y = _axes(plan)
    look: dict[str, Any] = {"filled": False, "strokeDash": [3, 3], "stroke": theme.token("axis")} if empty else {}
    tone: dict[str, Any] = {} if empty else {"color": paint()}
    return alt.Chart(frame).mark_rect(**look).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", tooltip=hints, **tone)


def _arrows(plan: _Plan) -> list[alt.Chart]:
    shape = "triangle-right" if plan.upright else "triangle-down"
    x, y = _axes(plan)
    mark = alt.Chart(pd.DataFrame(plan.arrows)).mark_point(shape=shape, size=70, filled=True, color=theme.token("axis"))
    return [mark.encode(x=x, y=y)] if plan.arrows else []


def _words(plan: _Plan) -> list[alt.Chart]:
    layers = []
    for (align, tone, bold), rows in pd.DataFrame(plan.words).groupby(["align", "tone", "bold"], sort=False):
        x, y = _axes(plan)
        look: dict[str, Any] = {"fontSize": 13 if bold else SMALL, "fontWeight": "bold" if bold else "normal"}
        layers += multiline(rows, "word", x=x, y=y, align=align, color=theme.token(tone), **look)
    return layers
