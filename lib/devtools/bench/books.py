"""The books that are measured: a copy of this one, smaller ones of it, and one of many pages that only look real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from lib.build import plan, variants
from lib.build.cache import Cache
from lib.build.fingerprint import package_of
from lib.disk.files import tree
from lib.metadata import KEY
from lib.paths import CHECKOUT

FILES = ("_config.yml", "_toc.yml", "index.ipynb", "CITATION.cff", "requirements.txt", "pyproject.toml", "README.md")
LICENCES = ("LICENSE", "LICENSE-text", "NOTICE")
ECONOMY = "chapters/economy"
TINY = ("as_of: str = ''\nnumber: int = 0", "from lib import catalog\nprint(number)")


def copied(folder: Path) -> Path:
    """Copy the book without editions of past days, which no other way builds, and without the page that needs one."""
    for name in (*FILES, *LICENCES):
        if (CHECKOUT / name).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, folder)
    for source in (package_of(CHECKOUT), CHECKOUT / "data", CHECKOUT / "chapters"):
        for path in tree(source):
            target = folder / path.relative_to(CHECKOUT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    for part in toc["parts"]:
        part["chapters"] = [entry for entry in part["chapters"] if entry["file"] != plan.CHANGES]
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")
    return folder


def with_economies(folder: Path, count: int) -> list[plan.Job]:
    """Make jobs for `count` pages of economies: those of the book in turn, each time under another title."""
    (group,) = [group for group in variants.read(CHECKOUT).pages if group.notebook == ECONOMY]
    jobs = []
    for number in range(count):
        variant = group.each[number % len(group.each)]
        title = f"{variant.title} {number}"
        page = plan.Page(f"economies/page-{number}", folder / f"{ECONOMY}.ipynb", False, "", title, variant.parameters)
        jobs.append(plan.job(folder, page))
    return jobs


def of_tiny_pages(folder: Path, count: int) -> Path:
    """Make a book with so many pages of one notebook, all of which have run as far as the cache can tell."""
    (folder / "chapters").mkdir(parents=True)
    shutil.copytree(CHECKOUT / "data", folder / "data")
    for name in ("_config.yml", "CITATION.cff", "requirements.txt"):
        shutil.copy(CHECKOUT / name, folder)
    for name in ("index", "chapters/tiny"):
        (folder / f"{name}.ipynb").write_text(json.dumps(_notebook(*TINY)), encoding="utf-8")
    each = [{"page": f"tiny/page-{n}", "title": f"Page {n}", "parameters": {"number": n}} for n in range(count)]
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: chapters/tiny\n", encoding="utf-8"
    )
    listed = {"pages": [{"notebook": "chapters/tiny", "below": "chapters/tiny", "each": each}]}
    (folder / variants.FILE).write_text(yaml.safe_dump(listed), encoding="utf-8")
    cache = Cache(folder, folder / "data")
    for job in plan.jobs(folder):
        target = folder / "_build" / "executed" / f"{job.page.docname}.ipynb"
        cache.place(job, cache.put(job, _executed(job.values), {"seconds": 0.0}), target)
    cache.keep()
    return folder


def _notebook(parameters: str, code: str) -> Mapping:
    def cell(source: str, tags: list[str]) -> dict:
        metadata = {"tags": tags} if tags else {}
        return {"cell_type": "code", "id": f"c{len(source)}", "source": source, "metadata": metadata, "outputs": []}

    cells = [cell(parameters, ["parameters"]), cell(code, [])]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _executed(values: Mapping) -> str:
    """Return the executed notebook of a page of a hundred kilobytes that read two tables."""
    record = {KEY: {"chapter": {"tables": ["reserves", "mine_production"], "sources": []}}}
    output = {"output_type": "display_data", "data": {"text/html": "x" * 100_000}, "metadata": record}
    cell = {"cell_type": "code", "source": str(values), "outputs": [output], "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
