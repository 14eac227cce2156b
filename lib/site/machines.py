"""What the current edition has for programs: feeds, Croissant, a map of the site; and where its pages say so.

The texts of the pages, for which the pages have to be made first, are in `sphinx/markdown.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from lib.build.plan import Page
from lib.languages.pages import Page as Translation
from lib.records import Records
from lib.site.exports import croissant, feeds, llms, sitemap
from lib.site.exports.citation import FILES
from lib.site.pages.data import FOLDER, Table

FILE = "machines.json"
"""What the heads of pages and the lists of files need to know; a site without it is no current edition."""


def stage(
    root: Path,
    data: Path,
    pages: Sequence[Page],
    records: Records,
    tables: Sequence[Table],
    sources: Mapping[str, Mapping[str, str]],
    moved: Mapping | None,
    address: str,
    folder: Path,
    translations: Sequence[Translation] = (),
) -> None:
    """Write the files to those of a staged book that go into the site as they are; `address` may be empty.

    Without `moved`, what changed since an earlier edition, there are no feeds.
    """
    listed = feeds.of_book(moved, records, sources) if moved else []
    made = feeds.files(listed, address) if listed else {}
    if tables and records.as_of:
        made[f"{FOLDER}/{croissant.FILE}"] = croissant.text(tables, folder / FILES / FOLDER, records.as_of, address)
    if address:
        days = sitemap.days(root, data, pages, records, tables, sources)
        days |= {page.docname: page.revised.isoformat() for page in translations if not page.is_draft}
        made[sitemap.FILE] = sitemap.text(days, address)
    for name, text in made.items():
        path = folder / FILES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    content = {
        "feeds": {feed.page.removesuffix(".html"): {"name": feed.name, "title": feed.title} for feed in listed},
        "files": [name for name in llms.FILES if (folder / name).is_file() or (folder / FILES / name).is_file()],
    }
    (folder / FILE).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
