"""Files that no reader knows as they are: what a person is told, and tables that stand in the sheet of a workbook."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zipfile

import pytest

from lib.importers import Refused, readers
from lib.importers import world_bank_series as series
from tests.importers import test_baci, test_customs, test_eurostat, test_iea, test_un_comtrade, test_world_bank
from tests.importers.handed_in import csv_text, figures, found_in, found_in_text, refusal, workbook

# ------------------------------------------------------------------------------------------- the nearest reader


def without(header: str, *columns: str) -> str:
    return ",".join(name for name in header.split(",") if name not in columns) + "\n1,2,3\n"


NEAR = {
    "UN Comtrade": (without(test_un_comtrade.NEW, "netWgt", "primaryValue"), ("netWgt", "primaryValue")),
    "Eurostat Comext": (without(test_eurostat.HEADER, "indicators"), ("indicators",)),
    "BACI": ("t,i,j,v,q\n2023,1,2,3,4\n", ("k",)),
    "HMRC": ("MonthId,FlowTypeId,Cn8Code,CountryCodeAlpha,Value\n1,2,3,4,5\n", ("NetMass",)),
    "US Census Bureau": (json.dumps([test_customs.HEADER[:2], test_customs.CHINA[:2]]), ()),
    "Governance": (without(test_world_bank.WGI, "estimate"), ("estimate",)),
    "all minerals": (
        "MCS chapter,Section,Commodity,Country,Statistics,Unit,Year,Value,Notes\n1\n",
        ("Statistics_detail",),
    ),
    "British Geological Survey": (
        "country_trans,quantity,units,bgs_commodity_trans,bgs_statistic_type_trans\n1\n",
        ("year",),
    ),
}


@pytest.mark.parametrize(("name", "text", "lacks"), [(name, *case) for name, case in NEAR.items()], ids=NEAR)
def test_an_unknown_file_is_told_the_nearest_reader_and_what_it_lacks(tmp_path, name, text, lacks):
    problem = refusal(tmp_path, text)
    assert problem.rule == "format-unknown"
    if lacks:
        assert name.lower() in problem.remedy.lower()
    assert all(column in problem.remedy for column in lacks)
    assert problem.value


def test_every_reader_says_what_it_needs_or_is_told_by_its_content():
    by_content = ("own tables", "Data Series 140", "Minerals Yearbook", "table of codes")
    for reader in readers():
        assert reader.needs or any(words in reader.name for words in by_content), reader.name


def test_a_file_that_nothing_comes_near_to_shows_its_header_and_all_formats(tmp_path):
    problem = refusal(tmp_path, "name,age,shoe size\nAnna,7,30\n")
    assert problem.value == "header: name, age, shoe size"
    assert "UN Comtrade" in problem.remedy
    assert "British Geological Survey" in problem.remedy


def test_a_json_file_and_a_parquet_file_show_their_fields(tmp_path):
    assert "shoe" in refusal(tmp_path, '{"people": [{"shoe": 30}]}').value
    import duckdb

    path = tmp_path / "other.parquet"
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT 1 AS shoe, 2 AS t, 3 AS i) TO '{path}' (FORMAT parquet)")
    with pytest.raises(Refused) as caught:
        found_in(path)
    assert "shoe" in caught.value.problems[0].value


@pytest.mark.parametrize("missing", ["1 Total demand for key minerals", "2 Total supply for key minerals"])
def test_a_workbook_of_the_iea_is_told_which_sheet_it_lacks(tmp_path, missing):
    sheets = {name: rows for name, rows in test_iea.sheets().items() if name != missing}
    with pytest.raises(Refused) as caught:
        found_in(workbook(tmp_path / "explorer", sheets))
    [problem] = caught.value.problems
    assert problem.rule == "format-unknown"
    assert "IEA" in problem.remedy
    assert missing in problem.remedy
    assert "4.2 Wind" in problem.value


def test_another_workbook_of_the_iea_is_told_both(tmp_path):
    sheets = {"Notice": [["IEA (2025), Critical Minerals Data Explorer"]], "3.1 Cleantech demand": [["Sector", 2024.0]]}
    with pytest.raises(Refused, match=r"1 Total demand for key minerals, 2 Total supply"):
        found_in(workbook(tmp_path / "explorer", sheets))


# ------------------------------------------------------------------------------------------- old and packed files

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1500


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (OLE + "Workbook".encode("utf-16-le"), "old-workbook"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + b"\0" * 200, "old-workbook"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "old-workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1", "web-page"),
    ],
)
def test_an_old_workbook_is_to_be_saved_as_another_and_not_fetched_again(tmp_path, content, rule):
    problem = refusal(tmp_path, content)
    assert problem.rule == rule
    assert "fetch it again" not in problem.remedy
    if rule == "old-workbook":
        assert ".xlsx or CSV" in problem.remedy


def test_a_workbook_of_another_program_is_to_be_saved_as_xlsx(tmp_path):
    path = tmp_path / "table.ods"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", "<office/>")
    with pytest.raises(Refused, match=r"\.xlsx or CSV"):
        found_in(path)


def test_what_is_packed_twice_is_to_be_unpacked(tmp_path):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("rows.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(Refused, match="unpack it"):
        found_in(path)


# ------------------------------------------------------------------------------------------- tables in sheets


def cells_of(text: str) -> list[list[object]]:
    """The rows of a CSV file as a workbook holds them: numbers as numbers."""
    import csv
    import io

    return [[_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text))]


def _cell(cell: str) -> object:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell


IN_SHEETS = {
    "DataBank": test_world_bank.databank(test_world_bank.known_rows()[:6], test_world_bank.OLD),
    "an indicator": test_world_bank.GDP,
    "UN Comtrade": test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows()),
    "Eurostat": test_eurostat.text(*test_eurostat.rows()),
    "US Census": csv_text(test_customs.HEADER, test_customs.CHINA),
    "BACI": test_baci.GOOD.replace("2023,490,842,850511,12,0.5\n", "").replace("010121", "110121"),
}


@pytest.mark.parametrize("text", IN_SHEETS.values(), ids=IN_SHEETS)
def test_a_table_in_a_sheet_is_read_as_the_same_table_in_csv(tmp_path, text):
    plain = found_in_text(tmp_path, text)
    found = found_in(workbook(tmp_path / "book", {"Notes": [["What this is"]], "Data": cells_of(text)}))
    key = tuple(sorted({name for row in plain.rows for name in row.cells}))
    numbers = [name for name in key if name in ("value", "value_usd", "weight_kg", "share", "gdp_usd", "estimate")]
    columns = tuple(numbers)
    same = tuple(
        name for name in ("iso3", "year", "dimension", "partner", "basis", "product", "hs_code") if name in key
    )
    assert plain.rows
    assert figures([dict(r.cells) for r in found.rows], same, columns) == figures(
        [dict(r.cells) for r in plain.rows], same, columns
    )


def test_two_tables_in_one_workbook_are_not_guessed_between(tmp_path):
    cells = cells_of(IN_SHEETS["UN Comtrade"])
    with pytest.raises(Refused, match="format-ambiguous"):
        found_in(workbook(tmp_path / "book", {"2023": cells, "2024": cells}))


def test_gdp_of_an_export_of_databank_as_a_workbook(tmp_path, monkeypatch):
    """China in 1960 in the site's own export of 2016; the table begins later."""
    header = ["Series Name", "Series Code", "Country Name", "Country Code", "1960 [YR1960]", "2014 [YR2014]"]
    china = ["GDP at market prices (current US$)", series.GDP, "China", "CHN", 59184116488.99769, 10354831729340.432]
    rows = [
        header,
        china,
        [None],
        [None],
        ["Data from database: World Development Indicators"],
        ["Last Updated: 04/11/2016"],
    ]
    path = workbook(tmp_path / "book", {"Data": rows, "Sheet1": [["Country Code", "CHN"], [2014.0, 1.0]]})
    assert {row.cells["year"] for row in found_in(path).rows} == {"2014"}
    monkeypatch.setattr(series, "FIRST_YEAR", 1960)
    found = found_in(path)
    told = {row.cells["year"]: round(float(row.cells["gdp_usd"])) for row in found.rows}
    assert told == {"1960": 59_184_116_489, "2014": 10_354_831_729_340}
    assert found.publication.published == dt.date(2016, 4, 11)


# ------------------------------------------------------------------------------------------- layouts before


def test_an_indicator_without_the_lines_above_it(tmp_path):
    bare = test_world_bank.GDP.split("\n\n")[2]
    found, whole = found_in_text(tmp_path, bare), found_in_text(tmp_path, test_world_bank.GDP)
    assert [row.cells for row in found.rows] == [row.cells for row in whole.rows]
    assert found.publication.published is None
    assert found.publication.source_id == "wb-gdp-to-2024"


def test_indicators_in_bulk_are_read_as_far_as_the_book_follows_them(tmp_path):
    header = '"Country Name","Country Code","Indicator Name","Indicator Code","1996","2023",'
    rows = [
        f'Congo,ZAR,"Control of Corruption: {code}",CC.{code},,{value},'
        for code, value in (("EST", "1.25"), ("SR", "9"))
    ]
    found = found_in_text(tmp_path, "\n".join([header, *rows, "Congo,ZAR,People,SP.POP.TOTL,1,2,"]) + "\n")
    [row] = found.rows
    assert (row.table, row.cells["estimate"], row.cells["year"]) == ("governance", "1.25", "2023")
    assert found.left_out["series that the book does not use"] == 1


SHEETS = ("VoiceandAccountability", "Political StabilityNoViolence", "GovernmentEffectiveness")
SHEETS += ("RegulatoryQuality", "RuleofLaw", "ControlofCorruption")


def six_sheets() -> dict[str, list[list[object]]]:
    """The full dataset as it was laid out to 2022, with figures of the table."""
    known = {(row["dimension"], row["year"]): row for row in test_world_bank.known_rows()}
    years = ("1996", "2002")
    sheets: dict[str, list[list[object]]] = {"Introduction": [["Worldwide Governance Indicators"]]}
    names = ("Estimate", "StdErr", "NumSrc", "Rank", "Lower", "Upper")
    for sheet, dimension in zip(SHEETS, ("va", "pv", "ge", "rq", "rl", "cc"), strict=True):
        figures_of = []
        for year in years:
            row = known[dimension, year]
            columns = ("estimate", "standard_error", "n_sources", "percentile_rank")
            figures_of += [float(row[name]) if row[name] else "#N/A" for name in columns] + [1.0, 2.0]
        head = [[sheet], [None], [None, None, *(float(year) for year in years for _ in names)]]
        head.append(["Country/Territory", "Code", *names, *names])
        sheets[sheet] = [*head, ["Congo, Dem. Rep.", "ZAR", *figures_of], ["Nowhere", "XXX", *["#N/A"] * 12]]
    return sheets


def test_governance_with_a_sheet_for_each_dimension_is_as_in_the_table(tmp_path):
    found = found_in(workbook(tmp_path / "book", six_sheets()))
    known = [row for row in test_world_bank.known_rows() if row["year"] in ("1996", "2002")]
    key, columns = ("iso3", "year", "dimension"), ("estimate", "standard_error", "n_sources", "percentile_rank")
    assert figures([dict(row.cells) for row in found.rows], key, columns) == figures(known, key, columns)
    assert found.left_out["economies that the table does not have"] == 6
    spoilt = six_sheets()
    spoilt["RuleofLaw"][4][2] = "many"
    with pytest.raises(Refused, match="unexpected-value"):
        found_in(workbook(tmp_path / "book", spoilt))


def test_the_old_web_form_of_comtrade(tmp_path):
    header = "Classification,Year,Period,Trade Flow Code,Trade Flow,Reporter Code,Reporter,Partner Code,Partner,"
    header += "Commodity Code,Commodity,Netweight (kg),Trade Value (US$),Flag"
    rows = [
        f'H4,2016,{{period}},1,Import,842,USA,{partner},"Some, where",280530,Metals,{kg},{value},{{flag}}'
        for partner, (value, kg) in test_un_comtrade.PARTNERS.items()
    ]
    text = "\n".join([header, *rows]) + "\n"
    found = found_in_text(tmp_path, text.format(period=2016, flag=0))
    assert test_un_comtrade.by_partner(found) == {"CHN": "70.00", "DEU": "20.00", "GBR": "10.00"}
    assert test_un_comtrade.by_partner(found, "weight")["CHN"] == "60.00"
    month = found_in_text(tmp_path, text.format(period=201603, flag=6))
    assert {row.cells["dataset"] for row in month.rows} == {"comtrade_201603"}
    assert {row.cells["flags"] for row in month.rows if row.cells["basis"] == "weight"} == {"weight_estimated"}
    narrow = "Year,Trade Flow Code,Reporter Code,Partner Code,Commodity Code,Trade Value (US$)\n"
    narrow += "".join(
        f"2016,1,842,{partner},280530,{value}\n" for partner, (value, _) in test_un_comtrade.PARTNERS.items()
    )
    assert test_un_comtrade.by_partner(found_in_text(tmp_path, narrow))["CHN"] == "70.00"
