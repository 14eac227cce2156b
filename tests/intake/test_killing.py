"""`book add` killed at random moments leaves the tables as they were, or with all that was to be added."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.disk import exchange, folders
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


@pytest.mark.parametrize("names", [("sources.csv", "output.csv"), ("rows/output.csv",)])
def test_where_folders_cannot_be_exchanged_the_files_are_replaced_one_by_one_in_order(tmp_path, monkeypatch, names):
    data = small.write(tmp_path / "data")
    texts = {name: f"{name}\n" for name in names}
    before = small.bytes_of(data)
    monkeypatch.setattr(folders, "exchanged", lambda one, other: False)
    replaced, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda one, other: (replaced.append(Path(other)), replace(one, other)))
    with exchange.staged(data, texts) as beside:
        assert not exchange.put(beside, data, texts)
    assert replaced == [data / name for name in names]
    assert small.bytes_of(data) == before | {name: text.encode() for name, text in texts.items()}


def test_nothing_is_replaced_where_not_all_can_be_written(tmp_path, monkeypatch):
    data = small.write(tmp_path / "data")
    before = small.bytes_of(data)
    monkeypatch.setattr(folders, "exchanged", lambda one, other: False)
    texts = {"sources.csv": "a\n", "output.csv": "b\n"}
    with exchange.staged(data, texts) as beside, pytest.raises(OSError, match="output"):
        exchange.put(beside, data, texts | {"output.csv/below-a-file": "c\n"})
    assert small.bytes_of(data) == before


def test_what_a_killed_run_left_behind_is_cleared_away_but_not_what_another_one_works_on(tmp_path, monkeypatch):
    data = small.write(tmp_path / "data")
    left = tmp_path / ".data.adding-left"
    left.mkdir()
    (left / "output.csv").write_text("half")
    with exchange.staged(data, {"output.csv": "new\n"}) as one, exchange.staged(data, {}) as other:
        assert one != other
        assert left.is_dir()
        assert (one / "output.csv").read_text() == "new\n"
        assert (one / "sources.csv").read_text() == (data / "sources.csv").read_text()
    monkeypatch.setattr(exchange, "LEFT_SECONDS", -1)
    with exchange.staged(data, {}):
        assert not left.exists()
    assert list(tmp_path.iterdir()) == [data]
    assert "new" not in (data / "output.csv").read_text()
