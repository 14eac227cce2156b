"""One way to write a number, a day and a truth value, and no cell that a spreadsheet or a terminal would run."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.importers import Refused, opened
from lib.importers.records import Record
from lib.tables import asof, catalog, checks, dictionary, values
from tests import small_data

DAY = dt.date(2026, 11, 29)
PUBLISHED = {"name": "published", "type": "date", "latest": "today"}
SOUND = {
    "number": ("0", "-3", "4162.5", "1.2e6", "1E-3", "007"),
    "integer": ("0", "-3", "2024"),
    "year": ("2024",),
    "boolean": ("true", "false", "TRUE", "FALSE"),
    "date": ("2026-01-05", "2024-02-29"),
    "string": ("up 9.7% on 2018", "-9", "+39%", "-1,234.5", "- 3", "--", "a - b", "x=1", "{{ 7 * 7 }}"),
}
STRANGE = {
    "number": (
        "3_600_000",
        "٣",
        "３",
        "+5",
        ".5",
        "5.",
        "1,000",
        " 5",
        "5 ",
        "inf",
        "nan",
        "1e400",
        "0x1F",
        "--5",
        "1e",
    ),
    "integer": ("3_600", "٣", "2024.0", "1e3", "+5", "9" * 30),
    "year": ("24", "02024", "２０２４"),
    "boolean": ("yes", "1", "True", "t", "ｔrue"),
    "date": ("2026-1-5", "20260105", "2026-W01-1", "2026-02-30", "٢٠٢٦-01-05", "2026-01-05T00:00", "05/01/2026"),
}
FORMULAS = (
    *("=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+cmd", "-A1", "-e5", "+(1)", "- Other"),
    *(
        "＝1+1",
        "＋1+cmd",
        "－2+cmd",
        "＠SUM(A1)",
        "﹦1",
        "\t=1+1",
        "\t1",
        "\r=1",
        "  =1+1",
        "\u00a0=1",
        "-4% a year",
    ),
)
STEERING = ("\x1b[31mred", "a\x07", "a\x00b", "a\x9b1m", "a\x7f")


@pytest.mark.parametrize("kind", SOUND)
def test_values_in_their_one_way_of_writing_are_taken(kind):
    assert [text for text in SOUND[kind] if values.fault({"type": kind}, text)] == []


@pytest.mark.parametrize("kind", STRANGE)
def test_other_ways_of_writing_are_refused(kind):
    assert [text for text in STRANGE[kind] if not values.fault({"type": kind}, text)] == []


@given(st.text())
def test_what_is_taken_as_a_number_or_day_is_ascii(text):
    for kind in values.EXPECTED:
        if values.reads(kind, text):
            assert text.isascii()
            assert text == text.strip()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_run_is_a_formula(text):
    assert values.fault({"type": "string"}, text)


@pytest.mark.parametrize("text", STEERING)
def test_a_text_that_steers_a_terminal_is_refused(text):
    assert values.fault({"type": "string"}, text).rule == "control-character"


def test_a_day_must_have_come_where_the_dictionary_says_so_with_a_day_of_grace():
    told = {
        text: values.fault(PUBLISHED, text, DAY) for text in ("2026-11-29", "2026-11-30", "2026-12-01", "9999-12-31")
    }
    assert [text for text, fault in told.items() if fault] == ["2026-12-01", "9999-12-31"]
    assert not values.fault({"name": "end", "type": "date"}, "2038-12-31", DAY)


def test_the_dictionary_says_which_days_must_have_come_and_which_year_is_the_first():
    fields = [f for entry in dictionary.dictionary()["resources"] for f in entry["schema"]["fields"]]
    clocks = [f for f in fields if f["name"] in ("published", "accessed")]
    assert clocks
    assert all(f["latest"] == "today" and f["constraints"]["minimum"] for f in clocks)


# ------------------------------------------------------------------------------------------- one reader for all


@pytest.fixture
def folder(tmp_path):
    folder = small_data.write(tmp_path / "data")
    path = folder / "datapackage.json"
    package = json.loads(path.read_text())
    for entry in package["resources"]:
        for field in entry["schema"]["fields"]:
            if field["name"] in ("published", "accessed"):
                field |= {"type": "date", "latest": "today"}
    path.write_text(json.dumps(package))
    assert checks.check(folder) == []
    return folder


BROKEN = {
    "underscores in a number": ("output.csv", "13000,e;trade", "13_000,e;trade", "value", "type-error"),
    "arabic digits": ("output.csv", "13000,e;trade", "١٣٠٠٠,e;trade", "value", "type-error"),
    "a short day": ("output.csv", "2026-03-05", "2026-3-5", "published", "type-error"),
    "a day to come": ("sources.csv", "early,Summaries 2025,Survey,2025-01-31,day,2026-04-01",
                      "early,Summaries 2025,Survey,2025-01-31,day,9999-12-31", "accessed", "day-to-come"),
    "a formula": ("sources.csv", "A blog", "=cmd|calc", "title", "formula"),
    "a signed formula": ("sources.csv", "A blog", "+1+cmd|calc", "title", "formula"),
    "a wide sign": ("sources.csv", "A blog", "＝1+1", "title", "formula"),
    "an escape code": ("sources.csv", "A blog", "A\x1b[31m blog", "title", "control-character"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_check_names_the_cell_once(folder, name):
    file, old, new, column, rule = BROKEN[name]
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    found = [problem for problem in checks.check(folder) if problem.column == column]
    assert [(problem.file, problem.rule) for problem in found] == [(file, rule)]
    assert found[0].row > 1
    assert found[0].remedy


@pytest.mark.parametrize("name", ["underscores in a number", "arabic digits", "a short day"])
def test_the_catalog_names_the_cell_too(folder, name):
    file, old, new, column, _ = BROKEN[name]
    path = folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    with catalog.reading(folder), pytest.raises(ValueError, match=f"{file}, line .*column {column}"):
        catalog.table("output")


def test_a_table_of_any_day_can_be_checked_as_of_the_day_it_was_rehearsed_for(folder):
    path = folder / "sources.csv"
    path.write_text(path.read_text().replace("2026-04-01", "2031-01-01"))
    assert {problem.rule for problem in checks.check(folder, today=dt.date(2026, 11, 29))} == {"day-to-come"}
    assert checks.check(folder, today=dt.date(2031, 1, 1)) == []


# ------------------------------------------------------------------------------------------- at intake


@pytest.mark.parametrize("text", [*FORMULAS, *STEERING])
def test_readers_of_files_refuse_such_cells(text):
    with pytest.raises(Refused) as error:
        Record("new.csv", 2, {"note": text}).text("note")
    assert error.value.problems[0].rule in ("formula", "control-character")


@pytest.mark.parametrize(
    "name", ["=cmd|calc.csv", "+1.csv", "@a.csv", "＝a.csv", "a\x1b[31m.csv", "a\nb.csv", "a\udcff.csv"]
)
def test_a_file_whose_name_would_be_run_or_steers_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text("a,b\n1,2\n")
    with pytest.raises(Refused) as error, opened(path):
        pass
    assert error.value.problems[0].rule == "name-unsafe"


def test_days_are_read_in_one_way():
    for text in STRANGE["date"]:
        with pytest.raises(ValueError, match="day"):
            asof.as_day(text)
        with pytest.raises(ValueError, match="day"):
            catalog.as_day(text)
