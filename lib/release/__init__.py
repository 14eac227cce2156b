"""A version of the book as one zip to archive: `archive` packs it, `describe` and `software` say what is in it."""
