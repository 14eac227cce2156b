"""Every number of the built site follows from the published tables, as verify.py, which lies beside them, computes."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lib.compare import cell_labels
from lib.site.exports import verify

ROOT = Path(__file__).resolve().parents[2]
NOT_RECOMPUTED = {
    r"what-if\.loss-[a-z]{3}-\d+": "the median of random draws from ranges that are assumptions",
    r"what-if\.drawn-[a-z0-9-]+": "a percentile or a part of random draws from ranges that are assumptions",
}
"""Names of numbers that no query gives, with the reason. What is not in this list has one."""


@pytest.fixture(scope="module")
def facts(site: Path) -> list[dict]:
    return json.loads((site / "facts.json").read_text(encoding="utf-8"))["facts"]


@pytest.fixture(scope="module")
def told(site: Path) -> dict[str, dict]:
    return verify.verify(site)


def test_the_rows_of_a_number_are_told_apart_by_their_labels(site, facts):
    tables = {table["name"]: table for table in json.loads((ROOT / "data/datapackage.json").read_text())["resources"]}
    alike = []
    for fact in facts:
        read: dict[str, dict[int, dict]] = {}
        for entry in fact["inputs"]:
            table = tables.get(entry["table"])
            if table and "row" in entry and cell_labels.values(entry, table):
                read.setdefault(entry["table"], {})[entry["row"]] = entry
        for name, rows in read.items():
            labels = cell_labels.called(rows.values(), tables[name])
            alike += [(fact["id"], name, label) for label, times in Counter(labels.values()).items() if times > 1]
    assert alike == []


def test_the_checker_of_the_site_finds_nothing_wrong(site):
    done = subprocess.run(
        [sys.executable, "-I", str(site / "verify.py")], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_numbers_are_computed_again_but_those_listed_with_a_reason(told):
    without = {name for name, entry in told.items() if "residual" not in entry}
    listed = {name for name in told if any(re.fullmatch(pattern, name) for pattern in NOT_RECOMPUTED)}
    assert without - listed == set()
    assert listed - without == set(), "these have a query now: take them from the list"
    assert all(any(re.fullmatch(pattern, name) for name in told) for pattern in NOT_RECOMPUTED)


def test_the_rows_give_the_value_and_the_text_shows_it(told):
    assert {name: entry for name, entry in told.items() if entry.get("residual", 0) > verify.TOLERANCE} == {}
    assert {name: entry for name, entry in told.items() if "text" in entry} == {}


def test_a_query_reads_all_rows_that_a_number_names_and_no_others(facts):
    """An operand that no query reads was no input; one that is read and not named would be a hidden one."""
    for fact in facts:
        if fact["query"]:
            named = {entry["operand"] for entry in fact["inputs"]}
            assert all(re.search(rf"\b{operand}\b", fact["query"]) for operand in named), fact["id"]


class Moved(verify.Tables):
    """The published tables with each measured cell made larger by a factor of its own."""

    def _corrected(self, lines, table):
        fields = self.entries[table]["schema"]["fields"]
        kept = {"year", *self.entries[table].get("vintageKey", ())}
        measured = [field["name"] for field in fields if field["type"] in ("number", "integer")]
        chance = random.Random(7)
        for line in super()._corrected(lines, table):
            for column in set(measured) - kept:
                line[column] = line[column] and repr(float(line[column]) * chance.uniform(1.1, 1.9))
            yield line


def test_a_number_moves_with_the_cells_that_it_is_made_of(site, facts):
    """A query that holds its answer would not. Counts and days are of rows, some rates of words; 0 and 100% stay."""
    tables, still = Moved(site), []
    for fact in facts:
        of_rows = re.search(r"count\(|julianday\(|CAST\(", fact["query"]) or round(fact["value"], 4) in (0, 100)
        if not fact["query"] or of_rows:
            continue
        try:
            value = tables.result(fact)
        except ValueError:  # the row that a query picks by its value is another one
            continue
        if abs(value - fact["value"]) <= verify.TOLERANCE * abs(fact["value"]):
            still.append(fact["id"])
    assert still == []


KINDS = (
    (r"SELECT count\(\*\) FROM \w+", r"count|listed|elements|rows|suspended|passed|after the last day"),
    (r"SELECT sum\(\w+\)( [*/] 1e\d)? FROM \w+", r"sum|Σ|added|total"),
    (r"SELECT (100|365) \* \(SELECT[^()]*\) / \(SELECT[^()]*\)", r"/|share|of "),
    (r"SELECT \(SELECT[^()]*\) / \(SELECT[^()]*\)", r"/"),
    (r"SELECT \(SELECT[^()]*\) - \(SELECT[^()]*\)", r"difference|less|−"),
    (r"SELECT 100 \* \(.* - 1\)", r"change|− 1"),
    (r"SELECT 100 - \w+ FROM \w+", r"100 (less|−)"),
)
"""The plainest queries, which are found from the value, and what the formula in words then says."""


def test_the_words_of_a_formula_say_what_its_query_does(facts):
    other = [
        f"{fact['id']}: {fact['formula']} | {fact['query']}"
        for fact in facts
        for query, words in KINDS
        if re.fullmatch(query, fact["query"]) and not re.search(words, fact["formula"])
    ]
    assert other == []


CELL = re.compile(
    r"SELECT -?(CAST\(.*|\w+)( [*/] 1e\d)? FROM \w+"
    r"|SELECT max\((\w+)\)( / 1e\d)? FROM \w+ HAVING min\(\3\) = max\(\3\)"  # of several rows that print the same
)


def test_what_is_as_printed_is_a_cell(facts):
    printed = [fact for fact in facts if fact["formula"] == "as printed"]
    assert printed
    assert [fact["id"] for fact in printed if not CELL.fullmatch(fact["query"])] == []
