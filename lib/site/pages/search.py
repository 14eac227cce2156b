"""What can be found in the book beside the text of its pages: figures, rows of tables, facts, claims, tables, sources.

`stage` writes these entries. `lib.site.sphinx.search` adds the sections of pages and the terms of the glossary, and
makes one script of them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from lxml import html

from lib import records as recording
from lib.build.plan import EXPLORE, Page
from lib.site.pages.data import Table

FILE = "search.json"
DATA = re.compile(r'<details class="iv-data">.*?</details>', re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{3}")
LONGEST = 1_500
"""Characters of the words in the data of a chart; only long lists of names have more."""
Entry = dict[str, str]
"""`kind`, `title`, `page` and `anchor`, `within` (where a reader finds it), `text`; `figure` for one with a picture."""


def stage(
    records: recording.Records,
    pages: Iterable[Page],
    tables: Iterable[Table],
    sources: Mapping[str, dict],
    folder: Path,
    page_of: Callable[[Mapping], str] | None = None,
    explored: Mapping[str, Mapping] = MappingProxyType({}),
) -> None:
    """Write the entries of a book to `folder`. Sources are those that the records name, `explored` shards by name.

    `page_of` gives the file of the page of a number, where numbers have pages; else they lead to the list of facts.
    """
    repeated = {page.docname for page in pages if page.below} | {claim["page"] for claim in records.claims}
    entries = [
        *_figures(records),
        *(row for figure in records.figures if figure["page"] not in repeated for row in _rows(figure, records)),
        *_facts(records, page_of),
        *_claims(records),
        *(_table(table) for table in tables),
        *(_source(name, sources[name]) for name in records.sources),
        *(_indicator(name, shard) for name, shard in explored.items()),
    ]
    (folder / FILE).write_text(json.dumps(entries, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _entry(kind: str, title: str, page: str, anchor: str, within: str, text: str = "", **more: str) -> Entry:
    return {"kind": kind, "title": title, "page": page, "anchor": anchor, "within": within, "text": text} | more


def _figures(records: recording.Records) -> Iterator[Entry]:
    for figure in records.figures:
        page, name = figure["page"], figure["name"]
        words = [figure.get("subtitle", ""), figure.get("alt", ""), figure.get("note", ""), _labels(figure)]
        picture = {"picture": recording.files_of(figure)["svg"]} if figure.get("spec") else {}
        place = (page, recording.anchor("fig", name), records.titles.get(page, page))
        yield _entry("figure", figure["title"], *place, " ".join(filter(None, words)), figure=name, **picture)


def _labels(figure: Mapping) -> str:
    """Return the words in the data of a chart, each once: names of countries and the like."""
    data = DATA.search(figure.get("html", ""))
    if data is None:
        return ""
    cells = (" ".join(cell.text_content().split()) for cell in html.fromstring(data[0]).iter("th", "td"))
    return cut(", ".join(dict.fromkeys(cell for cell in cells if LETTERS.search(cell))), LONGEST)


def cut(text: str, length: int) -> str:
    """Return a text, or its beginning with an ellipsis where it is longer."""
    return text if len(text) <= length else f"{text[:length].rstrip()}…"


def _rows(figure: Mapping, records: recording.Records) -> Iterator[Entry]:
    """Yield the rows of a table of the book as a reader sees them: the first cell says what a row is about."""
    if figure.get("spec") or not figure.get("html"):
        return
    page = figure["page"]
    for row in html.fromstring(figure["html"]).iterfind(".//tr[@id]"):
        title, *cells = (" ".join(cell.text_content().split()) for cell in row.iterchildren("th", "td"))
        text = " · ".join(filter(None, cells))
        yield _entry(
            "row", title, page, str(row.get("id")), records.titles.get(page, page), text, figure=figure["name"]
        )


def _facts(records: recording.Records, page_of: Callable[[Mapping], str] | None) -> Iterator[Entry]:
    for fact in records.facts:
        page = page_of(fact).removesuffix(".html") if page_of else "facts"
        anchor = "" if page_of else recording.anchor("fact", fact["id"])
        meaning = ", ".join(dict.fromkeys(filter(None, [fact.get("scope", ""), fact.get("period", "")])))
        title = f"{fact.get('text', '')}: {meaning}"
        more = {"apart": "a page that Sphinx does not make"} if page_of else {}
        yield _entry("fact", title, page, anchor, records.titles.get(fact["page"], ""), **more)


def _claims(records: recording.Records) -> Iterator[Entry]:
    for claim in records.claims:
        text = f"{claim['now']['verdict']}. {claim.get('explanation') or ''}"
        place = (claim["page"], claim["anchor"], f"{records.titles.get(claim['page'], '')}, {claim['id']}")
        yield _entry("claim", claim["claim"], *place, text)


def _table(table: Table) -> Entry:
    columns = ", ".join(f"{field.get('title') or field['name']}" for field in table.fields)
    text = f"{table.entry.get('description', '')} Columns: {columns}"
    return _entry("table", table.title, table.docname, "", table.name, text)


def _indicator(name: str, shard: Mapping) -> Entry:
    """Make the entry of an indicator that can be explored: with its measures, products, series and economies."""
    titles = [shard["titles"][dimension].values() for dimension in ("product", "place")]
    measures = (measure["title"] for measure in shard["measures"].values())
    text = f"{shard['what']} {', '.join([*measures, *(title for part in titles for title in part)])}"
    return _entry("explore", shard["title"], EXPLORE, f"explore-{name}", "Explore", cut(text, LONGEST))


def _source(name: str, source: Mapping[str, str]) -> Entry:
    return _entry(
        "source",
        source.get("title") or name,
        "references",
        recording.anchor("source", name),
        source.get("publisher") or "References",
    )
