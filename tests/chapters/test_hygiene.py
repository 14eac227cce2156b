"""The notebooks as they are kept: no outputs, literal parameters, short cells, and no number typed in prose."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.build import plan
from lib.prose import expressions

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [page.path for page in (*plan.notebooks(ROOT), *plan.templates(ROOT)) if not page.title]
LONGEST_CELL = 15
SAYING = {"say", "sentence"}
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

# What may stand as digits in prose because it is a name or a date, not a finding. Everything else is computed.
ALLOWED = {
    "placeholders, roles and code, links and addresses, formulas": (
        r"\{\w[^{}]*\}`[^`]*`|`[^`]*`|\{[^{}]*\}|\]\([^)]*\)|https?://\S+|<[^>]+>|\$\$?[^$]+\$\$?|\^\(\d/\d\)"
    ),
    "words quoted from a source": r"“[^”]*”",
    "numbers of laws and announcements": (
        r"\(EU\) (?:No )?\d+/\d+|\bDS\d+\b"
        r"|\b(?:Nos?\.|Announcements?|Article|Articles|Annex|Section|Order|Chapter) ?\d+(?:(?:,| and| to|–) ?\d+)*"
    ),
    "days": rf"\b\d{{1,2}}(?:(?:–|-| and | to )\d{{1,2}})? (?:{MONTHS})\b|\b\d{{4}}-\d\d-\d\d\b",
    "years and spans of years": r"\b(?:19|20)\d\d(?:[–-](?:19|20)?\d\d)?s?\b",
    "customs codes": r"\b(?:HS|CN|HTS)(?: codes?)? ?\d[\d. ]*\d(?:(?:,| and| or) \d[\d.]*\d)*",
    "chemical formulas": r"\b(?:[A-Z][a-z]?[\d₀-₉]+)+(?:[A-Z][a-z]?)*\b",
    "the definition of rare earths": r"\b17 (?:rare earths|rare-earth elements|elements)\b",
    "ends and legal thresholds of the Herfindahl index": r"\bfrom 0\b|\b10,000\b(?! t)|\b1,800\b|\b2,500\b(?! t)",
    "names that hold a digit": r"\bG7\b|\bF-35\b|\bPM2\.5\b",
}


def notebook(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def by_name(path: Path) -> str:
    return path.stem


each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)


@each_notebook
def test_it_is_kept_without_outputs(path):
    for number, cell in enumerate(notebook(path), start=1):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], f"cell {number}: clear the outputs before you commit"
            assert cell["execution_count"] is None, f"cell {number}: clear the execution count"


@each_notebook
def test_its_parameters_are_literals_with_a_meaning_and_it_can_be_dated(path):
    declared = plan.parameters(path)
    assert "as_of" in [parameter.name for parameter in declared]
    assert [parameter.name for parameter in declared if not parameter.meaning] == []


@each_notebook
def test_it_starts_with_its_title_and_names_the_common_kernel(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["cells"][0]["cell_type"] == "markdown"
    assert source(content["cells"][0]).startswith("# ")
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    headings = [line for cell in content["cells"] if cell["cell_type"] == "markdown" for line in titles(source(cell))]
    assert len(headings) == 1


def titles(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("# ")]


@each_notebook
def test_its_code_cells_are_short(path):
    cells = [source(cell) for cell in notebook(path) if cell["cell_type"] == "code"]
    long = [text.splitlines()[0] for text in cells if len([x for x in text.splitlines() if x.strip()]) > LONGEST_CELL]
    assert long == [], f"more than {LONGEST_CELL} lines: move computation to lib/, with a test"


@each_notebook
def test_what_it_calls_of_the_code_is_there(path):
    modules, absent = {}, []
    cells = notebook(path)
    trees = [ast.parse(source(cell)) for cell in cells if cell["cell_type"] == "code"]
    asked = [text for cell in cells if cell["cell_type"] == "markdown" for text in expressions(source(cell))]
    trees += [ast.parse(text, mode="eval") for text in asked]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lib"):
            home = importlib.import_module(node.module)
            for name in node.names:
                with contextlib.suppress(ImportError):
                    importlib.import_module(f"{node.module}.{name.name}")
                found = getattr(home, name.name, None)
                absent += [f"{node.module}.{name.name}"] * (found is None)
                modules |= {name.asname or name.name: found} if inspect.ismodule(found) else {}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            absent += [f"{node.value.id}.{node.attr}"] * (not hasattr(modules[node.value.id], node.attr))
    assert absent == []


@each_notebook
def test_its_prose_has_no_typed_numbers(path):
    found = [f"cell {number}: {hit}" for number, text in prose(path) for hit in typed_numbers(text)]
    assert found == [], "record these as facts, so that they are computed and show their derivation"


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Markdown, and the texts given to the functions that say something, with the number of their cell."""
    for number, cell in enumerate(notebook(path), start=1):
        if cell["cell_type"] == "markdown":
            yield number, source(cell)
        elif cell["cell_type"] == "code":
            for text in said(source(cell)):
                yield number, text


def said(code: str) -> Iterator[str]:
    """The literal texts in calls of `.say(…)` and the like; f-strings without their computed parts."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYING:
            for argument in node.args:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def typed_numbers(text: str) -> list[str]:
    """Digits in `text` that no rule of ALLOWED explains, each with a few letters around it."""
    for pattern in ALLOWED.values():
        text = re.sub(pattern, " ", text)
    return [" ".join(match.group().split()) for match in re.finditer(r"[^\n]{0,25}\d[\d.,]*[^\n]{0,15}", text)]


@pytest.mark.parametrize(
    "text",
    [
        "In 2025, on 4 April 2025 and from 2010–2015 or 2010–15, HS 2846 and HS 8505.11 fell under {share}.",
        "Regulation (EU) 2024/1252, Annex 2, Announcement No. 18 and Nos. 55 to 58, WTO dispute DS431, Article 19",
        "Nd2Fe14B magnets, the 17 rare earths, {numref}`fig-top-10`, [here](x.html#a-3), `top=8`, $x_1 = 2$",
    ],
)
def test_names_and_dates_are_no_typed_numbers(text):
    assert typed_numbers(text) == []


@pytest.mark.parametrize("text", ["China mined 69% of it", "about 270,000 t", "rose by 1.5 points", "12 elements"])
def test_findings_are_typed_numbers(text):
    assert typed_numbers(text) != []
