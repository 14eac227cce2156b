"""The two things that can be made: the whole book, and one notebook with parameters of the reader's own."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lib import catalog
from lib.publish import changes, colophon, editions, execute, known, plan, records, site


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
    since: str | None = None,
    only: str | None = None,
    workers: int = 2,
    engine: str = execute.FORK,
    progress: execute.Progress | None = None,
) -> Made:
    """Run what is stale and build the site at `_build/html`, which stays as it was if anything fails.

    With `as_of` it is the edition of that day that is built, at `editions/<day>` of the site; the rest of the site
    stays. The page of changes, where the book has one, compares with the day `since`, by default that of
    `editions.earlier`. The `engine` is one of `execute.ENGINES`.

    Raises plan.PlanError, execute.CellFailed, execute.KernelFailed, records.RecordsError, site.SiteError, Busy.
    """
    pages = plan.pages(root)
    chosen = plan.find(root, only) if only else None
    jobs = plan.jobs(root, {"as_of": as_of} if as_of else None)
    day = jobs[0].values.get("as_of") if jobs and as_of else None
    if since:
        plan.jobs(root, {"as_of": since})
        plan.in_order(since, day or dt.date.max.isoformat())
    build = root / "_build"
    with locked(build):
        settings = {"workers": workers, "engine": engine, "progress": progress}
        run = partial(_run, root, data, only=chosen.docname if chosen else None, **settings)
        executed = run(jobs, build / "editions" / day if day else build / "executed")
        collected = records.collect(executed)
        moved, last = None, day or collected.as_of
        if plan.has_changes(pages) and last:
            first = since or editions.earlier(last)
            plan.in_order(first, last)
            moved = _moved(run, root, data, first, last, collected)
        if day:
            place = _edition(root, data, pages, executed, collected, moved, day)
        else:
            place = build / "html"
            site.stage(root, pages, executed, collected, data, build / "book", moved=moved)
            site.build(build / "book", place)
    return Made(place, collected, executed)


def _edition(
    root: Path,
    data: Path,
    pages: list[plan.Page],
    executed: Mapping[str, Path],
    collected: records.Records,
    moved: dict | None,
    day: str,
) -> Path:
    """Build the edition of a day from what was known on it and put it into the site; returns where it is."""
    target, work = root / "_build" / "html", root / "_build" / "editions" / day / ".site"
    base = colophon.site_address(root)
    known.write(data, day, work / "data", collected.sources)
    told = known.renumbered(collected, data, day)
    there = editions.address(base, day)
    site.stage(root, pages, executed, told, work / "data", work / "book", address=there, moved=moved)
    site.build(work / "book", work / "html", mark=partial(editions.tell, day=day, find=editions.within(target, base)))
    return site.add_edition(work / "html", target, day, base)


def run(
    root: Path,
    data: Path,
    name: str,
    given: Mapping[str, object],
    *,
    engine: str = execute.FORK,
    progress: execute.Progress | None = None,
) -> Made:
    """Run one notebook with the values `given` and build a small site of it under `_build/runs/`.

    References to other pages of the book cannot be resolved there and stay plain text. Raises as `book` does.
    """
    page = plan.find(root, name)
    job = plan.job(root, page, given)
    slug = run_slug(job.given)
    target = root / "_build" / "runs" / page.name / slug
    work = root / "_build" / "runs" / ".work" / page.name / slug
    day = job.values.get("as_of") or None
    with locked(root / "_build"):
        settings = {"workers": 1, "engine": engine, "progress": progress}
        executed = execute.run([job], root, work / "executed", data=data, force=True, **settings)
        copy = executed[page.docname]
        collected = told = records.collect({"index": copy})
        tables, mark = data, None
        if day:
            tables, told = work / "data", known.renumbered(collected, data, day)
            known.write(data, day, tables, collected.sources)
            find = editions.beside(target, root / "_build" / "html", colophon.site_address(root), page.docname)
            mark = partial(editions.tell, day=day, find=find)
        elsewhere = "a figure of the book"
        pages = site.single(page)
        site.stage(root, pages, {"index": copy}, told, tables, work / "book", elsewhere, told.tables, address="")
        site.build(work / "book", target, strict=False, extra={f"{page.name}.ipynb": copy}, mark=mark)
        shutil.rmtree(root / "_build" / "runs" / ".work", ignore_errors=True)
    return Made(target, collected, {page.docname: target / f"{page.name}.ipynb"})


def diff(
    root: Path, data: Path, first: str, second: str, *, workers: int = 2, progress: execute.Progress | None = None
) -> dict:
    """What changed in the book from one day to another, as `changes.between` says it.

    The notebooks are run as of both days, where they have not been yet, under `_build/editions/`; the site stays as
    it is. Raises as `book` does, and plan.UsageError when the days are not in order.
    """
    for day in (first, second):
        plan.jobs(root, {"as_of": day})
    plan.in_order(first, second)
    with locked(root / "_build"):
        run = partial(_run, root, data, workers=workers, progress=progress)
        return _moved(run, root, data, first, second, _as_of(run, root, second))


Run = Callable[..., dict[str, Path]]
"""`_run` with all that is the same for the editions of one build."""


def _run(root: Path, data: Path, jobs: list[plan.Job], store: Path, *, as_of: str = "", progress, **options) -> dict:
    """Execute jobs; where they are of another edition than the one that is built, what is told names its day."""
    label = f" as of {as_of}" if as_of else ""

    def tell(name: str, event: str, seconds: float) -> None:
        if progress:
            progress(name + label, event, seconds)

    try:
        return execute.run(jobs, root, store, data=data, progress=tell, **options)
    except execute.CellFailed as error:
        error.notebook += label
        raise


def _as_of(run: Run, root: Path, day: str) -> records.Records:
    """The records of the book as of a day; what ran for that day before is taken as it is."""
    jobs = plan.jobs(root, {"as_of": day})
    return records.collect(run(jobs, root / "_build" / "editions" / day, as_of=day))


def _moved(run: Run, root: Path, data: Path, first: str, last: str, after: records.Records) -> dict:
    """What changed from the day `first` to the records `after`, as of the day `last`."""
    before = _as_of(run, root, first)
    with catalog.reading(data):
        return changes.between(before, after, first, last)


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
