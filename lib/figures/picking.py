"""What a reader may change in a live chart: which series stands out or is added, and which year is shown.

The static picture shows the series and the year that the finding rests on; nothing that a chart says depends on a
choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

FADED = 0.25
HINT = "Click to highlight one; click elsewhere to show all"


def by_series(
    layers: Sequence[alt.Chart],
    field: str,
    labels: Mapping | None = None,
    *,
    name: str = "Show",
    absent: Sequence[alt.Chart] = (),
    follows: bool = False,
) -> list[alt.Chart]:
    """Let a click on a mark, a name or a key fade all other values of `field`; a click beside them ends it.

    layers  those whose rows lack the field stay as they are
    labels  names by value; when given, a list under the chart offers them too (and needs no pointer)
    name    what the list is called
    absent  layers of which only the rows of the value that was picked are drawn, above the others
    follows only fade: the click is on another part of the same chart
    """
    offer: dict[str, Any] = {"on": "click"} if labels else {}
    if labels:
        words = ["none" if absent else "all", *map(str, labels.values())]
        offer["bind"] = alt.binding_select(options=[None, *labels], labels=words, name=f"{name} ")
    pick = alt.selection_point(name="pick", fields=[field], **offer)
    faded = [_faded(layer, pick, follows) if _has(layer, field) else layer for layer in layers]
    return faded + [layer.transform_filter({"param": pick.name, "empty": False}) for layer in absent]


def by_year(
    chart_layers: Sequence[alt.Chart], field: str, years: Sequence[int], label: str = "Year"
) -> list[alt.Chart]:
    """Add a slider over `years`: of the layers whose rows have `field`, only those of the chosen year are drawn."""
    slider = alt.param(
        name="moment",
        value=max(years),
        bind=alt.binding_range(min=min(years), max=max(years), step=1, name=f"{label} "),
    )
    layers = [
        layer.transform_filter(f"datum['{field}'] == moment") if _has(layer, field) else layer for layer in chart_layers
    ]
    return [layers[0].add_params(slider), *layers[1:]]


def _has(layer: alt.Chart, field: str) -> bool:
    return isinstance(layer.data, pd.DataFrame) and field in layer.data


def _faded(layer: alt.Chart, pick: alt.Parameter, follows: bool) -> alt.Chart:
    mark = layer.mark if isinstance(layer.mark, alt.MarkDef) else alt.MarkDef(layer.mark)
    full = 1 if mark.opacity is alt.Undefined else mark.opacity
    named = mark.type in ("text", "rect")
    if not follows and (named or not full):  # what is pointed at: names, keys, the unseen discs over a line
        mark.cursor = "pointer"
        layer = layer.add_params(pick)
    if not follows and named:
        # One layer declares the selection; Vega-Lite lets the others take clicks only if they have a tooltip.
        layer = layer.encode(tooltip=alt.TooltipValue(HINT))
    if not full:
        return layer
    picked = alt.ConditionalParameterValueDefnumberExprRef(param=alt.ParameterName(pick.name), value=full)
    return layer.encode(opacity=alt.OpacityValue(round(full * FADED, 3), condition=[picked]))
