"""Sphinx kept running over one folder of sources: a page that changed is read and written again, and no other.

Starting Sphinx with the extensions of Jupyter Book takes longer than making a page, so an author's loop starts it once.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from pathlib import Path

from lib.disk import folders

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Resident:
    """The pages of a staged book, made in `folder`/html; use it in a `with`, in the thread that made it."""

    def __init__(self, folder: Path):
        self.source, self.pages = folder / "source", folder / "html"
        self._folder = folder
        self._open = contextlib.ExitStack()
        self._said = io.StringIO()

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def make(self, staged: Path) -> list[str]:
        """Bring the pages up to a staged book; returns what Sphinx warned of. Raises what Sphinx raises."""
        changed, gone = folders.differing(staged, self.source)
        for name in gone:
            (self.source / name).unlink()
        folders.copied(changed, staged, self.source)  # what is as it was keeps its time, and Sphinx passes it over
        self._said.seek(0)
        self._said.truncate()
        app = self._app()
        from lib.site.sphinx import extension

        extension.read_staged(app)
        app.build()
        lines = ANSI.sub("", self._said.getvalue()).replace(f"{self.source}/", "").splitlines()
        return [line for line in lines if line.strip()]

    def _app(self):
        if not hasattr(self, "_made"):
            self._made = self._start()
        return self._made

    def _start(self):
        """Start Sphinx as Jupyter Book does; what it puts into docutils stays until this is left."""
        from jupyter_book.config import get_final_config
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        config, _ = get_final_config(
            user_yaml=self.source / "_config.yml",
            cli_config={"latex_individualpages": False, "external_toc_path": str(self.source / "_toc.yml")},
            sourcedir=self.source,
        )
        self._open.enter_context(patch_docutils(None))
        self._open.enter_context(docutils_namespace())
        logging.getLogger("sphinx").setLevel(logging.WARNING)
        return Sphinx(
            self.source,
            None,
            self.pages,
            self._folder / "doctrees",
            "html",
            config,
            status=None,
            warning=self._said,
            freshenv=True,
            keep_going=True,
        )
