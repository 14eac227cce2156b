"""Readers of official files: one module for each kind of publication, path in, table rows out.

A file is recognised by what is in it, never by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module

from lib.importers import nearest
from lib.importers.files import File, look_into, opened
from lib.importers.reading import Found, Publication, Refused, Row, refuse, shown

__all__ = [
    "File",
    "Found",
    "Publication",
    "Reader",
    "Refused",
    "Row",
    "opened",
    "readers",
    "recognised",
    "refuse",
    "shown",
]
MODULES = (
    "tidy",
    "usgs_mcs",
    "usgs_data_release",
    "usgs_workbooks",
    "bgs",
    "un_comtrade",
    "baci",
    "eurostat",
    "customs",
    "world_bank",
    "world_bank_series",
    "iea",
)


@dataclass(frozen=True)
class Reader:
    """A format: what it is called, whether a file is of it (cheap, raises nothing), and what is in the file.

    `read` raises Refused for whatever it does not understand; it knows nothing of what the book already holds. `needs`
    are the columns, fields or sheets that tell the format, one tuple for each of its layouts, `words` those by which
    what its publisher makes is known.
    """

    name: str
    fits: Callable[[File], bool]
    read: Callable[[File], Found]
    needs: tuple[tuple[str, ...], ...] = ()
    words: str = ""


def readers() -> Iterator[Reader]:
    """Yield all readers. No file fits two of them."""
    for name in MODULES:
        yield from import_module(f"lib.importers.{name}").READERS


def recognised(file: File) -> Reader:
    """Return the reader for a file. Raises Refused for a file that can hold no table, or that no reader knows.

    A table in a sheet of a workbook is read as the same table in CSV.
    """
    look_into(file)
    candidates = list(readers())
    fitting = [reader for reader in candidates if reader.fits(file)]
    if not fitting and file.is_workbook:
        fitting = [_of_sheet(reader, sheet) for sheet in file.tables() for reader in candidates if reader.fits(sheet)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        remedy = "a single format; it looks like " + " and ".join(reader.name for reader in fitting)
        raise refuse(file.name, "format-ambiguous", remedy)
    raise _unknown(file, candidates)


def _of_sheet(reader: Reader, sheet: File) -> Reader:
    return replace(reader, name=f"{reader.name}, in a sheet", read=lambda _: reader.read(sheet))


def _unknown(file: File, candidates: Sequence[Reader]) -> Refused:
    """Build the refusal that says what the file shows, and which reader comes nearest with what it lacks."""
    if file.header and len(file.header) == 1 and any(sign in file.header[0] for sign in ";\t"):
        remedy = "commas between the cells; this file has another separator, as spreadsheets write it"
        return refuse(file.name, "format-unknown", remedy, row=1, value=file.header[0][:120])
    content = nearest.seen(file)
    near = nearest.nearest(content, ((reader.name, reader.needs, reader.words) for reader in candidates))
    if near and near.lacks:
        remedy = (
            f"nearest to it is {near.name}, for which it lacks {', '.join(near.lacks)}: fetch the file as published"
        )
    elif near:
        remedy = f"nearest to it is {near.name}, whose columns are there, but moved: fetch the file as published"
    else:
        remedy = "a file as published in one of these formats: " + "; ".join(reader.name for reader in candidates)
    return refuse(file.name, "format-unknown", remedy, row=1, value=content.told)
