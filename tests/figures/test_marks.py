"""Marks that charts share."""

from __future__ import annotations

import itertools

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.figures import text
from lib.figures.axes import TimeAxis
from lib.figures.marks import annotations

WORDS = st.lists(st.sampled_from(["licence", "duty", "quota lifted", "a ruling", "1966–1984"]), min_size=1, max_size=6)
NOTES = st.lists(
    st.tuples(st.integers(1900, 2025), WORDS.map(" ".join)), min_size=1, max_size=5, unique_by=lambda n: n[0]
)


def boxes(notes, width: float) -> list[tuple[float, float, float, float]]:
    """Left, right, top and bottom of each text that is written above a plot of the years 1900 to 2025."""
    axis = TimeAxis(pd.Series([1900, 2025]), width - 100)
    found = []
    for layer in annotations(notes, axis, width, 300):
        if layer.mark.type != "text":
            continue
        words = layer.data["words"][0]
        start = axis.pixel(layer.data["x"][0])
        extent = text.width(words, 12.5)
        left = start + 4 if layer.mark.align == "left" else start - 4 - extent
        top = layer.to_dict(validate=False)["encoding"]["y"]["value"] - 15
        found.append((left, left + extent, top, top + 15 * (words.count("\n") + 1)))
    return found


TWO_LINES = [(1966, "United States over half 1966–1984"), (1985, "China’s figures begin"), (2010, "56% since 2010")]


@example(TWO_LINES, 700)
@given(NOTES, st.sampled_from([340, 700]))
@settings(deadline=None)
def test_notes_above_a_plot_never_lie_on_each_other(notes, width):
    found = boxes(notes, width)
    assert len(found) == len(notes)
    for (left, right, top, bottom), (other_left, other_right, other_top, other_bottom) in itertools.combinations(
        found, 2
    ):
        apart = right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
        assert apart
