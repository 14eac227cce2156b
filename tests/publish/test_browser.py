"""Finding a browser: a stub that does not start is passed over, and none at all is said so."""

from __future__ import annotations

from lib import browser


def script(path, body: str):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_named_browser_is_taken_when_it_starts(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_BROWSER", script(tmp_path / "chrome", "echo Chromium 150.0"))
    assert browser.find() == str(tmp_path / "chrome")
    monkeypatch.setenv("BOOK_BROWSER", script(tmp_path / "stub", "echo please install the snap; exit 1"))
    assert browser.find() is None


def test_the_first_browser_on_the_path_that_starts_is_taken(tmp_path, monkeypatch):
    monkeypatch.delenv("BOOK_BROWSER", raising=False)
    script(tmp_path / "chromium-browser", "exit 1")
    good = script(tmp_path / "google-chrome", "echo Google Chrome 150.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "APPLICATIONS", ())
    monkeypatch.setattr(browser, "_playwrights_own", lambda: None)
    assert browser.find() == good


def test_apt_is_used_only_where_the_user_may(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    assert browser._with_apt() == []
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(browser, "_succeeds", lambda command: False)
    assert browser._with_apt() == []
    monkeypatch.setattr(browser, "_succeeds", lambda command: True)
    assert browser._with_apt()[0][:2] == ["sudo", "-n"]
