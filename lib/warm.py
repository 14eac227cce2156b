"""What notebooks of the book need, imported and read once: kernels that are forked from a process with it share that.

A table that changes afterwards is read again, as always.
"""

from __future__ import annotations

import importlib
import pkgutil

from lib import catalog, claims, figures, indicators, page
from lib.claims import evidence
from lib.figures import forms

ROOMS = (claims, evidence, figures, forms, indicators)

for room in ROOMS:
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)
catalog.preload()
__all__ = ["page"]
