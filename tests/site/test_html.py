"""The HTML of the built site, without a browser: links, anchors, hosts, headings, alternative texts."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.site.visit import DOCNAMES, EVERY


@cache
def soup(path: Path) -> BeautifulSoup:
    """A parsed page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> frozenset[str]:
    """All ids of a page."""
    return frozenset(tag["id"] for tag in soup(path).find_all(id=True))


def dead_links(path: Path) -> list[str]:
    """Links and resources of a page whose file or anchor is not there."""
    dead = []
    for tag in soup(path).find_all(["a", "link", "script", "img"]):
        address = tag.get("href") or tag.get("src") or ""
        parts = urlsplit(address)
        if not address or parts.scheme:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        is_page = target.suffix == ".html"
        if not target.is_file() or (is_page and parts.fragment and unquote(parts.fragment) not in anchors(target)):
            dead.append(address)
    return dead


@pytest.mark.parametrize("docname", [*EVERY, "search", "genindex"])
def test_links_and_anchors_are_alive(site, docname):
    assert dead_links(site / f"{docname}.html") == []


@pytest.mark.parametrize("docname", DOCNAMES)
def test_nothing_comes_from_another_host(site, docname):
    page = soup(site / f"{docname}.html")
    loading = "script[src], link:is([rel=stylesheet], [rel=icon], [rel=preload])[href], img[src], iframe"
    resources = [tag.get("src") or tag.get("href") for tag in page.select(loading)]
    assert [address for address in resources if re.match(r"(https?:)?//", address or "")] == []


@pytest.mark.parametrize("docname", DOCNAMES)
def test_a_page_has_one_heading_a_language_a_description_and_texts_for_pictures(site, docname):
    page = soup(site / f"{docname}.html")
    assert len(page.find_all("h1")) == 1
    assert page.html["lang"] == "en"
    descriptions = page.select('meta[name="description"]')
    assert len(descriptions) == 1
    assert len(descriptions[0]["content"]) > 20
    assert "<" not in descriptions[0]["content"]
    assert [img for img in page.find_all("img") if not img.has_attr("alt")] == []
    labels = [picture.get("aria-label", "") for picture in page.select(".iv-picture")]
    assert all(len(label) > 40 for label in labels)


@pytest.mark.parametrize("docname", DOCNAMES)
def test_ids_are_unique(site, docname):
    ids = [tag["id"] for tag in soup(site / f"{docname}.html").find_all(id=True)]
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


@pytest.mark.parametrize("docname", EVERY)
def test_regions_are_told_apart_by_their_names(site, docname):
    names = [region.get("aria-label") for region in soup(site / f"{docname}.html").select("[role=region]")]
    assert None not in names
    assert {name for name in names if names.count(name) > 1} == set()


def test_scripts_of_charts_are_only_where_charts_are(site):
    for docname in DOCNAMES:
        page = soup(site / f"{docname}.html")
        has_charts = bool(page.select("script.iv-spec"))
        assert bool(page.select("script[data-bundle]")) == has_charts, docname


def test_facts_of_the_pages_are_in_facts_json_and_on_the_facts_page(site):
    content = json.loads((site / "facts.json").read_text(encoding="utf-8"))
    shown = {
        urlsplit(link["href"]).fragment
        for docname in EVERY
        for link in soup(site / f"{docname}.html").select("a.iv-fact")
    }
    listed = {"fact-" + re.sub(r"[^a-z0-9]+", "-", fact["id"].lower()) for fact in content["facts"]}
    assert shown <= listed
    assert listed <= anchors(site / "facts.html")
    assert all(fact["inputs"] for fact in content["facts"])


def test_every_figure_has_a_number_and_its_sources(site):
    for docname in DOCNAMES:
        for figure in soup(site / f"{docname}.html").select("figure.iv-published"):
            assert re.match(r"Fig\. \d+ ", figure.figcaption.get_text()), figure.get("id")
            assert figure.select('.iv-sources a[href*="references.html#source-"]'), figure.get("id")
