"""A chart as a thing: it knows its rows, draws itself at any width, and shows itself in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from lib.figures import parts, theme

if TYPE_CHECKING:
    import altair
    import pandas as pd


class Chart:
    """Rows, and how to draw them at a width in pixels."""

    def __init__(self, data: pd.DataFrame, draw: Callable[[int], altair.TopLevelMixin]) -> None:
        self.data, self._draw = data, draw

    def at(self, width: int) -> altair.TopLevelMixin:
        """Draw the chart for a column of `width` pixels. Raises ValueError for rows that the form cannot show."""
        return self._draw(width)

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
        import altair

        with altair.theme.enable(theme.NAME), altair.renderers.enable("mimetype"):  # JupyterLab draws it by itself
            return self.at(theme.WIDE)._repr_mimebundle_(*args, **options)


def form(draw: Callable[..., altair.TopLevelMixin]) -> Callable[..., Chart]:
    """Make a form, which takes rows and gives a Chart, of a function that takes rows and a `width` and draws.

    A form has one more option, `narrow`: the options that a chart for a phone has in place of others.
    """

    @wraps(draw)
    def made(data: pd.DataFrame, *arguments: Any, narrow: Mapping[str, object] | None = None, **options: Any) -> Chart:
        def at(width: int) -> altair.TopLevelMixin:
            fitting = options | dict(narrow or {}) if parts.narrow(width) else options
            return draw(data, *arguments, **fitting, width=width)

        return Chart(data, at)

    return made


def slider_note(what: str, years: pd.Series) -> str:
    """Say of a chart with a slider which earlier years its picture does not show; empty where there are none."""
    first, last = years.min(), years.max()
    told = (
        f"In the interactive chart a slider goes back to the {what} in {first}; the figure’s data file has all years."
    )
    return "" if first == last else told
