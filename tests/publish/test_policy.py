"""A page runs the scripts that are known and no other; whatever else could run or load something is refused."""

from __future__ import annotations

import shutil

import pytest
from bs4 import BeautifulSoup

from lib import pipeline
from lib.site import csp
from lib.site.jupyter_book import SiteError
from tests.publish.test_site import tree

REFUSED = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<SCRIPT >alert(1)</SCRIPT >",
    "script of a module": '<script type="module">alert(1)</script>',
    "script of an unusual type": '<script type="text/ecmascript">alert(1)</script>',
    "map of imports": '<script type="importmap">{"imports": {"a": "./alert(1)"}}</script>',
    "script in a picture": "<svg><script>alert(1)</script></svg>",
    "script in a template": "<template><script>alert(1)</script></template>",
    "script after an empty comment": "<!--><script>alert(1)</script>-->",
    "script of the site": '<script src="../_static/alert(1).js"></script>',
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
def test_what_could_run_or_load_something_is_refused(markup):
    with pytest.raises(csp.PolicyError, match=r"^chapters/ores\.html: ") as caught:
        csp.check(f"<p>{markup}</p>", "chapters/ores.html")
    assert "alert" in str(caught.value), "the start of what was found"


HARMLESS = (
    "<p>&lt;script&gt;alert(1)&lt;/script&gt; onclick=alert(1) javascript:alert(1)</p>",
    '<p title="<script>alert(1)</script>">x</p>',
    "<!-- <script>alert(1)</script> -->",
    "<textarea><script>alert(1)</script></textarea>",
    '<a href="https://example.org/javascript:alert(1)">x</a><a href="mailto:a@example.org">y</a>',
    '<a href="b.html#c:d">x</a>',
    '<img src="data:image/png;base64,AAAA" alt=""><img src="_images/a.svg" alt="">',
    '<script type="application/ld+json">{"name": "alert(1)"}</script>',
)


@pytest.mark.parametrize("markup", HARMLESS)
def test_what_only_looks_like_a_script_is_left_alone(markup):
    csp.check(markup, "index.html")


def test_every_page_of_the_site_has_the_policy_before_its_first_script_and_no_script_of_its_own(made):
    for path in made.site.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        (tag,) = page.select('meta[http-equiv="Content-Security-Policy"]')
        assert "default-src 'none'" in tag["content"], path
        assert "unsafe-eval" not in tag["content"]
        assert "script-src 'self';" in tag["content"]
        for script in page.select("script"):
            assert script.sourceline >= tag.sourceline
            assert script.get("src") or script["type"] in csp.DATA_TYPES, path


def test_a_page_with_a_script_in_its_text_fails_by_name_and_the_site_is_as_it_was(made, tmp_path):
    copy = tmp_path / "book"
    shutil.copytree(made.site.parents[1], copy)
    before = tree(copy / "_build" / "html")
    glossary = copy / "chapters" / "glossary.md"
    glossary.write_text(glossary.read_text() + "\n<script>fetch('https://example.org')</script>\n")
    with pytest.raises(SiteError, match=r"chapters/glossary\.html: .*fetch\('https"):
        pipeline.book(copy, copy / "data")
    assert tree(copy / "_build" / "html") == before
