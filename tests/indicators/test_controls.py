"""Export controls: states of measures on a day, exports by month, quotas and prices, against what was published."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.indicators import controls
from lib.quantity import Quantity, Undetermined
from lib.tables import catalog

OCTOBER_2025 = ["CHN-2025-05", "CHN-2025-06", "CHN-2025-07", "CHN-2025-08", "CHN-2025-09", "CHN-2025-10"]
APRIL_2025 = "CHN-2025-02"
LAST_DAY_KNOWN = "2026-10-08"
relaxed = settings(deadline=None, max_examples=30)  # a busy machine is no failure


def row(id_, announced="2020-01-01", effective="2020-01-01", end=None, **more):
    base = {
        "id": id_, "record": "measure", "jurisdiction": "CHN", "instrument": id_, "type": "licence", "target": "WLD",
        "part": None, "minerals": "REE", "affects": None, "effect": None, "date_end_basis": None, "known_until": None,
        "date_announced": announced, "date_effective": effective, "date_end": end, "source_id": "s",
    }  # fmt: skip
    return base | more


def pause():
    days = ("2021-01-01", "2021-01-01", "2021-12-31")
    return row("pause", *days, date_end_basis="printed", affects="A", effect="suspends")


def book(*rows):
    frame = pd.DataFrame(list(rows))
    for column in ("date_announced", "date_effective", "date_end", "known_until"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


@pytest.fixture(scope="module")
def register():
    return catalog.table("measures")


@pytest.fixture(scope="module")
def elements():
    return catalog.table("elements")


# --- the five states ---


def test_a_measure_is_announced_until_the_day_it_takes_effect():
    rows = book(row("A", announced="2025-10-09", effective="2025-11-08"))
    assert controls.state(rows, "A", "2025-10-08") is None
    assert controls.state(rows, "A", "2025-10-09") == "announced"
    assert controls.state(rows, "A", "2025-11-07") == "announced"
    assert controls.state(rows, "A", "2025-11-08") == "in force"


def test_a_measure_without_a_day_of_effect_stays_announced():
    assert controls.state(book(row("A", effective=None)), "A", "2030-01-01") == "announced"


def test_a_printed_end_expires_and_any_other_end_repeals():
    rows = book(
        row("printed", end="2020-12-31", date_end_basis="printed"),
        row("later", end="2020-12-31", date_end_basis="later"),
        row("ended"),
        row("act", announced="2021-01-01", effective="2021-02-01", affects="ended", effect="ends"),
    )
    for key in ("printed", "later", "ended"):
        assert controls.state(rows, key, "2020-12-31") == "in force"
    assert controls.state(rows, "printed", "2021-01-01") == "expired"
    assert controls.state(rows, "later", "2021-01-01") == "repealed"
    assert controls.state(rows, "ended", "2021-01-31") == "in force"
    assert controls.state(rows, "ended", "2021-02-01") == "repealed"


def test_an_end_on_a_day_that_nobody_gives_is_not_known():
    assert controls.state(book(row("A", date_end_basis="unknown")), "A", "2020-06-01") == controls.UNKNOWN


def test_a_suspension_covers_its_first_and_its_last_day_and_no_other():
    rows = book(
        row("A"),
        row(
            "pause", "2021-01-01", "2021-01-01", "2021-12-31", date_end_basis="printed", affects="A", effect="suspends"
        ),
    )
    assert controls.state(rows, "A", "2020-12-31") == "in force"
    assert controls.state(rows, "A", "2021-01-01") == "suspended"
    assert controls.state(rows, "A", "2021-12-31") == "suspended"
    assert controls.state(rows, "A", "2022-01-01") == "in force"


def test_a_longer_suspension_suspends_longer():
    rows = book(
        row("A"),
        row(
            "pause", "2021-01-01", "2021-01-01", "2021-12-31", date_end_basis="printed", affects="A", effect="suspends"
        ),
        row("more", "2021-12-01", "2021-12-01", "2022-06-30", affects="pause", effect="extends"),
    )
    assert controls.state(rows, "A", "2022-06-30") == "suspended"
    assert controls.state(rows, "A", "2022-07-01") == "in force"


def test_what_ends_a_suspension_brings_the_measure_back():
    rows = book(
        row("A"),
        row(
            "pause", "2021-01-01", "2021-01-01", "2021-12-31", date_end_basis="printed", affects="A", effect="suspends"
        ),
        row("back", "2021-06-01", "2021-06-01", affects="pause", effect="ends"),
    )
    assert controls.state(rows, "A", "2021-05-31") == "suspended"
    assert controls.state(rows, "A", "2021-06-01") == "in force"


def test_beyond_what_the_sources_carry_nothing_open_is_claimed():
    rows = book(row("A", known_until="2026-07-02"), row("B", end="2020-12-31", date_end_basis="printed"))
    ends = pd.Timestamp("2026-10-08")
    assert controls.state(rows, "A", "2026-07-02", ends) == "in force"
    assert controls.state(rows, "A", "2026-07-03", ends) == controls.UNKNOWN
    assert controls.state(rows, "B", "2026-10-09", ends) == "expired"  # what is over stays over


def test_rulings_and_statements_have_no_state():
    rows = book(row("A", record="ruling"), row("B", record="statement"))
    assert controls.state(rows, "A", "2025-01-01") is None
    assert controls.state(rows, "B", "2025-01-01") is None


@relaxed
@given(day=st.dates(dt.date(1990, 1, 1), dt.date(2026, 11, 22)))
def test_every_row_with_a_state_has_exactly_one_of_the_states(day):
    rows = controls.with_states(catalog.table("measures", "2026-11-22"), day)
    known = rows[rows["date_announced"] <= rows["known_to"]]
    assert set(known["state"]) <= {*controls.STATES, controls.UNKNOWN, controls.END_PASSED}
    assert set(known["last_state"]) <= {*controls.STATES, controls.UNKNOWN}
    assert (known["known_to"] <= pd.Timestamp(day)).all()


@relaxed
@given(day=st.dates(dt.date(2005, 1, 1), dt.date(2026, 10, 8)))
def test_the_periods_of_a_measure_say_what_its_state_says(day):
    rows = catalog.table("measures")
    ids = ["CHN-2014-02", "CHN-2024-04-P2", APRIL_2025, *OCTOBER_2025]
    periods = controls.spans(rows, ids, LAST_DAY_KNOWN)
    ends, moment = controls.knowledge_ends(LAST_DAY_KNOWN), pd.Timestamp(day)
    covering = periods[(periods["start"] <= moment) & (periods["end"].isna() | (periods["end"] >= moment))]
    for key in ids:
        now = controls.state(rows, key, day, ends)
        assert list(covering[covering["id"] == key]["state"]) == ([now] if now else [])


# --- a printed end that has passed ---


READ_BY = {"known_until": "2021-10-08"}


def passed(day, *more):
    """State, last state and days since of a measure whose suspension to the end of 2021 is carried to October."""
    rows = book(row("A", **READ_BY), pause() | READ_BY, *more)
    return controls.with_states(rows, day).set_index("id").loc["A", ["state", "last_state", "days_since"]].tolist()


def test_a_printed_end_that_passed_without_a_later_source_is_a_state_of_its_own():
    assert passed("2021-12-31")[:2] == ["suspended", "suspended"]
    assert passed("2022-01-19") == [controls.END_PASSED, "suspended", 19]


def test_a_later_source_resolves_an_end_that_has_passed():
    longer = row("more", "2021-12-20", "2021-12-20", "2022-06-30", affects="pause", effect="extends")
    assert passed("2022-01-19", longer)[0] != controls.END_PASSED
    rows = book(row("A", known_until="2022-01-19"), pause() | {"known_until": "2022-01-19"})
    assert controls.with_states(rows, "2022-01-19").set_index("id").loc["A", "state"] == "in force"


def test_a_term_of_its_own_that_passed_unread_is_not_called_expired():
    end = {"end": "2021-12-31", "date_end_basis": "printed"}
    rows = book(row("unread", **end, known_until="2021-10-08"), row("read", **end, known_until="2022-01-02"))
    states = controls.with_states(rows, "2022-01-19").set_index("id")["state"]
    assert states.to_dict() == {"unread": controls.END_PASSED, "read": "expired"}


def test_the_calendar_draws_what_was_not_read_from_the_day_after_the_end():
    rows = book(row("A", **READ_BY), pause() | READ_BY)
    periods = controls.spans(rows, ["A"], "2022-01-19").set_index("state")
    assert periods.loc[controls.UNKNOWN, "start"] == pd.Timestamp("2021-10-09")
    assert periods.loc[controls.UNKNOWN, "end"] == pd.Timestamp("2021-12-31")
    assert periods.loc[controls.END_PASSED, "start"] == pd.Timestamp("2022-01-01")


def test_printed_ends_are_named_once_they_pass_and_a_month_before():
    rows = book(row("A", **READ_BY), pause() | READ_BY, row("B", end="2021-12-31", date_end_basis="later"))
    ahead = {day: list(controls.printed_ends(rows, day)["days"]) for day in ("2021-12-01", "2021-11-30", "2022-01-19")}
    assert ahead == {"2021-12-01": [30], "2021-11-30": [], "2022-01-19": [-19]}


def test_the_suspensions_to_november_2026_have_passed_and_neither_reading_is_an_outcome(register):
    states = controls.with_states(register, "2026-11-29").set_index("id")
    assert set(states.loc[OCTOBER_2025, "state"]) == {controls.END_PASSED}
    assert set(states.loc[OCTOBER_2025, "days_since"]) == {19}
    assert states.loc["CHN-2024-04-P2", ["state", "days_since"]].tolist() == [controls.END_PASSED, 2]
    readings = catalog.table("measure_readings").groupby("measure_id")["reading"].nunique()
    assert readings.to_dict() == {"CHN-2025-11": 2, "CHN-2025-12": 2}
    assert not {"CHN-2025-11", "CHN-2025-12"} & set(register.loc[register["effect"].eq("extends"), "affects"])


# --- days that are not days ---


def vague(how="month", **more):
    return row("A", "2020-06-30", "2020-06-30", **more) | {
        "date_announced_precision": how, "date_effective_precision": how, "date_end_precision": how,
    }  # fmt: skip


def test_within_the_month_in_which_a_day_falls_that_decides_the_state_is_open():
    rows = book(vague(end="2021-03-31", date_end_basis="later"))
    days = ["2020-05-31", "2020-06-01", "2020-06-29", "2020-06-30", "2021-03-01", "2021-03-02", "2021-04-01"]
    states = [controls.state(rows, "A", day) for day in days]
    assert states == [None, *[controls.UNKNOWN] * 2, "in force", "in force", controls.UNKNOWN, "repealed"]


def test_a_bar_says_that_its_first_day_is_not_known():
    periods = controls.spans(book(vague("year")), ["A"], "2022-01-01")
    assert periods["state"].tolist() == [controls.UNKNOWN, "in force"]
    assert periods["start"].tolist() == [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-06-30")]


@pytest.mark.parametrize(
    ("key", "column", "day"),
    [
        ("CHN-2023-02", "date_effective", "2023-12-01"),  # graphite: Xinhua, 20 October 2023
        ("USA-2026-09", "date_end", "2026-07-24"),  # 150 days after 24 February 2026
        ("USA-2025-11", "date_announced", "2025-11-07"),  # Federal Register
        ("VNM-2025-01", "date_effective", "2026-01-01"),
        ("CHN-2015-01", "date_effective", "2015-05-01"),
        ("CHN-2020-01", "date_announced", "2020-10-17"),
        ("CHN-2010-01", "date_announced", "2010-07-08"),
    ],
)
def test_days_that_a_public_text_prints_are_in_the_register(register, key, column, day):
    found = register.set_index("id").loc[key]
    assert found[column] == pd.Timestamp(day)
    assert found[f"{column}_precision"] == "day"


def test_150_days_after_24_february_2026_are_over_on_24_july():
    """Section 122 of the Trade Act of 1974, proclamation of 20 February 2026."""
    assert pd.Timestamp("2026-02-24") + pd.Timedelta(days=150) == pd.Timestamp("2026-07-24")


# --- what is over, and what is counted ---


def test_only_an_act_of_law_is_repealed():
    act = row("act", "2021-01-01", "2021-01-01", affects="law;halt;threat;inquiry;pact", effect="ends")
    rows = book(
        row("law"), row("halt", record="reported"), row("threat", record="plan"), act,
        row("inquiry", type="investigation"), row("pact", record="agreement"),
    )  # fmt: skip
    states = {key: controls.state(rows, key, "2021-06-01") for key in ("law", "halt", "threat", "inquiry", "pact")}
    ended = dict.fromkeys(("halt", "inquiry", "pact"), "ended")
    assert states == {"law": "repealed", "threat": "withdrawn"} | ended


def test_no_row_of_the_register_that_is_no_act_of_law_is_called_repealed(register):
    states = controls.with_states(register, "2026-11-29")
    repealed = states[states["state"].eq("repealed")]
    assert set(repealed["record"]) == {"measure"}
    assert "investigation" not in set(repealed["type"])


def test_an_instrument_and_its_versions_count_once_and_what_limits_nothing_does_not(register):
    rows = controls.china_exports_side(controls.with_states(register, "2026-11-29"))
    counted = controls.restricting(rows[rows["state"].eq("in force")])
    assert counted["restricts"].is_unique
    assert set(counted["record"]) == {"measure"}
    out = {"CHN-2001-01", "CHN-2005-02", "CHN-2025-13", "CHN-2026-02"}  # catalogue of 2001, rebate, general licences
    assert not out & set(counted["id"])
    assert {"CHN-2014-02", APRIL_2025, "CHN-2025-16"} <= set(counted["id"])


def test_before_its_revisions_the_first_catalogue_counts():
    day = "2009-06-30"
    rows = controls.with_states(catalog.table("measures", day), day)
    catalogue = controls.restricting(rows[rows["state"].eq("in force") & rows["restricts"].eq("CHN-2001-01")])
    assert list(catalogue["id"]) == ["CHN-2008-01"]


def test_a_statement_on_several_states_is_of_the_oldest_day(register):
    rows = controls.with_states(register, "2026-11-29").set_index("id").loc[[APRIL_2025, "CHN-2023-01"]]
    assert controls.known_by(rows) == pd.Timestamp("2026-07-02")
    assert list(controls.carried_least(rows).index) == ["CHN-2023-01"]


# --- oracles: the official texts, as told in the register's sources ---


def test_no_70_suspends_the_six_announcements_of_october_2025_to_10_november_2026(register):
    """MOFCOM-GACC Announcement No. 70 of 7 November 2025, for Nos 55, 56, 57, 58, 61 and 62."""
    rows = controls.with_states(register, LAST_DAY_KNOWN).set_index("id").loc[OCTOBER_2025]
    numbers = ["No. 55", "No. 56", "No. 57", "No. 58", "No. 61", "No. 62"]
    assert [text.rsplit("2025 ", 1)[1] for text in rows["number"]] == numbers
    assert set(rows["state"]) == {"suspended"}
    assert set(rows["suspended_until"]) == {pd.Timestamp("2026-11-10")}


def test_no_18_of_2025_was_never_suspended(register):
    """Announcement No. 18 of 4 April 2025: a licence is still needed on the last day known."""
    (period,) = controls.spans(register, [APRIL_2025], LAST_DAY_KNOWN).to_dict("records")
    assert period["state"] == "in force"
    assert period["start"] == pd.Timestamp("2025-04-04")
    assert pd.isna(period["end"])


def test_nos_55_to_58_were_suspended_before_they_took_effect(register):
    """They were to start on 8 November 2025; No. 70 came on 7 November."""
    states = controls.spans(register, OCTOBER_2025[:4], LAST_DAY_KNOWN).groupby("id")["state"].agg(list)
    assert all(states[key] == ["announced", "suspended"] for key in OCTOBER_2025[:4])
    technology = controls.spans(register, ["CHN-2025-10"], LAST_DAY_KNOWN)["state"]
    assert list(technology) == ["in force", "suspended"]  # No. 62 was in force at once


def test_the_ban_on_gallium_and_germanium_to_the_united_states_is_suspended_to_27_november_2026(register):
    """No. 46 of 2024: paragraph 2 paused by No. 72 of 2025, paragraph 1 (military users) stays."""
    rows = controls.with_states(register, LAST_DAY_KNOWN).set_index("id")
    assert rows.loc["CHN-2024-04-P2", "state"] == "suspended"
    assert rows.loc["CHN-2024-04-P2", "suspended_until"] == pd.Timestamp("2026-11-27")
    assert rows.loc["CHN-2024-04-P1", "state"] == "in force"
    assert rows.loc["CHN-2023-01", "state"] == "in force"  # the licence of August 2023


def test_nothing_open_is_claimed_after_the_end_of_knowledge(register):
    ends = controls.knowledge_ends("2026-11-22")
    assert ends == pd.Timestamp(LAST_DAY_KNOWN)
    for key in [APRIL_2025, *OCTOBER_2025]:
        assert controls.state(register, key, "2026-10-09", ends) == controls.UNKNOWN


def test_quotas_end_with_2014_and_duties_on_1_may_2015(register):
    """WTO DS431–433; the Ministry of Finance said on 23 April 2015 that export duties end on 1 May."""
    assert controls.state(register, "CHN-1998-01", "2014-12-31") == "in force"
    assert controls.state(register, "CHN-1998-01", "2015-01-01") == "repealed"
    assert controls.state(register, "CHN-2010-04", "2015-04-30") == "in force"
    assert controls.state(register, "CHN-2010-04", "2015-05-01") == "repealed"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-04-03", {}),
        ("2025-04-04", {"in force": 7}),
        ("2025-06-30", {"in force": 7}),
        ("2025-10-09", {"in force": 7, "announced": 5}),
        ("2025-11-07", {"in force": 7, "suspended": 5}),
        (LAST_DAY_KNOWN, {"in force": 7, "suspended": 5}),
        ("2026-10-09", {"not known": 12}),
    ],
)
def test_elements_under_licence_by_day(register, elements, day, expected):
    """Announcements No. 18 (seven elements) and No. 57 of 2025 (five more, making twelve of seventeen)."""
    calendar = controls.element_spans(register, catalog.table("measure_elements"), elements, day, day)
    counts = calendar["state"].value_counts().to_dict()
    assert sum(counts.values()) == 17
    assert {kind: n for kind, n in counts.items() if kind != "none"} == expected


def test_elements_as_known_now_state_the_last_day_known(register, elements):
    for day, now in ((LAST_DAY_KNOWN, "suspended"), ("2026-11-10", "suspended"), ("2026-11-11", controls.END_PASSED)):
        states = controls.element_states(register, catalog.table("measure_elements"), elements, day)
        seven = states[states["state"] == "in force"]
        assert sorted(seven["symbol"]) == sorted(["Sm", "Gd", "Tb", "Dy", "Lu", "Sc", "Y"])
        assert set(states[states["state"] == now]["symbol"]) == {"Ho", "Er", "Tm", "Eu", "Yb"}
        assert set(states[states["last_state"] == "suspended"]["symbol"]) == {"Ho", "Er", "Tm", "Eu", "Yb"}
        assert (states["state"] == "none").sum() == 5


def test_the_calendar_of_elements_covers_every_day_once(register, elements):
    calendar = controls.element_spans(register, catalog.table("measure_elements"), elements, "2026-11-22", "2025-01-01")
    assert calendar["symbol"].nunique() == 17
    for _, periods in calendar.groupby("symbol"):
        assert periods["start"].iloc[0] == pd.Timestamp("2025-01-01")
        joins = periods["start"].iloc[1:].tolist()
        assert joins == [end + pd.Timedelta(days=1) for end in periods["end"].iloc[:-1]]
        assert pd.isna(periods["end"].iloc[-1])


def test_an_element_of_april_is_not_drawn_by_the_end_of_a_suspension_that_binds_it_less(register, elements):
    """No. 18 names samarium and was never suspended; No. 61 names it too, and its suspension ended unread."""
    calendar = controls.element_spans(register, catalog.table("measure_elements"), elements, "2026-11-29", "2025-01-01")
    last = calendar.groupby("symbol")["state"].last()
    assert last[["Sm", "Eu", "La"]].tolist() == [controls.UNKNOWN, controls.END_PASSED, "none"]


# --- as of a day ---


def test_in_june_2023_nothing_of_august_2023_or_later_is_known():
    register = catalog.table("measures", "2023-06-30")
    assert register["date_announced"].max() <= pd.Timestamp("2023-06-30")
    assert not register["minerals"].fillna("").str.contains(r"\bGa\b").any()
    with pytest.raises(catalog.NoDataYet):
        catalog.table("measure_elements", "2023-06-30")


def test_in_june_2025_seven_elements_and_no_suspension():
    register, named = catalog.table("measures", "2025-06-30"), catalog.table("measure_elements", "2025-06-30")
    states = controls.element_states(register, named, catalog.table("elements"), "2025-06-30")
    assert (states["state"] == "in force").sum() == 7
    rows = controls.with_states(register, "2025-06-30")
    assert not (rows["state"] == "suspended").any()
    assert rows["known_to"].max() == pd.Timestamp("2025-06-30")


def test_an_end_that_was_not_foretold_is_not_shown_before_it_came():
    """Decree No. 12 of 2008 was replaced at the end of 2020; in 2015 nobody knew."""
    rows = controls.with_states(catalog.table("measures", "2015-06-30"), "2015-06-30").set_index("id")
    assert rows.loc["CHN-2008-01", "state"] == "in force"
    assert pd.isna(rows.loc["CHN-2008-01", "ended"])


def test_open_ends_lie_after_what_is_known():
    open_now = controls.open_ends(catalog.table("measures"), "2026-11-22")
    assert (open_now["date"] > open_now["known_to"]).all()
    assert pd.Timestamp("2026-11-10") in set(open_now[open_now["id"] == "CHN-2025-11"]["date"])
    then = controls.open_ends(catalog.table("measures", "2025-06-30"), "2025-06-30")
    assert then["date_announced"].max() <= pd.Timestamp("2025-06-30")


# --- quotas and duties ---


def test_quota_counts_of_domestic_and_of_all_firms_stay_apart():
    """Before 2010 two counts exist; in 2009 31,310 t (domestic firms) and 50,145 t (all firms)."""
    quotas = controls.year_quotas(catalog.table("export_quotas"))
    in_2009 = quotas[quotas["year"] == 2009].set_index("scope")["value_t_gross"]
    assert in_2009["domestic firms"] == 31310
    assert in_2009["all firms"] == 50145


def test_the_use_of_the_quota_is_that_of_all_firms():
    """2011: 16,900 t (association), 56% of the quota as the association prints it."""
    use = controls.quota_use(catalog.table("china_exports"), catalog.table("export_quotas"))
    association = use[(use["year"] == 2011) & (use["series"] == "association")]
    assert round(association["share"].iloc[0]) == 56
    assert (use["year"] >= 2009).all()


def test_a_year_known_in_part_gives_a_lower_bound():
    use = controls.quota_use(catalog.table("china_exports"), catalog.table("export_quotas"))
    part = use[use["month_end"] < 12]
    assert len(part)
    assert part["qualifier"].str.split(";").str[0].eq(">").all()


def test_duties_range_from_lowest_to_highest_and_end_at_zero():
    """2011 schedule: 15 to 25%; abolished in May 2015."""
    rates = controls.duty_range(catalog.table("export_duties"), "2026-11-22").set_index(["from", "bound"])["rate_pct"]
    assert rates[pd.Timestamp("2011-01-01"), "lowest"] == 15
    assert rates[pd.Timestamp("2011-01-01"), "highest"] == 25
    assert rates[pd.Timestamp("2015-05-01"), "highest"] == 0


def test_before_their_end_duties_run_on():
    rates = controls.duty_range(catalog.table("export_duties", "2015-01-01"), "2015-01-01")
    assert rates["from"].max() == pd.Timestamp("2015-01-01")
    assert rates[rates["from"] == rates["from"].max()]["rate_pct"].max() == 25


# --- exports ---


def test_magnet_exports_of_may_2025():
    """General Administration of Customs, June 2025: 1,238 t, 74% below May 2024; 46 t to the United States."""
    exports = catalog.table("china_exports")
    months = controls.monthly(exports, controls.MAGNETS).set_index("month")["value"]
    assert months[pd.Timestamp("2025-05-01")] == 1238
    changes = controls.yearly_changes(exports, controls.MAGNETS).set_index("month")
    assert changes.loc[pd.Timestamp("2025-05-01"), "change"] == -74
    assert not changes.loc[pd.Timestamp("2025-05-01"), "computed"]
    to_usa = controls.monthly(exports, controls.MAGNETS, destination="USA").set_index("month")["value"]
    assert to_usa[pd.Timestamp("2025-05-01")] == 46


def test_the_customs_headline_of_2025():
    """General Administration of Customs, January 2026: 62,585 t in 2025, 12.9% more than in 2024."""
    exports = catalog.table("china_exports")
    years = controls.whole_years(exports, controls.HEADLINE).set_index("year")["value"]
    assert round(years[2025]) == 62585
    assert years[2022] == 48728  # not ten times that: 4.9 wan tonnes are 49,000 t
    assert round(100 * (years[2025] / years[2024] - 1), 1) == 12.9


def test_computed_changes_meet_printed_ones():
    """July 2025 was printed as +5.7% on July 2024; both months are in the table."""
    months = controls.monthly(catalog.table("china_exports"), controls.MAGNETS)
    values = months.set_index("month")["value"]
    change = 100 * (values[pd.Timestamp("2025-07-01")] / values[pd.Timestamp("2024-07-01")] - 1)
    assert round(change, 1) == 5.7


def test_a_missing_month_is_missing_and_not_zero():
    months = controls.monthly(catalog.table("china_exports"), controls.MAGNETS)
    assert pd.Timestamp("2025-12-01") not in set(months["month"])


def series(values, destination="WLD"):
    rows = [
        {"product": controls.MAGNETS, "flow": "export", "measure": "weight", "series": "customs", "unit": "t",
         "year": 2000 + i // 12, "month_start": i % 12 + 1, "month_end": i % 12 + 1, "destination": destination,
         "value": value, "qualifier": ""}
        for i, value in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@relaxed
@given(st.floats(1, 1e6), st.integers(13, 60))
def test_a_constant_series_does_not_change(level, months):
    changes = controls.yearly_changes(series([level] * months), controls.MAGNETS)["change"]
    assert len(changes) == months - 12
    assert changes.abs().max() < 1e-6


@relaxed
@given(st.lists(st.floats(1, 1e5), min_size=13, max_size=40), st.floats(0.01, 100))
def test_changes_do_not_depend_on_the_unit(values, factor):
    plain = controls.yearly_changes(series(values), controls.MAGNETS)["change"]
    scaled = [value * factor for value in values]
    other = controls.yearly_changes(series(scaled), controls.MAGNETS)["change"]
    assert other.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-6, abs=1e-6)


def test_recent_months_count_back_from_the_newest():
    rows = controls.monthly(series(range(1, 61)), controls.MAGNETS)
    assert len(controls.recent(rows, 24)) == 24


def test_too_few_rows_say_when_there_were_enough():
    rows = catalog.table("china_exports")
    months = controls.monthly(rows, controls.MAGNETS)
    with pytest.raises(catalog.NoDataYet) as error:
        controls.enough(months.head(1), 2, months, dt.date(2023, 6, 30), "The monthly series")
    assert error.value.starts == sorted(months["published"])[1].date()


# --- prices ---


def test_the_gap_of_an_ask_is_a_lower_bound():
    """Adamas 2026: 96% of dysprosium use at 224 USD/kg on average, asks above 1,100 USD/kg in Europe."""
    rows = controls.traded_and_asked(catalog.table("prices"), "Dy oxide")
    paid = rows[rows["traded"]].sort_values("price").iloc[0]
    asked = rows[rows["kind"] == "ask"].iloc[0]
    assert paid["price"] == 224
    gap = controls.price_gap(Quantity.from_row(float(asked["price"]), asked["qualifier"]), Quantity(paid["price"]))
    assert gap.bound == ">"
    assert gap.value == pytest.approx(391, abs=0.5)


@relaxed
@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_a_gap_is_zero_when_prices_are_equal_and_positive_when_outside_is_dearer(inside, outside):
    gap = controls.price_gap(Quantity(outside), Quantity(inside)).value
    assert (gap > 0) == (outside / inside > 1)
    assert controls.price_gap(Quantity(inside), Quantity(inside)).value == pytest.approx(0)


def test_two_lower_bounds_leave_no_gap():
    with pytest.raises(Undetermined):
        controls.price_gap(Quantity(10, ">"), Quantity(5, ">"))


# --- counts ---


def test_new_measures_leave_out_suspensions_plans_and_statements():
    rows = book(
        row("A", announced="2020-03-01"),
        row("B", announced="2020-05-01", jurisdiction="USA"),
        row("C", announced="2020-06-01", type="suspension"),
        row("D", announced="2020-06-01", record="plan"),
        row("E", announced="2019-06-01"),
        row("F", announced="2020-06-01", jurisdiction="IND"),
    )
    counted = controls.new_measures(rows, 2020).set_index("actor")["measures"]
    assert counted.to_dict() == {"CHN": 1, "USA": 1, "OTH": 1}


def test_export_measures_exclude_production_quotas_and_the_lifting_of_duties(register):
    side = controls.china_exports_side(register)
    assert "CHN-2016-01" not in set(side["id"])  # a ceiling on mining at home
    assert "CHN-2015-01" not in set(side["id"])  # the end of duties
    assert {APRIL_2025, *OCTOBER_2025} <= set(side["id"])


def test_a_short_name_leaves_out_remarks_and_keeps_what_belongs_to_a_word():
    assert controls.short_name("Announcement No. 18 (Ministry of Commerce) of 2025") == "No. 18 of 2025"
    assert (
        controls.short_name("Action Plan, COM(2025) 945, and q()", "f(x)")
        == "Action Plan, COM(2025) 945, and q(), f(x)"
    )


def test_months_that_no_source_prints_become_empty_rows():
    rows = controls.monthly(series([1.0, 2.0, 3.0, 4.0, 5.0]), controls.MAGNETS).iloc[[0, 1, 4]]
    calendar = controls.on_calendar(rows, "destination")
    assert list(calendar["month"].dt.month) == [1, 2, 3, 4, 5]
    assert list(calendar["value"].isna()) == [False, False, True, True, False]
    assert set(calendar["destination"]) == {"WLD"}


def test_a_printed_year_goes_before_a_derived_one():
    """2019: 46,330 t as printed; 46,337 t when computed back from the change printed a year later."""
    years = controls.whole_years(catalog.table("china_exports"), controls.HEADLINE).set_index("year")["value"]
    assert years.index.is_unique
    assert years[2019] == 46330


def test_what_a_full_stop_of_gallium_and_germanium_would_cost():
    """USGS Open-File Report 2024-1057: 3.1 (1.7 to 8.2), 0.4 (0.01 to 1.1), together 3.4 (1.7 to 9.0) billion USD."""
    rows = catalog.table("statements")
    costs = controls.full_stop_costs(rows[rows["topic"] == "full stop"]).set_index("minerals")
    assert costs.loc["gallium", ["low", "value", "high"]].tolist() == [1.7, 3.1, 8.2]
    assert costs.loc["germanium", ["low", "value", "high"]].tolist() == [0.01, 0.4, 1.1]
    assert costs.loc["gallium and germanium", ["low", "value", "high"]].tolist() == [1.7, 3.4, 9.0]


def test_the_end_of_a_suspension_stands_in_the_act_that_suspends(register):
    measure = register[register["id"] == "CHN-2025-07"]
    rows = controls.with_suspending(register, measure)
    assert set(rows["id"]) == {"CHN-2025-07", "CHN-2025-11"}
    assert rows["date_end"].max() == pd.Timestamp("2026-11-10")
    alone = register[register["id"] == "CHN-2025-02"]
    assert list(controls.with_suspending(register, alone)["id"]) == ["CHN-2025-02"]
