"""The page of claims as a reader meets it: its entries, the lists that narrow its table, and what machines read."""

from __future__ import annotations

import json

import bs4
import jsonschema
import pytest

from lib.claims import SCALE
from lib.site.exports import claims as claims_files
from tests.site.visit import visit

PAGE = "chapters/claims.html"


@pytest.fixture(scope="module")
def claims(site) -> list[dict]:
    return json.loads((site / claims_files.FILE).read_text(encoding="utf-8"))["claims"]


@pytest.fixture(scope="module")
def page(site) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup((site / PAGE).read_text(encoding="utf-8"), "html.parser")


def test_the_file_fits_the_schema_that_stands_beside_it(site):
    schema = json.loads((site / claims_files.SCHEMA.name).read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((site / claims_files.FILE).read_text(encoding="utf-8")), schema)


@pytest.fixture(scope="module")
def folded(site) -> bs4.BeautifulSoup:
    """The page beside, on which the folds of the entries are."""
    return bs4.BeautifulSoup((site / "chapters/claims-folded.html").read_text(encoding="utf-8"), "html.parser")


def test_every_claim_has_an_entry_that_shows_the_verdicts_of_the_file(claims, page, folded):
    assert len(claims) == 50
    for claim in claims:
        entry = page.find(id=claim["anchor"])
        shown = [cell.get_text() for cell in entry.find_all(class_="iv-verdict")]
        slug = {"Supported only for a stated year, scope or edition": "Supported only for"}
        expected = [slug.get(claim[when]["verdict"], claim[when]["verdict"]) for when in ("then", "now")]
        for told, verdict in zip(shown, expected, strict=True):
            assert told == verdict or (verdict == "Off by a stated factor" and told.startswith("Off by a factor of "))
        how = folded.find(id=entry.find("details").find("a")["href"].partition("#")[2])
        assert any(claim["id"] in code.get_text() for code in how.select("code")), "how to compute it again"


def test_machines_read_the_same_verdicts(claims, page):
    scripts = [json.loads(tag.string) for tag in page.find_all("script", type="application/ld+json")]
    reviews = [entry for content in scripts for entry in content.get("@graph", []) if entry["@type"] == "ClaimReview"]
    assert [entry["reviewRating"]["alternateName"] for entry in reviews] == [c["now"]["verdict"] for c in claims]
    assert all(entry["claimReviewed"] and entry["url"].rpartition("#")[2] for entry in reviews)
    assert {entry["reviewRating"]["alternateName"] for entry in reviews} <= set(SCALE)


@pytest.mark.browser
def test_lists_narrow_the_table_to_rows_with_the_chosen_values(chromium, site, claims):
    with visit(chromium, (site / PAGE).as_uri()) as seen:
        table = seen.page.locator("#fig-verdicts table")
        lists = seen.page.locator("#fig-verdicts .iv-filters select")
        assert lists.count() == 4
        lists.nth(2).select_option(label="Not supported")
        wanted = [claim["id"] for claim in claims if claim["now"]["verdict"] == "Not supported"]
        rows = table.locator("tbody tr:visible th")
        assert [text[:3] for text in rows.all_inner_texts()] == wanted
        assert seen.page.locator("#fig-verdicts .iv-filters output").inner_text().startswith(f"{len(wanted)} of 50")
        table.locator("thead button").nth(1).click()
        topics = table.locator("tbody tr:visible td:nth-child(2)").all_inner_texts()
        assert topics == sorted(topics)
        lists.nth(2).select_option(label="all")
        assert rows.count() == 50
        assert seen.troubles == []


@pytest.mark.browser
def test_a_row_leads_to_its_entry_and_a_number_to_its_derivation(chromium, site):
    with visit(chromium, (site / PAGE).as_uri(), scripts=False) as seen:
        seen.page.locator("#fig-verdicts tbody th a").first.click()
        assert seen.page.url.endswith("#claim-a01")
        assert seen.page.locator("#claim-a01 a.iv-fact").first.get_attribute("href").startswith("../facts.html#fact-")
        assert seen.troubles == []


@pytest.mark.browser
def test_on_a_phone_both_verdicts_are_in_view(chromium, site):
    with visit(chromium, f"{(site / PAGE).as_uri()}#claim-c04", width=360) as seen:
        boxes = [box.bounding_box() for box in seen.page.locator("#claim-c04 .iv-verdict").all()]
        assert len(boxes) == 2
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes)
