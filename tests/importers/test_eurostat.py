"""Eurostat Comext as SDMX-CSV of its dissemination interface (dataflow DS-045409): the columns DATAFLOW to OBS_VALUE,
OBS_FLAG and CONF_STATUS after the interface's guide; values in euro, quantities in 100 kg. All figures are made up.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.importers.handed_in import found_in_text, refusal

HEADER = "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS"
PARTNERS = {"WORLD": (1000, 10), "CN": (700, 6), "US": (200, 3), "FR": (100, 1)}


def rows(partners=PARTNERS, reporter="DE", product="85051110", freq="A", period="2024", flow="1", flags=None):
    lines = []
    for partner, figures in partners.items():
        for indicator, figure in zip(("VALUE_IN_EUROS", "QUANTITY_IN_100KG"), figures, strict=True):
            flag = (flags or {}).get((partner, indicator), ",")
            lines.append(
                f"ESTAT:DS-045409(1.0),15/09/26 11:00:00,{freq},{reporter},{partner},{product},{flow},{indicator},"
                f"{period},{figure},{flag}"
            )
    return lines


def text(*lines):
    return "\n".join([HEADER, *lines]) + "\n"


def by_partner(found, basis="value", **wanted):
    cells = [row.cells for row in found.rows if row.cells["basis"] == basis]
    return {row["partner"]: row["share"] for row in cells if all(row[name] == value for name, value in wanted.items())}


def test_shares_are_by_value_and_by_weight_and_nothing_is_converted(tmp_path):
    found = found_in_text(tmp_path, text(*rows()))
    assert by_partner(found) == {"CHN": "70.00", "USA": "20.00", "FRA": "10.00"}
    assert by_partner(found, "weight") == {"CHN": "60.00", "USA": "30.00", "FRA": "10.00"}
    first = found.rows[0].cells
    assert (first["dataset"], first["product"], first["total_usd"], first["total_kg"]) == (
        "eurostat_2024",
        "85051110",
        "",
        "1000",
    )
    assert found.publication.published == dt.date(2026, 9, 15)


def test_the_eu_as_a_reporter_buys_from_outside_only(tmp_path):
    partners = {"EXT_EU27_2020": (900, 9), "INT_EU27_2020": (100, 1), "CN": (700, 6), "US": (200, 3), "FR": (100, 1)}
    found = found_in_text(tmp_path, text(*rows(partners, reporter="EU27_2020"), *rows(), *rows(reporter="IT")))
    assert by_partner(found, importer="EUX") == {"CHN": "77.78", "USA": "22.22"}
    assert {row.cells["method"] for row in found.rows} == {"reported_partners"}


def test_northern_ireland_and_what_is_not_told_inside_are_no_trade_from_outside(tmp_path):
    """Without them the partners are the printed total, so the list is whole."""
    partners = {"EXT_EU27_2020": (900, 9), "CN": (700, 6), "XU": (150, 2), "QW": (50, 1)}
    inside = {"XI": (300, 3), "QV": (20, 1), "QR": (10, 1), "QY": (5, 1), "FR": (100, 1)}
    found = found_in_text(tmp_path, text(*rows(partners | inside, reporter="EU27_2020")))
    assert by_partner(found, importer="EUX") == {"CHN": "77.78", "GBR": "16.67", "_NES": "5.56"}
    assert {row.cells["n_partners"] for row in found.rows} == {"3"}


def test_members_are_added_where_the_eu_is_no_reporter(tmp_path):
    found = found_in_text(tmp_path, text(*rows(), *rows(reporter="IT")))
    assert by_partner(found, importer="EUX") == {"CHN": "77.78", "USA": "22.22"}
    assert {"EUX", "DEU", "ITA"} == {row.cells["importer"] for row in found.rows}


def test_the_total_may_come_in_two_parts(tmp_path):
    partners = {"EXT_EU27_2020": (900, 9), "INT_EU27_2020": (100, 1), "CN": (700, 6), "US": (200, 3), "FR": (100, 1)}
    assert by_partner(found_in_text(tmp_path, text(*rows(partners)))) == by_partner(
        found_in_text(tmp_path, text(*rows()))
    )


def test_some_partners_are_no_shares(tmp_path):
    without_total = {name: pair for name, pair in PARTNERS.items() if name != "WORLD"}
    found = found_in_text(tmp_path, text(*rows(without_total)))
    assert not found.rows
    assert sum(found.left_out.values()) == len(without_total)


def test_marks_are_not_lost(tmp_path):
    flags = {("CN", "VALUE_IN_EUROS"): "p,", ("US", "QUANTITY_IN_100KG"): "e,"}
    found = found_in_text(tmp_path, text(*rows(flags=flags)))
    marked = {(row.cells["partner"], row.cells["basis"]): row.cells["flags"] for row in found.rows}
    assert marked["CHN", "value"] == marked["CHN", "weight"] == "provisional"
    assert marked["USA", "weight"] == "weight_estimated"
    secret = PARTNERS | {"QV": ("", "")}
    flags = {("QV", "VALUE_IN_EUROS"): "c,C"}
    found = found_in_text(tmp_path, text(*rows(secret, flags=flags)))
    assert {row.cells["flags"] for row in found.rows} == {"confidential_in_part"}


def test_marks_of_partners_in_the_rest_are_not_lost(tmp_path):
    codes = ["AT", "BE", "BG", "CH", "CZ", "DK", "EE", "FI", "FR", "GR"]
    partners = {"WORLD": (550, 55)} | {code: (10 * place, place) for place, code in enumerate(codes, 1)}
    found = found_in_text(tmp_path, text(*rows(partners, flags={("AT", "VALUE_IN_EUROS"): "e,"})))
    assert {row.cells["flags"] for row in found.rows if row.cells["partner"] == "ROW"} == {"estimated_in_part"}


def test_northern_ireland_is_no_importer(tmp_path):
    assert not found_in_text(tmp_path, text(*rows(reporter="XI"))).rows


def test_months_products_and_flows_stay_apart(tmp_path):
    lines = [
        *rows(freq="M", period="2024-01"),
        *rows(freq="M", period="2024-02"),
        *rows(product="850440"),
        *rows(flow="2"),
        *rows(product="2846"),
        *rows(reporter="EA20"),
    ]
    found = found_in_text(tmp_path, text(*lines))
    assert {row.cells["dataset"] for row in found.rows} == {"eurostat_2024_202402"}
    assert {(row.cells["product"], row.cells["month_start"], row.cells["month_end"]) for row in found.rows} == {
        ("85051110", "1", "1"),
        ("85051110", "2", "2"),
        ("2846", "1", "12"),
    }
    assert found.left_out["other product codes"] == found.left_out["exports"] == len(rows())


def test_the_two_parts_of_the_united_kingdom_are_one_partner(tmp_path):
    partners = {"WORLD": (100, 10), "XU": (50, 5), "XI": (30, 3), "CN": (20, 2)}
    assert by_partner(found_in_text(tmp_path, text(*rows(partners)))) == {"GBR": "80.00", "CHN": "20.00"}


def test_groups_are_no_partners(tmp_path):
    partners = PARTNERS | {"OPEC": (900, 9), "EA20": (50, 5), "ACP_X": (10, 1)}
    found = found_in_text(tmp_path, text(*rows(partners)))
    assert by_partner(found) == {"CHN": "70.00", "USA": "20.00", "FRA": "10.00"}
    assert found.left_out["groups of partners"] == 6


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "CN,85051110,1,VALUE_IN_EUROS,2024,-700", "OBS_VALUE"),
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "CN,85051110,1,VALUE_IN_EUROS,2024,:c", "OBS_VALUE"),
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "CN,85051110,1,VALUE_IN_USD,2024,700", "indicators"),
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "CN,85051110,1,VALUE_IN_EUROS,2024-13,700", "TIME_PERIOD"),
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "CN,85051110,1,VALUE_IN_EUROS,2098,700", "TIME_PERIOD"),
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "ZZ,85051110,1,VALUE_IN_EUROS,2024,700", "partner"),
        ("CN,85051110,1,VALUE_IN_EUROS,2024,700", "CN,85051110,M,VALUE_IN_EUROS,2024,700", "flow"),
        ("CN,85051110,1,QUANTITY_IN_100KG,2024,6", "CN,85051110,1,VALUE_IN_EUROS,2024,6", "OBS_VALUE"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path, before, after, column):
    whole = text(*rows())
    assert whole.count(before) == 1
    problem = refusal(tmp_path, whole.replace(before, after))
    assert problem.column == column
    assert problem.row in (4, 5)


def test_a_day_that_is_no_day_is_refused(tmp_path):
    for day in ("yesterday", "15/09/45 11:00:00"):
        assert refusal(tmp_path, text(*rows()).replace("15/09/26 11:00:00", day)).column == "LAST UPDATE"


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    assert refusal(tmp_path, text(*rows())[:-20]).rule == "cells-missing"
