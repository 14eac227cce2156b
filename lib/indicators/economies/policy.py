"""Measures and circles: what states did that concerns an economy, and which partnerships list it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lib.indicators import controls, dependence
from lib.indicators.economies.flows import kept
from lib.indicators.economies.who import UNION, Economy, only_if
from lib.quantity import Number
from lib.tables import catalog, dates
from lib.words import joined

COUNTED = {"own": "of its own", "named": "of others that name it", "Union": "through the EU", "G7": "through the G7"}
CIRCLES = {
    "MSP": "Minerals Security Partnership",
    "Pax Silica": "Pax Silica",
    "Quad Critical Minerals Initiative": "Quad Critical Minerals Initiative",
    "FORGE": "Forum on Resource Geostrategic Engagement",
}
COLUMNS = {
    "name": "Measure",
    "actor": "By",
    "whom": "On",
    "kind": "Type",
    "date_announced": "Announced",
    "told": "State",
    "known_to": "Known to",
    "source_id": "Source",
}
"""The columns of `Measures.for_table` with their heads."""
IN_FORCE, SUSPENDED = "in force", "suspended"


@dataclass(frozen=True)
class Measures:
    """The register of measures with their states as known on a day (`controls.with_states`).

    concerning  those that one economy took or that name it, with those of its circles
    """

    register: pd.DataFrame
    concerning: pd.DataFrame

    def for_table(self) -> pd.DataFrame:
        """Give the measures that concern the economy, newest first. Raises NoDataYet where there is none."""
        rows = only_if(len(self.concerning) > 0, self.concerning)
        return controls.for_table(dates.in_order(rows, "date_announced").iloc[::-1])

    @property
    def verb(self) -> str:
        """The words after their number, as a title has them."""
        return "measure concerns" if len(self.concerning) == 1 else "measures concern"

    @property
    def ways(self) -> str:
        """How they concern the economy, counted, as a title has it."""
        ways = self.concerning["concern"].value_counts()
        words = dict.fromkeys(ways.index, "all" if len(self.concerning) > 1 else "") if len(ways) == 1 else ways
        return joined(f"{words[way]} {text}" for way, text in COUNTED.items() if way in ways).strip()

    def to_everyone(self, state: str) -> Number:
        """Count China's instruments that restrict exports to all destinations and are in a state, as last known.

        Raises NoDataYet where there is none.
        """
        rows = self._to_everyone(state)
        scope = f"Chinese instruments that restrict exports to all destinations, {state}"
        return Number(len(rows), "count", scope, f"{controls.known_by(rows):%Y-%m-%d}", "instruments counted", rows)

    def known_by(self, state: str) -> pd.Timestamp:
        """Return the oldest day to which the sources carry one of these instruments. Raises NoDataYet without any."""
        return controls.known_by(self._to_everyone(state))

    def passed(self) -> pd.Timestamp:
        """Return the last printed end of a suspension that has passed. Raises NoDataYet where none has."""
        rows = self._to_everyone(SUSPENDED)
        ends = rows[rows["state"].eq(controls.END_PASSED)]
        return only_if(len(ends) > 0, ends)["passed"].max()

    def _to_everyone(self, state: str) -> pd.DataFrame:
        rows = self._restricting[self._restricting["last_state"] == state]
        return only_if(len(rows) > 0, rows)

    @cached_property
    def _restricting(self) -> pd.DataFrame:
        rows = controls.china_exports_side(self.register, reported=False)
        return controls.restricting(rows[rows["target"] == "WLD"])


def measures(who: Economy, groups: pd.DataFrame, as_of: dt.date | str | None, day: dt.date) -> Measures:
    """Read the register of measures, with the states known on `day`. Raises NoDataYet."""
    register = controls.with_states(catalog.table("measures", as_of), day)
    return Measures(register, concerning(register, who, dependence.members(groups, "G7")))


def concerning(register: pd.DataFrame, economy: Economy, seven: Iterable[str]) -> pd.DataFrame:
    """Select the measures that an economy took or that name it, with those of the Union and the G7 it belongs to.

    `concern` says how: ``own``, ``Union``, ``G7`` (its circle acts or is meant) or ``named`` (another one's measure).
    """
    circle = {"G7": "G7"} if economy.iso3 in set(seven) else {}
    circle |= {UNION: "Union"} if economy.member else {}
    actors, targets = (register[column].fillna("").str.split(";") for column in ("jurisdiction", "target"))

    def way(acting: list[str], meant: list[str]) -> str:
        if economy.iso3 in acting:
            return "own"
        if economy.iso3 in meant:
            return "named"
        return next((word for code, word in circle.items() if code in acting or code in meant), "")

    ways = [way(*pair) for pair in zip(actors, targets, strict=True)]
    return kept(register.assign(concern=ways)[np.array(ways) != ""], register)


def with_ends(rows: pd.DataFrame) -> list[str]:
    """Name the circles of `circles`, each with the day on which its time ended. Raises NoDataYet without any."""
    rows = only_if(len(rows) > 0, rows).drop_duplicates("circle")
    pairs = zip(rows["circle"], rows["over"], strict=True)
    return [circle if pd.isna(over) else f"{circle} (until {dates.told(over)})" for circle, over in pairs]


def circles(groups: pd.DataFrame, economy: Economy, day: dt.date) -> pd.DataFrame:
    """List the groups on critical minerals of which the table lists an economy as a member by `day`.

    Adds `circle`, the group's name in full, and `over`, the day on which its time ended (NaT when it had not by then).
    """
    rows = groups[
        groups["group"].isin(CIRCLES) & (groups["iso3"] == economy.iso3) & (groups["published"] <= pd.Timestamp(day))
    ]
    rows = rows[rows["role"].isin([*dependence.JOINED, "chair", "initiator"])]
    ends = pd.to_datetime(rows["to"], errors="coerce")
    return kept(rows.assign(circle=rows["group"].map(CIRCLES), over=ends.where(ends <= pd.Timestamp(day))), groups)
