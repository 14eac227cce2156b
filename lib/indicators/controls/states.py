"""The state of a measure on a day: what follows from a register in which every act is a row.

`register` is always the table `measures` as the catalog gives it for an as-of day: what nobody could know is not in
it. States follow the table's own rules: a measure is announced, in force, suspended, expired (its printed term is
over) or repealed (by another act, or by an end of its own that was known only when it came). What was no act of law
is ended (a reported halt, an agreement, an inquiry) or withdrawn (a threat, a plan). Beyond the last day to which the
sources carry a measure its state is not known; where its printed end, or that of its suspension, has passed meanwhile,
that is a state of its own. A day that decides and is known only to the month or year leaves the state open within
that month or year. A licence is not a ban.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from lib.tables import catalog, dates

STATES = ("announced", "in force", "suspended", "expired", "repealed", "ended", "withdrawn")
UNKNOWN = "not known"
END_PASSED = "end passed, outcome not read"
OPEN = ("announced", "in force", "suspended")
WITH_STATE = ("measure", "agreement", "plan", "reported")
OVER = ("expired", "repealed", "ended", "withdrawn")
BEST_FIRST = ("in force", "suspended", "announced", UNKNOWN, END_PASSED, *OVER)
DATES = ("date_announced", "date_effective", "date_end")


def knowledge_ends(day: dt.date | str) -> pd.Timestamp:
    """Return the last day on which a measure's state can be known: `day`, or the end of the register before it."""
    limit = catalog.resource("measures")["knowledgeEnds"]
    return min(pd.Timestamp(day), pd.Timestamp(limit))


class Side(NamedTuple):
    """The rows of a register by id, and those that act on a row by the id of that row."""

    rows: dict[str, dict]
    acts: dict[str, list[dict]]


class Sides(NamedTuple):
    """A register with every date on the first day that it may be, and on the last."""

    early: Side
    late: Side


def state(register: pd.DataFrame, measure_id: str, on: dt.date | str, ends: pd.Timestamp | None = None) -> str | None:
    """Return a measure's state on a day: one of STATES, END_PASSED, `not known`, or None before there was anything.

    None also for rows that have no state (rulings, statements, events). `ends` is the end of knowledge as given by
    `knowledge_ends`; an open state later than it, or than the row's own `known_until`, is `not known`, or END_PASSED
    where a printed end lies between. Raises KeyError for an unknown id.
    """
    return state_in(by_id(register), measure_id, pd.Timestamp(on), ends)


def by_id(register: pd.DataFrame) -> Sides:
    """Arrange a register by id, once with the first and once with the last day of each uncertain date."""
    early = register.assign(**{column: dates.first_days(register, column) for column in DATES})
    return Sides(*(_side(frame.to_dict("records")) for frame in (early, register)))


def _side(rows: list[dict]) -> Side:
    acts: dict[str, list[dict]] = {}
    for row in rows:
        for affected in row["affects"].split(";") if isinstance(row["affects"], str) else ():
            acts.setdefault(affected, []).append(row)
    return Side({row["id"]: row for row in rows}, acts)


def state_in(rows: Sides, measure_id: str, on: pd.Timestamp, ends: pd.Timestamp | None) -> str | None:
    """Return the state that follows whichever day the uncertain dates fell on; `not known` where that decides."""
    early, late = (_state_if(side, measure_id, on, ends) for side in rows)
    return late if early == late else UNKNOWN


def _state_if(side: Side, measure_id: str, on: pd.Timestamp, ends: pd.Timestamp | None) -> str | None:
    row = side.rows[measure_id]
    if row["record"] not in WITH_STATE or on < row["date_announced"]:
        return None
    acts = _acts(side, measure_id, on)
    if any(act["effect"] == "ends" for act in acts):
        return _over(row)
    if row["date_end_basis"] == "unknown":
        return UNKNOWN
    last, read = _last_day(row, acts), pd.Timestamp.max if ends is None else known_until(row, ends)
    if last is not None and on > last:
        if row["date_end_basis"] != "printed":
            return _over(row)
        return END_PASSED if last >= read else "expired"
    if on > read:
        passed = any(act["effect"] == "suspends" and _state_if(side, act["id"], on, ends) == END_PASSED for act in acts)
        return END_PASSED if passed else UNKNOWN
    if any(_suspends(side, act, on, ends) for act in acts):
        return "suspended"
    starts = row["date_effective"]
    return "announced" if pd.isna(starts) or on < starts else "in force"


def _over(row: dict) -> str:
    """Name the end of a row without a printed term: only an act of law can be repealed."""
    if row["record"] == "plan":
        return "withdrawn"
    return "repealed" if row["record"] == "measure" and row["type"] != "investigation" else "ended"


def _acts(side: Side, measure_id: str, on: pd.Timestamp) -> list[dict]:
    """Select the rows that act on a measure and have taken effect by a day."""
    return [act for act in side.acts.get(measure_id, ()) if _start(act) <= on]


def _start(row: dict) -> pd.Timestamp:
    return row["date_announced"] if pd.isna(row["date_effective"]) else row["date_effective"]


def _last_day(row: dict, acts: list[dict]) -> pd.Timestamp | None:
    """Return the last day of a term with what extends it; None when it has no end."""
    days = [row["date_end"]] + [act["date_end"] for act in acts if act["effect"] == "extends"]
    days = [day for day in days if pd.notna(day)]
    return max(days) if days else None


def _suspends(side: Side, act: dict, on: pd.Timestamp, ends: pd.Timestamp | None) -> bool:
    return act["effect"] == "suspends" and _state_if(side, act["id"], on, ends) == "in force"


def known_until(row: dict | pd.Series, ends: pd.Timestamp) -> pd.Timestamp:
    """Return the last day to which the sources carry a row, never later than the end of knowledge."""
    own = row["known_until"]
    return ends if pd.isna(own) else min(own, ends)


def with_states(register: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """Select the rows that have a state, with the last state known by `day`.

    Adds `known_to`, the day to which the sources carry the row; `last_state`, the state on that day; `state`, the same
    unless a printed end has passed since (END_PASSED); `passed`, that end, and `days_since`, how many days before `day`
    it was (both empty otherwise); `suspended_until`, the last day of a suspension that ran on `known_to` (NaT
    otherwise); `ended`, the last day of a term that is over or printed (NaT when an end was not foretold and had not
    come). Index and attrs kept.
    """
    ends, today = knowledge_ends(day), pd.Timestamp(day)
    rows = by_id(register)
    frame = register[register["record"].isin(WITH_STATE)].copy()
    frame["known_to"] = [known_until(row, ends) for row in frame.to_dict("records")]
    pairs = list(zip(frame["id"], frame["known_to"], strict=True))
    frame["last_state"] = [state_in(rows, key, to, ends) for key, to in pairs]
    frame["state"] = [_now(rows, key, to, ends, today) for key, to in pairs]
    frame["suspended_until"] = pd.to_datetime([_suspension_ends(rows, key, to, ends) for key, to in pairs])
    terms = pd.to_datetime([_term(rows, key, to) for key, to in pairs])
    lapsed = frame["state"].eq(END_PASSED)
    frame["passed"] = frame["suspended_until"].fillna(pd.Series(terms, index=frame.index)).where(lapsed)
    frame["days_since"] = (today - frame["passed"]).dt.days.astype("Int64")
    foretold = frame["date_end_basis"].eq("printed") | (frame["date_end"] <= ends)
    frame["ended"] = frame["date_end"].where(foretold)
    frame.attrs = dict(register.attrs)
    return frame


def with_suspending(register: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Select these rows of a register as it has them, with the acts that suspend them and print the end of that."""
    ids = set(rows["id"])
    suspending = register["effect"].eq("suspends") & register["affects"].map(
        lambda affected: isinstance(affected, str) and not ids.isdisjoint(affected.split(";"))
    )
    return register[register["id"].isin(ids) | suspending]


def _now(rows: Sides, measure_id: str, known_to: pd.Timestamp, ends: pd.Timestamp, today: pd.Timestamp) -> str | None:
    """Return the last state known, or END_PASSED where a printed end lies between the day it is of and today."""
    lapsed = state_in(rows, measure_id, today, ends) == END_PASSED
    return END_PASSED if lapsed else state_in(rows, measure_id, known_to, ends)


def _term(rows: Sides, measure_id: str, on: pd.Timestamp) -> pd.Timestamp:
    last = _last_day(rows.late.rows[measure_id], _acts(rows.late, measure_id, on))
    return pd.NaT if last is None else last


def _suspension_ends(rows: Sides, measure_id: str, on: pd.Timestamp, ends: pd.Timestamp) -> pd.Timestamp:
    side = rows.late
    running = [act for act in _acts(side, measure_id, on) if _suspends(side, act, on, ends)]
    days = [_last_day(act, _acts(side, act["id"], on)) for act in running]
    dated = [day for day in days if day is not None]
    return max(dated) if dated and len(dated) == len(days) else pd.NaT


def known_by(rows: pd.DataFrame) -> pd.Timestamp:
    """Return the oldest day to which sources carry one of these rows of `with_states`: no statement on all is newer."""
    return rows["known_to"].min()


def carried_least(rows: pd.DataFrame) -> pd.DataFrame:
    """Select those rows of `with_states` that the sources carry only to the oldest day."""
    return rows[rows["known_to"].eq(known_by(rows))]


def printed_ends(register: pd.DataFrame, day: dt.date | str, ahead: int = 30) -> pd.DataFrame:
    """Select the printed ends that passed by `day` without a later source, or pass within `ahead` days of it.

    Returns rows of the register with `end`, with what extends it, `days` until it (negative once it has passed) and
    `known_to`, earliest first. Rows that another act ended, and scheduled days, which repeat the end of a row, are
    left out.
    """
    ends, today = knowledge_ends(day), pd.Timestamp(day)
    side = by_id(register).late
    frame = register[register["date_end_basis"].eq("printed")].copy()
    frame["end"] = pd.to_datetime([_last_day(side.rows[key], _acts(side, key, today)) for key in frame["id"]])
    frame["known_to"] = pd.to_datetime([known_until(side.rows[key], ends) for key in frame["id"]])
    frame["days"] = (frame["end"] - today).dt.days
    closed = [any(act["effect"] == "ends" for act in _acts(side, key, today)) for key in frame["id"]]
    due = frame["days"].le(ahead) & frame["end"].ge(frame["known_to"]) & ~pd.Series(closed, index=frame.index)
    rows = frame[due].astype({"days": int}).sort_values(["end", "id"], kind="stable")
    rows.attrs = dict(register.attrs)
    return rows


def spans(register: pd.DataFrame, ids: Iterable[str], day: dt.date | str) -> pd.DataFrame:
    """List the periods of open states: a row per measure and period with `id`, `state`, `start`, `end`.

    Days are inclusive; `end` is NaT where the state still ran on the last day known. Measures that are over have no
    period after their end; a period whose state the sources do not carry is `not known`, or END_PASSED after a printed
    end, up to `day`, and so is the month or year within which a day that decides is not known.
    """
    ends, last = knowledge_ends(day), pd.Timestamp(day)
    rows = by_id(register)
    periods = [(key, *period) for key in ids for period in _periods(rows, key, ends, last)]
    return pd.DataFrame(periods, columns=["id", "state", "start", "end"])


def _periods(rows: Sides, measure_id: str, ends: pd.Timestamp, last: pd.Timestamp) -> list[tuple]:
    turns = [turn for turn in turns_of(rows, measure_id, ends) if turn <= last]
    states = [state_in(rows, measure_id, turn, ends) for turn in turns]
    periods: list[tuple] = []
    for index, (turn, now) in enumerate(zip(turns, states, strict=True)):
        if now not in (*OPEN, END_PASSED, UNKNOWN):
            continue
        if periods and periods[-1][0] == now and periods[-1][2] == turn - pd.Timedelta(days=1):
            turn = periods.pop()[1]
        until = turns[index + 1] - pd.Timedelta(days=1) if index + 1 < len(turns) else pd.NaT
        periods.append((now, turn, until))
    return periods


def turns_of(rows: Sides, measure_id: str, ends: pd.Timestamp) -> list[pd.Timestamp]:
    """List every day on which the state of a measure may change."""
    turns, day = set(), pd.Timedelta(days=1)
    for side in rows:
        row = side.rows[measure_id]
        turns |= {row["date_announced"], row["date_effective"], row["date_end"] + day, known_until(row, ends) + day}
        for act in _acts(side, measure_id, pd.Timestamp.max):
            turns |= {_start(act), act["date_end"] + day, known_until(act, ends) + day}
    first = rows.early.rows[measure_id]["date_announced"]
    return sorted(turn for turn in turns if pd.notna(turn) and turn >= first)
