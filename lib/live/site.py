"""The whole site that follows its author: built again whenever something that it is made from is saved.

What takes a command seconds is done once: modules are loaded, and Sphinx is started with all that it read before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from lib.build import plan, schedule
from lib.disk.file_watch import ChangedDuringBuild
from lib.errors import BookError
from lib.paths import LIB
from lib.site.jupyter_book import JupyterBook, Lasting

SETTLING = 50  # milliseconds in which what an editor saves in several steps is one change
LOOK_AGAIN = 500  # milliseconds after which the first build begins, and an end is noticed
FOLDERS = ("chapters", "data", plan.TRANSLATIONS)


def follow(
    root: Path,
    data: Path,
    make: Callable[[JupyterBook], object],
    failed: Callable[[BookError], object],
    stop: threading.Event,
) -> bool:
    """Have `make` build the site, and again after each change, until `stop` is set; what fails does not end it.

    Returns whether code of the book was saved: this process runs what it was started with, so another has to go on.
    """
    with Lasting() as maker:
        for saved in _saved(root, data, stop):
            if any(path.is_relative_to(LIB) for path in saved):
                return True
            try:
                make(maker)
            except ChangedDuringBuild:  # the watch tells of what was saved, and the site is built again
                continue
            except BookError as error:
                failed(error)
    return False


def _saved(root: Path, data: Path, stop: threading.Event) -> Iterator[set[Path]]:
    """Yield nothing at first, then each time the files that were saved, from before that first time on."""
    from watchfiles import Change, DefaultFilter, watch

    files = {root / name for name in (*schedule.BOOK_FILES, *schedule.PACKED_FILES)}
    folders = [folder for folder in {root / name for name in FOLDERS} | {data, LIB} if folder.is_dir()]
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
