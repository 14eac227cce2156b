"""For those who build the book: how long builds take, how its sentences read, and how the site does on a phone."""
