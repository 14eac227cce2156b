"""The catalogue of the U.S. Geological Survey: the newest release, its files, sizes, checksums and days.

The layout is that of its public interface: `catalog/items?parentId=…&format=json` gives `items` with `id` and `title`,
`catalog/item/ID?format=json` gives `title`, `dates` and `files` (name, url, publishedS3Uri, size, checksum,
dateUploaded), as its client sciencebasepy reads it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from lib.fetching import feeds, kept
from lib.fetching.errors import FetchError
from lib.fetching.fetch import fetch
from tests.fetching.publisher import CSV, ONCE, QUICK, Reply, publishing

LISTING = "/www.sciencebase.gov/catalog/items"
BASE = "https://www.sciencebase.gov/catalog"
NEWEST, OLDER = "696a75d5d4be0228872d3bf8", "677eaf95d34e760b392c4970"
TABLE = b"Section,Commodity,Country,Statistics,Unit,Year,Value\nWorld,Rare Earths,X,Reserves,t,1,2\n"
FILE = "/www.sciencebase.gov/catalog/file/get/1"


def item(**changes) -> dict:
    entry = {
        "name": "MCS2026_Commodities_Data.csv",
        "url": f"{BASE}/file/get/1",
        "downloadUri": f"{BASE}/file/get/page",
        "size": len(TABLE),
        "checksum": {"type": "MD5", "value": hashlib.md5(TABLE, usedforsecurity=False).hexdigest().upper()},
        "dateUploaded": "2026-01-28T14:00:00Z",
    }
    dates = [{"type": "Start", "dateString": "2021"}, {"type": "Publication", "dateString": "2026-02-06"}]
    return {"title": "a release", "dates": dates, "files": [{"name": "readme.txt"}, entry | changes]}


@pytest.fixture
def survey():
    with publishing() as running:
        titles = {
            OLDER: "U.S. Geological Survey Mineral Commodity Summaries 2025 Data Release",
            NEWEST: "Mineral Commodity Summaries 2026 Data Release (ver. 1.1, May 2026)",
            "5804d720e4b0824b2d1c19c6": "Compilation of Geospatial Data for 2030",
        }
        items = [{"id": name, "title": title} for name, title in titles.items()]
        running.at(LISTING, Reply(json.dumps({"total": 3, "items": items}).encode()))
        offer(running, item())
        running.at(FILE, Reply(TABLE))
        yield running


def offer(survey, release: dict) -> None:
    survey.at(f"/www.sciencebase.gov/catalog/item/{NEWEST}", Reply(json.dumps(release).encode()))


def brought(survey, to, limits=ONCE):
    return list(fetch(["usgs-mcs"], to, base=survey.address, limits=limits))


def refused(survey, to, limits=ONCE) -> str:
    with pytest.raises(FetchError) as caught:
        brought(survey, to, limits)
    assert not [path for path in to.rglob("*") if path.is_file()]
    return str(caught.value)


def test_the_newest_edition_is_taken_with_the_day_of_its_release(survey, tmp_path):
    [event] = brought(survey, tmp_path)
    assert event.path.read_bytes() == TABLE
    record = kept.record_of(event.path)
    assert (record.edition, record.published) == ("2026", "2026-02-06")
    assert record.address == f"{BASE}/file/get/1"


def test_a_file_that_was_replaced_became_public_when_it_was(survey, tmp_path):
    offer(survey, item(dateUploaded="2026-05-27T09:00:00Z"))
    [event] = brought(survey, tmp_path)
    assert event.record.published == "2026-05-27"


@pytest.mark.parametrize("uploaded", ["", None, "recently"])
def test_without_one_of_the_days_none_is_claimed(survey, tmp_path, uploaded):
    offer(survey, item(dateUploaded=uploaded))
    [event] = brought(survey, tmp_path)
    assert event.record.published == ""


def test_a_copy_with_the_checksum_of_the_publisher_is_not_asked_for_again(survey, tmp_path):
    brought(survey, tmp_path)
    [event] = brought(survey, tmp_path)
    assert event.state == "unchanged"
    assert [path for path, _ in survey.asked].count(FILE) == 1


def test_another_checksum_is_refused_after_a_second_try(survey, tmp_path):
    survey.at(FILE, Reply(TABLE.replace(b"X", b"Y")))
    assert "checksum" in refused(survey, tmp_path, QUICK)
    assert [path for path, _ in survey.asked].count(FILE) == 2


def test_another_size_is_refused(survey, tmp_path):
    offer(survey, item(size=len(TABLE) + 1, checksum=None))
    assert f"{len(TABLE) + 1:,}" in refused(survey, tmp_path)


def test_an_unknown_kind_of_checksum_is_passed_over(survey, tmp_path):
    offer(survey, item(checksum={"type": "RAINBOW", "value": "1"}))
    assert brought(survey, tmp_path)[0].state == "fetched"


def test_a_large_file_is_taken_from_where_it_is(survey, tmp_path):
    host = "prod-is-usgs-sb-prod-publish.s3.amazonaws.com"
    assert host in feeds.read()["usgs-mcs"].hosts
    offer(survey, item(publishedS3Uri=f"https://{host}/1/data.csv"))
    survey.at(f"/{host}/1/data.csv", Reply(TABLE))
    survey.at(FILE, Reply(b"<html>a page</html>"))
    assert brought(survey, tmp_path)[0].state == "fetched"


@pytest.mark.parametrize("address", ["https://elsewhere.example/1.csv", "http://www.sciencebase.gov/1.csv", "", None])
def test_a_file_on_a_host_that_the_feed_does_not_name_is_refused(survey, tmp_path, address):
    offer(survey, item(url=address, downloadUri=address))
    assert "feeds.yml" in refused(survey, tmp_path)


def test_a_name_cannot_lead_out_of_the_folder(survey, tmp_path):
    offer(survey, item(name="../../evil.csv"))
    known = {"usgs-mcs": dataclasses.replace(feeds.read()["usgs-mcs"], files=(".*evil.*",))}
    with pytest.raises(FetchError, match="evil"):
        list(fetch((), tmp_path / "a" / "b", known=known, base=survey.address, limits=ONCE))
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b'{"items": [{"id": "696a75d5"', "cut off"),
        (b"<html><body>Login</body></html>", "web page"),
        (b'{"items": []}', "title"),
        (b'{"total": 0}', "title"),
        (b"[]", "catalogue"),
        (b'{"items": [{"title": "Mineral Commodity Summaries 2027 Data Release", "id": "../x"}]}', "title"),
    ],
)
def test_a_listing_that_is_none_is_refused(survey, tmp_path, answer, told):
    survey.at(LISTING, Reply(answer))
    assert told in refused(survey, tmp_path)


def test_a_release_without_the_file_names_what_it_has(survey, tmp_path):
    offer(survey, {"title": "a release", "files": [{"name": "world.zip"}]})
    assert "world.zip" in refused(survey, tmp_path)


def test_a_web_page_in_place_of_the_file_is_refused(survey, tmp_path):
    offer(survey, item(checksum=None, size=None))
    survey.at(FILE, Reply(CSV))
    assert "columns" in refused(survey, tmp_path)
