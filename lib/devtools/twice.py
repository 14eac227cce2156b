"""Build the last commit in two folders, once with the fonts of the computer and once without, and compare the sites.

`python -m lib.devtools.twice` (or `make twice`) lists the files that differ and exits with 1 if there are any. Only
`runs.json` may differ: it says when notebooks ran.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lib.paths import CHECKOUT

MAY_DIFFER = {"runs.json", ".complete"}
"""The times of runs, and the mark of make, which is empty."""
PLACES = ("one", "a second place/with a longer name")


def build(folder: Path, variables: Mapping[str, str]) -> Path:
    """Build the last commit in a clone at `folder`, and return its site."""
    subprocess.run(["git", "clone", "-q", str(CHECKOUT), str(folder)], check=True)
    subprocess.run(["make", "book"], cwd=folder, env=os.environ | variables, check=True)
    return folder / "_build" / "html"


def without_fonts(folder: Path) -> dict[str, str]:
    """Return the variables with which programs find no font on this computer."""
    settings = folder / "fonts.conf"
    settings.write_text(f"<fontconfig><dir>{folder}/none</dir></fontconfig>\n", encoding="utf-8")
    return {"FONTCONFIG_FILE": str(settings), "FONTCONFIG_PATH": str(folder)}


def differing(one: Path, other: Path) -> Iterator[str]:
    """Yield the files that are in one of two folders only, or have other bytes there."""
    files = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(files):
        paths = (one / name, other / name)
        if name.name in MAY_DIFFER:
            continue
        if not all(path.is_file() for path in paths) or paths[0].read_bytes() != paths[1].read_bytes():
            yield str(name)


def main() -> int:
    """Build and compare; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="book-twice-") as scratch:
        folder = Path(scratch)
        sites = [build(folder / place, told) for place, told in zip(PLACES, ({}, without_fonts(folder)), strict=True)]
        found = list(differing(*sites))
    for name in found:
        print(name)
    print(f"{len(found) or 'No'} files differ between two builds of the last commit")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
