"""Over all published numbers and figures: states are of the day they are known to, dates as exact as known."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

STATES = re.compile(r"\b(?:in force|suspended|announced|end passed)\b")
DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
CUT = {"year": 4, "month": 7, "quarter": 7, "day": 10}


@pytest.fixture(scope="module")
def facts(site: Path) -> list[dict]:
    return json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]


def carried(fact: dict) -> list[str]:
    return [entry["known_to"] for entry in fact["inputs"] if "known_to" in entry]


def test_every_number_on_states_is_of_the_oldest_day_that_its_rows_are_carried_to(facts):
    on_states = [fact for fact in facts if carried(fact)]
    assert on_states
    late = {fact["id"]: fact["period"] for fact in on_states if fact["period"] != min(carried(fact))}
    assert late == {}


def test_every_number_that_names_a_state_of_measures_says_what_day_it_is_known_to(facts):
    of_measures = [fact for fact in facts if any(entry.get("table") == "measures" for entry in fact["inputs"])]
    named = [fact for fact in of_measures if STATES.search(fact["scope"]) and " announced since " not in fact["scope"]]
    assert named
    assert [fact["id"] for fact in named if not carried(fact)] == []


def test_no_number_calls_a_state_repealed_that_was_no_act_of_law(facts):
    repealed = [fact for fact in facts if fact["scope"].endswith("repealed")]
    acts = {entry.get("record") for fact in repealed for entry in fact["inputs"] if entry.get("table") == "measures"}
    assert acts <= {"measure"}


def test_every_date_of_a_figure_is_cut_to_what_is_known_of_it(site):
    checked = 0
    for path in site.rglob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = content.get("data", []) if isinstance(content, dict) else []
        for row in (row for row in rows if isinstance(row, dict)):
            for column in (key.removesuffix("_precision") for key in row if key.endswith("_precision")):
                if isinstance(row.get(column), str) and DAY.fullmatch(row[column]):
                    assert len(row[column]) == CUT[row[f"{column}_precision"]], f"{path.name}: {column} {row[column]}"
                    checked += 1
    assert checked
