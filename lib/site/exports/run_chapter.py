"""Run this chapter: `python3 run.py`. The first time it makes an environment in `.venv` from the locked packages.

    python3 run.py                             the chapter as in the book, to result.ipynb
    python3 run.py -p as_of 2023-06-30         as it could have been written on that day
    python3 run.py --list                      its parameters, and its pages where it has several
    python3 run.py PAGE                        one of its pages
    python3 run.py --here                      with the packages of this Python instead of an environment

It needs Python 3.11, 3.12 or 3.13, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ENVIRONMENT = FOLDER / ".venv"
READY = ENVIRONMENT / "ready"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RESULT = "result.ipynb"


def environment() -> Path:
    """Return the Python of the environment, which is made first where it is not complete."""
    if not READY.is_file():
        print("Installing the packages of requirements.txt in .venv; this takes some minutes the first time.")
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt"]
        subprocess.run(install, cwd=FOLDER, check=True)
        READY.touch()
    return PYTHON


def titled(notebook: Path, title: str) -> Path:
    """Return a notebook whose first heading is a title: itself, or a copy beside it."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        text = "".join(cell["source"])
        if title and cell["cell_type"] == "markdown" and text.startswith("# "):
            cell["source"] = f"# {title}{text[len(text.splitlines()[0]) :]}"
            copy = notebook.with_name(f".{notebook.name}")
            copy.write_text(json.dumps(content), encoding="utf-8")
            return copy
    return notebook


def main() -> int:
    """Run the notebook of this folder with what was asked for; return the exit status of papermill."""
    chapter = json.loads((FOLDER / "chapter.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", nargs="?", default="", help="a page of the notebook, where it has several")
    parser.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="a parameter")
    parser.add_argument("--list", action="store_true", help="list parameters and pages")
    parser.add_argument("--here", action="store_true", help="use the packages of this Python")
    given = parser.parse_args()
    if given.list:
        print("\n".join([*(f"-p {name}: {words}" for name, words in chapter["parameters"].items()), *chapter["pages"]]))
        return 0
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        parser.error(f"it needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}")
    if given.page and given.page not in chapter["pages"]:
        parser.error(f"there is no page {given.page!r}; the pages are: {', '.join(chapter['pages']) or 'none'}")
    if unknown := [name for name, _ in given.p if name not in chapter["parameters"]]:
        parser.error(f"there is no parameter {unknown[0]!r}; the parameters are: {', '.join(chapter['parameters'])}")
    page = chapter["pages"].get(given.page, {"title": "", "values": {}})
    notebook = titled(FOLDER / chapter["notebook"], page["title"])
    python = sys.executable if given.here else environment()
    values = [part for pair in [*page["values"].items(), *given.p] for part in ("-p", *map(str, pair))]
    command = [python, "-m", "papermill", notebook.name, RESULT, "-k", "python3", *values]
    status = subprocess.run(command, cwd=FOLDER, check=False).returncode
    if notebook.name != chapter["notebook"]:
        notebook.unlink()
    if status == 0:
        print(f"The result is {FOLDER / RESULT}")
    return status


if __name__ == "__main__":
    sys.exit(main())
