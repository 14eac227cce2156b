"""Figures as publishers print them: `7,900`, `>95`, `NA`, `W`, `—`, `100–200`, `e42,000`, `13,000⁵`.

The number is kept as printed, without separators; what stands beside it becomes a mark of the book's qualifiers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

WORDS = {
    "NA": "NA",
    "N.A.": "NA",
    "NOT AVAILABLE": "NA",
    "W": "W",
    "E": "E",
    "XX": "X",
    "X": "X",
    "NOT APPLICABLE": "X",
    "WITHHELD": "W",
    "NET EXPORTER": "E",
    "NIL": "zero",
    "NONE": "zero",
}
EXPECTED = "a figure such as 7,900, >95, 100–200, NA, W, E or a dash"
NIL = frozenset({"—", "–", "-", "--", "---", "−"})
ELSEWHERE = re.compile(r"included (?:in|with|under)\b[\w .,()'’-]{1,60}", re.IGNORECASE)
"""A figure that stands in another one: `Included in World total.`"""
HALF = re.compile(r"\(?less than (?:½|1/2|one[- ]half) (?:of a |of the )?unit\)?\.?", re.IGNORECASE)
BOUNDS = {"less than": "<", "more than": ">", "greater than": ">", "over": ">", "under": "<", "at least": ">"}
FOOTNOTE = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\((?:[0-9]{1,2}|[a-z])\)|\[[0-9]{1,2}\]")
NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
SINGLE = re.compile(rf"(?P<before>[er>< ]*)(?P<number>{NUMBER})(?P<after>[er ]*)")
RANGE = re.compile(rf"(?P<low>{NUMBER}) ?(?:–|—|-|to) ?(?P<high>{NUMBER})")
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")
LONGEST = 40
"""Characters of a figure; those that are longer are damage, and no program counts with them."""
LARGEST = 10**18
"""No quantity or value of anything is as large, in kg or in dollars."""


@dataclass(frozen=True)
class Printed:
    """A figure as printed: the number as text, empty where there is none, the ends of a range, and the marks."""

    value: str = ""
    low: str = ""
    high: str = ""
    marks: tuple[str, ...] = ()
    said: str = ""
    """Words that replace a figure: they name the other figure that includes it."""

    def __bool__(self) -> bool:
        return bool(self.value or self.low or self.marks or self.said)

    @property
    def qualifier(self) -> str:
        """Return the marks as the tables write them."""
        return ";".join(self.marks)


def printed(text: str) -> Printed:
    """Read a printed figure; an empty text is an empty figure, a dash is zero (`zero`), `E` a net exporter.

    Raises ValueError, which says what was expected, for all else: negative figures, formulas, units, words.
    """
    trimmed = " ".join(text.replace("\u00a0", " ").split())
    if ELSEWHERE.fullmatch(trimmed):
        return Printed(said=f"{trimmed[0].upper()}{trimmed[1:].rstrip('.')}.")
    if HALF.fullmatch(trimmed):
        return Printed("0.5", marks=("<",))
    if len(trimmed) > LONGEST:
        raise ValueError(EXPECTED)
    if not trimmed:
        return Printed()
    if trimmed in NIL:
        return Printed("0", marks=("zero",))
    bare = FOOTNOTE.sub("", trimmed).strip()
    word = bare.upper().rstrip(".") if len(bare) > 4 else bare.upper()
    if word in WORDS and (bare.isupper() or len(bare) > 2):
        return Printed("0" if WORDS[word] == "zero" else "", marks=(WORDS[word],))
    bare = _with_sign(bare)
    if match := RANGE.fullmatch(bare):
        low, high = (match[side].replace(",", "") for side in ("low", "high"))
        if Decimal(low) > Decimal(high):
            raise ValueError("a range from the lower to the higher figure")
        return Printed(low=low, high=high, marks=("range",))
    if match := SINGLE.fullmatch(bare):
        signs = (match["before"] + match["after"]).replace(" ", "")
        if len(set(signs)) == len(signs) and not {">", "<"} <= set(signs):
            return Printed(match["number"].replace(",", ""), marks=tuple(sorted(signs, key="er><".index)))
    raise ValueError(EXPECTED)


def _with_sign(text: str) -> str:
    """Write `>95` for `More than 95`."""
    for words, sign in BOUNDS.items():
        if text.lower().startswith(f"{words} "):
            return sign + text[len(words) + 1 :]
    return text


def amount(text: str) -> str:
    """Write a plain amount as text, without a trailing `.0`: `541.0` is `541`. Raises ValueError, also below zero."""
    expected = "an amount such as 4162.5, zero or more, without separators or a unit"
    if not PLAIN.fullmatch(text):
        raise ValueError(expected)
    number = Decimal(text)
    if number >= LARGEST or len(format(number, "f")) > LONGEST:
        raise ValueError(expected)
    return plain(number)


def plain(number: Decimal) -> str:
    """Write a number as text, never as a power of ten, without zeros at the end of its decimals."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
