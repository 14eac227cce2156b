"""How long notebooks take with each engine, side by side: `make bench`, or `python -m lib.publish.bench`.

Both engines take turns in the same run, so that what else the machine does touches both. Nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lib.publish import execute, plan

ROOT = Path(__file__).resolve().parents[2]
SMALL = "import pandas as pd\nimport altair as alt\nfrom lib import catalog, facts, figures, page"


def main() -> None:
    """Measure all notebooks of the book and small ones, print a table."""
    options = argparse.ArgumentParser(description="Seconds that notebooks take with each engine, side by side.")
    options.add_argument("--workers", type=int, default=2, help="notebooks run at the same time")
    options.add_argument("--rounds", type=int, default=1, help="the fastest of so many rounds counts")
    options.add_argument("--small", type=int, default=8, help="how many notebooks that only import")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        cases = {"notebooks of the book": (ROOT, plan.jobs(ROOT))}
        for count in (1, given.small):
            cases[f"notebooks that only import: {count}"] = (folder, list(_small_jobs(folder, count)))
        table = Table("cold execution", *(f"{engine}, s" for engine in execute.ENGINES), "ratio", "s a notebook less")
        for name, (root, jobs) in cases.items():
            table.add_row(name, *_row(jobs, root, folder, given.workers, given.rounds))
    Console().print(table)


def _row(jobs: list[plan.Job], root: Path, folder: Path, workers: int, rounds: int) -> list[str]:
    taken: dict[str, list[float]] = {engine: [] for engine in execute.ENGINES}
    for number in range(rounds):
        for engine, seconds in taken.items():
            store = folder / "stores" / f"{root.name}-{len(jobs)}-{engine}-{number}"
            seconds.append(_seconds(jobs, root, store, workers, engine))
    forked, standard = (min(taken[engine]) for engine in execute.ENGINES)
    saved = (standard - forked) / len(jobs)
    return [f"{forked:.1f}", f"{standard:.1f}", f"{forked / standard:.2f}", f"{saved:.2f}"]


def _seconds(jobs: list[plan.Job], root: Path, store: Path, workers: int, engine: str) -> float:
    began = time.perf_counter()
    execute.run(jobs, root, store, workers=workers, data=ROOT / "data", engine=engine)
    return time.perf_counter() - began


def _small_jobs(folder: Path, count: int) -> Iterator[plan.Job]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    code = {"cell_type": "code", "execution_count": None, "outputs": [], "metadata": {}, "id": "c", "source": SMALL}
    notebook = {"cells": [code], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    for number in range(count):
        path = folder / f"small-{number}.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        yield plan.Job(plan.Page(path.stem, path), ())


if __name__ == "__main__":
    main()
