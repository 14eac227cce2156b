"""Heavy folds of a page: a script and a page beside have them, and a link in each fold leads there."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from lib.site.sphinx import folds

DATA = (
    '<details class="iv-data"><summary>Data<span> of this figure</span></summary>'
    '<div role="region" aria-label="Data table: Ores &amp; more"><table><tr><td>{}</td></tr></table></div></details>'
)
HOW = '<details class="iv-how"><summary>How this was judged</summary><p>By a rule.</p></details>'


TABLE = (
    '<div class="iv-scroll"><table class="iv-changes"><caption>Ores &amp; more</caption><thead><tr><th scope="col">Ore'
    '</th><th scope="col">t</th></tr></thead><tbody><tr><td>First</td><td>1</td></tr></tbody><tbody class="iv-rest">'
    "<tr><td>{}</td><td>2</td></tr></tbody></table></div>"
    '<details class="iv-fold"><summary>All 2 rows</summary></details>'
)


class App:
    """As much of Sphinx as `put_away` asks for; a page is its title and its body."""

    def __init__(self, outdir):
        self.outdir = outdir
        self.builder = self.templates = self
        self.scripts = []

    def add_js_file(self, name, **more):
        self.scripts.append(name)

    def render(self, template, context):
        return f"<title>{context['title']}</title>{context['body']}"


def put_away(folder, body: str) -> tuple[App, BeautifulSoup]:
    written = SimpleNamespace(body=[])
    with pytest.raises(nodes.SkipNode):
        folds.visit_raw(written, nodes.raw("", body, format="html"))
    app, context = App(folder), {"title": "Ores", "body": "".join(written.body), "content_root": "../"}
    folds.put_away(app, "chapters/ores", "page.html", context, object())
    return app, BeautifulSoup(context["body"], "html.parser")


@pytest.fixture
def heavy() -> str:
    return f"<p>Before</p>{DATA.format('x' * folds.HEAVY)}<p>Between</p>{HOW}{TABLE.format('Last')}<p>After</p>"


def test_a_heavy_fold_is_a_script_that_brings_it_back_as_it_was(tmp_path, heavy):
    app, page = put_away(tmp_path, heavy)
    script = tmp_path / "chapters" / page.find(id=f"iv-{folds.NAME}")["data-src"]
    insides = json.loads(script.read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n"))
    page.find(id=f"iv-{folds.NAME}").decompose()
    for link, inside in zip(page.select(".iv-folded"), insides, strict=True):
        link.replace_with(BeautifulSoup(inside, "html.parser"))
    assert str(page).strip() == str(BeautifulSoup(heavy, "html.parser"))
    assert app.scripts == [folds.SCRIPT]


def test_without_scripts_each_fold_leads_to_its_place_on_the_page_beside(tmp_path, heavy):
    _, page = put_away(tmp_path, heavy)
    links = page.select(".iv-folded a")
    assert [link.get_text() for link in links] == [
        "Data table: Ores & more",
        "How this was judged",
        "Further rows: Ores & more",
    ]
    for link, words in zip(links, ("xxx", "By a rule.", "OretLast2"), strict=True):
        name, _, anchor = link["href"].partition("#")
        beside = BeautifulSoup((tmp_path / "chapters" / name).read_text(encoding="utf-8"), "html.parser")
        assert words in beside.find(id=anchor).get_text()


def test_rows_that_are_put_away_leave_a_row_as_wide_as_their_table(tmp_path):
    tables = TABLE.format("One") + TABLE.replace(' class="iv-rest"', "").format("Two") + TABLE.format("x" * folds.HEAVY)
    _, page = put_away(tmp_path, tables)
    assert [len(table.select("tbody tr")) for table in page.select("table")] == [2, 2, 2]
    assert [row.td["colspan"] for row in page.select("tbody.iv-rest > tr.iv-folded")] == ["2", "2"]


def test_light_folds_stay_and_nothing_is_left_of_heavier_ones(tmp_path, heavy):
    put_away(tmp_path, heavy)
    body = DATA.format("few") + HOW + TABLE.format("Last")
    app, page = put_away(tmp_path, body)
    assert str(page) == str(BeautifulSoup(body, "html.parser"))
    assert app.scripts == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
