"""A server of the built site for its author: files below one folder and nothing else, to this computer only.

A page of another site may ask a browser for an address here under a name of its own (DNS rebinding), so only requests
for a name of this computer are answered.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lib.live import page

LIVE = "/_live"
LOOPBACK = "127.0.0.1"
NAMES = {"localhost", LOOPBACK, "[::1]"}
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
PACKED = ("text/", "application/javascript", "application/json", "image/svg+xml")
"""Types of files that are sent compressed to a browser that takes it."""
WAITING_SECONDS = 30


class Server(ThreadingHTTPServer):
    """A server of `folder` on a port of this computer; 0 takes a free one. Raises OSError where the port is taken."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int, host: str = LOOPBACK, state: page.State | None = None):
        """With the `state` of a page that is made again and again, the address LIVE tells what happens to it."""
        self.names, self.state = NAMES | {host}, state
        super().__init__((host, port), partial(_Handler, directory=str(folder.resolve())))

    def handle_error(self, request, client_address) -> None:
        """Do nothing: a browser that leaves, or speaks no HTTP, is no fault of the site."""


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = WAITING_SECONDS
    server: Server

    def log_message(self, *args) -> None:
        pass

    def send_head(self):
        """Answer GET and HEAD with the file as asked for, or an error."""
        host = re.sub(r":\d+$", "", self.headers.get("Host", "")).lower()
        if host not in self.server.names:
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        if self.server.state and self.path == LIVE:
            return self._tell(self.server.state)
        path = self._file()
        if path is None:
            return self._refuse(HTTPStatus.NOT_FOUND)
        if path.is_dir():
            return self._to_folder()
        content, kind = path.read_bytes(), self.guess_type(str(path))
        if wanted := self.headers.get("Range"):
            return self._part(content, kind, wanted)
        packs = kind.startswith(PACKED)
        if packs and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = gzip.compress(content, compresslevel=5, mtime=0)
            return self._answer(HTTPStatus.OK, content, kind, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        return self._answer(HTTPStatus.OK, content, kind, {"Vary": "Accept-Encoding"} if packs else {})

    def _tell(self, state: page.State) -> None:
        """Send what happens, as server-sent events, until the browser leaves."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if self.command == "HEAD":
            return
        with state.listening() as messages, contextlib.suppress(OSError):
            for message in messages:
                self.wfile.write(message.encode())
                self.wfile.flush()

    def _file(self) -> Path | None:
        """Return the file that the address names, or its folder without the last slash; None where there is none."""
        root = Path(self.directory)
        with contextlib.suppress(OSError, ValueError):
            path = Path(self.translate_path(self.path))
            asked_folder = self.path.split("?")[0].split("#")[0].endswith("/")
            target = Path(os.path.realpath(path / "index.html" if asked_folder else path))
            if not target.is_relative_to(root):
                return None
            if target.is_file() or (target.is_dir() and (target / "index.html").is_file()):
                return target
        return None

    def _to_folder(self) -> None:
        """Send the browser to the address of a folder, from where links of its page lead right."""
        place = "/" + self.path.split("?")[0].split("#")[0].strip("/") + "/"
        self._answer(HTTPStatus.MOVED_PERMANENTLY, b"", "text/plain", {"Location": place})

    def _part(self, content: bytes, kind: str, wanted: str) -> io.BytesIO | None:
        """Answer with a range of bytes; with the whole file for other kinds of ranges, as the protocol has it."""
        match = RANGE.fullmatch(wanted.strip())
        if not match or match.groups() == ("", ""):
            return self._answer(HTTPStatus.OK, content, kind, {})
        size, (first, last) = len(content), match.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        if start > end or start >= size:
            return self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {"Content-Range": f"bytes */{size}"})
        headers = {"Content-Range": f"bytes {start}-{end}/{size}"}
        return self._answer(HTTPStatus.PARTIAL_CONTENT, content[start : end + 1], kind, headers)

    def _refuse(self, status: HTTPStatus, more: dict[str, str] | None = None) -> io.BytesIO | None:
        return self._answer(
            status, f"{status.value} {status.phrase}\n".encode(), "text/plain; charset=utf-8", more or {}
        )

    def _answer(self, status: HTTPStatus, content: bytes, kind: str, more: dict[str, str]) -> io.BytesIO:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Accept-Ranges": "bytes"}
        for name, value in (headers | {"X-Content-Type-Options": "nosniff"} | more).items():
            self.send_header(name, value)
        self.end_headers()
        return io.BytesIO(content)
