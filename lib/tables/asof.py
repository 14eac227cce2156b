"""When a row became public, and what was known by a day: the one rule for all that looks at the past.

A row became public on its own day (`published`), else on that of its source. A source whose day of publication nobody
knows was public at the latest when it was read (`accessed`), so that day counts. A row for which there is none of these
belongs to the book as it stands, and to no past day.

Days are text such as 2025-06-30, which sorts as days follow each other. An empty day of a row is one that nobody knows;
an empty as-of day is no limit. Needs neither pandas nor Sphinx.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from lib.tables.dictionary import read_rows

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
GRACE = dt.timedelta(days=1)
"""How far a publisher's calendar may be ahead of the clock here: Luxembourg has a new day before Honolulu has."""

ISO_LENGTHS = {"month": 7, "year": 4}
"""How many signs of a day in ISO 8601 say its month, and its year."""


def as_day(text: str) -> dt.date:
    """Read a day that is written as 2025-06-30, in ASCII digits. Raises ValueError for all else."""
    if not ISO_DAY.fullmatch(text):
        raise ValueError(f"a day is written as 2025-06-30, not {text!r}")
    return dt.date.fromisoformat(text)


def latest(today: dt.date | None = None) -> dt.date:
    """Return the latest date anywhere on Earth when it is `today` here, which is by default that of the clock."""
    today = today or dt.date.today()
    return min(today, dt.date.max - GRACE) + GRACE


def row_day(row: Mapping[str, str], days: Mapping[str, str] | None = None) -> str:
    """Return the day on which a row of a table, or of the sources themselves, became public; empty if nobody knows it.

    `days` are those of the sources by id, as `source_days` gives them.
    """
    return row.get("published") or (days or {}).get(row.get("source_id") or "", "") or row.get("accessed") or ""


def source_days(sources: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the day on which each source became public, by id."""
    return {name: row_day(row) for name, row in sources.items()}


def printed_day(source: Mapping[str, str]) -> str:
    """Return the day on which a source was published, its month or year where no more is known, or nothing."""
    precision = source.get("published_precision") or "day"
    return "" if precision == "accessed" else (source.get("published") or "")[: ISO_LENGTHS.get(precision, 10)]


def known_by(public: str, day: str) -> bool:
    """Tell whether what became public on the day `public` was known by another `day`."""
    return not day or (bool(public) and public <= day)


def is_known(row: Mapping[str, str], days: Mapping[str, str], day: str) -> bool:
    """Tell whether a row was known by a day; `days` are those of the sources by id."""
    return known_by(row_day(row, days), day)


def span(data: Path, today: dt.date | None = None) -> tuple[str, str]:
    """Return the first and the last day as of which a data folder can be read.

    The first is that of its first source, empty where it has none. The last is `latest`, or the day of the last reading
    where that is later: in a folder with a release that was rehearsed.
    """
    rows = read_rows(data / "sources.csv")
    days = [day for row in rows if ISO_DAY.fullmatch(day := row_day(row))]
    read = [day for row in rows if ISO_DAY.fullmatch(day := row.get("accessed") or "")]
    return min(days, default=""), max([latest(today).isoformat(), *read])


def newest_reading(sources: Iterable[Mapping[str, str]]) -> str:
    """Return the last day on which any of the sources was read; empty without any."""
    return max((row.get("accessed") or "" for row in sources), default="")
