"""What a file that no reader knows looks like, and which reader comes nearest to it.

"Unknown" helps nobody. A person can act on the columns that were seen, and on those that are missing for a format.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lib.importers.files import File

NEAR = 0.5
"""The part of what a reader needs that a file must have for the reader to be named."""
LOOKED_AT = 12
"""Lines, or rows of a sheet, among which a header is looked for."""
MOST_SHOWN = 14
WORD = re.compile(rb'"([^"\\{}\[\]]{1,60})"')
JSON_STARTS = (b"{", b"[")


@dataclass(frozen=True)
class Seen:
    """The names in a file (columns, sheets, fields of JSON) by a plain spelling, and the same to be read."""

    names: frozenset[str]
    told: str


@dataclass(frozen=True)
class Near:
    """A reader that comes near, and what it lacks."""

    name: str
    part: float
    lacks: tuple[str, ...]


def seen(file: File) -> Seen:
    """Return the names in a file, and how they are shown. Raises Refused for a workbook that cannot be read."""
    start = file.head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if file.is_parquet:
        from lib.importers.baci import columns

        names = columns(file.path)
        return Seen(_plain(names), f"columns: {_shown(names)}")
    if file.is_workbook:
        sheets = file.sheets()
        cells = [str(cell).strip() for rows in sheets.values() for row in rows[:LOOKED_AT] for cell in row]
        headers = (next(([str(c) for c in row if c != ""] for row in rows if any(row)), []) for rows in sheets.values())
        listing = "; ".join(f"{name}: {_shown(header)}" for name, header in zip(sheets, headers, strict=True))
        return Seen(_plain([*sheets, *cells]), f"sheets: {listing}")
    if start.startswith(JSON_STARTS):
        names = [word.decode("utf-8", "replace") for word in dict.fromkeys(WORD.findall(start[:8000]))]
        return Seen(_plain(names), f"fields: {_shown(names)}")
    lines = list(_first_lines(file))
    header = max(lines[:LOOKED_AT], key=len, default=[])
    return Seen(_plain(cell for line in lines for cell in line), f"header: {_shown(header or file.header)}")


def nearest(content: Seen, needs: Iterable[tuple[str, Sequence[Sequence[str]], str]]) -> Near | None:
    """Return the reader most of whose names are in the file, if that is half of them or more.

    `needs` has, for each reader, its name, the ways to be of it, and words by which its publisher is known.
    """
    candidates = []
    for name, ways, words in needs:
        by_words = NEAR if words and any(_one(words) in one for one in content.names) else 0
        for way in ways:
            part = sum(_one(word) in content.names for word in way) / len(way)
            candidates.append(Near(name, max(part, by_words), _missing(content, way)))
    best = max(candidates, key=lambda near: (near.part, -len(near.lacks)), default=None)
    return best if best and best.part >= NEAR else None


def _missing(content: Seen, way: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in way if _one(word) not in content.names)


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_one(name) for name in names)


def _one(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(str(name)[:40] for name in names[:MOST_SHOWN]) + more


def _first_lines(file: File) -> Iterator[list[str]]:
    text = file.head.decode("utf-8-sig", "replace")
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text))):
            if number >= LOOKED_AT:
                return
            yield [cell.strip() for cell in row if cell.strip()]
    except csv.Error:
        return
