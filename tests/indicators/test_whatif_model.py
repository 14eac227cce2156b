"""The model of a cut: what must hold whatever is assumed, and two ways to one result."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.indicators import whatif
from lib.indicators.whatif import Conditions, Cut, Range
from lib.indicators.whatif.draws import DRAWN
from lib.tables import catalog

fraction = st.floats(0, 1)
part = st.floats(0, 0.3)
ramp = st.floats(0, 24)
reliefs = {
    "stock": st.floats(0, 4), "spare": part, "spare_ramp": ramp, "saving": part, "saving_ramp": ramp,
    "recycling": part, "recycling_ramp": ramp, "growth": st.floats(0, 0.02), "refill": part,
}  # fmt: skip
conditions = st.builds(Conditions, share=fraction, **reliefs)
cuts = st.builds(Cut, st.lists(fraction, max_size=24).map(tuple))
even = st.builds(Cut.even, fraction, st.integers(0, 24))
NEAR = 1e-9


def lost(cut: Cut, given: Conditions) -> float:
    return float(whatif.loss(cut, given))


def changed(given: Conditions, **values) -> Conditions:
    return Conditions(**(vars(given) | values))


@given(given=conditions, months=st.integers(0, 24))
def test_no_cut_no_loss(given, months):
    assert lost(Cut.even(0, months), given) == 0
    assert lost(Cut(()), given) == 0


@given(given=conditions, depths=st.tuples(fraction, fraction), months=st.integers(1, 24))
def test_loss_rises_with_depth(given, depths, months):
    low, high = sorted(depths)
    assert lost(Cut.even(low, months), given) <= lost(Cut.even(high, months), given) + NEAR


@given(given=conditions, depth=fraction, months=st.integers(1, 23))
def test_what_is_unserved_in_all_rises_with_length(given, depth, months):
    """In tonnes: the percentage of a period may fall, where relief sets in later."""
    shorter, longer = (
        sum(float(month.unserved) for month in whatif.simulate(Cut.even(depth, n), given)) for n in (months, months + 1)
    )
    assert shorter <= longer + NEAR


@given(depth=fraction, share=fraction, stock=st.floats(0, 4), months=st.integers(1, 23))
def test_the_percentage_rises_with_length_where_stocks_are_the_only_relief(depth, share, stock, months):
    given = Conditions(share=share, stock=stock)
    assert lost(Cut.even(depth, months), given) <= lost(Cut.even(depth, months + 1), given) + NEAR


@pytest.mark.parametrize("relief", ["stock", "spare", "saving", "recycling"])
@given(given=conditions, cut=cuts, more=st.floats(0, 1))
def test_loss_falls_with_stocks_and_capacity(relief, given, cut, more):
    richer = changed(given, **{relief: getattr(given, relief) + more})
    assert lost(cut, richer) <= lost(cut, given) + NEAR


@pytest.mark.parametrize("ramp", ["spare_ramp", "saving_ramp", "recycling_ramp"])
@given(given=conditions, cut=cuts, later=st.floats(0, 12))
def test_loss_rises_where_relief_comes_later(ramp, given, cut, later):
    assert lost(cut, given) <= lost(cut, changed(given, **{ramp: getattr(given, ramp) + later})) + NEAR


@given(given=conditions, cut=cuts)
def test_loss_lies_between_nothing_and_all_that_fails(given, cut):
    result = lost(cut, given)
    assert -NEAR <= result <= 100 * max(cut.depths, default=0) * given.share + NEAR


@given(given=conditions, cut=cuts, after=st.integers(0, 12))
def test_mass_is_conserved_in_every_month(given, cut, after):
    """What comes in, and what stocks give up, is what is used; with what is saved and unserved it is the demand."""
    stock = given.stock
    for month in whatif.simulate(cut, given, cut.months + after):
        inflow = month.delivered + month.others + month.extra + month.recycled
        assert month.use - month.saved - month.unserved == pytest.approx(inflow + month.from_stock - month.to_stock)
        assert month.stock == pytest.approx(stock + month.to_stock - month.from_stock, abs=NEAR)
        assert -NEAR <= month.stock <= given.stock + NEAR
        assert min(map(float, month)) >= -NEAR
        stock = month.stock


@given(given=conditions, cut=cuts)
def test_the_months_add_up_to_the_closed_form(given, cut):
    assert lost(cut, given) == pytest.approx(float(whatif.closed_form(cut, given)), abs=1e-7)


@given(given=conditions, depth=fraction)
def test_a_longer_cut_begins_as_a_shorter_one(given, depth):
    every = [float(value) for value in whatif.losses(Cut.even(depth, 12), given)]
    assert every[2] == pytest.approx(lost(Cut.even(depth, 3), given), abs=NEAR)


def test_a_case_that_can_be_done_by_hand():
    """Half of four fifths fails for three months: 0.4 a month; stocks of half a month and a tenth from others."""
    given = Conditions(share=0.8, stock=0.5, spare=0.1)
    months = list(whatif.simulate(Cut.even(0.5, 3), given))
    assert [round(float(month.unserved), 12) for month in months] == [0, 0.1, 0.3]
    assert lost(Cut.even(0.5, 3), given) == pytest.approx(100 * 0.4 / 3)


def test_stocks_are_refilled_after_the_cut():
    given = Conditions(share=1.0, stock=1.0, refill=0.25)
    stock = [float(month.stock) for month in whatif.simulate(Cut.even(0.5, 2), given, 7)]
    assert stock == pytest.approx([0.5, 0, 0.25, 0.5, 0.75, 1, 1])


@pytest.mark.parametrize("depth", [75, -0.1])
def test_a_depth_is_a_fraction(depth):
    with pytest.raises(ValueError, match="fraction"):
        Cut.even(depth, 3)


def test_a_length_is_not_negative():
    with pytest.raises(ValueError, match="0 months"):
        Cut.even(0.5, -1)


# --- what is assumed ---


@given(ends=st.lists(st.floats(0, 1000), min_size=3, max_size=3).map(sorted), places=st.lists(fraction, min_size=2))
def test_draws_lie_inside_their_range_and_in_order(ends, places):
    drawn = Range(*ends, pd.DataFrame()).at(np.array(sorted(places)))
    assert ((drawn >= ends[0] - 1e-6) & (drawn <= ends[2] + 1e-6)).all()
    assert (np.diff(drawn) >= -1e-6).all()


def test_draws_have_the_mean_of_a_triangle():
    drawn = Range(14, 61, 122, pd.DataFrame()).at(np.random.default_rng(1).random(200_000))
    assert drawn.mean() == pytest.approx((14 + 61 + 122) / 3, rel=0.005)


@pytest.fixture(scope="module")
def table():
    return whatif.assumptions(None)


def test_the_most_specific_range_counts(table):
    assert table.of("stock_days", stage="magnets", iso3="JPN").high == 122
    assert table.of("stock_days", stage="magnets", iso3="USA").high == 144
    assert table.of("saving", stage="magnets", iso3="USA").high == 10


def test_an_assumption_is_the_books_and_a_source_is_not(table):
    own = table.rows["source_id"] == "book-assumptions"
    assert (own == table.rows["kind"].eq("assumption")).all()
    assert table.rows["reason"].str.len().min() > 30
    assert set(DRAWN) <= set(table.rows["quantity"])


def test_the_growth_of_demand_is_that_of_the_iea(table):
    """Oracle: IEA, Outlook 2026: 93 kt in 2025; 112, 116 and 127 kt in 2030 (CPS, STEPS, HDS)."""
    rows = catalog.table("refined_supply").query(
        "flow == 'demand' and use == 'all uses' and edition == 'IEA July 2026'"
    )
    value = rows.set_index(["scenario", "year"])["value"]
    rates = [100 * ((value[name, 2030] / value["historical", 2025]) ** 0.2 - 1) for name in ("CPS", "STEPS", "HDS")]
    found = table.of("growth")
    assert [round(rate, 1) for rate in rates] == [found.low, found.mode, found.high]


def test_the_use_of_plants_is_that_on_record(table):
    """Oracle: MP Materials 2025, 2,599 t of 6,000 t; Lynas 2025, 1,509 + 2,080 + 2,003 + 1,404 t of 9,000 t."""
    made = catalog.table("refined_supply").query("flow == 'company_output' and year == 2025")
    lynas = made[made["company"].eq("Lynas Rare Earths") & made["product"].eq("NdPr")]["value"].sum()
    mountain = made[made["company"].eq("MP Materials") & made["product"].eq("NdPr oxide")]["value"].sum()
    found = table.of("utilisation")
    assert (round(100 * mountain / 6000), round(100 * lynas / 9000)) == (found.low, found.mode)


def test_the_stockpile_of_the_united_states_is_the_plan_over_imports(table):
    """Oracle: USGS MCS 2026, 450 t of magnet block; 7,500 t imported from China in 2024."""
    plan = catalog.table("us_stockpile").query("material == 'NdFeB magnet block'")["value"].iloc[0]
    bought = (
        catalog.table("magnet_production")
        .query("flow == 'imports' and iso3 == 'USA' and year == 2024")["value"]
        .iloc[0]
    )
    longer = table.of("stock_days", stage="magnets", iso3="USA").high - table.of("stock_days", stage="magnets").high
    assert longer == round(365 * plan / bought)
