"""What a worker does: run one notebook with papermill, and say which cell failed.

A worker is a process of its own, on this machine or on another one. Settings of its user must not reach the book.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lib import orphans, prose
from lib.build import limits
from lib.engine import forking
from lib.errors import BookError

if TYPE_CHECKING:
    from traitlets.config import Config

Call = tuple[Callable[..., str], *tuple[object, ...]]
"""A function that runs a page, in a worker, and its arguments."""

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
TRACEBACK_LINES = 12
UNHARMED = "The site is unchanged. Pages that did not fail are kept."


@dataclass(eq=False)
class CellFailed(BookError):
    """A notebook cell that raised an error or took too much: which one, its source and the end of the traceback."""

    notebook: str
    cell: int
    source: str
    error: str
    traceback: str

    def __post_init__(self) -> None:
        super().__init__(f"{self.notebook}, cell {self.cell}: {self.error}", UNHARMED)


def settings(scratch: Path, data: Path) -> dict[str, str]:
    """Return variables of workers and kernels: the user's own Jupyter and IPython settings must not reach the book."""
    return {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "BOOK_DATA": str(data),
    }


def prepare(
    scratch: str,
    data: str,
    address: forking.Address | None,
    variables: Mapping[str, str] | None = None,
    quiet: bool = True,
) -> None:
    """Prepare a worker, which forks its kernels from the server at `address`, if there is one.

    Kernels get the `variables` too. What it and they say goes to a file in `scratch`, unless it is not to be `quiet`.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nbclient shuts its kernel down
    orphans.belong_to_owner()
    folder = Path(scratch)
    (folder / "runtime").mkdir(exist_ok=True)
    if quiet:
        os.dup2(os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)  # what kernels say as they end
    os.environ.update({**settings(folder, Path(data)), **(variables or {})})
    if address:
        from lib.engine import kernels

        kernels.use(address)


def execute(source: str, docname: str, values: Mapping[str, object], title: str, cwd: str, engine: str | None) -> str:
    """Run one notebook in a kernel of its own; returns the executed notebook as JSON text.

    Raises CellFailed, and what papermill raises where a kernel cannot be started or dies.
    """
    import logging
    import warnings

    import papermill
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    from lib.build.sanitise import publishable, written
    from lib.engine import DOCUMENT, register

    register()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    watch = limits.Watch()
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="book-") as scratch:
        warnings.simplefilter("ignore")
        try:
            notebook = papermill.execute_notebook(
                source,
                str(Path(scratch) / "executed.ipynb"),
                parameters=values or None,
                engine_name=engine or DOCUMENT,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                start_timeout=120,
                cwd=cwd,
                config=_kernel_settings(),
                extra_arguments=[
                    "--log-level=CRITICAL",
                    "--HistoryManager.hist_file=:memory:",
                    "--InteractiveShellApp.extra_extensions=lib.guard",
                ],
                **watch.options(),
            )
        except PapermillExecutionError as error:
            trace = [line for part in error.traceback for line in ANSI.sub("", part).splitlines()]
            message = f"{error.ename}: {ANSI.sub('', error.evalue)}"
            raise _cell_failed(error.cell_index, message, trace, docname, values, source) from None
        except CellTimeoutError:
            message = f"it did not end within {limits.CELL_SECONDS} seconds"
            raise _cell_failed(watch.cell, message, [], docname, values, source) from None
        except (limits.TooMuchOutput, prose.ExpressionFailed) as error:
            raise _cell_failed(watch.cell, str(error), [], docname, values, source) from None
        return written(publishable(notebook, title))


def _kernel_settings() -> Config:
    """Choose sockets instead of ports where their path is short enough: parallel kernels then never collide."""
    from traitlets.config import Config

    sockets = f"{os.environ['JUPYTER_RUNTIME_DIR']}/kernel-{os.getpid()}"
    if os.name != "posix" or len(sockets) + 2 > forking.SOCKET_PATH:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": sockets}})


def _cell_failed(
    place: int, message: str, trace: list[str], docname: str, values: Mapping[str, object], source: str
) -> CellFailed:
    """Give a failed cell its number in the author's notebook: papermill inserts a cell for given values."""
    cells = json.loads(Path(source).read_text(encoding="utf-8"))["cells"]
    tags = [cell.get("metadata", {}).get("tags", []) for cell in cells]
    parameters_cell = next((n for n, tagged in enumerate(tags) if "parameters" in tagged), 0)
    number = place - (1 if values and place > parameters_cell else 0)
    return CellFailed(
        f"{docname}.ipynb",
        number + 1,
        "".join(cells[number]["source"]),
        message,
        "\n".join([line for line in trace if line.strip("- ")][-TRACEBACK_LINES:]),
    )
