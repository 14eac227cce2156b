"""What the book adds to Sphinx: links by scheme, heads of pages, glossary, search, derivations."""
