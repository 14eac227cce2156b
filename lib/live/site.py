"""The whole site that follows its author: built again whenever something that it is made from is saved.

What takes a command seconds is done once: modules are loaded, and Sphinx is started with all that it read before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from lib.disk.file_watch import ChangedDuringBuild
from lib.errors import BookError
from lib.live.saves import saves
from lib.paths import LIB
from lib.site.jupyter_book import JupyterBook, Lasting


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
        for saved in saves(root, data, stop):
            if any(path.is_relative_to(LIB) for path in saved):
                return True
            try:
                make(maker)
            except ChangedDuringBuild:  # the watch tells of what was saved, and the site is built again
                continue
            except BookError as error:
                failed(error)
    return False
