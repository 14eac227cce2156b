"""A process ends with the one that started it: by the kernel, by looking, and where that one was gone before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lib import orphans

ROOT = Path(__file__).resolve().parents[1]
CHILD = (
    "import sys, time; from lib import orphans; {before}; orphans.end_with(int(sys.argv[1])); print('held', flush=True)"
)
PARENT = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1] + '; time.sleep(60)', str(os.getpid())],"
    " stdout=subprocess.PIPE)\n"
    "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)"
)
SERVER = (
    "import os, sys, time; from pathlib import Path; from lib.engine import forking\n"
    "server = forking.Server([sys.argv[1]]); print(server.pid, flush=True); time.sleep(60)"
)


def ended(pid: int) -> bool:
    """Whether a process ends within seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return False


def started(code: str, *arguments: str) -> tuple[subprocess.Popen, int]:
    """A process that starts another one and says which."""
    command = [sys.executable, "-c", code, *arguments]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return parent, int(parent.stdout.readline())


@pytest.mark.parametrize("before", ["pass", "orphans.signal_at_its_end = lambda _: False"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_ends_with_its_parent(before, number):
    parent, child = started(PARENT, CHILD.format(before=before))
    assert psutil.pid_exists(child)
    parent.send_signal(number)
    parent.wait(20)
    assert ended(child)


def test_a_process_whose_parent_is_gone_ends_at_once():
    code = CHILD.format(before="pass")
    done = subprocess.run([sys.executable, "-c", code, "1"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_the_process_to_fork_from_ends_while_it_warms_up(tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    parent, server = started(SERVER, "slow_to_import")
    time.sleep(1)
    parent.kill()
    parent.wait(20)
    assert ended(server)


def test_nothing_is_asked_of_a_kernel_that_cannot(monkeypatch):
    monkeypatch.setattr(orphans.sys, "platform", "darwin")
    assert not orphans.signal_at_its_end(0)
