"""`book sweep`."""

from __future__ import annotations

import contextlib
import io
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lib.cli.console import terminal
from lib.cli.options import DataOption, data_folder, root_folder
from lib.errors import BookError, Misused

if TYPE_CHECKING:
    import pandas as pd

    from lib.indicators.whatif.sweep import Piece

CHAPTER = "what-if"
ENDING = ".parquet"
MOST_DRAWS = 1_000_000_000
WAITING = 2
"""Parts that wait for each worker, so that none stands idle and few are in memory."""


def sweep(
    chapter: Annotated[str, typer.Argument(help="The chapter whose model runs: `what-if`.")],
    grid: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=A,B,…", help="Values of cut, months, stock_days, year or stage; can be repeated."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Another parameter: west, top, as_of."),
    ] = None,
    draws: Annotated[int, typer.Option(min=1, max=MOST_DRAWS, help="Draws for each scenario and importer.")] = 100_000,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The result. Default: `_build/sweeps/what-if.parquet`.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes. Default: one for each core.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers run the parts.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Run the model of a chapter for all combinations of some values, with many draws, in parallel.

    Writes a Parquet file with a row for each scenario and importer: mean and percentiles of the loss. The work is cut
    into parts, and what a finished part counted is kept in `_build/sweeps/parts/`: after an interrupt, or with one more
    value in the grid, only what is missing runs. The same parts give the same result on any number of workers.

    **Examples**

    - `book sweep what-if --grid cut=0.2,0.5,1 --grid months=3,6,12`
    - `book sweep what-if --grid stock_days=0,30,60,90 --grid year=2026,2030 --draws 1000000`
    - `book sweep what-if --grid cut=0.5,1 -p top=4 --scheduler tcp://10.0.0.5:8786` runs on a Dask cluster

    **Exit codes** 0 done; 1 a part failed; 2 unknown name or a value that is not allowed.

    **Files** reads `chapters/what-if.ipynb` (parameters) and `data/`; writes the result and `_build/sweeps/parts/`.
    """
    root = root_folder()
    values, chosen = _checked(root, chapter, grid or [], parameter or [])
    folder = data_folder(root, data)
    target = out or root / "_build" / "sweeps" / f"{CHAPTER}.parquet"
    from lib.disk import files
    from lib.indicators.whatif import sweep as sweeping
    from lib.tables import catalog

    began = time.monotonic()
    try:
        with catalog.reading(folder):
            pieces = list(sweeping.pieces(_scenarios(chosen, values["stage"]), values, draws))
    except catalog.NoDataYet as error:
        raise Misused(str(error), "Choose a later as_of, or none.") from None
    kept = root / "_build" / "sweeps" / "parts"
    missing = [piece for piece in pieces if files.kept(kept, piece.name, ENDING) is None]
    with _executor(workers, scheduler, root, folder) as (executor, size):
        _run(missing, len(pieces), executor, size, kept)
    table = sweeping.combined([_read(files.kept(kept, piece.name, ENDING)) for piece in pieces])
    target.parent.mkdir(parents=True, exist_ok=True)
    files.replace_bytes(target, _packed(table))
    runs = sum(_runs(piece) for piece in missing)
    terminal().print(
        f"{len(table)} losses of {draws:,} draws each; {runs:,} model runs in {time.monotonic() - began:.1f} s, "
        f"{len(pieces) - len(missing)} of {len(pieces)} parts were there. {target}",
        highlight=False,
        soft_wrap=True,
    )


def _checked(
    root: Path, chapter: str, grid: Sequence[str], given: Sequence[str]
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Read grid and parameters as the notebook declares them. Raises Misused, or UsageError for a bad value."""
    from lib.build import plan
    from lib.indicators.whatif.scenario import STAGES
    from lib.indicators.whatif.sweep import GRID

    page = plan.find(root, chapter)
    if page.name != CHAPTER:
        raise Misused(f"{page.name} has no model to sweep", f"Name the chapter that has: `book sweep {CHAPTER}`.")
    wanted = {name: [text.strip() for text in cell.split(",")] for name, cell in plan.split_assignments(grid).items()}
    if unknown := set(wanted) - set(GRID):
        raise Misused(f"a sweep does not vary {', '.join(sorted(unknown))}", f"Vary any of {', '.join(GRID)}.")
    others = plan.split_assignments(given)
    if both := set(others) & set(GRID):
        raise Misused(
            f"{', '.join(sorted(both))} is a value of the grid", f"Write --grid {min(both)}={others[min(both)]}."
        )
    job = plan.job(root, page, others)
    chosen = dict(job.values)
    values = {name: [chosen[name]] for name in GRID}
    for name, texts in wanted.items():
        jobs = (plan.job(root, page, others | {name: text}) for text in texts)
        values[name] = list(dict.fromkeys(dict(each.values)[name] for each in jobs))
    if other := set(values["stage"]) - set(STAGES):
        raise Misused(f"there is no stage {', '.join(map(str, other))}", f"Name any of {', '.join(STAGES)}.")
    return values, chosen


def _scenarios(chosen: Mapping[str, Any], stages: Sequence[str]) -> dict[str, Any]:
    from lib.indicators import dependence, whatif

    circle, as_of = dependence.circle(chosen["west"]), chosen["as_of"]
    return {stage: whatif.scenario(as_of, circle, top=chosen["top"], stage=stage) for stage in stages}


@contextlib.contextmanager
def _executor(workers: int | None, scheduler: str | None, root: Path, data: Path) -> Iterator[tuple[Executor, int]]:
    """Give what runs the parts, and how many it runs at a time: processes, or the workers of a Dask cluster."""
    import os

    if scheduler is None:
        size = workers or os.cpu_count() or 1
        with ProcessPoolExecutor(size) as pool:
            yield pool, size
        return
    import cloudpickle

    from lib.build import cluster
    from lib.indicators.whatif import draws, model

    with cluster.connected(scheduler, root, data) as there:
        for module in (draws, model):  # the book is not installed on a worker
            cloudpickle.register_pickle_by_value(module)
        try:
            yield there.executor, there.size
        finally:
            for module in (draws, model):
                cloudpickle.unregister_pickle_by_value(module)


def _run(pieces: Sequence[Piece], every: int, executor: Executor, size: int, kept: Path) -> None:
    """Run the parts that are missing and keep what each counted as soon as it is there; say how far it is."""
    from lib.disk import files
    from lib.indicators.whatif import draws
    from lib.indicators.whatif import sweep as sweeping

    console, began = terminal(stderr=True), time.monotonic()
    waiting = iter(pieces)
    running: dict[Future, Piece] = {}
    done, runs = every - len(pieces), 0
    try:
        while True:
            for piece in itertools.islice(waiting, max(0, WAITING * size - len(running))):
                running[executor.submit(draws.run, piece.part)] = piece
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                piece = running.pop(future)
                files.keep(kept, piece.name, ENDING, _packed(sweeping.counted(piece, future.result())))
                done, runs = done + 1, runs + _runs(piece)
                rate = runs / max(1e-9, time.monotonic() - began) / 1e6
                console.print(f"{done} of {every} parts, {rate:.1f} million model runs a second", highlight=False)
    except BaseException:
        for future in running:
            future.cancel()
        raise


def _runs(piece: Piece) -> int:
    return piece.part.draws * len(piece.part.economies) * len(piece.part.months)


def _packed(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return content.getvalue()


def _read(path: Path | None) -> pd.DataFrame:
    import pandas as pd

    if path is None:
        raise BookError("a part of the sweep was removed while it ran", "Run the command again.")
    return pd.read_parquet(path)
