"""Compute every number of facts.json again from the tables in data/, with nothing but Python and SQLite.

    python verify.py             in a copy of the site
    python verify.py FOLDER      for a copy elsewhere

A number of facts.json has a query in SQL and inputs, which are rows of tables; each input says to which operand of the
query it belongs. The query runs on these rows alone, as the CSV files print them, with the corrections of
corrections.csv. The result is held against the value and the value against the text that a reader sees. Status 1 when a
number is another one; numbers without a query are named. This file shares no code with the book.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

TOLERANCE = 1e-9  # of the value: sums of floating-point numbers depend on their order
READ_ONLY = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
SHOWN = re.compile(r"\d[\d,]*(?:\.(\d+))?")


class Tables:
    """The published tables as a database in memory, each read when it is first asked for."""

    def __init__(self, site: Path) -> None:
        self.folder = site / "data"
        package = json.loads((self.folder / "datapackage.json").read_text(encoding="utf-8"))
        self.entries = {entry["name"]: entry for entry in package["resources"]}
        self.database = sqlite3.connect(":memory:")
        self.known: set[str] = set()

    def result(self, fact: dict) -> float:
        """Return what a fact's query gives. Raises ValueError, KeyError, OSError or sqlite3.Error for no number."""
        operands: dict[str, set[int]] = {}
        table_of = {}
        for entry in fact["inputs"]:
            operands.setdefault(entry["operand"], set()).update(entry.get("rows") or [entry["row"]])
            table_of[entry["operand"]] = entry["table"]
        for name, rows in operands.items():
            self._view(name, table_of[name], rows)
        self.database.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in READ_ONLY else sqlite3.SQLITE_DENY
        )
        try:
            ((value,),) = self.database.execute(fact["query"]).fetchall()
        finally:
            self.database.set_authorizer(None)
            for name in operands:
                self.database.execute(f"DROP VIEW temp.{quoted(name)}")
        return float(value)

    def _view(self, name: str, table: str, rows: set[int]) -> None:
        """Let an operand be the view of its rows."""
        self._read(table)
        source = f"main.{quoted(table)}"
        chosen = f"{quoted('row')} IN ({', '.join(map(str, sorted(map(int, rows))))})"
        (count,) = self.database.execute(f"SELECT count(*) FROM {source} WHERE {chosen}").fetchone()
        if count != len(rows):
            raise ValueError(f"{len(rows) - count} of its rows are not in {table}.csv")
        self.database.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT * FROM {source} WHERE {chosen}")

    def _read(self, table: str) -> None:
        if table in self.known:
            return
        entry = self.entries[table]
        numbers = {field["name"] for field in entry["schema"]["fields"] if field["type"] in ("number", "integer")}
        with (self.folder / entry["path"]).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or ())
            lines = [
                [number, *(typed(cells[name], name in numbers) for name in columns)]
                for number, cells in enumerate(self._corrected(reader, table), start=2)
            ]
        kinds = [f"{quoted(name)} {'REAL' if name in numbers else 'TEXT'}" for name in columns]
        self.database.execute(f"CREATE TABLE {quoted(table)} ({quoted('row')} INTEGER PRIMARY KEY, {', '.join(kinds)})")
        marks = ", ".join("?" * (len(columns) + 1))
        self.database.executemany(f"INSERT INTO {quoted(table)} VALUES ({marks})", lines)
        self.known.add(table)

    def _corrected(self, lines: csv.DictReader, table: str) -> Iterator[dict[str, str]]:
        """Yield the lines of a table with the known misprints of their sources put right."""
        path, listed = self.folder / "corrections.csv", []
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                listed = [entry for entry in csv.DictReader(file) if entry["table"] == table]
        for line in lines:
            for entry in listed:
                if all(line[column] == str(value) for column, value in json.loads(entry["match"]).items()):
                    line[entry["column"]] = entry["corrected"]
            yield line


def quoted(name: str) -> str:
    """Quote a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def typed(cell: str, number: bool) -> str | float | None:
    """Return a cell as SQLite is given it: None for an empty one."""
    return None if cell == "" else float(cell) if number else cell


def rounded_wrong(fact: dict) -> bool:
    """Return whether the text of a fact shows another number than its value rounded to the decimals shown."""
    match = SHOWN.search(fact["text"])
    if match is None:
        return True
    number = float(match[0].replace(",", "")) * (-1 if "−" in fact["text"][: match.start()] else 1)
    half = 0.5 * 10 ** -len(match[1] or "")
    return abs(number - fact["value"]) > half * (1 + TOLERANCE) + TOLERANCE * abs(fact["value"])


def verify(site: Path) -> dict[str, dict]:
    """Return `{id: {"residual": …} or {"error": …} or {"query": ""}}` for all facts; `text` where it is another."""
    tables = Tables(site)
    results = {}
    for fact in json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]:
        entry: dict = {}
        if not fact.get("query"):
            entry["query"] = ""
        else:
            try:
                entry["residual"] = abs(tables.result(fact) - fact["value"]) / max(abs(fact["value"]), 1e-9)
            except (ValueError, TypeError, KeyError, OSError, sqlite3.Error) as error:
                entry["error"] = f"{type(error).__name__}: {error}"
        results[fact["id"]] = entry | ({"text": fact["text"]} if rounded_wrong(fact) else {})
    return results


def main(arguments: list[str]) -> int:
    site = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    if not (site / "facts.json").is_file():
        print(f"{site}: no facts.json here; name the folder of a copy of the site", file=sys.stderr)
        return 2
    results = verify(site)
    computed = [entry["residual"] for entry in results.values() if "residual" in entry]
    wrong = 0
    for name, entry in results.items():
        if "error" in entry:
            print(f"{name}: cannot be computed: {entry['error']}")
        elif entry.get("residual", 0.0) > TOLERANCE:
            print(f"{name}: its rows give a different value, off by {entry['residual']:.3g} of it")
        elif "text" in entry:
            print(f"{name}: the text shows a different number: {entry['text']}")
        else:
            continue
        wrong += 1
    for name in (name for name, entry in results.items() if "query" in entry):
        print(f"{name}: has no query")
    largest = max(computed, default=0.0)
    print(f"{len(computed)} of {len(results)} numbers computed again; largest residual {largest:.1e} of the value; "
          f"{wrong} are wrong.")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
