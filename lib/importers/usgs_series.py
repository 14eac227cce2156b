"""The salient statistics of the United States that the book follows, and what USGS calls each in its data releases.

The releases to 2025 have a column for each (`Price_Nd2O3_dkg`), those since 2026 a row with a text
(`Price, average, dollars per kilogram: Neodymium oxide, 99.5% minimum`). The list stands in `usgs_series.csv`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

OLD_BASIS = 2022
"""The last edition whose tungsten price is on the old basis."""
UNIT_CODES = {
    "t": "t",
    "kt": "kt",
    "kg": "kg",
    "%": "pct",
    "persons": "num",
    "USD/g": "dg",
    "USD/kg": "dkg",
    "USD/lb": "dlb",
    "USD/t": "dt",
    "USD/mtu WO3": "dt",
    "USc/lb": "ctslb",
}
"""How the columns of the releases to 2025 end, by unit."""
UNIT_TEXTS = {
    "t": "metric tons",
    "kt": "thousand metric tons",
    "kg": "kilograms",
    "%": "percent",
    "persons": "number",
    "USD/g": "dollars per gram",
    "USD/kg": "dollars per kilogram",
    "USD/lb": "dollars per pound",
    "USD/t": "dollars per metric ton",
    "USD/mtu WO3": "dollars per dry metric ton unit",
    "USc/lb": "cents per pound",
}
"""What the releases since 2026 write in the column Unit, by unit."""
MASSES = frozenset({"t", "kt", "kg"})


@dataclass(frozen=True)
class Series:
    """One series of us_salient: its name and label, the unit of the table, and how the releases name it.

    `columns` are the beginnings of column names, without the unit; `detail` is a pattern for all of the text.
    """

    commodity: str
    name: str
    label: str
    unit: str
    columns: tuple[str, ...]
    detail: re.Pattern[str] | None

    @property
    def plain_unit(self) -> str:
        """Return the unit without what is measured: `t` of `t REO`."""
        return self.unit if self.unit in UNIT_TEXTS else self.unit.split(" ")[0]

    @property
    def unit_text(self) -> str:
        """Return the unit as the releases since 2026 write it."""
        return UNIT_TEXTS[self.plain_unit]

    def is_column(self, column: str) -> bool:
        """Tell whether a column of a release to 2025 is this series; some names have lost letters of the unit."""
        name = column.lower()
        return any(name.removeprefix(stem) in self._endings for stem in self.columns if name.startswith(stem))

    @property
    def _endings(self) -> set[str]:
        code = UNIT_CODES[self.plain_unit]
        left = {code[start:] for start in range(len(code) + 1)}
        if self.plain_unit in MASSES:
            left -= MASSES - {code}  # a `t` that is left of `kt` would be another unit
        return left | {f"_{ending}" for ending in left}


def by_column(commodity: str, column: str, edition: int) -> Series | None:
    """Return the series of a commodity that a column of a release to 2025 holds; None where no rule places it."""
    matches = [series for series in SERIES if series.commodity == commodity and series.is_column(column)]
    if commodity == "tungsten" and edition <= OLD_BASIS:
        matches = [_of_old_basis(series) for series in matches]
    return matches[0] if len(matches) == 1 else None


def by_detail(commodity: str, detail: str) -> Series | None:
    """Return the series of a commodity that a text of a release since 2026 names; None where no rule places it."""
    text = " ".join(detail.split())
    mine = (series for series in SERIES if series.commodity == commodity)
    matches = [series for series in mine if series.detail and series.detail.fullmatch(text)]
    return matches[0] if len(matches) == 1 else None


def _of_old_basis(series: Series) -> Series:
    [old] = [other for other in SERIES if other.commodity == "tungsten" and other.name.endswith("_old_basis")]
    return old if old.name == f"{series.name}_old_basis" else series


def _listed() -> tuple[Series, ...]:
    with (Path(__file__).with_suffix(".csv")).open(encoding="utf-8", newline="") as listed:
        return tuple(
            Series(
                row["commodity"],
                row["series"],
                row["label"],
                row["unit"],
                tuple(row["columns"].split()),
                re.compile(row["detail"], re.IGNORECASE) if row["detail"] else None,
            )
            for row in csv.DictReader(listed)
        )


SERIES = _listed()
