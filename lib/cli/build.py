"""`book build`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from lib.cli.console import terminal
from lib.cli.options import DataOption, Engine, EngineOption, SchedulerOption, WorkersOption, data_folder, root_folder
from lib.cli.progress import shown_progress
from lib.errors import BookError, Misused


def build(
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The book as it could have been written on this day.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day with which the page What changed compares.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="CHAPTER", help="Run only this notebook again; reuse the last run of the others."),
    ] = None,
    past: Annotated[
        bool | None,
        typer.Option(
            "--past/--no-past", help="With or without the editions of past days. Default: with, except for --data."
        ),
    ] = None,
    drafts: Annotated[
        bool, typer.Option("--drafts", help="With the translations that no fluent reader has checked.")
    ] = False,
    data: DataOption = None,
    workers: WorkersOption = None,
    engine: EngineOption = Engine.FORK,
    scheduler: SchedulerOption = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build the current edition again whenever a file of the book is saved.")
    ] = False,
    why: Annotated[bool, typer.Option("--why", help="Say why each page runs.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Say where the time went, and write a trace.")] = False,
) -> None:
    """Run the notebooks that are stale and build the site.

    A page is stale if its notebook, its parameters, the code that it imports, a table that it read or the locked
    packages have changed; in a past edition, only the table rows that were public by its day count. Results of earlier
    runs from the same files are taken from `_build/cache/`. The site replaces the previous one only when complete:
    after a failed cell, a warning of Jupyter Book or an interrupt, `_build/html` is unchanged. If one page fails, the
    others still run.

    The command also builds the editions of past days and the pages with other parameters that `chapters/variants.yml`
    names. With --as-of, the edition of another day is added to the site and kept by later builds. The page What changed
    compares with the newest 30 June that is at least a year before the day of the book.

    **Examples**

    - `book build` builds the book
    - `book build --why` says why each page runs
    - `book build --timings` says where the time went; `_build/timings.json` opens in chrome://tracing
    - `book build --no-past` does not rebuild the editions of past days
    - `book build --watch` builds the current edition again after each save, until Ctrl-C
    - `book build --as-of 2023-06-30` builds the edition of that day, in `_build/html/editions/2023-06-30/`
    - `book build --since 2024-06-30` says what changed since that day
    - `book build --drafts` adds the pages in other languages that are still drafts; publish no such site
    - `book build --data my-data` builds the book with your own figures, in `_build/own/html/`
    - `book build --only reserves` runs one chapter, for quick drafts
    - `book build --scheduler tcp://10.0.0.5:8786` has the workers of a Dask cluster run the notebooks

    **Exit codes** 0 done; 1 a cell failed or the site has warnings; 2 wrong date, unknown chapter or options that
    exclude each other.

    **Files** reads `_config.yml`, `_toc.yml`, notebooks and `data/`; writes `_build/html/`; keeps executed notebooks in
    `_build/executed/`, `_build/editions/` and `_build/cache/`.
    """
    root = root_folder()
    from lib.build import plan, schedule
    from lib.disk import lock

    lock.recover(root)
    if only:
        plan.find(root, only)
    if watch and (as_of or only or past or data):
        raise Misused(
            "--watch builds the current edition of the book alone", "leave out --as-of, --only, --past and --data"
        )
    folder = data_folder(root, data)
    past = not (data or watch) if past is None else past
    chosen: dict[str, Any] = {"as_of": as_of, "since": since, "past": past, "drafts": drafts}
    planned = schedule.plan_build(root, folder, **chosen)
    if not only and not watch and planned.is_fresh():
        place = planned.place(planned.editions[0])
        message = f"Nothing has changed: all {len(planned.tasks)} pages are up to date."
        terminal().print(f"{message} Open {place / 'index.html'}", markup=False, highlight=False, soft_wrap=True)
        return
    from lib import pipeline
    from lib.timings import Timings

    settings: dict[str, Any] = {
        "workers": workers,
        "engine": engine,
        "scheduler": scheduler,
        "explain": _explain if why else None,
    }

    def make(maker=None):
        took = Timings()
        with shown_progress() as progress:
            made = pipeline.book(
                root, folder, only=only, timings=took, maker=maker, progress=progress, **chosen, **settings
            )
        if timings:
            _tell_timings(took, root / "_build" / "timings.json")
        terminal().print(_summary(made), markup=False, highlight=False, soft_wrap=True)

    if watch:
        _follow(root, folder, make)
    else:
        make()


def _summary(made) -> str:
    counted = (
        f"{len(made.executed)} notebooks",
        f"{len(made.records.facts)} facts",
        f"{len(made.records.figures)} figures",
        f"{len(made.records.sources)} sources",
    )
    return f"{', '.join(counted)}. Open {made.site / 'index.html'}"


def _follow(root: Path, data: Path, make) -> None:
    """Build the site after each save until interrupted; where code of the book was saved, begin again with that."""
    from lib.live import site

    def failed(error: BookError) -> None:
        terminal().print(f"{error}\n{error.remedy}", markup=False, highlight=False, soft_wrap=True)

    print(f"Following {root} (stop it with Ctrl-C)", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        if site.follow(root, data, make, failed, threading.Event()):
            os.execv(sys.executable, sys.orig_argv)


def _tell_timings(took, trace: Path) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("step", "times", "seconds", "of them apart"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for kind, times, seconds, apart in took.table():
        table.add_row(kind, str(times), f"{seconds:.1f}", f"{apart:.1f}")
    terminal().print(table)
    trace.write_text(took.trace(), encoding="utf-8")
    terminal().print(f"Trace: {trace}", highlight=False, soft_wrap=True)


def _explain(name: str, why: str) -> None:
    terminal(stderr=True).print(f"{name} runs, because {why}", highlight=False, soft_wrap=True)
