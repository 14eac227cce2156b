"""Words of a sentence that are put together in one way."""

from __future__ import annotations

from collections.abc import Iterable


def joined(words: Iterable[str]) -> str:
    """Join words as a sentence lists them: a, b and c; empty without any."""
    listed = list(words)
    return " and ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))
