"""Rows in the book's own schema: a CSV file whose columns are those of one table of the dictionary."""

from __future__ import annotations

from lib.importers import Found, Publication, Reader, Row
from lib.importers.files import File
from lib.importers.reading import refuse
from lib.importers.records import records
from lib.tables import dictionary

FILLED = frozenset({"source_id", "published"})
"""Columns that adding fills where the file leaves them out."""


def tables_of(columns: list[str]) -> list[str]:
    """Return the tables that these columns fit: none is unknown, and none that a row must have is missing."""
    named = set(columns)
    return [
        entry["name"]
        for entry in dictionary.dictionary()["resources"]
        if _needed(entry) <= named <= {field["name"] for field in entry["schema"]["fields"]}
    ]


def _needed(entry: dictionary.Descriptor) -> set[str]:
    fields = entry["schema"]["fields"]
    return {field["name"] for field in fields if field.get("constraints", {}).get("required")} - FILLED


def _fits(file: File) -> bool:
    return len(file.header) > 1 and bool(tables_of(file.header))


def _read(file: File) -> Found:
    names = tables_of(file.header)
    if not names:
        raise refuse(file.name, "column-missing", "the columns of one of the book's tables", row=1)
    if len(names) > 1:
        remedy = f"columns of one table; these are common to {', '.join(names)}: add a column that only yours has"
        raise refuse(file.name, "table-ambiguous", remedy, row=1)
    [table] = names
    entry = dictionary.resource(table)
    needed = sorted(_needed(entry))
    publication = Publication(f"own-{file.sha256[:12]}", f"Own rows for the table {table}", "The reader")
    own = Found(publication)
    for record in records(file, needed):
        for column in needed:
            record.required(column)
        own.rows.append(Row(table, {name: record.text(name) for name in record.cells}, record.line))
    return own


READERS = (Reader("rows in the columns of one of the book's own tables", _fits, _read),)
