"""The facts for programs: `facts.csv` beside `facts.json`, the schema of the latter, and what is promised of them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from lib import markup
from lib.records import VERSION, Records, anchor
from lib.site.exports.citation import FILES
from lib.site.pages import data as data_pages

SCHEMA = Path(__file__).with_name("facts.schema.json")
CHECKER = Path(__file__).with_name("verify.py")
FORMER = Path("chapters") / "former_facts.yml"
COLUMNS = {
    "id": "",
    "chapter": "",
    "text": "",
    "value": "",
    "bound": "",
    "estimated": "",
    "unit": "",
    "scope": "",
    "period": "",
    "formula": "",
    "as_of": "Day up to which the data were known.",
    "sources": "Ids of the sources of its rows in data/sources.csv, joined by `;`.",
}
"""The columns of facts.csv; those without words mean what the schema says."""


def schema() -> dict:
    """Read the JSON Schema of facts.json."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def facts_csv(records: Records) -> str:
    """Return the facts as CSV, one a row."""
    days = {chapter["name"]: chapter.get("as_of") or chapter.get("vintage") for chapter in records.chapters}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for fact in records.facts:
        sources = dict.fromkeys(entry["source_id"] for entry in fact.get("inputs", []) if entry.get("source_id"))
        more = {"as_of": days.get(fact["chapter"]), "sources": ";".join(sources)}
        writer.writerow(fact | more | {"estimated": "true" if fact.get("estimated") else "false"})
    return text.getvalue()


def stage(records: Records, folder: Path) -> None:
    """Write facts.csv, the schema and the checker to the files of the staged book that go into the site as they are."""
    (folder / FILES).mkdir(exist_ok=True)
    (folder / FILES / "facts.csv").write_text(facts_csv(records), encoding="utf-8")
    for path in (SCHEMA, CHECKER):
        (folder / FILES / path.name).write_bytes(path.read_bytes())


def former(root: Path) -> dict[str, dict]:
    """Read names of numbers that left the book: `{id: {"now": id of what came in its place, "why": a sentence}}`."""
    path = root / FORMER
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def former_section(records: Records, names: Mapping[str, Mapping]) -> str:
    """Say where the names lead that left the book, without those that the edition still has; empty without any."""
    ids = {fact["id"] for fact in records.facts}
    names = {name: entry for name, entry in names.items() if name not in ids}
    lines = ["(former-facts)=", "## Numbers removed from the book", ""]
    for name, entry in sorted(names.items()):
        now = f" Now: [{entry['now']}](fact:{entry['now']})." if entry.get("now") in ids else ""
        lines += [f"({anchor('fact', name)})=", f"**`{name}`** {markup.text(entry['why'])}{now}", ""]
    return "\n".join(lines) + "\n" if names else ""


def section() -> str:
    """Write what the page of facts says to those who write programs, with the meaning of each field from the schema."""
    fields = schema()["$defs"]["fact"]["properties"]
    rows = [
        *(_field(name, fields.get(name, {}), COLUMNS[name]) for name in COLUMNS),
        *(_field(name, entry, "", " In facts.json only.") for name, entry in fields.items() if name not in COLUMNS),
    ]
    heads = [("Field", ""), ("Type", ""), ("Meaning", "")]
    lines = [
        "(for-programs)=",
        "## For programs",
        "",
        'Programs can use three files. <a href="facts.json">facts.json</a> has every number with its rows, and '
        "lists chapters, figures and sources. "
        '<a href="facts.csv">facts.csv</a> has one number per row, in UTF-8 with a header. '
        f'<a href="{SCHEMA.name}">{SCHEMA.name}</a> is the JSON Schema of facts.json (draft 2020-12).',
        "",
        f'To compute the numbers again from the tables, run <a href="{CHECKER.name}">{CHECKER.name}</a> in a copy of '
        "the site. It needs only Python, shares no code with the book, and runs the query of each number on its rows.",
        "",
        data_pages.html_table(heads, rows, "Fields of a number", "iv-columns", hidden_caption=True),
        "",
        f"The field `version` of facts.json gives the version of the layout, now {VERSION}. Within a version:",
        "",
        "- Fields and columns keep their name, type and meaning. Columns keep their order, and new ones are "
        "added at the end.",
        "- New fields may be added to facts and to rows; a program should ignore those it does not know.",
        "- An id always refers to the same number, whose value changes with the data or the as-of day.",
        "- If a number is removed from the book, its id disappears from the files and is never reused. This page says "
        "below what replaced it, or why nothing did.",
        "- The entry of a number on this page has the address `facts.html#fact-<chapter>-<name>`.",
        "",
    ]
    return "\n".join(lines)


def _field(name: str, entry: dict, meaning: str, more: str = "") -> list[str]:
    """Return name, type and meaning as HTML; words between backticks are code."""
    entry = (schema()["$defs"][entry["$ref"].rsplit("/", 1)[-1]] if "$ref" in entry else {}) | entry
    text = html.escape((meaning or entry["description"]) + more, quote=False)
    return [f"<code>{name}</code>", entry.get("type", "string"), re.sub("`([^`]+)`", r"<code>\1</code>", text)]
