"""British Geological Survey, World Mineral Statistics: output of rare-earth oxides, from which shares are computed.

Its terms ask for credit and do not give its rows away, so only shares enter, with the credit in each. It prints no
total of the world: a share is of the sum of the countries listed, which must be all that are known to produce.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lib.fetching import whole
from lib.importers import Found, Publication, Reader, Row, followed, places
from lib.importers.files import File, refuse_at_limit
from lib.importers.reading import refuse
from lib.importers.records import NESTED, Record, records
from lib.importers.unplaced import Unplaced

NEEDED = ("year", "country_trans", "quantity", "units", "bgs_commodity_trans", "bgs_statistic_type_trans")
OXIDES, TONNES, PRODUCTION = "rare earth oxides", "tonnes (metric)", "production"
NOT_AVAILABLE = "figures not available"
FIRST_YEAR = 1990
"""The first year of the table of shares."""
WEIGHTY = 0.01
"""The part of the output above which a country that is known to produce must be in the list."""
CREDIT = "Contains British Geological Survey materials © UKRI"
BASIS = f"computed from World Mineral Statistics over the sum of the countries listed. {CREDIT}"
NAMES = {"usa": "USA", "korea (rep. of)": "KOR", "korea, dem. p.r. of": "PRK", "congo, democratic republic": "COD"}
URL = "https://www.bgs.ac.uk/mineralsuk/statistics/world-mineral-statistics/"
LICENCE = f"BGS © UKRI; derived shares only, with credit: {CREDIT}"


@dataclass(frozen=True)
class Output:
    """The output of a country in a year: tonnes, None where they are not available, and whether estimated."""

    tonnes: float | None
    estimated: bool
    line: int


def _fits(file: File) -> bool:
    start = file.head[:8000]
    is_json = start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[")
    return set(NEEDED) <= set(file.header) or (is_json and all(f'"{name}"'.encode() in start for name in NEEDED))


def _records(file: File) -> Iterator[Record]:
    if set(NEEDED) <= set(file.header):
        yield from records(file, NEEDED)
        return
    content = file.json()
    rows = content.get("features") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(file.name, "unexpected-value", 'an answer with the list of rows in "features"', column="features")
    for number, row in enumerate(rows, 1):
        cells = row.get("properties", row)
        if not isinstance(cells, dict) or not set(NEEDED) <= set(cells):
            raise refuse(file.name, "column-missing", f"the fields {', '.join(NEEDED)}", row=number)
        yield Record(file.name, number, {name: _text(value) for name, value in cells.items()})


def _text(value: object) -> str:
    return NESTED if isinstance(value, dict | list) else "" if value is None else str(value).strip()


def _read(file: File) -> Found:
    unplaced = Unplaced()
    listed = list(_records(file))
    refuse_at_limit(file.name, len(listed), whole.MOST_OF_BGS)
    reading = Found(Publication("", "", ""))
    output: dict[int, dict[str, Output]] = {}
    for record in listed:
        if not _is_followed(reading, record):
            continue
        year = _year(record)
        place = unplaced.find(_place, record)
        tonnes = _tonnes(record)
        unplaced.weigh(bool(place), tonnes or 0, str(year))
        if place is None:
            continue
        of_year = output.setdefault(year, {})
        if place in of_year:
            expected = f"one figure for each country and year; row {of_year[place].line} is another"
            raise record.refuse("quantity", "row-twice", expected)
        estimated = "estimate" in record.text("concat_figure_notes_text").lower()
        of_year[place] = Output(tonnes, estimated, record.line)
    unplaced.settle(reading)
    newest = max(output, default=0)
    reading.publication = _publication(newest)
    for year, of_year in sorted(output.items()):
        _add(reading, year, of_year, newest)
    return reading


def _publication(newest: int) -> Publication:
    title = f"World Mineral Statistics to {newest}, rare earth oxides: extract from which shares were computed"
    publisher = "British Geological Survey (UKRI)"
    return Publication(f"bgs-wms-{newest}", title, publisher, url=URL, licence=LICENCE)


def _is_followed(reading: Found, record: Record) -> bool:
    """Tell whether a row is of rare-earth oxides produced in a year of the table; count the others by reason."""
    if record.text("bgs_commodity_trans").lower() != OXIDES:
        reading.left_out[
            f"not {OXIDES}: minerals have other weights, and there is no table of shares for other metals"
        ] += 1
    elif not record.text("bgs_statistic_type_trans").lower().startswith(PRODUCTION):
        reading.left_out["imports and exports"] += 1
    elif _year(record) < FIRST_YEAR:
        reading.left_out[f"years before {FIRST_YEAR}"] += 1
    else:
        return True
    return False


def _year(record: Record) -> int:
    text = record.matching("year", r"\d{4}([-T ].*)?", "a year such as 2023, or its first day")
    return Record(record.file, record.line, {"year": text[:4]}).year("year")


def _place(record: Record) -> str:
    code, name = record.text("country_iso3_code"), record.required("country_trans", "the name of a country")
    place = code if places.is_code(code) else NAMES.get(name.lower()) or places.by_name(name)
    if place is None or len(place) != 3:
        raise record.refuse("country_trans", "country-unknown", "a country as the British Geological Survey writes it")
    return place


def _tonnes(record: Record) -> float | None:
    if record.text("data_precision_description").lower() == NOT_AVAILABLE:
        return None
    if record.text("units").lower() != TONNES:
        raise record.refuse("units", "unit", TONNES)
    amount = record.amount("quantity")
    return float(amount) if amount else None


def _add(reading: Found, year: int, output: dict[str, Output], newest: int) -> None:
    """Add the shares of a year, where all countries of weight are there."""
    total = math.fsum(each.tonnes or 0 for each in output.values())
    missing = sorted(place for place, part in _producers(year).items() if place not in output and part > WEIGHTY)
    if missing or not total:
        reading.left_out["years that lack a country known to produce"] += len(output)
        if missing:
            reading.notes.append(f"{year}: no shares, for the file lacks {', '.join(missing)}")
        return
    bound = "<" if any(each.tonnes is None for each in output.values()) else ""
    for place, each in sorted(output.items(), key=lambda item: (-(item[1].tonnes or 0), item[0])):
        if each.tonnes:
            marks = ";".join(filter(None, ("e" if each.estimated else "", bound, "derived")))
            cells = {"estimate_id": f"mining-all-ree-{place.lower()}-{year}-bgs-wms{newest}", "stage": "mining"}
            cells |= {"scope": "all rare earths (TREO)", "scope_text": OXIDES, "share_of": "world supply"}
            cells |= {
                "holder": place,
                "year": str(year),
                "share": f"{each.tonnes / total * 100:.2f}",
                "estimator": "BGS",
            }
            cells |= {"kind": "computed", "basis": BASIS, "qualifier": marks}
            reading.rows.append(Row("stage_shares", cells, each.line))


def _producers(year: int) -> dict[str, float]:
    """Return each country's part of the output in a year, or in the newest earlier one of the book's table."""
    path = followed.table("mine_production")
    by_year = _known(path, path.stat().st_mtime_ns)
    of_year = by_year.get(max((each for each in by_year if each <= year), default=0), {})
    whole_of = math.fsum(of_year.values())
    return {place: tonnes / whole_of for place, tonnes in of_year.items() if whole_of}


@lru_cache(maxsize=4)
def _known(path: Path, changed: int) -> dict[int, dict[str, float]]:
    by_year: dict[int, dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("series") == "bgs_reo" and row.get("value") and row["iso3"] != "WLD":
                by_year.setdefault(int(row["year"]), {})[row["iso3"]] = float(row["value"])
    return by_year


READERS = (
    Reader(
        "British Geological Survey, World Mineral Statistics (CSV or GeoJSON; shares are derived)",
        _fits,
        _read,
        (NEEDED,),
    ),
)
