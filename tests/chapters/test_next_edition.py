"""The next edition of the USGS summaries, made of that of 2026 with all years one later, goes through the whole book.

Chapters that name an edition or count on one would break here, not when the real one is out.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lib import cli, records
from lib.build import execute, plan
from lib.compare import changes
from lib.tables import catalog
from tests.importers.handed_in import FILES

ROOT = Path(__file__).resolve().parents[2]
DAY = "2027-02-01"
BEFORE = "2027-01-31"


def release(folder: Path) -> Path:
    """The excerpt of the release of 2026 as that of the next year would be, in Windows-1252 and with CRLF."""
    text = gzip.decompress((FILES / "mcs2026_commodities_excerpt.csv.gz").read_bytes()).decode("cp1252")
    header, *rows = csv.reader(io.StringIO(text))
    year = header.index("Year")
    for row in rows:
        row[year] = re.sub(r"20\d\d", lambda found: str(int(found[0]) + 1), row[year])
        row[year] = re.sub(r"(?<=[–-])\d\d$", lambda found: str(int(found[0]) + 1), row[year])
    shifted = io.StringIO()
    csv.writer(shifted, lineterminator="\r\n").writerows([header, *rows])
    path = folder / "whatever.csv"
    path.write_bytes(shifted.getvalue().encode("cp1252"))
    return path


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, list(arguments), env={"TERM": "dumb", "COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """The tables with the next edition in them, added by the command as a reader would."""
    book = tmp_path_factory.mktemp("next")
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    shutil.copytree(ROOT / "data", book / "data")
    file = str(release(book))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(book)
        patch.delenv("BOOK_DATA", raising=False)
        told = [
            call("add", file, "--dry-run", "--today", DAY),
            call("add", file, "--today", DAY),
            call("add", file, "--today", DAY, "--published", DAY),
            call("add", file, "--today", DAY, "--published", DAY, "--accept-jumps"),
            call("add", file, "--today", DAY),
        ]
    assert "MCS2027" in told[0][1]
    assert [code for code, _ in told] == [1, 1, 1, 0, 0], told  # made-up years make some figures jump
    assert f"book diff {BEFORE} {DAY}" in told[3][1]
    assert "Nothing is new" in told[4][1]
    return book / "data"


def run(data: Path, folder: Path, day: str, only: str = "") -> records.Records:
    """The records of the chapters as of a day; raises when a cell fails."""
    jobs = [job for job in plan.jobs(ROOT, {"as_of": day}) if not job.page.title and only in job.page.docname]
    return records.collect(execute.run(jobs, ROOT, folder, data=data))


@pytest.fixture(scope="module")
def after(data, tmp_path_factory) -> records.Records:
    return run(data, tmp_path_factory.mktemp("after"), DAY)


def test_every_chapter_runs_on_the_next_edition(after):
    assert len(after.chapters) == len(plan.notebooks(ROOT, past=True))


def test_the_sentences_that_change_name_the_next_edition(after, data):
    """Compared with the book as it is, whose pages have been run."""
    jobs = [job for job in plan.jobs(ROOT) if not job.page.title]
    before = records.collect(execute.run(jobs, ROOT, ROOT / "_build" / "executed", data=ROOT / "data"))
    looks = changes.known_in(ROOT / "data"), changes.known_in(data)
    with catalog.reading(data):
        found = changes.between(before, after, BEFORE, DAY, looks)
    assert "MCS 2027" in " ".join(entry["after"] or "" for entry in found["sentences"])
    assert len(found["sentences"]) > 10
    assert len(found["facts"]) > 20
    assert any(entry["facts"] for entry in found["revisions"]), "some numbers rest on revised cells"
    told = changes.as_markdown(found)
    assert "`usgs-mcs2027-data`" in told, "the source that changed them is named"
    assert all(entry["after"] in told for entry in found["sentences"][:5] if entry["after"])


def test_the_day_before_knows_nothing_of_it(data, tmp_path):
    before = run(data, tmp_path, BEFORE, only="reserves")
    told = " ".join(sentence for sentences in before.sentences.values() for sentence in sentences)
    assert "MCS 2026" in told
    assert "MCS 2027" not in told
