"""The zips of the built site, unpacked in an empty folder: a chapter run from one finds the facts of the site."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lib import records
from lib.build import plan, sanitise
from tests.publish.test_rerun import empty_environment, papermill, run_py, unpacked

ROOT = Path(__file__).resolve().parents[2]
NAMES = [page.name for page in plan.notebooks(ROOT) if not page.title]
ECONOMY = "economy-iceland"


def facts_of(path: Path) -> list[dict]:
    """The facts of an executed notebook, in the order of their ids, without the page they are on."""
    found = records.collect({"chapter": path}).facts
    return sorted(({k: v for k, v in fact.items() if k != "page"} for fact in found), key=lambda fact: fact["id"])


def facts_on_site(site: Path, name: str) -> list[dict]:
    listed = json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]
    own = ({k: v for k, v in fact.items() if k != "page"} for fact in listed if fact["chapter"] == name)
    return sorted(own, key=lambda fact: fact["id"])


def zip_of(site: Path, name: str) -> bytes:
    return (site / "download" / f"{name}.zip").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_run_from_its_zip_finds_the_facts_of_the_site(site, tmp_path, name):
    folder = unpacked(zip_of(site, name), tmp_path)
    result = papermill(sys.executable, folder, name, empty_environment(folder))
    assert facts_on_site(site, name)
    assert json.loads(json.dumps(facts_of(result))) == facts_on_site(site, name)


def test_a_page_that_shares_its_notebook_runs_from_the_shared_zip_with_its_own_values_and_title(site, tmp_path):
    folder = unpacked(zip_of(site, "economy"), tmp_path)
    done = run_py(folder, ECONOMY)
    assert done.returncode == 0, done.stderr[-2000:]
    result = folder / "result.ipynb"
    assert facts_on_site(site, ECONOMY)
    assert json.loads(json.dumps(facts_of(result))) == facts_on_site(site, ECONOMY)
    assert sanitise.title_of(json.loads(result.read_text(encoding="utf-8"))) == "Iceland"


def test_all_zips_together_are_small(site):
    zips = sorted((site / "download").glob("*.zip"))
    assert {path.stem for path in zips} == {*NAMES, "economy"}
    assert all(path.stat().st_size < 1_200_000 for path in zips)
    assert sum(path.stat().st_size for path in zips) < 9_000_000
