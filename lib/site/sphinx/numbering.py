"""The numbers of figures, which Sphinx counts through the book.

For that Sphinx loads each page of the book anew, which takes a second or two. What it looks at is noted when a page is
read, and given to it instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector

from lib.site.sphinx import environment

LATE = 990
"""After all that adds figures to a page."""
COUNT = TocTreeCollector.assign_figure_numbers


def label(app: Sphinx, name: str) -> str:
    """Return what a figure is called in the text, such as `Fig. 3`."""
    page, anchor = environment.of(app.env).book_addresses.get("figure", {}).get(name, ("", ""))
    number = app.env.toc_fignumbers.get(page, {}).get("figure", {}).get(anchor, ("?",))
    return app.config.numfig_format["figure"] % ".".join(map(str, number))


def note_outline(app: Sphinx, doctree: nodes.document) -> None:
    """Keep of a page its sections, its figures with their titles, and the pages below it."""
    outline = doctree.copy()
    outline.extend(_outline(doctree, app.env))
    _outlines(app.env)[app.env.docname] = outline


def _outline(node: nodes.Element, env: BuildEnvironment) -> Iterator[nodes.Node]:
    for child in node.children:
        if isinstance(child, addnodes.toctree):
            yield child.copy()
        elif isinstance(child, nodes.Element):
            within = list(_outline(child, env))
            if isinstance(child, nodes.section) or _is_numbered(child, env):
                yield _pruned(child, within, env)
            else:
                yield from within


def _pruned(node: nodes.Element, within: Iterable[nodes.Node], env: BuildEnvironment) -> nodes.Element:
    """Return a section or a figure with what counts in it; where Sphinx would not know it for one, the whole."""
    pruned = node.copy()
    pruned.extend([*_titles(node), *within])
    return pruned if isinstance(node, nodes.section) or _is_numbered(pruned, env) else node.deepcopy()


def _is_numbered(node: nodes.Element, env: BuildEnvironment) -> bool:
    return bool(node["ids"]) and any(domain.get_enumerable_node_type(node) for domain in env.domains.values())


def _titles(node: nodes.Element) -> Iterable[nodes.Node]:
    """Return the children of a figure that are its title, of which Sphinx asks if there is one."""
    return [child.deepcopy() for child in node.children if isinstance(child, nodes.title | nodes.caption)]


def forget_outline(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop what was kept of a page that is read again, or gone."""
    _outlines(env).pop(docname, None)


def _outlines(env: BuildEnvironment) -> dict[str, nodes.document]:
    kept = environment.of(env)
    if not hasattr(kept, "book_outlines"):
        kept.book_outlines = {}
    return kept.book_outlines


def numbered(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Have Sphinx number figures from the outlines of pages; returns the pages whose numbers are others now."""
    outlines, load = _outlines(env), env.get_doctree
    env.get_doctree = lambda docname: outlines.get(docname) or load(docname)  # type: ignore[method-assign]
    try:
        return COUNT(collector, env)
    finally:
        del env.get_doctree


def setup(app: Sphinx) -> None:
    """Register with Sphinx; called by the extension of the book."""
    setattr(TocTreeCollector, "assign_figure_numbers", numbered)  # noqa: B010
    app.connect("doctree-read", note_outline, priority=LATE)
    app.connect("env-purge-doc", forget_outline)
