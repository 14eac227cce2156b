"""The Content-Security-Policy of every page, in a meta tag: the site works from any server, and from disk.

A page may load scripts, styles, pictures and data of its own site and nothing else. Inline scripts and styles
are allowed one by one, by the hash of their text, so the tags are written when the site is complete.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
TYPE = re.compile(r"""\btype\s*=\s*["']?([^"'\s>]*)""", re.IGNORECASE)
HANDLER = re.compile(r"""<[a-z][^<>]*?\s(on[a-z]+)\s*=\s*["']""", re.IGNORECASE)
EXECUTED = {"", "text/javascript", "application/javascript", "module"}
"""Types of script elements that a browser runs; others, such as JSON, hold data, which no policy governs."""
TAG = re.compile(r"""<meta http-equiv="Content-Security-Policy"[^>]*>\n?""")
HEAD = re.compile(r"<head\b[^>]*>\n?", re.IGNORECASE)
CHARSET = re.compile(r"<meta charset=[^>]*>\n?", re.IGNORECASE)


class PolicyError(Exception):
    """A page holds what its policy would forbid, such as an `onclick` attribute."""


def apply(site: Path) -> None:
    """Give every page of the site its policy. Raises PolicyError."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        if HEAD.search(text):
            try:
                page.write_text(with_policy(text), encoding="utf-8")
            except PolicyError as error:
                raise PolicyError(f"{page.relative_to(site).as_posix()}: {error}") from None


def with_policy(page: str) -> str:
    """The page with its policy as early as possible, in the place of one that is there. Raises PolicyError."""
    page = TAG.sub("", page)
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">\n'
    head = HEAD.search(page)
    if head is None:
        raise PolicyError("the page has no head")
    charset = CHARSET.search(page)
    end = charset.end() if charset else head.end()
    return page[:end] + tag + page[end:]


def policy(page: str) -> str:
    """The policy of a page, for an attribute in double quotes. Raises PolicyError."""
    markup = STYLE.sub("", SCRIPT.sub("", page))
    if found := HANDLER.search(markup):
        raise PolicyError(f"the attribute {found[1]} holds a script: {found[0][:120]}")
    scripts = [
        body
        for attributes, body in SCRIPT.findall(page)
        if body.strip() and _type(attributes) in EXECUTED and not re.search(r"\bsrc\s*=", attributes)
    ]
    # Charts, drawn at build time or by Vega, carry style attributes, which have no hashes; they run no code.
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *hashes(scripts)],
        "style-src": ["'self'", *hashes(STYLE.findall(page))],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def hashes(texts: list[str]) -> list[str]:
    """The sources that allow these texts, each once, in the order of the page."""
    digests = (hashlib.sha256(text.replace("\r\n", "\n").encode()).digest() for text in texts)
    return list(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


def _type(attributes: str) -> str:
    found = TYPE.search(attributes)
    return found[1].lower() if found else ""
