"""Properties of the book's own tables, and facts that a newer edition may change (then say so here, in words)."""

import csv
import datetime as dt
import re

import pytest

from lib.tables import catalog

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("name", catalog.tables())
def test_every_row_has_a_source_a_day_and_a_confidence(name):
    frame = catalog.table(name, vintages="all")
    assert frame["source_id"].notna().all()
    assert frame["published"].notna().all()
    assert set(frame["confidence"]) <= {"high", "medium", "low"}


@pytest.mark.parametrize("name", catalog.tables())
def test_every_column_is_described(name):
    fields = catalog.resource(name)["schema"]["fields"]
    assert [field["name"] for field in fields if not field.get("description")] == []
    assert catalog.resource(name).get("description")


@pytest.mark.parametrize("entry", catalog.dictionary()["resources"], ids=lambda entry: entry["name"])
def test_a_column_that_holds_an_address_in_each_cell_takes_nothing_else(entry):
    with (catalog.data_dir() / entry["path"]).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for field in entry["schema"]["fields"]:
        cells = [row[field["name"]] for row in rows if row[field["name"]]]
        if cells and all(re.match(r"\w+://|www\.|10\.\d{4,}/", cell) for cell in cells):
            pattern = re.compile(field["constraints"]["pattern"])
            assert not pattern.fullmatch("javascript:alert(1)")
            assert not pattern.fullmatch(f"{cells[0]} <b>")


@pytest.mark.parametrize("name", catalog.tables())
def test_the_newest_view_has_one_row_per_series_and_period(name):
    key = catalog.resource(name).get("vintageKey")
    assert key
    assert not catalog.table(name).duplicated(key).any()


def test_reserves_of_brazil_changed_inside_one_edition():
    """USGS MCS 2026 revision history: version 1.3 of 27 May 2026 cut Brazil from 21 to 11 Mt."""
    revised = dt.date(2026, 5, 27)
    before, after = (catalog.table("reserves", day) for day in (revised - DAY, revised))
    for frame, brazil, world in ((before, 21e6, 85e6), (after, 11e6, 75e6)):
        usgs = frame[frame.series == "usgs_mcs"].set_index("iso3")
        assert usgs.loc["BRA", "value_t_reo"] == brazil
        assert usgs.loc["WLD", "value_t_reo"] == world
        assert usgs.loc["WLD", "qualifier"] == ">"


def test_australian_output_of_2024_was_rewritten_a_year_later():
    """13,000 t in MCS 2025 (31 January 2025), 29,000 t in MCS 2026 (6 February 2026)."""

    def australia(day):
        frame = catalog.table("mine_production", day)
        return frame[(frame.series == "usgs_mcs") & (frame.iso3 == "AUS") & (frame.year == 2024)]["value"].tolist()

    assert australia("2025-06-30") == [13_000]
    assert australia("2026-02-06") == [29_000]


def test_what_is_not_available_is_not_zero():
    """USGS MCS 2026 prints NA for the reserves of India and Burma."""
    frame = catalog.table("reserves")
    listed = frame[frame.series == "usgs_mcs"].set_index("iso3")
    for country in ("IND", "MMR"):
        assert listed.loc[country, "qualifier"] == "NA"
        assert listed["value_t_reo"].isna()[country]


def test_no_rows_of_un_comtrade_are_republished():
    """Its terms restrict redistribution in bulk: shares are published, flows are not."""
    whole = {"baci", "usitc", "hmrc", "us_census", "eurostat"}  # each may be passed on, with its credit
    assert set(catalog.table("trade_flows")["dataset"]) == whole


def test_a_correction_applies_from_the_day_it_was_known():
    """Neodymium oxide 2021 stood at 49 USD/kg, the figure of 2020, until MCS 2024 of 31 January 2024 printed 98."""

    def price(day, edition):
        frame = catalog.table("us_salient", day, vintages="all")
        row = (frame.series == "price.neodymium_oxide") & (frame.year == 2021) & (frame.edition == edition)
        return frame[row & (frame.commodity == "rare earths")]["value"].tolist()

    assert price("2023-06-30", "MCS2023") == [49]
    assert price("2024-06-30", "MCS2023") == [98]
