"""For those who build the book: how long builds take, and how the site does on a phone."""
