"""Lists of partners as other people ask for them: some partners and the world, in the layouts of two publishers.

Whoever reads such a file divides a partner by the printed world, and says nothing of concentration. All figures are
made up but those of the two cases, which stand in public files.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.importers.shares import LEADING
from tests.importers import test_eurostat, test_un_comtrade
from tests.importers.handed_in import found_in_json, found_in_text

ECONOMIES = {
    "CHN": (156, "CN"),
    "JPN": (392, "JP"),
    "MYS": (458, "MY"),
    "VNM": (704, "VN"),
    "IND": (356, "IN"),
    "AUS": (36, "AU"),
    "THA": (764, "TH"),
    "KOR": (410, "KR"),
    "CAN": (124, "CA"),
    "BRA": (76, "BR"),
}


def of_comtrade(folder: Path, world: tuple, listed: dict):
    rows = {0: world} | {ECONOMIES[name][0]: pair for name, pair in listed.items()}
    return found_in_text(folder, test_un_comtrade.text(test_un_comtrade.NEW, *test_un_comtrade.new_rows(rows)))


def of_comtrade_short(folder: Path, world: tuple, listed: dict):
    rows = {0: world} | {ECONOMIES[name][0]: pair for name, pair in listed.items()}
    return found_in_text(folder, test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows(rows)))


def of_comtrade_json(folder: Path, world: tuple, listed: dict):
    rows = {0: world} | {ECONOMIES[name][0]: pair for name, pair in listed.items()}
    names = test_un_comtrade.NEW.split(",")
    data = [dict(zip(names, row.rstrip(",").split(","), strict=True)) for row in test_un_comtrade.new_rows(rows)]
    return found_in_json(folder, {"count": len(data), "data": data, "error": ""})


def of_eurostat(folder: Path, world: tuple, listed: dict):
    rows = {"WORLD": world} | {ECONOMIES[name][1]: pair for name, pair in listed.items()}
    return found_in_text(folder, test_eurostat.text(*test_eurostat.rows(rows)))


LAYOUTS = (of_comtrade, of_comtrade_short, of_comtrade_json, of_eurostat)
AMOUNTS = st.tuples(st.integers(1, 10**9), st.integers(1, 10**6))


@st.composite
def queries(draw):
    """The whole trade by partner, and which partners somebody asked for."""
    whole = draw(st.dictionaries(st.sampled_from(list(ECONOMIES)), AMOUNTS, min_size=2))
    asked = draw(st.sets(st.sampled_from(sorted(whole)), min_size=1))
    return whole, asked, draw(st.sampled_from(LAYOUTS))


def shares_by(found, basis):
    return {row.cells["partner"]: row.cells["share"] for row in found.rows if row.cells["basis"] == basis}


@settings(max_examples=40)
@given(queries())
def test_a_share_is_the_partner_over_the_printed_world_whoever_else_was_asked_for(query):
    whole, asked, layout = query
    world = tuple(sum(pair[place] for pair in whole.values()) for place in (0, 1))
    listed = {name: whole[name] for name in whole if name in asked}
    missing = world[0] - sum(pair[0] for pair in listed.values())
    with tempfile.TemporaryDirectory() as folder:
        found = layout(Path(folder), world, listed)
    for basis, place in (("value", 0), ("weight", 1)):
        given_shares = shares_by(found, basis)
        for name in (name for name in given_shares if name in listed):
            assert abs(float(given_shares[name]) - 100 * listed[name][place] / world[place]) < 0.0101, (basis, name)
        assert abs(sum(map(float, given_shares.values())) - 100) < 0.06 * bool(given_shares) + 100 * (not given_shares)
    assert set(sorted(listed, key=lambda name: -listed[name][0])[: LEADING - 1]) <= set(shares_by(found, "value"))
    within_rounding = missing <= min(0.5 * (len(listed) + 1), 5e-5 * world[0])
    said = [row.cells.get(name) for row in found.rows for name in ("hhi", "n_partners")]
    assert all(said) if within_rounding else not any(said)
    assert all(row.cells["partner"] in {*listed, "ROW", "CHN"} for row in found.rows)
    if not within_rounding:
        assert "no_flow_recorded" not in {flag for row in found.rows for flag in row.cells["flags"].split(";")}
        assert len(found.notes) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("part", [0.9, 0.95, 0.999, 0.999999])
def test_no_part_of_the_total_makes_a_list_whole(tmp_path, layout, part):
    found = layout(tmp_path, (10**9, 10**6), {"CHN": (round(part * 10**9), round(part * 10**6))})
    assert {row.cells["method"] for row in found.rows} == {"partner_against_world"}
    assert not any(row.cells.get("hhi") for row in found.rows)


def test_china_and_the_world_of_the_united_states(tmp_path):
    """Imports of 280530 from China, and in all, as a public file of queries for these two has them."""
    years = {"2022": (17_922_183, 16_740_924), "2023": (22_096_375, 21_816_502)}
    rows = [
        row
        for year, (world, china) in years.items()
        for row in test_un_comtrade.new_rows({0: (world, ""), 156: (china, "")}, code="280530", period=year)
    ]
    found = found_in_text(tmp_path, test_un_comtrade.text(test_un_comtrade.NEW, *rows))
    told = {(row.cells["year"], row.cells["partner"]): row.cells["share"] for row in found.rows}
    assert told == {
        ("2022", "CHN"): "93.41",
        ("2022", "ROW"): "6.59",
        ("2023", "CHN"): "98.73",
        ("2023", "ROW"): "1.27",
    }
    assert not any(row.cells.get("hhi") or row.cells.get("n_partners") for row in found.rows)


def test_a_cut_answer_and_the_full_one_give_myanmar_the_same_share_of_what_china_buys(tmp_path):
    """Compounds (HS 2846) in 2024: 59.12% of the printed world less what China got back from itself."""
    china, myanmar, world = (3_206_782, 71_357.694), (817_835_388, 44_365_512), (1_386_613_152, 77_025_454.404)
    others = tuple(whole - own - one for whole, own, one in zip(world, china, myanmar, strict=True))
    for number, rest in enumerate(({}, {418: others})):
        partners = {0: world, 156: china, 104: myanmar, **rest}
        rows = test_un_comtrade.new_rows(partners, reporter=156, code="2846", period="2024")
        folder = tmp_path / str(number)
        folder.mkdir()
        found = found_in_text(folder, test_un_comtrade.text(test_un_comtrade.NEW, *rows))
        told = {row.cells["basis"]: row.cells["share"] for row in found.rows if row.cells["partner"] == "MMR"}
        assert told == {"value": "59.12", "weight": "57.65"}


def test_china_and_the_world_of_germany_and_of_the_union(tmp_path):
    pairs = {"CN": (920_000_000, 200_000), "WORLD": (1_000_000_000, 210_000)}
    union = {"CN": pairs["CN"], "EXT_EU27_2020": pairs["WORLD"]}
    lines = [*test_eurostat.rows(pairs, period="2025"), *test_eurostat.rows(union, "EU27_2020", period="2025")]
    found = found_in_text(tmp_path, test_eurostat.text(*lines))
    for importer in ("DEU", "EUX"):
        told = {
            row.cells["basis"]: row.cells["share"]
            for row in found.rows
            if (row.cells["importer"], row.cells["partner"]) == (importer, "CHN")
        }
        assert told == {"value": "92.00", "weight": "95.24"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_partners_beyond_the_printed_total_are_left_out(tmp_path, layout):
    found = layout(tmp_path, (1000, 100), {"CHN": (900, 90), "JPN": (900, 90)})
    assert not found.rows
    assert sum(found.left_out.values()) == 2
    assert "180.0%" in found.notes[0]
