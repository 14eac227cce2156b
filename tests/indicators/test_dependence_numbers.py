"""What the chapter on dependence quotes, counts and says in words, today and as of days on which less was known."""

import pandas as pd
import pytest

from lib.indicators import common, dependence
from lib.quantity import HIGHER, LOWER, Number, Quantity
from lib.tables import catalog

TODAY, BEFORE_TRADE = None, "2025-06-30"


@pytest.fixture(scope="module")
def circle():
    return dependence.circle(dependence.WEST_38)


@pytest.fixture(scope="module")
def magnets(circle):
    return dependence.magnets(TODAY, circle)


@pytest.fixture(scope="module")
def flows():
    return dependence.compounds_and_metals(TODAY)


def number(quantity):
    return Number(quantity, "%", "scope", 2024, "formula", pd.DataFrame())


def rounded(found):
    return round(found.value, 1)


# --- who is the West ---


def test_the_west_in_words_names_the_union_as_one(circle):
    assert circle.size().value == 38
    assert circle.union_size().value == 27
    assert circle.named.startswith("the members of the European Union, together with Australia, Canada, Iceland, Japan")
    assert circle.named.endswith("the United Kingdom and the United States")


def test_the_union_alone_is_its_members():
    assert dependence.circle("EU27").named == "the members of the European Union"


def test_a_group_without_the_whole_union_names_its_members():
    assert dependence.circle("Five Eyes").named == (
        "Australia, Canada, New Zealand, the United Kingdom and the United States"
    )


@pytest.mark.parametrize(
    ("code", "name"), [("JPN", "Japan"), ("PHL", "the Philippines"), ("EUX", "the EU"), ("USA", "the United States")]
)
def test_places_as_sentences_name_them(code, name):
    assert common.called(code) == name


# --- the United States ---


@pytest.mark.parametrize(
    ("as_of", "year", "bound", "value"),
    [("2021-06-30", 2020, "", 100), ("2023-06-30", 2022, ">", 95), ("2025-06-30", 2024, "", 80), (TODAY, 2025, "", 67)],
)
def test_the_newest_us_reliance_is_that_of_its_day(as_of, year, bound, value):
    """Oracle: USGS MCS 2021, 2023, 2025 and 2026."""
    us = dependence.us_reliance(as_of)
    newest = us.newest()
    assert (us.year, newest.quantity.bound, newest.value) == (year, bound, value)
    assert us.net_exporter() == "sold more ore concentrate abroad than it bought"


@pytest.mark.parametrize(
    ("as_of", "year", "editions"),
    [("2023-06-30", 2021, ("MCS 2022", "MCS 2023")), (TODAY, 2024, ("MCS 2025", "MCS 2026"))],
)
def test_a_revision_is_told_with_its_editions(as_of, year, editions):
    revised = dependence.us_reliance(as_of).revised()
    assert (revised.year, (revised.before, revised.after)) == (year, editions)


@pytest.mark.parametrize("as_of", ["2021-06-30", "2022-06-30", "2024-06-30", "2025-06-30"])
def test_without_a_revision_of_a_recent_year_none_is_told(as_of):
    with pytest.raises(catalog.NoDataYet):
        dependence.us_reliance(as_of).revised()


def test_output_and_use_stand_beside_both_figures_of_a_revision():
    """Oracle: USGS MCS 2025 and 2026: output of 2024 1,300 and 4,300 t, consumption 6,600 and 9,010 t."""
    us = dependence.us_reliance(TODAY)
    twice = us.rewritten().differing
    assert [n.value for n in us.behind_both(twice, dependence.OUTPUT)] == [1300, 4300]
    assert [n.value for n in us.behind_both(twice, dependence.USE)] == [6600, 9010]


def test_one_edition_alone_is_no_pair_and_is_named_once():
    pair = dependence.us_reliance("2022-06-30").rewritten()
    assert pair.title("more than 90%", "more than 90%") == "US reliance for 2021: more than 90% in MCS 2022"
    with pytest.raises(catalog.NoDataYet):
        pair.differing  # noqa: B018 -- it raises


def test_output_and_reliance_rose_together_in_2025_alone():
    growth = dependence.us_reliance(TODAY).more_of_both()
    assert [n.value for n in growth.output] == [4300, 8900]
    assert [n.value for n in growth.reliance] == [53, 67]
    for day in ("2023-06-30", "2024-06-30", "2025-06-30"):
        with pytest.raises(catalog.NoDataYet):
            dependence.us_reliance(day).more_of_both()


@pytest.mark.parametrize(
    ("as_of", "words"), [("2023-06-30", "Yttrium and scandium"), (TODAY, "Heavy rare earths, yttrium and scandium")]
)
def test_overlapping_tables_are_named_once_they_are_known(as_of, words):
    assert dependence.us_reliance(as_of).overlapping() == words
    with pytest.raises(catalog.NoDataYet):
        dependence.us_reliance("2021-06-30").overlapping()


def test_origins_have_shares_or_an_order():
    assert dependence.import_sources(TODAY).china().value == 71
    before = dependence.import_sources("2023-06-30")
    assert before.order() == "China, Estonia, Malaysia and Japan"
    with pytest.raises(catalog.NoDataYet):
        before.china()
    with pytest.raises(catalog.NoDataYet):
        dependence.import_sources(TODAY).order()


@pytest.mark.parametrize(
    ("as_of", "years", "moved", "cheaper"),
    [(TODAY, (2024, 2025), ("rose", "fell"), True), ("2025-06-30", (2023, 2024), ("fell", "fell"), False)],
)
def test_volume_and_value_of_us_imports_move_as_the_words_say(as_of, years, moved, cheaper):
    volumes = dependence.import_volumes(as_of)
    assert volumes.years == years
    assert (volumes.moved("volume"), volumes.moved("value")) == moved
    if cheaper:
        assert volumes.cheapened() == "fell"
    else:
        with pytest.raises(catalog.NoDataYet):
            volumes.cheapened()


def test_us_ore_to_china_peaked_and_fell():
    """Oracle: USITC DataWeb: 74,885 t in 2022, 16,801 t in 2025."""
    ore = dependence.ore_exports(TODAY)
    assert (ore.peak, ore.last, ore.begun) == (2022, 2025, 2026)
    assert ore.fall().value == pytest.approx(100 * (1 - 16801 / 74885), abs=0.01)
    assert round(ore.to_china(2026, 4).value) == 62


def test_a_series_of_selected_partners_gives_upper_bounds():
    america = dependence.compounds_since_1993(TODAY)
    assert america.years == (1993, 2009, 2025)
    assert {america.share(year).quantity.bound for year in america.years} == {"<"}


# --- magnets ---


def test_trade_by_partner_is_announced_only_before_it_is_known(circle):
    assert "published later" in dependence.before_trade(BEFORE_TRADE, circle)
    with pytest.raises(catalog.NoDataYet):
        dependence.before_trade(TODAY, circle)


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        (Quantity(80.0), Quantity(46.8, "<"), "higher than"),
        (Quantity(79.7), Quantity(80.9, "<"), "not known to differ from"),
        (Quantity(20.0), Quantity(30.0), "lower than"),
    ],
)
def test_shares_are_compared_as_far_as_their_bounds_allow(now, then, words):
    assert dependence.against(number(now), number(then)) == words


def test_the_west_bought_more_from_china_than_in_2002_and_perhaps_than_in_2010(magnets):
    assert magnets.year == 2024
    assert rounded(magnets.west_share()) == 79.7
    assert magnets.west_against(2002) == "higher than"
    assert magnets.west_against(2010) == "not known to differ from"
    assert magnets.west_share(2010).quantity.bound == "<"


def test_counted_with_their_own_trade_the_share_is_smaller(magnets):
    assert magnets.west_share_of_all().value < magnets.west_share().value


def test_the_share_rose_in_most_economies_for_certain(magnets):
    assert (magnets.higher(2010).value, magnets.with_both(2010)) == (30, 36)
    assert magnets.mostly_higher(2010) == "most"


def test_no_rise_in_most_economies_is_no_claim(magnets):
    with pytest.raises(catalog.NoDataYet):
        magnets.mostly_higher(magnets.year)


def test_the_largest_importers_with_the_lowest_and_the_highest_share(magnets):
    assert magnets.ends(8) == ("JPN", "KOR")


def test_japans_second_supplier_buys_from_japan(magnets):
    assert magnets.second_supplier() == "PHL"
    assert rounded(magnets.second()) == 32.4
    assert rounded(magnets.bought_from("PHL", "JPN")) == 60.1


def test_concentration_without_neighbours(magnets):
    code = magnets.widest_inside(12)
    assert magnets.in_union(code) == "Hungary"
    assert magnets.concentration(code, 12, apart=True).value > magnets.concentration(code, 12).value
    assert "Leave out trade inside the EU" in magnets.concentration_title(code, "a", "b")
    assert magnets.concentration_title("AUS", "a", "b") == "Concentration of magnet suppliers: Australia b"
    with pytest.raises(catalog.NoDataYet):
        magnets.in_union("AUS")


@pytest.mark.parametrize(
    ("as_of", "many", "since", "places"),
    [("2021-06-30", 1, 2011, "Australia and Malaysia"), (TODAY, 4, 2011, "Australia, Malaysia and Namibia")],
)
def test_japans_support_abroad_as_it_was_known(as_of, many, since, places):
    support = dependence.japans_support(as_of)
    assert (support.number().value, support.since, support.places) == (many, since, places)


# --- Europe ---


@pytest.mark.parametrize(("as_of", "span"), [("2024-06-30", "85% to 98%"), (TODAY, "39% to 98%")])
def test_published_shares_of_europe_span(as_of, span):
    assert dependence.span(dependence.published_in_europe(as_of)["share"]) == span


def test_one_published_share_is_told_in_the_singular():
    rows, _ = dependence.published_elsewhere("2021-06-30")
    assert dependence.published_title(rows) == "One published share of China for one importer: 58%"


def test_europes_other_compounds_go_to_one_member_each(flows):
    assert round(flows.through("RUS", "EST").value) == 100
    assert round(flows.through("MYS", "FRA").value) == 96
    assert flows.union_total().quantity.bound == ">"


def test_europes_magnets_by_value_and_weight():
    """Oracle: Eurostat DS-045409, 2024: 92.7% by value, 91.1% by weight; 2025 is provisional."""
    europe = dependence.europes_magnets(TODAY)
    shares = {name: rounded(share) for name, share in europe.shares()}
    assert (shares["eu-magnets-value-2024"], shares["eu-magnets-weight-2024"]) == (92.7, 91.1)
    assert europe.named(2025, shares)["when"] == "2025 (provisional)"
    assert europe.named(2024, shares)["when"] == 2024
    assert europe.unit_value(2025, "CHN").value < europe.unit_value(2025, "rest").value


# --- form by form, and the verdicts ---


def test_the_order_of_the_forms_differs_from_importer_to_importer(magnets):
    """Oracle: UN Comtrade 2025 by value: Japan 86.69 (HS 2846.90) and 34.37 (280530); Korea 59.87 and 64.54."""
    chain = dependence.by_form(TODAY, magnets)
    assert chain.importers == ["JPN", "KOR", "USA"]
    assert [form for _, form in chain.ranked("JPN")] == ["compounds other than those of cerium", "metals", "magnets"]
    assert [form for _, form in chain.ranked("KOR")] == ["magnets", "metals", "compounds other than those of cerium"]
    assert chain.alike() == "different in each of them"
    assert dict(chain.shares("JPN"))["by-form-jpn-compounds"].value == 86.69
    with pytest.raises(catalog.NoDataYet):
        chain.ranked("DEU")


@pytest.mark.parametrize(
    ("magnets_share", "compounds_share", "key"),
    [(60, 60, "both"), (60, 50, "magnets"), (50, 60, "compounds"), (50, 50, "neither")],
)
def test_a_verdict_asks_for_more_than_half(magnets_share, compounds_share, key):
    assert dependence.verdict(magnets_share, compounds_share) == key


def test_economies_that_were_told_of_are_left_out_of_the_rest(magnets, flows):
    judged = dependence.verdicts(magnets, flows)
    assert "the United States" in judged.besides("both")
    assert "the United States" not in judged.besides("both", "USA")
    with pytest.raises(catalog.NoDataYet):
        judged.besides("both", *judged.table["importer"])


def test_the_verdicts_add_up_to_the_economies(magnets, flows):
    judged = dependence.verdicts(magnets, flows)
    counts = {name: found.value for name, found in judged.counts()}
    assert sum(counts.values()) == judged.economies == len(judged.table) - 1
    assert judged.of("JPN") == "more than half of the compounds and metals but not of the magnets"
    assert judged.of("EUX") == "more than half of the magnets but not of the compounds and metals"
    with pytest.raises(catalog.NoDataYet):
        judged.of("TWN")


# --- risk, stocks and the model ---


def test_the_us_method_is_known_from_the_day_of_its_publication():
    assert dependence.us_method("2021-06-30").words == "Nassar et al."
    with pytest.raises(catalog.NoDataYet):
        dependence.us_method("2019-06-30")


def test_a_planned_purchase_in_days_of_use():
    plan = dependence.purchases(TODAY)[-1]
    assert (plan.fiscal_year, plan.slug, plan.tonnes().value) == (2025, "cover-neodymium-2025", 300)
    assert round(plan.days().value) == 4
    with pytest.raises(catalog.NoDataYet):
        dependence.purchases(BEFORE_TRADE)


def test_certain_rises_and_falls_are_told_apart():
    table = pd.DataFrame({
        "reporter": ["A", "A", "B", "B"], "year": [2010, 2024] * 2, "share": [50.0, 60.0, 50.0, 40.0],
        "qualifier": ["<", "", "<", ""],
    })  # fmt: skip
    assert dependence.surely(table, 2010, 2024, compared_as=HIGHER) == ["A"]
    assert dependence.surely(table, 2010, 2024, compared_as=LOWER) == []
