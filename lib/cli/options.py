"""Options that several commands have, and the folders that they work on."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lib.errors import Misused
from lib.paths import CHECKOUT, LIB


class Engine(StrEnum):
    """Engines that run notebooks: kernels forked from a process with all imports done, or papermill's own engine."""

    FORK = "fork"
    STANDARD = "standard"


EngineOption = Annotated[
    Engine, typer.Option(help="Fork kernels from one warm process, or start them one by one, which takes longer.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=64, help="How many notebooks run at the same time. Default: one more than there are cores."
    ),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler that runs the notebooks, such as tcp://host:8786."),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="A folder of your own tables or rows, used with those of data/."),
]


def root_folder() -> Path:
    """Return the folder of the book: the current one if it holds `_toc.yml`, else where this package lives.

    Raises Misused where neither is a book, and in another checkout, whose pages this code would not make as its own.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise Misused("the current folder no longer exists", "Change to another folder.") from None
    root = here if (here / "_toc.yml").is_file() else CHECKOUT
    if not (root / "_toc.yml").is_file():
        raise Misused(f"{here} is not a book: it has no _toc.yml", "Run the command in the folder of the book.")
    if _is_other_checkout(root):
        raise Misused(
            f"{root} is a checkout of the book with code of its own, and this command runs the code in {CHECKOUT}",
            "Run `.venv/bin/book` there; `make book` installs it.",
        )
    return root


def _is_other_checkout(root: Path) -> bool:
    """Return whether a folder is a checkout of the book that has other code than this command runs."""
    code, project = root / "lib" / "__init__.py", root / "pyproject.toml"
    if not (code.is_file() and project.is_file()) or code.samefile(LIB / "__init__.py"):
        return False
    return bool(re.search(r'^name\s*=\s*"industrial-vitamins"', project.read_text("utf-8", "replace"), re.MULTILINE))


def data_folder(root: Path, own: Path | None = None) -> Path:
    """Return the data folder: that of the book, or what a folder of the reader's own laid over it makes."""
    base = Path(os.environ.get("BOOK_DATA") or root / "data").resolve()
    if own is None:
        return base
    from lib.disk.lock import locked
    from lib.intake import overlay as owns

    folder = owns.place(root) / "data"
    if laid := owns.laid(base, own, folder):
        return laid
    with locked(root / "_build"):
        return owns.lay(base, own, folder)


def as_day(text: str | None, option: str):
    from lib.tables import asof

    try:
        return asof.as_day(text) if text else None
    except ValueError:
        raise Misused(f"{option} must be a day such as 2027-01-31, not {text!r}") from None
