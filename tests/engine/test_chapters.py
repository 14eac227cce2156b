"""Every chapter of the book comes out of forked kernels as it comes out of papermill's own engine, cell by cell."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from lib.publish import execute, plan

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "_build" / "executed"
PAGES = plan.notebooks(ROOT)


@cache
def copies(folder: Path) -> dict[str, dict[str, Path]]:
    """The executed copies of all chapters by engine: those of the built book are reused, where its kernels were forked.

    Those of the standard engine, which take a while, are kept for the next time, as long as nothing changes.
    """
    jobs = plan.jobs(ROOT)
    notes = [STORE / f"{page.docname}.run.json" for page in PAGES]
    forked = all(note.is_file() and json.loads(note.read_text()).get("engine") == execute.FORK for note in notes)
    stores = {execute.FORK: STORE if forked else folder / "fork", execute.STANDARD: ROOT / "_build" / "standard"}
    return {
        engine: execute.run(jobs, ROOT, store, data=ROOT / "data", engine=engine) for engine, store in stores.items()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("chapters")


@pytest.mark.parametrize("docname", [page.docname for page in PAGES])
def test_a_chapter_is_equal_with_both_engines(folder, docname):
    standard, forked = (
        json.loads(copies(folder)[engine][docname].read_text(encoding="utf-8"))
        for engine in (execute.STANDARD, execute.FORK)
    )
    for one, other in zip(standard["cells"], forked["cells"], strict=True):
        assert other == one, "".join(one["source"])[:200]
    assert forked["metadata"] == standard["metadata"]
    assert any(cell.get("outputs") for cell in forked["cells"])
