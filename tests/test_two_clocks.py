"""The two clocks: on no day is a figure known that became public later, and on every day the newest one is."""

from __future__ import annotations

import csv
import datetime as dt
import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.tables import catalog, checks, snapshot
from lib.tables.dictionary import read_sources

DATA = Path(__file__).resolve().parents[1] / "data"
TABLES = catalog.tables()
NOW = catalog.vintage()
DAYS = st.dates(dt.date(1986, 1, 1), NOW)


@cache
def sources() -> dict[str, dict[str, str]]:
    return read_sources(DATA)


@cache
def printed(name: str) -> list[tuple[int, str, dict[str, str]]]:
    """Line, day and cells of each row of a file, read without the catalog."""
    with (DATA / catalog.resource(name)["path"]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    days = (row.get("published") or sources().get(row.get("source_id", ""), {}).get("published", "") for row in rows)
    return [(line, day, row) for line, (day, row) in enumerate(zip(days, rows, strict=True), start=2)]


def rows_known(name: str, day: dt.date) -> list[tuple[int, str, dict[str, str]]]:
    timeless = catalog.resource(name).get("timeless")
    return [entry for entry in printed(name) if timeless or entry[1] <= day.isoformat()]


@given(st.sampled_from(TABLES), DAYS)
@settings(max_examples=150)
def test_no_row_is_later_than_the_day_and_none_that_was_public_is_missing(name, day):
    expected = [line for line, _, _ in rows_known(name, day)]
    if not expected:
        with pytest.raises(catalog.NoDataYet):
            catalog.table(name, day)
        return
    frame = catalog.table(name, day, vintages="all")
    assert list(frame.index) == expected
    if not catalog.resource(name).get("timeless"):
        assert frame["published"].max().date() <= day


@given(st.sampled_from(TABLES), DAYS)
@settings(max_examples=150)
def test_of_each_series_and_period_the_last_figure_known_counts(name, day):
    key = catalog.resource(name).get("vintageKey")
    newest: dict[tuple, tuple[str, int]] = {}
    for line, published, row in rows_known(name, day):
        place = tuple(row[column] for column in key)
        newest[place] = max(newest.get(place, ("", 0)), (published, line))
    if newest:
        wanted = set(printed_lines(name)) if catalog.resource(name).get("timeless") else {n for _, n in newest.values()}
        assert set(catalog.table(name, day).index) == wanted


def printed_lines(name: str) -> list[int]:
    return [line for line, _, _ in printed(name)]


@pytest.mark.parametrize("name", sorted(set(catalog.corrections()["table"])))
@given(day=DAYS)
@example(day=dt.date(2024, 1, 30))
@example(day=dt.date(2024, 1, 31))
def test_a_correction_applies_from_the_day_it_was_found_and_not_before(name, day):
    try:
        frame = catalog.table(name, day, vintages="all")
    except catalog.NoDataYet:
        return
    listed = catalog.corrections()
    for correction in listed[listed["table"] == name].to_dict("records"):
        found = sources()[correction["source_id"]]["published"] <= day.isoformat()
        for _, row in catalog.matching_rows(frame, json.loads(correction["match"])).iterrows():
            assert row.get("corrected_by", "") == (correction["id"] if found else "")
            told = pd.to_numeric(correction["corrected" if found else "printed"])  # no figure where none is known
            assert row[correction["column"]] == told or (pd.isna(told) and pd.isna(row[correction["column"]]))


def test_nothing_in_the_tables_is_later_than_the_day_up_to_which_sources_were_read():
    """So that no day is the same as the day of today, and a book without one may say which day it is of."""
    late = {name: max(day for _, day, _ in printed(name)) for name in TABLES}
    assert {name: day for name, day in late.items() if day > NOW.isoformat()} == {}


@given(st.sampled_from(TABLES))
@settings(max_examples=len(TABLES))
def test_today_and_no_day_are_the_same(name):
    assert catalog.table(name, NOW).equals(catalog.table(name))


@pytest.mark.parametrize("day", ["2012-06-30", "2023-06-30", "2026-03-01"])
def test_the_tables_as_known_on_a_day_are_a_data_folder_of_their_own(tmp_path, monkeypatch, day):
    """What an edition has to take away passes the check, and the catalog reads in it what it reads as of the day."""
    snapshot.write(DATA, day, tmp_path / "known")
    assert checks.check(tmp_path / "known") == []
    whole = {}
    for name in TABLES:
        try:
            whole[name] = catalog.table(name, day)
        except catalog.NoDataYet:
            whole[name] = None
    monkeypatch.setenv("BOOK_DATA", str(tmp_path / "known"))
    for name, expected in whole.items():
        if catalog.resource(name).get("timeless"):  # rows that point to what was not public yet are left out
            continue
        if expected is None:
            assert catalog.starts(name) is None
            continue
        found = catalog.table(name)
        for frame in (found, expected):
            frame.attrs.clear()
        shared = [column for column in expected if column != "corrected_by"]
        pd.testing.assert_frame_equal(
            found[shared].reset_index(drop=True), expected[shared].reset_index(drop=True), check_dtype=False, obj=name
        )
