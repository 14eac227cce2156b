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
- file: changes
- file: corrections
- file: facts
- file: figures
- file: data
- file: references
- file: chapters/glossary
- file: status
"""
COLUMNS = "id,title,publisher,published,published_precision,accessed,url,doi,licence,confidence,retrieved_copy,note"
READ = "2026-11-22"
SOURCES = f"""{COLUMNS}
geo_2025.v1,"Ores & metals: 50% {{more}}",Survey,2025-02-06,day,{READ},https://example.org/a_b?c=1%20,,free,high,,
geo-2026,Ores again,Geological Survey,2026-02-28,month,{READ},,10.5066/P1WKQ63T,public domain,medium,,read as quoted
unused,Never cited,Nobody,2020-01-01,day,{READ},https://example.org,,,high,,
"""
ORES_CSV = """ore,iso3,year,value_t,mined,opened,qualifier,source_id,also_source_ids,published
bastnaesite,CHN,2024,270000.5,true,1957-01-01,e,geo_2025.v1,,
bastnaesite,USA,2024,45000,true,,,geo_2025.v1,,2025-03-01
"clay, <ionic>",MMR,2024,,false,,NA,geo_2025.v1,,
bastnaesite,CHN,2025,270000,true,,,geo-2026,geo_2025.v1,
bastnaesite,WLD,2025,390000,true,,>,geo-2026,,
"""
CORRECTIONS = """id,table,match,column,printed,corrected,why,source_id,until_edition,note
ores-usa,ores,"{""iso3"": ""USA""}",value_t,54000,45000,Digits were swapped.,geo-2026,2025,
"""
LOG = """- id: ore-share
  corrected: 2026-11-20
  where: {fact: ores.share, table: ores}
  said: 70% <of> it
  right: 69%
  sources: [geo-2026]
  drafts: until 20 November 2026
  versions: []
- id: gone
  corrected: 2026-11-01
  where: {fact: ores.gone}
  said: Something
  right: Something else
  versions: []
"""


def column(name: str, kind: str = "string", description: str = "", **more) -> dict:
    return {"name": name, "type": kind, "title": name, "description": description} | more


PACKAGE = {
    "name": "tiny",
    "profile": "tabular-data-package",
    "licenses": [{"name": "CC-BY-4.0", "title": "Creative Commons Attribution", "path": "https://example.org/by"}],
    "resources": [
        {
            "name": "ores",
            "path": "ores.csv",
            "profile": "tabular-data-resource",
            "title": "Ores",
            "topic": "Rocks",
            "description": "One ore a row: x_y * z",
            "vintageKey": ["ore", "iso3", "year"],
            "schema": {
                "fields": [
                    column("ore", description="Name", constraints={"required": True}),
                    column("iso3", description="Country"),
                    column("year", "integer", "Year described", constraints={"minimum": 1900}),
                    column("value_t", "number", "Mass of a < b", unit="t REO"),
                    column("mined", "boolean", "Whether it is mined"),
                    column("opened", "date", "First day"),
                    column("qualifier", description="Mark", constraints={"enum": ["e", ">", "NA"]}),
                    column("source_id", description="Source"),
                    column("also_source_ids", description="More sources"),
                    column("published", "date", "Day of publication"),
                ],
                "missingValues": [""],
            },
        }
    ],
}
GLOSSARY = """# Glossary

```{glossary}
reserve
reserves
  Ore that can be mined at a profit today. It is not all there is.

ore
  Rock with something in it.
```
"""
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
    record["parameters"] = {"as_of": as_of or ""}
    display(HTML(""), metadata={"industrial-vitamins": {"chapter": record}})


def fact(name, row, text="69%"):
    inputs = [{"table": "ores", "row": number, "source_id": "geo_2025.v1"} for number in (row, row + 1)]
    return {"name": name, "text": text, "value": 69.2, "unit": "%", "scope": "mined * [here]", "period": "2025",
            "formula": "a < b & c_d", "bound": "<", "estimated": True, "qualifier": "upper bound, estimate",
            "inputs": inputs}"""
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
    ("code", 'chapter("index", [fact("headline", 2, "at most 70%")], as_of)'),
]
ORES = [
    ("markdown", "# Ores\n\nA chapter on ores cites {cite}`geo-2026` and goes on to be a sentence of some length."),
    ("parameters", PARAMETERS),
    ("code", HELPERS),
    ("code", 'figure("second", "Top " + str(top))'),
    ("code", 'if as_of != "2020-01-01":\n    figure("third", "As of " + (as_of or "today"))'),
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
    (folder / "data" / "ores.csv").write_text(ORES_CSV)
    (folder / "data" / "corrections.csv").write_text(CORRECTIONS)
    (folder / "chapters" / "glossary.md").write_text(GLOSSARY)
    (folder / "chapters" / "corrections.yml").write_text(LOG)
    (folder / "data" / "datapackage.json").write_text(json.dumps(PACKAGE))
    (folder / "index.ipynb").write_text(notebook(index or INDEX))
    (folder / "chapters" / "ores.ipynb").write_text(notebook(ores or ORES))
    return folder
