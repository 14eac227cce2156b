"""CEPII BACI: the yearly CSV after the notes of CEPII (t, i, j, k, v in thousand USD, q in tonnes), and real rows.

`files/baci_2024_isl_lva.parquet` holds what Iceland and Latvia imported, as CEPII published it in version 202601
(Etalab Open Licence 2.0); all other figures are made up.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.devtools.bench.baci import write_year
from lib.importers import baci_scan, followed
from lib.importers.files import File
from lib.tables import values
from tests.importers.handed_in import FILES, figures, found_in, found_in_text, refusal, rows_of_table

KEY = ("reporter", "partner", "hs_code", "year", "flow", "valuation", "hs_revision", "flags")
GOOD = """t,i,j,k,v,q
2023,4,842,010121,0.001,NA
2023,156,276,850511,289340.501,5512.75
2023,156,276,850512,1,2.5
2023,156,842,284690,85,
2023,156,842,850511,366300.1,NA
2023,490,842,850511,12,0.5
2023,842,4,850511,0.25,0.001
"""


def test_real_rows_are_those_of_the_table():
    found = found_in(FILES / "baci_2024_isl_lva.parquet")
    known = [
        row
        for reporter in ("ISL", "LVA")
        for row in rows_of_table("trade_flows", dataset="baci", year="2024", reporter=reporter)
    ]
    columns = ("weight_kg", "value_usd", "value")
    assert figures([dict(row.cells) for row in found.rows], KEY, columns) == figures(known, KEY, columns)
    assert found.left_out["other product codes"] > 0


def test_a_data_folder_without_the_table_has_the_economies_of_the_book(tmp_path, monkeypatch):
    of_book = followed.importers()
    monkeypatch.setenv("BOOK_DATA", str(tmp_path))
    assert followed.importers() == of_book


def test_a_year_is_read_in_thousand_usd_and_tonnes(tmp_path):
    found = found_in_text(tmp_path, GOOD)
    rows = {(row.cells["partner"], row.cells["reporter"], row.cells["hs_code"]): row for row in found.rows}
    assert set(rows) == {
        ("CHN", "DEU", "850511"),
        ("CHN", "USA", "284690"),
        ("CHN", "USA", "850511"),
        ("TWN", "USA", "850511"),
    }
    germany = rows["CHN", "DEU", "850511"]
    assert (germany.cells["value_usd"], germany.cells["weight_kg"], germany.line) == ("289340501", "5512750", 3)
    assert rows["CHN", "USA", "284690"].cells["weight_kg"] == ""
    assert rows["CHN", "USA", "850511"].cells["flags"] == "baci_reconciled;no_weight"
    assert found.left_out["other product codes"] == 2
    assert found.left_out["importers that the book does not cover"] == 1


def test_the_newest_code_tells_the_nomenclature(tmp_path):
    with_car = GOOD.replace("010121,0.001", "870380,0.001")
    assert {row.cells["hs_revision"] for row in found_in_text(tmp_path, with_car).rows} == {"HS2017"}
    with_phone = with_car.replace("850512", "851713")
    assert {row.cells["hs_revision"] for row in found_in_text(tmp_path, with_phone).rows} == {"HS2022"}
    unknown = GOOD.replace("2023,", "2025,")
    assert {row.cells["hs_revision"] for row in found_in_text(tmp_path, unknown).rows} == {""}


@pytest.mark.parametrize(
    ("before", "after", "row", "column"),
    [
        ("2023,156,276,850511,289340.501", "2023,156,276,850511,-289340.501", 3, "v"),
        ("2.5\n", "-2.5\n", 4, "q"),
        ("2.5\n", "2.5 t\n", 4, "q"),
        ("2.5\n", "1NA\n", 4, "q"),
        ("2.5\n", "2.5.1\n", 4, "q"),
        ("2.5\n", "2.\n", 4, "q"),
        ("850512,1,", "850512,,", 4, "v"),
        ("850512,1,", "850512,1e3,", 4, "v"),
        ("850512,1,", "8505.2,1,", 4, "k"),
        ("850512,1,", "85051,2,1,", 4, ""),
        ("2023,156,276,850512", "2023,China,276,850512", 4, "i"),
        ("2023,156,276,850512", "2023,1560,276,850512", 4, "i"),
        ("2023,156,276,850512", "2023,,276,850512", 4, "i"),
        ("2023,156,276,850512", "2022,156,276,850512", 4, "t"),
        ("2023,156,276,850512,1,2.5", "2023,156,276,850512,1", 4, ""),
        ("2023,156,276,850512,1,2.5", "", 4, ""),
        ("2023,4,842", "23,4,842", 2, "t"),
        ("2023,490,842,850511,12", "2023,999,842,850511,99012", 7, "i"),
    ],
)
def test_a_row_that_is_no_row_is_told_with_its_line(tmp_path, before, after, row, column):
    assert GOOD.count(before) == 1
    problem = refusal(tmp_path, GOOD.replace(before, after))
    assert (problem.row, problem.column) == (row, column)


def test_a_flow_that_stands_twice_is_refused_with_its_line(tmp_path):
    lines = GOOD.splitlines(keepends=True)
    assert refusal(tmp_path, "".join([*lines[:3], lines[2], *lines[3:]])).row == 4
    apart = refusal(tmp_path, "".join([*lines, lines[2]]))
    assert (apart.rule, apart.row) == ("row-twice", len(lines) + 1)


def test_rows_in_another_order_are_the_same_rows(tmp_path):
    header, *lines = GOOD.splitlines(keepends=True)
    turned = found_in_text(tmp_path, "".join([header, *reversed(lines)]))
    rows = [row.cells for row in found_in_text(tmp_path, GOOD).rows]
    assert sorted(map(str, rows)) == sorted(str(row.cells) for row in turned.rows)


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    for cut in (1, 3, 20):
        assert refusal(tmp_path, GOOD[:-cut]).rule == "truncated"
    assert refusal(tmp_path, "t,i,j,k,v,q\n").rule == "no-rows"


def test_other_columns_and_futures_are_refused(tmp_path):
    assert refusal(tmp_path, GOOD.replace("t,i,j,k,v,q", "t,j,i,k,v,q")).rule == "format-unknown"
    assert refusal(tmp_path, GOOD.replace("2023,", "2098,")).rule == "future"


def test_the_forms_of_older_editions_are_read(tmp_path):
    """Blanks before numbers, codes without their first zero, other line ends."""
    rows = [row.cells for row in found_in_text(tmp_path, GOOD).rows]
    padded = GOOD.replace(",NA", ",           NA").replace(",1,2.5", ",    1.000,  2.5")
    for text in (padded, GOOD.replace("010121", "10121"), GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD):
        assert [row.cells for row in found_in_text(tmp_path, text).rows] == rows


def test_an_extract_by_letters_needs_its_year(tmp_path):
    text = "i,j,cmd,value\nCHN,DEU,850511,498.99999999999994\nNA,DEU,850511,7\nCHN,DEU,100199,1\n"
    assert refusal(tmp_path, text).rule == "year-missing"
    dated = "year," + text.replace("\nC", "\n2022,C").replace("\nN", "\n2022,N")
    found = found_in_text(tmp_path, dated)
    assert {row.cells["partner"]: row.cells["value_usd"] for row in found.rows} == {"CHN": "499", "NAM": "7"}
    assert refusal(tmp_path, dated + "2022,CHN,DEU,850511,5\n").rule == "row-twice"
    assert refusal(tmp_path, dated + "2022,XXX,DEU,850511,500\n").row == 5


def test_tables_of_codes_hold_no_rows(tmp_path):
    text = "country_code,country_name,country_iso2,country_iso3\n4,Afghanistan,AF,AFG\n998,Atlantis,AT,ATL\n"
    found = found_in_text(tmp_path, text)
    assert not found.rows
    assert "Atlantis" in found.notes[0]
    assert not found_in_text(tmp_path, 'code,description\n010121,"Horses: live, pure-bred"\n').rows


def parquet(path: Path, *rows: tuple) -> Path:
    import duckdb

    values = ", ".join(f"({', '.join(repr(cell) if cell is not None else 'NULL' for cell in row)})" for row in rows)
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * FROM (VALUES {values}) AS f(year, exporter, importer, hs6, value_kusd, qty_t)) "
            f"TO '{path}' (FORMAT parquet)"
        )
    return path


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ((2024, "CHN", "USA", "850511", -1.0, 2.0), "unexpected-value"),
        ((2024, "CHN", "USA", "850511", 1.0, -2.0), "unexpected-value"),
        ((2024, "China", "USA", "850511", 1.0, 2.0), "unexpected-value"),
        ((2024, "CHN", "USA", "magnets", 1.0, 2.0), "unexpected-value"),
        ((2024, "CHN", "DEU", "850511", 3.0, 2.0), "row-twice"),
        ((2024, "QQQ", "DEU", "850511", 3.0, 2.0), "country-unknown"),
    ],
)
def test_a_bad_row_of_a_parquet_file_is_refused(tmp_path, row, rule):
    path = parquet(tmp_path / "flows", (2024, "CHN", "DEU", "850511", 1.0, None), row)
    assert refusal(tmp_path, path.read_bytes()).rule == rule


def by_rows(text: str) -> list[tuple[int, str, str, str]]:
    """What is kept of a yearly file, read row by row."""
    rows = list(csv.reader(io.StringIO(text)))[1:]
    return [
        (line, row[3], str(Decimal(row[4]) * 1000), row[5])
        for line, row in enumerate(rows, 2)
        if row[3] in followed.CODES
    ]


numbers = st.integers(0, 10**9).map(lambda mills: format(Decimal(mills) / 1000, "f"))
keys = st.tuples(
    st.integers(4, 894), st.integers(4, 894), st.sampled_from([*followed.CODES, "010121", "850512", "970500"])
)


@given(
    st.dictionaries(keys, st.tuples(numbers, st.one_of(numbers, st.just("NA"), st.just(""))), min_size=1, max_size=60)
)
def test_blocks_of_any_size_keep_what_reading_by_rows_keeps(tmp_path_factory, flows):
    text = "t,i,j,k,v,q\n" + "".join(f"2023,{i},{j},{k},{v},{q}\n" for (i, j, k), (v, q) in sorted(flows.items()))
    path = tmp_path_factory.mktemp("baci") / "year"
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        for size in (40, 64, 257, 1 << 19):
            patched.setattr(baci_scan, "BLOCK", size)
            scan = baci_scan.scan(File("year", path, ""), followed.CODES)
            assert scan.rows == len(flows)
            kept = [(line, *row[3:]) for line, row in scan.kept]
            assert [(line, k, str(Decimal(v) * 1000), q) for line, k, v, q in kept] == by_rows(text)


@given(st.integers(1, 3000), st.sampled_from(["-1", "x", "", "1.2.3", "1,2", "NA"]))
def test_a_bad_value_anywhere_is_found_with_its_line(tmp_path_factory, place, bad):
    path = write_year(tmp_path_factory.mktemp("baci") / "year", 3000)
    lines = path.read_text().splitlines()
    cells = lines[place].split(",")
    cells[4] = bad
    lines[place] = ",".join(cells)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(baci_scan, "BLOCK", 4096)
        problem = refusal(path.parent, "\n".join(lines) + "\n")
    assert problem.row == place + 1


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([*"0123456789.,NA\n -x", ""])), min_size=1, max_size=3),
    st.booleans(),
)
def test_a_damaged_file_is_taken_only_where_each_row_has_its_form(tmp_path_factory, changes, inserted):
    """Rows of the yearly file after the notes of CEPII: a year, two numbers, a code, a value, a quantity or `NA`."""
    header, body = GOOD.split("\n", 1)
    for at, letter in changes:
        place = at % (len(body) - 1)
        body = body[:place] + letter + body[place + (not inserted) :]
    row = r"2023,\d{1,3},\d{1,3},\d{5,6},\d+(\.\d+)?,(\d+(\.\d+)?|NA|)"
    plain = re.sub("(?<=,) +", "", body)
    sound = all(re.fullmatch(row, line) for line in plain.removesuffix("\n").split("\n"))
    path = tmp_path_factory.mktemp("baci") / "year"
    path.write_text(f"{header}\n{body}")
    forms = baci_scan._forms("2023", followed.CODES)
    source = baci_scan.Source(path, len(header) + 1, path.stat().st_size, "2023", *forms)
    assert (baci_scan._block(source, source.start).bad is None) == sound


def test_the_made_up_year_is_always_the_same_and_in_order(tmp_path):
    one, other = write_year(tmp_path / "one", 5000), write_year(tmp_path / "other", 5000)
    assert one.read_bytes() == other.read_bytes()
    found = found_in(one)
    assert found.left_out["other product codes"] > 4000


NAMES = (
    *("BACI*.parquet", "BACI?2024.parquet", "BACI[12].parquet", "[!a]*.parquet", "BACI{a,b}.parquet", "**", " *"),
    *("it's.parquet", "a,b.parquet", "s\\*.parquet", "BACI%20*.parquet", "year=1999.parquet", "file:*.parquet"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_the_name_of_one_file_and_no_pattern(tmp_path, name):
    folder = tmp_path / "t=1999"  # DuckDB takes such a folder for a column
    folder.mkdir()
    for other in ("BACI1.parquet", "BACI2.parquet", "BACIx2024.parquet", "b.parquet", "BACIa.parquet", "sx.parquet"):
        parquet(folder / other, (2024, "CHN", "FRA", "850511", 1.0, None))
    path = parquet(folder / "made", (2024, "CHN", "DEU", "850511", 2.0, None)).rename(folder / name)
    assert [(row.cells["reporter"], row.cells["year"]) for row in found_in(path).rows] == [("DEU", "2024")]


@settings(max_examples=10)
@given(st.text(st.sampled_from("*?[]!{}'\",;%~$#&=\\- abc1é"), min_size=1, max_size=12))
def test_no_name_reads_another_file(name):
    assume(values.name_fault(name) is None)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ONE, Path(folder) / "beside.parquet")
        path = Path(folder) / name
        path.write_bytes(ONE.read_bytes())
        assert len(found_in(path).rows) == len(found_in(ONE).rows)


ONE = FILES / "baci_2024_isl_lva.parquet"
