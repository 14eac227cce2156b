"""Which economies have a page, and how prose names them.

The economies are those of the group ``38 economies`` and the Union as one importer.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import NamedTuple, TypeVar

import pandas as pd

from lib.indicators import common, dependence
from lib.tables import catalog

UNION, OUTSIDE = "EU27", "EUX"
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    "twelfth",
)
FROM_BOTTOM = 10  # places that are told from the bottom
T = TypeVar("T")


class Economy(NamedTuple):
    """An economy that has a page: ISO 3166-1 alpha-3 code (or EU27), name, slug, whether it is in the Union."""

    iso3: str
    name: str
    slug: str
    member: bool

    @property
    def called(self) -> str:
        """Return the name as it stands inside a sentence: `the United States`, `Germany`, `the EU`."""
        return common.called(self.iso3)

    @property
    def of(self) -> str:
        """Return the possessive as it stands inside a sentence: `Germany’s`, `the Netherlands’`."""
        return possessive(self.called)

    @property
    def begins(self) -> str:
        """Return the name as a sentence begins with it: `The United States`, `Germany`, `The EU`."""
        return self.called[:1].upper() + self.called[1:]

    @property
    def is_union(self) -> bool:
        """Return whether this is the European Union as one importer."""
        return self.iso3 == UNION

    @property
    def bought(self) -> str:
        """Return how a sentence says that it imported: the Union counts only what comes from outside."""
        return "imported from outside" if self.is_union else "imported"

    @property
    def circle(self) -> str:
        """Return whom it is ranked with."""
        return "importers with the EU as one" if self.is_union else "Western economies"

    @property
    def among(self) -> str:
        """Return the same as prose has it."""
        return "importers, with the EU counted as one" if self.is_union else "Western economies"

    @property
    def magnets(self) -> str:
        """Return what its page counts, as the scope of a number has it."""
        return f"permanent magnets (HS 8505.11) that {self.called} {self.bought}"


def listed(groups: pd.DataFrame) -> list[Economy]:
    """List the economies that have a page, by name, the Union among them; `groups` is the table country_groups."""
    members = set(dependence.members(groups, UNION))
    codes = [UNION, *dependence.members(groups, dependence.WEST_38)]
    names = {code: catalog.country_name(code) for code in codes}
    rows = [Economy(code, name, slug(name), code in members) for code, name in names.items()]
    return sorted(rows, key=lambda economy: economy.slug)


def slug(name: str) -> str:
    """Write a name as it is in an address: `united-states`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def find(groups: pd.DataFrame, wanted: str) -> Economy:
    """Find an economy by its code, name or slug, in capitals or not. Raises ValueError naming the nearest ones."""
    economies = listed(groups)
    text = wanted.strip().casefold()
    for economy in economies:
        if text in (economy.iso3.casefold(), economy.name.casefold(), economy.slug):
            return economy
    words = {word.casefold(): economy for economy in economies for word in (economy.slug, economy.name, economy.iso3)}
    near = difflib.get_close_matches(text, words, n=4, cutoff=0.5)
    chosen = dict.fromkeys(words[word] for word in near) or economies
    offered = ", ".join(f"{economy.iso3} ({economy.name})" for economy in chosen)
    raise ValueError(f"economy must be a code such as DEU or a name, not {wanted!r}; did you mean {offered}?")


def possessive(name: str) -> str:
    """Put a name into the possessive: `Germany’s`, `the United States’`."""
    return f"{name}’" if name.endswith("s") else f"{name}’s"


def peers(groups: pd.DataFrame, economy: Economy) -> list[str]:
    """List the economies that one is ranked with: the 38, or for the Union as one importer those that are not in it."""
    west = dependence.members(groups, dependence.WEST_38)
    inside = set(dependence.members(groups, UNION))
    return [UNION, *[code for code in west if code not in inside]] if economy.is_union else west


def nth(place: int, among: int, most: str, least: str) -> str:
    """Say in words which place among several one has: `third highest`, `lowest`; `most` and `least` are the ends.

    Places count from the top, the last ten in the lower half from the bottom. Raises ValueError for a place that is
    none of them.
    """
    if not 1 <= place <= among:
        raise ValueError(f"place {place} of {among}")
    from_bottom = among + 1 - place
    low = from_bottom <= FROM_BOTTOM and from_bottom < place
    steps, end = (from_bottom, least) if low else (place, most)
    return end if steps == 1 else f"{_ordinal(steps)} {end}"


def _ordinal(number: int) -> str:
    if number <= len(ORDINALS):
        return ORDINALS[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"


def only_if(applies: bool, value: T) -> T:
    """Return a value where it applies; elsewhere raise DoesNotHold, so that the prose that asks for it is left out."""
    if not applies:
        raise catalog.DoesNotHold("What is said only of some economies or days")
    return value
