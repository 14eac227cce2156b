"""The zip of a chapter in an environment made as its README says: a file of its own, to run beside the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.publish.test_rerun import papermill, unpacked
from tests.site.test_rerun import NAMES, facts_of, facts_on_site, zip_of


def test_a_chapter_runs_in_an_environment_made_as_the_readme_says(site, tmp_path):
    name = NAMES[1]
    folder = unpacked(zip_of(site, name), tmp_path)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("BOOK_", "PYTHON", "IPYTHON", "JUPYTER"))}
    for command in (
        [sys.executable, "-m", "venv", ".venv"],
        [".venv/bin/python", "-m", "pip", "install", "-q", "-r", "requirements.txt"],
    ):
        subprocess.run(command, cwd=folder, env=environment, check=True, timeout=1200)
    result = papermill(".venv/bin/python", folder, name, environment)
    assert json.loads(json.dumps(facts_of(result))) == facts_on_site(site, name)
