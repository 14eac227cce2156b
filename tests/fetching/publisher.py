"""A publisher on this machine, who answers as told: well, slowly, wrongly, or not to the end."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lib.fetching.feeds import Feed
from lib.fetching.transport import Limits

CSV = b"Country,Year,Value\nBrazil,2024,21\nChina,2024,44\n"
QUICK = Limits(connect=1, read=0.4, total=5, retries=1, pause=0.01, longest_pause=0.3, largest=300_000)
ONCE = Limits(connect=1, read=0.4, total=5, retries=0, pause=0.01, longest_pause=0.3, largest=300_000)


def feed(**changes) -> Feed:
    """A feed of one CSV file."""
    entry = {
        "id": "reserves",
        "publisher": "Survey",
        "what": "Reserves",
        "way": "address",
        "address": "https://survey.example/data/reserves.csv",
        "file": "reserves.csv",
        "check": "csv",
        "columns": ("Country", "Value"),
    }
    return Feed(**(entry | changes))


@dataclass(frozen=True)
class Reply:
    """An answer: `length` is what it claims; `pause` seconds pass before it, or after each byte with `drip`."""

    body: bytes = CSV
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0
    drip: bool = False
    reset: bool = False
    endless: bool = False


@dataclass
class Publisher:
    """What is answered at each path, one reply after the other, the last for ever; and what was asked."""

    address: str
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def at(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def next(self, path: str, headers: dict[str, str]) -> Reply:
        self.asked.append((path, headers))
        waiting = self.replies.get(path) or self.replies.get(path.partition("?")[0])
        if not waiting:
            return Reply(b"<html><title>404</title>no such page</html>", 404)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextlib.contextmanager
def publishing() -> Iterator[Publisher]:
    """A publisher for as long as the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.publisher = Publisher(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.publisher
    finally:
        server.publisher.over.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        publisher = self.server.publisher
        reply = publisher.next(self.path, dict(self.headers))
        self.close_connection = True
        with contextlib.suppress(ConnectionError):
            self._answer(reply, publisher.over)

    def _answer(self, reply: Reply, over: threading.Event) -> None:
        if not reply.drip:
            over.wait(reply.pause)
        self.send_response(reply.status)
        if not reply.endless and reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        for name, value in {"Connection": "close", **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(reply, over)
        if reply.reset:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _send(self, reply: Reply, over: threading.Event) -> None:
        if reply.endless:
            while not over.wait(0.001):
                self.wfile.write(reply.body)
        elif reply.drip:
            for letter in reply.body:
                self.wfile.write(bytes([letter]))
                self.wfile.flush()
                if over.wait(reply.pause):
                    return
        else:
            self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        pass
