"""What changed between two days: on small records, on the tables of the book, and by the command on a tiny book."""

from __future__ import annotations

import json

import jsonschema
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from lib import pipeline, records
from lib.build import execute, plan
from lib.compare import changes
from lib.compare.changes import SIDES
from lib.records import Records
from lib.site.pages import changes as changes_page
from tests.publish.book import INDEX, ORES, write_book

FIRST, SECOND = "2025-06-30", "2026-06-30"


def fact(name: str, value: float | None, text: str, *sources: str) -> dict:
    inputs = [{"table": "ores", "row": 2, "source_id": source} for source in sources]
    return {"id": name, "page": "a", "value": value, "text": text, "unit": "t", "inputs": inputs}


def figure(name: str, title: str, *values: float) -> dict:
    return {"name": name, "page": "a", "title": title, "data": [{"v": value} for value in values], "sources": ["s"]}


def test_a_number_that_moved_says_by_how_much_and_because_of_which_source():
    before, after = Records(facts=[fact("a", 10, "10 t", "old")]), Records(facts=[fact("a", 15, "15 t", "old", "new")])
    (found,) = changes.facts(before, after)
    assert (found["change"], found["difference"], found["factor"], found["because"]) == ("moved", 5, 1.5, ["new"])
    assert (found["before"]["text"], found["after"]["text"]) == ("10 t", "15 t")


def test_numbers_come_and_go():
    before, after = (
        Records(facts=[fact("a", 1, "1"), fact("b", 2, "2")]),
        Records(facts=[fact("b", 2, "2"), fact("c", 3, "3")]),
    )
    assert [(found["id"], found["change"]) for found in changes.facts(before, after)] == [("c", "new"), ("a", "gone")]


@pytest.mark.parametrize(("one", "other"), [(0, 5), (5, 0), (-1, 1), (None, 1)])
def test_there_is_no_factor_from_nothing_or_across_it(one, other):
    (found,) = changes.facts(Records(facts=[fact("a", one, "x")]), Records(facts=[fact("a", other, "y")]))
    assert found["factor"] is None


def test_a_figure_moves_with_its_title_or_its_rows():
    before = Records(figures=[figure("same", "T", 1), figure("titled", "T", 1), figure("longer", "T", 1, 2)])
    after = Records(figures=[figure("same", "T", 1), figure("titled", "U", 1), figure("longer", "T", 1, 3, 4)])
    assert [(found["name"], found["rows"]) for found in changes.figures(before, after)] == [
        ("titled", 0),
        ("longer", 3),
    ]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(allow_nan=False), st.text()), unique_by=lambda f: f[0]))
def test_nothing_changes_between_a_build_and_itself(told):
    one = Records(facts=[fact(*parts) for parts in told])
    assert changes.facts(one, one) == []


def test_printed_ends_that_passed_unread_are_told_though_no_row_changed():
    """Announcements No. 70 and No. 72 of 2025 ran to 10 and 27 November 2026; sources carry them to October."""
    assert "CHN-2025-11" not in {entry["id"] for entry in changes.ends(changes.known_on("2026-11-10"), "2026-11-10")}
    found = {entry["id"]: entry for entry in changes.ends(changes.known_on("2026-11-29"), "2026-11-29")}
    assert (found["CHN-2025-11"]["end"], found["CHN-2025-11"]["days"]) == ("2026-11-10", 19)
    assert (found["CHN-2025-12"]["end"], found["CHN-2025-12"]["days"]) == ("2026-11-27", 2)
    empty = {"title": "", "pages": {}, "facts": [], "figures": [], "claims": [], "sentences": [], "revisions": []}
    moved = empty | {"from": FIRST, "to": "2026-11-29", "ends": list(found.values()),
                     "compared": {name: {"before": 0, "after": 0} for name in changes.COMPARED}}  # fmt: skip
    shown = changes_page.page(changes_page.Page(moved, {}, frozenset(), {}, {}))
    assert "No. 70 of 2025" in shown
    assert "10 November 2026" in shown
    assert "No. 70 of 2025" in changes.as_markdown(moved)


def test_a_book_without_a_register_has_no_ends():
    def nothing(name):
        raise changes.catalog.UnknownTable(name)

    assert changes.ends(nothing, SECOND) == []


def revised(table: str, **key) -> list[dict]:
    return [
        entry
        for entry in changes.revisions(changes.known_on(FIRST), changes.known_on(SECOND))
        if entry["table"] == table and key.items() <= entry["key"].items()
    ]


def test_the_revisions_that_the_survey_printed_are_found():
    """USGS MCS 2025 and MCS 2026: output of Australia in 2024; reserves of Brazil (MCS 2026 v1.3)."""
    (australia,) = revised("mine_production", series="usgs_mcs", iso3="AUS", year=2024)
    assert (australia["before"], australia["after"]) == (13_000, 29_000)
    (brazil,) = revised("reserves", series="usgs_mcs", iso3="BRA")
    assert (brazil["before"], brazil["after"], brazil["unit"]) == (21e6, 11e6, "t REO")


def test_us_net_import_reliance_of_2024_went_from_80_to_53_percent():
    """USGS MCS 2025 and MCS 2026, salient statistics, compounds and metals."""
    series = "net_import_reliance.compounds_metals"
    (reliance,) = revised("us_salient", commodity="rare earths", series=series, year=2024)
    assert (reliance["before"], reliance["after"], reliance["unit"]) == (80, 53, "%")


def test_a_correction_is_a_revision_because_of_the_source_that_found_it(tmp_path, monkeypatch):
    data = write_book(tmp_path) / "data"
    (data / "ores.csv").write_text((data / "ores.csv").read_text().replace("45000", "54000"))
    monkeypatch.setenv("BOOK_DATA", str(data))
    (found,) = changes.revisions(changes.known_on(FIRST), changes.known_on(SECOND))
    assert (found["before"], found["after"], found["because"]) == (54_000, 45_000, "geo-2026")
    assert found["rows"][0] == found["rows"][1]


@pytest.mark.parametrize("year", range(2021, 2026))
def test_the_revisions_of_any_year_can_be_written_down(year):
    found = changes.revisions(changes.known_on(f"{year}-06-30"), changes.known_on(f"{year + 1}-06-30"))
    assert found
    assert json.loads(json.dumps(found)) == found
    assert all(entry["what"] or entry["where"] for entry in found)
    assert not any("00:00" in str(value) for entry in found for value in (entry["what"], entry["period"], entry["key"]))


def test_revisions_are_ranked_by_their_factor():
    factors = [entry["factor"] for entry in changes.revisions(changes.known_on(FIRST), changes.known_on(SECOND))]
    ranked = [max(factor, 1 / factor) for factor in factors if factor]
    assert ranked == sorted(ranked, reverse=True)
    assert None not in factors[factors.index(next(filter(None, factors))) :]


CLAIM = """verdict = "true" if rows > 3 else "false"
now = {"verdict": verdict, "text": f"{rows} rows", "value": rows, "unit": "count", "inputs": []}
claim = {"id": "many-rows", "claim": "The table has more than 3 rows.", "then": now, "now": now}
claim |= {"article": {"label": "An article", "outlet": "", "appeared": "2025-01-01"}, "explanation": "We counted."}
claim |= {"anchor": "many-rows"}
display(HTML(""), metadata={"industrial-vitamins": {"claim": claim}})"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The tiny book, whose fact `share` grows with the rows that its table has on a day, and with it a claim."""
    count = "from lib.tables import catalog\nrows = len(catalog.table('ores', as_of or None))"
    share = "given = fact('share', 4, f'{rows} rows') | {'value': rows}\nchapter('ores', [given], as_of)"
    ores = [*ORES[:3], ("code", count), ("code", CLAIM), *ORES[3:-1], ("code", share)]
    return write_book(tmp_path_factory.mktemp("changes"), INDEX, ores)


DAYS = ("2025-02-28", "2026-03-31")


@pytest.fixture(scope="module")
def told(book) -> dict:
    """What the command says, read from the file that it writes."""
    from typer.testing import CliRunner

    from lib.cli import app

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(book)
        patch.delenv("BOOK_DATA", raising=False)
        options = ["diff", *DAYS, "--json", "moved.json"]
        result = CliRunner().invoke(app, options, env={"TERM": "dumb", "COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "ores.share" in result.output
    assert "many-rows" in result.output
    return json.loads((book / "moved.json").read_text(encoding="utf-8"))


def test_the_command_says_what_two_builds_say(book, told):
    texts, judged = [], []
    for day in DAYS:
        jobs = plan.jobs(book, {"as_of": day})
        built = records.collect(execute.run(jobs, book, book / "_build" / "alone" / day, workers=1, data=book / "data"))
        texts.append({entry["id"]: entry["text"] for entry in built.facts})
        judged.append({entry["id"]: entry["now"] for entry in built.claims})
    assert [entry["id"] for entry in told["facts"]] == ["ores.share"]
    for entry in told["facts"]:
        assert [entry[side]["text"] for side in SIDES] == [found[entry["id"]] for found in texts]
    assert [entry["id"] for entry in told["claims"]] == ["many-rows"]
    for entry in told["claims"]:
        for side, found in zip(SIDES, judged, strict=True):
            assert entry[side] == {part: found[entry["id"]][part] for part in changes.JUDGED}
    assert [entry["name"] for entry in told["figures"]] == ["third"]
    assert not (book / "_build" / "html").exists()


def test_what_changed_has_the_layout_that_its_schema_promises(told):
    jsonschema.validate(told, changes_page.schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told | {"facts": [{}]}, changes_page.schema())


@pytest.mark.parametrize("days", [("2026-01-01", "2025-01-01"), ("2025-01-01", "2025-01-01"), ("2025-01-01", "June")])
def test_days_out_of_order_and_words_for_days_are_refused_before_anything_runs(book, days):
    with pytest.raises(plan.UsageError):
        pipeline.diff(book, book / "data", *days)
    assert not any((book / "_build" / "editions" / day).exists() for day in days if day < "2025-01-02")


# ------------------------------------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def page(book) -> BeautifulSoup:
    """The page of the current book, compared with the first day."""
    made = pipeline.book(book, book / "data", since=DAYS[0])
    return BeautifulSoup((made.site / "changes.html").read_text(encoding="utf-8"), "html.parser")


def test_the_page_says_in_a_sentence_how_much_changed(page):
    answer = page.select_one(".iv-answer").get_text()
    assert answer == (
        "Compared with 28 February 2025: of 2 numbers, 1 changed; of 3 figures, 1 changed; of 1 claim, 1 changed. "
        "Sources revised 0 values in the tables."
    )
    assert "28 February 2025" in page.select_one(".iv-dated").get_text()


def test_numbers_claims_and_figures_stand_before_and_after(page):
    cells = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.select(".iv-changes tr")]
    assert ["The table has more than 3 rows. Ores", "false 2 rows", "true 5 rows", ""] in cells
    (number,) = [row for row in cells if row[0].startswith("Mined * [here]")]
    assert number[1:4] == ["2 rows", "5 rows", "+3 points"]
    assert ["As of 2025-02-28", "As of today", ""] in cells


def test_the_file_beside_the_page_is_what_a_diff_would_say_and_is_described(book, page):
    content = json.loads((book / "_build" / "html" / "changes.json").read_text(encoding="utf-8"))
    jsonschema.validate(content, json.loads((book / "_build" / "html" / "changes.schema.json").read_text()))
    assert (content["from"], content["to"]) == (DAYS[0], "2026-11-22")
    assert [entry["id"] for entry in content["facts"]] == ["ores.share"]
    described = {code.get_text() for code in page.select(".iv-columns th code")}
    assert {"from", "facts[].before", "claims[].because", "revisions[].factor"} <= described


def test_a_second_build_runs_the_earlier_edition_not_again(book, page):
    events = []
    pipeline.book(book, book / "data", since=DAYS[0], progress=lambda *event: events.append(event[:2]))
    assert ("ores as of 2025-02-28", "reused") in events
    assert {event for _, event in events} == {"planned", "reused"}


def test_a_day_that_is_not_before_the_book_is_refused(book):
    with pytest.raises(plan.UsageError, match="must be before"):
        pipeline.book(book, book / "data", since="2026-11-30")


def revision(before: float, after: float, **more) -> dict:
    made = {"table": "ores", "key": {"ore": "clay", "year": 2024}, "what": "clay", "where": "China", "period": "2024"}
    made |= {"column": "value_t", "unit": "t REO", "before": before, "after": after, "qualifiers": ["e", ""]}
    made |= {"published": ["2025-02-06", "2026-02-28"], "rows": [2, 5], "was": "a", "because": "b", "facts": []}
    factor = after / before if before * after > 0 else None
    return made | {"difference": after - before, "factor": factor} | more


def written(*revisions: dict) -> BeautifulSoup:
    none = {name: {"before": 0, "after": 0} for name in changes.COMPARED}
    moved = {"from": FIRST, "to": SECOND, "pages": {}, "compared": none, "facts": [], "figures": [], "claims": []}
    sources = {"a": {"publisher": "Survey", "published": "2025-02-06"}, "b": {"publisher": "Survey (of ores)"}}
    sources["b"] |= {"published": "2026-02-28", "published_precision": "month"}
    shown = changes_page.Page(
        moved | {"revisions": list(revisions)}, {"a.share": "69%"}, frozenset(), sources, {"ores": "Ores"}
    )
    return BeautifulSoup(changes_page.page(shown), "html.parser")


def rows_of(page: BeautifulSoup) -> list[list[str]]:
    rows = page.select(".iv-changes tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in rows]


def test_a_revision_has_values_with_marks_and_unit_and_both_publications_with_their_days():
    ((value, before, after, change, sources),) = rows_of(written(revision(13_000, 29_000, facts=["a.share", "x.gone"])))
    assert value == "China, clay, 2024 Ores . Used for 69% and 1 other number in the text"
    assert (before, after, change) == ("13,000 t\u00a0REO estimated", "29,000 t\u00a0REO", "×\u202f2.2")
    assert sources == "Survey, 2025-02-06 → 2026-02"


def test_periods_of_one_series_stand_in_one_row_and_others_in_their_own():
    other = revision(10, 12, period="2023", key={"ore": "clay", "year": 2023})
    elsewhere = revision(10, 11, where="Japan", key={"ore": "clay", "iso3": "JPN", "year": 2024})
    rows = rows_of(written(revision(10, 20), other, elsewhere))
    assert len(rows) == 2
    assert "Also 2023: 10 t\u00a0REO → 12 t\u00a0REO" in rows[0][0]


@given(st.lists(st.floats(0.5, 2), min_size=1, max_size=40))
def test_no_revision_is_left_out_without_a_word(factors):
    entries = [revision(1000, 1000 * factor, where=f"Place {n}") for n, factor in enumerate(factors)]
    page = written(*entries)
    small = sum(1 / changes_page.NOISE < factor < changes_page.NOISE for factor in factors)
    assert len(rows_of(page)) == len(factors) - small
    assert ("less than 1%" in page.get_text()) == bool(small)
    if small:
        assert f"{small} more value" in page.get_text()
    assert bool(page.select(".iv-fold")) == (len(factors) - small > changes_page.SHOWN)


def test_changes_of_shares_are_points_and_from_nothing_there_is_no_factor():
    rows = rows_of(written(revision(80, 53, unit="%"), revision(19, 0, where="Japan"), revision(30, 20, where="Peru")))
    assert [row[3] for row in rows] == ["−27 points", "", "−33%"]


def test_a_sentence_that_names_the_day_of_its_edition_did_not_change():
    texts = {
        day: [f"As known on {said}: {text}." for text in ("nothing", other)]
        for day, said, other in ((FIRST, "30 June 2025", "1 t"), (SECOND, "30 June 2026", "2 t"))
    }
    before, after = (Records(sentences={"a": texts[day]}) for day in (FIRST, SECOND))
    (found,) = changes.sentences(before, after, (FIRST, SECOND))
    assert found == {"page": "a", "change": "moved", "before": texts[FIRST][1], "after": texts[SECOND][1]}
