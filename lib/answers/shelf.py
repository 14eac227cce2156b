"""What answers are taken from: the files of a finished site, its past editions, and the sources of the tables."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lib.build import editions
from lib.errors import BookError
from lib.records import anchor
from lib.tables import asof
from lib.tables.dictionary import Stamp, read_sources, stamp

CURRENT = editions.CURRENT
Answer = dict[str, Any]
"""What a tool returns: plain data, fit for JSON."""


class NoSite(BookError):
    """There is no built site to answer from."""

    remedy = "Build it first: make book."


class Unknown(BookError, KeyError):
    """What was asked for is not in the book."""


@dataclass(frozen=True)
class Shelf:
    """A finished site in a folder, the tables that it was made from, and its public address, which may be empty."""

    site: Path
    data: Path
    address: str = ""

    def __post_init__(self) -> None:
        """Raise NoSite where the folder has no book."""
        if not (self.site / "facts.json").is_file():
            raise NoSite(f"{self.site} has no book to answer from: facts.json is missing")

    def link(self, path: str, day: str = CURRENT) -> str:
        """Return the permanent address of a place of an edition; from the root of the site where that has none."""
        within = f"{editions.FOLDER}/{day}/{path}" if day else path
        return f"{self.address.rstrip('/')}/{within}" if self.address else within

    @property
    def as_of(self) -> str:
        """Return the day whose knowledge the current edition shows."""
        return str(self.facts()["as_of"])

    def facts(self, day: str = CURRENT) -> Mapping[str, Any]:
        """Return facts.json of an edition."""
        return _read(self._folder(day) / "facts.json")

    def fact(self, name: str, day: str = CURRENT) -> Mapping[str, Any] | None:
        """Return a number of an edition; None where that has none of the name."""
        return _by_id(self._folder(day) / "facts.json", "facts").get(name)

    def figure(self, name: str, day: str = CURRENT) -> Mapping[str, Any] | None:
        """Return a figure of an edition; None where that has none of the name."""
        if not any(figure["name"] == name for figure in self.facts(day)["figures"]):
            return None
        return _read(self._folder(day) / "figures" / f"{name}.json")

    def claims(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the judged claims of the current edition by id; empty in a book without."""
        path = self.site / "claims.json"
        return _by_id(path, "claims") if path.is_file() else {}

    @property
    def sources(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of all sources, by id."""
        return _sources(self.data)

    def source(self, name: str) -> Answer:
        """Describe a source: who published what, when and where, with the link to its entry in the bibliography."""
        row = self.sources.get(name, {})
        doi = row.get("doi")
        told = {
            "id": name,
            "title": row.get("title"),
            "publisher": row.get("publisher"),
            "published": asof.printed_day(row),
            "url": f"https://doi.org/{doi}" if doi else row.get("url"),
            "licence": row.get("licence"),
            "link": self.link(f"references.html#{anchor('source', name)}"),
        }
        return {key: value for key, value in told.items() if value}

    def public_since(self, sources: Iterable[str]) -> str:
        """Return the day on which the newest of some sources became public; empty if nobody knows."""
        listed = self.sources
        return max((asof.row_day(listed[name]) for name in sources if name in listed), default="")

    def _folder(self, day: str) -> Path:
        return self.site / editions.FOLDER / day if day else self.site


def unknown(kind: str, name: str, names: Iterable[str]) -> Unknown:
    """Return the error for a name that the book does not have, with the nearest that it has."""
    near = difflib.get_close_matches(name, list(names), n=5, cutoff=0.4)
    hint = f" Near to it: {', '.join(near)}." if near else ""
    return Unknown(f"the book has no {kind} {name!r}.{hint} The tool search finds what there is.")


def _read(path: Path) -> Mapping[str, Any]:
    return _read_stamped(stamp(path))


def _by_id(path: Path, part: str) -> Mapping[str, Mapping[str, Any]]:
    return _by_id_stamped(stamp(path), part)


@lru_cache(maxsize=64)  # a site that is built again has other files, which are read anew
def _read_stamped(stamp: Stamp) -> Mapping[str, Any]:
    return json.loads(Path(stamp[0]).read_text(encoding="utf-8"))


@lru_cache(maxsize=16)
def _by_id_stamped(stamp: Stamp, part: str) -> Mapping[str, Mapping[str, Any]]:
    return {entry["id"]: entry for entry in _read_stamped(stamp)[part]}


def _sources(data: Path) -> Mapping[str, Mapping[str, str]]:
    return _sources_stamped(stamp(data / "sources.csv"))


@lru_cache(maxsize=4)
def _sources_stamped(stamp: Stamp) -> Mapping[str, Mapping[str, str]]:
    return read_sources(Path(stamp[0]).parent)
