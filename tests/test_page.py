"""What a notebook shows: sentences with linked facts, parts that wait for their data, and the colophon."""

import datetime as dt
import html

import pytest

from lib import facts, page, run
from lib.absent import Absent
from lib.tables import catalog
from tests import small_data


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """All that a page displays, as (text, metadata)."""
    monkeypatch.setenv("BOOK_DATA", str(small_data.write(tmp_path / "data")))
    outputs = []
    monkeypatch.setattr(page, "display", lambda value, metadata=None: outputs.append((value.data, metadata or {})))
    return outputs


def texts(shown):
    return "\n".join(text for text, _ in shown)


def share(as_of):
    rows = catalog.table("output", as_of)
    china = rows[rows.iso3 == "CHN"]
    return facts.record("share", 69.2, "%", scope="mining", period=2024, formula="part over whole", rows=china)


def test_the_dated_line_tells_the_as_of_day(shown):
    page.open("reserves", "2025-06-30")
    assert "As known on 30 June 2025" in texts(shown)


def test_left_open_the_day_is_that_of_the_newest_reading(shown):
    chapter = page.open("reserves", "")
    assert chapter.day == dt.date(2026, 4, 1)
    assert "1 April 2026" in texts(shown)


def test_a_bad_day_is_refused(shown):
    with pytest.raises(ValueError, match="as_of"):
        page.open("reserves", "soon")
    assert shown == []


def test_a_sentence_links_its_numbers_to_their_derivation(shown):
    chapter = page.open("reserves")
    chapter.say("China mined {share}.", share=share(None))
    assert 'href="fact:reserves.share"' in texts(shown)
    assert ">69%</a>" in html.unescape(texts(shown))


def test_a_value_is_shown_as_text_and_is_no_template_markup_or_link(shown):
    chapter = page.open("reserves")
    chapter.say("Of {what}, [here](table:output): {inner}", what="{x} *y* <b>", inner=chapter.sentence("*{z}*", z="$"))
    said = texts(shown)
    assert html.unescape(said).endswith("Of {x} *y* <b>, [here](table:output): *$*")
    assert not {"{x}", "*y*", "<b>", "$"} & set(said.split())


def test_a_section_without_data_yet_says_from_when_they_start_and_the_page_goes_on(shown):
    chapter = page.open("reserves", "2020-01-01")
    with chapter.section("Output"):
        chapter.say("China mined {share}.", share=share("2020-01-01"))
    chapter.say("The page goes on.")
    assert "no data for this section as of 1 January 2020. The table “Mine output” starts on 31 January 2025." in texts(
        shown
    )
    assert "The page goes on." in texts(shown)


def test_the_colophon_lists_sources_and_records_the_run(shown):
    run.start()
    chapter = page.open("reserves", "2026-06-30", top=8)
    share("2026-06-30")
    chapter.colophon()
    assert 'href="source:late"' in texts(shown)
    assert 'href="source:blog"' not in texts(shown)
    assert "as known on 30 June 2026" in texts(shown)
    record = shown[-1][1]["industrial-vitamins"]["chapter"]
    assert record["tables"] == ["output"]
    assert record["parameters"] == {"as_of": "2026-06-30", "top": 8}
    assert [fact["id"] for fact in record["facts"]] == ["reserves.share"]


def test_what_was_read_to_open_a_page_counts_and_the_next_page_begins_anew(shown):
    run.start()
    catalog.table("output")
    page.open("reserves").colophon()
    page.open("processing").colophon()
    first, second = (entry[1]["industrial-vitamins"]["chapter"]["tables"] for entry in shown if is_record(entry))
    assert (first, second) == (["output"], [])


def is_record(entry) -> bool:
    return "chapter" in (entry[1] or {}).get("industrial-vitamins", {})


def test_a_part_of_a_sentence_that_was_not_public_leaves_the_rest_of_it():
    assert page.if_known(Absent(catalog.NoDataYet("output", None, None))) == ""
    assert page.if_known(" and more") == " and more"
