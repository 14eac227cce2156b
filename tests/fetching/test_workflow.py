"""The weekly run: valid for its host, with as few rights as it can do with, and only with options that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lib.fetching import feeds, request

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "new-data.yml"
TEXT = FILE.read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
JOBS = WORKFLOW["jobs"]
OPTIONS = {
    "fetch": {"--to"},
    "add": {"--published", "--dry-run"},
    "check": set(),
    "build": set(),
    "diff": {"--markdown"},
}
"""What a run may use of the commands of the book: `add --accept-jumps` is for persons."""


def steps() -> Iterator[tuple[str, dict]]:
    for name, job in JOBS.items():
        for step in job["steps"]:
            yield name, step


def commands() -> Iterator[tuple[str, list[str]]]:
    """The lines of scripts as words, with the job."""
    for job, step in steps():
        for line in step.get("run", "").splitlines():
            yield job, shlex.split(line)


def test_the_host_understands_it():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(FILE)]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_weekly_and_by_hand():
    triggers = WORKFLOW[True]  # YAML 1.1 reads `on` as true
    assert set(triggers) == {"schedule", "workflow_dispatch"}
    [schedule] = triggers["schedule"]
    minute, hour, day, month, weekday = schedule["cron"].split()
    assert (day, month) == ("*", "*")
    assert weekday in "0123456"
    assert minute.isdigit()
    assert hour.isdigit()


def test_every_command_of_the_book_has_options_that_exist():
    seen = set()
    for _, words in commands():
        for place, word in enumerate(words):
            if word.endswith("bin/book") and (place == 0 or words[place - 1] != "--book"):
                name = words[place + 1]
                given = {each.partition("=")[0] for each in words[place + 2 :] if each.startswith("--")}
                assert given <= OPTIONS[name], name
                seen.add(name)
    assert seen == {"fetch", "check", "build", "diff"}


def test_jumps_are_never_confirmed():
    assert request.CONFIRMS_JUMPS not in TEXT


def test_every_step_of_the_request_is_one_that_its_script_knows():
    seen = []
    for _, words in commands():
        if "lib.fetching.request" in words:
            end = next((i for i, word in enumerate(words) if word.startswith(">")), len(words))
            arguments = words[words.index("lib.fetching.request") + 1 : end]
            seen.append(arguments[0])
            known = subprocess.run(
                [sys.executable, "-m", "lib.fetching.request", *arguments, "--help"],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            assert known.returncode == 0, known.stderr
            for option in arguments[1:]:
                assert not option.startswith("--") or option in known.stdout
    assert seen == ["add", "days", "text", "open"]


def test_only_the_job_that_asks_may_write_and_it_runs_no_package():
    assert WORKFLOW["permissions"] == {}
    assert JOBS["look"]["permissions"] == {"contents": "read"}
    assert JOBS["ask"]["permissions"] == {"actions": "read", "contents": "write", "pull-requests": "write"}
    programs = {words[0] for job, words in commands() if job == "ask"}
    assert programs == {"gh", "python3"}


def test_actions_are_those_of_the_host_and_pinned_by_commit_with_their_version_beside_it():
    used = re.findall(r"\buses:\s*(.*)", TEXT)
    for each in used:
        assert re.fullmatch(r"actions/(checkout|setup-python|upload-artifact)@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), (
            each
        )
    assert len(used) == len([step for _, step in steps() if "uses" in step]) == 4


def test_secrets_are_the_key_and_the_token_and_only_where_they_are_needed():
    assert set(re.findall(r"secrets\.(\w+)", TEXT)) == {"COMTRADE_KEY", "GITHUB_TOKEN"}
    holding = [step["name"] for _, step in steps() if "secrets." in str(step)]
    assert holding == ["Fetch"]
    assert {feed.key for feed in feeds.read().values() if feed.key} == {"COMTRADE_KEY"}


def test_nothing_from_outside_is_part_of_a_script():
    """What a person or a branch is called must come as a variable, or it could run as a command."""
    assert all("${{" not in step.get("run", "") for _, step in steps())


def test_every_job_has_an_end_and_runs_do_not_overlap():
    assert WORKFLOW["concurrency"]["group"]
    assert all(0 < job["timeout-minutes"] <= 120 for job in JOBS.values())


@pytest.mark.parametrize("name", ["data.patch", "text.md", "title.txt"])
def test_what_is_handed_on_is_what_the_next_job_reads_and_no_fetched_file(name):
    [upload] = [step for _, step in steps() if "upload-artifact" in step.get("uses", "")]
    paths = upload["with"]["path"].split()
    assert f"{request.NOTES}/{name}" in paths
    assert not any(path.startswith(str(request.FETCHED)) for path in paths)


def test_longer_scripts_are_in_the_library():
    assert all(len(step.get("run", "").splitlines()) <= 3 for _, step in steps())


def test_no_step_waits_for_one_that_is_not_there():
    known = {step["id"] for _, step in steps() if "id" in step}
    assert set(re.findall(r"steps\.(\w+)\.", TEXT)) <= known
    told = set(request.outputs(request.Days("2026-01-01", "2026-01-02", "ab" * 32), []))
    assert set(re.findall(r"steps\.days\.outputs\.(\w+)", TEXT)) <= told
    assert set(re.findall(r"needs\.look\.outputs\.(\w+)", TEXT)) <= set(JOBS["look"]["outputs"])
