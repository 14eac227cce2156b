"""Search: what the book has on some words, from the entries that the search of its pages has."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from lib.answers.shelf import Answer, Shelf
from lib.records import anchor
from lib.tables.dictionary import Stamp, stamp

ENTRIES = Path("_static") / "search-entries.js"
TOOLS = {"fact": "get_fact", "figure": "get_figure", "claim": "get_claim", "table": "query_table"}
"""Kinds of entries, with the tool that says more of each."""
OWN_PAGES = {("table", "data"), ("fact", "facts")}
"""What has a page named after it, by kind and folder."""
LENGTH = 300
TITLE = 3.0
"""How many times a word counts in a title what it counts in a text."""


def search(shelf: Shelf, query: str, kind: str = "", limit: int = 10) -> Answer:
    """Answer with what has most of the words of a query, rare words counting more.

    `kind` is section, term, figure, row, fact, claim, table or source. Raises ValueError for another.
    """
    entries = _entries(stamp(shelf.site / ENTRIES))
    kinds = sorted({entry["kind"] for entry in entries})
    if kind and kind not in kinds:
        raise ValueError(f"there is no kind {kind!r}; there are {', '.join(kinds)}")
    words = list(dict.fromkeys(_folded(query).split()))
    found = list(_ranked([entry for entry in entries if not kind or entry["kind"] == kind], words))
    names = _names(shelf)
    return {"matching": len(found), "found": [_told(shelf, entry, names) for entry in found[: max(1, limit)]]}


def _ranked(entries: list[Mapping[str, str]], words: list[str]) -> Iterator[Mapping[str, str]]:
    """Yield the entries that have any of the words, the best first; those alike keep the order of the book."""
    having = {word: sum(word in entry["folded"] for entry in entries) for word in words}
    weights = {word: math.log(1 + len(entries) / number) for word, number in having.items() if number}
    scores = [
        sum(weight * (TITLE if word in entry["head"] else word in entry["folded"]) for word, weight in weights.items())
        for entry in entries
    ]
    for place in sorted(range(len(entries)), key=lambda place: -scores[place]):
        if scores[place]:
            yield entries[place]


def _told(shelf: Shelf, entry: Mapping[str, str], names: Mapping[tuple[str, str], str]) -> Answer:
    kind = entry["kind"]
    there = f"{entry['page']}.html" + (f"#{entry['anchor']}" if entry["anchor"] else "")
    told: Answer = {key: entry[key] for key in ("kind", "title", "within") if entry[key]}
    if entry["text"]:
        told["text"] = (
            entry["text"] if len(entry["text"]) <= LENGTH else f"{entry['text'][:LENGTH].rsplit(' ', 1)[0]} …"
        )
    place, _, own = entry["page"].rpartition("/")
    name = own if (kind, place) in OWN_PAGES else names.get((kind, entry["anchor"]), "")
    if name:
        told |= {"id": name, "tool": TOOLS[kind]}
    return told | {"link": shelf.link(there)}


def _names(shelf: Shelf) -> dict[tuple[str, str], str]:
    """Return the names by which tools know what has an anchor."""
    content = shelf.facts()
    return {
        **{("fact", anchor("fact", fact["id"])): fact["id"] for fact in content["facts"]},
        **{("figure", anchor("fig", figure["name"])): figure["name"] for figure in content["figures"]},
        **{("claim", claim["anchor"]): name for name, claim in shelf.claims().items()},
    }


@lru_cache(maxsize=2)
def _entries(stamp: Stamp) -> list[dict[str, Any]]:
    """Read the entries from their script, with the text that is searched."""
    script = Path(stamp[0]).read_text(encoding="utf-8")
    rows = json.loads(script[script.index("[") : script.rindex("]") + 1])
    fields = ("kind", "title", "page", "anchor", "within", "text", "picture")
    entries = [dict(zip(fields, row, strict=False)) for row in rows]
    return [
        entry
        | {
            "head": (head := _folded(entry["title"])),
            "folded": f"{head} {_folded(entry['within'])} {_folded(entry['text'])}",
        }
        for entry in entries
    ]


def _folded(text: str) -> str:
    """Return a text without capitals and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
