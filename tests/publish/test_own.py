"""A folder of own data: laid over the tables, checked as they are, and told on every page that is built from it."""

import json
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib import pipeline
from lib.cli import options
from lib.disk import lock
from lib.intake import adding, overlay
from lib.tables import catalog, checks
from tests import small_data
from tests.intake import folder as small
from tests.intake.test_adding import DAY

SOURCE = (
    "id,title,publisher,published,published_precision,accessed,confidence\n"
    "mine,Own survey,Me,2026-03-01,day,2026-04-01,low\n"
)
BRAZIL = "series,edition,iso3,year,value,source_id\nown,2026,BRA,2024,20,mine\nown,2026,USA,2024,46000,mine\n"


@pytest.fixture
def base(tmp_path):
    return small.write(tmp_path / "data")


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    (folder / "rows").mkdir(parents=True)
    (folder / "rows" / "sources.csv").write_text(SOURCE)
    (folder / "rows" / "output.csv").write_text(BRAZIL)
    return folder


def lay(base, mine):
    return overlay.lay(base, mine, base.parent / "_build" / "own" / "data")


def refused(base, mine):
    with pytest.raises(overlay.OwnDataError) as error:
        lay(base, mine)
    return {(p.file, p.row, p.column, p.rule) for p in error.value.problems}


def test_rows_stand_beside_those_of_the_book(base, mine):
    before = small.bytes_of(base)
    laid = lay(base, mine)
    assert small.bytes_of(base) == before
    assert checks.check(laid) == []
    assert (laid / "output.csv").read_text().splitlines()[-1] == "own,2026,USA,2024,46000,,mine,,,,,"
    assert (laid / "output.csv").read_bytes().startswith(before["output.csv"])
    assert {name: entry["rows"] for name, entry in overlay.told(laid).items()} == {"sources": 1, "output": 2}


@pytest.mark.parametrize("cell", ["javascript:alert(1)", "//example.org"])
def test_the_address_of_an_own_source_is_one_of_the_web(base, mine, cell):
    header, row = SOURCE.splitlines()
    (mine / "rows" / "sources.csv").write_text(f"{header},url\n{row},{cell}\n")
    assert refused(base, mine) == {("rows/sources.csv", 2, "url", "constraint-error")}


def test_a_revised_figure_counts_from_the_day_of_its_source(base, mine, monkeypatch):
    (mine / "rows" / "output.csv").write_text(
        "series,edition,iso3,year,value,source_id\nsurvey,own,AUS,2024,17000,mine\n"
    )
    monkeypatch.setenv("BOOK_DATA", str(lay(base, mine)))

    def australia(day):
        frame = catalog.table("output", day)
        return frame[(frame["series"] == "survey") & (frame["iso3"] == "AUS")]["value"].item()

    assert [australia(day) for day in ("2026-02-28", "2026-03-01")] == [29000, 17000]


def test_a_whole_table_stands_in_place_of_the_books(base, mine):
    (mine / "tables").mkdir()
    shutil.move(mine / "rows" / "output.csv", mine / "tables" / "output.csv")
    laid = lay(base, mine)
    assert len((laid / "output.csv").read_text().splitlines()) == 3
    assert overlay.told(laid)["output"]["whole"]


def test_it_is_laid_out_anew_only_when_something_changed(base, mine):
    laid = lay(base, mine)
    assert lay(base, mine) == laid
    (mine / "rows" / "output.csv").write_text(BRAZIL + "own,2026,MMR,2024,5,mine\n")
    assert len((lay(base, mine) / "output.csv").read_text().splitlines()) == 13
    with (base / "output.csv").open("a") as file:
        file.write("survey,2026,MMR,2024,7,,late,,,,,\n")
    assert len((lay(base, mine) / "output.csv").read_text().splitlines()) == 14


def test_each_content_is_laid_in_a_folder_of_its_own(base, mine, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(mine, other)
    (other / "rows" / "output.csv").write_text(BRAZIL.replace("BRA,2024,20", "BRA,2024,21"))
    first = lay(base, mine)
    before = small.bytes_of(first)
    second = lay(base, other)
    assert second != first
    assert small.bytes_of(first) == before
    assert "BRA,2024,21" in (second / "output.csv").read_text()
    assert lay(base, mine) == first


def test_a_folder_laid_out_is_laid_anew_when_it_is_not_what_it_was(base, mine):
    laid = lay(base, mine)
    before = small.bytes_of(laid)
    harmed = laid / "output.csv"
    harmed.write_text(harmed.read_text().replace("own,2026,BRA,2024,20", "own,2026,BRA,2024,99"))
    assert overlay.laid(base, mine, laid.parent) is None
    assert small.bytes_of(lay(base, mine)) == before


def test_folders_laid_out_long_ago_are_removed(base, mine):
    first = lay(base, mine)
    for number in range(overlay.LAID_KEPT):
        (mine / "rows" / "output.csv").write_text(BRAZIL.replace("2024,20,", f"2024,{number + 30},"))
        last = lay(base, mine)
    assert not first.exists()
    assert len(list(last.parent.iterdir())) == overlay.LAID_KEPT


def test_own_data_are_not_laid_out_while_a_build_is_at_work(base, mine):
    root = base.parent
    with lock.locked(root / "_build"), pytest.raises(lock.Busy):
        options.data_folder(root, mine)
    laid = options.data_folder(root, mine)
    with lock.locked(root / "_build"):
        assert options.data_folder(root, mine) == laid


BROKEN = {
    "an unknown country": ("ATL,2024,20,mine", ("rows/output.csv", 2, "iso3", "country-unknown")),
    "an unknown source": ("BRA,2024,20,nobody", ("rows/output.csv", 2, "source_id", "sources-unknown")),
    "a year that is none": ("BRA,two,20,mine", ("rows/output.csv", 2, "year", "type-error")),
    "a negative mass": ("BRA,2024,-20,mine", ("rows/output.csv", 2, "value", "constraint-error")),
    "a formula": ("BRA,2024,=A1,mine", ("rows/output.csv", 2, "value", "formula")),
    "a missing cell": ("BRA,2024,20", ("rows/output.csv", 2, "", "cells-missing")),
}


@pytest.mark.parametrize(("row", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_told_by_file_and_line(base, mine, row, problem):
    path = mine / "rows" / "output.csv"
    path.write_text(BRAZIL.replace("BRA,2024,20,mine", row))
    assert problem in refused(base, mine)
    assert not list((base.parent / "_build").glob("own/data/*"))


def test_what_is_laid_out_stays_when_new_rows_are_wrong(base, mine):
    laid = lay(base, mine)
    before = small.bytes_of(laid)
    (mine / "rows" / "output.csv").write_text(BRAZIL.replace("BRA", "ATL"))
    refused(base, mine)
    assert small.bytes_of(laid) == before


def test_files_that_cannot_be_placed_are_told(base, mine, tmp_path):
    (mine / "output.csv").write_text(BRAZIL)
    (mine / "rows" / "outputs.csv").write_text(BRAZIL)
    (mine / "rows" / "deep").mkdir()
    (mine / "rows" / "deep" / "output.csv").write_text(BRAZIL)
    (tmp_path / "elsewhere.csv").write_text(BRAZIL)
    (mine / "rows" / "flows.csv").symlink_to(tmp_path / "elsewhere.csv")
    told = {(file, rule) for file, _, _, rule in refused(base, mine)}
    assert told == {
        ("output.csv", "place-unknown"),
        ("rows/outputs.csv", "table-unknown"),
        ("rows/deep/output.csv", "place-unknown"),
        ("rows/flows.csv", "link"),
    }


def test_a_column_that_the_table_lacks_is_told(base, mine):
    (mine / "rows" / "output.csv").write_text(BRAZIL.replace("iso3", "country", 1))
    assert ("rows/output.csv", None, "", "column-unknown") in refused(base, mine)


def test_official_files_can_be_added_to_the_folder_and_the_book_stays(base, mine, tmp_path):
    laid = lay(base, mine)
    before = small.bytes_of(base)
    file = small.rows(tmp_path, "survey,2026,BRA,2025,2000,", "survey,2026,MMR,2025,22000,e")
    outcome = adding.add([file], laid, adding.Asked(published=DAY, today=DAY), own=mine)
    assert outcome.written
    assert small.bytes_of(base) == before
    lines = (mine / "rows" / "output.csv").read_text().splitlines()
    assert lines[:3] == [
        "series,edition,iso3,year,value,source_id,qualifier",
        *(f"{row}," for row in BRAZIL.split()[1:2]),
        "own,2026,USA,2024,46000,mine,",
    ]
    assert lines[-1].endswith(",e")
    after = lay(base, mine)
    assert checks.check(after) == []
    assert adding.add([file], after, adding.Asked(), own=mine).added == 0


def test_a_template_holds_the_columns_of_the_book(tmp_path):
    made = overlay.template(catalog.data_dir(), tmp_path / "new")
    for path in made:
        if path.suffix == ".csv":
            columns = [field["name"] for field in catalog.resource(path.stem)["schema"]["fields"]]
            assert path.read_text() == ",".join(columns) + "\n"
    laid = overlay.lay(catalog.data_dir(), tmp_path / "new", tmp_path / "_build" / "own" / "data")
    assert overlay.told(laid) == {}
    with pytest.raises(overlay.OwnDataError):
        overlay.template(catalog.data_dir(), tmp_path / "new")


# --- the site that is built from it ---


@pytest.fixture(scope="module")
def built(made, tmp_path_factory) -> Path:
    """The tiny book, built, and built on one row of a reader's own beside it."""
    root = tmp_path_factory.mktemp("own") / "book"
    shutil.copytree(made.site.parents[1], root)
    folder = root / "mine"
    (folder / "rows").mkdir(parents=True)
    (folder / "rows" / "ores.csv").write_text("ore,iso3,year,value_t,source_id\nclay,LAO,2025,5,geo-2026\n")
    path = root / "data" / "datapackage.json"
    package = json.loads(path.read_text())
    for name in ("sources", "corrections"):
        package["resources"].append(small_data.described(name, (root / "data" / f"{name}.csv").read_text()))
    path.write_text(json.dumps(package))
    (root / "data" / "corrections.csv").write_text(small_data.CORRECTIONS)
    laid = overlay.lay(root / "data", folder, root / "_build" / "own" / "data")
    pipeline.book(root, laid, past=False)
    return root


def pages(folder):
    return [path for path in folder.rglob("*.html") if "_static" not in path.parts]


def notice(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one(".iv-own")


def test_every_page_built_on_own_figures_says_so_and_is_not_for_search_engines(built):
    found = [
        path for path in pages(built / "_build" / "own" / "html") if path.name not in ("editions.html", "404.html")
    ]
    assert len(found) > 10
    for path in found:
        told = notice(path)
        assert told is not None, path
        assert "1 row of ores" in told.get_text()
        assert 'content="noindex"' in path.read_text(encoding="utf-8")


def test_the_book_itself_is_as_it_was(built, made):
    ours, before = built / "_build" / "html", made.site
    assert all(notice(path) is None for path in pages(ours))
    names = {path.relative_to(before) for path in pages(before)}
    assert {path.relative_to(ours) for path in pages(ours)} == names


def test_the_site_offers_the_tables_with_the_own_row(built):
    text = (built / "_build" / "own" / "html" / "data" / "ores.csv").read_text()
    assert "LAO" in text
    assert "LAO" not in (built / "_build" / "html" / "data" / "ores.csv").read_text()
    (laid,) = (path for path in (built / "_build" / "own" / "data").iterdir() if path.is_dir())
    assert overlay.told(laid)
