"""Who may be at work: one build at a time in a folder, and on tables many that read them or one that adds to them."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from lib.disk import folders
from lib.errors import BookError


class Busy(BookError):
    """Another process at work where this one wants to be."""

    remedy = "Wait until it has finished, or stop it."


@contextlib.contextmanager
def at_work(root: Path, data: Path, *, adding: bool = False) -> Iterator[None]:
    """Hold the book at `root` for this process, and the tables in `data`: to read them, or to add to them alone.

    Sites that a build was putting in place when it was killed are brought back first. Raises Busy, OSError.
    """
    with locked(root / "_build"), _tables(data.resolve(), adding):
        _recover(root)
        yield


def recover(root: Path) -> None:
    """Bring back sites that a build was putting in place when it was killed, unless another one is at work."""
    if any(map(folders.was_cut_off, _sites(root))):
        with contextlib.suppress(Busy), locked(root / "_build"):
            _recover(root)


def _recover(root: Path) -> None:
    for site in _sites(root):
        folders.recover(site)


def _sites(root: Path) -> list[Path]:
    """List where sites are put: that of the book, and those from figures of a reader's own."""
    built = root / "_build"
    return [folder / "html" for folder in (built, built / "own", *built.glob("own/*"))]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder that builds write to; the lock ends with the process. Raises Busy, OSError."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(FileLock(folder / ".lock", timeout=0))
        except Timeout:
            raise Busy(f"another build is running in {folder}") from None
        yield


@contextlib.contextmanager
def _tables(data: Path, adding: bool) -> Iterator[None]:
    """Hold the tables, for all books that are made from them; without a lock where nobody could add anything."""
    import sqlite3  # what the lock consists of

    from filelock import ReadWriteLock, Timeout

    home = folders.home(data)
    if not os.access(home, os.W_OK):
        yield
        return
    place = home / f".{data.name}.lock"
    with contextlib.ExitStack() as held:
        try:
            lock = ReadWriteLock(place, timeout=0, is_singleton=False)
            held.callback(lock.close)
            held.enter_context(lock.write_lock() if adding else lock.read_lock())
        except Timeout:
            who = "a build, or `book add`," if adding else "`book add`"
            raise Busy(f"{who} is at work on {data}") from None
        except sqlite3.Error as error:
            raise OSError(errno.ENOLCK, f"cannot be locked: {error}", str(place)) from None
        yield
