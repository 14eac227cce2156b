"""A page that follows its author: what is saved shows, what fails is said, and nothing else is touched."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.build import execute
from lib.cli.site_server import LIVE, Server
from lib.engine import forking
from lib.live.page import Live, State
from tests.publish.book import write_book
from tests.publish.test_site import tree

IMPORT = "from IPython.display import HTML, Markdown, display"
SECONDS = 120  # on a busy machine


class Follower:
    """A page of the tiny book being followed; `wait` gives the next thing that happens."""

    def __init__(self, live: Live):
        self.live, self.stop = live, threading.Event()
        self.events: list[tuple[str, str]] = []
        self._changed = threading.Condition()
        live.state.on_event = self._note
        self._thread = threading.Thread(target=live.follow, args=(self.stop,))
        self._thread.start()

    def _note(self, kind: str, text: str) -> None:
        with self._changed:
            self.events.append((kind, text))
            self._changed.notify_all()

    def wait(self) -> tuple[str, str]:
        """What became of the change before; earlier events are forgotten."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(kind != "working" for kind, _ in self.events), SECONDS)
            event = next(event for event in self.events if event[0] != "working")
            self.events.clear()
        return event

    def begun(self) -> None:
        """Wait until the page is being made."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.events, SECONDS)

    def page(self) -> str:
        return (self.live.pages / "index.html").read_text(encoding="utf-8")

    def end(self) -> None:
        self.stop.set()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def book(tmp_path) -> Path:
    return write_book(tmp_path / "book")


@pytest.fixture
def follower(book, monkeypatch) -> Iterator[Follower]:
    monkeypatch.setattr(forking, "WARM", ())  # the tiny book needs neither pandas nor altair
    follower = Follower(Live(book, book / "data", "ores", {}))
    yield follower
    follower.end()


def save(book: Path, old: str, new: str) -> None:
    path = book / "chapters" / "ores.ipynb"
    text = path.read_text(encoding="utf-8")
    assert json.dumps(old)[1:-1] in text
    path.write_text(text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1]), encoding="utf-8")


def test_a_page_follows_what_is_saved_from_a_book_that_was_never_built(book, follower):
    before = tree(book / "chapters") | tree(book / "data")
    assert follower.wait() == ("made", "")
    assert "A chapter on ores cites" in follower.page()
    assert "live.js" in follower.page()
    assert not (book / "_build" / "html").exists()
    save(book, "A chapter on ores cites", "This chapter on ores cites")
    assert follower.wait() == ("made", "")
    assert "This chapter on ores cites" in follower.page()
    after = tree(book / "chapters") | tree(book / "data")
    assert {name for name in after if after[name] != before.get(name)} == {"ores.ipynb"}


def test_what_fails_is_told_with_its_cell_and_the_next_save_is_made(book, follower):
    assert follower.wait() == ("made", "")
    page = follower.page()
    save(book, IMPORT, f"{IMPORT}; 1 / 0")
    kind, text = follower.wait()
    assert kind == "failed"
    assert "chapters/ores.ipynb" in text
    assert follower.page() == page, "the page that was there stays"
    save(book, f"{IMPORT}; 1 / 0", IMPORT)
    assert follower.wait() == ("made", "")


def test_what_is_saved_while_the_page_is_made_is_not_missed(book, follower):
    follower.begun()
    save(book, "A chapter on ores cites", "This chapter on ores cites")
    for _ in range(2):  # the first time with what was read before or after it was saved
        assert follower.wait() == ("made", "")
        if "This chapter on ores cites" in follower.page():
            break
    assert "This chapter on ores cites" in follower.page()


def test_prose_alone_runs_nothing(book, follower, monkeypatch):
    assert follower.wait() == ("made", "")
    monkeypatch.setattr(execute, "_work", lambda *_: pytest.fail("a notebook ran"))
    save(book, "A chapter on ores cites", "This chapter on ores cites")
    assert follower.wait() == ("made", "")


def test_a_browser_is_told_what_happens_and_what_failed_before_it_came(tmp_path):
    state = State()
    state.tell("failed", "cell 4")
    with Server(tmp_path, 0, state=state) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}{LIVE}"
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            assert [answer.readline() for _ in range(3)] == [b"event: failed\n", b'data: "cell 4"\n', b"\n"]
            state.tell("made")
            assert answer.readline() == b"event: made\n"
        server.shutdown()


def test_a_site_that_nobody_follows_tells_nothing(tmp_path):
    with Server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}{LIVE}", timeout=SECONDS)
        server.shutdown()
