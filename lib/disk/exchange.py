"""Several files of a folder replaced in one step: a killed process leaves all of them old or all of them new."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from lib.disk import folders

LEFT_SECONDS = 3600
"""How long a copy lies untouched until it is taken for that of a process that was killed."""


@contextlib.contextmanager
def staged(folder: Path, texts: Mapping[str, str], beside: Path | None = None) -> Iterator[Path]:
    """Yield a copy of a folder in which some files have another text; it is removed after the context.

    It lies in the `folders.home` of the folder, hidden, or near the path `beside`, in a folder whose name nobody else
    has. Files that do not change are links to the same content. Raises OSError.
    """
    home, begins = (beside.parent, beside.name) if beside else (folders.home(folder), f".{folder.name}.adding")
    _clear(home, begins)
    scratch = Path(tempfile.mkdtemp(prefix=f"{begins}-", dir=home))
    own_files = shutil.ignore_patterns(f".{folder.name}.*")  # where the home is the folder itself
    try:
        copied = shutil.copytree(folder, scratch / folder.name, copy_function=_linked, ignore=own_files)
        for name, text in texts.items():
            _write(copied / name, text)
        yield copied
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def put(beside: Path, folder: Path, texts: Mapping[str, str]) -> bool:
    """Put the staged folder in place of the other; returns whether that was one step.

    Where the two cannot be exchanged, as where the folder is a mount point, the files are replaced one by one in the
    order of `texts`, once all are written; each step is a step to a sound folder when the sources come first. Raises
    OSError.
    """
    if folders.exchanged(beside, folder):
        return True
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.adding-", dir=folder) as inside:
        for name, text in texts.items():
            _write(Path(inside, name), text)
        for name in texts:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(inside, name), folder / name)
    return False


def place(beside: Path, target: Path) -> None:
    """Put a staged folder at a place where there may be an earlier one. Raises OSError."""
    folders.put(beside, target)


def _clear(home: Path, begins: str) -> None:
    """Remove what killed processes left; what is younger may be that of a process at work."""
    for left in home.glob(f"{begins}-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_ctime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to the content of the other folder
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
