"""What a computed number opens when it is pointed at: its derivation, in a script of the page that shows the number.

`told` puts what the pop-ups say of every fact into words; the second half is a part of the Sphinx extension, which
writes the derivations of the facts that a page links to as a script, so that they open from disk too, and the page
loads it when its reader moves. Without scripts a number stays a link to its entry on the page of facts.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.application import Sphinx

from lib import cite
from lib import records as recording
from lib.compare import cell_labels
from lib.site.sphinx import environment, later
from lib.tables import asof

FILE = "derivations.json"
SCRIPT = "derivations.js"
NAME, VARIABLE = "derivations", "ivDerivations"
PAGE = "facts"
SHOWN = 6
"""Longer lists of rows end in "and N more rows"."""
CELLS = 8
"""Rows of a fact whose values are shown; for the others there is a link to their table."""
RUNS = 4
"""Lines of one source that lie in more runs than this are counted, not listed."""
UNITS = {"%": "%", "count": ""}
LINK = re.compile(r"<a\b[^>]*\biv-fact\b[^>]*>")
HREF = re.compile(r"""\bhref=["']([^"']*)["']""")


# ------------------------------------------------------------------------------------------- what is said


def told(records: recording.Records, sources: Mapping[str, dict], dictionary: Mapping) -> dict:
    """Put the derivations of all facts into words: `facts` by the anchor of their entry on the page of facts.

    `book` is what a quotation says of the book.
    """
    tables = {table["name"]: table for table in dictionary["resources"]}
    facts = {recording.anchor("fact", fact["id"]): derivation(fact, sources, tables) for fact in records.facts}
    day = f", as known on {cite.written(dt.date.fromisoformat(records.as_of))}" if records.as_of else ""
    book = f"{cite.short_title()}, version {cite.version()}{day}"
    return {"book": book, "facts": facts}


def derivation(fact: Mapping, sources: Mapping[str, dict], tables: Mapping[str, dict] | None = None) -> dict:
    """Put one fact into words; `rows` are at most SHOWN groups of rows that share table, source, edition and day.

    With `tables`, the dictionary by table, a group tells the cells of its first rows, at most CELLS in a fact.
    """
    unit = UNITS.get(fact.get("unit", ""), f" {fact.get('unit', '')}")
    value = f"{recording.exact(fact.get('value'))}{unit}".strip()
    qualifier = recording.qualifier_words(fact)
    groups = _groups(fact.get("inputs", []), sources)
    return {
        "id": fact.get("id", ""),
        "text": fact.get("text", value),
        "value": value if qualifier == "none" else f"{value}, {qualifier}",
        **{name: fact[name] for name in ("scope", "period", "formula") if fact.get(name)},
        "quote": recording.how_to_quote(fact, sources),
        "rows": _rows(groups[:SHOWN], sources, {} if fact.get("unit") == "count" else tables or {}),
        "more": sum(len(lines) for _, lines in groups[SHOWN:]),
    }


Group = tuple[tuple[str, ...], dict[int, Mapping]]
"""Table, source, edition, day and confidence that inputs share; the inputs by the lines that they name."""


def _rows(groups: Iterable[Group], sources: Mapping[str, dict], tables: Mapping[str, dict]) -> list[dict]:
    rows, left = [], CELLS
    groups = list(groups)
    for key, inputs in groups:
        same = [entry for other, entries in groups if other[0] == key[0] for entry in entries.values()]
        values = _cells(inputs, same, tables[key[0]], left) if key[0] in tables else {}
        rows.append(_told(key, list(inputs), sources) | values)
        left -= len(values.get("cells", ()))
    return rows


def _cells(inputs: Mapping[int, Mapping], same: Iterable[Mapping], table: Mapping, most: int) -> dict:
    """Return `cells`, what the first rows say; `columns`, where it stands; `rest`, how many rows are not told.

    `same` are all inputs of the fact from this table, among which a row has to be told apart.
    """
    rows = [
        (entry, values) for entry in inputs.values() if "row" in entry and (values := cell_labels.values(entry, table))
    ]
    if not rows or most <= 0:
        return {}
    names = cell_labels.called((entry for entry in same if "row" in entry), table)
    words = [_cell(names[entry["row"]], values, entry) for entry, values in rows[:most]]
    columns = dict.fromkeys(column for _, values in rows[:most] for column in values)
    rest = len(inputs) - len(words)
    return {"cells": words, "columns": ", ".join(columns)} | ({"rest": rest} if rest else {})


def _cell(name: str, values: Mapping[str, str], entry: Mapping) -> str:
    text = ", ".join(filter(None, ["; ".join(values.values()), cell_labels.marks(entry)]))
    return f"{name}: {text}" if name else text


def _groups(inputs: Iterable[Mapping], sources: Mapping[str, dict]) -> list[Group]:
    groups: dict[tuple[str, ...], dict[int, Mapping]] = {}
    for entry in inputs:
        source = entry.get("source_id", "")
        edition = str(entry.get("edition", ""))
        doubt = entry.get("confidence", "high")
        key = (entry.get("table", ""), source, edition, _published(entry, sources.get(source, {})), doubt)
        groups.setdefault(key, {}).update(dict.fromkeys(recording.lines(entry), entry))
    return [(key, dict(sorted(lines.items()))) for key, lines in groups.items()]


def _told(key: tuple[str, ...], lines: list[int], sources: Mapping[str, dict]) -> dict[str, str]:
    table, source, edition, published, confidence = key
    words = recording.row_ranges(lines) if lines else ""
    if words.count(",") >= RUNS:
        words = f"{len(lines)} rows between {lines[0]} and {lines[-1]}"
    title = sources.get(source, {}).get("title") or source
    described = {"table": table, "lines": words, "edition": edition, "published": published}
    described |= {"source": source, "title": title, "doubt": "" if confidence == "high" else f"{confidence} confidence"}
    return {name: text for name, text in described.items() if text}


def _published(entry: Mapping, source: Mapping[str, str]) -> str:
    """Return the day of a row; of a source known to the month or year only, no more than that."""
    day = str(entry.get("published") or source.get("published", ""))
    return asof.printed_day(source) if day == source.get("published") else day


# ------------------------------------------------------------------------------------------- the extension


def used(body: str) -> list[str]:
    """List the anchors of the facts that the HTML of a page links to, in their order."""
    hrefs = (HREF.search(tag) for tag in LINK.findall(body))
    return list(dict.fromkeys(urlsplit(href[1]).fragment for href in hrefs if href))


def write(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the derivations of the facts on a page, with the addresses of what they name, and have the page show them.

    A fact that the build does not know has no derivation: its link was a warning before.
    """
    later.forget(app, NAME, pagename)
    body = context.get("body")
    if doctree is None or not body or pagename == PAGE:
        return
    staged = environment.of(app.env).book_derivations
    derivations = staged.get("facts", {})
    facts = {anchor: derivations[anchor] for anchor in used(body) if anchor in derivations}
    if not facts:
        return
    context["body"] = body + later.write(app, NAME, pagename, VARIABLE, _content(app, pagename, staged, facts))
    app.add_js_file(SCRIPT, defer="defer")


def _content(app: Sphinx, pagename: str, staged: Mapping, facts: Mapping[str, dict]) -> dict:
    rows = [row for fact in facts.values() for row in fact["rows"]]
    return {
        "book": staged["book"],
        "pages": staged.get("pages", False),
        "facts": {
            anchor: fact | {"rows": [{k: v for k, v in row.items() if k != "title"} for row in fact["rows"]]}
            for anchor, fact in facts.items()
        },
        "titles": {row["source"]: row["title"] for row in rows if "source" in row},
        "links": {
            scheme: {
                row[scheme]: address
                for row in rows
                if scheme in row and (address := _address(app, pagename, scheme, row[scheme]))
            }
            for scheme in ("table", "source")
        },
    }


def _address(app: Sphinx, pagename: str, scheme: str, identifier: str) -> str:
    page, anchor = environment.of(app.env).book_addresses.get(scheme, {}).get(identifier, ("", ""))
    return f"{app.builder.get_relative_uri(pagename, page)}#{anchor}" if page else ""


def read(app: Sphinx) -> None:
    """Read what was staged; a book without the file has no pop-ups."""
    path = Path(app.srcdir) / FILE
    environment.of(app.env).book_derivations = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def setup(app: Sphinx) -> None:
    """Register event handlers, script and styles with Sphinx; called by the extension of the book."""
    app.connect("builder-inited", read)
    app.connect("html-page-context", write, priority=880)
