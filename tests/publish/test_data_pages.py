"""The pages of the tables and the files beside them: a tiny table, then every table of the book."""

from __future__ import annotations

import datetime as dt
import html
import json
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pyarrow import parquet

from lib import pipeline, records
from lib.site.pages import data as data_pages
from lib.site.pages import status
from lib.tables import catalog
from lib.tables.dictionary import read_sources
from tests.publish.book import write_book

BOOK = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def data(tmp_path) -> Path:
    return write_book(tmp_path) / "data"


def chapter(as_of=None, tables=("ores",)) -> dict:
    return {"name": "n", "page": "chapters/n", "as_of": as_of, "vintage": "2026-11-22", "tables": list(tables)}


def soup(made: pipeline.Made, name: str) -> BeautifulSoup:
    return BeautifulSoup((made.site / f"{name}.html").read_text(), "html.parser")


def test_the_page_says_what_the_table_covers(made):
    article = soup(made, "data/ores").article
    for definition in article.select(".iv-definition"):
        definition.decompose()
    text = " ".join(article.get_text(" ").split())
    for expected in (
        "One ore a row: x_y * z",
        "Rows: 5",
        "Years: 2024–2025",
        "Countries: 3",
        "Oldest and newest publication: 2025-02-06 and 2026-02-28",
        "was printed as 54000; the correct value is 45000",
        "in editions up to 2025",
        "Creative Commons Attribution",
        "Survey: Ores & metals: 50% {more}",
    ):
        assert expected in text


def test_columns_are_told_with_unit_meaning_and_allowed_values(made):
    rows = soup(made, "data/ores").select("table.iv-columns tbody tr")
    told = {row.th.get_text(): [cell.get_text() for cell in row.select("td")] for row in rows}
    assert told["value_t"] == ["number", "t REO", "Mass of a < b"]
    assert told["year"][2] == "Year described At least 1900."
    assert told["qualifier"][2] == "Mark One of e, >, NA."
    assert told["ore"][2] == "Name Never empty."


def test_the_preview_is_an_accessible_table_that_keeps_gaps_and_signs(made):
    region = soup(made, "data/ores").select_one('[role="region"]:has(.iv-preview)')
    assert region["tabindex"] == "0"
    assert region["aria-label"] == region.table.caption.get_text()
    assert all(head["scope"] == "col" for head in region.select("thead th"))
    rows = {tuple(c.get_text() for c in row.select("th, td"))[:4] for row in region.select("tbody tr")}
    assert ("clay, <ionic>", "MMR", "2024", "") in rows
    assert region.select_one("td a")["href"] == "../references.html#source-geo-2025-v1"


def test_figures_that_show_the_table_are_linked(made):
    links = {a["href"] for a in soup(made, "data/ores").select("article a") if "#fig-" in a["href"]}
    assert links == {"../index.html#fig-first", "../chapters/ores.html#fig-second", "../chapters/ores.html#fig-third"}


def test_links_to_a_table_lead_to_its_page(made):
    (number,) = (fact["id"] for fact in made.records.facts if fact["id"].endswith("share"))
    rows = soup(made, f"facts/{number}").find("a", string="ores")
    assert rows["href"] == "../data/ores.html#table-ores"


def test_the_sidebar_has_one_entry_for_all_tables(made):
    links = [a["href"] for a in soup(made, "data/ores").select("nav.book-nav a[href]")]
    assert "../data.html" in links
    assert not [link for link in links if "ores.html" in link and "chapters" not in link]
    assert soup(made, "data").article.find("a", string="Ores")["href"] == "data/ores.html#table-ores"


def test_the_files_are_the_table_whole_and_typed(made, data):
    folder = made.site / "data"
    assert (folder / "ores.csv").read_bytes() == (data / "ores.csv").read_bytes()
    table = parquet.read_table(folder / "ores.parquet")
    assert [str(f.type) for f in table.schema][:6] == ["string", "string", "int64", "double", "bool", "date32[day]"]
    assert table.column("value_t").to_pylist() == [270000.5, 45000, None, 270000, 390000]
    assert table.column("opened").to_pylist()[0] == dt.date(1957, 1, 1)
    assert table.schema.field("value_t").metadata[b"unit"] == b"t REO"
    assert table.schema.metadata[b"title"] == b"Ores"
    for link in soup(made, "data/ores").select("a[download]"):
        assert (folder / link["href"]).is_file()


def test_the_folder_of_the_site_is_a_valid_data_package(made):
    report = frictionless.Package(str(made.site / "data" / "datapackage.json")).validate()
    assert report.valid, report.flatten(["title", "message"])


def test_a_past_edition_shows_what_was_public_and_says_that_files_are_whole(data):
    tables = data_pages.read(data, records.Records(chapters=[chapter("2025-02-28")]))
    text = data_pages.page(tables[0], read_sources(data), "2025-02-28")
    assert "Rows: 2 that were public by 2025-02-28, out of 5 in the files" in html.unescape(text)
    assert tables[0].sources == ["geo_2025.v1"]


def test_a_figure_counts_for_a_table_it_read_and_shares_a_source_with(data):
    figures = [
        {"name": "a", "page": "chapters/n", "sources": ["geo-2026"], "tables": ["ores"]},
        {"name": "b", "page": "chapters/n", "sources": ["geo-2026"], "tables": ["other"]},
        {"name": "c", "page": "chapters/n", "sources": ["unused"], "tables": ["ores"]},
    ]
    table = data_pages.read(data, records.Records(chapters=[chapter()], figures=figures))[0]
    assert [figure["name"] for figure in table.figures] == ["a"]


def test_a_single_run_has_pages_for_the_tables_it_read_only(data):
    assert data_pages.read(data, records.Records(), only=[]) == []


def test_sources_of_all_rows_enter_the_bibliography(data):
    found = records.Records(sources=["unused"])
    both = data_pages.with_sources(found, data_pages.read(data, found))
    assert both.sources == ["geo-2026", "geo_2025.v1", "unused"]
    assert found.sources == ["unused"]


def test_every_table_of_the_book_has_a_page_with_topic_licence_and_sources():
    tables = data_pages.read(BOOK, records.Records())
    assert {table.name for table in tables} == {r["name"] for r in catalog.dictionary()["resources"]}
    sources = read_sources(BOOK)
    for table in tables:
        assert table.topic != data_pages.OTHER, table.name
        text = data_pages.page(table, sources)
        assert "## Licence" in text
        assert table.name in ("sources", "corrections") or table.sources, table.name
    records.check_sources(data_pages.with_sources(records.Records(), tables), sources)


@pytest.mark.parametrize("name", ["reserves", "measures", "build_times", "prices"])
def test_parquet_says_what_the_catalog_reads(name, tmp_path):
    table = next(t for t in data_pages.read(BOOK, records.Records(), [name]))
    data_pages.write_parquet(BOOK / table.entry["path"], tmp_path / "t.parquet", table)
    frame = pd.read_parquet(tmp_path / "t.parquet")
    expected = pd.read_csv(BOOK / table.entry["path"], dtype="str", keep_default_na=False)
    assert list(frame.columns) == list(expected.columns)
    assert len(frame) == len(expected)
    for f in table.fields:
        assert (frame[f["name"]].isna() == (expected[f["name"]] == "")).all(), f["name"]


def test_the_status_page_tells_versions_and_results(made):
    text = soup(made, "status").article.get_text(" ", strip=True)
    for expected in ("As-of day : 2026-11-22", "Newest publication : 2026-02-28", "jupyter-book", "passed"):
        assert expected.replace(" :", ":") in text


def test_broken_records_are_told_as_broken(data, tmp_path):
    found = records.Records(facts=[{"inputs": [], "scope": "x", "period": "1", "page": "p"}])
    results = {rule: broken for rule, _, broken in status.checks(data, found, tmp_path / "kept")}
    assert results["Every number in the text names the rows from which it was computed"] == 1
    (answer,) = (tmp_path / "kept").iterdir()
    told = results["Tables agree with their dictionary and with each other"]
    assert json.loads(answer.read_text())["problems"] == told
