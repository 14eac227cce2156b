"""Reserves by edition, revisions, static range, mine shares and baskets, against what the sources print."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.indicators import common, reserves
from lib.indicators.reserves import VALUE
from lib.tables import catalog

positive = st.floats(min_value=1.0, max_value=1e8, allow_nan=False)


def usgs(as_of=None):
    return common.select("reserves", as_of, "reserves", vintages="all", series="usgs_mcs")


def mined(as_of=None):
    rows = common.select("mine_production", as_of, "output", vintages="all", series="usgs_mcs", unit="t REO")
    return rows[rows["edition"].isin(common.editions(rows))]


def one_state(**figures):
    """One state of a reserve table; a figure is a number or (number, marks)."""
    rows = []
    for iso3, figure in figures.items():
        value, marks = figure if isinstance(figure, tuple) else (figure, "")
        rows.append({"iso3": iso3, VALUE: value, "qualifier": marks, "source_id": "s", "edition": "MCS2030"})
    return pd.DataFrame(rows).assign(
        version=None, state="MCS 2030", since=pd.Timestamp("2030-01-31"), year=2030, note=""
    )


def one_output(**figures):
    rows = [{"iso3": iso3, "value": value, "qualifier": "e"} for iso3, value in figures.items()]
    return pd.DataFrame(rows).assign(edition="MCS2030", year=2029, source_id="s")


def test_states_of_one_edition_never_share_a_label():
    """A version whose name sorts before an earlier one's, and a day on which no version is named."""
    days = {"v1.0": "2030-01-31", "v1.3": "2030-05-27", "own": "2030-06-30", None: "2030-08-31"}
    frame = pd.concat(
        one_state(CHN=44e6, BRA=21e6 - number, WLD=85e6).assign(version=version, published=pd.Timestamp(day))
        for number, (version, day) in enumerate(days.items())
    ).reset_index(drop=True)
    frame["series"], frame["form"], frame["unit"] = "usgs_mcs", "all", "t REO"
    blocks = reserves.states(frame)
    assert blocks["state"].nunique() == len(days)
    assert not blocks.duplicated(["state", "iso3"]).any()
    assert list(blocks["state"].unique())[2].endswith("own")


# --- what the sources print ---


def test_reserves_of_mcs_2025():
    """USGS MCS 2025, Rare Earths, table of world reserves, Mt."""
    rows = common.edition(usgs(), "MCS2025")
    printed = {"CHN": 44, "BRA": 21, "IND": 6.9, "AUS": 5.7, "RUS": 3.8, "VNM": 3.5, "USA": 1.9, "GRL": 1.5}
    assert {code: common.amount(rows, code, VALUE).value / 1e6 for code in printed} == printed


def test_reserves_of_mcs_2026_in_its_third_version():
    """USGS MCS 2026 v1.3: Brazil cut to 11 Mt, India not available, Australia 6.3 Mt, the world above 75 Mt."""
    rows = reserves.newest(reserves.states(usgs("2026-06-01")))
    printed = {"CHN": 44, "BRA": 11, "AUS": 6.3, "RUS": 3.8, "VNM": 3.5, "USA": 1.9, "GRL": 1.5}
    assert {code: common.amount(rows, code, VALUE).value / 1e6 for code in printed} == printed
    assert common.amount(rows, "IND", VALUE).missing
    assert str(common.amount(rows, "WLD", VALUE) / 1e6) == ">75"


@pytest.mark.parametrize(
    ("as_of", "state", "share", "bound"),
    [
        ("2023-06-30", "MCS 2023", 33.8, ""),
        ("2024-06-30", "MCS 2024", 40.0, ""),
        ("2025-06-30", "MCS 2025", 48.9, "<"),
        ("2026-03-01", "MCS 2026 v1.0", 51.8, "<"),
        ("2026-06-01", "MCS 2026 v1.3", 58.7, "<"),
    ],
)
def test_chinas_share_as_it_could_be_known(as_of, state, share, bound):
    """USGS MCS 2023 to 2026: 44 Mt of 130, 110, more than 90, more than 85 and more than 75 Mt."""
    last = reserves.share_by_state(reserves.states(usgs(as_of))).iloc[-1]
    assert (last["state"], round(last["share"], 1), last["qualifier"]) == (state, share, bound)


def test_chinas_share_in_the_editions_before_2023_is_quoted():
    """Statista, reading MCS 2018 and MCS 2022: 44 of 120 Mt, 36.7%."""
    others = common.select("reserves", None, "others", vintages="all", series=["bp", "ei", "quoted"])
    shares = reserves.quoted_shares(others).set_index("state")["share"]
    assert round(shares["MCS 2018, as quoted"], 1) == 36.7
    assert round(shares["MCS 2022, as quoted"], 1) == 36.7


def test_china_stayed_the_same_while_the_world_was_cut():
    blocks = reserves.states(usgs("2026-06-01"))
    assert reserves.constant(blocks, "CHN")
    assert not reserves.constant(blocks, "WLD")
    assert not reserves.constant(reserves.states(usgs("2023-06-30")), "CHN")  # one edition shows no constancy


def test_the_great_revisions():
    """USGS MCS 2023 to 2026 v1.3: Russia 21 → 10 → 3.8 Mt, Viet Nam 22 → 3.5 Mt, Brazil 21 → 11 Mt."""
    blocks = reserves.states(usgs("2026-06-01"))
    changes = reserves.changes(blocks).set_index("iso3")
    assert list(changes.index[:3]) == ["VNM", "RUS", "BRA"]
    assert (changes.loc["RUS", "first"], changes.loc["RUS", "last"]) == (21e6, 3.8e6)
    assert (changes.loc["VNM", "first"], changes.loc["VNM", "last"]) == (22e6, 3.5e6)
    russia = blocks[blocks["iso3"] == "RUS"].sort_values("since")[VALUE]
    assert list(russia) == [21e6, 10e6, 3.8e6, 3.8e6, 3.8e6]
    assert changes.loc["IND", "withdrawn"]


def test_what_was_cut_from_viet_nams_reserves_is_more_than_the_world_mines_in_decades():
    table, mined = reserves.usgs("2026-06-01"), reserves.usgs_output("2026-06-01").latest()
    years = reserves.years_of_mining(table.largest_revision, mined)
    assert years.value == pytest.approx((22 - 3.5) * 1e6 / 390_000)
    assert (table.largest_revision.name, table.largest_revision.word) == ("Viet Nam", "cut")


def test_the_correction_inside_the_newest_edition_was_brazils():
    found = reserves.usgs("2026-06-01").correction
    assert (found.name, found.first.value, found.last.value) == ("Brazil", 21, 11)
    with pytest.raises(catalog.NoDataYet):
        _ = reserves.usgs("2025-06-30").correction


def test_a_further_cut_is_not_the_largest_revision():
    assert reserves.usgs("2026-06-01").further_cut("RUS").last.value == 3.8
    with pytest.raises(catalog.NoDataYet):
        reserves.usgs("2024-06-30").further_cut("RUS")


def test_mt_weld_was_explored_for_decades_before_it_produced():
    years = reserves.years_before_mining("2026-06-01", "Mt Weld")
    assert (years.value, years.quantity.estimated) == (30, True)


def test_a_withdrawn_figure_holds_until_the_day_it_was_withdrawn():
    india = reserves.held(reserves.states(usgs("2026-03-01"))).query("iso3 == 'IND'")
    last_day = india[india["since"] == pd.Timestamp("2026-02-06")][VALUE]
    assert last_day.iloc[0] == 6.9e6
    assert pd.isna(last_day.iloc[1])


def test_australia_by_two_rules():
    """USGS MCS 2025, footnote: of 5.7 Mt, 3.3 Mt are JORC-compliant or equivalent."""
    rows = reserves.jorc_part(reserves.states(usgs("2025-06-30"))).set_index("edition")
    assert (rows.loc["MCS2025", VALUE], rows.loc["MCS2025", "jorc"]) == (5.7e6, 3.3e6)
    assert len(reserves.two_rules(rows.reset_index())) == 2 * len(rows)


def test_the_united_states_have_42_years_in_mcs_2025():
    """USGS MCS 2025: 1.9 Mt over 45,000 t."""
    rows = reserves.static_range(common.edition(usgs(), "MCS2025"), reserves.latest_output(mined(), "MCS2025"))
    years = rows.set_index("iso3")
    assert round(years.loc["USA", "years"]) == 42
    assert years.loc["WLD", "qualifier"] == ">;e"


def test_chinas_output_of_2024_in_two_editions():
    """USGS: 270,000 of 390,000 t in MCS 2025, of 380,000 t in MCS 2026; the United States 45,000 t, 11.5%."""
    china = reserves.output_shares(mined(), "CHN").query("year == 2024").set_index("edition")
    assert list(china.loc["MCS2025", ["tonnes", "world"]]) == [270_000, 390_000]
    assert list(china.loc["MCS2026", ["tonnes", "world"]]) == [270_000, 380_000]
    usa = reserves.output_shares(mined("2025-06-30"), "USA").query("year == 2024")
    assert usa["share"].iloc[0] == pytest.approx(11.5, abs=0.05)


def test_two_editions_of_one_year_are_told_apart_as_of_a_day():
    assert set(reserves.editions_apart(reserves.output_shares(mined("2026-06-01")))["year"]) == {2024}
    assert set(reserves.editions_apart(reserves.output_shares(mined("2025-06-30")))["year"]) == {2023}
    assert reserves.editions_apart(reserves.output_shares(mined("2022-06-30"))).empty


# British Geological Survey, World Mineral Statistics; world sum and China's percentage, computed independently.
BGS = """\
1985,44193,22.6
1988,55481,53.4
1990,63659,25.9
1991,52223,30.9
1992,54895,38.8
1995,77381,65.8
2000,80300,90.9
2009,131534,98.4
2018,253777,70.9
2023,377438,67.6
"""


@pytest.mark.parametrize(("year", "world", "share"), [line.split(",") for line in BGS.split()])
def test_world_output_since_1985_from_concentrates(year, world, share):
    rows = common.select("mine_production", None, "BGS", series=["bgs_reo", "bgs_minerals"])
    found = reserves.bgs_history(rows).set_index("year").loc[int(year)]
    assert round(found["world"]) == int(world)
    assert round(found["share"], 1) == float(share)
    assert found["qualifier"] == ("<" if int(year) < 1989 else "")


@pytest.mark.parametrize(("year", "world"), [(1984, 41_400), (2000, 90_900), (2015, 129_000), (2020, 243_000)])
def test_world_output_since_1900(year, world):
    """USGS Data Series 140."""
    rows = common.select("mine_production", None, "DS140", series="usgs_ds140", iso3="WLD", year=year)
    assert rows["value"].tolist() == [world]


def test_the_american_era():
    """USGS Data Series 140: more than half of the world's output from 1966 to 1984."""
    assert reserves.longest_majority(common.select("mine_production", None, "DS140", series="usgs_ds140")) == (
        1966,
        1984,
    )


def test_heavy_rare_earths_by_deposit():
    """USGS Minerals Yearbook 2022, table 2: Longnan has 64.9% yttrium and 7.48% dysprosium."""
    rows = common.select("deposits", None, "deposits", series="usgs_myb")
    heavy = reserves.element_share(rows, reserves.HEAVY).set_index("deposit")
    assert heavy.loc["Longnan, Jiangxi", "share"] == pytest.approx(
        64.9 + 5.69 + 1.13 + 7.48 + 1.6 + 4.26 + 0.6 + 3.34 + 0.47
    )
    assert heavy.loc["Mountain Pass, California", "qualifier"] == ">"  # seven heavy elements have no figure there


def test_every_basket_is_about_a_whole():
    """The elements of a deposit add up to 97.9 to 103.5% in the table itself."""
    rows = common.select("deposits", None, "deposits", series="usgs_myb")
    sums = reserves.baskets(rows).groupby("deposit")["share"].sum()
    assert sums.between(97.8, 103.6).all()
    assert len(sums) == rows["deposit"].nunique()


def test_the_parts_of_a_basket_are_the_fifteen_elements_with_figures():
    listed = [element for elements in reserves.PARTS.values() for element in elements]
    assert len(listed) == len(set(listed)) == 15
    assert set(reserves.HEAVY) < set(listed)


def test_abundance_is_ordered_and_leaves_promethium_out():
    rows = reserves.abundance(catalog.table("elements"))
    assert "Pm" not in set(rows["symbol"])
    assert rows["crustal_abundance_ppm"].is_monotonic_decreasing
    assert rows["kind"].value_counts()["rare earths"] == 16


# --- behaviour ---


def test_a_state_repeats_what_a_version_left_alone():
    blocks = reserves.states(usgs("2026-06-01"))
    late = blocks[blocks["state"] == "MCS 2026 v1.3"]
    assert set(late["iso3"]) == set(blocks[blocks["state"] == "MCS 2026 v1.0"]["iso3"])
    assert late.attrs["table"] == "reserves"


def test_no_state_without_a_world_total():
    assert reserves.states(usgs("2015-01-01")).empty


def test_states_grow_with_time():
    counts = [reserves.states(usgs(day))["state"].nunique() for day in ("2023-06-30", "2025-06-30", None)]
    assert counts == sorted(counts)
    assert counts[0] == 1


@given(positive, positive, st.sampled_from(["", ">"]))
def test_a_share_of_reserves_never_exceeds_what_its_bound_allows(part, rest, mark):
    blocks = one_state(CHN=part, WLD=(part + rest, mark))
    share = reserves.share_by_state(blocks).iloc[0]
    assert 0 < share["share"] <= 100
    assert share["qualifier"] == ("<" if mark else "")


@given(positive, positive)
def test_the_static_range_times_output_is_the_reserve(amount, output):
    rows = reserves.static_range(one_state(CHN=amount, WLD=amount), one_output(CHN=output, WLD=output))
    china = rows.set_index("iso3").loc["CHN"]
    assert china["years"] * output == pytest.approx(amount)


def test_small_producers_have_no_static_range_and_missing_figures_neither():
    ground = one_state(CHN=100.0, BRA=50.0, MMR=(None, "NA"), WLD=200.0)
    output = one_output(CHN=90.0, BRA=0.1, MMR=9.0, WLD=100.0)
    assert set(reserves.static_range(ground, output, least=0.5)["iso3"]) == {"CHN", "WLD"}


def test_a_country_keeps_its_place_without_one_of_the_figures():
    both = reserves.shares_of_both(
        one_state(CHN=60.0, MMR=(None, "NA"), WLD=100.0), one_output(CHN=70.0, MMR=9.0, WLD=100.0)
    )
    table = both.pivot_table(index="iso3", columns="what", values="share", dropna=False)
    assert list(table.loc["CHN"]) == [60, 70]
    assert pd.isna(table.loc["MMR", "In the ground"])
    assert table.loc["MMR", "Mined"] == 9


def test_evidence_takes_the_strongest_caveat_and_adds_to_a_whole():
    rows = one_output(CHN=70.0, MMR=20.0, USA=5.0, AUS=5.0, WLD=100.0)
    rows["qualifier"] = ["e;quota", "e;trade", "reported", "e", "e"]
    shares = reserves.evidence(rows)["share"]
    assert list(shares) == [70, 20, 5, 5]


def test_editions_that_do_not_mark_trade_statistics_are_not_judged():
    assert reserves.by_evidence(mined("2024-06-30")).empty
    assert not reserves.by_evidence(mined("2025-06-30")).empty


def test_every_edition_shows_the_countries_of_the_newest_and_loses_nothing():
    blocks = reserves.states(usgs("2026-06-01"))
    rows = reserves.listed_by_edition(blocks, 8)
    newest = rows[rows["year"] == rows["year"].max()]
    assert newest["iso3"].tolist() == reserves.listed(reserves.newest(blocks), 8)["iso3"].tolist()
    assert rows["year"].is_monotonic_decreasing
    assert not rows.duplicated(["year", "iso3"]).any()
    assert set(rows["iso3"]) <= set(newest["iso3"])
    for year, shown in rows.groupby("year"):
        whole = reserves.newest(blocks[blocks["year"] == year])
        assert shown[VALUE].sum() == pytest.approx(whole.loc[whole["iso3"] != "WLD", VALUE].sum())
    assert rows.loc[(rows["year"] == 2025) & (rows["iso3"] == "IND"), "mt"].item() == 6.9


def test_output_of_each_year_is_that_of_its_newest_edition():
    rows = reserves.output_by_year(mined("2026-06-01"), 8)
    china = rows[rows["iso3"] == "CHN"].set_index("year")
    assert china.loc[2024, "edition"] == "MCS2026"
    assert china.loc[2023, "edition"] == "MCS2025"
    assert rows["year"].iloc[0] == 2025
    assert not rows.duplicated(["year", "iso3"]).any()


def test_the_share_mined_since_a_year():
    long = pd.DataFrame({"year": [2018, 2019, 2020], "value": [10.0, 10.0, 10.0]})
    recent = pd.DataFrame({"year": [2020, 2021], "value": [99.0, 20.0]})
    assert reserves.mined_since(long, recent, 2021).value == pytest.approx(40)
    assert reserves.mined_since(long, recent, 1900).value == pytest.approx(100)


def test_no_majority_is_said():
    rows = pd.DataFrame({"year": [2000, 2000], "iso3": ["USA", "WLD"], "value": [1.0, 5.0]})
    with pytest.raises(ValueError, match="never"):
        reserves.longest_majority(rows)


def test_an_element_without_rows_is_refused():
    rows = common.select("deposits", None, "deposits", series="usgs_myb")
    with pytest.raises(KeyError, match="Xx"):
        reserves.element_share(rows, ("Nd", "Xx"))


@pytest.mark.parametrize(
    ("edition", "version", "text"),
    [("MCS2026", "v1.3", "MCS 2026 v1.3"), ("BPSR2019", None, "BP 2019"), ("EISR2026", "", "EI 2026")],
)
def test_an_edition_as_prose_writes_it(edition, version, text):
    assert reserves.label(edition, version) == text


def test_a_state_as_part_of_a_fact_name():
    assert reserves.slug("MCS 2026 v1.3") == "mcs2026-v1-3"


def test_since_when_the_figure_of_china_is_what_it_is():
    """Quoted and compiled rows give 44 Mt for every edition from 2018; the editions of 2011 and 2012 gave 55 Mt."""
    others = common.select("reserves", None, "others", vintages="all", series=["bp", "ei", "quoted"])
    since, last, before, now = reserves.unchanged(reserves.by_edition_year(reserves.states(usgs("2026-06-01")), others))
    assert since == 2018
    assert last[VALUE].tolist() == [44e6]
    assert before[VALUE].tolist() == [120e6]
    assert (now[VALUE].iloc[0], now["who"].iloc[0]) == (75e6, "USGS")


def test_output_added_up_ends_at_all_that_was_mined():
    long = pd.DataFrame(
        {"year": [2000, 2000, 2001], "iso3": ["USA", "WLD", "WLD"], "value": [4.0, 10.0, 30.0], "source_id": "s"}
    )
    rows = reserves.added_up(long.rename(columns={"value": "tonnes"}))
    assert rows["share"].tolist() == pytest.approx([25, 100])
    assert set(rows["iso3"]) == {"WLD"}


def test_a_map_names_those_that_mine_without_a_figure():
    assert reserves.map_title(["Myanmar", "India"]) == "Myanmar and India mine rare earths without a reserve figure"
    assert "mines rare earths" in reserves.map_title(["India"])
    assert "Every country" in reserves.map_title([])
