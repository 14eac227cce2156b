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
from dataclasses import replace
from pathlib import Path

import pytest

from lib import cite, packages, records
from lib.build import execute, plan, sanitise
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


def chapter(root: Path, **more) -> chapter_zip.Chapter:
    return chapter_zip.Chapter("mines", root / "mines.ipynb", WORK, frozenset({"output"}), **more)


def packed(root: Path) -> bytes:
    target = root.parent / "mines.zip"
    chapter_zip.write(target, root, root / "data", chapter(root), shelf=root.parent / "shelf")
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
    for name in ("README.md", "requirements.txt", "run.py", "CITATION.cff", "LICENSE", "NOTICE", "mines.ipynb"):
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


def run_py(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run the chapter with its one command, and the packages that are here."""
    command = [sys.executable, "run.py", "--here", *arguments]
    return subprocess.run(
        command, cwd=folder, env=empty_environment(folder), capture_output=True, text=True, check=False
    )


def test_one_command_runs_the_chapter_with_parameters_of_the_readers_own(book, tmp_path):
    folder = unpacked(packed(book), tmp_path / "zip")
    listed = run_py(folder, "--list")
    assert "-p top: a whole number" in listed.stdout
    done = run_py(folder, "-p", "top", "3")
    assert done.returncode == 0, done.stderr
    assert chapter_record(folder / "result.ipynb")["parameters"]["top"] == 3
    for wrong in (["-p", "tpo", "3"], ["another-page"]):
        refused = run_py(folder, *wrong)
        assert refused.returncode == 2
        assert wrong[-1] in refused.stderr or wrong[1] in refused.stderr


def test_pages_that_share_a_notebook_share_its_zip_and_each_has_its_name(book, tmp_path):
    one, two = (replace(chapter(book), name=name, values={"top": n}) for name, n in (("few", 2), ("many", 9)))
    two = replace(two, tables=frozenset({"sources"}))
    both = chapter_zip.shared(chapter_zip.shared(None, one, "A few"), two, "Many")
    assert (both.name, both.tables, set(both.pages)) == ("mines", {"output", "sources"}, {"few", "many"})
    target = tmp_path / "mines.zip"
    chapter_zip.write(target, book, book / "data", both, shelf=tmp_path / "shelf")
    folder = unpacked(target.read_bytes(), tmp_path / "zip")
    assert "python3 run.py few" in (folder / "README.md").read_text()
    done = run_py(folder, "many")
    assert done.returncode == 0, done.stderr
    assert chapter_record(folder / "result.ipynb")["parameters"]["top"] == 9
    assert sanitise.title_of(json.loads((folder / "result.ipynb").read_text())) == "Many"
    assert sorted(path.name for path in folder.glob("*.ipynb")) == ["mines.ipynb", "result.ipynb"]


def test_the_zip_has_only_the_code_and_packages_that_its_notebook_imports(book, tmp_path):
    folder = unpacked(packed(book), tmp_path / "zip")
    assert not [name for name in ("site", "importers", "cli", "indicators") if (folder / "lib" / name).exists()]
    names = {pin.name for pin in packages.pins((folder / "requirements.txt").read_text())}
    assert {"papermill", "ipykernel", "nbclient", "pandas", "altair"} <= names
    assert not names & {"jupyter-book", "sphinx", "duckdb", "pytest", "mypy"}


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
