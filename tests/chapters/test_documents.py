"""Chapters that read as documents: their prose stands in Markdown, holds on every day, and is kept here to be read.

What a chapter says on a day is kept in `__snapshots__/`. Where words or data changed on purpose, read the change and
take it over: `.venv/bin/python -m pytest tests/chapters/test_documents.py --snapshot-update`.
"""

from __future__ import annotations

import ast
import html
import json
import re
import statistics
from pathlib import Path

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from lib import prose
from tests.chapters.test_hygiene import SAYING, source

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    "start-here",
    "reserves",
    "processing",
    "export-controls",
    "western-dependence",
    "what-if",
    "economies",
    "neighbours",
    "claims",
)
"""The chapters that have been moved from templates in code to prose in Markdown."""
DAYS = ("2022-06-30", "2023-06-30", "2024-06-30", "2025-06-30", "")
LONGEST, MEDIAN, IN_MARKDOWN = 15, 6, 0.85
HOLES = {
    "a value that is none": r"\b(?:nan|None(?! of )|NaT|<NA>|inf)\b",
    "an expression without its value": r"\{eval\}",
    "nothing between two words": r"\b(?:from to|between and|of in|at in|and and|in in)\b",
    "a blank before a sign": r"\s[,;.:)](?:\s|$)",
    "empty brackets": r"\(\s*\)",
    "two blanks": r"\S  +\S",
    "two signs": r"[,;:]\s*[,;:.]|\.\.(?![./])",
}

each_document = pytest.mark.parametrize("name", DOCUMENTS)


def cells(name: str) -> list[dict]:
    return json.loads((ROOT / "chapters" / f"{name}.ipynb").read_text("utf-8"))["cells"]


def code(name: str) -> list[str]:
    return [source(cell) for cell in cells(name) if cell["cell_type"] == "code"]


@each_document
def test_it_defines_nothing(name):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    defined = [ast.unparse(node)[:80] for text in code(name) for node in ast.walk(ast.parse(text))
               if isinstance(node, kinds)]  # fmt: skip
    assert defined == [], "what passes a few lines goes to lib/indicators, with a test"


@each_document
def test_its_cells_are_short(name):
    lengths = [len(text.splitlines()) for text in code(name)]
    assert max(lengths) <= LONGEST
    assert statistics.median(lengths) <= MEDIAN


@each_document
def test_its_words_stand_in_markdown(name):
    spoken = [
        part.value
        for text in code(name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYING
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    written = [source(cell) for cell in cells(name) if cell["cell_type"] == "markdown"]
    said, told = (sum(len(text.split()) for text in texts) for texts in (written, spoken))
    assert said / (said + told) >= IN_MARKDOWN


class Markdown(SingleFileSnapshotExtension):
    """A snapshot as a file of Markdown."""

    file_extension = "md"
    _write_mode = WriteMode.TEXT


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day or "today")
@each_document
def test_what_it_says(name, day, snapshot):
    text = said_on(name, day)
    holes = [
        f"{what}: …{match[0]}…"
        for block in (*prose.sentences(text), *text.splitlines())
        for what, pattern in HOLES.items()
        for match in re.finditer(rf".{{0,30}}(?:{pattern}).{{0,30}}", block)
    ]
    assert holes == []
    assert text == snapshot(extension_class=Markdown)


def said_on(name: str, day: str) -> str:
    """The prose of the built page on a day, as it reads: values without their links, lines as they are written."""
    folder = ROOT / "_build" / (f"editions/{day}" if day else "executed")
    executed = json.loads((folder / "chapters" / f"{name}.ipynb").read_text("utf-8"))
    written = [source(cell) for cell in executed["cells"] if cell["cell_type"] == "markdown"]
    return html.unescape(re.sub(r"<[^>]+>", "", "\n\n".join(filter(None, map(str.strip, written))))) + "\n"
