"""Opening what a reader of the book hands in: plain, gzip or zip, of any encoding, and of any malice.

`opened` gives one `File` for each table in what was named. It is looked at before it is read: a link, a web page,
what is binary, cut off, or larger than any official file, is refused with the reason.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import lzma
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO

from lib.disk import storage
from lib.fetching import whole
from lib.importers import workbooks
from lib.importers.reading import Refused, refuse, shown
from lib.tables import values

LARGEST = 4 << 30
"""Bytes of a file, or of what it unpacks to, above which it is no official file: a year of BACI has about 0.4 GiB."""
LARGEST_TEXT = 256 << 20
"""Bytes of a file that is read as a whole: all but BACI."""
LARGEST_RATIO = 500
"""How many times its size an archive may unpack to; official CSV files reach about thirty."""
MOST_MEMBERS = 500
HEAD = 64 << 10
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError),
    *(OSError, ValueError, MemoryError),
)
"""What reading a damaged archive raises."""
WORKBOOK = "[Content_Types].xml"
OTHER_WORKBOOKS = frozenset({"content.xml", "Index/Document.iwa"})
"""What is in workbooks of LibreOffice and of Numbers."""
OLD_OFFICE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08\x10\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
"""How workbooks of Excel before 2007 begin."""
OFFICE_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
WEB_PAGE = re.compile(rb"\A\s*<(!doctype|html|head|\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE)
HALF_SIGN = re.compile(r"\\u[dD][89a-fA-F]")
"""How JSON writes signs beyond the first plane, in two halves; one half alone can be neither shown nor saved."""
csv.field_size_limit(1 << 20)


@dataclass(frozen=True)
class File:
    """One file to be read: its name as shown, where its bytes lie unpacked, and the hash of what was handed in."""

    name: str
    path: Path
    hashed: str | Future[str]
    scratch: Path | None = None
    """A folder for what is made of the file while it is open."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", shown(self.name))

    @property
    def sha256(self) -> str:
        """Return the hash, which is computed while the file is read; asking for it early means waiting."""
        return self.hashed if isinstance(self.hashed, str) else self.hashed.result()

    @cached_property
    def head(self) -> bytes:
        """Return the first 64 KiB."""
        with self.path.open("rb") as file:
            return file.read(HEAD)

    @property
    def is_workbook(self) -> bool:
        return self.head.startswith(b"PK\x03\x04")

    @property
    def is_parquet(self) -> bool:
        return self.head.startswith(b"PAR1")

    @cached_property
    def text(self) -> str:
        """Return the whole text, from UTF-8 (with or without a byte order mark) or Windows-1252. Raises Refused."""
        size = self.path.stat().st_size
        if size > LARGEST_TEXT:
            remedy = f"no file of this kind has more than {LARGEST_TEXT >> 20} MiB; name the file that was published"
            raise refuse(self.name, "too-large", remedy, value=f"{size:,} bytes")
        return _decoded(self.name, self.path.read_bytes())

    @cached_property
    def header(self) -> list[str]:
        """Return the trimmed cells of the first line that has any; empty for a file that is no text. Raises nothing."""
        if self.is_workbook or self.is_parquet:
            return []
        start = self.head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").lstrip("\r\n")
        with contextlib.suppress(csv.Error, StopIteration):
            return [cell.strip() for cell in next(csv.reader(io.StringIO(start)))]
        return []

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a CSV file that have any content, trimmed, each with its line. Raises Refused."""
        reader = csv.reader(io.StringIO(self.text), strict=True)
        line = 1
        while True:
            try:
                row = [cell.strip() for cell in next(reader)]
            except StopIteration:
                refuse_spreadsheet_end(self.name, reader.line_num)
                return
            except csv.Error as error:
                remedy = "an unpaired quotation mark, or a file that was cut off: fetch it again"
                raise refuse(self.name, "not-csv", remedy, row=line, value=str(error)) from None
            if any(row):
                yield line, row
            line = reader.line_num + 1

    def json(self) -> object:
        """Return the content of a JSON file. Raises Refused, also where the content says that it is not whole."""
        try:
            content = json.loads(self.text)
            if HALF_SIGN.search(self.text):
                json.dumps(content, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:  # also numbers of more digits than Python takes
            remedy = "the file was cut off or is not JSON: fetch it again"
            raise refuse(self.name, "not-json", remedy, row=getattr(error, "lineno", None), value=str(error)) from None
        if sign := whole.cut(content):
            raise truncated(self.name, sign)
        return content

    def sheets(self) -> workbooks.Sheets:
        """Return the sheets of a workbook by name.

        They have rows of text, numbers, days, and "" for an empty cell. Raises Refused.
        """
        return self._sheets

    def tables(self) -> list[File]:
        """Return the sheets of a workbook as files of CSV, for readers of such. Raises Refused."""
        return self._tables

    @cached_property
    def _tables(self) -> list[File]:
        if self.scratch is None:
            return []
        files = []
        for number, (sheet, rows) in enumerate(self.sheets().items()):
            target = self.scratch / f"{self.path.name}-{number}.csv"
            with target.open("w", encoding="utf-8", newline="") as written:
                csv.writer(written, lineterminator="\n").writerows([_as_text(cell) for cell in row] for row in rows)
            files.append(File(f"{self.name}, sheet {sheet}", target, self.hashed))
        return files

    @cached_property
    def _sheets(self) -> workbooks.Sheets:
        return workbooks.sheets(self.path, self.name)


def _as_text(cell: object) -> str:
    """Write a cell as CSV has it: whole numbers without a point, days as 2026-07-01, one line."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return cell.isoformat() if isinstance(cell, dt.date) else " ".join(str(cell).split())


def truncated(name: str, sign: str) -> Refused:
    """Build the refusal of an answer that lacks a part; `sign` is what shows it."""
    remedy = "all rows in one answer, without an error: ask again for fewer years or codes at once, or with a key"
    column, _, value = sign.partition(": ")
    return refuse(name, "truncated", remedy, column=column if value else "", value=value or sign)


def refuse_at_limit(name: str, rows: int, limits: Iterable[int]) -> None:
    """Refuse as many rows as one answer of a publisher can hold: the rest is likely to be missing."""
    if sign := whole.at_limit(rows, limits):
        raise truncated(name, sign)


def refuse_spreadsheet_end(name: str, lines: int) -> None:
    """Refuse a file that ends where spreadsheets end: they silently drop what is beyond."""
    if lines in whole.MOST_OF_SPREADSHEETS:
        remedy = "the file as published: a spreadsheet program in which it was saved cannot hold more lines"
        raise refuse(name, "truncated", remedy, row=lines, value=f"{lines:,} lines")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[list[File]]:
    """Open a file, or each member of an archive, unpacked while the context lasts. Raises Refused."""
    _look_at(path)
    with tempfile.TemporaryDirectory(prefix="book-add-") as folder, ThreadPoolExecutor(1) as beside:
        yield _unpacked(path, Path(folder), beside.submit(_sha256, path))


def _look_at(path: Path) -> None:
    """Refuse anything but a regular file of a sensible size with a name that could be kept."""
    name = path.name or str(path)
    _look_at_name(name, name)
    try:
        kind = path.lstat()
    except (OSError, ValueError) as error:
        if storage.is_at_fault(error):
            raise
        remedy = "name an existing file"
        raise refuse(name, "file-missing", remedy, value=getattr(error, "strerror", "") or str(error)) from None
    if stat.S_ISLNK(kind.st_mode):
        raise refuse(name, "link", "name the file itself, not a link to it", value=str(path.readlink()))
    if stat.S_ISDIR(kind.st_mode):
        raise refuse(name, "folder", "name the files in it: book add FOLDER/*")
    if not stat.S_ISREG(kind.st_mode):
        raise refuse(name, "no-regular-file", "name a file that has been saved")
    if not kind.st_size:
        raise refuse(name, "file-empty", "the file has no content: fetch it again")
    if kind.st_size > LARGEST:
        raise refuse(
            name, "too-large", f"no official file has more than {LARGEST >> 30} GiB", value=f"{kind.st_size:,}"
        )


def _look_at_name(file: str, name: str) -> None:
    """Refuse a name that a spreadsheet or a terminal would run: it becomes part of a source and of messages."""
    fault = values.name_fault(name)
    if fault:
        raise refuse(file, fault.rule, fault.remedy, value=name)


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpacked(path: Path, folder: Path, digest: Future[str]) -> list[File]:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"\x1f\x8b"):
        target = folder / "unpacked"
        _gunzip(path, target)
        return [File(path.name, target, digest)]
    if start.startswith(b"PK"):
        return _from_zip(path, folder, digest)
    return [File(path.name, path, digest)]


def _gunzip(path: Path, target: Path) -> None:
    allowed = _allowed(path)
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as plain:
            _copy(packed, plain, allowed, path.name)
    except (OSError, EOFError, zlib.error) as error:
        if storage.is_at_fault(error):
            raise
        raise refuse(path.name, "archive-damaged", "the file was cut off: fetch it again", value=str(error)) from None


def _from_zip(path: Path, folder: Path, digest: Future[str]) -> list[File]:
    """Return the members of a zip; a workbook, which is a zip itself, as it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
            _look_over(path, members)
            if any(member.filename == WORKBOOK for member in members):
                return [File(path.name, path, digest, folder)]
            if any(member.filename in OTHER_WORKBOOKS for member in members):
                raise refuse(path.name, "not-a-workbook", "a workbook of another kind: save it as .xlsx or CSV")
            files = []
            for number, member in enumerate(_tables(members)):
                target = folder / str(number)
                with archive.open(member) as packed, target.open("wb") as plain:
                    _copy(packed, plain, _allowed(path), path.name)
                files.append(File(f"{path.name}/{member.filename}", target, digest, folder))
    except DAMAGE as error:
        if storage.is_at_fault(error):
            raise
        raise refuse(
            path.name, "archive-damaged", "the archive cannot be read: fetch it again", value=str(error)
        ) from None
    if not files:
        raise refuse(path.name, "archive-empty", "the archive contains no file")
    return files


def _tables(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Choose the members that may hold tables: not what a system or a publisher puts beside them."""
    beside = ("__MACOSX", "Metadata_")
    kept = (".csv", ".tsv", ".txt", ".json", ".xlsx", ".parquet", "", ".xls", ".xlsm", ".xlsb", ".ods", ".zip", ".gz")
    return [
        member
        for member in members
        if PurePosixPath(member.filename).suffix.lower() in kept
        and not member.filename.startswith(beside)
        and not PurePosixPath(member.filename).name.lower().startswith((".", "metadata_", "readme"))
        and not member.filename.lower().endswith("metadata.csv")
    ]


def _look_over(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that is a bomb, or has members that lie outside of it, are links or are encrypted."""
    size, allowed = sum(member.file_size for member in members), _allowed(path)
    if len(members) > MOST_MEMBERS:
        remedy = f"an archive may hold {MOST_MEMBERS} files: name those that hold tables"
        raise refuse(path.name, "archive-too-large", remedy, value=f"{len(members):,} files")
    if size > allowed:
        remedy = f"it would unpack to more than {allowed >> 20:,} MiB, which no official file does"
        raise refuse(path.name, "archive-too-large", remedy, value=f"{size:,} bytes")
    for member in members:
        if not member.filename:
            raise refuse(path.name, "archive-damaged", "a member has no name: fetch the archive again")
        _look_at_name(path.name, member.filename)
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts:
            raise refuse(path.name, "path-outside", "a member's path leads out of the archive", value=member.filename)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise refuse(path.name, "link", "a member is a link: pack the file itself", value=member.filename)
        if member.flag_bits & 1:
            raise refuse(path.name, "encrypted", "a member has a password: unpack it first", value=member.filename)


def _allowed(path: Path) -> int:
    """Return the bytes that an archive may unpack to."""
    return min(LARGEST, max(LARGEST_RATIO * path.stat().st_size, 1 << 20))


def _copy(packed: IO[bytes] | gzip.GzipFile, plain: IO[bytes], allowed: int, name: str) -> None:
    """Copy, but stop where more comes than any honest archive unpacks to, whatever its directory says."""
    written = 0
    while block := packed.read(1 << 20):
        written += len(block)
        if written > allowed:
            remedy = f"it unpacks to more than {allowed >> 20:,} MiB, which no official file does"
            raise refuse(name, "archive-too-large", remedy)
        plain.write(block)
    plain.flush()


def look_into(file: File) -> None:
    """Refuse a file whose first bytes show that it can hold no table. Raises Refused."""
    head = file.head
    if not head.strip():
        raise refuse(file.name, "file-empty", "the file has no content: fetch it again")
    if file.is_workbook or file.is_parquet:
        if file.is_parquet:
            _look_at_parquet(file)
        elif not _is_office(file.path):
            raise refuse(file.name, "archive-within", "an archive inside another: unpack it and name what is in it")
        return
    if head.startswith(b"\x1f\x8b"):
        raise refuse(file.name, "archive-within", "a packed file inside another: unpack it and name what is in it")
    if head.startswith(OLD_OFFICE) or OFFICE_XML in head[:2000]:
        raise _old_workbook(file)
    if WEB_PAGE.match(head):
        remedy = "a web page, perhaps an error or a sign-in, was saved in place of the data: fetch the file itself"
        raise refuse(file.name, "web-page", remedy, row=1, value=head.strip()[:60].decode("utf-8", "replace"))
    if head.startswith(b"%PDF"):
        raise refuse(file.name, "pdf", "figures are not read from a PDF: fetch the data release")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise refuse(file.name, "encoding", "save the file as UTF-8; it is UTF-16", row=1)
    if b"\x00" in head:
        row = head[: head.index(b"\x00")].count(b"\n") + 1
        raise refuse(
            file.name, "binary", "the file contains NUL bytes, so it is not a text table: fetch it again", row=row
        )


def _is_office(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(set(archive.namelist()) & {WORKBOOK, *OTHER_WORKBOOKS})
    except DAMAGE:
        return True  # whoever reads it says what is wrong


def _old_workbook(file: File) -> Refused:
    """Build the refusal of a workbook of Excel before 2007, or of one with a password, wrapped in the same way."""
    content = file.path.read_bytes() if file.path.stat().st_size <= LARGEST_TEXT else file.head
    if "EncryptedPackage".encode("utf-16-le") in content:
        return refuse(file.name, "encrypted", "the workbook has a password: save it without one")
    remedy = "an old Excel workbook (.xls), which is not read: open it and save it as .xlsx or CSV"
    return refuse(file.name, "old-workbook", remedy)


def _look_at_parquet(file: File) -> None:
    with file.path.open("rb") as opened:
        opened.seek(-4, 2)
        if opened.read() != b"PAR1":
            raise refuse(file.name, "truncated", "the Parquet file was cut off: fetch it again")


def _decoded(name: str, raw: bytes) -> str:
    if b"\x00" in raw:
        row = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise refuse(name, "binary", "the file contains NUL bytes, so it is not a text table: fetch it again", row=row)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.start
    row, value = raw[:place].count(b"\n") + 1, repr(raw[place : place + 1])
    if raw.startswith(codecs.BOM_UTF8) or re.search(rb"[\xc3\xe2][\x80-\xbf]", raw):
        raise refuse(
            name, "encoding", "the file mixes UTF-8 with another encoding: save it as UTF-8", row=row, value=value
        )
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as error:
        row, value = raw[: error.start].count(b"\n") + 1, repr(raw[error.start : error.start + 1])
        remedy = "save the file as UTF-8; it is neither UTF-8 nor Windows-1252"
        raise refuse(name, "encoding", remedy, row=row, value=value) from None
