"""Where a notebook leaves what it recorded: the metadata of its outputs, under one key."""

KEY = "industrial-vitamins"
