"""Expressions in the prose are evaluated by the kernel, in order, with every engine of the book."""

from __future__ import annotations

import json

import nbformat
import papermill
import pytest

from lib import prose
from lib.build import fingerprint, worker
from lib.build.sanitise import with_prose, written
from tests.engine.running import engine

PROSE = "There are {eval}`n` ores, {eval}`word` ({eval}`shown`)."
SHOWN = "class Shown:\n    def _repr_html_(self):\n        return '<b>two</b>'\nshown = Shown()"


def document(folder, *cells) -> str:
    made = [
        (nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell)(source, id=f"c{number}")
        for number, (kind, source) in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path = folder / "in.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return str(path)


@pytest.mark.parametrize("name", [engine.FORK, engine.DOCUMENT])
def test_the_values_are_kept_as_jupyterlab_keeps_them_and_those_of_the_moment_count(tmp_path, name):
    cells = (
        ("code", f"n, word = 2, 'in all'\n{SHOWN}"),
        ("markdown", PROSE),
        ("code", "n = 3"),
        ("markdown", "{eval}`n`"),
    )
    done = papermill.execute_notebook(
        document(tmp_path, *cells), str(tmp_path / "out.ipynb"), engine_name=name, progress_bar=False
    )
    first, last = (cell.metadata[prose.KEY] for cell in done.cells if cell.cell_type == "markdown")
    assert [entry["expression"] for entry in first] == ["n", "word", "shown"]
    assert [entry["result"]["status"] for entry in first] == ["ok"] * 3
    assert [entry["result"]["data"].get("text/html") for entry in first] == [None, None, "<b>two</b>"]
    assert first[0]["result"]["data"]["text/plain"] == "2"
    assert last[0]["result"]["data"]["text/plain"] == "3"
    assert [cell.execution_count for cell in done.cells if cell.cell_type == "code"] == [1, 2]


@pytest.fixture
def execute(tmp_path, monkeypatch):
    (tmp_path / "runtime").mkdir()
    for name, value in worker.settings(tmp_path, tmp_path).items():
        monkeypatch.setenv(name, value)
    return lambda *cells: worker.execute(document(tmp_path, *cells), "chapters/ores", {}, "", str(tmp_path), None)


def test_the_page_has_the_text_with_the_values(execute):
    page = json.loads(execute(("code", f"n, word = 2, 'in all'\n{SHOWN}"), ("markdown", PROSE)))
    assert page["cells"][1]["source"] == "There are 2 ores, in all (<b>two</b>)."


def test_an_expression_that_fails_names_notebook_cell_and_expression(execute):
    with pytest.raises(worker.CellFailed) as caught:
        execute(("code", "n = 2"), ("markdown", "There are {eval}`n` and {eval}`m`."))
    assert caught.value.cell == 2
    assert caught.value.notebook == "chapters/ores.ipynb"
    assert "{eval}`m`: NameError" in str(caught.value)


def test_what_was_not_yet_public_is_left_out_of_the_page(execute):
    late = "class NoDataYet(ValueError): ...\n"
    late += "class Facts:\n    def __getattr__(self, name): raise NoDataYet(name)\nfact = Facts()"
    page = json.loads(execute(("code", late), ("markdown", "# Ores\n\nLate: {eval}`fact.n`.\n\nAlways.")))
    assert page["cells"][1]["source"] == "# Ores\n\nAlways."


def test_other_words_beside_what_ran_are_as_if_it_had_run_with_them(execute, tmp_path):
    late = "class NoDataYet(ValueError): ...\n"
    late += "class Later:\n    @property\n    def x(self): raise NoDataYet()\nlater = Later()"
    code = [("code", f"n = 2\n{late}"), ("code", "n = 3")]
    before = [("markdown", "# Ores"), code[0], ("markdown", "Now {eval}`n`.\n\n{eval}`later.x`"), code[1]]
    after = [("markdown", "# Metals"), code[0], ("markdown", "{eval}`later.x` lost\n\nStill {eval}`n`."), code[1]]
    ends = [("markdown", "Then {eval}`n`.")], [("markdown", "At last {eval}`n`"), ("markdown", "or {eval}`n`.")]
    first, then = execute(*before, *ends[0]), execute(*after, *ends[1])
    source = json.loads((tmp_path / "in.ipynb").read_text())
    assert written(with_prose(json.loads(first), source)) == then
    assert [cell["source"] for cell in json.loads(then)["cells"] if cell["cell_type"] == "markdown"] == [
        "# Metals",
        "Still 2.",
        "At last 3",
        "or 3.",
    ]


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("Now there are {eval}`n` and {eval}`m`.", True),
        ("{eval}`m`, {eval}`n`, {eval}`m`", True),
        ("{eval}`n` alone", False),
        ("{eval}`n`, {eval}`m`, {eval}`k`", False),
    ],
)
def test_a_result_depends_on_what_prose_asks_for_and_not_on_its_words(tmp_path, words, same):
    def of(text):
        document(tmp_path, ("code", "n = 1"), ("markdown", text), ("code", "m = 2"))
        return fingerprint._hash_of_cells((tmp_path / "in.ipynb").read_text(), "code")

    assert (of("{eval}`n` and {eval}`m`") == of(words)) is same
