"""What commands say: to a person at a terminal, or to what reads a pipe."""

from __future__ import annotations

import typer

CHANGES_SHOWN = 25


def terminal(stderr: bool = False):
    from rich.console import Console

    console = Console(stderr=stderr, soft_wrap=False)
    if not console.is_terminal:
        console.width = max(console.width, 160)  # a pipe has no width; do not fold what a program will read
    return console


def say_error(what: str, remedy: str = "") -> None:
    from rich.markup import escape

    console = terminal(stderr=True)
    console.print(f"[bold red]Error:[/] {escape(what)}", highlight=False, soft_wrap=True)
    if remedy:
        console.print(f"  {escape(remedy)}", highlight=False, soft_wrap=True)


def usage(what: str, remedy: str = "") -> None:
    say_error(what, remedy)
    raise typer.Exit(2)


def fail(what: str, remedy: str = "") -> None:
    say_error(what, remedy)
    raise typer.Exit(1)


def problem_table(problems):
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    for name in ("file", "row", "column", "value", "rule", "what to do"):
        table.add_column(name, overflow="fold")
    for p in problems:
        row = "" if p.row is None else str(p.row)
        table.add_row(*(Text(str(cell)) for cell in (p.file, row, p.column, p.value, p.rule, p.remedy)))
    return table


def print_list(title: str, names: tuple[str, ...], rows: list[tuple], more: str = " with --json") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{title}: {len(rows)} changed", title_justify="left", box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:CHANGES_SHOWN]:
        table.add_row(*(Text(cell) for cell in row))
    terminal().print(table)
    if len(rows) > CHANGES_SHOWN:
        terminal().print(f"… and {len(rows) - CHANGES_SHOWN} more{more}", highlight=False)
