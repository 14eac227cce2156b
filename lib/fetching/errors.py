"""What goes wrong between a publisher and a folder: one exception, with one clear message."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from lib.errors import BookError

WORDS = 300
"""Characters of what a server says that a message repeats."""


class FetchError(BookError):
    """Error for a file that was not fetched: what happened, for which feed, at which address, and what to do.

    An error of several feeds has each of them in `problems`; that of one has itself.
    """

    def __init__(self, what: str, remedy: str, *, feed: str = "", address: str = "") -> None:
        self.what, self.feed, self.address = what, feed, address
        self.problems: tuple[FetchError, ...] = (self,)
        place = " ".join(filter(None, [f"{feed}:" if feed else "", what, f"({address})" if address else ""]))
        super().__init__(_ended(place), _ended(remedy[:1].upper() + remedy[1:]))

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"

    @classmethod
    def of_several(cls, problems: Iterable[FetchError]) -> FetchError:
        """Combine several errors into one; a single one is returned as it is."""
        problems = tuple(problems)
        if len(problems) == 1:
            return problems[0]
        feeds = list(dict.fromkeys(problem.feed for problem in problems))
        error = cls(f"{len(problems)} files were not fetched, of {', '.join(feeds)}", "Each is named above")
        error.problems = problems
        return error


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def plain(message: str | bytes, secret: str = "") -> str:
    """Reduce what a server said to one short line, without tags and without the secret."""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    text = without(text, secret)
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    text = html.unescape(re.sub(r"<[^<>]*>", " ", text))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return without(" ".join(text.split()), secret)[:WORDS].strip()


def innermost(message: str) -> str:
    """Return the cause in what urllib3 and requests say, without the layers that they wrap around it."""
    cause = message.rpartition("Caused by ")[2]
    cause = re.sub(r"HTTPS?Connection(Pool)?\(host=[^)]*\): ", "", cause)
    named = re.match(r"""\w+\((["'])(?P<words>.*)\1""", cause, flags=re.DOTALL)
    return named["words"] if named else cause


def without(text: str, secret: str) -> str:
    """Replace the secret in a text by `…`, also where an address spells it another way."""
    spellings = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    for spelled in sorted(spellings, key=len, reverse=True):
        if spelled:
            text = text.replace(spelled, "…")
    return text
