"""The record beside each fetched file: `NAME.fetched.json`.

It says where the file is from, when it was fetched, its hash, and what the server said of its date, with which the
server is asked later whether it has changed. `published` is there only where the feed declares which of its dates is
the day of publication.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENDING = ".fetched.json"


@dataclass(frozen=True)
class Record:
    """The facts of a fetched file; days are ISO dates, `bytes` its size, the rest as the server gave it."""

    feed: str
    publisher: str
    address: str
    fetched: str
    sha256: str
    bytes: int
    edition: str = ""
    published: str = ""
    etag: str = ""
    last_modified: str = ""


def place(path: Path) -> Path:
    """Return the path of the record of a file."""
    return path.with_name(path.name + ENDING)


def record_of(path: Path) -> Record | None:
    """Read the record of a fetched file; None where there is none, or where the file has changed since."""
    try:
        content = json.loads(place(path).read_text(encoding="utf-8"))
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        record = Record(**content)
    except (OSError, ValueError, TypeError):
        return None
    return record if record.sha256 == sha256 else None


def keep(path: Path, record: Record) -> None:
    """Write the record of a file in one step. Raises OSError."""
    target = place(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    text = json.dumps(dataclasses.asdict(record), ensure_ascii=False, indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    os.replace(beside, target)


def files(folder: Path) -> Iterator[tuple[Path, Record]]:
    """Yield the files below a folder that have a record, in order, each with its record."""
    for beside in sorted(folder.rglob(f"*{ENDING}")):
        path = beside.with_name(beside.name.removesuffix(ENDING))
        if record := record_of(path):
            yield path, record
