"""`book add`: read files, compare them with the tables, say what is new, and add it in one step or not at all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lib import importers
from lib.disk import exchange
from lib.fetching import kept
from lib.importers import Publication, Refused, Row, refuse
from lib.intake import plausible, tables
from lib.intake.comparing import (
    ADDED,
    Compared,
    Status,
    compared,
    conflicts,
    editions_that_say_the_same,
    refuse_doubles,
)
from lib.intake.tables import Table
from lib.tables import asof, catalog, checks, values
from lib.tables.dictionary import read_dictionary
from lib.tables.problems import Problem

SOURCES = "sources"
REHEARSED = dt.timedelta(days=730)
"""How far ahead a release can be rehearsed."""
NOT_FOR_THE_BOOK = {
    "format-unknown": "a format that the book does not read",
    "nothing-followed": "no figures that the book uses",
    "mineral-unknown": "only minerals that the book does not cover",
    "no-rows": "no rows for the book",
}
"""Why most files of a release are left out, by the rule."""
ONE_BY_ONE = (
    "{folder} cannot be exchanged as a whole, for instance because it is a mount point, so its files were replaced one "
    "by one, the sources first. That is less safe: if it is interrupted, there may be sources without their rows. "
    "Adding the same files again then adds the rest."
)


@dataclass(frozen=True)
class Asked:
    """The reader's own statements about the files, where the files say nothing or something else."""

    published: dt.date | None = None
    version: str = ""
    source_id: str = ""
    title: str = ""
    publisher: str = ""
    url: str = ""
    today: dt.date | None = None
    accept_jumps: bool = False

    @property
    def day(self) -> dt.date:
        """Return the day of adding: today, or the one that is rehearsed."""
        return self.today or dt.date.today()

    @property
    def said(self) -> dict[str, str]:
        """Return what the reader says for the record of a source, by the option that says it."""
        texts = {"--source": self.source_id, "--title": self.title, "--publisher": self.publisher, "--url": self.url}
        return {name: text for name, text in {**texts, "--version": self.version}.items() if text}


@dataclass
class Part:
    """The rows that one file has for one table, each with what it is to the table."""

    file: str
    sha256: str
    format: str
    publication: Publication
    table: Table
    compared: list[Compared]
    source: dict[str, str] | None = None

    def counts(self) -> Counter[Status]:
        """Count the rows by their status."""
        return Counter(entry.status for entry in self.compared)

    @property
    def added(self) -> list[Compared]:
        """Return the rows that are added."""
        return [entry for entry in self.compared if entry.status in ADDED]

    def periods(self) -> str:
        """Name the first and last period of the rows, as the table names periods."""
        for name in ("year", "period_end", "period_start", "assessment_year", "date_effective"):
            periods = sorted({entry.row.cells.get(name, "") for entry in self.compared} - {""})
            if periods:
                return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
        return ""


@dataclass
class Outcome:
    """The findings in the files, and what became of them; `held` are jumps that nobody has accepted."""

    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    held: list[Problem] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)
    written: bool = False

    @property
    def added(self) -> int:
        """Count the rows that are added."""
        return sum(len(part.added) for part in self.parts)

    def take(self, other: Outcome) -> None:
        """Add the findings in one more file."""
        self.parts += other.parts
        self.notes += other.notes
        self.left_out |= other.left_out
        self.held += other.held
        self.undated += other.undated

    def days(self) -> list[str]:
        """List the days on which the added rows became public."""
        own = {entry.row.cells.get("published", "") for part in self.parts for entry in part.added}
        return sorted((own | {part.source["published"] for part in self.parts if part.source and part.added}) - {""})


def add(
    paths: Sequence[Path], folder: Path, asked: Asked, *, own: Path | None = None, dry_run: bool = False
) -> Outcome:
    """Add what is new in files to the tables of a data folder, all of it or nothing.

    With `own` the rows go to that folder, which `folder` was laid out from, as `rows/<table>.csv`.

    Nothing is written on a dry run, where nothing is new, where a day of publication has to be asked for (`undated`)
    or a jump has to be accepted (`held`). Raises Refused with every problem that was found.
    """
    _refuse_options(asked)
    outcome = Outcome()
    table_names = {entry["name"] for entry in read_dictionary(folder)["resources"]}
    read: dict[str, Table] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            with importers.opened(path) as files, catalog.reading(folder):
                _take_all(path, files, folder, table_names, read, asked, outcome)
        except Refused as error:
            problems += error.problems
    problems += [problem for part in outcome.parts for problem in conflicts(part.file, part.table, part.compared)]
    if problems:
        raise Refused(problems)
    _refuse_across(outcome)
    if outcome.held and asked.accept_jumps:
        outcome.notes.append(f"{len(outcome.held)} jumps were accepted.")
        outcome.held = []
    listed, rows = _new_rows(folder, outcome)
    if not rows:
        return outcome
    texts = {listed[name].entry["path"]: tables.appended(folder, listed[name], added) for name, added in rows.items()}
    with exchange.staged(folder, texts) as beside:
        _refuse_unsound(beside, outcome, asked.day)
        if dry_run or outcome.held or outcome.undated:
            return outcome
        if own is None:
            _put(beside, folder, texts, outcome)
    if own is not None:
        own_rows = {f"rows/{listed[name].entry['path']}": (listed[name], added) for name, added in rows.items()}
        texts = {path: tables.appended_to(own / path, table.header, added) for path, (table, added) in own_rows.items()}
        with exchange.staged(own, texts) as beside:
            _put(beside, own, texts, outcome)
    outcome.written = True
    return outcome


def _put(beside: Path, folder: Path, texts: Mapping[str, str], outcome: Outcome) -> None:
    if not exchange.put(beside, folder, texts):
        outcome.notes.append(ONE_BY_ONE.format(folder=folder))


def _take_all(
    path: Path,
    files: Sequence[importers.File],
    folder: Path,
    table_names: set[str],
    read: dict[str, Table],
    asked: Asked,
    outcome: Outcome,
) -> None:
    """Take the files that were packed together, and note which of an archive are left out, with the reason."""
    recorded = _recorded_day(path)
    if recorded and not asked.published:
        asked = replace(asked, published=recorded)
    if len(files) == 1:
        _take(files[0], folder, table_names, read, asked, outcome)
        return
    left: list[Refused] = []
    for file in files:
        of_file = Outcome()
        try:
            _take(file, folder, table_names, read, asked, of_file)
            if problems := [
                problem for part in of_file.parts for problem in conflicts(file.name, part.table, part.compared)
            ]:
                raise Refused(problems)
            outcome.take(of_file)
        except Refused as error:
            left.append(error)
    if len(left) == len(files):
        raise Refused(problem for error in left for problem in error.problems)
    outcome.notes += _members_left_out(importers.shown(path.name), left)


def _members_left_out(archive: str, left: Sequence[Refused]) -> Iterator[str]:
    """Yield a note for each reason why members have nothing for the book, and for each that could not be read."""
    for rule, reason in NOT_FOR_THE_BOOK.items():
        names = [error.problems[0].file for error in left if {problem.rule for problem in error.problems} == {rule}]
        if names:
            listed = ", ".join(name.removeprefix(f"{archive}/") for name in names)
            yield f"{archive}: left out ({reason}): {listed}"
    for error in left:
        first, *others = error.problems
        if {problem.rule for problem in error.problems} - NOT_FOR_THE_BOOK.keys() or len(error.problems) > 1:
            place = ", ".join(filter(None, (f"row {first.row}" if first.row else "", first.column, first.value)))
            more = f" ({len(others)} more of its rows)" if others else ""
            yield f"{first.file}: left out: {first.rule}{f' ({place})' if place else ''}: {first.remedy}{more}"


def _recorded_day(path: Path) -> dt.date | None:
    """Return the day of publication in the record that `book fetch` keeps beside a file."""
    record = kept.record_of(path)
    if record is None or not record.published:
        return None
    try:
        return asof.as_day(record.published)
    except ValueError as error:
        raise refuse(kept.place(path).name, "type-error", str(error), value=record.published) from None


def _take(
    file: importers.File, folder: Path, table_names: set[str], read: dict[str, Table], asked: Asked, outcome: Outcome
) -> None:
    """Read a file and compare each of its rows with its table."""
    reader = importers.recognised(file)
    reading = reader.read(file)
    if not reading.rows and (reading.left_out or not reading.notes):
        left = "; ".join(f"{count:,} rows: {reason}" for reason, count in reading.left_out.items())
        remedy = f"a file with at least one row for the book; {left}" if left else "a file with rows below its header"
        raise refuse(file.name, "no-rows", remedy)
    outcome.notes += [f"{file.name}: {note}" for note in reading.notes]
    if reading.left_out:
        outcome.left_out[file.name] = reading.left_out
    publication = _as_asked(reading.publication, asked)
    days = asof.source_days({row["id"]: row for row in _table(folder, SOURCES, read).rows})
    parts: list[Part] = []
    for name in dict.fromkeys(row.table for row in reading.rows):
        if name not in table_names:
            raise refuse(file.name, "table-unknown", f"the data folder has no table {name}")
        table = _table(folder, name, read)
        rows = [_versioned(row, table, asked) for row in reading.rows if row.table == name]
        _refuse_faulty(file.name, table, rows, asked.day)
        refuse_doubles(file.name, table, rows)
        day = publication.published.isoformat() if publication.published else ""
        parts.append(Part(file.name, file.sha256, reader.name, publication, table, compared(table, rows, day, days)))
    if other := _another_edition(publication, parts):
        outcome.notes.append(
            f"{file.name}: it was taken for {publication.edition}, but all its figures are those of {other}, which the "
            "tables already have; nothing is added"
        )
        parts = [
            replace(part, compared=[replace(entry, status=Status.SAME) for entry in part.compared]) for part in parts
        ]
    for part in parts:
        outcome.held += plausible.jumps(file.name, part.table, part.compared)
    outcome.parts += parts
    _source(file, publication, outcome, _table(folder, SOURCES, read), asked.day)


def _another_edition(publication: Publication, parts: Sequence[Part]) -> str:
    """Return the edition whose figures a file repeats in full, where it was taken for one that the tables lack.

    A later edition has at least one new year. Own rows name their edition themselves, and may confirm an earlier one.
    """
    if not publication.edition or not parts:
        return ""
    same: set[str] | None = None
    for part in parts:
        rows = [entry.row for entry in part.compared]
        editions = editions_that_say_the_same(part.table, rows)
        if editions is None or editions & {row.cells.get("edition", "") for row in rows}:
            return ""
        same = editions if same is None else same & editions
    return ", ".join(sorted(same or ()))


def _table(folder: Path, name: str, read: dict[str, Table]) -> Table:
    if name not in read:
        read[name] = tables.read(folder, name)
    return read[name]


def _as_asked(publication: Publication, asked: Asked) -> Publication:
    given = {name: getattr(asked, name) for name in ("published", "source_id", "title", "publisher", "url")}
    publication = replace(publication, **{name: value for name, value in given.items() if value})
    if publication.published and publication.published > asof.latest(asked.day):
        remedy = "a day that is not in the future; to rehearse a later one, use --today"
        raise refuse("--published", "future", remedy, value=publication.published.isoformat())
    return publication


def _refuse_options(asked: Asked) -> None:
    """Refuse options that no cell of a source could hold, and a rehearsal of a day too far ahead."""
    for option, text in asked.said.items():
        fault = values.fault({"type": "string"}, text)
        if fault:
            raise refuse(option, fault.rule, fault.remedy, value=text)
    if asked.day > dt.date.today() + REHEARSED:
        remedy = f"a day no more than {REHEARSED.days} days ahead"
        raise refuse("--today", "future", remedy, value=asked.day.isoformat())


def _refuse_faulty(file: str, table: Table, rows: Iterable[Row], today: dt.date) -> None:
    """Refuse rows with cells not written as their columns require, before anything is computed from them."""
    faults = [
        Problem(file, row.line, name, text, *fault)
        for row in rows
        for name, text in row.cells.items()
        if name in table.fields and (fault := values.fault(table.fields[name], text, today))
    ]
    if faults:
        raise Refused(faults)


def _versioned(row: Row, table: Table, asked: Asked) -> Row:
    if not asked.version or "version" not in table.fields:
        return row
    return replace(row, cells={**row.cells, "version": asked.version})


def _source(file: importers.File, publication: Publication, outcome: Outcome, sources: Table, day: dt.date) -> None:
    """Give a source record to the parts of a file that add rows without a source of their own."""
    parts = [part for part in outcome.parts if part.file == file.name and part.sha256 == file.sha256]
    nameless = [part for part in parts if any(not entry.row.cells.get("source_id") for entry in part.added)]
    if not nameless or all(part.table.name == SOURCES for part in nameless):
        return
    by_id = {row["id"]: row for row in sources.rows}
    name = publication.source_id
    same = by_id.get(name)
    if same and same.get("sha256") != file.sha256:
        same = by_id.get(name := f"{name}-{file.sha256[:8]}")
    if not same and publication.published is None:
        outcome.undated.append(file.name)
    read = max(day, publication.published or day)  # a publisher whose day has begun is read on that day
    record = same or {
        "id": name,
        "title": publication.title,
        "publisher": publication.publisher,
        "published": (publication.published or day).isoformat(),
        "published_precision": "day",
        "accessed": read.isoformat(),
        "url": publication.url,
        "doi": publication.doi,
        "licence": publication.licence,
        "confidence": "high" if not name.startswith("own-") else "medium",
        "retrieved_copy": file.name,
        "sha256": file.sha256,
        "note": "",
    }
    for part in nameless:
        part.source = dict(record)


def _refuse_across(outcome: Outcome) -> None:
    """Refuse files of one call that add the same row twice."""
    by_table: dict[str, list[Part]] = {}
    for part in outcome.parts:
        by_table.setdefault(part.table.name, []).append(part)
    for parts in by_table.values():
        rows = [entry.row for part in parts for entry in part.added]
        files = {part.file for part in parts if part.added}
        refuse_doubles(", ".join(sorted(files)), parts[0].table, rows)


def _new_rows(folder: Path, outcome: Outcome) -> tuple[dict[str, Table], dict[str, list[dict[str, str]]]]:
    """Return the tables that change and the rows they get, the sources first."""
    rows: dict[str, list[dict[str, str]]] = {SOURCES: []}
    listed: dict[str, Table] = {SOURCES: tables.read(folder, SOURCES)}
    ids = {row["id"] for row in listed[SOURCES].rows}
    for part in outcome.parts:
        if part.source and part.source["id"] not in ids:
            ids.add(part.source["id"])
            rows[SOURCES].append(_fitting(part.source, listed[SOURCES]))
        listed[part.table.name] = part.table
        rows.setdefault(part.table.name, []).extend(_filled(part, entry.row) for entry in part.added)
    return listed, {name: added for name, added in rows.items() if added}


def _fitting(record: Mapping[str, str], table: Table) -> dict[str, str]:
    return {name: value for name, value in record.items() if name in table.header}


def _filled(part: Part, row: Row) -> dict[str, str]:
    cells = dict(row.cells)
    if part.source and not cells.get("source_id") and "source_id" in part.table.fields:
        cells["source_id"] = part.source["id"]
    return cells


def _refuse_unsound(beside: Path, outcome: Outcome, today: dt.date) -> None:
    """Refuse rows that break a rule of the tables, named by the lines of the files that were handed in."""
    touched = {part.table.name for part in outcome.parts if part.added}
    problems = checks.check(beside, only=touched | {SOURCES}, today=today)
    if problems:
        raise Refused(_as_handed_in(problem, outcome) for problem in problems)


def _as_handed_in(problem: Problem, outcome: Outcome) -> Problem:
    """Convert a problem of the staged table to one of the file that its row came from."""
    for path, parts in _parts_by_path(outcome.parts).items():
        line = (problem.row or 0) - len(parts[0].table.rows) - 2
        if problem.file == path and line >= 0:
            rows = [(part.file, entry.row) for part in parts for entry in part.added]
            if line < len(rows):
                file, row = rows[line]
                return replace(problem, file=file, row=row.line)
    return problem


def _parts_by_path(parts: Iterable[Part]) -> dict[str, list[Part]]:
    by_path: dict[str, list[Part]] = {}
    for part in parts:
        by_path.setdefault(part.table.entry["path"], []).append(part)
    return by_path
