"""What is folded on a page: where it is heavy, the page loads it as a script once its reader moves.

Without scripts, each fold leads to its place on a page beside, which has all of them.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import cast

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

HEAVY = 60_000
"""Characters of all folds of a page from which they are put away: some 6 KiB compressed."""
FOLD = re.compile(
    r'(?P<opening><details class="iv-(?P<kind>data|how)"><summary>(?P<summary>.*?)</summary>)(?P<inside>.*?)</details>',
    re.DOTALL,
)
WITHIN = {"data": "iv-figure", "how": "iv-claim iv-how"}
"""The classes of what a fold stands in, by its kind."""
LABEL = re.compile(r'aria-label="([^"]*)"')
TAG = re.compile(r"<[^>]+>")
FOLDER = "_static/folds"
SCRIPT = "folds.js"
ELEMENT = "iv-folds"
BESIDE = "-folded"
"""What the name of a page with the folds of another one ends in."""


def put_away(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the folds of a page as a script and as a page beside, and leave a link in each."""
    script, beside = (Path(app.outdir) / name for name in (f"{FOLDER}/{pagename}.js", f"{pagename}{BESIDE}.html"))
    for path in (script, beside):
        path.unlink(missing_ok=True)  # of an earlier build, in which the page may have been heavier
    body = context.get("body") or ""
    folds = list(FOLD.finditer(body))
    if doctree is None or sum(len(fold["inside"]) for fold in folds) < HEAVY:
        return
    script.parent.mkdir(parents=True, exist_ok=True)
    insides = json.dumps([fold["inside"] for fold in folds], ensure_ascii=False, separators=(",", ":"))
    script.write_text(f"window.ivFolds = {insides};\n", encoding="utf-8")
    _write_page(cast("StandaloneHTMLBuilder", app.builder), beside, pagename, context, folds)
    app.add_js_file(SCRIPT, defer="defer")
    places = {fold.start(): place for place, fold in enumerate(folds, start=1)}
    name = beside.name
    context["body"] = FOLD.sub(lambda fold: _link(fold, f"{name}#fold-{places[fold.start()]}"), body) + (
        f'<script type="application/json" id="{ELEMENT}" data-src="{context["content_root"]}{FOLDER}/{pagename}.js">'
        "</script>\n"
    )


def _link(fold: re.Match, address: str) -> str:
    return f'{fold["opening"]}<p class="iv-folded"><a href="{address}">{_title(fold)}</a></p></details>'


def _title(fold: re.Match) -> str:
    label = LABEL.search(fold["inside"])
    return label[1] if label else TAG.sub("", fold["summary"])


def _write_page(builder: StandaloneHTMLBuilder, path: Path, pagename: str, context: dict, folds: list) -> None:
    """Write all folds of a page, unfolded, in the frame of that page."""
    title = TAG.sub("", context["title"])
    parts = "".join(
        f'<section id="fold-{place}"><h2>{_title(fold)}</h2>'
        f'<div class="{WITHIN[fold["kind"]]}">{fold["inside"]}</div></section>\n'
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
    app.connect("html-page-context", put_away, priority=995)
