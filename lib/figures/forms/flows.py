"""Flows between stages, each as thick as it is large (a Sankey diagram); what is assumed is drawn in the soft tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from lib import facts
from lib.figures import text, theme
from lib.figures.parts import narrow
from lib.figures.sketch import SMALL, Sketch

NODE, SPACE = 11, 14  # pixels: how wide a node is, and how far apart two of one stage stand
TALL = {True: 420, False: 380}
TITLES = {"told": "Flow", "amount": "Amount", "basis": "Basis"}


def flows(
    data: pd.DataFrame,
    source: str = "source",
    target: str = "target",
    value: str = "value",
    *,
    stage: str = "stage",
    stages: Sequence[str] = (),
    assumed: str | None = None,
    colours: Mapping[str, str] | None = None,
    unit: str = "",
    places: int = 1,
    width: float = 700,
) -> alt.LayerChart:
    """Draw flows from left to right: a column of nodes for each stage, and one more for the targets of the last.

    stage    column with the stage that a flow leaves
    stages   the names of all columns in order, the one of the last targets included
    assumed  boolean column: flows that no source prints, in the soft tone, which a page draws hatched
    colours  place codes or tokens by node; a flow has the colour of its source
    """
    rows = data.reset_index(drop=True).assign(
        s=data[source].to_numpy(), t=data[target].to_numpy(), v=data[value].astype("float64").to_numpy()
    )
    rows["column"] = rows[stage].map({name: number for number, name in enumerate(stages)})
    rows["soft"] = rows[assumed].astype(bool) if assumed else False
    sizes = _sizes(rows, len(stages))
    tall, room = TALL[narrow(width)], 20 + 15 * max(name.count("\n") for name in _heads(stages, width))
    most = max(sum(column.values()) for column in sizes)
    crowded = max(len(column) for column in sizes)
    scale = (tall - room - SPACE * (crowded - 1)) / most
    sketch = Sketch(width, tall + 4, halo=True)
    step = (width - NODE) / (len(stages) - 1)
    tops = _tops(sizes, scale, room)
    _draw_flows(sketch, rows, tops, scale, step, colours or {}, unit, places)
    for number, head in enumerate(_heads(stages, width)):
        last = number == len(stages) - 1
        x = width if last else number * step
        sketch.say(head, x, 0, "right" if last else "left", "ink", True)
        for node, size in sizes[number].items():
            top = tops[number][node]
            sketch.box(number * step, top, number * step + NODE, top + size * scale, _tone(node, colours or {}))
            words = text.wrap(f"{node} {facts.format_number(size, places)}", step - 24, SMALL)
            lines = words.count("\n") + 1
            at = top + size * scale / 2 - lines * 7.5
            if number == len(stages) - 2 and len(stages) > 2:  # so that it keeps off the words of the last column
                at = top + 2 if size * scale > 40 else top + size * scale + 2
            sketch.say(
                words, width - NODE - 5 if last else number * step + NODE + 5, at, "right" if last else "left", "ink"
            )
    return sketch.drawn([alt.Tooltip(f"{name}:N", title=title) for name, title in TITLES.items()])


def _heads(stages: Sequence[str], width: float) -> list[str]:
    return [text.wrap(name, width / len(stages) - 6, 13) for name in stages]


def _sizes(rows: pd.DataFrame, columns: int) -> list[dict[str, float]]:
    """Add up each node of each column: what leaves it, of the last column what arrives; the largest first."""
    sizes = []
    for number in range(columns):
        last = number == columns - 1
        sums = rows[rows["column"] == (number - 1 if last else number)].groupby("t" if last else "s")["v"].sum()
        sizes.append({str(node): float(size) for node, size in sums.sort_values(ascending=False).items()})
    return sizes


def _tops(sizes: list[dict[str, float]], scale: float, room: float) -> list[dict[str, float]]:
    """Place the nodes of each column one below the other."""
    tops = []
    for column in sizes:
        y, places = room, {}
        for node, size in column.items():
            places[node] = y
            y += size * scale + SPACE
        tops.append(places)
    return tops


def _draw_flows(
    sketch: Sketch,
    rows: pd.DataFrame,
    tops: list[dict[str, float]],
    scale: float,
    step: float,
    colours: Mapping[str, str],
    unit: str,
    places: int,
) -> None:
    """Draw the flows of each column in the order of their targets, and take them in the order of their sources."""
    leaving, arriving = ([dict(column) for column in tops] for _ in range(2))
    order = {(number, node): y for number, column in enumerate(tops) for node, y in column.items()}
    rows = rows.assign(
        a=[order[number, node] for number, node in zip(rows["column"], rows["s"], strict=True)],
        b=[order[number + 1, node] for number, node in zip(rows["column"], rows["t"], strict=True)],
    )
    for flow in rows.sort_values(["column", "a", "b"]).itertuples():
        number, thick = int(flow.column), flow.v * scale
        start, end = leaving[number][flow.s], arriving[number + 1][flow.t]
        leaving[number][flow.s] += thick
        arriving[number + 1][flow.t] += thick
        tone = _tone(flow.s, colours)
        about = {
            "told": f"{flow.s} → {flow.t}",
            "amount": f"{facts.format_number(flow.v, places)} {unit}".strip(),
            "basis": "assumed" if flow.soft else "published",
        }
        tone = theme.softened(tone) if flow.soft else tone
        sketch.band((number * step + NODE, start), ((number + 1) * step, end), thick, tone, about)


def _tone(node: str, colours: Mapping[str, str]) -> str:
    code = colours.get(node, "OTH")
    return theme.colour(code) if code in theme.ACTORS or len(code) == 3 else theme.token(code)
