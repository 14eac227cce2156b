"""Files of a book: their hashes, those of a folder, and how one is written in a single step."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path


def file_hash(path: Path) -> str:
    """The hash of the content of a file. Raises OSError."""
    stat = path.stat()
    return _file_hash(str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)


@lru_cache(maxsize=4096)
def _file_hash(path: str, *_: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_hash(text: str) -> str:
    """The hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(files: Iterable[Path]) -> str:
    """A hash of the names and contents of files."""
    return text_hash("\n".join(f"{path.name}:{file_hash(path)}" for path in files))


def tree(folder: Path, endings: tuple[str, ...] | None = None) -> Iterator[Path]:
    """The files below a folder in order, but hidden ones and what Python leaves behind."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and (endings is None or path.suffix in endings):
            yield path


def replace_text(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it finds the old or the new text."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(beside, path)
