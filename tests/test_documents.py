"""What README.md and CONTRIBUTING.md tell a reader to type is understood, and the files that they name are there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from lib.cli import app

ROOT = Path(__file__).resolve().parents[1]
TEXT = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
BLOCK = re.compile(r"^ {4}(?:\.venv/bin/)?((?:book|make) [^#\n]+)", re.MULTILINE)
INLINE = re.compile(r"`(?:\.venv/bin/)?((?:book|make) [^`]+)`")
TYPED = sorted({found.strip() for found in BLOCK.findall(TEXT) + INLINE.findall(TEXT)})
BOOK = get_command(app)


@pytest.mark.parametrize("typed", [typed for typed in TYPED if typed.startswith("book")])
def test_a_command_of_the_documents_is_understood(typed):
    words = shlex.split(typed)[1:]
    while words[0].startswith("--"):
        assert words.pop(0) in {name for option in BOOK.params for name in option.opts}
    if words != ["COMMAND"]:
        BOOK.commands[words[0]].make_context(words[0], words[1:])  # reads the words and runs nothing


@pytest.mark.parametrize("typed", [typed for typed in TYPED if typed.startswith("make")])
def test_a_target_of_the_documents_is_one_of_make(typed):
    target, *_variables = typed.split()[1:]
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_files_that_the_documents_name_are_there():
    named = set(re.findall(r"`((?:lib|data|chapters|tests|docs)/[\w./-]*\w)`", TEXT))
    linked = set(re.findall(r"\]\((?!https?:)([\w./-]+)", TEXT))
    assert len(named) > 5
    assert [path for path in sorted(named | linked) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("book run reserves --list", "top"),
        ("book own my-data --example", "my-data"),
        ("python -c \"from lib import claims; print(claims.judge('A01'))\"", "A01"),
    ],
)
def test_a_quick_command_of_the_documents_does_what_is_said(typed, expected, tmp_path):
    assert typed in TEXT
    program, *words = shlex.split(typed.replace("my-data", str(tmp_path / "my-data")))
    start = [sys.executable, *(("-m", "lib.cli") if program == "book" else ())]
    done = subprocess.run([*start, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert expected in done.stdout
