"""Sphinx kept running over one folder of sources: a page that changed is read and written again, and no other.

Starting Sphinx with the extensions of Jupyter Book takes longer than making a page, so an author's loop starts it once.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import sys
import traceback
from pathlib import Path

from lib.disk import folders

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Resident:
    """The pages of the sources in a folder, in `made`/html; use it in a `with`, in the thread that made it.

    What Sphinx read last is kept beside them, as Jupyter Book keeps it, and taken up by the next one.
    """

    def __init__(self, source: Path, made: Path):
        self.source, self.pages = source, made / "html"
        self._doctrees = made / ".doctrees"
        self._open = contextlib.ExitStack()
        self._said = io.StringIO()

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(self, staged: Path) -> None:
        """Bring the sources up to a staged book; what is as it was keeps its time, so that Sphinx passes it over."""
        changed, gone = folders.differing(staged, self.source)
        for name in gone:
            (self.source / name).unlink()
        folders.copied(changed, staged, self.source)

    def make(self) -> list[str]:
        """Bring the pages up to their sources; returns what Sphinx warned of. Raises what Sphinx raises."""
        self._said.seek(0)
        self._said.truncate()
        app = self.app()
        from lib.site.sphinx import extension

        for asked_for, at_start in self._of_all_pages:
            asked_for[:] = at_start
        extension.read_staged(app)
        app.build()
        lines = ANSI.sub("", self._said.getvalue()).replace(f"{self.source}/", "").splitlines()
        return [line for line in lines if line.strip()]

    def remembers(self) -> bool:
        """Return whether what Sphinx read last is still kept; who removes it wants all to be read again."""
        return (self._doctrees / "environment.pickle").is_file()

    def app(self):
        """Return Sphinx, which is started the first time."""
        if not hasattr(self, "_made"):
            self._made = self._start()
            builder, registry = self._made.builder, self._made.registry
            lists = builder._js_files, builder._css_files, registry.js_files, registry.css_files
            self._of_all_pages = [(listed, list(listed)) for listed in lists]  # to which a page may add its own
        return self._made

    def _start(self):
        """Start Sphinx as Jupyter Book does; what it puts into docutils stays until this is left."""
        from jupyter_book.config import get_final_config
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        config, _ = get_final_config(
            user_yaml=self.source / "_config.yml",
            cli_config={"latex_individualpages": False, "external_toc_path": (self.source / "_toc.yml").as_posix()},
            sourcedir=self.source,
        )
        self._open.enter_context(patch_docutils(None))
        self._open.enter_context(docutils_namespace())
        logging.getLogger("sphinx").setLevel(logging.WARNING)
        return Sphinx(
            self.source,
            None,
            self.pages,
            self._doctrees,
            "html",
            config,
            status=None,
            warning=self._said,
            keep_going=True,
        )


def answer() -> None:
    """Make books for the process that started this one, until it has no more to ask.

    It writes the folders of the sources and of what is made of them, a line of JSON each time, and reads what Sphinx
    warned of; `failed` says that there are no pages.
    """
    answers, sys.stdout = sys.stdout, sys.stderr  # where libraries may print
    with contextlib.ExitStack() as opened:
        resident: Resident | None = None
        for line in sys.stdin:
            if resident is None or not resident.remembers():
                opened.close()
                resident = opened.enter_context(Resident(*map(Path, json.loads(line))))
            try:
                warnings, failed = resident.make(), False
            except Exception:  # whatever an extension raises is for the author
                warnings, failed, resident = traceback.format_exc().splitlines(), True, None
            print(json.dumps({"warnings": warnings, "failed": failed}), file=answers, flush=True)
