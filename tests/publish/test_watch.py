"""`book build --watch`: after each save the site is the one that a build from nothing gives, and what fails is said."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.errors import BookError
from lib.live import saves
from lib.live import site as following
from lib.site.pages import status
from tests.publish import test_kept as changes
from tests.publish.book import INDEX, notebook, write_book

SECONDS = 120  # on a busy machine
READY = "Open "


class Watching:
    """The command at work on a book; `wait` gives what it says until a build has ended."""

    def __init__(self, book: Path):
        environment = os.environ | {"PYTHONPATH": str(changes.ROOT)}
        environment.pop("BOOK_DATA", None)
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lib.cli", "build", "--watch"],
            cwd=book,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self._said.put(line)

    def wait(self, words: str = READY) -> str:
        lines = [self._said.get(timeout=SECONDS)]
        while words not in lines[-1]:
            lines.append(self._said.get(timeout=SECONDS))
        return "".join(lines)

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(SECONDS)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    return write_book(tmp_path_factory.mktemp("watch") / "book")


@pytest.fixture(scope="module")
def watching(book) -> Iterator[Watching]:
    watching = Watching(book)
    watching.wait()
    yield watching
    assert watching.end() == 0


@pytest.mark.parametrize(
    "change",
    [changes.prose, changes.number, changes.heading, changes.code, changes.definition, changes.row],
    ids=lambda change: change.__name__,
)
def test_after_a_save_the_site_is_the_one_of_a_build_from_nothing(watching, book, tmp_path, change):
    before = changes.site(book)
    change(book)
    watching.wait()
    after = changes.site(book)
    assert after != before
    anew = tmp_path / "book"
    shutil.copytree(book, anew, ignore=shutil.ignore_patterns("_build"))
    done = changes.build(anew)
    assert done.returncode == 0, done.stderr
    built = changes.site(anew)
    differing = {name for name in built.keys() | after.keys() if built.get(name) != after.get(name)}
    assert differing <= {status.RUNS}  # when notebooks ran


def test_what_fails_is_said_and_the_site_stays_until_it_is_mended(watching, book):
    path = book / "index.ipynb"
    text, before = path.read_text(), changes.site(book)
    path.write_text(notebook([*INDEX[:1], ("code", "1 / 0"), *INDEX[1:]]))
    assert "ZeroDivisionError" in watching.wait("site is unchanged")
    assert changes.site(book) == before
    path.write_text(notebook([*INDEX, ("markdown", "And [nothing](nowhere.md) else.")]))
    assert "nowhere" in watching.wait("site is unchanged")
    assert changes.site(book) == before
    path.write_text(text.replace(json.dumps(INDEX[0][1])[1:-1], "# Rocks by mass"))
    watching.wait()
    assert "Rocks by mass" in (book / "_build/html/index.html").read_text()


@pytest.mark.parametrize(
    "option", [["--as-of", "2025-12-31"], ["--only", "ores"], ["--past"], ["--data", "own"]], ids=" ".join
)
def test_what_cannot_be_followed_is_refused(book, option):
    command = [sys.executable, "-m", "lib.cli", "build", "--watch", *option]
    environment = os.environ | {"PYTHONPATH": str(changes.ROOT)}
    done = subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "leave out" in done.stderr


@pytest.mark.parametrize(("name", "again"), [("lib/one.py", True), ("chapters/one.md", False)])
def test_saved_code_asks_for_a_new_process_and_nothing_else_does(tmp_path, monkeypatch, name, again):
    for folder in ("lib", "chapters", "data"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(following, "LIB", tmp_path / "lib")
    monkeypatch.setattr(saves, "LIB", tmp_path / "lib")
    stop, made = threading.Event(), []

    def make(maker) -> None:
        made.append(maker)
        if len(made) == 1:
            (tmp_path / name).write_text("saved")
        else:
            stop.set()
            raise BookError("failed", "once more")

    failed: list[BookError] = []
    assert following.follow(tmp_path, tmp_path / "data", make, failed.append, stop) is again
    assert len(made) == (1 if again else 2)
    assert len(failed) == (0 if again else 1)
