"""Pages made in one process keep apart: each run has the facts, the figures and the tables read that are its own."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest

from lib import facts, figures, page, run
from lib.metadata import KEY
from lib.tables import catalog
from tests import small_data

CHAPTERS = Path(__file__).resolve().parents[1] / "chapters"


@pytest.fixture
def records(monkeypatch):
    """What the chapters that are made leave behind, by name."""
    left: dict[str, dict] = {}

    def display(_value, metadata=None):
        chapter = (metadata or {}).get(KEY, {}).get("chapter")
        if chapter:
            left[chapter["name"]] = chapter | {"figures": [record["name"] for record in figures.published()]}

    monkeypatch.setattr(page, "display", display)
    run.start()
    return left


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A data folder with two tables, `output` and `more`."""
    folder = small_data.write(tmp_path / "data")
    package = json.loads((folder / "datapackage.json").read_text())
    package["resources"].append(package["resources"][-1] | {"name": "more"})
    (folder / "datapackage.json").write_text(json.dumps(package))
    monkeypatch.setenv("BOOK_DATA", str(folder))
    return folder


def show(name, table):
    """Record a fact and show a figure of that name, from a table."""
    rows = catalog.table(table)
    facts.record(name, 1, "count", scope="rows", period=2024, formula="counted", rows=rows)
    figures.table(rows, name=name, title=f"Rows of {table}", sources=["late"])


def own(record):
    return [fact["id"] for fact in record["facts"]], record["figures"], record["tables"]


def test_two_pages_that_take_turns_keep_their_facts_figures_and_reads_apart(small, records):
    first, second = page.open("reserves"), page.open("processing")
    for name in ("one", "two"):
        for chapter, table in ((first, "output"), (second, "more")):
            with chapter.section(name):
                show(name, table)
    second.colophon()
    with first.section("three"):
        show("three", "output")
    first.colophon()
    names = ["one", "two", "three"]
    assert own(records["reserves"]) == ([f"reserves.{name}" for name in names], names, ["output"])
    assert own(records["processing"]) == (["processing.one", "processing.two"], ["one", "two"], ["more"])


def test_a_page_that_ends_leaves_the_one_that_was_opened_since_open(small, records):
    first = page.open("reserves")
    second = page.open("processing")
    first.colophon()
    show("one", "output")
    second.colophon()
    assert own(records["reserves"]) == ([], [], [])
    assert own(records["processing"]) == (["processing.one"], ["one"], ["output"])


def test_two_pages_in_two_threads_keep_apart(small, records):
    turns = threading.Barrier(2, timeout=60)

    def make(name, table):
        chapter = page.open(name)
        for fact in ("one", "two"):
            turns.wait()
            show(fact, table)
        turns.wait()
        chapter.colophon()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(make, ("reserves", "mines"), ("output", "more")))
    assert own(records["reserves"]) == (["reserves.one", "reserves.two"], ["one", "two"], ["output"])
    assert own(records["mines"]) == (["mines.one", "mines.two"], ["one", "two"], ["more"])


def test_a_page_whose_first_cell_runs_again_has_what_was_read_to_open_it_and_no_fact_twice(small, records):
    catalog.table("output")
    page.open("reserves")
    show("one", "more")
    page.open("reserves").colophon()
    assert own(records["reserves"]) == ([], [], ["more", "output"])


def test_another_folder_is_read_by_the_one_that_asked_and_by_no_other(small, tmp_path):
    other = tmp_path / "other"
    with catalog.reading(other):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(catalog.data_dir).result() == small
        assert catalog.data_dir() == other
    assert catalog.data_dir() == small


def cells(name):
    """The code of a chapter as it stands: its first cells, which are quick enough, and the last, its colophon."""
    listed = json.loads((CHAPTERS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in listed if cell["cell_type"] == "code"]
    return [*code[:-1][:18], code[-1]]


def made(*names):
    """Make chapters in this process, a cell of each in turn, each in a context of its own as a kernel has one."""
    running = [(copy_context(), {"__name__": "__main__"}, cells(name)) for name in names]
    for turn in range(max(len(code) for *_, code in running)):
        for context, namespace, code in running:
            if turn < len(code):
                context.run(exec, code[turn], namespace)


def test_two_chapters_of_the_book_made_in_turns_are_as_each_made_alone(records, monkeypatch, capsys):
    picture = '<svg width="9" height="9" viewBox="0 0 9 9"></svg>'
    monkeypatch.setattr("lib.drawing.svg", lambda *_: picture)  # most of the time of a chapter goes into its pictures
    made("reserves", "_template")
    together = dict(records)
    records.clear()
    made("reserves")
    made("_template")
    assert together == records
    assert all(own(record)[0] and own(record)[1] for record in records.values())
    assert not {fact["chapter"] for fact in together["reserves"]["facts"]} - {"reserves"}
