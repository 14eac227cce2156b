"""Concentration: the Herfindahl–Hirschman index of suppliers, of countries that mine, and of each stage."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lib.indicators import common, dependence, processing, reserves
from lib.indicators.economies import flows as of_trade
from lib.indicators.explore import trade
from lib.indicators.explore.observations import Indicator, Measure, cells, cells_of, gathered, known, observation
from lib.quantity import Number, Quantity

OUTSIDE = "magnets-outside"
MARKETS = {
    "mining-all": "Mining: all rare earths",
    "mining-magnet": "Mining: four magnet elements",
    "separation-magnet": "Separation: four magnet elements",
    "magnets": "Making magnets",
}
PRODUCTS = (
    {"suppliers-" + trade.MAGNETS: "Suppliers of magnets (HS 8505.11)", OUTSIDE: "The same, from outside the EU"}
    | {"reserves": "Reserves, by country", "output": "Mine output, by country"}
    | {f"market-{name}": f"{title}, countries named" for name, title in MARKETS.items()}
    | {f"suppliers-{code}": f"Suppliers of {title[:1].lower()}{title[1:]}" for code, title in trade.GOODS.items()
       if code not in (trade.MAGNETS, "85051110", "us-compounds-metals", "280530+284610")}
)  # fmt: skip


def concentrations(as_of: common.Day) -> pd.DataFrame:
    """Give the index, from 0 to 10,000, of each market whose parts are known."""
    return gathered(known((_suppliers, _customs, _ground, _mined, _markets), as_of))


def _suppliers(as_of: common.Day) -> Iterator[dict]:
    """Give the concentration of the suppliers of magnets in the years of which all flows are listed."""
    flows, union = of_trade.traded(as_of), trade.members()
    whole = of_trade.kept(flows[flows["year"].isin(of_trade.whole_years(flows))], flows)
    for code, rows in trade.importers(whole, union):
        kinds = {"suppliers-" + trade.MAGNETS: rows}
        if code in union:
            kinds[OUTSIDE] = of_trade.from_outside(rows, union)
        for product, block in kinds.items():
            used = trade.rows_of(block)
            for row in dependence.suppliers(block).to_dict("records"):
                year = int(row["year"])
                index, source = float(row["hhi"]), row["source_id"]
                yield observation("value", product, code, trade.BACI, year, index, "derived", source, used[year])


def _customs(as_of: common.Day) -> Iterator[dict]:
    what = "The extracts of UN Comtrade"
    rows = common.select("trade_shares", as_of, what, dataset=list(trade.DATASETS))
    rows = rows[rows["month_start"].eq(1) & rows["month_end"].eq(12) & rows["hhi"].notna()]
    for (dataset, product, place, year, basis), block in rows.groupby(
        ["dataset", "product", "importer", "year", "basis"]
    ):
        flags = {flag for text in block["flags"].dropna() for flag in text.split(";")}
        if f"suppliers-{product}" not in PRODUCTS or (basis == "weight" and flags & trade.LEFT_OUT):
            continue
        row, importer = block.iloc[0], trade.UNION if place == dependence.OUTSIDE else str(place)
        yield observation(
            str(basis),
            f"suppliers-{product}",
            importer,
            trade.DATASETS[str(dataset)],
            int(str(year)),
            Quantity(float(row["hhi"]), "", basis == "weight" and dependence.ESTIMATED in flags),
            row["qualifier"],
            row["source_id"],
            cells(of_trade.kept(block, rows)),
            weak=row["confidence"] == "low",
        )


def _ground(as_of: common.Day) -> Iterator[dict]:
    """Give the concentration of reserves as each edition ends with them."""
    editions = reserves.usgs(as_of)
    newest = set(editions.blocks.drop_duplicates("edition", keep="last")["state"])
    for table in editions:
        if table.edition in newest:
            year = int(common.row(table.rows, common.WORLD)["year"].iloc[0])
            yield _of_number("weight", "reserves", "USGS", year, table.concentration(), table.rows)


def _mined(as_of: common.Day) -> Iterator[dict]:
    """Give the concentration of mine output of each year, by the newest edition that prints it."""
    output = reserves.usgs_output(as_of)
    for year, rows in output.rows.groupby("year"):
        mined = output.of(common.editions(rows)[-1], int(str(year)))
        yield _of_number("weight", "output", "USGS", mined.year, mined.concentration(), mined.rows)


def _of_number(measure: str, product: str, series: str, year: int, number: Number, rows: pd.DataFrame) -> dict:
    quantity, source = number.quantity, common.row(rows, common.WORLD)["source_id"].iloc[0]
    return observation(measure, product, common.WORLD, series, year, quantity, "derived", source, cells_of(number))


def _markets(as_of: common.Day) -> Iterator[dict]:
    """Give the concentration of each stage; what has no country's name makes it a lower bound."""
    markets = processing.known_markets(as_of)
    table = markets.table.set_index("market")
    for name, number, _ in markets.measured("hhi_low"):
        market = name.removeprefix("hhi-")
        row = table.loc[market]
        yield observation(
            "weight",
            f"market-{market}",
            common.WORLD,
            "Newest year of which the countries are known",
            int(row["year"]),
            number.quantity,
            "derived",
            row["source_id"],
            cells_of(number),
            low=row["hhi_low"],
            high=row["hhi_high"] if row["hhi_high"] > row["hhi_low"] else None,
            weak=row["confidence"] == "low",
        )


CONCENTRATION = Indicator(
    "concentration",
    "Concentration (HHI)",
    "The Herfindahl–Hirschman index: the sum of the squared percentages of all sellers or countries, from near 0 (very "
    "many, equal) to 10,000 (one alone).",
    {"value": Measure("Index, by value", "HHI", 0), "weight": Measure("Index, by weight", "HHI", 0)},
    PRODUCTS,
    concentrations,
    {"place": (trade.UNION, "USA", "JPN", "KOR", "DEU"), "product": ("suppliers-" + trade.MAGNETS,),
     "series": (trade.BACI,)},
)  # fmt: skip
