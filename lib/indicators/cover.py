"""What the cover of the book says: China’s share by stage, what needs a licence, who buys, and related metals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib import queries
from lib.indicators import common, controls, dependence, neighbours, processing
from lib.quantity import Number
from lib.tables import catalog

TABLES = ("reserves", "mine_production", "stage_shares")
CHAIN = ("Reserves: all rare earths", "Mining: all rare earths", "Magnets")
"""The lines of estimates that the title of the picture compares."""
COLUMNS = {
    "line": "Stage and scope",
    "year": "Year",
    "value": "Share (%)",
    "estimator": "Who",
    "source_id": "Source",
}
"""What the table of the picture shows."""


@dataclass(frozen=True)
class Estimate:
    """One estimate of China's share at a stage: as a number, with its year and its maker."""

    number: Number
    year: int
    maker: str


@dataclass(frozen=True)
class Estimates:
    """The estimates of China's share at each stage as known on a day: `frame`, and the tables they came from."""

    frame: pd.DataFrame
    tables: tuple[pd.DataFrame, ...]
    as_of: common.Day
    since: int

    @property
    def shown(self) -> pd.DataFrame:
        """The estimates without those of weak sources. Raises NoDataYet where there are none."""
        if self.frame.empty:
            raise self._not_yet()
        return self.frame[~self.frame["weak"]]

    @property
    def title(self) -> str:
        """What the picture of the estimates finds, as far as they are known."""
        ends = [processing.best(self.frame, line) for line in CHAIN]
        values = [row["value"] for row in ends if row is not None]
        rises = len(values) == len(CHAIN) and values == sorted(set(values))
        return "The further down the chain, the larger China’s share" if rises else "China’s share by stage"

    def best(self, line: str) -> Estimate:
        """Return the best estimate of a line of the picture. Raises NoDataYet where there is none yet."""
        row = processing.best(self.frame, line)
        if row is None:
            raise self._not_yet(line)
        return self._estimate(row)

    def ends(self, line: str) -> tuple[Estimate, Estimate]:
        """Return the lowest and the highest estimate of the last two years that a line has. Raises NoDataYet."""
        years = self.frame.loc[self.frame["line"] == line, "year"]
        recent = self.frame[self.frame["year"] >= years.max() - 1] if len(years) else self.frame.head(0)
        ends = processing.spread(recent, line)
        if ends is None:
            raise self._not_yet(line)
        return self._estimate(ends[0]), self._estimate(ends[1])

    def _estimate(self, row: pd.Series) -> Estimate:
        formula = "share of the world total, inside one edition" if row["kind"] == "computed" else "as published"
        scope = processing.meaning(row)
        rows, share = processing.origin(row, *self.tables), processing.as_quantity(row)
        return Estimate(Number(share, "%", scope, row["year"], formula, rows), int(row["year"]), str(row["estimator"]))

    def _not_yet(self, line: str = "") -> catalog.NoDataYet:
        """Make the error that says from when there are estimates, of a line, that may be quoted."""
        everything = estimates(None, self.since).frame
        rows = everything[everything["confidence"] != "low"]
        rows = rows[rows["line"] == line] if line else rows
        what = f"“{line}”" if line else "The series of estimates"
        return common.not_yet("stage_shares", self.as_of, what, rows["published"].min().date())


def estimates(as_of: common.Day, since: int) -> Estimates:
    """Read the estimates of China's share at each stage, of `since` and later, as known on a day."""
    reserves, mined, shares = (common.optional(name, as_of, vintages="all") for name in TABLES)
    frame = processing.funnel(reserves, mined, shares, as_of, since)
    return Estimates(frame, (reserves, mined, shares), as_of, since)


def rivals(as_of: common.Day) -> list[tuple[str, Number]]:
    """List the figures of separation in 2025 that one outlook has beside each other, with a name for each.

    Raises NoDataYet.
    """
    found = processing.rival_shares(common.optional("statements", as_of, vintages="all"))
    if not found:
        raise common.not_yet("statements", as_of, "The outlook of 2026")
    return [(f"separation-2025-{name}", _as_printed(name, rows)) for name, rows in found.items()]


def _as_printed(name: str, rows: pd.DataFrame) -> Number:
    value, scope = float(rows["value"].iloc[0]), rows["statement"].iloc[0]
    return Number(value, "%", scope, 2025, "as printed", rows, places=1 if name == "annex" else 0)


@dataclass(frozen=True)
class Border:
    """The elements that Chinese measures name, by the state of these measures on a day."""

    register: pd.DataFrame
    named: pd.DataFrame
    states: pd.DataFrame
    as_of: common.Day
    day: dt.date

    def acts(self, state: str) -> pd.DataFrame:
        """Give the measures by which elements are in a state. Raises NoDataYet where there are none."""
        chosen = self.states[self.states["last_state"] == state]
        acts = self.register[self.register["id"].isin(chosen["measure_id"])]
        if acts.empty:
            what = "A measure that names rare earths in this state"
            raise common.not_yet("measures", self.as_of, what)
        return acts

    def elements(self, state: str) -> Number:
        """Return how many rare earths a measure names that was in a state when last known. Raises NoDataYet."""
        acts = self.acts(state)
        symbols = self.states.loc[self.states["last_state"] == state, "symbol"]
        rows = self.named[self.named["symbol"].isin(symbols) & self.named["measure_id"].isin(acts["id"])]
        return Number(
            len(symbols),
            "count",
            scope=f"rare earths named by a Chinese dual-use licence measure that was {state} when last known",
            period=f"{controls.known_by(acts):%Y-%m-%d}",
            formula="elements by the most binding state of the measures that name them",
            rows=[acts, rows],
            query="SELECT count(DISTINCT symbol) FROM measure_elements WHERE measure_id IN (SELECT id FROM measures)",
        )

    @property
    def general(self) -> pd.DataFrame:
        """The measures in force that cover all rare earths. Raises NoDataYet where there are none."""
        rows = controls.for_all_rare_earths(self.register)
        rows = rows[rows["state"] == "in force"]
        if rows.empty:
            raise common.not_yet("measures", self.as_of, "A licence for all rare earths")
        return rows

    def since_end(self) -> Number:
        """Return the days since the printed end of the suspensions passed, of which no outcome was read.

        Raises NoDataYet where no such end has passed.
        """
        acts = self.acts("suspended")
        if not acts["state"].eq(controls.END_PASSED).all():
            raise common.not_yet("measures", self.as_of, "A printed end that has passed")
        rows, end = controls.with_suspending(catalog.table("measures", self.as_of), acts), acts["passed"].max()
        return Number(
            int(acts["days_since"].min()),
            "days",
            scope="days since a printed end whose outcome is unknown",
            period=f"{end:%Y-%m-%d}/{self.day}",
            formula="as-of day − printed end",
            rows=rows,
            query=f"SELECT julianday('{self.day}') - julianday(max(date_end)) FROM measures",
        )


def border(as_of: common.Day, day: dt.date) -> Border:
    """Read which elements Chinese measures name, and in which state these are on a day. Raises NoDataYet."""
    measures, named = catalog.table("measures", as_of), catalog.table("measure_elements", as_of)
    states = controls.element_states(measures, named, catalog.table("elements"), day)
    return Border(controls.with_states(measures, day), named, states, as_of, day)


def magnets_from_china(as_of: common.Day, importer: str) -> Number:
    """Return China's share of an importer's magnet imports in 2024 by value. Raises NoDataYet."""
    flows = common.select(
        "trade_flows",
        as_of,
        "Trade in magnets by partner",
        dataset="baci",
        hs_code="850511",
        flow="import",
        reporter=importer,
        year=2024,
    )
    return Number(
        float(dependence.suppliers(flows)["share"].iloc[0]),
        "%",
        scope=f"share of China in the magnets (HS 8505.11) imported by {common.called(importer)}, by value, BACI",
        period=2024,
        formula="imports from China over all imports",
        rows=flows,
        query=queries.share("value_usd", "partner = 'CHN'", "trade_flows WHERE reporter <> partner"),
    )


def next_door(as_of: common.Day) -> tuple[Number, Number]:
    """Return China's shares of primary gallium and of refined copper, as the USGS counts. Raises NoDataYet."""
    what = "World production of gallium and copper"
    rows = common.select("mineral_production", as_of, what, vintages="all", commodity=["gallium", "copper"])
    shares = neighbours.current(neighbours.shares(rows))
    shares = shares[shares["first"] & shares["maker"].eq("USGS")].set_index("line", drop=False)
    gallium, copper = (_of_china(shares.loc[line], rows) for line in ("Gallium: primary metal", "Copper: refineries"))
    return gallium, copper


def _of_china(row: pd.Series, rows: pd.DataFrame) -> Number:
    scope, behind = (
        f"share of China in world output of {neighbours.WORDS[row['line']]}, USGS",
        neighbours.behind(rows, row),
    )
    share = neighbours.as_quantity(row)
    return Number(share, "%", scope, int(row["year"]), "China / printed world total", behind)
