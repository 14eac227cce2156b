"""Who separates, smelts and makes magnets: shares by stage and scope, concentration, quotas, plants, time and money.

A share belongs to a stage (mining, separation, …) and to a scope (all rare earths, the four magnet elements, …).
Nothing here subtracts, adds or averages across scopes.
"""

from lib.indicators.processing.building import (
    built,
    capital,
    capital_look,
    capital_numbers,
    capital_per_tonne,
    capital_told,
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
    domestic_price,
    floor_income,
    planned_cost,
    price_fall,
    price_floor,
    price_swing,
)
from lib.indicators.processing.markets import (
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
    added_elsewhere,
    demand,
    demand_of_two_editions,
    flow_look,
    iea_flow,
    iea_years,
    kilotonnes,
    refined_by_country,
    refined_look,
    stage_gap,
    supply,
)
from lib.indicators.processing.techniques import (
    cited,
    filed,
    filed_late,
    filings,
    left_behind,
    magnet_estimates,
    magnet_output,
    newest_output,
    printed,
    rock_moved,
    technical_figures,
    technology,
    yields,
    yields_told,
)
from lib.words import joined as listed

HEADS = {
    "basis": "Computed as",
    "capacity": "Capacity",
    "confidence": "Confidence",
    "end": "End",
    "iso3": "Country",
    "leader": "Largest",
    "name": "Plant",
    "outlook": "Publication",
    "planned": "First planned for",
    "outcome": "What is known",
    "projected": "Projected",
    "published": "Published",
    "qualifier": "Marks",
    "scope": "Scope",
    "series": "Quota",
    "share": "Share (%)",
    "source_id": "Source",
    "stage": "Stage",
    "start": "Start",
    "start_event": "Start event",
    "subject": "Project",
    "type": "Kind",
    "unit": "Unit",
    "value": "Share (%)",
    "value_t_reo": "t of oxide",
    "where": "Stage",
    "year": "Year",
    "years": "Years",
}


def columns(wanted: str, **heads: str) -> dict[str, str]:
    """Give the columns of a table of this chapter with their heads, in order; `heads` are those of this table alone."""
    return {name: heads.get(name) or HEADS[name] for name in wanted.split()}
