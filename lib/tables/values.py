"""What a cell of a table may say, by the type of its column: one way to write a number, a day, a truth value, a text.

`book check`, the catalog, `book add` and own data all read cells by these patterns, so that none of them takes what
another refuses. A day may have `"latest": "today"` in the dictionary: then it must have come. Needs no pandas.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lib.tables import asof

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
WHOLE = re.compile(r"-?[0-9]{1,18}")
YEAR = re.compile(r"[0-9]{4}")
TRUTH = frozenset({"true", "false", "TRUE", "FALSE"})
"""The second pair is how spreadsheets write them."""
EXPECTED = {
    "number": "a number such as 4162.5, -3 or 1.2e6, in the digits 0 to 9, without separators",
    "integer": "a whole number such as 4162 or -3, in the digits 0 to 9, without separators",
    "year": "a year such as 2024",
    "boolean": "true or false",
    "date": "a day of the calendar, such as 2026-01-05",
}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Signs that steer a terminal or cannot be saved."""
UNSEEN = re.compile("[\x09\x0a\u2028-\u202e\u2066-\u2069\ue000-\uf8ff]")
"""What no page shows as it is: line ends and tabs, marks that turn the direction, private signs."""
SIGNED = re.compile(
    r"[+-] ?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? ?%?|[+-]+"
)
"""What may begin with a sign: a number as people write it, and the dashes that stand for none."""


class Fault(NamedTuple):
    """A fault of a cell: the rule that it breaks, and what to do."""

    rule: str
    remedy: str


def fault(field: Mapping[str, Any], text: str, today: dt.date | None = None) -> Fault | None:
    """Find what is wrong with the cell `text` of the column that `field` of the dictionary describes.

    An empty cell is sound here. `today` is the day by which days must have come, by default that of the clock.
    """
    if not text:
        return None
    if CONTROL.search(text):
        return Fault("control-character", "type the text again: it contains control characters for a terminal")
    if UNSEEN.search(text):
        return Fault(
            "not-one-line", "write the cell on one line, without tabs, direction marks or private-use characters"
        )
    kind = field.get("type", "string")
    if kind in EXPECTED:
        if not reads(kind, text):
            return Fault("type-error", f"write {EXPECTED[kind]}; marks such as > or e go into the qualifier column")
        if kind == "date" and field.get("latest") == "today" and asof.as_day(text) > asof.latest(today):
            return Fault("day-to-come", f"give a day that is not in the future, no later than {asof.latest(today)}")
        return None
    if is_formula(text):
        return Fault(
            "formula", "write words, such as up 9.7%, or only a number: spreadsheets run text that begins like this"
        )
    return None


def reads(kind: str, text: str) -> bool:
    """Tell whether a text is written as a value of a type of the dictionary, such as number or date."""
    if kind == "number":
        return bool(NUMBER.fullmatch(text)) and math.isfinite(float(text))
    if kind == "integer":
        return bool(WHOLE.fullmatch(text))
    if kind == "year":
        return bool(YEAR.fullmatch(text))
    if kind == "boolean":
        return text in TRUTH
    if kind == "date":
        try:
            return bool(asof.as_day(text))
        except ValueError:
            return False
    return True


def strange(kind: str, texts: Iterable[str]) -> set[str]:
    """Return the texts that are neither empty nor written as values of a type."""
    return {text for text in texts if text and not reads(kind, text)}


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet could run a text as a formula.

    Such a text begins with =, @, a tab or a line end, or it begins with + or - and is no number. Wide and small forms
    of these signs count, which spreadsheets read as the plain ones.
    """
    bare = text.strip()
    first = unicodedata.normalize("NFKC", bare[:1])
    if not first:
        return False
    return text[0] in "\t\r\n" or first in "=@" or (first in "+-" and not SIGNED.fullmatch(bare))


def name_fault(name: str) -> Fault | None:
    """Find what is wrong with the name of a file, which is shown and kept in the record of a source."""
    if CONTROL.search(name) or "\n" in name or "\t" in name:
        return Fault(
            "name-unsafe", "rename the file: its name contains control characters or characters that cannot be saved"
        )
    if is_formula(name):
        return Fault(
            "name-unsafe",
            "rename the file so that it begins with a letter: spreadsheets run text that begins like this",
        )
    return None
