"""Sites are built once for all tests of this folder: a build takes some seconds."""

from __future__ import annotations

import pytest

from lib import pipeline
from tests.publish.book import write_book


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> pipeline.Made:
    """The tiny book, executed and built."""
    root = write_book(tmp_path_factory.mktemp("book"))
    return pipeline.book(root, root / "data")
