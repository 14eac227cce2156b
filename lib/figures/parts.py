"""What the chart forms share: tidy rows with their marks, names and colours, ticks, tooltips, annotations."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import altair as alt
import pandas as pd

from lib import catalog, facts
from lib.figures import text, theme
from lib.quantity import Quantity

NARROW_BELOW = 480
LINE_HEIGHT = 16
MISSING = {"W": "withheld", "NA": "not available", "E": "net exporter", "X": "not applicable"}
OTHERS = ("OTH", "ROW", "Other", "Others", "Other countries", "Rest of the world")
PLACE_CODE = re.compile(r"[A-Z]{3}|EU27|EUX|EU|_X")
# What a column is called where a reader meets it.
HEADERS = {
    "iso3": "Country",
    "importer": "Importer",
    "exporter": "Exporter",
    "partner": "Partner",
    "source_id": "Source",
    "qualifier": "Marks",
}
# For series that are not actors, in this order; dashes and labels tell them apart as well.
PLAIN_SERIES = ("accent", "ind", "kor", "vnm", "muted", "bra", "rus", "gbr")


def narrow(width: float) -> bool:
    """Whether a chart is drawn for a phone."""
    return width < NARROW_BELOW


def tidy(
    data: pd.DataFrame,
    value: str | None,
    fields: Mapping[str, str | None],
    *,
    unit: str = "",
    places: int | None = None,
    hollow: str | bool | None = None,
) -> pd.DataFrame:
    """Rows as the charts need them: short internal names, marks read from `qualifier`, texts made.

    `fields` maps internal to given column names (None: left out). Added: `v` the value, `label` for the mark,
    `told` for the tooltip, `bound`, `hollow`, `source`, `edition`. `hollow` names a boolean column, or False to
    draw estimates full.
    """
    frame = pd.DataFrame(index=data.index)
    for internal, given in fields.items():
        if given is not None:
            frame[internal] = data[given]
    marks = data["qualifier"].fillna("").astype(str) if "qualifier" in data else pd.Series("", data.index)
    if value is not None:
        frame["v"] = pd.to_numeric(data[value]).astype("float64")
        pairs = list(zip(frame["v"], marks, strict=True))
        frame["bound"] = [Quantity.from_row(number, mark).bound for number, mark in pairs]
        frame["label"] = [short(number, unit, mark, places) for number, mark in pairs]
        frame["told"] = [told(number, unit, mark, places) for number, mark in pairs]
    if isinstance(hollow, str):
        frame["hollow"] = data[hollow].fillna(False).astype(bool)
    elif hollow is False:
        frame["hollow"] = False
    else:
        frame["hollow"] = ["e" in mark.split(";") for mark in marks]
    if "source_id" in data:
        frame["source"] = source_labels(data["source_id"])
    for column in ("edition", "scope"):
        if column in data and column not in frame:
            frame[column] = data[column].astype("string")
    return frame.reset_index(drop=True)


def short(value: float, unit: str, marks: str = "", places: int | None = None) -> str:
    """The text beside a mark: `130,000 t`, `>90%`, `withheld`."""
    if pd.isna(value):
        return next((word for mark, word in MISSING.items() if mark in marks.split(";")), "no figure")
    bound = Quantity.from_row(value, marks).bound
    return bound + facts.format_quantity(Quantity(float(value)), unit, places)


def told(value: float, unit: str, marks: str = "", places: int | None = None) -> str:
    """The text of a tooltip: the value with its bound in words and its other marks."""
    if pd.isna(value):
        return short(value, unit, marks)
    body = facts.format_quantity(Quantity.from_row(value, marks), unit, places)
    words = [facts.MARK_WORDS.get(mark, mark) for mark in marks.split(";") if mark and mark not in (">", "<")]
    return f"{body} ({', '.join(words)})" if words else body


def source_labels(ids: pd.Series) -> pd.Series:
    """`Publisher (year)` of each source id; the id itself when it is not in the list."""
    listed = catalog.sources()
    years = pd.to_datetime(listed["published"]).dt.year.astype("Int64").astype("string").fillna("n.d.")
    known = dict(zip(listed.index, listed["publisher"].astype(str) + " (" + years + ")", strict=True))
    return ids.map(lambda source: "" if pd.isna(source) else known.get(source, str(source)))


def tooltip(frame: pd.DataFrame, **titles: str) -> list[alt.Tooltip]:
    """Tooltips for these internal columns, then value, edition, source where the rows have them."""
    fields = titles | {"told": "Value", "scope": "Scope", "edition": "Edition", "source": "Source"}
    return [
        alt.Tooltip(field, type=_type(frame[field]), title=title, **_format(frame[field]))
        for field, title in fields.items()
        if field in frame
    ]


def _type(column: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "temporal"
    return "quantitative" if pd.api.types.is_numeric_dtype(column) else "nominal"


def _format(column: pd.Series) -> dict:
    return {"format": "%-d %B %Y"} if pd.api.types.is_datetime64_any_dtype(column) else {}


def is_place(key: object) -> bool:
    """Whether a key is a place code of the book: ISO 3166-1 alpha-3, a union, a trade special."""
    if not isinstance(key, str) or not PLACE_CODE.fullmatch(key):
        return False
    return key.startswith("_") or key in theme.SAME_ACTOR or key in theme.ACTORS or key in catalog.country_names()


def names(keys: Iterable, labels: Mapping | None = None) -> dict:
    """Labels by key: those given, the short names of places, else the key itself."""
    given = labels or {}
    return {key: given.get(key) or (catalog.country_name(key) if is_place(key) else str(key)) for key in keys}


def palette(keys: Sequence, colours: Mapping | None = None, highlight: Sequence = ()) -> dict:
    """A hex per key: the given one (a hex, a token or a place code), the actor's, else one of the plain series."""
    chosen: dict = {}
    plain = iter(PLAIN_SERIES * (len(keys) // len(PLAIN_SERIES) + 1))
    for key in keys:
        given = (colours or {}).get(key)
        if given:
            chosen[key] = resolve(given)
        elif highlight and key not in highlight:
            chosen[key] = theme.colour("OTH")
        elif is_place(key):
            chosen[key] = theme.colour(key)
        elif key in OTHERS:
            chosen[key] = theme.colour("OTH")
        else:
            chosen[key] = theme.token("accent" if highlight else next(plain))
    return chosen


def resolve(given: str) -> str:
    """A hex from a hex, a token name (`accent`, `seq-3`) or a place code."""
    if given.startswith("#"):
        return given.lower()
    return theme.tokens()[given][0] if given in theme.tokens() else theme.colour(given)


def ordered(keys: Sequence, sizes: Mapping, order: Sequence | None) -> list:
    """Keys by size, largest first, what stands for the rest last; or in the order given."""
    if order is not None:
        rest = [key for key in keys if key not in order]
        return [key for key in order if key in keys] + rest
    return sorted(keys, key=lambda key: (key in OTHERS, pd.isna(sizes[key]), -(sizes[key] or 0), str(key)))


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Round tick values that cover low..high: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if high <= low:
        high = low + 1
    raw = (high - low) / max(1, count)
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def value_axis(ticks: Sequence[float], unit: str = "", **options) -> alt.Axis:
    """An axis with these ticks; percent signs on every label, other units are the subtitle's business."""
    sign = "%" if unit == "%" else ""
    expression = f"format(datum.value, ',.6~f') + '{sign}'"
    return alt.Axis(values=list(ticks), labelExpr=expression, **options)


def tick_width(ticks: Sequence[float], unit: str = "") -> float:
    """Width of the widest label of `value_axis`."""
    return text.widest([f"{tick:,.10g}" + ("%" if unit == "%" else "") for tick in ticks])


def multiline(
    frame: pd.DataFrame,
    field: str,
    *,
    x,
    y,
    align: str,
    shift: float = 0,
    colour: alt.Color | None = None,
    halo: bool = False,
    **mark,
) -> list[alt.Chart]:
    """Texts of one or more lines, each centred on its place (Vega centres the first line only).

    halo  clear the ground around the letters, where grid lines or leaders run behind them
    """
    lines = frame[field].str.count("\n")
    layers = []
    if halo:
        ground = {"stroke": theme.token("ground"), "strokeWidth": 4, "strokeJoin": "round"}
        layers = multiline(frame, field, x=x, y=y, align=align, shift=shift, **ground | mark)
    for count in sorted(lines.unique()):
        chart = (
            alt.Chart(frame[lines == count])
            .mark_text(
                align=align,
                baseline="middle",
                lineBreak="\n",
                lineHeight=LINE_HEIGHT,
                yOffset=float(shift - count * LINE_HEIGHT / 2),
                **mark,
            )
            .encode(x=x, y=y, text=alt.Text(field, type="nominal"))
        )
        layers.append(chart.encode(color=colour) if colour is not None else chart)
    return layers


class TimeAxis:
    """Years or days on the horizontal axis: domain, ticks, and where a moment falls in pixels."""

    def __init__(self, column: pd.Series, inner: float, domain: tuple | None = None):
        self.days = pd.api.types.is_datetime64_any_dtype(column)
        low, high = (column.min(), column.max()) if domain is None else domain
        self.low, self.high = (pd.Timestamp(low), pd.Timestamp(high)) if self.days else (low, high)
        self.inner = inner

    def number(self, moment) -> float:
        return pd.Timestamp(moment).timestamp() if self.days else float(moment)

    def pixel(self, moment) -> float:
        low, high = self.number(self.low), self.number(self.high)
        return (self.number(moment) - low) / ((high - low) or 1) * self.inner

    def scale(self) -> alt.Scale:
        if self.days:
            return alt.Scale(domainMin=_date_time(self.low), domainMax=_date_time(self.high), nice=False)
        return alt.Scale(domain=[self.low, self.high], nice=False, zero=False)

    def axis(self, **options) -> alt.Axis:
        room = 52 if self.days else 46
        count = max(1, int(self.inner // room))
        if not self.days:
            return alt.Axis(values=_years(int(self.low), int(self.high), count), format="d", **options)
        moments, pattern = _moments(self.low, self.high, count)
        return alt.Axis(values=[_date_time(moment) for moment in moments], format=pattern, **options)

    def encode(self, field: str = "x", **options) -> alt.X:
        return alt.X(
            field, type="temporal" if self.days else "quantitative", scale=self.scale(), axis=self.axis(**options)
        )

    def kind(self) -> str:
        return "temporal" if self.days else "quantitative"


def _date_time(moment: pd.Timestamp) -> alt.DateTime:
    return alt.DateTime(year=moment.year, month=moment.month, date=moment.day)


def _years(low: int, high: int, count: int) -> list[int]:
    """Round years with at most `count` of them; the last one is always there, with room before it."""
    span = high - low
    step = next((step for step in (1, 2, 5, 10, 20, 25, 50, 100) if span / step < count), 200)
    years = [year for year in range(low, high + 1) if year % step == 0]
    if step == 1:
        return years
    return [year for year in years if high - year >= step * 0.6] + [high]


def _moments(low: pd.Timestamp, high: pd.Timestamp, count: int) -> tuple[list[pd.Timestamp], str]:
    months = (high.year - low.year) * 12 + high.month - low.month
    if months <= 18:
        step = next((step for step in (1, 2, 3, 6) if months / step < count), 12)
        starts = pd.date_range(low.normalize().replace(day=1), high, freq="MS")
        chosen = [moment for moment in starts if (moment.month - 1) % step == 0 and moment >= low]
        return chosen, "%b ’%y"
    years = _years(low.year, high.year, count)
    return [moment for year in years if low <= (moment := pd.Timestamp(year, 1, 1)) <= high], "%Y"


def with_gaps(frame: pd.DataFrame, x: str = "x", series: str = "s", value: str = "v") -> pd.DataFrame:
    """Add an empty row wherever a series skips a step of its usual length, so that no line runs through."""
    pieces = []
    for _, rows in frame.groupby(series, sort=False):
        rows = rows.sort_values(x)
        steps = rows[x].diff().dropna()
        if len(steps) > 1:
            usual = steps.mode().iloc[0] if steps.dtype.kind != "m" else steps.median()
            wide = steps[steps > usual * 1.6].index
            holes = rows.loc[wide, [x, series]].copy()
            holes[x] = rows[x].shift(1).loc[wide] + usual
            holes[value] = float("nan")
            rows = pd.concat([rows, holes]).sort_values(x, kind="stable")
        pieces.append(rows)
    return pd.concat(pieces, ignore_index=True)


def lonely(frame: pd.DataFrame, series: str = "s", value: str = "v") -> pd.DataFrame:
    """Points with a gap on both sides, which a line alone would not show."""
    present = frame[value].notna()
    before = present.groupby(frame[series]).shift(1, fill_value=False)
    after = present.groupby(frame[series]).shift(-1, fill_value=False)
    return frame[present & ~before & ~after]


def end_labels(
    ends: pd.DataFrame, top: float, bottom: float, height: float, limit: float
) -> tuple[pd.DataFrame, float]:
    """Labels at line ends, kept apart: columns `name`, `v`; returns them with `at` (data units) and the height.

    top and bottom are the data values at the upper and lower edge; the plot grows when the labels need it.
    """
    ends = ends.copy()
    ends["name"] = [text.wrap(name, limit) for name in ends["name"]]
    heights = [LINE_HEIGHT * (name.count("\n") + 1) for name in ends["name"]]
    height = max(height, sum(heights) + 4)
    pixels = [(top - value) / (top - bottom) * height for value in ends["v"]]
    placed = text.spread(pixels, heights, -LINE_HEIGHT / 2, height + LINE_HEIGHT / 2)
    ends["at"] = [top - pixel / height * (top - bottom) for pixel in placed]
    ends["moved"] = [abs(pixel - wanted) > 5 for pixel, wanted in zip(placed, pixels, strict=True)]
    return ends, height


def annotations(notes: Sequence[tuple], axis: TimeAxis, width: float, height: float) -> list[alt.Chart]:
    """Short texts above the plot, each with a thin leader down to its moment: `[(x, text), …]`."""
    layers = []
    taken: list[list[tuple[float, float]]] = []
    limit = 130 if narrow(width) else 170
    edge = max(axis.inner + 20, width - 48)  # notes may stand above the names at the line ends
    # From the right, so that the leader of a later note never crosses an earlier one, which lies higher.
    for moment, words in sorted(notes, key=lambda note: -axis.number(note[0])):
        body = text.wrap(words, limit)
        pixel, extent = axis.pixel(moment), text.width(body, 12.5) + 8
        align = "left" if pixel + extent <= edge else "right"
        span = (pixel, pixel + extent) if align == "left" else (pixel - extent, pixel)
        level = 0
        while level < len(taken) and any(span[0] < end and start < span[1] for start, end in taken[level]):
            level += 1
        lines = body.count("\n") + 1
        while len(taken) < level + lines:
            taken.append([])
        for line in range(level, level + lines):
            taken[line].append(span)
        frame = pd.DataFrame({"x": [moment], "words": [body]})
        if axis.days:
            frame["x"] = pd.to_datetime(frame["x"])
        x = alt.X("x", type=axis.kind())
        lift = 8 + level * 15
        layers.append(
            alt.Chart(frame)
            .mark_rule(color=theme.token("muted"), strokeWidth=1, strokeDash=[2, 2])
            .encode(x=x, y=alt.value(-lift - lines * 15 + 4), y2=alt.value(height))
        )
        layers.append(
            alt.Chart(frame)
            .mark_text(
                align=align,
                baseline="line-bottom",
                dx=4 if align == "left" else -4,
                lineBreak="\n",
                lineHeight=15,
                fontSize=12.5,
                color=theme.token("muted"),
            )
            .encode(x=x, y=alt.value(-lift - (lines - 1) * 15), text="words:N")
        )
    return layers


def title_of(column: str) -> str:
    return HEADERS.get(column, column.replace("_", " ").capitalize())


def legend_of(
    entries: Sequence[tuple], width: float, offset: float = 0, lift: float = 0
) -> tuple[list[alt.Chart], float]:
    """A key above the plot: swatch and name, a dashed line for `(name, hex, True)`; its layers and its height."""
    x, line, spots = 0.0, 0, []
    for name, tone, *dashed in entries:
        extent = 20 + text.width(name) + 16
        if x and x + extent - 16 > width:
            x, line = 0.0, line + 1
        spots.append((name, tone, bool(dashed and dashed[0]), x + offset, line))
        x += extent
    tall = (line + 1) * 20 + 8
    layers = []
    for name, tone, dashed, left, row in spots:
        y = row * 20 - tall + 8 - lift
        base = alt.Chart(pd.DataFrame({"name": [name]}))
        if dashed:
            swatch = base.mark_rule(color=tone, strokeWidth=2.2, strokeDash=[5, 4])
            layers.append(swatch.encode(x=alt.value(left), x2=alt.value(left + 15), y=alt.value(y)))
        else:
            swatch = base.mark_rect(fill=tone, stroke=theme.token("axis"), strokeWidth=0.6)
            ends = {"x": alt.value(left + 1), "x2": alt.value(left + 14)}
            layers.append(swatch.encode(**ends, y=alt.value(y - 5), y2=alt.value(y + 6)))
        words = base.mark_text(align="left", baseline="middle")
        layers.append(words.encode(x=alt.value(left + 20), y=alt.value(y), text="name:N"))
    return layers, tall


def class_names(edges: Sequence[float], unit: str) -> list[str]:
    sign = "%" if unit == "%" else f" {unit}" if unit else ""
    words = [f"{edge:,.10g}" for edge in edges]
    middle = [f"{low}–{high}{sign}" for low, high in pairwise(words)]
    return [f"under {words[0]}{sign}", *middle, f"{words[-1]}{sign} and more"]
