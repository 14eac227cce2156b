"""Words of the glossary in the text: the first use of each is a link with its definition, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.core import publish_doctree

from lib import pipeline
from lib.site.sphinx import glossary
from tests.publish.book import INDEX, ORES, write_book

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
TEXT = """# Reserves

## Ore in a heading

A reserve and two Reserves, an *ore*, and ores; `ore`,
[ore](https://example.org), <a href="fact:ores.share">reserve</a>.

| ore | reserve |
|-----|---------|
| 1   | 2       |

Foreordained reserves-to-production of ore-bodies.
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> BeautifulSoup:
    """The chapter of the tiny book with a text full of terms."""
    cells = [("markdown", TEXT), *ORES[1:]]
    root = write_book(tmp_path_factory.mktemp("terms"), INDEX, cells)
    made = pipeline.book(root, root / "data")
    return BeautifulSoup((made.site / "chapters" / "ores.html").read_text(), "html.parser")


def test_the_first_use_of_each_term_is_a_link_to_its_definition(page):
    links = page.select(".iv-term > a")
    assert [(a.get_text(), a["href"]) for a in links] == [
        ("reserve", "glossary.html#term-reserve"),
        ("ore", "glossary.html#term-ore"),
    ]
    assert links[1].find_parent("em")


def test_the_definition_belongs_to_the_link_for_those_who_hear_the_page(page):
    for link in page.select(".iv-term > a"):
        definition = page.find(id=link["aria-describedby"])
        assert definition["role"] == "tooltip"
        assert definition.parent == link.parent
    assert page.select_one("[role=tooltip]").get_text() == (
        "Ore that can be mined at a profit today. It is not all there is."
    )


def test_headings_links_code_and_tables_stay_as_they_are(page):
    assert page.select("h1 .iv-term, h2 .iv-term, code .iv-term, table .iv-term, a .iv-term, figure .iv-term") == []


def test_the_script_is_on_pages_with_terms_only(page, made):
    assert page.select('script[src*="glossary.js"]')
    listed = BeautifulSoup((made.site / "facts.html").read_text(), "html.parser")
    assert not listed.select('script[src*="glossary.js"], .iv-term')


def test_plurals_match_and_parts_of_words_do_not():
    term = glossary.Term("ore", "g", "term-ore", "Rock.")
    expression = glossary.pattern({"ore": term, "REO": term, "rare earth": term})
    found = expression.findall("Ores, ore-body, store, REO, reo, rare\nearths")
    assert found == ["Ores", "REO", "rare\nearths"]
    assert glossary.pattern({}) is None


def test_text_between_raw_anchors_is_a_link_already():
    document = publish_doctree("one")
    paragraph = next(document.findall(nodes.paragraph))
    paragraph += [
        nodes.raw("", "<a href='x'>", format="html"),
        nodes.Text("two"),
        nodes.raw("", "</a>", format="html"),
        nodes.Text("three"),
    ]
    assert [text.astext() for text in glossary.running_text(document)] == ["one", "three"]


def test_the_glossary_of_the_book_defines_what_the_press_confuses():
    text = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
    entries = {line.lower() for line in text.splitlines() if re.match(r"[A-Za-z]", line)}
    for word in (
        "reserve", "resource", "endowment", "rare earth", "light rare earth", "heavy rare earth", "reo", "refining",
        "separation", "ndfeb magnet", "quota", "licence", "suspended", "hhi", "net import reliance",
        "apparent consumption", "hs code", "cif", "fob", "ask price", "lower bound", "as-of date", "vintage", "edition",
    ):  # fmt: skip
        assert word in entries, word
