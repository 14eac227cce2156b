"""The zip of a chapter: the same bytes each time, tables that pass the check, and a notebook that runs from it."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lib import cite, records
from lib.build import execute, plan
from lib.site.exports import chapter_zip
from lib.tables import checks
from tests import small_data
from tests.publish.book import PARAMETERS, notebook

ROOT = Path(__file__).resolve().parents[2]
WORK = cite.Work("chapter", "mines", "Mines", dt.date(2026, 1, 1), dt.date(2026, 1, 1))
MINES = [
    ("markdown", "# Mines"),
    ("parameters", PARAMETERS),
    (
        "code",
        "import lib\nfrom lib import facts, page\nfrom lib.tables import catalog\n"
        "chapter = page.open('mines', as_of=as_of, top=top)\n"
        "rows = catalog.table('output', as_of)\nrows = rows[rows.iso3 == 'CHN']\n"
        "facts.record('china', float(rows['value'].iloc[0]), 't', scope='mining', period=2024,\n"
        "             formula='as printed', rows=rows)\nprint(lib.__file__)",
    ),
    ("code", "chapter.colophon()"),
]


@pytest.fixture
def book(tmp_path) -> Path:
    """A book with one chapter that uses the library of the real one."""
    root = tmp_path / "book"
    root.mkdir()
    small_data.write(root / "data")
    (root / "mines.ipynb").write_text(notebook(MINES))
    (root / "_toc.yml").write_text("format: jb-book\nroot: mines\n")
    shutil.copy(ROOT / "_config.yml", root)
    return root


def packed(root: Path) -> bytes:
    target = root.parent / "mines.zip"
    chapter_zip.write(target, root, root / "data", root / "mines.ipynb", WORK, ["output"], shelf=root.parent / "shelf")
    return target.read_bytes()


def unpacked(content: bytes, folder: Path) -> Path:
    """Unzip into `folder`; the one folder that the zip holds."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    (inner,) = folder.iterdir()
    return inner


def chapter_record(path: Path) -> dict:
    return records.collect({"mines": path}).chapters[0]


def empty_environment(folder: Path) -> dict[str, str]:
    """The environment of a reader in `folder`, who has the packages but not this repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BOOK_", "PYTHON", "IPYTHON"))}
    return kept | {"PYTHONPATH": str(folder), "IPYTHONDIR": str(folder / ".ipython")}


def papermill(python: str, folder: Path, name: str, environment: dict[str, str], *options: str) -> Path:
    """Run the notebook as the README says, where it says so with options; the result."""
    command = [python, "-m", "papermill", f"{name}.ipynb", "result.ipynb", "-k", "python3", *options]
    assert " ".join(command[1:]) in (folder / "README.md").read_text(encoding="utf-8")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "result.ipynb"


def test_the_same_book_gives_the_same_bytes(book):
    first = packed(book)
    for path in book.rglob("*"):
        os.utime(path, (0, 0))
    assert packed(book) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 11, 22, 0, 0, 0)}


def test_all_that_a_reader_needs_is_there_and_nothing_of_this_machine(book, tmp_path):
    folder = unpacked(packed(book), tmp_path / "zip")
    assert folder.name == "industrial-vitamins-mines"
    for name in ("README.md", "requirements.txt", "pyproject.toml", "CITATION.cff", "LICENSE", "NOTICE", "mines.ipynb"):
        assert (folder / name).stat().st_size > 0
    assert not list(folder.rglob("__pycache__"))
    for path in folder.rglob("*"):
        assert not path.is_file() or str(book).encode() not in path.read_bytes()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for expected in (
        "-m venv .venv",
        "pip install -r requirements.txt",
        "papermill mines.ipynb",
        "`top`",
        "whole number",
    ):
        assert expected in readme


def test_the_notebook_runs_from_the_zip_and_finds_the_same_facts(book, tmp_path):
    jobs = plan.jobs(book)
    here = chapter_record(execute.run(jobs, book, tmp_path / "store", data=book / "data")["mines"])
    folder = unpacked(packed(book), tmp_path / "zip")
    shutil.rmtree(book)
    result = papermill(sys.executable, folder, "mines", empty_environment(folder))
    assert str(folder / "lib") in result.read_text(encoding="utf-8")
    there = chapter_record(result)
    assert there["facts"]
    assert there == here


def test_the_command_works_in_the_folder_of_the_zip(book, tmp_path):
    folder = unpacked(packed(book), tmp_path / "zip")
    for arguments, expected in ((["check"], "output"), (["run", "mines", "--list"], "how many countries")):
        command = [sys.executable, "-m", "lib.cli", *arguments]
        done = subprocess.run(
            command, cwd=folder, env=empty_environment(folder), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout
        assert expected in done.stdout or arguments == ["check"]


def test_part_of_the_real_tables_passes_the_check(tmp_path):
    """Keys that point to other tables bring those along; corrections of tables left out stay behind."""
    for name, content in chapter_zip.data_package(ROOT / "data", ["measure_elements", "deposits"]).items():
        (tmp_path / name).write_bytes(content)
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    names = {resource["name"] for resource in package["resources"]}
    assert {"measure_elements", "measures", "deposits", "sources", "corrections"} <= names
    assert len(names) < 12
    assert checks.check(tmp_path) == []


def test_a_table_that_is_not_there_is_named(book):
    (book / "data" / "output.csv").unlink()
    with pytest.raises(records.RecordsError, match="'output'"):
        packed(book)
