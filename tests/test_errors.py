"""Errors are a family: each has a message, a remedy and an exit status, and no command ends in a traceback."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import shutil

import pytest
from typer.testing import CliRunner

import lib
from lib import cli
from lib.build.execute import KernelFailed, PagesFailed
from lib.build.plan import PlanError, UsageError
from lib.build.worker import CellFailed
from lib.disk.file_watch import ChangedDuringBuild
from lib.errors import FAILED, MISUSED, BookError, Misused
from lib.fetching.errors import FetchError
from lib.importers import Refused, refuse
from lib.paths import CHECKOUT
from lib.site.exports import citation
from lib.tables import dictionary
from lib.tables.dictionary import DataError, MissingFile, UnknownTable

CELL = CellFailed("reserves", 3, "1 / 0", "ZeroDivisionError: division by zero", "…")
EXAMPLES = [
    BookError("it failed", "do this"),
    Misused("no such day"),
    CELL,
    KernelFailed("it died"),
    PagesFailed([CELL, KernelFailed("it died")]),
    PlanError(["one", "two"]),
    UsageError(["one"]),
    ChangedDuringBuild(["lib/a.py"], ["reserves"]),
    FetchError("no answer", "try later", feed="usgs", address="https://example.org/a.csv"),
    refuse("a.csv", "number", "write a number", row=3, column="value", value="x"),
    DataError("no JSON"),
    MissingFile("no file"),
    UnknownTable("no such table"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_it_crossed_to_another_process(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.message, copy.remedy, copy.status) == (
        str(error), error.message, error.remedy, error.status,
    )  # fmt: skip
    assert {name: str(value) for name, value in vars(copy).items()} == {
        name: str(value) for name, value in vars(error).items()
    }


def test_every_error_of_the_book_is_of_the_family():
    """All that ends in Error or Failed, and Refused, Busy and their like; signals within a notebook are listed."""
    signals = {"NoDataYet", "DoesNotHold", "Undetermined", "LowConfidence", "MixedBases"}
    caught = {
        "Unfit",
        "_NotModified",
        "Unavailable",
        "TooMuchOutput",
        "ExpressionFailed",
        "DataIsReadOnly",
    }  # each by the module that knows it
    outside = set()
    for module in pkgutil.walk_packages(lib.__path__, "lib."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                is_error = isinstance(value, type) and issubclass(value, Exception)
                if is_error and value.__module__ == module.name and not issubclass(value, BookError):
                    outside.add(name)
    assert outside <= signals | caught


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A folder that says that it is a book, in which commands are called."""
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "index.md").write_text("# A book\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BOOK_DATA", raising=False)
    monkeypatch.delenv("BOOK_DEBUG", raising=False)
    return tmp_path


def called(*arguments):
    return CliRunner().invoke(cli.app, list(arguments))


@pytest.mark.parametrize(
    ("error", "status"), [(error, error.status) for error in EXAMPLES], ids=lambda value: type(value).__name__
)
def test_a_command_says_it_with_its_remedy_and_ends_with_its_status(book, monkeypatch, error, status):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr("lib.build.plan.notebooks", fails)
    result = called("run", "--list")
    assert result.exit_code == status
    assert status in (FAILED, MISUSED)
    assert "Traceback" not in result.output
    told = " ".join(result.output.split())
    summary = error.summary if isinstance(error, Refused) else None
    if not isinstance(error, PagesFailed | CellFailed):
        assert " ".join((summary or error.message).split()) in told
    if error.remedy:
        assert error.remedy in told


def test_what_nobody_expected_is_one_message_and_a_traceback_only_when_asked_for(book, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("the moon is full")

    monkeypatch.setattr("lib.build.plan.notebooks", fails)
    plain, asked = called("run", "--list"), called("--debug", "run", "--list")
    assert plain.exit_code == asked.exit_code == FAILED
    assert "the moon is full" in plain.output
    assert "--debug" in plain.output
    assert "Traceback" not in plain.output
    assert "Traceback" in asked.output
    monkeypatch.setenv("BOOK_DEBUG", "1")
    assert "Traceback" in called("run", "--list").output


def test_a_folder_without_a_book_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lib.cli.options.CHECKOUT", tmp_path)
    result = called("check")
    assert result.exit_code == MISUSED
    assert "_toc.yml" in result.output


def test_the_command_of_another_checkout_says_so_and_stops(book):
    (book / "lib").mkdir()
    (book / "lib" / "__init__.py").touch()
    assert called("run", "--list").exit_code == 0, "a folder with code of its own need not be a checkout"
    shutil.copy(CHECKOUT / "pyproject.toml", book)
    result = called("run", "--list")
    assert result.exit_code == MISUSED
    assert str(book) in result.output.replace("\n", "")
    assert ".venv/bin/book" in result.output


def test_a_table_or_settings_that_cannot_be_read_are_no_fault_of_the_code(tmp_path):
    (tmp_path / "sources.csv").write_bytes("id,title\na,Erzförderung\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"sources\.csv"):
        dictionary.read_sources(tmp_path)
    (tmp_path / "sources.csv").write_text("name,title\na,b\n")
    with pytest.raises(DataError, match="no column id"):
        dictionary.read_sources(tmp_path)
    for text in ("html: [", "- a list"):
        (tmp_path / "_config.yml").write_text(text)
        with pytest.raises(citation.SettingsError, match=r"_config\.yml"):
            citation.site_address(tmp_path)
