"""What notebooks of the book need, imported and read once: kernels that are forked from a process with it share that.

A table that changes afterwards is read again, as always.
"""

from __future__ import annotations

import importlib
import pkgutil

ROOMS = ("lib.indicators", "lib.figures", "lib.figures.forms", "lib.claims", "lib.claims.evidence")

for name in ROOMS:
    room = importlib.import_module(name)
    for module in pkgutil.iter_modules(room.__path__, f"{name}."):
        importlib.import_module(module.name)
importlib.import_module("lib.page")
importlib.import_module("lib.catalog").preload()
