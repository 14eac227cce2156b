"""The feeds keep the rules of Atom (RFC 4287) and of JSON Feed 1.1, and tell what the page of changes tells."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
from lxml.html import fromstring

from lib.records import Records
from lib.site.exports import feeds

ATOM = f"{{{feeds.ATOM}}}"
ONE, SOME = "exactly one", "at most one"
OF_FEED = {
    "id": ONE,
    "title": ONE,
    "updated": ONE,
    "subtitle": SOME,
    "rights": SOME,
    "author": "",
    "link": "",
    "entry": "",
}
OF_ENTRY = {"id": ONE, "title": ONE, "updated": ONE, "summary": SOME, "category": "", "link": ""}
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def broken(feed: ElementTree.Element) -> list[str]:
    """The rules of RFC 4287 that a feed breaks, as far as its elements go."""
    problems = [] if feed.tag == f"{ATOM}feed" else [f"the document begins with {feed.tag}"]
    entries = feed.findall(f"{ATOM}entry")
    for element, rules in [(feed, OF_FEED), *((entry, OF_ENTRY) for entry in entries)]:
        names = [child.tag.removeprefix(ATOM) for child in element]
        problems += [f"{name} is not allowed here" for name in names if name not in rules]
        for name, rule in rules.items():
            if (rule == ONE and names.count(name) != 1) or (rule == SOME and names.count(name) > 1):
                problems.append(f"{rule} {name} is asked for, not {names.count(name)}")
        if not urlsplit(element.findtext(f"{ATOM}id", "")).scheme:
            problems.append("an id is no absolute IRI")
        if not TIME.fullmatch(element.findtext(f"{ATOM}updated", "")):
            problems.append("updated is no RFC 3339 time")
        if not any(link.get("rel") == "alternate" for link in element.findall(f"{ATOM}link")):
            problems.append("nothing leads to what it is about")
        kinds = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in element.findall(f"{ATOM}link")]
        if sum(kind[0] == "alternate" for kind in kinds) != len({kind for kind in kinds if kind[0] == "alternate"}):
            problems.append("two alternate links of one type")
        if not all(link.get("href") for link in element.findall(f"{ATOM}link")):
            problems.append("a link without href")
        if not all(category.get("term") for category in element.findall(f"{ATOM}category")):
            problems.append("a category without term")
    if not feed.findall(f"{ATOM}author/{ATOM}name") and not all(entry.find(f"{ATOM}author") for entry in entries):
        problems.append("nobody is the author")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    return problems + (["two entries have one id"] if len(ids) != len(set(ids)) else [])


@pytest.fixture(scope="module")
def changes(site) -> dict:
    return json.loads((site / "changes.json").read_text(encoding="utf-8"))


def test_every_feed_keeps_the_rules_of_atom(site):
    paths = sorted((site / feeds.FOLDER).glob("*.atom"))
    assert len(paths) > 40
    assert {path.name: found for path in paths if (found := broken(ElementTree.parse(path).getroot()))} == {}


def test_a_feed_that_breaks_a_rule_is_found(site):
    feed = ElementTree.parse(site / feeds.FOLDER / "book.atom").getroot()
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    entry.remove(entry.find(f"{ATOM}id"))  # type: ignore[arg-type]
    assert "exactly one id is asked for, not 0" in broken(feed)


def test_every_json_feed_fits_its_schema_and_says_what_the_atom_feed_says(site):
    schema = json.loads((site / feeds.FOLDER / feeds.SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    for path in sorted((site / feeds.FOLDER).glob("*.atom")):
        atom = ElementTree.parse(path).getroot()
        content = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert [error.message for error in check.iter_errors(content)] == [], path.name
        entries = [(e.findtext(f"{ATOM}id"), e.findtext(f"{ATOM}title")) for e in atom.findall(f"{ATOM}entry")]
        assert entries == [(item["id"], item["title"]) for item in content["items"]]


def test_the_day_of_an_entry_is_that_of_its_newest_source_between_the_two_editions(site, changes):
    content = json.loads((site / feeds.FOLDER / "book.json").read_text(encoding="utf-8"))
    days = [item[feeds.EXTENSION]["day"] for item in content["items"]]
    assert days == sorted(days, reverse=True)
    assert all(changes["from"] < day <= changes["to"] for day in days)
    assert content[feeds.EXTENSION]["entries"] == sum(len(changes[part]) for part in ("facts", "claims", "ends"))
    ends = {end["id"]: end["end"] for end in changes["ends"]}
    told = {item[feeds.EXTENSION]["name"]: item[feeds.EXTENSION]["day"] for item in content["items"]}
    assert {name: told[name] for name in ends if name in told} == {n: d for n, d in ends.items() if n in told}


def test_the_feed_of_a_chapter_has_its_own_changes_alone(site, changes):
    content = json.loads((site / feeds.FOLDER / "reserves.json").read_text(encoding="utf-8"))
    own = {entry["id"] for entry in changes["facts"] if entry["page"] == "chapters/reserves"}
    assert {item[feeds.EXTENSION]["name"] for item in content["items"]} == own
    ends = json.loads((site / feeds.FOLDER / "export-controls.json").read_text(encoding="utf-8"))
    assert {end["id"] for end in changes["ends"]} <= {item[feeds.EXTENSION]["name"] for item in ends["items"]}


def test_every_link_of_a_feed_leads_somewhere(site):
    pages: dict[Path, str] = {}
    for path in (site / feeds.FOLDER / name for name in ("book.atom", "reserves.atom", "export-controls.atom")):
        for link in ElementTree.parse(path).getroot().iter(f"{ATOM}link"):
            file, _, anchor = link.get("href", "").partition("#")
            target = (path.parent / file).resolve()
            text = pages.setdefault(target, target.read_text(encoding="utf-8"))
            assert not anchor or f'id="{anchor}"' in text, link.get("href")


@pytest.mark.parametrize(("page", "first"), [("index", "book"), ("chapters/reserves", "reserves"), ("changes", "book")])
def test_a_page_names_its_feed_before_that_of_the_book(site, page, first):
    head = fromstring((site / f"{page}.html").read_text(encoding="utf-8")).find("head")
    found = head.xpath("link[@rel='alternate' and @type='application/atom+xml']/@href")
    assert [Path(address).stem for address in found] == list(dict.fromkeys([first, "book"]))
    assert all((site / page).parent.joinpath(address).is_file() for address in found)


def moved(text: str, since: str = "2025-06-30", to: str = "2026-06-30") -> dict:
    fact = {"text": text, "value": 1.0, "unit": "%", "scope": "a < b & c", "period": "2025"}
    entry = {"id": "ores.share", "page": "chapters/ores", "change": "moved", "before": fact | {"text": "1%"}}
    facts = [entry | {"after": fact, "because": ["geo"], "difference": 1.0, "factor": 2.0}]
    return {"from": since, "to": to, "facts": facts, "claims": [], "ends": []}


def made(text: str, **days: str) -> feeds.Feed:
    chapter = {"name": "ores", "page": "chapters/ores", "title": "Ores", "tables": []}
    sources = {"geo": {"published": "2026-02-06"}}
    return feeds.of_book(moved(text, **days), Records(chapters=[chapter]), sources)[1]


def test_a_change_keeps_its_id_in_later_builds_and_at_another_address_and_the_next_one_has_another():
    first, later = made("2%").entries[0], made("2%", since="2026-01-01", to="2026-11-29").entries[0]
    assert first.id == later.id
    assert first.day == later.day == "2026-02-06"
    assert made("3%").entries[0].id != first.id
    here, there = (feeds.atom(made("2%"), root) for root in ("../", "https://example.org/book/"))
    ids = [re.findall("<id>(.*?)</id>", text) for text in (here, there)]
    assert ids[0] == ids[1]


def test_a_site_with_an_address_has_absolute_links_and_one_without_has_relative_ones():
    files = feeds.files([made("2%")], "https://example.org/book")
    text = files["feeds/ores.atom"]
    assert broken(ElementTree.fromstring(text)) == []
    assert 'href="https://example.org/book/facts/ores.share.html"' in text
    assert 'href="https://example.org/book/feeds/ores.atom"' in text
    assert 'href="../facts/ores.share.html"' in feeds.files([made("2%")], "")["feeds/ores.atom"]
    assert json.loads(files["feeds/ores.json"])["feed_url"] == "https://example.org/book/feeds/ores.json"


def test_a_change_that_no_source_explains_has_the_day_of_the_edition():
    chapter = {"name": "ores", "page": "chapters/ores", "title": "Ores", "tables": []}
    content = moved("2%")
    content["facts"][0]["because"] = []
    (entry,) = feeds.of_book(content, Records(chapters=[chapter]), {})[1].entries
    assert dt.date.fromisoformat(entry.day) == dt.date(2026, 6, 30)


def test_a_feed_of_many_changes_has_the_newest_and_says_how_many_more_there_are():
    content = moved("2%")
    content["facts"] = [content["facts"][0] | {"id": f"ores.n{n}"} for n in range(feeds.MOST + 5)]
    chapter = {"name": "ores", "page": "chapters/ores", "title": "Ores", "tables": []}
    feed = feeds.of_book(content, Records(chapters=[chapter]), {"geo": {"published": "2026-02-06"}})[0]
    assert len(feed.shown) == feeds.MOST
    assert "5 older" in feed.subtitle
