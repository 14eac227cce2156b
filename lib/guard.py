"""Keep notebooks from writing into the data folder: an extension of IPython that the kernels of a build load.

The tables are what pages are made from; a notebook that changes them would change its own ground and that of others.
This is for mistakes. A notebook is code, and code that wants to write finds a way. Imports no other room.
"""

from __future__ import annotations

import os
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = {
    "os.chmod": (0,),
    "os.link": (1,),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
}
"""Events that change a folder, and which of their arguments are the paths that they change."""


class DataIsReadOnly(PermissionError):
    """An attempt of a notebook to write into the data folder."""


def load_ipython_extension(shell) -> None:
    """Refuse what writes into the data folder from now on; called by IPython as the kernel starts."""
    if folder := os.environ.get("BOOK_DATA"):
        keep(folder)


def keep(folder: str) -> None:
    """Let this process raise DataIsReadOnly where it writes below `folder`; there is no way back."""
    root = os.path.realpath(folder)

    def look(event: str, arguments: tuple) -> None:
        for path in _changed(event, arguments):
            changed = os.path.realpath(os.fsdecode(path))
            if changed == root or changed.startswith(root + os.sep):
                name = os.path.relpath(changed, os.path.dirname(root))
                raise DataIsReadOnly(f"{name}: a notebook must not write into the data folder; use book add for rows")

    sys.addaudithook(look)


def _changed(event: str, arguments: tuple) -> list:
    """List the paths that an event of the interpreter is about to change."""
    if event == "open":
        path, mode, flags = arguments
        writes = any(sign in mode for sign in "wax+") if isinstance(mode, str) else flags & WRITING
        paths = [path] if writes else []
    else:
        paths = [arguments[place] for place in CHANGING.get(event, ())]
    return [path for path in paths if isinstance(path, str | bytes | os.PathLike)]
