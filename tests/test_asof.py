"""What was known by a day is one rule, whoever asks: the catalog, fingerprints, data pages, snapshots and checks."""

import csv
import datetime as dt
import json
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.build import fingerprint
from lib.records import Records
from lib.site.pages import data as data_pages
from lib.tables import asof, catalog, checks, snapshot
from tests import small_data

DAYS = ("", *(dt.date(2024, 12, 30 + n).isoformat() for n in range(2)), "2025-01-01", "2025-06-30", "2026-02-06")
days = st.sampled_from(DAYS)
real_days = st.sampled_from(DAYS[1:])
source_ids = st.sampled_from(["a", "b", "nobody", ""])
HEADER = "series,iso3,year,value,source_id,published\n"


def folder_of(path: Path, sources: dict[str, tuple[str, str]], rows: list[tuple[str, str]]) -> Path:
    """A data folder with these sources (published, accessed) and rows (source, own day) of a table `output`."""
    path.mkdir()
    listed = [("sources", "id,published,accessed,confidence\n"), ("corrections", small_data.CORRECTIONS)]
    resources = [small_data.described(name, header) for name, header in [*listed, ("output", HEADER)]]
    for entry in resources:
        for field in entry["schema"]["fields"]:
            field["type"] = "date" if field["name"] in ("published", "accessed") else "string"
    (path / "datapackage.json").write_text(json.dumps({"name": "small", "resources": resources}))
    (path / "corrections.csv").write_text(small_data.CORRECTIONS)
    lines = [f"{name},{published},{accessed},high\n" for name, (published, accessed) in sources.items()]
    (path / "sources.csv").write_text("".join([listed[0][1], *lines]))
    lines = [f"s,AUS,{2000 + n},1,{source},{own}\n" for n, (source, own) in enumerate(rows)]
    (path / "output.csv").write_text("".join([HEADER, *lines]))
    return path


def lines_by_catalog(data: Path, day: str) -> list[int]:
    with catalog.reading(data):
        try:
            return [int(line) for line in catalog.table("output", day, vintages="all").index]
        except catalog.NoDataYet:
            return []


def lines_by_pages(data: Path, day: str) -> list[int]:
    records = Records(chapters=[{"as_of": day, "page": "x"}] if day else [])
    [table] = data_pages.read(data, records, only=["output"])
    return [int(row["year"]) - 1998 for row in table.rows]


def lines_by_fingerprint(data: Path, day: str) -> list[int]:
    world = fingerprint.Fingerprints(data, data)
    return [line for line, _ in world._known(data / "output.csv", day)]


def lines_by_checks(data: Path, day: str) -> list[int]:
    tables = {name: checks._as_text(data / f"{name}.csv") for name in ("sources", "output")}
    public = checks._published(tables["output"], tables)
    return [int(line) for line, found in public.items() if asof.known_by(found, day)]


@settings(max_examples=40, deadline=None)
@example({"a": ("", "2025-01-01"), "b": ("", "")}, [("a", ""), ("b", ""), ("nobody", "")], "2025-01-01")
@given(st.fixed_dictionaries({"a": st.tuples(days, real_days), "b": st.tuples(days, days)}),
       st.lists(st.tuples(source_ids, days), min_size=1, max_size=6), days)  # fmt: skip
def test_all_who_look_at_the_past_agree_on_what_was_known(sources, rows, day):
    with tempfile.TemporaryDirectory() as place:
        data = folder_of(Path(place) / "data", sources, rows)
        own = {name: published or accessed for name, (published, accessed) in sources.items()}
        public = [row or own.get(source, "") for source, row in rows]
        expected = [line for line, found in enumerate(public, 2) if not day or (found and found <= day)]
        assert lines_by_catalog(data, day) == expected
        assert lines_by_pages(data, day) == expected
        assert lines_by_fingerprint(data, day) == expected
        assert lines_by_checks(data, day) == expected
        if day:
            assert [line for line, _ in snapshot.tables(data, day)["output"]] == expected
            snapshot.write(data, day, Path(place) / "then")
            with (Path(place) / "then" / "sources.csv").open(newline="") as file:
                kept = {row["id"] for row in csv.DictReader(file)}
            named = {source for line, (source, _) in enumerate(rows, 2) if line in expected}
            assert kept == {name for name in sources if asof.known_by(own[name], day) or name in named}


def test_a_source_without_a_day_counts_from_the_day_it_was_read_and_one_without_both_on_no_past_day():
    days = asof.source_days({"read": {"published": "", "accessed": "2025-03-01"}, "never": {"published": ""}})
    assert asof.row_day({"source_id": "read"}, days) == "2025-03-01"
    assert asof.row_day({"source_id": "read", "published": "2024-01-01"}, days) == "2024-01-01"
    assert not asof.is_known({"source_id": "never"}, days, "9999-12-31")
    assert asof.is_known({"source_id": "never"}, days, "")
