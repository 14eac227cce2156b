"""What changed, delivered: Atom feeds and JSON Feeds of the page of changes, of the book and of each of its chapters.

An entry is a number, a claim, or a measure whose printed end has passed. Its day is the one on which the newest of the
sources that changed it became public. Its id follows from what it says, so a later build gives the same change the same
id, and the next change of the same number another. An id needs no address, and stays when the site moves.

Sources: RFC 4287 (Atom), RFC 9562 (ids as UUIDs of names), jsonfeed.org/version/1.1. Written with the standard library:
feedgen has had no release for years.
"""

from __future__ import annotations

import json
import textwrap
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from lib import cite
from lib.compare.changes import SIDES
from lib.records import Records, anchor
from lib.tables import asof

FOLDER = "feeds"
WHOLE = "book"
"""The name of the feed of all pages."""
CHANGES = "changes.html"
REGISTER = "measures"
"""The table whose ends pass: who reads it has them among the changes."""
MOST = 200
"""Entries of a feed, the newest; the page of changes and changes.json have all."""
LONGEST = 200  # characters of a title
ATOM = "http://www.w3.org/2005/Atom"
JSON_FEED = "https://jsonfeed.org/version/1.1"
SCHEMA = "feed.schema.json"
EXTENSION = "_industrial_vitamins"
TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}
NAMESPACE = uuid.UUID("a3d88c4e-4a6e-410e-b06a-48c776e76829")
"""The space of the names of this book; another value would make all entries new to those who have read them."""
ORDER = ("moved", "gone", "passed", "new")


@dataclass(frozen=True)
class Entry:
    """One change: of what `kind` (fact, claim, end) and how, on which page and day, and in words before and after."""

    kind: str
    name: str
    change: str
    page: str
    day: str
    title: str
    text: str
    address: str
    before: str | None
    after: str | None
    because: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the id of the change: that of what it is about, and of what that says now."""
        return identifier(self.kind, self.name, self.after or "")


@dataclass(frozen=True)
class Feed:
    """The changes of a page, or of all; `page` is its address from the root of the site."""

    name: str
    title: str
    page: str
    entries: Sequence[Entry]
    to: str

    @property
    def id(self) -> str:
        return identifier("feed", self.name)

    @property
    def shown(self) -> Sequence[Entry]:
        return self.entries[:MOST]

    @property
    def subtitle(self) -> str:
        """Say what the feed has, and where the rest is."""
        more = len(self.entries) - len(self.shown)
        rest = f" {more:,} older or newly added ones are on the page What changed." if more else ""
        return f"Numbers and claims that changed, and measures whose printed end has passed.{rest}"

    def path(self, kind: str) -> str:
        """Return where it is, from the root of the site; `kind` is that of TYPES."""
        return f"{FOLDER}/{self.name}.{kind}"


def identifier(*names: str) -> str:
    """Return an absolute IRI that is always the same for the same names."""
    return uuid.uuid5(NAMESPACE, "/".join(names)).urn


# ------------------------------------------------------------------------------------------- entries


def of_book(moved: Mapping, records: Records, sources: Mapping[str, Mapping[str, str]]) -> list[Feed]:
    """Make the feed of the book and those of its pages, the newest entries first."""
    days = asof.source_days(sources)
    listed = sorted(_entries(moved, records, days), key=lambda entry: (ORDER.index(entry.change), entry.name))
    listed.sort(key=lambda entry: entry.day, reverse=True)
    whole = Feed(WHOLE, f"What changed in {cite.short_title()}", CHANGES, listed, moved["to"])
    ends = {chapter["page"] for chapter in records.chapters if REGISTER in chapter.get("tables", [])}
    pages = {chapter["page"]: chapter for chapter in records.chapters if chapter["name"] != "index"}
    return [whole] + [
        Feed(
            chapter["name"],
            f"What changed in {chapter['title']}, {cite.short_title()}",
            f"{page}.html",
            [entry for entry in listed if entry.page == page or (not entry.page and page in ends)],
            moved["to"],
        )
        for page, chapter in pages.items()
    ]


def _entries(moved: Mapping, records: Records, days: Mapping[str, str]) -> Iterator[Entry]:
    since, to = moved["from"], moved["to"]

    def day(because: Iterable[str]) -> str:
        known = [published for source in because if since < (published := days.get(source, "")) <= to]
        return max(known, default=to)

    places = {claim["id"]: f"{claim['page']}.html#{claim['anchor']}" for claim in records.claims}
    for entry in moved["facts"]:
        before, after = (_number(entry[side]) for side in SIDES)
        about = entry["after"] or entry["before"]
        subject = str(about.get("scope") or entry["id"])
        place = f"facts/{entry['id']}.html" if entry["after"] else CHANGES
        yield _entry("fact", entry, subject, (before, after), day(entry["because"]), place)
    for entry in moved["claims"]:
        before, after = (_verdict(entry[side]) for side in SIDES)
        place = places.get(entry["id"], CHANGES)
        yield _entry("claim", entry, f"{entry['id']}: {entry['claim']}", (before, after), day(entry["because"]), place)
    for entry in moved.get("ends", []):
        end, known = entry["end"], entry["known_to"]
        text = f"The printed end of this measure, {end}, has passed. No source read since {known} says what followed."
        place = f"{CHANGES}#measures-whose-printed-end-has-passed"
        title = f"{entry['name']}: printed end {end} has passed"
        because = tuple(entry["because"])
        yield Entry("end", entry["id"], "passed", "", end, title, text, place, None, end, because)


def _entry(kind: str, entry: Mapping, subject: str, sides: tuple[str | None, ...], day: str, place: str) -> Entry:
    before, after = sides
    subject = subject[:1].upper() + subject[1:]
    readings = {
        "moved": (f"{before} → {after}", f"Before: {before}. Now: {after}."),
        "new": (f"{after} (new)", f"New in this edition: {after}."),
        "gone": ("gone", f"No longer in this edition; before: {before}."),
    }
    short, long = readings[entry["change"]]
    texts = (textwrap.shorten(f"{subject}: {short}", LONGEST, placeholder=" …"), f"{subject}. {long}")
    because = tuple(entry["because"])
    return Entry(kind, entry["id"], entry["change"], entry["page"], day, *texts, place, before, after, because)


def _number(fact: Mapping | None) -> str | None:
    if fact is None:
        return None
    return f"{fact['text']} ({fact['period']})" if fact.get("period") else str(fact["text"])


def _verdict(judged: Mapping | None) -> str | None:
    if judged is None:
        return None
    return f"{judged['verdict']} ({judged['text']})" if judged.get("text") else str(judged["verdict"])


# ------------------------------------------------------------------------------------------- files


def files(feeds: Iterable[Feed], address: str) -> dict[str, str]:
    """Return the files of feeds by their place in the site, whose public address may be empty."""
    root = f"{address.rstrip('/')}/" if address else "../"
    made = {f"{FOLDER}/{SCHEMA}": Path(__file__).with_name(SCHEMA).read_text(encoding="utf-8")}
    for feed in feeds:
        made |= {feed.path("atom"): atom(feed, root), feed.path("json"): json_feed(feed, root)}
    return made


def atom(feed: Feed, root: str) -> str:
    """Write a feed as Atom; `root` is the way to the root of the site, or its address."""
    top = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _texts(top, id=feed.id, title=feed.title, subtitle=feed.subtitle, updated=_time(_updated(feed)))
    for name in cite.author_names():
        _texts(ElementTree.SubElement(top, "author"), name=name)
    _texts(top, rights=", ".join(cite.licences()))
    ElementTree.SubElement(top, "link", rel="self", type=TYPES["atom"], href=f"{root}{feed.path('atom')}")
    ElementTree.SubElement(top, "link", rel="alternate", type="text/html", href=f"{root}{feed.page}")
    for entry in feed.shown:
        item = ElementTree.SubElement(top, "entry")
        _texts(item, id=entry.id, title=entry.title, updated=_time(entry.day))
        ElementTree.SubElement(item, "link", rel="alternate", type="text/html", href=f"{root}{entry.address}")
        for source in entry.because:
            href = f"{root}references.html#{anchor('source', source)}"
            ElementTree.SubElement(item, "link", rel="related", type="text/html", title=source, href=href)
        ElementTree.SubElement(item, "category", term=entry.kind)
        ElementTree.SubElement(item, "category", term=entry.change)
        _texts(item, summary=entry.text)
    ElementTree.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(top, encoding="unicode")}\n'


def _texts(parent: ElementTree.Element, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = text


def json_feed(feed: Feed, root: str) -> str:
    """Write a feed as JSON Feed, with what a program needs of each change beside its words."""
    content = {
        "version": JSON_FEED,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": f"{root}{feed.page}",
        "feed_url": f"{root}{feed.path('json')}",
        "language": "en",
        "authors": [{"name": name} for name in cite.author_names()],
        EXTENSION: {"$schema": SCHEMA, "id": feed.id, "updated": _updated(feed), "entries": len(feed.entries)},
        "items": [
            {
                "id": entry.id,
                "url": f"{root}{entry.address}",
                "title": entry.title,
                "content_text": entry.text,
                "date_published": _time(entry.day),
                "tags": [entry.kind, entry.change],
                EXTENSION: {
                    "kind": entry.kind,
                    "name": entry.name,
                    "change": entry.change,
                    "page": entry.page,
                    "day": entry.day,
                    "before": entry.before,
                    "after": entry.after,
                    "because": list(entry.because),
                },
            }
            for entry in feed.shown
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _updated(feed: Feed) -> str:
    return max((entry.day for entry in feed.entries), default=feed.to)


def _time(day: str) -> str:
    return f"{day}T00:00:00Z"
