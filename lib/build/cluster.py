"""The workers of a Dask cluster as an executor: they share no disk with the book, so its files are sent to them.

A worker that dies gives its pages back to the scheduler, which has another one run them. The packages of the workers
must be those of the book; its code and data need not be there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from lib.build import fingerprint, remote
from lib.build.worker import Call, CellFailed
from lib.disk import files
from lib.errors import BookError

if TYPE_CHECKING:
    from distributed import Client, Future

ADDRESS_SECONDS = 15
WORKER_SECONDS = 30
SAME_VERSIONS = ("pandas", "altair", "vl-convert-python", "numpy", "pyarrow", "papermill", "ipykernel")


class ClusterError(BookError):
    """A cluster that cannot run the book: not reachable, without workers, or with other packages."""

    remedy = "Nothing was run."


class Cluster:
    """A connection to a scheduler whose workers have the files of the book; see `connected`."""

    def __init__(self, client: Client, executor: Executor, root: Path, content: Future[bytes], name: str):
        self._client, self._content, self._name, self._root = client, content, name, root
        self.executor = executor

    @property
    def size(self) -> int:
        """Return how many pages it runs at the same time."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def call(self, path: Path, docname: str, values: Mapping[str, object], title: str) -> Call:
        """Return the function that runs a page on a worker, and its arguments."""
        place = path.relative_to(self._root).as_posix()
        request = {"path": place, "docname": docname, "values": values, "title": title}
        return remote.run_page, self._content, self._name, request


def read(answer: str) -> str:
    """Read the executed notebook from the answer of a worker. Raises CellFailed."""
    outcome = json.loads(answer)
    if "failed" in outcome:
        raise CellFailed(**outcome["failed"])
    return str(outcome["executed"])


@contextlib.contextmanager
def connected(address: str, root: Path, data: Path) -> Iterator[Cluster]:
    """Send the book to the workers of the scheduler at `address`. Raises ClusterError."""
    try:
        import cloudpickle
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "dask.distributed is not installed; install the extra: pip install 'industrial-vitamins[cluster]'"
        ) from None
    cloudpickle.register_pickle_by_value(remote)
    try:
        client = Client(address, timeout=ADDRESS_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"there is no scheduler at {address}: {error}") from None
    try:
        _check(client, address)
        content = remote.packed(_files(root, data))
        name = hashlib.sha256(content).hexdigest()[:16]
        sent = client.scatter(content, broadcast=True, hash=False)
        executor = client.get_executor()
        yield Cluster(client, executor, root, sent, name)
        executor.shutdown()
    finally:
        client.close()
        cloudpickle.unregister_pickle_by_value(remote)


def _check(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise ClusterError(f"the scheduler at {address} has no workers; start some: dask worker {address}") from None
    there = client.run(remote.versions, SAME_VERSIONS)
    here = remote.versions(SAME_VERSIONS)
    for worker, theirs in there.items():
        other = [
            f"{name} {theirs[name]} and not {version}" for name, version in here.items() if theirs[name] != version
        ]
        if other:
            raise ClusterError(f"the worker {worker} has {', '.join(other)}; install requirements.txt there")


def _files(root: Path, data: Path) -> dict[str, Path]:
    """Collect what running a page needs, by name: code, tables, notebooks, and what the book is called."""
    code = fingerprint.package_of(root)
    paths = {path.relative_to(code.parent).as_posix(): path for path in files.tree(code)}
    paths |= {f"data/{path.relative_to(data).as_posix()}": path for path in files.tree(data)}
    notebooks = [*root.glob("*.ipynb"), *(root / "chapters").rglob("*.ipynb")]
    paths |= {path.relative_to(root).as_posix(): path for path in notebooks}
    cited = root / "CITATION.cff" if (root / "CITATION.cff").is_file() else code.parent / "CITATION.cff"
    return paths | {cited.name: cited}
