"""Measure, and print a table for the README: `python -m lib.devtools.bench`, which takes half an hour or more."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from lib.build import execute, plan
from lib.devtools.bench import adding, baci, books, sweeps, ways
from lib.devtools.bench.memory import peak

MEMORY_AT = (10, 40, 160)
MANY = 1000
SENTENCE = "chapters/reserves.ipynb"
BEFORE, AFTER = "Ores differ.", "Ores are not alike."
TOUCHED = "us_salient"
"""A table that some pages read: one row of it is changed."""


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, the measure, what it is held against, and their ratio with its goal."""

    what: str
    measured: str
    against: str = ""
    ratio: str = ""
    goal: str = ""


def main() -> None:
    """Run the parts that were asked for and print what they measured."""
    options = argparse.ArgumentParser(description="Measure builds side by side with other ways to do the same.")
    options.add_argument("--workers", type=int, default=execute.default_workers(), help="notebooks at the same time")
    options.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which parts; all without any")
    given = options.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        book = books.copied(Path(scratch) / "book")
        lines: list[Line] = []
        for name in given.parts or PARTS:
            console.print(f"measuring: {name}", highlight=False)
            lines += PARTS[name](book, Path(scratch) / name, given.workers)
    print(table(lines))


def table(lines: list[Line]) -> str:
    """Return the lines as Markdown, with the day and the machine."""
    heads = ("Measured", "This build", "Against", "Ratio", "Goal")
    rows = [[line.what, line.measured, line.against, line.ratio, line.goal] for line in lines]
    body = "\n".join("| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows))
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{body}\n\nMeasured on {dt.date.today():%Y-%m-%d} on a machine with {machine}."


def _against(what: str, seconds: float, words: str, other: float, goal: str) -> Line:
    return Line(what, f"{seconds:.1f} s", f"{words}: {other:.1f} s", f"{seconds / other:.2f}", goal)


# ------------------------------------------------------------------------------------------- the parts


def cold(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure all pages from nothing, with the site, and their execution alone.

    Editions of past days, which the others do not have, are left out. The pages that the page of changes compares with
    are run, though: the build runs more notebooks than the others.
    """
    jobs = plan.jobs(book)
    shutil.rmtree(book / "_build", ignore_errors=True)
    built = ways.this_build(book, "--workers", str(workers), "--no-past")
    staged = ways.unexecuted(book / "_build" / "book", jobs, scratch / "staged")
    other = ways.jupyter_book(staged, book, "force", scratch / "forced")
    yield _against(f"all {len(jobs)} pages, cold, with the site", built, "Jupyter Book, forced", other, "≤ 0.30")
    sphinx = ways.jupyter_book(_copy(book / "_build" / "book", scratch / "done"), book, "off", scratch / "plain")
    floor = ways.plain_python(jobs, book)
    words = f"plain Python {floor:.1f} s + Sphinx {sphinx:.1f} s"
    yield _against("the same", built, words, floor + sphinx, "≤ 0.70")
    shutil.rmtree(book / "_build")
    taken = ways.executed(jobs, book, book / "_build" / "executed", workers)["seconds"]
    yield _against(f"{len(jobs)} notebooks, execution alone", taken, "plain Python", floor, "≤ 0.60")


def unchanged(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure a build with nothing changed."""
    ways.this_build(book, "--workers", str(workers), "--no-past")
    again = ways.this_build(book, "--workers", str(workers), "--no-past")
    cached = ways.unexecuted(book / "_build" / "book", plan.jobs(book), scratch / "cached")
    ways.jupyter_book(cached, book, "cache", scratch / "kept")
    other = ways.jupyter_book(cached, book, "cache", scratch / "kept")
    yield _against("nothing changed", again, "Jupyter Book, cached", other, "≤ 0.3")


def loop(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure what an author waits for: a changed sentence until the site is ready, and the same live."""
    ways.this_build(book, "--workers", str(workers), "--no-past")
    staged = _copy(book / "_build" / "book", scratch / "staged")
    ways.jupyter_book(staged, book, "off", scratch / "kept")
    with _changed(staged / SENTENCE, _with_another_sentence):
        other = ways.jupyter_book(staged, book, "off", scratch / "kept")
    with _changed(book / SENTENCE, _with_another_sentence):
        built = ways.this_build(book, "--workers", str(workers), "--no-past")
    yield _against("one sentence changed, until the site is ready", built, "Jupyter Book, one page", other, "≤ 0.5")
    with ways.watching(book) as built_again:
        taken = built_again(book / SENTENCE, _with_another_sentence)
    yield _against("the same with `book build --watch`", taken, "Jupyter Book, one page", other, "≤ 0.5")
    live = ways.live(book, "reserves", SENTENCE, BEFORE, AFTER)
    yield Line("the same, live, until the page is made", f"{live['prose']:.1f} s", goal="≤ 1.5 s")
    yield Line(
        "one line of code changed, live",
        f"{live['code']:.1f} s",
        f"its notebook runs {live['run']:.1f} s",
        goal="+ 1.5 s",
    )


def _with_another_sentence(text: str) -> str:
    return text.replace(BEFORE, AFTER, 1)


def execution(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure execution alone; then after one edit of prose, and after a change of one row."""
    jobs = plan.jobs(book)
    shutil.rmtree(book / "_build", ignore_errors=True)
    taken = ways.executed(jobs, book, book / "_build" / "executed", workers)["seconds"]
    other = ways.papermill_one_by_one(jobs, book, scratch / "papermill")
    yield _against(f"{len(jobs)} notebooks, execution alone", taken, "papermill, one after the other", other, "≤ 0.13")
    chapter = book / "chapters" / "reserves.ipynb"
    with _changed(chapter, lambda text: text.replace("# Reserves", "# Reserves!", 1)):
        ran = ways.executed(jobs, book, book / "_build" / "executed", workers)["ran"]
        yield Line("one edit of prose, in reserves", f"runs {', '.join(ran) or 'no page'}", goal="no page")
    reading = sorted(job.page.name for job in jobs if TOUCHED in _tables(book, job))
    with _changed(book / "data" / f"{TOUCHED}.csv", _with_one_row_changed):
        ran = ways.executed(jobs, book, book / "_build" / "executed", workers)["ran"]
        words = f"{len(reading)} of {len(jobs)} pages read it: {'the same' if sorted(ran) == reading else 'others'}"
        yield Line(f"one row of the table {TOUCHED}", f"runs {len(ran)} pages", words, goal="only those that read it")


def economies(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure what one more economy costs, and how memory goes with the number of pages."""
    taken: dict[int, float] = {}
    for count in MEMORY_AT:
        shutil.rmtree(book / "_build", ignore_errors=True)
        with peak() as highest:
            taken[count] = ways.executed(books.with_economies(book, count), book, scratch / str(count), workers)[
                "seconds"
            ]
        yield Line(f"memory at most, with {count} pages", f"{highest.megabytes:,.0f} MB", goal="does not grow")
    few, *_, many = MEMORY_AT
    one = (taken[many] - taken[few]) / (many - few)
    yield Line("one more economy", f"{one:.2f} s", f"{workers} at a time", goal="≤ 0.35 s")


def many(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure how long it takes to plan so many pages and find them fresh."""
    result = ways.fresh(books.of_tiny_pages(scratch / "tiny", MANY))
    yield Line(
        f"{result['fresh']:,} of {result['pages']:,} pages planned and found fresh",
        f"{result['seconds']:.1f} s",
        goal="≤ 2 s",
    )


def add(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure the reading of a year of BACI, by the reader of the book and with pandas."""
    path = adding.year(scratch)
    own, plain, checked = adding.side_by_side(path, book)
    what = f"a year of BACI, {baci.ROWS / 1e6:.0f} million rows, {path.stat().st_size >> 20} MiB, read and checked"
    for words, other in (("pandas.read_csv and a filter", plain), ("pandas with the same checks", checked)):
        if own.kept != other.kept:
            raise ValueError(f"{own.kept:,} rows kept, and {other.kept:,} with pandas")
        yield _against(what, own.seconds, words, other.seconds, "≤ 0.2")
        yield _against("without the imports of either", own.without_imports, words, other.without_imports, "≤ 0.2")
        ratio = own.megabytes / other.megabytes
        yield Line(
            "memory at most", f"{own.megabytes:,.0f} MB", f"{words}: {other.megabytes:,.0f} MB", f"{ratio:.3f}", "≤ 0.1"
        )
    whole = adding.command(path, book)
    yield Line("`book add --dry-run` of the same file, all of it", f"{whole.seconds:.1f} s")
    yield Line("memory at most", f"{whole.megabytes:,.0f} MB")


def sweep(book: Path, scratch: Path, workers: int) -> Iterator[Line]:
    """Measure the model of a cut against a plain loop, and a sweep of a hundred million runs on two processes."""
    own, looped = sweeps.by_run()
    what = "a million runs of the model of a cut, a year each, one process"
    yield Line(what, f"{own:.2f} s", f"a plain loop in Python: {looped:.1f} s", f"{own / looped:.3f}", "≤ 0.05")
    made = sweeps.swept(book)
    yield Line(f"`book sweep`, {made.runs:,} runs on two processes", f"{made.seconds:.0f} s")
    yield Line("memory for that", f"{made.megabytes:,.0f} MB", goal="≤ 1,000 MB")


PARTS: dict[str, Callable[[Path, Path, int], Iterator[Line]]] = {
    "cold": cold,
    "unchanged": unchanged,
    "loop": loop,
    "execution": execution,
    "economies": economies,
    "many": many,
    "add": add,
    "sweep": sweep,
}


def _copy(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target))


def _tables(book: Path, job: plan.Job) -> list[str]:
    note = json.loads((book / "_build" / "executed" / f"{job.page.docname}.run.json").read_text(encoding="utf-8"))
    return [name.removeprefix("the table ") for name in note["made_from"] if name.startswith("the table ")]


def _with_one_row_changed(text: str) -> str:
    """Return the text of a table whose first row has one more digit at its end, or one more letter."""
    header, first, rest = text.split("\n", 2)
    return "\n".join([header, f"{first}1" if first[-1:].isdigit() else f"{first}x", rest])


@contextlib.contextmanager
def _changed(path: Path, change: Callable[[str], str]) -> Iterator[None]:
    """Change the text of a file for a while. Raises ValueError where that changes nothing."""
    before = path.read_text(encoding="utf-8")
    after = change(before)
    if after == before:
        raise ValueError(f"{path.name}: nothing to change")
    path.write_text(after, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


if __name__ == "__main__":
    main()
