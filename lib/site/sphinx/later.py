"""Data that a page loads once its reader moves: a script of its own, since a page opened from disk may not fetch.

`later.js` loads it; the element that says where it is has the id of what is in it.
"""

from __future__ import annotations

import json
from pathlib import Path

from sphinx.application import Sphinx


def place(name: str, pagename: str) -> str:
    """Return where the data `name` of a page are, from the root of the site."""
    return f"_static/{name}/{pagename}.js"


def forget(app: Sphinx, name: str, pagename: str) -> None:
    """Remove the data that an earlier build wrote for a page, which may have none now."""
    (Path(app.outdir) / place(name, pagename)).unlink(missing_ok=True)


def write(app: Sphinx, name: str, pagename: str, variable: str, content: object) -> str:
    """Write data that will be `window.<variable>`; return the element of the page that leads to them."""
    path = Path(app.outdir) / place(name, pagename)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"window.{variable} = {text};\n", encoding="utf-8")
    address = f"{'../' * pagename.count('/')}{place(name, pagename)}"
    return f'<script type="application/json" id="iv-{name}" data-src="{address}"></script>\n'
