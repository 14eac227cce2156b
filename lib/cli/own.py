"""`book own`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import terminal
from lib.cli.options import data_folder, root_folder


def own(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    example: Annotated[bool, typer.Option("--example", help="Include made-up rows as examples.")] = False,
) -> None:
    """Make a folder for your own figures, with a guide and the headers of the tables to which rows are often added.

    **Examples**

    - `book own my-data` makes `my-data/rows/` and `my-data/tables/`
    - `book own try --example` adds a made-up plant, reserve and month of exports; `book diff --data try` shows what
      they change

    **Exit codes** 0 done; 1 the folder is not empty.

    **Files** reads `data/datapackage.json`; writes DIR.
    """
    from lib.intake import overlay as owns

    made = owns.template(data_folder(root_folder()), directory, example)
    for path in made:
        terminal().print(str(path), markup=False, highlight=False, soft_wrap=True)
