"""Files that are saved while something is made from them: what was made is then of neither text for sure.

Tables are read from a copy (`copied`), because a run takes minutes and reads them page by page. Notebooks, code and
settings are read where they lie: Python imports a module when it is first needed, and from where it is installed. So
they are looked at before and compared after (`Watch`), and what was made meanwhile is dropped where one was saved.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.disk.files import Stamp, file_hash, names_below, stamp, tree
from lib.errors import BookError

COPY = Path("snapshot", "data")
ATTEMPTS = 5
SHOWN = 5  # of many names


class ChangedDuringBuild(BookError):
    """Files that were saved while something was made from them: `files` by name, and `pages` made of them, if any."""

    remedy = "Build again. The site is unchanged; pages whose files did not change are kept."

    def __init__(self, files: Iterable[str], pages: Iterable[str] = ()):
        self.files, self.pages = tuple(files), tuple(pages)
        super().__init__(self._told())

    def _told(self) -> str:
        what = f"{listed(self.files, SHOWN)} changed during the build, so what was made from it is not kept."
        return f"{what} These pages will run again: {listed(self.pages, SHOWN)}." if self.pages else what


def together(several: Iterable[ChangedDuringBuild]) -> ChangedDuringBuild:
    """Merge several errors into one that names each file and page once."""
    several = list(several)
    files = dict.fromkeys(name for each in several for name in each.files)
    return ChangedDuringBuild(files, dict.fromkeys(name for each in several for name in each.pages))


class Watch:
    """The hashes of files when each was first asked for, and which of them were saved since."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[Stamp | None, str]] = {}

    def hash(self, path: Path) -> str:
        """Return the hash that a file had when it was first asked for; empty where there was no file."""
        if path not in self._seen:
            before = stamp(path)
            self._seen[path] = before, file_hash(path) if before else ""
        return self._seen[path][1]

    def saved(self, paths: Iterable[Path] | None = None) -> list[Path]:
        """List those of the files that were saved since, even where they have their old text again."""
        chosen = self._seen if paths is None else [path for path in paths if path in self._seen]
        return [path for path in chosen if self._differs(path)]

    def _differs(self, path: Path) -> bool:
        before, content = self._seen[path]
        return stamp(path) != before or (before is not None and file_hash(path) != content)


@dataclass(frozen=True)
class Standing:
    """The inputs of a build by name: as they were when it began, and a function that looks them up `now`."""

    before: Mapping[str, object]
    now: Callable[[], Mapping[str, object]]

    def check(self) -> None:
        """Raise ChangedDuringBuild where something is not as it was, is gone, or is new."""
        before, now = self.before, self.now()
        names = [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]
        if names:
            raise ChangedDuringBuild(names)


@contextlib.contextmanager
def copied(data: Path, work: Path) -> Iterator[Path]:
    """Yield a copy of a data folder below `work`, which no editor writes to, for as long as a build reads it.

    It holds the folder as it was at one moment. Raises ChangedDuringBuild where that is written to without a pause.
    """
    target = work / COPY
    shutil.rmtree(target.parent, ignore_errors=True)  # of a build that was killed
    try:
        _copy(data, target)
        yield target
    finally:
        shutil.rmtree(target.parent, ignore_errors=True)


def _copy(data: Path, target: Path) -> None:
    for _ in range(ATTEMPTS):
        shutil.rmtree(target, ignore_errors=True)
        before = _stamps(data)
        with contextlib.suppress(FileNotFoundError):  # one that is gone since is told by the stamps
            for path in before:
                to = target / path.relative_to(data)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)
        now = _stamps(data)
        if now == before:
            return
    changing = (path for path in {**before, **now} if now.get(path) != before.get(path))
    raise ChangedDuringBuild(f"data/{path.relative_to(data).as_posix()}" for path in changing)


def _stamps(folder: Path) -> dict[Path, Stamp | None]:
    return {path: stamp(path) for path in tree(folder)}


def contents(folder: Path) -> dict[str, str]:
    """Return the hashes of the files of a data folder, by their names below `data/`."""
    return {f"data/{name}": file_hash(folder / name) for name in names_below(folder)}


def listed(names: Iterable[str], most: int) -> str:
    """Join names, of many only the first, as in `a, b and 3 more`."""
    names = list(names)
    more = len(names) - most
    return f"{', '.join(names[:most])}{f' and {more} more' if more > 0 else ''}"
