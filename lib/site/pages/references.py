"""The sources of the book as BibTeX, which Sphinx makes the page of references from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lib import cite
from lib.records import DOI, WEB, Records
from lib.site.sphinx.bibliography import shielded
from lib.tables import asof


def bibliography(records: Records, sources: Mapping[str, dict]) -> str:
    """Return BibTeX entries of the sources used, from sources.csv."""
    from pybtex.database import Entry, Person

    entries = {}
    for name in records.sources:
        row = sources[name]
        fields = {key: value for key, value in _bibtex_fields(row).items() if value}
        entry = Entry("misc", fields=fields)
        if row.get("publisher"):
            entry.persons["author"] = [Person(last=f"{{{shielded(row['publisher'])}}}")]
        entries[name] = entry
    return cite.bibtex_file(entries)


def _bibtex_fields(row: Mapping[str, str]) -> dict[str, str]:
    remarks = [
        _published_words(row),
        f"Licence: {row['licence']}" if row.get("licence") else "",
        _capital(row.get("note", "")),
    ]
    if row.get("confidence") in ("low", "medium"):
        remarks.insert(1, f"Confidence: {row['confidence']}")
    return {
        "title": f"{{{shielded(row.get('title', ''))}}}",
        "year": row.get("published", "")[:4],
        "doi": _address(row.get("doi", ""), DOI),
        "url": _address(row.get("url", ""), WEB),
        "note": ". ".join(f"{{{shielded(text.rstrip('. '))}}}" for text in remarks if text),
    }


def _address(text: str, form: re.Pattern) -> str:
    """Percent-encode the signs of a URL or DOI that would end a BibTeX field or be read as TeX.

    Empty for what has not the form, of which no link must be made.
    """
    if not form.fullmatch(text):
        return ""
    return text.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _published_words(row: Mapping[str, str]) -> str:
    published, accessed = asof.printed_day(row), row.get("accessed", "")
    if not published:
        return f"Publication date unknown; read {accessed}" if accessed else ""
    return f"Published {published}; read {accessed}" if accessed else f"Published {published}"
