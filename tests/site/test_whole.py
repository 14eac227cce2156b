"""What a page puts off comes without moving what its reader sees, and in the end the page is whole."""

from __future__ import annotations

import pytest

from tests.site.visit import visit

pytestmark = pytest.mark.browser
PAGES = (
    "index",
    "chapters/reserves",
    "chapters/processing",
    "chapters/claims",
    "changes",
    "changes-folded",
    "facts",
    "figures",
    "figures/reserves-map",
    "genindex",
)
PUT_OFF = """[...document.querySelectorAll('.book-article *')].filter((one) =>
  getComputedStyle(one).contentVisibility === 'auto' && !one.matches('.iv-cite, .iv-facts > p, .citation')
  && one.querySelectorAll('tr').length < 60)"""
MOVED = """new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries()
  .reduce((sum, entry) => sum + entry.value, 0))).observe({type: 'layout-shift', buffered: true})
  || setTimeout(() => resolve(0), 1000))"""
STEADY = 0.05
"""A cumulative layout shift half as large as the one that Core Web Vitals call good."""
WITHIN = 60_000  # milliseconds, on a busy machine
LOOK = 1_000  # milliseconds between looks, which would keep the browser from being idle


@pytest.mark.parametrize("name", PAGES)
def test_nothing_moves_while_a_page_becomes_whole(chromium, site, name):
    with visit(chromium, (site / f"{name}.html").as_uri(), width=412, at_once=False) as seen:
        seen.page.wait_for_function(f"() => {PUT_OFF}.length === 0", timeout=WITHIN, polling=LOOK)
        assert seen.page.evaluate(MOVED) < STEADY


@pytest.mark.parametrize("name", ["chapters/reserves", "chapters/start-here"])
def test_a_chart_that_is_drawn_is_there_wherever_its_reader_is(chromium, site, name):
    with visit(chromium, (site / f"{name}.html").as_uri(), width=412) as seen:
        assert seen.draw_charts() == []
        charts = seen.page.locator(".iv-live").evaluate_all(
            "(charts) => charts.map((chart) => getComputedStyle(chart).contentVisibility)"
        )
        assert charts
        assert set(charts) == {"visible"}
