"""Kinds of faults that an audit of the numbers found, looked for in all facts and figures of the built book."""

from __future__ import annotations

import ast
import functools
import json
import re
from decimal import Decimal

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from lib.records import anchor, rivals
from lib.site.exports.facts import former
from lib.tables import catalog
from tests.conftest import ROOT

FIRST_AND_LAST = re.compile(r"(?:^|-)(?:latest|newest|last|now)$")
EXTREMES = {"lowest": "min", "highest": "max"}
PERIODS = ("year", "period_start", "period_end", "month_start", "month_end", "edition", "version", "published")
FIGURE = ("value", "price", "share", "value_t_reo", "value_t_gross")


@pytest.fixture(scope="module")
def book(site) -> dict:
    return json.loads((site / "facts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def facts(book) -> list[dict]:
    return book["facts"]


@functools.cache
def table(name: str) -> pd.DataFrame:
    return catalog.table(name, vintages="all")


@functools.cache
def bases(name: str) -> dict[int, str]:
    return dict(zip(table(name).index, catalog.bases(table(name)), strict=True))


def lines(fact: dict) -> list[tuple[str, int]]:
    return [(entry["table"], row) for entry in fact["inputs"] for row in entry.get("rows", [entry.get("row")])]


def rows_of(fact: dict) -> pd.DataFrame:
    """The row of a fact that quotes one; an empty frame for others."""
    named = lines(fact)
    if len(named) != 1:
        return pd.DataFrame()
    name, row = named[0]
    return table(name).loc[[row]]


def same_series(fact: dict) -> pd.DataFrame:
    """All rows of the series that a quoted row belongs to, weak ones left out: one place, kind, product and unit."""
    (row,) = rows_of(fact).to_dict("records")
    name = lines(fact)[0][0]
    frame = table(name)
    key = [column for column in catalog.resource(name).get("vintageKey", []) if column not in PERIODS]
    key += [column for column in ("unit", "kind", "measure", "period_kind") if column in frame and column not in key]
    for column in key:
        frame = frame[frame[column].eq(row[column]) | (frame[column].isna() & pd.isna(row[column]))]
    figure = next((name for name in FIGURE if name in frame), None)
    return frame[frame["confidence"].ne("low") & (frame[figure].notna() if figure else True)]


def ends(frame: pd.DataFrame) -> pd.Series:
    if "period_end" in frame:
        return frame["period_end"]
    months = frame["month_end"] if "month_end" in frame else 12
    return frame["year"] * 100 + months


def test_what_is_called_the_latest_is_the_latest_of_its_series(facts):
    """Dysprosium oxide: 239 USD/kg in 2025 by MCS 2026, not the 260 of MCS 2025 for 2024."""
    found = []
    for fact in facts:
        named = FIRST_AND_LAST.search(fact["name"]) and fact["chapter"] != "claims"  # there, now is the day of judging
        quoted = rows_of(fact) if named else pd.DataFrame()
        if quoted.empty or not {"year", "period_end"} & set(quoted):
            continue
        series = same_series(fact)
        if "month_start" in series:
            series = series[series["month_start"].eq(quoted["month_start"].iloc[0])]
        when, whole = ends(quoted).iloc[0], ends(series).dropna()
        newest = series.loc[whole[whole.eq(when)].index, "published"].max()
        if len(whole) and whole.max() > when and not of_one_period(fact, facts):
            found.append(f"{fact['id']}: {when}, but the series goes to {whole.max()}")
        elif newest > quoted["published"].iloc[0]:
            found.append(f"{fact['id']}: there is an edition of {newest:%Y-%m-%d} for the same period")
    assert found == [], "\n".join(found)


def of_one_period(fact: dict, facts: list[dict]) -> bool:
    """Whether the text fixes the period: by a year in the name, or because another edition of the same year stands
    beside it, or because two series have it in common (a last year)."""
    stem = FIRST_AND_LAST.sub("", fact["name"])
    beside = {other["name"]: other["period"] for other in facts if other["chapter"] == fact["chapter"]}
    pair = any(beside.get(f"{stem}-{end}") == fact["period"] for end in ("first", "then", "before", "earlier", "old"))
    return bool(re.search(r"\d{4}", fact["name"])) or fact["name"].endswith("-last-year") or pair


def test_the_newest_price_of_an_oxide_is_that_of_the_newest_edition(facts):
    latest = next(fact for fact in facts if fact["id"] == "export-controls.history-latest")
    salient = catalog.table("us_salient", vintages="all")
    rows = salient[salient["series"].eq("price.dysprosium_oxide")].sort_values(["year", "published"])
    assert latest["value"] == rows["value"].iloc[-1]
    assert latest["period"] == str(rows["year"].iloc[-1])


def test_what_is_called_the_lowest_or_highest_is_so_within_one_kind(facts):
    found = []
    for fact in facts:
        end = fact["name"].rpartition("-")[2]
        if end not in EXTREMES or not (quoted := rows_of(fact)).shape[0] or "kind" not in quoted:
            continue
        column = next(name for name in FIGURE if name in quoted)
        frame = catalog.table(lines(fact)[0][0])
        alike = frame[frame["confidence"] != "low"]
        for name in ("product", "unit", "kind", "place"):
            alike = alike[alike[name].eq(quoted[name].iloc[0])] if name in alike else alike
        if getattr(alike[column], EXTREMES[end])() != quoted[column].iloc[0]:
            found.append(fact["id"])
    assert found == []


def test_no_number_is_made_of_masses_on_two_bases(facts):
    """Gross tonnes of cerium over tonnes of oxide are no days of use."""
    found = []
    for fact in facts:
        if fact["unit"] == "count":
            continue
        counted = {bases(name).get(row, "") for name, row in lines(fact)} - {""}
        if len(counted) > 1:
            found.append(f"{fact['id']}: {sorted(counted)}")
    assert found == []


def test_a_quoted_number_has_no_more_decimals_than_its_source(facts):
    """94 t is not 94.0 t."""
    found = []
    for fact in facts:
        shown = re.search(r"\d\.(\d+)", fact["text"].replace(",", ""))
        if fact["value"] is None or shown is None or len(named := lines(fact)) != 1:
            continue
        printed = [Decimal(text) for text in catalog.printed(*named[0])]
        alike = [number.normalize().scaleb(-power) if power else number for number in printed for power in (0, 3, 6, 9)
                 if abs(float(number.scaleb(-power)) - fact["value"]) <= 1e-9 * abs(fact["value"])]  # fmt: skip
        allowed = max((max(0, -number.as_tuple().exponent) for number in alike), default=None)
        if allowed is not None and len(shown[1]) > allowed:
            found.append(f"{fact['id']}: {fact['text']}, printed with {allowed} decimals")
    assert found == []


def test_what_contradicts_a_number_is_named_as_readers_know_it(facts):
    """A reader knows Argus Media, and not how the table of sources abbreviates it."""
    sources = catalog.sources().to_dict("index")
    found = {name for fact in facts for rival in rivals(fact, sources) for name in re.findall(r"\w[\w-]*", rival)}
    assert found
    assert sorted(found & set(sources)) == []


def test_no_verdict_and_no_number_of_the_cover_rests_on_a_weak_source(facts):
    """A forum carries no verdict; the statements themselves are what is judged, so their rows may be weak."""
    found = []
    for fact in facts:
        if fact["chapter"] not in ("claims", "index"):
            continue
        weak = [entry["table"] for entry in fact["inputs"] if entry.get("confidence") == "low"]
        if set(weak) - {"claims"}:
            found.append(f"{fact['id']} rests on weak rows of {', '.join(sorted(set(weak)))}")
    assert found == []


def test_a_sum_of_capacities_is_a_bound_while_a_plant_of_its_stage_prints_none(facts):
    sums = [fact for fact in facts if fact["formula"] == "sum of capacities"]
    assert sums
    plants = catalog.table("facilities")
    for fact in sums:
        told = re.search(r"(\d+) of (\d+) plants of the stage", fact["scope"])
        assert told, fact["id"]
        assert (fact["bound"] == ">") == (int(told[1]) < int(told[2])), fact["id"]
        kinds = plants.loc[[row for _, row in lines(fact)], ["status", "capacity_kind"]]
        running = kinds["status"].isin(["operating", "ramping up"])
        assert not kinds.loc[running, "capacity_kind"].eq("target").any(), fact["id"]


def test_titles_that_say_lower_or_higher_are_decided_by_the_comparison_helper():
    """No notebook compares the bare values of quantities: 45.4 is not lower than at most 46.1."""
    found = []
    for path in [ROOT / "index.ipynb", *sorted((ROOT / "chapters").glob("*.ipynb"))]:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                found += [f"{path.name}: {told}" for told in bare_comparisons("".join(cell["source"]))]
    assert found == []


def bare_comparisons(source: str) -> list[str]:
    """Comparisons of one quantity's `.value` with another's; with a plain number they only choose a format."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(
            isinstance(op, ast.Lt | ast.Gt | ast.LtE | ast.GtE) for op in node.ops
        ):
            sides = [node.left, *node.comparators]
            bare = [any(isinstance(part, ast.Attribute) and part.attr == "value" for part in ast.walk(side))
                    for side in sides]  # fmt: skip
            if sum(bare) > 1:
                found.append(ast.unparse(node))
    return found


def test_a_bare_comparison_is_noticed():
    assert bare_comparisons("a.value > 2 * b.value") == ["a.value > 2 * b.value"]
    assert bare_comparisons("1 if a.value < 1 else 0") == []


def test_a_comparison_of_two_years_names_both(facts):
    """A change, a difference or a ratio of two years says which two, in its scope or its period."""
    found = []
    for fact in facts:
        said, rows = f"{fact['scope']} {fact['period']}", [table(name).loc[row] for name, row in lines(fact)[:40]]
        years = {int(row["year"]) for row in rows if "year" in row and pd.notna(row["year"])}
        changes = [row for row in rows if "change on year" in str(row.get("measure", ""))]
        years |= {int(row["year"]) - 1 for row in changes}
        two = len(years) == 2 and len(lines(fact)) <= 40
        if two and not all(str(year) in said for year in years):
            found.append(f"{fact['id']}: {sorted(years)} in {said!r}")
    assert found == [], "\n".join(found)


def test_names_that_left_the_book_lead_to_what_came_in_their_place_or_say_why_not(site, facts):
    names = former(ROOT)
    current = {fact["id"] for fact in facts}
    assert names
    assert set(names) & current == set()
    assert all(entry["why"].endswith(".") for entry in names.values())
    page = BeautifulSoup((site / "facts.html").read_text(encoding="utf-8"), "html.parser")
    for name, entry in names.items():
        place = page.find(id=anchor("fact", name))
        assert place is not None, name
        if "now" in entry:
            assert entry["now"] in current, name
            target = place.find_parent("section").select(f'a[href$="#{anchor("fact", entry["now"])}"]')
            assert target, name
