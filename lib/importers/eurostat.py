"""Eurostat Comext: imports of the member states and of the EU by partner, from which shares are computed.

The SDMX-CSV of its interface has one row for each figure: values in euro, weights in hundreds of kilograms.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lib.importers import Found, Publication, Reader, followed, places
from lib.importers.files import File
from lib.importers.records import Record, records
from lib.importers.shares import UNION, Table, Trade
from lib.importers.unplaced import Unplaced
from lib.tables import asof

NEEDED = ("freq", "reporter", "partner", "product", "flow", "indicators", "TIME_PERIOD", "OBS_VALUE")
FLOWS = {"1": "import", "2": "export", "3": "re-export"}
VALUES = {"VALUE_IN_EUROS", "VALUE_EUR"}
WEIGHTS = {"QUANTITY_IN_100KG": 100, "QUANTITY_KG": 1}
OTHER_INDICATORS = {"SUP_QUANTITY", "SUPPLEMENTARY_QUANTITY", "QUANTITY_SUPPLEMENTARY"}
FLAGS = {
    "b": "break",
    "c": "confidential",
    "e": "estimated",
    "p": "provisional",
    "r": "revised",
    "u": "low_reliability",
}
"""Eurostat's codes of the status of an observation; other letters are kept as `flag_` and the letter."""
EU = re.compile(r"EU(27_2020|28|27|25|15)?")
INSIDE, OUTSIDE = re.compile(r"(INT|INTRA)_EU\w*|EU\d*_INTRA"), re.compile(r"(EXT|EXTRA)_EU\w*|EU\d*_EXTRA")
WORLD = "WORLD"
GROUP = re.compile(r"[^\W_]*_\w*|EA\d*|EU\d*|[A-Z]{3,}\d*")
"""Codes of groups of partners: two letters are an economy, all else is a sum of several."""
PARTS = ("XI", "XU")
"""The two parts of the United Kingdom, neither of which is an importer of the book."""
WITHIN = frozenset({"XI", "QR", "QV", "QY"})
"""Partners that Eurostat counts as trade inside of the Union: Northern Ireland, and what is not told of such trade."""
TOTALS = ("world", "outside", "inside")


@dataclass
class Pair:
    """The purchases of one reporter of one product from one partner in one period."""

    trade: Trade
    seen: dict[str, int] = field(default_factory=dict)
    """The line of each indicator."""


def _fits(file: File) -> bool:
    return set(NEEDED) <= set(file.header)


def _read(file: File) -> Found:
    reading = Found(Publication("", "", ""))
    updates: set[dt.date] = set()
    pairs = _pairs(file, reading, updates)
    periods = sorted({period for _, _, period in pairs})
    span = "_".join(periods[:1] + periods[1:][-1:]) or "none"
    table = Table(f"eurostat_{span}", in_usd=False, marks_rest=True)
    for (reporter, product, period), partners in sorted(pairs.items()):
        _add(reading, table, (reporter, product, period), partners)
    reading.rows += table.unions() + table.sums()
    reading.notes += table.notes()
    reading.publication = _publication(span, sorted({product for _, product, _ in pairs}), max(updates, default=None))
    return reading


def _publication(span: str, products: list[str], updated: dt.date | None) -> Publication:
    return Publication(
        "-".join(["eurostat-comext", span.replace("_", "-"), *products]),
        f"Comext, imports by partner {span.replace('_', ' to ')}, CN {', '.join(products)}",
        "Eurostat",
        edition=f"updated {updated}" if updated else "",
        published=updated,
        url="https://ec.europa.eu/eurostat/comext/",
        licence="Creative Commons Attribution 4.0 (European Commission, Decision 2011/833/EU)",
    )


def _pairs(file: File, reading: Found, updates: set[dt.date]) -> dict[tuple[str, str, str], dict[str, Pair]]:
    """Group the figures by reporter, product and period, then by partner (or `world`, `inside`, `outside`)."""
    pairs: dict[tuple[str, str, str], dict[str, Pair]] = {}
    unplaced = Unplaced()
    for record in _wanted(file, reading):
        _note_update(record, updates)
        placed = unplaced.find(_sides, record)
        unplaced.weigh(placed is not None, float(record.amount("OBS_VALUE") or 0), record.text("indicators"))
        if placed is None:
            continue
        reporter, partner = placed
        if reporter is None:
            reading.left_out["reporters that the book does not cover"] += 1
            continue
        if partner is None:
            reading.left_out["groups of partners"] += 1
            continue
        at = pairs.setdefault((reporter, record.text("product"), _period(record)), {})
        _set(record, at.setdefault(partner, Pair(Trade(_origin(partner), None, None, record.line))))
    unplaced.settle(reading)
    return pairs


def _wanted(file: File, reading: Found) -> Iterator[Record]:
    """Yield the imports of the codes that are followed, by value and weight."""
    for record in records(file, NEEDED):
        product = record.text("product")
        if not re.fullmatch(r"\d{4}|\d{6}|\d{8}", product) or not _is_followed(product):
            reading.left_out["other product codes"] += 1
        elif FLOWS[record.one_of("flow", FLOWS)] != "import":
            reading.left_out["exports"] += 1
        elif record.one_of("indicators", {*VALUES, *WEIGHTS, *OTHER_INDICATORS}) in OTHER_INDICATORS:
            reading.left_out["supplementary quantities"] += 1
        else:
            yield record


def _is_followed(product: str) -> bool:
    return product in followed.HEADINGS or any(product.startswith(code) for code in followed.CODES)


def _note_update(record: Record, updates: set[dt.date]) -> None:
    """Note the day of the last update, which Eurostat prints as 15/09/26, with the hour behind it or not."""
    text = record.text("LAST UPDATE")
    if not text:
        return
    for form in ("%d/%m/%y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            day = dt.datetime.strptime(re.split(r"[ T]", text)[0], form).date()
        except ValueError:
            continue
        if day > asof.latest():
            raise record.refuse("LAST UPDATE", "future", "a day that is not in the future")
        updates.add(day)
        return
    raise record.refuse("LAST UPDATE", "unexpected-value", "expected a day such as 15/09/26 11:00:00")


def _period(record: Record) -> str:
    """Return the period: 2024 for a year, 202401 for a month."""
    freq = record.one_of("freq", {"A", "M"})
    form, expected = (
        (r"\d{4}", "a year such as 2024") if freq == "A" else (r"\d{4}-(0[1-9]|1[0-2])", "a month: 2024-01")
    )
    period = record.matching("TIME_PERIOD", form, expected).replace("-", "")
    Record(record.file, record.line, {"TIME_PERIOD": period[:4]}).year("TIME_PERIOD")
    return period


def _sides(record: Record) -> tuple[str | None, str | None]:
    return _reporter(record), _partner(record)


def _reporter(record: Record) -> str | None:
    code = record.required("reporter", "a country code of Eurostat, such as DE")
    if EU.fullmatch(code):
        return UNION if code in ("EU", "EU27_2020") else None
    if GROUP.fullmatch(code) or code in PARTS:
        return None
    place = places.by_letters(code)
    if place is None:
        raise record.refuse("reporter", "country-unknown", "a country code of Eurostat, such as DE")
    return place if place in followed.importers() else None


def _partner(record: Record) -> str | None:
    """Return the code of an economy, or the name of a total; None for other groups."""
    code = record.required("partner", "a country code of Eurostat, such as CN")
    for pattern, name in ((WORLD, "world"), (OUTSIDE, "outside"), (INSIDE, "inside")):
        if re.fullmatch(pattern, code):
            return name
    if GROUP.fullmatch(code):
        return None
    place = places.by_letters(code)
    if place is None:
        raise record.refuse("partner", "country-unknown", "a country code of Eurostat, such as CN")
    return f"{place} {code}"


def _origin(partner: str) -> str:
    return "WLD" if partner in TOTALS else partner.split()[0]


def _set(record: Record, pair: Pair) -> None:
    """Take one figure with its flags; an empty one stays unknown."""
    indicator = record.text("indicators")
    kind = "value" if indicator in VALUES else "weight"
    if kind in pair.seen:
        expected = (
            f"one figure for each reporter, partner, product, indicator and period; row {pair.seen[kind]} is another"
        )
        raise record.refuse("OBS_VALUE", "row-twice", expected)
    pair.seen[kind] = record.line
    amount, flags = record.amount("OBS_VALUE"), _flags(record)
    if kind == "value":
        pair.trade.value = float(amount) if amount else None
    else:
        pair.trade.kg = float(amount) * WEIGHTS[indicator] if amount else None
        flags = [f"weight_{flag}" for flag in flags]
    pair.trade.flags += [flag for flag in flags if flag not in pair.trade.flags]


def _flags(record: Record) -> list[str]:
    letters = (record.text("OBS_FLAG") + record.text("CONF_STATUS")).lower()
    return list(dict.fromkeys(FLAGS.get(letter, f"flag_{letter}") for letter in letters if letter.isalpha()))


def _add(reading: Found, table: Table, key: tuple[str, str, str], partners: dict[str, Pair]) -> None:
    """Add the rows of one importer. The EU as a reporter buys from outside only; a member state from all."""
    reporter, product, period = key
    trades = [pair.trade for name, pair in partners.items() if name not in TOTALS]
    totals = {name: partners[name].trade for name in TOTALS if name in partners}
    if reporter == UNION:
        outside = [name for name in partners if name not in TOTALS and name.split()[1] not in WITHIN]
        trades = [partners[name].trade for name in outside if partners[name].trade.partner not in followed.EU27]
        world = totals.get("outside")
    else:
        world = totals.get("world") or _sum_of(totals)
    unknown = [flag for trade in trades if trade.value is None or trade.kg is None for flag in trade.flags]
    flags = dict.fromkeys(f"{flag}_in_part" for flag in unknown)
    table.add(reading, reporter, product, period, trades, world, *flags)


def _sum_of(totals: dict[str, Trade]) -> Trade | None:
    """Sum what comes from inside and from outside of the EU; None unless both are there."""
    one, other = totals.get("inside"), totals.get("outside")
    if one is None or other is None or one.value is None or other.value is None:
        return None
    kg = None if one.kg is None or other.kg is None else one.kg + other.kg
    return Trade("WLD", one.value + other.value, kg, one.line, [*one.flags, *other.flags])


READERS = (Reader("Eurostat Comext, trade by partner (SDMX-CSV; shares are derived)", _fits, _read, (NEEDED,)),)
