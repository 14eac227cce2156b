"""The request to change the data that the weekly run makes: what was fetched, what was added, what a person must see.

    python -m lib.fetching.request add      run `book add` on each fetched file; what it said goes to outcomes.json
    python -m lib.fetching.request days     for $GITHUB_OUTPUT: whether data/ changed, the days to compare, a branch
    python -m lib.fetching.request text     the text of the request as Markdown, to text.md and the standard output
    python -m lib.fetching.request open     commit data.patch to a branch of its own and open a request with gh

Needs no package, since the last step runs where none is installed. A jump that `book add` holds back is never
confirmed here: the request says so, and a person decides.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import datetime as dt
import hashlib
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.fetching import kept

NOTES = Path("_build") / "request"
FETCHED = Path("_build") / "fetched"
BOOK = ".venv/bin/book"
CONFIRMS_JUMPS = "--accept-jumps"
"""The option that `book add` names when it holds back figures that jump; it is for persons."""
LONGEST = 60_000
"""Characters of a request; a public host takes 65,536."""
LONGEST_WORDS = 4_000
ADD_SECONDS = 3600
DICTIONARY = "data/datapackage.json"
REGULAR, ABSENT = "100644", "000000"
"""Modes in git: a file that is no program and no link, and none."""
AUTHOR = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


@dataclass(frozen=True)
class Outcome:
    """The result of `book add` for a file: its exit code and its words; the rest is the record of the file."""

    file: str
    feed: str
    publisher: str
    address: str
    fetched: str
    sha256: str
    published: str
    exit: int
    said: str

    @property
    def is_held_back(self) -> bool:
        """Tell whether figures jump and have to wait for a person."""
        return CONFIRMS_JUMPS in self.said

    @property
    def needs_person(self) -> bool:
        return self.is_held_back or self.exit != 0


@dataclass(frozen=True)
class Days:
    """The new rows in data/: the day before the first became public, the day of the last, and a hash of the rows."""

    before: str
    newest: str
    digest: str

    @property
    def branch(self) -> str:
        """Name the branch after the rows, so that the same rows open one request only."""
        return f"new-data-{self.newest}-{self.digest[:8]}"


# ------------------------------------------------------------------------------------------- adding


def add(fetched: Path, notes: Path, book: str = BOOK) -> list[Outcome]:
    """Run `book add` on each file that has a record, with its day of publication where that is known."""
    outcomes = []
    for path, record in kept.files(fetched):
        command = [book, "add", str(path), *(["--published", record.published] if record.published else [])]
        code, words = _run(command)
        details = {name: getattr(record, name) for name in ("feed", "publisher", "address", "fetched", "sha256")}
        outcomes.append(Outcome(path.name, **details, published=record.published, exit=code, said=words))
    notes.mkdir(parents=True, exist_ok=True)
    content = [dataclasses.asdict(outcome) for outcome in outcomes]
    (notes / "outcomes.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return outcomes


def _run(command: list[str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=ADD_SECONDS, errors="replace"
        )
    except FileNotFoundError:
        raise SystemExit(f"there is no command {command[0]}: run make first") from None
    except subprocess.TimeoutExpired:
        return 1, f"ended after {ADD_SECONDS} s"
    return done.returncode, done.stdout.strip()


def outcomes_of(notes: Path) -> list[Outcome]:
    """Read the outcomes that `add` wrote; none where it wrote none."""
    path = notes / "outcomes.json"
    return [Outcome(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


# ------------------------------------------------------------------------------------------- what is new


def days(root: Path = Path(), today: dt.date | None = None) -> Days | None:
    """Find what data/ has that the last commit has not; None if nothing changed."""
    changed = [name for name in _git(root, "status", "--porcelain", "-uall", "-z", "--", "data").split("\0") if name]
    if not changed:
        return None
    rows = sorted(_new_rows(root, (name[3:] for name in changed)))
    figures = [row for row in rows if row[0] != "data/sources.csv"] or rows
    public_days = sorted(day for _, day, _ in figures if _is_day(day))
    today = today or dt.date.today()
    first, last = (public_days[0], public_days[-1]) if public_days else (today.isoformat(), today.isoformat())
    before = dt.date.fromisoformat(first) - dt.timedelta(days=1)
    digest = hashlib.sha256("\n".join(map(repr, figures)).encode()).hexdigest()
    return Days(before.isoformat(), last, digest)


def _new_rows(root: Path, names: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield rows that a table did not have before: the file, the day on which the row became public, its cells."""
    for name in names:
        path = root / name
        if path.suffix != ".csv" or not path.is_file():
            continue
        before = Counter(tuple(row.values()) for row in _rows(_git(root, "show", f"HEAD:./{name}", may_fail=True)))
        for row in _rows(path.read_text(encoding="utf-8")):
            cells = tuple(row.values())
            if before[cells] > 0:
                before[cells] -= 1
            else:
                yield name, row.get("published") or "", cells


def _rows(text: str) -> list[dict[str, str]]:
    return [
        {str(name): str(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _git(root: Path, *arguments: str, may_fail: bool = False) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    if done.returncode and not may_fail:
        raise SystemExit(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return "" if done.returncode else done.stdout


def outputs(new: Days | None, outcomes: Iterable[Outcome], fetch: str = "success") -> dict[str, str]:
    """Return the values for later steps of the run."""
    look = fetch != "success" or any(outcome.needs_person for outcome in outcomes)
    values = {"changed": str(new is not None).lower(), "look": str(look).lower()}
    return values | ({"before": new.before, "newest": new.newest, "branch": new.branch} if new else {})


# ------------------------------------------------------------------------------------------- the text


def title(outcomes: Iterable[Outcome], new: Days | None) -> str:
    """Write the title: `New data: U.S. Geological Survey (public 2027-02-06), some held back`."""
    outcomes = list(outcomes)
    publishers = list(dict.fromkeys(outcome.publisher for outcome in outcomes if not outcome.exit))
    named = f": {', '.join(publishers)}" if publishers else ""
    public = f" (public {new.newest})" if new else ""
    held = ", some held back" if any(outcome.is_held_back for outcome in outcomes) else ""
    return f"New data{named[:120]}{public}{held}"


def text(outcomes: list[Outcome], new: Days | None, diff: str = "", fetch: str = "success", log: str = "") -> str:
    """Write the request as Markdown: what a person must look at, the files, what changes in the book."""
    held = [outcome for outcome in outcomes if outcome.is_held_back]
    refused = [outcome for outcome in outcomes if outcome.exit and not outcome.is_held_back]
    parts = [
        _section("Held back: figures that jump", _HELD, held),
        _section("Not taken", "These files were fetched, and `book add` refused them. It said:", refused),
        f"## Not fetched\n\nNot every file could be fetched:\n\n{_quoted(log)}" if fetch != "success" else "",
        _files(outcomes),
        f"## What changes in the book\n\n{_compared(new)}\n\n{diff.strip() or 'Nothing.'}" if new else "",
    ]
    if not new:
        parts.insert(0, "The tables are as they were: nothing new was added.")
    whole = "\n\n".join(filter(None, parts)) + "\n"
    return whole if len(whole) <= LONGEST else whole[:LONGEST].rstrip() + _open_fence(whole[:LONGEST]) + _SHORTENED


_HELD = (
    "`book add` held these figures back because they differ from the tables by more than revisions do. They are not "
    "in this request. Compare them with the publisher's own page; if they are right, add them with "
    f"`book add FILE {CONFIRMS_JUMPS}`. It said:"
)
_SHORTENED = "\n\n…\n\nThe rest is in the files of the run.\n"


def _section(heading: str, introduction: str, outcomes: list[Outcome]) -> str:
    if not outcomes:
        return ""
    files = "\n\n".join(f"{_code(outcome.file)} of {outcome.feed}:\n\n{_quoted(outcome.said)}" for outcome in outcomes)
    return f"## {heading}\n\n{introduction}\n\n{files}"


def _files(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return "## Files\n\nNo file was fetched."
    rows = [
        f"| {_code(outcome.file)} | {outcome.publisher} | {outcome.published or 'not said'} | {outcome.fetched} "
        f"| {_what_became(outcome)} | `{outcome.sha256[:16]}…` |"
        for outcome in outcomes
    ]
    head = ["| file | publisher | published | fetched | outcome | SHA-256 |", "|---|---|---|---|---|---|"]
    return "\n".join(["## Files", "", *head, *rows])


def _what_became(outcome: Outcome) -> str:
    if outcome.is_held_back:
        return "held back"
    return "not taken" if outcome.exit else "read"


def _compared(new: Days) -> str:
    return f"The book as known on {new.before} and on {new.newest}, by `book diff`:"


def _code(name: str) -> str:
    return f"`{name.replace('`', '').replace('|', '')}`"


def _quoted(words: str) -> str:
    """Quote words of a program in a block of their own, from which they cannot break out."""
    words = words if len(words) <= LONGEST_WORDS else words[:LONGEST_WORDS] + "\n…"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence}text\n{words or '(nothing)'}\n{fence}"


def _open_fence(whole: str) -> str:
    """Return the end of the block that a cut left open, if there is one."""
    opened = ""
    for fence in re.findall(r"^(`{3,})", whole, flags=re.MULTILINE):
        opened = "" if fence == opened else (opened or fence)
    return f"\n{opened}" if opened else ""


# ------------------------------------------------------------------------------------------- opening it


def open_request(notes: Path, branch: str, onto: str) -> str:
    """Commit data.patch to a branch and open a request for it; a branch that is there already is left as it is.

    Raises SystemExit, with nothing committed, for a patch that changes anything but the text of known tables.
    """
    if not re.fullmatch(r"new-data-[0-9a-f-]+", branch):
        raise SystemExit(f"{branch!r} is not a branch of this run")
    patch, head, body = (_handed_on(notes, name) for name in ("data.patch", "title.txt", "text.md"))
    title = head.read_text(encoding="utf-8").strip()
    if _did("git", "ls-remote", "--heads", "origin", branch):
        if _did("gh", "pr", "list", "--head", branch, "--state", "all", "--json", "number", "--jq", ".[].number"):
            return f"There is already a request with the same rows: {branch}"
    else:
        _push(patch, branch, title)
    return _did("gh", "pr", "create", "--head", branch, "--base", onto, "--title", title, "--body-file", str(body))


def _push(patch: Path, branch: str, message: str) -> None:
    name, address = AUTHOR
    _did("git", "apply", "--cached", str(patch))  # to the index alone: no file is written
    if problems := list(_beside_rows()):
        _did("git", "reset", "--quiet")
        raise SystemExit("The patch changes more than table rows, so nothing was committed:\n" + "\n".join(problems))
    _did("git", "switch", "--create", branch)
    _did("git", "-c", f"user.name={name}", "-c", f"user.email={address}", "commit", "--message", message)
    _did("git", "reset", "--quiet", "--hard")
    _did("git", "push", "origin", f"HEAD:refs/heads/{branch}")


def _handed_on(notes: Path, name: str) -> Path:
    """Return the path of a file that the job before handed on, and refuse a link.

    That job runs code of others, so a link may lead anywhere.
    """
    path = notes / name
    if path.is_symlink() or not path.is_file():
        raise SystemExit(f"{path} is not a regular file, so nothing was committed")
    return path


def _beside_rows() -> Iterator[str]:
    """Yield each change of the index but those to the text of tables that the last commit's dictionary names.

    Read from what git made of the patch, not from its text, so that there is no second reading to disagree with.
    """
    dictionary = json.loads(_did("git", "show", f"HEAD:{DICTIONARY}"))
    paths = {f"data/{entry['path']}" for entry in dictionary["resources"]}
    changes = ["git", "diff", "--cached", "--no-renames", "--no-ext-diff", "-z"]
    *raw, _ = _did(*changes, "--raw", "HEAD").split("\0")
    for header, path in zip(raw[::2], raw[1::2], strict=True):
        before, after, _, _, status = header.removeprefix(":").split()
        if path not in paths:
            yield f"{path!r}: {DICTIONARY} has no such table"
        elif after != REGULAR or before not in (REGULAR, ABSENT):
            what = "is removed" if status == "D" else f"has the mode {after} instead of {REGULAR}"
            yield f"{path!r}: it {what}"
    yield from (
        f"{line[4:]!r}: it is not text"
        for line in _did(*changes, "--numstat", "HEAD").split("\0")
        if line.startswith("-\t-\t")
    )


def _did(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


# ------------------------------------------------------------------------------------------- the commands


def main(arguments: list[str] | None = None) -> None:
    """Run the step that the arguments name; see the docstring of the module."""
    parser = argparse.ArgumentParser(prog="python -m lib.fetching.request", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("add", "days", "text", "open"))
    parser.add_argument("--fetched", type=Path, default=FETCHED, help="folder of the fetched files")
    parser.add_argument("--notes", type=Path, default=NOTES, help="folder of the files that the steps hand on")
    parser.add_argument("--book", default=BOOK, help="the book command")
    parser.add_argument("--fetch", default="success", help="how fetching ended: success or failure")
    parser.add_argument("--branch", default="", help="for open: the branch that days named")
    parser.add_argument("--onto", default="main", help="for open: the branch that is to change")
    given = parser.parse_args(arguments)
    {"add": _add, "days": _days, "text": _text, "open": _open}[given.what](given)


def _add(given: argparse.Namespace) -> None:
    for outcome in add(given.fetched, given.notes, given.book):
        print(f"{outcome.feed}: {outcome.file}: {_what_became(outcome)}")


def _days(given: argparse.Namespace) -> None:
    for name, value in outputs(days(), outcomes_of(given.notes), given.fetch).items():
        print(f"{name}={value}")


def _text(given: argparse.Namespace) -> None:
    given.notes.mkdir(parents=True, exist_ok=True)
    outcomes, new = outcomes_of(given.notes), days()
    whole = text(outcomes, new, _read(given.notes / "diff.md"), given.fetch, _read(given.notes / "fetch.txt"))
    (given.notes / "text.md").write_text(whole, encoding="utf-8")
    (given.notes / "title.txt").write_text(title(outcomes, new) + "\n", encoding="utf-8")
    sys.stdout.write(whole)


def _open(given: argparse.Namespace) -> None:
    print(open_request(given.notes, given.branch, given.onto))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


if __name__ == "__main__":
    main()
