"""The pages keep to their Content-Security-Policy, which browsers report as errors where they do not."""

from __future__ import annotations

import pytest

from tests.site.visit import DOCNAMES, served, visit

pytestmark = pytest.mark.browser
WATCH = """() => new Promise((resolve) => {
  const button = document.querySelector('.mode-switch');
  if (button) { button.click(); button.click(); }
  resolve(document.documentElement.dataset.mode);
})"""


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served."""
    with served(site) as url:
        yield url


@pytest.mark.parametrize("docname", DOCNAMES[:2])
@pytest.mark.parametrize("where", ["disk", "server"])
def test_charts_and_the_dark_switch_work_under_the_policy(chromium, site, address, docname, where):
    start = site.as_uri() if where == "disk" else address
    with visit(chromium, f"{start}/{docname}.html") as seen:
        policy = seen.page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert seen.draw_charts() == []
        modes = {seen.page.evaluate("document.documentElement.dataset.mode"), seen.page.evaluate(WATCH)}
        assert len(modes) == 2
        assert seen.troubles == []


@pytest.mark.parametrize("where", ["disk", "server"])
def test_the_search_works_under_the_policy(chromium, site, address, where):
    start = site.as_uri() if where == "disk" else address
    with visit(chromium, f"{start}/search.html?q=reserves") as seen:
        seen.page.wait_for_selector("#search-results li", timeout=20_000)
        assert seen.troubles == []


def test_what_the_policy_forbids_does_not_run(chromium, address):
    with visit(chromium, f"{address}/index.html") as seen:
        seen.page.evaluate("""() => {
            const script = document.createElement('script');
            script.textContent = 'window.intruder = true';
            document.head.append(script);
        }""")
        assert seen.page.evaluate("window.intruder") is None
        assert any("Content Security Policy" in trouble for trouble in seen.troubles)
