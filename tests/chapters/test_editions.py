"""The chapters run as of past days, also of days when little or nothing had been published, and as of today."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from lib import records
from lib.build import execute, plan
from lib.tables import catalog, snapshot
from lib.tables.dictionary import read_sources

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
JUNE = "2025-06-30"  # also the day that the page of changes compares with, so a built book has it
DAYS = ("1990-01-01", "2022-01-15", "2024-06-30", JUNE)


@cache
def edition(day: str = "") -> records.Records:
    """The records of the chapters as of a day; what a build has run is taken from there."""
    store = ROOT / "_build" / "editions" / day if day else ROOT / "_build" / "executed"
    jobs = [job for job in plan.jobs(ROOT, {"as_of": day} if day else None) if not job.page.title]
    return records.collect(execute.run(jobs, ROOT, store, data=DATA))


@pytest.fixture(scope="module")
def as_known(tmp_path_factory) -> dict[str, Path]:
    """For each day a folder with nothing but what was public by then."""
    folders = {day: tmp_path_factory.mktemp("known") / day for day in DAYS}
    for day, folder in folders.items():
        snapshot.write(DATA, day, folder)
    return folders


@pytest.mark.parametrize("day", DAYS)
def test_the_book_runs_as_of_a_past_day(day):
    found = edition(day)
    assert [chapter["as_of"] for chapter in found.chapters] == [day] * len(plan.notebooks(ROOT, past=True))
    timeless = {resource["name"] for resource in catalog.dictionary()["resources"] if resource.get("timeless")}
    inputs = [(fact["id"], entry) for fact in found.facts for entry in fact["inputs"]]
    inputs += [(claim["id"], entry) for claim in found.claims for entry in (claim.get("now") or {}).get("inputs", [])]
    late = [
        f"{name}: {entry['table']} row {entry.get('row', entry.get('rows'))}"
        for name, entry in inputs
        if entry["table"] not in timeless and str(entry["published"])[:10] > day
    ]
    assert late == [], "figures published later must not enter"


@pytest.mark.parametrize("day", DAYS)
def test_figures_and_pages_of_a_past_day_name_no_source_but_those_of_what_was_public(as_known, day):
    """A later text may tell of an earlier day: then a row that was public names it. Prose may name a method."""
    allowed = set(read_sources(as_known[day]))
    found = edition(day)
    named = {figure["name"]: set(figure["sources"]) for figure in found.figures}
    named["pages"] = set(found.sources) - _named_in_prose()
    assert {name: late for name, sources in named.items() if (late := sources - allowed)} == {}


def _named_in_prose() -> set[str]:
    notebooks = [json.loads(page.path.read_text(encoding="utf-8")) for page in plan.notebooks(ROOT)]
    cells = [cell for notebook in notebooks for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return set(records.SCHEME_LINK.findall("\n".join("".join(cell["source"]) for cell in cells)))


def told(figure: dict) -> dict:
    """What a figure shows."""
    return {
        name: figure.get(name) for name in ("title", "subtitle", "alt", "note", "sources", "columns", "data", "spec")
    }


def assert_same(one: records.Records, other: records.Records) -> None:
    """Both editions have the same numbers, figures and claims."""
    assert {fact["id"]: fact for fact in one.facts} == {fact["id"]: fact for fact in other.facts}
    figures = [{figure["name"]: told(figure) for figure in found.figures} for found in (one, other)]
    assert figures[0].keys() == figures[1].keys()
    assert {name for name in figures[0] if figures[0][name] != figures[1][name]} == set()
    claims = [{claim["id"]: claim["now"] for claim in found.claims} for found in (one, other)]
    assert claims[0] == claims[1]


def test_without_the_later_rows_a_past_edition_is_the_same(tmp_path, as_known):
    """Nothing that became public later has a say, in whatever way a page may come by it."""
    jobs = plan.jobs(ROOT, {"as_of": JUNE})
    alone = records.collect(execute.run(jobs, ROOT, tmp_path, data=as_known[JUNE]))
    assert_same(alone, records.renumbered(edition(JUNE), DATA, JUNE))


def test_as_of_the_day_of_the_last_reading_is_the_same_as_today():
    today = catalog.vintage().isoformat()
    assert_same(edition(today), edition())
    dated = [json.dumps(chapter["parameters"]) for chapter in edition(today).chapters]
    assert all(today in parameters for parameters in dated)
