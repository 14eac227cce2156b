"""One page that follows its author: what is saved shows in the browser, and what fails is said there.

The page is made as `book run` makes it, in a folder of its own: the built site, its caches but for executed notebooks,
and everything else stay as they are. Sphinx and the process from which kernels are forked are started once. Kernels
import the code of the book anew, so saved code counts at once; a change of the site's own code asks for a new start.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from lib import pipeline
from lib.build import execute, plan
from lib.disk.file_watch import ChangedDuringBuild
from lib.engine import forking
from lib.errors import BookError
from lib.live.saves import saves
from lib.site import notices
from lib.site.background import begin_nothing
from lib.site.exports import figures as figure_files
from lib.site.exports import lazy
from lib.site.resident import Resident

FOLDER = "live"
OTHER_PAGE = "cross-reference target not found"  # of the book, which is not made here
PLACEHOLDER = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Being made</title></head>
<body><p>The page is being made.</p></body></html>
"""


class Live:
    """A page made again whenever its notebook, its code or its tables change; `pages` is where a server finds it."""

    def __init__(self, root: Path, data: Path, name: str, given: Mapping[str, object]):
        """Prepare to follow the page `name`. Raises plan.UsageError for an unknown page or parameter."""
        self.root, self.data, self.given = root, data, given
        self.page = plan.find(root, name)
        plan.job(root, self.page, given, data)
        self.folder = root / "_build" / FOLDER / self.page.name
        self.pages = self.folder / "html"
        self.state = State()

    def follow(self, stop: threading.Event) -> None:
        """Make the page, and again after each change, until `stop` is set. What fails is told and does not end it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.pages.mkdir(parents=True)
        (self.pages / "index.html").write_text(PLACEHOLDER, encoding="utf-8")
        with (
            Resident(self.folder / "source", self.folder) as sphinx,
            execute.kept_pool(self.root, self.data, forking.WARM) as pool,
        ):
            for _ in saves(self.root, self.data, stop):
                self._attempt(sphinx, pool)

    def _attempt(self, sphinx: Resident, pool: execute.Pool) -> None:
        self.state.tell("working")
        try:
            warnings = self.make(sphinx, pool)
        except ChangedDuringBuild:  # the watch tells of what was saved, and the page is made again
            return
        except BookError as error:
            self.state.tell("failed", f"{error}\n{error.remedy}")
        except Exception as error:  # an author's loop goes on whatever Sphinx or a saved file says
            self.state.tell("failed", f"{type(error).__name__}: {error}")
        else:
            self.state.tell("made")
            if warnings:
                self.state.tell("failed", "\n".join(warnings))

    def make(self, sphinx: Resident, pool: execute.Pool) -> list[str]:
        """Run the notebook where its code, parameters or tables changed, and make the page; returns the warnings."""
        job = plan.job(self.root, self.page, self.given, self.data)
        done = execute.run([job], self.root, self.folder / "executed", data=self.data, pool=pool)
        copy = done[self.page.docname]
        top = notices.Notices(alone=True, live=True)
        collected = pipeline.stage_alone(self.root, self.data, job, copy, self.folder, top, begin_nothing)
        staged = self.folder / pipeline.STAGED
        (staged / figure_files.TOOLBARS).unlink()  # what they lead to is not made
        sphinx.take(staged)
        warnings = [line for line in sphinx.make() if OTHER_PAGE not in line]
        place = self.pages / lazy.FOLDER
        place.mkdir(exist_ok=True)
        for figure in collected.figures:
            for name, text in lazy.files(figure["name"], figure.get("html", "")).items():
                (place / name).write_text(text, encoding="utf-8")
        return warnings


class State:
    """What happened last, for whoever asks, and what happens next, for each browser that listens."""

    def __init__(self) -> None:
        self._listeners: list[queue.SimpleQueue[str]] = []
        self._lock = threading.Lock()
        self._last = ""
        self.on_event: Callable[[str, str], None] = lambda kind, text: None

    def tell(self, kind: str, text: str = "") -> None:
        """Tell all listeners that the page is `working`, was `made` or has `failed`."""
        message = f"event: {kind}\ndata: {json.dumps(text)}\n\n"
        with self._lock:
            self._last = message if kind == "failed" else ""
            for listener in self._listeners:
                listener.put(message)
        self.on_event(kind, text)

    @contextlib.contextmanager
    def listening(self) -> Iterator[Iterable[str]]:
        """Listen: yields messages of server-sent events, the last failure first, a comment when nothing happens."""
        own: queue.SimpleQueue[str] = queue.SimpleQueue()
        with self._lock:
            own.put(self._last or ": here\n\n")
            self._listeners.append(own)
        try:
            yield _messages(own)
        finally:
            with self._lock:
                self._listeners.remove(own)


def _messages(own: queue.SimpleQueue[str]) -> Iterator[str]:
    while True:
        try:
            yield own.get(timeout=10)
        except queue.Empty:
            yield ": here\n\n"
