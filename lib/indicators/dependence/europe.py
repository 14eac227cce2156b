"""The European Union: published shares of China by what they count, and what the members buy outside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from lib.indicators import common
from lib.indicators.dependence.magnets import magnets
from lib.indicators.dependence.west import OUTSIDE, Circle
from lib.quantity import Number, Quantity
from lib.tables import catalog

PUBLISHED = {
    "eu27-98-percent": "Political statements: product and base not stated",
    "eu27-magnets-2024-value": "Rare-earth magnets imported, by value (Eurostat, 2024)",
    "eu27-magnets-2022": "Neodymium magnets imported, base not stated (KITA, 2022)",
    "eu27-lree-processing-crm2023": "Light rare earths, processed, EU sourcing (Commission, 2023)",
    "eu27-magnets-used-2024": "Permanent magnets used by industry, by weight (Court of Auditors, 2024)",
    "eu27-ree-2024-weight": "Metals and compounds imported, by weight (Eurostat, 2024)",
    "eu27-ree-2023-weight": "Metals and compounds imported, by weight (Eurostat, 2023)",
}
"""The estimates of the chart of Europe, with what each of them counts."""
RIVALS = {
    "eu27-98-percent": (
        "Rare earths in political statements",
        "For what was said. It names no goods and no measure, and no trade figure read for this book yields it.",
    ),
    "eu27-magnets-2024-value": (
        "Rare-earth magnets imported from outside, by value",
        "For the magnets that the EU imports: the customs line has those with rare earths alone.",
    ),
    "magnets": (
        "Permanent magnets of metal imported from outside, by value",
        "For the EU beside other economies, or over the years: the same dataset has all of them.",
    ),
    "eu27-magnets-used-2024": (
        "Permanent magnets used by industry, by weight",
        "For what EU industry uses, which is not what the EU imports.",
    ),
    "eu27-lree-processing-crm2023": (
        "Light rare earths after processing, sourcing of the EU",
        "For light rare earths in the terms of the EU’s list of critical raw materials.",
    ),
    "eu27-ree-2024-weight": (
        "Metals and compounds imported from outside, by weight",
        "For the material that is not yet a magnet. The cheapest compound weighs as much as the dearest.",
    ),
}
"""Figures of how much Europe gets from China that are quoted for each other: what each measures, and what it is for."""
RIVAL_HEADS = {
    "goods": "What it measures",
    "printed": "China (%)",
    "use": "What it is for",
    "period": "Year",
    "dataset": "Publisher",
    "source_id": "Source",
}
KINDS = {
    "rare earths": r"^rare earths|^rare-earth compounds",
    "magnets": "magnet",
    "compounds": "^rare earth compounds",
}
BASES = {"value": "value", "weight": "weight_kg"}
ORIGIN_HEADS = {
    "year": "Year",
    "partner": "Origin",
    "meur": "Value (million EUR)",
    "weight_kg": "Weight (kg)",
    "unit_value": "EUR/kg",
    "flags": "Marks",
    "source_id": "Source",
}
REST = "sum({0}) FILTER (WHERE partner = 'WLD') - sum({0}) FILTER (WHERE partner = 'CHN')"
UNIT_VALUES = {
    "CHN": "SELECT value / weight_kg FROM trade_flows",
    "rest": f"SELECT ({REST.format('value')}) / ({REST.format('weight_kg')}) FROM trade_flows",
}


# --- published shares ---


def estimate(as_of: dt.date | str | None, estimate_id: str, what: str = "This estimate") -> Number:
    """Return a published share of China in percent. Raises NoDataYet."""
    rows = common.select("dependence_estimates", as_of, what, estimate_id=estimate_id)
    row = rows.iloc[0]
    scope = f"share of China for {common.called(row['importer'])}: {row['product']}, {row['basis_text']}"
    share = Quantity.from_row(float(row["share"]), row["qualifier"])
    places = None if float(row["share"]) % 1 == 0 else 1
    return Number(share, "%", scope, row["period"], "as published", rows, places=places)


def published_in_europe(as_of: dt.date | str | None) -> pd.DataFrame:
    """Give the published shares of China in EU supply, with `what` they count and whether they are `weak`."""
    what = "The first published share of China in EU supply"
    rows = common.select("dependence_estimates", as_of, what, estimate_id=list(PUBLISHED))
    return rows.assign(what=rows["estimate_id"].map(PUBLISHED), weak=rows["confidence"].eq("low"))


def published_elsewhere(as_of: dt.date | str | None) -> tuple[pd.DataFrame, list[str]]:
    """Give the published shares of China in the imports of single countries for dots, and the order of their rows."""
    rows = common.select("dependence_estimates", as_of, "The first published share of China in a country’s imports")
    rows = rows[rows["importer"] != "EU27"]
    kind = pd.Series(pd.NA, index=rows.index, dtype="object")
    for name, pattern in KINDS.items():
        kind[rows["product"].str.contains(pattern)] = name
    data = rows.assign(kind=kind, weak=rows["confidence"].eq("low")).dropna(subset="kind")
    data["what"] = data["importer"].map(catalog.country_name) + ": " + data["kind"]
    data["word"] = data["period"].str.replace(r"-\d\d(/.*)?$", "", regex=True).str.replace("around ", "")
    return data, data.groupby("what")["share"].max().sort_values(ascending=False).index.tolist()


def published_title(data: pd.DataFrame) -> str:
    """Write the title of a chart of `published_elsewhere`."""
    shares, importers = len(data), data["importer"].nunique()
    if shares == 1:
        return f"One published share of China for one importer: {span(data['share']).split()[0]}"
    return f"{shares} published shares of China for {importers} importers: {span(data['share'])}"


def span(shares: pd.Series) -> str:
    """Write the lowest and the highest of some percentages: `39% to 98%`."""
    return f"{shares.min():.0f}% to {shares.max():.0f}%"


def widest(data: pd.DataFrame) -> float:
    """Return how many points the shares of one country and product lie apart at most."""
    return float(data.groupby("what")["share"].agg(lambda shares: shares.max() - shares.min()).max())


def rival_figures(as_of: dt.date | str | None, circle: Circle) -> pd.DataFrame:
    """Set the shares of China that are quoted for Europe side by side, as published or computed, the highest first.

    Returns goods (what is measured), share (percent), printed (the same with the decimals of its source), use, period,
    dataset, source_id, qualifier. Raises NoDataYet before two of them were public.
    """
    known: dict[str, Number] = {}
    for name in RIVALS:
        try:
            known[name] = magnets(as_of, circle).share(OUTSIDE) if name == "magnets" else estimate(as_of, name)
        except catalog.NoDataYet:
            continue
    if len(known) < 2:
        raise common.not_yet("dependence_estimates", as_of, "A second share of China in EU supply")
    found = [_rival(name, number) for name, number in known.items()]
    return pd.DataFrame(found).sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _rival(name: str, number: Number) -> dict:
    goods, use = RIVALS[name]
    rows = cast("pd.DataFrame", number.rows)
    source, share = rows["source_id"].iloc[0], round(cast("float", number.value), 1)
    return {
        "goods": goods,
        "share": share,
        "printed": f"{share:g}",
        "use": use,
        "period": str(number.period),
        "dataset": catalog.sources()["publisher"][source],
        "source_id": source,
        "qualifier": "derived" if name == "magnets" else rows["qualifier"].iloc[0],
    }


# --- magnets by origin ---


@dataclass(frozen=True)
class EuropesMagnets:
    """What the Union imported of rare-earth magnets (CN 8505 11 10) from outside, by origin and year, in EUR and kg."""

    flows: pd.DataFrame

    @property
    def years(self) -> list[int]:
        """The years described."""
        return sorted(int(year) for year in self.flows["year"].unique())

    def share(self, year: int, base: str) -> Number:
        """Return China's share in percent, by value or by weight."""
        rows = self._of(year, "CHN", "WLD")
        china, world = (float(rows.loc[rows["partner"] == code, BASES[base]].iloc[0]) for code in ("CHN", "WLD"))
        scope = f"share of China in the rare-earth magnets (CN 8505 11 10) imported by the EU, by {base}"
        return Number(100 * china / world, "%", scope, year, "China / total from outside", rows, places=1)

    def shares(self) -> list[tuple[str, Number]]:
        """List China's share by value and by weight of each year, with the names of their facts."""
        pairs = [(year, base) for year in self.years for base in BASES]
        return [(f"eu-magnets-{base}-{year}", self.share(year, base)) for year, base in pairs]

    def named(self, year: int, facts: Mapping[str, object]) -> dict[str, object]:
        """Give what a sentence says of a year: the facts of its shares, the year, and whether it is provisional."""
        provisional = self.flows.loc[self.flows["year"] == year, "flags"].eq("provisional").any()
        shares = {base: facts[f"eu-magnets-{base}-{year}"] for base in BASES}
        return shares | {"when": f"{year} (provisional)" if provisional else year}

    def unit_value(self, year: int, whose: str) -> Number:
        """Return what a kilogram cost in EUR: from China (CHN), or from all others together (rest)."""
        pair = self._of(year, "CHN", "WLD").set_index("partner")[["value", "weight_kg"]].astype(float)
        part = pair.loc["CHN"] if whose == "CHN" else pair.loc["WLD"] - pair.loc["CHN"]
        rows = self._of(year, "CHN") if whose == "CHN" else self._of(year, "CHN", "WLD")
        seller = "China" if whose == "CHN" else "all other countries together"
        scope = f"rare-earth magnets (CN 8505 11 10) imported by the EU from {seller}"
        price = part["value"] / part["weight_kg"]
        return Number(price, "EUR/kg", scope, year, "value / weight", rows, UNIT_VALUES[whose], places=1)

    @property
    def note(self) -> str:
        """What qualifies the table of origins."""
        return "The newest year is provisional." if self.flows["flags"].eq("provisional").any() else ""

    def by_origin(self) -> pd.DataFrame:
        """Give each origin and year with its value in million EUR (`meur`) and EUR/kg (`unit_value`)."""
        named = self.flows[self.flows["partner"] != "WLD"]
        value = named["value"].astype(float)
        named = named.assign(meur=value / 1e6, unit_value=value / named["weight_kg"].astype(float))
        return named.sort_values(["year", "meur"], ascending=[False, False])

    def _of(self, year: int, *partners: str) -> pd.DataFrame:
        return self.flows[(self.flows["year"] == year) & self.flows["partner"].isin(partners)]


def europes_magnets(as_of: dt.date | str | None) -> EuropesMagnets:
    """Read Eurostat's imports of rare-earth magnets by origin. Raises NoDataYet."""
    what = "Eurostat’s series of magnet imports by origin"
    return EuropesMagnets(common.select("trade_flows", as_of, what, dataset="eurostat", hs_code="85051110"))


def customs_lines(as_of: dt.date | str | None) -> list[tuple[str, Number]]:
    """List two lines of compounds from China, as notes quote them, each in its first and its last year.

    With the names of their facts; the light rare earths (in t) come first, then the heavy ones (in million EUR). Raises
    NoDataYet.
    """
    rows = common.select("statements", as_of, "The notes on EU customs lines", topic="EU customs lines")
    listed = []
    for prefix, unit, places in (("cn8-28469040", "t", 0), ("cn8-heavy", "million EUR", 1)):
        line = rows[rows["statement_id"].str.startswith(prefix)].sort_values("period")
        for part in (line.head(1), line.tail(1)):
            scope, period = part["statement"].iloc[0], part["period"].iloc[0]
            value = float(part["value"].iloc[0])
            number = Number(value, unit, scope, period, "as quoted", part, places=places)
            listed.append((f"eu-{prefix}-{period}", number))
    return listed


@dataclass(frozen=True)
class FirstMonths:
    """What the EU imported of magnets from China in the first two months of two years, in t."""

    newer: str
    before: Number
    now: Number


def first_months(as_of: dt.date | str | None) -> FirstMonths:
    """Return magnet imports in the first months of two years, as notes quote them. Raises NoDataYet."""
    rows = common.select("statements", as_of, "The notes on EU magnets by month", topic="EU magnets by month")
    before, now = (rows.sort_values("period").iloc[place : place + 1] for place in (0, 1))

    def quoted(row: pd.DataFrame) -> Number:
        value, scope, period = float(row["value"].iloc[0]), row["statement"].iloc[0], row["period"].iloc[0]
        return Number(value, "t", scope, period, "as quoted", row)

    return FirstMonths(str(now["period"].iloc[0])[:4], quoted(before), quoted(now))
