"""Notebooks made, run by either engine, and made comparable."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import signal
from dataclasses import dataclass, field
from itertools import groupby, takewhile
from pathlib import Path

import nbformat
import papermill
import pytest

from lib import engine

VOLATILE = (
    (re.compile(r"0x[0-9a-f]{6,}"), "0x"),
    (re.compile(r"ipykernel_\d+/\d+"), "ipykernel"),
    (re.compile(r"(SpawnPoolWorker|ForkPoolWorker|Thread)-\d+"), r"\1"),
    (re.compile(r"/(fork|standard)\b"), "/run"),
    (re.compile(r"vega-embed-[0-9a-f]+|altair-viz-[0-9a-f]+"), "viz"),
)
engine.register()


@dataclass
class Outcome:
    """What is left of a run: notebook as returned or saved, the error that papermill raised, and what it logged."""

    notebook: nbformat.NotebookNode | None
    error: str = ""
    log: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[dict]:
        """The cells, without what differs from run to run."""
        return [json.loads(steady(json.dumps(timeless(cell)))) for cell in self.notebook.cells]

    @property
    def metadata(self) -> dict:
        """The metadata, without times and paths."""
        kept = {k: v for k, v in self.notebook.metadata.items() if k != "papermill"}
        papermill_kept = timeless_run(self.notebook.metadata.papermill)
        return kept | {"papermill": papermill_kept}


def steady(text: str) -> str:
    """Text without addresses, process numbers and the folder of the run."""
    for pattern, instead in VOLATILE:
        text = pattern.sub(instead, text)
    return text


def timeless(cell: dict) -> dict:
    """A cell whose times are replaced by whether there are any."""
    copy = json.loads(json.dumps(cell))
    copy.pop("id", None)
    copy["metadata"]["papermill"] = timeless_run(copy["metadata"].get("papermill", {}))
    copy["metadata"]["execution"] = sorted(copy["metadata"].get("execution", {}))
    if "outputs" in copy:
        copy["outputs"] = settled(copy["outputs"], in_order="flush=True" in "".join(copy["source"]))
    return copy


def settled(outputs: list[dict], in_order: bool) -> list[dict]:
    """Outputs whose text does not tell when a kernel sent it.

    ipykernel sends what it has of a stream when asked to, before any other output, and every 0.2 s; so on a busy
    machine any engine may cut one text into several. Streams keep the order between them only where cells ask for it.
    """
    joined: list[dict] = []
    for output in outputs:
        run = list(takewhile(lambda before: before["output_type"] == "stream", reversed(joined)))
        known = {before["name"]: before for before in (run[:1] if in_order else run)}
        if output["output_type"] == "stream" and output["name"] in known:
            known[output["name"]]["text"] += output["text"]
        else:
            joined.append(dict(output))
    return joined if in_order else _by_name(joined)


def _by_name(outputs: list[dict]) -> list[dict]:
    """Outputs with the streams of each run of streams sorted by their names."""
    runs = groupby(outputs, key=lambda output: output["output_type"] == "stream")
    return [
        output for streams, run in runs for output in (sorted(run, key=lambda one: one["name"]) if streams else run)
    ]


def timeless_run(record: dict) -> dict:
    """papermill's record of a run whose times are replaced by whether there are any."""
    timed = ("start_time", "end_time", "duration", "input_path", "output_path")
    return {name: (value is not None if name in timed else value) for name, value in record.items()}


def write(path: Path, cells: list) -> Path:
    """Write a notebook of code cells, each a source or a source and its tags."""
    made = [nbformat.v4.new_markdown_cell("# A notebook")]
    for number, cell in enumerate(cells):
        source, tags = (cell, ()) if isinstance(cell, str) else cell
        made.append(nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, id=f"c{number}"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


def run(folder: Path, cells: list, name: str | None, **options) -> Outcome:
    """Run cells in a folder of their own; the file that papermill saved counts, where there is one."""
    folder = folder / (name or "standard")
    folder.mkdir(parents=True, exist_ok=True)
    source, target = write(folder / "in.ipynb", cells), folder / "out.ipynb"
    settings = {"progress_bar": False, "kernel_name": "python3", "cwd": str(folder), "engine_name": name} | options
    error = ""
    with listening() as log, pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)  # where it is set, ipykernel does not watch streams
        try:
            papermill.execute_notebook(str(source), str(target), **settings)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
    saved = nbformat.read(target, 4) if target.is_file() else None
    return Outcome(saved, steady(error), [steady(line) for line in log])


def heed_interrupts() -> None:
    """What a process does before it begins, so that it can be interrupted though these tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def listening():
    """Collect what papermill logs."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(f"{record.levelname} {record.getMessage()}")

    logger = logging.getLogger("papermill")
    handler, level = Keep(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
