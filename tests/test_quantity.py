"""Bounds and estimates survive arithmetic."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.quantity import (
    EQUAL,
    HIGHER,
    LOWER,
    OPEN,
    MixedBases,
    Quantity,
    Undetermined,
    compared,
    hhi,
    one_basis,
    share,
    total,
)

amounts = st.floats(min_value=0.001, max_value=1e9, allow_nan=False)


def test_a_share_over_a_lower_bound_is_an_upper_bound():
    """USGS MCS 2026 v1.3: China 44 Mt of a world total printed as `>75,000,000`."""
    result = share(44, Quantity.from_row(75, ">"))
    assert (round(result.value, 1), result.bound) == (58.7, "<")


def test_a_lower_bound_over_an_exact_total_stays_a_lower_bound():
    assert share(Quantity(90, ">"), 100) == Quantity(90.0, ">")


@pytest.mark.parametrize("cell", [44, 44.0, np.float64(44), np.int64(44)])
def test_any_number_of_a_table_is_read(cell):
    assert Quantity.from_row(cell, "e") == Quantity(44.0, "", estimated=True)


@pytest.mark.parametrize("cell", [None, float("nan"), np.float64("nan"), pd.NA])
def test_an_empty_cell_is_missing_and_makes_results_missing(cell):
    withheld = Quantity.from_row(cell, "W")
    assert withheld.missing
    assert (withheld + 5).missing
    assert share(withheld, 100).missing


def test_estimates_are_contagious():
    assert share(Quantity(1, estimated=True), 2).estimated


def test_opposite_bounds_say_nothing():
    with pytest.raises(Undetermined):
        Quantity(5, ">") - Quantity(3, ">")
    with pytest.raises(Undetermined):
        Quantity(5, ">") / Quantity(3, ">")


def test_a_sum_with_a_missing_part_is_a_lower_bound():
    assert total([Quantity(3), Quantity(None), Quantity(4)]) == Quantity(7, ">")
    assert total([Quantity(None)]).missing


@given(part=amounts, whole=amounts, slack=st.floats(min_value=1, max_value=100))
def test_the_bound_of_a_share_holds_for_every_total_that_the_source_allows(part, whole, slack):
    bounded = share(part, Quantity(whole, ">"))
    true_share = 100 * part / (whole * slack)
    assert bounded.bound == "<"
    assert true_share <= bounded.value * (1 + 1e-12) or true_share > 100


@given(a=amounts, b=amounts, more=amounts)
def test_a_difference_is_bounded_on_the_right_side(a, b, more):
    assert (a + more) - b >= (Quantity(a, ">") - b).value - 1e-6
    assert a - (b + more) <= (Quantity(a) - Quantity(b, ">")).value + 1e-6


@given(st.lists(st.floats(min_value=0.01, max_value=100), min_size=1, max_size=20))
def test_hhi_lies_between_equal_shares_and_monopoly(weights):
    shares = [100 * weight / sum(weights) for weight in weights]
    assert 10_000 / len(shares) - 1e-6 <= hhi(shares) <= 10_000 + 1e-6


@pytest.mark.parametrize("shares", [[120], [-1], [60, 60]])
def test_hhi_refuses_what_is_no_set_of_shares(shares):
    with pytest.raises(ValueError, match="shares"):
        hhi(shares)


bounds = st.sampled_from(["", "<", ">"])
factors = st.floats(min_value=1, max_value=100)


def truth(quantity: Quantity, slack: float) -> float:
    """A true value that the printed one allows: at most, more than, or itself."""
    return {"": quantity.value, "<": quantity.value / slack, ">": quantity.value * slack}[quantity.bound]


@given(amounts, bounds, factors, amounts, bounds, factors)
def test_a_comparison_holds_for_every_pair_of_values_that_the_bounds_allow(a, mark, slack, b, other, more):
    first, second = Quantity(a, mark), Quantity(b, other)
    one, two = truth(first, slack), truth(second, more)
    said = compared(first, second)
    assert said != HIGHER or one > two
    assert said != LOWER or one < two
    assert said != EQUAL or one == two


@given(amounts, bounds, amounts, bounds)
def test_a_comparison_turned_round_says_the_opposite(a, mark, b, other):
    turned = {HIGHER: LOWER, LOWER: HIGHER, EQUAL: EQUAL, OPEN: OPEN}
    assert compared(Quantity(b, other), Quantity(a, mark)) == turned[compared(Quantity(a, mark), Quantity(b, other))]


def test_a_share_below_an_upper_bound_is_not_known_to_be_lower():
    """Belgium: 45.4% in 2024 against at most 46.1% in 2002."""
    assert compared(45.4, Quantity(46.1, "<")) == OPEN
    assert compared(47.0, Quantity(46.1, "<")) == HIGHER
    assert compared(Quantity(None), 1) == OPEN


@given(amounts, amounts)
def test_masses_on_two_bases_are_neither_added_nor_divided_nor_compared(a, b):
    gross, oxide = Quantity(a, basis="gross"), Quantity(b, basis="REO")
    for refused in (lambda: gross + oxide, lambda: gross - oxide, lambda: gross / oxide, lambda: share(gross, oxide),
                    lambda: total([gross, oxide]), lambda: compared(gross, oxide)):  # fmt: skip
        with pytest.raises(MixedBases):
            refused()


def test_a_sum_keeps_its_basis_and_a_share_has_none():
    oxide = Quantity(3, basis="REO")
    assert (oxide + oxide).basis == "REO"
    assert (oxide * 2).basis == "REO"
    assert share(oxide, oxide).basis == ""
    assert one_basis(["", "REO", "REO"]) == "REO"
