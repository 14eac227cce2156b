"""What a notebook calls to be a page: the dated line, its facts, its sections, and the colophon.

A notebook opens a chapter, gives its numbers names, and puts what needs data into sections. A section whose data were
not yet public on the as-of day says so, with the day they start, and the rest of the page goes on. Prose stands in
Markdown; a paragraph that only holds under a condition is said in code.
"""

from __future__ import annotations

import datetime as dt
import html
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType

import pandas as pd
from IPython.display import HTML, Markdown, display

from lib import cite, facts, figures, markup, run, words
from lib.absent import Absent, bound_after
from lib.cite import written
from lib.figures.publish import fold
from lib.markup import Marked, text
from lib.metadata import KEY
from lib.run import Run
from lib.tables import catalog

COVER = "index"
LONG_LIST = 8  # a list of publishers that is longer shows its first five; book.css has the same number


@dataclass
class Chapter:
    """A page that is being written by a notebook; made by `open`."""

    name: str
    as_of: dt.date | None
    parameters: dict[str, object]
    run: Run
    _rests_on: set[str] = field(default_factory=set)
    _noted: set[str] = field(default_factory=set)

    @cached_property
    def fact(self) -> facts.Facts:
        """The facts of the page, by name."""
        return facts.Facts(self.run)

    @cached_property
    def headline(self) -> facts.Facts:
        """The same facts, for those of the answer and the key findings: rows of low confidence may not carry them."""
        return facts.Facts(self.run, headline=True)

    @property
    def day(self) -> dt.date:
        """The as-of day; when it was left open, the day up to which the sources were read."""
        return self.as_of or catalog.vintage()

    @property
    def written_day(self) -> str:
        """The as-of day as prose writes it."""
        return written(self.day)

    def sentence(self, template: str, **values: object) -> Marked:
        """`template` with its {names} filled; facts become links to their derivation, other values stand as text.

        What comes from a table is a value, or passes `text` before it becomes a part of a template. A sentence may
        be a value or a part of another one.
        """
        return markup.filled(facts.typographic(template), values)

    def say(self, template: str, **values: object) -> None:
        """Show a paragraph of Markdown with its {names} filled as in `sentence`."""
        display(Markdown(self.sentence(template, **values)))

    def section(self, title: str = "", *, note: bool = True) -> AbstractContextManager[None]:
        """Run the body of a `with` statement; where its data were not yet public, say since when they are instead.

        What the rest of the body would have bound is absent after that: the prose leaves out what asks for it.
        With a `title` it begins a part of the page, whose figures rest on what is read from there on; without one it
        goes on with that part, and does not repeat what was said there of missing data. Without `note` nothing is said.
        """
        if title:
            self.run.read_by_part.clear()
            self._noted.clear()
        return _Section(self, note)

    def leave_out(self, error: catalog.NoDataYet) -> None:
        """Say once in a part of the page that data were not public, and since when they are."""
        reason = self._why_missing(error)
        if reason not in self._noted:
            self._noted.add(reason)
            self._note(reason)

    def rests_on(self, sources: Iterable[str]) -> None:
        """Name sources that the page rests on beside those of its numbers and figures."""
        self._rests_on.update(sources)

    def colophon(self) -> None:
        """Show sources and citation of the page; record its facts, the tables it read and its parameters."""
        with self.run.entered():
            self._end()
        run.end(self.run)

    def _end(self) -> None:
        used = self._sources_used()
        listed = catalog.sources().loc[used].sort_values(["publisher", "published", "title"])
        by_publisher = sorted(listed.groupby("publisher"), key=lambda group: (-len(group[1]), group[0].casefold()))
        lines = [f"- {_references(publisher, rows)}" for publisher, rows in by_publisher]
        rest = ["", fold(f"All {len(lines)} publishers")] if len(lines) > LONG_LIST else []
        display(Markdown("\n".join(["## Sources", "", *lines, *rest])))
        display(Markdown(self._citation()), metadata={KEY: {"citation": True}})
        read = catalog.tables_read()
        record = {
            "name": self.name,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "vintage": catalog.vintage(self.as_of).isoformat(),
            "parameters": self.parameters,
            "facts": [fact.as_record() for fact in facts.recorded()],
            "tables": sorted(read),
            "known_by": {name: day.isoformat() if day else "" for name, day in sorted(read.items())},
            "sources": used,
        }
        display(HTML(""), metadata={KEY: {"chapter": record}})

    def _sources_used(self) -> list[str]:
        from_facts = {entry["source_id"] for fact in facts.recorded() for entry in fact.inputs}
        from_figures = {source for figure in figures.published() for source in figure["sources"]}
        return sorted(from_facts | from_figures | self._rests_on)

    def _citation(self) -> str:
        """How to cite the page, as the notebook shows it; the site has more formats in its place."""
        kind = "book" if self.name == COVER else "chapter"
        title = self.name.replace("-", " ").capitalize()
        work = cite.Work(kind, self.name, title, self.day, catalog.vintage(self.as_of))
        return f"## Cite this {kind}\n\n{cite.formatted(work, 'apa', 'html')}"

    def _why_missing(self, error: catalog.NoDataYet) -> str:
        what = error.what or f"The table “{catalog.resource(error.table).get('title', error.table)}”"
        start = f" {what} starts on {written(error.starts)}." if error.starts else ""
        return f"This book has no data for this section as of {written(self.day)}.{start}"

    def _note(self, message: str) -> None:
        display(HTML(f'<p class="iv-missing">{html.escape(message)}</p>'))


def joined(values: Iterable[object]) -> Marked:
    """Join values as a sentence lists them, a, b and c; facts stay links to their derivation."""
    return Marked(words.joined(map(text, values)))


def if_known(value: object) -> object:
    """Give a part of a sentence, or nothing where its data were not yet public and the rest can stand without it."""
    return "" if isinstance(value, Absent) else value


class _Section(AbstractContextManager[None]):
    """A part of a page that may lack its data; made by `Chapter.section`."""

    def __init__(self, chapter: Chapter, note: bool) -> None:
        self._chapter, self._note, self._run = chapter, note, chapter.run.entered()

    def __enter__(self) -> None:
        self._frame = sys._getframe(1)
        self._start = self._frame.f_lineno
        self._run.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._run.__exit__(kind, error, trace)
        frame = self.__dict__.pop("_frame")
        if not isinstance(error, catalog.NoDataYet) or trace is None:
            return False
        for name, attribute in bound_after(frame, self._start, trace.tb_lineno):
            if not attribute:
                frame.f_globals[name] = Absent(error)
            elif isinstance(frame.f_globals.get(name), facts.Facts):
                frame.f_globals[name].leave_out(attribute, error)
        if self._note and not isinstance(error, catalog.DoesNotHold):
            self._chapter.leave_out(error)
        return True


def open(name: str, as_of: str | dt.date | None = None, **parameters: object) -> Chapter:
    """Open the page `name` as known on `as_of` and show its dated line.

    `parameters` are the notebook's other parameters, for the record. Raises ValueError for a bad date.
    """
    day = catalog.as_day(as_of)
    chapter = Chapter(name, day, {"as_of": str(as_of or "")} | parameters, run.start(name))
    if chapter.as_of is None:
        limit = f"As known on {written(chapter.day)}, the day up to which the sources were read."
    else:
        limit = f"As known on {written(chapter.day)}; figures published later are left out."
    version = cite.version()
    display(HTML(f'<p class="iv-dated">Edition {html.escape(str(version))}. {limit}</p>'))
    return chapter


def _references(publisher: str, rows: pd.DataFrame) -> str:
    """Write what was used of one publisher: its name, and each title as a link to the bibliography."""
    titles = (f'<a href="source:{source_id}">{text(title)}</a>' for source_id, title in rows["title"].items())
    return f"{text(publisher)}: {'; '.join(titles)}"
