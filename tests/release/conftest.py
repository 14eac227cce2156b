"""A tiny book with a commit, built once, and the validators that lie beside the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lib import pipeline
from tests.publish.book import write_book

ROOT = Path(__file__).resolve().parents[2]
VALIDATORS = ROOT / "_build" / "validators" / "packages"
TOC = "format: jb-book\nroot: index\nchapters:\n" + "".join(
    f"- file: {name}\n" for name in ("chapters/ores", "facts", "figures", "data", "references", "status")
)
"""Without the page of changes, which runs each notebook twice."""
BESIDE = ("CITATION.cff", "requirements.txt", "releases.yml", "LICENSE", "LICENSE-text")


def git(root: Path, *arguments: str) -> str:
    """Run git with an author and a time that are always the same."""
    names = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    days = {f"GIT_{who}_DATE": "2026-12-01T10:00:00+00:00" for who in ("AUTHOR", "COMMITTER")}
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | names | days).stdout


def committed_book(folder: Path) -> Path:
    """Write the tiny book as a repository with one commit."""
    root = write_book(folder)
    for name in BESIDE:
        shutil.copy(ROOT / name, root)
    (root / "_toc.yml").write_text(TOC)
    (root / "releases.yml").write_text("releases: []\n")
    (root / ".gitignore").write_text("_build/\n.*.lock\n")
    (root / "lib").mkdir()
    (root / "lib" / "README").write_text("The code of the book.\n")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A tiny book")
    return root


@pytest.fixture(scope="session")
def books(tmp_path_factory) -> tuple[Path, Path]:
    """The tiny book, committed and built in two places at the same time."""
    here, elsewhere = (committed_book(tmp_path_factory.mktemp("released") / name) for name in ("book", "another-book"))
    command = [sys.executable, "-m", "lib.cli", "build"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"}
    with subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=subprocess.DEVNULL) as building:
        pipeline.book(here, here / "data")
    assert building.returncode == 0
    return here, elsewhere


@pytest.fixture(scope="session")
def built(books) -> Path:
    """The tiny book, committed and built."""
    return books[0]


@pytest.fixture
def copy(built, tmp_path) -> Path:
    """A copy that a test may change."""
    root = tmp_path / "book"
    shutil.copytree(built, root)
    return root


@pytest.fixture(scope="session")
def validate():
    """Run Python with the validators at hand, and return what it printed."""
    if not (VALIDATORS / ".complete").is_file():
        pytest.fail(
            "there are no validators: run make _build/validators/packages/.complete, or make test", pytrace=False
        )

    def run(*arguments: str) -> str:
        environment = os.environ | {"PYTHONPATH": str(VALIDATORS)}
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    return run
