"""What hosts of static sites look for beside the pages: `.nojekyll`, `404.html`, and `sitemap.xml` of a public site."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from lib.build import editions
from lib.disk.files import replace_text
from lib.site import directory, plain

SITEMAP = "sitemap.xml"
UNLISTED = (directory.NOT_FOUND, "search.html", "genindex.html", f"{editions.EMBEDDED}/", f"{editions.FOLDER}/")
"""Pages that are no place to come to from elsewhere; past editions name the current one as theirs."""


def write(site: Path, address: str) -> None:
    """Write these files for a site at a public address, which may be empty: a site that has none has no map."""
    (site / ".nojekyll").touch()
    up = f"{urlsplit(address).path.rstrip('/')}/"  # a page that is not found may be at any depth
    replace_text(site / directory.NOT_FOUND, plain.page("lost.html", up=up))
    (site / SITEMAP).unlink(missing_ok=True)
    if address:
        replace_text(site / SITEMAP, _sitemap(site, address.rstrip("/")))


def _sitemap(site: Path, address: str) -> str:
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    listed = [name for name in names if not name.startswith(UNLISTED) and not directory.is_gone(site / name)]
    entries = "\n".join(f"<url><loc>{escape(f'{address}/{name}')}</loc></url>" for name in listed)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return f"{head}\n{entries}\n</urlset>\n"
