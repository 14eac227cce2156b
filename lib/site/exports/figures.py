"""What a reader can take away of a figure: data, pictures, specification, citation, a page to embed.

All are files of the site, `figures/<name>.{csv,xlsx,zip,json,svg,png,vl.json,bib,txt}` and `embed/<name>.html`; a table
has no picture, specification and embedded page. `stage` writes the toolbars that link to them, and says how they are
written themselves.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import metadata
from pathlib import Path

from lib import cite, drawing
from lib import records as recording
from lib.build import schedule
from lib.disk import files, folders
from lib.site import csp, directory
from lib.site.background import Errand
from lib.site.exports import lazy, store, tabular
from lib.site.notices import DIRECTORY, LISTED, Notices
from lib.tables import asof

FOLDER, KEPT = "downloads", "figures"
TOOLBARS = "toolbars.json"
RENDERER = "vl-convert-python"
RELATED = 6  # figures that the page of one names
LAYOUT = 1  # of the JSON files; raise it when a key changes its meaning
LICENCE = ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
UNIT = re.compile(r"\(([^()]+)\)$")
TAG = re.compile(r"<[^>]+>")
SOURCES = re.compile(r'<p class="iv-sources">(.*?)</p>', re.DOTALL)
DATA_TABLE = re.compile(r'<details class="iv-data">.*?</details>', re.DOTALL)
LINK = re.compile(r'href="(source|fact|table|figure):([^"]+)"')
LINKS = re.compile(r'href="(source|fact|table|figure|download):([^"]+)"')


@dataclass(frozen=True)
class Card:
    """One figure with all that its files say: `record` as collected, its number, chapter, sources, how it is cited."""

    record: dict
    number: int
    chapter: str
    sources: tuple[dict, ...]
    work: cite.Work
    links: Mapping[str, Mapping[str, list[str]]]  # of the book, by scheme and id: [page, anchor]
    top: Notices = Notices()  # noqa: RUF009 - it never changes
    related: tuple[tuple[str, str], ...] = ()  # names and titles of other figures
    slides: bool = True  # whether it can be taken away in the shape of a slide

    @property
    def name(self) -> str:
        return self.record["name"]

    @property
    def files(self) -> dict[str, str]:
        """Return its files by kind, from the root of the site."""
        files = recording.files_of(self.record)
        return {kind: path for kind, path in files.items() if self.slides or not kind.startswith(recording.SLIDES)}

    @property
    def place(self) -> str:
        """Return page and anchor, from the root of the site."""
        return place_of(self.record)

    @property
    def address(self) -> str:
        return self.work.url or self.place

    @property
    def source_line(self) -> str:
        """Return the line under the picture, as text."""
        line = SOURCES.search(self.record.get("html", ""))
        return html.unescape(TAG.sub("", line.group(1))) if line else ""

    @property
    def content(self) -> str:
        """Return all that the files of the figure are made from, as text: of the links those that it has."""
        followed = [self.leads_to(*named) for named in LINK.findall(self.record.get("html", ""))]
        parts = [self.record, self.number, self.chapter, self.sources, self.work, followed, self.related]
        parts += [self.top.own, self.top.alone, self.slides, cite.citation_file()]
        return json.dumps(parts, sort_keys=True, default=str)

    def leads_to(self, scheme: str, name: str) -> Sequence[str]:
        """Return page and anchor of a link as the HTML of the figure has it; the cover for what has no place."""
        return self.links.get(scheme, {}).get(html.unescape(name), ("index", ""))


def place_of(record: Mapping) -> str:
    """Return page and anchor of a figure, from the root of the site."""
    return f"{record['page']}.html#{recording.anchor('fig', record['name'])}"


def cards(
    records: recording.Records,
    sources: Mapping[str, dict],
    address: str,
    top: Notices = Notices(),  # noqa: B008 - it never changes
    commit: str = "",
    serial: Collection[str] = (),
) -> list[Card]:
    """List the figures of the book, numbered as by Sphinx: in reading order. `address` is that of the site, if any.

    Slides are drawn of the current edition, and not for `serial` pages, of which one notebook makes many.
    """
    links = recording.addresses(records)
    chapters = {chapter["page"]: chapter for chapter in records.chapters}
    return [
        Card(
            record=figure,
            number=number,
            chapter=chapters[figure["page"]]["title"],
            sources=tuple(sources[source] for source in figure.get("sources") or []),
            work=_work(figure, chapters[figure["page"]], address, commit),
            links=links,
            top=top,
            related=_related(figure, records.figures),
            slides=not chapters[figure["page"]].get("as_of") and figure["page"] not in serial,
        )
        for number, figure in enumerate(records.figures, start=1)
    ]


def _related(figure: Mapping, others: Sequence[Mapping]) -> tuple[tuple[str, str], ...]:
    """List the figures that share most tables with a figure, those of its page first; at most RELATED."""

    def nearness(other: Mapping) -> tuple[int, bool]:
        shared = set(figure.get("tables") or ()) & set(other.get("tables") or ())
        return len(shared), other["page"] == figure["page"]

    near = [other for other in others if other["name"] != figure["name"] and nearness(other)[0]]
    near.sort(key=nearness, reverse=True)
    return tuple((other["name"], other["title"]) for other in near[:RELATED])


def _work(figure: Mapping, chapter: Mapping, address: str, commit: str) -> cite.Work:
    """Describe a figure by its name: its number is another one in each edition."""
    vintage = dt.date.fromisoformat(chapter["vintage"])
    as_of = dt.date.fromisoformat(chapter["as_of"]) if chapter.get("as_of") else vintage
    url = f"{address.rstrip('/')}/{place_of(figure)}" if address else ""
    within = f"Figure “{figure['name']}” of “{chapter['title']}”"
    return cite.Work("figure", figure["name"], figure["title"], as_of, vintage, commit, url, within)


# ------------------------------------------------------------------------------------------- staging and building


def stage(
    records: recording.Records,
    sources: Mapping[str, dict],
    folder: Path,
    address: str,
    top: Notices = Notices(),  # noqa: B008 - it never changes
    commit: str = "",
    serial: Collection[str] = (),
) -> list[Errand]:
    """Write the toolbars of all figures to `folder`/toolbars.json; returns what writes their files.

    These go to `folder`/downloads and from there to the site. `address` is that of the site, if it has one; `top`
    is what all pages say on top, and pages of figures too. `commit` is that of the book. Of `serial` pages one notebook
    makes many.
    """
    listed = cards(records, sources, address, top, commit, serial)
    toolbars = {card.name: toolbar(card) for card in listed}
    (folder / TOOLBARS).write_text(json.dumps(toolbars, sort_keys=True), encoding="utf-8")
    names = {*toolbars, *(f"{name}-{shape}" for name in toolbars for shape in recording.SLIDES)}
    shelf, code = store.only(store.of(folder, KEPT), names), schedule.code_hash()
    return [partial(_write, card, folder / FOLDER, shelf, code) for card in listed]


def _write(card: Card, folder: Path, shelf: Path, code: str) -> None:
    """Write the files of a figure; what it was made from before is on the `shelf`."""
    made_from = f"{code} {card.content}"
    made = store.unzipped(store.kept(shelf, card.name, made_from, ".zip", lambda: store.zipped(_made(card))))
    for name, content in made.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for kind, path in card.files.items():
        if kind.endswith("png"):
            of = card.files[kind.removesuffix("png") + "svg"]
            scale = 1 if kind.startswith(recording.SLIDES) else 2  # a slide is as large as its screen already
            shutil.copyfile(_png(Path(path).stem.replace(".", "-"), made[of].decode(), scale, shelf), folder / path)


def _made(card: Card) -> dict[str, bytes]:
    """Make all files of a figure but those that are drawn, by their place below the site."""
    made = {card.files[kind]: _bytes(make(card)) for kind, make in WRITERS.items() if kind in card.files}
    if "html" in card.files:  # who embeds a figure that this one took the place of has it now
        made |= {f"embed/{former}.html": made[card.files["html"]] for former in card.record.get("formerly", ())}
    heavy = lazy.files(card.name, card.record.get("html", ""))
    return made | {f"{lazy.FOLDER}/{name}": text.encode() for name, text in heavy.items()}


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _png(name: str, svg: str, scale: int, shelf: Path) -> Path:
    from lib.figures import poster

    made_from = f"{metadata.version(RENDERER)} {_fonts()} {scale} {svg}"
    return store.kept(shelf, name, made_from, ".png", lambda: poster.png(svg, scale))


@cache
def _fonts() -> str:
    return files.digest_of(sorted(drawing.FONTS.glob("*.ttf")))


def place(staged: Path, site: Path) -> None:
    """Put the files of the figures of a staged book into its site."""
    if (staged / FOLDER).is_dir():
        folders.linked(staged / FOLDER, site)


# ------------------------------------------------------------------------------------------- citation


@cache
def citation(work: cite.Work) -> str:
    """Cite a figure as an entry of a reference list, in the style of APA; once for all its files."""
    return cite.formatted(work, "apa")


# ------------------------------------------------------------------------------------------- data


def columns(card: Card) -> list[dict]:
    """Return name, title and, where the title ends with one in parentheses, unit of each column."""
    rows = card.record.get("data") or []
    listed = card.record.get("columns") or [{"name": name, "title": name} for name in (rows[0] if rows else ())]
    return [_column(column["name"], column["title"]) for column in listed]


def _column(name: str, title: str) -> dict:
    unit = UNIT.search(title)
    return {"name": name, "title": title} | ({"unit": unit.group(1)} if unit else {})


def data_of(card: Card) -> tabular.Data:
    """Return the rows of a figure with all that is said of them."""
    record, work = card.record, card.work
    words = {
        "title": record["title"],
        "subtitle": record.get("subtitle", ""),
        "note": record.get("note", ""),
        "figure": card.name,
        "chapter": card.chapter,
        "as_of": str(work.as_of),
        "license": f"{LICENCE[0]} for the compilation ({LICENCE[1]}); each source keeps its own",
        "bibliographicCitation": citation(work),
    }
    return tabular.Data(card.name, columns(card), record.get("data") or [], words, _listed_sources(card))


def _listed_sources(card: Card) -> list[dict[str, str]]:
    names = ("id", "title", "publisher", "url", "doi", "licence", "accessed")
    return [
        {name: source.get(name, "") for name in names} | {"published": asof.printed_day(source)}
        for source in card.sources
    ]


def archive(card: Card) -> bytes:
    """Write the zip of a figure: its data, what they mean, and its picture."""
    picture = {f"{card.name}.svg": svg_text(card).encode()} if "svg" in card.files else {}
    return tabular.archive(data_of(card), picture)


def json_text(card: Card) -> str:
    """Write the companion of the CSV for programs: everything that its header says, and the rows."""
    record = card.record
    content = {
        "layout": LAYOUT,
        "name": card.name,
        "number": card.number,
        "title": record["title"],
        "subtitle": record.get("subtitle", ""),
        "alt": record.get("alt", ""),
        "note": record.get("note", ""),
        "chapter": card.chapter,
        "address": card.address,
        "book": {"title": cite.book_title(), "version": cite.version()},
        "as_of": str(card.work.as_of),
        "licence": {"name": LICENCE[0], "url": LICENCE[1], "scope": "compilation; each source keeps its own"},
        "citation": citation(card.work),
        "sources": _listed_sources(card),
        "columns": columns(card),
        "data": record.get("data") or [],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


# ------------------------------------------------------------------------------------------- pictures and pages


def svg_text(card: Card) -> str:
    """Draw the chart with its words around it, in the light colours."""
    from lib.figures import poster

    return poster.poster(card.record, poster.picture(card.record, _html(card)), card.source_line, _credit(card))


def slide_text(card: Card, shape: str) -> str:
    """Draw the chart in the shape of a slide, in the light colours."""
    from lib.figures import poster

    chart = poster.picture(card.record, _html(card), poster.SLIDES[shape][2])
    return poster.slide(card.record, chart, card.source_line, _credit(card), shape)


def _html(card: Card) -> str:
    return str(card.record.get("html", ""))


def _credit(card: Card) -> str:
    """Say what a picture is from; not by commit, with which all pictures would be drawn anew."""
    work = replace(card.work, commit="")
    return f"{work.within}, {cite.book_title()}, version {work.edition}. {LICENCE[0]}. {work.url}"


def vega_text(card: Card) -> str:
    """Return the specification of the chart with its data inside."""
    from lib.figures.publish import VEGALITE

    words = {"title": card.record["title"], "source": card.source_line, "citation": citation(card.work)}
    spec = {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGALITE.split('.')[0]}.json",
        "description": card.record.get("alt", ""),
        "usermeta": words,
    } | {key: value for key, value in card.record["spec"].items() if key not in ("$schema", "usermeta")}
    return json.dumps(spec, ensure_ascii=False) + "\n"


TITLE = re.compile(r'<p class="iv-title"(.*?)</p>', re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def embed_html(card: Card) -> str:
    """Write a page of the figure alone, for an iframe: picture, then chart, sources, the way back."""
    body = LINK.sub(lambda match: _from_embed(match, card), DATA_TABLE.sub("", card.record.get("html", "")))
    body = lazy.light(card.name, TITLE.sub(r'<h1 class="iv-title"\1</h1>', body, count=1), "../")
    csp.check(body, f"embed/{card.name}.html")
    title = html.escape(card.record["title"])
    chapter, book = html.escape(card.chapter), html.escape(cite.short_title())
    edition = f", as known on {cite.written(card.work.as_of)}" if card.work.as_of < card.work.vintage else ""
    leave = 'target="_blank" rel="noopener"'
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
<p class="iv-back"><a href="../{html.escape(card.place)}" {leave}>Figure {card.number} of {book}: {chapter}{edition}</a>
<a href="../{card.files["csv"]}" {leave}>Data</a>
<span>{LICENCE[0]}</span></p>
</main>
</body>
</html>
"""


def page_html(card: Card) -> str:
    """Write the page of a figure: large, with its data open, what can be taken away, and what it is made from."""
    record, work = card.record, card.work
    text = f"{record.get('html', '')}"
    end = text.rfind('<details class="iv-data"')
    end = end if end >= 0 else text.rfind("</div>")
    text = TITLE.sub("", text[:end] + toolbar(card) + text[end:], count=1)
    text = text.replace('<details class="iv-data">', '<details class="iv-data" open>', 1)
    body = lazy.light(card.name, LINKS.sub(lambda match: _from_page(match, card), text), "../")
    csp.check(body, card.files["page"])
    day = str(work.as_of) if work.as_of < work.vintage else ""
    root = "../../../" if day else "../"
    base = work.url.removesuffix(card.place) if work.url else ""
    count = len(record.get("data") or [])
    current = card.top.find(card.files["page"]) if card.top.find else None
    return directory.template("figure.html").render(
        book=cite.short_title(),
        title=record["title"],
        alt=record.get("alt") or record.get("subtitle") or record["title"],
        page=record["page"],
        place=card.place,
        anchor=recording.anchor("fig", card.name),
        chapter=card.chapter,
        number=card.number,
        day=day,
        as_of=cite.written(work.as_of),
        own=card.top.own,
        policy=csp.POLICY,
        url=(current.public if current else "") if day else base and f"{base}{card.files['page']}",
        current=current.href if current else "",
        picture=base and "png" in card.files and f"{base}{card.files['png']}",
        directory="" if card.top.alone else f"{root}{DIRECTORY}",
        editions_page=f"{root}{LISTED}",
        body=body,
        rows=f"{count:,} {'row' if count == 1 else 'rows'}",
        tables=record.get("tables") or [],
        related=[{"name": name, "title": title} for name, title in card.related],
    )


def _from_page(match: re.Match, card: Card) -> str:
    """Return a link to a page or file of the book as seen from the page of a figure."""
    page, anchor = card.leads_to(*match.groups())
    if match.group(1) == "download":
        return f'href="../{page}"'
    return f'href="../{page}.html#{anchor}"' if anchor else f'href="../{page}.html"'


def _from_embed(match: re.Match, card: Card) -> str:
    """Return a link of the figure, which leads to a page of the book, as seen from an embedded page."""
    page, anchor = card.leads_to(*match.groups())
    return f'href="../{page}.html#{anchor}" target="_blank" rel="noopener"'


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
    sizes = re.findall(r'<svg width="[\d.]+" viewBox="0 0 [\d.]+ ([\d.]+)"', card.record.get("html", ""))
    return round(max(map(float, sizes), default=420)) + 230


WRITERS: dict[str, Callable[[Card], str | bytes]] = {
    "csv": lambda card: tabular.csv_file(data_of(card)),
    "csv-metadata.json": lambda card: tabular.description(data_of(card)),
    "xlsx": lambda card: tabular.workbook(data_of(card)),
    "zip": archive,
    "json": json_text,
    "svg": svg_text,
    **{f"{shape}.svg": partial(slide_text, shape=shape) for shape in recording.SLIDES},
    "vl.json": vega_text,
    "bib": lambda card: cite.bibtex(card.work),
    "txt": lambda card: citation(card.work) + "\n",
    "html": embed_html,
    "page": page_html,
}
