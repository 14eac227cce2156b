"""What hosts of static sites look for beside pages: `.nojekyll` and `404.html`; the map is in `exports/sitemap.py`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from lib.disk.files import replace_text
from lib.site import directory, plain


def write(site: Path, address: str) -> None:
    """Write these files for a site at a public address, which may be empty."""
    (site / ".nojekyll").touch()
    up = f"{urlsplit(address).path.rstrip('/')}/"  # a page that is not found may be at any depth
    replace_text(site / directory.NOT_FOUND, plain.page("lost.html", up=up))
