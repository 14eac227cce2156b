"""The first page has no number of its own: each is that of a chapter, by the same name, on every day.

On an early day a chapter may lack a number that the first page has, where it tells it beside one that came later.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import records
from tests.chapters.test_documents import DAYS, DOCUMENTS, ROOT

SAME = ("value", "unit", "bound", "estimated", "period", "text")
FIRST = "start-here"
CHARTS = ["start-chain", "start-mined-separated", "start-magnets", "start-dependence", "start-numbers"]


def built(day: str) -> records.Records:
    folder: Path = ROOT / "_build" / (f"editions/{day}" if day else "executed") / "chapters"
    return records.collect({f"chapters/{name}": folder / f"{name}.ipynb" for name in DOCUMENTS})


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day or "today")
def test_each_number_is_that_of_a_chapter(day):
    ours, theirs = {}, {}
    for fact in built(day).facts:
        told = tuple(fact[field] for field in SAME)
        if fact["chapter"] == FIRST:
            ours[fact["name"]] = told
        else:
            theirs.setdefault(fact["name"], []).append(told)
    assert ours
    assert {name: told for name, told in ours.items() if name in theirs and told not in theirs[name]} == {}
    assert day or ours.keys() <= theirs.keys()


def test_it_has_five_charts():
    assert [figure["name"] for figure in built("").figures if figure["page"] == f"chapters/{FIRST}"] == CHARTS
