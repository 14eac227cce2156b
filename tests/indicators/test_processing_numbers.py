"""What the chapter Processing asks for: numbers with their rows, and words that are right on several days."""

import pandas as pd
import pytest

from lib.indicators import processing
from lib.indicators.processing import COMING, RUNNING
from lib.quantity import Quantity
from lib.tables.catalog import NoDataYet

TODAY, IN_2025, IN_2024, IN_2023, IN_2022, IN_2021 = None, *(f"{year}-06-30" for year in range(2025, 2020, -1))
PAST = [IN_2025, IN_2024, IN_2023, IN_2022, IN_2021]


class Named(dict):
    """Facts by name that show which one stands where."""

    def __missing__(self, name):
        return name


def near(number, value, places=0):
    assert round(number.value, places) == value
    assert len(number.rows)
    return number


def since(day):
    return int(day[:4]) - 4 if day else 2022


# --- the estimates ---


def test_the_answer_tells_the_stages_that_are_documented():
    told = {day: [name for name, _, _ in processing.estimates(day, since(day)).steps()] for day in [TODAY, *PAST]}
    assert told[TODAY] == told[IN_2024] == ["mine-share", "separation-share", "magnet-share"]
    assert told[IN_2023] == told[IN_2022] == ["mine-share", "magnet-share"]
    assert told[IN_2021] == ["magnet-share"]


def test_a_step_keeps_the_place_of_its_share():
    steps = processing.estimates(IN_2025, 2021).steps()
    assert next(str(words) for _, _, words in steps) == "mined {share} of the world’s rare earths in 2024"


def test_the_best_estimate_of_reserves_is_an_upper_bound():
    reserves = processing.estimates(TODAY, 2022).best("reserves")
    assert near(reserves, 59).quantity.bound == "<"
    with pytest.raises(NoDataYet):
        processing.estimates(IN_2021, 2017).best("reserves")


@pytest.mark.parametrize(("day", "low", "high"), [(TODAY, 90, 98), (IN_2025, 90, 95)])
def test_estimates_of_magnets_have_two_ends(day, low, high):
    ends = processing.estimates(day, since(day)).ends("magnets")
    assert [end.value for end in ends] == [low, high]


def test_without_a_second_estimate_there_is_one_figure():
    estimates = processing.estimates(IN_2021, 2017)
    assert [name for name, _ in estimates.spans()] == ["magnets"]
    assert estimates.told(Named()) == "magnets in making magnets"
    with pytest.raises(NoDataYet):
        estimates.ends("magnets")


def test_a_line_is_told_by_its_ends():
    told = processing.estimates(IN_2023, 2019).told(Named())
    assert "low to mining" in told
    assert told.endswith("in making magnets")


def test_lines_with_weak_estimates_alone_are_named():
    assert processing.estimates(TODAY, 2022).weak() == "for metal and alloy and for separation of heavy rare earths"
    assert processing.estimates(IN_2021, 2017).weak() == "for mining of all rare earths"
    with pytest.raises(NoDataYet):
        processing.estimates(IN_2022, 2018).weak()


def test_the_title_says_that_shares_rise_where_they_do():
    rising = processing.estimates(TODAY, 2022).title(Named())
    assert rising.startswith("From ground to magnet China's share rises: reserve-share of reserves")
    assert processing.estimates(IN_2021, 2017).title(Named()) == "China's share: magnets of magnets"


def test_there_are_seventeen_rare_earths_and_four_make_magnets():
    assert [number.value for number in processing.elements()] == [17, 4]


# --- concentration ---


def test_markets_are_told_with_their_years():
    told = processing.known_markets(IN_2023).told("top3", Named())
    assert told.endswith("of the mining of all rare earths in 2022")
    index = processing.known_markets(TODAY).told("hhi_low", Named())
    assert index.endswith("for magnet making in 2024")


def test_an_index_of_named_countries_alone_is_a_lower_bound():
    numbers = {name: number for name, number, _ in processing.known_markets(TODAY).measured("hhi_low")}
    assert numbers["hhi-magnets"].quantity.bound == ">"
    assert set(numbers) == {"hhi-mining-all", "hhi-mining-magnet", "hhi-separation-magnet", "hhi-magnets"}


def test_the_ends_of_a_table_of_markets():
    table = processing.known_markets(TODAY).table
    peak, least = processing.end(table, "hhi_low"), processing.end(table, "without_leader", smallest=True)
    assert (peak.what, peak.called) == ("Magnet making", "magnet making in 2024")
    assert (least.leader, round(least.value)) == ("China", 6)


def test_before_2022_no_stage_is_known_by_country():
    with pytest.raises(NoDataYet, match="2022-01-31"):
        processing.known_markets(IN_2021)


@pytest.mark.parametrize("day", [TODAY, IN_2025])
def test_weights_of_governance_keep_the_order(day):
    rows = processing.governance(day)
    scores = processing.governance_scores(rows)
    assert processing.known_markets(day).reordered(scores) == "do not change"
    assert near(processing.china_score(rows, scores), 5.6, 1).query


# --- the four elements ---


@pytest.mark.parametrize(
    ("day", "year", "gap", "surplus", "others"), [(TODAY, 2025, 26, 28, 33), (IN_2025, 2024, 30, 28, 29)]
)
def test_china_separates_more_than_it_mines(day, year, gap, surplus, others):
    supply = processing.supply(day)
    assert supply.year == year
    near(supply.gap(), gap)
    near(supply.surplus(), surplus)
    near(supply.elsewhere("mining"), others)


def test_two_past_years_of_one_edition():
    supply = processing.supply(TODAY)
    assert (supply.first, supply.last) == (2021, 2040)
    near(supply.share("refining", year=2021), 88)
    assert [supply.elsewhere("refining", year).value for year in (2021, 2025)] == [7, 14]
    with pytest.raises(NoDataYet):
        _ = processing.supply(IN_2025).first


def test_what_announced_plants_add():
    supply = processing.supply(TODAY)
    assert [supply.added(home).value for home in (True, False)] == [11, 17]
    assert processing.kilotonnes(supply.refined(), "CHN", 2025, 2040) == ["75 kt", "86 kt"]


def test_demand_of_three_scenarios():
    demand = processing.demand(TODAY)
    assert [(name, number.value) for name, number in demand.ends()] == [("current policies", 151), ("high demand", 192)]
    assert near(demand.now(), 93).period == 2025
    before, newest = processing.demand_of_two_editions(TODAY, 2030)
    assert (round(before.value, 1), newest.value) == (122.8, 116)
    for function in (processing.demand, lambda day: processing.demand_of_two_editions(day, 2030)):
        with pytest.raises(NoDataYet):
            function(IN_2025)


# --- outlooks ---


def test_each_outlook_expects_less():
    outlooks = processing.outlooks(TODAY)
    assert outlooks.course() == "expects less than the one before"
    before, after = outlooks.revision()
    assert (before.period, round(before.value, 1), after.value) == (2035, 75.5, 70)
    assert near(outlooks.before(), 90).quantity == Quantity(90.0, ">")
    assert [name for name, _ in outlooks.each()][-1] == "outlook-3-then"


def test_one_outlook_has_no_course():
    outlooks = processing.outlooks(IN_2024)
    assert outlooks.told(Named()).startswith(
        "outlook&#45;1&#45;now for 2023 and outlook&#45;1&#45;then for 2030 in the"
    )
    for ask in (outlooks.course, outlooks.revision, outlooks.before):
        with pytest.raises(NoDataYet):
            ask()
    with pytest.raises(NoDataYet, match="2024-06-03"):
        processing.outlooks(IN_2023)


def test_one_outlook_has_three_figures_for_one_share():
    assert {name: number.value for name, number in processing.rivals(TODAY).items()} == {
        "refining-2025-annex": 84.3,
        "refining-2025-text": 85,
        "refining-2025-table": 91,
    }
    with pytest.raises(NoDataYet):
        processing.rivals(IN_2025)


# --- quotas ---


@pytest.mark.parametrize(
    ("day", "year", "mined"), [(TODAY, 2024, 270_000), (IN_2024, 2023, 255_000), (IN_2021, 2020, 140_000)]
)
def test_the_newest_quota_of_the_day(day, year, mined):
    quotas = processing.china_quotas(day)
    assert quotas.newest == year
    assert quotas.amount("mining", year).value == mined


def test_quotas_that_are_not_known():
    early = processing.china_quotas(IN_2021)
    for ask in (lambda: early.amount("separation", 2020), early.silence):
        with pytest.raises(NoDataYet):
            ask()
    assert early.notes() == []


def test_the_silence_of_2025():
    quotas = processing.china_quotas(TODAY)
    year, link = quotas.silence()
    assert (year, str(link)) == (2025, "23 August 2025")
    assert quotas.gaps().endswith("from 2006 to 2024; for 2025 none was published")
    assert quotas.ionic().period == "from 2018"
    assert str(processing.imports_counted(TODAY)) == "28 July 2025"


# --- plants ---


def test_capacities_of_the_day():
    """Stillwater, of which 5,000 t are planned, was commissioned in early 2026 and no longer counts as to come."""
    plants = processing.abroad(TODAY, 2022)
    assert plants.capacity(RUNNING, "t/yr REO").quantity == Quantity(3000.0, ">")
    assert near(plants.capacity(COMING, "t/yr magnets"), 17_100).quantity.bound == ">"
    assert "oxides" in plants.told(RUNNING, Named())
    counted, every = plants.counted(RUNNING, "separation")
    assert (counted.value, every.value) == (4, 8)


def test_no_capacity_of_a_plant_that_runs_was_known_in_2025():
    plants = processing.abroad(IN_2025, 2021)
    with pytest.raises(NoDataYet):
        plants.told(RUNNING, Named())
    assert plants.told(COMING, Named()).endswith("of magnets")
    with pytest.raises(NoDataYet, match="2023-10-31"):
        processing.abroad(IN_2023, 2019)


def test_more_is_promised_than_runs_in_some_units():
    assert processing.promised(processing.abroad(TODAY, 2022).by_status()) == (2, 4)
    assert processing.promised(processing.abroad(IN_2021, 2017).by_status()) == (0, 1)


def test_places_are_counted():
    running, every = processing.abroad(TODAY, 2022).places_counted()
    assert (running.value, every.value) == (13, 17)
    with pytest.raises(NoDataYet):
        processing.abroad(IN_2021, 2017).places_counted()


@pytest.mark.parametrize(("count", "text"), [(1, "1 unit"), (0, "0 units"), (4, "4 units")])
def test_counts_in_words(count, text):
    assert processing.in_words(count, "unit") == text


def test_what_two_companies_made():
    """Oracle: MP Materials prints 2,599 t of NdPr oxide for 2025."""
    mp = processing.maker(TODAY, "MP Materials", "NdPr oxide", "F025")
    assert (mp.year, mp.made().value, mp.capacity().quantity) == (2025, 2599, Quantity(6000.0, ">"))
    lynas = processing.maker(TODAY, "Lynas Rare Earths", "NdPr", "F017")
    assert (lynas.made().value, lynas.capacity().value) == (1509 + 2080 + 2003 + 1404, 9000)
    assert processing.heavy_output(TODAY).value == 35


def test_an_unfinished_year_is_no_year():
    mp = processing.maker(IN_2025, "MP Materials", "NdPr oxide", "F025")
    assert (mp.year, mp.made().quantity.estimated) == (2024, True)
    with pytest.raises(NoDataYet):
        mp.capacity()
    with pytest.raises(NoDataYet):
        processing.maker(IN_2025, "Lynas Rare Earths", "NdPr", "F017")
    with pytest.raises(NoDataYet):
        processing.heavy_output(IN_2025)


def test_one_plant_in_baotou_against_a_company():
    made = processing.maker(TODAY, "Lynas Rare Earths", "total REO", "F017").made()
    times = processing.times_as_large(processing.yardstick(TODAY), made)
    assert round(times.value, 1) == round(107_000 / 11_498, 1)


def test_india_by_two_accounts():
    assert [number.value for number in processing.india(TODAY)] == [40, 500]
    with pytest.raises(NoDataYet):
        processing.india(IN_2025)


# --- time and money ---


def test_building_times_are_told_by_stage():
    built = processing.built(IN_2023)
    assert processing.took(built) == "1.5"
    numbers = dict(processing.times(built))
    assert set(numbers) == {"magnets-0", "magnets-1", "separation-0", "separation-1"}
    same = dict.fromkeys(numbers, "1.5 years")
    assert processing.times_told(built, same) == "1&#46;5 years for magnets and 1&#46;5 years for separation"
    assert processing.took(processing.built(TODAY)) == "1.5 to 4"


def test_general_statements_name_longer_times():
    assert processing.longer(processing.built(TODAY), processing.claims(TODAY)) == "longer"
    claims = processing.claims(IN_2021)
    assert [number.quantity for _, number in processing.claimed(claims)] == [Quantity(15.0, "<")]
    assert "the United States to rebuild its supply chain" in processing.claims_told(claims, Named())
    short = claims.assign(years=1.0)
    assert processing.longer(processing.built(IN_2021), short) == "other"


def test_the_plant_in_baotou_was_not_built_in_2023():
    assert processing.chinese_benchmark(processing.built(TODAY)).value == 1.5
    with pytest.raises(NoDataYet):
        processing.chinese_benchmark(processing.built(IN_2023))


def test_first_plans_and_what_became_of_them():
    plans = processing.first_plans(TODAY).set_index("subject")
    assert plans.loc["SRC Saskatoon", ["planned_year", "outcome"]].tolist() == [2022, "built in 2024"]
    assert plans.loc["Iluka Eneabba refinery", ["planned_year", "outcome"]].tolist() == [2025, "planned for 2027"]
    assert plans.loc["Lynas Seadrift", "outcome"] == "stalled"
    assert plans.loc["Nolans", ["planned_year", "outcome"]].tolist() == [2024, "not built"]
    assert "CHN" not in set(plans["iso3"])
    late, every = processing.plans_counted(processing.first_plans(IN_2025))
    assert (late.value, every.value) == (3, 3)
    with pytest.raises(NoDataYet):
        processing.first_plans(IN_2024)


def test_capital_is_told_apart_by_product_and_place():
    rows = processing.capital(TODAY)
    numbers = dict(processing.capital_numbers(rows))
    assert numbers["capex-per-t-oxide-iluka-eneabba-2024-super-iluka-1"].value == 66_000
    assert "Eneabba" in processing.capital_told(rows, "oxides", False, Named())
    assert "Eneabba" not in processing.capital_told(rows, "oxides", True, Named())
    assert processing.capital_title(rows).startswith("A tonne of capacity costs more than twice")
    assert processing.capital_plants(rows).value == len(rows)
    with pytest.raises(NoDataYet):
        processing.capital_told(processing.capital(IN_2024), "oxides", False, Named())


# --- trade and the United States ---


def test_imports_name_their_largest_origins():
    imports = processing.imports(TODAY, 4)
    assert (imports.year, imports.leader) == (2024, "Myanmar")
    assert [name for name, _ in imports.largest()] == ["imports-mmr", "imports-lao", "imports-mys"]
    assert imports.told(Named()).startswith("Myanmar (imports")
    near(imports.total(), 1383)
    with pytest.raises(NoDataYet):
        processing.imports(IN_2025, 4)


def test_the_quota_yields_less_of_the_heavy_elements_than_is_made():
    quota, rate = processing.heavy_feed(TODAY)
    assert quota.value == 1520
    assert round(rate.value) == 3058
    with pytest.raises(NoDataYet):
        processing.heavy_feed(IN_2023)


@pytest.mark.parametrize(("day", "mined", "made", "share"), [(TODAY, 51_000, 8_900, 17), (IN_2022, 43_000, 230, 1)])
def test_what_the_united_states_separate(day, mined, made, share):
    figures = processing.united_states(day).figures()
    assert [round(number.value) for number in figures] == [mined, made, share]


def test_usgs_disagrees_with_itself():
    assert [number.value for number in processing.united_states(TODAY).revision()] == [1300, 4300]
    assert processing.united_states(IN_2025).footnote().value == 7600
    for ask in (processing.united_states(TODAY).footnote, processing.united_states(IN_2022).revision):
        with pytest.raises(NoDataYet):
            ask()


def test_a_year_without_mining_has_no_figures():
    home = processing.united_states(TODAY)
    idle = type(home)(home.rows[home.rows["mined"] == 0], home.table, None)
    assert idle.title().startswith("The United States mined no rare earths")
    with pytest.raises(NoDataYet):
        idle.figures()


# --- history, prices, techniques ---


def test_the_lead_of_the_united_states_and_the_rise_of_china():
    lead = processing.american_lead(TODAY)
    assert (lead.years, lead.idle()) == ((1966, 1984), (2001, 2011))
    near(lead.last_share(), 61)
    rise = processing.china_rise(TODAY)
    assert (rise.half().period, rise.peak().period, rise.newest().period) == (1994, 2009, 2023)
    near(rise.peak(), 98)
    for read in (processing.american_lead, processing.china_rise):
        with pytest.raises(NoDataYet):
            read(IN_2023)


@pytest.mark.parametrize(
    ("key", "words"), [("CHN-2005-02", "2005"), ("CHN-2001-01", "2001"), ("CHN-2023-03", "21 December 2023")]
)
def test_a_measure_is_dated_as_precisely_as_it_is_known(key, words):
    link = processing.dated(TODAY, key)
    assert str(link) == words
    assert link.address.startswith("source:")


def test_a_measure_is_not_known_before_it_was_announced():
    with pytest.raises(NoDataYet):
        processing.dated(IN_2023, "CHN-2023-03")


def test_a_price_that_halved():
    """Oracle: USGS MCS 2025, neodymium oxide, 134 USD/kg in 2022 and 56 in 2024."""
    assert [number.value for number in processing.price_swing(TODAY)] == [134, 56]
    near(processing.price_fall(TODAY), 58)
    with pytest.raises(NoDataYet):
        processing.price_swing(IN_2024)


def test_prices_and_the_floor():
    assert processing.price_floor(TODAY).value == 110
    assert [round(number.value) for number in processing.domestic_prices(TODAY)] == [55, 101]
    assert processing.floor_income(TODAY).value == 42.3
    assert processing.planned_cost(TODAY).value == 29.39
    for read in (processing.price_floor, processing.domestic_prices, processing.floor_income, processing.planned_cost):
        with pytest.raises(NoDataYet):
            read(IN_2025)


def test_what_is_known_of_the_cascade_is_as_its_sources_print_it():
    needed = processing.stages_needed(TODAY)
    assert {name: number.value for name, number in needed.items()} == {
        "heavy-stages-least": 50,
        "heavy-stages-most": 100,
        "pure-stages": 100,
    }
    assert needed["pure-stages"].quantity.bound == ">"
    assert processing.cascade(TODAY)["source_id"].tolist() == ["xie_2014", "yan_2006", "yan_2006"]
    assert str(processing.extractants(TODAY)).endswith("TBP, Aliquat 336")
    with pytest.raises(NoDataYet):
        processing.stages_needed(IN_2025)


def test_technical_figures():
    assert [number.value for number in processing.rock_moved(TODAY)] == [16, 3600]
    assert {name: number.value for name, number in processing.left_behind(TODAY).items()} == {
        "waste-water": 75,
        "radioactive-residue": 1,
    }
    assert processing.weakly_documented(processing.technology(TODAY)).value > 1
    with pytest.raises(NoDataYet):
        processing.weakly_documented(processing.technology(IN_2022))
    with pytest.raises(NoDataYet, match="2022-02-23"):
        processing.technology(IN_2021)


def test_patents_and_magnets():
    rows = processing.filings(TODAY)
    assert [number.value for number in processing.filed(rows)] == [25_911, 31_010]
    assert processing.filed_late(TODAY).quantity == Quantity(50.0, ">")
    assert near(processing.newest_output(processing.magnet_output(IN_2022)), 170).period == "2019"
    assert [name for name, _, _ in processing.yields(TODAY)] == [
        "yield-jl-mag-2024",
        "yield-zhongke-sanhuan-project-2022",
    ]
    with pytest.raises(NoDataYet):
        processing.yields_told(IN_2021, Named())


def test_heads_of_tables_can_be_named_for_one_table():
    assert processing.columns("year iso3", iso3="Origin") == {"year": "Year", "iso3": "Origin"}


def test_a_chart_begins_each_scenario_at_the_last_past_year():
    lines = processing.demand(TODAY).lines()
    assert lines.groupby("scenario")["year"].min().loc[["CPS", "HDS", "STEPS"]].tolist() == [2025] * 3
    assert isinstance(lines, pd.DataFrame)
