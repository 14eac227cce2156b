"""The data of a figure as files that open as they are: CSV with its description, a workbook, and all of it in a zip.

Figures in them are rounded as the page shows them; the JSON file has them as they were computed. Codes of countries
have their names beside them.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lib import cite
from lib.site.exports import store
from lib.tables.dictionary import PLACES

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
DUBLIN_CORE = {
    "Title": "title",
    "Subtitle": "abstract",
    "Note": "description",
    "Figure": "identifier",
    "Chapter": "isPartOf",
    "As known on": "temporal",
    "Licence": "license",
    "Citation": "bibliographicCitation",
}
"""Terms of the Dublin Core, which CSV on the Web uses, for what is said of a figure."""
NAME = "_name"
WIDEST, NARROWEST = 50, 8  # letters that a column of the workbook is wide


@dataclass(frozen=True)
class Data:
    """Rows of a figure with what is known of them: columns as `{name, title, unit}`, and words by what they are.

    The words that DUBLIN_CORE names are told to programs too.
    """

    name: str
    columns: Sequence[Mapping[str, str]]
    rows: Iterable[Mapping[str, object]]
    words: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Mapping[str, str]] = ()

    @cached_property
    def written(self) -> tuple[list[Mapping[str, str]], list[list[object]]]:
        """Return columns and rows as files have them, with names of countries after each column of their codes."""
        columns = [each for column in self.columns for each in _with_names(column)]
        return columns, [[_cell(row, column["name"]) for column in columns] for row in self.rows]

    @property
    def told(self) -> dict[str, str]:
        """Return the words that are there."""
        return {name: text for name, text in self.words.items() if text}


def _with_names(column: Mapping[str, str]) -> list[Mapping[str, str]]:
    name = {"name": f"{column['name']}{NAME}", "title": f"{column['title']}, name"}
    return [column, name] if column["name"] in PLACES else [column]


def _cell(row: Mapping[str, object], name: str) -> object:
    from lib.figures.publish import rounded
    from lib.tables.catalog import country_name

    value, code = row.get(name), row.get(name.removesuffix(NAME))
    if name not in row and name.endswith(NAME):
        return country_name(str(code)) if code else ""
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return rounded(value) if math.isfinite(value) else None
    return value


def csv_file(data: Data) -> bytes:
    """Write CSV with its header in the first line, in UTF-8; a text that begins as a formula gets an apostrophe."""
    columns, rows = data.written
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column["name"] for column in columns])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _harmless(cell: object) -> object:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def description(data: Data) -> bytes:
    """Describe the CSV file as CSV on the Web (W3C 2015) has it."""
    columns, rows = data.written
    described = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": f"{data.name}.csv",
        **{f"dc:{DUBLIN_CORE[name]}": text for name, text in data.told.items() if name in DUBLIN_CORE},
        "dc:source": [
            {key: source[key] for key in ("id", "title", "publisher", "published", "licence", "url") if source.get(key)}
            for source in data.sources
        ],
        "tableSchema": {
            "columns": [
                {"name": column["name"], "titles": column["title"], "datatype": _datatype(cells)}
                | ({"dc:description": f"Unit: {column['unit']}"} if column.get("unit") else {})
                for column, cells in zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True)
            ]
        },
    }
    return (json.dumps(described, ensure_ascii=False, indent=1) + "\n").encode()


def _datatype(cells: Iterable[object]) -> str:
    kinds = {type(cell) for cell in cells if cell not in (None, "")}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "integer"
    return "number" if kinds and kinds <= {int, float} else "string"


def workbook(data: Data) -> bytes:
    """Write a workbook with the sheets Data, Notes and Sources; no cell is read as a formula or a link."""
    import xlsxwriter

    out = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, settings) as book:
        book.set_properties({"title": data.words["Title"], "created": cite.released_at()})
        head, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        columns, rows = data.written
        _sheet(book, "Data", [column["title"] for column in columns], rows, head)
        notes = [[name, text] for name, text in data.told.items()]
        notes += [[f"Column “{column['title']}”", column["name"]] for column in columns]
        _sheet(book, "Notes", ["What", "Words"], notes, head).set_column(1, 1, 100, wrapped)
        names = ["id", "title", "publisher", "published", "licence", "url", "doi"]
        _sheet(book, "Sources", names, [[source.get(name, "") for name in names] for source in data.sources], head)
    return out.getvalue()


def _sheet(book, name: str, heads: Sequence[str], rows: Sequence[Sequence[object]], head):
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, heads, head)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    for place, title in enumerate(heads):
        longest = max([len(title), *(len(str(row[place])) for row in rows if row[place] is not None)])
        sheet.set_column(place, place, min(max(longest + 1, NARROWEST), WIDEST))
    sheet.freeze_panes(1, 0)
    return sheet


def archive(data: Data, more: Mapping[str, bytes]) -> bytes:
    """Write a zip with the data, their description, `more` files by name, and a README that says what each is."""
    files = {f"{data.name}.csv": csv_file(data), f"{data.name}.csv-metadata.json": description(data), **more}
    return store.zipped({f"{data.name}/{name}": content for name, content in (files | _readme(data, files)).items()})


def _readme(data: Data, files: Iterable[str]) -> dict[str, bytes]:
    kinds = {
        ".csv": "the data, UTF-8, with one header line",
        ".csv-metadata.json": "what its columns mean, its sources and licence (CSV on the Web)",
        ".svg": "the picture",
    }
    lines = [f"{name}: {kinds[name.removeprefix(data.name)]}" for name in files]
    lines += ["", *(f"{name}: {text}" for name, text in data.told.items()), "", "Sources:"]
    lines += [f"- {source['id']}: {source.get('publisher', '')}, {source.get('title', '')}" for source in data.sources]
    return {"README.txt": ("\n".join(lines) + "\n").encode()}
