"""The figures of the book: `publish` and `table` show them, `forms` are the charts, `theme` is their look."""

from lib.figures import forms, theme
from lib.figures.charts import Chart, slider_note
from lib.figures.publish import (
    Figure,
    bundle_javascript,
    publish,
    published,
    render,
    render_table,
    stylesheet,
    table,
)

__all__ = [
    "Chart",
    "Figure",
    "bundle_javascript",
    "forms",
    "publish",
    "published",
    "render",
    "render_table",
    "slider_note",
    "stylesheet",
    "table",
    "theme",
]
