"""One economy at a time: where its magnets come from, beside whom it stands, and what the other tables say of it.

The economies are those of the group ``38 economies`` and the Union as one importer. `flows` is always the table
trade_flows cut down to one dataset, product and direction. An importer's share counts all its partners, for a member
of the Union the other members too, as its customs do; the Union as one importer counts only what comes from outside.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib import quantity
from lib.indicators import dependence
from lib.indicators.common import REST, called
from lib.tables import catalog

UNION, OUTSIDE = "EU27", "EUX"
PARTIAL = "largest_flows_only"
NO_WEIGHT = ("no_weight", "implausible_unit_value", "weight_imputed_common_unit_value")
CONFLICT = "weight_conflicts_with_partner_export"
COVERED = 90.0  # weights are shown where they stand for this percentage of the value; the source folder's rule
FEW = 3  # fewer flows than this are told one by one: a share of two flows says little
# The same goods by value, from the whole to its parts.
COMPOUNDS = ("280530+2846", "2846", "284690", "284610", "280530")
WITH_ARTICLE = ("Netherlands", "Philippines")
CIRCLES = {
    "MSP": "Minerals Security Partnership",
    "Pax Silica": "Pax Silica",
    "Quad Critical Minerals Initiative": "Quad Critical Minerals Initiative",
    "FORGE": "Forum on Resource Geostrategic Engagement",
}


class Economy(NamedTuple):
    """An economy that has a page: ISO 3166-1 alpha-3 code (or EU27), name, slug, whether it is in the Union."""

    iso3: str
    name: str
    slug: str
    member: bool

    @property
    def called(self) -> str:
        """Return the name as it stands inside a sentence: `the United States`, `Germany`, `the EU`."""
        return name_in_text(self.iso3)

    @property
    def of(self) -> str:
        """Return the possessive as it stands inside a sentence: `Germany’s`, `the Netherlands’`."""
        return possessive(self.called)

    @property
    def is_union(self) -> bool:
        """Return whether this is the European Union as one importer."""
        return self.iso3 == UNION


# --- which economies ---


def listed(groups: pd.DataFrame) -> list[Economy]:
    """List the economies that have a page, by name, the Union among them; `groups` is the table country_groups."""
    members = set(dependence.members(groups, UNION))
    codes = [UNION, *dependence.members(groups, dependence.WEST_38)]
    names = {code: catalog.country_name(code) for code in codes}
    rows = [Economy(code, name, slug(name), code in members) for code, name in names.items()]
    return sorted(rows, key=lambda economy: economy.slug)


def slug(name: str) -> str:
    """Write a name as it stands in an address: `united-states`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def find(groups: pd.DataFrame, wanted: str) -> Economy:
    """Find an economy by its code, name or slug, in capitals or not. Raises ValueError naming the nearest ones."""
    economies = listed(groups)
    text = wanted.strip().casefold()
    for economy in economies:
        if text in (economy.iso3.casefold(), economy.name.casefold(), economy.slug):
            return economy
    words = {word.casefold(): economy for economy in economies for word in (economy.slug, economy.name, economy.iso3)}
    near = difflib.get_close_matches(text, words, n=4, cutoff=0.5)
    chosen = dict.fromkeys(words[word] for word in near) or economies
    offered = ", ".join(f"{economy.iso3} ({economy.name})" for economy in chosen)
    raise ValueError(f"economy must be a code such as DEU or a name, not {wanted!r}; did you mean {offered}?")


def name_in_text(iso3: str) -> str:
    """Name a place as a sentence does, the Union as `the EU`."""
    if iso3 in (UNION, OUTSIDE):
        return "the EU"
    name = called(iso3)
    return f"the {name}" if name in WITH_ARTICLE else name


def possessive(name: str) -> str:
    """Put a name into the possessive: `Germany’s`, `the United States’`."""
    return f"{name}’" if name.endswith("s") else f"{name}’s"


def peers(groups: pd.DataFrame, economy: Economy) -> list[str]:
    """List the economies that one is ranked with: the 38, or for the Union as one importer those that are not in it."""
    west = dependence.members(groups, dependence.WEST_38)
    inside = set(dependence.members(groups, UNION))
    return [UNION, *[code for code in west if code not in inside]] if economy.is_union else west


# --- imports by origin ---


def imports(flows: pd.DataFrame, economy: Economy, union: Iterable[str]) -> pd.DataFrame:
    """Select the imports of one economy by partner; those of the Union from outside it. Index and attrs kept."""
    rows = with_union(flows, union) if economy.is_union else flows
    return _kept(rows[rows["reporter"] == economy.iso3], flows)


def with_union(flows: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Select only what members of the Union buy from outside, as the imports of one importer ``EU27``."""
    return _kept(dependence.outside(flows, union, UNION), flows)


def from_outside(rows: pd.DataFrame, union: Iterable[str]) -> pd.DataFrame:
    """Select the imports of a member without those from other members."""
    return _kept(rows[~rows["partner"].isin(set(union))], rows)


def among_peers(flows: pd.DataFrame, codes: Sequence[str], union: Iterable[str]) -> pd.DataFrame:
    """Select the imports of all importers of `codes`, the Union as one where it is among them."""
    single = flows[flows["reporter"].isin([code for code in codes if code != UNION])]
    return _kept(pd.concat([single, with_union(flows, union)]) if UNION in codes else single, flows)


def _kept(rows: pd.DataFrame, origin: pd.DataFrame) -> pd.DataFrame:
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


# --- weights ---


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
    return _kept(rows[usable], rows), covered


# --- compounds and metals ---


def compounds(shares: pd.DataFrame, economy: Economy, dataset: str) -> pd.DataFrame:
    """Select imports of compounds and metals by partner in one dataset by weight, largest first, with `t` in tonnes."""
    code = OUTSIDE if economy.is_union else economy.iso3
    rows = shares[(shares["dataset"] == dataset) & (shares["importer"] == code) & (shares["basis"] == "weight")]
    rows = rows[rows["product"] == COMPOUNDS[0]]
    rows = rows.assign(t=(rows["share"] * rows["total_kg"].astype(float) / 100_000).astype(float))
    last = rows["partner"].isin([REST, "ROW"])
    return _kept(
        rows.assign(_last=last).sort_values(["_last", "share"], ascending=[True, False], kind="stable"), shares
    )


def compounds_by_value(shares: pd.DataFrame, economy: Economy) -> pd.DataFrame:
    """Select China's newest row in the broadest product of which `shares`, one dataset, know its share by value.

    Empty when they know none.
    """
    rows = shares[(shares["importer"] == economy.iso3) & (shares["basis"] == "value")]
    rows = rows[(rows["partner"] == dependence.CHINA) & rows["product"].isin(COMPOUNDS)]
    place = rows["product"].map({product: place for place, product in enumerate(COMPOUNDS)})
    order = rows.assign(_place=place).sort_values(["year", "_place"], ascending=[False, True], kind="stable")
    return _kept(order.drop(columns="_place").head(1), shares)


# --- plants ---


def capacities(plants: pd.DataFrame) -> pd.Series:
    """Write capacities in words: `4,440 t NdPr oxide (target)`, `850–1,000 t NdPr oxide`; empty without a figure.

    `plants` are rows of the table facilities. A single figure may stand in any of the three columns.
    """
    return plants.apply(_capacity, axis=1) if len(plants) else pd.Series(dtype="str")


def _capacity(row: pd.Series) -> str:
    figures = [row[column] for column in ("capacity_low", "capacity", "capacity_high") if pd.notna(row[column])]
    if not figures:
        return ""
    ends = [f"{end:,.0f}" for end in dict.fromkeys((min(figures), max(figures)))]
    hoped = " (target)" if row["capacity_kind"] == "target" else ""
    return f"{'–'.join(ends)} {str(row['capacity_unit']).replace('/yr', '')}{hoped}"


# --- measures and circles ---


def concerning(register: pd.DataFrame, economy: Economy, seven: Iterable[str]) -> pd.DataFrame:
    """Select the measures that an economy took or that name it, with those of the Union and the G7 it belongs to.

    `concern` says how: ``own``, ``Union``, ``G7`` (its circle acts or is meant) or ``named`` (another one's measure).
    """
    circle = {"G7": "G7"} if economy.iso3 in set(seven) else {}
    circle |= {UNION: "Union"} if economy.member else {}
    actors, targets = (register[column].fillna("").str.split(";") for column in ("jurisdiction", "target"))

    def way(acting: list[str], meant: list[str]) -> str:
        if economy.iso3 in acting:
            return "own"
        if economy.iso3 in meant:
            return "named"
        return next((word for code, word in circle.items() if code in acting or code in meant), "")

    ways = [way(*pair) for pair in zip(actors, targets, strict=True)]
    return _kept(register.assign(concern=ways)[np.array(ways) != ""], register)


def circles(groups: pd.DataFrame, economy: Economy, day: pd.Timestamp) -> pd.DataFrame:
    """List the groups on critical minerals of which the table lists an economy as a member by `day`.

    Adds `circle`, the group's name in full, and `over`, the day on which its time ended (NaT when it had not by then).
    """
    rows = groups[groups["group"].isin(CIRCLES) & (groups["iso3"] == economy.iso3) & (groups["published"] <= day)]
    rows = rows[rows["role"].isin([*dependence.JOINED, "chair", "initiator"])]
    ends = pd.to_datetime(rows["to"], errors="coerce")
    return _kept(rows.assign(circle=rows["group"].map(CIRCLES), over=ends.where(ends <= day)), groups)
