"""Places that a file names and the book does not know, in every reader of trade: small ones are left out and named."""

from __future__ import annotations

import json

import pytest

from lib.importers import Found, Publication, Refused
from lib.importers.unplaced import SMALL, Unplaced
from tests.importers import test_baci, test_customs, test_eurostat, test_un_comtrade
from tests.importers.handed_in import csv_text, found_in, found_in_text


def census(folder, small):
    names = test_customs.HEADER
    strange = dict(zip(names, test_customs.CHINA, strict=True)) | {"CTY_CODE": "6820", "CTY_NAME": "MICRONESIA"}
    strange |= {"GEN_VAL_MO": str(small)}
    return found_in_text(folder, csv_text(names, test_customs.CHINA, [strange[name] for name in names])), "MICRONESIA"


def hmrc(folder, small):
    rows = [test_customs.ots() | {"Value": 1_000_000}, test_customs.ots() | {"Value": small}]
    rows[1]["Country"] = {"CountryCodeAlpha": "7@", "CountryName": "Atlantis"}
    return found_in_text(folder, json.dumps(rows)), "7@"


def comtrade(folder, small):
    rows = {0: (1_000_000 + small, ""), 156: (700_000, ""), 276: (300_000, ""), 997: (small, "")}
    return found_in_text(
        folder, test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows(rows))
    ), "997"


def eurostat(folder, small):
    rows = {"WORLD": (1_000_000 + small, ""), "CN": (700_000, ""), "US": (300_000, ""), "ZZ": (small, "")}
    return found_in_text(folder, test_eurostat.text(*test_eurostat.rows(rows))), "ZZ"


def baci(folder, small):
    return found_in_text(folder, f"t,i,j,k,v,q\n2023,156,276,850511,1000000,5\n2023,997,276,850511,{small},1\n"), "997"


def baci_parquet(folder, small):
    rows = [(2024, "CHN", "DEU", "850511", 1e6, None), (2024, "QQQ", "DEU", "850511", float(small), None)]
    return found_in(test_baci.parquet(folder / "flows", *rows)), "QQQ"


READERS = (census, hmrc, comtrade, eurostat, baci, baci_parquet)


@pytest.mark.parametrize("reader", READERS)
def test_a_small_place_takes_its_row_out_and_is_named(tmp_path, reader):
    found, name = reader(tmp_path, 3 if reader is census else 1200)
    assert found.rows
    assert [name in note and "left out" in note for note in found.notes].count(True) == 1
    assert not any(row.cells.get("partner") in ("", None) for row in found.rows)


@pytest.mark.parametrize("reader", READERS)
def test_a_place_that_matters_refuses_the_file(tmp_path, reader):
    with pytest.raises(Refused) as caught:
        reader(tmp_path, 800_000_000)
    [problem] = caught.value.problems
    assert problem.rule == "country-unknown"
    assert problem.row


def test_shares_without_a_small_partner_are_of_the_printed_world(tmp_path):
    found, _ = comtrade(tmp_path, 1200)
    by_partner = {row.cells["partner"]: row.cells["share"] for row in found.rows}
    assert by_partner["CHN"] == f"{100 * 700_000 / 1_001_200:.2f}"
    assert not any(row.cells.get("hhi") for row in found.rows)


def test_what_is_small_is_told_by_amounts_in_each_group():
    def places(unknown, known):
        unplaced = Unplaced()

        def strange():
            raise Refused([problem_of("Atlantis")])

        assert unplaced.find(strange) is None
        unplaced.weigh(False, unknown, "a")
        unplaced.weigh(True, known, "a")
        unplaced.weigh(True, 10**9, "b")
        found = Found(Publication("", "", ""))
        unplaced.settle(found)
        return found.notes

    assert len(places(SMALL * 100, 100)) == 1
    with pytest.raises(Refused):
        places(SMALL * 110, 100)


def problem_of(name):
    from lib.tables.problems import Problem

    return Problem("file", 3, "country", name, "country-unknown", "a country")
