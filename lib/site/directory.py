"""The directory of a finished site: its editions with the pages they have, and its PDFs.

It alone changes when an edition comes or goes, so that no page of another has to. `directory.js` is for the menu in the
bar of each page, `editions.html` for readers without scripts; it also lists the versions that are archived. A page that
past editions have and the current one has no more stays as an address that says so.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from lib import cite
from lib.build import editions
from lib.disk.files import names_below, replace_text
from lib.paths import CHECKOUT
from lib.site import plain, versions
from lib.site.notices import DIRECTORY, LISTED

GONE = "<!-- This page is not in the current edition. -->"
PDFS = "pdf"
NOT_FOUND = "404.html"
"""The page that a host shows for an address without one."""
BOOK = "industrial-vitamins"
"""The name of the PDF that holds all chapters."""


def write(site: Path, archived: Iterable[Mapping] | None = None) -> None:
    """Write the directory of a site that is about to be put in place, or has got PDFs.

    `archived` are the versions that it lists as archived, by default those of `releases.yml`. Raises
    versions.ListingError.
    """
    archived = versions.read(CHECKOUT) if archived is None else list(archived)
    days = [day for day in (editions.CURRENT, *reversed(editions.listed(site))) if _folder(site, day).is_dir()]
    has = {day: _pages(_folder(site, day)) for day in days}
    gone = {name for name in has.get(editions.CURRENT, ()) if is_gone(site / f"{name}.html")}
    has = {day: names - gone if day == editions.CURRENT else names for day, names in has.items()}
    has = {day: names for day, names in has.items() if "index" in names}
    if editions.CURRENT not in has:
        return
    every = sorted(set().union(*has.values()))
    for name in gone:
        (site / f"{name}.html").unlink()
    listed = [
        {"day": day, "called": _called(day), "lacks": [name for name in every if name not in names and _is_main(name)]}
        for day, names in has.items()
    ]
    printed = sorted((site / PDFS).glob("*.pdf"))
    pdf = {_page(path.stem, has[editions.CURRENT]): f"{PDFS}/{path.name}" for path in printed}
    content = json.dumps({"editions": listed, "pdf": pdf}, ensure_ascii=False, sort_keys=True)
    replace_text(site / DIRECTORY, f"window.bookDirectory = {content};\n")
    titles = {page: page.rpartition("/")[2].replace("-", " ").capitalize() for page in pdf}
    given = {"editions": listed, "pdf": pdf, "titles": titles, "folder": editions.FOLDER}
    replace_text(site / LISTED, plain.page("editions.html", **given, archived=archived, version=cite.version(), up=""))
    for name in every:
        if name not in has[editions.CURRENT]:
            holders = [edition for edition, names in zip(listed, has.values(), strict=True) if name in names]
            up = "../" * name.count("/")
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            text = plain.page("gone.html", **given | {"editions": holders}, name=name, up=up)
            replace_text(site / f"{name}.html", f"{GONE}\n{text}")


def _is_main(name: str) -> bool:
    """Return whether a page is in the menu of editions; that of a figure leads to its chapter there."""
    return not name.startswith(("figures/", "facts/"))


def _folder(site: Path, day: str) -> Path:
    return site / editions.FOLDER / day if day else site


def _pages(folder: Path) -> set[str]:
    """Collect the pages of one edition: not figures that stand alone, nor the list of editions."""
    pages = {name for name in names_below(folder, (editions.EMBEDDED, editions.FOLDER)) if name.endswith(".html")}
    return {name.removesuffix(".html") for name in pages - {LISTED, NOT_FOUND}}


def is_gone(path: Path) -> bool:
    """Return whether a page says that the current edition has none at its address."""
    with path.open(encoding="utf-8") as file:
        return file.read(len(GONE)) == GONE


def _page(stem: str, pages: set[str]) -> str:
    """Return the page that a PDF prints."""
    return next((page for page in sorted(pages) if page == f"chapters/{stem}"), "index")


def _called(day: str) -> str:
    return cite.written(dt.date.fromisoformat(day)) if day else "Current"
