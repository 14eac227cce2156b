"""The request of the weekly run: which files are added and how, which days are compared, what a person reads."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.fetching import kept, request
from lib.fetching.kept import Record
from lib.fetching.request import Days, Outcome

ROOT = Path(__file__).resolve().parents[2]
HEADER = "country,year,value,published\n"
NEW = Days("2027-01-31", "2027-02-06", "0123456789abcdef")


def outcome(**changes) -> Outcome:
    entry = {
        "file": "MCS2027_Commodities_Data.csv",
        "feed": "usgs-mcs",
        "publisher": "U.S. Geological Survey",
        "address": "https://survey.example/1",
        "fetched": "2027-02-08",
        "sha256": "ab" * 32,
        "published": "2027-02-06",
        "exit": 0,
        "said": "12 rows are new",
    }
    return Outcome(**(entry | changes))


HELD = outcome(exit=3, said="Brazil 2026: 21 to 2,100. Confirm with --accept-jumps")


# ------------------------------------------------------------------------------------------- adding


@pytest.fixture
def book(tmp_path):
    """A `book` command that writes down how it was called, and refuses files that say so."""
    command = tmp_path / "bin" / "book"
    command.parent.mkdir()
    command.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\n"
        f"with open({str(tmp_path / 'calls')!r}, 'a') as file: print(*sys.argv[1:], sep='|', file=file)\n"
        "text = pathlib.Path(sys.argv[2]).read_text()\n"
        "print('it holds', text)\n"
        "print('on the other stream', file=sys.stderr)\n"
        "sys.exit(3 if 'jump' in text else 0)\n"
    )
    command.chmod(0o755)
    return command


def fetched(folder: Path, name: str, content: str, published: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    digest = hashlib.sha256(content.encode()).hexdigest()
    record = Record("feed", "Survey", "https://a.example/b", "2027-02-08", digest, len(content), published=published)
    kept.keep(path, record)
    return path


def test_each_file_is_added_with_its_day_and_jumps_are_never_confirmed(tmp_path, book):
    first = fetched(tmp_path / "in", "usgs/a.csv", "plain", "2027-02-06")
    second = fetched(tmp_path / "in", "wb/b.zip", "jump")
    (tmp_path / "in" / "unknown.csv").write_text("of nobody")
    outcomes = request.add(tmp_path / "in", tmp_path / "notes", str(book))
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [f"add|{first}|--published|2027-02-06", f"add|{second}"]
    assert [each.exit for each in outcomes] == [0, 3]
    assert "it holds jump" in outcomes[1].said
    assert "other stream" in outcomes[1].said
    assert request.outcomes_of(tmp_path / "notes") == outcomes


def test_without_the_command_nothing_is_added(tmp_path):
    fetched(tmp_path / "in", "a.csv", "plain")
    with pytest.raises(SystemExit, match="make"):
        request.add(tmp_path / "in", tmp_path / "notes", str(tmp_path / "no-book"))


# ------------------------------------------------------------------------------------------- days


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "book"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "reserves.csv").write_text(HEADER + "BRA,2024,21,2025-01-31\nCHN,2024,44,2025-01-31\n")
    (folder / "data" / "sources.csv").write_text("id,published\nmcs2025,2025-01-31\n")
    tables = [{"path": name} for name in ("reserves.csv", "sources.csv", "own.csv")]
    (folder / "data" / "datapackage.json").write_text(json.dumps({"resources": tables}))
    (folder / "lib").mkdir()
    (folder / "lib" / "code.py").write_text("pass\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "tables")
    return folder


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_without_a_change_there_are_no_days(repository):
    assert request.days(repository) is None


def test_the_days_enclose_what_the_new_rows_became_public_on(repository):
    append(repository / "data" / "reserves.csv", "BRA,2025,11,2026-02-06\nCHN,2025,44,2026-05-27\n")
    append(repository / "data" / "sources.csv", "mcs2026,2019-01-01\n")
    found = request.days(repository)
    assert (found.before, found.newest) == ("2026-02-05", "2026-05-27")


def test_a_new_table_counts(repository):
    (repository / "data" / "own.csv").write_text(HEADER + "BRA,2025,11,2026-02-06\n")
    assert request.days(repository).newest == "2026-02-06"


def test_rows_without_a_day_are_compared_with_yesterday(repository):
    append(repository / "data" / "reserves.csv", "BRA,2025,11,\nIND,2025,7,soon\n")
    found = request.days(repository, dt.date(2026, 11, 22))
    assert (found.before, found.newest) == ("2026-11-21", "2026-11-22")


def test_the_same_rows_have_the_same_branch_whenever_they_are_added(repository):
    append(repository / "data" / "reserves.csv", "BRA,2025,11,2026-02-06\n")
    append(repository / "data" / "sources.csv", "mcs2026,2026-02-06\n")
    first = request.days(repository)
    git(repository, "checkout", "--quiet", "data/sources.csv")
    append(repository / "data" / "sources.csv", "mcs2026,2026-02-07\n")
    assert request.days(repository).branch == first.branch
    append(repository / "data" / "reserves.csv", "IND,2025,7,2026-02-06\n")
    assert request.days(repository).branch != first.branch


def test_later_steps_are_told_whether_a_person_must_look():
    assert request.outputs(None, [outcome()]) == {"changed": "false", "look": "false"}
    assert request.outputs(None, [HELD])["look"] == "true"
    assert request.outputs(None, [outcome(exit=1)])["look"] == "true"
    assert request.outputs(None, [], "failure")["look"] == "true"
    told = request.outputs(NEW, [outcome()])
    assert (told["changed"], told["before"], told["newest"]) == ("true", NEW.before, NEW.newest)
    assert all("\n" not in value for value in told.values())


# ------------------------------------------------------------------------------------------- the text


def test_the_text_names_the_files_and_what_changes():
    text = request.text([outcome()], NEW, "| fact | before | after |")
    for part in ("MCS2027_Commodities_Data.csv", "2027-02-06", "| fact | before | after |", "abababab"):
        assert part in text
    assert "Held back" not in text
    assert "Not fetched" not in text


def test_a_held_back_jump_comes_first_with_its_words():
    text = request.text([outcome(), HELD], NEW, "moved")
    assert text.startswith("## Held back")
    assert HELD.said in text
    assert "held back" in request.title([outcome(), HELD], NEW)
    assert "held back" not in request.title([outcome()], NEW)


def test_a_jump_is_held_back_also_when_the_rest_was_added():
    assert request.text([outcome(said=HELD.said)], NEW).startswith("## Held back")


def test_what_was_refused_or_not_fetched_is_told():
    text = request.text([outcome(exit=1, said="row 7: -3 tonnes")], None, fetch="failure", log="usgs-mcs: no network")
    assert "row 7: -3 tonnes" in text
    assert "usgs-mcs: no network" in text
    assert "nothing new was added" in text
    assert "What changes" not in text


@given(st.text(st.sampled_from("`~ab\n"), max_size=80))
def test_words_of_a_program_stay_in_their_block(said):
    block = request.text([outcome(exit=1, said=said)], NEW).partition("refused them")[2]
    lines = [line for line in block.splitlines() if line.startswith("```")]
    fence = lines[0].removesuffix("text")
    inside = block.partition(f"{fence}text\n")[2].partition(f"\n{fence}\n")[0]
    assert inside == (said or "(nothing)")


@given(st.integers(0, 90_000))
def test_a_long_text_is_one_that_a_host_takes_and_leaves_no_block_open(length):
    text = request.text([outcome(exit=1, said="x" * length)] * 20, NEW, "```text\n" + "y\n" * length + "```")
    assert len(text) < 65_536
    assert sum(line.startswith("```") for line in text.splitlines()) % 2 == 0


# ------------------------------------------------------------------------------------------- opening it


@pytest.fixture
def host(repository, tmp_path, monkeypatch):
    """A repository with a remote, and a `gh` that writes down how it was called and knows no request."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "remote.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    tools = tmp_path / "tools"
    tools.mkdir()
    gh = tools / "gh"
    gh.write_text(
        f"#!{sys.executable}\nimport sys, pathlib, json\n"
        f"with open({str(tmp_path / 'gh')!r}, 'a') as file: print(json.dumps(sys.argv[1:]), file=file)\n"
        f"known = pathlib.Path({str(tmp_path / 'known')!r})\n"
        "if sys.argv[2] == 'list': print(known.read_text() if known.is_file() else '', end='')\n"
        "else: known.write_text('7'); print('https://host.example/pull/7')\n"
    )
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(repository)
    return tmp_path


def handed_on(repository: Path, notes: Path) -> Days:
    append(repository / "data" / "reserves.csv", "BRA,2025,11,2026-02-06\n")
    (repository / "data" / "own.csv").write_text(HEADER + "BRA,2025,11,2026-02-06\n")
    new = request.days(repository)
    notes.mkdir()
    (notes / "text.md").write_text(request.text([outcome()], new))
    (notes / "title.txt").write_text(request.title([outcome()], new) + "\n")
    git(repository, "add", "--intent-to-add", "data")
    (notes / "data.patch").write_text(git(repository, "diff", "--binary", "--", "data"))
    git(repository, "reset", "--quiet", "--hard")
    git(repository, "clean", "-fdq", "data")
    return new


def test_a_request_is_opened_once_for_the_same_rows(repository, host):
    notes = host / "notes"
    new = handed_on(repository, notes)
    assert "pull/7" in request.open_request(notes, new.branch, "main")
    remote = host / "remote.git"
    assert "BRA,2025,11,2026-02-06" in git(remote, "show", f"{new.branch}:data/reserves.csv")
    assert git(remote, "show", f"{new.branch}:data/own.csv").startswith(HEADER)
    [created] = [json.loads(line) for line in (host / "gh").read_text().splitlines()]
    assert created[:2] == ["pr", "create"]
    assert created[created.index("--base") + 1] == "main"
    assert created[created.index("--body-file") + 1] == str(notes / "text.md")
    git(repository, "switch", "--quiet", "main")
    assert "already" in request.open_request(notes, new.branch, "main")


def test_a_branch_whose_request_failed_gets_one_without_another_commit(repository, host):
    notes = host / "notes"
    new = handed_on(repository, notes)
    git(repository, "push", "--quiet", "origin", f"HEAD:refs/heads/{new.branch}")
    assert "pull/7" in request.open_request(notes, new.branch, "main")
    heads = git(host / "remote.git", "rev-parse", "main", new.branch).split()
    assert heads[0] == heads[1]


@pytest.mark.parametrize("branch", ["main", "--force", "new-data-x; rm", ""])
def test_no_other_branch_is_written_to(branch, tmp_path):
    with pytest.raises(SystemExit, match="branch"):
        request.open_request(tmp_path, branch, "main")


def _link(repository: Path) -> None:
    (repository / "data" / "own.csv").symlink_to("/etc/passwd")


def _link_in_place_of_a_table(repository: Path) -> None:
    (repository / "data" / "reserves.csv").unlink()
    (repository / "data" / "reserves.csv").symlink_to("../lib/code.py")


def _submodule(repository: Path) -> None:
    git(
        repository,
        "update-index",
        "--add",
        "--cacheinfo",
        f"160000,{git(repository, 'rev-parse', 'HEAD').strip()},data/own.csv",
    )


HOSTILE = {
    "code": lambda book: append(book / "lib" / "code.py", "import os\n"),
    "the check of a change": lambda book: written(book / ".ci" / "run", "exit 0\n"),
    "a workflow": lambda book: written(book / ".github" / "workflows" / "own.yml", "on: push\n"),
    "the dictionary": lambda book: (book / "data" / "datapackage.json").write_text("{}"),
    "an unknown table": lambda book: written(book / "data" / "unknown.csv", HEADER),
    "a folder": lambda book: written(book / "data" / "sub" / "reserves.csv", HEADER),
    "attributes": lambda book: written(book / "data" / ".gitattributes", "* filter=x\n"),
    "a link": _link,
    "a link in the place of a table": _link_in_place_of_a_table,
    "a submodule": _submodule,
    "a mode": lambda book: (book / "data" / "reserves.csv").chmod(0o755),
    "a new program": lambda book: written(book / "data" / "own.csv", HEADER).chmod(0o755),
    "a removed table": lambda book: (book / "data" / "reserves.csv").unlink(),
    "a renamed table": lambda book: (book / "data" / "reserves.csv").rename(book / "data" / "own.csv"),
    "bytes": lambda book: (book / "data" / "own.csv").write_bytes(b"a,b\n\x00\xff\n"),
}


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def patched(repository: Path, notes: Path, change) -> None:
    """Hand on a patch with rows of a table and a change beside them."""
    notes.mkdir()
    (notes / "text.md").write_text("text\n")
    (notes / "title.txt").write_text("title\n")
    append(repository / "data" / "sources.csv", "mcs2026,2026-02-06\n")
    change(repository)
    git(repository, "add", "--all") if change is not _submodule else git(repository, "add", "data/sources.csv")
    (notes / "data.patch").write_text(git(repository, "diff", "--cached", "--binary", "--find-renames"))
    git(repository, "reset", "--quiet", "--hard")


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_patch_of_anything_but_rows_is_not_committed(repository, host, change):
    patched(repository, host / "notes", change)
    with pytest.raises(SystemExit, match="nothing was committed"):
        request.open_request(host / "notes", "new-data-2026-02-06-0a", "main")
    assert git(host / "remote.git", "branch", "--format", "%(refname:short)").split() == ["main"]
    assert git(repository, "status", "--porcelain") == ""
    assert not (host / "gh").exists()


@pytest.mark.parametrize("path", ["../outside.csv", "/tmp/outside.csv", ".git/hooks/pre-commit", "data/../lib/code.py"])
def test_a_patch_that_leads_out_of_the_tables_is_not_committed(repository, host, path):
    patched(repository, host / "notes", lambda _: None)
    with (host / "notes" / "data.patch").open("a") as patch:
        patch.write(
            f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
        )
    with pytest.raises(SystemExit):
        request.open_request(host / "notes", "new-data-2026-02-06-0a", "main")
    assert git(host / "remote.git", "branch", "--format", "%(refname:short)").split() == ["main"]
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["data.patch", "title.txt", "text.md"])
def test_a_link_in_what_was_handed_on_is_not_followed(repository, host, name):
    notes = host / "notes"
    handed_on(repository, notes)
    (notes / name).rename(host / name)
    (notes / name).symlink_to(host / name)
    with pytest.raises(SystemExit, match="regular file"):
        request.open_request(notes, "new-data-2026-02-06-0a", "main")
    assert git(host / "remote.git", "branch", "--format", "%(refname:short)").split() == ["main"]
    assert not (host / "gh").exists()


def test_the_commands_hand_on_from_one_to_the_next(repository, host, book, capsys):
    fetched(host / "in", "usgs/a.csv", "jump", "2027-02-06")
    common = ["--notes", str(host / "notes"), "--fetched", str(host / "in"), "--book", str(book)]
    request.main(["add", *common])
    append(repository / "data" / "reserves.csv", "BRA,2026,11,2027-02-06\n")
    (host / "notes" / "diff.md").write_text("moved")
    capsys.readouterr()
    request.main(["days", *common])
    told = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert (told["changed"], told["look"], told["newest"]) == ("true", "true", "2027-02-06")
    request.main(["text", *common])
    assert capsys.readouterr().out == (host / "notes" / "text.md").read_text()
    assert "moved" in (host / "notes" / "text.md").read_text()


def test_the_last_step_needs_no_package():
    code = (
        "import sys; import lib.fetching.request; "
        "print({'requests', 'pooch', 'yaml', 'pandas', 'urllib3'} & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
