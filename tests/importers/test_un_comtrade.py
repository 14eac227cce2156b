"""UN Comtrade: layouts after comtradeplus.un.org and its interface (fields of the `data` list); figures are made up.

The short form follows public extracts of the same interface. No row of UN Comtrade is kept here: its terms forbid it.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.importers import shares
from lib.importers.shares import Group, Trade, share_rows
from tests.importers.handed_in import found_in_json, found_in_text, refusal

NEW = (
    "typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,reporterDesc,flowCode,partnerCode,"
    "partner2Code,classificationCode,cmdCode,customsCode,mosCode,motCode,netWgt,isNetWgtEstimated,primaryValue,isAggregate"
)
SHORT = "year,reporter,partner,cmd,flow,value,netwgt,qty,qtyunit"
PARTNERS = {0: (1000, 100), 156: (700, 60), 276: (200, 30), 826: (100, 10)}


def new_rows(
    partners=PARTNERS, reporter=842, code="850511", flow="M", more=("0", "C00", "0", "0"), period="2023", **extra
):
    second, customs, supply, transport = more
    estimated = extra.get("estimated", "FALSE")
    freq = "A" if len(period) == 4 else "M"
    return [
        f"C,{freq},20230101,2023,52,{period},{reporter},USA,USA,{flow},{partner},{second},H6,{code},{customs},{supply},"
        f"{transport},{kg},{estimated},{value},TRUE,"
        for partner, (value, kg) in partners.items()
    ]


def short_rows(partners=PARTNERS, reporter=842, code="850511", flow="M", year=2023):
    return [
        f"{year},{reporter},{partner},{code},{flow},{value},{kg},{kg},8" for partner, (value, kg) in partners.items()
    ]


def text(header: str, *rows) -> str:
    return "\n".join([header, *rows]) + "\n"


def by_partner(found, basis="value", **wanted):
    wanted = {"basis": basis, **wanted}
    rows = [row.cells for row in found.rows if all(row.cells[name] == value for name, value in wanted.items())]
    return {row["partner"]: row["share"] for row in rows}


def test_shares_of_all_layouts_are_the_same(tmp_path):
    old = (
        "Year,Reporter Code,Trade Flow Code,Partner Code,Classification,Commodity Code,Quantity Unit Code,"
        "Supplementary Quantity,Netweight (kg),Value,Estimation Code"
    )
    old_rows = [f'2023,842,1,{p},"H3","850511",8,{kg},{kg},{value},0' for p, (value, kg) in PARTNERS.items()]
    data = [dict(zip(NEW.split(","), row.rstrip(",").split(","), strict=True)) for row in new_rows()]
    several = [
        found_in_text(tmp_path, text(NEW, *new_rows())),
        found_in_text(tmp_path, text(old, *old_rows)),
        found_in_text(tmp_path, text(SHORT, *short_rows())),
        found_in_json(tmp_path, {"elapsedTime": "0.1", "count": len(data), "data": data, "error": ""}),
    ]
    for found in several:
        assert by_partner(found) == {"CHN": "70.00", "DEU": "20.00", "GBR": "10.00"}
        assert by_partner(found, "weight") == {"CHN": "60.00", "DEU": "30.00", "GBR": "10.00"}
        assert {row.cells["dataset"] for row in found.rows} == {"comtrade_2023"}
        first = found.rows[0].cells
        assert (first["total_usd"], first["total_kg"], first["n_partners"], first["hhi"]) == (
            "1000",
            "100",
            "3",
            "5400.0",
        )


def test_rows_that_stand_one_column_too_far_left_are_told_by_their_content(tmp_path):
    header = NEW.replace("reporterCode,reporterISO", "CountryCode,Country") + ",Mineral"
    moved = [row.removeprefix("C,") + ",Magnets" for row in new_rows()]
    found = found_in_text(tmp_path, text(header, *moved))
    assert by_partner(found) == {"CHN": "70.00", "DEU": "20.00", "GBR": "10.00"}


def test_only_the_total_row_counts_where_breakdowns_stand_beside_it(tmp_path):
    broken_down = [
        *new_rows(more=("0", "C00", "0", "2100")),
        *new_rows(more=("0", "C04", "0", "0")),
        *new_rows(more=("156", "C00", "0", "0")),
    ]
    found = found_in_text(tmp_path, text(NEW, *broken_down, *new_rows()))
    assert by_partner(found)["CHN"] == "70.00"
    assert found.rows[0].cells["total_usd"] == "1000"
    assert sum(found.left_out.values()) == len(broken_down)


def test_the_largest_row_is_the_total_where_the_layout_names_no_breakdown(tmp_path):
    parts = {partner: (value / 2, kg / 2) for partner, (value, kg) in PARTNERS.items()}
    found = found_in_text(tmp_path, text(SHORT, *short_rows(parts), *short_rows(), *short_rows(parts)))
    assert found.rows[0].cells["total_usd"] == "1000"
    assert sum(found.left_out.values()) == 2 * len(parts)


def test_two_total_rows_are_refused(tmp_path):
    problem = refusal(tmp_path, text(NEW, *new_rows(), new_rows()[1]))
    assert (problem.rule, problem.row) == ("row-twice", 6)


def test_goods_returned_to_the_importer_are_no_partner(tmp_path):
    partners = PARTNERS | {0: (1500, 150), 842: (500, 50)}
    found = found_in_text(tmp_path, text(SHORT, *short_rows(partners)))
    assert by_partner(found) == {"CHN": "70.00", "DEU": "20.00", "GBR": "10.00"}
    assert "USA" not in by_partner(found)


def test_china_is_always_there_and_the_rest_is_row(tmp_path):
    numbers = [40, 56, 100, 124, 203, 208, 233, 246, 300, 348]
    partners = {0: (55, 55)} | {number: (place, place) for place, number in enumerate(numbers, 1)}
    found = found_in_text(tmp_path, text(SHORT, *short_rows(partners)))
    shares_by_value = by_partner(found)
    assert shares_by_value["CHN"] == "0.00"
    assert len(shares_by_value) == 10
    [flagged] = [
        row.cells["flags"] for row in found.rows if row.cells["partner"] == "CHN" and row.cells["basis"] == "value"
    ]
    assert flagged == "no_flow_recorded"


def test_one_unit_value_for_all_partners_gives_no_shares_by_weight(tmp_path):
    numbers = [156, 276, 392, 410, 826, 246]
    partners = {number: (1000 * place, 200 * place) for place, number in enumerate(numbers, 1)}
    partners[0] = (sum(v for v, _ in partners.values()), sum(kg for _, kg in partners.values()))
    found = found_in_text(tmp_path, text(SHORT, *short_rows(partners)))
    assert by_partner(found, "weight") == {}
    assert {row.cells["total_kg"] for row in found.rows} == {""}
    differing = partners | {156: (1000, 2000)}
    differing[276] = (2000, 7000)
    assert by_partner(found_in_text(tmp_path, text(SHORT, *short_rows(differing))), "weight") != {}


def test_weights_that_are_missing_give_no_shares_by_weight_and_are_not_zero(tmp_path):
    partners = PARTNERS | {156: (700, "")}
    found = found_in_text(tmp_path, text(SHORT, *short_rows(partners)))
    assert by_partner(found, "weight") == {}
    assert found.rows[0].cells["total_kg"] == "40"


def test_a_weight_that_the_publisher_estimated_is_marked(tmp_path):
    found = found_in_text(tmp_path, text(NEW, *new_rows(estimated="TRUE")))
    assert {row.cells["flags"] for row in found.rows if row.cells["basis"] == "weight"} == {"weight_estimated"}
    assert {row.cells["flags"] for row in found.rows if row.cells["basis"] == "value"} == {""}


def test_a_weight_that_china_contradicts_is_marked(tmp_path):
    partners = {0: (9_000_000, 300_000), 156: (8_000_000, 280_000), 276: (1_000_000, 20_000)}
    china = short_rows({842: (7_000_000, 100_000)}, reporter=156, flow="X")
    found = found_in_text(tmp_path, text(SHORT, *short_rows(partners), *china))
    marked = {row.cells["partner"] for row in found.rows if "conflicts" in row.cells["flags"]}
    assert marked == {"CHN"}


def test_totals_without_partners_are_totals(tmp_path):
    found = found_in_text(tmp_path, text(NEW, *new_rows({0: (1000, 100)}, code="284690")))
    assert [(row.cells["partner"], row.cells["method"], row.cells["basis"]) for row in found.rows] == [
        ("WLD", "total_only", "value"),
        ("WLD", "total_only", "weight"),
    ]
    assert found.rows[0].cells["dataset"] == "comtrade_2023_world"


def test_some_partners_are_no_shares(tmp_path):
    without_total = {partner: pair for partner, pair in PARTNERS.items() if partner}
    found = found_in_text(tmp_path, text(SHORT, *short_rows(without_total)))
    assert not found.rows
    assert sum(found.left_out.values()) == len(without_total)
    half = {0: PARTNERS[0], 276: PARTNERS[276], 826: PARTNERS[826]}
    two = found_in_text(tmp_path, text(SHORT, *short_rows(half)))
    assert by_partner(two) == {"DEU": "20.00", "GBR": "10.00", "ROW": "70.00"}
    one = found_in_text(tmp_path, text(SHORT, *short_rows({0: PARTNERS[0], 156: PARTNERS[156]})))
    assert by_partner(one) == {"CHN": "70.00", "ROW": "30.00"}
    assert {row.cells["method"] for row in one.rows} == {"partner_against_world"}


def test_the_eu_buys_from_outside_only(tmp_path):
    germany = {0: (1000, 100), 156: (600, 60), 251: (400, 40)}
    france = {0: (1000, 100), 842: (400, 40), 276: (600, 60)}
    found = found_in_text(tmp_path, text(SHORT, *short_rows(germany, 276), *short_rows(france, 251)))
    assert by_partner(found, importer="EUX") == {"CHN": "60.00", "USA": "40.00"}
    [flags] = {row.cells["flags"] for row in found.rows if row.cells["importer"] == "EUX"}
    assert flags == "partial_members"


def test_codes_are_summed_where_all_are_there(tmp_path):
    rows = [row for code in ("280530", "284610", "284690") for row in short_rows(code=code)]
    found = found_in_text(tmp_path, text(SHORT, *rows))
    assert by_partner(found, product="280530+2846") == by_partner(found, product="284610")
    [total] = {row.cells["total_usd"] for row in found.rows if row.cells["product"] == "280530+2846"}
    assert total == "3000"
    fewer = found_in_text(tmp_path, text(SHORT, *rows[: len(rows) // 3]))
    assert {row.cells["product"] for row in fewer.rows} == {"280530"}


def test_a_month_is_a_month(tmp_path):
    found = found_in_text(tmp_path, text(NEW, *new_rows(period="202312")))
    assert {(row.cells["month_start"], row.cells["month_end"], row.cells["dataset"]) for row in found.rows} == {
        ("12", "12", "comtrade_202312")
    }


def test_a_file_without_its_year_says_what_to_do(tmp_path):
    rows = [row.split(",", 1)[1] for row in short_rows()]
    problem = refusal(tmp_path, text(SHORT.split(",", 1)[1], *rows))
    assert problem.rule == "year-missing"
    assert "year" in problem.remedy


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("2023,842,156,850511,M,700,60", "2023,842,156,850511,M,-700,60", "value"),
        ("2023,842,156,850511,M,700,60", "2023,842,156,850511,M,700,60 t", "netwgt"),
        ("2023,842,156,850511,M,700,60", "2023,842,999,850511,M,700,60", "partner"),
        ("2023,842,156,850511,M,700,60", "2023,842,China,850511,M,700,60", "partner"),
        ("2023,842,156,850511,M,700,60", "2023,842,156,850511,imports,700,60", "flow"),
        ("2023,842,156,850511,M,700,60", "2099,842,156,850511,M,700,60", "year"),
        ("2023,842,156,850511,M,700,60", "2023,842,156,850511,M,=1+1,60", "value"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path, before, after, column):
    problem = refusal(tmp_path, text(SHORT, *short_rows()).replace(before, after))
    assert (problem.row, problem.column) == (3, column)


def test_ugly_files_are_refused_or_read(tmp_path):
    good = text(SHORT, *short_rows())
    ugly = "\ufeff" + good.replace("\n", "\r\n")
    assert by_partner(found_in_text(tmp_path, ugly)) == by_partner(found_in_text(tmp_path, good))
    assert refusal(tmp_path, good[: len(good) - 12]).rule == "cells-missing"
    assert refusal(tmp_path, '{"data":[{"reporterCode":842,').rule == "not-json"
    assert refusal(tmp_path, '{"data":[{"reporterCode":842}]}').rule == "column-missing"
    assert refusal(tmp_path, '{"data":{"reporterCode":842}}').rule == "unexpected-value"


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**6)), min_size=1, max_size=30))
def test_shares_add_up_and_keep_china(pairs):
    names = [f"{chr(65 + place // 26)}{chr(65 + place % 26)}X" for place in range(len(pairs))]
    trades = [Trade(name, float(value), float(kg), 2) for name, (value, kg) in zip(names, pairs, strict=True)]
    rows = share_rows(Group("comtrade_2023", "USA", "850511", 2023), trades)
    for basis in ("value", "weight"):
        given_rows = [row.cells for row in rows if row.cells["basis"] == basis]
        assert abs(sum(float(row["share"]) for row in given_rows) - 100) < 0.06
        assert {"CHN"} <= {row["partner"] for row in given_rows}
        assert len(given_rows) <= shares.LEADING + 2
