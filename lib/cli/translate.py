"""`book translate`."""

from __future__ import annotations

from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import root_folder


def translate(
    language: Annotated[
        str | None,
        typer.Argument(metavar="LANGUAGE", help="A language to begin, such as fr. Default: those there are."),
    ] = None,
) -> None:
    """Bring the catalogues of translations up to the book, and say what each still lacks.

    New texts are added without a translation. Where a text changed, its entry keeps the translation and the former text
    and is marked as fuzzy. What is gone is kept at the end of the file, and comes back with its text. Nothing else is
    changed, so a second run changes nothing.

    **Examples**

    - `book translate` updates all catalogues and lists them
    - `book translate fr` begins one in French for each page

    **Exit codes** 0 done; 1 a catalogue is broken, or the book has not been built; 2 no such language.

    **Files** reads the notebooks, as they were last executed by `book build`; writes
    `locale/<language>/LC_MESSAGES/*.po`.
    """
    from rich.table import Table

    from lib.languages import extraction
    from lib.languages.catalogues import State

    root = root_folder()
    extraction.update(root, root / "_build" / "executed", language)
    table = Table(box=None, pad_edge=False)
    for name in ("language", "catalogue", *(state.value for state in State), "translator"):
        table.add_column(name)
    for entry in extraction.overview(root):
        counts = (str(entry.counted[state]) for state in State)
        table.add_row(entry.language, entry.name, *counts, entry.translator)
    terminal().print(table)
