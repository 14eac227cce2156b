"""The page Explore: an indicator by economy, year and product as chart, map and table, with an address for each view.

What a reader sees before any choice is in the page itself: a picture, its table and its sources. The controls and all
other views are made by `explore.js` from the shards of `lib.site.exports.explore`.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lib import cite, drawing, facts, words
from lib.build import git
from lib.build.plan import EXPLORE as PAGE
from lib.figures import forms, theme
from lib.figures.parts import PLAIN_SERIES
from lib.figures.publish import VEGALITE, specification, vector
from lib.indicators import explore
from lib.quantity import Quantity
from lib.records import Records
from lib.site.exports import explore as shards
from lib.site.exports import store
from lib.site.exports.citation import FILES

ANCHOR = "explore-{}"
WORDS = facts.MARK_WORDS | {"provisional": "provisional", "low": "of low confidence"}
FEW, MANY = 5, 40
"""Economies that are shown at first where none of those that should be is there; `explore.js` has the same number."""
UNTOLD = ("derived", "reported")
"""Marks that a table need not tell: how a figure came about is said by its indicator."""
STATIC, VIEWS = "_static/", shards.VIEWS
INTRODUCTION = (
    "Choose an indicator, economies, products and years, and see them as a chart, a map and a table. Each view has a "
    "link that opens it again, a CSV file and a citation."
)
Line = tuple[str, list]


def stage(root: Path, data: Path, records: Records, folder: Path, address: str) -> dict[str, dict]:
    """Write the page and its data to `folder`; return the shards by name.

    `data` are the tables as known on the day of the book; `address` is that of the site, if it has one.
    """
    as_of = max((chapter.get("as_of") or "" for chapter in records.chapters), default="")
    shelf = store.of(folder, shards.FOLDER)
    shelf.mkdir(parents=True, exist_ok=True)
    made = shards.stage(data, folder / FILES / shards.FOLDER, as_of, shelf)
    (folder / f"{PAGE}.md").write_text(page(made, _work(root, records, address)), encoding="utf-8")
    return made


def _work(root: Path, records: Records, address: str) -> cite.Work:
    """Describe the page as a work to be cited, before it is known what of it is shown."""
    vintage = max(dt.date.fromisoformat(chapter["vintage"]) for chapter in records.chapters)
    as_of = dt.date.fromisoformat(records.as_of) if records.as_of else vintage
    url = f"{address.rstrip('/')}/{PAGE}.html" if address else ""
    return cite.Work("dataset", PAGE, "Explore", as_of, vintage, git.commit_of(root), url)


def page(made: Mapping[str, dict], work: cite.Work) -> str:
    """Return the page as Markdown."""
    if not made:
        return "# Explore\n\nNo data that can be explored were public on this day.\n"
    first = next(filter(_is_as_meant, made.values()), next(iter(made.values())))
    view, listed = first_view(first), "".join(_entry(shard) for shard in made.values())
    about = json.dumps(_about(made, first, work), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f"""# Explore

{INTRODUCTION}

<div class="iv-explore" data-scripts="{STATIC}" data-bundle="{STATIC}vega-bundle.js" data-shards="{shards.FOLDER}/">
<script type="application/json" class="iv-about">{about}</script>
<noscript><p>Choosing needs scripts. Without them this page shows one view, and all data are files below.</p></noscript>
{view}
</div>

## What can be explored

Every indicator comes from the same tables as the chapters, is computed by the same functions, and is as known on
{cite.written(work.as_of)}. Rival series are never joined. JSON has the lines as they are drawn, unrounded; Parquet has
a row for each point.

<ul class="iv-list iv-indicators">
{listed}
</ul>
"""


def _is_as_meant(shard: Mapping) -> bool:
    """Tell whether an indicator names a few lines to show at first, and all of them are there."""
    first, titles = shard["first"], shard["titles"]
    return "series" in first and all(set(keys) <= set(titles[dimension]) for dimension, keys in first.items())


def _entry(shard: Mapping) -> str:
    """Write one indicator: what it is, its size, and its files."""
    name, points = shard["name"], sum(len(line[-1]) for line in shard["lines"])
    files = " ".join(
        f'<a href="{shards.FOLDER}/{name}.{kind}" download="{name}.{kind}">{label}</a>'
        for kind, label in {"json": "JSON", "parquet": "Parquet"}.items()
    )
    return (
        f'<li id="{ANCHOR.format(name)}"><div><a href="{PAGE}.html?i={name}">{html.escape(shard["title"])}</a>'
        f"<p>{html.escape(shard['what'])} {points:,} figures in {len(shard['lines']):,} lines.</p></div>"
        f'<span class="iv-files">{files}</span></li>'
    )


def _about(made: Mapping[str, dict], first: Mapping, work: cite.Work) -> dict:
    """Return what the script has to know before it loads a shard."""
    options = {dimension: can for dimension, can, _ in _narrowed(first)}
    titles = {dimension: {key: first["titles"][dimension][key] for key in keys} for dimension, keys in options.items()}
    variables = theme.with_variables(json.dumps(theme.config(), ensure_ascii=False))
    return {
        "indicators": {name: shard["title"] for name, shard in made.items()},
        "shard": {key: value for key, value in first.items() if key not in ("lines", "sources")} | {"titles": titles},
        "options": options,
        "years": sorted({int(point[0][:4]) for _, line in chosen(first) for point in line[-1]}),
        "schema": f"https://vega.github.io/schema/vega-lite/v{VEGALITE.split('.')[0]}.json",
        "config": json.loads(variables),
        "colours": {code: theme.actor(code).lower() for code in [*theme.ACTORS, *theme.SAME_ACTOR]},
        "plain": PLAIN_SERIES,
        "words": WORDS,
        "untold": UNTOLD,
        "bounds": facts.QUALIFIERS,
        "citation": cite.formatted(work, "apa"),
        "bibtex": cite.bibtex(work).strip(),
        "title": work.title,
        "asOf": cite.written(work.as_of),
        "url": work.url,
    }


def _narrowed(shard: Mapping) -> Iterator[tuple[str, list[str], list]]:
    """Give each dimension, what can be chosen of it, and the lines left with what is chosen of it at first.

    Of what is shown at first only what was public on the day of the book is chosen; where nothing was, all of a
    dimension, or the first FEW economies.
    """
    lines = [line for line in shard["lines"] if line[0] == next(iter(shard["measures"]))]
    for place, dimension in enumerate(explore.LINE[1:], start=1):
        there = {line[place] for line in lines}
        can = [key for key in shard["titles"][dimension] if key in there]
        keys = [key for key in shard["first"].get(dimension, ()) if key in there]
        keys = keys or (can[:FEW] if dimension == "place" else [])
        lines = [line for line in lines if line[place] in keys] if keys else lines
        yield dimension, can, lines


# --- the first view ---


def chosen(shard: Mapping) -> list[Line]:
    """List the lines that are shown at first, by economy, with what tells them apart."""
    *_, (_, _, lines) = _narrowed(shard)
    order = [*shard["first"].get("place", ()), *shard["titles"]["place"]]
    lines = sorted(lines, key=lambda line: order.index(line[2]) if line[2] in order else 0)
    return [(_name(shard, line, lines), line) for line in lines]


def _name(shard: Mapping, line: Sequence, lines: Iterable[Sequence]) -> str:
    """Name a line by what differs among the lines."""
    parts = []
    for place, dimension in enumerate(explore.LINE):
        if dimension != "measure" and len({other[place] for other in lines}) > 1:
            parts.append(shard["titles"][dimension][line[place]])
    return ", ".join(parts) or shard["titles"]["place"].get(line[2], shard["title"])


def first_view(shard: Mapping) -> str:
    """Write the view before any choice: its title, picture, table and sources."""
    lines, measure = chosen(shard), next(iter(shard["measures"].values()))
    years = sorted({point[0] for _, line in lines for point in line[-1]})
    what = words.joined(dict.fromkeys(shard["titles"]["product"][line[1]] for _, line in lines))
    series = words.joined(dict.fromkeys(shard["titles"]["series"][line[4]] for _, line in lines))
    title = f"{shard['title']}, {'–'.join(dict.fromkeys([years[0], years[-1]]))}"
    subtitle = f"{what}. {measure['title']}, {measure['unit']}. {series}"
    alt = f"Lines of {measure['title'].lower()} by year, {years[0]} to {years[-1]}; the table below has all values."
    used = sorted({point[2] for _, line in lines for point in line[-1]})
    table = f'<div class="iv-scroll" tabindex="0" role="region" aria-label="Table: {html.escape(title)}">'
    return f"""<section class="iv-view" aria-labelledby="iv-view-title">
<h2 id="iv-view-title">{html.escape(title)}</h2>
<p class="iv-subtitle">{html.escape(subtitle)}</p>
<div class="iv-picture" role="img" aria-label="{html.escape(alt)}">{_pictures(lines, measure)}</div>
<p class="iv-note iv-marks">{_bounded(lines, years)}</p>
{table}{_table(lines, measure, years)}</div>
<p class="iv-sources">{_sources(shard, used)}</p>
</section>"""


def _pictures(lines: Sequence[Line], measure: Mapping) -> str:
    """Draw the lines for wide and for narrow columns, with gaps where there is no value or one of low confidence."""
    rows = [
        {"line": name, "year": int(point[0][:4]), "value": _firm(point), "qualifier": _marks(point)}
        for name, line in lines
        for point in line[-1]
    ]
    frame = pd.DataFrame(rows)
    frame["value"] = frame["value"].astype(float)
    colours = {name: line[2] or "accent" for name, line in lines}
    options = {"unit": measure["unit"], "places": measure["places"], "arrows": False, "points": len(frame) < MANY}
    options |= {"maximum": 100} if measure["unit"] == "%" else {}
    chart = forms.lines(frame, "year", "value", "line", colours=colours, **options)
    pictures = ""
    for variant, width in {"wide": theme.WIDE, "narrow": theme.NARROW}.items():
        svg = vector(specification(chart, width), f"iv-explore-{variant}")
        tall = f' style="contain-intrinsic-height:auto {math.ceil(float(drawing.size(svg)[1]))}px"'
        pictures += f'<div class="iv-{variant}"{" hidden" * (variant == "narrow")}{tall}>{svg}</div>'
    return pictures


def _firm(point: Sequence) -> float | None:
    """Return the value of a point, unless it is of low confidence."""
    return None if dict(zip(shards.POINT, point, strict=False)).get("weak") else point[1]


def _bounded(lines: Sequence[Line], years: Sequence[str]) -> str:
    """Say of which years the values are bounds, which the picture does not show."""
    points = [point for _, line in lines for point in line[-1]]
    marked = {point[0] for point in points if {"<", ">"} & set(_marks(point).split(";"))}
    exact = [year for year in years if year not in marked]
    if not marked:
        return ""
    told = f"all years but {words.joined(exact)}" if exact else "all years"
    return f"Values of {told} are bounds, such as “at most”: the table says which."


def _marks(point: Sequence) -> str:
    return point[3] if len(point) > 3 else ""


def told(point: Sequence, measure: Mapping) -> str:
    """Write a point as the table has it: `at most 91.2`, a range or that there is no figure, and what its marks say."""
    given = dict(zip(shards.POINT, point, strict=False))
    marks = [*filter(None, _marks(point).split(";")), *(["low"] if given.get("weak") else [])]
    rest = [WORDS.get(mark, mark) for mark in marks if mark not in ("<", ">", *UNTOLD)]
    ends = [end for end in (given.get("low"), given.get("high")) if end is not None]
    if given["value"] is not None:
        bound = facts.QUALIFIERS[Quantity.from_row(given["value"], _marks(point)).bound]
        text = f"{bound}{_number(given['value'], measure)}"
    elif len(ends) == 2:
        text = " to ".join(_number(end, measure) for end in ends)
    else:
        text = rest.pop(0) if rest else "no figure"
    return f"{text} ({', '.join(rest)})" if rest else text


def _number(value: float, measure: Mapping) -> str:
    """Write a number with the decimals of its measure, or with those that its size asks for and it has."""
    if measure["places"] is not None:
        return facts.format_number(value, measure["places"])
    size = abs(value)
    number = facts.format_number(value, 0 if size >= 1000 else 1 if size >= 100 else 2)
    return number.rstrip("0").rstrip(".") if "." in number else number


def _table(lines: Sequence[Line], measure: Mapping, years: Sequence[str]) -> str:
    heads = "".join(f'<th scope="col" class="iv-number">{html.escape(name)}</th>' for name, _ in lines)
    by_year = [{point[0]: point for point in line[-1]} for _, line in lines]
    body = ""
    for year in reversed(years):
        cells = "".join(
            f'<td class="iv-number">{html.escape(told(points[year], measure)) if year in points else ""}</td>'
            for points in by_year
        )
        body += f'<tr><th scope="row">{year}</th>{cells}</tr>'
    caption = f"{measure['title']}, {measure['unit']}"
    return (
        f"<table><caption>{html.escape(caption)}</caption>"
        f'<thead><tr><th scope="col">Year</th>{heads}</tr></thead><tbody>{body}</tbody></table>'
    )


def _sources(shard: Mapping, used: Iterable[int]) -> str:
    """Write `Sources: Publisher (2024, 2025)`, each year a link to its source."""
    publishers: dict[str, list[str]] = {}
    for source, publisher, year in (shard["sources"][place] for place in used):
        publishers.setdefault(publisher, []).append(f'<a href="source:{source}">{year or "n.d."}</a>')
    told = "; ".join(f"{html.escape(name)} ({', '.join(links)})" for name, links in publishers.items())
    return f"{'Source' if len(list(used)) == 1 else 'Sources'}: {told}"
