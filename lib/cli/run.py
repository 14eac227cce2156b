"""`book run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import DataOption, Engine, EngineOption, data_folder, root_folder
from lib.cli.progress import shown_progress
from lib.errors import Misused

FACTS_SHOWN = 15


def run(
    chapter: Annotated[str | None, typer.Argument(help="A notebook of the book, such as `reserves`.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter; can be repeated.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the parameters instead of running.")] = False,
    data: DataOption = None,
    engine: EngineOption = Engine.FORK,
) -> None:
    """Run one notebook with parameters of your own.

    Writes the executed notebook and a small site of it, and prints its facts. The book itself does not change.
    Parameters are checked before anything runs: their names, their types against the notebook's defaults, and their
    ranges, which `--list` shows.

    **Examples**

    - `book run --list` lists all notebooks and their parameters
    - `book run reserves` runs the chapter with its default parameters
    - `book run reserves -p as_of=2020-12-31 -p top=5` runs it as it could have been written on that day
    - `book run reserves --data my-data` runs it with your own figures
    - `book run processing -p as_of=` sets no date, so it uses everything published so far

    Write lists as `a,b,c` or `[1, 2]`, and truth values as `true` or `false`.

    **Exit codes** 0 done; 1 a cell failed; 2 unknown notebook or parameter, or a value that is not allowed.

    **Files** reads `chapters/` and `data/`; writes `_build/runs/CHAPTER/PARAMETERS/`: `index.html`, `CHAPTER.ipynb`,
    `facts.json`.
    """
    root = root_folder()
    from lib.build import plan

    if listing:
        listed = [plan.find(root, chapter)] if chapter else plan.notebooks(root)
        _print_parameters(root, listed, data_folder(root, data))
        return
    if chapter is None:
        raise Misused("no notebook is given", "Name one, as in `book run reserves`; `book run --list` lists all.")
    given = plan.split_assignments(parameter or [])
    page = plan.find(root, chapter)
    plan.job(root, page, given)  # mistakes are told before the heavy imports
    folder = data_folder(root, data)
    plan.job(root, page, given, folder)
    from lib import pipeline

    with shown_progress() as progress:
        made = pipeline.run(root, folder, chapter, given, engine=engine, progress=progress)
    _print_facts(made.records)
    for label, path in (("Notebook", next(iter(made.executed.values()))), ("Page", made.site / "index.html")):
        terminal().print(f"{label}: {path}", highlight=False, soft_wrap=True)


def _print_parameters(root: Path, pages, data: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from lib.build import plan

    table = Table(box=None, pad_edge=False)
    for name in ("notebook", "parameter", "type", "default", "meaning"):
        table.add_column(name, overflow="fold")
    for page in pages:
        for p in plan.parameters(page.path, str(page.path.relative_to(root))):
            cells = (page.name, p.name, p.type_words, repr(p.default), p.meaning)
            table.add_row(*(Text(cell) for cell in cells))
    terminal().print(table)
    terminal().print(f"as_of must be {plan.days_words(data)}, or empty.", highlight=False)


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
        terminal().print(f"No facts as of {records.as_of or 'today'}.", highlight=False)
        return
    terminal().print(table)
    if len(records.facts) > FACTS_SHOWN:
        terminal().print(f"… and {len(records.facts) - FACTS_SHOWN} more in facts.json", highlight=False)
