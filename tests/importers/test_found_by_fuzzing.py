"""Files that `make fuzz` made, or that are like them: each once ended in a traceback, a dead process or a false row."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import zipfile

import pytest

from lib.importers import Refused, opened, readers, recognised, workbooks
from tests.importers import (
    handed_in,
    test_baci,
    test_customs,
    test_eurostat,
    test_iea,
    test_un_comtrade,
    test_world_bank,
)
from tests.importers.handed_in import FILES, found_in, found_in_text, refusal
from tests.intake import corpus

ENDLESS = "1" * 5000
"""More digits than Python takes for a whole number."""


# ------------------------------------------------------------------------------------------- archives


def nameless():
    """A zip whose directory has one member, without a name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", b"a,b\n1,2\n")
    content = packed.getvalue()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry = bytearray(content[start : end - 1])
    entry[28] = 0
    tail = bytearray(content[end:])
    tail[12:16] = len(entry).to_bytes(4, "little")
    return content[:start] + bytes(entry) + bytes(tail)


def test_a_member_without_a_name(tmp_path):
    assert refusal(tmp_path, nameless()).rule == "archive-damaged"


def test_a_damaged_member_in_a_packing_that_is_seldom_used(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("rows.csv", b"series,edition,iso3,year,value_t_reo,qualifier\n" * 20)
    content = bytearray(packed.getvalue())
    place = content.index(b"rows.csv") + len("rows.csv") + 9  # behind the properties of LZMA
    content[place : place + 12] = b"\xff" * 12
    assert refusal(tmp_path, bytes(content)).rule == "archive-damaged"


# ------------------------------------------------------------------------------------------- workbooks


def with_sheet(folder, change):
    """A workbook of two cells whose sheet is changed as bytes."""
    path = handed_in.workbook(folder / "good.xlsx", {"a": [["x", 1]]})
    changed = folder / "changed.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member.filename, change(content) if "sheet1" in member.filename else content)
    return changed


def rule_of_workbook(path):
    with pytest.raises(Refused) as caught:
        workbooks.sheets(path, path.name)
    return caught.value.problems[0].rule


@pytest.mark.parametrize("place", ["XFD1048576", "Z1048576", "A99999999999", "AAAAAAAAAA1"])
def test_a_cell_far_out(tmp_path, place):
    path = with_sheet(tmp_path, lambda sheet: sheet.replace(b'r="B1"', f'r="{place}"'.encode()))
    assert path.stat().st_size < 2000
    assert rule_of_workbook(path) == "too-large"


def test_cells_far_out_that_do_not_say_where_they_are(tmp_path):
    rows = b"<row>" + b"<c/>" * 4000 + b"</row>" + b"<row/>" * 4000 + b"<row><c><v>1</v></c></row>"
    path = with_sheet(tmp_path, lambda sheet: sheet.replace(b"<sheetData>", b"<sheetData>" + rows))
    assert rule_of_workbook(path) == "too-large"


def test_very_many_sheets_that_are_one(tmp_path):
    path = handed_in.workbook(tmp_path / "many.xlsx", {f"s{i}": [["x"]] for i in range(40)})
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(far, "w") as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member).replace(b'r="A1"', b'r="CV1000"'))
    assert rule_of_workbook(far) == "too-large"


def test_a_long_text_that_very_many_cells_share(tmp_path):
    cells = b"<row>" + b'<c t="s"><v>0</v></c>' * 3000 + b"</row>"
    path = with_sheet(tmp_path, lambda sheet: sheet.replace(b"<sheetData>", b"<sheetData>" + cells))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{handed_in.MAIN}"><si><t>{"x" * 10**6}</t></si></sst>')
    assert path.stat().st_size < 10_000
    assert rule_of_workbook(path) == "too-large"


@pytest.mark.parametrize("name", ["good.ods", "good.xls", "good.xlsb", "good.csv"])
def test_the_name_of_a_workbook_tells_nothing(tmp_path, name):
    source = FILES / "ds140-rare-earths-2020.xlsx"
    shutil.copy(source, tmp_path / name)
    assert found_in(tmp_path / name).rows == found_in(source).rows


def test_a_quantity_that_no_mineral_has(tmp_path):
    sheets = test_iea.sheets()
    rows = sheets["2 Total supply for key minerals"]
    for row in rows:
        row[:] = [1e300 if isinstance(cell, float) and cell < 2000 else cell for cell in row]
    with pytest.raises(Refused) as caught:
        found_in(handed_in.workbook(tmp_path / "iea.xlsx", sheets))
    assert {problem.rule for problem in caught.value.problems} == {"number"}


def test_years_with_a_sign_that_cannot_be_seen(tmp_path):
    """Python takes it for a blank, but not before a number."""
    sheets = test_iea.sheets()
    good = found_in(handed_in.workbook(tmp_path / "good.xlsx", sheets)).rows
    head = next(row for row in sheets["2 Total supply for key minerals"] if 2030.0 in row)
    head[:] = [f"\x1c{cell:.0f}" if cell else cell for cell in head]
    assert found_in(handed_in.workbook(tmp_path / "iea.xlsx", sheets)).rows == good


# ------------------------------------------------------------------------------------------- JSON


def comtrade(**changed):
    row = dict(zip(test_un_comtrade.NEW.split(","), test_un_comtrade.new_rows()[0].split(","), strict=False))
    return {"data": [row | changed]}


def test_a_number_without_end(tmp_path):
    text = json.dumps(comtrade(primaryValue="@")).replace('"@"', ENDLESS)
    assert refusal(tmp_path, text).rule == "not-json"


def test_half_a_sign(tmp_path):
    problem = refusal(tmp_path, json.dumps(comtrade(primaryValue="\ud800")))
    assert problem.rule == "not-json"
    problem.value.encode()


def test_a_whole_sign_is_none(tmp_path):
    assert refusal(tmp_path, json.dumps(comtrade(primaryValue="\U0001f480"))).column == "primaryValue"


@pytest.mark.parametrize("name", [{"a": 1}, 5, None])
def test_a_column_whose_name_is_no_text(tmp_path, name):
    assert refusal(tmp_path, json.dumps([[*test_customs.HEADER, name], [*test_customs.CHINA, ""]])).remedy


def test_a_list_that_holds_itself_deep_down(tmp_path):
    """As deep as JSON is read, but not as it can be shown."""
    for depth in range(900, 1000, 2):
        text = json.dumps(test_world_bank.answer(("ABW", "2024", "@"))).replace('"@"', "[" * depth + "]" * depth)
        assert refusal(tmp_path, text).rule in ("not-json", "number")


# ------------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize("figure", ["9" * 400, "0." + "0" * 400 + "1", "١٢", "２０"])
def test_figures_that_are_none_in_trade(tmp_path, figure):
    for text in (
        test_baci.GOOD.replace(",12,", f",{figure},"),
        f"year,i,j,cmd,value\n2023,CHN,DEU,850511,{figure}\n",
        test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows({156: (figure, 10)})),
    ):
        assert figure in text
        assert refusal(tmp_path, text).row


@pytest.mark.parametrize("figure", ["1e99", "9" * 30])
def test_values_that_no_trade_has(tmp_path, figure):
    assert refusal(tmp_path, f"year,i,j,cmd,value\n2023,CHN,DEU,850511,{figure}\n").rule == "number"


@pytest.mark.parametrize("figure", ["1" * 100, "１２", "١٢", "13462०24"])
def test_figures_that_are_none_in_minerals(tmp_path, figure):
    text = (FILES / "mcs2024-raree_salient.csv").read_text(encoding="utf-8-sig")
    first = text.splitlines()[1].split(",")[3]
    assert refusal(tmp_path, text.replace(f",{first},", f",{figure},", 1)).rule == "number"


@pytest.mark.parametrize("score", ["9" * 400, "1e99", "-" + "9" * 29])
def test_scores_that_are_none(tmp_path, score):
    text = test_world_bank.wgi(f"CHNcc2023,CHN,China,2023,cc,{score},0.1,12,54.2,40,60")
    assert refusal(tmp_path, text).rule == "number"


def test_the_largest_sums_are_written_out(tmp_path):
    """Amounts have a limit, their sums and multiples have none."""
    rows = [test_customs.ots(Value=9e17), test_customs.ots(Value=9e17, PortId=2)]
    [row] = found_in_text(tmp_path, json.dumps({"value": rows})).rows
    assert row.cells["value"] == str(18 * 10**17)
    rows = found_in_text(tmp_path, test_baci.GOOD.replace(",12,", f",{9 * 10**17},")).rows
    assert max(int(row.cells["value_usd"]) for row in rows) == 9 * 10**20


# ------------------------------------------------------------------------------------------- readers of other files


def assert_nothing_is_found(file):
    """Also where nobody asked whether the file fits."""
    for reader in readers():
        if not reader.fits(file):
            with contextlib.suppress(Refused):
                assert not reader.read(file).rows, reader.name


@pytest.mark.parametrize(
    "content", [b"name,age\nAnna,7\n", b"[]", b"{}", b'[["a"], ["b"]]', b"0", b'"', b"x", b"PAR1PAR1"]
)
def test_no_reader_finds_rows_in_what_is_not_its_own(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with opened(tmp_path / "other") as [file]:
        with pytest.raises(Refused):
            recognised(file)
        assert_nothing_is_found(file)


def test_no_reader_finds_rows_in_a_workbook_of_others(tmp_path):
    with opened(handed_in.workbook(tmp_path / "other.xlsx", {"a": [["x", 1]]})) as [file]:
        assert_nothing_is_found(file)


# ------------------------------------------------------------------------------------------- long cells


def test_codes_of_countries_are_capital_letters(tmp_path):
    assert refusal(tmp_path, "year,i,j,cmd,value\n2023,ChN,DEU,850511,5\n").rule == "country-unknown"


def test_a_group_of_partners_that_is_very_long(tmp_path):
    """A pattern that tries each of its places takes an hour for this."""
    text = test_eurostat.text(*test_eurostat.rows())
    assert refusal(tmp_path, text.replace(",CN,", f",{'_' * 500_000}!,")).rule == "country-unknown"


def test_the_name_of_a_country_that_is_very_long(tmp_path):
    rows = list(csv.reader(io.StringIO((FILES / "mcs2024-raree_world.csv").read_text(encoding="utf-8-sig"))))
    rows[3][rows[0].index("Country")] = "1," * 400_000 + "x"
    assert refusal(tmp_path, corpus.csv_text(*rows)).rule == "country-unknown"


def test_columns_without_end(tmp_path):
    header = "year,i,j,cmd,value," + ",".join(f"c{number}" for number in range(100_000))
    assert refusal(tmp_path, f"{header}\n2023\n").rule == "too-large"


def test_an_export_of_databank_whose_header_begins_as_its_end(tmp_path):
    header = "Last Updated: 09/29/2025,Country Code,Series Code,2023 [YR2023]"
    assert refusal(tmp_path, f"{header}\nAngola,AGO,CC.EST,1\n").rule == "date-missing"
    assert refusal(tmp_path, f"{header}\nAngola,AGO,CC.EST,1\nLast Updated: 09/29/2025\n").rule == "column-unknown"
