"""The comparison of two builds tells each file that differs."""

from __future__ import annotations

import os

from lib.devtools import twice


def test_what_differs_or_is_in_one_site_only_is_told_and_the_times_of_runs_are_not(tmp_path):
    for place, own in (("one", "only here"), ("other", "only there")):
        folder = tmp_path / place / "editions"
        folder.mkdir(parents=True)
        for name, text in {"same": "same", "runs.json": place, "page.html": place, own: ""}.items():
            (folder / name).write_text(text)
    told = list(twice.differing(tmp_path / "one", tmp_path / "other"))
    assert told == [os.path.join("editions", name) for name in ("only here", "only there", "page.html")]
