"""What a cell may take: a page that takes more fails at once, and its notebook and cell are named."""

from __future__ import annotations

import contextlib
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from lib.build import execute, limits, plan, worker
from tests.publish.book import PARAMETERS, write_book

BEFORE = [("markdown", "# Ores"), ("parameters", PARAMETERS), ("code", "before = 1")]


@pytest.fixture(autouse=True)
def _place_of_sockets() -> None:
    Path(os.environ["JUPYTER_RUNTIME_DIR"]).mkdir(exist_ok=True)


def page(root: Path, source: str) -> Path:
    """A book whose chapter runs `source` as its fourth cell."""
    write_book(root, ores=[*BEFORE, ("code", source), ("code", "after = 1")])
    return root / "chapters" / "ores.ipynb"


def failure(root: Path, source: str, values: dict | None = None) -> worker.CellFailed:
    path = page(root, source)
    with pytest.raises(worker.CellFailed) as caught:
        worker.execute(str(path), "chapters/ores", values or {}, "Ores", str(root), None)
    return caught.value


@pytest.mark.parametrize("values", [{}, {"top": 3}], ids=["as written", "with a value"])
def test_a_cell_that_takes_too_long_is_named(tmp_path, monkeypatch, values):
    monkeypatch.setattr(limits, "CELL_SECONDS", 2)
    failed = failure(tmp_path, "import time; time.sleep(60)", values)
    assert (failed.notebook, failed.cell) == ("chapters/ores.ipynb", 4)
    assert "sleep(60)" in failed.source
    assert "2 seconds" in failed.error


def test_a_page_that_took_too_long_is_not_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "CELL_SECONDS", 2)
    path = page(tmp_path, "import time; time.sleep(60)")
    [job] = [job for job in plan.jobs(tmp_path) if job.page.path == path]
    events = []

    def call(task):
        return worker.execute, str(path), task.job.page.docname, {}, "Ores", str(tmp_path), None

    planned = execute.tasks([job], tmp_path / "out")
    cache = SimpleNamespace(check=lambda job: None, put=pytest.fail)
    with ThreadPoolExecutor(1) as executor:
        pool = execute.Pool(executor, 1, execute.STANDARD, call)
        with pytest.raises(worker.CellFailed, match="cell 4"):
            execute._work(pool, planned, cache, lambda *event: events.append(event[1]))
    assert events == ["started", "failed"]


LONG = {
    "in one piece": "print('x' * 60_000)",
    "in many": "for _ in range(600): print('x' * 100)",
    "as an error": "import sys; sys.stderr.write('x' * 60_000)",
    "shown": "from IPython.display import HTML; HTML('x' * 60_000)",
    "displayed": "from IPython.display import HTML, display\nfor _ in range(6): display(HTML('x' * 10_000))",
}


@pytest.mark.parametrize("source", LONG.values(), ids=LONG)
def test_a_cell_that_puts_out_too_much_is_named(tmp_path, monkeypatch, source):
    monkeypatch.setattr(limits, "OUTPUT_CHARACTERS", 50_000)
    failed = failure(tmp_path, source)
    assert (failed.notebook, failed.cell, failed.source) == ("chapters/ores.ipynb", 4, source)
    assert "0.05 million characters" in failed.error


def test_a_stopped_cell_leaves_nothing_behind_that_fails_later(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(limits, "OUTPUT_CHARACTERS", 50_000)
    failure(tmp_path, LONG["in one piece"])
    path = page(tmp_path, "import time; time.sleep(1.5)")
    worker.execute(str(path), "chapters/ores", {}, "Ores", str(tmp_path), None)
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_the_outputs_of_cells_do_not_add_up(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "OUTPUT_CHARACTERS", 50_000)
    root = write_book(tmp_path, ores=[*BEFORE, *[("code", "print('x' * 30_000)")] * 3])
    assert worker.execute(str(root / "chapters" / "ores.ipynb"), "chapters/ores", {}, "Ores", str(root), None)


WRITES = {
    "a table": ("open('data/ores.csv', 'a').write('x')", "data/ores.csv"),
    "a new file": ("from pathlib import Path; Path('data', 'new.csv').write_text('x')", "data/new.csv"),
    "by its descriptor": ("import os; os.open('data/ores.csv', os.O_RDWR)", "data/ores.csv"),
    "by pandas": ("import pandas as pd; pd.DataFrame([1]).to_csv('data/sub.csv')", "data/sub.csv"),
    "another name": ("import os; os.rename('data/ores.csv', 'ores.csv')", "data/ores.csv"),
    "put in its place": ("import os; os.replace('index.ipynb', 'data/ores.csv')", "data/ores.csv"),
    "removed": ("import os; os.remove('data/ores.csv')", "data/ores.csv"),
    "a folder": ("import os; os.mkdir('data/sub')", "data/sub"),
    "by way of another folder": ("open('chapters/../data/ores.csv', 'w')", "data/ores.csv"),
    "removed with its folder": ("import shutil; shutil.rmtree('data')", "data: "),
}


@pytest.mark.parametrize(("source", "name"), WRITES.values(), ids=WRITES)
def test_a_cell_that_writes_into_the_data_folder_fails_and_names_the_file(tmp_path, monkeypatch, source, name):
    monkeypatch.setenv("BOOK_DATA", str(tmp_path / "data"))
    write_book(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    failed = failure(tmp_path, source)
    assert (failed.notebook, failed.cell) == ("chapters/ores.ipynb", 4)
    assert name in failed.error
    assert {path: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before


def test_a_cell_may_read_the_data_folder_and_write_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_DATA", str(tmp_path / "data"))
    path = page(tmp_path, "text = open('data/ores.csv').read(); open('data-of-mine.csv', 'w').write(text)")
    worker.execute(str(path), "chapters/ores", {}, "Ores", str(tmp_path), None)
    assert (tmp_path / "data-of-mine.csv").read_bytes() == (tmp_path / "data" / "ores.csv").read_bytes()


def test_kernels_of_a_build_have_the_guard_and_the_clock_of_the_book(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "America/St_Johns")
    page(tmp_path, "import time; assert time.localtime().tm_gmtoff == 0; open('data/ores.csv', 'w')")
    for engine in execute.ENGINES:
        with pytest.raises(worker.CellFailed, match=r"cell 4: .*data/ores\.csv"), contextlib.chdir(tmp_path):
            execute.run(plan.jobs(tmp_path), tmp_path, tmp_path / "out", engine=engine, workers=1)
