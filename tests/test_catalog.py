"""The second clock: a table as of a day holds what was public by then, and nothing else."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import run
from lib.tables import catalog
from tests import small_data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = small_data.write(tmp_path / "data")
    monkeypatch.setenv("BOOK_DATA", str(folder))
    return folder


def output(frame, iso3, series="survey"):
    return frame[(frame.iso3 == iso3) & (frame.series == series)]["value"].tolist()


def test_the_newest_figure_published_by_the_day_wins(folder):
    assert output(catalog.table("output", "2025-06-30"), "AUS") == [13000]
    assert output(catalog.table("output", "2026-06-30"), "AUS") == [29000]
    assert output(catalog.table("output"), "AUS") == [29000]


def test_series_are_never_merged(folder):
    assert output(catalog.table("output"), "AUS", series="quoted") == [113000]


def test_a_row_may_have_a_day_of_its_own(folder):
    frame = catalog.table("output", "2026-02-28", vintages="all")
    assert len(output(frame, "CHN")) == 1


def test_all_vintages_are_kept_on_request(folder):
    assert output(catalog.table("output", vintages="all"), "AUS") == [13000, 29000]


def test_types_marks_and_line_numbers(folder):
    frame = catalog.table("output")
    assert frame["value"].dtype == "float64"
    assert frame["year"].dtype == "Int64"
    assert frame.attrs == {"table": "output", "as_of": None}
    line = frame.index[frame.iso3 == "IND"][0]
    assert (folder / "output.csv").read_text().splitlines()[line - 1].startswith("survey,2026,IND")
    india = frame.loc[line]
    assert pd.isna(india["value"])
    assert (india["qualifier"], india["confidence"]) == ("NA", "high")
    assert frame["published"].notna().all()


def test_before_the_first_day_it_says_from_when_data_start(folder):
    with pytest.raises(catalog.NoDataYet, match="2025-01-31") as error:
        catalog.table("output", "2020-01-01")
    assert error.value.starts == dt.date(2025, 1, 31)


def test_an_unknown_table_names_the_nearest(folder):
    with pytest.raises(catalog.UnknownTable, match="output"):
        catalog.table("outputs")


@pytest.mark.parametrize("day", ["2025-02-30", "yesterday", "2025"])
def test_a_day_that_is_none_is_refused(folder, day):
    with pytest.raises(ValueError, match="as_of must be a day"):
        catalog.table("output", day)


def test_it_knows_which_tables_were_read(folder):
    run.start()
    assert catalog.tables_read() == {}
    for day in ("2026-06-30", "2025-06-30"):
        catalog.table("output", day, vintages="all")
    assert catalog.tables_read() == {"output": dt.date(2026, 6, 30)}, "the latest day says how much of it was seen"
    catalog.table("output")
    assert catalog.tables_read() == {"output": None}


def test_who_asks_when_a_table_begins_has_seen_it_up_to_that_day(folder):
    run.start()
    with pytest.raises(catalog.NoDataYet):
        catalog.table("output", "1990-01-01")
    assert catalog.tables_read() == {"output": dt.date(2025, 1, 31)}


def test_who_asks_when_what_is_not_there_begins_has_seen_all_of_it(folder):
    run.start()
    assert catalog.starts("output", lambda rows: rows[rows["iso3"] == "ATA"]) is None
    assert catalog.tables_read() == {"output": None}, "any later row may be the first"


def test_a_past_day_has_the_newest_reading_of_what_was_public_by_then(folder):
    listed = catalog.sources()
    for day in ("2025-06-30", "2026-06-30"):
        known = listed[listed["published"] <= day]
        assert catalog.vintage(dt.date.fromisoformat(day)) == known["accessed"].max().date()
    assert catalog.vintage(dt.date(1990, 1, 1)) == catalog.vintage() == listed["accessed"].max().date()


def test_a_table_handed_out_is_a_copy(folder):
    frame = catalog.table("output")
    frame.loc[:, "value"] = 0
    assert output(catalog.table("output"), "AUS") == [29000]


def test_a_changed_file_is_read_again(folder):
    assert output(catalog.table("output"), "AUS") == [29000]
    path = folder / "output.csv"
    path.write_text(path.read_text().replace("29000", "290001"))
    assert output(catalog.table("output"), "AUS") == [290001]


def test_a_known_mistake_is_corrected_and_marked(folder):
    assert output(catalog.table("output"), "AUS", series="quoted") == [113000]
    match = '"{""series"": ""quoted"", ""iso3"": ""AUS""}"'
    line = f"glued,output,{match},value,113000,13000,footnote digit glued to the number,early,,\n"
    (folder / "corrections.csv").write_text(small_data.CORRECTIONS + line)
    frame = catalog.table("output")
    assert output(frame, "AUS", series="quoted") == [13000]
    assert frame["corrected_by"].fillna("").tolist().count("glued") == 1


@settings(max_examples=40, deadline=None)
@given(st.dates(dt.date(2021, 1, 1), dt.date(2026, 12, 31)), st.dates(dt.date(2021, 1, 1), dt.date(2026, 12, 31)))
def test_nothing_is_known_before_it_is_published_and_nothing_is_forgotten(one, other):
    """On the real mine production: a later day knows every series and period that an earlier day knew."""
    earlier, later = sorted((one, other))
    try:
        before = catalog.table("mine_production", earlier)
    except catalog.NoDataYet:
        return
    after = catalog.table("mine_production", later)
    key = catalog.resource("mine_production")["vintageKey"]
    assert (before["published"] <= pd.Timestamp(earlier)).all()
    assert not before.duplicated(key).any()
    merged = before.merge(after, on=key, how="left", suffixes=("", "_later"))
    assert (merged["published_later"] >= merged["published"]).all()
