"""The commit that a book is built from, as its pages name it, and what is in it."""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import shlex
import subprocess
import tarfile
from functools import cache
from pathlib import Path

COMMIT_LENGTH = 12
CHANGED = " with changes"
DAY = "commit of "
"""What the days of commits are told from the names of files by."""
ELSEWHERE = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
    }
)
"""Variables that lead git to another repository, as they are set within its hooks."""
RELEASES = "releases.yml"
"""The list of archived versions grows after each of them, so that it is no change of what is built from a commit."""
BUT_RELEASES = ("--", ".", f":(exclude){RELEASES}")
UNTRUSTED = "safe.directory"
"""The setting that git names where a repository belongs to another user."""


def commit_of(root: Path) -> str:
    """Return the git commit of the folder of the book, with a remark when files differ from it; empty without one.

    Why git does not tell it, where it should, is said in a warning.
    """
    if not (root / ".git").exists():  # a book inside someone else's repository has no commit
        return ""
    commit = _git(root, "rev-parse", "--quiet", "--verify", f"--short={COMMIT_LENGTH}", "HEAD")
    if not commit:
        return ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", *BUT_RELEASES)
    return commit if changed == "" else commit + CHANGED


def says_all(commit: str) -> bool:
    """Return whether a commit, as `commit_of` gives it, has all that was built from it."""
    return bool(commit) and not commit.endswith(CHANGED)


def unsaved(root: Path) -> list[str] | None:
    """List files that are not as the commit has them, or that it has not at all; None where there is no commit.

    The list of releases does not count.
    """
    if not commit_of(root):
        return None
    changed = _git(root, "status", "--porcelain", *BUT_RELEASES)
    return None if changed is None else [line.split(maxsplit=1)[1] for line in changed.splitlines()]


def time_of(root: Path) -> int:
    """Return when the commit was made, in seconds since 1970. Raises ValueError without a commit."""
    return int(_git(root, "log", "-1", "--format=%ct") or "")


def content_of(root: Path) -> dict[str, bytes]:
    """Return the files of the commit by name, in order; links are left out. Raises CalledProcessError."""
    command = ["git", "-C", str(root), "archive", "--format=tar", "HEAD"]
    packed = subprocess.run(command, capture_output=True, check=True, env=_environment()).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {entry.name: archive.extractfile(entry) for entry in archive if entry.isfile()}
        return {name: file.read() for name, file in sorted(files.items()) if file}


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ELSEWHERE}


def days_of(root: Path, *paths: str) -> dict[str, str]:
    """Return the day of the last commit to each file at or below `paths`, by its name from the folder of the book.

    Empty without a repository, and in one that has only its last commits, which tell no file from another.
    """
    if not (root / ".git").exists() or _git(root, "rev-parse", "--is-shallow-repository") != "false":
        return {}
    days: dict[str, str] = {}
    log = _git(root, "-c", "core.quotePath=off", "log", f"--format={DAY}%cs", "--name-only", "--", *paths) or ""
    for commit in log.split(DAY)[1:]:
        day, *names = commit.split("\n")
        for name in filter(None, names):
            days.setdefault(name, day)
    return days


def _git(root: Path, *arguments: str) -> str | None:
    """Run git and return what it prints; None where it fails, with a warning."""
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True, env=_environment())
    except subprocess.CalledProcessError as problem:
        if problem.stderr.strip():  # a repository without a commit says nothing
            _warn(root, problem.stderr)
        return None
    except (OSError, subprocess.SubprocessError) as problem:
        _warn(root, str(problem))
        return None
    return result.stdout.strip()


@cache
def _warn(root: Path, problem: str) -> None:
    """Say once why pages name no commit, or one with changes.

    A repository of another user is not read in spite of git: its settings may name programs, which git would run.
    """
    if multiprocessing.parent_process():  # which has said it
        return
    if UNTRUSTED in problem:
        why = "it belongs to another user"
        remedy = f"If you trust it: git config --global --add {UNTRUSTED} {shlex.quote(str(root.resolve()))}"
    else:
        why, remedy = problem.strip().splitlines()[0], "This affects only what pages say about the commit."
    logging.getLogger(__name__).warning("Git does not give the commit of %s: %s. %s", root, why, remedy)
