"""`book translate` says what a catalogue lacks, and refuses what it cannot do."""

from __future__ import annotations

import pytest

from tests.languages.book import write_german
from tests.languages.test_pages import executed
from tests.publish.book import write_book
from tests.test_cli import call


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A tiny book as the current folder, with a notebook that ran."""
    monkeypatch.chdir(write_book(tmp_path))
    monkeypatch.delenv("BOOK_DATA", raising=False)
    path = executed(tmp_path)["chapters/reserves"]
    (tmp_path / "_build").mkdir()
    path.parents[1].rename(tmp_path / "_build" / "executed")
    return tmp_path


def test_it_begins_a_language_and_lists_what_is_missing(book):
    code, text = call("translate", "pt_BR")
    assert code == 0
    assert "pt_BR reserves 0 0 0 5 nobody yet" in text
    assert (book / "locale" / "pt_BR" / "LC_MESSAGES" / "words.po").is_file()


def test_it_lists_what_is_checked_and_by_whom(book):
    write_german(book, fuzzy=("It lasts.",))
    code, text = call("translate")
    assert code == 0
    assert "de reserves 4 1 0 0 Erika Muster" in text


def test_a_language_that_nobody_knows_is_wrong_use(book):
    code, text = call("translate", "klingon")
    assert (code, "no language is called 'klingon'" in text) == (2, True)
    assert not (book / "locale").exists()


def test_a_book_that_was_never_built_is_asked_to_be(book):
    (book / "_build" / "executed" / "chapters" / "reserves.ipynb").unlink()
    code, text = call("translate", "de")
    assert (code, "Run `book build` first" in text) == (1, True)


def test_a_notebook_that_has_changed_since_it_ran_is_not_taken_for_the_one_that_ran(book):
    path = book / "chapters" / "reserves.ipynb"
    path.write_text(path.read_text("utf-8").replace("It lasts.", "It lasts {eval}`missing`."), encoding="utf-8")
    code, text = call("translate", "de")
    assert (code, "reserves.ipynb has changed since it was last run" in text) == (1, True)


def test_a_broken_catalogue_is_said_without_a_traceback(book):
    path = write_german(book)
    path.write_bytes(path.read_bytes()[:-20])
    code, text = call("translate")
    assert code == 1
    assert "locale/de/LC_MESSAGES/reserves.po: ends within an entry; get the whole file again" in text
    assert "Traceback" not in text
