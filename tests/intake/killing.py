"""Kill `book add` at random moments, again and again; print how the data folder was found as JSON.

Each run is a process forked from this one, which has all imports done, so that the moments fall into the work itself.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import frictionless  # noqa: F401 - so that no fork has to import it

from lib import (
    cli,
    pipeline,  # noqa: F401
)
from lib.intake import adding  # noqa: F401
from lib.tables import catalog
from tests.intake import folder as small


def run(book: Path, arguments: list[str]) -> int:
    """Start `book add` in a process of its own; return its number."""
    child = os.fork()
    if child:
        return child
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os.chdir(book)
    os.environ["BOOK_DATA"] = str(book / "data")
    try:
        cli.app(["add", *arguments], standalone_mode=False)
        os._exit(0)
    except BaseException:
        os._exit(1)


def main(place: str, times: int) -> None:
    """Add other rows to the same folder, killed at work `times` times, and look at it after each.

    The moments are spread over the time that a run takes: the first one is left alone, and tells it.
    """
    book = Path(place)
    book.mkdir()
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    data = small.write(book / "data")
    told = {"killed": 0, "ended": 0, "before": 0, "after": 0, "broken": []}
    catalog.country_names()
    window = 0.0
    while told["killed"] < times and told["ended"] < 20 * times:
        number = told["killed"] + told["ended"]
        lines = [f"survey,{2027 + number},{iso3},2025,{1000 + number}," for iso3 in ("BRA", "MMR", "VNM")]
        new = small.rows(book, *lines)
        before = small.bytes_of(data)
        began = time.monotonic()
        child = run(book, [str(new), "--published", "2026-07-01"])
        if window:
            time.sleep(random.uniform(0, window))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        window = window * (1.02 if killed else 0.9) or time.monotonic() - began
        told["killed" if killed else "ended"] += 1
        after = small.bytes_of(data)
        if after == before:
            told["before"] += 1
        elif is_whole(before, after, lines):
            told["after"] += 1
        else:
            told["broken"].append(sorted(name for name in after if after[name] != before.get(name)))
    print(json.dumps(told))


def is_whole(before: dict[str, bytes], after: dict[str, bytes], lines: list[str]) -> bool:
    """Whether all rows are there with their source, and nothing else has changed."""
    added = after["output.csv"].removeprefix(before["output.csv"]).decode().splitlines()
    source = after["sources.csv"].removeprefix(before["sources.csv"]).decode()
    same = {name for name in before if name not in ("output.csv", "sources.csv")}
    rows = all(row.startswith(line) and row.split(",")[6] in source for row, line in zip(added, lines, strict=True))
    return rows and source.count("\n") == 1 and all(before[name] == after.get(name) for name in same)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
