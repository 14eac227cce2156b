"""One economy at a time: who has a page, origins, ranks, weights that may be shown, and what the page says of each.

Numbers named "oracle" are China's shares of magnet imports (HS 8505.11) by value in 2024 as computed from UN Comtrade
by those who compiled the extract: EU from outside 89.6, US 75.3, Korea 87.4, Japan 27.3%. BACI differs by a point.
"""

import json
import linecache
import re
from functools import cache
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import absent, prose
from lib.indicators import common, dependence, economies
from lib.quantity import HIGHER, LOWER
from lib.tables import catalog
from tests.chapters import test_documents

ROOT = Path(__file__).resolve().parents[2]
ORACLES = {"EU27": 89.6, "USA": 75.3, "KOR": 87.4, "JPN": 27.3}
SPARSE = ("ISL", "MLT", "LUX", "TWN")


@pytest.fixture(scope="module")
def groups():
    return catalog.table("country_groups")


@pytest.fixture(scope="module")
def union(groups):
    return dependence.members(groups, "EU27")


@pytest.fixture(scope="module")
def magnets():
    return common.select("trade_flows", None, "Magnets", dataset="baci", hs_code="850511", flow="import")


@pytest.fixture(scope="module")
def customs():
    return common.select("trade_shares", None, "Customs", dataset="comtrade_2024", product="850511", year=2024)


def flows(*rows, flags=""):
    """Rows (reporter, partner, year, value[, kg[, flags]]) as the table trade_flows has them."""
    full = [(*row, *[None, flags][len(row) - 4 :]) for row in rows]
    frame = pd.DataFrame(full, columns=["reporter", "partner", "year", "value_usd", "weight_kg", "flags"])
    frame["weight_kg"] = frame["weight_kg"].astype("float64")
    return frame.assign(source_id="s", published=pd.Timestamp("2026-01-31"), confidence="high")


# --- who has a page ---


def test_the_union_its_members_and_eleven_more_have_a_page_each(groups):
    found = economies.listed(groups)
    assert len(found) == 39 == len({economy.iso3 for economy in found}) == len({economy.slug for economy in found})
    assert sum(economy.member for economy in found) == 27
    slugs = {economy.iso3: economy.slug for economy in found}
    assert {slugs[code] for code in ("DEU", "USA", "KOR", "EU27", "NZL")} == {
        "germany", "united-states", "south-korea", "eu27", "new-zealand",
    }  # fmt: skip
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", slug) for slug in slugs.values())


@pytest.mark.parametrize("wanted", ["KOR", "kor", "South Korea", "south-korea", " south korea "])
def test_an_economy_is_found_by_code_name_or_slug(groups, wanted):
    assert economies.find(groups, wanted).iso3 == "KOR"


@pytest.mark.parametrize(("wanted", "near"), [("Germny", "DEU (Germany)"), ("DEUU", "DEU (Germany)"), ("", "AUS")])
def test_an_unknown_economy_names_the_nearest(groups, wanted, near):
    with pytest.raises(ValueError, match=re.escape(near)):
        economies.find(groups, wanted)


def test_names_stand_in_a_sentence():
    assert [economies.called(code) for code in ("NLD", "USA", "EU27", "DEU")] == [
        "the Netherlands", "the United States", "the EU", "Germany",
    ]  # fmt: skip
    assert [economies.possessive(name) for name in ("Germany", "the United States")] == [
        "Germany’s", "the United States’",
    ]  # fmt: skip


def test_the_union_is_ranked_among_those_outside_it(groups):
    assert len(economies.peers(groups, economies.find(groups, "DEU"))) == 38
    others = economies.peers(groups, economies.find(groups, "EU27"))
    assert len(others) == 12
    assert "DEU" not in others


# --- origins ---


@pytest.mark.parametrize("code", ORACLES)
def test_oracle_the_customs_share_is_as_published(customs, code):
    row = customs[customs["importer"].eq({"EU27": "EUX"}.get(code, code)) & customs["basis"].eq("value")]
    share = float(row.loc[row["partner"] == "CHN", "share"].iloc[0])
    assert share == pytest.approx(ORACLES[code], abs=0.06)


@pytest.mark.parametrize("code", ORACLES)
def test_oracle_the_share_of_baci_is_near_that_of_customs(magnets, groups, union, code):
    own = economies.imports(magnets, economies.find(groups, code), union)
    row = dependence.suppliers(own[own["year"] == 2024]).iloc[0]
    assert float(row["share"]) == pytest.approx(ORACLES[code], abs=1.5)


def test_trade_among_members_counts_for_a_member_and_not_for_the_union(groups):
    rows = flows(("DEU", "FRA", 2024, 60), ("DEU", "CHN", 2024, 40), ("FRA", "CHN", 2024, 20), ("FRA", "DEU", 2024, 80))
    members = ["DEU", "FRA"]
    own = economies.imports(rows, economies.find(groups, "DEU"), members)
    assert dict(zip(own["partner"], own["value_usd"], strict=True)) == {"FRA": 60, "CHN": 40}
    assert list(economies.from_outside(own, members)["partner"]) == ["CHN"]
    whole = economies.imports(rows, economies.find(groups, "EU27"), members)
    assert set(whole["partner"]) == {"CHN"}
    assert whole["value_usd"].sum() == 60


def test_only_years_that_list_all_flows_are_whole():
    rows = pd.concat([flows(("ISL", "CHN", 2022, 1)), flows(("ISL", "CHN", 2023, 1), flags="a;largest_flows_only")])
    assert economies.whole_years(rows) == [2022]


def test_a_partner_without_a_flow_is_zero_in_a_whole_year_and_unknown_in_another():
    whole = flows(("ISL", "CHN", 2022, 50), ("ISL", "DEU", 2022, 50), ("ISL", "CHN", 2024, 10))
    part = flows(("ISL", "CHN", 2023, 10), flags="largest_flows_only")
    table = economies.by_origin(pd.concat([whole, part]), ["CHN", "DEU"]).set_index(["partner", "year"])["share"]
    assert table["DEU", 2024] == 0
    assert ("DEU", 2023) not in table.index


def test_what_a_list_of_the_largest_flows_leaves_out_is_measured_on_whole_years():
    whole = flows(("ISL", "CHN", 2024, 60), ("ISL", "DEU", 2024, 30), ("ISL", "FIN", 2024, 10))
    part = flows(("ISL", "CHN", 2023, 60), ("ISL", "DEU", 2023, 30), flags="largest_flows_only")
    assert economies.listed_part(pd.concat([whole, part])) == (2, 90.0)
    assert economies.listed_part(whole) == (0, 100.0)


def test_a_new_leader_is_named_and_a_passing_partner_is_not():
    old = [("ISL", code, year, 50) for year in range(2014, 2024) for code in ("CHN", "DEU")]
    rows = flows(*old, ("ISL", "BEL", 2024, 70), ("ISL", "FIN", 2024, 20), ("ISL", "CHN", 2024, 10))
    assert economies.partners(rows) == ["CHN", "BEL", "DEU"]


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=9))
@settings(max_examples=15)
def test_shares_of_origins_add_up_and_ranks_are_in_order(values):
    codes = ["CHN", "DEU", "FRA", "JPN", "KOR", "USA", "VNM", "PHL", "MYS"]
    rows = flows(*[("ISL", code, 2024, value) for code, value in zip(codes, values, strict=False)])
    assert economies.by_origin(rows, economies.partners(rows))["share"].sum() == pytest.approx(100)
    table = economies.compared(pd.concat([rows, rows.assign(reporter="NOR", value_usd=rows["value_usd"] * 2)]))
    assert table["hhi"].between(10_000 / 9 - 1, 10_000 + 1e-6).all()
    assert (table["leader_share"] <= table["top3"] + 1e-9).all()
    assert table["top3"].le(100 + 1e-9).all()
    assert list(table.set_index("reporter")["value_rank"].loc[["NOR", "ISL"]]) == [1, 2]
    assert list(table["rank"]) == [1, 1]


@pytest.mark.parametrize("code", SPARSE)
def test_sparse_economies_have_origins_that_add_up(magnets, groups, union, code):
    own = economies.imports(magnets, economies.find(groups, code), union)
    keep = economies.partners(own)
    newest = own[own["year"] == 2024]
    assert keep[0] == "CHN"
    assert newest.loc[newest["value_usd"].idxmax(), "partner"] in keep
    sums = economies.by_origin(own, keep).groupby("year")["share"].sum()
    assert sums.between(99.99, 100.01).all()
    assert own["year"].min() == (2018 if code == "TWN" else 2002)


# --- weights ---


def test_whose_customs_weights_say_nothing_of_their_own(customs, groups):
    reasons = economies.weights_not_used(customs, dependence.members(groups, dependence.WEST_38))
    assert {code for code, reason in reasons.items() if reason == "missing"} == {"USA", "CAN", "AUS", "NZL"}
    assert {code for code, reason in reasons.items() if reason == "conflict"} == {"GRC", "HRV", "ROU"}


def test_flows_without_a_usable_weight_are_left_out_and_counted():
    rows = flows(
        ("ISL", "CHN", 2024, 60, 10, ""), ("ISL", "DEU", 2024, 30, None, "no_weight"),
        ("ISL", "FIN", 2024, 10, 9, "baci_reconciled;implausible_unit_value"),
    )  # fmt: skip
    usable, covered = economies.weighed(rows, {})
    assert list(usable["partner"]) == ["CHN"]
    assert covered == pytest.approx(60)
    assert economies.weighed(rows, {"ISL": "missing"})[1] == 0


def test_members_without_usable_weights_do_not_spoil_those_of_the_union(groups):
    rows = flows(("DEU", "CHN", 2024, 95, 5, ""), ("ROU", "CHN", 2024, 5, 50, ""))
    whole = economies.imports(rows, economies.find(groups, "EU27"), ["DEU", "ROU"])
    usable, covered = economies.weighed(whole, {"ROU": "conflict"}, rows["reporter"])
    assert covered == pytest.approx(95)
    assert usable["weight_kg"].sum() == 5


def test_the_overview_agrees_with_each_economy(magnets, groups, union, customs):
    table = economies.all_beside(magnets, groups, customs).set_index("iso3")
    assert len(table) == 39
    assert table["hhi"].between(0, 10_000).all()
    assert sorted(table["rank"].dropna()) == list(range(1, 39))
    assert pd.isna(table.loc["EU27", "rank"])
    assert table.loc["EU27", "share"] == pytest.approx(88.62, abs=0.01)
    members = table[table["member"]]
    assert members["outside"].notna().all()
    assert table.loc[~table["member"], "outside"].isna().all()
    assert table.loc[["USA", "CAN", "AUS", "NZL", "GRC", "HRV", "ROU"], "weight"].isna().all()
    assert table.loc["TWN", "weight"] == pytest.approx(96.05, abs=0.1)
    assert pd.isna(table.loc["TWN", "earlier"])
    assert economies.all_beside(magnets, groups)["weight"].isna().all()


# --- compounds, plants, measures ---


def test_compounds_of_an_importer_add_up_and_the_rest_comes_last(groups):
    shares = catalog.table("trade_shares")
    for code in ("DEU", "JPN", "EU27", "TWN"):
        rows = economies.compounds(shares, economies.find(groups, code), "comtrade_2025_ree_flows")
        assert rows["share"].sum() == pytest.approx(100, abs=0.2)
        assert rows["t"].sum() == pytest.approx(float(rows["total_kg"].iloc[0]) / 1000, rel=0.002)
        assert "ROW" not in list(rows["partner"])[:-1]
    assert economies.compounds(shares, economies.find(groups, "MLT"), "comtrade_2025_ree_flows").empty


def test_the_broadest_goods_known_by_value_are_taken(groups):
    shares = catalog.table("trade_shares")
    detail = shares[shares["dataset"] == "comtrade_2025_ree_detail"]
    taken = {
        code: economies.compounds_by_value(detail, economies.find(groups, code))["product"].tolist()
        for code in ("JPN", "FRA", "DEU", "ISL")
    }
    assert taken == {"JPN": ["280530+2846"], "FRA": ["2846"], "DEU": ["284690"], "ISL": []}


def test_one_importer_alone_is_as_among_all(magnets):
    rows = magnets[(magnets["reporter"] == "ISL") & (magnets["year"] == 2024)]
    alone, row = economies.of_one(rows), dependence.suppliers(rows).iloc[0]
    assert tuple(alone) == pytest.approx((row["share"], row["hhi"], row["total"]))


def test_capacities_are_told_with_their_range():
    columns = ["capacity_low", "capacity", "capacity_high", "capacity_unit", "capacity_kind"]
    rows = [
        (None, 4440, None, "t/yr NdPr oxide", "target"),
        (850, None, 1000, "t/yr REO", "nameplate"),
        (None, None, None, None, None),
    ]
    told = economies.capacities(pd.DataFrame(rows, columns=columns))
    assert list(told) == ["4,440 t NdPr oxide (target)", "850–1,000 t REO", ""]


def test_which_measures_concern_an_economy(groups):
    register = pd.DataFrame(
        [("a", "EU27", "WLD"), ("b", "CHN", "BEL;DEU"), ("c", "G7", "G7"), ("d", "CHN", "WLD"), ("e", "DEU", "DEU")],
        columns=["id", "jurisdiction", "target"],
    )

    def ways(code):
        rows = economies.concerning(register, economies.find(groups, code), dependence.members(groups, "G7"))
        return dict(zip(rows["id"], rows["concern"], strict=True))

    assert ways("DEU") == {"a": "Union", "b": "named", "c": "G7", "e": "own"}
    assert ways("BEL") == {"a": "Union", "b": "named"}
    assert ways("EU27") == {"a": "own"}
    assert ways("ISL") == {}


def test_a_circle_is_known_from_its_day_and_over_from_its_end(groups):
    japan = economies.find(groups, "JPN")
    before = economies.circles(groups, japan, pd.Timestamp("2024-06-30"))
    assert set(before["group"]) == {"MSP"}
    assert before["over"].isna().all()
    after = economies.circles(groups, japan, pd.Timestamp("2026-11-22")).set_index("group")
    assert after.loc["MSP", "over"] == pd.Timestamp("2026-02-04")
    assert economies.circles(groups, economies.find(groups, "ISL"), pd.Timestamp("2026-11-22")).empty


# --- words ---


@pytest.mark.parametrize(
    ("place", "among", "told"),
    [
        (1, 38, "highest"), (2, 38, "second highest"), (12, 38, "twelfth highest"), (13, 38, "13th highest"),
        (21, 38, "21st highest"), (28, 38, "28th highest"), (29, 38, "tenth lowest"), (38, 38, "lowest"),
        (1, 1, "highest"), (2, 2, "lowest"), (2, 3, "second highest"),
    ],
)  # fmt: skip
def test_a_place_is_told_from_the_nearer_end(place, among, told):
    assert economies.nth(place, among, "highest", "lowest") == told


@pytest.mark.parametrize("place", [0, 39])
def test_a_place_beyond_the_last_is_refused(place):
    with pytest.raises(ValueError, match=r"of 38"):
        economies.nth(place, 38, "highest", "lowest")


def test_what_does_not_apply_is_as_what_was_not_yet_public():
    assert economies.only_if(True, 3) == 3
    with pytest.raises(catalog.NoDataYet):
        economies.only_if(False, 3)


# --- all beside each other ---


@pytest.fixture(scope="module")
def everyone():
    return economies.overview(None)


def test_the_overview_starts_with_its_dataset():
    with pytest.raises(catalog.NoDataYet) as caught:
        economies.overview("2025-06-30")
    assert f"{caught.value.starts}" == "2026-01-31"


def test_who_stands_out_among_all(everyone):
    assert (everyone.first, everyone.year, everyone.whole) == (2002, 2024, [2022, 2024])
    assert everyone.largest(3) == ["DEU", "JPN", "USA"]
    assert [everyone.end(lowest=True), everyone.end(lowest=False)] == ["LUX", "TWN"]
    assert [everyone.least_outside(), everyone.widest_gap()] == ["IRL", "ROU"]
    assert [everyone.heaviest(15), everyone.furthest_apart(15), everyone.most_concentrated()] == ["NLD", "CZE", "TWN"]
    assert everyone.most_from_another() == ("HRV", "ITA")
    assert everyone.late() == [("TWN", 2018)]
    assert everyone.panels(2) == ["EU27", "DEU", "JPN"]


def test_those_who_sell_beside_china_buy_their_magnets_too(everyone):
    assert everyone.led_by_others(6) == [("JPN", "PHL")]
    assert everyone.sellers("JPN") == ["PHL", "VNM", "CHN"]
    assert everyone.behind("JPN") == [("PHL", "JPN"), ("VNM", "CHN")]
    assert everyone.runner_up(6) == ("POL", "DEU")
    assert everyone.partner("VNM", "CHN").value == pytest.approx(89.3, abs=0.05)


def test_bounds_leave_some_directions_open(everyone):
    assert everyone.undecided() == ["BEL", "JPN"]
    assert everyone.changed(LOWER) == []
    assert everyone.and_lower() == ""
    assert len(everyone.changed(HIGHER)) == everyone.higher_than(2002).value == 29
    assert everyone.with_both(2002).value == 31


def test_a_fall_is_named_in_the_title(everyone, monkeypatch):
    monkeypatch.setattr(economies.Overview, "changed", lambda *_: ["JPN", "NLD"])
    assert everyone.and_lower() == ", and lower in Japan and the Netherlands"
    monkeypatch.setattr(economies.Overview, "changed", lambda *_: ["JPN"] * 4)
    assert everyone.and_lower() == ""


def test_shares_of_the_union_are_of_what_comes_from_outside(everyone):
    share = everyone.share("EU27")
    assert share.value == pytest.approx(88.62, abs=0.01)
    assert "from outside" in share.scope
    then = everyone.share("EU27", 2002)
    assert then.quantity.bound == "<"
    assert then.value == pytest.approx(18.3, abs=0.05)


def test_counts_of_the_overview_agree_with_its_table(everyone):
    table = everyone.table
    assert everyone.over_half().value == (table["share"] > 50).sum()
    assert everyone.compared().value == 38
    assert everyone.led_elsewhere().value == len(everyone.led_by_others()) == 4
    assert everyone.heavier().value == (table["weight"] > table["share"]).sum()
    assert everyone.with_weights().value == 38 - len(everyone.without_weights()) == 31
    assert everyone.concentration("TWN").value == table["hhi"].max()


def test_two_datasets_of_one_trade_differ(everyone):
    gaps = everyone.two_datasets().set_index("iso3")["gap"]
    assert gaps["DEU"] == pytest.approx(82.44 - 85.39, abs=0.01)
    assert everyone.apart().value == (gaps.abs() >= economies.APART).sum()
    assert everyone.in_both().value == len(gaps)
    assert economies.APART == 10, "the chapter says ten points in words"
    assert set(everyone.datasets_beside(3)["base"]) == {"CEPII BACI", "UN Comtrade"}


def test_weights_and_customs_are_not_known_before_they_were_published():
    early = economies.overview("2026-02-15")
    assert early.share("DEU").value == pytest.approx(82.4, abs=0.05)
    for wanted in (early.heavier, early.with_weights, early.weights_beside, early.apart, early.without_weights):
        with pytest.raises(catalog.NoDataYet) as caught:
            wanted()
        assert f"{caught.value.starts}" == "2026-11-22"


def test_small_suppliers_are_added_up(everyone):
    rows = everyone.by_supplier(3)
    assert list(dict.fromkeys(rows["iso3"])) == ["EU27", "DEU", "JPN", "USA"]
    assert rows.groupby("iso3")["part"].sum().tolist() == pytest.approx([100] * 4)
    assert {"CHN", "PHL", "VNM", "MYS", "ROW"} == set(rows["partner"])


# --- the magnets of one ---


@pytest.fixture(scope="module")
def magnets_of(groups):
    @cache
    def of(code, as_of=None):
        return economies.magnets(economies.find(groups, code), groups, as_of)

    return of


def test_places_are_told_in_words(magnets_of):
    told = {code: magnets_of(code).place("rank") for code in ("DEU", "JPN", "LUX", "FRA", "EU27")}
    assert told == {
        "DEU": "third highest", "JPN": "fourth lowest", "LUX": "lowest", "FRA": "21st highest", "EU27": "highest",
    }  # fmt: skip
    assert magnets_of("JPN").place("hhi_rank") == "fourth least concentrated"
    assert magnets_of("ISL").place("value_rank") == "third smallest"
    assert magnets_of("DEU").rank("value_rank").value == 1
    assert magnets_of("EU27").ranked().value == 12


def test_years_without_china_among_the_largest_flows_are_named(magnets_of):
    assert magnets_of("DEU").known() == [2002, 2010, 2024]
    assert magnets_of("ISL").known() == [2010, 2024]
    assert magnets_of("ISL").unknown() == [2002]
    assert magnets_of("LUX").known() == [2024]
    assert magnets_of("TWN").years() == [2018, 2024]
    assert magnets_of("TWN").late == 2018
    with pytest.raises(catalog.NoDataYet):
        magnets_of("DEU").unknown()
    with pytest.raises(catalog.NoDataYet):
        magnets_of("ISL").china(2002)
    with pytest.raises(catalog.NoDataYet):
        magnets_of("DEU").late  # noqa: B018


def test_only_members_have_a_share_from_outside(magnets_of):
    assert magnets_of("ROU").china_outside().value == pytest.approx(92.5, abs=0.05)
    for code in ("JPN", "EU27"):
        for wanted in ("outside_worth", "china_outside", "concentration_outside"):
            with pytest.raises(catalog.NoDataYet):
                getattr(magnets_of(code), wanted)()


def test_a_member_takes_a_part_of_what_the_union_buys_outside(magnets_of, union):
    parts = [magnets_of(code).part_of_union().value for code in union]
    assert sum(parts) == pytest.approx(100)
    assert magnets_of("DEU").part_of_union().value == pytest.approx(48.2, abs=0.05)
    with pytest.raises(catalog.NoDataYet):
        magnets_of("JPN").part_of_union()


def test_titles_name_the_leader(magnets_of):
    facts = {"china-2024": "27.6%", "china-2002": "at most 7.1%", "partner-phl-2024": "32.4%"}
    assert magnets_of("JPN").title(facts) == (
        "32.4% of Japan’s imported magnets came from the Philippines in 2024, 27.6% from China"
    )
    assert magnets_of("DEU").title(facts) == (
        "27.6% of Germany’s imported magnets came from China in 2024, at most 7.1% in 2002"
    )
    assert magnets_of("LUX").fact_of("_X") == "partner-xx-2024"
    assert magnets_of("ISL").title(facts).endswith("came from China in 2024")


def test_it_is_said_in_how_many_others_the_share_is_higher(magnets_of):
    assert "was higher in 2 of 37 other economies than in Germany" in magnets_of("DEU").standing()
    assert "was higher in all 37 other economies than in Luxembourg" in magnets_of("LUX").standing()
    assert magnets_of("TWN").standing().startswith("In none of 37 other economies was China’s share")


def test_small_values_are_told_in_dollars(magnets_of):
    assert (magnets_of("ISL").worth().value, magnets_of("ISL").worth().unit) == (442000, "USD")
    assert (magnets_of("DEU").worth().unit, magnets_of("DEU").worth().places) == ("million USD", 0)
    assert magnets_of("ROU").outside_worth().places == 1
    assert "so small that single deliveries" in magnets_of("ISL").note()
    assert magnets_of("DEU").note() == ""


def test_weights_say_why_there_are_none_and_what_a_kilogram_cost(magnets_of):
    weights = {code: economies.weights(magnets_of(code), None) for code in ("DEU", "LUX", "FRA", "USA", "ROU", "CZE")}
    assert weights["DEU"].share().value == pytest.approx(84.56, abs=0.01)
    assert [weights["DEU"].price(), weights["LUX"].price()] == ["less", "more"]
    assert "made from one unit value" in weights["USA"].reason
    assert "Romania’s customs and China’s" in weights["ROU"].reason
    assert weights["USA"].bases() == ["value"]
    assert weights["DEU"].bases() == ["value", "weight"]
    assert weights["CZE"].apart("value") == "15"
    for absent_ in (lambda: weights["DEU"].reason, weights["USA"].share, weights["FRA"].price, weights["USA"].price):
        with pytest.raises(catalog.NoDataYet):
            absent_()
    with pytest.raises(catalog.NoDataYet):
        weights["DEU"].apart("value")


def test_what_others_published_is_read_as_of_a_day(groups):
    marks = {"derived": "computed", ">": "a lower bound", "<": "an upper bound", "range": "a range", "e": "estimated"}
    japan = economies.find(groups, "JPN")
    assert list(economies.published(japan, "2021-06-30", marks)["share"]) == [58.0]
    assert "marks" not in economies.published_columns(economies.published(japan, "2021-06-30", marks))
    with pytest.raises(catalog.NoDataYet):
        economies.published(economies.find(groups, "ISL"), None, marks)
    union = ("EU27", "rare-earth permanent magnets (CN 8505 11 10)", "2024", "value")
    assert economies.as_published(*union, None).value == 92.72
    with pytest.raises(catalog.NoDataYet):
        economies.as_published(*union, "2026-06-14")


# --- compounds and metals ---


@pytest.fixture(scope="module")
def goods_of(groups):
    return lambda code: economies.goods(economies.find(groups, code), None)


def test_flows_are_shares_where_there_are_enough_and_told_one_by_one_elsewhere(goods_of):
    assert goods_of("FRA").told == ["MYS", "CHN"]
    assert goods_of("DEU").told == ["CHN"]
    assert goods_of("FRA").title({"MYS": "61.5%", "CHN": "28.8%"}) == (
        "61.5% of the larger flows of compounds and metals to France came from Malaysia in 2025, 28.8% from China"
    )
    assert {code: goods_of(code).enough for code in ("DEU", "AUS", "AUT", "ISL")} == {
        "DEU": True, "AUS": False, "AUT": False, "ISL": False,
    }  # fmt: skip
    assert [goods_of(code).noun for code in ("PRT", "AUS")] == ["one flow", "two flows"]
    assert [goods_of(code).why for code in ("AUT", "AUS")] == [
        "the rest is confidential or too small", "so few flows are not enough for shares",
    ]  # fmt: skip
    assert (goods_of("NOR").flow("ESP").unit, goods_of("NOR").flow("CHN").unit) == ("kg", "t")
    with pytest.raises(catalog.NoDataYet):
        goods_of("ISL").year  # noqa: B018


def test_a_sum_of_the_larger_flows_is_a_lower_bound(goods_of):
    weight = goods_of("DEU").weight()
    assert (weight.quantity.bound, weight.unit) == (">", "t")
    assert weight.value == pytest.approx(5517, abs=1)


def test_goods_known_by_value_are_named(goods_of):
    assert {code: goods_of(code).heading for code in ("JPN", "USA", "DEU")} == {
        "JPN": "the same goods", "USA": "the same goods", "DEU": "compounds other than cerium (HS 2846.90)",
    }  # fmt: skip
    with pytest.raises(catalog.NoDataYet):
        goods_of("POL").share_by_value()


def test_two_downloads_are_told_where_they_differ(goods_of):
    assert list(goods_of("DEU").totals()) == ["284610", "284690", "280530"]
    assert goods_of("BEL").another_total().value > 0
    for code in ("DEU", "TWN"):
        with pytest.raises(catalog.NoDataYet):
            goods_of(code).another_total()


def test_china_does_not_lead_everywhere_before_the_magnet(groups):
    goods = economies.goods_of_all(groups, None)
    assert goods.led_elsewhere() == [("BEL", "FRA"), ("EST", "RUS"), ("FRA", "MYS"), ("ITA", "AUT"), ("CHE", "EST")]
    assert goods.led_by_china().value + len(goods.led_elsewhere()) == goods.compared().value == len(goods.states)
    assert goods.of("JPN").share("CHN").value == 74.73
    assert goods.for_bars()["iso3"].iloc[0] == "TWN"
    with pytest.raises(catalog.NoDataYet):
        goods.of("ISL")
    with pytest.raises(catalog.NoDataYet):
        economies.goods_of_all(groups, "2026-02-15")


# --- at home ---


def plants(*statuses):
    frame = pd.DataFrame({"status": statuses, "facility": "Works", "company": "Firm", "iso3": "ISL"})
    frame = frame.assign(stage="heavy_separation", source_id="s", as_of=pd.Timestamp("2025-06-30"))
    return economies.Plants(frame, "Iceland")


@pytest.mark.parametrize(
    ("statuses", "state", "part"),
    [
        (("operating",), "at work or starting up", "all"),
        (("planned",), "not yet at work", "n"),
        (("operating", "planned", "closed"), "1 at work or starting up", "n"),
        (("operating", "ramping up"), "all at work or starting up", "all"),
        (("planned", "stalled"), "none at work", "n"),
    ],
)
def test_the_state_of_plants_is_told(statuses, state, part):
    assert plants(*statuses).state == state
    assert plants(*statuses).part("n") == part


def test_one_plant_and_plants_of_which_none_works_are_told_plainly():
    assert plants("operating").plainly == "which operated or started up"
    assert plants("planned").plainly == "which was not yet at work"
    assert plants("planned", "closed").plainly == "none of which was at work"
    with pytest.raises(catalog.NoDataYet):
        plants("operating", "planned").plainly  # noqa: B018
    for few in (("operating",), ("planned", "closed")):
        with pytest.raises(catalog.NoDataYet):
            plants(*few).at_work()


def test_plants_at_work_are_named_and_counted_by_stage():
    both = plants("operating", "ramping up", "closed")
    assert both.names == ["Works (Firm, heavy separation)"] * 2
    assert both.by_stage()[["iso3", "stage", "plants"]].to_numpy().tolist() == [["ISL", "separation", 2]]


@pytest.mark.parametrize(("day", "homes"), [("2022-06-30", 2), ("2025-06-30", 7), (None, 11)])
def test_more_plants_are_known_with_time(groups, day, homes):
    assert economies.plants_of_all(groups, day).economies().value == homes


def test_what_the_usgs_prints_of_an_economy(groups):
    def of(code):
        who = economies.find(groups, code)
        return economies.mine_output(who, groups, None), economies.reserves(who, groups, None)

    output, ground = of("USA")
    assert (output.amount().value, output.kind) == (51000, "an estimate")
    assert ground.share().quantity.bound == "<"
    assert of("CAN")[0].instead == "a dash"
    assert [table.listed for table in of("DEU")] == [False, False]
    for table in of("DEU"):
        for wanted in (table.amount, table.share, lambda table=table: table.kind, lambda table=table: table.instead):
            with pytest.raises(catalog.NoDataYet):
                wanted()


def test_the_reliance_is_that_of_the_newest_year():
    assert economies.reliance(None).value == 67
    assert economies.reliance("2024-06-30").quantity.bound == ">"


# --- measures and circles ---


@pytest.mark.parametrize(
    ("code", "ways"),
    [
        ("EU27", "4 of its own and 3 of others that name it"), ("POL", "all through the EU"),
        ("JPN", "7 of its own, 8 of others that name it and 3 through the G7"),
    ],
)  # fmt: skip
def test_how_measures_concern_an_economy_is_counted(groups, code, ways):
    found = economies.measures(economies.find(groups, code), groups, None, pd.Timestamp("2026-11-29").date())
    assert found.ways == ways
    assert found.verb == "measures concern"


def test_controls_on_everyone_are_told_with_the_day_they_are_known_to(groups):
    def on(day):
        return economies.measures(economies.find(groups, "ISL"), groups, day, pd.Timestamp(day).date())

    now = on("2026-11-29")
    assert now.to_everyone(economies.IN_FORCE).period == "2026-07-02"
    assert f"{now.known_by(economies.SUSPENDED):%Y-%m-%d} {now.passed():%Y-%m-%d}" == "2026-10-08 2026-11-10"
    assert now.concerning.empty
    for wanted in (now.for_table, on("2026-02-15").passed, lambda: on("2024-06-30").to_everyone(economies.SUSPENDED)):
        with pytest.raises(catalog.NoDataYet):
            wanted()


def test_circles_are_named_with_their_ends(groups):
    def told(code, day):
        return economies.with_ends(economies.circles(groups, economies.find(groups, code), pd.Timestamp(day)))

    assert told("DEU", "2024-06-30") == ["Minerals Security Partnership"]
    assert told("DEU", "2026-11-22") == ["Minerals Security Partnership (until 4 February 2026)"]
    with pytest.raises(catalog.NoDataYet):
        told("ISL", "2026-11-22")


# --- the pages ---

NONSENSE = re.compile(
    r"\bnan\b|\bNone\b|<NA>|\{(?!numref)\w+\}|−0\b|-0\b|\binf\b|\b1 (?:plants|measures|partners|shares)\b|\b0 plants?\b"
    r"|(?<![\d.,])0(?:\.0)?% of|rank 0\b|\bof the world of\b|\(\)|, and and|\ba share of China of nan|\bnp\.|Timestamp"
)
MONEY_OF_NOTHING = re.compile(r"USD 0\b|(?<![\d.,])0 (?:t|kg)\b")


@cache
def cells(name):
    content = json.loads((ROOT / "chapters" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [(cell["cell_type"], cell["metadata"].get("tags", []), "".join(cell["source"])) for cell in content["cells"]]


def result(expression, space):
    """What a kernel gives for an expression in the prose."""
    try:
        value = eval(expression, space)
    except catalog.NoDataYet as error:
        return {"status": "error", "ename": type(error).__name__, "evalue": str(error)}
    if isinstance(value, absent.Absent):
        return {"status": "ok", "data": value._repr_mimebundle_()}
    html = {"text/html": value._repr_html_()} if hasattr(value, "_repr_html_") else {}
    return {"status": "ok", "data": {"text/plain": repr(value)} | html}


@pytest.fixture
def page(monkeypatch):
    """Run a notebook in this process and return what it says, with its figures' titles and records."""
    import IPython.display

    import lib.page

    def run(name, draw=True, **parameters):
        said, figures, space = [], [], {}

        def show(*objects, metadata=None, **_):
            if metadata and "figure" in metadata.get("industrial-vitamins", {}):
                figures.append(metadata["industrial-vitamins"]["figure"])
            said.extend(str(thing.data) for thing in objects if getattr(thing, "data", None))

        monkeypatch.setattr(IPython.display, "display", show)
        monkeypatch.setattr(lib.page, "display", show)
        for number, (kind, tags, source) in enumerate(cells(name)):
            if kind == "markdown":
                asked = [{"expression": text, "result": result(text, space)} for text in prose.expressions(source)]
                said.append(prose.filled(source, asked))
                continue
            path = f"<{name} {number}>"
            linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
            exec(compile(source, path, "exec"), space)
            if "parameters" in tags:
                space |= parameters
            if not draw and "figures" in space:
                space["figures"] = Words(figures)
        text = unescape(re.sub(r"<[^>]+>", "", "\n\n".join(said)))
        return text.split("## Sources")[0], figures

    return run


class Words:
    """Stands for `lib.figures` and keeps the words of figures without drawing them."""

    def __init__(self, kept):
        self.kept = kept

    def publish(self, chart, data=None, **words):
        assert len(chart.data if data is None else data)
        self.kept.append(words)

    def table(self, data, **words):
        assert len(data)
        self.kept.append(words)


@pytest.mark.parametrize(
    "rule", ["test_it_defines_nothing", "test_its_cells_are_short", "test_its_words_stand_in_markdown"]
)
def test_the_template_of_the_pages_is_a_document_too(rule):
    getattr(test_documents, rule)("economy")


def findings(text):
    """The items of the key findings."""
    return prose.sentences(text.split("## Key findings")[1].split("\n## ")[0])


@pytest.mark.parametrize("code", ["DEU", "ISL", "MLT", "TWN", "EU27"])
def test_its_page_runs_with_few_figures_of_its_own_names(page, groups, code):
    text, figures = page("economy", economy=code)
    economy = economies.find(groups, code)
    assert all(figure["name"].startswith(economy.slug + "-") for figure in figures)
    assert sum(figure["spec"] is not None for figure in figures) <= 3
    assert 3 <= len(findings(text)) <= 6
    assert "This book has no data for this section" not in text


@pytest.mark.parametrize("code", [economy.iso3 for economy in economies.listed(catalog.table("country_groups"))])
def test_no_page_says_nonsense(page, groups, code):
    text, figures = page("economy", draw=False, economy=code)
    words = [
        text,
        *[figure[key] for figure in figures for key in ("title", "subtitle", "alt", "note") if key in figure],
    ]
    found = [hit.group() for part in words for hit in [*NONSENSE.finditer(part), *MONEY_OF_NOTHING.finditer(part)]]
    assert found == []
    called = economies.find(groups, code).called
    assert called.removeprefix("the ") in text
    assert all(called.removeprefix("the ") in figure["title"] for figure in figures)
    assert len(prose.sentences(text.split("## Where it stands")[1].split("\n## ")[0])) == 1, "one opening paragraph"
    assert len(prose.sentences(text.split("\n## ")[0])) == 2, "the dated line and one answer"


@pytest.mark.parametrize("day", ["1990-01-01", "2024-06-30", "2026-02-15"])
@pytest.mark.parametrize("code", ["DEU", "ISL", "USA", "EU27"])
def test_it_runs_for_a_past_day_and_says_what_was_not_known(page, day, code):
    text, _ = page("economy", draw=False, economy=code, as_of=day)
    assert "This book has no data for this section" in text
    assert ("China supplied" in text) is (day > "2026-01-31")
    assert "usable weight make up" not in text


def test_the_overview_runs_and_links_every_page(page, groups):
    text, figures = page("economies", panels=2)
    table = next(figure for figure in figures if figure["name"] == "economies-compared")
    addresses = {row["address"] for row in table["data"]}
    assert addresses == {f"economies/{economy.slug}.html" for economy in economies.listed(groups)}
    assert NONSENSE.findall(text) == []


def test_the_overview_of_a_past_day_says_when_it_starts(page):
    text, figures = page("economies", as_of="2024-06-30")
    assert [figure["name"] for figure in figures] == ["economies-plants"]
    assert "starts on 31 January 2026" in text
    assert "China supplied" not in text


def test_an_unknown_economy_stops_the_page(page):
    with pytest.raises(ValueError, match="did you mean DEU"):
        page("economy", economy="DEX")
