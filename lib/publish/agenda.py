"""What a build has to do: the editions that the site gets, the pages of each, and whether anything is stale.

Needs neither pandas nor Sphinx, so a build that finds nothing to do ends at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lib.publish import editions, history, plan, variants
from lib.publish.execute import Task, tasks
from lib.publish.files import digest_of, file_hash, replace_text, text_hash, tree
from lib.publish.inputs import World
from lib.publish.store import Store

KEY = "site.key"
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
class Agenda:
    """The editions of a build, the one that was asked for first."""

    root: Path
    data: Path
    editions: tuple[Edition, ...]

    @property
    def tasks(self) -> list[Task]:
        """All pages to be executed, each once."""
        listed = [task for edition in self.editions for task in (*edition.tasks, *edition.compared)]
        return list({task.target: task for task in listed}.values())

    def place(self, edition: Edition) -> Path:
        """Where an edition is in the site."""
        site = work_of(self.root, self.data) / "html"
        return site / editions.FOLDER / edition.day if edition.day else site

    def is_fresh(self) -> bool:
        """Whether all pages and editions are there as the files have them now."""
        if not self.tasks or any(not (self.place(edition) / editions.COVER).is_file() for edition in self.editions):
            return False
        store = Store(self.root, self.data)
        for task in self.tasks:
            found = store.find(task.job, task.target)
            if not found.result or _content(task.target) != found.name:
                return False
        stale = self.stale_editions(store.world)
        store.keep()
        return not stale

    def stale_editions(self, world: World | None = None) -> dict[Edition, str]:
        """The editions whose site has to be built, once all pages are executed.

        Each with a hash of what it shows, and the commit.
        """
        state, commit = _state(self.root), history.commit_of(self.root)
        world = world or Store(self.root, self.data).world
        keys = {edition: f"{_key(edition, state, _tables(world, edition.day))} {commit}" for edition in self.editions}
        world.keep()
        return {
            edition: key
            for edition, key in keys.items()
            if not (self.place(edition) / editions.COVER).is_file()
            or not _holds(_recorded(self._key_file(edition)), key, past=bool(edition.day))
        }

    def record(self, edition: Edition, key: str) -> None:
        """Note what the site of an edition, which is in place now, was built from."""
        replace_text(self._key_file(edition), key)

    def forget(self, edition: Edition) -> None:
        """Note that the site of an edition is about to be replaced."""
        self._key_file(edition).unlink(missing_ok=True)

    def _key_file(self, edition: Edition) -> Path:
        return folder_of(work_of(self.root, self.data), edition.day) / KEY


def of_book(root: Path, data: Path, *, as_of: str | None = None, since: str | None = None, past: bool = True) -> Agenda:
    """The agenda of a build of the current edition and those of `chapters/variants.yml`, or of one past day alone.

    `since` is the day that the page of changes of the first one compares with, by default that of `editions.earlier`.
    Without `past` the current edition is alone. Raises plan.PlanError and plan.UsageError.
    """
    first = _edition(root, data, as_of, since)
    others = [] if as_of or not past else [_edition(root, data, day) for day in variants.read(root).editions]
    return Agenda(root, data, (first, *others))


def _edition(root: Path, data: Path, as_of: str | None, since: str | None = None) -> Edition:
    jobs = plan.jobs(root, {"as_of": as_of} if as_of else None, data)
    pages = tuple(plan.pages(root, past=bool(as_of)))
    day = str(jobs[0].values.get("as_of") or "") if jobs and as_of else ""
    last = day or max((str(job.values.get("as_of") or "") for job in jobs), default="") or World(root, data).vintage()
    work = work_of(root, data)
    before, compared = "", ()
    if since:
        plan.jobs(root, {"as_of": since}, data)
        plan.in_order(since, last or "9999-12-31")
    if plan.has_changes(pages) and last:
        before = since or editions.earlier(last)
        plan.in_order(before, last)
        compared = tuple(tasks(plan.jobs(root, {"as_of": before}), folder_of(work, before), before))
    return Edition(day, last, before, pages, tuple(tasks(jobs, folder_of(work, day), day)), compared)


def work_of(root: Path, data: Path) -> Path:
    """Where builds from a data folder are kept: `_build`, or beside the folder when it was laid out below that."""
    built = root / "_build"
    return data.parent if data.is_relative_to(built) else built


def folder_of(work: Path, day: str) -> Path:
    """Where the executed pages of an edition are kept."""
    return work / "editions" / day if day else work / "executed"


# ------------------------------------------------------------------------------------------- what a site is made of


def _key(edition: Edition, *beside: str) -> str:
    results = [[task.job.page.docname, _content(task.target)] for task in (*edition.tasks, *edition.compared)]
    return text_hash(json.dumps([*beside, edition.day, edition.since, results]))


def _tables(world: World, day: str) -> str:
    """A hash of the tables that a site shows: all of them, or what was known of them on a past day."""
    return world.of_edition(day) if day else digest_of(tree(world.data))


def _state(root: Path) -> str:
    """A hash of all that a site shows beside its executed pages, its tables and the commit: code, settings, sources."""
    code = Path(__file__).resolve().parents[1]
    named = [root / name for name in (*BOOK_FILES, *PACKED_FILES)]
    chapters = root / "chapters"
    files = [*tree(code), *(path for path in named if path.is_file())]
    files += tree(chapters) if chapters.is_dir() else []
    return text_hash(json.dumps([[path.as_posix(), file_hash(path)] for path in files]))


def _holds(recorded: str, key: str, *, past: bool) -> bool:
    """Whether a site that was built from `recorded` is still what would be built now.

    A past edition keeps the commit that it names, as long as it shows the same: what is added later is not its own.
    """
    shown, _, commit = recorded.partition(" ")
    shown_now, _, commit_now = key.partition(" ")
    if shown != shown_now or not past:
        return recorded == key
    return history.says_all(commit) or not history.says_all(commit_now)


def _recorded(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _content(path: Path) -> str:
    return file_hash(path) if path.is_file() else ""
