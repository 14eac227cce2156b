"""Fetching from a publisher that misbehaves: every failure is one clear message, and leaves nothing half-written."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from lib.fetching import kept
from lib.fetching.errors import FetchError
from lib.fetching.fetch import fetch
from tests.fetching.publisher import CSV, ONCE, QUICK, Reply, feed, publishing

PLACE = "/survey.example/data/reserves.csv"
TODAY = dt.date(2026, 11, 22)
HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We are back at noon</body></html>"


@pytest.fixture
def publisher():
    with publishing() as running:
        yield running


def brought(publisher, to: Path, wanted=None, limits=ONCE, **settings):
    wanted = wanted or feed()
    known = {wanted.id: wanted}
    return list(fetch([wanted.id], to, known=known, base=publisher.address, limits=limits, today=TODAY, **settings))


def refused(publisher, to: Path, wanted=None, limits=ONCE, **settings) -> str:
    """The message of the error; nothing but what was there before is left."""
    before = left(to)
    with pytest.raises(FetchError) as caught:
        brought(publisher, to, wanted, limits, **settings)
    assert left(to) == before
    return str(caught.value)


def left(to: Path) -> dict[str, bytes]:
    return {str(path.relative_to(to)): path.read_bytes() for path in to.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------------- what goes well


def test_a_file_lands_with_a_record_of_where_it_is_from(publisher, tmp_path):
    publisher.at(PLACE, Reply(headers={"ETag": '"one"', "Last-Modified": "Fri, 06 Feb 2026 15:00:00 GMT"}))
    [event] = brought(publisher, tmp_path)
    assert event.state == "fetched"
    assert event.path.read_bytes() == CSV
    record = kept.record_of(event.path)
    assert record == event.record
    assert record.sha256 == hashlib.sha256(CSV).hexdigest()
    assert (record.address, record.fetched, record.bytes) == (feed().address, "2026-11-22", len(CSV))
    assert record.last_modified == "Fri, 06 Feb 2026 15:00:00 GMT"
    assert sorted(left(tmp_path)) == ["reserves/reserves.csv", "reserves/reserves.csv.fetched.json"]


@pytest.mark.parametrize(("declared", "day"), [("no", ""), ("last-modified", "2026-02-06")])
def test_a_date_of_the_server_is_the_day_of_publication_only_where_the_feed_says_so(publisher, tmp_path, declared, day):
    publisher.at(PLACE, Reply(headers={"Last-Modified": "Fri, 06 Feb 2026 15:00:00 GMT"}))
    [event] = brought(publisher, tmp_path, feed(published=declared))
    assert event.record.published == day


def test_a_date_that_is_none_is_no_day_of_publication(publisher, tmp_path):
    publisher.at(PLACE, Reply(headers={"Last-Modified": "soon"}))
    [event] = brought(publisher, tmp_path, feed(published="last-modified"))
    assert event.record.published == ""


def test_a_copy_that_the_server_calls_the_newest_is_left_as_it_is(publisher, tmp_path):
    stamp = {"ETag": '"one"', "Last-Modified": "Fri, 06 Feb 2026 15:00:00 GMT"}
    publisher.at(PLACE, Reply(headers=stamp), Reply(b"", 304))
    brought(publisher, tmp_path)
    before = left(tmp_path)
    [event] = brought(publisher, tmp_path)
    assert event.state == "unchanged"
    assert left(tmp_path) == before
    headers = publisher.asked[-1][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == (stamp["ETag"], stamp["Last-Modified"])


def test_an_equal_file_keeps_its_day(publisher, tmp_path):
    publisher.at(PLACE, Reply())
    brought(publisher, tmp_path)
    known = {"reserves": feed()}
    later = fetch((), tmp_path, known=known, base=publisher.address, limits=ONCE, today=dt.date(2027, 1, 1))
    [event] = later
    assert (event.state, event.record.fetched) == ("unchanged", "2026-11-22")


def test_a_changed_file_replaces_the_old_one(publisher, tmp_path):
    publisher.at(PLACE, Reply(headers={"ETag": '"one"'}), Reply(CSV + b"India,2024,7\n", headers={"ETag": '"two"'}))
    brought(publisher, tmp_path)
    [event] = brought(publisher, tmp_path)
    assert event.state == "fetched"
    assert b"India" in event.path.read_bytes()
    assert kept.record_of(event.path).etag == '"two"'


def test_a_copy_that_was_edited_is_fetched_again(publisher, tmp_path):
    publisher.at(PLACE, Reply(headers={"ETag": '"one"'}))
    [event] = brought(publisher, tmp_path)
    event.path.write_bytes(b"mine")
    assert kept.record_of(event.path) is None
    [event] = brought(publisher, tmp_path)
    assert (event.state, event.path.read_bytes()) == ("fetched", CSV)
    assert "If-None-Match" not in publisher.asked[-1][1]


def test_a_copy_from_another_address_is_not_asked_about(publisher, tmp_path):
    stamp = Reply(headers={"ETag": '"one"'})
    publisher.at(PLACE, stamp)
    publisher.at("/survey.example/2027.csv", stamp)
    brought(publisher, tmp_path)
    [event] = brought(publisher, tmp_path, feed(address="https://survey.example/2027.csv"))
    assert "If-None-Match" not in publisher.asked[-1][1]
    assert event.record.address == "https://survey.example/2027.csv"


def test_not_modified_without_a_copy_is_no_file(publisher, tmp_path):
    publisher.at(PLACE, Reply(b"", 304))
    assert "304" in refused(publisher, tmp_path)


def test_a_packed_answer_is_unpacked(publisher, tmp_path):
    publisher.at(PLACE, Reply(gzip.compress(CSV), headers={"Content-Encoding": "gzip"}))
    [event] = brought(publisher, tmp_path)
    assert event.path.read_bytes() == CSV


def test_each_year_and_code_is_a_file(publisher, tmp_path):
    wanted = feed(
        address="https://survey.example/{code}/{year}.csv",
        file="{code}-{year}.csv",
        each={"code": ("a", "b")},
        years={"newest": 1, "count": 2},
    )
    for code in "ab":
        for year in (2024, 2025):
            publisher.at(f"/survey.example/{code}/{year}.csv", Reply())
    events = brought(publisher, tmp_path, wanted)
    assert [event.name for event in events] == ["a-2025.csv", "a-2024.csv", "b-2025.csv", "b-2024.csv"]


def test_the_environment_names_a_mirror(publisher, tmp_path):
    publisher.at(PLACE, Reply())
    known = {"reserves": feed()}
    environ = {"BOOK_FETCH_BASE": publisher.address + "/"}
    [event] = fetch(["reserves"], tmp_path, known=known, environ=environ, limits=ONCE)
    assert event.state == "fetched"


# ------------------------------------------------------------------------------------------- tries and pauses


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_recovers_is_asked_again(publisher, tmp_path, status):
    publisher.at(PLACE, Reply(b"busy", status), Reply())
    [event] = brought(publisher, tmp_path, limits=QUICK)
    assert event.state == "fetched"
    assert len(publisher.asked) == 2


def test_a_pause_that_the_server_asks_for_is_waited(publisher, tmp_path):
    moment = Reply(b"busy", 429, {"Retry-After": "1"})
    publisher.at(PLACE, moment, Reply())
    patient = QUICK.__class__(**(vars(QUICK) | {"longest_pause": 1.5}))
    started = dt.datetime.now()
    [event] = brought(publisher, tmp_path, limits=patient)
    assert event.state == "fetched"
    assert dt.datetime.now() - started >= dt.timedelta(seconds=1)


@pytest.mark.parametrize("pause", ["3600", "Fri, 06 Feb 2099 15:00:00 GMT"])
def test_a_pause_longer_than_bearable_is_told_and_not_waited(publisher, tmp_path, pause):
    publisher.at(PLACE, Reply(b"Rate limit is exceeded.", 429, {"Retry-After": pause}))
    message = refused(publisher, tmp_path, limits=QUICK)
    assert "429" in message
    assert "Rate limit is exceeded" in message
    assert len(publisher.asked) == 1


def test_a_pause_that_cannot_be_read_is_as_none(publisher, tmp_path):
    publisher.at(PLACE, Reply(b"busy", 429, {"Retry-After": "a while"}), Reply())
    [event] = brought(publisher, tmp_path, limits=QUICK)
    assert event.state == "fetched"


def test_too_many_requests_for_good(publisher, tmp_path):
    publisher.at(PLACE, Reply(b"slow down", 429))
    message = refused(publisher, tmp_path, limits=QUICK)
    assert "429" in message
    assert "slow down" in message
    assert len(publisher.asked) == 2


def test_a_server_that_fails_for_good(publisher, tmp_path):
    publisher.at(PLACE, Reply(HTML, 500))
    message = refused(publisher, tmp_path, limits=QUICK)
    assert "500" in message
    assert "We are back at noon" in message
    assert "reserves" in message
    assert feed().address in message
    assert len(publisher.asked) == 2


def test_a_body_that_broke_off_is_asked_for_again(publisher, tmp_path):
    publisher.at(PLACE, Reply(length=len(CSV) + 9), Reply())
    [event] = brought(publisher, tmp_path, limits=QUICK)
    assert event.path.read_bytes() == CSV


# ------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(Reply(pause=2), "0.4 s", id="slow"),
        pytest.param(Reply(length=len(CSV) + 9), "broke off", id="truncated"),
        pytest.param(Reply(CSV[:20], reset=True, length=len(CSV)), "broke off", id="reset in the body"),
        pytest.param(Reply(gzip.compress(CSV)[:-9], headers={"Content-Encoding": "gzip"}), "broke off", id="gzip cut"),
        pytest.param(Reply(CSV, headers={"Content-Encoding": "gzip"}), "broke off", id="gzip that is none"),
        pytest.param(Reply(CSV, headers={"Content-Encoding": "br"}), "br", id="packed in another way"),
        pytest.param(Reply(HTML), "We are back at noon", id="a web page"),
        pytest.param(Reply(b"\n\n " + HTML.lower()), "a web page", id="a web page after empty lines"),
        pytest.param(Reply(b"<?xml version='1.0'?><Error>No results</Error>"), "No results", id="XML"),
        pytest.param(Reply(b'{"error": "no such table"}'), "no such table", id="JSON"),
        pytest.param(Reply(b"PK\x03\x04aaaa"), "packed or binary", id="a zip"),
        pytest.param(Reply(b"Land;Wert\nBrasilien;21\n"), "Country, Value", id="other columns"),
        pytest.param(Reply(CSV[:-8]), "cut off", id="a last line that was cut"),
        pytest.param(Reply(CSV, length=len(CSV) - 8), "cut off", id="a length too small"),
        pytest.param(Reply(b""), "empty", id="nothing"),
        pytest.param(Reply(b"x,y\n" * 2000, endless=True), "300,000 bytes", id="endless"),
        pytest.param(Reply(b"no", 404), "404", id="gone"),
        pytest.param(Reply(b'{"message": "Out of call volume quota."}', 403), "Out of call volume quota", id="quota"),
        pytest.param(Reply(b"", 204), "204", id="no content"),
    ],
)
def test_an_answer_that_is_no_whole_file_is_refused_with_the_reason(publisher, tmp_path, reply, told):
    publisher.at(PLACE, reply)
    assert told in refused(publisher, tmp_path)


def test_what_was_there_before_survives_a_failure(publisher, tmp_path):
    publisher.at(PLACE, Reply(), Reply(HTML))
    brought(publisher, tmp_path)
    refused(publisher, tmp_path)
    assert (tmp_path / "reserves" / "reserves.csv").read_bytes() == CSV


def test_a_server_that_drips_is_not_waited_for_longer_than_the_bound(publisher, tmp_path):
    publisher.at(PLACE, Reply(CSV * 9, drip=True, pause=0.05))
    hurried = ONCE.__class__(**(vars(ONCE) | {"total": 0.5}))
    assert "0.5 s" in refused(publisher, tmp_path, limits=hurried)


def test_a_packed_answer_that_unpacks_without_end_is_refused(publisher, tmp_path):
    publisher.at(PLACE, Reply(gzip.compress(b"0," * 1_000_000), headers={"Content-Encoding": "gzip"}))
    assert "300,000 bytes" in refused(publisher, tmp_path)


def test_a_server_that_never_answers_and_one_that_is_not_there(publisher, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        publisher.address = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        assert "reserves" in refused(publisher, tmp_path)  # accepts, and never answers
    message = refused(publisher, tmp_path)  # nobody listens any more
    assert "no connection" in message
    assert "network" in message


def test_no_network_is_told(publisher, tmp_path):
    publisher.address = "http://no-such-host.invalid"
    assert "no network" in refused(publisher, tmp_path)


def test_a_folder_that_cannot_be_written_to(publisher, tmp_path):
    publisher.at(PLACE, Reply())
    (tmp_path / "reserves").write_text("a file in its place")
    assert "--to" in refused(publisher, tmp_path)


# ------------------------------------------------------------------------------------------- redirects


def test_a_redirect_within_the_host_is_followed(publisher, tmp_path):
    publisher.at(PLACE, Reply(b"", 302, {"Location": "/survey.example/files/1.csv"}))
    publisher.at("/survey.example/files/1.csv", Reply())
    [event] = brought(publisher, tmp_path)
    assert (event.state, event.record.address) == ("fetched", feed().address)


def test_a_redirect_to_another_host_is_refused_unless_the_feed_names_it(publisher, tmp_path):
    with publishing() as other:
        publisher.at("/a.csv", Reply(b"", 302, {"Location": f"{other.address}/b.csv"}))
        other.at("/b.csv", Reply())
        host = other.address.removeprefix("http://")
        here = {"address": f"{publisher.address}/a.csv"}
        publisher.address = ""
        message = refused(publisher, tmp_path, feed(**here))
        assert host in message
        assert not other.asked
        [event] = brought(publisher, tmp_path, feed(**here, hosts=(host,)))
        assert event.state == "fetched"


def test_a_redirect_to_the_right_host_by_another_scheme_is_refused(publisher, tmp_path):
    there = publisher.address.replace("http://", "ftp://")
    publisher.at(PLACE, Reply(b"", 302, {"Location": f"{there}/a.csv"}))
    assert "ftp://" in refused(publisher, tmp_path)


def test_a_circle_of_redirects_ends(publisher, tmp_path):
    publisher.at(PLACE, Reply(b"", 302, {"Location": PLACE}))
    assert "circle" in refused(publisher, tmp_path)
    assert len(publisher.asked) < 10


# ------------------------------------------------------------------------------------------- kinds of files


def packed(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


WHOLE = {"zip": packed(a=CSV, b=CSV), "json": json.dumps([{"value": 1}] * 9).encode()}
WHOLE["xlsx"] = packed(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_file_is_taken_and_one_that_was_cut_off_is_not(publisher, tmp_path, kind):
    wanted = feed(check=kind, columns=(), file=f"a.{kind}")
    publisher.at(PLACE, Reply(WHOLE[kind][:-7]), Reply(HTML), Reply(WHOLE[kind]))
    refused(publisher, tmp_path, wanted)
    assert "web page" in refused(publisher, tmp_path, wanted)
    [event] = brought(publisher, tmp_path, wanted)
    assert event.path.read_bytes() == WHOLE[kind]


def test_an_archive_is_no_workbook_and_a_bomb_is_no_archive(publisher, tmp_path):
    publisher.at(PLACE, Reply(WHOLE["zip"]))
    assert "workbook" in refused(publisher, tmp_path, feed(check="xlsx", columns=()))
    publisher.at(PLACE, Reply(packed(a=b"0" * 9_000_000)))
    assert "unpacks" in refused(publisher, tmp_path, feed(check="zip", columns=()))


def test_a_damaged_archive_is_refused(publisher, tmp_path):
    damaged = bytearray(packed(a=os.urandom(500)))
    damaged[100] ^= 0xFF
    publisher.at(PLACE, Reply(bytes(damaged)))
    assert "archive" in refused(publisher, tmp_path, feed(check="zip", columns=()))


# ------------------------------------------------------------------------------------------- several feeds


def test_one_feed_that_fails_does_not_stop_the_others(publisher, tmp_path):
    gone = feed(id="gone", address="https://survey.example/gone.csv")
    missing = feed(id="missing", address="https://survey.example/missing.csv")
    known = {each.id: each for each in (gone, feed(), missing)}
    publisher.at(PLACE, Reply())
    states = []
    with pytest.raises(FetchError) as caught:  # noqa: PT012
        for event in fetch((), tmp_path, known=known, base=publisher.address, limits=ONCE):
            states.append((event.feed, event.state))
            assert event.feed in str(event)
    assert states == [("gone", "failed"), ("reserves", "fetched"), ("missing", "failed")]
    assert [problem.feed for problem in caught.value.problems] == ["gone", "missing"]


def test_a_feed_that_is_none_is_told_at_once_with_near_names(tmp_path):
    known = {name: feed(id=name) for name in ("world-bank-gdp", "usgs-mcs")}
    with pytest.raises(FetchError, match="world-bank-gdp"):
        fetch(["world-bank-gpd"], tmp_path, known=known)
    with pytest.raises(FetchError, match="usgs-mcs"):
        fetch(["usgs"], tmp_path, known=known)
    with pytest.raises(FetchError, match="one of world-bank-gdp, usgs-mcs"):
        fetch(["xyz"], tmp_path, known=known)


def test_files_with_records_are_listed_and_others_are_not(publisher, tmp_path):
    publisher.at(PLACE, Reply())
    [event] = brought(publisher, tmp_path)
    (tmp_path / "own.csv").write_bytes(CSV)
    (tmp_path / "broken.csv").write_bytes(CSV)
    kept.place(tmp_path / "broken.csv").write_text('{"feed": "reserves"}')
    assert list(kept.files(tmp_path)) == [(event.path, event.record)]
    assert stat.S_ISREG(event.path.stat().st_mode)
