"""What if, on the book's own tables: scenarios by economy, plants elsewhere, and two cuts that happened."""

from __future__ import annotations

import numpy as np
import pytest

from lib.indicators import dependence, whatif
from lib.indicators.whatif import Conditions
from lib.tables import catalog

BEFORE = "2025-06-30"


@pytest.fixture(scope="module")
def west():
    return dependence.circle("38 economies")


@pytest.fixture(scope="module")
def scenario(west):
    return whatif.scenario(None, west, draws=4_000)


# --- economies ---


def test_the_shares_are_those_of_western_dependence(scenario, west):
    """Oracle: BACI 2024, magnets: EU from outside 89.6, US 75.3, Korea 87.4, Japan 27.3% by value."""
    ends = scenario.importers.ends.set_index("importer")
    for code, share in (("EUX", 89.6), ("USA", 75.3), ("KOR", 87.4), ("JPN", 27.3)):
        assert ends.loc[code, "low"] - 1.2 <= share <= ends.loc[code, "high"] + 1.2
    assert not set(ends.index) & set(west.union)


def test_the_median_lies_between_closed_form_bounds(scenario):
    """The bounds: every range at the end that helps, and at the end that hurts."""
    for code in scenario.importers.codes:
        conditions = scenario.conditions(code)
        worst = {name: getattr(conditions, name).min() for name in ("stock", "spare", "saving", "recycling")}
        best = {name: getattr(conditions, name).max() for name in worst}
        ramps = {name: getattr(conditions, name) for name in ("spare_ramp", "saving_ramp", "recycling_ramp")}
        late = {name: value.max() for name, value in ramps.items()}
        soon = {name: value.min() for name, value in ramps.items()}
        share, growth = conditions.share, conditions.growth
        low, high = (
            float(whatif.closed_form(scenario.cut, Conditions(share=s, growth=g, **reliefs)))
            for s, g, reliefs in (
                (share.min(), growth.min(), best | soon),
                (share.max(), growth.max(), worst | late),
            )
        )
        median = scenario.table.set_index("importer").loc[code, "median"]
        assert low - 1 <= median <= high + 1


def test_the_draws_are_seeded_and_all_economies_meet_the_same(scenario):
    again = scenario.at(year=scenario.year)
    assert again.table.equals(scenario.table)
    one, other = (scenario.conditions(code).saving for code in scenario.importers.codes[:2])
    assert (one == other).all()


def test_no_cut_is_no_loss_for_anybody(scenario):
    assert (scenario.at(depth=0).table["high"] == 0).all()


def test_new_plants_lower_the_loss_and_fixed_stocks_bind_all(scenario):
    now, later = (scenario.at(year=year).table.set_index("importer")["median"].sort_index() for year in (2025, 2030))
    assert (later <= now + 1e-9).all()
    none, many = (scenario.at(stock_days=days).table.set_index("importer")["median"] for days in (0, 180))
    assert none.min() > 0
    assert many.max() == 0


def test_what_is_missing_is_found_or_unserved(scenario):
    rows = scenario.balance("EUX")
    conditions = scenario.conditions("EUX")
    missing = 100 * float(np.mean(conditions.share)) * scenario.cut.depth
    assert rows.groupby("month")["value"].sum().to_numpy() == pytest.approx(missing, rel=1e-6)


def test_stocks_drive_the_result_most(scenario):
    table = scenario.tornado("EUX")
    assert table["quantity"].iloc[0] == "stock_days"
    assert table["span"].is_monotonic_decreasing
    assert (table["low"] <= table["middle"] + 1e-9).all()
    assert (table["middle"] <= table["high"] + 1e-9).all()
    assert table.set_index("quantity").loc["refill", "span"] == 0, "what comes after the cut does not change its loss"


def test_compounds_have_shares_of_their_own(west):
    table = whatif.scenario(None, west, stage="compounds", draws=500).importers.ends.set_index("importer")
    assert table.loc["EUX", "low"] == pytest.approx(45.7, abs=0.1)


def test_an_unknown_stage_is_refused(west):
    with pytest.raises(ValueError, match="magnets, compounds"):
        whatif.importers(None, west, 8, "ore")


def test_before_its_data_there_is_no_model(west):
    with pytest.raises(catalog.NoDataYet):
        whatif.scenario(BEFORE, west)


# --- plants ---


@pytest.fixture(scope="module")
def plants():
    return whatif.plants(None)


def test_a_plant_that_repeats_another_adds_the_difference(plants):
    """MP Materials counts 10,000 t for both of its plants; Independence has 1,000 of them."""
    rows = plants.rows.set_index("facility_id")["t"]
    assert (rows["F028"], rows["F029"]) == (1000, 9000)


def test_delays_and_doubt_only_take_away(plants):
    table = plants.by_year(2025, 2035).pivot_table(index="year", columns="way", values="t")
    assert (table["with the delays on record"] <= table["on time"] + 50).all()
    assert (table["on time"] <= table["announced"]).all()


def test_leaving_plants_out_one_by_one_takes_the_whole(plants):
    table = plants.without(2030)
    assert table["part"].sum() == pytest.approx(100)
    assert table["matters"].is_monotonic_decreasing


# --- two cuts that happened ---


def test_the_spring_of_2025(scenario):
    """Oracle: customs: 2,628, 1,238 and 3,188 t in April to June 2025; 58,152 t in 2024."""
    spring = whatif.spring(None, scenario)
    assert list(spring.during["value"]) == [2628, 1238, 3188]
    assert spring.shortfall().value == pytest.approx(100 * (1 - 7054 / 3 / (58152 / 12)))
    assert spring.deepest().value == pytest.approx(74.5, abs=0.1)
    later = spring.modelled().set_index("month")["t"]["2025-07-01":]
    observed = spring.after.set_index("month")["value"]
    error = (later / observed - 1).abs()
    assert error.mean() < 0.10, "deliveries after the cut are met within a tenth, by an assumption that was set on them"
    assert spring.stopped().value < 20, "and yet plants stopped: the model sees one cut for all"
    assert spring.to_usa(None).value > spring.deepest().value > whatif.to_britain(None).value


def test_the_quotas_of_2010_to_2012(scenario):
    """Oracle: exports were 56% of the quota of 2011 (industry association) and 16,265 of 30,996 t in 2012."""
    quotas = whatif.quota_years(None, scenario)
    assert quotas.used(2011).value == pytest.approx(56, abs=0.5)
    assert quotas.used(2012).value == pytest.approx(52.5, abs=0.1)
    assert quotas.modelled().value > 5, "the model leaves use unserved although the quota was not used up"
