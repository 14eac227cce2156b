"""What readers look for comes first, and leads to the place where it stands."""

from __future__ import annotations

import pytest

from tests.site.visit import visit

pytestmark = pytest.mark.browser
FIRST = {
    # numbers and codes
    "No. 61": "export-controls.html#row-register-",
    "No. 18": "export-controls.html#row-register-",
    "850511": "glossary.html#term-HS-code",
    "8505.11": "glossary.html#term-HS-code",
    "2010": "export-controls.html#exports-around-2010",
    "C08": "claims.html#claim-c08",
    # questions and terms
    "what is a reserve": "glossary.html#term-reserve",
    "HHI": "glossary.html#term-HHI",
    "net import reliance": "glossary.html#term-net-import-reliance",
    "quota": "glossary.html#term-quota",
    "recycl": "glossary.html#term-recycling",
    "Réserve": "glossary.html#term-reserve",
    # places
    "germany": "economies/germany.html",
    # findings
    "gallium": "export-controls.html#gallium-and-germanium",
    "dysprosium price": "export-controls.html#fig-price-history",
    "price of neodymium": "export-controls.html#fig-ndpr-prices",
    "which EU figure": "western-dependence.html#which-eu-figure-to-use",
    "myanmar": "processing.html#fig-imports",
    # plants and firms
    "lynas": "processing.html#row-plan",
    "bayan obo": "processing.html#row-technology-",
    "reserves": "reserves.html",
}


@pytest.fixture(scope="module")
def search(chromium, site):
    with visit(chromium, (site / "search.html").as_uri()) as seen:
        seen.page.locator(".search-form input").fill("a")
        seen.page.wait_for_selector("#search-results li")
        yield seen.page


def test_what_can_be_found_is_loaded_for_who_searches_and_not_before(chromium, site):
    with visit(chromium, (site / "search.html").as_uri()) as seen:
        seen.page.wait_for_load_state("networkidle")
        assert not seen.page.evaluate("window.bookEntries")
        seen.page.keyboard.type("reserves")  # the field has the focus
        seen.page.wait_for_selector("#search-results li")


@pytest.mark.parametrize("words", FIRST)
def test_what_is_looked_for_comes_first_and_its_place_is_there(search, site, words):
    search.locator(".search-form input").fill(words)
    search.wait_for_function("words => new URLSearchParams(location.search).get('q') === words", arg=words)
    addresses = search.locator("#search-results > li > a").evaluate_all("links => links.map(link => link.href)")
    top = addresses[: 3 if words == "reserves" else 1]
    assert any(FIRST[words] in address for address in top), addresses[:3]
    page, _, anchor = addresses[0].partition("#")
    text = (site / page.removeprefix(site.as_uri() + "/")).read_text(encoding="utf-8")
    assert not anchor or f'id="{anchor}"' in text


def test_a_row_that_is_found_is_shown_though_its_table_is_folded(chromium, site):
    with visit(chromium, (site / "chapters/export-controls.html").as_uri() + "#row-register-30") as seen:
        assert seen.page.locator("#row-register-30").is_visible()
        assert not seen.page.locator("#row-register-31").evaluate("row => row.matches(':target')")


def test_what_nothing_is_found_for_is_said(search):
    search.locator(".search-form input").fill("xyzzy")
    search.locator("#search-progress").filter(has_text="Nothing found for “xyzzy”").wait_for()
    assert search.locator("#search-results > li").count() == 0


def test_figures_show_their_picture(search):
    search.locator(".search-form input").fill("reserves map")
    picture = search.locator("#search-results img").first
    picture.wait_for()
    search.wait_for_function("picture => picture.naturalWidth > 0", arg=picture.element_handle())
