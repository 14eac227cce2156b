"""Every number of the built site follows from the published tables, as verify.py, which lies beside them, computes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lib.site.exports import verify

NOT_RECOMPUTED = {
    r"western-dependence\.loss-[a-z]{3}-\d+": "the median of random draws from ranges that are assumptions",
}
"""Names of numbers that no query gives, with the reason. What is not in this list has one."""


@pytest.fixture(scope="module")
def facts(site: Path) -> list[dict]:
    return json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]


@pytest.fixture(scope="module")
def told(site: Path) -> dict[str, dict]:
    return verify.verify(site)


def test_the_checker_of_the_site_finds_nothing_wrong(site):
    done = subprocess.run(
        [sys.executable, "-I", str(site / "verify.py")], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_numbers_are_computed_again_but_those_listed_with_a_reason(told):
    without = {name for name, entry in told.items() if "residual" not in entry}
    listed = {name for name in told if any(re.fullmatch(pattern, name) for pattern in NOT_RECOMPUTED)}
    assert without - listed == set()
    assert listed - without == set(), "these have a query now: take them from the list"
    assert all(any(re.fullmatch(pattern, name) for name in told) for pattern in NOT_RECOMPUTED)


def test_the_rows_give_the_value_and_the_text_shows_it(told):
    assert {name: entry for name, entry in told.items() if entry.get("residual", 0) > verify.TOLERANCE} == {}
    assert {name: entry for name, entry in told.items() if "text" in entry} == {}


def test_a_query_reads_all_rows_that_a_number_names_and_no_others(facts):
    """An operand that no query reads was no input; one that is read and not named would be a hidden one."""
    for fact in facts:
        if fact["query"]:
            named = {entry["operand"] for entry in fact["inputs"]}
            assert all(re.search(rf"\b{operand}\b", fact["query"]) for operand in named), fact["id"]
