"""The picture that stands for a page where someone shares its address: its first chart under the finding."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lib import cite

WIDTH, HEIGHT = 1200, 630
MARGIN = 56
TITLE_SIZE, LINE = 42, 52
MOST_LINES = 3
FOOT = 28
OPENING = re.compile(r"^\s*<svg\b[^>]*>")
VIEW_BOX = re.compile(r'viewBox="([^"]+)"')


@dataclass(frozen=True)
class Card:
    """A PNG of 1200 × 630 pixels and what it shows, for those who cannot see it."""

    png: bytes
    alt: str


def draw(work: cite.Work, figures: Iterable[Mapping]) -> Card | None:
    """The card of a page from the first of its figures that is a chart; None when there is none."""
    figure = next((figure for figure in figures if figure.get("spec")), None)
    if figure is None:
        return None
    import vl_convert

    from lib.figures.publish import VEGALITE

    chart = vl_convert.vegalite_to_svg(figure["spec"], vl_version=VEGALITE)
    return Card(vl_convert.svg_to_png(_composed(work, figure["title"], chart)), figure["alt"])


def _composed(work: cite.Work, title: str, chart: str) -> str:
    """Title, chart and book in one SVG, in the light colours of the book."""
    from lib.figures import theme

    lines = _lines(title)
    top = MARGIN + len(lines) * LINE + 8
    font = html.escape(theme.FONT)
    text = "".join(
        f'<text x="{MARGIN}" y="{MARGIN + number * LINE + TITLE_SIZE * 0.8:.0f}" font-size="{TITLE_SIZE}" '
        f'font-weight="bold" fill="#1c1e21">{html.escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    place = f"{cite.short_title()} · {work.title}" if work.is_part else cite.book_title()
    inner = (
        f'<svg x="{MARGIN}" y="{top}" width="{WIDTH - 2 * MARGIN}" height="{HEIGHT - top - MARGIN - FOOT}" '
        f'viewBox="{VIEW_BOX.search(chart).group(1)}" preserveAspectRatio="xMinYMid meet">'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{font}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{text}{OPENING.sub(inner, chart, count=1)}'
        f'<text x="{MARGIN}" y="{HEIGHT - 40}" font-size="24" fill="#55595f">{html.escape(place)}</text></svg>'
    )


def _lines(title: str) -> list[str]:
    """The title in lines that fit, the last with an ellipsis where it is too long."""
    from lib.figures.text import wrap

    lines = wrap(title, (WIDTH - 2 * MARGIN) / 1.07, TITLE_SIZE).split("\n")
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1].rstrip(",;: ") + " …"]
    return lines
