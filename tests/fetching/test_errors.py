"""Messages repeat what a server said: short, on one line, and never with the key."""

from __future__ import annotations

from urllib.parse import quote, quote_plus, urlencode

from hypothesis import given
from hypothesis import strategies as st

from lib.fetching.errors import WORDS, FetchError, innermost, plain, without

keys = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=8, max_size=40)


@given(keys, st.text(max_size=40), st.text(max_size=40))
def test_a_key_is_taken_out_however_an_address_spells_it(key, before, after):
    for spelled in (key, quote(key), quote_plus(key), urlencode({"k": key}).removeprefix("k=")):
        if spelled not in before + after:
            assert spelled not in without(f"{before} {spelled} {after}", key)


@given(st.text(), st.binary())
def test_what_a_server_said_is_one_short_line(text, raw):
    for said in (plain(text), plain(raw)):
        assert len(said) <= WORDS
        assert said.isprintable()


def test_tags_and_scripts_are_left_out():
    page = "<html><style>p {}</style><script>alert(1)</script><p>Back&nbsp;at <b>noon</b></p>\n"
    assert plain(page) == "Back at noon"


def test_the_cause_is_told_without_what_is_wrapped_around_it():
    wrapped = (
        "HTTPSConnectionPool(host='a.example', port=443): Max retries exceeded with url: /b?c (Caused by "
        "NewConnectionError(\"HTTPSConnection(host='a.example', port=443): Connection refused\"))"
    )
    assert innermost(wrapped) == "Connection refused"
    assert innermost("Connection broken (9 more expected)") == "Connection broken (9 more expected)"


def test_an_error_says_what_where_and_what_to_do():
    error = FetchError("no answer", "try again later", feed="usgs-mcs", address="https://a.example/b")
    assert str(error) == "usgs-mcs: no answer (https://a.example/b). Try again later."


def test_several_errors_are_one():
    first, second = (FetchError("gone", "look", feed=name) for name in ("a", "b"))
    assert FetchError.of_several([first]) is first
    both = FetchError.of_several([first, second])
    assert both.problems == (first, second)
    assert "a, b" in str(both)
