"""The tables of the book: their dictionary, their rows as of a day, and what is wrong in a folder of them."""
