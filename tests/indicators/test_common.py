"""Shares inside one edition, their bounds, the leading countries and their concentration."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.indicators import common, reserves
from lib.quantity import Quantity
from lib.tables import catalog

tonnes = st.floats(min_value=0.01, max_value=1e8, allow_nan=False)


def rows(*figures):
    """Rows of one edition: (iso3, value, marks)."""
    frame = pd.DataFrame(figures, columns=["iso3", "value", "qualifier"])
    return frame.assign(source_id="s", edition="E2026")


PRINTED = rows(("CHN", 44.0, ""), ("BRA", 11.0, ""), ("OTH", 1.0, ""), ("IND", None, "NA"), ("WLD", 75.0, ">"))


def test_a_share_of_a_lower_bound_is_at_most():
    share = common.share(PRINTED, "CHN")
    assert (round(share.value, 1), share.bound) == (58.7, "<")


def test_the_listed_sum_is_a_lower_bound_when_a_country_has_no_figure():
    assert common.total(PRINTED, denominator="listed") == Quantity(56.0, ">")
    whole = PRINTED[PRINTED["qualifier"] != "NA"]
    assert common.total(whole, denominator="listed") == Quantity(56.0)


def test_a_country_whose_world_total_is_missing_waits_for_it():
    printed = rows(("CHN", 60, ""), ("USA", 40, ""), ("WLD", 100, "")).assign(edition="MCS2026", year=2025)
    alone = rows(("CHN", 70, "")).assign(edition="MCS2026", year=2026)
    withheld = rows(("CHN", 70, ""), ("WLD", None, "NA")).assign(edition="MCS2027", year=2026)
    frame = pd.concat([printed, alone, withheld], ignore_index=True)
    kept = common.with_total(frame)
    assert kept.index.tolist() == [0, 1, 2], "with their lines"
    last = reserves.latest_output(kept.assign(published=pd.Timestamp("2026-02-06")), "MCS2026")
    assert common.share(last, "CHN").value == 60


def test_an_unknown_denominator_is_refused():
    with pytest.raises(ValueError, match="printed, listed"):
        common.total(PRINTED, denominator="guessed")


def test_a_country_that_is_not_listed_is_refused():
    with pytest.raises(KeyError, match="QQQ"):
        common.share(PRINTED, "QQQ")


def test_shares_keep_what_has_no_figure_and_leave_the_world_out():
    table = common.shares(PRINTED).set_index("iso3")
    assert "WLD" not in table.index
    assert table.loc["CHN", "qualifier"] == "<"
    assert pd.isna(table.loc["IND", "share"])
    assert table.loc["IND", "qualifier"] == "NA"


def test_the_rest_is_added_up_and_comes_last():
    table = common.top(rows(("A", 5.0, "e"), ("B", 4.0, "e"), ("C", 0.0, ""), ("D", 3.0, ""), ("WLD", 12.0, "")), 1)
    assert list(table["iso3"]) == ["A", "OTH"]
    assert table["value"].iloc[-1] == 7
    assert set(table["qualifier"].iloc[-1].split(";")) == {"derived", "e"}


def test_a_country_can_be_kept_among_the_named():
    table = common.top(rows(("A", 5.0, ""), ("B", 4.0, ""), ("C", 3.0, ""), ("WLD", 12.0, "")), 1, always=("C",))
    assert list(table["iso3"]) == ["A", "C", "OTH"]


def test_chosen_countries_keep_their_zero_and_nothing_else_does():
    frame = rows(("A", 5.0, ""), ("B", 0.0, ""), ("C", 0.0, ""), ("D", 3.0, ""), ("OTH", 1.0, ""), ("WLD", 9.0, ""))
    table = common.among(frame, ["B", "A"])
    assert list(zip(table["iso3"], table["value"], strict=True)) == [("A", 5.0), ("B", 0.0), ("OTH", 4.0)]


@given(st.lists(tonnes, min_size=1, max_size=12), st.integers(min_value=0, max_value=12))
def test_naming_fewer_countries_loses_nothing(values, n):
    frame = rows(*[(f"C{i:02}", value, "") for i, value in enumerate(values)])
    assert common.top(frame, n)["value"].sum() == pytest.approx(sum(values))


@given(st.lists(tonnes, min_size=1, max_size=12))
def test_concentration_lies_between_equal_shares_and_one_supplier(values):
    frame = rows(*[(f"C{i:02}", value, "") for i, value in enumerate(values)])
    index = common.concentration(frame, denominator="listed")
    assert 10_000 / len(values) - 1e-6 <= index.value <= 10_000 + 1e-6
    assert index.bound == ""


@given(st.lists(tonnes, min_size=3, max_size=12))
def test_listed_shares_add_up_to_a_whole(values):
    frame = rows(*[(f"C{i:02}", value, "") for i, value in enumerate(values)])
    assert common.shares(frame, denominator="listed")["share"].sum() == pytest.approx(100)


def test_rows_that_exceed_the_printed_total_have_no_index_over_it():
    """USGS MCS 2024: the rows of reserves add up to 115.4 Mt under a printed 110 Mt."""
    reserves = common.select("reserves", None, "reserves", vintages="all", series="usgs_mcs")
    with pytest.raises(ValueError, match=r"104\.9 percent"):
        common.concentration(common.edition(reserves, "MCS2024"), "value_t_reo", "printed")


def test_the_three_largest_mined_nine_tenths():
    """OECD 2024 gives 90% for the mining of 2023; the table of MCS 2025 adds up to 90.3%."""
    mined = common.select("mine_production", None, "output", vintages="all", series="usgs_mcs")
    share = common.top_share(common.edition(mined, "MCS2025", year=2023), 3)
    assert share.value == pytest.approx(90.3, abs=0.05)


def test_the_newest_version_inside_an_edition_counts():
    """USGS MCS 2026: Brazil 21 Mt in v1.0 and 11 Mt in v1.3 of 27 May 2026."""
    before = common.select("reserves", "2026-05-26", "reserves", vintages="all", series="usgs_mcs")
    after = common.select("reserves", "2026-05-27", "reserves", vintages="all", series="usgs_mcs")
    brazil = [common.amount(common.edition(frame, "MCS2026"), "BRA", "value_t_reo").value for frame in (before, after)]
    assert brazil == [21_000_000, 11_000_000]


def test_editions_stand_in_the_order_of_publication_and_need_a_world_total():
    reserves = common.select("reserves", None, "reserves", vintages="all", series="usgs_mcs")
    assert common.editions(reserves)[:4] == ["MCS2023", "MCS2024", "MCS2025", "MCS2026"]
    assert "MCS2003" in set(reserves["edition"])


def test_what_is_not_public_yet_says_when_it_starts():
    with pytest.raises(catalog.NoDataYet) as caught:
        common.select("reserves", "2015-01-01", "The table", vintages="all", series="usgs_mcs", iso3="WLD")
    assert caught.value.starts == dt.date(2023, 1, 31)
    assert caught.value.what == "The table"


def test_a_leader_is_a_country():
    assert common.leader(PRINTED) == "CHN"
    assert common.leader(rows(("A", 1.0, ""), ("OTH", 9.0, ""), ("WLD", 10.0, ""))) == "A"
