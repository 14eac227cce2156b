"""Judge the built site as a stranger's phone would: axe and Lighthouse on pages of every kind.

`python -m lib.devtools.audit` (or `make audit`) installs axe-core and Lighthouse from npm, in the versions of
`audit/package-lock.json`, serves the site compressed on this computer, prints what it finds page by page, and exits
with 1 when a page is below the standard of the book, with 2 when it cannot run. Of the hundreds of pages that one
template makes, some are judged, which takes a quarter of an hour; `--every` judges all, which takes hours. Past
editions have the templates of the current one: axe judges some pages of the newest. Pages to embed draw at once in the
frame of another site, so Lighthouse does not judge them.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lib import browser
from lib.build import editions
from lib.errors import Misused
from lib.site import directory
from lib.site.sphinx import folds

ROOT = Path(__file__).resolve().parents[2]
LOCKED = Path(__file__).with_name("audit")
TOOLS = ROOT / "_build" / "audit"
STANDARD = {"performance": 99, "accessibility": 100, "best-practices": 100, "seo": 100}
"""The least score of each category of Lighthouse, of 100."""
TIMED = "performance"
"""The category that a busy computer changes: a page that falls short in it is judged by it again."""
HEAVIEST = 120
"""KiB, compressed, that the first view of a page may load before the reader does anything."""
EMBEDDED = "embed"
PATIENCE = 180
"""Seconds for one run of Lighthouse."""
NOT_TO_BE_FOUND = '<meta name="robots" content="noindex">'
CONTRAST = "color-contrast"
RULES: dict[str, dict] = {
    "light": {"rules": {CONTRAST: {"enabled": False}}},
    "dark": {"runOnly": ["link-in-text-block"]},
}
"""What axe looks at on a whole page in each colour scheme: in the dark nothing is different but the colours."""
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".csv"}
HAS_SCHEME = """scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches
  && (document.documentElement.dataset.theme ?? scheme) === scheme"""
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
DRAW_ALL = """async () => {
  window.dispatchEvent(new Event('pointermove'));  // charts wait for a reader who moves
  const figures = [...document.querySelectorAll('.iv-figure')].filter((one) => one.querySelector('.iv-spec'));
  for (const figure of figures) {
    figure.scrollIntoView();
    for (let wait = 0; wait < 200 && !figure.dataset.drawn && !figure.dataset.failed; wait += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (let wait = 0; wait < 200 && document.querySelector('.iv-folded'); wait += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
}"""
LOOKS = """() => {
  const styles = ['color', 'background-color', 'background-image', 'opacity', 'filter', 'mix-blend-mode', 'text-shadow',
    'font-size', 'font-weight', 'position', 'visibility', 'display', 'clip-path'];
  const numbers = new Map(), looks = new Map(), found = new Map();
  const look = (element) => {
    if (!element) return 0;
    if (!looks.has(element)) {
      const style = getComputedStyle(element);
      const told = [look(element.parentElement), element.tagName, element.getAttribute('class'),
        ...styles.map((name) => style.getPropertyValue(name))].join('|');
      if (!numbers.has(told)) numbers.set(told, numbers.size + 1);
      looks.set(element, numbers.get(told));
    }
    return looks.get(element);
  };
  for (const element of document.body.querySelectorAll('*'))
    if ([...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
      if (!found.has(look(element))) found.set(look(element), element);
  return [...found.values()];
}"""
"""The first of the elements with text that look alike, by all that decides on contrast, their own and that of what they
stand in: axe takes 5 ms for an element, and a page may have ten thousand."""
VAGUE = "click (here|this)|go|(right )?here|this|start|(learn|read|see) more|more( info(rmation)?)?|information"
"""Words of a link that do not say where it leads, as Lighthouse has them for English."""
BAD_LINKS = """vague => [...document.querySelectorAll('a')].filter((link) => {
  const href = link.getAttribute('href');
  if (href === null) return !link.id;
  const leads = href.trim() && URL.canParse(href, location.href) && !/^\\s*(javascript|file):/i.test(href);
  return !leads || new RegExp(`^(${vague})$`, 'i').test(link.textContent.trim());
}).map((link) => link.outerHTML.slice(0, 200))"""
BY_LINK = ("crawlable-anchors", "link-text")
"""Audits of Lighthouse that ask the browser three questions about each link, which takes minutes where there are
thousands; BAD_LINKS asks once."""
NODE_ADVICE = (
    "The audit needs Node 18 or newer with npm. Install it (Debian: apt-get install nodejs npm; else from "
    "https://nodejs.org) and run make audit again."
)


class CannotRun(Misused):
    """The lack of Node, npm, the browser or the site; the text says what to do."""


# ------------------------------------------------------------------------------------------- tools


def install() -> Path:
    """Install axe-core and Lighthouse as locked, once a version, and return their folder. Raises CannotRun."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise CannotRun(NODE_ADVICE)
    lock = LOCKED / "package-lock.json"
    done = TOOLS / "node_modules" / ".complete"
    if not (done.is_file() and done.read_bytes() == lock.read_bytes()):
        TOOLS.mkdir(parents=True, exist_ok=True)
        for path in (LOCKED / "package.json", lock):
            shutil.copyfile(path, TOOLS / path.name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=TOOLS, check=False).returncode:
            raise CannotRun("npm could not install axe-core and Lighthouse; it says why above.")
        shutil.copyfile(lock, done)
    return TOOLS / "node_modules"


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, text compressed, as a common server sends them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        squeezed = path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
        body = compressed(path, path.stat().st_mtime_ns) if squeezed else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "public, max-age=600")
        if squeezed:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)


@cache
def compressed(path: Path, changed: int) -> bytes:
    """Compress a file; `changed` makes a new version of the file a new entry."""
    return gzip.compress(path.read_bytes(), 9)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` compressed on a free port of this computer; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


# ------------------------------------------------------------------------------------------- axe


@dataclass(frozen=True)
class Violation:
    """A rule of axe that a page breaks, and the elements that break it."""

    page: str
    scheme: str
    rule: str
    help: str
    elements: tuple[str, ...]


def axe(chromium, source: str, address: str, pages: Iterable[str]) -> Iterator[Violation]:
    """Run axe, whose code is `source`, on the pages by RULES, with charts drawn and everything unfolded."""
    for name in pages:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/{name}", wait_until="load")
        page.evaluate(DRAW_ALL)
        page.evaluate(OPEN_ALL)
        if bad := page.evaluate(BAD_LINKS, VAGUE):
            yield Violation(name, "any", "links", "Each link leads somewhere and says where", tuple(bad))
        page.evaluate(source)
        for scheme in RULES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(HAS_SCHEME, arg=scheme)
            whole = page.evaluate("rules => axe.run(document, rules)", {"resultTypes": ["violations"], **RULES[scheme]})
            looks = page.evaluate(
                f"rules => axe.run(({LOOKS})(), rules)", {"resultTypes": ["violations"], "runOnly": [CONTRAST]}
            )
            found = [*whole["violations"], *looks["violations"]]
            yield from (_violation(name, scheme, entry) for entry in found)
        page.close()


def axe_in_browsers(program: str, source: str, address: str, pages: Sequence[str]) -> list[Violation]:
    """Run axe in as many browsers at once as there are processors; each takes the next page once it has done one."""
    from playwright.sync_api import sync_playwright

    def judged(waiting: Iterator[str]) -> list[Violation]:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program, args=list(browser.FLAGS))
            try:
                return list(axe(chromium, source, address, waiting))
            finally:
                chromium.close()

    many = os.cpu_count() or 1
    with ThreadPoolExecutor(many) as pool:
        found = pool.map(judged, [iter(pages)] * many)
        return sorted(itertools.chain.from_iterable(found), key=lambda violation: pages.index(violation.page))


def _violation(page: str, scheme: str, entry: Mapping) -> Violation:
    elements = tuple(
        f"{' '.join(map(str, node['target']))} — {' '.join((node.get('failureSummary') or '').split())}"
        for node in entry["nodes"]
    )
    return Violation(page, scheme, entry["id"], entry["help"], elements)


def violations_table(violations: Sequence[Violation]) -> Table:
    """Make a table with one line a rule: what it asks, on how many pages and elements it fails, the first of them."""
    table = Table("rule", "pages", "elements", "for example", title="What axe finds")
    for rule in dict.fromkeys(violation.rule for violation in violations):
        same = [violation for violation in violations if violation.rule == rule]
        first = same[0]
        places = {(violation.page, element) for violation in same for element in violation.elements}
        pages = len({violation.page for violation in same})
        example = f"{first.page} ({first.scheme}): {first.elements[0] if first.elements else ''}"[:300]
        table.add_row(f"{rule}\n{first.help}", str(pages), str(len(places)), example)
    return table


# ------------------------------------------------------------------------------------------- Lighthouse


@dataclass(frozen=True)
class Scores:
    """Lighthouse's report on a page: scores of 100 by category, KiB of the first view, what fell short."""

    page: str
    scores: Mapping[str, float]
    weight: float
    heaviest: tuple[tuple[str, float], ...]
    short: tuple[str, ...]

    def failures(self) -> list[str]:
        """Say in words where the page is below the standard."""
        low = [
            f"{category} {score:.0f} < {STANDARD[category]}"
            for category, score in self.scores.items()
            if score < STANDARD[category]
        ]
        return low + ([f"{self.weight:.0f} KiB > {HEAVIEST} KiB"] if self.weight > HEAVIEST else [])


def lighthouse(
    modules: Path, chromium: str, address: str, page: str, runs: int, categories: Iterable[str] = STANDARD
) -> Scores:
    """Judge a page by TIMED and other categories with the defaults of Lighthouse, a middling phone. Raises CannotRun.

    A page that is too slow is judged again by its speed, up to `runs` times, and the median counts: a computer that is
    busy with something else makes a page slower, and never faster.
    """
    judge = partial(_report, modules, chromium, f"{address}/{page}")
    reports = [judge(categories)]
    while len(reports) < runs and summary(page, reports).scores[TIMED] < STANDARD[TIMED]:
        reports.append(judge([TIMED]))
    return summary(page, reports)


def _report(modules: Path, chromium: str, url: str, categories: Iterable[str]) -> dict:
    command = ["node", str(modules / "lighthouse" / "cli" / "index.js"), url, "--quiet", "--output=json"]
    command += [f"--only-categories={','.join(categories)}", "--disable-full-page-screenshot"]
    command += [f"--skip-audits={','.join(BY_LINK)}"]
    command += [f"--chrome-flags=--headless=new {' '.join(browser.FLAGS)}"]
    environment = os.environ | {"CHROME_PATH": chromium}
    try:
        result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise CannotRun(f"Lighthouse did not end within {PATIENCE} seconds on {url}.") from None
    try:
        report = json.loads(result.stdout)
    except ValueError:
        raise CannotRun(f"Lighthouse did not run on {url}: {result.stderr[-800:]}") from None
    if report.get("runtimeError"):
        raise CannotRun(f"Lighthouse could not load {url}: {report['runtimeError'].get('message')}")
    return report


def summary(page: str, reports: Sequence[Mapping]) -> Scores:
    """Return the medians of reports by category; a score that a run lacks counts as 0.

    What fell short, and the heaviest files, are those of the last report that tells them.
    """
    judged = {name: [one for one in reports if name in one["categories"]] for name in reports[0]["categories"]}
    scores = {
        name: median(round(100 * (one["categories"][name]["score"] or 0)) for one in ones)
        for name, ones in judged.items()
    }
    short = [f"{name}: {title}" for name, ones in judged.items() for title in _short(ones[-1], name)]
    loaded = [_loaded(one) for one in judged[TIMED]]
    heaviest = tuple(sorted(loaded[-1], key=lambda entry: -entry[1])[:12])
    return Scores(page, scores, median(sum(size for _, size in entry) for entry in loaded), heaviest, tuple(short))


def _short(report: Mapping, category: str) -> Iterator[str]:
    """Yield the titles of the audits that take from the score of a category."""
    for reference in report["categories"][category]["auditRefs"]:
        one = report["audits"][reference["id"]]
        counts = reference["weight"] and one["scoreDisplayMode"] in ("binary", "numeric", "error")
        if counts and (one["score"] or 0) < 0.9:
            yield one["title"]


def _loaded(report: Mapping) -> list[tuple[str, float]]:
    """List the addresses that a page loaded, and their KiB as sent; of a report with the category TIMED."""
    items = report["audits"]["network-requests"]["details"]["items"]
    return [(item["url"].split("?")[0], (item.get("transferSize") or 0) / 1024) for item in items]


def scores_table(measured: Sequence[Scores]) -> Table:
    """Make a table with one line a page."""
    table = Table("page", *STANDARD, "first view, KiB", title="Lighthouse, as on a phone")
    for entry in measured:
        scores = (f"{entry.scores[name]:.0f}" if name in entry.scores else "–" for name in STANDARD)
        table.add_row(entry.page, *scores, f"{entry.weight:.0f}")
    return table


# ------------------------------------------------------------------------------------------- command


def main(
    site: Annotated[Path, typer.Option(help="The built site.")] = ROOT / "_build" / "html",
    runs: Annotated[int, typer.Option(min=1, help="Runs of Lighthouse a page; the median counts.")] = 3,
    page: Annotated[list[str] | None, typer.Option(help="Only this page, such as chapters/reserves.html.")] = None,
    every: Annotated[bool, typer.Option("--every", help="Judge every page, not some of each kind.")] = False,
    axe_only: Annotated[bool, typer.Option("--axe-only", help="Leave Lighthouse out.")] = False,
    lighthouse_only: Annotated[bool, typer.Option("--lighthouse-only", help="Leave axe out.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Tell every element, and every file of the view.")] = False,
) -> None:
    """Judge the site; exit code 1 when it is below the standard, 2 when it cannot be judged."""
    console = Console(width=None if os.isatty(1) else 160)
    site, began = site.resolve(), time.monotonic()
    try:
        pages = page or listed(site)
        failed = False
        with tools(site) as (modules, program, address):
            if not lighthouse_only:
                chosen = pages if page or every else sampled(pages)
                failed |= _tell_axe(console, modules, program, address, chosen, details)
            if not axe_only:
                chosen = pages if page or every else sampled(alone(pages))
                categories = {name: categories_of(site / name) for name in chosen}
                failed |= _tell_lighthouse(console, modules, program, address, categories, runs, details)
    except CannotRun as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(error.status) from None
    words = "Below the standard: see above" if failed else "All that was judged is up to the standard"
    console.print(f"{words} ({(time.monotonic() - began) / 60:.1f} minutes)", highlight=False)
    raise typer.Exit(1 if failed else 0)


@contextlib.contextmanager
def tools(site: Path) -> Iterator[tuple[Path, str, str]]:
    """Have ready what an audit needs: the packages of npm, a browser, and the address of the site. Raises CannotRun."""
    if not (site / "index.html").is_file():
        raise CannotRun(f"There is no site at {site}: run make book first.")
    modules = install()
    program = browser.find()
    if program is None:
        raise CannotRun(browser.ADVICE)
    with served(site) as address:
        yield modules, program, address


def listed(site: Path) -> list[str]:
    """List the pages of a site that are there: not those that lead to a past edition."""
    paths = (path for path in site.rglob("*.html") if _is_page(path, site) and not directory.is_gone(path))
    return sorted(path.relative_to(site).as_posix() for path in paths)


def sampled(pages: Iterable[str]) -> list[str]:
    """Choose a page of each kind, but all of the first level and all chapters; of past editions only the newest."""
    newest = max((page.split("/")[1] for page in pages if _is_past(page)), default="")
    kinds: dict[tuple, list[str]] = {}
    for page in pages:
        if not _is_past(page) or page.split("/")[1] == newest:
            kinds.setdefault(_kind(page), []).append(page)
    return sorted(alike[len(alike) // 2] for alike in kinds.values())


def _kind(page: str) -> tuple[str, ...]:
    """Return what the pages have in common that one template makes; a page of its own kind has itself."""
    folder, _, name = page.rpartition("/")
    if name.endswith(f"{folds.BESIDE}.html"):
        return (folder, folds.BESIDE)
    return (page,) if folder in ("", "chapters") else (folder,)


def alone(pages: Iterable[str]) -> list[str]:
    """Leave out past editions, and pages that are shown in the frame of another one."""
    return [page for page in pages if not _is_past(page) and not page.startswith(f"{EMBEDDED}/")]


def categories_of(page: Path) -> list[str]:
    """List what a page is judged by; one that asks not to be found is not judged by how it is found."""
    hidden = NOT_TO_BE_FOUND in page.read_text(encoding="utf-8")
    return [name for name in STANDARD if name != "seo" or not hidden]


def _is_past(page: str) -> bool:
    return page.startswith(f"{editions.FOLDER}/")


def _is_page(path: Path, site: Path) -> bool:
    return not any(part.startswith(("_", ".")) for part in path.relative_to(site).parts)


def _tell_axe(console, modules: Path, program: str, address: str, pages: Sequence[str], details: bool) -> bool:
    source = (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    violations = axe_in_browsers(program, source, address, pages)
    for violation in violations if details else ():
        for element in violation.elements:
            console.print(f"{violation.rule} {violation.page} ({violation.scheme}): {element}", markup=False)
    if violations:
        console.print(violations_table(violations), markup=False)
    console.print(f"axe: {len(pages)} pages, light and dark: {len(violations) or 'no'} violations", highlight=False)
    return bool(violations)


def _tell_lighthouse(
    console, modules, program, address, pages: Mapping[str, Sequence[str]], runs: int, details: bool
) -> bool:
    """Tell the scores of pages, each judged alone, in its categories; return whether one falls short."""
    measured = []
    for name, categories in pages.items():
        entry = lighthouse(modules, program, address, name, runs, categories)
        measured.append(entry)
        for shortfall in (*entry.failures(), *(entry.short if entry.failures() or details else ())):
            console.print(f"{entry.page}: {shortfall}", markup=False, highlight=False)
        if details:
            for url, size in entry.heaviest:
                console.print(f"  {size:6.1f} KiB  {url.removeprefix(address)}", markup=False, highlight=False)
    console.print(scores_table(measured))
    return any(entry.failures() for entry in measured)


if __name__ == "__main__":
    typer.run(main)
