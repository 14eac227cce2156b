"""How any command ends when something goes wrong: one message that says what and where, and what to do."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path

import typer

from lib.cli.console import problem_table, say_error, terminal
from lib.cli.options import root_folder
from lib.errors import FAILED, BookError
from lib.paths import CHECKOUT, LIB
from lib.tables.problems import FileProblems

INTERRUPTED = 130
debugging = ContextVar("debugging", default=False)
"""Whether a message is followed by the traceback of the error."""


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with a message and an exit status, whatever is raised in it."""

    @functools.wraps(command)
    def wrapper(*arguments, **options) -> None:
        with _failures(command.__name__):
            command(*arguments, **options)

    return wrapper


@contextlib.contextmanager
def _failures(command: str) -> Iterator[None]:
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        say_error("interrupted", "Earlier files are unchanged; finished work is kept.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:  # whoever read the output has left
            raise
        status = _say(error, command)
        if debugging.get():
            terminal(stderr=True).print("".join(traceback.format_exception(error)), markup=False, highlight=False)
        raise typer.Exit(status) from None


def _say(error: Exception, command: str) -> int:
    """Say what went wrong; returns the exit status."""
    if isinstance(error, BookError):
        _say_expected(error)
        return error.status
    if isinstance(error, OSError) and (problem := _told_of_storage(error)):
        say_error(*problem)
    else:
        _say_fault(error, command)
    return FAILED


def _say_expected(error: BookError) -> None:
    from lib.build.execute import PagesFailed
    from lib.build.worker import CellFailed

    message, remedy = error.message, _with_full_disks(error)
    if isinstance(error, FileProblems):
        terminal().print(problem_table(error.problems))
        message = error.summary
    elif isinstance(error, PagesFailed | CellFailed):
        _say_failures(error.failures if isinstance(error, PagesFailed) else [error])
        terminal(stderr=True).print(remedy, markup=False, highlight=False)
        return
    elif isinstance(error.__cause__, OSError) and (problem := _told_of_storage(error.__cause__)):
        message, remedy = f"{message} ({problem[0]})", problem[1]
    say_error(message, remedy)


def _say_fault(error: Exception, command: str) -> None:
    """Say of an error that nobody expected where it was raised, and how to report it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(LIB)]
    where = f" ({Path(frames[-1].filename).relative_to(CHECKOUT)}, line {frames[-1].lineno})" if frames else ""
    what = traceback.format_exception_only(error)[-1].strip()
    say_error(
        f"{what}{where}",
        f"This is a bug in the code of the book. `book --debug {command} …` shows the traceback; please report it as "
        "an issue of the repository, with the template `Something fails`.",
    )


def _with_full_disks(error: BookError) -> str:
    """Return the remedy, with the disks that are full: what failed may not have said so."""
    from lib.disk import storage

    full = storage.full(_places()) if error.status == FAILED else []
    advice = f"The disk of {', '.join(map(str, full))} is full. {storage.FULL}" if full else ""
    return " ".join(filter(None, [error.remedy, advice]))


def _told_of_storage(error: OSError) -> tuple[str, str] | None:
    """Say which place a disk error or lack of rights concerns, and what to do; None for other errors."""
    from lib.disk import storage

    problem = storage.told(error, _places())
    return problem and (problem[0], f"{problem[1]} Earlier files are unchanged.")


def _places() -> list[Path]:
    """List where commands write to."""
    try:
        root = root_folder()
    except BookError:
        return []
    return [root, root / "_build", Path(os.environ.get("BOOK_DATA") or root / "data")]


def _say_failures(failures: list[BookError]) -> None:
    """Print each failure; a cell that fails in the same way in other editions is shown once."""
    from lib.build.worker import CellFailed

    printed = set()
    for failure in failures:
        if not isinstance(failure, CellFailed):
            say_error(failure.message)
        elif (failure.source, failure.error) in printed:
            say_error(f"{failure.message} (as above)")
        else:
            _say_cell(failure)
            printed.add((failure.source, failure.error))


def _say_cell(error) -> None:
    """Print a failing cell: where it is, its source with line numbers, and the end of the traceback."""
    from rich.syntax import Syntax

    say_error(f"{error.notebook}, cell {error.cell} failed: {error.error}")
    console = terminal(stderr=True)
    console.print(Syntax(error.source, "python", line_numbers=True, word_wrap=True, background_color="default"))
    console.print(error.traceback, markup=False, highlight=False)
