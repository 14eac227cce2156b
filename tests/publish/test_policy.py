"""A page runs the scripts that are known and no other; whatever else could run or load something is refused."""

from __future__ import annotations

import base64
import hashlib
import shutil

import pytest

from lib.site import csp

PAGE = '<!doctype html>\n<html><head>\n<meta charset="utf-8" />\n{}</head><body>{}</body></html>'
KNOWN = "let toggleHintShow = 'Click to show';"


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_known_scripts_are_allowed_by_their_hash_and_data_is_left_alone():
    data = '<script type="application/json">{"a": "alert(1)"}</script>'
    page = csp.with_policy(PAGE.format(f"<script>{KNOWN}</script>", data), "index")
    assert f"script-src 'self' {digest(KNOWN)};" in page
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert csp.with_policy(page, "index") == page


def test_the_script_that_names_a_page_is_allowed_on_that_page_alone():
    script = "DOCUMENTATION_OPTIONS.pagename = 'chapters/ores';"
    page = PAGE.format("", f"<script>{script}</script>")
    assert digest(script) in csp.policy(page, "chapters/ores")
    with pytest.raises(csp.PolicyError, match="pagename"):
        csp.policy(page, "chapters/metals")


REFUSED = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<SCRIPT >alert(1)</SCRIPT >",
    "script of a module": '<script type="module">alert(1)</script>',
    "script of an unusual type": '<script type="text/ecmascript">alert(1)</script>',
    "map of imports": '<script type="importmap">{"imports": {"a": "./alert(1)"}}</script>',
    "script in a picture": "<svg><script>alert(1)</script></svg>",
    "script in a template": "<template><script>alert(1)</script></template>",
    "script after an empty comment": "<!--><script>alert(1)</script>-->",
    "script beside a known one": f"<script>{KNOWN}</script><script>{KNOWN} alert(1)</script>",
    "script of another host": '<script src="https://example.org/alert(1).js"></script>',
    "script of another host without a scheme": '<script src="//example.org/alert(1).js"></script>',
    "script of no static file": '<script src="data/alert(1).js"></script>',
    "script out of the static files": '<script src="_static/../data/alert.js?alert(1)"></script>',
    "script as an address": '<script src="data:text/javascript,alert(1)"></script>',
    "script of a picture as an address": '<svg><script href="data:text/javascript,alert(1)"></script></svg>',
    "script as an address of a picture": '<svg><script xlink:href="x.js?alert(1)"></script></svg>',
    "handler": '<a onclick="alert(1)">x</a>',
    "handler in single quotes": "<img src='x' onerror='alert(1)'>",
    "handler without quotes": "<b onclick=alert(1)>x</b>",
    "handler after a slash": "<svg/onload=alert(1)>",
    "handler on a new line": "<b\nOnMouseOver\n=\nalert(1)>x</b>",
    "javascript in a link": '<a href="javascript:alert(1)">x</a>',
    "javascript in a link without quotes": "<a href=JavaScript:alert(1)>x</a>",
    "javascript in a link, hidden": '<a href=" java&#9;scr\nipt:alert(1)">x</a>',
    "javascript in a link of a picture": '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "javascript in a form": '<form><button formaction="javascript:alert(1)">x</button></form>',
    "a page as an address": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "another scheme": '<a href="vbscript:alert(1)">x</a>',
    "frame": '<iframe src="alert(1)"></iframe>',
    "frame with a document": '<iframe srcdoc="alert(1)"></iframe>',
    "object": '<object data="alert(1)"></object>',
    "embedded": '<embed src="alert(1)">',
    "base": '<base href="https://example.org/alert(1)">',
    "refresh": '<meta http-equiv="refresh" content="0; url=https://example.org/alert(1)">',
    "refresh without quotes": "<meta content=0;alert(1) HTTP-EQUIV=Refresh>",
    "style": "<style>b { background: url(alert(1)) }</style>",
}


@pytest.mark.parametrize("markup", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("place", [("{}", ""), ("", "<p>{}</p>")], ids=["head", "body"])
def test_what_could_run_or_load_something_is_refused(markup, place):
    page = PAGE.format(*(part.format(markup) for part in place))
    with pytest.raises(csp.PolicyError) as caught:
        csp.policy(page, "index")
    assert "alert" in str(caught.value), "the start of what was found"


HARMLESS = (
    "<p>&lt;script&gt;alert(1)&lt;/script&gt; onclick=alert(1) javascript:alert(1)</p>",
    '<p title="<script>alert(1)</script>">x</p>',
    "<!-- <script>alert(1)</script> -->",
    "<textarea><script>alert(1)</script></textarea>",
    '<a href="https://example.org/javascript:alert(1)">x</a><a href="mailto:a@example.org">y</a>',
    '<a href="b.html#c:d">x</a>',
    '<img src="data:image/png;base64,AAAA" alt=""><img src="_images/a.svg" alt="">',
    '<script src="../_static/scripts/bootstrap.js?digest=ab12" defer></script><script src="searchindex.js"></script>',
    '<script type="application/ld+json">{"name": "alert(1)"}</script>',
    "<style>\n  .pst-js-only { display: none !important; }\n\n</style>",
)


@pytest.mark.parametrize("markup", HARMLESS)
def test_what_only_looks_like_a_script_is_left_alone(markup):
    assert "default-src 'none'" in csp.policy(PAGE.format("", markup), "index")


def test_a_page_of_the_site_with_a_script_in_it_fails_by_name_and_as_it_was_it_does_not(made, tmp_path):
    page = tmp_path / "chapters" / "ores.html"
    page.parent.mkdir()
    shutil.copy(made.site / "chapters" / "ores.html", page)
    csp.apply(tmp_path)
    text = page.read_text()
    page.write_text(text.replace("</main>", "<script>fetch('https://example.org')</script></main>", 1))
    with pytest.raises(csp.PolicyError, match=r"^chapters/ores\.html: .*fetch\('https"):
        csp.apply(tmp_path)
    assert text == (made.site / "chapters" / "ores.html").read_text()
