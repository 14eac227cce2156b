"""Who counts as the West in a chapter, and how a sentence names a place."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib import words
from lib.indicators import common
from lib.quantity import Number
from lib.tables import catalog

WEST_38 = "38 economies"
BESIDE_EU = ("USA", "GBR", "JPN", "KOR", "CAN", "AUS", "NOR", "CHE", "TWN", "NZL", "ISL")
JOINED = ("member", "signatory")
UNION, OUTSIDE = "EU27", "EUX"
"""The Union, and the Union as one importer of what comes from outside."""


def memberships(groups: pd.DataFrame, west: str) -> pd.DataFrame:
    """Select the rows of country_groups that make the members of a group: its own, the Union's where that is one.

    ``38 economies`` rests on the members of the Union; the eleven of `BESIDE_EU` are this book's choice. Members whose
    time has ended are left out. Raises ValueError naming the groups for an unknown one.
    """
    current = groups[groups["role"].isin(JOINED) & groups["to"].isna()]
    own = current["group"].eq(UNION if west == WEST_38 else west)
    if not own.any():
        names = ", ".join([WEST_38, *sorted(current["group"].unique())])
        raise ValueError(f"west must be one of {names}, not {west!r}")
    union = current["group"].eq(UNION) & current.loc[own, "iso3"].eq(UNION).any()
    return current[own | union]


def members(groups: pd.DataFrame, west: str) -> list[str]:
    """List the ISO codes of the economies in the group `west` of the table country_groups, sorted.

    ``38 economies`` is the EU27 with the eleven of `BESIDE_EU`. A Union that is a member counts as its 27 states.
    Raises ValueError as `memberships` does.
    """
    codes = set(memberships(groups, west)["iso3"]) - {UNION}
    return sorted(codes | set(BESIDE_EU) if west == WEST_38 else codes)


@dataclass(frozen=True)
class Circle:
    """The economies that count as the West: the group, its codes, those of the Union, and the table of groups."""

    west: str
    codes: list[str]
    union: list[str]
    groups: pd.DataFrame

    def size(self) -> Number:
        """Return how many economies it has."""
        beside = "".join(f" UNION VALUES ('{code}')" for code in BESIDE_EU if self.west == WEST_38)
        listed = f"SELECT iso3 FROM country_groups WHERE iso3 <> 'EU27'{beside or ' GROUP BY iso3'}"
        scope, query = f"economies counted as the West: {self.west}", f"SELECT count(*) FROM ({listed})"
        rows = memberships(self.groups, self.west)
        return Number(len(self.codes), "count", scope, "current members", "members counted", rows, query)

    def union_size(self) -> Number:
        """Return how many members the Union has."""
        rows = self.groups[(self.groups["group"] == UNION) & (self.groups["role"] == "member")]
        scope = "member states of the European Union"
        return Number(len(rows), "count", scope, "current members", "members counted", rows)

    @property
    def named(self) -> str:
        """The economies in words, the Union as one where all its members belong."""
        whole = set(self.union) <= set(self.codes)
        single = sorted(set(self.codes) - set(self.union if whole else []), key=catalog.country_name)
        names = words.joined(map(common.called, single))
        return f"the members of the European Union{', together with ' if names else ''}{names}" if whole else names


def circle(west: str) -> Circle:
    """Read who belongs to a group. Raises ValueError as `memberships` does."""
    groups = catalog.table("country_groups")
    return Circle(west, members(groups, west), members(groups, UNION), groups)
