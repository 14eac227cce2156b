"""Export controls: which measure stood in which state on which day, and what exports and prices did meanwhile.

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
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from lib.quantity import Quantity
from lib.tables import catalog, dates

STATES = ("announced", "in force", "suspended", "expired", "repealed", "ended", "withdrawn")
UNKNOWN = "not known"
END_PASSED = "end passed, outcome not read"
OPEN = ("announced", "in force", "suspended")
WITH_STATE = ("measure", "agreement", "plan", "reported")
EXPORT_TYPES = (
    "quota",
    "duty",
    "licence",
    "ban",
    "technology ban",
    "technology licence",
    "entity listing",
)
OVER = ("expired", "repealed", "ended", "withdrawn")
BEST_FIRST = ("in force", "suspended", "announced", UNKNOWN, END_PASSED, *OVER)
DATES = ("date_announced", "date_effective", "date_end")
HEADLINE = "rare earths (customs headline)"
MAGNETS = "magnets (rare-earth permanent)"


# --- the register ---


def knowledge_ends(day: dt.date | str) -> pd.Timestamp:
    """Return the last day on which a measure's state can be known: `day`, or the end of the register before it."""
    limit = catalog.resource("measures")["knowledgeEnds"]
    return min(pd.Timestamp(day), pd.Timestamp(limit))


class _Side(NamedTuple):
    """The rows of a register by id, and those that act on a row by the id of that row."""

    rows: dict[str, dict]
    acts: dict[str, list[dict]]


class _Sides(NamedTuple):
    """A register with every date on the first day that it may be, and on the last."""

    early: _Side
    late: _Side


def state(register: pd.DataFrame, measure_id: str, on: dt.date | str, ends: pd.Timestamp | None = None) -> str | None:
    """Return a measure's state on a day: one of STATES, END_PASSED, `not known`, or None before there was anything.

    None also for rows that have no state (rulings, statements, events). `ends` is the end of knowledge as given by
    `knowledge_ends`; an open state later than it, or than the row's own `known_until`, is `not known`, or END_PASSED
    where a printed end lies between. Raises KeyError for an unknown id.
    """
    return _state(_by_id(register), measure_id, pd.Timestamp(on), ends)


def _by_id(register: pd.DataFrame) -> _Sides:
    early = register.assign(**{column: dates.first_days(register, column) for column in DATES})
    return _Sides(*(_side(frame.to_dict("records")) for frame in (early, register)))


def _side(rows: list[dict]) -> _Side:
    acts: dict[str, list[dict]] = {}
    for row in rows:
        for affected in row["affects"].split(";") if isinstance(row["affects"], str) else ():
            acts.setdefault(affected, []).append(row)
    return _Side({row["id"]: row for row in rows}, acts)


def _state(rows: _Sides, measure_id: str, on: pd.Timestamp, ends: pd.Timestamp | None) -> str | None:
    """Return the state that follows whichever day the uncertain dates fell on; `not known` where that decides."""
    early, late = (_state_if(side, measure_id, on, ends) for side in rows)
    return late if early == late else UNKNOWN


def _state_if(side: _Side, measure_id: str, on: pd.Timestamp, ends: pd.Timestamp | None) -> str | None:
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


def _acts(side: _Side, measure_id: str, on: pd.Timestamp) -> list[dict]:
    """Select the rows that act on a measure and have taken effect by a day."""
    return [act for act in side.acts.get(measure_id, ()) if _start(act) <= on]


def _start(row: dict) -> pd.Timestamp:
    return row["date_announced"] if pd.isna(row["date_effective"]) else row["date_effective"]


def _last_day(row: dict, acts: list[dict]) -> pd.Timestamp | None:
    """Return the last day of a term with what extends it; None when it has no end."""
    days = [row["date_end"]] + [act["date_end"] for act in acts if act["effect"] == "extends"]
    days = [day for day in days if pd.notna(day)]
    return max(days) if days else None


def _suspends(side: _Side, act: dict, on: pd.Timestamp, ends: pd.Timestamp | None) -> bool:
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
    rows = _by_id(register)
    frame = register[register["record"].isin(WITH_STATE)].copy()
    frame["known_to"] = [known_until(row, ends) for row in frame.to_dict("records")]
    pairs = list(zip(frame["id"], frame["known_to"], strict=True))
    frame["last_state"] = [_state(rows, key, to, ends) for key, to in pairs]
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


def _now(rows: _Sides, measure_id: str, known_to: pd.Timestamp, ends: pd.Timestamp, today: pd.Timestamp) -> str | None:
    """Return the last state known, or END_PASSED where a printed end lies between the day it is of and today."""
    lapsed = _state(rows, measure_id, today, ends) == END_PASSED
    return END_PASSED if lapsed else _state(rows, measure_id, known_to, ends)


def _term(rows: _Sides, measure_id: str, on: pd.Timestamp) -> pd.Timestamp:
    last = _last_day(rows.late.rows[measure_id], _acts(rows.late, measure_id, on))
    return pd.NaT if last is None else last


def _suspension_ends(rows: _Sides, measure_id: str, on: pd.Timestamp, ends: pd.Timestamp) -> pd.Timestamp:
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


def printed_ends(register: pd.DataFrame, day: dt.date | str, ahead: int = 30) -> pd.DataFrame:
    """Select the printed ends that passed by `day` without a later source, or pass within `ahead` days of it.

    Returns rows of the register with `end`, with what extends it, `days` until it (negative once it has passed) and
    `known_to`, earliest first. Rows that another act ended, and scheduled days, which repeat the end of a row, are
    left out.
    """
    ends, today = knowledge_ends(day), pd.Timestamp(day)
    side = _by_id(register).late
    frame = register[register["date_end_basis"].eq("printed")].copy()
    frame["end"] = pd.to_datetime([_last_day(side.rows[key], _acts(side, key, today)) for key in frame["id"]])
    frame["known_to"] = pd.to_datetime([known_until(side.rows[key], ends) for key in frame["id"]])
    frame["days"] = (frame["end"] - today).dt.days
    closed = [any(act["effect"] == "ends" for act in _acts(side, key, today)) for key in frame["id"]]
    due = frame["days"].le(ahead) & frame["end"].ge(frame["known_to"]) & ~pd.Series(closed, index=frame.index)
    rows = frame[due].astype({"days": int}).sort_values(["end", "id"], kind="stable")
    rows.attrs = dict(register.attrs)
    return rows


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

    `brief` is a name of one line for a chart; a number alone is told apart by its goods. `told` is the state, with the
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


def _brief(name: str, goods: str, limit: int = 38) -> str:
    words = f"{name}: {goods}" if re.fullmatch(r"No\. \d+ of \d+(, .*)?", name) and goods else name
    return words if len(words) <= limit else words[:limit].rsplit(" ", 1)[0].rstrip(",:;") + " …"


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


def spans(register: pd.DataFrame, ids: Iterable[str], day: dt.date | str) -> pd.DataFrame:
    """List the periods of open states: a row per measure and period with `id`, `state`, `start`, `end`.

    Days are inclusive; `end` is NaT where the state still ran on the last day known. Measures that are over have no
    period after their end; a period whose state the sources do not carry is `not known`, or END_PASSED after a printed
    end, up to `day`, and so is the month or year within which a day that decides is not known.
    """
    ends, last = knowledge_ends(day), pd.Timestamp(day)
    rows = _by_id(register)
    periods = [(key, *period) for key in ids for period in _periods(rows, key, ends, last)]
    return pd.DataFrame(periods, columns=["id", "state", "start", "end"])


def _periods(rows: _Sides, measure_id: str, ends: pd.Timestamp, last: pd.Timestamp) -> list[tuple]:
    turns = [turn for turn in _turns(rows, measure_id, ends) if turn <= last]
    states = [_state(rows, measure_id, turn, ends) for turn in turns]
    periods: list[tuple] = []
    for index, (turn, now) in enumerate(zip(turns, states, strict=True)):
        if now not in (*OPEN, END_PASSED, UNKNOWN):
            continue
        if periods and periods[-1][0] == now and periods[-1][2] == turn - pd.Timedelta(days=1):
            turn = periods.pop()[1]
        until = turns[index + 1] - pd.Timedelta(days=1) if index + 1 < len(turns) else pd.NaT
        periods.append((now, turn, until))
    return periods


def _turns(rows: _Sides, measure_id: str, ends: pd.Timestamp) -> list[pd.Timestamp]:
    """List every day on which the state of a measure may change."""
    turns, day = set(), pd.Timedelta(days=1)
    for side in rows:
        row = side.rows[measure_id]
        turns |= {row["date_announced"], row["date_effective"], row["date_end"] + day, known_until(row, ends) + day}
        for act in _acts(side, measure_id, pd.Timestamp.max):
            turns |= {_start(act), act["date_end"] + day, known_until(act, ends) + day}
    first = rows.early.rows[measure_id]["date_announced"]
    return sorted(turn for turn in turns if pd.notna(turn) and turn >= first)


# --- elements ---


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


def _best(rows: _Sides, ids: Iterable[str], ends: pd.Timestamp, on: pd.Timestamp) -> str:
    """Return the most binding state of these measures on a day, `none` where nothing was announced."""
    states = [state for key in ids if key in rows.late.rows and (state := _state(rows, key, on, ends))]
    return min(states, key=BEST_FIRST.index, default="none")


def element_spans(
    register: pd.DataFrame, named: pd.DataFrame, elements: pd.DataFrame, day: dt.date | str, start: dt.date | str
) -> pd.DataFrame:
    """Make the calendar of the 17 elements: periods of the most binding state, with `symbol`, `name`, `state`, days.

    Runs from `start` to `day`, exact to the day; elements that no measure names have one period `none`. `end` is
    NaT where the state still ran on `day`.
    """
    rows, last, first = _by_id(register), pd.Timestamp(day), pd.Timestamp(start)
    ends = knowledge_ends(day)
    ids = [key for key in named["measure_id"].unique() if key in rows.late.rows]
    changes = {first} | {turn for key in ids for turn in _turns(rows, key, ends)}
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


# --- counts over time ---


def new_measures(register: pd.DataFrame, since: int, actors: Iterable[str] = ("CHN", "USA", "EU27", "JPN")):
    """Count the binding measures announced per year and actor: `year`, `actor` (others are OTH), `measures`.

    Only rows of record `measure`; agreements, plans, statements and court rulings are not counted, and neither are
    acts that only suspend.
    """
    rows = register[register["record"].eq("measure") & register["type"].ne("suspension")]
    rows = rows[rows["date_announced"].dt.year >= since]
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


# --- quotas, duties ---


def year_quotas(quotas: pd.DataFrame) -> pd.DataFrame:
    """Select export quotas of whole years in t gross, all classes together; counts of different `scope` never join."""
    return quotas[quotas["batch"].eq("year") & quotas["class"].eq("total") & quotas["value_t_gross"].notna()]


def quota_use(exports: pd.DataFrame, quotas: pd.DataFrame) -> pd.DataFrame:
    """Compute the use of the quota of all firms, u = 100 X / Q in percent, for every count of a year's exports.

    exports  table `china_exports`; the customs headline of the world in t. A year for which only its first months
             were printed enters with the longest such row, as a lower bound (`>`)
    quotas   table `export_quotas`
    Returns the export rows with `quota`, `quota_row`, `share` and a `qualifier` that carries the bound.
    """
    limits = year_quotas(quotas)
    limits = limits[limits["scope"].eq("all firms")].set_index("year")["value_t_gross"]
    rows = exports[exports["product"].eq(HEADLINE) & exports["flow"].eq("export") & exports["destination"].eq("WLD")]
    rows = rows[rows["measure"].eq("weight") & rows["unit"].eq("t") & rows["month_start"].eq(1)]
    rows = rows[rows["year"].isin(limits.index) & rows["month_end"].gt(6)]
    longest = rows.groupby("year")["month_end"].transform("max")
    rows = rows[rows["month_end"] == longest].copy()
    rows["quota"] = [float(limits[year]) for year in rows["year"]]
    shares = [
        Quantity(value, ">" if months < 12 else "").share_of(quota)
        for value, months, quota in rows[["value", "month_end", "quota"]].itertuples(index=False)
    ]
    rows["share"] = [share.value for share in shares]
    rows["qualifier"] = [_joined(share.bound, marks) for share, marks in zip(shares, rows["qualifier"], strict=True)]
    return rows.sort_values(["year", "share"])


def _joined(bound: str, marks: str) -> str:
    return ";".join(filter(None, [bound, *[mark for mark in marks.split(";") if mark not in (">", "<")]]))


def duty_range(duties: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """Find the lowest and highest duty on rare earths by schedule, percent: rows of `duties` with `bound`, `from`.

    Schedules name different groups of products, so that only the range is a series. Rows that name other metals
    only (tungsten) are left out. The last schedule is carried on to `day`, by a year at most when it is zero.
    """
    rows = duties[~duties["product"].str.match(r"^tungsten|^ammonium")]
    by_rate = rows.sort_values(["date_effective", "rate_pct"], kind="stable").groupby("date_effective")
    ends = pd.concat([by_rate.head(1).assign(bound="lowest"), by_rate.tail(1).assign(bound="highest")])
    ends = ends.assign(**{"from": ends["date_effective"], "from_precision": ends["date_effective_precision"]})
    last = ends[ends["from"] == ends["from"].max()]
    horizon = pd.Timestamp(day)
    if last["rate_pct"].max() == 0:
        horizon = min(horizon, last["from"].max() + pd.DateOffset(years=1))
    return pd.concat([ends, last.assign(**{"from": horizon, "from_precision": "day"})])


# --- exports by month ---


def monthly(exports: pd.DataFrame, product: str, measure: str = "weight", destination: str | None = "WLD"):
    """Select single months of one product, with `month` (first day): customs figures, a row a month and destination.

    destination  a place code; None for all places but the world
    Months without a figure are not there; they are not zero.
    """
    rows = exports[exports["product"].eq(product) & exports["flow"].eq("export") & exports["measure"].eq(measure)]
    rows = rows[rows["month_start"].eq(rows["month_end"]) & rows["series"].eq("customs")]
    rows = rows[rows["destination"].ne("WLD") if destination is None else rows["destination"].eq(destination)]
    months = [dt.date(int(y), int(m), 1) for y, m in zip(rows["year"], rows["month_start"], strict=True)]
    return rows.assign(month=pd.to_datetime(months)).sort_values(["destination", "month"], kind="stable")


def recent(months: pd.DataFrame, count: int = 18) -> pd.DataFrame:
    """Keep the rows of the last `count` calendar months of a monthly series, counted from its newest month."""
    if months.empty:
        return months
    return months[months["month"] > months["month"].max() - pd.DateOffset(months=count)]


def on_calendar(months: pd.DataFrame, *series: str) -> pd.DataFrame:
    """Add an empty row for every month in between that no source prints, so that no line runs through the gap.

    `series` are the columns that tell one series from another; each goes on from its own first to its last month.
    """
    pieces = [months]
    one_from_another: list[Any] = list(series) or [lambda _: 0]
    for key, rows in months.groupby(one_from_another):
        every = pd.date_range(rows["month"].min(), rows["month"].max(), freq="MS")
        holes = every[~every.isin(rows["month"])]
        labels = dict(zip(series, key, strict=True)) if series else {}
        pieces.append(pd.DataFrame({"month": holes, "note": "no source prints this month"} | labels))
    return pd.concat(pieces, ignore_index=True).sort_values([*series, "month"], kind="stable")


def whole_years(
    exports: pd.DataFrame, product: str, measure: str = "weight", destination: str = "WLD", series: str = "customs"
) -> pd.DataFrame:
    """Select full years of one product, destination and series, oldest first; a printed figure beats a derived one."""
    rows = exports[exports["product"].eq(product) & exports["flow"].eq("export") & exports["measure"].eq(measure)]
    rows = rows[rows["month_start"].eq(1) & rows["month_end"].eq(12) & rows["destination"].eq(destination)]
    rows = rows[rows["series"].eq(series)].sort_values(["year", "basis"], kind="stable")
    return rows.drop_duplicates("year", keep="last")


def yearly_changes(exports: pd.DataFrame, product: str) -> pd.DataFrame:
    """Return each month's change on the same month a year before, percent: as printed, else computed where possible.

    Returns `month`, `change`, `computed` and the row's own columns; a printed change goes before a computed one. The
    computed ones rest on one earlier year, the year before.
    """
    printed = monthly(exports, product, "weight change on year")
    printed = printed.assign(change=printed["value"], computed=False)
    months = monthly(exports, product)
    before = months[~months["qualifier"].str.contains("derived")].set_index("month")["value"]
    year_ago = [before.get(month - pd.DateOffset(years=1)) for month in months["month"]]
    months = months.assign(base=pd.to_numeric(pd.Series(year_ago, index=months.index)))
    months = months[months["base"].notna() & ~months["month"].isin(printed["month"])]
    computed = months.assign(change=100 * (months["value"] / months["base"] - 1), computed=True).drop(columns="base")
    computed["qualifier"] = [_joined("", f"{marks};derived".strip(";")) for marks in computed["qualifier"]]
    return pd.concat([printed, computed]).sort_values("month")


def in_common(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Join two monthly series on the months that both have, one row a month: `month`, `first`, `second`."""
    both = first[["month", "value"]].merge(second[["month", "value"]], on="month", suffixes=("_first", "_second"))
    return both.rename(columns={"value_first": "first", "value_second": "second"}).sort_values("month")


def enough(rows: pd.DataFrame, least: int, everything: pd.DataFrame, as_of: dt.date | None, what: str):
    """Return `rows`; raise catalog.NoDataYet, with the day on which there were `least`, when there are fewer.

    everything  the same selection without an as-of day; its attrs name the table
    what        the subject of "… starts on 1 January 2000"
    """
    if len(rows) >= least:
        return rows
    days = sorted(everything["published"])
    start = days[least - 1].date() if len(days) >= least else None
    raise catalog.NoDataYet(everything.attrs["table"], as_of, start, what)


# --- prices ---


def price_gap(outside: Quantity, inside: Quantity) -> Quantity:
    """Compute P_out / P_in − 1 in percent: how much dearer a product is outside; bounds on prices bound the gap."""
    return (outside / inside - 1) * 100


def traded_and_asked(prices: pd.DataFrame, product: str) -> pd.DataFrame:
    """Select prices of one product in USD/kg that differ in place or kind within the time of the controls.

    USGS averages and Chinese domestic prices in CNY are left out: other years, other currencies, tax not stated.
    Adds `what`, the place, part of the market and time in words, and `traded` for volume-weighted averages.
    """
    rows = prices[prices["product"].eq(product) & prices["unit"].eq("USD/kg") & prices["confidence"].ne("low")]
    rows = rows[~rows["series"].isin(["usgs_mcs", "komis", "fastmarkets"])].copy()
    rows["traded"] = rows["kind"].eq("volume_weighted_average")
    rows["what"] = [_price_words(row) for row in rows.to_dict("records")]
    return rows.sort_values(["period_end", "price"], kind="stable")


def at_home(prices: pd.DataFrame, product: str) -> pd.DataFrame:
    """Select the newest price of a product inside China as printed, in yuan; no row where none is known."""
    rows = prices[prices["product"].eq(product) & prices["unit"].eq("CNY/t") & prices["place"].eq("China domestic")]
    rows = rows[rows["confidence"].ne("low")].sort_values("period_end", kind="stable").tail(1)
    return rows.assign(what=[_price_words(row) for row in rows.to_dict("records")])


KIND_WORDS = {
    "ask": "asked",
    "volume_weighted_average": "paid on average",
    "assessment": "assessed",
    "market_average": "market average",
    "reported": "reported",
    "contract_floor": "floor by contract",
}
MAKERS = {"adamas": "Adamas", "argus": "Argus", "smm": "SMM", "sunsirs": "SunSirs", "chinatungsten": "China Tungsten",
          "us_dod": "US Department of Defense", "company": "Lynas", "sp_global": "S&P Global"}  # fmt: skip
# Series of us_salient that print the yearly price of an oxide; the newest edition moved some to a chapter of their own.
YEARLY = {
    "Ce oxide": "cerium_oxide", "Dy oxide": "dysprosium_oxide", "Eu oxide": "europium_oxide",
    "La oxide": "lanthanum_oxide", "Nd oxide": "neodymium_oxide", "NdPr oxide": "ndpr_oxide",
    "Pr oxide": "praseodymium_oxide", "Tb oxide": "terbium_oxide", "Y oxide": "y2o3",
}  # fmt: skip


def _price_words(row: dict) -> str:
    whose = MAKERS.get(row["series"], row["series"])
    when = {"year": "%Y", "day": "%-d %B %Y"}.get(row["period_kind"], "%B %Y")
    where = row["segment"] if isinstance(row["segment"], str) and row["segment"] else row["place"]
    kind = KIND_WORDS.get(row["kind"], row["kind"])
    return f"{where[0].upper()}{where[1:]}, {kind}, {row['period_end']:{when}} ({whose})"


def yearly_prices(prices: pd.DataFrame, us_salient: pd.DataFrame, product: str) -> pd.DataFrame:
    """Collect the yearly prices of an oxide as USGS prints them, each kind and year from its newest edition.

    `prices` holds what was copied from older editions and `us_salient` the salient statistics of all of them, both as
    known on a day; neither is complete. Returns kind (annual_average, year_end), year, price (USD/kg), qualifier,
    edition, source_id, published, confidence, `_rows`, the (table, row) behind it; by kind and year.
    """
    old = prices[prices["series"].eq("usgs_mcs") & prices["product"].eq(product) & prices["unit"].eq("USD/kg")]
    new = us_salient[us_salient["series"].eq(f"price.{YEARLY.get(product)}") & us_salient["value"].notna()]
    new = new[new["unit"].eq("USD/kg")]
    parts = [
        old.assign(year=old["period_end"].dt.year, _rows=[(("prices", int(row)),) for row in old.index]),
        new.assign(price=new["value"], kind="annual_average", _rows=[(("us_salient", int(row)),) for row in new.index]),
    ]
    kept = ["kind", "year", "price", "qualifier", "edition", "source_id", "published", "confidence", "_rows"]
    both = pd.concat([part[kept].astype({"year": int}) for part in parts if len(part)] or [old.reindex(columns=kept)])
    newest = both.sort_values("published", kind="stable").drop_duplicates(["kind", "year"], keep="last")
    return newest.sort_values(["kind", "year"], kind="stable", ignore_index=True)


# --- what a full stop would cost ---


def full_stop_costs(statements: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the modelled fall of US gross domestic product if China's net exports stopped, in billion USD.

    `statements` are the rows of the topic `full stop`. Returns `minerals`, `low`, `value`, `high`, `source_id`, dearest
    last. Reference: USGS Open-File Report 2024-1057.
    """
    parts = statements["statement_id"].str.extract(r"^full-stop-(?P<minerals>.+)-(?P<end>low|value|high)$")
    frame = statements.assign(minerals=parts["minerals"].str.replace("-", " and "), end=parts["end"])
    table = frame.pivot_table(index="minerals", columns="end", values="value").reset_index()
    table["source_id"] = statements["source_id"].iloc[0]
    return table.sort_values("value", ignore_index=True)[["minerals", "low", "value", "high", "source_id"]]
