"""What the chapter on export controls says: numbers, words and names of facts, on several days."""

import datetime as dt

import pandas as pd
import pytest

from lib.indicators import common, controls
from lib.indicators.controls.exports import MAGNETS, moved, way
from lib.tables import catalog

TODAY = dt.date(2026, 11, 29)


def register(day: str | None = None) -> controls.Register:
    return controls.Register(day, dt.date.fromisoformat(day) if day else TODAY)


class Recorded(dict):
    """Facts by name, as the page would have recorded them: here the plain values."""

    def take(self, *kinds):
        self.update({kind.name: f"{kind.number.value:g}" for kind in kinds})
        return self


# --- the register ---


@pytest.mark.parametrize(
    ("day", "in_force", "named", "known"),
    [
        ("2021-06-30", 4, [], "30 June 2021"),
        ("2023-06-30", 4, [], "30 June 2023"),
        ("2025-06-30", 10, [7], "30 June 2025"),
        ("2025-10-20", 11, [7, 5], "20 October 2025"),
        (None, 16, [7, 5], "2 July 2026"),
    ],
)
def test_how_many_instruments_are_in_force_and_how_many_elements_are_named(day, in_force, named, known):
    acts, licences = register(day), controls.Licences(register(day))
    assert acts.instruments_in_force().value == in_force
    assert acts.instruments().on == known
    assert [group.kind.number.value for group in licences.groups()] == named


def test_the_elements_of_a_state_in_words():
    named = controls.Licences(register()).of("in force")
    assert named.symbols == "Sc, Y, Sm, Gd, Tb, Dy, Lu"
    assert named.in_words == "scandium, yttrium, samarium, gadolinium, terbium, dysprosium and lutetium"
    assert (named.since, named.on) == ("4 April 2025", "8 October 2026")
    assert named.kind.name == "elements-in-force"


@pytest.mark.parametrize(
    ("day", "state", "name"),
    [("2025-10-20", "announced", "elements-announced"), ("2026-01-31", "suspended", "elements-suspended")],
)
def test_the_five_elements_of_october_2025_by_day(day, state, name):
    group = controls.Licences(register(day)).of(state)
    assert (group.symbols, group.kind.name) == ("Eu, Ho, Er, Tm, Yb", name)
    with pytest.raises(catalog.NoDataYet):
        controls.Licences(register(day)).of(controls.END_PASSED)


def test_a_suspension_past_its_printed_end_keeps_the_name_of_its_last_state():
    passed = controls.Licences(register()).of(controls.END_PASSED)
    assert passed.kind.name == "elements-suspended"
    assert (passed.end, passed.days_name) == ("10 November 2026", "days-since-2026-11-10")
    assert passed.days.value == 19


def test_before_april_2025_no_licence_names_an_element_and_the_calendar_says_when_it_starts():
    licences = controls.Licences(register("2024-06-30"))
    assert licences.groups() == []
    with pytest.raises(catalog.NoDataYet) as missing:
        licences.calendar()
    assert missing.value.starts == dt.date(2025, 4, 4)


def test_the_calendar_counts_the_elements_named_and_marks_its_end():
    now, then = (controls.Licences(register(day)).calendar() for day in (None, "2025-06-30"))
    assert (now.named, then.named) == (12, 7)
    assert now.end == "; grey outline: not known after 8 October 2026"
    assert then.end == ""
    assert [words for _, words in then.look["notes"]] == ["4 Apr 2025"]


def test_suspensions_by_their_last_day():
    groups = register().suspended()
    assert [(group.name, group.paused.value) for group in groups] == [
        ("suspended-to-2026-11-10", 6),
        ("suspended-to-2026-11-27", 1),
    ]
    assert groups[1].names == "No. 46 of 2024, paragraph 2"
    assert controls.oldest_day(groups) == "5 October 2026"
    assert [(group.days_name, group.days.value) for group in register().overdue()] == [
        ("days-since-2026-11-10", 19),
        ("days-since-2026-11-27", 2),
    ]


def test_while_a_suspension_runs_none_is_overdue_and_before_it_there_is_none():
    assert len(register("2026-01-31").suspended()) == 2
    with pytest.raises(catalog.NoDataYet):
        register("2026-01-31").overdue()
    with pytest.raises(catalog.NoDataYet):
        register("2025-06-30").suspended()


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2021-06-30", "5 in force, 2 expired, 6 repealed and 2 ended"),
        (
            None,
            "21 in force, 7 past a printed end with the outcome not read, 2 expired, 7 repealed and 2 ended",
        ),
    ],
)
def test_chinas_measures_by_state(day, told):
    acts = register(day)
    kinds = acts.tally("china", acts.china(), "state", controls.BY_STATE, "measures")
    assert controls.listed(kinds, Recorded().take(*kinds)) == told


def test_the_kinds_of_measures_run_from_the_older_to_the_newer():
    acts = register()
    new = acts.since(2004)
    kinds = acts.tally("since", new, "type", controls.by_kind(new), "measures", things=True)
    assert [kind.name for kind in kinds][:2] == ["since-duty", "since-quota"]
    assert [kind.name for kind in kinds][-1] == "since-entity-listing"
    assert (
        controls.listed(kinds, Recorded().take(*kinds)).split(", ")[-1] == "1 technology licence and 5 entity listings"
    )


def test_what_is_known_only_to_the_oldest_day_is_counted_where_that_differs():
    acts = register()
    assert acts.oldest(acts.china(), "measures").value == 19
    with pytest.raises(catalog.NoDataYet):
        register("2025-06-30").oldest(register("2025-06-30").china(), "measures")


def test_the_days_of_an_act_are_told_no_more_exactly_than_known():
    acts = register()
    assert acts.act("CHN-2001-01").announced == "2001"
    ban = acts.act("CHN-2024-04-P2")
    assert (ban.effective, ban.whom, ban.on) == ("3 December 2024", "the United States", "5 October 2026")
    assert acts.act("CHN-2026-06").whom == "Belgium, Germany and Czechia"
    assert acts.act("CHN-2025-11").until == "10 November 2026"


def test_an_act_is_not_known_before_its_day():
    with pytest.raises(catalog.NoDataYet) as missing:
        register("2023-06-30").act("CHN-2023-01")
    assert missing.value.starts == dt.date(2023, 7, 3)


def test_ordinary_licences_cover_all_rare_earths_since_2015():
    ordinary = register("2021-06-30").ordinary()
    assert (ordinary.effective, ordinary.on) == ("1 January 2015", "30 June 2021")
    with pytest.raises(catalog.NoDataYet):
        register("2014-06-30").ordinary()


def test_a_chart_of_months_marks_the_acts_since_its_first():
    acts = register()
    assert [words for _, words in acts.steps(controls.STEPS_OF_MAGNETS)] == [
        "licences",
        "more announced",
        "these suspended",
    ]
    assert len(acts.steps(controls.STEPS_OF_MAGNETS, pd.Timestamp("2025-10-01"))) == 2


def test_readings_exist_only_of_ends_that_passed():
    assert len(register().readings()) == 4
    with pytest.raises(catalog.NoDataYet):
        register("2026-01-31").readings()


def test_what_lay_ahead_when_the_sources_ended():
    acts = register()
    rows, facts = acts.ahead(), {"open-ends": "8", "open-ends-passed": "5"}
    assert (len(rows), len(acts.gone_by(rows))) == (8, 5)
    assert acts.told_ahead(rows, facts).startswith(
        "8 terms or starts lay ahead when the sources ended; 5 of these dates"
    )
    then = register("2023-06-30")
    assert then.told_ahead(then.ahead(), {"open-ends": "1"}) == "1 term or start lay ahead when the sources ended"
    with pytest.raises(catalog.NoDataYet):
        then.gone_by(then.ahead())


def test_the_year_with_most_measures():
    acts = register()
    assert controls.busiest(controls.new_measures(acts.binding(2004), 2004)) == 2025
    assert controls.busiest(controls.new_measures(register("2021-06-30").binding(2004), 2004)) == 2005


def test_what_was_looked_for_is_said_from_the_day_of_the_search():
    found = controls.sought(None)
    assert found.on == "22 November 2026"
    assert found.what.count("“") == 2
    with pytest.raises(catalog.NoDataYet):
        controls.sought("2026-10-31")


def test_no_61_asks_from_a_tenth_of_a_percent():
    assert controls.share_of_no_61(None).value == 0.1
    with pytest.raises(catalog.NoDataYet):
        controls.share_of_no_61("2025-06-30")


# --- quotas and duties ---


def test_the_quota_of_all_firms_fell_in_2010():
    rows, first, second = controls.quotas("2021-06-30")
    assert (first.name, first.number.value) == ("quota-2009", 50_145)
    assert (second.name, second.number.value) == ("quota-2010", 30_258)
    assert set(rows["count"]) >= {"All firms", "Domestic firms"}


def test_the_use_of_the_quota_was_lowest_in_2012():
    use = controls.use("2021-06-30")
    assert (use.lowest_year, use.disputed) == (2012, 2011)
    assert round(use.number(use.lowest_of_a_year).value) == 52
    assert use.number(use.highest).quantity.bound == ">"


def test_partners_recorded_more_than_china():
    assert {year: number.value for year, number in controls.partner_excess(None).items()} == {
        2006: 35,
        2007: 59,
        2008: 36,
    }


@pytest.mark.parametrize(("day", "fate"), [("2014-12-31", "were still in force"), (None, "ended in May 2015")])
def test_what_became_of_the_duties(day, fate):
    duties = controls.duties(day)
    assert (duties.since, duties.highest.value, duties.fate) == (2006, 25, fate)


def test_china_counted_more_to_japan_in_2010_and_less_to_all_in_january_2011():
    ministry, january = controls.japan_2010(None), controls.january_2011(None)
    assert (ministry.sent.value, ministry.change.number.value, ministry.change.way) == (16_000, 167, "higher")
    assert (january.number.value, january.way) == (88.8, "lower")


def test_the_value_of_compounds_rose_in_2010():
    compounds = controls.compounds(None)
    assert compounds.verb == "rose"
    assert [round(compounds.of(year).value) for year in (2009, 2010)] == [267, 781]


# --- magnets and the headline ---


@pytest.mark.parametrize(("difference", "word"), [(1, "higher"), (-1, "lower"), (0, "no different")])
def test_a_change_in_words(difference, word):
    assert way(difference) == word
    assert moved(5, 5 + difference) == {"higher": "rose", "lower": "fell"}.get(word, "did not change")


def test_magnet_exports_fell_in_may_2025_and_were_back_in_july():
    magnets = controls.magnet_months(None)
    before = magnets.before(register().act("CHN-2025-02").start)
    assert (before.name, before.amount.value) == ("March 2025", 5323)
    back = magnets.recovered(before, magnets.at("2025-05"))
    assert (back.name, back.amount.value) == ("July 2025", 5577)
    assert magnets.told("A", "B") == "Magnet exports were lowest in May 2025, A; in March 2026 they were B"
    fall = controls.printed_change(None, magnets.lowest)
    assert (fall.number.value, fall.way) == (74, "lower")


def test_in_june_2025_nothing_is_known_before_april_or_after_may():
    magnets = controls.magnet_months("2025-06-30")
    assert magnets.told("A", "B") == "Magnet exports were lowest in May 2025, A"
    for ask in (lambda: magnets.later, lambda: magnets.before(pd.Timestamp("2025-04-04"))):
        with pytest.raises(catalog.NoDataYet):
            ask()


def test_no_recovery_is_claimed_before_the_level_was_reached():
    magnets = controls.magnet_months("2025-07-31")
    with pytest.raises(catalog.NoDataYet):
        magnets.recovered(magnets.at("2025-04"), magnets.at("2025-06"))


@pytest.mark.parametrize(
    ("day", "year", "change", "word"), [("2021-06-30", 2020, 23.5, "lower"), (None, 2025, 12.9, "higher")]
)
def test_the_headline_of_the_last_full_year(day, year, change, word):
    found = controls.headline_year(day)
    assert (found.total.year, found.change.number.value, found.change.way) == (year, change, word)


def test_magnets_over_a_part_of_a_year():
    part = controls.magnets_of(None, 2025)
    assert (part.months, part.change.number.value, part.change.way) == ("from January to September", 7.5, "lower")
    with pytest.raises(catalog.NoDataYet):
        controls.magnets_of("2025-06-30", 2024)


def test_headline_and_magnets_went_apart_in_may_2025():
    pair = controls.beside("2025-06-30")
    assert pair.months == ["April 2025", "May 2025"]
    assert (pair.ways, pair.apart) == (["rose", "fell"], "opposite")
    assert list(pair.numbers) == ["headline-2025-04", "headline-2025-05", "magnets-2025-04", "magnets-2025-05"]


def test_compounds_and_metals_make_up_the_headline():
    parts = controls.composition(None)
    assert (parts.year, parts.whole.value) == (2021, 48_918)
    assert parts.compounds.value + parts.metals.value == pytest.approx(48_918, rel=0.001)


@pytest.mark.parametrize(
    ("day", "title"),
    [
        ("2021-06-30", "The headline was A in 2020; magnets were B in 2017"),
        (None, "In 2022, the last year reported for both, the headline was A and magnets were B"),
    ],
)
def test_the_title_of_whole_years(day, title):
    assert controls.years(day).told("A", "B") == title


def test_the_largest_and_the_smallest_change_on_the_year():
    assert [(found.name, found.way, found.month) for found in controls.magnet_changes(None).ends] == [
        ("change-lowest", "lower", "May 2025"),
        ("change-highest", "higher", "September 2025"),
    ]


# --- destinations and buyers ---


def test_the_united_states_received_less_in_may_2025_than_in_may_2022():
    america = controls.destinations(None, "USA")
    months = america.months()
    assert (months.lowest.amount.value, months.newest.name) == (46, "March 2026")
    assert (america.earlier().name, america.earlier().amount.value) == ("May 2022", 627)
    facts = {"destination-lowest": "46 t", "destination-latest": "406 t"}
    assert america.told(facts) == "The United States received 46 t of magnets in May 2025 and 406 t in March 2026"


def test_a_destination_without_months_is_named_all_the_same():
    brazil = controls.destinations(None, "BRA")
    assert brazil.told({}) == "No month of magnet exports to Brazil is reported"
    with pytest.raises(catalog.NoDataYet):
        brazil.months()


def test_the_month_with_most_destinations():
    parts = controls.destinations(None, "USA").together()
    assert {part.sent.name for part in parts} == {"September 2025"}
    assert [part.code for part in parts] == ["DEU", "KOR", "VNM", "USA", "JPN"]
    assert (parts[0].fact, parts[0].sent.amount.value) == ("magnets-2025-09-deu", 1288)


def test_a_place_in_a_sentence():
    assert [common.called(code) for code in ("USA", "NLD", "JPN")] == ["the United States", "the Netherlands", "Japan"]


def test_us_importers_paid_more_for_less_in_early_2026():
    """USITC DataWeb, HS 2846 from China, January to April: 5,314 and 4,301 t; USD 59.2 and 96.4 million."""
    bought = controls.us_compounds(None)
    assert bought.year == 2026
    assert bought.weight.number.value == pytest.approx(19.06, abs=0.01)
    assert bought.value.number.value == pytest.approx(62.7, abs=0.01)
    assert bought.per_kg.number.value == pytest.approx(101.02, abs=0.01)
    assert (bought.weight.way, bought.value.way, bought.per_kg.way) == ("lower", "higher", "higher")
    with pytest.raises(catalog.NoDataYet):
        controls.us_compounds("2026-06-30")


def test_the_eu_paid_twice_as_much_for_heavy_elements():
    assert [(year, number.value) for year, number in controls.eu_heavy(None)] == [(2024, 11.9), (2025, 24.9)]


def test_what_a_stop_would_touch_and_cost():
    assert controls.downstream_at_risk(None).value == 6500
    assert controls.at_risk(None)["at-risk-cars"].value == 3000
    assert controls.above_one_billion(None).value == 6
    _, both = controls.full_stop("2025-06-30")
    assert both.value == 3.4
    with pytest.raises(catalog.NoDataYet):
        controls.at_risk("2025-06-30")


# --- gallium, germanium and prices ---


def test_months_without_gallium_and_germanium():
    metals = controls.metals(None)
    assert metals.without("gallium") == "August 2023 and May 2025"
    assert metals.without("germanium") == "August 2023"
    assert controls.metals("2024-06-30").without("gallium") == "August 2023"
    assert metals.told == "nothing exported in August 2023"


def test_first_and_last_year_of_the_metals():
    assert [(part.name, part.number.value) for part in controls.metal_years(None, "gallium")] == [
        ("gallium-2022", 94.0),
        ("gallium-2025", 62.615),
    ]
    assert (controls.to_usa(None, "germanium").year, controls.to_usa(None, "germanium").number.value) == (2024, 0)


def test_the_price_of_germanium_and_what_that_of_gallium_is():
    assert [(part.year, part.number.value) for part in controls.metal_prices(None).ends] == [(2017, 1082), (2025, 4100)]
    assert controls.metal_prices(None).gallium == "the value of US imports over their weight"
    with pytest.raises(catalog.NoDataYet):
        _ = controls.metal_prices("2025-06-30").gallium


def test_prices_of_dysprosium_oxide_by_place_and_kind():
    prices = controls.prices(None, "Dy")
    assert (prices.oxide, prices.word) == ("dysprosium oxide", "assessed at")
    assert [price.value for price in prices.ends] == [280, 850]
    assert prices.told("A", "B") == "Dysprosium oxide was assessed at A to B at single dates; averages and asks differ"
    assert controls.prices(None, "Y").told("A", "A").startswith("Yttrium oxide was asked at A at single dates")
    gap = prices.gap()
    assert (gap.most, gap.few, gap.paid.value) == ("about 96% of use", "4% of use", 224)
    assert (gap.number.quantity.bound, round(gap.number.value)) == (">", 391)
    assert prices.ratio().quantity.bound == "<"
    assert prices.at_home.day == "2 February 2026"


def test_in_june_2025_only_the_assessments_are_known():
    prices = controls.prices("2025-06-30", "Dy")
    assert prices.at_home.day == "23 September 2021"
    for ask in (prices.gap, prices.ratio):
        with pytest.raises(catalog.NoDataYet):
            ask()


@pytest.mark.parametrize(("day", "year", "price"), [("2021-06-30", 2020, 258), (None, 2025, 239)])
def test_the_yearly_price_of_dysprosium_oxide(day, year, price):
    history = controls.history(day, "Dy oxide", controls.oxide("Dy"))
    assert (history.highest.when, history.highest.number.value) == ("at the end of 2011", 1410)
    assert (history.latest.when, history.latest.number.value) == (f"on average in {year}", price)
    assert history.latest.estimate == "an estimate"
    with pytest.raises(catalog.NoDataYet):
        _ = history.highest.estimate


def test_the_price_of_magnet_metals_starts_in_2026():
    with pytest.raises(catalog.NoDataYet) as missing:
        controls.history("2025-06-30", "NdPr oxide", "neodymium-praseodymium oxide")
    assert missing.value.starts == dt.date(2026, 2, 6)


def test_contracts_guarantee_a_price():
    floors = controls.floors(None)
    assert [(floor.name, floor.number.value) for floor in floors] == [("ndpr-floor-1", 110), ("ndpr-floor-2", 110)]
    assert floors[0].link.words == "MP Materials, ten years"
    with pytest.raises(catalog.NoDataYet):
        controls.floors("2025-06-30")


def test_columns_have_heads():
    assert controls.columns("month value") == {"month": "Month", "value": "Exports (t)"}
    assert next(iter(controls.REGISTER)) == "name"
    assert controls.MAGNETS == MAGNETS
