"""What stands around the text of every page: the book's own theme, its styles and scripts, and the pages of the book.

Each page is written once, as it is published: what its template shows is known by then, and nothing is edited after.
"""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import cast

import lightningcss
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from lib.drawing import FONTS
from lib.paths import LIB, THEME
from lib.site import csp, notices
from lib.site.pages import languages
from lib.site.sphinx import environment

NAME = "book"
SHEET, PAPER, FIGURES = "book.css", "print.css", "figures.css"
CHARTS, EDITIONS = "charts.js", "edition.js"
STYLES = ("base.css", "book.css", "derivations.css", "explore.css")
DARK = "@DARK"
"""Written in a style sheet before the colours of the dark, which the reader chose, or without scripts the system."""
OTHERS = {
    "pydata_sphinx_theme",
    "sphinx_book_theme",
    "sphinx_comments",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_thebe",
    "sphinx_togglebutton",
}
"""Packages that Jupyter Book always loads, and that add to each page what the book does without."""
SCRIPTS = {path.name for path in (THEME / "static").glob("*.js")} | {CHARTS}


def leave_out_others(app: Sphinx) -> None:
    """Disconnect the packages of other themes from the events of Sphinx."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.partition(".")[0] in OTHERS:
                app.disconnect(listener.id)


def stylesheet() -> str:
    """Write the one style sheet of a page: that of the figures, then those of the theme."""
    from lib.figures import stylesheet as of_figures

    text = of_figures() + "".join((THEME / "styles" / name).read_text("utf-8") for name in STYLES)
    while DARK in text:
        before, _, rest = text.partition(f"{DARK} {{")
        colours, _, after = rest.partition("}")
        chosen = f'html[data-theme="dark"] {{{colours}}}'
        system = f"@media (prefers-color-scheme: dark) {{ html:not([data-theme]) {{{colours}}} }}"
        text = f"{before}{chosen}\n{system}{after}"
    return lightningcss.process_stylesheet(text, minify=True)


def write_assets(app: Sphinx) -> None:
    """Write styles, fonts and the script of charts before any page, which names each with a sum of what is in it."""
    if app.builder.format != "html":
        return
    from lib.figures import stylesheet as of_figures

    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    shutil.copy(LIB / "figures" / "assets" / CHARTS, static)
    (static / SHEET).write_text(stylesheet(), encoding="utf-8")
    (static / FIGURES).write_text(of_figures(), encoding="utf-8")  # of figures that are embedded elsewhere
    shutil.copytree(FONTS, static / "fonts", ignore=shutil.ignore_patterns("*.ttf"), dirs_exist_ok=True)


def read_notices(app: Sphinx) -> None:
    """Read what the build says on top of the pages, and in which languages they are."""
    path = Path(app.srcdir) / notices.FILE
    environment.of(app.env).book_notices = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    environment.of(app.env).book_languages = languages.read(Path(app.srcdir))


def add_translations(app: Sphinx, config) -> None:
    """Have pages in other languages made, although they are not in the table of contents."""
    staged = languages.read(Path(app.srcdir))
    pages = {f"{name}.md" for name in staged if languages.tag(staged, name)}
    config.exclude_patterns = [name for name in config.exclude_patterns if name not in pages]


def note_navigation(app: Sphinx, env) -> None:
    """List the pages of the book by part, once for all pages."""
    site_map, book = env.external_site_map, environment.of(env)
    trees = site_map[site_map.root.docname].subtrees if site_map.root else []
    book.book_navigation = [
        {
            "caption": tree.caption or "",
            "entries": [
                {"docname": str(name), "title": env.titles[str(name)].astext()}
                for name in tree.items
                if str(name) in env.titles
            ],
        }
        for tree in trees
    ]


def frame_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the template what it shows around a page. Raises PolicyError for text that could run or load something."""
    env = environment.of(app.env)
    # Sphinx reads these lists by reference
    context["script_files"][:] = [file for file in context["script_files"] if _name(file) in SCRIPTS]
    context["css_files"][:] = [file for file in context["css_files"] if _name(file) in (SHEET, PAPER)]
    context |= {
        "navigation": env.book_navigation,
        "above": cast("StandaloneHTMLBuilder", app.builder).relations.get(pagename, [""])[0],
        "policy": csp.POLICY,
        "absolute": partial(_absolute, app, pagename),
        **notices.of_page(env.book_notices, pagename, context["content_root"]),
        **languages.of_page(env.book_languages, pagename),
    }
    csp.check(context.get("body", ""), f"{pagename}.html")


def _absolute(app: Sphinx, pagename: str, other: str) -> str:
    """Return the address of another page: absolute where the site has one, else from this page."""
    base = app.config.html_baseurl
    return f"{base.rstrip('/')}/{other}.html" if base else app.builder.get_relative_uri(pagename, other)


def _name(file) -> str:
    """Return the name of a script or style sheet of this site; nothing for what is elsewhere."""
    name = str(getattr(file, "filename", "") or "")
    return "" if "//" in name else name.removeprefix("_static/")


def setup(app: Sphinx) -> None:
    """Register the theme with Sphinx; called by the extension of the book, when all others are there."""
    leave_out_others(app)
    app.add_html_theme(NAME, str(THEME))
    app.add_css_file(PAPER, priority=910, media="print")
    app.add_js_file(EDITIONS, defer="defer")
    app.connect("config-inited", add_translations, priority=950)  # after the table of contents was read, at 900
    app.connect("builder-inited", write_assets)
    app.connect("builder-inited", read_notices)
    app.connect("env-updated", note_navigation)
    app.connect("html-page-context", frame_page, priority=990)
