"""What a cut would do, and what would end the dependence: a model of stocks and flows, and what it rests on.

Every range that is drawn from is a row of the table `assumptions`. A number of this package is a range or a median of
draws, never a forecast.
"""

from lib.indicators.whatif.assumptions import HEADS, NAMES, Assumptions, Range, assumptions
from lib.indicators.whatif.backtest import SPRING_LOOK, quota_years, spring, to_britain
from lib.indicators.whatif.breakeven import (
    at_risk,
    drawn,
    ends,
    estimates,
    eu_plants,
    limit,
    pace_drawn,
    pace_needed,
    pace_of_growth,
)
from lib.indicators.whatif.flow import COLOURS, STAGES, magnet_flow, others_counted
from lib.indicators.whatif.gaps import (
    beside_mines,
    eu_unit_values,
    mined,
    mirror,
    mirror_gap,
    origin_gap,
    unit_value_gap,
    white_paper,
)
from lib.indicators.whatif.model import Conditions, Cut, Month, closed_form, loss, losses, simulate
from lib.indicators.whatif.outlook import (
    DEMAND,
    TONES,
    demand_beside_supply,
    editions,
    editions_of,
    hhi_listed,
    market_numbers,
    outside_china,
    outside_numbers,
    risk_by_stage,
)
from lib.indicators.whatif.plants import plants
from lib.indicators.whatif.scenario import (
    BALANCE_LOOK,
    CHOICES,
    FIRST,
    LABELS,
    Importers,
    Scenario,
    importers,
    numbers,
    scenario,
)
