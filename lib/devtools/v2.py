"""Exercise the exit from Jupyter Book 1: `python -m lib.devtools.v2`, or `make v2`.

The book is converted for mystmd, which is Jupyter Book 2, into `_build/v2/`: `myst.yml` from `_config.yml` and
`_toc.yml`, and the notebooks as they are, with the results of their last run. Where Node is there, mystmd is installed
there and reads them. What is lost is counted by page in `docs/exit.md`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lib import cite, prose
from lib.build import plan
from lib.errors import BookError
from lib.paths import CHECKOUT

FOLDER, REPORT = Path("_build", "v2"), Path("docs", "exit.md")
MYSTMD = "mystmd@1.8.3"
TEMPLATE = {"version": 1, "title": "None", "kind": "site", "build": {"install": "true", "start": "true"}}
"""A theme that shows nothing: those of mystmd are fetched from an address that may not be there in some years."""
SCHEMES = ("fact", "claim", "source", "table", "figure", "download")
SCHEME = re.compile(rf"(?:\]\(|\bhref=[\"'])({'|'.join(SCHEMES)}):")
FIGURE = re.compile(r"\{numref\}`fig-[^`]+`")
SAID = re.compile(r"^\W*\s(?P<page>[\w/-]+\.(?:ipynb|md))(?::\d+)*\s+(?P<what>.+)$")
MISSING_FIGURE = re.compile(r"^Cross reference target was not found: fig-")
EMPTY_REFERENCE = "Cross reference text is empty"
"""What mystmd says besides of each reference whose target it has not found."""
VALUES, TARGETS, LINKS, OTHERS = "expressions", "references to figures", "links by scheme", "other messages"

KINDS = (VALUES, TARGETS, LINKS)
REPORTED = """\
# The exit from Jupyter Book 1

`make v2` writes this page. It converts the book for mystmd, the engine of Jupyter Book 2, and counts what mystmd does
not show. It was last run with mystmd {version}.

Of {asked:,} expressions in the prose, {shown:,} show their value: `{{eval}}` is MyST's own syntax, and the results are
kept where mystmd looks for them. The link of each value to its derivation leads nowhere. The charts are in the pages as
the HTML that the notebooks made.

## Lost, by page

{table}

A reference to a figure is lost because the figure is an output of a cell. The Sphinx extension of the book numbers and
names it; for mystmd the cell would need a label. A link by scheme, such as `fact:` or `source:`, leads to a page that
the book generates.

## Other messages of mystmd

{said}

## What the book makes itself

These pages are generated for Sphinx and are not converted: {generated}.
The same is true of what is around the text: the theme, the search of places, the derivations behind numbers, the menu
of editions, the pages of figures, citations, downloads and PDFs. They are made from the records of the executed
notebooks (`lib/records.py`), not from Sphinx, so that another engine needs new templates for them but no new
computation.
"""


class NotBuilt(BookError):
    """A book whose notebooks have not been run."""


@dataclass
class Lost:
    """What a page has, and how much of it mystmd does not show: counts by kind; `said` are its other messages."""

    has: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)


def main() -> int:
    """Convert the book, have mystmd read it where that is possible, and write the report."""
    target = CHECKOUT / FOLDER
    pages = convert(CHECKOUT, CHECKOUT / "_build" / "executed", target)
    found = {page: Lost(has=survey(target / page)) for page in pages}
    print(f"{len(pages)} pages are converted in {target}")
    program = _mystmd(target)
    if program is None:
        print(
            "There is no Node 18 or newer, or mystmd cannot be installed: it was not run, and the report is as it was."
        )
        return 0
    printed = _run([program, "build", "--site"], target)
    if not (target / "_build" / "site" / "content").is_dir():
        print(printed[-3000:], file=sys.stderr)
        return 1
    note_losses(found, printed, target / "_build" / "site" / "content")
    generated = [page.docname for page in plan.pages(CHECKOUT) if page.path is None]
    (CHECKOUT / REPORT).write_text(report(found, generated, _run([program, "--version"], target)), encoding="utf-8")
    print(f"The report is {CHECKOUT / REPORT}")
    return 0


# ------------------------------------------------------------------------------------------- converting


def convert(root: Path, executed: Path, target: Path) -> list[str]:
    """Write a book for mystmd to a folder, which is emptied of all but its programs; return its pages.

    Raises NotBuilt where a notebook has not been run.
    """
    for path in target.glob("*"):
        if path.name not in ("node_modules", "package.json", "package-lock.json"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    pages = [page for page in plan.pages(root) if page.path is not None]
    files = {page.docname: f"{page.docname}{page.path.suffix}" for page in pages if page.path}
    for page in pages:
        copy = target / files[page.docname]
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_converted(page, executed), encoding="utf-8")
    (target / "template").mkdir()
    (target / "template" / "template.yml").write_text(yaml.safe_dump(TEMPLATE), encoding="utf-8")
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    (target / "myst.yml").write_text(yaml.safe_dump(project(settings, pages, files), sort_keys=False), encoding="utf-8")
    return list(files.values())


def project(settings: Mapping[str, Any], pages: list[plan.Page], files: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of `myst.yml`: what the book is called, who wrote it, its licences and its contents."""
    below: dict[str, list[dict[str, Any]]] = {}
    parts: dict[str, list[dict[str, Any]]] = {}
    for page in pages:
        entry = {"file": files[page.docname], "children": below.setdefault(page.docname, [])}
        (below.setdefault(page.below, []) if page.below else parts.setdefault(page.part, [])).append(entry)
    toc: list[dict[str, Any]] = []
    for caption, entries in parts.items():
        entries = [{name: value for name, value in entry.items() if value} for entry in entries]
        toc += [{"title": caption, "children": entries}] if caption else entries
    for entries in below.values():
        for entry in entries:
            entry.pop("children")
    content = {
        "title": settings["title"],
        "authors": [{"name": name} for name in cite.author_names()],
        "keywords": cite.citation_file().get("keywords", []),
        "license": dict(zip(("code", "content"), cite.citation_file()["license"], strict=True)),
        "numbering": {"figure": True},
        "exclude": ["node_modules/**", "template/**"],
        "toc": toc,
    }
    return {"version": 1, "project": content, "site": {"template": "./template"}}


def _converted(page: plan.Page, executed: Path) -> str:
    """Return a page for mystmd: text as it is; a notebook as it ran, its prose with expressions instead of values.

    The results are in the metadata of the cells, where both JupyterLab and mystmd look for them.
    """
    assert page.path is not None
    if not page.is_notebook:
        return page.path.read_text(encoding="utf-8")
    copy = executed / f"{page.docname}.ipynb"
    if not copy.is_file():
        raise NotBuilt(f"{page.docname} has not been run", "Run `book build` first.")
    notebook = json.loads(copy.read_text(encoding="utf-8"))
    source = json.loads(page.path.read_text(encoding="utf-8"))
    written = iter([cell for cell in source["cells"] if cell["cell_type"] == "markdown"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            results = cell["metadata"].get(prose.KEY, ())
            cell["source"] = prose.filled("".join(next(written)["source"]), results, values=False)
    if page.title:
        from lib.build import sanitise

        sanitise.entitle(notebook, page.title)
    return json.dumps(notebook, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------------------------------- what is lost


def survey(path: Path) -> Counter[str]:
    """Count what a page has that another engine may not know: expressions, references to figures, links by scheme."""
    texts = [path.read_text(encoding="utf-8")]
    if path.suffix == ".ipynb":
        texts = ["".join(cell["source"]) for cell in json.loads(texts[0])["cells"] if cell["cell_type"] == "markdown"]
    text = "\n".join(texts)
    counted = {VALUES: sum(len(prose.expressions(each)) for each in texts), TARGETS: len(FIGURE.findall(text))}
    return Counter(counted | {LINKS: len(SCHEME.findall(text))})


def note_losses(found: Mapping[str, Lost], printed: str, content: Path) -> None:
    """Note what mystmd said of each page, and what it made of it: values that are missing, links that lead nowhere."""
    for line in printed.splitlines():
        match = SAID.match(line)
        page = found.get(match["page"]) if match else None
        if match is None or page is None or match["what"].startswith(EMPTY_REFERENCE):
            continue
        if MISSING_FIGURE.match(match["what"]):
            page.lost[TARGETS] += 1
        else:
            page.lost[OTHERS] += 1
            page.said.append(match["what"])
    for path in sorted(content.glob("*.json")):
        made = json.loads(path.read_text(encoding="utf-8"))
        page = found.get(str(made.get("location", "")).lstrip("/"))
        if page is not None:
            nodes = list(_nodes(made["mdast"]))
            page.lost[VALUES] += sum(n["type"] == "inlineExpression" and not n.get("children") for n in nodes)
            urls = (str(node.get("url", "")) for node in nodes if node["type"] == "link")
            page.lost[LINKS] += sum(url.partition(":")[0] in SCHEMES for url in urls)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "type" in node:
        yield node
    for child in node.get("children") or ():
        yield from _nodes(child)


def report(found: Mapping[str, Lost], generated: list[str], version: str) -> str:
    """Write what works and what is lost, by page; pages of one folder below `chapters/` are added up."""
    rows: dict[str, list[Lost]] = {}
    for name, page in found.items():
        rows.setdefault(_row(name, found), []).append(page)
    heads = ["page", *KINDS, OTHERS]
    table = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    for name, pages in rows.items():
        cells = [f"{_sum(pages, 'lost', kind):,} of {_sum(pages, 'has', kind):,}" for kind in KINDS]
        cells.append(f"{_sum(pages, 'lost', OTHERS):,}")
        table.append(f"| {' | '.join([name, *cells])} |")
    asked = _sum(found.values(), "has", VALUES)
    said = Counter(re.sub(r'"[^"]*"', "…", text) for page in found.values() for text in page.said)
    return REPORTED.format(
        version=version.strip().lstrip("v"),
        asked=asked,
        shown=asked - _sum(found.values(), "lost", VALUES),
        table="\n".join(table),
        said="\n".join(f"- {count:,} times: {text}" for text, count in said.most_common(12)) or "- None.",
        generated=", ".join(generated),
    )


def _row(name: str, found: Mapping[str, Lost]) -> str:
    folder = Path(name).parent.as_posix()
    return name if folder in (".", "chapters") else f"{folder}/ ({_count(found, folder)} pages)"


def _sum(pages: Iterable[Lost], counter: str, kind: str) -> int:
    return sum(getattr(page, counter)[kind] for page in pages)


def _count(found: Mapping[str, Lost], folder: str) -> int:
    return sum(Path(name).parent.as_posix() == folder for name in found)


# ------------------------------------------------------------------------------------------- mystmd


def _mystmd(target: Path) -> str | None:
    """Return the program of mystmd, which npm installs in the folder; None without Node, or where npm cannot get it."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node or int(_run([node, "--version"], target).strip().lstrip("v").partition(".")[0] or 0) < 18:
        return None
    program = target / "node_modules" / ".bin" / "myst"
    if not program.is_file():
        _run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(target), MYSTMD], target)
    return str(program) if program.is_file() else None


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout + done.stderr


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BookError as error:
        sys.exit(f"Error: {error.message}\n  {error.remedy}")
