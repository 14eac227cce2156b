"""Imports of rare-earth compounds and metals by importer (UN Comtrade): by weight and value, form by form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from lib import words
from lib.indicators import common
from lib.indicators.dependence.magnets import BY_VALUE, Magnets
from lib.indicators.dependence.trade import CHINA, OTHERS, SHARES, customs_total, suppliers
from lib.indicators.dependence.west import OUTSIDE
from lib.quantity import Number
from lib.tables import catalog

BASES = {
    ("comtrade_2025_ree_detail", "JPN", "280530+2846", 2025): "Japan: compounds and metals, 2025",
    ("comtrade_2025_ree_detail", "JPN", "280530", 2025): "Japan: metals alone, 2025",
    ("comtrade_2025_ree_detail", "KOR", "280530+2846", 2025): "South Korea: compounds and metals, 2025",
    ("comtrade_2025_ree_detail", "DEU", "284690", 2025): "Germany: compounds without cerium, 2025",
    ("comtrade_2025_ree_detail", "FRA", "2846", 2025): "France: compounds, 2025",
    ("comtrade_us_china_2020_2024", "USA", "2846", 2024): "United States: compounds, 2024",
}
"""The same goods by weight and by value: dataset, importer, product and year, with what they are called."""
BUYERS = ["JPN", "USA", "KOR"]
FORMS = {"284690": "Compounds other than cerium’s", "280530": "Metals", "850511": "Magnets"}
"""The forms whose shares by value are compared, in the order of the chain."""
IN_TEXT = {"284690": "compounds other than those of cerium", "280530": "metals", "850511": "magnets"}
CHAIN_LOOK = SHARES | {"order": list(FORMS.values())}
"""How a chart shows the forms."""
SLUGS = {"284690": "compounds", "280530": "metals"}
BY_FORM = ["comtrade_2025_ree_detail", "comtrade_us_2018_2025"]
HALF = 50
VERDICTS = {
    "both": ("more than half of both", "a.share > 50 AND b.share > 50"),
    "magnets": ("more than half of the magnets but not of the compounds and metals", "a.share > 50 AND b.share <= 50"),
    "compounds": (
        "more than half of the compounds and metals but not of the magnets",
        "a.share <= 50 AND b.share > 50",
    ),
    "neither": ("half or less of each", "a.share <= 50 AND b.share <= 50"),
}
"""Of what China can supply more than half to an economy: in words, and as the condition of a query."""
VERDICT_HEADS = {
    "name": "Economy",
    "musd": "Magnets imported (million USD)",
    "magnets": "Magnets from China (%)",
    "compounds": "Compounds and metals from China (%)",
    "half": "More than half from China",
}


def comtrade(as_of: dt.date | str | None, what: str, **equal: Any) -> pd.DataFrame:
    """Select whole years of the table of shares. Raises NoDataYet."""
    rows = common.select("trade_shares", as_of, what, **equal)
    return rows[(rows["month_start"] == 1) & (rows["month_end"] == 12)]


def trade_share(rows: pd.DataFrame, partner: str) -> Number:
    """Return the share in percent of one partner; `rows` are of one importer, product, year and basis."""
    used = rows[rows["partner"] == partner]
    row = used.iloc[0]
    scope = (
        f"share of {common.called(partner)} in imports of HS {row['product']} "
        f"by {common.called(row['importer'])}, by {row['basis']}"
    )
    formula = f"imports from the partner / imports from all, dataset {row['dataset']}"
    return Number(float(row["share"]), "%", scope, int(row["year"]), formula, used, places=1)


@dataclass(frozen=True)
class Compounds:
    """Larger flows of compounds and metals in 2025 by weight (HS 2805.30 and 2846): importer, partner, share."""

    flows: pd.DataFrame

    def into(self, code: str) -> pd.DataFrame:
        """Give the flows into one importer; those of the Union from outside it have the code EUX."""
        return self.flows[self.flows["importer"] == code]

    def share(self, code: str, partner: str = CHINA) -> Number:
        """Return the share in percent of one partner in the imports of one importer, by weight."""
        return trade_share(self.into(code), partner)

    def union_total(self) -> Number:
        """Return what the Union imported from outside, in t gross weight; a lower bound."""
        rows = self.into(OUTSIDE)
        scope = "EU27 imports of rare-earth compounds and metals from outside, gross weight"
        return Number(
            customs_total(rows.iloc[0]) / 1000,
            "t",
            scope=scope + ", flows of 7.2 t and more of the members that report them",
            period=2025,
            formula="imports of the members from outside, added up",
            rows=rows,
            query="SELECT max(total_kg) / 1000 FROM trade_shares HAVING min(total_kg) = max(total_kg)",
        )

    def through(self, partner: str, member: str) -> Number:
        """Return which percentage of the Union's tonnes from one partner one member takes."""
        own, whole = self.into(member), self.into(OUTSIDE)
        own, whole = own[own["partner"] == partner], whole[whole["partner"] == partner]
        tonnes = [float(rows["share"].iloc[0]) * float(rows["total_kg"].iloc[0]) for rows in (own, whole)]
        return Number(
            100 * tonnes[0] / tonnes[1],
            "%",
            scope=f"share of {common.called(member)} in the EU’s imports of rare-earth compounds and metals from "
            f"{common.called(partner)}, by weight",
            period=2025,
            formula="share × total of the member / share × total of the Union",
            rows={"member": own, "whole": whole},
            query="SELECT 100 * a.share * a.total_kg / (b.share * b.total_kg) FROM member AS a, whole AS b",
        )

    def largest(self, codes: Iterable[str], n: int) -> pd.DataFrame:
        """Give China's share for the n largest importers of `codes` and the Union, lowest first."""
        return self.usable([*codes, OUTSIDE]).nlargest(n, "total_kg").sort_values("share")

    def usable(self, codes: Iterable[str]) -> pd.DataFrame:
        """Give China's share for the importers of `codes` whose figures are not of low confidence."""
        china = self.flows[(self.flows["partner"] == CHINA) & self.flows["importer"].isin(list(codes))]
        return china[china["confidence"] != "low"]


def compounds_and_metals(as_of: dt.date | str | None) -> Compounds:
    """Read the larger flows of compounds and metals in 2025. Raises NoDataYet."""
    what = "The dataset of imports of compounds and metals in 2025"
    return Compounds(comtrade(as_of, what, dataset="comtrade_2025_ree_flows", year=2025))


# --- the same goods by weight and by value ---


@dataclass(frozen=True)
class TwoBases:
    """China's share in the same goods by weight and by value: one row per `what` and basis."""

    rows: pd.DataFrame

    def wide(self) -> pd.DataFrame:
        """Give the shares by `what`, with a column for each basis."""
        return self.rows.pivot_table(index="what", columns="basis", values="share")

    @property
    def widest(self) -> str:
        """What has the widest gap between its shares by weight and by value."""
        both = self.wide()
        return str((both["weight"] - both["value"]).abs().idxmax())

    @property
    def widest_in_text(self) -> str:
        """The same, as a sentence has it: `Japan, metals alone`."""
        return self.widest.replace(": ", ", ").removesuffix(", 2025").removesuffix(", 2024")

    def share(self, basis: str) -> Number:
        """Return China's share in percent in the goods with the widest gap, by weight or by value."""
        return trade_share(self.rows[(self.rows["what"] == self.widest) & (self.rows["basis"] == basis)], CHINA)


def two_bases(as_of: dt.date | str | None) -> TwoBases:
    """Read the shares of China that are known by weight and by value. Raises NoDataYet."""
    what = "The extract of UN Comtrade with weight and value"
    rows = comtrade(as_of, what, dataset=sorted({key[0] for key in BASES}), partner=CHINA)
    keys = list(zip(rows["dataset"], rows["importer"], rows["product"], rows["year"], strict=True))
    data = rows[[key in BASES for key in keys]].assign(what=[BASES[key] for key in keys if key in BASES])
    return TwoBases(data.assign(faint=data["basis"].eq("weight")))


# --- two datasets of one trade ---


@dataclass(frozen=True)
class TwoDatasets:
    """China's share of magnets as importers report it (UN Comtrade) and as reconciled (BACI), by importer."""

    table: pd.DataFrame
    rows: pd.DataFrame
    magnets: Magnets
    sources: list[str]

    @property
    def nearest(self) -> str:
        """The importer on which the two agree most closely, by its code."""
        return str(self.table.loc[self.table["difference"].abs().idxmin(), "importer"])

    @property
    def farthest(self) -> str:
        """The importer on which the two differ most, by its code."""
        return str(self.table.loc[self.table["difference"].abs().idxmax(), "importer"])

    def gap(self) -> Number:
        """Return by how many percentage points the two differ on that importer."""
        code = self.farthest
        far = self.table.loc[self.table["importer"] == code, "difference"].iloc[0]
        flows = self.magnets.into(code)
        return Number(
            abs(far),
            "percentage points",
            scope=f"difference of two data sets in China’s share of the magnets imported by {common.called(code)}",
            period=self.magnets.year,
            formula="one share − the other",
            rows=[self.rows[self.rows["importer"] == code], flows[flows["year"] == self.magnets.year]],
            query=f"SELECT abs(round(share - round(({BY_VALUE}), 2), 2)) FROM trade_shares",
            places=1,
        )


def two_datasets(as_of: dt.date | str | None, magnets: Magnets, n: int) -> TwoDatasets:
    """Set both datasets side by side for the Union and the n largest importers. Raises NoDataYet."""
    year = magnets.year
    what = f"The extract of UN Comtrade for magnets in {year}"
    rows = comtrade(as_of, what, dataset=f"comtrade_{year}", product="850511", basis="value", partner=CHINA)
    rows = rows[rows["importer"].isin([OUTSIDE, *magnets.importers[:n]])]
    union = magnets.union()
    baci = suppliers(pd.concat([magnets.now, union[union["year"] == year]])).set_index("reporter")
    data = rows[["importer", "share", "source_id"]].rename(columns={"share": "comtrade"})
    data["baci"] = data["importer"].map(baci["share"]).round(2)
    data["difference"] = (data["comtrade"] - data["baci"]).round(2)
    return TwoDatasets(data, rows, magnets, [rows["source_id"].iloc[0], baci["source_id"].iloc[0]])


# --- who buys most ---


@dataclass(frozen=True)
class Buyers:
    """The largest importers of rare-earth metals and cerium compounds by value, year by year."""

    rows: pd.DataFrame

    def by_year(self) -> pd.DataFrame:
        """Give the imports of three importers in million USD (`musd`)."""
        rows = self.rows[self.rows["importer"].isin(BUYERS)]
        return rows.assign(musd=rows["total_usd"] / 1e6)

    @property
    def peak(self) -> pd.Series:
        """The row of the largest imports of the three."""
        rows = self.by_year()
        return rows.loc[rows["musd"].idxmax()]

    def most(self) -> Number:
        """Return the largest imports of the three, in million USD."""
        rows, peak = self.by_year(), self.peak
        scope = f"imports of rare-earth metals and cerium compounds by {common.called(peak['importer'])}"
        used = rows[rows.index == peak.name]
        return Number(float(peak["musd"]), "million USD", scope, int(peak["year"]), "as published", used)

    def led(self) -> Number:
        """Count the years in which Japan was the largest importer."""
        first = self._first
        scope, used = "years in which Japan was the largest importer by value", first[first["importer"] == "JPN"]
        return Number(len(used), "count", scope, "all years shown", "count", used)

    @property
    def years(self) -> int:
        """How many years are described."""
        return len(self._first)

    @property
    def _first(self) -> pd.DataFrame:
        return self.rows.sort_values("total_usd").groupby("year").tail(1)


def buyers(as_of: dt.date | str | None) -> Buyers:
    """Read the largest importers of metals and cerium compounds. Raises NoDataYet."""
    what = "The table of the largest importers of metals and cerium compounds"
    product = "280530+284610"
    return Buyers(common.select("trade_shares", as_of, what, dataset="comtrade_top10_2000_2023", product=product))


# --- form by form, and a verdict ---


@dataclass(frozen=True)
class ByForm:
    """China's share by value in compounds, metals and magnets, for the importers of which all three are known."""

    rows: pd.DataFrame
    magnets: Magnets

    @property
    def importers(self) -> list[str]:
        """The importers with a share for each form, by their code."""
        counts = self.table.groupby("importer")["product"].nunique()
        return sorted(counts[counts == len(FORMS)].index)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The shares in percent: importer, product, form, year, share, dataset and source_id."""
        imported = suppliers(self.magnets.now).rename(columns={"reporter": "importer"})
        imported = imported[imported["importer"].isin(self.rows["importer"])]
        parts = [self.rows, imported.assign(product="850511", dataset="baci")]
        columns = ["importer", "product", "year", "share", "qualifier", "dataset", "source_id"]
        data = pd.concat([part[columns] for part in parts], ignore_index=True)
        return data.assign(form=data["product"].map(FORMS), name=data["importer"].map(catalog.country_name))

    def compared(self) -> pd.DataFrame:
        """Give the rows of the importers of which all forms are known, in the order of the chain."""
        data = self.table[self.table["importer"].isin(self.importers)]
        return data.sort_values("product", key=lambda codes: codes.map(list(FORMS).index), kind="stable")

    def share(self, code: str, product: str) -> Number:
        """Return China's share in percent of one form that an importer bought, by value."""
        if product == "850511":
            return self.magnets.share(code)
        return trade_share(self.rows[(self.rows["importer"] == code) & (self.rows["product"] == product)], CHINA)

    def shares(self, code: str) -> list[tuple[str, Number]]:
        """List China's share in each form that an importer bought, with the name of the fact."""
        return [(self.slug(code, product), self.share(code, product)) for product in FORMS]

    def slug(self, code: str, product: str) -> str:
        """Name the fact that is the share of a form in the purchases of an importer."""
        return self.magnets.slug(code) if product == "850511" else f"by-form-{code.lower()}-{SLUGS[product]}"

    def ranked(self, code: str) -> list[tuple[str, str]]:
        """List the forms of an importer from the highest share on: the name of the fact, and the form in a sentence.

        Raises NoDataYet for an importer of which a form is not known.
        """
        if code not in self.importers:
            raise catalog.DoesNotHold(f"The share of every form in {common.called(code)}")
        data = self.compared()
        data = data[data["importer"] == code].sort_values("share", ascending=False, kind="stable")
        return [(self.slug(code, product), IN_TEXT[product]) for product in data["product"]]

    def alike(self) -> str:
        """Say whether the order of the forms by their shares is the same for all importers."""
        orders = {tuple(words for _, words in self.ranked(code)) for code in self.importers}
        if len(orders) == 1:
            return "the same in all of them"
        return "different in each of them" if len(orders) == len(self.importers) else "not the same in all of them"


def by_form(as_of: dt.date | str | None, magnets: Magnets) -> ByForm:
    """Read China's share by value in compounds and metals, the newest of each importer. Raises NoDataYet."""
    what = "The extract of UN Comtrade by form"
    rows = comtrade(as_of, what, dataset=BY_FORM, partner=CHINA, basis="value", product=list(FORMS), year=2025)
    return ByForm(rows, magnets)


def verdict(magnets: float, compounds: float) -> str:
    """Return the key of VERDICTS that fits percentages of magnets and of compounds with metals."""
    if magnets > HALF:
        return "both" if compounds > HALF else "magnets"
    return "compounds" if compounds > HALF else "neither"


@dataclass(frozen=True)
class Verdicts:
    """China's share of magnets by value and of compounds and metals by weight, economy by economy, with a verdict."""

    table: pd.DataFrame
    magnets: Magnets
    compounds: Compounds

    @property
    def economies(self) -> int:
        """How many economies have a verdict, the Union as one left out."""
        return len(self._codes)

    @property
    def sources(self) -> list[str]:
        """The sources of both shares."""
        return sorted({*self.table["source_id"], str(self.magnets.now["source_id"].iloc[0])})

    def counts(self) -> list[tuple[str, Number]]:
        """Count the economies with each verdict, the Union as one left out; with the name of the fact."""
        return [(f"verdict-{name}", self._count(name)) for name in VERDICTS]

    def of(self, code: str) -> str:
        """Say what part of its imports China supplies to an economy. Raises NoDataYet where that is not known."""
        found = self.table.loc[self.table["importer"] == code, "verdict"]
        if found.empty:
            raise catalog.DoesNotHold(f"The verdict on {common.called(code)}")
        return VERDICTS[found.iloc[0]][0]

    def besides(self, name: str, *told: str) -> str:
        """Name the economies with a verdict that are not told of already. Raises NoDataYet where there are none."""
        rows = self.table[self.table["verdict"].eq(name) & ~self.table["importer"].isin([OUTSIDE, *told])]
        if rows.empty:
            raise catalog.DoesNotHold("Another economy with this verdict")
        return words.joined(map(common.called, rows["importer"]))

    @property
    def _codes(self) -> list[str]:
        return [code for code in self.table["importer"] if code != OUTSIDE]

    def _count(self, name: str) -> Number:
        codes, (words, condition) = self._codes, VERDICTS[name]
        number = self.table.loc[self.table["importer"].isin(codes), "verdict"].eq(name).sum()
        flows, shares = self.magnets.now, self.compounds.usable(codes)
        return Number(
            int(number),
            "count",
            scope=f"economies to which China supplies {words}: magnets by value, compounds and metals by weight",
            period=f"magnets {self.magnets.year}, compounds and metals {int(shares['year'].iloc[0])}",
            formula="economies counted",
            rows=[flows[flows["reporter"].isin(codes)], shares],
            query="WITH magnets AS (SELECT reporter, 100 * total(value_usd) FILTER (WHERE partner = 'CHN') / "
            f"sum(value_usd) AS share FROM {OTHERS} GROUP BY reporter) SELECT count(*) FROM magnets AS a "
            f"JOIN trade_shares AS b ON a.reporter = b.importer WHERE {condition}",
        )


def verdicts(magnets: Magnets, compounds: Compounds) -> Verdicts:
    """Set magnets beside compounds and metals for each economy of which both are known, the largest buyer first."""
    union = magnets.union()
    bought = suppliers(pd.concat([magnets.now, union[union["year"] == magnets.year]])).set_index("reporter")
    rows = compounds.usable([*magnets.importers, OUTSIDE])
    data = rows[["importer", "share", "source_id"]].rename(columns={"share": "compounds"})
    data["magnets"] = data["importer"].map(bought["share"])
    data["musd"] = data["importer"].map(bought["total"]).astype(float) / 1e6
    data["verdict"] = [verdict(*pair) for pair in zip(data["magnets"], data["compounds"], strict=True)]
    data["half"] = data["verdict"].replace("compounds", "compounds and metals")
    data["name"] = data["importer"].map(catalog.country_name).where(data["importer"] != OUTSIDE, "EU27 as one")
    return Verdicts(data.sort_values("musd", ascending=False, ignore_index=True), magnets, compounds)
