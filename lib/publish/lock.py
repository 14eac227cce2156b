"""One build at a time in a folder, and nothing is added to the tables meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


class Busy(Exception):
    """Another build is at work in the same folder."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this build; the lock ends with the process. Raises Busy."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has no fcntl
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"another build is at work in {folder}; wait for it, or end it") from None
        yield
