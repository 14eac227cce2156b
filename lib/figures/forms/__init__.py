"""The chart forms of the book: each takes tidy rows, names their columns and returns an Altair chart.

Every form takes `width` last, the room it may use in pixels with all its labels, and lays itself out anew below
480 pixels. Shared by all: `unit` for tooltips and labels; `colours` maps a key to a hex, a token or a place code;
`labels` maps a key to its name; `places` sets decimals. Place codes (ISO 3166-1 alpha-3) get their names and
colours by themselves. A `qualifier` column draws estimates hollow and bounds as open-ended arrows; `source_id` and
`edition` columns enter the tooltips. Missing values leave a gap.
"""

from lib.figures.forms.barcharts import bars, stacked_bars
from lib.figures.forms.calendars import STATES, calendar, gantt, heatmap
from lib.figures.forms.dotcharts import dots_with_ranges, scatter, slope
from lib.figures.forms.linecharts import areas, lines, stacked_areas, step_lines
from lib.figures.forms.maps import choropleth, point_map
from lib.figures.forms.panels import small_multiples

__all__ = [
    "STATES",
    "areas",
    "bars",
    "calendar",
    "choropleth",
    "dots_with_ranges",
    "gantt",
    "heatmap",
    "lines",
    "point_map",
    "scatter",
    "slope",
    "small_multiples",
    "stacked_areas",
    "stacked_bars",
    "step_lines",
]
