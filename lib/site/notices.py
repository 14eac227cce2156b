"""What is said on top of the pages of a site: that it is a past edition, or rests on figures of a reader's own.

`stage` writes it beside the staged book, and the template of the theme shows it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lib.build import editions
from lib.cite import written
from lib.intake.overlay import told

FILE = "notices.json"
DIRECTORY, LISTED = "directory.js", "editions.html"
"""The editions of a site, for scripts and for readers without them; at the root of the current one."""


@dataclass(frozen=True)
class Notices:
    """What the pages of a site say on top.

    `own` tells which rows of a reader's own they rest on. `day` is that of a past edition, and `find` leads from a page
    of it to the current one. `alone` is a site that is no edition of the book and has none beside it. The pages of a
    `live` one load themselves again when their author saves something.
    """

    own: str = ""
    day: str = ""
    find: editions.Finder | None = None
    alone: bool = False
    live: bool = False

    @property
    def is_current(self) -> bool:
        """Return whether the site is the current edition of a book."""
        return not (self.day or self.alone or self.live)


def own_rows(data: Path) -> str:
    """Count in words the rows that a data folder has of a reader's own; empty for the book's tables as they are."""
    rests = {name: entry["rows"] for name, entry in (told(data) or {}).items() if name != "sources"}
    return ", ".join(f"{rows:,} {'rows' if rows != 1 else 'row'} of {name}" for name, rows in rests.items())


def stage(content: Notices, docnames: Iterable[str], folder: Path) -> None:
    """Write what the pages `docnames` say to a staged book."""
    ways = {name: content.find(f"{name}.html") for name in docnames} if content.find else {}
    staged = {
        "own": content.own,
        "day": content.day,
        "called": written(dt.date.fromisoformat(content.day)) if content.day else "",
        "alone": content.alone,
        "live": content.live,
        "ways": {name: asdict(way) for name, way in ways.items() if way},
    }
    (folder / FILE).write_text(json.dumps(staged, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def of_page(staged: Mapping, docname: str, content_root: str) -> dict:
    """Return what the template needs to know for one page; `content_root` is the way to the root of its edition."""
    day, way = staged.get("day", ""), staged.get("ways", {}).get(docname, {})
    root = content_root + ("../../" if day else "")
    return {
        "own": staged.get("own", ""),
        "edition": {"day": day, "called": staged["called"], **way} if day else {},
        "directory": "" if staged.get("alone") else f"{root}{DIRECTORY}",
        "live": staged.get("live", False),
        "editions_page": f"{root}{LISTED}",
    }
