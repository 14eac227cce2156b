"""The ledger of claims: each with its tests, judged as known on a day, and how the verdict went over time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from lib.claims import rules
from lib.claims.evidence import METRICS, Known, shown
from lib.claims.rules import Reading, Result, Test
from lib.errors import BookError
from lib.tables import catalog

YEARLY = (6, 30)  # month and day of the editions in which a history is told
FEW = 4


class UnknownClaim(BookError, KeyError):
    """An error: there is no claim of that id."""


class RuleError(BookError, ValueError):
    """An error: a test of a claim names a metric that is not there, or arguments that it does not take."""


@dataclass(frozen=True)
class Claim:
    """A statement of an article with its tests; `judged_on` is the day the article appeared, or what stands for it.

    `explanation` is empty on days before a person had written it; `explains` are the verdicts it was written for.
    """

    id: str
    text: str
    kind: str
    topic: str
    article: Mapping[str, Any]
    tests: tuple[Test, ...]
    explanation: str
    explains: Mapping[str, str]
    void: str
    picture: int | None = None  # number of the test whose readings are drawn

    @property
    def judged_on(self) -> dt.date:
        return self.article["judged_on"].date()


@dataclass(frozen=True)
class Judgement:
    """What the data known on a day say of a claim."""

    claim: Claim
    as_of: dt.date | None
    results: tuple[Result, ...]

    @cached_property
    def verdict(self) -> str:
        return rules.verdict(self.results, bool(self.claim.void))

    @property
    def telling(self) -> Result:
        """Return the test whose value stands for the claim on every day: the one that decides, else the first."""
        return max(self.results, key=lambda entry: entry.test.decides)

    @property
    def value(self) -> Reading | None:
        return self.telling.leading

    @property
    def factor(self) -> float | None:
        """Return how many times the computed value the asserted one is, where the verdict says so."""
        if self.verdict != rules.FACTOR:
            return None
        return next(times for entry in self.results if (times := rules.factor(entry)) is not None)

    @property
    def only_for(self) -> list[str]:
        """List the years, scopes, editions or parts for which a claim holds that is supported only for some."""
        if self.verdict != rules.ONLY:
            return []
        parts = [entry.test.what for entry in self.results if entry.outcome in rules.FULFILLED]
        return parts + [words for entry in self.results if entry.outcome == rules.ONLY for words in _met_by(entry)]

    @property
    def text(self) -> str:
        """Write the computed values in one line: of each test that of its leading reading."""
        values = [(entry.test.what, entry.leading, entry.nothing) for entry in self.results]
        return "; ".join(f"{what}: {shown(reading) if reading else nothing}" for what, reading, nothing in values)

    @property
    def readings(self) -> list[Reading]:
        return [reading for entry in self.results for reading, _ in entry.readings]

    @cached_property
    def inputs(self) -> list[dict]:
        """List the rows that the verdict rests on, by table and source: their lines in the file, and the last day."""
        by_source: dict[tuple[str, str], dict] = {}
        for frame in (frame for reading in self.readings for frame in reading.rows):
            lines = zip(frame.index, frame["source_id"], frame["published"], strict=True)
            for line, source, published in lines:
                key = (frame.attrs["table"], source)
                entry = by_source.setdefault(
                    key, {"table": key[0], "rows": set(), "source_id": source, "published": published}
                )
                entry["rows"].add(int(line))
                entry["published"] = max(entry["published"], published)
        return [
            entry | {"rows": sorted(entry["rows"]), "published": f"{entry['published']:%Y-%m-%d}"}
            for entry in by_source.values()
        ]

    @property
    def sources(self) -> list[str]:
        return sorted({row["source_id"] for row in self.inputs if row.get("source_id")})


def _met_by(entry: Result) -> list[str]:
    """Name the readings that meet a test which others do not: each by name, or their years where they are many."""
    words = list(dict.fromkeys(reading.what for reading in entry.met_by))
    years = sorted({reading.year for reading in entry.met_by if reading.year})
    if len(words) <= FEW or len(years) < 2:
        return words
    runs = [[years[0], years[0]]]
    for year in years[1:]:
        if year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    spans = rules.joined(f"{first} to {last}" if first < last else str(first) for first, last in runs)
    return [f"{entry.test.what}: {spans}"]


def claims(as_of: str | dt.date | None = None) -> list[Claim]:
    """List the claims of the articles known on a day, in their order. Raises catalog.NoDataYet, RuleError."""
    listed, tests, articles = (catalog.table(name, as_of) for name in ("claims", "claim_tests", "articles"))
    articles = articles.set_index("source_id", drop=False)
    explanations = Known(as_of).table("claim_explanations").set_index("claim_id").to_dict("index")
    by_claim = {claim: tuple(map(_test, rows.to_dict("records"))) for claim, rows in tests.groupby("claim_id")}
    return [
        Claim(
            row["claim_id"],
            row["claim"],
            row["kind"],
            row["topic"],
            articles.loc[row["source_id"]].to_dict(),
            by_claim[row["claim_id"]],
            explanations.get(row["claim_id"], {}).get("explanation", ""),
            {
                when: explanations[row["claim_id"]][f"explains_{when}"]
                for when in ("then", "now")
                if row["claim_id"] in explanations
            },
            "" if pd.isna(row["void_reason"]) else row["void_reason"],
            None if pd.isna(row["picture"]) else int(row["picture"]),
        )
        for row in listed.to_dict("records")
    ]


def claim(claim_id: str) -> Claim:
    """Return one claim. Raises UnknownClaim."""
    for listed in claims():
        if listed.id == claim_id:
            return listed
    raise UnknownClaim(f"there is no claim {claim_id!r}; there are {', '.join(entry.id for entry in claims())}")


def _test(row: Mapping) -> Test:
    def number(name: str) -> float | None:
        return None if pd.isna(row[name]) else float(row[name])

    if row["metric"] not in METRICS:
        raise RuleError(
            f"{row['claim_id']}: there is no metric {row['metric']!r}; there are {', '.join(sorted(METRICS))}"
        )
    return Test(
        row["claim_id"],
        int(row["number"]),
        row["what"],
        row["metric"],
        json.loads(row["arguments"]),
        int(row["year"]),
        row["comparison"],
        number("low"),
        number("high"),
        number("tolerance") or 0.0,
        "" if pd.isna(row["unit"]) else row["unit"],
        "" if pd.isna(row["wording"]) else row["wording"],
        bool(row["decides"]),
    )


def judge(which: str | Claim, as_of: str | dt.date | None = None, known: Known | None = None) -> Judgement:
    """Judge a claim by what was public on a day; `None` is today.

    The verdict follows from the declared tests and the rows of the tables alone. Raises UnknownClaim, RuleError.
    """
    judged = claim(which) if isinstance(which, str) else which
    known = known or Known(as_of)
    return Judgement(judged, known.as_of, tuple(_result(test, known) for test in judged.tests))


def _result(test: Test, view: Known) -> Result:
    asked = (test.metric, test.year, json.dumps(test.arguments, sort_keys=True))
    try:
        readings = view.once(asked, lambda: METRICS[test.metric](view, test.year, **test.arguments))
    except TypeError as error:
        raise RuleError(
            f"{test.claim_id}, test {test.number}: {test.metric} does not take {test.arguments}: {error}"
        ) from error
    return rules.result(test, readings, view.day)


def judge_all(as_of: str | dt.date | None = None) -> dict[str, Judgement]:
    """Judge all claims known on a day, as known on that day, by id."""
    view = Known(as_of)
    return {entry.id: judge(entry, known=view) for entry in claims(as_of)}


def when_published(listed: Iterable[Claim]) -> dict[str, Judgement]:
    """Judge claims as known on the day each article appeared, by id of the claim."""
    days: dict[dt.date, Known] = {}
    return {entry.id: judge(entry, known=days.setdefault(entry.judged_on, Known(entry.judged_on))) for entry in listed}


@dataclass(frozen=True)
class Ledger:
    """All claims known on a day, judged as known when their article appeared and as known on that day."""

    as_of: dt.date | None
    then: Mapping[str, Judgement]
    now: Mapping[str, Judgement]

    @property
    def day(self) -> dt.date:
        return self.as_of or catalog.vintage()

    @cached_property
    def history(self) -> dict[str, list[tuple[dt.date, str]]]:
        """Return how the verdict on each claim went: on the article's day, every 30 June since, and the last day."""
        first = min(entry.claim.judged_on for entry in self.then.values())
        days = [dt.date(year, *YEARLY) for year in range(first.year, self.day.year + 1)]
        views = {day: Known(day) for day in days if day < self.day}
        return {
            name: [
                (entry.claim.judged_on, entry.verdict),
                *(
                    (day, judge(entry.claim, known=at).verdict)
                    for day, at in views.items()
                    if day > entry.claim.judged_on
                ),
                (self.day, self.now[name].verdict),
            ]
            for name, entry in self.then.items()
        }

    def about(self, topic: str) -> Ledger:
        """Keep the claims on one topic; `all` for every one. Raises ValueError for a topic that no claim has."""
        topics = {entry.claim.topic for entry in self.now.values()}
        if topic != "all" and topic not in topics:
            raise ValueError(f"topic must be all or one of {', '.join(sorted(topics))}, not {topic!r}")
        then, now = (
            {name: entry for name, entry in side.items() if topic in ("all", entry.claim.topic)}
            for side in (self.then, self.now)
        )
        return Ledger(self.as_of, then, now)

    def of_article(self, source_id: str) -> list[str]:
        """List the ids of the claims of an article, in order."""
        return [name for name, entry in self.now.items() if entry.claim.article["source_id"] == source_id]


def ledger(as_of: str | dt.date | None = None) -> Ledger:
    """Make the ledger as known on a day. Raises catalog.NoDataYet when no article had appeared, RuleError."""
    return Ledger(catalog.as_day(as_of), when_published(claims(as_of)), judge_all(as_of))


def disagreements() -> list[str]:
    """List explanations that a person wrote for another verdict than the data give; empty when all agree."""
    listed = claims()
    judgements = {"then": when_published(listed), "now": judge_all()}
    return [
        f"{entry.id}, {when}: the explanation is written for {entry.explains.get(when)!r}, the data say {verdict!r} "
        f"({judged[entry.id].text}); reread it and adapt it to the data (data/claim_explanations.csv)"
        for when, judged in judgements.items()
        for entry in listed
        if (verdict := judged[entry.id].verdict) != entry.explains.get(when)
    ]
