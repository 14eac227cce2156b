"""Figures of the book's own forms with all their files, as a build leaves them, without notebooks and Sphinx."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd

from lib import figures, records
from lib.drawing import FONTS
from lib.figures import forms
from lib.paths import LIB, THEME
from lib.site.background import working
from lib.site.exports import figure_card
from lib.site.exports import figures as figure_files
from lib.site.sphinx.extension import BUNDLE
from lib.tables import catalog

WORDS = {
    "subtitle": "Mine output, t REO, USGS 2026",
    "note": "Rounded; 100% of “all” & <others>.",
    "sources": ["usgs-a", "un-b"],
}
ALT = "{} of mine output by country from 2018 to 2020; China’s is the largest in every year."
SOURCES = {
    "usgs-a": {"id": "usgs-a", "title": "Summaries #7", "publisher": "Survey", "published": "2026-02-28",
               "published_precision": "month", "accessed": "2026-11-22", "url": "https://example.org/a_b%20c",
               "doi": "10.1/x_y", "licence": "public domain", "confidence": "high"},
    "un-b": {"id": "un-b", "title": "Trade", "publisher": "Agency", "published": "2025-05-21",
             "published_precision": "day", "accessed": "2026-11-22", "url": "https://example.org/b", "doi": "",
             "licence": "", "confidence": "high"},
}  # fmt: skip


def rows() -> pd.DataFrame:
    """Output of three countries in three years; one value is missing, one note holds what CSV must quote."""
    frame = pd.DataFrame(
        [
            {"year": year, "iso3": code, "value_t": size * (year - 2000.0), "note": note, "source_id": "usgs-a"}
            for code, size, note in (("USA", 200, ""), ("CHN", 1000, 'a "b", #c\nd'), ("MMR", 100, ""))
            for year in (2018, 2019, 2020)
        ]
    )
    frame.loc[0, "value_t"] = None
    return frame


def rendered() -> list[figures.Figure]:
    """A chart with a year slider, one with lines that can be picked, and a table."""
    data = rows()

    def render(name, title, kind, build):
        return figures.render(build, data, name=name, title=title, alt=ALT.format(kind), **WORDS)

    return [
        render("output", "China mined {20,000} t_r in 2020", "Bar chart",
               forms.bars(data, "iso3", "value_t", unit="t", slider="year")),
        render("trend", "China grew the most", "Line chart",
               forms.lines(data, "year", "value_t", "iso3", picker=True)),
        figures.render_table(data, name="rows", title="All rows", **WORDS),
    ]  # fmt: skip


def write(folder: Path, monkeypatch) -> tuple[Path, list[figure_card.Card]]:
    """Write the site of these figures to `folder`; returns it and their cards."""
    listed = pd.DataFrame(SOURCES.values()).set_index("id")
    monkeypatch.setattr(catalog, "sources", lambda: listed.assign(published=pd.to_datetime(listed["published"])))
    outputs = [
        {"data": {"text/html": figure.html}, "metadata": {records.KEY: {"figure": figure.record}}}
        for figure in rendered()
    ]
    chapter = {"name": "ores", "as_of": None, "vintage": "2026-11-22"}
    outputs.append({"data": {}, "metadata": {records.KEY: {"chapter": chapter}}})
    cells = [
        {"cell_type": "markdown", "source": "# Ores & more\n\nText"},
        {"cell_type": "code", "source": "", "outputs": outputs},
    ]
    notebook = folder / "ores.ipynb"
    notebook.write_text(json.dumps({"cells": cells}, sort_keys=True), encoding="utf-8")  # nbformat sorts keys too
    executed = {"chapters/ores": notebook}
    collected = records.collect(executed)
    staged, site = folder / "staged", folder / "site"
    (site / "_static").mkdir(parents=True)
    staged.mkdir()
    finish(collected, staged, site)
    (site / BUNDLE).write_text(figures.bundle_javascript(), encoding="utf-8")
    (site / "_static" / "figures.css").write_text(figures.stylesheet(), encoding="utf-8")
    for script in (LIB / "figures" / "assets" / "charts.js", *(THEME / "static").glob("*.js")):
        shutil.copy(script, site / "_static")
    shutil.copytree(FONTS, site / "_static" / "fonts")
    return site, figure_card.cards(collected, SOURCES, "")


def finish(collected: records.Records, staged: Path, site: Path) -> None:
    """Write the files of figures as a build does, and put them into `site`."""
    with working() as background:
        background.begin(figure_files.stage(collected, SOURCES, staged, ""))
    figure_files.place(staged, site)
