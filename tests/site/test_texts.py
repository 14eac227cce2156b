"""The pages as Markdown say what the pages say: the same words, links that lead somewhere, every table and figure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml.html import HtmlElement, fromstring
from markdown_it import MarkdownIt

from lib.site.sphinx import folds

PAGES = ("index", "chapters/reserves", "chapters/claims", "chapters/economies/japan", "chapters/glossary", "changes")
SHOWN_ONLY = {
    "headerlink",
    "iv-data",
    "iv-definition",
    "iv-fold",
    "iv-folded",
    "iv-tools",
    "iv-unseen",
    "visually-hidden",
}
"""Classes of what is on a page to be seen or pressed, and is no part of its text."""


def parsed(text: str) -> HtmlElement:
    return fromstring(f"<main>{MarkdownIt('commonmark').enable('table').render(text)}</main>")


def words(element: HtmlElement) -> Iterator[str]:
    """The words of an element in their order, without those of pictures, buttons and folded formats."""
    classes = set((element.get("class") or "").split())
    if not isinstance(element.tag, str) or element.tag in {"script", "svg", "math", "button"} or classes & SHOWN_ONLY:
        return
    if "iv-format" in classes and element.get("open") is None:
        return
    yield from (element.text or "").split()
    for child in element:
        yield from words(child)
        yield from (child.tail or "").split()


@pytest.mark.parametrize("name", PAGES)
def test_the_text_of_a_page_has_every_word_of_it(site, name):
    article = fromstring((site / f"{name}.html").read_text(encoding="utf-8")).find_class("book-article")[0]
    text = parsed((site / f"{name}.md").read_text(encoding="utf-8"))
    joined = "".join("".join(words(text)).split())
    missing = Counter(word for word in words(article) if word not in joined)
    assert missing == Counter()


def test_the_text_of_what_changed_has_the_rows_that_its_page_puts_away(site):
    beside = fromstring((site / f"changes{folds.BESIDE}.html").read_text(encoding="utf-8"))
    joined = "".join("".join(words(parsed((site / "changes.md").read_text(encoding="utf-8")))).split())
    cells = [cell for rows in beside.iter("tbody") for cell in words(rows)]
    assert cells
    assert [word for word in cells if word not in joined] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_text_leads_somewhere(site, name):
    path = site / f"{name}.md"
    text = parsed(path.read_text(encoding="utf-8"))
    ids: dict[Path, set[str]] = {}
    for address in [*text.xpath("//a/@href"), *text.xpath("//img/@src")]:
        if address.startswith(("http:", "https:", "mailto:")):
            continue
        file, _, anchor = address.partition("#")
        target = (path.parent / file).resolve()
        assert target.is_file(), address
        if anchor:
            if target not in ids:
                ids[target] = set(fromstring(target.read_text(encoding="utf-8")).xpath("//@id"))
            assert anchor in ids[target], address


def test_each_page_has_a_text_and_says_so(site):
    chapters = (path for path in site.glob("chapters/**/*.html") if not path.stem.endswith(folds.BESIDE))
    pages = [*chapters, *site.glob("data/*.html"), site / "facts.html"]
    for path in pages:
        head = fromstring(path.read_text(encoding="utf-8")).find("head")
        (link,) = head.xpath("link[@type='text/markdown']/@href")
        assert (path.parent / link).read_text(encoding="utf-8").startswith("# "), path


def test_numbers_of_a_chapter_lead_to_their_derivations(site):
    facts = json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]
    text = parsed((site / "chapters/reserves.md").read_text(encoding="utf-8"))
    linked = {(a.text_content(), a.get("href").partition("#")[2]) for a in text.iter("a")}
    shown = {
        (fact["text"], "fact-" + fact["id"].replace(".", "-")) for fact in facts if fact["page"] == "chapters/reserves"
    }
    assert len(linked & shown) > len(shown) / 2


def test_a_figure_is_a_picture_with_title_and_data_and_a_table_is_a_table(site):
    facts = json.loads((site / "facts.json").read_text(encoding="utf-8"))
    figures = [figure for figure in facts["figures"] if figure["page"] == "chapters/reserves"]
    text = parsed((site / "chapters/reserves.md").read_text(encoding="utf-8"))
    pictures = dict(zip(text.xpath("//img/@src"), text.xpath("//img/@alt"), strict=True))
    files = set(text.xpath("//a/@href"))
    titles = " ".join(text.xpath("//p/strong//text()"))
    for figure in figures:
        assert f"../figures/{figure['name']}.csv" in files
        assert figure["title"] in titles
        if (site / f"figures/{figure['name']}.svg").is_file():
            assert pictures[f"../figures/{figure['name']}.svg"] == figure["alt"]
    assert len(text.xpath("//table")) == len([f for f in figures if f"../figures/{f['name']}.svg" not in pictures])


def test_llms_txt_lists_every_page_once_and_the_full_text_has_all_chapters(site):
    listed = parsed((site / "llms.txt").read_text(encoding="utf-8"))
    assert [element.tag for element in listed[:2]] == ["h1", "blockquote"]
    addresses = listed.xpath("//li/a/@href")
    assert len(addresses) == len(set(addresses))
    texts = {path.relative_to(site).as_posix() for path in site.rglob("*.md")} - {"index.md"}
    assert texts == {address for address in addresses if address.endswith(".md")}
    assert [address for address in addresses if not (site / address).is_file()] == []
    full = (site / "llms-full.txt").read_text(encoding="utf-8")
    for path in site.glob("chapters/*.md"):
        if path.stem not in ("glossary", "new-data"):
            assert path.read_text(encoding="utf-8").splitlines()[0] in full.splitlines()
    assert "](facts.html#fact-reserves-china-reserves)" in full


def test_past_editions_have_no_texts_for_machines(site):
    assert not list((site / "editions").rglob("*.md"))
    assert not list((site / "editions").rglob("llms*.txt"))
