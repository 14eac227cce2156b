"""The indicators of Western dependence: formulas, bounds, and published figures reproduced from data/.

Numbers named "oracle" are printed by the publisher named beside them. Those of trade belong to one dataset each:
UN Comtrade and BACI differ by a point or so for the same flow.
"""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.indicators import common, dependence
from lib.quantity import Quantity
from lib.tables import catalog

fraction = st.floats(0, 1)
positive = st.floats(1, 1e6)


# --- the tables, read once ---


@pytest.fixture(scope="module")
def groups():
    return catalog.table("country_groups")


@pytest.fixture(scope="module")
def magnets():
    return common.select("trade_flows", None, "Magnet trade", dataset="baci", hs_code="850511", flow="import")


@pytest.fixture(scope="module")
def comtrade():
    return catalog.table("trade_shares")


def salient(as_of=None, vintages="all"):
    return catalog.table("us_salient", as_of, vintages=vintages)


def of(frame, **equal):
    for column, value in equal.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, f"{equal}: {len(frame)} rows"
    return frame.iloc[0]


# --- who is the West ---


def test_the_38_economies_are_the_union_and_eleven_more(groups):
    west = dependence.members(groups, dependence.WEST_38)
    assert len(west) == 38 == len(set(west))
    assert {"USA", "JPN", "TWN", "EST"} <= set(west)
    assert "CHN" not in west


@pytest.mark.parametrize(("name", "count"), [("EU27", 27), ("G7", 7), ("NATO", 32), ("OECD", 38)])
def test_named_groups_have_their_members(groups, name, count):
    assert len(dependence.members(groups, name)) == count


def test_a_union_that_is_a_member_counts_as_its_states():
    table = pd.DataFrame(
        [("EU27", "FRA", "member", None), ("EU27", "DEU", "member", None), ("Club", "EU27", "member", None),
         ("Club", "JPN", "signatory", None), ("Club", "KOR", "observer", None), ("Club", "CAN", "member", "2024")],
        columns=["group", "iso3", "role", "to"],
    )  # fmt: skip
    assert dependence.members(table, "Club") == ["DEU", "FRA", "JPN"]


def test_an_unknown_group_names_those_there_are(groups):
    with pytest.raises(ValueError, match=r"38 economies.*G7.*OECD"):
        dependence.members(groups, "the Occident")


# --- net import reliance ---


@given(consumption=positive, produced=fraction)
def test_reliance_is_what_production_does_not_cover(consumption, produced):
    result = dependence.reliance(Quantity(consumption), Quantity(consumption * produced))
    assert result.value == pytest.approx(100 * (1 - produced), abs=1e-6)


def test_reliance_keeps_the_mark_of_an_estimate_and_of_a_bound():
    result = dependence.reliance(Quantity(100.0, estimated=True), Quantity(10.0, ">"))
    assert result.estimated
    assert result.bound == "<"


def test_reliance_needs_consumption():
    with pytest.raises(ZeroDivisionError):
        dependence.reliance(Quantity(0.0), Quantity(1.0))


@pytest.mark.parametrize(
    ("printed", "half"), [(4300.0, 50), (9010.0, 5), (27000.0, 500), (95.0, 0.5), (0.0, 0), (0.7, 0.05)]
)
def test_half_a_unit_of_the_last_printed_digit(printed, half):
    assert dependence.half_unit(printed) == pytest.approx(half)


@given(consumption=st.integers(1000, 99999), part=st.floats(0, 0.9))
def test_the_rounding_range_holds_the_plain_result(consumption, part):
    production = float(int(consumption * part))
    low, high = dependence.reliance_range(float(consumption), production)
    assert low - 1e-9 <= 100 * (1 - production / consumption) <= high + 1e-9


@pytest.mark.parametrize(("edition", "year", "printed"), [("MCS2025", 2024, 80), ("MCS2026", 2024, 53)])
def test_us_reliance_for_2024_as_each_edition_prints_it(edition, year, printed):
    """Oracle: USGS MCS 2025 prints 80% for 2024, MCS 2026 53%; both follow from the AC and P printed beside them."""
    table = dependence.reliance_by_edition(salient())
    row = of(table, edition=edition, year=year)
    assert row["printed"] == printed
    assert dependence.agrees(row["printed"], row["qualifier"], row["low"], row["high"])


def test_every_printed_reliance_follows_from_its_own_edition():
    """Every edition that prints consumption and production of compounds and metals agrees with its own NIR."""
    table = dependence.reliance_by_edition(salient()).dropna(subset="computed")
    assert len(table) >= 20
    bad = [r for r in table.itertuples() if not dependence.agrees(r.printed, r.qualifier, r.low, r.high)]
    assert bad == []


@pytest.mark.parametrize(("as_of", "newest", "value"), [("2025-06-30", "MCS2025", 80), (None, "MCS2026", 53)])
def test_the_newest_figure_for_2024_depends_on_the_day(as_of, newest, value):
    rows = common.select(
        "us_salient", as_of, "x", commodity="rare earths", series="net_import_reliance.compounds_metals", year=2024
    )
    assert rows["edition"].tolist() == [newest]
    assert rows["value"].tolist() == [value]


def test_nothing_was_known_of_2024_in_mid_2023():
    assert dependence.reliance_by_edition(salient("2023-06-30"))["year"].max() == 2022


def test_unit_values_come_whole_from_one_edition():
    """Oracle: MCS 2026 values US imports at 168 (2024) and 165 (2025) million USD."""
    table = dependence.unit_values(salient()).set_index("year")
    assert table.loc[2024, "value"] == 168
    assert table.loc[2025, "value"] == 165
    assert table.loc[2025, "volume"] == 21350
    assert set(table.loc[[2024, 2025], "edition"]) == {"MCS2026"}
    assert table.loc[2025, "unit_value"] < table.loc[2024, "unit_value"] / 2


def test_us_import_sources_of_2021_to_2024():
    """Oracle: USGS MCS 2026: China 71, Malaysia 13, Japan 5, Estonia 5, other 6%."""
    rows = common.select("us_import_sources", None, "x", commodity="rare earths", period_end=2024)
    shares = dict(zip(rows["partner"], rows["share_pct"], strict=True))
    assert shares == {"CHN": 71, "MYS": 13, "JPN": 5, "EST": 5, "OTH": 6}


# --- trade ---


def flows(*rows):
    columns = ["reporter", "partner", "year", "value_usd", "flags", "source_id", "confidence", "published"]
    filled = [(*row, "", "s", "high", pd.Timestamp("2026-01-31"))[:8] for row in rows]
    return pd.DataFrame(filled, columns=columns)


def test_a_share_leaves_trade_with_oneself_out():
    table = dependence.suppliers(flows(("A", "CHN", 2024, 60), ("A", "B", 2024, 40), ("A", "A", 2024, 900)))
    row = of(table, reporter="A")
    assert row["share"] == 60
    assert row["hhi"] == 60**2 + 40**2
    assert row["leader"] == "CHN"
    assert row["total"] == 100


def test_an_importer_without_chinese_goods_has_a_share_of_zero():
    assert of(dependence.suppliers(flows(("A", "B", 2024, 5))), reporter="A")["share"] == 0


@settings(deadline=None)  # a table is grouped for each example: slow on a busy machine
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_concentration_lies_between_equal_shares_and_monopoly(values):
    table = dependence.suppliers(flows(*[("A", f"P{i}", 2024, value) for i, value in enumerate(values)]))
    assert 10_000 / len(values) - 1e-6 <= table["hhi"].iloc[0] <= 10_000 + 1e-6
    assert table["leader_share"].iloc[0] >= 100 / len(values) - 1e-6


def test_a_list_of_the_largest_flows_only_gives_an_upper_bound():
    cut = flows(("A", "CHN", 2010, 60), ("A", "B", 2010, 40)).assign(flags="baci_reconciled;largest_flows_only")
    assert "<" in of(dependence.suppliers(cut), reporter="A")["qualifier"].split(";")


def test_trade_inside_a_union_is_no_import_of_the_union():
    rows = flows(("A", "B", 2024, 80), ("A", "CHN", 2024, 10), ("B", "X", 2024, 30), ("B", "A", 2024, 5))
    union = dependence.suppliers(dependence.outside(rows, ["A", "B"], "U"))
    assert of(union, reporter="U")["share"] == 25
    assert of(union, reporter="U")["total"] == 40
    apart = dependence.suppliers(dependence.without_trade_inside(rows, ["A", "B"]))
    assert of(apart, reporter="A")["share"] == 100


def test_bloc_of_all_reporters_lies_between_the_shares_of_its_members(magnets, groups):
    union = dependence.members(groups, "EU27")
    recent = magnets[magnets["year"] == 2024]
    bloc = of(dependence.suppliers(dependence.outside(recent, union, "EUX")), reporter="EUX")["share"]
    each = dependence.suppliers(dependence.outside(recent, union))["share"]
    assert each.min() <= bloc <= each.max()


@pytest.mark.parametrize(("year", "share"), [(2002, 44), (2010, 33), (2024, 28)])
def test_japan_share_of_chinese_magnets(magnets, year, share):
    """Oracle: BACI V202601, HS 850511 by value: Japan 44% (2002), 33% (2010), 28% (2024)."""
    japan = of(dependence.suppliers(magnets[magnets["reporter"] == "JPN"]), year=year)
    assert math.floor(japan["share"] + 0.5) == share or abs(japan["share"] - share) <= 0.5


@pytest.mark.parametrize(
    ("importer", "comtrade_share", "baci_share"),
    [("EUX", 89.65, 88.62), ("USA", 75.25, 74.47), ("KOR", 87.40, 87.44), ("JPN", 27.26, 27.58)],
)
def test_magnets_from_china_in_2024_in_two_datasets(comtrade, magnets, groups, importer, comtrade_share, baci_share):
    """Oracle: UN Comtrade 2024: EU27 from outside 89.6, US 75.3, Korea 87.4, Japan 27.3%; BACI within 1.1 points."""
    row = of(
        comtrade,
        dataset="comtrade_2024", importer=importer, product="850511", basis="value", partner="CHN", month_start=1,
    )  # fmt: skip
    assert row["share"] == pytest.approx(comtrade_share, abs=0.005)
    year = magnets[magnets["year"] == 2024]
    if importer == "EUX":
        year = dependence.outside(year, dependence.members(groups, "EU27"), "EUX")
    assert of(dependence.suppliers(year), reporter=importer)["share"] == pytest.approx(baci_share, abs=0.01)


def test_all_western_importers_are_there_in_full_years(magnets, groups):
    west = dependence.members(groups, dependence.WEST_38)
    table = dependence.suppliers(magnets[magnets["reporter"].isin(west)])
    assert table.groupby("year")["reporter"].nunique()[[2022, 2024]].tolist() == [38, 38]
    assert table["share"].dropna().between(0, 100).all()
    bounds = table["qualifier"].str.split(";").map(lambda marks: "<" in marks or "NA" in marks)
    assert set(table.loc[~bounds, "year"]) == {2022, 2024}, "only the years with all flows are exact"


def test_eu_compounds_and_metals_of_2025(comtrade):
    """Oracle: members' imports from outside in 2025 add up to 15,174 t: China 45.7, Russia 25.8, Malaysia 23.1%."""
    rows = comtrade[(comtrade["importer"] == "EUX") & (comtrade["dataset"] == "comtrade_2025_ree_flows")]
    shares = dict(zip(rows["partner"], rows["share"], strict=True))
    assert round(rows["total_kg"].iloc[0] / 1000) == 15174
    assert [round(shares[code], 1) for code in ("CHN", "RUS", "MYS")] == [45.7, 25.8, 23.1]
    assert sum(shares.values()) == pytest.approx(100, abs=0.05)


@pytest.mark.parametrize(("year", "month_end", "tonnes"), [(2022, 12, 74885), (2025, 12, 16801), (2026, 4, 62)])
def test_us_ore_to_china(year, month_end, tonnes):
    """Oracle: USITC DataWeb, HS 2846 to China: 74,885 t (2022), 16,801 (2025), 62 (January to April 2026)."""
    rows = common.select(
        "trade_flows", None, "x", dataset="usitc", flow="export", hs_code="2846", partner="CHN", year=year
    )
    assert round(of(rows, month_end=month_end)["weight_kg"] / 1000) == tonnes


def test_full_years_only_and_the_rest_together():
    rows = common.select("trade_flows", None, "x", dataset="usitc", flow="export", hs_code="2846")
    table = dependence.weight_in_tonnes(rows, ["CHN"])
    assert table["year"].max() == 2025
    assert set(table["partner"]) == {"CHN", "OTH"}
    assert round(of(table, year=2022, partner="CHN")["t"]) == 74885


@pytest.mark.parametrize("as_of", ["2023-06-30", "2025-06-30", "2015-01-01"])
def test_baci_was_not_public_before_2026(as_of):
    with pytest.raises(catalog.NoDataYet) as caught:
        common.select("trade_flows", as_of, "Magnet trade", dataset="baci", hs_code="850511")
    assert caught.value.starts.isoformat() == "2026-01-31"


def test_partners_beyond_the_named_are_added_up(magnets):
    japan = dependence.by_partner(magnets[magnets["reporter"] == "JPN"], "value_usd", ["CHN", "PHL", "VNM"])
    assert set(japan["partner"]) == {"CHN", "PHL", "VNM", "ROW"}
    assert japan.groupby("year")["share"].sum().between(99.999, 100.001).all()


@pytest.mark.parametrize(
    ("estimate", "share"),
    [("eu27-98-percent", 98), ("eu27-magnets-2024-value", 92.72), ("eu27-lree-processing-crm2023", 85),
     ("eu27-ree-2024-weight", 46.3)],
)  # fmt: skip
def test_the_four_eu_shares_stand_side_by_side(estimate, share):
    """Oracle: 98 (statements, low confidence), 92.7 (Eurostat, magnets), 85 (processing), 46.3 (metals, compounds)."""
    row = of(catalog.table("dependence_estimates"), estimate_id=estimate)
    assert row["share"] == share
    assert (row["confidence"] == "low") == (estimate == "eu27-98-percent")


# --- risk ---


@given(*[st.floats(0, 10)] * 2, fraction, fraction, st.floats(0.5, 1))
def test_supply_risk_stays_between_the_two_concentrations(world, union, reliance, recycled, substitution):
    risk = dependence.supply_risk(world, union, reliance, recycled, substitution)
    factor = (1 - recycled) * substitution
    assert min(world, union) * factor - 1e-9 <= risk <= max(world, union) * factor + 1e-9


def test_supply_risk_without_imports_rests_on_the_domestic_mix_alone():
    assert dependence.supply_risk(9.0, 2.0, 0.0, 0.0, 1.0) == 2.0


def test_supply_risk_of_2017_reproduces_every_published_score():
    """Oracle: European Commission 2017, all materials assessed with global and EU supply; formula of Blengini 2017.

    The inputs are printed with one decimal: the score must lie in the range that their rounding allows.
    """
    table = dependence.supply_risk_table(catalog.table("eu_criticality"))
    assert len(table) == 59
    assert table["rare_earth"].sum() == 15
    assert (table["low"] <= table["printed"] + 0.05).all()
    assert (table["high"] >= table["printed"] - 0.05).all()
    neodymium = of(table, material_key="neodymium")
    assert neodymium["printed"] == 4.8
    assert neodymium["computed"] == pytest.approx(4.72, abs=0.01)


def test_the_65_percent_rule_looks_at_third_countries(groups):
    """Oracle: EU assessment 2023, processing: light rare earths 85% and yttrium 61% from China."""
    union = dependence.members(groups, "EU27")
    table = dependence.leading_sources(catalog.table("eu_criticality"), union)
    assert not set(table["iso3"]) & set(union)
    for material, share in (("neodymium", 85), ("yttrium", 61)):
        row = of(table, material_key=material, stage="processing")
        assert (row["iso3"], row["value"]) == ("CHN", share)


def test_days_of_cover():
    assert dependence.days_of_cover(Quantity(300.0), Quantity(27000.0, estimated=True)).value == pytest.approx(
        4.06, abs=0.01
    )
    assert dependence.days_of_cover(Quantity(300.0), Quantity(27000.0, estimated=True)).estimated


def test_a_truncated_list_without_china_does_not_say_zero():
    cut = flows(("A", "B", 2003, 40)).assign(flags="largest_flows_only")
    row = of(dependence.suppliers(cut), reporter="A")
    assert math.isnan(row["share"])
    assert row["qualifier"] == "NA"


# --- use ---


def test_pounds_become_kilograms_and_ranges_their_middle():
    """Oracle: US DoD through the Congressional Research Service 2013: destroyer 5,200 lb, submarine 9,200 lb."""
    rows = pd.DataFrame({
        "unit": ["lb", "kg/vehicle"], "value_low": [None, 10.0], "value": [5200.0, None], "value_high": [None, 15.0],
    })  # fmt: skip
    table = dependence.kilograms(rows)
    assert table["kg"].tolist() == [pytest.approx(2358.68, abs=0.01), 12.5]


def test_the_defence_figures_are_those_of_the_department():
    rows = common.select("statements", "2023-06-30", "x", topic="defence")
    values = dict(zip(rows["statement_id"], rows["value"], strict=True))
    assert values["defence-ddg51-rare-earths"] == 5200
    assert values["defence-ssn774-rare-earths"] == 9200


def test_partners_in_a_list_of_the_largest_flows_have_shares_at_most_and_the_rest_more_than(magnets):
    """What such a list leaves out would add to the total and to the rest."""
    japan = dependence.by_partner(magnets[magnets["reporter"] == "JPN"], "value_usd", ["CHN", "PHL"])
    marks = japan.set_index(["year", "partner"])["qualifier"]
    assert [marks[2010, partner] for partner in ("CHN", "PHL", "ROW")] == ["<", "<", ">"]
    assert [marks[2024, partner] for partner in ("CHN", "PHL", "ROW")] == ["", "", ""]


@pytest.mark.parametrize(
    ("flags", "bound", "estimated"),
    [(None, "", False), ("weight_estimated", "", True), ("flows_of_7_t_and_more;weight_estimated", ">", True),
     ("partial_members", ">", False)],
)  # fmt: skip
def test_a_customs_total_of_larger_flows_or_some_members_is_a_lower_bound(flags, bound, estimated):
    total = dependence.customs_total(pd.Series({"total_kg": 15_173_792, "flags": flags}))
    assert (total.value, total.bound, total.estimated) == (15_173_792, bound, estimated)


@pytest.mark.parametrize("west", ["38 economies", "G7", "EU27", "Five Eyes"])
def test_the_members_of_a_group_follow_from_the_memberships_that_define_it(west):
    groups = catalog.table("country_groups")
    rows = dependence.memberships(groups, west)
    assert set(rows["group"]) <= {west, "EU27"}
    beside = set(dependence.BESIDE_EU) if west == "38 economies" else set()
    assert set(dependence.members(groups, west)) == (set(rows["iso3"]) - {"EU27"}) | beside


def test_a_unit_value_names_the_rows_of_its_edition():
    salient = catalog.table("us_salient", vintages="all")
    last = dependence.unit_values(salient).iloc[-1]
    rows = dependence.unit_value_rows(salient, last)
    assert set(rows["edition"]) == {last["edition"]}
    assert set(rows["year"]) == {last["year"]}
    worth = rows["series"].str.startswith("value.")
    assert rows.loc[~worth, "value"].sum() == last["volume"]
    assert rows.loc[worth, "value"].tolist() == [last["value"]]
