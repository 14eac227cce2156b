"""The trial of newer packages and the monthly look: what is reported, and when an issue is opened."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lib import packages
from lib.devtools import monthly, newest

LOCK = """\
# a comment
alpha==1.0 \\
    --hash=sha256:aa
    # via industrial-vitamins (pyproject.toml)
beta==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:bb
    # via
    #   alpha
    #   gamma
beta==2.1 ; python_full_version >= '3.12' \\
    --hash=sha256:bc
    # via
    #   alpha
    #   gamma
gamma==3.0 \\
    --hash=sha256:cc
    # via industrial-vitamins (pyproject.toml)
"""


def test_a_lock_is_read_with_versions_markers_and_what_needs_each():
    listed = packages.pins(LOCK)
    assert [(pin.name, pin.version, pin.wanted_by) for pin in listed] == [
        ("alpha", "1.0", ("industrial-vitamins",)),
        ("beta", "2.0", ("alpha", "gamma")),
        ("beta", "2.1", ("alpha", "gamma")),
        ("gamma", "3.0", ("industrial-vitamins",)),
    ]
    assert listed[1].marker == "python_full_version < '3.12'"


def test_a_part_of_a_lock_has_what_is_named_and_all_that_it_needs():
    part = packages.part(LOCK, ["Alpha", "unknown"])
    assert [pin.name for pin in packages.pins(part)] == ["alpha", "beta", "beta"]
    assert part.count("--hash") == 3
    assert "#" not in part


def test_only_other_versions_count_as_newer():
    found = packages.pins("alpha==1.0\nbeta==2.1\ngamma==4.0\ndelta==0.1\n")
    assert newest.moved(packages.pins(LOCK), found) == {"gamma": ("3.0", "4.0"), "delta": ("", "0.1")}


def test_a_report_says_what_fails_with_its_last_words():
    steps = [newest.Step("Unit tests", False, "x" * 9000 + "\nthe end"), newest.Step("Running", True, "fine")]
    text = newest.report({"gamma": ("3.0", "4.0")}, steps)
    assert "Unit tests: **fails**" in text
    assert "| gamma | 3.0 | 4.0 |" in text
    assert "the end" in text
    assert len(text) < 6000
    assert "fine" not in text


def test_the_tests_of_the_trial_are_there():
    root = Path(newest.CHECKOUT)
    assert all(list(root.glob(pattern)) for pattern in newest.TESTS)
    assert (root / "chapters" / f"{newest.CHAPTER}.ipynb").is_file()


@pytest.mark.parametrize(
    ("check", "fetch", "expected"),
    [
        ((0, "No problems in data."), (0, ""), ""),
        ((0, "No problems in data.\nMeasure X: its printed end passed"), (0, ""), "Measure X"),
        ((1, "trade.csv, row 3"), (0, ""), "row 3"),
        ((0, "No problems in data."), (1, "usgs-mcs: 404"), "404"),
    ],
)
def test_the_monthly_look_says_something_only_where_a_person_must_act(check, fetch, expected):
    text = monthly.data_notes(check, fetch)
    assert bool(text) == bool(expected)
    assert expected in text
    assert "No problems" not in text


def test_an_issue_is_opened_for_what_says_something_and_only_once(tmp_path, monkeypatch):
    (tmp_path / "monthly-data").mkdir()
    (tmp_path / "monthly-data" / "data.md").write_text("Measure X\n")
    (tmp_path / "packages.md").write_text("")
    calls: list[list[str]] = []
    already: list[str] = []

    def run(command, **_):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, "\n".join(already), "")

    monkeypatch.setattr(subprocess, "run", run)
    assert monthly.ask(tmp_path) == [monthly.TITLES["data.md"]]
    [created] = [command for command in calls if "create" in command]
    assert created[-1] == "Measure X\n"
    already.append(monthly.TITLES["data.md"])
    assert monthly.ask(tmp_path) == []
