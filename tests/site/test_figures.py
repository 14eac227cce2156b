"""The toolbars of figures, embedded pages and what a reader may change in a live chart, in a real browser."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import unquote, urlsplit

import pandas as pd
import pybtex.database
import pytest
import python_calamine

from tests.publish import figure_site
from tests.site.visit import DOCNAMES, DRAWN_WITHIN, served, visit

pytestmark = pytest.mark.browser
CHAPTER = DOCNAMES[1]
CHART = ".iv-figure:has(script.iv-spec)"


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served."""
    with served(site) as url:
        yield url


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Where the site of a few figures is served: a bar chart with a slider, a line chart with a picker, a table."""
    with pytest.MonkeyPatch.context() as patch:
        folder, _ = figure_site.write(tmp_path_factory.mktemp("figures"), patch)
    with served(folder) as url:
        yield url


def opened(figure, word: str):
    """Open a disclosure of the toolbar by mouse; its panel."""
    details = figure.locator(".iv-tools > details").filter(has=figure.page.locator("summary", has_text=word))
    details.locator("summary").click()
    panel = details.locator(".iv-panel")
    panel.wait_for(state="visible")
    return panel


def drawn_figure(page, name: str):
    """A figure by its name, once scripts have drawn it."""
    figure = page.locator(f'.iv-figure[data-name="{name}"]')
    page.mouse.move(9, 9)
    figure.scroll_into_view_if_needed()
    page.locator(f'.iv-figure[data-name="{name}"][data-drawn="true"]').wait_for(timeout=DRAWN_WITHIN)
    return figure


@pytest.mark.parametrize("scripts", [True, False])
def test_a_picture_far_below_is_laid_out_without_scrolling(chromium, address, scripts):
    with visit(chromium, f"{address}/{CHAPTER}.html", scripts=scripts, at_once=False) as seen:
        last = seen.page.locator(".iv-picture > .iv-wide:has(svg)").last
        if scripts:
            seen.page.wait_for_function(
                "() => scrollY === 0 && !document.querySelector('.iv-wide:not([style*=visible])')"
            )
        assert last.evaluate(
            "picture => picture.querySelector('svg text').checkVisibility({contentVisibilityAuto: true})"
        )


@pytest.mark.parametrize("sign", ["pointer", "keyboard", "scroll"])
def test_charts_load_nothing_until_the_reader_moves(chromium, address, sign):
    def bundles(page) -> int:
        return page.evaluate("performance.getEntriesByType('resource').filter(r => r.name.includes('vega')).length")

    with visit(chromium, f"{address}/index.html") as seen:
        figure = seen.page.locator(".iv-figure:has(script.iv-spec)").first
        seen.page.set_viewport_size({"width": 1280, "height": 2000})
        assert figure.locator(".iv-wide svg").is_visible()
        seen.page.wait_for_timeout(500)
        assert bundles(seen.page) == 0
        if sign == "pointer":
            seen.page.mouse.move(200, 200)
        elif sign == "keyboard":
            seen.page.keyboard.press("Tab")
        else:
            seen.page.mouse.wheel(0, 100)
        figure.locator(".iv-live svg").wait_for(timeout=DRAWN_WITHIN)
        assert bundles(seen.page) == 1


def test_every_download_of_a_chapter_is_reachable_and_read_back(chromium, address):
    with visit(chromium, f"{address}/{CHAPTER}.html") as seen:
        links = seen.page.eval_on_selector_all(".iv-tools a[download]", "links => links.map(link => link.href)")
        assert len(links) > 20
        kinds = set()
        for link in links:
            answer = seen.page.request.get(link)
            assert answer.ok, link
            kind = unquote(urlsplit(link).path).rsplit("/", 1)[-1].split(".", 1)[1]
            READERS[kind](answer.body())
            kinds.add(kind)
        assert kinds == set(READERS)


def read_csv(body: bytes) -> None:
    assert len(pd.read_csv(io.BytesIO(body)))


def read_bib(body: bytes) -> None:
    assert len(pybtex.database.parse_string(body.decode(), "bibtex").entries) == 1


def read_picture(start: bytes):
    def read(body: bytes) -> None:
        assert body.startswith(start)

    return read


READERS = {
    "csv": read_csv,
    "xlsx": lambda body: python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_name("Data"),
    "zip": lambda body: zipfile.ZipFile(io.BytesIO(body)).read,
    "json": json.loads,
    "vl.json": json.loads,
    "bib": read_bib,
    "txt": lambda body: body.decode("utf-8"),
    "svg": read_picture(b"<svg"),
    "png": read_picture(b"\x89PNG"),
    **{f"{shape}.svg": read_picture(b"<svg") for shape in ("16x9", "1x1")},
    **{f"{shape}.png": read_picture(b"\x89PNG") for shape in ("16x9", "1x1")},
}


def test_the_toolbar_by_mouse(chromium, address):
    with visit(chromium, f"{address}/{CHAPTER}.html") as seen:
        figure = seen.page.locator(CHART).first
        panel = opened(figure, "Download")
        assert panel.get_by_role("link", name="CSV").is_visible()
        second = opened(figure, "Cite")
        assert second.is_visible()
        assert not panel.is_visible()  # one at a time
        figure.locator(".iv-subtitle").click()
        assert not second.is_visible()
        with seen.page.expect_download() as download:
            opened(figure, "Download").get_by_role("link", name="PNG").click()
        assert download.value.suggested_filename.endswith(".png")
        assert seen.troubles == []


def test_the_toolbar_by_keyboard(chromium, address):
    with visit(chromium, f"{address}/{CHAPTER}.html") as seen:
        figure = seen.page.locator(CHART).first
        summary = figure.locator(".iv-tools summary", has_text="Download")
        summary.focus()
        seen.page.keyboard.press("Enter")
        assert figure.get_by_role("link", name="CSV").is_visible()
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "Excel"
        seen.page.keyboard.press("Escape")
        assert not figure.get_by_role("link", name="CSV").is_visible()
        assert summary.evaluate("element => element === document.activeElement")
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Space")
        assert figure.locator(".iv-citation").is_visible()
        outline = seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"


def test_copying_says_so_and_gives_whole_addresses(chromium, address):
    with visit(chromium, f"{address}/{CHAPTER}.html") as seen:
        seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        figure = seen.page.locator(CHART).first
        anchor = f"{address}/{CHAPTER}.html#fig-{figure.get_attribute('data-name')}"

        def copied(word: str, label: str) -> str:
            panel = opened(figure, word)
            panel.get_by_role("button", name=f"Copy {label}").click()
            panel.get_by_role("button", name="Copied").first.wait_for()
            seen.page.locator('[role="status"].iv-unseen', has_text="copied").wait_for(state="attached")
            seen.page.keyboard.press("Escape")
            return seen.page.evaluate("navigator.clipboard.readText()")

        assert copied("Share", "link") == anchor
        assert copied("Cite", "citation").endswith(anchor)
        entry = next(iter(pybtex.database.parse_string(copied("Cite", "BibTeX"), "bibtex").entries.values()))
        assert entry.fields["url"] == anchor
        code = copied("Share", "embed code")
        elsewhere = seen.page.context.new_page()
        elsewhere.set_content(f"<p>Another site</p>{code}")
        frame = elsewhere.frame_locator("iframe")
        frame.locator('.iv-figure[data-drawn="true"]').wait_for(timeout=DRAWN_WITHIN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_embedded_page_draws_in_a_frame_from_disk(chromium, site, tmp_path, scheme):
    names = sorted(path.name for path in (site / "embed").glob("*.html"))[:2]
    for name in names:
        outer = tmp_path / f"outer-{name}"
        frame = f'<iframe src="{(site / "embed" / name).as_uri()}" title="x" width="700" height="600"></iframe>'
        outer.write_text(f"<!doctype html><title>x</title>{frame}")
        with visit(chromium, outer.as_uri(), scheme=scheme) as seen:
            inside = seen.page.frame_locator("iframe")
            inside.locator('.iv-figure[data-drawn="true"] .iv-live svg').wait_for(timeout=DRAWN_WITHIN)
            ground = inside.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
            assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[scheme]
            wide = inside.locator("html").evaluate("root => root.scrollWidth - root.clientWidth")
            assert wide <= 0
            assert seen.troubles == []


def test_without_scripts_the_picture_and_all_links_are_there(chromium, address):
    with visit(chromium, f"{address}/{CHAPTER}.html", scripts=False) as seen:
        figure = seen.page.locator(CHART).first
        assert figure.locator(".iv-wide svg, .iv-wide img").first.is_visible()
        panel = opened(figure, "Download")
        assert panel.get_by_role("link").count() == 11
        panel = opened(figure, "Share")
        assert panel.get_by_role("link").count() == 3
        assert seen.page.locator(".iv-copy").count() == 0
        page = panel.get_by_role("link", name="Page to embed").evaluate("link => link.href")
    with visit(chromium, page, scripts=False) as seen:
        assert seen.page.locator(".iv-wide svg, .iv-wide img").first.is_visible()
        assert seen.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panels_fit_a_phone_and_are_not_printed(chromium, address, scheme):
    with visit(chromium, f"{address}/{CHAPTER}.html", width=320, scheme=scheme) as seen:
        figure = seen.page.locator(CHART).first
        for word in ("Download", "Cite", "Share"):
            box = opened(figure, word).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 320
            assert seen.sideways() <= 0
        seen.page.emulate_media(media="print")
        assert not figure.locator(".iv-tools").is_visible()


def test_a_click_on_a_name_fades_the_other_lines_and_the_list_does_too(chromium, few):
    def faded(page) -> int:
        return page.locator('.iv-live svg path[opacity="0.25"], .iv-live svg text[opacity="0.25"]').count()

    with visit(chromium, f"{few}/embed/trend.html") as seen:
        seen.page.wait_for_selector('[data-drawn="true"]', timeout=DRAWN_WITHIN)
        assert faded(seen.page) == 0
        seen.page.locator(".iv-live svg text", has_text="China").click()
        seen.page.wait_for_function("document.querySelectorAll('.iv-live [opacity=\"0.25\"]').length > 0")
        assert faded(seen.page) >= 4  # two lines and two names
        assert seen.page.locator(".iv-controls select").input_value() == "CHN"
        seen.page.get_by_role("combobox", name="Show").select_option("all")
        seen.page.wait_for_function("document.querySelectorAll('.iv-live [opacity=\"0.25\"]').length === 0")
        assert seen.troubles == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_pointing_at_a_bar_tells_its_value_source_and_edition(chromium, address, width, scheme):
    with visit(chromium, f"{address}/chapters/reserves.html", width=width, scheme=scheme) as seen:
        figure = drawn_figure(seen.page, "reserves-by-country")
        row = figure.locator(".iv-data tbody tr").filter(has_text="China").first
        value = row.locator("td.iv-number").first.text_content()
        figure.locator(".iv-live .mark-rect path").first.hover()
        told = seen.page.locator("#vg-tooltip-element")
        told.wait_for(state="visible")
        words = told.inner_text()
        assert "China" in words
        assert value.removesuffix(".0") in words.replace(",", "")
        assert "Geological Survey" in words
        box = told.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        ink, ground = told.evaluate("tip => [getComputedStyle(tip).color, getComputedStyle(tip).backgroundColor]")
        assert ink != ground
        seen.page.mouse.move(1, 1)
        told.wait_for(state="hidden")
        assert seen.troubles == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_chapters_slider_leads_to_another_edition(chromium, address, width, scheme):
    def bars(figure) -> list[str]:
        return figure.locator(".iv-live .mark-rect path").evaluate_all("all => all.map(bar => bar.getAttribute('d'))")

    with visit(chromium, f"{address}/chapters/reserves.html", width=width, scheme=scheme) as seen:
        figure = drawn_figure(seen.page, "reserves-by-country")
        slider = figure.get_by_role("slider", name="Edition")
        newest, now = bars(figure), slider.input_value()
        slider.focus()
        seen.page.keyboard.press("Home")
        seen.page.wait_for_function("() => document.activeElement.value === document.activeElement.min")
        seen.page.wait_for_timeout(300)
        assert slider.input_value() < now
        assert bars(figure) != newest
        seen.page.keyboard.press("End")
        seen.page.wait_for_timeout(300)
        assert bars(figure) == newest
        assert seen.sideways() <= 0
        assert seen.troubles == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_chapters_list_adds_the_line_of_a_country(chromium, address, width, scheme):
    with visit(chromium, f"{address}/chapters/western-dependence.html", width=width, scheme=scheme) as seen:
        figure = drawn_figure(seen.page, "magnets-west")
        lines = figure.locator(".iv-live .mark-line path")
        before = lines.count()
        assert "Germany" not in figure.locator(".iv-live svg").text_content()
        figure.get_by_role("combobox").select_option("DEU")
        figure.locator(".iv-live svg text", has_text="Germany").last.wait_for(timeout=5000)
        assert lines.count() == before + 1
        assert figure.locator(".iv-live [opacity='0.25']").count() >= before
        figure.get_by_role("combobox").select_option("none")
        figure.locator(".iv-live svg text", has_text="Germany").first.wait_for(state="detached", timeout=5000)
        assert lines.count() == before
        assert seen.sideways() <= 0
        assert seen.troubles == []


def test_the_slider_of_years_moves_the_bars_and_the_picture_shows_the_newest(chromium, few):
    with visit(chromium, f"{few}/embed/output.html") as seen:
        assert "20,000 t" in seen.page.locator(".iv-wide").text_content()
        assert "18,000 t" not in seen.page.locator(".iv-wide").text_content()
        seen.page.wait_for_selector('[data-drawn="true"]', timeout=DRAWN_WITHIN)
        seen.page.get_by_role("slider", name="Year").focus()
        seen.page.keyboard.press("ArrowLeft")
        seen.page.keyboard.press("ArrowLeft")
        seen.page.wait_for_selector(".iv-live svg text:has-text('18,000 t')", timeout=5000)
        assert "no figure" in seen.page.locator(".iv-live svg").text_content()
        assert seen.troubles == []
