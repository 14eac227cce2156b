"""Answers of which a part is missing, in the layout of each interface: they are refused, never read as if whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.fetching import content, whole
from tests.importers import test_baci, test_customs, test_un_comtrade, test_world_bank
from tests.importers.handed_in import found_in_json, found_in_text, refusal


def comtrade(rows: int = 4, **about) -> dict:
    names = test_un_comtrade.NEW.split(",")
    data = [dict(zip(names, row.rstrip(",").split(","), strict=True)) for row in test_un_comtrade.new_rows()]
    return {"elapsedTime": "0.12 secs", "count": 4, "data": data[:rows], "error": ""} | about


def hmrc(**about) -> dict:
    return {"value": [test_customs.ots()]} | about


def world_bank(**about) -> list:
    says, rows = test_world_bank.answer(("ABW", "2024", 3.7e9), ("AFG", "2024", 1.7e10))
    return [says | about, rows]


CUT = {
    "fewer rows than its count": comtrade(3),
    "a count beyond its rows": comtrade(count=5),
    "a count as text": comtrade(count="34"),
    "an error beside its rows": comtrade(error="Maximum number of records reached"),
    "an error beside fewer rows": comtrade(2, error={"code": 413}),
    "another page of OData": hmrc(**{"@odata.nextLink": "https://api.example/OTS?$skip=40000"}),
    "another page of OData, older": hmrc(**{"odata.nextLink": "https://api.example/OTS?$skip=40000"}),
    "more rows of OData than there are": hmrc(**{"@odata.count": 41_000}),
    "several pages of the World Bank": world_bank(pages=2),
    "a later page of the World Bank": world_bank(page=2),
    "a total of the World Bank beyond its rows": world_bank(total=17_024),
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
def test_an_answer_that_is_not_whole_is_refused_by_reader_and_by_fetch(tmp_path, answer):
    assert refusal(tmp_path, json.dumps(answer)).rule == "truncated"
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer))
    with pytest.raises(content.Unfit, match="not whole"):
        content.examine(path, "json")


@pytest.mark.parametrize("answer", [comtrade(), comtrade(count=-1), hmrc(**{"@odata.count": 1}), world_bank(total=2)])
def test_an_answer_that_is_whole_is_read(tmp_path, answer):
    assert found_in_json(tmp_path, answer).rows
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer))
    content.examine(path, "json")


NAMES = st.sampled_from([*whole.ROWS])
COUNTED = st.sampled_from([*whole.COUNTS])


@given(NAMES, COUNTED, st.integers(0, 20), st.integers(1, 60), st.booleans())
def test_rows_are_held_against_the_number_that_an_answer_gives(rows, counted, there, told, as_text):
    answer = {counted: str(told) if as_text else told, rows: [{"a": 1}] * there}
    assert bool(whole.cut(answer)) == (there != told)


@given(st.sampled_from([*whole.NEXT, *whole.ERRORS]), st.sampled_from(["", None, "https://x.example/?page=2", "no"]))
def test_a_next_page_and_an_error_tell_of_a_cut_and_their_empty_fields_do_not(name, value):
    assert bool(whole.cut({"items": [], name: value})) == bool(value)


def test_a_link_to_the_next_rows_tells_of_a_cut():
    assert whole.cut({"features": [1], "links": [{"rel": "self"}, {"rel": "next", "href": "?offset=1"}]})
    assert not whole.cut({"features": [1], "links": [{"rel": "self"}, {"rel": "alternate"}]})


def of_other_codes(rows: int) -> list[str]:
    """Rows that the book does not follow, and at the end a whole list of partners."""
    own = test_un_comtrade.short_rows()
    return [*(f"2023,842,156,{100000 + place},M,5,1,1,8" for place in range(rows - len(own))), *own]


def test_as_many_rows_of_comtrade_as_its_preview_gives_are_refused_also_as_csv(tmp_path):
    def written(rows):
        return test_un_comtrade.text(test_un_comtrade.SHORT, *of_other_codes(rows))

    assert refusal(tmp_path, written(500)).rule == "truncated"
    for rows in (499, 501):
        assert found_in_text(tmp_path, written(rows)).rows


def test_a_full_page_of_hmrc_is_refused_also_without_its_envelope(tmp_path, monkeypatch):
    monkeypatch.setattr(whole, "MOST_OF_HMRC", (3,))
    rows = [test_customs.ots() | {"Value": 1000 + place} for place in range(3)]
    assert refusal(tmp_path, json.dumps(rows)).rule == "truncated"
    assert found_in_json(tmp_path, rows[:2]).rows


def test_what_a_spreadsheet_left_of_a_longer_file_is_refused(tmp_path, monkeypatch):
    good = test_baci.GOOD.replace("2023,490,842,850511,12,0.5\n", "")
    assert found_in_text(tmp_path, good).rows
    short = test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows())
    for text in (good, short):
        with monkeypatch.context() as patch:
            patch.setattr(whole, "MOST_OF_SPREADSHEETS", (text.count("\n"),))
            problem = refusal(tmp_path, text)
        assert (problem.rule, problem.row) == ("truncated", text.count("\n"))
