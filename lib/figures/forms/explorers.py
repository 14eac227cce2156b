"""Bars that a reader moves with sliders: every state is computed beforehand and kept in a few letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import altair as alt
import pandas as pd

from lib.figures import theme
from lib.figures.axes import value_axis
from lib.figures.forms.rows import Rows
from lib.figures.parts import names, palette

DIGITS = 2
"""Letters that a value takes: percentages from 0 to 99, rounded."""
MOST = 99


class Slider(NamedTuple):
    """A number that a reader chooses: evenly spaced `values`, the `first` one shown, and what it is called.

    name  of the parameter, as it stands in the address
    """

    name: str
    values: Sequence[float]
    first: float
    label: str

    @property
    def step(self) -> float:
        """How far apart the values are."""
        return self.values[1] - self.values[0]


def explorer(
    data: pd.DataFrame,
    category: str,
    *,
    grids: Mapping[str, str],
    sliders: Sequence[Slider],
    labels: Mapping | None = None,
    colours: Mapping | None = None,
    unit: str = "%",
    width: float = 700,
) -> alt.LayerChart:
    """Draw a bar with its range for each row, for the state that the sliders are in.

    grids    columns with the lists of values (percentages) of the `middle`, the `low` and the `high`
    sliders  in the order in which the grids run, the last one fastest

    A chart of Vega-Lite: parameters bound to inputs choose a place in the packed text, so that nothing is loaded and
    nothing is computed but that place. Raises ValueError for a grid of another length than the sliders make.
    """
    size = 1
    for slider in sliders:
        size *= len(slider.values)
    for column in grids.values():
        if {len(values) for values in data[column]} != {size}:
            raise ValueError(f"the grid {column!r} does not have the {size} values that the sliders make")
    keys = list(data[category])
    called, tones = names(keys, labels), palette(keys, colours)
    rows = Rows({key: called[key] for key in keys}, width, 52, 30)
    frame = pd.DataFrame(
        {"k": keys} | {f"{part}_grid": [pack(values) for values in data[column]] for part, column in grids.items()}
    )
    looks = rows.placed(frame[["k"]]).assign(tone=[tones[key] for key in keys])
    looked = alt.LookupData(data=looks, key="k", fields=["name", "row", "tone"])
    base = alt.Chart(frame).transform_lookup(lookup="k", from_=looked)  # wide and narrow share the grids
    for part in ("middle", "low", "high"):
        found = f"toNumber(substring(datum.{part}_grid, place, place + {DIGITS}))"
        base = base.transform_calculate(**{part: found})
    base = base.transform_calculate(words=f"format(datum.middle, 'd') + '{unit}'", end="max(datum.middle, datum.high)")
    scale = alt.Scale(domain=[0, 100], nice=False)
    across = alt.X("middle:Q", scale=scale, axis=value_axis([0, 25, 50, 75, 100], unit))
    hints = [
        alt.Tooltip("name:N", title="Importer"),
        alt.Tooltip("middle:Q", title="Median, %"),
        alt.Tooltip("low:Q", title="5th percentile, %"),
        alt.Tooltip("high:Q", title="95th percentile, %"),
    ]
    paint = alt.Color("tone:N", scale=None)
    bars = base.mark_bar(height=16, yOffset=rows.lift).encode(x=across, y=rows.y(), color=paint, tooltip=hints)
    ends = {"x": alt.X("low:Q", scale=scale), "x2": alt.X2("high:Q"), "y": rows.y()}
    halo = base.mark_rule(strokeWidth=5, color=theme.token("ground"), opacity=0.8, yOffset=rows.lift).encode(**ends)
    reach = base.mark_rule(strokeWidth=1.8, color=theme.token("ink"), yOffset=rows.lift).encode(**ends)
    words = base.mark_text(align="left", dx=6, fontWeight="bold", yOffset=rows.lift, color=theme.token("ink"))
    words = words.encode(x=alt.X("end:Q", scale=scale), y=rows.y(), text="words:N")
    chart = rows.chart([bars, halo, reach, words])
    return chart.add_params(*_parameters(sliders))


def _parameters(sliders: Sequence[Slider]) -> list[alt.Parameter]:
    """Make the parameters: one for each slider, and `place`, where the values of their state begin."""
    made = [
        alt.param(
            name=slider.name,
            value=slider.first,
            bind=alt.binding_range(
                min=min(slider.values), max=max(slider.values), step=slider.step, name=f"{slider.label} "
            ),
        )
        for slider in sliders
    ]
    place = "0"
    for slider in sliders:
        number = f"round(({slider.name} - {min(slider.values):g}) / {slider.step:g})"
        place = number if place == "0" else f"({place}) * {len(slider.values)} + {number}"
    return [*made, alt.param(name="place", expr=f"{DIGITS} * ({place})")]


def pack(values: Sequence[float]) -> str:
    """Write percentages as text of two digits each, rounded, at most 99."""
    return "".join(f"{min(MOST, max(0, round(value))):0{DIGITS}d}" for value in values)
