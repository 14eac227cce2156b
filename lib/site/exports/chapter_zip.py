"""A chapter to take away: a zip with all that its notebook needs to run in an empty folder, and nothing else.

Of the code and the lock it has what the notebook imports, of the tables those that it reads and those that these point
to. Pages that share a notebook share its zip. The same inputs give the same bytes.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import shlex
import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from lib import cite, packages
from lib.build.cache import Cache
from lib.paths import CHECKOUT
from lib.records import RecordsError
from lib.site.exports import store
from lib.tables.dictionary import read_dictionary

KEPT = (".py", ".css", ".js", ".json", ".cff")
BESIDE_LIB = ("CITATION.cff", "LICENSE", "LICENSE-text", "NOTICE")
LOCK = "requirements.txt"
RUNNER = Path(__file__).with_name("run_chapter.py")
RUNS_WITH = ("papermill", "ipykernel")
"""What a notebook is run with; no module of it imports them."""
ANOTHER_DAY = "2023-06-30"  # an example
ALWAYS = ("sources", "corrections")


@dataclass(frozen=True)
class Chapter:
    """A notebook to take away: its name in the zip, the work to be cited, and the tables that it reads.

    `values` are the parameters that differ from their defaults where it has one page; where it has several, `pages`
    has their titles and values by name.
    """

    name: str
    notebook: Path
    work: cite.Work
    tables: frozenset[str]
    values: Mapping[str, object] = field(default_factory=dict)
    pages: Mapping[str, tuple[str, Mapping[str, object]]] = field(default_factory=dict)


def shared(others: Chapter | None, page: Chapter, title: str) -> Chapter:
    """Return the zip that a page shares with others of its notebook: all their tables, and each with its values.

    The first page gives the citation.
    """
    others = others or replace(page, name=page.notebook.stem, values={})
    pages = {**others.pages, page.name: (title, page.values)}
    return replace(others, tables=others.tables | page.tables, pages=pages)


def write(target: Path, root: Path, data: Path, chapter: Chapter, *, shelf: Path) -> None:
    """Write the zip of a chapter; everything in it is in one folder.

    The `shelf` keeps it as long as it is made from the same. Raises RecordsError for a table that is not in `data`.
    """
    files = {f"{chapter.name}.ipynb": chapter.notebook.read_bytes(), "README.md": _readme(chapter).encode()}
    files |= {"run.py": RUNNER.read_bytes(), "chapter.json": _described(chapter).encode()}
    files |= {f"data/{name}": content for name, content in data_package(data, chapter.tables).items()}
    files |= _code(root, data, chapter.notebook)
    folder = cite.slug_of(chapter.name)
    named = {f"{folder}/{name}": content for name, content in files.items()}
    store.put(store.kept(shelf, chapter.name, _digest(named), ".zip", lambda: store.zipped(named)), target)


def _code(root: Path, data: Path, notebook: Path) -> dict[str, bytes]:
    """Read the code that a notebook imports, what goes with it, and its part of the lock, by name."""
    paths = [path for path in Cache(root, data).fingerprints.code_of(notebook) if path.suffix in KEPT]
    beside = [CHECKOUT / name for name in BESIDE_LIB if (CHECKOUT / name).is_file()]
    texts = [path.read_text(encoding="utf-8") for path in paths if path.suffix == ".py"]
    imported = set().union(*map(_imported, [*texts, _source(notebook)]))
    needed = [*RUNS_WITH, *packages.holding(sorted(imported))]
    lock = packages.part((CHECKOUT / LOCK).read_text(encoding="utf-8"), needed)
    files = {_name(path, root): path.read_bytes() for path in (*paths, *beside)}
    return files | {LOCK: lock.encode()}


def _name(path: Path, root: Path) -> str:
    home = next((home for home in (CHECKOUT, root) if path.is_relative_to(home)), path.parent)
    return path.relative_to(home).as_posix()


def _source(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


PARSING = Lock()
"""Python 3.11 may fail where two threads parse at once."""


@lru_cache(maxsize=1024)
def _imported(code: str) -> frozenset[str]:
    """Collect the modules of others that code imports, by their first name."""
    with PARSING:
        nodes = list(ast.walk(ast.parse(code)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level and node.module}
    return frozenset({name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"lib"})


def _digest(files: Mapping[str, bytes]) -> str:
    """Hash names and contents; `zlib` has a version, with which the same is packed otherwise."""
    digest = hashlib.sha256(f"{zlib.ZLIB_RUNTIME_VERSION} {cite.released()}".encode())
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


# ------------------------------------------------------------------------------------------- data


def data_package(data: Path, tables: Iterable[str]) -> dict[str, bytes]:
    """Return files, by name, of a data folder with some tables and those they point to, which passes `book check`."""
    check(data, tables)
    package = read_dictionary(data)
    resources = {entry["name"]: entry for entry in package["resources"]}
    kept = _closure({*tables, *(name for name in ALWAYS if name in resources)}, resources)
    package["resources"] = [entry for entry in package["resources"] if entry["name"] in kept]
    files = {"datapackage.json": (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()}
    for name in kept:
        path = data / resources[name]["path"]
        files[resources[name]["path"]] = _corrections(path, kept) if name == "corrections" else path.read_bytes()
    if "sources" not in kept and (data / "sources.csv").is_file():
        files["sources.csv"] = (data / "sources.csv").read_bytes()
    return files


def check(data: Path, tables: Iterable[str]) -> None:
    """Raise RecordsError for a table that is not in a data folder."""
    resources = {entry["name"]: entry for entry in read_dictionary(data)["resources"]}
    missing = [name for name in tables if name not in resources or not (data / resources[name]["path"]).is_file()]
    if missing:
        raise RecordsError(
            f"the table {name!r} was read, but its file or its entry is not in data/" for name in missing
        )


def _closure(names: set[str], resources: Mapping[str, dict]) -> set[str]:
    """Return the tables with all that their keys point to."""
    waiting, reached = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in reached or name not in resources:
            continue
        reached.add(name)
        entry = resources[name]
        keys = [*entry.get("schema", {}).get("foreignKeys", []), *entry.get("listKeys", [])]
        waiting += [key["reference"]["resource"] or name for key in keys]
    return reached


def _corrections(path: Path, kept: set[str]) -> bytes:
    """Return the corrections of the tables kept: a correction of a table that is not there is a mistake."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row["table"] in kept]
    text = io.StringIO()
    writer = csv.DictWriter(text, reader.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


# ------------------------------------------------------------------------------------------- the README


def options(values: Mapping[str, object]) -> str:
    """Write parameters as papermill takes them, after a space; empty without any."""
    return "".join(f" -p {name} {shlex.quote(str(value))}" for name, value in values.items())


def _described(chapter: Chapter) -> str:
    """Write what `run.py` needs to know: the notebook, its parameters in words, and its pages."""
    content: dict[str, Any] = {"notebook": f"{chapter.name}.ipynb", "parameters": _parameters(chapter)}
    pages = {name: {"title": title, "values": dict(values)} for name, (title, values) in chapter.pages.items()}
    return json.dumps(content | {"pages": pages}, ensure_ascii=False, indent=1, default=str) + "\n"


def _parameters(chapter: Chapter) -> dict[str, str]:
    from lib.build import plan

    return {
        p.name: f"{p.type_words}; default {p.default!r}. {p.meaning[:1].upper()}{p.meaning[1:]}"
        for p in plan.parameters(chapter.notebook)
    }


def command(values: Mapping[str, object], page: str = "") -> str:
    """Return the one command that runs a chapter from the folder of its zip, or one of its pages."""
    return f"python3 run.py {page}" if page else f"python3 run.py{options(values)}"


def _readme(chapter: Chapter) -> str:
    from lib.build import plan

    work, parameters = chapter.work, plan.parameters(chapter.notebook)
    listed = "\n".join(f"- `{name}`: {words}" for name, words in _parameters(chapter).items())
    named = f"The chapter *{work.title}* of *{cite.book_title()}*" if work.is_part else f"The cover of *{work.title}*"
    days = [f"-p {p.name} {ANOTHER_DAY}" for p in parameters if p.is_day]
    example = " ".join(days + [f"-p {p.name} {p.default}" for p in parameters if p.type == "int"][:1])
    first = next(iter(chapter.pages), "")
    values = chapter.pages[first][1] if first else chapter.values
    pages = "\n".join(f"    python3 run.py {name}" for name in chapter.pages)
    several = f"\nThis notebook makes several pages:\n\n{pages}\n" if pages else ""
    return f"""# {work.title}: run it yourself

{named}, version {work.edition}.
This folder contains its notebook, the tables it reads, the code and the list of packages.
It needs Python 3.11, 3.12 or 3.13. In this folder:

    {command(values, first)}

The first time this makes an environment in `.venv` with the locked packages. The figures, the text and every computed
number are then in `result.ipynb`; open it in Jupyter or an editor that shows notebooks. Parameters follow `-p`:

    python3 run.py {example}

{listed}
{several}
Where the packages are installed already, `python3 run.py --here` uses them. The same without `run.py`:

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/python -m papermill {chapter.name}.ipynb result.ipynb -k python3{options(values)}

(on Windows `.venv\\Scripts\\python` is used for `.venv/bin/python`). To get the chapter as a web page, run the book
itself: its code is in each archived version.

## Cite it

{cite.formatted(work, "apa")}

Code: MIT (LICENSE). Prose and figures: CC BY 4.0 (LICENSE-text). Tables: as named in `data/datapackage.json` and
`data/sources.csv`.
"""
