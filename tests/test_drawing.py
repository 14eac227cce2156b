"""Pictures are the same whoever draws them, and a process that draws is never missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from lib import drawing
from lib.figures.publish import VEGALITE

ROOT = Path(__file__).resolve().parents[1]


def spec(number: int = 3) -> dict:
    data = pd.DataFrame({"year": range(number), "share": range(number)})
    return alt.Chart(data).mark_line().encode(x="year:Q", y="share:Q").to_dict()


@pytest.fixture
def process(tmp_path, monkeypatch):
    """A process that draws for this one."""
    with drawing.process(tmp_path) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield Path(variables[drawing.ADDRESS])


def test_a_picture_is_the_same_here_and_there(process, monkeypatch):
    there = drawing.svg(spec(), VEGALITE), drawing.png(spec(), VEGALITE, 2)
    assert drawing._connections, "it was drawn there"
    monkeypatch.delenv(drawing.ADDRESS)
    assert (drawing.svg(spec(), VEGALITE), drawing.png(spec(), VEGALITE, 2)) == there
    assert there[0].startswith("<svg")
    assert there[1].startswith(b"\x89PNG")


def test_a_chart_that_cannot_be_drawn_is_the_same_error(process, monkeypatch):
    told = []
    for _ in range(2):
        with pytest.raises(ValueError, match="conversion failed") as caught:
            drawing.svg({"mark": {"type": "no such mark"}, "data": 3}, VEGALITE)
        told.append(str(caught.value))
        monkeypatch.delenv(drawing.ADDRESS, raising=False)
    assert told[0] == told[1]


def test_it_draws_here_where_nobody_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "READY_SECONDS", 0.1)
    monkeypatch.setenv(drawing.ADDRESS, str(tmp_path / "nobody"))
    assert drawing.svg(spec(), VEGALITE).startswith("<svg")


def test_it_draws_here_once_the_process_is_gone(tmp_path, monkeypatch):
    with drawing.process(tmp_path) as variables:
        monkeypatch.setenv(drawing.ADDRESS, variables[drawing.ADDRESS])
        before = drawing.svg(spec(4), VEGALITE)
    monkeypatch.setattr(drawing, "READY_SECONDS", 0.1)
    assert drawing.svg(spec(4), VEGALITE) == before


def test_many_ask_at_once_and_each_gets_its_own(process):
    with ThreadPoolExecutor(1) as pool:  # a connection belongs to a process; kernels ask one at a time
        expected = list(pool.map(lambda n: drawing.svg(spec(n), VEGALITE), range(2, 8)))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.test_drawing import spec, drawing, VEGALITE\n"
        "sys.stdout.write(drawing.svg(spec(int(sys.argv[2])), VEGALITE))"
    )
    asked = [
        subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(n)], stdout=subprocess.PIPE, text=True)
        for n in range(2, 8)
    ]
    assert [one.communicate(timeout=120)[0] for one in asked] == expected


def test_the_process_ends_with_its_owner(tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\nfrom pathlib import Path\nfrom lib import drawing\n"
        "with drawing.process(Path(sys.argv[2])) as found: print('ready', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout.readline() == "ready\n"
    owner.send_signal(signal.SIGKILL)
    owner.wait(10)
    deadline = time.monotonic() + 20
    while running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running(tmp_path)


def running(folder: Path) -> list[str]:
    """Processes whose command names the folder (on Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(str(folder / "drawing")) in command:
            found.append(path.parent.name)
    return found
