"""Where a notebook leaves what it recorded: the metadata of its outputs, under one key."""

from collections.abc import Mapping
from typing import Any

KEY = "industrial-vitamins"

Record = dict[str, Any]
"""What a notebook recorded of a fact, a figure, a claim or a chapter, or a part of it, as plain data."""


def shown(output: Mapping[str, Any], kind: str) -> str:
    """Return what an output shows as a kind of text, such as `text/html`; empty where it does not.

    A notebook has a text whole or as its lines. To join what is whole takes a step for each of its signs.
    """
    text = output.get("data", {}).get(kind, "")
    return text if isinstance(text, str) else "".join(text)
