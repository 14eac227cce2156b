"""What the warm process of the book has ready: a page imports next to nothing any more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.publish.book import ROOT

RUN = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance()
import lib.warm
before = set(sys.modules)
names = {"__name__": "__main__"}
with contextlib.redirect_stdout(io.StringIO()):
    for cell in json.load(open("chapters/economy.ipynb", encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "economy", "exec"), names)
print(json.dumps(sorted(set(sys.modules) - before)))
"""
FEW = 10
"""Modules that a page may still import at first use: small ones of pandas."""


def test_a_page_finds_nearly_all_modules_imported():
    said = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "BOOK_DATA": str(ROOT / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = json.loads(said.stdout.splitlines()[-1])
    assert len(imported) <= FEW, imported
