"""What a cut would do, and what would end the dependence: a model of stocks and flows, and what it rests on.

Every range that is drawn from is a row of the table `assumptions`. A number of this package is a range or a median of
draws, never a forecast.
"""

from lib.indicators.whatif.assumptions import NAMES, Assumptions, Range, assumptions
from lib.indicators.whatif.backtest import quota_years, spring, to_britain
from lib.indicators.whatif.model import Conditions, Cut, Month, closed_form, loss, losses, simulate
from lib.indicators.whatif.plants import plants
from lib.indicators.whatif.scenario import Importers, Scenario, importers, numbers, scenario
