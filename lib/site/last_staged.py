"""What a staged book was made from: where prose alone changed since, only the pages that it is on are staged again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from lib import records as recording
from lib.build.plan import Page
from lib.disk.files import file_hash, replace_text
from lib.site.pages import languages


@dataclass(frozen=True)
class LastStaged:
    """The book staged in `staged`, and in `folder` what it was made from.

    What it would be made from now: its `pages`, the `executed` copies of their notebooks, the copies as of the day that
    it is `compared` with, and all else, of which `beside` is a hash.
    """

    folder: Path
    staged: Path
    beside: str
    pages: Sequence[Page]
    executed: Mapping[str, Path]
    compared: Mapping[str, Path] = field(default_factory=dict)

    def changed(self) -> set[str] | None:
        """Return the pages to be staged again; None where that has to be the whole book.

        A change is that of its own page alone where the page records what it did before: numbers, figures, sources and
        titles. Pages that share a notebook share its zip. Translations show the prose of other pages, so a book that
        has some is staged as a whole.
        """
        then = json.loads(self._mark.read_text("utf-8")) if self._mark.is_file() and self.staged.is_dir() else {}
        now = self._now
        if {**then, "pages": ()} != {**now, "pages": ()} or then["pages"].keys() != now["pages"].keys():
            return None
        changed = {name for name, hashes in now["pages"].items() if hashes != then["pages"][name]}
        if languages.read(self.staged) or not all(map(self._records_the_same, changed)):
            return None
        notebooks = {page.notebook for page in self._notebooks if page.docname in changed}
        return {page.docname for page in self._notebooks if page.notebook in notebooks}

    def keep(self) -> None:
        """Note that the book is staged as a whole, and what it was made from when `changed` was asked."""
        for page in self._notebooks:
            for kept, copy in self._copies(page.docname):
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(copy, kept)
        replace_text(self._mark, json.dumps(self._now))

    def forget(self) -> None:
        """Note that the book is not staged as a whole, or is about to change."""
        self._mark.unlink(missing_ok=True)

    @property
    def _mark(self) -> Path:
        return self.folder / "made-from.json"

    @property
    def _notebooks(self) -> list[Page]:
        return [page for page in self.pages if page.is_notebook]

    @cached_property
    def _now(self) -> dict:
        pages = {
            page.docname: [file_hash(page.notebook), *(file_hash(copy) for _, copy in self._copies(page.docname))]
            for page in self._notebooks
        }
        return {"beside": self.beside, "pages": pages}

    def _records_the_same(self, name: str) -> bool:
        return all(_recorded(name, kept) == _recorded(name, copy) for kept, copy in self._copies(name))

    def _copies(self, name: str) -> list[tuple[Path, Path]]:
        """List the executed copies of a page: where each is kept, and as it is now."""
        editions = {"now": self.executed, "then": self.compared}
        return [
            (self.folder / day / f"{name}.ipynb", copies[name]) for day, copies in editions.items() if name in copies
        ]


def _recorded(name: str, copy: Path) -> recording.Records:
    return replace(recording.collect({name: copy}), sentences={})
