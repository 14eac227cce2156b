"""PDFs of each chapter and of the whole book, printed by Chromium from the finished site.

A page is printed without scripts from a copy that `paper` made fit for it. The book is printed twice: the second time
its contents have the numbers of the pages.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from lib import browser, cite
from lib.build.plan import Page
from lib.disk.files import keep, kept
from lib.drawing import FONTS
from lib.errors import BookError
from lib.site import directory
from lib.site.directory import BOOK, PDFS
from lib.site.exports import paper

OPTIONS: dict[str, Any] = {
    "format": "A4",
    "prefer_css_page_size": True,
    "print_background": True,
    "outline": True,
    "tagged": True,
}
MINUTES = 60_000  # milliseconds
PRINTED_ON = re.compile(rb"\(D:\d{14}[+-]\d\d'\d\d'\)")
NODE = re.compile(rb"\(node(\d{8})\)")
PICTURE = re.compile(r'<img [^>]*\bsrc="([^":]+)"')

Written = Callable[..., str]
"""Writes what is printed; for the book it takes the numbers of its pages."""


class NoBrowser(BookError):
    """The lack of a Chromium that could print."""


class PictureMissing(BookError):
    """A picture of a page that would be an empty frame on paper."""

    remedy = "Build the site again; if it stays so, the address of the picture is wrong. The PDFs are unchanged."


def make(site: Path, pages: list[Page], store: Path) -> list[Path]:
    """Print the chapters and the book to `site/pdf`, list them in its directory, and return the files.

    Pages that share a notebook are left out: dozens of them would make the book too heavy to send.
    `store` keeps the PDFs by a hash of what was printed: an unchanged page is not printed again. Raises NoBrowser.
    """
    pages = [page for page in pages if not page.below]
    chapters = [page for page in pages if page.is_notebook]
    texts = {page.docname: (site / f"{page.docname}.html").read_text("utf-8") for page in pages if _is_printed(page)}
    code = [Path(module).read_bytes() for module in (__file__, paper.__file__)]
    styles = [path.read_bytes() for path in sorted((site / "_static").rglob("*.css"))]
    shown = {name: [text.encode(), *_pictures(site / name, text)] for name, text in texts.items()}
    keys = {page.name: _digest([*shown[page.docname], *code, *styles]) for page in chapters if not page.is_root}
    keys[BOOK] = _digest([*chain.from_iterable(shown.values()), *code, *styles])
    stale = [name for name, key in keys.items() if not kept(store, f"{name}-{key}", ".pdf")]
    if stale:
        soups = {docname: BeautifulSoup(text, "html.parser") for docname, text in texts.items()}
        root = next(page.docname for page in pages if page.is_root)
        places = {page.name: page.docname for page in chapters} | {BOOK: root}
        prints = {
            n: partial(paper.whole, soups, pages) if n == BOOK else partial(paper.alone, soups[places[n]])
            for n in stale
        }
        with ThreadPoolExecutor(1) as thread:  # playwright refuses a thread whose event loop runs, as in a notebook
            thread.submit(_print, prints, keys, site, store, places).result()
    target = site / PDFS
    target.mkdir(exist_ok=True)
    made = []
    for name, key in keys.items():
        printed = kept(store, f"{name}-{key}", ".pdf")
        if printed is None:
            raise FileNotFoundError(f"{store}: the PDF of {name} is not as it was printed; build the site again")
        _put(printed, target / f"{name}.pdf")
        made.append(target / f"{name}.pdf")
    directory.write(site)
    return made


def _pictures(page: Path, text: str) -> list[bytes]:
    """Read the pictures that a page has in files of their own; one that is missing is told when it is printed."""
    addresses = sorted(set(PICTURE.findall(text)))
    files = [page.parent / address for address in addresses]
    return [file.read_bytes() for file in files if file.is_file()]


def _is_printed(page: Page) -> bool:
    return page.is_notebook or page.docname in paper.APPENDIX


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def _put(source: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}")
    shutil.copyfile(source, beside)
    os.replace(beside, target)


# ------------------------------------------------------------------------------------------- printing


def _print(
    stale: Mapping[str, Written], keys: Mapping[str, str], site: Path, store: Path, places: Mapping[str, str]
) -> None:
    """Print the texts; each is laid beside the page it came from, so that it finds its styles, and removed again."""
    program = browser.find()
    if program is None:
        raise NoBrowser("there is no browser to print with", browser.ADVICE)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser(
            "playwright, which controls the browser, is not installed", "it is in requirements.txt"
        ) from None

    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="book-fonts-") as scratch, sync_playwright() as playwright:
        launch = partial(
            playwright.chromium.launch,
            executable_path=program,
            args=list(browser.FLAGS),
            env={**os.environ, **fonts(Path(scratch))},
        )
        for name, written in stale.items():
            source = (site / f"{places[name]}.html").with_name(f".print-{name}.html")
            content = _printed(launch, source, written())
            if name == BOOK:
                content = _printed(launch, source, written(numbers_in(content)))
            for old in store.glob(f"{name}-????????????????.*"):
                old.unlink()
            keep(store, f"{name}-{keys[name]}", ".pdf", content)


def fonts(scratch: Path) -> dict[str, str]:
    """Return the variables with which a program on Linux sees the fonts of the book and none of the computer.

    Without any font Chromium does not print, and what it finds in another one differs from computer to computer.
    """
    settings = scratch / "fonts.conf"
    settings.write_text(
        f"<fontconfig><dir>{FONTS}</dir><cachedir>{scratch}</cachedir></fontconfig>\n", encoding="utf-8"
    )
    return {"FONTCONFIG_FILE": str(settings), "FONTCONFIG_PATH": str(scratch)}


def _printed(launch: Callable[[], Any], source: Path, text: str) -> bytes:
    """Print a text as the page `source`. Raises PictureMissing.

    A browser that has printed before counts on from there, and gives other bytes.
    """
    running = launch()
    context = running.new_context(java_script_enabled=False, color_scheme="light")
    context.set_default_timeout(MINUTES)
    page = context.new_page()
    try:
        source.write_text(text, encoding="utf-8")
        page.emulate_media(media="print")
        page.goto(source.as_uri())
        page.evaluate("document.fonts.ready.then(() => true)")
        missing = [
            str(picture.get_attribute("src"))
            for picture in page.locator("img").all()
            if not picture.evaluate("picture => picture.naturalWidth")
        ]
        if missing:
            raise PictureMissing(f"{source.name}: no picture at {', '.join(missing)}")
        return steady(page.pdf(**OPTIONS))
    finally:
        running.close()
        source.unlink(missing_ok=True)


def steady(content: bytes) -> bytes:
    """Return a PDF without what differs from one print of a page to the next: its time, and the numbers of its nodes.

    The day of release comes in place of the time. Nodes are numbered anew in their order; no byte moves.
    """
    day = f"(D:{cite.released_at():%Y%m%d%H%M%S}+00'00')".encode()
    number = {old: new for new, old in enumerate(sorted(set(NODE.findall(content))))}
    return NODE.sub(lambda match: b"(node%08d)" % number[match[1]], PRINTED_ON.sub(day, content))


def numbers_in(content: bytes) -> paper.Numbers:
    """Return the number of the page on which each anchor of a PDF stands, where something leads to it."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    return {
        name.removeprefix("/"): (reader.get_destination_page_number(place) or 0) + 1
        for name, place in reader.named_destinations.items()
    }
