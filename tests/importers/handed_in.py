"""What tests hand in: files made of text, JSON or cells, and what the readers of the book say of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from lib.importers import Found, Refused, opened, recognised
from lib.tables import catalog

FILES = Path(__file__).parent / "files"
PARTS = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'officeDocument" Target="xl/workbook.xml"/></Relationships>',
}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def found_in(path: Path) -> Found:
    """What is in the one file that a path holds."""
    with opened(path) as files:
        [file] = files
        return recognised(file).read(file)


def found_in_text(folder: Path, text: str | bytes) -> Found:
    """What is in a file with this content, whose name tells nothing."""
    path = folder / "handed in"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return found_in(path)


def found_in_json(folder: Path, content: object) -> Found:
    return found_in_text(folder, json.dumps(content))


def refusal(folder: Path, text: str | bytes):
    """The one problem for which a file with this content is not taken."""
    with pytest.raises(Refused) as caught:
        found_in_text(folder, text)
    [problem] = caught.value.problems
    return problem


def csv_text(*rows: Iterable) -> str:
    """Rows as a CSV file has them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """A workbook with these cells: text, numbers, and None for an empty one."""
    names = list(sheets)
    listed = "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    package = LINKS.replace("officeDocument/2006", "package/2006")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>')
        for number, name in enumerate(names, 1):
            rows = "".join(_row(at, row) for at, row in enumerate(sheets[name], 1))
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return path


def _row(at: int, row: list[object]) -> str:
    cells = "".join(_cell(f"{chr(65 + place)}{at}", value) for place, value in enumerate(row) if value is not None)
    return f'<row r="{at}">{cells}</row>'


def _cell(place: str, value: object) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def rows_of_table(table: str, **wanted: str) -> list[dict[str, str]]:
    """The rows of a table of the book with these cells, as text."""
    with (catalog.data_dir() / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if all(row[name] == value for name, value in wanted.items())]


def figures(rows: list[dict[str, str]], key: tuple[str, ...], columns: tuple[str, ...]) -> dict[tuple, tuple]:
    """The numbers of rows by key: an empty cell is None."""
    return {
        tuple(row.get(name, "") for name in key): tuple(float(row[name]) if row.get(name) else None for name in columns)
        for row in rows
    }
