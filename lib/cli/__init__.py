"""The `book` command: a module for each command, and what they share.

Imports of the heavy rooms stay inside the commands, so that help is instant.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from lib.cli import add, build, check, diff, errors, fetch, mcp, own, pdf, release, run, serve, sweep, translate

app = typer.Typer(
    name="book",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Build, check and re-run the open book on rare earths.

    The book is a folder with `_toc.yml`, notebooks and `data/`. Commands work on the folder they are called in, or else
    on the folder this package was installed from.

    Exit codes: 0 done; 1 the data, a notebook or the build failed; 2 wrong use of the command; 130 interrupted.
    """,
    epilog="`book COMMAND --help` explains a command.",
)


def main() -> None:
    """Run the `book` command, which a SIGTERM ends as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except KeyboardInterrupt:  # before a command began, which says so itself
        sys.exit(errors.INTERRUPTED)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="BOOK_DEBUG", help="Show the traceback of an error.")
    ] = False,
) -> None:
    errors.debugging.set(debug)
    if version:
        from lib import cite

        print(f"book {cite.version()}")
        raise typer.Exit


COMMANDS = (
    add.add,
    fetch.fetch,
    own.own,
    check.check,
    run.run,
    sweep.sweep,
    build.build,
    diff.diff,
    translate.translate,
    pdf.pdf,
    release.release,
    serve.serve,
    mcp.mcp,
)
for command in COMMANDS:
    app.command()(errors.reported(command))
