"""`book own`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import data_folder, root_folder


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
    from lib.intake import overlay as owns

    made = owns.template(data_folder(root_folder()), directory, example)
    for path in made:
        terminal().print(str(path), markup=False, highlight=False, soft_wrap=True)
