"""A notebook with a page in other languages, and catalogues for it, in the state that a test asks for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polib

from lib.languages import catalogues, pages
from tests.publish.book import HELPERS, PARAMETERS, notebook

SHARE = """share = HTML('<a class="iv-fact" href="fact:ores.share" title="share of the world">at most 1,069.5%</a>')
day, trend, missing = "4 April 2025", "did not change", "sold more"
"""
FINDINGS = """- The share is {eval}`share` since {eval}`day` ({numref}`fig-first`).
- Ore is rock ([see there](#ores)).
- It lasts.
"""
CELLS = [
    ("markdown", "# Reserves"),
    ("parameters", PARAMETERS),
    ("code", HELPERS),
    ("code", SHARE),
    ("markdown", "## Key findings"),
    ("markdown", FINDINGS),
    ("markdown", "## More evidence\n\nThis is on the English page alone."),
    ("code", 'chapter("reserves", [], as_of)'),
]
GERMAN = {
    "Reserves": "Reserven",
    "Key findings": "Die wichtigsten Ergebnisse",
    "The share is {eval}`share` since {eval}`day` ({numref}`fig-first`).": "Seit dem {eval}`day` beträgt der Anteil "
    "{eval}`share` ({numref}`Abb. %s <fig-first>`).",
    "Ore is rock ([see there](#ores)).": "Erz bleibt Gestein ([siehe dort](#ores)).",
    "It lasts.": "Es reicht.",
}
WORDS = {
    pages.IS_DRAFT: "Ein Entwurf.",
    pages.IS_OLDER: "Vom {0}, seither geändert.",
    pages.ENGLISH_PAGE: "Auf Englisch",
    pages.MORE: "Mehr auf Deutsch",
    "at most {0}": "höchstens {0}",
    "more than {0}": "über {0}",
    "did not change": "blieb gleich",
}
EARLIER, LATER = dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


def write_notebook(root: Path, cells: list[tuple[str, str]] = CELLS) -> Path:
    """Write the notebook of the page."""
    path = pages.notebook(root, "reserves")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook(cells), encoding="utf-8")
    return path


def write_catalogue(
    root: Path, language: str, name: str, texts: dict[str, str], *, translator: str = "", fuzzy: tuple[str, ...] = ()
) -> Path:
    """Write a catalogue with translations by `translator`; those in `fuzzy` were checked by nobody."""
    catalogues.updated(root, language, name, texts, EARLIER)
    path = catalogues.place(root, language, name)
    po = polib.pofile(str(path))
    po.metadata[catalogues.TRANSLATOR] = translator or catalogues.NOBODY
    for entry in po:
        entry.msgstr = texts[entry.msgid]
        entry.flags = ["fuzzy"] if entry.msgid in fuzzy else []
    po.save(str(path))
    return path


def write_german(root: Path, translator: str = "Erika Muster", fuzzy: tuple[str, ...] = (), **changed: str) -> Path:
    """Write the German catalogues, by default as a fluent reader has checked them."""
    write_catalogue(root, "de", catalogues.WORDS, WORDS, translator=translator)
    return write_catalogue(root, "de", "reserves", GERMAN | changed, translator=translator, fuzzy=fuzzy)
