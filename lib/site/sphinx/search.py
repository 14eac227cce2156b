"""Search that works from disk: all that can be found is one script, which the page of the search loads for who uses it.

Sphinx's own search knows whole pages: it leaves out numbers and codes, does not fold accents, and leads to the top of a
page. Here each section, figure, fact, claim, term, table and row of a table is an entry with an anchor of its own.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from lib.build.plan import GENERATED
from lib.site.pages import languages
from lib.site.pages import search as staged
from lib.site.sphinx import environment, numbering

SCRIPT = "search.js"
ENTRIES = "search-entries.js"
LONGEST = 6_000
"""Characters of a section that are searched; only lists without end are longer."""
DATA = "data/"
"""Pages of tables, each of which is an entry by itself."""
COLOPHON = ("sources", "cite-this-", "re-run-this-")
"""Beginnings of the anchors of sections that every page has at its end."""
RUNNING = ("iv-answer", "iv-claim")
"""Classes of HTML that is running text."""
TAG = re.compile(r"<[^>]+>")
NUMBER = re.compile("\x00(.*?)(?:\x00|$)")
"""The place of the number of a figure, by its anchor: numbers are known once all pages are read."""


def replace_search(app: Sphinx, config) -> None:
    """Have the page of the search made without Sphinx's index."""
    config.html_additional_pages["search"] = "search.html"


def leave_out_index(app: Sphinx) -> None:
    """Make no index of whole pages."""
    cast("StandaloneHTMLBuilder", app.builder).search = False


def note_sections(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the sections of a page that was read, and the terms that it defines."""
    env, page = environment.of(app.env), app.env.docname
    if not hasattr(env, "book_sections"):
        env.book_sections = {}
    if page not in GENERATED and not page.startswith(DATA) and not languages.tag(env.book_languages, page):
        env.book_sections[page] = list(_sections(doctree, page))


def forget_sections(app: Sphinx, env, page: str) -> None:
    """Forget a page that is read again or gone."""
    getattr(env, "book_sections", {}).pop(page, None)


def _sections(doctree: nodes.document, page: str) -> Iterator[staged.Entry]:
    top = next(iter(doctree.findall(nodes.title)), None)
    within = top.astext() if top is not None else page
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        if title is None or section["ids"][0].startswith(COLOPHON):
            continue
        anchor = "" if title is top else section["ids"][0]
        text = staged.cut(" ".join(_texts(section)), LONGEST)
        yield {
            "kind": "section",
            "title": title.astext(),
            "page": page,
            "anchor": anchor,
            "within": within,
            "text": text,
        }
    for item in doctree.findall(nodes.definition_list_item):
        terms = [term for term in item.findall(nodes.term) if term["ids"]]
        meaning = " ".join(" ".join(part.astext() for part in item.findall(nodes.definition)).split())
        for term in terms:
            place = {"page": page, "anchor": terms[0]["ids"][0], "within": within}
            yield {"kind": "term", "title": term.astext(), "text": meaning} | place


def _texts(section: nodes.section) -> Iterator[str]:
    """Yield the running text of a section, without that of sections in it."""
    for child in section.children:
        if not isinstance(child, (nodes.section, nodes.title)):
            for node in child.findall(lambda n: isinstance(n, (nodes.paragraph, nodes.raw))):
                if not isinstance(node, nodes.raw):
                    yield " ".join("".join(map(_shown, node.findall(nodes.Text))).split())
                elif any(name in node.astext() for name in RUNNING):
                    yield " ".join(html.unescape(TAG.sub(" ", node.astext())).split())


def _shown(text: nodes.Text) -> str:
    """Return what a reader sees of a piece of text: of a reference to a figure the place of its number."""
    if isinstance(text.parent, nodes.raw):
        return html.unescape(TAG.sub("", text))
    holder = text.parent if isinstance(text.parent, addnodes.pending_xref) else text.parent.parent
    if isinstance(holder, addnodes.pending_xref) and holder.get("reftype") == "numref":
        return f"\x00{holder['reftarget']}\x00"
    return text.astext()


def write_entries(app: Sphinx, env) -> None:
    """Write all entries as a script."""
    if app.builder.format != "html":
        return
    path = Path(app.srcdir) / staged.FILE
    entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    sections = getattr(env, "book_sections", {})
    entries = [entry for page in sorted(sections) for entry in sections[page]] + entries
    addresses = environment.of(env).book_addresses
    figures = {anchor: name for name, (_, anchor) in addresses.get("figure", {}).items()}

    def number(place: re.Match) -> str:
        name = figures.get(place[1])
        return numbering.label(app, name) if name else addresses.get("missing figure") or ""

    numbered = partial(NUMBER.sub, number)
    entries = [entry | {"text": numbered(entry["text"])} for entry in entries]
    for entry in entries:
        if "figure" in entry:
            entry["within"] = f"{numbering.label(app, entry.pop('figure'))}, {entry['within']}"
    apart = {entry["page"] for entry in entries if entry.pop("apart", "")}
    lost = sorted({entry["page"] for entry in entries} - env.found_docs - apart)
    if lost:
        raise ValueError(f"the search would lead to pages that are not there: {', '.join(lost[:5])}")
    target = Path(app.outdir) / "_static" / ENTRIES
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"window.bookEntries = {_packed(entries)};\n", encoding="utf-8")


def _packed(entries: Iterable[staged.Entry]) -> str:
    names = ("kind", "title", "page", "anchor", "within", "text", "picture")
    rows = [[entry.get(name, "") for name in names] for entry in entries]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def give_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the page of the search its script."""
    if pagename == "search":
        app.add_js_file(SCRIPT, defer="defer")


def setup(app: Sphinx) -> None:
    """Register with Sphinx; called by the extension of the book."""
    app.connect("config-inited", replace_search)
    app.connect("builder-inited", leave_out_index)
    app.connect("doctree-read", note_sections)
    app.connect("env-purge-doc", forget_sections)
    app.connect("env-check-consistency", write_entries)
    app.connect("html-page-context", give_scripts)
