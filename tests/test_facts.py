"""A number for the prose: recorded with its derivation, formatted in one place."""

import pandas as pd
import pytest

from lib import facts, run
from lib.quantity import Quantity
from lib.tables import catalog
from tests import small_data


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_DATA", str(small_data.write(tmp_path / "data")))
    run.start("reserves")
    return catalog.table("output")


def record(rows, **more):
    given = {"scope": "mine output", "period": 2024, "formula": "China over world", "rows": rows} | more
    return facts.record("china-share", given.pop("quantity", 69.23), given.pop("unit", "%"), **given)


def test_a_fact_carries_its_derivation(rows):
    china = rows[rows.iso3 == "CHN"]
    fact = record(china)
    assert (fact.id, str(fact), fact.period) == ("reserves.china-share", "69%", "2024")
    (entry,) = fact.inputs
    assert entry["table"] == "output"
    assert entry["row"] == china.index[0]
    assert (entry["source_id"], entry["published"], entry["value"]) == ("late", "2026-03-05", 270000)
    assert facts.recorded() == [fact]
    assert 'href="fact:reserves.china-share"' in fact.as_html()


def test_a_number_on_states_is_of_the_oldest_day_to_which_its_sources_carry_them(rows):
    states = rows.assign(known_to=pd.to_datetime(["2026-10-08"] * (len(rows) - 1) + ["2026-07-02"]))
    for period in ("2026-11-29", "2026-10-08"):
        with pytest.raises(ValueError, match="2026-07-02"):
            record(states, period=period)
    assert record(states, period="2026-07-02").inputs[-1]["known_to"] == "2026-07-02"
    assert record([rows, states], period="2026-07-02").period == "2026-07-02"


def test_a_number_on_many_states_hands_their_oldest_day_on(rows):
    many = pd.concat([rows] * 30)
    many.attrs = dict(rows.attrs)
    states = many.assign(known_to=pd.Timestamp("2026-07-02"))
    assert {entry["known_to"] for entry in record(states, period="2026-07-02").inputs} == {"2026-07-02"}


def test_recording_twice_replaces(rows):
    record(rows)
    again = record(rows, quantity=70)
    assert facts.recorded() == [again]


@pytest.mark.parametrize(
    ("quantity", "unit", "places", "text"),
    [
        (Quantity(69.23), "%", None, "69%"),
        (Quantity(58.67, "<"), "%", 1, "at most 58.7%"),
        (Quantity(90, ">"), "%", None, "more than 90%"),
        (Quantity(270000), "t", None, "270,000 t"),
        (Quantity(6.3), "Mt", None, "6.3 Mt"),
        (Quantity(44), "Mt", None, "44 Mt"),
        (Quantity(-74.2), "%", None, "−74%"),
        (Quantity(168), "million USD", None, "USD 168 million"),
        (Quantity(0.5), "%", None, "1%"),
        (Quantity(None), "%", None, "not available"),
    ],
)
def test_numbers_become_text_in_one_place(quantity, unit, places, text):
    assert facts.format_quantity(quantity, unit, places) == text


def test_a_headline_refuses_low_confidence(rows):
    with pytest.raises(facts.LowConfidence, match="output row"):
        record(rows[rows.series == "quoted"], headline=True)
    assert record(rows[rows.series == "quoted"]).text == "69%"


def test_what_is_no_fact_is_refused(rows):
    with pytest.raises(ValueError, match="no value"):
        record(rows, quantity=None)
    with pytest.raises(ValueError, match="no source row"):
        record(rows[rows.iso3 == "QQQ"])
    with pytest.raises(ValueError, match=r"catalog\.table"):
        record(pd.DataFrame({"source_id": ["early"]}))
    with pytest.raises(ValueError, match="lower-case"):
        facts.record("China share", 1, "%", scope="", period=1, formula="", rows=rows)


def test_a_number_that_rests_on_an_estimate_is_one(rows):
    """A sum, a share, a change of rows that the publisher marks as estimated say so; a count of them does not."""
    estimated = rows.assign(qualifier=[""] * (len(rows) - 1) + [">;e"])
    assert record(estimated).estimated
    assert record([rows.assign(qualifier=""), estimated]).qualifier == "estimate"
    assert record(rows.assign(qualifier="", flags="partial_members;weight_estimated")).estimated
    assert not record(rows.assign(qualifier="derived;trade", flags="no_weight")).estimated
    assert not record(estimated, unit="count", quantity=len(rows)).estimated
