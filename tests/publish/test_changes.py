"""What changed between two days: on small records, on the tables of the book, and by the command on a tiny book."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.publish import changes, execute, make, plan, records
from lib.publish.records import Records
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


def revised(table: str, **key) -> list[dict]:
    return [
        entry
        for entry in changes.revisions(FIRST, SECOND)
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
    (found,) = changes.revisions(FIRST, SECOND)
    assert (found["before"], found["after"], found["because"]) == (54_000, 45_000, "geo-2026")
    assert found["rows"][0] == found["rows"][1]


def test_revisions_are_ranked_by_their_factor():
    factors = [entry["factor"] for entry in changes.revisions(FIRST, SECOND)]
    ranked = [max(factor, 1 / factor) for factor in factors if factor]
    assert ranked == sorted(ranked, reverse=True)
    assert None not in factors[factors.index(next(filter(None, factors))) :]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The tiny book, whose fact `share` grows with the rows that its table has on a day."""
    count = "from lib import catalog\nrows = len(catalog.table('ores', as_of or None))"
    share = "given = fact('share', 4, f'{rows} rows') | {'value': rows}\nchapter('ores', [given], as_of)"
    ores = [*ORES[:3], ("code", count), *ORES[3:-1], ("code", share)]
    return write_book(tmp_path_factory.mktemp("changes"), INDEX, ores)


def test_the_command_says_what_two_builds_say(book, monkeypatch):
    from typer.testing import CliRunner

    from lib.cli import app

    monkeypatch.chdir(book)
    monkeypatch.delenv("BOOK_DATA", raising=False)
    days = ("2025-02-28", "2026-03-31")
    result = CliRunner().invoke(app, ["diff", *days, "--json", "moved.json"], env={"TERM": "dumb", "COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "ores.share" in result.output
    told = json.loads((book / "moved.json").read_text(encoding="utf-8"))
    texts = []
    for day in days:
        jobs = plan.jobs(book, {"as_of": day})
        built = records.collect(execute.run(jobs, book, book / "_build" / "alone" / day, workers=1, data=book / "data"))
        texts.append({entry["id"]: entry["text"] for entry in built.facts})
    assert [entry["id"] for entry in told["facts"]] == ["ores.share"]
    for entry in told["facts"]:
        assert [entry[side]["text"] for side in ("before", "after")] == [found[entry["id"]] for found in texts]
    assert [entry["name"] for entry in told["figures"]] == ["third"]
    assert not (book / "_build" / "html").exists()


@pytest.mark.parametrize("days", [("2026-01-01", "2025-01-01"), ("2025-01-01", "2025-01-01"), ("2025-01-01", "June")])
def test_days_out_of_order_and_words_for_days_are_refused_before_anything_runs(book, days):
    with pytest.raises(plan.UsageError):
        make.diff(book, book / "data", *days)
    assert not any((book / "_build" / "editions" / day).exists() for day in days if day < "2025-01-02")
