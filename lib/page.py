"""What a notebook calls to be a page: the dated line, key findings, paragraphs, parts, and the colophon.

A notebook opens a chapter, says sentences whose numbers are recorded facts, and puts each figure with its
text into a part. A part whose data were not yet public on the as-of day says so, with the day they start,
and the rest of the page goes on.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd
from IPython.display import HTML, Markdown, display

from lib import cite, facts, figures, markup, run
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
    _findings: list[str] = field(default_factory=list)
    _missing: list[catalog.NoDataYet] = field(default_factory=list)
    _rests_on: set[str] = field(default_factory=set)

    @property
    def day(self) -> dt.date:
        """The as-of day; when it was left open, the day up to which the sources were read."""
        return self.as_of or catalog.vintage()

    def sentence(self, template: str, **values: object) -> Marked:
        """`template` with its {names} filled; facts become links to their derivation, other values stand as text.

        What comes from a table is a value, or passes `text` before it becomes a part of a template. A sentence may
        be a value or a part of another one.
        """
        return markup.filled(facts.typographic(template), values)

    def say(self, template: str, **values: object) -> None:
        """Show a paragraph of Markdown with its {names} filled as in `sentence`."""
        display(Markdown(self.sentence(template, **values)))

    def answer(self, template: str, **values: object) -> None:
        """The one-sentence answer of the chapter, under its title."""
        sentence = markup.filled(facts.typographic(template), values, markup.in_html)
        display(HTML(f'<p class="iv-answer">{sentence}</p>'))

    def finding(self, make: Callable[[], str | None]) -> None:
        """Decorator: keep the sentence that `make` returns; leave it out when its data were not yet public."""
        try:
            with self.run.entered():
                sentence = make()
        except catalog.NoDataYet as error:
            self._missing.append(error)
        else:
            if sentence:
                self._findings.append(sentence)

    def findings(self) -> None:
        """Show the key findings kept so far, or from which day there are any."""
        if self._findings:
            display(Markdown("\n".join(f"- {sentence}" for sentence in self._findings)))
            return
        known = [error.starts for error in self._missing if error.starts]
        start = f" They start on {written(min(known))}." if known else ""
        self._note(f"The figures of this chapter are not in this book’s tables for {written(self.day)}.{start}")

    def part(self, show: Callable[[], None]) -> None:
        """Decorator: run `show` at once; where its data were not yet public, say from when they are."""
        self.run.read_by_part.clear()  # what it reads from now on is what its figure rests on
        try:
            with self.run.entered():
                show()
        except catalog.NoDataYet as error:
            what = error.what or f"The table “{catalog.resource(error.table).get('title', error.table)}”"
            start = f" {what} starts on {written(error.starts)}." if error.starts else ""
            self._note(f"Not in this book’s tables for {written(self.day)}.{start}")

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

    def _note(self, words: str) -> None:
        display(HTML(f'<p class="iv-missing">{html.escape(words)}</p>'))


def open(name: str, as_of: str | dt.date | None = None, **parameters: object) -> Chapter:
    """Open the page `name` as known on `as_of` and show its dated line.

    `parameters` are the notebook's other parameters, for the record. Raises ValueError for a bad date.
    """
    day = catalog.as_day(as_of)
    chapter = Chapter(name, day, {"as_of": str(as_of or "")} | parameters, run.start(name))
    if chapter.as_of is None:
        limit = f"As known on {written(chapter.day)}, the day up to which the sources were read."
    else:
        limit = f"As known on {written(chapter.day)}: figures published later are left out."
    version = cite.version()
    display(HTML(f'<p class="iv-dated">Edition {html.escape(str(version))}. {limit}</p>'))
    return chapter


def _references(publisher: str, rows: pd.DataFrame) -> str:
    """What was used of one publisher: its name, and each title as a link to the bibliography."""
    titles = (f'<a href="source:{source_id}">{text(title)}</a>' for source_id, title in rows["title"].items())
    return f"{text(publisher)}: {'; '.join(titles)}"
