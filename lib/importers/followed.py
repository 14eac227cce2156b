"""The economies and product codes of trade that the book follows: those of its own tables."""

from __future__ import annotations

import csv
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from lib.paths import CHECKOUT
from lib.tables import dictionary

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
    """Return the importers whose trade with each partner is in the table `trade_flows`, in the dataset `baci`."""
    return _of_baci()[0]


def revisions(year: int) -> list[str]:
    """Return the nomenclatures in which the table has BACI for a year."""
    return _of_baci()[1].get(str(year), [])


def table(name: str) -> Path:
    """Return the path of a table in the reader's data folder, or else in that of this book."""
    own = dictionary.data_dir() / f"{name}.csv"
    return own if own.is_file() else CHECKOUT / "data" / f"{name}.csv"


def _of_baci() -> tuple[frozenset[str], dict[str, list[str]]]:
    path = table("trade_flows")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> tuple[frozenset[str], dict[str, list[str]]]:
    """Read the importers of BACI in a table, and its nomenclatures by year."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = next(rows, ["dataset", "reporter", "year", "hs_revision"])
        cells = itemgetter(*(names.index(name) for name in ("dataset", "reporter", "year", "hs_revision")))
        distinct = {cells(row) for row in rows if row}
    ours = [row for row in distinct if row[0] == "baci"]
    by_year: dict[str, set[str]] = {}
    for _, _, year, revision in ours:
        by_year.setdefault(year, set()).update({revision} - {""})
    return frozenset(row[1] for row in ours), {year: sorted(names) for year, names in by_year.items()}
