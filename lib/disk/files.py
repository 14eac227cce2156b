"""Files of a book: what tells one from what it was, their hashes, and how one is written in a single step."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

Stamp = tuple[int, ...]
SETTLED_NS = 2 * 10**9
"""A file that was written less than these nanoseconds ago may be written again under the same times."""


def stamp(path: Path) -> Stamp | None:
    """Return a stamp that differs once a file was saved, even with the same text; None where there is no file.

    Programs set the time of writing as they like, but not that of the last change, which is part of it.
    """
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def _stamp(stat: os.stat_result) -> Stamp:
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


def file_hash(path: Path) -> str:
    """Return the hash of the content of a file. Raises OSError."""
    stat = path.stat()
    if time.time_ns() - stat.st_ctime_ns < SETTLED_NS:
        return _content_hash(path)
    return _settled_hash(str(path), _stamp(stat))


@lru_cache(maxsize=4096)
def _settled_hash(path: str, _: Stamp) -> str:
    return _content_hash(Path(path))


def _content_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_hash(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(files: Iterable[Path]) -> str:
    """Return one hash of the names and contents of files."""
    return text_hash("\n".join(f"{path.name}:{file_hash(path)}" for path in files))


def tree(folder: Path, endings: tuple[str, ...] | None = None) -> Iterator[Path]:
    """Yield the files below a folder in order, without hidden ones and what Python leaves behind."""
    for name in names_below(folder):
        if endings is None or name.endswith(endings):
            yield folder / name


def names_below(folder: Path, skip: Collection[str] = ()) -> list[str]:
    """List the names of these files, from the folder, in order; without those in the folders `skip` of it.

    To make a path of each of thousands of names takes longer than to find them.
    """
    found = []
    for place, folders, files in os.walk(folder):
        within = place[len(str(folder)) + 1 :].replace(os.sep, "/")
        folders[:] = [name for name in folders if not _is_hidden(name) and (within or name not in skip)]
        named = [f"{within}/{name}" if within else name for name in files if not _is_hidden(name)]
        found += [name for name in named if os.path.isfile(f"{folder}/{name}")]
    return sorted(found, key=lambda name: name.split("/"))


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__pycache__"))


def kept(folder: Path, key: str, ending: str) -> Path | None:
    """Return the file that `keep` wrote for a key if it still has the content that it had then, else None."""
    for path in folder.glob(f"{key}.*{ending}"):
        if path.name == _name_of(key, file_hash(path), ending):
            return path
    return None


def keep(folder: Path, key: str, ending: str, content: bytes) -> Path:
    """Keep content that was made from what `key` stands for, under a name that has its hash too."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / _name_of(key, hashlib.sha256(content).hexdigest(), ending)
    beside = folder / f".{target.name}.{os.getpid()}.{threading.get_ident()}"
    beside.write_bytes(content)
    os.replace(beside, target)
    return target


def _name_of(key: str, content: str, ending: str) -> str:
    return f"{key}.{content[:32]}{ending}"


def replace_text(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it finds the old or the new text."""
    replace_bytes(path, text.encode("utf-8"))


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever reads it finds the old or the new content."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    os.replace(beside, path)
