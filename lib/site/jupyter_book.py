"""Jupyter Book in a process of its own, which loads its modules while the book is still being staged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from lib.errors import Mistakes

ANSI = re.compile(r"\x1b\[[0-9;]*m")
COMMAND = """
from lib import orphans
orphans.end_with({owner})
import importlib, json, sys
import jupyter_book.sphinx, lib.site.sphinx.extension, myst_nb.sphinx_ext, sphinx.application, sphinxcontrib.bibtex
from jupyter_book.cli.main import main
from jupyter_book.config import get_default_sphinx_config
for name in (*sphinx.application.builtin_extensions, *get_default_sphinx_config()["extensions"]):
    importlib.import_module(name)
sys.argv[1:] = json.load(sys.stdin)
main()
"""
"""Loading takes seconds, as long as staging takes; only then it is told what to make."""


class SiteError(Mistakes):
    """Warnings or a failure of Jupyter Book; `problems` are the lines that it said."""

    remedy = "Correct what these lines name. The site is unchanged."


class JupyterBook:
    """One run of Jupyter Book, which begins to load when this is entered and ends when it is left.

    Use it in the thread that entered it.
    """

    def __enter__(self) -> JupyterBook:
        environment = os.environ | {"PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(owner=os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def make(self, staged: Path, scratch: Path, strict: bool) -> Path:
        """Make the pages of a staged book, and return where they are, in `scratch`.

        `strict` makes every warning an error. Raises SiteError.
        """
        options = ["--path-output", str(scratch), "--keep-going", "--quiet", *(["-W"] if strict else [])]
        said, complained = self._process.communicate(json.dumps(["build", str(staged), *options]))
        made = scratch / "_build" / "html"
        if self._process.returncode or not (made / "index.html").is_file():
            raise SiteError(_warnings(complained, said, staged))
        return made


def _warnings(stderr: str, stdout: str, staged: Path) -> list[str]:
    """List the warnings and errors of a build, with paths as in the book."""
    text = ANSI.sub("", stderr).replace(f"{staged}/", "")
    lines = [line for line in text.splitlines() if line.strip()]
    warnings = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b|Error:", line)]
    return list(dict.fromkeys(warnings)) or lines[-15:] or stdout.splitlines()[-15:] or ["Jupyter Book failed silently"]
