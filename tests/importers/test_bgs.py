"""British Geological Survey, World Mineral Statistics: the columns of its web service; figures are made up but those of
2022, of which the tables hold the rows of an earlier extract. Its rows never enter, only shares with the credit.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.importers import bgs
from tests.importers.handed_in import csv_text, found_in_json, found_in_text, refusal, rows_of_table

HEADER = (
    *("country_iso3_code", "units", "year", "quantity", "bgs_statistic_type_trans", "bgs_commodity_trans"),
    *("country_trans", "data_precision_description", "concat_figure_notes_text"),
)
NOTES = {"CHN": "Estimates.|Includes production from iron ore extraction."}


def row(code, quantity, year=2022, commodity="rare earth oxides", name="", **more):
    cells = {"country_iso3_code": code, "units": "tonnes (metric)", "year": f"{year}-01-01 00:00:00"}
    cells |= {"quantity": quantity, "bgs_statistic_type_trans": "Production", "bgs_commodity_trans": commodity}
    cells |= {"country_trans": name or code, "data_precision_description": ""}
    return cells | {"concat_figure_notes_text": NOTES.get(code, "")} | more


def known(year):
    """The output of the year as an earlier extract in the tables has it."""
    rows = rows_of_table("mine_production", series="bgs_reo", year=str(year))
    return {each["iso3"]: float(each["value"] or 0) for each in rows}


def text(*rows):
    return csv_text(list(HEADER), *([each[name] for name in HEADER] for each in rows))


def shares(found):
    return {row.cells["holder"]: row.cells["share"] for row in found.rows}


def test_shares_are_of_the_sum_of_the_countries_and_carry_the_credit(tmp_path):
    output = known(2022)
    rows = [row(code, f"{tonnes:g}") for code, tonnes in output.items()]
    found = found_in_text(tmp_path, text(*rows))
    assert shares(found)["CHN"] == f"{100 * output['CHN'] / sum(output.values()):.2f}"
    assert abs(sum(map(float, shares(found).values())) - 100) < 0.06
    assert {row.table for row in found.rows} == {"stage_shares"}
    assert all("British Geological Survey" in row.cells["basis"] for row in found.rows)
    assert "credit" in found.publication.licence
    marks = {row.cells["holder"]: row.cells["qualifier"] for row in found.rows}
    assert (marks["CHN"], marks["AUS"]) == ("e;derived", "derived")
    assert all(row.cells["share"] != f"{output[row.cells['holder']]:g}" for row in found.rows)


def test_the_interface_gives_the_same_as_its_csv(tmp_path):
    rows = [row(code, tonnes) for code, tonnes in known(2022).items()]
    answer = {"type": "FeatureCollection", "numberMatched": len(rows), "features": [{"properties": r} for r in rows]}
    assert shares(found_in_json(tmp_path, answer)) == shares(found_in_text(tmp_path, text(*rows)))


@settings(max_examples=25)
@given(st.data())
def test_a_query_for_some_countries_gives_no_shares(data):
    """Whoever asks for a few countries gets no total to divide by."""
    output = known(2022)
    whole = sum(output.values())
    listed = data.draw(st.sets(st.sampled_from(sorted(output)), min_size=1))
    lacking = [code for code in output if code not in listed and output[code] > 0.01 * whole]
    with tempfile.TemporaryDirectory() as folder:
        found = found_in_text(Path(folder), text(*(row(code, f"{output[code]:g}") for code in sorted(listed))))
    if lacking:
        assert not found.rows
        assert all(code in found.notes[0] for code in lacking)
    else:
        assert found.rows


def test_a_figure_that_is_not_available_makes_the_others_bounds(tmp_path):
    rows = [row(code, f"{tonnes:g}") for code, tonnes in known(2022).items()]
    rows.append(row("BRA", "0", data_precision_description="Figures not available"))
    found = found_in_text(tmp_path, text(*rows))
    assert all("<" in each.cells["qualifier"].split(";") for each in found.rows)
    assert "BRA" not in shares(found)


def test_minerals_other_metals_and_years_before_the_table_are_left_out(tmp_path):
    rows = [row(code, f"{tonnes:g}") for code, tonnes in known(2022).items()]
    more = [row("MYS", "25", 1975), row("MYS", "25", 2005, "rare earth minerals"), row("CHL", "5", commodity="copper")]
    found = found_in_text(tmp_path, text(*rows, *more))
    assert {each.cells["year"] for each in found.rows} == {"2022"}
    assert sum(found.left_out.values()) == 3


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"quantity": "many"}, "quantity"),
        ({"quantity": "-5"}, "quantity"),
        ({"units": "kilograms"}, "units"),
        ({"year": "20x2"}, "year"),
        ({"country_iso3_code": "", "country_trans": "Atlantis"}, "country_trans"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path, change, column):
    rows = [row(code, f"{tonnes:g}") for code, tonnes in known(2022).items()]
    problem = refusal(tmp_path, text({**rows[0], "quantity": "99999", **change}, *rows[1:]))
    assert (problem.row, problem.column) == (2, column)


def test_a_country_twice_in_a_year_is_refused(tmp_path):
    rows = [row(code, f"{tonnes:g}") for code, tonnes in known(2022).items()]
    assert refusal(tmp_path, text(*rows, rows[0])).rule == "row-twice"


def test_years_to_come_ask_for_the_producers_of_the_newest_year(tmp_path):
    newest = max(int(each["year"]) for each in rows_of_table("mine_production", series="bgs_reo"))
    assert bgs._producers(newest + 2) == bgs._producers(newest)
