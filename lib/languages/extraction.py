"""From notebooks to catalogues: the messages of all pages, and how far each catalogue has come."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.languages import catalogues, pages
from lib.languages.catalogues import WORDS, State


@dataclass(frozen=True)
class Entry:
    """How far a catalogue has come: its messages counted by state, and who answers for it."""

    language: str
    name: str
    counted: Counter[State]
    translator: str


def update(root: Path, executed: Path, begun: str | None = None) -> None:
    """Bring all catalogues up to the notebooks; `executed` is the folder of those that ran, `begun` a new language.

    Raises catalogues.CatalogueError, errors.Misused for an unknown language, and pages.NotRun for a notebook that was
    not run as it now is.
    """
    if begun:
        catalogues.locale(begun)
    wanted = sorted({*catalogues.languages(root), *([begun] if begun else [])})
    cells = {name: pages.cells(pages.notebook(root, name), _ran(executed, name)) for name in pages.of_book(root)}
    messages = {name: pages.messages(found) for name, found in cells.items()}
    messages[WORDS] = pages.words(cell for found in cells.values() for cell in found)
    now = dt.datetime.now(dt.UTC)
    for language in wanted:
        for name, listed in messages.items():
            catalogues.updated(root, language, name, listed, now)


def _ran(executed: Path, name: str) -> Path:
    path = executed / pages.CHAPTERS / f"{name}.ipynb"
    if not path.is_file():
        raise pages.NotRun(f"{name}.ipynb has not been run")
    return path


def overview(root: Path) -> Iterator[Entry]:
    """Yield how far each catalogue has come. Raises catalogues.CatalogueError."""
    for language in catalogues.languages(root):
        for name in (*pages.PAGES, WORDS):
            if catalogue := catalogues.read(root, language, name):
                yield Entry(language, name, catalogue.counted(), catalogue.translator)
