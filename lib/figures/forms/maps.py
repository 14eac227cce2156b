"""World maps with a grey base, from Natural Earth's countries (public domain) stored among the assets."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import cast

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.axes import nice_ticks
from lib.figures.marks import layered, legend_of, paint, points
from lib.figures.parts import class_names, names, narrow, palette, tidy, title_of, tooltip

# The part of Equal Earth that holds land, in radii from the middle; Antarctica is left out.
WEST, EAST, NORTH, SOUTH = 2.3, 2.56, 1.31, 1.06


@lru_cache
def _world() -> dict:
    return json.loads(files("lib.figures").joinpath("assets/world-110m.json").read_text("utf-8"))


class _Shapes(alt.InlineData):
    """The countries of the world, which Altair need not copy with each copy of a chart."""

    def __deepcopy__(self, _memo: object) -> _Shapes:
        return self


def _shapes() -> _Shapes:
    return _Shapes(values=_world(), format=alt.TopoDataFormat(type="topojson", feature="countries"))


def _base() -> alt.Chart:
    return alt.Chart(_shapes()).mark_geoshape(fill=theme.token("base"), stroke=theme.token("ground"), strokeWidth=0.5)


def choropleth(
    data: pd.DataFrame,
    iso3: str,
    value: str,
    *,
    unit: str = "",
    bins: Sequence[float] | None = None,
    labels: Mapping | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart | alt.VConcatChart:
    """Draw countries coloured by class over a grey world; `bins` are inner boundaries of up to six classes."""
    frame = tidy(data, value, {"id": iso3}, unit=unit, places=places)
    frame = frame[frame["v"].notna()].copy()
    frame["name"] = frame["id"].map(names(list(frame["id"].unique()), labels))
    edges = list(bins) if bins is not None else nice_ticks(frame["v"].min(), frame["v"].max(), 5)[1:-1]
    tones = theme.sequence(len(edges) + 1)
    frame["fill"] = [tones[sum(v >= edge for edge in edges)] for v in frame["v"]]
    hints = tooltip(frame, name=title_of(iso3))
    fields = ["fill", *[cast("dict[str, str]", hint.to_dict())["field"] for hint in hints]]
    shapes = (
        alt.Chart(_shapes())
        .transform_lookup(lookup="id", from_=alt.LookupData(frame[["id", *dict.fromkeys(fields)]], "id", fields))
        .transform_filter("isValid(datum.fill)")
        .mark_geoshape(stroke=theme.token("ground"), strokeWidth=0.5)
        .encode(color=paint("fill"), tooltip=hints)
    )
    legend, _ = legend_of(list(zip(class_names(edges, unit), tones, strict=True)), width - 8)
    return _projected([_base(), shapes], legend, width)


def point_map(
    data: pd.DataFrame,
    longitude: str,
    latitude: str,
    *,
    value: str | None = None,
    label: str | None = None,
    actor: str | None = None,
    unit: str = "",
    colours: Mapping | None = None,
    labels: Mapping | None = None,
    named: Sequence | None = None,
    hollow: str | bool | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart | alt.VConcatChart:
    """Draw places as points over a grey world; `value` sets the area of a point, `named` which labels are written."""
    fields = {"lon": longitude, "lat": latitude, "word": label, "actor": actor}
    frame = tidy(data, value, fields, unit=unit, places=places, hollow=hollow)
    tone = palette(list(frame["actor"].unique()), colours) if actor else {}
    frame["tone"] = frame["actor"].map(tone) if actor else theme.token("accent")
    hints = tooltip(frame, **({"word": title_of(label)} if label else {}))
    encoding = {"longitude": alt.Longitude("lon:Q"), "latitude": alt.Latitude("lat:Q"), "tooltip": hints}
    top = 500 if not narrow(width) else 220
    if value:
        domain = [0, float(frame["v"].max())]
        encoding["size"] = alt.Size("v:Q", scale=alt.Scale(domain=domain, range=[14, top]), legend=None)
    mark = {"size": 60 if not narrow(width) else 36, "strokeWidth": 1.2, "opacity": 0.9}
    layers = [_base(), *points(frame, encoding, full=mark | {"stroke": theme.token("ground")}, hollow=mark)]
    if label and named is not None:
        rows = frame[frame["word"].isin(list(named))]
        for row in rows.to_dict("records"):
            reach = (row["v"] / frame["v"].max() * top / 3.14) ** 0.5 + 5 if value else 9
            inner = width - 6
            beyond = _pixel(row["lon"], row["lat"], inner) + reach + text.width(row["word"], 12.5) > inner
            mark = alt.Chart(pd.DataFrame([{"lon": row["lon"], "lat": row["lat"], "word": row["word"]}])).mark_text(
                align="right" if beyond else "left", dx=-reach if beyond else reach, fontSize=12.5, baseline="middle"
            )
            layers.append(
                mark.encode(longitude=alt.Longitude("lon:Q"), latitude=alt.Latitude("lat:Q"), text=alt.Text("word:N"))
            )
    return _projected(layers, [], width)


def _pixel(longitude: float, latitude: float, inner: float) -> float:
    """Return the horizontal place on the map in pixels (Equal Earth: Šavrič, Patterson and Jenny 2019)."""
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 1.340264 + 3 * -0.081106 * theta**2 + theta**6 * (7 * 0.000893 + 9 * 0.003796 * theta**2)
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta) / (3 * slope)
    return (WEST + x) * inner / (WEST + EAST)


def _projected(layers: list[alt.Chart], legend: list[alt.Chart], width: float) -> alt.LayerChart | alt.VConcatChart:
    """Draw the equal-area map and, under it, its key."""
    inner = width - 6
    radius = inner / (WEST + EAST)
    equal_area = alt.Projection(type="equalEarth", scale=radius, translate=[radius * WEST, radius * NORTH])
    world = layered(*layers, projection=equal_area, width=inner, height=radius * (NORTH + SOUTH))
    if not legend:
        return world
    row = layered(*legend, width=width - 12, height=1)
    return alt.vconcat(row, world, spacing=2)
