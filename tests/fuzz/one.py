"""Fuzz one target in this process: `python -m tests.fuzz.one NAME CORPUS CRASHES [options of libFuzzer]`.

What is amiss is kept in CRASHES and printed, once for each place in the code; then it goes on. What ends the process
(a native crash, a hang, too much memory) is kept by libFuzzer itself.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lib.importers"]):
    from lib.importers import baci
    from tests.fuzz import targets

    TARGETS = targets.targets()

from tests.fuzz.mutators import MUTATORS


class Keeper:
    """Keeps the shortest input for each place where something went amiss."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.kept: dict[tuple, tuple[int, Path]] = {}

    def keep(self, data: bytes, error: BaseException) -> None:
        place = self._place(error)
        size, path = self.kept.get(place, (None, None))
        if size is not None and size <= len(data):
            return
        if path:
            path.unlink(missing_ok=True)
        else:
            print(f"\n{self.name}: {len(data)} bytes", flush=True)
            print("".join(traceback.format_exception(error, limit=-5))[-6000:], flush=True)
        path = self.folder / f"{self.name}-{hashlib.sha1(data).hexdigest()[:16]}"
        path.write_bytes(data)
        self.kept[place] = (len(data), path)

    def _place(self, error: BaseException) -> tuple:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "importers" in frame.filename] or frames
        told = str(error).partition(":")[0] if isinstance(error, targets.Amiss) else ""
        return type(error).__name__, own[-1].filename, own[-1].lineno, told


def main(name: str, corpus: str, crashes: str, *options: str) -> None:
    target, keeper = TARGETS[name], Keeper(name, Path(crashes))
    if hasattr(baci, "BLOCK"):
        baci.BLOCK = 256  # so that small files have several
    scratch = tempfile.TemporaryDirectory(prefix="fuzz-", dir=Path(crashes).parent)
    tempfile.tempdir = scratch.name
    path = Path(scratch.name) / "handed in"

    def one_input(data: bytes) -> None:
        try:
            targets.run(target, data, path)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of a package in Rust is no Exception
            keeper.keep(data, error)

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        return MUTATORS[target.kind](data, most, random.Random(seed), atheris.Mutate)[:most]

    atheris.Setup([sys.argv[0], corpus, *options], one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
