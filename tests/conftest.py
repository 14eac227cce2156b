"""What all tests share: settings for kernels, the built site, a browser."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from lib import browser

# A property is no test of time: machines are small and noisy.
settings.register_profile("book", deadline=None)
settings.load_profile("book")

ROOT = Path(__file__).resolve().parents[1]

# Kernels started by nbval must not read the settings of the person at the keyboard, nor need a home to write to.
_scratch = tempfile.TemporaryDirectory(prefix="book-tests-")
for _name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
    os.environ[_name] = str(Path(_scratch.name) / _name.lower())
os.environ |= {"JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_PLATFORM_DIRS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site, or the one that BOOK_SITE names. `make test` builds it; a plain pytest needs `make book`."""
    folder = Path(os.environ.get("BOOK_SITE") or ROOT / "_build" / "html").resolve()
    if not (folder / "index.html").is_file():
        pytest.fail("there is no site to test: run make book first, or make test, which does", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def chromium():
    """A running headless browser; a failure says how to get one, BOOK_SKIP_BROWSER=1 skips."""
    if os.environ.get("BOOK_SKIP_BROWSER") == "1":
        pytest.skip("BOOK_SKIP_BROWSER=1")
    path = browser.find()
    if path is None:
        pytest.fail(browser.ADVICE, pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(browser.FLAGS))
        yield running
        running.close()


@pytest.fixture
def no_fonts(tmp_path) -> dict[str, str]:
    """What makes a computer one without fonts."""
    settings = tmp_path / "fonts.conf"
    settings.write_text(f"<fontconfig><dir>{tmp_path}/none</dir></fontconfig>", encoding="utf-8")
    return {"FONTCONFIG_FILE": str(settings), "FONTCONFIG_PATH": str(tmp_path), "HOME": str(tmp_path)}
