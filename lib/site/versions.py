"""The versions of the book that are archived, as `releases.yml` lists them: each a zip with its checksum."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lib.build.git import RELEASES
from lib.disk.files import replace_text
from lib.errors import BookError

SCHEMA = Path(__file__).with_name("versions.schema.json")
HEAD = """\
# The versions of the book that are archived, newest first. `book release` adds a version, with the checksum of its zip.
# Add `doi` and `url` when a host has taken the zip; the page of editions shows them. Change nothing else.
"""


class ListingError(BookError):
    """A list of versions that cannot be read."""

    remedy = "Correct the file, or take it from git again."


def read(root: Path) -> list[dict[str, Any]]:
    """List the archived versions of the book in a folder, newest first; none without a list.

    Raises ListingError for a list that is not as `versions.schema.json` says, or that has a version twice.
    """
    path = root / RELEASES
    return parsed(path.read_text(encoding="utf-8")) if path.is_file() else []


def parsed(text: str) -> list[dict[str, Any]]:
    """Return the versions of the text of a list. Raises ListingError."""
    import jsonschema

    try:
        content = yaml.load(text, Loader=yaml.BaseLoader)  # which leaves 2026.10 a text
        listed = [entry | {"bytes": int(entry["bytes"])} for entry in list(content["releases"] or [])]
        jsonschema.validate({"releases": listed}, json.loads(SCHEMA.read_text(encoding="utf-8")))
    except (yaml.YAMLError, jsonschema.ValidationError, KeyError, TypeError, ValueError) as error:
        reason = getattr(error, "message", str(error)).splitlines()[0]
        raise ListingError(f"{RELEASES} cannot be read: {reason}") from None
    versions = [entry["version"] for entry in listed]
    if twice := {version for version in versions if versions.count(version) > 1}:
        raise ListingError(f"{RELEASES} lists {', '.join(sorted(twice))} twice")
    return listed


def write(root: Path, listed: Iterable[Mapping[str, Any]]) -> None:
    """Write the list of archived versions in one step. Raises ListingError for one that could not be read again."""
    content = yaml.safe_dump({"releases": [dict(entry) for entry in listed]}, sort_keys=False, width=120)
    parsed(content)
    replace_text(root / RELEASES, HEAD + content)
