"""Names on the left of rows: the layout that bars, ranges and periods share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.marks import LINE_HEIGHT, Align, layered, multiline
from lib.figures.parts import narrow


class Rows:
    """Names on the left of rows; on a phone above them, when they would take more than a third of the width.

    called  name by key, from top to bottom
    right   pixels right of the marks, for words
    step    height of a row
    extra   pixels between a name above and its marks, by the width of the plot
    limit   the part of a wide chart that names may take
    `inner` is the width of the plot, `rows` the broken name by key, `lift` how far the marks of a row lie below its
    middle, in pixels.
    """

    def __init__(
        self,
        called: Mapping,
        width: float,
        right: float,
        step: float,
        extra: Callable[[float], float] | None = None,
        limit: float = 0.36,
    ):
        words = list(called.values())
        limit = (0.3 if narrow(width) else limit) * width
        self.above = narrow(width) and text.widest(words) > limit
        self.labels = [text.wrap(name, width - 12 if self.above else limit) for name in words]
        self.lines = max(label.count("\n") + 1 for label in self.labels)
        room = 0 if self.above else text.widest(self.labels) + 12
        self.inner = max(80.0, width - room - right - 6)
        over = extra(self.inner) if extra else 0
        if self.above:
            # More room above a name than below it, so that it goes with the marks under it.
            self.step = step + 8 + LINE_HEIGHT * self.lines + over
            self.lift = (8 + LINE_HEIGHT * self.lines + over) / 2
        else:
            self.step = max(step + over, LINE_HEIGHT * self.lines + 8)
            self.lift = over / 2
        self.height = self.step * len(self.labels)
        self.names, self.rows = dict(called), dict(zip(called, self.labels, strict=True))

    def placed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Add the `name` and the `row` of each key in the frame's column `k`."""
        return frame.assign(name=frame["k"].map(self.names), row=frame["k"].map(self.rows))

    def y(self) -> alt.Y:
        scale = alt.Scale(domain=self.labels, paddingInner=0, paddingOuter=0)
        return alt.Y("row:N", sort=None, scale=scale, axis=None)

    def benchmark(self, value: float, words: str, x: alt.X, along: float) -> list[alt.Chart]:
        """Draw a line across the marks of all rows at a value, its words above; `along` is its place from 0 to 1."""
        frame = pd.DataFrame({"v": [value], "words": [words]})
        look: dict[str, Any] = {"color": theme.token("ink")}
        at, half = along * self.inner, text.width(words) / 2
        align: Align = "left" if at < half else "right" if at + half > self.inner else "center"
        name = alt.Chart(frame).mark_text(align=align, baseline="bottom", dy=-5, **look)
        name = name.encode(x=x, y=alt.YValue(0), text=alt.Text("words:N"))
        if not self.above:
            line = alt.Chart(frame).mark_rule(strokeWidth=1.6, **look)
            return [line.encode(x=x, y=alt.YValue(-4), y2=alt.Y2Value(self.height)), name]
        rows, tall = pd.DataFrame({"row": self.labels, "v": value}), self.step - LINE_HEIGHT * self.lines - 8
        stroke = alt.Chart(rows).mark_tick(orient="vertical", height=tall, thickness=1.6, yOffset=self.lift, **look)
        return [stroke.encode(x=x, y=self.y()), name]

    def name_marks(self) -> list[alt.Chart]:
        frame = pd.DataFrame({"row": self.labels})
        if self.above:
            top = -self.step / 2 + LINE_HEIGHT * self.lines / 2 + 10
            return multiline(frame, "row", x=alt.XValue(0), y=self.y(), align="left", shift=top, halo=True)
        return multiline(frame, "row", x=alt.XValue(-10), y=self.y(), align="right", shift=self.lift)

    def chart(self, layers: list[alt.Chart]) -> alt.LayerChart:
        return layered(*layers, *self.name_marks(), width=self.inner, height=self.height)
