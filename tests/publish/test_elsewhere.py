"""Binder, Codespaces and Colab: the files are valid and name what is there, and pages lead to them where they can."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest

from lib import cite, packages
from lib.site.exports import citation, elsewhere

ROOT = Path(__file__).resolve().parents[2]
HOME = "https://github.com/owner/a-book"
COMMANDS = {"type": ["string", "array", "object"]}
# What this file has of the format of containers.dev, by its reference of devcontainer.json.
DEVCONTAINER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "image", "postCreateCommand"],
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string", "pattern": r"^mcr\.microsoft\.com/devcontainers/python:3\.1[1-3](-\w+)?$"},
        "postCreateCommand": COMMANDS,
        "forwardPorts": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 65535}},
        "portsAttributes": {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"label": {"type": "string"}}},
        },
        "hostRequirements": {
            "type": "object",
            "properties": {"cpus": {"type": "integer"}, "memory": {"type": "string", "pattern": r"^\d+[tgmk]b$"}},
        },
        "customizations": {"type": "object", "additionalProperties": {"type": "object"}},
    },
}


def closing_of(**more) -> citation.Closing:
    work = cite.Work("chapter", "ores", "Ores", dt.date(2026, 1, 1), dt.date(2026, 1, 1))
    return citation.Closing(work, "chapters/ores", (), {}, "ores", **more)


def test_the_container_is_valid_and_its_command_and_files_are_there():
    content = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    jsonschema.validate(content, DEVCONTAINER)
    makefile = (ROOT / "Makefile").read_text()
    program, target = content["postCreateCommand"].split()
    assert program == "make"
    assert f"ENV := {target}" in makefile
    assert f"PORT ?= {content['forwardPorts'][0]}" in makefile
    assert all((ROOT / name).is_file() for name in content["customizations"]["codespaces"]["openFiles"])


def test_binder_installs_the_lock_and_nothing_that_is_not_pinned_by_hash():
    folder = ROOT / ".binder"
    named = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [(folder / line.removeprefix("-r ")).resolve() for line in named] == [ROOT / "requirements.txt"]
    assert re.fullmatch(r"python-3\.1[1-3]\n", (folder / "runtime.txt").read_text())
    [lab] = packages.pins((folder / "lab.txt").read_text())
    assert "--hash=sha256:" in lab.text
    script = folder / "postBuild"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert all("--no-deps" in line for line in script.read_text().splitlines() if "pip install" in line)


def test_the_packages_of_binder_resolve_for_its_python_from_the_lock_alone():
    """Without network: each that this platform needs is pinned once, and all that it needs is pinned too."""
    version = (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    from packaging.markers import Marker

    there = {"python_full_version": f"{version}.0", "python_version": version, "sys_platform": "linux"}
    there |= {"platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    pins = packages.pins((ROOT / "requirements.txt").read_text())
    wanted = [pin.name for pin in pins if not pin.marker or Marker(pin.marker).evaluate(there)]
    assert len(wanted) == len(set(wanted))
    assert {"papermill", "pandas", "jupyter-book", "ipykernel"} <= set(wanted)


def test_addresses_lead_to_the_notebook_in_the_repository():
    links = elsewhere.links(f"{HOME}.git", "chapters/reserves.ipynb")
    assert links["Binder"].startswith("https://mybinder.org/v2/gh/owner/a-book/HEAD?")
    assert unquote(links["Binder"]).endswith("lab/tree/chapters/reserves.ipynb")
    assert links["Codespaces"] == "https://codespaces.new/owner/a-book"


@pytest.mark.parametrize("address", ["", "https://example.org/owner/book", "https://github.com/owner", "javascript:x"])
def test_without_a_repository_that_they_know_there_are_no_addresses(address):
    assert elsewhere.links(address, "a.ipynb") == {}
    assert elsewhere.colab(address, "a.ipynb", {}) == []


def test_the_cell_for_colab_runs_the_notebook_with_its_values():
    lines = elsewhere.colab(HOME, "chapters/economy.ipynb", {"economy": "ISL"})
    assert HOME in lines[0]
    assert "--require-hashes -r requirements.txt" in lines[2]
    assert lines[3].endswith("papermill chapters/economy.ipynb result.ipynb -k python3 --cwd chapters -p economy ISL")


def test_the_last_line_for_colab_works_in_a_checkout(tmp_path):
    line = elsewhere.colab(HOME, "chapters/new.ipynb", {})[3].removeprefix("!")
    (tmp_path / "chapters").mkdir()
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = "import lib\nprint(lib.__file__)"
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "chapters" / "new.ipynb").write_text(json.dumps(content))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    run = line.replace("python ", f"{sys.executable} ", 1)
    done = subprocess.run(["bash", "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "lib" / "__init__.py") in (tmp_path / "result.ipynb").read_text()


def test_a_page_leads_there_only_where_the_repository_is_known():
    with_home = citation._rerun_section(closing_of(repository=HOME, path="chapters/ores.ipynb"))
    assert "https://mybinder.org/v2/gh/owner/a-book" in with_home
    assert "git clone" in with_home
    assert "mybinder" not in citation._rerun_section(closing_of())
