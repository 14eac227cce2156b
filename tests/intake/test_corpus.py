"""Every broken file of the corpus gives one clear message, an exit code that is not zero, and unchanged tables."""

import shutil

import pytest
from typer.testing import CliRunner

from lib import cli
from lib.cli import add as adding
from lib.cli import console, errors
from lib.tables import catalog
from tests.intake import corpus
from tests.intake import folder as small

CASES = dict(corpus.cases())
GOOD = dict(corpus.good_files())
SAID = ["--published", "2026-11-01"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    book = tmp_path_factory.mktemp("book")
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    shutil.copytree(catalog.data_dir(), book / "data")
    return book / "data"


@pytest.fixture
def add(data, monkeypatch):
    """Run `book add`; returns its result and the problems that it showed."""
    shown = []
    monkeypatch.chdir(data.parent)
    monkeypatch.delenv("BOOK_DATA", raising=False)
    table = console.problem_table
    for module in (adding, errors):
        monkeypatch.setattr(module, "problem_table", lambda problems: shown.extend(problems) or table(problems))
    return lambda *arguments: (CliRunner().invoke(cli.app, ["add", *map(str, arguments)]), shown)


def test_there_are_many():
    assert len(CASES) >= 120


@pytest.mark.parametrize("write", GOOD.values(), ids=GOOD)
def test_the_good_files_are_taken(add, tmp_path, write):
    result, problems = add(write(tmp_path), "--dry-run", *SAID)
    assert (result.exit_code, problems) == (0, []), result.output


@pytest.mark.parametrize(("name", "write"), CASES.items(), ids=CASES)
def test_a_broken_file_is_told_and_changes_nothing(add, data, tmp_path, name, write):
    before = small.bytes_of(data)
    result, problems = add(write(tmp_path), *SAID)
    assert small.bytes_of(data) == before
    assert [path.name for path in data.parent.glob(".data*")] in ([], [".data.lock"])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.output.count("Error:") == 1, result.output
    assert problems
    for problem in problems:
        assert problem.file
        assert problem.rule
        assert len(problem.remedy) > 10, problem
    if name.endswith(corpus.AT_A_ROW):
        assert all(problem.row for problem in problems), problems
