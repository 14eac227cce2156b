"""What the cover says: the newest figures of each stage, and nothing before there was something to say."""

from __future__ import annotations

import datetime as dt

import pytest

from lib.indicators import cover
from lib.tables import catalog

TODAY = dt.date(2026, 11, 29)


def test_the_best_estimates_are_those_of_the_surveys():
    estimates = cover.estimates("", 2020)
    mine, magnets = estimates.best("Mining: all rare earths"), estimates.best("Magnets")
    assert (mine.maker, mine.year, round(mine.number.value)) == ("USGS", 2025, 69)
    assert (magnets.maker, magnets.year, magnets.number.value) == ("IEA", 2024, 94)
    low, high = estimates.ends("Magnets")
    assert low.number.value < magnets.number.value < high.number.value
    assert estimates.title == "The further down the chain, the larger China’s share"


def test_before_there_were_estimates_the_cover_says_since_when_there_are():
    early = cover.estimates("2021-06-30", 2020)
    with pytest.raises(catalog.NoDataYet) as missing:
        early.best("Magnets")
    assert missing.value.starts > dt.date(2021, 6, 30)
    assert early.title == "China’s share by stage"


def test_seven_elements_need_a_licence_and_the_suspension_of_five_more_has_run_out_unread():
    """MOFCOM Announcements No. 18 and No. 57 of 2025; No. 70 suspended the latter to 10 November 2026."""
    border = cover.border("", TODAY)
    assert border.elements("in force").value == 7
    assert border.elements("suspended").value == 5
    assert border.since_end().value == 19
    assert border.general["date_effective"].dt.year.min() == 2015
    with pytest.raises(catalog.NoDataYet):
        cover.border("2026-10-31", dt.date(2026, 10, 31)).since_end()


def test_one_outlook_has_three_figures_for_one_year():
    assert [number.value for _, number in cover.rivals("")] == pytest.approx([84.3, 85, 91], abs=0.05)
    with pytest.raises(catalog.NoDataYet):
        cover.rivals("2026-06-30")


def test_shares_next_door_are_of_the_printed_world_total():
    gallium, copper = cover.next_door("")
    assert (round(gallium.value), gallium.period) == (99, 2024)
    assert (round(copper.value), copper.period) == (45, 2024)
