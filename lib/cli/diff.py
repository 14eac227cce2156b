"""`book diff`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from lib.cli.console import print_list, terminal
from lib.cli.options import DataOption, WorkersOption, data_folder, root_folder
from lib.cli.progress import shown_progress
from lib.errors import BookError, Misused

SIDES = ("before", "after")


def diff(
    first: Annotated[str | None, typer.Argument(metavar="[DAY]", help="The earlier day, such as 2025-06-30.")] = None,
    second: Annotated[str | None, typer.Argument(metavar="[DAY]", help="The later day.")] = None,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all changes to this file.")] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Write them as Markdown, for instance for a pull request."),
    ] = None,
    data: DataOption = None,
    workers: WorkersOption = None,
) -> None:
    """Show what changed in the book between two days, or what your own figures change.

    The command lists sentences, numbers, figures and claims that differ, and revised cells of the tables. It runs the
    notebooks as they could have been written on each day, or with and without your figures; it reuses earlier runs.

    **Examples**

    - `book diff 2025-06-30 2026-06-30` shows what a year of publications changed
    - `book diff 2025-06-30 2026-06-30 --json moved.json` writes it for programs, with every source
    - `book diff --data my-data` shows what your own figures change

    **Exit codes** 0 done, with or without changes; 1 a cell failed; 2 a day is not valid, or the days are not in order.

    **Files** reads notebooks and `data/`; keeps executed notebooks in `_build/editions/` or `_build/own/`; writes FILE.
    """
    root = root_folder()
    if (first is None or second is None) and (data is None or first):
        raise Misused(
            "no days are given",
            "Give two days, as in `book diff 2025-06-30 2026-06-30`, or a folder, as in `book diff --data my-data`.",
        )
    from lib import pipeline
    from lib.build import plan

    folder = data_folder(root, data)
    for day in filter(None, (first, second)):
        plan.jobs(root, {"as_of": day}, folder)
    with shown_progress() as progress:
        options = {"workers": workers, "progress": progress}
        if first and second:
            comparison = pipeline.diff(root, folder, first, second, **options)
        else:
            comparison = pipeline.diff_own(root, data_folder(root), folder, **options)
    _print_changes(comparison)
    for path, write in ((to, _as_json), (markdown, _as_markdown)):
        if path:
            _write(path, write(comparison))
            terminal().print(f"All changes: {path}", highlight=False, soft_wrap=True)


def _print_changes(comparison: dict) -> None:
    sides = ("the book", "with your figures") if "own" in comparison else (comparison["from"], comparison["to"])
    sentences = [(entry["page"], entry["before"] or "", entry["after"] or "") for entry in comparison["sentences"]]
    numbers = [
        (
            entry["id"],
            entry["change"],
            *((entry[side] or {}).get("text", "") for side in SIDES),
            ", ".join(entry["because"]),
        )
        for entry in comparison["facts"]
    ]
    pictures = [
        (entry["name"], entry["change"], entry["before"] or "", entry["after"] or "") for entry in comparison["figures"]
    ]
    claims = [
        (entry["id"], entry["change"], *((entry[side] or {}).get("verdict") or "" for side in SIDES))
        for entry in comparison["claims"]
    ]
    cells = [
        (
            entry["table"],
            ", ".join(map(str, entry["key"].values())),
            *(f"{entry[side]:,.10g} {entry['unit']}".strip() for side in SIDES),
        )
        for entry in comparison["revisions"]
    ]
    print_list("Sentences", ("page", *sides), sentences)
    print_list("Numbers", ("id", "change", *sides, "because of"), numbers)
    print_list("Figures", ("name", "change", *sides), pictures)
    print_list("Claims", ("id", "change", *sides), claims)
    ends = [(entry["id"], entry["name"], entry["end"], str(entry["days"])) for entry in comparison.get("ends", [])]
    if ends:
        print_list(
            "Measures whose printed end has passed, with no later report",
            ("id", "measure", "printed end", "days since"),
            ends,
        )
    print_list("Revised cells, first those that numbers of the book use", ("table", "row", *sides), cells)


def _as_json(comparison: dict) -> str:
    import json

    return json.dumps(comparison, ensure_ascii=False, indent=1) + "\n"


def _as_markdown(comparison: dict) -> str:
    from lib.compare import changes

    return changes.as_markdown(comparison)


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise BookError(f"{path} cannot be written", "Name a file in an existing folder.") from error
