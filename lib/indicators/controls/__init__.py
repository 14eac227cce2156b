"""Export controls: which measure stood in which state on which day, and what exports and prices did meanwhile."""

from functools import partial

from lib.indicators import common
from lib.indicators.controls.buyers import (
    above_one_billion,
    at_risk,
    downstream_at_risk,
    eu_heavy,
    full_stop,
    full_stop_costs,
    us_compounds,
)
from lib.indicators.controls.elements import Licences, element_spans, element_states, share_of_no_61
from lib.indicators.controls.exports import (
    HEADLINE,
    MAGNETS,
    enough,
    monthly,
    moved,
    on_calendar,
    recent,
    whole_years,
    yearly_changes,
)
from lib.indicators.controls.magnets import (
    beside,
    composition,
    destinations,
    headline_year,
    magnet_changes,
    magnet_months,
    magnets_of,
    printed_change,
    years,
)
from lib.indicators.controls.metals import METALS, metal_prices, metal_years, metals, to_usa
from lib.indicators.controls.prices import (
    KIND_WORDS,
    MAKERS,
    floors,
    history,
    oxide,
    price_gap,
    prices,
    traded_and_asked,
    yearly_prices,
)
from lib.indicators.controls.quotas import (
    STEPS_OF_CASE,
    compounds,
    duties,
    duty_range,
    in_years,
    january_2011,
    japan_2010,
    partner_excess,
    quota_use,
    quotas,
    short_counts,
    use,
    year_quotas,
)
from lib.indicators.controls.register import (
    BY_STATE,
    LOOKS,
    REGISTER_NOTE,
    STEPS_OF_MAGNETS,
    STEPS_OF_METALS,
    Group,
    Register,
    busiest,
    by_kind,
    china_exports_side,
    for_all_rare_earths,
    for_table,
    listed,
    new_measures,
    newest_first,
    older,
    oldest_day,
    open_ends,
    plural,
    restricting,
    short_name,
    sought,
)
from lib.indicators.controls.states import (
    END_PASSED,
    OPEN,
    STATES,
    UNKNOWN,
    carried_least,
    knowledge_ends,
    known_by,
    printed_ends,
    spans,
    state,
    with_states,
    with_suspending,
)

HEADS = {
    "date": "Day",
    "what": "What",
    "name": "Measure",
    "date_announced": "Announced",
    "told": "State",
    "goods": "Goods",
    "whom": "For",
    "kind": "Type",
    "state": "State",
    "start": "From",
    "end": "Until",
    "until": "Until",
    "date_effective": "Effect",
    "known_to": "Known to",
    "actor": "Actor",
    "symbol": "Symbol",
    "product": "Product",
    "destination": "Destination",
    "year": "Year",
    "month": "Month",
    "month_end": "Months",
    "series": "Exports by",
    "scope": "Firms counted",
    "value_t_gross": "Quota (t)",
    "quota": "Quota (t)",
    "share": "Use (%)",
    "value": "Exports (t)",
    "million": "Value (million USD)",
    "change": "Change (%)",
    "computed": "Computed",
    "commodity": "Metal",
    "price_low": "Low (USD/kg)",
    "price": "Price (USD/kg)",
    "price_high": "High (USD/kg)",
    "qualifier": "Marks",
    "edition": "Edition",
    "bound": "Which",
    "from": "From",
    "rate_pct": "Rate (%)",
    "basis": "Basis",
    "note": "Note",
    "source_id": "Source",
}


columns = partial(common.columns, HEADS)
"""Give columns with the heads that they have in this chapter: `common.columns`."""
REGISTER = columns("name date_announced told goods whom kind until date_effective known_to source_id")
"""The columns of the register, with their heads."""
