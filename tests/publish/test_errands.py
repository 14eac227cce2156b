"""Files written in the background while the pages are made."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from lib.site.background import AT_ONCE, running


def test_all_errands_are_done_at_the_end_of_the_block(tmp_path):
    with running([partial((tmp_path / name).write_text, name) for name in ("one", "other", "last")]):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other", "last"}


def test_an_errand_that_fails_fails_the_build():
    def failing():
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"), running([failing, lambda: None]):
        pass


def test_a_build_that_fails_does_not_wait_for_errands_that_have_not_begun():
    begun, go_on = threading.Semaphore(0), threading.Event()
    done = []

    def busy():
        begun.release()
        go_on.wait(10)

    def fail_at_work():
        for _ in range(AT_ONCE):
            begun.acquire(timeout=10)
        threading.Timer(0.2, go_on.set).start()
        raise RuntimeError("a page is wrong")

    with pytest.raises(RuntimeError), running([busy] * AT_ONCE + [lambda: done.append(1)] * 50):
        fail_at_work()
    assert not done
