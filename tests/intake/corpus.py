"""Broken files, made from good ones by mutation: what real files and careless or hostile hands do to a table.

A case is a name and a function that writes the broken file into a folder and returns its path. A good file is one that
`book add` takes as it stands; the tests say so first.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.importers import (
    test_baci,
    test_bgs,
    test_customs,
    test_eurostat,
    test_iea,
    test_un_comtrade,
    test_usgs_mcs,
    test_world_bank,
)
from tests.importers.handed_in import FILES, csv_text, workbook

Write = Callable[[Path], Path]
HUGE = 2 << 30
NEW_COLUMN = "a column has another name"  # each edition has new ones; those that no rule places are named
SHIFTED = "a cell is missing"  # rows that stand one column to the left are known of this publisher, by their content
BREAKDOWN = "a row stands twice"  # this layout has breakdowns beside totals, so the largest of several rows counts


@dataclass(frozen=True)
class Sheet:
    """A good CSV file: its bytes, the line (from 0) of its header and of a row that is taken, and its columns.

    `ten` says whether ten times its figures can be told from right ones: those of its series are in the tables. `tells`
    names mutations that leave a file that is as good: what they do is told with what is added.
    """

    content: bytes
    value: str
    place: str
    unknown: str
    year: str = ""
    row: int = 1
    header: int = 0
    ten: bool = False
    tells: tuple[str, ...] = ()


PARTNERS = {code: (value * 150_000, kg * 400_000) for code, (value, kg) in test_un_comtrade.PARTNERS.items()}
"""Trade of the size of that which the tables hold of the same importer."""


def sheets() -> dict[str, Sheet]:
    """The good CSV files by name."""
    own = (
        "series,edition,iso3,year,value_t_reo,qualifier\nquoted,SURVEY,AUS,2026,6300000,e\nquoted,SURVEY,BRA,2026,,NA\n"
    )
    comtrade = test_un_comtrade.text(test_un_comtrade.NEW, *test_un_comtrade.new_rows(PARTNERS))
    short = test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows(PARTNERS))
    wgi = test_world_bank.wgi(*map(test_world_bank.as_published, test_world_bank.known_rows()[:24]))
    hmrc = "MonthId,FlowTypeId,SuppressionIndex,Cn8Code,CountryCodeAlpha,Value,NetMass\n"
    hmrc += "202602,3,0,85051110,CN,100000,5000.5\n"
    census = csv_text(*test_customs.census(test_customs.CHINA))
    gdp = test_world_bank.GDP
    baci = test_baci.GOOD.replace("2023,490,842,850511,12,0.5\n", "")
    world, salient = ((FILES / f"mcs2024-raree_{kind}.csv").read_bytes() for kind in ("world", "salient"))
    output = [test_bgs.row(code, f"{tonnes:g}") for code, tonnes in test_bgs.known(2022).items()]
    output.sort(key=lambda row: -float(row["quantity"]))
    for row in output:
        row["country_trans"] = test_usgs_mcs.place(row["country_iso3_code"])
    columns = [name for name in test_bgs.HEADER if name != "country_iso3_code"]
    bgs = csv_text(columns, *([row[name] for name in columns] for row in output))
    return {
        "own rows": Sheet(own.encode(), "value_t_reo", "iso3", "ATL", "year"),
        "USGS world": Sheet(world, "Reserves_t", "Country", "Atlantis", row=6, ten=True),
        "USGS salient": Sheet(salient, "Imports_Compounds_t", "", "", "Year", ten=True, tells=(NEW_COLUMN,)),
        "UN Comtrade": Sheet(comtrade.encode(), "primaryValue", "reporterCode", "7777", "period", tells=(SHIFTED,)),
        "UN Comtrade, short": Sheet(short.encode(), "value", "reporter", "7777", "year", tells=(BREAKDOWN,)),
        "BACI": Sheet(baci.encode(), "v", "i", "7777", "t", row=2),
        "Eurostat": Sheet(
            test_eurostat.text(*test_eurostat.rows()).encode(), "OBS_VALUE", "reporter", "7@", "TIME_PERIOD"
        ),
        "HMRC": Sheet(hmrc.encode(), "Value", "CountryCodeAlpha", "7@", "MonthId"),
        "US Census": Sheet(census.encode(), "GEN_VAL_MO", "CTY_NAME", "ATLANTIS", "time"),
        "BGS": Sheet(bgs.encode(), "quantity", "country_trans", "Atlantis", "year"),
        "governance": Sheet(wgi.encode(), "estimate", "code", "", "year"),
        "GDP": Sheet(gdp.encode(), "2023", "Country Code", "", header=4, row=5),
    }


# ------------------------------------------------------------------------------------------- cells of CSV files


def grid(sheet: Sheet) -> list[list[str]]:
    text = sheet.content.decode("utf-8-sig")
    return [row or [""] for row in csv.reader(io.StringIO(text))]


def bytes_of(rows: list[list[str]]) -> bytes:
    return csv_text(*rows).encode()


def changed(sheet: Sheet, column: str, value: str) -> bytes:
    """The file with another value in one cell of the row that is taken."""
    rows = grid(sheet)
    rows[sheet.row][rows[sheet.header].index(column)] = value
    return bytes_of(rows)


def renamed(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    header = rows[sheet.header]
    header[header.index(sheet.value)] = "Something_else"
    return bytes_of(rows)


def swapped(sheet: Sheet) -> bytes:
    """The names of two columns stand over each other's cells."""
    rows = grid(sheet)
    header = rows[sheet.header]
    one, other = header.index(sheet.value), header.index(sheet.place or sheet.year)
    header[one], header[other] = header[other], header[one]
    return bytes_of(rows)


def without_header(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    return bytes_of(rows[: sheet.header] + rows[sheet.header + 1 :])


def without_rows(sheet: Sheet) -> bytes:
    return bytes_of(grid(sheet)[: sheet.header + 1])


def doubled(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    return bytes_of([*rows, rows[sheet.row]])


def without_cell(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    del rows[sheet.row][0]
    return bytes_of([row for number, row in enumerate(rows) if number <= sheet.row])


def with_cell(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    width = len(rows[sheet.header])
    rows[sheet.row] = [*(rows[sheet.row] + [""] * width)[:width], "beyond"]
    return bytes_of(rows)


def cut(sheet: Sheet) -> bytes:
    """The file ends in the middle of the row that is taken."""
    rows = grid(sheet)
    kept = bytes_of(rows[: sheet.row])
    row = bytes_of([rows[sheet.row]])
    return kept + row[: len(row) // 3]


def unclosed(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    return bytes_of(rows[: sheet.row]) + b'"' + bytes_of(rows[sheet.row :])


def ten_times(sheet: Sheet) -> bytes:
    rows = grid(sheet)
    place = rows[sheet.header].index(sheet.value)
    for row in rows[sheet.header + 1 :]:
        if len(row) > place and row[place].replace(",", "").isdigit():
            row[place] = str(int(row[place].replace(",", "")) * 10)
    return bytes_of(rows)


def mixed(sheet: Sheet) -> bytes:
    """Half of the file in one encoding and half in the other."""
    head, _, tail = bytes_of(grid(sheet)).partition(b"\n")
    return head + b"\n" + "Côte d’Ivoire".encode() + tail[:10] + "Türkiye".encode("cp1252") + tail[10:]


CELLS: dict[str, Callable[[Sheet], bytes]] = {
    "a column has another name": renamed,
    "two columns are swapped": swapped,
    "the header is missing": without_header,
    "there is nothing but the header": without_rows,
    "a row stands twice": doubled,
    "a cell is missing": without_cell,
    "a cell is too many": with_cell,
    "the file is cut off": cut,
    "a quotation mark is not closed": unclosed,
    "two encodings are mixed": mixed,
    "a formula stands for a figure": lambda sheet: changed(sheet, sheet.value, "=SUM(A1:A9)"),
    "a figure is negative": lambda sheet: changed(sheet, sheet.value, "-99999"),
    "a word stands for a figure": lambda sheet: changed(sheet, sheet.value, "many"),
    "a unit is glued to a figure": lambda sheet: changed(sheet, sheet.value, "12 t"),
    "a figure has two points": lambda sheet: changed(sheet, sheet.value, "1.234.5"),
    "a country is unknown": lambda sheet: changed(sheet, sheet.place, sheet.unknown),
    "a year is to come": lambda sheet: changed(sheet, sheet.year, later(sheet)),
    "a year is none": lambda sheet: changed(sheet, sheet.year, "20x4"),
    "figures are ten times too large": ten_times,
}


AT_A_ROW = tuple(
    name
    for name in CELLS
    if name.startswith(("a row", "a cell", "a formula", "a figure", "a word", "a unit", "a year"))
)
"""Mutations of one row, which the message must name."""


def later(sheet: Sheet) -> str:
    now = grid(sheet)[sheet.row][grid(sheet)[sheet.header].index(sheet.year)]
    return "2099" + now[4:]


def concerns(name: str, sheet: Sheet) -> bool:
    """Whether a mutation can be made of a sheet, and can be told from a good file."""
    if name in sheet.tells:
        return False
    if name == "a country is unknown":
        return bool(sheet.place and sheet.unknown)
    if name in ("a year is to come", "a year is none"):
        return bool(sheet.year)
    return sheet.ten if name == "figures are ten times too large" else True


# ------------------------------------------------------------------------------------------- JSON and workbooks


def answers() -> dict[str, tuple[object, Callable[[object], dict], str, str, str]]:
    """Good answers of interfaces: the content, its first row, and the names of value, place and year in it."""
    comtrade = [
        dict(zip(test_un_comtrade.NEW.split(","), row.rstrip(",").split(","), strict=True))
        for row in test_un_comtrade.new_rows(PARTNERS)
    ]
    gdp = test_world_bank.answer(("ABW", "2024", 3.7e9))
    return {
        "UN Comtrade": ({"data": comtrade}, lambda c: c["data"][0], "primaryValue", "reporterCode", "period"),
        "HMRC": ({"value": [test_customs.ots()]}, lambda c: c["value"][0], "Value", "Country", "MonthId"),
        "GDP": (gdp, lambda c: c[1][0], "value", "countryiso3code", "date"),
    }


def envelopes() -> dict[str, tuple[object, dict[str, dict]]]:
    """Good answers, and what each says of itself where rows are missing."""
    content = {kind: answer for kind, (answer, *_) in answers().items()}
    return {
        "UN Comtrade": (
            content["UN Comtrade"],
            {"fewer rows than its count": {"count": 34}, "an error": {"error": "!"}},
        ),
        "HMRC": (content["HMRC"], {"a next page": {"@odata.nextLink": "https://x"}, "a count": {"@odata.count": 9}}),
        "GDP": (content["GDP"], {"several pages": {"pages": 3}, "a total": {"total": 17_024}}),
    }


def with_field(content: object, first: Callable[[object], dict], name: str, value: object) -> bytes:
    copy = json.loads(json.dumps(content))
    first(copy)[name] = value
    return json.dumps(copy).encode()


def without_field(content: object, first: Callable[[object], dict], name: str) -> bytes:
    copy = json.loads(json.dumps(content))
    del first(copy)[name]
    return json.dumps(copy).encode()


def workbooks() -> dict[str, Path]:
    return {"DS 140": FILES / "ds140-rare-earths-2020.xlsx", "Minerals Yearbook": FILES / "myb1-2022-raree-ert.xlsx"}


def spoilt_workbook(folder: Path, source: Path, spoil: Callable[[bytes], bytes]) -> Path:
    """A workbook whose first sheet has other bytes."""
    target = folder / "broken.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            first = member.filename == "xl/worksheets/sheet1.xml"
            new.writestr(member.filename, spoil(content) if first else content)
    return target


# ------------------------------------------------------------------------------------------- files and archives


def good() -> bytes:
    return sheets()["own rows"].content


def archive(folder: Path, **members: bytes) -> Path:
    path = folder / "broken.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def zip_bomb(folder: Path) -> Path:
    path = folder / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
        packed.open("rows.csv", "w", force_zip64=True) as file,
    ):
        for _ in range(256):
            file.write(b"0" * (1 << 20))
    return path


def lying_zip(folder: Path) -> Path:
    """An archive whose directory says that it unpacks to little."""
    path = zip_bomb(folder)
    raw = path.read_bytes()
    size = (256 << 20).to_bytes(4, "little")
    assert size in raw
    path.write_bytes(raw.replace(size, (1000).to_bytes(4, "little")))
    return path


def gzip_bomb(folder: Path) -> Path:
    path = folder / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(256):
            file.write(b"0" * (1 << 20))
    return path


def linked_member(folder: Path) -> Path:
    path = folder / "broken.zip"
    with zipfile.ZipFile(path, "w") as packed:
        member = zipfile.ZipInfo("rows.csv")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(member, "/etc/passwd")
    return path


def encrypted(folder: Path) -> Path:
    path = archive(folder, **{"rows.csv": good()})
    raw = bytearray(path.read_bytes())
    for start in (raw.index(b"PK\x03\x04") + 6, raw.index(b"PK\x01\x02") + 8):
        raw[start] |= 1
    path.write_bytes(bytes(raw))
    return path


def huge(folder: Path) -> Path:
    """A file of 2 GiB that begins as a good one; on disk it has holes."""
    path = folder / "huge.csv"
    path.write_bytes(good())
    os.truncate(path, HUGE)
    return path


def huge_text(folder: Path) -> Path:
    """A file of 2 GiB that is text as far as anybody looks at first."""
    path = folder / "huge.csv"
    path.write_bytes(good() + b"quoted,SURVEY,AUS,2026,6300000,e\n" * 4000)
    os.truncate(path, HUGE)
    return path


def link(folder: Path) -> Path:
    (folder / "there.csv").write_bytes(good())
    (folder / "link.csv").symlink_to(folder / "there.csv")
    return folder / "link.csv"


def dangling(folder: Path) -> Path:
    (folder / "link.csv").symlink_to(folder / "nowhere.csv")
    return folder / "link.csv"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def a_folder(folder: Path) -> Path:
    (folder / "folder.csv").mkdir()
    return folder / "folder.csv"


def holding(content: bytes, name: str = "broken.csv") -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return write


def preview() -> bytes:
    """As many rows as UN Comtrade gives without a key, of one importer."""
    rows = [f"2023,842,156,{100_000 + number},M,5,1,1,8" for number in range(496)]
    return test_un_comtrade.text(test_un_comtrade.SHORT, *rows, *test_un_comtrade.short_rows(PARTNERS)).encode()


PARQUET = (FILES / "baci_2024_isl_lva.parquet").read_bytes()
FILE_CASES: dict[str, Write] = {
    "no file at all": lambda folder: folder / "nowhere.csv",
    "no bytes": holding(b""),
    "blanks only": holding(b" \r\n\t\n" * 50),
    "a byte order mark only": holding(b"\xef\xbb\xbf"),
    "a web page": holding(b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"),
    "an error page as text": holding(b'{"message": "Internal server error"}'),
    "a PDF": holding(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    "UTF-16": holding(good().decode().encode("utf-16")),
    "NUL bytes": holding(good()[:60] + b"\x00" * 40 + good()[60:]),
    "random bytes": holding(bytes((i * 7919 + 13) % 251 + 1 for i in range(5000))),
    "semicolons": holding(good().replace(b",", b";")),
    "tabs": holding(good().replace(b",", b"\t")),
    "a table that the book does not have": holding(b"name,age\nAnna,7\n"),
    "a path outside": lambda folder: archive(folder, **{"../../data/reserves.csv": good()}),
    "an absolute path": lambda folder: archive(folder, **{"/etc/rows.csv": good()}),
    "a path outside, as Windows writes it": lambda folder: archive(folder, **{"..\\..\\rows.csv": good()}),
    "a link in an archive": linked_member,
    "a password": encrypted,
    "an archive in an archive": lambda folder: archive(folder, **{"inner.csv": gzip.compress(good())}),
    "an archive without tables": lambda folder: archive(folder, **{"readme.txt": b"Nothing", "picture.png": b"x"}),
    "an archive of nothing": lambda folder: archive(folder),
    "an archive of very many files": lambda folder: archive(folder, **{f"{i}.csv": b"a" for i in range(2000)}),
    "a zip bomb": zip_bomb,
    "a zip bomb that lies": lying_zip,
    "a gzip bomb": gzip_bomb,
    "gzip that is cut off": holding(gzip.compress(good() * 40)[:-40], "broken.gz"),
    "gzip with a flipped byte": holding(gzip.compress(good())[:-6] + b"\x00\x01" + gzip.compress(good())[-4:], "x.gz"),
    "zip that is cut off": lambda folder: holding(archive(folder, **{"r.csv": good()}).read_bytes()[:90])(folder),
    "a file of 2 GiB": huge,
    "a file of 2 GiB that begins as text": huge_text,
    "a link": link,
    "a link to nothing": dangling,
    "a pipe": pipe,
    "a folder": a_folder,
    "a Parquet file that is cut off": holding(PARQUET[:-300], "broken.parquet"),
    "a Parquet file with other bytes within": holding(PARQUET[:1200] + b"\xff" * 400 + PARQUET[1600:], "x.parquet"),
    "a Parquet file that is none": holding(b"PAR1" + b"\x00" * 200 + b"PAR1", "x.parquet"),
    "JSON that is cut off": holding(json.dumps({"data": [{"typeCode": "C"}]}).encode()[:-5]),
    "JSON that nests without end": holding(b"[" * 100_000),
    "an old workbook": holding(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 900, "old.xls"),
    "a preview of 500 rows": holding(preview(), "preview.csv"),
    "a workbook that is none": lambda folder: archive(folder, **{"[Content_Types].xml": b"<Types/>"}),
}


def cases() -> Iterator[tuple[str, Write]]:
    """All cases by name."""
    yield from FILE_CASES.items()
    for kind, sheet in sheets().items():
        for name, mutate in CELLS.items():
            if concerns(name, sheet):
                yield f"{kind}: {name}", holding(mutate(sheet), "broken.csv")
    for kind, (content, first, value, place, year) in answers().items():
        yield f"{kind}, JSON: cut off", holding(json.dumps(content).encode()[:-7])
        for name, field, spoilt in (
            ("a figure is negative", value, -5),
            ("a word stands for a figure", value, "many"),
            ("a list stands for a figure", value, [1]),
            ("a country is unknown", place, "ATL"),
            ("a year is to come", year, "209912"),
            ("a year is none", year, None),
        ):
            yield f"{kind}, JSON: {name}", holding(with_field(content, first, field, spoilt))
        yield f"{kind}, JSON: a field is missing", holding(without_field(content, first, value))
    for kind, (content, about) in envelopes().items():
        for name, said in about.items():
            copy = json.loads(json.dumps(content))
            (copy[0] if isinstance(copy, list) else copy).update(said)
            yield f"{kind}, JSON: {name}", holding(json.dumps(copy).encode())
    for kind, path in workbooks().items():
        raw = path.read_bytes()
        yield f"{kind}: cut off", holding(raw[: len(raw) // 2], "broken.xlsx")
        yield f"{kind}: a sheet is empty", lambda folder, p=path: spoilt_workbook(folder, p, lambda _: b"")
        yield (
            f"{kind}: a sheet is cut off",
            lambda folder, p=path: spoilt_workbook(folder, p, lambda sheet: sheet[: len(sheet) // 2]),
        )
    spoilt = test_iea.sheets()
    spoilt["2 Total supply for key minerals"] = [["Nothing"]]
    yield "IEA: a sheet holds something else", lambda folder: workbook(folder / "iea.xlsx", spoilt)


def good_files() -> Iterator[tuple[str, Write]]:
    """The files that the cases are made from."""
    for kind, sheet in sheets().items():
        yield kind, holding(sheet.content, "good.csv")
    for kind, (content, *_) in answers().items():
        yield f"{kind}, JSON", holding(json.dumps(content).encode(), "good.json")
    for kind, path in workbooks().items():
        yield kind, lambda folder, p=path: p
    yield "IEA", lambda folder: workbook(folder / "iea.xlsx", test_iea.sheets())
    yield "BACI, Parquet", holding(PARQUET, "good.parquet")
