"""The site opened from disk, without a server, as from a USB stick."""

from __future__ import annotations

import pytest

from tests.site.visit import DOCNAMES, visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("docname", DOCNAMES)
def test_a_page_opens_from_disk_and_draws_its_charts(chromium, site, docname):
    with visit(chromium, (site / f"{docname}.html").as_uri()) as seen:
        assert seen.draw_charts() == []
        assert seen.troubles == []


def test_the_search_works_from_disk_and_shows_where_words_stand(chromium, site):
    with visit(chromium, (site / "search.html").as_uri() + "?q=dysprosium") as seen:
        seen.page.locator("#search-progress").filter(has_text="results").wait_for()
        first = seen.page.locator("#search-results li").first
        assert "chapters/" in first.locator("a").first.get_attribute("href")
        assert "dysprosium" in seen.page.locator("#search-results mark").first.inner_text().lower()
        assert seen.troubles == []
        first.locator("a").first.click()
        seen.page.wait_for_load_state()
        assert seen.page.locator("h1").first.is_visible()
        assert seen.troubles == []


def test_a_word_of_the_glossary_is_explained_by_pointer_and_keyboard_and_closed_by_escape(chromium, site):
    with visit(chromium, (site / "chapters" / "reserves.html").as_uri(), width=360) as seen:
        term = seen.page.locator(".iv-term").first
        link, definition = term.locator("a"), term.locator(".iv-definition")
        assert not definition.is_visible()
        link.focus()
        assert definition.is_visible()
        box = definition.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        seen.page.keyboard.press("Escape")
        assert not definition.is_visible()
        link.blur()
        link.hover()
        assert definition.is_visible()
        link.click()
        assert "glossary.html#term-" in seen.page.url
        assert seen.troubles == []
