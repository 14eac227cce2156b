"""Editions of past days: what they say on top, where they lie in the site, and what is in their files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from lib import pipeline
from lib.build import editions
from lib.disk import folders, lock
from lib.site import render
from tests.publish.book import write_book
from tests.publish.test_site import tree

DAY = "2025-06-30"
BASE = "https://example.org/book/"


@pytest.fixture(scope="module")
def root(made, tmp_path_factory) -> Path:
    """The tiny book with its current site and the edition of a past day; its address is known."""
    root = tmp_path_factory.mktemp("editions") / "book"
    shutil.copytree(made.site.parents[1], root)
    settings = root / "_config.yml"
    settings.write_text(re.sub(r'baseurl: ".*"', f'baseurl: "{BASE}"', settings.read_text()))
    pipeline.book(root, root / "data")
    pipeline.book(root, root / "data", as_of=DAY)
    return root


@pytest.fixture
def html(root) -> Path:
    return root / "_build" / "html"


@pytest.fixture
def edition(html) -> Path:
    return html / "editions" / DAY


def pages(folder: Path) -> list[Path]:
    """The pages of a site that are pages of the book."""
    return [
        path
        for path in sorted(folder.rglob("*.html"))
        if path.parent.name != "embed" and path.name not in ("editions.html", "404.html")
    ]


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_every_page_of_an_edition_says_so_and_leads_to_the_same_page_of_the_current_one(html, edition):
    assert len(pages(edition)) > 10
    for path in pages(edition):
        (banner,) = soup(path).select("body > aside.iv-edition[aria-label]")
        assert "as known on 30 June 2025" in banner.get_text()
        way = (path.parent / banner.a["href"]).resolve()
        assert way == (html / path.relative_to(edition)).resolve()
        assert way.is_file()
        assert soup(path).select(".skip-link ~ aside.iv-edition"), "the way past the banner comes first"


def test_pages_of_an_edition_are_kept_from_search_engines_and_name_the_current_page(edition):
    for path in pages(edition):
        page = soup(path)
        assert page.select_one('meta[name="robots"]')["content"] == "noindex"
        (canonical,) = page.select('link[rel="canonical"]')
        assert canonical["href"] == BASE + path.relative_to(edition).as_posix()


def test_the_current_site_has_no_banner_and_is_open_to_search_engines(html):
    for path in pages(html):
        if editions.FOLDER not in path.relative_to(html).parts:
            page = soup(path)
            assert not page.select(".iv-edition")
            assert bool(page.select("meta[name=robots]")) == (path.name == "search.html")
            assert page.select_one('link[rel="canonical"]')["href"] == BASE + path.relative_to(html).as_posix()


def directory(html: Path) -> dict:
    """What the site says of its editions and PDFs to scripts."""
    return json.loads((html / "directory.js").read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n"))


@pytest.fixture(scope="module")
def lacking(root, tmp_path_factory) -> Path:
    """The same site with an edition that has no page of figures."""
    html = tmp_path_factory.mktemp("lacking") / "html"
    shutil.copytree(root / "_build" / "html", html)
    (html / "editions" / DAY / "figures.html").unlink()
    render.directory.write(html)
    return html


def test_the_directory_names_every_edition_and_the_pages_that_it_lacks(html, lacking):
    assert [edition["lacks"] for edition in directory(html)["editions"]] == [[], []]
    current, past = directory(lacking)["editions"]
    assert (current["day"], current["called"], current["lacks"]) == ("", "Current", [])
    assert (past["day"], past["called"]) == (DAY, "30 June 2025")
    assert past["lacks"] == ["figures"]


def test_every_page_has_the_directory_and_a_way_to_the_editions_without_scripts(html):
    for path in pages(html):
        page = soup(path)
        listed = {(path.parent / script["src"].partition("?")[0]).resolve() for script in page.select("script[src]")}
        assert html / "directory.js" in listed, path
        (way,) = page.select("nav.iv-switch[aria-label] > a")
        assert (path.parent / way["href"]).resolve() == html / "editions.html"
    addresses = [link["href"] for link in soup(html / "editions.html").select("article a")]
    assert addresses == ["index.html", f"editions/{DAY}/index.html"]


def test_an_edition_is_cited_under_its_own_address(edition):
    text = (edition / "cite" / "ores.txt").read_text()
    assert f"{BASE}editions/{DAY}/chapters/ores.html" in text


def test_links_of_an_edition_stay_within_it_and_are_alive(edition):
    for path in pages(edition):
        page = soup(path)
        for way in page.select(".iv-edition, .iv-switch, script[src$='directory.js']"):
            way.decompose()
        for link in page.select("a[href], script[src], link[rel=stylesheet]"):
            address = urlsplit(link.get("href") or link.get("src"))
            if address.path and not address.scheme:
                target = (path.parent / address.path).resolve()
                assert target.is_file(), f"{path}: {address.path}"
                assert target.is_relative_to(edition.resolve())


def test_a_new_current_site_keeps_the_editions_and_says_what_it_has_no_more(root, tmp_path):
    copy = tmp_path / "book"
    shutil.copytree(root, copy)
    html = copy / "_build" / "html"
    before = tree(html / "editions")
    toc = (copy / "_toc.yml").read_text()
    (copy / "_toc.yml").write_text(toc.replace("- file: chapters/glossary\n", ""))
    pipeline.book(copy, copy / "data")
    assert tree(html / "editions") == before
    way = soup(html / "editions" / DAY / "chapters" / "glossary.html").select_one(".iv-edition a")
    gone = (html / "editions" / DAY / "chapters" / way["href"]).resolve()
    assert gone == html / "chapters" / "glossary.html"
    assert [link["href"] for link in soup(gone).select("article a")] == [
        "../index.html",
        f"../editions/{DAY}/chapters/glossary.html",
    ]
    assert directory(html)["editions"][0]["lacks"] == ["chapters/glossary"]
    (copy / "_toc.yml").write_text(toc)
    pipeline.book(copy, copy / "data")
    assert soup(gone).select("dl.glossary"), "the page is back"


def test_an_edition_without_a_current_site_has_no_dead_link(tmp_path):
    made = write_book(tmp_path / "book")
    there = pipeline.book(made, made / "data", as_of=DAY).site
    assert there == made / "_build" / "html" / "editions" / DAY
    assert not soup(there / "index.html").select(".iv-edition a")


@pytest.mark.parametrize("as_of", [None, DAY])
def test_a_build_that_fails_or_is_cut_off_loses_nothing(root, tmp_path, monkeypatch, as_of):
    copy = tmp_path / "book"
    shutil.copytree(root, copy)
    html = copy / "_build" / "html"
    before = tree(html)
    (copy / "LICENSE").write_text("Other words.")  # a book that was copied is as fresh as before
    monkeypatch.setattr(folders, "exchanged", lambda one, other: False)
    rename = os.rename

    def cut_off(source, target):
        rename(source, target)
        if Path(source) == html:  # after the first of the two steps
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", cut_off)
        patch.setattr(folders, "recover", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            pipeline.book(copy, copy / "data", as_of=as_of)
    assert not html.exists()
    lock.recover(copy)
    assert tree(html) == before
    with monkeypatch.context() as patch:
        patch.setattr(render.directory, "write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pipeline.book(copy, copy / "data", as_of=as_of)
    assert tree(html) == before
    assert not list(html.parent.glob(".html*"))


def test_the_caches_of_the_current_book_survive_an_edition(root):
    told = []
    pipeline.book(root, root / "data", progress=lambda *event: told.append(event[1]))
    assert set(told) == {"planned", "reused"}


# ------------------------------------------------------------------------------------------- files


def test_the_tables_of_an_edition_hold_no_later_row(html, edition):
    def known(folder: Path) -> list[dict]:
        return list(csv.DictReader(io.StringIO((folder / "data" / "ores.csv").read_text())))

    assert {row["source_id"] for row in known(edition)} == {"geo_2025.v1"}
    assert len(known(edition)) == 3
    assert len(known(html)) == 5
    import pandas as pd

    assert len(pd.read_parquet(edition / "data" / "ores.parquet")) == 3
    assert "of 5" not in soup(edition / "data" / "ores.html").get_text()
    assert "Digits were swapped" not in soup(edition / "data" / "ores.html").get_text()
    assert "Digits were swapped" in soup(html / "data" / "ores.html").get_text()


def test_the_zip_of_an_edition_has_its_tables_and_its_day(edition):
    with zipfile.ZipFile(edition / "download" / "ores.zip") as archive:
        texts = {name.split("/", 1)[1]: archive.read(name).decode() for name in archive.namelist()}
    assert texts["data/ores.csv"] == (edition / "data" / "ores.csv").read_text()
    assert f"-p as_of {DAY}" in texts["README.md"]
    assert f"-p as_of {DAY}" in soup(edition / "chapters" / "ores.html").select_one(".iv-rerun").get_text()


def test_facts_of_an_edition_name_the_lines_of_its_own_files(tmp_path):
    from lib import records
    from lib.tables import snapshot

    root = write_book(tmp_path / "book")
    lines = (root / "data" / "ores.csv").read_text().splitlines()
    (root / "data" / "ores.csv").write_text("\n".join([lines[0], lines[4], *lines[1:4], lines[5]]) + "\n")
    inputs = [{"table": "ores", "row": 3}, {"table": "ores", "rows": [4, 5]}]
    told = records.renumbered(records.Records(facts=[{"id": "a", "inputs": inputs}]), root / "data", DAY)
    assert told.facts[0]["inputs"] == [{"table": "ores", "row": 2}, {"table": "ores", "rows": [3, 4]}]
    snapshot.write(root / "data", DAY, tmp_path / "known")
    assert (tmp_path / "known" / "ores.csv").read_text().splitlines()[1:] == lines[1:4]


# ------------------------------------------------------------------------------------------- single runs


def test_a_single_run_of_a_past_day_says_so_and_leads_to_the_book(made, tmp_path):
    copy = tmp_path / "book"
    shutil.copytree(made.site.parents[1], copy)
    run = pipeline.run(copy, copy / "data", "ores", {"as_of": DAY})
    html = copy / "_build" / "html"
    ways = {name: html / name for name in ("facts.html", "data/ores.html")} | {
        "index.html": html / "chapters/ores.html"
    }
    for name, target in ways.items():
        link = soup(run.site / name).select_one(".iv-edition a")
        assert ((run.site / name).parent / link["href"]).resolve() == target.resolve()
        assert target.is_file()
    settings = copy / "_config.yml"
    settings.write_text(settings.read_text().replace('baseurl: ""', f'baseurl: "{BASE}"'))
    run = pipeline.run(copy, copy / "data", "ores", {"as_of": DAY})
    assert soup(run.site / "index.html").select_one(".iv-edition a")["href"] == f"{BASE}chapters/ores.html"
    assert not soup(pipeline.run(copy, copy / "data", "ores", {}).site / "index.html").select(".iv-edition")


# ------------------------------------------------------------------------------------------- days


@given(st.dates(dt.date(2010, 1, 1), dt.date(2090, 12, 31)))
def test_an_edition_is_compared_with_the_newest_june_that_is_a_year_old(day):
    first = dt.date.fromisoformat(editions.earlier(day))
    assert (first.month, first.day) == (6, 30)
    assert 365 <= (day - first).days <= 731


@pytest.mark.parametrize(
    ("day", "first"),
    [
        ("2026-11-22", "2025-06-30"),
        ("2026-06-30", "2025-06-30"),
        ("2026-06-29", "2024-06-30"),
        ("2024-02-29", "2022-06-30"),
    ],
)
def test_the_day_compared_with(day, first):
    assert editions.earlier(day) == first


# ------------------------------------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_the_link_carries_the_place_that_is_named_or_read(chromium, edition):
    address = (edition / "chapters" / "ores.html").as_uri()
    current = urljoin(address, "../../../chapters/ores.html")
    page = chromium.new_page(viewport={"width": 1280, "height": 500})
    page.goto(f"{address}#fig-third")
    page.locator(".iv-edition a").click()
    page.wait_for_url(f"{current}#fig-third")
    page.goto(address)
    page.locator(".iv-edition a").click()
    page.wait_for_url(current)
    page.goto(address)
    page.evaluate("document.querySelector('#cite-this-chapter').scrollIntoView()")
    page.wait_for_function("document.querySelector('#cite-this-chapter').getBoundingClientRect().top < 120")
    page.locator(".iv-edition a").click()
    page.wait_for_url(f"{current}#cite-this-chapter")
    page.close()


@pytest.mark.browser
def test_the_menu_of_editions_leads_to_the_same_page_or_to_the_cover(chromium, lacking):
    page = chromium.new_page()
    for name, words in (("chapters/ores", "30 June 2025"), ("figures", "30 June 2025 (cover)")):
        page.goto((lacking / f"{name}.html").as_uri())
        page.locator(".iv-switch summary").click()
        assert page.locator(".iv-switch li").all_inner_texts() == ["Current", words]
        assert page.locator(".iv-switch [aria-current]").inner_text() == "Current"
        page.locator(".iv-switch li a").click()
        there = name if words == "30 June 2025" else "index"
        assert page.url == (lacking / "editions" / DAY / f"{there}.html").as_uri()
    page.close()


@pytest.mark.browser
def test_without_scripts_the_link_leads_to_the_page(chromium, edition):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((edition / "chapters" / "ores.html").as_uri() + "#fig-third")
    page.locator(".iv-edition a").click()
    assert page.url.endswith("/html/chapters/ores.html")
    context.close()
