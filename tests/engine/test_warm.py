"""What the warm process of the book has ready: a page imports next to nothing any more."""

from __future__ import annotations

import json
import sys

from lib.devtools.bench import ways
from tests.publish.book import ROOT

BEFORE = """
import sys
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance()
import lib.warm
before = set(sys.modules)
"""
AFTER = "print(json.dumps(sorted(set(sys.modules) - before)))"
FEW = 10
"""Modules that a page may still import at first use: small ones of pandas."""


def test_a_page_finds_nearly_all_modules_imported():
    page = str(ROOT / "chapters" / "economy.ipynb")
    said = ways.said([sys.executable, "-c", BEFORE + ways.PLAIN + AFTER], ROOT, [[page, {}]])
    imported = json.loads(said.splitlines()[-1])
    assert len(imported) <= FEW, imported
