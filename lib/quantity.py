"""A number with the marks its source printed: a bound and whether it is an estimate.

The marks survive arithmetic, so that a share of a world total printed as ``>75,000,000`` comes out as an
upper bound and cannot be shown as an exact figure. So does the basis of a mass: tonnes of oxide and tonnes of goods
are two things, and no sum or share of both exists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

OPPOSITE = {"": "", "<": ">", ">": "<"}
ESTIMATES = {"e", "weight_estimated"}
"""Marks of a row, in its qualifier or its flags, of a figure that its publisher calls an estimate."""

HIGHER, LOWER, EQUAL, OPEN = "higher", "lower", "equal", ""
"""What `compared` can say of two quantities; `OPEN` where their bounds allow either."""


class Undetermined(ValueError):
    """An error: the bounds of two quantities point in opposite directions, so nothing can be said of the result."""


class MixedBases(ValueError):
    """An error: masses on different bases, such as oxide and gross weight, would be added or divided."""


@dataclass(frozen=True)
class Quantity:
    """A value, whether it is exact, an upper (``<``) or a lower (``>``) bound, and whether it is estimated.

    `value` is None when the source withheld the figure or had none; such a quantity is `missing`, and so is
    every result that needs it. Values are expected to be non-negative where they are divided or scaled. `basis` says
    what a mass counts (REO, element, metal, gross, magnet); it is empty for what is no mass or whose source says none.
    """

    value: float | None
    bound: str = ""
    estimated: bool = False
    basis: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.bound not in OPPOSITE:
            raise ValueError(f"bound must be '', '<' or '>', not {self.bound!r}")
        if self.value is not None and math.isnan(self.value):
            object.__setattr__(self, "value", None)

    @classmethod
    def from_row(cls, value: float | None, qualifier: str = "", basis: str = "") -> Quantity:
        """Read a table cell: `qualifier` is the `;`-separated list of marks beside it."""
        marks = set(filter(None, (qualifier or "").split(";")))
        bound = ">" if ">" in marks else "<" if "<" in marks else ""
        return cls(None if value is None or pd.isna(value) else float(value), bound, "e" in marks, basis)

    @property
    def missing(self) -> bool:
        return self.value is None

    def __add__(self, other: Quantity | float) -> Quantity:
        other = _as_quantity(other)
        return self._combine(other, lambda a, b: a + b, other.bound)

    __radd__ = __add__

    def __sub__(self, other: Quantity | float) -> Quantity:
        other = _as_quantity(other)
        return self._combine(other, lambda a, b: a - b, OPPOSITE[other.bound])

    def __rsub__(self, other: float) -> Quantity:
        return _as_quantity(other) - self

    def __mul__(self, other: Quantity | float) -> Quantity:
        other = _as_quantity(other)
        return self._combine(other, lambda a, b: a * b, other.bound)

    __rmul__ = __mul__

    def __truediv__(self, other: Quantity | float) -> Quantity:
        other = _as_quantity(other)
        if other.value == 0:
            raise ZeroDivisionError("a share of a total of zero")
        quotient = self._combine(other, lambda a, b: a / b, OPPOSITE[other.bound])
        return replace(quotient, basis="") if other.basis else quotient

    def __rtruediv__(self, other: float) -> Quantity:
        return _as_quantity(other) / self

    def share_of(self, total: Quantity | float) -> Quantity:
        """Return the percentage that this quantity is of `total`; at most 100 when it is an upper bound."""
        percent = self / _as_quantity(total) * 100
        if percent.bound == "<" and percent.value is not None and percent.value > 100:
            return replace(percent, value=100.0)
        return percent

    def _combine(self, other: Quantity, operation: Callable[[float, float], float], effect: str) -> Quantity:
        estimated, basis = self.estimated or other.estimated, one_basis((self.basis, other.basis))
        if self.value is None or other.value is None:
            return Quantity(None, "", estimated, basis)
        if self.bound and effect and self.bound != effect:
            raise Undetermined(f"{self} and {other}: their bounds point in opposite directions")
        return Quantity(operation(self.value, other.value), self.bound or effect, estimated, basis)

    def __str__(self) -> str:
        if self.missing:
            return "not available"
        return f"{self.bound}{self.value:g}{' (estimated)' if self.estimated else ''}"


@dataclass(frozen=True)
class Number:
    """A quantity that knows what it is and where it is from; giving it a name makes it a fact (`facts.Facts`).

    quantity  the value with its marks
    unit      one of the units that `facts.format_quantity` knows
    scope     what exactly is counted: stage, elements, countries, edition
    period    the year or dates described
    formula   the derivation in words
    rows      the rows of tables that it came from, as the catalog gives them; a mapping names them for the query
    query     SQL that gives the value from these rows, where it is more than a cell, a count, a sum or two cells
    places    the decimals to show; None leaves that to the unit
    """

    quantity: Quantity | float
    unit: str
    scope: str
    period: str | int
    formula: str
    rows: pd.DataFrame | Iterable[pd.DataFrame] | Mapping[str, pd.DataFrame]
    query: str = ""
    places: int | None = None

    @property
    def value(self) -> float | None:
        """The value alone; None when it is missing."""
        return self.quantity.value if isinstance(self.quantity, Quantity) else self.quantity


def _as_quantity(value: Quantity | float) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(float(value))


def one_basis(bases: Iterable[str]) -> str:
    """Return the basis that all masses share, or an empty text where none is known. Raises MixedBases for two."""
    distinct = sorted(set(filter(None, bases)))
    if len(distinct) > 1:
        raise MixedBases(f"{' and '.join(distinct)} are different bases: their masses can be neither added nor divided")
    return distinct[0] if distinct else ""


def compared(first: Quantity | float, second: Quantity | float) -> str:
    """Say whether `first` is HIGHER or LOWER than `second`, or EQUAL; OPEN where their bounds do not decide it.

    45.4 against at most 46.1 is OPEN: the second may lie below the first. Raises MixedBases.
    """
    first, second = _as_quantity(first), _as_quantity(second)
    one_basis((first.basis, second.basis))
    one, other = first.value, second.value
    if one is None or other is None:
        return OPEN
    if one > other and first.bound != "<" and second.bound != ">":
        return HIGHER
    if one < other and first.bound != ">" and second.bound != "<":
        return LOWER
    return EQUAL if one == other and not first.bound + second.bound else OPEN


def share(part: Quantity | float, total: Quantity | float) -> Quantity:
    """Return `part` as a percentage of `total`, with the bounds of both."""
    return _as_quantity(part).share_of(total)


def total(parts: Iterable[Quantity]) -> Quantity:
    """Add up `parts`; missing parts make the sum a lower bound, since what is missing is not zero."""
    summands, unknown = [], 0
    for part in parts:
        if part.missing:
            unknown += 1
        else:
            summands.append(part)
    if not summands:
        return Quantity(None)
    result = sum(summands[1:], start=summands[0])
    if unknown and result.bound == "":
        return replace(result, bound=">")
    if unknown and result.bound == "<":
        raise Undetermined("a sum of upper bounds with a part missing")
    return result


def hhi(shares: Iterable[float]) -> float:
    """Compute the Herfindahl–Hirschman index on the scale 0 to 10,000, from shares in percent.

    The sum of squared percentages (Herfindahl–Hirschman). Say which denominator made the shares: the sum of the
    listed rows or a rounded world total. Raises ValueError for a share outside 0 to 100 or a sum above 101.
    """
    listed = [float(value) for value in shares]
    if any(not 0 <= value <= 100 + 1e-9 for value in listed):
        raise ValueError(f"shares must lie between 0 and 100 percent: {listed}")
    if sum(listed) > 101:
        raise ValueError(f"shares add up to {sum(listed):.1f} percent, more than a whole with its rounding")
    return sum(value**2 for value in listed)
