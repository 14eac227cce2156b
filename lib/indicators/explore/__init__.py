"""What a reader can explore: each indicator as observations of many lines, from the tables and with the functions that
the chapters use, so that no number differs from theirs."""

from lib.indicators.explore.concentration import CONCENTRATION
from lib.indicators.explore.mining import GROUND, MINES
from lib.indicators.explore.observations import COLUMNS, LINE, Indicator, Measure
from lib.indicators.explore.prices import PRICES
from lib.indicators.explore.quotas import QUOTAS
from lib.indicators.explore.stages import STAGES
from lib.indicators.explore.trade import IMPORTS, ORIGINS

INDICATORS = (IMPORTS, ORIGINS, STAGES, CONCENTRATION, MINES, GROUND, QUOTAS, PRICES)
"""In the order in which they are offered; the first one is shown at first."""
