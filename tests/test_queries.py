"""Numbers carry the query that gives them, and verify.py computes them again from the published files alone."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from lib import facts, queries, run
from lib.site.exports import verify
from lib.tables import catalog
from tests import small_data

CHECKER = Path(verify.__file__)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("BOOK_DATA", str(small_data.write(tmp_path / "data")))
    run.start("n")
    return tmp_path


@pytest.fixture
def rows(folder) -> pd.DataFrame:
    frame = catalog.table("output", vintages="all").query("edition == '2025'")
    frame.attrs = {"table": "output"}
    return frame


def of(rows: pd.DataFrame, *codes: str) -> pd.DataFrame:
    return rows[rows["iso3"].isin(codes)]


def record(value, rows, unit="t", name="x", **more):
    return facts.record(name, value, unit, scope="output", period=2024, formula="in words", rows=rows, **more)


def written(folder: Path, *more: dict) -> Path:
    """The folder with a facts.json of what was recorded, as a copy of the site is."""
    recorded = [fact.as_record() | {"page": "n"} for fact in facts.recorded()]
    (folder / "facts.json").write_text(json.dumps({"facts": [*recorded, *more]}), encoding="utf-8")
    return folder


def checked(folder: Path) -> subprocess.CompletedProcess:
    """The checker as a stranger runs it: a copy of one file, without the book."""
    shutil.copy(CHECKER, folder / "verify.py")
    return subprocess.run([sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("value", "unit", "codes", "query"),
    [
        (270000, "t", ["CHN"], "SELECT value FROM output"),
        (270, "kt", ["CHN"], "SELECT value / 1e3 FROM output"),
        (-270000, "t", ["CHN"], "SELECT -value FROM output"),
        (3, "count", ["CHN", "USA", "WLD"], "SELECT count(*) FROM output"),
        (315, "kt", ["CHN", "USA"], "SELECT sum(value) / 1e3 FROM output"),
        (
            100 * 270000 / 390000,
            "%",
            ["CHN", "WLD"],
            "SELECT 100 * (SELECT value FROM output WHERE iso3 = 'CHN') / "
            "(SELECT value FROM output WHERE iso3 = 'WLD')",
        ),
    ],
)
def test_the_plainest_numbers_get_their_query_from_their_rows(folder, rows, value, unit, codes, query):
    fact = record(value, of(rows, *codes), unit)
    assert fact.query == query
    assert verify.verify(written(folder))["n.x"]["residual"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "unit", "codes"),
    [(6, "t", ["CHN", "WLD"]), (2, "count", ["CHN"]), (69.2, "%", ["CHN", "WLD"]), (271000, "t", ["CHN"])],
)
def test_a_number_that_its_rows_do_not_give_gets_no_query(rows, value, unit, codes):
    assert record(value, of(rows, *codes), unit).query == ""


def test_shares_sums_and_indices_by_the_builders_are_what_they_are_called(folder, rows):
    countries = of(rows, "AUS", "CHN", "USA", "OTH")
    parts = countries.set_index("iso3")["value"] / countries["value"].sum() * 100
    record(parts["CHN"], countries, "%", "share", query=queries.share("value", "iso3 = 'CHN'", "output"))
    record((parts**2).sum(), countries, "HHI", "all", query=queries.squares("value", "iso3", "output"))
    named = queries.squares("value", "iso3", "output", "iso3 <> 'OTH'")
    record((parts.drop("OTH") ** 2).sum(), countries, "HHI", "named", query=named)
    record(parts.nlargest(2).sum(), countries, "%", "two", query=queries.largest("value", "iso3", "output", 2))
    third = queries.compared_sums("value", "iso3 <> 'WLD'", "iso3 = 'WLD'", "output")
    record(100 * 45000 / 390000, of(rows, "USA", "WLD"), "%", "of-world", query=third)
    told = verify.verify(written(folder))
    assert len(told) == 5
    assert all(entry["residual"] < 1e-12 for entry in told.values())


def test_named_rows_are_the_operands_of_a_query(folder, rows):
    query = "SELECT first.value - second.value FROM first, second"
    fact = record(225000, {"first": of(rows, "CHN"), "second": of(rows, "USA")}, query=query)
    assert [entry["operand"] for entry in fact.inputs] == ["first", "second"]
    assert verify.verify(written(folder))["n.x"]["residual"] == 0


def test_the_checker_needs_python_alone():
    tree = ast.parse(CHECKER.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)


def test_a_stranger_can_compute_the_numbers_of_a_copy_of_the_site_again(folder, rows):
    record(270000, of(rows, "CHN"))
    record(7, of(rows, "CHN", "WLD"), "t", "odd")
    done = checked(written(folder))
    assert done.returncode == 0, done.stderr
    assert "n.odd: has no query" in done.stdout
    assert "1 of 2 numbers computed again" in done.stdout


def test_a_cell_that_was_changed_is_noticed_with_the_name_of_the_number(folder, rows):
    record(270000, of(rows, "CHN"))
    path = written(folder) / "data" / "output.csv"
    path.write_text(path.read_text().replace("2025,CHN,2024,270000", "2025,CHN,2024,280000"))
    done = checked(folder)
    assert done.returncode == 1
    assert "n.x: its rows give a different value" in done.stdout


def test_a_misprint_that_is_known_counts_as_put_right(folder, monkeypatch):
    columns = small_data.CORRECTIONS.strip().split(",")
    entry = dict.fromkeys(columns, "x") | {
        "table": "output",
        "column": "value",
        "printed": "45000",
        "source_id": "early",
    }
    entry |= {"corrected": "46000", "match": json.dumps({"iso3": "USA", "edition": "2025"})}
    pd.DataFrame([entry]).to_csv(folder / "data" / "corrections.csv", index=False)
    usa = catalog.table("output", vintages="all").query("iso3 == 'USA'")
    usa.attrs = {"table": "output"}
    record(46000, usa)
    assert verify.verify(written(folder))["n.x"] == {"residual": 0.0}


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": [{"operand": "output", "table": "output", "row": 99}]},
        {"inputs": [{"operand": "output", "table": "nowhere", "row": 2}]},
        {"query": "SELECT value FROM elsewhere"},
        {"query": "SELECT value FROM output WHERE FALSE"},
        {"query": "SELECT iso3 FROM output"},
        {"query": "DROP TABLE main.output"},
        {"query": "ATTACH 'other.db' AS other"},
        {"query": "SELECT 1; SELECT 2"},
    ],
)
def test_a_query_that_gives_no_number_or_does_something_else_is_an_error_of_that_number(folder, rows, change):
    record(270000, of(rows, "CHN"))
    broken = facts.recorded()[0].as_record() | {"id": "n.broken"} | change
    done = checked(written(folder, broken))
    assert done.returncode == 1
    assert "n.broken: cannot be computed" in done.stdout
    assert "n.x" not in done.stdout
    assert not (folder / "other.db").exists()


@pytest.mark.parametrize(
    ("text", "value", "wrong"),
    [
        ("at most 58.7%", 58.66, False),
        ("58.6%", 58.66, True),
        ("−0.39%", -0.3882, False),
        ("0.39%", -0.3882, True),
        ("USD 1,383 million", 1382.6, False),
        ("USD 1,383 million", 1384.0, True),
        ("59%", 58.5, False),
        ("many", 58.5, True),
    ],
)
def test_a_text_shows_its_value_rounded(text, value, wrong):
    assert verify.rounded_wrong({"text": text, "value": value}) == wrong


def test_a_folder_that_is_no_copy_of_the_site_is_told(folder):
    done = checked(folder)
    assert done.returncode == 2
    assert "no facts.json" in done.stderr
