"""Every file of a figure, read back by a reader of its format."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import shutil
import struct
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace

import pandas as pd
import pybtex.database
import pytest
import python_calamine
import vl_convert
import yaml
from bs4 import BeautifulSoup

from lib import cite, records
from lib.figures.publish import VEGALITE
from lib.site.exports import figure_card, tabular
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


SLIDES = {"16x9.svg": (1280, 720), "16x9.png": (1280, 720), "1x1.svg": (1080, 1080), "1x1.png": (1080, 1080)}


def test_a_chart_has_all_files_and_a_table_no_pictures(made):
    site, cards = made
    always = {"csv", "csv-metadata.json", "xlsx", "zip", "json", "bib", "txt", "page"}
    assert set(cards["output"].files) == always | {"svg", "png", "vl.json", "html", *SLIDES}
    assert set(cards["rows"].files) == always
    listed = {file for card in cards.values() for file in card.files.values()}
    written = {str(p.relative_to(site)) for folder in ("figures", "embed") for p in (site / folder).iterdir()}
    charts = {f"figures/{name}.chart.js" for name, card in cards.items() if "svg" in card.files}
    assert written == listed | charts


def test_csv_is_read_back_by_pandas_as_it_was_with_names_beside_codes(site):
    for name in ("output", "rows"):
        read = pd.read_csv(site / "figures" / f"{name}.csv")
        expected = figure_site.rows()
        assert [column for column in read.columns if not column.endswith("_name")] == list(expected.columns)
        assert read["value_t"].tolist()[1:] == expected["value_t"].tolist()[1:]
        assert pd.isna(read["value_t"][0])
        assert read["note"][3] == 'a "b", #c\nd'


def test_beside_the_csv_is_what_its_columns_mean_and_where_they_are_from(site):
    told = json.loads((site / "figures" / "output.csv-metadata.json").read_text(encoding="utf-8"))
    with (site / "figures" / told["url"]).open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    columns = {column["name"]: column for column in told["tableSchema"]["columns"]}
    assert list(columns) == header
    assert columns["value_t"] == {
        "name": "value_t",
        "titles": "Value (t)",
        "datatype": "integer",
        "dc:description": "Unit: t",
    }
    assert told["dc:title"] == "China mined {20,000} t_r in 2020"
    assert told["dc:abstract"] == figure_site.WORDS["subtitle"]
    assert told["dc:license"].startswith("CC BY 4.0")
    assert told["dc:temporal"] == "2026-11-22"
    assert "Figure “output” of “Ores & more”" in told["dc:bibliographicCitation"]
    assert {source["published"] for source in told["dc:source"]} == {"2025-05-21", "2026-02"}


@pytest.fixture(scope="module")
def odd() -> tabular.Data:
    """Rows with what spreadsheets and readers of CSV trip over."""
    columns = [
        {"name": "iso3", "title": "Country"},
        {"name": "change", "title": "Change"},
        {"name": "x", "title": "X (%)"},
    ]
    rows = [
        {"iso3": "CIV", "change": "+9.7% on 2018", "x": 12.3456},
        {"iso3": "CHN", "change": "=1+1", "x": 1234.56},
        {"iso3": None, "change": "@a", "x": None},
        {"iso3": "JPN", "change": '"quoted", # and\nlong', "x": 0.00123},
        {"iso3": "USA", "change": True, "x": float("nan")},
    ]
    return tabular.Data("odd", columns, rows, {"Title": "Odd"}, [{"id": "s", "title": "=HYPERLINK(1)"}])


def test_no_cell_of_a_csv_begins_as_a_formula(odd):
    read = list(csv.reader(io.StringIO(tabular.csv_file(odd).decode())))
    assert read[0] == ["iso3", "iso3_name", "change", "x"]
    assert [row[2] for row in read[1:]] == ["'+9.7% on 2018", "'=1+1", "'@a", '"quoted", # and\nlong', "true"]
    assert [row[1] for row in read[1:]] == ["Côte d'Ivoire", "China", "", "Japan", "United States"]
    assert [row[3] for row in read[1:4]] == ["12.35", "1235", ""]
    assert read[4][3] == "0.0012"


def test_a_workbook_has_data_notes_and_sources_and_no_formula(odd):
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(tabular.workbook(odd)))
    assert book.sheet_names == ["Data", "Notes", "Sources"]
    data = book.get_sheet_by_name("Data").to_python()
    assert data[0] == ["Country", "Country, name", "Change", "X (%)"]
    assert data[1] == ["CIV", "Côte d'Ivoire", "+9.7% on 2018", 12.35]
    assert data[2][2] == "=1+1"
    assert ["Title", "Odd"] in book.get_sheet_by_name("Notes").to_python()
    assert book.get_sheet_by_name("Sources").to_python()[1][:2] == ["s", "=HYPERLINK(1)"]
    with zipfile.ZipFile(io.BytesIO(tabular.workbook(odd))) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]


def test_the_same_rows_give_the_same_bytes(odd):
    for write in (tabular.csv_file, tabular.description, tabular.workbook):
        assert write(odd) == write(odd)


def test_a_zip_holds_the_data_with_their_description_and_a_readme(site):
    with zipfile.ZipFile(site / "figures" / "output.zip") as archive:
        names = {name.removeprefix("output/") for name in archive.namelist()}
        readme = archive.read("output/README.txt").decode()
    assert names == {"README.txt", "output.csv", "output.csv-metadata.json", "output.svg"}
    for name in names - {"README.txt"}:
        assert f"{name}: " in readme
    assert "Figure “output” of “Ores & more”" in readme


def test_json_holds_what_the_csv_says_with_units_and_null(site):
    content = json.loads((site / "figures" / "output.json").read_text(encoding="utf-8"))
    assert content["number"] == 1
    assert content["columns"][2] == {"name": "value_t", "title": "Value (t)", "unit": "t"}
    assert content["data"][0]["value_t"] is None
    assert [source["published"] for source in content["sources"]] == ["2026-02", "2025-05-21"]
    assert content["alt"].startswith("Bar chart")
    assert content["address"].endswith("chapters/ores.html#fig-output")
    assert content["book"] == {"title": CFF["title"], "version": CFF["version"]}


def test_svg_stands_alone_in_light_colours_with_its_words(site):
    text = (site / "figures" / "output.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join(root.itertext())
    for expected in (
        "China mined {20,000} t_r in 2020",
        "Sources: Survey (2026)",
        "“all” & <others>",
        "Figure “output”",
    ):
        assert expected in words
    assert "var(" not in text
    assert not re.search(r"(href|src)=|url\((?!#)|@import", text)


@pytest.mark.parametrize("kind", SLIDES)
def test_a_slide_has_its_shape_and_all_words_of_the_figure(site, kind):
    path = site / "figures" / f"output.{kind}"
    if kind.endswith("svg"):
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        assert (int(root.get("width")), int(root.get("height"))) == SLIDES[kind]
        words = " ".join(root.itertext())
        for expected in ("China mined {20,000} t_r in 2020", "Sources: Survey (2026)", "Figure “output”"):
            assert expected in words
        lowest = max(float(span.get("y")) for span in root.iter("{http://www.w3.org/2000/svg}tspan") if span.get("y"))
        assert lowest < SLIDES[kind][1]
    else:
        wide, tall = struct.unpack(">II", path.read_bytes()[16:24])
        assert (wide, tall) == SLIDES[kind]


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
        assert "url" not in entry.fields, "the site has no address, and one of this computer is none for others"
        for expected in ("22 November 2026", CFF["version"], r"Ores \& more"):
            assert expected in entry.fields["note"]
    assert entry.fields["title"] == "{All rows}"


def test_the_citation_is_that_of_the_library(made):
    site, cards = made
    text = _read(site, "trend.txt").strip()
    assert text == cite.formatted(cards["trend"].work, "apa"), "no address of this computer"
    for expected in (CFF["authors"][0]["name"], "China grew the most", "Figure “trend”", "Ores & more", CFF["version"]):
        assert expected in text
    assert "22 November 2026" in text


def test_with_an_address_of_the_site_every_citation_leads_there(made):
    card = made[1]["trend"]
    url = f"https://example.org/book/{card.place}"
    there = replace(card, work=replace(card.work, url=url))
    assert figure_card.citation(there.work).endswith(url)
    (entry,) = pybtex.database.parse_string(cite.bibtex(there.work), "bibtex").entries.values()
    assert entry.fields["url"] == url


def test_two_editions_of_a_figure_are_in_one_bibliography(made):
    work = made[1]["trend"].work
    earlier = replace(work, as_of=dt.date(2024, 6, 30))
    both = pybtex.database.parse_string(cite.bibtex(work) + cite.bibtex(earlier), "bibtex")
    assert set(both.entries) == {
        "industrial-vitamins-trend-2026-11-22",
        "industrial-vitamins-trend-2024-06-30",
    }


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
    assert {name.rpartition(".")[2] for name in kept} == {"zip", "png"}
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
    drawn = {path.name for path in (tmp_path / "cache" / "figures").glob("*.png")} - kept
    shapes = {f"{changed['name']}-{shape}" for shape in records.SLIDES}
    assert {name.partition(".")[0] for name in drawn} == {changed["name"], *shapes}
    assert "as corrected" in (tmp_path / "site" / records.files_of(changed)["txt"]).read_text(encoding="utf-8")


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
