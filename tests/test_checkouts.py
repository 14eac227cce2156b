"""Checkouts on other people's machines: line ends, a moved folder, settings of pip that lead elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.paths import CHECKOUT

STAND_IN = """#!/bin/sh
# stands in for Python: makes an environment whose python is this file, and writes down how it was called
case "$1" in
-c) case "$2" in *version_info*) exit 0 ;; esac ;;
-m) if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi ;;
esac
echo "$* TARGET=$PIP_TARGET USER=$PIP_USER PATH=$PYTHONPATH" >> "$CALLS"
"""


def git(*arguments: str, at: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=at, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="not a git checkout")
def test_a_clone_of_a_git_that_writes_crlf_has_the_tables_as_they_are(tmp_path):
    source, clone = tmp_path / "source", tmp_path / "clone"
    shutil.copytree(CHECKOUT / "data", source / "data")
    shutil.copy(CHECKOUT / ".gitattributes", source)
    git("init", "-q", at=source)
    git("add", ".", at=source)
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "data", at=source)
    git("clone", "-q", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", str(source), str(clone), at=tmp_path)
    assert b"\r" not in (clone / "data" / "sources.csv").read_bytes()
    assert {path.name: path.read_bytes() for path in (clone / "data").iterdir()} == {
        path.name: path.read_bytes() for path in (CHECKOUT / "data").iterdir() if path.is_file()
    }


@pytest.fixture
def checkout(tmp_path):
    """A folder with the Makefile and what it needs to set up, and a stand-in for Python that writes down its calls."""
    folder = tmp_path / "a book"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(CHECKOUT / name, folder)
    python = tmp_path / "python"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    return folder


def set_up(folder: Path, **variables: str) -> list[str]:
    """Make the environment with the stand-in, without uv; returns how it was called."""
    calls = folder.parent / "calls"
    calls.unlink(missing_ok=True)
    path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "uv").exists())
    command = ["make", ".venv/.complete", f"PYTHON={folder.parent / 'python'}"]
    environment = os.environ | {"PATH": path, "CALLS": str(calls), **variables}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return calls.read_text().splitlines() if calls.exists() else []


def test_an_environment_is_made_once(checkout):
    assert any(call.startswith("-m venv") for call in set_up(checkout))
    assert set_up(checkout) == []


def test_the_environment_of_a_checkout_that_was_moved_is_made_anew(checkout):
    set_up(checkout)
    (checkout / ".venv" / "of the old place").touch()
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert any(call.startswith("-m venv") for call in set_up(moved))
    assert not (moved / ".venv" / "of the old place").exists()
    assert set_up(moved) == []


def test_settings_of_pip_and_python_that_lead_elsewhere_are_left_out(checkout):
    calls = set_up(checkout, PIP_TARGET="/nowhere", PIP_USER="1", PYTHONPATH="/nowhere")
    installs = [call for call in calls if call.startswith("-m pip install")]
    assert installs
    assert all(call.endswith("TARGET= USER= PATH=") for call in installs)


def test_make_finds_its_shell_on_the_path(checkout):
    shell = next(line for line in (checkout / "Makefile").read_text().splitlines() if line.startswith("SHELL"))
    assert "/bin/bash" not in shell
