"""Gallium, germanium, copper and their like: shares by stage, US reliance, controls, trade as two customs saw it."""

import pandas as pd

from lib.indicators.neighbours.formulas import (
    BGS,
    LINES,
    USGS,
    WORDS,
    as_quantity,
    behind,
    by_year,
    country_shares,
    current,
    edition_name,
    named_without_figure,
    rare_earths,
    revisions,
    share,
    shares,
    words,
)
from lib.indicators.neighbours.measures import STATE_LOOK, covering, months_without_gallium, register
from lib.indicators.neighbours.naming import (
    METALS,
    Named,
    beside_half,
    labelled,
    rare_earths_counted,
    recorded,
    went,
    went_plainly,
    where,
)
from lib.indicators.neighbours.stages import (
    STAGES,
    beside_rare_earths,
    copper_makers,
    panel_look,
    panels,
    publishers,
    world,
)
from lib.indicators.neighbours.trade import (
    BASKET,
    SIDES,
    basket,
    by_side,
    customs,
    everywhere,
    exports,
    longest,
    mirror_factor,
    mixed,
    rivals,
    seen_twice,
)
from lib.indicators.neighbours.usa import (
    BALANCE_LOOK,
    SYMBOL,
    all_origins,
    america,
    cathode,
    cathode_rows,
    cathodes,
    copper_balance,
    copper_plants,
    import_origins,
    measured_year,
    order_on_smelting,
    origins,
    processing_gap,
    ranked_origins,
    reliance,
    us_imports,
)

FIELDS = {
    "neighbours-shares": "line value qualifier year maker edition label source_id published",
    "copper-stages": "stage maker year value qualifier edition source_id published",
    "copper-countries": "iso3 stage value qualifier amount unit year edition source_id",
    "us-reliance-metals": "name year value qualifier edition source_id published",
    "us-copper-balance": "name year value qualifier edition source_id published",
    "us-metal-origins": "name product partner share_pct qualifier edition source_id published",
    "copper-cathodes": "partner share_weight_pct share_value_pct net_kg qualifier source_id published",
    "two-customs": "name period side t qualifier source_id published",
    "metal-exports": "name product period t qualifier source_id published",
    "us-metal-imports": "name year t qualifier edition source_id published",
    "basket-mirror": "side year value qualifier source_id published",
    "metals-revisions": "name year edition value qualifier amount world unit source_id published",
}
"""The columns of the data of each figure, with blanks between."""
HEADS = {
    "neighbours-shares": {"line": "Metal and stage", "value": "Share (%)", "qualifier": "Marks", "year": "Year",
                          "maker": "Source", "edition": "Edition"},
    "copper-stages": {"stage": "Stage", "maker": "Source", "year": "Year", "value": "Share (%)", "qualifier": "Marks"},
    "copper-countries": {"iso3": "Country", "stage": "Stage", "value": "Share (%)", "amount": "Output"},
    "us-reliance-metals": {"name": "Metal", "year": "Year", "value": "Reliance (%)", "qualifier": "Marks"},
    "us-copper-balance": {"name": "Flow", "year": "Year", "value": "Copper (kt)", "qualifier": "Marks"},
    "us-metal-origins": {"name": "Metal", "product": "Product", "partner": "Country", "share_pct": "Share (%)"},
    "copper-cathodes": {"partner": "Country", "share_weight_pct": "By weight (%)", "share_value_pct": "By value (%)",
                        "net_kg": "Weight (kg)"},
    "metals-measures": {"act": "Measure", "name": "Instrument", "state": "State", "start": "From", "end": "Until"},
    "metals-register": {"metals": "Metals", "name": "Instrument", "what": "Act", "date_effective": "Effective",
                        "last": "Last state (day known)"},
    "two-customs": {"name": "Metal, period and side", "t": "Weight (t)", "source_id": "Source"},
    "metal-exports": {"name": "Metal and period", "t": "Exports (t)", "source_id": "Source"},
    "basket-mirror": {"side": "Reported by", "year": "Year", "value": "Weight (t)"},
    "metals-revisions": {"name": "Metal and year", "edition": "Edition", "value": "Share (%)", "amount": "China",
                         "world": "World", "unit": "Unit", "qualifier": "Marks"},
}  # fmt: skip
"""The heads of the columns that the table of each figure shows."""


def coloured(rows: pd.DataFrame, column: str, code: str = "CHN") -> dict[str, object]:
    """Say how a chart shows rows in their order, all in the colour of one country."""
    names = list(dict.fromkeys(rows[column]))
    return {"order": names, "colours": dict.fromkeys(names, code)}
