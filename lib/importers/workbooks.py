"""The sheets of an Excel workbook, which is looked over before it is read.

A sheet is unfolded to all cells between its first and its last. A file of a few kilobytes with a cell in the last row
and column would take more memory than there is, and end the program without a message.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from lib.disk import storage
from lib.importers.reading import Refused, refuse

MOST_CELLS = 3_000_000
"""Cells of the largest sheet times the number of sheets; official workbooks have some hundred thousand."""
MOST_TEXT = 2 << 30
"""Bytes of the longest text times the cells that may hold it: texts that are shared stand once in the file."""
LARGEST = 128 << 20
"""Bytes of all members, unpacked."""
BOOK, OTHER_BOOKS = "xl/workbook.xml", {"xl/workbook.bin", "content.xml"}
PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)(\d+)[\"']")
ROW_OR_CELL = re.compile(rb"<(?:[\w.-]+:)?(row|c)\b")
SHARED_TEXT = re.compile(rb"<(?:[\w.-]+:)?si\b")
LETTERS, DIGITS = 3, 7
"""Of the last cell that there is, XFD1048576."""
TOLD = "the file is damaged or is not a workbook: fetch it again"

Sheet = Sequence[Sequence[object]]
"""Rows of text, numbers, days, and "" for an empty cell."""
Sheets = Mapping[str, Sheet]


def sheets(path: Path, name: str) -> Sheets:
    """Read the sheets by name: rows of text, numbers, days, and "" for an empty cell. Raises Refused."""
    from python_calamine import CalamineWorkbook

    largest, longest = _look_over(path, name)
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            cells = largest * len(book.sheet_names)
            if cells > MOST_CELLS or cells * longest > MOST_TEXT:
                raise _too_large(name, f"{len(book.sheet_names)} sheets of up to {largest:,} cells")
            return {sheet: book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names}
    except BaseException as error:  # the package has an exception for each kind of damage, and panics are none of them
        if not _is_damage(error):
            raise
        raise refuse(name, "not-a-workbook", TOLD, value=str(error)) from None


def _is_damage(error: BaseException) -> bool:
    mine = Refused | KeyboardInterrupt | SystemExit | GeneratorExit
    return not isinstance(error, mine) and not storage.is_at_fault(error)


def _too_large(name: str, value: str) -> Refused:
    remedy = f"no official workbook has more than {MOST_CELLS:,} cells; delete empty rows and columns"
    return refuse(name, "too-large", remedy, value=value)


def _look_over(path: Path, name: str) -> tuple[int, int]:
    """Count the cells of the largest sheet, empty ones between others too, and the bytes of the longest shared text."""
    largest = longest = 1
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if BOOK not in names or names & OTHER_BOOKS:
                raise refuse(name, "not-a-workbook", "a workbook of the kind .xlsx: save it as one")
            size = sum(member.file_size for member in members)
            if size > LARGEST:
                raise _too_large(name, f"{size:,} bytes")
            for member in members:
                text = _text(archive, member, name)
                largest, longest = max(largest, _cells(text)), max(longest, _longest(text))
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError) as error:
        if storage.is_at_fault(error):
            raise
        raise refuse(name, "not-a-workbook", TOLD, value=str(error)) from None
    return largest, longest


def _text(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refuse(name, "not-a-workbook", TOLD, value=member.filename)
    with archive.open(member) as packed:
        return packed.read()


def _cells(text: bytes) -> int:
    """Count the cells that a sheet unfolds to: by the places that it names (`AB12`) or, if more, by what is in it."""
    last_row = last_column = rows = columns = beside = 0
    for place in PLACE.finditer(text):
        letters, digits = place.groups()
        last_row = max(last_row, int(digits.lstrip(b"0")[: DIGITS + 1] or b"1"))
        last_column = max(last_column, _number(letters))
    for tag in ROW_OR_CELL.finditer(text):
        if tag[1] == b"row":
            rows, beside = rows + 1, 0
        else:
            beside += 1
            columns = max(columns, beside)
    return max(last_row, rows) * max(last_column, columns)


def _number(letters: bytes) -> int:
    """Return the number of a column, from one; far too many for letters that no column has."""
    if len(letters) > LETTERS:
        return MOST_CELLS + 1
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _longest(text: bytes) -> int:
    """Return the bytes of the longest text that cells share."""
    starts = [tag.start() for tag in SHARED_TEXT.finditer(text)]
    return max((end - start for start, end in pairwise([*starts, len(text)])), default=0)
