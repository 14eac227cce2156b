"""A folder put in the place of another in one step, so that whoever looks finds the old one or the new one, whole."""

from __future__ import annotations

import ctypes
import filecmp
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from lib.disk.files import names_below

AT_FDCWD = -100
RENAME_EXCHANGE = 2  # Linux: renameat2
RENAME_SWAP = 2  # macOS: renamex_np


def home(folder: Path) -> Path:
    """Return the folder for files beside another: its parent, or itself if it is a mount or the parent is read-only."""
    if os.path.ismount(folder) or not os.access(folder.parent, os.W_OK):
        return folder
    return folder.parent


def put(new: Path, target: Path) -> None:
    """Put the folder `new` in the place of `target`, which is removed; on any error the old folder is there.

    Where the system cannot exchange the two in one step, the old one is set aside first, from where `recover` brings
    it back after a kill. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    if not target.exists():
        os.rename(new, target)
    elif exchanged(new, target):
        shutil.rmtree(new, ignore_errors=True)
    else:
        _put_in_two_steps(new, target)


def _put_in_two_steps(new: Path, target: Path) -> None:
    old = _aside(target)
    shutil.rmtree(old, ignore_errors=True)
    try:
        os.rename(target, old)
        os.rename(new, target)
    except BaseException:
        recover(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def recover(target: Path) -> None:
    """Bring back the folder that was set aside, where `put` was cut off between its two steps. Raises OSError."""
    if was_cut_off(target):
        os.rename(_aside(target), target)


def was_cut_off(target: Path) -> bool:
    """Return whether a folder was set aside and nothing is in its place."""
    return _aside(target).exists() and not target.exists()


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system cannot."""
    names = os.fsencode(one), os.fsencode(other)
    try:
        libc = ctypes.CDLL(None)
        if sys.platform == "darwin":
            return libc.renamex_np(*names, RENAME_SWAP) == 0
        return libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0
    except (OSError, AttributeError, TypeError):
        return False


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}-old")


def differing(source: Path, target: Path, skip: Collection[str] = ()) -> tuple[set[str], set[str]]:
    """Compare two folders by content: names that `target` lacks or has otherwise, and those that it alone has.

    A file of the same size and time is taken for the same. What is in the folders `skip` of the source is left out.
    """
    here, there = set(names_below(source, skip)), set(names_below(target))
    alike = {name for name in here & there if filecmp.cmp(source / name, target / name, shallow=True)}
    return here - alike, there - here


def copied(names: Iterable[str], source: Path, target: Path) -> None:
    """Copy files from one folder into another, with their times; all others keep theirs."""
    for name in sorted(names):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


def linked(source: Path, target: Path, ignore: Callable[[str, list[str]], Iterable[str]] | None = None) -> None:
    """Copy a folder by links to its files where the file system has them; `ignore` is that of shutil.copytree.

    What the target has of the same name is replaced. A file that is written in place later changes in both: put a new
    one in its place instead.
    """
    if not source.is_dir():
        return
    os.makedirs(target, exist_ok=True)
    with os.scandir(source) as listed:
        entries = list(listed)
    ignored = set(ignore(str(source), [entry.name for entry in entries])) if ignore else set()
    for entry in entries:
        if entry.name in ignored:
            continue
        if entry.is_dir():
            linked(Path(entry.path), target / entry.name, ignore)
        else:
            _link(entry.path, f"{target}/{entry.name}")


def _link(one: str, other: str) -> None:
    try:
        os.link(one, other)
    except FileExistsError:
        os.unlink(other)
        _link(one, other)
    except OSError:
        shutil.copy2(one, other)
