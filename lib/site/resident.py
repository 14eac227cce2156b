"""Sphinx kept running over one folder of sources: a page that changed is read and written again, and no other.

Starting Sphinx with the extensions of Jupyter Book takes longer than making a page, so an author's loop starts it once.
"""

from __future__ import annotations

import contextlib
import filecmp
import io
import logging
import re
import shutil
from pathlib import Path

from lib.disk.files import tree

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
        self._take(staged)
        self._said.seek(0)
        self._said.truncate()
        app = self._app()
        from lib.site.sphinx import extension

        extension.read_staged(app)
        app.build()
        lines = ANSI.sub("", self._said.getvalue()).replace(f"{self.source}/", "").splitlines()
        return [line for line in lines if line.strip()]

    def _take(self, staged: Path) -> None:
        """Copy what differs, so that Sphinx passes over what is as it was, and remove what is gone."""
        new = {path.relative_to(staged): path for path in tree(staged)}
        for path in list(tree(self.source)) if self.source.is_dir() else []:
            if path.relative_to(self.source) not in new:
                path.unlink()
        for name, path in new.items():
            target = self.source / name
            if not target.is_file() or not filecmp.cmp(path, target, shallow=False):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)

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
