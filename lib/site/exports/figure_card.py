"""What the files of a figure say of it: a card for each figure of the book, from its record."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from html import unescape
from types import MappingProxyType

from lib import cite
from lib import records as recording
from lib.site.exports import tabular
from lib.site.notices import Notices
from lib.tables import asof

RELATED = 6  # figures that the page of one names
LICENCE = ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
UNIT = re.compile(r"\(([^()]+)\)$")
TAG = re.compile(r"<[^>]+>")
SOURCES = re.compile(r'<p class="iv-sources">(.*?)</p>', re.DOTALL)
LINK = re.compile(r'href="(source|fact|table|figure|download):([^"]+)"')


@dataclass(frozen=True)
class Card:
    """One figure with all that its files say: `record` as collected, its number, chapter, sources, how it is cited."""

    record: dict
    number: int
    chapter: str
    sources: tuple[dict, ...]
    work: cite.Work
    links: Mapping[str, Mapping[str, list[str]]]  # of the book, by scheme and id: [page, anchor]
    top: Notices = Notices()  # noqa: RUF009 - it never changes
    related: tuple[tuple[str, str], ...] = ()  # names and titles of other figures
    slides: bool = True  # whether it can be taken away in the shape of a slide
    view: str = ""  # of the page Explore that shows its data, as the end of an address

    @property
    def name(self) -> str:
        return self.record["name"]

    @property
    def files(self) -> dict[str, str]:
        """Return its files by kind, from the root of the site."""
        files = recording.files_of(self.record)
        return {kind: path for kind, path in files.items() if self.slides or not kind.startswith(recording.SLIDES)}

    @property
    def place(self) -> str:
        """Return page and anchor, from the root of the site."""
        return place_of(self.record)

    @property
    def address(self) -> str:
        return self.work.url or self.place

    @property
    def source_line(self) -> str:
        """Return the line under the picture, as text."""
        line = SOURCES.search(self.html)
        return unescape(TAG.sub("", line.group(1))) if line else ""

    @property
    def columns(self) -> list[dict[str, str]]:
        """Return name, title and, where the title ends with one in parentheses, unit of each column."""
        rows = self.record.get("data") or []
        listed = self.record.get("columns") or [{"name": name, "title": name} for name in (rows[0] if rows else ())]
        return [_column(column["name"], column["title"]) for column in listed]

    @property
    def listed_sources(self) -> list[dict[str, str]]:
        """Return what is said of each source in the files."""
        names = ("id", "title", "publisher", "url", "doi", "licence", "accessed")
        return [
            {name: source.get(name, "") for name in names} | {"published": asof.printed_day(source)}
            for source in self.sources
        ]

    @cached_property
    def data(self) -> tabular.Data:
        """Return the rows of the figure with all that is said of them."""
        words = {
            "Title": self.record["title"],
            "Subtitle": self.record.get("subtitle", ""),
            "Note": self.record.get("note", ""),
            "Figure": self.name,
            "Chapter": self.chapter,
            "As known on": str(self.work.as_of),
            "Licence": f"{LICENCE[0]} for the compilation ({LICENCE[1]}); each source keeps its own",
            "Citation": citation(self.work),
        }
        return tabular.Data(self.name, self.columns, self.record.get("data") or [], words, self.listed_sources)

    @property
    def html(self) -> str:
        """Return the figure as its page has it."""
        return str(self.record.get("html", ""))

    @property
    def is_past(self) -> bool:
        """Return whether it shows the knowledge of a past day."""
        return self.work.as_of < self.work.vintage

    @property
    def content(self) -> str:
        """Return all that the files of the figure are made from, as text: of the links those that it has."""
        followed = [self.leads_to(*named) for named in LINK.findall(self.html)]
        parts = [self.record, self.number, self.chapter, self.sources, self.work, followed, self.related]
        parts += [self.top.own, self.top.alone, self.slides, self.view, cite.citation_file()]
        return json.dumps(parts, sort_keys=True, default=str)

    def leads_to(self, scheme: str, name: str) -> Sequence[str]:
        """Return page and anchor of a link as the HTML of the figure has it; the cover for what has no place."""
        return self.links.get(scheme, {}).get(unescape(name), ("index", ""))


def place_of(record: Mapping) -> str:
    """Return page and anchor of a figure, from the root of the site."""
    return f"{record['page']}.html#{recording.anchor('fig', record['name'])}"


def cards(
    records: recording.Records,
    sources: Mapping[str, dict],
    address: str,
    top: Notices = Notices(),  # noqa: B008 - it never changes
    commit: str = "",
    serial: Collection[str] = (),
    views: Mapping[str, str] = MappingProxyType({}),
) -> list[Card]:
    """List the figures of the book, numbered as by Sphinx: in reading order. `address` is that of the site, if any.

    Slides are drawn of the current edition, and not for `serial` pages, of which one notebook makes many. `views` are
    those of the page Explore, by figure.
    """
    links = recording.addresses(records)
    chapters = {chapter["page"]: chapter for chapter in records.chapters}
    return [
        Card(
            record=figure,
            number=number,
            chapter=chapters[figure["page"]]["title"],
            sources=tuple(sources[source] for source in figure.get("sources") or []),
            work=_work(figure, chapters[figure["page"]], address, commit),
            links=links,
            top=top,
            related=_related(figure, records.figures),
            view=views.get(figure["name"], ""),
            slides=not chapters[figure["page"]].get("as_of") and figure["page"] not in serial,
        )
        for number, figure in enumerate(records.figures, start=1)
    ]


def _related(figure: Mapping, others: Sequence[Mapping]) -> tuple[tuple[str, str], ...]:
    """List the figures that rest most nearly on the same tables, those of the page first; at most RELATED."""
    own = set(figure.get("tables") or ())

    def nearness(other: Mapping) -> tuple[float, bool]:
        tables = set(other.get("tables") or ())
        return len(own & tables) / max(1, len(own | tables)), other["page"] == figure["page"]

    near = [other for other in others if other["name"] != figure["name"] and nearness(other)[0]]
    near.sort(key=nearness, reverse=True)
    return tuple((other["name"], other["title"]) for other in near[:RELATED])


def _work(figure: Mapping, chapter: Mapping, address: str, commit: str) -> cite.Work:
    """Describe a figure by its name: its number is another one in each edition."""
    vintage = dt.date.fromisoformat(chapter["vintage"])
    as_of = dt.date.fromisoformat(chapter["as_of"]) if chapter.get("as_of") else vintage
    url = f"{address.rstrip('/')}/{place_of(figure)}" if address else ""
    within = f"Figure “{figure['name']}” of “{chapter['title']}”"
    return cite.Work("figure", figure["name"], figure["title"], as_of, vintage, commit, url, within)


def _column(name: str, title: str) -> dict[str, str]:
    unit = UNIT.search(title)
    return {"name": name, "title": title} | ({"unit": unit.group(1)} if unit else {})


@cache
def citation(work: cite.Work) -> str:
    """Cite a figure as an entry of a reference list, in the style of APA; once for all its files."""
    return cite.formatted(work, "apa")
