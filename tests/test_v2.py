"""The conversion for Jupyter Book 2, without network: what is written, what is counted, and what is reported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from lib import prose
from lib.build import plan
from lib.devtools import v2
from tests.publish.book import write_book

ROOT = Path(__file__).resolve().parents[1]
SHOWN = {"status": "ok", "data": {"text/plain": "69%"}, "metadata": {}}
FAILED = {"status": "error", "ename": "NoDataYet", "evalue": "", "traceback": []}
PROSE = "# Ores\n\nIt is {eval}`share`, see {numref}`fig-a` and [a source](source:geo).\n\nIt was {eval}`before`."


@pytest.fixture
def book(tmp_path) -> Path:
    """A tiny book with executed notebooks, one of whose expressions has no value."""
    root = write_book(tmp_path / "book", ores=[("markdown", PROSE)])
    for name in ("index", "chapters/ores"):
        copy = root / "_build" / "executed" / f"{name}.ipynb"
        copy.parent.mkdir(parents=True, exist_ok=True)
        content = json.loads((root / f"{name}.ipynb").read_text())
        for cell in content["cells"]:
            if "{eval}" in cell["source"]:
                results = [{"expression": "share", "result": SHOWN}, {"expression": "before", "result": FAILED}]
                cell["metadata"][prose.KEY] = results
                cell["source"] = prose.filled(cell["source"], results)
        copy.write_text(json.dumps(content))
    return root


def converted(root: Path) -> Path:
    target = root / "_build" / "v2"
    v2.convert(root, root / "_build" / "executed", target)
    return target


def test_the_project_has_title_authors_licences_and_the_pages_in_their_order(book):
    target = converted(book)
    content = yaml.safe_load((target / "myst.yml").read_text())
    project = content["project"]
    assert project["title"] == "Industrial Vitamins"
    assert project["license"] == {"code": "MIT", "content": "CC-BY-4.0"}
    files = re.findall(r"file: (\S+)", (target / "myst.yml").read_text())
    assert files == ["index.ipynb", "chapters/ores.ipynb", "chapters/glossary.md"]
    assert all((target / name).is_file() for name in files)
    assert (target / content["site"]["template"] / "template.yml").is_file(), "no theme is fetched"


def test_the_prose_has_its_expressions_and_their_results_where_mystmd_looks(book):
    cells = json.loads((converted(book) / "chapters" / "ores.ipynb").read_text())["cells"]
    [cell] = [cell for cell in cells if cell["cell_type"] == "markdown"]
    assert "{eval}`share`" in cell["source"]
    assert "before" not in cell["source"], "what the page leaves out is left out here too"
    assert cell["metadata"]["user_expressions"][0]["result"]["data"] == {"text/plain": "69%"}


def test_what_another_engine_may_not_know_is_counted(book):
    counted = v2.survey(converted(book) / "chapters" / "ores.ipynb")
    assert counted == {v2.VALUES: 1, v2.TARGETS: 1, v2.LINKS: 1}


def test_a_second_conversion_leaves_the_programs_and_nothing_else(book):
    target = converted(book)
    (target / "node_modules").mkdir()
    (target / "old.md").write_text("")
    converted(book)
    assert (target / "node_modules").is_dir()
    assert not (target / "old.md").exists()


def test_a_notebook_that_has_not_run_is_named(book):
    (book / "_build" / "executed" / "chapters" / "ores.ipynb").unlink()
    with pytest.raises(v2.NotBuilt, match="chapters/ores"):
        converted(book)


def test_messages_of_mystmd_and_what_it_made_are_counted_by_page(tmp_path):
    found = {"index.ipynb": v2.Lost(has=v2.Counter({v2.VALUES: 2})), "a/b.md": v2.Lost()}
    printed = (
        "⚠️  index.ipynb Cross reference target was not found: fig-a\n"
        "⚠️  index.ipynb Cross reference text is empty for <undefined>\n"
        "⚠️  a/b.md:3 unknown directive: glow\n"
        "📖 Built index.ipynb in 30 ms.\n"
    )
    link = {"type": "link", "url": "source:x", "children": [{"type": "text", "value": "x"}]}
    values = [{"type": "inlineExpression"}, {"type": "inlineExpression", "children": [{"type": "text", "value": "1"}]}]
    made = {"location": "/index.ipynb", "mdast": {"type": "root", "children": [*values, link]}}
    (tmp_path / "index.json").write_text(json.dumps(made))
    v2.note_losses(found, printed, tmp_path)
    assert found["index.ipynb"].lost == {v2.TARGETS: 1, v2.VALUES: 1, v2.LINKS: 1}
    assert found["a/b.md"].said == ["unknown directive: glow"]
    text = v2.report(found, ["facts"], "v9.9.9\n")
    assert "| index.ipynb | 1 of 2 |" in text
    assert "unknown directive: glow" in text
    assert "mystmd 9.9.9" in text


def test_the_report_in_the_repository_is_of_the_pages_that_the_book_has():
    text = (ROOT / v2.REPORT).read_text(encoding="utf-8")
    version = v2.MYSTMD.partition("@")[2]
    assert f"mystmd {version}." in text
    for page in plan.pages(ROOT):
        if page.path is None:
            assert re.search(rf"not converted:[^.]*\b{page.docname}\b", text)
        elif not page.below:
            assert f"| {page.docname}{page.path.suffix} |" in text
