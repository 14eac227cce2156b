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
