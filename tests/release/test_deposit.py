"""Leaving an archive with a host of DOIs: the calls of its API in order, and refusals that publish nothing."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import zipfile
from pathlib import Path

import pytest

from lib.release import deposit, describe
from lib.release.describe import Version

TOKEN = "a-token"
DOI = "10.5072/zenodo.7"


class Api(http.server.BaseHTTPRequestHandler):
    """The part of the API that is used, as developers.zenodo.org describes it."""

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _any(self) -> None:
        server: Server = self.server  # type: ignore[assignment]
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.calls.append((self.command, self.path, content))
        base = f"http://127.0.0.1:{server.server_port}"
        draft = f"{base}/api/deposit/depositions/7"
        links = {"bucket": f"{base}/api/files/b", "self": draft, "files": f"{draft}/files", "html": f"{base}/deposit/7"}
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self._answer(401, {"message": "unauthorised"})
        if self.path.startswith("/api/files/b/"):
            sum_ = hashlib.md5(b"cut" if server.cuts else content).hexdigest()
            return self._answer(201, {"checksum": f"md5:{sum_}"})
        if self.path.endswith("/newversion"):
            latest = "https://elsewhere.example/x" if server.strays else draft
            return self._answer(201, {"links": {"latest_draft": latest}})
        if self.command == "DELETE":
            return self._answer(204, {})
        return self._answer(
            200,
            {"id": 7, "links": links, "files": [{"id": "old"}], "metadata": {"prereserve_doi": {"doi": DOI}}},
        )

    do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    calls: list
    cuts = strays = False


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Api) as running:
        running.calls = []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "industrial-vitamins-2026.12.zip"
    with zipfile.ZipFile(path, "w") as opened:
        described = describe.datacite(Version("2026.12", "ab", {}, False, ()))
        opened.writestr("industrial-vitamins-2026.12/datacite.json", described)
    return path


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_a_first_version_is_a_draft_with_its_file_and_description(server, archive, monkeypatch, capsys):
    monkeypatch.setenv("DOI_TOKEN", TOKEN)
    assert deposit.main([str(archive), "--host", address(server)]) == 0
    assert f"doi: {DOI}" in capsys.readouterr().out
    (opened, sent, described) = server.calls
    assert opened[:2] == ("POST", "/api/deposit/depositions")
    assert sent == ("PUT", f"/api/files/b/{archive.name}", archive.read_bytes())
    metadata = json.loads(described[2])["metadata"]
    assert metadata["version"] == "2026.12"
    assert metadata["upload_type"] == "dataset"
    assert metadata["creators"] == [{"name": "Industrial Vitamins contributors"}]
    assert not [path for _, path, _ in server.calls if "publish" in path]


def test_a_later_version_follows_its_record_without_the_old_file(server, archive, monkeypatch):
    monkeypatch.setenv("DOI_TOKEN", TOKEN)
    assert deposit.main([str(archive), "--host", address(server), "--after", "6"]) == 0
    made = [(method, path) for method, path, _ in server.calls]
    assert made[0] == ("POST", "/api/deposit/depositions/6/actions/newversion")
    assert ("DELETE", "/api/deposit/depositions/7/files/old") in made


@pytest.mark.parametrize("fault", ["token", "cut", "stray"])
def test_what_goes_wrong_is_said_and_the_token_goes_nowhere_else(server, archive, monkeypatch, capsys, fault):
    monkeypatch.setenv("DOI_TOKEN", "wrong" if fault == "token" else TOKEN)
    server.cuts, server.strays = fault == "cut", fault == "stray"
    assert deposit.main([str(archive), "--host", address(server), "--after", "6"]) == 1
    words = capsys.readouterr().err
    assert {"token": "401", "cut": "arrived as", "stray": "elsewhere"}[fault] in words
    assert TOKEN not in words


def test_without_a_token_nothing_is_sent(server, archive, monkeypatch, capsys):
    monkeypatch.delenv("DOI_TOKEN", raising=False)
    assert deposit.main([str(archive), "--host", address(server)]) == 2
    assert deposit.main([str(archive), "--host", address(server), "--if-possible"]) == 0
    assert server.calls == []
    capsys.readouterr()


@pytest.mark.parametrize("host", ["http://zenodo.org", "ftp://x"])
def test_the_token_is_never_sent_in_the_open(host):
    with pytest.raises(deposit.Misused, match="https"):
        deposit.Host(host, TOKEN)


def test_a_file_that_is_no_archive_of_the_book_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"nothing")
    with pytest.raises(deposit.NotTaken, match="no archive"):
        deposit.metadata(tmp_path / "a.zip")
