"""The heavy parts of figures as files of their own."""

from __future__ import annotations

import html
from xml.etree import ElementTree

import lightningcss
import pytest
from bs4 import BeautifulSoup

from lib.figures import theme
from lib.site.exports import lazy
from lib.site.sphinx import frame

SPECIFICATION = '<script type="application/json" class="iv-spec">{"name": "one"}</script>'
PICTURE = (
    '<div class="iv-figure" data-name="map"><div class="iv-wide" style="x">'
    '<svg width="700" viewBox="0 0 700 350"><path d="{}" fill="var(--iv-chn, #b51a0a)"/></svg></div></div>'
)


def test_a_specification_becomes_a_script_of_its_figure():
    page = lazy.light("one", f"<svg></svg>{SPECIFICATION}", "../")
    assert page == (
        '<svg></svg><script type="application/json" class="iv-spec" data-src="../figures/one.chart.js"></script>'
    )
    assert lazy.files("one", SPECIFICATION) == {"one.chart.js": '(window.ivSpecs ||= {})["one"] = {"name": "one"};\n'}


def test_a_large_picture_is_a_file_of_each_scheme_that_is_loaded_when_seen():
    figure = PICTURE.format("M0,0h1" * 10_000)
    files = lazy.files("map", figure)
    assert list(files) == ["map-wide-light.svg", "map-wide-dark.svg"]
    images = BeautifulSoup(lazy.light("map", figure, "../"), "html.parser").select(".iv-figure > .iv-wide > img")
    assert [image["src"] for image in images] == [f"../figures/{name}" for name in files]
    assert all((image["width"], image["height"], image["loading"]) == ("700", "350", "lazy") for image in images)
    light, dark = (ElementTree.fromstring(text) for text in files.values())
    fills = [drawing[0].get("fill") for drawing in (light, dark)]
    assert fills == list(theme.ACTORS["CHN"])


def test_a_small_picture_and_a_table_stay_in_their_page():
    for figure in (PICTURE.format("M0,0h1"), '<div class="iv-figure iv-table"><table></table></div>'):
        assert lazy.light("map", figure, "") == figure
        assert lazy.files("map", figure) == {}


def test_a_picture_in_its_page_leaves_out_the_font_that_the_style_sheet_gives_it():
    words = {"plain": "13px", "small": "11px"}
    texts = "".join(
        f'<text font-family="{html.escape(theme.FONT)}" font-size="{size}">{word}</text>'
        for word, size in words.items()
    )
    page = lazy.light("map", PICTURE.replace("</svg>", f"{texts}</svg>"), "")
    assert '<text>plain</text><text font-size="11px">small</text>' in page


def test_a_specification_that_cannot_be_read_is_an_error_and_no_loss():
    with pytest.raises(ValueError, match="figure 'one'"):
        lazy.files("one", SPECIFICATION.replace('class="iv-spec"', 'class="iv-spec" data-x'))


def test_the_style_sheet_of_pages_is_one_that_a_browser_reads_without_an_error():
    text = frame.stylesheet()
    assert lightningcss.process_stylesheet(text, minify=True) == text
    assert frame.DARK not in text
    assert text.count("--color-background:#14181e") == 2, "by choice, and by the system without scripts"
