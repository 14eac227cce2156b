"""Several files of a folder replaced in one step: a killed process leaves all of them old or all of them new."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

AT_FDCWD = -100
RENAME_EXCHANGE = 2  # Linux: renameat2
RENAME_SWAP = 2  # macOS: renamex_np


@contextlib.contextmanager
def staged(folder: Path, texts: Mapping[str, str], beside: Path | None = None) -> Iterator[Path]:
    """A copy of a folder in which some files have another text; it is gone after the context.

    It lies beside the folder, hidden, so that `put` can exchange the two, or where `beside` says. Files that do not
    change are links to the same content. Raises OSError.
    """
    beside = beside or folder.with_name(f".{folder.name}.adding")
    shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
    try:
        shutil.copytree(folder, beside, copy_function=_linked)
        for name, text in texts.items():
            _write(beside / name, text)
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def put(beside: Path, folder: Path, texts: Mapping[str, str]) -> None:
    """Put the staged folder in place of the other.

    Where the system cannot exchange two folders in one step, the files are replaced one by one in the order of
    `texts`; each step is a step to a sound folder when the sources come first. Raises OSError.
    """
    if not _exchanged(beside, folder):
        for name in texts:
            os.replace(beside / name, folder / name)


def place(beside: Path, target: Path) -> None:
    """Put a staged folder at a place where there may be an earlier one. Raises OSError."""
    if not target.exists():
        os.rename(beside, target)
    elif not _exchanged(beside, target):
        shutil.rmtree(target)
        os.rename(beside, target)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to the content of the other folder
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system cannot."""
    names = os.fsencode(one), os.fsencode(other)
    try:
        libc = ctypes.CDLL(None)
        if sys.platform == "darwin":
            return libc.renamex_np(*names, RENAME_SWAP) == 0
        return libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0
    except (OSError, AttributeError, TypeError):
        return False
