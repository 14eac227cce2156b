"""What commands say: to a person at a terminal, or to what reads a pipe."""

from __future__ import annotations

import re

CHANGES_SHOWN = 25
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
PICTURES = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\x7f": "\u2421", "\t": " "}


def harmless(text: str) -> str:
    """Show signs that would steer a terminal, which names of files and cells may hold, as pictures of them.

    Line ends stay. The signs that turn the direction of writing count, and what no encoding can print.
    """
    return STEERING.sub(lambda match: PICTURES.get(match[0], "\ufffd"), text)


def terminal(stderr: bool = False):
    """Make the console that all commands speak through; it shows no text as it is that would steer the terminal."""
    from rich.console import Console
    from rich.segment import Segment

    class Harmless(Console):
        def render(self, renderable, options=None):
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(harmless(segment.text), segment.style)

    console = Harmless(stderr=stderr, soft_wrap=False)
    if not console.is_terminal:
        console.width = max(console.width, 160)  # a pipe has no width; do not fold what a program will read
    return console


def say_error(what: str, remedy: str = "") -> None:
    """Say on stderr what went wrong, a line for each mistake, and below it what to do."""
    from rich.markup import escape

    console = terminal(stderr=True)
    lines = what.replace("\n", "\n       ")
    console.print(f"[bold red]Error:[/] {escape(lines)}", highlight=False, soft_wrap=True)
    if remedy:
        console.print(f"  {escape(remedy)}", highlight=False, soft_wrap=True)


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
