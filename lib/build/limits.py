"""What a cell of a notebook may take: time, and how much it puts out.

A cell that takes more ends its notebook, and is known by its number, so that it can be named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

CELL_SECONDS = 600
OUTPUT_CHARACTERS = 10_000_000
"""Of all outputs of a cell as JSON: what the largest of the book puts out is a tenth of that."""


class TooMuchOutput(Exception):
    """A cell that put out more than OUTPUT_CHARACTERS."""


class Watch:
    """A watch over the cells of one notebook as papermill runs them; `cell` is the place of the one that ran last.

    It is also the file to which papermill copies what cells print, since that is told while they still run.
    """

    def __init__(self) -> None:
        self.cell = 0
        self._printed = 0

    def options(self) -> dict[str, Any]:
        """Return the options with which papermill calls this watch."""
        return {
            "execution_timeout": CELL_SECONDS,
            "on_cell_start": self._starts,
            "on_cell_executed": self._ends,
            "stdout_file": self,
            "stderr_file": self,
        }

    def write(self, text: str) -> None:
        """Count what the cell printed. Raises TooMuchOutput."""
        self._printed += len(text)
        self._refuse(self._printed)

    def flush(self) -> None:
        """Do nothing: nothing is kept."""

    def _starts(self, cell: Mapping[str, Any], cell_index: int) -> None:
        self.cell, self._printed = cell_index, 0

    def _ends(self, cell: Mapping[str, Any], cell_index: int, execute_reply: object) -> None:
        self._refuse(len(json.dumps(cell.get("outputs", []), ensure_ascii=False)))

    def _refuse(self, size: int) -> None:
        if size > OUTPUT_CHARACTERS:
            raise TooMuchOutput(f"its output has more than {OUTPUT_CHARACTERS / 1e6:g} million characters")
