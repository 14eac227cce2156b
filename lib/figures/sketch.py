"""Drawings that are laid out in pixels: boxes, lines, arrows and words, each put where it belongs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import altair as alt
import pandas as pd

from lib.figures import theme
from lib.figures.marks import LINE_HEIGHT, Align, layered, multiline, paint

SMALL = 12
BENDS = 14  # steps in which a band bends
Way = Literal["right", "left", "up", "down"]


@dataclass
class Sketch:
    """What a drawing of a width holds; y grows downwards. `tone` is a token of the theme or a place code's hex.

    halo  words have the ground around them, where they stand on colour
    """

    width: float
    height: float = 0
    bands: list[dict[str, Any]] = field(default_factory=list)
    plain: list[dict[str, Any]] = field(default_factory=list)
    boxes: list[dict[str, Any]] = field(default_factory=list)
    empty: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    arrows: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    halo: bool = False

    def box(
        self, x: float, y: float, x2: float, y2: float, tone: str = "", about: Mapping[str, Any] | None = None
    ) -> None:
        """Fill a box, or, without a tone, draw a dashed line around it; `about` are the fields of its tooltip."""
        place = {"x": x, "y": y, "x2": x2, "y2": y2, "tone": _hex(tone)}
        rows = self.plain if about is None else self.boxes if tone else self.empty
        rows.append(place | dict(about or {}))

    def band(
        self, start: tuple[float, float], end: tuple[float, float], thick: float, tone: str, about: Mapping[str, Any]
    ) -> None:
        """Fill a band, `thick` pixels high, whose upper edge bends from one place to another; `about` as of a box."""
        (x, y), (x2, y2) = start, end
        number = len(self.bands)
        for step in range(BENDS + 1):
            along = step / BENDS
            bent = along * along * (3 - 2 * along)
            top = y + (y2 - y) * bent
            place = {"x": round(x + (x2 - x) * along, 1), "y": round(top, 1), "y2": round(top + thick, 1)}
            self.bands.append({"band": number, **place, "tone": _hex(tone), **about})

    def line(self, x: float, y: float, x2: float, y2: float, tone: str = "axis") -> None:
        """Draw a straight line."""
        self.lines.append({"x": x, "y": y, "x2": x2, "y2": y2, "tone": _hex(tone)})

    def arrow(self, x: float, y: float, way: Way, length: float = 0, tone: str = "axis") -> None:
        """Put the head of an arrow at a place, with a shaft of a length behind it."""
        self.arrows.append({"x": x, "y": y, "way": way, "tone": _hex(tone)})
        if length:
            dx, dy = {"right": (-1, 0), "left": (1, 0), "up": (0, 1), "down": (0, -1)}[way]
            self.line(x + dx * length, y + dy * length, x, y, tone)

    def say(self, words: str, x: float, top: float, align: Align, tone: str = "muted", bold: bool = False) -> float:
        """Write words with their first line at `top`; return where the next line would begin."""
        extra = words.count("\n") * LINE_HEIGHT
        if words:
            at = {"x": x, "y": top + (LINE_HEIGHT + extra) / 2}
            self.words.append({"word": words, "align": align, "tone": tone, "bold": bold} | at)
        return top + LINE_HEIGHT + extra

    def drawn(self, hints: Sequence[alt.Tooltip] = ()) -> alt.LayerChart:
        """Draw it: bands and boxes below, then lines, arrows, words. Tooltips are those of what is about something."""
        layers = [
            self._bands(hints),
            self._boxes(self.plain, []),
            self._boxes(self.boxes, hints),
            self._boxes(self.empty, hints, empty=True),
            self._lines(),
        ]
        layers += [*self._arrows(), *self._words()]
        return layered(*filter(None, layers), width=self.width, height=self.height)

    def _x(self, name: str = "x") -> alt.X:
        return alt.X(f"{name}:Q", scale=alt.Scale(domain=[0, self.width], nice=False, zero=False), axis=None)

    def _y(self, name: str = "y") -> alt.Y:
        return alt.Y(f"{name}:Q", scale=alt.Scale(domain=[self.height, 0], nice=False, zero=False), axis=None)

    def _bands(self, hints: Sequence[alt.Tooltip]) -> alt.Chart | None:
        mark = alt.Chart(pd.DataFrame(self.bands)).mark_area(opacity=0.75) if self.bands else None
        upper = self._y()
        upper["stack"] = None
        parts: dict[str, Any] = {"color": paint(), "detail": alt.Detail("band:N"), "tooltip": list(hints)}
        return mark and mark.encode(x=self._x(), y=upper, y2="y2:Q", **parts)

    def _boxes(self, rows: list[dict], hints: Sequence[alt.Tooltip], empty: bool = False) -> alt.Chart | None:
        look: dict[str, Any] = {"filled": False, "strokeDash": [3, 3], "stroke": theme.token("axis")} if empty else {}
        tone: dict[str, Any] = {} if empty else {"color": paint()}
        mark = alt.Chart(pd.DataFrame(rows)).mark_rect(**look) if rows else None
        return mark and mark.encode(x=self._x(), x2="x2:Q", y=self._y(), y2="y2:Q", tooltip=list(hints), **tone)

    def _lines(self) -> alt.Chart | None:
        mark = alt.Chart(pd.DataFrame(self.lines)).mark_rule(strokeWidth=1.5) if self.lines else None
        return mark and mark.encode(x=self._x(), x2="x2:Q", y=self._y(), y2="y2:Q", color=paint())

    def _arrows(self) -> list[alt.Chart]:
        frame = pd.DataFrame(self.arrows, columns=["x", "y", "way", "tone"])
        return [
            alt.Chart(rows)
            .mark_point(shape=f"triangle-{way}", size=70, filled=True)
            .encode(x=self._x(), y=self._y(), color=paint())
            for way, rows in frame.groupby("way", sort=False)
        ]

    def _words(self) -> list[alt.Chart]:
        layers = []
        for (align, tone, bold), rows in pd.DataFrame(self.words).groupby(["align", "tone", "bold"], sort=False):
            look: dict[str, Any] = {"fontSize": 13 if bold else SMALL, "fontWeight": "bold" if bold else "normal"}
            look |= {"align": align, "color": theme.token(tone), "halo": self.halo}
            layers += multiline(rows, "word", x=self._x(), y=self._y(), **look)
        return layers


def _hex(tone: str) -> str:
    return tone if not tone or tone.startswith("#") else theme.token(tone)
