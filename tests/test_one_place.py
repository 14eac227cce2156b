"""Small rules that many modules need stand in one place each."""

import datetime as dt
import re

import pytest

from lib import cite
from lib.build import sanitise
from lib.paths import LIB
from lib.site.exports import figure_card
from lib.site.pages import references
from lib.site.sphinx import derivations
from lib.tables import asof, dictionary
from lib.words import joined

STRANGERS = {"site/exports/verify.py", "site/exports/run_chapter.py"}
"""Programs for readers, which run alone: the checker of the published numbers, and what runs a chapter from its zip."""
CODES = re.compile(r"\[A-Z\]\{3\}")


def modules_with(pattern: str) -> list[str]:
    """Modules of `lib` whose text has a pattern."""
    return sorted(
        name
        for path in LIB.rglob("*.py")
        if (name := path.relative_to(LIB).as_posix()) not in STRANGERS and re.search(pattern, path.read_text("utf-8"))
    )


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        (r'json\.loads\([^\n]*(datapackage\.json|/ FILE)|path = [^\n]*"datapackage\.json"', []),
        (r'(RECORD|KEY) = "industrial-vitamins"|\{"industrial-vitamins": \{', ["metadata.py"]),
        (r'\(\s*"iso3",\s*"(importer|reporter|exporter)"', ["tables/dictionary.py"]),
        (r'" and "\.join\(filter\(None', ["words.py"]),
        (r'"month": (7|day\[:7\])', ["tables/asof.py"]),
        (r"re\.compile\(r\"\^# \+|startswith\(\"# \"\)", ["build/sanitise.py"]),
    ],
)
def test_a_rule_is_written_in_its_home_alone(pattern, home):
    assert modules_with(pattern) == home


def test_the_columns_that_hold_places_are_those_whose_cells_are_codes_in_the_dictionary():
    fields = [field for entry in dictionary.dictionary()["resources"] for field in entry["schema"]["fields"]]
    coded = {f["name"] for f in fields if CODES.search(f.get("constraints", {}).get("pattern", ""))}
    assert coded == set(dictionary.PLACES)


def test_a_list_in_a_sentence():
    assert [joined(words) for words in ([], ["a"], ["a", "b"], iter("abc"))] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("precision", "shown"), [("day", "2025-06-30"), ("month", "2025-06"), ("year", "2025"), ("accessed", "")]
)
def test_a_day_of_publication_is_printed_as_far_as_it_is_known(precision, shown):
    source = {"published": "2025-06-30", "published_precision": precision, "accessed": "2026-01-01", "title": "T"}
    assert asof.printed_day(source) == shown
    fact = {"value": 1, "inputs": [{"table": "t", "row": 2, "source_id": "s"}]}
    [row] = derivations.derivation(fact, {"s": source})["rows"]
    assert row.get("published", "") == shown
    assert references._published_words(source).startswith(f"Published {shown}" if shown else "Publication date unknown")
    day = dt.date(2026, 11, 22)
    card = figure_card.Card({"name": "x"}, 1, "C", (source,), cite.Work("figure", "x", "T", day, day), {})
    assert card.listed_sources[0]["published"] == shown


def test_the_first_heading_of_a_notebook_is_its_title():
    cells = [
        {"cell_type": "code", "source": "# no"},
        {"cell_type": "markdown", "source": ["x\n", "#  A title \n", "y"]},
    ]
    assert sanitise.title_of({"cells": cells}) == "A title"
    assert sanitise.title_of({"cells": cells[:1]}) == ""


def test_what_is_read_of_a_dictionary_may_be_changed_and_a_missing_one_is_named(tmp_path):
    dictionary.read_dictionary(dictionary.data_dir())["resources"].clear()
    assert dictionary.dictionary()["resources"]
    assert dictionary.dictionary_if_any(tmp_path) == {}
    with pytest.raises(FileNotFoundError, match=r"datapackage\.json"):
        dictionary.read_dictionary(tmp_path)
