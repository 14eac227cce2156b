"""`book add` killed at random moments leaves the tables as they were, or with all that was to be added."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.intake import exchange
from tests.intake import folder as small

TIMES = 60
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_random_moments_the_tables_are_old_or_new_and_never_between(tmp_path):
    command = [sys.executable, "-m", "tests.intake.killing", str(tmp_path / "book"), str(TIMES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["broken"] == []
    assert told["killed"] == TIMES, "so many were killed at work"
    assert told["before"] + told["after"] == told["killed"] + told["ended"]
    assert told["after"] > 0, "some had come to their end"


def test_where_folders_cannot_be_exchanged_the_sources_come_first(tmp_path, monkeypatch):
    data = small.write(tmp_path / "data")
    monkeypatch.setattr(exchange, "_exchanged", lambda one, other: False)
    replaced = []
    monkeypatch.setattr(exchange.os, "replace", lambda one, other: replaced.append(Path(other).name))
    texts = {"sources.csv": "a\n", "output.csv": "b\n"}
    with exchange.staged(data, texts) as beside:
        exchange.put(beside, data, texts)
    assert replaced == ["sources.csv", "output.csv"]


def test_what_a_killed_run_left_behind_is_cleared_away(tmp_path):
    data = small.write(tmp_path / "data")
    left = tmp_path / ".data.adding"
    left.mkdir()
    (left / "output.csv").write_text("half")
    with exchange.staged(data, {"output.csv": "new\n"}) as beside:
        assert beside == left
        assert (beside / "output.csv").read_text() == "new\n"
        assert (beside / "sources.csv").read_text() == (data / "sources.csv").read_text()
    assert not left.exists()
    assert "new" not in (data / "output.csv").read_text()
