"""The weight and the styles of pages, on small ones."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from lib.figures import theme
from lib.site import styles, weight

PAGE = '<html><head>\n<meta charset="utf-8" />\n</head><body>{}</body></html>'
FIGURE = (
    '<div class="iv-figure" id="fig-a" data-name="{0}"><svg></svg>'
    '<script type="application/json" class="iv-spec">{{"name": "{0}"}}</script></div>'
)


def test_a_table_before_a_chart_does_not_take_its_specification():
    table = '<div class="iv-figure iv-table" id="fig-table" data-name="table"><table></table></div>'
    page, scripts = weight.parts_out(table + FIGURE.format("one"), "")
    assert list(scripts) == ["one.chart.js"]
    assert 'data-src="figures/one.chart.js"' in page


def test_each_specification_becomes_a_script_of_its_figure():
    page, scripts = weight.parts_out(FIGURE.format("one") + FIGURE.format("two"), "../")
    assert list(scripts) == ["one.chart.js", "two.chart.js"]
    assert '{"name": "two"}' in scripts["two.chart.js"]
    assert page.count('class="iv-spec" data-src="../figures/') == 2
    assert 'data-src="../figures/one.chart.js"></script>' in page


PICTURE = (
    '<div class="iv-figure" data-name="map"><div class="iv-wide" style="x">'
    '<svg width="700" viewBox="0 0 700 350"><path d="{}" fill="var(--iv-chn, #b51a0a)"/></svg></div></div>'
)


def test_a_large_picture_is_a_file_of_each_scheme_that_is_loaded_when_seen():
    page, files = weight.parts_out(PICTURE.format("M0,0h1" * 10_000), "../")
    assert list(files) == ["map-wide-light.svg", "map-wide-dark.svg"]
    images = BeautifulSoup(page, "html.parser").select(".iv-figure > .iv-wide > img")
    assert [image["src"] for image in images] == [f"../figures/{name}" for name in files]
    assert all((image["width"], image["height"], image["loading"]) == ("700", "350", "lazy") for image in images)
    light, dark = (ElementTree.fromstring(text) for text in files.values())
    fills = [drawing[0].get("fill") for drawing in (light, dark)]
    assert fills == list(theme.ACTORS["CHN"])


def test_a_small_picture_stays_in_its_page():
    page = PICTURE.format("M0,0h1")
    assert weight.parts_out(page, "") == (page, {})


def test_scripts_are_loaded_by_pages_that_they_serve():
    page = PAGE.format('<script src="../searchindex.js?v=1"></script><script src="a.js"></script>{}')
    without = weight.lightened(page)
    assert "searchindex" not in without
    assert '<script defer="defer" src="a.js">' in without
    assert "searchindex" in weight.lightened(page.format('<div id="search-results"></div>'))


@pytest.mark.parametrize(
    ("script", "markup"),
    [
        ("copybutton.js", '<div class="highlight-shell notranslate"><div class="highlight"><pre>a</pre></div></div>'),
        ("togglebutton.js", '<div class="admonition dropdown">a</div>'),
        ("togglebutton.js", '<div class="toggle docutils">a</div>'),
        ("bootstrap.js", '<button data-bs-toggle="dropdown">a</button>'),
    ],
)
def test_what_needs_a_script_keeps_it(script, markup):
    page = PAGE.format(
        f'<button class="sidebar-toggle" data-bs-toggle="tooltip"></button><script src="{script}"></script>{{}}'
    )
    assert script not in weight.lightened(page)
    assert script in weight.lightened(page.format(markup))


def site_with(folder, sheets: dict[str, str], body: str):
    (folder / "_static").mkdir(parents=True)
    for name, text in sheets.items():
        (folder / "_static" / name).write_text(text)
    links = "".join(f'<link rel="stylesheet" href="_static/{name}?v=1" />' for name in sheets)
    page = folder / "index.html"
    page.write_text(f'<html><head>{links}<link media="print" rel="stylesheet" href="p.css"></head>{body}</html>')
    return page


def test_a_page_has_one_sheet_with_the_rules_that_it_can_need(tmp_path):
    sheets = {
        "a.css": '@import "b.css";\n.shown { color: red }\n.never { color: blue }\n/* .a { */ p.later { margin: 0 }',
        "c.css": ".shown { color: green }",
    }
    page = site_with(tmp_path / "site", sheets, '<p class="shown" id="there">')
    (tmp_path / "site" / "_static" / "b.css").write_text("#there { margin: 1px } #nowhere { margin: 2px }")
    (tmp_path / "site" / "_static" / "s.js").write_text("element.classList.add('later')")
    styles.join(tmp_path / "site")
    links = BeautifulSoup(page.read_text(), "html.parser").select("link")
    assert [link.get("media") for link in links] == [None, "print"]
    text = (tmp_path / "site" / links[0]["href"]).read_text()
    assert [word in text for word in ("never", "nowhere", "later", "there", "@import")] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert text.index("margin:1px") < text.index("red") < text.index("green")


def test_a_sheet_that_needs_a_lost_file_is_refused(tmp_path):
    site_with(tmp_path / "site", {"a.css": "p { background: url(away/picture.png) }"}, "<p>")
    with pytest.raises(styles.StyleError, match=re.escape("away/picture.png")):
        styles.join(tmp_path / "site")


def test_a_page_that_links_a_sheet_that_is_not_there_is_refused(tmp_path):
    page = site_with(tmp_path / "site", {"a.css": "p { margin: 0 }"}, "<p>")
    (tmp_path / "site" / "_static" / "a.css").unlink()
    before = page.read_text()
    with pytest.raises(styles.StyleError, match=re.escape("a.css")):
        styles.join(tmp_path / "site")
    assert page.read_text() == before
