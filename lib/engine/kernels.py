"""Kernels that are forked from a warm process, for jupyter_client: owner of that process, provisioner, manager, client.

Where a kernel cannot be forked, it is started as always, and the log of papermill says once why.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.log import logger
from traitlets import DottedObjectName, default

from lib.engine.server import LAUNCHER, Request

WARM = ("pandas", "altair")
ROOT = Path(__file__).resolve().parents[2]
SOCKET_PATH = 104  # bytes that every Unix allows for the path of a socket
WARM_UP_SECONDS = 60
POLL_SECONDS = 0.005
AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "ARROW_", "MALLOC_")
"""Beginnings of the names of variables that Python and its libraries read once: they must be those of the server."""


class Unavailable(Exception):
    """Kernels cannot be forked here; the text says why."""


def obstacle() -> str:
    """Why kernels cannot be forked on this platform; empty where they can."""
    if not hasattr(os, "fork"):
        return f"{sys.platform} cannot fork processes"
    if sys.platform == "darwin":
        return "forking after imports is unsafe on macOS: its system libraries use threads"
    return ""


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
                [sys.executable, "-c", "from lib.engine import server; server.main()", str(listener.fileno()), *modules],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr if log else None,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def close(self) -> None:
        """End the process and the kernels that still run; nothing where that is done."""
        if os.getpid() != self._owner or self._process.stdin.closed:
            return
        atexit.unregister(self.close)
        self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Address:
    """Where a server listens, and the variables that it was started with: can be handed to other processes."""

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
        """The exit code, None while the kernel runs."""
        return self._result(0)

    def wait(self) -> int:
        """Wait for the end of the kernel and return the exit code."""
        return self._result(None)

    def _result(self, timeout: float | None) -> int | None:
        if self.returncode is None and self._connection.poll(timeout):
            try:
                self.returncode = self._connection.recv()
            except (EOFError, OSError):
                self.returncode = -1  # the server has ended, and its kernels with it
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel. Raises ProcessLookupError where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


_own: dict[frozenset, Server] = {}
_given: list[Address] = []
_lock = threading.Lock()
_said: set[str] = set()


def use(address: Address) -> None:
    """Fork the kernels of this process from a server of another one."""
    _given[:] = [address]


def at_start(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that are read once, when Python starts or a library is imported."""
    return {name: value for name, value in env.items() if name.startswith(AT_START)}


def _address(env: Mapping[str, str]) -> Address:
    """A server that was started as a kernel with this environment would be. Raises Unavailable."""
    variables = at_start(env)
    for address in _given:
        if address.variables == variables:
            return address
    key = frozenset(variables.items())
    with _lock:
        if key not in _own or _own[key]._process.poll() is not None:
            _own[key] = Server(env=dict(env))
        return _own[key].address


def _fork(command: Sequence[str], env: dict[str, str], cwd: str) -> Process:
    program, *arguments = command
    is_ours = shutil.which(program) and os.path.realpath(shutil.which(program)) == os.path.realpath(sys.executable)
    if not is_ours or arguments[:2] != ["-m", LAUNCHER]:
        raise Unavailable(f"the kernel is not that of this Python: {' '.join(command[:3])}")
    env = {**env, "JPY_PARENT_PID": str(os.getpid())}
    return _address(env).fork(Request(arguments[2:], env, cwd))


def _say(problem: Unavailable) -> None:
    if str(problem) not in _said:
        _said.add(str(problem))
        logger.warning(f"Kernels are started the standard way: {problem}")


class ForkProvisioner(LocalProvisioner):
    """Forks a kernel from the server, or starts it as a program."""

    async def launch_kernel(self, cmd: list[str], **kwargs):
        """Start the kernel and return how to reach it. Raises OSError where it cannot be started at all."""
        cwd = os.fspath(kwargs.get("cwd") or os.getcwd())
        try:
            self.process = _fork(cmd, kwargs.get("env") or dict(os.environ), cwd)
        except Unavailable as problem:
            _say(problem)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = cwd
        return self.connection_info


class ForkedKernelClient(AsyncKernelClient):
    """The client of a kernel, which is ready as soon as it answers."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its output arrives: the standard client then sleeps for 0.2 s more.

        Raises RuntimeError when the kernel dies or `timeout` seconds have passed.
        """
        began = time.monotonic()
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=0.2)
                self._handle_kernel_info_reply(reply)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if timeout is not None and time.monotonic() - began > timeout:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")


class ForkedKernelManager(AsyncKernelManager):
    """The manager of a kernel that is forked where it can be."""

    client_class = DottedObjectName(f"{__name__}.ForkedKernelClient", config=True)

    @default("transport")
    def _transport(self) -> str:
        return "ipc" if hasattr(socket, "AF_UNIX") else "tcp"

    @default("ip")
    def _ip(self) -> str:
        if self.transport != "ipc":
            return "127.0.0.1"
        return os.path.join(tempfile.gettempdir(), f"kernel-{uuid.uuid4().hex[:12]}")

    async def _async_pre_start_kernel(self, **options):
        if self.provisioner is None and "kernel_provisioner" not in (self.kernel_spec.metadata or {}):
            self.kernel_id = self.kernel_id or str(uuid.uuid4())
            self.provisioner = ForkProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_wait(self, pollinterval: float = POLL_SECONDS) -> None:
        await super()._async_wait(min(pollinterval, POLL_SECONDS))
