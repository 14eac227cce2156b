"""The `book` command: check the data, run a notebook, build the book, serve it.

Imports of the heavy rooms stay inside the commands, so that help is instant.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="book",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Build, check and re-run the open book on rare earths.

    The book is a folder with `_toc.yml`, notebooks and `data/`. Commands work on the folder they are called in, else
    on the folder this package was installed from.

    Exit codes: 0 done; 1 the data, a notebook or the build failed; 2 the command was used wrongly; 130 interrupted.
    """,
    epilog="`book COMMAND --help` explains a command.",
)
FACTS_SHOWN = 15
CHANGES_SHOWN = 25
SIDES = ("before", "after")
ENDINGS = {"done": "{seconds:.1f} s", "reused": "unchanged", "failed": "failed after {seconds:.1f} s"}


class Engine(StrEnum):
    """What runs notebooks: kernels forked from a process with all imports done, or papermill's own engine."""

    FORK = "fork"
    STANDARD = "standard"


EngineOption = Annotated[
    Engine, typer.Option(help="Kernels forked from one warm process, or started one by one, which takes longer.")
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, max=64, help="Notebooks run at the same time. Default: one more than cores.")
]
SchedulerOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786, to run notebooks.")
]


DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="A folder of your own tables or rows, laid over data/.")
]


def main() -> None:
    """Entry point of the `book` command."""
    app()


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        from importlib.metadata import version as installed

        print(f"book {installed('industrial-vitamins')}")
        raise typer.Exit


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files as published; gzip and zip are read.")],
    published: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day on which the figures became public, where no file says it.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Version inside an edition, such as v1.4, that revises an earlier."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added, and change nothing.")] = False,
    accept_jumps: Annotated[
        bool, typer.Option("--accept-jumps", help="Add figures that jump beyond what is plausible; look first.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(metavar="ID", help="Key of the source record, in place of the proposed one.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the source, where the proposed one will not do.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Who published it.")] = None,
    url: Annotated[str | None, typer.Option(help="Public address of the file.")] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DAY", help="Take this day as today, to rehearse with a release to come.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Add what is new in official files to the tables, all of it or nothing.

    A file is recognised by what is in it. It is compared with the tables row by row and shown: new series or periods,
    revised figures, those a later edition repeats, and those that are there. A later figure is added beside the
    earlier one, with the day on which it became public; nothing is overwritten, and adding a file twice adds nothing. A
    figure that contradicts one of the same edition is refused, one that jumps is held back until you accept it.

    **Examples**

    - `book add mcs2027-raree_world.csv --dry-run` shows what is in a file
    - `book add mcs2027-raree_world.csv --published 2027-01-31` adds it
    - `book add release.zip --published 2026-08-15 --version v1.4` adds the figures that a later version revised
    - `book add plant.csv --data my-data` adds rows to a folder of your own

    **Exit codes** 0 added, or nothing was new; 1 refused, held back, or a day is missing; 2 wrong options.

    **Files** reads each FILE and `data/`; writes the tables it has rows for and `data/sources.csv`, in one step.
    """
    root = _root()
    with _failures():
        from lib.intake import adding
        from lib.publish.lock import locked

        folder = _data(root, data)
        asked = adding.Asked(
            published=_day(published, "--published"),
            version=version or "",
            source_id=source or "",
            title=title or "",
            publisher=publisher or "",
            url=url or "",
            today=_day(today, "--today"),
            accept_jumps=accept_jumps,
        )
        with locked(root / "_build"):
            outcome = adding.add(files, folder, asked, own=data, dry_run=dry_run)
        _print_outcome(outcome, dry_run)


@app.command()
def fetch(
    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="[FEED…]", help="Feeds by name; all without any.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files. Default: _build/fetched.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the feeds instead of fetching.")] = False,
) -> None:
    """Fetch the newest official files from their publishers, where there is a network.

    Each file lands whole or not at all, with a record of its address, day and SHA-256 beside it; one that is here and
    has not changed is not fetched again. `book add` then takes them. `lib/fetching/feeds.yml` says where they are.

    **Examples**

    - `book fetch --list` says which feeds there are
    - `book fetch usgs-mcs` fetches the newest Mineral Commodity Summaries, to `_build/fetched/usgs-mcs/`
    - `COMTRADE_KEY=… book fetch un-comtrade` fetches from UN Comtrade, which asks for a key

    **Exit codes** 0 done; 1 a feed failed; 2 there is no feed of that name.

    **Files** reads `lib/fetching/feeds.yml`; writes DIR.
    """
    from lib.fetching import feeds as known
    from lib.fetching.errors import FetchError
    from lib.fetching.fetch import FOLDER
    from lib.fetching.fetch import fetch as fetched

    try:
        if listing:
            _print_feeds(known.chosen(known.read(), feeds or []))
            return
        strange = [name for name in feeds or [] if name not in known.read()]
        if strange:
            _usage(f"there is no feed {strange[0]}", f"use one of {', '.join(known.read())}")
        for event in fetched(feeds or [], to or _root() / FOLDER):
            _console().print(str(event), markup=False, highlight=False, soft_wrap=True)
            if event.path:
                _console().print(f"  {event.path}", markup=False, highlight=False, soft_wrap=True)
    except FetchError as error:
        _fail(str(error), "Nothing was left half-written.")
    except KeyboardInterrupt:
        _say_error("interrupted", "What was fetched whole is kept.")
        raise typer.Exit(130) from None


def _print_feeds(listed) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("feed", "publisher", "what", "address"):
        table.add_column(name, overflow="fold")
    for feed in listed:
        table.add_row(*(Text(cell) for cell in (feed.id, feed.publisher, feed.what, feed.address)))
    _console().print(table)


def _day(text: str | None, option: str):
    import datetime as dt

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        _usage(f"{option} must be a day such as 2027-01-31, not {text!r}")


def _print_outcome(outcome, dry_run: bool) -> None:
    """What is in the files, what became of it, and what to do next."""
    from rich.table import Table
    from rich.text import Text

    from lib.intake.comparing import Status

    columns = ("file", "published by", "edition", "table", "periods", "new", "revised", "repeated", "there")
    shown = Table(box=None, pad_edge=False)
    for name in columns:
        shown.add_column(name, overflow="fold")
    for part in outcome.parts:
        counts = part.counts()
        told = [f"{counts[status]:,}" for status in (Status.NEW, Status.REVISED, Status.REPEATED, Status.SAME)]
        cells = (part.file, part.publication.publisher, part.publication.edition, part.table.name, part.periods())
        shown.add_row(*(Text(cell) for cell in (*cells, *told)))
    console = _console()
    if outcome.parts:
        console.print(shown)
    _print_revised(outcome)
    for file, reasons in outcome.left_out.items():
        for reason, count in reasons.items():
            console.print(f"{file}: {count:,} rows left out: {reason}", markup=False, highlight=False)
    for note in outcome.notes:
        console.print(note, markup=False, highlight=False)
    _print_ending(outcome, dry_run)


def _print_revised(outcome) -> None:
    """The figures that a later vintage changes, with those they are laid beside."""
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
        _print_list("Revised figures", ("table", "row", "known", "in the file"), rows, more="")


def _print_ending(outcome, dry_run: bool) -> None:
    console = _console()
    if outcome.held:
        console.print(_problem_table(outcome.held))
        _fail(
            f"{len(outcome.held)} figures jump beyond what data/datapackage.json calls plausible; nothing was added",
            "Look at them in the file. If they are right: --accept-jumps",
        )
    if outcome.undated and not dry_run:
        _fail(
            f"no day of publication in {', '.join(outcome.undated)}; nothing was added",
            "Give the day on which its publisher put it online: --published 2027-01-31",
        )
    if not outcome.added:
        console.print("Nothing is new: the tables hold all of it.", highlight=False)
    elif dry_run:
        console.print(f"{outcome.added:,} rows would be added; nothing was changed.", highlight=False)
        if outcome.undated:
            console.print("The files do not say when they became public: add them with --published.", highlight=False)
    else:
        console.print(f"{outcome.added:,} rows added.", highlight=False)
        console.print(f"Now: book build, and {_diff_command(outcome.days())} to see what changed.", highlight=False)


def _diff_command(days: list[str]) -> str:
    import datetime as dt

    before = dt.date.fromisoformat(days[0]) - dt.timedelta(days=1)
    return f"book diff {before} {days[-1]}"


@app.command()
def own(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty.")],
    example: Annotated[bool, typer.Option("--example", help="With made-up rows that show how it is done.")] = False,
) -> None:
    """Make a folder for figures of your own: headers of the tables that are mostly added to, and how to use it.

    **Examples**

    - `book own my-data` makes `my-data/rows/` and `my-data/tables/`
    - `book own try --example` holds a made-up plant, reserve and month of exports; `book diff --data try` shows what
      they change

    **Exit codes** 0 done; 1 there is something in the folder.

    **Files** reads `data/datapackage.json`; writes DIR.
    """
    with _failures():
        from lib.publish import own as owns

        made = owns.template(_data(_root()), directory, example)
    for path in made:
        print(path)


@app.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder with datapackage.json. Default: the book's data/.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Check a data folder against its dictionary and the rules between tables.

    Each problem is shown with file, row (the header is row 1), column, value, the rule it breaks and what to do.

    **Examples**

    - `book check` checks the data of the book
    - `book check ~/other-data` checks another folder
    - `book check --data my-data` checks your own tables and rows as they are laid over those of the book

    Claims whose verdict the data have changed are named too, since their explanation has to be read again; that is
    no mistake of the data.

    **Exit codes** 0 no problems; 1 problems found; 2 no such folder.

    **Files** reads `DIR/datapackage.json` and the tables it names; writes nothing.
    """
    with _failures():
        folder = directory or _data(_root(), data)
    if not folder.is_dir():
        _usage(f"there is no folder {folder}", "name a folder that holds datapackage.json")
    with _failures():
        from lib import checks

        problems = checks.check(folder)
        notes = [] if problems else _claims_to_read_again(folder)
    if not problems:
        _console().print(f"No problems in [bold]{folder}[/].", highlight=False)
        for note in notes:
            _console().print(f"Claim {note}", markup=False, highlight=False)
        return
    _console().print(_problem_table(problems))
    _console(stderr=True).print(
        f"[red]{len(problems)} problem{'s' if len(problems) != 1 else ''}[/] in {folder}", highlight=False
    )
    raise typer.Exit(1)


def _claims_to_read_again(folder: Path) -> list[str]:
    """The claims whose verdict is no longer the one that their explanation was written for."""
    from lib import catalog, claims

    with catalog.reading(folder):
        has_claims = any(entry["name"] == "claims" for entry in catalog.dictionary()["resources"])
        return claims.disagreements() if has_claims else []


def _problem_table(problems):
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    for name in ("file", "row", "column", "value", "rule", "what to do"):
        table.add_column(name, overflow="fold")
    for p in problems:
        row = "" if p.row is None else str(p.row)
        table.add_row(*(Text(str(cell)) for cell in (p.file, row, p.column, p.value, p.rule, p.remedy)))
    return table


@app.command()
def run(
    chapter: Annotated[str | None, typer.Argument(help="A notebook of the book, such as `reserves`.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter; repeat for more.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the parameters instead of running.")] = False,
    data: DataOption = None,
    engine: EngineOption = Engine.FORK,
) -> None:
    """Run one notebook with parameters of your own.

    Writes the executed notebook and a small site of it, and prints its facts. The book itself is left as it is.
    Parameters are checked before anything runs: their names, and their types against the notebook's defaults.

    **Examples**

    - `book run --list` lists all notebooks and their parameters
    - `book run reserves` runs the chapter as it stands
    - `book run reserves -p as_of=2020-12-31 -p top=5` runs it as it could have been written on that day
    - `book run reserves --data my-data` runs it on figures of your own
    - `book run processing -p as_of=` leaves the date open: everything published so far

    Lists are written `a,b,c` or `[1, 2]`; truth values `true` or `false`.

    **Exit codes** 0 done; 1 a cell failed; 2 unknown notebook or parameter, or a value of the wrong type.

    **Files** reads `chapters/` and `data/`; writes `_build/runs/CHAPTER/PARAMETERS/`: `index.html`, `CHAPTER.ipynb`,
    `facts.json`.
    """
    root = _root()
    if chapter is None and not listing:
        _usage("which notebook?", "book run reserves, or book run --list for all")
    with _failures():
        from lib.publish import plan

        if listing:
            _print_parameters(root, [plan.find(root, chapter)] if chapter else plan.notebooks(root))
            return
        given = plan.split_assignments(parameter or [])
        plan.job(root, plan.find(root, chapter), given)  # mistakes are told before the heavy imports
        folder = _data(root, data)
        from lib.publish import make

        with _progress() as progress:
            made = make.run(root, folder, chapter, given, engine=engine, progress=progress)
    _print_facts(made.records)
    for label, path in (("Notebook", next(iter(made.executed.values()))), ("Page", made.site / "index.html")):
        _console().print(f"{label}: {path}", highlight=False, soft_wrap=True)


def _print_parameters(root: Path, pages) -> None:
    from rich.table import Table
    from rich.text import Text

    from lib.publish import plan

    table = Table(box=None, pad_edge=False)
    for name in ("notebook", "parameter", "type", "default", "meaning"):
        table.add_column(name, overflow="fold")
    for page in pages:
        for p in plan.parameters(page.path, str(page.path.relative_to(root))):
            cells = (page.name, p.name, p.type_words, repr(p.default), p.meaning)
            table.add_row(*(Text(cell) for cell in cells))
    _console().print(table)


def _print_facts(records) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"Facts as of {records.as_of or 'today'}", title_justify="left", box=None, pad_edge=False)
    for name in ("fact", "value", "scope", "period"):
        table.add_column(name, overflow="fold")
    for fact in records.facts[:FACTS_SHOWN]:
        cells = (fact["name"], fact.get("text", ""), fact.get("scope", ""), fact.get("period", ""))
        table.add_row(*(Text(str(cell)) for cell in cells))
    if not records.facts:
        _console().print(f"No facts as of {records.as_of or 'today'}.", highlight=False)
        return
    _console().print(table)
    if len(records.facts) > FACTS_SHOWN:
        _console().print(f"… and {len(records.facts) - FACTS_SHOWN} more in facts.json", highlight=False)


@app.command()
def build(
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The book as it could have been written on this day.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day with which the page of changes compares.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="CHAPTER", help="Run this notebook anew; take the others from their last run.")
    ] = None,
    past: Annotated[
        bool | None,
        typer.Option(
            "--past/--no-past", help="With the editions of past days, or without. Default: with, but for --data."
        ),
    ] = None,
    data: DataOption = None,
    workers: WorkersOption = None,
    engine: EngineOption = Engine.FORK,
    scheduler: SchedulerOption = None,
    why: Annotated[bool, typer.Option("--why", help="Say for each page that runs why it does.")] = False,
) -> None:
    """Run the notebooks that are stale and build the site.

    A page is stale when its notebook, its parameters, the code that it imports, a table that it read or the locked
    packages changed; of a table that it read as known on a day, the rows that were public by then count. What was run
    from the same files before is taken from `_build/cache/`. The site replaces the previous one only when it is
    complete: after a failed cell, a warning of Jupyter Book or an interrupt, `_build/html` is as it was. One page that
    fails does not keep others from running.

    The editions of past days that `chapters/variants.yml` names are built too, and so are its pages of one notebook
    with several parameters. An edition of another day is put into the site beside them, and stays. The page of changes
    compares with the newest 30 June that lies a year or more before the day of the book.

    **Examples**

    - `book build` builds the book
    - `book build --why` says what made pages stale
    - `book build --no-past` leaves the editions of past days as they are
    - `book build --as-of 2023-06-30` builds the edition of that day, to `_build/html/editions/2023-06-30/`
    - `book build --since 2024-06-30` says what changed since that day
    - `book build --data my-data` builds the book on figures of your own, to `_build/own/html/`
    - `book build --only reserves` runs one chapter, for quick drafts
    - `book build --scheduler tcp://10.0.0.5:8786` has the workers of a Dask cluster run the notebooks

    **Exit codes** 0 done; 1 a cell failed or the site has warnings; 2 wrong date or unknown chapter.

    **Files** reads `_config.yml`, `_toc.yml`, notebooks and `data/`; writes `_build/html/`; keeps executed notebooks in
    `_build/executed/`, `_build/editions/` and `_build/cache/`.
    """
    root = _root()
    with _failures():
        from lib.publish import agenda, plan

        if only:
            plan.find(root, only)
        folder = _data(root, data)
        past = data is None if past is None else past
        planned = agenda.of_book(root, folder, as_of=as_of, since=since, past=past)
        if not only and planned.is_fresh():
            place = planned.place(planned.editions[0])
            said = f"Nothing has changed: all {len(planned.tasks)} pages are as their files are."
            print(said, f"Open {place / 'index.html'}")
            return
        from lib.publish import make

        with _progress() as progress:
            settings = {"workers": workers, "engine": engine, "scheduler": scheduler, "progress": progress}
            settings["explain"] = _explain if why else None
            made = make.book(root, folder, as_of=as_of, since=since, only=only, past=past, **settings)
    _console().print(
        f"{len(made.executed)} notebooks, {len(made.records.facts)} facts, {len(made.records.figures)} figures, "
        f"{len(made.records.sources)} sources. Open {made.site / 'index.html'}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def diff(
    first: Annotated[str | None, typer.Argument(metavar="[DAY]", help="The earlier day, such as 2025-06-30.")] = None,
    second: Annotated[str | None, typer.Argument(metavar="[DAY]", help="The later day.")] = None,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all of it to this file.")] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Write it for people, such as for a change request."),
    ] = None,
    data: DataOption = None,
    workers: WorkersOption = None,
) -> None:
    """Say what changed in the book between two days, or by figures of your own.

    Sentences, numbers, figures and claims that read differently, and revised cells of the tables. The notebooks are
    run as they could have been written on each day, or with and without your figures; what ran before is taken over.

    **Examples**

    - `book diff 2025-06-30 2026-06-30` shows what a year of publications moved
    - `book diff 2025-06-30 2026-06-30 --json moved.json` writes it for programs, with every source
    - `book diff --data my-data` shows what your own figures change

    **Exit codes** 0 done, changed or not; 1 a cell failed; 2 a day is not one, or they are not in order.

    **Files** reads notebooks and `data/`; keeps executed notebooks in `_build/editions/` or `_build/own/`; writes FILE.
    """
    root = _root()
    if (first is None or second is None) and (data is None or first):
        _usage("between which days?", "book diff 2025-06-30 2026-06-30, or book diff --data my-data")
    with _failures():
        from lib.publish import make, plan

        for day in filter(None, (first, second)):
            plan.jobs(root, {"as_of": day})  # mistakes are told before the heavy imports
        folder = _data(root, data)
        with _progress() as progress:
            options = {"workers": workers, "progress": progress}
            if first and second:
                found = make.diff(root, folder, first, second, **options)
            else:
                found = make.diff_own(root, _data(root), folder, **options)
    _print_changes(found)
    for path, write in ((to, _as_json), (markdown, _as_markdown)):
        if path:
            _write(path, write(found))
            _console().print(f"All of it: {path}", highlight=False, soft_wrap=True)


def _print_changes(found: dict) -> None:
    sides = ("the book", "with your figures") if "own" in found else (found["from"], found["to"])
    sentences = [(entry["page"], entry["before"] or "", entry["after"] or "") for entry in found["sentences"]]
    numbers = [
        (
            entry["id"],
            entry["change"],
            *((entry[side] or {}).get("text", "") for side in SIDES),
            ", ".join(entry["because"]),
        )
        for entry in found["facts"]
    ]
    pictures = [
        (entry["name"], entry["change"], entry["before"] or "", entry["after"] or "") for entry in found["figures"]
    ]
    claims = [
        (entry["id"], entry["change"], *((entry[side] or {}).get("verdict") or "" for side in SIDES))
        for entry in found["claims"]
    ]
    cells = [
        (
            entry["table"],
            ", ".join(map(str, entry["key"].values())),
            *(f"{entry[side]:,.10g} {entry['unit']}".strip() for side in SIDES),
        )
        for entry in found["revisions"]
    ]
    _print_list("Sentences", ("page", *sides), sentences)
    _print_list("Numbers", ("id", "change", *sides, "because of"), numbers)
    _print_list("Figures", ("name", "change", *sides), pictures)
    _print_list("Claims", ("id", "change", *sides), claims)
    _print_list("Revised cells, those that numbers rest on first", ("table", "row", *sides), cells)


def _explain(name: str, why: str) -> None:
    _console(stderr=True).print(f"{name} runs, because {why}", highlight=False, soft_wrap=True)


def _print_list(title: str, names: tuple[str, ...], rows: list[tuple], more: str = " with --json") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{title}: {len(rows)} changed", title_justify="left", box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:CHANGES_SHOWN]:
        table.add_row(*(Text(cell) for cell in row))
    _console().print(table)
    if len(rows) > CHANGES_SHOWN:
        _console().print(f"… and {len(rows) - CHANGES_SHOWN} more{more}", highlight=False)


def _as_json(found: dict) -> str:
    import json

    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _as_markdown(found: dict) -> str:
    from lib.publish import changes

    return changes.as_markdown(found)


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        _fail(f"{path} cannot be written: {error.strerror}", "name a file in a folder that is there")


@app.command()
def pdf(
    if_possible: Annotated[bool, typer.Option("--if-possible", help="Do nothing where there is no browser.")] = False,
) -> None:
    """Print each chapter and the whole book as PDF, and link them from the site.

    Pages that have not changed since they were last printed are not printed again.

    **Examples**

    - `book pdf` prints what `book build` has built
    - `book pdf --if-possible` is what `make book` calls: without a browser the site has no PDFs and no links to them

    **Exit codes** 0 done; 1 there is no site yet, or no Chromium to print with.

    **Files** reads `_build/html/`; writes `_build/html/pdf/` and a link into each chapter; keeps PDFs in `_build/pdf/`.
    """
    root = _root()
    site = root / "_build" / "html"
    if not (site / "index.html").is_file():
        _fail(f"there is no site at {site}", "run book build first")
    with _failures():
        from lib.publish import pdf, plan
        from lib.publish.lock import locked

        try:
            with locked(root / "_build"):
                made = pdf.make(site, plan.pages(root), root / "_build" / "pdf")
        except pdf.NoBrowser as error:
            if not if_possible:
                _fail("there is no browser to print with", str(error))
            _console().print("No PDFs: there is no browser to print with.", highlight=False)
            return
    for path in made:
        _console().print(f"{path} {path.stat().st_size // 1024:,} KiB", highlight=False, soft_wrap=True)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this computer; 0 takes a free one.")] = 8000,
) -> None:
    """Serve the built site on this computer only, until interrupted.

    **Examples**

    - `book serve` at http://localhost:8000
    - `book serve --port 8080`

    **Exit codes** 0 ended by Ctrl-C; 1 there is no site yet, or the port is taken.

    **Files** reads `_build/html/`.
    """
    folder = _root() / "_build" / "html"
    if not (folder / "index.html").is_file():
        _fail(f"there is no site at {folder}", "run make book first")
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args) -> None:
            pass

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder)))
    except OSError as error:
        _fail(f"port {port} cannot be used ({error.strerror})", "choose another: book serve --port 8080")
    with server:
        print(f"Serving {folder} at http://localhost:{server.server_address[1]} (Ctrl-C ends it)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


# ------------------------------------------------------------------------------------------- shared


def _root() -> Path:
    """The folder of the book: the current one if it holds `_toc.yml`, else where this package lives."""
    here = Path.cwd()
    return here if (here / "_toc.yml").is_file() else Path(__file__).resolve().parents[1]


def _data(root: Path, own: Path | None = None) -> Path:
    """The data folder: that of the book, or what a folder of the reader's own laid over it makes."""
    base = Path(os.environ.get("BOOK_DATA") or root / "data").resolve()
    if own is None:
        return base
    from lib.publish import own as owns

    return owns.lay(base, own, root / "_build" / "own" / "data")


def _console(stderr: bool = False):
    from rich.console import Console

    console = Console(stderr=stderr, soft_wrap=False)
    if not console.is_terminal:
        console.width = max(console.width, 160)  # a pipe has no width; do not fold what a program will read
    return console


def _say_error(what: str, remedy: str = "") -> None:
    from rich.markup import escape

    console = _console(stderr=True)
    console.print(f"[bold red]Error:[/] {escape(what)}", highlight=False, soft_wrap=True)
    if remedy:
        console.print(f"  {escape(remedy)}", highlight=False, soft_wrap=True)


def _usage(what: str, remedy: str = "") -> None:
    _say_error(what, remedy)
    raise typer.Exit(2)


def _fail(what: str, remedy: str = "") -> None:
    _say_error(what, remedy)
    raise typer.Exit(1)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Turn the expected failures of a command into one message and an exit code."""
    from lib.publish import plan

    try:
        yield
    except plan.UsageError as error:
        _usage("\n       ".join(error.problems))
    except plan.PlanError as error:
        _fail("\n       ".join(error.problems), "Nothing was run.")
    except KeyboardInterrupt:
        _say_error("interrupted", "The site is as it was before.")
        raise typer.Exit(130) from None
    except (typer.Exit, SystemExit):
        raise
    except Exception as error:
        if not _told(error):
            raise


def _told(error: Exception) -> bool:
    """Report an error of the build; False when it is not one that the build is expected to raise."""
    name = type(error).__name__
    failures = error.failures if name == "PagesFailed" else [error]
    if name in ("PagesFailed", "CellFailed"):
        _say_failures(failures)
        _console(stderr=True).print("The site is as it was before. Pages that did not fail are kept.", highlight=False)
        raise typer.Exit(1)
    if name in ("Refused", "OwnDataError"):
        _console().print(_problem_table(error.problems))
        number = f"{len(error.problems)} problem{'s' * (len(error.problems) != 1)}"
        _fail(f"{number}; nothing was {'added' if name == 'Refused' else 'built'}")
    remedies = {
        "ClusterError": "Nothing was run.",
        "KernelFailed": "Try again; if it happens again, use --workers 1.",
        "RecordsError": "The site is as it was before.",
        "SiteError": "Mend what these lines name. The site is as it was before.",
        "PolicyError": "Move the script into a file. The site is as it was before.",
        "StyleError": "Put the file beside the style sheet. The site is as it was before.",
        "Busy": "",
    }
    if name in remedies:
        _fail(str(error), remedies[name])
    return False


def _say_failures(failures: list[Exception]) -> None:
    """Each failure; a cell that fails in the same way in other editions is shown once."""
    shown = set()
    for failure in failures:
        is_cell = type(failure).__name__ == "CellFailed"
        key = (failure.source, failure.error) if is_cell else str(failure)
        if is_cell and key not in shown:
            _say_cell(failure)
        else:
            _say_error(f"{failure}{' (as above)' if is_cell else ''}")
        shown.add(key)


def _say_cell(error) -> None:
    """A failing cell: where, its source with line numbers, and the end of the traceback."""
    from rich.syntax import Syntax

    _say_error(f"{error.notebook}, cell {error.cell} failed: {error.error}")
    console = _console(stderr=True)
    console.print(Syntax(error.source, "python", line_numbers=True, word_wrap=True, background_color="default"))
    console.print(error.traceback, markup=False, highlight=False)


@contextlib.contextmanager
def _progress() -> Iterator:
    """Tell which pages run, how many are left and for how long; plain lines when there is no terminal.

    Lines stand in the order of the pages, whichever ends first.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = _console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    lines: dict[str, str] = {}
    running: list[str] = []
    told = 0
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("pages", total=None)

        def tell(name: str, event: str, seconds: float) -> None:
            nonlocal told
            if event == "planned":
                lines[name] = ""
            elif event in ("started", "retried"):
                running.append(name)
            else:
                running[:] = [other for other in running if other != name]
                lines[name] = f"{name}: {ENDINGS[event].format(seconds=seconds)}"
            if event == "retried":
                console.print(f"{name}: its kernel failed, trying once more", highlight=False)
            for line in list(lines.values())[told:]:
                if not line:
                    break
                told += 1
                console.print(f"{line}, {len(lines) - told} left", highlight=False)
            finished = sum(map(bool, lines.values()))
            waiting = len(lines) - finished - len(running)
            label = f"running {', '.join(running)}; {waiting} wait" if running else "building the site"
            bar.update(task, completed=finished, total=len(lines) or None, description=label)

        yield tell
    console.print(f"Took {time.monotonic() - began:.0f} s", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
