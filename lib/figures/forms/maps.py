"""World maps with a grey base, from Natural Earth's countries (public domain) stored among the assets."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

import altair as alt
import pandas as pd

from lib.figures import text, theme
from lib.figures.axes import nice_ticks
from lib.figures.marks import halo_of, layered, legend_of, paint, points
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


def _base(without: Collection[str] = ()) -> alt.Chart:
    """Draw the countries in grey; those that are drawn over it need not be there twice."""
    shown = alt.Chart(_shapes())
    if without:
        shown = shown.transform_filter(~alt.FieldOneOfPredicate("id", sorted(without)))
    return shown.mark_geoshape(fill=theme.token("base"), stroke=theme.token("ground"), strokeWidth=0.5)


def choropleth(
    data: pd.DataFrame,
    iso3: str,
    value: str,
    *,
    unit: str = "",
    bins: Sequence[float] | None = None,
    labels: Mapping | None = None,
    without: tuple[Sequence, str] | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart | alt.VConcatChart:
    """Draw countries coloured by class over a grey world; `bins` are inner boundaries of up to six classes.

    without  countries without a value that are more than the rest of the world, hatched, and what they are
    """
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
    key = list(zip(class_names(edges, unit), tones, strict=True))
    hatched_codes = without[0] if without else ()
    layers = [_base({*frame["id"], *hatched_codes}), shapes]
    if without and len(without[0]):
        hatched = theme.token("accent-soft")
        key.append((without[1], hatched))
        layers.append(_hatched(without, hatched, labels))
    legend, _ = legend_of(key, width - 8)
    return _projected(layers, legend, width)


def _hatched(without: tuple[Sequence, str], tone: str, labels: Mapping | None) -> alt.Chart:
    codes, what = list(without[0]), without[1]
    called = names(codes, labels)
    frame = pd.DataFrame({"id": codes, "name": [called[code] for code in codes], "told": what, "mark": 1})
    return (
        alt.Chart(_shapes())
        .transform_lookup(lookup="id", from_=alt.LookupData(frame, "id", ["name", "told", "mark"]))
        .transform_filter("datum.mark === 1")
        .mark_geoshape(fill=tone, stroke=theme.token("ground"), strokeWidth=0.5)
        .encode(tooltip=[alt.Tooltip("name:N", title="Country"), alt.Tooltip("told:N", title="Value")])
    )


def point_map(
    data: pd.DataFrame,
    longitude: str,
    latitude: str,
    *,
    name: str,
    value: str | None = None,
    label: str | None = None,
    actor: str | None = None,
    unit: str = "",
    colours: Mapping | None = None,
    hollow: str | bool | None = None,
    places: int | None = None,
    width: float = 700,
) -> alt.LayerChart | alt.VConcatChart:
    """Draw places as points over a grey world, each with its name; on a phone with a number that a key under it names.

    name   column with the short name that is written
    label  column with more words for the tooltip
    value  column whose value sets the area of a point
    """
    fields = {"lon": longitude, "lat": latitude, "name": name, "word": label, "actor": actor}
    frame = tidy(data, value, fields, unit=unit, places=places, hollow=hollow)
    tone = palette(list(frame["actor"].unique()), colours) if actor else {}
    frame["tone"] = frame["actor"].map(tone) if actor else theme.token("accent")
    hints = tooltip(frame, name=title_of(name), **({"word": title_of(label)} if label else {}))
    encoding = {"longitude": alt.Longitude("lon:Q"), "latitude": alt.Latitude("lat:Q"), "tooltip": hints}
    small, top = narrow(width), 220 if narrow(width) else 500
    if value:
        domain = [0, float(frame["v"].max())]
        encoding["size"] = alt.Size("v:Q", scale=alt.Scale(domain=domain, range=[14, top]), legend=None)
    mark = {"size": 36 if small else 60, "strokeWidth": 1.2, "opacity": 0.9}
    dots = points(frame, encoding, full=mark | {"stroke": theme.token("ground")}, hollow=mark)
    inner = width - 6
    pixels = [_pixel(lon, lat, inner) for lon, lat in zip(frame["lon"], frame["lat"], strict=True)]
    frame["px"], frame["py"] = [x for x, _ in pixels], [y for _, y in pixels]
    frame = frame.sort_values("px", kind="stable", ignore_index=True)
    frame["number"] = [str(number) for number in range(1, len(frame) + 1)]
    written = _place_names(frame, "number" if small else "name", inner)
    world = _projected([_base(), *written, *dots], [], width)
    return alt.vconcat(world, _place_key(frame, inner), spacing=14) if small else world


def _place_names(frame: pd.DataFrame, field: str, inner: float) -> list[alt.Chart]:
    """Write a name beside each point, off the others; a hair line leads to one that had to go further away."""
    size, tall = 12, inner / (WEST + EAST) * (NORTH + SOUTH)
    spots = list(zip(frame["px"], frame["py"], strict=True))
    around = [(x + dx, y + dy) for x, y in spots for dx in (-4, 0, 4) for dy in (-4, 0, 4)]
    taken: list[text.Box] = []
    for row in frame.to_dict("records"):
        room = (text.width(row[field], size) + 2, 13.0)
        taken.append(text.roomiest((row["px"], row["py"]), room, around, taken, (inner, tall), gap=6))
    placed = frame.assign(left=[box.left for box in taken], middle=[(box.top + box.bottom) / 2 for box in taken])
    layers = []
    for row, box in zip(placed.to_dict("records"), taken, strict=True):
        one = alt.Chart(pd.DataFrame([{"words": row[field]}]))
        near = min(max(row["px"], box.left), box.right)
        if abs(row["middle"] - row["py"]) > 14:
            edge = box.bottom if row["middle"] < row["py"] else box.top
            hair = one.mark_rule(color=theme.token("muted"), strokeWidth=0.7)
            ends = {"x": alt.XValue(row["px"]), "x2": alt.X2Value(near)}
            layers.append(hair.encode(**ends, y=alt.YValue(row["py"]), y2=alt.Y2Value(edge)))
        look: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": size}
        ground = one.mark_text(**look, **halo_of(3), opacity=0.8)
        where = {"x": alt.XValue(box.left), "y": alt.YValue(row["middle"]), "text": alt.Text("words:N")}
        layers += [ground.encode(**where), one.mark_text(**look).encode(**where)]
    return layers


def _place_key(frame: pd.DataFrame, inner: float) -> alt.LayerChart:
    """Write which number is which place, in two columns."""
    half = -(-len(frame) // 2)
    key = pd.DataFrame(
        {
            "words": frame["number"] + "  " + frame["name"],
            "left": [at // half * inner / 2 for at in range(len(frame))],
            "top": [at % half * 17 for at in range(len(frame))],
        }
    )
    plain: dict[str, Any] = {"scale": None, "axis": None}
    words = alt.Chart(key).mark_text(align="left", baseline="top", fontSize=12.5)
    words = words.encode(x=alt.X("left:Q", **plain), y=alt.Y("top:Q", **plain), text=alt.Text("words:N"))
    return layered(words, width=inner, height=half * 17)


def _pixel(longitude: float, latitude: float, inner: float) -> tuple[float, float]:
    """Return the place on the map in pixels (Equal Earth: Šavrič, Patterson and Jenny 2019)."""
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 1.340264 + 3 * -0.081106 * theta**2 + theta**6 * (7 * 0.000893 + 9 * 0.003796 * theta**2)
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta) / (3 * slope)
    y = theta * (1.340264 - 0.081106 * theta**2 + theta**6 * (0.000893 + 0.003796 * theta**2))
    radius = inner / (WEST + EAST)
    return (WEST + x) * radius, (NORTH - y) * radius


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
