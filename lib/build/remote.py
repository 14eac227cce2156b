"""What a worker of a cluster is sent: the files of the book, and a function that runs one page from them.

The function reaches the worker by its text, since the book is not installed there; so it imports the standard library
only. The notebook runs in a process of its own whose code and data are the files that were sent, in a folder of the
worker's own.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, cast

COMMAND = "from lib.build import remote; remote.main()"


def packed(files: Mapping[str, Path]) -> bytes:
    """Pack files by their names into a zip; the same files give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def run_page(content: bytes, name: str, request: Mapping[str, Any]) -> str:
    """Run one page, on a worker, from the files `content`, which are called `name`; returns what `main` prints.

    Raises RuntimeError with what the process said when it ended without an answer.
    """
    from distributed import get_worker

    folder = Path(get_worker().local_directory) / f"book-{name}"
    if not folder.is_dir():
        beside = folder.with_name(f"{folder.name}.{os.getpid()}.{threading.get_ident()}")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(beside)
        try:
            os.rename(beside, folder)
        except OSError:  # another thread was first
            shutil.rmtree(beside, ignore_errors=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "BOOK_", "DASK_"))}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        cwd=folder,
        env=environment | {"PYTHONNOUSERSITE": "1", "PYTHONHASHSEED": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    asked, answered, complained = (cast("IO[bytes]", pipe) for pipe in (process.stdin, process.stdout, process.stderr))
    complaints: list[bytes] = []
    listener = threading.Thread(target=lambda: complaints.append(complained.read()), daemon=True)
    listener.start()
    # standard input stays open: when this worker is gone, it closes, and the process ends itself
    asked.write(json.dumps(request).encode() + b"\n")
    asked.flush()
    answer = answered.read().decode("utf-8")
    code = process.wait()
    listener.join(5)
    if code or not answer:
        words = b"".join(complaints).decode("utf-8", "replace")[-2000:]
        raise RuntimeError(f"the process that ran {request['docname']} ended with code {code}: {words}")
    return answer


def main() -> None:
    """Read the request, in the process of a page, run the notebook, print the executed copy or which cell failed."""
    import signal
    import tempfile

    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    from lib.build import worker

    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything else prints is no answer
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="book-") as scratch:
        worker.prepare(scratch, str(here / "data"), None, quiet=False)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            text = worker.execute(
                str(here / request["path"]), request["docname"], request["values"], request["title"], str(here), None
            )
            result: dict[str, object] = {"executed": text}
        except worker.CellFailed as failure:
            result = {"failed": dataclasses.asdict(failure)}
    json.dump(result, answer)
    answer.close()
    os._exit(0)


def _end_with_the_worker() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), 9)


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages that a worker has, and of its Python."""
    import platform
    from importlib import metadata

    installed = {"python": platform.python_version()}
    for name in names:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = "not installed"
    return installed
