"""What the result of a notebook depends on: itself, its values, the code it imports, the tables it read, the lock.

Everything is told as hashes by name, so that a change can be named. Needs neither pandas nor Sphinx: a build that
finds nothing changed must not wait for them.
"""

from __future__ import annotations

import ast
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path

from lib import prose
from lib.build.plan import Job
from lib.disk.file_watch import ChangedDuringBuild, Watch
from lib.disk.files import replace_text, text_hash
from lib.paths import LIB
from lib.tables import asof
from lib.tables.dictionary import Descriptor, dictionary_if_any, read_rows

PACKAGE = "lib"
LOCK = "requirements.txt"
SANITISERS = (("build", "sanitise.py"), ("prose.py",), ("markup.py",))
"""The modules that make an executed notebook fit for publishing: their work is part of the result."""
READ_BY = {f"{PACKAGE}.cite": ("CITATION.cff",)}
"""Files of the book that a module reads beside those of its own room."""
CODE_ENDINGS = (".py", ".css", ".js", ".json", ".ttf")
PARAMETERS = "its parameters"
DEFINITIONS = ("sources", "corrections")
MORE_SOURCES = "also_source_ids"
DESCRIBING = ("datapackage.json", "sources.csv", "corrections.csv")
"""Files that say what tables hold."""
ANSWERS_KEPT = 4000


class Fingerprints:
    """The files of a book that results depend on, each hashed when it is first asked for and not again.

    `memory` is a file that keeps what was found out about a content before; without it all is found out anew.
    """

    def __init__(self, root: Path, data: Path, memory: Path | None = None):
        self.root, self.data = root, data
        self._watch = Watch()
        self._package = package_of(root)
        self._memory = _Memory(memory)
        self._closures: dict[Path, list[Path]] = {}
        self._code: dict[Path, dict[str, str]] = {}
        self._rooms: dict[str, list[Path]] = {}
        self._tables: dict[tuple[str, str], str] = {}

    def of_page(self, job: Job) -> dict[str, str]:
        """Return hashes of notebook, values, code and packages, by what they are called."""
        values = json.dumps([job.values, job.page.title], sort_keys=True, default=str)
        own = {"the notebook": self._of_notebook(job, "code"), PARAMETERS: text_hash(values)}
        return own | self._of_code(job.page.notebook) | self._machine

    def of_prose(self, job: Job) -> str:
        """Return a hash of what a notebook says beside its code: no result depends on that, but each shows it."""
        return self._of_notebook(job, "prose")

    def notebook(self, job: Job) -> str:
        """Return the text of a notebook as it was hashed. Raises ChangedDuringBuild where it is another one by now."""
        text = job.page.notebook.read_text(encoding="utf-8")
        if text_hash(text) != self._watch.hash(job.page.notebook):
            raise ChangedDuringBuild([self._name(job.page.notebook)])
        return text

    def _of_notebook(self, job: Job, part: str) -> str:
        path = job.page.notebook
        asked = f"{part} of {self._watch.hash(path)}"
        return "".join(self._memory.get(asked, lambda: [_hash_of_cells(path.read_text(encoding="utf-8"), part)]))

    def saved(self, job: Job, tables: Iterable[str] = ()) -> list[str]:
        """List the files of a page and its tables that were saved since they were first looked at, by name."""
        paths = [job.page.notebook, *self.code_of(job.page.notebook), self.root / LOCK]
        paths += [self.data / name for name in DESCRIBING] if tables else []
        paths += [self._file_of(name) for name in tables]
        return [self._name(path) for path in self._watch.saved(paths)]

    def of_tables(self, tables: Mapping[str, str], sources: Iterable[str], day: str = "") -> dict[str, str]:
        """Hash tables, with what the dictionary and the sources say about them, and whatever else is cited.

        Of each table count the rows that were public by its day, all where that is empty. `day` is that of the page.
        """
        hashes = {f"the table {name}": self._table(name, known_by) for name, known_by in tables.items()}
        cited = [self.sources.get(name, {}) for name in sorted(sources)]
        read_up_to = self.vintage(day)
        return hashes | {"the sources that it cites": text_hash(json.dumps([cited, read_up_to], sort_keys=True))}

    @property
    def every_table(self) -> dict[str, str]:
        """Return all tables as a whole: what a run that does not say what it read is taken to depend on."""
        return dict.fromkeys(self._resources, "")

    def of_edition(self, day: str) -> str:
        """Return a hash of all that was public by a day, and of the files that are no tables."""
        tables = self.of_tables(dict.fromkeys(self._resources, day), self._public_sources(day), day)
        mended = [row for row in self._corrections if asof.is_known(row, self._source_days, day)]
        files = sorted(path for path in self.data.glob("[!.]*") if path.is_file() and path.suffix != ".csv")
        others = [[path.name, self._watch.hash(path)] for path in files]
        return text_hash(json.dumps([tables, mended, others], sort_keys=True))

    @cached_property
    def sources(self) -> dict[str, dict[str, str]]:
        """Return the rows of sources.csv by id; none where the folder has no such file."""
        return {row["id"]: row for row in read_rows(self.data / "sources.csv") if row.get("id")}

    def vintage(self, day: str = "") -> str:
        """Return the day up to which sources were read, only those public by `day` if any are; empty without any."""
        chosen = self._public_sources(day) or self.sources
        return asof.newest_reading(self.sources[name] for name in chosen)

    def look(self, jobs: Iterable[Job]) -> None:
        """Hash what pages are made from now: a file that is saved while they run must not pass for what they read."""
        for job in jobs:
            self.of_page(job)
        self.of_tables(self.every_table, ())
        for name in DESCRIBING:
            self._watch.hash(self.data / name)

    def keep(self) -> None:
        """Save the answers about contents, unless a file was saved meanwhile and some may be of another content."""
        if not self._watch.saved():
            self._memory.keep()

    # ------------------------------------------------------------------------------------------- code

    @cached_property
    def _machine(self) -> dict[str, str]:
        return {"the Python version": text_hash(sys.version), LOCK: self._watch.hash(self.root / LOCK)}

    def _of_code(self, notebook: Path) -> dict[str, str]:
        if notebook not in self._code:
            self._code[notebook] = {self._name(path): self._watch.hash(path) for path in self.code_of(notebook)}
        return self._code[notebook]

    def code_of(self, notebook: Path) -> list[Path]:
        """List the files of all modules of the book that a notebook imports, directly or through others."""
        if notebook not in self._closures:
            cells = f"cells {self._watch.hash(notebook)}"
            first = self._memory.get(cells, lambda: _imports_of_cells(notebook.read_text(encoding="utf-8")))
            self._closures[notebook] = sorted(
                {*self._followed(first), *(self._package.joinpath(*module) for module in SANITISERS)}
            )
        return self._closures[notebook]

    def _followed(self, modules: Iterable[str]) -> set[Path]:
        seen: dict[str, list[Path]] = {}
        waiting = list(modules)
        while waiting:
            module = waiting.pop()
            if module not in self._rooms:
                self._rooms[module] = self._files(module)
            files = [] if module in seen else self._rooms[module]
            if not files:
                continue
            seen[module] = files
            source = files[0]
            asked = f"imports {module} {self._watch.hash(source)}"
            waiting += self._memory.get(asked, partial(_imports, source, module))
            waiting += [module.rpartition(".")[0]]
        return {path for files in seen.values() for path in files}

    def _name(self, path: Path) -> str:
        if path.is_relative_to(self.data):
            return f"data/{path.relative_to(self.data).as_posix()}"
        home = next((home for home in (self.root, self._package.parent) if path.is_relative_to(home)), path.parent)
        return path.relative_to(home).as_posix()

    def _files(self, module: str) -> list[Path]:
        """List the source of a module first, then the files that are in its room; none for modules of others."""
        if module.partition(".")[0] != PACKAGE:
            return []
        place = self._package.joinpath(*module.split(".")[1:])
        if (place / "__init__.py").is_file():
            return [place / "__init__.py", *_assets(place)]
        source = place.with_suffix(".py")
        read = [self.root / name for name in READ_BY.get(module, ())]
        return [source, *(path for path in read if path.is_file())] if source.is_file() else []

    # ------------------------------------------------------------------------------------------- tables

    @cached_property
    def _resources(self) -> dict[str, Descriptor]:
        with contextlib.suppress(ValueError, KeyError):
            listed = dictionary_if_any(self.data).get("resources", [])
            return {entry["name"]: entry for entry in listed if entry["name"] not in DEFINITIONS}
        return {}

    def _public_sources(self, day: str) -> list[str]:
        return [name for name, public in self._source_days.items() if asof.known_by(public, day)]

    @cached_property
    def _source_days(self) -> dict[str, str]:
        return asof.source_days(self.sources)

    @cached_property
    def _corrections(self) -> list[dict[str, str]]:
        return read_rows(self.data / "corrections.csv")

    @cached_property
    def _days(self) -> str:
        """Return a hash of the days on which sources became public."""
        return text_hash(json.dumps(self._source_days))

    def _table(self, name: str, day: str = "") -> str:
        entry = self._resources.get(name, {})
        day = "" if entry.get("timeless") else day
        if (name, day) not in self._tables:
            path = self._file_of(name)
            self._tables[name, day] = self._hash_of_file(path, name, entry, day) if path.is_file() else ""
        return self._tables[name, day]

    def _file_of(self, name: str) -> Path:
        return self.data / str(self._resources.get(name, {}).get("path", f"{name}.csv"))

    def _hash_of_file(self, path: Path, name: str, entry: Descriptor, day: str) -> str:
        content = self._watch.hash(path)
        asked = f"table {name} {content} known by {day} {self._about}"
        return "".join(self._memory.get(asked, lambda: [self._hash_of_table(path, content, name, entry, day)]))

    @cached_property
    def _about(self) -> str:
        """Return a hash of the files that say what tables hold."""
        return text_hash(json.dumps([self._watch.hash(self.data / name) for name in DESCRIBING]))

    def _hash_of_table(self, path: Path, content: str, name: str, entry: Descriptor, day: str) -> str:
        columns = _source_columns(entry)
        rows = f"{content} known by {day} {self._days}" if day else content
        named = self._memory.get(f"sources {columns} {rows}", lambda: _named_sources(self._known(path, day), columns))
        if day:
            content = "".join(self._memory.get(rows, lambda: [text_hash(json.dumps(list(self._known(path, day))))]))
        mended = [row for row in self._corrections if row.get("table") == name]
        mended = [row for row in mended if asof.is_known(row, self._source_days, day)]
        named = sorted({*named, *(row.get("source_id", "") for row in mended)})
        cited = [self.sources.get(source, {}) for source in named]
        return text_hash(json.dumps([content, entry, mended, cited], sort_keys=True))

    def _known(self, path: Path, day: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the rows of a table that were public by a day, all without one, with their lines, which facts name."""
        for line, row in enumerate(read_rows(path), start=2):
            if asof.is_known(row, self._source_days, day):
                yield line, row


def package_of(root: Path) -> Path:
    """Return the folder of the code that notebooks of the book import: its own, else that of this package."""
    own = root / PACKAGE
    return own if (own / "__init__.py").is_file() else LIB


class _Memory:
    """Answers about contents, which hold forever, in one file; a file that cannot be read counts as empty.

    The answers asked for last are kept, as many as `ANSWERS_KEPT`.
    """

    def __init__(self, path: Path | None):
        self._path = path
        self._known: dict[str, list[str]] = {}
        self._asked: dict[str, list[str]] = {}
        with contextlib.suppress(OSError, ValueError):
            answers = json.loads(path.read_text(encoding="utf-8")) if path else {}
            self._known = answers if isinstance(answers, dict) else {}

    def get(self, question: str, answer: Callable[[], Iterable[str]]) -> list[str]:
        if question not in self._asked:
            kept = self._known.get(question)
            self._asked[question] = kept if isinstance(kept, list) else sorted(answer())
        return self._asked[question]

    def keep(self) -> None:
        if self._path and not self._asked.items() <= self._known.items():
            before = [entry for entry in self._known.items() if entry[0] not in self._asked]
            self._known = dict([*before, *self._asked.items()][-ANSWERS_KEPT:])
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(self._path, json.dumps(self._known))


def _source_columns(entry: Descriptor) -> list[str]:
    """List the columns of a table that name sources."""
    keys = entry.get("schema", {}).get("foreignKeys", [])
    named = [column for key in keys if key["reference"]["resource"] == "sources" for column in key["fields"]]
    return sorted({*named, "source_id", MORE_SOURCES})


def _named_sources(numbered: Iterable[tuple[int, dict[str, str]]], columns: list[str]) -> set[str]:
    cells = (row.get(column) or "" for _, row in numbered for column in columns)
    return {name.strip() for cell in cells for name in cell.split(";")} - {""}


def _assets(folder: Path) -> list[Path]:
    """List the files of a room that are no modules; folders that are modules of their own are another room."""
    files = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(("_", ".")) and not (path / "__init__.py").is_file():
            files += [file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix in CODE_ENDINGS]
        elif path.is_file() and path.suffix in CODE_ENDINGS and path.suffix != ".py":
            files.append(path)
    return files


def _hash_of_cells(notebook: str, part: str) -> str:
    """Return a hash of the `code` of a notebook, with its settings, or of its `prose`, with where that stands.

    What prose asks the code for belongs to the code: which expressions stand between two cells, in any order.
    """
    content = json.loads(notebook)
    code: list[object] = [content.get("metadata")]
    words: list[object] = []
    asked: set[str] = set()
    for cell in content["cells"]:
        source, metadata = "".join(cell.get("source", "")), cell.get("metadata", {})
        if cell["cell_type"] == "code":
            code += [sorted(asked), [source, metadata]]
            words.append(None)
            asked = set()
        else:
            asked.update(prose.expressions(source))
            words.append([cell["cell_type"], source, metadata])
    return text_hash(json.dumps([*code, sorted(asked)] if part == "code" else words))


def _imports_of_cells(notebook: str) -> set[str]:
    """Collect the modules that the code cells of a notebook import; cells that are no Python import none."""
    modules: set[str] = set()
    for cell in json.loads(notebook).get("cells", []):
        if cell.get("cell_type") == "code":
            with contextlib.suppress(SyntaxError):
                modules |= _imported(ast.parse("".join(cell.get("source", ""))), "")
    return modules


def _imports(source: Path, module: str) -> set[str]:
    package = module if source.name == "__init__.py" else module.rpartition(".")[0]
    return _imported(ast.parse(source.read_text(encoding="utf-8")), package)


def _imported(tree: ast.AST, package: str) -> set[str]:
    """Collect modules of the book that code may import: with `from a import b` both a and a.b, if that is a module."""
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            modules |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {name for name in modules if name.partition(".")[0] == PACKAGE}
