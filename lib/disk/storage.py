"""What goes wrong with a disk or with rights, and what to do: no fault of what is in a file."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

FULL = "Free some space there, and run the command again."
RIGHTS = "Give yourself read and write permission there, or name another place."
AWAY = "The file system there no longer answers: mount it again, or name another place."
REMEDIES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: "Free some of your disk quota there, and run the command again.",
    errno.EFBIG: "Files cannot be that large here: see `ulimit -f` and the limits of the file system.",
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: "It is read-only: name another place, or mount it with write access.",
    errno.EIO: "The disk may be damaged: check it before you continue.",
    errno.EMFILE: "Too many files are open: see `ulimit -n`, or use fewer --workers.",
    errno.ENFILE: "Too many files are open on this computer: end other programs.",
    errno.ENOLCK: "Put the folder on a file system that supports locks.",
    errno.ENOMEM: "End other programs, or use fewer --workers.",
    errno.ENOTCONN: AWAY,
    errno.ESTALE: AWAY,
    errno.ETIMEDOUT: AWAY,
}
"""What to do, by the number of the error."""
MISPLACED = {
    errno.ENOENT: "Check whether it exists.",
    errno.ENOTDIR: "There is a file where a folder is needed: move it away.",
    errno.EISDIR: "There is a folder where a file is needed: move it away.",
    errno.EEXIST: "Something with this name exists already: move it away.",
    errno.ENOTEMPTY: "Something with this name exists already: move it away.",
    errno.ELOOP: "A link there points to itself: correct it.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EXDEV: "It is on another file system: put both on the same one.",
    errno.EBUSY: "It is in use, perhaps as a mount point: stop whatever uses it.",
}
"""The same where the place is wrong and not the storage."""
LITTLE = 1 << 20
"""Bytes left on a disk that is as good as full."""


def is_at_fault(error: BaseException) -> bool:
    """Return whether an error is the fault of the storage, and not of what was read."""
    return isinstance(error, OSError) and (error.errno in REMEDIES or _without_temporary_folder(error))


def told(error: OSError, places: Iterable[Path] = ()) -> tuple[str, str] | None:
    """Return what is wrong where, and what to do; None for an error that is not about a place.

    A write does not say where it failed: then the full ones of the `places` are named, and of the temporary folder.
    """
    if _without_temporary_folder(error):
        return str(error.strerror), "Free some space in one of them, or name another folder with TMPDIR."
    number = error.errno or 0
    remedy = REMEDIES.get(number) or MISPLACED.get(number)
    if not remedy:
        return None
    where = error.filename2 or error.filename or ", ".join(map(str, full(places)))
    return f"{os.fsdecode(where)}: {error.strerror}" if where else str(error.strerror), remedy


def full(places: Iterable[Path]) -> list[Path]:
    """List the places whose disk is as good as full, and the temporary folder where its disk is."""
    try:
        temporary = [Path(tempfile.gettempdir())]
    except OSError:
        temporary = []
    there = [place for place in (*places, *temporary) if place.exists()]
    return list(dict.fromkeys(place for place in there if shutil.disk_usage(place).free < LITTLE))


def _without_temporary_folder(error: OSError) -> bool:
    return error.errno == errno.ENOENT and error.filename is None
