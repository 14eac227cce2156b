"""The register of measures: what a page counts, lists, tells and draws of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from lib import words
from lib.indicators import common
from lib.indicators.controls.states import (
    END_PASSED,
    OPEN,
    OVER,
    STATES,
    UNKNOWN,
    carried_least,
    knowledge_ends,
    known_by,
    known_until,
    spans,
    with_states,
    with_suspending,
)
from lib.quantity import Number
from lib.tables import catalog, dates

EXPORT_TYPES = (
    "quota",
    "duty",
    "licence",
    "ban",
    "technology ban",
    "technology licence",
    "entity listing",
)
BY_STATE = (*STATES[:3], END_PASSED, *OVER, UNKNOWN)
"""The states in the order in which a page lists them."""
IN_WORDS = {END_PASSED: "past a printed end with the outcome not read"}
"""What stands after the number of measures in a state, where that is not the state itself."""
CHINA_LOOK = {"in force": ("chn", False, False), "suspended": ("chn", True, False), "announced": ("chn", False, True)}
LOOKS = CHINA_LOOK | {
    END_PASSED: ("accent", True, False),
    UNKNOWN: ("axis", False, True),
    "not named": ("base", False, False),
}
"""How a calendar draws the states of China's measures."""
REGISTER_NOTE = (
    "Known to: the last day for which a source reports the status. Reported: known only from the press. Plan: a bill, "
    "policy or threat. Until: the last day of a term or suspension. End passed: the printed end came after the last "
    "day for which the status is known, and we have read no later source."
)
STEPS_OF_MAGNETS = {"CHN-2025-02": "licences", "CHN-2025-05": "more announced", "CHN-2025-11": "these suspended"}
STEPS_OF_METALS = {"CHN-2023-01": "licences", "CHN-2024-04-P2": "ban to the US", "CHN-2025-12": "ban suspended"}
"""What a chart of months calls the acts of the register that it marks."""


@dataclass(frozen=True)
class Register:
    """The register of measures as known on `day`, the day of a page; `as_of` is the same, or open for today."""

    as_of: dt.date | str | None
    day: dt.date

    @property
    def measures(self) -> pd.DataFrame:
        """The table `measures`, read anew, so that a figure made of it knows that it rests on it."""
        return catalog.table("measures", self.as_of)

    @property
    def states(self) -> pd.DataFrame:
        """The rows that have a state, with the last one known: `with_states`."""
        return with_states(self.measures, self.day)

    @property
    def known(self) -> pd.Timestamp:
        """The last day of which the register can know anything."""
        return knowledge_ends(self.day)

    @property
    def last_day(self) -> str:
        """That day in words."""
        return dates.told(self.known)

    def act(self, key: str) -> Act:
        """Return one row of the register by its id. Raises NoDataYet before it was public."""
        rows = common.select("measures", self.as_of, "This act of the register", id=key)
        return Act(rows, known_until(rows.iloc[0], self.known))

    def china(self) -> pd.DataFrame:
        """Give China's measures on exports with their states. Raises NoDataYet before the first."""
        rows = china_exports_side(self.states)
        if rows.empty:
            what = "The register of China's measures on exports"
            raise self._none(what, catalog.starts("measures", china_exports_side))
        return rows

    def others(self) -> pd.DataFrame:
        """Give all rows with a state beside China's measures on exports."""
        rows = self.states
        return rows[~rows["id"].isin(china_exports_side(rows)["id"])]

    def ordinary(self) -> Act:
        """Return the ordinary export licences on all rare earths. Raises NoDataYet while none is known in force."""
        rows = for_all_rare_earths(self.china())
        rows = rows[rows["state"].eq("in force")]
        if rows.empty:
            starts = catalog.starts("measures", for_all_rare_earths)
            raise self._none("The ordinary licence for all rare earths", starts)
        return Act(rows.head(1), known_by(rows))

    def instruments(self) -> Group:
        """Return China's instruments in force that restrict exports, each once."""
        rows = china_exports_side(self.states)
        return Group(self, restricting(rows[rows["state"].eq("in force")]))

    def instruments_in_force(self) -> Number:
        """Return how many those are."""
        scope, formula = (
            "Chinese instruments in force that restrict exports",
            "instruments counted once, without what eases, repeats or only reports",
        )
        return self.counted(self.instruments().rows, scope, formula, self.measures)

    def suspended(self) -> list[Group]:
        """List China's measures on exports that were suspended when last known, by their last day. Raises NoDataYet."""
        rows = self.china()
        groups = [Group(self, part) for _, part in rows[rows["last_state"].eq("suspended")].groupby("suspended_until")]
        if not groups:
            raise self._none("A suspension of China's measures on exports")
        return groups

    def overdue(self) -> list[Group]:
        """List those of which the printed end passed without a later source. Raises NoDataYet for none."""
        groups = [group for group in self.suspended() if group.rows["passed"].notna().any()]
        if not groups:
            raise self._none("A printed end that passed without a later source")
        return groups

    def since(self, year: int) -> pd.DataFrame:
        """Give China's measures on exports announced since a year. Raises NoDataYet for none."""
        rows = self.china()
        rows = rows[rows["date_announced"].dt.year >= year]
        if rows.empty:
            raise self._none(f"The timeline since {year}")
        return rows

    def binding(self, year: int) -> pd.DataFrame:
        """Give the binding measures of all states announced since a year, without suspensions. Raises NoDataYet."""
        rows = binding(self.measures, year)
        if rows.empty:
            raise self._none(f"The count of measures since {year}")
        return rows

    def timeline(self, rows: pd.DataFrame, year: int) -> pd.DataFrame:
        """Give the periods of these rows' states that reach into the years from one on: `spans` with `for_table`."""
        data = spans(self.measures, rows["id"], self.day)
        data = data.merge(for_table(rows).drop(columns="state"), on="id")
        return data[data["end"].isna() | (data["end"].dt.year >= year)]

    def readings(self) -> pd.DataFrame:
        """Give the readings of what follows the printed ends that passed, none an outcome. Raises NoDataYet."""
        measures = for_table(self.states)
        passed = measures[measures["state"].eq(END_PASSED)]
        if passed.empty:
            raise self._none("A printed end that passed without a later source")
        rows = catalog.table("measure_readings", self.as_of)
        rows = rows[rows["measure_id"].isin(passed["id"])]
        names, told = measures.set_index("id")["name"], passed.set_index("id")["told"]
        return rows.assign(name=rows["measure_id"].map(names), days=rows["measure_id"].map(told))

    def ahead(self) -> pd.DataFrame:
        """Give what was to happen after the last day known: `open_ends`. Raises NoDataYet for nothing."""
        rows = open_ends(self.measures, self.day)
        if rows.empty:
            raise self._none("A term or start that lay ahead")
        return rows

    def gone_by(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Select those rows of `ahead` of which the day has passed. Raises NoDataYet for none."""
        over = rows[rows["date"] <= pd.Timestamp(self.day)]
        if over.empty:
            raise self._none("A term or start that has passed")
        return over

    def told_ahead(self, rows: pd.DataFrame, facts: Mapping[str, object]) -> str:
        """Write the title of the table of `ahead`, with the facts that count it and what of it has passed."""
        noun = plural("term or start", len(rows))
        told = f"{facts['open-ends']} {noun} lay ahead when the sources ended"
        if not (rows["date"] <= pd.Timestamp(self.day)).any():
            return told
        return f"{told}; {facts['open-ends-passed']} of these dates have passed, and the outcome is unknown"

    def steps(self, named: Mapping[str, str], first: pd.Timestamp = pd.Timestamp.min) -> list[tuple[pd.Timestamp, str]]:
        """Give day and name of the acts `named` that were announced since a day, as the notes of a chart."""
        rows = self.measures
        rows = rows[rows["id"].isin(named) & (rows["date_announced"] >= first)]
        return [(at, named[key]) for at, key in zip(rows["date_announced"], rows["id"], strict=True)]

    def counted(
        self, rows: pd.DataFrame, scope: str, formula: str = "rows counted", of: pd.DataFrame | None = None
    ) -> Number:
        """Return how many rows there are, as of the oldest day to which one is known; no rows rest on the rows `of`."""
        rest = rows if len(rows) or of is None else of
        on = known_by(rest) if "known_to" in rest else self.known
        return Number(len(rows), "count", scope, f"{on:%Y-%m-%d}", formula, rest)

    def oldest(self, rows: pd.DataFrame, scope: str) -> Number:
        """Return how many of these rows are known to the oldest day only. Raises NoDataYet where all are."""
        least = carried_least(rows)
        if len(least) == len(rows):
            raise self._none("A state that is known to a later day")
        return self.counted(least, f"{scope}: known to the oldest day only")

    def tally(
        self, prefix: str, rows: pd.DataFrame, column: str, order: Iterable[str], scope: str, things: bool = False
    ) -> list[Kind]:
        """Count rows by the values of a column, in an order; `things` take a plural, states do not."""
        parts = {kind: rows[rows[column].eq(kind)] for kind in order}
        return [
            Kind(
                f"{prefix}-{'end-passed' if kind == END_PASSED else kind.replace(' ', '-')}",
                self.counted(part, f"{scope}: {kind}"),
                plural(kind, len(part)) if things else IN_WORDS.get(kind, kind),
            )
            for kind, part in parts.items()
            if len(part)
        ]

    def _none(self, what: str, starts: dt.date | None = None) -> catalog.NoDataYet:
        return common.not_yet("measures", self.as_of, what, starts)


class Kind(NamedTuple):
    """How many rows are of one kind: the name of the fact, the number, and the words after it."""

    name: str
    number: Number
    words: str


def listed(kinds: Iterable[Kind], facts: Mapping[str, object]) -> str:
    """Write `21 in force and 2 expired`, as plain text for a title, with the facts that the kinds were recorded as."""
    return words.joined(f"{facts[kind.name]} {kind.words}" for kind in kinds)


@dataclass(frozen=True)
class Act:
    """One row of the register, and the day to which it is known; its dates are as exact as they are known."""

    row: pd.DataFrame
    known_to: pd.Timestamp

    @property
    def announced(self) -> str:
        """The day on which it was announced."""
        return self._told("date_announced")

    @property
    def effective(self) -> str:
        """The day on which it took effect, or was to."""
        return self._told("date_effective")

    @property
    def until(self) -> str:
        """The last day of its term."""
        return self._told("date_end")

    @property
    def start(self) -> pd.Timestamp:
        """The day on which it took effect, as a date."""
        return self.row["date_effective"].iloc[0]

    @property
    def on(self) -> str:
        """The day to which it is known."""
        return dates.told(self.known_to)

    @property
    def whom(self) -> str:
        """Those at whom it is aimed, as a sentence lists them."""
        return words.joined(common.called(code) for code in str(self.row["target"].iloc[0]).split(";"))

    def _told(self, column: str) -> str:
        row = self.row.iloc[0]
        return dates.told(row[column], row[column + dates.SUFFIX])


@dataclass(frozen=True)
class Group:
    """Rows of `with_states` of which a sentence says one thing."""

    register: Register
    rows: pd.DataFrame

    @property
    def on(self) -> str:
        """The day to which all of them are known, in words."""
        return dates.told(known_by(self.rows)) if len(self.rows) else self.register.last_day

    @property
    def since(self) -> str:
        """The day on which the first of them took effect, in words."""
        return dates.told(self.rows["date_effective"].min())

    @property
    def names(self) -> str:
        """Their short names, as a sentence lists them."""
        return words.joined(for_table(self.rows)["name"])

    @property
    def until(self) -> str:
        """The last day of their suspension, in words."""
        return dates.told(self.rows["suspended_until"].max())

    @property
    def name(self) -> str:
        """The name of the fact that is the number of those suspended."""
        return f"suspended-to-{self.rows['suspended_until'].max():%Y-%m-%d}"

    @property
    def paused(self) -> Number:
        """The number of those suspended."""
        return self.register.counted(self.rows, "Chinese measures on exports", "suspended")

    @property
    def end(self) -> str:
        """The printed end that passed, in words. Raises NoDataYet where none has."""
        return dates.told(self._passed)

    @property
    def days_name(self) -> str:
        """The name of the fact that is the number of days since then."""
        return f"days-since-{self._passed:%Y-%m-%d}"

    @property
    def days(self) -> Number:
        """The number of days since then."""
        day = self.register.day
        return Number(
            int(self.rows["days_since"].min()),
            "days",
            scope="days since a printed end whose outcome is unknown",
            period=f"{self._passed:%Y-%m-%d}/{day}",
            formula="as-of day − printed end",
            rows=with_suspending(self.register.measures, self.rows),
            query=f"SELECT julianday('{day}') - julianday(max(date_end)) FROM measures",
        )

    @property
    def _passed(self) -> pd.Timestamp:
        passed = self.rows["passed"].max()
        if pd.isna(passed):
            what, as_of = "A printed end that passed without a later source", catalog.as_day(self.register.as_of)
            raise common.not_yet("measures", as_of, what)
        return passed


@dataclass(frozen=True)
class Sought:
    """What was looked for and not found: the day, and the things as a sentence lists them."""

    on: str
    what: str


def sought(as_of: dt.date | str | None) -> Sought:
    """Say what was looked for on the newest exports and the printed ends, and not found. Raises NoDataYet."""
    rows = common.select("statements", as_of, "What was looked for and not found", topic="not_found")
    rows = rows[rows["statement_id"].str.contains("china|decision")]
    return Sought(dates.told(rows["published"].max()), words.joined(f"“{thing}”" for thing in rows["statement"]))


def oldest_day(groups: Iterable[Group]) -> str:
    """Return the day to which all rows of all groups are known, in words."""
    return dates.told(min(known_by(group.rows) for group in groups))


def by_kind(rows: pd.DataFrame) -> list[str]:
    """List the types of these measures by the day in the middle of each, earliest first."""
    return list(rows.groupby("type")["date_announced"].median().sort_values(kind="stable").index)


def older(periods: pd.DataFrame, year: int) -> str:
    """Say how many of the measures in the rows of `Register.timeline` were announced before a year; empty for none."""
    count = periods.loc[periods["date_announced"].dt.year < year, "id"].nunique()
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return f"{count} older {plural('measure', count)} that reached into these years {verb} drawn too."


def busiest(counted: pd.DataFrame) -> int:
    """Return the year with most measures, from the rows of `new_measures`."""
    return int(counted.groupby("year")["measures"].sum().idxmax())


def newest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Give `for_table` of these rows, those announced last first."""
    return for_table(dates.in_order(rows, "date_announced").iloc[::-1])


def binding(register: pd.DataFrame, since: int) -> pd.DataFrame:
    """Select the rows of record `measure` announced since a year, without acts that only suspend."""
    rows = register[register["record"].eq("measure") & register["type"].ne("suspension")]
    return rows[rows["date_announced"].dt.year >= since]


def restricting(rows: pd.DataFrame) -> pd.DataFrame:
    """Select one row for each instrument that limits exports: of the versions of one instrument the newest.

    Left out are rows that ease, repeat or are no act of law: `restricts` is empty there.
    """
    limits = rows[rows["restricts"].notna()]
    return limits.sort_values("date_announced", kind="stable").drop_duplicates("restricts", keep="last").sort_index()


def for_all_rare_earths(rows: pd.DataFrame) -> pd.DataFrame:
    """Select the ordinary export licences: those on oxides and metals of all rare earths, to everyone."""
    whole = rows["minerals"].fillna("").str.split(";").map(lambda named: "REE" in named)
    goods = rows["stage"].fillna("").str.contains("oxide")
    return rows[rows["type"].eq("licence") & rows["target"].eq("WLD") & whole & goods & rows["restricts"].notna()]


def china_exports_side(register: pd.DataFrame, reported: bool = True) -> pd.DataFrame:
    """Select China's measures on exports: quotas, duties, licences, bans and listings that are aimed abroad.

    `reported` keeps those known from the press only. A row that only lifts duties is left out.
    """
    kinds = ("measure", "reported") if reported else ("measure",)
    chosen = register["jurisdiction"].eq("CHN") & register["record"].isin(kinds)
    lifts = register["effect"].eq("ends") & register["type"].eq("duty")
    return register[chosen & register["type"].isin(EXPORT_TYPES) & register["target"].ne("CHN") & ~lifts]


def for_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Make a reader's table of rows of `with_states`: `name`, `goods`, `actor`, `whom`, `kind`, `until` and the days.

    `brief` is a name for a chart, whole; a number alone is told apart by its goods. `told` is the state, with the
    days since a printed end that has passed.
    """
    frame = rows.copy()
    pairs = zip(frame["instrument"], frame["part"], strict=True)
    frame["name"] = [short_name(*pair) for pair in pairs]
    frame["goods"] = frame["minerals"].fillna("").str.replace(";", ", ").str.replace("REE", "rare earths")
    frame["brief"] = [_brief(name, goods) for name, goods in zip(frame["name"], frame["goods"], strict=True)]
    frame["actor"], frame["whom"] = frame["jurisdiction"].map(_places), frame["target"].fillna("").map(_places)
    frame["kind"] = frame["type"].where(frame["record"].ne("reported"), frame["type"] + " (reported)")
    frame["kind"] = frame["kind"].where(frame["record"].ne("plan"), frame["type"] + " (plan)")
    frame["until"] = frame["suspended_until"].fillna(frame["ended"])
    frame["told"] = [_told_state(*pair) for pair in zip(frame["state"], frame["days_since"], strict=True)]
    return frame


def _told_state(state: str, days: int) -> str:
    return state if pd.isna(days) else f"end passed {days} {plural('day', days)} ago, outcome not read"


def _brief(name: str, goods: str) -> str:
    if re.fullmatch(r"No\. \d+ of \d+(, .*)?", name):
        return f"{name}: {goods}" if goods else name
    return re.sub(r", including .*?, (?=to )", " ", name)


def _places(codes: str) -> str:
    words = {"WLD": "all", "OTH": "others"}
    return ", ".join(words.get(code) or catalog.country_name(code) for code in codes.split(";") if code)


def short_name(instrument: str, part: str | float = "") -> str:
    """Shorten the name of a measure for a chart: no remarks in parentheses, and no word Announcement.

    A remark stands after a space; what stands close to a word is part of it, as in COM(2025).
    """
    bare = re.sub(r"\s+\([^)]*\)", "", instrument)
    bare = re.sub(r"^Announcement (?=No\.)", "", bare)
    return bare if not isinstance(part, str) or not part or part in bare else f"{bare}, {part}"


def plural(kind: str, count: float) -> str:
    """Put a type of measure into the number that a count asks for: 1 duty, 5 duties, 2 entity listings."""
    if count == 1:
        return kind
    if " or " in kind:
        return " or ".join(plural(part, count) for part in kind.split(" or "))
    return f"{kind[:-1]}ies" if kind.endswith("ty") or kind.endswith("cy") else f"{kind}s"


def new_measures(register: pd.DataFrame, since: int, actors: Iterable[str] = ("CHN", "USA", "EU27", "JPN")):
    """Count the binding measures announced per year and actor: `year`, `actor` (others are OTH), `measures`.

    Only rows of record `measure`; agreements, plans, statements and court rulings are not counted, and neither are
    acts that only suspend.
    """
    rows = binding(register, since)
    actor = rows["jurisdiction"].where(rows["jurisdiction"].isin(list(actors)), "OTH")
    counted = rows.groupby([rows["date_announced"].dt.year.rename("year"), actor.rename("actor")]).size()
    return counted.rename("measures").reset_index()


def open_ends(register: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """List what was to happen after the last day known: rows of `with_states` with `what`, `date`, earliest first.

    A suspension or term that ends, or a measure that takes effect, later than the day to which the sources carry it.
    """
    frame = with_states(register, day)
    frame = frame[frame["last_state"].isin(OPEN)]
    ending = frame[frame["date_end_basis"].eq("printed") & (frame["date_end"] > frame["known_to"])]
    starting = frame[frame["date_effective"] > frame["known_to"]]
    starting = starting[starting["last_state"].eq("announced")]
    pieces = [
        ending.assign(what=["suspension ends" if kind == "suspension" else "term ends" for kind in ending["type"]],
                      date=ending["date_end"]),
        starting.assign(what="takes effect", date=starting["date_effective"]),
    ]  # fmt: skip
    rows = pd.concat(pieces).sort_values(["date", "id"], kind="stable")
    rows.attrs = dict(register.attrs)
    return rows
