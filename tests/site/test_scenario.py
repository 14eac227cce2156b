"""A scenario of the model: what sliders change, its address, and how it is cited."""

from __future__ import annotations

import re

import pytest

from tests.site.visit import served, visit

pytestmark = pytest.mark.browser
PAGE, FIGURE = "chapters/what-if.html", "#fig-what-if-sliders"


@pytest.fixture(scope="module")
def host(site):
    with served(site) as address:
        yield address


def drawn(seen):
    """Scroll to the figure and return it once its chart is drawn."""
    figure = seen.page.locator(f"{FIGURE} .iv-figure")
    seen.page.mouse.move(9, 9)
    figure.scroll_into_view_if_needed()
    figure.locator(".iv-scenario").wait_for()
    return figure


def slide(figure, name: str, value: int) -> None:
    figure.locator(f'input[name="{name}"]').evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', {bubbles: true})); }",
        str(value),
    )


def values(figure) -> list[str]:
    """The losses that are written at the bars."""
    return re.findall(r"\d+%", " ".join(figure.locator("svg.marks text").all_text_contents()))


def test_sliders_are_labelled_and_change_the_losses_at_once(chromium, host):
    with visit(chromium, f"{host}/{PAGE}") as seen:
        figure = drawn(seen)
        sliders = figure.locator('.iv-controls input[type="range"]')
        assert sliders.count() == 4
        assert all(sliders.nth(n).evaluate("input => input.labels.length") for n in range(4))
        before = values(figure)
        slide(figure, sliders.nth(0).get_attribute("name"), int(sliders.nth(0).get_attribute("min")))
        figure.get_by_role("button", name="Back to the first view").wait_for()
        assert values(figure) != before
        figure.get_by_role("button", name="Back to the first view").click()
        seen.page.wait_for_function("() => !location.search")
        assert values(figure) == before
        assert seen.troubles == []


def test_a_scenario_is_a_link_and_its_citation_names_it(chromium, host):
    with visit(chromium, f"{host}/{PAGE}") as seen:
        figure = drawn(seen)
        name = figure.locator('.iv-controls input[type="range"]').nth(1).get_attribute("name")
        slide(figure, name, 12)
        seen.page.wait_for_function("name => new URLSearchParams(location.search).get(name) === '12'", arg=name)
        link = figure.get_by_role("link", name="Link to this scenario").get_attribute("href")
        assert f"{name}=12" in link
        assert "scenario: " in figure.locator(".iv-citation").text_content()
        assert "scenario: " in figure.locator(".iv-bibtex").text_content()
        there = values(figure)
    with visit(chromium, link) as again:
        figure = drawn(again)
        assert figure.locator(f'input[name="{name}"]').input_value() == "12"
        again.page.wait_for_function("() => document.querySelector('.iv-scenario button:not([hidden])')")
        assert values(figure) == there
        assert again.troubles == []


def test_without_scripts_and_on_a_phone_the_first_view_is_there(chromium, host):
    with visit(chromium, f"{host}/{PAGE}", width=360, scripts=False) as seen:
        assert seen.page.locator(f"{FIGURE} .iv-picture svg:visible").count()
        assert seen.sideways() <= 0
