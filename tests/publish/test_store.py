"""A page is run again when what it was made from changed, and for no other reason; what ran once is kept."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lib.build import execute, plan, schedule
from lib.build.cache import DAMAGED, FOLDER, NEVER, Cache, CacheHit, note_of
from lib.build.fingerprint import Fingerprints
from lib.disk import files
from lib.disk.file_watch import ChangedDuringBuild
from tests.publish.book import write_book

PACKAGE = """{"resources": [
 {"name": "ores", "path": "ores.csv", "schema": {"fields": []}},
 {"name": "metals", "path": "metals.csv", "schema": {"fields": []}}]}"""
SOURCES = "id,title,accessed\nsurvey,Ores,2026-11-22\nother,Metals,2026-11-22\n"
MODULES = {
    "lib/__init__.py": "",
    "lib/near.py": "from lib.deep import far\n",
    "lib/deep/__init__.py": "from . import below\n",
    "lib/deep/far.py": "def f():\n    import lib.late\n",
    "lib/deep/below.py": "",
    "lib/deep/assets/style.css": "",
    "lib/late.py": "",
    "lib/unused.py": "",
    "lib/site/__init__.py": "",
    "lib/build/sanitise.py": "",
    "lib/prose.py": "",
    "lib/markup.py": "",
    "lib/site/theme/book.css": "",
}


def notebook(code: str) -> str:
    def cell(source, **metadata):
        return {"cell_type": "code", "id": "c", "source": source, "metadata": metadata, "outputs": []}

    return json.dumps({"cells": [cell("as_of = ''", tags=["parameters"]), cell(code)], "metadata": {}, "nbformat": 4})


def executed(tables: list[str], words: str = "", seen: str = "") -> str:
    """What a run leaves that read `tables`, up to the day `seen` where one is given."""
    known_by = dict.fromkeys(tables, seen) if seen else {}
    chapter = {"tables": tables, "known_by": known_by, "sources": ["survey"], "as_of": seen or None}
    record = {"industrial-vitamins": {"chapter": chapter}}
    output = {"output_type": "display_data", "data": {"text/plain": words}, "metadata": record}
    return json.dumps({"cells": [{"cell_type": "code", "outputs": [output]}]})


@pytest.fixture
def root(tmp_path) -> Path:
    files = MODULES | {
        "_toc.yml": "format: jb-book\nroot: ores\n",
        "ores.ipynb": notebook("from lib import near"),
        "data/datapackage.json": PACKAGE,
        "data/sources.csv": SOURCES,
        "data/corrections.csv": "id,table,source_id\n",
        "data/ores.csv": "ore,source_id\nclay,survey\n",
        "data/metals.csv": "metal,source_id\nneodymium,other\n",
        "requirements.txt": "pandas==3\n",
        "README.md": "words",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def change(root: Path, name: str, text: str) -> None:
    """Write a file so that its time differs however coarse the clock of the disk is."""
    path = root / name
    path.write_text(text)
    os.utime(path, ns=(time.time_ns(), time.time_ns() + random.randrange(10**9, 10**12)))


def find(root: Path, **given):
    (job,) = plan.jobs(root, given)
    return Cache(root, root / "data").find(job, root / "last" / "ores.ipynb")


def put(root: Path, text: str = "", tables=("ores",), seen="", **given) -> Path:
    (job,) = plan.jobs(root, given)
    store = Cache(root, root / "data")
    result = store.put(job, executed(list(tables), text, seen), {"seconds": 1})
    store.place(job, result, root / "last" / "ores.ipynb")
    store.keep()
    return result


def test_a_page_that_never_ran_says_so(root):
    assert find(root) == CacheHit(None, NEVER)


def with_words(words: str, notebook_: str = "", tags: tuple[str, ...] = ()) -> str:
    """A notebook with a Markdown cell before its others and one after them."""
    content = json.loads(notebook_ or notebook("from lib import near"))
    said = {"cell_type": "markdown", "id": "m", "source": [words], "metadata": {"tags": list(tags)} if tags else {}}
    return json.dumps(content | {"cells": [said | {"source": "# Ores"}, *content["cells"], said]})


def test_other_prose_is_put_beside_what_the_same_code_gave(root):
    change(root, "ores.ipynb", with_words("Few."))
    (job,) = plan.jobs(root)
    cells = [{"cell_type": "code", "outputs": [], "metadata": {}}] * 2
    text = json.dumps({"cells": [{"cell_type": "markdown"}, *cells, {"cell_type": "markdown"}], "metadata": {"k": 1}})
    store = Cache(root, root / "data")
    first = store.put(job, text, {"seconds": 7})
    change(root, "ores.ipynb", with_words("Many.", tags=("margin",)))
    found = find(root)
    made = json.loads(found.result.read_text())
    assert [cell["cell_type"] for cell in made["cells"]] == ["markdown", "code", "code", "markdown"]
    assert (made["cells"][-1]["source"], made["cells"][-1]["metadata"]) == ("Many.", {"tags": ["margin"]})
    assert made["metadata"] == {"k": 1}
    assert find(root) == found, "it is kept"
    change(root, "ores.ipynb", with_words("Few."))
    assert find(root).result == first, "what it said before is found again"


def test_prose_that_is_saved_while_it_is_looked_at_is_not_put_beside_a_result(root):
    change(root, "ores.ipynb", with_words("Few."))
    put(root)
    change(root, "ores.ipynb", with_words("Many."))
    (job,) = plan.jobs(root)
    store = Cache(root, root / "data")
    store.fingerprints.of_prose(job)
    change(root, "ores.ipynb", with_words("More."))
    with pytest.raises(ChangedDuringBuild, match=r"ores\.ipynb"):
        store.find(job, root / "last" / "ores.ipynb")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("ores.ipynb", notebook("from lib import near  # more"), "the notebook changed"),
        ("lib/near.py", "from lib.deep import far, below\n", "lib/near.py changed"),
        ("lib/deep/far.py", "import lib.late\n", "lib/deep/far.py changed"),
        ("lib/late.py", "x = 1\n", "lib/late.py changed"),
        ("lib/deep/assets/style.css", "p {}\n", "lib/deep/assets/style.css changed"),
        ("lib/build/sanitise.py", "x = 1\n", "lib/build/sanitise.py changed"),
        ("data/ores.csv", "ore,source_id\nclay,survey\ngranite,survey\n", "the table ores changed"),
        ("data/corrections.csv", "id,table,source_id\none,ores,survey\n", "the table ores changed"),
        ("requirements.txt", "pandas==4\n", "requirements.txt changed"),
    ],
)
def test_what_a_page_is_made_from_makes_it_stale_and_is_named(root, name, text, reason):
    put(root)
    before = (root / name).read_text()
    change(root, name, text)
    assert find(root).why == reason
    change(root, name, before)
    assert find(root).result, "what was there before is found again"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lib/unused.py", "x = 1\n"),
        ("lib/site/theme/book.css", "p {}\n"),
        ("lib/site/__init__.py", "x = 1\n"),
        ("data/metals.csv", "metal,source_id\ncerium,other\n"),
        ("data/sources.csv", SOURCES.replace("Metals", "Alloys") + "third,Nobody,2026-01-01\n"),
        ("data/corrections.csv", "id,table,source_id\none,metals,other\n"),
        ("README.md", "other words"),
    ],
)
def test_nothing_else_makes_it_stale(root, name, text):
    put(root)
    change(root, name, text)
    assert find(root).result


def test_the_words_and_the_day_of_a_source_that_it_rests_on_count(root):
    put(root)
    change(root, "data/sources.csv", SOURCES.replace("Ores", "Rocks"))
    assert "the table ores" in find(root).why
    change(root, "data/sources.csv", SOURCES.replace("other,Metals,2026-11-22", "other,Metals,2026-12-01"))
    assert find(root).why == "the sources that it cites changed", "each page says up to which day sources were read"


DAY = "2025-06-30"
DATED = "id,title,published,accessed\nsurvey,Ores,2024-01-31,2026-11-22\nother,Metals,2026-01-31,2026-11-22\n"
KNOWN = "ore,source_id,published\nclay,survey,\ngranite,other,\n"


@pytest.fixture
def past(root) -> Path:
    """A book one page of which ran as of a past day; it read a table that has a later row."""
    change(root, "data/sources.csv", DATED)
    change(root, "data/ores.csv", KNOWN)
    put(root, seen=DAY, as_of=DAY)
    assert find(root, as_of=DAY).result
    return root


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data/ores.csv", KNOWN + "basalt,other,\n"),
        ("data/ores.csv", KNOWN + "basalt,survey,2025-07-01\n"),
        ("data/ores.csv", KNOWN.replace("granite", "gneiss")),
        ("data/sources.csv", DATED + "third,Nobody,2027-01-31,2027-02-01\n"),
        ("data/corrections.csv", "id,table,source_id\none,ores,other\n"),
    ],
)
def test_what_became_public_later_leaves_a_past_day_alone(past, name, text):
    put(past)
    change(past, name, text)
    assert find(past, as_of=DAY).result
    assert not find(past).result, "the page of today has it"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data/ores.csv", KNOWN + "basalt,survey,\n"),
        ("data/ores.csv", KNOWN + "basalt,other,2025-06-30\n"),
        ("data/ores.csv", KNOWN.replace("clay", "loam")),
        ("data/ores.csv", "ore,source_id,published\ngranite,other,\nclay,survey,\n"),
        ("data/sources.csv", DATED.replace("Metals,2026", "Metals,2025")),
        ("data/sources.csv", DATED + "third,Nobody,2025-01-31,2027-02-01\n"),
        ("data/corrections.csv", "id,table,source_id\none,ores,survey\n"),
    ],
    ids=["a row", "a row of its own day", "a value", "the line of a row", "an earlier day", "a reading", "a mistake"],
)
def test_what_was_public_by_a_past_day_makes_it_stale(past, name, text):
    change(past, name, text)
    assert not find(past, as_of=DAY).result


def test_a_table_that_changes_while_it_is_read_is_not_taken_for_what_was_read(past):
    (job,) = plan.jobs(past, {"as_of": DAY})
    store = Cache(past, past / "data")
    store.fingerprints.look([job])
    change(past, "data/ores.csv", KNOWN.replace("clay", "loam"))
    with pytest.raises(ChangedDuringBuild):
        store.put(job, executed(["ores"], "", DAY), {})
    assert not Cache(past, past / "data").find(job, past / "last" / "ores.ipynb").result


SAVED = {
    "a notebook": ("ores.ipynb", notebook("from lib import near  # more")),
    "code": ("lib/deep/far.py", "import lib.late\n"),
    "the lock": ("requirements.txt", "pandas==4\n"),
    "a table": ("data/ores.csv", "ore,source_id\ngranite,survey\n"),
    "the words of a table": ("data/datapackage.json", PACKAGE.replace("metals.csv", "metal.csv")),
}


@pytest.mark.parametrize(("name", "text"), SAVED.values(), ids=SAVED)
@pytest.mark.parametrize("back", [False, True], ids=["saved", "saved and put back"])
def test_what_was_run_while_a_file_was_saved_is_not_kept(root, name, text, back):
    (job,) = plan.jobs(root)
    store = Cache(root, root / "data")
    store.fingerprints.look([job])
    before, written = (root / name).read_text(), (root / name).stat().st_mtime_ns
    change(root, name, text)
    if back:
        (root / name).write_text(before)
        os.utime(root / name, ns=(written, written))
    with pytest.raises(ChangedDuringBuild) as caught:
        store.put(job, executed(["ores"]), {})
    assert caught.value.files == (name,)
    store.keep()
    assert not find(root).result
    change(root, name, before)
    assert not find(root).result


def test_a_table_that_a_page_did_not_read_may_be_saved_while_it_runs(root):
    (job,) = plan.jobs(root)
    store = Cache(root, root / "data")
    store.fingerprints.look([job])
    change(root, "data/metals.csv", "metal,source_id\ncerium,other\n")
    assert store.put(job, executed(["ores"]), {}) == find(root).result


def test_what_was_found_out_about_a_file_that_was_saved_meanwhile_is_forgotten(root):
    store, (job,) = Cache(root, root / "data"), plan.jobs(root)
    store.find(job, root / "last" / "ores.ipynb")
    change(root, "lib/late.py", "import lib.unused\n")
    store.keep()
    assert not (root / FOLDER / "memory.json").exists()


def test_a_file_is_hashed_again_though_its_size_and_time_are_the_same(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    os.utime(path, ns=(0, 0))
    before = files.file_hash(path), files.stamp(path)
    path.write_text("two")
    os.utime(path, ns=(0, 0))
    assert files.file_hash(path) != before[0]
    assert files.stamp(path) != before[1]


def test_a_clock_that_runs_ahead_does_not_empty_the_store(root):
    result = put(root)
    for path in (root / FOLDER).glob("*/*"):
        os.utime(path, (0, 0))
    Cache(root, root / "data").keep()
    assert find(root).result == result


def test_what_was_used_longest_ago_makes_room_but_nothing_that_was_used_now(root, monkeypatch):
    old = put(root, "old")
    os.utime(old, (0, 0))
    new = put(root, "new", as_of="2020-01-01")
    monkeypatch.setattr("lib.build.cache.BYTES_KEPT", 0)
    store, (job,) = Cache(root, root / "data"), plan.jobs(root, {"as_of": "2020-01-01"})
    assert store.find(job, root / "last" / "ores.ipynb").result == new
    store.keep()
    assert new.is_file()
    assert not old.is_file()


def test_other_values_are_another_result_and_both_stay(root):
    now, then = put(root, "now"), put(root, "then", as_of="2020-01-01")
    assert now != then
    assert (find(root).result, find(root, as_of="2020-01-01").result) == (now, then)


def test_a_run_that_does_not_say_what_it_read_depends_on_every_table(root):
    (job,) = plan.jobs(root)
    Cache(root, root / "data").put(job, json.dumps({"cells": []}), {})
    assert find(root).result
    change(root, "data/metals.csv", "metal,source_id\ncerium,other\n")
    assert not find(root).result


def test_which_tables_are_read_may_itself_depend_on_a_table(root):
    first = put(root, "first", tables=["ores"])
    change(root, "data/ores.csv", "ore,source_id\ngranite,survey\n")
    second = put(root, "second", tables=["ores", "metals"])
    change(root, "data/metals.csv", "metal,source_id\ncerium,other\n")
    assert not find(root).result
    change(root, "data/ores.csv", "ore,source_id\nclay,survey\n")
    assert find(root).result == first != second


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "gone"])
def test_a_damaged_result_is_noticed_and_replaced(root, damage):
    result = put(root, "words " * 50)
    content = result.read_text()
    harmed = {"cut": content[:-20], "empty": "", "changed": content.replace("words", "swords", 1), "gone": None}[damage]
    result.unlink() if harmed is None else result.write_text(harmed)
    found = find(root)
    assert (found.result, found.why) == (None, DAMAGED)
    put(root, "words " * 50)
    assert find(root).result.read_text() == content


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '[{"result": 3}]', '[{"tables": 1, "sources": []}]', "\x00"])
def test_a_card_or_memory_that_cannot_be_read_is_none(root, text):
    put(root)
    for path in [*(root / FOLDER).glob("*/*.json"), *(root / FOLDER).glob("*.json")]:
        path.write_text(text)
    assert not find(root).result
    put(root)
    assert find(root).result


def test_two_pages_with_one_content_share_a_result_and_a_card_lists_few_states(root):
    assert put(root) == put(root, as_of="2020-01-01")
    for number in range(60):
        change(root, "data/ores.csv", f"ore,source_id\n{number},survey\n")
        put(root, str(number))
    cards = [json.loads(path.read_text()) for path in (root / FOLDER).glob("*/*.json")]
    assert max(map(len, cards)) < 60
    assert find(root).result


def test_imports_are_followed_as_python_does(root):
    (job,) = plan.jobs(root)
    code = {name for name in Fingerprints(root, root / "data").of_page(job) if name.startswith("lib/")}
    assert code == set(MODULES) - {"lib/unused.py", "lib/site/__init__.py", "lib/site/theme/book.css"}


# ------------------------------------------------------------------------------------------- a real book


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The tiny book, all of whose pages have run."""
    root = write_book(tmp_path_factory.mktemp("store") / "book")
    execute.run(plan.jobs(root), root, root / "_build" / "executed")
    return root


@pytest.fixture
def copy(book, tmp_path) -> Path:
    shutil.copytree(book, tmp_path / "copy")
    return tmp_path / "copy"


def told(root: Path, **options) -> dict[str, str]:
    """What became of each page."""
    events = []
    execute.run(
        plan.jobs(root), root, root / "_build" / "executed", progress=lambda *e: events.append(e[:2]), **options
    )
    return {name: event for name, event in events if event in ("reused", "done", "failed")}


def test_no_long_page_is_left_to_run_alone_at_the_end(copy):
    def ran() -> list[str]:
        events, folder = [], copy / "_build" / "executed"
        jobs = plan.jobs(copy, {"as_of": "2020-01-01"})
        execute.run(jobs, copy, folder, force=True, workers=1, progress=lambda *e: events.append(e[:2]))
        return [name for name, event in events if event == "started"]

    for path in (copy / "_build" / "executed").rglob("*.run.json"):
        path.unlink()
    assert ran() == ["index", "ores"], "in the order of the book, where it is not known how long they take"
    note = note_of(copy / "_build" / "executed" / "chapters" / "ores.ipynb")
    note.write_text(json.dumps(json.loads(note.read_text()) | {"seconds": 3600.0}))
    assert ran() == ["ores", "index"]
    note.write_text("{")
    assert ran() == ["ores", "index"], "it may be long"


def test_pages_that_share_a_notebook_come_last_where_none_has_run(copy):
    jobs = plan.jobs(copy)
    alone, shared = jobs[0], replace(jobs[1], page=replace(jobs[1].page, below="chapters/economies"))
    given = execute.tasks([shared, alone], copy / "nowhere")
    assert [task.job for task in execute._longest_first(given)] == [alone, shared]


def test_a_notebook_that_is_saved_while_it_runs_is_named_and_runs_again(copy):
    """Its first run saves it: a word more, as its author might."""
    path = copy / "chapters" / "ores.ipynb"
    content = json.loads(path.read_text())
    save = (
        f"import pathlib\np = pathlib.Path({str(path)!r})\n_ = p.write_text(p.read_text().replace('# Ores', '# Ore'))"
    )
    content["cells"].append({**content["cells"][-1], "source": save, "id": "save"})
    path.write_text(json.dumps(content))
    with pytest.raises(ChangedDuringBuild) as caught:
        told(copy)
    assert (caught.value.files, caught.value.pages) == (("chapters/ores.ipynb",), ("ores",))
    content["cells"][-1]["source"] = "pass"
    path.write_text(json.dumps(content).replace("# Ores", "# Ore"))
    assert told(copy) == {"index": "reused", "ores": "done"}
    assert "# Ore\\n" in (copy / "_build" / "executed" / "chapters" / "ores.ipynb").read_text()


@pytest.mark.parametrize("day", ["", "2020-01-01"])
def test_a_page_that_was_reworded_is_what_another_run_would_make_of_it(copy, day):
    def run(**options) -> dict[str, str]:
        events = []
        jobs, folder = plan.jobs(copy, {"as_of": day} if day else {}), copy / "_build" / "executed"
        execute.run(jobs, copy, folder, progress=lambda *e: events.append(e[:2]), **options)
        return {name: event for name, event in events if event in ("reused", "done", "failed")}

    run()
    path, page = copy / "chapters" / "ores.ipynb", copy / "_build" / "executed" / "chapters" / "ores.ipynb"
    content = json.loads(path.read_text())
    more = {"cell_type": "markdown", "id": "more", "metadata": {"tags": ["margin"]}, "source": ["Words\n", "added."]}
    content["cells"] = [more, *content["cells"], more | {"id": "n"}]
    path.write_text(json.dumps(content).replace("goes on to be", "stays"))
    assert run() == {"index": "reused", "ores": "reused"}
    reworded = page.read_text()
    assert reworded.count("added.") == 2
    assert "stays a sentence" in reworded
    assert run(force=True) == {"index": "done", "ores": "done"}
    assert page.read_text() == reworded


def test_one_page_that_fails_does_not_keep_others_from_running(copy):
    for name in ("index", "chapters/ores"):
        path = copy / f"{name}.ipynb"
        path.write_text(path.read_text().replace("top = 8", "top = 9"))
    broken = json.loads((copy / "index.ipynb").read_text())
    broken["cells"].append(broken["cells"][-1] | {"source": "raise ValueError('no ore')", "id": "broken"})
    (copy / "index.ipynb").write_text(json.dumps(broken))
    with pytest.raises(execute.CellFailed, match="no ore"):
        told(copy, workers=1)
    events = []
    with pytest.raises(execute.CellFailed):
        execute.run(plan.jobs(copy), copy, copy / "_build" / "executed", progress=lambda *e: events.append(e[:2]))
    assert ("ores", "reused") in events


def test_all_pages_that_fail_are_named_in_the_order_of_the_book(copy):
    for name in ("index", "chapters/ores"):
        content = json.loads((copy / f"{name}.ipynb").read_text())
        content["cells"].append({**content["cells"][-1], "cell_type": "code", "source": "1 / 0", "id": "broken"})
        content["cells"][-1] |= {"outputs": [], "execution_count": None, "metadata": {}}
        (copy / f"{name}.ipynb").write_text(json.dumps(content))
    with pytest.raises(execute.PagesFailed) as caught:
        told(copy)
    assert [failure.notebook for failure in caught.value.failures] == ["index.ipynb", "chapters/ores.ipynb"]


def test_a_damaged_copy_is_run_again(copy):
    page = copy / "_build" / "executed" / "chapters" / "ores.ipynb"
    page.write_text(page.read_text()[:100])
    result = next(path for path in (copy / FOLDER).glob("*/*.ipynb") if "Ores" in path.read_text())
    before = result.read_text()
    assert told(copy) == {"index": "reused", "ores": "reused"}, "the copy is put in place again"
    assert page.read_text() == before
    page.unlink()
    result.write_text(before[:100])
    assert told(copy)["ores"] == "done"
    assert page.read_text() == before


def test_a_fresh_book_is_found_so_without_pandas_and_sphinx(copy):
    day = schedule.plan_build(copy, copy / "data", past=False).editions[0].since
    execute.run_all(schedule.plan_build(copy, copy / "data").tasks, copy)
    html = copy / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("built")
    planned = schedule.plan_build(copy, copy / "data")
    assert day
    assert planned.stale_editions()
    record_all(planned)
    assert planned.is_fresh()
    code = (
        "import sys\nfrom lib import cli\ntry: cli.app(['build', '--why'])\nexcept SystemExit as end: code = end.code\n"
        "heavy = {'pandas', 'sphinx', 'altair', 'papermill', 'jupyter_book'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Nothing has changed" in done.stdout
    change(copy, "data/ores.csv", (copy / "data" / "ores.csv").read_text().replace("45000", "45001"))
    assert not schedule.plan_build(copy, copy / "data").is_fresh()


def record_all(planned: schedule.BuildPlan) -> None:
    """Take the site for built from what the files are now."""
    with planned.listing_files():
        pass
    for edition, key in planned.stale_editions().items():
        planned.record(edition, key)


def pretend_to_build(copy: Path, day: str) -> None:
    """Run the pages of an edition, and take its site for built."""
    planned = schedule.plan_build(copy, copy / "data", as_of=day or None)
    execute.run_all(planned.tasks, copy)
    place = planned.place(planned.editions[0])
    place.mkdir(parents=True, exist_ok=True)
    (place / "index.html").write_text("built")
    record_all(planned)


@pytest.mark.parametrize("name", ["_config.yml", "chapters/glossary.md", "CITATION.cff", "data/sources.csv"])
def test_the_site_is_stale_where_what_stands_beside_the_pages_changed(copy, name):
    planned = schedule.plan_build(copy, copy / "data")
    html = copy / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("built")
    record_all(planned)
    assert not planned.stale_editions()
    path = copy / name
    change(copy, name, (path.read_text() if path.is_file() else "") + "\n")
    assert schedule.plan_build(copy, copy / "data").stale_editions()


HARM = {
    "a page is gone": lambda html: (html / "chapters" / "ores.html").unlink(),
    "a file is cut": lambda html: (html / "facts.json").write_text("{"),
    "a letter is another": lambda html: (html / "facts.json").write_text("{'}"),
    "a page of a past edition is gone": lambda html: (html / "editions" / DAY / "index.html").unlink(),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_site_that_is_not_as_it_was_put_in_place_is_stale(copy, harm):
    (copy / "chapters" / "variants.yml").write_text(f"editions: [{DAY}]\n")
    planned = schedule.plan_build(copy, copy / "data")
    html = copy / "_build" / "html"
    for place in map(planned.place, planned.editions):
        (place / "chapters").mkdir(parents=True)
        for name in ("index.html", "chapters/ores.html"):
            (place / name).write_text("built")
        (place / "facts.json").write_text("{}")
    record_all(planned)
    assert not planned.stale_editions()
    for path in html.rglob("*.*"):
        os.utime(path, (0, 0))
    assert not planned.stale_editions(), "another time does not make another file"
    harm(html)
    stale = planned.stale_editions()
    assert stale
    record_all(planned)
    assert planned.stale_editions(), "what was harmed before something else was put in place still is"
    for edition in stale:
        planned.forget(edition)
    for path in (html / "index.html", html / "editions" / DAY / "index.html"):
        path.write_text("built")
    record_all(planned)
    assert not planned.stale_editions()


def test_a_site_whose_files_nobody_knows_is_stale(copy):
    pretend_to_build(copy, "")
    (manifest,) = (copy / "_build").rglob("site.files.json")
    for text in ("{", "[]", '{"index.html": 3}', "{}"):
        manifest.write_text(text)
        assert schedule.plan_build(copy, copy / "data", past=False).stale_editions()
    manifest.unlink()
    assert schedule.plan_build(copy, copy / "data", past=False).stale_editions()


def test_a_book_that_was_moved_is_as_fresh_as_before(copy):
    execute.run_all(schedule.plan_build(copy, copy / "data").tasks, copy)
    pretend_to_build(copy, "")
    moved = copy.with_name("moved")
    copy.rename(moved)
    assert schedule.plan_build(moved, moved / "data").is_fresh()


def test_the_site_of_a_past_day_stays_when_later_rows_come(copy):
    """The tables of the tiny book became public in 2025 and 2026; the edition is of a day between."""
    path = copy / "data" / "ores.csv"
    for day, expected in ((DAY, False), ("", True)):
        pretend_to_build(copy, day)
        before = path.read_text()
        change(copy, "data/ores.csv", before + before.splitlines()[-1].replace("2024", "2025") + "\n")
        assert bool(schedule.plan_build(copy, copy / "data", as_of=day or None).stale_editions()) is expected
        change(copy, "data/ores.csv", before)


def test_the_site_of_a_past_day_keeps_its_commit_where_that_has_all_it_shows(copy):
    def commit(*more):
        subprocess.run(["git", "commit", "-q", "--allow-empty", "-am", "a step", *more], cwd=copy, check=True)

    def stale(day):
        return bool(schedule.plan_build(copy, copy / "data", as_of=day or None).stale_editions())

    for setting in (["init", "-q"], ["config", "user.name", "A"], ["config", "user.email", "a@b.c"], ["add", "."]):
        subprocess.run(["git", *setting], cwd=copy, check=True)
    commit()
    change(copy, "notes.txt", "A note.\n")
    subprocess.run(["git", "add", "."], cwd=copy, check=True)
    for day in (DAY, ""):
        pretend_to_build(copy, day)
    assert not stale(DAY), "built from files that differ from the commit, and they still do"
    commit()
    assert stale(DAY), "there is a commit now that has all"
    for day in (DAY, ""):
        record_all(schedule.plan_build(copy, copy / "data", as_of=day or None))
    commit()
    assert not stale(DAY)
    assert stale(""), "the edition of today names the commit of today"
    change(copy, "notes.txt", "Another note.\n")
    assert not stale(DAY)
