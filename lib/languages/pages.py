"""Pages of the book in another language: which of their passages are translated, and their text with its values.

A page is a chapter in short: its title, its answer and its key findings; or the whole prose of a chapter without key
findings. Its text has the values that the English page shows, of the same run. What has no translation as the English
now stands is shown in English and marked as such.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lib import prose
from lib.build.sanitise import ANSWER, HEADING
from lib.errors import BookError
from lib.languages import catalogues, values
from lib.languages.catalogues import NOBODY, WORDS, Catalogue, State

CHAPTERS = "chapters"
PAGES = ("start-here", "reserves", "processing", "export-controls", "western-dependence", "what-if")
"""The chapters that have pages in other languages."""
FINDINGS = "## Key findings"
IS_DRAFT = "This page is a machine draft. Nobody who is fluent in the language has checked it."
IS_OLDER = "This translation dates from {0}. The English text has changed since then; what changed is shown in English."
ENGLISH_PAGE = "All figures and evidence are on the English page"
MORE = "More in this language"
FRAME = (IS_DRAFT, IS_OLDER, ENGLISH_PAGE, MORE)
"""What pages say beside the prose."""
MARK = re.compile(r"\A\s*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)?")
"""What is before the words of a block: the mark of a heading or an item, and its indent."""
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s:]*)\)")
"""A link to a place of the book; those with a scheme lead elsewhere."""


class NotRun(BookError):
    """A notebook was not run as it now is, so that the values of its prose are unknown."""

    remedy = "Run `book build` first."


@dataclass(frozen=True)
class Cell:
    """A cell of prose with the results of its expressions; `is_answer` is that of the answer of a page."""

    source: str
    results: Sequence[Mapping[str, Any]] = ()
    is_answer: bool = False


@dataclass(frozen=True)
class Page:
    """A page in another language: its name, title and text in Markdown, what it says on top, and before its siblings.

    A draft has something that no fluent reader has checked.
    """

    language: str
    name: str
    title: str
    text: str
    is_draft: bool
    revised: dt.date
    notices: tuple[str, ...]
    more: str

    @property
    def docname(self) -> str:
        """Where the page is in the site: de/start-here."""
        return f"{catalogues.tag(self.language)}/{self.name}"

    @property
    def english(self) -> str:
        """Where the English page is in the site."""
        return f"{CHAPTERS}/{self.name}"


# ------------------------------------------------------------------------------------------- messages


def notebook(root: Path, name: str) -> Path:
    """Return the notebook of a page."""
    return root / CHAPTERS / f"{name}.ipynb"


def of_book(root: Path) -> list[str]:
    """List the pages of a book that can be put into other languages."""
    return [name for name in PAGES if notebook(root, name).is_file()]


def cells(source: Path, executed: Path | None = None) -> list[Cell]:
    """List the cells of prose that a page consists of; with the results of the executed notebook, where it is given.

    Raises NotRun where what ran had other expressions.
    """
    written = _prose(source)
    results = [cell["metadata"].get(prose.KEY, ()) for cell in _prose(executed)] if executed else [()] * len(written)
    asked = [set(prose.expressions("".join(cell["source"]))) for cell in written]
    if executed and asked != [{entry["expression"] for entry in kept} for kept in results]:
        raise NotRun(f"{source.name} has changed since it was last run")
    found = [
        Cell("".join(cell["source"]), kept, "answer" in cell["metadata"].get("tags", ()))
        for cell, kept in zip(written, results, strict=True)
    ]
    return list(_in_short(found)) if any(cell.source.startswith(FINDINGS) for cell in found) else found


def _prose(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "markdown"]


def _in_short(found: Iterable[Cell]) -> Iterator[Cell]:
    within = False
    for cell in found:
        within = cell.source.startswith(FINDINGS) or (within and not cell.source.startswith("## "))
        if within or cell.is_answer or HEADING.match(cell.source):
            yield cell


def messages(found: Iterable[Cell]) -> list[str]:
    """List the messages of a page: the words of each block, on one line."""
    listed = (_message(block) for cell in found for block in prose.blocks(cell.source))
    return [message for message in listed if message]


def _message(block: str) -> str:
    return "" if prose.FENCE.match(block) else " ".join(block[_start(block) :].split())


def _start(block: str) -> int:
    mark = MARK.match(block)
    return mark.end() if mark else 0


def words(found: Iterable[Cell]) -> list[str]:
    """List the messages that all pages share: what they say beside the prose, bounds, and the words of their values."""
    listed = [*FRAME, *(f"{bound}{{0}}" for bound in values.BOUNDS)]
    for cell in found:
        for entry in cell.results:
            if has_value(entry):
                listed += values.messages(prose.shown(entry["result"]["data"]))
    return list(dict.fromkeys(listed))


def has_value(entry: Mapping[str, Any]) -> bool:
    """Return whether an expression has a value, which what was not public by the day of the page has not."""
    return entry["result"]["status"] == "ok" and prose.ABSENT not in entry["result"]["data"]


# ------------------------------------------------------------------------------------------- pages


def read(root: Path, executed: Mapping[str, Path]) -> list[Page]:
    """Put all pages that have a catalogue into its language; `executed` are the notebooks that ran, by docname.

    Those that did not run as they now are, in a quick build of another chapter, are left out. Raises
    catalogues.CatalogueError.
    """
    languages = catalogues.languages(root)
    ran = [(name, path) for name in PAGES if languages and (path := executed.get(f"{CHAPTERS}/{name}"))]
    found = {}
    for name, path in ran:
        with contextlib.suppress(NotRun):
            found[name] = cells(notebook(root, name), path)
    return [page for language in languages for page in _in_language(root, language, found)]


def _in_language(root: Path, language: str, found: Mapping[str, Sequence[Cell]]) -> Iterator[Page]:
    shared = catalogues.read(root, language, WORDS)
    for name, each in found.items():
        catalogue = catalogues.read(root, language, name)
        if catalogue and shared is None:
            where = catalogues.place(root, language, WORDS).relative_to(root).as_posix()
            raise catalogues.CatalogueError([f"{where}: not found, but {name}.po is there; `book translate` makes it"])
        if catalogue and shared:
            yield _page(name, each, catalogue, shared)


def _page(name: str, found: Sequence[Cell], catalogue: Catalogue, shared: Catalogue) -> Page:
    translator = Translator(catalogue, shared)
    said = [text for cell in found if (text := translator.cell(cell))]
    frame = {message: translator.words(message) for message in FRAME}
    asked = messages(found)
    checked = NOBODY not in (catalogue.translator, shared.translator) and catalogue.was_finished(asked)
    is_draft = not checked or translator.used_draft or State.DRAFT in map(catalogue.state, asked)
    day = values.day(catalogue.revised, translator.locale)
    notices = {frame[IS_DRAFT]: is_draft, frame[IS_OLDER].replace("{0}", day): translator.fell_back}
    return Page(
        language=catalogue.language,
        name=name,
        title="".join(HEADING.findall(said[0])[:1]),
        text=linked("\n\n".join([*said, f"[{frame[ENGLISH_PAGE]}]({name}.ipynb)"]), name),
        is_draft=is_draft,
        revised=catalogue.revised,
        notices=tuple(notice for notice, holds in notices.items() if holds),
        more=frame[MORE],
    )


def linked(text: str, name: str) -> str:
    """Return Markdown whose links lead from a page in another language to the English chapters; `name` is its own."""

    def link(match: re.Match[str]) -> str:
        page, _, anchor = match[2].partition("#")
        place = f"../{CHAPTERS}/{Path(page).stem or name}.html{f'#{anchor}' if anchor else ''}"
        return f'<a href="{place}" hreflang="en">{match[1]}</a>'

    return LINK.sub(link, text)


class Translator:
    """Puts cells of prose into a language, and notes whether something is a draft or had to stay English."""

    def __init__(self, catalogue: Catalogue, shared: Catalogue):
        self.locale = catalogues.locale(catalogue.language)
        self.used_draft = self.fell_back = False
        self._catalogue, self._shared = catalogue, shared

    def cell(self, cell: Cell) -> str:
        """Return the text of a cell with its values; empty where none of them was public."""
        known = {entry["expression"]: self._result(entry) for entry in cell.results}
        told = "".join(self._block(block, cell.results, known) for block in prose.blocks(cell.source))
        text = prose.filled(told, [{"expression": name, "result": said} for name, said in known.items() if said])
        mark = f".{ANSWER}" if cell.is_answer else ".key-findings" if cell.source.startswith(FINDINGS) else ""
        return f"{{{mark}}}\n{text}" if mark and text else text

    def words(self, message: str) -> str:
        """Return the words of a message that all pages share; in English where there is no translation."""
        return self._known(self._shared, message) or message

    def _known(self, catalogue: Catalogue, message: str) -> str | None:
        self.used_draft |= catalogue is self._shared and catalogue.state(message) is State.DRAFT
        return catalogue.translation(message)

    def _result(self, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return a result in the language; None where its words have no translation."""
        if not has_value(entry):
            return entry["result"]
        known: Callable[[str], str | None] = partial(self._known, self._shared)
        said = values.localised(prose.shown(entry["result"]["data"]), self.locale, known)
        return None if said is None else {**entry["result"], "data": {"text/html": said}}

    def _block(
        self, block: str, english: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any] | None]
    ) -> str:
        """Return a block in the language, with its expressions; in English it has its values already."""
        message, start = _message(block), _start(block)
        tail = block[len(block.rstrip()) :]
        said = self._catalogue.translation(message)
        if not message or (said and all(known[name] is not None for name in prose.expressions(block))):
            return f"{block[:start]}{said}{tail}" if message else block
        filled = prose.filled(block[start:], english)
        if not filled:  # one of its values was not public
            return tail if prose.BLANK.search(tail) else ""
        self.fell_back = True
        return f'{block[:start]}<span lang="en">{filled.rstrip()}</span>{tail}'
