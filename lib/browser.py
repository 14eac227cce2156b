"""Find a Chromium-like browser for the tests of the site, or install one where that is possible.

`python -m lib.browser` prints the browser's path; it installs one first if there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb")
"""Tests often run as root in a container: no sandbox, little shared memory."""
ADVICE = (
    "No browser for the tests of the site. Install Chromium or Chrome (Debian: apt-get install chromium), or run "
    "`.venv/bin/python -m playwright install --with-deps chromium`, or name one with BOOK_BROWSER=/path/to/chrome. "
    "BOOK_SKIP_BROWSER=1 skips these tests."
)


def find() -> str | None:
    """Return the path of a browser that starts: BOOK_BROWSER, one on PATH, or playwright's own; None if none does."""
    named = os.environ.get("BOOK_BROWSER")
    candidates = [named] if named else [*map(shutil.which, NAMES), *APPLICATIONS, _playwrights_own()]
    return next((path for path in candidates if path and _starts(path)), None)


def _playwrights_own() -> str | None:
    """Return the browser that `playwright install` downloads, if it is there."""
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception:
        return None  # playwright raises various errors where its driver does not run: then there is none
    return path if Path(path).is_file() else None


def _starts(path: str) -> bool:
    """Return whether the program answers: on Ubuntu `chromium-browser` may be a stub that asks for a snap."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and any(c.isdigit() for c in answer.stdout)


def install() -> str | None:
    """Install a browser: Debian's package where the user may, else playwright's download. None when neither works."""
    for commands in (_with_apt(), [[sys.executable, "-m", "playwright", "install", "chromium"]]):
        if commands and all(_succeeds(command) for command in commands):
            path = find()
            if path:
                return path
    return None


def _with_apt() -> list[list[str]]:
    if not shutil.which("apt-get"):
        return []
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and not (shutil.which("sudo") and _succeeds(["sudo", "-n", "true"])):
        return []
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    return [[*apt, "update"], [*apt, "install", "--no-install-recommends", "chromium", "fonts-liberation"]]


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, stdout=sys.stderr, timeout=900, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    path = find() or install()
    print(path or ADVICE, file=sys.stdout if path else sys.stderr)
    sys.exit(0 if path else 1)
