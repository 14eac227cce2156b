"""What the extensions of the book keep in the environment of Sphinx, beside what Sphinx has there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sphinx.environment import BuildEnvironment

if TYPE_CHECKING:
    from lib.site.sphinx.glossary import Term


class BookEnvironment(BuildEnvironment):
    """Sphinx's environment as the extensions see it: each attribute is set by the module that is named with it."""

    book_formatted: dict[str, Any]  # bibliography: entries and how they read, by key
    book_outlines: dict[str, Any]  # numbering: by page, what of it has to do with numbers of figures
    book_addresses: dict[str, Any]  # extension: page and anchor by scheme and identifier
    book_toolbars: dict[str, str]  # extension: by name of the figure
    book_has_charts: bool  # extension
    book_notices: dict[str, Any]  # frame: what stands on top of the pages
    book_languages: dict[str, Any]  # frame: what leads from one language to another, by page
    book_navigation: list[dict[str, Any]]  # frame: the parts of the book with their pages
    book_derivations: dict[str, Any]  # derivations: as it stages them
    book_heads: dict[str, Any]  # head: by page
    book_datasets: dict[str, str]  # head: what schema.org knows of tables, by page
    book_machines: dict[str, Any]  # machines: what a current edition says to programs
    book_terms: dict[str, Term]  # glossary
    book_sections: dict[str, list[dict[str, str]]]  # search: by page


def of(environment: BuildEnvironment) -> BookEnvironment:
    """Return the environment as one that has what the extensions of the book keep in it."""
    return cast(BookEnvironment, environment)
