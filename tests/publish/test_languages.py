"""What fluent readers have checked is published, and drafts are not, unless they are asked for and say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib import pipeline
from lib.build import schedule
from lib.languages import catalogues
from tests.languages.book import GERMAN, WORDS, write_catalogue, write_german, write_notebook
from tests.publish.book import TOC, write_book

ADDRESS = "https://example.org/book/"


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A book with a checked German page, in whose text a sentence has changed since, and a Japanese draft."""
    root = write_book(tmp_path_factory.mktemp("languages"))
    settings = (root / "_config.yml").read_text("utf-8")
    (root / "_config.yml").write_text(settings.replace('baseurl: ""', f"baseurl: {ADDRESS}"), encoding="utf-8")
    (root / "_toc.yml").write_text(TOC.replace("- file: changes", "- file: chapters/reserves\n- file: changes"))
    write_notebook(root)
    write_german(root)
    po = catalogues.place(root, "de", "reserves")
    po.write_text(po.read_text("utf-8").replace('msgid "It lasts."', 'msgid "It used to last."'), encoding="utf-8")
    write_catalogue(root, "ja", catalogues.WORDS, WORDS)
    write_catalogue(root, "ja", "reserves", GERMAN)
    return root


@pytest.fixture(scope="module")
def published(book) -> Path:
    """The site as it is published."""
    return pipeline.book(book, book / "data").site


@pytest.fixture(scope="module")
def with_drafts(book, published) -> Path:
    """The site with drafts, built after the other one; what the first one is asked for is copied before."""
    return pipeline.book(book, book / "data", drafts=True).site


@pytest.fixture(scope="module")
def texts(published) -> dict[str, str]:
    """The files of the published site that are text, by name."""
    kinds = {".html", ".md", ".txt", ".xml", ".atom", ".json", ".js"}
    paths = [path for path in published.rglob("*") if path.suffix in kinds]
    return {path.relative_to(published).as_posix(): path.read_text("utf-8") for path in paths}


def parsed(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "lxml")


def alternates(page: BeautifulSoup) -> dict[str, str]:
    return {link["hreflang"]: link["href"] for link in page.find_all("link", hreflang=True)}


def test_only_checked_pages_are_published(texts):
    assert "de/reserves.html" in texts
    assert not [name for name, text in texts.items() if "ja/reserves" in name or "ja/reserves" in text]


def test_each_language_leads_to_the_others_with_absolute_addresses(texts):
    addresses = {"en": f"{ADDRESS}chapters/reserves.html", "de": f"{ADDRESS}de/reserves.html"}
    german, english = (parsed(texts[name]) for name in ("de/reserves.html", "chapters/reserves.html"))
    assert alternates(german) == alternates(english) == addresses
    assert (german.html["lang"], english.html["lang"]) == ("de", "en")
    [link] = english.select(".book-languages a")
    assert (link["href"], link["lang"], link.text) == ("../de/reserves.html", "de", "Deutsch")
    assert not alternates(parsed(texts["chapters/ores.html"]))
    assert f"{ADDRESS}de/reserves.html" in texts["sitemap.xml"]


def test_what_has_changed_since_is_in_english_and_said_on_top(texts):
    german = parsed(texts["de/reserves.html"])
    assert german.select_one("aside.iv-own").text.startswith("Vom 1.\xa0März 2026, seither geändert.")
    assert german.select_one("aside.iv-own a")["href"] == "../chapters/reserves.html"
    assert [span.text for span in german.select('article span[lang="en"]')] == ["It lasts."]
    assert "robots" not in texts["de/reserves.html"]


def test_numbers_lead_to_the_same_derivation_as_in_english(texts):
    german, english = (parsed(texts[name]) for name in ("de/reserves.html", "chapters/reserves.html"))
    one, other = (page.select_one("article li a.iv-fact") for page in (german, english))
    assert (one["href"], one.text) == (other["href"], "höchstens 1.069,5\xa0%")
    assert other.text == "at most 1,069.5%"
    assert "Abb. 1" in german.select_one("article li").text


def test_programs_and_the_search_know_the_english_pages_alone(texts):
    assert "de/reserves.md" not in texts
    for name in ("llms.txt", "llms-full.txt", "_static/search-entries.js"):
        assert "de/reserves" not in texts[name]
        assert "Erz bleibt Gestein" not in texts[name]


def test_drafts_are_built_where_they_are_asked_for_and_nothing_leads_to_them(texts, with_drafts):
    draft = (with_drafts / "ja" / "reserves.html").read_text("utf-8")
    assert '<meta name="robots" content="noindex">' in draft
    assert 'rel="canonical"' not in draft
    assert not alternates(parsed(draft))
    assert parsed(draft).select_one("aside.iv-own").text.startswith("Ein Entwurf.")
    pages = [name for name in texts if name.endswith((".html", ".xml", ".txt", ".md"))]
    assert not [name for name in pages if "ja/reserves" in (with_drafts / name).read_text("utf-8")]


def test_a_site_with_drafts_is_not_taken_for_one_without_them(book, with_drafts):
    assert schedule.plan_build(book, book / "data", drafts=True).is_fresh()
    assert not schedule.plan_build(book, book / "data").is_fresh()


def test_a_changed_catalogue_makes_the_site_stale(book, with_drafts):
    path = catalogues.place(book, "ja", "reserves")
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Es reicht.", b"Es reicht aus."))
    assert not schedule.plan_build(book, book / "data", drafts=True).is_fresh()
    path.write_bytes(before)
    assert schedule.plan_build(book, book / "data", drafts=True).is_fresh()
