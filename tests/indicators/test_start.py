"""What the first page draws is what the chapters compute, stage by stage and figure by figure."""

from __future__ import annotations

import datetime as dt

import pytest

from lib.indicators import controls, dependence, processing, start
from lib.tables import catalog

TODAY = dt.date(2026, 11, 29)


def chain(day: dt.date):
    licences = controls.Licences(controls.Register(day, day)).groups()
    since = day.year - 4
    return start.chain(processing.estimates(day, since), licences, start.plants_or_none(day, since)).set_index("stage")


def test_the_chain_runs_from_ore_to_motor_and_leaves_empty_what_is_not_documented():
    rows = chain(TODAY)
    assert list(rows.index) == ["Ore", "Concentrate", "Oxide", "Metal", "Alloy", "Magnet", "Motor"]
    assert rows["share"].round().dropna().to_dict() == {"Ore": 59, "Concentrate": 69, "Oxide": 91, "Magnet": 94}
    assert rows.loc["Ore", "qualifier"] == "<"
    assert set(rows.loc[["Metal", "Alloy"], "maker"]) == {"weak sources only"}
    assert rows.loc["Motor", "maker"] == ""
    assert start.documented(rows) == "4 of the 7"


def test_licences_and_plants_stand_at_the_stages_that_they_name():
    """MOFCOM Announcement No. 18 of 2025 names metals, alloys, oxides, compounds and some magnets of seven elements."""
    rows = chain(TODAY)
    assert rows["control"].to_dict() == dict.fromkeys(rows.index, "") | dict.fromkeys(
        ("Oxide", "Metal", "Alloy", "Magnet"), "7 elements"
    )
    assert rows.loc["Oxide", "elsewhere"] == "8 plants"
    assert rows.loc["Alloy", "elsewhere"] == "1 plant"
    assert rows.loc["Motor", "elsewhere"] == ""


def test_before_licences_and_plants_were_known_the_chain_is_silent_on_them():
    rows = chain(dt.date(2021, 6, 30))
    assert set(rows["control"]) == set(rows["elsewhere"]) == {""}
    assert rows["share"].dropna().to_dict() == {"Magnet": 90}


def test_the_title_names_what_is_known():
    assert start.title({"mine-share": "69%", "magnet-share": "94%"}) == (
        "China has 69% of the mine output and 94% of the magnets"
    )
    assert "not known" in start.title({})


def test_of_each_share_one_figure_is_to_be_quoted_and_it_is_the_one_of_the_chain():
    estimates = processing.estimates(None, 2022)
    rows = start.rivals(estimates, None)
    quoted = rows[~rows["rival"]].set_index("what")
    assert quoted["word"].to_dict() == {
        "Reserves": "<59% USGS 2026",
        "Mining": "69% USGS 2025",
        "Separation of magnet elements": "91% IEA 2024",
        "Magnets made": "94% IEA 2024",
        "Magnets that the EU imports": "93% Eurostat 2024",
    }
    assert list(quoted["value"].iloc[:4]) == list(chain(TODAY)["share"].dropna())
    assert rows.loc[rows["by"].eq("political statements"), "value"].tolist() == [98]
    assert set(rows.loc[rows["rival"], "word"]) == {""}
    assert set(rows.loc[rows["weak"], "by"]) == {"political statements"}
    assert start.apart(rows, None) == "25"


def test_one_figure_alone_has_no_rival():
    rows = start.rivals(processing.estimates("2021-06-30", 2017), "2021-06-30")
    with pytest.raises(catalog.NoDataYet):
        start.apart(rows, "2021-06-30")


def test_measures_are_the_shares_of_the_chapter_on_dependence():
    magnets = dependence.magnets(None, dependence.circle(dependence.WEST_38))
    compounds = dependence.compounds_and_metals(None)
    rows = start.measures(magnets, compounds).set_index(["measure", "importer"])["share"]
    assert rows.groupby("measure").size().to_dict() == dict.fromkeys(start.MEASURES, 3)
    for code in start.IMPORTERS:
        by_value, by_weight, material = (float(rows[measure, code]) for measure in start.MEASURES)
        assert by_value == pytest.approx(magnets.share(code).value)
        assert by_weight == pytest.approx(magnets.share(code, value="weight_kg").value)
        assert material == pytest.approx(compounds.share(code).value)
