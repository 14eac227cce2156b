"""What the verdicts of a ledger come to: counts as numbers, claims as links, and articles with what is said of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lib import words
from lib.claims import entries, rules
from lib.claims.ledger import Judgement, Ledger
from lib.facts import typographic
from lib.indicators import common
from lib.markup import Link, Marked, filled, text
from lib.quantity import Number
from lib.tables import catalog

LARGE = 4
"""A statement is off by a large factor from here on; where it states too little, from a fifth on."""


@dataclass(frozen=True)
class Article:
    """An article: the claims on it that were asked for, the day on which it was judged first, and why that day."""

    names: list[str]
    judged_on: dt.date
    basis: str
    link: Link


@dataclass(frozen=True)
class Tally:
    """The claims of a ledger, chosen and counted by their verdicts then and now."""

    ledger: Ledger

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The table of the ledger, a row for each claim."""
        return entries.table(self.ledger)

    @property
    def sources(self) -> list[str]:
        """The ids of the sources of all verdicts."""
        return [source for entry in self.ledger.now.values() for source in entry.sources]

    @property
    def all(self) -> list[str]:
        """The ids of all claims."""
        return list(self.ledger.now)

    def having(self, *verdicts: str, when: str = "now") -> list[str]:
        """List the claims that have one of the verdicts, `then` or `now`."""
        return list(self.rows.loc[self.rows[when].isin(verdicts), "claim"])

    @property
    def held(self) -> list[str]:
        """The claims that were supported when their article appeared and still are."""
        return [name for name in self.having(rules.SUPPORTED) if name in self.having(rules.SUPPORTED, when="then")]

    @property
    def moved(self) -> list[str]:
        """The claims whose verdict differs from that on the day of their article."""
        return list(self.rows.loc[self.rows["then"] != self.rows["now"], "claim"])

    @property
    def slips(self) -> list[str]:
        """The claims that are off by a large factor."""
        factors = {name: self.ledger.now[name].factor or 1 for name in self.having(rules.FACTOR)}
        return [name for name, times in factors.items() if not 1 / (LARGE + 1) < times < LARGE]

    @property
    def stale(self) -> list[str]:
        """The claims on reserves that hold for single editions."""
        return [name for name in self.having(rules.ONLY) if self.ledger.now[name].claim.topic == "reserves"]

    @property
    def undecided(self) -> list[str]:
        """The claims that open data could not decide."""
        return self.having(rules.UNTESTABLE, rules.INCOMPARABLE)

    def count(self, names: list[str], scope: str) -> Number:
        """Return how many claims these are; it rests on their rows. Raises NoDataYet while there is no claim."""
        table = catalog.table("claims", self.ledger.as_of)
        chosen = table[table["claim_id"].isin(names)]
        scope, rows = f"statements of press articles: {scope}", chosen if len(chosen) else table
        return Number(len(names), "count", scope, str(self.ledger.day), "statements counted", rows)

    def linked(self, names: Iterable[str]) -> Marked:
        """List claims as links to their entries. Raises NoDataYet where the ledger has none of them."""
        return Marked(words.joined(text(_link(entry)) for entry in self._known(names)))

    def quoted(self, names: Iterable[str], n: int = 1) -> Marked:
        """Quote n claims, of as many topics as there are, each with a link. Raises NoDataYet for none."""
        first_on: dict[str, Judgement] = {}
        for entry in self._known(names):
            first_on.setdefault(entry.claim.topic, entry)
        quotations = (
            filled("“{statement}” ({link})", {"statement": typographic(entry.claim.text), "link": _link(entry)})
            for entry in list(first_on.values())[:n]
        )
        return Marked(words.joined(quotations))

    def article(self, source_id: str) -> Article:
        """Return what is known of an article. Raises NoDataYet before it had appeared."""
        what = "This article, as far as its day is known,"
        common.select("claims", self.ledger.as_of, what, source_id=source_id)
        articles = catalog.table("articles", self.ledger.as_of).set_index("source_id")
        about = articles.loc[source_id]
        link = Link("source", f"source:{source_id}")
        return Article(self.ledger.of_article(source_id), about["judged_on"].date(), str(about["basis"]), link)

    def _known(self, names: Iterable[str]) -> list[Judgement]:
        judged = [self.ledger.now[name] for name in names if name in self.ledger.now]
        if not judged:
            raise catalog.NoDataYet("claims", self.ledger.as_of, None, "A statement of this kind")
        return judged


def _link(entry: Judgement) -> Link:
    return Link(entry.claim.id, f"claim:{entry.claim.id}")
