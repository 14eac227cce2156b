"""The expected failures of a command, told as one message with what to do."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import typer

from lib.cli.console import fail, problem_table, say_error, terminal, usage
from lib.cli.options import root_folder


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Turn the expected failures of a command into one message and an exit code."""
    from lib.build import plan

    try:
        yield
    except plan.UsageError as error:
        usage("\n       ".join(error.problems))
    except plan.PlanError as error:
        fail("\n       ".join(error.problems), "Nothing was run.")
    except KeyboardInterrupt:
        say_error("interrupted", "The site is as it was before.")
        raise typer.Exit(130) from None
    except (typer.Exit, SystemExit):
        raise
    except Exception as error:
        if not _told(error):
            raise


def _told(error: Exception) -> bool:
    """Report an error of the build; False when it is not one that the build is expected to raise."""
    from lib.disk import storage

    name = type(error).__name__
    if isinstance(error, OSError) and (told := _told_of_storage(error)):
        fail(*told)
    failures = error.failures if name == "PagesFailed" else [error]
    if name in ("PagesFailed", "CellFailed"):
        _say_failures(failures)
        terminal(stderr=True).print("The site is as it was before. Pages that did not fail are kept.", highlight=False)
        raise typer.Exit(1)
    if name in ("Refused", "OwnDataError"):
        terminal().print(problem_table(error.problems))
        number = f"{len(error.problems)} problem{'s' * (len(error.problems) != 1)}"
        fail(f"{number}; nothing was {'added' if name == 'Refused' else 'built'}")
    remedies = {
        "ClusterError": "Nothing was run.",
        "KernelFailed": "Try again; if it happens again, use --workers 1.",
        "RecordsError": "The site is as it was before.",
        "SiteError": "Mend what these lines name. The site is as it was before.",
        "PolicyError": "Take it out of the table or notebook that it comes from. The site is as it was before.",
        "StyleError": "Put the file beside the style sheet. The site is as it was before.",
        "Saved": "Build again. The site is as it was before; pages whose files did not change are kept.",
        "Busy": "",
    }
    if name in remedies:
        of_storage = _told_of_storage(error.__cause__) if isinstance(error.__cause__, OSError) else None
        if of_storage:
            fail(f"{error} ({of_storage[0]})", of_storage[1])
        full = storage.full(_places()) if name == "KernelFailed" or storage.is_told_in(str(error)) else []
        if full:
            fail(str(error), f"The disk of {', '.join(map(str, full))} is full. {storage.FULL}")
        fail(str(error), remedies[name])
    return False


def _told_of_storage(error: OSError) -> tuple[str, str] | None:
    """An error of a disk or of rights with its place, and what to do."""
    from lib.disk import storage

    told = storage.told(error, _places())
    return told and (told[0], f"{told[1]} What was there before is as it was.")


def _places() -> list[Path]:
    """Where commands write to."""
    root = root_folder()
    return [root, root / "_build", Path(os.environ.get("BOOK_DATA") or root / "data")]


def _say_failures(failures: list[Exception]) -> None:
    """Each failure; a cell that fails in the same way in other editions is shown once."""
    shown = set()
    for failure in failures:
        is_cell = type(failure).__name__ == "CellFailed"
        key = (failure.source, failure.error) if is_cell else str(failure)
        if is_cell and key not in shown:
            _say_cell(failure)
        else:
            say_error(f"{failure}{' (as above)' if is_cell else ''}")
        shown.add(key)


def _say_cell(error) -> None:
    """A failing cell: where, its source with line numbers, and the end of the traceback."""
    from rich.syntax import Syntax

    say_error(f"{error.notebook}, cell {error.cell} failed: {error.error}")
    console = terminal(stderr=True)
    console.print(Syntax(error.source, "python", line_numbers=True, word_wrap=True, background_color="default"))
    console.print(error.traceback, markup=False, highlight=False)
