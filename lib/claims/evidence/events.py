"""The register of measures and the production quotas: dates, instruments, and what exactly they cover."""

from __future__ import annotations

import re

import pandas as pd

from lib.claims.evidence.known import Known, answer, metric
from lib.claims.rules import CONTEXT, NATURAL, OTHER, Reading
from lib.indicators import controls, processing
from lib.quantity import Quantity
from lib.tables import dates

HOW = f"date_announced{dates.SUFFIX}"


def _day(row: pd.Series) -> str:
    """Write the day of an announcement in words, no more exact than it is known."""
    return dates.told(row["date_announced"], row[HOW])


def _measures(view: Known, where: dict) -> pd.DataFrame:
    """Select the rows of the register whose columns fit the regular expressions of `where`."""
    rows = view.table("measures")
    for column, pattern in where.items():
        rows = rows[rows[column].astype("str").str.contains(pattern, na=False)]
    return rows.sort_values("date_announced")


@metric
def measure(
    view: Known,
    year: int,
    kind: str,
    where: dict,
    since: str,
    until: str = "",
    before: bool = False,
    covered: bool = True,
) -> list[Reading]:
    """Say whether the register has a fitting measure announced between two days; earlier ones of the kind are context.

    `covered` says whether the register lists measures of that kind at all: only then does a gap mean that none is.
    """
    register = view.table("measures")
    if register.empty:
        return []
    rows = _measures(view, where)
    rows = rows[rows["date_announced"].le(pd.Timestamp(until) if until else view.day)]
    within = rows[rows["date_announced"].ge(pd.Timestamp(since))]
    readings = [_told(kind, within.loc[[line]], NATURAL) for line in within.index[::-1]]
    if not readings:
        text = (
            "no such measure in the register" if covered else "the register of this book does not cover such measures"
        )
        readings = [answer(kind, False if covered else None, text, register)]
    earlier = rows[rows["date_announced"].lt(pd.Timestamp(since))] if before else rows.head(0)
    return readings + [_told(f"{kind}, earlier", earlier.loc[[line]], CONTEXT) for line in earlier.index[::-1]]


def _told(what: str, row: pd.DataFrame, role: str) -> Reading:
    first = row.iloc[0]
    text = f"{_day(first)}, {controls.short_name(first['instrument'], first['part'])}"
    return answer(what, True, text, row, role=role)


def _rate(words: str) -> str:
    """Write the query for a rate that is stated in words in the name or the summary of a measure."""
    named = "instrument || ' ' || coalesce(summary, '')"
    return f"SELECT CAST(substr({named}, instr({named}, '{words}')) AS REAL) FROM measures"


@metric
def threatened_rate(view: Known, year: int, since: str, until: str) -> list[Reading]:
    """Read the rate of a tariff that the US announced against China between two days from the tariff's name."""
    rows = _measures(view, {"jurisdiction": "USA", "type": "tariff", "target": "CHN"})
    readings = []
    for line in rows.index[::-1]:
        row = rows.loc[[line]]
        rate = re.search(r"(\d+) percent", f"{row['instrument'].iloc[0]} {row['summary'].iloc[0]}")
        announced = row["date_announced"].iloc[0]
        if rate is None or row["record"].iloc[0] != "plan":
            continue
        natural = pd.Timestamp(since) <= announced <= pd.Timestamp(until)
        what = f"{_day(row.iloc[0])}: {row['instrument'].iloc[0]}"
        role = NATURAL if natural else CONTEXT
        readings.append(Reading(what, Quantity(float(rate[1])), "%", (row,), "as named", role, query=_rate(rate[0])))
    return readings


@metric
def order_of(view: Known, year: int, first: dict, then: dict, kind: str) -> list[Reading]:
    """Say whether measures of one kind came before those of another; open where the register has none of one kind."""
    earlier, later = _measures(view, first), _measures(view, then)
    if view.table("measures").empty:
        return []
    if earlier.empty or later.empty:
        text = "the register of this book has no earlier measure of this kind"
        return [answer(kind, None, text, view.table("measures"))]
    first, last = dates.in_order(earlier, "date_announced").iloc[0], dates.in_order(later, "date_announced").iloc[-1]
    holds = dates.surely_before(*(dates.interval(row["date_announced"], row[HOW]) for row in (first, last)))
    return [answer(kind, holds, f"{_day(first)} first", earlier, later)]


@metric
def quota_change(view: Known, year: int) -> list[Reading]:
    """Compute the change of China's yearly mining quota on the year before.

    A year whose total the quota table lacks is filled from the USGS where it says that a quota stands for output.
    """
    totals = _quota_totals(view)
    readings = []
    for when in sorted(totals, reverse=True):
        if when - 1 in totals:
            (value, row), (base, base_row) = totals[when], totals[when - 1]
            role = NATURAL if when == year else OTHER if year - 2 <= when < year else CONTEXT
            readings.append(
                Reading(
                    f"mining quota, {when} against {when - 1}",
                    Quantity(100 * (value / base - 1)),
                    "%",
                    (row, base_row),
                    "change of the quota",
                    role,
                    year=when,
                )
            )
    return readings


def _quota_totals(view: Known) -> dict[int, tuple[float, pd.DataFrame]]:
    usgs = view.table("mine_production", series="usgs_mcs", iso3="CHN")
    usgs = usgs[usgs["qualifier"].str.contains("quota")]
    totals = {int(usgs.loc[line, "year"]): (float(usgs.loc[line, "value"]), usgs.loc[[line]]) for line in usgs.index}
    rows = processing.quotas(view.table("production_quotas"))
    rows = rows[rows["series"].eq("Mining, all rare earths") & rows["confidence"].ne("low")]
    return totals | {
        int(rows.loc[line, "year"]): (float(rows.loc[line, "value_t_reo"]), rows.loc[[line]].drop(columns="series"))
        for line in rows.index
    }
