"""Answers agree with the site that they are taken from, and tell what was public by a day."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from lib import claims as judged
from lib.answers import claims, finding, numbers, tables
from lib.answers.shelf import NoSite, Shelf, Unknown
from lib.tables import catalog

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://example.org/book/"
SHARE = "reserves.china-reserve-share"


@pytest.fixture(scope="module")
def shelf(site) -> Shelf:
    return Shelf(site, ROOT / "data", ADDRESS)


def test_every_number_is_answered_with_its_bound_sources_and_a_link_that_is_there(shelf, site):
    for fact in json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]:
        told = numbers.get_fact(shelf, fact["id"])
        assert all(told[key] == fact[key] for key in ("value", "bound", "unit", "scope", "period"))
        assert told["sources"]
        assert all(source["title"] and source["publisher"] for source in told["sources"])
        page = (site / told["link"].removeprefix(ADDRESS)).read_text(encoding="utf-8")
        assert fact["id"] in page


def test_the_usgs_put_chinas_share_of_reserves_otherwise_in_each_edition(shelf):
    """44 of 110 Mt in MCS 2024, of more than 90 Mt in MCS 2025, which came out on 31 January 2025 (USGS)."""
    shares = {day: numbers.get_fact(shelf, SHARE, day) for day in ("2024-06-30", "2025-02-15", "2025-06-30")}
    assert [told["text"] for told in shares.values()] == ["40.0%", "at most 48.9%", "at most 48.9%"]
    assert [told["bound"] for told in shares.values()] == ["", "<", "<"]
    assert shares["2025-02-15"]["public_since"] == "2025-01-31"
    assert "/editions/2025-06-30/" in shares["2025-02-15"]["link"]


def test_an_answer_for_a_past_day_rests_on_nothing_later(shelf, site):
    facts = json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]
    for day in ("2020-01-01", "2023-06-30", "2025-03-01", "2026-08-01"):
        for fact in facts[::9]:
            told = numbers.get_fact(shelf, fact["id"], day)
            assert told["public"] == ("value" in told)
            assert (told["public_since"] <= day) == told["public"]


def test_what_was_not_yet_public_is_told_without_a_value(shelf):
    told = numbers.get_fact(shelf, SHARE, "2020-01-01")
    assert told["public"] is False
    assert "value" not in told
    assert "2020-01-01" in told["note"]
    assert numbers.get_figure(shelf, "reserves-by-country", "2020-01-01")["public"] is False
    rows = tables.query_table(shelf, "reserves", as_of="1950-01-01")
    assert (rows["public"], rows["rows"]) == (False, [])
    assert rows["public_since"] in rows["note"]


def test_a_figure_has_its_rows_sources_and_link(shelf, site):
    told = numbers.get_figure(shelf, "reserves-by-country", limit=3)
    whole = json.loads((site / "figures" / "reserves-by-country.json").read_text(encoding="utf-8"))
    assert told["rows"] == whole["data"][:3]
    assert told["more_rows"] == len(whole["data"]) - 3
    assert {source["id"] for source in told["sources"]} == {source["id"] for source in whole["sources"]}
    assert told["link"] == f"{ADDRESS}figures/reserves-by-country.html"


def test_a_claim_is_judged_on_any_day_as_the_ledger_judges_it(shelf):
    told = claims.get_claim(shelf, "C02", "2024-02-01")
    assert told["on_that_day"]["verdict"] == judged.judge("C02", "2024-02-01").verdict
    assert told["on_that_day"]["sources"]
    assert told["then"]["verdict"]
    assert claims.get_claim(shelf, "C02", "2000-01-01")["on_that_day"]["note"] == claims.NOTHING


def test_rows_are_those_of_the_catalogue_as_of_the_day(shelf):
    told = tables.query_table(shelf, "mine_production", {"iso3": "CHN", "year": [2023, 2024]}, "2025-06-30", limit=500)
    frame = catalog.table("mine_production", "2025-06-30")
    frame = frame[frame["iso3"].eq("CHN") & frame["year"].isin([2023, 2024])]
    assert [row["row"] for row in told["rows"]] == list(frame.index)
    assert all(row["published"] <= "2025-06-30" for row in told["rows"])
    assert {row["source_id"] for row in told["rows"]} == {source["id"] for source in told["sources"]}
    later = tables.query_table(shelf, "mine_production", {"iso3": "CHN", "year": 2024}, all_editions=True, limit=500)
    assert later["matching"] > len(frame[frame["year"].eq(2024)])


def test_filters_know_days_truth_and_numbers(shelf):
    assert tables.query_table(shelf, "elements", {"rare_earth": True}, limit=100)["matching"] == 17
    assert tables.query_table(shelf, "elements", {"atomic_number": "60"})["rows"][0]["symbol"] == "Nd"
    published = catalog.table("measures")["published"]
    day = published.dropna().iloc[0]
    told = tables.query_table(shelf, "measures", {"published": f"{day:%Y-%m-%d}"})
    assert told["matching"] == int((published == pd.Timestamp(day)).sum())


def test_limit_and_offset_cut_a_table_without_gaps(shelf):
    whole = [row["row"] for row in tables.query_table(shelf, "elements", limit=500)["rows"]]
    parts = [
        row["row"]
        for offset in range(0, len(whole), 10)
        for row in tables.query_table(shelf, "elements", limit=10, offset=offset)["rows"]
    ]
    assert parts == whole


def test_what_the_search_finds_can_be_asked_for(shelf):
    kinds = {"fact": numbers.get_fact, "figure": numbers.get_figure, "claim": claims.get_claim}
    for kind, get in kinds.items():
        for entry in finding.search(shelf, "reserves China", kind, 5)["found"]:
            assert get(shelf, entry["id"])["link"]
    (table,) = finding.search(shelf, "governance indicators", "table", 1)["found"]
    assert tables.describe_table(shelf, table["id"])["columns"]
    assert finding.search(shelf, "zzzqqq")["found"] == []


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda shelf: numbers.get_fact(shelf, "reserves.china-reserve"), Unknown, SHARE),
        (lambda shelf: numbers.get_fact(shelf, SHARE, "last year"), ValueError, "2025-06-30"),
        (lambda shelf: numbers.get_figure(shelf, "reserves-by-county"), Unknown, "reserves-by-country"),
        (lambda shelf: claims.get_claim(shelf, "Z99"), Unknown, "Z99"),
        (lambda shelf: tables.query_table(shelf, "reserve"), catalog.UnknownTable, "reserves"),
        (lambda shelf: tables.query_table(shelf, "reserves", {"land": "CHN"}), Unknown, "iso3"),
        (lambda shelf: tables.query_table(shelf, "reserves", limit=0), ValueError, "limit"),
        (lambda shelf: finding.search(shelf, "ore", "picture"), ValueError, "figure"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_can_be_asked(shelf, ask, error, words):
    with pytest.raises(error, match=words):
        ask(shelf)


def test_without_a_site_nothing_is_answered(tmp_path):
    with pytest.raises(NoSite):
        Shelf(tmp_path, ROOT / "data")
