"""`book build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import DataOption, Engine, EngineOption, SchedulerOption, WorkersOption, data_folder, root_folder
from lib.cli.progress import shown_progress


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
    - `book build --as-of 2023-06-30` builds the edition of that day, in `_build/html/editions/2023-06-30/`
    - `book build --since 2024-06-30` says what changed since that day
    - `book build --drafts` adds the pages in other languages that are still drafts; publish no such site
    - `book build --data my-data` builds the book with your own figures, in `_build/own/html/`
    - `book build --only reserves` runs one chapter, for quick drafts
    - `book build --scheduler tcp://10.0.0.5:8786` has the workers of a Dask cluster run the notebooks

    **Exit codes** 0 done; 1 a cell failed or the site has warnings; 2 wrong date or unknown chapter.

    **Files** reads `_config.yml`, `_toc.yml`, notebooks and `data/`; writes `_build/html/`; keeps executed notebooks in
    `_build/executed/`, `_build/editions/` and `_build/cache/`.
    """
    root = root_folder()
    from lib.build import plan, schedule
    from lib.disk import lock

    lock.recover(root)
    if only:
        plan.find(root, only)
    folder = data_folder(root, data)
    past = data is None if past is None else past
    planned = schedule.plan_build(root, folder, as_of=as_of, since=since, past=past, drafts=drafts)
    if not only and planned.is_fresh():
        place = planned.place(planned.editions[0])
        message = f"Nothing has changed: all {len(planned.tasks)} pages are up to date."
        terminal().print(f"{message} Open {place / 'index.html'}", markup=False, highlight=False, soft_wrap=True)
        return
    from lib import pipeline
    from lib.timings import Timings

    with shown_progress() as progress:
        settings = {"workers": workers, "engine": engine, "scheduler": scheduler, "progress": progress}
        settings["explain"] = _explain if why else None
        took = Timings()
        made = pipeline.book(
            root, folder, as_of=as_of, since=since, only=only, past=past, drafts=drafts, timings=took, **settings
        )
    if timings:
        _tell_timings(took, root / "_build" / "timings.json")
    terminal().print(
        f"{len(made.executed)} notebooks, {len(made.records.facts)} facts, {len(made.records.figures)} figures, "
        f"{len(made.records.sources)} sources. Open {made.site / 'index.html'}",
        highlight=False,
        soft_wrap=True,
    )


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
