"""Hand an archive to a host that gives it a DOI, such as Zenodo: `python3 -m lib.release.deposit ARCHIVE`.

It needs no package, so that the job with the token runs nothing but this. The token comes from the variable DOI_TOKEN.
What it makes is a draft: a person looks at it and publishes it, and adds its DOI to `releases.yml`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lib.errors import BookError, Misused

HOST = "https://zenodo.org"
SECONDS = 600


class NotTaken(BookError):
    """A host that did not take the archive."""


class Host:
    """The API for deposits of a host, as Zenodo describes it on developers.zenodo.org."""

    def __init__(self, address: str, token: str) -> None:
        if not address.startswith(("https://", "http://127.0.0.1:")):
            raise Misused(f"the host must be at an https address, not {address!r}")
        self._address, self._token = address.rstrip("/"), token

    def draft(self, earlier: str = "") -> dict[str, Any]:
        """Open a draft and return it: a new record, or a new version of the record with the number `earlier`."""
        drafts = f"{self._address}/api/deposit/depositions"
        if not earlier:
            return self._call("POST", drafts, {})
        opened = self._call("POST", f"{drafts}/{earlier}/actions/newversion")
        draft = self._call("GET", opened["links"]["latest_draft"])
        for file in draft.get("files", ()):
            self._call("DELETE", f"{draft['links']['files']}/{file['id']}")
        return draft

    def upload(self, draft: Mapping[str, Any], archive: Path) -> None:
        """Upload a file to a draft. Raises NotTaken where what arrived is not what was sent."""
        with archive.open("rb") as file:
            size = {"Content-Length": str(archive.stat().st_size), "Content-Type": "application/octet-stream"}
            answer = self._send("PUT", f"{draft['links']['bucket']}/{archive.name}", file, size)
        sum_ = f"md5:{_md5(archive)}"
        if answer.get("checksum") != sum_:
            raise NotTaken(f"{archive.name} arrived as {answer.get('checksum')}, not as {sum_}", "Try again.")

    def describe(self, draft: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Write what a draft says of itself, and return the draft."""
        return self._call("PUT", draft["links"]["self"], {"metadata": metadata})

    def _call(self, method: str, address: str, content: object = None) -> dict[str, Any]:
        data = None if content is None else json.dumps(content).encode()
        return self._send(method, address, data, {"Content-Type": "application/json"})

    def _send(self, method: str, address: str, data: Any, headers: Mapping[str, str]) -> dict[str, Any]:
        if not address.startswith(f"{self._address}/"):  # the token is for this host alone
            raise NotTaken(f"{self._address} names an address elsewhere, {address}", "Do not go on; ask the host.")
        sent = {**headers, "Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(address, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            words = error.read().decode("utf-8", "replace")[:500]
            raise NotTaken(f"{method} {address}: {error.code} {words}", "Nothing is published.") from None
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            raise NotTaken(f"{method} {address}: {error}", "Nothing is published; try again.") from None


def metadata(archive: Path) -> dict[str, Any]:
    """Return what an archive says of itself in `datacite.json`, in the fields of the host. Raises NotTaken."""
    try:
        with zipfile.ZipFile(archive) as opened:
            [name] = [name for name in opened.namelist() if name.count("/") == 1 and name.endswith("/datacite.json")]
            said = json.loads(opened.read(name))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise NotTaken(f"{archive} is no archive of the book: {error}", "Make it with `book release`.") from None
    abstract = next(each["description"] for each in said["descriptions"] if each["descriptionType"] == "Abstract")
    return {
        "title": said["titles"][0]["title"],
        "upload_type": "dataset",
        "description": abstract,
        "creators": [{"name": creator["name"]} for creator in said["creators"]],
        "version": said["version"],
        "publication_date": said["dates"][0]["date"],
        "language": "eng",
        "license": "cc-by-4.0",
        "keywords": [subject["subject"] for subject in said["subjects"]],
        "notes": "; ".join(f"{right['rights']} ({right['rightsIdentifier']})" for right in said["rightsList"]),
        "prereserve_doi": True,
    }


def deposit(archive: Path, host: Host, earlier: str = "") -> tuple[str, str]:
    """Leave an archive with a host as a draft; return its future DOI and the page of the draft. Raises NotTaken."""
    said = metadata(archive)
    draft = host.draft(earlier)
    host.upload(draft, archive)
    described = host.describe(draft, said)
    return described["metadata"]["prereserve_doi"]["doi"], described["links"]["html"]


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def main(arguments: Iterable[str] | None = None) -> int:
    """Leave the archive that is named with the host, and say its DOI."""
    parser = argparse.ArgumentParser(prog="python3 -m lib.release.deposit", description=__doc__)
    parser.add_argument("archive", type=Path, help="the zip that `book release` made")
    parser.add_argument("--host", default=HOST, help=f"address of the host (default {HOST})")
    parser.add_argument("--after", default="", metavar="RECORD", help="number of the record of the version before")
    parser.add_argument("--if-possible", action="store_true", help="do nothing without a token")
    given = parser.parse_args(None if arguments is None else list(arguments))
    token = os.environ.get("DOI_TOKEN", "")
    if not token and given.if_possible:
        print("No draft was made: there is no token in DOI_TOKEN. The archive is kept with this run.")
        return 0
    try:
        if not token:
            raise Misused("the variable DOI_TOKEN is empty", "Put a token of the host there that may write deposits.")
        doi, page = deposit(given.archive, Host(given.host or HOST, token), given.after)
    except BookError as error:
        print(f"Error: {error.message}\n  {error.remedy}", file=sys.stderr)
        return error.status
    print(f"Draft: {page}\nWhen it is published, add to the version in releases.yml:  doi: {doi}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
