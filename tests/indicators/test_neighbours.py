"""Gallium, germanium, copper and their like: formulas, bounds, what was known when, and published figures from data/.

Numbers named "oracle" are printed by the publisher named beside them, or follow from two figures that it prints. Facts
that a new edition would change are marked as such in words; the others belong to editions that are closed.
"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.indicators import controls, neighbours
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
