"""Gallium, germanium, copper and their like: formulas, bounds, what was known when, and published figures from data/.

Numbers named "oracle" are printed by the publisher named beside them, or follow from two figures that it prints. Facts
that a new edition would change are marked as such in words; the others belong to editions that are closed.
"""

import dataclasses
import html
from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.indicators import controls, neighbours
from lib.quantity import Quantity
from lib.tables import catalog

DAYS = ["2022-06-30", "2023-06-30", "2025-06-30", None]
amounts = st.lists(st.floats(1, 1e6), min_size=2, max_size=8)


def production(as_of=None):
    return catalog.table("mineral_production", as_of, vintages="all")


def shares(as_of=None):
    return neighbours.shares(production(as_of))


def share(commodity, stage, year, edition=None, as_of=None):
    return neighbours.share(production(as_of), commodity, stage, year, edition)


def current(as_of=None):
    rows = neighbours.current(shares(as_of))
    return rows[rows["first"]].set_index("line")


def rows_of(values, series="usgs_mcs", **more):
    """A small table of one metal, stage, edition and year: country to value or (value, qualifier)."""
    pairs = {code: given if isinstance(given, tuple) else (given, "") for code, given in values.items()}
    frame = pd.DataFrame(
        {
            "commodity": "copper", "stage": "mine", "series": series, "edition": "MCS2026", "year": 2024,
            "iso3": list(pairs), "value": [value for value, _ in pairs.values()],
            "qualifier": [mark for _, mark in pairs.values()], "unit": "t", "source_id": "x",
            "published": pd.Timestamp("2026-02-06"), "confidence": "high",
        }
        | more
    )  # fmt: skip
    frame.attrs = {"table": "mineral_production"}
    return frame


# --- oracles ---


@pytest.mark.parametrize(
    ("commodity", "stage", "printed"),
    [
        ("gallium", "primary refinery", 98.9),  # 839,000 of 848,000 kg
        ("copper", "mine", 8.0),  # 1,840 of 23,000 kt
        ("copper", "refinery", 44.9),  # 12,400 of 27,600 kt
        ("antimony", "mine", 33.6),  # 40,000 of 119,000 t
        ("tungsten", "mine", 81.7),  # 67,000 of 82,000 t
        ("natural graphite", "mine", 81.9),  # 1,270,000 of 1,550,000 t
    ],
)
def test_chinas_shares_of_2024_by_the_edition_of_2026(commodity, stage, printed):
    """Oracle: USGS Mineral Commodity Summaries 2026, world tables, China over world total."""
    assert share(commodity, stage, 2024, "MCS2026").value == pytest.approx(printed, abs=0.05)


@pytest.mark.parametrize(
    ("stage", "year", "printed"),
    [("refinery", 2010, 23.8), ("refinery", 2023, 47.1), ("smelter", 2010, 21.7), ("smelter", 2023, 55.0)],
)
def test_chinas_shares_of_copper_by_bgs(stage, year, printed):
    """Oracle: BGS World Mineral Production (extract of 2026), China over the sum of the countries listed."""
    assert share("copper", stage, year, "BGS-WMS-2026").value == pytest.approx(printed, abs=0.05)


def test_the_share_of_antimony_halved_between_two_editions():
    """Oracle: China, 2024, 60,000 of 100,000 t in MCS 2025 and 40,000 of 119,000 t in MCS 2026."""
    moved = neighbours.revisions(shares()).set_index("name").loc["Antimony, 2024"]
    assert (moved["amount_first"], moved["amount_last"]) == (60000, 40000)
    assert (moved["first_edition"], moved["last_edition"]) == ("MCS2025", "MCS2026")
    assert moved["first"] == pytest.approx(60)


def test_gallium_of_2024_was_revised_upwards():
    """Oracle: China, primary gallium, 2024, 750,000 kg in MCS 2025 and 839,000 kg in MCS 2026."""
    moved = neighbours.revisions(shares()).set_index("name").loc["Gallium, 2024"]
    assert (moved["amount_first"], moved["amount_last"]) == (750000, 839000)
    assert abs(moved["change"]) < 1


def test_germanium_ends_with_the_edition_of_2022():
    """Oracle: MCS 2022 prints 95,000 of 140,000 kg; later editions print no figure for germanium."""
    rows = shares()
    rows = rows[(rows["commodity"] == "germanium") & (rows["maker"] == "USGS")]
    assert set(rows["edition"]) == {"MCS2022"}
    assert rows["value"].round(1).unique().tolist() == [67.9]
    assert current().loc["Germanium: refineries", "year"] == 2021


def test_germanium_by_bgs_is_an_upper_bound():
    """BGS lists neither Belgium nor Canada nor Germany, which USGS names as producers without figures (MCS 2024)."""
    assert neighbours.named_without_figure(production(), "germanium", "refinery") == {"BEL", "CAN", "DEU"}
    assert share("germanium", "refinery", 2023, "BGS-WMS-2026").bound == "<"


def test_where_refined_copper_comes_from():
    """Oracle: MCS 2026, copper, import sources 2021–24 of refined copper; China is not named."""
    rows = neighbours.origins(catalog.table("us_import_sources"), "copper").set_index("partner")["share_pct"]
    assert rows[["CHL", "CAN", "PER", "MEX"]].tolist() == [68, 16, 7, 6]
    assert "CHN" not in rows
    assert rows.index[-1] == "OTH"


@pytest.mark.parametrize(("year", "percent"), [(2022, 0.11), (2024, 0.06)])
def test_chinas_share_of_american_cathodes(year, percent):
    """Oracle: UN Comtrade, US imports under HS 740311 by net weight, 798 of 720,131 t and 566 of 907,796 t."""
    assert neighbours.cathode(catalog.table("mineral_trade"), "CHN", year).value == pytest.approx(percent, abs=0.005)


@pytest.mark.parametrize("year", [2019, 2020, 2021, 2022, 2023, 2024, 2025])
def test_reliance_on_copper_follows_from_its_inputs(year):
    """Oracle: MCS 2022–2026, copper, net import reliance as printed, recomputed from consumption, output and scrap."""
    table = catalog.table("us_salient")
    printed = neighbours.reliance(table, ("copper",)).set_index("year").loc[year, "value"]
    balance = neighbours.copper_balance(table)
    flows = balance[balance["year"] == year].set_index("flow")["value"]
    made = flows["production.refinery_primary"] + flows["recovery.old_scrap"]
    used = flows["consumption_apparent.all"]
    assert 100 * (used - made) / used == pytest.approx(printed, abs=0.5)


def test_what_refining_all_own_ore_would_add():
    """Oracle: MCS 2026, copper, 2024: 326 kt left in ores and concentrates, of 1,050 kt mined."""
    assert neighbours.processing_gap(catalog.table("us_salient"), 2024).value == 326


def test_the_basket_differs_fourfold_between_its_two_sides():
    """Oracle: UN Comtrade, HS 811292, 2024: China reports 63,996 kg to the US, the US 239,849 kg from China."""
    table = catalog.table("mineral_trade")
    rows = neighbours.basket(table)
    assert rows[rows["year"] == 2024].set_index("reporter")["value"].round(3).to_dict() == {
        "CHN": 63.996,
        "USA": 239.849,
    }
    assert neighbours.mirror_factor(table, 2024).value == pytest.approx(3.75, abs=0.005)


def test_the_basket_is_never_gallium():
    trade = catalog.table("mineral_trade")
    for metal in ("gallium", "germanium"):
        rows = neighbours.seen_twice(catalog.table("china_exports"), trade, metal)
        used = trade.loc[rows.loc[rows["table"] == "mineral_trade", "_row"]]
        assert not used["hs"].eq(neighbours.BASKET).any()


def test_what_two_customs_saw_of_germanium():
    """Oracle: Chinese customs 0 to the US in 2024; US statistics 11 t (2023) and 3.5 t (2024) of Chinese origin."""
    rows = neighbours.seen_twice(catalog.table("china_exports"), catalog.table("mineral_trade"), "germanium")
    rows = rows[~rows["weak"]].set_index(["table", "period"])["kg"]
    assert rows["china_exports", "2024"] == 0
    assert rows["mineral_trade", "2023"] == 11000
    assert rows["mineral_trade", "2024"] == 3500


def test_a_period_within_a_longer_one_of_the_same_side_is_left_out():
    rows = neighbours.seen_twice(catalog.table("china_exports"), catalog.table("mineral_trade"), "germanium")
    kept = neighbours.longest(rows)
    assert not kept["period"].eq("Jan–Oct 2024").any()
    assert kept[kept["side"].str.startswith("US")]["period"].tolist().count("2024") == 1


# --- reliance ---


def test_bounds_of_reliance_stay_bounds():
    """Oracle: MCS 2026 prints >50 for germanium and tungsten."""
    rows = neighbours.reliance(catalog.table("us_salient"))
    bound = rows[(rows["year"] == 2024) & rows["qualifier"].str.contains(">")]
    assert set(bound["commodity"]) == {"germanium", "tungsten"}
    assert set(bound["value"]) == {50}


@pytest.mark.parametrize(("day", "year"), [("2023-06-30", 2021), ("2025-06-30", 2023), ("2026-06-30", 2024)])
def test_the_newest_year_of_an_edition_is_an_estimate(day, year):
    assert neighbours.measured_year(neighbours.reliance(catalog.table("us_salient", day))) == year


# --- controls ---


def test_the_ban_reviews_graphite_and_does_not_ban_it():
    rows = neighbours.covering(catalog.table("measures")).set_index("id")
    assert rows.loc["CHN-2024-04-P2", "metals"] == "Gallium, germanium, antimony"
    assert rows.loc["CHN-2024-04-P2", "reviewed"] == "graphite"


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2025-06-30", "in force"),
        ("2025-12-01", "suspended"),
        ("2026-11-22", "suspended"),
        ("2026-11-28", controls.END_PASSED),
    ],
)
def test_the_state_of_the_ban(day, state):
    """The register: in effect since 3 December 2024, suspended from 9 November 2025 until 27 November 2026."""
    register = controls.with_states(catalog.table("measures", day), day)
    row = neighbours.covering(register, ("Ga",)).set_index("id").loc["CHN-2024-04-P2"]
    assert row["state"] == state


def test_no_measure_that_covers_gallium_was_known_before_july_2023():
    assert neighbours.covering(catalog.table("measures", "2023-06-30"), ("Ga", "Ge")).empty
    assert len(neighbours.covering(catalog.table("measures", "2023-07-31"), ("Ga", "Ge"))) == 1


def test_an_empty_register_covers_nothing():
    assert neighbours.covering(catalog.table("measures").head(0)).empty


# --- as of a day ---


@pytest.mark.parametrize("day", DAYS)
def test_nothing_of_later_editions_is_used(day):
    rows = shares(day)
    assert len(rows)
    if day:
        assert rows["published"].max() <= pd.Timestamp(day)
    assert rows.groupby(["line", "series", "year", "edition"]).size().max() == 1


def test_the_answer_changes_with_the_day():
    """Oracle: China's primary gallium over the world's, MCS 2023 (2021), MCS 2025 (2023), MCS 2026 (2024)."""
    found = {day: current(day).loc["Gallium: primary metal"] for day in DAYS[1:]}
    assert [int(row["year"]) for row in found.values()] == [2021, 2023, 2024]
    assert [round(row["value"], 1) for row in found.values()] == [97.5, 98.1, 98.9]


def test_smelters_are_known_from_bgs_only():
    assert "Copper: smelters" not in current("2025-06-30").index
    assert current().loc["Copper: smelters", "maker"] == "BGS"


def test_who_counts_depends_on_the_day():
    stages = ["mine", "smelter", "refinery"]
    early = neighbours.country_shares(production("2025-06-30"), "copper", stages, 5)
    late = neighbours.country_shares(production(), "copper", stages, 5)
    assert set(early["stage"]) == {"mine", "refinery"}
    assert set(late["stage"]) == set(stages)
    assert set(early["edition"]) == {"MCS2025"}
    assert late.groupby("stage")["value"].sum().le(100).all()


# --- formulas ---


@given(amounts)
def test_shares_over_the_printed_total_are_those_of_the_quotient(values):
    codes = ["CHN", *[f"X{i:02}" for i in range(len(values) - 1)]]
    table = rows_of(dict(zip(codes, values, strict=True)) | {"WLD": sum(values)})
    assert neighbours.share(table, "copper", "mine", 2024).value == pytest.approx(100 * values[0] / sum(values))


@given(amounts)
def test_a_sum_of_listed_countries_gives_the_same_share_without_a_printed_total(values):
    codes = ["CHN", *[f"X{i:02}" for i in range(len(values) - 1)]]
    table = rows_of(dict(zip(codes, values, strict=True)), "bgs", edition="BGS-WMS-2026")
    found = neighbours.share(table, "copper", "mine", 2024, "BGS-WMS-2026")
    assert found.value == pytest.approx(100 * values[0] / sum(values))
    assert found.bound == ""


def test_a_country_without_a_figure_makes_the_share_of_a_sum_an_upper_bound():
    table = rows_of({"CHN": 50, "CHL": 50, "SVK": (float("nan"), "NA")}, "bgs", edition="BGS-WMS-2026")
    found = neighbours.share(table, "copper", "mine", 2024, "BGS-WMS-2026")
    assert (found.value, found.bound) == (50, "<")


@pytest.mark.parametrize(
    "values",
    [
        {"CHL": 5, "WLD": 10},  # not listed is not zero
        {"CHN": (float("nan"), "W"), "WLD": 10},  # withheld
        {"CHN": 5, "WLD": (float("nan"), "NA")},  # no world total
    ],
)
def test_what_is_missing_gives_no_share(values):
    assert neighbours.shares(rows_of(values)).empty
    with pytest.raises(KeyError):
        neighbours.share(rows_of(values), "copper", "mine", 2024)


def test_an_estimate_on_either_side_is_told():
    assert neighbours.share(rows_of({"CHN": (5, "e"), "WLD": 10}), "copper", "mine", 2024).estimated
    assert neighbours.share(rows_of({"CHN": 5, "WLD": (10, "e")}), "copper", "mine", 2024).estimated
    assert not neighbours.share(rows_of({"CHN": 5, "WLD": 10}), "copper", "mine", 2024).estimated


def test_tables_without_rows_give_frames_without_rows():
    assert neighbours.shares(production().head(0)).empty
    assert neighbours.current(shares().head(0)).empty
    assert neighbours.revisions(shares().head(0)).empty


# --- what the chapter names, and the words that depend on a day ---


class Shown:
    """What stands for a fact in a test: a quantity, and how it reads."""

    def __init__(self, value, text, bound=""):
        self.quantity, self.text = Quantity(value, bound), text

    def __str__(self):
        return self.text

    def __format__(self, spec):
        return self.text


@cache
def world(day):
    return neighbours.world(day)


def value(named, places=1):
    number = named.number if isinstance(named, neighbours.Named) else named
    return round(number.value, places)


def without_data(call):
    with pytest.raises(catalog.NoDataYet) as caught:
        call()
    return caught.value.starts


def test_numbers_are_recorded_under_their_names_and_come_back_in_order():
    facts, pair = {}, [neighbours.Named("one", 1), neighbours.Named("two", 2)]
    assert neighbours.recorded(facts, pair) == [1, 2]
    assert facts == {"one": 1, "two": 2}
    assert neighbours.labelled(facts, zip("ab", pair, strict=True)) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (Shown(24, "24%"), Shown(47, "47%"), "rose from 24% to 47%"),
        (Shown(40, "40%"), Shown(38, "38%"), "fell from 40% to 38%"),
        (Shown(8.1, "8%"), Shown(8.3, "8%"), "stayed at 8%"),
        (Shown(8, "8%"), Shown(9, "at most 9%", "<"), "went from 8% to at most 9%"),
    ],
)
def test_what_became_of_a_figure_is_said_by_what_a_reader_sees(first, last, words):
    assert neighbours.went_plainly(first, last) == words
    assert html.unescape(neighbours.went(first, last)) == words


def test_more_than_half_is_told_by_stage():
    half, less, open_ = Shown(55, "55%"), Shown(45, "45%"), Shown(95, "at most 95%", "<")
    assert neighbours.where({"smelting": half, "refining": less}) == "smelting and not of refining"
    assert neighbours.where({"smelting": half, "refining": half}) == "smelting and refining"
    assert neighbours.where({"smelting": less, "refining": open_}) == "neither"
    assert neighbours.beside_half(less, less).startswith("less than half")
    assert neighbours.beside_half(half).startswith("more than half")
    assert neighbours.beside_half(half, less) == "not on one side of half"


@pytest.mark.parametrize(
    ("day", "ores", "elsewhere", "ratio"),
    [
        ("2022-06-30", ["tungsten", "graphite"], 10, 5.8),
        ("2025-06-30", ["tungsten", "graphite", "antimony"], 12, 6.6),
        (None, ["graphite", "tungsten", "antimony"], 9, 6.7),
    ],
)
def test_shares_by_stage_on_a_day(day, ores, elsewhere, ratio):
    """Oracle: MCS 2022, 2025 and 2026; gallium 327 less 317, 633 less 621 and 848 less 839 t; copper in kt."""
    known = world(day)
    assert [metal for metal, _ in known.ores()] == ores
    assert value(known.elsewhere("gallium", "primary refinery"), 0) == elsewhere
    assert value(known.refined_per_mined()) == ratio
    (low, lowest), (high, highest) = known.ends()
    assert (lowest, highest) == ("mined copper", "primary gallium")
    assert low.number.value < high.number.value


def test_the_name_of_a_share_tells_what_it_is():
    """Names are permanent, because people cite them."""
    share = world(None).now("gallium", "primary refinery")
    assert share.name == "gallium-primary-refinery-usgs-mcs2026-2024"
    assert share.number.scope == "share of China in world output, gallium: primary metal (USGS, MCS 2026)"


def test_before_the_first_edition_there_is_a_day_on_which_it_starts():
    assert str(without_data(lambda: world("2021-06-30"))) == "2022-01-31"
    assert str(without_data(lambda: world("2022-06-30").furthest)) == "2023-01-31"
    without_data(lambda: world("2025-06-30").now("copper", "smelter"))
    without_data(lambda: world("2025-06-30").over_time("smelter"))


def test_the_estimate_is_that_of_the_year_after_in_the_same_edition():
    """Oracle: MCS 2026, copper refineries in 2025, 14,000 of 29,000 kt."""
    assert value(world(None).estimate("copper", "refinery")) == 48.3
    without_data(lambda: world(None).estimate("germanium", "refinery"))


def test_germanium_is_given_up_only_once_a_later_edition_leaves_it_out():
    without_data(lambda: world("2022-06-30").given_up("germanium"))
    assert world("2023-06-30").given_up("germanium") == "MCS 2022"
    assert value(world(None).last("germanium", "USGS")) == 67.9
    assert world(None).left_out("germanium", "refinery") == "Belgium, Canada and Germany"
    without_data(lambda: world("2025-06-30").last("germanium", "BGS"))


@pytest.mark.parametrize(
    ("day", "maker", "shares"),
    [("2022-06-30", "USGS", [40, 38]), ("2025-06-30", "USGS", [40, 44]), (None, "BGS", [24, 47])],
)
def test_refining_over_time_is_told_by_who_counts_furthest_back(day, maker, shares):
    known = world(day)
    assert known.copper_maker == maker
    assert [value(share, 0) for share in known.over_time("refinery")] == shares


@pytest.mark.parametrize(
    ("day", "whose", "other", "metal"),
    [
        ("2024-06-30", "The world’s", "Madagascar", "mined graphite"),
        ("2025-06-30", "China’s", "Russia", "mined antimony"),
        (None, "China’s", "Russia", "mined antimony"),
    ],
)
def test_the_furthest_revision_on_a_day(day, whose, other, metal):
    far = world(day).furthest
    assert (far.whose, far.what, far.other()[0]) == (whose, metal, other)
    first, last = (share.number.value for share in far.ends())
    assert abs(last - first) == abs(far.row["change"])


def test_a_revision_is_told_in_tonnes():
    """Oracle: antimony in 2024, MCS 2025 and MCS 2026: China 60,000 and 40,000 t, Russia 13,000 and 40,000 t."""
    far = world(None).furthest
    assert [value(amount, 0) for amount in far.amounts()] == [60000, 40000]
    assert [value(amount, 0) for amount in far.other()[1]] == [13000, 40000]
    gallium = world(None).newest_revision("gallium")
    assert [value(amount, 0) for amount in gallium.chinas()] == [750, 839]
    assert gallium.steadily == "hardly moved"
    without_data(lambda: far.steadily)


def test_a_figure_shows_only_shares_that_moved_far():
    rows, names = world(None).moved_by(5)
    assert names[0] == "Antimony, 2024"
    assert set(rows["name"]) == set(names)
    without_data(lambda: world(None).moved_by(100))


@pytest.mark.parametrize(
    ("day", "miners", "refiner", "leaders"),
    [
        ("2023-06-30", ["Chile", "Peru", "China", "the United States"], "China", ", China in refineries"),
        (None, ["Chile", "DR Congo", "Peru", "the United States"], "China", ", China in smelters and refineries"),
    ],
)
def test_who_mines_and_who_refines_copper(day, miners, refiner, leaders):
    makers = neighbours.copper_makers(world(day), 5)
    assert [who for who, _ in makers.mining()] == miners
    assert makers.refining()[0][0] == refiner
    assert makers.leaders == leaders


def test_rare_earths_stand_beside_the_metals_once_they_are_known():
    late = neighbours.beside_rare_earths(world(None))
    assert 60 < late.share("mining").number.value < late.share("separation").number.value < 100
    early = neighbours.beside_rare_earths(world("2022-06-30"))
    without_data(lambda: early.share("separation"))


@pytest.mark.parametrize(
    ("day", "year", "wholly", "partly"),
    [
        ("2022-06-30", 2020, "gallium, natural graphite and rare earths", {"copper": 38}),
        ("2025-06-30", 2023, "gallium and natural graphite", {"antimony": 83, "copper": 41}),
        (None, 2024, "gallium and natural graphite", {"antimony": 86, "copper": 45}),
    ],
)
def test_what_the_united_states_imports_on_a_day(day, year, wholly, partly):
    """Oracle: net import reliance as MCS 2022, 2025 and 2026 print it."""
    usa = neighbours.america(day)
    assert (usa.year, usa.wholly()) == (year, wholly)
    assert {metal: value(share) for metal, share in usa.partly()} == partly
    assert [metal for metal, _ in usa.at_least()] == ["germanium", "tungsten"]
    assert usa.more_used() == "more"


def test_stocks_doubled_in_one_year_alone():
    """Oracle: MCS 2026, refined copper at year end, 123 kt in 2024 and 450 kt in 2025."""
    assert [value(stock) for stock in neighbours.america(None).stocks()] == [123, 450]
    assert neighbours.america(None).hoarded() == 2025
    without_data(lambda: neighbours.america("2025-06-30").hoarded())


def test_own_concentrate_is_a_part_of_what_is_imported():
    """Oracle: MCS 2026, copper, 2024: 326 kt in concentrate, 903 kt of refined imports."""
    usa = neighbours.america(None)
    assert (value(usa.gap()), value(usa.gap_share())) == (326, 36.1)
    assert value(usa.flow("imports.refined")) == 903
    assert usa.flow("imports.refined").name == "us-copper-imports-refined-2024"


def test_prices_and_imports_are_those_of_the_newest_edition():
    """Oracle: MCS 2026, germanium metal 1,392 and 4,100 USD/kg, antimony 5.49 USD/lb, imports of 21 and 7 t."""
    usa = neighbours.america(None)
    assert [value(usa.price("germanium", year)) for year in (2023, 2025)] == [1392, 4100]
    assert value(usa.price("antimony", 2023, places=2), 2) == 5.49
    assert [value(usa.imported("Germanium metal", year)) for year in (2024, 2025)] == [21, 7]
    without_data(lambda: neighbours.america("2022-06-30").price("antimony", 2020))


def test_the_united_states_start_on_a_day():
    assert str(without_data(lambda: neighbours.america("2021-06-30"))) == "2022-01-31"
    without_data(lambda: neighbours.copper_plants("2025-06-30"))
    assert {kind: value(count) for kind, count in neighbours.copper_plants(None)}["primary-smelters"] == 2
    assert str(without_data(lambda: neighbours.order_on_smelting("2024-06-30"))) == "2025-02-25"
    assert str(neighbours.order_on_smelting("2025-06-30").quantity) == ">50"


def test_origins_by_share_are_known_since_2026_and_their_order_before():
    """Oracle: MCS 2026: refined copper 68% from Chile; gallium 28% from Canada and 16% from Germany."""
    assert str(without_data(lambda: neighbours.import_origins("2025-06-30"))) == "2026-02-06"
    assert neighbours.ranked_origins("2025-06-30") == ("2019–2022", "Chile, Canada and Mexico")
    without_data(lambda: neighbours.ranked_origins(None))
    origins = neighbours.import_origins(None)
    assert (origins.of("Copper")[0][0], origins.names_china("Copper")) == ("Chile", "does not name")
    assert origins.china()[0][0] == "rare earths"
    makers = world(None).makers("gallium", "primary refinery", origins.since)
    named, share = origins.not_makers("Gallium", makers)
    assert (named, value(share)) == ("Canada and Germany", 44)
    without_data(lambda: origins.share("Copper", "CHN"))


def test_a_chart_of_cathodes_ends_with_china():
    rows = neighbours.cathodes(None).down_to_china()
    assert (rows["partner"].iloc[0], rows["partner"].iloc[-1]) == ("CHL", "CHN")
    assert value(neighbours.cathodes(None).share("CHN"), 2) == 0.06


@pytest.mark.parametrize(
    ("day", "count", "paused"),
    [("2022-06-30", 2, ""), ("2025-06-30", 6, ""), ("2026-11-29", 7, ", 2 of them suspended")],
)
def test_the_register_on_a_day(day, count, paused):
    register = neighbours.register(day, pd.Timestamp(day).date())
    assert (register.open().value, register.paused) == (count, paused)
    assert (register.acts, register.were, register.unlimited) == ("licences and bans", "were", "copper")


def test_one_act_is_told_in_the_singular():
    register = neighbours.register("2022-06-30", pd.Timestamp("2022-06-30").date())
    one = dataclasses.replace(register, rows=register.rows.head(1))
    assert (one.acts, one.were) == ("licence or ban", "was")


def test_the_ban_is_told_as_it_was_last_known():
    """The register: in effect since 3 December 2024, suspended from 9 November 2025 until 27 November 2026."""
    before, during, after = (
        neighbours.register(day, pd.Timestamp(day).date()) for day in ("2024-06-30", "2025-06-30", "2026-11-29")
    )
    without_data(lambda: before.ban)
    assert (during.ban.state, during.ban.licences) == ("in force", "in force")
    without_data(lambda: during.ban.paused_until)
    assert after.ban.metals == "gallium, germanium and antimony"
    assert after.ban.state == "suspended until 27 November 2026"
    assert str(after.ban.lapsed) == "2026-11-27"
    early = neighbours.register("2026-11-22", pd.Timestamp("2026-11-22").date())
    without_data(lambda: early.ban.lapsed)
    assert (before.review, bool(after.review)) == ("", True)


def test_months_without_gallium_are_those_known_on_the_day():
    assert neighbours.months_without_gallium("2024-06-30") == "August 2023"
    assert neighbours.months_without_gallium(None) == "August 2023 and May 2025"
    assert str(without_data(lambda: neighbours.months_without_gallium("2023-06-30"))) == "2023-09-20"


def test_what_two_customs_show_on_a_day():
    """Oracle: 0 t sent in 2024; 11 and 3.5 t of Chinese origin; USD 4.6 and 6.98 million of germanium by value."""
    assert str(without_data(lambda: neighbours.customs("2023-06-30"))) == "2023-07-04"
    assert str(without_data(lambda: neighbours.customs("2024-06-30").sent("gallium"))) == "2024-12-31"
    without_data(neighbours.customs("2024-06-30").drawn)
    assert neighbours.customs("2025-06-30").sent("germanium").number.period == "Jan–Oct 2024"
    without_data(lambda: neighbours.customs("2025-06-30").origin("germanium", 2024))
    both = neighbours.customs(None)
    assert [value(side) for side in both.in_both("germanium", 2024)] == [0, 3.5]
    assert value(both.origin("germanium", 2023)) == 11
    assert [value(year, 2) for year in both.values("germanium")] == [4.6, 6.98]


def test_exports_to_all_destinations_are_compared_over_equal_parts_of_years():
    """Oracle: USGS MCS 2026, germanium, January to September, 36,656, 18,787 and 7,520 kg."""
    exports = neighbours.exports(None)
    assert exports.shortest == 9
    assert [value(part) for part in exports.of("germanium", 9)] == [36.7, 18.8, 7.5]
    assert [share.name for share in exports.ends("germanium", 9)] == [
        "exports-germanium-jan-sep-2023", "exports-germanium-jan-sep-2025",
    ]  # fmt: skip
    early = neighbours.exports("2024-06-30")
    without_data(lambda: early.of("germanium", 9))
    without_data(lambda: early.ends("germanium", 12))


def test_two_reports_of_one_year_are_told_in_the_order_of_their_days():
    """Oracle: 69,440 kg reported in January 2025 and 60,880 kg in January 2026."""
    assert [value(report) for report in neighbours.rivals(None)] == [69.4, 60.9]
    without_data(lambda: neighbours.rivals("2025-06-30"))


def test_the_basket_is_told_by_side():
    mixed = neighbours.mixed(None)
    assert [value(mixed.side(code), 0) for code in ("CHN", "USA")] == [64, 240]
    assert value(mixed.ratio()) == 3.7
    assert str(without_data(lambda: neighbours.mixed("2025-06-30"))) == "2026-11-22"


def test_every_figure_has_its_columns_and_heads():
    assert set(neighbours.HEADS) - set(neighbours.FIELDS) == {"metals-measures", "metals-register"}
    for figure, fields in neighbours.FIELDS.items():
        assert set(neighbours.HEADS.get(figure, {})) <= set(fields.split())
