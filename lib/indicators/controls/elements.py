"""The rare earths that China's licences name: in which state on a day, element by element."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from lib import words
from lib.indicators import common
from lib.indicators.controls.register import IN_WORDS, LOOKS, Group, Kind, Register
from lib.indicators.controls.states import (
    BEST_FIRST,
    END_PASSED,
    Sides,
    by_id,
    knowledge_ends,
    state_in,
    turns_of,
    with_states,
)
from lib.quantity import Number
from lib.tables import catalog

NAMED_BY = "SELECT count(DISTINCT symbol) FROM measure_elements WHERE measure_id IN (SELECT id FROM measures)"


@dataclass(frozen=True)
class Licensed(Group):
    """The rare earths of which the most binding licence is in one state: `rows` are the measures that name them.

    elements  rows of `element_states`; uses: those of `measure_elements` that name them in these measures
    """

    elements: pd.DataFrame
    uses: pd.DataFrame

    @property
    def symbols(self) -> str:
        """Their symbols, in the order of the atomic number."""
        return ", ".join(self.elements["symbol"])

    @property
    def in_words(self) -> str:
        """Their names, as a sentence lists them."""
        return words.joined(name.lower() for name in self.elements["name"])

    @property
    def kind(self) -> Kind:
        """Their number, with its name as a fact and the words of the state."""
        was, state = self.elements["last_state"].iloc[0], self.elements["state"].iloc[0]
        scope = f"rare earths named by a Chinese dual-use licence measure: {was}"
        of_acts = self.register.counted(self.rows, scope, "elements by their most binding state")
        number = replace(of_acts, quantity=len(self.elements), rows=[self.rows, self.uses], query=NAMED_BY)
        return Kind(f"elements-{was.replace(' ', '-')}", number, IN_WORDS.get(state, state))


@dataclass(frozen=True)
class Licences:
    """China's licence measures that name single rare earths, as a register knows them."""

    register: Register

    @property
    def named(self) -> pd.DataFrame:
        """The table `measure_elements`, without rows before the first of them was announced."""
        try:
            return catalog.table("measure_elements", self.register.as_of)
        except catalog.NoDataYet:
            return catalog.table("measure_elements").head(0)

    def groups(self) -> list[Licensed]:
        """List the rare earths by the state of the measures that name them; empty before there were any."""
        register, names = self.register, self.named
        measures = register.states
        found = element_states(register.measures, names, catalog.table("elements"), register.day)
        groups = []
        for state in (*BEST_FIRST[:3], END_PASSED):
            elements = found[found["state"].eq(state)]
            acts = measures[measures["id"].isin(elements["measure_id"])]
            uses = names[names["symbol"].isin(elements["symbol"]) & names["measure_id"].isin(acts["id"])]
            groups += [Licensed(register, acts, elements, uses)] if len(elements) else []
        return groups

    def of(self, state: str) -> Licensed:
        """Return the rare earths in one state. Raises NoDataYet where there are none."""
        for group in self.groups():
            if group.elements["state"].iloc[0] == state:
                return group
        as_of = catalog.as_day(self.register.as_of)
        raise common.not_yet("measures", as_of, f"A licence that names rare earths and is {state}")

    def rare_earths(self) -> Number:
        """Return how many elements are rare earths."""
        return self.register.counted(_rare(catalog.table("elements")), "rare earths", "elements of the group")

    def calendar(self) -> Calendar:
        """Return the calendar of the rare earths. Raises NoDataYet before a licence named one."""
        groups = self.groups()
        if not groups:
            as_of, starts = catalog.as_day(self.register.as_of), catalog.starts("measure_elements")
            raise common.not_yet("measure_elements", as_of, "The calendar of licences by element", starts)
        acts = pd.concat([group.rows for group in groups])
        first = acts["date_announced"].min().replace(month=1, day=1)
        elements, register = catalog.table("elements"), self.register
        data = element_spans(register.measures, self.named, elements, register.day, first)
        data["state"] = data["state"].replace("none", "not named")
        order = list(elements.sort_values("atomic_number")["name"])
        return Calendar(register, data, first, order, sorted(acts["source_id"].unique()))


@dataclass(frozen=True)
class Calendar:
    """Periods of each rare earth by the state of the licences that name it, from the day `first` on."""

    register: Register
    data: pd.DataFrame
    first: pd.Timestamp
    order: list[str]
    sources: list[str]

    @property
    def named(self) -> int:
        """The number of elements that some licence names, whatever its state."""
        return int(self.data.loc[self.data["state"].ne("not named"), "symbol"].nunique())

    @property
    def look(self) -> dict[str, object]:
        """How a chart shows it: the order, the span, the states, and the days on which something changed."""
        turns = sorted({at for at in self.data["start"] if self.first < at <= self.register.known})
        domain, notes = (self.first, self.register.day), [(at, f"{at:%-d %b %Y}") for at in turns]
        return {"state": "state", "states": LOOKS, "order": self.order, "domain": domain, "notes": notes}

    @property
    def end(self) -> str:
        """Say that the last part of the calendar is not known, where it is not."""
        known = self.register.known
        return (
            f"; grey outline: not known after {self.register.last_day}"
            if known < pd.Timestamp(self.register.day)
            else ""
        )


def share_of_no_61(as_of: dt.date | str | None) -> Number:
    """Return the share of value from which goods made abroad need a licence by No. 61, in percent. Raises NoDataYet."""
    rows = common.select("statements", as_of, "The text of the licence measures", statement_id="law-no-61-share")
    scope, period = (
        "share of Chinese items in the value of goods made abroad from which No. 61 asks for a licence",
        "from 2025-12-01, suspended before",
    )
    return Number(float(rows["value"].iloc[0]), "%", scope, period, "as printed", rows, places=1)


def element_states(
    register: pd.DataFrame, named: pd.DataFrame, elements: pd.DataFrame, day: dt.date | str
) -> pd.DataFrame:
    """Give each of the 17 rare earths the most binding state of the licences that name it, as last known by `day`.

    named     table `measure_elements`; elements: table `elements`
    Returns `symbol`, `name`, `atomic_number`, `state` and `last_state` as `with_states` has them (`none` when no
    measure names the element) and `measure_id`, in the order of atomic number. In force counts before suspended,
    suspended before announced.
    """
    measures = with_states(register, day)
    measures = measures[measures["id"].isin(named["measure_id"]) & measures["state"].notna()].set_index("id")
    rank = measures["state"].map(BEST_FIRST.index)
    frame = _rare(elements)[["symbol", "name", "atomic_number"]].copy()
    binding = []
    for symbol in frame["symbol"]:
        mine = rank[rank.index.isin(named.loc[named["symbol"].eq(symbol), "measure_id"])]
        binding.append("" if mine.empty else mine.idxmin())
    frame["measure_id"] = binding
    for column in ("state", "last_state"):
        frame[column] = [measures.loc[key, column] if key else "none" for key in binding]
    return frame


def _rare(elements: pd.DataFrame) -> pd.DataFrame:
    return elements[elements["rare_earth"].astype(bool)].sort_values("atomic_number")


def _best(rows: Sides, ids: Iterable[str], ends: pd.Timestamp, on: pd.Timestamp) -> str:
    """Return the most binding state of these measures on a day, `none` where nothing was announced."""
    states = [state for key in ids if key in rows.late.rows and (state := state_in(rows, key, on, ends))]
    return min(states, key=BEST_FIRST.index, default="none")


def element_spans(
    register: pd.DataFrame, named: pd.DataFrame, elements: pd.DataFrame, day: dt.date | str, start: dt.date | str
) -> pd.DataFrame:
    """Make the calendar of the 17 elements: periods of the most binding state, with `symbol`, `name`, `state`, days.

    Runs from `start` to `day`, exact to the day; elements that no measure names have one period `none`. `end` is
    NaT where the state still ran on `day`.
    """
    rows, last, first = by_id(register), pd.Timestamp(day), pd.Timestamp(start)
    ends = knowledge_ends(day)
    ids = [key for key in named["measure_id"].unique() if key in rows.late.rows]
    changes = {first} | {turn for key in ids for turn in turns_of(rows, key, ends)}
    turns = sorted(turn for turn in changes if first <= turn <= last)
    periods = []
    for symbol, name in _rare(elements)[["symbol", "name"]].itertuples(index=False):
        mine = named[named["symbol"] == symbol]["measure_id"]
        states = [_best(rows, mine, ends, turn) for turn in turns]
        periods += [{"symbol": symbol, "name": name} | period for period in _runs(turns, states)]
    return pd.DataFrame(periods)


def _runs(turns: list[pd.Timestamp], states: list[str]) -> list[dict]:
    """Join equal neighbours into periods from their first day to the day before the next."""
    firsts = [index for index, now in enumerate(states) if index == 0 or states[index - 1] != now]
    after = [turns[index] - pd.Timedelta(days=1) for index in firsts[1:]] + [pd.NaT]
    return [{"state": states[i], "start": turns[i], "end": end} for i, end in zip(firsts, after, strict=True)]
