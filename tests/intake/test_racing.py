"""Two books with one data folder: rows that are added at the same time are all there, or refused as such."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.intake import folder as small

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
COUNTRIES = ("BRA", "MMR", "VNM")


def test_rows_that_two_books_add_to_one_folder_at_once_are_never_lost(tmp_path):
    data = small.write(tmp_path / "data")
    names = {}
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    added = set()
    for number in range(ROUNDS):
        for edition, name in enumerate(("one", "other"), 2027 + 2 * number):
            names[name] = edition
            rows = (f"survey,{edition},{iso3},2025,{edition}," for iso3 in COUNTRIES)
            small.rows(tmp_path / name, *rows)
        running = {name: start(tmp_path / name, data) for name in names}
        for name, process in running.items():
            said = process.communicate(timeout=300)[0]
            if process.returncode:
                assert f"at work on {data}" in said
            else:
                added |= {f"survey,{names[name]},{iso3},2025" for iso3 in COUNTRIES}
    there = {",".join(line.split(",")[:4]) for line in (data / "output.csv").read_text().splitlines()}
    assert len(added) >= ROUNDS * len(COUNTRIES), "one of both was first each time"
    assert added <= there


def start(book: Path, data: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "lib.cli", "add", "new.csv", "--published", "2026-07-01"]
    env = os.environ | {"BOOK_DATA": str(data), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=book, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
