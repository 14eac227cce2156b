"""Editions of past days: where they are in the site, and the way from a page of one to the current edition.

An edition is a whole site of its own under `editions/<day>/` of the current one, so that links between both are
relative and hold on any host and from disk. Its pages ask search engines to keep to the current edition.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = "editions"
COVER = "index.html"
EMBEDDED = "embed"
CURRENT = ""
"""Stands for the current edition where days are listed."""


@dataclass(frozen=True)
class Counterpart:
    """The place of a page in the current edition: its address as seen from there, and whether it is the same page."""

    href: str
    same: bool
    public: str = ""


Finder = Callable[[str], Counterpart | None]
"""The counterpart of a page, which is given by its file from the root of its edition."""


def earlier(day: str | dt.date) -> str:
    """Return the edition to compare that of `day` with: the newest 30 June that is at least a year before it."""
    day = dt.date.fromisoformat(str(day))
    june = dt.date(day.year - 1, 6, 30)
    a_year_before = (day.year - 1, day.month, day.day)
    return (june if (june.year, june.month, june.day) <= a_year_before else june.replace(year=day.year - 2)).isoformat()


def address(base: str, day: str) -> str:
    """Return the public address of an edition; empty when the book has none."""
    return f"{base.rstrip('/')}/{FOLDER}/{day}/" if base else ""


# ------------------------------------------------------------------------------------------- in the site


def listed(site: Path) -> list[str]:
    """List the days of the editions that a site holds."""
    folders = (site / FOLDER).glob("*-*-*")
    return sorted(path.name for path in folders if path.is_dir() and not path.name.startswith("."))


def within(base: str) -> Finder:
    """Return a finder of the same page in the current edition, for a past one in its site.

    A page that the current edition has no more is an address there that says so (`lib.site.directory`).
    """

    def find(name: str) -> Counterpart | None:
        up = "../" * (name.count("/") + 2)
        return Counterpart(f"{up}{name}", True, f"{base.rstrip('/')}/{name}" if base else "")

    return find


def beside(target: Path, site: Path, base: str, docname: str) -> Finder:
    """Return a finder for the site of one notebook at `target`: at the public address of the book, else on this disk.

    The notebook is `docname` in the book and the cover of its own site.
    """

    def find(name: str) -> Counterpart | None:
        name_there = f"{docname}.html" if name == COVER else name
        if base:
            return Counterpart(f"{base.rstrip('/')}/{name_there}", True, f"{base.rstrip('/')}/{name_there}")
        place = next((candidate for candidate in (name_there, COVER) if (site / candidate).is_file()), None)
        way = place and Path(os.path.relpath(site / place, (target / name).parent)).as_posix()
        return Counterpart(way, place == name_there) if way else None

    return find
