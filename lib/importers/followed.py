"""The economies and product codes of trade that the book follows: those of its own tables."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from lib import dictionary

RARE_EARTHS = ("280530", "284610", "284690")
CODES = (*RARE_EARTHS, "811292", "850511")
"""Six digits: rare-earth metals, cerium compounds, other compounds, a basket of minor metals, metal magnets."""
HEADINGS = ("2805", "2846")
SUMS = {"2846": ("284610", "284690"), "280530+2846": RARE_EARTHS}
"""Products that are sums of six-digit codes."""
EU27 = frozenset(
    {"AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL", "ITA"}
    | {"LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE"}
)
FLAGS = {"2805": ("includes_alkali_metals_and_mercury",)}
"""Flags that all rows of a code have."""


def importers() -> frozenset[str]:
    """The importers whose trade with each partner is in the table `trade_flows`, in the dataset `baci`."""
    path = table("trade_flows")
    return _importers(path, path.stat().st_mtime_ns)


def table(name: str) -> Path:
    """Where a table lies; that of this book where a reader's own folder does not have it."""
    own = dictionary.data_dir() / f"{name}.csv"
    return own if own.is_file() else dictionary.HERE.parent / "data" / f"{name}.csv"


@lru_cache(maxsize=4)
def _importers(path: Path, changed: int) -> frozenset[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["reporter"] for row in csv.DictReader(file) if row["dataset"] == "baci")


def revisions(year: int) -> list[str]:
    """The nomenclatures in which the table has BACI for a year."""
    path = table("trade_flows")
    return _revisions(path, path.stat().st_mtime_ns).get(str(year), [])


@lru_cache(maxsize=4)
def _revisions(path: Path, changed: int) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["dataset"] == "baci" and row["hs_revision"]:
                found.setdefault(row["year"], set()).add(row["hs_revision"])
    return {year: sorted(names) for year, names in found.items()}
