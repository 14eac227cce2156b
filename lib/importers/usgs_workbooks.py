"""Two workbooks of the U.S. Geological Survey on rare earths: Data Series 140 and the tables of the Minerals Yearbook.

Both print as the books do: footnotes glued to words, `Do.` for ditto, marks in a narrow column beside the figure.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from lib.disk import storage
from lib.importers import Found, Publication, Reader
from lib.importers import usgs_minerals as usgs
from lib.importers.files import File
from lib.importers.number_parser import Printed
from lib.importers.reading import Row, refuse
from lib.importers.records import Record
from lib.importers.unplaced import Unplaced

STRINGS = "xl/sharedStrings.xml"
LOOKED_AT = 256 << 10
"""Bytes of a workbook's texts that are looked at to recognise it."""
DAY = re.compile(r"(?:Posted|Last modification): *(?P<day>[A-Z][a-z]+ \d{1,2}, \d{4})")
COVER = re.compile(r"((?:19|20)\d{2}) Annual Tables")
YEAR = re.compile(r"(?:19|20)\d{2}")
NUMBERED = re.compile(r"(?P<number>\d{1,2})(?P<text>\D.*)", re.DOTALL)
HISTORY = {
    "Production": ("us_production", "t REO"),
    "Imports": ("us_imports", "t REO"),
    "Exports": ("us_exports", "t REO"),
    "Apparent consumption": ("us_apparent_consumption", "t REO"),
    "Unit value ($/t)": ("unit_value", "USD/t current"),
    "Unit value (98$/t)": ("unit_value_1998", "USD/t constant 1998"),
    "World production": ("world_production", "t REO"),
}
OUTPUT = {"Production": "USA", "World production": "WLD"}
"""The columns of Data Series 140 that mine_production has too."""
SALIENT, CONTENTS, PRICES, WORLD = (
    "SALIENT U.S. RARE EARTH STATISTICS",
    "RARE EARTH CONTENTS OF SELECTED SOURCE MINERALS",
    "AVERAGE RARE-EARTH OXIDE PRICES",
    "RARE EARTHS: WORLD MINE PRODUCTION, BY COUNTRY OR LOCALITY",
)
LOCALITY = "Country or locality"
DITTO = ("Do.", "do.")
TONS, DOLLARS = "metric tons", "dollars per kilogram"
UNITS = {TONS: "t REO", DOLLARS: "USD/kg"}
SERIES = {
    ("", "Production of rare-earth concentrates, rare-earth-oxide (REO) equivalent"): "production.mineral_concentrates",
    ("Exports", "Rare-earth concentrates, monazite"): "exports.monazite_concentrates",
    ("Exports", "Cerium compounds"): "exports.cerium_compounds",
    ("Exports", "Other rare-earth compounds"): "exports.other_compounds",
    ("Exports", "Ferrocerium and pyrophoric alloys"): "exports.ferrocerium_alloys",
    ("Exports", "Rare-earth metals and alloys"): "exports.metals_alloys",
    ("Imports", "Cerium compounds"): "imports.cerium_compounds",
    ("Imports", "Other rare-earth compounds"): "imports.other_compounds",
    ("Imports", "Ferrocerium and pyrophoric alloys"): "imports.ferrocerium_alloys",
    ("Imports", "Rare-earth metals and alloys"): "imports.metals_alloys",
    ("Prices", "Monazite concentrate, gross basis"): "price.monazite_concentrate_gross",
    ("Prices", "Mischmetal, 65% cerium, 35% lanthanum, metal basis"): "price.mischmetal",
}
"""The series of us_salient by section and text of table 1."""
LABELS = {
    "production": "Production",
    "exports": "Exports",
    "imports": "Imports",
    "price": "Price",
    "mineral_concentrates": "mineral concentrates",
    "monazite_concentrates": "monazite concentrates",
    "cerium_compounds": "cerium compounds",
    "other_compounds": "other compounds",
    "ferrocerium_alloys": "ferrocerium and alloys",
    "metals_alloys": "metals and alloys",
    "monazite_concentrate_gross": "monazite concentrate, gross weight",
    "mischmetal": "mischmetal",
}
"""How the labels of us_salient name the parts of a series."""
MISLABELLED = "price.mischmetal"
"""The price that the workbook of 2022 labels with metric tons."""
ELEMENTS = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y")
OXIDES = {
    *("scandium", "yttrium", "lanthanum", "cerium", "praseodymium", "neodymium", "samarium", "europium", "gadolinium"),
    *("terbium", "dysprosium", "holmium", "erbium", "thulium", "ytterbium", "lutetium"),
}
NOT_IN_NAMES = re.compile(r" (?:Autonomous Region|Province|Oblast)$")
STATES = {"CA": "California"}
DIGITS = "0123456789"
"""Of footnotes, which follow words."""
ORES = {"Rare-earth laterite": "Rare-earth laterite (ion-adsorption clay)"}
"""Ores by the names of the table deposits."""


def _fits_history(file: File) -> bool:
    texts = _texts(file)
    return b" STATISTICS" in texts and b"Last modification:" in texts and b"Apparent consumption" in texts


def _fits_yearbook(file: File) -> bool:
    texts = _texts(file)
    return SALIENT.encode() in texts and b"RARE EARTHS: WORLD MINE PRODUCTION" in texts


def _texts(file: File) -> bytes:
    """Read enough of a workbook's texts to recognise it; nothing for a file that is no workbook."""
    if not file.is_workbook:
        return b""
    try:
        with zipfile.ZipFile(file.path) as archive, archive.open(STRINGS) as texts:
            return texts.read(LOOKED_AT)
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        if storage.is_at_fault(error):
            raise
        return b""


@dataclass(frozen=True)
class Sheet:
    """A sheet as text: rows by their line, all cells trimmed."""

    file: str
    rows: list[list[str]]

    def record(self, index: int, cells: dict[str, str]) -> Record:
        """Return a record whose messages name this sheet and the line."""
        return Record(self.file, index + 1, cells)

    def first(self, index: int) -> str:
        return self.rows[index][0] if self.rows[index] else ""

    def footnotes(self) -> dict[str, str]:
        """Return the numbered footnotes below a table."""
        notes: dict[str, str] = {}
        for index in range(len(self.rows)):
            if match := NUMBERED.fullmatch(self.first(index)):
                notes.setdefault(match["number"], match["text"].strip())
        return notes


def _sheets(file: File) -> list[Sheet]:
    return [
        Sheet(f"{file.name}, sheet {name}", [[_text(file, name, cell) for cell in row] for row in rows])
        for name, rows in file.sheets().items()
    ]


def _text(file: File, sheet: str, cell: object) -> str:
    """Write a cell as text: numbers without a trailing `.0` and never as a power of ten. Raises Refused."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        plain = format(Decimal(repr(cell)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(cell, str):
        return " ".join(cell.split())
    raise refuse(f"{file.name}, sheet {sheet}", "cell-unknown", "a text or a number", value=str(cell))


def _day(sheets: list[Sheet]) -> dt.date | None:
    """Return the day that a workbook gives for itself; None where it gives none that can be read."""
    for sheet in sheets:
        for row in sheet.rows:
            for cell in row:
                if match := DAY.fullmatch(cell):
                    try:
                        return dt.datetime.strptime(match["day"], "%B %d, %Y").date()
                    except ValueError:
                        return None
    return None


# Data Series 140


def _read_history(file: File) -> Found:
    sheets = _sheets(file)
    tables = [(sheet, index) for sheet in sheets for index, row in enumerate(sheet.rows) if row[:1] == ["Year"]]
    if len(tables) != 1:
        raise refuse(file.name, "table-missing", "one table whose first column is Year, as Data Series 140 has")
    [(sheet, head)] = tables
    title = sheet.first(0)
    if not re.fullmatch(r"RARE EARTHS? STATISTICS\d*", title):
        remedy = "the rare earths; the book has no table for the history of other minerals"
        raise refuse(sheet.file, "nothing-followed", remedy, row=1, value=title)
    names = [name for name in sheet.rows[head] if name]
    if sorted(names) != sorted(["Year", *HISTORY]):
        remedy = f"the columns Year, {', '.join(HISTORY)}"
        raise refuse(sheet.file, "column-missing", remedy, row=head + 1, value=", ".join(names))
    if not any("metric tons (t) rare-earth oxide" in row[0] for row in sheet.rows[:head] if row):
        raise refuse(
            sheet.file, "unit", "quantities in metric tons of rare-earth oxide, as a line above the table says"
        )
    years = list(_history(sheet, head))
    last = max((year for year, _ in years), default=None)
    edition = f"DS140-{last}"
    publication = Publication(
        f"usgs-ds140-{last}",
        f"Data Series 140, Historical Statistics: Rare Earths ({min(years)[0] if years else ''}-{last})",
        usgs.PUBLISHER,
        edition=edition,
        published=_day(sheets),
        licence=usgs.LICENCE,
    )
    reading = Found(publication)
    for year, record in years:
        for name, (series, unit) in HISTORY.items():
            reading.rows += _history_rows(record, year, name, series, unit, edition)
    return usgs.complete(file, reading)


def _history(sheet: Sheet, head: int) -> Iterator[tuple[int, Record]]:
    """Yield the years of the table with their records. Raises Refused for a gap or a year out of order."""
    expected = None
    for index in range(head + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(row):
            continue
        if not any(row[1:]):
            return
        record = sheet.record(index, dict(zip(sheet.rows[head], row, strict=False)))
        year = record.year("Year")
        if expected is not None and year != expected:
            raise record.refuse("Year", "year", f"{expected}, after the year above")
        expected = year + 1
        yield year, record


def _history_rows(record: Record, year: int, name: str, series: str, unit: str, edition: str) -> Iterator[Row]:
    figure = _whole(record, name)
    cells = {"year": str(year), "edition": edition, "value": figure.value, "qualifier": usgs.qualifier(figure)}
    yield Row("us_history", cells | {"series": series, "unit": unit}, record.line)
    if name in OUTPUT:
        mine = {"series": "usgs_ds140", "iso3": OUTPUT[name], "form": "all", "unit": unit}
        yield Row("mine_production", cells | mine, record.line)


def _whole(record: Record, column: str) -> Printed:
    """Return a figure that must be present and must not be a range."""
    figure = record.number(column)
    if not figure or figure.low or figure.said:
        raise record.refuse(column, "cell-empty", "a figure, NA or W")
    return figure


# Minerals Yearbook


def _read_yearbook(file: File) -> Found:
    sheets = _sheets(file)
    titled: dict[str, Sheet] = {}
    others = 0
    for sheet in sheets:
        title = _title(sheet)
        heading = next((heading for heading in (SALIENT, CONTENTS, PRICES, WORLD) if title.startswith(heading)), None)
        others += heading is None and bool(title)
        if heading:
            titled[heading] = sheet
    world = titled[WORLD] if WORLD in titled else None
    if world is None or SALIENT not in titled:
        raise refuse(file.name, "table-missing", "the tables of salient statistics and of world mine production")
    edition = _edition(sheets, world)
    title = f"Minerals Yearbook {edition}, Rare Earths, tables"
    reading = Found(usgs.release(edition, "tables", title, series="MYB", published=_day(sheets)))
    reading.left_out["tables of trade by country, each counted as one"] += others
    tables: dict[str, Callable[[Found, Sheet, str], None]]
    tables = {SALIENT: _take_salient, CONTENTS: _take_contents, PRICES: _take_prices, WORLD: _take_world}
    for heading, take in tables.items():
        if heading in titled:
            take(reading, titled[heading], f"MYB{edition}")
        else:
            reading.notes.append(f"The workbook has no table {heading}.")
    return usgs.complete(file, reading)


def _title(sheet: Sheet) -> str:
    """Return the title of a table, which is below its number."""
    for index in range(len(sheet.rows) - 1):
        if re.fullmatch(r"TABLE \d+", sheet.first(index)):
            return sheet.first(index + 1)
    return ""


def _edition(sheets: list[Sheet], world: Sheet) -> int:
    """Return the newest year of the table of world production, which the cover, if any, must name. Raises Refused."""
    years = _years(world)[1]
    edition = max(years)
    named = {int(match[1]) for s in sheets for row in s.rows for cell in row if (match := COVER.match(cell))}
    if named and named != {edition}:
        remedy = f"tables of {', '.join(map(str, named))}, as the first sheet says"
        raise refuse(world.file, "year", remedy, value=str(edition))
    return edition


def _years(sheet: Sheet) -> tuple[int, dict[int, int]]:
    """Return the line of a table's header and the column of each year. Raises Refused."""
    for index, row in enumerate(sheet.rows):
        years = {int(cell): place for place, cell in enumerate(row) if YEAR.fullmatch(cell)}
        if len(years) > 1:
            if len(years) != sum(bool(YEAR.fullmatch(cell)) for cell in row):
                raise refuse(sheet.file, "column-twice", "each year once", row=index + 1)
            for place in years.values():
                sheet.record(index, {str(place): row[place]}).year(str(place))
            return index, years
    raise refuse(sheet.file, "table-missing", "a header with years")


def _beside(sheet: Sheet, index: int, place: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the marks (e, r) and the numbers of footnotes in the narrow column beside a figure. Raises Refused."""
    row = sheet.rows[index]
    text = row[place + 1] if place + 1 < len(row) else ""
    marks: list[str] = []
    numbers: list[str] = []
    for part in re.findall(r"\d+|[^\d, ]+", text):
        (numbers if part.isdigit() else marks).append(part)
    if not set(marks) <= {"e", "r"}:
        raise sheet.record(index, {"marks": text}).refuse("marks", "mark-unknown", "e, r or the number of a footnote")
    return tuple(marks), tuple(numbers)


def _figure(sheet: Sheet, index: int, place: int, year: int) -> tuple[Printed, Record]:
    row = sheet.rows[index]
    record = sheet.record(index, {str(year): row[place] if place < len(row) else ""})
    return _whole(record, str(year)), record


def _take_salient(reading: Found, sheet: Sheet, edition: str) -> None:
    head, years = _years(sheet)
    footnotes = sheet.footnotes()
    section, section_marks, unit = "", (), ""
    for index in range(head + 1, len(sheet.rows)):
        label = sheet.first(index)
        if not label or not any(sheet.rows[index][1:]):
            heading = re.fullmatch(r"(Exports|Imports|Prices)\b.*:(e?)", label)
            if heading:
                section, section_marks = heading[1], tuple(heading[2])
            continue
        unit = unit if sheet.rows[index][1] in ("", *DITTO) else sheet.rows[index][1]
        placed = _placed(section, label)
        if placed is None:
            reading.left_out[f"table 1: {label}, which no series of the book holds"] += 1
            continue
        name, glued = placed
        expected = DOLLARS if name.startswith("price.") else TONS
        note = _unit_note(sheet, index, name, unit, expected)
        for year, place in years.items():
            figure, record = _figure(sheet, index, place, year)
            marks, numbers = _beside(sheet, index, place)
            every = () if figure.value in ("", "0") else (*section_marks, *glued)
            notes = " ".join([note, *(footnotes.get(number, "") for number in numbers)]).strip()
            words = ", ".join(LABELS[part] for part in name.split("."))
            cells = {"commodity": "rare earths", "series": name, "label": words, "edition": edition}
            cells |= {"year": str(year), "value": figure.value, "unit": UNITS[expected], "note": notes}
            cells |= {"qualifier": usgs.qualifier(figure, *every, *marks)}
            reading.rows.append(Row("us_salient", cells, record.line))


def _placed(section: str, label: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the series for a row of table 1, and the mark e if it is glued to the text; None if no series holds it."""
    for (of, text), name in SERIES.items():
        glued = re.fullmatch(r"(e?)(?:\d{1,2}(?:, ?\d{1,2})*)?", label.removeprefix(text))
        if of == section and label.startswith(text) and glued:
            return name, tuple(glued[1])
    return None


def _unit_note(sheet: Sheet, index: int, name: str, unit: str, expected: str) -> str:
    """Return a note where the workbook is known to mislabel a unit. Raises Refused for any other unit that differs."""
    if unit == expected:
        return ""
    if name == MISLABELLED and unit == TONS:
        return "The workbook labels the unit as metric tons; dollars per kilogram is meant."
    raise sheet.record(index, {"unit": unit}).refuse("unit", "unit", expected)


def _take_contents(reading: Found, sheet: Sheet, edition: str) -> None:
    head = next((i for i, row in enumerate(sheet.rows) if set(ELEMENTS) <= set(row)), None)
    if head is None:
        raise refuse(sheet.file, "table-missing", f"a header with the symbols {', '.join(ELEMENTS)}")
    header = sheet.rows[head]
    source, country, location = (_column(sheet, head, name) for name in ("Primary Source", "Country", "Location"))
    elements = {symbol: header.index(symbol) for symbol in ELEMENTS}
    ore = iso3 = ""
    for index in range(head + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(row[place] for place in elements.values() if place < len(row)):
            continue
        ore = ore if row[source] in DITTO else row[source]
        if row[country] not in DITTO:
            iso3, _, _ = usgs.place(sheet.record(index, {"Country": row[country]}), "Country")
        name = _deposit(sheet, index, location, list(elements.values()))
        if not (ore and iso3 and name):
            raise sheet.record(index, {"Location": name}).refuse("Location", "cell-empty", "ore, country and location")
        for symbol, place in elements.items():
            figure = _whole(sheet.record(index, {symbol: row[place]}), symbol)
            cells = {"series": "usgs_myb", "deposit": name, "iso3": iso3, "mineral": ORES.get(ore, ore)}
            cells |= {"component": symbol, "components": symbol, "share": figure.value, "unit": "%"}
            cells |= {"basis": "total rare-earth oxide", "qualifier": usgs.qualifier(figure)}
            reading.rows.append(Row("deposits", cells, index + 1))


def _column(sheet: Sheet, head: int, name: str) -> int:
    if name not in sheet.rows[head]:
        raise refuse(sheet.file, "column-missing", f"the column {name}", row=head + 1)
    return sheet.rows[head].index(name)


def _deposit(sheet: Sheet, index: int, location: int, figures: list[int]) -> str:
    """Return the name of a deposit, joined from the rows it runs over, without footnotes and kinds of provinces."""
    parts = [sheet.rows[index][location]]
    for row in sheet.rows[index + 1 :]:
        if row[0] or not row[location] or any(row[place] for place in figures):
            break
        parts.append(row[location])
    name = NOT_IN_NAMES.sub("", " ".join(parts).rstrip(DIGITS))
    state = name.rpartition(", ")[2]
    return name.removesuffix(state) + STATES[state] if state in STATES else name


def _take_prices(reading: Found, sheet: Sheet, edition: str) -> None:
    head, years = _years(sheet)
    if not any("(Dollars per kilogram)" in row for row in sheet.rows[:head]):
        raise refuse(sheet.file, "unit", "prices in dollars per kilogram, as a line above the table says")
    purity = next((i for i, cell in enumerate(sheet.rows[head]) if cell == "(percent)"), None)
    for index in range(head + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(row[1:]):
            continue
        oxide = row[0].rstrip(DIGITS + ", ").lower()
        if oxide not in OXIDES:
            raise sheet.record(index, {"Product": row[0]}).refuse("Product", "product-unknown", "a rare-earth element")
        note = f"Purity {row[purity]} percent." if purity is not None and row[purity] else ""
        for year, place in years.items():
            figure, record = _figure(sheet, index, place, year)
            marks, _ = _beside(sheet, index, place)
            cells = {"commodity": "rare earths", "series": f"oxide_price.{oxide}", "edition": edition}
            cells |= {"label": f"Oxide price (Minerals Yearbook), {oxide}", "year": str(year), "value": figure.value}
            cells |= {"unit": "USD/kg", "qualifier": usgs.qualifier(figure, *marks), "note": note}
            reading.rows.append(Row("us_salient", cells, record.line))


def _take_world(reading: Found, sheet: Sheet, edition: str) -> None:
    head, years = _years(sheet)
    if not any("(Metric tons, rare-earth oxide equivalent)" in row for row in sheet.rows[:head]):
        raise refuse(sheet.file, "unit", "metric tons of rare-earth oxide, as a line above the table says")
    footnotes = sheet.footnotes()
    total, unplaced = False, Unplaced()
    for index in range(head + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(row[1:]):
            continue
        named = sheet.record(index, {LOCALITY: row[0]})
        placed = unplaced.find(usgs.place, named, LOCALITY)
        iso3, glued, numbers = placed or ("", (), ())
        total = total or iso3 == "WLD"
        for year, place in years.items():
            figure, record = _figure(sheet, index, place, year)
            if iso3 != "WLD":
                unplaced.weigh(placed is not None, float(figure.value or 0), str(year))
            if placed is None:
                continue
            marks, beside = _beside(sheet, index, place)
            notes = [footnotes[number] for number in (*numbers, *beside) if number in footnotes]
            every = () if figure.value in ("", "0") else glued
            cells = {"series": "usgs_myb", "edition": edition, "iso3": iso3, "year": str(year), "form": "all"}
            cells |= {"value": figure.value, "unit": "t REO", "note": " ".join(notes)}
            cells |= {"qualifier": usgs.qualifier(figure, *every, *marks, *_said(notes))}
            reading.rows.append(Row("mine_production", cells, record.line))
    unplaced.settle(reading)
    if not total:
        raise refuse(sheet.file, "truncated", "a row Total below the countries: the table was cut off")


def _said(notes: list[str]) -> Iterator[str]:
    """Yield the marks that the footnotes give in words."""
    for note in notes:
        if "production quota" in note:
            yield "quota"
        if "content of exports" in note:
            yield "exports"


READERS = (
    Reader("Data Series 140, rare earths (USGS workbook)", _fits_history, _read_history),
    Reader("Minerals Yearbook, rare earths, tables (USGS workbook)", _fits_yearbook, _read_yearbook),
)
