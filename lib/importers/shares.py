"""Shares of partners in the imports of one economy, for publishers whose own rows may not be passed on."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lib.importers import followed
from lib.importers.reading import Found, Row

LEADING = 8
CHINA = "CHN"
WEIGHED = 0.9
"""The part of the value that must have a weight before shares by weight are given."""
IMPUTED = "weight_imputed_common_unit_value"
IMPUTED_AT_MOST = 0.1
"""The part of the value that may have an imputed weight where shares by weight are given."""
IMPUTED_FROM_KG = 100
IMPUTED_FROM_PARTNERS = 5
SAME_UNIT_VALUE = 1e-5
"""Unit values that differ by less are one: what rounding of a hundred kilograms to a gram leaves."""
MAGNETS = "850511"
PLAUSIBLE = (1, 3000)
"""USD per kilogram of magnets."""
PLAUSIBLE_FROM_USD = 1000
COMPARED_FROM_KG = 50_000
"""What China must report before its tonnage of magnets is held against that of the importer."""
ROUNDED = 0.5
"""What a printed value may be off, in the unit of the publisher: it is rounded to whole ones, or to less."""
UNSEEN = 5e-5
"""The part of a total that no share of two decimals shows: what is missing beyond it may be a partner."""
BINARY = 1e-12
"""The part of a sum by which the numbers of a computer may be off."""
MOST_NAMED = 12
"""Lists that a note names."""
UNION = "EUX"


@dataclass
class Trade:
    """The imports of one importer from one partner: value in the currency of the publisher, weight in kg."""

    partner: str
    value: float | None
    kg: float | None
    line: int
    flags: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Group:
    """The trade that shares are computed of: one importer, product and period in one dataset."""

    dataset: str
    importer: str
    product: str
    year: int
    month_start: int = 1
    month_end: int = 12
    method: str = "reported_partners"
    flags: tuple[str, ...] = ()
    note: str = ""
    in_usd: bool = True
    marks_rest: bool = False
    """Whether the marks of partners that are part of ROW are given there."""


@dataclass
class Table:
    """The rows of one dataset while they are made: importers first, then the EU from outside, then sums of codes."""

    dataset: str
    in_usd: bool = True
    marks_rest: bool = False
    complete: dict[tuple[str, str, str], list[Trade]] = field(default_factory=dict)
    """The partners of each importer, code and period all of whose partners are there."""
    in_part: dict[str, float] = field(default_factory=dict)
    """Which lists of partners are not whole, and what part of the printed total they add up to."""

    def add(
        self,
        reading: Found,
        importer: str,
        code: str,
        period: str,
        trades: list[Trade],
        world: Trade | None,
        *flags: str,
    ) -> None:
        """Add the rows of an importer; `period` is a year or a month as 202412, `world` what is printed as the total.

        Where the partners add up to the total, there are no others, and their concentration is given too. Where they
        are less, each is held against the printed total. Without a total, or beyond it, they are left out.
        """
        group = self._group(importer, code, period, flags=flags)
        what = f"{importer}, {code}, {period}"
        if world and not trades:
            reading.rows += total_rows(group, world.value, world.kg, world.line, world.flags)
        elif world is None or not world.value:
            reading.left_out["partners of importers without a total: perhaps not all of them"] += len(trades)
        elif _adds_up(trades, world.value):
            own = [trade for trade in trades if trade.partner != importer]
            self.complete[importer, code, period] = own
            reading.rows += share_rows(group, own, is_weight_whole=_is_weight_whole(trades, world))
        elif _value(trades) > world.value:
            reading.left_out["partners of importers whose partners add up to more than the total"] += len(trades)
            self.in_part[what] = _value(trades) / world.value
        else:
            reading.rows += against_world(group, trades, world)
            self.in_part[what] = _value(trades) / world.value

    def notes(self) -> list[str]:
        """Write a note on the lists of partners that are not complete; none where all are."""
        listed = [f"{what} ({part:.1%} of the printed total)" for what, part in self.in_part.items()]
        more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
        words = (
            "the partners do not add up to the total, so shares are of the printed total and no concentration is given"
        )
        return [f"{words}: {', '.join(listed[:MOST_NAMED])}{more}"] if listed else []

    def unions(self) -> list[Row]:
        """Return rows for the imports of the EU from outside, summed from its members, where the file has none."""
        rows = []
        for code, period in sorted({(code, period) for _, code, period in self.complete}):
            members = [name for name, *rest in self.complete if rest == [code, period] and name in followed.EU27]
            if len(members) < 2 or (UNION, code, period) in self.complete:
                continue
            trades = [trade for name in members for trade in self.complete[name, code, period]]
            note = f"{len(members)} reporting members added, partners inside the EU27 removed."
            flags = ("partial_members",) if len(members) < len(followed.EU27) else ()
            group = self._group(UNION, code, period, method="members_summed", flags=flags, note=note)
            rows += share_rows(group, [trade for trade in trades if trade.partner not in followed.EU27])
        return rows

    def sums(self) -> list[Row]:
        """Return rows for products that are sums of codes, for importers that have all codes and not the sum itself."""
        rows = []
        for product, codes in followed.SUMS.items():
            for importer, period in sorted({(importer, period) for importer, _, period in self.complete}):
                parts = [self.complete.get((importer, code, period), []) for code in codes]
                if all(parts) and (importer, product, period) not in self.complete:
                    group = self._group(importer, product, period, method="codes_summed")
                    rows += share_rows(group, [trade for part in parts for trade in part])
        return rows

    def _group(self, importer: str, code: str, period: str, *, flags: tuple[str, ...] = (), **more: Any) -> Group:
        first, last = (int(period[4:]),) * 2 if len(period) > 4 else (1, 12)
        flags = (*followed.FLAGS.get(code[:4] if len(code) == 4 else "", ()), *flags)
        more |= {"flags": flags, "in_usd": self.in_usd, "marks_rest": self.marks_rest}
        return Group(self.dataset, importer, code, int(period[:4]), first, last, **more)


def _adds_up(trades: Sequence[Trade], printed: float) -> bool:
    """Tell whether the partners are complete: their sum is the printed total, but for the rounding of each."""
    allowed = min(ROUNDED * (len(trades) + 1), UNSEEN * printed) + BINARY * printed
    return abs(_value(trades) - printed) <= allowed


def _is_weight_whole(trades: Sequence[Trade], world: Trade) -> bool:
    """Tell whether the weights of the partners can be those of the total: who is not listed may sell heavy goods.

    Where a partner has no weight of its own, nobody knows.
    """
    if not world.kg or not all(trade.kg for trade in trades if trade.value):
        return True
    allowed = ROUNDED * (len(trades) + 1) + UNSEEN * world.kg
    return world.kg - math.fsum(trade.kg or 0 for trade in trades) <= allowed


def share_rows(group: Group, trades: Sequence[Trade], is_weight_whole: bool = True) -> list[Row]:
    """Return rows for `trade_shares`: eight leading partners, China always, ROW for the rest, by value and by weight.

    The partners must be all that there are; trade with oneself is left out. Shares by weight are not given where
    weights cover less than nine tenths of the value, where more than a tenth of it has an imputed weight, or where the
    weights are not whole.
    """
    trades = _summed(trade for trade in trades if trade.partner not in (group.importer, "WLD"))
    values = {trade.partner: trade.value for trade in trades if trade.value is not None}
    weights = {trade.partner: trade.kg for trade in trades if trade.kg}
    rows = _rows(group, trades, values, "value", _totals(group, trades))
    if not (is_weight_whole and _weighed(trades)):
        return rows
    return rows + _rows(group, trades, weights, "weight", _totals(group, trades))


def total_rows(group: Group, value: float | None, kg: float | None, line: int, flags: Iterable[str] = ()) -> list[Row]:
    """Return rows for `trade_shares` of an importer of whom only the total is known."""
    shared = {"total_usd": _whole(value if group.in_usd else None), "total_kg": _whole(kg), "qualifier": "reported"}
    rows = []
    for basis, amount in (("value", value), ("weight", kg)):
        if amount:
            marks = [*group.flags, *_of_basis(basis, flags)]
            rows.append(_row(group, basis, "WLD", "100.00", line, marks, shared | {"method": "total_only"}))
    return rows


def against_world(group: Group, trades: Sequence[Trade], world: Trade) -> list[Row]:
    """Return rows for `trade_shares` of leading partners, China, and ROW for the rest, against the printed total.

    Without all partners nothing is said of their number, their concentration, or of one that is not named. Goods
    returned to the importer itself are no part of the total where they are listed, as in `share_rows`.
    """
    world = _without_returns(world, [trade for trade in trades if trade.partner == group.importer])
    trades = _summed(trade for trade in trades if trade.partner not in (group.importer, "WLD"))
    shared = {"method": "partner_against_world", "qualifier": "derived"}
    shared |= {"total_usd": _whole(world.value if group.in_usd else None), "total_kg": _whole(world.kg or None)}
    rows = _parts(group, "value", {t.partner: t.value for t in trades if t.value is not None}, trades, world, shared)
    if world.kg and not _imputed(trades) and all(trade.kg for trade in trades if trade.value):
        rows += _parts(group, "weight", {t.partner: t.kg for t in trades if t.kg is not None}, trades, world, shared)
    return rows


def _without_returns(world: Trade, returns: Sequence[Trade]) -> Trade:
    for trade in returns:
        world = replace(world, value=_minus(world.value, trade.value), kg=_minus(world.kg, trade.kg))
    return world


def _minus(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else whole - part


def _parts(
    group: Group, basis: str, amounts: dict[str, float], trades: Sequence[Trade], world: Trade, shared: dict[str, str]
) -> list[Row]:
    """Return the rows of one basis; none where the whole is unknown or less than its parts."""
    whole = world.value if basis == "value" else world.kg
    if not amounts or whole is None or math.fsum(amounts.values()) > whole:
        return []
    by_partner = {trade.partner: trade for trade in trades}
    order = sorted(amounts, key=lambda partner: (-amounts[partner], partner))
    kept = order[:LEADING] + [partner for partner in order[LEADING:] if partner == CHINA]
    rows, given = [], 0.0
    for partner in kept:
        share = round(amounts[partner] / whole * 100, 2)
        given += share
        flags = [*group.flags, *_of_basis(basis, by_partner[partner].flags)]
        rows.append(_row(group, basis, partner, f"{share:.2f}", by_partner[partner].line, flags, shared))
    rows.append(_row(group, basis, "ROW", f"{max(0.0, 100 - given):.2f}", world.line, group.flags, shared))
    return rows


def mark_imputed(trades: Sequence[Trade]) -> None:
    """Flag the weights that a publisher imputed: several partners have one and the same unit value."""
    units = [
        (trade.value / trade.kg, trade) for trade in trades if trade.value and trade.kg and trade.kg > IMPUTED_FROM_KG
    ]
    if len(units) < IMPUTED_FROM_PARTNERS:
        return
    common = max((unit for unit, _ in units), key=lambda unit: sum(_same(unit, other) for other, _ in units))
    common = statistics.median(unit for unit, _ in units if _same(unit, common))
    imputed = [trade for unit, trade in units if _same(unit, common)]
    if len(imputed) >= IMPUTED_FROM_PARTNERS:
        for trade in imputed:
            trade.flags.append(IMPUTED)


def mark_magnets(product: str, trades: Iterable[Trade], exported: float | None) -> None:
    """Flag impossible weights of magnets: by their unit value in USD, or by what China says it exported (kg)."""
    for trade in trades if product == MAGNETS else ():
        if trade.partner == CHINA and trade.kg and exported and _conflict(trade.kg, exported):
            trade.flags.append("weight_conflicts_with_partner_export")
        if trade.kg and trade.value and not plausible(product, trade.value, trade.kg):
            trade.flags.append("implausible_unit_value")


def _conflict(kg: float, exported: float) -> bool:
    return exported > COMPARED_FROM_KG and not exported / 2 <= kg <= exported * 2


def plausible(product: str, usd: float, kg: float) -> bool:
    """Tell whether magnets may have such a unit value; small trade is not judged, since its weight is rounded."""
    low, high = PLAUSIBLE
    return product != MAGNETS or usd <= PLAUSIBLE_FROM_USD or low <= usd / kg <= high


def _same(unit: float, other: float) -> bool:
    return abs(unit / other - 1) < SAME_UNIT_VALUE


def _summed(trades: Iterable[Trade]) -> list[Trade]:
    """Sum the trades of each partner over what is known; a sum is unknown where nothing is known."""
    by_partner: dict[str, Trade] = {}
    for trade in trades:
        if trade.partner not in by_partner:
            by_partner[trade.partner] = Trade(trade.partner, trade.value, trade.kg, trade.line, list(trade.flags))
            continue
        total = by_partner[trade.partner]
        total.value, total.kg = _plus(total.value, trade.value), _plus(total.kg, trade.kg)
        total.flags += [flag for flag in trade.flags if flag not in total.flags]
    return list(by_partner.values())


def _plus(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other


def _value(trades: Iterable[Trade]) -> float:
    return math.fsum(trade.value or 0 for trade in trades)


def _imputed(trades: Sequence[Trade]) -> bool:
    return _value(trade for trade in trades if IMPUTED in trade.flags) > IMPUTED_AT_MOST * _value(trades)


def _weighed(trades: Sequence[Trade]) -> bool:
    value = _value(trades)
    return not value or (_value(trade for trade in trades if trade.kg) >= WEIGHED * value and not _imputed(trades))


def _totals(group: Group, trades: Sequence[Trade]) -> dict[str, str]:
    kg = math.fsum(trade.kg or 0 for trade in trades)
    value = _value(trades) if group.in_usd and any(trade.value is not None for trade in trades) else None
    return {"total_usd": _whole(value), "total_kg": "" if _imputed(trades) or not kg else _whole(kg)}


def _whole(amount: float | None) -> str:
    return "" if amount is None else str(round(amount))


def _rows(
    group: Group, trades: list[Trade], amounts: dict[str, float], basis: str, totals: dict[str, str]
) -> list[Row]:
    whole = math.fsum(amounts.values())
    if whole <= 0:
        return []
    by_partner = {trade.partner: trade for trade in trades}
    shares = {partner: amount / whole * 100 for partner, amount in amounts.items()}
    order = sorted(shares, key=lambda partner: (-shares[partner], partner))
    kept = order[:LEADING]
    if group.importer != CHINA and CHINA not in kept and (CHINA in shares or CHINA not in by_partner):
        kept.append(CHINA)
    hhi = f"{math.fsum(share**2 for share in shares.values()):.1f}"
    shared = totals | {"hhi": hhi, "n_partners": str(len(amounts)), "method": group.method, "qualifier": "derived"}
    line = trades[0].line
    rows, given = [], 0.0
    for partner in kept:
        share = round(shares.get(partner, 0.0), 2)
        given += share
        trade = by_partner.get(partner)
        flags = [*(trade.flags if trade else ["no_flow_recorded"]), *group.flags]
        flags = _of_basis(basis, flags)
        rows.append(_row(group, basis, partner, f"{share:.2f}", trade.line if trade else line, flags, shared))
    rest = [partner for partner in order if partner not in kept]
    if rest:
        published = [flag for name in rest for flag in by_partner[name].flags if group.marks_rest]
        flags = [*group.flags, *(f"{flag}_in_part" for flag in _of_basis(basis, published))]
        rows.append(_row(group, basis, "ROW", f"{max(0.0, 100 - given):.2f}", line, flags, shared))
    return rows


def _of_basis(basis: str, flags: Iterable[str]) -> list[str]:
    """Drop the marks on weights where the shares are of value, of which they say nothing."""
    return [flag for flag in flags if basis == "weight" or not flag.startswith("weight_")]


def _row(
    group: Group, basis: str, partner: str, share: str, line: int, flags: Iterable[str], more: dict[str, str]
) -> Row:
    cells = {
        "dataset": group.dataset,
        "importer": group.importer,
        "product": group.product,
        "year": str(group.year),
        "month_start": str(group.month_start),
        "month_end": str(group.month_end),
        "basis": basis,
        "partner": partner,
        "share": share,
        "flags": ";".join(dict.fromkeys(flags)),
        "note": group.note,
    }
    return Row("trade_shares", cells | more, line)
