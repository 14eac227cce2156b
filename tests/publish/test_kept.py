"""What Sphinx keeps from one build to the next gives the same site as a build from nothing, whatever was changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.publish.book import GLOSSARY, INDEX, ORES, notebook, write_book

ROOT = Path(__file__).resolve().parents[2]
TIMED = ("status",)
"""Beginnings of the names of files that say when notebooks ran."""
LONGER = "It is a chapter of a book that has another sentence here, and {cite}`geo-2026` stays."


def build(book: Path) -> subprocess.CompletedProcess:
    """Build the current edition of the book."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("BOOK_DATA", None)
    command = [sys.executable, "-m", "lib.cli", "build", "--no-past"]
    return subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True, check=False)


def site(book: Path) -> dict[str, bytes]:
    """All files of the site, by name, but those that say when something ran."""
    folder = book / "_build" / "html"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content for name, content in files.items() if not Path(name).name.startswith(TIMED)}


def read_at(book: Path) -> dict[str, int]:
    """When Sphinx last read each page, by name."""
    folder = book / "_build" / "sphinx" / "_build" / ".doctrees"
    return {
        path.relative_to(folder).with_suffix("").as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*.doctree")
    }


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A book that was built once; each test goes on with it, since it stays where Sphinx knows it to be."""
    book = write_book(tmp_path_factory.mktemp("kept") / "book")
    done = build(book)
    assert done.returncode == 0, done.stderr
    return book


def prose(book: Path) -> None:
    (book / "chapters/ores.ipynb").write_text(notebook([("markdown", f"# Ores\n\n{LONGER}"), *ORES[1:]]))


def number(book: Path) -> None:
    """Change a sentence with a number, of which the file of changes tells."""
    told = [
        ("markdown", "By weight it is [69%](fact:ores.share) of $x^2$.") if "fact:ores.share" in text else (kind, text)
        for kind, text in INDEX
    ]
    (book / "index.ipynb").write_text(notebook(told))


def heading(book: Path) -> None:
    (book / "chapters/ores.ipynb").write_text(notebook([("markdown", f"# Rocks\n\n{LONGER}"), *ORES[1:]]))


def code(book: Path) -> None:
    (book / "index.ipynb").write_text(notebook([*INDEX[:3], ("code", 'figure("first", "Ore is rock")'), *INDEX[4:]]))


def definition(book: Path) -> None:
    (book / "chapters/glossary.md").write_text(GLOSSARY.replace("It is not all there is.", "There is more."))


def row(book: Path) -> None:
    path = book / "data/ores.csv"
    path.write_text(path.read_text() + "bastnaesite,AUS,2025,13000,true,,,geo-2026,,\n")


@pytest.mark.parametrize("change", [prose, number, heading, code, definition, row], ids=lambda change: change.__name__)
def test_a_change_gives_the_site_that_a_build_from_nothing_gives(book, change):
    before = site(book)
    change(book)
    done = build(book)
    assert done.returncode == 0, done.stderr
    after = site(book)
    assert after != before
    for left in ("sphinx", "html", "book", "site.key"):
        path = book / "_build" / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    done = build(book)
    assert done.returncode == 0, done.stderr
    anew = site(book)
    assert [name for name in anew.keys() | after.keys() if anew.get(name) != after.get(name)] == []


def test_where_prose_alone_changed_that_page_alone_is_read_again(book):
    prose(book)
    assert build(book).returncode == 0
    before = read_at(book)
    words = [("markdown", f"# Ores\n\n{LONGER} And more."), *ORES[1:]]
    (book / "chapters/ores.ipynb").write_text(notebook(words))
    assert build(book).returncode == 0
    read = {name for name, when in read_at(book).items() if when != before[name]}
    assert "chapters/ores" in read
    assert not read & {"index", "facts", "figures", "data", "data/ores", "chapters/glossary"}


def test_where_prose_alone_changed_that_page_alone_is_staged_again(book):
    staged = book / "_build" / "book"
    others = [staged / name for name in ("index.ipynb", "facts.md", "facts.json", "files/facts/ores.share.html")]
    prose(book)
    assert build(book).returncode == 0
    before = [path.stat().st_mtime_ns for path in others]
    (book / "chapters/ores.ipynb").write_text(notebook([("markdown", f"# Ores\n\n{LONGER} And less."), *ORES[1:]]))
    assert build(book).returncode == 0
    assert [path.stat().st_mtime_ns for path in others] == before
    assert "And less." in (staged / "chapters/ores.ipynb").read_text()


def test_a_file_of_the_site_that_was_harmed_is_not_taken_from_what_was_staged_with_it(book):
    prose(book)
    assert build(book).returncode == 0
    page = book / "_build/html/facts/ores.share.html"
    whole = page.read_text()
    with page.open("a") as file:
        file.write("harm")
    (book / "chapters/ores.ipynb").write_text(notebook([("markdown", f"# Ores\n\n{LONGER} And so on."), *ORES[1:]]))
    assert build(book).returncode == 0
    assert page.read_text() == whole


def test_a_site_that_is_in_place_does_not_change_while_the_next_is_staged(book):
    prose(book)
    assert build(book).returncode == 0
    packed = book / "_build/html/download/ores.zip"
    with packed.open("rb") as opened:
        before = opened.read()
        opened.seek(0)
        (book / "chapters/ores.ipynb").write_text(notebook([("markdown", f"# Ores\n\n{LONGER} But."), *ORES[1:]]))
        assert build(book).returncode == 0
        assert opened.read() == before
    assert packed.read_bytes() != before


def test_a_build_that_fails_keeps_nothing_and_the_next_one_is_right(book):
    broken = ("markdown", "# Ores\n\nA chapter on ores that leads to {numref}`fig-nowhere`, which is a mistake.")
    (book / "chapters/ores.ipynb").write_text(notebook([broken, *ORES[1:]]))
    failed = build(book)
    assert failed.returncode == 1
    assert "fig-nowhere" in failed.stderr
    assert not (book / "_build" / "sphinx").exists()
    prose(book)
    assert build(book).returncode == 0
    assert LONGER[:40] in (book / "_build/html/chapters/ores.html").read_text()
