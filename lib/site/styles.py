"""One small style sheet in the place of the ten of the theme, its extensions and the book.

The sheets that a page links, and those that they import, are joined in their order; rules for classes that
neither a page nor a script of the site names are left out (nine tenths of the theme), and the rest is written
without spaces, by Lightning CSS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import lightningcss

from lib.errors import BookError

STATIC = "_static"
SHEET = re.compile(
    r'\s*<link\b(?=[^>]*\brel="stylesheet")(?![^>]*\bmedia=)[^>]*\bhref="(?P<address>[^"?]+)[^"]*"[^>]*>'
)
NAMED = re.compile(r'\b(?:class|id)="([^"]*)"')
LITERAL = re.compile(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1""")
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
SELECTED = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FILE = re.compile(r"""(?:@import|url\()\s*["']?(?!data:|#|["'])([^)"']+)""")
UNREAD = ("search-texts.js", "searchindex.js")
"""Scripts that hold the words of the book, which name no class."""


class StyleError(BookError):
    """A link to a style sheet that is not there, or from a sheet to a file that is not beside the joined one."""

    remedy = "Put the file beside the style sheet. The site is as it was before."


def join(site: Path) -> None:
    """Give every page of the site its one style sheet; pages with the same sheets share it. Raises StyleError."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    used = names(pages.values(), (path.read_text(encoding="utf-8") for path in _scripts(site)))
    made: dict[tuple[Path, ...], str] = {}
    for path, text in pages.items():
        links = list(SHEET.finditer(text))
        sheets = tuple((path.parent / link["address"]).resolve() for link in links)
        if not sheets:
            continue
        if lost := [sheet.name for sheet in sheets if not sheet.is_file()]:
            raise StyleError(f"{path.relative_to(site).as_posix()} links {', '.join(lost)}, which the site has not")
        if sheets not in made:
            made[sheets] = _written(joined(sheets, used), site)
        address = "../" * len(path.parent.relative_to(site).parts) + f"{STATIC}/{made[sheets]}"
        path.write_text(_linked(text, links, address), encoding="utf-8")
    for sheet in {sheet for sheets in made for sheet in sheets}:
        sheet.unlink()


def _scripts(site: Path) -> list[Path]:
    return [path for path in sorted((site / STATIC).rglob("*.js")) if path.name not in UNREAD]


def _written(text: str, site: Path) -> str:
    for address in FILE.findall(text):
        if not (site / STATIC / address).is_file():
            raise StyleError(f"a style sheet refers to {address}, which is not in {STATIC}")
    name = f"book-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"
    (site / STATIC / name).write_text(text, encoding="utf-8")
    return name


def _linked(page: str, links: list[re.Match], address: str) -> str:
    """Return a page with one link in the place of its first, and without the others."""
    for link in reversed(links[1:]):
        page = page[: link.start()] + page[link.end() :]
    first = links[0]
    return f'{page[: first.start()]}\n<link rel="stylesheet" href="{address}" />{page[first.end() :]}'


def names(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Collect every class and id that pages carry, and every word in a text of scripts, which may become one."""
    carried = {name for page in pages for value in NAMED.findall(page) for name in value.split()}
    return carried | {word for script in scripts for _, text in LITERAL.findall(script) for word in WORD.findall(text)}


def joined(sheets: Iterable[Path], used: set[str]) -> str:
    """Join sheets with those they import into one text, without rules for classes and ids that are not `used`."""
    whole = (lightningcss.bundle_css(str(sheet), error_recovery=True) for sheet in sheets)
    return "".join(pruned(text, used) for text in whole)


def pruned(sheet: str, used: set[str]) -> str:
    """Return a sheet without rules for classes and ids that are not `used`, and without spaces."""
    return lightningcss.process_stylesheet(
        sheet,
        error_recovery=True,  # as browsers do: the theme has rules with prefixes of old browsers
        unused_symbols=set(SELECTED.findall(COMMENT.sub("", sheet))) - used,
        minify=True,
    )
