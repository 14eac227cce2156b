"""UN Comtrade: imports by partner as downloaded, from which shares are computed, for its terms forbid more.

Read are the CSV and JSON of comtradeplus.un.org and its interface, also where a program moved the cells against the
header; the older CSV with `Trade Flow Code`, also as the old web form gave it; and the short form with
`reporter, partner, cmd, flow, value, netwgt`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from lib.fetching import whole
from lib.importers import Found, Publication, Reader, followed, places, shares
from lib.importers.files import File, refuse_at_limit
from lib.importers.reading import refuse
from lib.importers.records import NESTED, Record, records
from lib.importers.shares import Table, Trade
from lib.importers.unplaced import Unplaced

FREQUENCIES = {"A", "M"}
FLOWS = {"M": "import", "X": "export", "1": "import", "2": "export"}
OLD_FLOWS = ("1", "2", "3", "4")
NEW = ("freqCode", "period", "reporterCode", "flowCode", "partnerCode", "cmdCode", "netWgt", "primaryValue")
OLD = ("Year", "Reporter Code", "Trade Flow Code", "Partner Code", "Commodity Code", "Netweight (kg)", "Value")
WEB = ("Year", "Trade Flow Code", "Reporter Code", "Partner Code", "Commodity Code", "Trade Value (US$)")
"""The old web form, with a column `Period` for months, and weights or not."""
SHORT = ("reporter", "partner", "cmd", "flow", "value", "netwgt")
RENAMED = {"CountryCode": "reporterCode", "Country": "reporterISO"}
LAST = "isAggregate"
"""The last column of the publisher; each of its rows ends with one more comma."""
WORLD = "WLD"
TOTALS = {"motCode": ("", "0"), "partner2Code": ("", "0"), "mosCode": ("", "0"), "customsCode": ("", "C00")}
"""What a row has that is no breakdown by transport, second partner, supply or customs procedure."""
ESTIMATED_OLD = ("4", "6")
TERMS = "UN Comtrade terms of use; only derived shares and totals are published here"


@dataclass(frozen=True)
class Key:
    """The key of one total: reporter, partner, code and flow in a period such as 2024 or 202412."""

    period: str
    reporter: str
    partner: str
    code: str
    flow: str


@dataclass(frozen=True)
class Line:
    """One row of a download in the terms of the newest layout."""

    record: Record
    key: Key
    value: float | None
    kg: float | None
    estimated: bool
    total: bool | None
    """Whether it is a total row; None where the layout does not tell."""


@dataclass(frozen=True)
class Layout:
    """The columns of a layout, and the words for imports and exports in it."""

    columns: dict[str, str]
    flows: tuple[str, ...] = ("M", "X", "RM", "RX", "DX", "FM", "MIP", "MOP", "XIP", "XOP")


LAYOUTS = {
    "new": Layout(
        {
            "period": "period",
            "reporter": "reporterCode",
            "partner": "partnerCode",
            "code": "cmdCode",
            "flow": "flowCode",
            "value": "primaryValue",
            "kg": "netWgt",
        }
    ),
    "old": Layout(
        dict(zip(("period", "reporter", "flow", "partner", "code", "kg", "value"), OLD, strict=True)), OLD_FLOWS
    ),
    "web": Layout(
        {
            "period": "Period",
            "reporter": "Reporter Code",
            "partner": "Partner Code",
            "code": "Commodity Code",
            "flow": "Trade Flow Code",
            "value": "Trade Value (US$)",
            "kg": "Netweight (kg)",
        },
        OLD_FLOWS,
    ),
    "short": Layout(
        {
            "period": "year",
            "reporter": "reporter",
            "partner": "partner",
            "code": "cmd",
            "flow": "flow",
            "value": "value",
            "kg": "netwgt",
        }
    ),
}


@dataclass
class Totals:
    """The total row of each key, and what was left out on the way to it."""

    lines: dict[Key, Line] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    unplaced: Unplaced = field(default_factory=Unplaced)


# ------------------------------------------------------------------------------------------- recognising


def _layout(file: File) -> str:
    named = {RENAMED.get(name, name) for name in file.header}
    for name, needed in (("new", NEW), ("old", OLD), ("web", WEB), ("short", SHORT)):
        if set(needed) <= named:
            return name
    start = file.head[:4000]
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"data"' in start and b'"reporterCode"' in start:
        return "json"
    return ""


def _fits(file: File) -> bool:
    return bool(_layout(file))


# ------------------------------------------------------------------------------------------- reading


def _records(file: File, kind: str) -> Iterator[Record]:
    if kind == "json":
        yield from _of_json(file)
    elif kind == "new":
        header = _header(file)
        yield from records(file, NEW, header=header)
    elif kind == "web":
        for record in records(file, WEB):
            period = {"Period": record.text("Period") or record.text("Year")}
            yield Record(record.file, record.line, record.cells | period)
    else:
        yield from records(file, OLD if kind == "old" else SHORT)


def _header(file: File) -> list[str]:
    """Return the columns by their own names, shifted in copies whose rows begin one column too far to the left."""
    header = [RENAMED.get(name, name) for name in file.header]
    rows = file.lines()
    next(rows, None)
    _, first = next(rows, (2, []))
    moved = header[:2] == ["typeCode", "freqCode"] and first[:1] and first[0] in FREQUENCIES and first[1:2] != ["A"]
    if moved and first[1:2] and first[1] not in FREQUENCIES and LAST in header:
        end = header.index(LAST)
        return [*header[1 : end + 1], "", *header[end + 1 :]]
    return header


def _of_json(file: File) -> Iterator[Record]:
    content = file.json()
    rows = content.get("data") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(file.name, "unexpected-value", 'an answer with the list of rows in "data"', column="data")
    for number, row in enumerate(rows, 1):
        missing = [name for name in NEW if name not in row]
        if missing:
            remedy = f"the fields {', '.join(NEW)}"
            raise refuse(file.name, "column-missing", remedy, row=number, column=", ".join(missing))
        yield Record(file.name, number, {name: _text(value) for name, value in row.items()})


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return NESTED
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value).strip()


def _totals(file: File, kind: str) -> Totals:
    """Find the total row of each key, by its codes or else as the largest, since breakdowns are listed beside it."""
    layout = LAYOUTS["new" if kind == "json" else kind]
    totals, wanted = Totals(), {*followed.CODES, *followed.HEADINGS}
    rows = 0
    for record in _records(file, kind):
        rows += 1
        code = record.cells.get(layout.columns["code"], "")
        if code not in wanted:
            totals.left_out["other product codes"] += 1
            continue
        flow = record.one_of(layout.columns["flow"], layout.flows)
        if FLOWS.get(flow) is None:
            totals.left_out["re-imports, re-exports and other special flows"] += 1
            continue
        line = totals.unplaced.find(_line, record, layout, kind)
        totals.unplaced.weigh(line is not None, float(record.amount(layout.columns["value"]) or 0))
        if line is not None:
            _take(totals, line)
    refuse_at_limit(file.name, rows, whole.MOST_OF_COMTRADE)
    return totals


def _take(totals: Totals, line: Line) -> None:
    other = totals.lines.get(line.key)
    if line.total is False:
        totals.left_out["breakdowns by transport, procedure or second partner"] += 1
        return
    if other is None:
        totals.lines[line.key] = line
        return
    if line.total:
        expected = f"one total for each reporter, partner, code and flow; row {other.record.line} is another"
        raise line.record.refuse("cmdCode", "row-twice", expected)
    totals.left_out["breakdowns by transport, procedure or second partner"] += 1
    if (line.value or 0) > (other.value or 0):
        totals.lines[line.key] = line


def _line(record: Record, layout: Layout, kind: str) -> Line:
    columns = layout.columns
    names = {side: _place(record, columns[side]) for side in ("reporter", "partner")}
    if kind == "short":
        record.year(columns["period"])
    period = record.matching(columns["period"], r"(19|20)\d\d(0[1-9]|1[0-2])?", "a period such as 2024 or 202412")
    Record(record.file, record.line, {columns["period"]: period[:4]}).year(columns["period"])
    flow = FLOWS[record.text(columns["flow"])]
    key = Key(period, names["reporter"], names["partner"], record.text(columns["code"]), flow)
    value, kg = (record.amount(columns[name]) for name in ("value", "kg"))
    estimated = record.text("isNetWgtEstimated").lower() == "true" or (
        kind in ("old", "web") and (record.text("Estimation Code") or record.text("Flag")) in ESTIMATED_OLD
    )
    total = None
    if kind in ("new", "json") and any(name in record.cells for name in TOTALS):
        total = all(record.text(name) in allowed for name, allowed in TOTALS.items())
    return Line(record, key, float(value) if value else None, float(kg) if kg and float(kg) else None, estimated, total)


def _place(record: Record, column: str) -> str:
    number = record.matching(column, r"\d{1,3}", "a country number of UN Comtrade, such as 156")
    place = places.by_number(int(number))
    if place is None:
        raise record.refuse(column, "country-unknown", "a country number of UN Comtrade, such as 156")
    return place


# ------------------------------------------------------------------------------------------- shares


def _read(file: File) -> Found:
    kind = _layout(file)
    if not kind:
        raise refuse(file.name, "column-missing", f"the columns {', '.join(NEW)}", row=1)
    if kind == "short" and "year" not in file.header:
        remedy = "the file does not say which year it covers: add a column `year`, and try again"
        raise refuse(file.name, "year-missing", remedy, row=1, column="year", value=", ".join(file.header))
    totals = _totals(file, kind)
    lines = _followed(totals)
    reading = Found(_publication(lines), left_out=totals.left_out)
    totals.unplaced.settle(reading)
    table = Table(_dataset(lines))

    def order(line: Line) -> tuple[str, str]:
        return line.key.code, line.key.period

    for (code, period), rows in groupby(sorted(lines, key=order), key=order):
        _of_code(reading, table, code, period, list(rows), totals)
    reading.rows += table.unions() + table.sums()
    reading.notes += table.notes()
    return reading


def _followed(totals: Totals) -> list[Line]:
    kept, own = [], followed.importers()
    for line in totals.lines.values():
        if line.key.flow != "import":
            totals.left_out["exports"] += 1
        elif line.key.reporter not in own:
            totals.left_out["importers that the book does not cover"] += 1
        else:
            if line.key.partner == line.key.reporter:
                totals.left_out["goods returned to the importer itself"] += 1
            kept.append(line)
    return kept


def _dataset(lines: Iterable[Line]) -> str:
    """Name the dataset: `comtrade_2024`, `comtrade_2018_2025`, `comtrade_202412`; with `_world` without partners."""
    lines = list(lines)
    periods = sorted({line.key.period for line in lines})
    ends = periods[:1] + periods[1:][-1:]
    return "_".join(["comtrade", *ends, *([] if any(line.key.partner != WORLD for line in lines) else ["world"])])


def _publication(lines: list[Line]) -> Publication:
    periods = sorted({line.key.period for line in lines})
    codes = sorted({line.key.code for line in lines})
    span = "-".join(periods[:1] + periods[1:][-1:]) or "none"
    title = f"UN Comtrade, imports by partner {span}, HS {', '.join(codes)}: download from which shares were computed"
    return Publication(
        "-".join(["un-comtrade", span, *codes]),
        title,
        "United Nations Statistics Division",
        url="https://comtradeplus.un.org/",
        licence=TERMS,
    )


def _of_code(reading: Found, table: Table, code: str, period: str, lines: list[Line], totals: Totals) -> None:
    """Add the shares of each importer in one code and period."""
    by_importer = sorted(lines, key=lambda line: line.key.reporter)
    for importer, rows in groupby(by_importer, key=lambda line: line.key.reporter):
        trades = {line.key.partner: _trade(line) for line in rows}
        world = trades.pop(WORLD, None)
        listed = [trade for trade in trades.values() if trade.partner != importer]
        shares.mark_imputed(listed)
        exported = totals.lines.get(Key(period, shares.CHINA, importer, code, "export"))
        shares.mark_magnets(code, listed, exported.kg if exported else None)
        table.add(reading, importer, code, period, list(trades.values()), world)


def _trade(line: Line) -> Trade:
    flags = ["weight_estimated"] if line.estimated else []
    return Trade(line.key.partner, line.value, line.kg, line.record.line, flags)


READERS = (
    Reader(
        "UN Comtrade, trade by partner (CSV or JSON; shares are derived)",
        _fits,
        _read,
        (NEW, OLD, SHORT, WEB),
        "comtrade",
    ),
)
