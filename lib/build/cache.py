"""Results of notebooks by what they were made from, so that what was made once is never made again.

A result lies under the hash of its own content, and a card for each page and code names, for each state of the tables
it read, which result that gave. So switching a branch or a day back finds what was there, and a result that was
damaged or written by halves is noticed, since its content no longer has its name.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.build.fingerprint import PARAMETERS, Fingerprints
from lib.build.plan import Job
from lib.build.sanitise import with_prose, written
from lib.disk.file_watch import ChangedDuringBuild, listed
from lib.disk.files import file_hash, replace_text, text_hash
from lib.metadata import KEY

State = dict[str, Any]
"""What a card says of a result and the state of the tables that it was made from, or the note about one run."""

FOLDER = Path("_build", "cache", "pages")
MEMORY = "memory.json"
STATES_KEPT = 24
BYTES_KEPT = 2 * 2**30
NEVER = "it has not run yet"
DAMAGED = "its last result is damaged"


@dataclass(frozen=True)
class CacheHit:
    """The answer of the cache about a page: the file of its result, or why there is none that holds."""

    result: Path | None
    why: str = ""

    @property
    def name(self) -> str:
        """Return the hash of the result; empty without one."""
        return self.result.stem if self.result else ""


class Cache:
    """The results kept in a folder, for the files of one book."""

    def __init__(self, root: Path, data: Path):
        self.folder = root / FOLDER
        self.fingerprints = Fingerprints(root, data, self.folder / MEMORY)
        self._used: set[Path] = set()

    def find(self, job: Job, last: Path) -> CacheHit:
        """Find the result of a job from what the files are now.

        `last` is the copy of its last run, whose note says what that was made from.
        """
        given, prose = self.fingerprints.of_page(job), self.fingerprints.of_prose(job)
        held = [state for state in self._states(_key(given)) if state.get("data") and self._holds_for(state)]
        for state in sorted(held, key=lambda state: state.get("prose") != prose):
            result = self._result(state)
            if result:
                if state.get("prose") != prose:
                    result = self._with_prose(job, result, state)
                self._used |= {result, self._card(_key(given))}
                return CacheHit(result)
        return CacheHit(None, DAMAGED if held else self._why(given, last))

    def ran_with(self, job: Job, last: Path) -> bool:
        """Return whether the copy of the last run was made with the values of a job, whatever else changed since."""
        values, note = self.fingerprints.of_page(job)[PARAMETERS], _note(last)
        return note.get("made_from", {}).get(PARAMETERS) == values and _holds(last, str(note.get("result")))

    def put(self, job: Job, text: str, note: State) -> Path:
        """Keep the result of a job with a note about its run; returns its file.

        Raises ChangedDuringBuild where a file that it was made from is not what it was when this cache first looked
        at it.
        """
        read = _read(text) or self._all()
        self.check(job, read["tables"])
        return self._put(job, text, {"run": note, **read, "data": self._of_tables(read)})

    def _put(self, job: Job, text: str, state: State) -> Path:
        name = text_hash(text)
        result = self._place(name)
        result.parent.mkdir(parents=True, exist_ok=True)
        if not _holds(result, name):
            replace_text(result, text)
        state = state | {"result": name, "prose": self.fingerprints.of_prose(job)}
        key = _key(self.fingerprints.of_page(job))
        others = [other for other in self._states(key) if _shows(other) != _shows(state)]
        self._card(key).parent.mkdir(parents=True, exist_ok=True)
        replace_text(self._card(key), json.dumps([state, *others][:STATES_KEPT]))
        return result

    def _with_prose(self, job: Job, result: Path, state: State) -> Path:
        """Make the result that a job would have now from one whose notebook had the same code and other prose."""
        executed, source = (
            json.loads(text) for text in (result.read_text(encoding="utf-8"), self.fingerprints.notebook(job))
        )
        return self._put(job, written(with_prose(executed, source, job.page.title)), state)

    def check(self, job: Job, tables: Iterable[str] = ()) -> None:
        """Raise ChangedDuringBuild where a file that a job or its tables are made from changed since the first look."""
        if files := self.fingerprints.saved(job, tables):
            raise ChangedDuringBuild(files)

    def place(self, job: Job, result: Path, target: Path) -> None:
        """Put a result where the pages of an edition are read from, with the note about its run beside it."""
        given = self.fingerprints.of_page(job)
        self._used |= {result, self._card(_key(given))}
        states = self._states(_key(given))
        state = next((state for state in states if state.get("result") == result.stem), {})
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (target.is_file() and os.path.samefile(target, result)):
            _link(result, target)
        made_from = given | (state.get("data") or {})
        note = json.dumps(state.get("run", {}) | {"result": result.stem, "made_from": made_from})
        beside = note_of(target)
        if not beside.is_file() or beside.read_text(encoding="utf-8") != note:
            replace_text(beside, note)

    def keep(self) -> None:
        """Save the answers about files, and remove the files used longest ago where there are too many bytes.

        What is old is not too much: a clock that is set wrong would empty the cache.
        """
        self.fingerprints.keep()
        entries = []
        for path in self.folder.glob("*/*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                entries.append((path in self._used, max(stat.st_atime, stat.st_mtime), stat.st_size, path))
        room = BYTES_KEPT
        for used, _, size, path in sorted(entries, reverse=True):
            room -= size
            if room < 0 and not used:
                path.unlink(missing_ok=True)

    def _holds_for(self, state: State) -> bool:
        return bool(self._of_tables(state) == state["data"])

    def _of_tables(self, state: State) -> dict[str, str] | None:
        try:
            return self.fingerprints.of_tables(state["tables"], state["sources"], state["day"])
        except (KeyError, TypeError, AttributeError):
            return None

    def _all(self) -> State:
        """Return what a run that does not say what it read is taken to have read."""
        return {"tables": self.fingerprints.every_table, "sources": [], "day": ""}

    def _result(self, state: State) -> Path | None:
        name = str(state.get("result", ""))
        result = self._place(name)
        return result if _holds(result, name) else None

    def _why(self, given: dict[str, str], last: Path) -> str:
        """Say what differs from the last run of a page, in words."""
        before = _note(last).get("made_from")
        if not before:
            return NEVER
        read = _read(last.read_text(encoding="utf-8")) if last.is_file() else None
        now = given | self.fingerprints.of_tables(**(read or self._all()))
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        return _listed(changed) if changed else NEVER

    def _states(self, key: str) -> list[State]:
        """Read what a card says; one that cannot be read says nothing."""
        with contextlib.suppress(OSError, ValueError):
            states = json.loads(self._card(key).read_text(encoding="utf-8"))
            return [state for state in states if isinstance(state, dict)] if isinstance(states, list) else []
        return []

    def _card(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def _place(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.ipynb"


def note_of(target: Path) -> Path:
    """Return the path of the note about the run of an executed copy: seconds, its end, what it was made from."""
    return target.with_suffix(".run.json")


def seconds_of_last_run(target: Path) -> float:
    """Return how long the page took when it ran last, whatever changed since; infinity where that is not known."""
    seconds = _note(target).get("seconds")
    return float(seconds) if isinstance(seconds, (int, float)) else math.inf


def _note(target: Path) -> State:
    """Read the note about the run of a copy; empty where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError):
        note = json.loads(note_of(target).read_text(encoding="utf-8"))
        return note if isinstance(note, dict) else {}
    return {}


def _shows(state: State) -> tuple[object, object]:
    return state.get("data"), state.get("prose")


def _key(given: dict[str, str]) -> str:
    return text_hash(json.dumps(given, sort_keys=True))


def _holds(result: Path, name: str) -> bool:
    """Return whether a result has the content that its name says."""
    try:
        return file_hash(result) == name
    except OSError:
        return False


def _read(text: str) -> State | None:
    """Read which tables an executed notebook says it read, each with the day up to which, and what sources it cites.

    None when it does not say.
    """
    for cell in json.loads(text).get("cells", []):
        for output in cell.get("outputs", []):
            chapter = output.get("metadata", {}).get(KEY, {}).get("chapter")
            if chapter and "tables" in chapter:
                named, known_by = chapter.get("sources", []), chapter.get("known_by", {})
                return {
                    "tables": {name: known_by.get(name, "") for name in sorted(chapter["tables"])},
                    "sources": sorted(name if isinstance(name, str) else name["id"] for name in named),
                    "day": chapter.get("as_of") or "",
                }
    return None


def _listed(changed: list[str]) -> str:
    """Say what changed, as in `the notebook, the table reserves and 2 more changed`."""
    return f"{listed(changed, 3)} changed"


def _link(result: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        os.link(result, beside)
    except OSError:
        shutil.copyfile(result, beside)
    os.replace(beside, target)
