"""One build at a time in a folder; the tables may be read by many, or added to by one, from whichever book."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.disk import lock
from lib.disk.lock import Busy, at_work

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def books(tmp_path) -> tuple[Path, Path, Path]:
    """Two books and the data that both are made from."""
    for name in ("one", "other", "data"):
        (tmp_path / name).mkdir()
    return tmp_path / "one", tmp_path / "other", tmp_path / "data"


def test_two_builds_at_once_in_a_folder_are_refused(books):
    one, _, data = books
    with at_work(one, data), pytest.raises(Busy, match="another build"), at_work(one, data):
        pass


def test_two_books_may_be_built_from_the_same_tables_at_once(books):
    one, other, data = books
    with at_work(one, data), at_work(other, data):
        pass


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_whoever_adds_is_alone_with_the_tables_by_whatever_name_they_are_known(books, first, second):
    one, other, data = books
    link = data.with_name("link")
    link.symlink_to(data)
    refused = pytest.raises(Busy, match=f"at work on {data}") if first or second else contextlib.nullcontext()
    with at_work(one, data, adding=first), refused, at_work(other, link, adding=second):
        pass
    with at_work(other, link, adding=second):
        pass


def test_the_lock_ends_with_its_process(books):
    one, other, data = books
    code = (
        "import sys, time; from pathlib import Path; from lib.disk.lock import at_work\n"
        "with at_work(Path(sys.argv[1]), Path(sys.argv[2]), adding=True): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(one), str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy), at_work(other, data):
            pass
        holder.kill()
    for book in (one, other):
        with at_work(book, data, adding=True):
            pass


def test_tables_that_nobody_can_add_to_need_no_lock(books, monkeypatch):
    one, other, data = books
    monkeypatch.setattr(os, "access", lambda *_: False)
    with at_work(one, data), at_work(other, data):
        pass
    assert os.listdir(data) == []
    assert sorted(os.listdir(data.parent)) == ["data", "one", "other"]


@pytest.mark.parametrize("place", ["_build", "_build/own", "_build/own/a-folder"])
def test_whoever_begins_to_work_brings_back_a_site_whose_replacing_was_cut_off(books, place):
    one, _, data = books
    aside = one / place / ".html-old"
    aside.mkdir(parents=True)
    lock.recover(one)
    assert os.listdir(aside.parent / "html") == []
    (aside.parent / "html").rename(aside)
    with at_work(one, data):
        assert os.listdir(aside.parent / "html") == []


def test_nothing_is_brought_back_while_another_build_is_at_work(books):
    one, _, data = books
    with at_work(one, data):
        (one / "_build" / ".html-old").mkdir()
        lock.recover(one)
        assert not (one / "_build" / "html").exists()
    lock.recover(one)
    assert (one / "_build" / "html").exists()
