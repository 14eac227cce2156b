"""The numbers of figures, which Sphinx counts through the book."""

from __future__ import annotations

from sphinx.application import Sphinx

from lib.site.sphinx import environment


def label(app: Sphinx, name: str) -> str:
    """Return what a figure is called in the text, such as `Fig. 3`."""
    page, anchor = environment.of(app.env).book_addresses.get("figure", {}).get(name, ("", ""))
    number = app.env.toc_fignumbers.get(page, {}).get("figure", {}).get(anchor, ("?",))
    return app.config.numfig_format["figure"] % ".".join(map(str, number))
