"""IEA, Critical Minerals Dataset: the layout of the sheets `1 Total demand for key minerals` (scenarios side by side)
and `2 Total supply for key minerals` (mining left, refining right) as public programs that read the workbook describe
it. The figures of rare earths are those of the May 2025 edition in the book's table.
"""

from __future__ import annotations

import pytest

from lib.importers import Refused
from tests.importers.handed_in import figures, found_in, rows_of_table, workbook

NAMES = {
    "CHN": "China",
    "AUS": "Australia",
    "MMR": "Myanmar",
    "USA": "United States",
    "MYS": "Malaysia",
    "ROW": "Rest of world",
    "WLD": "Total",
}
SCENARIOS = {
    "STEPS": "Stated policies scenario",
    "APS": "Announced pledges scenario",
    "NZE": "Net zero emissions by 2050 scenario",
}
USES = {"wind": "Wind", "electric vehicles": "Electric vehicles", "all uses": "Total demand"}
EDITION = "IEA May 2025"


def known(**wanted):
    return rows_of_table("refined_supply", series="iea", edition=EDITION, **wanted)


def block(flow):
    rows = known(flow=flow)
    years = sorted({row["year"] for row in rows})
    value = {(row["iso3"], row["year"]): float(row["value"]) for row in rows}
    places = [place for place in NAMES if (place, years[0]) in value]
    return years, [[NAMES[place], *(value[place, year] for year in years)] for place in places]


def supply_sheet():
    (years, mining), (_, refining) = block("mining"), block("refining")
    wide = len(years) + 1
    listed = [float(year) for year in years]
    rows = [["Total supply for key minerals (kt)"], ["Base case"], [], [None, *listed, None, None, *listed]]
    rows += [["Copper - Mining", *[None] * wide, "Copper - Refining"], ["Chile", *[5000.5] * len(years)]]
    rows += [["Magnet rare earth elements - Mining", *[None] * wide, "Magnet rare earth elements - Refining"]]
    for left, right in zip(mining, refining, strict=True):
        rows.append([*left, None, *right])
    rows.append(["Top 3 share", *[0.9] * len(years), None, "Top 3 share", *[0.95] * len(years)])
    return [*rows, ["Notes: supply from announced projects."]]


def demand_sheet():
    first, later = "2024", ["2030", "2035", "2040", "2045", "2050"]
    heads, years = [None, None], [None, float(first)]
    for title in SCENARIOS.values():
        heads += [None, title, None, None, None, None]
        years += [None, *(float(year) for year in later)]
    rows = [["Total demand (kt)"], [], heads, years, ["Copper"], ["Total demand", 26000.0, None, *[1.0] * 5]]
    rows.append(["Magnet rare earth elements"])
    value = {(row["use"], row["scenario"], row["year"]): float(row["value"]) for row in known(flow="demand")}
    for use, title in USES.items():
        line: list[object] = [title, value[use, "historical", first]]
        for scenario in SCENARIOS:
            line += [None, *(value[use, scenario, year] for year in later)]
        rows.append(line)
    rows.append(["Other uses", 1.0])
    return [*rows, ["Share of clean technologies in total demand", 0.2], ["Notes: STEPS"]]


def sheets():
    return {
        "Contents": [["Critical Minerals Dataset"], ["May 2025"]],
        "1 Total demand for key minerals": demand_sheet(),
        "2 Total supply for key minerals": supply_sheet(),
        "4.2 Wind": [["Base case"]],
    }


def refused(path):
    with pytest.raises(Refused) as caught:
        found_in(path)
    [problem] = caught.value.problems
    return problem


def test_the_figures_of_the_edition_are_those_of_the_table(tmp_path):
    found = found_in(workbook(tmp_path / "book", sheets()))
    key = ("series_id", "series", "edition", "flow", "use", "product", "iso3", "period_start", "period_end", "scenario")
    key += ("period_kind", "unit", "kind", "basis")
    assert figures([dict(row.cells) for row in found.rows], key, ("value",)) == figures(known(), key, ("value",))
    assert found.left_out["other minerals"] > 0
    assert found.publication.edition == EDITION


def test_a_later_edition_has_its_own_years_scenarios_and_name(tmp_path):
    later = sheets()
    later["Contents"] = [["Source: IEA (2026), Critical Minerals Dataset"]]
    later = {
        name: [[cell + 1 if isinstance(cell, float) and 2000 < cell < 2100 else cell for cell in row] for row in rows]
        for name, rows in later.items()
    }
    demand = later["1 Total demand for key minerals"]
    demand[2] = [
        {
            "Announced pledges scenario": "Current policies scenario",
            "Stated policies scenario": "High demand scenario",
        }.get(str(cell), cell)
        for cell in demand[2]
    ]
    found = found_in(workbook(tmp_path / "book", later))
    assert {row.cells["edition"] for row in found.rows} == {"IEA 2026"}
    assert {row.cells["year"] for row in found.rows if row.cells["kind"] == "published"} == {"2025"}
    assert {row.cells["scenario"] for row in found.rows} == {"base case", "historical", "CPS", "NZE"}
    assert found.left_out["scenarios that the book does not have"] == 15


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [("China", "a lot", "number"), ("China", -1.0, "number"), ("Atlantis", 5.0, "country-unknown")],
)
def test_what_cannot_be_read_is_told_with_its_row(tmp_path, name, value, rule):
    book = sheets()
    rows = book["2 Total supply for key minerals"]
    at = next(number for number, row in enumerate(rows) if row and row[0] == "China")
    rows[at] = [name, value, *rows[at][2:]]
    problem = refused(workbook(tmp_path / "book", book))
    assert (problem.rule, problem.row) == (rule, at + 1)


def test_a_country_that_stands_twice_is_refused(tmp_path):
    book = sheets()
    rows = book["2 Total supply for key minerals"]
    at = next(number for number, row in enumerate(rows) if row and row[0] == "China")
    rows.insert(at, rows[at])
    assert refused(workbook(tmp_path / "book", book)).rule == "row-twice"


def test_a_workbook_without_its_rare_earths_or_years_is_refused(tmp_path):
    book = sheets()
    for name in list(book)[1:3]:
        book[name] = [[cell if cell != "Magnet rare earth elements" else "Tin" for cell in row] for row in book[name]]
        book[name] = [
            [str(c).replace("Magnet rare earth", "Tin") if isinstance(c, str) else c for c in r] for r in book[name]
        ]
    assert refused(workbook(tmp_path / "book", book)).rule == "no-rows"
    book = sheets()
    book["2 Total supply for key minerals"] = [["nothing"]]
    assert refused(workbook(tmp_path / "book", book)).rule == "column-missing"


def test_another_workbook_is_no_such_dataset(tmp_path):
    assert refused(workbook(tmp_path / "book", {"Sheet1": [["a", "b"]]})).rule == "format-unknown"


NOTICE = [["Notice: figures of Global Critical Minerals Outlook 2024 (May 2024) were revised"], ["IEA (2024), Sources"]]


def test_a_notice_that_cites_an_earlier_outlook_does_not_tell_the_edition(tmp_path):
    book = {"Notice": NOTICE} | sheets()
    assert found_in(workbook(tmp_path / "book", book)).publication.edition == EDITION
    book["Contents"] = [["Critical Minerals Dataset"]]
    assert found_in(workbook(tmp_path / "book", book)).publication.edition == "IEA with data to 2024"
    book["Contents"] = [["Source: IEA (2025), Critical Minerals Dataset"]]
    assert found_in(workbook(tmp_path / "book", book)).publication.edition == "IEA 2025"
