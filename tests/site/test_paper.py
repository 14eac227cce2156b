"""Pages on paper: what a reader's own print of a page shows, and the PDFs of the book."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tests.site.visit import PAGES, visit

pytestmark = pytest.mark.browser
CHAPTERS = [page.docname for page in PAGES if page.is_notebook and not page.is_root and not page.title]


@pytest.mark.parametrize("docname", ["index", CHAPTERS[0], "data/reserves"])
def test_print_shows_the_text_in_light_colours_and_nothing_of_the_screen(chromium, site, docname):
    with visit(chromium, (site / f"{docname}.html").as_uri(), scheme="dark") as seen:
        seen.page.emulate_media(media="print", color_scheme="dark")
        for selector in (
            ".book-nav",
            ".book-bar",
            ".prev-next",
            ".iv-data",
            ".iv-definition",
        ):
            for element in seen.page.locator(selector).all():
                assert not element.is_visible(), selector
        assert seen.page.locator("article h1:visible").count() == 1
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for picture in seen.page.locator(".iv-picture").all():
            assert picture.is_visible()


def page_and_pdf(site, docname):
    """A page of the site and its PDF, to which the directory leads."""
    page = BeautifulSoup((site / f"{docname}.html").read_text(encoding="utf-8"), "html.parser")
    printed = site / "pdf" / f"{docname.rpartition('/')[2]}.pdf"
    if not printed.is_file():
        pytest.skip("the site was built without a browser: it has no PDFs and no links to them")
    assert f'"{docname}": "pdf/{printed.name}"' in (site / "directory.js").read_text(encoding="utf-8")
    return page, PdfReader(printed)


@pytest.mark.parametrize("docname", CHAPTERS)
def test_the_pdf_of_a_chapter_has_its_title_and_first_finding(site, docname):
    page, reader = page_and_pdf(site, docname)
    text = "".join("".join(p.extract_text() for p in reader.pages).split())
    for tag in page.select(".headerlink, .iv-definition"):
        tag.decompose()
    assert len(reader.pages) > 1
    assert "".join(page.h1.get_text().split()) in text
    first = page.select_one("#key-findings li") or page.select_one(".iv-answer")
    assert "".join(first.get_text().split())[:60] in text
    assert reader.outline


def test_start_here_is_a_leaf_of_two_pages(site):
    _, reader = page_and_pdf(site, "chapters/start-here")
    assert len(reader.pages) == 2


@pytest.mark.parametrize("docname", CHAPTERS)
def test_a_title_of_a_figure_is_never_cut_by_the_end_of_a_page(site, docname):
    page, reader = page_and_pdf(site, docname)
    pages = ["".join(printed.extract_text().split()) for printed in reader.pages]
    titles = ["".join(title.get_text().split()) for title in page.select("figcaption .caption-text")]
    assert titles
    assert [title for title in titles if not any(title in text for text in pages)] == []
