"""The forking engine: nothing leaks from one notebook into another, nothing is left over, and it can do without."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lib.engine import forking, kernels
from tests.engine.running import heed_interrupts, run, write

ROOT = Path(__file__).resolve().parents[2]
SPOIL = [
    "import os, sys, builtins\nimport pandas as pd, altair as alt\nfrom lib import facts",
    "os.environ['SPOILT'] = '1'; os.chdir('/'); sys.path.insert(0, '/spoilt'); builtins.spoilt = 1",
    "pd.options.display.max_rows = 3; pd.spoilt = 1; alt.spoilt = 1; facts.spoilt = 1; sys.argv.append('spoilt')",
    "alt.renderers.enable('json'); alt.data_transformers.enable('default', max_rows=7)\n"
    "charts = [alt.Chart().mark_bar().add_params(alt.param()) for _ in range(3)]",
    "import warnings; warnings.simplefilter('error')\nimport logging; logging.basicConfig(level=1)",
]
LOOK = [
    "import os, sys, builtins\nimport pandas as pd, altair as alt\nfrom lib import facts",
    "os.environ.get('SPOILT'), os.getcwd(), sys.path, hasattr(builtins, 'spoilt'), sys.argv[3:]",
    "pd.options.display.max_rows, hasattr(pd, 'spoilt'), hasattr(alt, 'spoilt'), hasattr(facts, 'spoilt')",
    "alt.renderers.active, alt.data_transformers.options, alt.param().name",
    "import warnings, logging\n[str(f) for f in warnings.filters], logging.getLogger().handlers",
]


@pytest.fixture
def server():
    """A server of the test's own, from which kernels of this process are forked."""
    with_lib = forking.Server((*forking.WARM, "lib.page"))
    kernels.use(with_lib.address)
    yield with_lib
    kernels._given.clear()
    with_lib.close()


def values(outcome) -> list[str]:
    """The results of the cells, as text."""
    outputs = [output for cell in outcome.cells for output in cell.get("outputs", [])]
    return [output["data"]["text/plain"] for output in outputs if output["output_type"] == "execute_result"]


def test_nothing_of_one_notebook_reaches_the_next(tmp_path, server):
    assert run(tmp_path / "first", SPOIL, "fork").error == ""
    assert values(run(tmp_path, LOOK, "fork")) == values(run(tmp_path, LOOK, None))


def test_notebooks_draw_different_random_numbers(tmp_path, server):
    draw = ["import random, numpy as np, uuid\n(random.random(), np.random.random(), uuid.uuid4(), os.getpid())"]
    draw[0] = "import os\n" + draw[0]
    assert values(run(tmp_path / "a", draw, "fork")) != values(run(tmp_path / "b", draw, "fork"))
    parts = [values(run(tmp_path / name, draw, "fork"))[0].strip("()").split(",") for name in "cd"]
    assert not set(parts[0]) & set(parts[1])


def test_a_module_beside_the_notebook_comes_before_a_warm_one(tmp_path, server):
    for name in (None, "fork"):
        folder = tmp_path / (name or "standard") / "lib"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("word = 'beside'")
        (folder.parent / "altair.py").write_text("word = 'no charts'")
    cells = ["import altair\naltair.word", "import lib\nhasattr(lib, 'word')", "import pandas\npandas.__name__"]
    standard, forked = (values(run(tmp_path, cells, name)) for name in (None, "fork"))
    assert forked == standard
    assert forked[0] == "'no charts'"
    assert forked[2] == "'pandas'"


def test_memory_files_and_processes_do_not_grow_with_notebooks(tmp_path, server):
    seen, others = [], len(psutil.Process().children())  # other tests may have started a browser, or a server
    for number in range(7):
        run(
            tmp_path / str(number),
            ["import pandas as pd\nrows = pd.DataFrame({'a': range(10_000)})", "rows.a.sum()"],
            "fork",
        )
        process = psutil.Process(server.pid)
        seen.append((process.memory_info().rss, process.num_fds(), len(process.children())))
    assert seen[-1][0] - seen[2][0] < 2 * 2**20, "the server keeps something of each kernel"
    assert {files for _, files, _ in seen} == {seen[0][1]}
    assert {children for *_, children in seen} == {0}
    assert len(psutil.Process().children()) <= others


def test_a_kernel_that_ignores_interrupts_is_killed_with_its_children(tmp_path, server):
    stubborn = [
        "import os, pathlib, signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '600'])\npathlib.Path('pids').write_text(f'{os.getpid()} {child.pid}')",
        "while True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass",
    ]
    outcome = run(tmp_path, stubborn, "fork", execution_timeout=1)
    assert "CellTimeoutError" in outcome.error
    for pid in map(int, (tmp_path / "fork" / "pids").read_text().split()):
        assert is_gone(pid)


def is_gone(pid: int, seconds: float = 5) -> bool:
    """Whether a process ends within some seconds."""
    until = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_when_the_server_ends_its_kernels_end_and_the_next_notebook_runs_all_the_same(tmp_path, server):
    killer = [f"import os, signal, time\nos.kill({server.pid}, signal.SIGKILL)\ntime.sleep(30)"]
    assert "DeadKernelError" in run(tmp_path / "killed", killer, "fork").error
    outcome = run(tmp_path / "next", ["1 + 1"], "fork")
    assert values(outcome) == ["2"]
    assert any("started the standard way" in line for line in outcome.log)


def test_a_kernel_that_cannot_start_leaves_the_server_as_it_was(tmp_path, server):
    nowhere = server.address.fork(forking.Request([], dict(os.environ), str(tmp_path / "nowhere")))
    assert nowhere.wait() == 1
    given_up = server.address.fork(forking.Request(["-f", str(tmp_path / "k.json")], dict(os.environ), str(tmp_path)))
    given_up._connection.close()
    assert is_gone(given_up.pid)
    assert values(run(tmp_path, ["2 + 2"], "fork")) == ["4"]
    assert psutil.Process(server.pid).children() == []


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_where_forking_is_unsafe_the_standard_engine_is_used_and_it_is_said_once(tmp_path, monkeypatch, platform):
    monkeypatch.setattr(kernels, "_own", {})
    monkeypatch.setattr(kernels, "_said", set())
    if platform == "darwin":
        monkeypatch.setattr(sys, "platform", platform)
        problem = forking.obstacle()
        monkeypatch.undo()
        monkeypatch.setattr(kernels, "_own", {})
    else:
        problem = "win32 cannot fork processes"
    monkeypatch.setattr(forking, "obstacle", lambda: problem)
    outcomes = [run(tmp_path / str(n), ["6 * 7"], "fork") for n in range(2)]
    assert [values(outcome) for outcome in outcomes] == [["42"], ["42"]]
    said = [line for outcome in outcomes for line in outcome.log if "standard way" in line]
    assert said == [f"WARNING Kernels are started the standard way: {problem}"]


@pytest.mark.parametrize(
    ("command", "env"),
    [
        (["/usr/bin/env", "-m", "ipykernel_launcher"], {}),
        ([sys.executable, "-m", "other_kernel"], {}),
        ([sys.executable, "-Xutf8", "-m", "ipykernel_launcher"], {}),
        ([sys.executable, "-m", "ipykernel_launcher"], {"PYTHONPATH": "relative"}),
    ],
)
def test_other_kernels_are_not_forked(command, env):
    with pytest.raises(forking.Unavailable):
        kernels._fork(command, env, "/")


def test_a_kernel_for_other_settings_of_python_has_a_server_of_its_own(tmp_path, server, monkeypatch):
    asked = ["hash('a'), __import__('os').environ['PYTHONHASHSEED']"]
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    standard, forked = (values(run(tmp_path, asked, name)) for name in (None, "fork"))
    assert standard == forked


def test_warm_modules_that_start_threads_are_refused(tmp_path):
    (tmp_path / "busy.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    env = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    busy = forking.Server(["busy"], env)
    try:
        with pytest.raises(forking.Unavailable, match="threads"):
            busy.address.fork(forking.Request([], env, "/"))
    finally:
        busy.close()


def test_a_folder_whose_path_is_too_long_for_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(forking.Unavailable):
        forking.Server()
    assert list(deep.iterdir()) == []


@pytest.fixture
def installed(tmp_path) -> dict[str, str]:
    """An environment in which the entry points of this folder are installed."""
    import tomllib

    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["papermill.engine"]
    folder = tmp_path / "installed" / "engine_of_the_book-0.dist-info"
    folder.mkdir(parents=True)
    lines = [f"{name} = {target}" for name, target in points.items()]
    (folder / "entry_points.txt").write_text("\n".join(["[papermill.engine]", *lines]))
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: engine-of-the-book\nVersion: 0\n")
    return os.environ | {"PYTHONPATH": f"{folder.parent}{os.pathsep}{ROOT}"}


def command(source: Path, target: Path) -> list[str]:
    """papermill's own command with the engine."""
    options = ["--engine", "fork", "--no-progress-bar", "-k", "python3"]
    return [sys.executable, "-m", "papermill", *options, "-p", "a", "5", str(source), str(target)]


def test_the_engine_works_with_the_command_of_papermill(tmp_path, installed):
    source = write(tmp_path / "in.ipynb", [("a = 1", ("parameters",)), "a * 2", "import sys\nprint(sys.argv[0])"])
    done = subprocess.run(
        command(source, tmp_path / "out.ipynb"), env=installed, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "standard way" not in done.stderr
    assert '"10"' in (tmp_path / "out.ipynb").read_text()


def test_an_interrupted_command_leaves_no_process_behind(tmp_path, installed):
    note = "import os, pathlib, time\npathlib.Path('pids').write_text(f'{os.getpid()} {os.getppid()}')\ntime.sleep(60)"
    source = write(tmp_path / "in.ipynb", [("a = 1", ("parameters",)), note])
    running = subprocess.Popen(
        command(source, tmp_path / "out.ipynb"),
        env=installed,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=heed_interrupts,
    )
    pids = tmp_path / "pids"
    until = time.monotonic() + 60
    while not (pids.is_file() and " " in pids.read_text()) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.wait(30)
    assert running.returncode != 0
    assert all(is_gone(pid) for pid in map(int, pids.read_text().split()))


def test_the_log_of_the_book_says_why_the_standard_engine_is_used(tmp_path, monkeypatch, caplog):
    from lib.build import execute

    monkeypatch.setattr(forking, "obstacle", lambda: "no forks here")
    with caplog.at_level(logging.WARNING), execute._warm(execute.FORK, tmp_path, tmp_path, {}) as address:
        assert address is None
    assert "no forks here" in caplog.text
