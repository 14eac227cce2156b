"""The sheets of an Excel workbook, which is looked over before it is read.

A sheet is unfolded to all cells between its first and its last. A file of a few kilobytes with a cell in the last row
and column would take more memory than there is, and end the program without a message.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path

from lib.importers.found import Refused, refuse

MOST_CELLS = 3_000_000
"""Cells of the largest sheet times the number of sheets; official workbooks have some hundred thousand."""
LARGEST = 256 << 20
"""Bytes of all members, unpacked."""
BOOK, OTHER_BOOKS = "xl/workbook.xml", {"xl/workbook.bin", "content.xml"}
PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)(\d+)[\"']")
ROW, CELL = re.compile(rb"<(?:[\w.-]+:)?row\b"), re.compile(rb"<(?:[\w.-]+:)?c\b")
LETTERS, DIGITS = 3, 7
"""Of the last cell that there is, XFD1048576."""
BLOCK = 1 << 20
LONGEST_TAG = 1 << 10
TOLD = "the workbook is damaged or is none: fetch it again"

Sheets = dict[str, list[list[object]]]


def sheets(path: Path, name: str) -> Sheets:
    """The sheets by name: rows of text, numbers, days, and "" for an empty cell. Raises Refused."""
    from python_calamine import CalamineWorkbook

    largest = _largest(path, name)
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            if largest * len(book.sheet_names) > MOST_CELLS:
                raise _too_large(name, f"{len(book.sheet_names)} sheets of up to {largest:,} cells")
            return {sheet: book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names}
    except BaseException as error:  # the package has an exception for each kind of damage, and panics are none of them
        if not _is_damage(error):
            raise
        raise refuse(name, "not-a-workbook", TOLD, value=str(error)) from None


def _is_damage(error: BaseException) -> bool:
    return not isinstance(error, Refused | KeyboardInterrupt | SystemExit | GeneratorExit)


def _too_large(name: str, value: str) -> Refused:
    told = f"no official workbook has more than {MOST_CELLS:,} cells; cells may stand far out: delete what is empty"
    return refuse(name, "too-large", told, value=value)


def _largest(path: Path, name: str) -> int:
    """The cells of the largest sheet, empty ones between others too. Raises Refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if BOOK not in names or names & OTHER_BOOKS:
                raise refuse(name, "not-a-workbook", "a workbook of the kind .xlsx: save it as one")
            size = sum(member.file_size for member in members)
            if size > LARGEST:
                raise _too_large(name, f"{size:,} bytes")
            return max(_cells(archive, member, name) for member in members)
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise refuse(name, "not-a-workbook", TOLD, value=str(error)) from None


def _cells(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> int:
    """How many cells a member unfolds to: by the places that it names, or else by counting."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refuse(name, "not-a-workbook", TOLD, value=member.filename)
    last_row = last_column = rows = columns = 0
    beside, kept = 0, b""
    with archive.open(member) as packed:
        while block := packed.read(BLOCK):
            text = kept + block
            end = text.rfind(b"<", max(0, len(text) - LONGEST_TAG))
            text, kept = (text[:end], text[end:]) if end > 0 else (text, b"")
            last_row, last_column = _last(text, last_row, last_column)
            for number, part in enumerate(ROW.split(text)):
                beside = (0 if number else beside) + len(CELL.findall(part))
                columns, rows = max(columns, beside), rows + bool(number)
    last_row, last_column = _last(kept, last_row, last_column)
    return max(last_row, rows) * max(last_column, columns)


def _last(text: bytes, row: int, column: int) -> tuple[int, int]:
    """The last row and column that places such as `AB12` name, counted from one; far beyond where none can be."""
    for letters, digits in set(PLACE.findall(text)):
        row = max(row, int(digits.lstrip(b"0")[: DIGITS + 1] or b"1"))
        column = max(column, _number(letters))
    return row, column


def _number(letters: bytes) -> int:
    if len(letters) > LETTERS:
        return MOST_CELLS + 1
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
