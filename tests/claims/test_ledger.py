"""The fifty statements, judged from the tables of the book."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lib import claims, cli
from lib.claims import entries, rules
from lib.claims.evidence import METRICS
from lib.site.exports import claims as claims_files
from lib.tables import catalog

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def ledger() -> claims.Ledger:
    return claims.ledger()


def test_every_statement_has_a_verdict_of_the_scale_on_both_days(ledger):
    assert len(ledger.now) == 50
    assert set(ledger.now) == set(ledger.then)
    for side in (ledger.then, ledger.now):
        assert {entry.verdict for entry in side.values()} <= set(claims.SCALE)


def test_no_verdict_is_a_default(ledger):
    """Now every test has looked at rows; where nothing was public then, the verdict says that it cannot be tested."""
    for name, entry in ledger.now.items():
        assert entry.inputs, f"{name} rests on no row"
    for name, entry in ledger.then.items():
        blind = all(not result.readings for result in entry.results)
        assert not blind or entry.verdict == rules.UNTESTABLE, name


def test_explanations_are_written_for_the_verdicts_that_the_data_give():
    """When this fails, new data changed a verdict: read the explanation again and write it for what they say now."""
    assert claims.disagreements() == []


def test_a_past_day_knows_no_explanation_that_was_written_later():
    assert all(claim.explanation for claim in claims.claims())
    past = claims.claims("2024-06-30")
    assert past
    assert not any(claim.explanation or claim.explains for claim in past)


def test_an_explanation_types_no_number_but_years_and_days():
    for claim in claims.claims():
        left = re.sub(r"\b(\d{1,2} [A-Z][a-z]+ )?(19|20)\d\d\b", "", claim.explanation)
        assert not re.search(r"\d", left), f"{claim.id}: {claim.explanation}"


def test_statements_are_not_the_sentences_of_the_articles():
    """Paraphrases are short; a sentence of an article would be longer than any of them."""
    assert max(len(claim.text) for claim in claims.claims()) < 160


# Published values, as fact-checkers would find them by hand.
ORACLES = [
    ("B01", "now", 53_000, 10.0),  # Chinese customs: 5.3 ten thousand tonnes of magnets in 2022
    ("B02", "now", 48_728, 10.06),  # Chinese customs: 48,728 t of rare earths in 2022
    ("D01", "then", 100, None),  # extra tariff of 100 percent announced on 10 October 2025
    ("D04", "then", 45_000, None),  # USGS, MCS 2025
    ("D05", "then", 11.538, None),  # USGS, MCS 2025: 45,000 of 390,000 t
    ("D05", "now", 11.974, None),  # USGS, MCS 2026: 45,500 of 380,000 t
    ("D03", "then", 69.23, None),  # USGS, MCS 2025: 270,000 of 390,000 t
    ("A02", "then", 70.0, None),  # USGS, MCS 2023: 210,000 of 300,000 t
    ("C01", "then", 40.0, None),  # USGS, MCS 2024: 44 of 110 Mt
    ("E03", "now", 17, None),
]


@pytest.mark.parametrize(("name", "when", "value", "factor"), ORACLES)
def test_the_computed_value_is_the_published_one(ledger, name, when, value, factor):
    judged = getattr(ledger, when)[name]
    assert judged.value.value.value == pytest.approx(value, rel=1e-3)
    if factor:
        assert judged.factor == pytest.approx(factor, rel=1e-2)


def test_a_share_of_reserves_is_right_for_the_editions_whose_world_total_gives_it(ledger):
    """44 of 120 Mt are 36.7% (editions of 2018 and 2022), 44 of 130 Mt 33.8% (edition of 2023)."""
    assert [words.split(", ")[0] for words in ledger.now["C01"].only_for] == ["MCS 2018", "MCS 2022"]
    assert all("44 of 120 Mt" in words for words in ledger.now["C01"].only_for)
    assert ledger.now["D02"].only_for == ["MCS 2023: 44 of 130 Mt"]
    assert ledger.then["D02"].value.value.bound == "<"


def test_what_was_known_then_is_not_what_is_known_now(ledger):
    assert ledger.then["D05"].verdict == rules.SUPPORTED
    assert ledger.now["D05"].verdict == rules.ONLY
    assert ledger.now["D05"].only_for == ["2024, MCS 2025"]


def test_no_row_of_a_verdict_was_published_after_its_day(ledger):
    timeless = {entry["name"] for entry in catalog.dictionary()["resources"] if entry.get("timeless")}
    for name, entry in ledger.then.items():
        late = [row for row in entry.inputs if row["table"] not in timeless and row["published"] > str(entry.as_of)]
        assert not late, f"{name}: {late[:3]}"


@settings(max_examples=3)
@given(st.dates(dt.date(2022, 1, 1), dt.date(2026, 11, 22)))
def test_on_any_day_a_verdict_uses_nothing_published_later(day):
    timeless = {entry["name"] for entry in catalog.dictionary()["resources"] if entry.get("timeless")}
    from lib.claims.evidence import Known

    known = Known(day)
    for claim in claims.claims():
        judged = claims.judge(claim, known=known)
        assert judged.verdict in claims.SCALE
        assert all(row["published"] <= str(day) for row in judged.inputs if row["table"] not in timeless), claim.id


def test_as_of_the_last_day_is_as_of_today():
    today, dated = claims.judge_all(), claims.judge_all(catalog.vintage())
    assert {name: (entry.verdict, entry.text) for name, entry in today.items()} == {
        name: (entry.verdict, entry.text) for name, entry in dated.items()
    }


def test_statements_of_an_article_enter_when_it_was_public():
    assert {claim.article["source_id"] for claim in claims.claims("2024-01-31")} == {"press-001"}
    with pytest.raises(catalog.NoDataYet):
        claims.claims("2024-01-30")


@pytest.fixture
def copy_of_data(tmp_path, monkeypatch):
    """A copy of the data folder that the catalog reads."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setenv("BOOK_DATA", str(folder))
    return folder


def change(folder: Path, table: str, where: dict, column: str, value: str) -> int:
    """Change one cell of a table and return the line it stands in."""
    path = folder / f"{table}.csv"
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    rows = frame
    for name, wanted in where.items():
        rows = rows[rows[name].eq(wanted)]
    assert len(rows) == 1
    frame.loc[rows.index[0], column] = value
    frame.to_csv(path, index=False)
    return int(rows.index[0]) + 2


CHANGES = [
    # China's output of 2023 in MCS 2025: 255,000 t become 150,000 t
    ("mine_production", {"series": "usgs_mcs", "edition": "MCS2025", "iso3": "CHN", "year": "2023"}, "value", "150000"),
    # US output of 2024 in MCS 2026
    ("mine_production", {"series": "usgs_mcs", "edition": "MCS2026", "iso3": "USA", "year": "2024"}, "value", "60000"),
    # China's exports of magnets in 2022: as the article has them
    ("china_exports", {"product": "magnets (rare-earth permanent)", "year": "2022", "month_end": "12",
                       "month_start": "1", "measure": "weight", "destination": "WLD"}, "value", "530000"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "where", "column", "value"), CHANGES)
def test_one_changed_row_moves_only_the_claims_that_rest_on_it_and_the_check_names_them(
    ledger, copy_of_data, table, where, column, value
):
    line = change(copy_of_data, table, where, column, value)
    after = claims.judge_all()
    moved = {name for name, entry in after.items() if entry.verdict != ledger.now[name].verdict}
    resting = {
        name
        for name, entry in ledger.now.items()
        for row in entry.inputs
        if row["table"] == table and line in row["rows"]
    }
    assert moved, "the change was chosen so that a verdict flips"
    assert moved <= resting
    named = {words.split(",")[0] for words in claims.disagreements() if ", now:" in words}
    assert named == moved


def test_the_command_names_claims_to_read_again_and_takes_them_for_no_mistake(copy_of_data):
    table, where, column, value = CHANGES[1]
    change(copy_of_data, table, where, column, value)
    shown = CliRunner().invoke(cli.app, ["check", str(copy_of_data)])
    assert shown.exit_code == 0, shown.output
    assert re.search(r"Claim D\d\d, now: the explanation is written for", shown.output)


def test_a_claim_or_metric_that_is_not_there_is_named(copy_of_data):
    with pytest.raises(claims.UnknownClaim, match="Z99"):
        claims.judge("Z99")
    tests = copy_of_data / "claim_tests.csv"
    tests.write_text(tests.read_text().replace(",mine_rank,", ",mine_order,"))
    with pytest.raises(claims.RuleError, match=r"mine_order.*mine_rank"):
        claims.claims()


def test_arguments_that_a_metric_does_not_take_are_named(copy_of_data):
    tests = copy_of_data / "claim_tests.csv"
    tests.write_text(tests.read_text().replace('"{""iso3"": ""USA"", ""to"": ""CHN""}"', '"{""land"": ""USA""}"'))
    with pytest.raises(claims.RuleError, match=r"A03, test 1: mine_ratio"):
        claims.judge("A03")


def test_every_metric_is_used_by_a_test():
    used = {test.metric for claim in claims.claims() for test in claim.tests}
    assert used == set(METRICS)


def test_the_record_of_a_claim_fits_its_schema_and_holds_the_verdict_of_the_page(ledger):
    records = [entries.record(ledger, name) | {"page": "chapters/claims"} for name in ledger.now]
    content = json.loads(json.dumps({"about": "x", "version": 1, "as_of": str(ledger.day), "claims": records}))
    jsonschema.validate(content, claims_files.schema())
    assert [claim["now"]["verdict"] for claim in content["claims"]] == [e.verdict for e in ledger.now.values()]
    for claim in content["claims"]:
        assert claim["history"][0]["verdict"] == claim["then"]["verdict"]
        assert claim["history"][-1]["verdict"] == claim["now"]["verdict"]


def test_a_verdict_can_be_computed_again_from_its_record(ledger):
    """claims.json is what a stranger has: each outcome follows from its readings, the verdict from the outcomes."""
    for name in ledger.now:
        claim = entries.record(ledger, name)
        outcomes = {}
        for told in claim["now"]["results"]:
            own = [reading for reading in told["readings"] if reading["role"] == "natural"]
            natural = [reading["says"] for reading in own if reading["says"] != rules.OPEN]
            counted = [r["says"] for r in told["readings"] if r["role"] != "context"]
            met = [says in rules.FULFILLED for says in natural]
            expected = (
                rules.FULFILLED if natural and all(met)
                else (rules.ONLY,) if any(says in rules.FULFILLED for says in counted)
                else (rules.UNMET, rules.DIFFERENT) if natural
                else (rules.OPEN,)
            )  # fmt: skip
            assert told["outcome"] in expected, (name, told)
            outcomes[told["test"]] = told["outcome"]
        if all(says in rules.FULFILLED for says in outcomes.values()):
            assert claim["now"]["verdict"] == rules.SUPPORTED


def test_a_review_names_claim_verdict_and_article(ledger):
    claim = entries.record(ledger, "B01")
    found = claims_files.review(claim, "https://example.org/claims.html", [{"@type": "Organization"}], "2026-11-22")
    assert found["@type"] == "ClaimReview"
    assert found["url"].endswith("#claim-b01")
    assert found["reviewRating"]["alternateName"] == rules.FACTOR
    assert found["itemReviewed"]["author"]["name"] == "Mondo Finance"
    assert found["itemReviewed"]["datePublished"] == "2024-01-31"
