"""Releases packed as archives, and files that were taken for an edition that they are not."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.importers import Refused
from lib.intake import adding
from lib.tables import catalog
from tests.importers import test_iea
from tests.importers.handed_in import FILES, workbook
from tests.importers.test_usgs_releases import release as world_file
from tests.intake import folder as small

SAID = adding.Asked(published=dt.date(2026, 7, 1))
GOOD = small.HEADER + "survey,2026,AUS,2025,30000,\n"
WORLD = "Source,Country,Type,Prod_t_2022,Prod_t_est_2023,Prod_notes,Reserves_t,Reserves_notes"
MEMBERS = {
    "other.csv": ("name,age\nAnna,7\n", "does not read"),
    "cut.csv": (small.HEADER + "survey,2026,CHN\n", "cells-missing"),
    "word.csv": (f'{WORLD}\nMCS2024,China,"Mine production, tungsten content",many,1,,1,\n', "number"),
    "empty.csv": (" \n", "file-empty"),
    "page.csv": ("<!doctype html><html>", "web-page"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 90, "old-workbook"),
    "semicolons.csv": ("a;b\n1;2\n", "does not read"),
}


def packed(path, members: dict[str, str | bytes]):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small.write(tmp_path_factory.mktemp("book") / "data")


@settings(max_examples=15, deadline=None)
@given(st.sets(st.sampled_from(sorted(MEMBERS)), min_size=1), st.booleans())
def test_the_good_files_of_an_archive_are_taken_and_each_other_is_named_with_its_reason(
    data, tmp_path_factory, bad, first
):
    """An archive in any order, with any of what goes wrong in one file."""
    members = {name: MEMBERS[name][0] for name in sorted(bad)}
    members = {"good.csv": GOOD, **members} if first else {**members, "good.csv": GOOD}
    path = packed(tmp_path_factory.mktemp("new") / "release.zip", members)
    outcome = adding.add([path], data, SAID, dry_run=True)
    assert outcome.added == 1
    for name in bad:
        [note] = [note for note in outcome.notes if name in note]
        assert MEMBERS[name][1] in note
        assert "left out" in note


def test_an_archive_without_a_good_file_is_refused_with_every_reason(data, tmp_path):
    path = packed(tmp_path / "release.zip", {name: content for name, (content, _) in MEMBERS.items()})
    with pytest.raises(Refused) as caught:
        adding.add([path], data, SAID, dry_run=True)
    named = {problem.file.rpartition("/")[2] for problem in caught.value.problems}
    assert {"other.csv", "cut.csv", "empty.csv", "page.csv", "old.xls"} <= named


def test_a_file_of_an_archive_that_contradicts_its_edition_is_left_out(data, tmp_path):
    known = (data / "output.csv").read_text().splitlines()[1].split(",")
    contradicting = small.HEADER + ",".join([*known[:4], str(int(float(known[4])) + 1000), ""]) + "\n"
    path = packed(tmp_path / "release.zip", {"good.csv": GOOD, "against.csv": contradicting})
    outcome = adding.add([path], data, SAID, dry_run=True)
    assert outcome.added == 1
    assert any("against.csv" in note and "conflict" in note for note in outcome.notes)
    with pytest.raises(Refused):
        adding.add([packed(tmp_path / "one.zip", {"against.csv": contradicting})], data, SAID, dry_run=True)


def test_a_release_gives_the_files_that_the_tables_have_and_names_the_misplaced_one(tmp_path):
    """As that of 2024: rare earths are there, salt is not followed, a world file of cobalt has other years."""
    cobalt = ("Cuba", "Mine production, metric tons of contained cobalt", "3700", "3200", "", "500000", "")
    misplaced = (
        world_file(tmp_path, "cobal", 2024, "t", cobalt).read_text().replace("2022", "2021").replace("2023", "2022")
    )
    salt = "DataSource,Commodity,Year,Imports_t\nMCS2024,Salt,2023,5\n"
    members = {"mcs2024-raree_salient.csv": (FILES / "mcs2024-raree_salient.csv").read_bytes()}
    members |= {
        "mcs2024-cobal_salient.csv": misplaced,
        "mcs2024-salt_salient.csv": salt,
        "mcs2024-salt_meta.xml": "<x/>",
    }
    outcome = adding.add([packed(tmp_path / "salient.zip", members)], catalog.data_dir(), SAID, dry_run=True)
    assert outcome.added == 0
    assert sum(sum(part.counts().values()) for part in outcome.parts) == 95
    [cobalt_note] = [note for note in outcome.notes if "cobal" in note]
    assert "year" in cobalt_note
    assert any("salt_salient" in note for note in outcome.notes)
    assert not any("meta" in note for note in outcome.notes)


# ------------------------------------------------------------------------------------------- the wrong edition


def iea(folder, words: str, **changes):
    book = {"Notice": [[words]]} | test_iea.sheets()
    book["Contents"] = [["Critical Minerals Dataset"]]
    supply = book["2 Total supply for key minerals"]
    for name, value in changes.items():
        at = next(number for number, row in enumerate(supply) if row and row[0] == name)
        supply[at] = [name, value, *supply[at][2:]]
    return workbook(folder / "workbook", book)


@pytest.mark.parametrize("words", ["Outlook 2024", "May 2024", "IEA (2026), March 2026", "no words"])
def test_a_workbook_with_the_figures_of_another_edition_adds_nothing_and_says_so(tmp_path, words):
    outcome = adding.add([iea(tmp_path, words)], catalog.data_dir(), SAID, dry_run=True)
    assert outcome.added == 0
    [note] = [note for note in outcome.notes if "another" in note or "figures are those of" in note]
    assert "IEA May 2025" in note
    assert sum(sum(part.counts().values()) for part in outcome.parts) == 96


def test_one_other_figure_makes_it_an_edition_of_its_own(tmp_path):
    outcome = adding.add([iea(tmp_path, "no words", Australia=12.5)], catalog.data_dir(), SAID, dry_run=True)
    assert outcome.added == 96


def test_own_rows_may_confirm_an_earlier_edition(data, tmp_path):
    known = (data / "output.csv").read_text().splitlines()[1].split(",")
    confirming = small.HEADER + ",".join([known[0], "2031", *known[2:5], ""]) + "\n"
    (tmp_path / "own.csv").write_text(confirming)
    assert adding.add([tmp_path / "own.csv"], data, SAID, dry_run=True).added == 1


def test_the_old_web_form_of_comtrade_without_anything_followed_says_so(tmp_path):
    header = (
        "Classification,Year,Trade Flow Code,Reporter Code,Partner Code,Commodity Code,Commodity,Trade Value (US$),Flag"
    )
    path = tmp_path / "web.csv"
    path.write_text(f'{header}\nH5,2017,1,842,156,1,"Animals; live",36327640,4\nH5,2017,2,842,156,2,Meat,521899634,0\n')
    with pytest.raises(Refused) as caught:
        adding.add([path], catalog.data_dir(), SAID, dry_run=True)
    [problem] = caught.value.problems
    assert problem.rule == "no-rows"
    assert "2 rows: other product codes" in problem.remedy
