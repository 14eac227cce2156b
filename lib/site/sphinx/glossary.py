"""Link the first use of each glossary term on a page, with its definition beside it.

The terms are those of Sphinx's `glossary` directive. Links stand in running text only: not in headings, captions,
links, code or formulas, not on the glossary itself, not on pages in other languages, and not in the lists that the
build generates. Without scripts the definition shows when the link is pointed at or has the focus; `glossary.js` puts
it near the word and lets Escape close it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from lib.build.plan import GENERATED
from lib.site.pages import languages
from lib.site.sphinx import environment

SCRIPT = "glossary.js"
CLOSED = (
    nodes.title,
    nodes.rubric,
    nodes.caption,
    nodes.reference,
    addnodes.pending_xref,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.raw,
    nodes.term,
    nodes.label,
    nodes.citation,
    nodes.comment,
    nodes.table,
)
ANCHOR = re.compile(r"<(/?)a\b", re.IGNORECASE)


class glossary_link(nodes.Inline, nodes.TextElement):  # noqa: N801 - docutils names nodes in lower case
    """A word that links to its definition; attributes `refuri`, `definition` and `number`."""


@dataclass(frozen=True)
class Term:
    """The target of a word: the page and anchor of its entry, and the definition."""

    entry: str
    docname: str
    anchor: str
    definition: str


def read_terms(app: Sphinx) -> dict[str, Term]:
    """Read all terms in lower case; several words of one entry share its first anchor and its definition."""
    by_word: dict[str, Term] = {}
    pages = {docname for _, _, kind, docname, _, _ in app.env.domains["std"].get_objects() if kind == "term"}
    for docname in sorted(pages):
        for item in app.env.get_doctree(docname).findall(nodes.definition_list_item):
            terms = [term for term in item.findall(nodes.term) if term["ids"]]
            definition = " ".join(" ".join(d.astext() for d in item.findall(nodes.definition)).split())
            for term in terms:
                text = term.astext()
                entry = Term(terms[0].astext(), docname, term["ids"][0], definition)
                by_word[text if text.isupper() else text.lower()] = entry
    return by_word


def pattern(terms: dict[str, Term]) -> re.Pattern | None:
    """Return an expression that matches any term and its plural as whole words, the longest first; None without terms.

    Words in capitals (HHI) match as they are, others at the start of a sentence too.
    """
    words = sorted(terms, key=lambda word: (-len(word), word))
    parts = [re.escape(word) if word.isupper() else f"(?i:{re.escape(word)})s?" for word in words]
    parts = [part.replace(r"\ ", r"[ \n]") for part in parts]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])") if parts else None


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the first use of each term on the page by a link."""
    if not hasattr(app.env, "book_terms"):
        environment.of(app.env).book_terms = read_terms(app)
    terms = environment.of(app.env).book_terms
    expression = pattern(terms)
    if expression is None or docname in GENERATED or any(term.docname == docname for term in terms.values()):
        return
    if languages.tag(environment.of(app.env).book_languages, docname):
        return
    seen: set[str] = set()
    for text in list(running_text(doctree)):
        pieces = list(_pieces(app, docname, text, expression, terms, seen))
        if len(pieces) > 1 or not isinstance(pieces[0], nodes.Text):
            parent = text.parent
            parent[parent.index(text) : parent.index(text) + 1] = pieces


def running_text(doctree: nodes.document) -> Iterator[nodes.Text]:
    """Yield the text of paragraphs that may hold links; text between raw `<a>` and `</a>` is a link already."""
    for paragraph in doctree.findall(nodes.paragraph):
        if _is_closed(paragraph):
            continue
        depth = 0
        for node in paragraph.findall():
            if isinstance(node, nodes.raw):
                depth += sum(-1 if closing else 1 for closing in ANCHOR.findall(node.astext()))
            elif isinstance(node, nodes.Text) and not depth and not _is_closed(node.parent):
                yield node


def _is_closed(node: nodes.Node | None) -> bool:
    while node is not None:
        if isinstance(node, CLOSED):
            return True
        node = node.parent
    return False


def _pieces(
    app: Sphinx, docname: str, text: nodes.Text, expression: re.Pattern, terms: dict[str, Term], seen: set[str]
) -> Iterator[nodes.Node]:
    """Yield the text, cut where a term is used for the first time on the page."""
    written, position = text.astext(), 0
    for match in expression.finditer(written):
        word = " ".join(match.group().split())
        term = terms.get(word) or terms.get(word.lower()) or terms[word.lower().removesuffix("s")]
        if term.entry in seen:
            continue
        seen.add(term.entry)
        if match.start() > position:
            yield nodes.Text(written[position : match.start()])
        uri = f"{app.builder.get_relative_uri(docname, term.docname)}#{term.anchor}"
        link = glossary_link(refuri=uri, definition=term.definition, number=len(seen))
        link += nodes.Text(match.group())
        yield link
        position = match.end()
    if position < len(written) or not position:
        yield nodes.Text(written[position:])


def _visit(self, node) -> None:
    self.body.append(
        f'<span class="iv-term"><a href="{html.escape(node["refuri"])}" aria-describedby="iv-term-{node["number"]}">'
    )


def _depart(self, node) -> None:
    definition = html.escape(node["definition"], quote=False)
    self.body.append(
        f'</a><span class="iv-definition" role="tooltip" id="iv-term-{node["number"]}">{definition}</span></span>'
    )


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the script on pages with linked terms only."""
    if doctree is not None and next(doctree.findall(glossary_link), None) is not None:
        app.add_js_file(SCRIPT, defer="defer")


def setup(app: Sphinx) -> None:
    """Register node, event handlers and script with Sphinx; called by the extension of the book."""
    app.add_node(glossary_link, html=(_visit, _depart))
    app.connect("doctree-resolved", link_terms, priority=950)
    app.connect("html-page-context", add_script, priority=890)
