"""Sections of a page whose data were not yet public: what they would have bound is absent, and says so when used."""

from __future__ import annotations

import linecache
from textwrap import dedent

import pytest

from lib import page, prose, run
from lib.absent import MIMETYPE, Absent
from lib.quantity import Number
from lib.tables import catalog
from tests import small_data


@pytest.fixture
def cell(tmp_path, monkeypatch):
    """Run code as a cell of a page on a day; `shown` are its outputs."""
    monkeypatch.setenv("BOOK_DATA", str(small_data.write(tmp_path / "data")))
    shown: list[str] = []
    monkeypatch.setattr(page, "display", lambda value, metadata=None: shown.append(value.data))
    chapter = page.open("ores", "2024-06-30")
    known = {"chapter": chapter, "fact": chapter.fact, "headline": chapter.headline, "number": number, "shown": shown}

    def run_cell(code: str, name: str = "cell") -> dict:
        text, file = dedent(code), str(tmp_path / f"{name}.py")
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), known)
        return known

    return run_cell


def late() -> object:
    raise catalog.NoDataYet("output", None, catalog.as_day("2025-01-31"), "The second table")


def number(iso3: str = "CHN", as_of: str | None = None) -> Number:
    rows = catalog.table("output", as_of).query(f"iso3 == '{iso3}'")
    return Number(69.2, "%", "mining", 2024, "part over whole", rows)


SECTION = """
    from tests.test_absent import late
    with chapter.section("Ores"):
        before = 1
        fact.first = number()
        middle = late()
        after, (fact.second, last) = 2, (number(), 3)
        many = [inner for inner in range(3)]
"""


def test_what_came_before_stays_and_what_would_have_followed_is_absent(cell):
    names = cell(SECTION)
    assert names["before"] == 1
    assert names["fact"].first.text == "69%"
    assert all(isinstance(names[name], Absent) for name in ("middle", "after", "last", "many"))
    assert "inner" not in names
    for use in (
        str,
        bool,
        len,
        list,
        hash,
        {}.get,
        lambda absent: absent.year,
        lambda absent: absent + 1,
        lambda absent: absent(),
    ):
        with pytest.raises(catalog.NoDataYet):
            use(names["middle"])
    with pytest.raises(catalog.NoDataYet):
        _ = names["fact"].second


def test_a_name_that_nothing_gave_is_an_error_of_its_own(cell):
    names = cell(SECTION)
    with pytest.raises(AttributeError, match="no number of this page is called 'third-one'"):
        _ = names["fact"].third_one


def test_names_that_a_section_would_have_computed_are_absent_too(cell):
    names = cell(SECTION.replace("many = [inner for inner in range(3)]", "fact['written-out'] = number()"))
    with pytest.raises(catalog.NoDataYet):
        _ = names["fact"]["written-out"]
    with pytest.raises(KeyError):
        _ = names["fact"]["never-heard-of"]
    cell("with chapter.section():\n    for name in late():\n        fact[name] = number()", "computed")
    with pytest.raises(catalog.NoDataYet):
        _ = names["fact"]["one-of-them"]
    assert names["fact"]["first"].text == "69%"


def test_an_absent_value_says_so_to_the_notebook_and_to_the_prose(cell):
    bundle = cell(SECTION)["middle"]._repr_mimebundle_()
    assert "The second table" in bundle[MIMETYPE]
    results = [{"expression": "middle", "result": {"status": "ok", "data": bundle, "metadata": {}}}]
    assert prose.filled("Kept.\n\nThis asks for {eval}`middle`.", results) == "Kept."


def test_it_says_once_in_a_part_since_when_there_are_data(cell):
    names = cell(SECTION)
    cell("with chapter.section():\n    print(middle)", "next")
    notes = [text for text in names["shown"] if "iv-missing" in text]
    assert len(notes) == 1
    assert "The second table starts on 31 January 2025." in notes[0]
    cell("with chapter.section('Another'):\n    print(middle)", "other")
    assert len([text for text in names["shown"] if "iv-missing" in text]) == 2
    cell("with chapter.section('Third', note=False):\n    print(middle)", "third")
    assert len([text for text in names["shown"] if "iv-missing" in text]) == 2


def test_what_the_data_do_not_bear_out_is_left_out_without_a_word(cell):
    names = cell("""
        from lib.tables.catalog import DoesNotHold
        with chapter.section("Ores"):
            raise DoesNotHold("A rise")
            rise = 1
    """)
    assert [text for text in names["shown"] if "iv-missing" in text] == []
    with pytest.raises(catalog.DoesNotHold, match="A rise"):
        str(names["rise"])
    failed = {"status": "error", "ename": "DoesNotHold", "evalue": "", "traceback": []}
    prose.refuse_failed([{"expression": "rise", "result": failed}])


def test_another_error_is_none_of_its_business(cell):
    with pytest.raises(ZeroDivisionError):
        cell("with chapter.section('Ores'):\n    1 / 0")


def test_a_cell_that_is_run_again_with_data_has_its_names_back(cell):
    names = cell(SECTION)
    cell(SECTION.replace("late()", "5"), "again")
    assert names["middle"] == 5
    assert names["fact"].second.text == "69%"


def test_a_name_records_a_fact_and_a_headline_refuses_what_is_of_low_confidence(cell):
    names = cell("fact.china_share = number()\nfact['china-again'] = number()")
    assert names["fact"].china_share.id == "ores.china-share"
    assert names["headline"].china_again is names["fact"].china_again
    assert set(run.current().facts) == {"china-share", "china-again"}
    rows = number().rows.assign(confidence="low")
    names["weak"] = Number(1.0, "%", "mining", 2024, "as printed", rows)
    with pytest.raises(ValueError, match=r"headline fact .weak. rests on"):
        cell("headline.weak = weak", "weak")


def test_a_figure_rests_on_the_tables_of_the_numbers_that_it_uses(cell):
    names = cell("fact.share = number()")
    cell("with chapter.section('Ores'):\n    title = f'{fact.share}'", "title")
    assert names["chapter"].run.read_by_part == {"output"}


def test_a_number_that_was_shown_before_its_name_became_absent_stays_on_record(cell):
    names = cell("""
        with chapter.section("Key findings"):
            fact.first = number()
            shown = str(fact.first)
    """)
    cell(
        """
        from tests.test_absent import late
        with chapter.section("Ores"):
            late()
            fact.first = number()
    """,
        "again",
    )
    with pytest.raises(catalog.NoDataYet):
        str(names["fact"].first)
    assert "first" in run.current().facts
