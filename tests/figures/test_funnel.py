"""The picture of rival estimates by stage: every estimate drawn once, ranges without weak sources, room for labels."""

import math

import pandas as pd
import pytest

from lib.figures import theme
from lib.figures.funnel import RADIUS, _prepared, _range_words, _swarm, funnel
from lib.figures.publish import specification

LINES = ["Mining: all rare earths", "Magnets"]


def estimates(*rows):
    """(line, value, bound, weak) as the frame of lib.indicators.processing.funnel."""
    frame = pd.DataFrame(rows, columns=["line", "value", "bound", "weak"])
    blank = {"low": float("nan"), "high": float("nan"), "year": 2024, "scope": "", "edition": "", "holder": "CHN"}
    return frame.assign(
        **blank, qualifier=frame["bound"], estimator=[f"Maker {i}" for i in range(len(frame))], source_id=""
    )


MANY = estimates(*[(LINES[0], 69.0, "", False)] * 4, (LINES[0], 99.0, "", True), (LINES[1], 90.0, ">", False))


def test_an_estimate_is_drawn_once_and_a_bare_range_as_its_ends():
    ranged = estimates((LINES[0], float("nan"), "", True)).assign(low=85.0, high=90.0)
    assert sorted(_prepared(pd.concat([MANY, ranged]))["v"]) == [69, 69, 69, 69, 85, 90, 90, 99]


def test_the_words_span_the_documented_estimates_with_their_bounds():
    frame = _prepared(estimates((LINES[1], 80.0, ">", False), (LINES[1], 92.0, "", False), (LINES[1], 99.0, "", True)))
    assert _range_words(frame) == ">80–92%"
    assert _range_words(frame[~frame["weak"]].head(1)) == ">80%"
    assert "%" not in _range_words(frame[frame["weak"]]), "a range of weak sources is not printed"


def test_no_dot_covers_another():
    frame = _prepared(MANY).assign(px=lambda rows: rows["v"] * 4)
    frame["shift"] = _swarm(frame)
    for _, rows in frame.groupby("line"):
        spots = list(zip(rows["px"], rows["shift"], strict=True))
        for index, spot in enumerate(spots):
            assert all(math.dist(spot, other) >= RADIUS - 0.1 for other in spots[index + 1 :])


@pytest.mark.parametrize("width", [theme.WIDE, theme.NARROW])
def test_it_fits_the_room_it_is_given(width):
    spec = specification(funnel(MANY), width)
    assert 0 < spec["width"] < width


@pytest.mark.parametrize("weak", [True, False])
def test_it_can_be_drawn_from_one_kind_of_estimates(weak):
    assert funnel(estimates((LINES[1], 90.0, "", weak))).at(340).to_dict()
