"""Every chapter of the book comes out of forked kernels as it comes out of papermill's own engine, cell by cell."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from lib.build import execute, plan, worker

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "_build" / "executed"
PAGES = [page for page in plan.notebooks(ROOT) if not page.title] + plan.templates(ROOT)


@pytest.fixture(scope="module")
def forked(tmp_path_factory) -> dict[str, Path]:
    """The executed copies of the built book where its kernels were forked, else of a run for this test."""
    planned = [execute.Task(plan.job(ROOT, page), _place(page, tmp_path_factory.mktemp("forked"))) for page in PAGES]
    ours = [task for task in planned if not task.target.is_relative_to(STORE)]
    execute.run_all([task for task in planned if task not in ours], ROOT, data=ROOT / "data")
    execute.run_all(ours, ROOT, data=ROOT / "data", force=True)
    return {task.job.page.docname: task.target for task in planned}


def _place(page: plan.Page, folder: Path) -> Path:
    """Where the built book has a page whose kernel was forked, else a place for this test."""
    built = STORE / f"{page.docname}.ipynb"
    note = built.with_suffix(".run.json")
    forked = note.is_file() and json.loads(note.read_text(encoding="utf-8")).get("engine") == execute.FORK
    return built if forked else folder / built.name


@cache
def standard(folder: Path) -> dict[str, str]:
    """The executed notebooks of papermill's own engine."""
    context = multiprocessing.get_context("spawn")
    given = (str(folder), str(ROOT / "data"), None)
    with ProcessPoolExecutor(2, mp_context=context, initializer=worker.prepare, initargs=given) as pool:
        futures = {
            page.docname: pool.submit(worker.execute, str(page.path), page.docname, {}, "", str(ROOT), None)
            for page in PAGES
        }
        return {docname: future.result() for docname, future in futures.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("standard")


@pytest.mark.parametrize("docname", [page.docname for page in PAGES])
def test_a_chapter_is_equal_with_both_engines(forked, folder, docname):
    one = json.loads(standard(folder)[docname])
    other = json.loads(forked[docname].read_text(encoding="utf-8"))
    for expected, cell in zip(one["cells"], other["cells"], strict=True):
        assert cell == expected, "".join(expected["source"])[:200]
    assert other["metadata"] == one["metadata"]
    assert any(cell.get("outputs") for cell in other["cells"])
