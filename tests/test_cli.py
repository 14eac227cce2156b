"""The book command: help like a manual page, clear refusals, exit codes, and the real program once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lib import cli
from lib.cli import app, errors
from lib.tables import checks
from tests.publish.book import PARAMETERS, notebook, write_book

COMMANDS = ("add", "fetch", "own", "check", "run", "build", "diff", "translate", "pdf", "release", "serve")


@pytest.fixture
def book(tmp_path, monkeypatch) -> Path:
    """A tiny book as the current folder."""
    monkeypatch.chdir(write_book(tmp_path))
    monkeypatch.delenv("BOOK_DATA", raising=False)
    return tmp_path


def call(*arguments: str):
    """Exit code, output and errors of a call, folded to single spaces."""
    result = CliRunner().invoke(app, list(arguments), env={"TERM": "dumb", "COLUMNS": "200"})
    unexpected = result.exception and not isinstance(result.exception, SystemExit)
    assert not unexpected, result.exception
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.output)
    return result.exit_code, " ".join(plain.split())


def test_check_names_printed_ends_that_have_passed_and_is_content():
    """The suspensions of Announcements No. 70 and No. 72 of 2025 ran to November 2026; later sources were not read."""
    code, text = call("check", str(Path(__file__).parents[1] / "data"))
    assert code == 0
    for measure in ("CHN-2025-11", "CHN-2025-12"):
        assert f"Measure {measure}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_reads_like_a_manual_page(command):
    code, text = call(command, "--help")
    assert code == 0
    for part in ("Usage", "Examples", f"book {command}", "Exit codes", "Files"):
        assert part in text


def test_help_names_the_commands_and_imports_nothing_heavy():
    program = (
        "import sys; sys.argv=['book', '--help']\ntry:\n import lib.cli; lib.cli.main()\nfinally:\n print(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for command in COMMANDS:
        assert command in result.stdout
    loaded = set(result.stdout.split())
    assert loaded & {"pandas", "sphinx", "papermill", "altair", "nbformat", "jupyter_book"} == set()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "ores", "-p", "top=many"], "ores: top must be a whole number, not 'many'; default 8"),
        (["run", "ores", "-p", "asof=2020-01-01"], "did you mean as_of?"),
        (["run", "ores", "-p", "as_of=2020-13-01"], "as_of must be an ISO date"),
        (["run", "ores", "-p", "top"], "write name=value"),
        (["run", "orse"], "there is no notebook 'orse'; did you mean ores?"),
        (["run"], "no notebook is given"),
        (["build", "--as-of", "soon"], "as_of must be an ISO date"),
        (["diff", "2025-01-01", "soon"], "as_of must be an ISO date"),
        (["diff", "2025-01-02", "2025-01-01"], "must be before the second"),
        (["build", "--only", "orse"], "did you mean ores?"),
        (["build", "--workers", "none"], "workers"),
        (["check", "nowhere"], "there is no folder nowhere"),
        (["serve", "--port", "99999"], "port"),
        (["publish"], "No such command"),
    ],
)
def test_wrong_use_is_told_with_exit_code_2_and_nothing_is_written(book, arguments, expected):
    code, text = call(*arguments)
    assert code == 2
    assert expected in text
    assert "Traceback" not in text
    assert not (book / "_build").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "ores", "-p", "top=-3"], "ores: top must be a whole number from 1 to 20, not '-3'; default 8"),
        (["run", "ores", "-p", "as_of=3023-01-01"], "as_of must be a day from 2020-01-01"),
        (["run", "ores", "-p", "as_of=2019-12-31"], "as_of must be a day from 2020-01-01"),
        (["build", "--as-of", "3023-01-01"], "as_of must be a day from 2020-01-01"),
        (["build", "--since", "1066-10-14"], "as_of must be a day from 2020-01-01"),
        (["diff", "2025-01-01", "3023-01-01"], "as_of must be a day from 2020-01-01"),
    ],
)
def test_values_out_of_range_are_refused_before_anything_runs(book, arguments, expected):
    ranged = PARAMETERS.replace("how many", "1 to 20: how many")
    (book / "chapters" / "ores.ipynb").write_text(notebook([("markdown", "# Ores"), ("parameters", ranged)]))
    code, text = call(*arguments)
    assert code == 2
    assert expected in text
    assert not (book / "_build").exists()
    code, text = call("run", "ores", "--list")
    assert "a whole number from 1 to 20 8 how many countries are named" in text
    assert "a day from 2020-01-01" in text


def test_no_command_lets_a_name_or_a_cell_steer_the_terminal(book, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text("ore,iso3,year,source_id\nclay,CHN,2024,a\x1b]0;title\x07\n")
    (tmp_path / "a\x1b[31m.csv").write_text("a,b\n1,2\n")
    ores = book / "data" / "ores.csv"
    ores.write_text(ores.read_text().replace("bastnaesite", "\x1b[31mbastnaesite", 1))
    for arguments in (
        ("add", "new.csv"),
        ("add", "a\x1b[31m.csv"),
        ("run", "a\x1b[31m"),
        ("check",),
        ("build", "--only", "\x1b[2J"),
    ):
        result = CliRunner().invoke(app, list(arguments), env={"TERM": "dumb", "COLUMNS": "200"})
        assert result.exit_code in (1, 2)
        assert "\x1b" not in result.output
        assert "\u241b" in result.output or "\\x1b" in result.output


def test_parameters_are_listed_with_type_default_and_meaning(book):
    code, text = call("run", "--list")
    assert code == 0
    assert "ores top a whole number 8 how many countries are named" in text


def test_a_mistake_in_a_notebook_is_a_failure(book):
    (book / "chapters" / "ores.ipynb").write_text(notebook([("code", "1")]))
    code, text = call("build")
    assert code == 1
    assert "chapters/ores.ipynb: no code cell has the tag `parameters`" in text
    assert "Nothing was run." in text


def test_serve_without_a_site_says_what_to_do(book):
    code, text = call("serve")
    assert code == 1
    assert "make book" in text


def test_pdf_needs_a_site_and_a_browser(book, monkeypatch):
    code, text = call("pdf")
    assert (code, "book build" in text) == (1, True)
    from lib.site.exports import pdf

    def refuse(*_):
        raise pdf.NoBrowser("install Chromium")

    monkeypatch.setattr(pdf, "make", refuse)
    (book / "_build" / "html").mkdir(parents=True)
    (book / "_build" / "html" / "index.html").write_text("hello")
    code, text = call("pdf")
    assert (code, "install Chromium" in text) == (1, True)
    code, text = call("pdf", "--if-possible")
    assert (code, "No PDFs" in text) == (0, True)


def test_check_shows_each_problem_and_fails(book, monkeypatch):
    problem = checks.Problem("ores.csv", 3, "value", "[x]", "type-error", "write a number")
    monkeypatch.setattr(checks, "check", lambda folder: [problem])
    code, text = call("check")
    assert code == 1
    for part in ("ores.csv", "3", "value", "[x]", "type-error", "write a number", "1 problem in"):
        assert part in text
    monkeypatch.setattr(checks, "check", lambda folder: [])
    assert call("check", str(book / "data"))[0] == 0


def program(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "lib.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def test_the_program_builds_runs_and_reports_a_failing_cell(book):
    built = program(book, "build")
    assert built.returncode == 0, built.stderr
    assert "2 notebooks, 2 facts, 3 figures, 2 sources" in built.stdout
    ran = program(book, "run", "ores", "-p", "top=3")
    assert ran.returncode == 0, ran.stderr
    assert "Facts as of 2026-11-22" in ran.stdout
    assert "69%" in ran.stdout
    assert (book / "_build" / "runs" / "ores" / "top-3" / "index.html").is_file()
    broken = [("markdown", "# Ores"), ("parameters", PARAMETERS), ("code", "ore = {}\nore['gone']")]
    (book / "chapters" / "ores.ipynb").write_text(notebook(broken))
    failed = program(book, "build")
    assert failed.returncode == 1
    for part in (
        "chapters/ores.ipynb, cell 3 failed: KeyError: 'gone'",
        "ore['gone']",
        "The site is unchanged.",
    ):
        assert part in failed.stderr
    assert (book / "_build" / "html" / "chapters" / "ores.html").is_file()


def test_serve_answers_on_this_computer(book):
    site = book / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("hello")
    command = [sys.executable, "-m", "lib.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=book, stdout=subprocess.PIPE, text=True) as process:
        address = re.search(r"http://localhost:\d+", process.stdout.readline()).group()
        with urllib.request.urlopen(address.replace("localhost", "127.0.0.1"), timeout=10) as answer:
            assert answer.read() == b"hello"
        process.terminate()


def test_a_signal_before_a_command_begins_ends_it_without_a_traceback(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == errors.INTERRUPTED
