"""A full disk, missing rights and the like are told with place and remedy by every command."""

from __future__ import annotations

import errno
import gzip
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lib import importers
from lib.disk import storage
from lib.importers import Refused
from tests.intake import folder as small
from tests.publish.book import write_book
from tests.test_cli import call

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = ("ENOSPC", "EACCES", "EROFS", "EDQUOT", "ENOTDIR", "EFBIG", "EMFILE")
COMMANDS = {
    "add": (("add", "new.csv", "--published", "2026-07-01"), "lib.intake.adding.add"),
    "build": (("build",), "lib.pipeline.book"),
    "run": (("run", "ores"), "lib.pipeline.run"),
    "check": (("check",), "lib.tables.checks.check"),
    "pdf": (("pdf",), "lib.site.exports.pdf.make"),
    "own": (("own", "mine"), "lib.intake.overlay.template"),
    "diff": (("diff", "2025-06-30", "2026-06-30"), "lib.pipeline.diff"),
    "serve": (("serve",), "lib.disk.lock.recover"),
}


@pytest.fixture
def book(tmp_path, monkeypatch) -> Path:
    """A tiny book as the current folder, with something that stands for its site."""
    monkeypatch.chdir(write_book(tmp_path / "book"))
    monkeypatch.delenv("BOOK_DATA", raising=False)
    site = tmp_path / "book" / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("hello")
    return tmp_path / "book"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_where_and_what_to_do(book, monkeypatch, command, name):
    number = getattr(errno, name)
    arguments, place = COMMANDS[command]

    def failing(*_, **__):
        raise OSError(number, os.strerror(number), "/some/where")

    monkeypatch.setattr(place, failing)
    code, text = call(*arguments)
    assert code == 1
    assert f"/some/where: {os.strerror(number)}" in text
    assert {**storage.REMEDIES, **storage.MISPLACED}[number] in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_the_full_disks_where_a_write_does_not_say_where(book, monkeypatch, command):
    arguments, place = COMMANDS[command]

    def failing(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(place, failing)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0 if Path(place).name == "data" else 1 << 30))
    code, text = call(*arguments)
    assert code == 1
    assert f"{book / 'data'}: {os.strerror(errno.ENOSPC)}" in text
    assert f"{book / '_build'}" not in text


class Usage:
    def __init__(self, free: int):
        self.free = free


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_when_there_is_no_temporary_folder(book, monkeypatch, command):
    arguments, place = COMMANDS[command]

    def failing(*_, **__):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(place, failing)
    code, text = call(*arguments)
    assert (code, "TMPDIR" in text) == (1, True)


@pytest.mark.parametrize("number", storage.REMEDIES)
def test_a_disk_that_fails_while_a_file_is_unpacked_is_no_damage_of_the_file(tmp_path, monkeypatch, number):
    packed = tmp_path / "new.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n1,2\n"))

    def failing(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(importers.files, "_copy", failing)
    with pytest.raises(OSError, match=os.strerror(number)), importers.opened(packed):
        pass
    monkeypatch.undo()
    packed.write_bytes(packed.read_bytes()[:-4])
    with pytest.raises(Refused), importers.opened(packed):
        pass


def test_a_limit_on_files_leaves_nothing_half_written(book):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))

    command = [sys.executable, "-m", "lib.cli", "own", "mine", "--example"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=book, env=env, capture_output=True, text=True, preexec_fn=limit, timeout=120)
    assert done.returncode == 1
    assert os.strerror(errno.EFBIG) in done.stderr
    assert "ulimit" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (book / "mine").exists()


# ------------------------------------------------------------------------------------------- in a mount namespace


def mounted(folder: Path, mounts: str, *arguments: str) -> subprocess.CompletedProcess:
    """What `book` does where something is mounted that this process does not see."""
    script = f'{mounts} && cd "$PWD" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-m", "lib.cli", *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


@pytest.fixture
def may_mount(tmp_path):
    """Whether this process may mount something where nobody else sees it."""
    there = shutil.which("unshare") and mounted(ROOT, f"mount -t tmpfs -o size=64k none {tmp_path}", "--version")
    if not there or there.returncode:
        pytest.skip("needs the right to mount, as root has it on Linux")


@pytest.fixture
def data(tmp_path) -> Path:
    """Tables to add to, in a book."""
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    small.rows(tmp_path, *(f"survey,2027,{iso3},2025,1000," for iso3 in ("BRA", "MMR")))
    return small.write(tmp_path / "data")


ADD = ("add", "new.csv", "--published", "2026-07-01")


@pytest.mark.parametrize("kind", ["of its own file system", "of the same one", "below what can only be read"])
def test_rows_are_added_to_tables_that_are_a_mount_point(may_mount, data, tmp_path, kind):
    (tmp_path / "_build").mkdir()
    mounts = {
        "of its own file system": "mount -t tmpfs none data && cp -a seen/. data",
        "of the same one": "mount --bind seen data",
        "below what can only be read": f"mount --bind {tmp_path} {tmp_path} && cd {tmp_path} && mount --bind seen data "
        f"&& mount --bind _build _build && mount -o remount,ro,bind {tmp_path}",
    }
    shutil.copytree(data, tmp_path / "seen")
    done = mounted(tmp_path, mounts[kind], *ADD)
    assert done.returncode == 0, done.stderr
    assert "2 rows added" in done.stdout
    assert "less safe" in done.stdout
    assert not list((tmp_path / "seen").glob(".data.adding*"))
    if kind != "of its own file system":  # which is gone
        assert (tmp_path / "seen" / "output.csv").read_text().count("\nsurvey,2027,") == 2


def test_a_full_disk_below_the_tables_is_told(may_mount, data, tmp_path):
    shutil.copytree(data, tmp_path / "seen")
    (tmp_path / "_build").mkdir()
    mounts = "mount -t tmpfs -o size=32k none data && cp -a seen/. data && (head -c 99k /dev/zero > data/.full || true)"
    done = mounted(tmp_path, mounts, *ADD)
    assert done.returncode == 1
    assert "disk is full" in done.stderr or os.strerror(errno.ENOSPC) in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_that_can_only_be_read_are_told(may_mount, data, tmp_path):
    mounts = f"mkdir -p _build && mount --bind {tmp_path} {tmp_path} && cd {tmp_path} && mount --bind _build _build"
    done = mounted(tmp_path, f"{mounts} && mount -o remount,ro,bind {tmp_path}", *ADD)
    assert done.returncode == 1
    assert f"{os.strerror(errno.EROFS)}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_temporary_folder_is_told_as_what_it_is(may_mount, data, tmp_path):
    plain = "series,edition,iso3,year,value,qualifier\n" + "".join(f"survey,2027,BRA,{n},1," for n in range(9999))
    (tmp_path / "new.csv.gz").write_bytes(gzip.compress(plain.encode()))
    there = tmp_path / "t"
    there.mkdir()
    mounts = f"mount -t tmpfs -o size=16k none {there} && export TMPDIR={there}"
    done = mounted(tmp_path, mounts, "add", "new.csv.gz", "--published", "2026-07-01")
    assert done.returncode == 1
    assert f"{there}: {os.strerror(errno.ENOSPC)}" in done.stderr
    assert "fetch it again" not in done.stdout + done.stderr
