"""A folder takes the place of another in one step, or in two of which the first is undone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lib.disk import folders


@pytest.fixture
def old(tmp_path) -> Path:
    return folder_of(tmp_path / "html", "old")


@pytest.fixture
def new(tmp_path) -> Path:
    return folder_of(tmp_path / ".html-new", "new")


@pytest.fixture
def in_two_steps(monkeypatch):
    """A system that cannot exchange folders."""
    monkeypatch.setattr(folders, "exchanged", lambda one, other: False)


def folder_of(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "index.html").write_text(text)
    return folder


def text_of(folder: Path) -> str:
    return (folder / "index.html").read_text()


def test_the_new_folder_is_there_and_nothing_is_left_of_the_old_one(old, new):
    folders.put(new, old)
    assert text_of(old) == "new"
    assert os.listdir(old.parent) == ["html"]


def test_the_same_where_folders_cannot_be_exchanged_or_none_was_there(old, new, in_two_steps):
    folders.put(new, old)
    assert text_of(old) == "new"
    folders.put(old, old.with_name("elsewhere"))
    assert os.listdir(old.parent) == ["elsewhere"]


def test_there_is_no_moment_without_the_folder(old, new, monkeypatch):
    monkeypatch.setattr(os, "rename", lambda *_: pytest.fail("a step of two"))
    folders.put(new, old)
    assert text_of(old) == "new"


@pytest.mark.parametrize("step", ["html", ".html-new"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_step_that_fails_or_is_cut_off_is_undone(old, new, in_two_steps, monkeypatch, step, error):
    rename = os.rename

    def failing(source, target):
        if Path(source).name == step:
            monkeypatch.setattr(os, "rename", rename)
            raise error
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(type(error)):
        folders.put(new, old)
    assert text_of(old) == "old"


def test_what_was_set_aside_when_the_process_was_killed_is_brought_back(old):
    old.rename(old.with_name(".html-old"))
    folders.recover(old)
    assert text_of(old) == "old"
    folders.recover(old)
    assert text_of(old) == "old"


def test_files_that_go_with_a_folder_lie_in_it_where_nothing_can_lie_beside_it(old, monkeypatch):
    assert folders.home(old) == old.parent
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "ismount", lambda _: True)
        assert folders.home(old) == old
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) == old)
    assert folders.home(old) == old
