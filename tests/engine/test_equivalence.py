"""Awkward notebooks come out of forked kernels as they come out of papermill's own engine, cell by cell."""

from __future__ import annotations

import difflib
import json

import pytest

from tests.engine.awkward import ENDS, NOTEBOOKS, mixed
from tests.engine.running import run, settled


def both(folder, cells, **options):
    """The outcomes of the standard and of the forking engine."""
    return [run(folder, cells, name, **options) for name in (None, "fork")]


def assert_equal(standard, forked):
    """Equal but for time: cells one by one, so that a failure names the first that differs."""
    for one, other in zip(standard.cells, forked.cells, strict=True):
        assert other == one, difference(one, other)
    assert forked.metadata == standard.metadata
    assert forked.error == standard.error


def difference(one, other):
    """The source of a cell and the lines of its record that differ."""
    lines = [json.dumps(cell, indent=1).replace("\\\\n", "\n").splitlines() for cell in (one, other)]
    return "\n".join([one["source"], *difflib.unified_diff(*lines, "standard", "forked", n=0, lineterm="")])


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_awkward_cells_are_equal(tmp_path, name):
    standard, forked = both(tmp_path, NOTEBOOKS[name])
    assert_equal(standard, forked)
    assert bool(forked.error) == (name in ("displays", "errors")), forked.error
    outputs = [cell.get("outputs") for cell in forked.cells]
    assert sum(map(bool, outputs)) > len(outputs) / 2, "hardly anything was compared"
    for left in ("written.txt", "ended.txt"):
        assert (tmp_path / "fork" / left).is_file() == (tmp_path / "standard" / left).is_file() == (name == "world")


@pytest.mark.parametrize("name", ENDS)
def test_notebooks_that_end_early_are_equal(tmp_path, name):
    assert_equal(*both(tmp_path, ENDS[name]))


def test_the_comparison_sees_text_and_order_but_not_when_a_stream_was_sent():
    def stream(name, text):
        return {"output_type": "stream", "name": name, "text": text}

    whole = [stream("stdout", "1\n2\n"), stream("stderr", "e\n"), {"output_type": "display_data"}]
    cut = [stream("stderr", "e"), stream("stdout", "1\n2"), stream("stderr", "\n"), stream("stdout", "\n"), whole[2]]
    assert settled(cut, in_order=False) == settled(whole, in_order=False)
    assert settled(cut, in_order=True) != settled(whole, in_order=True)
    assert settled([whole[2], *whole[:2]], in_order=False) != settled(whole, in_order=False)
    assert settled(cut[:4], in_order=False) != settled(whole, in_order=False)
    assert settled([stream("stdout", "1\n"), *whole], in_order=False) != settled(whole, in_order=False)


@pytest.mark.parametrize("seed", [1, 2])
def test_cells_put_together_by_chance_are_equal(tmp_path, seed):
    assert_equal(*both(tmp_path, mixed(seed)))


def test_a_cell_that_hangs_is_ended_alike(tmp_path):
    hangs = ["print('before')", "while True:\n    pass", "print('never')"]
    standard, forked = both(tmp_path, hangs, execution_timeout=1)
    assert_equal(standard, forked)
    assert "timed out" in forked.error


def test_a_cell_that_hangs_can_be_interrupted_alike(tmp_path):
    hangs = ["1", ("import time\ntime.sleep(60)", ("raises-exception",)), "3"]
    standard, forked = both(tmp_path, hangs, execution_timeout=1, interrupt_on_timeout=True)
    assert_equal(standard, forked)
    errors = [output["ename"] for cell in forked.cells for output in cell.get("outputs", []) if "ename" in output]
    assert errors == ["KeyboardInterrupt"]
    assert forked.cells[-1]["outputs"][0]["data"] == {"text/plain": "3"}, "the notebook goes on"


def test_parameters_output_files_and_the_log_are_alike(tmp_path):
    cells = [("a = 1", ("parameters",)), "print(a)\nimport sys\nprint('err', file=sys.stderr)\na"]
    outcomes = []
    for name in (None, "fork"):
        with open(tmp_path / f"{name}.out", "w") as out, open(tmp_path / f"{name}.err", "w") as err:
            files = {"stdout_file": out, "stderr_file": err, "log_output": True}
            outcomes.append(run(tmp_path, cells, name, parameters={"a": 5}, autosave_cell_every=0, **files))
        assert [(tmp_path / f"{name}.{end}").read_text() for end in ("out", "err")] == ["5\n", "err\n"]
    assert_equal(*outcomes)
    logs = [
        [line for line in outcome.log if "Notebook:" not in line and "directory" not in line] for outcome in outcomes
    ]
    assert logs[0] == logs[1]
    assert any("Executing Cell 1" in line for line in logs[1])
