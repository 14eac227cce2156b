"""The ways to do the same that are measured: this build, Jupyter Book's own execution, papermill, plain Python."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import yaml

from lib.build.plan import Job
from lib.build.sanitise import entitle
from lib.errors import BookError

PAPERMILL = """
import json, logging, sys, papermill
logging.getLogger("papermill").setLevel(logging.ERROR)
for number, (path, values) in enumerate(json.load(sys.stdin)):
    papermill.execute_notebook(path, f"{sys.argv[1]}/{number}.ipynb", parameters=values, kernel_name="python3",
                               progress_bar=False, cwd=".")
"""
PLAIN = """
import contextlib, io, json, linecache, sys
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance()
for path, values in json.load(sys.stdin):
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for number, cell in enumerate(json.load(open(path, encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                source, name = "".join(cell["source"]), f"<cell {number} of {path}>"
                linecache.cache[name] = len(source), None, source.splitlines(True), name  # as IPython does
                exec(compile(source, name, "exec"), names)
                if "parameters" in cell["metadata"].get("tags", []):
                    names |= values
"""
EXECUTE = """
import json, sys, time
from pathlib import Path
from lib.build import execute, plan
from lib.build.plan import Job, Page
root, target, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
jobs = []
for docname, path, title, values in json.load(sys.stdin):
    jobs.append(plan.job(root, Page(docname, Path(path), title=title, values=values)))
ran = {}
began = time.perf_counter()
execute.run(jobs, root, target, workers=workers, explain=ran.__setitem__)
print(json.dumps({"seconds": time.perf_counter() - began, "ran": ran}))
"""
LIVE = """
import json, sys, time
from pathlib import Path
from lib.build import execute
from lib.engine import forking
from lib.live.page import Live
from lib.site.resident import Resident
root, name, file, before, after = Path(sys.argv[1]), *sys.argv[2:]
page, path, taken = Live(root, root / "data", name, {}), root / file, {}
text = path.read_text(encoding="utf-8")
code = json.loads(text)
next(cell for cell in code["cells"] if cell["cell_type"] == "code")["source"].append("\\nchanged = 1")
sphinx = Resident(page.folder / "source", page.folder)
with sphinx, execute.kept_pool(root, root / "data", forking.WARM) as pool:
    page.make(sphinx, pool)
    for kind, changed in (("prose", text.replace(before, after, 1)), ("code", json.dumps(code))):
        path.write_text(changed, encoding="utf-8")
        began = time.perf_counter()
        page.make(sphinx, pool)
        taken[kind] = time.perf_counter() - began
note = json.loads((page.folder / "executed" / f"{page.page.docname}.run.json").read_text(encoding="utf-8"))
path.write_text(text, encoding="utf-8")
print(json.dumps(taken | {"run": note["seconds"]}))
"""
FRESH = """
import json, sys, time
began = time.perf_counter()
from pathlib import Path
from lib.build import plan
from lib.build.cache import Cache
root = Path(sys.argv[1])
cache, jobs = Cache(root, root / "data"), plan.jobs(root)
found = [cache.find(job, root / "_build" / "executed" / f"{job.page.docname}.ipynb").result for job in jobs]
print(json.dumps({"seconds": time.perf_counter() - began, "pages": len(found), "fresh": sum(map(bool, found))}))
"""


READY = "Open "
"""What `book build` says of a site that is in place."""


class WayFailed(BookError):
    """A measured way that ended with an error; the text is what it said."""


def said(command: Sequence[str], folder: Path, given: object = None) -> str:
    """Run a command in the copy of the book at `folder` and return what it prints. Raises WayFailed."""
    text, variables = json.dumps(given), _variables(folder)
    done = subprocess.run(command, cwd=folder, input=text, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WayFailed(f"{' '.join(command)[:80]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _variables(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(folder), "BOOK_DATA": str(folder / "data"), "PYTHONHASHSEED": "0"}


def seconds(command: Sequence[str], folder: Path, given: object = None) -> float:
    """Return the seconds that such a command takes. Raises WayFailed."""
    began = time.perf_counter()
    said(command, folder, given)
    return time.perf_counter() - began


def executed(jobs: Sequence[Job], folder: Path, target: Path, workers: int) -> dict:
    """Execute by this build without a site; returns `seconds`, and `ran`: the stale pages, each with the reason."""
    given = [[job.page.docname, str(job.page.path), job.page.title, dict(job.given)] for job in jobs]
    return json.loads(said([sys.executable, "-c", EXECUTE, str(folder), str(target), str(workers)], folder, given))


def live(folder: Path, name: str, file: str, before: str, after: str) -> dict:
    """Follow a page of the copy at `folder`; returns seconds after a change of `prose` and `code`, and its `run`."""
    return json.loads(said([sys.executable, "-c", LIVE, str(folder), name, file, before, after], folder))


def fresh(folder: Path) -> dict:
    """Plan all pages and find that they are fresh; returns `seconds`, `pages`, and how many are `fresh`."""
    return json.loads(said([sys.executable, "-c", FRESH, str(folder)], folder))


def this_build(folder: Path, *options: str) -> float:
    """Time `book build` of the copy at `folder`, from what is in its `_build`."""
    return seconds([sys.executable, "-m", "lib.cli", "build", *options], folder)


@contextlib.contextmanager
def watching(folder: Path) -> Iterator[Callable[[Path, Callable[[str], str]], float]]:
    """Have `book build --watch` follow the copy at `folder`.

    Yields a function that changes the text of a file, which stays changed, and returns the seconds until the site is
    ready. It raises WayFailed.
    """
    command = [sys.executable, "-m", "lib.cli", "build", "--watch"]
    process = subprocess.Popen(
        command, cwd=folder, env=_variables(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )

    def wait() -> None:
        if not any(READY in line for line in process.stdout or ()):
            raise WayFailed(f"{' '.join(command)} ended with {process.wait()}")

    def built_again(path: Path, change: Callable[[str], str]) -> float:
        text = change(path.read_text(encoding="utf-8"))
        began = time.perf_counter()
        path.write_text(text, encoding="utf-8")
        wait()
        return time.perf_counter() - began

    try:
        wait()
        yield built_again
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def papermill_one_by_one(jobs: Sequence[Job], folder: Path, scratch: Path) -> float:
    """Time each notebook by papermill's own engine, one after the other in one process."""
    scratch.mkdir(parents=True, exist_ok=True)
    return seconds([sys.executable, "-c", PAPERMILL, str(scratch)], folder, _told(jobs))


def plain_python(jobs: Sequence[Job], folder: Path) -> float:
    """Time the code of all notebooks in one plain process: what nothing can be faster than on one core."""
    return seconds([sys.executable, "-c", PLAIN], folder, _told(jobs))


def jupyter_book(staged: Path, folder: Path, execute: str, output: Path) -> float:
    """Time Jupyter Book alone on a staged book: `execute` as in its settings."""
    settings = yaml.safe_load((staged / "_config.yml").read_text(encoding="utf-8"))
    settings["execute"] |= {"execute_notebooks": execute, "timeout": -1}
    (staged / "_config.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    command = "from jupyter_book.cli.main import main; main()"
    options = ["build", str(staged), "--path-output", str(output), "--quiet", "--keep-going"]
    return seconds([sys.executable, "-c", command, *options], folder)


def unexecuted(staged: Path, jobs: Sequence[Job], target: Path) -> Path:
    """Copy the staged book with its notebooks as they are before they run, with the values of their pages in them."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    shutil.copytree(staged, target)
    for job in jobs:
        notebook = load_notebook_node(str(job.page.path))
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        if job.given:
            notebook = parameterize_notebook(notebook, dict(job.given), kernel_name="python3", language="python")
        if job.page.title:
            entitle(notebook, job.page.title)
        nbformat.write(notebook, target / f"{job.page.docname}.ipynb")
    return target


def _told(jobs: Sequence[Job]) -> list:
    return [[str(job.page.path), dict(job.given)] for job in jobs]
