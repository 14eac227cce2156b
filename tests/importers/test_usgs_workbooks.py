"""The USGS workbooks on rare earths: both files are the originals (public domain), the oracle is the tables."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.importers import File, Refused, opened, recognised
from tests.importers.usgs_oracle import FILES, assert_same, in_book, in_file, read, told

HISTORY = FILES / "ds140-rare-earths-2020.xlsx"
YEARBOOK = FILES / "myb1-2022-raree-ert.xlsx"


def of(source: str, **fixed: str):
    return lambda row: row["source_id"] == source and all(row[name] == value for name, value in fixed.items())


@pytest.fixture
def edited(monkeypatch):
    """Read a workbook whose cells were changed: `edited(path, {(sheet, row, column): value})`, counted from 0."""

    def read_edited(path: Path, changes: dict[tuple[str, int, int], object], drop=(), do=read):
        original = File.sheets

        def sheets(file):
            pages = copy.deepcopy(original(file))
            for (name, row, column), value in changes.items():
                pages[name][row][column] = value
            for name, row in drop:
                del pages[name][row:]
            return pages

        with monkeypatch.context() as patch:
            patch.setattr(File, "sheets", sheets)
            return do(path)

    return read_edited


class TestHistory:
    def test_it_gives_the_rows_of_the_book_all_of_them_and_no_other(self):
        found = read(HISTORY)
        assert assert_same(found, "us_history", of("usgs-ds140-2020")) == 847
        assert assert_same(found, "mine_production", of("usgs-ds140-2020")) == 242

    def test_the_file_tells_its_edition_and_its_day(self):
        publication = read(HISTORY).publication
        assert (publication.edition, publication.source_id) == ("DS140-2020", "usgs-ds140-2020")
        assert publication.published == dt.date(2023, 9, 27)

    def test_a_later_edition_has_its_own_name(self, edited):
        years = {("Rare earths", row, 0): float(1900 + row - 5 + 1) for row in range(5, 126)}
        publication = edited(HISTORY, years).publication
        assert (publication.edition, publication.source_id) == ("DS140-2021", "usgs-ds140-2021")

    @pytest.mark.parametrize(
        ("row", "column", "value", "rule"),
        [
            (6, 1, -187.0, "number"),
            (6, 1, "", "cell-empty"),
            (6, 1, "about 200", "number"),
            (6, 1, True, "cell-unknown"),
            (6, 1, dt.datetime(2020, 1, 1), "cell-unknown"),
            (6, 1, "=A1", "formula"),
            (6, 0, 1903.0, "year"),
            (6, 0, 2901.0, "unexpected-value"),
            (4, 1, "Consumption", "column-missing"),
            (4, 0, "Period", "table-missing"),
            (2, 0, "[All quantities in short tons]", "unit"),
            (0, 0, "COPPER STATISTICS1", "nothing-followed"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, edited, row, column, value, rule):
        with pytest.raises(Refused) as refusal:
            edited(HISTORY, {("Rare earths", row, column): value})
        assert [problem.rule for problem in refusal.value.problems] == [rule]


class TestYearbook:
    def test_it_gives_the_rows_of_the_book_all_of_them_and_no_other(self):
        found = read(YEARBOOK)
        assert assert_same(found, "mine_production", of("usgs-myb2022-tables")) == 65
        assert assert_same(found, "deposits", of("usgs-myb2022-tables")) == 195
        assert assert_same(found, "us_salient", of("usgs-myb2022-tables")) == 82

    def test_all_marks_are_those_of_the_book(self):
        found = read(YEARBOOK)
        for table in ("mine_production", "us_salient"):
            book = in_book(table, of("usgs-myb2022-tables"))
            for key, cells in in_file(found, table).items():
                assert cells["qualifier"] == book[key]["qualifier"], key

    def test_the_file_tells_its_edition_and_its_day(self):
        publication = read(YEARBOOK).publication
        assert (publication.edition, publication.source_id) == ("MYB2022", "usgs-myb2022-tables")
        assert publication.published == dt.date(2025, 3, 19)

    def test_the_price_of_mischmetal_is_in_dollars_though_labelled_as_tons(self):
        [prices] = [
            {c["year"]: c for k, c in in_file(read(YEARBOOK), "us_salient").items() if k[1] == "price.mischmetal"}
        ]
        assert {cells["unit"] for cells in prices.values()} == {"USD/kg"}
        assert all("metric tons" in cells["note"] for cells in prices.values())

    def test_a_label_that_was_repaired_needs_no_note(self, edited):
        found = edited(YEARBOOK, {("T1", 23, 1): "do."})
        notes = {c["note"] for k, c in in_file(found, "us_salient").items() if k[1] == "price.mischmetal"}
        assert notes == {""}

    def test_tables_of_trade_are_counted_not_taken(self):
        assert any("trade" in reason and count == 4 for reason, count in read(YEARBOOK).left_out.items())

    @pytest.mark.parametrize(
        ("sheet", "row", "column", "value", "rule"),
        [
            ("T8", 6, 2, -21000.0, "number"),
            ("T8", 6, 2, "", "cell-empty"),
            ("T8", 6, 0, "Atlantise", "country-unknown"),
            ("T8", 7, 0, "Australiae", "row-doubled"),
            ("T8", 6, 3, "q", "mark-unknown"),
            ("T8", 5, 4, 2018.0, "column-twice"),
            ("T8", 3, 0, "(Kilograms)", "unit"),
            ("Note", 5, 0, "2021 Annual Tables", "year"),
            ("T1", 22, 1, "metric tons", "unit"),
            ("T1", 3, 3, "2099", "future"),
            ("T3", 6, 0, "Unobtainium4", "product-unknown"),
            ("T3", 2, 0, "(Euros per kilogram)", "unit"),
            ("T2", 6, 6, "Lanthanum", "table-missing"),
            ("T2", 7, 2, "Atlantis", "country-unknown"),
            ("T2", 7, 8, "=1+1", "formula"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, edited, sheet, row, column, value, rule):
        with pytest.raises(Refused) as refusal:
            edited(YEARBOOK, {(sheet, row, column): value})
        assert {problem.rule for problem in refusal.value.problems} == {rule}
        assert all(problem.file and problem.remedy for problem in refusal.value.problems)

    def test_a_table_without_its_total_was_cut_off(self, edited):
        with pytest.raises(Refused) as refusal:
            edited(YEARBOOK, {}, drop=[("T8", 12)])
        assert refusal.value.problems[0].rule == "truncated"

    def test_a_row_that_no_series_holds_is_counted_and_the_rest_read(self, edited):
        found = edited(YEARBOOK, {("T1", 8, 0): "Terbium compounds"})
        assert any("Terbium compounds" in reason for reason in found.left_out)
        assert len(in_file(found, "us_salient")) == 82 - 5


@pytest.mark.parametrize("path", [HISTORY, YEARBOOK], ids=lambda path: path.name)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_cell_holds_the_file_is_read_or_refused(edited, path, data):
    with opened(path) as [file]:
        pages = file.sheets()
    name = data.draw(st.sampled_from(sorted(name for name in pages if name not in ("T4", "T5", "T6", "T7"))))
    row = data.draw(st.integers(0, len(pages[name]) - 1))
    column = data.draw(st.integers(0, len(pages[name][row]) - 1))
    value = data.draw(
        st.one_of(
            st.floats(allow_nan=True, allow_infinity=True),
            st.text(max_size=12),
            st.booleans(),
            st.sampled_from(["", "--", "NA", "2020", "Do.", "do.", "12,000e", "1e9", "Total", "Year", "1Note"]),
        )
    )
    assert edited(path, {(name, row, column): value}, do=told)[1]


@pytest.mark.parametrize("path", [HISTORY, YEARBOOK], ids=lambda path: path.name)
def test_a_damaged_workbook_is_refused(tmp_path, path):
    damaged = tmp_path / path.name
    damaged.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Refused):
        read(damaged)


def test_neither_reader_takes_the_other_workbook():
    names = set()
    for path in (HISTORY, YEARBOOK):
        with opened(path) as [file]:
            names.add(recognised(file).name)
    assert len(names) == 2
