"""`book check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import DataOption, data_folder, root_folder
from lib.errors import Misused
from lib.tables.problems import FileProblems


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
    - `book check --data my-data` checks your own tables and rows together with those of the book

    The command also names claims whose verdict the data have changed, because a person has to reread their explanation,
    and measures whose printed end has passed without a later source or comes within 30 days. Neither is an error in the
    data.

    **Exit codes** 0 no problems; 1 problems found; 2 no such folder.

    **Files** reads `DIR/datapackage.json` and the tables it names; writes nothing.
    """
    folder = directory or data_folder(root_folder(), data)
    if not folder.is_dir():
        raise Misused(f"there is no folder {folder}", "Name a folder that contains datapackage.json.")
    from lib.tables import checks

    if problems := checks.check(folder):
        raise FileProblems(problems, f" in {folder}")
    terminal().print(f"No problems in {folder}.", markup=False, highlight=False)
    for note in (*_claims_to_read_again(folder), *_ends_to_look_at(folder)):
        terminal().print(note, markup=False, highlight=False)


def _claims_to_read_again(folder: Path) -> list[str]:
    """List the claims whose verdict is no longer the one that their explanation was written for."""
    from lib import claims
    from lib.tables import catalog

    with catalog.reading(folder):
        has_claims = any(entry["name"] == "claims" for entry in catalog.dictionary()["resources"])
        return [f"Claim {note}" for note in claims.disagreements()] if has_claims else []


def _ends_to_look_at(folder: Path) -> list[str]:
    """List each printed end of a measure that has passed without a later source, or passes soon, in a sentence."""
    import datetime as dt

    from lib import cite
    from lib.indicators import controls
    from lib.tables import catalog

    with catalog.reading(folder):
        if not any(entry["name"] == "measures" for entry in catalog.dictionary()["resources"]):
            return []
        day = max(dt.date.today(), catalog.vintage())
        ends = controls.printed_ends(catalog.table("measures"), day)
    rows = zip(ends["id"], ends["instrument"], ends["end"], ends["days"], ends["known_to"], strict=True)
    return [
        f"Measure {key} ({instrument}): its printed end, {cite.written(end)}, "
        + (f"passed {-days} days ago" if days < 0 else f"comes in {days} days")
        + f"; its status is known up to {cite.written(known_to)}, so look for a later source."
        for key, instrument, end, days, known_to in rows
    ]
