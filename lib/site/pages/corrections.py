"""The page of corrections: how to report a wrong number, what was wrong in the book, and which errors sources have.

Each correction has an anchor of its own, `corrections.html#correction-<id>`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lib import cite, markup
from lib.errors import Mistakes
from lib.records import Records
from lib.site.pages.data import Table

FILE = Path("chapters") / "corrections.yml"
SCHEMA = Path(__file__).with_name("corrections.schema.json")
TEMPLATE = "a-number-is-wrong.yml"
"""The form for issues that asks for what is needed to correct a number."""


class LogError(Mistakes):
    """A log of corrections that cannot be read, or that names what is not there."""

    remedy = f"Correct {FILE.as_posix()}; the site is unchanged."


def read(root: Path, archived: Iterable[str]) -> list[dict[str, Any]]:
    """Read the corrections of the book, newest first; none without a log. Raises LogError.

    `archived` are the versions that an entry may name.
    """
    import jsonschema

    path = root / FILE
    if not path.is_file():
        return []
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LogError([f"{FILE.as_posix()} cannot be read: {error}"]) from None
    faults = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).iter_errors(entries)
    problems = [f"{FILE.as_posix()}, {'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in faults]
    if not problems:
        problems = [f"{FILE.as_posix()}: {problem}" for problem in _problems(entries, set(archived))]
    if problems:
        raise LogError(problems)
    return entries


def _problems(entries: list[dict[str, Any]], archived: set[str]) -> Iterable[str]:
    ids = [entry["id"] for entry in entries]
    yield from (f"{name!r} is there twice" for name in sorted({name for name in ids if ids.count(name) > 1}))
    days = [entry["corrected"] for entry in entries]
    if days != sorted(days, reverse=True):
        yield "the newest correction must come first"
    for entry in entries:
        for version in set(entry["versions"]) - archived:
            yield f"{entry['id']} names version {version}, which releases.yml does not list"


def page(
    entries: list[dict[str, Any]], tables: list[Table], records: Records, sources: Mapping[str, Mapping], home: str
) -> str:
    """Return the page as Markdown; `home` is the address of the repository, which may be empty."""
    lines = ["# Corrections", "", *_how(home), "## Corrections of this book", ""]
    lines += ["Each entry says what the book said, what is right, and which archived versions have the mistake.", ""]
    for entry in entries:
        lines += _entry(entry, tables, records, sources)
    if not entries:
        lines += ["No correction has been made.", ""]
    return "\n".join([*lines, *_of_sources(tables)]) + "\n"


def _how(home: str) -> list[str]:
    form = f"{home.rstrip('/')}/issues/new?template={TEMPLATE}"
    where = f"[Open an issue]({form})" if home else "Open an issue in the repository of the book"
    return [
        "## Report a wrong number",
        "",
        f"{where} with the form *A number is wrong*: the page or the name of the number, what the book says, and where "
        "the right figure is printed. A number opens when it is clicked and shows its rows and sources, so that it can "
        "be compared with what the source prints.",
        "",
        "A report is answered by what the source says. If the book is wrong, the row, the computation or the sentence "
        "is corrected with a test, and an entry is added to this page with the day. Archived versions are not changed: "
        "the entry names those that have the mistake. If a source is wrong, the table keeps what it printed, and the "
        "book uses the corrected figure from the day on which the error became known.",
        "",
    ]


def _entry(entry: Mapping, tables: list[Table], records: Records, sources: Mapping[str, Mapping]) -> list[str]:
    day = cite.written(dt.date.fromisoformat(entry["corrected"]))
    named = [_source(name, sources) for name in entry.get("sources", ()) if name in sources]
    items = {
        "Where": _where(entry["where"], tables, records),
        "The book said": markup.text(entry["said"]),
        "Right is": markup.text(entry["right"]),
        "Why": markup.text(entry.get("why", "")),
        "Sources": "; ".join(named),
        "Archived versions with the mistake": markup.text(", ".join(entry["versions"]) or "none"),
        "Drafts with it": markup.text(entry.get("drafts", "")),
        "Reported by": markup.text(entry.get("reported", "")),
    }
    listed = [f"- {name}: {text}" for name, text in items.items() if text]
    return [f"(correction-{entry['id']})=", f"### Corrected on {day}", "", *listed, ""]


def _source(name: str, sources: Mapping[str, Mapping]) -> str:
    source = sources[name]
    return f"{markup.text(source['title'])} ({markup.text(source['publisher'])}, {source['published'][:4]})"


def _where(where: Mapping[str, str], tables: list[Table], records: Records) -> str:
    """Write what was wrong, with a link where this edition has it."""
    there = {
        "fact": {fact["id"] for fact in records.facts},
        "figure": {figure["name"] for figure in records.figures},
        "table": {table.name for table in tables},
    }
    words = []
    for kind, name in where.items():
        code = markup.code(name)
        words.append(f"{kind} [{code}]({kind}:{name})" if name in there.get(kind, ()) else f"{kind} {code}")
    return ", ".join(words)


def _of_sources(tables: list[Table]) -> list[str]:
    lines = ["## Errors of sources", ""]
    rows = [(table, row) for table in tables for row in table.corrections]
    if not rows:
        return [*lines, "No table of this edition has a corrected figure.", ""]
    lines += ["The tables keep what these sources printed, and the book uses the corrected figures.", ""]
    for table, row in rows:
        where = ", ".join(f"{key} {value}" for key, value in json.loads(row["match"]).items())
        until = f", in editions up to {row['until_edition']}" if row.get("until_edition") else ""
        what = f"{markup.code(row['column'])} is printed as {markup.text(row['printed'])}{markup.text(until)}"
        now = markup.text(row["corrected"] or "none; the figure is not used")
        lines += [
            f"(correction-{row['id']})=",
            f"### {markup.text(table.title)}: {markup.text(where)}",
            "",
            f"In the table [{markup.code(table.name)}](table:{table.name}), {what}. Corrected value: {now}. "
            f"{markup.text(row['why'])}",
            "",
        ]
    return lines
