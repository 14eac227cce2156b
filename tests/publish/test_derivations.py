"""Derivations are scripts of the pages that show the numbers; the files for programs are what they promise to be."""

from __future__ import annotations

import copy
import csv
import io
import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from lib import facts as ledger
from lib import records
from lib.compare import cell_labels
from lib.site.exports import facts as facts_files
from lib.site.sphinx import derivations, later

ELEMENT = "iv-derivations"
SOURCES = {
    "a": {"title": "Survey <of> ores", "published": "2025-02-28", "published_precision": "month"},
    "b": {"title": "Customs", "published": "2024-12-31", "published_precision": "year"},
    "c": {"title": "Undated", "published": "2026-11-22", "published_precision": "accessed"},
}


def fact(*inputs: dict, **more) -> dict:
    made = {"id": "n.x", "name": "x", "chapter": "n", "page": "n", "text": "at most 59%", "value": 58.66666666}
    made |= {"unit": "%", "bound": "<", "estimated": False, "qualifier": "upper bound"}
    made |= {"scope": "reserves", "period": "2026", "formula": "share", "inputs": list(inputs)}
    return made | more


def soup(made, name: str) -> BeautifulSoup:
    return BeautifulSoup((made.site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def data(folder: Path, name: str) -> dict:
    """What the script of a page hands to the pop-ups; its page leads there."""
    script = folder / later.place(derivations.NAME, name)
    return json.loads(script.read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n"))


# ------------------------------------------------------------------------------------------- what is said


def test_a_derivation_names_value_qualifier_rows_edition_day_and_source():
    row = {"table": "reserves", "source_id": "a", "edition": "MCS2025", "published": "2025-02-28"}
    told = derivations.derivation(fact(row | {"row": 4}, row | {"row": 5}), SOURCES)
    assert told["value"] == "58.6667%, at most (upper bound)"
    assert told["rows"] == [
        {
            "table": "reserves",
            "lines": "rows 4–5",
            "edition": "MCS2025",
            "published": "2025-02",
            "source": "a",
            "title": "Survey <of> ores",
        }
    ]
    assert told["more"] == 0


def test_days_are_no_more_precise_than_their_source():
    rows = [{"table": "t", "row": n, "source_id": source} for n, source in enumerate("abc", start=2)]
    rows.append({"table": "t", "row": 9, "source_id": "a", "published": "2025-03-01"})
    told = derivations.derivation(fact(*rows), SOURCES)["rows"]
    assert [row.get("published") for row in told] == ["2025-02", "2024", None, "2025-03-01"]


def test_of_very_many_inputs_six_are_told_and_the_rest_counted():
    rows = [{"table": f"t{n}", "row": 2, "source_id": "a"} for n in range(8)]
    told = derivations.derivation(fact(*rows, {"table": "last", "rows": [3, 4, 5], "source_id": "a"}), SOURCES)
    assert [row["table"] for row in told["rows"]] == ["t0", "t1", "t2", "t3", "t4", "t5"]
    assert told["more"] == 5


def test_scattered_lines_are_counted_and_doubt_is_told():
    scattered = {"table": "t", "rows": list(range(2, 100, 2)), "source_id": "a", "confidence": "low"}
    (row,) = derivations.derivation(fact(scattered), SOURCES)["rows"]
    assert (row["lines"], row["doubt"]) == ("49 rows between 2 and 98", "low confidence")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (44000000.0, "t", "44,000,000 t"),
        (19, "count", "19"),
        (-0.5, "Mt", "-0.5 Mt"),
        (1234567.25, "t", "1,234,567.2 t"),
    ],
)
def test_values_are_shown_as_computed(value, unit, shown):
    assert derivations.derivation(fact(value=value, unit=unit, bound=""), {})["value"] == shown


# ------------------------------------------------------------------------------------------- cells


def table(*fields: tuple, key: tuple = ("iso3", "year")) -> dict:
    kinds = [{"name": name, "type": "number", "unit": unit} for name, unit in fields]
    return {"name": "t", "vintageKey": list(key), "schema": {"fields": [{"name": "year", "type": "integer"}, *kinds]}}


def test_a_derivation_tells_value_unit_period_and_marks_of_its_rows():
    row = {"table": "t", "source_id": "a", "iso3": "CHN", "year": 2025, "unit": "t REO"}
    inputs = [row | {"row": 4, "value": 270000.0, "qualifier": "e"}, row | {"row": 3, "iso3": "WLD", "value": 75.5,
              "qualifier": ">;derived"}]  # fmt: skip
    (told,) = derivations.derivation(fact(*inputs), SOURCES, {"t": table(("value", "see column unit"))})["rows"]
    assert told["cells"] == ["World, 2025: >75.5 t REO", "China, 2025: 270,000 t REO, estimated"]
    assert told["columns"] == "value"
    assert "rest" not in told


def test_eight_rows_are_told_and_the_rest_counted_over_all_groups():
    rows = [
        {"table": "t", "row": n, "source_id": "ab"[n > 7], "iso3": "CHN", "year": 2000 + n, "share": n / 2}
        for n in range(2, 20)
    ]
    told = derivations.derivation(fact(*rows), SOURCES, {"t": table(("share", "%"))})["rows"]
    assert [len(group["cells"]) for group in told] == [6, derivations.CELLS - 6]
    assert [group.get("rest") for group in told] == [None, 10]
    assert told[0]["cells"][0] == "China, 2002: 1%"


@pytest.mark.parametrize(
    ("entry", "unit"),
    [
        ({"value": 3.0}, "t"),  # many rows told together carry no values
        ({"row": 2, "year": 2020}, "t"),  # withheld
        ({"row": 2, "value": 50.1}, "degrees"),
        ({"row": 2, "value": 7.0}, None),  # a number without a unit counts or identifies
    ],
)
def test_what_is_no_measured_value_is_not_told(entry, unit):
    made = fact({"table": "t", "source_id": "a"} | entry | ({} if "row" in entry else {"rows": [2, 3]}))
    (told,) = derivations.derivation(made, SOURCES, {"t": table(("value", unit))})["rows"]
    assert "cells" not in told


def test_a_count_tells_no_values_since_it_counts_rows():
    row = {"table": "t", "row": 2, "source_id": "a", "iso3": "CHN", "value": 1.0}
    (told,) = derivations.derivation(fact(row, unit="count"), SOURCES, {"t": table(("value", "t"))})["rows"]
    assert "cells" not in told


def test_rows_of_one_place_and_year_are_told_apart_by_their_key():
    row = {"table": "t", "source_id": "a", "iso3": "CHN", "year": 2024, "value": 1.0}
    inputs = [row | {"row": n, "series_id": f"s{n}", "product": name} for n, name in ((2, "oxide"), (3, "metal"))]
    made = table(("value", "kg"), key=("series_id", "year"))
    (told,) = derivations.derivation(fact(*inputs), SOURCES, {"t": made})["rows"]
    assert told["cells"] == ["China, oxide, 2024: 1 kg", "China, metal, 2024: 1 kg"]


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ({"period_start": "2024-01-01", "period_end": "2024-12-31"}, "2024"),
        ({"period_start": "2024-06-01", "period_end": "2024-06-30"}, "2024-06"),
        ({"period_start": "2020-01-01", "period_end": "2023-12-31"}, "2020-01-01 to 2023-12-31"),
        ({"year": 2010, "month_start": 1, "month_end": 9}, "2010-01 to 09"),
        ({"year": 2010, "month_start": 4, "month_end": 4}, "2010-04"),
        ({"year": 2010, "month_start": 1, "month_end": 12}, "2010"),
    ],
)
def test_a_period_is_as_short_as_it_can_be(period, words):
    row = {"row": 2, "iso3": "CHN"} | period
    assert cell_labels.called([row], table(("value", "t"))) == {2: f"China, {words}"}


def test_codes_are_written_as_words_and_text_as_it_stands():
    row = {"metric": "light_rare_earths", "name": "plan _draft_ of a_b", "empty": ""}
    assert cell_labels.said(row, row) == ["light rare earths", "plan _draft_ of a_b"]


# ------------------------------------------------------------------------------------------- the script of a page


def test_facts_are_found_by_their_links_only():
    body = (
        '<a class="iv-fact reference internal" href="../facts.html#fact-n-x">1</a> <a href="facts.html#fact-n-y">2</a>'
        '<a href="facts.html#fact-n-z" class="iv-fact">3</a> <a class="iv-fact" href="facts.html#fact-n-z">3</a>'
        '<a class="iv-fact">no address</a>'
    )
    assert derivations.used(body) == ["fact-n-x", "fact-n-z"]


def test_a_page_holds_the_derivations_of_its_facts_with_addresses_that_lead_somewhere(made):
    page = soup(made, "chapters/ores")
    content = data(made.site, "chapters/ores")
    leads_to = made.site / "chapters" / page.find("script", id=ELEMENT)["data-src"]
    assert leads_to.resolve() == (made.site / later.place(derivations.NAME, "chapters/ores")).resolve()
    (derivation,) = content["facts"].values()
    assert list(content["facts"]) == ["fact-ores-share"]
    assert derivation["formula"] == "a < b & c_d"
    assert derivation["value"] == "69.2%, at most (upper bound), estimate"
    (row,) = derivation["rows"]
    assert row == {"table": "ores", "lines": "rows 4–5", "published": "2025-02-06", "source": "geo_2025.v1"}
    assert content["titles"] == {"geo_2025.v1": "Ores & metals: 50% {more}"}
    assert content["links"] == {
        "table": {"ores": "../data/ores.html#table-ores"},
        "source": {"geo_2025.v1": "../references.html#source-geo-2025-v1"},
    }
    for address in ("data/ores.html#table-ores", "references.html#source-geo-2025-v1", "facts.html#fact-ores-share"):
        name, anchor = address.split(".html#")
        assert soup(made, name).find(id=anchor)
    assert page.select_one("a.iv-fact")["href"] == "../facts.html#fact-ores-share"


def test_script_and_data_are_on_pages_with_facts_only(made):
    for name, has in (("index", True), ("chapters/ores", True), ("facts", False), ("references", False)):
        page = soup(made, name)
        assert bool(page.select(f"#{ELEMENT}")) == has, name
        assert bool(page.select('script[src*="derivations.js"]')) == has, name
        assert (made.site / later.place(derivations.NAME, name)).is_file() == has, name


class Page:
    """As much of Sphinx as `write` asks for."""

    def __init__(self, outdir):
        self.outdir = outdir
        self.env = self.builder = self
        facts = {"fact-n-x": derivations.derivation(fact({"table": "t", "row": 2}), {})}
        self.book_derivations = {"book": "A book", "facts": facts}
        self.book_addresses = {}
        self.scripts = []

    def add_js_file(self, name, **more):
        self.scripts.append(name)


@pytest.mark.parametrize(("anchor", "scripts"), [("fact-n-gone", []), ("fact-n-x", ["derivations.js"])])
def test_a_link_to_an_unknown_fact_stays_a_link(anchor, scripts, tmp_path):
    app, context = Page(tmp_path), {"body": f'<a class="iv-fact" href="facts.html#{anchor}">1</a>'}
    derivations.write(app, "n", "page.html", context, object())
    assert app.scripts == scripts
    assert (ELEMENT in context["body"]) == bool(scripts)


def test_a_page_that_lost_its_facts_has_no_script_left_from_an_earlier_build(tmp_path):
    for body in ('<a class="iv-fact" href="facts.html#fact-n-x">1</a>', "<p>No number</p>"):
        derivations.write(Page(tmp_path), "n", "page.html", {"body": body}, object())
    assert not list((tmp_path / later.place(derivations.NAME, "x")).parent.iterdir())


def test_a_table_without_a_page_is_named_without_a_link(tmp_path):
    context = {"body": '<a class="iv-fact" href="facts.html#fact-n-x">1</a>'}
    derivations.write(Page(tmp_path), "n", "page.html", context, object())
    content = data(tmp_path, "n")
    assert content["facts"]["fact-n-x"]["rows"] == [{"table": "t", "lines": "row 2"}]
    assert content["links"] == {"table": {}, "source": {}}


# ------------------------------------------------------------------------------------------- for programs


def test_facts_json_is_as_its_schema_says(made):
    schema = json.loads((made.site / "facts.schema.json").read_text(encoding="utf-8"))
    content = json.loads((made.site / "facts.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    check.validate(content)
    assert content["$schema"] == "facts.schema.json"
    assert content["version"] == schema["properties"]["version"]["const"] == records.VERSION
    for break_it in (
        lambda c: c.update(version=2),
        lambda c: c["facts"][0].pop("formula"),
        lambda c: c["facts"][0].update(value="69"),
        lambda c: c["facts"][0].update(bound="~"),
        lambda c: c["facts"][0].update(inputs=[]),
        lambda c: c["facts"][0]["inputs"][0].pop("row"),
    ):
        broken = copy.deepcopy(content)
        break_it(broken)
        assert not check.is_valid(broken)


def test_a_fact_of_the_ledger_is_as_the_schema_says():
    """The records that notebooks make, not only those of the tiny book."""
    made = ledger.Fact(
        "x", 1.5, "t", "s", "2025", "f", ({"table": "t", "row": 2, "source_id": "a"},), ">", True, "1 t", "n"
    )
    schema = facts_files.schema()
    jsonschema.validate(made.as_record() | {"page": "n"}, schema["$defs"]["fact"] | {"$defs": schema["$defs"]})


def test_facts_csv_says_the_same_as_facts_json(made):
    table = pd.read_csv(made.site / "facts.csv", keep_default_na=False)
    facts = json.loads((made.site / "facts.json").read_text(encoding="utf-8"))["facts"]
    assert list(table.columns) == list(facts_files.COLUMNS)
    assert list(table["id"]) == [entry["id"] for entry in facts]
    for name in ("chapter", "text", "bound", "estimated", "unit", "scope", "formula"):
        assert list(table[name]) == [entry[name] for entry in facts], name
    assert list(table["value"]) == [entry["value"] for entry in facts]
    assert set(table["as_of"]) == {"2026-11-22"}
    assert set(table["sources"]) == {"geo_2025.v1"}


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=("Cs", "Cc"))), st.floats(-1e12, 1e12)), min_size=1))
def test_facts_csv_keeps_any_text_and_every_digit(entries):
    found = records.Records(chapters=[{"name": "n", "as_of": "2020-12-31", "vintage": "2026-11-22"}])
    sources = [{"source_id": name, "table": "t", "row": 2} for name in "aba"]
    found.facts = [fact(*sources, scope=text, value=value) for text, value in entries]
    rows = list(csv.DictReader(io.StringIO(facts_files.facts_csv(found), newline="")))
    assert [(row["scope"], float(row["value"])) for row in rows] == entries
    assert {(row["as_of"], row["sources"]) for row in rows} == {("2020-12-31", "a;b")}


def test_every_field_is_described_on_the_page_of_facts(made):
    page = soup(made, "facts")
    section = page.find(id="for-programs")
    section = section if section.name == "section" else section.find_parent("section")
    described = {code.get_text() for code in section.select("tbody th code")}
    fields = set(facts_files.schema()["$defs"]["fact"]["properties"])
    assert described == fields | set(facts_files.COLUMNS)
    assert {a["href"] for a in section.select("a[href$=json], a[href$=csv]")} == {
        "facts.json",
        "facts.csv",
        "facts.schema.json",
    }
    assert all((made.site / name).is_file() for name in ("facts.json", "facts.csv", "facts.schema.json"))


def test_rows_told_together_are_on_the_page_of_facts():
    found = records.Records(chapters=[{"name": "n", "title": "N", "page": "n"}])
    found.facts = [fact({"table": "t", "rows": [4, 5, 6], "source_id": "a"})]
    assert "rows 4–6" in records.facts_page(found, SOURCES)


def test_a_name_that_left_the_book_says_why_and_leads_to_what_came_in_its_place():
    found = records.Records(chapters=[{"name": "n", "title": "N", "page": "n"}])
    found.facts = [fact({"table": "t", "row": 2, "source_id": "a"})]
    names = {"n.old": {"now": "n.x", "why": "It was <wrong>."}, "n.gone": {"now": "n.none", "why": "It was none."}}
    text = facts_files.former_section(found, names)
    assert "(fact-n-old)=" in text
    assert "[n.x](fact:n.x)" in text
    assert "<wrong>" not in text
    assert "n.none" not in text
    assert facts_files.former_section(found, {"n.x": names["n.old"]}) == ""


def test_a_book_without_a_list_of_former_names_has_none(tmp_path):
    assert facts_files.former(tmp_path) == {}


def test_the_checker_lies_beside_the_facts(made):
    assert (made.site / "verify.py").read_bytes() == facts_files.CHECKER.read_bytes()


@pytest.mark.parametrize(
    ("marks", "confidence", "words"),
    [
        ({}, "high", "as it is"),
        ({}, "medium", "with the name of its source"),
        ({"bound": "<"}, "high", "only as “at most”"),
        ({"bound": ">"}, "medium", "only as “more than”"),
        ({"estimated": True}, "high", "only as “an estimate”"),
        ({"bound": "<", "estimated": True}, "high", "only as “at most” and “an estimate”"),
        ({"bound": "<"}, "low", "not at all: a source is weak"),
    ],
)
def test_how_firmly_a_number_may_be_quoted_follows_from_its_marks_and_sources(marks, confidence, words):
    told = fact({"table": "t", "row": 2, "confidence": confidence}) | {"bound": "", "estimated": False} | marks
    assert derivations.derivation(told, {})["quote"] == words
