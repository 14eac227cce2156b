"""The most memory that this process and all that it started hold at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psutil

EVERY_SECONDS = 0.1


class Peak:
    """The highest sum so far, in megabytes; memory that processes share is counted once between them."""

    def __init__(self) -> None:
        self.megabytes = 0.0


@contextlib.contextmanager
def peak(every: float = EVERY_SECONDS) -> Iterator[Peak]:
    """Watch the memory of the processes that are started inside, so many seconds apart."""
    highest, stop = Peak(), threading.Event()
    this = psutil.Process()

    def watch() -> None:
        while not stop.wait(every):
            highest.megabytes = max(highest.megabytes, sum(map(_own, this.children(recursive=True))) / 1e6)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield highest
    finally:
        stop.set()
        watcher.join()


def _own(process: psutil.Process) -> float:
    """Return the part of a process in memory: its share of what it shares, where the system tells that."""
    with contextlib.suppress(psutil.Error):
        info = process.memory_full_info()
        return getattr(info, "pss", info.uss)
    return 0.0
