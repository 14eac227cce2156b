"""How wide a label is, where it breaks, and how labels keep out of each other's way: layout without a browser."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

# Advance widths of Helvetica (the same as Arial and Liberation Sans), 1/1000 em, from its Adobe font metrics.
_WIDTHS = {
    **dict.fromkeys("il'j", 222), **dict.fromkeys("|", 260), **dict.fromkeys(" ,.:;/\\!tfI[]", 278),
    **dict.fromkeys("r()-", 333), **dict.fromkeys("*\"", 370), **dict.fromkeys("ckszvxyJ", 500),
    **dict.fromkeys("+<>=~", 584), **dict.fromkeys("FTZ", 611), **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("wCDHNRU", 722), **dict.fromkeys("GOQ", 778), **dict.fromkeys("mM", 833),
    "%": 889, "W": 944, "—": 1000, "…": 1000, "–": 556, "\u2009": 200, "\u00a0": 278,
}  # fmt: skip
_DEFAULT = 556
_BOLD = 1.07


def width(text: str, size: float = 13, bold: bool = False) -> float:
    """Measure the width of the longest line of a label in pixels."""
    lines = str(text).split("\n")
    units = max(sum(_WIDTHS.get(letter, _DEFAULT) for letter in line) for line in lines)
    return units / 1000 * size * (_BOLD if bold else 1)


def widest(texts: Sequence[str], size: float = 13, bold: bool = False) -> float:
    """Measure the width of the widest of several labels in pixels; 0 for none."""
    return max((width(text, size, bold) for text in texts), default=0.0)


def wrap(text: str, limit: float, size: float = 13) -> str:
    """Break a label into lines of at most `limit` pixels, at spaces where it can be."""
    if width(text, size) <= limit:
        return str(text)
    per_line = max(6, int(limit / (0.5 * size)))
    while per_line > 6:
        broken = "\n".join(textwrap.wrap(str(text), per_line, break_long_words=False))
        if width(broken, size) <= limit:
            return broken
        per_line -= 1
    return "\n".join(textwrap.wrap(str(text), per_line, break_long_words=False))


def spread(positions: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Move label centres apart so that none overlap, as little as possible, inside top..bottom (pixels).

    Labels are merged into stacks that are centred on the mean of what they hold (pool adjacent violators).
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    stacks: list[list[int]] = []
    centres: list[float] = []

    def extent(stack: list[int]) -> float:
        return sum(heights[index] for index in stack)

    def clamp(centre: float, stack: list[int]) -> float:
        half = extent(stack) / 2
        return max(top + half, min(bottom - half, centre))

    for index in order:
        stacks.append([index])
        centres.append(clamp(positions[index], [index]))
        while len(stacks) > 1 and centres[-1] - centres[-2] < (extent(stacks[-1]) + extent(stacks[-2])) / 2:
            last = stacks.pop()
            centres.pop()
            stacks[-1] += last
            mean = sum(positions[member] for member in stacks[-1]) / len(stacks[-1])
            centres[-1] = clamp(mean, stacks[-1])
    placed = [0.0] * len(positions)
    for stack, centre in zip(stacks, centres, strict=True):
        edge = centre - extent(stack) / 2
        for member in stack:
            placed[member] = edge + heights[member] / 2
            edge += heights[member]
    return placed


class Box(NamedTuple):
    """The room of a label in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def near(self, x: float, y: float, room: float = 3) -> bool:
        return self.left - room <= x <= self.right + room and self.top - room <= y <= self.bottom + room

    def meets(self, other: Box) -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


def roomiest(
    point: tuple[float, float],
    size: tuple[float, float],
    drawn: Sequence[tuple[float, float]],
    taken: Sequence[Box],
    limits: tuple[float, float],
    gap: float = 9,
) -> Box:
    """Choose room for a label beside a point: inside 0..limits, off other labels, over the least of what is `drawn`.

    Of rooms that are equally free the nearest to the right of the point wins, then those above it, then those below.
    """
    (x, y), (wide, tall), (right, bottom) = point, size, limits
    lefts = (x + gap, x - wide / 2, x - wide - gap, x - wide * 0.8)
    rises = (0, -1, 1, -1.6, 1.6, -2.4, 2.4, -3.4, 3.4)
    boxes: list[tuple] = []
    for far, rise in enumerate(rises):
        middle = y + rise * (tall / 2 + gap - 1)
        for left in lefts if rise else (x + gap, x - wide - gap):
            box = Box(left, middle - tall / 2, left + wide, middle + tall / 2)
            outside = box.left < 0 or box.right > right or box.top < -6 or box.bottom > bottom
            covered = sum(box.near(*spot) for spot in drawn)
            boxes.append((outside + any(map(box.meets, taken)), covered + 0.8 * far, len(boxes), box))
    return min(boxes)[-1]
