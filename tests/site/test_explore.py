"""What a reader does with Explore: open it, choose, read a number, take it away, and open the same view again."""

from __future__ import annotations

import csv
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from lib import facts
from lib.site.exports.explore import VIEWS
from lib.site.pages import explore as page_of
from tests.site.visit import served, visit

pytestmark = pytest.mark.browser
HEAVIEST = 150 * 1024
"""Bytes, uncompressed, that the page may load before the reader does anything."""
MOST = 1500
"""Points of an indicator whose words are compared."""
NAMES = ("imports", "origins", "stages", "concentration", "mining", "reserves", "quotas", "prices")


def address(site, query: str = "") -> str:
    return (site / "explore.html").as_uri() + query


def wait_until_shown(page, turn: int = 1) -> None:
    page.wait_for_selector(f".iv-explore[data-shown='{turn}']", timeout=30_000)


def choose(page, label: str, value: str) -> None:
    turn = page.evaluate("Number(document.querySelector('.iv-explore').dataset.shown || 0)")
    page.locator(".iv-choose").get_by_label(label, exact=True).select_option(value)
    wait_until_shown(page, turn + 1)


def rows(page) -> list[list[str]]:
    return page.locator(".iv-view table tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


@pytest.fixture(scope="module")
def recorded(site) -> dict[str, dict]:
    return {fact["id"]: fact for fact in json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]}


# --- what is there before any choice ---


def test_without_scripts_there_is_a_view_with_its_numbers_and_no_dead_control(chromium, site, recorded):
    with visit(chromium, address(site), scripts=False) as seen:
        (heads, newest, *_) = rows(seen.page)
        assert heads == ["Year", "EU27", "United States", "Japan", "South Korea"]
        fact = recorded[f"economy-eu27.china-{newest[0]}"]
        assert f"{newest[1]}%" == fact["text"]
        assert seen.page.locator(".iv-explore :is(select, input, button)").count() == 0
        assert seen.page.locator(".iv-picture svg:visible").count() == 1
        assert seen.troubles == []


def test_the_page_is_light_before_the_reader_does_anything(chromium, site):
    weight: dict[str, int] = {}
    with served(site) as root, visit(chromium, "about:blank") as seen:
        seen.page.on(
            "response", lambda answer: weight.update({answer.url: int(answer.headers.get("content-length", 0))})
        )
        seen.page.goto(f"{root}/explore.html", wait_until="networkidle")
        assert sum(weight.values()) <= HEAVIEST, weight
        assert not any("/explore/" in url or "vega" in url for url in weight)


# --- choosing ---


def test_a_reader_chooses_an_indicator_and_reads_the_number_of_the_chapter(chromium, site, recorded):
    with visit(chromium, address(site)) as seen:
        choose(seen.page, "Indicator", "mining")
        assert seen.page.locator("#iv-view-title").inner_text().startswith("Mine output")
        choose(seen.page, "Measure", "share")
        table = rows(seen.page)
        column = table[0].index("China")
        told = {row[0]: row[column] for row in table[1:]}
        share = recorded["index.mine-share"]
        assert told[share["period"]].startswith(facts.format_number(share["value"], 1))
        assert "estimated" in told[share["period"]]
        assert seen.page.locator(".iv-picture svg path[fill='var(--iv-ground)']").count() > 0  # hollow: an estimate
        assert seen.troubles == []


@pytest.mark.parametrize("width", [360, 1280])
def test_every_indicator_is_drawn_from_disk_and_fits(chromium, site, width):
    with visit(chromium, address(site), width=width) as seen:
        for name in [*NAMES[1:], NAMES[0]]:
            choose(seen.page, "Indicator", name)
            assert seen.page.locator(".iv-picture svg").count() == 1, name
            assert len(rows(seen.page)) > 2, name
            assert seen.page.locator(".iv-view .iv-sources a").count() >= 1, name
            assert seen.sideways() <= 0, name
        assert seen.troubles == []


def test_bounds_are_told_in_the_table_and_drawn(chromium, site):
    query = "?i=reserves&m=share&e=CHN&s=usgs&y=2024-2026&v=lines"
    with visit(chromium, address(site, query)) as seen:
        wait_until_shown(seen.page)
        told = {row[0]: row[1] for row in rows(seen.page)[1:]}
        assert told["2026"].startswith("at most 58.7")
        assert "point down: at most" in seen.page.locator(".iv-marks").inner_text()


def test_what_is_not_available_is_said_and_is_no_zero(chromium, site):
    with visit(chromium, address(site, "?i=reserves&m=amount&e=IND,CHN&s=usgs&y=2026-2026&v=ranked")) as seen:
        wait_until_shown(seen.page)
        assert {row[0]: row[2] for row in rows(seen.page)[1:]}["India"] == "not available"


def test_rival_series_stand_apart(chromium, site):
    query = "?i=imports&m=share-value&p=850511&e=DEU&s=all&y=2024-2024&v=ranked"
    with visit(chromium, address(site, query)) as seen:
        wait_until_shown(seen.page)
        assert {"CEPII BACI", "UN Comtrade"} <= {row[0] for row in rows(seen.page)}


def test_a_map_has_the_values_of_its_table(chromium, site):
    with visit(chromium, address(site, "?i=imports&m=share-value&p=850511&s=cepii-baci&y=2024-2024&v=map")) as seen:
        wait_until_shown(seen.page)
        assert len(rows(seen.page)) > 40
        filled = "paths => new Set(paths.map(path => path.getAttribute('fill')).filter(fill => /seq/.test(fill))).size"
        assert seen.page.locator(".iv-picture svg path").evaluate_all(filled) == 5
        assert "80% and more" in seen.page.locator(".iv-key").inner_text()
        assert seen.troubles == []


def test_a_year_without_anything_is_said(chromium, site):
    with visit(chromium, address(site, "?i=imports&p=850511&e=USA&s=un-comtrade&y=2023-2023&v=ranked")) as seen:
        seen.page.locator(".iv-status").filter(has_text="Nothing is known").or_(
            seen.page.locator(".iv-status").filter(has_text="line")
        ).wait_for()
        assert seen.troubles == []


def test_data_that_cannot_be_loaded_are_said_to_be(chromium, site):
    with visit(chromium, address(site)) as seen:
        seen.page.route("**/explore/prices.js", lambda route: route.abort())
        seen.page.locator(".iv-choose").get_by_label("Indicator", exact=True).select_option("prices")
        seen.page.locator(".iv-status").filter(has_text="could not be loaded").wait_for()
        assert len(rows(seen.page)) > 10  # what was there stays


# --- by keyboard, on a phone ---


def test_the_keyboard_is_enough_and_the_focus_stays(chromium, site):
    with visit(chromium, address(site), width=360) as seen:
        page = seen.page
        page.locator(".iv-choose select").first.focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "measure"
        page.keyboard.press("ArrowDown")
        wait_until_shown(page)
        assert page.evaluate("document.activeElement.name") == "measure"
        for _ in range(9):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('details')?.dataset.dimension") == "place":
                break
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")  # into the filter of the list
        page.keyboard.type("germ")
        for _ in range(3):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.value") == "DEU"
        page.keyboard.press("Space")
        wait_until_shown(page, 2)
        assert page.evaluate("document.activeElement.value") == "DEU"
        assert "DEU" in parse_qs(urlsplit(page.url).query)["e"][0]
        assert seen.sideways() <= 0
        assert seen.troubles == []


# --- taking away ---


def test_a_view_is_a_link_that_opens_it_again(chromium, site):
    with visit(chromium, address(site)) as seen:
        choose(seen.page, "Indicator", "stages")
        choose(seen.page, "Show", "ranked")
        link, before = seen.page.url, rows(seen.page)
    with visit(chromium, link) as seen:
        wait_until_shown(seen.page)
        assert rows(seen.page) == before
        assert seen.page.url == link
        assert seen.page.locator(".iv-choose").get_by_label("Indicator", exact=True).input_value() == "stages"


def test_a_link_to_what_is_not_there_opens_what_there_is(chromium, site):
    with visit(chromium, address(site, "?i=prices&p=unobtainium&e=XXX&y=1066-3000&v=map")) as seen:
        wait_until_shown(seen.page)
        assert len(rows(seen.page)) > 2
        assert seen.troubles == []


def test_the_csv_file_has_the_figures_of_the_table_with_bounds_in_columns(chromium, site):
    with visit(chromium, address(site, "?i=reserves&m=share&e=CHN&s=usgs&y=2023-2026&v=lines")) as seen:
        wait_until_shown(seen.page)
        with seen.page.expect_download() as waiting:
            seen.page.get_by_role("button", name="Download CSV").click()
        with open(waiting.value.path(), encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        by_time = {row["time"]: row for row in table}
        assert by_time["2026"]["value"] == "58.7"
        assert by_time["2026"]["bound"] == "<"
        assert by_time["2026"]["source_id"]
        assert {row["economy"] for row in table} == {"China"}
        assert len(table) == len(rows(seen.page)) - 1


def test_the_citation_has_the_link_of_the_view_its_sources_and_the_day(chromium, site):
    with served(site) as root, visit(chromium, f"{root}/explore.html?i=quotas") as seen:
        wait_until_shown(seen.page)
        seen.page.get_by_text("Cite this view").click()
        for text in (seen.page.locator(".iv-citation").inner_text(), seen.page.locator(".iv-bibtex").inner_text()):
            assert seen.page.url in text
            assert "Quotas of China" in text
            assert "as known on" in text
        assert "Data: " in seen.page.locator(".iv-citation").inner_text()


def test_the_search_leads_to_an_indicator(chromium, site):
    with visit(chromium, (site / "search.html").as_uri() + "?q=explore prices") as seen:
        first = seen.page.locator("#search-results > li > a").first
        first.wait_for()
        assert "explore.html#explore-prices" in first.get_attribute("href")


# --- from a figure ---


def test_the_page_of_a_figure_leads_to_its_data(chromium, site):
    with visit(chromium, (site / "figures/japan-magnets.html").as_uri()) as seen:
        seen.page.get_by_role("link", name="Explore these data").click()
        wait_until_shown(seen.page)
        assert rows(seen.page)[0] == ["When", "China", "Malaysia", "Philippines", "Viet Nam"]
        assert seen.troubles == []


def test_every_view_of_a_figure_names_what_there_is(site):
    figures = {path.stem for path in (site / "figures").glob("*.html")}
    letters = {"p": "product", "e": "place", "o": "partner", "s": "series"}
    for figure, view in VIEWS.items():
        asked = {letter: values[0] for letter, values in parse_qs(view.removeprefix("?")).items()}
        shard = json.loads((site / f"explore/{asked['i']}.json").read_text(encoding="utf-8"))
        assert figure in figures
        assert asked.get("m", "share") in shard["measures"], figure
        for letter, dimension in letters.items():
            wanted = set(asked.get(letter, "all").split(",")) - {"all"}
            assert wanted <= set(shard["titles"][dimension]), figure


# --- the data ---


def test_scripts_write_numbers_as_the_book_does(chromium, site):
    """Rounding, thousands and the words of bounds are written twice: by the scripts, and by what makes pages."""
    with visit(chromium, address(site, "?i=quotas")) as seen:
        wait_until_shown(seen.page)
        for name in NAMES:
            shard = json.loads((site / f"explore/{name}.json").read_text(encoding="utf-8"))
            every = [(line[0], point) for line in shard.pop("lines") for point in line[-1]]
            given = every[:: max(1, len(every) // MOST)]
            written = seen.page.evaluate(
                """([shard, given]) => {
                     const about = JSON.parse(document.querySelector('.iv-about').textContent);
                     const { point } = window.ivExploreData(about);
                     return given.map(([measure, each]) => point(each, shard, shard.measures[measure]).told);
                   }""",
                [shard, given],
            )
            assert written == [page_of.told(point, shard["measures"][measure]) for measure, point in given]


def test_the_shards_of_scripts_programs_and_tables_say_the_same(site):
    import pandas as pd

    for name in NAMES:
        text = (site / f"explore/{name}.json").read_text(encoding="utf-8").strip()
        assert (site / f"explore/{name}.js").read_text(encoding="utf-8").strip().endswith(f"= {text};")
        points = sum(len(line[-1]) for line in json.loads(text)["lines"])
        assert len(pd.read_parquet(site / f"explore/{name}.parquet")) == points
