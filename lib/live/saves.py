"""What an author saves: the files of a book that a page or the site is made from, and nothing that builds write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from lib.build import plan, schedule
from lib.paths import LIB

SETTLING = 50  # milliseconds in which what an editor saves in several steps is one change
LOOK_AGAIN = 500  # milliseconds after which the first thing is made, and an end is noticed
FOLDERS = ("chapters", "data", LIB.name, plan.TRANSLATIONS)


def saves(root: Path, data: Path, stop: threading.Event) -> Iterator[set[Path]]:
    """Yield the files that were saved, each time, until `stop` is set; the first time, nothing.

    The watch begins before that first time, so that what is saved while something is made of it is not missed.
    """
    from watchfiles import Change, DefaultFilter, watch

    files = {root / name for name in (*schedule.BOOK_FILES, *schedule.PACKED_FILES)}
    folders = [folder for folder in {*(root / name for name in FOLDERS), data, LIB} if folder.is_dir()]
    below = [path for folder in folders for path in folder.rglob("*") if path.is_dir()]
    of_an_editor = DefaultFilter()

    def counts(change: Change, path: str) -> bool:
        return of_an_editor(change, path) and (Path(path).parent != root or Path(path) in files)

    began = False
    for changes in watch(
        *(root, *folders, *below),  # not what is below the root, where builds write
        watch_filter=counts,
        stop_event=stop,
        debounce=SETTLING,
        step=SETTLING,
        rust_timeout=LOOK_AGAIN,
        yield_on_timeout=True,
        recursive=False,
    ):
        if changes or not began:
            began = True
            yield {Path(path) for _, path in changes}
