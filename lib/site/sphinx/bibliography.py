"""How an entry of the bibliography reads: publisher, title, day of publication and of reading, licence, address."""

from __future__ import annotations

import re
from typing import ClassVar

from docutils import nodes
from pybtex.richtext import Protected, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style as UnsortedStyle
from pybtex.style.template import node, sentence
from sphinx.application import Sphinx

from lib.site.sphinx import environment

Written = tuple[object, ...]

READ_BY_TEX = re.compile(r"""[{}\\$`&%#_~^<>"|]|--+|''+""")
BRACED = re.compile(r"\{([^{}]*)\}")
SHIELD = 0xE000
"""Where the private signs begin that stand for those of ASCII; `lib.tables.checks` lets none into a table."""
SHIELDED = re.compile("[\ue000-\ue07f]")


def shielded(text: str) -> str:
    """Return text with private signs for those that BibTeX cannot hold, or pybtex would read or write as TeX."""
    return READ_BY_TEX.sub(lambda match: "".join(chr(SHIELD + ord(sign)) for sign in match[0]), text)


def unshield(app, doctree: nodes.document, docname: str) -> None:
    """Show what was `shielded` as it was written."""
    for text in list(doctree.findall(nodes.Text)):
        if (plain := as_written(text)) != text:
            text.parent.replace(text, nodes.Text(plain))


def as_written(text: str) -> str:
    """Return what was `shielded` as it was before."""
    return SHIELDED.sub(lambda sign: chr(ord(sign[0]) - SHIELD), text)


class BookStyle(UnsortedStyle):
    """Entries sorted by publisher, year and title, labelled with the source id that the tables use.

    Those of the last build that are as they were are not formatted again: hundreds of them take a second.
    """

    formatted: ClassVar[dict[str, tuple[Written, FormattedEntry]]] = {}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.format_labels, self.sort = _keys, _sorted  # pybtex sets the methods of plug-ins on the instance

    def get_misc_template(self, e):
        return toplevel[
            sentence[_publisher],
            sentence[_words("title")],
            sentence[_words("note")],
            self.format_web_refs(e),
        ]

    def format_entry(self, label, entry, bib_data=None):
        written = entry.type, _publisher_of(entry), *sorted(entry.fields.items())
        before, formatted = self.formatted.get(entry.key, (None, None))
        if before != written:
            formatted = super().format_entry(label, entry, bib_data)
            self.formatted[entry.key] = written, formatted
        return formatted


def remember(app: Sphinx) -> None:
    """Have the entries that were formatted kept in the environment, and those of the last build from there."""
    kept = environment.of(app.env)
    kept.book_formatted = BookStyle.formatted = getattr(kept, "book_formatted", {})


def _sorted(entries):
    """Sort entries by what a reader sees, not by the signs that stand for others."""
    return sorted(entries, key=lambda entry: [as_written(part) for part in _order(entry)])


def _order(entry):
    return _publisher_of(entry).lower(), entry.fields.get("year", ""), entry.fields.get("title", "")


def _publisher_of(entry):
    return " ".join(name for person in entry.persons.get("author", ()) for name in person.last_names)


@node
def _publisher(children, context):
    return _plain(_publisher_of(context["entry"]))


@node
def _words(children, context, name):
    return _plain(context["entry"].fields.get(name, ""))


def _plain(text: str) -> Text:
    """Return a field that is `shielded`: what is in braces is protected, and to have TeX read it would take seconds."""
    return Text(*(Protected(part) if place % 2 else part for place, part in enumerate(BRACED.split(text)) if part))


def _keys(sorted_entries):
    """Label each entry with its key: a reader finds the source of a row by its `source_id`."""
    return (entry.key for entry in sorted_entries)
