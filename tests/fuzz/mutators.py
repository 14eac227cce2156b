"""Mutations that keep a file what it is: cells of a table, values of JSON, members of an archive are changed.

Each takes bytes and gives bytes. One time in three the bytes themselves are changed, as the fuzzer does without these.
"""

from __future__ import annotations

import bz2
import contextlib
import csv
import gzip
import io
import json
import lzma
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from lib.fetching import whole

Mutate = Callable[[bytes, int], bytes]
ODD = (
    *("", "0", "-0", "-1", "1", "+1", "00", "1.", ".5", "1.5", "1e5", "1e99", "1e-99", "1e999", "9" * 30, "9" * 400),
    *("0." + "0" * 400 + "1", "1" * 5000, "nan", "inf", "-Infinity", "1_000", "1,000", "1,00", "12 t", "0x10", "1/2"),
    *("²", "½", "١٢", "２０２４", "2०24", "Ⅻ", "−5", "1–2", "2–1", "1 to 2", ">5", "<", "<>1", "e", "er5", "5er", "W"),
    *("NA", "XX", "s", "—", "-", "--", "..", "N.A.", "(1)", "5(2)", "[3]", "5⁶", "½ unit", "Yes", "No", "True", "null"),
    *("=1+1", "@A1", "+A1", "-B2", "1900", "2024", "2025", "2099", "9999", "0000", "1899", "2021–24", "2024–21"),
    *("202401", "202413", "2024-01", "2024-13", "01/02/24", "31/02/2024", "2026-07-01", "0001-01-01", "9999-12-31"),
    *("A", "M", "X", "C", "EU", "EU27_2020", "WORLD", "EXT_EU27_2020", "QA", "QQ", "XK", "XI", "cn"),
    *("CN", "chn", "CHN"),
    *("China", "Chinae", "China5, 6", "Other countries", "World total (rounded)", "United States"),
    *("Korea", "ÅLAND", "ß"),
    *("97", "156", "842", "490", "899", "999", "1000", "280530", "284690", "850511", "85051110", "2846", "811292"),
    *("rare earths", "RARE EARTHS", "copper", "scandium", "gallium", "MCS2024", "MCS 2031", "MCS0000", "MCS9999"),
    *('"', "'", "a,b", "a\nb", "a\r\nb", "\t", "\u00a0", "\u2028", "\x0b", "\x1c", "\x85", "\ufeff"),
    *("\u202e", "\ufffd"),
    *("Not applicable", "Included in World total.", "Less than ½ unit", "Net exporter", "More than 95", "Withheld"),
    *("World total (rounded), excluding U.S. production", "World total (excludes China)", "MICRONESIA", "Atlantis"),
    *("\U0001f480", "e\u0301", "İ", "\\", "\\ud800", "../..", "x" * 300, "Mine production", "Refinery production"),
)
LONG = tuple(piece * 60_000 + "!" for piece in ("1", "_", "1,", "a ", "(", "e1, "))
"""Cells on which a careless pattern takes minutes."""
VALUES = (None, True, False, 0, -1, 1.5, 1e99, 1e-300, 1e308, 10**30, [], {}, [1], {"id": 1}, "\ud800", {"day": 9})
NAMES = (b"XFD1048576", b"A1048576", b"XFD1", b"A0", b"AAAA1", b"", b"1", b"A1", b"s", b"inlineStr", b"e", b"d", b"n")
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, ValueError, RuntimeError),
    *(NotImplementedError, KeyError, MemoryError),
)


def _odd(chance: random.Random) -> str:
    return chance.choice(LONG if chance.random() < 0.01 else ODD)


def text(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """Change a CSV or a JSON file."""
    if chance.random() < 0.3:
        return mutate(data, most)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return _json(data, most, chance, mutate)
    return _csv(data, most, chance, mutate)


def _csv(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"))))
    except csv.Error:
        return mutate(data, most)
    grid(rows, chance, mutate)
    written = io.StringIO()
    csv.writer(written, lineterminator=chance.choice(("\n", "\n", "\n", "\r\n"))).writerows(rows)
    content = written.getvalue().encode("utf-8", "replace")
    return content if len(content) <= most else mutate(data, most)


def _json(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return mutate(data, most)
    for _ in range(chance.randint(1, 4)):
        _change_value(content, chance, mutate)
    if chance.random() < 0.2:
        _cut(content, chance)
    try:
        written = json.dumps(content, ensure_ascii=chance.random() < 0.8).encode("utf-8", "replace")
    except (RecursionError, ValueError):
        return mutate(data, most)
    return written if len(written) <= most else mutate(data, most)


def _cut(content: object, chance: random.Random) -> None:
    """Say of an answer that it is a part, or leave out rows of it, as interfaces do beyond their limits."""
    about = content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else content
    if isinstance(about, dict):
        about[chance.choice((*whole.COUNTS, *whole.NEXT, *whole.ERRORS, "pages", "page"))] = chance.choice(
            (*ODD, 0, 2, 999)
        )
    lists = [
        rows for rows in (about.values() if isinstance(about, dict) else [content]) if isinstance(rows, list) and rows
    ]
    if lists:
        rows = chance.choice(lists)
        del rows[chance.randrange(len(rows)) :]


def _change_value(content: object, chance: random.Random, mutate: Mutate) -> None:
    """Go down a random path and change what is there."""
    while isinstance(content, dict | list) and content:
        key = chance.choice(list(content)) if isinstance(content, dict) else chance.randrange(len(content))
        inner = content[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.85:
            content = inner
            continue
        kind = chance.random()
        if kind < 0.1:
            del content[key]
        elif kind < 0.2 and isinstance(content, list):
            content.insert(chance.randrange(len(content) + 1), inner)
        elif kind < 0.3 and isinstance(content, dict):
            content[chance.choice((*ODD, *content))] = inner
        elif kind < 0.6:
            content[key] = _odd(chance)
        elif kind < 0.8:
            content[key] = json.loads(json.dumps(chance.choice(VALUES)))
        else:
            content[key] = mutate(str(inner).encode("utf-8", "replace"), 60).decode("utf-8", "replace")
        return


def grid(rows: list[list], chance: random.Random, mutate: Mutate) -> None:
    """Change cells, rows or columns of a table in place, one to four times."""
    for _ in range(chance.randint(1, 4)):
        filled = [at for at, row in enumerate(rows) if row]
        if not filled:
            rows.append([_odd(chance)])
            return
        at = chance.choice(filled)
        row, other = rows[at], rows[chance.choice(filled)]
        place, beside = chance.randrange(len(row)), chance.randrange(len(row))
        change = chance.randrange(13)
        if change <= 3:
            row[place] = _odd(chance)
        elif change == 4:
            row[place] = mutate(str(row[place]).encode("utf-8", "replace"), 60).decode("utf-8", "replace")
        elif change == 5:
            row[place], row[beside] = row[beside], row[place]
        elif change == 6 and place < len(other):
            row[place] = other[place]
        elif change == 7:
            rows.insert(chance.randrange(len(rows) + 1), list(row))
        elif change == 8:
            del rows[at]
        elif change == 9:
            del row[place]
        elif change == 10:
            row.insert(place, _odd(chance))
        elif change == 11:  # somebody asked for some of the rows only
            rows[1:] = [each for each in rows[1:] if chance.random() < 0.6]
            if not any(rows):
                return
        else:
            row[place] = f"{row[place]}{_odd(chance)}"


def sheets(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """Change the sheets of a workbook as JSON."""
    try:
        content = json.loads(data)
        names = [name for name, rows in content.items() if rows and all(isinstance(row, list) for row in rows)]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return mutate(data, most)
    if not names:
        return mutate(data, most)
    rows = content[chance.choice(names)]
    if chance.random() < 0.2:
        row = chance.choice(rows)
        row[:] = [chance.choice(VALUES) if chance.random() < 0.1 else cell for cell in row]
    grid(rows, chance, mutate)
    written = json.dumps(content).encode()
    return written if len(written) <= most else mutate(data, most)


def parquet(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """Change the cells of a Parquet file, and their types; half of the time its bytes."""
    import pyarrow
    import pyarrow.parquet

    if chance.random() < 0.5:
        return mutate(data, most)
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        columns = {name: [str(value) for value in table[name].to_pylist()] for name in table.column_names}
        rows = [list(row) for row in zip(*columns.values(), strict=True)][:200]
        grid(rows, chance, mutate)
        width = len(columns)
        cells = zip(*([*row, *[""] * width][:width] for row in rows), strict=True)
        made = {name: _typed(list(values), chance) for name, values in zip(columns, cells, strict=False)}
        written = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(made), written)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, TypeError):
        return mutate(data, most)
    content = written.getvalue()
    return content if len(content) <= most else mutate(data, most)


def _typed(values: list[str], chance: random.Random):
    import pyarrow

    column = pyarrow.array([None if value == "None" else value for value in values], pyarrow.string())
    if chance.random() < 0.7:
        with contextlib.suppress(pyarrow.ArrowException):
            return column.cast(chance.choice((pyarrow.int64(), pyarrow.float64(), pyarrow.int16(), pyarrow.binary())))
    return column


def archive(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """Change what is in a zip or gzip and pack it again; a plain file as text."""
    if chance.random() < 0.3:
        return mutate(data, most)
    try:
        if data.startswith(b"\x1f\x8b"):
            inner = gzip.GzipFile(fileobj=io.BytesIO(data)).read(1 << 20)
            packed = gzip.compress(text(inner, most, chance, mutate), 6, mtime=0)
        elif data.startswith(b"PK"):
            packed = _zip(data, most, chance, mutate)
        else:
            packed = text(data, most, chance, mutate)
            if chance.random() < 0.1:
                packed = chance.choice((gzip.compress, bz2.compress))(packed)
    except DAMAGED:
        return mutate(data, most)
    return packed if len(packed) <= most else mutate(data, most)


def _zip(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        members = [(member.filename, old.open(member).read(1 << 20)) for member in old.infolist()[:60]]
    if not members:
        return mutate(data, most)
    at = chance.randrange(len(members))
    name, content = members[at]
    if name.endswith(".xml") and chance.random() < 0.6:
        content = _xml(content, chance)
    elif chance.random() < 0.1:
        name = _odd(chance) or "x"
    else:
        content = text(content, most, chance, mutate)
    members[at] = (name, content)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", chance.choice(PACKINGS)) as new:
        for name, content in members:
            new.writestr(name.replace("\x00", "") or "x", content)
    return written.getvalue()


def _xml(content: bytes, chance: random.Random) -> bytes:
    """Change the value of an attribute or of a cell."""
    ends = [at for at in range(len(content)) if content[at : at + 1] in (b'"', b">")]
    if not ends:
        return content
    start = chance.choice(ends) + 1
    stop = min((at for at in (content.find(b'"', start), content.find(b"<", start)) if at >= 0), default=len(content))
    odd = (*NAMES, *(value.encode() for value in ODD))
    return content[:start] + chance.choice(odd) + content[stop:]


MUTATORS = {"text": text, "sheets": sheets, "parquet": parquet, "archive": archive}
