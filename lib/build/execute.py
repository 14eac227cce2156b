"""Run notebooks with papermill, several at a time, each in a kernel of its own, forked from one warm process.

What ran before from the same files is taken from the cache. One page that fails does not keep others from running.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lib import drawing
from lib.build import worker
from lib.build.cache import Cache, seconds_of_last_run
from lib.build.plan import Job
from lib.build.worker import Call, CellFailed
from lib.disk.file_watch import ChangedDuringBuild, together
from lib.engine import forking
from lib.errors import BookError

FORK, STANDARD = ENGINES = ("fork", "standard")
STOP_SECONDS = 10
WARM = (*forking.WARM, "lib.warm")


class KernelFailed(BookError):
    """A kernel that could not be started, or died, twice."""

    remedy = "Try again; if it happens again, use --workers 1."


class PagesFailed(BookError):
    """The failure of several pages; `failures` are a CellFailed or KernelFailed for each, in the order of the pages.

    The last is a ChangedDuringBuild where files were saved while pages ran from them.
    """

    def __init__(self, failures: Sequence[BookError]):
        self.failures = list(failures)
        super().__init__("\n".join(map(str, self.failures)), worker.UNHARMED)


Progress = Callable[[str, str, float], None]
"""Called with the name of a page, an event and its seconds.

Each page is `planned` once, in order, before anything else; then `reused`, or `started`, perhaps `retried`, and `done`
or `failed`.
"""


@dataclass(frozen=True)
class Task:
    """A job of an edition: where its executed copy goes, and of which day the edition is, if not the current one."""

    job: Job
    target: Path
    day: str = ""

    @property
    def name(self) -> str:
        """Return the name that progress and failures give the page."""
        return f"{self.job.page.name} as of {self.day}" if self.day else self.job.page.name


def tasks(jobs: Sequence[Job], folder: Path, day: str = "") -> list[Task]:
    """List the tasks of an edition whose executed copies go to `folder`."""
    return [Task(job, folder / f"{job.page.docname}.ipynb", day) for job in jobs]


def run(jobs: Sequence[Job], root: Path, folder: Path, **options: Any) -> dict[str, Path]:
    """Execute `jobs`, with the options of `run_all`; returns the executed copy of each page in `folder` by docname."""
    planned = tasks(jobs, folder)
    run_all(planned, root, **options)
    return {task.job.page.docname: task.target for task in planned}


def run_all(
    planned: Sequence[Task],
    root: Path,
    *,
    workers: int | None = None,
    data: Path | None = None,
    force: bool = False,
    only: str | None = None,
    engine: str = FORK,
    scheduler: str | None = None,
    pool: Pool | None = None,
    progress: Progress | None = None,
    explain: Callable[[str, str], None] | None = None,
) -> None:
    """Execute tasks: what was executed from the same files before is put in place, unless `force`.

    So many notebooks run at a time as there are `workers`. `only` names one page to run anew; the others are taken as
    they are, stale or not, if they have run with the same values. The `engine` is one of ENGINES: kernels forked from a
    process that has imported what notebooks import, or started one by one, which is also done where forking is unsafe.
    With the address of a `scheduler` of Dask its workers run the notebooks, with a `pool` what `kept_pool` gave.
    `explain` is called with the name of each page that runs and why it does.

    What pages read must not change while they run: nothing is kept of those whose files were saved meanwhile.

    Raises CellFailed or KernelFailed (a kernel died twice) when a page failed, ChangedDuringBuild when files of some
    were saved, PagesFailed when several failed, after all others have run.
    """
    tell = progress or (lambda *_: None)
    for task in planned:
        tell(task.name, "planned", 0.0)
    folder = data or root / "data"
    cache = Cache(root, folder)
    stale = []
    for task in planned:
        why = _why(task, cache, force, only)
        if why:
            if explain:
                explain(task.name, why)
            stale.append(task)
        else:
            tell(task.name, "reused", 0.0)
    try:
        if stale:
            cache.fingerprints.look(task.job for task in stale)
            workers = max(1, min(workers or default_workers(), len(stale)))
            with _place(pool, scheduler, root, folder, workers, engine) as place:
                _work(place, stale, cache, tell)
    finally:
        cache.keep()


def _why(task: Task, cache: Cache, force: bool, only: str | None) -> str:
    """Return why a task has to run; empty after its result was put in place."""
    if force or task.job.page.docname == only:
        return "it was asked for"
    if only and cache.ran_with(task.job, task.target):
        return ""
    hit = cache.find(task.job, task.target)
    if hit.result:
        cache.place(task.job, hit.result, task.target)
    return hit.why


def _keep(cache: Cache, engine: str, task: Task, text: str, seconds: float) -> None:
    ended = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M")
    note = {"seconds": round(seconds, 1), "ended": ended, "engine": engine}
    cache.place(task.job, cache.put(task.job, text, note), task.target)


def default_workers() -> int:
    """Return one more than the cores of this process: a kernel that starts or ends mostly waits."""
    try:
        return len(os.sched_getaffinity(0)) + 1
    except AttributeError:  # pragma: no cover - only Linux tells which cores are given
        return (os.cpu_count() or 1) + 1


@dataclass(frozen=True)
class Pool:
    """A place where tasks run: an executor, how many at a time, and with which engine.

    `call` says of a task which function an executor has to call with which arguments; `read` makes the executed
    notebook of the answer, or raises CellFailed.
    """

    executor: Executor
    size: int
    engine: str
    call: Callable[[Task], Call]
    read: Callable[[str], str] = str


@contextlib.contextmanager
def kept_pool(root: Path, data: Path, modules: Sequence[str]) -> Iterator[Pool]:
    """Keep one place for notebooks to run, one after the other; kernels are forked from a process with `modules`."""
    with _local(root, data, 1, FORK, modules) as pool:
        yield pool


def _place(
    pool: Pool | None, scheduler: str | None, root: Path, data: Path, workers: int, engine: str
) -> contextlib.AbstractContextManager[Pool]:
    if pool:
        return contextlib.nullcontext(pool)
    return _cluster(scheduler, root, data) if scheduler else _local(root, data, workers, engine)


@contextlib.contextmanager
def _cluster(address: str, root: Path, data: Path) -> Iterator[Pool]:
    from lib.build import cluster

    with cluster.connected(address, root, data) as connection:

        def call(task: Task) -> Call:
            page = task.job.page
            return connection.call(page.notebook, page.docname, dict(task.job.given), page.title)

        yield Pool(connection.executor, connection.size, STANDARD, call, cluster.read)


@contextlib.contextmanager
def _local(root: Path, data: Path, workers: int, engine: str, modules: Sequence[str] = WARM) -> Iterator[Pool]:
    context = multiprocessing.get_context("spawn")  # forking beside the progress thread may deadlock
    with (
        tempfile.TemporaryDirectory(prefix="book-") as scratch,
        drawing.process(Path(scratch)) as variables,
        _warm(engine, Path(scratch), data, variables, modules) as address,
    ):
        given = (scratch, str(data), address, variables)
        executor = ProcessPoolExecutor(workers, mp_context=context, initializer=worker.prepare, initargs=given)
        used = FORK if address else None

        def call(task: Task) -> Call:
            page = task.job.page
            return worker.execute, str(page.notebook), page.docname, dict(task.job.given), page.title, str(root), used

        try:
            yield Pool(executor, workers, used or STANDARD, call)
        except BaseException:
            stop(executor)
            raise
        executor.shutdown()


@contextlib.contextmanager
def _warm(
    engine: str, scratch: Path, data: Path, variables: Mapping[str, str], modules: Sequence[str] = WARM
) -> Iterator[forking.Address | None]:
    """Start a process to fork kernels from, which warms up while the workers start; None for the standard engine."""
    server = None
    if engine == FORK:
        try:
            server = forking.Server(
                modules, {**os.environ, **worker.settings(scratch, data), **variables}, scratch / "log"
            )
        except forking.Unavailable as problem:
            logging.getLogger(__name__).warning("The standard engine runs the notebooks: %s", problem)
    try:
        yield server.address if server else None
    finally:
        if server:
            server.close()


def _work(pool: Pool, stale: Sequence[Task], cache: Cache, tell: Progress) -> None:
    """Keep as many notebooks running as the pool takes until none is left; a kernel that fails gets one more try."""
    pending = [(task, 1) for task in _longest_first(stale)]
    running: dict[Future[str], tuple[Task, int, float]] = {}
    failures: dict[Path, BookError] = {}
    while pending or running:
        while pending and len(running) < pool.size:
            task, attempt = pending.pop(0)
            if saved := _saved(cache.check, task.job):
                failures[task.target] = _told(task, saved)
                tell(task.name, "failed", 0.0)
                continue
            tell(task.name, "started" if attempt == 1 else "retried", 0.0)
            function, *arguments = pool.call(task)
            running[pool.executor.submit(function, *arguments)] = (task, attempt, time.monotonic())
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            task, attempt, began = running.pop(future)
            seconds = time.monotonic() - began
            text, error = _outcome(future, pool.read)
            if isinstance(error, BrokenProcessPool):
                raise KernelFailed(
                    "a process that ran a notebook died; is there enough memory? Try --workers 1"
                ) from error
            error = error or _saved(_keep, cache, pool.engine, task, text, seconds)
            if error is None:
                tell(task.name, "done", seconds)
            elif attempt == 1 and not isinstance(error, (CellFailed, ChangedDuringBuild)):
                pending.insert(0, (task, 2))  # parallel kernels now and then collide on a port
            else:
                failures[task.target] = _told(task, error)
                tell(task.name, "failed", seconds)
    if failures:
        ordered = [failures[task.target] for task in stale if task.target in failures]
        raised = [failure for failure in ordered if not isinstance(failure, ChangedDuringBuild)]
        if meanwhile := [failure for failure in ordered if isinstance(failure, ChangedDuringBuild)]:
            raised.append(together(meanwhile))
        raise raised[0] if len(raised) == 1 else PagesFailed(raised)


def _longest_first(tasks: Sequence[Task]) -> list[Task]:
    """Sort tasks by how long each took last, so that no long one runs alone at the end.

    Those that never ran come first, and of them those of which one notebook makes many come last: they are short.
    """
    return sorted(tasks, key=lambda task: (-seconds_of_last_run(task.target), bool(task.job.page.below)))


def _saved(act: Callable[..., None], *given: object) -> ChangedDuringBuild | None:
    """Call `act` and return the ChangedDuringBuild that it raised; None where it did what it is for."""
    try:
        act(*given)
    except ChangedDuringBuild as saved:
        return saved
    return None


def _outcome(future: Future[str], read: Callable[[str], str]) -> tuple[str, BaseException | None]:
    if error := future.exception():
        return "", error
    try:
        return read(future.result()), None
    except CellFailed as error:
        return "", error


def _told(task: Task, error: BaseException) -> BookError:
    """Return a failure that names the page and the day it was run for."""
    if isinstance(error, ChangedDuringBuild):
        return ChangedDuringBuild(error.files, [task.name])
    if not isinstance(error, CellFailed):
        failure = KernelFailed(f"{task.name}: its kernel failed twice: {error}")
        failure.__cause__ = error
        return failure
    return replace(error, notebook=f"{error.notebook} as of {task.day}") if task.day else error


def stop(executor: ProcessPoolExecutor) -> None:
    """End the processes of a pool that still run; a worker shuts its kernel down on SIGTERM."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.join(max(0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
