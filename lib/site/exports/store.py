"""Files for readers, kept by what they were made from for the next build of the same staged book."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from lib import cite
from lib.disk import files


def of(staged: Path, kind: str) -> Path:
    """Return the folder for files of a kind, such as `zips`."""
    return staged.parent / "cache" / kind


def only(shelf: Path, names: Collection[str]) -> Path:
    """Remove what a shelf keeps under other names, and return it."""
    for path in shelf.glob("*"):
        if path.name.partition(".")[0] not in names:
            path.unlink()
    return shelf


def kept(shelf: Path, name: str, made_from: str, ending: str, make: Callable[[], bytes]) -> Path:
    """Return the file that a shelf keeps under a name; made anew where it was made from something else, or harmed.

    `made_from` is all that its content follows from. What the name had before is removed.
    """
    key = f"{name}.{files.text_hash(made_from)[:32]}"
    file = files.kept(shelf, key, ending)
    if file is None:
        file = files.keep(shelf, key, ending, make())
        for old in set(shelf.glob(f"{name}.*{ending}")) - {file}:
            old.unlink()
    return file


def put(file: Path, target: Path) -> None:
    """Put a copy of a file that a shelf keeps in its place; a site that has a link to what was there keeps that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files.replace_bytes(target, file.read_bytes())


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """Pack files by name: the same give the same bytes, since entries are sorted and carry the day of release."""
    day = cite.released()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, contents[name])
    return buffer.getvalue()


def unzipped(archive: Path) -> dict[str, bytes]:
    """Return the files of a zip by name."""
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
