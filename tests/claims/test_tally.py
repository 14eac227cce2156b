"""What the verdicts come to: counts that rest on rows, and claims in words and as links."""

from __future__ import annotations

import html
import re

import pytest

from lib import claims
from lib.claims import rules
from lib.tables import catalog


@pytest.fixture(scope="module")
def tally():
    return claims.Tally(claims.ledger())


def test_every_claim_has_one_verdict(tally):
    assert sum(len(tally.having(verdict)) for verdict in claims.SCALE) == len(tally.all)


def test_a_count_rests_on_the_rows_of_its_claims(tally):
    number = tally.count(tally.moved, "moved")
    assert number.value == len(tally.moved) == len(number.rows)
    assert set(number.rows["claim_id"]) == set(tally.moved)
    assert tally.count([], "none").value == 0


def test_units_misread_by_a_factor_of_ten_are_slips_and_a_factor_of_two_is_none(tally):
    assert tally.slips == ["B01", "B02"]
    assert set(tally.slips) < set(tally.having(rules.FACTOR))


def test_quotations_are_of_different_topics_in_the_order_of_the_claims(tally):
    quoted = html.unescape(re.sub(r"<[^>]+>", "", tally.quoted(tally.all, 2)))
    assert quoted.startswith(
        "“China’s rare-earth reserves are far ahead of every other country’s” (A01) and “China mines"
    )
    assert 'href="claim:A01"' in tally.quoted(tally.all, 2)


def test_claims_of_a_later_article_are_left_out_and_none_at_all_is_no_list():
    early = claims.Tally(claims.ledger("2024-06-30"))
    assert early.linked(["B01", "D06"]) == early.linked(["B01"])
    with pytest.raises(catalog.NoDataYet):
        early.linked(["D06"])
    with pytest.raises(catalog.NoDataYet):
        early.article("press-003")


def test_an_article_says_on_which_day_and_why_it_was_judged(tally):
    article = tally.article("press-003")
    assert f"{article.judged_on}" == "2025-10-20"
    assert article.basis == "Day printed with the outlet."
    assert article.names[0] == "D01"
