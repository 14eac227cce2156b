"""What `book add` takes, refuses and holds back, on a small folder; the tables are as they were unless all is well."""

import datetime as dt
import gzip
import hashlib
import json
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.importers import Refused
from lib.intake import adding
from lib.intake.comparing import Status
from lib.tables import catalog, checks
from tests.intake import folder as small

DAY = dt.date(2026, 7, 1)
LATER = adding.Asked(published=DAY)
NEXT = ("survey,2026,AUS,2025,30000,", "survey,2026,CHN,2025,270000,quota", "survey,2026,USA,2025,51000,")
FLOW = "dataset,partner,year,weight_kg\n"


@pytest.fixture
def data(tmp_path):
    return small.write(tmp_path / "data")


@pytest.fixture
def new(tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    return lambda *lines, **more: small.rows(folder, *lines, **more)


def add(data, *files, asked=LATER, **more):
    return adding.add(files, data, asked, **more)


def refused(data, *files, asked=LATER):
    """The problems of a refused file; the folder must be as it was."""
    before = small.bytes_of(data)
    with pytest.raises(Refused) as error:
        add(data, *files, asked=asked)
    assert small.bytes_of(data) == before
    assert not list(data.parent.glob(".*"))
    return error.value.problems


def lines_of(data, table="output"):
    return (data / f"{table}.csv").read_text().splitlines()


def test_new_rows_stand_at_the_end_with_their_source_and_nothing_else_changes(data, new):
    before = small.bytes_of(data)
    file = new(*NEXT)
    outcome = add(data, file)
    assert outcome.written
    after = small.bytes_of(data)
    assert {name for name in after if after[name] != before[name]} == {"output.csv", "sources.csv"}
    assert all(after[name].startswith(before[name]) for name in ("output.csv", "sources.csv"))
    source = lines_of(data, "sources")[-1]
    assert source.split(",")[3] == "2026-07-01"
    name = source.split(",")[0]
    assert lines_of(data)[-3:] == [f"{line},{name},,,,," for line in NEXT]
    assert checks.check(data) == []


def test_the_source_records_the_hash_of_the_file_and_the_day_it_was_read(data, new):
    package = json.loads((data / "datapackage.json").read_text())
    sources = next(entry for entry in package["resources"] if entry["name"] == "sources")
    sources["schema"]["fields"].append({"name": "sha256", "type": "string"})
    (data / "datapackage.json").write_text(json.dumps(package))
    text = "\n".join(f"{line}{',sha256' if n == 0 else ','}" for n, line in enumerate(lines_of(data, "sources")))
    (data / "sources.csv").write_text(text + "\n")
    file = new(*NEXT)
    add(data, file, asked=adding.Asked(published=DAY, title="Own survey", publisher="Me", url="https://example.org"))
    record = dict(zip(text.splitlines()[0].split(","), lines_of(data, "sources")[-1].split(","), strict=True))
    assert record["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert record["accessed"] == dt.date.today().isoformat()
    assert (record["title"], record["publisher"], record["url"]) == ("Own survey", "Me", "https://example.org")


def test_the_same_file_twice_adds_nothing(data, new):
    file = new(*NEXT)
    add(data, file)
    before = small.bytes_of(data)
    again = add(data, file, asked=adding.Asked())
    assert (again.added, again.written, again.undated) == (0, False, [])
    assert small.bytes_of(data) == before


def test_each_row_is_told_by_what_it_is_to_the_table(data, new):
    file = new(
        "survey,2027,AUS,2024,31000,",  # another figure for a known year
        "survey,2027,CHN,2024,270000.0,",  # the same figure in a later edition
        "survey,2027,USA,2026,52000,e",  # a year that was not known
        "survey,2026,AUS,2024,29000,",  # there already, without the mark that says it was revised
    )
    outcome = add(data, file, dry_run=True)
    [part] = outcome.parts
    told = [entry.status for entry in part.compared]
    assert told == [Status.REVISED, Status.REPEATED, Status.NEW, Status.SAME]
    assert (part.periods(), outcome.added) == ("2024 to 2026", 3)


def test_the_table_shows_the_later_figure_from_the_day_it_was_public(data, new, monkeypatch):
    add(data, new("survey,2027,AUS,2024,31000,"))
    monkeypatch.setenv("BOOK_DATA", str(data))

    def australia(day):
        frame = catalog.table("output", day)
        [value] = frame[(frame["series"] == "survey") & (frame["iso3"] == "AUS")]["value"]
        return value

    assert australia("2026-06-30") == 29000
    assert australia("2026-07-01") == 31000


def test_a_figure_that_contradicts_its_own_edition_is_refused_with_both(data, new):
    [problem] = refused(data, new("survey,2026,AUS,2024,28000,", "survey,2026,BRA,2024,20,"))
    assert (problem.row, problem.column, problem.rule) == (2, "value", "conflict")
    assert "28000" in problem.value
    assert "29000" in problem.remedy
    assert "output.csv, line 7" in problem.remedy


def test_a_bound_is_part_of_the_figure(data, new):
    [problem] = refused(data, new("survey,2026,AUS,2024,29000,>"))
    assert problem.rule == "conflict"


def test_without_editions_the_day_decides(data, new):
    same = new("baci,AUS,2022,1000000.0", header=FLOW)
    assert add(data, same).added == 0
    on_that_day = adding.Asked(published=dt.date(2025, 1, 31))
    [problem] = refused(data, new("baci,AUS,2022,1100000", header=FLOW), asked=on_that_day)
    assert problem.rule == "conflict"
    assert add(data, new("baci,AUS,2022,1100000", header=FLOW)).parts[0].counts() == {Status.REVISED: 1}
    assert len(lines_of(data, "flows")) == 4


def test_a_day_that_no_file_says_is_asked_for(data, new):
    before = small.bytes_of(data)
    outcome = add(data, new(*NEXT), asked=adding.Asked())
    assert (outcome.undated, outcome.written) == (["new.csv"], False)
    assert small.bytes_of(data) == before


@pytest.mark.parametrize("wrong", ["survey,2026,AUS,2025,290000,", "survey,2026,AUS,2025,2900,"])
def test_a_slip_of_the_decimal_point_is_held_back_until_accepted(data, new, wrong):
    before = small.bytes_of(data)
    file = new(wrong)
    outcome = add(data, file)
    assert not outcome.written
    assert small.bytes_of(data) == before
    [problem] = outcome.held
    assert (problem.file, problem.row, problem.column) == ("new.csv", 2, "value")
    assert "29,000" in problem.remedy
    assert add(data, file, asked=adding.Asked(published=DAY, accept_jumps=True)).written


def test_a_unit_that_is_another_is_seen_when_no_single_figure_jumps_far_enough(data, new):
    known = {"AUS": 29000, "CHN": 270000, "USA": 45000, "OTH": 46000, "WLD": 390000}
    outcome = add(data, new(*(f"survey,2026,{iso3},2025,{value * 5.5}," for iso3, value in known.items())))
    assert [problem.row for problem in outcome.held] == [None]
    assert "5.5" in outcome.held[0].remedy


def test_a_figure_beyond_what_can_be_is_held_back(data, new):
    [problem] = add(data, new("survey,2026,MMR,2025,50000000,")).held
    assert "5,000,000" in problem.remedy


def test_a_rule_of_the_tables_that_breaks_names_the_line_of_the_file(data, new):
    problems = refused(data, new(*NEXT, "survey,2026,ATL,2025,5,"))
    assert [(p.file, p.row, p.column, p.value, p.rule) for p in problems] == [
        ("new.csv", 5, "iso3", "ATL", "country-unknown")
    ]


def test_a_world_total_that_does_not_fit_is_refused(data, new):
    lines = (*NEXT, "survey,2026,OTH,2025,60000,", "survey,2026,WLD,2025,590000,")
    problems = refused(data, new(*lines))
    assert {(p.row, p.rule) for p in problems} == {(6, "world-total")}


def test_a_row_that_stands_twice_is_refused(data, new):
    [problem] = refused(data, new(*NEXT, NEXT[0]))
    assert (problem.row, problem.rule) == (5, "row-twice")
    assert "line 2" in problem.remedy


def test_two_files_that_say_two_things_are_refused(data, new):
    first, second = new(NEXT[0], name="a.csv"), new("survey,2026,AUS,2025,31000,", name="b.csv")
    assert {p.rule for p in refused(data, first, second)} == {"row-twice"}


def test_all_files_or_none(data, new):
    good, bad = new(*NEXT, name="good.csv"), new("survey,2026,AUS,2025,=1+1,", name="bad.csv")
    [problem] = refused(data, good, bad)
    assert (problem.file, problem.rule) == ("bad.csv", "formula")


def test_a_day_to_come_is_refused_but_can_be_rehearsed(data, new):
    day = dt.date.today() + dt.timedelta(days=40)
    [problem] = refused(data, new(*NEXT), asked=adding.Asked(published=day))
    assert problem.rule == "future"
    assert add(data, new(*NEXT), asked=adding.Asked(published=day, today=day)).written


def test_archives_are_read_directly_and_a_dry_run_changes_nothing(data, new, tmp_path):
    text = new(*NEXT).read_bytes()
    packed = tmp_path / "new.csv.gz"
    packed.write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "new.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("release/new.csv", text)
        archive.writestr("__MACOSX/._new.csv", b"\x00")
    before = small.bytes_of(data)
    for file in (packed, tmp_path / "new.zip"):
        assert add(data, file, dry_run=True).added == 3
    assert small.bytes_of(data) == before


def test_a_later_version_of_an_edition_is_laid_beside_the_first(tmp_path):
    data = small.write(tmp_path / "data")
    package = json.loads((data / "datapackage.json").read_text())
    output = next(entry for entry in package["resources"] if entry["name"] == "output")
    output["schema"]["fields"].insert(2, {"name": "version", "type": "string"})
    output["schema"]["primaryKey"].append("version")
    (data / "datapackage.json").write_text(json.dumps(package))
    lines = lines_of(data)
    (data / "output.csv").write_text(
        "\n".join(
            line.replace(",", ",§,", 2).replace("§,", "", 1).replace("§", "version" if n == 0 else "")
            for n, line in enumerate(lines)
        )
        + "\n"
    )
    assert checks.check(data) == []
    file = small.rows(tmp_path, "survey,2026,AUS,2024,28000,")
    [problem] = refused(data, file)
    assert "--version" in problem.remedy
    outcome = add(data, file, asked=adding.Asked(published=DAY, version="v1.3"))
    assert outcome.parts[0].counts() == {Status.REVISED: 1}
    assert lines_of(data)[-1].startswith("survey,2026,v1.3,AUS,2024,28000,")


@settings(max_examples=25, deadline=None)
@given(
    figures=st.dictionaries(
        st.sampled_from(["BRA", "MMR", "VNM", "IND", "THA", "MDG"]), st.integers(0, 900), min_size=1, max_size=6
    )
)
def test_whatever_is_added_is_there_once_and_the_earlier_lines_stay(tmp_path_factory, figures):
    folder = tmp_path_factory.mktemp("any")
    data = small.write(folder / "data")
    before = lines_of(data)
    file = small.rows(folder, *(f"survey,2027,{iso3},2025,{value}," for iso3, value in figures.items()))
    assert add(data, file).added == len(figures)
    assert add(data, file).added == 0
    after = lines_of(data)
    assert after[: len(before)] == before
    assert sorted(tuple(line.split(",")[2:5:2]) for line in after[len(before) :]) == sorted(
        (iso3, str(value)) for iso3, value in figures.items()
    )


# ------------------------------------------------------------------------------------------- values that break a book

SOURCE_ROW = "id,title,publisher,published,accessed\n"
BREAKING = {
    "underscores": (("survey,2026,AUS,2025,3_600_000,",), {}, "value", "type-error"),
    "arabic digits": (("survey,2026,AUS,2025,٣٦٠٠,",), {}, "value", "type-error"),
    "wide digits": (("survey,2026,AUS,2025,３６００,",), {}, "value", "type-error"),
    "a year with a point": (("survey,2026,AUS,2025.0,30000,",), {}, "year", "type-error"),
    "a short day": (
        ("survey,2026,AUS,2025,30000,,2026-1-5",),
        {"header": "series,edition,iso3,year,value,qualifier,published\n"},
        "published",
        "type-error",
    ),
    "a formula with a sign": (
        ("survey,2026,AUS,2025,30000,,+1+cmd|' /C calc'!A0",),
        {"header": "series,edition,iso3,year,value,qualifier,note\n"},
        "note",
        "formula",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_value_that_would_break_the_book_is_refused_at_its_line(data, new, name):
    lines, more, column, rule = BREAKING[name]
    [problem] = refused(data, new(*lines, **more))
    assert (problem.file, problem.row, problem.column, problem.rule) == ("new.csv", 2, column, rule)


@pytest.fixture
def dated(data):
    """The folder, whose dictionary says that days of sources must have come."""
    path = data / "datapackage.json"
    package = json.loads(path.read_text())
    sources = next(entry for entry in package["resources"] if entry["name"] == "sources")
    for field in sources["schema"]["fields"]:
        if field["name"] in ("published", "accessed"):
            field |= {"type": "date", "latest": "today"}
    path.write_text(json.dumps(package))
    return data


def test_a_source_of_the_end_of_days_is_refused(dated, new):
    [problem] = refused(dated, new("x,X,Me,2026-01-05,9999-12-31", header=SOURCE_ROW))
    assert (problem.column, problem.rule) == ("accessed", "day-to-come")
    assert add(dated, new("x,X,Me,2026-01-05,2026-02-01", header=SOURCE_ROW)).written


def test_a_release_of_tomorrow_in_the_zone_of_its_publisher_is_taken(dated, new):
    today = dt.date.today()
    tomorrow = today + dt.timedelta(days=1)
    assert add(dated, new(*NEXT), asked=adding.Asked(published=tomorrow)).written
    assert checks.check(dated) == []
    source = lines_of(dated, "sources")[-1].split(",")
    assert {source[3], source[5]} == {tomorrow.isoformat()}


def test_a_rehearsal_out_of_sight_is_refused(data, new):
    [problem] = refused(data, new(*NEXT), asked=adding.Asked(published=DAY, today=dt.date(9999, 12, 31)))
    assert (problem.file, problem.rule) == ("--today", "future")


@pytest.mark.parametrize("option", ["source_id", "title", "publisher", "url", "version"])
@pytest.mark.parametrize("text", ["=cmd|calc", "＝1+1", "+1+cmd", "a\x1b[31m"])
def test_options_that_no_cell_could_hold_are_refused(data, new, option, text):
    [problem] = refused(data, new(*NEXT), asked=adding.Asked(published=DAY, **{option: text}))
    assert problem.file.startswith("--")
    assert problem.rule in ("formula", "control-character")


def test_a_file_named_as_a_formula_does_not_reach_the_sources(data, new):
    [problem] = refused(data, new(*NEXT, name="=cmd|calc.csv"))
    assert problem.rule == "name-unsafe"


@pytest.mark.parametrize("name", [b"a\nb.csv", b"\xff.csv", b"[bold]x[.csv", b"=1+1.csv", b'a,"b".csv', b"-x.csv"])
def test_a_name_of_a_file_is_recorded_or_refused_and_can_be_shown(data, new, name):
    file = new(*NEXT)
    file = file.rename(os.fsdecode(os.path.join(os.fsencode(file.parent), name)))
    if name in (b"[bold]x[.csv", b'a,"b".csv'):
        outcome = add(data, file)
        assert outcome.written
        assert checks.check(data) == []
        assert all(part.file.isprintable() and part.file.encode() for part in outcome.parts)
    else:
        [problem] = refused(data, file)
        assert problem.rule == "name-unsafe"
        assert problem.file.isprintable()
    broken = new("survey,2026,AUS", name="broken.csv")
    broken = broken.rename(os.fsdecode(os.path.join(os.fsencode(broken.parent), b"broken" + name)))
    [problem] = refused(data, broken)
    assert problem.file.isprintable()
