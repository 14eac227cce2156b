"""Where the code of the book lies, and the folder that holds it: one place for modules of any depth."""

from pathlib import Path

LIB = Path(__file__).resolve().parent
THEME = LIB / "site" / "theme"
CHECKOUT = LIB.parent
"""The folder that `lib/` lies in: the book itself in a checkout, site-packages where the book is installed."""
