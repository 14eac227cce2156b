"""The derivation of a computed number opens where the number stands: by pointer, keyboard and touch, from disk."""

from __future__ import annotations

import json

import pytest

from tests.site.visit import visit

pytestmark = pytest.mark.browser
PAGE = "chapters/reserves"
WITHIN = 10_000  # milliseconds; a busy machine is slow


@pytest.fixture(scope="module")
def address(site) -> str:
    return (site / f"{PAGE}.html").as_uri()


def number(page, scripts: bool = True):
    """The first computed number in the text, scrolled to, and the pop-up; what it says is loaded."""
    if scripts:
        page.mouse.move(9, 9)
        page.wait_for_function("() => window.ivDerivations")
    link = page.locator("p a.iv-fact").first
    link.scroll_into_view_if_needed()
    return link, page.locator("#iv-derivation")


def fact_of(site, link) -> dict:
    """What facts.json says of the number that a link shows."""
    anchor = link.get_attribute("href").split("#")[1]
    facts = json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]
    return next(fact for fact in facts if "fact-" + fact["id"].replace(".", "-") == anchor)


def assert_within(box, width: int, height: int = 900) -> None:
    place = box.bounding_box()
    assert place["x"] >= 0
    assert place["y"] >= 0
    assert place["x"] + place["width"] <= width
    assert place["y"] + place["height"] <= height


def test_pointing_at_a_number_opens_its_derivation_and_leaving_closes_it(chromium, site, address):
    with visit(chromium, address) as seen:
        link, box = number(seen.page)
        fact = fact_of(site, link)
        assert not box.is_visible()
        link.hover()
        box.wait_for(state="visible", timeout=WITHIN)
        text = box.inner_text()
        for expected in (fact["text"], fact["scope"], fact["period"], fact["formula"], fact["inputs"][0]["table"]):
            assert expected in text
        cells = box.locator(".iv-derivation-cells > li")
        assert 1 <= cells.count() <= 9
        measured = next(name for name in fact["inputs"][0] if name.startswith("value"))
        assert f"{fact['inputs'][0][measured]:,.0f}" in cells.first.inner_text()
        assert measured in box.inner_text()
        assert box.locator('a[href*="references.html#source-"]').count()
        assert box.locator('a[href*="data/"][href*="#table-"]').count()
        assert box.get_attribute("aria-label") == f"How {fact['text']} came about"
        assert link.get_attribute("aria-expanded") == "true"
        assert_within(box, 1280)
        box.hover()  # the way into the pop-up does not close it
        seen.page.wait_for_timeout(600)
        assert box.is_visible()
        seen.page.mouse.move(1270, 5)
        box.wait_for(state="hidden", timeout=WITHIN)
        assert link.get_attribute("aria-expanded") == "false"
        assert seen.troubles == []


def test_every_link_of_a_derivation_leads_to_its_anchor(chromium, address):
    with visit(chromium, address) as seen:
        link, box = number(seen.page)
        link.focus()
        seen.page.keyboard.press("Enter")
        for href in box.locator("a").evaluate_all("links => links.map(link => link.href)"):
            seen.page.goto(href)
            anchor = href.partition("#")[2]
            place = f"[id='{anchor}']" if anchor else ".fact-page h1"
            assert seen.page.locator(place).count() == 1, href
        assert seen.troubles == []


def test_the_keyboard_opens_enters_leaves_and_follows(chromium, address):
    with visit(chromium, address, width=320) as seen:
        link, box = number(seen.page)
        focused = "document.activeElement.closest('#iv-derivation') !== null"
        link.focus()
        assert not box.is_visible(), "passing over a number opens nothing"
        seen.page.keyboard.press("Enter")
        assert box.is_visible()
        assert seen.page.url == address
        assert_within(box, 320)
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate(focused)
        seen.page.keyboard.press("Shift+Tab")
        assert link.evaluate("link => link === document.activeElement")
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Escape")
        assert not box.is_visible()
        assert link.evaluate("link => link === document.activeElement")
        seen.page.keyboard.press("Enter")
        for _ in range(box.locator("a, button").count() + 1):
            seen.page.keyboard.press("Tab")
        assert not seen.page.evaluate(focused)
        follows = "link => link.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING"
        assert link.evaluate(follows)
        link.focus()
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url("**/facts.html#fact-*")
        assert seen.troubles == []


def test_a_number_is_quoted_with_what_it_counts_its_source_the_book_the_day_and_its_address(chromium, site, address):
    with visit(chromium, address) as seen:
        seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        link, box = number(seen.page)
        fact = fact_of(site, link)
        link.hover()
        box.get_by_role("button", name="Copy a quotation").click()
        box.get_by_text("Copied").wait_for()
        quotation = seen.page.evaluate("navigator.clipboard.readText()")
        for part in (fact["text"], fact["scope"], "Source: ", "Industrial Vitamins, version", "as known on"):
            assert part in quotation
        served = address.startswith("http")  # a path of this computer is no address for others
        assert quotation.endswith(f"/facts/{fact['id']}.html" if served else f"Number {fact['id']}")
        assert seen.troubles == []


def test_a_first_tap_opens_and_a_second_follows(chromium, address):
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    link, box = number(page)
    link.tap()
    box.wait_for(state="visible", timeout=WITHIN)
    assert page.url == address
    assert_within(box, 360, 740)
    page.locator("h1").tap()
    box.wait_for(state="hidden", timeout=WITHIN)
    link.tap()
    box.wait_for(state="visible", timeout=WITHIN)
    link.tap()
    page.wait_for_url("**/facts.html#fact-*")
    context.close()


def test_a_number_that_is_asked_before_its_derivation_came_opens_when_it_comes(chromium, address):
    held = []
    with visit(chromium, address) as seen:
        seen.page.route("**/derivations/**", lambda route: held.append(route))
        seen.page.locator("p a.iv-fact").first.focus()
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_timeout(200)
        assert not seen.page.locator("#iv-derivation").is_visible()
        held.pop().continue_()
        seen.page.locator("#iv-derivation").wait_for(state="visible", timeout=WITHIN)
        assert seen.page.url == address
        assert seen.troubles == []


def test_a_number_whose_derivation_does_not_load_leads_to_its_entry(chromium, address):
    with visit(chromium, address) as seen:
        seen.page.route("**/derivations/**", lambda route: route.abort())
        seen.page.locator("p a.iv-fact").first.focus()
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url("**/facts.html#fact-*")


def test_without_scripts_a_number_leads_to_its_entry(chromium, address):
    with visit(chromium, address, scripts=False) as seen:
        link, box = number(seen.page, scripts=False)
        anchor = link.get_attribute("href").split("#")[1]
        assert box.count() == 0
        link.click()
        seen.page.wait_for_url(f"**/facts.html#{anchor}")
        assert seen.page.locator(f"[id='{anchor}']").count() == 1


def test_an_open_derivation_is_not_printed(chromium, address):
    with visit(chromium, address) as seen:
        link, box = number(seen.page)
        link.focus()
        seen.page.keyboard.press("Enter")
        assert box.is_visible()
        seen.page.emulate_media(media="print")
        assert not box.is_visible()
