"""The cells of a table that a computed number rests on, in words: `China, 2025: 270,000 t REO, estimated`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lib import facts
from lib.records import exact
from lib.tables import catalog
from lib.tables.dictionary import PLACES

PERIODS = ("year", "fiscal_year", "assessment_year", "month_start", "month_end", "period_start", "period_end")
DESCRIBING = (
    "name",
    "facility",
    "company",
    "project",
    "item",
    "subject",
    "quantity",
    "topic",
    "indicator",
    "application",
    "component",
    "material",
    "flow",
    "use",
    "stage",
    "product",
    "form",
    "place",
    "status",
    "kind",
    "scope",
    "scenario",
    "segment",
    "statement",
)
"""Columns that say what a row is where its key is an identifier, which says nothing to a reader."""
CODE = re.compile(r"\w+")
"""A cell that is one word, as codes of the tables are (`light_rare_earths`); text keeps its underscores."""
SILENT = (">", "<", "derived", "reported")
MOST = 2
"""Columns of a row that are shown; of tables with more, the first ones of the dictionary."""
IN_ROW = "see column unit"
SIGNS = (">", "<")


def values(entry: Mapping, table: Mapping) -> dict[str, str]:
    """Return the measured values of one input of a fact by column, with unit: `{"value": ">75 Mt"}`."""
    fields = [field for field in table["schema"]["fields"] if _measures(field, entry, table)]
    marks = str(entry.get("qualifier", "")).split(";")
    sign = next((mark for mark in marks if mark in SIGNS), "")
    return {field["name"]: sign + amount(entry[field["name"]], _unit(field, entry)) for field in fields[:MOST]}


def called(entries: Iterable[Mapping], table: Mapping) -> dict[int, str]:
    """Label each of several rows of a table, by line: place and period, and what else of it sets it apart."""
    rows = {entry["row"]: entry for entry in entries}
    labels = {line: _called(row) for line, row in rows.items()}
    if _tell_apart(labels):
        return labels
    key = [name for name in table.get("vintageKey", ()) if name not in PERIODS and name not in PLACES]
    telling = [name for name in key if not is_identifier(name) and (len(rows) == 1 or _differ(rows, name))]
    labels = {line: _called(row, said(row, telling)) for line, row in rows.items()}
    for name in DESCRIBING if any(map(is_identifier, key)) else ():
        if _tell_apart(labels):
            break
        if name not in telling and (_differ(rows, name) or not all(labels.values())):
            telling.append(name)
            labels = {line: _called(row, said(row, telling)) for line, row in rows.items()}
    return labels


def is_identifier(column: str) -> bool:
    """Return whether a column of a key holds identifiers."""
    return column.endswith("_id")


def said(row: Mapping, columns: Iterable[str]) -> list[str]:
    """Return in words what a row says in some columns."""
    cells = [str(row[name]) for name in columns if row.get(name)]
    return [cell.replace("_", " ") if CODE.fullmatch(cell) else cell for cell in cells]


def _differ(rows: Mapping[int, Mapping], column: str) -> bool:
    return len({str(row.get(column) or "") for row in rows.values()}) > 1


def _tell_apart(labels: Mapping[int, str]) -> bool:
    return len(set(labels.values())) == len(labels) and all(labels.values())


def _called(row: Mapping, others: Iterable[str] = ()) -> str:
    return ", ".join(filter(None, [place(row), *others, period(row)]))


def place(row: Mapping) -> str:
    """Name the economies of a row: `Japan`, or `Japan from China`."""
    return " from ".join(catalog.country_name(str(row[name])) for name in PLACES if row.get(name))


def period(row: Mapping) -> str:
    """Name the period that a row describes: a year, months of it, or a span of days."""
    if row.get("period_start"):
        first, last = str(row["period_start"]), str(row.get("period_end", ""))
        if first[4:] == "-01-01" and last == f"{first[:4]}-12-31":
            return first[:4]
        if not last or first == last:
            return first
        return first[:7] if first[:7] == last[:7] else f"{first} to {last}"
    year = next((str(row[name]) for name in PERIODS if row.get(name)), "")
    months = [row.get("month_start"), row.get("month_end")]
    if None in months or months == [1, 12]:
        return year
    return f"{year}-{months[0]:02}" + (f" to {months[1]:02}" if months[0] != months[1] else "")


def _measures(field: Mapping, entry: Mapping, table: Mapping) -> bool:
    """Tell whether a column holds a measured amount that this row has: a number with a unit, not a place on a map."""
    identifies = field["name"] in table.get("vintageKey", ()) or field["name"] in PERIODS
    filled = isinstance(entry.get(field["name"]), int | float)
    return filled and not identifies and _unit(field, entry) not in ("", "degrees")


def _unit(field: Mapping, entry: Mapping) -> str:
    unit = field.get("unit") or IN_ROW
    own = f"{field['name'].partition('_')[0]}_unit"  # of capacity, capacity_low and capacity_high alike
    return str(entry.get("unit") or entry.get(own, "")) if unit == IN_ROW else unit


def amount(value: float, unit: str) -> str:
    """Write a value as the tables have it, with its unit."""
    before = facts.PREFIXED_UNITS.get(unit, "")
    return f"{before}{exact(value)}{facts.SUFFIXED_UNITS.get(unit, f' {unit}')}"


def marks(entry: Mapping) -> str:
    """Put into words the marks on a row that qualify its value and do not show in it; empty without any."""
    codes = str(entry.get("qualifier", "")).split(";")
    return ", ".join(facts.MARK_WORDS.get(mark, mark) for mark in codes if mark and mark not in SILENT)
