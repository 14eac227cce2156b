"""How far a build is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from lib.cli.console import terminal

ENDINGS = {"done": "{seconds:.1f} s", "reused": "unchanged", "failed": "failed after {seconds:.1f} s"}


@contextlib.contextmanager
def shown_progress() -> Iterator:
    """Tell which pages run, how many are left and for how long; plain lines when there is no terminal.

    Lines stand in the order of the pages, whichever ends first.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    lines: dict[str, str] = {}
    running: list[str] = []
    printed = 0
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("pages", total=None)

        def tell(name: str, event: str, seconds: float) -> None:
            nonlocal printed
            if event == "planned":
                lines[name] = ""
            elif event in ("started", "retried"):
                running.append(name)
            else:
                running[:] = [other for other in running if other != name]
                lines[name] = f"{name}: {ENDINGS[event].format(seconds=seconds)}"
            if event == "retried":
                console.print(f"{name}: its kernel failed; trying once more", highlight=False)
            for line in list(lines.values())[printed:]:
                if not line:
                    break
                printed += 1
                console.print(f"{line}, {len(lines) - printed} left", highlight=False)
            finished = sum(map(bool, lines.values()))
            waiting = len(lines) - finished - len(running)
            label = f"running {', '.join(running)}; {waiting} wait" if running else "building the site"
            bar.update(task, completed=finished, total=len(lines) or None, description=label)

        yield tell
    console.print(f"Took {time.monotonic() - began:.0f} s", highlight=False)
