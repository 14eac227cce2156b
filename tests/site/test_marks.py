"""Marks travel: bounds and estimates are in tooltips, files and tables of every figure of the built site."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

LARGE_FLOWS = "flows_of_7_t_and_more"
BOUNDED = re.compile(r"\bat most [\d.,]+|\bmore than [\d.,]+\d|\bupper bounds?\b|\blower bounds?\b|“<”")
SAID_ELSEWHERE = {
    "economies-compared": "the shares of 2010 are a column of their own, and the note calls all of them upper bounds",
    "eu-single-country": "more than is the benchmark's, not a mark on a share",
    "reserves-by-country": "the bound is that of the world total, which is no bar",
    "reserves-concentration": "the index of reserves, an upper bound, is a line of its own, as the note says",
}


@pytest.fixture(scope="module")
def figures(site: Path) -> dict[str, dict]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((site / "figures").glob("*.json"))
            if not path.name.endswith((".vl.json", ".csv-metadata.json"))}  # fmt: skip


def told(site: Path, name: str) -> list[str]:
    """The values as the tooltips of a chart tell them; empty for a table."""
    path = site / "figures" / f"{name}.vl.json"
    if not path.is_file():
        return []
    sets = json.loads(path.read_text("utf-8")).get("datasets", {})
    return [row["told"] for rows in sets.values() for row in rows if isinstance(row, dict) and row.get("told")]


def rows(site: Path, name: str) -> list[dict[str, str]]:
    with (site / "figures" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_of_figures_with_marks_have_columns_for_bound_and_estimate(site, figures):
    marked = {name: figure for name, figure in figures.items() if any(row.get("qualifier") for row in figure["data"])}
    assert len(marked) > 100
    for name in marked:
        for row in rows(site, name):
            marks = (row["qualifier"] or "").split(";")
            assert row["bound"] == ("<" if "<" in marks else ">" if ">" in marks else ""), name
            assert row["estimate"] == str("e" in marks).lower(), name


def test_a_figure_whose_words_speak_of_bounds_has_them_in_its_file(figures):
    spoken = {name for name, figure in figures.items()
              if BOUNDED.search(" ".join(figure.get(key) or "" for key in ("title", "subtitle")))}  # fmt: skip
    assert len(spoken) > 40
    without = {name for name in spoken if not any(row.get("bound") for row in figures[name]["data"])}
    assert without - set(SAID_ELSEWHERE) == set()


def test_a_bound_in_the_file_of_a_chart_is_one_in_its_tooltips_and_the_other_way_round(site, figures):
    checked = 0
    for name, figure in figures.items():
        words = told(site, name)
        if not words or "bound" not in figure["data"][0]:
            continue
        for sign, word in (("<", "at most "), (">", "more than ")):
            in_file = any(row["bound"] == sign and not nothing(row) for row in figure["data"])
            assert in_file == any(text.startswith(word) for text in words), f"{name}: {sign}"
            checked += in_file
    assert checked > 30


def nothing(row: dict) -> bool:
    """Whether a row has no number that a chart could draw."""
    return not any(isinstance(value, float | int) and not isinstance(value, bool) and key != "year"
                   for key, value in row.items())  # fmt: skip


def test_the_data_table_under_a_chart_tells_the_bounds_too(site, figures):
    """All 39 figures of where magnets come from: the shares of most years are upper bounds."""
    checked = 0
    for page in sorted((site / "chapters" / "economies").glob("*.html")):
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        name = f"{page.stem}-origins"
        if name in figures and any(row["bound"] == "<" for row in figures[name]["data"]):
            table = soup.select_one(f"#fig-{name} details.iv-data table")
            assert "at most" in table.get_text(), name
            checked += 1
    assert checked > 30


def test_a_weight_that_the_publisher_flags_as_estimated_is_an_estimate(site):
    facts = json.loads((site / "facts.json").read_text("utf-8"))["facts"]
    flagged = [fact for fact in facts if fact["unit"] != "count"
               and any("weight_estimated" in entry.get("flags", "") for entry in fact["inputs"])]  # fmt: skip
    assert len(flagged) > 50
    assert [fact["id"] for fact in flagged if not fact["estimated"]] == []


def test_a_number_of_rows_that_are_marked_as_estimates_is_one(site):
    facts = json.loads((site / "facts.json").read_text("utf-8"))["facts"]
    marked = [fact for fact in facts if fact["unit"] != "count"
              and any("e" in entry.get("qualifier", "").split(";") for entry in fact["inputs"])]  # fmt: skip
    assert marked
    assert [fact["id"] for fact in marked if not fact["estimated"]] == []


def test_a_total_of_larger_flows_only_is_a_lower_bound(site):
    facts = json.loads((site / "facts.json").read_text("utf-8"))["facts"]
    totals = [fact for fact in facts if fact["unit"] in ("t", "kg") and "total_kg" in fact["query"]
              and "share *" not in fact["query"]
              and any(LARGE_FLOWS in entry.get("flags", "") for entry in fact["inputs"])]  # fmt: skip
    assert totals
    assert [fact["id"] for fact in totals if fact["bound"] != ">"] == []


SAYS = {
    "%": r"\b(share|reliance|rise|fall|change|rate|loss|excess|over|against|in total)\b",
    "percentage points": r"\b(less|difference)\b",
    "HHI": r"\bindex\b",
    "ratio": r"\bover\b",
    "times": r"\bover\b",
    "years": r"\b(years|over|time|to challenge|rebuild)\b",
}
"""What a label has to say of a number that means nothing by its unit alone; those of claims begin with the claim."""


@pytest.mark.parametrize("unit", SAYS)
def test_the_label_of_a_number_says_what_is_measured(site, unit):
    facts = json.loads((site / "facts.json").read_text("utf-8"))["facts"]
    measured = [fact for fact in facts if fact["unit"] == unit and fact["chapter"] != "claims"]
    assert measured
    silent = {fact["id"]: fact["scope"] for fact in measured if not re.search(SAYS[unit], fact["scope"].lower())}
    assert silent == {}


def test_the_label_of_a_number_that_is_not_past_says_so(site):
    facts = json.loads((site / "facts.json").read_text("utf-8"))["facts"]
    ahead = [fact for fact in facts if fact["chapter"] != "claims"
             and any(entry.get("kind") == "projection" for entry in fact["inputs"])]  # fmt: skip
    assert ahead
    silent = {fact["id"]: fact["scope"] for fact in ahead
              if not re.search(r"expected|base case|scenario|planned|outlook", fact["scope"].lower())}  # fmt: skip
    assert silent == {}
