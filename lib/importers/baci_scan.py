"""A pass over a yearly file of BACI, `t,i,j,k,v,q`: the form of every row is checked, the rows that count are kept.

The file is looked at in blocks, which two threads share. Of a block there are bitmaps, one bit for a byte: where its
commas are, its points, its line ends. What holds of all rows is asked of whole bitmaps, and no row becomes an object
but those that are kept. A block that does not pass is read again row by row, which finds the line that is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from lib.importers.files import File
from lib.importers.found import Refused, refuse
from lib.importers.records import Record

COLUMNS = ("t", "i", "j", "k", "v", "q")
BLOCK = 3 << 20
LONGEST_LINE = 1 << 10
LONGEST_ROW = 56
"""Bytes of a row whose commas fit into one number; a longer one, which BACI does not have, is read by itself."""
WORKERS = 2
REUSED = 16 << 20
"""Bytes that are taken and given back once: the C library then keeps memory for the next block, and asks not anew."""
ROW = re.compile(rb"(\d{4}),(\d{1,3}),(\d{1,3}),(\d{5,6}),(\d+(?:\.\d+)?),(\d+(?:\.\d+)?|NA|)")
CELLS = (
    (r"\d{4}", "a year such as 2024"),
    (r"\d{1,3}", "a country number such as 156"),
    (r"\d{1,3}", "a country number such as 156"),
    (r"\d{5,6}", "a code of six digits"),
    (r"\d+(\.\d+)?", "a value in thousand USD, zero or more"),
    (r"(\d+(\.\d+)?|NA)?", "a quantity in tonnes, zero or more, or NA"),
)


@dataclass
class Block:
    """What a block of whole rows holds: how many, and those that are kept, by their number in the block.

    `sound` is False where some row is not as all others are.
    """

    rows: int = 0
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    sound: bool = True


@dataclass
class Scan:
    """A pass over the yearly file: how many rows it has, and which are kept, with their lines."""

    year: int
    rows: int = 0
    kept: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """Where the rows of the yearly file begin, the year that they all must have, and the codes that are kept."""

    path: Path
    start: int
    size: int
    year: bytes
    codes: frozenset[bytes]


def scan(file: File, codes: Iterable[str]) -> Scan:
    """Check the form of each row and keep those of some codes. Raises Refused with the line."""
    source = _source(file, frozenset(code.encode() for code in codes))
    bytearray(REUSED)
    with ThreadPoolExecutor(WORKERS) as workers:
        try:
            blocks = workers.map(partial(_block, source), range(source.start, source.size, BLOCK))
            return _joined(file, source, blocks)
        finally:
            workers.shutdown(cancel_futures=True)


def _source(file: File, codes: frozenset[bytes]) -> Source:
    with file.path.open("rb") as opened:
        start = len(opened.readline())
        first = opened.readline()
        size = opened.seek(0, os.SEEK_END)
        opened.seek(-1, os.SEEK_END)
        if opened.read() != b"\n":
            told = "a last line that ends: the file was cut off, fetch it again"
            raise refuse(file.name, "truncated", told, row=_lines(file))
    if not first.strip():
        raise refuse(file.name, "no-rows", "rows below the header: fetch the file again", row=2)
    year = first.strip()[:4]
    if not re.fullmatch(rb"(19|20)\d\d", year):
        raise _misformed(file, 2, first.strip())
    Record(file.name, 2, {"t": year.decode()}).year("t")
    return Source(file.path, start, size, year, codes)


def _lines(file: File) -> int:
    with file.path.open("rb") as opened:
        return sum(1 for _ in opened)


def _joined(file: File, source: Source, blocks: Iterable[Block]) -> Scan:
    """The blocks in their order. Raises Refused for a row that has no good form, and a kept one that stands twice."""
    found, line, seen = Scan(int(source.year)), 2, {}
    for number, block in enumerate(blocks):
        if not block.sound:
            block = _by_rows(file, source, source.start + number * BLOCK, line)
        for place, text in block.kept:
            row = text.decode().split(",")
            key = int(row[1]), int(row[2]), row[3]
            if key in seen:
                told = f"each flow of exporter, importer and code once; row {seen[key]} is another"
                raise refuse(file.name, "row-twice", told, row=line + place, column="i, j, k")
            seen[key] = line + place
            found.kept.append((line + place, row))
        line += block.rows
    found.rows = line - 2
    return found


# ------------------------------------------------------------------------------------------- one block


def _block(source: Source, place: int) -> Block:
    """What the rows hold that begin in the block at `place`."""
    text, size = _rows_from(source, place)
    if not size:
        return Block()
    block = _looked_at(source, text, size)
    if not block.sound:
        plain = _plain(bytes(text[:size]))
        if len(plain) < size:
            block = _looked_at(source, memoryview(plain + bytes(16)), len(plain))
    return block


def _rows_from(source: Source, place: int) -> tuple[memoryview, int]:
    """The rows that begin in a block, with how many bytes they have; what stands after them is not theirs."""
    with source.path.open("rb", buffering=0) as file:
        file.seek(place - 1)
        text = file.read(1 + BLOCK + LONGEST_LINE)
    if len(text) <= BLOCK + LONGEST_LINE:
        text += bytes(16)
        length = len(text) - 16
    else:
        length = len(text)
    begin = text.find(b"\n", 0, length) + 1
    if not begin or begin > BLOCK:
        return memoryview(b""), 0
    end = text.find(b"\n", BLOCK, length) + 1 or length
    return memoryview(text)[begin:], end - begin


def _plain(text: bytes) -> bytes:
    """Rows without the blanks before numbers, and the other line ends, that some editions have."""
    text = text.replace(b"\r\n", b"\n")
    return re.sub(rb"(?<=,) +", b"", text) if b" " in text else text


def _looked_at(source: Source, text: memoryview, size: int) -> Block:
    """The rows by whole bitmaps and numbers; of `text`, sixteen bytes more than `size` must be there."""
    import numpy

    letters = numpy.frombuffer(text, dtype=numpy.uint8, count=size)
    here = letters == ord("\n")
    ends = numpy.flatnonzero(here)
    if not len(ends) or ends[-1] != size - 1:
        return Block(sound=False)
    lines, commas, points, others = (
        _bitmap(here),
        _bitmap(numpy.equal(letters, ord(","), out=here)),
        _bitmap(numpy.equal(letters, ord("."), out=here)),
        _bitmap(numpy.greater(letters - ord("0"), 9, out=here)),
    )
    if not _good_cells(lines, commas, points, others) or not _only_na(letters, others & ~(lines | commas | points)):
        return Block(sound=False)
    begins = numpy.concatenate(([0], ends[:-1] + 1))
    codes_at = _codes_at(commas, begins, ends)
    if codes_at is None or not _good_starts(source, text, begins):
        return Block(sound=False)
    codes = _numbers_at(text, codes_at)
    if not _are_codes(codes):
        return Block(sound=False)
    kept = _of_codes(codes, source.codes).tolist()
    return Block(len(ends), [(row, bytes(text[begins[row] : ends[row]])) for row in kept])


def _bitmap(places):
    """A bit for each byte, 64 of them in a number, the first the lowest; with one number more, which is empty."""
    import numpy

    bits = numpy.zeros((len(places) // 64 + 2) * 8, dtype=numpy.uint8)
    bits[: (len(places) + 7) // 8] = numpy.packbits(places, bitorder="little")
    return bits.view("<u8")


def _next(bits):
    """The bitmap of the bytes that follow."""
    import numpy

    moved = bits << numpy.uint64(1)
    moved[1:] |= bits[:-1] >> numpy.uint64(63)
    return moved


def _good_cells(lines, commas, points, others) -> bool:
    """Whether cells but the last have a first digit, and a number one point at most, with digits around it.

    To add one to the first digit after a point carries through the digits that follow, to what ends them.
    """
    after, digits = _next(points), ~others
    if (after & others).any() or (_next(others) & (points | commas)).any():
        return False
    carried = after + digits
    carried[1:] += (carried < digits)[:-1]
    return not (carried & others & ~(lines | commas)).any()


def _only_na(letters, words) -> bool:
    """Whether the bytes of a bitmap are `NA`, each of which fills the last cell of a row."""
    import numpy

    eights = words.view(numpy.uint8)
    some = numpy.flatnonzero(eights != 0)
    if not len(some):
        return True
    bits = numpy.flatnonzero(numpy.unpackbits(eights[some], bitorder="little"))
    places = (some[bits >> 3] << 3) + (bits & 7)
    if len(places) % 2 or places[0] == 0:
        return False
    first, second = places[::2], places[1::2]
    return bool(
        (
            (second == first + 1)
            & (letters[first] == ord("N"))
            & (letters[second] == ord("A"))
            & (letters[first - 1] == ord(","))
            & (letters[second + 1] == ord("\n"))
        ).all()
    )


def _codes_at(commas, begins, ends):
    """Where the codes begin, behind the third comma; None if a row has not five, or a cell before has a wrong length.

    The bits of a row's commas are one number, of which `x & (x - 1)` takes the lowest away, and `x & -x` leaves it.
    """
    import numpy

    whole = numpy.uint64
    length = ends - begins
    if length.max() > LONGEST_ROW:
        return None
    own = _numbers_at(memoryview(commas).cast("B"), begins >> 3) >> (begins & 7).view(whole)
    own &= (whole(1) << length.view(whole)) - whole(1)
    if (numpy.bitwise_count(own) != 5).any() or ((own & whole(0b11111)) != whole(0b10000)).any():
        return None
    own &= own - whole(1)
    second = own & (~own + whole(1))
    own ^= second
    third = own & (~own + whole(1))
    if (second > whole(1 << 8)).any() or (third > second << whole(4)).any():
        return None
    return begins + numpy.bitwise_count(third - whole(1)) + 1


def _good_starts(source: Source, text: memoryview, begins) -> bool:
    """Whether rows begin with the year, and no point is in the two cells that follow, which end before byte 13.

    Of the bytes that there may be, a point alone has its second bit and lacks its fifth.
    """
    import numpy

    whole = numpy.uint64
    pairs = numpy.ndarray((len(text) - 15,), dtype="V16", buffer=text, strides=(1,))[begins].view("<u8").reshape(-1, 2)
    first, second = pairs[:, 0], pairs[:, 1]
    year = whole(int.from_bytes(source.year + b",", "little"))
    return not (
        ((first & whole(0xFFFFFFFFFF)) != year).any()
        or (first & ~(first >> whole(3)) & whole(0x0202020000000000)).any()
        or (second & ~(second >> whole(3)) & whole(0x0202020202)).any()
    )


def _numbers_at(text: memoryview, places):
    """The eight bytes that begin at each place as a number, the first the lowest."""
    import numpy

    return numpy.ndarray((len(text) - 7,), dtype="<u8", buffer=text, strides=(1,))[places]


def _are_codes(words) -> bool:
    """Whether a cell is six digits long, or five where a first zero was lost: digits alone have their fifth bit."""
    import numpy

    whole = numpy.uint64
    six = (words & whole(0xFF101010101010)) == whole(0x2C101010101010)
    if six.all():
        return True
    return bool((six | ((words & whole(0xFF1010101010)) == whole(0x2C1010101010))).all())


def _of_codes(words, codes: frozenset[bytes]):
    """The rows of some codes; most rows are ruled out by the two digits in the middle."""
    import numpy

    whole = numpy.uint64
    wanted, middles = _wanted(codes)
    some = numpy.flatnonzero(middles.take((words >> whole(16)).astype(numpy.uint16)))
    return some[numpy.isin(words[some] & whole(0xFFFFFFFFFFFF), wanted)]


@lru_cache(maxsize=4)
def _wanted(codes: frozenset[bytes]):
    """Codes as numbers, and for each two bytes whether they are in the middle of one."""
    import numpy

    wanted = numpy.array([int.from_bytes(code, "little") for code in codes], dtype=numpy.uint64)
    middles = numpy.zeros(1 << 16, dtype=bool)
    middles[[int.from_bytes(code[2:4], "little") for code in codes]] = True
    return wanted, middles


# ------------------------------------------------------------------------------------------- row by row


def _by_rows(file: File, source: Source, place: int, begin: int) -> Block:
    """A block row by row, for what no quick look tells. Raises Refused for the first row that has no good form."""
    text, size = _rows_from(source, place)
    text = _plain(bytes(text[:size]))
    block = Block()
    for line, row in enumerate(text.split(b"\n")[: None if not text.endswith(b"\n") else -1], begin):
        found = ROW.fullmatch(row)
        if not found:
            raise _misformed(file, line, row)
        if found[1] != source.year:
            told = f"one year in a file, which begins with {source.year.decode()}"
            raise refuse(file.name, "unexpected-value", told, row=line, column="t", value=found[1].decode())
        if found[4] in source.codes:
            block.kept.append((block.rows, row))
        block.rows += 1
    return block


def _misformed(file: File, line: int, text: bytes) -> Refused:
    told = text.decode("utf-8", "replace")
    row = [cell.strip() for cell in told.split(",")]
    if len(row) != len(COLUMNS):
        expected = f"{len(COLUMNS)} cells as in the header, found {len(row)}: the line was cut off, or cells moved"
        rule = "cells-missing" if len(row) < len(COLUMNS) else "cells-beyond"
        return refuse(file.name, rule, expected, row=line, value=told)
    for column, value, (pattern, expected) in zip(COLUMNS, row, CELLS, strict=True):
        if not re.fullmatch(pattern, value):
            return refuse(file.name, "unexpected-value", f"expected {expected}", row=line, column=column, value=value)
    return refuse(file.name, "unexpected-value", "expected figures without blanks or marks", row=line, value=told)
