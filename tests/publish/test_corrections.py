"""The page of corrections: an anchor for each, links to what was wrong, and a log that names only what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from lib.records import Records
from lib.site import versions
from lib.site.pages import corrections

ROOT = Path(__file__).resolve().parents[2]
ENTRY = {
    "id": "a-number",
    "corrected": "2026-11-20",
    "where": {"fact": "a.b"},
    "said": "one",
    "right": "two",
    "versions": [],
}


@pytest.fixture
def log(made) -> BeautifulSoup:
    return BeautifulSoup((made.site / "corrections.html").read_text(), "html.parser")


def entry_of(log: BeautifulSoup, name: str) -> BeautifulSoup:
    return log.find(id=f"correction-{name}").find_parent("section")


def written(folder: Path, *entries: dict) -> Path:
    (folder / "chapters").mkdir(parents=True)
    (folder / corrections.FILE).write_text(yaml.safe_dump(list(entries)))
    return folder


def test_each_correction_has_an_anchor_and_says_what_was_said_what_is_right_when_and_where(log):
    entry = entry_of(log, "ore-share")
    words = " ".join(entry.get_text(" ").split())
    for expected in ("20 November 2026", "70% <of> it", "69%", "until 20 November 2026", "Ores again"):
        assert expected in words
    assert entry.find("a", href="facts.html#fact-ores-share")
    assert [link["href"] for link in entry.select("a[href^='data/ores.html']")]


def test_a_number_that_left_the_book_is_named_without_a_link(log):
    entry = entry_of(log, "gone")
    assert "ores.gone" in entry.get_text()
    assert not entry.select("li a")


def test_errors_of_sources_have_anchors_too(log):
    assert "54000" in entry_of(log, "ores-usa").get_text()


def test_every_page_leads_to_the_corrections(made):
    for name, address in (("index", "corrections.html"), ("chapters/ores", "../corrections.html")):
        page = BeautifulSoup((made.site / f"{name}.html").read_text(), "html.parser")
        assert page.find("footer").find("a", href=address)


def test_the_form_is_linked_where_the_repository_is_known():
    home = "https://example.org/owner/book"
    text = corrections.page([], [], Records(), {}, home)
    assert f"({home}/issues/new?template={corrections.TEMPLATE})" in text
    assert "](http" not in corrections.page([], [], Records(), {}, "")
    assert (ROOT / ".github" / "ISSUE_TEMPLATE" / corrections.TEMPLATE).is_file()


def test_the_log_of_the_book_is_valid_and_names_rows_and_sources_that_exist():
    entries = corrections.read(ROOT, [entry["version"] for entry in versions.read(ROOT)])
    sources = (ROOT / "data" / "sources.csv").read_text(encoding="utf-8")
    for entry in entries:
        assert all(f"\n{name}," in sources for name in entry.get("sources", ()))
        if "table" in entry["where"]:
            table = (ROOT / "data" / f"{entry['where']['table']}.csv").read_text(encoding="utf-8")
            assert f"\n{entry['where'].get('row', '')}" in table


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"versions": ["2026.12"]}, "releases.yml"),
        ({"corrected": "soon"}, "corrected"),
        ({"id": "A number"}, "id"),
        ({"where": {}}, "where"),
        ({"said": ""}, "said"),
        ({"wrong": "x"}, "wrong"),
    ],
)
def test_a_log_with_a_mistake_is_refused_with_its_place(tmp_path, change, expected):
    with pytest.raises(corrections.LogError, match=expected):
        corrections.read(written(tmp_path, ENTRY | change), ["0.1.0"])


def test_entries_are_in_order_and_each_is_there_once(tmp_path):
    later = ENTRY | {"id": "later", "corrected": "2026-11-21"}
    with pytest.raises(corrections.LogError, match="newest"):
        corrections.read(written(tmp_path / "a", ENTRY, later), [])
    with pytest.raises(corrections.LogError, match="twice"):
        corrections.read(written(tmp_path / "b", ENTRY, ENTRY), [])
    assert len(corrections.read(written(tmp_path / "c", later, ENTRY), [])) == 2


def test_a_version_that_is_archived_may_be_named(tmp_path):
    assert corrections.read(written(tmp_path, ENTRY | {"versions": ["2026.10"]}), ["2026.10"])
