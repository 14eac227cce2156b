"""National customs statistics by month and partner: HMRC (United Kingdom) and the US Census Bureau."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from lib.fetching import whole
from lib.importers import Found, Publication, Reader, Row, followed, number_parser, places
from lib.importers.files import File, refuse_at_limit
from lib.importers.reading import refuse
from lib.importers.records import NESTED, Record, check_header, records
from lib.importers.unplaced import Unplaced

HMRC = ("MonthId", "FlowTypeId", "Value", "NetMass")
HMRC_FLOWS = {"1": "import", "3": "import", "2": "export", "4": "export"}
"""From and to the EU, and the rest of the world."""
HMRC_CODE = ("Cn8Code", "Commodity.Cn8Code", "Commodity/Cn8Code", "CommodityId")
HMRC_PLACE = ("CountryCodeAlpha", "Country.CountryCodeAlpha", "Country/CountryCodeAlpha", "Alpha")
HMRC_PLACE_NAME = ("CountryName", "Country.CountryName", "Country/CountryName")
HMRC_URL = "https://api.uktradeinfo.com/OTS"
CENSUS = ("CTY_CODE",)
CENSUS_URL = "https://api.census.gov/data/timeseries/intltrade/"
CENSUS_CODES = {"I_COMMODITY": "import", "E_COMMODITY": "export"}
CENSUS_VALUES = {"import": ("GEN_VAL_MO", "CON_VAL_MO"), "export": ("ALL_VAL_MO",)}
CENSUS_WEIGHTS = {"GEN_VAL_MO": "GEN_QY1_MO", "CON_VAL_MO": "CON_QY1_MO", "ALL_VAL_MO": "QTY_1_MO"}
CENSUS_MARKS = {"GEN_VAL_MO": ("general_imports",), "CON_VAL_MO": ("imports_for_consumption",), "ALL_VAL_MO": ()}
CENSUS_PLACE = re.compile(r"[1-9]\d{3}")
"""A single economy; totals are `-`, groups begin with 0, continents have an X."""
NO_QUANTITY = ("", "-", "0")


HMRC_NEEDS = ((*HMRC, "Cn8Code", "CountryCodeAlpha"),)
CENSUS_NEEDS = tuple(
    ("CTY_CODE", "CTY_NAME", code, values[0], CENSUS_WEIGHTS[values[0]], "UNIT_QY1", "time")
    for code, values in (("I_COMMODITY", CENSUS_VALUES["import"]), ("E_COMMODITY", CENSUS_VALUES["export"]))
)


@dataclass
class Sum:
    """The sum for one table row: a publisher gives a row for each port, and sometimes for each district."""

    line: int
    value: Decimal = Decimal()
    kg: Decimal | None = Decimal()
    flags: list[str] = field(default_factory=list)


Key = tuple[str, str, str, str]
"""Flow, partner, product code, month as 202406."""


def _row(dataset: str, reporter: str, key: Key, summed: Sum, more: dict[str, str]) -> Row:
    flow, partner, code, month = key
    kg = _plain(summed.kg) if summed.kg else ""
    flags = [*summed.flags, *([] if kg else ["no_weight"])]
    return Row(
        "trade_flows",
        {
            "dataset": dataset,
            "flow": flow,
            "reporter": reporter,
            "partner": partner,
            "hs_code": code,
            "year": month[:4],
            "month_start": str(int(month[4:])),
            "month_end": str(int(month[4:])),
            "weight_kg": kg,
            "flags": ";".join(dict.fromkeys(flags)),
        }
        | more,
        summed.line,
    )


def _plain(amount: Decimal) -> str:
    return number_parser.plain(amount)


def _is_followed(code: str) -> bool:
    return code in followed.HEADINGS or any(code.startswith(followed_code) for followed_code in followed.CODES)


def _month(record: Record, column: str, text: str) -> str:
    """Return a month as 202406, which must not be in the future."""
    if not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", text):
        raise record.refuse(column, "unexpected-value", "expected a month")
    Record(record.file, record.line, {column: text[:4]}).year(column)
    return text


def _span(months: Iterable[str]) -> str:
    ordered = sorted(set(months))
    return "-".join(ordered[:1] + ordered[1:][-1:]) or "none"


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return NESTED
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")
    return "" if value is None else str(value).strip()


# ------------------------------------------------------------------------------------------- HMRC


def _starts_as_json(file: File) -> bytes:
    """Return the start of a file that looks like JSON; empty for any other."""
    start = file.head[:8000].lstrip(b"\xef\xbb\xbf \r\n\t")
    return start if start[:1] in (b"{", b"[") else b""


def _is_hmrc(file: File) -> bool:
    start = _starts_as_json(file)
    return set(HMRC) <= set(file.header) or (bool(start) and all(f'"{name}"'.encode() in start for name in HMRC))


def _hmrc_records(file: File) -> Iterator[Record]:
    if not _starts_as_json(file):
        yield from records(file, HMRC)
        return
    content = file.json()
    rows = content.get("value") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(file.name, "unexpected-value", 'an answer with the list of rows in "value"', column="value")
    for number, row in enumerate(rows, 1):
        inner = {
            f"{name}.{part}": value for name in row if isinstance(row[name], dict) for part, value in row[name].items()
        }
        flat = {name: _text(value) for name, value in (row | inner).items() if not isinstance(value, dict | list)}
        check_header(file, list(flat), HMRC, number)
        yield Record(file.name, number, flat)


def _first(record: Record, columns: Iterable[str]) -> str:
    return next((name for name in columns if record.cells.get(name)), "")


def _read_hmrc(file: File) -> Found:
    reading, unplaced = Found(Publication("", "", "")), Unplaced()
    sums: dict[Key, Sum] = {}
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    rows = 0
    for record in _hmrc_records(file):
        rows += 1
        first = seen.setdefault(tuple(record.cells.items()), record.line)
        if first != record.line:
            remedy = f"one row for each port and month; line {first} is the same in all its cells"
            raise refuse(file.name, "row-twice", remedy, row=record.line)
        code = _hmrc_code(record)
        if not _is_followed(code):
            reading.left_out["other product codes"] += 1
            continue
        flow = HMRC_FLOWS[record.one_of("FlowTypeId", HMRC_FLOWS)]
        place = unplaced.find(_hmrc_place, record)
        unplaced.weigh(bool(place), float(record.amount("Value") or 0))
        if place:
            key = (flow, place, code, _month(record, "MonthId", record.text("MonthId")))
            _add_hmrc(record, sums.setdefault(key, Sum(record.line)))
    refuse_at_limit(file.name, rows, whole.MOST_OF_HMRC)
    unplaced.settle(reading)
    for key, summed in sorted(sums.items()):
        more = {"value": _plain(summed.value), "currency": "GBP", "valuation": "cif" if key[0] == "import" else "fob"}
        more |= {"hs_revision": "CN8"} if len(key[2]) == 8 else {}
        reading.rows.append(_row("hmrc", "GBR", key, summed, more))
    span = _span(key[3] for key in sums)
    codes = ", ".join(sorted({key[2] for key in sums}))
    reading.publication = Publication(
        f"hmrc-ots-{span}-{codes.replace(', ', '-')}",
        f"UK Overseas Trade Statistics by month and partner, {span}, CN8 {codes}",
        "HM Revenue & Customs",
        url=HMRC_URL,
        licence="Open Government Licence v3.0",
    )
    return reading


def _hmrc_code(record: Record) -> str:
    """Return the eight digits of a code.

    The numbers of HMRC leave out a zero in front, and are negative for what has no code.
    """
    column = _first(record, HMRC_CODE)
    if not column:
        raise record.refuse("Cn8Code", "column-missing", f"one of the columns {', '.join(HMRC_CODE)}")
    code = record.text(column)
    return code.zfill(8) if column == "CommodityId" and code.isdigit() else code


def _hmrc_place(record: Record) -> str:
    column = _first(record, HMRC_PLACE)
    if column and (place := places.by_letters(record.text(column))):
        return place
    named = _first(record, HMRC_PLACE_NAME)
    if named and (place := places.by_name(record.text(named))) and place not in ("WLD", "EU27"):
        return place
    if not column and not named:
        expected = "the letter code of the country, which $expand=Country adds (or in a column CountryCodeAlpha)"
        raise record.refuse("CountryId", "column-missing", expected)
    raise record.refuse(column or named, "country-unknown", "a country as HMRC writes it, such as CN")


def _add_hmrc(record: Record, summed: Sum) -> None:
    value, kg = record.amount("Value"), record.amount("NetMass")
    if not value:
        raise record.refuse("Value", "unexpected-value", "expected a value in pounds")
    summed.value += Decimal(value)
    suppressed = record.text("SuppressionIndex") not in ("", "0")
    flags = ["national_tariff_line"] + (["suppressed_in_part"] if suppressed else [])
    if not kg and Decimal(value):
        flags.append("quantity_suppressed_in_part")
    summed.kg = (summed.kg or 0) + Decimal(kg or 0)
    summed.flags += [flag for flag in flags if flag not in summed.flags]


# ------------------------------------------------------------------------------------------- US Census Bureau


def _census_header(file: File) -> list[str]:
    start = _starts_as_json(file)
    if not start.startswith(b"["):
        return file.header
    match = re.match(rb"\[\s*\[([^\]]*)\]", start)
    return re.findall(r'"([^"]*)"', match[1].decode("utf-8", "replace")) if match else []


def _is_census(file: File) -> bool:
    named = set(_census_header(file))
    values = {name for names in CENSUS_VALUES.values() for name in names}
    return "CTY_CODE" in named and bool(named & set(CENSUS_CODES)) and bool(named & values)


def _census_records(file: File) -> Iterator[Record]:
    if not _starts_as_json(file):
        yield from records(file, CENSUS)
        return
    content = file.json()
    listed = content if isinstance(content, list) and all(isinstance(row, list) for row in content) else []
    if not listed or not all(isinstance(name, str) for name in listed[0]):
        raise refuse(file.name, "unexpected-value", "a list of rows, the first of which names the columns")
    rows = ((number, [_text(cell) for cell in row]) for number, row in enumerate(listed, 1))
    yield from records(file, CENSUS, header=_unrepeated(listed[0]), rows=rows)


def _unrepeated(names: Iterable[str]) -> list[str]:
    """Make the names of columns distinct.

    The interface repeats those that were asked for and limited, with the same content.
    """
    seen: dict[str, None] = {}
    for name in names:
        seen[name if name not in seen else f"{name} {len(seen)}"] = None
    return list(seen)


def _read_census(file: File) -> Found:
    header = _census_header(file)
    column = next((name for name in CENSUS_CODES if name in header), "")
    if not column:
        raise refuse(file.name, "column-missing", f"one of the columns {', '.join(CENSUS_CODES)}", row=1)
    flow = CENSUS_CODES[column]
    value = next((name for name in CENSUS_VALUES[flow] if name in header), "")
    if not value:
        remedy = f"the value of the month, {' or '.join(CENSUS_VALUES[flow])}; sums since January are not used"
        raise refuse(file.name, "column-missing", remedy, row=1, value=", ".join(header))
    reading, unplaced = Found(Publication("", "", "")), Unplaced()
    sums: dict[Key, Sum] = {}
    for record in _census_records(file):
        code = record.text(column)
        if not _is_followed(code):
            reading.left_out["other product codes"] += 1
        elif not CENSUS_PLACE.fullmatch(record.text("CTY_CODE")) or record.text("SUMMARY_LVL") == "CGP":
            reading.left_out["totals and groups of countries"] += 1
        else:
            place = unplaced.find(_census_place, record)
            unplaced.weigh(bool(place), float(record.amount(value) or 0))
            if place:
                _add_census(record, sums, (flow, place, code, _census_month(record)), value)
    unplaced.settle(reading)
    for key, summed in sorted(sums.items()):
        more = {"value_usd": _plain(summed.value), "valuation": "customs" if flow == "import" else "fas"}
        reading.rows.append(_row("us_census", "USA", key, summed, more))
    span, codes = _span(key[3] for key in sums), sorted({key[2] for key in sums})
    reading.publication = Publication(
        "-".join(["us-census", f"{flow}s", span, *codes]),
        f"US {flow}s by month and partner, {span}, HS {', '.join(codes)}",
        "US Census Bureau",
        url=f"{CENSUS_URL}{flow}s/hs",
        licence="US government work",
    )
    return reading


def _census_place(record: Record) -> str:
    place = places.by_name(record.required("CTY_NAME", "the name of the country: ask for CTY_NAME too"))
    if place is None or place in ("WLD", "EU27"):
        raise record.refuse("CTY_NAME", "country-unknown", "a country as the Census Bureau writes it, such as CHINA")
    return place


def _census_month(record: Record) -> str:
    time = record.text("time")
    if time:
        return _month(record, "time", time.replace("-", ""))
    return _month(record, "MONTH", record.text("YEAR") + record.text("MONTH").zfill(2))


def _add_census(record: Record, sums: dict[Key, Sum], key: Key, column: str) -> None:
    """Add a figure to its sum; only rows by district or port, which have columns of their own, may add up."""
    by_district = any(record.text(name) not in ("", "-") for name in ("DISTRICT", "PORT", "STATE"))
    if key in sums and not by_district:
        expected = f"one row for each country, code and month; row {sums[key].line} is another"
        raise record.refuse(column, "row-twice", expected)
    value = record.amount(column)
    if not value:
        raise record.refuse(column, "unexpected-value", "expected a value in US dollars, zero or more")
    summed = sums.setdefault(key, Sum(record.line, flags=list(CENSUS_MARKS[column])))
    summed.value += Decimal(value)
    quantity = record.text(CENSUS_WEIGHTS[column])
    in_kg = record.text("UNIT_QY1").upper() == "KG" and quantity not in NO_QUANTITY
    if not in_kg and Decimal(value):
        summed.kg = None
    elif in_kg and summed.kg is not None:
        summed.kg += Decimal(record.amount(CENSUS_WEIGHTS[column]))


READERS = (
    Reader(
        "HMRC Overseas Trade Statistics (CSV or JSON of uktradeinfo)",
        _is_hmrc,
        _read_hmrc,
        HMRC_NEEDS,
    ),
    Reader("US Census Bureau, monthly trade by country (JSON or CSV)", _is_census, _read_census, CENSUS_NEEDS),
)
