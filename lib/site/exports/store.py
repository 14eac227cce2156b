"""Where files for readers are kept, by what they were made from, for the next build of the same staged book."""

from pathlib import Path


def of(staged: Path, kind: str) -> Path:
    """Return the folder for files of a kind, such as `pictures`."""
    return staged.parent / "cache" / kind
