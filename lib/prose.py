"""Expressions in the prose of a notebook: which there are in a Markdown cell, and the text with their values.

They are written as JupyterLab shows them with jupyterlab-myst, {eval}`name.of_a_value`, and their results are kept as
it keeps them, in the metadata of the cell. What was not public by the day of the page has no value, and the paragraph
or item of a list that asks for it is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from lib import markup
from lib.absent import MIMETYPE as ABSENT

KEY = "user_expressions"
"""The entry of a cell's metadata that holds a list of `expression` and `result`, one for each in the text."""
NOT_SAID = ("NoDataYet", "DoesNotHold")
"""The errors that say why a page says nothing: data were not public by its day, or it is no place for what is asked."""
CODE = r"(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)"
EXPRESSION = re.compile(rf"\{{eval\}}`(?P<expression>[^`\n]+)`|{CODE}", re.DOTALL)
"""An expression, or other code, which is passed over as a whole."""
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
BLANK = re.compile(r"\n[ \t]*\n\Z|\A\Z")
ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)


class ExpressionFailed(Exception):
    """An expression in the prose of a notebook has no value: `expression`, and the error that it raised."""

    def __init__(self, expression: str, error: str) -> None:
        super().__init__(f"{{eval}}`{expression}`: {error}")
        self.expression, self.error = expression, error


def expressions(source: str) -> list[str]:
    """Return the expressions of a Markdown cell in their order; those in fenced code are left out."""
    matches = EXPRESSION.finditer(FENCE.sub("", source))
    return [match["expression"].strip() for match in matches if match["expression"]]


def refuse_failed(results: Sequence[Mapping[str, Any]]) -> None:
    """Raise ExpressionFailed for the first result that is an error, unless it says that data were not yet public."""
    for entry in results:
        result = entry["result"]
        if result["status"] != "ok" and result["ename"] not in NOT_SAID:
            raise ExpressionFailed(entry["expression"], f"{result['ename']}: {result['evalue']}")


def steady(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return results without what differs from run to run or from folder to folder: the tracebacks of errors."""
    return [
        {**entry, "result": {name: value for name, value in entry["result"].items() if name != "traceback"}}
        for entry in results
    ]


def filled(source: str, results: Sequence[Mapping[str, Any]], *, values: bool = True) -> str:
    """Return the text of a Markdown cell with the values of its expressions, without blocks that lack one of them.

    A block is a paragraph, or an item of a list. Without `values` the expressions stay. Raises ExpressionFailed for an
    expression without a result.
    """
    known = {entry["expression"]: entry["result"] for entry in results}
    kept = [""]
    for block in blocks(source):
        text = _block(block, known)
        text = block if text is not None and not values else text
        if text is not None:
            kept.append(text)
        elif BLANK.search(block):  # the last item of a list goes, and what follows is no part of the one before
            kept.append("" if BLANK.search(kept[-1]) else "\n\n")
    return "".join(kept).strip("\n")


def sentences(text: str) -> list[str]:
    """Return the paragraphs and items of a text of Markdown, each on one line, without fenced code and headings."""
    found = (" ".join(block.split()) for block in blocks(text) if not FENCE.match(block))
    return [block for block in found if block and not block.startswith("#")]


def blocks(source: str) -> list[str]:
    """Split a text into parts that can be left out, each with the lines up to the next one; fenced code is one."""
    parts, end = [], 0
    for fence in FENCE.finditer(source):
        parts += [*_paragraphs(source[end : fence.start()]), fence[0]]
        end = fence.end()
    return parts + _paragraphs(source[end:])


def _paragraphs(text: str) -> list[str]:
    paragraphs = re.findall(r".+?(?:\n[ \t]*\n+|\Z)", text, re.DOTALL)
    return [block for paragraph in paragraphs for block in _items(paragraph)]


def _items(paragraph: str) -> list[str]:
    starts = [0, *(match.start() for match in ITEM.finditer(paragraph) if match.start()), len(paragraph)]
    return [paragraph[start:end] for start, end in pairwise(starts)]


def _block(block: str, known: Mapping[str, Mapping[str, Any]]) -> str | None:
    if FENCE.match(block):
        return block
    wanted = expressions(block)
    for expression in wanted:
        if expression not in known:
            raise ExpressionFailed(expression, "it was not evaluated")
    if any(known[expression]["status"] != "ok" or ABSENT in known[expression]["data"] for expression in wanted):
        return None

    def value(match: re.Match[str]) -> str:
        return shown(known[match["expression"].strip()]["data"]) if match["expression"] else match[0]

    return EXPRESSION.sub(value, block)


def shown(data: Mapping[str, str]) -> str:
    """Write a value as text of a page: its HTML where it has one, else what it prints, a string without quotes."""
    if "text/html" in data:
        return data["text/html"]
    plain = data["text/plain"]
    try:
        value = ast.literal_eval(plain)
    except (ValueError, SyntaxError):
        value = plain
    return markup.text(value if isinstance(value, str) else plain)
