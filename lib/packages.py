"""The packages that the lock file pins: their versions and hashes, and which of them others need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(?: *; *([^\\\n]*[^\\\s]))?", re.MULTILINE)
WANTED_BY = re.compile(r"^ {4}#(?: via|  ) ([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
BOOK = "industrial-vitamins"


@dataclass(frozen=True)
class Pin:
    """A package of the lock: its version, where it is needed, the packages that need it, and its lines in the file."""

    name: str
    version: str
    marker: str
    wanted_by: tuple[str, ...]
    text: str


def pins(lock: str) -> list[Pin]:
    """Read the packages of a lock file of `uv pip compile`; one may be pinned twice, for different platforms."""
    starts = list(PINNED.finditer(lock))
    ends = [*(match.start() for match in starts[1:]), len(lock)]
    return [
        Pin(match[1], match[2], match[3] or "", tuple(WANTED_BY.findall(text)), text)
        for match, end in zip(starts, ends, strict=True)
        for text in (lock[match.start() : end],)
    ]


def part(lock: str, names: Iterable[str]) -> str:
    """Return the part of a lock that installs packages and all that they need, without the comments.

    Names that the lock does not have are left out.
    """
    listed = pins(lock)
    needs: dict[str, set[str]] = {}
    for pin in listed:
        for name in pin.wanted_by:
            needs.setdefault(name, set()).add(pin.name)
    reached = _reached({normal(name) for name in names}, needs)
    return "".join(_without_comments(pin.text) for pin in listed if pin.name in reached)


def normal(name: str) -> str:
    """Write the name of a package as the lock has it: in lower case, with hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _reached(names: set[str], needs: dict[str, set[str]]) -> set[str]:
    waiting, reached = list(names), set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += needs.get(name, ())
    return reached


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))


def holding(names: Iterable[str]) -> Iterator[str]:
    """Yield the packages that hold the installed modules `names`, such as pyyaml for yaml."""
    from importlib import metadata

    holders = metadata.packages_distributions()
    for name in names:
        yield from holders.get(name, ())
