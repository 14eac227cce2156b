"""A chart that has left its page: title, subtitle, picture, sources and citation in one SVG that stands alone.

A poster has the shape of its chart; a slide has a shape of its own, into which the chart is fitted.
"""

from __future__ import annotations

import html
import re
import zlib

from lib import drawing
from lib.figures import text, theme
from lib.figures.publish import vector

MARGIN = 28
SOURCE_LINES = 4
SLIDES = {"16x9": (1280, 720, "wide"), "1x1": (1080, 1080, "narrow")}
"""Width and height of slides by name, and the picture of the page that fits best."""
_PICTURE = re.compile(r'<div class="iv-(wide|narrow)"[^>]*>(<svg .*?</svg>)</div>', re.DOTALL)
_HEAD = re.compile(r'<svg\b[^>]*\bviewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>')


def picture(record: dict, markup: str = "", variant: str = "wide") -> str:
    """Return a figure's chart as an SVG element: the one in its HTML, or drawn anew where that has none."""
    drawn = dict(_PICTURE.findall(markup))
    return drawn.get(variant) or drawn.get("wide") or vector(record["spec"], f"iv-{record['name']}-wide")


def poster(record: dict, chart: str, sources: str, credit: str) -> str:
    """Draw the chart in light colours with its words around it; `sources` and `credit` are lines under it."""
    head = _HEAD.search(chart)
    if head is None:
        raise ValueError(f"the chart of {record['name']} has no SVG element with a viewBox, so its size is not known")
    wide, tall = (float(size) for size in head.groups())
    room = max(wide, theme.WIDE)
    body: list[str] = []
    y = float(MARGIN)
    for words, size, tone, weight, after, most in (
        (record["title"], 20, "ink", "bold", 4, 9),
        (record.get("subtitle", ""), 14, "muted", "normal", 16, 9),
    ):
        y = _lines(body, words, y, room, size, tone, weight, after, most)
    inside = chart[head.end() :].removesuffix("</svg>")
    body.append(
        f'<svg x="{MARGIN}" y="{y:g}" width="{wide:g}" height="{tall:g}" viewBox="0 0 {wide:g} {tall:g}" '
        f'overflow="visible">{inside}</svg>'
    )
    y += tall + 14
    for words, most in ((sources, SOURCE_LINES), (record.get("note", ""), SOURCE_LINES), (credit, SOURCE_LINES)):
        y = _lines(body, words, y, room, 12, "muted", "normal", 5, most)
    width, height = room + 2 * MARGIN, y + MARGIN - 10
    return _alone(record, width, height, body)


def _alone(record: dict, width: float, height: float, body: list[str]) -> str:
    """Put elements on the ground of the light theme, with what they show for those who do not see it."""
    name = html.escape(record["name"])
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{html.escape(record["title"])}</title>'
        f'<desc id="{name}-desc">{html.escape(record.get("alt", ""))}</desc>'
        f'<rect width="{width:g}" height="{height:g}" fill="{theme.token("ground")}"/>{"".join(body)}</svg>\n'
    )
    return theme.without_variables(drawn)


def slide(record: dict, chart: str, sources: str, credit: str, shape: str) -> str:
    """Draw the chart in the `shape` of a slide, one of SLIDES: its title large, the chart as large as there is room."""
    width, height, _ = SLIDES[shape]
    margin = 2 * MARGIN
    head = _HEAD.search(chart)
    if head is None:
        raise ValueError(f"the chart of {record['name']} has no SVG element with a viewBox, so its size is not known")
    wide, tall = (float(size) for size in head.groups())
    room = float(width - 2 * margin)
    body: list[str] = []
    y = _lines(body, record["title"], margin * 0.7, room, 34, "ink", "bold", 6, 3, margin)
    y = _lines(body, record.get("subtitle", ""), y, room, 18, "muted", "normal", 10, 2, margin)
    foot: list[str] = []
    low = _lines(foot, sources, 0, room, 13, "muted", "normal", 3, 1, margin)
    low = _lines(foot, credit, low, room, 13, "muted", "normal", 0, 2, margin)
    bottom = height - margin * 0.5 - low
    inside = chart[head.end() :].removesuffix("</svg>")
    body.append(
        f'<svg x="{margin}" y="{y:g}" width="{room:g}" height="{bottom - y - 10:g}" viewBox="0 0 {wide:g} {tall:g}" '
        f'preserveAspectRatio="xMidYMid meet" overflow="visible">{inside}</svg>'
        f'<g transform="translate(0,{bottom:g})">{"".join(foot)}</g>'
    )
    return _alone(record, width, height, body)


def png(svg: str, scale: float = 2) -> bytes:
    """Convert an SVG to a PNG file, at twice its size by default."""
    return _repacked(drawing.raster(svg, scale))


def _repacked(file: bytes) -> bytes:
    """Compress the same picture to less than a third of the bytes: the renderer compresses for speed."""
    chunks, start = [], 8
    while start < len(file):
        length = int.from_bytes(file[start : start + 4], "big")
        chunks.append((file[start + 4 : start + 8], file[start + 8 : start + 8 + length]))
        start += length + 12
    packed = zlib.compress(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")))
    head = [(kind, body) for kind, body in chunks if kind not in (b"IDAT", b"IEND")]
    return file[:8] + b"".join(_chunk(*chunk) for chunk in (*head, (b"IDAT", packed), (b"IEND", b"")))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _lines(
    body: list[str],
    words: str,
    y: float,
    room: float,
    size: float,
    tone: str,
    weight: str,
    after: float,
    most: int,
    left: float = MARGIN,
) -> float:
    """Add a paragraph at `left` and `y`, broken to the width, cut after `most` lines; return where the next begins."""
    words = " ".join(words.split())
    if not words:
        return y
    lines = text.wrap(words, room / (1.07 if weight == "bold" else 1), size).split("\n")
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} …"]
    step = size * 1.3
    spans = "".join(
        f'<tspan x="{left:g}" y="{y + size + index * step:g}">{html.escape(line)}</tspan>'
        for index, line in enumerate(lines)
    )
    look = f'font-size="{size}" font-weight="{weight}" fill="{theme.token(tone)}"'
    body.append(f'<text font-family="{html.escape(theme.FONT)}" {look}>{spans}</text>')
    return y + step * len(lines) + after
