"""Every file of a figure, read back by a reader of its format."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import pandas as pd
import pybtex.database
import pytest
import vl_convert
import yaml
from bs4 import BeautifulSoup

from lib import cite, records
from lib.figures.publish import VEGALITE
from lib.site.exports import figures as figure_files
from tests.publish import figure_site
from tests.publish.book import ROOT

CFF = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The site of the figures and their cards by name."""
    with pytest.MonkeyPatch.context() as patch:
        site, cards = figure_site.write(tmp_path_factory.mktemp("figures"), patch)
        yield site, {card.name: card for card in cards}


@pytest.fixture
def site(made):
    return made[0]


def test_a_chart_has_all_files_and_a_table_no_pictures(made):
    site, cards = made
    assert set(cards["output"].files) == {"csv", "json", "bib", "txt", "svg", "png", "vl.json", "html"}
    assert set(cards["rows"].files) == {"csv", "json", "bib", "txt"}
    listed = {file for card in cards.values() for file in card.files.values()}
    written = {str(p.relative_to(site)) for folder in ("figures", "embed") for p in (site / folder).iterdir()}
    charts = {f"figures/{name}.chart.js" for name, card in cards.items() if "svg" in card.files}
    assert written == listed | charts


def test_csv_is_read_back_by_pandas_as_it_was(site):
    for name in ("output", "rows"):
        read = pd.read_csv(site / "figures" / f"{name}.csv", comment="#")
        expected = figure_site.rows()
        assert list(read.columns) == list(expected.columns)
        assert read["value_t"].tolist()[1:] == expected["value_t"].tolist()[1:]
        assert pd.isna(read["value_t"][0])
        assert read["note"][3] == 'a "b", #c\nd'


def test_csv_says_above_the_rows_where_they_are_from(site):
    text = (site / "figures" / "output.csv").read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    said = dict(line.removeprefix("# ").split(": ", 1) for line in head)
    assert said["title"] == "China mined {20,000} t_r in 2020"
    assert said["subtitle"] == figure_site.WORDS["subtitle"]
    assert said["column value_t"] == "Value (t)"
    assert "published 2026-02; licence: public domain; https://doi.org/10.1/x_y" in said["source usgs-a"]
    assert said["licence"].startswith("CC BY 4.0")
    assert said["as of"] == "2026-11-22"
    assert "Figure 1 of “Ores & more”" in said["citation"]


def test_a_sign_of_comments_in_a_cell_needs_quotes_only_then():
    def card(cell):
        figure = {"name": "x", "title": "T", "page": "p", "data": [{"a": cell}]}
        day = dt.date(2026, 11, 22)
        return figure_files.Card(figure, 1, "C", (), cite.Work("figure", "x", "T", day, day), {})

    for cell in ("plain", "#first", "with # inside", 'a "quoted" #'):
        lines = figure_files.csv_text(card(cell)).splitlines()
        assert list(csv.reader(line for line in lines if not line.startswith("#"))) == [["a"], [cell]]
    assert figure_files.csv_text(card("plain")).endswith("a\nplain\n")


def test_json_holds_what_the_csv_says_with_units_and_null(site):
    content = json.loads((site / "figures" / "output.json").read_text(encoding="utf-8"))
    assert content["number"] == 1
    assert content["columns"][2] == {"name": "value_t", "title": "Value (t)", "unit": "t"}
    assert content["data"][0]["value_t"] is None
    assert [source["published"] for source in content["sources"]] == ["2025-05-21", "2026-02"]
    assert content["alt"].startswith("Bar chart")
    assert content["address"].endswith("chapters/ores.html#fig-output")
    assert content["book"] == {"title": CFF["title"], "version": CFF["version"]}


def test_svg_stands_alone_in_light_colours_with_its_words(site):
    text = (site / "figures" / "output.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join(root.itertext())
    for expected in ("China mined {20,000} t_r in 2020", "Sources: Agency (2025)", "“all” & <others>", "Figure 1"):
        assert expected in words
    assert "var(" not in text
    assert not re.search(r"(href|src)=|url\((?!#)|@import", text)


def test_png_is_the_picture_at_twice_its_size(site):
    width, height = map(float, re.search(r'width="([\d.]+)" height="([\d.]+)"', _read(site, "output.svg")).groups())
    head = (site / "figures" / "output.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") == pytest.approx(2 * width, abs=2)
    assert int.from_bytes(head[20:24], "big") == pytest.approx(2 * height, abs=2)


def test_a_repacked_png_is_the_same_picture(site):
    import zlib

    from lib.figures import poster

    def pixels(file: bytes) -> bytes:
        found, start = b"", 8
        while start < len(file):
            length = int.from_bytes(file[start : start + 4], "big")
            kind, body = file[start + 4 : start + 8], file[start + 8 : start + 8 + length]
            assert zlib.crc32(kind + body) == int.from_bytes(file[start + 8 + length : start + 12 + length], "big")
            found += body if kind == b"IDAT" else b""
            start += length + 12
        return zlib.decompress(found)

    plain = vl_convert.svg_to_png(_read(site, "output.svg"), scale=2)
    packed = poster.png(_read(site, "output.svg"))
    assert pixels(packed) == pixels(plain)
    assert len(packed) < len(plain)


def test_vega_lite_draws_the_specification_with_its_data(site):
    for name in ("output", "trend"):
        spec = json.loads(_read(site, f"{name}.vl.json"))
        assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6")
        assert spec["usermeta"]["title"]
        assert not re.search(r'"url"', json.dumps(spec))
        assert "<svg" in vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE)


def test_bibtex_is_read_back_by_pybtex(site):
    for name in ("output", "rows"):
        (entry,) = pybtex.database.parse_file(str(site / "figures" / f"{name}.bib")).entries.values()
        assert entry.persons["author"][0].last_names == [f"{{{CFF['authors'][0]['name']}}}"]
        assert CFF["title"] in entry.fields["howpublished"]
        assert entry.fields["url"].endswith(f"chapters/ores.html#fig-{name}")
        for expected in ("22 November 2026", CFF["version"], r"Ores \& more"):
            assert expected in entry.fields["note"]
    assert entry.fields["title"] == "{All rows}"


def test_the_citation_is_that_of_the_library_and_ends_with_the_address(made):
    site, cards = made
    text = _read(site, "trend.txt").strip()
    assert text == f"{cite.formatted(cards['trend'].work, 'apa')} {cards['trend'].address}"
    for expected in (CFF["authors"][0]["name"], "China grew the most", "Figure 2", "Ores & more", CFF["version"]):
        assert expected in text
    assert "22 November 2026" in text


def test_with_an_address_of_the_site_every_citation_leads_there(made):
    card = made[1]["trend"]
    url = f"https://example.org/book/{card.place}"
    there = replace(card, work=replace(card.work, url=url))
    assert figure_files.citation(there).endswith(url)
    assert (
        next(iter(pybtex.database.parse_string(figure_files.bibtex(there), "bibtex").entries.values())).fields["url"]
        == url
    )


def test_the_embedded_page_loads_from_the_site_only_and_leads_back(site):
    page = BeautifulSoup((site / "embed" / "trend.html").read_text(encoding="utf-8"), "html.parser")
    loaded = [tag.get("src") or tag.get("href") for tag in page.select("script[src], link[href], img[src]")]
    loaded += [tag["data-bundle"] for tag in page.select("script[data-bundle]")]
    assert loaded
    assert all((site / "embed" / address).resolve().is_file() for address in loaded)
    assert page.select_one(".iv-wide svg")
    assert not page.select(".iv-data, .iv-tools")
    links = [link["href"] for link in page.select("a")]
    assert "../references.html#source-usgs-a" in links
    assert "../chapters/ores.html#fig-trend" in links
    assert not [link for link in links if re.match(r"https?:|//|[a-z]+:", link)]
    assert "script-src 'self'" in page.select_one("meta[http-equiv]")["content"]


def test_the_files_of_a_figure_are_made_once(made, tmp_path):
    site, _ = made
    shelf = site.parent / "cache" / "figures"
    kept = {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()}
    assert {name.rpartition(".")[2] for name in kept} == {"json", "png"}
    (shelf / "of-a-figure-that-is-gone.0.png").write_bytes(b"")
    figure_site.finish(_collected(site), site.parent / "staged", tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()} == kept


def test_a_figure_that_changed_gets_new_files_and_the_others_keep_theirs(made, tmp_path):
    site, _ = made
    shutil.copytree(site.parent / "cache", tmp_path / "cache")
    kept = {path.name for path in (tmp_path / "cache" / "figures").iterdir()}
    collected = _collected(site)
    changed = collected.figures[0]
    changed["title"] += ", as corrected"
    (tmp_path / "staged").mkdir()
    figure_site.finish(collected, tmp_path / "staged", tmp_path / "site")
    made_now = {path.name for path in (tmp_path / "cache" / "figures").iterdir()} - kept
    assert {name.partition(".")[0] for name in made_now} == {changed["name"]}
    assert "as corrected" in (tmp_path / "site" / records.files_of(changed)["csv"]).read_text(encoding="utf-8")


def _collected(site):
    return records.collect({"chapters/ores": site.parent / "ores.ipynb"})


@pytest.mark.parametrize("damage", [lambda content: content[:-20], lambda content: b"", lambda content: content[::-1]])
def test_what_is_kept_and_damaged_is_made_again_and_not_published(made, tmp_path, damage):
    site, _ = made
    store = tmp_path / "cache" / "figures"
    shutil.copytree(site.parent / "cache" / "figures", store)
    before = {path.name: path.read_bytes() for path in store.iterdir()}
    for path in store.iterdir():
        path.write_bytes(damage(path.read_bytes()))
    staged = tmp_path / "staged"
    staged.mkdir()
    figure_site.finish(_collected(site), staged, tmp_path / "site")
    assert {path.name: path.read_bytes() for path in store.iterdir()} == before
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "site" / "figures").glob("*.png")}
    assert drawn == {path.name: path.read_bytes() for path in (site / "figures").glob("*.png")}
    assert drawn


def _read(site, name: str) -> str:
    return (site / "figures" / name).read_text(encoding="utf-8")
