"""Each page as Markdown beside it, and the texts that gather them, `llms.txt` and `llms-full.txt`.

Made from the pages as Sphinx resolved them, so numbers, links and the numbers of figures are those of the site. What is
written of a page is kept beside its doctree, because Sphinx writes only pages that changed. Only the current edition
has these texts.
"""

from __future__ import annotations

import html
import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from lxml.html import HtmlElement, fragment_fromstring
from sphinx.application import Sphinx

from lib.build.sanitise import ANSWER
from lib.site import machines
from lib.site.exports import feeds, llms
from lib.site.exports import markdown as writer
from lib.site.pages import languages
from lib.site.sphinx import environment, head, numbering

KEPT = "markdown"
"""The folder beside the doctrees."""
TYPE = "text/markdown"
FIGURE = "published_figure"
"""The class of a figure, which the extension of the book defines."""
TAGS: dict[type[nodes.Node], str] = {
    nodes.paragraph: "p",
    nodes.emphasis: "em",
    nodes.strong: "strong",
    nodes.literal: "code",
    nodes.literal_block: "pre",
    nodes.bullet_list: "ul",
    nodes.enumerated_list: "ol",
    nodes.list_item: "li",
    nodes.definition_list: "dl",
    nodes.term: "dt",
    nodes.definition: "dd",
    nodes.block_quote: "blockquote",
    nodes.table: "table",
    nodes.thead: "thead",
    nodes.tbody: "tbody",
    nodes.row: "tr",
    nodes.entry: "td",
    nodes.math: writer.MATH,
    nodes.math_block: writer.MATH,
    nodes.citation: "p",
    nodes.sidebar: "section",
}
WITHOUT_TEXT = (nodes.comment, nodes.label, nodes.substitution_definition, nodes.system_message)


def read_machines(app: Sphinx) -> None:
    """Read what was staged for machines; nothing for a site that is no current edition."""
    path = Path(app.srcdir) / machines.FILE
    environment.of(app.env).book_machines = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


# ------------------------------------------------------------------------------------------- from doctree to HTML


class PlainPage:
    """A resolved page as HTML that has its text and structure alone."""

    def __init__(self, app: Sphinx, pagename: str):
        self._app, self._up = app, "../" * pagename.count("/")

    def written(self, node: nodes.Node, level: int = 0) -> Iterator[str]:
        """Write a part of the page; `level` is that of the heading of the section that it is in."""
        if isinstance(node, nodes.Text):
            yield html.escape(node.astext(), quote=False)
        elif isinstance(node, nodes.raw):
            yield node.astext() if node.get("format") == "html" else ""
        elif isinstance(node, nodes.title):
            yield from self._within(f"h{min(level, 6)}", node, level)
        elif isinstance(node, nodes.reference):
            address = node.get("refuri") or f"#{node.get('refid', '')}"
            yield f'<a href="{html.escape(address)}">'
            yield from self._children(node, level)
            yield "</a>"
        elif isinstance(node, nodes.Element) and type(node).__name__ == FIGURE:
            yield from self._figure(node)
        elif type(node) in TAGS:
            yield from self._within(TAGS[type(node)], node, level)
        elif isinstance(node, nodes.Element) and not isinstance(node, WITHOUT_TEXT):
            yield from self._children(node, level + isinstance(node, nodes.section))

    def _within(self, tag: str, node: nodes.Node, level: int) -> Iterator[str]:
        yield f"<{tag}>"
        yield from self._children(node, level)
        yield f"</{tag}>"

    def _children(self, node: nodes.Node, level: int) -> Iterator[str]:
        for child in node.children:
            yield from self.written(child, level)

    def _figure(self, figure: nodes.Element) -> Iterator[str]:
        """Write a figure as its picture, its title, what stands around it, and where its data are."""
        title, content = figure.children[0].astext(), figure.children[1].astext()
        shown = fragment_fromstring(content)
        name = shown.get("data-name") or ""
        files = environment.of(self._app.env).book_addresses["download"]
        there = {
            kind: f"{self._up}{files[f'{name}.{kind}'][0]}" for kind in llms.OF_FIGURE if f"{name}.{kind}" in files
        }
        for picture in shown.find_class("iv-picture") if "svg" in there else ():
            yield f'<p><img alt="{html.escape(picture.get("aria-label") or "")}" src="{there["svg"]}"></p>'
        number = html.escape(numbering.label(self._app, name))
        yield f'<p><strong><a href="#{figure["ids"][0]}">{number}</a>: {html.escape(title)}</strong></p>{content}'
        links = (f'<a href="{there[kind]}">{words}</a>' for kind, words in llms.OF_FIGURE.items() if kind in there)
        yield f"<p>Files: {', '.join(links)}</p>"


# ------------------------------------------------------------------------------------------- pages


def note_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Keep the text of a page, and say in its head where it is."""
    env = environment.of(app.env)
    if doctree is None or not env.book_machines or languages.tag(env.book_languages, pagename):
        return
    tree = writer.tree_of("".join(PlainPage(app, pagename).written(doctree)))
    described = env.book_heads.get(pagename, {}).get("description")
    kept = llms.Page(
        title=app.env.titles[pagename].astext(),
        description=described or _first(tree),
        text=writer.of_tree(tree, partial(from_root, pagename)),
    )
    path = _kept(app, pagename)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(vars(kept), ensure_ascii=False), encoding="utf-8")
    links = [(TYPE, posixpath.basename(pagename) + ".md", ""), *_feeds(env.book_machines["feeds"], pagename)]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<link rel="alternate" type="{kind}"{f" title={chr(34)}{html.escape(title)}{chr(34)}" if title else ""} '
        f'href="{html.escape(address)}" />\n'
        for kind, address, title in links
    )


def _feeds(listed: Mapping[str, Mapping[str, str]], pagename: str) -> Iterator[tuple[str, str, str]]:
    """List type, address and title of the feeds of a page, its own before that of the book."""
    up = "../" * pagename.count("/")
    for page in dict.fromkeys([pagename, posixpath.splitext(feeds.CHANGES)[0]]):
        if page in listed:
            for suffix, kind in feeds.TYPES.items():
                yield kind, f"{up}{feeds.FOLDER}/{listed[page]['name']}.{suffix}", listed[page]["title"]


def from_root(pagename: str, address: str) -> str:
    """Return an address on a page as one from the root of the site, behind the stand-in for where that is."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address
    path = posixpath.normpath(posixpath.join(posixpath.dirname(pagename), parts.path)) if parts.path else ""
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    return f"{llms.ROOT}{path or f'{pagename}.html'}{anchor}"


def _first(tree: HtmlElement) -> str:
    """Return the answer of a page, or else its first paragraph, as text."""
    for paragraph in [*tree.find_class(ANSWER), *tree.iter("p")]:
        text = " ".join(paragraph.text_content().split())
        if text and not set((paragraph.get("class") or "").split()) & {"iv-dated", "iv-files"}:
            return head.shortened(text)
    return ""


def _kept(app: Sphinx, pagename: str) -> Path:
    return Path(app.doctreedir).parent / KEPT / f"{pagename}.json"


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the texts of all pages, once they are known."""
    env = environment.of(app.env)
    if exception is not None or not env.book_machines:
        return
    pages = {}
    for name in sorted(env.found_docs):
        if (path := _kept(app, name)).is_file():
            pages[name] = llms.Page(**json.loads(path.read_text(encoding="utf-8")))
    parts = [(part["caption"], [entry["docname"] for entry in part["entries"]]) for part in env.book_navigation]
    below = {name: list(_below(app, name)) for _, names in parts for name in names}
    files = env.book_machines["files"]
    chapters = [name for _, names in parts for name in names if name in env.book_heads]
    book = llms.Book(app.config.root_doc, app.config.html_baseurl or "", pages, parts, below, files, chapters)
    llms.write(book, Path(app.outdir))


def _below(app: Sphinx, name: str) -> Iterable[str]:
    return app.env.toctree_includes.get(name, [])


def setup(app: Sphinx) -> None:
    """Register with Sphinx; called by the extension of the book."""
    app.connect("builder-inited", read_machines)
    app.connect("html-page-context", note_page, priority=960)
    app.connect("build-finished", write)
