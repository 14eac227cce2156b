"""Executed notebooks made fit for publishing: values are in the prose, code is hidden, timings and paths are removed.

So the same notebooks, data and code give the same bytes. What a result is made from (`inputs`) names this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lib import prose

if TYPE_CHECKING:
    from nbformat import NotebookNode

INJECTED = "injected-parameters"
"""The tag of the cell with which papermill gives a notebook its values."""
ANSWER = "iv-answer"
"""The class of the paragraph that answers the question of a page; its cell in the notebook has the tag `answer`."""
HEADING = re.compile(r"^# +(.+?) *$", re.MULTILINE)


def publishable(notebook: NotebookNode, title: str = "") -> NotebookNode:
    """Return the executed notebook with code hidden and without anything that differs from run to run.

    `title` is put in the place of its first heading, where the page is one of several that share the notebook.
    """
    for name in ("papermill", "widgets"):
        notebook.metadata.pop(name, None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
        tags = list(dict.fromkeys(cell.metadata.get("tags", [])))
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if cell.cell_type == "markdown" and prose.KEY in cell.metadata:
            cell.metadata[prose.KEY] = prose.steady(cell.metadata[prose.KEY])
        if cell.cell_type == "markdown":
            cell.source = _prose(cell.source, tags, cell.metadata.get(prose.KEY, ()))
        if cell.cell_type == "code":
            hidden = "remove-input" if cell.outputs else "remove-cell"
            if "parameters" in tags or INJECTED in tags:
                hidden = "remove-cell"
            if hidden not in tags and "keep-input" not in tags:
                tags.append(hidden)
        if tags:
            cell.metadata["tags"] = tags
    if title:
        entitle(notebook, title)
    return notebook


def written(notebook: Mapping[str, Any]) -> str:
    """Return a notebook as JSON on one line, which is four times as quick to write as one with indents."""
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True) + "\n"


def title_of(notebook: Mapping[str, Any]) -> str:
    """Return the first heading of a notebook, as text; empty where it has none."""
    for cell in notebook["cells"]:
        heading = HEADING.search("".join(cell["source"])) if cell["cell_type"] == "markdown" else None
        if heading:
            return heading[1]
    return ""


def entitle(notebook: Mapping[str, Any], title: str) -> None:
    """Put `title` in the place of the first heading of a notebook."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and HEADING.search(cell["source"]):
            cell["source"] = HEADING.sub(lambda _: f"# {title}", cell["source"], count=1)
            return


def with_prose(executed: Mapping[str, Any], source: Mapping[str, Any], title: str = "") -> dict[str, Any]:
    """Return an executed notebook with what `source`, whose code is the same, says beside its code.

    It is as if it had run again: `publishable` would have made the same of it. `title` is as there.
    """
    stretches = iter(_stretches(executed))
    code, results = next(stretches)
    cells = list(code)
    for cell in source["cells"]:
        if cell["cell_type"] == "code":
            code, results = next(stretches)
            cells += code
        else:
            cells.append(_told(cell, results))
    woven = {**executed, "cells": [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells, start=1)]}
    if title:
        entitle(woven, title)
    return woven


def _stretches(executed: Mapping[str, Any]) -> list[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """List the code cells, each with the results by expression of the prose after it; first what comes before any.

    The cell with which papermill gives values belongs to the one before it.
    """
    stretches: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [([], {})]
    for cell in executed["cells"]:
        metadata = cell.get("metadata", {})
        if cell["cell_type"] != "code":
            stretches[-1][1].update((entry["expression"], entry) for entry in metadata.get(prose.KEY, ()))
        elif INJECTED in metadata.get("tags", ()):
            stretches[-1][0].append(cell)
        else:
            stretches.append(([cell], {}))
    return stretches


def _told(cell: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell of prose as `publishable` would have made it, with the results of the place where it stands."""
    metadata = {"tags": []} | cell.get("metadata", {})  # papermill gives each cell that list
    text = "".join(cell["source"])
    metadata.pop(prose.KEY, None)
    if cell["cell_type"] == "markdown":
        if wanted := prose.expressions(text):
            metadata[prose.KEY] = [results[expression] for expression in wanted]
        text = _prose(text, metadata["tags"], metadata.get(prose.KEY, ()))
    return {**cell, "metadata": metadata, "source": text}


def _prose(text: str, tags: Sequence[str], results: Sequence[Mapping[str, Any]]) -> str:
    """Write a cell of prose as it is on the page: with its values, and the answer of the page marked as such."""
    text = prose.filled(text, results) if results else text
    return f"{{.{ANSWER}}}\n{text}" if "answer" in tags and text else text
