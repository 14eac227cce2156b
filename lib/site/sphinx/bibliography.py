"""How an entry of the bibliography reads: publisher, title, day of publication and of reading, licence, address."""

from __future__ import annotations

import re

from docutils import nodes
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style as UnsortedStyle
from pybtex.style.template import field, optional, optional_field, sentence

READ_BY_TEX = re.compile(r"[{}\\$`]|--+|''+")
SHIELD = 0xE000
"""Where the private signs begin that stand for those of ASCII; `lib.tables.checks` lets none into a table."""
SHIELDED = re.compile("[\ue000-\ue07f]")


def shielded(text: str) -> str:
    """Return text with private signs for those that BibTeX cannot hold, or pybtex would read as TeX."""
    return READ_BY_TEX.sub(lambda match: "".join(chr(SHIELD + ord(sign)) for sign in match[0]), text)


def unshield(app, doctree: nodes.document, docname: str) -> None:
    """Show what was `shielded` as it was written."""
    for node in list(doctree.findall(nodes.Text)):
        plain = SHIELDED.sub(lambda sign: chr(ord(sign[0]) - SHIELD), node)
        if plain != node:
            node.parent.replace(node, nodes.Text(plain))


class BookStyle(UnsortedStyle):
    """Entries sorted by publisher, year and title, labelled with the source id that the tables use."""

    def __init__(self, **kwargs):
        super().__init__(**{"sorting_style": "author_year_title", **kwargs})
        self.format_labels = _keys  # pybtex sets the method of a label plug-in on the instance

    def get_misc_template(self, e):
        return toplevel[
            optional[sentence[self.format_names("author")]],
            sentence[field("title")],
            sentence[optional_field("note")],
            self.format_web_refs(e),
        ]


def _keys(sorted_entries):
    """Label each entry with its key: a reader finds the source of a row by its `source_id`."""
    return (entry.key for entry in sorted_entries)
