"""Show a chart or a table as a figure of the book: static picture first, interactive later, data always.

One cell output holds everything: an SVG for wide and one for narrow columns (text/html), the alternative text
(text/plain), and a record in the output's metadata that the site reads. The same input gives the same bytes.
"""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import altair
import pandas as pd
import vl_convert
from altair.utils.data import to_values
from altair.utils.schemapi import debug_mode

from lib import drawing, facts, run
from lib.figures import theme
from lib.figures.charts import Chart
from lib.figures.parts import HEADERS
from lib.metadata import KEY
from lib.quantity import Quantity
from lib.tables import catalog, dates
from lib.tables.dictionary import CONFIDENCES, PLACES, without_department

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ALT_LENGTH = 40
TABLE_ROWS = 200
LONG_TABLE = 15  # a table on the page with more rows shows its first ten; figures.css has the same number
STACKED_COLUMNS = 4  # a table on the page with so many columns shows its rows as blocks on a phone
LONG_TEXT = 20  # a cell with more letters asks for a broader column
MANY_PUBLISHERS = 6  # a source line with more shows the first five
# How the tables call a maker of estimates whose publications name it in full.
MAKERS = {
    "IEA": "International Energy Agency",
    "USGS": "U.S. Geological Survey",
    "BGS": "British Geological Survey",
    "US DOE": "Department of Energy",
}
# Above this an SVG costs the browser more than a picture: some 250 KB is 2,500 marks or 30 KB compressed.
SVG_LIMIT = 250_000
VEGALITE = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
UNIT_ENDINGS = {
    "t_reo": "t REO",
    "kt": "kt",
    "pct": "%",
    "percent": "%",
    "usd": "USD",
    "kusd": "thousand USD",
    "musd": "million USD",
    "usd_kg": "USD/kg",
    "usd_per_kg": "USD/kg",
    "kg": "kg",
    "t": "t",
}
UNSEPARATED = re.compile(r"(^|_)(year|edition|rank|hs|code|line|id)($|_)")
HIDDEN = ("also_source_ids", "conflicts_with", "row", "unit_code", "bound", "estimate")


@dataclass(frozen=True)
class Figure:
    """A rendered figure: what a reader sees, what a terminal shows, and the record that the site collects."""

    html: str
    text: str
    record: dict

    def show(self) -> None:
        """Emit the figure as one output of the running cell."""
        from IPython.display import display

        display(
            {"text/html": self.html, "text/plain": self.text},
            raw=True,
            metadata={KEY: {"figure": self.record}},
        )


def published() -> list[dict]:
    """List the records of the figures shown in the current run, in order."""
    return list(run.current().figures.values())


def publish(chart: Chart | altair.TopLevelMixin, data: pd.DataFrame | None = None, **words) -> None:
    """Show a chart as a figure: `render` says which words it takes and what they mean."""
    _show(render(chart, data, **words))


def table(data: pd.DataFrame, **words) -> None:
    """Show a table as a figure: `render_table` says which words it takes and what they mean."""
    _show(render_table(data, **words))


def render(
    chart: Chart | altair.TopLevelMixin,
    data: pd.DataFrame | None = None,
    *,
    name: str,
    title: str,
    subtitle: str,
    alt: str,
    sources: Iterable[str] | None = None,
    note: str = "",
    columns: Mapping[str, str] | None = None,
    formerly: Sequence[str] = (),
) -> Figure:
    """Render a chart as a figure, once for wide and once for narrow columns.

    chart     one of the forms, or a chart of Altair, which has the same width everywhere
    data      the rows to show beside it, by default all that the form was given; columns that begin with `_` stay out
              of the data table
    name      a slug, unique in the chapter: anchor and reference of the figure
    title     the finding, a sentence without a full stop
    subtitle  what is shown, unit, scope, edition
    alt       what a reader who cannot see the chart needs: its type, its data, its finding
    sources   ids in sources.csv; by default those of the data's `source_id` column
    note      what qualifies the figures, in a sentence or two
    columns   headers for the data table; when given, only these columns are shown, in this order
    formerly  names of figures that this one took the place of: links to them lead to it

    Raises ValueError, naming the figure, for an empty frame or a field that breaks these rules.
    """
    title, subtitle, alt, note = map(facts.typographic, (title, subtitle, alt, note))
    if data is None:
        if not isinstance(chart, Chart):
            raise ValueError(f"figure {name!r}: give the rows behind a chart that is not one of the forms")
        data = chart.data
    ids = _validated(data, name=name, title=title, sources=sources)
    if len(alt.strip()) < ALT_LENGTH or alt.strip() == title.strip():
        raise ValueError(
            f"figure {name!r}: alt must say chart type, data and finding in {ALT_LENGTH} characters or more, "
            "and not repeat the title"
        )
    if not subtitle.strip():
        raise ValueError(f"figure {name!r}: the subtitle must say what is shown, its unit, scope and edition")
    drawn = {"wide": _drawn(chart, theme.WIDE), "narrow": _drawn(chart, theme.NARROW)}
    specs = {variant: spec for variant, (spec, _) in drawn.items()}
    pictures = "".join(_picture(spec, svg, name, variant) for variant, (spec, svg) in drawn.items())
    body = (
        f'<div class="iv-picture" role="img" aria-label="{html.escape(alt)}">{pictures}</div>\n'
        f'<script type="application/json" class="iv-spec">{_script_json(_shared(specs))}</script>'
    )
    data = _marked(_as_known(data))
    records = _records(data)
    details = (
        f'<details class="iv-data"><summary>Data<span class="iv-unseen"> of this figure</span></summary>'
        f'<div class="iv-scroll" tabindex="0" role="region" aria-label="Data table: {html.escape(title)}">'
        f"{_html_table(data, title, columns)}</div></details>"
    )
    record = _record(name, title, subtitle, alt, ids, note, records) | {
        "columns": _fields(data, columns),
        "spec": specs["wide"],
    }
    record |= {"formerly": list(formerly)} if formerly else {}
    record |= {"scenario": True} if _sliders(specs["wide"]) > 1 else {}
    return Figure(_anatomy(record, body, details, quoted=_quoted(data)), f"{title}\n{alt}", record)


def render_table(
    data: pd.DataFrame,
    *,
    name: str,
    title: str,
    subtitle: str = "",
    sources: Iterable[str] | None = None,
    note: str = "",
    columns: Mapping[str, str] | None = None,
    sort: str | None = None,
    descending: bool = True,
    total: Callable[[pd.DataFrame], pd.Series] | None = None,
    places: Mapping[str, int] | None = None,
    filters: Sequence[str] = (),
    links: str | None = None,
) -> Figure:
    """Make a figure of a table: numbers to the right, units in the headers, totals last.

    columns  headers by column, in order, units in parentheses; without it all columns with derived headers
    sort     column to sort by; rows stay as they are without it
    total    a function of the frame that marks (True) the rows to set off at the end
    places   decimals by column
    filters  columns of few values, by which a reader may choose rows
    links    column with the address that the first cell of a row leads to; it is not shown itself

    The other words are those of `render`; so is what it raises.
    """
    title, subtitle, note = map(facts.typographic, (title, subtitle, note))
    ids = _validated(data, name=name, title=title, sources=sources)
    marked = total(data) if total else pd.Series(False, index=data.index)
    rows, totals = data[~marked], data[marked]
    if sort:
        rows = rows.sort_values(sort, ascending=not descending, na_position="last", kind="stable")
    ordered = _marked(_as_known(pd.concat([rows, totals])))
    markup = _html_table(
        ordered, title, columns, totals=len(totals), places=places, limit=None, filters=filters, links=links, name=name
    )
    sortable = (" iv-sortable" if len(rows) > 10 else "") + (" iv-linked" if links else "")
    body = (
        f'<div class="iv-scroll{sortable}" tabindex="0" role="region" aria-label="{html.escape(title)}">{markup}</div>'
        + (fold(f"All {len(ordered)} rows") if len(ordered) > LONG_TABLE else "")
    )
    record = _record(name, title, subtitle, "", ids, note, _records(ordered)) | {
        "columns": _fields(ordered, columns),
        "spec": None,
    }
    markup = _anatomy(record, body, "", "iv-figure iv-table", _quoted(ordered))
    return Figure(markup, _plain(ordered, title), record)


def specification(chart: Chart | altair.TopLevelMixin, width: int) -> dict:
    """Return the complete Vega-Lite specification of a chart at most `width` pixels wide, labels included."""
    return _drawn(chart, width)[0]


def vector(spec: dict, prefix: str) -> str:
    """Draw a chart as an SVG element fit for a page, whatever its size; ids in it begin with `prefix`."""
    return _inline_svg(_svg(spec), prefix)


def bundle_javascript() -> str:
    """Bundle Vega, Vega-Lite and Vega-Embed as one script that defines `window.ivVega` and nothing else.

    `ivVega.embed(element, spec, options)`; `ivVega.tokens` maps a light hex to its custom property and
    `ivVega.hatched` a soft hex to the properties of ground and strokes. Expressions are interpreted, not
    compiled, so that a page may forbid `eval`.
    """
    tokens = {pair[0]: f"--iv-{name}" for name, pair in theme.tokens().items()}
    hatched = {soft: [f"--iv-{name}" for name in pair] for soft, pair in theme.hatched().items()}
    snippet = f"window.ivVega = {{embed: vegaEmbed, tokens: {json.dumps(tokens)}, hatched: {json.dumps(hatched)}}};"
    return f"(function () {{\n{vl_convert.javascript_bundle(snippet, vl_version=VEGALITE)}\n}})();\n"


def stylesheet() -> str:
    """Write the style sheet of figures: font and colours of the theme, then figures and their toolbars."""
    from importlib.resources import files

    assets = files("lib.figures").joinpath("assets")
    return (
        theme.css_fonts()
        + theme.css_variables()
        + "".join(assets.joinpath(name).read_text("utf-8") for name in ("figures.css", "tools.css"))
    )


# --- checks and records ---


def _validated(data: pd.DataFrame, *, name: str, title: str, sources: Iterable[str] | None) -> list[str]:
    if not SLUG.fullmatch(name):
        raise ValueError(f"figure {name!r}: the name must be a slug such as mine-shares")
    if data.empty:
        raise ValueError(f"figure {name!r}: there are no rows to show")
    if not title.strip() or title.rstrip().endswith("."):
        raise ValueError(f"figure {name!r}: the title must be a sentence without a full stop")
    if sources is None:
        sources = data["source_id"].dropna().unique() if "source_id" in data else ()
    elif isinstance(sources, str):
        raise ValueError(f"figure {name!r}: sources must be a list of ids, not one text")
    ids = sorted({str(source) for source in sources if str(source)})
    if not ids:
        raise ValueError(f"figure {name!r}: name its sources, or keep the column source_id in the data")
    unknown = [source for source in ids if source not in catalog.sources().index]
    if unknown:
        raise ValueError(f"figure {name!r}: unknown sources: {', '.join(unknown)}")
    return _best_first(ids, data)


def _best_first(ids: list[str], data: pd.DataFrame) -> list[str]:
    """Sort sources by the confidence that the book has in them, then by how many rows of the data come from each."""
    confidence = catalog.sources()["confidence"]
    rows = data["source_id"].value_counts() if "source_id" in data else {}
    return sorted(ids, key=lambda source: (CONFIDENCES.index(confidence[source]), -rows.get(source, 0), source))


def _show(figure: Figure) -> None:
    name, title = figure.record["name"], figure.record["title"]
    figures = run.current().figures
    if name in figures and figures[name]["title"] != title:
        raise ValueError(f"figure {name!r}: the name is taken by {figures[name]['title']!r}")
    figures[name] = figure.record
    figure.show()


def _record(name, title, subtitle, alt, sources, note, records) -> dict:
    return {
        "name": name,
        "title": title,
        "subtitle": subtitle,
        "alt": alt,
        "sources": sources,
        "tables": sorted(run.current().read_by_part),
        "note": note,
        "data": records,
    }


def _as_known(data: pd.DataFrame) -> pd.DataFrame:
    """Shorten dates that are known only to the month or year to that, where a column beside them says so."""
    frame = data.copy(deep=False)
    for column in data.columns:
        if f"{column}{dates.SUFFIX}" in data and pd.api.types.is_datetime64_any_dtype(data[column]):
            pairs = zip(data[column], data[f"{column}{dates.SUFFIX}"], strict=True)
            cut = [day if pd.isna(day) or precision == "day" else dates.iso(day, precision) for day, precision in pairs]
            frame[column] = pd.Series(cut, index=data.index, dtype=object)
    frame.attrs = dict(data.attrs)
    return frame


def _marked(data: pd.DataFrame) -> pd.DataFrame:
    """Add what programs ask of the rows' marks: `bound` (`<` at most, `>` more than) and `estimate`."""
    if "qualifier" not in data:
        return data
    marks = [Quantity.from_row(None, str(cell)) for cell in data["qualifier"].fillna("")]
    columns = {"bound": [mark.bound for mark in marks], "estimate": [mark.estimated for mark in marks]}
    made = data.assign(**{name: values for name, values in columns.items() if name not in data})
    made.attrs = dict(data.attrs)
    return made


def _records(data: pd.DataFrame) -> list[dict]:
    kept = [column for column in data.columns if not str(column).startswith("_")]
    return [
        {str(column): _plain_value(value) for column, value in zip(kept, row, strict=True)}
        for row in data[kept].itertuples(index=False, name=None)
    ]


def _fields(data: pd.DataFrame, columns: Mapping[str, str] | None) -> list[dict]:
    """List names and headers of the recorded columns in their order, which a notebook file does not keep."""
    fields = _dictionary_fields(data)
    kept = [column for column in data.columns if not str(column).startswith("_")]
    headers = {column: _header(str(column), fields.get(column, {})) for column in kept} | dict(columns or {})
    return [{"name": str(column), "title": headers[column]} for column in kept]


def _plain_value(value: object) -> object:
    """Convert a cell to what JSON knows: missing is None, a day is ISO text, a whole float stays a float."""
    if isinstance(value, (list, tuple, dict)):
        return json.loads(json.dumps(value, default=str))
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, (str, bool, int, float)) else str(value)


# --- specifications and pictures ---

_COUNTER = re.compile(r'"(view|param)_(\d+)(_?[a-z]*)"')


def _drawn(chart: Chart | altair.TopLevelMixin, width: int) -> tuple[dict, str]:
    """Return the specification of a chart at most `width` pixels wide, labels included, and its SVG."""
    if not isinstance(chart, Chart):
        spec = _to_dict(chart)
        return spec, _svg(spec)
    asked = width
    for _ in range(4):
        with debug_mode(False):  # Vega-Lite refuses what is wrong; checking each mark again doubles the time
            spec = _to_dict(chart.at(asked))
        svg = _svg(spec)
        excess = math.ceil(_svg_width(svg) - width)
        if excess <= 0:
            break
        asked -= excess
    return spec, svg


def _to_dict(chart: altair.TopLevelMixin) -> dict:
    with altair.theme.enable(theme.NAME), altair.data_transformers.enable(theme.NAME):
        spec = chart.to_dict(validate=False)
    return _renumbered(_pruned(spec))


def _inline(data: pd.DataFrame | dict) -> dict:
    """Write the rows of a frame as Altair does, but column by column, which for many small frames is quicker."""
    if not isinstance(data, pd.DataFrame):
        return to_values(data)
    columns = [_column_values(data[name]) for name in data]
    return {"values": [dict(zip(data, row, strict=True)) for row in zip(*columns, strict=True)]}


altair.data_transformers.register(theme.NAME, _inline)


def _column_values(column: pd.Series) -> list:
    """Convert the values of a column to what JSON knows."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(moment) else moment.isoformat() for moment in column]
    if column.dtype == object:  # a column of its own kinds of values
        return [row[column.name] for row in to_values(column.to_frame())["values"]]
    values = column.tolist()
    if column.dtype.kind == "f":
        return [value if value is not pd.NA and math.isfinite(value) else None for value in values]
    return [None if missing else value for value, missing in zip(values, column.isna(), strict=True)]


def _pruned(spec: dict) -> dict:
    """Drop from the data sets every column that no part of the specification mentions."""
    datasets = spec.get("datasets", {})
    rest = json.dumps({key: value for key, value in spec.items() if key not in ("datasets", "config")}, default=str)
    words = set(re.findall(r"\w+", rest))
    slim = {
        name: [{key: value for key, value in row.items() if key in words} for row in rows]
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        else rows
        for name, rows in datasets.items()
    }
    return spec | ({"datasets": slim} if slim else {})


def _renumbered(spec: dict) -> dict:
    """Count views and parameters from 1 in each chart; Altair counts them through the life of a process."""
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True, default=str)
    seen: dict[tuple[str, str], int] = {}

    def renumber(match: re.Match) -> str:
        kind, number, rest = match.groups()
        count = seen.setdefault((kind, number), len(seen) + 1)
        return f'"{kind}_{count}{rest}"'

    return json.loads(_COUNTER.sub(renumber, text))


def _shared(specs: Mapping[str, dict]) -> dict:
    """Store the data sets and the configuration of both specifications once."""
    datasets: dict = {}
    slim = {}
    for variant, spec in specs.items():
        datasets |= spec.get("datasets", {})
        slim[variant] = {key: value for key, value in spec.items() if key not in ("datasets", "config")}
    return {"config": specs["wide"].get("config", {}), "datasets": datasets} | slim


def _sliders(spec: dict) -> int:
    """Count the sliders of a chart; with several of them its state is a scenario, which has an address of its own."""
    return json.dumps({key: value for key, value in spec.items() if key != "datasets"}).count('"input": "range"')


def _script_json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _svg(spec: dict) -> str:
    return drawing.svg(spec, VEGALITE)


def _svg_width(svg: str) -> float:
    return float(drawing.size(svg)[0])


def _picture(spec: dict, svg: str, name: str, variant: str) -> str:
    svg = _inline_svg(svg, f"iv-{name}-{variant}")
    tall = math.ceil(float(drawing.size(svg)[1]))
    hidden = " hidden" if variant == "narrow" else ""
    if len(svg.encode()) > SVG_LIMIT:
        svg = _raster(spec)
    # the height before it is laid out, which browsers put off until it comes near the view
    return f'<div class="iv-{variant}"{hidden} style="contain-intrinsic-height:auto {tall}px">{svg}</div>'


_TAG = re.compile(r"<[^>]+>")
_ACCESSIBILITY = re.compile(r' (?:role|class|aria-[a-z]+)="[^"]*"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_ID = re.compile(r'(\bid="|url\(#)([^")]+)')
_OUTLINE = re.compile(r' d="((?:[ML]-?[\d.]+,-?[\d.]+|Z){8,})"')
LEAST_STEP = 5  # tenths of a pixel; nobody sees a shorter one in a coastline
_POINT = re.compile(r"([MLZ])(?:(-?[\d.]+),(-?[\d.]+))?")
_UNSEEN = re.compile(r'<path(?=[^>]* opacity="0")[^>]*?(?:/>|></path>)')  # catch the pointer; a picture has none


def _relative(path: re.Match) -> str:
    """Write the outline of a country as steps in tenths, those under half a pixel left out: half the room."""
    written, here = [], (0, 0)
    for command, *point in _POINT.findall(path[1]):
        if command == "Z":
            written.append("z")
            continue
        x, y = (round(float(number) * 10) for number in point)
        step = (x - here[0], y - here[1])
        if command == "L" and abs(step[0]) + abs(step[1]) < LEAST_STEP:
            continue
        here = (x, y)
        name, to = ("M", here) if command == "M" else ("l", step)
        written.append(f"{name}{to[0] / 10:g},{to[1] / 10:g}")
    return f' d="{"".join(written)}"'


def _rounded(number: str, places: int) -> str:
    short = f"{float(number):.{places}f}".rstrip("0").rstrip(".")
    return "0" if short in ("-0", "") else short


def _with_own_ids(svg: str, prefix: str) -> str:
    """Let ids begin with `prefix` and count from 1: Vega counts its clips through the life of a process."""
    renamed: dict[str, str] = {}

    def rename(match: re.Match) -> str:
        start, name = match.groups()
        return start + renamed.setdefault(name, f"{prefix}-{name.rstrip('0123456789')}{len(renamed) + 1}")

    return _ID.sub(rename, svg)


def _inline_svg(svg: str, prefix: str) -> str:
    """Make Vega's SVG fit for a page: own ids, colours as custom properties, no roles inside an image."""

    def clean(match: re.Match) -> str:
        tag = _ACCESSIBILITY.sub("", match.group())
        places = 1 if len(tag) > 400 else 2  # long paths are coastlines
        return _LONG_NUMBER.sub(lambda number: _rounded(number.group(), places), tag)

    svg = _OUTLINE.sub(_relative, _UNSEEN.sub("", _TAG.sub(clean, svg)))
    svg = theme.with_variables(_with_own_ids(svg, prefix), prefix)
    used = sorted(set(re.findall(rf"url\(#{re.escape(prefix)}-([a-z]+-soft)\)", svg)))
    width, height = drawing.size(svg)
    head = f'<svg width="{width}" viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">'
    patterns = "".join(_pattern(f"{prefix}-{name}", name) for name in used)
    return head + (f"<defs>{patterns}</defs>" if patterns else "") + svg[svg.index(">") + 1 :]


def _pattern(identifier: str, soft: str) -> str:
    ground, stroke = (f"var(--iv-{name}, {theme.token(name)})" for name in (soft, soft.removesuffix("-soft")))
    return (
        f'<pattern id="{identifier}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{ground}"/>'
        f'<rect width="2" height="6" fill="{stroke}"/></pattern>'
    )


def _raster(spec: dict) -> str:
    """Draw a picture for each theme, at twice the resolution, inside the page: a page opened from disk has it too."""
    images = ""
    for scheme in ("light", "dark"):
        text = json.dumps(spec, ensure_ascii=False)
        chosen = json.loads(theme.in_dark(text) if scheme == "dark" else text)
        png = drawing.png(chosen, VEGALITE, 2)
        width = int.from_bytes(png[16:20], "big") // 2
        encoded = base64.b64encode(png).decode()
        images += f'<img class="iv-{scheme}" width="{width}" alt="" src="data:image/png;base64,{encoded}">'
    return images


# --- the parts of a figure in HTML ---


def _anatomy(
    record: dict, body: str, details: str, classes: str = "iv-figure", quoted: Mapping[str, str] | None = None
) -> str:
    name, title = html.escape(record["name"]), html.escape(record["title"])
    subtitle = f'<p class="iv-subtitle">{html.escape(record["subtitle"])}</p>\n' if record["subtitle"] else ""
    note = f'<p class="iv-note">{html.escape(record["note"])}</p>\n' if record["note"] else ""
    former = html.escape(" ".join(record.get("formerly", ())))
    former = f' data-formerly="{former}"' if former else ""
    former += " data-scenario" if record.get("scenario") else ""
    return (
        f'<div class="{classes}" id="fig-{name}" data-name="{name}" data-title="{title}"{former}>\n'
        f'<p class="iv-title">{title}</p>\n{subtitle}{body}\n{_source_line(record["sources"], quoted or {})}\n'
        f"{note}{details}\n</div>"
    )


def _quoted(data: pd.DataFrame) -> dict[str, str]:
    """Return whose estimate a source passes on, by source id, where not its publisher's own (column `estimator`)."""
    if not {"estimator", "source_id"} <= set(data):
        return {}
    publishers = catalog.sources()["publisher"]
    pairs = data[["source_id", "estimator"]].dropna().drop_duplicates().sort_values(["source_id", "estimator"])
    makers: dict[str, str] = {}
    for source, maker in pairs.itertuples(index=False):
        own = MAKERS.get(maker, maker).casefold() in str(publishers.get(source, "")).casefold()
        if not own and maker not in ("not stated", "own calculation"):
            makers[source] = f"{makers[source]} and {maker}" if source in makers else maker
    return makers


def _source_line(ids: list[str], quoted: Mapping[str, str]) -> str:
    """Write `Sources: Publisher (2024, 2025); Maker, as quoted by Other (2026)`, each year a link to its source.

    Who publishes figures of its own comes first, in the order of `ids`; who passes on those of others comes last.
    """
    listed = catalog.sources()
    by_name: dict[tuple[bool, str], list[tuple[str, str]]] = {}
    for source in ids:
        row = listed.loc[source]
        published = pd.to_datetime(row["published"])
        year = "n.d." if pd.isna(published) else str(published.year)
        maker = quoted.get(source)
        name = f"{maker}, as quoted by {row['publisher']}" if maker else str(row["publisher"])
        by_name.setdefault((bool(maker), name), []).append((year, source))
    parts = []
    for (_, name), entries in sorted(by_name.items(), key=lambda item: item[0][0]):
        links = ", ".join(f'<a href="source:{html.escape(source)}">{year}</a>' for year, source in sorted(entries))
        parts.append(f"{html.escape(name)} ({links})")
    if len(parts) <= MANY_PUBLISHERS:
        return f'<p class="iv-sources">{"Source" if len(ids) == 1 else "Sources"}: {"; ".join(parts)}</p>'
    head = "; ".join(parts[: MANY_PUBLISHERS - 1])
    rest = "; ".join(parts[MANY_PUBLISHERS - 1 :])
    return f'<p class="iv-sources">Sources: {head}<span class="iv-rest">; {rest}</span></p>' + fold(
        f"All {len(ids)} sources"
    )


def fold(label: str) -> str:
    """Write a disclosure to stand after a long list or table, whose end it hides while closed (see figures.css).

    What is hidden stays in the page: it prints, and shows where the browser does not know `:has()`.
    """
    return f'<details class="iv-fold"><summary>{html.escape(label)}</summary></details>'


def _shown(data: pd.DataFrame, columns: Mapping[str, str] | None) -> dict[str, str]:
    if columns is not None:
        missing = [column for column in columns if column not in data]
        if missing:
            raise ValueError(f"the data has no column {', '.join(missing)}")
        return dict(columns) | ({"qualifier": HEADERS["qualifier"]} if _says_more(data, columns) else {})
    fields = _dictionary_fields(data)
    visible = [column for column in data.columns if not str(column).startswith("_") and column not in HIDDEN]
    visible = [column for column in visible if not data[column].isna().all() and not (data[column] == "").all()]
    return {column: _header(str(column), fields.get(column, {})) for column in visible}


def _says_more(data: pd.DataFrame, columns: Mapping[str, str]) -> bool:
    """Return whether rows have a bound or an estimate of which none of these columns tells."""
    if "qualifier" not in data or {"qualifier", "bound", "marks"} & set(columns):
        return False
    return bool(data["bound"].ne("").any() or data["estimate"].any())


def _dictionary_fields(data: pd.DataFrame) -> dict[str, dict]:
    """Return what the dictionary says of the columns, for rows that come from one table."""
    table = data.attrs.get("table")
    return {field["name"]: field for field in catalog.resource(table)["schema"]["fields"]} if table else {}


def _header(column: str, field: Mapping) -> str:
    if column in HEADERS:
        return HEADERS[column]
    if field.get("title"):
        unit = field.get("unit", "")
        return f"{field['title']} ({unit})" if unit and unit not in field["title"] else field["title"]
    for ending, unit in UNIT_ENDINGS.items():
        if column.endswith(f"_{ending}"):
            return f"{_sentence(column.removesuffix(f'_{ending}'))} ({unit})"
    return _sentence(column)


def _sentence(column: str) -> str:
    words = column.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _html_table(
    data: pd.DataFrame,
    caption: str,
    columns: Mapping[str, str] | None,
    totals: int = 0,
    places: Mapping[str, int] | None = None,
    limit: int | None = TABLE_ROWS,
    filters: Sequence[str] = (),
    links: str | None = None,
    name: str = "",
) -> str:
    headers = {column: label for column, label in _shown(data, columns).items() if column != links}
    numeric = {
        column: pd.api.types.is_numeric_dtype(data[column])
        and not pd.api.types.is_bool_dtype(data[column])
        and not UNSEPARATED.search(str(column))
        for column in headers
    }
    head = "".join(
        f'<th scope="col"{_numeric_class(numeric[column])}{" data-filter" * (column in filters)}>'
        f"{html.escape(label)}</th>"
        for column, label in headers.items()
    )
    visible = data if limit is None else data.head(limit)
    decimals = {column: (places or {}).get(column) for column in headers}
    body = []
    addresses = list(visible[links]) if links else [None] * len(visible)
    stacked = bool(name) and len(headers) >= STACKED_COLUMNS
    for position, row in enumerate(visible[list(headers)].itertuples(index=False, name=None)):
        cells = "".join(
            _cell(
                column,
                value,
                numeric[column],
                decimals[column],
                first=not index,
                address=addresses[position],
                label=headers[column] if stacked else "",
            )
            for index, (column, value) in enumerate(zip(headers, row, strict=True))
        )
        last = ' class="iv-total"' if totals and position >= len(data) - totals else ""
        place = f' id="row-{html.escape(name)}-{position + 1}"' if name else ""
        body.append(f"<tr{place}{last}{_role('row', stacked)}>{cells}</tr>")
    more = len(data) - len(visible)
    rest = f'<p class="iv-more">{more:,} more rows are in this figure’s data file.</p>' if more else ""
    kind = ' class="iv-stack" role="table"' * stacked
    return (
        f"<table{kind}><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{rest}"
    )


def _role(name: str, stacked: bool) -> str:
    """Say what an element of a table is where phones show it as a block, which browsers take for no table."""
    return f' role="{name}"' * stacked


def _numeric_class(numeric: bool) -> str:
    return ' class="iv-number"' if numeric else ""


def _cell(
    column: str, value: object, numeric: bool, places: int | None, first: bool, address: str | None, label: str
) -> str:
    element = 'th scope="row"' if first else "td"
    text = _cell_text(column, value, numeric, places)
    if first and address:
        text = f'<a href="{html.escape(address, quote=True)}">{text}</a>'
    long = column == "source_id" or (isinstance(value, str) and len(value) > LONG_TEXT)
    kind = ' class="iv-long"' if long else _numeric_class(numeric)
    named = f'{_role("rowheader" if first else "cell", True)} data-label="{html.escape(label)}"' if label else ""
    return f"<{element}{kind}{named}>{text}</{element.split()[0]}>"


def _cell_text(column: str, value: object, numeric: bool, places: int | None) -> str:
    if not isinstance(value, (list, tuple, dict)) and pd.isna(value):
        return ""
    if column == "source_id":
        return f'<a href="source:{html.escape(str(value))}">{html.escape(_source_name(str(value)))}</a>'
    if column == "qualifier":
        return html.escape(_in_words(str(value)))
    if column in PLACES:
        return html.escape(catalog.country_name(str(value)))
    if isinstance(value, pd.Timestamp):
        return f"<time>{value.date().isoformat()}</time>"
    if numeric:
        return _number(cast("float", value), places)
    return html.escape(str(value))


def _in_words(qualifier: str) -> str:
    """Write the marks of a row as a reader knows them: `at most, estimated`."""
    words = facts.MARK_WORDS | {mark: text.strip() for mark, text in facts.QUALIFIERS.items()}
    return ", ".join(words.get(mark, mark) for mark in qualifier.split(";") if mark)


def _source_name(source: str) -> str:
    """Name a source as `U.S. Geological Survey, 2025`: publisher without its department, and year."""
    listed = catalog.sources()
    if source not in listed.index:
        return source
    row = listed.loc[source]
    publisher = without_department(str(row["publisher"]))
    published = pd.to_datetime(row["published"])
    return publisher if pd.isna(published) else f"{publisher}, {published.year}"


def _number(value: float, places: int | None) -> str:
    """Write a number with commas for thousands; as many decimals as asked, else as it has, at most three digits."""
    if places is None:
        if _is_tiny(value):
            return f"{value:.2g}"
        places = _places(value)
    return facts.format_number(value, places)


def rounded(value: float) -> float:
    """Round a finite number as a table of the book shows it, where nobody asks for other decimals."""
    return float(f"{value:.2g}") if _is_tiny(value) else round(value, _places(value) or None)


def _is_tiny(value: float) -> bool:
    return bool(value) and abs(value) < 0.01


def _places(value: float) -> int:
    size = abs(value)
    return 0 if float(value).is_integer() or size >= 1000 else 1 if size >= 100 else 2


def _plain(data: pd.DataFrame, title: str) -> str:
    kept = [column for column in data.columns if not str(column).startswith("_")]
    return f"{title}\n{data[kept].to_string(index=False, max_rows=40)}"
