"""No orphans: a process that ends with the one that started it, however that one ends.

Needs the standard library only, so that a process can call it before anything else.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # Linux: prctl
LOOK_SECONDS = 0.5


def end_with(parent: int, *, watching: bool = True) -> None:
    """End this process once its parent, the process `parent`, has ended, and at once where it has already.

    On Linux the kernel does it, from this call on; elsewhere a thread looks twice a second, unless there shall be no
    `watching` thread. The kernel takes for the end of the parent the end of the thread that started this process, so
    that thread must be there as long.
    """
    if not signal_at_its_end(signal.SIGKILL) and watching:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before it was watched
        os._exit(1)


def belong_to_owner() -> None:
    """Leave Ctrl-C to the owner of this process, who then ends it; in a process of a pool, end when the owner does."""
    signal.signal(signal.SIGINT, lambda *_: None)
    owner = multiprocessing.parent_process()
    if owner and owner.pid is not None:
        end_with(owner.pid)


def signal_at_its_end(number: int) -> bool:
    """Have the kernel send a signal to this process when its parent ends, none for 0; False where it cannot."""
    if sys.platform != "linux":
        return False
    try:
        return ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) == 0
    except (OSError, AttributeError):
        return False


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
