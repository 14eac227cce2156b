"""The texts of a site for machines: `<page>.md` beside each page, `llms.txt` that lists them, `llms-full.txt`.

The last two follow the convention of llmstxt.org: a title, a summary, and sections of links; all chapters in one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib import cite

ROOT = "\ue000"
"""What a text has for the way to the root of the site, which differs from one file to another."""
LIST, FULL = "llms.txt", "llms-full.txt"
OF_FIGURE = {"csv": "CSV", "json": "JSON", "svg": "SVG", "page": "page of the figure"}
"""Files that the text of a page names of a figure, and what they are called."""
FILES = {
    "facts.json": "every number of the text with value, unit, bound, scope, period, formula, rows and sources",
    "facts.csv": "the same with one number per row",
    "facts.schema.json": "JSON Schema of facts.json",
    "claims.json": "claims of the press with verdicts, as known then and now",
    "changes.json": "what changed since an earlier edition",
    "data/datapackage.json": "the tables as a Frictionless Data Package, with a dictionary of their columns",
    "data/croissant.json": "the tables in Croissant, for programs that learn from data",
    "feeds/book.atom": "what changed, as an Atom feed; the feeds of single pages are beside it",
    "sitemap.xml": "all pages with the day on which they last changed",
    "verify.py": "computes the numbers again from the tables; needs only Python",
}
"""Files for programs; a site lists those that it has."""


@dataclass(frozen=True)
class Page:
    """A page: its title, what it says in a sentence or two, and its text, whose links begin with ROOT."""

    title: str
    description: str
    text: str


@dataclass(frozen=True)
class Book:
    """The pages of a site by name, in which order they are read, and its address, which may be empty.

    `parts` are the captions of the table of contents with their pages, `below` the pages that are below each of these,
    `files` those of FILES that there are, and `chapters` the pages that are read from beginning to end.
    """

    cover: str
    address: str
    pages: Mapping[str, Page]
    parts: Sequence[tuple[str, Sequence[str]]]
    below: Mapping[str, Sequence[str]]
    files: Sequence[str]
    chapters: Sequence[str]

    @property
    def root(self) -> str:
        """Return what an address of the site begins with in a file that is at its root."""
        return f"{self.address.rstrip('/')}/" if self.address else ""


def write(book: Book, site: Path) -> None:
    """Write all texts to the folder of a site."""
    for name, page in book.pages.items():
        (site / f"{name}.md").write_text(page_text(book, name, page), encoding="utf-8")
    (site / LIST).write_text(listing(book), encoding="utf-8")
    (site / FULL).write_text(full(book), encoding="utf-8")


def page_text(book: Book, name: str, page: Page) -> str:
    """Return the text of a page with its permanent address at the end."""
    up = book.root or "../" * name.count("/")
    text = f"{page.text}\n---\n\nThis is the text of [{page.title}]({ROOT}{name}.html) in {_edition()}.\n"
    return text.replace(ROOT, up)


def listing(book: Book) -> str:
    """Return llms.txt: what the book is, its pages by part, and its files for programs."""
    cover = book.pages.get(book.cover)
    lines = [f"# {cite.book_title()}", ""]
    lines += [f"> {cover.description}", ""] if cover and cover.description else []
    lines += [
        f"This is {_edition()}. Each page is listed as Markdown; the same address with `.html` is the page that people "
        "read. A number in the text links to its derivation. Cite a chapter with the day as of which it was made.",
        "",
    ]
    for caption, names in book.parts:
        lines += _section(caption or "Pages", [_entry(book, name) for name in names if name in book.pages])
    for name, names in book.below.items():
        title = book.pages[name].title if name in book.pages else name
        lines += _section(title, [_entry(book, below) for below in names if below in book.pages])
    files = [f"- [{name}]({book.root}{name}): {FILES[name]}" for name in book.files]
    chapters = f"- [{FULL}]({book.root}{FULL}): all chapters in one file, without the pages of single economies"
    lines += _section("For programs", [chapters, *files])
    return "\n".join(lines)


def _section(title: str, entries: Iterable[str]) -> list[str]:
    entries = list(entries)
    return [f"## {title}", "", *entries, ""] if entries else []


def _entry(book: Book, name: str) -> str:
    page = book.pages[name]
    described = f": {page.description}" if page.description else ""
    return f"- [{page.title}]({book.root}{name}.md){described}"


def full(book: Book) -> str:
    """Return llms-full.txt: the cover and all chapters in reading order, each with its address."""
    names = dict.fromkeys([book.cover, *book.chapters])
    texts = [
        f"{page.text}\nAddress of this chapter: [{page.title}]({ROOT}{name}.html)\n"
        for name in names
        if (page := book.pages.get(name))
    ]
    head = f"This file has all chapters of {_edition()}.\n"
    return "\n---\n\n".join([head, *texts]).replace(ROOT, book.root)


def _edition() -> str:
    return f"{cite.book_title()}, version {cite.version()}"
