"""The file of feeds: what may stand in it, and that what stands there is complete."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
import yaml

from lib.fetching import feeds
from lib.fetching.errors import FetchError

PLAIN = {
    "id": "gdp",
    "publisher": "World Bank",
    "what": "GDP",
    "way": "address",
    "address": "https://bank.example/gdp.zip",
    "file": "gdp.zip",
    "check": "zip",
}


def read(tmp_path, *entries: dict):
    path = tmp_path / "feeds.yml"
    path.write_text(yaml.safe_dump({"feeds": list(entries)}), encoding="utf-8")
    return feeds.read(path)


def test_the_feeds_of_the_book_are_valid_and_name_the_publishers_of_its_tables():
    known = feeds.read()
    publishers = {feed.publisher for feed in known.values()}
    assert {"U.S. Geological Survey", "United Nations Statistics Division", "World Bank", "Eurostat"} <= publishers


def test_every_file_of_the_book_has_a_name_and_an_address_of_its_own():
    today = dt.date(2026, 11, 22)
    wanted = [each for feed in feeds.read().values() if feed.way == "address" for each in feed.wanted(today)]
    assert len({each.address for each in wanted}) == len(wanted)
    for each in wanted:
        assert re.fullmatch(r"[\w.-]+", each.name)
        assert urlsplit(each.address).scheme == "https"
        assert "{" not in each.address


def test_a_further_address_is_an_entry(tmp_path):
    known = read(tmp_path, PLAIN, PLAIN | {"id": "wgi", "file": "wgi.zip"})
    assert list(known) == ["gdp", "wgi"]
    [wanted] = known["wgi"].wanted(dt.date(2026, 11, 22))
    assert (wanted.name, wanted.address) == ("wgi.zip", PLAIN["address"])


def test_years_count_back_from_today(tmp_path):
    entry = PLAIN | {
        "years": {"newest": 1, "count": 2},
        "address": "https://bank.example/{year}.zip",
        "file": "{year}.zip",
    }
    wanted = read(tmp_path, entry)["gdp"].wanted(dt.date(2031, 1, 1))
    assert [each.name for each in wanted] == ["2030.zip", "2029.zip"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": "GDP of all"}, "id"),
        ({"address": "http://bank.example/gdp.zip"}, "address"),
        ({"address": "https://bank.example/a b"}, "address"),
        ({"check": "pdf"}, "check"),
        ({"file": "../gdp.zip"}, "file"),
        ({"file": ".gdp"}, "file"),
        ({"way": "carrier pigeon"}, "way"),
        ({"published": "yesterday"}, "published"),
        ({"published": "item"}, "published"),
        ({"surprise": 1}, "surprise"),
        ({"years": {"newest": 0}}, "count"),
        ({"each": {"year": ["1"]}}, "year"),
        ({"address": "https://bank.example/{year}.zip"}, "year"),
        ({"address": "https://bank.example/{.zip"}, "brace"),
        ({"each": {"code": ["1", "2"]}}, "code"),
        ({"title": r"(?P<edition>\d{4})"}, "title"),
        ({"way": "sciencebase"}, "item"),
        ({"way": "comtrade"}, "key"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, change, place):
    with pytest.raises(FetchError, match=place):
        read(tmp_path, PLAIN | change)


def test_a_name_stands_once(tmp_path):
    with pytest.raises(FetchError, match="twice"):
        read(tmp_path, PLAIN, PLAIN)


def test_a_regular_expression_must_be_one(tmp_path):
    catalogue = {name: value for name, value in PLAIN.items() if name != "file"} | {
        "way": "sciencebase",
        "item": "https://bank.example/{item}",
        "title": r"(?P<edition>\d{4}",
        "files": ["["],
    }
    with pytest.raises(FetchError, match="regular expression"):
        read(tmp_path, catalogue)


@pytest.mark.parametrize("text", ["feeds: [", "- 1", "", "\x00"])
def test_what_is_no_file_of_feeds_is_refused(tmp_path, text):
    path = tmp_path / "feeds.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match=re.escape(path.name)):
        feeds.read(path)
    with pytest.raises(FetchError):
        feeds.read(tmp_path / "missing.yml")
