"""Whether a file that came is of the kind that was asked for, and whole: not a web page, an error message, or half."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from lib.fetching import whole
from lib.fetching.errors import plain

ENDS = 64 << 10
"""Bytes of the beginning and the end of a CSV file that are looked at."""
MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?P<page>!doctype html|html|head)?", re.IGNORECASE)
UNPACKS_TO = 100
"""How many times its size an archive may unpack to; official ones reach about thirty."""


class Unfit(Exception):
    """Error for a file that is not what was asked for; its text completes the sentence "the answer …"."""


def examine(path: Path, kind: str, columns: Sequence[str] = ()) -> None:
    """Raise Unfit unless the file is a whole one of its kind: csv with these columns, json, zip or xlsx."""
    with path.open("rb") as file:
        head = file.read(ENDS)
    if not head.strip():
        raise Unfit("is empty")
    if kind != "json" and (markup := MARKUP.match(head)):
        named = "a web page" if markup["page"] else "an XML message"
        raise Unfit(f"is {named}, not {kind.upper()}: {plain(head)}")
    {"csv": _csv, "json": _json, "zip": _zip, "xlsx": _xlsx}[kind](path, head, columns)


def _csv(path: Path, head: bytes, columns: Sequence[str]) -> None:
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")) or b"\0" in head:
        raise Unfit("is packed or binary, not CSV")
    if head.lstrip().startswith((b"{", b"[")):
        raise Unfit(f"is JSON, not CSV: {plain(head)}")
    header = _cells(head.removeprefix(b"\xef\xbb\xbf"))
    missing = [name for name in columns if name not in header]
    if missing:
        raise Unfit(f"lacks the columns {', '.join(missing)}; its first line is: {plain(','.join(header))}")
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - ENDS))
        end = file.read()
    last = end.rstrip(b"\r\n").rpartition(b"\n")[2]
    if not end.endswith((b"\n", b"\r")) and len(_cells(last)) < len(header):
        raise Unfit("was cut off: its last line has fewer cells than its first")


def _cells(line: bytes) -> list[str]:
    text = line.decode("utf-8", "replace")
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(text)), [])]
    except csv.Error:
        return []


def _json(path: Path, head: bytes, columns: Sequence[str]) -> None:
    try:
        answer = json.loads(path.read_bytes())
    except UnicodeDecodeError:
        raise Unfit("is not JSON: its characters cannot be read") from None
    except (json.JSONDecodeError, RecursionError) as error:
        if markup := MARKUP.match(head):
            named = "a web page" if markup["page"] else "an XML message"
            raise Unfit(f"is {named}, not JSON: {plain(head)}") from None
        raise Unfit(f"is not JSON, or was cut off: {plain(str(error))}") from None
    if sign := whole.cut(answer):
        raise Unfit(f"is not whole: {plain(sign)}")


def _zip(path: Path, head: bytes, columns: Sequence[str]) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > UNPACKS_TO * path.stat().st_size:
                raise Unfit(f"is an archive that unpacks to more than {UNPACKS_TO} times its size")
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Unfit(f"is not an archive, or was cut off: {plain(str(error)) or type(error).__name__}") from None
    if damaged or not members:
        raise Unfit(f"is a damaged archive: {damaged or 'it holds nothing'}")
    return [member.filename for member in members]


def _xlsx(path: Path, head: bytes, columns: Sequence[str]) -> None:
    if "[Content_Types].xml" not in _zip(path, head, columns):
        raise Unfit("is an archive, not a workbook")
