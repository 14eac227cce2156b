"""What is written while Jupyter Book, a process of its own, makes the pages: files that no page is made from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Errand = Callable[[], Path | None]
"""Writes something; returns the file that it keeps for later builds, if it keeps one."""
AT_ONCE = 2


@contextlib.contextmanager
def running(errands: Iterable[Errand]) -> Iterator[Callable[[], set[Path]]]:
    """Run errands in the background; yields a function that waits for all and returns the files that they keep.

    That function raises what an errand raised. Those that have not begun are dropped where the block fails.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = [pool.submit(errand) for errand in errands]
        try:
            yield lambda: {kept for future in begun if (kept := future.result())}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
