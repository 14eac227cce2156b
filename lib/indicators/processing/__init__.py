"""Who separates, smelts and makes magnets: shares by stage and scope, concentration, quotas, plants, time and money.

A share belongs to a stage (mining, separation, …) and to a scope (all rare earths, the four magnet elements, …).
Nothing here subtracts, adds or averages across scopes.
"""

from functools import partial

from lib.indicators import common
from lib.indicators.processing.building import (
    built,
    capital,
    capital_ends,
    capital_look,
    capital_numbers,
    capital_per_tonne,
    capital_plants,
    capital_title,
    capital_told,
    chinese_benchmark,
    claimed,
    claims,
    claims_told,
    dearer,
    durations,
    first_plans,
    lead_time_claims,
    longer,
    plans_counted,
    times,
    times_told,
    took,
)
from lib.indicators.processing.history import (
    american_lead,
    china_rise,
    domestic_prices,
    floor_income,
    planned_cost,
    price_fall,
    price_floor,
    price_swing,
)
from lib.indicators.processing.markets import (
    MEASURED,
    PANEL_LOOK,
    called,
    china_score,
    concentration,
    end,
    governance,
    governance_scores,
    hhi_range,
    known_markets,
    markets,
    weighted_concentration,
)
from lib.indicators.processing.origins import (
    heavy_feed,
    import_origins,
    imports,
    separated_at_home,
    united_states,
)
from lib.indicators.processing.outlooks import outlooks, refiner_outlooks, revised_down, rival_shares, rivals
from lib.indicators.processing.plants import (
    COMING,
    LEFT_OUT,
    RUNNING,
    abroad,
    at_least,
    capacity_by_status,
    heavy_output,
    in_words,
    india,
    maker,
    places,
    plants,
    promised,
    status_look,
    summable,
    times_as_large,
    without_figure,
    yardstick,
)
from lib.indicators.processing.quotas import QUOTA_LOOK, china_quotas, imports_counted, quotas, silent_years
from lib.indicators.processing.rows import dated
from lib.indicators.processing.stages import (
    ALL,
    LINES,
    MAGNET,
    STAGES,
    as_quantity,
    best,
    elements,
    estimates,
    funnel,
    mine_years,
    origin,
    spread,
    world_shares,
)
from lib.indicators.processing.supply import (
    DEMAND_LOOK,
    demand,
    demand_of_two_editions,
    flow_look,
    iea_flow,
    iea_years,
    kilotonnes,
    refined_by_country,
    refined_look,
    refined_of_two_editions,
    stage_gap,
    supply,
)
from lib.indicators.processing.techniques import (
    cascade,
    cited,
    extractants,
    figures_found,
    filed,
    filed_late,
    filings,
    left_behind,
    magnet_estimates,
    magnet_output,
    newest_output,
    printed,
    rock_moved,
    stages_needed,
    technical_figures,
    technology,
    weakly_documented,
    yields,
    yields_told,
)
from lib.words import joined as listed

HEADS = {
    "basis": "Computed as",
    "amount": "Capital per tonne",
    "capacity": "Capacity",
    "confidence": "Confidence",
    "end": "End",
    "facility": "Plant",
    "figure": "Kind and day",
    "hhi_high": "Index, at most",
    "hhi_low": "Index, at least",
    "iso3": "Country",
    "kind": "Kind",
    "leader": "Largest",
    "name": "Plant",
    "named": "Known by country (%)",
    "outlook": "Publication",
    "planned_year": "First planned for",
    "plants": "Plants",
    "outcome": "What is known",
    "projected": "Projected",
    "published": "Published",
    "qualifier": "Marks",
    "scope": "Scope",
    "series": "Quota",
    "share": "Share (%)",
    "source_id": "Source",
    "state": "Status",
    "status": "Status",
    "stage": "Stage",
    "start": "Start",
    "start_event": "Start event",
    "subject": "Project",
    "type": "Kind",
    "unit": "Unit",
    "value": "Share (%)",
    "value_t_reo": "t of oxide",
    "what": "Stage and unit",
    "where": "Stage",
    "year": "Year",
    "years": "Years",
}


columns = partial(common.columns, HEADS)
"""Give columns with the heads that they have in this chapter: `common.columns`."""
