"""The newest data release of a series in ScienceBase, the catalogue of the U.S. Geological Survey.

A listing (`{"items": [{"id", "title"}]}`) names each year's item; the item (`{"title", "dates", "files"}`) lists its
files with name, url, size, checksum and the time of upload. `publishedS3Uri` is where large files are; for those,
`url` gives a web page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lib.fetching import content
from lib.fetching.feeds import Feed, Wanted
from lib.fetching.transport import Line

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
ID = re.compile(r"[0-9a-f]{8,40}")


def newest(feed: Feed, line: Line, folder: Path) -> Iterator[Wanted]:
    """Yield the files of the newest edition. `folder` is for the answers of the catalogue. Raises FetchError."""
    listing = _json(feed, line, feed.address, folder / "items.json")
    edition, item = _newest_item(feed, line, listing)
    address = feed.item.replace("{item}", item)
    release = _json(feed, line, address, folder / "item.json")
    listed = [entry for entry in _list(release, "files") if _is_wanted(feed, entry)]
    if not listed:
        names = ", ".join(str(entry.get("name")) for entry in _list(release, "files")[:20]) or "none"
        what = f"the release {edition} has no file such as {' or '.join(feed.files)}; it has {names}"
        raise line.error(what, "check whether the publisher has renamed it, and correct `files` in feeds.yml", address)
    released = _released(release)
    for entry in listed:
        yield _listed(line, entry, edition, released)


def _json(feed: Feed, line: Line, address: str, path: Path) -> Mapping:
    line.get(address, path)
    try:
        content.examine(path, "json")
    except content.Unfit as error:
        raise line.error(f"the answer {error}", "try again later", address) from None
    answer = json.loads(path.read_bytes())
    if not isinstance(answer, dict):
        raise line.error(
            "the answer does not have the form of the catalogue", "check whether its interface has changed", address
        )
    return answer


def _newest_item(feed: Feed, line: Line, listing: Mapping) -> tuple[str, str]:
    editions = {}
    for entry in _list(listing, "items"):
        match = re.fullmatch(feed.title, str(entry.get("title", "")).strip())
        if match and ID.fullmatch(str(entry.get("id", ""))):
            editions[match["edition"]] = entry["id"]
    if not editions:
        what = f"none of {len(_list(listing, 'items'))} items has a title such as {feed.title}"
        remedy = "check whether the publisher has renamed them, and correct `title` in feeds.yml"
        raise line.error(what, remedy, feed.address)
    return max(editions.items())


def _is_wanted(feed: Feed, entry: Mapping) -> bool:
    return any(re.fullmatch(pattern, str(entry.get("name", ""))) for pattern in feed.files)


def _listed(line: Line, entry: Mapping, edition: str, released: str) -> Wanted:
    name = str(entry["name"])
    if not SAFE_NAME.fullmatch(name):
        raise line.error(f"the catalogue gives a file the name {name!r}", "fetch it by hand")
    size = entry.get("size")
    return Wanted(
        name,
        _address(line, entry),
        size if isinstance(size, int) and size > 0 else 0,
        _checksum(entry.get("checksum")),
        edition,
        _public(released, str(entry.get("dateUploaded") or "")),
    )


def _address(line: Line, entry: Mapping) -> str:
    """Return the address of the file itself. Raises FetchError for a host that the feed does not name."""
    address = str(entry.get("publishedS3Uri") or entry.get("url") or entry.get("downloadUri") or "")
    there = urlsplit(address)
    if there.scheme != "https" or there.netloc not in line.hosts:
        what = f"the catalogue has {entry['name']} at {there.netloc or 'no address'}, which the feed does not name"
        raise line.error(what, "if the publisher moved it, add the host to feeds.yml", address)
    return address


def _checksum(given: object) -> str:
    """Write a checksum as pooch takes it: `md5:…`; empty for an algorithm that is not known here."""
    if not isinstance(given, dict):
        return ""
    algorithm = str(given.get("type", "")).lower().replace("-", "")
    value = str(given.get("value", "")).lower()
    return f"{algorithm}:{value}" if algorithm in hashlib.algorithms_available and value else ""


def _released(release: Mapping) -> str:
    days = [
        _day(str(entry.get("dateString", "")))
        for entry in _list(release, "dates")
        if str(entry.get("type", "")).lower() == "publication"
    ]
    return max(filter(None, days), default="")


def _public(released: str, uploaded: str) -> str:
    """Return the later of two days: a file is not public before its release, nor before it was put there."""
    return max(released, _day(uploaded)) if released and _day(uploaded) else ""


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _list(answer: Mapping, name: str) -> list[Mapping]:
    entries = answer.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
