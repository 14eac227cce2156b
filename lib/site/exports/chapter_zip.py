"""A chapter to take away: a zip with all that its notebook needs to run in an empty folder.

The same inputs give the same bytes: entries are sorted and carry the day of release as their time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shlex
import shutil
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import nbformat

from lib import cite
from lib.build import sanitise
from lib.paths import CHECKOUT, LIB
from lib.records import RecordsError
from lib.site.exports import store
from lib.tables.dictionary import read_dictionary

KEPT = (".py", ".css", ".js", ".json")
BESIDE_LIB = ("pyproject.toml", "requirements.txt", "CITATION.cff", "LICENSE", "LICENSE-text", "NOTICE")
ANOTHER_DAY = "2023-06-30"  # an example
ALWAYS = ("sources", "corrections")


def write(
    target: Path,
    root: Path,
    data: Path,
    notebook: Path,
    work: cite.Work,
    tables: Iterable[str],
    values: Mapping[str, object] | None = None,
    title: str = "",
    *,
    shelf: Path,
) -> None:
    """Write the zip for the notebook at `notebook`, which reads `tables`; everything lies in one folder.

    The `shelf` keeps it as long as it is made from the same.

    `values` are the parameters of the page that differ from their defaults; its README gives them. The `title` is that
    of the page, where it is one of several of one notebook. Raises RecordsError for a table that is not in `data`.
    """
    content = _entitled(notebook, title) if title else notebook.read_bytes()
    files = {f"{work.name}.ipynb": content, "README.md": _readme(work, notebook, values or {}).encode()}
    files |= {f"data/{name}": content for name, content in data_package(data, tables).items()}
    files |= _code()
    files["_config.yml"] = (root / "_config.yml").read_bytes()
    files["_toc.yml"] = f"format: jb-book\nroot: {work.name}\n".encode()
    named = {f"{work.slug}/{name}": content for name, content in files.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(store.kept(shelf, work.name, _digest(named), ".zip", lambda: store.zipped(named)), target)


def _entitled(path: Path, title: str) -> bytes:
    notebook = nbformat.read(path, as_version=4)
    sanitise.entitle(notebook, title)
    return nbformat.writes(notebook).encode()


@cache
def _code() -> dict[str, bytes]:
    """Read the code and what goes with it, by name: the same for every page, and as this process runs it."""
    modules = [p for p in sorted(LIB.rglob("*")) if p.suffix in KEPT and "__pycache__" not in p.parts and p.is_file()]
    beside = [CHECKOUT / name for name in BESIDE_LIB if (CHECKOUT / name).is_file()]
    return {path.relative_to(CHECKOUT).as_posix(): path.read_bytes() for path in (*modules, *beside)}


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


def _readme(work: cite.Work, notebook: Path, values: Mapping[str, object]) -> str:
    from lib.build import plan

    parameters = plan.parameters(notebook)
    listed = "\n".join(
        f"- `{p.name}`: {p.type_words}; default {p.default!r}. {p.meaning[:1].upper()}{p.meaning[1:]}"
        for p in parameters
    )
    named = f"The chapter *{work.title}* of *{cite.book_title()}*" if work.is_part else f"The cover of *{work.title}*"
    days = [f"-p {p.name} {ANOTHER_DAY}" for p in parameters if p.is_day]
    example = " ".join(days + [f"-p {p.name} {p.default}" for p in parameters if p.type == "int"][:1])
    return f"""# {work.title}: run it yourself

{named}, version {work.edition}.
This folder contains its notebook, the tables it reads, the code and the list of packages.
It needs Python 3.11, 3.12 or 3.13. In this folder:

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/python -m papermill {work.name}.ipynb result.ipynb -k python3{options(values)}

(on Windows `.venv\\Scripts\\python` stands for `.venv/bin/python`). The figures, the text and every computed number
are then in `result.ipynb`; open it in Jupyter or an editor that shows notebooks. Parameters follow `-p`:

    .venv/bin/python -m papermill {work.name}.ipynb result.ipynb -k python3 {example}

{listed}

As a web page, with the same parameters; it is written to `_build/runs/`:

    .venv/bin/python -m lib.cli run {work.name} -p as_of={ANOTHER_DAY}

`.venv/bin/python -m lib.cli check` looks for mistakes in the tables in `data/`.

## Cite it

{cite.formatted(work, "apa")}

Code: MIT (LICENSE). Prose and figures: CC BY 4.0 (LICENSE-text). Tables: as named in `data/datapackage.json` and
`data/sources.csv`.
"""
