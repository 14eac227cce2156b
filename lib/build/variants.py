"""`chapters/variants.yml`: several pages of one notebook, and the past days that have an edition in the site.

    pages:
    - notebook: chapters/economy        # without its ending
      below: chapters/economies         # the page of _toc.yml that they stand below
      editions: false                   # whether past editions have them; true without this line
      each:
      - page: chapters/economies/germany
        title: Germany                  # in the place of the first heading of the notebook
        parameters: {economy: DEU}      # what the notebook declares; others keep their defaults
    editions: [2022-06-30, 2023-06-30]

The file is optional. `_toc.yml` lists what a person wrote; these pages are added by the build.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lib.errors import Mistakes

FILE = "chapters/variants.yml"
SCHEMA = Path(__file__).with_name("variants.schema.json")


class VariantsError(Mistakes):
    """Mistakes in the file, one or more, each with its place."""


@dataclass(frozen=True)
class Variant:
    """One page: its docname, its title and the values of the parameters that differ from the notebook's."""

    page: str
    title: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Group:
    """Pages of one notebook, below a page of the table of contents; `editions`: whether past days have them."""

    notebook: str
    below: str
    editions: bool
    each: tuple[Variant, ...]


@dataclass(frozen=True)
class Variants:
    """The content of the file; the days are ISO dates in order."""

    pages: tuple[Group, ...] = ()
    editions: tuple[str, ...] = ()


def read(root: Path) -> Variants:
    """Read what the file of the book at `root` says; nothing without a file. Raises VariantsError."""
    path = root / FILE
    if not path.is_file():
        return Variants()
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read(path: Path, *_: int) -> Variants:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise VariantsError([f"{FILE} cannot be read: {' '.join(str(error).split())}"]) from None
    if problems := [*_against_schema(content)]:
        raise VariantsError(problems)
    groups = tuple(_group(entry) for entry in content.get("pages", []))
    names = [variant.page for group in groups for variant in group.each]
    problems = [f"{FILE} names the page {name!r} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [
        f"{FILE}, editions: {day!r} is not a day such as 2023-06-30"
        for day in content.get("editions", [])
        if not _is_day(day)
    ]
    if problems:
        raise VariantsError(problems)
    return Variants(groups, tuple(sorted(content.get("editions", []))))


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]  # untyped
    """A loader of YAML whose days stay text, as the parameters of notebooks are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _against_schema(content: object) -> Iterable[str]:
    """Yield each mistake with its place, as `pages[0].each[3]: 'title' is a required property`."""
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for error in sorted(
        Draft202012Validator(schema).iter_errors(content), key=lambda error: list(map(str, error.path))
    ):
        place = error.json_path.removeprefix("$").removeprefix(".")
        yield f"{FILE}{f', {place}' if place else ''}: {error.message}"


def _group(entry: Mapping[str, Any]) -> Group:
    each = tuple(Variant(v["page"], v["title"], v.get("parameters", {})) for v in entry["each"])
    return Group(entry["notebook"], entry["below"], entry.get("editions", True), each)


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
