"""The files of a finished site as they were put in place, so that one that is gone, cut or changed is noticed.

Needs neither pandas nor Sphinx. Sizes and times tell at once that nothing was touched; where times differ, as after a
copy, hashes do.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lib.disk.files import file_hash, names_below, replace_text

Entry = list[Any]
"""Size in bytes, time of writing in nanoseconds and hash of a file."""


def of(folder: Path, noted: Mapping[str, Entry], without: Collection[str] = ()) -> dict[str, Entry]:
    """Return entries for the files below a folder by name, but not for those in its top-level folders `without`.

    What is `noted` of a file of the same size and time is taken as it is.
    """
    entries = {}
    for name in names_below(folder, without):
        path = f"{folder}/{name}"
        stat, before = os.stat(path), noted.get(name, [])
        touched = before[:2] != [stat.st_size, stat.st_mtime_ns]
        entries[name] = [stat.st_size, stat.st_mtime_ns, file_hash(Path(path))] if touched else before
    return entries


def read(path: Path) -> dict[str, Entry] | None:
    """Read a manifest that was written; None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError):
        entries = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(entries, dict) and all(isinstance(entry, list) and len(entry) == 3 for entry in entries.values()):
            return entries
    return None


def write(path: Path, entries: Mapping[str, Entry]) -> None:
    """Keep a manifest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(entries))


def harmed(folder: Path, entries: Mapping[str, Entry]) -> list[str]:
    """List the files that are gone, or have another content than when they were put in place."""
    return [name for name, entry in entries.items() if not _holds(f"{folder}/{name}", *entry)]


def _holds(path: str, size: int, written: int, content: str) -> bool:
    """Compare a file with its entry. Paths are texts: making a Path for thousands takes longer than to look them up."""
    try:
        stat = os.stat(path)
        return stat.st_size == size and (stat.st_mtime_ns == written or file_hash(Path(path)) == content)
    except OSError:
        return False
