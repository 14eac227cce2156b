"""Cells of the tables as text of a page: a reader sees the signs that are in them, and nothing else happens.

`text` is for Markdown, where most of the prose is written, and right in HTML as well; `in_html` is for HTML alone.
What is already fit for a page, such as a sentence with links, is `Marked` and is not changed again.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Callable
from dataclasses import dataclass

SIGNS = re.compile(r"[!-/:-@\[-`{-~]")
"""All ASCII punctuation: what Markdown, MyST, HTML, formulas and templates give a meaning to."""
INERT = {ord(sign): f"&#{ord(sign)};" for sign in "{}`$"}
"""Signs without a meaning in HTML that could begin a field, a code span or a formula before its tags are read."""


class Marked(str):
    """Text that is fit for a page as it stands, markup included."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def text(value: object) -> Marked:
    """Any value as text of a page, on one line; `Marked` text and what has a method `as_html` decide for themselves.

    Signs become character references, which neither Markdown nor a template takes for its own.
    """
    return _shown(value, _referenced)


def in_html(value: object) -> Marked:
    """Any value as text of an HTML element or attribute, on one line, as `text` for Markdown.

    A tag with it may stand in a template and in Markdown, where it is read as a whole.
    """
    return _shown(value, lambda plain: html.escape(plain).translate(INERT))


def filled(template: str, values: dict[str, object], escape: Callable[[object], Marked] = text) -> Marked:
    """`template`, which is the book's own, with its {names} filled by `values`, each shown by `escape`."""
    return Marked(_Filling(escape).vformat(template, (), values))


def code(value: object) -> str:
    """Any value as a code span of Markdown, on one line; its fence is longer than the backticks inside."""
    plain = " ".join(str(value).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    room = " " if "`" in plain else ""
    return f"{fence}{room}{plain}{room}{fence}"


def _referenced(plain: str) -> str:
    return SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", plain)


def _shown(value: object, escape: Callable[[str], str]) -> Marked:
    if isinstance(value, Marked):
        return value
    if hasattr(value, "as_html"):
        return Marked(value.as_html(escape))
    return Marked(escape(" ".join(str(value).split())))


@dataclass(frozen=True)
class Link:
    """Words that lead to an address: in a sentence, in the prose of a notebook, or alone."""

    words: str
    address: str

    def as_html(self, escape: Callable[[str], str]) -> str:
        """Return the link as an element of HTML, for Markdown too; `escape` makes its words text of either."""
        return f'<a href="{in_html(self.address)}">{escape(self.words)}</a>'

    def _repr_html_(self) -> str:
        return self.as_html(text)  # in the prose of a notebook Markdown reads between the tags

    def __str__(self) -> str:
        return self.words


class _Filling(string.Formatter):
    """str.format whose fields are escaped after they were formatted."""

    def __init__(self, escape: Callable[[object], Marked]) -> None:
        self._escape = escape

    def format_field(self, value: object, spec: str) -> str:
        return self._escape(format(value, spec) if spec else value)
