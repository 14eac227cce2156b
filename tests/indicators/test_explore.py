"""What can be explored is what the chapters say: the same numbers, bounds and estimates, and no series made of two."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict

import pandas as pd
import pytest

from lib import cite
from lib.indicators import explore
from lib.indicators.explore import observations
from lib.quantity import Quantity
from lib.site.exports import explore as shards
from lib.site.pages import explore as page
from tests.site.visit import ROOT

UNITS = {"t of oxide": "t", "t gross weight": "t", "Mt of oxide": "Mt"}
"""Units of facts, where Explore says more."""
OTHERS = re.compile(
    r"\.(three-largest|weight-covered|part-of-union|flow-\w+|australia-jorc|output-not-reported|b03-\w+"
    r"|without-leader-magnets|loss-\w+-\d+|unit-value-gap-\d+|magnets-jpn-2024-weight)$"
)
"""Facts that rest on the rows of an observation and say something else of them, such as the three largest together.

Japan's share by weight in Western dependence counts every weight, that of Explore and of the economies the usable ones.
"""
FEWEST = {"imports": 400, "origins": 80, "concentration": 70, "stages": 60, "mining": 50, "reserves": 20, "prices": 10}
FEWEST |= {"quotas": 5}
"""Facts that each indicator shares with the chapters, at least."""


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {indicator.name: indicator.read(None) for indicator in explore.INDICATORS}


@pytest.fixture(scope="module")
def shared(frames, site) -> list[tuple[dict, list[tuple[str, dict]]]]:
    """Facts of all pages, each with the observations that rest on the same rows in the same unit."""
    known = defaultdict(list)
    for indicator in explore.INDICATORS:
        for row in frames[indicator.name].to_dict("records"):
            unit = indicator.measures[row["measure"]].unit
            known[UNITS.get(unit, unit), frozenset(row["_rows"])].append((indicator.name, row))
    pairs = []
    for fact in json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]:
        rows = frozenset(
            (entry["table"], row) for entry in fact["inputs"] for row in entry.get("rows") or [entry["row"]]
        )
        if (fact["unit"], rows) in known and not OTHERS.search(fact["id"]):
            pairs.append((fact, known[fact["unit"], rows]))
    return pairs


def same(fact: dict, found: list[tuple[str, dict]]) -> list[tuple[str, dict]]:
    return [entry for entry in found if entry[1]["value"] == pytest.approx(fact["value"], rel=1e-12, abs=1e-12)]


def test_no_number_differs_from_that_of_a_chapter(shared):
    assert [fact["id"] for fact, found in shared if not same(fact, found)] == []


def test_bounds_and_estimates_are_those_of_the_chapters(shared):
    def marks(entry: dict) -> Quantity:
        return Quantity.from_row(entry["value"], entry["marks"])

    wrong = [
        fact["id"]
        for fact, found in shared
        if not any(
            (mark.bound, mark.estimated) == (fact["bound"], fact["estimated"])
            for mark in (marks(entry) for _, entry in same(fact, found))
        )
    ]
    assert wrong == []


def test_every_indicator_is_compared_with_many_facts(shared):
    counted = {name: sum(any(of == name for of, _ in same(*pair)) for pair in shared) for name in FEWEST}
    assert {name: counted[name] for name in FEWEST if counted[name] < FEWEST[name]} == {}
    assert len(shared) > 700


@pytest.mark.parametrize("indicator", explore.INDICATORS, ids=lambda one: one.name)
def test_a_place_of_a_line_has_one_observation_of_one_source(frames, indicator):
    frame = frames[indicator.name]
    assert not frame.duplicated([*explore.LINE, "time"]).any()
    assert set(frame["measure"]) <= set(indicator.measures)
    assert set(frame["product"]) <= set(indicator.products)
    assert frame["source_id"].ne("").all()
    assert set(indicator.first) <= set(explore.LINE)
    for dimension, keys in indicator.first.items():
        assert set(keys) <= set(frame[dimension])


def test_two_makers_never_share_a_line_of_shares_by_stage(frames):
    """A line through two publications would be a series that nobody published; only what is computed goes on."""
    frame = frames["stages"]
    several = frame.groupby(explore.LINE).filter(lambda rows: len(set(rows["source_id"])) > 1)
    assert set(several["series"]) <= {"USGS"}


def entry(series: str, time: int, value: float, source: str) -> dict:
    return observations.observation("share", "all", "CHN", series, time, value, "", source, (("reserves", 2),))


def test_two_figures_of_one_series_for_one_year_become_two_series():
    sources = ["usgs_mcs_2025", "eurostat_cn85051110"]
    frame = observations.gathered([entry("Press", 2024, 60, sources[0]), entry("Press", 2024, 70, sources[1])])
    assert len(set(frame["series"])) == 2
    assert frame["series"].str.startswith("Press, in ").all()


def test_two_figures_of_one_source_for_one_place_are_refused():
    with pytest.raises(ValueError, match="two observations on one place"):
        observations.gathered([entry("Press", 2024, value, "usgs_mcs_2025") for value in (60, 70)])


def test_a_past_day_has_only_what_was_public_by_it():
    then, now = (explore.INDICATORS[5].read(day) for day in ("2024-06-30", None))
    assert set(then["time"]) < set(now["time"])
    assert set(explore.INDICATORS[0].read("2020-06-30")["series"]) & {"CEPII BACI"} == set()


@pytest.mark.parametrize("day", ["2015-01-01", "2022-06-30", "2025-06-30"])
def test_a_past_edition_shows_what_it_has(day, tmp_path):
    """BACI became public in 2026: an edition before it begins with another indicator, and names no line of it."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    made = shards.stage(ROOT / "data", tmp_path / "made", day, shelf)
    text = page.page(made, cite.Work("dataset", "explore", "Explore", dt.date.fromisoformat(day), dt.date.today()))
    assert "CEPII BACI" not in text
    assert text.count("<tr>") > 1
    assert "<svg" in text


def test_a_year_of_low_confidence_is_marked_as_such(frames):
    """CEPII BACI 2013: Philippine exports break off in the data, so the chapters leave that year out of their lines."""
    rows = frames["imports"]
    rows = rows[rows["series"].eq("CEPII BACI") & rows["measure"].eq("share-value") & rows["place"].eq("JPN")]
    assert rows.set_index("time")["weak"].to_dict() == {str(year): year == 2013 for year in range(2002, 2025)}


def test_places_that_share_a_name_have_an_order_of_their_own():
    codes = ["_X2", "_X", "_NES", "_EUR"]  # all of them unspecified areas
    assert list(shards._places(pd.Series(["USA", *codes, "CHN", ""]))) == ["CHN", "USA", *sorted(codes)]
