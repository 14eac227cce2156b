"""Whether an answer of an interface is all of it, by what it says of itself.

An answer that was cut reads like one that is whole, and figures computed from it are wrong without a mark. What tells
them apart is an envelope around the rows (how many there are, where the next are, an error), or a number of rows that
is the most one answer can hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

ROWS = ("data", "value", "items", "features", "dataset", "results")
"""How interfaces call the list of rows."""
COUNTS = (
    "count",
    "@odata.count",
    "odata.count",
    "total",
    "totalCount",
    "total_count",
    "numberMatched",
    "totalFeatures",
)
"""How they call the number of rows that there are, in this answer and in those that follow it."""
NEXT = ("@odata.nextLink", "odata.nextLink", "@nextLink", "nextLink", "next")
ERRORS = ("error", "errors", "errorMessage", "warning")
MOST_OF_COMTRADE = (500, 50_000, 100_000, 250_000)
"""Rows of the public preview of UN Comtrade, of its old web form, of a free key and of one that is paid for."""
MOST_OF_HMRC = (30_000, 40_000)
"""Rows of a page of the interface of HMRC, as it was and as it is."""
MOST_OF_BGS = (1_000, 10_000)
"""Features that interfaces of the kind that the British Geological Survey has give at most."""
MOST_OF_SPREADSHEETS = (65_536, 1_048_576)
"""Lines that a spreadsheet holds: what it saves after opening a longer file ends there."""


def cut(content: object) -> str:
    """Return the sign that an answer in JSON is not whole, or is an error; empty where there is none."""
    return next(_signs(content), "")


def at_limit(rows: int, limits: Iterable[int]) -> str:
    """Return the sign that an answer is full, with as many rows as it can hold; empty where it is not."""
    return f"{rows:,} rows, which is the most that one answer contains" if rows in limits else ""


def _signs(content: object) -> Iterator[str]:
    if isinstance(content, list):  # the World Bank has what an answer is, and its rows, side by side
        if len(content) == 2 and isinstance(content[0], dict) and isinstance(content[1], list):
            yield from _of_envelope(content[0], content[1])
    elif isinstance(content, dict):
        yield from _of_envelope(content, next((content[name] for name in ROWS if name in content), None))


def _of_envelope(about: Mapping, rows: object) -> Iterator[str]:
    for name in ERRORS:
        if about.get(name):
            yield f"{name}: {_short(about[name])}"
    for name in NEXT:
        if about.get(name):
            yield f"{name}: {_short(about[name])}"
    links = about.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            yield f"a link to the next rows: {_short(link.get('href', ''))}"
    for name in ("pages", "page"):
        if name in about and str(about[name]) != "1":
            yield f"{name}: {_short(about[name])}, where all rows in one answer have 1"
    if isinstance(rows, list):
        for name in COUNTS:
            if (_number(about.get(name)) or 0) > 0 and _number(about[name]) != len(rows):
                yield f"{name}: {_short(about[name])}, where there are {len(rows):,} rows"


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def _short(value: object) -> str:
    return str(value)[:120]
