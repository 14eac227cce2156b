"""Many scenarios at once: the parts of a sweep, and the losses that follow from what the parts count."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lib.indicators.whatif.draws import BINS, Part
from lib.indicators.whatif.scenario import Scenario

GRID = ("stage", "year", "cut", "months", "stock_days")
"""What a sweep may vary, in the order of its table."""
PER_PART = 250_000
LAYOUT = 1
"""Of the counts of a part: parts of another layout are made anew."""
KEYS = ["stage", "year", "cut", "months", "stock_days", "importer"]


class Piece(NamedTuple):
    """A part of a sweep with its scenario, and the name under which its counts are kept."""

    stage: str
    year: int
    part: Part
    name: str


def pieces(scenarios: Mapping[str, Scenario], grid: Mapping[str, Sequence[Any]], draws: int) -> Iterator[Piece]:
    """Cut a sweep into parts: all combinations of `grid`, `draws` for each; lengths of one cut share their runs.

    scenarios  by stage; their importers and assumptions are those of all combinations
    """
    months = tuple(sorted({int(value) for value in grid["months"]}))
    for stage, year, cut, days in product(*(grid[name] for name in ("stage", "year", "cut", "stock_days"))):
        scenario = scenarios[stage].at(year=int(year))
        economies = tuple(scenario.economy(code) for code in scenario.importers.codes)
        stock = None if days < 0 else float(days)
        for number, start in enumerate(range(0, draws, PER_PART)):
            size = min(PER_PART, draws - start)
            part = Part(economies, scenario.world, float(cut), months, stock, size, number, scenario.seed)
            yield Piece(stage, int(year), part, _name(stage, year, part))


def _name(stage: str, year: int, part: Part) -> str:
    """Name a part by all that its counts follow from."""
    content = json.dumps([LAYOUT, stage, year, part], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def counted(piece: Piece, counts: Mapping[tuple[str, int], tuple[Sequence[int], float]]) -> pd.DataFrame:
    """Write the counts of a part as rows: what identifies them, draws, the sum of losses, and the counts by bin."""
    part = piece.part
    days = -1.0 if part.stock_days is None else part.stock_days
    rows = [
        (piece.stage, piece.year, part.cut, months, days, code, part.draws, total, list(bins))
        for (code, months), (bins, total) in counts.items()
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "draws", "sum", "bins"])


def combined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Combine the counts of parts: a row for each scenario and importer with draws, mean and percentiles of the loss.

    Percentages of use: mean, p05, median, p95 (to a twentieth of a point), and `without_loss`, the part of the draws,
    in percent, in which the loss is less than that.
    """
    rows = []
    for key, group in pd.concat(parts, ignore_index=True).groupby(KEYS, sort=True):
        bins, drawn = np.sum(group["bins"].tolist(), axis=0), int(group["draws"].sum())
        reached = np.cumsum(bins)
        ends = [100 * int(np.searchsorted(reached, place * drawn)) / BINS for place in (0.05, 0.5, 0.95)]
        rows.append((*key, drawn, float(group["sum"].sum()) / drawn, *ends, 100 * float(bins[0]) / drawn))
    return pd.DataFrame(rows, columns=[*KEYS, "draws", "mean", "p05", "median", "p95", "without_loss"])
