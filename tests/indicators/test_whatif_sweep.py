"""Sweeps: the same result however the work is cut, in parts that are kept, on processes or the workers of a cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lib.cli import app
from lib.indicators import dependence, whatif
from lib.indicators.whatif import draws, sweep

GRID = {"stage": ["magnets"], "year": [2026], "cut": [0.5, 1.0], "months": [3, 6], "stock_days": [-1.0, 30.0]}


@pytest.fixture(scope="module")
def scenario():
    return whatif.scenario(None, dependence.circle("38 economies"), top=3, draws=20_000)


def table(scenario, grid=GRID, drawn=20_000) -> pd.DataFrame:
    found = [sweep.counted(piece, draws.run(piece.part)) for piece in sweep.pieces({"magnets": scenario}, grid, drawn)]
    return sweep.combined(found)


def test_a_sweep_gives_what_the_chapter_gives(scenario):
    """Other draws of the same ranges: medians differ by chance alone, a median of nothing not at all."""
    result = table(scenario).set_index(["cut", "months", "stock_days", "importer"])
    for cut, months, days in ((0.5, 6, 30.0), (1.0, 3, -1.0), (1.0, 6, -1.0)):
        one = scenario.at(depth=cut, months=months, stock_days=None if days < 0 else days).table.set_index("importer")
        for code in scenario.importers.codes:
            assert result.loc[(cut, months, days, code), "median"] == pytest.approx(one.loc[code, "median"], abs=0.8)


def test_it_has_a_row_for_every_combination_and_counts_all_draws(scenario):
    result = table(scenario)
    assert len(result) == 2 * 2 * 2 * 3
    assert (result["draws"] == 20_000).all()
    assert ((result["p05"] <= result["median"]) & (result["median"] <= result["p95"])).all()
    assert result["without_loss"].between(0, 100).all()


def test_parts_do_not_depend_on_how_many_lengths_or_depths_there_are(scenario):
    few = table(scenario, GRID | {"cut": [1.0], "months": [6]})
    many = table(scenario).query("cut == 1 and months == 6").reset_index(drop=True)
    pd.testing.assert_frame_equal(few, many)


def test_a_part_is_named_by_what_its_counts_follow_from(scenario):
    one, other = (list(sweep.pieces({"magnets": scenario}, GRID | {"cut": [cut]}, 10)) for cut in (0.5, 0.6))
    assert {piece.name for piece in one}.isdisjoint(piece.name for piece in other)
    again = list(sweep.pieces({"magnets": scenario}, GRID | {"cut": [0.5]}, 10))
    assert [piece.name for piece in one] == [piece.name for piece in again]


def test_many_draws_are_cut_into_parts_with_draws_of_their_own(scenario, monkeypatch):
    monkeypatch.setattr(sweep, "PER_PART", 1_000)
    grid = GRID | {"cut": [1.0], "stock_days": [-1.0]}
    made = list(sweep.pieces({"magnets": scenario}, grid, 2_500))
    assert [piece.part.draws for piece in made] == [1_000, 1_000, 500]
    counts = [draws.run(piece.part)[scenario.importers.codes[0], 6][0] for piece in made]
    assert counts[0] != counts[1]
    assert [sum(bins) for bins in counts] == [1_000, 1_000, 500]


def test_a_chunk_is_not_larger_than_what_is_asked_for(scenario, monkeypatch):
    part = next(sweep.pieces({"magnets": scenario}, GRID, 7)).part
    monkeypatch.setattr(draws, "CHUNK", 3)
    assert {sum(bins) for bins, _ in draws.run(part).values()} == {7}


def test_the_command_writes_its_table_and_keeps_its_parts(tmp_path):
    arguments = ["sweep", "what-if", "--grid", "cut=0.25,1", "--grid", "months=2,6", "-p", "top=2", "--draws", "777"]
    first = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "one.parquet")])
    assert first.exit_code == 0, first.output
    again = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "two.parquet"), "--workers", "1"])
    assert "0 model runs" in again.output
    assert "2 of 2 parts were there" in again.output
    one, two = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two)
    assert len(one) == 2 * 2 * 2
    rising = one.groupby(["months", "importer"])["mean"].apply(lambda losses: np.diff(losses).min())
    assert (rising >= 0).all()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--grid", "depth=1"], "does not vary depth"),
        (["--grid", "cut=1.5"], "cut must be a number from 0 to 1"),
        (["--grid", "stage=ore"], "no stage ore"),
        (["-p", "months=3"], "months is a value of the grid"),
        (["-p", "as_of=2025-06-30"], "its data start on"),
    ],
)
def test_what_it_cannot_do_is_said_before_anything_runs(arguments, told):
    done = CliRunner().invoke(app, ["sweep", "what-if", *arguments])
    assert done.exit_code == 2
    assert told in done.output.replace("\n", " ")
