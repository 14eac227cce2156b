"""The picture that stands for a page where someone shares its address: its lead figure under the finding."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from lib import cite, drawing
from lib.errors import BookError
from lib.site.exports import store

LEADS = "chapters/lead_figures.yml"
WIDTH, HEIGHT = 1200, 630
MARGIN = 56
TITLE_SIZE, LINE = 40, 50
FOOT, FOOT_SIZE = 28, 24
TALL = 1.6  # a chart that is less wide than this, in heights, stands beside its title
COLUMN = 420
OPENING = re.compile(r"^\s*<svg\b[^>]*>")


class LeadError(BookError):
    """A page is to be led by a figure that it does not have."""

    remedy = f"Name one of its charts in {LEADS}, or leave the page out. The site is unchanged."


def leads(root: Path) -> dict[str, str]:
    """Read which figure leads the pages of which notebook: `{notebook: name}`; nothing where none is chosen."""
    path = root / LEADS
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def subject(figures: Iterable[Mapping], lead: str = "", notebook: str = "") -> Mapping | None:
    """Return the figure that the card of a page shows: the one that leads it, else its first chart; None without any.

    With `notebook`, its name, the page has to have the figure that leads it; a past edition or one with parameters of a
    reader's own may lack it. Raises LeadError.
    """
    charts = [figure for figure in figures if figure.get("spec")]
    chosen = next((figure for figure in charts if lead and figure["name"] == lead), None)
    if lead and notebook and chosen is None:
        raise LeadError(
            f"{LEADS}: {notebook} has no chart {lead!r}; its charts are {', '.join(f['name'] for f in charts)}"
        )
    return chosen or next(iter(charts), None)


def write(target: Path, work: cite.Work, figure: Mapping, *, code: str, shelf: Path) -> None:
    """Write the card of a page; the `shelf` keeps it as long as it is made from the same, with the same `code`."""
    made_from = json.dumps([code, work, figure["title"], figure["spec"]], sort_keys=True, default=str)
    store.put(store.kept(shelf, target.stem, made_from, ".png", lambda: draw(work, figure)), target)


def draw(work: cite.Work, figure: Mapping) -> bytes:
    """Draw the card of a page that shows a chart, as a PNG of 1200 × 630 pixels."""
    from lib.figures.publish import VEGALITE

    chart = drawing.svg(figure["spec"], VEGALITE)
    return drawing.raster(_composed(work, figure["title"], chart), 1)


def _composed(work: cite.Work, title: str, chart: str) -> str:
    """Compose title, chart and book in one SVG, in the light colours of the book."""
    from lib.figures import theme

    wide, tall = drawing.size(chart)
    width, height = float(wide), float(tall)
    beside = width / height < TALL
    lines = _lines(title, COLUMN if beside else WIDTH - 2 * MARGIN, 7 if beside else 3)
    left, top = (MARGIN + COLUMN + 32, MARGIN) if beside else (MARGIN, MARGIN + len(lines) * LINE + 8)
    bottom = MARGIN if beside else MARGIN + FOOT
    text = "".join(
        f'<text x="{MARGIN}" y="{MARGIN + number * LINE + TITLE_SIZE * 0.8:.0f}" font-size="{TITLE_SIZE}" '
        f'font-weight="bold" fill="#1c1e21">{html.escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    place = f"{cite.short_title()} · {work.title}" if work.is_part else cite.book_title()
    foot = "".join(
        f'<text x="{MARGIN}" y="{HEIGHT - 40 - 30 * number}" font-size="{FOOT_SIZE}" fill="#55595f">'
        f"{html.escape(line)}</text>"
        for number, line in enumerate(reversed(_lines(place, COLUMN, 3, FOOT_SIZE) if beside else [place]))
    )
    inner = (
        f'<svg x="{left}" y="{top}" width="{WIDTH - left - MARGIN}" height="{HEIGHT - top - bottom}" '
        f'viewBox="0 0 {wide} {tall}" preserveAspectRatio="xMidYMid meet">'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{html.escape(theme.FONT)}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f"{text}{OPENING.sub(inner, chart, count=1)}{foot}</svg>"
    )


def _lines(title: str, width: float, most: int, size: float = TITLE_SIZE) -> list[str]:
    """Break a title into at most so many lines that fit, the last with an ellipsis where it is too long."""
    from lib.figures.text import wrap

    lines = wrap(title, width / 1.07, size).split("\n")
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1].rstrip(",;: ") + " …"]
