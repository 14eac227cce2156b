"""The tables as known on a day, as a folder of files: what an edition of a past day has to take away.

The catalog shows a notebook what had become public by a day; here the same is written down, so that pages,
downloads and zips of that edition hold no row that is later. Facts name rows by their line in a file, so they are
given the lines of these files.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from lib.tables import asof
from lib.tables.dictionary import Descriptor, dictionary_if_any, read_rows, read_sources

Row = tuple[int, dict[str, str]]
"""The line of a row in its file, counting the header as line 1, and its cells."""
MORE_SOURCES = "also_source_ids"


def write(data: Path, day: str, folder: Path, cited: Iterable[str] = ()) -> None:
    """Write the tables of `data` as known on `day` to `folder`, which is emptied first, with their dictionary.

    Sources that are `cited`, or that the rows left name, stay however late: a later text may be what tells of an
    earlier day.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package = dictionary_if_any(data)
    (folder / "datapackage.json").write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", "utf-8")
    sources, named = read_sources(data), set(cited)
    listed = {entry["name"]: entry for entry in package.get("resources", [])}
    for name, numbered in tables(data, day).items():
        rows = [row for _, row in numbered]
        named |= _named(listed[name], rows)
        _write(data / listed[name]["path"], folder / listed[name]["path"], rows)
    if (data / "sources.csv").is_file():
        kept = [row for name, row in sources.items() if name in named or asof.known_by(asof.row_day(row), day)]
        _write(data / "sources.csv", folder / "sources.csv", kept)
    if "corrections" not in listed and (data / "corrections.csv").is_file():
        days = asof.source_days(sources)
        rows = [row for row in read_rows(data / "corrections.csv") if asof.is_known(row, days, day)]
        _write(data / "corrections.csv", folder / "corrections.csv", rows)


def tables(data: Path, day: str) -> dict[str, list[Row]]:
    """Return the rows of each table but the sources that were public by `day`; all rows of those declared timeless.

    A row that points to one that was not public is not known either: a test of a claim that nobody had made.
    """
    days = asof.source_days(read_sources(data))
    listed = [entry for entry in dictionary_if_any(data).get("resources", []) if (data / entry["path"]).is_file()]
    listed = [entry for entry in listed if entry["name"] != "sources"]
    by_table = {entry["name"]: _rows(data, entry, day, days) for entry in listed}
    for _ in listed:
        sizes = {name: len(rows) for name, rows in by_table.items()}
        for entry in listed:
            by_table[entry["name"]] = _pointing(entry, by_table)
        if sizes == {name: len(rows) for name, rows in by_table.items()}:
            break
    return by_table


def _rows(data: Path, entry: Descriptor, day: str, days: Mapping[str, str]) -> list[Row]:
    numbered = enumerate(read_rows(data / entry["path"]), start=2)
    return [(line, row) for line, row in numbered if entry.get("timeless") or asof.is_known(row, days, day)]


def _pointing(entry: Descriptor, by_table: Mapping[str, list[Row]]) -> list[Row]:
    """Keep the rows of a table whose keys lead to rows that exist."""
    kept = by_table[entry["name"]]
    for key in entry.get("schema", {}).get("foreignKeys", []):
        target = by_table.get(key["reference"]["resource"])
        if target is not None:
            column, other = key["fields"][0], key["reference"]["fields"][0]
            ids = {row[other] for _, row in target} | {""}
            kept = [(line, row) for line, row in kept if row[column] in ids]
    return kept


def _named(entry: Descriptor, rows: Iterable[Mapping[str, str]]) -> set[str]:
    """Return the ids of the sources that rows name, in any column that holds such ids."""
    keys = entry.get("schema", {}).get("foreignKeys", [])
    pointing = [column for key in keys if key["reference"]["resource"] == "sources" for column in key["fields"]]
    columns = dict.fromkeys([*pointing, "source_id", MORE_SOURCES])
    return {name.strip() for row in rows for column in columns for name in (row.get(column) or "").split(";")}


def _write(source: Path, target: Path, rows: Iterable[Mapping[str, str]]) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text.getvalue(), encoding="utf-8", newline="")
