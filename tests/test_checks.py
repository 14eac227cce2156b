"""Every rule fires on a deliberately broken copy, and names file, row, column, value and remedy."""

import pytest

from lib.tables import catalog, checks
from tests import small_data


@pytest.fixture
def folder(tmp_path):
    return small_data.write(tmp_path / "data")


def replace(folder, old, new, name="output.csv"):
    path = folder / name
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))


def rules(folder):
    return {problem.rule for problem in checks.check(folder)}


def test_a_sound_folder_has_no_problem(folder):
    assert checks.check(folder) == []


def test_the_data_of_the_book_have_no_problem():
    assert checks.check(catalog.data_dir()) == []


BROKEN = {
    "sources-unknown": ("24,45000,,early", "24,45000,,nobody"),
    "qualifier-unknown": ("e;trade", "e;guess"),
    "value-despite-mark": ("2024,,NA", "2024,6900000,NA"),
    "confidence-unknown": ("blog,,,,,", "blog,,,sure,,"),
    "country-unknown": ("2025,USA", "2025,UKN"),
    "published-before-period": ("2026,IND,2024", "2026,IND,2031"),
    "vintage-ambiguous": ("quoted,blog,AUS", "quoted,blog,AUS,2024,13000,,blog,,,,,\nquoted,blog,AUS"),
    "not-one-line": ("trade,early,,,,,", 'trade,early,,,,,"a cell\nof two lines"'),
    "world-total": ("AUS,2024,13000,e", "AUS,2024,113000,e"),
    "type-error": ("13000,e;trade", "13 000,e;trade"),
    "constraint-error": ("13000,e;trade", "-13000,e;trade"),
    "missing-cell": ("270000,,late,,2026-03-05,,,", "270000,,late"),
    "primary-key": ("quoted,blog", "survey,2025,AUS,2024,13000,,blog,,,,,\nquoted,blog"),
}


@pytest.mark.parametrize(("rule", "change"), BROKEN.items(), ids=BROKEN)
def test_a_broken_row_is_named(folder, rule, change):
    replace(folder, *change)
    found = [problem for problem in checks.check(folder) if problem.rule == rule]
    assert found, f"{rule} did not fire: {checks.check(folder)}"
    assert found[0].file == "output.csv"
    assert found[0].row > 1
    assert found[0].remedy


@pytest.mark.parametrize("cell", small_data.NO_ADDRESSES)
@pytest.mark.parametrize("column", ["url", "doi"])
def test_a_source_whose_address_is_none_is_named(folder, column, cell):
    cells = {"url": "", "doi": "", column: f'"{cell.replace(chr(34), chr(34) * 2)}"'}
    replace(folder, "https://example.org/b,", f"{cells['url']},{cells['doi']}", "sources.csv")
    [problem] = checks.check(folder)
    assert (problem.file, problem.row, problem.column, problem.rule) == ("sources.csv", 3, column, "constraint-error")


def test_a_glued_footnote_mark_is_found_by_the_total(folder):
    """MCS 2025 text conversions print Australia's `12 13,000` as 1,213,000 or 113,000; it is 13,000."""
    replace(folder, "AUS,2024,13000,e", "AUS,2024,1213000,e")
    problem = next(p for p in checks.check(folder) if p.rule == "world-total")
    assert "add up to 1,590,000" in problem.remedy


def test_a_total_that_its_source_contradicts_is_shown_and_not_repaired(folder):
    replace(folder, "AUS,2024,13000,e", "AUS,2024,113000,e")
    replace(folder, "390000,,early,,,,,", "390000,,early,,,,rows add to 490000,")
    assert "world-total" not in rules(folder)


FILES = {
    "byte-order-mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "line-ends": lambda raw: raw.replace(b"\n", b"\r\n"),
    "encoding": lambda raw: raw.replace(b"quoted,blog", "quoted,Türkiye".encode("cp1252")),
    "file-empty": lambda raw: b"",
    "binary": lambda raw: raw[:40] + b"\x00" + raw[40:],
    "truncated": lambda raw: raw[:-9],
}


@pytest.mark.parametrize(("rule", "spoil"), FILES.items(), ids=FILES)
def test_a_spoilt_file_is_named(folder, rule, spoil):
    path = folder / "output.csv"
    path.write_bytes(spoil(path.read_bytes()))
    assert rule in rules(folder)


def test_a_shifted_column_is_named(folder):
    replace(folder, "series,edition,iso3", "edition,series,iso3")
    assert {"incorrect-label"} <= rules(folder)


def test_missing_and_undescribed_files_are_named(folder):
    (folder / "output.csv").rename(folder / "other.csv")
    assert {"file-missing", "not-in-dictionary"} <= rules(folder)


def test_a_folder_without_a_dictionary_says_so(tmp_path):
    assert [problem.rule for problem in checks.check(tmp_path)] == ["dictionary"]


def test_a_dictionary_that_is_not_json_says_where(folder):
    (folder / "datapackage.json").write_text("{")
    assert "line 1" in checks.check(folder)[0].value


def correct(folder, match, printed="49"):
    line = f"c1,output,{match},value,{printed},98,repeats the year before,late,2026,\n"
    (folder / "corrections.csv").write_text(small_data.CORRECTIONS + line)


def test_a_correction_whose_source_has_repaired_itself_fails(folder):
    match = '"{""series"": ""survey"", ""edition"": ""2025"", ""iso3"": ""USA""}"'
    correct(folder, match, printed="45000")
    assert rules(folder) == set()
    correct(folder, match, printed="49")
    assert rules(folder) == {"correction"}


def test_a_correction_must_find_its_row(folder):
    correct(folder, '"{""iso3"": ""AUS""}"')
    assert rules(folder) == {"correction"}


def test_shares_of_one_list_cannot_exceed_the_whole(tmp_path):
    resource = {"path": "shares.csv", "wholeOf": {"share": "share_pct", "by": ["edition"]}}
    import pandas as pd

    frame = pd.DataFrame({"edition": ["2026"] * 3, "share_pct": ["71", "13", "20"]}, index=[2, 3, 4])
    found = list(checks.shares_within_whole(resource, frame, {}))
    assert [problem.rule for problem in found] == ["shares-sum"]
    frame.loc[2, "share_pct"] = "171"
    assert "share-range" in {p.rule for p in checks.shares_within_whole(resource, frame, pd.DataFrame())}


def test_a_range_must_be_in_order():
    import pandas as pd

    frame = pd.DataFrame({"share_low": ["90"], "share": ["85"], "share_high": [""]}, index=[2])
    found = list(checks.ranges_ordered({"path": "s.csv"}, frame, {}))
    assert [(problem.row, problem.column) for problem in found] == [(2, "share_low")]
