"""A number with the marks its source printed: a bound and whether it is an estimate.

The marks survive arithmetic, so that a share of a world total printed as ``>75,000,000`` comes out as an
upper bound and cannot be shown as an exact figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

OPPOSITE = {"": "", "<": ">", ">": "<"}


class Undetermined(ValueError):
    """Two bounds that point in opposite directions leave no statement about the result."""


@dataclass(frozen=True)
class Quantity:
    """A value, whether it is exact, an upper (``<``) or a lower (``>``) bound, and whether it is estimated.

    `value` is None when the source withheld the figure or had none; such a quantity is `missing`, and so is
    every result that needs it. Values are expected to be non-negative where they are divided or scaled.
    """

    value: float | None
    bound: str = ""
    estimated: bool = False

    def __post_init__(self) -> None:
        if self.bound not in OPPOSITE:
            raise ValueError(f"bound must be '', '<' or '>', not {self.bound!r}")
        if self.value is not None and math.isnan(self.value):
            object.__setattr__(self, "value", None)

    @classmethod
    def from_row(cls, value: float | None, qualifier: str = "") -> Quantity:
        """Read a table cell: `qualifier` is the `;`-separated list of marks beside it."""
        marks = set(filter(None, (qualifier or "").split(";")))
        bound = ">" if ">" in marks else "<" if "<" in marks else ""
        return cls(None if value is None or pd.isna(value) else float(value), bound, "e" in marks)

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
        return self._combine(other, lambda a, b: a / b, OPPOSITE[other.bound])

    def __rtruediv__(self, other: float) -> Quantity:
        return _as_quantity(other) / self

    def share_of(self, total: Quantity | float) -> Quantity:
        """The percentage that this quantity is of `total`; at most 100 when it is an upper bound."""
        percent = self / _as_quantity(total) * 100
        if percent.bound == "<" and percent.value is not None and percent.value > 100:
            return replace(percent, value=100.0)
        return percent

    def _combine(self, other: Quantity, operation: Callable[[float, float], float], effect: str) -> Quantity:
        estimated = self.estimated or other.estimated
        if self.value is None or other.value is None:
            return Quantity(None, "", estimated)
        if self.bound and effect and self.bound != effect:
            raise Undetermined(f"{self} and {other}: their bounds point in opposite directions")
        return Quantity(operation(self.value, other.value), self.bound or effect, estimated)

    def __str__(self) -> str:
        if self.missing:
            return "not available"
        return f"{self.bound}{self.value:g}{' (estimated)' if self.estimated else ''}"


def _as_quantity(value: Quantity | float) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(float(value))


def share(part: Quantity | float, total: Quantity | float) -> Quantity:
    """`part` as a percentage of `total`, with the bounds of both."""
    return _as_quantity(part).share_of(total)


def total(parts: Iterable[Quantity]) -> Quantity:
    """The sum of `parts`; missing parts make it a lower bound, since what is missing is not zero."""
    known, unknown = [], 0
    for part in parts:
        if part.missing:
            unknown += 1
        else:
            known.append(part)
    if not known:
        return Quantity(None)
    result = sum(known[1:], start=known[0])
    if unknown and result.bound == "":
        return replace(result, bound=">")
    if unknown and result.bound == "<":
        raise Undetermined("a sum of upper bounds with a part missing")
    return result


def hhi(shares: Iterable[float]) -> float:
    """Herfindahl–Hirschman index on the scale 0 to 10,000, from shares in percent.

    The sum of squared percentages (Herfindahl–Hirschman). Say which denominator made the shares: the sum of the
    listed rows or a rounded world total. Raises ValueError for a share outside 0 to 100 or a sum above 101.
    """
    listed = [float(value) for value in shares]
    if any(not 0 <= value <= 100 + 1e-9 for value in listed):
        raise ValueError(f"shares must lie between 0 and 100 percent: {listed}")
    if sum(listed) > 101:
        raise ValueError(f"shares add up to {sum(listed):.1f} percent, more than a whole with its rounding")
    return sum(value**2 for value in listed)
