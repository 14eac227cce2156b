"""A warm process that forks kernels: `python -c "from lib.engine import server; server.main()" LISTENER OWNER MODULE…`.

It imports ipykernel and the modules named, and has one thread. Whoever connects to its socket, the open file
LISTENER, sends standard output and standard error of the kernel to be, then a `Request`, and is sent the number of
the process, or why there is none; when the kernel has ended, its exit code. A connection that is closed before ends
its kernel. The standard input of the server, once closed, ends the server and all of its kernels; while it warms up,
so does the end of the process OWNER, where that is not 0.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import sysconfig
import threading
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import cast

from lib import orphans

LAUNCHER = "ipykernel_launcher"
ENDING_SECONDS = 0.02
KERNEL_MODULES = ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "psutil")


@dataclass(frozen=True)
class Request:
    """A kernel to fork: the arguments that its launcher gets, its environment and working directory."""

    arguments: list[str]
    env: dict[str, str]
    cwd: str


def main() -> None:
    """Warm up and fork kernels until standard input is closed; returns in each kernel when that has ended."""
    number, owner, *modules = sys.argv[1:]
    if int(owner):
        orphans.end_with(int(owner), watching=False)  # it could not fork beside a thread
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger of kernels warns on standard error
    before = dict(os.environ)
    warm = _warm(modules)
    set_by_imports = {name: value for name, value in os.environ.items() if before.get(name) != value}
    orphans.signal_at_its_end(0)  # from here on the server notices by itself, and ends its kernels first
    with socket.socket(fileno=int(number)) as listener:
        _Server(listener, warm, set_by_imports).serve()


@dataclass(frozen=True)
class _Warm:
    """Traces of imports: where modules came from, by top-level name, and the filters that they put before others."""

    origins: dict[str, str]
    filters: list[tuple]


def _warm(modules: Iterable[str]) -> _Warm:
    """Import what kernels need and the modules named.

    pandas asks, as it is imported, whether it is in a kernel: the answer must be what a kernel would give.
    """
    _import_all(KERNEL_MODULES)
    before, filters = set(sys.modules), warnings.filters[:]
    builtins.get_ipython = lambda: SimpleNamespace(kernel=True, config={"IPKernelApp": {}})  # type: ignore[attr-defined]
    try:
        _import_all(modules)
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
    names = {name.partition(".")[0] for name in {*sys.modules} - before} | {__name__.partition(".")[0]}
    origins = {name: _origin(getattr(sys.modules.get(name), "__spec__", None)) for name in names}
    added = [rule for rule in warnings.filters if rule not in filters]
    gc.collect()
    gc.freeze()  # collections in a kernel then leave the shared pages alone
    return _Warm({name: origin for name, origin in origins.items() if origin}, added)


def _import_all(modules: Iterable[str]) -> None:
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _origin(spec) -> str | None:
    return spec.origin if spec and spec.has_location else None


class _Server:
    """The loop of the process: connections, and kernels by the number of their process."""

    def __init__(self, listener: socket.socket, warm: _Warm, env: dict[str, str]):
        self._listener = listener
        self._warm = warm
        self._env = env
        self._kernels: dict[int, Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._ended, self._wake = os.pipe()
        self._kernel: tuple[Request, list[int]] | None = None

    def serve(self) -> None:
        """Fork a kernel for each connection; returns in each kernel when that has ended."""
        os.set_blocking(self._wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who then closes standard input
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for source, act in ((0, self._stop), (self._ended, self._reap), (self._listener, self._accept)):
            self._selector.register(source, selectors.EVENT_READ, act)
        while self._kernel is None:
            for key, _ in self._selector.select():
                key.data(key.fileobj)
                if self._kernel:
                    break
        request, streams = self._kernel
        _settle(request, streams)
        os.environ.update(self._env)
        _run_kernel(request, self._warm)

    def _stop(self, _) -> None:
        for pid in self._kernels:
            _kill(pid)
        os._exit(0)

    def _accept(self, _) -> None:
        client, _ = self._listener.accept()
        _, streams, _, _ = socket.recv_fds(client, 1, 2)
        connection = Connection(client.detach())
        try:
            self._fork(connection, connection.recv(), streams)
        except (EOFError, OSError) as error:
            with contextlib.suppress(OSError):
                connection.send(f"{type(error).__name__}: {error}")
            connection.close()
        finally:
            if self._kernel is None:
                for stream in streams:
                    os.close(stream)

    def _fork(self, connection: Connection, request: Request, streams: list[int]) -> None:
        if threading.active_count() > 1:
            raise OSError("a module that notebooks import starts threads")
        server, pid = os.getpid(), os.fork()
        if pid == 0:
            self._kernel = request, streams  # whatever happens from here on, this process is no server
            orphans.end_with(server)
            self._leave(connection)
            return
        self._kernels[pid] = connection
        self._selector.register(connection, selectors.EVENT_READ, self._abandon)
        with contextlib.suppress(OSError):
            connection.send(pid)

    def _leave(self, connection: Connection) -> None:
        """Let go, in a kernel, of all that belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        others: list[Connection | socket.socket] = [connection, self._listener, *self._kernels.values()]
        for other in others:
            other.close()
        os.close(self._ended)
        os.close(self._wake)

    def _abandon(self, connection: Connection) -> None:
        """End a kernel for which nobody waits any more; it may just have ended by itself."""
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.unregister(connection)
        for pid, other in self._kernels.items():
            if other is connection:
                _kill(pid)

    def _reap(self, _) -> None:
        os.read(self._ended, 4096)
        for pid in list(self._kernels):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                connection = self._kernels.pop(pid)
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(connection)
                with contextlib.suppress(OSError):
                    connection.send(os.waitstatus_to_exitcode(status))
                connection.close()


def _kill(pid: int) -> None:
    """End a kernel with all that it started; one that has just been forked leads no group yet."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


def _settle(request: Request, streams: list[int]) -> None:
    """Take the place that a process started anew would have: session, streams, directory, environment."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for stream, number in ((null, 0), *zip(streams, (1, 2), strict=True)):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)


def _run_kernel(request: Request, warm: _Warm) -> None:
    """Run ipykernel's own application to its end."""
    launcher = _origin(_find(LAUNCHER))
    sys.argv = [launcher or LAUNCHER, *request.arguments]
    if sys.path[:1] == [""]:
        del sys.path[0]  # the kernel puts it where it belongs
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # else every kernel draws the same numbers
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize(request.arguments)
    _put_first(warm.filters)
    _forget_shadowed(warm.origins)
    app.start()
    for stream in (sys.stdout, sys.stderr):  # the thread that answers may wait for one that has just been stopped
        stream.flush_timeout = ENDING_SECONDS  # type: ignore[union-attr]  # they are those of ipykernel


def _put_first(rules: list[tuple]) -> None:
    """Order the filters of warnings as where modules are imported by the notebook, so after the kernel set its own."""
    others = [rule for rule in warnings.filters if rule not in rules]
    cast("list[tuple]", warnings.filters)[:] = [*rules, *others]


def _forget_shadowed(origins: dict[str, str]) -> None:
    """Forget warm modules where the notebook would import others of that name: a file beside it comes first."""
    beside = {entry.name.partition(".")[0] for entry in os.scandir()}
    installed = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    for name, origin in origins.items():
        if (name in beside or not origin.startswith(installed)) and _origin(_find(name)) != origin:
            for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
                del sys.modules[loaded]


def _find(name: str):
    """Return the spec that an import of a module that is not loaded would find."""
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    return next((spec for spec in specs if spec), None)
