"""The Content-Security-Policy of every page, and what no text of a page may hold.

A page may load scripts, styles, pictures and data of its own site and nothing else, and it has no script in its text:
the site works from any server, and from disk. A page that could run or load something else is refused: what it holds
came from a table or a notebook by mistake or by intent.
"""

from __future__ import annotations

import re

from lxml import html

from lib.errors import BookError

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Charts, drawn at build time or by Vega, carry style attributes; they run no code.
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
POLICY = "; ".join(f"{name} {sources}" for name, sources in DIRECTIVES.items())
"""For an attribute in double quotes."""
DATA_TYPES = {"application/json", "application/ld+json"}
"""Types of script elements that hold data, which browsers do not run and no policy governs."""
REFUSED_ELEMENTS = {"applet", "base", "embed", "fencedframe", "frame", "frameset", "iframe", "link", "object", "portal"}
REFUSED_ELEMENTS |= {"style"}
ADDRESSES = {"action", "background", "cite", "data", "formaction", "href", "poster", "src", "xlink:href"}
"""Attributes that hold an address."""
SCHEMES = {"", "http", "https", "mailto"}
PICTURE = re.compile(r"data:image/(?:gif|jpeg|png|svg\+xml|webp)[;,]", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
IGNORED = dict.fromkeys([*range(0x20), 0x7F])
"""What browsers leave out of the scheme of an address."""
SHOWN = 80


class PolicyError(BookError):
    """A script in a page, or a way to load something, that is not of the book or its theme."""

    remedy = "Remove it from the table or notebook that it comes from. The site is unchanged."


def check(text: str, name: str) -> None:
    """Read the text of a page as browsers do. Raises PolicyError, which names the page, for what no page may hold."""
    # libxml2 reads HTML as browsers do; a number of bytes is no reason to stop reading
    root = html.document_fromstring(
        f"<div>{text}</div>".encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True)
    )
    for element in root.iter():
        if isinstance(element.tag, str):
            try:
                _check(element)
            except PolicyError as error:
                raise PolicyError(f"{name}: {error}") from None


def _check(element: html.HtmlElement) -> None:
    """Raise PolicyError for an element that runs, loads or leads to what a page of the book never does."""
    if element.tag in REFUSED_ELEMENTS or (element.tag == "meta" and "http-equiv" in element.attrib):
        raise PolicyError(
            f"an element that no page of the book has: {_shown(html.tostring(element, encoding='unicode'))}"
        )
    if element.tag == "script":
        _check_script(element)
    for name, value in element.attrib.items():
        if name.startswith("on"):
            raise PolicyError(f"the attribute {name} holds a script: {_shown(value)}")
        if name in ADDRESSES and not _is_harmless(element.tag, value):
            raise PolicyError(f"an address that is not a web address: {name}={_shown(value)}")


def _is_harmless(tag: str, address: str) -> bool:
    address = address.translate(IGNORED).strip()
    scheme = SCHEME.match(address)
    if tag in ("img", "image", "link") and PICTURE.match(address):
        return True
    return (scheme[1].lower() if scheme else "") in SCHEMES


def _check_script(element: html.HtmlElement) -> None:
    if element.get("type", "").strip().lower() not in DATA_TYPES:
        raise PolicyError(f"a script in the text of a page: {_shown(html.tostring(element, encoding='unicode'))}")


def _shown(text: str) -> str:
    """Quote the start of a text in one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN else f"{line[:SHOWN]}…")
