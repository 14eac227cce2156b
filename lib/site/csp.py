"""The Content-Security-Policy of every page, in a meta tag: the site works from any server, and from disk.

A page may load scripts, styles, pictures and data of its own site and nothing else. The few inline scripts and styles
that the theme puts into pages are known by their text, and only these are allowed. A page with any other, or with
another way to run or load something, is refused: what it holds came from a table or a notebook by mistake or by intent.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from lib.errors import BookError

FILE = re.compile(r"(?:\.\./)*(?:_static/(?:[\w-][\w.-]*/)*[\w-][\w.-]*|searchindex\.js)(?:\?[\w=.-]*)?")
"""The address of a script that is a file of the site."""
SCRIPTS = (
    """
    document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
    document.documentElement.dataset.theme = localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    """,  # noqa: E501
    "let toggleHintShow = 'Click to show';",
    "let toggleHintHide = 'Click to hide';",
    "let toggleOpenOnPrint = 'true';",
    "var togglebuttonSelector = '.toggle, .admonition.dropdown';",
    "DOCUMENTATION_OPTIONS.search_as_you_type = false;",
    "kernelName = 'python3'",
    """
    // Activate the search field on page load
    let searchInput = document.querySelector("form.bd-search input");
    if (searchInput) {
    searchInput.focus();
    searchInput.select();
    console.log("[PST]: Set focus on search field.");
    }
    """,
)
"""Inline scripts of the theme, its extensions and Sphinx."""
PAGE_NAME = "DOCUMENTATION_OPTIONS.pagename = '{}';"
"""The inline script of the theme that differs from page to page."""
STYLES = (".pst-js-only { display: none !important; }",)
DATA_TYPES = {"application/json", "application/ld+json", "text/x-thebe-config"}
"""Types of script elements that hold data, which browsers do not run and no policy governs."""
REFUSED_ELEMENTS = {"applet", "base", "embed", "fencedframe", "frame", "frameset", "iframe", "object", "portal"}
ADDRESSES = {"action", "background", "cite", "data", "formaction", "href", "poster", "src", "xlink:href"}
"""Attributes that hold an address."""
SCHEMES = {"", "http", "https", "mailto"}
PICTURE = re.compile(r"data:image/(?:gif|jpeg|png|svg\+xml|webp)[;,]", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
IGNORED = dict.fromkeys([*range(0x20), 0x7F])
"""What browsers leave out of the scheme of an address."""
SHOWN = 80
TAG = re.compile(r"""<meta http-equiv="Content-Security-Policy"[^>]*>\n?""")
HEAD = re.compile(r"<head\b[^>]*>\n?", re.IGNORECASE)
CHARSET = re.compile(r"<meta charset=[^>]*>\n?", re.IGNORECASE)


class PolicyError(BookError):
    """A script in a page, or a way to load something, that is not of the book or its theme."""

    remedy = "Take it out of the table or notebook that it comes from. The site is as it was before."


def apply(site: Path) -> None:
    """Give every page of the site its policy. Raises PolicyError, which names the page."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        if HEAD.search(text):
            name = page.relative_to(site).as_posix()
            try:
                page.write_text(with_policy(text, name.removesuffix(".html")), encoding="utf-8")
            except PolicyError as error:
                raise PolicyError(f"{name}: {error}") from None


def with_policy(page: str, name: str) -> str:
    """Return the page called `name` with its policy as early as possible, in the place of one that is there.

    Raises PolicyError.
    """
    page = TAG.sub("", page)
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy(page, name)}">\n'
    head = HEAD.search(page)
    if head is None:
        raise PolicyError("the page has no head")
    charset = CHARSET.search(page)
    end = charset.end() if charset else head.end()
    return page[:end] + tag + page[end:]


def policy(page: str, name: str) -> str:
    """Return the policy of the page called `name`, for an attribute in double quotes.

    Raises PolicyError for a page that holds a script, or a way to load something, that is not known.
    """
    # libxml2 reads HTML as browsers do; a number of bytes is no reason to stop reading
    root = html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for element in elements:
        _check(element)
    # Charts, drawn at build time or by Vega, carry style attributes, which have no hashes; they run no code.
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *_hashes(_scripts(elements, name))],
        "style-src": ["'self'", *_hashes(_styles(elements))],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def _check(element: html.HtmlElement) -> None:
    """Raise PolicyError for an element that runs, loads or leads to what a page of the book never does."""
    if element.tag in REFUSED_ELEMENTS or (element.tag == "meta" and "http-equiv" in element.attrib):
        raise PolicyError(
            f"an element that no page of the book has: {_shown(html.tostring(element, encoding='unicode'))}"
        )
    for name, value in element.attrib.items():
        if name.startswith("on"):
            raise PolicyError(f"the attribute {name} holds a script: {_shown(value)}")
        if name in ADDRESSES and not _is_harmless(element.tag, value):
            raise PolicyError(f"an address that is not of the web: {name}={_shown(value)}")


def _is_harmless(tag: str, address: str) -> bool:
    address = address.translate(IGNORED).strip()
    scheme = SCHEME.match(address)
    if tag in ("img", "image", "link") and PICTURE.match(address):
        return True
    return (scheme[1].lower() if scheme else "") in SCHEMES


def _scripts(elements: list[html.HtmlElement], name: str) -> Iterator[str]:
    """Yield the inline scripts of a page, which must be known, and nothing of those that are files of the site."""
    allowed = {_trimmed(script) for script in (*SCRIPTS, PAGE_NAME.format(name))}
    for element in elements:
        if element.tag != "script":
            continue
        body = element.text or ""
        sources = [element.attrib[name] for name in ("src", "href", "xlink:href") if name in element.attrib]
        if strange := [source for source in sources if not FILE.fullmatch(source)]:
            raise PolicyError(f"a script that is no file of the site: {_shown(strange[0])}")
        if body.strip() and not sources and element.get("type", "").strip().lower() not in DATA_TYPES:
            if _trimmed(body) not in allowed:
                raise PolicyError(f"an inline script that is not of the book: {_shown(body)}")
            yield body


def _styles(elements: list[html.HtmlElement]) -> Iterator[str]:
    allowed = set(map(_trimmed, STYLES))
    for element in elements:
        if element.tag == "style":
            if _trimmed(element.text or "") not in allowed:
                raise PolicyError(f"an inline style that is not of the book: {_shown(element.text or '')}")
            yield element.text or ""


def _trimmed(text: str) -> str:
    """Return a script or style without the space around its lines, which the theme changes with its templates."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _shown(text: str) -> str:
    """Quote the start of a text in one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN else f"{line[:SHOWN]}…")


def _hashes(texts: Iterator[str]) -> list[str]:
    """List the sources that allow these texts, each once, in the order of the page."""
    digests = (hashlib.sha256(text.replace("\r\n", "\n").encode()).digest() for text in texts)
    return list(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))
