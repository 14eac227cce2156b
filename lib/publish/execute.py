"""Run notebooks with papermill, several at a time, each in a kernel of its own, forked from one warm process.

Executed copies are made fit for publishing: code is hidden, timings and paths are removed, so that the same
notebooks, data and code give the same bytes.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import logging
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lib.engine import forking
from lib.publish.plan import Job

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
TRACEBACK_LINES = 12
CELL_SECONDS = 600
SOCKET_PATH = 104  # bytes that every Unix allows for the path of a socket
FORK, STANDARD = ENGINES = ("fork", "standard")
WARM = (*forking.WARM, "lib.page")  # what notebooks of the book import


@dataclass
class CellFailed(Exception):
    """A cell of a notebook raised an error: which one, its source and the end of the traceback."""

    notebook: str
    cell: int
    source: str
    error: str
    traceback: str

    def __str__(self) -> str:
        return f"{self.notebook}, cell {self.cell}: {self.error}"

    def __reduce__(self) -> tuple:
        return CellFailed, (self.notebook, self.cell, self.source, self.error, self.traceback)


class KernelFailed(Exception):
    """A kernel could not be started, or died, twice."""


Progress = Callable[[str, str, float], None]
"""Called with the name of a notebook, `started`, `retried`, `reused` or `done`, and its seconds."""


def run(
    jobs: Sequence[Job],
    root: Path,
    store: Path,
    *,
    workers: int = 2,
    data: Path | None = None,
    force: bool = False,
    only: str | None = None,
    engine: str = FORK,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Execute `jobs` and return the executed copy of each page by docname.

    `store` keeps the copies with a hash of all that went in (notebook, values, code, data); a copy whose hash
    still holds is reused unless `force`. `only` names one page to run anew; the others are reused as they are,
    stale or not, if they have run with the same values. The `engine` is one of ENGINES: kernels forked from a process
    that has imported what notebooks import, or started one by one, which is also done where forking is unsafe.

    Raises CellFailed for the first cell that fails and KernelFailed when a kernel dies twice; copies of notebooks
    that had finished stay in `store`.
    """
    tell = progress or (lambda *_: None)
    folder = data or root / "data"
    world = _fingerprint(root, folder)
    results: dict[str, Path] = {}
    stale = []
    for job in jobs:
        target = store / f"{job.page.docname}.ipynb"
        values, inputs = _values_key(job), _inputs_key(job, world)
        results[job.page.docname] = target
        known_values, _, known_inputs = _recorded_key(target).partition(" ")
        fresh = known_values == values and known_inputs == inputs
        if only:
            fresh = known_values == values and job.page.docname != only
        if fresh and not force:
            tell(job.page.name, "reused", 0.0)
        else:
            stale.append((job, target, f"{values} {inputs}"))
    if stale:
        _run_pool(stale, root, folder, max(1, min(workers, len(stale))), engine, tell)
    return results


def _run_pool(
    stale: list[tuple[Job, Path, str]], root: Path, data: Path, workers: int, engine: str, tell: Progress
) -> None:
    context = multiprocessing.get_context("spawn")  # forking beside the progress thread may deadlock
    with tempfile.TemporaryDirectory(prefix="book-") as scratch, _warm(engine, Path(scratch), data) as address:
        given = (scratch, str(data), address)
        executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=given)
        try:
            task = partial(_execute, cwd=str(root), engine=FORK if address else None)
            _work(executor, task, stale, workers, tell)
        except BrokenProcessPool as error:
            raise KernelFailed("a process that ran a notebook died; is there enough memory? Try --workers 1") from error
        except BaseException:
            _stop(executor)
            raise
        executor.shutdown()


@contextlib.contextmanager
def _warm(engine: str, scratch: Path, data: Path) -> Iterator[forking.Address | None]:
    """A process to fork kernels from, which warms up while the workers start; None for the standard engine."""
    server = None
    if engine == FORK:
        try:
            server = forking.Server(WARM, {**os.environ, **_settings(scratch, data)}, scratch / "log")
        except forking.Unavailable as problem:
            logging.getLogger(__name__).warning("The standard engine runs the notebooks: %s", problem)
    try:
        yield server.address if server else None
    finally:
        if server:
            server.close()


def _work(executor, task: partial, stale: list[tuple[Job, Path, str]], workers: int, tell: Progress) -> None:
    """Keep `workers` notebooks running until none is left; a kernel that fails gets one more try."""
    pending = [(*item, 1) for item in stale]
    running: dict[Future, tuple[Job, Path, str, int, float]] = {}
    while pending or running:
        while pending and len(running) < workers:
            job, target, key, attempt = pending.pop(0)
            tell(job.page.name, "started" if attempt == 1 else "retried", 0.0)
            future = executor.submit(task, str(job.page.path), job.page.docname, dict(job.given))
            running[future] = (job, target, key, attempt, time.monotonic())
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job, target, key, attempt, began = running.pop(future)
            error = future.exception()
            if isinstance(error, (CellFailed, BrokenProcessPool)):
                raise error
            if error is not None and attempt > 1:
                raise KernelFailed(f"{job.page.docname}: its kernel failed twice: {error}") from error
            if error is not None:  # parallel kernels now and then collide on a port
                pending.insert(0, (job, target, key, 2))
                continue
            _save(target, future.result(), key)
            _note_run(target, time.monotonic() - began, task.keywords["engine"] or STANDARD)
            tell(job.page.name, "done", time.monotonic() - began)


def _stop(executor: ProcessPoolExecutor) -> None:
    """End the workers that still run; each shuts its kernel down on SIGTERM."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(10)


def _settings(scratch: Path, data: Path) -> dict[str, str]:
    """Variables of workers and kernels: the user's own Jupyter and IPython settings must not reach the book."""
    return {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "BOOK_DATA": str(data),
    }


def _prepare(scratch: str, data: str, address: forking.Address | None) -> None:
    """Prepare a worker, which forks its kernels from the server at `address`, if there is one."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nbclient shuts its kernel down
    folder = Path(scratch)
    (folder / "runtime").mkdir(exist_ok=True)
    os.dup2(os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)  # what kernels say as they end
    os.environ.update(_settings(folder, Path(data)))
    if address:
        from lib.engine import kernels, register

        register()
        kernels.use(address)


def _execute(source: str, docname: str, values: dict, cwd: str, engine: str | None) -> str:
    """Run one notebook in a kernel of its own; returns the executed notebook as JSON text."""
    import logging
    import warnings

    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="book-") as scratch:
        warnings.simplefilter("ignore")
        try:
            notebook = papermill.execute_notebook(
                source,
                str(Path(scratch) / "executed.ipynb"),
                parameters=values or None,
                engine_name=engine,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                execution_timeout=CELL_SECONDS,
                start_timeout=120,
                cwd=cwd,
                config=_kernel_settings(),
                extra_arguments=["--log-level=CRITICAL"],
            )
        except PapermillExecutionError as error:
            raise _cell_failed(error, docname, values, source) from None
        return nbformat.writes(publishable(notebook))


def _kernel_settings():
    """Sockets instead of ports where their path is short enough: parallel kernels then never collide."""
    from traitlets.config import Config

    sockets = f"{os.environ['JUPYTER_RUNTIME_DIR']}/kernel-{os.getpid()}"
    if os.name != "posix" or len(sockets) + 2 > SOCKET_PATH:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": sockets}})


def _cell_failed(error, docname: str, values: dict, source: str) -> CellFailed:
    """The failure with the number of the cell in the author's notebook: papermill inserts one for given values."""
    cells = json.loads(Path(source).read_text(encoding="utf-8"))["cells"]
    tags = [cell.get("metadata", {}).get("tags", []) for cell in cells]
    parameters_cell = next((n for n, tagged in enumerate(tags) if "parameters" in tagged), 0)
    trace = [line for part in error.traceback for line in ANSI.sub("", part).splitlines()]
    trace = [line for line in trace if line.strip("- ")]
    return CellFailed(
        f"{docname}.ipynb",
        error.cell_index + 1 - (1 if values and error.cell_index > parameters_cell else 0),
        error.source,
        f"{error.ename}: {ANSI.sub('', error.evalue)}",
        "\n".join(trace[-TRACEBACK_LINES:]),
    )


def publishable(notebook):
    """The executed notebook with code hidden and without anything that differs from run to run."""
    for name in ("papermill", "widgets"):
        notebook.metadata.pop(name, None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
        tags = list(dict.fromkeys(cell.metadata.get("tags", [])))
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            hidden = "remove-input" if cell.outputs else "remove-cell"
            if "parameters" in tags or "injected-parameters" in tags:
                hidden = "remove-cell"
            if hidden not in tags and "keep-input" not in tags:
                tags.append(hidden)
        if tags:
            cell.metadata["tags"] = tags
    _keep_last_glue(notebook)
    return notebook


def _keep_last_glue(notebook) -> None:
    """A value glued twice is a warning of MyST-NB; a fact recorded again has the same derivation."""
    seen: set[str] = set()
    for cell in reversed(notebook.cells):
        if cell.cell_type != "code":
            continue
        kept = []
        for output in reversed(cell.outputs):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name not in seen:
                kept.insert(0, output)
            if name:
                seen.add(name)
        cell.outputs = kept


def _save(target: Path, text: str, key: str) -> None:
    """Write the copy, then its key: a copy without its key counts as stale."""
    target.parent.mkdir(parents=True, exist_ok=True)
    note = target.with_suffix(".key")
    note.unlink(missing_ok=True)
    _replace(target, text)
    _replace(note, key)


def _note_run(target: Path, seconds: float, engine: str) -> None:
    """Keep beside a copy how long the run took, when it ended and with which engine, for the status page."""
    ended = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M")
    note = {"seconds": round(seconds, 1), "ended": ended, "engine": engine}
    _replace(target.with_suffix(".run.json"), json.dumps(note))


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _recorded_key(target: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        if target.is_file():
            return target.with_suffix(".key").read_text(encoding="utf-8")
    return ""


def _values_key(job: Job) -> str:
    return _digest([json.dumps(job.values, sort_keys=True, default=str)])


def _inputs_key(job: Job, world: str) -> str:
    return _digest([world, hashlib.sha256(job.page.path.read_bytes()).hexdigest()])


def _fingerprint(root: Path, data: Path) -> str:
    """A hash of everything but the notebook itself that a result depends on: code, data, pinned packages."""
    code = Path(__file__).resolve().parents[1]
    files = [*_tree(code, (".py", ".css", ".js", ".json")), *_tree(data, None)]
    lock = root / "requirements.txt"
    if lock.is_file():
        files.append(lock)
    return digest_of(files)


def digest_of(files: Iterable[Path]) -> str:
    """A hash of the names and contents of files."""
    return _digest(f"{path.name}:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)


def _tree(folder: Path, suffixes: tuple[str, ...] | None) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts[:-1])
        if path.is_file() and not hidden and (suffixes is None or path.suffix in suffixes):
            yield path


def _digest(parts) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
