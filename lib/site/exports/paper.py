"""Pages made fit for paper: one alone, or the whole book as one page.

Links lead to a place within the PDF where they can, and are gone where they would lead to a file of this computer. Wide
tables are on turned pages at the end of their chapter.
"""

from __future__ import annotations

import copy
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from lib import cite
from lib.build.plan import Page

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
Numbers = Mapping[str, int]
"""The page on which an anchor is."""
NO_NUMBERS: Numbers = MappingProxyType({})


def alone(soup: BeautifulSoup) -> str:
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
