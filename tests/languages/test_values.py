"""Values in other languages: the same numbers, written as the language has them, and no English words."""

from __future__ import annotations

import calendar
import html
import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from lib import prose
from lib.facts import PREFIXED_UNITS, SUFFIXED_UNITS, format_quantity
from lib.languages import catalogues, pages, values
from lib.quantity import Quantity

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("de", "ja", "zh_Hans")
NUMBER = re.compile(r"(?<![A-Za-z\d.,])[-−]?\d[\d.,]*(?<=\d)")
"""A number, but none of a version such as v1.3."""
TAG = re.compile(r"<[^>]+>")
ENGLISH = re.compile(
    r"\b(?:the|of|and|at|most|least|more|than|less|about|from|to|since|until|expected|days?|ago|all)\b"
)


def same(message: str) -> str:
    return message


def said(value: str, language: str) -> str:
    """A value in a language as a reader sees it, with English words."""
    localised = values.localised(value, Locale.parse(language), same)
    assert localised is not None
    return html.unescape(TAG.sub("", localised))


@pytest.mark.parametrize(
    ("english", "german", "japanese"),
    [
        ("at most 58.7%", "at most 58,7\xa0%", "at most 58.7%"),
        ("1,234,567 t", "1.234.567 t", "1,234,567 t"),
        ("−1,234.50", "−1.234,50", "−1,234.50"),
        ("USD 1,110.5 million", "USD 1.110,5 million", "USD 1,110.5 million"),
        ("1.5 to 4", "1,5 to 4", "1.5 to 4"),
        ("2025", "2025", "2025"),
        ("MCS 2026 v1.3", "MCS 2026 v1.3", "MCS 2026 v1.3"),
        ("HS 8505.11", "HS 8505.11", "HS 8505.11"),
        ("4 April 2025", "4.\xa0April 2025", "2025年4月4日"),
        ("March 2026", "März 2026", "2026年3月"),
    ],
)
def test_numbers_days_and_months_are_written_as_the_language_has_them(english, german, japanese):
    assert said(english, "de") == german
    assert said(english, "ja") == japanese


def numbers(text: str, locale: Locale) -> list[Decimal]:
    return [parse_decimal(n.replace("−", "-"), locale, strict=False) for n in NUMBER.findall(text)]


@given(
    value=st.floats(-1e12, 1e12, allow_nan=False),
    unit=st.sampled_from([*PREFIXED_UNITS, *SUFFIXED_UNITS, "t", "kt", "Mt", "years", "ppm"]),
    bound=st.sampled_from(["", "<", ">"]),
    places=st.integers(0, 3),
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_babel_reads_back_the_number_of_any_value(language, value, unit, bound, places):
    english = format_quantity(Quantity(value, bound), unit, places)
    assert numbers(said(english, language), Locale.parse(language)) == numbers(english, Locale("en"))


def test_links_are_kept_and_lose_their_english_title():
    value = 'from <a class="iv-fact" href="fact:a.b" title="a &quot;b&quot;">3&#46;5 Mt</a> on'
    told = values.localised(value, Locale("de"), {"from {0} on": "ab {0}", "{0} Mt": "{0} Mt"}.get)
    assert told == 'ab <a class="iv-fact" href="fact:a.b">3&#44;5 Mt</a>'


def test_a_value_without_words_in_the_language_has_no_text():
    assert values.localised("at most 3", Locale("de"), {}.get) is None
    assert values.localised('<a href="x">rose</a>', Locale("de"), {"{0}": "{0}"}.get) is None
    assert values.localised("3–4", Locale("de"), {}.get) == "3–4"


def test_a_bound_has_one_translation_for_all_numbers():
    words = {"more than {0}": "{0} mehr", "{0} t": "{0} Tonnen"}
    assert values.localised("more than 3 t", Locale("de"), words.get) == "3 Tonnen mehr"
    assert values.messages("at most USD 3 million") == ["USD {0} million", "at most {0}"]
    assert values.messages("more than others") == ["more than others"]
    assert values.localised("at most 3 kt", Locale("de"), words.get) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_values_of_the_pages_are_in_the_language_and_their_numbers_are_the_same(site, language):
    """The executed notebooks beside the built site have the values."""
    words, locale, seen = catalogues.read(ROOT, language, catalogues.WORDS), Locale.parse(language), 0
    for name in pages.PAGES:
        executed = ROOT / "_build" / "executed" / "chapters" / f"{name}.ipynb"
        for cell in pages.cells(pages.notebook(ROOT, name), executed):
            for entry in filter(pages.has_value, cell.results):
                english = prose.shown(entry["result"]["data"])
                told = values.localised(english, locale, words.translation)
                assert told is not None, f"{language}/{name}: no words for {entry['expression']}: {english}"
                shown = html.unescape(TAG.sub("", told))
                assert not ENGLISH.findall(shown), shown
                assert sorted(numbers(shown, locale)) == sorted(_numbers_of(english, language)), (english, shown)
                seen += 1
    assert seen > 100


def _numbers_of(value: str, language: str) -> list[Decimal]:
    """The numbers of a value in English; months are numbers too where the language writes them so."""
    plain = html.unescape(TAG.sub("", value))
    for number, month in enumerate(calendar.month_name[1:], start=1):
        plain = plain.replace(month, "" if language == "de" else str(number))
    return numbers(plain, Locale("en"))
