"""Flows between stages, and bars that sliders move: what they draw, and what they refuse."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from lib.figures import forms, theme
from lib.figures.forms.explorers import pack
from lib.figures.publish import render, specification
from lib.tables import catalog

LINKS = pd.DataFrame(
    {
        "stage": ["Mines", "Mines", "Mines", "Plants", "Plants"],
        "source": ["China", "Others", "Others", "China", "Elsewhere"],
        "target": ["China", "China", "Elsewhere", "Used", "Used"],
        "kt": [6.0, 2.0, 1.0, 8.0, 1.0],
        "assumed": [False, True, True, False, False],
        "source_id": "baci_v202601",
    }
)
SLIDERS = [forms.Slider("cut", [50, 100], 100, "Cut (%)"), forms.Slider("months", [1, 2, 3], 2, "Months")]
STATES = pd.DataFrame(
    {
        "importer": ["JPN", "USA"],
        "source_id": "baci_v202601",
        "_middle": [[1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]],
        "_low": [[0] * 6] * 2,
        "_high": [[20] * 6, [120] * 6],
    }
)
GRIDS = {"middle": "_middle", "low": "_low", "high": "_high"}


def flows():
    look = {"stage": "stage", "stages": ("Mines", "Plants", "Use"), "assumed": "assumed", "colours": {"China": "CHN"}}
    return forms.flows(LINKS, "source", "target", "kt", **look)


def explorer(**changed):
    return forms.explorer(STATES, "importer", **({"grids": GRIDS, "sliders": SLIDERS} | changed))


@pytest.mark.parametrize("width", [theme.WIDE, theme.NARROW])
def test_a_flow_is_as_thick_as_it_is_large(width):
    bands = next(rows for rows in specification(flows(), width)["datasets"].values() if "band" in rows[0])
    thick = {row["told"]: row["y2"] - row["y"] for row in bands}
    assert thick["China → China"] == pytest.approx(3 * thick["Others → China"], abs=0.3)
    assert thick["China → Used"] == pytest.approx(8 * thick["Elsewhere → Used"], abs=0.8)


def test_what_is_assumed_is_drawn_in_the_soft_tone():
    bands = next(rows for rows in specification(flows(), theme.WIDE)["datasets"].values() if "band" in rows[0])
    tones = {(row["basis"], row["tone"]) for row in bands}
    assert ("published", theme.colour("CHN")) in tones
    assert ("assumed", theme.soft("OTH")) in tones
    assert ("assumed", theme.colour("OTH")) not in tones


def test_values_are_packed_as_two_digits():
    assert pack([0, 3.4, 3.6, 47, 120]) == "0003044799"


def test_the_first_view_is_the_state_of_the_sliders():
    words = {"title": "A title", "subtitle": "A subtitle", "alt": "Bars " * 10}
    picture = render(explorer(), STATES, name="play", sources=[catalog.sources().index[0]], **words)
    assert ">5%</text>" in picture.html
    assert ">15%</text>" in picture.html
    assert "data-scenario" in picture.html


def test_other_states_are_in_the_chart_and_wide_and_narrow_share_them():
    wide, narrow = (json.dumps(specification(explorer(), width)) for width in (theme.WIDE, theme.NARROW))
    for spec in (wide, narrow):
        assert pack([1, 2, 3, 4, 5, 6]) in spec
        assert "round((cut - 50) / 50)" in spec
        assert spec.count('"input": "range"') == len(SLIDERS)


def test_a_grid_that_does_not_fit_its_sliders_is_refused():
    with pytest.raises(ValueError, match="6 values"):
        forms.explorer(STATES.assign(_low=[[0]] * 2), "importer", grids=GRIDS, sliders=SLIDERS).at(theme.WIDE)
