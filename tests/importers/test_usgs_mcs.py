"""The USGS data releases of the Mineral Commodity Summaries; the oracle is the book's tables.

The files of MCS2024 for rare earths are the originals. Those of other minerals and editions are made here: the names of
columns, the Types, the spellings of places and the misplaced cells are those of the files that USGS published
(https://doi.org/10.5066/P9KKMCP4, P9WCYUI6, P144BA54 and P13XCP3R), the figures are the book's, so that a reader which
confuses columns, units, stages or countries does not give the rows back.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pycountry
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.importers import File, Found, Refused, opened, readers, recognised
from tests.importers.usgs_oracle import FILES, assert_same, figure, in_book, in_file, read, rows, told

WORLD = FILES / "mcs2024-raree_world.csv"
SALIENT = FILES / "mcs2024-raree_salient.csv"

SALIENT_COLUMNS = {
    ("MCS2023", "Antimony"): (
        "USprod_Mine_t=production.mine USprod_Smelter-primary_t=production.smelter_primary "
        "USprod_Smelter-secondary_t=production.smelter_secondary Imports_Ore_t=imports.ores_concentrates "
        "Imports_Oxide_t=imports.oxide Imports_Unwrought_t=imports.unwrought_powder "
        "Imports_Scrap_t=imports.waste_scrap Exports_Ore_t=exports.ores_concentrates Exports_Oxide_t=exports.oxide "
        "Exports_Unwrought_t=exports.unwrought_powder Exports_Scrap_t=exports.waste_scrap "
        "Consump_t=consumption_apparent.all Price_Metal_dlb=price.metal NIR_pct=net_import_reliance.all"
    ),
    ("MCS2023", "Cobalt"): (
        "USprod_Mine_t=production.mine USprod_Secondary_t=production.secondary Imports_t=imports.all "
        "Exports_t=exports.all Consump_Estimated_t=consumption_estimated.all "
        "Consump_Apparent_t=consumption_apparent.all Price_Spot_dlb=price.us_spot Price_LME_dlb=price.lme_cash "
        "Stocks_Industry_t=stocks.industry Stocks_LME_t=stocks.lme NIR_pct=net_import_reliance.all"
    ),
    ("MCS2023", "Copper"): (
        "USprod_Mine_kt=production.mine USprod_Refinery-primary_kt=production.refinery_primary "
        "USprod_Refinery-secondary_kt=production.refinery_secondary USprod_Post-consumer_kt=recovery.old_scrap "
        "Imports_Ores_kt=imports.ores_concentrates Imports_Refined_kt=imports.refined "
        "Exports_Ores_kt=exports.ores_concentrates Exports_Refined_kt=exports.refined "
        "Consump_Reported_kt=consumption_reported.all Consump_Apparent_kt=consumption_apparent.all "
        "Price_US_ctslb=price.us_producer_cathode Price_COMEX_ctslb=price.comex Price_LME_ctslb=price.lme_cash "
        "Stocks_kt=stocks.all Employment_um=employment.all NIR_pct=net_import_reliance.all"
    ),
    ("MCS2024", "Gallium"): (
        "USprod_Primarykg=production.primary Imports_Metalkg=imports.metal Imports_GaAskg=imports.gaas_wafers "
        "Exports_g=exports.all Consump_g=consumption_reported.all Price_High-puritydkg=price.imports_high_purity "
        "Price_Low-puritydkg=price.imports_low_purity Stocks_g=stocks.all NIR_pct=net_import_reliance.all"
    ),
    ("MCS2022", "Germanium"): (
        "USprod_Primary_kg=production.refinery_primary USprod_Secondary_kg=production.refinery_secondary "
        "Imports_Metal_kg=imports.metal Imports_GeO2_kg=imports.dioxide Exports_kg=exports.all "
        "Shipments_Gov_kg=stockpile_shipments.all Consump_kg=consumption_estimated.all Price_Metal_dkg=price.metal "
        "Price_GeO2_dkg=price.dioxide NIR_pct=net_import_reliance.all"
    ),
    ("MCS2024", "Germanium"): (
        "USprod_Primary_kg=production.refinery_primary USprod_Secondary_kg=production.refinery_secondary "
        "Imports_Metal_kg=imports.metal Imports_GeO2_kg=imports.dioxide Imports_GeCl4_kg=imports.tetrachloride "
        "Exports_Metal_kg=exports.metal Exports_GeO2_kg=exports.dioxide Exports_GeCl4_kg=exports.tetrachloride "
        "Shipments_Gov_kg=stockpile_shipments.all Consump_kg=consumption_estimated.all Price_Metal_dkg=price.metal "
        "Price_GeO2_dkg=price.dioxide NIR_pct=net_import_reliance.all"
    ),
    ("MCS2022", "Graphite (Natural)"): (
        "USprod_t=production.mine Imports_t=imports.all Exports_t=exports.all Consump_t=consumption_apparent.all "
        "Price_Flake_t=price.imports_flake Price_Lump_t=price.imports_lump_chip "
        "Price_Amorphous_t=price.imports_amorphous NIR_pct=net_import_reliance.all"
    ),
    ("MCS2024", "Lithium"): (
        "USprod_t=production.mine Imports_t=imports.all Exports_t=exports.all Consump_t=consumption.all "
        "Price_dt=price.battery_grade_carbonate Employment_num=employment.all NIR_pct=net_import_reliance.all"
    ),
    ("MCS2022", "Nickel"): (
        "USprod_Mine_t=production.mine USprod_Refinery_t=production.refinery Imports_Ores_t=imports.ores_concentrates "
        "Imports_Primary_t=imports.primary Imports_Secondary_t=imports.secondary "
        "Exports_Ores_t=exports.ores_concentrates Exports_Primary_t=exports.primary "
        "Exports_Secondary_t=exports.secondary Consump_Reported_Primary_t=consumption_reported.primary "
        "Consump_Reported_Secondary_t=consumption_reported.secondary "
        "Consump_Apparent_Primary_t=consumption_apparent.primary Consump_Apparent_Total_t=consumption_apparent.all "
        "Price_dt=price.lme_cash_per_t Price_dlb=price.lme_cash_per_lb Stocks_Consumer_t=stocks.consumer "
        "Stocks_LME_t=stocks.lme NIR_pct=net_import_reliance.all"
    ),
    ("MCS2023", "Nickel"): (
        "USprod_Mine_t=production.mine USprod_Refinery_t=production.refinery Imports_Ores_t=imports.ores_concentrates "
        "Imports_Primary_t=imports.primary Imports_Seconday_t=imports.secondary "
        "Exports_Ores_t=exports.ores_concentrates Exports_Primary_t=exports.primary "
        "Exports_Seconday_t=exports.secondary Consump_Reported_Primary_t=consumption_reported.primary "
        "Consump_Reported_Secondary_t=consumption_reported.secondary "
        "Consump_Apparent_Primary_t=consumption_apparent.primary Consump_Apparent_Total_t=consumption_apparent.all "
        "Price_LME_dt=price.lme_cash_per_t Price_LME_dlb=price.lme_cash_per_lb Stocks_Consumer_t=stocks.consumer "
        "Stocks_LME_t=stocks.lme NIR_pct=net_import_reliance.all"
    ),
    ("MCS2022", "Tungsten"): (
        "USprod_Mine_t=production.mine USprod_Secondary_t=production.secondary "
        "Imports_Concentrate_t=imports.ores_concentrates Imports_Other_t=imports.other_forms "
        "Exports_Concentrate_t=exports.ores_concentrates Exports_Other_t=exports.other_forms "
        "Shipments_Concentrate_t=stockpile_shipments.concentrate Shipments_Other_t=stockpile_shipments.other_forms "
        "Consump_Reported_t=consumption_reported.all Consump_Apparent_t=consumption_apparent.all "
        "Price_WO3_dt=price.concentrate_old_basis Stocks_t=stocks.all NIR_pct=net_import_reliance.all"
    ),
    ("MCS2024", "Tungsten"): (
        "USprod_Minet=production.mine USprod_Secondaryt=production.secondary "
        "Imports_Concentratet=imports.ores_concentrates Imports_Othert=imports.other_forms "
        "Exports_Concentratet=exports.ores_concentrates Exports_Othert=exports.other_forms "
        "Shipments_Concentratet=stockpile_shipments.concentrate Shipments_Othert=stockpile_shipments.other_forms "
        "Consump_Reportedt=consumption_reported.all Consump_Apparentt=consumption_apparent.all "
        "Price_WO3dt=price.concentrate Stocks_=stocks.all NIR_ct=net_import_reliance.all"
    ),
    ("MCS2024", "Scandium"): (
        "Price_Cmpds_Acetate_dg=price.acetate Price_Cmpds_Chloride_dg=price.chloride "
        "Price_Cmpds_Fluoride_dg=price.fluoride Price_Cmpds_Iodide_dg=price.iodide Price_Cmpds_Oxide_dg=price.oxide "
        "Price_Mtl_Dendritic_dg=price.metal_dendritic Price_Mtl_Ingot_dg=price.metal_ingot "
        "Price_ScAl_kglot_dkg=price.scal_alloy_kg_lot Price_ScAl_1000kglot_dkg=price.scal_alloy_t_lot "
        "NIR_pct=net_import_reliance.all"
    ),
    ("MCS2023", "Yttrium"): (
        "USprod_Mine_t=production.mine Imports_All_t=imports.all Exports_Compounds_t=exports.compounds "
        "Consump_t=consumption_apparent.all Price_Y2O3_dkg=price.y2o3 Price_Metal_dkg=price.metal "
        "NIR_pct=net_import_reliance.all"
    ),
    ("MCS2022", "Rare Earths"): (
        "USprod_Concentrate_t=production.mineral_concentrates USprod_Compounds-Metals_t=production.compounds_metals "
        "Imports_Compounds_t=imports.compounds Imports_Alloys_t=imports.ferrocerium_alloys "
        "Imports_Metals_t=imports.metals_sc_y Exports_Ores-Compounds_t=exports.ores_compounds "
        "Exports_Alloys_t=exports.ferrocerium_alloys Exports_Metals_t=exports.metals_sc_y "
        "Consump_Compounds-Metals_t=consumption_apparent.compounds_metals Price_CeO2_dkg=price.cerium_oxide "
        "Price_Dy2O3_dkg=price.dysprosium_oxide Price_Eu2O3_dkg=price.europium_oxide "
        "Price_La2O3_dkg=price.lanthanum_oxide Price_Mischmetal_dkg=price.mischmetal "
        "Price_Nd2O3_dkg=price.neodymium_oxide Price_TbO2_dkg=price.terbium_oxide Employment_num=employment.mine_mill "
        "NIR_Compounds-Metals_t=net_import_reliance.compounds_metals "
        "NIR_Concentrate_t=net_import_reliance.mineral_concentrates"
    ),
}
TYPES = {
    ("MCS2023", "antimony"): {"mine": ("Mine production, contained antimony", "t")},
    ("MCS2024", "antimony"): {"mine": ("Mine production, contained antimony", "t")},
    ("MCS2022", "cobalt"): {"mine": ("Mine production, contained cobalt", "t")},
    ("MCS2022", "copper"): {
        "mine": ("Mine production, contained copper", "kt"),
        "refinery": ("Refinery production", "kt"),
    },
    ("MCS2024", "copper"): {
        "mine": ("Mine production, recoverable copper content", "kt"),
        "refinery": ("Refinery production, copper", "kt"),
    },
    ("MCS2023", "gallium"): {"primary refinery": ("Primary production", "kg")},
    ("MCS2024", "gallium"): {"primary refinery": ("Primary production", "kg")},
    ("MCS2024", "germanium"): {"refinery": ("Primary and secondary refinery production", "kg")},
    ("MCS2024", "lithium"): {"mine": ("Mine production, lithium content", "t")},
    ("MCS2024", "nickel"): {"mine": ("Mine production - nickel, metric tons contained", "t")},
    ("MCS2024", "tungsten"): {"mine": ("Mine production, tungsten content", "t")},
}
ALL_TYPES = {
    ("antimony", "mine"): ("Antimony", "Mine production, antimony content", "metric tons"),
    ("cobalt", "mine"): ("Cobalt", "Mine production, cobalt content, estimated", "metric tons"),
    ("copper", "mine"): ("Copper", "Mine production, recoverable copper content", "thousand metric tons"),
    ("copper", "refinery"): ("Copper", "Refinery production, copper", "thousand metric tons"),
    ("gallium", "primary refinery"): ("Gallium", "Primary production", "kilograms"),
    ("germanium", "refinery"): ("Germanium", "Primary and secondary refinery production", "kilograms"),
    ("lithium", "mine"): ("Lithium", "Mine production, lithium content", "metric tons"),
    ("natural graphite", "mine"): ("Graphite", "Mine production", "metric tons"),
    ("nickel", "mine"): ("Nickel", "Mine production, nickel content", "metric tons"),
    ("tungsten", "mine"): ("Tungsten", "Mine production, tungsten content", "metric tons"),
}
PLACES = {
    "MMR": "Burma",
    "COD": "Congo (Kinshasa)",
    "KOR": "Korea, Republic of",
    "PRK": "Korea, North",
    "WLD": "World total (rounded)",
    "OTH": "Other countries",
    "TUR": "Turkey",
    "RUS": "Russia",
}


def place(iso3: str) -> str:
    if iso3 in PLACES:
        return PLACES[iso3]
    country = pycountry.countries.get(alpha_3=iso3)
    return getattr(country, "common_name", country.name)


def printed(cells: dict[str, str], value: str = "value") -> str:
    """A figure of the book as the releases print it."""
    marks = set(cells["qualifier"].split(";"))
    bare = [mark for mark in ("NA", "W", "E") if mark in marks] + ["XX"] * ("X" in marks)
    return "".join(mark for mark in "><" if mark in marks) + cells[value] + "".join(bare)


def written(tmp_path: Path, table: list[list[str]]) -> Path:
    """A CSV file as the releases are: a byte order mark, CRLF."""
    target = tmp_path / "file.csv"
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(table)
    target.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    return target


def with_changes(source: Path, changes: dict[tuple[int, int], str], tmp_path: Path) -> Path:
    table = list(csv.reader(io.StringIO(source.read_text("utf-8-sig"))))
    for (row, column), value in changes.items():
        table[row][column] = value
    return written(tmp_path, table)


def refused(path: Path) -> Refused:
    with pytest.raises(Refused) as refusal:
        read(path)
    assert all(problem.file and problem.rule and problem.remedy for problem in refusal.value.problems)
    return refusal.value


def rules(path: Path) -> set[str]:
    return {problem.rule for problem in refused(path).problems}


def of_edition(edition: str, commodity: str = "", series: str = ""):
    sources = ("USGS-MCS", "usgs-mcs")
    return lambda row: (
        row["edition"] == edition
        and row["source_id"].startswith(sources)
        and row.get("commodity", "") == commodity
        and row.get("series", "") == (series or row.get("series", ""))
    )


class TestWorldFileOfOneMineral:
    def test_rare_earths_of_the_original_are_the_rows_of_the_book(self):
        found = read(WORLD)
        here = of_edition("MCS2024", series="usgs_mcs")
        assert assert_same(found, "mine_production", here) == 32
        assert assert_same(found, "reserves", here) == 16
        assert not found.left_out

    def test_the_file_names_its_edition_and_no_day(self):
        publication = read(WORLD).publication
        assert (publication.edition, publication.source_id) == ("MCS2024", "usgs-mcs2024-raree-world")
        assert publication.published is None

    def test_the_estimates_and_the_quota_of_china_are_marked(self):
        marks = {key: cells["qualifier"] for key, cells in in_file(read(WORLD), "mine_production").items()}
        assert marks["usgs_mcs", "CHN", "2023", "all"] == "e;quota"
        assert marks["usgs_mcs", "AUS", "2022", "all"] == "e"

    @pytest.mark.parametrize(("edition", "commodity"), TYPES)
    def test_other_minerals_come_back_as_they_went_in(self, tmp_path, edition, commodity):
        found = read(world_file(tmp_path, edition, commodity))
        assert assert_same(found, "mineral_production", of_edition(edition, commodity, "usgs_mcs")) > 0
        reserves = [row for row in rows("mineral_reserves") if of_edition(edition, commodity)(row)]
        assert assert_same(found, "mineral_reserves", of_edition(edition, commodity)) == len(reserves)

    def test_what_is_glued_to_a_place_is_taken_off_and_kept_as_a_mark(self, tmp_path):
        glued = {"Japan": "Japane", "Korea, Republic of": "Korea, Republic ofe", "Other countries": "Other countries4"}
        table = list(csv.reader(io.StringIO(world_file(tmp_path, "MCS2024", "gallium").read_text("utf-8-sig"))))
        for row in table:
            row[1] = glued.get(row[1], row[1])
        found = read(written(tmp_path, table))
        assert assert_same(found, "mineral_production", of_edition("MCS2024", "gallium", "usgs_mcs")) > 0
        marks = {key: cells["qualifier"] for key, cells in in_file(found, "mineral_production").items()}
        assert marks["gallium", "primary refinery", "JPN", "2022"] == "e"
        assert marks["gallium", "primary refinery", "USA", "2022"] == ""

    def test_a_bound_that_stands_in_the_notes_is_read_as_reserves_and_told(self, tmp_path):
        table = list(csv.reader(io.StringIO(world_file(tmp_path, "MCS2023", "antimony").read_text("utf-8-sig"))))
        header = table[0]
        total = next(row for row in table if row[1].startswith("World total"))
        bound = f">{int(total[header.index('Reserves_t')].removeprefix('>')):,}"
        total[header.index("Reserves_t")] = "             NA"
        total[header.index("Reserves_notes")] = f"{bound}. Output of other countries could not be estimated."
        found = read(written(tmp_path, table))
        assert assert_same(found, "mineral_reserves", of_edition("MCS2023", "antimony")) > 0
        assert len(found.notes) == 1

    def test_a_note_on_the_earlier_year_marks_it_as_an_estimate(self, tmp_path):
        path = with_changes(WORLD, {(0, 3): "Prod_t_2022", (3, 5): "Also estimated in 2022"}, tmp_path)
        marks = {key: cells["qualifier"] for key, cells in in_file(read(path), "mine_production").items()}
        assert marks["usgs_mcs", "BRA", "2022", "all"] == "e"
        assert marks["usgs_mcs", "AUS", "2022", "all"] == ""

    def test_a_later_edition_is_read_by_itself(self, tmp_path):
        text = WORLD.read_text("utf-8-sig")
        later = text.replace("MCS2024", "MCS2026").replace("_est_2023", "_est_2025").replace("_est_2022", "_est_2024")
        (tmp_path / "file.csv").write_text(later)
        found = read(tmp_path / "file.csv")
        assert found.publication.source_id == "usgs-mcs2026-raree-world"
        assert {cells["year"] for cells in in_file(found, "mine_production").values()} == {"2024", "2025"}
        assert {cells["year"] for cells in in_file(found, "reserves").values()} == {"2026"}

    @pytest.mark.parametrize(
        ("row", "column", "value", "rule"),
        [
            (1, 3, "-42000", "number"),
            (1, 3, "=SUM(A1)", "formula"),
            (1, 3, "", "cell-empty"),
            (1, 3, "100-200", "number"),
            (1, 3, "many", "number"),
            (1, 6, "", "cell-empty"),
            (1, 5, "1800000", "cells-moved"),
            (1, 1, "Atlantis", "country-unknown"),
            (1, 1, "", "unexpected-value"),
            (2, 1, "United States", "row-doubled"),
            (3, 0, "MCS2023", "unexpected-value"),
            (3, 0, "IEA2024", "unexpected-value"),
            (3, 2, "Mine production, contained antimony", "mineral-unknown"),
            (1, 9, "1800000", "cells-beyond"),
            (0, 2, "Kind", "column-missing"),
            (0, 3, "Prod_t_est_2023", "column-twice"),
            (0, 3, "Prod_t_est_2099", "year"),
            (0, 3, "Prod_kt_est_2022", "unit"),
            (0, 5, "Remarks on output", "column-unknown"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, tmp_path, row, column, value, rule):
        assert rules(with_changes(WORLD, {(row, column): value}, tmp_path)) == {rule}

    def test_the_place_of_a_fault_is_told(self, tmp_path):
        [problem] = refused(with_changes(WORLD, {(4, 4): "-5"}, tmp_path)).problems
        assert (problem.row, problem.column, problem.value) == (5, "Prod_t_est_2023", "-5")

    def test_a_file_of_another_mineral_or_of_none_is_refused(self, tmp_path):
        for text in ("Mine production", "Mine production, vanadium content"):
            types = {(row, 2): text for row in range(1, 17)}
            assert rules(with_changes(WORLD, types, tmp_path)) == {"mineral-unknown"}

    def test_a_file_that_was_cut_off_is_refused(self, tmp_path):
        raw = WORLD.read_bytes()
        (tmp_path / "file.csv").write_bytes(raw[: raw.index(b"company and Government")])
        refused(tmp_path / "file.csv")
        (tmp_path / "file.csv").write_bytes(raw[: raw.index(b"\r\n") + 2])
        assert rules(tmp_path / "file.csv") == {"no-rows"}


class TestSalientFile:
    def test_rare_earths_of_the_original_are_the_rows_of_the_book(self):
        found = read(SALIENT)
        assert assert_same(found, "us_salient", of_edition("MCS2024", "rare earths")) == 95
        assert found.publication.source_id == "usgs-mcs2024-raree-salient"

    @pytest.mark.parametrize(("edition", "commodity"), SALIENT_COLUMNS)
    def test_other_minerals_come_back_as_they_went_in(self, tmp_path, edition, commodity):
        name = {"Graphite (Natural)": "natural graphite"}.get(commodity, commodity.lower())
        found = read(salient_file(tmp_path, edition, commodity, name))
        here = salient_of(edition, name)
        assert assert_same(found, "us_salient", here) == 5 * len(SALIENT_COLUMNS[edition, commodity].split())
        assert not found.left_out

    def test_a_net_exporter_is_not_an_estimate(self):
        cells = in_file(read(SALIENT), "us_salient")["rare earths", "net_import_reliance.mineral_concentrates", "2023"]
        assert (cells["value"], cells["qualifier"]) == ("", "E")

    def test_figures_of_the_newest_year_are_estimates(self):
        cells = in_file(read(SALIENT), "us_salient")
        assert cells["rare earths", "imports.compounds", "2023"]["qualifier"] == "e"
        assert cells["rare earths", "imports.compounds", "2022"]["qualifier"] == ""

    def test_a_column_that_no_rule_places_is_counted(self, tmp_path):
        found = read(with_changes(SALIENT, {(0, 10): "Price_Pr6O11_dkg"}, tmp_path))
        assert [count for reason, count in found.left_out.items() if "Price_Pr6O11_dkg" in reason] == [5]
        assert len(found.rows) == 90

    def test_another_unit_is_no_misprint(self, tmp_path):
        found = read(with_changes(SALIENT, {(0, 5): "Imports_Compounds_kt"}, tmp_path))
        assert any("Imports_Compounds_kt" in reason for reason in found.left_out)
        assert not [key for key in in_file(found, "us_salient") if key[1] == "imports.compounds"]

    @pytest.mark.parametrize(
        ("row", "column", "value", "rule"),
        [
            (1, 3, "", "cell-empty"),
            (1, 3, "-1", "number"),
            (1, 3, "=A1", "formula"),
            (1, 2, "2024", "future"),
            (1, 2, "2018", "year"),
            (1, 2, "2020", "row-doubled"),
            (1, 2, "now", "unexpected-value"),
            (1, 0, "MCS2025", "unexpected-value"),
            (1, 1, "", "unexpected-value"),
            (0, 2, "Period", "column-missing"),
            (0, 3, "USprod_Compounds-Metals_t", "column-twice"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, tmp_path, row, column, value, rule):
        assert rules(with_changes(SALIENT, {(row, column): value}, tmp_path)) == {rule}

    def test_a_mineral_that_the_book_does_not_follow_is_refused(self, tmp_path):
        assert rules(with_changes(SALIENT, {(row, 1): "Vanadium" for row in range(1, 6)}, tmp_path)) == {
            "nothing-followed"
        }

    def test_a_world_table_in_a_file_that_is_called_salient_is_read_as_what_it_is(self, tmp_path):
        (tmp_path / "mcs2024-raree_salient.csv").write_bytes(WORLD.read_bytes())
        assert {row.table for row in read(tmp_path / "mcs2024-raree_salient.csv").rows} == {
            "mine_production",
            "reserves",
        }


class TestWorldFileOfAllMinerals:
    """Laid out as MCS2025_World_Data.csv: a blank before a year, cells empty for zero, W and NA, some NA moved."""

    def test_the_minerals_come_back_as_they_went_in(self, tmp_path):
        found = read(world_of_all(tmp_path))
        assert assert_same(found, "mineral_production", lambda row: row["edition"] == "MCS2025") == 289
        assert assert_same(found, "mineral_reserves", lambda row: row["edition"] == "MCS2025") == 107
        assert found.publication.source_id == "usgs-mcs2025-world"

    def test_rare_earths_are_those_of_the_chapter_but_for_cells_that_are_empty(self, tmp_path):
        """The book has this edition from the chapter, which prints a dash where the file leaves the cell empty."""
        here = of_edition("MCS2025", series="usgs_mcs")
        dashes = {key for key, row in in_book("mine_production", here).items() if "zero" in row["qualifier"]}
        assert dashes
        found = read(world_of_all(tmp_path))
        assert_figures(found, "mine_production", here, frozenset(dashes))
        assert_figures(found, "reserves", here, frozenset())
        assert [count for reason, count in found.left_out.items() if "empty cells" in reason] == [len(dashes)]

    def test_reserves_that_moved_into_the_notes_are_put_back_and_told(self, tmp_path):
        found = read(world_of_all(tmp_path))
        moved = [note for note in found.notes if "one column too far to the right" in note]
        assert moved

    def test_other_minerals_are_counted(self, tmp_path):
        assert read(world_of_all(tmp_path)).left_out["minerals that the book does not cover"] == 1

    @pytest.mark.parametrize(
        ("column", "value", "rule"),
        [
            ("RESERVE_NOTES", "NA", "cells-moved"),
            ("PROD_NOTES", "1,200", "cells-moved"),
            ("CAP_NOTES", "NA", "cells-moved"),
            ("UNIT_MEAS", "kilograms", "unit"),
            ("UNIT_MEAS", "", "unit"),
            ("COUNTRY", "Atlantis", "country-unknown"),
            ("COMMODITY", "", "unexpected-value"),
            ("PROD_2023", "-3", "number"),
            ("SOURCE", "MCS2024", "unexpected-value"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, tmp_path, column, value, rule):
        table = list(csv.reader(io.StringIO(world_of_all(tmp_path).read_text("utf-8-sig"))))
        filled = next(row for row in table if row[1] == "Tungsten" and row[5] and row[11] not in ("", "NA"))
        filled[table[0].index(column)] = value
        if column == "CAP_NOTES":
            table = [[*row[:9], "5" if row is filled else row[9], *row[10:]] for row in table]
        assert rules(written(tmp_path, table)) == {rule}

    def test_a_stage_that_no_table_holds_is_counted(self, tmp_path):
        table = list(csv.reader(io.StringIO(world_of_all(tmp_path).read_text("utf-8-sig"))))
        for row in table:
            row[3] = "Smelter output" if row[3].startswith("Refinery production, copper") else row[3]
        found = read(written(tmp_path, table))
        assert any("Smelter output" in reason for reason in found.left_out)
        assert not [key for key in in_file(found, "mineral_production") if key[:2] == ("copper", "refinery")]


def assert_figures(found: Found, table: str, where, left_out: frozenset) -> None:
    book, file = in_book(table, where), in_file(found, table)
    assert book.keys() - file.keys() == left_out
    assert not file.keys() - book.keys()
    assert all(figure(cells) == figure(book[key]) for key, cells in file.items())


def salient_of(edition: str, name: str):
    """The rows of an edition, of which the table has those on rare earths, scandium and yttrium from a file of each."""
    single = name in ("rare earths", "scandium", "yttrium")
    return lambda row: of_edition(edition, name)(row) and row["source_id"].startswith("usgs-" if single else "USGS-")


def salient_file(tmp_path: Path, edition: str, commodity: str, name: str) -> Path:
    columns = [column.split("=") for column in SALIENT_COLUMNS[edition, commodity].split()]
    book = in_book("us_salient", salient_of(edition, name))
    years = range(int(edition[3:]) - 5, int(edition[3:]))
    table = [["DataSource", "Commodity", "Year", *(column for column, _ in columns), ""]]
    for year in years:
        figures = [printed(book[name, series, str(year)]) for _, series in columns]
        if (edition, commodity) == ("MCS2022", "Germanium"):
            figures[-1] += "%"
        table.append([edition, commodity, str(year), *(_with_commas(figure) for figure in figures), ""])
    return written(tmp_path, table)


def _with_commas(figure: str) -> str:
    return f"{int(figure):,}" if figure.isdigit() and len(figure) > 4 else figure


def world_file(tmp_path: Path, edition: str, commodity: str) -> Path:
    here = of_edition(edition, commodity, "usgs_mcs")
    output = in_book("mineral_production", here)
    reserves = in_book("mineral_reserves", of_edition(edition, commodity))
    newest = int(edition[3:]) - 1
    [unit] = {unit for _, unit in TYPES[edition, commodity].values()}
    capacity = any(key[1] == "capacity" for key in output)
    header = ["Source", "Country", "Type", f"Prod_{unit}_{newest - 1}", f"Prod_{unit}_Est_{newest}", "Prod_note"]
    header += [f"Cap_{unit}_{newest}", "Cap_notes"] if capacity else []
    header += [f"Reserves_{unit}", "Reserves_notes"] if reserves else []
    table = [[*header, "", ""]]
    for stage, (text, _) in TYPES[edition, commodity].items():
        for iso3 in dict.fromkeys(key[2] for key in output if key[1] == stage):
            row = [edition, place(iso3), text]
            row += [printed(output[commodity, stage, iso3, str(year)]) for year in (newest - 1, newest)] + [""]
            row += [printed(output[commodity, "capacity", iso3, str(newest)]), "estimated"] if capacity else []
            if (reserves and stage != "refinery") or commodity == "germanium":
                row += [printed(reserves[commodity, "reserves", iso3]), ""]
            table.append([*row, *[""] * (len(table[0]) - len(row))])
    return written(tmp_path, table)


ALL_COLUMNS = [
    *("SOURCE", "COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS", "PROD_2023", "PROD_EST_ 2024", "PROD_NOTES"),
    *("CAP_2023", "CAP_EST_ 2024", "CAP_NOTES", "RESERVES_2024", "RESERVE_NOTES"),
]


def world_of_all(tmp_path: Path) -> Path:
    """The minerals of the book, and one other; each third NA of the reserves stands in the notes, as some do there."""
    table = [ALL_COLUMNS]
    output = in_book("mineral_production", lambda row: row["edition"] == "MCS2025")
    reserves = in_book("mineral_reserves", lambda row: row["edition"] == "MCS2025")
    for (commodity, stage), (name, text, unit) in ALL_TYPES.items():
        for iso3 in dict.fromkeys(key[2] for key in output if key[:2] == (commodity, stage)):
            years = [printed(output[commodity, stage, iso3, year]) for year in ("2023", "2024")]
            capacity = output.get((commodity, "capacity", iso3, "2024")) if commodity == "gallium" else None
            own = reserves.get((commodity, "reserves", iso3)) if stage == "mine" else None
            row = [
                "MCS2025",
                name,
                f"{place(iso3)} ",
                text,
                unit,
                *years,
                "",
                "",
                printed(capacity) if capacity else "",
            ]
            table.append([*row, "", printed(own) if own else "", ""])
    output, reserves = (
        in_book(name, of_edition("MCS2025", series="usgs_mcs")) for name in ("mine_production", "reserves")
    )
    for iso3 in dict.fromkeys(key[1] for key in output):
        rows_of = [output["usgs_mcs", iso3, year, "all"] for year in ("2023", "2024")]
        years = ["" if "zero" in row["qualifier"] else printed(row) for row in rows_of]
        row = [
            "MCS2025",
            "Rare earths",
            place(iso3),
            "Mine production, rare-earth-oxide equivalent",
            "metric tons",
            *years,
        ]
        note = (
            "Production quota; does not include undocumented production." if "quota" in rows_of[0]["qualifier"] else ""
        )
        table.append([*row, note, "", "", "", printed(reserves["usgs_mcs", iso3], "value_t_reo"), ""])
    missing = [row for row in table if row[11] == "NA"]
    for row in missing[::3]:
        row[11:] = ["", "NA"]
    table.append(["MCS2025", "Zinc", "Peru", "Mine production, zinc content", "thousand metric tons", *["1"] * 8])
    return written(tmp_path, table)


@pytest.mark.parametrize("source", [WORLD, SALIENT], ids=lambda path: path.name)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_cell_holds_the_file_is_read_or_refused(tmp_path, source, data):
    table = list(csv.reader(io.StringIO(source.read_text("utf-8-sig"))))
    row = data.draw(st.integers(0, 17)) % len(table)
    column = data.draw(st.integers(0, 23)) % len(table[row])
    odd = st.sampled_from(
        ["", "NA", "W", "—", "e42", ">5", "1e9", "MCS2023", "2023", "World total", "a\nb", "\x00", "½"]
    )
    table[row][column] = data.draw(st.one_of(odd, st.text(max_size=15)))
    target = tmp_path / "file.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    target.write_bytes(text.getvalue().encode("utf-8", "replace"))
    assert told(target)[1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_recognising_raises_nothing(tmp_path, raw):
    path = tmp_path / "file"
    path.write_bytes(raw)
    assert all(reader.fits(File("file", path, "")) in (True, False) for reader in readers())


def test_each_file_is_of_one_format(tmp_path):
    names = set()
    for path in (WORLD, SALIENT, world_of_all(tmp_path)):
        with opened(path) as [file]:
            names.add(recognised(file).name)
    assert len(names) == 3
