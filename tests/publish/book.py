"""A tiny book for the tests of the publishing engine: two notebooks, three figures, two facts, one formula."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOC = """format: jb-book
root: index
chapters:
- file: chapters/ores
- file: facts
- file: figures
- file: references
"""
COLUMNS = "id,title,publisher,published,published_precision,accessed,url,doi,licence,confidence,retrieved_copy,note"
READ = "2026-11-22"
SOURCES = f"""{COLUMNS}
geo_2025.v1,"Ores & metals: 50% {{more}}",Survey,2025-02-06,day,{READ},https://example.org/a_b?c=1%20,,free,high,,
geo-2026,Ores again,Geological Survey,2026-02-28,month,{READ},,10.5066/P1WKQ63T,public domain,medium,,read as quoted
unused,Never cited,Nobody,2020-01-01,day,{READ},https://example.org,,,high,,
"""
PACKAGE = {
    "resources": [{"name": "ores", "path": "ores.csv", "title": "Ores", "description": "One ore a row: x_y * z"}]
}
HELPERS = """from IPython.display import HTML, Markdown, display


def figure(name, title, body=""):
    html = (f'<div class="iv-figure" id="fig-{name}" data-name="{name}" data-title="{title}">'
            f'<p class="iv-title">{title}</p><svg viewBox="0 0 10 10" width="10"></svg>{body}'
            '<p class="iv-sources">Source: <a href="source:geo-2026">2026</a></p></div>')
    record = {"name": name, "title": title, "subtitle": "Tonnes", "alt": "A bar chart", "sources": ["geo-2026"]}
    rows = [{"ore": "a #1, b", "t": 1.5}, {"ore": "c", "t": None}]
    spec = {"data": {"values": rows}, "mark": "bar", "encoding": {"x": {"field": "t", "type": "quantitative"}}}
    record |= {"data": rows, "spec": spec if name == "first" else None}
    display({"text/html": html, "text/plain": title}, raw=True, metadata={"industrial-vitamins": {"figure": record}})


def chapter(name, facts, as_of=None):
    record = {"name": name, "as_of": as_of or None, "vintage": "2026-11-22", "facts": facts, "tables": ["ores"]}
    display(HTML(""), metadata={"industrial-vitamins": {"chapter": record}})


def fact(name, row, text="69%"):
    inputs = [{"table": "ores", "row": number, "source_id": "geo_2025.v1"} for number in (row, row + 1)]
    return {"name": name, "text": text, "value": 69.2, "unit": "%", "scope": "mined * [here]", "period": "2025",
            "formula": "a < b & c_d", "bound": "<", "estimated": True, "inputs": inputs}"""
PARAMETERS = 'as_of: str = ""  # the day whose knowledge the page shows\ntop = 8  # how many countries are named'
INDEX = [
    (
        "markdown",
        "# A tiny book\n\nThis paragraph is long enough to describe the page to a search engine, and a bit more.",
    ),
    ("parameters", PARAMETERS),
    ("code", HELPERS),
    ("code", 'figure("first", "Ore is mostly rock")'),
    (
        "markdown",
        "See {numref}`fig-third` and [a fact](fact:ores.share), [a source](source:geo_2025.v1), $x^2$.\n\n$$a = b$$",
    ),
    ("code", 'chapter("index", [fact("headline", 2, "at most 70%")])'),
]
ORES = [
    ("markdown", "# Ores\n\nA chapter on ores cites {cite}`geo-2026` and goes on to be a sentence of some length."),
    ("parameters", PARAMETERS),
    ("code", HELPERS),
    ("code", 'figure("second", "Top " + str(top))'),
    ("code", 'if as_of != "1990-01-01":\n    figure("third", "As of " + (as_of or "today"))'),
    (
        "code",
        'display(Markdown(\'A share of <a class="iv-fact" href="fact:ores.share">69%</a>, see {numref}`fig-first`\'))',
    ),
    ("code", 'chapter("ores", [fact("share", 4)], as_of)'),
]


def notebook(cells: list[tuple[str, str]]) -> str:
    """A notebook as JSON: cells are `markdown`, `code`, or `parameters` (a tagged code cell)."""
    made = []
    for number, (kind, source) in enumerate(cells):
        cell = {"id": f"c{number}", "metadata": {}, "source": source}
        if kind == "markdown":
            cell["cell_type"] = "markdown"
        else:
            cell |= {"cell_type": "code", "execution_count": None, "outputs": []}
            if kind == "parameters":
                cell["metadata"] = {"tags": ["parameters"]}
        made.append(cell)
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def write_book(folder: Path, index: list | None = None, ores: list | None = None) -> Path:
    """Write the book to `folder`, with the settings of the real one."""
    (folder / "chapters").mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "_toc.yml").write_text(TOC)
    (folder / "data" / "sources.csv").write_text(SOURCES)
    (folder / "data" / "datapackage.json").write_text(json.dumps(PACKAGE))
    (folder / "index.ipynb").write_text(notebook(index or INDEX))
    (folder / "chapters" / "ores.ipynb").write_text(notebook(ores or ORES))
    return folder
