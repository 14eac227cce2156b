"""What changed in the book between two days: numbers, figures, and the rows that were revised.

Works on the records of two builds as of these days, so that its numbers are those of the builds, and on the tables
as known on each day. A number that moved names the sources that only the later build rests on.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pandas as pd

from lib.cite import written
from lib.compare import cell_labels
from lib.indicators import controls
from lib.records import Records, lines
from lib.tables import catalog

ABOUT = (
    "What differs in the book between two days: numbers in the text, figures, judged claims, cells of the tables that "
    "a source later revised, and measures whose printed end has passed without a later report. Each edition uses only "
    "what was public by its day."
)
SCHEMA = "changes.schema.json"
LAYOUT = 1  # of the JSON; raise it when a key changes its meaning
COMPARED = ("facts", "figures", "claims")
JUDGED = ("verdict", "text", "value", "unit")
SIDES = ("before", "after")
TOLD = ("text", "value", "unit", "scope", "period", "bound", "estimated")
MOST_QUOTED = 40
UNTELLING = ("unit", "series", "basis")
"""Columns of a key that its source and its unit tell better."""


Look = Callable[[str], pd.DataFrame]
"""Gives a table, by name, as one of two editions knows it; may raise catalog.NoDataYet."""


def known_on(day: str) -> Look:
    """Return a function that gives tables as known on a day."""
    return lambda name: catalog.table(name, day)


def known_in(folder: Path) -> Look:
    """Return a function that gives tables as known today in a data folder."""

    def look(name: str) -> pd.DataFrame:
        with catalog.reading(folder):
            return catalog.table(name)

    return look


def between(before: Records, after: Records, first: str, second: str, looks: tuple[Look, Look] | None = None) -> dict:
    """Collect all that changed from the day `first` to the day `second`, fit for JSON.

    `facts`, `figures`, `claims` and `sentences` hold what is new, gone or moved, in the order of the book; `revisions`
    the cells of the tables whose value was replaced: first those that numbers of the book rest on, and of these and the
    others the largest factor first; `ends` the printed ends that had passed by `second` without a later report.
    `looks` gives the tables of both editions, by default those known on the two days.
    """
    looks = looks or (known_on(first), known_on(second))
    resting = _resting(before, after)
    revised = [
        entry | {"facts": sorted({name for row in entry["rows"] for name in resting.get((entry["table"], row), ())})}
        for entry in revisions(*looks)
    ]
    return {
        "$schema": SCHEMA,
        "about": ABOUT,
        "layout": LAYOUT,
        "from": first,
        "to": second,
        "pages": before.titles | after.titles,
        "compared": {
            name: {"before": len(getattr(before, name)), "after": len(getattr(after, name))} for name in COMPARED
        },
        "facts": facts(before, after),
        "figures": figures(before, after),
        "claims": claims(before, after),
        "sentences": sentences(before, after, (first, second)),
        "ends": ends(looks[1], second),
        "revisions": sorted(revised, key=lambda entry: not entry["facts"]),
    }


def _resting(*editions: Records) -> dict[tuple[str, int], set[str]]:
    """Map each row, by table and line, to the ids of the numbers that name it."""
    ids: dict[tuple[str, int], set[str]] = {}
    for fact in (fact for records in editions for fact in records.facts):
        for entry in fact.get("inputs", []):
            for line in lines(entry):
                ids.setdefault((entry.get("table", ""), line), set()).add(fact["id"])
    return ids


def facts(before: Records, after: Records) -> list[dict]:
    """List numbers that are new, gone, or read differently; with difference and factor where both have a value."""
    old, new = ({fact["id"]: fact for fact in records.facts} for records in (before, after))
    changed = []
    for name in dict.fromkeys([*new, *old]):
        one, other = old.get(name), new.get(name)
        if _same(one, other, TOLD[:3]):
            continue
        changed.append(
            {
                "id": name,
                "page": (new.get(name) or old[name])["page"],
                "change": _kind(one, other),
                "before": _told(one),
                "after": _told(other),
                **_distance(_value(one), _value(other)),
                "because": sorted(_sources(other) - _sources(one)),
            }
        )
    return changed


def figures(before: Records, after: Records) -> list[dict]:
    """List figures that are new, gone, or have another title or other rows, with the number of rows that differ."""
    old, new = ({figure["name"]: figure for figure in records.figures} for records in (before, after))
    changed = []
    for name in dict.fromkeys([*new, *old]):
        one, other = old.get(name), new.get(name)
        if _same(one, other, ("title", "data")):
            continue
        changed.append(
            {
                "name": name,
                "page": (new.get(name) or old[name])["page"],
                "change": _kind(one, other),
                "before": one and one["title"],
                "after": other and other["title"],
                "rows": len(_rows(one) ^ _rows(other)),
                "because": sorted(set(other["sources"]) - set(one["sources"])) if one and other else [],
            }
        )
    return changed


def claims(before: Records, after: Records) -> list[dict]:
    """List claims that are new, or whose verdict or computed value as known on the day of the build differs.

    A record's `now` holds `verdict`, `text`, `value` and `inputs`, as known on that day.
    """
    old, new = ({claim["id"]: claim for claim in records.claims} for records in (before, after))
    changed = []
    for name in dict.fromkeys([*new, *old]):
        one, other = ((claims.get(name) or {}).get("now") for claims in (old, new))
        if _same(one, other, ("verdict", "text")):
            continue
        claim = new.get(name) or old[name]
        changed.append(
            {
                "id": name,
                "page": claim["page"],
                "claim": claim["claim"],
                "change": _kind(one, other),
                "before": one and {part: one.get(part) for part in JUDGED},
                "after": other and {part: other.get(part) for part in JUDGED},
                **_distance(_value(one), _value(other)),
                "because": sorted(_sources(other) - _sources(one)),
            }
        )
    return changed


def sentences(before: Records, after: Records, days: tuple[str, str]) -> list[dict]:
    """List sentences with numbers that read differently, as text, in the order of the book.

    A sentence is what stands between two line ends of a paragraph or list that a notebook wrote. Those of one page are
    paired in order; one that only one edition has stands alone. That each edition names its own day, of `days`, is no
    difference.
    """
    changed = []
    for page in dict.fromkeys([*after.sentences, *before.sentences]):
        old, new = (records.sentences.get(page, []) for records in (before, after))
        bare_old, bare_new = (_without(day, texts) for day, texts in zip(days, (old, new), strict=True))
        matcher = difflib.SequenceMatcher(None, bare_old, bare_new, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind != "equal":
                for one, other in zip_longest(old[a:b], new[c:d]):
                    changed.append({"page": page, "change": _kind(one, other), "before": one, "after": other})
    return changed


def retold(moved: Mapping, before: Records, after: Records, pages: Collection[str]) -> dict:
    """Return what `between` found with the sentences of some pages compared anew; `before` needs no other pages."""
    again = replace(after, sentences={page: texts for page, texts in after.sentences.items() if page in pages})
    told = [entry for entry in moved["sentences"] if entry["page"] not in pages]
    told += sentences(before, again, (moved["from"], moved["to"]))
    order = {page: place for place, page in enumerate(after.sentences)}
    return {**moved, "sentences": sorted(told, key=lambda entry: order.get(entry["page"], len(order)))}


def _without(day: str, texts: Iterable[str]) -> list[str]:
    own = written(dt.date.fromisoformat(day))
    return [text.replace(own, "") for text in texts]


def ends(look: Look, day: str) -> list[dict]:
    """List printed ends of measures that had passed by a day with no later source read, earliest first.

    Nothing happened in the tables on such a day, so that no number and no revised cell tells of it.
    """
    try:
        register = look("measures")
    except (catalog.NoDataYet, catalog.UnknownTable):
        return []
    passed = controls.printed_ends(register, day, ahead=-1)
    return [
        {
            "id": row["id"],
            "name": controls.short_name(row["instrument"], row["part"]),
            "end": _plain(row["end"]),
            "days": -row["days"],
            "known_to": _plain(row["known_to"]),
            "because": [row["source_id"]],
        }
        for row in passed.to_dict("records")
    ]


def revisions(before: Look, after: Look) -> list[dict]:
    """List cells whose values differ between the editions: table, what the row is, column, both values, the new source.

    Largest factor first, and before them those without one: from or to nothing, or with another unit.
    """
    revised = [entry for name in catalog.tables() for entry in _revised(name, before, after)]
    return sorted(revised, key=lambda entry: -abs(math.log(entry["factor"])) if entry["factor"] else -math.inf)


def _revised(name: str, before: Look, after: Look) -> Iterable[dict]:
    entry = catalog.resource(name)
    key = entry.get("vintageKey")
    if entry.get("timeless") or not key:
        return
    try:
        old, new = (
            frame if "corrected_by" in frame else frame.assign(corrected_by="") for frame in (before(name), after(name))
        )
    except catalog.NoDataYet:
        return
    paired = old.reset_index().merge(new.reset_index(), on=key, suffixes=("_before", "_after"))
    measured = [field for field in entry["schema"]["fields"] if field["type"] == "number" and field["name"] not in key]
    for field in measured:
        column = field["name"]
        one, other = paired[f"{column}_before"], paired[f"{column}_after"]
        for row in paired[one.notna() & other.notna() & one.ne(other)].to_dict("records"):
            values = [row[f"{column}_{side}"] for side in SIDES]
            units = _units(field, row)
            yield {
                "table": name,
                "key": {part: _plain(row[part]) for part in key if not pd.isna(row[part])},
                **_described(row, key),
                "column": column,
                "unit": " → ".join(units),
                **dict(zip(SIDES, values, strict=True)),
                **_distance(*(values if len(units) < 2 else (None, None))),
                "qualifiers": [row[f"qualifier_{side}"] for side in SIDES],
                "published": [row[f"published_{side}"].date().isoformat() for side in SIDES],
                "rows": [row["row_before"], row["row_after"]],
                "was": row.get("source_id_before", ""),
                "because": _cause(row),
            }


def _described(row: Mapping, key: Iterable[str]) -> dict[str, str]:
    """Describe in words what a row counts, where and when, from the columns that identify it."""
    columns = [part for part in key if not cell_labels.is_identifier(part)]
    cells = {part: _plain(row[part]) for part in columns if not pd.isna(row[part])}
    if len(columns) < len(list(key)):
        told = {name: row.get(f"{name}_after", pd.NA) for name in (*cell_labels.DESCRIBING, *cell_labels.PLACES)}
        cells = {name: _plain(cell) for name, cell in told.items() if not pd.isna(cell) and cell != ""} | cells
    apart = [part for part in cells if part not in (*cell_labels.PLACES, *cell_labels.PERIODS, *UNTELLING)]
    label = row.get("label_after")
    words = cell_labels.said(cells, [part for part in apart if cells[part] != "all"])
    if isinstance(label, str) and label:
        words.append(label if label[1:2].isupper() else label[:1].lower() + label[1:])
    years = [str(row[side]) for side in ("year_before", "year_after") if not pd.isna(row.get(side, pd.NA))]
    when = cell_labels.period(cells) or " → ".join(dict.fromkeys(years))
    return {"what": ", ".join(words), "where": cell_labels.place(cells), "period": when}


def _cause(row: Mapping) -> str:
    """Return the source of the later row, or of the correction when the same row was found to be a mistake."""
    correction = row.get("corrected_by_after") or ""
    if correction == (row.get("corrected_by_before") or ""):
        return row.get("source_id_after", "")
    return catalog.corrections().set_index("id").loc[correction, "source_id"] if correction else ""


def _units(field: Mapping, row: Mapping) -> list[str]:
    """Return the unit of a column, which may be in the row; two where the later edition prints another."""
    if (field.get("unit") or cell_labels.IN_ROW) != cell_labels.IN_ROW:
        return [field["unit"]]
    own = [row.get("unit"), row.get("unit_before"), row.get("unit_after")]
    return list(dict.fromkeys(str(unit) for unit in own if unit and not pd.isna(unit)))


def _kind(one: object, other: object) -> str:
    return "new" if one is None else "gone" if other is None else "moved"


def _same(one: Mapping | None, other: Mapping | None, parts: Iterable[str]) -> bool:
    return one is not None and other is not None and all(one.get(part) == other.get(part) for part in parts)


def _told(fact: Mapping | None) -> dict | None:
    return None if fact is None else {name: fact[name] for name in TOLD if name in fact}


def _value(record: Mapping | None) -> float | None:
    return None if record is None else record.get("value")


def _distance(one: float | None, other: float | None) -> dict:
    """Return difference and factor of two values; None where they have no meaning."""
    if one is None or other is None:
        return {"difference": None, "factor": None}
    return {"difference": other - one, "factor": other / one if one * other > 0 else None}


def _sources(fact: Mapping | None) -> set[str]:
    return {entry["source_id"] for entry in (fact or {}).get("inputs", []) if entry.get("source_id")}


def _rows(figure: Mapping | None) -> set[str]:
    return {repr(sorted(row.items())) for row in (figure or {}).get("data", [])}


def _plain(value: object) -> object:
    """Convert a value to one that JSON knows: a day to ISO text."""
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value.item() if hasattr(value, "item") else value


def as_markdown(changes: Mapping) -> str:
    """Write what `between` found for people: sentences, claims, figures and revised cells; long lists are cut."""
    sides = ("The book", "With these figures") if "own" in changes else (changes["from"], changes["to"])
    counted = [f"{len(changes[name]):,} {name}" for name in ("sentences", "facts", "figures", "claims", "revisions")]
    lines = [f"# What changed: {sides[0]} → {sides[1]}", "", f"{', '.join(counted)} read differently.", ""]
    because = sorted({source for name in COMPARED for entry in changes[name] for source in entry["because"]})
    lines += [f"Because of: {', '.join(f'`{source}`' for source in because)}.", ""] if because else []
    titles = changes["pages"]
    lines += _quoted("Sentences", [(titles.get(entry["page"], ""), entry) for entry in changes["sentences"]])
    claims = [
        (entry["claim"], {side: (entry[side] or {}).get("verdict") for side in SIDES}) for entry in changes["claims"]
    ]
    lines += _quoted("Claims", claims)
    lines += _quoted(
        "Measures whose printed end has passed",
        [(entry["name"], _passed(entry)) for entry in changes.get("ends", [])],
    )
    lines += _quoted("Figures", [(titles.get(entry["page"], ""), entry) for entry in changes["figures"]])
    cells = [
        (
            f"{entry['table']}: {', '.join(filter(None, (entry['what'], entry['where'], entry['period'])))}",
            {side: f"{entry[side]:,.10g} {entry['unit']}" for side in SIDES},
        )
        for entry in changes["revisions"]
    ]
    return "\n".join([*lines, *_quoted("Revised cells", cells)])


def _passed(entry: Mapping) -> dict[str, str]:
    days = f"the end passed {entry['days']} days ago; we have read no later report"
    return {"before": f"printed end {entry['end']}, status known up to {entry['known_to']}", "after": days}


def _quoted(title: str, entries: Sequence[tuple[str, Mapping]]) -> list[str]:
    """List, in Markdown, each value before and now."""
    if not entries:
        return []
    lines = [f"## {title}", ""]
    for label, entry in entries[:MOST_QUOTED]:
        before, after = (" ".join(str(entry[side] or "nothing").split()) for side in SIDES)
        lines += [f"- **{label}**", f"  - before: {before}", f"  - now: {after}"]
    if len(entries) > MOST_QUOTED:
        lines.append(f"- … and {len(entries) - MOST_QUOTED:,} more")
    return [*lines, ""]
