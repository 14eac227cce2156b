"""The map of a public site: its pages with the day on which each last changed.

That day follows from data and commits, never from the clock. It is that on which the newest source of a page became
public, or that of the last commit to its text, whichever is later. Pages that list everything have the newest of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from lib.build import git
from lib.build.plan import Page
from lib.records import Records
from lib.site.notices import LISTED
from lib.site.pages.data import Table
from lib.tables import asof

FILE = "sitemap.xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def text(days: Mapping[str, str], address: str) -> str:
    """Write the map; `days` are those of the pages by docname, and empty where nobody knows."""
    base = address.rstrip("/")
    entries = "\n".join(_entry(f"{base}/{name}.html", day) for name, day in sorted(days.items()))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{NAMESPACE}">\n{entries}\n</urlset>\n'


def _entry(address: str, day: str) -> str:
    changed = f"<lastmod>{day}</lastmod>" if day else ""
    return f"<url><loc>{escape(address)}</loc>{changed}</url>"


def days(
    root: Path,
    data: Path,
    pages: Sequence[Page],
    records: Records,
    tables: Iterable[Table],
    sources: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """Return the day on which each page of a site last changed, by docname; those of single figures are pages too."""
    written = git.days_of(root, "chapters", "index.ipynb", "data")
    published, until = asof.source_days(sources), records.as_of or ""

    def newest(named: Iterable[str | Mapping], *others: str) -> str:
        ids = (name if isinstance(name, str) else name["id"] for name in named)
        known = [day for name in ids if (day := published.get(name, "")) and asof.known_by(day, until)]
        return max([*known, *others], default="")

    used: dict[str, list[str | Mapping]] = {}
    for chapter in records.chapters:
        used.setdefault(chapter["page"], []).extend(chapter.get("sources") or ())
    for figure in records.figures:
        used.setdefault(figure["page"], []).extend(figure.get("sources") or ())
    for fact in records.facts:
        used.setdefault(fact["page"], []).extend(entry.get("source_id") or "" for entry in fact.get("inputs", ()))
    texts = {page.docname: written.get(_within(page.path, root), "") for page in pages if page.path}
    found = {name: newest(used.get(name, ()), day) for name, day in texts.items()}
    for table in tables:
        found[table.docname] = newest(table.sources, written.get(_within(data / table.entry["path"], root), ""))
    for figure in records.figures:
        found[f"figures/{figure['name']}"] = newest(figure.get("sources") or (), texts.get(figure["page"], ""))
    whole = max(found.values(), default="")
    return found | {page.docname: whole for page in pages if not page.path} | {LISTED.removesuffix(".html"): ""}


def _within(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
