"""Files written in the background while the pages are staged and made."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from lib.site.background import AT_ONCE, Background, working


def test_all_errands_are_done_at_the_end_of_the_block(tmp_path):
    with working() as background:
        background.begin(partial((tmp_path / name).write_text, name) for name in ("one", "other"))
        background.begin([partial((tmp_path / "last").write_text, "last")])
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other", "last"}


def test_they_run_while_the_block_goes_on_and_can_be_waited_for_in_it():
    seen, answered = threading.Event(), threading.Event()

    def errand():
        assert answered.wait(10), "the block went on"
        seen.set()

    with working() as background:
        background.begin([errand])
        assert not seen.is_set()
        answered.set()
        background.finish()
        assert seen.is_set()


def failing():
    raise OSError("the disk is full")


def test_an_errand_that_fails_fails_the_build():
    with pytest.raises(OSError, match="disk is full"), working() as background:
        background.begin([failing, lambda: None])


def test_who_waits_for_errands_in_the_block_is_told_of_one_that_failed():
    def make_the_site(background: Background) -> None:
        background.begin([failing])
        background.finish()
        pytest.fail("it was made")

    with pytest.raises(OSError, match="disk is full"), working() as background:
        make_the_site(background)


def test_a_build_that_fails_does_not_wait_for_errands_that_have_not_begun():
    begun, go_on = threading.Semaphore(0), threading.Event()
    done = []

    def busy():
        begun.release()
        go_on.wait(10)

    def fail_at_work(background: Background) -> None:
        background.begin([busy] * AT_ONCE + [lambda: done.append(1)] * 50)
        for _ in range(AT_ONCE):
            begun.acquire(timeout=10)
        threading.Timer(0.2, go_on.set).start()
        raise RuntimeError("a page is wrong")

    with pytest.raises(RuntimeError), working() as background:
        fail_at_work(background)
    assert not done
