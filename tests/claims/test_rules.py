"""A verdict follows from results, results from readings: unit tests and properties, without tables."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.claims import rules
from lib.claims.rules import CONTEXT, NATURAL, OTHER, Reading, Test
from lib.quantity import Quantity

SHARE = Test("X01", 1, "a share", "metric", {}, 2023, "equals", 70.0, None, 0.5, "%", "bare", False)


def declared(**changes) -> Test:
    return dataclasses.replace(SHARE, **changes)


def reading(value: float | None, bound: str = "", role: str = NATURAL, **more) -> Reading:
    return Reading("a reading", Quantity(value, bound), more.pop("unit", "%"), (), role=role, **more)


def says(test: Test, *readings: Reading, day: str = "2026-01-01") -> str:
    return rules.result(test, readings, pd.Timestamp(day)).outcome


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [
        (70, "", rules.MET),
        (69.5, "", rules.MET),
        (70.6, "", rules.UNMET),
        (60, "<", rules.UNMET),  # at most 60 excludes 70
        (80, "<", rules.OPEN),  # at most 80 leaves 70 possible
        (80, ">", rules.UNMET),
        (60, ">", rules.OPEN),
        (None, "", rules.OPEN),
    ],
)
def test_a_number_is_met_within_its_tolerance_and_a_bound_decides_only_what_it_excludes(value, bound, expected):
    assert says(SHARE, reading(value, bound)) == expected


@pytest.mark.parametrize(
    ("comparison", "value", "bound", "expected"),
    [
        ("more than", 70, "", rules.UNMET),
        ("more than", 70, ">", rules.MET),
        ("at least", 70, "", rules.MET),
        ("less than", 70, "", rules.UNMET),
        ("less than", 69, "<", rules.MET),
        ("less than", 71, "<", rules.OPEN),
        ("more than", 95, ">", rules.MET),
    ],
)
def test_thresholds_know_whether_their_end_belongs_to_them(comparison, value, bound, expected):
    assert says(declared(comparison=comparison), reading(value, bound)) == expected


def test_a_bare_number_is_met_where_the_rounding_of_the_source_reaches_it_and_an_about_is_not():
    near = reading(69.2, spread=rules.ratio_spread(270_000, 390_000))
    assert says(SHARE, near) == rules.ROUNDED
    assert says(declared(comparison="about"), near) == rules.UNMET


def test_a_year_or_edition_that_meets_a_test_beside_the_natural_one_narrows_it():
    assert says(SHARE, reading(60), reading(70, role=OTHER)) == rules.ONLY
    assert says(SHARE, reading(60), reading(70, role=CONTEXT)) == rules.UNMET
    assert says(SHARE, reading(70), reading(60, role=OTHER)) == rules.MET


def test_rival_readings_of_the_same_standing_that_disagree_make_no_full_support():
    assert says(SHARE, reading(70), reading(60)) == rules.ONLY


def test_another_unit_is_not_comparable():
    assert says(declared(comparison="same unit", unit="USD per piece"), reading(49, unit="USD/kg")) == rules.DIFFERENT
    assert says(SHARE, reading(70, unit="t")) == rules.DIFFERENT


def test_a_forecast_is_open_until_its_year_has_passed_and_then_it_is_tested():
    test = declared(comparison="forecast", low=2034.0, high=50.0)
    assert says(test, reading(70), day="2034-12-31") == rules.OPEN
    assert says(test, reading(70), day="2035-01-01") == rules.MET
    assert says(test, reading(40), day="2035-01-01") == rules.UNMET


def result(outcome: str, decides: bool = False, value: float | None = None) -> rules.Result:
    readings = ((reading(value), outcome),) if value is not None else ()
    return rules.Result(declared(decides=decides), readings, outcome, ())


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([result(rules.MET)], rules.SUPPORTED),
        ([result(rules.MET), result(rules.ROUNDED)], rules.SUPPORTED),
        ([result(rules.MET), result(rules.OPEN)], rules.ONLY),
        ([result(rules.MET), result(rules.UNMET)], rules.ONLY),
        ([result(rules.ONLY)], rules.ONLY),
        ([result(rules.OPEN)], rules.UNTESTABLE),
        ([result(rules.UNMET, value=7.0)], rules.FACTOR),
        ([result(rules.UNMET)], rules.UNSUPPORTED),
        ([result(rules.UNMET), result(rules.OPEN)], rules.UNSUPPORTED),
        ([result(rules.MET), result(rules.UNMET, decides=True)], rules.UNSUPPORTED),
        ([result(rules.MET), result(rules.UNMET, decides=True, value=14.0)], rules.FACTOR),
        ([result(rules.MET), result(rules.OPEN, decides=True)], rules.UNTESTABLE),
        ([result(rules.MET), result(rules.DIFFERENT)], rules.INCOMPARABLE),
    ],
)
def test_the_verdict_follows_from_the_results(results, expected):
    assert rules.verdict(results) == expected


def test_a_check_of_ours_that_was_wrong_is_void_whatever_the_data_say():
    assert rules.verdict([result(rules.MET)], void=True) == rules.VOID


def test_the_factor_is_the_stated_number_over_the_computed_one():
    assert rules.factor(result(rules.UNMET, value=7.0)) == pytest.approx(10)
    assert rules.factor(result(rules.UNMET, value=0.0)) is None
    assert rules.factor(result(rules.MET, value=70.0)) is None


values = st.floats(0.01, 1e9)


@given(values)
def test_a_printed_figure_lies_in_its_own_spread(value):
    low, high = rules.printed_spread(float(f"{value:.3g}"))
    assert low <= float(f"{value:.3g}") <= high


def test_a_round_total_is_read_as_rounded_to_two_digits():
    """The USGS rounds world totals to two or three digits: 300,000 does not stand for all from 250,000 to 350,000."""
    assert rules.printed_spread(300_000) == (295_000, 305_000)
    assert rules.printed_spread(376_000) == (375_500, 376_500)


@given(values, values, st.sampled_from(["", "<", ">"]), st.sampled_from(["equals", "about", "more than", "at least"]))
def test_an_exact_value_always_decides_and_every_outcome_is_of_the_scale(value, low, bound, comparison):
    test = declared(comparison=comparison, low=low, tolerance=low / 100)
    found = says(test, reading(value, bound))
    assert found in (rules.MET, rules.ROUNDED, rules.UNMET, rules.OPEN)
    assert bound or found != rules.OPEN


@given(st.lists(st.tuples(values, st.sampled_from([NATURAL, OTHER])), min_size=1), st.lists(values))
def test_context_never_counts(counted, context):
    readings = [reading(value, role=role) for value, role in counted]
    more = [reading(value, role=CONTEXT) for value in context]
    assert says(SHARE, *readings) == says(SHARE, *readings, *more)
