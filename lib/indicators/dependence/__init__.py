"""How much of what Western economies use comes from China: reliance, import shares, concentration, supply risk.

An import share belongs to one dataset, product, year and basis (value or weight); shares of different ones are
never subtracted. Trade with oneself is left out. Origin is the last country of shipment or processing.
"""

from lib.indicators.dependence.america import compounds_since_1993, ore_exports
from lib.indicators.dependence.compounds import (
    CHAIN_LOOK,
    VERDICT_HEADS,
    buyers,
    by_form,
    compounds_and_metals,
    two_bases,
    two_datasets,
    verdict,
    verdicts,
)
from lib.indicators.dependence.europe import (
    ORIGIN_HEADS,
    RIVAL_HEADS,
    customs_lines,
    estimate,
    europes_magnets,
    first_months,
    published_elsewhere,
    published_in_europe,
    published_title,
    rival_figures,
    span,
    widest,
)
from lib.indicators.dependence.magnets import JAPANS_COLOURS, before_trade, magnets
from lib.indicators.dependence.reliance import FORMS as RELIANCE_FORMS
from lib.indicators.dependence.reliance import (
    MEASURES,
    OUTPUT,
    RECOMPUTED_LOOK,
    USE,
    agrees,
    half_unit,
    import_sources,
    import_volumes,
    printed,
    printed_and_recomputed,
    reliance,
    reliance_by_edition,
    reliance_range,
    unit_value_rows,
    unit_values,
    us_reliance,
)
from lib.indicators.dependence.risk import (
    RISK_COLOURS,
    eu_risk,
    leading_sources,
    one_third_country,
    supply_risk,
    supply_risk_table,
    us_losses,
    us_method,
)
from lib.indicators.dependence.support import japans_support
from lib.indicators.dependence.trade import (
    CHINA,
    ESTIMATED,
    SHARES,
    against,
    by_partner,
    customs_total,
    outside,
    suppliers,
    surely,
    weight_in_tonnes,
    without_trade_inside,
)
from lib.indicators.dependence.uses import (
    PLATFORMS,
    covered,
    days_of_cover,
    gross_purchases,
    kilograms,
    purchases,
    uses,
)
from lib.indicators.dependence.west import BESIDE_EU, JOINED, OUTSIDE, WEST_38, circle, members, memberships
