"""Import shares: where each importer buys, how concentrated its suppliers are, and what can be said from a bound.

An import share belongs to one dataset, product, year and basis (value or weight); shares of different ones are
never subtracted. Trade with oneself is left out. Origin is the last country of shipment or processing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from lib import quantity
from lib.quantity import HIGHER, LOWER, Number, Quantity, compared
from lib.tables.dictionary import CONFIDENCES

CHINA = "CHN"
IN_PART, ESTIMATED = {"flows_of_7_t_and_more", "partial_members"}, "weight_estimated"
TRUNCATED = ("largest_flows_only", "selected_18_partners")
SHARES = {"unit": "%", "places": 0, "domain": (0, 100)}
"""How a chart shows shares as dots."""
OTHERS = "trade_flows WHERE reporter <> partner"
"""The operand of a query that leaves trade with oneself out."""


def outside(flows: pd.DataFrame, inside: Iterable[str], name: str | None = None) -> pd.DataFrame:
    """Select imports of the economies of `inside` without trade among them; with `name` they become one importer."""
    codes = set(inside)
    rows = flows[flows["reporter"].isin(codes) & ~flows["partner"].isin(codes)]
    return rows.assign(reporter=name) if name else rows


def without_trade_inside(flows: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Select all flows but those between two members of a union."""
    codes = set(union)
    return flows[~(flows["reporter"].isin(codes) & flows["partner"].isin(codes))]


def suppliers(flows: pd.DataFrame, value: str = "value_usd", partner: str = CHINA) -> pd.DataFrame:
    """Describe where each importer buys: one row per reporter and year.

    Columns: reporter, year, total (in the unit of `value`), share (percent from `partner`, s = 100 M_i / Σ M_i),
    leader, leader_share (percent), hhi (Σ s², 0 to 10,000, over all partners listed), n_partners, confidence (the
    lowest), source_id, qualifier. Where a source lists only the largest flows or chosen partners, what is missing
    would only add to the total: the share is an upper bound (``<``), and not known (NA) when the partner is missing.
    """
    rows = flows[(flows["reporter"] != flows["partner"]) & flows[value].gt(0)]
    pairs = rows.groupby(["reporter", "year", "partner"], as_index=False)[value].sum()
    whole = pairs.groupby(["reporter", "year"])[value].transform("sum")
    pairs["share"] = (pairs[value] / whole * 100).astype(float)
    groups = pairs.groupby(["reporter", "year"])
    table, sizes = groups.agg(total=(value, "sum")), groups.size()
    shares = np.split(pairs["share"].to_numpy(), sizes.cumsum().iloc[:-1])
    table = table.assign(hhi=list(map(quantity.hhi, shares)), n_partners=sizes)
    first = pairs.sort_values("share", kind="stable").groupby(["reporter", "year"]).tail(1)
    table[["leader", "leader_share"]] = first.set_index(["reporter", "year"])[["partner", "share"]]
    own = pairs[pairs["partner"] == partner].set_index(["reporter", "year"])["share"]
    table["share"] = own.reindex(table.index)
    marks = rows.assign(level=rows["confidence"].map(CONFIDENCES.index)).groupby(["reporter", "year"])
    marks = marks.agg(source_id=("source_id", "first"), published=("published", "max"), confidence=("level", "max"))
    marks["confidence"] = marks["confidence"].map(dict(enumerate(CONFIDENCES)))
    marks["cut"] = _truncated(rows).groupby([rows["reporter"], rows["year"]]).any()
    table = table.join(marks)
    cut, listed = table.pop("cut"), table["share"].notna()
    table["share"] = table["share"].where(listed | cut, 0.0)
    table["qualifier"] = np.select([~cut, listed], ["derived", "<;derived"], "NA")
    return table.reset_index()


def by_partner(flows: pd.DataFrame, value: str, keep: Sequence[str]) -> pd.DataFrame:
    """Compute the percentages of the partners of `keep`, others as ROW: year, partner, share, source_id, qualifier.

    Where a source lists only the largest flows, what is missing would add to the total and to ROW: the share of a named
    partner is an upper bound (``<``), that of ROW a lower one (``>``).
    """
    rows = flows[flows["reporter"] != flows["partner"]]
    named = rows.assign(partner=rows["partner"].where(rows["partner"].isin(list(keep)), "ROW"))
    sums = named.groupby(["year", "partner"], as_index=False).agg({value: "sum", "source_id": "first"})
    sums["share"] = (sums[value] / sums.groupby("year")[value].transform("sum") * 100).astype(float)
    cut = set(rows.loc[_truncated(rows), "year"])
    marks = sums["partner"].eq("ROW").map({True: ">", False: "<"})
    return sums.assign(qualifier=marks.where(sums["year"].isin(cut), ""))


def _truncated(flows: pd.DataFrame) -> pd.Series:
    """Mark the flows that are in a list of the largest ones or of chosen partners."""
    return flows["flags"].fillna("").str.split(";").map(lambda flags: any(flag in TRUNCATED for flag in flags))


def weight_in_tonnes(flows: pd.DataFrame, partners: Sequence[str]) -> pd.DataFrame:
    """Add up flows of full years in tonnes by year and partner; partners beyond those named become OTH.

    Columns: year, partner, t, source_id. A partner without a flow in a year has no row.
    """
    years = flows[flows["month_end"] - flows["month_start"] == 11]
    named = years.assign(partner=years["partner"].where(years["partner"].isin(list(partners)), "OTH"))
    sums = named.groupby(["year", "partner"], as_index=False).agg({"weight_kg": "sum", "source_id": "first"})
    return sums.assign(t=sums["weight_kg"] / 1000)


def customs_total(row: pd.Series) -> Quantity:
    """Return the gross weight in kg that a row of the table trade_shares says its share is of, with its marks.

    A total of larger flows only, or without some members, is a lower bound; a weight that the publisher estimated is
    an estimate.
    """
    flags = set(row["flags"].split(";")) if isinstance(row["flags"], str) else set()
    return Quantity(float(row["total_kg"]), ">" if flags & IN_PART else "", ESTIMATED in flags)


def surely(table: pd.DataFrame, first: int, last: int, compared_as: str) -> list[str]:
    """List the importers whose share was certainly HIGHER (or LOWER) in `last` than in `first`, bounds considered.

    `table` is `suppliers` of several years; importers without a share in one of the two are left out.
    """
    ends = {
        year: {
            row.reporter: Quantity.from_row(row.share, row.qualifier)
            for row in table[table["year"] == year].itertuples()
        }
        for year in (first, last)
    }
    both = [code for code in ends[last] if code in ends[first]]
    return [code for code in both if compared(ends[last][code], ends[first][code]) == compared_as]


def against(now: Number, then: Number) -> str:
    """Say whether a share is higher or lower than an earlier one, as far as their bounds tell."""
    words = {HIGHER: "higher than", LOWER: "lower than"}
    return words.get(compared(now.quantity, then.quantity), "not known to differ from")
