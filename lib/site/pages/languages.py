"""Pages in other languages: staged for Sphinx, and what the theme knows of them.

Those of a draft lead nowhere but to each other and to the English pages, and nothing leads to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lib.languages import catalogues
from lib.languages.pages import Page

FILE = "languages.json"
ENGLISH = {"tag": "en", "name": "English"}
ALONE = "---\norphan: true\n---\n\n"
"""What keeps Sphinx from asking why a page is not in the table of contents."""


def stage(pages: Sequence[Page], folder: Path) -> None:
    """Write pages in other languages to a staged book, with what leads from one language to another."""
    for page in pages:
        target = folder / f"{page.docname}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{ALONE}{page.text}\n", encoding="utf-8")
    staged = {page.docname: _told(page, pages) for page in pages}
    for page in pages:
        if others := _versions(page.name, [other for other in pages if not other.is_draft]):
            staged[page.english] = {"versions": [{**ENGLISH, "docname": page.english}, *others]}
    (folder / FILE).write_text(json.dumps(staged, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _told(page: Page, pages: Iterable[Page]) -> dict:
    listed = [other for other in pages if page.is_draft or not other.is_draft]
    return {
        "tag": catalogues.tag(page.language),
        "is_draft": page.is_draft,
        "notices": page.notices,
        "versions": [{**ENGLISH, "docname": page.english}, *_versions(page.name, listed)],
        "more": page.more,
        "siblings": [
            {"docname": other.docname, "title": other.title} for other in listed if other.language == page.language
        ],
    }


def _versions(name: str, pages: Iterable[Page]) -> list[dict[str, str]]:
    return [
        {
            "tag": catalogues.tag(page.language),
            "name": catalogues.locale(page.language).get_display_name() or page.language,
            "docname": page.docname,
        }
        for page in pages
        if page.name == name
    ]


def read(folder: Path) -> dict[str, dict]:
    """Read what was staged; nothing for a site that is no current edition."""
    path = folder / FILE
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def tag(staged: Mapping[str, Mapping], docname: str) -> str:
    """Return the language of a page as HTML names it; empty for the pages of the book, which are in English."""
    return staged.get(docname, {}).get("tag", "")


def of_page(staged: Mapping[str, Mapping], docname: str) -> dict:
    """Return what the template needs to know for one page."""
    told = staged.get(docname, {})
    return {
        "page_language": tag(staged, docname),
        "draft": told.get("is_draft", False),
        "language_notices": told.get("notices", ()),
        "versions": told.get("versions", ()),
        "siblings": [other for other in told.get("siblings", ()) if other["docname"] != docname],
        "more": told.get("more", ""),
    }
