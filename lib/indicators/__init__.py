"""What the chapters compute: pure functions of tables, one module a chapter, and what they share in `common`."""
