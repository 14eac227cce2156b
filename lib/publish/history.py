"""The commit that a book is built from, as its pages name it."""

from __future__ import annotations

import subprocess
from pathlib import Path

COMMIT_LENGTH = 12
CHANGED = " with changes"


def commit_of(root: Path) -> str:
    """The git commit of the folder of the book, with a remark when files differ from it; empty without git."""
    if not (root / ".git").exists():  # a book inside someone else's repository has no commit
        return ""
    commit = _git(root, "rev-parse", f"--short={COMMIT_LENGTH}", "HEAD")
    changed = commit and _git(root, "status", "--porcelain", "--untracked-files=no")
    return commit + CHANGED if changed else commit


def says_all(commit: str) -> bool:
    """Whether a commit, as `commit_of` gives it, has all that was built from it."""
    return bool(commit) and not commit.endswith(CHANGED)


def _git(root: Path, *arguments: str) -> str:
    try:
        command = ["git", "-C", str(root), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()
