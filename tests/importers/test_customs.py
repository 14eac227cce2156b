"""HMRC: fields of the OTS endpoint after the documentation of the uktradeinfo interface (MonthId, FlowTypeId,
SuppressionIndex, CommodityId, CountryId, Value in pounds, NetMass in kg). US Census Bureau: the answer of
timeseries/intltrade/imports/hs after its guide (a list of rows, the first with the names; CTY_CODE `-` is the total,
groups begin with 0, continents have an X). All figures are made up.
"""

from __future__ import annotations

import json

import pytest

from tests.importers.handed_in import found_in_json, found_in_text, refusal


def ots(**changed):
    row = {
        "MonthId": 202602,
        "FlowTypeId": 3,
        "SuppressionIndex": 0,
        "CommodityId": 85051110,
        "CommoditySitcId": 77812,
        "CountryId": 720,
        "PortId": 131,
        "Value": 100000.0,
        "NetMass": 5000.5,
        "SuppUnit": None,
        "Country": {"CountryCodeAlpha": "CN", "CountryName": "China"},
    }
    return row | changed


def cells_of(found):
    return [row.cells for row in found.rows]


def test_hmrc_ports_are_added_and_pounds_stay_pounds(tmp_path):
    found = found_in_json(tmp_path, {"value": [ots(), ots(PortId=9, Value=50000.25, NetMass=1.5)]})
    [row] = cells_of(found)
    assert (row["value"], row["currency"], row["weight_kg"]) == ("150000.25", "GBP", "5002")
    assert "value_usd" not in row
    assert (row["partner"], row["hs_code"], row["year"], row["month_start"]) == ("CHN", "85051110", "2026", "2")
    assert (row["flow"], row["valuation"], row["hs_revision"]) == ("import", "cif", "CN8")


def test_hmrc_csv_is_the_same(tmp_path):
    header = "MonthId,FlowTypeId,SuppressionIndex,Cn8Code,CountryCodeAlpha,Value,NetMass"
    text = f"{header}\n202602,3,0,85051110,CN,100000,5000.5\n"
    [row] = cells_of(found_in_text(tmp_path, text))
    [other] = cells_of(found_in_json(tmp_path, [ots()]))
    assert row == other


def test_hmrc_flows_codes_and_missing_weights(tmp_path):
    rows = [
        ots(FlowTypeId=1, CountryId=4, Country={"CountryCodeAlpha": "DE"}),
        ots(FlowTypeId=4),
        ots(CommodityId=1012100),
        ots(CommodityId=-990),
        ots(NetMass=None, CommodityId=28053010),
        ots(CommodityId=28461000, SuppressionIndex=2, Country={"CountryCodeAlpha": "QV"}),
    ]
    found = found_in_json(tmp_path, {"value": rows})
    told = {(row["hs_code"], row["partner"], row["flow"]): row for row in cells_of(found)}
    assert set(told) == {
        ("85051110", "DEU", "import"),
        ("85051110", "CHN", "export"),
        ("28053010", "CHN", "import"),
        ("28461000", "_NES", "import"),
    }
    assert told["28053010", "CHN", "import"]["weight_kg"] == ""
    assert {"no_weight", "quantity_suppressed_in_part"} <= set(told["28053010", "CHN", "import"]["flags"].split(";"))
    assert "suppressed_in_part" in told["28461000", "_NES", "import"]["flags"].split(";")
    assert found.left_out["other product codes"] == 2


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"Value": -1.0}, "Value"),
        ({"Value": None}, "Value"),
        ({"NetMass": -3.0}, "NetMass"),
        ({"MonthId": 202613}, "MonthId"),
        ({"MonthId": 209801}, "MonthId"),
        ({"FlowTypeId": 7}, "FlowTypeId"),
        ({"Country": {"CountryCodeAlpha": "ZZ"}}, "Country.CountryCodeAlpha"),
        ({"Country": None}, "CountryId"),
    ],
)
def test_hmrc_rows_that_cannot_be_read_are_told_with_their_place(tmp_path, changed, column):
    problem = refusal(tmp_path, json.dumps({"value": [ots(), ots(**changed)]}))
    assert (problem.row, problem.column) == (2, column)


def test_hmrc_answers_in_pages_are_refused(tmp_path):
    answer = {"@odata.nextLink": "https://api.uktradeinfo.com/OTS?$skip=40000", "value": [ots()]}
    assert refusal(tmp_path, json.dumps(answer)).rule == "truncated"


HEADER = ["CTY_CODE", "CTY_NAME", "I_COMMODITY", "GEN_VAL_MO", "GEN_QY1_MO", "UNIT_QY1", "SUMMARY_LVL", "time"]
CHINA = ["5700", "CHINA", "850511", "2600000", "0", "-", "DET", "2026-06"]


def census(*rows):
    return [HEADER, *rows]


def test_census_economies_are_partners_and_groups_are_not(tmp_path):
    groups = [
        ["-", "TOTAL FOR ALL COUNTRIES", "850511", "9", "0", "-", "CGP", "2026-06"],
        ["0003", "EUROPEAN UNION", "850511", "9", "0", "-", "CGP", "2026-06"],
        ["4XXX", "EUROPE", "850511", "9", "0", "-", "CGP", "2026-06"],
        ["0021", "OECD", "850511", "9", "0", "-", "DET", "2026-06"],
    ]
    korea = ["5800", "KOREA, SOUTH", "850511", "0", "0", "-", "DET", "2026-06"]
    other = ["5700", "CHINA", "010121", "5", "0", "NO", "DET", "2026-06"]
    found = found_in_json(tmp_path, census(CHINA, *groups, korea, other))
    assert {(row["partner"], row["value_usd"], row["weight_kg"]) for row in cells_of(found)} == {
        ("CHN", "2600000", ""),
        ("KOR", "0", ""),
    }
    assert found.left_out["totals and groups of countries"] == len(groups)
    assert found.left_out["other product codes"] == 1


def test_census_kilograms_are_weights_and_pieces_are_not(tmp_path):
    line = ["5700", "CHINA", "2805300010", "1200", "34", "KG", "DET", "2026-06"]
    pieces = ["5700", "CHINA", "8505110010", "1200", "34", "NO", "DET", "2026-06"]
    told = {row["hs_code"]: row["weight_kg"] for row in cells_of(found_in_json(tmp_path, census(line, pieces)))}
    assert told == {"2805300010": "34", "8505110010": ""}


def test_census_csv_and_the_column_that_the_interface_repeats(tmp_path):
    repeated = found_in_json(tmp_path, [[*HEADER, "I_COMMODITY"], [*CHINA, "850511"]])
    text = "\n".join([",".join(HEADER), ",".join(CHINA)]) + "\n"
    assert cells_of(repeated) == cells_of(found_in_text(tmp_path, text))
    assert cells_of(repeated)[0]["flags"] == "general_imports;no_weight"


def test_census_exports_are_exports(tmp_path):
    header = ["E_COMMODITY", "CTY_CODE", "CTY_NAME", "ALL_VAL_MO", "YEAR", "MONTH"]
    [row] = cells_of(found_in_json(tmp_path, [header, ["284690", "5700", "CHINA", "77", "2026", "3"]]))
    assert (row["flow"], row["valuation"], row["month_start"], row["month_end"]) == ("export", "fas", "3", "3")


@pytest.mark.parametrize(
    ("place", "value", "column"),
    [
        (1, "ATLANTIS", "CTY_NAME"),
        (1, "", "CTY_NAME"),
        (3, "-5", "GEN_VAL_MO"),
        (3, "", "GEN_VAL_MO"),
        (7, "2026-13", "time"),
        (7, "2098-01", "time"),
    ],
)
def test_census_rows_that_cannot_be_read_are_told_with_their_place(tmp_path, place, value, column):
    row = [*CHINA[:place], value, *CHINA[place + 1 :]]
    problem = refusal(tmp_path, json.dumps(census(row)))
    assert (problem.row, problem.column) == (2, column)


def test_census_rows_that_stand_twice_or_are_sums_since_january_are_refused(tmp_path):
    assert refusal(tmp_path, json.dumps(census(CHINA, CHINA))).rule == "row-twice"
    since = [[name.replace("_MO", "_YR") for name in HEADER], CHINA]
    assert refusal(tmp_path, json.dumps(since)).rule == "format-unknown"
    assert refusal(tmp_path, json.dumps(census(CHINA[:-1]))).rule == "cells-missing"
