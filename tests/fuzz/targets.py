"""What is fuzzed: the opening of files, and each reader; and what any of them may give back.

The bytes for a reader of text are a file. Those for a reader of workbooks are its sheets as JSON, since random bytes of
a packed workbook never reach it; packed ones are for the target `files`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lib.importers import MODULES, File, Found, Reader, Refused, Row, opened, readers, recognised
from lib.tables import catalog
from lib.tables.dictionary import PLACES

FILES = "files"
WORKBOOKS = ("usgs_workbooks", "iea", "world_bank.wgi_workbook", "world_bank.wgi_of_six")
PARQUET = ("baci.parquet",)
NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)")
PLACE = re.compile(r"[A-Z0-9_]{2,5}")
NAMES = (
    "handed in",
    "*",
    "[!a]*.parquet",
    "mcs2024-graph_world.csv",
    "mcs2022-coppe_world.csv",
    "year=1999",
    "a,'b\".csv",
)
"""Names of files, which tell nothing, or the mineral of a release, or are patterns for programs that read such."""
WHOLE = (99.9, 100.1)
WIDEST = 2000
"""Columns of a sheet that is made up; more are for the target `files`."""


class Amiss(Exception):
    """A reader came to an end, but not as it must: with a refusal that tells nothing, or rows that no table has."""


@dataclass(frozen=True)
class Target:
    """One thing to be fuzzed: a reader, or (without one) whatever reader recognises the file; `kind` of its bytes."""

    name: str
    kind: str
    reader: Reader | None = None


@dataclass(frozen=True)
class Workbook(File):
    """A workbook whose sheets are known and not read."""

    content: dict[str, list[list[object]]] = field(default_factory=dict)

    def sheets(self) -> dict[str, list[list[object]]]:
        return self.content


def targets() -> dict[str, Target]:
    """All targets by name: `files`, and the module of a reader with what tells it from others there."""
    found = {FILES: Target(FILES, "archive")}
    for reader in readers():
        name = name_of(reader)
        kind = "sheets" if name.startswith(WORKBOOKS) else "parquet" if name in PARQUET else "text"
        found[name] = Target(name, kind, reader)
    return found


def name_of(reader: Reader) -> str:
    module = reader.fits.__module__.rpartition(".")[2]
    assert module in MODULES
    own = re.sub(r"^_(fits|is)_?", "", reader.fits.__name__)
    return f"{module}.{own}" if own and own != module else module


# ------------------------------------------------------------------------------------------- reading


def run(target: Target, data: bytes, path: Path) -> None:
    """Read the bytes, with `path` as the place of a file. Raises for whatever is neither Found nor a good Refused."""
    if target.kind == "sheets":
        content = sheets_of(data)
        path.write_bytes(b"PK\x03\x04")
        if content is not None:
            _judge(lambda: [_judged(target.reader, Workbook("fuzzed.xlsx", path, "0" * 64, content))])
        return
    path = path.with_name(NAMES[len(data) % len(NAMES)])
    path.write_bytes(data)
    try:
        _judge(lambda: _read_all(target, path))
    finally:
        path.unlink()


def _read_all(target: Target, path: Path) -> None:
    with opened(path) as files:
        for file in files:
            _judge(lambda file=file: _judged(recognised(file), file))
            if target.reader:
                _judge(lambda file=file: _judged(target.reader, file))


def _judged(reader: Reader, file: File) -> None:
    check(reader.read(file), typed=name_of(reader) != "tidy")


def _judge(read: Callable[[], object]) -> None:
    try:
        read()
    except Refused as refused:
        check_refusal(refused)


def sheets_of(data: bytes) -> dict[str, list[list[object]]] | None:
    """Sheets from JSON as a workbook gives them: rows of one width, `{"day": 9000}` for a day; None for other bytes."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(isinstance(rows, list) for rows in content.values()):
        return None
    return {_whole(name): _rectangle([row for row in rows if isinstance(row, list)]) for name, rows in content.items()}


def _whole(text: str) -> str:
    """A text without halves of signs, which no workbook holds."""
    return text.encode("utf-8", "replace").decode()


def _rectangle(rows: list[list]) -> list[list[object]]:
    width = min(max(map(len, rows), default=0), WIDEST)
    return [[*(_cell(cell) for cell in row[:width]), *[""] * (width - len(row))] for row in rows]


def _cell(value: object) -> object:
    if isinstance(value, dict):
        day = value.get("day")
        return dt.date.fromordinal(day % 900_000 + 1) if type(day) is int else dt.timedelta(hours=1)
    if value is None or isinstance(value, list):
        return ""
    if isinstance(value, str):
        return _whole(value)
    return float(value) if type(value) is int and abs(value) < 1 << 53 else "" if type(value) is int else value


# ------------------------------------------------------------------------------------------- judging


def check_refusal(refused: Refused) -> None:
    """Raise Amiss unless every problem names the file, the rule and a remedy, in text that can be shown."""
    if not refused.problems:
        raise Amiss("a refusal without a reason") from refused
    for problem in refused.problems:
        told = (problem.file, problem.rule, problem.remedy)
        if not all(isinstance(text, str) and text.strip() for text in told):
            raise Amiss(f"a refusal without file, rule or remedy: {problem!r}") from refused
        for text in (*told, problem.column, problem.value):
            _shown(text)
        if not (problem.row is None or (isinstance(problem.row, int) and problem.row > 0)):
            raise Amiss(f"a refusal with a row that is none: {problem!r}") from refused


def check(found: Found, *, typed: bool) -> None:
    """Raise Amiss unless the rows are of tables that there are, with figures and places (`typed`) as they have them."""
    publication = found.publication
    if not (publication.source_id and publication.title and publication.publisher):
        raise Amiss(f"a publication without id, title or publisher: {publication!r}")
    for text in (publication.source_id, publication.title, publication.edition, *found.notes, *found.left_out):
        _shown(text)
    if typed:
        check_shares(row for row in found.rows if row.table == "trade_shares")
    for row in found.rows:
        fields = {entry["name"]: entry["type"] for entry in catalog.resource(row.table)["schema"]["fields"]}
        if not (isinstance(row.line, int) and row.line > 0):
            raise Amiss(f"a row without a line: {row!r}")
        for name, value in row.cells.items():
            _shown(value)
            if name not in fields:
                raise Amiss(f"a column that the table {row.table} does not have: {name}")
            if typed and value and not _is_typed(fields[name], name, value):
                raise Amiss(f"{row.table}.{name} ({fields[name]}): {value[:80]!r}")


def check_shares(rows: Iterable[Row]) -> None:
    """Raise Amiss unless the shares of each list are a whole, and only whole lists have a concentration."""
    groups: dict[tuple, list] = {}
    for row in rows:
        key = tuple(row.cells[name] for name in ("dataset", "importer", "product", "year", "month_start", "basis"))
        groups.setdefault(key, []).append(row.cells)
    for key, listed in groups.items():
        whole = sum(float(cells["share"]) for cells in listed)
        if not WHOLE[0] <= whole <= WHOLE[1]:
            raise Amiss(f"shares that add up to {whole}: {key}")
        if any(cells.get("hhi") for cells in listed) and any(c["method"] == "partner_against_world" for c in listed):
            raise Amiss(f"a concentration of some partners: {key}")


def _is_typed(kind: str, name: str, value: str) -> bool:
    if kind in ("integer", "number", "year"):
        return bool(NUMBER.fullmatch(value)) and len(value) < 60
    return name not in PLACES or bool(PLACE.fullmatch(value))


def _shown(text: object) -> None:
    if not isinstance(text, str):
        raise Amiss(f"no text: {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Amiss(f"a text that cannot be shown or written: {text[:80]!r}") from None
