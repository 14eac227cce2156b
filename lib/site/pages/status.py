"""The status page: what this build of the site was made of, what was checked, and with what result.

Versions belong here and on no other page. When each page ran is in a file beside it, so that all pages are the same
whenever they are built.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from lib import markup
from lib.build import git
from lib.records import Records
from lib.site.pages.data import Table
from lib.tables.dictionary import dictionary_if_any, read_sources

PACKAGE = "industrial-vitamins"
CHECKED = Path("_build", "cache", "checks")
RUNS = "runs.json"
"""The file of a site that says when each page ran and how long that took: the one that differs from run to run."""


def page(root: Path, data: Path, executed: Mapping[str, Path], records: Records, tables: list[Table]) -> str:
    """Return the page as Markdown."""
    lines = [
        "# Status",
        "",
        "This page says what this edition was built from and what was checked before it was published.",
        "",
    ]
    lines += ["## Data", "", *_vintage(data, records, tables), ""]
    lines += ["## Checks", "", *_results(checks(data, records, root / CHECKED)), ""]
    lines += ["## Notebooks", "", *_runs(executed, records), ""]
    lines += ["## Software", "", *_software(root), ""]
    return "\n".join(lines) + "\n"


def _pipe_table(heads: list[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Write a Markdown table; a head that ends with `:` is over numbers."""
    rule = ["---:" if head.endswith(":") else "---" for head in heads]
    body = [[str(cell) for cell in row] for row in rows]
    return ["| " + " | ".join(cells) + " |" for cells in ([head.rstrip(":") for head in heads], rule, *body)]


# ------------------------------------------------------------------------------------------- data


def _vintage(data: Path, records: Records, tables: list[Table]) -> list[str]:
    published = [table.dated[1] for table in tables if table.dated]
    accessed = [row["accessed"] for row in read_sources(data).values() if row.get("accessed")]
    rows = sum(len(table.rows) for table in tables)
    items = {
        "As-of day": records.as_of or "",
        "Newest publication": max(published, default=""),
        "Sources last read": max(accessed, default=""),
        "Tables": f"[{len(tables):,}](data.md) with {rows:,} rows",
        "Sources": f"[{len({s for t in tables for s in t.sources} | set(records.sources)):,}](references.md)",
        "Numbers with a derivation": f"[{len(records.facts):,}](facts.md)",
        "Figures": f"[{len(records.figures):,}](figures.md)",
    }
    return [f"- {name}: {text}" for name, text in items.items() if text]


# ------------------------------------------------------------------------------------------- checks


def checks(data: Path, records: Records, kept: Path) -> list[tuple[str, int, int]]:
    """List what is checked: the rule, how many cases it has, and how many break it."""
    facts, figures = records.facts, records.figures
    charts = [figure for figure in figures if figure.get("spec")]  # the others are tables, which are text
    results = (
        [("Tables agree with their dictionary and with each other", *_data_problems(data, kept))]
        if _described(data)
        else []
    )
    rules = (
        ("Every number in the text names the rows from which it was computed", facts, lambda f: f.get("inputs")),
        (
            "Every number in the text says what it counts and for which period",
            facts,
            lambda f: f.get("scope") and f.get("period"),
        ),
        ("Every figure names its sources", figures, lambda f: f.get("sources")),
        ("Every chart has a description for readers who cannot see it", charts, lambda f: f.get("alt")),
    )
    return [*results, *((rule, len(cases), sum(not holds(case) for case in cases)) for rule, cases, holds in rules)]


def _described(data: Path) -> bool:
    """Return whether the data folder has what `book check` needs."""
    return (data / "datapackage.json").is_file() and (data / "corrections.csv").is_file()


def _data_problems(data: Path, folder: Path) -> tuple[int, int]:
    """Count tables and problems; `folder` is where the answer for these files is kept."""
    from lib.disk.files import digest_of, keep, kept
    from lib.tables import checks as data_checks
    from lib.tables import values

    cases = len(dictionary_if_any(data).get("resources", []))
    key = digest_of([*sorted(data.glob("*.*")), Path(data_checks.__file__), Path(values.__file__)])
    answer = kept(folder, key, ".json")
    if not answer:  # a check of all tables takes seconds, and each edition has tables of its own
        content = json.dumps({"problems": len(data_checks.check(data))})
        answer = keep(folder, key, ".json", content.encode())
    return cases, json.loads(answer.read_text(encoding="utf-8"))["problems"]


def _results(results: list[tuple[str, int, int]]) -> list[str]:
    words = [
        (markup.text(rule), f"{cases:,}", "passed" if not broken else f"**{broken:,} broken**")
        for rule, cases, broken in results
    ]
    built = ("Links, references and anchors resolve; Jupyter Book gives no warning", "", "passed")
    return _pipe_table(["Check", "Cases:", "Result"], [*words, built])


# ------------------------------------------------------------------------------------------- notebooks


def _runs(executed: Mapping[str, Path], records: Records) -> list[str]:
    chapters = {chapter["page"]: chapter for chapter in records.chapters}
    rows = []
    for docname in executed:
        facts = sum(fact["page"] == docname for fact in records.facts)
        figures = sum(figure["page"] == docname for figure in records.figures)
        values = chapters.get(docname, {}).get("parameters") or {}
        parameters = ", ".join(f"`{name}={value}`" for name, value in values.items() if value not in ("", None))
        rows.append([f"{{doc}}`/{docname}`", facts, figures, parameters])
    times = f'When each page ran, and for how many seconds, is in <a href="{RUNS}">{RUNS}</a>.'
    return [*_pipe_table(["Page", "Numbers:", "Figures:", "Parameters"], rows), "", times]


def runs_json(executed: Mapping[str, Path]) -> str:
    """Write when each page ran (UTC) and how many seconds that took; pages whose run left no note are left out."""
    notes = {docname: path.with_suffix(".run.json") for docname, path in sorted(executed.items())}
    read = {docname: json.loads(note.read_text("utf-8")) for docname, note in notes.items() if note.is_file()}
    runs = {docname: {name: note.get(name) for name in ("ended", "seconds")} for docname, note in read.items()}
    return json.dumps({"runs": runs}, indent=1) + "\n"


# ------------------------------------------------------------------------------------------- software


def _software(root: Path) -> list[str]:
    rows = [("python", platform.python_version())]
    rows += [(name, metadata.version(name)) for name in _requirements()]
    commit = git.commit_of(root)
    lines = [f"Commit `{commit}`.", ""] if commit else []
    return [*lines, *_pipe_table(["Package", "Version"], rows)]


@cache
def _requirements() -> list[str]:
    """List the names of the packages that the book asks for and that are installed."""
    try:
        asked = [re.split(r"[^A-Za-z0-9_.-]", entry, maxsplit=1)[0] for entry in metadata.requires(PACKAGE) or []]
    except metadata.PackageNotFoundError:
        return []
    installed = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower() for d in metadata.distributions()}
    return sorted(name for name in asked if re.sub(r"[-_.]+", "-", name).lower() in installed)
