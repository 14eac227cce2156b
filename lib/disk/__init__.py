"""Files: their hashes, how one is written in a single step, folders exchanged, and one build at a time."""
