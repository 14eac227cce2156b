"""Tables on the page: whole on a wide screen, rows as blocks on a phone, and the first column always there."""

from __future__ import annotations

import pytest

from tests.site.visit import visit

pytestmark = pytest.mark.browser
WIDE = [
    ("export-controls", "register"),
    ("export-controls", "register-others"),
    ("processing", "plants"),
    ("processing", "plan-delays"),
    ("economies", "economies-compared"),
    ("western-dependence", "dependence-verdicts"),
]


@pytest.mark.parametrize(("chapter", "name"), WIDE)
@pytest.mark.parametrize("width", [1600, 1920])
def test_on_a_wide_screen_no_column_is_hidden(chromium, site, chapter, name, width):
    with visit(chromium, (site / f"chapters/{chapter}.html").as_uri(), width=width) as seen:
        table = seen.page.locator(f"#fig-{name} .iv-scroll").first
        assert table.evaluate("box => box.scrollWidth - box.clientWidth") <= 1


@pytest.mark.parametrize(("chapter", "name"), WIDE)
def test_on_a_phone_each_row_says_what_it_is_about_and_names_its_columns(chromium, site, chapter, name):
    with visit(chromium, (site / f"chapters/{chapter}.html").as_uri(), width=360) as seen:
        box = seen.page.locator(f"#fig-{name} .iv-scroll").first
        assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 1
        row = box.locator("tbody tr").first
        cell = row.locator("td:not(:empty)").first
        shown = "[...row.children].map(cell => cell.getBoundingClientRect()).filter(box => box.height)"
        tops = row.evaluate(f"row => {shown}.map(box => box.top)")
        assert tops[0] == min(tops), "what a row is about comes first"
        label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert len(label.strip('"')) > 1


def test_what_is_a_table_stays_one_for_screen_readers(chromium, site):
    with visit(chromium, (site / "chapters/export-controls.html").as_uri(), width=360) as seen:
        table = seen.page.locator("#fig-register table").first
        roles = table.evaluate("table => [...table.querySelectorAll('tbody tr')].map(row => row.getAttribute('role'))")
        assert set(roles) == {"row"}
        assert table.get_attribute("role") == "table"
