"""PDFs of each chapter and of the whole book, printed by Chromium from the finished site.

A page is printed without scripts from a copy that is fit for paper. Its links lead to a place within the PDF where they
can, and are gone where they would lead to a file of this computer. Wide tables stand on turned pages at the end of
their chapter. The book is printed twice: the second time its contents have the numbers of the pages.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import posixpath
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from lib import browser, cite
from lib.build.plan import Page
from lib.disk.files import keep, kept
from lib.errors import BookError
from lib.site import directory
from lib.site.directory import BOOK, PDFS

APPENDIX = ("chapters/glossary", "references")
"""Pages that the PDF of the book has after its chapters; the links of the text lead there."""
ON_SCREEN = (
    "script, noscript, template, meta[http-equiv], .iv-definition, .iv-data, .headerlink, .onlyprint, .iv-tools, "
    ".iv-copy-row, details:not([open]), summary, .iv-dark, [id^=re-run-this], .iv-cite a[download]"
)
"""What a page has for the screen alone: scripts, controls, files to download, commands."""
SOURCES = "#sources"
CITATION = "[id^=cite-this]"
"""What each page has of its own and the whole book has once."""
TALL = 0.8
"""A picture that is taller than this, in widths, may fill a page."""
COLUMNS_TURNED = 7
"""A table with so many columns gets a turned page."""
OPTIONS: dict[str, Any] = {
    "format": "A4",
    "prefer_css_page_size": True,
    "print_background": True,
    "outline": True,
    "tagged": True,
}
MINUTES = 60_000  # milliseconds


Numbers = Mapping[str, int]
NO_NUMBERS: Numbers = MappingProxyType({})
Written = Callable[..., str]
"""Writes what is printed; for the book it takes the numbers of its pages."""


class NoBrowser(BookError):
    """The lack of a Chromium that could print."""


class PictureMissing(BookError):
    """A picture of a page that would be an empty frame on paper."""

    remedy = "Build the site again; if it stays so, the address of the picture is wrong. The PDFs are unchanged."


def make(site: Path, pages: list[Page], store: Path) -> list[Path]:
    """Print the chapters and the book to `site/pdf`, list them in its directory, and return the files.

    Pages that share a notebook are left out: dozens of them would make the book too heavy to send.
    `store` keeps the PDFs by a hash of what was printed: an unchanged page is not printed again. Raises NoBrowser.
    """
    pages = [page for page in pages if not page.below]
    chapters = [page for page in pages if page.is_notebook]
    texts = {page.docname: (site / f"{page.docname}.html").read_text("utf-8") for page in pages if _is_printed(page)}
    styles = [path.read_bytes() for path in sorted((site / "_static").rglob("*.css"))]
    ways = [Path(__file__).read_bytes(), *styles]
    keys = {page.name: _digest([texts[page.docname].encode(), *ways]) for page in chapters if not page.is_root}
    keys[BOOK] = _digest([*(text.encode() for text in texts.values()), *ways])
    stale = [name for name, key in keys.items() if not kept(store, f"{name}-{key}", ".pdf")]
    if stale:
        soups = {docname: BeautifulSoup(text, "html.parser") for docname, text in texts.items()}
        root = next(page.docname for page in pages if page.is_root)
        places = {page.name: page.docname for page in chapters} | {BOOK: root}
        prints = {n: partial(whole, soups, pages) if n == BOOK else partial(alone, soups[places[n]]) for n in stale}
        with ThreadPoolExecutor(1) as thread:  # playwright refuses a thread whose event loop runs, as in a notebook
            thread.submit(_print, prints, keys, site, store, places).result()
    target = site / PDFS
    target.mkdir(exist_ok=True)
    made = []
    for name, key in keys.items():
        printed = kept(store, f"{name}-{key}", ".pdf")
        if printed is None:
            raise FileNotFoundError(f"{store}: the PDF of {name} is not as it was printed; build the site again")
        _put(printed, target / f"{name}.pdf")
        made.append(target / f"{name}.pdf")
    directory.write(site)
    return made


def _is_printed(page: Page) -> bool:
    return page.is_notebook or page.docname in APPENDIX


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def _put(source: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}")
    shutil.copyfile(source, beside)
    os.replace(beside, target)


# ------------------------------------------------------------------------------------------- what is printed


def alone(soup: BeautifulSoup, _: Numbers = NO_NUMBERS) -> str:
    """Fit a page for a PDF of its own: links to other pages lead to the public site, or nowhere without an address."""
    page = _plain_copy(soup)
    public = _public(page)
    for anchor in page.select("a[href]"):
        address = urlsplit(str(anchor["href"]))
        if not address.scheme and address.path:
            _lead_out(anchor, public)
    _turn_tables(page, _article(page))
    _style(page, _head("", _title(_article(page))) + "@page :first { @top-left { content: none; } }")
    return str(page)


def whole(soups: Mapping[str, BeautifulSoup], pages: list[Page], numbers: Numbers = NO_NUMBERS) -> str:
    """Join all chapters and the appendices into one page; links between them lead from one to the other.

    `numbers` are those of the pages on which an anchor stands, for the contents.
    """
    order = [page.docname for page in pages if page.is_notebook]
    order += [page.docname for page in pages if page.docname in APPENDIX and page.docname not in order]
    book = _plain_copy(soups[order[0]])
    article = _article(book)
    article.clear()
    heads = []
    for place, docname in enumerate(order):
        page = _plain_copy(soups[docname])
        for tag in page.select(f"{SOURCES}, {CITATION}" if place else SOURCES):
            tag.decompose()
        section = book.new_tag("div", attrs={"class": "iv-print-page", "id": _anchor(docname, "")})
        for tag in page.select("[id]"):
            if tag.find_parent("svg") is None and tag.name != "svg":
                tag["id"] = _anchor(docname, str(tag["id"]))
        public = _public(page)
        for anchor in page.select("a[href]"):
            _within(anchor, docname, order, public)
        for picture in page.select("img[src]"):
            picture["src"] = posixpath.normpath(posixpath.join(posixpath.dirname(docname), str(picture["src"])))
        inner = _article(page)
        _turn_tables(page, inner, f"part-{place}")
        section.extend(list(inner.contents))
        section["style"] = f"page: part-{place}"
        heads.append(_head(f"part-{place}", _title(section)))
        article.append(section)
        article.extend(turned.extract() for turned in section.select(".iv-turned"))
    parts = article.find_all("div", class_="iv-print-page", recursive=False)
    parts[0].insert_after(_contents(book, parts[1:], numbers))
    _style(book, "".join(heads[1:]))
    return str(book)


def _contents(book: BeautifulSoup, parts: Iterable[Tag], numbers: Numbers) -> Tag:
    """Write the contents: the chapters with their sections, each with the number of its page."""
    contents = book.new_tag("nav", attrs={"class": "iv-print-contents"})
    heading = book.new_tag("h1")
    heading.string = "Contents"
    contents.append(heading)
    for part in parts:
        for title in part.find_all(["h1", "h2"]):
            place = title if title.get("id") else title.find_parent("section")
            if place is None or not place.get("id"):
                continue
            line = book.new_tag("a", attrs={"href": f"#{place['id']}", "class": f"of-{title.name}"})
            words, number = book.new_tag("span"), book.new_tag("span")
            words.string, number.string = title.get_text(), str(numbers.get(str(place["id"]), ""))
            line.extend([words, number])
            contents.append(line)
    return contents


def _turn_tables(page: BeautifulSoup, article: Tag, part: str = "") -> None:
    """Move tables with many columns to the end of their chapter, on turned pages, and say so in their place."""
    wide = [figure for figure in article.select("figure.iv-published") if _columns(figure) >= COLUMNS_TURNED]
    if not wide:
        return
    end = page.new_tag("div", attrs={"class": "iv-turned", "style": f"page: {_turned(part)}"})
    for figure in wide:
        note = page.new_tag("p", attrs={"class": "iv-subtitle"})
        number = figure.select_one(".caption-number")
        note.string = f"{number.get_text().strip() if number else 'This table'} is at the end of the chapter."
        figure.replace_with(note)
        end.append(figure)
    article.append(end)


def _columns(figure: Tag) -> int:
    row = figure.select_one("table tr")
    return 0 if row is None or figure.select_one(".iv-picture") else len(row.find_all(["th", "td"]))


def _turned(part: str) -> str:
    return f"{part or 'alone'}-turned"


def _title(part: Tag) -> str:
    return part.h1.get_text().strip() if part.h1 else ""


def _head(part: str, title: str) -> str:
    """Return the rules for pages that have a title at their head, upright and turned."""
    words = json.dumps(f"{cite.short_title()} · {title}", ensure_ascii=False)
    head = f"@top-left {{ color: #55595f; content: {words}; font: 8pt 'Vitamins Sans', Arial, sans-serif; }}"
    return f"@page {part} {{ {head} }}\n@page {_turned(part)} {{ size: A4 landscape; {head} }}\n"


def _style(page: BeautifulSoup, rules: str) -> None:
    sheet = page.new_tag("style")
    sheet.string = rules
    if page.head is None and page.html is not None:
        page.html.insert(0, page.new_tag("head"))
    if page.head is not None:
        page.head.append(sheet)


def _plain_copy(soup: BeautifulSoup) -> BeautifulSoup:
    """Make a copy without what is for the screen alone, in light colours, with pictures that are loaded at once."""
    page = copy.copy(soup)
    for tag in page.select(ON_SCREEN):
        tag.decompose()
    for fold in page.select("details"):
        fold.name = "div"
    for picture in page.select("img[loading]"):
        del picture["loading"]
    for picture in page.select(".iv-picture svg[viewBox]"):
        _, _, wide, tall = map(float, str(picture["viewbox"]).split())
        if tall > TALL * wide:
            picture["data-tall"] = ""
    if page.html is None:
        raise ValueError("a page of the site has no html element, so it cannot be printed")
    page.html["data-theme"] = "light"
    page.html["data-mode"] = "light"
    return page


def _article(page: BeautifulSoup) -> Tag:
    article = page.select_one("article.book-article") or page.select_one("main") or page.body
    if article is None:
        raise ValueError("a page of the site has no body, so there is nothing of it to print")
    return article


def _anchor(docname: str, identifier: str) -> str:
    return re.sub(r"[^\w-]+", "-", f"{docname}--{identifier}").rstrip("-")


def _within(anchor: Tag, docname: str, order: list[str], public: str) -> None:
    """Lead a link between pages to the place in the one PDF that has both; out of it when the page is not there."""
    address = urlsplit(str(anchor["href"]))
    if address.scheme:
        return
    target = docname
    if address.path:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(docname), unquote(address.path)))
        target = target.removesuffix(".html")
    if target in order:
        anchor["href"] = f"#{_anchor(target, unquote(address.fragment))}"
    else:
        _lead_out(anchor, public)


def _public(page: BeautifulSoup) -> str:
    """Return the public address of a page; nothing where its site has none."""
    link = page.select_one('link[rel="canonical"][href^="http"]')
    return str(link["href"]) if link else ""


def _lead_out(anchor: Tag, public: str) -> None:
    """Lead a link to the public site, or make it plain words where there is none."""
    if public:
        anchor["href"] = urljoin(public, str(anchor["href"]))
    else:
        anchor.name = "span"
        del anchor["href"]


# ------------------------------------------------------------------------------------------- printing


def _print(
    stale: Mapping[str, Written], keys: Mapping[str, str], site: Path, store: Path, places: Mapping[str, str]
) -> None:
    """Print the texts; each is laid beside the page it came from, so that it finds its styles, and removed again."""
    program = browser.find()
    if program is None:
        raise NoBrowser("there is no browser to print with", browser.ADVICE)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser(
            "playwright, which controls the browser, is not installed", "it is in requirements.txt"
        ) from None

    store.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(browser.FLAGS))
        context = running.new_context(java_script_enabled=False, color_scheme="light")
        context.set_default_timeout(MINUTES)
        for name, written in stale.items():
            source = (site / f"{places[name]}.html").with_name(f".print-{name}.html")
            content = _printed(context, source, written())
            if name == BOOK:
                content = _printed(context, source, written(numbers_in(content)))
            for old in store.glob(f"{name}-????????????????.*"):
                old.unlink()
            keep(store, f"{name}-{keys[name]}", ".pdf", content)
        running.close()


def _printed(context: Any, source: Path, text: str) -> bytes:
    """Print a text as the page `source`. Raises SiteError for a picture that is not there."""
    page = context.new_page()
    try:
        source.write_text(text, encoding="utf-8")
        page.goto(source.as_uri())
        missing = [
            str(picture.get_attribute("src"))
            for picture in page.locator("img").all()
            if not picture.evaluate("picture => picture.naturalWidth")
        ]
        if missing:
            raise PictureMissing(f"{source.name}: no picture at {', '.join(missing)}")
        return page.pdf(**OPTIONS)
    finally:
        page.close()
        source.unlink(missing_ok=True)


def numbers_in(content: bytes) -> Numbers:
    """Return the number of the page on which each anchor of a PDF stands, where something leads to it."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    return {
        name.removeprefix("/"): (reader.get_destination_page_number(place) or 0) + 1
        for name, place in reader.named_destinations.items()
    }
