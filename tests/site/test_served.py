"""Every page in a real browser, served over HTTP: no errors, nothing foreign, charts drawn, fits a phone."""

from __future__ import annotations

import pytest

from tests.site.visit import DOCNAMES, EVERY, served, visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served."""
    with served(site) as url:
        yield url


@pytest.mark.parametrize("docname", DOCNAMES)
def test_a_page_opens_without_errors_and_draws_its_charts(chromium, address, docname):
    with visit(chromium, f"{address}/{docname}.html") as seen:
        assert seen.draw_charts() == []
        assert seen.troubles == []


@pytest.mark.parametrize("docname", DOCNAMES)
def test_a_page_fits_a_phone_before_and_after_its_charts_are_drawn(chromium, address, docname):
    with visit(chromium, f"{address}/{docname}.html", width=360) as seen:
        assert seen.sideways() <= 0
        assert seen.draw_charts() == []
        assert seen.sideways() <= 0
        seen.page.set_viewport_size({"width": 320, "height": 700})
        seen.page.wait_for_timeout(300)
        assert seen.sideways() <= 0
        assert seen.troubles == []


def test_every_page_that_shares_its_notebook_fits_a_phone_too(chromium, address):
    for docname in [name for name in EVERY if name not in DOCNAMES]:
        with visit(chromium, f"{address}/{docname}.html", width=360) as seen:
            assert (docname, seen.sideways(), seen.troubles) == (docname, 0, [])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("docname", DOCNAMES)
def test_a_page_is_readable_in_the_dark_and_without_scripts(chromium, address, docname, width):
    with visit(chromium, f"{address}/{docname}.html", width=width, scheme="dark", scripts=False) as seen:
        assert seen.page.locator("h1").first.is_visible()
        for picture in seen.page.locator(".iv-picture").all():
            variants = picture.locator("> .iv-wide, > .iv-narrow").all()
            shown = [variant.bounding_box()["height"] for variant in variants if variant.is_visible()]
            assert len(shown) == 1, "one picture a chart: the wide or the narrow one"
            assert shown[0] > 40
        assert seen.troubles == []


def test_the_way_to_another_edition_leads_to_the_section_that_is_read(chromium, address):
    with visit(chromium, f"{address}/chapters/reserves.html", width=360) as seen:
        ways = seen.page.locator(".iv-switch a")
        assert not ways.first.is_visible()
        seen.page.evaluate("document.querySelector('#who-mines').scrollIntoView()")
        seen.page.locator(".iv-switch summary").click()
        link = seen.page.locator(".iv-switch a[data-same-place]").last
        link.hover()
        page, place = link.get_attribute("href").split("#")
        assert page.endswith("/chapters/reserves.html")
        assert within(seen.page.locator(f"#{place}").bounding_box(), 900), "what is read here"
        box = seen.page.locator(".iv-switch ul").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        seen.page.keyboard.press("Escape")
        assert not ways.first.is_visible()
        seen.page.locator(".iv-switch summary").click()
        link.click()
        seen.page.wait_for_load_state()
        assert "/editions/" in seen.page.url
        there = seen.page.locator(f"section#{seen.page.url.split('#')[1]}")  # pictures laid out may move the place
        assert within(there.bounding_box(), 900)
        assert "Past edition" in seen.page.locator(".iv-edition").inner_text()
        assert seen.troubles == []


def within(box: dict, height: int) -> bool:
    """Whether some of an element is in view."""
    return box["y"] < height and box["y"] + box["height"] > 0


def test_the_search_finds_a_word_of_the_book(chromium, address):
    with visit(chromium, f"{address}/search.html?q=reserves") as seen:
        seen.page.wait_for_selector("#search-results li", timeout=10_000)
        assert seen.troubles == []


def test_a_number_leads_to_its_derivation(chromium, address):
    with visit(chromium, f"{address}/{DOCNAMES[1]}.html") as seen:
        links = seen.page.locator("a.iv-fact")
        assert links.count() > 0
        text = links.first.inner_text()
        links.first.click()
        seen.page.wait_for_load_state()
        assert "facts.html#fact-" in seen.page.url
        assert text in seen.page.locator(":target").inner_text()
