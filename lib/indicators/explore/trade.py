"""Imports: the share and the amount that comes from China, and who else sells, in each data set that has them.

A share belongs to one data set, product, year and basis. Those of two data sets are two series, since they count
different goods, borders or partners.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lib.indicators import common, dependence, economies
from lib.indicators.economies import flows as of_trade
from lib.indicators.explore.observations import Indicator, Measure, Rows, cells, cells_of, gathered, known, observation
from lib.quantity import Quantity
from lib.tables import catalog

UNION = economies.UNION
MAGNETS = of_trade.MAGNETS
BACI, EUROSTAT, USITC, USGS = "CEPII BACI", "Eurostat", "USITC, partners read", "USGS import sources"
DATASETS = {
    "comtrade_2022": "UN Comtrade",
    "comtrade_2024": "UN Comtrade",
    "comtrade_2023_2846": "UN Comtrade",
    "comtrade_2023_world": "UN Comtrade",
    "comtrade_2025_ree_detail": "UN Comtrade, all flows of 2025",
    "comtrade_2025_ree_flows": "UN Comtrade, flows of 7.2 t and more",
    "comtrade_china_2846": "UN Comtrade, China’s own imports",
    "comtrade_top10_2000_2023": "UN Comtrade, ten largest importers",
    "comtrade_us_2018_2025": "UN Comtrade, US imports since 2018",
    "comtrade_us_china_2020_2024": "UN Comtrade, China against the world",
}
"""The extracts of UN Comtrade, each its own series but those that carry one extract from year to year."""
GOODS = {
    MAGNETS: "Permanent magnets (HS 8505.11)",
    "85051110": "Rare-earth magnets (CN 8505 11 10)",
    "280530+2846": "Compounds and metals (HS 2846, 2805.30)",
    "2846": "Compounds (HS 2846)",
    "284610": "Cerium compounds (HS 2846.10)",
    "284690": "Other compounds (HS 2846.90)",
    "280530": "Metals (HS 2805.30)",
    "280530+284610": "Metals and cerium compounds (HS 2805.30, 2846.10)",
    "us-compounds-metals": "Compounds and metals (USGS)",
}
BASES = {"value": ("share-value", "total-value", 1e6), "weight": ("share-weight", "total-weight", 1e3)}
LEFT_OUT = {*of_trade.NO_WEIGHT, of_trade.CONFLICT}
"""Flags of weights that say nothing of their own (`economies.flows`)."""
LEAST = 2.0
"""Percent of an importer's purchases in some year from which an origin has a line of its own."""
CHINA = dependence.CHINA


def from_china(as_of: common.Day) -> pd.DataFrame:
    """Give China's share in imports, and what they are worth and weigh in all, of every data set."""
    parts = (_baci, _baci_weights, _comtrade, _eurostat, _usitc, _usgs, _published)
    return gathered({**entry, "partner": ""} for entry in known(parts, as_of) if entry["partner"] in ("", CHINA))


def by_origin(as_of: common.Day) -> pd.DataFrame:
    """Give the shares of all origins that matter to an importer, others added up."""
    parts = (_origins, _comtrade, _usitc_origins, _usgs)
    return gathered(entry for entry in known(parts, as_of) if entry["partner"])


def importers(flows: pd.DataFrame, union: list[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the imports of each importer of BACI, then those of the Union as one, from outside it."""
    for code, rows in flows.groupby("reporter"):
        yield str(code), of_trade.kept(rows, flows)
    yield UNION, of_trade.with_union(flows, union)


def members() -> list[str]:
    """List the codes of the members of the Union."""
    return dependence.members(catalog.table("country_groups"), UNION)


def rows_of(rows: pd.DataFrame) -> dict[int, Rows]:
    """Name the rows of each year."""
    return {int(str(year)): cells(of_trade.kept(block, rows)) for year, block in rows.groupby("year")}


def _baci(as_of: common.Day) -> Iterator[dict]:
    flows = of_trade.traded(as_of)
    whole = set(of_trade.whole_years(flows))
    for code, rows in importers(flows, members()):
        used = rows_of(rows)
        for row in dependence.suppliers(rows).to_dict("records"):
            year, source = int(row["year"]), row["source_id"]
            share, weak = Quantity.from_row(row["share"], row["qualifier"]), row["confidence"] == "low"
            total = Quantity(float(row["total"]) / 1e6, "" if year in whole else ">")
            where = {"source": source, "used": used[year], "weak": weak}
            yield _of_baci("share-value", code, year, share, row["qualifier"], partner=CHINA, **where)
            yield _of_baci("total-value", code, year, total, "derived", **where)


def _of_baci(
    measure: str,
    code: str,
    year: int,
    amount: Quantity,
    marks: str,
    source: str,
    used: Rows,
    partner: str = "",
    weak: bool = False,
) -> dict:
    return observation(measure, MAGNETS, code, BACI, year, amount, marks, source, used, partner=partner, weak=weak)


def _baci_weights(as_of: common.Day) -> Iterator[dict]:
    """Give China's share by weight where the weights say something of their own: by the rule of the economies."""
    flows = of_trade.traded(as_of)
    year = of_trade.whole_years(flows)[-1]
    customs, union = of_trade.reported(as_of, year), members()
    now = of_trade.kept(flows[flows["year"] == year], flows)
    bad = of_trade.weights_not_used(customs, sorted(now["reporter"].unique()))
    for code, rows in importers(now, union):
        usable, covered = of_trade.weighed(rows, bad, now["reporter"] if code == UNION else None)
        if covered >= of_trade.COVERED:
            share, source = Quantity(of_trade.of_one(usable, "weight_kg").share), usable["source_id"].iloc[0]
            yield _of_baci("share-weight", code, year, share, "derived", source, cells(usable), CHINA)


def _origins(as_of: common.Day) -> Iterator[dict]:
    for code, rows in importers(of_trade.traded(as_of), members()):
        table, used = of_trade.by_origin(rows, _of_note(rows)), rows_of(rows)
        weak = set(rows.loc[rows["confidence"] == "low", "year"])
        for row in table.to_dict("records"):
            year, share = int(row["year"]), Quantity.from_row(row["share"], row["qualifier"])
            marks, source = row["qualifier"] or "derived", row["source_id"]
            of = {"partner": row["partner"], "weak": year in weak}
            yield _of_baci("share-value", code, year, share, marks, source, used[year], **of)


def _of_note(rows: pd.DataFrame) -> list[str]:
    """List the origins with LEAST percent of the purchases of some year, China among them."""
    sums = rows[rows["reporter"] != rows["partner"]].groupby(["year", "partner"])["value_usd"].sum()
    percent = (sums / sums.groupby("year").transform("sum") * 100).astype(float)
    return sorted({CHINA, *percent[percent.ge(LEAST)].index.get_level_values("partner")})


def _comtrade(as_of: common.Day) -> Iterator[dict]:
    rows = common.select("trade_shares", as_of, "The extracts of UN Comtrade", dataset=list(DATASETS))
    rows = rows[rows["month_start"].eq(1) & rows["month_end"].eq(12) & rows["product"].isin(list(GOODS))]
    told = set()
    for line, row in rows.iterrows():
        flags = set(row["flags"].split(";")) if isinstance(row["flags"], str) else set()
        if row["basis"] == "weight" and flags & LEFT_OUT:
            continue
        share, total, scale = BASES[row["basis"]]
        place, series, used = row["importer"], DATASETS[row["dataset"]], cells(rows, [line])
        place = UNION if place == dependence.OUTSIDE else place
        product, year, weak = row["product"], int(row["year"]), row["confidence"] == "low"
        estimated = row["basis"] == "weight" and dependence.ESTIMATED in flags
        if row["partner"] != common.WORLD:
            amount = Quantity.from_row(row["share"], row["qualifier"])
            amount = Quantity(amount.value, amount.bound, estimated)
            partner, marks = row["partner"], row["qualifier"]
            yield observation(
                share, product, place, series, year, amount, marks, row["source_id"], used, partner=partner, weak=weak
            )
        if (key := (row["dataset"], product, place, year, total)) not in told:
            told.add(key)
            whole = dependence.customs_total(row) if total == "total-weight" else Quantity(row["total_usd"])
            yield observation(
                total, product, place, series, year, whole / scale, "reported", row["source_id"], used, weak=weak
            )


def _eurostat(as_of: common.Day) -> Iterator[dict]:
    europe = dependence.europes_magnets(as_of)
    whole = europe.flows[europe.flows["partner"] == common.WORLD].set_index("year")
    for year in europe.years:
        source, flags = whole.loc[year, "source_id"], whole.loc[year, "flags"]
        marks = "derived;provisional" if flags == "provisional" else "derived"
        for base, (measure, _, _) in BASES.items():
            number = europe.share(year, base)
            share, used = number.quantity, cells_of(number)
            yield observation(measure, "85051110", UNION, EUROSTAT, year, share, marks, source, used, partner=CHINA)


def _usitc(as_of: common.Day) -> Iterator[dict]:
    america = dependence.compounds_since_1993(as_of)
    used = rows_of(america.flows)
    for row in america.by_base().to_dict("records"):
        year, measure = int(row["year"]), BASES[row["base"].removeprefix("by ")][0]
        share, marks, source = Quantity.from_row(row["share"], row["qualifier"]), row["qualifier"], row["source_id"]
        yield observation(measure, "2846", "USA", USITC, year, share, marks, source, used[year], partner=CHINA)


def _usitc_origins(as_of: common.Day) -> Iterator[dict]:
    flows = dependence.compounds_since_1993(as_of).flows
    used = rows_of(flows)
    for base, column in {"value": "value_usd", "weight": "weight_kg"}.items():
        for row in dependence.by_partner(flows, column, _of_note(flows)).to_dict("records"):
            share, year = Quantity.from_row(row["share"], row["qualifier"]), int(row["year"])
            marks, source, partner = row["qualifier"] or "derived", row["source_id"], row["partner"]
            measure = BASES[base][0]
            yield observation(measure, "2846", "USA", USITC, year, share, marks, source, used[year], partner=partner)


def _usgs(as_of: common.Day) -> Iterator[dict]:
    what = {"commodity": "rare earths", "basis": "customs"}
    rows = common.select("us_import_sources", as_of, "The USGS list of countries of origin", **what)
    for line, row in rows[rows["share_pct"].notna()].iterrows():
        share, year = Quantity.from_row(row["share_pct"], row["qualifier"]), int(row["period_end"])
        period, used = f"{row['period_start']}–{row['period_end']}", cells(rows, [line])
        yield observation(
            "share-unstated", "us-compounds-metals", "USA", USGS, year, share, row["qualifier"], row["source_id"], used,
            partner=row["partner"], period=period,
        )  # fmt: skip


def _published(as_of: common.Day) -> Iterator[dict]:
    """Give the shares that others published, each a series of its own by what it counts and who says so."""
    rows = common.select("dependence_estimates", as_of, "A published share of China", partner=CHINA)
    publishers = catalog.sources()["publisher"]
    for line, row in rows.iterrows():
        measure = f"share-{row['basis']}" if row["basis"] in BASES else "share-unstated"
        year = row["period_end"].year if pd.notna(row["period_end"]) else row["period"][-4:]
        share, marks = Quantity.from_row(row["share"], row["qualifier"]), row["qualifier"]
        series = f"{publishers[row['source_id']]}: {row['product']}"
        weak, used, period = row["confidence"] == "low", cells(rows, [line]), row["period"].replace("/", " to ")
        yield observation(
            measure, "published", row["importer"], series, year, share, marks, row["source_id"], used,
            partner=CHINA, period=period, weak=weak,
        )  # fmt: skip


SHARES = {
    "share-value": Measure("Share, by value", "%", 1),
    "share-weight": Measure("Share, by weight", "%", 1),
    "share-unstated": Measure("Share, basis as published", "%", 1),
}
AMOUNTS = {
    "total-value": Measure("All imports, by value", "million USD", 1),
    "total-weight": Measure("All imports, by weight", "t gross weight"),
}
IMPORTS = Indicator(
    "imports",
    "Imports: the share of China",
    "How much of what an economy imports comes from China, and how much it imports in all. Origin is the last country "
    "of shipment or processing; the EU as one counts what comes from outside it.",
    SHARES | AMOUNTS,
    GOODS | {"published": "As others published it"},
    from_china,
    {"place": (UNION, "USA", "JPN", "KOR"), "product": (MAGNETS,), "series": (BACI,)},
    place="Importers",
)
ORIGINS = Indicator(
    "origins",
    "Imports: by origin",
    "Where an economy buys. An origin with at least 2% of the purchases of some year has a line of its own; the others "
    "are added up.",
    SHARES,
    GOODS,
    by_origin,
    {"place": ("JPN",), "product": (MAGNETS,), "series": (BACI,), "partner": ("CHN", "PHL", "VNM", "MYS")},
    place="Importers",
)
