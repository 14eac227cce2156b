"""Rival estimates of one share at each stage of a chain: every estimate a dot, their range a bar, nothing averaged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.axes import value_axis
from lib.figures.charts import form
from lib.figures.marks import LINE_HEIGHT, Align, layered, outline, paint
from lib.figures.parts import narrow, short, source_labels, told

RADIUS = 9  # pixels between the middles of two dots that would otherwise cover each other
TICKS = (0, 25, 50, 75, 100)
UNNAMED = ("not stated", "press", "literature", "trade site", "market report", "industry estimate")


@form
def funnel(estimates: pd.DataFrame, *, width: float = 700) -> alt.LayerChart:
    """Draw the frame of `lib.indicators.processing.funnel`, a row per stage and scope.

    Dots of the same value lie one above the other. The bar and the words at the right span the estimates that are not
    `weak`; weak ones are small and hollow. Bounds have an arrow. The makers' names stand left of the dots.
    """
    frame = _prepared(estimates)
    lines = list(dict.fromkeys(frame["line"]))
    words = {line: _range_words(frame[frame["line"] == line]) for line in lines}
    small = narrow(width)
    heads = [line.partition(": ") for line in lines]
    left = 0 if small else max(text.widest([h[0] for h in heads], bold=True), text.widest([h[2] for h in heads])) + 14
    right = text.widest(list(words.values()), bold=True) + 24
    inner = width - left - right - 4
    frame["px"] = frame["v"] * inner / 100
    shifts = _swarm(frame)
    head = 22 if small else 0  # on a phone the name stands above its dots
    step = max(58 - head / 2, 2 * max(map(abs, shifts)) + 18) + head
    middles = {line: position * step + (step + head) / 2 for position, line in enumerate(lines)}
    frame["y"] = frame["line"].map(middles) + shifts
    plot = _Plot(inner, step * len(lines), left)
    layers: list[alt.Chart | None] = [plot.separators(step, len(lines), width), *plot.bars(frame, middles)]
    layers += plot.arrows(frame)
    layers += [plot.dots(frame[frame["weak"]], True), plot.dots(frame[~frame["weak"]], False)]
    layers += plot.names(heads, middles, step, small)
    layers += [plot.makers(frame, middles), plot.ranges(words, middles)]
    return layered(*[layer for layer in layers if layer is not None], width=inner, height=plot.height)


def _prepared(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rename columns for the chart, and draw an estimate of which only a range was printed as its two ends."""
    ranged = estimates["value"].isna() & estimates["low"].notna()
    ends = [estimates[ranged].assign(value=estimates.loc[ranged, side]) for side in ("low", "high")]
    frame = pd.concat([estimates[~ranged], *ends]).reset_index(drop=True)
    frame = frame.assign(v=frame["value"].astype("float64"))[["line", "scope", "year", "v", "bound", "qualifier",
        "estimator", "edition", "source_id", "weak", "holder"]]  # fmt: skip
    frame["told"] = [told(v, "%", q) for v, q in zip(frame["v"], frame["qualifier"], strict=True)]
    frame["source"] = source_labels(frame["source_id"])
    frame["trust"] = ["weak" if weak else "documented" for weak in frame["weak"]]
    frame["tone"] = [theme.colour(holder) for holder in frame["holder"]]
    order = {line: position for position, line in enumerate(dict.fromkeys(estimates["line"]))}
    return frame.sort_values(["line", "v"], key=lambda c: c.map(order) if c.name == "line" else c, kind="stable")


def _range_words(rows: pd.DataFrame) -> str:
    strong = rows[~rows["weak"]]
    if strong.empty:
        return "weak sources"
    first, last = strong.loc[strong["v"].idxmin()], strong.loc[strong["v"].idxmax()]
    ends = [short(end["v"], "%", end["bound"]) for end in (first, last)]
    return ends[1] if ends[0] == ends[1] else f"{ends[0].removesuffix('%')}–{ends[1]}"


def _swarm(frame: pd.DataFrame) -> list[float]:
    """Return how far, in pixels, each dot is moved up or down so that it covers no other one of its line."""
    shifts: dict[int, float] = {}
    for _, rows in frame.groupby("line", sort=False):
        placed: list[tuple[float, float]] = []
        for index, x in rows.sort_values("weak", kind="stable")["px"].items():
            shift = next(
                level for level in _levels() if all((x - a) ** 2 + (level - b) ** 2 >= RADIUS**2 - 1 for a, b in placed)
            )
            placed.append((x, shift))
            shifts[index] = shift
    return [shifts[index] for index in frame.index]


def _levels() -> Iterable[float]:
    yield 0.0
    for count in range(1, 40):
        yield from (-count * RADIUS / 2, count * RADIUS / 2)


class _Plot:
    """Marks in pixels: x is a percentage of `inner`, y grows downwards."""

    def __init__(self, inner: float, height: float, left: float):
        self.inner, self.height, self.left = inner, height, left

    def x(self, field: str = "v") -> alt.X:
        return alt.X(
            f"{field}:Q",
            scale=alt.Scale(domain=[0, 100], nice=False),
            axis=value_axis(TICKS, "%", grid=True),
        )

    def y(self, field: str = "y") -> alt.Y:
        return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[self.height, 0], nice=False, zero=False), axis=None)

    def separators(self, step: float, count: int, width: float) -> alt.Chart:
        frame = pd.DataFrame({"y": [step * position for position in range(1, count)]})
        ends = {"x": alt.XValue(-self.left), "x2": alt.X2Value(width - self.left - 4)}
        return alt.Chart(frame).mark_rule(color=theme.token("grid")).encode(y=self.y(), **ends)

    def bars(self, frame: pd.DataFrame, middles: dict) -> list[alt.Chart]:
        strong = frame[~frame["weak"]]
        spans = strong.groupby("line", sort=False)["v"].agg(["min", "max"]).reset_index()
        if spans.empty:
            return []
        spans["y"] = spans["line"].map(middles)
        bar = alt.Chart(spans).mark_rule(strokeWidth=10, color=theme.token("range"), strokeCap="round")
        return [bar.encode(x=self.x("min"), x2=alt.X2("max:Q"), y=self.y())]

    def arrows(self, frame: pd.DataFrame) -> list[alt.Chart]:
        layers = []
        for bound, side, shape in ((">", 1, "triangle-right"), ("<", -1, "triangle-left")):
            rows = frame[frame["bound"] == bound]
            if len(rows):
                mark = alt.Chart(rows).mark_point(shape=shape, size=45, filled=True, xOffset=10 * side)
                layers.append(mark.encode(x=self.x(), y=self.y(), color=paint()))
        return layers

    def dots(self, rows: pd.DataFrame, weak: bool) -> alt.Chart | None:
        if rows.empty:
            return None
        titles = {"line": "Stage", "scope": "Scope", "told": "Share", "year": "Year", "estimator": "Estimate of"}
        titles |= {"trust": "Source is", "edition": "Edition", "source": "Source"}
        hints = [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]
        if weak:
            mark = alt.Chart(rows).mark_point(size=38, filled=True, fill=theme.token("ground"), strokeWidth=1.2)
            colour: dict[str, alt.Color | alt.Stroke] = {"stroke": outline()}
        else:
            mark = alt.Chart(rows).mark_point(size=82, filled=True, stroke=theme.token("ground"), strokeWidth=1)
            colour = {"color": paint()}
        return mark.encode(x=self.x(), y=self.y(), tooltip=hints, **colour)

    def names(self, heads: list[tuple], middles: dict, step: float, small: bool) -> list[alt.Chart]:
        tops = [step * row + 14 if small else y - LINE_HEIGHT / 2 for row, y in enumerate(middles.values())]
        stage = pd.DataFrame({"y": tops, "word": [head[0] for head in heads]})
        if small:
            scope = stage.assign(word=[f"{head[0]}: {head[2]}" if head[2] else head[0] for head in heads])
            return [self._words(scope, 0, "left", "ink", bold=True)]
        second = stage.assign(y=stage["y"] + LINE_HEIGHT, word=[head[2] for head in heads])
        alone = stage["y"] + [0 if head[2] else LINE_HEIGHT / 2 for head in heads]
        return [
            self._words(stage.assign(y=alone), -12, "right", "ink", bold=True),
            self._words(second, -12, "right", "muted"),
        ]

    def makers(self, frame: pd.DataFrame, middles: dict) -> alt.Chart:
        """Name who made the estimates, left of the dots; those of the weak ones only where there are no others."""
        rows = []
        for line, estimates in frame.groupby("line", sort=False):
            strong = estimates[~estimates["weak"]]
            makers = list(dict.fromkeys((strong if len(strong) else estimates).sort_values("v")["estimator"]))
            edge = estimates["px"].min() - 14
            words = text.wrap(", ".join(maker for maker in makers if maker not in UNNAMED), max(60, edge), 12)
            broken = words.split("\n")
            for index, word in enumerate(broken):
                shift = (index - (len(broken) - 1) / 2) * 14
                rows.append({"y": middles[line] + shift, "word": word, "at": edge / self.inner * 100})
        mark = alt.Chart(pd.DataFrame(rows)).mark_text(
            align="right", baseline="middle", fontSize=12, color=theme.token("muted")
        )
        return mark.encode(x=self.x("at"), y=self.y(), text=alt.Text("word:N"))

    def ranges(self, words: dict, middles: dict) -> alt.Chart:
        data = pd.DataFrame({"y": list(middles.values()), "word": list(words.values())})
        data["tone"] = [theme.token("muted" if word == "weak sources" else "ink") for word in data["word"]]
        mark = alt.Chart(data).mark_text(align="left", baseline="middle", fontWeight="bold")
        return mark.encode(x=alt.XValue(self.inner + 20), y=self.y(), text=alt.Text("word:N"), color=paint())

    def _words(self, data: pd.DataFrame, x: float, align: Align, tone: str, bold: bool = False) -> alt.Chart:
        weight: Literal["bold", "normal"] = "bold" if bold else "normal"
        mark = alt.Chart(data).mark_text(align=align, baseline="middle", color=theme.token(tone), fontWeight=weight)
        return mark.encode(x=alt.XValue(x), y=self.y(), text=alt.Text("word:N"))
