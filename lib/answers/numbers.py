"""Numbers and figures of the book, as known on a day.

For a past day, the newest edition answers in which all that the number rests on was public by then: nothing newer had
replaced it on that day. Where no edition has such a number, it was not yet public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib import records
from lib.answers.shelf import CURRENT, Answer, Shelf, unknown
from lib.build import editions
from lib.tables import asof

MOST_ROWS = 20
"""Groups of rows that an answer names of a number; facts.json has all."""
TOLD = ("id", "text", "value", "bound", "estimated", "unit", "scope", "period", "formula")


def get_fact(shelf: Shelf, name: str, as_of: str = "") -> Answer:
    """Answer with a number: value, bound, unit, scope, period, sources and link. Raises Unknown, ValueError."""
    found = {day: fact for day in _editions(shelf, as_of) if (fact := shelf.fact(name, day))}
    if not found:
        raise unknown("number", name, [entry["id"] for entry in shelf.facts()["facts"]])
    since = {day: _public_since(fact) for day, fact in found.items()}
    chosen = _chosen(since, as_of)
    if chosen is not None:
        return _fact(shelf, found[chosen], chosen) | _remark(shelf, as_of, chosen)
    newest = next(iter(found.values()))
    about = {key: newest[key] for key in ("id", "unit", "scope")}
    return about | _not_yet(as_of, min(since.values())) | {"link": shelf.link(_place(name))}


def get_figure(shelf: Shelf, name: str, as_of: str = "", limit: int = 50) -> Answer:
    """Answer with a figure: its finding, its rows, at most `limit`, sources and link. Raises Unknown, ValueError."""
    found = {day: figure for day in _editions(shelf, as_of) if (figure := shelf.figure(name, day))}
    if not found:
        raise unknown("figure", name, [entry["name"] for entry in shelf.facts()["figures"]])
    since = {day: shelf.public_since(source["id"] for source in figure["sources"]) for day, figure in found.items()}
    chosen = _chosen(since, as_of)
    if chosen is not None:
        return _figure(shelf, found[chosen], chosen, limit) | _remark(shelf, as_of, chosen)
    return {"name": name} | _not_yet(as_of, min(since.values())) | {"link": shelf.link(f"figures/{name}.html")}


def _editions(shelf: Shelf, as_of: str) -> list[str]:
    """List the editions that may answer, the newest first. Raises ValueError for what is no day."""
    if not as_of:
        return [CURRENT]
    asof.as_day(as_of)
    return [CURRENT, *reversed(editions.listed(shelf.site))]


def _chosen(since: Mapping[str, str], as_of: str) -> str | None:
    """Return the newest edition in which all was public by a day; `since` are the days by edition, the newest first."""
    return next((edition for edition, day in since.items() if not as_of or day <= as_of), None)


def _public_since(fact: Mapping[str, Any]) -> str:
    return max((str(entry.get("published") or "") for entry in fact["inputs"]), default="")


def _remark(shelf: Shelf, as_of: str, edition: str) -> Answer:
    """Say of an answer for a past day which edition gives it, and whether that can have been otherwise on the day."""
    if not as_of:
        return {}
    day = edition or shelf.as_of
    note = f"All that this rests on was public by {as_of}."
    if day != as_of:
        note += f" It is from the edition of {day}. What counts days, or measures in force, is as of that day."
    if day < as_of:
        note += f" Later figures may have changed it; `book run CHAPTER -p as_of={as_of}` computes it anew."
    return {"asked_as_of": as_of, "public": True, "note": note}


def _not_yet(as_of: str, since: str) -> Answer:
    note = f"This was not yet public on {as_of}. The earliest edition that has it rests on figures of {since}."
    return {"asked_as_of": as_of, "public": False, "public_since": since, "note": note}


def _place(name: str, day: str = CURRENT) -> str:
    """Return where a number is: on a page of its own, in a past edition in the list of facts."""
    return f"facts.html#{records.anchor('fact', name)}" if day else f"facts/{name}.html"


def _fact(shelf: Shelf, fact: Mapping[str, Any], day: str) -> Answer:
    told = {key: fact[key] for key in TOLD}
    inputs = fact["inputs"]
    sources = dict.fromkeys(entry["source_id"] for entry in inputs if entry.get("source_id"))
    rows = [
        {"table": entry.get("table"), "rows": records.lines(entry), "source": entry.get("source_id")}
        for entry in inputs
    ]
    return told | {
        "qualifier": records.qualifier_words(fact),
        "how_to_quote": records.how_to_quote(fact, shelf.sources),
        "as_of": day or shelf.as_of,
        "public_since": _public_since(fact),
        "sources": [shelf.source(name) for name in sources],
        "rows": rows[:MOST_ROWS],
        "more_rows": max(0, len(rows) - MOST_ROWS),
        "chapter": fact["chapter"],
        "page": shelf.link(f"{fact['page']}.html", day),
        "link": shelf.link(_place(fact["id"], day), day),
    }


def _figure(shelf: Shelf, figure: Mapping[str, Any], day: str, limit: int) -> Answer:
    name, rows = figure["name"], figure["data"]
    told = {key: figure[key] for key in ("name", "title", "subtitle", "alt", "note", "chapter", "citation")}
    return told | {
        "about": told.pop("note"),
        "as_of": day or shelf.as_of,
        "columns": figure["columns"],
        "rows": rows[:limit],
        "more_rows": max(0, len(rows) - limit),
        "sources": [shelf.source(source["id"]) for source in figure["sources"]],
        "licence": figure["licence"],
        "data": shelf.link(f"figures/{name}.csv", day),
        "link": shelf.link(f"figures/{name}.html", day),
    }
