"""Search that works from disk: the lines of the results come from a script of the site, not from fetched pages.

Sphinx fetches each page found to show where its words stand, which browsers refuse for `file://`. Here the texts of
all pages are one script that only the search page loads.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from lib.paths import THEME
from lib.site.sphinx import environment

SCRIPT = "search.js"
TEXTS = "search-texts.js"
LONGEST = 30_000
RUNNING = ("iv-answer", "iv-facts")
"""Classes of the HTML that is running text: the answer of a chapter, and the list of facts."""
TAG = re.compile(r"<[^>]+>")


def settings(app: Sphinx, config) -> None:
    """Set search to fetch nothing, and to list chapters before facts and tables."""
    config.html_show_search_summary = False
    config.html_search_scorer = str(THEME / "search-scorer.js")


def remember_texts(app: Sphinx) -> None:
    """Begin with the texts of a build before, whose pages may not be written again; its file would change addresses."""
    path = Path(app.outdir) / "_static" / TEXTS
    if path.is_file():
        environment.of(app.env).book_texts = json.loads(
            path.read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n")
        )
        path.unlink()


def note_text(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Keep the running text of a page that is to be found; give the search page its scripts."""
    if pagename == "search":
        app.add_js_file(TEXTS, defer="defer")
        app.add_js_file(SCRIPT, defer="defer")
    if doctree is not None and "nosearch" not in app.env.metadata.get(pagename, {}):
        environment.of(app.env).book_texts = getattr(app.env, "book_texts", {}) | {pagename: page_text(doctree)}


def page_text(doctree: nodes.document) -> str:
    """Return paragraphs and answers of a page as one line, cut at a length."""
    parts = []
    for node in doctree.findall(lambda n: isinstance(n, (nodes.paragraph, nodes.term, nodes.raw))):
        if not isinstance(node, nodes.raw) or any(name in node.astext() for name in RUNNING):
            parts.append("".join(map(_shown, node.findall(nodes.Text))))
    return " ".join(" ".join(parts).split())[:LONGEST]


def _shown(text: nodes.Text) -> str:
    """Return what a reader sees of a piece of text: of HTML what stands between its tags, of all else every sign."""
    return html.unescape(TAG.sub("", text)) if isinstance(text.parent, nodes.raw) else text.astext()


def write_texts(app: Sphinx, exception: Exception | None) -> None:
    """Write the texts of all pages as a script."""
    if exception is None and app.builder.format == "html":
        pages = app.env.found_docs
        kept = {page: text for page, text in getattr(app.env, "book_texts", {}).items() if page in pages}
        texts = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        path = Path(app.outdir) / "_static" / TEXTS
        path.write_text(f"window.bookTexts = {texts};\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register with Sphinx; called by the extension of the book."""
    app.connect("config-inited", settings)
    app.connect("builder-inited", remember_texts)
    app.connect("html-page-context", note_text)
    app.connect("build-finished", write_texts)
