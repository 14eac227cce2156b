"""The Sphinx extension of the book, loaded through `sphinx.extra_extensions` in `_config.yml`.

- An output `<div class="iv-figure" …>` becomes a docutils figure with its title as caption, so that Sphinx
  numbers it and ``{numref}`fig-<name>` `` refers to it from any page.
- Links `fact:<chapter>.<name>`, `source:<id>` and `table:<name>`, in Markdown and in HTML outputs, lead to the
  pages that the build generates, `figure:<name>` to a figure, whose number it shows, `download:<name>.csv` to a
  file of a figure; an unknown one is a warning, which the build treats as an error.
- A figure gets the toolbar that `lib.site.exports.figure_pages` made for it.
- Formulas are MathML. What stands around the text of a page is in `frame`.
- The scripts of charts are loaded on pages with charts only.
"""

from __future__ import annotations

import html
import json
import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from lib.site.exports import figure_pages, lazy
from lib.site.sphinx import (
    bibliography,
    derivations,
    environment,
    folds,
    frame,
    glossary,
    head,
    markdown,
    numbering,
    search,
)

LOGGER = logging.getLogger(__name__)
BUNDLE = "_static/vega-bundle.js"
TOOLS = "figure-tools.js"
SCENARIO = "scenario.js"
FILTER = "filter.js"
EXPLORE = "iv-explore"
"""The class of what the scripts of the page Explore work in."""
LISTS = ("facts", "figures", "references")
"""Pages with a long list, which a reader can narrow."""
SCHEME = re.compile(r"^(fact|claim|source|table|figure|download):(.+)$")
HREF = re.compile(
    r"""(?P<before>\bhref=)(?P<quote>["'])(?P<uri>(?:fact|claim|source|table|figure|download):[^"']+)(?P=quote)"""
)
FIGURE_TAG = re.compile(r"""<div\b[^>]*\bclass=["'][^"']*\biv-figure\b[^>]*>""")
TITLE_ELEMENT = re.compile(r"""<(\w+)\b[^>]*\bclass=["'][^"']*\biv-title\b[^"']*["'][^>]*>.*?</\1>\s*""", re.DOTALL)
DESCRIPTION_LENGTH = 155


# ------------------------------------------------------------------------------------------- figures


class published_figure(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes in lower case
    """A figure of the book: a caption, then the HTML of the picture."""


class figure_caption(nodes.caption):  # noqa: N801
    """The caption, which is above its picture."""


class Attributes(HTMLParser):
    """The attributes of the first tag."""

    def __init__(self, tag: str):
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(tag)

    def handle_starttag(self, tag, attrs):
        self.found = self.found or {name: value or "" for name, value in attrs}


class NumberFigures(SphinxTransform):
    """Put published figures into nodes that Sphinx can number, while the page is read."""

    default_priority = 400

    def apply(self, **kwargs) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            opening = FIGURE_TAG.search(raw.astext()) if raw.get("format") == "html" else None
            if opening:
                self._wrap(raw, opening)

    def _wrap(self, raw: nodes.raw, opening: re.Match) -> None:
        attributes = Attributes(opening.group()).found
        name = attributes.get("data-name") or attributes.get("id", "").removeprefix("fig-")
        title = attributes.get("data-title", "")
        if not name or not title:
            LOGGER.warning("a figure lacks data-name or data-title", location=raw)
            return
        label = nodes.make_id(f"fig-{name}")
        text = raw.astext()
        inner = re.sub(r"""\s+id=["'][^"']*["']""", "", opening.group(), count=1)
        text = TITLE_ELEMENT.sub("", text[: opening.start()] + inner + text[opening.end() :], count=1)
        text = lazy.light(name, text, "../" * self.env.docname.count("/"))
        text = figure_pages.with_toolbar(text, environment.of(self.env).book_toolbars.get(name, ""))
        former = [nodes.make_id(f"fig-{other}") for other in attributes.get("data-formerly", "").split()]
        figure = published_figure(ids=[label, *former], names=[label, *former])
        figure.source, figure.line = raw.source, raw.line
        figure += figure_caption("", title)
        figure += nodes.raw("", text, format="html")
        self.document.note_explicit_target(figure, figure)
        _outermost(raw).replace_self(figure)


def _outermost(raw: nodes.raw) -> nodes.Element:
    """Return the bundle of alternative outputs (HTML, plain text) that `raw` belongs to, or `raw` itself."""
    node = raw
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle":
            return node
    return raw


def _visit_figure(self, node) -> None:
    self.body.append(self.starttag(node, "figure", CLASS="iv-published"))


def _depart_figure(self, node) -> None:
    self.body.append("</figure>\n")


def _visit_caption(self, node) -> None:
    self.body.append(self.starttag(node, "figcaption", ""))
    self.add_fignumber(node.parent)
    self.body.append(f'<span class="caption-text" role="heading" aria-level="{_level(node.parent)}">')


def _level(figure: nodes.Element) -> int:
    """Return the level of the title of a figure among the headings of its page: one below that of its section."""
    depth, node = 0, figure.parent
    while node is not None:
        depth, node = depth + isinstance(node, nodes.section), node.parent
    return min(depth + 1, 6)


def _depart_caption(self, node) -> None:
    self.body.append("</span>")
    self.add_permalink_ref(node.parent, "Link to this figure")
    self.body.append("</figcaption>\n")


def _visit_citation(self, node) -> None:
    """Open an entry as docutils does, but as an item of the list that it is in, which screen readers ask for."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def _depart_citation(self, node) -> None:
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


# ------------------------------------------------------------------------------------------- links


def resolve_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn `fact:`, `source:`, `table:` and `figure:` links into addresses relative to the page."""
    for node in list(doctree.findall(nodes.reference)):
        match = SCHEME.match(node.get("refuri", ""))
        if match:
            uri = _address(app, docname, match[1], match[2], node)
            node["refuri"], node["internal"] = uri or "#", True
            node["classes"] = [c for c in node["classes"] if c != "external"]
            if match.group(1) == "fact":
                node["classes"].append("iv-fact")
            elif match.group(1) == "figure":
                node.children = [nodes.Text(numbering.label(app, match.group(2)))]
    for node in list(doctree.findall(nodes.raw)):
        if node.get("format") == "html" and HREF.search(node.astext()):
            text = HREF.sub(partial(_resolved, app, docname, node), node.astext())
            node.replace_self(nodes.raw("", text, format="html", classes=node["classes"]))


class NumberReferences(SphinxPostTransform):
    """Resolve references to the number of a figure of the book; Sphinx would load the figure's page for each."""

    default_priority = 5

    def run(self, **kwargs) -> None:
        places = {anchor: (name, page) for name, (page, anchor) in self._figures().items()}
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node.get("reftype") == "numref" and node["reftarget"] in places and not node.get("refexplicit"):
                name, page = places[node["reftarget"]]
                uri = f"{self.app.builder.get_relative_uri(self.env.docname, page)}#{node['reftarget']}"
                number = nodes.inline("", numbering.label(self.app, name), classes=["std", "std-numref"])
                node.replace_self(nodes.reference("", "", number, internal=True, refuri=uri))

    def _figures(self) -> dict[str, list[str]]:
        return environment.of(self.env).book_addresses.get("figure", {})


def _resolved(app: Sphinx, docname: str, node: nodes.Node, match: re.Match) -> str:
    scheme, _, identifier = html.unescape(match["uri"]).partition(":")
    uri = _address(app, docname, scheme, identifier, node) or "#"
    return f"{match['before']}{match['quote']}{html.escape(uri)}{match['quote']}"


def _address(app: Sphinx, docname: str, scheme: str, identifier: str, node: nodes.Node) -> str | None:
    addresses = environment.of(app.env).book_addresses.get(scheme, {})
    if identifier not in addresses:
        LOGGER.warning("unknown %s %r: the book has no such %s", scheme, identifier, scheme, location=node)
        return None
    page, anchor = addresses[identifier]
    if scheme == "download":  # a file, not a page
        return "../" * docname.count("/") + page
    return f"{app.builder.get_relative_uri(docname, page)}#{anchor}"


def read_staged(app: Sphinx) -> None:
    """Read again what the build staged beside the pages, for a Sphinx that goes on to another build."""
    for read in (read_addresses, frame.read_notices, head.read_heads, derivations.read, markdown.read_machines):
        read(app)


def replace_missing_figure(app: Sphinx, env, node: nodes.Element, contnode: nodes.Element) -> nodes.Node | None:
    """Put words in place of a reference to a figure that a past edition, or the site of one notebook, cannot have."""
    words = environment.of(env).book_addresses.get("missing figure")
    return nodes.inline("", words) if words and node.get("reftype") == "numref" else None


def read_addresses(app: Sphinx) -> None:
    """Read what the build knows of facts, sources and tables."""
    path, env = Path(app.srcdir) / app.config.book_addresses, environment.of(app.env)
    env.book_addresses = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    toolbars = Path(app.srcdir) / "toolbars.json"
    env.book_toolbars = json.loads(toolbars.read_text(encoding="utf-8")) if toolbars.is_file() else {}


# ------------------------------------------------------------------------------------------- pages


def page_context(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Set scripts and description of a page, in place of the tags that docutils makes."""
    context["metatags"] = ""
    if doctree is None:
        return
    first = next(iter(doctree.findall(published_figure)), None)
    context["first_figure"] = first["ids"][0] if first is not None else ""
    raw = [node.astext() for node in doctree.findall(nodes.raw)]
    if any(EXPLORE in text for text in raw):
        app.add_js_file("explore.js", defer="defer")
        environment.of(app.env).book_has_charts = True
    if any("iv-spec" in text for text in raw):
        app.add_js_file(frame.CHARTS, **{"data-bundle": context["pathto"](BUNDLE, 1), "defer": "defer"})
        environment.of(app.env).book_has_charts = True
    if pagename in LISTS:
        app.add_js_file(FILTER, defer="defer")
    if any("iv-tools" in text for text in raw):
        app.add_js_file(TOOLS, defer="defer")
    if any("data-scenario" in text for text in raw):
        app.add_js_file(SCENARIO, defer="defer")
    description = _description(doctree)
    if description:
        context["metatags"] = f'<meta name="description" content="{html.escape(description)}" />\n'


def _description(doctree: nodes.document) -> str:
    """Return the first paragraph of the page, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        visible = "".join(
            text.astext() for text in paragraph.findall(nodes.Text) if not isinstance(text.parent, nodes.raw)
        )
        text = " ".join(visible.split())
        if len(text) > 40:
            break
    else:
        return ""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    return text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the library that draws charts, where there are any."""
    if exception is not None or app.builder.format != "html" or not getattr(app.env, "book_has_charts", False):
        return
    from lib.figures import bundle_javascript

    if not (Path(app.outdir) / BUNDLE).is_file():
        (Path(app.outdir) / BUNDLE).write_text(bundle_javascript(), encoding="utf-8")


# ------------------------------------------------------------------------------------------- formulas


def _mathml(latex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return convert(latex, display=display)


def _visit_math(self, node) -> None:
    self.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _visit_math_block(self, node) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(_mathml(node.astext(), "block"))
    self.body.append("</div>\n")
    raise nodes.SkipNode


# ------------------------------------------------------------------------------------------- set-up


def _register_style() -> None:
    from pybtex.plugin import register_plugin

    register_plugin("pybtex.style.formatting", "book", bibliography.BookStyle)


def setup(app: Sphinx) -> dict:
    """Register everything with Sphinx."""
    _register_style()
    app.add_config_value("book_addresses", "addresses.json", "env", [str])
    app.add_node(figure_caption, html=(_visit_caption, _depart_caption))
    app.add_enumerable_node(
        published_figure,
        "figure",
        title_getter=lambda node: node.children[0].astext(),
        html=(_visit_figure, _depart_figure),
    )
    app.add_transform(NumberFigures)
    app.add_post_transform(NumberReferences)
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.add_node(nodes.citation, override=True, html=(_visit_citation, _depart_citation))
    app.connect("builder-inited", read_addresses)
    app.connect("builder-inited", bibliography.remember)
    app.connect("missing-reference", replace_missing_figure)
    app.connect("doctree-resolved", bibliography.unshield, priority=890)
    app.connect("doctree-resolved", resolve_links, priority=900)
    app.connect("html-page-context", page_context, priority=900)
    app.connect("build-finished", finish)
    numbering.setup(app)
    head.setup(app)
    derivations.setup(app)
    glossary.setup(app)
    search.setup(app)
    frame.setup(app)
    folds.setup(app)
    markdown.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
