"""Pictures of charts, drawn by vl-convert: in this process, or in one or several others, for a whole build.

vl-convert takes a third of a second to get ready, which a build pays once when one process draws for all. While it
draws, no other thread of its process runs. Who draws makes no difference to the picture. Needs nothing but vl-convert,
so that the process starts at once.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.connection import Client, Connection
from pathlib import Path
from types import ModuleType
from typing import cast

from lib import orphans
from lib.paths import CHECKOUT, LIB

ADDRESS = "BOOK_DRAWING"
"""The variable that names the socket of the process that draws."""
FONTS = LIB / "figures" / "assets" / "fonts"
"""The fonts of the book, which charts name before all others: pictures must not depend on what a computer has."""
SOCKET_PATH = 104  # bytes that every Unix allows for the path of a socket
WAITING = 64
"""How many kernels may wait for an answer to their first word."""
COMMAND = "from lib import drawing, orphans; orphans.end_with({owner}); drawing.serve()"
KEPT = 512
VIEW_BOX = re.compile(r'\bviewBox="0 0 ([\d.]+) ([\d.]+)"')

_connections: dict[tuple[int, str], Connection] = {}
_pools: list[Executor] = []


def svg(spec: dict, vl_version: str) -> str:
    """Draw a Vega-Lite specification as SVG. Raises ValueError for one that cannot be drawn."""
    return cast("str", _drawn("svg", json.dumps(spec), vl_version, 1.0))


def png(spec: dict, vl_version: str, scale: float) -> bytes:
    """Draw a Vega-Lite specification as PNG, `scale` pixels for one. Raises ValueError for one that cannot be drawn."""
    return cast("bytes", _drawn("png", json.dumps(spec), vl_version, scale))


def raster(picture: str, scale: float) -> bytes:
    """Turn an SVG into a PNG, `scale` pixels for one. Raises ValueError for one that cannot be drawn."""
    return cast("bytes", _drawn("raster", picture, "", scale))


@contextlib.contextmanager
def apart(count: int) -> Iterator[None]:
    """Have what this process asks for within the block drawn in up to `count` others, so that its threads go on.

    Threads that ask must be there until the block ends: those processes end with the thread that was the first to ask.
    """
    context = multiprocessing.get_context("spawn")  # forking beside other threads may deadlock
    with ProcessPoolExecutor(count, context, initializer=orphans.belong_to_owner) as pool:
        _pools.append(pool)
        try:
            yield
        finally:
            _pools.remove(pool)
            pool.shutdown(cancel_futures=True)


def size(picture: str) -> tuple[str, str]:
    """Read width and height from a chart drawn as SVG, as they are in it. Raises ValueError where they do not."""
    match = VIEW_BOX.search(picture)
    if match is None:
        raise ValueError('the SVG of a chart has no viewBox="0 0 WIDTH HEIGHT", so its size is not known')
    return match[1], match[2]


def _drawn(kind: str, spec: str, vl_version: str, scale: float) -> str | bytes:
    address = os.environ.get(ADDRESS)
    if address:
        with contextlib.suppress(OSError, EOFError):
            connection = _connection(address)
            connection.send((kind, spec, vl_version, scale))
            picture, problem = connection.recv()
            if problem:
                raise ValueError(problem)
            return picture
        _connections.pop((os.getpid(), address), None)
    for pool in _pools:
        with contextlib.suppress(BrokenProcessPool):
            return pool.submit(_draw, kind, spec, vl_version, scale).result()
    return _draw(kind, spec, vl_version, scale)


def _draw(kind: str, spec: str, vl_version: str, scale: float) -> str | bytes:
    if kind == "raster":
        try:
            return converter().svg_to_png(spec, scale=scale)
        except RuntimeError as problem:  # whose message goes on with a backtrace
            raise ValueError(f"not an SVG that can be drawn: {str(problem).splitlines()[0]}") from None
    if kind == "svg":
        return converter().vegalite_to_svg(spec, vl_version=vl_version)
    return converter().vegalite_to_png(spec, vl_version=vl_version, scale=scale)


@lru_cache(maxsize=1)
def converter() -> ModuleType:
    """Return vl-convert, set up to draw the same everywhere: with the fonts of the book, in one time zone."""
    os.environ["TZ"] = "UTC"  # else days stand a little elsewhere on an axis in every other zone
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


def _connection(address: str) -> Connection:
    """Return the connection of this process, made when first needed. Raises OSError at once where nobody listens."""
    key = (os.getpid(), address)
    if key not in _connections:
        _connections[key] = Client(address, "AF_UNIX")
    return _connections[key]


# ------------------------------------------------------------------------------------------- the process that draws


@contextlib.contextmanager
def process(folder: Path) -> Iterator[dict[str, str]]:
    """Run a process that draws, with its socket in `folder`; yields the variables that lead to it, if there is one."""
    address = str(folder / "drawing")
    if os.name != "posix" or len(os.fsencode(address)) > SOCKET_PATH:
        yield {}
        return
    root = str(CHECKOUT)
    # It listens before the process starts, and nobody but the process does: who connects is served, or knows at once.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(WAITING)
        code = [sys.executable, "-c", COMMAND.format(owner=os.getpid()), str(listener.fileno()), address]
        made = subprocess.Popen(
            code, stdin=subprocess.PIPE, cwd=root, start_new_session=True, pass_fds=[listener.fileno()]
        )
    with made:
        try:
            yield {ADDRESS: address}
        finally:
            if made.stdin:
                made.stdin.close()
            made.terminate()


_kept = lru_cache(maxsize=KEPT)(_draw)
"""The same chart is in several editions."""


def serve() -> None:
    """Draw for whoever connects to the socket whose number is the first argument, until standard input is closed."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)


def _accept(listener: socket.socket) -> None:
    while True:
        connection = Connection(listener.accept()[0].detach())
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: Connection) -> None:
    with contextlib.suppress(OSError, EOFError):
        while True:
            asked = connection.recv()
            answer: tuple[str | bytes | None, str]
            try:
                answer = (_kept(*asked), "")
            except ValueError as problem:
                answer = (None, str(problem))
            connection.send(answer)
