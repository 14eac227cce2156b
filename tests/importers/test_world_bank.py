"""World Bank: the full dataset of the Worldwide Governance Indicators (columns codeindyr to pctrankupper, two points
for what is missing), the wide CSV of an indicator with its lines on top, an export of DataBank with its lines below,
and the JSON of the indicators interface, each after the publisher's layout. Figures are those of the book's tables
where they are compared with them, else made up.
"""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections import Counter

import pytest

from lib.intake.comparing import Status, compared
from lib.intake.tables import read
from lib.tables import catalog
from tests.importers.handed_in import (
    figures,
    found_in,
    found_in_json,
    found_in_text,
    refusal,
    rows_of_table,
    workbook,
)

WGI = "codeindyr,code,countryname,year,indicator,estimate,stddev,nsource,pctrank,pctranklower,pctrankupper"
GDP = """"Data Source","World Development Indicators",

"Last Updated Date","2026-07-01",

"Country Name","Country Code","Indicator Name","Indicator Code","1989","2023","2024",
"Aruba","ABW","GDP (current US$)","NY.GDP.MKTP.CD","695530726.3","3648573136","",
"Africa Eastern and Southern","AFE","GDP (current US$)","NY.GDP.MKTP.CD","1.5","2.5","3.5",
"European Union","EUU","GDP (current US$)","NY.GDP.MKTP.CD","","18349395337254.7","19423319683244.4",
"""


def wgi(*rows):
    return "\n".join([WGI, *rows]) + "\n"


def known_rows():
    return rows_of_table("governance", iso3="COD", source_id="wgi_2024")


def as_published(row):
    """A row of the table in the layout of the publisher, whose code for the Congo is its own."""
    return (
        f'ZAR{row["dimension"]}{row["year"]},ZAR,"Congo, Dem. Rep.",{row["year"]},{row["dimension"]},{row["estimate"]},'
        f"{row['standard_error']},{row['n_sources']},{row['percentile_rank']},0,100"
    )


def test_governance_is_as_in_the_table(tmp_path):
    known = known_rows()
    found = found_in_text(tmp_path, wgi(*map(as_published, known)))
    key = ("iso3", "year", "dimension")
    columns = ("estimate", "standard_error", "n_sources", "percentile_rank")
    assert len(known) > 100
    assert figures([dict(row.cells) for row in found.rows], key, columns) == figures(known, key, columns)


def test_a_governance_workbook_is_the_same(tmp_path):
    row = as_published(known_rows()[0]).replace('"Congo, Dem. Rep."', "Congo").split(",")
    cells = [float(cell) if place in (3, 5, 6, 7, 8) else cell for place, cell in enumerate(row)]
    missing = ["USAcc1996", "USA", "United States", 1996.0, "cc", "..", "..", "..", "..", "..", ".."]
    path = workbook(tmp_path / "book", {"Notes": [["x"]], "Sheet1": [WGI.split(","), cells, missing]})
    found, other = found_in(path), found_in_text(tmp_path, wgi(",".join(row)))
    assert [row.cells for row in found.rows] == [row.cells for row in other.rows]
    assert found.left_out["no figure"] == 1


def test_the_digits_of_the_computer_are_not_those_of_the_publisher(tmp_path):
    """-1.1677020788192749 is what 64 bits make of a number of 32: the table has -1.167702."""
    [row] = found_in_text(
        tmp_path, wgi("x,AGO,Angola,1996,cc,-1.1677020788192749,0.26207700371742249,4,9.6774196625,0,1")
    ).rows
    [known] = rows_of_table("governance", iso3="AGO", year="1996", dimension="cc")
    assert {name: row.cells[name] for name in ("estimate", "standard_error", "percentile_rank")} == {
        name: known[name] for name in ("estimate", "standard_error", "percentile_rank")
    }


def test_two_points_are_missing_and_other_economies_are_counted(tmp_path):
    found = found_in_text(
        tmp_path,
        wgi(
            "CHNcc2025,CHN,China,2025,cc,-0.1,..,12,..,..,..",
            "CHNva2025,CHN,China,2025,va,..,..,..,..,..,..",
            "XXXva2025,NRU,Nauru,2025,va,1,1,1,1,1,1",
        ),
    )
    [row] = found.rows
    assert row.cells["standard_error"] == row.cells["percentile_rank"] == ""
    assert row.cells["estimate"] == "-0.1"
    assert found.left_out == {"no figure": 1, "economies that the table does not have": 1}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("x,CHN,China,2025,zz,1,1,1,1,1,1", "indicator"),
        ("x,CHN,China,2098,cc,1,1,1,1,1,1", "year"),
        ("x,CHN,China,2025,cc,high,1,1,1,1,1", "estimate"),
        ("x,CHN,China,2025,cc,=1,1,1,1,1,1", "estimate"),
        ("x,CHN,China,2025,cc,1,1,1.5,1,1,1", "nsource"),
        ("x,CHN,China,2024,cc,1,1,1,1,1,1", "code"),
    ],
)
def test_governance_that_cannot_be_read_is_told_with_its_place(tmp_path, row, column):
    problem = refusal(tmp_path, wgi("x,CHN,China,2024,cc,1,1,1,1,1,1", row))
    assert (problem.row, problem.column) == (3, column)


def test_gdp_takes_the_economies_and_years_of_the_table(tmp_path):
    found = found_in_text(tmp_path, "\ufeff" + GDP.replace("\n", "\r\n"))
    assert {(row.cells["iso3"], row.cells["year"]): row.cells["gdp_usd"] for row in found.rows} == {
        ("ABW", "2023"): "3648573136",
        ("EU27", "2023"): "18349395337254.7",
        ("EU27", "2024"): "19423319683244.4",
    }
    assert found.publication.published == dt.date(2026, 7, 1)
    assert found.left_out["no figure"] == 2
    assert found.left_out["years before 1990"] == 1
    assert found.left_out["economies that the table does not have"] == 3


def answer(*rows, pages=1, day="2026-07-01"):
    about = {"page": 1, "pages": pages, "per_page": 20000, "total": len(rows), "sourceid": "2", "lastupdated": day}
    listed = [
        {
            "indicator": {"id": "NY.GDP.MKTP.CD", "value": "GDP (current US$)"},
            "country": {"id": "XX", "value": "X"},
            "countryiso3code": code,
            "date": year,
            "value": value,
            "unit": "",
            "obs_status": "",
            "decimal": 0,
        }
        for code, year, value in rows
    ]
    return [about, listed]


def test_gdp_of_the_interface(tmp_path):
    rows = [("ABW", "2023", 3648573136.0), ("WLD", "2023", 1.0617e14), ("", "2023", 5), ("ABW", "2024", None)]
    found = found_in_json(tmp_path, answer(*rows))
    assert [(row.cells["iso3"], row.cells["gdp_usd"]) for row in found.rows] == [
        ("ABW", "3648573136"),
        ("WLD", "106170000000000"),
    ]
    assert refusal(tmp_path, json.dumps(answer(*rows, pages=3))).rule == "truncated"
    assert refusal(tmp_path, json.dumps(answer(*rows, rows[0]))).rule == "row-twice"


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("2026-07-01", "", "date-missing"),
        ("2026-07-01", "2098-07-01", "future"),
        ('"3648573136"', '"-5"', "number"),
        ('"3648573136"', '"W"', "number"),
        ('"3648573136"', '".."', "number"),
        ('"2.5"', '"W"', "number"),
        ("2026-07-01", "2026-7-1", "date-missing"),
        (
            '"Aruba","ABW","GDP (current US$)","NY.GDP.MKTP.CD"',
            '"Aruba","ABW","Population","SP.POP.TOTL"',
            "unexpected-value",
        ),
        ('"Country Name","Country Code"', '"Name","Code"', "column-missing"),
        ('"European Union","EUU"', '"Aruba","ABW"', "row-twice"),
    ],
)
def test_gdp_that_cannot_be_read_is_refused(tmp_path, before, after, rule):
    assert refusal(tmp_path, GDP.replace(before, after)).rule == rule


OLD = {"estimate": "EST", "standard_error": "STD.ERR", "n_sources": "NO.SRC", "percentile_rank": "PER.RNK"}
NEW = {"estimate": "EST", "standard_error": "SE", "n_sources": "SR"}


def databank(rows, codes, prefix="", others=(), end="Last Updated: 09/29/2025"):
    """An export of rows of the table of governance: a line for each economy and series, a column for each year."""
    years = sorted({row["year"] for row in rows})
    cells = {(row["dimension"], name, row["year"]): row[name] or ".." for row in rows for name in codes}
    header = ["Country Name,Country Code,Series Name,Series Code", *(f"{year} [YR{year}]" for year in years)]
    lines = [
        ",".join(
            [f'"Congo, Dem. Rep.",ZAR,A series,{prefix}{dimension.upper()}.{code}']
            + [cells.get((dimension, name, year), "..") for year in years]
        )
        for dimension in sorted({row["dimension"] for row in rows})
        for name, code in codes.items()
    ]
    lines += [f"Aruba,ABW,Another,{series}," + ",".join("1" for _ in years) for series in others]
    return "\n".join([",".join(header), *lines, "", "", "Data from database: Worldwide Governance Indicators", end, ""])


@pytest.mark.parametrize(("codes", "prefix"), [(OLD, ""), (NEW, "GOV_WGI_")])
def test_governance_from_databank_is_as_in_the_table(tmp_path, codes, prefix):
    known = known_rows()
    text = databank(known, codes, prefix, others=["SP.POP.TOTL", f"{prefix}VA.SC"])
    found = found_in_text(tmp_path, "\ufeff" + text.replace("\n", "\r\n"))
    key = ("iso3", "year", "dimension")
    assert figures([dict(row.cells) for row in found.rows], key, tuple(codes)) == figures(known, key, tuple(codes))
    assert found.publication.published == dt.date(2025, 9, 29)
    assert found.publication.source_id == "wb-wgi-20250929"
    assert found.left_out["series that the book does not use"] == 2
    assert found.rows[0].untold == set(OLD) - set(codes)
    assert bool(found.notes) == bool(found.rows[0].untold)


def test_estimates_without_their_errors_are_taken_with_a_remark(tmp_path):
    known = known_rows()
    found = found_in_text(tmp_path, databank(known, {"estimate": "EST"}))
    assert len(found.rows) == len(known)
    assert "standard_error" in found.notes[0]
    found = found_in_text(tmp_path, databank(known, {"estimate": "EST", "n_sources": "SR"}).replace("CC.EST", "CC.SE"))
    assert {row.cells["dimension"] for row in found.rows} == {"ge", "pv", "rl", "rq", "va"}
    assert found.left_out["no estimate"] == sum(row["dimension"] == "cc" for row in known)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("09/29/2025", "", "date-missing"),
        ("09/29/2025", "29/09/2025", "date-missing"),
        ("09/29/2025", "09/29/2098", "future"),
        ("Last Updated: 09/29/2025", "", "date-missing"),
        ("2003 [YR2003]", "2002 [YR2003]", "column-unknown"),
        ("2003 [YR2003]", "Remark", "column-unknown"),
        ("ZAR,A series,CC.EST,", "ZAR,A series,GE.EST,", "row-twice"),
        ("ZAR,A series,CC.EST,", "ZAR,A series,,", "unexpected-value"),
        ("ZAR,A series,CC.EST,", "ZAR,A series,CC.EST,high,", "cells-beyond"),
        ("ZAR,A series,CC.EST,-", "ZAR,A series,CC.EST,high", "unexpected-value"),
    ],
)
def test_an_export_that_cannot_be_read_is_refused(tmp_path, before, after, rule):
    text = databank(known_rows(), OLD)
    assert before in text
    assert refusal(tmp_path, text.replace(before, after)).rule == rule


def test_an_export_without_any_series_that_is_followed_is_refused(tmp_path):
    text = databank(known_rows(), {"estimate": "SC"}, "GOV_WGI_")
    problem = refusal(tmp_path, text)
    assert (problem.column, problem.value) == ("Series Code", "GOV_WGI_CC.SC")
    assert "NY.GDP.MKTP.CD" in problem.remedy


def test_governance_of_the_interface_and_of_the_file_of_an_indicator(tmp_path):
    rows = [("AGO", "2023", 1.2345678901), ("COD", "2023", -1.5), ("COD", "2024", None), ("WLD", "2023", 0)]
    text = json.dumps(answer(*rows)).replace("NY.GDP.MKTP.CD", "GOV_WGI_RL.EST")
    found = found_in_json(tmp_path, json.loads(text))
    assert {tuple(row.cells.values()) for row in found.rows} == {
        ("AGO", "2023", "rl", "1.234568"),
        ("COD", "2023", "rl", "-1.5"),
    }
    text = GDP.replace("NY.GDP.MKTP.CD", "PV.EST").replace("ABW", "AGO")
    assert refusal(tmp_path, text).rule == "number", "no score is as large as a gross domestic product"
    for gdp, score in (
        ("695530726.3", ""),
        ("3648573136", "1.5"),
        ("18349395337254.7", "1"),
        ("19423319683244.4", "1"),
    ):
        text = text.replace(gdp, score)
    found = found_in_text(tmp_path, text)
    assert ("AGO", "2023", "pv", "1.5") in {tuple(row.cells.values()) for row in found.rows}


def test_an_archive_of_databank_is_read_without_what_it_tells_of_its_series(tmp_path):
    path = tmp_path / "handed in"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0a1b_Data.csv", databank(known_rows(), OLD))
        archive.writestr(
            "0a1b_Series - Metadata.csv", "Code,Indicator Name,Long definition\nCC.EST,Control,What it is\n"
        )
    assert len(found_in(path).rows) == len(known_rows())


def test_figures_that_a_file_does_not_have_make_no_revision(tmp_path):
    """Rows of the table whose estimates alone come again are there already; one that differs is a revision."""
    table = read(catalog.data_dir(), "governance")
    text = databank(known_rows(), {"estimate": "EST"}, "GOV_WGI_")
    changed = text.replace(",-1.", ",-0.", 1)
    assert changed != text
    for content, revised in ((text, 0), (changed, 1)):
        rows = found_in_text(tmp_path, content).rows
        statuses = Counter(entry.status for entry in compared(table, rows, "2025-09-29", {}))
        assert statuses[Status.REVISED] == revised
        assert statuses[Status.SAME] == len(rows) - revised > 100
