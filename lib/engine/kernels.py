"""Kernels that are forked from a warm process, for jupyter_client: provisioner, client and manager.

Where a kernel cannot be forked, it is started as always, and the log of papermill says once why.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from queue import Empty
from typing import TYPE_CHECKING, cast

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.log import logger
from traitlets import DottedObjectName, default

from lib.engine.forking import SOCKET_PATH, Address, Process, Server, Unavailable, at_start
from lib.engine.server import LAUNCHER, Request

if TYPE_CHECKING:
    import subprocess

POLL_SECONDS = 0.005
SOCKET_SECONDS = 5
_own: dict[frozenset, Server] = {}
_given: list[Address] = []
_lock = threading.Lock()
_said: set[str] = set()


def use(address: Address) -> None:
    """Fork the kernels of this process from a server of another one."""
    _given[:] = [address]


def _address(env: Mapping[str, str]) -> Address:
    """Return the address of a server in the environment `env`, started if there is none. Raises Unavailable."""
    variables = at_start(env)
    for address in _given:
        if address.variables == variables:
            return address
    key = frozenset(variables.items())
    with _lock:
        if key not in _own or _own[key].has_ended:
            _own[key] = Server(env=dict(env))
        return _own[key].address


def _fork(command: Sequence[str], env: dict[str, str], cwd: str) -> Process:
    program, *arguments = command
    if os.path.abspath(program) != os.path.abspath(sys.executable) or arguments[:2] != ["-m", LAUNCHER]:
        raise Unavailable(f"the kernel is not that of this Python: {' '.join(command[:3])}")
    if not all(map(os.path.isabs, (env.get("PYTHONPATH") or os.sep).split(os.pathsep))):
        raise Unavailable("PYTHONPATH has a relative path, which means another folder for each kernel")
    env = {**env, "JPY_PARENT_PID": str(os.getpid())}
    return _address(env).fork(Request(arguments[2:], env, cwd))


def _say(problem: Unavailable) -> None:
    if str(problem) not in _said:
        _said.add(str(problem))
        logger.warning(f"Kernels are started the standard way: {problem}")


def _sockets() -> str:
    """Return the beginning of the paths of a kernel's sockets: parallel kernels then never collide on ports."""
    return os.path.join(tempfile.gettempdir(), f"kernel-{uuid.uuid4().hex[:12]}")


class ForkProvisioner(LocalProvisioner):
    """A provisioner that forks a kernel from the server, or starts it as a program."""

    async def launch_kernel(self, cmd: list[str], **kwargs):
        """Start the kernel and return how to reach it. Raises OSError where it cannot be started at all."""
        cwd = os.fspath(kwargs.get("cwd") or os.getcwd())
        try:
            forked = _fork(cmd, kwargs.get("env") or dict(os.environ), cwd)
        except Unavailable as problem:
            _say(problem)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast("subprocess.Popen[bytes]", forked)
        self.pid = self.pgid = forked.pid
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
                await self.iopub_channel.get_msg(timeout=0.02)
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
        return "ipc" if os.name == "posix" and len(os.fsencode(_sockets())) + 2 <= SOCKET_PATH else "tcp"

    @default("ip")
    def _ip(self) -> str:
        return _sockets() if self.transport == "ipc" else "127.0.0.1"

    async def _async_pre_start_kernel(self, **options):
        spec = self.kernel_spec
        if self.provisioner is None and spec and "kernel_provisioner" not in (spec.metadata or {}):
            self.kernel_id = self.kernel_id or str(uuid.uuid4())
            self.provisioner = ForkProvisioner(kernel_id=self.kernel_id, kernel_spec=spec, parent=self)
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_post_start_kernel(self, **options) -> None:
        """Wait for the kernel's sockets: a client that comes before them tries again a tenth of a second later."""
        await super()._async_post_start_kernel(**options)
        if self.transport != "ipc":
            return
        sockets = [f"{self.ip}-{port}" for port in self.ports]
        deadline = time.monotonic() + SOCKET_SECONDS
        while not all(map(os.path.exists, sockets)) and time.monotonic() < deadline and await self._async_is_alive():
            await asyncio.sleep(POLL_SECONDS)

    post_start_kernel = _async_post_start_kernel

    async def _async_wait(self, pollinterval: float = POLL_SECONDS) -> None:
        await super()._async_wait(min(pollinterval, POLL_SECONDS))
