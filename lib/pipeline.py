"""The two things that can be made: the whole book, and one notebook with parameters of the reader's own."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lib import orphans, records
from lib.build import editions, execute, plan, schedule
from lib.compare import changes
from lib.disk import file_watch
from lib.disk.lock import at_work
from lib.intake import overlay
from lib.site import notices, render
from lib.site.background import Begin, working
from lib.site.exports import citation
from lib.site.jupyter_book import JupyterBook
from lib.site.kept import Kept
from lib.site.last_staged import LastStaged
from lib.tables import catalog, snapshot
from lib.timings import Span, Timings

STAGED = "book"
"""The folder of what Jupyter Book reads, beside the site that it makes of it."""
Built = tuple[Path, list[Span]]
"""The folder of a site, and what making it took."""


@dataclass(frozen=True)
class Made:
    """The products of a build: the folder of the site, the records, and the executed notebooks by page."""

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
    past: bool = True,
    drafts: bool = False,
    timings: Timings | None = None,
    maker: JupyterBook | None = None,
    **options,
) -> Made:
    """Run what is stale and build the site at `_build/html`, which stays as it was if anything fails.

    The editions of past days that `chapters/variants.yml` names come with it, unless `past` is false. With `as_of` it
    is the edition of that day alone that is built, at `editions/<day>` of the site; the rest of the site stays. The
    page of changes, where the book has one, compares with the day `since`, by default that of `editions.earlier`. With
    `drafts` the site has the translations that nobody checked, too.
    `maker` makes the pages of the current edition, by default a run of Jupyter Book. Other options are those of
    `execute.run_all`. `timings` takes what each step took.

    Raises plan.PlanError, execute.CellFailed, execute.KernelFailed, execute.PagesFailed, records.RecordsError,
    SiteError, lock.Busy; file_watch.ChangedDuringBuild where something that the site shows changed meanwhile.
    """
    citation.site_address(root)  # settings that cannot be read are told before anything runs
    chosen = plan.find(root, only).docname if only else None
    timings = timings or Timings()
    with _standing(root, data) as (tables, standing), contextlib.ExitStack() as opened:
        with timings.span("plan"):
            planned = schedule.plan_build(root, tables, as_of=as_of, since=since, past=past and not only, drafts=drafts)
        if maker is None and len(planned.editions) == 1:
            maker = opened.enter_context(JupyterBook())
        options["progress"] = timings.watching(options.get("progress") or (lambda *_: None))
        with timings.span("run"):
            execute.run_all(planned.tasks, root, data=tables, only=chosen, **options)
        with timings.span("collect"):
            collected = {edition.day: _collected(edition.tasks) for edition in planned.editions}
        _sites(planned, collected, options.get("workers") or execute.default_workers(), standing, timings, maker)
    first = planned.editions[0]
    return Made(planned.place(first), collected[first.day], _executed(first.tasks))


@contextlib.contextmanager
def _standing(root: Path, data: Path) -> Iterator[tuple[Path, file_watch.Standing]]:
    """Hold the book for a build: a copy of its tables, which it reads, and what it is made from besides."""
    with at_work(root, data), file_watch.copied(data, schedule.work_of(root, data)) as tables:
        yield tables, schedule.standing(root, data, tables)


def _executed(tasks: Iterable[execute.Task]) -> dict[str, Path]:
    return {task.job.page.docname: task.target for task in tasks}


def _collected(tasks: Iterable[execute.Task]) -> records.Records:
    return records.collect(_executed(tasks))


def _sites(
    planned: schedule.BuildPlan,
    collected: Mapping[str, records.Records],
    workers: int,
    standing: file_watch.Standing,
    timings: Timings,
    maker: JupyterBook | None,
) -> None:
    """Build the sites of the editions that are stale, several at a time, and put all in place in one step.

    Where one alone is stale, `maker` makes it. None is put in place where something that they show is not as it was
    when they were planned.
    """
    with timings.span("what is stale"):
        _tell_of_harm(planned)
        stale = planned.stale_editions()
    last = {edition: _last_staged(planned, edition) for edition in stale if not edition.day}
    changed = {edition: staged.changed() for edition, staged in last.items()}
    for staged in last.values():
        staged.forget()
    given = [(planned, edition, collected[edition.day], changed.get(edition)) for edition in stale]
    built = _at_once(_build, given, workers) if len(given) > 1 else [_build(*each, maker) for each in given]
    made = [folder for folder, _ in built]
    timings.spans += [span for _, spans in built for span in spans]
    try:
        standing.check()
    except file_watch.ChangedDuringBuild:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if stale:
        folders = {edition.day: folder for edition, folder in zip(stale, made, strict=True)}
        with timings.span("put in place"), planned.listing_files(folders):
            for edition in stale:
                planned.forget(edition)
            site = schedule.work_of(planned.root, planned.data) / "html"
            render.put(folders, site, citation.site_address(planned.root))
    for edition, key in stale.items():
        planned.record(edition, key)
    for staged in last.values():
        staged.keep()


def _tell_of_harm(planned: schedule.BuildPlan) -> None:
    """Say which files of the site are gone or changed, and what puts them right: not all editions are built anew."""
    rebuilt = {edition.day for edition in planned.editions}
    for day, names in planned.harmed().items():
        what = f"the edition of {day}" if day else "the site"
        again = "it is built again" if day in rebuilt else f"build it again with book build --as-of {day}"
        logging.getLogger(__name__).warning("Not as %s was built: %s; %s", what, file_watch.listed(names, 3), again)


def _at_once(build: Callable[..., Built], given: Sequence[tuple], workers: int) -> list[Built]:
    """Call `build` with each of `given` in processes of their own: most of a site is made in Python."""
    context = multiprocessing.get_context("spawn")  # forking beside other threads may deadlock
    with ProcessPoolExecutor(min(workers, len(given)), context, initializer=orphans.belong_to_owner) as pool:
        built = [pool.submit(build, *each) for each in given]
        try:
            return [future.result() for future in built]
        except BaseException:
            execute.stop(pool)
            raise


def _moved(
    data: Path, edition: schedule.Edition, before: records.Records | None, after: records.Records
) -> dict | None:
    """Return what changed from the day that an edition compares with, where it has a page for that."""
    if before is None:
        return None
    with catalog.reading(data):
        return changes.between(before, after, edition.since, edition.last)


def _build(
    planned: schedule.BuildPlan,
    edition: schedule.Edition,
    collected: records.Records,
    changed: Collection[str] | None,
    maker: JupyterBook | None = None,
) -> Built:
    """Build the site of an edition beside the site that is in place; that of a past day from what was known on it.

    Where its book is still staged but for the prose of some pages, these are `changed`. `maker` makes its pages, if it
    is given.
    """
    timings, name = Timings(), f"edition of {edition.day}" if edition.day else "current edition"
    root, data, day, recorded = planned.root, planned.data, edition.day, collected
    built = schedule.work_of(root, data)
    work = schedule.folder_of(built, day) / ".site" if day else built / "site"
    base, top, address = citation.site_address(root), notices.Notices(own=notices.own_rows(data)), None
    if day:
        snapshot.write(data, day, work / "data", collected.sources)
        collected = records.renumbered(collected, data, day)
        data, address = work / "data", editions.address(base, day)
        has_current = not all(other.day for other in planned.editions) or (built / "html" / editions.COVER).is_file()
        top = replace(top, day=day, find=editions.within(base) if has_current else None)
    staged = (work if day else built) / STAGED
    executed, compared = _executed(edition.tasks), _executed(edition.compared)
    with working() as background, contextlib.nullcontext(maker) if maker else JupyterBook() as maker:
        given = (root, list(edition.pages), executed, collected, data, staged, background.begin)
        if changed is None:
            with timings.span("changes"):
                before = records.collect(compared) if compared else None
                moved = _moved(planned.data, edition, before, recorded)
            with timings.span("stage", f"stage the {name}"):
                render.stage(*given, address=address, moved=moved, top=top, before=before, drafts=planned.drafts)
        else:
            with timings.span("stage", f"stage what changed of the {name}"):
                before = records.collect({name: compared[name] for name in compared if name in changed})
                render.restage(*given, changed, before)
        kept = None if day else Kept(built / "sphinx", schedule.code_and_settings(root))
        with timings.span("Sphinx and files", f"make the {name}"):
            made = render.render(staged, work / "html", maker, background=background, kept=kept)
    return made, timings.spans


def _last_staged(planned: schedule.BuildPlan, edition: schedule.Edition) -> LastStaged:
    """Return what the book of the current edition was staged from last; nothing where files that it shares are harmed.

    The site has links to what is staged.
    """
    built = schedule.work_of(planned.root, planned.data)
    copies = _executed(edition.tasks), _executed(edition.compared)
    beside = planned.beside_notebooks(edition)
    last = LastStaged(built / "site" / "staged", built / STAGED, beside, edition.pages, *copies)
    if planned.is_harmed(edition.day):
        last.forget()
    return last


def run(
    root: Path,
    data: Path,
    name: str,
    given: Mapping[str, object],
    **options,
) -> Made:
    """Run one notebook with the values `given` and build a small site of it under `_build/runs/`.

    References to other pages of the book cannot be resolved there and stay plain text. Options and what it raises
    are as for `book`.
    """
    with _standing(root, data) as (data, standing):
        page = plan.find(root, name)
        job = plan.job(root, page, given, data)
        slug = run_slug(job.given)
        runs = schedule.work_of(root, data) / "runs"
        target, work = runs / page.name / slug, runs / ".work" / page.name / slug
        with working() as background, JupyterBook() as maker:
            executed = execute.run([job], root, work / "executed", data=data, force=True, workers=1, **options)
            copy = executed[page.docname]
            find = editions.beside(target, root / "_build" / "html", citation.site_address(root), page.docname)
            top = notices.Notices(alone=True, find=find)
            collected = stage_alone(root, data, job, copy, work, top, background.begin)
            built, extra = work / "html", {f"{page.name}.ipynb": copy}
            made = render.render(work / STAGED, built, maker, background=background, strict=False, extra=extra)
        standing.check()
        target.parent.mkdir(parents=True, exist_ok=True)
        render.put({editions.CURRENT: made}, target)
        shutil.rmtree(runs / ".work", ignore_errors=True)
    return Made(target, collected, {page.docname: target / f"{page.name}.ipynb"})


def stage_alone(
    root: Path, data: Path, job: plan.Job, copy: Path, work: Path, top: notices.Notices, begin: Begin
) -> records.Records:
    """Stage a small site of one executed notebook in `work`/STAGED, with what was known on its day.

    Returns what the notebook recorded. What writes the files that no page is made from is given to `begin`. References
    to other pages of the book stay plain text. `top` is what the pages say on top, its day and own rows apart.
    """
    day = str(job.values.get("as_of") or "")
    collected = shown = records.collect({"index": copy})
    top = replace(top, own=notices.own_rows(data), day=day, find=top.find if day else None)
    tables = data
    if day:
        tables, shown = work / "data", records.renumbered(collected, data, day)
        snapshot.write(data, day, tables, collected.sources)
    pages, words = render.single(job.page), "a figure of the book"
    given = (root, pages, {"index": copy}, shown, tables, work / STAGED, begin, words, shown.tables)
    render.stage(*given, address="", top=top)
    return collected


def diff(root: Path, data: Path, first: str, second: str, **options) -> dict:
    """Return what changed in the book from one day to another, as `changes.between` says it.

    The notebooks are run as of both days, where they have not been yet, under `_build/editions/`; the site stays as
    it is. Options and what it raises are as for `book`; plan.UsageError when the days are not in order.
    """
    plan.in_order(first, second)
    with _standing(root, data) as (data, standing):
        planned = {}
        for day in (first, second):
            folder = schedule.folder_of(schedule.work_of(root, data), day)
            planned[day] = execute.tasks(plan.jobs(root, {"as_of": day}, data), folder, day)
        execute.run_all([task for tasks in planned.values() for task in tasks], root, data=data, **options)
        before, after = (_collected(tasks) for tasks in planned.values())
        standing.check()
        with catalog.reading(data):
            return changes.between(before, after, first, second)


def diff_own(root: Path, base: Path, data: Path, **options) -> dict:
    """Return what a reader's own figures change: the book from `base` against that from `data`, laid over it.

    Both as known on the last day of the book. Options and what it raises are as for `book`.
    """
    with _standing(root, base) as (base, standing), file_watch.copied(data, schedule.work_of(root, data)) as data:
        planned = [schedule.plan_build(root, folder, past=False) for folder in (base, data)]
        collected = []
        for book in planned:
            execute.run_all(book.editions[0].tasks, root, data=book.data, **options)
            collected.append(_collected(book.editions[0].tasks))
        standing.check()
        looks = changes.known_in(base), changes.known_in(data)
        first, second = (book.editions[0].last for book in planned)
        with catalog.reading(data):
            before, after = collected
            return changes.between(before, after, first, second, looks) | {"own": dict(overlay.told(data))}


def run_slug(given: Mapping[str, object]) -> str:
    """Return a folder name for a set of parameters: `as-of-2020-12-31_top-8`, or `default`."""
    parts = [re.sub(r"[^A-Za-z0-9.]+", "-", f"{name}-{value}").strip("-") for name, value in sorted(given.items())]
    return "_".join(parts)[:120] or "default"
