"""The two things that can be made: the whole book, and one notebook with parameters of the reader's own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.publish import changes, execute, plan, records, site


class Busy(Exception):
    """Another build is at work in the same folder."""


@dataclass(frozen=True)
class Made:
    """What was made: the folder of the site, the records, and the executed notebooks by page."""

    site: Path
    records: records.Records
    executed: Mapping[str, Path]


def book(
    root: Path,
    data: Path,
    *,
    as_of: str | None = None,
    only: str | None = None,
    workers: int = 2,
    progress: execute.Progress | None = None,
) -> Made:
    """Run what is stale and build the site at `_build/html`, which stays as it was if anything fails.

    Raises plan.PlanError, execute.CellFailed, execute.KernelFailed, records.RecordsError, site.SiteError, Busy.
    """
    pages = plan.pages(root)
    chosen = plan.find(root, only) if only else None
    jobs = plan.jobs(root, {"as_of": as_of} if as_of else None)
    with locked(root / "_build"):
        executed = execute.run(
            jobs,
            root,
            root / "_build" / "executed",
            workers=workers,
            data=data,
            only=chosen.docname if chosen else None,
            progress=progress,
        )
        collected = records.collect(executed)
        staged = root / "_build" / "book"
        site.stage(root, pages, executed, collected, data, staged)
        target = root / "_build" / "html"
        site.build(staged, target)
    return Made(target, collected, executed)


def run(
    root: Path, data: Path, name: str, given: Mapping[str, object], *, progress: execute.Progress | None = None
) -> Made:
    """Run one notebook with the values `given` and build a small site of it under `_build/runs/`.

    References to other pages of the book cannot be resolved there and stay plain text. Raises as `book` does.
    """
    page = plan.find(root, name)
    job = plan.job(root, page, given)
    slug = run_slug(job.given)
    target = root / "_build" / "runs" / page.name / slug
    work = root / "_build" / "runs" / ".work" / page.name / slug
    with locked(root / "_build"):
        executed = execute.run([job], root, work / "executed", workers=1, data=data, force=True, progress=progress)
        copy = executed[page.docname]
        collected = records.collect({"index": copy})
        elsewhere = "a figure of the book"
        site.stage(
            root, site.single(page), {"index": copy}, collected, data, work / "book", elsewhere, collected.tables
        )
        site.build(work / "book", target, strict=False, extra={f"{page.name}.ipynb": copy})
        shutil.rmtree(root / "_build" / "runs" / ".work", ignore_errors=True)
    return Made(target, collected, {page.docname: target / f"{page.name}.ipynb"})


def diff(
    root: Path, data: Path, first: str, second: str, *, workers: int = 2, progress: execute.Progress | None = None
) -> dict:
    """What changed in the book from one day to another, as `changes.between` says it.

    The notebooks are run as of both days, where they have not been yet, under `_build/editions/`; the site stays as
    it is. Raises as `book` does, and plan.UsageError when the days are not in order.
    """
    wanted = {day: plan.jobs(root, {"as_of": day}) for day in (first, second)}
    if first >= second:
        raise plan.UsageError([f"the first day must be before the second, and {first} is not before {second}"])
    editions = root / "_build" / "editions"
    with locked(root / "_build"):
        built = [
            records.collect(execute.run(jobs, root, editions / day, workers=workers, data=data, progress=progress))
            for day, jobs in wanted.items()
        ]
        with _tables_of(data):
            return changes.between(*built, first, second)


@contextlib.contextmanager
def _tables_of(data: Path) -> Iterator[None]:
    """Let the catalog of this process read the tables that the notebooks read."""
    before = os.environ.get("BOOK_DATA")
    os.environ["BOOK_DATA"] = str(data)
    try:
        yield
    finally:
        if before is None:
            del os.environ["BOOK_DATA"]
        else:
            os.environ["BOOK_DATA"] = before


def run_slug(given: Mapping[str, object]) -> str:
    """A folder name for a set of parameters: `as-of-2020-12-31_top-8`, or `default`."""
    parts = [re.sub(r"[^A-Za-z0-9.]+", "-", f"{name}-{value}").strip("-") for name, value in sorted(given.items())]
    return "_".join(parts)[:120] or "default"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this build; the lock ends with the process. Raises Busy."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has no fcntl
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"another build is at work in {folder}; wait for it, or end it") from None
        yield
