"""Several pages of one notebook: what may stand in `chapters/variants.yml`, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from lib import pipeline
from lib.build import plan, variants
from tests.publish.book import HELPERS, PARAMETERS, notebook, write_book

DEPOSIT = [
    ("markdown", "# A deposit\n\nThis page is one of several, and this sentence is long enough to describe it."),
    ("parameters", f'{PARAMETERS}\nplace: str = "Bayan Obo"  # the deposit'),
    ("code", HELPERS),
    ("code", "name = 'deposit-' + place.lower().replace(' ', '-')\nfigure(name, 'Ore of ' + place)"),
    ("code", "chapter(name, [fact('share', 4)], as_of)"),
]
EACH = [
    {"page": "deposits/bayan-obo", "title": "Bayan Obo"},
    {"page": "deposits/mountain-pass", "title": "Mountain Pass (US) \\1", "parameters": {"place": "Mountain Pass"}},
]
GROUP = {"notebook": "chapters/deposit", "below": "chapters/ores", "editions": False, "each": EACH}
DAY = "2025-06-30"


def write(root: Path, content: object) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    (root / "chapters" / "variants.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def book(tmp_path) -> Path:
    root = write_book(tmp_path / "book")
    (root / "chapters" / "deposit.ipynb").write_text(notebook(DEPOSIT))
    write(root, {"pages": [GROUP], "editions": [DAY]})
    return root


def test_pages_of_one_notebook_stand_below_a_page_and_run_with_their_own_values(book):
    names = [page.docname for page in plan.pages(book)]
    place = names.index("chapters/ores")
    assert names[place + 1 : place + 3] == ["deposits/bayan-obo", "deposits/mountain-pass"]
    assert "chapters/deposit" not in names
    values = {job.page.name: job.values["place"] for job in plan.jobs(book) if job.page.title}
    assert values == {"bayan-obo": "Bayan Obo", "mountain-pass": "Mountain Pass"}
    assert plan.find(book, "deposit").docname == "chapters/deposit", "it can be run with any values"
    assert plan.job(book, plan.find(book, "mountain-pass"), {"place": "Lynas"}).values["place"] == "Lynas"


def test_past_editions_may_leave_them_out(book):
    assert not any(job.page.title for job in plan.jobs(book, {"as_of": DAY}))
    write(book, {"pages": [GROUP | {"editions": True}]})
    assert sum(bool(job.page.title) for job in plan.jobs(book, {"as_of": DAY})) == 2


def test_the_built_book_has_them_and_its_editions(book):
    toc = (book / "_toc.yml").read_text()
    made = pipeline.book(book, book / "data")
    page = BeautifulSoup((made.site / "deposits" / "mountain-pass.html").read_text(), "html.parser")
    assert page.h1.get_text().startswith("Mountain Pass (US) \\1")
    assert page.select_one("#fig-deposit-mountain-pass")
    above = BeautifulSoup((made.site / "chapters" / "ores.html").read_text(), "html.parser")
    assert above.select('a[href="../deposits/bayan-obo.html"]')
    assert {fact["id"] for fact in made.records.facts} >= {"deposit-bayan-obo.share", "deposit-mountain-pass.share"}
    packed = made.site / "download" / "deposit.zip"
    assert packed.is_file()
    past = made.site / "editions" / DAY
    assert (past / "index.html").is_file()
    assert not (past / "deposits").exists()
    _, edition = json.loads((made.site / "directory.js").read_text().partition(" = ")[2].rstrip(";\n"))["editions"]
    assert edition["day"] == DAY
    assert "deposits/mountain-pass" in edition["lacks"]
    assert (book / "_toc.yml").read_text() == toc, "what a person wrote stays as it is"


def test_a_book_without_the_file_has_no_such_pages(tmp_path):
    root = write_book(tmp_path / "book")
    assert variants.read(root) == variants.Variants()
    assert not any(page.title for page in plan.pages(root))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("pages: [", "chapters/variants.yml cannot be read"),
        ("\ufffe", "chapters/variants.yml"),
        ("- a list", "is not of type 'object'"),
        ({"page": []}, "Additional properties are not allowed"),
        ({"pages": [{**GROUP, "each": []}]}, "pages[0].each"),
        ({"pages": [{**GROUP, "each": [{"page": "a"}]}]}, "pages[0].each[0]: 'title' is a required property"),
        ({"pages": [{**GROUP, "each": [{"page": "../a", "title": "A"}]}]}, "pages[0].each[0].page"),
        ({"pages": [{**GROUP, "each": [EACH[0], EACH[0]]}]}, "names the page 'deposits/bayan-obo' twice"),
        ({"pages": [{**GROUP, "below": "chapters/none"}]}, "below 'chapters/none', which _toc.yml lacks"),
        ({"pages": [{**GROUP, "notebook": "chapters/none"}]}, "none.ipynb: there is no such notebook"),
        ({"pages": [{**GROUP, "each": [{**EACH[0], "page": "facts"}]}]}, "the page 'facts' is in _toc.yml too"),
        ({"pages": [{**GROUP, "each": [{**EACH[0], "parameters": {"plce": "x"}}]}]}, "did you mean place?"),
        ({"pages": [{**GROUP, "each": [{**EACH[0], "parameters": {"top": "many"}}]}]}, "top must be a whole number"),
        ({"editions": ["2025-06-31"]}, "'2025-06-31' is not a day"),
        ({"editions": ["June"]}, "'June' is not a day"),
        ({"editions": [DAY, DAY]}, "editions"),
    ],
)
def test_a_mistake_is_told_with_its_place_before_anything_runs(book, content, told):
    write(book, content)
    with pytest.raises(plan.PlanError) as caught:
        plan.jobs(book)
    assert told in str(caught.value)
    assert not (book / "_build").exists()
