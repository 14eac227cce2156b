"""Rows of the tables, as known on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lib.answers.shelf import Answer, Shelf, Unknown
from lib.tables import asof, catalog

MOST = 500
"""Rows of one answer; the files of the tables have all."""
Wanted = str | int | float | bool
Filters = Mapping[str, Wanted | Sequence[Wanted]]
"""By column, the value that a row must have, or a list of values of which it must have one."""
ADDED = ("published", "confidence", "qualifier")
"""Columns that every table has when it is read: those that it lacks are filled."""


def list_tables(shelf: Shelf) -> Answer:
    """Answer with all tables: what each holds, and its columns."""
    with catalog.reading(shelf.data):
        listed = [catalog.resource(name) for name in catalog.tables()]
    return {
        "tables": [
            {
                "name": entry["name"],
                "title": entry.get("title", entry["name"]),
                "topic": entry.get("topic", ""),
                "columns": [field["name"] for field in entry["schema"]["fields"]],
                "link": _link(shelf, entry["name"]),
            }
            for entry in listed
        ]
    }


def describe_table(shelf: Shelf, table: str) -> Answer:
    """Answer with what a table means: its columns, what identifies a series, its licences. Raises UnknownTable."""
    with catalog.reading(shelf.data):
        entry = catalog.resource(table)
        first = None if entry.get("timeless") else catalog.starts(table)
    return {
        "name": entry["name"],
        "title": entry.get("title", entry["name"]),
        "description": entry.get("description", ""),
        "key": entry.get("vintageKey", []),
        "columns": [_column(field) for field in entry["schema"]["fields"]],
        "licences": entry.get("licenses", []),
        "first_public": f"{first:%Y-%m-%d}" if first else "",
        "files": [shelf.link(f"data/{entry['name']}.{kind}") for kind in ("csv", "parquet")],
        "link": _link(shelf, entry["name"]),
    }


def query_table(
    shelf: Shelf,
    table: str,
    filters: Filters | None = None,
    as_of: str = "",
    columns: Sequence[str] = (),
    limit: int = 50,
    offset: int = 0,
    all_editions: bool = False,
) -> Answer:
    """Answer with rows of a table, of each series and period the newest that was public by a day.

    With `all_editions` also those that a later publication replaced. Raises UnknownTable, Unknown for a column, and
    ValueError for a day, a limit or an offset that is none.
    """
    if not 1 <= limit <= MOST or offset < 0:
        raise ValueError(f"limit must be from 1 to {MOST} and offset 0 or more, not {limit} and {offset}")
    day = asof.as_day(as_of).isoformat() if as_of else ""
    with catalog.reading(shelf.data):
        entry = catalog.resource(table)
        fields = {field["name"]: field for field in entry["schema"]["fields"]}
        known = dict.fromkeys([*fields, *ADDED])
        _check_columns(table, [*(filters or {}), *columns], known)
        try:
            frame = catalog.table(table, day or None, vintages="all" if all_editions else "newest")
        except catalog.NoDataYet as error:
            since = f"{error.starts:%Y-%m-%d}" if error.starts else ""
            note = f"Nothing of this table was public on {day}." + (f" Its data start on {since}." if since else "")
            return {"table": table, "as_of": day, "public": False, "public_since": since, "note": note, "rows": []}
    for column, wanted in (filters or {}).items():
        frame = frame[_matches(frame[column], wanted)]
    shown = frame.iloc[offset : offset + limit]
    names = list(dict.fromkeys([*(columns or known), "source_id", "published"]))
    rows = [
        _row(line, row) for line, row in zip(shown.index, shown.reindex(columns=names).to_dict("records"), strict=True)
    ]
    sources = dict.fromkeys(str(row["source_id"]) for row in rows if row.get("source_id"))
    return {
        "table": table,
        "title": entry.get("title", table),
        "as_of": day or shelf.as_of,
        "public": True,
        "matching": len(frame),
        "rows": rows,
        "more_rows": max(0, len(frame) - offset - len(shown)),
        "columns": [_column(fields[name]) for name in names if name in fields],
        "sources": [shelf.source(name) for name in sources],
        "link": _link(shelf, table),
    }


def _link(shelf: Shelf, table: str) -> str:
    return shelf.link(f"data/{table}.html")


def _column(field: Mapping[str, Any]) -> Answer:
    return {key: field[key] for key in ("name", "type", "unit", "description") if field.get(key)}


def _check_columns(table: str, asked: Sequence[str], known: Mapping[str, Any]) -> None:
    wrong = [column for column in asked if column not in known]
    if wrong:
        raise Unknown(f"the table {table!r} has no column {', '.join(wrong)}; it has {', '.join(known)}")


def _matches(column: pd.Series, wanted: Wanted | Sequence[Wanted]) -> pd.Series:
    """Return which cells have one of the values: numbers as numbers, days and all else as they are written."""
    values = [wanted] if isinstance(wanted, str | int | float | bool) else list(wanted)
    if pd.api.types.is_bool_dtype(column):
        return column.isin([str(value).lower() == "true" for value in values]).fillna(False)
    if pd.api.types.is_numeric_dtype(column):
        return column.isin(pd.to_numeric(pd.Series(values), errors="coerce").dropna().tolist())
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    return column.astype("str").isin([str(value) for value in values])


def _row(line: int, cells: Mapping[str, Any]) -> Answer:
    """Return the filled cells of a row, with its line in the file of the table."""
    return {"row": int(line)} | {
        name: _plain(value) for name, value in cells.items() if not pd.isna(value) and value != ""
    }


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return value.item() if hasattr(value, "item") else value
