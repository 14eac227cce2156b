"""Kill builds of the tiny book at random moments; print how the site was found, and what went on running, as JSON.

`python -m tests.publish.killing --times 100 --seed 7` is what `make kills` runs: its exit code is 1 where a site was
not whole, a process was left, or a build that followed failed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.publish.book import INDEX, ORES, notebook, write_book

ROOT = Path(__file__).resolve().parents[2]
MARK = "BOOK_KILLING"
TIMED = ("status",)
"""Beginnings of the names of files that say when notebooks ran, so that no two builds make the same ones."""
END_SECONDS = 30
BUILD_SECONDS = 600
NONE = "none"


@dataclass
class Told:
    """How many builds were killed, how often the site was the old one, the new one or none, and what went wrong."""

    killed: int = 0
    ended: int = 0
    old: int = 0
    new: int = 0
    none: int = 0
    wrong: list[str] = field(default_factory=list)


class Book:
    """A tiny book whose text is changed from build to build."""

    def __init__(self, folder: Path, temporary: Path):
        self.site = folder / "_build" / "html"
        self._folder = write_book(folder)
        self._mark = uuid.uuid4().hex
        self._env = os.environ | {MARK: self._mark, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
        self._env.pop("BOOK_DATA", None)

    def edit(self, number: int) -> None:
        """Change all notebooks."""
        for path, cells in (("index.ipynb", INDEX), ("chapters/ores.ipynb", ORES)):
            words = ("markdown", f"Text number {number} of this page.")
            (self._folder / path).write_text(notebook([cells[0], words, *cells[1:]]))

    def forget(self) -> None:
        """Be a book that was never built."""
        shutil.rmtree(self._folder / "_build", ignore_errors=True)

    def start(self) -> subprocess.Popen:
        """Start a build."""
        command = [sys.executable, "-m", "lib.cli", "build"]
        told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=self._folder, env=self._env, start_new_session=True, **told)

    def state(self) -> str:
        """A hash of the names of all files of the site and of the content of those that no clock is in."""
        if not self.site.exists():
            return NONE
        found = hashlib.sha256()
        for path in sorted(self.site.rglob("*")):
            found.update(path.relative_to(self.site).as_posix().encode())
            if path.is_file() and not path.name.startswith(TIMED):
                found.update(hashlib.sha256(path.read_bytes()).digest())
        return found.hexdigest()

    def running(self) -> list[str]:
        """The processes that a build started, or that those started, by what marks their environment."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self._mark}".encode() in (path / "environ").read_bytes():
                    found.append(f"{path.name}: {(path / 'cmdline').read_bytes().decode().replace(chr(0), ' ')[:200]}")
        return found


def kill(times: int, seed: int, in_a_row: int = 1) -> Told:
    """Kill so many builds; after each `in_a_row` of them follows one that has to succeed.

    The moments are spread over the time of a whole build, more of them early, when processes start. Half of the builds
    find an earlier site, and half are ended by SIGTERM instead of SIGKILL.
    """
    chance, told = random.Random(seed), Told()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        temporary = Path(folder) / "t"
        temporary.mkdir()
        book = Book(Path(folder) / "book", temporary)
        began = time.monotonic()
        _build(book, 0, told)
        window = time.monotonic() - began
        number = pending = 0
        possible = {book.state(): "old"}
        while told.killed < times and told.ended < 2 * times and not told.wrong:
            number += 1
            if not pending and number % 4 > 1:
                book.forget()
                possible = {NONE: "none"}
            book.edit(number)
            sign = (signal.SIGKILL, signal.SIGTERM)[number % 2]
            moment = window * chance.random() ** 2
            name = f"build {number}, {sign.name} after {moment:.2f} of {window:.2f} s"
            killed = _kill(book, sign, moment, name, told)
            print(name, "" if killed else "(had ended)", file=sys.stderr, flush=True)
            pending += killed
            found = book.state()
            if pending >= in_a_row or not killed or found not in possible:
                _build(book, number, told)
                after = book.state()
                kind = possible.get(found) or ("new" if found == after else "")
                _count(told, kind, name)
                possible, pending = {after: "old"}, 0
            else:
                _count(told, possible[found], name)
    return told


def _count(told: Told, kind: str, name: str) -> None:
    if kind:
        setattr(told, kind, getattr(told, kind) + 1)
    else:
        told.wrong.append(f"{name}: the site is neither the old one nor the new one")


def _kill(book: Book, sign: signal.Signals, moment: float, name: str, told: Told) -> bool:
    """Whether a build was killed, and did not end before; nobody may be left who holds its output, or runs."""
    process = book.start()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    killed = process.poll() is None
    process.send_signal(sign)
    try:
        said = process.communicate(timeout=END_SECONDS)[0]
        if "Traceback" in said:
            told.wrong.append(f"{name}: {said[-1500:]}")
    except subprocess.TimeoutExpired:
        told.wrong.append(f"{name}: its output is still held by {book.running()}")
    deadline = time.monotonic() + END_SECONDS
    while (left := book.running()) and time.monotonic() < deadline:
        time.sleep(0.05)
    if left:
        told.wrong.append(f"{name}: {left} went on running")
    told.killed += killed
    told.ended += not killed
    return killed


def _build(book: Book, number: int, told: Told) -> None:
    """A build to its end, which has to show the text of now."""
    process = book.start()
    said = process.communicate(timeout=BUILD_SECONDS)[0]
    shown = [
        f"Text number {number} " in path.read_text() if path.is_file() else not number
        for path in (book.site / "index.html", book.site / "chapters" / "ores.html")
    ]
    if process.returncode or not (number == 0 or all(shown)):
        told.wrong.append(f"the build that followed {number} ended with {process.returncode}: {said[-1500:]}")


def main() -> int:
    """Kill as often as the command line says, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--in-a-row", type=int, default=1, help="kills after which a build has to succeed")
    asked = parser.parse_args()
    told = kill(asked.times, asked.seed, asked.in_a_row)
    print(json.dumps(asdict(told), indent=1))
    return int(bool(told.wrong) or told.killed < asked.times)


if __name__ == "__main__":
    sys.exit(main())
