"""All workflows of the repository: pinned, with the least rights, and nothing from outside in a script."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NAMES = [path.stem for path in FILES]
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
WORKFLOWS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
ACTION = re.compile(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
WRITES = {"new-data": {"ask"}, "publish": {"site"}, "monthly": {"ask"}, "tests": set()}
"""The jobs that may write something."""
SECRETS = {
    "new-data": {"COMTRADE_KEY", "GITHUB_TOKEN"},
    "publish": {"DOI_TOKEN", "GITHUB_TOKEN"},
    "monthly": {"COMTRADE_KEY", "GITHUB_TOKEN"},
    "tests": set(),
}


def steps(name: str) -> Iterator[tuple[str, dict]]:
    for job, content in WORKFLOWS[name]["jobs"].items():
        for step in content["steps"]:
            yield job, step


def test_there_is_one_for_each_purpose():
    assert set(NAMES) == {"tests", "publish", "monthly", "new-data"} == set(WRITES)
    triggers = {name: set(content[True]) for name, content in WORKFLOWS.items()}  # YAML 1.1 reads `on` as true
    assert triggers["tests"] == {"push", "pull_request"}
    assert triggers["publish"] == {"push"}
    assert set(WORKFLOWS["publish"][True]["push"]) == {"tags"}
    [schedule] = WORKFLOWS["monthly"][True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \d+ \* \*", schedule["cron"])


def test_linters_for_workflows_find_nothing_and_would_find_something(tmp_path):
    beside = Path(sys.executable).parent

    def audit(path: Path) -> int:
        command = [beside / "zizmor", "--offline", "--no-progress", "--quiet", path]
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode

    def schema(*paths: Path) -> int:
        command = [beside / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *paths]
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode

    assert audit(ROOT / ".github") == schema(*FILES) == 0
    loose = tmp_path / "loose.yml"
    pinned = re.sub(r"@[0-9a-f]{40}", "@main", TEXTS["tests"])
    loose.write_text(pinned.replace("runs-on:", "runs_on:"), encoding="utf-8")
    assert audit(loose)
    assert schema(loose)


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_those_of_the_host_pinned_by_commit_with_their_version_beside_it(name):
    used = re.findall(r"\buses:\s*(.*)", TEXTS[name])
    assert used
    assert [each for each in used if not ACTION.fullmatch(each)] == []


def test_an_action_is_pinned_to_one_commit_in_all_workflows():
    pins = {use for text in TEXTS.values() for use in re.findall(r"\buses:\s*(.*)", text)}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@pytest.mark.parametrize("name", NAMES)
def test_a_job_may_do_only_what_it_needs(name):
    content = WORKFLOWS[name]
    assert content["permissions"] in ({}, {"contents": "read"})
    writing = {
        job
        for job, entry in content["jobs"].items()
        if "write" in (entry.get("permissions") or content["permissions"]).values()
    }
    assert writing == WRITES[name]
    for job, step in steps(name):
        if job in writing or (job, name) == ("archive", "publish"):
            words = step.get("run", "")
            assert not re.search(r"\bmake\b|\.venv|pip|npm", words), "a job with rights runs no package"
        if "checkout" in step.get("uses", "") and (name, job) != ("new-data", "ask"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", NAMES)
def test_secrets_are_only_those_known_and_never_for_a_whole_workflow(name):
    assert set(re.findall(r"secrets\.(\w+)", TEXTS[name])) == SECRETS[name]
    assert "secrets." not in str(WORKFLOWS[name].get("env"))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_from_outside_is_part_of_a_script_and_every_job_ends(name):
    assert all("${{" not in step.get("run", "") for _, step in steps(name))
    assert all(0 < job["timeout-minutes"] <= 120 for job in WORKFLOWS[name]["jobs"].values())
    assert WORKFLOWS[name]["concurrency"]["group"]


@pytest.mark.parametrize("name", NAMES)
def test_modules_and_targets_that_scripts_name_are_there(name):
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for _, step in steps(name):
        for module in re.findall(r"python3? -m (lib[\w.]*)", step.get("run", "")):
            assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), module
        for target in re.findall(r"^make (\w+)", step.get("run", ""), re.MULTILINE):
            assert target in targets


def test_each_python_that_the_book_allows_is_tested():
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    lowest, above = (int(minor) for minor in re.findall(r"3\.(\d+)", allowed))
    matrix = WORKFLOWS["tests"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert matrix == [f"3.{minor}" for minor in range(lowest, above)]
