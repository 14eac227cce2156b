"""Values of expressions put into a language: numbers and dates as it writes them, and words from its catalogue.

A value is taken apart into messages and what they hold: `more than 75 Mt` into `more than {0}`, `{0} Mt` and the number
75. So a catalogue has words without numbers, and a translation stays right when a number moves. Links, such as that of
a number to its derivation, are kept.
"""

from __future__ import annotations

import copy
import datetime as dt
import html
import re
from calendar import month_name
from collections.abc import Callable, Sequence
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton

from lib import markup
from lib.facts import QUALIFIERS

LINK = re.compile(r"(?P<opening><a\b[^>]*>)(?P<words>.*?)</a>", re.DOTALL)
TITLE = re.compile(r"""\s+title=("[^"]*"|'[^']*')""")
"""What a link says when it is pointed at, which is in English."""
MONTHS = "|".join(month_name[1:])
HELD = re.compile(
    rf"(?P<day>\b\d{{1,2}} (?:{MONTHS}) \d{{4}}\b)|(?P<month>\b(?:{MONTHS}) \d{{4}}\b)"
    r"|(?P<number>(?<![\w.,])−?(?:\d{1,3}(?:,\d{3})*(?:\.\d+)?|\d+)(?!\d|[.,]\d))(?P<percent>%?)"
)
"""A day, a month or a number; a code such as HS 8505.11 is none, because large numbers have commas."""
BOUNDS = tuple(filter(None, QUALIFIERS.values()))
BOUND = re.compile(rf"(?:{'|'.join(BOUNDS)})(?=[\d−]|[A-Z]{{3}} )")
"""The words of a bound. Any number may come to have one, so that they are a message of their own."""
FIELD = re.compile(r"\{(\d+)\}")
WORD = re.compile(r"[^\W\d_]")


def messages(value: str) -> list[str]:
    """List the messages that a value, given as HTML, needs translations of; those within links come first."""
    asked: list[str] = []

    def note(message: str) -> str:
        asked.append(message)
        return message

    localised(value, Locale("en"), note)
    return asked


def localised(value: str, locale: Locale, translation: Callable[[str], str | None]) -> str | None:
    """Return a value, given as HTML, in a language; None where there is no translation of its words.

    `translation` gives that of a message with fields {0}, {1} for the days, numbers and links of the value.
    """
    if bound := BOUND.match(value):
        rest = localised(value[bound.end() :], locale, translation)
        return None if rest is None else _filled(translation(f"{bound[0]}{{0}}"), [rest])
    held: list[str] = []

    def field(text: str) -> str:
        held.append(text)
        return f"{{{len(held) - 1}}}"

    def plain(text: str) -> str:
        return HELD.sub(lambda match: field(_escaped(_written(match, locale))), html.unescape(text))

    parts, end = [], 0
    for link in LINK.finditer(value):
        words = localised(link["words"], locale, translation)
        if words is None:
            return None
        parts += [plain(value[end : link.start()]), field(f"{TITLE.sub('', link['opening'])}{words}</a>")]
        end = link.end()
    message = "".join([*parts, plain(value[end:])])
    return _filled(translation(message) if WORD.search(FIELD.sub("", message)) else message, held)


def _filled(said: str | None, held: Sequence[str]) -> str | None:
    if said is None:
        return None
    pieces = FIELD.split(said)  # text and numbers of fields in turn
    return "".join(held[int(piece)] if odd % 2 else _escaped(piece) for odd, piece in enumerate(pieces))


def day(written: dt.date, locale: Locale) -> str:
    """Write a day in full: `4. April 2025` in German."""
    return format_date(written, "long", locale).replace(" ", "\xa0", 1)  # no line ends after "4."


def number(text: str, locale: Locale, percent: bool = False) -> str:
    """Write a number as a language has it, with as many decimals, and with groups if the English has them."""
    value = Decimal(text.replace(",", "").replace("−", "-"))
    pattern = copy.copy((locale.percent_formats if percent else locale.decimal_formats)[None])
    places = len(text.partition(".")[2])
    pattern.frac_prec, pattern.scale = (places, places), 0
    return pattern.apply(value, locale, group_separator="," in text).replace("-", "−")


def _escaped(plain: str) -> str:
    """Return text whose signs Markdown leaves alone; its spaces stay, also those at which no line breaks."""
    return markup.SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", plain)


def _written(match: re.Match[str], locale: Locale) -> str:
    if match["day"]:
        return day(dt.datetime.strptime(match["day"], "%d %B %Y").date(), locale)
    if match["month"]:
        return format_skeleton("yMMMM", dt.datetime.strptime(match["month"], "%B %Y").date(), locale=locale)
    return number(match["number"], locale, percent=bool(match["percent"]))
