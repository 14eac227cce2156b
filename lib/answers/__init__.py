"""Answers to programs that ask: numbers, figures, claims and rows, as known on a day, with sources and links."""
