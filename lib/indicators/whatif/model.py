"""The model of a cut: what an importer lacks, month by month, when a supplier delivers less for some time.

Everything is measured in the importer's own use of the month before the cut, which is 1. Arrays hold one draw of the
assumptions each and are never mixed, so that a million draws are one pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
DAYS_PER_MONTH = 365 / 12
FULL = 1.0


@dataclass(frozen=True)
class Cut:
    """A supplier delivers less: by the fraction `depths[0]` in the first month, and so on. See `even`.

    Raises ValueError for a depth outside 0 to 1.
    """

    depths: tuple[float, ...]

    def __post_init__(self) -> None:
        for depth in self.depths:
            if not 0 <= depth <= 1:
                raise ValueError(f"the depth of a cut is a fraction from 0 to 1, not {depth}")

    @classmethod
    def even(cls, depth: float, months: int) -> Cut:
        """Make a cut that is equally deep for some months. Raises ValueError for less than none of them."""
        if months < 0:
            raise ValueError(f"a cut lasts 0 months or more, not {months}")
        return cls((depth,) * months)

    @property
    def months(self) -> int:
        """How many months it lasts."""
        return len(self.depths)

    @property
    def depth(self) -> float:
        """How deep it is where it is deepest."""
        return max(self.depths, default=0.0)


@dataclass(frozen=True)
class Conditions:
    """What a cut meets: one value a draw, or one for all.

    share         the supplier's part of what the importer uses, 0 to 1
    stock         what users hold when the cut begins, in months of use
    spare         what other suppliers can deliver in addition, in parts of the importer's use
    spare_ramp    months until they do
    saving        the part of use that users can do without or substitute
    saving_ramp   months until they do
    recycling     what recycling can add, in parts of use
    recycling_ramp  months until it does
    growth        growth of use a month, 0.004 for 0.4%
    refill        after the cut, by how much the supplier delivers more than before, in parts of what it delivered
    """

    share: Floats | float
    stock: Floats | float = 0.0
    spare: Floats | float = 0.0
    spare_ramp: Floats | float = FULL
    saving: Floats | float = 0.0
    saving_ramp: Floats | float = FULL
    recycling: Floats | float = 0.0
    recycling_ramp: Floats | float = FULL
    growth: Floats | float = 0.0
    refill: Floats | float = 0.0

    def arrays(self) -> dict[str, Floats]:
        """Give all values as arrays of one shape."""
        values = [np.asarray(getattr(self, field.name), dtype=float) for field in fields(self)]
        broadcast = np.broadcast_arrays(*values)
        return {field.name: array for field, array in zip(fields(self), broadcast, strict=True)}


class Month(NamedTuple):
    """What happens in a month, in the use of the month before the cut: one value a draw.

    delivered + others + extra + recycled + from_stock − to_stock = use − saved − unserved
    """

    use: Floats
    delivered: Floats
    others: Floats
    extra: Floats
    recycled: Floats
    saved: Floats
    from_stock: Floats
    to_stock: Floats
    stock: Floats
    unserved: Floats


def simulate(cut: Cut, conditions: Conditions, horizon: int | None = None) -> Iterator[Month]:
    """Run the model for `horizon` months, by default those of the cut, and give each month.

    Use grows, and without a cut all suppliers keep pace with it. In a month of the cut the supplier delivers `depth`
    less. Others deliver more, recycling and saving set in, each in a straight line over its ramp; stocks cover the
    rest while they last, and what then remains is unserved. After the cut the supplier delivers what it did and
    refills stocks. Stocks and flows in steps of a month; all values are in the use of the month before the cut.
    """
    at = conditions.arrays()
    use, stock = np.ones_like(at["share"]), at["stock"].copy()
    for month in range(1, (cut.months if horizon is None else horizon) + 1):
        use = use * (1 + at["growth"])
        others, offered = use * (1 - at["share"]), use * at["share"]
        nothing = np.zeros_like(use)
        if month > cut.months:
            refilled = np.minimum(at["stock"] - stock, offered * at["refill"])
            stock = stock + refilled
            yield Month(use, offered + refilled, others, nothing, nothing, nothing, nothing, refilled, stock, nothing)
            continue
        lacking = missing = offered * cut.depths[month - 1]
        extra = np.minimum(lacking, use * _ramped(at["spare"], at["spare_ramp"], month))
        lacking = lacking - extra
        recycled = np.minimum(lacking, use * _ramped(at["recycling"], at["recycling_ramp"], month))
        lacking = lacking - recycled
        saved = np.minimum(lacking, use * _ramped(at["saving"], at["saving_ramp"], month))
        lacking = lacking - saved
        drawn = np.minimum(lacking, stock)
        stock = stock - drawn
        yield Month(use, offered - missing, others, extra, recycled, saved, drawn, nothing, stock, lacking - drawn)


def losses(cut: Cut, conditions: Conditions) -> Iterator[Floats]:
    """Give the percentage of use left unserved since the cut began, after each of its months, one value a draw.

    What happens in a month does not depend on how long the cut will last, so that the value after three months is the
    loss of a cut of three months.
    """
    unserved: Floats = np.zeros(())
    use: Floats = np.zeros(())
    for month in simulate(cut, conditions):
        unserved, use = unserved + month.unserved, use + month.use
        yield 100 * unserved / use


def loss(cut: Cut, conditions: Conditions) -> Floats:
    """Compute the percentage of the use of all months of the cut that is left unserved, one value a draw."""
    result = np.zeros_like(conditions.arrays()["share"])
    for result in losses(cut, conditions):  # noqa: B007 -- the last one
        pass
    return result


def closed_form(cut: Cut, conditions: Conditions) -> Floats:
    """Compute the same percentage without running the months: what lacks in each month, added up, less the stock.

    L = 100 · max(0, Σ max(0, u_t (s·x_t − r_t)) − z) / Σ u_t, with u_t = (1 + g)^t the use, s the share, x_t the depth,
    r_t = Σ_k r_k min(1, t / ramp_k) the reliefs of month t and z the stock. Stocks are drawn only on what lacks, so
    that their order in time does not matter. A second way to the result, for tests and bounds.
    """
    at = conditions.arrays()
    use = np.zeros_like(at["share"])
    lacking = np.zeros_like(use)
    for month, depth in enumerate(cut.depths, start=1):
        level = (1 + at["growth"]) ** month
        relief = sum(_ramped(at[name], at[f"{name}_ramp"], month) for name in ("spare", "saving", "recycling"))
        use, lacking = use + level, lacking + level * np.maximum(0.0, at["share"] * depth - relief)
    return 100 * np.divide(np.maximum(0.0, lacking - at["stock"]), use, out=np.zeros_like(use), where=use > 0)


def _ramped(level: Floats, ramp: Floats, month: int) -> Floats:
    """Raise a relief in a straight line until its ramp is over; a ramp of a month or less is none."""
    return level * np.minimum(1.0, month / np.maximum(ramp, FULL))
