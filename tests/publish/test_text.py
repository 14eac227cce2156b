"""Text of the tables is text: every sign of every column stands on the pages and in the files as it was written.

A copy of the book's own tables gets a marker in cells of words, with something of each syntax that the way to a page
knows. Which columns hold words is read from the dictionary; each of them is on the page of its table, and in its file.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from pybtex.database import Entry

from lib import cite, pipeline, records
from lib.build import execute, plan
from lib.compare import changes
from lib.figures import poster
from lib.site import render
from lib.site.background import working
from lib.site.exports import social_card
from lib.site.jupyter_book import JupyterBook
from lib.site.sphinx import folds
from lib.tables import catalog

ROOT = Path(__file__).resolve().parents[2]
SYNTAX = (
    '{{7*7}}{%raw%}{eval}`q`{sub-ref}`q`{x}{0}<script>q()</script><b onclick="q()">b</b>&amp;$q^2$\\(q\\)'
    "[q](javascript:q)<https://q.example/>*q*_q_**q**~~q~~[^1]|{#q .q}%q:::```\\\"'q'--#</p>-->"
)
MARKED = re.compile(r"⟦([\w.]+)⟧")
CUT = ("…", " …")
EARLIER = "2025-06-30"
IN_CHAPTERS = """applications.application articles.basis build_times.subject china_exports.note claims.claim
    claim_explanations.explanation claim_tests.what costs.project dependence_estimates.product deposits.deposit
    elements.name export_duties.product facilities.company magnet_production.basis measures.instrument measures.part
    prices.segment sources.publisher sources.title statements.statement technology.value_text"""
"""Columns that chapters show, of each way to a page at least one; the others are on the pages of their tables alone."""
IN_CHANGES = "claims.claim elements.name sources.publisher"
IN_PICTURES = "deposits.deposit elements.name prices.segment sources.publisher"
TOC = """format: jb-book
root: index
chapters:
- file: chapters/reserves
- file: chapters/processing
- file: chapters/export-controls
- file: chapters/claims
- file: changes
- file: facts
- file: figures
- file: data
- file: references
- file: chapters/glossary
- file: status
"""
"""The chapters that show columns of words which others do not; it takes too long to run all."""
VARIANTS = """pages:
- notebook: chapters/economy
  below: chapters/processing
  editions: false
  each:
  - page: chapters/united-states
    title: United States
    parameters: {economy: USA}
"""


def columns_of_words(resource: dict) -> list[str]:
    """The columns whose text may be anything: no key, list of values or pattern, and nothing that the code parses."""
    keys = {key["fields"][0] for key in resource["schema"].get("foreignKeys", [])}
    keys |= {key["field"] for key in resource.get("listKeys", [])}
    return [
        field["name"]
        for field in resource["schema"]["fields"]
        if field["type"] == "string"
        and not {"enum", "pattern"} & set(field.get("constraints", {}))
        and not field.get("parsed")
        and field["name"] not in keys
    ]


def mark(data: Path) -> dict[str, int]:
    """Put a marker into each cell of words; returns the number of them by column, as table.column.

    A column that is empty gets one. Each column has one among the rows that the page of its table shows.
    """
    counted = {}
    for resource in json.loads((data / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        path = data / resource["path"]
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        first = []
        for column in columns_of_words(resource):
            name, place = f"{resource['name']}.{column}", head.index(column)
            chosen = [row for row in rows if row[place]] or rows[:1]
            for row in chosen:
                row[place] = f"{row[place]} ⟦{name}⟧{SYNTAX}".strip()
            counted[name] = len(chosen)
            first += chosen[:1]
        shown = {id(row): row for row in first}
        rows = [*shown.values(), *(row for row in rows if id(row) not in shown)]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return counted


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A copy of the book with some of its chapters, one economy, and no editions of past days."""
    folder = tmp_path_factory.mktemp("marked")
    for name in ("_config.yml", "CITATION.cff", "pyproject.toml", "requirements.txt", "index.ipynb"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "chapters", folder / "chapters")
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "chapters" / "variants.yml").write_text(VARIANTS)
    (folder / "_toc.yml").write_text(TOC)
    return folder


@pytest.fixture(scope="module")
def marked(book) -> dict[str, int]:
    return mark(book / "data")


@pytest.fixture(scope="module")
def built(book, marked) -> pipeline.Made:
    """The site of the marked book, whose page of what changed compares with a book that tells all of it otherwise.

    To run the book as of an earlier day would take as long again. What leads to a chapter that is left out is plain
    text, and PNG files are empty: their pictures are those of the SVG files.
    """
    data, staged, site = book / "data", book / "_build" / "book", book / "_build" / "html"
    executed = execute.run(plan.jobs(book), book, book / "_build" / "executed", data=data)
    found = records.collect(executed)
    with catalog.reading(data):
        moved = changes.between(told_otherwise(found), found, EARLIER, found.as_of)
    with pytest.MonkeyPatch.context() as patch, JupyterBook() as maker, working() as background:
        patch.setattr(poster, "png", lambda svg, scale: b"")
        patch.setattr(social_card, "draw", lambda work, figure: b"")
        begin = background.begin
        render.stage(book, plan.pages(book), executed, found, data, staged, begin, "a figure of the book", moved=moved)
        render.render(staged, site, maker, background=background, strict=False)
    return pipeline.Made(site, found, executed)


def told_otherwise(found: records.Records) -> records.Records:
    """The same numbers, figures and claims with other words."""

    def otherwise(record: dict, key: str) -> dict:
        return record | {key: f"{record[key]}, once"}

    return replace(
        found,
        facts=[otherwise(fact, "text") for fact in found.facts],
        figures=[otherwise(figure, "title") for figure in found.figures],
        claims=[claim | {"now": otherwise(claim["now"], "text")} for claim in found.claims],
    )


def wrong(text: str, syntax: str = SYNTAX) -> list[str]:
    """The markers of a text that are not as they were written, each with what stands there; a text may be cut."""
    found = []
    for match in MARKED.finditer(text):
        rest = text[match.end() : match.end() + len(syntax)]
        shared = next((n for n, (a, b) in enumerate(zip(rest, syntax, strict=False)) if a != b), len(rest))
        if rest != syntax and not rest[shared:].startswith(CUT):
            found.append(match[0] + rest[: shared + 40])
    return found


# ------------------------------------------------------------------------------------------- readers


def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def words(soup: BeautifulSoup) -> Iterator[str]:
    """What a page says: its text, and what its elements say by attributes; not its entries for BibTeX."""
    for element in soup.select("script, style, svg, .iv-bibtex"):
        element.extract()
    yield soup.get_text()
    for element in soup.find_all(True):
        yield from (value for value in element.attrs.values() if isinstance(value, str))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from (key, *strings(entry))
    elif isinstance(value, list):
        for entry in value:
            yield from strings(entry)
    elif isinstance(value, str):
        yield value


def cells(text: str) -> Iterator[str]:
    """The cells of a CSV file, and the lines above its head."""
    lines = text.splitlines()
    yield from (line for line in lines if line.startswith("#"))
    for row in csv.reader(line for line in lines if not line.startswith("#")):
        yield from row


def in_scripts(path: Path) -> Iterator[str]:
    """The data in a page, and in the scripts that it loads later."""
    for script in page(path).select('script[type$="json"]:not(.iv-spec)'):
        later = script.get("data-src")
        text = (path.parent / later).read_text("utf-8").partition(" = ")[2].rstrip(";\n") if later else script.string
        for told in strings(json.loads(text)):
            yield from words(BeautifulSoup(told, "html.parser")) if script.get("id") == f"iv-{folds.NAME}" else [told]


def in_pictures(path: Path) -> Iterator[str]:
    for element in page(path).select("svg :is(title, desc, text)"):
        yield unbroken(element.get_text())


def in_svg(path: Path) -> Iterator[str]:
    for element in ET.parse(path).iter():
        if element.tag.rpartition("}")[2] in ("title", "desc", "text"):
            yield unbroken("".join(element.itertext()))


def in_charts(path: Path) -> Iterator[str]:
    """The strings of a specification: a file of its own, the value of a variable, or a part of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        texts = [script.string for script in page(path).select("script.iv-spec") if script.string]
    else:
        texts = [text.partition("] = ")[2].rstrip(";\n") if path.suffix == ".js" else text]
    for text in texts:
        yield from map(unbroken, strings(json.loads(text)))


def in_json(path: Path) -> Iterator[str]:
    if not path.name.endswith(".vl.json"):
        yield from strings(json.loads(path.read_text(encoding="utf-8")))


def in_parquet(path: Path) -> Iterator[str]:
    yield from strings(pyarrow.parquet.read_table(path).to_pylist())


def in_zip(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if "/data/" in name and name.endswith(".csv"):
                yield from cells(archive.read(name).decode())


def in_text(path: Path) -> Iterator[str]:
    """A text; one in Markdown as it is shown."""
    text = path.read_text(encoding="utf-8")
    if path.name.startswith("llms"):
        text = BeautifulSoup(MarkdownIt().enable("table").render(text), "html.parser").get_text()
    yield text


def in_search(path: Path) -> Iterator[str]:
    """The texts that a search finds."""
    entries = path.read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n")
    for entry in json.loads(entries):
        yield from (entry[1], entry[4], entry[5])


def unbroken(text: str) -> str:
    """A text without spaces: pictures break lines anywhere."""
    return "".join(text.split())


Reader = Callable[[Path], Iterator[str]]
WRITTEN: dict[str, tuple[str, Reader]] = {
    "text of pages": ("*.html", lambda path: words(page(path))),
    "data in pages": ("*.html", in_scripts),
    "JSON": ("*.json", in_json),
    "CSV": ("*.csv", lambda path: cells(path.read_text(encoding="utf-8"))),
    "Parquet": ("*.parquet", in_parquet),
    "zips": ("*.zip", in_zip),
    "text": ("*.txt", in_text),
    "search": ("search-entries.js", in_search),
}
DRAWN: dict[str, tuple[str, Reader]] = {
    "pictures of pages": ("*.html", in_pictures),
    "SVG": ("*.svg", in_svg),
    "charts beside pages": ("*.chart.js", in_charts),
    "Vega-Lite": ("*.vl.json", in_charts),
}


def read(built: pipeline.Made, pattern: str, reader: Reader) -> dict[str, list[str]]:
    """The texts with markers in the files of the site, by name."""
    found = {
        path.relative_to(built.site).as_posix(): [text for text in reader(path) if MARKED.search(text)]
        for path in sorted(built.site.rglob(pattern))
    }
    return {name: texts for name, texts in found.items() if texts}


def broken(found: dict[str, list[str]], syntax: str = SYNTAX) -> dict[str, list[str]]:
    """The first markers of each file that are not as they were written, with what stands there."""
    told = {name: [marker for text in texts for marker in wrong(text, syntax)] for name, texts in found.items()}
    return {name: markers[:8] for name, markers in told.items() if markers}


def columns(found: dict[str, list[str]]) -> Counter[str]:
    """How often columns are named by markers in texts."""
    return Counter(name for texts in found.values() for text in texts for name in MARKED.findall(text))


# ------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize("kind", WRITTEN)
def test_each_marker_stands_as_it_was_written_in(built, kind):
    found = read(built, *WRITTEN[kind])
    assert found
    assert broken(found) == {}


@pytest.mark.parametrize("kind", DRAWN)
def test_each_marker_stands_but_for_line_breaks_as_it_was_written_in(built, kind):
    found = read(built, *DRAWN[kind])
    assert found
    assert broken(found, unbroken(SYNTAX)) == {}


def test_every_column_of_words_is_on_a_page_and_each_cell_in_the_files_of_its_table(built, marked):
    pages = read(built, *WRITTEN["text of pages"])
    assert set(columns(pages)) == set(marked)
    for kind in ("CSV", "Parquet"):
        files = {name: texts for name, texts in read(built, *WRITTEN[kind]).items() if name.startswith("data/")}
        assert columns(files) == marked


def test_cells_reach_chapters_pictures_and_the_page_of_what_changed(built):
    pages = read(built, *WRITTEN["text of pages"])
    chapters = {name: texts for name, texts in pages.items() if name.startswith(("chapters/", "index."))}
    assert set(columns(chapters)) >= set(IN_CHAPTERS.split())
    assert set(columns(read(built, *DRAWN["SVG"]))) >= set(IN_PICTURES.split())
    assert set(columns({"changes": pages["changes.html"]})) >= set(IN_CHANGES.split())


def test_no_marker_made_a_link_a_script_or_a_handler(built):
    made = {
        path.name: [
            *found.select("[onclick], a[href^=javascript], a[href*='q.example']"),
            *found.find_all(string="q()"),
        ]
        for path in built.site.rglob("*.html")
        if (found := page(path))
    }
    assert {name: elements for name, elements in made.items() if elements} == {}


def test_bibtex_holds_the_markers_but_for_the_signs_that_it_cannot(built):
    entry = Entry("misc", fields={"title": cite.bibtex_text(SYNTAX)})
    written = re.search(r'title = [{"](.*)[}"]$', cite.bibtex_file({"k": entry}), re.MULTILINE)[1]
    files = read(built, "*.bib", lambda path: iter([path.read_text(encoding="utf-8")]))
    panels = read(built, "*.html", lambda path: (element.get_text() for element in page(path).select(".iv-bibtex")))
    assert files
    assert panels
    assert broken(files | panels, written) == {}


def test_a_marker_makes_the_same_page_with_the_standard_engine(book, built, tmp_path):
    page = plan.find(book, "united-states")
    job = next(job for job in plan.jobs(book) if job.page == page)
    there = execute.run([job], book, tmp_path, data=book / "data", engine=execute.STANDARD, force=True, workers=1)
    one, other = (
        json.loads(executed[page.docname].read_text(encoding="utf-8")) for executed in (there, built.executed)
    )
    assert one["cells"] == other["cells"]
    assert "⟦facilities.company⟧" in json.dumps(one, ensure_ascii=False)
