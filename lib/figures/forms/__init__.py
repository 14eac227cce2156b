"""The chart forms of the book: each takes tidy rows, names their columns and returns a Chart.

A form lays itself out for the width at which it is drawn, labels included, and anew below 480 pixels, where the options
of `narrow` take the place of others. Shared by all: `unit` for tooltips and labels; `colours` maps a key to a hex, a
token or a place code; `labels` maps a key to its name; `places` sets decimals. Place codes (ISO 3166-1 alpha-3) get
their names and colours by themselves. A `qualifier` column draws estimates hollow and bounds as open-ended arrows;
`source_id` and `edition` columns enter the tooltips. Missing values leave a gap.
"""

from lib.figures.charts import form
from lib.figures.forms import (
    barcharts,
    calendars,
    cascades,
    chains,
    dotcharts,
    explorers,
    linecharts,
    maps,
    panels,
)
from lib.figures.forms import flows as flowcharts
from lib.figures.forms.calendars import STATES
from lib.figures.forms.explorers import Slider

bars = form(barcharts.bars)
stacked_bars = form(barcharts.stacked_bars)
calendar = form(calendars.calendar)
gantt = form(calendars.gantt)
heatmap = form(calendars.heatmap)
cascade = form(cascades.cascade)
chain = form(chains.chain)
dots_with_ranges = form(dotcharts.dots_with_ranges)
scatter = form(dotcharts.scatter)
slope = form(dotcharts.slope)
explorer = form(explorers.explorer)
flows = form(flowcharts.flows)
areas = form(linecharts.areas)
lines = form(linecharts.lines)
stacked_areas = form(linecharts.stacked_areas)
step_lines = form(linecharts.step_lines)
choropleth = form(maps.choropleth)
point_map = form(maps.point_map)
bar_panels = form(panels.bar_panels)
small_multiples = form(panels.small_multiples)

__all__ = [
    "STATES",
    "Slider",
    "areas",
    "bar_panels",
    "bars",
    "calendar",
    "cascade",
    "chain",
    "choropleth",
    "dots_with_ranges",
    "explorer",
    "flows",
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
