"""China's quotas on production and on exports, and the years for which no volume was published."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lib.indicators import common, controls, processing
from lib.indicators.explore.observations import Indicator, Measure, cells, gathered, known, observation
from lib.quantity import Quantity

PRODUCTS = {
    "mining-total": "Mining, all rare earths",
    "mining-ionic": "Mining, ionic clay",
    "separation-total": "Smelting and separation",
    "export-total": "Exports, all firms or some",
}
OXIDE, GROSS = "oxide", "gross"


def quotas(as_of: common.Day) -> pd.DataFrame:
    """Give the quotas of whole years: production in t of oxide, exports in t of gross weight by the firms counted."""
    return gathered(known((_production, _exports), as_of))


def _production(as_of: common.Day) -> Iterator[dict]:
    china = processing.china_quotas(as_of)
    rows = china.rows
    for line, row in rows.iterrows():
        product, amount = f"{row['kind']}-{row['class']}", Quantity.from_row(row["value_t_reo"], row["qualifier"])
        yield _quota(OXIDE, product, "Chinese ministries", row, amount, cells(rows, [line]))
    silent = china.silent
    found = set(zip(rows["kind"], rows["class"], rows["year"], strict=True))
    for line, row in silent.iterrows():
        if (row["kind"], row["class"], row["year"]) not in found and f"{row['kind']}-{row['class']}" in PRODUCTS:
            product = f"{row['kind']}-{row['class']}"
            yield _quota(OXIDE, product, "Chinese ministries", row, Quantity(None), cells(silent, [line]), "NA")


def _exports(as_of: common.Day) -> Iterator[dict]:
    rows = controls.year_quotas(common.select("export_quotas", as_of, "The table of export quotas"))
    for line, row in rows.iterrows():
        amount = Quantity.from_row(row["value_t_gross"], row["qualifier"])
        firms = str(row["scope"]).capitalize()
        yield _quota(GROSS, "export-total", firms, row, amount, cells(rows, [line]))


def _quota(measure, product, series, row, amount, used, marks: str = "") -> dict:
    weak = row["confidence"] == "low"
    told = ";".join(filter(None, [row["qualifier"], marks]))
    return observation(
        measure, product, "CHN", series, int(row["year"]), amount, told, row["source_id"], used, weak=weak
    )


QUOTAS = Indicator(
    "quotas",
    "Quotas of China",
    "How much China allowed to be mined, separated and exported in a year. Production quotas are in oxide, export "
    "quotas in gross weight and for the firms that they were for: neither can be set against the other.",
    {
        OXIDE: Measure("Production quota", "t of oxide", 0),
        GROSS: Measure("Export quota", "t gross weight", 0),
    },
    PRODUCTS,
    quotas,
    of_places=False,
)
