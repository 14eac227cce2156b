"""Read every sentence of the book and of its code, and name words to avoid: `python -m lib.devtools.wording`.

proselint reads them, with its own checks and with those of `wording.yml`. Code is passed over; a value that is put into
a sentence when it is shown reads as X, or as a year where its name says so.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from proselint.checks import __register__ as builtin
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check, engine, types
from proselint.tools import LintFile

from lib.paths import CHECKOUT
from lib.prose import EXPRESSION, FENCE

WORDS = Path(__file__).with_suffix(".yml")
OURS = "book"
NO_PROSE = re.compile(
    r"^(?: {4}|\t)[^\n]*$|^---\n.*?\n---$|<!--.*?-->|\]\([^)]*\)|<[^>\s][^>]*>", re.MULTILINE | re.DOTALL
)
DIRECTIVE = re.compile(r"^ *[`~:]{3,}\{[\w-]+\}.*\n|\n *[`~:]{3,}\s*\Z")
ROLE = re.compile(r"\{[\w-]+\}(?=`)")
SENTENCE = re.compile(r"[A-Za-z]\w+,? \w+,? \w\w")
QUERY = re.compile(r"\b(?:SELECT|FROM|PRAGMA|import)\b|\w\(\)")
SCRIPT_TEXT = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
DESCRIPTION = re.compile(r'"(?:title|description)": ("(?:[^"\\]|\\.)*")')


class Passage(NamedTuple):
    """Words that a reader meets together: the file, the line or cell where they begin, and the words."""

    place: str
    line: int
    text: str


class Finding(NamedTuple):
    """Words to avoid: where they are, which they are, and what to do instead."""

    place: str
    words: str
    advice: str

    def __str__(self) -> str:
        """Show the finding as a line of a linter's report."""
        return f"{self.place}: “{self.words}”: {self.advice}"


def stand_in(expression: str) -> str:
    """Return the word that a sentence has in place of a value: 2024 for a year, X for all others."""
    return "2024" if re.search(r"year|edition", expression) else "X"


def _blanked(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _opened(fence: re.Match[str]) -> str:
    return DIRECTIVE.sub(_blanked, fence[0]) if DIRECTIVE.match(fence[0]) else _blanked(fence)


def of_markdown(place: str, source: str, first: int = 1) -> Iterator[Passage]:
    """Yield the paragraphs of a text of Markdown, without its code; the content of a directive is prose."""

    def value(match: re.Match[str]) -> str:
        return (stand_in(match["expression"]) if match["expression"] else "X") + _blanked(match)

    prose = NO_PROSE.sub(_blanked, ROLE.sub("", EXPRESSION.sub(value, FENCE.sub(_opened, source))))
    for paragraph in re.finditer(r"(?:.+(?:\n|\Z))+", prose):
        yield Passage(place, first + prose.count("\n", 0, paragraph.start()), paragraph[0])


def of_python(place: str, source: str) -> Iterator[Passage]:
    """Yield the sentences among the texts of a module: of docstrings the first line, all others whole."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    parts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    docstrings = {
        node.value
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.JoinedStr)
    }
    for node in nodes:
        text = None if node in parts else _text(node)
        if text is not None:
            text = text.strip().partition("\n")[0] if node in docstrings else text
            yield from _sentence(place, node.lineno, text)  # type: ignore[attr-defined]


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or stand_in(ast.unparse(part)) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _sentence(place: str, line: int, text: str) -> Iterator[Passage]:
    shown = re.sub(r"(?:<[^>]*>|\s)+", " ", re.sub(r"`[^`]*`", "X", text))
    if SENTENCE.search(shown) and not QUERY.search(shown):
        yield Passage(place, line, shown)


def of_script(place: str, source: str) -> Iterator[Passage]:
    """Yield the sentences among the texts of a script for the browser."""
    for match in SCRIPT_TEXT.finditer(source):
        text = re.sub(r"\$\{([^}]*)\}", lambda value: stand_in(value[1]), match[match.lastindex or 0])
        yield from _sentence(place, source.count("\n", 0, match.start()) + 1, text)


def of_descriptions(place: str, source: str) -> Iterator[Passage]:
    """Yield the titles and descriptions of a file of JSON that has each on a line of its own."""
    for number, line in enumerate(source.splitlines(), start=1):
        for text in DESCRIPTION.findall(line):
            yield Passage(place, number, re.sub(r"`[^`]*`", "X", json.loads(text)))


def of_notebook(place: str, source: str) -> Iterator[Passage]:
    """Yield the paragraphs of a notebook's Markdown cells, and the sentences of its code."""
    for number, cell in enumerate(json.loads(source)["cells"], start=1):
        read = of_markdown if cell["cell_type"] == "markdown" else of_python
        yield from read(f"{place}, cell {number}", "".join(cell["source"]))


Reader = Callable[[str, str], Iterator[Passage]]
READERS: dict[str, Reader] = {
    "*.md": of_markdown,
    "docs/**/*.md": of_markdown,
    "chapters/*.md": of_markdown,
    ".github/**/*.md": of_markdown,
    "*.ipynb": of_notebook,
    "chapters/*.ipynb": of_notebook,
    "lib/**/*.md": of_markdown,
    "lib/**/*.py": of_python,
    "lib/**/*.js": of_script,
    "lib/**/*.schema.json": of_descriptions,
    "data/*.json": of_descriptions,
}


def passages(folder: Path = CHECKOUT) -> Iterator[Passage]:
    """Yield all that a reader of the book, its code or its documents can meet."""
    for pattern, read in READERS.items():
        for path in sorted(folder.glob(pattern)):
            yield from read(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))


@cache
def _checks() -> dict[str, bool]:
    rules = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    instead = {f"(?:{pattern})": advice for pattern, advice in rules["instead"].items()}
    CheckRegistry().register_many(
        (
            *builtin,
            Check(types.PreferredForms(instead), path=f"{OURS}.words", message="{}"),
            Check(
                types.ExistenceSimple(
                    r"\b([A-Za-z]+)(?:[ \t]+|[ \t]*\n[ \t]*)\1\b", (r"X\s+X", "had had", "that that")
                ),
                engine=engine.Fancy(),
                path=f"{OURS}.doubled",
                message="write it once",
            ),
        )
    )
    off = dict.fromkeys(rules["not_for_us"], False)
    return off | DEFAULT["checks"] | off | {OURS: True}  # the first that fits counts, so ours stand before and after


def findings(texts: Iterable[Passage]) -> Iterator[Finding]:
    """Yield what is to be written otherwise in `texts`."""
    settings = Config(max_errors=DEFAULT["max_errors"], checks=_checks())
    for text in texts:
        read = LintFile(text.place, text.text)
        for found in read.lint(settings):
            begin, end = found.check_result.span
            words = " ".join(read.content[begin:end].split())
            yield Finding(f"{text.place}:{text.line + found.pos[0] - 1}", words, found.check_result.message)


def main() -> int:
    """Show all findings; 1 if there are any."""
    found = list(findings(passages()))
    for finding in found:
        print(finding)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
