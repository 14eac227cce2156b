"""What a build has to do: the editions that the site gets, the pages of each, and whether anything is stale.

Needs neither pandas nor Sphinx, so a build that finds nothing to do ends at once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from lib.build import editions, git, manifest, plan, variants
from lib.build.cache import Cache
from lib.build.execute import Task, tasks
from lib.build.fingerprint import Fingerprints
from lib.disk import file_watch
from lib.disk.files import Stamp, digest_of, file_hash, names_below, replace_text, stamp, text_hash, tree
from lib.intake import overlay
from lib.paths import LIB

KEY, MANIFEST = "site.key", "site.files.json"
BOOK_FILES = ("_config.yml", "_toc.yml", variants.FILE, "CITATION.cff", "LICENSE", "LICENSE-text", "NOTICE")
PACKED_FILES = ("requirements.txt", "pyproject.toml", "README.md", "index.ipynb", "index.md")


@dataclass(frozen=True, eq=False)
class Edition:
    """An edition of the site: its day, empty for the current one, its pages and tasks.

    `since` is the day that its page of changes compares with, which is run as `compared`; empty without such a page.
    """

    day: str
    last: str
    since: str
    pages: tuple[plan.Page, ...]
    tasks: tuple[Task, ...]
    compared: tuple[Task, ...]


@dataclass(frozen=True)
class BuildPlan:
    """The editions of a build, the one that was asked for first; with `drafts` of translations, or without."""

    root: Path
    data: Path
    editions: tuple[Edition, ...]
    drafts: bool = False

    @property
    def tasks(self) -> list[Task]:
        """List the tasks of all pages to be executed, each once."""
        listed = [task for edition in self.editions for task in (*edition.tasks, *edition.compared)]
        return list({task.target: task for task in listed}.values())

    def place(self, edition: Edition) -> Path:
        """Return where an edition is in the site."""
        return self._place(edition.day)

    def _place(self, day: str) -> Path:
        site = work_of(self.root, self.data) / "html"
        return site / editions.FOLDER / day if day else site

    def is_fresh(self) -> bool:
        """Return whether all pages and editions are there as the files have them now."""
        if not self.tasks or any(not (self.place(edition) / editions.COVER).is_file() for edition in self.editions):
            return False
        cache = Cache(self.root, self.data)
        for task in self.tasks:
            hit = cache.find(task.job, task.target)
            if not hit.result or _content(task.target) != hit.name:
                return False
        stale = self.stale_editions(cache.fingerprints)
        cache.keep()
        return not stale

    def stale_editions(self, fingerprints: Fingerprints | None = None) -> dict[Edition, str]:
        """Return the editions whose site has to be built, once all pages are executed.

        Each with a hash of what it shows, and the commit.
        """
        state, commit = _state(self.root), git.commit_of(self.root)
        fingerprints = fingerprints or Cache(self.root, self.data).fingerprints
        translations = self._translations()
        keys = {
            edition: f"{_key(edition, state, tables, '' if edition.day else translations)} {commit}"
            for edition in self.editions
            for tables in [_tables(fingerprints, edition.day)]
        }
        fingerprints.keep()
        return {
            edition: key
            for edition, key in keys.items()
            if not _holds(_recorded(self._beside(edition.day, KEY)), key, past=bool(edition.day))
            or self.is_harmed(edition.day)
        }

    def is_harmed(self, day: str) -> bool:
        """Return whether files of an edition are not as they were put in place, or it is not known how that was."""
        entries = manifest.read(self._beside(day, MANIFEST))
        return not entries or bool(manifest.harmed(self._place(day), entries))

    def commits(self) -> dict[str, str]:
        """Return the commit that the site of each edition names, by day."""
        recorded = {edition.day: _recorded(self._beside(edition.day, KEY)) for edition in self.editions}
        return {day: key.partition(" ")[2] for day, key in recorded.items()}

    def harmed(self) -> dict[str, list[str]]:
        """List the files that are not as they were put in place, for each edition in the site that has some."""
        listed = {day: manifest.read(self._beside(day, MANIFEST)) or {} for day in self._days()}
        by_day = {day: manifest.harmed(self._place(day), entries) for day, entries in listed.items()}
        return {day: names for day, names in by_day.items() if names}

    def beside_notebooks(self, current: Edition) -> str:
        """Return a hash of all that the current edition shows beside its notebooks and those it is compared with."""
        named = {name: path for name, path in _of_book(self.root).items() if path.suffix != ".ipynb"}
        shown = [code_hash(named), git.commit_of(self.root), digest_of(tree(self.data))]
        return text_hash(json.dumps([*shown, self._translations(), current.since]))

    def _translations(self) -> str:
        """Return what the current edition shows of other languages: a hash of the catalogues, and if drafts count."""
        return f"{digest_of(tree(self.root / plan.TRANSLATIONS))} {self.drafts}"

    @contextlib.contextmanager
    def listing_files(self, replaced: Container[str] = ()) -> Iterator[None]:
        """Note the files of all editions in the site as they are after the block, which may change them.

        A file that was harmed before is no better for that: what was noted of it stays, but where the edition is one of
        those that are `replaced`.
        """
        before = {day: manifest.read(self._beside(day, MANIFEST)) or {} for day in self._days()}
        harmed = {day: names for day, names in self.harmed().items() if day not in replaced}
        yield
        for day in self._days():
            noted = before.get(day, {})
            kept = {name: noted[name] for name in harmed.get(day, ())}
            entries = manifest.of(self._place(day), noted, without={editions.FOLDER})
            manifest.write(self._beside(day, MANIFEST), entries | kept)

    def _days(self) -> list[str]:
        """List the days of the editions in the site, the current one first where there is one."""
        site = self._place(editions.CURRENT)
        current = [editions.CURRENT] if (site / editions.COVER).is_file() else []
        return [*current, *editions.listed(site)]

    def record(self, edition: Edition, key: str) -> None:
        """Note what the site of an edition, which is in place now, was built from."""
        replace_text(self._beside(edition.day, KEY), key)

    def forget(self, edition: Edition) -> None:
        """Note that the site of an edition is about to be replaced."""
        for name in (KEY, MANIFEST):
            self._beside(edition.day, name).unlink(missing_ok=True)

    def _beside(self, day: str, name: str) -> Path:
        return folder_of(work_of(self.root, self.data), day) / name


def plan_build(
    root: Path,
    data: Path,
    *,
    as_of: str | None = None,
    since: str | None = None,
    past: bool = True,
    drafts: bool = False,
) -> BuildPlan:
    """Plan a build of the current edition and those of `chapters/variants.yml`, or of one past day alone.

    `since` is the day that the page of changes of the first one compares with, by default that of `editions.earlier`.
    Without `past` the current edition is alone; with `drafts` it has the translations that nobody checked. Raises
    plan.PlanError and plan.UsageError.
    """
    first = _edition(root, data, as_of, since)
    others = [] if as_of or not past else [_edition(root, data, day) for day in variants.read(root).editions]
    return BuildPlan(root, data, (first, *others), drafts)


def _edition(root: Path, data: Path, as_of: str | None, since: str | None = None) -> Edition:
    jobs = plan.jobs(root, {"as_of": as_of} if as_of else None, data)
    pages = tuple(plan.pages(root, past=bool(as_of)))
    day = str(jobs[0].values.get("as_of") or "") if jobs and as_of else ""
    last = (
        day
        or max((str(job.values.get("as_of") or "") for job in jobs), default="")
        or Fingerprints(root, data).vintage()
    )
    work = work_of(root, data)
    before = ""
    compared: tuple[Task, ...] = ()
    if since:
        plan.jobs(root, {"as_of": since}, data)
        plan.in_order(since, last or "9999-12-31")
    if plan.has_changes(pages) and last:
        before = since or editions.earlier(last)
        plan.in_order(before, last)
        compared = tuple(tasks(plan.jobs(root, {"as_of": before}), folder_of(work, before), before))
    return Edition(day, last, before, pages, tuple(tasks(jobs, folder_of(work, day), day)), compared)


def work_of(root: Path, data: Path) -> Path:
    """Return where builds from a data folder are kept: `_build`, or for a reader's own what `overlay.place` says."""
    laid = overlay.place(root)
    return laid if data.is_relative_to(laid) else root / "_build"


def folder_of(work: Path, day: str) -> Path:
    """Return where the executed pages of an edition are kept."""
    return work / "editions" / day if day else work / "executed"


# ------------------------------------------------------------------------------------------- what a site is made of


def _key(edition: Edition, *beside: str) -> str:
    results = [[task.job.page.docname, _content(task.target)] for task in (*edition.tasks, *edition.compared)]
    return text_hash(json.dumps([*beside, edition.day, edition.since, results]))


def _tables(fingerprints: Fingerprints, day: str) -> str:
    """Return a hash of the tables that a site shows: all of them, or what was known of them on a past day."""
    return fingerprints.of_edition(day) if day else digest_of(tree(fingerprints.data))


def _state(root: Path) -> str:
    """Hash all that a site shows beside its executed pages, its tables and the commit: code, settings, sources."""
    return code_hash(_of_book(root))


def code_and_settings(root: Path) -> str:
    """Hash the code that makes pages and how the book is set up, without what its pages say."""
    named = {name: root / name for name in (*BOOK_FILES, "requirements.txt")}
    return code_hash({name: path for name, path in named.items() if path.is_file()})


def code_hash(more: Mapping[str, Path] = MappingProxyType({})) -> str:
    """Hash the code of the book, and `more` files by name."""
    return text_hash(json.dumps([[name, file_hash(path)] for name, path in {**_code(), **more}.items()]))


def _code() -> dict[str, Path]:
    """Return the files of this package, by names that do not say where it lies."""
    package = LIB
    return {f"{package.name}/{name}": package / name for name in names_below(package)}


def _of_book(root: Path) -> dict[str, Path]:
    """Return the files of a book that its site shows or is set up by, by name."""
    paths = [root / name for name in (*BOOK_FILES, *PACKED_FILES)]
    paths += tree(root / "chapters")
    return {path.relative_to(root).as_posix(): path for path in dict.fromkeys(paths) if path.is_file()}


def _stamps(files: Mapping[str, Path]) -> dict[str, Stamp | None]:
    return {name: stamp(path) for name, path in files.items()}


_CODE_AT_START = _stamps(_code())
"""This process runs the code that it was started with, whatever is saved later."""


def standing(root: Path, data: Path, copy: Path) -> file_watch.Standing:
    """Return what a site built now is made from: the files of the book, its commit, and the tables, read from a copy.

    Code counts as it was when this process started.
    """

    def standing_of(code: Mapping[str, Stamp | None], tables: Path) -> dict[str, object]:
        translations = {path.relative_to(root).as_posix(): path for path in tree(root / plan.TRANSLATIONS)}
        book = _stamps(_of_book(root) | translations)
        return {**code, **book, **file_watch.contents(tables), "the commit": git.commit_of(root)}

    at_start = standing_of(_CODE_AT_START, copy)
    return file_watch.Standing(at_start, lambda: standing_of(_stamps(_code()), data))


def _holds(recorded: str, key: str, *, past: bool) -> bool:
    """Return whether a site that was built from `recorded` is still what would be built now.

    A past edition keeps the commit that it names, as long as it shows the same: what is added later is not its own.
    """
    digest, _, commit = recorded.partition(" ")
    digest_now, _, commit_now = key.partition(" ")
    if digest != digest_now or not past:
        return recorded == key
    return git.says_all(commit) or not git.says_all(commit_now)


def _recorded(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _content(path: Path) -> str:
    return file_hash(path) if path.is_file() else ""
