"""Pages made fit for paper, and the PDFs that Chromium prints of them."""

from __future__ import annotations

import re
import shutil

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from lib import browser, cite
from lib.build import plan
from lib.site.exports import paper, pdf

pytestmark = pytest.mark.browser


def soup(text: str) -> BeautifulSoup:
    return BeautifulSoup(f'<html><body><article class="book-article">{text}</article></body></html>', "html.parser")


@pytest.fixture
def copy(made, tmp_path):
    """A copy of the built tiny book."""
    root = tmp_path / "copy"
    shutil.copytree(made.site.parents[1], root)
    return root


@pytest.fixture
def dated(copy):
    """The book with the dated line that chapters have."""
    for name in ("index", "chapters/ores"):
        path = copy / "_build" / "html" / f"{name}.html"
        path.write_text(path.read_text().replace("</h1>", '</h1><p class="iv-dated">Edition 1.</p>', 1))
    return copy


def outline(entries) -> list[str]:
    """Titles of the bookmarks, flat."""
    return [t for e in entries for t in (outline(e) if isinstance(e, list) else [e.title])]


def addresses(reader: PdfReader) -> list[str]:
    notes = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    return [note["/A"]["/URI"] for note in notes if "/URI" in note.get("/A", {})]


def test_links_to_other_pages_stay_words_or_become_public():
    text = '<a href="../facts.html#x">1</a><a href="#y">2</a><a href="https://e.org">3</a>'
    printed = BeautifulSoup(paper.alone(soup(text)), "html.parser")
    assert [a["href"] for a in printed.select("a")] == ["#y", "https://e.org"]
    public = soup(text)
    public.body.insert(0, public.new_tag("link", rel="canonical", href="https://b.org/chapters/n.html"))
    printed = BeautifulSoup(paper.alone(public), "html.parser")
    assert printed.select("a")[0]["href"] == "https://b.org/facts.html#x"


def test_in_the_whole_book_links_lead_from_page_to_page(made):
    pages = plan.pages(made.site.parents[1])
    names = [p.docname for p in pages if p.is_notebook or p.docname in paper.APPENDIX]
    soups = {n: BeautifulSoup((made.site / f"{n}.html").read_text(), "html.parser") for n in names}
    book = BeautifulSoup(paper.whole(soups, pages), "html.parser")
    anchors = {tag["id"] for tag in book.select("[id]")}
    targets = [a["href"] for a in book.select("article a[href]") if not a["href"].startswith("http")]
    assert targets
    assert [t for t in targets if not t.startswith("#") or t[1:] not in anchors] == []
    assert book.select("script") == []
    numbers = [tag for tag in book.select(".iv-fact") if "href" not in tag.attrs]
    assert numbers, "the page of facts is not in the book"
    assert book.select(".iv-print-contents a"), "the book has contents"


def test_without_a_browser_there_are_no_files_and_no_links(dated, monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: None)
    site = dated / "_build" / "html"
    with pytest.raises(pdf.NoBrowser):
        pdf.make(site, plan.pages(dated), dated / "store")
    assert not (site / "pdf").exists()
    assert '"pdf": {}' in (site / "directory.js").read_text()
    assert not list(site.rglob(".print-*"))


def test_pdfs_have_text_bookmarks_and_live_links(dated, chromium):
    site, store = dated / "_build" / "html", dated / "_build" / "pdf"
    made = pdf.make(site, plan.pages(dated), store)
    assert [path.name for path in made] == ["ores.pdf", "industrial-vitamins.pdf"]
    chapter, book = (PdfReader(path) for path in made)
    text = " ".join(page.extract_text() for page in chapter.pages)
    assert "Ores" in text
    assert "A chapter on ores cites" in text
    assert outline(chapter.outline)[0] == "Ores"
    assert len(book.pages) >= 4
    pages = ("A tiny book", "Contents", "Ores", "References", "Glossary")
    assert tuple(dict.fromkeys(t for t in outline(book.outline) if t in pages)) == pages
    assert book.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert not [a for r in (chapter, book) for a in addresses(r) if not a.startswith("http")]
    listed = BeautifulSoup((site / "editions.html").read_text(), "html.parser").select('a[href^="pdf/"]')
    assert {link["href"] for link in listed} == {"pdf/industrial-vitamins.pdf", "pdf/ores.pdf"}
    page = chromium.new_page()
    for name, target in (("index", "pdf/industrial-vitamins.pdf"), ("chapters/ores", "../pdf/ores.pdf")):
        page.goto((site / f"{name}.html").as_uri())
        assert page.locator("a.iv-pdf").get_attribute("href") in (target, f"./{target}")
    page.close()


def test_a_page_printed_again_gives_the_same_bytes(dated, chromium):
    site, pages = dated / "_build" / "html", plan.pages(dated)
    first = {path.name: path.read_bytes() for path in pdf.make(site, pages, dated / "store")}
    again = {path.name: path.read_bytes() for path in pdf.make(site, pages, dated / "another store")}
    assert first == again


def test_a_page_is_printed_alike_with_the_fonts_of_the_computer_and_without_any(dated, chromium, no_fonts, monkeypatch):
    site, pages = dated / "_build" / "html", plan.pages(dated)
    path = site / "chapters" / "ores.html"
    path.write_text(path.read_text().replace("</h1>", "</h1><p>So <code>run ores</code></p><pre>a = 1</pre>", 1))
    first = {path.name: path.read_bytes() for path in pdf.make(site, pages, dated / "store")}
    for name, value in no_fonts.items():
        monkeypatch.setenv(name, value)
    without = {path.name: path.read_bytes() for path in pdf.make(site, pages, dated / "another store")}
    assert first == without


def test_a_print_is_made_steady_without_moving_a_byte():
    printed = b"/ModDate (D:20270102030405+00'00')/ID (node00000070)/ID (node00000012)/K (node00000070)"
    other = b"/ModDate (D:20280102030405+01'00')/ID (node00000099)/ID (node00000030)/K (node00000099)"
    assert pdf.steady(printed) == pdf.steady(other)
    assert len(pdf.steady(printed)) == len(printed)
    assert f"(D:{cite.released():%Y%m%d}000000+00'00')".encode() in pdf.steady(printed)
    assert pdf.steady(printed).endswith(b"/ID (node00000001)/ID (node00000000)/K (node00000001)")


def test_the_contents_of_the_book_name_the_pages_of_its_chapters(dated, chromium):
    site = dated / "_build" / "html"
    *_, book = (PdfReader(path) for path in pdf.make(site, plan.pages(dated), dated / "_build" / "pdf"))
    starts = {
        entry.title: book.get_destination_page_number(entry) for entry in book.outline if not isinstance(entry, list)
    }
    contents = book.pages[starts["Contents"]].extract_text()
    for title in ("Ores", "References", "Glossary"):
        assert re.search(rf"{title}\s+{starts[title] + 1}\b", contents), title
        assert f"· {title}" in book.pages[starts[title]].extract_text(), "the head of a page names its chapter"


def test_a_picture_that_is_not_there_is_an_error_and_no_empty_frame(dated, chromium):
    site = dated / "_build" / "html"
    page = site / "chapters/ores.html"
    page.write_text(page.read_text().replace("</h1>", '</h1><img src="../figures/gone.svg" alt="">', 1))
    with pytest.raises(pdf.PictureMissing, match=r"gone\.svg"):
        pdf.make(site, plan.pages(dated), dated / "_build" / "pdf")


def test_in_the_book_a_picture_is_looked_for_where_its_page_has_it(made):
    pages = plan.pages(made.site.parents[1])
    names = [p.docname for p in pages if p.is_notebook or p.docname in paper.APPENDIX]
    soups = {n: BeautifulSoup((made.site / f"{n}.html").read_text(), "html.parser") for n in names}
    soups["chapters/ores"].h1.insert_after(soups["chapters/ores"].new_tag("img", src="../figures/map.svg"))
    assert 'src="figures/map.svg"' in paper.whole(soups, pages)


def test_a_table_with_many_columns_stands_on_a_turned_page_at_the_end_of_its_chapter():
    cells = "".join(f"<td>{n}</td>" for n in range(8))
    inner = f'<span class="caption-number">Fig. 3</span><table><tr>{cells}</tr></table>'
    table = f'<figure class="iv-published">{inner}</figure>'
    printed = BeautifulSoup(paper.alone(soup(f"<h1>Ores</h1>{table}<p>After it.</p>")), "html.parser")
    assert "Fig. 3 is at the end of the chapter." in printed.article.get_text()
    *_, last = printed.article.find_all(recursive=False)
    assert "iv-turned" in last["class"]
    assert last.select_one("table")


def test_what_has_not_changed_is_not_printed_again(dated, chromium, monkeypatch):
    site, store, pages = dated / "_build" / "html", dated / "_build" / "pdf", plan.pages(dated)
    pdf.make(site, pages, store)
    page = (site / "index.html").read_text()
    monkeypatch.setattr(browser, "find", lambda: None)
    assert len(pdf.make(site, pages, store)) == 2
    assert (site / "index.html").read_text() == page


def test_a_page_whose_picture_changed_is_printed_again(dated, chromium):
    site, store, pages = dated / "_build" / "html", dated / "_build" / "pdf", plan.pages(dated)
    picture = site / "figures" / "map.svg"
    picture.parent.mkdir(exist_ok=True)
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="{}"/></svg>'
    picture.write_text(svg.format("red"))
    page = site / "chapters/ores.html"
    page.write_text(page.read_text().replace("</h1>", '</h1><img src="../figures/map.svg" alt="">', 1))
    pdf.make(site, pages, store)
    before = {path.name for path in store.iterdir()}
    picture.write_text(svg.format("blue"))
    pdf.make(site, pages, store)
    assert not before & {path.name for path in store.iterdir()}
