"""Jupyter Book in a process of its own, which loads its modules while the book is still being staged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import IO, Self, cast

from lib.errors import Mistakes

ANSI = re.compile(r"\x1b\[[0-9;]*m")
LOADED = """
from lib import orphans
orphans.end_with({owner})
import importlib, json, sys
import jupyter_book.sphinx, lib.site.sphinx.extension, myst_nb.sphinx_ext, sphinx.application, sphinxcontrib.bibtex
from jupyter_book.cli.main import main
from jupyter_book.config import get_default_sphinx_config
for name in (*sphinx.application.builtin_extensions, *get_default_sphinx_config()["extensions"]):
    importlib.import_module(name)
"""
"""Loading takes seconds, as long as staging takes; only then it is told what to make."""
ONCE = f"{LOADED}sys.argv[1:] = json.load(sys.stdin)\nmain()\n"
AGAIN = f"{LOADED}from lib.site import resident\nresident.answer()\n"
ENDED = '{"failed": true, "warnings": ["Sphinx ended"]}'


class SiteError(Mistakes):
    """Warnings or a failure of Jupyter Book; `problems` are the lines that it said."""

    remedy = "Correct what these lines name. The site is unchanged."


class JupyterBook:
    """One run of Jupyter Book, which begins to load when this is entered and ends when it is left.

    Use it in the thread that entered it.
    """

    _command = ONCE
    _errors: int | None = subprocess.PIPE

    def __enter__(self) -> Self:
        environment = os.environ | {"PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._command.format(owner=os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
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


class Lasting(JupyterBook):
    """Sphinx as Jupyter Book sets it up, started once for many builds of a book; else as JupyterBook."""

    _command = AGAIN
    _errors = None  # for the author to see: nobody reads them before the end

    def make(self, staged: Path, scratch: Path, strict: bool) -> Path:
        """Make the pages of a staged book as JupyterBook does; Sphinx stays as it is for the next time."""
        if self._process.poll() is not None:
            self.__enter__()
        made = scratch / "_build"
        asked, answers = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        asked.write(json.dumps([str(staged), str(made)]) + "\n")
        asked.flush()
        told = json.loads(answers.readline() or ENDED)
        if told["failed"] or (strict and told["warnings"]):
            raise SiteError(_warnings("\n".join(told["warnings"]), "", staged))
        return made / "html"


def _warnings(stderr: str, stdout: str, staged: Path) -> list[str]:
    """List the warnings and errors of a build, with paths as in the book."""
    text = ANSI.sub("", stderr).replace(f"{staged}/", "")
    lines = [line for line in text.splitlines() if line.strip()]
    warnings = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b|Error:", line)]
    return list(dict.fromkeys(warnings)) or lines[-15:] or stdout.splitlines()[-15:] or ["Jupyter Book failed silently"]
