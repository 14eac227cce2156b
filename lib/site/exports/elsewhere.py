"""Where a reader can run a notebook without installing anything: Binder, Codespaces, and a cell for Colab."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from urllib.parse import quote

REPOSITORY = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
"""The one host of repositories that all three know."""
FOLDER = "book"


def links(repository: str, notebook: str) -> dict[str, str]:
    """Return addresses that open a notebook of a repository, by the name of the service; none for other hosts.

    `notebook` is its path in the repository, such as `chapters/reserves.ipynb`.
    """
    match = REPOSITORY.fullmatch(repository)
    if not match:
        return {}
    name = "/".join(match.groups())
    return {
        "Binder": f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath={quote(f'lab/tree/{notebook}', safe='')}",
        "Codespaces": f"https://codespaces.new/{name}",
    }


def colab(repository: str, notebook: str, values: Mapping[str, object]) -> list[str]:
    """Return the lines of a cell that runs a notebook in Colab, or any Jupyter; none where `links` has none.

    Colab opens a single file of a repository, and a chapter needs the tables and the code beside it.
    """
    if not REPOSITORY.fullmatch(repository):
        return []
    options = "".join(f" -p {name} {shlex.quote(str(value))}" for name, value in values.items())
    folder = notebook.rpartition("/")[0]
    run = f"python -m papermill {notebook} result.ipynb -k python3 --cwd {folder or '.'}{options}"
    return [
        f"!git clone --quiet --depth 1 {repository} {FOLDER}",
        f"%cd {FOLDER}",
        "!pip install --quiet uv && uv pip install --quiet --system --require-hashes -r requirements.txt",
        f"!PYTHONPATH=$PWD {run}",
    ]
