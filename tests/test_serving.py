"""`book serve` gives the files of the site to this computer, and nothing else to anybody."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lib.cli import app
from lib.cli.site_server import Server

PAGE = b"<html>" + b"word " * 1000 + b"</html>"


@pytest.fixture
def folder(tmp_path) -> Path:
    site = tmp_path / "html"
    (site / "chapters").mkdir(parents=True)
    (site / "empty").mkdir()
    (site / "index.html").write_bytes(PAGE)
    (site / "chapters" / "index.html").write_bytes(b"chapters")
    (site / "empty" / "picture.png").write_bytes(bytes(range(100)))
    (tmp_path / "secret.txt").write_text("secret")
    (site / "out.txt").symlink_to(tmp_path / "secret.txt")
    (site / "out").symlink_to(tmp_path)
    (site / "same.html").symlink_to("index.html")
    return site


@pytest.fixture
def port(folder):
    with Server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def ask(port: int, path: str, method: str = "GET", **headers: str):
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("path", ["/", "/index.html", "/index.html?q=1#a", "/same.html", "/chapters/../index.html"])
def test_a_page_is_given(port, path):
    assert ask(port, path)[::2] == (200, PAGE)


def test_a_folder_leads_to_its_page(port):
    status, headers, _ = ask(port, "/chapters")
    assert (status, headers["Location"]) == (301, "/chapters/")
    assert ask(port, "/chapters/")[2] == b"chapters"
    assert ask(port, "//chapters")[1]["Location"] == "/chapters/", "no other host"


@pytest.mark.parametrize(
    "path",
    [
        *("/no.html", "/empty/", "/empty", "/out.txt", "/out/", "/out/secret.txt", "/../secret.txt"),
        *("/%2e%2e/secret.txt", "/index.html/", "/chapters/%00", "/" + "a" * 5000),
    ],
)
def test_what_is_not_of_the_site_is_not_found_and_no_folder_is_listed(port, path):
    status, _, body = ask(port, path)
    assert status == 404
    assert b"secret" not in body
    assert b"picture" not in body


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"])
def test_a_name_of_this_computer_is_answered(port, host):
    assert ask(port, "/", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1:8000", ""])
def test_another_name_is_not_answered(port, host):
    status, _, body = ask(port, "/", Host=host)
    assert status == 421
    assert b"word" not in body


RANGES = {"bytes=0-9": (0, 10), "bytes=90-": (90, 100), "bytes=-5": (95, 100), "bytes=95-200": (95, 100)}


@pytest.mark.parametrize(("wanted", "place"), RANGES.items())
def test_a_range_of_bytes_is_given(port, wanted, place):
    status, headers, body = ask(port, "/empty/picture.png", Range=wanted, Accept_Encoding="gzip")
    assert (status, body) == (206, bytes(range(100))[slice(*place)])
    assert headers["Content-Range"] == f"bytes {place[0]}-{place[1] - 1}/100"


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=9-5", "bytes=-0"])
def test_a_range_that_is_not_there_is_refused(port, wanted):
    status, headers, _ = ask(port, "/empty/picture.png", Range=wanted)
    assert (status, headers["Content-Range"]) == (416, "bytes */100")


@pytest.mark.parametrize("wanted", ["lines=1-2", "bytes=0-1,5-6", "bytes=-", "x"])
def test_another_range_gives_the_whole_file(port, wanted):
    assert ask(port, "/empty/picture.png", Range=wanted)[0] == 200


def test_text_is_compressed_for_those_who_take_it(port):
    _, headers, body = ask(port, "/", Accept_Encoding="gzip, br")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == PAGE
    assert len(body) < len(PAGE) / 5
    assert ask(port, "/empty/picture.png", Accept_Encoding="gzip")[1]["Content-Encoding"] is None


def test_a_head_has_no_body_and_other_methods_are_refused(port):
    status, headers, body = ask(port, "/", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(PAGE)), b"")
    assert ask(port, "/", "POST")[0] == 501


@pytest.mark.parametrize("sent", [b"", b"\0\1\2\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 70_000])
def test_a_broken_connection_leaves_no_trace_and_the_next_is_served(port, sent, capfd):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as broken:
            broken.sendall(sent)
            broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert ask(port, "/")[0] == 200
    assert capfd.readouterr().err == ""


def test_a_port_that_is_taken_gives_a_message(folder, port, monkeypatch):
    (folder.parent / "_build").mkdir()
    folder.rename(folder.parent / "_build" / "html")
    monkeypatch.setattr("lib.cli.serve.root_folder", lambda: folder.parent)
    done = CliRunner().invoke(app, ["serve", "--port", str(port)])
    assert done.exit_code == 1
    assert re.search(rf"port {port} cannot be used", done.output)
