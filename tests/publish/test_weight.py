"""The policy and the weight of pages, on small pages and on outlines."""

from __future__ import annotations

import base64
import hashlib

import pytest

from lib.publish import policy, weight

PAGE = '<html><head>\n<meta charset="utf-8" />\n</head><body>{}</body></html>'
FIGURE = (
    '<div class="iv-figure" id="fig-a" data-name="{0}"><svg></svg>'
    '<script type="application/json" class="iv-spec">{{"name": "{0}"}}</script></div>'
)


def test_inline_scripts_are_allowed_by_their_hash_and_data_is_left_alone():
    page = policy.with_policy(PAGE.format('<script>let a = 1;</script><script type="application/json">{}</script>'))
    digest = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in page
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert policy.with_policy(page) == page


@pytest.mark.parametrize("markup", ['<a onclick="f()">x</a>', "<img src='x' onerror='f()'>"])
def test_a_page_with_a_script_in_an_attribute_is_refused(markup):
    with pytest.raises(policy.PolicyError, match="holds a script"):
        policy.policy(PAGE.format(markup))


def test_a_table_before_a_chart_does_not_take_its_specification():
    table = '<div class="iv-figure iv-table" id="fig-table" data-name="table"><table></table></div>'
    page, scripts = weight.specifications_out(table + FIGURE.format("one"), "")
    assert list(scripts) == ["one"]
    assert 'data-src="figures/one.chart.js"' in page


def test_each_specification_becomes_a_script_of_its_figure():
    page, scripts = weight.specifications_out(FIGURE.format("one") + FIGURE.format("two"), "../")
    assert list(scripts) == ["one", "two"]
    assert '{"name": "two"}' in scripts["two"]
    assert page.count('class="iv-spec" data-src="../figures/') == 2
    assert 'data-src="../figures/one.chart.js"></script>' in page


def test_outlines_lose_digits_and_keep_their_place():
    assert weight.rounded("M1.234,2.345L3.456,7C1.22,1.33,2,2,3,3") == "M1.2,2.3L3.5,7C1.2,1.3,2,2,3,3"
    assert weight.rounded("M540,131.3L538.5,131.2L538,129.5Z") == "M540,131.3l-1.5,-.1 -.5,-1.7Z"


def test_search_is_loaded_by_the_search_page_only():
    page = PAGE.format('<script src="searchindex.js"></script><script src="a.js"></script>')
    assert "searchindex" not in weight.lightened(page, search=False)
    assert '<script defer="defer" src="a.js">' in weight.lightened(page, search=False)
    assert "searchindex" in weight.lightened(page, search=True)
