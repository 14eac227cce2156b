"""What a reader can take away of a figure: data, pictures, specification, citation, a page to embed.

All are files of the site, `figures/<name>.{csv,xlsx,zip,json,svg,png,vl.json,bib,txt}` and `embed/<name>.html`; a table
has no picture, specification and embedded page. `stage` writes the toolbars that link to them, and says how they are
written themselves.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from lib import cite, drawing
from lib import records as recording
from lib.build import schedule
from lib.disk import files, folders
from lib.site.background import Errand
from lib.site.exports import figure_pages, lazy, store, tabular
from lib.site.exports.figure_card import LICENCE, Card, cards, citation
from lib.site.notices import Notices

FOLDER, KEPT = "downloads", "figures"
TOOLBARS = "toolbars.json"
RENDERER = "vl-convert-python"
LAYOUT = 1  # of the JSON files; raise it when a key changes its meaning


# ------------------------------------------------------------------------------------------- staging and building


def stage(
    records: recording.Records,
    sources: Mapping[str, dict],
    folder: Path,
    address: str,
    top: Notices = Notices(),  # noqa: B008 - it never changes
    commit: str = "",
    serial: Collection[str] = (),
    views: Mapping[str, str] = MappingProxyType({}),
) -> list[Errand]:
    """Write the toolbars of all figures to `folder`/toolbars.json; returns what writes their files.

    These go to `folder`/downloads and from there to the site. `address` is that of the site, if it has one; `top`
    is what all pages say on top, and pages of figures too. `commit` is that of the book. Of `serial` pages one notebook
    makes many. `views` are those of the page Explore, by figure; none where the book has no such page.
    """
    listed = cards(records, sources, address, top, commit, serial, views)
    toolbars = {card.name: figure_pages.toolbar(card) for card in listed}
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
    heavy = lazy.files(card.name, card.html)
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


# ------------------------------------------------------------------------------------------- files


def archive(card: Card) -> bytes:
    """Write the zip of a figure: its data, what they mean, and its picture."""
    picture = {f"{card.name}.svg": svg_text(card).encode()} if "svg" in card.files else {}
    return tabular.archive(card.data, picture)


def json_text(card: Card) -> str:
    """Write all that is known of the figure for programs, with its rows as they were computed."""
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
        "sources": card.listed_sources,
        "columns": card.columns,
        "data": record.get("data") or [],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def svg_text(card: Card) -> str:
    """Draw the chart with its words around it, in the light colours."""
    from lib.figures import poster

    return poster.poster(card.record, poster.picture(card.record, card.html), card.source_line, _credit(card))


def slide_text(card: Card, shape: str) -> str:
    """Draw the chart in the shape of a slide, in the light colours."""
    from lib.figures import poster

    chart = poster.picture(card.record, card.html, poster.SLIDES[shape][2])
    return poster.slide(card.record, chart, card.source_line, _credit(card), shape)


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


WRITERS: dict[str, Callable[[Card], str | bytes]] = {
    "csv": lambda card: tabular.csv_file(card.data),
    "csv-metadata.json": lambda card: tabular.description(card.data),
    "xlsx": lambda card: tabular.workbook(card.data),
    "zip": archive,
    "json": json_text,
    "svg": svg_text,
    **{f"{shape}.svg": partial(slide_text, shape=shape) for shape in recording.SLIDES},
    "vl.json": vega_text,
    "bib": lambda card: cite.bibtex(card.work),
    "txt": lambda card: citation(card.work) + "\n",
    "html": figure_pages.embed_html,
    "page": figure_pages.page_html,
}
