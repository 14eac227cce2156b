"""The page of one number: how it may be quoted, how it came about, what it was on an earlier day, how it is cited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from lib import cite
from lib import records as recording
from lib.site import plain
from lib.site.background import Errand
from lib.site.exports.citation import FILES

FOLDER = "facts"
TITLE, WITHIN = "\ue001", "\ue002"
"""Stand for title and place of a number where a citation is formatted: all numbers are cited alike."""


def place(fact: Mapping) -> str:
    """Return where the page of a number is, from the root of the site."""
    return f"{FOLDER}/{fact['id']}.html"


def stage(
    records: recording.Records,
    before: recording.Records | None,
    told: Mapping,
    folder: Path,
    address: str,
    commit: str,
    own: str = "",
) -> list[Errand]:
    """Return what writes a page for each number to the staged book `folder`.

    `told` are the derivations in words, by anchor; `before` the records of an earlier day; `address` that of the site,
    if it has one; `own` says which rows of a reader's own the site rests on.
    """
    target = folder / FILES / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    chapters = {chapter["name"]: chapter for chapter in records.chapters}
    links = recording.addresses(records)
    earlier = {fact["id"]: fact for fact in before.facts} if before else {}
    since = before.as_of if before else None

    def write(fact: Mapping) -> None:
        work = _work(fact, chapters[fact["chapter"]], address, commit)
        derivation = told["facts"][recording.anchor("fact", fact["id"])]
        rows = [row | _links(row, links) for row in derivation["rows"]]
        said = quotation(derivation, told["book"], work.url)
        page = plain.page(
            "fact.html",
            page="facts",
            fact=fact,
            told=derivation | {"rows": rows},
            title=work.title,
            meaning=_meaning(fact),
            chapter=chapters[fact["chapter"]]["title"],
            described=said,
            quotation=said,
            apa=_citation(work),
            bibtex=cite.bibtex(work).strip(),
            known=_known(fact, earlier.get(fact["id"]), records.as_of, since),
            url=work.url,
            own=own,
            edition={},
            search_page="../search.html",
            editions_page="../editions.html",
            directory="../directory.js",
            up="../",
        )
        (target / Path(place(fact)).name).write_text(page, encoding="utf-8")

    return [partial(write, fact) for fact in records.facts]


def quotation(derivation: Mapping, book: str, address: str) -> str:
    """Write what to put into a report: what a number is, when, who says so, the book with its day, and where.

    `derivations.js` writes the same in the pop-up of a number. Without an `address` the name of the number has to do.
    """
    sources = list(dict.fromkeys(row["title"] for row in derivation["rows"] if "title" in row))
    others = " and others" if len(sources) > recording.NAMED else ""
    source = f" Source: {'; '.join(sources[: recording.NAMED])}{others}." if sources else ""
    return f"{derivation['text']}: {_meaning(derivation)}.{source} {book}. {address or _named(derivation)}"


def _named(derivation: Mapping) -> str:
    return f"Number {derivation['id']}"


def _meaning(fact: Mapping) -> str:
    return ", ".join(filter(None, [fact.get("scope"), fact.get("period")]))


def _links(row: Mapping, links: Mapping[str, Mapping[str, list[str]]]) -> dict[str, str]:
    """Return the addresses of table and source of a row, as seen from the page of a number."""
    found = {scheme: links[scheme].get(row.get(scheme, "")) for scheme in ("table", "source")}
    return {f"{scheme}_href": f"../{way[0]}.html#{way[1]}" for scheme, way in found.items() if way}


def _known(fact: Mapping, then: Mapping | None, day: str | None, since: str | None) -> list[dict[str, str]]:
    """List what the number was on an earlier day, where that is known, and what it is on the day of the book."""
    days = [(since, then["text"] if then else "not in the book"), (day, fact["text"])]
    return [{"day": cite.written(dt.date.fromisoformat(when)), "text": text} for when, text in days if when]


def _work(fact: Mapping, chapter: Mapping, address: str, commit: str) -> cite.Work:
    vintage = dt.date.fromisoformat(chapter["vintage"])
    as_of = dt.date.fromisoformat(chapter["as_of"]) if chapter.get("as_of") else vintage
    url = f"{address.rstrip('/')}/{place(fact)}" if address else ""
    within = f"Number “{fact['id']}” of “{chapter['title']}”"
    return cite.Work("number", fact["id"], f"{_meaning(fact)}: {fact['text']}", as_of, vintage, commit, url, within)


def _citation(work: cite.Work) -> str:
    address = WITHIN * 2 if work.url else ""
    alike = cite.formatted(replace(work, name="number", title=TITLE, within=WITHIN, url=address), "apa")
    return alike.replace(address or "\0", work.url).replace(TITLE, work.title).replace(WITHIN, work.within)
