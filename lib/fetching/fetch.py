"""Bring the newest official files into a folder, one below it for each feed, with a record beside each file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from lib.fetching import comtrade, content, feeds, kept, sciencebase
from lib.fetching.errors import FetchError
from lib.fetching.feeds import Feed, Wanted
from lib.fetching.kept import Record
from lib.fetching.transport import Answer, Limits, Line, base_from_environment

FOLDER = Path("_build") / "fetched"
STATES = ("fetched", "unchanged", "none yet", "skipped", "failed")


@dataclass(frozen=True)
class Event:
    """The result for one file of a feed, or for the feed: one of STATES; the file with its record, or the problem."""

    feed: str
    state: str
    path: Path | None = None
    record: Record | None = None
    problem: FetchError | None = None
    name: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.feed}: {self.state}: {str(self.problem).removeprefix(f'{self.feed}: ')}"
        size = f", {self.record.bytes:,} bytes" if self.record else ""
        public = f", published {self.record.published}" if self.record and self.record.published else ""
        return f"{self.feed}: {self.name} {self.state}{size}{public}"


def fetch(
    names: Iterable[str] = (),
    to: Path = FOLDER,
    *,
    known: Mapping[str, Feed] | None = None,
    base: str | None = None,
    limits: Limits | None = None,
    environ: Mapping[str, str] = os.environ,
    today: dt.date | None = None,
) -> Iterator[Event]:
    """Fetch the named feeds, or all if none is named, to `to`/FEED/, and yield an Event for each file as it is done.

    A feed that fails does not keep the others from being fetched: when all are done, FetchError is raised with every
    problem in its `problems`. A feed whose key is missing fails when it was named, and is skipped otherwise. For a name
    that is no feed, and for mistakes in feeds.yml, FetchError is raised at once.

    `known` replaces the feeds of feeds.yml, `base` the hosts of their publishers by a mirror (else the environment
    variable BOOK_FETCH_BASE, if it is set); UN Comtrade's client has an address of its own.
    """
    names = list(names)
    chosen = feeds.chosen(feeds.read() if known is None else known, names)
    base = base_from_environment(environ) if base is None else base
    return _fetched(chosen, Path(to), _Round(base, limits or Limits(), environ, today or dt.date.today(), bool(names)))


@dataclass(frozen=True)
class _Round:
    """The settings that hold for all feeds of one call."""

    base: str
    limits: Limits
    environ: Mapping[str, str]
    today: dt.date
    named: bool

    def line(self, feed: Feed) -> Line:
        limits = dataclasses.replace(self.limits, largest=feed.largest) if feed.largest else self.limits
        return Line(feed.id, (urlsplit(feed.address).netloc, *feed.hosts), limits, self.base)


def _fetched(chosen: list[Feed], to: Path, now: _Round) -> Iterator[Event]:
    problems: list[FetchError] = []
    for feed in chosen:
        for event in _of_feed(feed, to / feed.id, now):
            if event.state == "failed" and event.problem:
                problems.append(event.problem)
            yield event
    if problems:
        raise FetchError.of_several(problems)


def _of_feed(feed: Feed, folder: Path, now: _Round) -> Iterator[Event]:
    """Yield the events of one feed; what goes wrong with one file does not stop the others."""
    line = now.line(feed)
    if feed.way == "comtrade":
        try:
            key = comtrade.key_of(feed, now.environ)
        except FetchError as problem:
            yield Event(feed.id, "failed" if now.named else "skipped", problem=problem)
            return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as stage:
            if feed.way == "comtrade":
                for filling in feed.fillings(now.today):
                    yield _tried(feed, lambda f=filling: _from_comtrade(feed, f, folder, Path(stage), line, key, now))
                return
            wanted = (
                sciencebase.newest(feed, line, Path(stage)) if feed.way == "sciencebase" else feed.wanted(now.today)
            )
            for each in wanted:
                yield _tried(feed, lambda w=each: _from_address(feed, w, folder, Path(stage), line, now))
    except FetchError as problem:
        yield Event(feed.id, "failed", problem=problem)
    except OSError as error:
        unsaved = FetchError(f"cannot write to {folder}: {error.strerror or error}", "choose another folder: --to DIR")
        yield Event(feed.id, "failed", problem=unsaved)


def _tried(feed: Feed, bring) -> Event:
    try:
        return bring()
    except FetchError as problem:
        return Event(feed.id, "failed", problem=problem)


def _from_address(feed: Feed, wanted: Wanted, folder: Path, stage: Path, line: Line, now: _Round) -> Event:
    target, staged = folder / wanted.name, stage / wanted.name
    previous = kept.record_of(target)
    if previous and previous.address != wanted.address:
        previous = None
    if previous and wanted.checksum and _has_checksum(target, wanted.checksum):
        return Event(feed.id, "unchanged", target, previous, name=wanted.name)
    answer = line.get(wanted.address, staged, checksum=wanted.checksum, known=_validators(previous))
    if answer is None:
        return Event(feed.id, "unchanged", target, previous, name=wanted.name)
    if wanted.size and answer.bytes != wanted.size:
        what = f"{answer.bytes:,} bytes came, but its publisher says {wanted.size:,}"
        raise line.error(what, "try again later; the publisher may be replacing the file", wanted.address)
    return _kept(feed, wanted, staged, target, answer, previous, line, now)


def _from_comtrade(
    feed: Feed, filling: Mapping[str, str], folder: Path, stage: Path, line: Line, key: str, now: _Round
) -> Event:
    name = feed.file.format_map(filling)
    target, staged = folder / name, stage / name
    if not comtrade.bring(feed, filling, staged, line, key):
        return Event(feed.id, "none yet", name=name)
    address = f"{feed.address}?cmdCode={filling['code']}&period={filling['year']}"
    answer = Answer(pooch.file_hash(str(staged)), staged.stat().st_size)
    return _kept(feed, Wanted(name, address), staged, target, answer, kept.record_of(target), line, now)


def _kept(
    feed: Feed,
    wanted: Wanted,
    staged: Path,
    target: Path,
    answer: Answer,
    previous: Record | None,
    line: Line,
    now: _Round,
) -> Event:
    """Check what came, put it in its place, and write its record; an equal file keeps its day."""
    try:
        content.examine(staged, feed.check, feed.columns)
    except content.Unfit as error:
        remedy = "open the address in a browser to see what the publisher offers now"
        raise line.error(f"the answer {error}", remedy, wanted.address) from None
    if previous and previous.sha256 == answer.sha256:
        record = dataclasses.replace(previous, etag=answer.etag, last_modified=answer.last_modified)
        kept.keep(target, record)
        return Event(feed.id, "unchanged", target, record, name=wanted.name)
    record = Record(
        feed.id,
        feed.publisher,
        wanted.address,
        now.today.isoformat(),
        answer.sha256,
        answer.bytes,
        edition=wanted.edition,
        published=_published(feed, wanted, answer),
        etag=answer.etag,
        last_modified=answer.last_modified,
    )
    os.replace(staged, target)
    kept.keep(target, record)
    return Event(feed.id, "fetched", target, record, name=wanted.name)


def _published(feed: Feed, wanted: Wanted, answer: Answer) -> str:
    """Return the day of publication as an ISO date, where the feed declares which date it is and the server has it."""
    if feed.published == "item":
        return wanted.published
    if feed.published == "last-modified" and answer.last_modified:
        try:
            return parsedate_to_datetime(answer.last_modified).date().isoformat()
        except ValueError:
            return ""
    return ""


def _validators(record: Record | None) -> dict[str, str]:
    """Return the headers that ask the server whether the copy that is there is the newest."""
    if record is None:
        return {}
    given = {"If-None-Match": record.etag, "If-Modified-Since": record.last_modified}
    return {name: value for name, value in given.items() if value}


def _has_checksum(path: Path, checksum: str) -> bool:
    algorithm, _, value = checksum.partition(":")
    return pooch.file_hash(str(path), alg=algorithm) == value
