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
from dataclasses import replace
from pathlib import Path

from lib.publish.records import Records, dictionary, lines, read_sources

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
    package = dictionary(data)
    (folder / "datapackage.json").write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", "utf-8")
    sources, named = read_sources(data), set(cited)
    listed = [entry for entry in package.get("resources", []) if (data / entry["path"]).is_file()]
    for entry in listed:
        if entry["name"] != "sources":
            known = [row for _, row in rows(data, entry, day, sources)]
            named |= _named(entry, known)
            _write(data / entry["path"], folder / entry["path"], known)
    if (data / "sources.csv").is_file():
        kept = [row for name, row in sources.items() if name in named or row["published"] <= day]
        _write(data / "sources.csv", folder / "sources.csv", kept)
    if not any(entry["name"] == "corrections" for entry in listed) and (data / "corrections.csv").is_file():
        known = [row for row in _read(data / "corrections.csv") if _public(row, sources, day)]
        _write(data / "corrections.csv", folder / "corrections.csv", known)


def rows(data: Path, entry: Mapping, day: str, sources: Mapping[str, dict]) -> list[Row]:
    """The rows of a table that had become public by `day`; all of one that is declared timeless."""
    numbered = enumerate(_read(data / entry["path"]), start=2)
    return [(line, row) for line, row in numbered if entry.get("timeless") or _public(row, sources, day)]


def renumbered(records: Records, data: Path, day: str) -> Records:
    """The records of an edition, whose facts name the lines of its own files."""
    sources = read_sources(data)
    tables = {entry["name"]: entry for entry in dictionary(data).get("resources", [])}
    used = {table for fact in records.facts for entry in fact.get("inputs", []) if (table := entry.get("table"))}
    places = {
        name: {line: new for new, (line, _) in enumerate(rows(data, tables[name], day, sources), start=2)}
        for name in sorted(used & tables.keys())
    }
    facts = [
        fact | {"inputs": [_placed(entry, places.get(entry.get("table", ""), {})) for entry in fact["inputs"]]}
        for fact in records.facts
    ]
    return replace(records, facts=facts)


def _placed(entry: Mapping, place: Mapping[int, int]) -> dict:
    found = [place.get(line, line) for line in lines(entry)]
    return dict(entry) | ({"rows": found} if entry.get("rows") else {"row": found[0]} if found else {})


def _public(row: Mapping[str, str], sources: Mapping[str, dict], day: str) -> bool:
    published = row.get("published") or sources.get(row.get("source_id", ""), {}).get("published", "")
    return published <= day


def _named(entry: Mapping, known: Iterable[Mapping[str, str]]) -> set[str]:
    """Ids of sources in all columns of the rows that name some."""
    keys = entry.get("schema", {}).get("foreignKeys", [])
    columns = [column for key in keys if key["reference"]["resource"] == "sources" for column in key["fields"]]
    columns = dict.fromkeys([*columns, "source_id", MORE_SOURCES])
    return {name.strip() for row in known for column in columns for name in (row.get(column) or "").split(";")}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(source: Path, target: Path, known: Iterable[Mapping[str, str]]) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(known)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text.getvalue(), encoding="utf-8", newline="")
