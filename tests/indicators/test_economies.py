"""One economy at a time: who has a page, origins, ranks, weights that may be shown, and what the page says of each.

Numbers named "oracle" are China's shares of magnet imports (HS 8505.11) by value in 2024 as computed from UN Comtrade
by those who compiled the extract: EU from outside 89.6, US 75.3, Korea 87.4, Japan 27.3%. BACI differs by a point.
"""

import json
import re
from functools import cache
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.indicators import common, dependence, economies
from lib.tables import catalog

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
    assert [economies.name_in_text(code) for code in ("NLD", "USA", "EU27", "DEU")] == [
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


# --- the pages ---

NONSENSE = re.compile(
    r"\bnan\b|\bNone\b|<NA>|\{\w+\}|−0\b|-0\b|\binf\b|\b1 (?:plants|measures|partners|shares)\b|\b0 plants?\b"
    r"|(?<![\d.,])0(?:\.0)?% of|rank 0\b|  |\bof the world of\b|\(\)|, and and|\ba share of China of nan"
)
MONEY_OF_NOTHING = re.compile(r"USD 0\b|(?<![\d.,])0 (?:t|kg)\b")


@cache
def cells(name):
    content = json.loads((ROOT / "chapters" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [(cell["metadata"].get("tags", []), "".join(cell["source"])) for cell in content["cells"]
            if cell["cell_type"] == "code"]  # fmt: skip


@pytest.fixture
def page(monkeypatch):
    """Run a notebook in this process and return what it says, with its figures' titles and records."""
    import IPython.display

    import lib.page

    def run(name, draw=True, **parameters):
        said, figures = [], []

        def show(*objects, metadata=None, **_):
            if metadata and "figure" in metadata.get("industrial-vitamins", {}):
                figures.append(metadata["industrial-vitamins"]["figure"])
            said.extend(str(thing.data) for thing in objects if getattr(thing, "data", None))

        monkeypatch.setattr(IPython.display, "display", show)
        monkeypatch.setattr(lib.page, "display", show)
        space = {}
        for tags, source in cells(name):
            exec(source, space)
            if "parameters" in tags:
                space |= parameters
            if not draw and "figures" in space:
                space["figures"] = Words(figures)
        text = unescape(re.sub(r"<[^>]+>", "", "\n".join(said)))
        return text.split("## Sources")[0], figures

    return run


class Words:
    """Stands for `lib.figures` and keeps the words of figures without drawing them."""

    def __init__(self, kept):
        self.kept = kept

    def publish(self, build, data, **words):
        assert len(data)
        self.kept.append(words)

    def table(self, data, **words):
        assert len(data)
        self.kept.append(words)


@pytest.mark.parametrize("code", ["DEU", "ISL", "MLT", "TWN", "EU27"])
def test_its_page_runs_with_few_figures_of_its_own_names(page, groups, code):
    text, figures = page("economy", economy=code)
    economy = economies.find(groups, code)
    assert all(figure["name"].startswith(economy.slug + "-") for figure in figures)
    assert sum(figure["spec"] is not None for figure in figures) <= 3
    findings = re.search(r"(?:^- .*\n)+", text, re.MULTILINE).group()
    assert 3 <= len(findings.splitlines()) <= 5
    assert "Not in this book’s tables for" not in text


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


@pytest.mark.parametrize("day", ["1990-01-01", "2024-06-30", "2026-02-15"])
@pytest.mark.parametrize("code", ["DEU", "ISL", "USA", "EU27"])
def test_it_runs_for_a_past_day_and_says_what_was_not_known(page, day, code):
    text, _ = page("economy", draw=False, economy=code, as_of=day)
    assert "Not in this book’s tables for" in text
    assert ("China supplied" in text) is (day > "2026-01-31")
    assert "weights stand for" not in text


def test_the_overview_runs_and_links_every_page(page, groups):
    text, figures = page("economies", panels=2)
    table = next(figure for figure in figures if figure["name"] == "economies-compared")
    addresses = {row["address"] for row in table["data"]}
    assert addresses == {f"economies/{economy.slug}.html" for economy in economies.listed(groups)}
    assert NONSENSE.findall(text) == []


def test_the_overview_of_a_past_day_says_when_it_starts(page):
    text, figures = page("economies", as_of="2024-06-30")
    assert figures == []
    assert "starts on 31 January 2026" in text


def test_an_unknown_economy_stops_the_page(page):
    with pytest.raises(ValueError, match="did you mean DEU"):
        page("economy", economy="DEX")
