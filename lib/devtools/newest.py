"""Try the book with the newest versions of its packages: `python -m lib.devtools.newest`, or `make newest`.

The versions are resolved as `pyproject.toml` allows them, and installed into an environment of their own; the lock and
the environment of the book stay as they are. Unit tests and one chapter show what no longer works. Status 1 where
something fails; the report is in `_build/newest/report.md`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lib import packages
from lib.paths import CHECKOUT

FOLDER = Path("_build", "newest")
TESTS = ("tests/indicators", "tests/claims", "tests/figures", "tests/importers", "tests/test_*.py")
NEED_SITE = ("test_serving", "test_cli", "test_checkouts", "test_storage", "test_documents", "test_map")
"""Tests that need a built site, or the environment in `.venv`."""
CHAPTER = "reserves"
LONGEST = 4000
"""Characters of what a failing step printed last."""


@dataclass(frozen=True)
class Step:
    """A step of the trial: what it does, whether it worked, and the end of what it printed."""

    name: str
    worked: bool
    printed: str


def main() -> int:
    """Resolve, install and try; print the report. Returns 0 where everything works."""
    folder = CHECKOUT / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    resolved = folder / "requirements.txt"
    steps = [_resolve(resolved)]
    if steps[-1].worked:
        steps.append(_install(resolved, folder / "env"))
    if steps[-1].worked and len(steps) > 1:
        python = folder / "env" / "bin" / "python"
        steps += [_test(python), _run(python)]
    found = packages.pins(resolved.read_text("utf-8")) if resolved.is_file() else []
    text = report(moved(packages.pins((CHECKOUT / "requirements.txt").read_text("utf-8")), found), steps)
    (folder / "report.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(step.worked for step in steps) else 1


def moved(locked: list[packages.Pin], found: list[packages.Pin]) -> dict[str, tuple[str, str]]:
    """Return the packages whose version is not one of those locked, with both; an added one has no old version.

    A lock for all platforms has packages that this one does not need, so that none counts as removed.
    """
    old: dict[str, set[str]] = {}
    for pin in locked:
        old.setdefault(pin.name, set()).add(pin.version)
    return {
        pin.name: (" or ".join(sorted(old.get(pin.name, ()))), pin.version)
        for pin in found
        if pin.version not in old.get(pin.name, ())
    }


def report(versions: Mapping[str, tuple[str, str]], steps: list[Step]) -> str:
    """Write what is newer than the lock and what works with it, as Markdown."""
    lines = ["# The newest packages", ""]
    lines += [f"- {name}: {'works' if step.worked else '**fails**'}" for step in steps for name in (step.name,)]
    lines += ["", f"{len(versions)} packages are newer than in the lock.", ""]
    if versions:
        lines += ["| package | in the lock | newest |", "|---|---|---|"]
        lines += [f"| {name} | {old or 'not there'} | {new} |" for name, (old, new) in sorted(versions.items())]
    for step in steps:
        if not step.worked:
            fence = "```" if "```" not in step.printed else "````"
            lines += ["", f"## {step.name}", "", fence, step.printed[-LONGEST:].strip(), fence]
    return "\n".join(lines) + "\n"


def _resolve(target: Path) -> Step:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [_uv(), "pip", "compile", "pyproject.toml", "--upgrade", "--all-extras", "--group", "test"]
    return _step("Resolving the newest versions", [*command, "--python-version", version, "-q", "-o", str(target)])


def _install(requirements: Path, environment: Path) -> Step:
    python = str(environment / "bin" / "python")
    install = [_uv(), "pip", "install", "-q", "--python", python]
    return _step(
        "Installing them",
        [_uv(), "venv", "-q", "--python", sys.executable, str(environment)],
        [*install, "-r", str(requirements)],
        [*install, "--no-deps", "--no-build-isolation", "-e", "."],
    )


def _test(python: Path) -> Step:
    paths = [path.relative_to(CHECKOUT).as_posix() for pattern in TESTS for path in sorted(CHECKOUT.glob(pattern))]
    chosen = [path for path in paths if Path(path).stem not in NEED_SITE]
    return _step("Unit tests", [str(python), "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *chosen])


def _run(python: Path) -> Step:
    return _step(f"Running the chapter {CHAPTER}", [str(python), "-m", "lib.cli", "run", CHAPTER])


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else "uv"


def _step(name: str, *commands: list[str]) -> Step:
    """Run commands one after the other, up to the first that fails."""
    printed = ""
    for command in commands:
        done = subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", env=os.environ | {"NO_COLOR": "1"}
        )
        printed += done.stdout + done.stderr
        if done.returncode:
            return Step(name, False, printed)
    return Step(name, True, printed)


if __name__ == "__main__":
    sys.exit(main())
