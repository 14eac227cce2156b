"""The pages that show one figure, and the toolbar that a figure has on each page: `stage` of `figures` writes them.

A page to embed has the chart alone and loads nothing of the book but its style; the page of a figure has all of it.
"""

from __future__ import annotations

import html
import re
from functools import partial

from lib import cite
from lib import records as recording
from lib.site import csp, plain
from lib.site.exports import lazy
from lib.site.exports.figure_card import LICENCE, LINK, Card, citation
from lib.site.notices import DIRECTORY, LISTED

DATA_TABLE = re.compile(r'<details class="iv-data">.*?</details>', re.DOTALL)
TITLE = re.compile(r'<p class="iv-title"(.*?)</p>', re.DOTALL)
LEAVE = ' target="_blank" rel="noopener"'
"""A link out of an embedded page must not lead there inside the frame."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""Of a page to embed, in the frame of another site: it has no form and asks for nothing."""


def embed_html(card: Card) -> str:
    """Write a page of the figure alone, for an iframe: picture, then chart, sources, the way back."""
    body = LINK.sub(partial(_address, card, LEAVE), DATA_TABLE.sub("", card.html))
    body = lazy.light(card.name, TITLE.sub(r'<h1 class="iv-title"\1</h1>', body, count=1), "../")
    csp.check(body, f"embed/{card.name}.html")
    title = html.escape(card.record["title"])
    chapter, book = html.escape(card.chapter), html.escape(cite.short_title())
    edition = f", as known on {cite.written(card.work.as_of)}" if card.is_past else ""
    own = f'<aside class="iv-own"><p>Own data: {html.escape(card.top.own)}.</p></aside>\n' if card.top.own else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="../_static/figures.css">
<script src="../_static/embed.js"></script>
<script src="../_static/charts.js" data-bundle="../_static/vega-bundle.js" data-at-once defer></script>
</head>
<body class="iv-embed">
<main>
{own}{body}
<p class="iv-back"><a href="../{html.escape(card.place)}"{LEAVE}>Figure {card.number} of {book}: {chapter}{edition}</a>
<a href="../{card.files["csv"]}"{LEAVE}>Data</a>
<span>{LICENCE[0]}</span></p>
</main>
</body>
</html>
"""


def page_html(card: Card) -> str:
    """Write the page of a figure: large, with its data open, what can be taken away, and what it is made from."""
    record, work = card.record, card.work
    text = TITLE.sub("", with_toolbar(card.html, toolbar(card)), count=1)
    text = text.replace('<details class="iv-data">', '<details class="iv-data" open>', 1)
    body = lazy.light(card.name, LINK.sub(partial(_address, card, ""), text), "../")
    csp.check(body, card.files["page"])
    current = card.top.find(card.files["page"]) if card.top.find else None
    past = {"day": str(work.as_of), "called": cite.written(work.as_of), "same": True}
    root = "../../../" if card.is_past else "../"
    base = work.url.removesuffix(card.place) if work.url else ""
    url = current.public if current else "" if card.is_past else base and f"{base}{card.files['page']}"
    count = len(record.get("data") or [])
    return plain.page(
        "figure.html",
        title=record["title"],
        described=record.get("alt") or record.get("subtitle") or record["title"],
        page=record["page"],
        place=card.place,
        anchor=recording.anchor("fig", card.name),
        chapter=card.chapter,
        number=card.number,
        edition=past | {"href": current.href if current else ""} if card.is_past else {},
        as_of=cite.written(work.as_of),
        own=card.top.own,
        url=url,
        picture=base and "png" in card.files and f"{base}{card.files['png']}",
        directory="" if card.top.alone else f"{root}{DIRECTORY}",
        editions_page=f"{root}{LISTED}",
        search_page="../search.html",
        up="../",
        body=body,
        rows=f"{count:,} {'row' if count == 1 else 'rows'}",
        tables=record.get("tables") or [],
        view=card.view,
        related=[{"name": name, "title": title} for name, title in card.related],
    )


def _address(card: Card, more: str, match: re.Match) -> str:
    """Return a link of a figure as seen from a page in a folder of the site, with `more` attributes."""
    page, anchor = card.leads_to(*match.groups())
    place = page if match.group(1) == "download" else f"{page}.html"
    return f'href="../{place}{f"#{anchor}" if anchor else ""}"{more}'


def with_toolbar(figure: str, tools: str) -> str:
    """Return the HTML of a figure with its toolbar before the data table, or at the end where it has none."""
    data = figure.rfind('<details class="iv-data"')
    end = data if data >= 0 else figure.rfind("</div>")
    return figure[:end] + tools + figure[end:]


# ------------------------------------------------------------------------------------------- toolbar

FILES = {
    "xlsx": ("Excel", "the data, with notes and sources"),
    "csv": ("CSV", "the data alone, rounded as shown"),
    "zip": ("ZIP", "CSV, what its columns mean, and the picture"),
    "json": ("JSON", "the data unrounded, for programs"),
    "svg": ("SVG", "the picture, for print"),
    "png": ("PNG", "the picture, for slides"),
    "16x9.png": ("Slide", "the picture at 16:9"),
    "16x9.svg": ("Slide, SVG", "the same as a drawing"),
    "1x1.png": ("Square", "the picture at 1:1"),
    "1x1.svg": ("Square, SVG", "the same as a drawing"),
    "vl.json": ("Vega-Lite", "the chart’s specification"),
}


def toolbar(card: Card) -> str:
    """Write three disclosures that work without scripts; scripts add buttons that copy (`data-copy` says what)."""
    name, of = card.name, f'<span class="iv-unseen"> figure {card.number}</span>'
    files = "".join(
        f'<li><a href="download:{name}.{kind}" download="{name}.{kind}">{label}</a> <span>{what}</span></li>'
        for kind, (label, what) in FILES.items()
        if kind in card.files
    )
    incomplete = "" if card.work.url else " data-without-address"  # only the reader's browser knows the host
    words = (
        f'<p class="iv-citation" data-copy="citation"{incomplete}>{html.escape(citation(card.work), quote=False)}</p>'
        f'<pre class="iv-bibtex" data-copy="BibTeX"{incomplete}>'
        f"{html.escape(cite.bibtex(card.work).strip(), quote=False)}</pre>"
        f'<p class="iv-files"><a href="download:{name}.txt" download="{name}.txt">Citation as text</a> '
        f'<a href="download:{name}.bib" download="{name}.bib">BibTeX file</a></p>'
    )
    share = (
        f'<p><a href="download:{name}.page">Page of this figure</a> <span>with its data and related figures</span></p>'
        f'<p data-copy="link"><a class="iv-address" href="#{recording.anchor("fig", name)}">'
        f"{html.escape(card.address)}</a></p>"
    )
    if "html" in card.files:
        share += (
            f'<p data-copy="embed code" data-height="{_height(card)}"><a href="download:{name}.html">'
            f"Page to embed</a> <span>the chart alone, for an iframe</span></p>"
        )
    panels = {"Download": f"<ul>{files}</ul>", "Cite": words, "Share": share}
    parts = "".join(
        f'<details name="iv-tools-{name}"><summary>{word}{of}</summary><div class="iv-panel">{body}</div></details>'
        for word, body in panels.items()
    )
    return f'<div class="iv-tools">{parts}</div>'


def _height(card: Card) -> int:
    """Return the pixels an embedded page needs at any width: its tallest picture, and lines of text above and under it.

    A host with `embed-host.js` is told the height that it needs at its own.
    """
    sizes = re.findall(r'<svg width="[\d.]+" viewBox="0 0 [\d.]+ ([\d.]+)"', card.html)
    return round(max(map(float, sizes), default=420)) + 230
