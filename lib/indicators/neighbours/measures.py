"""China's export licences and bans on these metals, with the last state of each that the sources report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from lib import words
from lib.indicators import common, controls
from lib.quantity import Number
from lib.tables import catalog

SYMBOLS = {"Ga": "gallium", "Ge": "germanium", "Sb": "antimony", "graphite": "graphite", "W": "tungsten",
           "Cu": "copper"}  # fmt: skip
REVIEWED = {"CHN-2024-04-P2": {"graphite"}}
"""What an act names without binding it as its type says: the ban of 2024 puts graphite under a stricter review."""
STATE_LOOK = controls.LOOKS
"""How a chart draws the states of these measures, all of them China's."""


@dataclass(frozen=True)
class Register:
    """The licences and bans that name one of these metals, as known on a day.

    rows      a reader's table of them (`controls.for_table`), with `act`, `what` and `last` in words
    measures  the register that they are from
    """

    rows: pd.DataFrame
    measures: pd.DataFrame
    day: dt.date

    @property
    def running(self) -> pd.DataFrame:
        """Those that were announced, in force or suspended when last known."""
        return self.rows[self.rows["last_state"].isin(controls.OPEN)]

    def open(self) -> Number:
        """Return how many were announced, in force or suspended on the day to which the sources carry all of them."""
        scope = "licences and bans on these metals, in force, announced or suspended"
        return Number(len(self.running), "count", scope, f"{self.known_by:%Y-%m-%d}", "count", self.running)

    @property
    def known_by(self) -> dt.date:
        """The oldest day to which the sources carry one of them."""
        day: dt.date = controls.known_by(self.running).date()
        return day

    @property
    def acts(self) -> str:
        """What they are, in the number that their count asks for."""
        return "licence or ban" if len(self.running) == 1 else "licences and bans"

    @property
    def were(self) -> str:
        """The verb that fits their count."""
        return "was" if len(self.running) == 1 else "were"

    @property
    def paused(self) -> str:
        """How many of them are suspended, as the end of a sentence; empty for none."""
        suspended = int(self.running["last_state"].eq("suspended").sum())
        return f", {suspended} of them suspended" if suspended else ""

    @property
    def unlimited(self) -> str:
        """The metal, copper, whose exports no measure in the register limits. Raises NoDataYet where one does."""
        limited = controls.china_exports_side(self.measures)["minerals"].fillna("")
        if limited.str.contains(r"\bCu\b").any():
            raise common.not_yet("measures", self.day, "A metal without a limit")
        return SYMBOLS["Cu"]

    @property
    def ban(self) -> Ban:
        """The newest ban that was in force or suspended when last known. Raises NoDataYet without one."""
        rows = self.rows[self.rows["kind"].eq("ban") & self.rows["last_state"].isin(["suspended", "in force"])]
        if rows.empty:
            raise common.not_yet("measures", self.day, "A ban on exports of these metals")
        return Ban(rows.iloc[-1], self.rows)

    def since(self, years: int) -> pd.Timestamp:
        """Return the first day of a chart: 1 January so many years before, or the day on which the first act began."""
        return max(self.rows["date_effective"].min(), pd.Timestamp(self.day.year - years, 1, 1))

    def spans(self, first: pd.Timestamp) -> pd.DataFrame:
        """Give the periods of each act by state that end on or after a day, for a chart."""
        words_of = self.rows[["id", "act", "metals", "kind", "whom", "name", "source_id", "published"]]
        rows = controls.spans(self.measures, self.rows["id"], self.day).merge(words_of, on="id")
        return rows[rows["end"].isna() | (rows["end"] >= first)]

    @property
    def review(self) -> str:
        """What to note of the ban beside the acts; empty before there was one."""
        note = (
            "The act of December 2024 bans gallium, germanium and antimony; for graphite it requires a stricter review."
        )
        return note if self.rows["kind"].eq("ban").any() else ""


@dataclass(frozen=True)
class Ban:
    """A ban on exports to the United States: its `row` in the register, and the `rows` of all acts on these metals."""

    row: pd.Series
    rows: pd.DataFrame

    @property
    def metals(self) -> str:
        """The metals that it bans, inside a sentence."""
        return words.joined(self.row["metals"].lower().split(", "))

    @property
    def since(self) -> dt.date:
        """The day on which it took effect."""
        day: dt.date = self.row["date_effective"].date()
        return day

    @property
    def known(self) -> dt.date:
        """The day to which the sources carry it."""
        day: dt.date = self.row["known_to"].date()
        return day

    @property
    def state(self) -> str:
        """Its last known state, with the end of a suspension: in force; suspended until 27 November 2026."""
        until = self.row["suspended_until"]
        return f"suspended until {until.day} {until:%B %Y}" if self._suspended else str(self.row["last_state"])

    @property
    def paused_until(self) -> dt.date:
        """The printed end of its suspension. Raises NoDataYet where it is not suspended."""
        if not self._suspended:
            raise common.not_yet("measures", self.known, "A suspension of the ban")
        day: dt.date = self.row["suspended_until"].date()
        return day

    @property
    def lapsed(self) -> dt.date:
        """The same where that day has passed and no source says what followed. Raises NoDataYet otherwise."""
        if self.row["state"] != controls.END_PASSED:
            raise common.not_yet("measures", self.known, "A suspension of the ban that has ended")
        return self.paused_until

    @property
    def licences(self) -> str:
        """The last known states of the licences on the same metals, which hold for all destinations."""
        names = set(self.row["metals"].lower().split(", "))
        licences = self.rows[self.rows["kind"].eq("licence")]
        same = [not names.isdisjoint(metals.lower().split(", ")) for metals in licences["metals"]]
        return words.joined(dict.fromkeys(licences[same]["last_state"]))

    @property
    def source(self) -> str:
        """The source of the act."""
        return str(self.row["source_id"])

    @property
    def _suspended(self) -> bool:
        return bool(self.row["last_state"] == "suspended" and pd.notna(self.row["suspended_until"]))


def register(as_of: dt.date | str | None, day: dt.date) -> Register:
    """Read the licences and bans that name one of these metals, with the states known on `day`. Raises NoDataYet."""
    measures = catalog.table("measures", as_of)
    rows = controls.for_table(covering(controls.with_states(measures, day))).sort_values("date_effective")
    if rows.empty:
        starts = catalog.starts("measures", covering)
        raise common.not_yet("measures", as_of, "The register of controls on these metals", starts)
    return Register(_in_words(rows), measures, day)


def months_without_gallium(as_of: dt.date | str | None) -> str:
    """Name the months in which Chinese customs recorded no gallium for any country. Raises NoDataYet."""
    what = "The sequence of controls on gallium and germanium"
    common.select("statements", as_of, what, statement_id="gage-zero-exports-2023-08")
    rows = common.select("china_exports", as_of, "Monthly exports", product=["gallium", "germanium"])
    rows = controls.monthly(rows, "gallium")
    return words.joined(f"{month:%B %Y}" for month in rows[rows["value"].eq(0)]["month"])


def _in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Add `what` an act is, which `act` it is among all, and the `last` known state with the day it is of."""
    rows = rows.copy()
    whom = [" to the US" if code == "USA" else "" for code in rows["target"]]
    rows["act"] = rows["metals"] + ": " + rows["kind"] + whom
    rows["what"] = rows["kind"] + whom
    on = rows["known_to"].dt.strftime(" (%-d %b %Y)").where(rows["last_state"].isin(controls.OPEN), "")
    until = rows["until"].dt.strftime(" until %-d %b %Y").where(rows["last_state"].eq("suspended"), "")
    later = ("; " + rows["told"]).where(rows["state"].eq(controls.END_PASSED), "")
    rows["last"] = rows["last_state"] + until.fillna("") + on + later
    twice = rows["act"].duplicated(keep=False)
    rows["act"] = rows["act"].where(~twice, rows["act"] + " " + rows["date_effective"].dt.year.astype(str))
    return rows


def covering(register: pd.DataFrame, symbols: tuple[str, ...] = tuple(SYMBOLS)) -> pd.DataFrame:
    """Select China's export licences and bans that name one of these minerals: register rows with `metals` in words.

    `register` may be that of `controls.with_states`. `reviewed` is what the act names and only reviews (graphite in
    the ban of December 2024). Quotas and duties, which tungsten shared with rare earths until 2015, are left out;
    index and attrs kept.
    """
    rows = controls.china_exports_side(register, reported=False)
    rows = rows[rows["type"].isin(["licence", "ban"])]
    named = [[code for code in str(text).split(";") if code in symbols] for text in rows["minerals"]]
    bound = [[SYMBOLS[code] for code in codes if code not in REVIEWED.get(key, ())]
             for key, codes in zip(rows["id"], named, strict=True)]  # fmt: skip
    seen = [[SYMBOLS[code] for code in codes if code in REVIEWED.get(key, ())]
            for key, codes in zip(rows["id"], named, strict=True)]  # fmt: skip
    kept = rows.assign(metals=[", ".join(names).capitalize() for names in bound],
                       reviewed=[", ".join(names) for names in seen])  # fmt: skip
    kept = kept[kept["metals"].ne("") | kept["reviewed"].ne("")]
    kept.attrs = dict(register.attrs)
    return kept
