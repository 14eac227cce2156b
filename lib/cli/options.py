"""Options that several commands have, and the folders that they work on."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import usage
from lib.paths import CHECKOUT


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


def root_folder() -> Path:
    """The folder of the book: the current one if it holds `_toc.yml`, else where this package lives."""
    here = Path.cwd()
    return here if (here / "_toc.yml").is_file() else CHECKOUT


def data_folder(root: Path, own: Path | None = None) -> Path:
    """The data folder: that of the book, or what a folder of the reader's own laid over it makes."""
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
        usage(f"{option} must be a day such as 2027-01-31, not {text!r}")
