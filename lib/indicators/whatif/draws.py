"""Draws for the model of a cut, in numbers alone: what workers of a cluster need that have neither book nor tables.

Only numpy and `model` are imported here, so that both can be sent to a worker by their text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lib.indicators.whatif.model import DAYS_PER_MONTH, Conditions, Cut, Floats, losses

DRAWN = (
    *("stock_days", "spare", "spare_ramp", "saving", "saving_ramp"),
    *("recycling", "recycling_ramp", "growth", "refill"),
)
"""The quantities that the model of a cut draws, in the order in which it draws them."""
PLACES = len(DRAWN) + 2
"""Rows of a draw: those quantities, the place between the two ends of a share, and the place of the new plants."""
QUANTILES = np.linspace(0, 1, 201)
CHUNK = 20_000
"""Draws that are held at a time, so that they stay in the cache of a processor."""
BINS = 2_000
"""Steps from 0 to 100% in which a sweep counts losses."""


class Economy(NamedTuple):
    """An importer: its code, the two ends of its share in percent, and its ranges (low, mode, high) by quantity."""

    code: str
    low: float
    high: float
    ranges: Mapping[str, tuple[float, float, float]]


class World(NamedTuple):
    """What all importers have in common.

    share      the mean of their shares, 0 to 1
    delivered  what the supplier delivered to all in the year of the shares, in t
    years      years between those of the shares and the cut
    added      quantiles of what plants elsewhere make in addition by the year of the cut, in t; empty: none
    """

    share: float
    delivered: float
    years: int
    added: Sequence[float]


def triangular(low: float, mode: float, high: float, place: Floats | float) -> Floats:
    """Return the value below which the part `place` (0 to 1) of a triangular distribution lies: its quantile."""
    part = np.asarray(place, dtype=float)
    width = high - low
    if not width:
        return np.full_like(part, low)
    left = (mode - low) / width
    rising = low + width * np.sqrt(part * left)
    return np.where(part < left, rising, high - width * np.sqrt((1 - part) * (1 - left)))


def replaced(world: World, place: Floats, growth: Floats) -> Floats:
    """Compute the part of the supplier's deliveries that new plants elsewhere have replaced, 0 to 1.

    What they make beyond the year of the shares, over what the supplier delivered then and would deliver now had it
    grown with use (`growth` in percent a year). New plants serve all importers in proportion to what these bought.
    """
    if world.years <= 0 or not len(world.added):
        return np.zeros_like(np.asarray(place, dtype=float))
    grown = world.delivered * (1 + growth / 100) ** world.years
    return np.minimum(1.0, np.interp(place, QUANTILES, world.added) / grown)


def conditions(
    economy: Economy,
    world: World,
    places: Floats,
    stock_days: float | None = None,
    kept: dict[tuple, Floats] | None = None,
) -> Conditions:
    """Give what a cut meets in one economy, for draws at `places`: a row for each of PLACES, a column a draw.

    All economies meet the same draws, so that they differ by their shares and their own ranges alone. What other
    suppliers add is spread in proportion to what each lacks: they serve 1 − S of all importers together, so that a of
    it is a (1 − S), and an importer that bought s of the supplier has s / S of what is lacking.

    kept  values of ranges that were drawn at these places before, for the next economy
    """
    memory = {} if kept is None else kept
    drawn = {}
    for name, place in zip(DRAWN, places, strict=False):
        key = (name, economy.ranges[name])
        if key not in memory:
            memory[key] = triangular(*economy.ranges[name], place)
        drawn[name] = memory[key]
    share = (economy.low + places[-2] * (economy.high - economy.low)) / 100
    share = share * (1 - replaced(world, places[-1], drawn["growth"]))
    return Conditions(
        share=share,
        stock=(drawn["stock_days"] if stock_days is None else stock_days) / DAYS_PER_MONTH,
        spare=drawn["spare"] / 100 * share * (1 - world.share) / world.share,
        spare_ramp=drawn["spare_ramp"],
        saving=drawn["saving"] / 100,
        saving_ramp=drawn["saving_ramp"],
        recycling=drawn["recycling"] / 100,
        recycling_ramp=drawn["recycling_ramp"],
        growth=(1 + drawn["growth"] / 100) ** (1 / 12) - 1,
        refill=drawn["refill"] / 100,
    )


class Part(NamedTuple):
    """A part of a sweep: one depth, stock and year, several lengths, and some draws.

    number  of the part among those of its scenario; with the seed it decides the draws, whoever runs it
    """

    economies: tuple[Economy, ...]
    world: World
    cut: float
    months: tuple[int, ...]
    stock_days: float | None
    draws: int
    number: int
    seed: int


def run(part: Part) -> dict[tuple[str, int], tuple[list[int], float]]:
    """Run a part: by importer and length, how many draws lie in each bin of the loss, and the sum of the losses.

    Takes the draws in chunks, so that the memory does not depend on their number.
    """
    generator = np.random.default_rng([part.seed, part.number])
    counts = {(e.code, m): np.zeros(BINS + 1, dtype=np.int64) for e in part.economies for m in part.months}
    sums = dict.fromkeys(counts, 0.0)
    cut = Cut.even(part.cut, max(part.months))
    for start in range(0, part.draws, CHUNK):
        places = generator.random((PLACES, min(CHUNK, part.draws - start)))
        kept: dict[tuple, Floats] = {}
        for economy in part.economies:
            met = conditions(economy, part.world, places, part.stock_days, kept)
            for month, lost in enumerate(losses(cut, met), start=1):
                if month in part.months:
                    bins = np.rint(lost * (BINS / 100)).astype(np.int64)
                    counts[economy.code, month] += np.bincount(bins, minlength=BINS + 1)
                    sums[economy.code, month] += float(lost.sum())
    return {key: (counts[key].tolist(), sums[key]) for key in counts}
