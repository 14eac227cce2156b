"""Readers of official files: one module for each kind of publication, path in, table rows out.

A file is recognised by what is in it, never by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from lib.importers.files import File, opened
from lib.importers.found import Found, Publication, Refused, Row, refuse

__all__ = ["File", "Found", "Publication", "Reader", "Refused", "Row", "opened", "readers", "recognised", "refuse"]
MODULES = (
    "tidy",
    "usgs_mcs",
    "usgs_data_release",
    "usgs_workbooks",
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

    `read` raises Refused for whatever it does not understand; it knows nothing of what the book already holds.
    """

    name: str
    fits: Callable[[File], bool]
    read: Callable[[File], Found]


def readers() -> Iterator[Reader]:
    """All readers. No file fits two of them."""
    for name in MODULES:
        yield from import_module(f"lib.importers.{name}").READERS


def recognised(file: File) -> Reader:
    """The reader for a file. Raises Refused, naming all formats, for one that no reader knows."""
    fitting = [reader for reader in readers() if reader.fits(file)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        told = "one format; it looks like " + " and ".join(reader.name for reader in fitting)
        raise refuse(file.name, "format-ambiguous", told)
    told = _advice(file)
    raise refuse(file.name, "format-unknown", told, row=1, value=", ".join(file.header)[:120])


def _advice(file: File) -> str:
    if file.header and len(file.header) == 1 and any(sign in file.header[0] for sign in ";\t"):
        return "commas between the cells; this file has another separator, as spreadsheets write it"
    return "a file as published in one of these formats: " + "; ".join(reader.name for reader in readers())
