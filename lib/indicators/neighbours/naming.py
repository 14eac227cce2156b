"""Numbers with the permanent names of their facts, and the words that depend on two of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from lib import markup, words
from lib.markup import Marked
from lib.quantity import HIGHER, LOWER, Number, compared
from lib.tables import catalog

METALS = {"copper": "Copper", "gallium": "Gallium", "germanium": "Germanium", "antimony": "Antimony",
          "tungsten": "Tungsten", "natural graphite": "Natural graphite"}  # fmt: skip


class Named(NamedTuple):
    """A number and the name under which the chapter records it."""

    name: str
    number: Number


def rare_earths_counted() -> Number:
    """Count the rare earths in the table of elements, which is the same on every day."""
    elements = catalog.table("elements")
    rows = elements[elements["rare_earth"]]
    return Number(len(rows), "count", "rare earths", "timeless", "count", rows)


def recorded(facts: Any, numbers: Iterable[Named]) -> list[Any]:
    """Record numbers under their names, and return the facts that they became, in the same order."""
    listed = list(numbers)
    for name, number in listed:
        facts[name] = number
    return [facts[name] for name, _ in listed]


def labelled(facts: Any, pairs: Iterable[tuple[str, Named]]) -> list[tuple[str, Any]]:
    """Record the numbers of pairs of words and a number, and return the words with the facts that they became."""
    listed = list(pairs)
    return list(zip([words for words, _ in listed], recorded(facts, [number for _, number in listed]), strict=True))


def went(first: Any, last: Any) -> Marked:
    """Say what became of a figure: rose from 24% to 47%, fell, or stayed at 8% where both read alike.

    `first` and `last` are facts of one unit, and links in the words. The words fit after what is counted.
    """
    return markup.filled(_course(first, last), {"first": first, "last": last})


def went_plainly(first: Any, last: Any) -> str:
    """Say the same without links, for a title."""
    return _course(first, last).format(first=first, last=last)


def _course(first: Any, last: Any) -> str:
    if str(first) == str(last):
        return "stayed at {last}"
    verb = {HIGHER: "rose", LOWER: "fell"}.get(compared(last.quantity, first.quantity), "went")
    return verb + " from {first} to {last}"


def beside_half(*shares: Any) -> str:
    """Say whether shares, facts in percent, lie below half or above, and so whether “more than half” fits them."""
    sides = {compared(share.quantity, 50) for share in shares}
    if sides == {LOWER}:
        return "less than half, so the words do not fit them"
    return "more than half, so the words fit them as well" if sides == {HIGHER} else "not on one side of half"


def where(shares: dict[str, Any], bound: float = 50) -> str:
    """Say of which stages a share of more than `bound` percent is true: `smelting and not of refining`, `neither`.

    `shares` are facts by the name of their stage. What a bound leaves open counts as not true.
    """
    true = {stage: compared(fact.quantity, bound) == HIGHER for stage, fact in shares.items()}
    holds, fails = ([stage for stage, holds in true.items() if holds is wanted] for wanted in (True, False))
    if not holds:
        return "neither"
    return words.joined(holds) + (f" and not of {words.joined(fails)}" if fails else "")
