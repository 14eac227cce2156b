"""The page on new data says what the command does, and its example is the one that the command makes."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lib import cli
from lib.intake import overlay

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "chapters" / "new-data.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(cli.app).commands
BLOCKS = re.findall(r"^ *```text\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
CALLS = [line.strip() for block in BLOCKS for line in block.splitlines() if line.strip().startswith("book ")]
INLINE = re.findall(r"`(book [a-z]+[^`]*)`", PAGE.replace("\n", " "))


@pytest.mark.parametrize("call", [*CALLS, *INLINE])
def test_every_command_on_the_page_exists_with_its_options(call):
    _, name, *rest = shlex.split(call)
    known = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in rest if word.startswith("-")} <= known


def test_options_named_alone_exist():
    known = {
        option
        for command in COMMANDS.values()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    named = {words.split()[0] for words in re.findall(r"`(--[a-z-]+[^`]*)`", PAGE)}
    assert named
    assert named <= known


def test_the_rows_on_the_page_are_those_of_the_example():
    shown = [block for block in BLOCKS if not block.lstrip().startswith("book ")]
    rows = {path.read_text(encoding="utf-8") for path in (overlay.TEMPLATE / "rows").glob("*.csv")}
    assert len(shown) == len(rows)
    assert set(shown) == rows


def test_the_example_can_be_followed(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    folder = tmp_path / "try"
    made = CliRunner().invoke(cli.app, ["own", str(folder), "--example"])
    assert made.exit_code == 0, made.output
    assert (folder / "README.md").is_file()
    assert CliRunner().invoke(cli.app, ["check", "--data", str(folder)]).exit_code == 0
    again = CliRunner().invoke(cli.app, ["own", str(folder)])
    assert again.exit_code == 1
    assert (folder / "rows" / "facilities.csv").read_text() == (
        overlay.TEMPLATE / "rows" / "facilities.csv"
    ).read_text()
