"""Where a notebook leaves what it recorded: the metadata of its outputs, under one key."""

from typing import Any

KEY = "industrial-vitamins"

Record = dict[str, Any]
"""What a notebook recorded of a fact, a figure, a claim or a chapter, or a part of it, as plain data."""
