"""A run: what one page records while its notebook makes it, so that pages made in one process keep apart.

`page.open` begins a run and the colophon of the page ends it. A thread, a task or `entered` has a current run of its
own. The cells of a kernel share one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from lib.metadata import Record


@dataclass
class Run:
    """The facts recorded, the figures published and the tables read for one page."""

    chapter: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """What `facts.record` made, by name. This room is below that of facts, and does not look into them."""
    absent: dict[str, Exception] = field(default_factory=dict)
    """Names of facts whose data were not yet public, with the error that says so."""
    figures: dict[str, Record] = field(default_factory=dict)
    read: dict[str, dt.date] = field(default_factory=dict)
    """The tables read, each with the last day up to which it was seen."""
    read_by_part: set[str] = field(default_factory=set)
    """The tables read since the part of the page that is now shown began, and those of the facts used in it."""

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Let this be the current run for a while."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)


_current: ContextVar[Run] = ContextVar("run")


def current() -> Run:
    """Give the run to which facts, figures and reads belong now; one without a chapter where no page is open."""
    run = _current.get(None)
    return run if run is not None else start()


def start(chapter: str = "") -> Run:
    """Begin a run, and make it the current one.

    What was read before any page was open belongs to the page that opens next, and so does what was read for the
    same page, whose first cell may be run again.
    """
    before = _current.get(None)
    goes_on = before is not None and chapter and before.chapter in ("", chapter)
    run = Run(chapter, read=dict(before.read) if before is not None and goes_on else {})
    _current.set(run)
    return run


def end(run: Run) -> None:
    """Leave a run that is over, if it is still the current one; another may have begun since."""
    if _current.get(None) is run:
        _current.set(Run())
