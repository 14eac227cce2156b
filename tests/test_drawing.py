"""Pictures are the same whoever draws them, and a process that draws is never missed."""

from __future__ import annotations

import multiprocessing
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
    monkeypatch.setenv(drawing.ADDRESS, str(tmp_path / "nobody"))
    assert drawing.svg(spec(), VEGALITE).startswith("<svg")


@pytest.mark.parametrize("when", ["before its first picture", "between two pictures"])
def test_it_draws_here_without_a_wait_once_the_process_is_gone(tmp_path, monkeypatch, when):
    expected = drawing.svg(spec(4), VEGALITE)
    with drawing.process(tmp_path) as variables:
        monkeypatch.setenv(drawing.ADDRESS, variables[drawing.ADDRESS])
        if when != "before its first picture":
            assert drawing.svg(spec(4), VEGALITE) == expected
        until(lambda: running(tmp_path))
        for process in running(tmp_path):
            os.kill(int(process), signal.SIGKILL)
        until(lambda: not running(tmp_path))
        monkeypatch.setattr(drawing, "_draw", lambda *_: "drawn here")
        chart, began = spec(4), time.monotonic()
        assert [drawing.svg(chart, VEGALITE) for _ in range(40)] == ["drawn here"] * 40
        assert time.monotonic() - began < 5, "what one picture waited for"


def test_the_first_picture_waits_for_a_process_that_is_still_starting(tmp_path, monkeypatch):
    with drawing.process(tmp_path) as variables:
        monkeypatch.setenv(drawing.ADDRESS, variables[drawing.ADDRESS])
        monkeypatch.setattr(drawing, "_draw", lambda *_: pytest.fail("it drew here"))
        assert drawing.svg(spec(), VEGALITE).startswith("<svg")


DAYS = """
import sys, os, altair as alt, pandas as pd
from lib import drawing
from lib.figures.publish import VEGALITE
days = pd.DataFrame({"day": pd.to_datetime(["2023-03-01", "2023-11-01", "2024-07-15"]), "share": [1, 2, 3]})
sys.stdout.write(drawing.svg(alt.Chart(days).mark_line().encode(x="day:T", y="share:Q").to_dict(), VEGALITE))
"""


def test_a_chart_of_days_is_the_same_in_every_time_zone():
    made = [
        subprocess.run([sys.executable, "-c", DAYS], cwd=ROOT, env={**os.environ, "TZ": zone}, capture_output=True)
        for zone in ("UTC", "America/St_Johns")
    ]
    assert made[0].stdout.startswith(b"<svg"), made[0].stderr
    assert made[0].stdout == made[1].stdout


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
    until(lambda: not running(tmp_path))


PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 60"><rect width="90" height="{}"/></svg>'


def test_pictures_drawn_apart_have_the_same_bytes():
    asked = [PICTURE.format(height) for height in range(1, 6)]
    here = [drawing.raster(picture, 2) for picture in asked], drawing.svg(spec(), VEGALITE)
    with drawing.apart(2), ThreadPoolExecutor(2) as threads, pytest.MonkeyPatch.context() as patched:
        patched.setattr(drawing, "converter", lambda: pytest.fail("it drew here"))
        there = list(threads.map(lambda picture: drawing.raster(picture, 2), asked)), drawing.svg(spec(), VEGALITE)
    assert here == there
    assert all(picture.startswith(b"\x89PNG") for picture in here[0])


def test_a_picture_that_cannot_be_drawn_apart_is_the_same_error():
    with pytest.raises(ValueError, match="root node") as here:
        drawing.raster("<svg", 1)
    with drawing.apart(1):
        with pytest.raises(ValueError, match="root node") as there:
            drawing.raster("<svg", 1)
        assert drawing.raster(PICTURE.format(3), 1) == drawing.raster(PICTURE.format(3), 1), "it goes on"
    assert str(here.value) == str(there.value)


def test_it_draws_here_once_the_processes_apart_are_gone():
    expected = drawing.raster(PICTURE.format(3), 1)
    others = multiprocessing.active_children()
    with drawing.apart(1):
        assert drawing.raster(PICTURE.format(3), 1) == expected
        for process in set(multiprocessing.active_children()) - set(others):
            process.kill()
            process.join(10)
        assert [drawing.raster(PICTURE.format(3), 1) for _ in range(3)] == [expected] * 3


def test_no_process_apart_is_left_and_nothing_asks_for_one():
    others = multiprocessing.active_children()
    with drawing.apart(1):
        drawing.raster(PICTURE.format(3), 1)
        started = set(multiprocessing.active_children()) - set(others)
    assert len(started) == 1
    assert not [process for process in started if process.is_alive()]
    assert drawing.raster(PICTURE.format(3), 1).startswith(b"\x89PNG")


def until(holds) -> None:
    """Wait until something holds, for 20 seconds at most."""
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert holds()


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
