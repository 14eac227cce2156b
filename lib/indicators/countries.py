"""A table of countries of one edition and period, whose figures, shares and indices know where they are from."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from lib import queries
from lib.indicators import common
from lib.markup import Link
from lib.quantity import Number
from lib.tables import catalog

WHOLE = {"printed": "the world total as printed", "listed": "the sum of the countries with a figure"}
"""What shares can be of, by the name of the denominator."""
KINDS = {"quota": "the official quota, which leaves out undocumented mining", "e": "an estimate"}
"""What a figure with a mark is, in words."""


def label(edition: str, version: str | None = None) -> str:
    """Return an edition as prose writes it: `MCS 2026 v1.3`, `BP 2019`."""
    text = re.sub(r"^BPSR", "BP", re.sub(r"^EISR", "EI", edition))
    text = re.sub(r"^([A-Z]+)(\d{4})$", r"\1 \2", text)
    return f"{text} {version}" if isinstance(version, str) and version else text


@dataclass(frozen=True)
class Countries:
    """One row per country with the world total, of one edition and period.

    rows      as `common` takes them: iso3, the column of values, qualifier, source_id
    what      what is counted, as a scope has it: reserves, mine output
    unit      the unit in which figures are shown; a cell divided by `scale` is in it
    edition   how prose names the edition
    period    the period of its figures, with the edition where that is not the same
    places    the decimals of a share; None leaves them out
    """

    rows: pd.DataFrame
    what: str
    unit: str
    edition: str
    period: str
    value: str = "value"
    scale: float = 1
    places: int | None = None

    @property
    def link(self) -> Link:
        """The edition as a link to the source of its world total."""
        return Link(self.edition, f"source:{common.row(self.rows, common.WORLD)['source_id'].iloc[0]}")

    @property
    def year(self) -> int:
        """The year described."""
        return int(self.rows["year"].iloc[0])

    def largest(self, n: int) -> list[str]:
        """List the codes of the n countries with the largest figures."""
        return list(common.top(self.rows, n, self.value)["iso3"][:n])

    def kind(self, iso3: str) -> str:
        """Say in words what the figure of a country is: an estimate, a quota, or as printed."""
        marks = common.row(self.rows, iso3)["qualifier"].iloc[0].split(";")
        return next((words for mark, words in KINDS.items() if mark in marks), "as printed")

    def amount(self, iso3: str) -> Number:
        """Return the figure of a country, as printed. Raises KeyError for a country that is not listed."""
        figure = common.amount(self.rows, iso3, self.value) / self.scale
        scope, rows = f"{self.what} of {common.called(iso3)}, rare-earth oxide", common.row(self.rows, iso3)
        return Number(figure, self.unit, scope=scope, period=self.period, formula="as printed", rows=rows)

    def share(self, iso3: str, of: str = "printed", places: int | None = None) -> Number:
        """Return the percentage of the world that a country has, inside the edition; `of` is a key of WHOLE."""
        percent = common.share(self.rows, iso3, self.value, of)
        used = self.rows["iso3"].isin([iso3, common.WORLD]) if of == "printed" else self.rows["iso3"] != common.WORLD
        scope = f"share of {common.called(iso3)} in world {self.what} of rare-earth oxide"
        formula = f"{iso3} / {WHOLE[of]}, inside one edition"
        places = self.places if places is None else places
        return Number(percent, "%", scope, self.period, formula, rows=self.rows[used], places=places)

    def top_share(self, n: int, words: str) -> Number:
        """Return the percentage of the world that the n largest have together; `words` say how many they are."""
        used = self.rows[self.rows["iso3"].isin([*self.largest(n), common.WORLD])]
        scope, formula = (
            f"the {words} largest countries, share of world {self.what}",
            f"Σ of the {words} / {WHOLE['printed']}",
        )
        query = queries.compared_sums(self.value, "iso3 <> 'WLD'", "iso3 = 'WLD'", self._table)
        return Number(common.top_share(self.rows, n, self.value), "%", scope, self.period, formula, used, query)

    def concentration(self) -> Number:
        """Return the Herfindahl–Hirschman index, 0 to 10,000, over the sum of the countries listed."""
        used = self.rows[self.rows["iso3"] != common.WORLD]
        query = queries.squares(self.value, "iso3", self._table, "iso3 <> 'OTH'")
        scope = f"Herfindahl–Hirschman index of world {self.what} of rare-earth oxide, countries listed"
        formula = "Σ of squared percentages of the listed sum"
        index = common.concentration(self.rows, self.value, "listed")
        return Number(index, "HHI", scope, self.period, formula, used, query)

    def without_figure(self) -> list[str]:
        """List the codes of the countries that are named and have no figure, other countries left out."""
        return sorted(self.rows.loc[self.rows[self.value].isna() & (self.rows["iso3"] != common.REST), "iso3"])

    @property
    def _table(self) -> str:
        return str(self.rows.attrs["table"])


def names(codes: list[str]) -> list[str]:
    """Return the short names of countries."""
    return [catalog.country_name(code) for code in codes]
