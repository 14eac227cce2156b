"""The model of a cut, as the book runs it and as a plain loop in Python, and a sweep of a hundred million runs."""

from __future__ import annotations

import math
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from lib.devtools.bench.memory import peak

RUNS, LOOPED, TIMES = 400_000, 4_000, 3
MONTHS = 12
GRID = ("--grid", "cut=0.2,0.5,0.8,1", "--grid", "months=3,6,12", "--draws", "1045000")
"""Four depths, three lengths and eight importers: a hundred million runs of the model."""


class Swept(NamedTuple):
    """What a sweep took: its model runs, seconds, and the most memory in MB."""

    runs: int
    seconds: float
    megabytes: float


def by_run() -> tuple[float, float]:
    """Return the seconds of a million runs of a year's cut, draws included: as the book does it, and as a loop."""
    from lib.indicators import dependence, whatif
    from lib.indicators.whatif import sweep
    from lib.indicators.whatif.draws import run

    scenario = whatif.scenario(None, dependence.circle("38 economies"), top=2)
    grid: dict[str, list] = {
        "stage": ["magnets"],
        "year": [2030],
        "cut": [0.8],
        "months": [MONTHS],
        "stock_days": [-1.0],
    }
    part = next(sweep.pieces({"magnets": scenario}, grid, RUNS)).part
    part = part._replace(economies=part.economies[:1], draws=RUNS)
    own = min(_seconds(lambda: run(part)) for _ in range(TIMES)) / RUNS * 1e6
    found = run(part)[part.economies[0].code, MONTHS][1] / RUNS
    sums: list[float] = []
    looped = min(_seconds(lambda: sums.append(_loop(part, LOOPED))) for _ in range(TIMES)) / LOOPED * 1e6
    if not math.isclose(sums[0], found, abs_tol=2):
        raise ValueError(f"the loop finds a mean loss of {sums[0]:.2f}%, the book {found:.2f}%")
    return own, looped


def _seconds(act) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _loop(part, draws: int) -> float:
    """Return the mean loss of one importer, as a plain loop over draws and months computes it."""
    economy, world, chance, total = part.economies[0], part.world, random.Random(1), 0.0
    for _ in range(draws):
        at = {name: chance.triangular(low, high, mode) for name, (low, mode, high) in economy.ranges.items()}
        share = (economy.low + chance.random() * (economy.high - economy.low)) / 100
        added = world.added[int(chance.random() * (len(world.added) - 1))] if world.added else 0.0
        share *= 1 - min(1.0, added / (world.delivered * (1 + at["growth"] / 100) ** world.years))
        reliefs = [
            (at["spare"] / 100 * share * (1 - world.share) / world.share, at["spare_ramp"]),
            (at["recycling"] / 100, at["recycling_ramp"]),
            (at["saving"] / 100, at["saving_ramp"]),
        ]
        growth, stock = (1 + at["growth"] / 100) ** (1 / 12), at["stock_days"] * 12 / 365
        use, used, unserved = 1.0, 0.0, 0.0
        for month in range(1, MONTHS + 1):
            use *= growth
            lacking = use * share * part.cut
            for level, ramp in reliefs:
                lacking -= min(lacking, use * level * min(1.0, month / max(ramp, 1.0)))
            drawn = min(lacking, stock)
            stock -= drawn
            used, unserved = used + use, unserved + lacking - drawn
        total += 100 * unserved / used
    return total / draws


def swept(book: Path, workers: int = 2) -> Swept:
    """Run the sweep of GRID with the command, from nothing, and watch its processes."""
    shutil.rmtree(book / "_build" / "sweeps", ignore_errors=True)
    command = [sys.executable, "-m", "lib.cli", "sweep", "what-if", *GRID, "--workers", str(workers)]
    began = time.perf_counter()
    with peak() as highest:
        subprocess.run(command, cwd=book, check=True, capture_output=True)
    return Swept(4 * 3 * 8 * 1_045_000, time.perf_counter() - began, highest.megabytes)
