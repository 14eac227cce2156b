"""The page of what changed since an earlier edition, and the same as `changes.json` for programs.

Revisions come first, those that numbers of the book rest on before the others; then each chapter with its numbers
and figures. Long tables are folded; revisions as small as rounding are counted in words and stand in the file.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib import facts as ledger
from lib import markup
from lib.cite import written
from lib.compare import cell_labels
from lib.compare.changes import COMPARED, SCHEMA, SIDES
from lib.disk.files import replace_text
from lib.figures.publish import fold
from lib.records import Records
from lib.site.exports.citation import FILES
from lib.site.pages.data import html_table
from lib.tables import asof
from lib.tables.dictionary import without_department
from lib.words import joined

FILE = "changes.json"
FEED = ' Feed readers can follow them: <a href="feeds/book.atom">Atom</a>, <a href="feeds/book.json">JSON</a>.'
NOISE = 1.01
"""Revisions by a smaller factor are what rounding does."""
SHOWN = 10
"""Longer tables show their first rows."""
SHOWN_OF_MANY = 3
TWICE = 2
UNIT_WORDS = re.compile(r" (?=\S+$)")
"""The space inside of `t REO`, where no line should break."""


@dataclass(frozen=True)
class Page:
    """The changes, and what they may link to: facts with their texts, figures, sources with their rows, tables."""

    moved: Mapping
    facts: Mapping[str, str]
    figures: frozenset[str]
    sources: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, str]
    has_feed: bool = False

    def link(self, scheme: str, name: str, label: str) -> str:
        """Return HTML, with a link where the edition has what it names."""
        linkable = {"fact": self.facts, "figure": self.figures, "source": self.sources, "table": self.titles}[scheme]
        return f'<a href="{scheme}:{html.escape(name)}">{label}</a>' if name in linkable else label

    def publisher(self, name: str) -> str:
        """Return the publisher of a source without its department."""
        return without_department(self.sources.get(name, {}).get("publisher") or name)

    def source(self, name: str, publisher: bool = True) -> str:
        """Return `Survey, 2026-02-06` with a link to the bibliography; without the publisher the day alone."""
        day = asof.printed_day(self.sources.get(name, {}))
        before = html.escape(self.publisher(name), quote=False) if publisher or not day else ""
        label = ", ".join(filter(None, [before, f'<span class="iv-day">{day}</span>' if day else ""]))
        return self.link("source", name, label)

    def listed(self, names: Iterable[str]) -> str:
        """Name the first of several sources, and how many more there are."""
        names = list(dict.fromkeys(filter(None, names)))
        links = "; ".join(self.source(name) for name in names[:SHOWN_OF_MANY])
        more = len(names) - SHOWN_OF_MANY
        return f"{links}; and {more} more" if more > 0 else links


def stage(
    moved: Mapping,
    records: Records,
    sources: Mapping[str, dict],
    dictionary: Mapping,
    folder: Path,
    has_feed: bool = False,
) -> None:
    """Write the page to `folder`, and changes.json with its schema to the files that go into the site as they are.

    A site that `has_feed` has the changes as a feed too.
    """
    cited = {name: sources[name] for name in records.sources}
    titles = {entry["name"]: entry.get("title") or entry["name"] for entry in dictionary.get("resources", [])}
    content = Page(
        moved,
        {fact["id"]: fact["text"] for fact in records.facts},
        frozenset(figure["name"] for figure in records.figures),
        cited,
        {name: title for name, title in titles.items() if name in records.tables},
        has_feed,
    )
    (folder / "changes.md").write_text(page(content), encoding="utf-8")
    (folder / FILES).mkdir(exist_ok=True)
    write(moved, folder)
    (folder / FILES / SCHEMA).write_bytes(Path(__file__).with_name(SCHEMA).read_bytes())


def write(moved: Mapping, folder: Path) -> None:
    """Write what changed for programs to a staged book."""
    replace_text(folder / FILES / FILE, as_json(moved))


def read(folder: Path) -> dict | None:
    """Read what a staged book says for programs of what changed; None where it has no such page."""
    path = folder / FILES / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def as_json(moved: Mapping) -> str:
    """Return what changed as JSON, in the layout of changes.schema.json."""
    return json.dumps(moved, ensure_ascii=False, indent=1) + "\n"


def schema() -> dict:
    """Read the JSON Schema of changes.json."""
    return json.loads(Path(__file__).with_name(SCHEMA).read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------- the page


def page(content: Page) -> str:
    """Return the page as Markdown."""
    moved = content.moved
    lines = ["# What changed", "", f'<p class="iv-answer">{_answer(moved)}</p>', ""]
    lines += [
        f'<p class="iv-dated">This page compares the current edition, as known on {_day(moved["to"])}, with the book '
        f'as it could have been written on {_day(moved["from"])}. Programs can read <a href="{FILE}">{FILE}</a>, '
        f'which is <a href="#layout-of-changes-json">described below</a>.{FEED if content.has_feed else ""}</p>',
        "",
    ]
    lines += _ends(content)
    lines += _revisions(content)
    lines += _claims(content)
    for docname, title in moved["pages"].items():
        lines += _chapter(content, docname, title)
    return "\n".join([*lines, *_for_programs()]) + "\n"


def _day(day: str) -> str:
    return written(dt.date.fromisoformat(day))


def _answer(moved: Mapping) -> str:
    """Sum up all changes in a few sentences."""
    counts = [text for name in COMPARED if (text := _counted(moved, name))]
    first = f"Compared with {_day(moved['from'])}: {'; '.join(counts)}. " if counts else ""
    revised = [entry for entry in moved["revisions"] if not _is_noise(entry)]
    felt = sum(bool(entry["facts"]) for entry in revised)
    rest = f"; {felt:,} of them are used in this book" if revised else ""
    return f"{first}Sources revised {_several(len(revised), 'value')} in the tables{rest}."


def _counted(moved: Mapping, name: str) -> str:
    """Say `of 360 numbers, 71 changed, 110 are new and 4 are gone`; empty for a book without them."""
    sizes = moved["compared"][name]
    if not any(sizes.values()):
        return ""
    noun = {"facts": "number", "figures": "figure", "claims": "claim"}[name]
    kinds = [entry["change"] for entry in moved[name]]
    words = {"moved": ("changed", "changed"), "new": ("is new", "are new"), "gone": ("is gone", "are gone")}
    parts = [f"{n:,} {words[kind][n > 1]}" for kind in words if (n := kinds.count(kind))]
    return f"of {_several(sizes['after'], noun)}, {joined(parts) or 'none changed'}"


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(heads: list[str], rows: list[list[str]], caption: str, noun: str) -> list[str]:
    """Write a table whose end is folded when it is long; heads that end with `:` are over numbers."""
    if not rows:
        return []
    kinds = [(head.rstrip(":"), "n" if head.endswith(":") else "") for head in heads]
    rest = fold(f"All {_several(len(rows), noun)}") if len(rows) > SHOWN else ""
    return [html_table(kinds, rows, caption, "iv-changes", first=SHOWN) + rest, ""]


def _muted(text: str) -> str:
    return f'<span class="iv-muted">{text}</span>' if text else ""


def _change(entry: Mapping, unit: str) -> str:
    """Say how much changed: percentage points of a share, percent up to a doubling or halving, then a factor."""
    difference, factor = entry["difference"], entry["factor"]
    if difference is None or not difference:
        return ""
    if unit == "%":
        return f"{_signed(difference)} points"
    if factor is None:
        return ""
    if 1 / TWICE < factor < TWICE:
        return f"{_signed((factor - 1) * 100)}%"
    return f"×&#8239;{_short(factor)}" if factor > 1 else f"÷&#8239;{_short(1 / factor)}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + ledger.format_number(value, 0 if abs(value) >= TWICE else 1)


def _short(factor: float) -> str:
    return ledger.format_number(factor, 0 if factor >= SHOWN else 1)


# ------------------------------------------------------------------------------------------- ends


def _ends(content: Page) -> list[str]:
    """List the printed ends that have passed without a later report; nothing where there are none."""
    ends = content.moved.get("ends", [])
    if not ends:
        return []
    said = "These measures have passed their printed end, and no source that we have read says what followed."
    told = "".join(f"<li>{_end(content, entry)}</li>" for entry in ends)
    return ["## Measures whose printed end has passed", "", said, "", f"<ul>{told}</ul>", ""]


def _end(content: Page, entry: Mapping) -> str:
    return (
        f"<strong>{html.escape(entry['name'])}.</strong> Its printed end was {_day(entry['end'])} "
        f"({content.listed(entry['because'])}), {_several(entry['days'], 'day')} before this edition. "
        f"Its status is known up to {_day(entry['known_to'])}."
    )


# ------------------------------------------------------------------------------------------- revisions


def _is_noise(entry: Mapping) -> bool:
    return entry["factor"] is not None and 1 / NOISE < entry["factor"] < NOISE


def _revisions(content: Page) -> list[str]:
    revised = content.moved["revisions"]
    notable = [entry for entry in revised if not _is_noise(entry)]
    lines = ["## Values that their sources revised", ""]
    if not revised:
        return [*lines, "No source changed a value in the tables.", ""]
    lines += [
        "A value counts as revised if a later publication, or the correction of an error, replaced it in the tables "
        "between the two days. The largest change comes first. Other periods of the same series that the same "
        "publication revised are listed in its row.",
        "",
    ]
    parts = {
        "Used in this book": [entry for entry in notable if entry["facts"]],
        "Only in the tables": [entry for entry in notable if not entry["facts"]],
    }
    for title, entries in parts.items():
        groups = _grouped(entries)
        rows = [_revision(content, group) for group in groups]
        heads = ["Value", "Before:", "After:", "Change:", "Sources"]
        caption = f"{_several(len(entries), 'value')} in {_several(len(rows), 'row')}, with the two publications"
        lines += [f"### {title}", "", *_table(heads, rows, caption, "row")] if rows else []
    small = len(revised) - len(notable)
    if small:
        percent = ledger.format_number((NOISE - 1) * 100)
        verb = "was" if small == 1 else "were"
        sentence = f"{_several(small, 'more value')} {verb} revised by less than {percent}%"
        lines += [f"{sentence}; they are listed in [{FILE}](#layout-of-changes-json).", ""]
    return lines


def _grouped(entries: Iterable[Mapping]) -> list[list[Mapping]]:
    """Group revisions of one quantity by one publication for several periods, in the order of the largest of each."""
    groups: dict[tuple, list[Mapping]] = {}
    for entry in entries:
        same = (entry[name] for name in ("table", "what", "where", "column", "unit", "was", "because"))
        series = {name: value for name, value in entry["key"].items() if name not in cell_labels.PERIODS}
        groups.setdefault((*same, repr(series)), []).append(entry)
    return list(groups.values())


def _revision(content: Page, group: list[Mapping]) -> list[str]:
    first, *others = group
    name = ", ".join(filter(None, [first["where"], first["what"], first["period"]]))
    about = content.link("table", first["table"], html.escape(content.titles.get(first["table"], first["table"])))
    resting = sorted({fact for entry in group for fact in entry["facts"]})
    notes = [about, *(["Also " + "; ".join(_other(entry) for entry in others)] if others else [])]
    notes += [_resting(content, resting)] if resting else []
    return [
        f"{html.escape(name[:1].upper() + name[1:])}<br>{_muted('. '.join(notes))}",
        *(_amount(first, side) for side in (0, 1)),
        _change(first, first["unit"]),
        _way(content, first),
    ]


def _other(entry: Mapping) -> str:
    """Write the change of one more period, as `2022: 1,200 t → 818 t`."""
    return f"{html.escape(entry['period'])}: {_value(entry, 0)} → {_value(entry, 1)}"


def _resting(content: Page, names: list[str]) -> str:
    """Link the first numbers of the text that rest on the value, as they read now, and say how many more there are."""
    linked = [name for name in names if name in content.facts]
    links = [content.link("fact", name, html.escape(content.facts[name])) for name in linked[:SHOWN_OF_MANY]]
    more = len(names) - len(links)
    rest = [_several(more, "other number" if links else "number") + " in the text"] if more else []
    return f"Used for {' and '.join([*filter(None, [', '.join(links)]), *rest])}"


def _amount(entry: Mapping, side: int) -> str:
    """Return a value as printed, with unit, bound and marks."""
    marks = cell_labels.marks({"qualifier": entry["qualifiers"][side]})
    return _value(entry, side) + (f"<br>{_muted(html.escape(marks))}" if marks else "")


def _value(entry: Mapping, side: int) -> str:
    marks, units = entry["qualifiers"][side].split(";"), entry["unit"].split(" → ")
    sign = next((mark for mark in marks if mark in cell_labels.SIGNS), "")
    text = cell_labels.amount(entry[SIDES[side]], units[side % len(units)])
    return UNIT_WORDS.sub("\u00a0", html.escape(sign + text))


def _way(content: Page, entry: Mapping) -> str:
    """Name the two publications; of a correction the one that found it."""
    was, because = entry["was"], entry["because"]
    if was == because:
        return content.source(because)
    same = content.publisher(was) == content.publisher(because)
    return " → ".join([content.source(was), content.source(because, publisher=not same)])


# ------------------------------------------------------------------------------------------- claims


def _claims(content: Page) -> list[str]:
    rows = [
        [
            html.escape(entry["claim"]) + f"<br>{_muted(html.escape(content.moved['pages'].get(entry['page'], '')))}",
            *(_verdict(entry[side]) for side in SIDES),
            content.listed(entry["because"]),
        ]
        for entry in sorted(content.moved["claims"], key=_by_kind)
    ]
    if not rows:
        return []
    return ["## Claims", "", *_table(["Claim", "Before", "After", "Because of"], rows, "Claims that changed", "claim")]


def _verdict(judged: Mapping | None) -> str:
    if judged is None:
        return "–"
    verdict = html.escape(str(judged["verdict"] or ""))
    return verdict + (f"<br>{_muted(html.escape(str(judged['text'])))}" if judged.get("text") else "")


# ------------------------------------------------------------------------------------------- chapters


def _chapter(content: Page, docname: str, title: str) -> list[str]:
    """List numbers and figures of one page; nothing where nothing changed."""
    facts, figures = ([e for e in content.moved[name] if e["page"] == docname] for name in ("facts", "figures"))
    if not facts and not figures:
        return []
    lines = [f"## {markup.text(title)}", ""]
    heads = ["Number", "Before:", "After:", "Change:", "Because of"]
    rows = [_fact(content, entry) for entry in sorted(facts, key=_by_size)]
    lines += _table(heads, rows, f"Numbers in {title}: {_kinds(facts)}; the largest change comes first", "number")
    retitled = [entry for entry in figures if entry["change"] != "moved" or entry["before"] != entry["after"]]
    rows = [_figure(content, entry) for entry in sorted(retitled, key=_by_kind)]
    caption = f"Figures in {title} that have a changed title, are new or are gone: {_kinds(retitled)}"
    lines += _table(["Title before", "Title after", "Because of"], rows, caption, "figure")
    same = [entry for entry in figures if entry not in retitled]
    if same:
        links = "; ".join(f"[](figure:{entry['name']}) {markup.text(entry['after'])}" for entry in same)
        lines += [f"The data changed but not the title: {links}.", ""]
    return lines


def _kinds(entries: Iterable[Mapping]) -> str:
    kinds = [entry["change"] for entry in entries]
    words = {"moved": "changed", "new": "new", "gone": "gone"}
    return ", ".join(f"{kinds.count(kind)} {word}" for kind, word in words.items() if kind in kinds)


def _by_size(entry: Mapping) -> tuple:
    """Return a sort key: changed, new, gone; of the changed the largest first."""
    factor = entry["factor"]
    return _by_kind(entry), -abs(math.log(factor)) if factor else -math.inf if entry["difference"] else 0


def _by_kind(entry: Mapping) -> int:
    return ("moved", "new", "gone").index(entry["change"])


def _fact(content: Page, entry: Mapping) -> list[str]:
    before, after = entry["before"], entry["after"]
    current = after or before
    periods = list(dict.fromkeys(str(side["period"]) for side in (before, after) if side and side.get("period")))
    words = str(current.get("scope") or entry["id"])
    scope = content.link("fact", entry["id"], html.escape(words[:1].upper() + words[1:], quote=False))
    when = html.escape(periods[0]) if len(periods) == 1 else ""
    return [
        f"{scope}<br>{_muted(when)}" if when else scope,
        *(_told(side, "" if when else "period") for side in (before, after)),
        _change(entry, current.get("unit", "")) if entry["change"] == "moved" else entry["change"],
        content.listed(entry["because"]),
    ]


def _told(fact: Mapping | None, period: str) -> str:
    """Return the text of a number, and what it describes where that changed too."""
    if fact is None:
        return "–"
    when = str(fact.get(period, "")) if period else ""
    return html.escape(str(fact["text"])) + (f"<br>{_muted(html.escape(when))}" if when else "")


def _figure(content: Page, entry: Mapping) -> list[str]:
    after = content.link("figure", entry["name"], html.escape(entry["after"])) if entry["after"] else "gone"
    return [html.escape(entry["before"] or "new", quote=False), after, content.listed(entry["because"])]


# ------------------------------------------------------------------------------------------- for programs


def _for_programs() -> list[str]:
    described = schema()
    rows = [_field(name, entry) for name, entry in described["properties"].items()]
    for part in ("fact", "figure", "claim", "end", "revision"):
        rows += [_field(f"{part}s[].{name}", entry) for name, entry in described["$defs"][part]["properties"].items()]
    heads = [("Field", ""), ("Type", ""), ("Meaning", "")]
    return [
        "(layout-of-changes-json)=",
        "## For programs",
        "",
        f'<a href="{FILE}">{FILE}</a> lists all of these changes, including those that are only counted above; '
        f'<a href="{SCHEMA}">{SCHEMA}</a> is its JSON Schema (draft 2020-12). `book diff DAY DAY --json FILE` writes '
        "the same file for any two days.",
        "",
        html_table(heads, rows, f"Fields of {FILE}", "iv-columns", hidden_caption=True),
        "",
    ]


def _field(name: str, entry: Mapping) -> list[str]:
    described = schema()["$defs"][entry["$ref"].rsplit("/", 1)[-1]] | entry if "$ref" in entry else entry
    kind = described.get("type", "string")
    meaning = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(described.get("description", ""), quote=False))
    return [f"<code>{name}</code>", kind if isinstance(kind, str) else " or ".join(kind), meaning]
