"""What holds for every figure of the built book: colours belong to actors, greys differ, names and benchmarks."""

from __future__ import annotations

import json
import re

import pytest

from lib.figures import theme
from lib.tables import catalog

# How a figure may speak of an actor, beside its name and its codes.
WORDS = {"CHN": ("Chin",), "USA": ("US", "America"), "EU": ("EU", "Europe", "Union"), "GBR": ("UK", "Britain"),
         "JPN": ("Japan",), "KOR": ("Korea",)}  # fmt: skip
GREYS = ("muted", "axis", "oth")
FORMER = {"top-three": "concentration", "hhi": "concentration", "governance": "concentration",
          "without-leader": "concentration"}  # fmt: skip


@pytest.fixture(scope="module")
def charts(site):
    """Every chart of the site: its record, and what of its specification is drawn."""
    found = {}
    for path in sorted((site / "figures").glob("*.vl.json")):
        spec = json.loads(path.read_text("utf-8"))
        spec.pop("config", None)
        record = json.loads(path.with_name(path.name.replace(".vl.json", ".json")).read_text("utf-8"))
        found[record["name"]] = (record, json.dumps(spec, ensure_ascii=False))
    assert found
    return found


def named(record: dict) -> str:
    """All that a figure says in words and codes."""
    return json.dumps([record[part] for part in ("title", "subtitle", "alt", "note", "data")], ensure_ascii=False)


def told(code: str, words: str) -> bool:
    same = {other for other, actor in theme.SAME_ACTOR.items() if actor == code} | {code}
    known = [catalog.country_name(code)] if code in catalog.country_names() else []
    return any(re.search(rf"\b{re.escape(word)}", words) for word in (*same, *WORDS.get(code, ()), *known))


def test_no_colour_of_an_actor_stands_for_something_else(charts):
    wrong = {}
    for name, (record, drawn) in charts.items():
        words = named(record)
        for code, (light, _) in theme.ACTORS.items():
            if code != "OTH" and (light in drawn or theme.SOFT[code][0] in drawn) and not told(code, words):
                wrong.setdefault(name, []).append(code)
    assert not wrong


def test_no_two_greys_of_one_chart_look_alike(charts):
    """Marks of data are meant: texts, rules and axes have greys of their own."""
    marks = re.compile(r'"(?:tone|fill)": "(#[0-9a-f]{6})"')
    greys = {theme.token(name): name for name in GREYS}
    wrong = {}
    for name, (_, drawn) in charts.items():
        used = {greys[tone] for tone in marks.findall(drawn) if tone in greys}
        if len(used) > 1:
            wrong[name] = used
    assert not wrong


def test_a_benchmark_is_a_line_and_no_bar(charts):
    asked = re.compile(r"\b(benchmark|stated in the article|needed:)", re.IGNORECASE)
    for name, (_, drawn) in charts.items():
        rows = re.findall(r'"(?:name|row|k)": "([^"]*)"', drawn)
        assert not [row for row in rows if asked.search(row)], name


def test_a_logarithmic_scale_is_told(charts):
    for name, (record, drawn) in charts.items():
        if '"type": "log"' in drawn:
            assert "logarithmic" in record["subtitle"], name


def test_no_label_of_a_chart_is_cut(charts):
    cut = {name for name, (_, drawn) in charts.items() if re.search(r'"[^"]+ …"', drawn)}
    assert not cut


def test_links_to_former_figures_lead_to_those_that_took_their_place(site):
    page = (site / "chapters" / "processing.html").read_text("utf-8")
    for former, now in FORMER.items():
        assert f'id="fig-{former}"' in page
        assert page.index(f'id="fig-{now}"') < page.index(f'data-name="{now}"')
