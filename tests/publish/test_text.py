"""Text of the tables is text: every sign of every column stands on the pages and in the files as it was written.

A copy of the book's own tables gets a marker in each cell of words, with something of each syntax that the way to a
page knows. Which columns hold words is read from the dictionary.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pybtex.database import Entry

from lib import cite, pipeline
from lib.build import execute, plan

ROOT = Path(__file__).resolve().parents[2]
SYNTAX = (
    '{{7*7}}{%raw%}{eval}`q`{sub-ref}`q`{x}{0}<script>q()</script><b onclick="q()">b</b>&amp;$q^2$\\(q\\)'
    "[q](javascript:q)<https://q.example/>*q*_q_**q**~~q~~[^1]|{#q .q}%q:::```\\\"'q'--#</p>-->"
)
MARKED = re.compile(r"⟦[\w.]+⟧")
CUT = ("…", " …")
PAGES = (
    "index",
    "reserves",
    "processing",
    "export-controls",
    "western-dependence",
    "economies",
    "neighbours",
    "claims",
)
VARIANTS = """pages:
- notebook: chapters/economy
  below: chapters/economies
  editions: false
  each:
  - page: chapters/economies/united-states
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


def marker(table: str, column: str) -> str:
    return f"⟦{table}.{column}⟧{SYNTAX}"


def mark(data: Path) -> list[str]:
    """Put a marker at the end of each cell of words; returns the columns, as table.column."""
    named = []
    for resource in json.loads((data / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        chosen, path = columns_of_words(resource), data / resource["path"]
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        for column in chosen:
            place, text = head.index(column), marker(resource["name"], column)
            for row in rows if any(row[place] for row in rows) else []:
                row[place] = f"{row[place]} {text}" if row[place] else ""
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
        named += [f"{resource['name']}.{column}" for column in chosen]
    return named


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A copy of the book with marked tables, without the editions of past days and with one economy."""
    folder = tmp_path_factory.mktemp("marked")
    for name in ("_config.yml", "CITATION.cff", "README.md", "pyproject.toml", "requirements.txt", "index.ipynb"):
        shutil.copy(ROOT / name, folder)
    for name in ("LICENSE", "LICENSE-text", "NOTICE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "chapters", folder / "chapters")
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "lib").symlink_to(ROOT / "lib")
    (folder / "chapters" / "variants.yml").write_text(VARIANTS)
    toc = (ROOT / "_toc.yml").read_text()
    (folder / "_toc.yml").write_text(toc.replace("  - file: changes\n", ""))
    mark(folder / "data")
    return folder


@pytest.fixture(scope="module")
def built(book) -> pipeline.Made:
    return pipeline.book(book, book / "data", past=False)


def wrong(text: str, syntax: str = SYNTAX) -> list[str]:
    """The markers of a text that are not as they were written, each with what stands there; a text may be cut."""
    found = []
    for match in MARKED.finditer(text):
        rest = text[match.end() : match.end() + len(syntax)]
        shared = next((n for n, (a, b) in enumerate(zip(rest, syntax, strict=False)) if a != b), len(rest))
        if rest != syntax and not rest[shared:].startswith(CUT):
            found.append(match[0] + rest[: shared + 40])
    return found


def shown(soup: BeautifulSoup) -> Iterator[str]:
    """What a page says: its text, and what its elements say by attributes."""
    for element in soup.find_all(["script", "style", "svg"]):
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


def test_a_page_shows_each_marker_as_it_was_written(built):
    reached, broken = set(), {}
    for path in sorted(built.site.rglob("*.html")):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        name = path.relative_to(built.site).as_posix()
        made = soup.select("[onclick], a[href^=javascript], a[href*='q.example']")
        made += [script for script in soup.find_all("script") if (script.string or "").strip() == "q()"]
        for text in shown(soup):
            reached.update(MARKED.findall(text))
            broken.setdefault(name, set()).update(wrong(text))
        broken[name].update(map(str, made))
    assert {name: sorted(found)[:8] for name, found in broken.items() if found} == {}
    told = {f"⟦{name}⟧" for name in ("sources.title", "sources.publisher", "articles.basis", "costs.project")}
    told |= {f"⟦{name}⟧" for name in ("elements.name", "measures.instrument", "measures.part", "statements.statement")}
    assert told <= reached


def test_data_in_pages_and_files_hold_each_marker_as_it_was_written(built):
    broken = {}
    for path in sorted(built.site.rglob("*")):
        name = path.relative_to(built.site).as_posix()
        if path.suffix == ".json":
            found = [text for string in strings(json.loads(path.read_text(encoding="utf-8"))) for text in wrong(string)]
        elif path.suffix in (".csv", ".txt", ".ris"):
            text = path.read_text(encoding="utf-8")
            rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
            found = (
                [text for row in rows for cell in row for text in wrong(cell)] if path.suffix == ".csv" else wrong(text)
            )
        elif path.suffix == ".html":
            soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            scripts = soup.select('script[type="application/json"], script[type="application/ld+json"]')
            data = (json.loads(script.string) for script in scripts if script.string)
            found = [text for content in data for string in strings(content) for text in wrong(string)]
        else:
            continue
        broken[name] = found
    assert {name: found[:8] for name, found in broken.items() if found} == {}
    tables = (built.site / "data").glob("*.csv")
    assert sum("⟦" in path.read_text(encoding="utf-8") for path in tables) > 30


def test_the_search_finds_the_markers_as_they_were_written(built):
    texts = (built.site / "_static" / "search-texts.js").read_text(encoding="utf-8")
    said = json.loads(texts.removeprefix("window.bookTexts = ").rstrip(";\n"))
    assert {name: found for name, text in said.items() if (found := wrong(text))} == {}
    assert any("⟦" in text for text in said.values())


def test_bibtex_holds_the_markers_but_for_the_signs_that_it_cannot(built):
    entry = Entry("misc", fields={"title": cite.bibtex_text(SYNTAX)})
    written = re.search(r'title = [{"](.*)[}"]$', cite.bibtex_file({"k": entry}), re.MULTILINE)[1]
    files = [path.read_text(encoding="utf-8") for path in built.site.rglob("*.bib")]
    assert {text for content in files for text in wrong(content, written)} == set()


def test_a_marker_makes_the_same_page_with_the_standard_engine(book, built, tmp_path):
    page = plan.find(book, "claims")
    job = next(job for job in plan.jobs(book) if job.page == page)
    there = execute.run([job], book, tmp_path, data=book / "data", engine=execute.STANDARD, force=True, workers=1)
    one, other = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (there["chapters/claims"], built.executed["chapters/claims"])
    )
    assert one["cells"] == other["cells"]
    assert "⟦" in json.dumps(one, ensure_ascii=False)
