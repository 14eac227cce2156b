"""What is folded on a page: where it is heavy, the page loads it as a script once its reader moves.

Without scripts, each fold leads to its place on a page beside, which has all of them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.writers.html5 import HTML5Translator

from lib.site.sphinx import later

HEAVY = 60_000
"""Characters of all folds of a page from which they are put away: some 6 KiB compressed."""
FOLD = re.compile(
    r'(?P<opening><details class="iv-(?P<kind>data|how)"><summary>(?P<summary>.*?)</summary>)(?P<inside>.*?)</details>',
    re.DOTALL,
)
"""A fold as figures and claims write it."""
REST = re.compile(
    r"(?P<table><table[^>]*>)<caption[^>]*>(?P<title>[^<]*)</caption>(?P<head><thead>(?:(?!</thead>).)*</thead>)"
    r'<tbody>(?:(?!</table>).)*</tbody><tbody class="iv-rest">(?P<inside>.*?)(?P<end></tbody></table>)',
    re.DOTALL,
)
"""A table with a body of rows that a fold after it hides."""
WITHIN = {"data": "iv-figure", "how": "iv-claim iv-how", "rows": "iv-scroll"}
"""The classes of what a fold stands in, by its kind."""
COLUMN = re.compile(r"<th[ >]")
LABEL = re.compile(r'aria-label="([^"]*)"')
TAG = re.compile(r"<[^>]+>")
BEGIN, WITH, END = "\ue010", "\ue011", "\ue012"
"""Signs that no text has: they mark kind, title and inside of a fold while its page is being written."""
NAME, VARIABLE, SCRIPT = "folds", "ivFolds", "folds.js"
BESIDE = "-folded"
"""What the name of a page with the folds of another one ends in."""


class Fold(NamedTuple):
    """What is folded: its kind, a key of WITHIN, its title and its HTML; rows have what their table begins with."""

    kind: str
    title: str
    begin: str
    inside: str


def visit_raw(self, node: nodes.raw) -> None:
    """Write raw HTML with its folds marked; called while Sphinx writes a page."""
    text = REST.sub(_marked_rows, FOLD.sub(_marked, node.astext()))
    marked = nodes.raw("", text, **node.attributes)
    marked.parent = node.parent
    HTML5Translator.visit_raw(self, marked)


def _marked(fold: re.Match) -> str:
    label = LABEL.search(fold["inside"])
    title = label[1] if label else TAG.sub("", fold["summary"])
    return f"{fold['opening']}{_between(Fold(fold['kind'], title, '', fold['inside']))}</details>"


def _marked_rows(table: re.Match) -> str:
    start, end = (table.start(name) - table.start() for name in ("inside", "end"))
    fold = Fold("rows", f"Further rows: {table['title']}", table["table"] + table["head"], table["inside"])
    return f"{table[0][:start]}{_between(fold)}{table[0][end:]}"


def _between(fold: Fold) -> str:
    return BEGIN + WITH.join(fold) + END


def put_away(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the folds of a heavy page as a script and as a page beside, and leave a link in each."""
    beside = Path(app.outdir) / f"{pagename}{BESIDE}.html"
    later.forget(app, NAME, pagename)
    beside.unlink(missing_ok=True)  # of an earlier build, in which the page may have been heavier
    around, folds = _parted(context.get("body") or "")
    if sum(len(fold.inside) for fold in folds) < HEAVY:
        context["body"] = _joined(around, [fold.inside for fold in folds])
        return
    _write_page(cast("StandaloneHTMLBuilder", app.builder), beside, pagename, context, folds)
    app.add_js_file(SCRIPT, defer="defer")
    links = [_link(fold, f"{beside.name}#fold-{place}") for place, fold in enumerate(folds, start=1)]
    data = later.write(app, NAME, pagename, VARIABLE, [fold.inside for fold in folds])
    context["body"] = _joined(around, links) + data


def _parted(body: str) -> tuple[list[str], list[Fold]]:
    """Return the marked folds of a page, and what is around them: one part more."""
    first, *pieces = body.split(BEGIN)
    parted = [piece.partition(END) for piece in pieces]
    return [first, *(rest for _, _, rest in parted)], [Fold(*marked.split(WITH)) for marked, _, _ in parted]


def _joined(around: Sequence[str], between: Sequence[str]) -> str:
    return "".join(chain.from_iterable(zip_longest(around, between, fillvalue="")))


def _link(fold: Fold, address: str) -> str:
    link = f'<a href="{address}">{fold.title}</a>'
    if fold.kind != "rows":
        return f'<p class="iv-folded">{link}</p>'
    return f'<tr class="iv-folded"><td colspan="{len(COLUMN.findall(fold.begin))}">{link}</td></tr>'


def _unfolded(fold: Fold) -> str:
    """Return what is folded as the page beside has it."""
    inside = f"{fold.begin}<tbody>{fold.inside}</tbody></table>" if fold.kind == "rows" else fold.inside
    return f'<div class="{WITHIN[fold.kind]}">{inside}</div>'


def _write_page(builder: StandaloneHTMLBuilder, path: Path, pagename: str, context: dict, folds: list[Fold]) -> None:
    """Write all folds of a page, unfolded, in the frame of that page."""
    title = TAG.sub("", context["title"])
    parts = "".join(
        f'<section id="fold-{place}"><h2>{fold.title}</h2>{_unfolded(fold)}</section>\n'
        for place, fold in enumerate(folds, start=1)
    )
    described = f"All tables and readings that are folded in “{title}”, one below the other."
    shown = context | {
        "title": f"Folded in {title}",
        "body": f"<h1>Folded in “{title}”</h1>\n<p>{described}</p>\n{parts}",
        "metatags": f'<meta name="description" content="{html.escape(described)}">\n',
        "parents": [{"link": f"{pagename.rpartition('/')[2]}.html", "title": title}],
        "first_figure": "",
        "display_toc": False,
        "prev": None,
        "next": None,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(builder.templates.render("page.html", shown), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register with Sphinx, after all that reads or checks the text of a page; called by the extension of the book."""
    app.add_node(nodes.raw, override=True, html=(visit_raw, None))
    app.connect("html-page-context", put_away, priority=995)
