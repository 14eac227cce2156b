"""Pages run by the workers of a Dask cluster that share nothing with the book but its packages."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client

from lib.build import cluster, execute, plan
from tests.publish.book import HELPERS, PARAMETERS, notebook, write_book

PAGES = 6
LOG = "import os, pathlib, time\nrun = pathlib.Path(os.environ['RUN_LOG'])\n"


@contextlib.contextmanager
def started(folder: Path, workers: int, environment: dict[str, str]) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler and workers, each a process in a directory of its own from which the book cannot be imported."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    ended: list[subprocess.Popen] = []

    def start(arguments: list[str], name: str) -> subprocess.Popen:
        place = folder / name
        place.mkdir(parents=True)
        with (place / "log").open("w") as log:
            process = subprocess.Popen(
                arguments, cwd=place, env=clean | environment, stdout=log, stderr=log, start_new_session=True
            )
        ended.append(process)
        return process

    try:
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        start([*command, *options, "--scheduler-file", str(folder / "scheduler.json")], "scheduler")
        deadline = time.monotonic() + 60
        while not (folder / "scheduler.json").is_file() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads((folder / "scheduler.json").read_text())["address"]
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        made = []
        for number in range(workers):
            name = f"worker-{number}"
            worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options, "--name", name]
            made.append(start([*worker, "--local-directory", str(folder / name)], name))
        if made:
            with Client(address, timeout=30, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=60)
        yield address, made
    finally:
        for process in ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@pytest.fixture
def book(tmp_path) -> Path:
    """The tiny book with more pages, each of which notes where it began and where it ended."""
    root = write_book(tmp_path / "book")
    toc = (root / "_toc.yml").read_text()
    for number in range(PAGES):
        name = f"page-{number}"
        cells = [
            ("markdown", f"# Page {number}\n\nA page of some length, with words."),
            ("parameters", PARAMETERS),
            ("code", f"{HELPERS}\n{LOG}"),
            ("code", f"_ = (run / f'begun {name} {{os.getpid()}}').write_text(os.getcwd())\ntime.sleep(1.5)"),
            (
                "code",
                f"from lib.tables import catalog\nprint({number}, catalog.data_dir().name, len(catalog.sources()))",
            ),
            ("code", f"_ = (run / f'ended {name} {{os.getpid()}}').write_text(os.getcwd())"),
            ("code", f"chapter('{name}', [], as_of)"),
        ]
        (root / "chapters" / f"{name}.ipynb").write_text(notebook(cells))
        toc = toc.replace("- file: changes", f"- file: chapters/{name}\n- file: changes")
    (root / "_toc.yml").write_text(toc)
    return root


def plain(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_page_is_right_and_kept_once_though_a_worker_is_killed(book, tmp_path, monkeypatch):
    log = tmp_path / "log"
    log.mkdir()
    monkeypatch.setenv("RUN_LOG", str(log))
    here = execute.run(plan.jobs(book), book, tmp_path / "here")
    expected = {docname: plain(path) for docname, path in here.items()}
    for path in log.iterdir():
        path.unlink()
    for path in (book / "_build" / "cache").rglob("*.ipynb"):
        path.unlink()
    done: Counter[str] = Counter()
    killed = []

    def tell(name: str, event: str, seconds: float) -> None:
        done[name] += event == "done"

    with started(tmp_path / "there", 3, {"RUN_LOG": str(log)}) as (address, workers):
        folders = [re.escape(str(tmp_path / "there" / f"worker-{number}")) for number in range(3)]

        def kill_one(name: str, event: str, seconds: float) -> None:
            tell(name, event, seconds)
            if event == "done" and not killed:
                killed.append(kill_busy(workers, folders, log))

        there = execute.run(plan.jobs(book), book, tmp_path / "copies", scheduler=address, progress=kill_one)
        assert killed, "a worker was killed while it ran a page"
        places = {path.read_text() for path in log.glob("ended *")}
    assert {docname: plain(path) for docname, path in there.items()} == expected
    assert set(done.values()) == {1}
    assert len(done) == PAGES + 2
    assert all(any(re.match(folder, place) for folder in folders) for place in places)
    assert len(places) > 1, "more than one worker took part"
    begun = Counter(path.name.split()[1] for path in log.glob("begun *"))
    assert max(begun.values()) > 1, "the page of the killed worker began again elsewhere"


def kill_busy(workers: list[subprocess.Popen], folders: list[str], log: Path) -> str:
    """Kill a worker in the middle of a page; returns the page."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ended = {path.name.split(" ", 1)[1] for path in log.glob("ended *")}
        for path in sorted(log.glob("begun *"), reverse=True):
            place = path.read_text()
            number = next((n for n, folder in enumerate(folders) if re.match(folder, place)), None)
            if path.name.split(" ", 1)[1] not in ended and number is not None:
                os.kill(workers[number].pid, signal.SIGKILL)
                return path.name
        time.sleep(0.05)
    raise AssertionError("no page was running")


def test_a_failing_cell_on_a_worker_is_told_as_here(book, tmp_path):
    path = book / "chapters" / "page-1.ipynb"
    path.write_text(path.read_text().replace("chapter('page-1', [], as_of)", "print(1)\\n1 / 0"))
    with started(tmp_path / "there", 1, {"RUN_LOG": str(tmp_path)}) as (address, _):
        jobs = [job for job in plan.jobs(book) if job.page.name in ("page-0", "page-1")]
        with pytest.raises(execute.CellFailed) as caught:
            execute.run(jobs, book, tmp_path / "copies", scheduler=address)
        assert (caught.value.notebook, caught.value.cell) == ("chapters/page-1.ipynb", 7)
        assert "ZeroDivisionError" in caught.value.error
        assert (tmp_path / "copies" / "chapters" / "page-0.ipynb").is_file(), "the other page is kept"


def test_a_scheduler_that_is_not_there_or_has_no_workers_is_an_error_that_says_so(book, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ADDRESS_SECONDS", 2)
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 2)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(cluster.ClusterError, match=f"there is no scheduler at {address}"):
            execute.run(plan.jobs(book), book, tmp_path / "copies", scheduler=address)
    with started(tmp_path / "there", 0, {}) as (address, _), pytest.raises(cluster.ClusterError, match="no workers"):
        execute.run(plan.jobs(book), book, tmp_path / "copies", scheduler=address)


def test_workers_with_other_packages_are_refused(book, tmp_path, monkeypatch):
    here = os.getpid()

    def other(names):
        return {"pandas": "3.1" if os.getpid() == here else "1.0"}

    with started(tmp_path / "there", 1, {}) as (address, _):
        monkeypatch.setattr(cluster.remote, "versions", other)
        with pytest.raises(cluster.ClusterError, match=r"has pandas 1\.0 and not 3\.1"):
            execute.run(plan.jobs(book), book, tmp_path / "copies", scheduler=address)


def test_a_sweep_runs_on_workers_that_have_no_book(tmp_path, book):
    """The model reaches them by its text, and counts there what it counts here."""
    from lib.cli import sweep as command
    from lib.indicators import dependence, whatif
    from lib.indicators.whatif import draws, sweep

    scenario = whatif.scenario(None, dependence.circle("38 economies"), top=2)
    grid = {"stage": ["magnets"], "year": [2026], "cut": [1.0], "months": [6], "stock_days": [-1.0]}
    pieces = list(sweep.pieces({"magnets": scenario}, grid, 1_000))
    with (
        started(tmp_path, 1, {}) as (address, _),
        command._executor(None, address, book, book / "data") as (there, size),
    ):
        assert size == 1
        command._run(pieces, 1, there, size, tmp_path / "parts")
    (kept,) = (tmp_path / "parts").glob("*.parquet")
    here = sweep.counted(pieces[0], draws.run(pieces[0].part))
    assert command._read(kept)["bins"].map(list).tolist() == here["bins"].tolist()
