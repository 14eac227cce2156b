"""A cascade: a row of tanks through which two liquids pass each other, and what goes in and comes out at its ends."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import pandas as pd

from lib.figures import text
from lib.figures.marks import LINE_HEIGHT, Align
from lib.figures.parts import narrow, source_labels
from lib.figures.sketch import SMALL, Sketch

TANKS, FED = 9, 4
"""How many tanks are drawn, of any number, and into which of them, counted from none, the mixture is fed."""
TONES = tuple(f"seq-{step}" for step in range(2, 7))
GAP, STIRRER = 16, 14  # pixels: the room between two tanks, and the part of a tank that is stirred
LINES = {"flow": "Liquid", "enters": "Goes in as", "leaves": "Comes out as", "source": "Source"}


class _Flows(NamedTuple):
    """The rows of the data: the liquid that floats, the one below it, and the mixture."""

    upper: dict[str, str]
    lower: dict[str, str]
    feed: dict[str, str]


def cascade(
    data: pd.DataFrame,
    flow: str = "flow",
    enters: str = "enters",
    leaves: str = "leaves",
    *,
    step: str = "",
    width: float = 700,
) -> alt.LayerChart:
    """Draw three flows, one a row: the liquid that floats, the one below it that runs against it, and what is fed.

    flow            what the liquid is
    enters, leaves  what it is called where it goes in and where it comes out
    step            what happens in each tank, in a sentence
    The tones of the tanks, from pale to dark, say that the mixture changes from one to the next, not by how much.
    """
    frame = data.reset_index(drop=True).rename(columns={flow: "flow", enters: "enters", leaves: "leaves"})
    frame["source"] = source_labels(frame["source_id"]) if "source_id" in frame else ""
    flows = _Flows(*frame[list(LINES)].to_dict("records"))
    sketch = (_standing if narrow(width) else _lying)(flows, step, width)
    return sketch.drawn([alt.Tooltip(f"{name}:N", title=title) for name, title in LINES.items()])


def _lying(flows: _Flows, step: str, width: float) -> Sketch:
    """Lay the tanks in a row: the upper liquid goes right, the lower one left."""
    edge, top, tall = 34.0, 46.0, 64.0
    stride, bottom = (width - 2 * edge + GAP) / TANKS, top + tall
    upper, lower = top + tall / 4, bottom - tall / 4
    sketch = Sketch(width, bottom + 58)
    for number in range(TANKS):
        x = edge + number * stride
        _tank(sketch, (x, top, x + stride - GAP, bottom), number, flows)
        if number:
            sketch.arrow(x - 3, upper, "right", GAP - 5, "ink")
            sketch.arrow(x - GAP + 3, lower, "left", GAP - 5, "ink")
    for x in (edge, width):
        sketch.arrow(x - 5, upper, "right", edge - 8, "ink")
        sketch.arrow(width - x + 5, lower, "left", edge - 8, "ink")
    middle = edge + FED * stride + (stride - GAP) / 2
    sketch.arrow(middle, bottom + 6, "up", 26, "ink")
    sketch.say(flows.feed["enters"], middle, bottom + 34, "center", "ink")
    sketch.say(step, width / 2, top - 30, "center")
    _say_above(sketch, flows.upper["enters"], 0, top - 10, 150, "left")
    _say_above(sketch, flows.upper["leaves"], width, top - 10, 150, "right")
    sketch.say(text.wrap(flows.lower["leaves"], 150, SMALL), 0, bottom + 8, "left", "ink")
    sketch.say(text.wrap(flows.lower["enters"], 150, SMALL), width, bottom + 8, "right", "ink")
    return sketch


def _standing(flows: _Flows, step: str, width: float) -> Sketch:
    """Stand the tanks one below the other: the upper liquid goes down at the left, the lower one up at the right."""
    x, x2, top, tall = 110.0, 230.0, 44.0, 30.0
    left, right, stride = x + 34, x2 - 16, tall + GAP
    bottom, fed = top + TANKS * stride - GAP, top + FED * stride + tall / 2
    sketch = Sketch(width, bottom + 44)
    for number in range(TANKS):
        y = top + number * stride
        _tank(sketch, (x, y, x2, y + tall), number, flows)
        if number:
            sketch.arrow(left, y - 3, "down", GAP - 5, "ink")
            sketch.arrow(right, y - GAP + 3, "up", GAP - 5, "ink")
    for y in (top - 5, bottom + 20):
        sketch.arrow(left, y, "down", 15, "ink")
        sketch.arrow(right, y - 15, "up", 15, "ink")
    sketch.arrow(x - 5, fed, "right", 20, "ink")
    _say_above(sketch, flows.upper["enters"], left - 10, top - 6, left - 10, "right")
    _say_above(sketch, flows.lower["leaves"], right + 10, top - 6, width - right - 10, "left")
    sketch.say(text.wrap(flows.upper["leaves"], left - 10, SMALL), left - 10, bottom + 6, "right", "ink")
    sketch.say(text.wrap(flows.lower["enters"], width - right - 10, SMALL), right + 10, bottom + 6, "left", "ink")
    _say_beside(sketch, flows.feed["enters"], x - 32, fed, x - 32, "right", "ink")
    _say_beside(sketch, step, x2 + 12, fed, width - x2 - 12, "left", "muted")
    return sketch


def _tank(sketch: Sketch, place: tuple[float, float, float, float], number: int, flows: _Flows) -> None:
    """Draw one step: a part with a stirrer, and beside it the two liquids at rest, one above the other."""
    x, y, x2, y2 = place
    middle, wall = (y + y2) / 2, x + STIRRER
    tone = TONES[number * len(TONES) // TANKS]
    sketch.box(x, y, wall, y2, "range")
    sketch.line(x + STIRRER / 2, y - 4, x + STIRRER / 2, middle + 4, "ink")
    sketch.line(x + 3, middle + 4, wall - 3, middle + 4, "ink")
    sketch.box(wall + 1, y, x2, middle - 0.5, tone, flows.upper)
    sketch.box(wall + 1, middle + 0.5, x2, y2, tone, flows.lower)


def _say_above(sketch: Sketch, words: str, x: float, bottom: float, limit: float, align: Align) -> None:
    wrapped = text.wrap(words, limit, SMALL)
    sketch.say(wrapped, x, bottom - LINE_HEIGHT * (wrapped.count("\n") + 1), align, "ink")


def _say_beside(sketch: Sketch, words: str, x: float, middle: float, limit: float, align: Align, tone: str) -> None:
    wrapped = text.wrap(words, limit, SMALL)
    sketch.say(wrapped, x, middle - LINE_HEIGHT * (wrapped.count("\n") + 1) / 2, align, tone)
