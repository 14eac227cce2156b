"""Records become facts.json, a bibliography and pages that show any text as it is."""

from __future__ import annotations

import json

import pytest
from docutils.nodes import make_id
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string

from lib import records
from lib.site.pages import references
from lib.site.sphinx import bibliography
from tests.small_data import NO_ADDRESSES

SOURCE = {
    "title": "Ores & metals: 50% {more} of c_d",
    "publisher": "Geological Survey, and Co",
    "published": "2025-02-28",
    "published_precision": "month",
    "accessed": "2026-11-22",
    "url": "https://example.org/a_b?c=1%20#d~e",
    "licence": "public domain",
    "confidence": "low",
}


def executed(tmp_path, *entries, markdown=""):
    outputs = [{"data": {"text/html": ""}, "metadata": {records.KEY: entry}} for entry in entries]
    cells = [
        {"cell_type": "markdown", "source": markdown},
        {"cell_type": "code", "source": "", "outputs": outputs},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    return {"chapters/n": path}


def chapter(*facts):
    return {"chapter": {"name": "n", "as_of": None, "vintage": "2026-11-22", "facts": list(facts), "tables": ["t"]}}


def test_facts_get_the_id_of_their_chapter_and_sources_are_gathered(tmp_path):
    fact = {"name": "x", "inputs": [{"table": "t", "row": 2, "source_id": "a"}]}
    figure = {"figure": {"name": "f", "sources": ["b"]}}
    found = records.collect(executed(tmp_path, chapter(fact), figure, markdown="{cite}`c,d` [e](source:e)"))
    assert found.facts[0]["id"] == "n.x"
    assert found.sources == ["a", "b", "c", "d", "e"]
    assert found.tables == ["t"]
    assert found.as_of == "2026-11-22"
    assert json.loads(records.facts_json(found))["facts"][0]["page"] == "chapters/n"


def test_two_figures_of_one_name_are_an_error(tmp_path):
    figure = {"figure": {"name": "f", "sources": []}}
    with pytest.raises(records.RecordsError, match="figure 'f'"):
        records.collect(executed(tmp_path, figure, figure))


def test_figures_of_a_page_that_never_ends_its_chapter_are_an_error(tmp_path):
    with pytest.raises(records.RecordsError, match="chapters/n"):
        records.collect(executed(tmp_path, {"figure": {"name": "f", "sources": []}}))


def test_unknown_and_indistinguishable_sources_are_errors():
    found = records.Records(sources=["a-b", "a_b", "gone"])
    with pytest.raises(records.RecordsError) as caught:
        records.check_sources(found, {"a-b": {}, "a_b": {}})
    assert len(caught.value.problems) == 2


def listed(*sources: dict) -> list[str]:
    """How sources read in the list of references, in its order."""
    named = {f"s_{number}.x": source for number, source in enumerate(sources)}
    file = references.bibliography(records.Records(sources=list(named)), named)
    made = bibliography.BookStyle().format_bibliography(parse_string(file, "bibtex"))
    return [bibliography.as_written(str(entry.text).replace("<newblock>", " ")) for entry in made]


def test_the_bibliography_survives_signs_that_tex_knows():
    assert listed(SOURCE) == [
        "Geological Survey, and Co. Ores & metals: 50% {more} of c_d. Published 2025-02; read 2026-11-22. Confidence: "
        "low. Licence: public domain. URL: https://example.org/a_b?c=1%20#d~e."
    ]


@given(st.text(st.characters(codec="ascii", min_codepoint=32), min_size=1).filter(str.strip))
def test_any_title_reads_in_the_bibliography_as_in_the_table(title):
    words = " ".join(title.split())
    assert f"Survey. {words.rstrip('.')}" in listed({"title": words, "publisher": "Survey"})[0]


def test_the_bibliography_is_in_the_order_of_publishers_years_and_titles_as_they_are_read():
    told = [("Canada", "2025", "b"), ("C&EN", "2024", "a"), ("C&EN", "2023", "z"), ("C&EN", "2024", "A b")]
    sources = [{"publisher": who, "published": f"{year}-01-01", "title": title} for who, year, title in told]
    assert [text.partition(" Published")[0] for text in listed(*sources)] == [
        "C&EN. z.",
        "C&EN. A b.",
        "C&EN. a.",
        "Canada. b.",
    ]


@given(st.from_regex(r"[A-Za-z0-9_.-]+", fullmatch=True))
def test_anchors_are_those_that_docutils_makes(identifier):
    assert records.anchor("source", identifier) == make_id(f"source-{identifier}")


def test_rows_are_written_as_ranges():
    assert records.row_ranges([5, 2, 3, 4, 9]) == "rows 2–5, 9"
    assert records.row_ranges([4]) == "row 4"


@pytest.mark.parametrize("column", ["url", "doi"])
@pytest.mark.parametrize("cell", NO_ADDRESSES)
def test_what_is_no_address_becomes_no_link(column, cell):
    row = SOURCE | {"url": "", "doi": "", column: cell}
    entry = parse_string(references.bibliography(records.Records(sources=["a"]), {"a": row}), "bibtex").entries["a"]
    assert not {"url", "doi"} & {name for name, value in entry.fields.items() if value}


QUOTED = [
    ({}, "as it is"),
    ({"confidence": "low", "conflicts_with": "x says 5"}, "not at all: a source is weak"),
    ({"confidence": "medium"}, "with the name of its source"),
    ({"conflicts_with": "x says 5"}, "only beside what contradicts it: x says 5"),
    ({"conflicts_with": "eu-2024;eu-2025"}, "only beside what contradicts it: other figures in its table"),
    ({"rows": [2, 3, 4, 5], "conflicts_with": "x says 5"}, "as it is"),
]


@pytest.mark.parametrize(("row", "told"), QUOTED)
def test_how_firmly_a_number_may_be_quoted(row, told):
    assert records.how_to_quote({"unit": "t", "inputs": [{"row": 2, **row}]}, {}) == told


def test_a_rival_is_named_as_readers_know_it():
    rival = {"unit": "t", "inputs": [{"row": 2, "conflicts_with": "MCS2025: 90 t (argus_neo-2023); argus: 80 t"}]}
    told = records.how_to_quote(rival, {"argus_neo-2023": {"publisher": "Argus Media, London"}})
    assert told == "only beside what contradicts it: MCS 2025: 90 t (Argus Media); argus: 80 t"


def test_a_bound_with_a_rival_asks_for_both():
    rival = {"unit": "%", "bound": "<", "inputs": [{"row": 2, "conflicts_with": "x says 5"}]}
    assert records.how_to_quote(rival, {}) == "only as “at most”, and beside what contradicts it: x says 5"
    assert records.how_to_quote(rival | {"unit": "count", "bound": ""}, {}) == "as it is"
