"""What announced plants outside China add by year: on time, with the delays on record, and weighted by their status."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from lib.indicators import common, processing
from lib.indicators.whatif.assumptions import Assumptions, assumptions
from lib.indicators.whatif.draws import QUANTILES
from lib.indicators.whatif.model import Floats

SINCE = 2023
DRAWS, SEED = 4_000, 2026
STARTS = "The list of plants outside China with their capacities"
RUNS = ("operating", "ramping up")
METAL, HEAVY_METAL = 0.857, 0.87
"""Tonnes of metal in a tonne of the oxides of neodymium and praseodymium, and of dysprosium and terbium.

From the atomic masses: 2 × 144.24 of 336.5 in Nd₂O₃, and 2 × 162.5 of 373 in Dy₂O₃.
"""
OXIDES = {"t/yr NdPr oxide": METAL, "t/yr oxides": METAL, "t/yr Dy and Tb oxides": HEAVY_METAL}
"""The same by the unit of a capacity."""


@dataclass(frozen=True)
class Plants:
    """Plants outside China of one stage: `rows` with `t`, what each adds when full, in t a year, and `year`.

    S(y) = Σ p(status) · t · u · ramp(y), with p the probability that a plant is built, u the part of its design that
    it makes, and ramp(y) from 0 in its first year to 1 when it is full. The sum of expected values over a record of
    projects is what resource economics calls a risked pipeline.
    """

    rows: pd.DataFrame
    stage: str
    given: Assumptions
    _kept: dict[tuple[int, int], Floats] = field(default_factory=dict, repr=False)

    def draw(self, years: np.ndarray, draws: int = DRAWS, *, seed: int = SEED, delayed: bool = True) -> Floats:
        """Draw the output of each plant: plants × years × draws, in t a year. `delayed` applies the record of delays.

        A plant is built or not in a draw, as its status has it; delay, ramp and use of the design are drawn for each.
        """
        generator = np.random.default_rng(seed)
        made = np.zeros((len(self.rows), len(years), draws))
        for number, plant in enumerate(self.rows.itertuples()):
            place = generator.random((6, draws))
            chance = self._at("status_probability", place[0], status=plant.status) / 100
            built = place[1] < chance
            start = float(plant.year) if not pd.isna(plant.year) else self._unplanned(plant, place[2])
            late = self._at("delay", place[3]) if delayed and plant.status not in RUNS else np.zeros(draws)
            ramp = np.maximum(self._at("plant_ramp", place[4]), 0.5)
            used = self._at("utilisation", place[5]) / 100
            age = years[:, None] + 1 - (start + late)[None, :]
            part = np.clip(age / ramp, 0, 1) if not plant.full else np.ones_like(age)
            made[number] = plant.t * built * used * part
        return made

    def _unplanned(self, plant, place: Floats) -> Floats:
        return plant.seen + self._at("build_time", place, stage=self.stage)

    def _at(self, quantity: str, place: Floats, **which: str) -> Floats:
        return self.given.of(quantity, **which).at(place)

    def announced(self, years: np.ndarray) -> pd.DataFrame:
        """Give what the plants would add if all came as announced, in full from the year they name: year, t."""
        dated = self.rows[self.rows["year"].notna() | self.rows["full"]]
        first = dated["year"].fillna(years[0]).astype(float)
        sums = [float(dated.loc[first <= year, "t"].sum()) for year in years]
        return pd.DataFrame({"year": years, "t": sums})

    def by_year(self, first: int, last: int) -> pd.DataFrame:
        """Give S(y) for a chart: `way`, year, t, kt, and low and high (5th and 95th percentile) in kt."""
        years = np.arange(first, last + 1)
        parts = [self.announced(years).assign(way="announced", low=np.nan, high=np.nan)]
        for way, delayed in (("on time", False), ("with the delays on record", True)):
            sums = self.draw(years, delayed=delayed).sum(axis=0)
            low, middle, high = np.percentile(sums, [5, 50, 95], axis=1)
            parts.append(pd.DataFrame({"year": years, "t": middle, "low": low, "high": high, "way": way}))
        source = self.rows.sort_values("t")["source_id"].iloc[-1]
        rows = pd.concat(parts, ignore_index=True).assign(source_id=source)
        return rows.assign(kt=rows["t"] / 1000, low=rows["low"] / 1000, high=rows["high"] / 1000)

    def quantiles(self, year: int, base: int) -> Floats:
        """Give the quantiles of what the plants make in a year beyond what they made in a base year, in t."""
        if (year, base) not in self._kept:
            made = self.draw(np.array([base, year])).sum(axis=0)
            self._kept[year, base] = np.quantile(np.maximum(0.0, made[1] - made[0]), QUANTILES)
        return self._kept[year, base]

    @cached_property
    def sources(self) -> list[str]:
        """The sources of the plants."""
        return sorted(set(self.rows["source_id"]))

    def without(self, year: int) -> pd.DataFrame:
        """Leave out one plant at a time: what its absence takes from the expected S(year), in t, the most first."""
        made = self.draw(np.array([year])).mean(axis=2)[:, 0]
        table = self.rows.assign(matters=made, part=100 * made / made.sum())
        return table.sort_values("matters", ascending=False)


def plants(as_of: common.Day, stage: str = "magnets") -> Plants:
    """Read the plants of a stage outside China with what each adds, in t of magnets, or of the four magnet elements.

    stage  `magnets` or `separation`, which takes light and heavy separation together
    A plant that repeats tonnes of another adds only the difference. Raises NoDataYet.
    """
    given = assumptions(as_of)
    rows = processing.abroad(as_of, SINCE).rows
    every = rows.set_index("facility_id")
    wanted = ["magnets"] if stage == "magnets" else ["separation", "heavy_separation"]
    counted = rows["capacity_basis"].eq("output") | (
        rows["capacity_basis"].eq("company total") & rows["overlaps_with"].notna()
    )
    rows = rows[rows["stage"].isin(wanted) & counted & rows["capacity"].notna()]
    mixed = given.of("magnet_share", stage="separation").mode / 100 * METAL
    factors = {"t/yr magnets": 1.0} if stage == "magnets" else OXIDES | {"t/yr REO": mixed}
    rows = rows[rows["capacity_unit"].isin(factors) & rows["status"].isin(processing.SUMMED_STATES)]
    rows = rows[rows["confidence"] != "low"]
    rows = rows.assign(t=_added(rows, every) * rows["capacity_unit"].map(factors))
    if rows.empty:
        raise common.not_yet("facilities", as_of, STARTS)
    full = rows["status"].eq("operating") & (rows["start_year"].isna() | rows["start_year"].lt(SINCE))
    return Plants(rows.assign(year=rows["start_year"], seen=rows["as_of"].dt.year, full=full), stage, given)


def _added(rows: pd.DataFrame, every: pd.DataFrame) -> pd.Series:
    """Compute what each plant adds: its capacity, less that of the plants whose tonnes it repeats."""
    capacities = every["capacity"].dropna().to_dict()
    named = rows["overlaps_with"].fillna("").str.split(";")
    return (rows["capacity"] - [sum(capacities.get(other, 0.0) for other in others) for others in named]).clip(lower=0)
