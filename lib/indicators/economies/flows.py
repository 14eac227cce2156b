"""Imports by partner: those of one economy, of all beside each other, and the weights that can be used.

`flows` is always the table trade_flows cut down to one dataset, product and direction. An importer's share counts all
its partners, for a member of the Union the other members too, as its customs do; the Union as one importer counts only
what comes from outside.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from lib import quantity
from lib.indicators import common, dependence
from lib.indicators.economies.who import UNION, Economy, listed

MAGNETS = "850511"
OTHERS = "trade_flows WHERE reporter <> partner"
"""What queries of imports read: trade with oneself is left out."""
PARTIAL = "largest_flows_only"
NO_WEIGHT = ("no_weight", "implausible_unit_value", "weight_imputed_common_unit_value")
CONFLICT = "weight_conflicts_with_partner_export"
COVERED = 90.0  # weights are shown where they stand for this percentage of the value; the source folder's rule


def traded(as_of: dt.date | str | None) -> pd.DataFrame:
    """Read the imports of magnets by importer, partner and year (CEPII BACI). Raises NoDataYet."""
    what = "The dataset of magnet trade by partner (CEPII BACI, HS 8505.11)"
    return common.select("trade_flows", as_of, what, dataset="baci", hs_code=MAGNETS, flow="import")


def reported(as_of: dt.date | str | None, year: int) -> pd.DataFrame:
    """Read the shares in imports of magnets in a year as customs report them (UN Comtrade). Raises NoDataYet."""
    what = f"The extract of UN Comtrade for magnets in {year}, which tells which weights are imputed,"
    return common.select("trade_shares", as_of, what, dataset=f"comtrade_{year}", product=MAGNETS, year=year)


def imports(flows: pd.DataFrame, economy: Economy, union: Iterable[str]) -> pd.DataFrame:
    """Select the imports of one economy by partner; those of the Union from outside it. Index and attrs kept."""
    rows = with_union(flows, union) if economy.is_union else flows
    return kept(rows[rows["reporter"] == economy.iso3], flows)


def with_union(flows: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Select only what members of the Union buy from outside, as the imports of one importer ``EU27``."""
    return kept(dependence.outside(flows, union, UNION), flows)


def from_outside(rows: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Select the imports of a member without those from other members."""
    return kept(rows[~rows["partner"].isin(set(union))], rows)


def among_peers(flows: pd.DataFrame, codes: Sequence[str], union: Iterable[str]) -> pd.DataFrame:
    """Select the imports of all importers of `codes`, the Union as one where it is among them."""
    single = flows[flows["reporter"].isin([code for code in codes if code != UNION])]
    return kept(pd.concat([single, with_union(flows, union)]) if UNION in codes else single, flows)


def kept(rows: pd.DataFrame, origin: pd.DataFrame) -> pd.DataFrame:
    """Give rows the attributes of the table that they come from, by which a number names them."""
    rows.attrs = dict(origin.attrs)
    return rows


def whole_years(flows: pd.DataFrame) -> list[int]:
    """List the years in which a dataset lists all flows, not the largest alone: only their shares are exact."""
    cut = flows["flags"].fillna("").str.contains(PARTIAL, regex=False)
    return sorted(int(year) for year in set(flows["year"]) - set(flows.loc[cut, "year"]))


def compared(flows: pd.DataFrame) -> pd.DataFrame:
    """Add `top3` (percent from the three largest), `rank`, `hhi_rank` and `value_rank` to `dependence.suppliers`.

    For one year; ranks count from the highest, and equals share the better one.
    """
    table = dependence.suppliers(flows)
    rows = flows[(flows["reporter"] != flows["partner"]) & flows["value_usd"].gt(0)]
    sums = rows.groupby(["reporter", "partner"])["value_usd"].sum().sort_values(ascending=False)
    three = sums.groupby("reporter").head(3).groupby("reporter").sum()
    table["top3"] = (table["reporter"].map(three) / table["total"] * 100).astype(float)
    for rank, column in (("rank", "share"), ("hhi_rank", "hhi"), ("value_rank", "total")):
        table[rank] = table[column].rank(ascending=False, method="min").astype("Int64")
    return table


class Suppliers(NamedTuple):
    """Where one importer bought in one year: China's share (percent), the concentration, and the whole."""

    share: float
    hhi: float
    total: float


def of_one(rows: pd.DataFrame, value: str = "value_usd") -> Suppliers:
    """Compute `dependence.suppliers` for one importer and year of which all flows are listed, without its marks."""
    sums = rows[rows["reporter"] != rows["partner"]].groupby("partner")[value].sum().astype(float)
    percent = sums / sums.sum() * 100
    return Suppliers(float(percent.get(dependence.CHINA, 0.0)), quantity.hhi(percent), float(sums.sum()))


def partners(rows: pd.DataFrame, n: int = 4, least: float = 2.0) -> list[str]:
    """List China and the n other partners that mattered most, among them the leader of the newest year that lists all.

    By the sum of a partner's mean share over the years and its share in that newest year. Only partners count that
    are listed in half of the years or lead, and whose larger one of the two is `least` percent or more; unspecified
    areas are left out.
    """
    sums = rows[rows["reporter"] != rows["partner"]].groupby(["year", "partner"])["value_usd"].sum()
    percent = (sums / sums.groupby("year").transform("sum") * 100).astype(float).reset_index()
    percent = percent.pivot_table(index="year", columns="partner", values="value_usd")
    newest = percent.loc[max(whole_years(rows), default=percent.index.max())].fillna(0.0)
    steady = percent.notna().mean().ge(0.5) | newest.eq(newest.max())
    both = pd.DataFrame({"mean": percent.fillna(0.0).mean(), "newest": newest})
    both = both[steady & ~both.index.str.startswith("_") & both.max(axis=1).ge(least)]
    both = both.drop(dependence.CHINA, errors="ignore")
    leads_first = both.assign(leads=both["newest"].eq(newest.max()), sum=both.sum(axis=1))
    ordered = leads_first.sort_values(["leads", "sum"], ascending=False, kind="stable").index[:n]
    return [dependence.CHINA, *ordered]


def by_origin(rows: pd.DataFrame, keep: Sequence[str]) -> pd.DataFrame:
    """Return `dependence.by_partner` with a row of zero where a year lists all flows and a named partner has none.

    A year of the largest flows leaves a gap instead: there a partner that is not listed may still have sold a little.
    """
    table = dependence.by_partner(rows, "value_usd", keep)
    whole = whole_years(rows)
    grid = pd.MultiIndex.from_product([whole, [*keep, "ROW"]], names=["year", "partner"])
    table = table.set_index(["year", "partner"])
    absent = grid.difference(table.index)
    if len(absent):
        source = rows[rows["year"].isin(whole)].groupby("year")["source_id"].first()
        empty = pd.DataFrame({"value_usd": 0.0, "share": 0.0, "qualifier": ""}, index=absent)
        table = pd.concat([table, empty.assign(source_id=absent.get_level_values("year").map(source))])
    order = {code: place for place, code in enumerate([*keep, "ROW"])}
    table = table.reset_index().assign(_order=lambda frame: frame["partner"].map(order))
    return table.sort_values(["_order", "year"], ignore_index=True).drop(columns="_order")


def listed_part(rows: pd.DataFrame) -> tuple[int, float]:
    """Say how much a list of the largest flows leaves out: how many partners it has, and what they stand for.

    The median number of partners in the years of the largest flows, and the lowest percentage that as many carry in
    a year that lists all. (0, 100.0) when there are no such years to compare.
    """
    whole = whole_years(rows)
    counts = rows[~rows["year"].isin(whole)].groupby("year")["partner"].nunique()
    if counts.empty or not whole:
        return 0, 100.0
    n = int(counts.median())
    sums = rows[rows["year"].isin(whole)].groupby(["year", "partner"])["value_usd"].sum().sort_values(ascending=False)
    carried = sums.groupby("year").head(n).groupby("year").sum() / sums.groupby("year").sum() * 100
    return n, float(carried.min())


def all_beside(flows: pd.DataFrame, groups: pd.DataFrame, customs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Tabulate every economy that has a page, the Union last, in the newest year of which `flows` list all.

    Columns: iso3, name, slug, member, value (million USD), share (China's, percent), earlier (its share in 2010, an
    upper bound), outside (a member's share without trade inside the Union), weight (China's share by weight, missing
    where the weights say nothing of their own or `customs` are not known), hhi, top3, leader, leader_share, rank,
    hhi_rank, source_id, qualifier. Ranks are those among the 38; the Union as one importer has none.
    """
    union, year = dependence.members(groups, UNION), whole_years(flows)[-1]
    economies = listed(groups)
    codes = [economy.iso3 for economy in economies if not economy.is_union]
    now, then = flows[flows["year"] == year], flows[flows["year"] == 2010]
    table = pd.concat([compared(among_peers(now, codes, union)), compared(with_union(now, union))])
    table = table.set_index("reporter").reindex([*codes, UNION])
    table.loc[UNION, ["rank", "hhi_rank", "value_rank"]] = pd.NA
    before = pd.concat([then[then["reporter"].isin(codes)], with_union(then, union)])
    table["earlier"] = dependence.suppliers(before).set_index("reporter")["share"]
    abroad = now[now["reporter"].isin(union) & ~now["partner"].isin(union)]
    table["outside"] = dependence.suppliers(abroad).set_index("reporter")["share"]
    table["weight"] = _by_weight(now, economies, union, customs)
    table["value"] = table["total"].astype(float) / 1e6
    names = pd.DataFrame(economies).set_index("iso3")[["name", "slug", "member"]]
    return table.drop(columns="total").join(names).rename_axis("iso3").reset_index()


def _by_weight(
    now: pd.DataFrame, economies: list[Economy], union: list[str], customs: pd.DataFrame | None
) -> pd.Series:
    """Compute China's share by weight for each economy whose weights can be shown."""
    if customs is None:
        return pd.Series(dtype=float)
    bad = weights_not_used(customs, [economy.iso3 for economy in economies if not economy.is_union])
    shares = {}
    for economy in economies:
        own = imports(now, economy, union)
        rows, covered = weighed(own, bad, now["reporter"] if economy.is_union else None)
        if covered >= COVERED:
            shares[economy.iso3] = of_one(rows, "weight_kg").share
    return pd.Series(shares, dtype=float)


def weights_not_used(customs: pd.DataFrame, codes: Iterable[str]) -> dict[str, str]:
    """Say whose customs weights say nothing of their own, with the reason: ``missing`` or ``conflict``.

    `customs` are the shares of one year by weight that a dataset of customs reports has (trade_shares). An importer
    without a weight for China gave none that was not made from one common unit value; a conflict is a tonnage that
    differs from that of the exporter by more than a factor of two.
    """
    china = customs[(customs["partner"] == dependence.CHINA) & (customs["basis"] == "weight")].set_index("importer")
    flags = china["flags"].fillna("").str.split(";")
    reasons = {}
    for code in codes:
        if code not in flags.index or any(flag in NO_WEIGHT for flag in flags[code]):
            reasons[code] = "missing"
        elif CONFLICT in flags[code]:
            reasons[code] = "conflict"
    return reasons


def weighed(rows: pd.DataFrame, bad: Iterable[str], reporters: pd.Series | None = None) -> tuple[pd.DataFrame, float]:
    """Select the flows whose weight can be used, with the percentage of the value that they stand for.

    bad        importers whose customs weights say nothing of their own (`weights_not_used`)
    reporters  who reported each row, where `rows` are those of a union under its own name
    """
    flags = rows["flags"].fillna("").str.split(";")
    usable = rows["weight_kg"].gt(0) & ~flags.map(lambda marks: any(mark in NO_WEIGHT for mark in marks))
    usable &= ~(rows["reporter"] if reporters is None else reporters.reindex(rows.index)).isin(set(bad))
    covered = 100 * float(rows.loc[usable, "value_usd"].sum()) / float(rows["value_usd"].sum())
    return kept(rows[usable], rows), covered
