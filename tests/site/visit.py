"""Open a page of the site as a reader would, and note everything that goes wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from lib.build import plan

ROOT = Path(__file__).resolve().parents[2]
PAGES = plan.pages(ROOT)
EVERY = [page.docname for page in PAGES]
KINDS = ("germany", "iceland", "taiwan", "eu27")
"""Of the pages that share a notebook: one with much to show, one with little, one that does not report, and a union."""
DOCNAMES = [page.docname for page in PAGES if not page.title or page.name in KINDS]
"""The pages that are opened in a browser, with their charts; what can be read from files is tested for every page."""
GIVEN_UP = "net::ERR_ABORTED"
"""The page was left while it loaded a chart, or scripts are off and it asked for one early."""
DRAWN_WITHIN = 30_000  # milliseconds; a busy machine loads the bundle slowly


@dataclass
class Visit:
    """An open page and the troubles it had: console errors, failed requests, requests to other hosts."""

    page: object
    troubles: list[str] = field(default_factory=list)

    def sideways(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    def charts(self) -> int:
        """How many figures hold a chart that scripts can draw."""
        return self.page.locator(".iv-figure:has(script.iv-spec)").count()

    def draw_charts(self) -> list[str]:
        """Scroll to each chart; the names of those that are not drawn in time."""
        missing = []
        self.page.mouse.move(9, 9)  # charts wait for a reader who moves
        for chart in self.page.locator(".iv-figure:has(script.iv-spec)").all():
            chart.scroll_into_view_if_needed()
            name = chart.get_attribute("data-name")
            try:
                selector = f'.iv-figure[data-name="{name}"][data-drawn="true"]'
                self.page.wait_for_selector(selector, state="attached", timeout=DRAWN_WITHIN)
            except Exception as error:
                missing.append(f"{name}: {type(error).__name__}")
        return missing


@contextlib.contextmanager
def visit(
    chromium, address: str, width: int = 1280, scheme: str = "light", scripts: bool = True, at_once: bool = True
) -> Iterator[Visit]:
    """Open `address` in a fresh window; only this computer and the disk may be asked for anything.

    What the page leaves for a browser that is idle is done `at_once`, so that a busy machine sees what others see.
    """
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    if at_once:
        context.add_init_script("window.requestIdleCallback = (act) => act();")
    page = context.new_page()
    seen = Visit(page)

    def guard(route) -> None:
        parts = urlsplit(route.request.url)
        if parts.scheme in ("file", "data", "blob") or parts.hostname in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            seen.troubles.append(f"asks another host: {route.request.url}")
            route.abort()

    def note_message(message) -> None:
        if message.type == "error":
            seen.troubles.append(f"console: {message.text}")

    def note_failure(request) -> None:
        if request.failure != GIVEN_UP:
            seen.troubles.append(f"failed: {request.url} ({request.failure})")

    def note_answer(response) -> None:
        if response.status >= 400:
            seen.troubles.append(f"{response.status}: {response.url}")

    page.route("**/*", guard)
    page.on("console", note_message)
    page.on("pageerror", lambda error: seen.troubles.append(f"script error: {error}"))
    page.on("requestfailed", note_failure)
    page.on("response", note_answer)
    page.goto(address, wait_until="load")
    yield seen
    context.close()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` on a free port of this computer; yields its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
