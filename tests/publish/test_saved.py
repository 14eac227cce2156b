"""What is saved while the book is built: tables are read from a copy, and no site is made of two states of a file.

Jupyter Book is left out: what stands in its place notes what it is given, and saves files as an author would.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lib import cli, pipeline
from lib.build import schedule
from lib.disk import file_watch
from lib.site import render
from tests.publish.book import HELPERS, ORES, PARAMETERS, notebook, write_book

READING = "from lib.tables import catalog\nprint((catalog.data_dir() / 'ores.csv').read_text())"
PAGE = ("chapters/ores.html", "<body>A page.</body>")


@pytest.fixture
def book(tmp_path) -> Path:
    """A book of two pages, one of which shows a table as it reads it."""
    root = write_book(tmp_path / "book", ores=[*ORES[:-1], ("code", READING), ORES[-1]])
    toc = (root / "_toc.yml").read_text()
    (root / "_toc.yml").write_text(toc.replace("- file: changes\n", ""))
    return root


class Press:
    """Makes sites in no time: `data` and `glossary` are what it was given last, `act` is called meanwhile."""

    act = staticmethod(lambda: None)

    def stage(self, root, pages, executed, records, data, folder, *more, **options):
        self.data = {path.name: path.read_text() for path in data.glob("*.csv")}
        self.glossary = (root / "chapters" / "glossary.md").read_text()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "_config.yml").write_text((root / "_config.yml").read_text())
        return []

    def render(self, staged, folder, maker, **options):
        for name, text in (PAGE, ("index.html", f"<body>{self.glossary}</body>")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        for name, path in (options.get("extra") or {}).items():
            shutil.copyfile(path, folder / name)
        self.act()
        return folder


@pytest.fixture
def press(monkeypatch) -> Press:
    """What makes the sites."""
    press = Press()
    monkeypatch.setattr(render, "stage", press.stage)
    monkeypatch.setattr(render, "render", press.render)
    return press


def shown(executed: Path) -> str:
    """What a page printed."""
    cells = json.loads(executed.read_text())["cells"]
    return "".join(str(output.get("text")) for cell in cells for output in cell.get("outputs", []))


def html_of(book: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in (book / "_build" / "html").rglob("*.html")}


def test_what_is_saved_during_a_build_reaches_neither_the_cache_nor_the_site(book, press):
    """One book through all of it, since its pages take their time to run."""
    table = book / "data" / "ores.csv"
    before = table.read_text()

    def meddle(name, event, _):
        table.write_text(before.replace("45000", "99999") if event == "started" else before)

    run = pipeline.run(book, book / "data", "ores", {}, progress=meddle)
    assert "45000" in shown(run.executed["chapters/ores"])
    assert "99999" not in shown(run.executed["chapters/ores"])
    assert press.data["ores.csv"] == before
    events = []
    made = pipeline.book(book, book / "data", progress=lambda *event: events.append(event[:2]))
    assert ("ores", "reused") in events
    assert "45000" in shown(made.executed["chapters/ores"])
    assert not (book / "_build" / "snapshot").exists()

    glossary, site_before = book / "chapters" / "glossary.md", html_of(book)
    text = glossary.read_text()

    def save_and_put_back():
        glossary.write_text("transient")
        glossary.write_text(text + "Now.\n")

    for name, act in {
        "chapters/glossary.md": lambda: glossary.write_text("later"),
        "data/ores.csv": lambda: table.write_text(before + "\n"),
        "chapters/new.md": lambda: (book / "chapters" / "new.md").write_text("new"),
        "chapters/glossary.md ": save_and_put_back,
    }.items():
        table.write_text(before)
        glossary.write_text(text + "Now.\n")
        press.act = act
        with pytest.raises(file_watch.ChangedDuringBuild) as caught:
            pipeline.book(book, book / "data")
        assert caught.value.files == (name.strip(),)
        assert html_of(book) == site_before

    press.act = lambda: None
    pipeline.book(book, book / "data")
    assert "Now." in (book / "_build" / "html" / "index.html").read_text()
    page = book / "_build" / "html" / PAGE[0]
    page.unlink()
    pipeline.book(book, book / "data")
    assert page.read_text() == PAGE[1]


def test_a_notebook_whose_child_writes_to_a_table_is_noticed(book, press):
    append = "from lib.tables import catalog\nimport subprocess\n"
    append += "subprocess.run(['tee', '-a', catalog.data_dir() / 'ores.csv'], input=b'x', check=True)"
    cells = [ORES[0], ("parameters", PARAMETERS), ("code", HELPERS), ("code", append), ORES[-1]]
    (book / "chapters" / "ores.ipynb").write_text(notebook(cells))
    before = (book / "data" / "ores.csv").read_text()
    with pytest.raises(file_watch.ChangedDuringBuild, match=r"data/ores\.csv"):
        pipeline.run(book, book / "data", "ores", {})
    assert (book / "data" / "ores.csv").read_text() == before


def test_a_copy_of_a_folder_that_is_written_to_without_a_pause_is_refused(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    (data / "ores.csv").write_text("ore\n")
    copy = file_watch.shutil.copyfile

    def written_meanwhile(source, target):
        copy(source, target)
        source.write_text(source.read_text() + "clay\n")

    monkeypatch.setattr(file_watch.shutil, "copyfile", written_meanwhile)
    with pytest.raises(file_watch.ChangedDuringBuild, match=r"data/ores\.csv"), file_watch.copied(data, tmp_path):
        pass
    assert not (tmp_path / file_watch.COPY).exists()


def test_the_command_ends_with_an_error_that_names_file_and_page(book, monkeypatch):
    def changed(*_, **__):
        raise file_watch.ChangedDuringBuild(["chapters/ores.ipynb"], ["ores"])

    monkeypatch.chdir(book)
    monkeypatch.setattr(pipeline, "book", changed)
    done = CliRunner().invoke(cli.app, ["build"])
    assert done.exit_code == 1
    assert re.search(r"chapters/ores\.ipynb changed during the build.*: ores\.", done.output)
    assert "Build again" in done.output


def test_code_counts_as_it_was_when_this_process_started(book, monkeypatch):
    """What was imported before is not what a site would be said to be made from."""
    standing = schedule.standing(book, book / "data", book / "data")
    standing.check()
    monkeypatch.setitem(schedule._CODE_AT_START, "lib/site/render.py", (0, 0, 0, 0))
    with pytest.raises(file_watch.ChangedDuringBuild) as caught:
        schedule.standing(book, book / "data", book / "data").check()
    assert caught.value.files == ("lib/site/render.py",)
