"""Figures have the numbers that Sphinx would give them if it read every page again."""

from __future__ import annotations

import copy

from sphinx.environment.collectors.toctree import TocTreeCollector

from lib.site.resident import Resident
from lib.site.sphinx import numbering
from tests.publish.book import write_book
from tests.publish.test_kept import build


def test_numbers_from_outlines_are_those_from_whole_pages(tmp_path):
    book = write_book(tmp_path / "book")
    done = build(book)
    assert done.returncode == 0, done.stderr
    kept = book / "_build" / "sphinx"
    with Resident(kept / "book", kept / "_build") as resident:
        assert resident.make() == []
        environment = resident.app().env
        numbers = copy.deepcopy(environment.toc_fignumbers)
        assert sum(len(figures) for page in numbers.values() for figures in page.values()) > 1
        assert numbering.COUNT(TocTreeCollector(), environment) == []
        assert environment.toc_fignumbers == numbers
