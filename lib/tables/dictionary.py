"""The data folder and its dictionary, for what needs no table of it read."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
from collections.abc import Iterator
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lib.errors import BookError
from lib.paths import CHECKOUT

Descriptor = dict[str, Any]
"""A data package descriptor, or a part of one: the entry of a table, of a column."""
Stamp = tuple[str, int, int]
"""What identifies a file's content cheaply: its path, the time of its last change and its size."""

FILE = "datapackage.json"
PLACES = ("iso3", "reporter", "importer", "partner", "exporter", "destination", "holder")
"""The columns that hold places, as codes, in the order in which a row is named after them: the importer from the
exporter. A test holds the list against the patterns of the dictionary."""
CONFIDENCES = ("high", "medium", "low")
"""What a row or a source may be trusted with, best first."""

_reading: ContextVar[Path | None] = ContextVar("reading", default=None)


class DataError(BookError, ValueError):
    """Error for a data folder that holds what cannot be read."""

    remedy = "`book check` lists everything that is wrong in the folder."


class MissingFile(BookError, FileNotFoundError):
    """Error for a data folder that lacks a file that it needs."""

    remedy = "Restore the file, or name another folder."


class UnknownTable(BookError, KeyError):
    """Error for a table name that the dictionary does not have."""


def data_dir() -> Path:
    """Return the folder with the tables: that of `reading`, else that of BOOK_DATA, else `data/` beside `lib/`."""
    return _reading.get() or Path(os.environ.get("BOOK_DATA") or CHECKOUT / "data")


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Read tables from another folder while the context lasts, but not in threads and processes started in it."""
    before = _reading.set(folder)
    try:
        yield
    finally:
        _reading.reset(before)


def dictionary() -> Descriptor:
    """Return the data package descriptor, as a dict."""
    return _dictionary(stamp(data_dir() / FILE))


def read_dictionary(folder: Path) -> Descriptor:
    """Read the dictionary of any data folder, anew each time, so that the caller may change it.

    Raises MissingFile, and DataError for what is no JSON in UTF-8 or lists no tables.
    """
    path = folder / FILE
    stamp(path)
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON in UTF-8: {error}") from None
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise DataError(f"{path} is not a dictionary of tables: it needs an object with a list of `resources`")
    return cast(Descriptor, package)


def dictionary_if_any(folder: Path) -> Descriptor:
    """Read the dictionary of a data folder; empty where it has none. Raises DataError as `read_dictionary` does."""
    return read_dictionary(folder) if (folder / FILE).is_file() else {}


def tables() -> list[str]:
    """List the names of all tables but the sources and corrections, in the order of the dictionary."""
    return [r["name"] for r in dictionary()["resources"] if r["name"] not in ("sources", "corrections")]


def resource(name: str) -> Descriptor:
    """Return the dictionary entry of one table. Raises UnknownTable with the closest names."""
    for entry in dictionary()["resources"]:
        if entry["name"] == name:
            return cast(Descriptor, entry)
    import difflib

    near = difflib.get_close_matches(name, [r["name"] for r in dictionary()["resources"]])
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(tables())}"
    raise UnknownTable(f"there is no table {name!r}{hint}")


def stamp(path: Path) -> Stamp:
    """Return what identifies a file's content cheaply, so that a changed file is read again."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise MissingFile(f"{path} is missing; a data folder needs it") from None
    return str(path), stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=4)
def _dictionary(stamp: Stamp) -> Descriptor:
    return read_dictionary(Path(stamp[0]).parent)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a table as text, by column; none where there is no such file. Raises DataError."""
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} is not a table in UTF-8: {error}") from None


def without_department(publisher: str) -> str:
    """Shorten the name of a publisher to what a reader knows it by: `U.S. Geological Survey`."""
    return re.split(r", | \(", publisher)[0]


def read_sources(data: Path) -> dict[str, dict[str, str]]:
    """Read sources.csv by id; empty when there is no such file. Raises DataError."""
    rows = read_rows(data / "sources.csv")
    if rows and "id" not in rows[0]:
        raise DataError("sources.csv has no column id, by which other tables name its rows")
    return {row["id"]: row for row in rows}
