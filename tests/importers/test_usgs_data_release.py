"""The USGS data release of all minerals since 2026: an excerpt of the original (public domain) with three others.

The oracle is the book's tables: of edition MCS2026 they hold this file, and a few rows that were read in the chapters.
"""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.importers import Refused
from tests.importers.usgs_oracle import FILES, assert_same, in_file, read, told

EXCERPT = FILES / "mcs2026_commodities_excerpt.csv.gz"
TABLE = list(csv.reader(io.StringIO(gzip.decompress(EXCERPT.read_bytes()).decode("cp1252"))))
HEADER = TABLE[0]
COPPER = next(row for row in TABLE if row[0] == "COPPER" and row[3] == "Chile" and row[7] == "2025")
SHARE = next(row for row in TABLE if row[0] == "COBALT" and row[1] == "Import Sources")
PRICE = next(row for row in TABLE if row[0] == "COBALT" and row[4] == "Price")

READ_IN_CHAPTERS = {
    "us_salient": {
        ("rare earths", "value.imports_compounds_metals", "2024"),
        ("rare earths", "value.imports_compounds_metals", "2025"),
        ("rare earths", "value.mineral_concentrates_produced", "2025"),
    },
    "mineral_production": {
        ("scandium", "oxide consumption", "WLD", "2025"),
        # The chapter says more than, the file has the bare number; the reader leaves the row out.
        ("scandium", "oxide capacity", "WLD", "2025"),
    },
    # The file calls the unit scandium oxide, the chapter scandium; the reader leaves the row out.
    "mineral_reserves": {("scandium", "economic demonstrated resources", "AUS")},
}


def of_release(row: dict[str, str]) -> bool:
    """The edition as first published: the file was not repeated when version 1.3 of the chapter changed reserves."""
    return row["edition"] == "MCS2026" and row["version"] != "v1.3"


def edited(tmp_path: Path, change=lambda row: row, table=None) -> Path:
    """The excerpt with every row changed, as the original is written: Windows-1252, CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(change(list(row)) for row in (table or TABLE))
    target = tmp_path / "file.csv"
    target.write_bytes(text.getvalue().encode("cp1252", "replace"))
    return target


def replaced(tmp_path: Path, original: list[str], changes: dict[str, str]) -> Path:
    """The excerpt with cells of one row changed."""
    other = [changes.get(name, cell) for name, cell in zip(HEADER, original, strict=True)]
    return edited(tmp_path, lambda row: other if row == original else row)


def rules(path: Path) -> set[str]:
    with pytest.raises(Refused) as refusal:
        read(path)
    return {problem.rule for problem in refusal.value.problems}


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("mine_production", 36),
        ("reserves", 18),
        ("us_salient", 750),
        ("us_import_sources", 106),
        ("mineral_production", 274),
        ("mineral_reserves", 108),
    ],
)
def test_it_gives_the_rows_of_the_book_all_of_them_and_no_other(table, rows):
    missing = frozenset(READ_IN_CHAPTERS.get(table, ()))
    assert assert_same(read(EXCERPT), table, of_release, not_in_file=missing) == rows


def test_what_the_notes_say_becomes_marks():
    cells = in_file(read(EXCERPT), "mine_production")
    assert cells["usgs_mcs", "CHN", "2024", "all"]["qualifier"] == "e;quota"
    assert cells["usgs_mcs", "CHN", "2025", "all"]["qualifier"] == "e"
    assert cells["usgs_mcs", "MMR", "2025", "all"]["qualifier"] == "e;trade"
    assert cells["usgs_mcs", "USA", "2024", "all"]["qualifier"] == "reported"
    assert cells["usgs_mcs", "CAN", "2025", "all"]["qualifier"] == "zero"


def test_less_than_half_a_unit_is_a_bound_and_included_elsewhere_is_no_figure():
    found = read(EXCERPT)
    imports = in_file(found, "us_salient")["copper", "imports.ores_concentrates", "2025"]
    assert (imports["value"], imports["qualifier"]) == ("0.5", "e;<")
    graphite = in_file(found, "mineral_reserves")["natural graphite", "reserves", "USA"]
    assert (graphite["value"], graphite["qualifier"]) == ("", "")
    assert "World total" in graphite["note"]


def test_a_range_is_two_figures():
    cells = in_file(read(EXCERPT), "mineral_production")["yttrium", "mine", "WLD", "2025"]
    assert (cells["value"], cells["value_low"], cells["value_high"]) == ("", "10000", "15000")


def test_what_is_not_taken_is_counted():
    found = read(EXCERPT)
    others = sum(row[0] in ("HELIUM AND RARE GASES", "THORIUM", "ZINC") for row in TABLE)
    assert found.left_out["minerals that the book does not cover"] == others
    assert sum(found.left_out.values()) + len(found.rows) == len(TABLE) - 1
    assert any("Economic Demonstrated Resources" in reason for reason in found.left_out)


def test_cells_that_moved_are_put_back_and_told():
    assert sum("one column too far to the left" in note for note in read(EXCERPT).notes) == 1


def test_the_edition_follows_from_the_years(tmp_path):
    def a_year_on(row):
        moved = {"2021": "2022", "2022": "2023", "2023": "2024", "2024": "2025", "2025": "2026", "2021–24": "2022–25"}
        row[7] = moved.get(row[7], row[7])
        row[4] = row[4].replace("2021-2024", "2022-2025")
        return row

    now, then = read(EXCERPT), read(edited(tmp_path, a_year_on))
    assert (now.publication.edition, now.publication.source_id) == ("MCS2026", "usgs-mcs2026-data")
    assert (then.publication.edition, then.publication.source_id) == ("MCS2027", "usgs-mcs2027-data")
    assert len(then.rows) == len(now.rows)
    assert {cells["year"] for cells in in_file(then, "reserves").values()} == {"2027"}
    assert {cells["period_end"] for cells in in_file(then, "us_import_sources").values()} == {"2025"}


def test_the_flag_of_critical_minerals_may_have_another_year(tmp_path):
    path = edited(tmp_path, lambda row: [*row[:10], row[10].replace("critical mineral 2025", "critical"), *row[11:]])
    assert len(read(path).rows) == len(read(EXCERPT).rows)


@pytest.mark.parametrize(
    ("row", "changes", "rule"),
    [
        (COPPER, {"Value": "-5"}, "number"),
        (COPPER, {"Value": ""}, "cell-empty"),
        (COPPER, {"Value": "=1+1"}, "formula"),
        (COPPER, {"Value": "s"}, "number"),
        (COPPER, {"Value": "Large"}, "number"),
        (COPPER, {"Unit": "metric tons"}, "unit"),
        (COPPER, {"Country": "Atlantis"}, "country-unknown"),
        (COPPER, {"Country": ""}, "unexpected-value"),
        (COPPER, {"Country": "Peru"}, "row-doubled"),
        (COPPER, {"Year": "2024"}, "row-doubled"),
        (COPPER, {"Year": "25"}, "unexpected-value"),
        (COPPER, {"Year": "2999"}, "unexpected-value"),
        (COPPER, {"MCS chapter": ""}, "unexpected-value"),
        (SHARE, {"Unit": "metric tons"}, "unit"),
        (SHARE, {"Year": "2024–21"}, "year"),
        (SHARE, {"Year": "2021–26"}, "year"),
        (SHARE, {"Value": "20–30"}, "number"),
        (PRICE, {"Unit": "dollars per kilogram"}, "unit"),
        (PRICE, {"Country": "Canada"}, "country"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(tmp_path, row, changes, rule):
    assert rules(replaced(tmp_path, row, changes)) == {rule}


def test_the_place_of_a_fault_is_told(tmp_path):
    with pytest.raises(Refused) as refusal:
        read(replaced(tmp_path, COPPER, {"Value": "-5"}))
    [problem] = refusal.value.problems
    assert (problem.row, problem.column, problem.value) == (TABLE.index(COPPER) + 1, "Value", "-5")


def test_a_year_that_one_row_prints_is_a_slip_not_an_edition(tmp_path):
    older = edited(tmp_path, lambda row: [*row[:7], row[7].replace("2025", "2023"), *row[8:]] if row != COPPER else row)
    assert rules(older) == {"year"}


@pytest.mark.parametrize("name", ["Value", "Unit", "Section", "Year", "Notes"])
def test_a_column_with_another_name_is_refused(tmp_path, name):
    path = edited(tmp_path, lambda row: ["Other" if cell == name else cell for cell in row] if row == HEADER else row)
    assert rules(path) == {"column-missing"}


def test_columns_may_stand_in_another_order(tmp_path):
    path = edited(tmp_path, lambda row: [*row[5:], *row[:5]])
    assert len(read(path).rows) == len(read(EXCERPT).rows)


def test_a_statistic_that_no_series_holds_is_counted(tmp_path):
    found = read(replaced(tmp_path, PRICE, {"Statistics_detail": "Price of a cobalt sulfate"}))
    assert any("cobalt sulfate" in reason for reason in found.left_out)
    assert len(found.rows) == len(read(EXCERPT).rows) - 1


def test_a_file_without_a_mineral_that_is_followed_is_refused(tmp_path):
    path = edited(tmp_path, table=[row for row in TABLE if row[0] in ("MCS chapter", "ZINC")])
    assert rules(path) == {"nothing-followed"}


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    raw = gzip.decompress(EXCERPT.read_bytes())
    (tmp_path / "file.csv").write_bytes(raw[: raw.index(b'"1,230"') + 3])
    assert rules(tmp_path / "file.csv") == {"not-csv"}
    (tmp_path / "file.csv").write_bytes(raw[: raw.index(b"\r\n") + 2])
    assert rules(tmp_path / "file.csv") == {"no-rows"}
    (tmp_path / "file.csv.gz").write_bytes(EXCERPT.read_bytes()[:9000])
    assert rules(tmp_path / "file.csv.gz") == {"archive-damaged"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_cell_holds_the_file_is_read_or_refused(tmp_path, data):
    table = [list(row) for row in TABLE]
    row = data.draw(st.integers(0, len(table) - 1))
    column = data.draw(st.integers(0, len(HEADER) - 1))
    odd = st.sampled_from(["", "NA", "s", "Yes", "—", "1–2", ">5", "2021–24", "All", "World total", "a\nb", "2025"])
    table[row][column] = data.draw(st.one_of(odd, st.text(max_size=15)))
    assert told(edited(tmp_path, table=table))[1]
