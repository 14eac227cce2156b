"""The errors that the book expects: what is wrong, what to do, and the status with which a command ends.

Whatever else a command meets is a fault of its code. What code of the book raises for other code of it, such as
NoDataYet, Undetermined and LowConfidence, is no error of this family: it ends at a sentence or as a cell that failed.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterable

FAILED, MISUSED = 1, 2


class BookError(Exception):
    """Something that the book expects to go wrong: `message` says what and where, `remedy` what to do.

    `status` is the exit status of a command: FAILED where the data, a notebook or the build failed, MISUSED where the
    command was used wrongly. A kind of error has its own remedy and status. All of it survives being pickled.
    """

    remedy = ""
    status = FAILED

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        if remedy:
            self.remedy = remedy

    def __str__(self) -> str:
        return self.message  # a KeyError would show it in quotation marks

    def __reduce__(self) -> tuple:
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class Misused(BookError):
    """A command was asked for something that it cannot do."""

    status = MISUSED


class Mistakes(BookError):
    """Several mistakes at once, each of them a line in `problems`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))
