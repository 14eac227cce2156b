"""UN Comtrade through its own client. The figures are made up; the layout is that of its interface's JSON answers."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime as dt
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from urllib3.util.retry import Retry

from lib.fetching import comtrade, feeds
from lib.fetching.errors import FetchError
from lib.fetching.fetch import fetch
from tests.fetching.publisher import ONCE, QUICK, Reply, publishing

KEY = "a0b1/c2+d3=e4"
PLACE = "/data/v1/get/C/A/HS"
ROUTED = Path(__file__).with_name("routed_comtrade.py")
TODAY = dt.date(2026, 11, 22)


def answer(rows: int) -> Reply:
    names = ["typeCode", "freqCode", "period", "reporterCode", "flowCode", "partnerCode", "cmdCode", "primaryValue"]
    values = ["C", "A", "2025", 276, "M", 156, "280530"]
    data = [dict(zip(names, [*values, number + 0.5], strict=True)) for number in range(rows)]
    return Reply(json.dumps({"elapsedTime": "0.1 secs", "count": rows, "data": data, "error": ""}).encode())


@pytest.fixture
def office(monkeypatch):
    with publishing() as running:
        monkeypatch.setattr(comtrade, "COMMAND", (sys.executable, str(ROUTED), running.address))
        yield running


@pytest.fixture
def near(office, monkeypatch):
    """The office, asked within this process: a process of its own takes a second to start."""

    def run(command, **settings):
        said = io.StringIO()
        with monkeypatch.context() as patch, contextlib.redirect_stdout(said):
            patch.setattr(sys, "stdin", io.StringIO(settings["input"]))
            patch.setattr(sys, "argv", list(command[1:]))
            patch.setattr(urllib3.PoolManager, "request", urllib3.PoolManager.request)
            patch.setattr(Retry, "DEFAULT", Retry.DEFAULT)
            patch.setattr(comtrade, "_bound_memory", lambda: None)
            runpy.run_path(str(ROUTED))
        return subprocess.CompletedProcess(command, 0, said.getvalue(), "")

    monkeypatch.setattr(comtrade.subprocess, "run", run)
    return office


def brought(to, environ=None, limits=ONCE, **changes):
    feed = feeds.read()["un-comtrade"]
    small = {"each": {"code": ("280530",)}, "years": {"newest": 1, "count": 1}} | changes
    known = {feed.id: dataclasses.replace(feed, **small)}
    environ = {"COMTRADE_KEY": KEY} if environ is None else environ
    return list(fetch([feed.id], to, known=known, environ=environ, limits=limits, today=TODAY))


def refused(to, **settings) -> str:
    with pytest.raises(FetchError) as caught:
        brought(to, **settings)
    assert not [path for path in to.rglob("*") if path.is_file()]
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_a_heading_and_year_are_a_file_in_the_columns_of_the_publisher(office, tmp_path, capfd):
    office.at(PLACE, answer(3))
    [event] = brought(tmp_path)
    assert (event.state, event.name) == ("fetched", "comtrade-280530-2025.csv")
    with event.path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["primaryValue"] for row in rows] == ["0.5", "1.5", "2.5"]
    assert rows[0]["partnerCode"] == "156"
    [(path, _)] = office.asked
    query = parse_qs(urlsplit(path).query)
    assert query["subscription-key"] == [KEY]
    assert (query["cmdCode"], query["period"], query["partner2Code"]) == (["280530"], ["2025"], ["0"])
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY not in path.read_text()
    assert KEY not in "".join(capfd.readouterr())
    assert KEY not in repr(event)


def test_the_same_rows_are_no_new_file_and_no_rows_are_none_yet(near, tmp_path):
    near.at(PLACE, answer(3), answer(3), answer(0))
    brought(tmp_path)
    assert [event.state for event in brought(tmp_path)] == ["unchanged"]
    assert [event.state for event in brought(tmp_path)] == ["none yet"]


def test_without_a_key_nothing_is_asked(near, tmp_path):
    message = refused(tmp_path, environ={})
    assert "COMTRADE_KEY" in message
    assert "500" in message
    assert "https://" in message
    known = {"un-comtrade": feeds.read()["un-comtrade"]}
    [event] = fetch((), tmp_path, known=known, environ={"COMTRADE_KEY": " "})
    assert event.state == "skipped"
    assert "COMTRADE_KEY" in str(event)
    assert not near.asked


def test_as_many_rows_as_one_answer_can_hold_are_not_all(near, tmp_path):
    near.at(PLACE, answer(4))
    assert "4 rows" in refused(tmp_path, largest_rows=4)


@pytest.mark.parametrize("about", [{"count": 34}, {"error": "Maximum number of records reached"}])
def test_an_answer_that_says_it_is_not_whole_is_no_file(near, tmp_path, about):
    content = json.loads(answer(3).body) | about
    near.at(PLACE, Reply(json.dumps(content).encode()))
    assert "not whole" in refused(tmp_path)
    assert not list(tmp_path.rglob("*.csv"))


def test_as_many_rows_as_the_preview_gives_are_not_all(near, tmp_path):
    near.at(PLACE, answer(500))
    assert "500 rows" in refused(tmp_path)


def test_a_busy_office_is_asked_again(near, tmp_path):
    busy = Reply(b'{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds." }', 429)
    near.at(PLACE, busy, Reply(b"oops", 502), answer(1))
    limits = dataclasses.replace(QUICK, retries=2)
    assert [event.state for event in brought(tmp_path, limits=limits)] == ["fetched"]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(
            Reply(b'{ "statusCode": 403, "message": "Out of call volume quota. Replenished in 01:02:03." }', 403),
            "01:02:03",
            id="quota",
        ),
        pytest.param(
            Reply(b'{ "statusCode": 401, "message": "Access denied due to invalid subscription key." }', 401),
            "COMTRADE_KEY",
            id="wrong key",
        ),
        pytest.param(Reply(b"Rate limit is exceeded", 429, {"Retry-After": "3600"}), "Rate limit", id="long pause"),
        pytest.param(Reply(answer(9).body[:-40]), "cut off", id="cut off"),
        pytest.param(Reply(answer(9).body, length=9999), "un-comtrade", id="truncated"),
        pytest.param(Reply(b"<html>We are back at noon</html>"), "not JSON", id="web page"),
        pytest.param(Reply(b'{"error": "cmdCode unknown"}'), "without data", id="no data"),
        pytest.param(Reply(pause=1), "timed out", id="slow"),
        pytest.param(Reply(b"", reset=True, length=9), "un-comtrade", id="reset"),
    ],
)
def test_what_goes_wrong_is_one_message_without_the_key(near, tmp_path, reply, told):
    near.at(PLACE, reply)
    assert told in refused(tmp_path)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_since_the_key_is_in_the_address(near, tmp_path, status):
    with publishing() as other:
        near.at(PLACE, Reply(b"", status, {"Location": f"{other.address}{PLACE}"}))
        other.at(PLACE, answer(1))
        assert "redirect" in refused(tmp_path, limits=dataclasses.replace(QUICK, retries=3))
        assert not other.asked


def test_an_endless_answer_is_ended(office, tmp_path):
    office.at(PLACE, Reply(b"[" * 9000, endless=True))
    assert "1.5 s" in refused(tmp_path, limits=dataclasses.replace(ONCE, total=1.5))


def test_a_client_that_breaks_is_told_without_the_key(tmp_path, monkeypatch):
    broken = "import sys, os; raise SystemExit('broken: ' + sys.stdin.read())"
    monkeypatch.setattr(comtrade, "COMMAND", (sys.executable, "-c", broken))
    assert "broken" in refused(tmp_path)


def test_the_key_is_no_argument_of_the_process(office, tmp_path, monkeypatch):
    office.at(PLACE, answer(1))
    seen = []
    run = comtrade.subprocess.run
    monkeypatch.setattr(comtrade.subprocess, "run", lambda *given, **named: seen.append(given) or run(*given, **named))
    brought(tmp_path)
    assert seen
    assert KEY not in repr(seen)
    assert os.environ.get("COMTRADE_KEY") != KEY
