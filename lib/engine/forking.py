"""The process from which kernels are forked, seen from outside: its owner, its address, and a forked process.

Needs the standard library only, so that a program can have the process warm up while it imports the rest.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, cast

from lib.engine.server import Request
from lib.paths import CHECKOUT

WARM = ("pandas", "altair")
WARM_UP_SECONDS = 60
SOCKET_PATH = 104  # bytes that every Unix allows for the path of a socket
AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "ARROW_", "MALLOC_")
"""Beginnings of the names of variables that Python and its libraries read once: they must be those of the server."""


class Unavailable(Exception):
    """A reason why kernels cannot be forked here, which is its text."""


def obstacle() -> str:
    """Return why kernels cannot be forked on this platform; empty where they can."""
    if not hasattr(os, "fork"):
        return f"{sys.platform} cannot fork processes"
    if sys.platform == "darwin":
        return "forking after imports is unsafe on macOS: its system libraries use threads"
    return ""


def at_start(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are read once, when Python starts or a library is imported."""
    return {name: value for name, value in env.items() if name.startswith(AT_START)}


def _owner() -> int:
    """Return the process with which a server ends; 0 in a thread, whose end would be taken for that of the process."""
    return os.getpid() if threading.current_thread() is threading.main_thread() else 0


class Server:
    """The process from which kernels are forked. It ends with `close`, and with the process that made it."""

    def __init__(self, modules: Sequence[str] = WARM, env: Mapping[str, str] | None = None, log: Path | None = None):
        """Start to import `modules` in the environment `env`; what the process says goes to the file `log`.

        Raises Unavailable.
        """
        if problem := obstacle():
            raise Unavailable(problem)
        env = dict(os.environ if env is None else env)
        self._owner = os.getpid()
        self._folder = tempfile.mkdtemp(prefix="fork-")
        self.address = Address(f"{self._folder}/server", at_start(env))
        with socket.socket(socket.AF_UNIX) as listener, open(log or os.devnull, "ab") as stderr:
            try:
                listener.bind(self.address.path)
            except OSError as error:
                shutil.rmtree(self._folder)
                raise Unavailable(f"{self.address.path}: {error}") from None
            listener.listen()
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "from lib.engine import server; server.main()",
                    str(listener.fileno()),
                    str(_owner()),
                    *modules,
                ],
                cwd=CHECKOUT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr if log else None,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Return whether the process has ended, for whatever reason."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process and the kernels that still run; do nothing where that is done."""
        if os.getpid() != self._owner or self._stdin.closed:
            return
        atexit.unregister(self.close)
        self._stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Address:
    """The address of a server and the variables that it was started with: can be handed to other processes."""

    def __init__(self, path: str, variables: Mapping[str, str]):
        self.path = path
        self.variables = dict(variables)

    def fork(self, request: Request) -> Process:
        """Have a kernel forked, once the server is warm. Raises Unavailable."""
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(self.path)
            socket.send_fds(client, [b"\0"], [1, 2])
        except OSError as error:
            client.close()
            raise Unavailable(f"the process to fork from is not there: {error}") from None
        connection = Connection(client.detach())
        try:
            connection.send(request)
            answer = connection.recv() if connection.poll(WARM_UP_SECONDS) else "the process to fork from hangs"
        except (EOFError, OSError) as error:
            answer = f"the process to fork from has ended: {error}"
        if isinstance(answer, str):
            connection.close()
            raise Unavailable(answer)
        return Process(answer, connection)


class Process:
    """A forked kernel, with what jupyter_client uses of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: Connection):
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def poll(self) -> int | None:
        """Return the exit code, None while the kernel runs."""
        if self.returncode is None and self._connection.poll(0):
            return self._receive()
        return self.returncode

    def wait(self) -> int:
        """Wait for the end of the kernel and return the exit code."""
        return self._receive() if self.returncode is None else self.returncode

    def _receive(self) -> int:
        """Wait for the exit code that the server sends."""
        try:
            code: int = self._connection.recv()
        except (EOFError, OSError):
            code = -1  # the server has ended, and its kernels with it
        self._connection.close()
        self.returncode = code
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel. Raises ProcessLookupError where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)
