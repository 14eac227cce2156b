"""What each reader came for, in at most two actions from the page where it is."""

from __future__ import annotations

import json
import re

import pytest
from bs4 import BeautifulSoup

from tests.site.visit import visit

pytestmark = pytest.mark.browser
FIGURE = "figures/reserves-by-country"


@pytest.fixture(scope="module")
def figure(site) -> BeautifulSoup:
    return BeautifulSoup((site / f"{FIGURE}.html").read_text(encoding="utf-8"), "html.parser")


def test_a_figure_has_a_page_of_its_own_with_data_files_and_what_it_is_made_from(chromium, site):
    with visit(chromium, (site / f"{FIGURE}.html").as_uri()) as seen:
        assert seen.page.locator("h1").count() == 1
        assert seen.page.locator(".iv-data table").is_visible()
        assert seen.page.locator('#made-from a[href^="../data/"]').count()
        assert seen.page.locator("#related a").count()
        seen.page.mouse.wheel(0, 200)
        seen.page.wait_for_selector('.iv-figure[data-drawn="true"]')
        assert seen.troubles == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_a_figure_does_not_scroll_sideways(chromium, site, width):
    for name in ("reserves-by-country", "register", "plants", "timeline"):
        with visit(chromium, (site / f"figures/{name}.html").as_uri(), width=width) as seen:
            assert seen.sideways() <= 0, name


def test_every_link_of_the_page_of_a_figure_leads_somewhere(site, figure):
    for link in figure.select("a[href]"):
        address, _, anchor = link["href"].partition("#")
        if address.startswith("http"):
            continue
        target = (site / "figures" / address.partition("?")[0]).resolve() if address else site / f"{FIGURE}.html"
        assert target.is_file(), link["href"]
        if anchor and target.suffix == ".html":
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), link["href"]


def test_each_figure_of_the_book_has_its_page(site):
    figures = json.loads((site / "facts.json").read_text(encoding="utf-8"))["figures"]
    assert [name for f in figures if not (site / "figures" / f"{(name := f['name'])}.html").is_file()] == []


def test_each_number_of_the_book_has_its_page_and_every_link_of_it_leads_somewhere(site):
    facts = json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]
    assert [fact["id"] for fact in facts if not (site / "facts" / f"{fact['id']}.html").is_file()] == []
    anchors = {name: set(re.findall(r'id="([^"]+)"', (site / name).read_text(encoding="utf-8")))
               for name in ("facts.html", "references.html")}  # fmt: skip
    for fact in facts[:: len(facts) // 60]:
        page = BeautifulSoup((site / "facts" / f"{fact['id']}.html").read_text(encoding="utf-8"), "html.parser")
        assert page.h1.get_text() == fact["text"]
        for link in page.select("a[href]:not([href^='#'])"):
            name, _, anchor = link["href"].removeprefix("../").partition("#")
            assert (site / name).is_file(), link["href"]
            assert not anchor or name.startswith("data/") or anchor in anchors[name], link["href"]


def test_a_number_that_was_another_a_year_ago_says_so_on_its_page(site):
    page = BeautifulSoup((site / "facts/reserves.world-reserves.html").read_text(encoding="utf-8"), "html.parser")
    days = [entry.get_text() for entry in page.select("#known dt")]
    values = [entry.get_text() for entry in page.select("#known dd")]
    assert len(days) == 2
    assert len(set(values)) == 2
    assert values[1] == page.h1.get_text()


def test_a_number_is_quoted_alike_on_its_page_and_in_its_pop_up(chromium, site):
    """Also the journey of who needs one number with its citation: the number, then its page with a button to copy."""
    with visit(chromium, (site / "chapters/start-here.html").as_uri()) as seen:
        seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        number = seen.page.locator("main a.iv-fact").nth(3)
        number.hover()
        box = seen.page.locator("#iv-derivation")
        box.get_by_role("button", name="Copy a quotation").click()
        quoted = seen.page.evaluate("navigator.clipboard.readText()")
        box.get_by_role("link", name="Page of this number").click()
        assert seen.page.locator("h1").inner_text() in quoted
        seen.page.get_by_role("button", name="Copy Quotation").click()
        assert seen.page.evaluate("navigator.clipboard.readText()") == quoted
        assert seen.page.locator("text=BibTeX").count()
        assert seen.troubles == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_a_number_does_not_scroll_sideways(chromium, site, width):
    with visit(chromium, (site / "facts/processing.oxides-operating.html").as_uri(), width=width) as seen:
        assert seen.sideways() <= 0


def test_a_title_of_a_figure_is_a_heading_below_that_of_its_section(chromium, site):
    with visit(chromium, (site / "chapters/reserves.html").as_uri()) as seen:
        titles = seen.page.locator("figure.iv-published .caption-text")
        levels = titles.evaluate_all("titles => titles.map(title => [title.role, title.ariaLevel])")
        assert len(levels) > 5
        assert {role for role, _ in levels} == {"heading"}
        assert {level for _, level in levels} <= {"2", "3", "4"}


def test_the_keyboard_skips_to_the_first_figure(chromium, site):
    with visit(chromium, (site / "chapters/reserves.html").as_uri()) as seen:
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "Skip to the first figure"
        seen.page.keyboard.press("Enter")
        assert "#fig-" in seen.page.url


@pytest.mark.parametrize("name", ["facts", "figures", "references"])
def test_a_long_list_is_narrowed_by_words(chromium, site, name):
    with visit(chromium, (site / f"{name}.html").as_uri()) as seen:
        field = seen.page.get_by_label("Show entries with these words")
        field.fill("dysprosium")
        seen.page.wait_for_function("document.querySelector('.list-filter output').textContent.includes(' of ')")
        shown = seen.page.locator(":is(.iv-facts > p, ul.iv-list > li, .citation-list > .citation):visible")
        assert 0 < shown.count() < 200
        field.fill("")
        assert shown.count() > 200
        assert seen.troubles == []


def test_a_figure_that_is_embedded_has_the_colours_that_its_address_asks_for(chromium, site):
    for theme, scheme in (("light", "dark"), ("dark", "light")):
        address = (site / "embed/reserves-by-country.html").as_uri() + f"?theme={theme}"
        with visit(chromium, address, scheme=scheme) as seen:
            ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (ground == "rgb(255, 255, 255)") == (theme == "light")


def test_a_host_that_listens_gives_a_figure_the_height_that_it_needs(chromium, site, tmp_path):
    host = tmp_path / "host.html"
    embedded = (site / "embed/reserves-by-country.html").as_uri()
    script = (site / "_static/embed-host.js").as_uri()
    frame = f'<iframe src="{embedded}" style="width: 600px; height: 100px"></iframe>'
    host.write_text(f'<!doctype html>{frame}<script src="{script}"></script>')
    with visit(chromium, host.as_uri()) as seen:
        seen.page.wait_for_function("parseFloat(document.querySelector('iframe').style.height) > 300")


def test_no_button_to_copy_is_in_a_panel_twice(chromium, site):
    with visit(chromium, (site / "chapters/reserves.html").as_uri()) as seen:
        parts = seen.page.locator(".iv-tools").first.locator("[data-copy]").count()
        assert seen.page.locator(".iv-tools").first.locator("button.iv-copy").count() == parts


def test_the_sources_of_a_page_are_in_its_contents(chromium, site):
    with visit(chromium, (site / "chapters/reserves.html").as_uri()) as seen:
        assert seen.page.locator('#page-toc a[href="#sources"]').count() == 1


def test_chart_text_stands_out_where_the_system_forces_its_colours(chromium, site):
    with visit(chromium, (site / "chapters/reserves.html").as_uri(), scheme="dark") as seen:
        seen.page.emulate_media(forced_colors="active")
        picture = seen.page.locator(".iv-picture").first
        ground = picture.evaluate("picture => getComputedStyle(picture).backgroundColor")
        assert ground not in ("rgba(0, 0, 0, 0)", "transparent")
        assert picture.evaluate("picture => getComputedStyle(picture).forcedColorAdjust") == "none"
