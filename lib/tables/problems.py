"""What is wrong in a data folder, or in a file for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lib.errors import BookError


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a data folder; `row` is the line in the file, the header being line 1."""

    file: str
    row: int | None
    column: str
    value: str
    rule: str
    remedy: str


class FileProblems(BookError):
    """Error for what is wrong in files, with a Problem for each place; `ending` follows their number in the summary."""

    ending = ""

    def __init__(self, problems: Iterable[Problem], ending: str = "") -> None:
        self.problems = list(problems)
        super().__init__("; ".join(f"{p.file}: {p.rule}: {p.remedy}" for p in self.problems))
        if ending:
            self.ending = ending

    @property
    def summary(self) -> str:
        """Count the problems in words, for where a table shows each."""
        return f"{len(self.problems)} problem{'s' * (len(self.problems) != 1)}{self.ending}"
