"""PDFs of each chapter and of the whole book, printed by Chromium from the finished site.

A page is printed without scripts from a copy whose links are fit for paper: within the PDF where they can be, gone
where they would lead to a file of this computer.
"""

from __future__ import annotations

import copy
import hashlib
import os
import posixpath
import re
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from lib import browser
from lib.build.plan import Page
from lib.disk.files import keep, kept
from lib.errors import BookError
from lib.site import directory
from lib.site.directory import BOOK, PDFS

APPENDIX = ("chapters/glossary", "facts", "references")
"""Pages that the PDF of the book has after its chapters; the links of the text lead there."""
OPTIONS: dict[str, Any] = {
    "format": "A4",
    "prefer_css_page_size": True,
    "print_background": True,
    "outline": True,
    "tagged": True,
}
MINUTES = 60_000  # milliseconds


class NoBrowser(BookError):
    """The lack of a Chromium that could print."""


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
        prints = {n: whole(soups, pages) if n == BOOK else alone(soups[places[n]]) for n in stale}
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


def alone(soup: BeautifulSoup) -> str:
    """Fit a page for a PDF of its own: links to other pages lead to the public site, or nowhere without an address."""
    page = _plain_copy(soup)
    public = page.select_one('link[rel="canonical"][href^="http"]')
    for anchor in page.select("a[href]"):
        address = urlsplit(str(anchor["href"]))
        if not address.scheme and address.path:
            if public:
                anchor["href"] = urljoin(str(public["href"]), str(anchor["href"]))
            else:
                _unlink(anchor)
    return str(page)


def whole(soups: Mapping[str, BeautifulSoup], pages: list[Page]) -> str:
    """Join all chapters and the appendices into one page; links between them lead from one to the other."""
    order = [page.docname for page in pages if page.is_notebook]
    order += [page.docname for page in pages if page.docname in APPENDIX and page.docname not in order]
    book = _plain_copy(soups[order[0]])
    article = _article(book)
    article.clear()
    for docname in order:
        page = _plain_copy(soups[docname])
        section = book.new_tag("div", attrs={"class": "iv-print-page", "id": _anchor(docname, "")})
        for tag in page.select("[id]"):
            if tag.find_parent("svg") is None and tag.name != "svg":
                tag["id"] = _anchor(docname, str(tag["id"]))
        for anchor in page.select("a[href]"):
            _within(anchor, docname, order)
        section.extend(list(_article(page).contents))
        article.append(section)
    return str(book)


def _plain_copy(soup: BeautifulSoup) -> BeautifulSoup:
    """Make a copy without scripts and without what is not for paper, in light colours."""
    page = copy.copy(soup)
    for tag in page.select(
        "script, noscript, template, .iv-definition, .iv-data, .headerlink, .onlyprint, details.iv-tools"
    ):
        tag.decompose()
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


def _within(anchor: Tag, docname: str, order: list[str]) -> None:
    """Lead a link between pages to the place in the one PDF that has both; drop it when the page is not there."""
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
        _unlink(anchor)


def _unlink(anchor: Tag) -> None:
    anchor.name = "span"
    del anchor["href"]


# ------------------------------------------------------------------------------------------- printing


def _print(
    stale: Mapping[str, str], keys: Mapping[str, str], site: Path, store: Path, places: Mapping[str, str]
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
        for name, text in stale.items():
            source = (site / f"{places[name]}.html").with_name(f".print-{name}.html")
            try:
                source.write_text(text, encoding="utf-8")
                page = context.new_page()
                page.goto(source.as_uri())
                content = page.pdf(**OPTIONS)
                page.close()
            finally:
                source.unlink(missing_ok=True)
            for old in store.glob(f"{name}-????????????????.*"):
                old.unlink()
            keep(store, f"{name}-{keys[name]}", ".pdf", content)
        running.close()
