"""A chain of stages: what each one is, the share that one place has of it, and what else is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.parts import narrow, short, source_labels, told
from lib.figures.sketch import SMALL, Sketch

GAP = 20  # pixels between two stages, in which the arrow stands
TRACK, ROW = 110, 12  # pixels: how tall a track is beside others, and how thick one that lies in a list
TITLES = {"k": "Stage", "what": "Product", "told": "Share", "maker": "Estimate of", "source": "Source"}


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
    frame["fill"] = [theme.soft(actor) if bound else theme.colour(actor) for bound in soft]
    headed = {column: head for column, head in (notes or {}).items() if frame[column].fillna("").ne("").any()}
    sketch = (_listed if narrow(width) else _abreast)(frame, headed, width)
    return sketch.drawn([alt.Tooltip(f"{name}:N", title=title) for name, title in TITLES.items()])


def _abreast(frame: pd.DataFrame, notes: Mapping[str, str], width: float) -> Sketch:
    """Stand the stages side by side: name and product above a track, share and maker below, then the notes."""
    sketch, step = Sketch(width), width / len(frame)
    middles = [(number + 0.5) * step for number in frame.index]
    ends = []
    for middle, name, product in zip(middles, frame["k"], frame["what"], strict=True):
        below = sketch.say(name, middle, 0, "center", "ink", True) + 2
        ends.append(sketch.say(text.wrap(product, step - 8, SMALL), middle, below, "center"))
    top, half = max(ends) + 8, (step - GAP - 8) / 2
    ends = []
    for middle, row in zip(middles, frame.to_dict("records"), strict=True):
        _track(sketch, row, middle - half, top, middle + half, top + TRACK, upright=True)
        below = top + TRACK + 6
        below = sketch.say(row["value"], middle, below, "center", "ink", True) if row["value"] else below
        ends.append(sketch.say(text.wrap(row["maker"], step - 6, SMALL), middle, below, "center"))
    for here, there in pairwise(middles):
        sketch.arrow((here + there) / 2, top + TRACK / 2, "right")
    sketch.height = max(ends) + 6
    for column, head in notes.items():
        cells = [(middle, words) for middle, words in zip(middles, frame[column].fillna(""), strict=True) if words]
        beside = text.width(head, SMALL) + 16 < cells[0][0] - step / 2  # in the row itself, where that begins late
        below = sketch.say(head, 8, sketch.height + (11 if beside else 4), "left", "ink")
        top = sketch.height + 8 if beside else below + 2
        for middle, words in cells:
            sketch.say(words, middle, top + 3, "center", "ink")
            sketch.box(middle - step / 2 + 4, top, middle + step / 2 - 4, top + 22, "base")
        sketch.height = top + 26
    return sketch


def _listed(frame: pd.DataFrame, notes: Mapping[str, str], width: float) -> Sketch:
    """Put the stages one below the other: name and share above a track, product and maker and the notes below it."""
    sketch, top = Sketch(width), 0.0
    for number, row in enumerate(frame.to_dict("records")):
        if number:
            sketch.arrow(width / 2, top - 12, "down")
        sketch.say(row["k"], 0, top, "left", "ink", True)
        y = sketch.say(row["value"], width, top, "right", "ink", True) + 3
        _track(sketch, row, 0, y, width, y + ROW, upright=False)
        sketch.say(row["maker"], width, y + ROW + 3, "right")
        y = sketch.say(row["what"], 0, y + ROW + 3, "left")
        for column, head in notes.items():
            y = sketch.say(f"{head}: {row[column]}", 0, y, "left") if row[column] else y
        sketch.height, top = y + 2, y + 22
    return sketch


def _track(sketch: Sketch, row: dict, x: float, y: float, x2: float, y2: float, upright: bool) -> None:
    """Draw the track of a stage, and what its share fills: from below in a column, from the left in a row."""
    about = {name: row[name] for name in TITLES}
    if pd.isna(row["v"]):
        sketch.box(x, y, x2, y2, about=about)
        return
    sketch.box(x, y, x2, y2, "grid", about)
    part = row["v"] / 100
    edges = {"y": y2 - part * (y2 - y), "x2": x2} if upright else {"y": y, "x2": x + part * (x2 - x)}
    sketch.box(x=x, y2=y2, tone=row["fill"], about=about, **edges)
