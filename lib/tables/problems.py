"""What is wrong in a data folder, or in a file for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a data folder; `row` is the line in the file, the header being line 1."""

    file: str
    row: int | None
    column: str
    value: str
    rule: str
    remedy: str
