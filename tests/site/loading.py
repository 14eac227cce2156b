"""Validate the tables' description in Croissant, and load each of them by it: `make croissant`.

Needs mlcroissant, which is half a gigabyte with all that it needs and therefore no requirement of the tests.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path


def main(path: Path) -> int:
    """Compare the rows that mlcroissant loads with those of the files; return the number of tables that differ."""
    import mlcroissant

    wrong = 0
    names = [entry.id for entry in mlcroissant.Dataset(str(path)).metadata.record_sets]  # raises for what is not valid
    for name in names:
        dataset = mlcroissant.Dataset(str(path))  # what one set was joined with stays in it
        loaded = list(dataset.records(name))
        with path.with_name(f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        keys = {f"{name}/{column}" for column in rows[0]}
        same = len(loaded) == len(rows) and all(set(record) == keys for record in loaded)
        wrong += not same
        print(f"{name}: {len(loaded):,} of {len(rows):,} rows{'' if same else ', WRONG'}")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
