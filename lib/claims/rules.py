"""How a verdict follows from a declared test and the readings of the data: no table is read and nothing is said here.

A claim is one or more tests. A test compares the readings of one metric with what the statement asserts. Readings are
the values that the statement could mean: the natural one (its own year and scope, the newest edition known) and others
(earlier editions, other years, rival scopes), which tell for what it would be true.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lib import words as sentence
from lib.indicators.dependence import half_unit
from lib.quantity import Quantity

SUPPORTED = "Supported"
ONLY = "Supported only for a stated year, scope or edition"
FACTOR = "Off by a stated factor"
UNSUPPORTED = "Not supported"
INCOMPARABLE = "Not comparable"
UNTESTABLE = "Cannot be tested with open data"
VOID = "Void"
SCALE = (SUPPORTED, ONLY, FACTOR, UNSUPPORTED, INCOMPARABLE, UNTESTABLE, VOID)

NATURAL, OTHER, CONTEXT = "natural", "other", "context"
MET, ROUNDED, OPEN, UNMET, DIFFERENT = "met", "met within the rounding", "open", "not met", "not comparable"
FULFILLED = (MET, ROUNDED)
COMPARISONS = {
    "equals": "is between {low} and {high}, or rounds to a value there",
    "about": "is between {low} and {high}",
    "more than": "is more than {bound}",
    "at least": "is at least {bound}",
    "less than": "is less than {bound}",
    "holds": "is documented",
    "same unit": "is measured in the unit of the statement",
    "forecast": "can be tested once the year {bound} has passed",
}


@dataclass(frozen=True)
class Reading:
    """One value that a statement can be held against, with the rows it came from.

    value    the quantity in `unit`; missing where the reading is a yes or no
    holds    the answer of a yes or no; None where the data leave it open
    text     what a reader is told of a yes or no, or of a value that is missing
    spread   lowest and highest value that the rounding of the printed figures allows
    role     natural, other or context; context is shown and never counted
    query    SQL that gives the value from the rows, as `facts.record` takes it
    """

    what: str
    value: Quantity
    unit: str
    rows: tuple[pd.DataFrame, ...] = field(repr=False)
    formula: str = "as printed"
    role: str = NATURAL
    holds: bool | None = None
    text: str = ""
    spread: tuple[float, float] | None = None
    year: int | None = None
    query: str = ""

    @property
    def weak(self) -> bool:
        """Return whether it gives a number that rests on a row of low confidence."""
        confidences = [rows["confidence"] for rows in self.rows if "confidence" in rows]
        return not self.value.missing and any(column.eq("low").any() for column in confidences)


@dataclass(frozen=True)
class Test:
    """A declared test: a metric, what it must fulfil, and the words of the statement that are read so.

    `low` (to `high`) is what is asserted in `unit`, `tolerance` how far a value may be from it; for a forecast `low` is
    the last year it speaks of and `high` the least value that would fulfil it. `decides` marks a test without which
    the statement falls; the others are parts of it.
    """

    __test__ = False  # not a test of pytest

    claim_id: str
    number: int
    what: str
    metric: str
    arguments: dict
    year: int
    comparison: str
    low: float | None
    high: float | None
    tolerance: float
    unit: str
    wording: str
    decides: bool

    @property
    def accepted(self) -> tuple[float, float]:
        """Return the smallest and largest value that fulfil the test; infinite where there is no limit."""
        low = self.low if self.low is not None else math.nan
        near = (low - self.tolerance, (self.high or low) + self.tolerance)
        return {
            "equals": near,
            "about": near,
            "more than": (low, math.inf),
            "at least": (low, math.inf),
            "less than": (-math.inf, low),
        }.get(self.comparison, (-math.inf, math.inf))

    @property
    def forecast(self) -> tuple[float, float]:
        """Return the last year that a forecast speaks of, and the least value that fulfils it. Raises ValueError."""
        if self.low is None or self.high is None:
            raise ValueError(f"test {self.number} of {self.claim_id} is a forecast: give the last year (low) and high")
        return self.low, self.high


@dataclass(frozen=True)
class Result:
    """A test with its readings, what each of them says of it, and what they say together."""

    __test__ = False

    test: Test
    readings: tuple[tuple[Reading, str], ...]
    outcome: str
    met_by: tuple[Reading, ...]

    @property
    def nothing(self) -> str:
        """Say what to show instead of a value where there is no reading to lead with."""
        return (
            "only weak sources had been published by that day"
            if self.readings
            else "not in this book's tables for that day"
        )

    @property
    def leading(self) -> Reading | None:
        """Return the reading shown for the test: the first natural one, else the first; never one of a weak source."""
        trusted = [reading for reading, _ in self.readings if not reading.weak]
        natural = [reading for reading in trusted if reading.role == NATURAL]
        return next(iter(natural or trusted), None)


def outcome(test: Test, reading: Reading, known_on: pd.Timestamp | None = None) -> str:
    """Return what one reading says of a test.

    A bound decides only where it excludes or includes the whole accepted range; else the reading is open. Where only
    the rounding of the source's figures reaches into the accepted range, the test is met within the rounding; a number
    that is only asserted to be about right has its room already.
    """
    if test.comparison == "same unit":
        return MET if reading.unit == test.unit else DIFFERENT
    if test.comparison == "forecast":
        last, least = test.forecast
        passed = known_on is not None and known_on.year > last
        return _against((least, math.inf), reading, strict=False) if passed else OPEN
    if test.comparison == "holds":
        return OPEN if reading.holds is None else MET if reading.holds else UNMET
    if test.unit and reading.unit != test.unit:
        return DIFFERENT
    says = _against(test.accepted, reading, strict=test.comparison in ("more than", "less than"))
    if says == UNMET and test.comparison == "equals" and reading.spread and not reading.value.bound:
        lowest, highest = reading.spread
        return ROUNDED if lowest <= test.accepted[1] and highest >= test.accepted[0] else UNMET
    return says


def _against(accepted: tuple[float, float], reading: Reading, strict: bool) -> str:
    value, bound = reading.value.value, reading.value.bound
    if value is None:
        return OPEN
    low, high = accepted
    least = -math.inf if bound == "<" else value
    most = math.inf if bound == ">" else value
    open_end = bound in ("<", ">")
    if (least > high) or (most < low) or (strict and not open_end and value in (low, high)):
        return UNMET
    if low - 1e-9 <= least and most <= high + 1e-9:
        return MET
    return OPEN


def result(test: Test, readings: Sequence[Reading], known_on: pd.Timestamp | None = None) -> Result:
    """Judge a test by all its readings: what each of them says of it, and what they say together.

    Met: every natural reading meets it. Elsewhere (ONLY): some natural or other reading does. Open: nothing decides.
    """
    judged = tuple((reading, _outcome(test, reading, known_on)) for reading in readings)
    counted = [(reading, says) for reading, says in judged if reading.role != CONTEXT]
    natural = [says for reading, says in counted if reading.role == NATURAL and says != OPEN]
    met_by = tuple(reading for reading, says in counted if says in FULFILLED)
    if natural and all(says in FULFILLED for says in natural):
        together = MET if MET in natural else ROUNDED
    elif met_by:
        together = ONLY
    elif DIFFERENT in natural:
        together = DIFFERENT
    elif natural:
        together = UNMET
    else:
        together = OPEN
    return Result(test, judged, together, met_by)


def _outcome(test: Test, reading: Reading, known_on: pd.Timestamp | None) -> str:
    says = outcome(test, reading, known_on)
    return UNMET if says == DIFFERENT and reading.role == OTHER else says


def verdict(results: Sequence[Result], void: bool = False) -> str:
    """Return the verdict on the scale, from the results of the tests of a claim and nothing else.

    Tests that decide come first: where one of them fails, so does the statement. A part that stays open, or fails
    while others hold, narrows the statement to what is documented.
    """
    if void:
        return VOID
    outcomes = [entry.outcome for entry in results]
    deciding = [entry for entry in results if entry.test.decides]
    for entry in deciding:
        if entry.outcome in (UNMET, DIFFERENT, OPEN):
            return _failed(entry)
    if DIFFERENT in outcomes:
        return INCOMPARABLE
    if all(says in FULFILLED for says in outcomes):
        return SUPPORTED
    if any(says in (*FULFILLED, ONLY) for says in outcomes):
        return ONLY
    failed = [entry for entry in results if entry.outcome == UNMET]
    return _failed(failed[0]) if failed else UNTESTABLE


def _failed(entry: Result) -> str:
    if entry.outcome == OPEN:
        return UNTESTABLE
    if entry.outcome == DIFFERENT:
        return INCOMPARABLE
    return FACTOR if factor(entry) is not None else UNSUPPORTED


def factor(entry: Result) -> float | None:
    """Return how many times the computed value the asserted one is; None without an asserted or an exact value."""
    reading = entry.leading
    if entry.test.comparison not in ("equals", "about") or entry.outcome in FULFILLED or reading is None:
        return None
    if reading.value.missing or reading.value.bound or not reading.value.value or reading.unit != entry.test.unit:
        return None
    if entry.test.low is None:
        return None
    times = entry.test.low / reading.value.value
    return times if times > 0 else None


def printed_spread(value: float) -> tuple[float, float]:
    """Return the range of values a printed figure may stand for: ± half a unit of its last digit, or of its second.

    A round figure such as 300,000 is read as rounded to two digits, as the USGS rounds world totals.
    """
    if not value:
        return value, value
    second_digit = 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    half = min(half_unit(value), second_digit)
    return value - half, value + half


def ratio_spread(part: float, whole: float, times: float = 100.0) -> tuple[float, float]:
    """Return the ratios that the rounding of both printed figures allows."""
    (a, b), (c, d) = printed_spread(part), printed_spread(whole)
    return times * a / d, times * b / c


def joined(words: Iterable[str]) -> str:
    """Join words as prose lists them, each item once: a, b and c."""
    return sentence.joined(dict.fromkeys(words))
