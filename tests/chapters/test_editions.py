"""The chapters run as of past days, also of days when little or nothing had been published."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import catalog
from lib.publish import execute, plan, records

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("day", ["1990-01-01", "2023-06-30", "2025-06-30"])
def test_the_book_runs_as_of_a_past_day(tmp_path, day):
    executed = execute.run(plan.jobs(ROOT, {"as_of": day}), ROOT, tmp_path, data=ROOT / "data")
    found = records.collect(executed)
    assert [chapter["as_of"] for chapter in found.chapters] == [day] * len(executed)
    timeless = {resource["name"] for resource in catalog.dictionary()["resources"] if resource.get("timeless")}
    late = [
        f"{fact['id']}: {entry['table']} row {entry.get('row', entry.get('rows'))}"
        for fact in found.facts
        for entry in fact["inputs"]
        if entry["table"] not in timeless and str(entry["published"])[:10] > day
    ]
    assert late == [], "figures published later must not enter"
