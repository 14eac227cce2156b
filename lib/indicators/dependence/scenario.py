"""What a stop of deliveries would leave unserved: a model of assumed ranges, the same draws for every importer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.indicators import common
from lib.indicators.dependence.magnets import Magnets
from lib.indicators.dependence.trade import suppliers
from lib.quantity import Number, Quantity

# What is drawn from: our assumptions, since no public statistics exist for any of the three.
RANGES = {"stock_days": (0.0, 90.0), "spare": (0.0, 0.3), "saving": (0.0, 0.1)}
DAYS_PER_MONTH = 365 / 12
NAMED = ("KOR", "DEU", "USA", "JPN")
"""Importers that the chart of durations shows, where they are among the largest."""


@dataclass(frozen=True)
class Scenario:
    """Losses by importer and months, in percent of the period's imports, and the flows whose shares they rest on.

    cut  the percentage of Chinese deliveries that fails
    """

    table: pd.DataFrame
    flows: pd.DataFrame
    cut: float

    def of(self, months: int) -> tuple[pd.DataFrame, list[str]]:
        """Give the rows of a disruption of some months, and the importers in the order of their loss."""
        rows = self.table[self.table["months"] == months]
        return rows, list(rows.sort_values(["median", "high"], ascending=False)["importer"])

    def by_length(self) -> pd.DataFrame:
        """Give the rows of all lengths for a few importers."""
        every = list(self.table["importer"].unique())
        named = [code for code in NAMED if code in every] or every[:4]
        return self.table[self.table["importer"].isin(named)]

    @property
    def named(self) -> list[tuple[str, int]]:
        """The losses that a sentence names: importer and months."""
        _, order = self.of(6)
        return [(order[0], 6), (order[-1], 6), (self.hardest_hit(), 3), (self.hardest_hit(), 12)]

    def hardest_hit(self) -> str:
        """Name which of these importers loses most over a year, by its code."""
        rows = self.by_length()
        return str(rows[rows["months"] == 12].set_index("importer")["median"].idxmax())

    def loss(self, importer: str, months: int) -> Number:
        """Return the median loss of an importer, in percent of the magnets it imports in some months."""
        row = self.table[(self.table["importer"] == importer) & (self.table["months"] == months)].iloc[0]
        scope = (
            f"modelled loss of magnet imports of {common.called(importer)} if {self.cut}% of Chinese deliveries fail"
        )
        formula = "median of the draws: share × cut − others’ extra − saving − stocks, not below zero"
        rows = self.flows[self.flows["reporter"] == importer]
        return Number(Quantity(row["median"], "", True), "%", scope, f"{months} months", formula, rows)


def scenario(magnets: Magnets, n: int, cut: float) -> Scenario:
    """Simulate a stop of one to twelve months for the n largest importers; `cut` in percent of Chinese deliveries."""
    own = magnets.largest(n)
    both = [suppliers(own, column).set_index("reporter")["share"] for column in ("value_usd", "weight_kg")]
    shares = pd.concat(both, axis=1)
    ends = pd.DataFrame({"importer": shares.index, "low": shares.min(axis=1), "high": shares.max(axis=1)})
    table = simulate(ends, cut / 100, list(range(1, 13)))
    return Scenario(table.assign(source_id=own["source_id"].iloc[0], qualifier="e"), own, cut)


def assumed() -> str:
    """Write the ranges from which is drawn."""
    days, spare, saving = (RANGES[name] for name in ("stock_days", "spare", "saving"))
    return (
        f"stocks of {days[0]:.0f} to {days[1]:.0f} days of use, {100 * spare[0]:.0f} to {100 * spare[1]:.0f}% more "
        f"from other suppliers, and {100 * saving[0]:.0f} to {100 * saving[1]:.0f}% saved or substituted"
    )


def loss(share, cut: float, months: float, stock_days=0.0, spare=0.0, saving=0.0):
    """Compute the percentage of a period's use left unserved when `cut` of the leader's deliveries fail for `months`.

    L = 100 · max(0, s·x − a·(1 − s)·[x > 0] − b − d/D), with s the leader's share (fraction), x the cut (fraction),
    a by how much the other suppliers raise their deliveries, b what users save or substitute, d days of use in
    stock and D the days of the period. Zero shock gives zero; L never falls when s or x rises, nor rises with a, b
    or d. Scalars or arrays.
    """
    missing = np.asarray(share, dtype=float) * cut
    days = months * DAYS_PER_MONTH
    if not (cut > 0 and days > 0):
        return np.zeros_like(missing)
    relief = np.asarray(spare) * (1 - np.asarray(share)) + np.asarray(saving) + np.asarray(stock_days) / days
    return 100 * np.maximum(0.0, missing - relief)


def simulate(
    shares: pd.DataFrame,
    cut: float,
    months: Sequence[float],
    *,
    draws: int = 20_000,
    seed: int = 2024,
    ranges: dict[str, tuple[float, float]] = RANGES,
) -> pd.DataFrame:
    """Simulate `loss` by importer and duration over uniform draws from `ranges`: 5th, 50th and 95th percentile.

    shares  one row per importer with `importer`, `low` and `high` (percent): the share is drawn between the two
    cut     fraction of the leader's deliveries that fail

    All importers and durations meet the same draws, so that they differ by their shares alone. Returns importer,
    months, low, median, high in percent of the period's use. Raises ValueError for a cut outside 0 to 1.
    """
    if not 0 <= cut <= 1:
        raise ValueError(f"the cut is a fraction from 0 to 1, not {cut}")
    generator = np.random.default_rng(seed)
    drawn = {name: generator.uniform(*ranges[name], draws) for name in ("stock_days", "spare", "saving")}
    place = generator.uniform(0, 1, draws)
    rows = []
    for importer in shares.itertuples():
        share = (importer.low + place * (importer.high - importer.low)) / 100
        for duration in months:
            results = np.percentile(loss(share, cut, duration, **drawn), [5, 50, 95])
            rows.append((importer.importer, duration, *results))
    return pd.DataFrame(rows, columns=["importer", "months", "low", "median", "high"])
