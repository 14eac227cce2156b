"""What releases of the Mineral Commodity Summaries have in their cells beside figures; the layouts are those of the
releases of 2022 to 2024, whose figures are a work of the U.S. Government and in the public domain.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.importers import number_parser
from lib.importers.usgs_minerals import MINERALS, excluded
from tests.importers.handed_in import csv_text, found_in, refusal, rows_of_table
from tests.importers.usgs_oracle import figure

WORLD = ("Source", "Country", "Type", "Prod_{unit}_{before}", "Prod_{unit}_est_{last}", "Prod_notes")
RESERVES = ("Reserves_{unit}", "Reserves_notes")


def release(folder: Path, name: str, edition: int, unit: str, *rows, reserves=True) -> Path:
    """A world file of one mineral under the name that it has in its release."""
    header = [
        column.format(unit=unit, before=edition - 2, last=edition - 1)
        for column in (*WORLD, *(RESERVES if reserves else ()))
    ]
    path = folder / f"mcs{edition}-{name}_world.csv"
    path.write_text(csv_text(header, *([f"MCS{edition}", *row] for row in rows)))
    return path


def by_place(found, table, **wanted):
    return {
        (row.cells["iso3"], row.cells["year"]): row.cells
        for row in found.rows
        if row.table == table and all(row.cells[name] == value for name, value in wanted.items())
    }


# ------------------------------------------------------------------------------------------- copper 2023


MINE, REFINERY = "Mine production, recoverable copper content", "Refinery production, copper"


def copper(folder, refinery_reserves):
    mine = [("China", MINE, "1910", "1900", "", "27000", ""), ("Other countries", MINE, "9", "9", "", "200000", "")]
    refinery = [(place, REFINERY, "10500", "11000", "", *refinery_reserves) for place in ("China", "Other countries")]
    return release(folder, "coppe", 2023, "kt", *mine, *refinery)


@pytest.mark.parametrize("words", [("XX", "Not applicable"), ("Not applicable", ""), ("", "")])
def test_reserves_do_not_apply_to_the_rows_of_refineries(tmp_path, words):
    found = found_in(copper(tmp_path, words))
    assert by_place(found, "mineral_production", stage="mine")["CHN", "2022"]["value"] == "1900"
    assert by_place(found, "mineral_production", stage="refinery")["CHN", "2022"]["value"] == "11000"
    reserves = by_place(found, "mineral_reserves")
    assert {key: row["value"] for key, row in reserves.items()} == {("CHN", "2023"): "27000", ("OTH", "2023"): "200000"}
    known = rows_of_table("mineral_reserves", commodity="copper", edition="MCS2023", iso3="CHN")
    assert figure(reserves["CHN", "2023"]) == figure(known[0])


@pytest.mark.parametrize("first", [False, True])
def test_reserves_that_each_stage_repeats_count_once_and_others_are_refused(tmp_path, first):
    repeated = [
        ("China", MINE, "1910", "1900", "", "27000", ""),
        ("China", REFINERY, "10500", "11000", "", "27000", ""),
    ]
    found = found_in(release(tmp_path, "coppe", 2023, "kt", *(reversed(repeated) if first else repeated)))
    assert [row.cells["value"] for row in found.rows if row.table == "mineral_reserves"] == ["27000"]
    other = [repeated[0], ("China", REFINERY, "10500", "11000", "", "26000", "")]
    path = release(tmp_path, "coppe", 2023, "kt", *other)
    assert refusal(tmp_path, path.read_bytes()).rule == "row-doubled"


# ------------------------------------------------------------------------------------------- graphite 2022 and 2024


def test_words_in_place_of_reserves_are_the_note(tmp_path):
    rows = [
        ("United States", "Mine production, graphite", "0", "0", "", "Included in World total.", ""),
        ("China", "Mine production, graphite", "1210000", "1230000", "", "78000000", ""),
    ]
    found = found_in(release(tmp_path, "graph", 2024, "t", *rows))
    assert by_place(found, "mineral_production")["CHN", "2023"]["value"] == "1230000"
    cells_of = by_place(found, "mineral_reserves")["USA", "2024"]
    assert (cells_of["value"], cells_of["qualifier"], cells_of["note"]) == ("", "", "Included in World total.")
    [known] = rows_of_table("mineral_reserves", commodity="natural graphite", edition="MCS2024", iso3="USA")
    assert figure(cells_of) == figure(known)


GRAPHITE = [
    ("China", "Mine production", "762,000", "820,000", ""),
    ("Norway", "Mine production", "12,000", "13,000", ""),
]


def test_the_name_in_the_release_tells_the_mineral_where_the_file_does_not(tmp_path):
    found = found_in(release(tmp_path, "graph", 2022, "t", *GRAPHITE, reserves=False))
    assert by_place(found, "mineral_production")["CHN", "2021"]["value"] == "820000"
    assert {row.cells["commodity"] for row in found.rows} == {"natural graphite"}
    assert "natural graphite" in found.notes[0]


@pytest.mark.parametrize(
    "name", ["graph.csv", "mcs2023-graph_world.csv", "mcs2022-abras_world.csv", "mcs2022_world.csv"]
)
def test_a_name_that_is_not_that_of_the_release_tells_nothing(tmp_path, name):
    path = release(tmp_path, "graph", 2022, "t", *GRAPHITE, reserves=False)
    renamed = path.rename(tmp_path / name)
    with pytest.raises(Exception, match="mineral-unknown"):
        found_in(renamed)


def test_a_name_does_not_overrule_the_file_or_its_unit(tmp_path):
    rows = [("China", "Mine production, contained tungsten", "71000", "71000", "", "1800000", "")]
    assert {row.cells["commodity"] for row in found_in(release(tmp_path, "graph", 2023, "t", *rows)).rows} == {
        "tungsten"
    }
    with pytest.raises(Exception, match="unit"):
        found_in(release(tmp_path, "coppe", 2022, "t", *GRAPHITE, reserves=False))


# ------------------------------------------------------------------------------------------- totals without a country


TOTALS = {
    "World total (rounded), excluding U.S. production": "U.S. production",
    "World total (excludes U.S. production)": "U.S. production",
    "World total (rounded, excluding the United States)": "the United States",
    "World total, without China": "China",
    "World total (rounded)": "",
    "World total": "",
    "Congo (Kinshasa)": "",
}


@pytest.mark.parametrize(("name", "left"), TOTALS.items())
def test_a_total_says_what_it_leaves_out(name, left):
    assert excluded(name) == left


@pytest.mark.parametrize(("name", "left"), [(name, left) for name, left in TOTALS.items() if left])
def test_a_total_without_a_country_is_the_total_with_a_note(tmp_path, name, left):
    text = "Mine production, lithium content"
    rows = [("Chile", text, "28300", "39000", "", "9300000", ""), (name, text, "107000", "130000", "", "26000000", "")]
    found = found_in(release(tmp_path, "lithi", 2023, "t", *rows))
    output = by_place(found, "mineral_production")["WLD", "2022"]
    assert output["value"] == "130000"
    assert f"Excludes {left}." in output["note"]
    reserves = by_place(found, "mineral_reserves")["WLD", "2023"]
    assert ("Excludes" in reserves["note"]) == ("production" not in left)


# ------------------------------------------------------------------------------------------- salient statistics


def salient(folder: Path, *columns: str, values: list[list[str]]) -> Path:
    path = folder / "salient.csv"
    rows = [["MCS2024", "Nickel", str(year), *cells_of] for year, cells_of in zip((2022, 2023), values, strict=True)]
    path.write_text(csv_text(["DataSource", "Commodity", "Year", *columns], *rows))
    return path


def test_two_columns_of_one_name_are_told_apart_by_its_units(tmp_path):
    both = "Price_dt dlb (both used)"
    found = found_in(
        salient(tmp_path, both, both, "NIR_pct", values=[["25815", "11.71", "54"], ["22000", "9.80", "57"]])
    )
    told = {(row.cells["series"], row.cells["year"]): row.cells["value"] for row in found.rows}
    assert told["price.lme_cash_per_t", "2022"] == "25815"
    assert told["price.lme_cash_per_lb", "2022"] == "11.71"
    known = rows_of_table("us_salient", commodity="nickel", edition="MCS2024", year="2022")
    assert {row["series"]: row["value"] for row in known if row["series"].startswith("price")} == {
        "price.lme_cash_per_t": "25815",
        "price.lme_cash_per_lb": "11.71",
    }


def test_two_columns_that_nothing_tells_apart_are_refused(tmp_path):
    path = salient(tmp_path, "Price_dt", "Price_dt", values=[["1", "2"], ["3", "4"]])
    assert refusal(tmp_path, path.read_bytes()).rule == "column-twice"


def test_less_than_half_a_unit_is_a_bound(tmp_path):
    found = found_in(salient(tmp_path, "Imports_Ores_t", values=[["Less than ½ unit"], ["1"]]))
    assert [(row.cells["value"], row.cells["qualifier"]) for row in found.rows] == [("0.5", "<"), ("1", "e")]


# ------------------------------------------------------------------------------------------- words in general


WORDS = {
    "XX": ("", ("X",)),
    "Not applicable": ("", ("X",)),
    "Not available": ("", ("NA",)),
    "Withheld": ("", ("W",)),
    "Net exporter": ("", ("E",)),
    "Nil": ("0", ("zero",)),
    "None": ("0", ("zero",)),
    "Less than ½ unit": ("0.5", ("<",)),
    "(less than 1/2 unit)": ("0.5", ("<",)),
    "Less than one-half unit": ("0.5", ("<",)),
    "More than 95": ("95", (">",)),
    "Less than 25": ("25", ("<",)),
    "Greater than 1,800,000": ("1800000", (">",)),
}


@given(st.sampled_from(sorted(WORDS)), st.sampled_from(["", " ", "\u00a0", "  "]), st.booleans(), st.booleans())
def test_words_mean_the_same_however_they_are_written(words, blank, upper, footnote):
    value, marks = WORDS[words]
    text = blank + (words.upper() if upper else words).replace(" ", "\u00a0" if blank == "\u00a0" else " ") + blank
    found = number_parser.printed(text + "⁵" if footnote and words[-1].isalnum() and "unit" not in words else text)
    assert (found.value, found.marks) == (value, marks)


@given(
    st.sampled_from(["Included in", "included with", "Included under"]),
    st.sampled_from(["World total", "other", "zinc"]),
)
def test_a_figure_that_is_included_in_another_is_none_and_not_lost(words, where):
    found = number_parser.printed(f"{words} {where}.")
    assert (found.value, found.marks) == ("", ())
    assert where in found.said
    assert found


@given(st.text(st.characters(codec="ascii", categories=["L"]), min_size=3, max_size=12))
def test_other_words_are_no_figures(text):
    known = {*number_parser.WORDS, *(words.upper() for words in WORDS)}
    if text.upper() not in known:
        with pytest.raises(ValueError, match="figure"):
            number_parser.printed(text)


def test_every_mineral_has_a_code_of_the_releases():
    assert len({mineral.code for mineral in MINERALS.values()}) == len(MINERALS)
