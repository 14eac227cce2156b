"""The notice on every page that rests on a reader's own figures."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from lib.build import editions
from lib.disk.files import replace_text
from lib.intake.overlay import told

NOTICE = "iv-own"


def marking(data: Path) -> Callable[[Path], None] | None:
    """Return what marks every page of a site as resting on a reader's own figures; None for the book's own."""
    rests = told(data)
    return partial(tell, rests=rests) if rests else None


def tell(folder: Path, rests: Mapping[str, Mapping]) -> None:
    """Put the notice on every page below `folder`, and ask search engines to leave them out."""
    notice = _notice(rests)
    for path in sorted(folder.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        top = editions.TOP.search(text)
        if top and NOTICE not in text:
            text = text[: top.end()] + notice + text[top.end() :]
            tags = "" if editions.ROBOTS in text else editions.ROBOTS
            replace_text(path, text.replace("</head>", f"{tags}</head>", 1))


def _notice(rests: Mapping[str, Mapping]) -> str:
    listed = [
        f"{entry['rows']:,} {'rows' if entry['rows'] != 1 else 'row'} of {name}"
        for name, entry in rests.items()
        if name != "sources"
    ]
    words = ", ".join(html.escape(words) for words in listed)
    return (
        f'<aside class="{NOTICE}" aria-label="Own data"><p><strong>Own data.</strong> This copy rests on figures that '
        f"its maker laid over those of the book ({words}). The published book does not have them.</p></aside>\n"
    )
