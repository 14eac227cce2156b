"""`feeds.yml`: the official files that `book fetch` can get, each publisher's own addresses.

    feeds:
    - id: world-bank-gdp              # what a user types
      publisher: World Bank
      what: GDP in current US dollars
      way: address                    # how it is found: address, sciencebase, comtrade
      address: https://…/{code}?y={year}   # https; {year} and the names of `each` are filled in
      years: {newest: 1, count: 3}    # the year before this one, and the two before that
      each: {code: ['280530']}        # one file for each value
      file: gdp-{code}-{year}.zip     # its name here
      hosts: [files.example.org]      # others that may answer than the one of the address
      check: zip                      # csv, json, zip, xlsx: what is refused otherwise
      columns: [Country, Value]       # of a CSV file; it is refused without them
      published: last-modified        # which date of the server is the day of publication; none without this line
      largest: 1000000                # bytes above which it is no file of this feed

`sciencebase` takes the newest item of a listing whose `title` fits, and its `files` (regular expressions). `comtrade`
takes one heading (`code`) and year at a time, with a key from the environment variable `key`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import yaml

from lib.errors import MISUSED
from lib.fetching.errors import FetchError

FILE = Path(__file__).with_name("feeds.yml")
SCHEMA = Path(__file__).with_name("feeds.schema.json")
YEAR = "year"


@dataclass(frozen=True)
class Feed:
    """One entry of the file, as the docstring above describes it."""

    id: str
    publisher: str
    what: str
    way: str
    address: str
    check: str
    file: str = ""
    hosts: tuple[str, ...] = ()
    each: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    published: str = "no"
    largest: int = 0
    item: str = ""
    title: str = ""
    files: tuple[str, ...] = ()
    key: str = ""
    where: str = ""
    largest_rows: int = 0

    def fillings(self, today: dt.date) -> Iterator[dict[str, str]]:
        """Yield the values of the parameters for each file, newest year first; one empty set for a feed without any."""
        values = {name: list(each) for name, each in self.each.items()}
        if self.years:
            newest = today.year - self.years["newest"]
            values[YEAR] = [str(newest - back) for back in range(self.years["count"])]
        for filling in product(*values.values()):
            yield dict(zip(values, filling, strict=True))

    def wanted(self, today: dt.date) -> Iterator[Wanted]:
        """Yield the files of a feed whose addresses are known without asking."""
        for filling in self.fillings(today):
            yield Wanted(self.file.format_map(filling), self.address.format_map(filling))


@dataclass(frozen=True)
class Wanted:
    """A file to be fetched: its name here and its address; what its publisher says of it, empty or 0 if nothing.

    `checksum` is `md5:…` or of another algorithm; `published` an ISO date.
    """

    name: str
    address: str
    size: int = 0
    checksum: str = ""
    edition: str = ""
    published: str = ""


class UnknownFeed(FetchError):
    """Error for a feed name that does not exist."""

    status = MISUSED


def read(path: Path = FILE) -> dict[str, Feed]:
    """Read the feeds by name, in the order of the file. Raises FetchError, which names each mistake and its place."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise FetchError(f"{path.name} cannot be read: {' '.join(str(error).split())}", "correct the file") from None
    mistakes = [*_against_schema(content)] or [*_beyond_schema(content["feeds"])]
    if mistakes:
        raise FetchError(f"{path.name} has mistakes: {'; '.join(mistakes)}", "correct the lines named here")
    return {entry["id"]: _feed(entry) for entry in content["feeds"]}


def chosen(feeds: Mapping[str, Feed], names: Iterable[str]) -> list[Feed]:
    """Return the named feeds, or all if none is named. Raises UnknownFeed with the names nearest to an unknown one."""
    names = list(dict.fromkeys(names))
    for name in names:
        if name not in feeds:
            near = difflib.get_close_matches(name, feeds, n=3, cutoff=0.5)
            near = near or [other for other in feeds if name and name in other]
            hint = f"did you mean {' or '.join(near)}?" if near else "it is one of " + ", ".join(feeds)
            raise UnknownFeed(f"there is no feed {name!r}", hint.rstrip("."))
    return [feeds[name] for name in names] or list(feeds.values())


def _feed(entry: Mapping) -> Feed:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    each = {name: tuple(values) for name, values in entry.get("each", {}).items()}
    return Feed(**{**entry, **lists, "each": each})


def _against_schema(content: object) -> Iterator[str]:
    """Yield each mistake with its place, as `feeds[0].check: 'pdf' is not one of …`."""
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for error in Draft202012Validator(schema).iter_errors(content):
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        yield f"{place.lstrip('.') or 'the file'}: {error.message}"


def _beyond_schema(entries: list[Mapping]) -> Iterator[str]:
    """Yield mistakes that no schema finds: names that stand twice, undeclared parameters, broken expressions."""
    names = [entry["id"] for entry in entries]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"{name} is listed twice"
    for entry in entries:
        declared = {*entry.get("each", {}), *([YEAR] if "years" in entry else [])}
        yield from _unfilled(entry, declared)
        for pattern in (entry.get("title"), *entry.get("files", [])):
            if pattern is not None and not _compiles(pattern):
                yield f"{entry['id']}: {pattern!r} is not a regular expression"


def _unfilled(entry: Mapping, declared: set[str]) -> Iterator[str]:
    """Yield mistakes with parameters: used but not declared, or such that files would overwrite each other."""
    used = {name: _parameters(entry.get(name, "")) for name in ("address", "file", "item")}
    allowed = {"address": declared, "file": declared, "item": {"item"}}
    for name, parameters in used.items():
        if parameters is None:
            yield f"{entry['id']}: {name} has an unpaired brace"
        elif beyond := sorted(parameters - allowed[name]):
            yield f"{entry['id']}: {name} uses {', '.join(beyond)}, which neither each nor years declares"
    if used["file"] is not None and entry.get("file") and (lost := sorted(declared - used["file"])):
        yield f"{entry['id']}: file must use {', '.join(lost)}, or one file would replace the other"


def _parameters(pattern: str) -> set[str] | None:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}
    except ValueError:
        return None


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
