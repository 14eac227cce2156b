"""`book add`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import print_list, problem_table, terminal
from lib.cli.options import DataOption, as_day, data_folder, root_folder
from lib.errors import BookError


def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files as published; gzip and zip are read.")],
    published: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day on which the figures became public, if the files do not say.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Version of an edition, such as v1.4, that revises an earlier one."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added, and change nothing.")] = False,
    accept_jumps: Annotated[
        bool, typer.Option("--accept-jumps", help="Add figures that look implausible; check them first.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(metavar="ID", help="Id of the source record, instead of the proposed one.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the source, instead of the proposed one.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Publisher of the source.")] = None,
    url: Annotated[str | None, typer.Option(help="Public address of the file.")] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DAY", help="Treat this day as today, to rehearse a future release.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Add the new figures of official files to the tables: all or none; of an archive, the files that can be read.

    A file is recognised by its content and compared with the tables row by row. The command shows how many series or
    periods are new, how many figures are revised, how many a later edition repeats, and how many the tables have. A
    later figure is added beside the earlier one, with the day on which it became public. Nothing is overwritten, and
    adding a file twice adds nothing. A figure that contradicts one of the same edition is refused; an implausible one
    is held back until you accept it.

    **Examples**

    - `book add mcs2027-raree_world.csv --dry-run` shows what is in a file
    - `book add mcs2027-raree_world.csv --published 2027-01-31` adds it
    - `book add release.zip --published 2026-08-15 --version v1.4` adds the figures that a later version revised
    - `book add plant.csv --data my-data` adds rows to a folder of your own

    **Exit codes** 0 added, or nothing was new; 1 refused, held back, or a day is missing; 2 wrong options.

    **Files** reads each FILE and `data/`; writes the tables it has rows for and `data/sources.csv`, in one step.
    """
    root = root_folder()
    from lib.disk.lock import at_work
    from lib.intake import adding

    folder = data_folder(root, data)
    asked = adding.Asked(
        published=as_day(published, "--published"),
        version=version or "",
        source_id=source or "",
        title=title or "",
        publisher=publisher or "",
        url=url or "",
        today=as_day(today, "--today"),
        accept_jumps=accept_jumps,
    )
    with at_work(root, data or folder, adding=True):
        outcome = adding.add(files, folder, asked, own=data, dry_run=dry_run)
    _print_outcome(outcome, dry_run)


def _print_outcome(outcome, dry_run: bool) -> None:
    """Print what is in the files, what became of it, and what to do next."""
    from rich.table import Table
    from rich.text import Text

    from lib.intake.comparing import Status

    columns = ("file", "published by", "edition", "table", "periods", "new", "revised", "repeated", "there")
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for part in outcome.parts:
        counts = part.counts()
        numbers = [f"{counts[status]:,}" for status in (Status.NEW, Status.REVISED, Status.REPEATED, Status.SAME)]
        cells = (part.file, part.publication.publisher, part.publication.edition, part.table.name, part.periods())
        table.add_row(*(Text(cell) for cell in (*cells, *numbers)))
    console = terminal()
    if outcome.parts:
        console.print(table)
    _print_revised(outcome)
    for file, reasons in outcome.left_out.items():
        for reason, count in reasons.items():
            console.print(f"{file}: {count:,} rows left out: {reason}", markup=False, highlight=False)
    for note in outcome.notes:
        console.print(note, markup=False, highlight=False)
    _print_ending(outcome, dry_run)


def _print_revised(outcome) -> None:
    """Print the figures that a later vintage changes, with those they are laid beside."""
    from lib.intake.comparing import Status, shown_figure

    rows = [
        (
            part.table.name,
            part.table.label(entry.row.cells),
            shown_figure(part.table, entry.known),
            shown_figure(part.table, entry.row.cells),
        )
        for part in outcome.parts
        for entry in part.compared
        if entry.status is Status.REVISED
    ]
    if rows:
        print_list("Revised figures", ("table", "row", "known", "in the file"), rows, more="")


def _print_ending(outcome, dry_run: bool) -> None:
    console = terminal()
    if outcome.held:
        console.print(problem_table(outcome.held))
        raise BookError(
            f"{len(outcome.held)} figures are outside the plausible range of data/datapackage.json; nothing was added",
            "Check them in the file. If they are right, use --accept-jumps.",
        )
    if outcome.undated and not dry_run:
        raise BookError(
            f"{', '.join(outcome.undated)} does not say when it was published; nothing was added",
            "Give the day on which its publisher put it online, such as --published 2027-01-31.",
        )
    if not outcome.added:
        console.print("Nothing is new: the tables already have all of it.", highlight=False)
    elif dry_run:
        console.print(f"{outcome.added:,} rows would be added; nothing was changed.", highlight=False)
        if outcome.undated:
            console.print("The files do not say when they became public; add them with --published.", highlight=False)
    else:
        console.print(f"{outcome.added:,} rows added.", highlight=False)
        console.print(f"Next, run book build, or {_diff_command(outcome.days())} to see what changed.", highlight=False)


def _diff_command(days: list[str]) -> str:
    import datetime as dt

    first = dt.date.fromisoformat(days[0])
    before = max(first, dt.date.min + dt.timedelta(days=1)) - dt.timedelta(days=1)
    return f"book diff {before} {days[-1]}"
