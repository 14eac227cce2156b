"""Files of trade and of countries that were damaged anywhere: they are read or refused, and nothing else happens."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.importers import Refused
from tests.importers import test_baci, test_customs, test_eurostat, test_un_comtrade, test_world_bank
from tests.importers.handed_in import found_in_text

SAMPLES = {
    "un_comtrade": test_un_comtrade.text(test_un_comtrade.NEW, *test_un_comtrade.new_rows()),
    "un_comtrade_short": test_un_comtrade.text(test_un_comtrade.SHORT, *test_un_comtrade.short_rows()),
    "baci": test_baci.GOOD,
    "eurostat": test_eurostat.text(*test_eurostat.rows()),
    "hmrc": json.dumps({"value": [test_customs.ots(), test_customs.ots(MonthId=202603)]}),
    "us_census": json.dumps(test_customs.census(test_customs.CHINA)),
    "governance": test_world_bank.wgi("CHNcc2023,CHN,China,2023,cc,-0.1,0.1,12,54.2,40,60"),
    "databank": test_world_bank.databank(test_world_bank.known_rows()[:12], test_world_bank.NEW, "GOV_WGI_"),
    "gdp": test_world_bank.GDP,
    "gdp_json": json.dumps(test_world_bank.answer(("ABW", "2023", 1.5), ("WLD", "2024", 2))),
}
PIECES = st.sampled_from(
    ["", ",", '"', "\n", "-", "NA", "..", "=1", "1e400", "é", "\r\n", "[", "{", "null", "0", "\x00", "²"]
)


def damaged(text: str, places: list[tuple[float, int, str]]) -> str:
    for share, length, piece in places:
        at = int(share * len(text))
        text = text[:at] + piece + text[at + length :]
    return text


@pytest.mark.parametrize("name", SAMPLES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), PIECES), min_size=1, max_size=3))
def test_a_damaged_file_is_read_or_refused(tmp_path, name, places):
    with contextlib.suppress(Refused):
        found = found_in_text(tmp_path, damaged(SAMPLES[name], places))
        assert all(row.cells and row.line > 0 for row in found.rows)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read(tmp_path, name):
    assert found_in_text(tmp_path, SAMPLES[name]).rows
