"""The monthly look at the data and the packages, and the issues that it opens; `monthly.yml` of the workflows runs it.

    python -m lib.devtools.monthly data       `book check` and `book fetch`: what needs a person, to data.md
    python -m lib.devtools.monthly packages   `make newest`: what no longer works, to packages.md
    python -m lib.devtools.monthly ask        open an issue for each file that says something, with gh

The last step needs no package. A file that says nothing is empty, and opens no issue.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

TITLES = {
    "data.md": "Monthly check: the data need a person",
    "packages.md": "Monthly check: the book fails with the newest packages",
}
NOTHING = "No problems in"
"""How the line of `book check` begins that says that all is well."""
LONGEST = 60_000
"""Characters of an issue; a public host takes 65,536."""


def data_notes(check: tuple[int, str], fetch: tuple[int, str]) -> str:
    """Write what `book check` and `book fetch` said that a person must see; each is given as its status and words."""
    status, words = check
    left = [line for line in words.splitlines() if status or not line.startswith(NOTHING)]
    text = _section("What `book check` says", "\n".join(left))
    if fetch[0]:
        text += _section("A publisher did not answer as expected", fetch[1])
    return text


def _section(heading: str, words: str) -> str:
    if not words.strip():
        return ""
    fence = "`" * 4 if "```" in words else "```"
    return f"## {heading}\n\n{fence}\n{words.strip()}\n{fence}\n\n"


def data(notes: Path) -> None:
    """Check the tables and fetch the newest files, and leave what needs a person in data.md."""
    book = [sys.executable, "-m", "lib.cli"]
    _leave(notes / "data.md", data_notes(_run(*book, "check"), _run(*book, "fetch")))


def newest(notes: Path) -> None:
    """Try the newest packages, and leave the report in packages.md where something fails."""
    status, words = _run(sys.executable, "-m", "lib.devtools.newest")
    _leave(notes / "packages.md", words if status else "")


def ask(notes: Path) -> list[str]:
    """Open an issue for each file that says something, unless one of its title is open; return the titles."""
    opened = []
    for path in sorted(notes.rglob("*.md")):
        title, text = TITLES.get(path.name), path.read_text(encoding="utf-8")
        if title and text.strip() and not _is_open(title):
            command = ["gh", "issue", "create", "--title", title, "--body", text[:LONGEST]]
            subprocess.run(command, check=True)
            opened.append(title)
    return opened


def _is_open(title: str) -> bool:
    command = ["gh", "issue", "list", "--state", "open", "--limit", "200", "--json", "title", "--jq", ".[].title"]
    return title in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _leave(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(text or f"{path.name}: nothing to do")


def _run(*command: str) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def main(arguments: list[str] | None = None) -> None:
    """Do the step that is named."""
    steps = {"data": data, "packages": newest, "ask": ask}
    parser = argparse.ArgumentParser(prog="python -m lib.devtools.monthly", description=__doc__)
    parser.add_argument("step", choices=steps)
    parser.add_argument("--notes", type=Path, required=True, metavar="DIR", help="the folder of what is handed on")
    given = parser.parse_args(arguments)
    steps[given.step](given.notes)


if __name__ == "__main__":
    main()
