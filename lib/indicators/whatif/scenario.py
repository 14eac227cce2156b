"""What a cut would leave unserved in each economy: the model run on its shares, over draws of what is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from lib.indicators import common, dependence
from lib.indicators.controls.exports import MAGNETS
from lib.indicators.dependence.magnets import Magnets
from lib.indicators.dependence.west import Circle
from lib.indicators.whatif import draws
from lib.indicators.whatif.assumptions import IN_TEXT, NAMES, Assumptions, assumptions
from lib.indicators.whatif.draws import DRAWN, PLACES, Economy, World
from lib.indicators.whatif.model import DAYS_PER_MONTH, Conditions, Cut, Floats, loss, losses, simulate
from lib.indicators.whatif.plants import Plants, plants
from lib.quantity import Number, Quantity

DRAWS, SEED = 20_000, 2024
GRID_DRAWS = 1_001  # so that the percentiles are draws, which need no sorting of the others
STAGES = ("magnets", "compounds")
ENDS = (5, 50, 95)
CHOICES: dict[str, range] = {
    "cut": range(20, 101, 20),
    "months": range(1, 13),
    "stock": range(0, 121, 30),
    "year": range(2026, 2035, 2),
}
"""What the sliders of a chart offer: percent, months, days and years."""
FIRST = {"cut": 80, "months": 6, "stock": 60, "year": 2026}
"""Where the sliders stand at first."""
LABELS = {"cut": "Cut (%)", "months": "Months", "stock": "Days of stock", "year": "Year"}
PARTS = {
    "extra": "others deliver more",
    "recycled": "recycled",
    "saved": "saved or replaced",
    "from_stock": "taken from stocks",
    "unserved": "unserved",
}
"""Where what is missing is found, in the order of a chart, and the tones of that chart."""
BALANCE_LOOK = {
    "order": list(PARTS.values()),
    "colours": dict(zip(PARTS.values(), ("seq-5", "OTH", "seq-4", "accent", "ink"), strict=True)),
    "unit": "%",
    "places": 0,
}
FORMULA = (
    "median of the draws: what the supplier delivers less, beyond what others, recycling and saving replace and "
    "stocks cover, in percent of use"
)
NAMED = ("KOR", "EUX", "USA", "JPN")
"""Importers that charts of months and lengths show, where they are known."""


@dataclass(frozen=True)
class Importers:
    """How much of what economies import comes from one supplier: `ends` has importer, low and high (%), by draw.

    flows  the rows that the shares are of
    year   the year of the shares
    base   what the supplier delivered to the world in that year, in t, and the row that says so
    """

    ends: pd.DataFrame
    flows: pd.DataFrame
    year: int
    base: pd.DataFrame

    @property
    def codes(self) -> list[str]:
        """The importers by their codes, the largest share first."""
        return list(self.ends["importer"])

    @cached_property
    def delivered(self) -> float:
        """What the supplier delivered to the world in the year of the shares, in t."""
        return float(self.base["value"].iloc[0])

    @cached_property
    def between(self) -> dict[str, tuple[float, float]]:
        """The two ends of each share, in percent."""
        ends = self.ends
        return dict(zip(ends["importer"], zip(ends["low"], ends["high"], strict=True), strict=True))

    def rows_of(self, code: str) -> pd.DataFrame:
        """Give the rows behind the share of one importer."""
        column = "reporter" if "reporter" in self.flows else "importer"
        return self.flows[self.flows[column] == code]


def importers(as_of: common.Day, circle: Circle, n: int, stage: str = "magnets") -> Importers:
    """Read China's shares of what the n largest importers buy, the Union as one, of a stage. Raises NoDataYet.

    Of magnets the share lies between that by value and that by weight (CEPII BACI); of compounds and metals that by
    weight is known (UN Comtrade, 2025). Raises ValueError for another stage.
    """
    if stage not in STAGES:
        raise ValueError(f"the stage is one of {', '.join(STAGES)}, not {stage!r}")
    what = "China's exports of magnets in a whole year"
    base = common.select("china_exports", as_of, what, product=MAGNETS, measure="weight", destination="WLD")
    whole = base[base["month_start"].eq(1) & base["month_end"].eq(12)].sort_values(["year", "basis"])
    if stage == "compounds":
        rows = dependence.compounds_and_metals(as_of).largest([c for c in circle.codes if c not in circle.union], n)
        ends = pd.DataFrame({"importer": rows["importer"], "low": rows["share"], "high": rows["share"]})
        return Importers(_ordered(ends), rows, int(rows["year"].iloc[0]), whole.tail(1))
    return of_magnets(dependence.magnets(as_of, circle), n, whole)


def of_magnets(magnets: Magnets, n: int, base: pd.DataFrame) -> Importers:
    """Give the shares of the n largest importers of magnets, the Union as one; see `importers`."""
    union = magnets.union()
    union = union[union["year"] == magnets.year]
    outside = magnets.now[~magnets.now["reporter"].isin(magnets.circle.union)]
    flows = pd.concat([outside[outside["reporter"].isin(magnets.importers)], union])
    flows.attrs = magnets.flows.attrs
    both = [dependence.suppliers(flows, basis).set_index("reporter") for basis in ("value_usd", "weight_kg")]
    largest = list(both[0]["total"].nlargest(n).index)
    shares = pd.concat([table["share"] for table in both], axis=1).loc[largest]
    ends = pd.DataFrame({"importer": largest, "low": shares.min(axis=1), "high": shares.max(axis=1)})
    flows = flows[flows["reporter"].isin(largest)]
    flows.attrs = magnets.flows.attrs
    same = base[base["year"] == magnets.year]
    return Importers(_ordered(ends), flows, magnets.year, (same if len(same) else base).tail(1))


def _ordered(ends: pd.DataFrame) -> pd.DataFrame:
    return ends.sort_values(["high", "importer"], ascending=[False, True], kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class Scenario:
    """A cut by a supplier, in a year, met by the importers of one stage under what is assumed.

    stock_days  days of use that all hold in stock; None: drawn from the assumption
    """

    importers: Importers
    given: Assumptions
    abroad: Plants
    stage: str
    cut: Cut
    year: int
    stock_days: float | None = None
    draws: int = DRAWS
    seed: int = SEED

    @property
    def sources(self) -> list[str]:
        """The sources of what importers buy, and of all assumptions."""
        return sorted({*self.table["source_id"], *self.given.rows["source_id"]})

    # --- what is drawn ---

    def conditions(self, code: str, places: Floats | None = None) -> Conditions:
        """Give what the cut meets in one economy (`draws.conditions`), by default for the seeded draws."""
        places = self.places if places is None else places
        return draws.conditions(self.economy(code), self.world, places, self.stock_days)

    @property
    def places(self) -> Floats:
        """The seeded draws: where in the distribution of each quantity each draw lies."""
        return _places(self.seed, self.draws)

    def economy(self, code: str) -> Economy:
        """Give an importer as the draws need it."""
        ranges = {name: self.given.of(name, stage=self.stage, iso3=code).ends for name in DRAWN}
        return Economy(code, *self.importers.between[code], ranges)

    @property
    def world(self) -> World:
        """What all importers have in common. New plants make magnets, and nothing is known of others by year."""
        before, later = self.importers.year, self.year > self.importers.year and self.stage == "magnets"
        added = self.abroad.quantiles(self.year, before).tolist() if later else ()
        share = float(np.mean(list(self.importers.between.values()))) / 100
        return World(share, self.importers.delivered, self.year - before, tuple(added))

    # --- what follows ---

    def losses(self, code: str) -> Floats:
        """Compute the loss of one economy in percent of its use over the months of the cut, one value a draw."""
        return loss(self.cut, self.conditions(code))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Give the loss by economy: importer, low, median, high (5th, 50th and 95th percentile), the largest first."""
        ends = [np.percentile(self.losses(code), ENDS) for code in self.importers.codes]
        rows = pd.DataFrame(ends, columns=["low", "median", "high"]).assign(importer=self.importers.codes)
        rows = rows.sort_values(["median", "high", "importer"], ascending=[False, False, True], kind="stable")
        return rows.assign(qualifier="e", source_id=self.importers.flows["source_id"].iloc[0]).reset_index(drop=True)

    @property
    def order(self) -> list[str]:
        """The importers, the largest loss first."""
        return list(self.table["importer"])

    def at(self, *, depth: float | None = None, months: int | None = None, **changed: Any) -> Scenario:
        """Give the same scenario with other settings: `depth` and `months` of the cut, `year`, `stock_days`."""
        depth = self.cut.depth if depth is None else depth
        cut = Cut.even(depth, self.cut.months if months is None else months)
        return replace(self, cut=cut, **changed)

    def number(self, code: str, months: int | None = None) -> Number:
        """Return the median loss of an economy over some months, by default those of the cut, in percent of use."""
        months = self.cut.months if months is None else months
        median = float(np.median(self.at(months=months).losses(code)))
        goods = "magnets" if self.stage == "magnets" else "rare-earth compounds and metals"
        scope = f"modelled loss of imported {goods} in {common.called(code)} if China delivers {self.percent}% less"
        rows = [self.importers.rows_of(code), self.given.rows]
        return Number(Quantity(median, "", True), "%", scope, f"{months} months from {self.year}", FORMULA, rows)

    @property
    def percent(self) -> str:
        """The depth of the cut in percent, as a sentence has it."""
        return f"{100 * self.cut.depth:g}"

    def by_length(self, codes: Sequence[str] = NAMED, longest: int = 12) -> pd.DataFrame:
        """Give the loss of a few economies by the length of the cut: importer, months, low, median, high."""
        rows = [
            (code, months, *np.percentile(lost, ENDS))
            for code in self._known(codes)
            for months, lost in enumerate(losses(Cut.even(self.cut.depth, longest), self.conditions(code)), start=1)
        ]
        return self._sourced(pd.DataFrame(rows, columns=["importer", "months", "low", "median", "high"]))

    def grid(self, choices: Mapping[str, Sequence[float]], draws: int = GRID_DRAWS) -> pd.DataFrame:
        """Compute the loss by economy for every combination of choices, such as CHOICES, for a chart with sliders.

        choices  the values of `cut` (percent), `months` (from 1 on, without gaps), `stock` (days) and `year`, which
                 the lists of a row run through in this order, the last one fastest
        Returns importer, and lists of the 50th, 5th and 95th percentile in percent: _middle, _low, _high.

        What is unserved up to a month is what lacks up to it without stocks, less the stock (`model.closed_form`), so
        that one run serves all lengths and all stocks.
        """
        cuts, months, stocks, years = (list(choices[name]) for name in ("cut", "months", "stock", "year"))
        at, rows = [round(part / 100 * (draws - 1)) for part in (50, 5, 95)], []
        for code in self.importers.codes:
            found = np.zeros((3, len(cuts), len(months), len(stocks), len(years)))
            for y, year in enumerate(years):
                bare = replace(self, year=int(year), stock_days=0.0, draws=draws).conditions(code)
                use = np.cumsum([(1 + bare.growth) ** month for month in range(1, len(months) + 1)], axis=0)
                for c, cut in enumerate(cuts):
                    without = np.array(list(losses(Cut.even(cut / 100, len(months)), bare)))
                    for s, days in enumerate(stocks):
                        lost = np.maximum(0.0, without - 100 * days / DAYS_PER_MONTH / use)
                        found[:, c, :, s, y] = np.partition(lost, at, axis=1)[:, at].T
            rows.append((code, *(part.ravel().tolist() for part in found)))
        return self._sourced(pd.DataFrame(rows, columns=["importer", "_middle", "_low", "_high"]))

    def balance(self, code: str) -> pd.DataFrame:
        """Give where what China fails to deliver is found, month by month, in percent of use: month, part, value.

        Means of the draws, which add up to what is missing.
        """
        rows = [
            (month, words, float(np.mean(100 * getattr(flows, part) / flows.use)))
            for month, flows in enumerate(simulate(self.cut, self.conditions(code)), start=1)
            for part, words in PARTS.items()
        ]
        return self._sourced(pd.DataFrame(rows, columns=["month", "part", "value"]))

    def tornado(self, code: str, low: float = 0.05, high: float = 0.95) -> pd.DataFrame:
        """Give how the loss of an economy moves when one assumption goes from end to end and the others stay put.

        Each quantity is set to its 5th and to its 95th percentile, all others to their medians. Returns quantity,
        what, phrase, low and high (the loss at the two ends, %), span, and the ends themselves; the widest first. A
        one-way sensitivity analysis, whose bars are known as a tornado.
        """
        middle = np.full((PLACES, 1), 0.5)
        names = [*DRAWN, "share", "plants"]
        rows = []
        for number, name in enumerate(names):
            if name == "stock_days" and self.stock_days is not None:
                continue
            ends = []
            for place in (low, high):
                places = middle.copy()
                places[number] = place
                ends.append(float(loss(self.cut, self.conditions(code, places))[0]))
            what = NAMES.get(name) or {"share": "Share by value or by weight", "plants": "New plants elsewhere"}[name]
            rows.append((name, what, *ends, abs(ends[1] - ends[0])))
        table = pd.DataFrame(rows, columns=["quantity", "what", "at_low", "at_high", "span"])
        table["low"], table["high"] = table[["at_low", "at_high"]].min(axis=1), table[["at_low", "at_high"]].max(axis=1)
        table["phrase"] = table["quantity"].map(IN_TEXT).fillna(table["what"])
        table["middle"] = float(loss(self.cut, self.conditions(code, middle))[0])
        return self._sourced(table.sort_values("span", ascending=False, kind="stable").reset_index(drop=True))

    def _known(self, codes: Sequence[str]) -> list[str]:
        return [code for code in codes if code in self.importers.codes] or self.importers.codes[:4]

    def _sourced(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(qualifier="e", source_id=self.importers.flows["source_id"].iloc[0])


def scenario(
    as_of: common.Day,
    circle: Circle,
    *,
    top: int = 8,
    stage: str = "magnets",
    cut: float = 0.8,
    months: int = 6,
    year: int = 2026,
    stock_days: float = -1,
    draws: int = DRAWS,
) -> Scenario:
    """Set up a scenario: China delivers `cut` (0 to 1) less of a stage for some months in a year. Raises NoDataYet.

    stock_days  days of use that everybody holds in stock; below zero: drawn
    """
    given, abroad = assumptions(as_of), plants(as_of)
    days = None if stock_days < 0 else float(stock_days)
    return Scenario(
        importers(as_of, circle, top, stage), given, abroad, stage, Cut.even(cut, months), year, days, draws
    )


def numbers(scenario: Scenario) -> Iterator[tuple[str, Number]]:
    """Give the losses that the text names, by the names of facts: the extremes over the cut, and lengths of one."""
    for code in dict.fromkeys([scenario.order[0], scenario.order[-1], *scenario._known(NAMED)]):
        yield f"loss-{code.lower()}-{scenario.cut.months}", scenario.number(code)
    for months in (3, 12):
        for code in dict.fromkeys([scenario.order[0], *scenario._known(NAMED)]):
            yield f"loss-{code.lower()}-{months}", scenario.number(code, months)


@lru_cache(maxsize=4)
def _places(seed: int, draws: int) -> Floats:
    return np.random.default_rng(seed).random((PLACES, draws))
