"""Sphinx's work kept for the next build of a site: where prose alone changed, only its pages are made anew.

Pages show one another's titles and numbers. So what was kept is used only where each change is one that no other page
can show: words of a paragraph, with the same code, results, headings and labels, and the same files beside them.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.disk import folders
from lib.site.exports import citation, figures

ANCHOR = re.compile(r"^(?:#{1,6} .*|\([^)]+\)=|.*\{#[^}]+\}.*)$", re.MULTILINE)
"""Lines of Markdown to which other pages may lead: headings, labels and named attributes."""
BESIDE = (citation.FILES, figures.FOLDER)
"""Folders of a staged book that Sphinx does not read: what is in them is put beside the pages."""
SHOWN_ELSEWHERE = ("glossary",)
"""Pages whose prose other pages show: definitions appear wherever a term is used."""


@dataclass(frozen=True)
class Kept:
    """A folder with the sources that Sphinx read last and what it made of them; `key` says with which code."""

    folder: Path
    key: str

    @property
    def source(self) -> Path:
        """The book as Sphinx read it."""
        return self.folder / "book"

    @property
    def _mark(self) -> Path:
        return self.folder / "key"

    def take(self, staged: Path) -> None:
        """Bring the sources up to a staged book; what is as it was keeps its time, so that Sphinx passes it over.

        Forgets all that was kept where a change may show on a page other than its own, or the last build did not end.
        """
        changed, gone = folders.differing(staged, self.source, skip=BESIDE)
        ended = self._mark.is_file() and self._mark.read_text("utf-8") == self.key
        if not ended or gone or not _stays_on_its_page(changed, staged, self.source):
            shutil.rmtree(self.folder, ignore_errors=True)
            changed, _ = folders.differing(staged, self.source, skip=BESIDE)
        self._mark.unlink(missing_ok=True)
        folders.copied(changed, staged, self.source)

    def ended(self) -> None:
        """Say that a build with these sources went well."""
        self._mark.write_text(self.key, encoding="utf-8")

    def forget(self) -> None:
        """Begin from nothing the next time."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _stays_on_its_page(changed: set[str], new: Path, old: Path) -> bool:
    """Return whether no page but those that changed can show the change; a file that is new may show anywhere."""
    pages = {name.rpartition(".")[0] for name in changed if name.endswith((".ipynb", ".md"))}
    return all((old / name).is_file() and _same_for_others(name, new / name, old / name, pages) for name in changed)


def _same_for_others(name: str, new: Path, old: Path, pages: set[str]) -> bool:
    if name == citation.HEADS:  # what stands in the head of each page, by page
        before, after = (json.loads(path.read_text("utf-8")) for path in (old, new))
        return before.keys() == after.keys() and {page for page in after if after[page] != before[page]} <= pages
    if Path(name).stem in SHOWN_ELSEWHERE:
        return False
    if name.endswith(".md"):
        return _anchors(new.read_text("utf-8")) == _anchors(old.read_text("utf-8"))
    return name.endswith(".ipynb") and _seen_elsewhere(new) == _seen_elsewhere(old)


def _seen_elsewhere(notebook: Path) -> tuple[list[Any], list[str]]:
    """Return what other pages may show of a notebook: its code with results, and the anchors of its prose."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = [{**cell, "id": ""} for cell in cells if cell["cell_type"] == "code"]
    return code, _anchors("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))


def _anchors(text: str) -> list[str]:
    return ANCHOR.findall(text)
