"""Reading a year of BACI: by the reader of the book, and with pandas as most do it, each in its own process.

The plain way of pandas takes what it finds; the other also checks what the reader of the book does: one year, no value
below zero, no flow twice of those that are kept. Both read the codes of products as text: as numbers they lose the zero
that many begin with. All find the file in the memory of the system, where it lies since it was written.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.devtools.bench import baci, ways
from lib.devtools.bench.memory import peak

TIMES = 3
BOOK = """
import json, sys, time
began = time.perf_counter()
from pathlib import Path
from lib.importers import opened, recognised
from_here = time.perf_counter()
with opened(Path(sys.argv[1])) as files:
    rows = sum(len(found.rows) + found.left_out["importers that the book does not follow"]
               for found in (recognised(file).read(file) for file in files))
done = time.perf_counter()
print(json.dumps({"kept": rows, "seconds": done - began, "without_imports": done - from_here}))
"""
COMMAND = """
import json, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run([sys.executable, "-m", "lib.cli", "add", *sys.argv[1:]], capture_output=True, text=True)
taken = time.perf_counter() - began
if done.returncode:
    sys.exit(done.stdout + done.stderr)
print(json.dumps({"kept": 0, "seconds": taken, "without_imports": taken}))
"""
PANDAS = """
import json, sys, time
began = time.perf_counter()
import pandas
from_here = time.perf_counter()
flows = pandas.read_csv(sys.argv[1], dtype={"k": str})
kept = flows[flows["k"].isin(json.loads(sys.argv[2]))]
if sys.argv[3] == "checked":
    assert (flows["t"] == flows["t"][0]).all()
    assert (flows["v"] >= 0).all() and not (flows["q"] < 0).any() and not kept.duplicated(["i", "j", "k"]).any()
done = time.perf_counter()
print(json.dumps({"kept": len(kept), "seconds": done - began, "without_imports": done - from_here}))
"""


@dataclass(frozen=True)
class Taken:
    """The cost of a way: the quickest run in seconds, with and without its imports, and the most memory in MB."""

    seconds: float
    without_imports: float
    megabytes: float
    kept: int


def side_by_side(path: Path, folder: Path) -> tuple[Taken, Taken, Taken]:
    """Measure the reader of the book, which checks all rows and keeps those followed; plain pandas; with checks.

    They run in turns, so that what else the machine does falls on all.
    """
    from lib.importers.followed import CODES

    codes = json.dumps(CODES)
    book = [sys.executable, "-c", BOOK, str(path)]
    pandas = [[sys.executable, "-c", PANDAS, str(path), codes, checks] for checks in ("plain", "checked")]
    of_book, plain, checked = _taken([book, *pandas], folder)
    return of_book, plain, checked


def command(path: Path, folder: Path) -> Taken:
    """Measure all of `book add --dry-run`: the process, the reader, the comparison with the tables, their checks."""
    given = ["--dry-run", "--accept-jumps", "--published", f"{baci.YEAR + 2}-02-01"]
    return _taken([[sys.executable, "-c", COMMAND, str(path), *given]], folder)[0]


def year(folder: Path, rows: int = baci.ROWS) -> Path:
    """Write a file such as CEPII publishes, with made-up figures."""
    folder.mkdir(parents=True, exist_ok=True)
    return baci.write_year(folder / "year.csv", rows)


def _taken(commands: list[list[str]], folder: Path) -> list[Taken]:
    runs: list[list[dict[str, Any]]] = [[] for _ in commands]
    most = [0.0 for _ in commands]
    for _ in range(TIMES):
        for number, command in enumerate(commands):
            with peak(every=0.02) as highest:
                runs[number].append(json.loads(ways.said(command, folder)))
            most[number] = max(most[number], highest.megabytes)
    best = [min(own, key=lambda run: run["seconds"]) for own in runs]
    return [
        Taken(run["seconds"], run["without_imports"], megabytes, run["kept"])
        for run, megabytes in zip(best, most, strict=True)
    ]
